"""Errors a person can act on: what is wrong, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class RaceEqualityError(Exception):
    """Base of every error that this package raises on purpose.

    The command line prints it as one message without a traceback.
    """


class InputError(RaceEqualityError):
    """A file that was given cannot be used.

    Parameters
    ----------
    problem : str
        What is wrong, as a sentence without the place.
    file : path-like, optional
        The file the problem is in.
    sheet : str, optional
        The worksheet, for a workbook.
    row : int or str, optional
        The row as a person counts it in a spreadsheet (the first is 1), or a cell such as ``"C5"``.
    mend : str, optional
        What to do about it, as a sentence.

    Examples
    --------
    >>> str(InputError("The percentage 104.2 is over 100.", file="survey.xlsx", sheet="Q15",
    ...     row="G12", mend="Correct the cell or ask the publisher."))
    'survey.xlsx, sheet "Q15", G12: The percentage 104.2 is over 100. Correct the cell or ask the publisher.'
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        sheet: str | None = None,
        row: int | str | None = None,
        mend: str | None = None,
    ) -> None:
        self.problem, self.file, self.sheet, self.row, self.mend = problem, file, sheet, row, mend
        place = []
        if file is not None:
            place.append(Path(file).name)
        if sheet is not None:
            place.append(f'sheet "{sheet}"')
        if row is not None:
            place.append(f"row {row}" if isinstance(row, int) else str(row))
        where = ", ".join(place)
        text = f"{where}: {problem}" if where else problem
        super().__init__(f"{text} {mend}" if mend else text)


class UnknownTrustError(RaceEqualityError):
    """A code that is not a trust; the message names the nearest codes and names."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or None when none is similar.

    Parameters
    ----------
    name : str
    known : iterable of str

    Returns
    -------
    str or None
    """
    # by last occurrence of the lower-case spelling; names that differ by case alone do not occur
    by_lower = {other.lower(): other for other in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None
