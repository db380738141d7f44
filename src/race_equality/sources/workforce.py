"""NHS Workforce Statistics, organisation workbook: headcount and full-time equivalents.

Layout of sheets 2 (headcount) and 3 (full-time equivalents) in May 2023: headers in row 6. Region and
integrated care system stand on rows of their own above their organisations, England above them all.
Sheets 4 and 5 hold all staff month by month since September 2009, headers in row 5; of these March alone
is read. ``-`` is *zero* here, not suppressed; ``.`` is not applicable. People in two roles are counted in
both, so groups do not add up to totals; bank staff are not included.

Notes
-----
Editions of 2019 call the sheets ``2. HEE, Org & SG - HC`` and so on; those of 2021 have the headers in
another row and fewer columns of places. Headers are therefore looked for, and only the organisation's name
and code must be among the places. Any other layout is refused, naming the nearest that is known.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from race_equality.errors import InputError
from race_equality.figures.trusts import TrustList
from race_equality.sources.publication import FigureRows, Reading
from race_equality.sources.reading import Cell, Sheet, Workbook, first_by_key, normalised

PUBLICATION = "workforce"
SHEET = "2. NHSE, Org & SG - HC"
ENGLAND = "ENG"

#: Sheets by year of the layout: headcount, full-time equivalents, and both month by month.
LAYOUTS = {
    "2021 to 2025": (
        SHEET, "3. NHSE, Org & SG - FTE", "4. All Staff, NHSE & Org - HC", "5. All Staff, NHSE & Org - FTE",
    ),
    "2019": (
        "2. HEE, Org & SG - HC", "3. HEE, Org & SG - FTE", "4. All Staff, HEE & Org - HC",
        "5. All Staff, HEE & Org - FTE",
    ),
}  # fmt: skip

ZERO = "-"
NOT_APPLICABLE = "."

ORGANISATION_NAME, ORGANISATION_CODE = "Organisation name", "Organisation code"
#: Columns of places that an edition may have, newest name first.
SYSTEM_NAMES = ("ICS name", "ICB name", "STP name")
REGION_NAMES = ("NHS England region name", "HEE region name")
OTHER_PLACES = (
    *REGION_NAMES, "NHS England region code", "ICS code", "ICB code", "STP code", "HEE region code",
)  # fmt: skip
STAFF_GROUPS = (
    "Total", "Professionally qualified clinical staff", "HCHS Doctors", "Consultant",
    "Associate Specialist", "Specialty Doctor", "Staff Grade", "Specialty Registrar", "Core Training",
    "Foundation Doctor Year 2", "Foundation Doctor Year 1", "Hospital Practitioner / Clinical Assistant",
    "Other and Local HCHS Doctor Grades", "Nurses & health visitors", "Midwives", "Ambulance staff",
    "Scientific, therapeutic & technical staff", "Support to clinical staff",
    "Support to doctors, nurses & midwives", "Support to ambulance staff", "Support to ST&T staff",
    "NHS infrastructure support", "Central functions", "Hotel, property & estates", "Senior managers",
    "Managers", "Other staff or those with unknown classification",
)  # fmt: skip

_MOST_ROWS_ABOVE = 15  # headers further down than this are none
_MARCH = 3
_FTE_ROUNDING = 0.01  # printed with five decimals, added up over 250 organisations


def is_workforce_workbook(sheet_names: Sequence[str]) -> bool:
    """Return whether worksheets are those of a layout that is known."""
    has = {normalised(name) for name in sheet_names}
    return any(normalised(sheets[0]) in has for sheets in LAYOUTS.values())


def read_headcount(path: Path, trusts: TrustList) -> Reading:
    """Read headcount and full-time equivalents, for each trust and England.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    Reading
        ``workforce_headcount`` and ``workforce_fte`` by staff group in the workbook's month;
        ``workforce_march_headcount`` and ``workforce_march_fte``, all staff, each March before it.

    Raises
    ------
    InputError
    """
    book = Workbook(path)
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
            strict=True,
        )
    ):
        if normalised(name) not in has:
            missing.append(name)
        elif indicator == "workforce_fte":
            full_time = book.sheet(name)
            remarks += _add_month(figures, full_time, indicator, unit)
            remarks += _regions_that_do_not_add_up(full_time)
        else:
            _add_marches(figures, book.sheet(name), indicator, unit, last_day, count_left_out=number == 1)
    if missing:
        remarks.append(f"Worksheets that are not there: {', '.join(missing)}.")
    return figures.reading(f"{last_day:%B %Y}", f"{last_day.day} {last_day:%B %Y}", remarks)


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
    for row, values in enumerate(sheet.rows[:_MOST_ROWS_ABOVE]):
        has = {normalised(value) for value in values}
        if normalised(ORGANISATION_CODE) in has or normalised(ORGANISATION_NAME) in has:
            return row
    raise sheet.error(
        f"No row is headed {ORGANISATION_CODE!r}.",
        "The nearest known layout has the headers in row 6 (row 5 on sheets 4 and 5), as in May 2023; this "
        "edition needs a new loader.",
    )


def _organisations(
    figures: FigureRows, sheet: Sheet, header_row: int, *, count_left_out: bool
) -> Iterator[tuple[int, str, str]]:
    """Yield row, trust and organisation of each row with figures, England's among them."""
    headers = {normalised(value) for value in sheet.rows[header_row]}
    code_column = sheet.column(header_row, ORGANISATION_CODE)
    name_column = sheet.column(header_row, ORGANISATION_NAME)
    system_header = next((name for name in SYSTEM_NAMES if normalised(name) in headers), None)
    system_column = sheet.column(header_row, system_header) if system_header else None
    seen: list[tuple[tuple, Cell]] = []
    has_system = system_column is None
    for row in range(header_row + 1, len(sheet.rows)):
        code, name = sheet.cell(row, code_column), sheet.cell(row, name_column)
        if system_column is not None and sheet.cell(row, system_column).text:
            has_system = True  # stands above its organisations, once
        if name.text and not code.text and name.text != "England":
            raise code.error(f"{name.text} has no organisation code.", "Fill in the code.")
        if code.text:
            seen.append(((code.text,), code))
            if not has_system:
                raise code.error(
                    "No integrated care system stands above this organisation.",
                    "Leave the workbook's sub-header rows where they are.",
                )
            if count_left_out:
                is_board = "ICB" in name.text.split() or "Integrated Care Board" in name.text
                trust_code = figures.trust_of(
                    code.text, "Integrated care boards" if is_board else "Other organisations"
                )
            else:
                trust_code = figures.trusts.current(code.text)
            if trust_code is not None:
                yield row, trust_code, code.text
        elif any(sheet.cell(row, column).text == "England" for column in range(name_column + 1)):
            yield row, ENGLAND, ENGLAND
    first_by_key(seen, "organisation")
    if not seen:
        raise sheet.error("There are no organisations under the headers.", "Download the workbook again.")


