"""What every loader needs: a sheet or CSV with its cells' addresses, and numbers checked on the way in.

Values are never coerced in silence: text in a number cell, a percentage over 100 or a column with
another name is an :class:`~race_equality.errors.InputError` that names the cell and how to mend it.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from unicodedata import category

from race_equality.errors import InputError, nearest
from race_equality.sources.extent import check_extent
from race_equality.sources.file_kinds import check_file, check_unpacked_size, opened, text_of
from race_equality.sources.headers import normalised, renamed_column
from race_equality.sources.parquet import is_parquet, parquet_columns, value_at

# a point with nothing after it is where a file was cut short
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d+)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

# Percentages are published as unrounded binary fractions: 100 can arrive as 100.00000000000001.
_ROUNDING = 1e-9

# More than this counts nothing of the NHS: several such numbers would come to infinity.
_LARGEST_NUMBER = 1e12

# What HTML, Markdown, Quarto, typst or a spreadsheet reads as more than text.
_MARKUP = frozenset('<>[]{}`$*_\\|^~#@="')

_LEAST_TO_TELL = 5  # percentages, to tell them from proportions


def column_letters(index: int) -> str:
    """Return a spreadsheet's letters for a column counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True)
class Cell:
    """One value and its place.

    Parameters
    ----------
    value : object
        As the file holds it.
    file : Path
    sheet : str or None
        None for a CSV.
    reference : str
        ``"G12"`` in a workbook, ``"row 12, rate"`` in a CSV.
    """

    value: object
    file: Path
    sheet: str | None
    reference: str

    @property
    def locator(self) -> str:
        """The address that a figure keeps: ``"Sheet!G12"`` or ``"row 12, rate"``."""
        return f"{self.sheet}!{self.reference}" if self.sheet else self.reference

    @property
    def text(self) -> str:
        """The value as text without surrounding white space; "" for an empty cell."""
        return "" if self.value is None else str(self.value).strip()

    def error(self, problem: str, mend: str) -> InputError:
        """Return an error that names this cell."""
        return InputError(problem, file=self.file, sheet=self.sheet, row=self.reference, mend=mend)

    def name(self, what: str) -> str:
        """Return the value as a name of a trust, a region or a system.

        Parameters
        ----------
        what : str
            Whose name it is, for the message.

        Returns
        -------
        str

        Raises
        ------
        InputError
            For a sign that no such name has and that a page, a spreadsheet or a terminal could take for more than text:
            markup, the beginning of a formula, or one that cannot be seen.
        """
        odd = next((sign for sign in self.text if sign in _MARKUP or category(sign)[0] == "C"), None)
        odd = odd or (self.text[:1] if self.text[:1] in tuple("+-") else None)
        if odd:
            raise self.error(
                f"The name of the {what} {self.text!r} has {odd!r}, which no name has.",
                "Take it out, or download the file again.",
            )
        return self.text

    def number(self, what: str, *, low: float = 0, high: float | None = None, whole: bool = False) -> float:
        """Return the value as a number.

        Parameters
        ----------
        what : str
            What it is, for the message: ``"percentage"``.
        low, high : float, optional
            The least and the greatest that it can be.
        whole : bool
            Whether it must be a whole number.

        Returns
        -------
        float

        Raises
        ------
        InputError
            For text, an empty cell, a date, or a number out of range.
        """
        value = self.value
        if isinstance(value, str):
            # float() alone would take "1_000" and digits of other scripts as well
            found = _NUMBER.fullmatch(value.strip())
            # and a count that was saved in powers of ten has lost its last digits
            value = float(value) if found and not (whole and found.group(2)) else None
        if (
            value is None
            or isinstance(value, bool | date | datetime)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            with_commas = re.fullmatch(r"\s*\d{1,3}(,\d{3})+\s*", str(self.value))
            raise self.error(
                f"The {what} is {str(self.value)!r}, which is not a number.",
                "Write it without commas." if with_commas else "Correct the cell, or download the file again.",
            )
        if abs(value) > _LARGEST_NUMBER:
            raise self.error(
                f"The {what} {value:g} is more than there can be.", "Correct the cell, or download the file again."
            )
        if high is not None and high < value <= high + _ROUNDING * abs(high):
            value = high
        if value < low or (high is not None and value > high):
            bounds = f"between {low:g} and {high:g}" if high is not None else f"{low:g} or more"
            raise self.error(f"The {what} {value:g} is not {bounds}.", "Correct the cell, or ask the publisher.")
        if whole and value != round(value):
            raise self.error(f"The {what} {value:g} is not a whole number.", "Correct the cell, or ask the publisher.")
        return float(value)


@dataclass(frozen=True)
class Sheet:
    """A worksheet with its cells' addresses.

    Parameters
    ----------
    file : Path
    name : str
    rows : sequence of sequence
        From the sheet's first row and column, empty ones included, so that an index is an address.
    renamed : dict of str to str
        Headers that were asked for, to those used in their place; see :func:`same_words`.
    """

    file: Path
    name: str
    rows: Sequence[Sequence[object]]
    renamed: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def remarks(self) -> list[str]:
        """What a person should know: columns that were found under a header written otherwise."""
        return _renamed_remarks(self.renamed)

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell at a row and a column, both counted from 0.

        Cells beyond the sheet's used area are empty.
        """
        used = self.rows[row] if row < len(self.rows) else ()
        value = used[column] if column < len(used) else ""
        return Cell(value, self.file, self.name, f"{column_letters(column)}{row + 1}")

    def error(self, problem: str, mend: str, row: int | str | None = None) -> InputError:
        """Return an error that names this sheet."""
        return InputError(problem, file=self.file, sheet=self.name, row=row, mend=mend)

    def column(self, header_row: int, name: str, *, start: int = 0, stop: int | None = None) -> int:
        """Return the index of the column under one header.

        Parameters
        ----------
        header_row : int
            The row of the headers, counted from 0.
        name : str
            The header; white space and letter case may differ.
        start, stop : int, optional
            The columns to look in, for a header that is once in each block.

        Returns
        -------
        int

        Raises
        ------
        InputError
            When no column or more than one has this header.
        """
        headers = list(self.rows[header_row]) if header_row < len(self.rows) else []
        stop = len(headers) if stop is None else stop
        found = [i for i in range(start, stop) if normalised(headers[i]) == normalised(name)]
        if len(found) == 1:
            return found[0]
        if found:
            letters = " and ".join(column_letters(i) for i in found)
            raise self.error(f"Columns {letters} are both headed {name!r}.", "Keep one of them.", header_row + 1)
        otherwise = renamed_column(name, (str(h) for h in headers[start:stop]))
        if otherwise is not None:
            self.renamed[name] = otherwise
            return next(i for i in range(start, stop) if str(headers[i]) == otherwise)
        near = nearest(name, (str(h) for h in headers[start:stop] if h not in ("", None)))
        hint = f" The nearest is {near!r}." if near else ""
        raise self.error(
            f"There is no column headed {name!r}.{hint}",
            "If the publisher renamed it, rename it back here; if it means something else, "
            "this edition needs a new loader.",
            header_row + 1,
        )


class Workbook:
    """An Excel workbook, read sheet by sheet.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        When it is missing, cut short, or unpacks to more or reaches further than a workbook would.
    """

    def __init__(self, path: Path) -> None:
        from python_calamine import CalamineWorkbook

        self.path = check_file(path)
        try:
            check_unpacked_size(path)
            check_extent(path)
            self._book = CalamineWorkbook.from_path(str(path))
        except InputError:
            raise
        except Exception as error:  # calamine's and zipfile's errors share no base but Exception
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> InputError:
        return InputError(
            f"The file cannot be read as an Excel workbook ({error}).",
            file=self.path,
            mend="It may have been cut short while downloading: download it again, as .xlsx.",
        )

    @property
    def sheet_names(self) -> list[str]:
        """The sheets' names in the workbook's order."""
        return list(self._book.sheet_names)

    def sheet(self, name: str) -> Sheet:
        """Return one sheet.

        Parameters
        ----------
        name : str
            White space and letter case may differ.

        Raises
        ------
        InputError
            When the workbook has no such sheet, naming the nearest it has.
        """
        for actual in self.sheet_names:
            if normalised(actual) == normalised(name):
                try:
                    # skip_empty_area would drop leading empty rows and shift every address
                    rows = self._book.get_sheet_by_name(actual).to_python(skip_empty_area=False)
                except Exception as error:
                    raise self._unreadable(error) from None
                return Sheet(self.path, actual, rows)
        near = nearest(name, self.sheet_names)
        hint = f" The nearest is {near!r}." if near else f" It has {', '.join(self.sheet_names)}."
        raise InputError(
            f"The workbook has no sheet {name!r}.{hint}",
            file=self.path,
            mend="If the publisher renamed the sheet, rename it back in a copy and read that.",
        )


@dataclass(frozen=True)
class Record:
    """One row of a CSV, with the line that a person finds it on.

    Parameters
    ----------
    file : Path
    row : int
        The row as a spreadsheet counts it; the header is 1.
    values : dict of str to str
    headers : mapping of str to str
        Columns whose header in the file is another; an address gives the one in the file.
    """

    file: Path
    row: int
    values: dict[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Cell:
        header = self.headers.get(column, column)
        return Cell(self.values[column], self.file, None, f"row {self.row}, {header}")


@dataclass(frozen=True)
class Table:
    """A CSV file.

    Parameters
    ----------
    file : Path
    columns : tuple of str
    records : tuple of Record
    unknown_columns : tuple of str
        Columns with data that the loader has no use for: they are always reported.
    renamed : mapping of str to str
        Columns that were asked for, to those used in their place; see :func:`same_words`.
    """

    file: Path
    columns: tuple[str, ...]
    records: tuple[Record, ...]
    unknown_columns: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def remarks(self) -> list[str]:
        """What a person should know: columns that were not read, and those under another header."""
        unread = [f"Columns not read: {', '.join(self.unknown_columns)}."] if self.unknown_columns else []
        return unread + _renamed_remarks(self.renamed)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def read_csv(
    path: Path, required: Sequence[str], *, optional: Sequence[str] = (), header: bool = True, comments: bool = False
) -> Table:
    """Read a CSV whose columns are known.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte-order mark.
    required : sequence of str
        Columns that must be there, in any order; without a header, the names by position.
    optional : sequence of str
        Columns that may be there.
    header : bool
        Whether the first row names the columns.
    comments : bool
        Whether rows that start with ``#`` are remarks.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        For a file that is missing, not UTF-8 or not a CSV; a missing or repeated column; a row of
        another length than the header.
    """
    rows = csv_rows(path, comments=comments)
    if header:
        if not rows:
            raise InputError("The file has no rows.", file=path, mend="Download it again.")
        header_row, names = rows.pop(0)
        columns = tuple(name.strip() for name in names)
    else:
        header_row, columns = 1, tuple(required)
    actual = {}
    for name in columns:
        if name and normalised(name) in actual:
            raise InputError(f"Two columns are headed {name!r}.", file=path, row=header_row, mend="Keep one.")
        actual[normalised(name)] = name
    renamed: dict[str, str] = {}  # header in the file: name asked for
    for name in (*required, *optional):
        if normalised(name) in actual:
            renamed[actual[normalised(name)]] = name
    otherwise: dict[str, str] = {}  # name asked for: header in the file, of the same words
    for name in (*required, *optional):
        if normalised(name) in actual:
            continue
        found = renamed_column(name, (c for c in columns if c not in renamed))
        if found is not None:
            renamed[found], otherwise[name] = name, found
        elif name in required:
            near = nearest(name, [c for c in columns if c and c not in renamed])
            raise InputError(
                f"There is no column {name!r}." + (f" The nearest is {near!r}." if near else ""),
                file=path,
                row=header_row,
                mend=f"The columns read here are {', '.join(required)}.",
            )
    headers = {name: header for header, name in renamed.items() if name != header}
    records = []
    for row_number, row in rows:
        if len(row) < len(columns) or any(value.strip() for value in row[len(columns) :]):
            raise InputError(
                f"The row has {len(row)} values for {len(columns)} columns.",
                file=path,
                row=row_number,
                mend="It may have been cut short: download the file again.",
            )
        values = {renamed.get(c, c): v for c, v in zip(columns, row, strict=False)}
        records.append(Record(path, row_number, values, headers))
    if not records:
        raise InputError("The file has no rows.", file=path, mend="Download it again.")
    unknown = tuple(
        name for name in columns if name and name not in renamed and any(r.values[name].strip() for r in records)
    )
    return Table(path, tuple(renamed.get(c, c) for c in columns), tuple(records), unknown, otherwise)


def _renamed_remarks(renamed: Mapping[str, str]) -> list[str]:
    if not renamed:
        return []
    pairs = ", ".join(f"{header!r} as {name!r}" for name, header in renamed.items())
    return [f"Columns read under another heading: {pairs}."]


@contextmanager
def csv_stream(path: Path) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Open a CSV, or the one in a zip archive, to read it row by row: for files that are large.

    Yields
    ------
    iterator of (int, list of str)
        Row number, counted from 1, and values.

    Raises
    ------
    InputError
        When it is no CSV, or unpacks to more than a publication would.
    """
    try:
        with opened(path) as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            yield enumerate(csv.reader(text, strict=True), start=1)
    except (UnicodeDecodeError, csv.Error, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"The file is not a well-formed CSV ({error}).",
            file=path,
            mend="It may have been cut short: download it again.",
        ) from None


def csv_columns(path: Path) -> list[str]:
    """Return the columns that a CSV's header names; remarks above it may start with ``#``. Also those of Parquet.

    Raises
    ------
    InputError
        When the file is missing, empty or no CSV.
    """
    if is_parquet(path):
        return parquet_columns(path)
    rows = csv_rows(path, comments=True)
    return [name.strip() for name in rows[0][1]] if rows else []


def csv_rows(path: Path, *, comments: bool = False) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV that hold anything, with their numbers.

    Parameters
    ----------
    path : Path
    comments : bool
        Whether rows that start with ``#`` are remarks, and left out.

    Raises
    ------
    InputError
    """
    text = text_of(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row_number, row in enumerate(reader, start=1):
            if any(value.strip() for value in row) and not (comments and row[0].startswith("#")):
                rows.append((row_number, row))
    except csv.Error as error:
        raise InputError(
            f"The file is not a well-formed CSV ({error}).",
            file=path,
            row=reader.line_num,
            mend="It may have been cut short: download it again.",
        ) from None
    if rows and re.fullmatch(r"[+-]?\d+\.", (last := rows[-1][1][-1]).strip()):  # in a row that is read or not
        raise InputError(
            f"The file ends in the middle of a number, {last.strip()!r}.",
            file=path,
            row=rows[-1][0],
            mend="If it was cut short, download it again; if not, complete the number.",
        )
    return rows


def cell_at(path: Path, locator: str) -> object:
    """Return what a file holds at the address that a figure keeps.

    Parameters
    ----------
    path : Path
    locator : str
        ``"Sheet!G12"`` or ``"row 12, rate"``; what follows in brackets is a remark.

    Returns
    -------
    object

    Raises
    ------
    InputError
        When there is no such place.
    """
    place = re.sub(r" \(.*\)$", "", locator)
    if in_sheet := re.fullmatch(r"(.+)!([A-Z]+)(\d+)", place):
        name, letters, row = in_sheet.groups()
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - ord("A") + 1
        return Workbook(path).sheet(name).cell(int(row) - 1, column - 1).value
    if in_table := re.fullmatch(r"row (\d+), (.+)", place):
        wanted, name = int(in_table.group(1)), in_table.group(2)
        if is_parquet(path):
            return value_at(path, wanted, name)
        with csv_stream(path) as rows:
            columns: list[str] | None = None
            for number, row in rows:
                if columns is None and any(row) and not row[0].startswith("#"):
                    columns = [column.strip() for column in row]
                elif number == wanted and columns and name in columns and columns.index(name) < len(row):
                    return row[columns.index(name)]
    raise InputError(f"There is no place {locator!r}.", file=path, mend="Read the file again.")


def check_percentages(cells: Iterable[Cell], what: str) -> None:
    """Raise an error when percentages are proportions: one edition prints 12.3, another 0.123.

    Parameters
    ----------
    cells : iterable of Cell
        Of a whole column; suppressed and empty cells say nothing.
    what : str
        What they are, for the message: ``"Q16a"``.

    Raises
    ------
    InputError
        When all are one at most and several are above zero: no question is answered by so few everywhere.
    """
    first, known = None, 0
    for cell in cells:
        value = cell.value
        if isinstance(value, str):
            value = float(value) if _NUMBER.fullmatch(value.strip()) else None
        if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
            continue
        if value > 1:
            return
        first, known = first or cell, known + 1
    if first is not None and known >= _LEAST_TO_TELL:
        raise first.error(
            f"The percentages of {what} are all between 0 and 1: they look like proportions.",
            "If this edition prints 0.123 for 12.3%, its loader has to be told so: nothing here guesses it.",
        )


def check_label(cell: Cell, known: Iterable[str]) -> None:
    """Raise an error for a label that is empty, or a known one but for letter case, white space or the mark of a footnote.

    Rows are chosen by their labels: this one would be left out as of something else.

    Parameters
    ----------
    cell : Cell
    known : iterable of str

    Raises
    ------
    InputError
    """
    if not cell.text:
        raise cell.error("The row has no label.", "Rows are chosen by it: fill it in, or download the file again.")
    if (label := _meant(cell.text, tuple(known))) != cell.text:
        raise cell.error(f"{cell.text!r} is nearly {label!r}.", f"Write {label} in a copy.")


@lru_cache(maxsize=4096)
def _meant(text: str, known: tuple[str, ...]) -> str:
    """Return the label that a text is but for its writing; the text itself where it is another."""
    bare = normalised(re.sub(r"\s*(\[[^\]]*\]|\*+)$", "", text))
    return text if text in known else next((label for label in known if normalised(label) == bare), text)


def first_by_key(cells: Iterable[tuple[tuple, Cell]], what: str) -> None:
    """Check that no key is there twice.

    Parameters
    ----------
    cells : iterable of (key, cell)
        A hashable key and the cell to name when it repeats.
    what : str
        What the key is, for the message: ``"organisation"``.

    Raises
    ------
    InputError
        Naming both places.
    """
    seen: dict[tuple, Cell] = {}
    for key, cell in cells:
        if key in seen:
            name = " ".join(str(part) for part in key)
            raise cell.error(f"The {what} {name} is here and at {seen[key].reference}.", "Keep one of the two rows.")
        seen[key] = cell
