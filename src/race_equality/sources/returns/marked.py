"""A copy of a return in which each cell that is wrong or odd is marked, with a note that says why.

It is written next to the file, for its author: nothing of the file itself is changed. What a cell's colour says its note
and a list on the first worksheet say as well.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from race_equality.sources.cells import Workbook, csv_rows
from race_equality.sources.file_kinds import is_excel_workbook, is_workbook
from race_equality.sources.returns.mistakes import Finding, ReturnError
from race_equality.sources.returns.rows import INSTRUCTIONS, TO_CORRECT

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.worksheet.worksheet import Worksheet

_WRONG, _ODD, _AS_BEFORE = "F4B183", "BDD7EE", "FFF8DC"
_AUTHOR = "race-equality"
#: How a marked copy is called; git ignores such files.
_MARKED = re.compile(r"-marked(-\d+)?$")


def with_marked_copy(error: ReturnError) -> ReturnError:
    """Write the marked copy of a return, and return the error that names it.

    Parameters
    ----------
    error : ReturnError

    Returns
    -------
    ReturnError
        As it was where no copy can be written, as in a folder that is read-only.
    """
    try:
        return ReturnError(error.path, error.findings, _write(error))
    except OSError:
        return error


def _write(error: ReturnError) -> Path:
    import io

    from race_equality.files import write_atomically

    path = error.path
    book, sheet_of_csv = _copy_of(path)
    listed = book.create_sheet(TO_CORRECT, 0)
    _list(listed, error)
    rows = {number: place for place, (number, _) in enumerate(csv_rows(path), start=1)} if sheet_of_csv else {}
    for finding in error.findings:
        sheet, reference = _place(finding, book, sheet_of_csv, rows)
        if sheet is not None and reference:
            _mark(sheet, reference, finding)
    listed.sheet_view.tabSelected = True
    book.active = 0
    content = io.BytesIO()
    book.save(content)
    target = _target(path)
    write_atomically(target, content.getvalue())
    return target


def _target(path: Path) -> Path:
    """Return the name of the copy; never that of the file itself, which may be an earlier copy."""
    stem = _MARKED.sub("", path.stem)
    number = 1
    while (target := path.with_name(f"{stem}-marked{f'-{number}' if number > 1 else ''}.xlsx")) == path:
        number += 1
    return target


def _copy_of(path: Path) -> tuple[openpyxl.Workbook, Worksheet | None]:
    """Return the file as an Excel workbook; for a CSV with the sheet that its rows are on."""
    import openpyxl

    if is_workbook(path) and is_excel_workbook(path):
        book = openpyxl.load_workbook(path)
        if TO_CORRECT in book.sheetnames:
            del book[TO_CORRECT]
        for sheet in book.worksheets:
            _without_marks(sheet)
        return book, None
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    if is_workbook(path):
        workbook = Workbook(path)
        for name in workbook.sheet_names:
            sheet = book.create_sheet(name)
            for row in workbook.sheet(name).rows:
                _append(sheet, [None if value == "" else value for value in row])
        return book, None
    sheet = book.create_sheet("Return")
    for _, row in csv_rows(path):
        _append(sheet, [_number_or_text(value) for value in row])
    return book, sheet


def _append(sheet: Worksheet, values: list[Any]) -> None:
    sheet.append(values)
    for cell in sheet[sheet.max_row]:
        if cell.data_type == "f":
            cell.data_type = "s"  # what was text in the file is no formula in its copy


def _number_or_text(value: str) -> str | int | None:
    value = value.strip()
    return int(value) if re.fullmatch(r"\d{1,15}", value) else value or None


def _without_marks(sheet: Worksheet) -> None:
    """Take the marks of an earlier copy away."""
    from openpyxl.styles import PatternFill

    for row in sheet.iter_rows():
        for cell in row:
            if cell.comment is not None and cell.comment.author == _AUTHOR:
                cell.comment = None
                cell.fill = PatternFill("solid", fgColor=_AS_BEFORE)


def _place(
    finding: Finding, book: openpyxl.Workbook, sheet_of_csv: Worksheet | None, rows: dict[int, int]
) -> tuple[Worksheet | None, str]:
    from openpyxl.utils import get_column_letter

    if sheet_of_csv is None:
        sheet = book[finding.sheet] if finding.sheet in book.sheetnames else None
        cell = re.match(r"[A-Z]{1,3}\d+$", finding.place)
        row = re.match(r"row (\d+)", finding.place)
        return sheet, cell.group() if cell else f"A{row.group(1)}" if row else ""
    in_table = re.match(r"row (\d+)(?:, (.+))?", finding.place)
    if in_table is None or int(in_table.group(1)) not in rows:
        return None, ""
    number, header = rows[int(in_table.group(1))], in_table.group(2)
    headers = next(
        ([str(value or "") for value in row] for row in sheet_of_csv.iter_rows(values_only=True) if header in row), []
    )
    return sheet_of_csv, f"{get_column_letter(headers.index(header) + 1 if header in headers else 1)}{number}"


def _mark(sheet: Worksheet, reference: str, finding: Finding) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import Border, PatternFill, Side

    cell = sheet[reference]
    if isinstance(cell, MergedCell):
        return  # its first cell has the note
    said = "To correct" if finding.impossible else "Odd"
    before = f"{cell.comment.text}\n\n" if cell.comment is not None else ""
    text = f"{before}{said}: {finding.numbers}{finding.why} {finding.mend}".strip()
    cell.comment = Comment(text, _AUTHOR, width=360, height=60 + 18 * (len(text) // 50))
    cell.fill = PatternFill("solid", fgColor=_WRONG if finding.impossible else _ODD)
    side = Side("thick" if finding.impossible else "mediumDashed")
    cell.border = Border(left=side, right=side, top=side, bottom=side)


def _list(sheet: Worksheet, error: ReturnError) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet["A1"] = f"What to correct in {error.path.name}"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = (
        "Correct the cells here or in the file, save it, and load it again: race-equality data add FILE. "
        "What is odd and right can stay: you are asked about it."
    )
    for column, (header, width) in enumerate(
        (("Worksheet", 24), ("Cell", 22), ("Kind", 12), ("What is there", 32), ("Why", 80), ("What to do", 60)), start=1
    ):
        cell = sheet.cell(4, column, header)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for number, finding in enumerate(error.findings, start=5):
        kind = "to correct" if finding.impossible else "odd"
        numbers = finding.numbers.removesuffix(". ")
        values = (finding.sheet or "", finding.place, kind, numbers, finding.why, finding.mend)
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(number, column, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s"  # a text that begins with = is no formula
        if finding.sheet and finding.sheet != INSTRUCTIONS and re.fullmatch(r"[A-Z]+\d+", finding.place):
            sheet.cell(number, 2).hyperlink = f"#'{finding.sheet}'!{finding.place}"
    sheet.freeze_panes = "A5"
    sheet.print_title_rows = "4:4"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
