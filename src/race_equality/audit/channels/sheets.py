"""Read tables in files: CSV and other separated text, spreadsheets, Parquet."""

from __future__ import annotations

from collections.abc import Iterator

from race_equality.audit.channels.content import Content, Table, Text


def delimited(text: str, name: str, separator: str) -> Iterator[Content]:
    """Read rows of text with separators, such as CSV."""
    import csv

    lines = [tuple(line) for line in csv.reader(text.splitlines(), delimiter=separator) if line]
    if lines:
        yield Table(name, "data file", "", lines[0], tuple(lines[1:]))


def workbook(data: bytes, name: str, ending: str) -> Iterator[Content]:
    """Read every sheet of a spreadsheet, or a Parquet file."""
    import io

    if ending == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(data))
        sheets = {"": [table.column_names, *zip(*(column.to_pylist() for column in table.columns), strict=True)]}
    else:
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    for sheet, lines in sheets.items():
        rows = [tuple(map(_cell_text, row)) for row in lines]
        # a sheet may begin with a title and notes, each alone in its row
        begin = next((i for i, row in enumerate(rows) if sum(map(bool, row)) > 1), len(rows))
        for row in rows[:begin]:
            yield Text(name, "data file text", str(sheet), " ".join(filter(None, row)))
        if rows[begin:]:
            yield Table(name, "data file", str(sheet), rows[begin], tuple(rows[begin + 1 :]))


def _cell_text(value: object) -> str:
    if isinstance(value, float):  # a spreadsheet has no whole numbers
        return "" if value != value else str(int(value)) if value.is_integer() else str(value)
    return "" if value is None else str(value)
