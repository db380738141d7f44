"""Reading a file by a layout: which layout it is, its cells, and its figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.declared import LAYOUTS
from race_equality.definitions.ethnicity import harmonised
from race_equality.errors import InputError, RaceEqualityError, nearest
from race_equality.project import Project
from race_equality.sources.cells import Cell, Workbook, check_percentages, column_letters, csv_stream
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.headers import normalised, renamed_column, same_words
from race_equality.sources.layout_periods import Period, edition_of, period_of, words
from race_equality.sources.layouts import (
    ALL_OTHERS,
    ETHNICITY,
    FigureRecord,
    GroupRecord,
    IndicatorRecord,
    Layout,
    read_layouts,
)
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.trusts import TrustList

_NOT_ASKED_FOR = "rows that the layout does not ask for"
_REMARKS = "lines with one cell alone, as notes have"
_MADE_FROM = {
    "a whole file": "made from a whole published file",
    "part of a file": "made from a part of a published file",
    "documentation": "made from the publisher’s documentation, and not yet tried on a whole file",
}


# -- cells -----------------------------------------------------------------------------------------------


@dataclass
class Grid:
    """A table of a file: its headers, and its rows with their numbers.

    Parameters
    ----------
    file : Path
    sheet : str or None
    headers : list of str
    header_row : int
        Counted from 1.
    rows : iterator of (int, sequence)
    """

    file: Path
    sheet: str | None
    headers: list[str]
    header_row: int
    rows: Iterator[tuple[int, Sequence[object]]]

    def cell(self, number: int, values: Sequence[object], column: int) -> Cell:
        """Return the cell of a row in a column counted from 0; an empty one past the row's end."""
        value = values[column] if column < len(values) else ""
        if self.sheet is None:
            return Cell(value, self.file, None, f"row {number}, {self.headers[column]}")
        return Cell(value, self.file, self.sheet, f"{column_letters(column)}{number}")


def _headers(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return one header a column; a name in an upper row goes on to the right over the columns that it heads."""
    width = max(map(len, rows), default=0)
    texts = [[str(row[at] or "").strip() if at < len(row) else "" for at in range(width)] for row in rows]
    for upper in texts[:-1]:
        for at in range(1, width):
            upper[at] = upper[at] or upper[at - 1]
    return [": ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*texts, strict=True)]


@contextmanager
def open_table(path: Path, sheet: str, header_rows: Sequence[int]) -> Iterator[Grid]:
    """Open a CSV or a sheet of a workbook.

    Parameters
    ----------
    path : Path
    sheet : str
        "" for a CSV.
    header_rows : sequence of int
        Counted from 1.

    Yields
    ------
    Grid

    Raises
    ------
    InputError
        When the file is of another kind, or ends before its headers do.
    """
    last = max(header_rows)
    if bool(sheet) != is_workbook(path):
        raise InputError(
            "The file is "
            + ("no workbook, and the layout names a sheet." if sheet else "a workbook, and the layout names no sheet."),
            file=path,
            mend="Give it as the layout says, or correct sheet under file in the layout.",
        )
    if sheet:
        of_book = Workbook(path).sheet(sheet)
        rows: Iterator[tuple[int, Sequence[object]]] = iter(enumerate(of_book.rows, start=1))
        yield _below(path, of_book.name, rows, header_rows, last)
        return
    with csv_stream(path) as lines:
        yield _below(path, None, lines, header_rows, last)


def _below(
    path: Path, sheet: str | None, rows: Iterator[tuple[int, Sequence[object]]], header_rows: Sequence[int], last: int
) -> Grid:
    found: list[Sequence[object]] = []
    for number, row in rows:
        if number in header_rows:
            found.append(row)
        if number == last:
            return Grid(path, sheet, _headers(found), last, rows)
    raise InputError(
        f"The file ends before row {last}, where the layout has the headers.",
        file=path,
        sheet=sheet,
        mend="Correct header_rows in the layout, or download the file again.",
    )


class Columns:
    """The places of the columns that a layout reads.

    Parameters
    ----------
    layout : Layout
    grid : Grid

    Raises
    ------
    InputError
        For a column that is not there, with the line of the layout that names it.
    """

    def __init__(self, layout: Layout, grid: Grid) -> None:
        self.grid = grid
        self.place: dict[str, int] = {}
        self.renamed: dict[str, str] = {}
        known = [normalised(header) for header in grid.headers]
        for name, named in layout.columns.items():
            found = [at for at, header in enumerate(known) if header == normalised(name)]
            if len(found) > 1:
                raise InputError(
                    f"Two columns are headed {name!r}.",
                    file=grid.file,
                    sheet=grid.sheet,
                    row=grid.header_row,
                    mend="Keep one of them, or give the layout the rows of both headers (header_rows: [1, 2]).",
                )
            if not found and (other := renamed_column(name, grid.headers)) is not None:
                self.renamed[name] = other
                found = [grid.headers.index(other)]
            if not found:
                near = nearest(name, [header for header in grid.headers if header])
                raise layout.error(
                    f"{grid.file.name} has no column {name!r} in row {grid.header_row}."
                    + (f" The nearest is {near!r}." if near else ""),
                    f"Write the column as the file has it. It has {', '.join(h for h in grid.headers if h)}.",
                    named,
                )
            self.place[name] = found[0]

    def cell(self, row: tuple[int, Sequence[object]], name: str) -> Cell:
        """Return a row's cell."""
        return self.grid.cell(*row, self.place[name])

    def has(self, row: tuple[int, Sequence[object]], wanted: Mapping[str, Sequence[str]] | None) -> bool:
        """Return whether a row has the wanted values."""
        cells = row[1]
        for name, values in (wanted or {}).items():
            place = self.place[name]
            if (_even(cells[place]) if place < len(cells) else "") not in _evened(tuple(values)):
                return False
        return True


@lru_cache(maxsize=100_000)
def _even(value: object) -> str:
    """Return a cell's text for comparing; a file of a million rows repeats few words."""
    return normalised(value)


@cache
def _evened(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normalised, values))


