"""Published national WRES figures, year by year.

Layout: measure, WRES report year, value. Values are as a report prints them: ``17.7``,
``24.2 (383,706 staff)``, and ``24.9 / 20.7`` for two groups. Ratios of indicator 2 are White over
ethnic minority and of indicator 3 ethnic minority over White.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.errors import nearest
from race_equality.sources.cells import first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.staff_survey import survey_period
from race_equality.store.trusts import TrustList

PUBLICATION = "wres_national"
COLUMNS = ("measure", "wres_report_year", "value")

#: Measure to indicator, group and unit.
MEASURES = {
    "BME % of workforce": ("wres_national_workforce", "Ethnic minority", "percent"),
    "Ind2 relative likelihood white v BME appointed from shortlisting": (
        "wres_national_2_ratio",
        "White over ethnic minority",
        "ratio",
    ),
    "Ind3 relative likelihood BME v white entering disciplinary": (
        "wres_national_3_ratio",
        "Ethnic minority over White",
        "ratio",
    ),
    "Board members BME %": ("wres_national_board", "Ethnic minority", "percent"),
    "VSM BME %": ("wres_national_very_senior_managers", "Ethnic minority", "percent"),
    "Band 5 BME %": ("wres_national_band_5", "Ethnic minority", "percent"),
    "Trusts where white applicants significantly more likely appointed %": (
        "wres_national_2_trusts_adverse",
        "Trusts",
        "percent",
    ),
    "Ind6 staff harassment BME / White %": ("wres_national_6", "Ethnic minority / White", "percent"),
    "Black staff believing equal opportunities %": ("wres_national_7", "Black", "percent"),
}
#: Of the Staff Survey: a report year pairs workforce data of March with the survey of the autumn before.
SURVEY_INDICATORS = frozenset({"wres_national_6", "wres_national_7"})


def read_national_series(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the national series.

    Parameters
    ----------
    path : Path
    trusts : TrustList
        Not used: the figures are England's.

    Returns
    -------
    LoadedFigures
        A figure of the report of 2024 is of 31 March 2024, or of the survey of autumn 2023.
    """
    table = read_csv(path, COLUMNS)
    first_by_key((((r["measure"].text, r["wres_report_year"].text), r["measure"]) for r in table), "measure and year")
    years = sorted({int(r["wres_report_year"].number("year", low=2000, high=2100, whole=True)) for r in table})
    last = years[-1]
    figures = FigureRows(f"{PUBLICATION}_{last}", (date(last, 3, 31), date(last, 3, 31)), trusts)
    for record in table:
        measure, value = record["measure"], record["value"]
        if measure.text not in MEASURES:
            near = nearest(measure.text, MEASURES)
            raise measure.error(
                f"The measure {measure.text!r} is not known." + (f" The nearest is {near!r}." if near else ""),
                "Add it to sources/national_wres.py with its indicator.",
            )
        indicator, group, unit = MEASURES[measure.text]
        groups = group.split(" / ")
        numbers = re.fullmatch(r"(\d+(?:\.\d+)?)(?: / (\d+(?:\.\d+)?))?(?: \([\d,]+ staff\))?", value.text)
        found = [n for n in numbers.groups() if n is not None] if numbers else []
        if len(found) != len(groups):
            raise value.error(f"{value.text!r} is not {len(groups)} number(s).", "Write it as published: 24.9 / 20.7.")
        year = int(record["wres_report_year"].number("year", whole=True))
        day = date(year, 3, 31)
        period = survey_period(year - 1) if indicator in SURVEY_INDICATORS else (day, day)
        for name, text in zip(groups, found, strict=True):
            number = replace(value, value=text).number("figure", high=100 if unit == "percent" else None)
            figures.add(ENGLAND_CODE, ENGLAND_CODE, indicator, name, unit, value.locator, value=number, period=period)
    return figures.loaded(str(last), f"WRES report years {years[0]} to {last}")


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="WRES national figures, reports to {edition}",
        publisher="NHS England and NHS Employers",
        url="https://www.england.nhs.uk/about/equality/equality-hub/workforce-equality-data-standards/equality-standard/",
        licence="Quoted with their source",
        pattern="wres/national_series.csv",
        read=read_national_series,
        columns=COLUMNS,
        notes=(
            "Indicator 2 is White over ethnic minority, indicator 3 ethnic minority over White: above 1 is "
            "adverse to ethnic minority staff in both.",
            "A WRES report year pairs workforce data of March with the survey of the autumn before: indicators 6 and 7 "
            "of the report of 2024 are of autumn 2023.",
        ),
    ),
)
