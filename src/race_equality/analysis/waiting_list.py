"""Waits for planned treatment by ethnic group, deprivation, age and sex: gaps, coverage, and what explains England's.

From the Waiting List Minimum Data Set (:mod:`race_equality.sources.publications.waiting_list`), which gives the sixteen
ethnic groups of 2001 for acute trusts, integrated care boards, regions and England, in one week. Five groups are added
up here.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS, FIVE_GROUPS, WHITE
from race_equality.definitions.indicators import BY_ID, Indicator
from race_equality.disclosure.nested import hide_nested
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.statistics.decomposition import kitagawa
from race_equality.statistics.intervals import difference_interval, wilson_interval
from race_equality.store.cache import cached

#: Over 18 weeks, and over 52.
WAITS: tuple[Indicator, ...] = (BY_ID["waiting_over_18_weeks"], BY_ID["waiting_over_52_weeks"])
#: The measure that holds the waiting list of all patients by month, whose denominator is the whole list.
_ALL_PATIENTS = "rtt_within_18_weeks"

#: What the publisher says of a hidden count: 1 to 7. In a sum it is the middle.
HIDDEN_LEAST, HIDDEN_MIDDLE, HIDDEN_MOST = 1, 4, 7
UNKNOWN_GROUPS = ("Not stated", "Not known")
#: Groups of each breakdown in the order of a page. The sixteen are beneath their five.
GROUPS: dict[str, tuple[str, ...]] = {
    "ethnicity": (*FIVE_GROUPS, *UNKNOWN_GROUPS),
    "ethnicity in detail": tuple(sorted(EIGHTEEN_GROUPS, key=lambda group: FIVE_GROUPS.index(EIGHTEEN_GROUPS[group]))),
    "deprivation": tuple(f"Decile {n}" for n in range(1, 11)),
    "age": ("0 to 18", "19 to 64", "65 and over"),
    "sex": ("Female", "Male"),
}
#: The group that the others of a breakdown are compared with.
REFERENCE = {
    "ethnicity": WHITE,
    "ethnicity in detail": "White - English / Welsh / Scottish / Northern Irish / British",
    "deprivation": "Decile 10",
}

COLUMNS = tuple(
    "place measure breakdown group count count_least count_most people hidden percent lower upper gap gap_lower gap_upper "
    "direction status period_end".split()
)


@cached
def waits_by_group(figures: pd.DataFrame) -> pd.DataFrame:
    """Give the share that has waited over 18 and over 52 weeks by group, for every trust, system, region and England.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        A row for each ``place`` (a trust's code, a board's, a region's, ``"ENG"``), ``measure`` (the id of its record),
        ``breakdown`` (a key of :data:`GROUPS`) and ``group``, in the latest week:

        - ``count`` of ``people`` on the list (float), ``percent``, ``lower`` and ``upper`` (Wilson, 95%);
        - ``hidden``: how many counts of 1 to 7 the publisher hid in it, each counted as 4; ``count_least`` and
          ``count_most`` count them as 1 and as 7. The limits of ``percent`` and ``gap`` allow for it;
        - ``gap`` from the group's reference in percentage points (:data:`REFERENCE`; Newcombe, 95%), ``direction``
          "adverse" where it is reliably above 0, "favourable" below, "unclear", "reference", "unknown group", or "none";
        - ``status``: "ok"; "suppressed" where every part is hidden, or more than half of the count would be hidden ones;
          "not_available" or "not_applicable". Without numbers but where it is "ok".

        Empty where no figures are held.

    Notes
    -----
    Counts are rounded to the nearest 5 by the publisher; a sum of 16 is out by up to 40, usually by under 6. A part whose
    own share over 18 weeks is hidden is left out with its base. Organisations that have merged are added up. Weeks are
    never added up. Pathways are counted, and one patient can have several, so that intervals are somewhat too narrow.

    References
    ----------
    Wilson EB. JASA 1927; 22: 209-212. Newcombe RG. Statistics in Medicine 1998; 17: 873-890.
    """
    parts = {part.id: (one.id, part.kind) for one in WAITS for part in one.parts if part.kind in GROUPS}
    rows = _latest(figures, list(parts))
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    cells = _cells(rows)
    cells["measure"] = rows["indicator"].map({id: measure for id, (measure, _) in parts.items()})
    cells["breakdown"] = rows["indicator"].map({id: kind for id, (_, kind) in parts.items()})
    by_ethnicity = cells["breakdown"] == "ethnicity"
    detail = cells[by_ethnicity & ~cells["group"].isin(UNKNOWN_GROUPS)]
    cells["group"] = cells["group"].where(~by_ethnicity, cells["group"].replace(EIGHTEEN_GROUPS))
    cells = pd.concat([cells, detail.assign(breakdown="ethnicity in detail")])
    table = _added_up(cells, ["place", "measure", "breakdown", "group"]).reset_index()
    table["period_end"] = rows["period_end"].max()
    return _compared(_in_order(table))[list(COLUMNS)]


def _latest(figures: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    """Figures of the latest week: a week is a snapshot, and weeks are never added up."""
    rows = figures[figures["indicator"].isin(ids)]
    return rows[rows["period_end"] == rows["period_end"].max()]


def _cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Return count and base of each published cell, with what a hidden count can be; NaN where a cell is left out."""
    count, people = (rows[name].to_numpy(dtype="float64", na_value=np.nan) for name in ("numerator", "denominator"))
    status = rows["status"].to_numpy(dtype=object)
    # over 52 weeks is hidden where it is 1 to 7; what is hidden of over 18 weeks can be the rest of the group as well
    narrow = rows["indicator"].isin([part.id for part in WAITS[1].parts]).to_numpy()
    hidden = (status == "suppressed") & ~np.isnan(people) & narrow
    # a count with a recording of its own has a hidden one in it, taken as the middle
    within = (status == "ok") & rows["recording"].ne("").to_numpy()
    least = np.where(within, count - (HIDDEN_MIDDLE - HIDDEN_LEAST), count)
    most = np.where(within, count + (HIDDEN_MOST - HIDDEN_MIDDLE), count)
    used = hidden | ~np.isnan(count)
    return pd.DataFrame(
        {
            "place": rows["trust_code"],
            "group": rows["group"],
            "count": np.where(hidden, HIDDEN_MIDDLE, count),
            "count_least": np.where(hidden, HIDDEN_LEAST, least),
            "count_most": np.where(hidden, HIDDEN_MOST, most),
            "people": np.where(used, people, np.nan),
            "hidden": (hidden | within).astype(float),
            "left_out": ((status == "suppressed") & ~used).astype(float),
            "status": status,
        },
        index=rows.index,
    )


def _added_up(cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add up cells, and say of each sum whether it is a figure."""
    sums = cells.groupby(keys, sort=False)[["count", "count_least", "count_most", "people", "hidden", "left_out"]].sum()
    # of a group with no cell at all, why there is none
    first = cells.groupby(keys, sort=False)["status"].first()
    status = np.select(
        [
            (sums["people"] > 0) & (HIDDEN_MIDDLE * sums["hidden"] > sums["count"] / 2),
            sums["people"] > 0,
            sums["left_out"] > 0,
            first != "ok",
        ],
        ["suppressed", "ok", "suppressed", first],
        default="not_available",
    )
    sums["status"] = status
    numbers = ["count", "count_least", "count_most", "people"]
    sums.loc[status != "ok", numbers] = np.nan
    # rounded apart from each other, a count may be above its whole
    for name in numbers[:3]:
        sums[name] = sums[name].clip(upper=sums["people"])
    return sums


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    place = {pair: n for n, pair in enumerate((kind, group) for kind, groups in GROUPS.items() for group in groups)}
    pairs = zip(table["breakdown"].tolist(), table["group"].tolist(), strict=True)
    order = [place.get(pair, -1) for pair in pairs]
    table = table.assign(order=order).loc[lambda rows: rows["order"] >= 0]
    return table.sort_values(["place", "measure", "order"], kind="stable", ignore_index=True).drop(columns="order")


def _compared(table: pd.DataFrame) -> pd.DataFrame:
    """Add percentages, and the gap from the reference of each breakdown, with limits that allow for hidden counts."""
    counts = table[["count_least", "count", "count_most", "people"]].to_numpy(dtype="float64")
    least, middle, most, people = counts.T
    limits = [wilson_interval(one, people, nan_policy="propagate") for one in (least, most)]
    reference = table["group"].eq(table["breakdown"].map(REFERENCE)).to_numpy()
    keys = ["place", "measure", "breakdown"]
    of_reference = table.loc[reference, keys].assign(row=np.flatnonzero(reference))
    row = table[keys].merge(of_reference, how="left", on=keys)["row"].to_numpy()
    at = np.where(np.isnan(row), 0, row).astype(int)
    unknown = table["group"].isin(UNKNOWN_GROUPS).to_numpy()
    base = np.where((np.isnan(row) | reference | unknown)[:, np.newaxis], np.nan, counts[at])
    low = difference_interval(least, people, base[:, 2], base[:, 3], nan_policy="propagate").lower
    high = difference_interval(most, people, base[:, 0], base[:, 3], nan_policy="propagate").upper
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = 100 * (middle / people - base[:, 1] / base[:, 3])
    ok = table["status"].eq("ok").to_numpy()
    direction = np.select(
        [ok & reference, ok & unknown, np.isnan(gap), low > 0, high < 0],
        ["reference", "unknown group", "none", "adverse", "favourable"],
        default="unclear",
    )
    return table.assign(
        percent=100 * middle / people,
        lower=100 * np.asarray(limits[0].lower),
        upper=100 * np.asarray(limits[1].upper),
        gap=gap,
        gap_lower=np.where(np.isnan(gap), np.nan, 100 * np.asarray(low)),
        gap_upper=np.where(np.isnan(gap), np.nan, 100 * np.asarray(high)),
        direction=direction,
    )


# -- what a trust's thresholds hide --------------------------------------------------------------------------

#: Each of the five groups to the sixteen in it.
PARTS_OF_FIVE: dict[Hashable, list[str]] = {
    five: [group for group in GROUPS["ethnicity in detail"] if EIGHTEEN_GROUPS[group] == five] for five in FIVE_GROUPS
}
_NUMBERS = [
    "count",
    "count_least",
    "count_most",
    "people",
    "percent",
    "lower",
    "upper",
    "gap",
    "gap_lower",
    "gap_upper",
]


def shown_waits(table: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Hide what rests on too few by the rule of its trust, with what would tell it.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of :func:`waits_by_group`: whole places, with all their groups and both measures.
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.

    Returns
    -------
    pandas.DataFrame
        The same rows; hidden ones have the status "suppressed", the direction "none" and no numbers.

    Notes
    -----
    Five groups and the sixteen in them are protected together, and people waiting, over 18 and over 52 weeks. Where the
    reference is hidden there are no gaps.
    """
    counts = table["count"].to_numpy(dtype="float64")
    people = table["people"].to_numpy(dtype="float64")
    few = people < np.maximum(rules.minimum_people(table["place"]), rules.minimum_responses(table["place"]))
    few |= (counts > 0) & (counts < rules.minimum_people(table["place"]))
    if not few.any():
        return table
    family = table["breakdown"].replace("ethnicity in detail", "ethnicity")
    hidden = np.zeros(len(table), dtype=bool)
    keys = [table["place"].to_numpy(), family.to_numpy()]
    # of most families nothing is too small, and nothing is hidden
    near = np.flatnonzero(pd.Series(few).groupby(keys).transform("any"))
    for (place, breakdown), rows in pd.Series(near).groupby([key[near] for key in keys]):
        hidden[rows] = _hidden(table.iloc[rows], str(breakdown), rules.of(str(place)))
    return _without(table, hidden)


def _hidden(rows: pd.DataFrame, breakdown: str, rule: DisclosureRule) -> np.ndarray:
    """Say which rows of one place and family of breakdowns are hidden."""
    measure = rows["measure"].map({one.id: number for number, one in enumerate(WAITS)}).to_numpy()
    group, groups = pd.factorize(rows["group"])
    counts, people = (np.full((len(groups), len(WAITS)), np.nan) for _ in range(2))
    counts[group, measure], people[group, measure] = rows["count"], rows["people"]
    # a part that is hidden of one measure is in the base of the other
    base = np.fmax.reduce(people, axis=1)
    hidden = hide_nested(
        dict(zip(groups, np.column_stack([base, counts]), strict=True)),
        PARTS_OF_FIVE if breakdown == "ethnicity" else {},
        minimum_people=rule.minimum_people,
        minimum_responses=rule.minimum_responses,
    )
    return np.array([hidden[name] for name in groups])[group, 1 + measure]


def _without(table: pd.DataFrame, hidden: np.ndarray) -> pd.DataFrame:
    hidden = hidden & table["status"].eq("ok").to_numpy()
    gone = table.assign(**{name: table[name].mask(hidden) for name in _NUMBERS})
    gone["status"] = table["status"].mask(hidden, "suppressed")
    gone["direction"] = table["direction"].mask(hidden, "none")
    keys = ["place", "measure", "breakdown"]
    reference = hidden & table["group"].eq(table["breakdown"].map(REFERENCE)).to_numpy()
    without = pd.MultiIndex.from_frame(table[keys]).isin(pd.MultiIndex.from_frame(table.loc[reference, keys]))
    for name in ("gap", "gap_lower", "gap_upper"):
        gone[name] = gone[name].mask(without)
    compared = without & gone["direction"].isin(["adverse", "favourable", "unclear"]).to_numpy()
    gone["direction"] = gone["direction"].mask(compared, "none")
    return gone


# -- coverage ----------------------------------------------------------------------------------------------

COVERAGE_COLUMNS = tuple(
    "place people_by_ethnicity people_in_rtt covered_percent not_stated not_known unknown_percent status reason "
    "period_end".split()
)


@cached
def waiting_list_coverage(figures: pd.DataFrame) -> pd.DataFrame:
    """Compare each trust's waiting list by ethnic group with its whole list of the same month.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        A row for each ``place``, as in :func:`waits_by_group`: ``people_by_ethnicity``, the list by ethnic group, its unknown ones included;
        ``people_in_rtt``, the list in the referral to treatment statistics at the end of the month; ``covered_percent``,
        the first of the second, above 100 where the weekly list is the longer one (NaN where there is no second);
        ``not_stated`` and ``not_known`` people, and ``unknown_percent``, both of the list by ethnic group;
        ``status`` and ``reason`` (why a trust that should have figures has none); ``period_end`` of the week.

    Notes
    -----
    The weekly list is rounded to 5 by group and less validated than the monthly one; groups of 1 to 7 are left out.
    """
    of_list = next(part.id for part in WAITS[0].parts if part.kind == "ethnicity")
    rows = _latest(figures, [of_list])
    if rows.empty:
        return pd.DataFrame(columns=list(COVERAGE_COLUMNS))
    week = rows["period_end"].max()
    groups = rows["group"].where(rows["group"].isin(UNKNOWN_GROUPS), "known")
    people = rows["denominator"].astype("float64").groupby([rows["trust_code"], groups]).sum().unstack()
    people = people.reindex(columns=["known", *UNKNOWN_GROUPS]).fillna(0.0)
    total = people.sum(axis=1)
    first = rows.groupby("trust_code")[["status", "recording"]].first()
    monthly = figures[
        (figures["indicator"] == _ALL_PATIENTS)
        & (figures["period_start"] <= week)
        & (figures["period_end"] >= week)
        & (figures["status"] == "ok")
    ]
    in_rtt = monthly["denominator"].astype("float64").groupby(monthly["trust_code"]).sum().reindex(total.index)
    there = total > 0
    status = np.where(there, "ok", first["status"].where(first["status"] != "ok", "not_available"))
    table = pd.DataFrame(
        {
            "people_by_ethnicity": total.where(there),
            "people_in_rtt": in_rtt,
            "covered_percent": 100 * (total / in_rtt).where(there),
            "not_stated": people["Not stated"].where(there),
            "not_known": people["Not known"].where(there),
            "unknown_percent": 100 * (people[list(UNKNOWN_GROUPS)].sum(axis=1) / total.where(there)),
            "status": status,
            "reason": first["recording"].where(~there & (first["status"] == "not_available"), ""),
            "period_end": week,
        }
    )
    return table.rename_axis("place").reset_index()[list(COVERAGE_COLUMNS)]


# -- England explained -------------------------------------------------------------------------------------

EXPLAINED_COLUMNS = tuple(
    "measure group percent white_percent gap mix within gap_of_all functions people left_out_percent period_end".split()
)


@cached
def england_explained(figures: pd.DataFrame) -> pd.DataFrame:
    """Split England's gaps in waits into another mix of treatment functions, and other waits within functions.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        A row for each measure and each of the four ethnic groups that are compared with White, in percentage points:
        ``gap`` of the shares ``percent`` and ``white_percent``, ``mix`` and ``within`` (which add up to it);
        ``gap_of_all``, the gap of the published figures that are not split by function; ``functions``, how many;
        ``people`` of the group; ``left_out_percent``, the share of the group's list, and White patients', that is not in
        the split; ``period_end``. The last two numbers are NaN where England by ethnic group is held of another week alone.
        Empty where no figures by treatment function are held.

    Notes
    -----
    Kitagawa's two parts with the mean of the two groups as weights. A hidden count is taken as 4, as in
    :func:`waits_by_group`; a cell whose base is hidden as well is left out. Age is not held against it: the publication
    crosses treatment functions with age and with ethnic group, and never age with ethnic group.

    References
    ----------
    Kitagawa EM. Journal of the American Statistical Association 1955; 50: 1168-1194.
    """
    parts = {part.id: one.id for one in WAITS for part in one.parts if part.kind == "function"}
    rows = _latest(figures[figures["trust_code"] == ENGLAND_CODE], list(parts))
    if rows.empty:
        return pd.DataFrame(columns=list(EXPLAINED_COLUMNS))
    cells = _cells(rows)
    cells[["function", "category"]] = rows["group"].str.split(": ", n=1, expand=True).to_numpy()
    cells["group"] = cells["category"].map(EIGHTEEN_GROUPS)  # unknown groups are in no comparison
    cells["measure"] = rows["indicator"].map(parts)
    known = cells[cells["group"].notna()]
    functions = sorted(known["function"].unique())
    sums = {
        key: one.groupby("function")[["count", "people"]].sum().reindex(functions).fillna(0.0).to_numpy().T
        for key, one in known.groupby(["measure", "group"])
    }
    whole = waits_by_group(figures)
    of_week = whole["period_end"] == rows["period_end"].max()
    whole = whole[(whole["place"] == ENGLAND_CODE) & (whole["breakdown"] == "ethnicity") & of_week]
    listed = dict(zip(zip(whole["measure"], whole["group"], strict=True), whole["people"], strict=True))
    gaps = dict(zip(zip(whole["measure"], whole["group"], strict=True), whole["gap"], strict=True))
    found = []
    compared = [
        (measure, group)
        for measure in parts.values()
        for group in FIVE_GROUPS
        if group != WHITE and (measure, group) in sums and (measure, WHITE) in sums
    ]
    for measure, group in compared:
        (count, people), (white_count, white_people) = sums[measure, group], sums[measure, WHITE]
        split = kitagawa(np.minimum(count, people), people, np.minimum(white_count, white_people), white_people)
        # the lists of another week say nothing of this one
        on_lists = listed.get((measure, group), np.nan) + listed.get((measure, WHITE), np.nan)
        in_split = people.sum() + white_people.sum()
        found.append(
            {
                "measure": measure,
                "group": group,
                "percent": 100 * count.sum() / people.sum(),
                "white_percent": 100 * white_count.sum() / white_people.sum(),
                "gap": 100 * float(split.gap),
                "mix": 100 * float(split.mix),
                "within": 100 * float(split.rates),
                "gap_of_all": gaps.get((measure, group), np.nan),
                "functions": int(((people > 0) | (white_people > 0)).sum()),
                "people": people.sum(),
                # rounding can make the parts come to more than the whole
                "left_out_percent": float(np.maximum(0.0, 100 * (1 - in_split / on_lists))),
                "period_end": rows["period_end"].max(),
            }
        )
    return pd.DataFrame(found, columns=list(EXPLAINED_COLUMNS))


# -- by system ---------------------------------------------------------------------------------------------


def waits_by_system(figures: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Give waits by five ethnic groups for systems, also where few of the trusts of a system have figures.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    names : mapping of str to str
        Code of an integrated care board to its name, in the order of the table.

    Returns
    -------
    pandas.DataFrame
        ``system`` (its name) and the columns of :func:`waits_by_group`, of the five groups and the unknown ones. Boards
        without figures are left out.

    Notes
    -----
    Acute trusts of the system alone, without those that did not submit: South Yorkshire without Sheffield Teaching
    Hospitals in January 2026.
    """
    rows = waits_by_group(figures)
    rows = rows[(rows["breakdown"] == "ethnicity") & rows["place"].isin(list(names))]
    rows = rows[rows.groupby("place")["people"].transform("sum") > 0]
    order = rows["place"].map({code: place for place, code in enumerate(names)})
    table = rows.assign(system=rows["place"].map(names), order=order)
    return table.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
