"""Invented figures for the demonstration trust: no real trust is like it, and no real figure is in it.

The demonstration trust shows a complete report, with the WRES indicators that a real trust only
has once its own return is loaded. Its figures come from a seeded generator and from the round
numbers below, chosen so that every kind of finding turns up in the report.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_NAME, DEMONSTRATION_SOURCE
from race_equality.sources.publication import FigureRows
from race_equality.sources.publications import access, catchment, staff_survey, workforce
from race_equality.sources.publications.demonstration_patients import add_published_patients
from race_equality.sources.returns import patients as patients_return
from race_equality.sources.returns import wres as wres_return
from race_equality.store.provenance import Source
from race_equality.store.schema import check_figures
from race_equality.store.trusts import TrustList

SOURCE = DEMONSTRATION_SOURCE
SEED = 20240917

# Shares among 18 ethnic groups of the survey's respondents, in the order of ETHNIC_GROUPS.
_RESPONDENTS = (
    0.560,
    0.018,
    0.002,
    0.070,
    0.008,
    0.006,
    0.008,
    0.013,
    0.105,
    0.032,
    0.011,
    0.009,
    0.062,
    0.058,
    0.017,
    0.006,
    0.006,
    0.009,
)
_CATCHMENT = (0.162, 0.071, 0.038, 0.701, 0.028)  # in the order of catchment.ETHNIC_GROUPS

# Rates of WRES 5 to 8 in the survey: (White, ethnic minority).
_EXPERIENCE = {5: (0.243, 0.281), 6: (0.207, 0.252), 7: (0.586, 0.482), 8: (0.069, 0.158)}
_RESPONSES = {"White": 2310, "Ethnic minority": 1190}

# Headcount by staff group; a group's parts come to a few more than it, as people have two roles.
_HEADCOUNT = dict(
    zip(
        workforce.STAFF_GROUPS,
        (
            6842,
            3745,
            902,
            361,
            12,
            58,
            2,
            241,
            118,
            52,
            55,
            4,
            3,
            1958,
            171,
            4,
            716,
            2150,
            1688,
            2,
            467,
            953,
            402,
            404,
            52,
            98,
            3,
        ),
        strict=True,
    )
)

# Staff in each band: people in the last year, and the share from ethnic minorities. The share
# falls as bands rise, but for band 5, where nurses recruited abroad start.
_CLINICAL = {
    "under_band_1": (0, 0.0),
    "band_1": (3, 0.33),
    "band_2": (742, 0.34),
    "band_3": (486, 0.33),
    "band_4": (239, 0.29),
    "band_5": (1042, 0.49),
    "band_6": (978, 0.35),
    "band_7": (611, 0.24),
    "band_8a": (192, 0.18),
    "band_8b": (57, 0.14),
    "band_8c": (24, 0.12),
    "band_8d": (11, 0.09),
    "band_9": (5, 0.0),
    "vsm": (3, 0.0),
}
_NON_CLINICAL = {
    "under_band_1": (0, 0.0),
    "band_1": (6, 0.33),
    "band_2": (488, 0.31),
    "band_3": (402, 0.26),
    "band_4": (308, 0.23),
    "band_5": (167, 0.25),
    "band_6": (121, 0.23),
    "band_7": (104, 0.20),
    "band_8a": (71, 0.17),
    "band_8b": (43, 0.14),
    "band_8c": (26, 0.12),
    "band_8d": (14, 0.07),
    "band_9": (8, 0.0),
    "vsm": (9, 0.11),
}
_MEDICAL = {
    "consultant": (361, 0.43),
    "non_consultant_career_grade": (79, 0.68),
    "trainee_grade": (441, 0.55),
    "other": (7, 0.43),
}
_YEARS = (date(2023, 3, 31), date(2024, 3, 31), date(2025, 3, 31))
_GROWTH = (0.95, 0.975, 1.0)
_SHIFT = (-0.035, -0.018, 0.0)  # of the share from ethnic minorities, by year
_UNKNOWN = (0.052, 0.041, 0.033)

# Recruitment and fair process in each year: (people in the base, rate) for White and ethnic minority.
_SHORTLISTED = ((2480, 0.232, 2210, 0.142), (2395, 0.228, 2660, 0.146), (2310, 0.225, 2890, 0.151))
_DISCIPLINED = ((0.0061, 0.0094), (0.0058, 0.0079), (0.0055, 0.0071))
_TRAINED = ((0.612, 0.583), (0.624, 0.602), (0.631, 0.618))
# Board: (all, voting, executive) by group; small numbers, as boards have.
_BOARD = (
    {"White": (13, 11, 6), "Ethnic minority": (1, 1, 0), "Unknown": (0, 0, 0)},
    {"White": (13, 11, 6), "Ethnic minority": (2, 2, 0), "Unknown": (0, 0, 0)},
    {"White": (12, 10, 6), "Ethnic minority": (3, 3, 1), "Unknown": (0, 0, 0)},
)


# Patients: shares among groups, in the order of a patients return; people counted in a year and those
# among them (the waiting list has its own figures already); and how likely each group is to be.
_PATIENT_SHARES = {
    "ethnicity": (0.155, 0.068, 0.034, 0.640, 0.028, 0.045, 0.030),
    "deprivation": (0.31, 0.24, 0.19, 0.14, 0.11, 0.01),
}
_AGES_AND_SEXES = {"age": (0.14, 0.51, 0.348, 0.002), "sex": (0.545, 0.454, 0.001)}
_PATIENTS = {
    "patients_did_not_attend": (118_600, 9_340),
    "patients_restrictive_interventions": (1_240, 183),
    "patients_detained": (1_240, 541),
}
# Of its invented system: people of each ethnic group, and detentions for 100,000 of them.
_SYSTEM = {
    "Asian": (205_000, 82.0),
    "Black": (92_000, 238.0),
    "Mixed": (48_000, 131.0),
    "White": (885_000, 71.0),
    "Other": (36_000, 96.0),
}
_PATIENT_ODDS = {
    "ethnicity": (1.12, 1.30, 1.15, 1.0, 1.08, 1.05, 1.0),
    "deprivation": (1.35, 1.22, 1.12, 1.05, 1.0, 1.1),
}


_AGE_AND_SEX_ODDS = {"age": (0.92, 1.08, 1.0, 1.0), "sex": (1.05, 1.0, 1.0)}


def demonstration_figures() -> pd.DataFrame:
    """Return every figure of the demonstration trust, the same at each call.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`race_equality.store.schema.FIGURE_DTYPES`.
    """
    return _figures().copy(deep=False)


@cache
def _figures() -> pd.DataFrame:
    # RandomState and not Generator: its stream is frozen for good (NumPy enhancement proposal 19)
    random = np.random.RandomState(SEED)
    rows = _Rows()
    _survey(rows, random)
    _people_served_and_employed(rows)
    for year in range(len(_YEARS)):
        _wres_return(rows, random, year)
    # after the others: their draws, and so their figures, stay as they were
    _survey_panel(rows, random)
    _waits(rows, random)
    _maternity(rows, random)
    _patients_return(rows, random, _PATIENT_SHARES, _PATIENT_ODDS)
    _workforce_over_time(rows, random)
    _mental_health_act(rows, random)
    _patients_return(rows, random, _AGES_AND_SEXES, _AGE_AND_SEX_ODDS)
    add_published_patients(rows.add)
    return check_figures(rows.figures.table(), origin="sources/demonstration.py")


def demonstration_source() -> Source:
    """Return the source of the demonstration trust's figures, which says that they are invented."""
    return Source(
        id=SOURCE,
        title="Invented figures of the demonstration trust",
        publisher="The race-equality project",
        url="",
        licence="MIT",
        date_read=date(2026, 11, 22),
        sha256="",
        file="demonstration.py",
        period="invented, for the periods of the real publications; WRES return to March 2023, 2024, 2025",
        notes=(
            f"Every figure of {DEMONSTRATION_NAME} is invented by a seeded script "
            "(src/race_equality/sources/publications/demonstration.py). No real trust has an invented figure.",
        ),
    )


