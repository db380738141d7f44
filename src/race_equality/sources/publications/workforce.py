"""NHS Workforce Statistics, organisation workbook: headcount and full-time equivalents.

Layout of sheets 2 (headcount) and 3 (full-time equivalents) in May 2023: headers in row 6. Region and
integrated care system are on rows of their own above their organisations, England above them all.
Sheets 4 and 5 hold all staff month by month since September 2009, headers in row 5; of these March alone
is read. ``-`` is *zero* here, not suppressed; ``.`` is not applicable. People in two roles are counted in
both, so groups do not add up to totals; bank staff are not included.

Notes
-----
Editions of 2019 call the sheets ``2. HEE, Org & SG - HC`` and so on, earlier ones ``1. HEE Org Main Staff Gp HC`` and
have two. Those of 2020 to 2022 have no integrated care systems and no header over the organisation's name and code,
which come before the total. Some call each subtotal ``All staff groups``: which one it is shows in the cells next to
it. Since the figures of November 2025 the workbook is ``Trusts and core organisations - data tables``: sheets are
numbered, and month and kind of figure are in columns of their own. The same figures come as CSV: ``Staff Group and
Organisation`` before, ``Core 1. Staff group`` since. Headers are therefore looked for, and any other layout is refused,
naming the nearest that is known.

References
----------
NHS England, NHS Workforce Statistics, November 2025: introduction (a single set of files, in the format
labelled preliminary before). The layouts of 2020 to 2022 and since November 2025, and of the CSV files, were
taken from public code that reads them, as no such file was at hand.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.errors import InputError
from race_equality.sources.cells import Cell, Sheet, Workbook, first_by_key
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.headers import normalised
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.workforce_csv import CORE_COLUMNS, CSV_COLUMNS, read_csv_layout
from race_equality.sources.publications.workforce_groups import (
    ALL_GROUPS,
    MARCH,
    NOT_APPLICABLE,
    OTHER_NAMES,
    PUBLICATION,
    STAFF_GROUPS,
    ZERO,
    add_figure,
    check_full_time,
    kind_of,
    last_day_of,
)
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

SHEET = "2. NHSE, Org & SG - HC"

#: Sheets by year of the layout: headcount, full-time equivalents, and both month by month.
LAYOUTS = {
    "2021 to 2025": (
        SHEET,
        "3. NHSE, Org & SG - FTE",
        "4. All Staff, NHSE & Org - HC",
        "5. All Staff, NHSE & Org - FTE",
    ),
    "2019": (
        "2. HEE, Org & SG - HC",
        "3. HEE, Org & SG - FTE",
        "4. All Staff, HEE & Org - HC",
        "5. All Staff, HEE & Org - FTE",
    ),
    "2016 to 2018": ("1. HEE Org Main Staff Gp HC", "2. HEE Org Main Staff Gp FTE"),
}

ORGANISATION_NAME, ORGANISATION_CODE = "Organisation name", "Organisation code"
#: Columns of places that an edition may have, newest name first.
SYSTEM_NAMES = ("ICS name", "ICB name", "STP name")
REGION_NAMES = ("NHS England region name", "HEE region name")
OTHER_PLACES = (*REGION_NAMES, "NHS England region code", "ICS code", "ICB code", "STP code", "HEE region code")

#: A column or row of "All staff groups" is a subtotal of what follows it.
SUBTOTALS = {
    "HCHS Doctors": "Professionally qualified clinical staff",
    "Support to doctors, nurses & midwives": "Support to clinical staff",
    "Central functions": "NHS infrastructure support",
    "Senior managers": "NHS infrastructure support",
}
_ANCHOR = "Nurses & health visitors"  # a header that every layout has, once
_TABLE_COLUMNS = ("Data month", "Data type", ORGANISATION_CODE, _ANCHOR)

_MOST_ROWS_ABOVE = 15  # headers further down than this are none
_LEAST_MONTHS = 2  # in a row of headers without words
_FTE_ROUNDING = 0.01  # printed with five decimals, added up over 250 organisations


def is_workforce_workbook(sheet_names: Sequence[str]) -> bool:
    """Return whether worksheets are those of a layout that is known."""
    has = {normalised(name) for name in sheet_names}
    return any(normalised(sheets[0]) in has for sheets in LAYOUTS.values())


def is_table_workbook(book: Workbook) -> bool:
    """Return whether a workbook is ``Trusts and core organisations - data tables``, by what is in it."""
    return bool(_table_sheets(book))


def _table_sheets(book: Workbook) -> list[tuple[Sheet, int]]:
    """Return the sheets with a month and a kind of figure in each row, with their header rows."""
    wanted = {normalised(name) for name in _TABLE_COLUMNS}
    found = []
    for name in book.sheet_names:
        sheet = book.sheet(name)
        for row, values in enumerate(sheet.rows[:_MOST_ROWS_ABOVE]):
            if wanted <= {normalised(value) for value in values}:
                found.append((sheet, row))
                break
    return found


def read_headcount(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read headcount and full-time equivalents, for each trust and England.

    Parameters
    ----------
    path : Path
        The workbook, or one of the two CSV files by staff group and organisation, zipped or not.
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        ``workforce_headcount`` and ``workforce_fte`` by staff group in the workbook's month;
        ``workforce_march_headcount`` and ``workforce_march_fte``, all staff, each March before it.

    Raises
    ------
    InputError
    """
    if not is_workbook(path):
        return read_csv_layout(path, trusts)
    book = Workbook(path)
    if not is_workforce_workbook(book.sheet_names) and (tables := _table_sheets(book)):
        return _read_tables(book, tables, trusts)
    sheets = _layout(book)
    sheet = book.sheet(sheets[0])
    first_place = _header_row(sheet) - 1
    last_day = _month(sheet, first_place)
    figures = FigureRows(f"{PUBLICATION}_{last_day:%Y_%m}", (last_day, last_day), trusts)
    remarks = _add_month(figures, sheet, "workforce_headcount", "people", count_left_out=True)
    figures.complete("workforce_headcount", STAFF_GROUPS, "people", reason="not among the organisations")
    missing = []
    has = {normalised(name) for name in book.sheet_names}
    for number, (name, indicator, unit) in enumerate(
        zip(
            sheets[1:],
            ("workforce_fte", "workforce_march_headcount", "workforce_march_fte"),
            ("fte", "people", "fte"),
            strict=False,
        )
    ):
        if normalised(name) not in has:
            missing.append(name)
        elif indicator == "workforce_fte":
            full_time = book.sheet(name)
            if (other := _month(full_time, _header_row(full_time) - 1)) != last_day:
                raise full_time.error(
                    f"The worksheet is of {other:%B %Y}, and {sheet.name!r} is of {last_day:%B %Y}.",
                    "Download the workbook again.",
                )
            remarks += _add_month(figures, full_time, indicator, unit)
            remarks += _regions_that_do_not_add_up(full_time)
        else:
            _add_marches(figures, book.sheet(name), indicator, unit, last_day, count_left_out=number == 1)
    if missing:
        remarks.append(f"Worksheets that are not there: {', '.join(missing)}.")
    check_full_time(figures, path)
    return figures.loaded(f"{last_day:%B %Y}", f"{last_day.day} {last_day:%B %Y}", remarks)