def _add_month(
    figures: FigureRows, sheet: Sheet, indicator: str, unit: str, *, count_left_out: bool = False
) -> list[str]:
    header_row = _header_row(sheet)
    groups = {name: sheet.column(header_row, name) for name in STAFF_GROUPS}
    for row, trust_code, organisation in _organisations(
        figures, sheet, header_row, count_left_out=count_left_out
    ):
        for group, column in groups.items():
            _add(figures, trust_code, organisation, indicator, group, unit, sheet.cell(row, column))
    places = {normalised(n) for n in (*SYSTEM_NAMES, *OTHER_PLACES, ORGANISATION_NAME, ORGANISATION_CODE)}
    headers = [sheet.cell(header_row, column) for column in range(len(sheet.rows[header_row]))]
    unread = [
        header.text
        for column, header in enumerate(headers)
        if header.text and column not in groups.values() and normalised(header.text) not in places
    ]
    return [f"Columns not read: {', '.join(unread)}."] if unread else []


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
    code_column, total_column = (sheet.column(header_row, name) for name in (ORGANISATION_CODE, "Total"))
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
    figures: FigureRows,
    sheet: Sheet,
    indicator: str,
    unit: str,
    last_day: date,
    *,
    count_left_out: bool,
) -> None:
    header_row = _header_row(sheet)
    marches = {}
    for column in range(len(sheet.rows[header_row])):
        value = sheet.cell(header_row, column).value
        if isinstance(value, date) and value.month == _MARCH:
            day = date(value.year, _MARCH, 31)
            if day in marches.values():
                raise sheet.cell(header_row, column).error(
                    f"March {day.year} stands here for the second time.", "Keep one of the two columns."
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
                _add(
                    figures, trust_code, organisation, indicator, "Total", unit, cell, period=(day, day)
                )
    if count_left_out:
        code_column = sheet.column(header_row, ORGANISATION_CODE)
        codes = {sheet.cell(row, code_column).text for row in range(header_row + 1, len(sheet.rows))} - {""}
        if others := len(codes - known):
            figures.left_out["organisations of the monthly series that no trust of today goes back to"] += others


def _add(
    figures: FigureRows,
    trust_code: str,
    organisation: str,
    indicator: str,
    group: str,
    unit: str,
    cell: Cell,
    *,
    period: tuple[date, date] | None = None,
) -> None:
    place = (trust_code, organisation, indicator, group, unit, cell.locator)
    if cell.text == NOT_APPLICABLE:
        figures.add(*place, status="not_applicable", period=period)
        return
    what = "headcount" if unit == "people" else "full-time equivalent"
    value = 0.0 if cell.text == ZERO else cell.number(what, whole=unit == "people")
    figures.add(*place, value=value, period=period)


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
