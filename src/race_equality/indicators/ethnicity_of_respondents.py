"""Who answered the staff survey, by ethnic group, beside who lives in the trust's catchment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from race_equality.figures.ethnicity import FIVE_GROUPS, harmonised
from race_equality.statistics.intervals import wilson_interval


def respondents_and_catchment(figures: pd.DataFrame, trust_code: str, *, threshold: int = 11) -> pd.DataFrame:
    """Compare the survey's respondents with the population served, by ethnic group.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    threshold : int
        A group of fewer respondents is not shown, and the next smallest is hidden with it so
        that it cannot be worked out from the total (``params/_defaults.yml``).

    Returns
    -------
    pandas.DataFrame
        Five rows: ``group``; ``respondents_percent`` with ``respondents_lower`` and
        ``respondents_upper`` (Wilson, 95%); ``catchment_percent``;
        ``respondents_status`` and ``catchment_status`` of the figures table.
    """
    rows = figures[figures["trust_code"] == trust_code]
    survey = rows[rows["indicator"] == "staff_survey_q28"]
    table = pd.DataFrame({"group": list(FIVE_GROUPS)})
    ok = survey[survey["status"] == "ok"]
    people = (
        ok["numerator"]
        .astype("float64")
        .groupby(ok["group"].map(_five))
        .sum()
        .reindex(list(FIVE_GROUPS))
    )
    base = float(
        survey.dropna(subset=["denominator"]).drop_duplicates("organisation_code")["denominator"].sum()
    )
    if base > 0:
        known = people.fillna(0)
        # A suppressed detailed group leaves its five-group total too low to be true.
        broken = survey.loc[survey["status"] != "ok", "group"].map(_five)
        hidden = _hide_small(known, threshold) | known.index.isin(set(broken))
        interval = wilson_interval(known.to_numpy(), np.full(len(known), base))
        for name, values in (
            ("percent", known.to_numpy() / base),
            ("lower", interval.lower),
            ("upper", interval.upper),
        ):
            table[f"respondents_{name}"] = np.where(hidden, np.nan, 100 * values)
        table["respondents_status"] = np.where(hidden, "suppressed", "ok")
    else:
        table[["respondents_percent", "respondents_lower", "respondents_upper"]] = np.nan
        table["respondents_status"] = "not_available"
    catchment = rows[rows["indicator"] == "catchment_ethnicity"]
    share = catchment_of(catchment)
    table["catchment_percent"] = table["group"].map(
        share["value"].astype("float64").groupby(share["group"].map(_five)).sum()
    ).astype("float64")
    fallback = catchment["status"].iloc[0] if len(catchment) else "not_available"
    table["catchment_status"] = np.where(table["catchment_percent"].notna(), "ok", fallback)
    return table


def catchment_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one catchment for each trust: its own, and not those of trusts that merged into it.

    Parameters
    ----------
    rows : pandas.DataFrame
        Figures of catchments. Shares of two catchments cannot be added, and their populations
        overlap, so they are not averaged either.

    Returns
    -------
    pandas.DataFrame
        The rows with a value that the publisher gives under the code of the trust open today.
    """
    return rows[(rows["status"] == "ok") & (rows["organisation_code"] == rows["trust_code"])]


def _five(label: str) -> str:
    return harmonised(label, 5)


def _hide_small(people: pd.Series, threshold: int) -> np.ndarray:
    """Mark groups under the threshold, and as many more as keep them from being worked out.

    What the reader can subtract from 100% is the sum of the hidden groups; it must leave each of
    them a range of at least the threshold. Groups of none are hidden as well: that nobody is
    there tells as much about the few who could be.
    """
    hidden = (people < threshold).to_numpy().copy()
    if not hidden.any():
        return hidden
    for group in people.sort_values(kind="stable").index:
        enough = hidden.sum() >= 2 and people.to_numpy()[hidden].sum() >= 2 * threshold
        if enough:
            break
        hidden[people.index.get_loc(group)] = True
    return hidden


def minority_share(table: pd.DataFrame, column: str) -> float:
    """Return the share of people outside the White group, or NaN where White is not shown.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`respondents_and_catchment`.
    column : {"respondents_percent", "catchment_percent"}
        Which share.
    """
    white = table.loc[table["group"] == "White", column].iloc[0]
    return 100 - float(white)
