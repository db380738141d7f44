"""Read tables in files: CSV and other separated text, spreadsheets, Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from race_equality.audit.channels.content import Content, Table, Text, Unread
from race_equality.disclosure.rules import HIDDEN_IN_FILES


def delimited(text: str, name: str, separator: str) -> Iterator[Content]:
    """Read rows of text with separators, such as CSV."""
    import csv

    lines = [tuple(line) for line in csv.reader(text.splitlines(), delimiter=separator) if line]
    if lines:
        yield data_table(name, "", lines[0], lines[1:])


def data_table(name: str, place: str, columns: Sequence[object], lines: Iterable[Sequence[object]]) -> Table:
    """Make a table of a data file; an empty cell whose row's status says that it is hidden is a hidden cell."""
    heads = tuple(map(_cell_text, columns))
    rows = [tuple(map(_cell_text, row)) for row in lines]
    if "status" in heads:
        status = heads.index("status")
        rows = [
            tuple(cell or HIDDEN_IN_FILES for cell in row)
            if len(row) > status and row[status].endswith(HIDDEN_IN_FILES)
            else row
            for row in rows
        ]
    return Table(name, "data file", place, heads, tuple(rows))


def without_copies(contents: Iterable[Content]) -> list[Content]:
    """Leave out a table of a data file when others have all of its rows: the same figures in another format."""
    contents = list(contents)
    widest_first = sorted(
        (item for item in contents if isinstance(item, Table) and item.channel == "data file"),
        key=lambda table: -len(table.columns),
    )
    kept: list[Table] = []
    copies: set[int] = set()
    known: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for table in widest_first:
        if table.columns not in known:
            known[table.columns] = set().union(*(_rows_with(table.columns, other) for other in kept))
        rows = _rows_with(table.columns, table)
        if rows and known[table.columns].issuperset(rows):
            copies.add(id(table))
        else:
            kept.append(table)
            known[table.columns].update(rows)
    return [item for item in contents if id(item) not in copies]


def _rows_with(columns: Sequence[str], table: Table) -> set[tuple[str, ...]]:
    """Give these columns of each row, if the table has them all in each row; 24.0 is the same as 24."""
    if not set(columns) <= set(table.columns) or any(len(row) != len(table.columns) for row in table.rows):
        return set()
    places = [table.columns.index(column) for column in columns]
    return {tuple(_without_zeros(row[place]) for place in places) for row in table.rows}


def _without_zeros(cell: str) -> str:
    return cell.rstrip("0").removesuffix(".") if cell.endswith("0") and "." in cell else cell


def database(data: bytes, name: str) -> Iterator[Content]:
    """Read every table of an SQLite file; its views are kept as text, for they hold no rows of their own."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data)
        if connection.execute("PRAGMA freelist_count").fetchone()[0]:
            yield Unread(name, "it has pages that were deleted and may still hold figures: write it again")
        for kind, table, text in connection.execute(
            "SELECT type, name, sql FROM sqlite_master ORDER BY name"
        ).fetchall():
            if kind == "table":
                quoted = table.replace('"', '""')
                rows = connection.execute(f'SELECT * FROM "{quoted}"')
                yield data_table(name, table, [column[0] for column in rows.description], rows)
            else:
                yield Text(name, "data file text", table, text or "")
    finally:
        connection.close()


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
            yield data_table(name, str(sheet), rows[begin], rows[begin + 1 :])


def _cell_text(value: object) -> str:
    if isinstance(value, float):  # a spreadsheet has no whole numbers
        return "" if value != value else str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")  # a day, as in a CSV
    return "" if value is None else str(value)
