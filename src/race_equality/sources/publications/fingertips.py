"""Fingertips (public health profiles): any indicator, in the layout of its API's CSV.

A row is an indicator, area, sex, age, category and time period. England is there once for each
kind of parent area, so rows repeat; the same row twice is one figure. Columns named ``Compared to …
value or percentiles`` change with the request. The file gives no unit: where counts and denominators
are next to the values the unit follows from them, otherwise from the indicator's name, and a file
from which it cannot be told is refused. Boards' codes start with ``n`` (``nE54000030``).

References
----------
Office for Health Improvement and Disparities, Fingertips API: https://fingertips.phe.org.uk/api
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from pathlib import Path
from typing import Any

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import ethnic_group
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.cells import Cell, Record, Table, read_csv
from race_equality.sources.headers import same_words
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.systems import boards_by_code
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "fingertips"
COLUMNS = tuple(
    (
        "Indicator ID, Indicator Name, Area Code, Area Type, Sex, Age, Category Type, Category, Time period, "
        "Value, Count, Denominator, Value note"
    ).split(", ")
)
#: Columns that add nothing to a figure, or only how Fingertips colours it.
OTHER_COLUMNS = tuple(
    (
        "Parent Code, Parent Name, Area Name, Lower CI 95.0 limit, Upper CI 95.0 limit, Lower CI 99.8 limit, "
        "Upper CI 99.8 limit, Recent Trend, Column not used, Time period Sortable, New data, Compared to "
        "goal, Time period range"
    ).split(", ")
)

ENGLAND_GSS = "E92000001"
ALL_PEOPLE = "All people"

#: Unit to how many of it a numerator over its denominator is.
_PER = {"percent": 100, "per_1000": 1_000, "per_100000": 100_000}
#: What an indicator's name says about its unit; the first that fits counts.
_UNIT_IN_NAME = (
    ("per_100000", r"per 100,?000"),
    ("per_1000", r"per 1,?000"),
    ("percent", r"%|\bpercent(age)?\b|\bproportion\b|\bprevalence\b"),
    ("years", r"life expectancy"),
    ("score", r"\bscore\b"),
    ("ratio", r"\bratio\b"),
)
#: Of the values with counts, those that fit a unit: the others are then mistakes, and not of another kind. Fewer are
#: enough for the unit that the indicator's name says.
_MOST_FIT, _MOST_FIT_A_NAME = 0.9, 0.4
_NOT_CRUDE = re.compile(r"standardi[sz]ed|adjusted|model|estimate", re.IGNORECASE)
_NEAR = 0.005  # values are rounded; counts can be

_YEAR = r"(?:19|20)\d\d"
_SUPPRESSED = re.compile(r"suppress|disclos|too small|small (count|number)", re.IGNORECASE)
_COMPARED = ("comparedto",)  # as same_words has it


def read_indicators(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read indicators of England, integrated care boards and trusts.

    Parameters
    ----------
    path : Path
        ``https://fingertips.phe.org.uk/api/all_data/csv/by_indicator_id?indicator_ids=…``, or what
        fingertipsR or fingertips_py saved, with or without spaces in the headers.
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        ``fingertips_<id>``, and ``fingertips_<id>_by_<category type>`` by category. The group is the
        category, with sex and age where they are not all; ethnic groups are those of
        :mod:`race_equality.definitions.ethnicity` where they are one of the five.

    Raises
    ------
    InputError
        For a time period or a unit that cannot be found out, or two values of one figure.
    """
    table = read_csv(path, COLUMNS, optional=OTHER_COLUMNS)
    boards = boards_by_code(path, trusts) if trusts.boards else {}
    ids = sorted({_indicator_id(record) for record in table})
    units = {number: _unit(table, number) for number in ids}
    name = "_".join(map(str, ids)) if len(ids) <= 4 else f"{ids[0]}_to_{ids[-1]}_{len(ids)}_indicators"
    periods = {r["Time period"].text: _period(r["Time period"]) for r in table}
    span = (min(p[0] for p in periods.values()), max(p[1] for p in periods.values()))
    figures = FigureRows(f"{PUBLICATION}_{name}", span, trusts)
    seen: dict[tuple, Record] = {}
    for record in table:
        place = _place(record, trusts, boards, figures)
        if place is None:
            continue
        trust_code, organisation = place
        if "Area Name" in record.values:
            figures.check_name(organisation, record["Area Name"])
        number = _indicator_id(record)
        indicator, group = _indicator_and_group(record, number)
        period = periods[record["Time period"].text]
        key = (organisation, period, indicator, group)
        value = record["Value"]
        if key in seen:
            for column in ("Value", "Count", "Denominator"):
                if (earlier := seen[key][column]).text != record[column].text:
                    raise record[column].error(
                        f"{organisation}, {group}, {record['Time period'].text} has another {column.lower()} than at "
                        f"{earlier.reference}.",
                        "Download the indicator alone.",
                    )
            continue
        seen[key] = record
        about = (trust_code, organisation, indicator, group, units[number], value.locator)
        figures.add(*about, period=period, **_figure(record, units[number]))
    loaded = figures.table()
    if loaded.empty:
        kinds = ", ".join(sorted({record["Area Type"].text for record in table}))
        raise InputError(
            f"The file has neither England, an integrated care board nor a trust; its areas are: {kinds}.",
            file=path,
            mend="Ask Fingertips for one of those area types.",
        )
    names = {_indicator_id(r): r["Indicator Name"].text for r in table}
    edition = "; ".join(f"{number} {names[number]}" for number in ids[:4]) + (
        f" and {len(ids) - 4} more" if len(ids) > 4 else ""
    )
    shown = sorted(periods, key=lambda text: periods[text][1])
    of_all = shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
    return figures.loaded(edition, of_all, _remarks(table))


