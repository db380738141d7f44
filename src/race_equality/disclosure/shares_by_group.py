"""Shares of a trust's own patients by group: what to hide of counts whose bases somebody may know.

Who waits, or is an inpatient, by ethnic group is published elsewhere too. So an attacker is taken to know the size of
every group, hidden or not, the total of each count over all groups, and which count is among which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from race_equality.disclosure.attack import Key, Range, Relation, among, attack
from race_equality.disclosure.suppression import suppress
from race_equality.errors import RaceEqualityError

__all__ = ["hide_shares", "known_of_shares", "needed_width"]

#: Nothing outside hides a total: it is published elsewhere.
_KNOWN = 1e6
_TOTAL = "total"


def hide_shares(
    counts: Mapping[str, Sequence[float]], *, least_base: int, least_count: int
) -> dict[str, tuple[bool, ...]]:
    """Choose what to hide of shares by group.

    Parameters
    ----------
    counts : mapping of str to sequence of float
        The people of a group first, then those counted, each level among the one before it (over 18 weeks, over 52, over
        65). NaN where a number is not known or not shown anyway: such a cell protects no other.
    least_base : int
        A share of fewer people is hidden, with all of its levels.
    least_count : int
        A count of fewer is hidden, unless it is nobody of a group that is large enough; and so is one that leaves fewer of
        the group out: all 12 of 12, or 10 of 12, says what happened to each of them.

    Returns
    -------
    dict of str to tuple of bool
        For each level after the first, whether its share is hidden. Where a group's base is hidden, so are all.

    Notes
    -----
    Each hidden base could lie anywhere in a range of at least `least_base`. Each count that is hidden for its own sake
    could lie in a range of at least `least_count`, or of the whole group where that is smaller, to somebody who knows the
    size of every group, all totals, and which count is among which (:func:`known_of_shares`); and each that is hidden
    with them, to somebody who knows the sizes that are shown. Of a level that nothing protects everything is hidden.

    References
    ----------
    Hundepool A and others. Statistical disclosure control. Wiley, 2012, chapter 4: group disclosure.
    """
    if not counts:
        return {}
    groups = list(counts)
    table = np.array([counts[group] for group in groups], dtype=float)
    levels = table.shape[1] - 1
    everything = dict.fromkeys(groups, (True,) * levels)
    bases = {group: people for group, people in zip(groups, table[:, 0], strict=True) if people > 0}
    without_base = _hidden_bases(bases, least_base)
    if without_base is None:
        return everything
    cells = {
        (group, level): count
        for group, row in zip(groups, table[:, 1:].tolist(), strict=True)
        if group in bases
        for level, count in enumerate(row)
        if not np.isnan(count) and (count > 0 or group in without_base)
    }
    few = {
        key
        for key, count in cells.items()
        if bases[key[0]] < least_base or count < least_count or bases[key[0]] - count < least_count
    }
    found = _hidden_counts(cells, bases, without_base, few, least_count)
    if found is None:
        return everything
    hidden, open_levels = found
    return {
        group: tuple(
            group in without_base or level in open_levels or (group, level) in hidden for level in range(levels)
        )
        for group in groups
    }


def _hidden_bases(bases: Mapping[str, float], least: int) -> set[str] | None:
    """The groups that are too small, and those hidden with them; None where nothing protects them."""
    if not any(people < least for people in bases.values()):
        return set()
    whole = {"total": sum(bases.values())}
    relation = Relation({"total": 1.0, **dict.fromkeys([("base", group) for group in bases], -1.0)})
    cells: dict[Key, float] = {("base", group): people for group, people in bases.items()}
    try:
        found = suppress(cells | whole, [relation], threshold=least, cost={"total": _KNOWN})
    except RaceEqualityError:
        return None
    if found.published["total"] is None:  # it can still be had from somewhere else
        return None
    return {group for group in bases if found.published["base", group] is None}


def _hidden_counts(
    cells: Mapping[tuple[str, int], float],
    bases: Mapping[str, float],
    without_base: set[str],
    few: set[tuple[str, int]],
    least: int,
) -> tuple[set[tuple[str, int]], set[int]] | None:
    """The counts to hide and the levels of which nothing is shown; None where these give another level away."""
    hidden: set[tuple[str, int]] = set()
    open_levels: set[int] = set()  # of which nothing is shown, because nothing would protect what is hidden
    levels = {level for _, level in cells}
    shown_bases = {group: people for group, people in bases.items() if group not in without_base}
    while open_levels < levels:
        kept = {key: count for key, count in cells.items() if key[1] not in open_levels}
        hidden = {key for key in kept if key in few or key[0] in without_base}
        if not hidden:
            break
        width = {key: needed_width(bases[key[0]], least) for key in kept}
        gone: set[int] = set()
        # to somebody who knows every size, what is few; to a reader of the page, whatever is hidden
        for sizes, widths in ((bases, {key: width[key] if key in few else 0.0 for key in kept}), (shown_bases, width)):
            known, relations = known_of_shares(kept, sizes)
            totals = {key: _KNOWN for key in known if key[0] == _TOTAL}
            try:
                published = suppress(
                    known, relations, threshold=least, also_hide=hidden, cost=totals, widths=widths
                ).published
            except RaceEqualityError:
                gone = levels
            else:
                gone = {key[1] for key in totals if published[key] is None}
                hidden = {key for key in kept if published[key] is None}
            if gone:
                break
        if not gone:
            break
        open_levels |= gone
    hidden = {key for key in cells if key in hidden or key[1] in open_levels}
    if open_levels and not _is_protected(
        cells, bases, hidden, {key for key in few if key[1] not in open_levels}, least
    ):
        return None
    return hidden, open_levels


def _is_protected(
    cells: Mapping[tuple[str, int], float],
    bases: Mapping[str, float],
    hidden: set[tuple[str, int]],
    few: set[tuple[str, int]],
    least: int,
) -> bool:
    """Whether the totals of levels of which nothing is shown leave the small counts of the others open."""
    known, relations = known_of_shares(cells, bases)
    published: dict[Key, float | None] = {key: None if key in hidden else count for key, count in known.items()}
    ranges: dict[tuple[str, int], Range] = attack(published, relations=relations, targets=few) if few else {}
    return all(one.width >= needed_width(bases[key[0]], least) for key, one in ranges.items())


def needed_width(people: float, least: int) -> float:
    """Return how wide the range of a hidden count must stay: the whole group, where that is smaller.

    Parameters
    ----------
    people : float
        The size of the group.
    least : int
        The least that a shown count may be.
    """
    return min(float(least), people)


def known_of_shares(
    cells: Mapping[tuple[str, int], float], bases: Mapping[str, float]
) -> tuple[dict[tuple[str, int], float], list[Relation]]:
    """Return what an attacker knows of counts by group and level.

    Parameters
    ----------
    cells : mapping of (str, int) to float
        Group and level to count.
    bases : mapping of str to float
        The people of the groups whose size the attacker knows.

    Returns
    -------
    cells : dict
        With the total, ``("total", level)``, for each level.
    relations : list of Relation
        Totals are the sums of their groups; a count is among the one before it, and at most its base.
    """
    known = dict(cells)
    relations: list[Relation] = []
    for level in sorted({level for _, level in cells}):
        parts = [key for key in cells if key[1] == level]
        known[_TOTAL, level] = sum(cells[key] for key in parts)
        relations.append(Relation.total((_TOTAL, level), parts))
    for group, level in cells:
        if group in bases:
            relations.append(Relation({(group, level): 1.0}, -np.inf, bases[group]))
        before = [other for one, other in cells if one == group and other < level]
        if before:
            relations.append(among((group, level), (group, max(before))))
    return known, relations
