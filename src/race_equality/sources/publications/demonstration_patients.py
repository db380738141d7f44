"""Invented patients of the demonstration trust by ethnic group, in the layouts that are published for real trusts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from race_equality.sources.publications import waiting_list

WEEK_END = date(2026, 1, 25)
SEED = 20260125

# Share of the waiting list in each of the publication's groups, by breakdown; what is left has no known group.
_OF_LIST: Mapping[str, tuple[float, ...]] = {
    "ethnicity": (
        *(0.520, 0.014, 0.058),  # White
        *(0.011, 0.006, 0.008, 0.010),  # Mixed
        *(0.088, 0.041, 0.013, 0.024),  # Asian
        *(0.027, 0.048, 0.014),  # Black
        *(0.007, 0.021),  # Chinese and Other
        *(0.060, 0.030),  # not stated, not known
    ),
    "deprivation": (0.16, 0.14, 0.13, 0.11, 0.10, 0.09, 0.08, 0.07, 0.06, 0.04),
    "age": (0.11, 0.55, 0.34),
    "sex": (0.57, 0.43),
}
# Odds of a long wait in each group, against those of the first.
_ODDS: Mapping[str, tuple[float, ...]] = {
    "ethnicity": (1, 1, 1.05, 1.15, 1.2, 1.05, 1.1, 1.12, 1.25, 1.3, 1.1, 1.3, 1.35, 1.3, 1, 1.15, 1, 1),
    "deprivation": (1.25, 1.22, 1.18, 1.15, 1.1, 1.08, 1.06, 1.04, 1.02, 1),
    "age": (1.05, 1.1, 1),
    "sex": (1.08, 1),
}
_WAITING = 33_400

_YEARS = range(2018, 2026)
# People who finished a course and were counted in the last year, and the share that recovered.
_COURSES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "ethnicity": {
        "Asian": (610, 0.44),
        "Black": (420, 0.47),
        "Mixed": (190, 0.46),
        "White": (2850, 0.52),
        "Other": (120, 0.43),
    },
    "deprivation": {f"Decile {n}": (560 - 35 * n, 0.435 + 0.012 * n) for n in range(1, 11)},
}
# Women who reached 29 weeks in the month, and the share placed on a pathway.
_CONTINUITY: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "ethnicity": {"Asian, Black or Mixed": (125, 0.2), "White": (205, 0.17), "Other": (15, 0.13)},
    "deprivation": {f"Decile {n}": (60 - 5 * n, 0.24 - 0.012 * n) for n in range(1, 11)},
}


def _to_five(count: float) -> float:
    return 5.0 * round(count / 5)  # as the publishers round


def add_published_patients(add: Callable[..., None]) -> None:
    """Add waits, recovery in talking therapies, continuity of carer and full-time equivalents by month.

    Parameters
    ----------
    add : callable
        ``add(indicator, group, unit, value, *, status, numerator, denominator, period)`` for one figure.
    """
    random = np.random.RandomState(SEED)
    _waits(add, random)
    _talking_therapies(add, random)
    _continuity(add)
    for number, first in enumerate(pd.date_range("2023-06-01", "2025-08-01", freq="MS")):
        period = (first.date(), (first + pd.offsets.MonthEnd(0)).date())
        add(
            "workforce_fte_by_month",
            "Total",
            "fte",
            round(5_960 + 9.5 * number + random.normal(0, 6), 2),
            period=period,
        )


def _waits(add: Callable[..., None], random: np.random.RandomState) -> None:
    for breakdown, groups in waiting_list.GROUPS.items():
        for group, part, odds in zip(groups, _OF_LIST[breakdown], _ODDS[breakdown], strict=True):
            people = _to_five(_WAITING * part)
            for weeks, share in ((18, 0.385), (52, 0.021)):
                at_odds = odds * share / (1 - share)
                long = random.binomial(int(people), at_odds / (1 + at_odds))
                about = (f"waiting_over_{weeks}_weeks_by_{breakdown}", group, "percent")
                if 0 < long < 8:  # as the publisher hides
                    add(*about, None, status="suppressed", denominator=people, period=(WEEK_END, WEEK_END))
                else:
                    _add_share(add, about, long, people, (WEEK_END, WEEK_END))


def _talking_therapies(add: Callable[..., None], random: np.random.RandomState) -> None:
    for year in _YEARS:
        period = (date(year - 1, 4, 1), date(year, 3, 31))
        size = 0.75 + 0.25 * (year - _YEARS[0]) / (len(_YEARS) - 1)
        every = [0.0, 0.0]
        for breakdown, groups in _COURSES.items():
            for group, (people, share) in groups.items():
                counted = _to_five(size * people)
                recovered = random.binomial(int(counted), share)
                _add_share(
                    add, (f"talking_therapies_recovery_by_{breakdown}", group, "percent"), recovered, counted, period
                )
                if breakdown != "ethnicity":
                    continue
                every[0] += recovered
                every[1] += counted
                about = (f"talking_therapies_reliable_recovery_by_{breakdown}", group, "percent")
                _add_share(add, about, 0.95 * recovered, counted, period)
                add(
                    f"talking_therapies_referrals_by_{breakdown}",
                    group,
                    "count",
                    _to_five(2.6 * counted),
                    period=period,
                )
        _add_share(add, ("talking_therapies_recovery", "All people", "percent"), every[0], every[1], period)
        for breakdown, parts in (
            ("age", {"Under 18": 0.01, "18 to 25": 0.22, "26 to 64": 0.66, "65 and over": 0.11}),
            ("sex", {"Female": 0.68, "Male": 0.32}),
        ):
            for group, part in parts.items():
                counted = _to_five(part * every[1])
                about = (f"talking_therapies_recovery_by_{breakdown}", group, "percent")
                _add_share(add, about, random.binomial(int(counted), every[0] / every[1]), counted, period)


def _continuity(add: Callable[..., None]) -> None:
    period = (date(2025, 4, 1), date(2025, 4, 30))
    for breakdown, groups in _CONTINUITY.items():
        for group, (women, share) in groups.items():
            about = (f"maternity_continuity_of_carer_by_{breakdown}", group, "percent")
            _add_share(add, about, share * women, women, period)


def _add_share(
    add: Callable[..., None], about: tuple[str, str, str], part: float, base: float, period: tuple[date, date]
) -> None:
    part = _to_five(part)
    share = 100 * part / base if base else None
    add(*about, share, numerator=part, denominator=base, period=period)