class _Rows:
    def __init__(self) -> None:
        nobody = pd.DataFrame({"trust_code": [], "kind": [], "open_date": []})
        self.figures = FigureRows(SOURCE, staff_survey.survey_period(2024), TrustList(nobody, []))

    def add(self, indicator: str, group: str, unit: str, value: float | None, *, status: str = "", **more: Any) -> None:
        status = status or ("ok" if value is not None else "not_available")
        self.figures.add(
            DEMONSTRATION_CODE,
            DEMONSTRATION_CODE,
            indicator,
            group,
            unit,
            f"invented: sources/demonstration.py, seed {SEED}",
            value=value,
            status=status,
            **more,
        )

    def add_rate(self, indicator: str, group: str, numerator: float, denominator: float, **more: Any) -> None:
        about = (indicator, group, "percent", 100 * numerator / denominator if denominator else None)
        self.add(*about, numerator=float(numerator), denominator=float(denominator), **more)


def _survey(rows: _Rows, random: np.random.RandomState) -> None:
    for number, rates in _EXPERIENCE.items():
        for (group, responses), rate in zip(_RESPONSES.items(), rates, strict=True):
            base = responses - random.randint(0, 40)  # a few skip each question
            rows.add_rate(
                f"wres_{number}", group, random.binomial(base, rate), base, period=staff_survey.survey_period(2024)
            )
    for question, percentage, base in (
        ("q15", 55.31, 3478),
        ("q16a", 10.42, 3496),
        ("q16b", 9.87, 3465),
        ("q16c_1", 52.64, 588),
    ):
        # weighted, so no number of people is behind the percentage
        rows.add(f"staff_survey_{question}", staff_survey.ALL_STAFF, "percent", percentage, denominator=float(base))
    respondents = 3452
    for group, people in zip(staff_survey.ETHNIC_GROUPS, random.multinomial(respondents, _RESPONDENTS), strict=True):
        rows.add_rate("staff_survey_q28", group, people, respondents)