def _read_tables(book: Workbook, tables: list[tuple[Sheet, int]], trusts: TrustList) -> LoadedFigures:
    """Read the layout since November 2025: a month and a kind of figure in each row."""
    months: dict[date, Cell] = {}
    rows: list[tuple[Sheet, int, dict[str, int], tuple[str, str], str, str]] = []
    remarks: list[str] = []
    keys: list[tuple[tuple, Cell]] = []
    others = FigureRows(PUBLICATION, (date.min, date.max), trusts)  # the month is not known yet
    for sheet, header_row in tables:
        groups = _staff_group_columns(sheet, header_row)
        month_column, type_column, code_column = (sheet.column(header_row, name) for name in _TABLE_COLUMNS[:3])
        remarks += _unread_columns(sheet, header_row, [*groups.values(), month_column, type_column])
        for row in range(header_row + 1, len(sheet.rows)):
            month, code = sheet.cell(row, month_column), sheet.cell(row, code_column)
            england = not code.text and any(
                normalised(sheet.cell(row, column).text) == "england" for column in range(min(groups.values()))
            )
            if (
                month.text
                and not code.text
                and any(trusts.named(sheet.cell(row, column).text) for column in range(min(groups.values())))
            ):
                raise code.error("The row of a trust has no code.", "Fill in the code, or download the workbook again.")
            if not month.text or not (code.text or england):
                continue  # remarks under the table; regions and systems
            months.setdefault(last_day_of(month), month)
            kind = kind_of(sheet.cell(row, type_column))
            trust_code = ENGLAND_CODE if england else trusts.current(code.text)
            organisation = ENGLAND_CODE if england else code.text
            keys.append(((organisation, kind[0]), sheet.cell(row, code_column)))
            if trust_code is None:
                others.check_code(code)
                others.left_out["Other organisations"] += kind[1] == "people"
            else:
                rows.append((sheet, row, groups, kind, trust_code, organisation))
    if not rows:
        sheet, header_row = tables[0]
        raise sheet.error("There are no organisations under the headers.", "Download the workbook again.")
    if len(months) > 1:
        last = max(months)
        raise months[last].error("The table has more than one month.", "Give one month a workbook.")
    first_by_key(keys, "organisation")
    (last_day,) = months
    figures = FigureRows(f"{PUBLICATION}_{last_day:%Y_%m}", (last_day, last_day), trusts)
    figures.left_out = others.left_out
    for sheet, row, groups, (indicator, unit), trust_code, organisation in rows:
        for group, column in groups.items():
            add_figure(figures, trust_code, organisation, indicator, group, unit, sheet.cell(row, column))
    figures.complete("workforce_headcount", STAFF_GROUPS, "people", reason="not among the organisations")
    check_full_time(figures, book.path)
    return figures.loaded(f"{last_day:%B %Y}", f"{last_day.day} {last_day:%B %Y}", remarks)


