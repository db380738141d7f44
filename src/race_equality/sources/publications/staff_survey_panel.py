"""Staff Survey 2021 to 2024 by organisation: discrimination, and who answered.

Figures of four editions put side by side, with their bases. Percentages are weighted within each
edition as that edition was; the publisher reweights history each year, so a change between years is
read with care, and these indicators have names of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from race_equality.sources.cells import Record, check_percentages, first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.staff_survey import (
    ALL_STAFF,
    TRUST_GROUPS,
    check_is_no_trust,
    figure_of,
    survey_period,
)
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "staff_survey_panel"
#: Indicator to its columns of rate and base, and whether it is weighted.
INDICATORS = {
    "staff_survey_panel_q16a": ("Discrimination_public_rate", "Discrimination_public_base", True),
    "staff_survey_panel_q16b": ("Discrimination_internal_rate", "Discrimination_internal_base", True),
    "staff_survey_panel_ethnic_minority": ("Ethnic_minority_rate", "Ethnic_minority_base", False),
}
COLUMNS = (
    "ODS code",
    "Year",
    "Organisation name",
    "Benchmarking group",
    *(column for rate, base, _ in INDICATORS.values() for column in (rate, base)),
)
OTHER_COLUMNS = ("Region", "Weighting", "Respondents")


def read_panel(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read four years of two questions and the share of respondents from ethnic minorities.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
    """
    table = read_csv(path, COLUMNS, optional=OTHER_COLUMNS)
    first_by_key((((r["ODS code"].text, r["Year"].text), r["ODS code"]) for r in table), "organisation and year")
    years = sorted({int(r["Year"].number("year", low=2000, high=2100, whole=True)) for r in table})
    figures = FigureRows(f"{PUBLICATION}_{years[-1]}", survey_period(years[-1]), trusts)
    for rate, _, _ in INDICATORS.values():
        check_percentages((record[rate] for record in table), rate)
    known: dict[str, str | None] = {}
    for record in table:
        read = {indicator: _figure(record, *columns) for indicator, columns in INDICATORS.items()}
        organisation = record["ODS code"].text
        if record["Benchmarking group"].text not in TRUST_GROUPS:
            check_is_no_trust(record["Benchmarking group"], organisation, trusts)
            if organisation not in known:
                figures.left_out[record["Benchmarking group"].text] += 1
            known[organisation] = None
            continue
        if organisation not in known:
            known[organisation] = figures.trust_of(record["ODS code"])
        if (trust_code := known[organisation]) is None:
            continue
        figures.check_name(organisation, record["Organisation name"])
        period = survey_period(int(record["Year"].number("year", whole=True)))
        for indicator, figure in read.items():
            locator = record[INDICATORS[indicator][0]].locator
            figures.add(trust_code, organisation, indicator, ALL_STAFF, "percent", locator, period=period, **figure)
    for indicator in INDICATORS:
        figures.complete(indicator, [ALL_STAFF], "percent", reason="not among the organisations")
    return figures.loaded(str(years[-1]), f"autumns {years[0]} to {years[-1]}", table.remarks)


def _figure(record: Record, rate: str, base: str, weighted: bool) -> dict[str, Any]:
    """Return a figure; of organisations that are no trusts as well, since slipped numbers show there too."""
    figure = figure_of(record[rate], record[base], weighted=weighted)
    respondents = record["Respondents"].number("number", whole=True) if "Respondents" in record.values else None
    if respondents is not None and (figure["denominator"] or 0) > respondents:
        raise record[base].error(
            f"{figure['denominator']:.0f} answers of {respondents:.0f} respondents.", "Download the file again."
        )
    return figure


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="NHS Staff Survey 2021 to {edition}: discrimination, and respondents from ethnic minorities",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="staff_survey/trust_panel_*.csv",
        read=read_panel,
        columns=COLUMNS,
        notes=(
            "Four editions side by side, each weighted as it was published; the publisher reweights "
            "history each year, so the difference between two years is not exact.",
            "The indicators have names of their own (staff_survey_panel_...), so that years are never "
            "added up with the edition of one year.",
        ),
    ),
)