def _people_served_and_employed(rows: _Rows) -> None:
    month_end = date(2023, 5, 31)
    for group, people in _HEADCOUNT.items():
        rows.add("workforce_headcount", group, "people", float(people), period=(month_end, month_end))
    published = (date(2026, 4, 1), date(2026, 4, 30))
    for indicator, unit, value in (
        ("catchment_population", "people", 482_300.0),
        ("catchment_imd_score", "score", 27.4),
        ("catchment_deprivation_quintile", "quintile", 2.0),
    ):
        rows.add(indicator, catchment.ALL_PEOPLE, unit, value, period=published)
    for group, share in zip(catchment.ETHNIC_GROUPS, _CATCHMENT, strict=True):
        rows.add(
            "catchment_ethnicity", group, "percent", 100 * share, period=(catchment.CENSUS_DAY, catchment.CENSUS_DAY)
        )


def _survey_panel(rows: _Rows, random: np.random.RandomState) -> None:
    for year, public, internal, minority in (
        (2021, 9.6, 9.1, 0.291),
        (2022, 10.1, 9.6, 0.312),
        (2023, 10.8, 10.2, 0.328),
        (2024, 10.42, 9.87, 0.342),
    ):
        period, base = staff_survey.survey_period(year), 3100 + 100 * (year - 2021)
        rows.add(
            "staff_survey_panel_q16a", staff_survey.ALL_STAFF, "percent", public, denominator=float(base), period=period
        )
        about = ("staff_survey_panel_q16b", staff_survey.ALL_STAFF, "percent", internal)
        rows.add(*about, denominator=float(base), period=period)
        rows.add_rate(
            "staff_survey_panel_ethnic_minority",
            staff_survey.ALL_STAFF,
            random.binomial(base, minority),
            base,
            period=period,
        )