def _layout(book: Workbook) -> tuple[str, ...]:
    for sheets in LAYOUTS.values():
        if normalised(sheets[0]) in {normalised(name) for name in book.sheet_names}:
            return sheets
    try:
        book.sheet(SHEET)
    except InputError as error:
        raise InputError(
            error.problem,
            file=book.path,
            mend=f"Known layouts: {'; '.join(f'{year}, sheet {names[0]!r}' for year, names in LAYOUTS.items())}. "
            "If the publisher only renamed the sheet, rename it back in a copy and read that.",
        ) from None
    raise AssertionError("a sheet that is there is a layout's")


def _header_row(sheet: Sheet) -> int:
    named = (ORGANISATION_CODE, ORGANISATION_NAME, _ANCHOR)
    for row, values in enumerate(sheet.rows[:_MOST_ROWS_ABOVE]):
        if {normalised(value) for value in values} & {normalised(name) for name in named}:
            return row
    for row, values in enumerate(sheet.rows[:_MOST_ROWS_ABOVE]):
        if sum(isinstance(value, date) for value in values) >= _LEAST_MONTHS:
            return row
    raise sheet.error(
        f"No row is headed {ORGANISATION_CODE!r}.",
        "The nearest known layout has the headers in row 6 (row 5 on sheets 4 and 5), as in May 2023; this "
        "edition needs a new loader.",
    )


def _name_and_code(sheet: Sheet, header_row: int) -> tuple[int, int]:
    """Return the columns of an organisation's name and code; without headers they come before the figures."""
    headers = sheet.rows[header_row]
    has = {normalised(value) for value in headers}
    if normalised(ORGANISATION_CODE) in has or normalised(ORGANISATION_NAME) in has:
        return sheet.column(header_row, ORGANISATION_NAME), sheet.column(header_row, ORGANISATION_CODE)
    first = next(
        column
        for column, value in enumerate(headers)
        if isinstance(value, date) or normalised(value) in (normalised("Total"), normalised(ALL_GROUPS))
    )
    if first < 2 or any(sheet.cell(header_row, column).text for column in (first - 2, first - 1)):
        raise sheet.error(
            f"There is no column headed {ORGANISATION_CODE!r}.",
            "Head the column of codes with it in a copy.",
            header_row + 1,
        )
    return first - 2, first - 1


