"""Reading the rows of a return, whatever kind of file it is: a CSV, an Excel workbook, or one of LibreOffice (.ods).

All that is wrong with the file's shape is noted, and the rest of it is read, so that its author sees every mistake at
once. The words are for that author: the file is nobody's publication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Record, Workbook, column_letters, csv_rows
from race_equality.sources.file_kinds import is_excel_workbook, is_workbook
from race_equality.sources.headers import normalised
from race_equality.sources.returns.mistakes import Mistakes
from race_equality.sources.returns.values import heading_of

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.worksheet.worksheet import Worksheet

INSTRUCTIONS, LISTS, CHECKS, TO_CORRECT = "Instructions", "Lists", "Checks", "What to correct"
#: Worksheets of a template that are not filled in.
NOT_ROWS = frozenset(normalised(name) for name in (INSTRUCTIONS, LISTS, CHECKS, TO_CORRECT))
TRUST_CODE = "trust_code"
#: Columns of a template that are for people, and are not read back; also those that begin with the last of them.
DESCRIPTION, TOTAL, CHECK, LAST_YEAR = "what is counted", "Total", "Check", "Last year"

_CODE_ROW, _NAME_ROW = 2, 3  # of the instructions, counted from 0
_MOST_ROWS_ABOVE = 20  # a header further down than this is none; remarks of a CSV are not counted


@dataclass(frozen=True)
class FormRecord(Record):
    """A row whose cells know where they are."""

    cells: dict[str, Cell] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Cell:
        return self.cells[column]


@dataclass(frozen=True)
class Rows:
    """The rows of a file.

    Parameters
    ----------
    records : tuple of FormRecord
    columns : tuple of str
        Those that the file must have, of the return's.
    remarks : tuple of str
        What was read under another heading, and what was not read.
    headings : tuple of Cell
        Text above the rows, in which a trust may be named.
    """

    records: tuple[FormRecord, ...]
    columns: tuple[str, ...]
    remarks: tuple[str, ...]
    headings: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """The cells of a worksheet or of a CSV.

    Parameters
    ----------
    file : Path
    sheet : str or None
        None for a CSV.
    rows : sequence of sequence of str
    numbers : sequence of int
        Each row's number as a person counts it.
    """

    file: Path
    sheet: str | None
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]

    def cell(self, row: int, column: int, header: str = "") -> Cell:
        """Return a cell; in a CSV it is named by its header."""
        value = self.rows[row][column] if column < len(self.rows[row]) else ""
        letters = column_letters(column)
        place = f"row {self.numbers[row]}, {header or letters}" if self.sheet is None else f"{letters}{row + 1}"
        return Cell(value, self.file, self.sheet, place)


def columns_of(columns: Sequence[str], later: Sequence[Sequence[str]], headers: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a return that a file must have: all but the later ones of which it has none.

    Parameters
    ----------
    columns : sequence of str
        Of today's template.
    later : sequence of sequence of str
        Sets of columns that an earlier template did not have.
    headers : sequence of str
        Of the file.

    Returns
    -------
    tuple of str
    """
    there = {normalised(header) for header in headers}
    absent = {name for names in later if not there & {normalised(name) for name in names} for name in names}
    return tuple(name for name in columns if name not in absent)


def title_of(path: Path) -> str | None:
    """Return the kind of return that a workbook says it is; None when it says nothing of the kind."""
    book = Workbook(path)
    if normalised(INSTRUCTIONS) not in {normalised(name) for name in book.sheet_names}:
        return None
    return book.sheet(INSTRUCTIONS).cell(0, 0).text


def headers_of(path: Path) -> list[str]:
    """Return what stands in the first rows of a workbook's first worksheet of rows: a return that was a CSV has its columns there."""
    book = Workbook(path)
    name = next((name for name in book.sheet_names if normalised(name) not in NOT_ROWS), book.sheet_names[0])
    return [str(value) for row in book.sheet(name).rows[:_MOST_ROWS_ABOVE] for value in row]


