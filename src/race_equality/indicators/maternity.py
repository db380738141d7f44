"""Who gives birth at a trust, by ethnic group and deprivation (Maternity Services Data Set)."""

from __future__ import annotations

import pandas as pd

from race_equality.figures.ethnicity import FIVE_GROUPS, UNKNOWNS

#: The fewest deliveries that a share is shown of: counts are rounded to the nearest 5 already.
_FEWEST = 10


def deliveries_by_ethnicity(figures: pd.DataFrame, trust_code: str) -> pd.DataFrame:
    """Share out the deliveries of the latest year by the mother's ethnic group.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.

    Returns
    -------
    pandas.DataFrame
        ``group`` (the five groups and "Not stated or not known"), ``deliveries``, ``percent`` of all
        deliveries, ``status``; ``period_start``, ``period_end``. A group of fewer than 10 is
        ``suppressed``, as is the next smallest where one alone is. Empty where nothing is published.

    Notes
    -----
    The publisher rounds to the nearest 5. Ethnic groups are those of 2001, where Chinese is part of
    Other. No outcome is published by ethnic group and trust.
    """
    rows = figures[
        (figures["trust_code"] == trust_code)
        & (figures["indicator"] == "maternity_deliveries_by_ethnicity")
        & (figures["status"] == "ok")
    ]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    columns = ["group", "deliveries", "percent", "status", "period_start", "period_end"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    unknown = "Not stated or not known"
    group = rows["group"].where(~rows["group"].isin(UNKNOWNS), unknown)
    counts = rows["value"].astype("float64").groupby(group).sum().reindex([*FIVE_GROUPS, unknown], fill_value=0.0)
    hidden = (counts < _FEWEST) & (counts.index != unknown)
    if hidden.sum() == 1:
        hidden[counts[~hidden].idxmin()] = True
    shown = counts.mask(hidden)
    return pd.DataFrame(
        {
            "group": counts.index,
            "deliveries": shown.to_numpy(),
            "percent": (100 * shown / counts.sum()).to_numpy(),
            "status": hidden.map({True: "suppressed", False: "ok"}).to_numpy(),
            "period_start": rows["period_start"].iloc[0],
            "period_end": rows["period_end"].iloc[0],
        }
    )[columns]


def most_deprived_share(figures: pd.DataFrame, trust_code: str) -> float:
    """Return the share of mothers from the most deprived fifth of areas, in per cent.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.

    Returns
    -------
    float
        Of mothers whose area is known, in the latest year; NaN where nothing is published.
    """
    rows = figures[
        (figures["trust_code"] == trust_code)
        & (figures["indicator"] == "maternity_deliveries_by_deprivation")
        & (figures["status"] == "ok")
        & figures["group"].str.startswith("Decile")
    ]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    counts = rows["value"].astype("float64").groupby(rows["group"]).sum()
    if counts.sum() < _FEWEST:
        return float("nan")
    return float(100 * counts.reindex(["Decile 1", "Decile 2"], fill_value=0.0).sum() / counts.sum())
