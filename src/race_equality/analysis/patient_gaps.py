"""Patients by ethnic group as published for trusts: shares, gaps from White patients, and which gap is clear.

Waits for planned treatment (:mod:`race_equality.analysis.waiting_list`), recovery in talking therapies and continuity
of midwifery carer, in one table of all trusts, systems and England; and what a page needs of one trust.

One rule reads every gap, on the first page, in tables, in the CSV and in the decisions: the groups of one measure are
compared with White patients together, so each is read at the level 1 - 0.05 / groups (Bonferroni), and a gap is clear
when Newcombe's interval at that level leaves out zero, also with the counts as far away as their rounding to 5 can have
put them. The interval that is printed is the usual one of 95%: where it
leaves out zero and the gap is not called clear, several groups were looked at, or few people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress
from typing import Any

import numpy as np
import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.analysis.waiting_list import (
    GROUPS,
    PARTS_OF_FIVE,
    REFERENCE,
    UNKNOWN_GROUPS,
    WAITS,
    shown_waits,
    waits_by_group,
)
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS, FIVE_GROUPS
from race_equality.definitions.indicators import BY_ID, PARTS, Indicator, chosen
from race_equality.disclosure.nested import hide_nested
from race_equality.disclosure.rules import DisclosureRules
from race_equality.statistics.gradient import slope_index
from race_equality.statistics.intervals import difference_interval, wilson_interval
from race_equality.store.cache import cached
from race_equality.store.rows import rows_of

#: Shares of patients that are published by ethnic group for trusts.
MEASURES = chosen(lambda one: one.theme == "patients by group" and one.units[0] == "percent")
#: What the first page and the decisions speak of: of each trust, the first that compares any two groups.
HEADLINES: tuple[Indicator, ...] = (
    BY_ID["waiting_over_18_weeks"],
    BY_ID["talking_therapies_recovery"],
    BY_ID["maternity_continuity_of_carer"],
)
#: The same, and what a mental health trust without talking therapies has once the Mental Health Bulletin is loaded.
_IN_ORDER = (*HEADLINES, BY_ID["restrictive_interventions"])
#: Of people whose ethnic group nobody knows, in any of the publications.
UNKNOWN = (*UNKNOWN_GROUPS, "Not stated or not known")
FIFTHS = ("Most deprived fifth", "Second fifth", "Middle fifth", "Fourth fifth", "Least deprived fifth")
_FIFTH = {f"Decile {n}": FIFTHS[(n - 1) // 2] for n in range(1, 11)}
_FIFTH |= {f"Quintile {n}": FIFTHS[n - 1] for n in range(1, 6)}
_LEVEL = 0.05

_KEYS = ["place", "measure", "breakdown"]
COLUMNS = tuple(
    "place measure breakdown group count people hidden left_out percent lower upper gap gap_lower gap_upper compared "
    "direction status period_start period_end".split()
)
SLOPE_COLUMNS = tuple(
    "place measure most_deprived least_deprived slope slope_lower slope_upper people direction period_start "
    "period_end".split()
)


@cached(to_disk=True)
def patients_by_breakdown(figures: pd.DataFrame, rules: DisclosureRules | None = None) -> pd.DataFrame:
    """Give each measure by five ethnic groups, the groups beneath, fifths of deprivation, age and sex, at its latest.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, from :func:`race_equality.disclosure.publishable.publishable_figures` for a page.
    rules : DisclosureRules, optional
        From :func:`race_equality.disclosure.rules.read_rules`, for whatever is shown: hides what rests on too few, with
        what would tell it (of waits :func:`race_equality.analysis.waiting_list.shown_waits`).

    Returns
    -------
    pandas.DataFrame
        A row for each ``place`` (a trust's code, a board's, a region's, ``"ENG"``), ``measure`` (the id of its record),
        ``breakdown`` ("ethnicity", "ethnicity in detail", "deprivation", "age", "sex") and ``group``, in the order of a
        page:

        - ``count`` of ``people``, ``percent`` with ``lower`` and ``upper`` (Wilson, 95%);
        - ``hidden``: how many counts the publisher hid that are in the sum within bounds, which the limits allow for
          (:func:`race_equality.analysis.waiting_list.waits_by_group`); ``left_out``: how many parts are in neither the
          count nor the people, as both are hidden: the sum is then of the other parts, and a page says so;
        - of the five groups ``gap`` from White patients in percentage points (``gap_lower``, ``gap_upper``: Newcombe,
          95%), ``compared``, how many groups are compared, and ``direction``: "adverse" or "favourable" to patients of
          the group where the gap is clear (the rule of this module), else "unclear", "reference", "unknown group" or
          "none"; of other breakdowns "none";
        - ``status``: no numbers where it is not "ok". A fifth of deprivation is "suppressed" where one of its deciles is.

    Notes
    -----
    Each organisation's latest period. Waits count pathways and are rounded to 5; talking therapies of providers are
    rounded to 5 and England's are exact. The five groups are those that the publication adds up, in which Chinese people
    are in Other, or (waits) are added up here, in which they are in Asian.

    References
    ----------
    Wilson EB. JASA 1927; 22: 209-212. Newcombe RG. Statistics in Medicine 1998; 17: 873-890. Dunn OJ. JASA 1961; 56:
    52-64.
    """
    published = _published(_latest(figures), [one for one in MEASURES if one not in WAITS])
    if rules is not None:
        published = _shown(published, rules)
    waits = waits_by_group(figures)
    if rules is not None:
        waits = shown_waits(waits, rules)
    waits = _fifths_of(waits.assign(period_start=waits["period_end"], left_out=0.0))
    parts = [part for part in (waits, published) if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(parts, ignore_index=True)
    return _read(table)[list(COLUMNS)]


@cached(to_disk=True)
def recovery_by_year(figures: pd.DataFrame, rules: DisclosureRules | None = None) -> pd.DataFrame:
    """Give recovery in talking therapies by ethnic group in every year that is held.

    Parameters
    ----------
    figures, rules
        As for :func:`patients_by_breakdown`.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`patients_by_breakdown`, for the five groups and those of unknown ethnic group, oldest year
        first. Years are never added up.
    """
    measure = BY_ID["talking_therapies_recovery"]
    of_five = figures["group"].isin([*FIVE_GROUPS, *UNKNOWN]) & (figures["indicator"] == f"{measure.id}_by_ethnicity")
    table = _published(figures[of_five], [measure])
    if rules is not None:
        table = _shown(table, rules)
    if table.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    table = table.sort_values("period_end", kind="stable")
    return _read(table, ["place", "measure", "period_end"])[list(COLUMNS)]


@cached(to_disk=True)
def slopes_by_deprivation(figures: pd.DataFrame, rules: DisclosureRules | None = None) -> pd.DataFrame:
    """Give the slope from the least to the most deprived end of each measure, for every place.

    Parameters
    ----------
    figures, rules
        As for :func:`patients_by_breakdown`.

    Returns
    -------
    pandas.DataFrame
        A row for each ``place`` and ``measure`` of which all fifths are shown and none is 0% or 100%: ``slope`` (slope
        index of inequality in percentage points; above zero: the more deprived, the higher the share) with 95% limits,
        the shares ``most_deprived`` and ``least_deprived``, ``people``, and ``direction``: "adverse" to people from
        deprived areas, "favourable" or "unclear".

    References
    ----------
    Low A, Low A. Journal of Public Health 2004; 26: 388-395.
    """
    table = patients_by_breakdown(figures, rules)
    fifths = table[(table["breakdown"] == "deprivation") & (table["status"] == "ok") & table["group"].isin(FIFTHS)]
    many = fifths.groupby(["place", "measure"])["group"].transform("size")
    fifths = fifths[many == len(FIFTHS)]
    counts, totals = (fifths[name].to_numpy().reshape(-1, len(FIFTHS)) for name in ("count", "people"))
    has_slope = ((counts > 0) & (counts < totals)).all(axis=1)
    counts, totals = counts[has_slope], totals[has_slope]
    found = fifths.iloc[:: len(FIFTHS)][["place", "measure", "period_start", "period_end"]][has_slope]
    if found.empty:
        return pd.DataFrame(columns=list(SLOPE_COLUMNS))
    error = np.sqrt(1 / counts + 1 / (totals - counts))  # of the logit
    slope = slope_index(counts / totals, totals, error, transform="logit", multiplier=-100, repetitions=2000)
    above, below = slope.sii_interval.lower > 0, slope.sii_interval.upper < 0
    higher_is_adverse = found["measure"].map(lambda id: BY_ID[id].adverse_when == "higher").to_numpy(dtype=bool)
    found = found.assign(
        most_deprived=100 * counts[:, 0] / totals[:, 0],
        least_deprived=100 * counts[:, -1] / totals[:, -1],
        slope=slope.sii,
        slope_lower=slope.sii_interval.lower,
        slope_upper=slope.sii_interval.upper,
        people=totals.sum(axis=1),
        direction=np.select(
            [np.where(higher_is_adverse, above, below), above | below], ["adverse", "favourable"], "unclear"
        ),
    )
    return found.reset_index(drop=True)[list(SLOPE_COLUMNS)]


# -- one trust ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WidestGap:
    """What the first page says of a trust's patients by ethnic group.

    Parameters
    ----------
    measure : Indicator
    groups : pandas.DataFrame
        The trust's rows of :func:`patients_by_breakdown` by five groups and unknown ones.
    compared : int
        How many groups are compared with White patients.
    clear : int
        Of how many the gap is clear and adverse.
    widest : pandas.Series or None
        The row of the widest of these; None where none is.
    white_percent : float
        The share of White patients.
    unknown_percent : float
        The share of the measure's people whose ethnic group is not stated or not known; NaN where such a group is hidden.
    left_out : bool
        Whether another group is hidden, which is then in neither number of `unknown_percent`.
    """

    measure: Indicator
    groups: pd.DataFrame
    compared: int
    clear: int
    widest: pd.Series | None
    white_percent: float
    unknown_percent: float = float("nan")
    left_out: bool = False

    @property
    def period_end(self) -> pd.Timestamp:
        """The last day of its figures."""
        return self.groups["period_end"].iloc[0]

    @property
    def better_off(self) -> list[str]:
        """The groups whose gap is clear and favourable."""
        return self._groups_with("favourable")

    @property
    def unclear(self) -> list[str]:
        """The groups that no clear gap sets apart from White patients."""
        return self._groups_with("unclear")

    def _groups_with(self, direction: str) -> list[str]:
        pairs = zip(self.groups["group"].tolist(), self.groups["direction"].tolist(), strict=True)
        return [group for group, its_direction in pairs if its_direction == direction]


def widest_gap(table: pd.DataFrame, place: str) -> WidestGap | None:
    """Choose the widest clear gap by ethnic group, of the best measure that a trust has.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`patients_by_breakdown`.
    place : str
        A resolved trust code, a board's code or ``"ENG"``.

    Returns
    -------
    WidestGap or None
        Of the first measure in which any group is compared with White patients: waits over 18 weeks, then
        recovery in talking therapies, continuity of carer, restrictive interventions. None where there is none.

    Notes
    -----
    Of several gaps the widest is, on average, somewhat wider than it would be found again.
    """
    here = table[((table["place"] == place) & (table["breakdown"] == "ethnicity")).to_numpy()].reset_index(drop=True)
    of_measure: dict[str, list[Any]] = {}
    for row in rows_of(here):
        of_measure.setdefault(row.measure, []).append(row)
    for measure in _IN_ORDER:
        rows = of_measure.get(measure.id, [])
        compared = [row for row in rows if row.direction in ("adverse", "favourable", "unclear")]
        if not compared:
            continue
        clear = [row for row in compared if row.direction == "adverse"]
        widest = here.loc[max(clear, key=lambda row: abs(row.gap)).Index] if clear else None
        white = next(row.percent for row in rows if row.direction == "reference")
        # what is hidden of one wait may be shown of the other, whose people are the same
        of_list = list(chain(*(of_measure.get(one.id, []) for one in WAITS))) if measure in WAITS else rows
        groups = here.loc[[row.Index for row in rows]]
        return WidestGap(measure, groups, len(compared), len(clear), widest, white, *_unrecorded(of_list))
    return None


def with_others(
    table: pd.DataFrame, place: str, peers: Sequence[str] = (), systems: Sequence[str] = ()
) -> pd.DataFrame:
    """Put England, the trust's system and similar trusts next to a trust's rows.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`patients_by_breakdown`.
    place : str
        A resolved trust code.
    peers : sequence of str
        Similar trusts, of the same kind: their counts and people are added up.
    systems : sequence of str
        The codes of the trust's systems. Where they are several, none is shown.

    Returns
    -------
    pandas.DataFrame
        The trust's rows with ``england_percent``, ``england_gap``, ``system_percent``, ``system_gap``,
        ``similar_percent``, ``similar_gap`` and ``similar_trusts`` (how many have a figure); NaN where there is none.
        Only of the trust's own period.
    """
    codes = {"england": [ENGLAND_CODE], "system": list(systems) if len(systems) == 1 else [], "similar": list(peers)}
    table = table[is_one_of(table["place"], {place, *chain(*codes.values())})]
    of_place, status, *keys = (table[name].tolist() for name in ("place", "status", "measure", "breakdown", "group"))
    keys.append(table["period_end"].astype("int64").tolist())  # a Timestamp takes long to make and to look up
    of_row = list(zip(*keys, strict=True))
    is_here = [one == place for one in of_place]
    here = table[is_here].reset_index(drop=True)
    row_of = {key: number for number, key in enumerate(compress(of_row, is_here))}
    row = np.array(
        [row_of.get(key, -1) if one == "ok" else -1 for key, one in zip(of_row, status, strict=True)], dtype="int64"
    )
    count, people = (table[name].fillna(0.0).to_numpy(dtype="float64") for name in ("count", "people"))
    reference = here["direction"].eq("reference").to_numpy()
    of_measure = here["measure"].to_numpy()
    compared = here["gap"].notna().to_numpy()
    of_others: dict[str, np.ndarray] = {}
    for name, places in codes.items():
        there = (row >= 0) & np.array([one in places for one in of_place], dtype=bool)
        counts, totals, trusts = (
            np.bincount(row[there], weights, minlength=len(here)) for weights in (count[there], people[there], None)
        )
        share = np.divide(100 * counts, totals, out=np.full(len(here), np.nan), where=totals > 0)
        white = dict(zip(of_measure[reference], share[reference], strict=True))
        of_others[f"{name}_percent"] = share
        gap = share - [white.get(measure, np.nan) for measure in of_measure]
        of_others[f"{name}_gap"] = np.where(compared, gap, np.nan)
    # similar trusts are the last
    return pd.concat([here, pd.DataFrame(of_others | {"similar_trusts": trusts})], axis=1)


def _unrecorded(rows: Sequence[Any]) -> tuple[float, bool]:
    """Per cent of people without a known ethnic group, and whether a known group is hidden and so not among them."""
    people: dict[str, float] = {}
    for row in rows:
        if row.status == "ok":
            people[row.group] = max(row.people, people.get(row.group, 0.0))
    hidden = {row.group for row in rows if row.status == "suppressed"} - people.keys()
    unknown = sum(many for group, many in people.items() if group in UNKNOWN)
    share = float("nan") if hidden & set(UNKNOWN) else 100 * unknown / sum(people.values())
    return share, bool(hidden - set(UNKNOWN))


# -- adding up and comparing -------------------------------------------------------------------------------


def _latest(figures: pd.DataFrame) -> pd.DataFrame:
    """Figures of shares of patients, of each trust and measure in its latest period; what has no meaning is left out."""
    ids = [part.id for one in MEASURES for part in one.parts if part.kind in GROUPS]
    rows = figures[figures["indicator"].isin(ids) & (figures["status"] != "not_applicable")]
    return rows[rows["period_end"] == rows.groupby(["trust_code", "indicator"])["period_end"].transform("max")]


def _published(figures: pd.DataFrame, measures: Sequence[Indicator]) -> pd.DataFrame:
    """Add up organisations that are one trust and deciles that are one fifth, in every period."""
    of_part = {part.id: one.id for one in measures for part in one.parts if part.kind in GROUPS}
    rows = figures[figures["indicator"].isin(list(of_part))]
    if rows.empty:
        return pd.DataFrame(columns=[*COLUMNS, "count_least", "count_most"])
    kind = rows["indicator"].map({id: PARTS[id].kind for id in of_part})
    ok = (rows["status"] == "ok").to_numpy()
    # a group of eighteen is beneath its five, and White, Black and so on are published as such
    detailed = (kind == "ethnicity") & rows["group"].isin(EIGHTEEN_GROUPS)
    cells = pd.DataFrame(
        {
            "place": rows["trust_code"],
            "measure": rows["indicator"].map(of_part),
            "breakdown": kind.where(~detailed, "ethnicity in detail"),
            "group": rows["group"].where(kind != "deprivation", rows["group"].replace(_FIFTH)),
            "period_start": rows["period_start"],
            "period_end": rows["period_end"],
            "count": np.where(ok, rows["numerator"].astype("float64"), 0.0),
            "people": np.where(ok, rows["denominator"].astype("float64"), 0.0),
            "left_out": (rows["status"] == "suppressed").astype("float64"),
            "status": rows["status"],
        }
    )
    keys = ["place", "measure", "breakdown", "group", "period_start", "period_end"]
    grouped = cells.groupby(keys, sort=False)
    table = grouped[["count", "people", "left_out"]].sum()
    first = grouped["status"].first().to_numpy()
    table = table.reset_index()
    # half a fifth is another share than the whole
    part_of_fifth = (table["breakdown"] == "deprivation") & (table["left_out"] > 0)
    there = (table["people"] > 0) & ~part_of_fifth
    table["status"] = np.select(
        [there, table["left_out"] > 0, first != "ok"], ["ok", "suppressed", first], default="not_available"
    )
    table.loc[~there, ["count", "people"]] = np.nan
    table["count"] = table["count"].clip(upper=table["people"])  # rounded apart from each other
    table["hidden"] = 0.0
    interval = wilson_interval(table["count"], table["people"], nan_policy="propagate")
    table["percent"] = 100 * table["count"] / table["people"]
    table["lower"], table["upper"] = 100 * np.asarray(interval.lower), 100 * np.asarray(interval.upper)
    return _in_order(table.assign(count_least=table["count"], count_most=table["count"]))


def _shown(table: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Hide groups of fewer people than the thresholds of their trust, where needed with those that would tell how many.

    Counts are rounded, so what is worked out of two others or more has a range of twice the rounding. A trust whose
    threshold is higher, or a breakdown with fewer groups, needs other groups hidden
    (:func:`race_equality.disclosure.nested.hide_nested`, with five ethnic groups and those beneath together).
    """
    people = table["people"].to_numpy(dtype="float64")
    few = people < np.maximum(rules.minimum_people(table["place"]), rules.minimum_responses(table["place"]))
    if not few.any():
        return table
    family = table["breakdown"].replace("ethnicity in detail", "ethnicity")
    keys = [*(table[key].to_numpy() for key in ("place", "measure", "period_end")), family.to_numpy()]
    hidden = few.copy()
    # of most families nothing is too small, and nothing is hidden
    near = np.flatnonzero(pd.Series(few).groupby(keys).transform("any"))
    for (place, measure, *_), rows in pd.Series(near).groupby([key[near] for key in keys]):
        rule = rules.of(str(place))
        others = (people[rows] > 0) & ~few[rows]
        if others.sum() >= 2 and rule.minimum_people <= 2 * BY_ID[str(measure)].disclosure.rounded_to:
            continue
        groups = table["group"].iloc[rows]
        found = hide_nested(
            dict(zip(groups, people[rows, np.newaxis], strict=True)),
            PARTS_OF_FIVE,
            minimum_people=rule.minimum_people,
            minimum_responses=rule.minimum_responses,
        )
        hidden[rows] = [found[group][0] for group in groups]
    table = table.copy()
    hidden &= (table["status"] == "ok").to_numpy()
    table.loc[hidden, ["count", "count_least", "count_most", "people", "percent", "lower", "upper"]] = np.nan
    table.loc[hidden, "status"] = "suppressed"
    return table


def _fifths_of(waits: pd.DataFrame) -> pd.DataFrame:
    """Add up the deciles of waits to fifths, with the counts that are hidden in them."""
    is_decile = waits["breakdown"] == "deprivation"
    deciles = waits[is_decile].assign(group=lambda rows: rows["group"].map(_FIFTH))
    if deciles.empty:
        return waits
    keys = [*_KEYS, "group", "period_start", "period_end"]
    numbers = ["count", "count_least", "count_most", "people", "hidden", "left_out"]
    grouped = deciles.groupby(keys, sort=False)
    fifths = grouped[numbers].sum().reset_index()
    whole = grouped["people"].count().to_numpy() == grouped["people"].size().to_numpy()
    is_hidden = deciles["status"].eq("suppressed").groupby([deciles[key] for key in keys], sort=False).any().to_numpy()
    fifths["status"] = np.where(whole, "ok", np.where(is_hidden, "suppressed", "not_available"))
    fifths.loc[~whole, numbers[:4]] = np.nan
    least, most = (
        wilson_interval(fifths[name], fifths["people"], nan_policy="propagate")
        for name in ("count_least", "count_most")
    )
    fifths["percent"] = 100 * fifths["count"] / fifths["people"]
    fifths["lower"], fifths["upper"] = 100 * np.asarray(least.lower), 100 * np.asarray(most.upper)
    return _in_order(pd.concat([waits[~is_decile], fifths], ignore_index=True))


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    pairs = [("ethnicity", "Asian, Black or Mixed")]
    pairs += [(kind, group) for kind, groups in GROUPS.items() if kind != "deprivation" for group in groups]
    pairs += [("deprivation", fifth) for fifth in FIFTHS]
    place = {pair: n for n, pair in enumerate(pairs)}
    # groups of other publications, such as their ages, come by the number in them, and unknown ones last
    named = table[["breakdown", "group"]].drop_duplicates()
    codes = table.groupby(["breakdown", "group"], sort=False).ngroup().to_numpy()
    order = np.array(
        [
            place.get(pair, len(place) + (_UNKNOWN_LAST if pair[1] in UNKNOWN else _youngest(pair[1])))
            for pair in zip(named["breakdown"], named["group"], strict=True)
        ],
        dtype="int64",
    )[codes]
    kinds = table["breakdown"].map({kind: n for n, kind in enumerate(GROUPS)})
    table = table.assign(order=order, kinds=kinds)
    by = ["place", "measure", "period_end", "kinds", "order", "group"]
    return table.sort_values(by, kind="stable", ignore_index=True).drop(columns=["order", "kinds"])


_UNKNOWN_LAST = 1000


def _youngest(group: str) -> int:
    """The first number in the name of a group of ages: "Under 18" is before "18 to 25"."""
    number = re.search(r"\d+", group)
    if number is None:
        return _UNKNOWN_LAST - 1
    return 0 if group.startswith("Under") else int(number.group())


def _read(table: pd.DataFrame, of: Sequence[str] = ("place", "measure")) -> pd.DataFrame:
    """Compare the five groups with White patients of the same place and measure, all by one rule."""
    table = table.reset_index(drop=True)
    is_five = (table["breakdown"] == "ethnicity").to_numpy() & (table["status"] == "ok").to_numpy()
    white = is_five & (table["group"] == REFERENCE["ethnicity"]).to_numpy()
    unknown = is_five & table["group"].isin(UNKNOWN).to_numpy()
    keys = pd.MultiIndex.from_frame(table[list(of)])
    counts = table[["count_least", "count", "count_most", "people"]].to_numpy(dtype="float64")
    at = pd.Series(np.flatnonzero(white), index=keys[white]).reindex(keys).to_numpy(dtype="float64")
    others = is_five & ~white & ~unknown & ~np.isnan(at)
    group, base = counts[others], counts[at[others].astype(int)]
    many = pd.Series(others, index=keys).groupby(level=list(range(len(of)))).transform("sum").to_numpy()
    shown = _gap_limits(group, base, 1 - _LEVEL)
    # what is clear is so wherever rounding to the nearest 5 may have put the counts
    rounded = (table.loc[others, "place"] != ENGLAND_CODE).to_numpy()[:, np.newaxis]
    group, base = (_as_far_as_rounding(part, rounded) for part in (group, base))
    low, high = np.empty(len(group)), np.empty(len(group))
    for number in np.unique(many[others]):
        these = many[others] == number
        low[these], high[these] = _gap_limits(group[these], base[these], 1 - _LEVEL / number)
    higher_is_adverse = (
        table.loc[others, "measure"].map(lambda id: BY_ID[id].adverse_when != "lower").to_numpy(dtype=bool)
    )
    above, below = low > 0, high < 0
    gaps = np.full((len(table), 3), np.nan)
    gaps[others] = 100 * np.stack([group[:, 1] / group[:, 3] - base[:, 1] / base[:, 3], *shown], axis=-1)
    direction = np.full(len(table), "none", dtype=object)
    direction[white], direction[unknown] = "reference", "unknown group"
    direction[others] = np.select(
        [np.where(higher_is_adverse, above, below), above | below], ["adverse", "favourable"], "unclear"
    )
    return table.assign(gap=gaps[:, 0], gap_lower=gaps[:, 1], gap_upper=gaps[:, 2], compared=many, direction=direction)


#: Counts are rounded to the nearest 5, so one is at most 2 away from what it was; 5 can be 1 to 7 in one of the files.
_ROUNDED = 2


def _as_far_as_rounding(counts: np.ndarray, rounded: np.ndarray) -> np.ndarray:
    """Widen the bounds of counts (least, count, most, people) by their rounding; nobody stays nobody."""
    away = np.where(rounded & (counts[:, :1] > 0), [[-_ROUNDED, 0, _ROUNDED]], 0)
    away = np.where(rounded & (counts[:, 1:2] == 5), [[-4, 0, 2]], away)
    bounds = np.clip(counts[:, :3] + away, 0, counts[:, 3:])
    return np.concatenate([bounds, counts[:, 3:]], axis=1)


def _gap_limits(group: np.ndarray, base: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Newcombe's limits, the lower with the least that the group's count can be and the most of White patients'."""
    if not len(group):
        return np.empty(0), np.empty(0)
    low = difference_interval(group[:, 0], group[:, 3], base[:, 2], base[:, 3], confidence=level, method="newcombe")
    high = difference_interval(group[:, 2], group[:, 3], base[:, 0], base[:, 3], confidence=level, method="newcombe")
    return np.asarray(low.lower), np.asarray(high.upper)
