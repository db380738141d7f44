"""The templates of returns as Excel workbooks: instructions, a sheet for each topic, and a sheet of checks.

A workbook holds the rows of the CSV template and no others, so that both say the same. What only helps to fill it in
(totals, the numbers of the year before, checks) stands in columns that are not read back
(:mod:`race_equality.sources.returns.rows`).
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from race_equality.sources.returns.form import Key
from race_equality.sources.returns.held_to import LEAST_PEOPLE
from race_equality.sources.returns.rows import CHECK, CHECKS, DESCRIPTION, INSTRUCTIONS, LAST_YEAR, LISTS, TRUST_CODE

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_SHADED, _TO_FILL_IN, _HELD = "DDE7F0", "FFF8DC", "EDEDED"
_HEADER_ROW = 4
_LINE = 15  # the height of a line, in points
#: A cell of another worksheet, by year, indicator, item and group.
Place = Callable[[Key], str]


@dataclass(frozen=True)
class FormRow:
    """One row to fill in.

    Parameters
    ----------
    year_to : datetime.date
    indicator, item, description : str
    part_of : (str, str) or None
        The indicator and item that these people are among: Excel then refuses more of them.
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
class Template:
    """What a template is made of, whatever the return.

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
    totals : mapping of str to sequence of str
        Heading of a total to the groups that it adds up; headings begin with "Total".
    factor : float
        How many times the year before makes a number odd.
    held : mapping of (datetime.date, str, str, str) to float
        What is held of the trust: filled in for its own year, and shown next to the year after.
    checks : callable, optional
        From the place of a number to the rows of the sheet of checks: year, what, and numbers or formulas.
    check_columns : sequence of str
        Their headers.
    """

    title: str
    trust_code: str
    trust_name: str
    instructions: Sequence[str]
    topics: Sequence[Topic]
    columns: Sequence[str]
    totals: Mapping[str, Sequence[str]]
    factor: float
    held: Mapping[Key, float] = field(default_factory=dict)
    checks: Callable[[Place], Iterable[Sequence[Any]]] | None = None
    check_columns: Sequence[str] = ()


def workbook_bytes(template: Template) -> bytes:
    """Return a template as an Excel workbook.

    Parameters
    ----------
    template : Template

    Returns
    -------
    bytes

    Notes
    -----
    Only the cells to fill in are unlocked; the protection has no password, so that a year can be added. Cells to fill in have
    a border as well as a colour, each check is a word, header rows repeat in print, and no cell is merged. There are no
    pictures.
    """
    import openpyxl
    from openpyxl.utils import get_column_letter, quote_sheetname

    book = openpyxl.Workbook()
    write_instructions(book, template.title, template.instructions, template.trust_code, template.trust_name)
    every_row = [row for topic in template.topics for row in topic.rows]
    choices = write_lists(
        book,
        {
            name: list(dict.fromkeys(getattr(row, name) for row in every_row))
            for name in ("year_to", "indicator", "item")
        },
    )
    groups = [name for name in template.columns if name not in (TRUST_CODE, *choices)]
    headers = (*choices, DESCRIPTION, *groups, *template.totals, *(f"{LAST_YEAR}: {group}" for group in groups), CHECK)
    column_of = {name: get_column_letter(number) for number, name in enumerate(headers, start=1)}
    place: dict[tuple[date, str, str], tuple[str, int]] = {}
    for topic in template.topics:
        for number, row in enumerate(topic.rows, start=_HEADER_ROW + 1):
            place[row.year_to, row.indicator, row.item] = (topic.sheet, number)
    for topic in template.topics:
        sheet = book.create_sheet(topic.sheet, index=len(book.sheetnames) - 1)
        write_heading(sheet, topic.heading, f"{template.trust_code} {template.trust_name}", headers)
        for number, row in enumerate(topic.rows, start=_HEADER_ROW + 1):
            _write_row(sheet, number, row, template, column_of, place)
        last = _HEADER_ROW + len(topic.rows)
        for name, source in choices.items():
            # for somebody who lifts the protection to add rows
            add_list(sheet, f"{column_of[name]}{_HEADER_ROW + 1}:{column_of[name]}{last + 200}", source)
        for name, letter in column_of.items():
            sheet.column_dimensions[letter].width = {"year_to": 13, "indicator": 34, "item": 40, DESCRIPTION: 52}.get(
                name, 30 if name == CHECK else 14
            )
        sheet.freeze_panes = f"{column_of[groups[0]]}{_HEADER_ROW + 1}"
        finish(sheet)
    if template.checks is not None:

        def cell_of(key: Key) -> str:
            sheet_name, row_number = place[key[:3]]
            return f"{quote_sheetname(sheet_name)}!{column_of[key[3]]}{row_number}"

        _write_checks(book, template, template.checks(cell_of))
    return saved(book, f"{template.title} of {template.trust_code} {template.trust_name}")