def _waits(rows: _Rows, random: np.random.RandomState) -> None:
    # a list that grew until the middle of 2024 and shrinks since; longer waits follow it
    months = pd.date_range("2021-04-01", "2026-05-01", freq="MS")
    for number, first in enumerate(months):
        period = (first.date(), (first + pd.offsets.MonthEnd(0)).date())
        crowding = 1 - abs(number - 38) / 38
        waiting = round(26_000 + 14_000 * crowding) + random.randint(-300, 300)
        for indicator, share in (
            ("rtt_within_18_weeks", 0.70 - 0.14 * crowding),
            ("rtt_over_52_weeks", 0.008 + 0.042 * crowding),
            ("rtt_over_65_weeks", 0.001 + 0.012 * crowding),
        ):
            rows.add_rate(indicator, access.ALL_PATIENTS, random.binomial(waiting, share), waiting, period=period)
        winter = 0.05 if first.month in (12, 1, 2) else 0.0
        attended, admitted = 10_400 + random.randint(-600, 600), 2_450 + random.randint(-150, 150)
        rows.add_rate(
            "ae_over_4_hours", access.ALL_PATIENTS, random.binomial(attended, 0.26 + winter), attended, period=period
        )
        rows.add_rate(
            "ae_over_12_hours_to_admission",
            access.ALL_PATIENTS,
            random.binomial(admitted, 0.05 + winter),
            admitted,
            period=period,
        )


def _maternity(rows: _Rows, random: np.random.RandomState) -> None:
    def rounded(count: int) -> float:
        return 5.0 * round(count / 5)  # as the publisher rounds

    groups = {
        "Asian": 0.21,
        "Black": 0.09,
        "Mixed": 0.035,
        "White": 0.56,
        "Other": 0.045,
        "Not known": 0.01,
        "Not stated": 0.04,
        "Unknown": 0.01,
    }
    deciles = {
        f"Decile {n}": share
        for n, share in enumerate((0.17, 0.15, 0.13, 0.11, 0.10, 0.09, 0.08, 0.07, 0.05, 0.04), start=1)
    } | {"Unknown": 0.01}
    for year in (2022, 2023, 2024):
        period, deliveries = (date(year - 1, 4, 1), date(year, 3, 31)), 4_450 + random.randint(-80, 80)
        rows.add("maternity_deliveries", "All deliveries", "count", rounded(deliveries), period=period)
        for indicator, shares in (
            ("maternity_deliveries_by_ethnicity", groups),
            ("maternity_deliveries_by_deprivation", deciles),
        ):
            for group, count in zip(shares, random.multinomial(deliveries, list(shares.values())), strict=True):
                rows.add(indicator, group, "count", rounded(count), period=period)
        for indicator, rate in (
            ("maternity_preterm_births", 0.079),
            ("maternity_low_birthweight_at_term", 0.033),
            ("maternity_smoking_at_booking", 0.082),
        ):
            rows.add_rate(
                indicator, "All births", rounded(random.binomial(deliveries, rate)), rounded(deliveries), period=period
            )


def _wres_return(rows: _Rows, random: np.random.RandomState, year: int) -> None:
    year_to = _YEARS[year]
    on_the_day, over_the_year = (year_to, year_to), (date(year_to.year - 1, 4, 1), year_to)
    staff = dict.fromkeys(wres_return.GROUPS, 0)
    for part, bands in (("clinical", _CLINICAL), ("non_clinical", _NON_CLINICAL), ("medical", _MEDICAL)):
        for band, (people, share) in bands.items():
            total = round(people * _GROWTH[year])
            unknown = random.binomial(total, _UNKNOWN[year])
            minority = random.binomial(total - unknown, max(share + _SHIFT[year], 0.0))
            counts = {"White": total - unknown - minority, "Ethnic minority": minority, "Unknown": unknown}
            for group, count in counts.items():
                staff[group] += count
                rows.add(f"wres_1_{part}_{band}", group, "people", float(count), period=on_the_day)
    white, white_rate, minority, minority_rate = _SHORTLISTED[year]
    shortlisted = {"White": white, "Ethnic minority": minority, "Unknown": 96}
    chances = {"White": white_rate, "Ethnic minority": minority_rate, "Unknown": 0.15}
    for group, people in shortlisted.items():
        appointed = random.binomial(people, chances[group])
        rows.add_rate("wres_2", group, appointed, people, period=over_the_year)
        # international recruits are shortlisted and appointed as a cohort: a third of minority appointments
        international = appointed // 3 if group == "Ethnic minority" else 0
        rows.add_rate(
            "wres_2_excluding_international",
            group,
            appointed - international,
            people - international,
            period=over_the_year,
        )
    for indicator, rates in (("wres_3", _DISCIPLINED[year]), ("wres_4", _TRAINED[year])):
        for group, rate in zip(wres_return.GROUPS, (*rates, rates[0]), strict=True):
            rows.add_rate(indicator, group, random.binomial(staff[group], rate), staff[group], period=over_the_year)
    for group, seats in _BOARD[year].items():
        for part, people in zip(("wres_9_board", "wres_9_voting", "wres_9_executive"), seats, strict=True):
            rows.add(part, group, "people", float(people), period=on_the_day)


