"""NHS Workforce Statistics as CSV: a row for each organisation and staff group.

``Core 1. Staff group`` since November 2025, which has England's row and Marches; ``Staff Group and Organisation``
before. Read row by row: they are large. Both were taken from public code that reads them, as no such file was at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, csv_stream
from race_equality.sources.headers import normalised, same_words
from race_equality.sources.publication import FigureRows, LoadedFigures
from race_equality.sources.publications.workforce_groups import (
    ALL_GROUPS,
    MARCH,
    NOT_APPLICABLE,
    PUBLICATION,
    STAFF_GROUPS,
    ZERO,
    add_figure,
    check_full_time,
    check_nobody,
    group_called,
    kind_of,
    last_day_of,
)
from race_equality.store.trusts import TrustList

#: CSV layouts: since November 2025, and before.
CORE_COLUMNS = ("DATA_MONTH", "DATA_LEVEL", "ORG_CODE", "MAIN_STAFF_GROUP", "STAFF_GROUP_1", "FTE", "HEADCOUNT")
CORE_OTHER_COLUMNS = ("NHSE_REGION_CODE", "NHSE_REGION_NAME", "ICS_CODE", "ICS_NAME", "ORG_NAME")
CSV_COLUMNS = ("Date", "Org Code", "Staff Group", "Data Type", "Total")
CSV_OTHER_COLUMNS = (
    "NHSE_Region_Code",
    "NHSE_Region_Name",
    "Org Name",
    "Cluster Group",
    "Benchmark Group",
    "Staff Group Sort Order",
)


def read_csv_layout(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read a CSV by staff group and organisation, of the layout since November 2025 or before."""
    with csv_stream(path) as rows:
        _, header = next(rows, (1, []))
        has = {same_words(name) for name in header}
        is_core = {same_words(name) for name in CORE_COLUMNS} <= has
        required = CORE_COLUMNS if is_core else CSV_COLUMNS
        others = CORE_OTHER_COLUMNS if is_core else CSV_OTHER_COLUMNS
        columns = _csv_columns(header, required, path)
        values: dict[tuple[str, str, str, date], Cell] = {}
        names: dict[tuple[str, str], Cell] = {}
        codes: dict[str, Cell] = {}
        name_column = next((i for i, other in enumerate(header) if same_words(other) == same_words("Org Name")), None)
        unknown_groups: Counter[str] = Counter()
        for row_number, row in rows:
            if not any(row):
                continue
            if len(row) < len(header):
                raise InputError(
                    f"The row has {len(row)} values for {len(header)} columns.",
                    file=path,
                    row=row_number,
                    mend="It may have been cut short: download the file again.",
                )

            def cell(name: str, row=row, row_number=row_number) -> Cell:
                return Cell(row[columns[name]], path, None, f"row {row_number}, {header[columns[name]].strip()}")

            if is_core:
                organisation = _core_organisation(cell("DATA_LEVEL"), cell("ORG_CODE"))
                group = _core_group(cell("MAIN_STAFF_GROUP").text, cell("STAFF_GROUP_1").text)
                label = f"{cell('MAIN_STAFF_GROUP').text}: {cell('STAFF_GROUP_1').text}"
                found = [("workforce_headcount", cell("HEADCOUNT")), ("workforce_fte", cell("FTE"))]
                month = cell("DATA_MONTH")
            else:
                organisation, label = cell("Org Code").text, cell("Staff Group").text
                group = group_called(label)
                found = [(kind_of(cell("Data Type"))[0], cell("Total"))]
                month = cell("Date")
            if not organisation:
                if not is_core:
                    raise cell("Org Code").error("The row has no code of an organisation.", "Fill in the code.")
                continue  # a region's or a system's row
            codes.setdefault(organisation, cell("ORG_CODE" if is_core else "Org Code"))
            if name_column is not None:
                name = Cell(row[name_column], path, None, f"row {row_number}, {header[name_column].strip()}")
                names.setdefault((organisation, name.text), name)
            if group is None:
                unknown_groups[label] += 1
                continue
            day = last_day_of(month)
            for indicator, value in found:
                key = (organisation, indicator, group, day)
                if key in values:
                    raise value.error(
                        f"{organisation}, {group}, {day:%B %Y} is at {values[key].reference} as well.",
                        "Keep one of the two rows.",
                    )
                values[key] = value
    if not values:
        raise InputError("The file has no organisations.", file=path, mend="Download it again.")
    last_day = max(day for *_, day in values)
    figures = FigureRows(f"{PUBLICATION}_{last_day:%Y_%m}", (last_day, last_day), trusts)
    for (organisation, _), name in names.items():
        figures.check_name(organisation, name)
    known: dict[str, str | None] = {ENGLAND_CODE: ENGLAND_CODE}
    for (organisation, indicator, group, day), value in values.items():
        if day != last_day and (day.month != MARCH or group != "Total"):
            continue
        if organisation not in known:
            known[organisation] = figures.trust_of(codes[organisation], "Other organisations")
        trust_code = known[organisation]
        if trust_code is None:
            continue
        unit = "people" if indicator == "workforce_headcount" else "fte"
        if day == last_day:
            add_figure(figures, trust_code, organisation, indicator, group, unit, value)
        full_time = values.get((organisation, "workforce_fte", group, day))
        if indicator == "workforce_headcount" and full_time is not None:
            check_nobody(value, full_time)
        if day.month == MARCH and group == "Total" and value.text not in ("", ZERO, NOT_APPLICABLE, "0"):
            march = indicator.replace("workforce_", "workforce_march_")
            add_figure(figures, trust_code, organisation, march, group, unit, value, period=(day, day))
    figures.complete("workforce_headcount", STAFF_GROUPS, "people", reason="not among the organisations")
    check_full_time(figures, path)
    expected = {same_words(name) for name in (*required, *others)}
    unread = [name for name in header if name.strip() and same_words(name) not in expected]
    remarks = [f"Columns not read: {', '.join(unread)}."] if unread else []
    if unknown_groups:
        remarks.append(f"Staff groups not read: {', '.join(sorted(unknown_groups))}.")
    if not any(organisation == ENGLAND_CODE for organisation, *_ in values):
        remarks.append("The file has no row of England.")
    return figures.loaded(f"{last_day:%B %Y}", f"{last_day.day} {last_day:%B %Y}", remarks)