def _write_row(
    sheet: Worksheet,
    number: int,
    row: FormRow,
    template: Template,
    column_of: Mapping[str, str],
    place: Mapping[tuple[date, str, str], tuple[str, int]],
) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    is_held = any((row.year_to, row.indicator, row.item, group) in template.held for group in row.groups)
    first_cells: tuple[Any, ...] = (row.year_to, row.indicator, row.item, row.description)
    for column, value in enumerate(first_cells, start=1):
        sheet.cell(number, column).value = value
    sheet.cell(number, 1).number_format = "yyyy-mm-dd"
    year_before = date(row.year_to.year - 1, 3, 31)
    _, row_before = place.get((year_before, row.indicator, row.item), ("", 0))
    for group in row.groups:
        cell = sheet[f"{column_of[group]}{number}"]
        open_to_fill_in(cell)
        if row.percentage:
            cell.number_format = "0.0"
        cell.value = template.held.get((row.year_to, row.indicator, row.item, group))
        last = sheet[f"{column_of[f'{LAST_YEAR}: {group}']}{number}"]
        shade(last, _HELD)
        if row_before:
            there = f"{column_of[group]}{row_before}"
            last.value = f'=IF({there}="","",{there})'
        else:
            last.value = template.held.get((year_before, row.indicator, row.item, group))
    letters = [column_of[group] for group in row.groups]
    first, until = f"{letters[0]}{number}", f"{letters[-1]}{number}"
    _, whole = place.get((row.year_to, *row.part_of), ("", 0)) if row.part_of else ("", 0)
    if row.percentage:
        rule = DataValidation("custom")
        rule.formula1 = f"AND(ISNUMBER({first}),OR({first}=0,AND({first}>=1,{first}<=100)))"
        rule.error = "Write a percentage from 0 to 100, without the sign: 24 for 24%."
    else:
        conditions = [f"ISNUMBER({first})", f"{first}>=0", f"{first}=INT({first})"]
        rule = DataValidation("custom")
        rule.error = "Write a whole number of people, or leave the cell empty."
        if whole:
            conditions.append(f'OR({letters[0]}{whole}="",{first}<={letters[0]}{whole})')
            rule.error = f"Write a whole number, at most that of row {whole}."
        rule.formula1 = f"AND({','.join(conditions)})"
    rule.prompt, rule.promptTitle, rule.showInputMessage = rule.error, row.description[:32], True
    rule.showErrorMessage, rule.errorTitle, rule.allow_blank = True, "Not a number for here", True
    rule.add(f"{first}:{until}")
    sheet.add_data_validation(rule)
    for heading, added in template.totals.items() if not row.percentage else ():
        cells = ",".join(f"{column_of[group]}{number}" for group in added)
        sheet[f"{column_of[heading]}{number}"] = f'=IF(COUNT({cells})=0,"",SUM({cells}))'
    sheet[f"{column_of[CHECK]}{number}"] = _check(row, number, whole, is_held, template, column_of)


def _check(
    row: FormRow, number: int, whole: int, is_held: bool, template: Template, column_of: Mapping[str, str]
) -> str:
    """Return the formula that says in words whether a row is in order."""
    pairs = [(f"{column_of[group]}{number}", f"{column_of[f'{LAST_YEAR}: {group}']}{number}") for group in row.groups]
    said = "As loaded before" if is_held else "OK"
    formula = f'"{said}"'
    if not row.percentage:
        far = ",".join(
            f"IF(COUNT({new},{old})=2,AND(ABS({new}-{old})>{LEAST_PEOPLE},"
            f"MAX({new},{old})>{template.factor:g}*MIN({new},{old})),FALSE)"
            for new, old in pairs
        )
        formula = f'IF(OR({far}),"Look: far from last year",{formula})'
        if len(template.totals) > 1:
            sums = ",".join(f"{column_of[heading]}{number}" for heading in template.totals)
            cells = f"{pairs[0][0]}:{pairs[-1][0]}"
            formula = f'IF(AND(COUNT({cells})={len(pairs)},MAX({sums})>MIN({sums})),"Look: totals differ",{formula})'
    if whole:
        more = ",".join(
            f"AND(COUNT({new},{column_of[group]}{whole})=2,{new}>{column_of[group]}{whole})"
            for (new, _), group in zip(pairs, row.groups, strict=True)
        )
        formula = f'IF(OR({more}),"Mistake: more than row {whole}",{formula})'
    first, last = pairs[0][0], pairs[-1][0]
    if row.percentage:
        formula = f'IF(COUNTIFS({first}:{last},">0",{first}:{last},"<1")>0,"Mistake: write 24 for 24%",{formula})'
    return f'=IF(COUNT({first}:{last})=0,"",{formula})'


