"""Start a step of `quarto render` (`pre-render` and `post-render` in _quarto.yml) with the project's own Python.

Quarto finds a Python by itself, which need not be the one that holds the project's packages.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

MODULE = "race_equality.commands.quarto_steps"
NOT_RENDERED = """\
Quarto does not render the notebooks in notebooks/, so that it never writes to them. In the folder above,
    quarto render                       runs them all and renders the executed copies in executed/
    quarto render -P trust_code:RJ1     the same with the report of another trust
    quarto render executed/trusts/RJ1.ipynb    runs and renders one page of these again"""


def main() -> int:
    """Run the step, and return its exit status."""
    if sys.argv[1:] == ["source"]:
        print(NOT_RENDERED, file=sys.stderr)
        return 1
    root = Path(__file__).parents[1]
    places = [root / ".venv" / "bin" / "python", root / ".venv" / "Scripts" / "python.exe"]
    python = next((str(place) for place in places if place.is_file()), None)
    if importlib.util.find_spec("race_equality"):
        python = sys.executable
    if python is None:
        print(
            f"{sys.executable}, which Quarto found, does not have the packages of this project. `make environment` sets up "
            ".venv with them; or set QUARTO_PYTHON to a Python that has them.",
            file=sys.stderr,
        )
        return 1
    return subprocess.run([python, "-m", MODULE, *sys.argv[1:]], cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
