"""What is known of trusts before a return is read, to hold it to: published figures, and what the trust gave before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from race_equality.definitions.codes import ENGLAND_CODE, PUBLISHED_BY_TRUSTS
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import BOARD, BY_ID, OWNER
from race_equality.sources.returns.form import Key

#: A headcount of another time than this many years says nothing.
YEARS_APART = 5


@dataclass(frozen=True)
class Known:
    """What is known of trusts.

    Parameters
    ----------
    minority : mapping of str to float
        Trust to the share of its staff from ethnic minorities, 0 to 1: of those who answered the last survey.
    headcount : mapping of str to mapping of int to float
        Trust to its staff in March of each year.
    growth : mapping of str to mapping of int to float
        Trust to its full-time equivalents in March of each year.
    national : mapping of (str, int) to float
        Indicator and year to England's ratio.
    before : mapping of (str, int, str) to float
        Trust, year, and indicator or item to the share from ethnic minorities that is held.
    published : mapping of (str, str) to (float, float)
        Indicator and group to the lowest and the highest percentage that a trust has published.
    waiting : mapping of str to mapping of int to float
        Trust to its published waiting list at the end of March of each year.
    held : mapping of (datetime.date, str, str, str) to float
        What the trust's own return gave before, by year, indicator, item and group.
    """

    minority: Mapping[str, float] = field(default_factory=dict)
    headcount: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    growth: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    national: Mapping[tuple[str, int], float] = field(default_factory=dict)
    before: Mapping[tuple[str, int, str], float] = field(default_factory=dict)
    published: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    waiting: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    held: Mapping[Key, float] = field(default_factory=dict)

    def staff_of(self, code: str, year: int) -> tuple[float, int] | None:
        """Return about how many staff a trust had in a March, and the year in which they were counted.

        Where the headcount is of another year, the full-time equivalents say how the trust has grown since.
        """
        years = self.headcount.get(code, {})
        if not years:
            return None
        nearest = min(years, key=lambda one: abs(one - year))
        if abs(nearest - year) > YEARS_APART:
            return None
        full_time = self.growth.get(code, {})
        then, last = full_time.get(nearest), max((one for one in full_time if nearest <= one <= year), default=nearest)
        return years[nearest] * (full_time[last] / then if then else 1.0), nearest


def known_from(figures: pd.DataFrame, held: Mapping[Key, float] | None = None) -> Known:
    """Gather what is known of trusts from the figures that are held.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, of which trusts' private returns are no part.
    held : mapping, optional
        What the trust's own return gave before.

    Returns
    -------
    Known
    """
    ok = figures[figures["status"] == "ok"]
    last = ok[ok["indicator"] == "staff_survey_panel_ethnic_minority"].sort_values("period_end", kind="stable")
    minority = {code: percent / 100 for code, percent in each(last, "trust_code", "value")}  # the last of each
    full_time = ok[ok["indicator"].isin(["workforce_march_fte", "workforce_fte_by_month"])]
    national = {
        (one.id, end.year): value
        for one in BY_ID.values()
        if one.compares == "ratio" and one.england
        for end, value in each(ok[ok["indicator"] == one.england], "period_end", "value")
    }
    before: dict[tuple[str, int, str], dict[str, float]] = {}
    columns = ("trust_code", "period_end", "indicator", "group", "unit", "value", "denominator")
    for code, end, indicator, group, unit, value, base in each(ok[ok["source"] == PUBLISHED_BY_TRUSTS], *columns):
        counts = before.setdefault((code, end.year, composition_of(indicator)), {})
        counts[group] = counts.get(group, 0.0) + (base if unit == "percent" else value)
    shares = {key: share for key, counts in before.items() if (share := minority_share(counts)) is not None}
    gaps = [one.id for one in BY_ID.values() if one.compares == "gap"]
    survey = ok[ok["indicator"].isin(gaps) & (ok["trust_code"] != ENGLAND_CODE)]
    spread = survey.groupby(["indicator", "group"])["value"].agg(["min", "max"])
    published = {key: (float(low), float(high)) for key, low, high in spread.itertuples()}
    return Known(
        minority,
        _by_march(ok[ok["indicator"] == "workforce_march_headcount"], "value"),
        _by_march(full_time, "value"),
        national,
        shares,
        published,
        _by_march(ok[ok["indicator"] == "rtt_within_18_weeks"], "denominator"),
        held or {},
    )


def _by_march(figures: pd.DataFrame, column: str) -> dict[str, dict[int, float]]:
    """Add up a column over the organisations of a trust, each March."""
    marches = figures[figures["period_end"].dt.month == 3]
    # of two publications of a month, one: they hold the same
    sums = marches.groupby(["trust_code", marches["period_end"].dt.year, "source"])[column].sum()
    found: dict[str, dict[int, float]] = {}
    for (code, year, _), value in sums.items():
        found.setdefault(str(code), {})[int(year)] = float(value)
    return found


def each(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the values of columns, row by row."""
    return zip(*(table[name].tolist() for name in columns), strict=True)


# -- White and ethnic minority the right way round ---------------------------------------------------


def composition_of(indicator: str) -> str:
    """Return which counts tell who works or applies there: those of all bands are one."""
    owner = OWNER[indicator].id
    return owner if owner != BOARD.id else indicator


def minority_share(counts: Mapping[str, float | None]) -> float | None:
    """Return the share from ethnic minorities, of those whose ethnicity is known; None where it is not."""
    white, minority = counts.get(WHITE), counts.get(ETHNIC_MINORITY)
    return minority / (white + minority) if white is not None and minority is not None and white + minority else None


def fits_better_swapped(share: float, reference: float) -> bool:
    """Say whether a share is much nearer to what the other group's would be.

    Notes
    -----
    Of a trust with about as many White as other staff nobody can tell: the two must be far apart.
    """
    away = abs(share - reference)
    return away > 0.15 and 2 * abs(share - (1 - reference)) < away


def year_before(year_to: date) -> date:
    """Return the 31 March a year earlier."""
    return date(year_to.year - 1, 3, 31)