# -- which layout ----------------------------------------------------------------------------------------


def lacking(path: Path, layout: Layout) -> list[str]:
    """Return what a file lacks of what a layout is known by: a sheet, columns, rows with a value.

    Parameters
    ----------
    path : Path
    layout : Layout

    Returns
    -------
    list of str
        In words; empty for a file that the layout is for.
    """
    file = layout.says.file
    if is_workbook(path):
        if not file.sheet:
            return ["being a CSV: the layout names no sheet"]
        if normalised(file.sheet) not in map(normalised, Workbook(path).sheet_names):
            return [f"the sheet {file.sheet!r}"]
    elif file.sheet:
        return [f"the sheet {file.sheet!r}: it is no workbook"]
    try:
        with open_table(path, file.sheet, file.header_rows) as grid:
            there = {same_words(header): at for at, header in reversed(list(enumerate(grid.headers)))}
            wanted = dict.fromkeys((*layout.known_by, *(file.values or {})))
            absent = [repr(name) for name in wanted if same_words(name) not in there]
            if absent:
                return [f"the column{'s' if len(absent) > 1 else ''} {', '.join(absent)}"]
            waiting = {there[same_words(name)]: (name, values) for name, values in (file.values or {}).items()}
            for _, row in grid.rows if waiting else ():
                for at in list(waiting):
                    if at < len(row) and normalised(row[at]) in map(normalised, waiting[at][1]):
                        del waiting[at]
                if not waiting:
                    break
            return [f"a row whose {name} is {' or '.join(values)}" for name, values in waiting.values()]
    except InputError as error:
        return [f"headers in row {max(file.header_rows)} ({error.problem})"]


def layout_publications(project: Project) -> tuple[Publication, ...]:
    """Return the publications that a project's layouts declare.

    Parameters
    ----------
    project : Project

    Returns
    -------
    tuple of Publication
        Without those whose layout cannot be read.
    """
    return tuple(map(as_publication, read_layouts(project)[0]))


def as_publication(layout: Layout) -> Publication:
    """Return what the catalogue needs of a layout.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    Publication
    """
    says = layout.says
    return Publication(
        id=layout.name,
        title=says.title,
        publisher=says.publisher,
        url=says.address,
        licence=says.licence,
        pattern=f"{layout.name}/*",
        read=lambda path, trusts: read_by(layout, path, trusts),
        sheets=(says.file.sheet,) if says.file.sheet else (),
        columns=() if says.file.sheet else layout.known_by,
        layout=layout.yaml.path.name,
        lacks=lambda path: lacking(path, layout),
        asks=len(says.file.values or {}) + (len(layout.known_by) if says.file.sheet else 0),
        optional=True,
        series=says.editions == "side by side",
        notes=(
            *says.notes,
            f"Read by the layout {(LAYOUTS / layout.yaml.path.name).as_posix()}, which was {_MADE_FROM[says.read_from]}.",
        ),
    )


