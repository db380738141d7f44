"""Who gives birth at a trust, by ethnic group and deprivation (Maternity Services Data Set)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.definitions.ethnicity import FIVE_GROUPS, UNKNOWNS
from race_equality.definitions.gates import CAUGHT
from race_equality.definitions.indicators import BIRTHS
from race_equality.statistics.intervals import wilson_interval
from race_equality.store.cache import cached

#: Mothers whose ethnic group is not recorded.
UNKNOWN_MOTHERS = "Not stated or not known"
#: From the most deprived tenth of areas to the least.
DECILES = tuple(f"Decile {n}" for n in range(1, 11))


def deliveries_by_ethnicity(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> pd.DataFrame:
    """Share out the deliveries of the latest year by the mother's ethnic group.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    threshold : int
        A group of fewer is not shown, and with it the next smallest, until those hidden hold at least twice as many
        together (``minimum_people``).

    Returns
    -------
    pandas.DataFrame
        ``group`` (the five groups and "Not stated or not known"), ``deliveries``, ``percent`` of all
        deliveries, ``status``; ``period_start``, ``period_end``. Of how many nobody knows the group is
        no group of people, and is hidden only where all deliveries are too few. Empty where nothing is published.

    Notes
    -----
    The publisher rounds to the nearest 5. Ethnic groups are those of 2001, where Chinese is part of
    Other. The file does not cross outcomes with ethnic group.
    """
    return deliveries_by_ethnic_group(figures, [trust_code], threshold=threshold).drop(columns="trust_code")


def deliveries_by_ethnic_group(
    figures: pd.DataFrame, trust_codes: Sequence[str], *, threshold: int | np.ndarray
) -> pd.DataFrame:
    """Share out the deliveries of many trusts at once.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_codes : sequence of str
        Resolved trust codes.
    threshold : int or numpy.ndarray of int
        As for :func:`deliveries_by_ethnicity`; one for all, or one for each of the trusts.

    Returns
    -------
    pandas.DataFrame
        ``trust_code`` and the columns of :func:`deliveries_by_ethnicity`, for trusts with figures, in the
        order given; each in its own latest year.
    """
    found = _in_order(_deliveries_of_all(figures), trust_codes)
    counts = found["deliveries"].to_numpy(dtype="float64").reshape(-1, len(_GROUPS))
    codes = found["trust_code"].iloc[:: len(_GROUPS)]
    least = np.broadcast_to(threshold, len(trust_codes))[pd.Index(trust_codes).get_indexer(pd.Index(codes))]
    hidden = counts < least[:, np.newaxis]
    hidden[:, -1] = counts.sum(axis=1) < least
    # What the others leave of all deliveries must not reveal a hidden one.
    for place in np.flatnonzero(hidden.any(axis=1)):
        while hidden[place].sum() < 2 or counts[place][hidden[place]].sum() < 2 * least[place]:
            hidden[place, np.where(hidden[place], np.inf, counts[place]).argmin()] = True
            if hidden[place].all():
                break
    gone = hidden.ravel()
    return found.assign(
        deliveries=found["deliveries"].mask(gone),
        percent=found["percent"].mask(gone),
        status=found["status"].mask(gone, "suppressed"),
    )


_GROUPS = [*FIVE_GROUPS, UNKNOWN_MOTHERS]


@cached
def _deliveries_of_all(figures: pd.DataFrame) -> pd.DataFrame:
    """Count the deliveries of every group, as many rows a trust as there are groups, and hide none."""
    columns = ["trust_code", "group", "deliveries", "percent", "status", "period_start", "period_end"]
    rows = _latest(figures, "maternity_deliveries_by_ethnicity")
    if rows.empty:
        return pd.DataFrame(columns=columns)
    group = rows["group"].where(~rows["group"].isin(UNKNOWNS), UNKNOWN_MOTHERS)
    of_group = rows["value"].astype("float64").groupby([rows["trust_code"], group]).sum().unstack()
    codes = list(of_group.index)
    counts = of_group.reindex(columns=_GROUPS).fillna(0.0).to_numpy()
    total = counts.sum(axis=1, keepdims=True)
    days = rows.groupby("trust_code")[["period_start", "period_end"]].first().loc[codes]
    return pd.DataFrame(
        {
            "trust_code": np.repeat(codes, len(_GROUPS)),
            "group": np.tile(_GROUPS, len(codes)),
            "deliveries": counts.ravel(),
            "percent": (100 * counts / np.where(total > 0, total, np.nan)).ravel(),
            "status": "ok",
            "period_start": days["period_start"].repeat(len(_GROUPS)).to_numpy(),
            "period_end": days["period_end"].repeat(len(_GROUPS)).to_numpy(),
        }
    )[columns]


def most_deprived_share(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> float:
    """Return the share of mothers from the most deprived fifth of areas, in per cent.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    threshold : int
        A share of fewer mothers is not shown (``minimum_responses``).

    Returns
    -------
    float
        Of mothers whose area is known, in the latest year; NaN where nothing is published, or of too few.
    """
    found = most_deprived_shares(figures, [trust_code], threshold=threshold)
    return float(found["percent"].iloc[0]) if len(found) else float("nan")


def most_deprived_shares(
    figures: pd.DataFrame, trust_codes: Sequence[str], *, threshold: int | np.ndarray
) -> pd.DataFrame:
    """Give the share of mothers from the most deprived fifth of areas, for many trusts at once.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_codes : sequence of str
        Resolved trust codes.
    threshold : int or numpy.ndarray of int
        A share of fewer mothers is not shown; one threshold for all, or one for each of the trusts.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``count``, ``people``, ``percent``, ``lower``, ``upper`` (Wilson, 95%),
        ``period_start``, ``period_end``, for trusts with figures of enough mothers whose area is known.
    """
    found = _in_order(_most_deprived_share_of_all(figures), trust_codes)
    least = np.broadcast_to(threshold, len(trust_codes))[
        pd.Index(trust_codes).get_indexer(pd.Index(found["trust_code"]))
    ]
    return found[found["people"].to_numpy() >= least].reset_index(drop=True)


@cached
def _most_deprived_share_of_all(figures: pd.DataFrame) -> pd.DataFrame:
    rows = _latest(figures, "maternity_deliveries_by_deprivation")
    rows = rows[rows["group"].isin(DECILES)]
    counts = rows["value"].astype("float64").groupby([rows["trust_code"], rows["group"]]).sum().unstack()
    most = counts.reindex(columns=list(DECILES[:2])).fillna(0.0).sum(axis=1)
    table = pd.DataFrame({"count": most, "people": counts.sum(axis=1)}).rename_axis("trust_code")
    table = table[table["people"] > 0]
    days = rows.groupby("trust_code")[["period_start", "period_end"]].first()
    return _with_percent(table).join(days).reset_index()


@cached
def maternity_rates_by_year(figures: pd.DataFrame) -> pd.DataFrame:
    """Give each rate of maternity in every year, for all trusts and England.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``indicator``, ``count``, ``people``, ``percent``, ``lower``, ``upper`` (Wilson, 95%),
        ``period_start``, ``period_end``, ``status`` and ``why`` (of a figure that is implausible or incomplete, which has
        no numbers). Organisations that have merged are added up; where one is caught, all of them are.
        :func:`race_equality.analysis.funnel_position.among_their_kind` says where each lies among trusts of its kind.

    Notes
    -----
    Counts are rounded to the nearest 5 by the publisher. Shares of too few are taken to be hidden already
    (:func:`race_equality.disclosure.publishable.publishable_figures`).
    """
    of_births = figures["indicator"].isin([measure.id for measure in BIRTHS])
    rows = figures[of_births & figures["status"].isin(["ok", *CAUGHT])]
    keys = ["trust_code", "indicator", "period_start", "period_end"]
    caught = rows[rows["status"] != "ok"].drop_duplicates(keys).set_index(keys)[["status", "recording"]]
    table = (
        rows.assign(count=rows["numerator"].astype("float64"), people=rows["denominator"].astype("float64"))
        .groupby(keys)
        .agg({"count": "sum", "people": "sum"})
    )
    table = table.join(caught.rename(columns={"recording": "why"})).reset_index()
    table["status"] = table["status"].astype("object").fillna("ok").astype("str")
    table["why"] = table["why"].astype("object").fillna("").astype("str")
    known = (table["status"] == "ok") & (table["people"] > 0)
    table.loc[~known, ["count", "people"]] = np.nan
    table = table[known | (table["status"] != "ok")].reset_index(drop=True)
    is_known = (table["status"] == "ok").to_numpy()
    return table.join(_with_percent(table.loc[is_known, ["count", "people"]])[["percent", "lower", "upper"]])


def maternity_rates(figures: pd.DataFrame) -> pd.DataFrame:
    """Give each rate of maternity in a trust's latest year, for all trusts and England.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        The latest rows of :func:`maternity_rates_by_year`.
    """
    return latest_rates(maternity_rates_by_year(figures))


def latest_rates(by_year: pd.DataFrame) -> pd.DataFrame:
    """Choose each trust's latest year.

    Parameters
    ----------
    by_year : pandas.DataFrame
        From :func:`maternity_rates_by_year`.

    Returns
    -------
    pandas.DataFrame
        A row for each trust and indicator; also one that is implausible or incomplete, as an older figure is not today's.
    """
    last = by_year.groupby(["trust_code", "indicator"])["period_end"].transform("max")
    return by_year[by_year["period_end"] == last].reset_index(drop=True)


def _with_percent(table: pd.DataFrame) -> pd.DataFrame:
    count, people = table["count"].to_numpy(), table["people"].to_numpy()
    # rounded apart from each other, a count may be above its whole
    count = np.minimum(count, people)
    interval = wilson_interval(count, people)
    return table.assign(percent=100 * count / people, lower=100 * interval.lower, upper=100 * interval.upper)


def _in_order(table: pd.DataFrame, trust_codes: Sequence[str]) -> pd.DataFrame:
    """Rows of some trusts, in the order in which these are given."""
    place = pd.Index(trust_codes).get_indexer(pd.Index(table["trust_code"]))
    return table.iloc[np.argsort(place, kind="stable")[(place < 0).sum() :]].reset_index(drop=True)


def _latest(figures: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """Figures of an indicator that are there, of each trust in its latest year."""
    rows = figures[(figures["indicator"] == indicator) & (figures["status"] == "ok")]
    return rows[rows["period_end"] == rows.groupby("trust_code")["period_end"].transform("max")]
