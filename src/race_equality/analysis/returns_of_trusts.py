"""WRES 2 to 4 and 9 over all trusts that publish them: what a trust's own are compared with.

Trusts' private returns and the demonstration trust are in none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.ethnicity import ETHNIC_MINORITY
from race_equality.definitions.indicators import BANDS, BOARD, RATIOS
from race_equality.disclosure.rules import DisclosureRules
from race_equality.statistics.intervals import wilson_interval
from race_equality.statistics.ratios import stratified_ratio, stratified_ratio_interval
from race_equality.store.cache import cached

_FOUR = ("first_count", "first_people", "second_count", "second_people")
COLUMNS = ("number", "period_end", "series", "trusts", "only", "value", "lower", "upper")


@cached
def published_likelihoods(figures: pd.DataFrame) -> pd.DataFrame:
    """Gather the counts behind indicators 2 to 4 of every trust that publishes them.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, from :func:`race_equality.disclosure.publishable.publishable_figures`: those of too few people have
        no numbers.

    Returns
    -------
    pandas.DataFrame
        One row for each trust, indicator and period: ``trust_code``, ``measure``, ``number``, ``period_end``;
        ``first_count`` of ``first_people`` and ``second_count`` of ``second_people``, the ratio being first over second.
    """
    rows = _public(figures, [one.id for one in RATIOS])
    parts = []
    for one in RATIOS:
        here = rows[(rows["indicator"] == one.id) & rows["group"].isin(one.between)]
        sums = here.groupby(["trust_code", "period_end", "group"])[["numerator", "denominator"]].sum().unstack()
        if sums.empty or not set(one.between) <= set(sums["numerator"]):
            continue
        four = [sums[name][group] for group in one.between for name in ("numerator", "denominator")]
        table = pd.concat(four, axis=1, keys=_FOUR).dropna().astype("float64").reset_index()
        parts.append(table.assign(measure=one.id, number=one.number))
    columns = ["trust_code", "measure", "number", "period_end", *_FOUR]
    if not parts:
        return pd.DataFrame(columns=columns).astype(dict.fromkeys(_FOUR, "float64"))
    return pd.concat(parts, ignore_index=True)[columns]


@cached(to_disk=True)
def published_boards(figures: pd.DataFrame, *, rules: DisclosureRules) -> pd.DataFrame:
    """Gather the counts behind indicator 9 of every trust that publishes them.

    Parameters
    ----------
    figures : pandas.DataFrame
        As for :func:`published_likelihoods`.
    rules : DisclosureRules
        A board of fewer members, or a workforce of fewer staff, is left out.

    Returns
    -------
    pandas.DataFrame
        One row for each trust and period: ``trust_code``, ``period_end``, ``board_minority`` of ``board_members`` and
        ``staff_minority`` of ``staff``.
    """
    board = _people(_public(figures, [BOARD.parts[0].id]))
    staff = _people(_public(figures, BANDS.figure_ids))
    table = board.merge(staff, on=["trust_code", "period_end"])
    table.columns = ["trust_code", "period_end", "board_minority", "board_members", "staff_minority", "staff"]
    least = rules.minimum_people(table["trust_code"])
    return table[(table["board_members"] >= least) & (table["staff"] >= least)].reset_index(drop=True)


def _public(figures: pd.DataFrame, ids: Collection[str]) -> pd.DataFrame:
    return figures[
        figures["indicator"].isin(ids)
        & (figures["status"] == "ok")
        & ~figures["private"]
        & (figures["trust_code"] != DEMONSTRATION_CODE)
    ]


def _people(rows: pd.DataFrame) -> pd.DataFrame:
    value = rows["value"].astype("float64")
    table = rows[["trust_code", "period_end"]].assign(
        minority=value.where(rows["group"] == ETHNIC_MINORITY, 0.0), everybody=value
    )
    return table.groupby(["trust_code", "period_end"], as_index=False).sum()


def returns_together(
    figures: pd.DataFrame, sets: Mapping[str, Collection[str] | None], *, rules: DisclosureRules
) -> pd.DataFrame:
    """Take indicators 2 to 4 and 9 together over sets of the trusts that publish them.

    Parameters
    ----------
    figures : pandas.DataFrame
        As for :func:`published_likelihoods`.
    sets : mapping of str to collection of str or None
        Name of a set to its trusts; None for all trusts.
    rules : DisclosureRules

    Returns
    -------
    pandas.DataFrame
        One row for each indicator, period and set in which some trust publishes it: ``number``, ``period_end``,
        ``series``, ``trusts`` (how many), ``only`` (its code where that is one, or ""), ``value``, ``lower``, ``upper`` (95%): a ratio for 2 to 4, the board's share
        minus the workforce's in percentage points for 9.

    Notes
    -----
    Ratios are Mantel-Haenszel's, each trust a stratum: a trust with many applicants and few appointments does not look
    like a difference between groups. Boards and staff are added up; the interval is that of the board's share.

    References
    ----------
    As :func:`race_equality.statistics.ratios.stratified_ratio` and
    :func:`~race_equality.statistics.ratios.stratified_ratio_interval`.
    """
    likelihoods, boards = published_likelihoods(figures), published_boards(figures, rules=rules)
    found = []
    for name, codes in sets.items():
        ratios = likelihoods if codes is None else likelihoods[likelihoods["trust_code"].isin(codes)]
        for (number, end), rows in ratios.groupby(["number", "period_end"]):
            first, first_of, second, second_of = (rows[column].to_numpy() for column in _FOUR)
            limits = stratified_ratio_interval(first, first_of, second, second_of)
            value = float(stratified_ratio(first, first_of, second, second_of)) if second.any() else np.nan
            found.append((number, end, name, len(rows), _only(rows), value, float(limits.lower), float(limits.upper)))
        seats = boards if codes is None else boards[boards["trust_code"].isin(codes)]
        for end, rows in seats.groupby("period_end"):
            minority, members = rows["board_minority"].sum(), rows["board_members"].sum()
            staff = 100 * rows["staff_minority"].sum() / rows["staff"].sum()
            limits = wilson_interval(minority, members)
            value, lower, upper = (100 * float(x) - staff for x in (minority / members, limits.lower, limits.upper))
            found.append((BOARD.number, end, name, len(rows), _only(rows), value, lower, upper))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    return table.sort_values(["number", "period_end"], kind="stable", ignore_index=True)


def _only(rows: pd.DataFrame) -> str:
    return str(rows["trust_code"].iloc[0]) if len(rows) == 1 else ""
