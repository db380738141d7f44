"""WRES indicators 5 to 8 by trust, from the Staff Survey's benchmark workbook.

Layout: a row for each trust, indicator and group, with the rate (0 to 1) and the number of
responses. The groups are the publisher's White and BME; BME is stored as "Ethnic minority".
"""

from __future__ import annotations

from pathlib import Path

from race_equality.sources.cells import first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.staff_survey import survey_period
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "wres_5_to_8"
COLUMNS = ("trust_code", "trust_type", "survey_year", "wres_indicator", "group", "rate", "base")

GROUPS = {"White": "White", "BME": "Ethnic minority"}
INDICATORS = (5, 6, 7, 8)

# rate times base is a whole number of people; rates have about 16 significant digits
_TOLERANCE = 1e-6


def read_indicators_5_to_8(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read WRES indicators 5 to 8.

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
        Also when a rate does not fit its base: their product must be a whole number of people.

    Notes
    -----
    The benchmark workbook prints rates without their bases; the file's author found each base as the number of
    responses that turns the rate into a whole number of people. Where several did (``n_candidates`` over 1), the rate
    is as published and the base is one of the candidates: the locator says so. The figure is kept, since its percentage
    is exact and its interval hardly depends on which it was.
    """
    table = read_csv(path, COLUMNS, optional=("n_candidates",))
    first_by_key(
        (
            ((r["trust_code"].text, r["survey_year"].text, r["wres_indicator"].text, r["group"].text), r["trust_code"])
            for r in table
        ),
        "trust, year, indicator and group",
    )
    years = {int(r["survey_year"].number("year", low=2000, high=2100, whole=True)) for r in table}
    last = max(years)
    figures = FigureRows(f"{PUBLICATION}_{last}", survey_period(last), trusts)
    counted: set[str] = set()
    uncertain = 0
    for record in table:
        organisation = record["trust_code"].text
        if organisation in counted:
            continue
        trust_code = figures.trust_of(record["trust_code"])
        if trust_code is None:
            counted.add(organisation)
            continue
        group, indicator = record["group"], record["wres_indicator"]
        if group.text not in GROUPS:
            raise group.error(f"The group {group.text!r} is not known.", f"It must be one of {', '.join(GROUPS)}.")
        number = int(indicator.number("WRES indicator", low=5, high=8, whole=True))
        rate = record["rate"].number("rate", high=1)
        base = record["base"].number("base", low=1, whole=True)
        people = rate * base
        if abs(people - round(people)) > _TOLERANCE * max(base, 1):
            raise record["rate"].error(
                f"{rate!r} of {base:.0f} responses is {people:.4f} people, not a whole number.", "Check the base."
            )
        locator = record["rate"].locator
        if "n_candidates" in record.values and record["n_candidates"].number("count", low=1) > 1:
            locator += f" (base is one of {record['n_candidates'].text} that fit)"
            uncertain += 1
        about = (trust_code, organisation, f"wres_{number}", GROUPS[group.text], "percent", locator)
        figures.add(
            *about,
            value=100 * rate,
            numerator=float(round(people)),
            denominator=base,
            period=survey_period(int(record["survey_year"].number("year"))),
        )
    for number in INDICATORS:
        figures.complete(f"wres_{number}", GROUPS.values(), "percent", reason="not published for this trust")
    remarks = [f"{uncertain} bases are one of several that fit their rate."] if uncertain else []
    remarks += table.remarks
    period = " to ".join(f"autumn {year}" for year in sorted({min(years), last}))
    return figures.loaded(str(last), period, remarks)


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="WRES indicators 5 to 8 by trust, NHS Staff Survey benchmark workbook {edition}",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="wres/wres_indicators_5_to_8_by_trust_*.csv",
        read=read_indicators_5_to_8,
        columns=COLUMNS,
        replaces=("wres_benchmark",),
        notes=(
            "The publisher's groups are White and BME; BME is stored as Ethnic minority.",
            "Not available for mental health trusts: the file has no sheet of theirs, so their figures "
            "need the trust's own return (`race-equality data template wres`) or the full benchmark "
            "workbook. Of the Isle of Wight's two sectors it has the acute one (R1F1) alone.",
        ),
        edition_notes={
            "2024": (
                "The workbook prints rates without bases. The file's author found each base as the number of "
                "responses for which rate times base is a whole number; for 21 of the 1,272 rows several "
                "numbers fit (n_candidates), and the base is one of them, within 2.1% of the middle of the trust's "
                "other bases. The percentage is as published in either case; the locator of these figures says so.",
                "Pooled over the file's trusts, indicator 6 is 24.55% for ethnic minority and 20.72% for White "
                "staff; published for England, a year earlier: 24.9% and 20.7%. The file has no mental health trusts.",
            )
        },
    ),
)
