"""Waiting times and A&E by month: a trust compared with all trusts, and change as against ordinary variation."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import ACCESS, Indicator
from race_equality.statistics.process_control import XmR, pooled_autocorrelation, xmr
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of

#: How many months, at most, process limits rest on.
MONTHS_AT_MOST = 24

_OF_A_MONTH = ["month", "people", "recording", "percent"]


@cached
def access_by_month(figures: pd.DataFrame) -> pd.DataFrame:
    """Add up people by trust, measure and month.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        In order: ``trust_code``, ``indicator``, ``month`` (its first day), ``count``, ``people``,
        ``recording`` (1 from a change of recording on), ``percent``.
    """
    rows = figures[figures["indicator"].isin([measure.id for measure in ACCESS]) & (figures["status"] == "ok")]
    table = pd.DataFrame(
        {
            "trust_code": rows["trust_code"],
            "indicator": rows["indicator"],
            "month": rows["period_start"],
            "count": rows["numerator"].astype("float64"),
            "people": rows["denominator"].astype("float64"),
            "recording": rows["recording"].ne("").astype("int64"),
        }
    )
    return _added_up(table, ["trust_code", "indicator", "month"])


def _added_up(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    sums = rows.groupby(by, as_index=False).agg({"count": "sum", "people": "sum", "recording": "max"})
    return sums.assign(percent=100 * sums["count"] / sums["people"])


@cached
def _all_trusts_by_month(figures: pd.DataFrame) -> pd.DataFrame:
    """Add up :func:`access_by_month` over all real trusts."""
    rows = access_by_month(figures)
    rows = rows[rows["trust_code"] != DEMONSTRATION_CODE]
    return _added_up(rows, ["indicator", "month"])


@cached
def autocorrelations(figures: pd.DataFrame) -> pd.DataFrame:
    """Say how much a month resembles the one before, for each measure, pooled over all real trusts.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``autocorrelation`` (lag 1), ``trusts`` (how many it rests on), of the latest months with one way of
        recording.

    Notes
    -----
    A waiting list is a stock: who waits this month mostly waited the month before. The months of one trust are too few
    to tell how much so (:func:`race_equality.statistics.process_control.pooled_autocorrelation`).
    """
    rows = access_by_month(figures)
    rows = rows[(rows["trust_code"] != DEMONSTRATION_CODE) & (rows["people"] > 0)]
    found = []
    for measure in ACCESS:
        runs = latest_runs(rows[rows["indicator"] == measure.id])
        found.append((measure.id, pooled_autocorrelation(list(runs.values())), len(runs)))
    return pd.DataFrame(found, columns=["indicator", "autocorrelation", "trusts"])


def autocorrelation_of(figures: pd.DataFrame, measure: Indicator) -> float:
    """Return a measure's row of :func:`autocorrelations`."""
    return _autocorrelation_by_id(figures)[measure.id]


def _autocorrelation_by_id(figures: pd.DataFrame) -> dict[str, float]:
    found = autocorrelations(figures)
    return dict(zip(found["indicator"].tolist(), found["autocorrelation"].tolist(), strict=True))


def latest_runs(rows: pd.DataFrame, *, months: int = MONTHS_AT_MOST) -> dict[str, np.ndarray]:
    """Give each trust's latest months that were recorded in one way.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of one measure of :func:`access_by_month`.
    months : int
        How many months at most.

    Returns
    -------
    dict of str to numpy.ndarray
        Per cent in order of time, by trust code.
    """
    last = rows["recording"] == rows.groupby("trust_code")["recording"].transform("last")
    return {
        str(code): run.to_numpy()
        for code, run in rows[last].groupby("trust_code").tail(months).groupby("trust_code")["percent"]
    }


def chart_of(percent: np.ndarray, measure: Indicator, autocorrelation: float) -> XmR:
    """Chart a run of months of a measure: what its last one says."""
    return xmr(percent, improvement=measure.improvement, autocorrelation=autocorrelation)


