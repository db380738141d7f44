"""Pandoc, from the Python package ``pypandoc_binary``."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cache

from race_equality.errors import RaceEqualityError

#: Long enough for a page of a thousand tables on a slow machine; Pandoc on a usual page takes 0.1 s.
_TIMEOUT_SECONDS = 300


@cache
def _pandoc_path() -> str:
    import pypandoc

    try:
        return pypandoc.get_pandoc_path()
    except OSError:
        raise RaceEqualityError(
            "Pandoc is not installed. Install the package pypandoc_binary, or Quarto."
        ) from None


def convert(text: str, arguments: Sequence[str]) -> tuple[str, str]:
    """Convert a text with Pandoc.

    Parameters
    ----------
    text : str
        What is converted.
    arguments : sequence of str
        Pandoc's own.

    Returns
    -------
    converted, warnings : str

    Raises
    ------
    RaceEqualityError
        With what Pandoc said.
    """
    try:
        done = subprocess.run(
            [_pandoc_path(), *arguments],
            input=text.encode(),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RaceEqualityError(f"Pandoc did not finish in {_TIMEOUT_SECONDS} seconds.") from None
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode:
        raise RaceEqualityError(f"Pandoc could not read the page: {said}")
    return done.stdout.decode(), said
