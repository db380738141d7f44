"""The measures of all trusts in one table, of each period held, for pages on which a reader chooses measures and trusts.

It holds what the downloads of all trusts hold: their findings, and the published figures of the periods before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.analysis.findings import findings
from race_equality.analysis.peers import peers_of_all
from race_equality.definitions.indicators import BY_ID, INDICATORS, PARTS, Indicator
from race_equality.disclosure.publishable import hide_as_published
from race_equality.disclosure.rules import DisclosureRules
from race_equality.params import read_chosen_peers
from race_equality.project import Project
from race_equality.report.words import STATUS_WORDS
from race_equality.report.words import period as period_words
from race_equality.statistics.intervals import wilson_interval
from race_equality.store.cache import cached
from race_equality.store.trusts import read_trust_list

COLUMNS = tuple(
    "measure label group unit period_start period_end trust_code value lower upper people status why adverse_when".split()
)
#: What makes a series, of which each trust has one row in each period.
SERIES = ["measure", "group", "unit"]
#: Why there is no figure, in words for a page.
WHY = {"ok": "", **STATUS_WORDS}
#: A period in which fewer trusts have a figure of a measure is left out, unless no other has more: it is of trusts whose
#: latest figures are old.
FEWEST_TRUSTS = 10
_NUMBERS = ["value", "lower", "upper", "people"]
#: The measure that a series of its own, of the surveys before, is of.
_OF_SERIES = {one.series: one.id for one in INDICATORS if one.series}
_MONTHLY = [one.id for one in INDICATORS if one.compares == "months"]
_AS_PUBLISHED = [one.id for one in INDICATORS if one.as_published]


def findings_of_all(figures: pd.DataFrame, *, rules: DisclosureRules, project: Project | None = None) -> pd.DataFrame:
    """Give the findings of all trusts, which a build computes once for its pages and its downloads.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures of all trusts that may be shown, without any trust's own return.
    rules : DisclosureRules
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    pandas.DataFrame
        :func:`race_equality.analysis.findings.findings`, with the peers that trusts have chosen themselves.
    """
    listed = read_trust_list(project=project)
    trusts = listed.trusts.copy()
    peers = {**peers_of_all(figures, trusts), **read_chosen_peers(trusts["trust_code"], project=project)}
    return findings(figures, trusts, peers=peers, rules=rules, successions=listed.successions)


@cached(to_disk=True)
def measures_of_trusts(
    found: pd.DataFrame, figures: pd.DataFrame, trusts: pd.DataFrame, rules: DisclosureRules
) -> pd.DataFrame:
    """Put the measures of all trusts into one table: a row for each trust, measure, group, unit and period.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`findings_of_all`.
    figures : pandas.DataFrame
        Tidy figures of all trusts that may be shown, without any trust's own return.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`: the trusts in the table. The demonstration trust is in none.
    rules : DisclosureRules

    Returns
    -------
    pandas.DataFrame
        :data:`COLUMNS`. ``value`` in ``unit``, with its 95% interval ``lower`` to ``upper`` where it has one, rests on
        ``people`` where they are published. Each trust has one row in each period of each series (measure, group and unit);
        without numbers where ``status`` is not "ok", and ``why`` says why in words. In the order of the registry, the
        oldest period first.

    Notes
    -----
    Of a trust's earlier periods only what is published as it is can be shown, so gaps have their latest period alone. Of a
    monthly measure there is one month of each year, the latest one. Organisations that have since merged are averaged by
    their people, as in the findings.
    """
    codes = list(trusts["trust_code"])
    ids = [one.id for one in INDICATORS if one.in_downloads]
    found = found[found["trust_code"].isin(codes) & found["measure"].isin(ids)]
    table = pd.concat(
        [
            found[["trust_code", *SERIES, "period_start", "period_end", *_NUMBERS, "status"]],
            _published(figures, codes, rules),
        ],
        ignore_index=True,
    )
    table["group"] = table["group"].replace({id: part.name for id, part in PARTS.items()})
    # a finding is there first, and is the same as the published figure where there are both
    table = table.drop_duplicates(["trust_code", *SERIES, "period_end"])
    dated = table[table["period_end"].notna()]
    offered = _periods(dated)
    if offered.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    every = offered.merge(pd.DataFrame({"trust_code": codes}), how="cross")
    every = every.merge(
        dated.drop(columns="period_start"), on=["trust_code", *SERIES, "period_end"], how="left", validate="one_to_one"
    )
    every["status"] = every["status"].fillna(_why_missing(every, table, trusts))
    every["why"] = every["status"].map(WHY).where(every["status"] != "not_available", _not_since(every, dated))
    every["label"] = every["measure"].map({id: BY_ID[id].title for id in ids})
    every["adverse_when"] = every["measure"].map({id: BY_ID[id].adverse_when for id in ids})
    return every[list(COLUMNS)].reset_index(drop=True)


def _published(figures: pd.DataFrame, codes: Sequence[str], rules: DisclosureRules) -> pd.DataFrame:
    """Give what is published as it is, of each period held, with what the downloads hide."""
    # without the columns of text that say where a figure is from, which are most of its memory
    rows = figures.drop(columns=["source", "locator", "recording", "private"])
    rows = rows[figures["indicator"].isin(_AS_PUBLISHED) & figures["trust_code"].isin(codes)]
    last = rows[rows["status"] == "ok"].groupby("indicator")["period_end"].max().dt.month
    rows = rows[~rows["indicator"].isin(_MONTHLY) | rows["period_end"].dt.month.eq(rows["indicator"].map(last))]
    rows = hide_as_published(rows, rules)
    rows = rows.assign(measure=rows["indicator"].replace(_OF_SERIES))
    of_people = rows["unit"] == "percent"
    base = rows["denominator"].astype("float64")
    rows["base"] = base.where(of_people)
    rows["sum"] = rows["value"].astype("float64").where(~of_people, rows["value"].astype("float64") * base / 100)
    # where one of a trust's organisations has no figure, the others are not the trust
    rows["rank"] = rows["status"].map({status: place for place, status in enumerate(WHY)}).astype("int64")
    keys = ["trust_code", *SERIES, "period_start", "period_end"]
    # the rows of a series of its own are of the same organisations as those of its measure
    rows = rows.drop_duplicates([*keys, "organisation_code"])
    table = rows.groupby(keys, as_index=False, observed=True).agg(
        sum=("sum", "sum"), base=("base", "sum"), rank=("rank", "max"), organisations=("sum", "size")
    )
    table["status"] = table["rank"].map(dict(enumerate(WHY)))
    known = (table["status"] == "ok").to_numpy()
    shares = known & (table["unit"] == "percent").to_numpy() & (table["base"] > 0).to_numpy()
    # a score or a fifth of two organisations together is not their sum
    adds_up = table["unit"].isin(["percent", "people", "count"]).to_numpy() | (table["organisations"] == 1).to_numpy()
    table.loc[known & ~adds_up, "status"] = "not_available"
    for name in _NUMBERS:
        table[name] = np.nan
    known = known & adds_up
    count, people = table.loc[shares, "sum"].to_numpy(), table.loc[shares, "base"].to_numpy()
    count = np.minimum(count, people)  # rounded apart from each other, a count may be above its whole
    interval = wilson_interval(count, people)
    table.loc[shares, _NUMBERS] = np.column_stack(
        [100 * count / people, 100 * interval.lower, 100 * interval.upper, people]
    )
    # of every patient there is no sample, and the findings have no interval either
    table.loc[table["measure"].isin(_MONTHLY), ["lower", "upper"]] = np.nan
    plain = known & ~shares & (table["unit"] != "percent").to_numpy()
    table.loc[plain, "value"] = table.loc[plain, "sum"]
    table.loc[known & ~shares & ~plain, "status"] = "not_available"
    return table[["trust_code", *SERIES, "period_start", "period_end", *_NUMBERS, "status"]]


def _periods(table: pd.DataFrame) -> pd.DataFrame:
    """Give the periods of each series, in the order of the registry; only those in which some trusts have a figure."""
    known = table[table["status"] == "ok"]
    trusts = known.groupby(["measure", "period_end"])["trust_code"].nunique()
    enough = trusts >= trusts.groupby("measure").transform("max").clip(upper=FEWEST_TRUSTS)
    periods = known.groupby([*SERIES, "period_end"], as_index=False, sort=False).agg(
        period_start=("period_start", lambda starts: starts.mode().iloc[0])
    )
    of_measure = pd.MultiIndex.from_frame(periods[["measure", "period_end"]])
    periods = periods[enough.reindex(of_measure).to_numpy(dtype=bool)]
    order = {one.id: place for place, one in enumerate(INDICATORS)}
    every = table[SERIES].drop_duplicates().itertuples(index=False, name=None)
    groups = {key: place for place, key in enumerate(every)}
    periods = periods.assign(
        measure_place=periods["measure"].map(order),
        group_place=[groups[key] for key in periods[SERIES].itertuples(index=False, name=None)],
    )
    periods = periods.sort_values(["measure_place", "group_place", "period_end"], kind="stable")
    return periods[[*SERIES, "period_start", "period_end"]]


def _why_missing(every: pd.DataFrame, table: pd.DataFrame, trusts: pd.DataFrame) -> pd.Series:
    """Give the status of what no row is there for."""
    without = table[table["period_end"].isna()].drop_duplicates(["trust_code", *SERIES])
    said = every[["trust_code", *SERIES]].merge(
        without[["trust_code", *SERIES, "status"]], on=["trust_code", *SERIES], how="left"
    )["status"]
    kinds = dict(zip(trusts["trust_code"], trusts["kind"].astype("object"), strict=True))

    def applies(measure: Indicator, code: str) -> bool:
        return not measure.applies_to or kinds[code] in measure.applies_to

    fitting = [
        "not_available" if applies(BY_ID[id], code) else "not_applicable"
        for id, code in zip(every["measure"].tolist(), every["trust_code"].tolist(), strict=True)
    ]
    return said.fillna(pd.Series(fitting, index=said.index)).set_axis(every.index)


def _not_since(every: pd.DataFrame, dated: pd.DataFrame) -> pd.Series:
    """Say which figure of a trust is its last, where it has none in the period."""
    known = dated[dated["status"] == "ok"].sort_values("period_end", kind="stable")
    last = known.drop_duplicates(["trust_code", *SERIES], keep="last").rename(
        columns={"period_end": "last_end", "period_start": "last_start"}
    )
    near = every[["trust_code", *SERIES, "period_end"]].merge(
        last[["trust_code", *SERIES, "last_start", "last_end"]], on=["trust_code", *SERIES], how="left"
    )
    older = near["last_end"] < near["period_end"]
    words = {
        (start, end): f"No data since {period_words(start, end)}"
        for start, end in near.loc[older, ["last_start", "last_end"]].drop_duplicates().itertuples(index=False)
    }
    said = [
        words[(start, end)] if is_older else WHY["not_available"]
        for start, end, is_older in zip(near["last_start"], near["last_end"], older, strict=True)
    ]
    return pd.Series(said, index=every.index)
