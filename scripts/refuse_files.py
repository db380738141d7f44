"""Refuse what must not be committed; git gives the names of the files (see .pre-commit-config.yaml).

A trust's own return may hold figures about a few people, an executed notebook shows outputs
without a review, and a file of this size is a raw publication or a built file.
"""

import json
import sys
from pathlib import Path, PurePath

LARGEST = 3_000_000  # bytes


def reason_to_refuse(root: Path, name: str) -> str | None:
    """Return why a file must not be committed; ``None`` if it may be."""
    path = PurePath(name)
    if path.is_relative_to("data/local"):
        return "a trust's own return stays on its machine"
    if path.is_relative_to("notebooks") and path.suffix == ".ipynb":
        for number, cell in enumerate(json.loads((root / path).read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None):
                return f"cell {number} holds outputs of a run: clear the outputs of all cells"
    if (root / path).stat().st_size > LARGEST:
        return f"larger than {LARGEST / 1e6:.0f} MB"
    return None


if __name__ == "__main__":
    refused = {name: reason for name in sys.argv[1:] if (reason := reason_to_refuse(Path.cwd(), name))}
    for name, reason in refused.items():
        print(f"{name}: {reason}")
    sys.exit(bool(refused))