def _staff_group_columns(sheet: Sheet, header_row: int) -> dict[str, int]:
    """Return the column of each staff group, whatever the edition calls it."""
    headers = [sheet.cell(header_row, column).text for column in range(len(sheet.rows[header_row]))]
    columns: dict[str, int] = {}
    for group in STAFF_GROUPS:
        for name in (group, *OTHER_NAMES.get(group, ())):
            if [normalised(header) for header in headers].count(normalised(name)) == 1:
                columns[group] = sheet.column(header_row, name)
                break
    subtotals = [i for i, header in enumerate(headers) if normalised(header) == normalised(ALL_GROUPS)]
    if subtotals and "Total" not in columns:
        columns["Total"] = subtotals.pop(0)
    at = {column: group for group, column in columns.items()}
    for column in subtotals:
        following = next((at[c] for c in range(column + 1, len(headers)) if c in at), None)
        if following in SUBTOTALS:
            columns.setdefault(SUBTOTALS[following], column)
    # those still missing are looked for under the same words, and named when they are not there
    return {g: columns[g] if g in columns else sheet.column(header_row, g) for g in STAFF_GROUPS}


def _unread_columns(sheet: Sheet, header_row: int, read: Iterable[int]) -> list[str]:
    places = {normalised(n) for n in (*SYSTEM_NAMES, *OTHER_PLACES, ORGANISATION_NAME, ORGANISATION_CODE)}
    read = set(read)
    headers = [sheet.cell(header_row, column) for column in range(len(sheet.rows[header_row]))]
    unread = [
        header.text
        for column, header in enumerate(headers)
        if header.text and column not in read and normalised(header.text) not in places
    ]
    return ([f"Columns not read: {', '.join(unread)}."] if unread else []) + sheet.remarks


def _organisations(
    figures: FigureRows, sheet: Sheet, header_row: int, *, count_left_out: bool
) -> Iterator[tuple[int, str, str]]:
    """Yield row, trust and organisation of each row with figures, England's among them."""
    headers = {normalised(value) for value in sheet.rows[header_row]}
    name_column, code_column = _name_and_code(sheet, header_row)
    system_header = next((name for name in SYSTEM_NAMES if normalised(name) in headers), None)
    system_column = sheet.column(header_row, system_header) if system_header else None
    seen: list[tuple[tuple, Cell]] = []
    has_system = system_column is None
    for row in range(header_row + 1, len(sheet.rows)):
        code, name = sheet.cell(row, code_column), sheet.cell(row, name_column)
        if system_column is not None and sheet.cell(row, system_column).text:
            has_system = True  # above its organisations, once
        if name.text and not code.text and name.text != "England":
            raise code.error(f"{name.text} has no organisation code.", "Fill in the code.")
        if code.text:
            seen.append(((code.text,), code))
            if not has_system:
                raise code.error(
                    "There is no integrated care system above this organisation.",
                    "Leave the workbook's sub-header rows where they are.",
                )
            if count_left_out:
                is_board = "ICB" in name.text.split() or "Integrated Care Board" in name.text
                trust_code = figures.trust_of(code, "Integrated care boards" if is_board else "Other organisations")
            else:
                trust_code = figures.trusts.current(code.text)
            figures.check_name(code.text, name)
            if trust_code is not None:
                yield row, trust_code, code.text
        elif any(sheet.cell(row, column).text == "England" for column in range(name_column + 1)):
            seen.append(((ENGLAND_CODE,), name))
            yield row, ENGLAND_CODE, ENGLAND_CODE
    first_by_key(seen, "organisation")
    if not seen:
        raise sheet.error("There are no organisations under the headers.", "Download the workbook again.")


def _add_month(
    figures: FigureRows, sheet: Sheet, indicator: str, unit: str, *, count_left_out: bool = False
) -> list[str]:
    header_row = _header_row(sheet)
    groups = _staff_group_columns(sheet, header_row)
    if unit == "people":  # rows that are not read as well: they show that a column is of something else
        for cell in (sheet.cell(row, c) for row in range(header_row + 1, len(sheet.rows)) for c in groups.values()):
            if isinstance(cell.value, float) and not cell.value.is_integer():
                raise cell.error(f"The headcount {cell.text} is not a whole number.", "Download the workbook again.")
    for row, trust_code, organisation in _organisations(figures, sheet, header_row, count_left_out=count_left_out):
        for group, column in groups.items():
            add_figure(figures, trust_code, organisation, indicator, group, unit, sheet.cell(row, column))
    return _unread_columns(sheet, header_row, groups.values())


