"""How far people whose group is not recorded could move a gap, a ratio or a share: bounds under stated assumptions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check

__all__ = ["GapBounds", "RatioBounds", "ShareBounds", "gap_bounds", "ratio_bounds", "share_bounds"]


@dataclass(frozen=True)
class GapBounds:
    """A gap between two shares, and what it could be with those of no known group in it.

    Attributes
    ----------
    gap : float or numpy.ndarray
        Of those whose group is known.
    spread : float or numpy.ndarray
        With the others spread over the groups as these are, and the same share in each: nearer to zero.
    lower, upper : float or numpy.ndarray
        Whichever groups they belong to, with the same share in each.
    least, most : float or numpy.ndarray
        Whichever groups they belong to, and whoever of them was counted: no assumption at all.
    """

    gap: np.ndarray
    spread: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    least: np.ndarray
    most: np.ndarray


def gap_bounds(
    count: ArrayLike,
    people: ArrayLike,
    reference_count: ArrayLike,
    reference_people: ArrayLike,
    known_people: ArrayLike,
    unknown_count: ArrayLike,
    unknown_people: ArrayLike,
) -> GapBounds:
    """Bound the gap between two groups where the group of some people is not recorded, and their outcome is.

    Parameters
    ----------
    count, people, reference_count, reference_people : array-like
        Of a group, and of the group that it is compared with.
    known_people : array-like
        People of all known groups together.
    unknown_count, unknown_people : array-like
        Those of no known group; the last axis holds the kinds of them (not stated, not known), of which each has a share of
        its own. The others broadcast.

    Returns
    -------
    GapBounds
        Proportions, from -1 to 1. NaN where a group is empty.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, counts over their people, or fewer known people than in the two groups.

    Notes
    -----
    Sharp: each bound is reached by some way to place the people. Whoever raises the share goes to the group, whoever lowers
    it to the reference, and only the kind at the border is split. Nothing is said of chance: a confidence interval comes on
    top.

    References
    ----------
    Horowitz JL, Manski CF. Nonparametric analysis of randomized experiments with missing covariate and outcome data. JASA
    2000; 95: 77-84.
    """
    count, people = check.count_and_total(count, people, names=("count", "people"))
    reference_count, reference_people = check.count_and_total(
        reference_count, reference_people, names=("reference_count", "reference_people")
    )
    unknown_count, unknown_people = check.count_and_total(
        unknown_count, unknown_people, names=("unknown_count", "unknown_people")
    )
    if unknown_people.ndim == 0:
        unknown_count, unknown_people = unknown_count[np.newaxis], unknown_people[np.newaxis]
    known = check.counts("known_people", known_people)
    rows = check.together(
        count=count,
        people=people,
        reference_count=reference_count,
        reference_people=reference_people,
        known_people=known,
        of_unknown=unknown_people[..., 0],
    )[:5]
    if (rows[1] + rows[3] > rows[4] * (1 + 1e-9)).any():
        raise check.StatisticsError("known_people must not be fewer than the people of the two groups.")
    shape = rows[0].shape
    flat = np.stack([row.ravel() for row in rows], axis=-1)
    kinds = [
        np.broadcast_to(part, (*shape, unknown_people.shape[-1])).reshape(-1, unknown_people.shape[-1])
        for part in (unknown_count, unknown_people)
    ]
    found = np.array([_bounds(row, *kind) for row, *kind in zip(flat, *kinds, strict=True)]).reshape(*shape, 6)
    return GapBounds(*np.moveaxis(found, -1, 0))


def _bounds(row: np.ndarray, counts: np.ndarray, sizes: np.ndarray) -> tuple[float, ...]:
    x, n, y, m, known = (float(value) for value in row)
    if n == 0 or m == 0:
        return (np.nan,) * 6
    gap, unknown = x / n - y / m, float(sizes.sum())
    own = [(count / size, float(size)) for count, size in zip(counts, sizes, strict=True) if size > 0]
    any_of_them = [(1.0, float(counts.sum())), (0.0, unknown - float(counts.sum()))]
    found = [gap, gap * known / (known + unknown)]
    for pools in (own, any_of_them):
        # the lowest gap is the highest of those who were not counted
        turned = [(1 - share, size) for share, size in pools]
        found += [-_highest(n - x, n, m - y, m, turned), _highest(x, n, y, m, pools)]
    return tuple(found)


def _highest(x: float, n: float, y: float, m: float, pools: list[tuple[float, float]]) -> float:
    """The highest x/n - y/m with the people of pools (share, size) placed in either group or in neither."""
    pools = sorted((pool for pool in pools if pool[1] > 0), reverse=True)
    # each group by itself: whoever has a higher share than the group, beginning with the highest
    to_group, to_other = [], []
    high_x, high_n, low_y, low_m = x, n, y, m
    for share, size in pools:
        if share > high_x / high_n:
            high_x, high_n = high_x + share * size, high_n + size
            to_group.append((share, size))
    for share, size in reversed(pools):
        if share < low_y / low_m:
            low_y, low_m = low_y + share * size, low_m + size
            to_other.append((share, size))
    if len(to_group) + len(to_other) <= len(pools):
        return high_x / high_n - low_y / low_m
    # both want the same people: those above the border to the group, those below to the other, the border split
    best = -np.inf
    for border, (share, size) in enumerate(pools):
        a = x + sum(p * s for p, s in pools[:border]), n + sum(s for _, s in pools[:border])
        b = y + sum(p * s for p, s in pools[border + 1 :]), m + sum(s for _, s in pools[border + 1 :])
        rises, falls = np.sqrt(max(0.0, share * a[1] - a[0])), np.sqrt(max(0.0, b[0] - share * b[1]))
        part = size if rises + falls == 0 else (rises * (b[1] + size) - falls * a[1]) / (rises + falls)
        for placed in (0.0, size, min(max(part, 0.0), size)):
            left = size - placed
            best = max(best, (a[0] + share * placed) / (a[1] + placed) - (b[0] + share * left) / (b[1] + left))
    return float(best)


@dataclass(frozen=True)
class RatioBounds:
    """A ratio of two rates, and what it could be with events of no known group in it.

    Attributes
    ----------
    ratio : float or numpy.ndarray
        Of events whose group is known. It stays so where the others are spread over the groups as these are.
    even : float or numpy.ndarray
        With the others spread as the population is: each group's rate rises by the same.
    lower, upper : float or numpy.ndarray
        With all of them in the reference group, and with all in the group itself.
    """

    ratio: np.ndarray
    even: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def ratio_bounds(
    events: ArrayLike,
    population: ArrayLike,
    reference_events: ArrayLike,
    reference_population: ArrayLike,
    unknown_events: ArrayLike,
    all_people: ArrayLike,
) -> RatioBounds:
    """Bound the ratio of two rates where the group of some events is not recorded, and everybody's population is.

    Parameters
    ----------
    events, population, reference_events, reference_population : array-like
        Of a group, and of the group that it is compared with.
    unknown_events : array-like
        Events of no known group.
    all_people : array-like
        The population of all groups together.

    Returns
    -------
    RatioBounds
        NaN where the reference group has no event, or a population is empty.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, or text.

    References
    ----------
    Horowitz JL, Manski CF. JASA 2000; 95: 77-84.
    """
    d, n, e, m, unknown, everybody = check.together(
        events=check.counts("events", events),
        population=check.counts("population", population),
        reference_events=check.counts("reference_events", reference_events),
        reference_population=check.counts("reference_population", reference_population),
        unknown_events=check.counts("unknown_events", unknown_events),
        all_people=check.counts("all_people", all_people),
    )
    defined = (n > 0) & (m > 0) & (e > 0) & (everybody > 0)
    n, m, everybody = (np.where(defined, part, np.nan) for part in (n, m, everybody))
    rate, other = d / n, np.where(defined, e, np.nan) / m
    each = unknown / everybody
    return RatioBounds(
        (rate / other)[()],
        ((rate + each) / (other + each))[()],
        (rate / (other + unknown / m))[()],
        ((rate + unknown / n) / other)[()],
    )


@dataclass(frozen=True)
class ShareBounds:
    """A group's share of all people, with those of no known group in it.

    Attributes
    ----------
    spread : float or numpy.ndarray
        With these spread over the groups as the others are: the share of those whose group is known.
    lower, upper : float or numpy.ndarray
        With none, and with all, of them in the group.
    """

    spread: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def share_bounds(count: ArrayLike, known_people: ArrayLike, unknown_people: ArrayLike) -> ShareBounds:
    """Bound a group's share of all people where the group of some is not recorded.

    Parameters
    ----------
    count, known_people : array-like
        People of the group, and of all known groups.
    unknown_people : array-like
        People of no known group.

    Returns
    -------
    ShareBounds
        Proportions; NaN where nobody's group is known.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a group over all known people.

    References
    ----------
    Horowitz JL, Manski CF. JASA 2000; 95: 77-84.
    """
    count, known = check.count_and_total(count, known_people, names=("count", "known_people"))
    count, known, unknown = check.together(
        count=count, known_people=known, unknown_people=check.counts("unknown_people", unknown_people)
    )
    known = np.where(known > 0, known, np.nan)
    everybody = known + unknown
    return ShareBounds((count / known)[()], (count / everybody)[()], ((count + unknown) / everybody)[()])
