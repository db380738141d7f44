"""A trust's return as an Excel workbook: an instructions sheet, and a sheet for each topic.

The workbook holds the rows of the CSV template and no others, so that both say the same: what is read
back is a :class:`~race_equality.sources.cells.Table` with the columns of the CSV, whose cells know
the worksheet that they are on.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from race_equality.sources.returns.rows import DESCRIPTION, INSTRUCTIONS, LISTS, TRUST_CODE

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
    first = book.worksheets[0]
    first.title = INSTRUCTIONS
    first["A1"] = title
    first["A1"].font = heading
    for number, pair in ((3, ("Trust code", trust_code)), (4, ("Trust", trust_name))):
        for column, text in enumerate(pair, start=1):
            first.cell(number, column, text)
        first.cell(number, 1).font = bold
    for number, line in enumerate(instructions, start=6):
        first.cell(number, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
        first.merge_cells(start_row=number, end_row=number, start_column=1, end_column=2)
        first.row_dimensions[number].height = 16 * (1 + len(line) // 100)
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 18, 82

    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    every_row = [row for topic in topics for row in topic.rows]
    choices = {}
    for column, name in enumerate(("year_to", "indicator", "item"), start=1):
        values = list(dict.fromkeys(getattr(row, name) for row in every_row))
        lists.cell(1, column, name)
        for number, value in enumerate(values, start=2):
            lists.cell(number, column, value)
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
