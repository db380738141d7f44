"""A trust's return as an Excel workbook: an instructions sheet, and a sheet for each topic.

The workbook holds the rows of the CSV template and no others, so that both say the same: what is read
back is a :class:`~race_equality.sources.cells.Table` with the columns of the CSV, whose cells know
the worksheet that they are on.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Record, Sheet, Table, Workbook
from race_equality.sources.headers import normalised

if TYPE_CHECKING:
    import openpyxl

INSTRUCTIONS, LISTS = "Instructions", "Lists"
TRUST_CODE = "trust_code"
DESCRIPTION = "what is counted"  # for people; not read back

_CODE_ROW = 2  # of the instructions, counted from 0: "Trust code" and the code
_MOST_ROWS_ABOVE = 20  # a header further down than this is none
_SHADED, _TO_FILL_IN = "DDE7F0", "FFF8DC"


@dataclass(frozen=True)
class FormRow:
    """One row to fill in.

    Parameters
    ----------
    year_to : datetime.date
    indicator, item, description : str
    part_of : str or None
        The item, or the other indicator, that these people are among: Excel then refuses more of them.
    percentage : bool
        Whether it takes a percentage and not a number of people.
    groups : tuple of str
        The columns that can be filled in.
    """

    year_to: date
    indicator: str
    item: str
    description: str
    groups: tuple[str, ...]
    part_of: tuple[str, str] | None = None
    percentage: bool = False


@dataclass(frozen=True)
class Topic:
    """A worksheet of the template.

    Parameters
    ----------
    sheet, heading : str
    rows : list of FormRow
    """

    sheet: str
    heading: str
    rows: list[FormRow] = field(default_factory=list)


@dataclass(frozen=True)
class _FormRecord(Record):
    """A row of a worksheet; its cells know the sheet."""

    cells: dict[str, Cell] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Cell:
        return self.cells[column]


def workbook_bytes(
    title: str,
    trust_code: str,
    trust_name: str,
    instructions: Sequence[str],
    topics: Sequence[Topic],
    columns: Sequence[str],
) -> bytes:
    """Return a template as an Excel workbook.

    Parameters
    ----------
    title : str
        The kind of return, by which the workbook is known when it comes back.
    trust_code, trust_name : str
    instructions : sequence of str
        A line each.
    topics : sequence of Topic
    columns : sequence of str
        Of the CSV template: ``trust_code``, ``year_to``, ``indicator``, ``item`` and the groups.

    Returns
    -------
    bytes

    Notes
    -----
    Only the cells to fill in are unlocked; the protection has no password, so that a year can be added.
    """
    import openpyxl
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter, quote_sheetname
    from openpyxl.worksheet.datavalidation import DataValidation

    bold, heading = Font(bold=True), Font(bold=True, size=14)
    shaded, to_fill_in = (PatternFill("solid", fgColor=colour) for colour in (_SHADED, _TO_FILL_IN))
    book = openpyxl.Workbook()
    first = book.active
    first.title = INSTRUCTIONS
    first["A1"] = title
    first["A1"].font = heading
    for row, pair in ((3, ("Trust code", trust_code)), (4, ("Trust", trust_name))):
        for column, text in enumerate(pair, start=1):
            first.cell(row, column, text)
        first.cell(row, 1).font = bold
    for row, line in enumerate(instructions, start=6):
        first.cell(row, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
        first.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
        first.row_dimensions[row].height = 16 * (1 + len(line) // 100)
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 18, 82

    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    every_row = [row for topic in topics for row in topic.rows]
    choices = {}
    for column, name in enumerate(("year_to", "indicator", "item"), start=1):
        values = list(dict.fromkeys(getattr(row, name) for row in every_row))
        lists.cell(1, column, name)
        for row, value in enumerate(values, start=2):
            lists.cell(row, column, value)
        letter = get_column_letter(column)
        choices[name] = f"{quote_sheetname(LISTS)}!${letter}$2:${letter}${len(values) + 1}"

    groups = [name for name in columns if name not in (TRUST_CODE, *choices)]
    headers = (*choices, DESCRIPTION, *groups)
    for topic in topics:
        sheet = book.create_sheet(topic.sheet, index=len(book.sheetnames) - 1)
        sheet["A1"], sheet["A2"] = topic.heading, f"{trust_code} {trust_name}"
        sheet["A1"].font = heading
        for column, name in enumerate(headers, start=1):
            cell = sheet.cell(4, column, name)
            cell.font, cell.fill, cell.alignment = bold, shaded, Alignment(wrap_text=True)
        place = {(row.year_to, row.indicator, row.item): 5 + n for n, row in enumerate(topic.rows)}
        last = 4 + len(topic.rows)
        for number, row in enumerate(topic.rows, start=5):
            for column, value in enumerate((row.year_to, row.indicator, row.item, row.description), start=1):
                sheet.cell(number, column, value)
            sheet.cell(number, 1).number_format = "yyyy-mm-dd"
            open_columns = [len(choices) + 2 + groups.index(name) for name in row.groups]
            for column in open_columns:
                cell = sheet.cell(number, column)
                cell.fill, cell.protection = to_fill_in, Protection(locked=False)
            at, until = (f"{get_column_letter(c)}{number}" for c in (open_columns[0], open_columns[-1]))
            letter = get_column_letter(open_columns[0])
            if row.percentage:
                rule = DataValidation("decimal", "between", "0", "100")
                rule.error = "Write a percentage from 0 to 100, without the sign."
            else:
                conditions = [f"ISNUMBER({at})", f"{at}>=0", f"{at}=INT({at})"]
                rule = DataValidation("custom")
                rule.error = "Write a whole number of people, or leave the cell empty."
                whole = place.get((row.year_to, *row.part_of)) if row.part_of else None
                if whole:
                    conditions.append(f'OR({letter}{whole}="",{at}<={letter}{whole})')
                    rule.error = f"Write a whole number, at most that of row {whole}."
                rule.formula1 = f"AND({','.join(conditions)})"
            rule.showErrorMessage, rule.errorTitle, rule.allow_blank = True, "Not a number for here", True
            rule.add(f"{at}:{until}")
            sheet.add_data_validation(rule)
        for column, source in enumerate(choices.values(), start=1):
            # for somebody who lifts the protection to add rows
            rule = DataValidation("list", formula1=f"={source}", allow_blank=True, showErrorMessage=True)
            rule.error, rule.errorTitle = "Choose from the list.", "Not in the template"
            letter = get_column_letter(column)
            rule.add(f"{letter}5:{letter}{last + 200}")
            sheet.add_data_validation(rule)
        for column, width in enumerate((13, 34, 40, 52, *[14] * len(groups)), start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.freeze_panes = sheet.cell(5, len(choices) + 2)
        sheet.protection.sheet, sheet.protection.formatColumns = True, False
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def list_workbook_bytes(
    title: str,
    instructions: Sequence[str],
    sheet_name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | date]],
    *,
    whole_numbers: Sequence[str],
    days: Sequence[str],
) -> bytes:
    """Return a template of many trusts as an Excel workbook: the instructions, and one sheet of rows.

    Parameters
    ----------
    title : str
        By which the workbook is known when it comes back.
    instructions : sequence of str
        A line each.
    sheet_name : str
    columns : sequence of str
        Of the CSV template.
    rows : sequence of sequence of str or datetime.date
        What is filled in already, from the first column on.
    whole_numbers, days : sequence of str
        Columns that Excel holds to whole numbers and to days.

    Returns
    -------
    bytes

    Notes
    -----
    Nothing is locked: rows are added for more trusts and years.
    """
    import openpyxl
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    first = book.active
    first.title = INSTRUCTIONS
    first["A1"] = title
    first["A1"].font = Font(bold=True, size=14)
    first.column_dimensions["A"].width = 100
    for row, line in enumerate(instructions, start=3):
        first.cell(row, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
        first.row_dimensions[row].height = 16 * (1 + len(line) // 95)
    sheet = book.create_sheet(sheet_name)
    for column, name in enumerate(columns, start=1):
        cell = sheet.cell(1, column, name)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=_SHADED)
        sheet.column_dimensions[get_column_letter(column)].width = max(14, len(name) + 2)
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column, value or None)
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
    last = len(rows) + 5000  # rows are added below
    for names, rule, problem in (
        (whole_numbers, DataValidation("whole", "greaterThanOrEqual", "0"), "Write a whole number of people."),
        (days, DataValidation("date", "greaterThan", "36526"), "Write a day, such as 2025-11-20."),
    ):
        rule.error, rule.errorTitle, rule.showErrorMessage, rule.allow_blank = problem, "Not for here", True, True
        for name in names:
            letter = get_column_letter(list(columns).index(name) + 1)
            rule.add(f"{letter}2:{letter}{last}")
        sheet.add_data_validation(rule)
    sheet.freeze_panes = sheet.cell(2, 5)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def title_of(path: Path) -> str | None:
    """Return the kind of return that a workbook says it is; None when it is no return."""
    book = Workbook(path)
    if normalised(INSTRUCTIONS) not in {normalised(name) for name in book.sheet_names}:
        return None
    return book.sheet(INSTRUCTIONS).cell(0, 0).text


def read_workbook(path: Path, columns: Sequence[str], *, trust_in_rows: bool = False) -> tuple[Table, tuple[str, ...]]:
    """Read a filled-in template.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        As for the CSV.
    trust_in_rows : bool
        Whether each row has its trust's code; otherwise the instructions have the one code of the file.

    Returns
    -------
    Table
        With the columns of the CSV; its cells are on their worksheets.
    tuple of str
        What was not read.

    Raises
    ------
    InputError
        For a sheet without one of the columns, a row without an indicator, numbers under no header.
    """
    import openpyxl

    book = Workbook(path)
    code = None if trust_in_rows else book.sheet(INSTRUCTIONS).cell(_CODE_ROW, 1)
    try:
        formulas = openpyxl.load_workbook(path)
    except Exception as error:  # openpyxl's errors share no base but Exception
        raise InputError(
            f"The file cannot be read as an Excel workbook ({error}).", file=path, mend="Save it again as .xlsx."
        ) from None
    records: list[Record] = []
    unread = []
    for name in book.sheet_names:
        if normalised(name) in (normalised(INSTRUCTIONS), normalised(LISTS)):
            continue
        sheet = book.sheet(name)
        found = _records(sheet, code, columns)
        if found:
            _refuse_formulas_without_a_result(formulas, sheet)
        if found is None:
            unread.append(name)
        else:
            records += found
    if not records:
        raise InputError(
            "No worksheet has the columns of a return.",
            file=path,
            mend=f"Fill in the template; its columns are {', '.join(columns if trust_in_rows else columns[1:])}.",
        )
    remarks = (f"Worksheets not read: {', '.join(unread)}.",) if unread else ()
    return Table(path, tuple(columns), tuple(records)), remarks


def _refuse_formulas_without_a_result(formulas: openpyxl.Workbook, sheet: Sheet) -> None:
    """Refuse a cell that looks filled in and reads as empty: #DIV/0!, or a formula never calculated."""
    for row in formulas[sheet.name].iter_rows():
        for cell in row:
            if cell.data_type in ("e", "f") and not sheet.cell(cell.row - 1, cell.column - 1).text:
                raise sheet.error(
                    f"The cell holds {cell.value!r}, which has no result.", "Write the number itself.", cell.coordinate
                )