def monthly(figures: pd.DataFrame, indicator: str, trust_codes: Collection[str] | None = None) -> pd.DataFrame:
    """Add up people over trusts, month by month.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, in which months of too few people are hidden
        (:func:`race_equality.disclosure.publishable.publishable_figures`).
    indicator : str
        An id of :data:`race_equality.definitions.indicators.ACCESS`.
    trust_codes : collection of str, optional
        Which trusts; all real ones when not given.

    Returns
    -------
    pandas.DataFrame
        One row a month, in order: ``month`` (its first day), ``percent``, ``people`` (the
        denominator), ``recording`` (counts up from 0 at each change of recording).
    """
    if trust_codes is None:
        rows = _all_trusts_by_month(figures)
        return rows.loc[rows["indicator"] == indicator, _OF_A_MONTH].reset_index(drop=True)
    rows, codes = access_by_month(figures), list(trust_codes)
    rows = rows[is_one_of(rows["trust_code"], codes) & (rows["indicator"] == indicator).to_numpy()]
    sums = rows if len(codes) == 1 else _added_up(rows, ["month"])
    return sums[_OF_A_MONTH].reset_index(drop=True)


def latest_access(
    figures: pd.DataFrame,
    trust_code: str,
    peer_codes: Collection[str],
    *,
    region_codes: Collection[str] = (),
    alike_codes: Collection[str] | None = None,
    months: int = MONTHS_AT_MOST,
    threshold: int,
) -> pd.DataFrame:
    """Give the latest month of each measure and what the months before it say of it.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    peer_codes : collection of str
        The trusts it is compared with.
    region_codes : collection of str
        The trusts of its region.
    alike_codes : collection of str, optional
        The trusts of its kind, which alone are in a comparator; all trusts when not given.
    months : int
        How many months, at most, the process limits rest on. A change of recording starts them again.
    threshold : int
        A month of fewer people is left out.

    Returns
    -------
    pandas.DataFrame
        One row for each measure that the trust has: ``indicator``, ``month``, ``percent``,
        ``people``, ``all_trusts``, ``region``, ``similar_trusts`` (in the same month, NaN where none has it),
        ``variation`` ("improvement", "concern" or "common cause"), ``provisional``, ``points``.

    Notes
    -----
    Everybody who waits is counted, so there is no sampling interval; what is uncertain is whether a
    month differs from the ordinary run of months, which an XmR chart says, its limits as wide as
    months need that resemble each other (:func:`autocorrelations`).

    References
    ----------
    NHS England, Making Data Count.
    """
    by_month = access_by_month(figures)
    own = by_month[(by_month["trust_code"] == trust_code) & (by_month["people"] >= threshold)]
    months_of = dict(groups_of(own, "indicator"))
    series = {measure: months_of[measure.id] for measure in ACCESS if measure.id in months_of}
    ends = by_month[by_month["month"].isin([here["month"].iloc[-1] for here in series.values()])]
    alike = np.full(len(ends), True) if alike_codes is None else is_one_of(ends["trust_code"], alike_codes)
    sets = {
        "all_trusts": (ends["trust_code"] != DEMONSTRATION_CODE).to_numpy() & alike,
        "region": is_one_of(ends["trust_code"], region_codes) & alike,
        "similar_trusts": is_one_of(ends["trust_code"], peer_codes),
    }
    # arrays: there are fifteen sums in each report, and to pick the rows of a table takes longer than to add them up
    code, indicator = (np.array(ends[name].tolist(), dtype=object) for name in ("trust_code", "indicator"))
    month, count, people = (ends[name].to_numpy() for name in ("month", "count", "people"))
    autocorrelation = _autocorrelation_by_id(figures)
    found = []
    for measure, here in series.items():
        months_here, percent, recording = (here[name].to_numpy() for name in ("month", "percent", "recording"))
        run = percent[recording == recording[-1]][-months:]
        chart = chart_of(run, measure, autocorrelation[measure.id])
        is_of_month = (month == months_here[-1]) & (indicator == measure.id)

        def in_month(which: str, rows: np.ndarray = is_of_month) -> float:
            chosen = rows & sets[which]
            everybody = people[chosen].sum()
            if set(code[chosen]) == {trust_code}:
                return float("nan")  # the trust alone is no comparator
            return 100 * count[chosen].sum() / everybody if everybody >= threshold else float("nan")

        found.append(
            {
                "indicator": measure.id,
                "month": months_here[-1],
                "percent": percent[-1],
                "people": here["people"].iloc[-1],
                **{which: in_month(which) for which in sets},
                "variation": chart.variation_icon,
                "provisional": chart.provisional,
                "points": len(run),
            }
        )
    return pd.DataFrame(
        found,
        columns="indicator month percent people all_trusts region similar_trusts variation provisional points".split(),
    )