def _regions_that_do_not_add_up(sheet: Sheet) -> list[str]:
    """Return what does not agree: full-time equivalents of organisations with the region's and England's.

    Unlike people, who count once in a region however many organisations they work for, these add up.
    """
    header_row = _header_row(sheet)
    headers = {normalised(value) for value in sheet.rows[header_row]}
    region_header = next((n for n in REGION_NAMES if normalised(n) in headers), None)
    if region_header is None:
        return []
    region_column = sheet.column(header_row, region_header)
    _, code_column = _name_and_code(sheet, header_row)
    total_column = _staff_group_columns(sheet, header_row)["Total"]
    published: dict[str, float] = {}
    together: dict[str, float] = {}
    region = ""
    for row in range(header_row + 1, len(sheet.rows)):
        total = sheet.cell(row, total_column)
        if total.text in ("", ZERO, NOT_APPLICABLE):
            continue
        name = sheet.cell(row, region_column).text
        if sheet.cell(row, code_column).text:
            for place in (region, "England"):
                together[place] = together.get(place, 0.0) + total.number("full-time equivalent")
        elif name:
            region = name if name != "England" else region
            published[name] = total.number("full-time equivalent")
    return [
        f"Full-time equivalents of {name}: its organisations come to {together.get(name, 0.0):,.1f}, "
        f"the publisher's own total is {total:,.1f}."
        for name, total in published.items()
        if abs(together.get(name, 0.0) - total) > _FTE_ROUNDING
    ]


def _add_marches(
    figures: FigureRows, sheet: Sheet, indicator: str, unit: str, last_day: date, *, count_left_out: bool
) -> None:
    header_row = _header_row(sheet)
    marches: dict[int, date] = {}
    for column in range(len(sheet.rows[header_row])):
        value = sheet.cell(header_row, column).value
        if isinstance(value, date) and value.month == MARCH:
            day = date(value.year, MARCH, 31)
            if day in marches.values():
                raise sheet.cell(header_row, column).error(
                    f"March {day.year} is here for the second time.", "Keep one of the two columns."
                )
            if day <= last_day:
                marches[column] = day
    if not marches:
        raise sheet.error(
            "No column is headed with a March.", "The headers should be the last days of months.", header_row + 1
        )
    known = set()
    for row, trust_code, organisation in _organisations(figures, sheet, header_row, count_left_out=False):
        known.add(organisation)
        for column, day in marches.items():
            cell = sheet.cell(row, column)
            # an organisation that was not there yet, or no longer, has no staff: it is no figure
            if cell.text not in ("", ZERO, NOT_APPLICABLE) and cell.value != 0:
                add_figure(figures, trust_code, organisation, indicator, "Total", unit, cell, period=(day, day))
    if count_left_out:
        _, code_column = _name_and_code(sheet, header_row)
        codes = {sheet.cell(row, code_column).text for row in range(header_row + 1, len(sheet.rows))} - {""}
        if others := len(codes - known):
            figures.left_out["organisations of the monthly series that no trust of today goes back to"] += others


def _month(sheet: Sheet, row: int) -> date:
    """Return the last day of the month above the headers: ``"May 2023 monthly data"``."""
    above = [sheet.cell(number, 0).text for number in range(row, -1, -1)]
    text = next((text for text in above if "monthly data" in text), above[0])
    found = re.match(r"([A-Z][a-z]+ \d{4}) monthly data", text)
    try:
        first = datetime.strptime(found.group(1), "%B %Y").date() if found else None
    except ValueError:
        first = None
    if first is None:
        raise sheet.error(
            f"The month is not given: {text!r}.", "It should read like 'May 2023 monthly data'.", f"A{row + 1}"
        )
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="NHS Workforce Statistics, {edition}: England and organisation",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-workforce-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="workforce/NHS Workforce Statistics*England and Organisation.xlsx",
        read=read_headcount,
        sheets=(SHEET,),
        columns=CORE_COLUMNS,
        other_columns=(CSV_COLUMNS,),
        is_workbook=is_workforce_workbook,
        has_content=is_table_workbook,
        member="Core 1.",
        keeps=("workforce_march_headcount", "workforce_march_fte"),
        notes=(
            "Headcount and full-time equivalents of directly employed, paid staff; bank staff are not included.",
            "workforce_march_headcount and workforce_march_fte are all staff on 31 March of each year since "
            "2010, of each organisation as it was: of a trust that merged there are rows of its parts.",
            "`-` is zero. Groups do not add up to totals: people in two roles are counted in each.",
            "Integrated care boards are left out, and organisations that closed without a single successor "
            "(Dudley Integrated Health and Care, RYK).",
        ),
    ),
)
