"""Maternity Services Data Set, annual figures: deliveries by ethnicity and deprivation, and outcomes.

Layout: a row for each organisation, dimension and measure; each row is one dimension, never two crossed, so this
file splits no outcome by ethnicity. Counts are rounded to the nearest 5. Labels vary by year: decile 2 is ``2`` in 2020-21 and ``02``
later, ``SmokingAtBooking`` became ``SmokingStatusGroupBooking``, and the first file has a byte-order mark. The file of
2023-24 is the CSV saved again by Excel: deciles are numbers without their 0, and the sheet's name is cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import harmonised
from race_equality.errors import RaceEqualityError
from race_equality.sources.cells import Cell, Record, Workbook, check_label, first_by_key, read_csv
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.headers import same_words
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "maternity"
COLUMNS = ("Period", "Dimension", "Org_Level", "Org_Code", "Org_Name", "Measure", "Count_Of", "Value")

ETHNICITY, DEPRIVATION, TOTAL = "EthnicCategoryMotherGroup", "DeprivationDecileAtBooking", "TotalDeliveries"
_OF_DELIVERIES = (ETHNICITY, DEPRIVATION, TOTAL)
_LEVELS = ("National", "Provider")
ALL_DELIVERIES = "All deliveries"
#: The place outside the deciles that a mother lives at, by how its label begins.
OUTSIDE_DECILES = {
    "pseudo postcode": "No fixed abode or overseas",
    "resident elsewhere": "Elsewhere in the UK",
    "missing value": "Unknown",
}

#: Indicator to the names of its dimension over the years, the measure counted, and the one next to it.
OUTCOMES = {
    "maternity_preterm_births": (("GestationLengthBirthGroup37",), "<37 weeks", ">=37 weeks"),
    "maternity_low_birthweight_at_term": (("BirthweightTermGroup2500",), "Under 2500g", "2500g and over"),
    "maternity_smoking_at_booking": (
        ("SmokingStatusGroupBooking", "SmokingAtBooking"),
        "Smoker",
        "Non-Smoker / Ex-Smoker",
    ),
}
#: The indicator that says of how many an outcome is known, after that of the outcome.
RECORDED = "_recorded"
_OUTCOME_OF = {
    name: (indicator, measure, other) for indicator, (names, measure, other) in OUTCOMES.items() for name in names
}


def read_deliveries(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read one year's deliveries and outcomes, for trusts and England.

    Parameters
    ----------
    path : Path
        The CSV, or a workbook of one sheet that it was saved as.
    trusts : TrustList

    Returns
    -------
    LoadedFigures

    Raises
    ------
    InputError

    Notes
    -----
    An outcome is a percentage of the births or bookings for which it is known: rounded counts, so
    it is exact to about 5 in the denominator. Figures are as published, also where they are not plausible: that is
    judged when they are read (:mod:`race_equality.gates`).
    """
    rows, remarks = _rows(path)
    for record in rows:
        check_label(record["Org_Level"], _LEVELS)
    records = [record for record in rows if record["Org_Level"].text in _LEVELS]
    first_by_key(
        (((r["Org_Code"].text, r["Dimension"].text, r["Measure"].text), r["Org_Code"]) for r in records),
        "organisation, dimension and measure",
    )
    year = _year(rows[0]["Period"])
    figures = FigureRows(f"{PUBLICATION}_{year}", (date(year - 1, 4, 1), date(year, 3, 31)), trusts)
    known: dict[str, str | None] = {"National": ENGLAND_CODE}
    deliveries: dict[str, dict[str, list[Cell]]] = {}
    outcomes: dict[tuple[str, str, str], dict[str, Cell]] = {}
    for record in records:
        if record["Period"].text != rows[0]["Period"].text:
            raise record["Period"].error("The file has more than one year.", "Give one year a file.")
        organisation = record["Org_Code"].text
        if record["Org_Level"].text == "National" and organisation != "National":
            raise record["Org_Code"].error(
                f"England's row has the code {organisation!r}, and not 'National'.", "Download the file again."
            )
        if organisation not in known:
            known[organisation] = figures.trust_of(record["Org_Code"], "providers that are not trusts")
        trust_code = known[organisation]
        if record["Org_Level"].text == "Provider":
            figures.check_name(organisation, record["Org_Name"])
        if trust_code is None:
            continue
        dimension = record["Dimension"].text
        check_label(record["Dimension"], (*_OUTCOME_OF, *_OF_DELIVERIES))
        if dimension in _OUTCOME_OF:
            check_label(record["Measure"], _OUTCOME_OF[dimension][1:])
            outcomes.setdefault((trust_code, organisation, dimension), {})[record["Measure"].text] = record["Value"]
        elif dimension in _OF_DELIVERIES:
            deliveries.setdefault(organisation, {}).setdefault(dimension, []).append(record["Value"])
            indicator, group = _delivery_group(record)
            about = (trust_code, _code(organisation), indicator, group, "count", record["Value"].locator)
            figures.add(*about, value=_count(record["Value"]))
    for organisation, breakdowns in deliveries.items():
        _check_breakdowns(organisation, breakdowns)
    for (trust_code, organisation, dimension), cells in outcomes.items():
        _add_outcome(figures, trust_code, _code(organisation), dimension, cells)
    for indicator in ("maternity_deliveries", *OUTCOMES):
        unit, group = ("count", ALL_DELIVERIES) if indicator == "maternity_deliveries" else ("percent", "All births")
        figures.complete(
            indicator,
            [group],
            unit,
            reason="not among the maternity providers",
            status_of=lambda kind: "not_available" if kind == "acute" else "not_applicable",
        )
    return figures.loaded(str(year), f"year to 31 March {year}", remarks)