def _remarks(table: Table) -> list[str]:
    unread = [c for c in table.unknown_columns if not "".join(same_words(c)).startswith(_COMPARED)]
    return Table(table.file, table.columns, table.records, tuple(unread), table.renamed).remarks


def _indicator_id(record: Record) -> int:
    return int(record["Indicator ID"].number("indicator ID", low=1, high=999_999_999, whole=True))


def _place(
    record: Record, trusts: TrustList, boards: dict[str, tuple[str, str]], figures: FigureRows
) -> tuple[str, str] | None:
    code = record["Area Code"].text
    if code == ENGLAND_GSS:
        return ENGLAND_CODE, ENGLAND_CODE
    board = boards.get(code.removeprefix("n"))
    if board is not None:
        return board[0], board[0]
    trust_code = trusts.current(code)
    if trust_code is not None:
        return trust_code, code
    figures.check_code(record["Area Code"], {ENGLAND_GSS, *boards, *(f"N{code}" for code in boards)})
    figures.left_out[f"rows of {record['Area Type'].text or 'no area type'}"] += 1
    return None


def _indicator_and_group(record: Record, number: int) -> tuple[str, str]:
    kind, category = record["Category Type"].text, record["Category"].text
    indicator = f"{PUBLICATION}_{number}"
    parts = [record["Sex"].text, record["Age"].text]
    parts = [p for p in parts if p and not re.fullmatch(r"persons|all ages|not applicable", p, re.IGNORECASE)]
    if kind or category:
        slug = re.sub(r"[^a-z0-9]+", "_", kind.casefold()).strip("_") or "category"
        indicator += f"_by_{slug}"
        if "ethnic" in kind.casefold():
            category = _ethnic_group(category)
        parts.insert(0, category or "Unknown")
    return indicator, ", ".join(parts) or ALL_PEOPLE


def _ethnic_group(label: str) -> str:
    """Return the one of five groups that a label means; the label itself where it is broader or finer."""
    try:
        group = ethnic_group(label)
    except RaceEqualityError:
        return label
    if group.eighteen is not None:
        return label
    return group.five or group.unknown or label


def _figure(record: Record, unit: str) -> dict[str, Any]:
    value, note = record["Value"], record["Value note"].text
    if not value.text:
        return {"status": "suppressed" if _SUPPRESSED.search(note) else "not_available"}
    found: dict[str, Any] = {"value": value.number("value", high=100 if unit == "percent" else None)}
    count, denominator = record["Count"], record["Denominator"]
    if unit in _PER and count.text and denominator.text:
        people, of = count.number("count"), denominator.number("denominator")
        if people <= of and people == round(people):
            found |= {"numerator": people, "denominator": of}
    elif unit in _PER and denominator.text:
        found["denominator"] = denominator.number("denominator")
    return found


