"""NHS Workforce Statistics, organisation workbook: headcount by staff group.

Layout of sheet 2 (May 2023): headers in row 6. Region and integrated care system stand on rows of
their own above their organisations, England above them all. ``-`` is *zero* here, not suppressed;
``.`` is not applicable. People in two roles are counted in both, so groups do not add up to totals;
bank staff are not included.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from pathlib import Path

from race_equality.figures.trusts import TrustList
from race_equality.sources.publication import FigureRows, Reading
from race_equality.sources.reading import Cell, Sheet, Workbook, first_by_key

PUBLICATION = "workforce"
SHEET = "2. NHSE, Org & SG - HC"
ENGLAND = "ENG"

ZERO = "-"
NOT_APPLICABLE = "."

PLACE_COLUMNS = (
    "NHS England region code", "NHS England region name", "ICS code", "ICS name",
    "Organisation name", "Organisation code",
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

_HEADER_ROW = 5  # row 6


def read_headcount(path: Path, trusts: TrustList) -> Reading:
    """Read headcount by staff group, for each trust and England.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    Reading

    Raises
    ------
    InputError
    """
    sheet = Workbook(path).sheet(SHEET)
    places = {name: sheet.column(_HEADER_ROW, name) for name in PLACE_COLUMNS}
    groups = {name: sheet.column(_HEADER_ROW, name) for name in STAFF_GROUPS}
    last_day = _month(sheet)
    figures = FigureRows(f"{PUBLICATION}_{last_day:%Y_%m}", (last_day, last_day), trusts)
    seen: list[tuple[tuple, Cell]] = []
    system_name = ""
    for row in range(_HEADER_ROW + 1, len(sheet.rows)):
        place = {name: sheet.cell(row, column) for name, column in places.items()}
        code, name = place["Organisation code"], place["Organisation name"]
        if place["ICS name"].text:
            system_name = place["ICS name"].text  # stands above its organisations, once
        if name.text and not code.text:
            raise code.error(f"{name.text} has no organisation code.", "Fill in the code.")
        if code.text:
            organisation = code.text
            seen.append(((organisation,), code))
            if not system_name:
                raise code.error(
                    "No integrated care system stands above this organisation.",
                    "Leave the workbook's sub-header rows where they are.",
                )
            is_board = "ICB" in name.text.split() or "Integrated Care Board" in name.text
            trust_code = figures.trust_of(
                organisation, "Integrated care boards" if is_board else "Other organisations"
            )
        elif place["NHS England region name"].text == "England":
            trust_code = organisation = ENGLAND
        else:
            continue
        if trust_code is None:
            continue
        for group, column in groups.items():
            _add(figures, trust_code, organisation, group, sheet.cell(row, column))
    first_by_key(seen, "organisation")
    if not seen:
        raise sheet.error("There are no organisations under the headers.", "Download the workbook again.")
    figures.complete("workforce_headcount", STAFF_GROUPS, "people", reason="not among the organisations")
    known = set(places.values()) | set(groups.values())
    unread = [
        sheet.cell(_HEADER_ROW, column).text
        for column in range(len(sheet.rows[_HEADER_ROW]))
        if column not in known and sheet.cell(_HEADER_ROW, column).text
    ]
    return figures.reading(
        f"{last_day:%B %Y}",
        f"{last_day.day} {last_day:%B %Y}",
        [f"Columns not read: {', '.join(unread)}."] if unread else [],
    )


def _add(figures: FigureRows, trust_code: str, organisation: str, group: str, cell: Cell) -> None:
    if cell.text == NOT_APPLICABLE:
        figures.add(
            trust_code,
            organisation,
            "workforce_headcount",
            group,
            "people",
            cell.locator,
            status="not_applicable",
        )
        return
    value = 0.0 if cell.text == ZERO else cell.number("headcount", whole=True)
    figures.add(trust_code, organisation, "workforce_headcount", group, "people", cell.locator, value=value)


def _month(sheet: Sheet) -> date:
    """Return the last day of the month in row 5: ``"May 2023 monthly data"``."""
    text = sheet.cell(_HEADER_ROW - 1, 0).text
    found = re.match(r"([A-Z][a-z]+ \d{4}) monthly data", text)
    try:
        first = datetime.strptime(found.group(1), "%B %Y").date() if found else None
    except ValueError:
        first = None
    if first is None:
        raise sheet.error(
            f"The month is not given: {text!r}.", "It should read like 'May 2023 monthly data'.", "A5"
        )
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])
