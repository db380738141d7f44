"""Mental Health Act statistics, annual figures: detentions by ethnicity, for England and systems.

Layout: a row for each measure, breakdown and organisation. A blank count is *suppressed*; counts of
systems and trusts are rounded to the nearest 5. There is no breakdown by ethnicity for a trust.

Notes
-----
Traps of the file. One row's OrganisationBreakdown reads ``h`` for ``All submissions``. The rows by
deprivation (IMD) and some by age carry labels of gender (``Male``, ``Non-binary``) where deciles
should be: they are not read. The row ``All`` among ethnic groups is everybody whose ethnic group
is *known*: it leaves out Unknown, which is Not Stated and Not Known together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import harmonised
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.cells import Cell, Record, check_label, first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "mental_health_act"
ALL_PROVIDERS = "All prov"
COLUMNS = tuple(
    "Year Measure measureSubcategory Demographic DemographicBreakdown OrganisationBreakdown Datasource "
    "OrgID OrgName Total_Count CrudeRate StdRate".split()
)
#: Half the width of the standardised rate's 95% interval.
HALF_WIDTH = "Confidence_interval"
OTHER_COLUMNS = ("MHSDS_Count", "Acute_Count", HALF_WIDTH)

#: Measure (its subcategory All) to indicator; the rate has ``_rate`` after it.
MEASURES = {"All detentions": "mha_detentions", "Uses of CTOs": "mha_community_treatment_orders"}
KNOWN = "All with a known ethnic group"
EVERYBODY = "All people"

#: Labels by which rows are chosen: one that is written a little otherwise would leave its row out.
_LABELS = {
    "Measure": tuple(MEASURES),
    "measureSubcategory": ("All",),
    "Demographic": ("Ethnicity", "All"),
    "OrganisationBreakdown": ("NHS Trust",),
}

# the five broad rows of the file: the detailed ones are in the file as well, and are parts of them
_BROAD = {"asian or asian british", "black or black british", "mixed", "other ethnic groups", "white"}


def read_detentions(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read detentions and community treatment orders.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        England and each integrated care board by five ethnic groups (``trust_code`` is the board's
        code), England by detailed group as well, and each trust's total.

    Raises
    ------
    InputError
    """
    table = read_csv(path, COLUMNS, optional=OTHER_COLUMNS)
    names: dict[str, Cell] = {}
    for record in table:
        for column, labels in _LABELS.items():
            check_label(record[column], labels)
        if record["Measure"].text in MEASURES:
            _check_submissions(record)
        name = record["OrgName"]
        if (first := names.setdefault(record["OrgID"].text, name)).text != name.text:
            raise name.error(
                f"{record['OrgID'].text} is {name.text!r} here, and {first.text!r} at {first.reference}.",
                "Codes and names have slipped against each other: download the file again.",
            )
    chosen = [r for r in table if r["Measure"].text in MEASURES and r["measureSubcategory"].text == "All"]
    if not chosen:
        raise InputError(f"There is no measure {' or '.join(MEASURES)}.", file=path, mend="Download the file again.")
    year = _year(chosen[0]["Year"])
    for record in chosen:
        if _year(record["Year"]) != year:
            raise record["Year"].error("The file has more than one year.", "Give one year a file.")
    remarks = _check_england(
        [r for r in chosen if r["Demographic"].text == "Ethnicity" and r["OrgID"].text == ALL_PROVIDERS]
    )
    figures = FigureRows(f"{PUBLICATION}_{year}", (date(year - 1, 4, 1), date(year, 3, 31)), trusts)
    by_ethnicity = [r for r in chosen if r["Demographic"].text == "Ethnicity"]
    by_trust = [
        r
        for r in chosen
        if r["OrganisationBreakdown"].text == "NHS Trust"
        and r["Demographic"].text == "All"
        and r["OrgID"].text != ALL_PROVIDERS
    ]
    for records in (by_ethnicity, by_trust):
        first_by_key(
            (((r["Measure"].text, r["OrgID"].text, r["DemographicBreakdown"].text), r["OrgID"]) for r in records),
            "measure, organisation and group",
        )
    for record in by_ethnicity:
        organisation = record["OrgID"].text
        if organisation == "UNKNOWN":
            figures.left_out["people of no known board"] += 1
            continue
        if organisation != ALL_PROVIDERS and not re.fullmatch("[A-Z0-9]{3,5}", organisation):
            raise record["OrgID"].error(f"{organisation!r} is not the code of a board.", "Download the file again.")
        code = ENGLAND_CODE if organisation == ALL_PROVIDERS else organisation
        figures.check_name(code, record["OrgName"])
        indicator = MEASURES[record["Measure"].text]
        group = _group(record["DemographicBreakdown"])
        _add(figures, code, code, indicator, group, "count", record["Total_Count"], whole=True)
        if record["CrudeRate"].text:
            _add(figures, code, code, f"{indicator}_rate", group, "per_100000", record["CrudeRate"])
        if record["StdRate"].text:
            standardised = f"{indicator}_standardised_rate"
            _add(figures, code, code, standardised, group, "per_100000", record["StdRate"])
            if HALF_WIDTH in table.columns and record[HALF_WIDTH].text:
                _add(figures, code, code, f"{standardised}_half_width", group, "per_100000", record[HALF_WIDTH])
    for record in by_trust:
        organisation = record["OrgID"].text
        figures.check_name(organisation, record["OrgName"])
        trust_code = figures.trust_of(record["OrgID"], "providers that are not trusts")
        if trust_code is not None:
            _add(
                figures,
                trust_code,
                organisation,
                MEASURES[record["Measure"].text],
                EVERYBODY,
                "count",
                record["Total_Count"],
                whole=True,
            )
    figures.complete(
        "mha_detentions",
        [EVERYBODY],
        "count",
        reason="not among the providers",
        status_of=lambda kind: "not_available" if kind == "mental health" else "not_applicable",
    )
    return figures.loaded(f"{year - 1}/{year % 100:02}", f"year to 31 March {year}", [*remarks, *table.remarks])