def _records(sheet: Sheet, code: Cell | None, columns: Sequence[str]) -> list[Record] | None:
    wanted = {normalised(name): name for name in (columns if code is None else columns[1:])}
    header_row = next(
        (
            number
            for number, row in enumerate(sheet.rows[:_MOST_ROWS_ABOVE])
            # most of them: a header with a column renamed is still one, and its error names the column
            if len({normalised(value) for value in row} & set(wanted)) >= len(wanted) - 1
        ),
        None,
    )
    if header_row is None:
        return None
    places = {name: sheet.column(header_row, name) for name in wanted.values()}
    width = max(len(row) for row in sheet.rows)
    spare = [column for column in range(width) if column not in places.values()]
    records: list[Record] = []
    for number in range(header_row + 1, len(sheet.rows)):
        cells = {
            name: Cell(_as_text(cell.value), cell.file, cell.sheet, cell.reference)
            for name, cell in ((name, sheet.cell(number, column)) for name, column in places.items())
        }
        for column in spare:
            header, cell = sheet.cell(header_row, column).text, sheet.cell(number, column)
            if cell.text and normalised(header) != normalised(DESCRIPTION):
                near = nearest(header, columns) if header else None
                raise cell.error(
                    f"{_as_text(cell.value)!r} is under {header!r}, which is not a column of a return."
                    + (f" The nearest is {near!r}." if near else ""),
                    "Move it, or clear the cell.",
                )
        if not any(cell.text for cell in cells.values()):
            continue
        if code is not None:
            cells[TRUST_CODE] = Cell(_as_text(code.value), code.file, code.sheet, code.reference)
        values = {name: str(cell.value) for name, cell in cells.items()}
        records.append(_FormRecord(sheet.file, number + 1, values, cells=cells))
    return records


def _as_text(value: object) -> str:
    """Return a cell as the CSV would have it: 12.0 is 12, a day is 2025-03-31."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