def read_rows(path: Path, columns: Sequence[str], mistakes: Mistakes, *, later: Sequence[Sequence[str]] = ()) -> Rows:
    """Read the rows of a return, without looking at what they say.

    Parameters
    ----------
    path : Path
        A CSV, or a workbook of Excel or LibreOffice.
    columns : sequence of str
        With ``trust_code``; a workbook may have it once, in its instructions.
    mistakes : Mistakes
        Takes what is wrong, and the order of the worksheets.
    later : sequence of sequence of str
        As for :func:`columns_of`, over all worksheets.

    Returns
    -------
    Rows

    Raises
    ------
    InputError
        When the file cannot be read at all, or nothing in it has the columns of a return.
    """
    book: openpyxl.Workbook | None = None
    code: Cell | None = None
    headings: list[Cell] = []
    if is_workbook(path):
        workbook = Workbook(path)
        mistakes.sheets = workbook.sheet_names
        if is_excel_workbook(path):
            book = _opened(path)
        if normalised(INSTRUCTIONS) in {normalised(name) for name in workbook.sheet_names}:
            instructions = workbook.sheet(INSTRUCTIONS)
            code = _text_cell(instructions.cell(_CODE_ROW, 1))
            headings.append(_text_cell(instructions.cell(_NAME_ROW, 1)))
        grids = [_grid_of(workbook, name, book) for name in workbook.sheet_names if normalised(name) not in NOT_ROWS]
    else:
        grids = [_grid_of_csv(path)]
    columns = columns_of(
        columns, later, [value for grid in grids for row in grid.rows[:_MOST_ROWS_ABOVE] for value in row]
    )
    records: list[FormRecord] = []
    unread: list[str] = []
    otherwise: dict[str, str] = {}
    for grid in grids:
        header_row = _header_row(grid, columns)
        if header_row is None:
            unread.append(grid.sheet or path.name)
            continue
        headings += [grid.cell(row, 0) for row in range(header_row) if grid.rows[row] and grid.rows[row][0]]
        worksheet = book[grid.sheet] if book is not None and grid.sheet else None
        records += _records(grid, header_row, columns, code, otherwise, worksheet, mistakes)
    if not records:
        mistakes.raise_any()
        raise InputError(
            "The file has no row with the columns of a return.",
            file=path,
            mend=f"Fill in the template; its columns are {', '.join(columns)}.",
        )
    remarks = [f"Worksheets not read: {', '.join(unread)}."] if unread else []
    if otherwise:
        pairs = ", ".join(f"{header!r} as {name!r}" for name, header in otherwise.items())
        remarks.append(f"Columns read under another heading: {pairs}.")
    return Rows(tuple(records), tuple(columns), tuple(remarks), tuple(headings))


def _opened(path: Path) -> openpyxl.Workbook:
    import openpyxl

    try:
        return openpyxl.load_workbook(path)
    except Exception as error:  # openpyxl's errors share no base but Exception
        raise InputError(
            f"The file cannot be read as an Excel workbook ({error}).", file=path, mend="Save it again as .xlsx."
        ) from None


def _grid_of(workbook: Workbook, name: str, book: openpyxl.Workbook | None) -> Grid:
    sheet = workbook.sheet(name)
    rows = [[as_text(value) for value in row] for row in sheet.rows]
    if book is not None:
        # what is shown as 24% is stored as 0.24
        for number, cells in enumerate(book[name].iter_rows()):
            for column, cell in enumerate(cells):
                if "%" in cell.number_format and number < len(rows) and column < len(rows[number]):
                    value = sheet.rows[number][column]
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        rows[number][column] = f"{round(100 * value, 10):g}%"
    return Grid(workbook.path, name, rows, range(1, len(rows) + 1))


def _grid_of_csv(path: Path) -> Grid:
    rows = csv_rows(path)
    return Grid(path, None, [[value.strip() for value in row] for _, row in rows], [number for number, _ in rows])


