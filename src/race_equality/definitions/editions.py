"""When each publication comes out, and which files are one edition.

As the publishers' pages say it and docs/publication_day.md has it; a test holds the two together. Of a publication that
is not here nothing is said but how far apart the editions are that are held.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """A publication that comes out again and again.

    Parameters
    ----------
    name : str
        As its publisher calls it.
    files : mapping of str to str
        Ids of the publications that are files of it, to what each file is called. Of several, those of one year are one
        edition.
    months : int
        From one edition to the next.
    appears : int, optional
        The month of the year in which it is published, where the publisher keeps to one.
    """

    name: str
    files: Mapping[str, str]
    months: int
    appears: int | None = None


def _one(name: str, id: str, months: int) -> Series:
    return Series(name, {id: "file"}, months)


MONTH, QUARTER, YEAR = 1, 3, 12
STAFF_SURVEY = Series(
    "NHS Staff Survey",
    {
        "staff_survey_organisations": "organisational workbook",
        "staff_survey_national": "national workbook",
        "wres_benchmark": "benchmark workbook",
        "wres_5_to_8": "benchmark workbook",
    },
    YEAR,
    appears=3,
)
SERIES = (
    STAFF_SURVEY,
    _one("NHS Workforce Statistics", "workforce", MONTH),
    _one("Referral to treatment", "rtt", MONTH),
    _one("A&E", "ae", MONTH),
    _one("Waiting list by ethnic group (Waiting List Minimum Data Set)", "waiting_list", MONTH),
    _one("Maternity Services Data Set", "maternity", YEAR),
    _one("Maternity Services Data Set, measures", "maternity_measures", MONTH),
    _one("NHS Talking Therapies", "talking_therapies", YEAR),
    _one("Mental Health Act", "mental_health_act", YEAR),
    _one("Mental Health Bulletin", "mental_health_bulletin", YEAR),
    _one("Mental Health Services Monthly Statistics", "mental_health_monthly", MONTH),
    _one("Hospital Accident and Emergency Activity", "emergency_care", YEAR),
    _one("NHS Oversight Framework", "oversight_framework", QUARTER),
)


def publication_of(source_id: str) -> str:
    """Return a source's id without its edition.

    Examples
    --------
    >>> [publication_of(id) for id in ("staff_survey_national_2024", "waiting_list_2026_01_25", "wres_5_to_8_2024", "rtt")]
    ['staff_survey_national', 'waiting_list', 'wres_5_to_8', 'rtt']
    """
    return re.sub(r"_\d{4}(?:_\d{2})*$", "", source_id)


def edition_of(source_id: str) -> str:
    """Return the edition in a source's id; "" where there is none.

    Examples
    --------
    >>> edition_of("workforce_2023_05")
    '2023_05'
    """
    return source_id[len(publication_of(source_id)) + 1 :]


def series_of(source_id: str) -> Series | None:
    """Return the series that a source is an edition of."""
    return next((one for one in SERIES if publication_of(source_id) in one.files), None)
