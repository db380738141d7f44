"""Who works at a trust, by staff group (NHS Workforce Statistics)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.indicators import BY_ID
from race_equality.statistics.trend import Trend, trend
from race_equality.store.cache import cached

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
    rows = rows[rows["trust_code"].isin([*codes, ENGLAND_CODE])]
    columns = ["trust_code", "group", "people", "percent", "england_percent", "status", "period_start", "period_end"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    people = (
        rows["value"]
        .astype("float64")
        .groupby([rows["trust_code"], rows["group"]])
        .sum()
        .unstack()
        .reindex(index=[*codes, ENGLAND_CODE], columns=list(MAIN_GROUPS))
    )
    england = people.iloc[-1].to_numpy()
    people = people.iloc[:-1].to_numpy()
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
    rows = figures[(figures["indicator"] == _MARCH) & (figures["status"] == "ok")]
    rows = rows.assign(year=rows["period_end"].dt.year, people=rows["value"].astype("float64"))
    span = rows.groupby(["trust_code", "organisation_code"])["year"].agg(["min", "max"]).reset_index()
    table = rows.groupby(["trust_code", "year"], as_index=False).agg(
        people=("people", "sum"), counted=("people", "size")
    )
    # how many organisations there were that year: each from its first year to its last
    there = table.merge(span, on="trust_code")
    many = there[there["year"].between(there["min"], there["max"])].groupby(["trust_code", "year"]).size()
    whole = table["counted"].to_numpy() >= many.reindex(table.set_index(["trust_code", "year"]).index).to_numpy()
    return table.loc[whole, ["trust_code", "year", "people"]]


def yearly_growth(marches: pd.DataFrame, *, years: int = 9) -> Trend:
    """Return the yearly growth of a trust's staff over its last years, with its interval.

    Parameters
    ----------
    marches : pandas.DataFrame
        One trust's rows of :func:`headcount_by_march`.
    years : int
        How many years at most: over four to nine points a straight line is fitted.

    Returns
    -------
    Trend
        In per cent a year (a straight line through the logarithms); fewer than four years give "too few points".
    """
    last = marches[marches["people"] > 0].tail(years)
    found = trend(last["year"].to_numpy(dtype="float64"), np.log(last["people"].to_numpy(dtype="float64")))
    slope, lower, upper = (100 * np.expm1(value) for value in (found.slope, found.lower, found.upper))
    return Trend(float(slope), float(lower), float(upper), found.direction, found.points)


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
