"""Hold figures to the plausibility gates of their indicators, between reading and findings.

The store keeps what was published. A figure that cannot be right, or of which too little is recorded, is marked when
figures are read for a page or a download: it has no number any more, so that no comparator, pooled value, funnel,
association or sum holds it, and ``recording`` says what was published and why it is left out. The rules are the
indicators' (:class:`race_equality.definitions.gates.Gates`); none names a trust.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.ethnicity import FIVE_GROUPS, UNKNOWNS
from race_equality.definitions.gates import IMPLAUSIBLE, INCOMPLETE, NO_GATES, Gates
from race_equality.definitions.indicators import OWNER

__all__ = ["RULES", "figures_caught", "judged", "without_caught"]

#: Each rule, and the status of what it catches. Of several the first that catches a figure is named.
RULES = {
    "range": IMPLAUSIBLE,
    "none": IMPLAUSIBLE,
    "itself": IMPLAUSIBLE,
    "others": IMPLAUSIBLE,
    "whole": IMPLAUSIBLE,
    "recorded": INCOMPLETE,
    "unknown groups": INCOMPLETE,
}
_UNKNOWN = (*UNKNOWNS, "Not stated or not known")
#: Fewer trusts of a kind than this have no spread to judge by, and fewer periods no history.
_FEWEST_OTHERS, _FEWEST_PERIODS, _FEWEST_MONTHS = 10, 3, 12
_PLACE = ["organisation_code", "trust_code", "period_start", "period_end"]

Found = tuple[np.ndarray, list[str]]
_NOTHING = pd.DataFrame({"rule": [], "why": []}, dtype=object, index=pd.Index([], dtype="int64"))


def judged(figures: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Find the figures that the gates of their indicators catch.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures of all trusts: a figure is held to those of others.
    kinds : mapping of str to str
        The kind of each real trust, by code.

    Returns
    -------
    pandas.DataFrame
        A row for each figure that is caught, with its place in `figures` as index: ``rule`` (a key of :data:`RULES`),
        ``status`` and ``why``, words that follow "the published figure is not plausible:" or "too little is recorded:".

    Notes
    -----
    Distances from other trusts are of the log-odds of a share, from the median of the trusts of one kind in one period,
    in units of the root of 1.4826 times the median absolute deviation squared plus the share's own sampling variance.
    The demonstration trust is judged and judges none.

    References
    ----------
    Hampel FR. JASA 1974; 69: 383-393. Iglewicz B, Hoaglin DC. How to Detect and Handle Outliers. 1993.
    """
    rows = _rows(figures, kinds)
    indicator, ids = pd.factorize(rows.pop("indicator"))
    found = []
    for id, (_, here) in zip(ids, rows.groupby(indicator), strict=True):
        for rule, (caught, why) in _rules(here, OWNER[id].gates):
            if caught.any():
                found.append(pd.DataFrame({"rule": rule, "why": why}, index=here.index[caught]))
    table = pd.concat(found) if found else _NOTHING
    table = pd.concat([table, _parts_of(table, rows.assign(indicator=ids.take(indicator)))])
    table = table.sort_values(
        "rule", key=lambda rule: rule.map({name: i for i, name in enumerate(RULES)}), kind="stable"
    )
    table = table[~table.index.duplicated()].sort_index()
    return table.assign(status=table["rule"].map(RULES))[["rule", "status", "why"]]


