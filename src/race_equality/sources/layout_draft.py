"""A first layout for a file: what its columns look like, and what a person has to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.cells import Cell, Workbook
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.layout_periods import READINGS, period_of
from race_equality.sources.layout_reading import open_table
from race_equality.sources.layouts import ETHNICITY
from race_equality.store.trusts import TrustList

_ROWS_LOOKED_AT = 500
_MOST_LABELS = 12
_ENOUGH = 0.6


def name_of(path: Path) -> str:
    """Return a name for the layout of a file: its own without years and numbers.

    Examples
    --------
    >>> name_of(Path("WRES by trust 2024-25 v2.csv"))
    'wres_by_trust'
    """
    words = [word for word in re.findall(r"[a-z]+", path.stem.casefold()) if len(word) > 1]
    return "_".join(words) or "my_table"


def draft(path: Path, trusts: TrustList, *, sheet: str = "", header_row: int = 1) -> str:
    """Write a first layout.

    Parameters
    ----------
    path : Path
        A CSV or a workbook.
    trusts : TrustList
    sheet : str
        Of a workbook; its first without it.
    header_row : int
        Counted from 1.

    Returns
    -------
    str
        YAML, with TODO where a person has to say something.

    Raises
    ------
    InputError
        For a file that cannot be read, or with no headers in that row.
    """
    if is_workbook(path) and not sheet:
        sheet = Workbook(path).sheet_names[0]
    with open_table(path, sheet, (header_row,)) as grid:
        headers = grid.headers
        rows = list(islice((row for row in grid.rows if any(str(v or "").strip() for v in row[1])), _ROWS_LOOKED_AT))
        columns = {
            header: [cell for row in rows if (cell := grid.cell(*row, at)).text]
            for at, header in enumerate(headers)
            if header
        }
    if len(columns) < 2 or not rows:
        raise InputError(
            f"Row {header_row} has fewer than two headers, or there is nothing below it.",
            file=path,
            sheet=sheet or None,
            mend="Say which row has the headers: --header-row 3. A CSV has commas between its columns.",
        )
    trust = _most(columns, lambda cell: trusts.current(cell.text.upper()) is not None)
    periods = {name: reads for name, cells in columns.items() if (reads := _reading(cells)) and name != trust}
    ethnic = {name: word for name, cells in columns.items() if (word := _ethnicity(cells))}
    numbers = [
        name
        for name, cells in columns.items()
        if name not in (trust, *periods, *ethnic) and _share(cells, _is_number) >= _ENOUGH
    ]
    labels = [name for name in columns if name not in (trust, *periods, *ethnic, *numbers)]
    codes = {cell.text for name in numbers for cell in columns[name] if not _is_number(cell)}
    return "\n".join(_lines(path, sheet, header_row, columns, trust, periods, ethnic, numbers, labels, codes)) + "\n"


def _lines(
    path: Path,
    sheet: str,
    header_row: int,
    columns: dict[str, list[Cell]],
    trust: str,
    periods: dict[str, str],
    ethnic: dict[str, str],
    numbers: list[str],
    labels: list[str],
    codes: set[str],
) -> Iterable[str]:
    yield f"# A first layout for {path.name}. docs/new_data.md explains each key; say what is marked TODO."
    yield f"title: {_quoted('TODO what it is, {edition}')}"
    yield "publisher: TODO who published it"
    yield "address: TODO the page it was downloaded from"
    yield "licence: TODO such as Open Government Licence v3.0"
    yield "read_from: a whole file"
    if sheet or header_row != 1:
        yield "file:"
        if sheet:
            yield f"  sheet: {_quoted(sheet)}"
        yield f"  header_rows: [{header_row}]"
    yield "trust:"
    yield f"  column: {_quoted(trust) if trust else 'TODO the column of trusts’ codes'}"
    yield "  others: refused  # or: left out, where the file has organisations that are not trusts"
    yield "period:"
    if periods:
        name, reads = next(iter(periods.items()))
        yield f"  column: {_quoted(name)}"
        yield f"  reads: {reads}  # or one of {', '.join(READINGS)}"
    else:
        yield "  first: TODO 2024-04-01, where the whole file is of one period"
        yield "  last: TODO 2025-03-31"
    if labels:
        yield "# Columns of words, and what is in them. Where only some rows are wanted, name them under where."
        for name in labels:
            there = dict.fromkeys(cell.text for cell in columns[name])
            more = f" and {len(there) - _MOST_LABELS} more" if len(there) > _MOST_LABELS else ""
            yield f"#   {name}: {'; '.join(list(there)[:_MOST_LABELS])}{more}"
    yield "figures:"
    for name in numbers or ["TODO the column of the figure"]:
        yield "  - indicator: TODO an id of data/README.md, or one declared under indicators below"
        if ethnic:
            group, word = next(iter(ethnic.items()))
            yield f"    group_from: {{column: {_quoted(group)}, labels: {word}}}"
        else:
            yield "    group: TODO which people, such as All staff  # or group_from: {column: …, labels: …}"
        yield f"    value: {_quoted(name)}  # or count: and base:, the columns of people counted and of how many"
    if codes:
        yield "missing:"
        for code in sorted(codes)[:_MOST_LABELS]:
            yield f"  {_quoted(code)}: TODO suppressed, not available or not applicable"
    yield "# indicators:  # of its own, where data/README.md has none"
    yield "#   - id: study_leave_granted"
    yield "#     name: Study leave granted"
    yield "#     definition: Share of staff whose request for study leave was granted, of those who asked"
    yield "#     unit: percent"
    yield "#     adverse_when: lower  # or higher, above one, neither"
    yield "#     disclosure: groups together  # or each alone, where a figure says nothing of another"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_number(cell: Cell) -> bool:
    try:
        cell.number("number", low=-1e12)
    except InputError:
        return False
    return True


def _share(cells: list[Cell], fits: Callable[[Cell], bool]) -> float:
    return sum(map(fits, cells)) / len(cells) if cells else 0.0


def _most(columns: dict[str, list[Cell]], fits: Callable[[Cell], bool]) -> str:
    """Return the column most of whose cells fit; "" where none has enough."""
    shares = {name: _share(cells, fits) for name, cells in columns.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _ENOUGH else ""


def _reading(cells: list[Cell]) -> str:
    """Return how a column of periods is written; "" for another column."""
    for reads in READINGS:
        try:
            for cell in cells:
                period_of(cell, reads)
        except InputError:
            continue
        if cells:
            return reads
    return ""


def _ethnicity(cells: list[Cell]) -> str:
    """Return which breakdown a column of ethnic groups is; "" for another column."""
    from race_equality.definitions.ethnicity import harmonised

    there = {cell.text for cell in cells}
    for word, groups in sorted(ETHNICITY.items(), key=lambda one: -one[1]):
        try:
            found = {harmonised(label, groups) for label in there}  # type: ignore[arg-type]
        except RaceEqualityError:
            continue
        if len(found) == len(there) > 1:
            return word
    return ""