# -- figures ---------------------------------------------------------------------------------------------

Row = tuple[int, Sequence[object]]
#: Organisation, period, indicator, group and unit: what identifies a figure of a layout.
Key = tuple[str, Period, str, str, str]


class _Bounds(NamedTuple):
    """What a number can be."""

    low: float = 0.0
    high: float | None = None
    whole: bool = False


_ANY = _Bounds()
#: Percentage points by which a published percentage can differ from that of its count and base.
_POINTS_OFF = 1.0
#: What a published figure can be, by its unit; of another unit, any number that is not negative.
_BOUNDS = {
    "percent": _Bounds(high=100.0),
    "quintile": _Bounds(1.0, 5.0, whole=True),
    "people": _Bounds(whole=True),
    "count": _Bounds(whole=True),
}


@dataclass
class _Found:
    """One figure, before it is known whether its trust gave anything at all."""

    trust_code: str
    key: Key
    cell: Cell
    as_published: bool
    status: str = "ok"
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether every number of it is zero."""
        return self.status == "ok" and not any((self.value, self.numerator, self.denominator))


@dataclass
class _Reader:
    layout: Layout
    columns: Columns
    trusts: TrustList
    figures: FigureRows
    found: dict[Key, _Found] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    rows: list[Row] = field(default_factory=list)
    _trusts: dict[str, str | None] = field(default_factory=dict)

    def whose(self, row: Row, figure: FigureRecord) -> tuple[str, str] | None:
        """Return trust and organisation of a row; None for one that is left out."""
        if figure.trust:
            return ENGLAND_CODE, ENGLAND_CODE
        says = self.layout.says.trust
        cell = self.columns.cell(row, says.column)
        if normalised(cell.text) in map(normalised, says.england):
            return ENGLAND_CODE, ENGLAND_CODE
        code = cell.text.upper()
        if code not in self._trusts:
            known = self.trusts.current(code) or self.trusts.succession(code)
            if known is None and says.others == "refused":
                near = nearest(code, self.trusts.kinds) if code else None
                raise cell.error(
                    f"{cell.text!r} is the code of no trust." + (f" The nearest is {near!r}." if near else ""),
                    f"Correct it, or write others: left out under trust (line {self._line('trust')} of "
                    f"{self.layout.yaml.path.name}): such rows are then counted and left out.",
                )
            self._trusts[code] = self.figures.trust_of(code, "organisations that are not trusts")
        trust_code = self._trusts[code]
        return None if trust_code is None else (trust_code, code)

    def when(self, row: Row) -> Period:
        """Return the period of a row."""
        says = self.layout.says.period
        if says.column:
            return period_of(self.columns.cell(row, says.column), says.reads)
        if says.first and says.last:
            return says.first, says.last
        cells = [self.columns.cell(row, name) for name in (says.first_column, says.last_column)]
        (first, _), (last, _) = (period_of(cell, "day") for cell in cells)
        if first > last:
            raise cells[1].error(f"The period ends on {last}, before it begins.", "Correct one of the two days.")
        return first, last

    def indicator(self, row: Row, figure: FigureRecord, at: int) -> str | None:
        """Return the id of a row's indicator; None for one that is left out."""
        if figure.indicator_from is None:
            return figure.indicator
        return self._by_label(row, figure.indicator_from, at, "indicator_from", figure.indicator_from.labels)

    def group(self, row: Row, figure: FigureRecord, at: int) -> str | None:
        """Return a row's group; None for one that is left out."""
        says = figure.group_from
        if says is None:
            return figure.group
        if isinstance(says.labels, dict):
            return self._by_label(row, says, at, "group_from", {**says.labels, **(says.also or {})})
        cell = self.columns.cell(row, says.column)
        also = {normalised(label): word for label, word in (says.also or {}).items()}
        label = normalised(cell.text)
        if label in also:
            return also[label]
        if label in map(normalised, says.leave_out):
            self.left_out[f"rows of {says.column} {cell.text!r}"] += 1
            return None
        if says.labels == "as published":
            if not label:
                raise cell.error("The group is empty.", "Fill it in, or leave the row out.")
            return " ".join(cell.text.split())
        try:
            return harmonised(cell.text, ETHNICITY[says.labels])  # type: ignore[arg-type]
        except RaceEqualityError as error:
            if ALL_OTHERS in says.leave_out:
                self.left_out[f"other rows of {says.column}"] += 1
                return None
            raise self._unknown(cell, at, "group_from", str(error).removesuffix(_ADVICE), "also") from None

    def _by_label(
        self, row: Row, says: IndicatorRecord | GroupRecord, at: int, key: str, labels: Mapping[str, str]
    ) -> str | None:
        cell = self.columns.cell(row, says.column)
        label = normalised(cell.text)
        for published, word in labels.items():
            if normalised(published) == label:
                return word
        if label in map(normalised, says.leave_out) or ALL_OTHERS in says.leave_out:
            name = "other rows" if ALL_OTHERS in says.leave_out else "rows"
            more = "" if ALL_OTHERS in says.leave_out else f" {cell.text!r}"
            self.left_out[f"{name} of {says.column}{more}"] += 1
            return None
        near = nearest(cell.text, labels)
        text = f"The layout has no word for {cell.text!r}." + (f" The nearest is {near!r}." if near else "")
        raise self._unknown(cell, at, key, text, "labels")

    def _unknown(self, cell: Cell, at: int, key: str, text: str, where: str) -> InputError:
        line = self._line("figures", at, key)
        return cell.error(
            text.strip(),
            f"Add it under {where} of {key} (line {line} of {self.layout.yaml.path.name}), or under its leave_out.",
        )

    def _line(self, *place: str | int) -> int:
        return self.layout.yaml.line(place)

    def number(self, cell: Cell, what: str, bounds: _Bounds = _ANY) -> tuple[float | None, str]:
        """Return a cell's number, or the status that its code means."""
        for code, status in (self.layout.says.missing or {}).items():
            if normalised(code) == normalised(cell.text):
                return None, status
        try:
            return cell.number(what, low=bounds.low, high=bounds.high, whole=bounds.whole), "ok"
        except InputError as error:
            if "which is not a number" not in error.problem:
                raise
            code = cell.text.replace('"', '\\"')
            raise cell.error(
                error.problem,
                f"{error.mend} If it means that there is no figure, say so under missing in "
                f'{self.layout.yaml.path.name}: "{code}": suppressed.',
            ) from None

    def read(self, row: Row, figure: FigureRecord, at: int, bases: Mapping[tuple[str, Period, str], Cell]) -> None:
        """Read one figure of a row."""
        indicator = self.indicator(row, figure, at)
        group = self.group(row, figure, at) if indicator else None
        whose = self.whose(row, figure) if group else None
        if indicator is None or group is None or whose is None:
            return
        trust_code, organisation = whose
        period = self.when(row)
        cell = self.columns.cell(row, figure.value or figure.count)
        unit = figure.unit or self.layout.units[indicator]
        one = _Found(trust_code, (organisation, period, indicator, group, unit), cell, bool(figure.value))
        if one.key in self.found:
            raise cell.error(
                f"{indicator} of {organisation}, {group}, {words(*period)} is here and at "
                f"{self.found[one.key].cell.reference}.",
                "Keep one of the two rows, or say which is meant: where, under figures "
                f"(line {self._line('figures', at)} of {self.layout.yaml.path.name}).",
            )
        self.found[one.key] = one
        base_cell = self.columns.cell(row, figure.base) if figure.base else bases.get((organisation, period, group))
        whole = unit in ("people", "count", "percent")
        if figure.value:
            one.value, one.status = self.number(cell, "figure", _BOUNDS.get(unit, _ANY))
        count_status = base_status = "ok"
        if figure.count:
            count = self.columns.cell(row, figure.count)
            one.numerator, count_status = self.number(count, "count", _Bounds(whole=whole))
            if base_cell is not None:
                one.denominator, base_status = self.number(base_cell, "base", _Bounds(whole=whole))
            excess = (one.numerator or 0) - (one.denominator or 0) if one.denominator is not None else 0
            if 0 < excess <= self.layout.says.rounded_to:
                base_status = "not_available"  # of rounded numbers, a count can be over its base: no share is told
            elif excess > 0:
                raise count.error(
                    f"The count {one.numerator or 0:g} is more than its base, {one.denominator or 0:g} at "
                    f"{base_cell.reference if base_cell else ''}.",
                    "Correct one of the two, or swap count and base in the layout "
                    f"(line {self._line('figures', at, 'count')} of {self.layout.yaml.path.name}).",
                )
        elif base_cell is not None:
            one.denominator, _ = self.number(base_cell, "base")
        if not figure.value:
            self._compute(one, unit, count_status, base_status, base_cell is not None)
        elif unit == "percent":
            self._compare(one, at)
        if one.status != "ok":
            one.value = one.numerator = one.denominator = None

    def _compare(self, one: _Found, at: int) -> None:
        """Refuse a published percentage that its own count and base contradict."""
        if one.value is None or one.numerator is None or not one.denominator:
            return
        share = 100 * one.numerator / one.denominator
        if abs(share - one.value) > _POINTS_OFF + 100 * self.layout.says.rounded_to / one.denominator:
            raise one.cell.error(
                f"The percentage {one.value:g} is not that of its count and base, {one.numerator:g} of "
                f"{one.denominator:g} ({share:.1f}).",
                "Correct one of the three. Where the publisher weights percentages, leave count out of the layout "
                f"(line {self._line('figures', at, 'count')} of {self.layout.yaml.path.name}).",
            )

    def _compute(self, one: _Found, unit: str, count_status: str, base_status: str, has_base: bool) -> None:
        """Compute the figure of a count and its base."""
        statuses = {count_status, base_status} - {"ok"}
        if statuses:
            one.status = "suppressed" if "suppressed" in statuses else min(statuses)
        elif unit != "percent":
            one.value, one.numerator = one.numerator, None
        elif not has_base or not one.denominator or one.numerator is None:
            one.status = "not_available"  # a share of nobody, or of a number that is not there
        else:
            one.value = 100 * one.numerator / one.denominator


