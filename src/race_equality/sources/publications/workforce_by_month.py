"""Full-time equivalents of all staff, by trust and month; used from June 2023 on.

Layout: a CSV with a row for each trust and month. The official workbook of May 2023 holds the months before, to which
this series is equal from October 2020 to May 2023; from September 2019 to September 2020 it is 0.1% to 0.3% above the
series as revised since, so that nothing before June 2023 is read.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from pathlib import Path

import pandas as pd

from race_equality.errors import InputError
from race_equality.sources.cells import Cell, first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "workforce_fte_by_month"
COLUMNS = ("org_code", "period", "fte")
OTHER_COLUMNS = ("org_name", "region")
#: The first month that is read: the official workbook ends the month before.
FIRST_MONTH = date(2023, 6, 30)


def read_months(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the full-time equivalents of each month from June 2023 on.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures

    Raises
    ------
    InputError
    """
    table = read_csv(path, COLUMNS, optional=OTHER_COLUMNS)
    first_by_key((((r["org_code"].text, r["period"].text), r["fte"]) for r in table), "organisation and month")
    days: dict[str, date] = {}
    for record in table:
        if record["period"].text not in days:
            days[record["period"].text] = _last_day(record["period"])
    last = max(days.values())
    if last < FIRST_MONTH:
        raise InputError(
            f"The file ends in {last:%B %Y}; months are read from June 2023 on.",
            file=path,
            mend="The official workbook holds those before: add it instead.",
        )
    figures = FigureRows(PUBLICATION, (last, last), trusts)
    known: dict[str, str | None] = {}
    before = 0
    rows: dict[tuple[str, date], list[tuple[str, Cell]]] = {}
    for record in table:
        day = days[record["period"].text]
        if day < FIRST_MONTH:
            before += 1
            continue
        organisation = record["org_code"].text
        if "org_name" in record.values:
            figures.check_name(organisation, record["org_name"])
        if organisation not in known:
            known[organisation] = figures.trust_of(record["org_code"], "organisations that are not trusts")
        trust_code = known[organisation]
        if trust_code is not None:
            rows.setdefault((trust_code, day), []).append((organisation, record["fte"]))
    for (trust_code, day), cells in rows.items():
        opened = trusts.open_dates[trust_code]
        is_open = not pd.isna(opened) and opened.date() <= day
        if is_open and trust_code not in {organisation for organisation, _ in cells}:
            # what is there is a trust that merged into it later, and would pass for the whole of it
            others = ", ".join(organisation for organisation, _ in cells)
            about = (trust_code, trust_code, PUBLICATION, "Total", "fte", f"{cells[0][1].locator} (of {others} alone)")
            figures.add(*about, status="not_available", period=(day, day))
            continue
        for organisation, cell in cells:
            about = (trust_code, organisation, PUBLICATION, "Total", "fte", cell.locator)
            figures.add(*about, value=cell.number("full-time equivalents"), period=(day, day))
    figures.complete(PUBLICATION, ["Total"], "fte", reason="not among the organisations")
    remarks = [*table.remarks, *([f"Months before June 2023 not read: {before:,} rows."] if before else [])]
    return figures.loaded(f"{last:%B %Y}", f"June 2023 to {last:%B %Y}, each month", remarks)


def _last_day(cell: Cell) -> date:
    """Return the last day of a month such as 2025-08."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", cell.text)
    if found is None:
        raise cell.error(f"The month is {cell.text!r} and not like 2025-08.", "Download the file again.")
    year, month = int(found.group(1)), int(found.group(2))
    return date(year, month, monthrange(year, month)[1])


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="NHS Workforce Statistics: full-time equivalents by trust and month, June 2023 to {edition}",
        publisher="NHS England (figures)",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-workforce-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="workforce/trust_total_fte_by_month_*.csv",
        read=read_months,
        columns=COLUMNS,
        optional=True,
        notes=(
            "All staff together, full-time equivalents alone: no headcount and no staff groups. Months before June 2023 "
            "are in the official workbook of May 2023, to which these are equal where both have them.",
        ),
    ),
)
