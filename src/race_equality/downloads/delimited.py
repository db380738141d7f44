"""Write tables as CSV that is read correctly by programs and holds no formula for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

#: The first characters that make a cell a formula in a spreadsheet.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LINE_END = "\r\n"


def without_formula(cell: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula.

    Parameters
    ----------
    cell : object

    Returns
    -------
    str
        With an apostrophe in front if it begins like a formula and is not a number.

    References
    ----------
    OWASP, CSV injection.

    Examples
    --------
    >>> without_formula("=HYPERLINK(1)"), without_formula("-3.2"), without_formula("Barts")
    ("'=HYPERLINK(1)", '-3.2', 'Barts')
    """
    text = str(cell)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_text(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return rows as CSV: one header line, commas, line ends of RFC 4180.

    Parameters
    ----------
    rows : iterable of mapping
    columns : sequence of str

    Returns
    -------
    str
    """
    return csv_header(columns) + "".join(csv_lines(rows, columns))


def csv_header(columns: Sequence[str]) -> str:
    """Return the first line of a CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator=_LINE_END).writerow(columns)
    return text.getvalue()


def csv_lines(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> Iterator[str]:
    """Yield the line of each row."""
    for row in rows:
        yield ",".join([_field(row[column]) for column in columns]) + _LINE_END


@lru_cache(maxsize=10_000)  # sources, names and shorthand repeat in every row, of every trust
def _field(cell: object) -> str:
    """Write a cell as it stands between two commas."""
    text = io.StringIO()
    csv.writer(text, lineterminator=_LINE_END).writerow([without_formula(cell), ""])
    return text.getvalue().removesuffix(f",{_LINE_END}")
