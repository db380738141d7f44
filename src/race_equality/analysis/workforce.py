"""Who works at a trust, by staff group (NHS Workforce Statistics)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.analysis.steps_in_staff import Step, YearlyTrend, added_up, steps_of_all
from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.indicators import BY_ID
from race_equality.statistics.trend import Spread, Trend, change_spread, mean_change
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of
from race_equality.store.trust import Succession

#: The main staff groups of the publication's hierarchy; the rest are parts of these.
MAIN_GROUPS = tuple(group for group in BY_ID["workforce_headcount"].groups if group != "Total")


def headcount_by_group(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> pd.DataFrame:
    """A trust's staff by main staff group, compared with England's.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    threshold : int
        A group of fewer people is not shown.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``people`` (missing where hidden), ``percent`` of the groups that are shown, ``england_percent``,
        ``status``. Empty where nothing was published. Groups in which the trust employs nobody are left out.

    Notes
    -----
    A person in two roles is counted in each group and once in the publisher's total, so the groups are compared with
    their own sum and not with the total; for the same reason the total does not give a hidden group away.
    """
    found = headcounts_by_group(figures, [trust_code], threshold=threshold)
    return found[["group", "people", "percent", "england_percent", "status"]]


def headcounts_by_group(
    figures: pd.DataFrame, trust_codes: Sequence[str], *, threshold: int | np.ndarray
) -> pd.DataFrame:
    """Staff by main staff group, compared with England's, for many trusts at once.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, England's among them.
    trust_codes : sequence of str
        Resolved trust codes.
    threshold : int or numpy.ndarray of int
        As for :func:`headcount_by_group`; one for all, or one for each of the trusts.

    Returns
    -------
    pandas.DataFrame
        Rows of the trusts in the order given: ``trust_code``, the columns of :func:`headcount_by_group` and
        ``period_start``, ``period_end`` of the latest figures.
    """
    codes = list(trust_codes)
    rows = _main_groups(figures)
    rows = rows[is_one_of(rows["trust_code"], [*codes, ENGLAND_CODE])]
    columns = ["trust_code", "group", "people", "percent", "england_percent", "status", "period_start", "period_end"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    sums: dict[tuple[str, str], float] = {}
    for code, name, value in zip(*(rows[one].tolist() for one in ("trust_code", "group", "value")), strict=True):
        sums[code, name] = sums.get((code, name), 0.0) + value
    *of_trusts, of_england = (
        [sums.get((code, name), np.nan) for name in MAIN_GROUPS] for code in [*codes, ENGLAND_CODE]
    )
    people, england = np.array(of_trusts).reshape(-1, len(MAIN_GROUPS)), np.array(of_england)
    least = np.broadcast_to(threshold, len(codes))
    employed = people > 0
    shown = employed & (people >= least[:, np.newaxis])
    # Shares of the groups that are shown: nothing hidden can then be worked out from them.
    known = np.where(shown, people, np.nan)
    together = np.where(shown, people, 0).sum(axis=1, keepdims=True)
    percent = 100 * known / np.where(together > 0, together, np.nan)
    trust, group = np.nonzero(employed)
    return pd.DataFrame(
        {
            "trust_code": np.array(codes, dtype=object)[trust],
            "group": np.array(MAIN_GROUPS, dtype=object)[group],
            "people": known[trust, group],
            "percent": percent[trust, group],
            "england_percent": (100 * england / np.nansum(england))[group] if not np.isnan(england).all() else np.nan,
            "status": np.where(shown[trust, group], "ok", "suppressed"),
            "period_start": rows["period_start"].iloc[0],
            "period_end": rows["period_end"].iloc[0],
        },
        columns=columns,
    )


@cached
def _main_groups(figures: pd.DataFrame) -> pd.DataFrame:
    """Staff by main staff group, of every trust and of England."""
    return figures.loc[
        (figures["indicator"] == "workforce_headcount")
        & (figures["status"] == "ok")
        & figures["group"].isin(MAIN_GROUPS),
        ["trust_code", "group", "value", "period_start", "period_end"],
    ]


#: Head counts of every March, NHS Workforce Statistics.
_MARCH = "workforce_march_headcount"

#: The years over which the spread of changes is pooled, and growth is given at most.
_YEARS_POOLED = 9


def headcount_by_march(figures: pd.DataFrame, trust_codes: Sequence[str]) -> pd.DataFrame:
    """Give staff in post each March, for many trusts at once.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_codes : sequence of str
        Resolved trust codes; ``"ENG"`` for England.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``year``, ``people``, by trust and year. Organisations that have merged are added
        up; a year in which one of them is missing, between years in which it is there, is left out.
    """
    found = _headcount_of_all_by_march(figures)
    return found[found["trust_code"].isin(list(trust_codes))].reset_index(drop=True)


@cached
def _headcount_of_all_by_march(figures: pd.DataFrame) -> pd.DataFrame:
    table = added_up(figures, [_MARCH])
    return table.assign(year=table["day"].dt.year, people=table["staff"])[["trust_code", "year", "people"]]


def yearly_growth(
    figures: pd.DataFrame, trust_code: str, successions: Sequence[Succession] = (), *, years: int = _YEARS_POOLED
) -> YearlyTrend:
    """Return the mean yearly growth of a trust's staff over its last years, with its interval.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, of all trusts: how much a number of staff moves from year to year is pooled over them.
    trust_code : str
        A resolved trust code; ``"ENG"`` for England.
    successions : sequence of Succession
        Of this trust or of all, as for :func:`race_equality.analysis.steps_in_staff.steps_in_staff`.
    years : int
        How many years at most.

    Returns
    -------
    YearlyTrend
        In per cent a year, over the years since the last step by merger or transfer; fewer than four years give "too
        few points".

    Notes
    -----
    Numbers of staff are a random walk: over 2015 to 2023 the variance of a change grows in step with the years between,
    and changes of one year and the next hardly go together. See :func:`race_equality.statistics.trend.mean_change`.
    """
    found = yearly_growths(figures, [trust_code], successions, years=years)
    few = Trend(float("nan"), float("nan"), float("nan"), "too few points", 0)
    return found.get(trust_code, YearlyTrend.of(few, None))


def yearly_growths(
    figures: pd.DataFrame,
    trust_codes: Sequence[str],
    successions: Sequence[Succession] = (),
    *,
    years: int = _YEARS_POOLED,
) -> dict[str, YearlyTrend]:
    """Return the yearly growth of many trusts: as :func:`yearly_growth`, by trust code, where there are figures."""
    marches = headcount_by_march(figures, trust_codes)
    steps, spread = steps_of_all(figures, successions), _spread_of_growth(figures)
    growth = {}
    for code, rows in groups_of(marches[marches["people"] > 0], "trust_code"):
        last = rows.tail(years)
        step = _last_step(steps.get(code, []), after=int(last["year"].iloc[0]))
        if step is not None:
            last = last[last["year"] >= step.end.year]
        found = mean_change(
            last["year"].to_numpy(dtype="float64"), np.log(last["people"].to_numpy(dtype="float64")), spread
        )
        slope, lower, upper = (float(100 * np.expm1(value)) for value in (found.slope, found.lower, found.upper))
        growth[code] = YearlyTrend(slope, lower, upper, found.direction, found.points, step)
    return growth


def _last_step(steps: Sequence[Step], *, after: int) -> Step | None:
    """Return the last step in head counts that ends later than a March."""
    found = [step for step in steps if step.unit == "people" and step.end.year > after]
    return found[-1] if found else None


@cached
def _spread_of_growth(figures: pd.DataFrame) -> Spread:
    """How much the logarithm of a trust's staff moves from one March to the next, over its last years without a step."""
    marches = _headcount_of_all_by_march(figures)
    marches = marches[~marches["trust_code"].isin([ENGLAND_CODE, DEMONSTRATION_CODE]) & (marches["people"] > 0)]
    if marches.empty:
        return Spread(float("nan"), 0, 0)
    marches = marches[marches["year"] > marches["year"].max() - _YEARS_POOLED]
    table = np.log(marches.pivot(index="trust_code", columns="year", values="people"))
    for code, steps in steps_of_all(figures).items():
        step = _last_step(steps, after=int(table.columns[0]))
        if step is not None:
            table.loc[table.index == code, table.columns < step.end.year] = np.nan
    return change_spread(table.columns.to_numpy(dtype="float64"), table.to_numpy())


def total_headcount(figures: pd.DataFrame, trust_code: str) -> float:
    """Return the publisher's total headcount of a trust, NaN where there is none.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    """
    rows = figures[
        (figures["indicator"] == "workforce_headcount")
        & (figures["group"] == "Total")
        & (figures["trust_code"] == trust_code)
        & (figures["status"] == "ok")
    ]
    return float(rows["value"].sum()) if len(rows) else float("nan")
