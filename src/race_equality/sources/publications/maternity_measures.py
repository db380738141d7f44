"""Maternity Services Data Set, measures of one month: continuity of carer by ethnic group and deprivation.

Layout: a row for each organisation, indicator and currency (numerator, denominator, rate). The file at hand is the
official CSV saved again by Excel, which turned days and months of 12 or less round (1 April became 4 January) and cut
the name of the sheet. Where a provider's data are too poor, ``Low DQ`` stands instead of the rate, with the counts still
there: that rate is not computed. Rows of ``COC_DQ_Measure`` are checks of quality and no figures.

References
----------
The publisher's own code (NHSDigital, maternity analysis): ``BAME`` is Asian other than Chinese, Black, and Mixed with
White; ``Other`` is any other Mixed background, Chinese and any other group. Counts of 1 to 7 become 5, others go to
the nearest 5, and the rate is of the rounded counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.errors import InputError
from race_equality.sources.cells import Cell, Sheet, Workbook, read_csv
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.headers import same_words
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "maternity_measures"
COLUMNS = (
    "Org_Code",
    "Org_Name",
    "Org_Level",
    "RPStartDate",
    "RPEndDate",
    "IndicatorFamily",
    "Indicator",
    "Currency",
    "Value",
)

FAMILY, MEASURE = "COC_Rate", "COC_by_28weeks"
INDICATOR = "maternity_continuity_of_carer"
UNKNOWN = "Not stated or not known"
#: The publisher's groups, which are neither the five nor the two, to those of the figures.
ETHNIC_GROUPS = {"BAME": "Asian, Black or Mixed", "White": "White", "Other": "Other", "Missing_Unknown": UNKNOWN}
#: Instead of a rate: quality too low, nothing submitted.
NO_RATE = {"low dq": "quality too low", "dns": "did not submit", "dq": "quality too low"}
_RATE_ROUNDED = 0.051  # to one decimal
_DECILE = re.compile(r"(\d\d)(?:_(Most|Least)_deprived)?", re.IGNORECASE)


@dataclass(frozen=True)
class _Row:
    """The cells of one row that are read."""

    organisation: Cell
    name: Cell
    level: Cell
    start: Cell
    end: Cell
    family: Cell
    indicator: Cell
    currency: Cell
    value: Cell


def read_continuity(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read one month's continuity of carer, for trusts and England.

    Parameters
    ----------
    path : Path
        An Excel workbook with one sheet, or the CSV.
    trusts : TrustList

    Returns
    -------
    LoadedFigures

    Raises
    ------
    InputError
    """
    cells: dict[tuple[str, str], dict[str, Cell]] = {}
    names: dict[tuple[str, str], Cell] = {}
    period: tuple[date, date] | None = None
    for row in _rows(path):
        if row.family.text != FAMILY or not (row.indicator.text + "_").startswith(f"{MEASURE}_"):
            continue
        if row.level.text not in ("National", "Provider"):
            continue  # regions, local maternity systems and groups of like units are sums of providers
        this = _period(row.start, row.end)
        if period is not None and this != period:
            raise row.start.error("The file has more than one month.", "Give one month a file.")
        period = this
        organisation = ENGLAND_CODE if row.level.text == "National" else row.organisation.text
        names.setdefault((organisation, row.name.text), row.name)
        of_measure = cells.setdefault((organisation, row.indicator.text), {})
        if row.currency.text in of_measure:
            raise row.value.error(
                f"{organisation}, {row.indicator.text}, {row.currency.text} is at "
                f"{of_measure[row.currency.text].reference} as well.",
                "Keep one of the two rows.",
            )
        of_measure[row.currency.text] = row.value
    if period is None:
        raise InputError(
            f"The file has no rows of {MEASURE}.", file=path, mend="Check that it is the file of measures, by provider."
        )
    figures = FigureRows(f"{PUBLICATION}_{period[1]:%Y_%m}", period, trusts)
    for (organisation, _), name in names.items():
        figures.check_name(organisation, name)
    known: dict[str, str | None] = {ENGLAND_CODE: ENGLAND_CODE}
    for (organisation, measure), currencies in cells.items():
        if organisation not in known:
            known[organisation] = figures.trust_of(organisation, "providers that are not trusts")
        trust_code = known[organisation]
        place = _place(measure.removeprefix(MEASURE).removeprefix("_"), next(iter(currencies.values())))
        if trust_code is not None and place is not None:
            _add(figures, (trust_code, organisation, *place, "percent"), currencies)
    ethnic_groups = [group for group in ETHNIC_GROUPS.values() if group != UNKNOWN]
    for end, groups in (("ethnicity", ethnic_groups), ("deprivation", [f"Decile {n}" for n in range(1, 11)])):
        figures.complete(
            f"{INDICATOR}_by_{end}",
            groups,
            "percent",
            reason="not among the maternity providers",
            status_of=lambda kind: "not_available" if kind == "acute" else "not_applicable",
        )
    return figures.loaded(f"{period[1]:%B %Y}", f"{period[1]:%B %Y}, provisional")


def _rows(path: Path) -> Iterator[_Row]:
    if not is_workbook(path):
        for record in read_csv(path, COLUMNS):
            yield _Row(*(record[name] for name in COLUMNS))
        return
    sheet = _sheet(Workbook(path))
    columns = [sheet.column(0, name) for name in COLUMNS]
    for number in range(1, len(sheet.rows)):
        if sheet.rows[number][columns[5]] == FAMILY:  # 17,000 of 69,000 rows, and most of those are checked by code
            yield _Row(*(sheet.cell(number, column) for column in columns))


