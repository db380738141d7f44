"""What every layout of NHS Workforce Statistics shares: staff groups and what editions call them, months, marks."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from race_equality.errors import InputError
from race_equality.sources.cells import Cell
from race_equality.sources.headers import normalised, same_words
from race_equality.sources.publication import FigureRows

PUBLICATION = "workforce"
#: Of headcount, what full-time equivalents of so many people can be: a doctor may work more than full time.
_LEAST_FULL_TIME, _MOST_FULL_TIME, _ENOUGH_PEOPLE = 0.5, 1.1, 100
#: Marks of this publication: a dash is nobody here, and not suppressed.
ZERO, NOT_APPLICABLE = "-", "."
STAFF_GROUPS = (
    "Total",
    "Professionally qualified clinical staff",
    "HCHS Doctors",
    "Consultant",
    "Associate Specialist",
    "Specialty Doctor",
    "Staff Grade",
    "Specialty Registrar",
    "Core Training",
    "Foundation Doctor Year 2",
    "Foundation Doctor Year 1",
    "Hospital Practitioner / Clinical Assistant",
    "Other and Local HCHS Doctor Grades",
    "Nurses & health visitors",
    "Midwives",
    "Ambulance staff",
    "Scientific, therapeutic & technical staff",
    "Support to clinical staff",
    "Support to doctors, nurses & midwives",
    "Support to ambulance staff",
    "Support to ST&T staff",
    "NHS infrastructure support",
    "Central functions",
    "Hotel, property & estates",
    "Senior managers",
    "Managers",
    "Other staff or those with unknown classification",
)
#: What other editions call a staff group.
OTHER_NAMES = {
    "HCHS Doctors": ("HCHS doctors - All grades",),
    **{
        grade: (f"HCHS doctors - {grade}",)
        for grade in STAFF_GROUPS[STAFF_GROUPS.index("Consultant") : STAFF_GROUPS.index("Nurses & health visitors")]
    },
    "Other and Local HCHS Doctor Grades": (
        "HCHS doctors - Other and Local HCHS Doctor Grades",
        "HCHS doctors - Other HCHS Doctor Grades",
        "Other HCHS Doctor Grades",
    ),
    "Other staff or those with unknown classification": ("Unknown classification",),
}
ALL_GROUPS = "All staff groups"
_FIRST_YEAR, _LAST_YEAR = 2009, 2100
MARCH = 3


def kind_of(cell: Cell) -> tuple[str, str]:
    """Return indicator and unit of a kind of figure: headcount or full-time equivalents."""
    text = normalised(cell.text).replace("-", " ")
    if text in ("hc", "headcount"):
        return "workforce_headcount", "people"
    if "fte" in text or "full time equivalent" in text:
        return "workforce_fte", "fte"
    raise cell.error(f"The data type is {cell.text!r}.", "It should be HC (headcount) or FTE.")


def last_day_of(cell: Cell) -> date:
    """Return the last day of a month, however it is written."""
    value = cell.value
    if isinstance(value, datetime | date):
        first = date(value.year, value.month, 1)
    else:
        first = None
        for layout in ("%Y-%m-%d", "%d/%m/%Y", "%B %Y", "%b %Y", "%b-%y", "%B-%Y", "%Y-%m"):
            try:
                first = datetime.strptime(cell.text, layout).date().replace(day=1)
                break
            except ValueError:
                continue
    if first is None or not _FIRST_YEAR <= first.year <= _LAST_YEAR:
        raise cell.error(f"{cell.text!r} is not a month.", "It should read like 2025-11-30 or November 2025.")
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def group_called(label: str) -> str | None:
    """Return the staff group that a label means."""
    for group in STAFF_GROUPS:
        if any(same_words(label) == same_words(name) for name in (group, *OTHER_NAMES.get(group, ()))):
            return group
    return "Total" if same_words(label) == same_words(ALL_GROUPS) else None


def add_figure(
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


def check_nobody(people: Cell, full_time: Cell) -> None:
    """Raise an error where one of headcount and full-time equivalents is nought, and the other is many.

    Parameters
    ----------
    people, full_time : Cell

    Raises
    ------
    InputError
    """
    if {people.text, full_time.text} & {"", NOT_APPLICABLE}:
        return
    counts = [0.0 if cell.text == ZERO else cell.number("figure") for cell in (people, full_time)]
    if min(counts) == 0 and max(counts) >= _ENOUGH_PEOPLE:
        raise people.error(
            f"The headcount is {people.text}, and the full-time equivalents are {full_time.text} ({full_time.reference}).",
            "One of the two is wrong: download the file again.",
        )


def check_full_time(figures: FigureRows, path: Path) -> None:
    """Hold full-time equivalents to headcount, for each organisation and staff group, and each March.

    In May 2023 the trusts' full-time equivalents were 81 to 95% of their headcount. A group of few doctors may have more
    equivalents than people; no large one has.

    Raises
    ------
    InputError
    """
    rows = figures.table().query("status == 'ok'")
    key = ["organisation_code", "group", "period_end"]
    both = pd.concat(
        rows[rows["indicator"] == f"{start}_fte"].merge(
            rows[rows["indicator"] == f"{start}_headcount"], on=key, suffixes=("", "_people")
        )
        for start in ("workforce", "workforce_march")
    )
    share = both["value"] / both["value_people"]
    wrong = (share > _MOST_FULL_TIME) | ((both["group"] == "Total") & (share < _LEAST_FULL_TIME))
    for row in both[wrong & (both[["value", "value_people"]].max(axis=1) >= _ENOUGH_PEOPLE)].head(1).itertuples():
        raise InputError(
            f"{row.organisation_code}, {row.group}: {row.value:,.0f} full-time equivalents for {row.value_people:,.0f} "
            f"people ({row.locator_people}).",
            file=path,
            row=str(row.locator),
            mend="One of the two is wrong: download the file again.",
        )