def _check_submissions(record: Record) -> None:
    """Hold the total of a row to the two submissions that it is the sum of; a blank is suppressed."""
    parts = [
        record[column].number("figure", whole=True)
        for column in OTHER_COLUMNS[:2]
        if record.values.get(column, "").strip()
    ]
    total = record["Total_Count"]
    if not parts or not total.text:
        return
    count = total.number("figure", whole=True)
    if sum(parts) > count or (len(parts) == 2 and sum(parts) != count):
        raise total.error(
            f"The total is {count:.0f}, and {' and '.join(OTHER_COLUMNS[:2])} come to {sum(parts):.0f}.",
            "Columns may have slipped: download the file again.",
        )


def _check_england(records: Iterable[Record]) -> list[str]:
    """Hold England's five broad groups to All, which leaves out people of no known group; England is not rounded.

    Return remarks on groups that are not there.
    """
    cells: dict[str, dict[str, Cell]] = {}
    remarks = []
    for record in records:
        group = record["DemographicBreakdown"].text.casefold()
        cells.setdefault(record["Measure"].text, {})[group] = record["Total_Count"]
    for measure, of in cells.items():
        counts = {group: cell.number("figure", whole=True) for group, cell in of.items() if cell.text}
        together = sum(counts.get(group, 0) for group in _BROAD)
        if missing := sorted({*_BROAD, "all"} - counts.keys()):
            remarks.append(f"{measure}: England has no row of {', '.join(missing)}.")
        if "all" in counts and (together > counts["all"] or (not missing and together != counts["all"])):
            raise of["all"].error(
                f"{measure}: the five ethnic groups come to {together:,.0f}, and All is {counts['all']:,.0f}.",
                "Download the file again.",
            )
    return remarks


def _year(cell: Cell) -> int:
    found = re.fullmatch(r"(20\d\d)/(\d\d)", cell.text)
    if found is None:
        raise cell.error(f"The year is {cell.text!r} and not like 2023/24.", "Download the file again.")
    return int(found.group(1)) + 1


def _group(cell: Cell) -> str:
    """Return the ethnic group: broad rows as one of five, detailed ones as one of eighteen."""
    label = cell.text.casefold()
    if label == "all":
        return KNOWN
    try:
        # "Any Other Ethnic Group" is a detailed group here, next to "Other Ethnic Groups"
        if label == "any other ethnic group":
            return "Other ethnic group - Any other ethnic background"
        return harmonised(cell.text, 5 if label in _BROAD else 18, categories=2001)
    except RaceEqualityError as error:
        raise cell.error(str(error), "If the publisher renamed a group, add its label there.") from None


def _add(
    figures: FigureRows,
    trust_code: str,
    organisation: str,
    indicator: str,
    group: str,
    unit: str,
    cell: Cell,
    *,
    whole: bool = False,
) -> None:
    suppressed = not cell.text
    about = (trust_code, organisation, indicator, group, unit, cell.locator)
    figures.add(
        *about,
        value=None if suppressed else cell.number("figure", whole=whole),
        status="suppressed" if suppressed else "ok",
    )


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="Mental Health Act statistics, annual figures {edition}",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/mental-health-act-statistics-annual-figures",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="mental_health/mha_annual_*.csv",
        read=read_detentions,
        columns=COLUMNS,
        notes=(
            "By ethnic group for England and for each integrated care board (trust_code is the board's "
            "code, as in 2023/24); for a trust its total alone.",
            "Blank is suppressed; counts of boards and trusts are rounded to the nearest 5. Rates are for "
            "100,000 people of the group; the standardised ones by age and sex, for England alone. The column "
            "Confidence_interval is how far the 95% interval of the standardised rate reaches on either side.",
            "'All' among ethnic groups is everybody whose group is known, and leaves out Unknown (not "
            "stated and not known together). Ethnic groups are those of 2001, where Chinese is part of Other.",
            "The file's rows by deprivation carry labels of gender instead of deciles, so they are not read.",
        ),
    ),
)