#: What definitions/ethnicity.py advises a programmer to do.
_ADVICE = " Add it to definitions/ethnicity.py with its groups."


def read_by(layout: Layout, path: Path, trusts: TrustList) -> LoadedFigures:
    """Read a file by a layout.

    Parameters
    ----------
    layout : Layout
    path : Path
        A CSV, or a workbook where the layout names a sheet.
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        Its source id is the layout's name with the end of the latest period.

    Raises
    ------
    InputError
        With the cell of the file or the line of the layout that is wrong, and what to do.
    """
    says = layout.says
    with open_table(path, says.file.sheet, says.file.header_rows) as grid:
        columns = Columns(layout, grid)
        figures = FigureRows(layout.name, (date.today(), date.today()), trusts)
        reader = _Reader(layout, columns, trusts, figures)
        wanted: list[tuple[int, Row]] = []
        of_bases: list[tuple[int, Row]] = []
        for row in grid.rows:
            of_row = [(at, row) for at, one in enumerate(says.figures) if columns.has(row, one.where)]
            base = [
                (at, row)
                for at, one in enumerate(says.figures)
                if one.base_from is not None and columns.has(row, one.base_from.where)
            ]
            filled = sum(1 for value in row[1] if value is not None and str(value).strip())
            if filled == 0:
                continue
            if filled == 1 and len(layout.columns) > 1:
                reader.left_out[_REMARKS] += 1
            elif of_row or base:
                wanted += of_row
                of_bases += base
            else:
                reader.left_out[_NOT_ASKED_FOR] += 1
    bases = _bases(reader, of_bases)
    for at, row in wanted:
        reader.read(row, says.figures[at], at, bases.get(at, {}))
    reader.rows = [row for _, row in wanted]
    if not reader.found:
        raise layout.error(
            f"No row of {path.name} is one that the layout asks for "
            f"(left out: {', '.join(f'{what} ({n})' for what, n in (reader.left_out + figures.left_out).items())}).",
            "Compare where, labels and leave_out with the file’s own words.",
            ("figures",),
        )
    _check_proportions(reader)
    if says.only_zeros == "not available":
        _without_only_zeros(reader)
    return _loaded(reader, columns)


