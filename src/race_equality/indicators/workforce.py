"""Who works at a trust, by staff group (NHS Workforce Statistics)."""

from __future__ import annotations

import pandas as pd

from race_equality.indicators.definitions import ENGLAND_CODE

#: The main staff groups of the publication's hierarchy; the rest are parts of these.
MAIN_GROUPS = (
    "HCHS Doctors",
    "Nurses & health visitors",
    "Midwives",
    "Ambulance staff",
    "Scientific, therapeutic & technical staff",
    "Support to clinical staff",
    "NHS infrastructure support",
    "Other staff or those with unknown classification",
)


def headcount_by_group(figures: pd.DataFrame, trust_code: str, *, threshold: int = 10) -> pd.DataFrame:
    """A trust's staff by main staff group beside England's.

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
        ``group``, ``people`` (missing where hidden), ``percent`` of the groups that are shown,
        ``england_percent``, ``status``. Empty where nothing was published. Groups in which the
        trust employs nobody are left out.

    Notes
    -----
    A person in two roles is counted in each group and once in the publisher's total, so the
    groups are compared with their own sum and not with the total; for the same reason the total
    does not give a hidden group away.
    """
    rows = figures[(figures["indicator"] == "workforce_headcount") & (figures["status"] == "ok")]
    rows = rows[rows["group"].isin(MAIN_GROUPS)]
    people = (
        rows[rows["trust_code"] == trust_code]
        .groupby("group")["value"]
        .sum()
        .astype("float64")
        .reindex(MAIN_GROUPS)
        .dropna()
    )
    people = people[people > 0]
    if people.empty:
        return pd.DataFrame(columns=["group", "people", "percent", "england_percent", "status"])
    england = (
        rows[rows["trust_code"] == ENGLAND_CODE]
        .groupby("group")["value"]
        .sum()
        .astype("float64")
        .reindex(MAIN_GROUPS)
    )
    # Shares of the groups that are shown: nothing hidden can then be worked out from them.
    shown = people.where(people >= threshold)
    table = pd.DataFrame(
        {
            "people": people,
            "percent": 100 * shown / shown.sum(),
            "england_percent": (100 * england / england.sum()).reindex(people.index),
        }
    )
    table["status"] = (people < threshold).map({True: "suppressed", False: "ok"})
    table.loc[table["status"] == "suppressed", ["people", "percent"]] = float("nan")
    return table.rename_axis("group").reset_index()


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
