"""Counts that hold each other, over 52 weeks among over 18 among all who wait: what to hide of a table by group."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from race_equality.definitions.indicators import OWNER, PARTS, figures_with, holders
from race_equality.disclosure.attack import Relation, among
from race_equality.disclosure.rules import DisclosureRules
from race_equality.disclosure.suppression import suppress
from race_equality.errors import RaceEqualityError

__all__ = ["hide_nested", "hidden_cells", "too_few_nested"]

Group = Hashable

#: Nothing outside hides a total: it is published elsewhere.
_KNOWN = 1e6


def too_few_nested(counts: np.ndarray, *, minimum_people: int, minimum_responses: int) -> np.ndarray:
    """Mark counts that are of too few, or are a share of too few.

    Parameters
    ----------
    counts : numpy.ndarray
        Groups by levels: the people of a group first, then those among them, level by level. NaN where there is none.
    minimum_people, minimum_responses : int
        See :class:`race_equality.disclosure.rules.DisclosureRule`.

    Returns
    -------
    numpy.ndarray of bool
        True for people under either threshold and all that is among them, and for a count under `minimum_people` and
        above 0: that nobody of a large enough group has waited so long names nobody.
    """
    few = (counts > 0) & (counts < minimum_people)
    base = counts[:, :1] < max(minimum_people, minimum_responses)
    return (few | base) & ~np.isnan(counts)


def hide_nested(
    counts: Mapping[Group, Sequence[float]],
    parts: Mapping[Group, Sequence[Group]] | None = None,
    *,
    minimum_people: int,
    minimum_responses: int,
) -> dict[Group, tuple[bool, ...]]:
    """Choose what to hide of counts by group that hold each other.

    Parameters
    ----------
    counts : mapping of group to sequence of float
        The people of a group first, then those among them, each level among the one before it. NaN where the publisher
        has hidden a count, or there is none.
    parts : mapping of group to sequence of group, optional
        Groups that are sums of others in `counts`.
    minimum_people, minimum_responses : int
        See :func:`too_few_nested`.

    Returns
    -------
    dict of group to tuple of bool
        For each level, whether it is hidden. Where people are hidden, so is all that is among them.

    Notes
    -----
    The total of each level over the groups counts as known. Each hidden count could lie anywhere in a range of at least
    `minimum_people`, whatever is known of totals, of sums of groups, and of which count is among which; where no choice
    achieves that, everything is hidden. What the publisher has hidden is left out of the sums: it is no protection, because
    what it was counted as is known.
    """
    groups = list(counts)
    table = np.array([counts[group] for group in groups], dtype=float)
    few = too_few_nested(table, minimum_people=minimum_people, minimum_responses=minimum_responses)
    if not few.any():
        return dict.fromkeys(groups, (False,) * table.shape[1])
    place = {group: row for row, group in enumerate(groups)}
    # nobody at all is no secret where the group is large enough, and no cell of the problem
    there = ~np.isnan(table) & ((table > 0) | few)
    cells: dict[tuple[Group, int], float] = {
        (groups[row], level): table[row, level] for row, level in zip(*np.nonzero(there), strict=True)
    }
    relations: list[Relation] = []
    cost: dict[tuple[Group, int], float] = {}
    sums = {
        whole: known
        for whole, members in (parts or {}).items()
        if whole in place and (known := [one for one in members if one in place])
    }
    inner = {part for members in sums.values() for part in members}
    for level in range(table.shape[1]):
        for whole, members in sums.items():
            if there[place[whole], level]:
                relations.append(_sum((whole, level), [(m, level) for m in members if there[place[m], level]], cells))
        outer = [(group, level) for group in groups if group not in inner and there[place[group], level]]
        if outer:
            total = ("total", level)
            cells[total] = sum(cells[cell] for cell in outer)
            cost[total] = _KNOWN
            relations.append(Relation.total(total, outer))
        if level:
            pairs = [(group, level) for group in groups if there[place[group], level]]
            relations += [
                among(cell, (cell[0], level - 1))
                for cell in pairs
                if (cell[0], level - 1) in cells and cells[cell] <= cells[cell[0], level - 1]
            ]
    also = {(groups[row], level) for row, level in zip(*np.nonzero(few & there), strict=True)}
    everything = dict.fromkeys(groups, (True,) * table.shape[1])
    while True:
        try:
            published = suppress(
                dict(cells), relations, threshold=minimum_people, also_hide=also, cost=dict(cost)
            ).published
        except RaceEqualityError:
            return everything
        if any(published[total] is None for total in cost):
            return everything
        gone = {group for group in groups if (group, 0) in cells and published[group, 0] is None}
        with_them = {cell for cell in cells if cell[0] in gone}
        if with_them <= also:
            break
        also |= with_them  # and again: they can protect what would have needed others
    hidden = {}
    for group in groups:
        one = [published.get((group, level), 0.0) is None for level in range(table.shape[1])]
        hidden[group] = tuple(one[0] or each for each in one)
    return hidden


def _sum(
    whole: tuple[Group, int], members: Sequence[tuple[Group, int]], cells: Mapping[tuple[Group, int], float]
) -> Relation:
    """Return that a group is the sum of its parts, and of what the publisher has hidden, which is known to be so much."""
    rest = cells[whole] - sum(cells[member] for member in members)
    terms: dict[Hashable, float] = {whole: 1.0, **dict.fromkeys(members, -1.0)}
    return Relation(terms, rest, rest)


def hidden_cells(figures: pd.DataFrame, rules: DisclosureRules) -> np.ndarray:
    """Say which published cells a trust's thresholds hide, of indicators whose rule has ``counts_too``.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, of whole breakdowns.
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.

    Returns
    -------
    numpy.ndarray of bool
        True for figures of too few and those hidden with them. Measures of one breakdown (over 18 and over 52 weeks) are
        looked at together. Of organisations that merged a group is hidden in all or in none. England's treatment functions
        are each a table of their own.
    """
    hidden = np.zeros(len(figures), dtype=bool)
    of = figures["indicator"].isin(figures_with(lambda rule: rule.counts_too)) & figures["denominator"].notna()
    rows = pd.DataFrame(
        {
            "row": np.flatnonzero(of.to_numpy()),
            "code": figures.loc[of, "trust_code"].to_numpy(),
            "organisation": figures.loc[of, "organisation_code"].to_numpy(),
            "day": figures.loc[of, "period_end"].to_numpy(),
            "group": figures.loc[of, "group"].to_numpy(),
            "kind": figures.loc[of, "indicator"].map({id: part.kind for id, part in PARTS.items()}).to_numpy(),
            "level": figures.loc[of, "indicator"].map(_level).to_numpy(),
            "count": figures.loc[of, "numerator"].to_numpy(dtype="float64", na_value=np.nan),
            "base": figures.loc[of, "denominator"].to_numpy(dtype="float64"),
        }
    )
    if rows.empty:
        return hidden
    people, responses = rules.minimum_people(rows["code"]), rules.minimum_responses(rows["code"])
    rows["few"] = (rows["base"] < np.maximum(people, responses)) | rows["count"].between(0, people, inclusive="neither")
    # a treatment function's groups are a table of their own
    rows["table"] = rows["group"].str.partition(": ")[0].where(rows["kind"] == "function", "")
    for (code, *_), table in rows.groupby(["code", "organisation", "day", "kind", "table"], sort=False):
        if not table["few"].any():
            continue
        counts = table.pivot(index="group", columns="level", values="count")
        base = table.groupby("group")["base"].max().reindex(counts.index)
        found = hide_nested(
            dict(zip(counts.index, np.column_stack([base, counts]), strict=True)),
            minimum_people=rules.of(str(code)).minimum_people,
            minimum_responses=rules.of(str(code)).minimum_responses,
        )
        levels = list(counts.columns)
        hidden[table["row"]] = [
            found[group][1 + levels.index(level)] for group, level in zip(table["group"], table["level"], strict=True)
        ]
    gone = rows[hidden[rows["row"]]]
    keys = ["code", "day", "kind", "level", "group"]
    hidden[rows.loc[pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(gone[keys])), "row"]] = True
    return hidden


def _level(figure_id: str) -> int:
    """How many other counts hold this one: 0 for over 18 weeks, 1 for over 52."""
    return len(holders(OWNER[figure_id]))