def _bases(reader: _Reader, rows: Sequence[tuple[int, Row]]) -> dict[int, dict[tuple[str, Period, str], Cell]]:
    """Return the bases that are in rows of their own, by figure, and by organisation, period and group."""
    left_out = reader.left_out.copy()
    found: dict[int, dict[tuple[str, Period, str], Cell]] = {}
    for at, row in rows:
        figure = reader.layout.says.figures[at]
        group = reader.group(row, figure, at)
        whose = reader.whose(row, figure) if group else None
        if group is None or whose is None or figure.base_from is None:
            continue
        cell = reader.columns.cell(row, figure.base_from.column)
        key = (whose[1], reader.when(row), group)
        of_figure = found.setdefault(at, {})
        if key in of_figure:
            raise cell.error(
                f"The base of {whose[1]}, {group} is here and at {of_figure[key].reference}.",
                "Keep one of the two rows, or say which is meant under base_from.",
            )
        of_figure[key] = cell
    reader.left_out = left_out  # a base is left out with its figure, and not counted twice
    return found


def _check_proportions(reader: _Reader) -> None:
    """Refuse percentages that are proportions, of each indicator by itself."""
    cells: dict[str, list[Cell]] = {}
    for one in reader.found.values():
        if one.as_published and one.key[4] == "percent":
            cells.setdefault(one.key[2], []).append(one.cell)
    for indicator, of_indicator in cells.items():
        try:
            check_percentages(of_indicator, indicator)
        except InputError as error:
            raise InputError(
                error.problem,
                file=error.file,
                sheet=reader.columns.grid.sheet,
                row=error.row,
                mend="Multiply the column by 100 in a copy of the file, or give the layout the counts: "
                "count and base. Nothing here guesses it.",
            ) from None