def _header_row(grid: Grid, columns: Sequence[str]) -> int | None:
    """Return the row of the headers: one with most of the columns, so that an error can name the one that is missing."""
    above = 0
    for number, row in enumerate(grid.rows):
        if row and row[0].startswith("#"):
            continue
        names = [name for name in columns if name != TRUST_CODE]
        if sum(heading_of(name, row, columns) is not None for name in names) >= max(3, len(names) // 2):
            return number
        above += 1
        if above > _MOST_ROWS_ABOVE:
            break
    return None


def _records(
    grid: Grid,
    header_row: int,
    columns: Sequence[str],
    code: Cell | None,
    otherwise: dict[str, str],
    worksheet: Worksheet | None,
    mistakes: Mistakes,
) -> Iterator[FormRecord]:
    headers = grid.rows[header_row]
    places: dict[str, int] = {}
    for name in columns:
        found = heading_of(name, headers, columns)
        if found is not None:
            places[name] = list(headers).index(found)
            if normalised(found) != normalised(name):
                otherwise[name] = found
        elif name != TRUST_CODE or code is None:
            _note_missing(grid, header_row, name, columns, mistakes)
    for header in dict.fromkeys(headers):
        if header and sum(normalised(other) == normalised(header) for other in headers) > 1:
            with mistakes.noted():
                raise grid.cell(header_row, list(headers).index(header)).error(
                    f"Two columns are headed {header!r}.", "Keep one."
                )
    if worksheet is not None:
        _note_merged(grid, header_row, places, worksheet, mistakes)
    by_place = {place: name for name, place in places.items()}
    for number in range(header_row + 1, len(grid.rows)):
        row = grid.rows[number]
        if not any(row) or row[0].startswith("#"):
            continue
        if grid.sheet is None and len(row) < len(headers):
            mistakes.note(
                InputError(
                    f"The row has {len(row)} values for {len(headers)} columns.",
                    file=grid.file,
                    row=grid.numbers[number],
                    mend="Write one value for each column; a cell may be empty.",
                )
            )
            continue
        _note_elsewhere(grid, header_row, number, by_place, columns, mistakes)
        cells = {name: grid.cell(number, column, headers[column]) for name, column in places.items()}
        if not any(cell.text for cell in cells.values()):
            if worksheet is not None:
                _note_without_result(cells, worksheet, mistakes)
            continue
        for name in columns:  # one that is missing was noted
            cells.setdefault(name, Cell("", grid.file, grid.sheet, f"row {grid.numbers[number]}"))
        if TRUST_CODE not in places and code is not None:
            cells[TRUST_CODE] = code
        if worksheet is not None:
            _note_without_result(cells, worksheet, mistakes)
        values = {name: str(cell.value) for name, cell in cells.items()}
        yield FormRecord(grid.file, grid.numbers[number], values, cells=cells)


def _note_missing(grid: Grid, header_row: int, name: str, columns: Sequence[str], mistakes: Mistakes) -> None:
    headers = grid.rows[header_row]
    near = nearest(name, [header for header in headers if header and heading_of(header, [*columns], []) is None])
    mistakes.note(
        InputError(
            f"There is no column headed {name!r}." + (f" The nearest is {near!r}." if near else ""),
            file=grid.file,
            sheet=grid.sheet,
            row=grid.numbers[header_row],
            mend=f"Head it as the template does: {', '.join(columns)}.",
        )
    )


def _note_merged(grid: Grid, header_row: int, places: dict[str, int], worksheet: Worksheet, mistakes: Mistakes) -> None:
    """Note cells that are merged: all but the first of them are empty, whatever they show."""
    for merged in worksheet.merged_cells.ranges:
        if merged.max_row > header_row and any(
            merged.min_col <= place + 1 <= merged.max_col for place in places.values()
        ):
            cell = grid.cell(max(merged.min_row - 1, 0), merged.min_col - 1)
            mistakes.note(
                cell.error(
                    f"The cells {merged.coord} are merged into one, and hold one value only.",
                    "Unmerge them (Home, Merge & Center) and write each number into its own cell.",
                )
            )


def _note_elsewhere(
    grid: Grid, header_row: int, number: int, by_place: dict[int, str], columns: Sequence[str], mistakes: Mistakes
) -> None:
    """Note what is under a heading that no return has."""
    headers = grid.rows[header_row]
    for column, value in enumerate(grid.rows[number]):
        header = headers[column] if column < len(headers) else ""
        if not value or column in by_place or _for_people(header):
            continue
        near = nearest(header, columns) if header else None
        mend = "Move it, or clear the cell."
        if grid.sheet is None and not header:
            mend = "Write a number without commas (2933), or between quotation marks, and one value for each column."
        mistakes.note(
            grid.cell(number, column, header).error(
                f"{value!r} is under {header!r}, which is not a column of a return."
                + (f" The nearest is {near!r}." if near else ""),
                mend,
            )
        )


def _for_people(header: str) -> bool:
    """Say whether a column of a template only helps people to fill it in."""
    name = normalised(header)
    return name in (normalised(DESCRIPTION), normalised(CHECK)) or name.startswith(
        (normalised(TOTAL), normalised(LAST_YEAR))
    )


def _note_without_result(cells: dict[str, Cell], worksheet: Worksheet, mistakes: Mistakes) -> None:
    """Note a cell that looks filled in and reads as empty: #DIV/0!, or a formula never calculated."""
    for cell in cells.values():
        if cell.text or cell.sheet != worksheet.title or not cell.reference[-1].isdigit() or " " in cell.reference:
            continue
        held = worksheet[cell.reference]
        if held.data_type in ("e", "f"):
            mistakes.note(
                cell.error(f"The cell holds {held.value!r}, which has no result.", "Write the number itself.")
            )


def _text_cell(cell: Cell) -> Cell:
    return Cell(as_text(cell.value), cell.file, cell.sheet, cell.reference)


def as_text(value: object) -> str:
    """Return a cell as the CSV would have it: 12.0 is 12, a day is 2025-03-31."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