def _csv_columns(header: Sequence[str], required: Sequence[str], path: Path) -> dict[str, int]:
    columns = {}
    for name in required:
        found = [i for i, other in enumerate(header) if same_words(other) == same_words(name)]
        if len(found) != 1:
            near = nearest(name, [other for other in header if other.strip()])
            problem = f"Two columns are headed {name!r}." if found else f"There is no column {name!r}."
            raise InputError(
                problem + (f" The nearest is {near!r}." if near and not found else ""),
                file=path,
                row=1,
                mend=f"The columns read here are {', '.join(required)}.",
            )
        columns[name] = found[0]
    return columns


def _core_organisation(level: Cell, code: Cell) -> str:
    """Return the organisation of a row: England, one with a code, or "" for a region or a system."""
    kind = normalised(level.text)
    if kind == "national":
        return ENGLAND_CODE
    if kind == "organisation":
        if not code.text:
            raise code.error("The organisation has no code.", "Fill in the code.")
        return code.text
    if "region" in kind or kind.startswith(("ics", "icb", "integrated care")):
        return ""
    raise level.error(f"The level {level.text!r} is not known.", "Known: National, a region, ICS area, Organisation.")


def _core_group(main: str, group: str) -> str | None:
    """Return the staff group of a row that names it in two columns."""
    if same_words(group) != same_words(ALL_GROUPS):
        return group_called(group)
    return group_called(main)