def _patients_return(
    rows: _Rows, random: np.random.RandomState, shares: dict[str, tuple[float, ...]], odds: dict[str, tuple[float, ...]]
) -> None:
    waits = rows.figures.table()
    waits = waits[waits["indicator"].isin(access.RTT_INDICATORS.values())]
    for year_to in _YEARS:
        wait = waits[waits["period_end"] == pd.Timestamp(year_to)].set_index("indicator")
        people = wait["denominator"].iloc[0]
        totals = {"patients_waiting": [people, people - wait.loc["rtt_within_18_weeks", "numerator"]]}
        totals["patients_waiting"] += [wait.loc[f"rtt_over_{n}_weeks", "numerator"] for n in (52, 65)]
        totals |= {name: list(counts) for name, counts in _PATIENTS.items()}
        for measure in patients_return.MEASURES:
            for breakdown in shares:
                groups = patients_return.BREAKDOWNS[breakdown]
                counts: dict[tuple[str, str], float | None] = {}
                weights, most = np.array(shares[breakdown]), None
                for item, total in zip(measure.items(), totals[measure.indicator], strict=True):
                    among = _shared_out(random, int(total), weights, most)
                    counts |= {(item, column): float(n) for column, n in zip(groups, among, strict=True)}
                    if item == measure.base or measure.nested:
                        weights, most = among * np.array(odds[breakdown]), among
                for indicator, column, _, status, part, base in patients_return.shares(measure, breakdown, counts):
                    share = 100 * part / base if part is not None and base else None
                    about = (indicator, groups[column], "percent", share)
                    rows.add(*about, status=status, numerator=part, denominator=base, period=measure.period(year_to))


def _workforce_over_time(rows: _Rows, random: np.random.RandomState) -> None:
    month_end = date(2023, 5, 31)
    for group, people in _HEADCOUNT.items():
        full_time = people * (0.93 if "Doctor" in group or group == "Consultant" else 0.87)
        rows.add("workforce_fte", group, "fte", round(full_time, 2), period=(month_end, month_end))
    total = _HEADCOUNT["Total"]
    for year in range(2010, 2024):
        day = date(year, 3, 31)
        people = round(total * 0.982 ** (2023 - year)) + random.randint(-40, 40)
        rows.add("workforce_march_headcount", "Total", "people", float(people), period=(day, day))
        rows.add("workforce_march_fte", "Total", "fte", round(0.87 * people, 2), period=(day, day))


def _mental_health_act(rows: _Rows, random: np.random.RandomState) -> None:
    """Add the trust's totals as published, and those of its invented system by ethnic group."""
    period = (date(2023, 4, 1), date(2024, 3, 31))
    for indicator, total in (("mha_detentions", 540), ("mha_community_treatment_orders", 60)):
        rows.add(indicator, "All people", "count", float(total), period=period)
    for group, (people, per_100_000) in _SYSTEM.items():
        detentions = 5.0 * round(random.poisson(people * per_100_000 / 100_000) / 5)  # as published
        rows.add("mha_detentions", group, "count", detentions, period=period)
        rate = 100_000 * detentions / people
        rows.add("mha_detentions_rate", group, "per_100000", round(rate, 1), period=period)
    rows.add("mha_detentions", "Unknown", "count", 85.0, period=period)
    boards = (("Demonstration", 87.5), ("Another system (invented)", 12.5))
    for board, share in boards:
        rows.add("catchment_system", board, "percent", share, period=(date(2022, 1, 1), date(2022, 12, 31)))


def _shared_out(random: np.random.RandomState, total: int, weights: np.ndarray, most: np.ndarray | None) -> np.ndarray:
    """Return a total shared out among groups, to none more than it has people."""
    among = random.multinomial(total, weights / weights.sum())
    if most is not None:
        over = np.maximum(among - most, 0)
        among = among - over
        among[np.argmax(most - among)] += over.sum()
    return among
