"""Use of the Mental Health Act by ethnic group: England's rates, and how they compare."""

from __future__ import annotations

import pandas as pd

from race_equality.figures.ethnicity import FIVE_GROUPS
from race_equality.indicators.definitions import ENGLAND_CODE
from race_equality.indicators.once import once
from race_equality.statistics.intervals import rate_interval
from race_equality.statistics.ratios import ratio_interval


@once
def detentions_by_ethnicity(figures: pd.DataFrame, code: str = ENGLAND_CODE) -> pd.DataFrame:
    """Compare rates of detention under the Mental Health Act between ethnic groups.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    code : str
        England, or an integrated care board as the publication codes it.

    Returns
    -------
    pandas.DataFrame
        The five groups: ``group``, ``detentions``, ``rate``, ``lower``, ``upper`` for 100,000 people a
        year, ``times_white`` (the rate over the White group's, with its limits ``times_lower`` and
        ``times_upper``; SCAS), ``status``, ``period_end``. Groups that the publisher suppressed have no numbers. Empty where nothing is published.

    Notes
    -----
    Crude rates with Byar's limits; the population is that which the published rate implies. A
    repeated detention of one person counts each time, so the interval is somewhat too narrow. Ethnic
    groups are those of 2001, where Chinese is part of Other.
    """
    rows = figures[(figures["trust_code"] == code) & figures["group"].isin(list(FIVE_GROUPS))]
    counts = rows[rows["indicator"] == "mha_detentions"].set_index("group")
    rates = rows[rows["indicator"] == "mha_detentions_rate"].set_index("group")
    columns = [
        "group", "detentions", "rate", "lower", "upper", "times_white", "times_lower", "times_upper", "status",
        "period_end",
    ]  # fmt: skip
    if counts.empty:
        return pd.DataFrame(columns=columns)
    table = pd.DataFrame(index=list(FIVE_GROUPS))
    table["detentions"] = counts["value"].astype("float64")
    table["rate"] = rates["value"].astype("float64")
    known = table["detentions"].notna() & (table["rate"] > 0)
    population = 100_000 * table.loc[known, "detentions"] / table.loc[known, "rate"]
    interval = rate_interval(
        table.loc[known, "detentions"].to_numpy(), population.to_numpy(), per=100_000
    )
    table[["lower", "upper"]] = float("nan")
    table.loc[known, "lower"], table.loc[known, "upper"] = interval.lower, interval.upper
    table["times_white"] = table["rate"] / table.loc["White", "rate"]
    table[["times_lower", "times_upper"]] = float("nan")
    others = [group for group in population.index if group != "White"]
    if "White" in population.index and others:
        compared = ratio_interval(
            table.loc[others, "detentions"].to_numpy(), population[others].to_numpy(),
            table.loc["White", "detentions"], population["White"],
        )  # fmt: skip
        table.loc[others, "times_lower"], table.loc[others, "times_upper"] = compared.lower, compared.upper
    table.loc[~known, ["detentions", "rate", "times_white"]] = float("nan")
    table["status"] = known.map({True: "ok", False: "suppressed"})
    table["period_end"] = counts["period_end"].iloc[0]
    return table.rename_axis("group").reset_index()[columns]