def _sheet(workbook: Workbook) -> Sheet:
    """Return the one sheet: Excel cuts its name, which is that of the file."""
    if len(workbook.sheet_names) != 1:
        raise InputError(
            f"The workbook has {len(workbook.sheet_names)} sheets, where the saved CSV has one.",
            file=workbook.path,
            mend="Keep the sheet of measures in a copy and read that.",
        )
    return workbook.sheet(workbook.sheet_names[0])


def is_measures(workbook: Workbook) -> bool:
    """Return whether a workbook is this publication's CSV, saved by Excel under any name of the sheet.

    Parameters
    ----------
    workbook : Workbook
    """
    if len(workbook.sheet_names) != 1:
        return False
    rows = workbook.sheet(workbook.sheet_names[0]).rows
    has = {same_words(str(header)) for header in rows[0]} if rows else set()
    return {same_words(name) for name in COLUMNS} <= has


def _period(start: Cell, end: Cell) -> tuple[date, date]:
    """Return a month's first and last day, with day and month turned back where Excel turned them round."""
    last = _day(end)
    if (last + timedelta(days=1)).day != 1:
        raise end.error(f"The period ends on {last}, which is no last day of a month.", "Download the file again.")
    first = last.replace(day=1)
    if isinstance(start.value, date):
        # 1 April as text is 01/04/2025; Excel read it as 4 January in American order
        seen = start.value.date() if isinstance(start.value, datetime) else start.value
        starts = {seen, seen.replace(day=seen.month, month=seen.day) if seen.day <= 12 else seen}
    else:
        starts = {_day(start)}
    if first not in starts:
        raise start.error(
            f"The period starts on {start.text} and ends on {last}: not one month.", "Give one month a file."
        )
    return first, last


def _day(cell: Cell) -> date:
    if isinstance(cell.value, datetime):
        return cell.value.date()
    if isinstance(cell.value, date):
        return cell.value
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(cell.text, form).date()
        except ValueError:
            continue
    raise cell.error(f"The date is {cell.text!r} and not like 30/04/2025.", "Download the file again.")


def _place(group: str, cell: Cell) -> tuple[str, str] | None:
    """Return the indicator and the group of a measure's ending; None for everybody, who has no figure here."""
    if not group:
        return None
    kind, _, label = group.partition("_")
    if kind == "Ethnicity" and label in ETHNIC_GROUPS:
        return f"{INDICATOR}_by_ethnicity", ETHNIC_GROUPS[label]
    if kind == "IMD":
        if label == "Missing_Unknown":
            return f"{INDICATOR}_by_deprivation", UNKNOWN
        found = _DECILE.fullmatch(label)
        number = int(found.group(1)) if found else 0
        side = (found.group(2) or "").casefold() if found else ""
        if 1 <= number <= 10 and side == {1: "most", 10: "least"}.get(number, ""):
            return f"{INDICATOR}_by_deprivation", f"Decile {number}"
    raise cell.error(
        f"The measure {MEASURE}_{group} is of no known group.",
        "If the publisher renamed a group, add its label to this loader.",
    )


def _add(figures: FigureRows, about: tuple[str, str, str, str, str], currencies: Mapping[str, Cell]) -> None:
    rate = currencies.get("Rate")
    if rate is None or not {"Numerator", "Denominator"} <= set(currencies):
        cell = next(iter(currencies.values()))
        raise cell.error("Numerator, denominator and rate are not all there.", "Download the file again.")
    if rate.text.casefold() in NO_RATE:
        # the counts are in the file: a rate of them would be what the publisher would not print
        why = f"{rate.locator} ({NO_RATE[rate.text.casefold()]})"
        figures.add(*about, why, status="not_available")
        return
    numerator, denominator = (_count(currencies[name]) for name in ("Numerator", "Denominator"))
    value = rate.number("rate", high=100)
    if numerator > denominator:
        raise currencies["Numerator"].error(
            f"The numerator {numerator:g} is more than its denominator {denominator:g}.", "Download the file again."
        )
    if not denominator:
        figures.add(*about, f"{rate.locator} (nobody)", status="not_available")
        return
    if abs(100 * numerator / denominator - value) > _RATE_ROUNDED:  # the rate is of the rounded counts
        raise rate.error(f"The rate {value:g} is not {numerator:.0f} of {denominator:.0f}.", "Download the file again.")
    figures.add(*about, rate.locator, value=value, numerator=numerator, denominator=denominator)


def _count(cell: Cell) -> float:
    count = cell.number("count", whole=True)
    if count % 5:
        raise cell.error(
            f"The count {count:g} is not a multiple of 5, as published ones are.",
            "Check that this is the published file.",
        )
    return count


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="Maternity Services Data Set, monthly measures, {edition}",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/maternity-services-monthly-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="maternity/msds-*-exp-measures.*",
        read=read_continuity,
        columns=COLUMNS,
        has_content=is_measures,
        optional=True,
        notes=(
            "Women who reached 29 weeks of pregnancy in the month, and were placed on a continuity of carer pathway "
            "by 28 weeks. One month, provisional.",
            "Ethnic groups as published: Asian, Black or Mixed (Asian other than Chinese, Black, and Mixed with White); "
            "White; Other (Chinese and any other Mixed background included). They are neither the five nor the two "
            "groups of other figures.",
            "Counts of 1 to 7 are given as 5 and others to the nearest 5; the rate is of the rounded counts, so rates of "
            "few women jump. `Low DQ` instead of a rate (data of low quality) is not available.",
        ),
    ),
)