def _check_breakdowns(organisation: str, cells: Mapping[str, Sequence[Cell]]) -> None:
    """Hold deliveries by ethnic group to those by deprivation, and of England to the total: each cell is rounded to 5.

    A provider's total is of another count than its breakdowns in the real files, up to 2,735 fewer or 2,000 more.
    """
    compared = _OF_DELIVERIES if organisation == "National" else (ETHNICITY, DEPRIVATION)
    sums = {name: sum(map(_count, cells[name])) for name in compared if name in cells}
    for (one, people), (other, as_many) in pairwise(sums.items()):
        if abs(people - as_many) > 2.5 * (len(cells[one]) + len(cells[other])):
            raise cells[one][0].error(
                f"{organisation} has {people:,.0f} deliveries in {one} and {as_many:,.0f} in {other}.",
                "A number is wrong, or rows are missing: download the file again.",
            )


def _rows(path: Path) -> tuple[Sequence[Record | Mapping[str, Cell]], list[str]]:
    """Return the rows of the CSV, or of the sheet that Excel made of it, and remarks."""
    if not is_workbook(path):
        table = read_csv(path, COLUMNS)
        return table.records, table.remarks
    workbook = Workbook(path)
    sheet = workbook.sheet(workbook.sheet_names[0])
    columns = {name: sheet.column(0, name) for name in COLUMNS}
    rows = [
        {name: sheet.cell(number, column) for name, column in columns.items()} for number in range(1, len(sheet.rows))
    ]
    if not rows:
        raise sheet.error("The sheet has no rows.", "Download the file again.")
    return rows, sheet.remarks


def is_deliveries(workbook: Workbook) -> bool:
    """Return whether a workbook is this publication's CSV, saved by Excel: the name of its sheet says nothing.

    Parameters
    ----------
    workbook : Workbook
    """
    if len(workbook.sheet_names) != 1:
        return False
    rows = workbook.sheet(workbook.sheet_names[0]).rows
    has = {same_words(str(header)) for header in rows[0]} if rows else set()
    return {same_words(name) for name in COLUMNS} <= has


def _code(organisation: str) -> str:
    return ENGLAND_CODE if organisation == "National" else organisation


def _year(cell: Cell) -> int:
    """Return the year that a period such as 2022-23 ends in."""
    found = re.fullmatch(r"(20\d\d)-(\d\d)", cell.text)
    if found is None or (int(found.group(1)) + 1) % 100 != int(found.group(2)):
        raise cell.error(f"The period is {cell.text!r} and not like 2022-23.", "Download the file again.")
    return int(found.group(1)) + 1


def _count(cell: Cell) -> float:
    value = cell.number("count", whole=True)
    if value % 5:
        raise cell.error(
            f"The count {value:g} is not a multiple of 5, as published ones are.",
            "Check that this is the published file.",
        )
    return value


def _delivery_group(record: Record | Mapping[str, Cell]) -> tuple[str, str]:
    dimension, measure = record["Dimension"].text, record["Measure"]
    if dimension == TOTAL:
        return "maternity_deliveries", ALL_DELIVERIES
    if dimension == ETHNICITY:
        try:
            return "maternity_deliveries_by_ethnicity", harmonised(measure.text, 5, categories=2001)
        except RaceEqualityError as error:
            raise measure.error(str(error), "If the publisher renamed a group, add its label there.") from None
    decile = re.match(r"0?([1-9]|10)\b(?! weeks)", measure.text)
    if decile:
        return "maternity_deliveries_by_deprivation", f"Decile {decile.group(1)}"
    for start, group in OUTSIDE_DECILES.items():
        if measure.text.casefold().startswith(start):
            return "maternity_deliveries_by_deprivation", group
    raise measure.error(f"{measure.text!r} is not a decile of deprivation.", "A decile looks like 02.")


def _add_outcome(
    figures: FigureRows, trust_code: str, organisation: str, dimension: str, cells: dict[str, Cell]
) -> None:
    indicator, measure, other = _OUTCOME_OF[dimension]
    cell = cells.get(measure)
    if cell is None or other not in cells:
        place = next(iter(cells.values()))
        figures.add(trust_code, organisation, indicator, "All births", "percent", place.locator, status="not_available")
        return
    count = _count(cell)
    known = count + _count(cells[other])
    figures.add(
        *(trust_code, organisation, indicator, "All births", "percent", cell.locator),
        value=100 * count / known if known else None,
        numerator=count,
        denominator=known,
        status="ok" if known else "not_available",
    )
    unknown = {name: one for name, one in cells.items() if name not in (measure, other)}
    everybody = known + sum(_count(one) for one in unknown.values())
    place = next(iter(unknown.values()), cell)
    figures.add(
        *(trust_code, organisation, indicator + RECORDED, "All births", "percent", place.locator),
        value=100 * known / everybody if everybody else None,
        numerator=known,
        denominator=everybody,
        status="ok" if everybody else "not_available",
    )


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="Maternity Services Data Set, annual CSV, year to March {edition}",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-maternity-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="maternity/hosp-epis-stat-mat-msdscsv-*.*",
        read=read_deliveries,
        columns=COLUMNS,
        has_content=is_deliveries,
        series=True,
        notes=(
            "Counts are rounded to the nearest 5, so percentages of few births are rough.",
            "Each row is one dimension: outcomes are not crossed with ethnicity in this file. Ethnic groups are "
            "those of 2001, where Chinese is part of Other.",
            "Outcomes are shares of the births or bookings for which the outcome is known, and of how many it is known is a "
            "figure of its own. What is not plausible or mostly missing is left out when figures are read, England's included.",
        ),
    ),
)