def _rows(figures: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The figures that have gates, by their place in all of them, with numbers for what they are compared by."""
    has_gates = [id for id, one in OWNER.items() if one.gates != NO_GATES]
    is_gated = figures["indicator"].isin(has_gates).to_numpy() & figures["status"].isin(["ok", "suppressed"]).to_numpy()
    places = np.flatnonzero(is_gated)
    about = figures[[*_PLACE, "indicator", "group", "status"]].iloc[places].set_index(pd.Index(places))
    # numbers alone besides the id: to take texts for each rule is most of the time
    rows = about[["indicator"]].assign(ok=about["status"].eq("ok").to_numpy(), recorded=_recorded(figures, about))
    for name in ("value", "numerator", "denominator"):
        rows[name] = figures[name].to_numpy(dtype="float64", na_value=np.nan)[places]
    # a survey publishes shares and bases
    share = rows["value"].to_numpy() * rows["denominator"].to_numpy() / 100
    rows["numerator"] = rows["numerator"].where(rows["numerator"].notna(), share)
    organisation, end = (pd.factorize(about[name])[0] for name in ("organisation_code", "period_end"))
    group, named = pd.factorize(about["group"])
    trust, trusts = pd.factorize(about["trust_code"])
    # -1: England, a board, and the demonstration trust, which judges none
    kind = pd.factorize(pd.Series([kinds.get(code) for code in trusts], dtype=object))[0][trust]
    groups, ends = group.max(initial=0) + 1, end.max(initial=0) + 1
    rows["unknown"], rows["of_five"] = (named.isin(names)[group] for names in (_UNKNOWN, FIVE_GROUPS))
    rows["history"] = organisation * groups + group
    rows["of_period"] = organisation * ends + end
    rows["others"] = np.where(kind < 0, -1, (kind * groups + group) * ends + end)
    return rows


def without_caught(figures: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Mark the figures that gates catch, and take them out of England's.

    Parameters
    ----------
    figures, kinds
        As for :func:`judged`.

    Returns
    -------
    pandas.DataFrame
        The same rows. Those caught have the status "implausible" or "incomplete", no numbers, and in ``recording`` what
        was published and why it is left out. England's share of the same indicator, group and period is without their
        counts, and its ``recording`` says so; `figures` itself where nothing is caught.

    Notes
    -----
    England's figure as published is of all organisations together, so what is caught is taken from its count and base.
    """
    table = judged(figures, kinds)
    if table.empty:
        return figures
    marked = figures.copy()
    rows = figures.index[table.index]
    _correct_england(marked, figures.loc[rows])
    marked.loc[rows, ["value", "numerator", "denominator"]] = pd.NA
    marked.loc[rows, "status"] = table["status"].to_numpy()
    marked.loc[rows, "recording"] = table["why"].to_numpy()
    return marked


def figures_caught(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that were caught.

    Parameters
    ----------
    figures : pandas.DataFrame
        From :func:`without_caught`.

    Returns
    -------
    pandas.DataFrame
        Rows of `figures`.
    """
    return figures[figures["status"].isin([IMPLAUSIBLE, INCOMPLETE])]


# -- the rules -----------------------------------------------------------------------------------------------


def _rules(here: pd.DataFrame, gates: Gates) -> Iterator[tuple[str, Found]]:
    """Yield each rule that an indicator has with what it catches among the figures of one id."""
    count, people = here["numerator"].to_numpy(), here["denominator"].to_numpy()
    known = here["ok"].to_numpy() & (people > 0)
    little = np.zeros(len(here), dtype=bool)
    if gates.recorded_in:
        little, why = _too_little_recorded(here, gates)
        yield "recorded", (little, why)
    if gates.most_unknown < 100:
        yield "unknown groups", _too_many_unknown(here, gates)
    if gates.lowest > 0 or gates.highest < 100:
        yield "range", _out_of_range(here, count, people, known, gates)
    if gates.none_of:
        yield "none", _no_true_zero(here, count, people, known, gates)
    if gates.from_others:
        logit, variance = (np.full(len(here), np.nan) for _ in range(2))
        logit[known] = np.log((count[known] + 0.5) / (people[known] - count[known] + 0.5))
        variance[known] = 1 / (count[known] + 0.5) + 1 / (people[known] - count[known] + 0.5)
        # with little recorded a figure says nothing of what is usual
        distance, middle = _distance_from_others(here, logit, variance, ~little)
        far = np.abs(distance) > gates.from_others
        yield "others", (far, _said(here, far, "the median of trusts of its kind is {:.1f}%", middle))
        if gates.from_itself:
            asked = np.abs(distance) > gates.from_others / 2
            own = _median_of_other_periods(here, logit, asked)
            changed = asked & (np.abs(logit - own) > np.log(gates.from_itself))
            share = 100 / (1 + np.exp(-own))
            yield "itself", (changed, _said(here, changed, "the median of the trust’s other periods is {:.1f}%", share))


def _said(here: pd.DataFrame, caught: np.ndarray, words: str, *numbers: np.ndarray) -> list[str]:
    """Say of each figure that is caught what was published, and what it is held against."""
    rows = zip(*(here[name].to_numpy()[caught] for name in ("value", "numerator", "denominator")), strict=True)
    against = zip(*(one[caught] for one in numbers), strict=True)
    return [
        (f"{value:.1f}% ({count:,.0f} of {people:,.0f})" if count else f"none of {people:,.0f}")
        + f", where {words.format(*these)}"
        for (value, count, people), these in zip(rows, against, strict=True)
    ]


def _recorded(figures: pd.DataFrame, about: pd.DataFrame) -> np.ndarray:
    """Of how many the answer is known, in per cent, for each figure of which a record says where that is published."""
    recorded_in = {id: one.gates.recorded_in for id, one in OWNER.items() if one.gates.recorded_in}
    rows = figures[figures["indicator"].isin(set(recorded_in.values())) & (figures["status"] == "ok").to_numpy()]
    known = pd.Series(
        rows["value"].to_numpy(dtype="float64"), index=pd.MultiIndex.from_frame(rows[["indicator", *_PLACE]])
    )
    asked = about["indicator"].isin(list(recorded_in)).to_numpy()
    keys = about.loc[asked, ["indicator", *_PLACE]]
    share = np.full(len(about), np.nan)
    share[asked] = known.reindex(
        pd.MultiIndex.from_frame(keys.assign(indicator=keys["indicator"].map(recorded_in)))
    ).to_numpy()
    return share


def _too_little_recorded(here: pd.DataFrame, gates: Gates) -> Found:
    known = here["recorded"].to_numpy()
    caught = known < gates.least_recorded
    why = []
    for share, is_shown, value in zip(known[caught], here.loc[caught, "ok"], here.loc[caught, "value"], strict=True):
        text = f"the answer is known for {share:.1f}%" if share >= 1 else "the answer is known for under 1%"
        why.append(f"{text}, and of these it is {value:.1f}%" if is_shown else text)
    return caught, why


def _too_many_unknown(here: pd.DataFrame, gates: Gates) -> Found:
    """Groups of a place of which most people are in none that is known."""
    unknown, five = here["unknown"].to_numpy(), here["of_five"].to_numpy()
    counted = here["ok"].to_numpy() & (five | unknown if five.any() else np.ones(len(here), dtype=bool))
    people, value = here["denominator"].to_numpy(), here["value"].to_numpy()
    people = np.where(counted, np.where(np.isnan(people), value, people), 0.0)
    of = pd.factorize(here["of_period"])[0]
    together, not_known = (np.bincount(of, weights=np.where(which, people, 0.0)) for which in (True, unknown))
    share = (100 * np.divide(not_known, together, out=np.zeros(len(together)), where=together > 0))[of]
    caught = here["ok"].to_numpy() & (share > gates.most_unknown)
    return caught, [f"the group is not known for {one:.0f}%" for one in share[caught]]


def _out_of_range(here: pd.DataFrame, count: np.ndarray, people: np.ndarray, known: np.ndarray, gates: Gates) -> Found:
    high = known & (count - gates.highest / 100 * people >= gates.beyond)
    low = known & (gates.lowest / 100 * people - count >= gates.beyond)
    bound = np.where(high, gates.highest, gates.lowest)
    side = np.where(high, "most", "least")
    return high | low, _said(here, high | low, "at {1} {0:g}% is plausible", bound, side)


def _no_true_zero(here: pd.DataFrame, count: np.ndarray, people: np.ndarray, known: np.ndarray, gates: Gates) -> Found:
    """Nobody, where the lowest of the trust's other months and the lowest tenth of trusts in this month would give many."""
    share = np.full(len(here), np.nan)
    share[known] = 100 * count[known] / people[known]
    some = pd.Series(np.where(share > 0, share, np.nan)).groupby(here["history"].to_numpy())
    lowest = some.transform("min").to_numpy()
    caught = (share == 0) & (some.transform("count").to_numpy() >= _FEWEST_MONTHS)
    caught &= lowest / 100 * people >= gates.none_of
    others = here["others"].to_numpy()
    for month in np.unique(others[caught]):
        same = others == month
        shares = share[same & known & ~caught]
        tenth = np.quantile(shares, 0.1) if month >= 0 and len(shares) >= _FEWEST_OTHERS else 0.0
        caught[same] &= tenth / 100 * people[same] >= gates.none_of
    return caught, _said(here, caught, "the lowest of the trust’s other months is {:.1f}%", lowest)


def _distance_from_others(
    here: pd.DataFrame, logit: np.ndarray, variance: np.ndarray, judges: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Robust distances from the trusts of a kind that judge, and the medians of these in per cent."""
    others = here["others"].to_numpy()
    by = pd.Series(np.where(judges & (others >= 0), logit, np.nan)).groupby(others)
    middle = by.transform("median").to_numpy()
    deviation = pd.Series(np.where(judges, np.abs(logit - middle), np.nan)).groupby(others)
    spread = 1.4826 * deviation.transform("median").to_numpy()
    distance = (logit - middle) / np.sqrt(spread**2 + variance)
    enough = (others >= 0) & (by.transform("count").to_numpy() > _FEWEST_OTHERS)
    return np.where(enough, distance, np.nan), 100 / (1 + np.exp(-middle))


def _median_of_other_periods(here: pd.DataFrame, logit: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The median of a trust's other periods, of the same group, where it is asked for; NaN with fewer than three."""
    history = here["history"].to_numpy()
    found = np.full(len(here), np.nan)
    for place in np.flatnonzero(asked):
        values = logit[(history == history[place]) & ~np.isnan(logit) & (np.arange(len(here)) != place)]
        if len(values) >= _FEWEST_PERIODS:
            found[place] = np.median(values)
    return found


def _parts_of(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The groups of which the figure of everybody is caught."""
    wholes = {one.gates.whole for one in OWNER.values()} - {""}
    table = table[table["rule"].map(RULES).eq(IMPLAUSIBLE)]
    whole = rows.loc[table.index[~table.index.duplicated()], ["indicator", "of_period"]]
    whole = whole[whole["indicator"].isin(wholes)]
    found = [_NOTHING]
    for id, period in zip(whole["indicator"], whole["of_period"], strict=True):
        ids = [figure for figure, one in OWNER.items() if one.gates.whole == id and figure != id]
        place = whole.index[(whole["indicator"] == id) & (whole["of_period"] == period)][0]
        why = f"the figure of everybody is {table.loc[[place], 'why'].iloc[0]}"
        parts = rows.index[(rows["of_period"] == period) & rows["ok"] & rows["indicator"].isin(ids)]
        found.append(pd.DataFrame({"rule": "whole", "why": why}, index=parts))
    return pd.concat(found)


def _correct_england(marked: pd.DataFrame, caught: pd.DataFrame) -> None:
    """Take the counts of what is caught from England's figures, in place."""
    of_trusts = caught[~caught["trust_code"].isin([ENGLAND_CODE, DEMONSTRATION_CODE])]
    keys = ["indicator", "group", "period_start", "period_end"]
    sums = of_trusts.groupby(keys)[["numerator", "denominator"]].sum()
    sums["trusts"] = of_trusts.groupby(keys)["trust_code"].nunique()
    england = marked[
        (marked["trust_code"] == ENGLAND_CODE).to_numpy()
        & (marked["status"] == "ok")
        & marked["indicator"].isin(of_trusts["indicator"].unique())
        & marked["denominator"].notna()
    ]
    if england.empty:
        return
    less = sums.reindex(pd.MultiIndex.from_frame(england[keys]))
    known = (less["denominator"] > 0).fillna(False).to_numpy(dtype=bool)
    rows, less = england.index[known], less[known]
    count, people = (
        (marked.loc[rows, name].to_numpy(dtype="float64") - less[name].to_numpy(dtype="float64")).clip(min=0)
        for name in ("numerator", "denominator")
    )
    published = marked.loc[rows, "value"].to_numpy(dtype="float64")
    marked.loc[rows, "numerator"] = count
    marked.loc[rows, "denominator"] = people
    marked.loc[rows, "value"] = 100 * count / np.where(people > 0, people, np.nan)
    marked.loc[rows, "recording"] = [
        f"without the figures of {trusts:.0f} {'trust' if trusts == 1 else 'trusts'} that are not plausible or mostly not "
        f"recorded; as published {value:.1f}%"
        for trusts, value in zip(less["trusts"], published, strict=True)
    ]