def _unit(table: Table, number: int) -> str:
    """Return the unit of an indicator: what its values are of its counts, or what its name says."""
    records = [r for r in table if _indicator_id(r) == number]
    name = records[0]["Indicator Name"].text
    fits: dict[str, list[bool]] = {unit: [] for unit in _PER}
    cells: list[Cell] = []
    scales: list[float] = []
    for record in records:
        if not (record["Value"].text and record["Count"].text and record["Denominator"].text):
            continue
        value, count, of = (record[c].number(c.lower()) for c in ("Value", "Count", "Denominator"))
        if not of:
            continue
        cells.append(record["Value"])
        if count and value:
            scales.append(value * of / count)
        for unit, per in _PER.items():
            fits[unit].append(abs(per * count / of - value) <= _NEAR * value + 0.05)
    named = [unit for unit, pattern in _UNIT_IN_NAME if re.search(pattern, name, re.IGNORECASE)]
    # observed over expected, times 100, looks like a percentage and can be over 100
    is_ratio = re.search(r"\bratio\b", name, re.IGNORECASE) is not None
    likely = [unit for unit in fits if cells and sum(fits[unit]) > _MOST_FIT * len(cells)]
    if named and named[0] in _PER and cells and sum(fits[named[0]]) > _MOST_FIT_A_NAME * len(cells):
        likely = named[:1]
    if not is_ratio and named[:1] == ["percent"] and "%" in name and len(likely) == 1 and likely != ["percent"]:
        raise cells[0].error(
            f"The values of {name!r}, such as {cells[0].text}, are what its counts come to per {_PER[likely[0]]:,}.",
            "Columns may have been swapped: download the indicator again.",
        )
    if len(likely) == 1 and not is_ratio:
        for cell, fit in zip(cells, fits[likely[0]], strict=True):
            if not fit:
                raise cell.error(
                    f"The value {cell.text} is not what its count and denominator come to.",
                    "Download the indicator again.",
                )
        return likely[0]
    if named:
        # values that are standardised or modelled are of no one scale; others are all as many times too large
        # one value alone may be on any scale, and is told when it is a fraction
        one_scale = bool(scales) and max(scales) <= (1 + 4 * _NEAR) * min(scales)
        one_scale = one_scale and (len(scales) > 1 or abs(scales[0] - 1) <= 4 * _NEAR)
        crude = "%" in name and not _NOT_CRUDE.search(name) and len(cells) > 1
        if named[0] in _PER and not is_ratio and (one_scale or (crude and not any(fits[named[0]]))):
            raise cells[0].error(
                f"The values of {name!r}, such as {cells[0].text}, are not what its counts come to per "
                f"{_PER[named[0]]:,}.",
                "Columns may have been changed: download the indicator again.",
            )
        return named[0]
    with_values = [r for r in records if r["Value"].text]
    if with_values and all(r["Count"].text == r["Value"].text for r in with_values):
        return "count"
    raise records[0]["Indicator Name"].error(
        f"The unit of {name!r} can be told neither from counts and denominators nor from its name.",
        "Choose an indicator whose name says what it counts: %, per 100,000, score, ratio.",
    )


def _period(cell: Cell) -> tuple[date, date]:
    """Return the first and last day of a time period as Fingertips writes it."""
    text = " ".join(cell.text.split())
    months = {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name}
    for pattern, days in (
        (rf"({_YEAR})", lambda y: (date(y, 1, 1), date(y, 12, 31))),
        (rf"({_YEAR})/(\d\d)", lambda y, to: _financial(y, y, to)),
        (rf"({_YEAR}) ?- ?(\d\d|{_YEAR})", lambda y, to: (date(y, 1, 1), date(_century(y, to), 12, 31))),
        (
            rf"({_YEAR})/(\d\d) ?- ?(\d\d|{_YEAR})/(\d\d)",
            lambda y, to, last, last_to: (
                _financial(y, y, to)[0],
                _financial(_century(y, last), _century(y, last), last_to)[1],
            ),
        ),
        (rf"({_YEAR}) Q([1-4])", lambda y, q: _quarter(y, 3 * q - 2)),
        (rf"({_YEAR})/(\d\d) Q([1-4])", lambda y, to, q: _quarter(y + (q == 4), (3 * q) % 12 + 1)),
    ):
        if found := re.fullmatch(pattern, text):
            try:
                first, last = days(*map(int, found.groups()))
            except ValueError:
                break
            if first <= last:
                return first, last
    if found := re.fullmatch(rf"(?:({_YEAR}) ([A-Za-z]{{3,9}})|([A-Za-z]{{3,9}}) ({_YEAR}))", text):
        year, month = int(found[1] or found[4]), months.get((found[2] or found[3])[:3].casefold())
        if month:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    raise cell.error(f"The time period {text!r} is not understood.", "It should read like 2023, 2022/23 or 2020 - 22.")


def _financial(year: int, start: int, to: int) -> tuple[date, date]:
    if to != (start + 1) % 100:
        raise ValueError(f"{start}/{to}")
    return date(year, 4, 1), date(start + 1, 3, 31)


def _century(year: int, to: int) -> int:
    return to if to > 99 else year - year % 100 + to + (100 if to < year % 100 else 0)


def _quarter(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month + 2, calendar.monthrange(year, month + 2)[1])


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="Fingertips, {edition}",
        publisher="Office for Health Improvement and Disparities",
        url="https://phe.org.uk/api",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="fingertips/*.csv",
        read=read_indicators,
        columns=COLUMNS,
        optional=True,
        series=True,
        notes=(
            "England, integrated care boards and trusts alone: other areas are left out and counted.",
            "The file does not name units. They follow from counts and denominators, or from the indicator's name.",
        ),
    ),
)
