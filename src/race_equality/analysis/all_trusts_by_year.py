"""Published figures over all trusts: groups of trusts year by year, and which trusts report what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import figure_ids
from race_equality.statistics.intervals import wilson_interval
from race_equality.store.schema import STATUSES_WHEN_READ

#: What a trust's figures of a measure can be, the most informative first.
STATUSES = STATUSES_WHEN_READ


def by_year(
    figures: pd.DataFrame,
    groups: Mapping[str, str],
    *,
    indicator: str = "staff_survey_panel_q16b",
    together: str = "All trusts",
) -> pd.DataFrame:
    """Add up the answers of groups of trusts, survey by survey.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    groups : mapping of str to str
        Trust code to group, such as its kind or its region. Trusts that are not in it count in `together` alone.
    indicator : str
        A percentage with its base.
    together : str
        What all trusts together are called; they are last.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``year``, ``percent``, ``lower``, ``upper`` (Wilson, 95%), ``base``, ``trusts``.

    Notes
    -----
    The published percentages are weighted within each organisation, so the sum over trusts is an
    approximation: each trust counts by its number of respondents. The interval is that of the
    respondents and does not hold what trusts differ by.
    """
    rows = figures[
        (figures["indicator"] == indicator)
        & (figures["status"] == "ok")
        & (figures["trust_code"] != DEMONSTRATION_CODE)
    ]
    base = rows["denominator"].astype("float64")
    table = pd.DataFrame(
        {
            "group": rows["trust_code"].map(dict(groups)),
            "trust_code": rows["trust_code"],
            "year": rows["period_end"].dt.year,
            "people": rows["value"].astype("float64") * base / 100,
            "base": base,
        }
    )
    table = pd.concat([table.dropna(subset=["group"]), table.assign(group=together)])
    table["last"] = table["group"] == together
    sums = table.groupby(["last", "group", "year"], as_index=False).agg(
        people=("people", "sum"), base=("base", "sum"), trusts=("trust_code", "nunique")
    )
    interval = wilson_interval(sums["people"].to_numpy(), sums["base"].to_numpy())
    return sums.assign(
        percent=100 * sums["people"] / sums["base"], lower=100 * interval.lower, upper=100 * interval.upper
    )[["group", "year", "percent", "lower", "upper", "base", "trusts"]]


def reporting(figures: pd.DataFrame, trust_codes: Sequence[str], measures: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Count the trusts that have a measure, and those that do not, by why.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures; leave a trust's own returns out to count what is published.
    trust_codes : sequence of str
        The trusts that are counted.
    measures : mapping of str to sequence of str
        Name to ids of indicators.

    Returns
    -------
    pandas.DataFrame
        ``measure`` and the statuses of :data:`STATUSES`, which add up to
        the number of trusts, in the latest period of each indicator. A trust of which a publication
        says nothing counts as not available.
    """
    codes = pd.Index(trust_codes)
    found = []
    for measure, indicators in measures.items():
        rows = figures[is_one_of(figures["indicator"], figure_ids(indicators))]  # few of all: the rest is quick
        rows = rows[is_one_of(rows["trust_code"], codes)]
        latest = rows[rows["period_end"] == rows.groupby("indicator")["period_end"].transform("max")]
        rank = latest["status"].map({status: at for at, status in enumerate(STATUSES)}).astype("int64")
        best = rank.groupby(latest["trust_code"]).min().reindex(codes, fill_value=STATUSES.index("not_available"))
        counts = best.value_counts()
        found.append({"measure": measure} | {status: int(counts.get(at, 0)) for at, status in enumerate(STATUSES)})
    return pd.DataFrame(found, columns=["measure", *STATUSES])