def _without_only_zeros(reader: _Reader) -> None:
    """Mark the figures of an organisation that gave nothing but zeros: it did not submit."""
    by_whom: dict[tuple[str, Period, str, str], list[_Found]] = {}
    for one in reader.found.values():
        organisation, period, indicator, _, unit = one.key
        by_whom.setdefault((organisation, period, indicator, unit), []).append(one)
    for together in by_whom.values():
        if all(one.is_nothing or one.status == "not_available" for one in together):
            for one in together:
                one.status, one.value, one.numerator, one.denominator = "not_available", None, None, None


def _status_of(kinds: Sequence[str], kind: str) -> str:
    """Return the status of a trust that is not in the file: an indicator has a meaning for some kinds alone."""
    return "not_available" if not kinds or kind in kinds else "not_applicable"


def _part(reader: _Reader) -> str:
    """Return which part of its publication the file is; "" where it is the whole."""
    column = reader.layout.says.file.part
    if not column:
        return ""
    found: dict[str, Cell] = {}
    for row in reader.rows:
        cell = reader.columns.cell(row, column)
        found.setdefault(" ".join(cell.text.split()), cell)
    first, *others = found
    if others or not first:
        cell = found[others[0]] if others else found[first]
        raise cell.error(
            f"{column} is {cell.text!r}" + (f" here and {first!r} above." if others else "."),
            "The layout reads one part of the publication a file: give each part a file of its own.",
        )
    return first


def _loaded(reader: _Reader, columns: Columns) -> LoadedFigures:
    layout, figures = reader.layout, reader.figures
    periods = [one.key[1] for one in reader.found.values()]
    latest = max(periods, key=lambda period: (period[1], period[0]))
    suffix, edition = edition_of(latest)
    if part := _part(reader):
        suffix, edition = f"{'_'.join(re.findall('[a-z0-9]+', part.casefold()))}_{suffix}", f"{edition}, {part}"
    figures.source, figures.period = f"{layout.name}_{suffix}", latest
    figures.left_out.update(reader.left_out)
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for one in reader.found.values():
        organisation, period, indicator, group, unit = one.key
        if one.trust_code != ENGLAND_CODE:
            groups.setdefault((indicator, unit), {})[group] = None
        figures.add(
            one.trust_code,
            organisation,
            indicator,
            group,
            unit,
            one.cell.locator,
            value=one.value,
            numerator=one.numerator,
            denominator=one.denominator,
            status=one.status,
            period=period,
        )
    if layout.says.trusts_not_there == "not available":
        for (indicator, unit), of_indicator in groups.items():
            figures.complete(
                indicator,
                of_indicator,
                unit,
                reason="not in the file",
                status_of=partial(_status_of, layout.kinds[indicator]),
            )
    read = set(columns.place.values())
    unread = [header for at, header in enumerate(columns.grid.headers) if header and at not in read]
    remarks = [f"Columns not read: {', '.join(unread)}."] if unread else []
    if columns.renamed:
        pairs = ", ".join(f"{header!r} as {name!r}" for name, header in columns.renamed.items())
        remarks.append(f"Columns read under another heading: {pairs}.")
    return figures.loaded(edition, words(min(p[0] for p in periods), latest[1]), remarks)
