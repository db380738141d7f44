"""The hash of a record's own text, in its last line: a flipped bit in a title or a note is noticed as one in a figure is.

The line is a remark for YAML. Whoever edits a record by hand runs ``race-equality data seal`` afterwards.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_LINE = "# sha256 of the lines above: "
_SEAL = re.compile(rb"^" + _LINE.encode() + rb"([0-9a-f]{64})\n?\Z", re.MULTILINE)


def sealed(text: str) -> str:
    """Return a text with the hash of its other lines in its last one.

    Parameters
    ----------
    text : str
        With such a line or without.

    Examples
    --------
    >>> is_sealed(sealed("id: ae\\n").encode())
    True
    >>> is_sealed(sealed("id: ae\\n").replace("ae", "rtt").encode())
    False
    """
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith(_LINE)]
    rest = "".join(lines).removesuffix("\n") + "\n"
    return f"{rest}{_LINE}{_digest(rest.encode())}\n"


def is_sealed(content: bytes) -> bool:
    """Whether a text is the one that it was sealed with; one without a seal is not.

    Parameters
    ----------
    content : bytes
        Its ends of lines may be those of Windows, as git writes them there.
    """
    content = content.replace(b"\r\n", b"\n")
    found = _SEAL.search(content)
    return found is not None and _digest(content[: found.start()]) == found[1].decode()


def not_sealed(path: Path) -> str | None:
    """Say what is wrong with a record that is not as it was written; None of one that is.

    Parameters
    ----------
    path : Path
    """
    if is_sealed(path.read_bytes()):
        return None
    return (
        f"{path.name} is not as it was written: it is damaged, or was edited. Restore it from git (git restore "
        f"data/sources/{path.name}), or read the file again that it is of; after an edit of your own, run `race-equality data "
        f"seal {path.stem}`."
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