def _write_checks(book: openpyxl.Workbook, template: Template, rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(CHECKS, index=1)
    write_heading(
        sheet, "Checks: all of it together", f"{template.trust_code} {template.trust_name}", template.check_columns
    )
    for number, row in enumerate(rows, start=_HEADER_ROW + 1):
        for column, value in enumerate(row, start=1):
            text = value.replace("{row}", str(number)) if isinstance(value, str) else value
            cell = sheet.cell(number, column)
            cell.value = text
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
    for column, width in enumerate((13, 46, *[16] * (len(template.check_columns) - 3), 60), start=1):
        sheet.column_dimensions[sheet.cell(_HEADER_ROW, column).column_letter].width = width
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"
    finish(sheet)


# -- what all workbooks share --------------------------------------------------------------------------


def write_instructions(
    book: openpyxl.Workbook, title: str, instructions: Sequence[str], trust_code: str, trust_name: str
) -> None:
    """Write the first worksheet: the title by which a workbook is known, the trust, and a line for each instruction."""
    from openpyxl.styles import Alignment, Font

    first = book.worksheets[0]
    first.title = INSTRUCTIONS
    first["A1"] = title
    first["A1"].font = Font(bold=True, size=14)
    for number, pair in ((3, ("Trust code", trust_code)), (4, ("Trust", trust_name))):
        for column, text in enumerate(pair, start=1):
            first.cell(number, column, text)
        first.cell(number, 1).font = Font(bold=True)
    for number, line in enumerate(instructions, start=6):
        first.cell(number, 1, number - 5)
        first.cell(number, 2, line).alignment = Alignment(wrap_text=True, vertical="top")
        first.cell(number, 1).alignment = Alignment(vertical="top", horizontal="left")
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 12, 100
    finish(first, protect=False)


def write_lists(book: openpyxl.Workbook, lists: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Write the hidden worksheet of what can be chosen; return where each list is."""
    from openpyxl.utils import get_column_letter, quote_sheetname

    sheet = book.create_sheet(LISTS)
    sheet.sheet_state = "hidden"
    choices = {}
    for column, (name, values) in enumerate(lists.items(), start=1):
        for number, value in enumerate((name, *values), start=1):
            sheet.cell(number, column, value)
        letter = get_column_letter(column)
        choices[name] = f"{quote_sheetname(LISTS)}!${letter}$2:${letter}${len(values) + 1}"
    return choices


def write_heading(sheet: Worksheet, heading: str, about: str, headers: Sequence[str]) -> None:
    """Write what stands above the rows of a worksheet, and the header row."""
    from openpyxl.styles import Alignment, Font

    sheet["A1"], sheet["A2"] = heading, about
    sheet["A1"].font = Font(bold=True, size=14)
    for column, name in enumerate(headers, start=1):
        cell = sheet.cell(_HEADER_ROW, column, name)
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        shade(cell, _SHADED)


def add_list(sheet: Worksheet, cells: str, source: str, prompt: str = "Choose from the list.") -> None:
    """Give cells a drop-down list."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation("list", formula1=f"={source}", allow_blank=True, showErrorMessage=True)
    rule.error, rule.errorTitle, rule.prompt, rule.showInputMessage = prompt, "Not in the list", prompt, True
    rule.add(cells)
    sheet.add_data_validation(rule)


def open_to_fill_in(cell: Cell) -> None:
    """Mark a cell that is to be filled in: by a border as well as a colour, and unlocked."""
    from openpyxl.styles import Border, Protection, Side

    shade(cell, _TO_FILL_IN)
    side = Side("thin")
    cell.border = Border(left=side, right=side, top=side, bottom=side)
    cell.protection = Protection(locked=False)


def shade(cell: Cell, colour: str) -> None:
    """Give a cell a colour."""
    from openpyxl.styles import PatternFill

    cell.fill = PatternFill("solid", fgColor=colour)


def finish(sheet: Worksheet, *, protect: bool = True) -> None:
    """Set a worksheet up for print, and protect all but what is to be filled in, without a password."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if (footer := sheet.oddFooter) is not None:
        footer.center.text = "&A, page &P of &N"
    for number, row in enumerate(sheet.iter_rows(), start=1):  # LibreOffice keeps a row at one line, whatever is in it
        if (lines := max(_lines_of(cell) for cell in row)) > 1:
            sheet.row_dimensions[number].height = _LINE * lines
    if protect:
        sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
        sheet.protection.sheet, sheet.protection.formatColumns, sheet.protection.formatRows = True, False, False


def _lines_of(cell: Any) -> int:
    """Return how many lines a text that is wrapped takes, with room for letters that are wide."""
    if not isinstance(cell.value, str) or cell.value.startswith("=") or not cell.alignment.wrap_text:
        return 1
    return math.ceil(1.15 * len(cell.value) / cell.parent.column_dimensions[cell.column_letter].width)


def saved(book: openpyxl.Workbook, title: str) -> bytes:
    """Return a workbook as a file that says what it is."""
    book.properties.title, book.properties.creator, book.properties.language = title, "race-equality", "en-GB"
    book.calculation.fullCalcOnLoad = True
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
    first = book.worksheets[0]
    first.title = INSTRUCTIONS
    first["A1"] = title
    first["A1"].font = Font(bold=True, size=14)
    first.column_dimensions["A"].width = 100
    for number, line in enumerate(instructions, start=3):
        first.cell(number, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
        first.row_dimensions[number].height = 16 * (1 + len(line) // 95)
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
