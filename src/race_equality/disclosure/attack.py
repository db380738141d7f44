"""The attacker: what can be worked out about a hidden cell from everything that is published."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from race_equality.errors import RaceEqualityError

__all__ = ["Contradiction", "Range", "Relation", "among", "attack", "crosstab", "rounded_share", "small_fractions"]

Key = Hashable


class Contradiction(RaceEqualityError):
    """Published figures that cannot all be true together."""


class Range(NamedTuple):
    """What a hidden cell can be, as far as an attacker can tell.

    Attributes
    ----------
    lower, upper : float
        Equal when the cell is known exactly.
    """

    lower: float
    upper: float

    @property
    def width(self) -> float:
        """How much is left open."""
        return self.upper - self.lower


class Relation(NamedTuple):
    """``lower`` ≤ Σ coefficient × cell ≤ ``upper``: a total and its parts, or a rounded share.

    Attributes
    ----------
    terms : mapping of key to float
    lower, upper : float
        0 and 0 for a total minus its parts.
    """

    terms: Mapping[Key, float]
    lower: float = 0.0
    upper: float = 0.0

    @classmethod
    def total(cls, total: Key, parts: Iterable[Key]) -> Relation:
        """A cell that is the sum of others."""
        return cls({total: 1.0} | dict.fromkeys(parts, -1.0))


def among(part: Key, whole: Key) -> Relation:
    """Return that those of one count are among those of another: over 52 weeks among over 18.

    Parameters
    ----------
    part, whole : hashable
        The two cells.

    Returns
    -------
    Relation
        part − whole ≤ 0.
    """
    return Relation({part: 1.0, whole: -1.0}, -np.inf, 0.0)


def rounded_share(part: Key, whole: Key, percent: float, decimals: int = 1) -> list[Relation]:
    """Return what a rounded percentage says about its numerator and base.

    Parameters
    ----------
    part, whole : hashable
        The two cells.
    percent : float
        As published.
    decimals : int
        To how many it was rounded.

    Returns
    -------
    list of Relation
    """
    half = 0.5 * 10.0**-decimals
    return [
        Relation({part: 100.0, whole: -(percent - half)}, 0.0, np.inf),
        Relation({part: 100.0, whole: -(percent + half)}, -np.inf, 0.0),
    ]


def crosstab(
    counts: ArrayLike, rows: Sequence[Key], columns: Sequence[Key], total: Key = "Total"
) -> tuple[dict[Key, float], list[Relation]]:
    """Lay out a two-way table with its margins.

    Parameters
    ----------
    counts : array-like, two axes
        The inner cells.
    rows, columns : sequence of hashable
        Labels.
    total : hashable
        The label of the margins.

    Returns
    -------
    cells : dict
        ``(row, column)`` to count, margins and grand total included.
    relations : list of Relation
        Every margin is the sum of its line.
    """
    inner = np.asarray(counts, dtype=float)
    if inner.shape != (len(rows), len(columns)):
        raise RaceEqualityError(
            f"counts has the shape {inner.shape}, but there are {len(rows)} rows and {len(columns)} columns."
        )
    cells: dict[Key, float] = {(r, c): inner[i, j] for i, r in enumerate(rows) for j, c in enumerate(columns)}
    cells |= {(r, total): inner[i].sum() for i, r in enumerate(rows)}
    cells |= {(total, c): inner[:, j].sum() for j, c in enumerate(columns)}
    cells[total, total] = inner.sum()
    relations = [Relation.total((r, total), [(r, c) for c in columns]) for r in (*rows, total)]
    relations += [Relation.total((total, c), [(r, c) for r in rows]) for c in (*columns, total)]
    return cells, relations


def attack(
    *published: Mapping[Key, float | tuple[float, float] | None],
    relations: Iterable[Relation] = (),
    targets: Iterable[Key] | None = None,
    whole_numbers: bool = True,
) -> dict[Key, Range]:
    """Narrow every hidden cell as far as linear programming can.

    Parameters
    ----------
    *published : mapping
        Tables as published: a key to its value, to ``(lowest, highest)`` for a rounded one, or to None
        where it is hidden. What one table hides another may show: the same key is the same figure.
    relations : iterable of Relation
        Totals and their parts, rounded shares.
    targets : iterable of hashable, optional
        Cells to narrow; those that no table shows without it.
    whole_numbers : bool
        Cells are counts: a bound of 3.2 means 4.

    Returns
    -------
    dict
        Key to :class:`Range`. The attacker knows that no count is negative and nothing else.

    Raises
    ------
    Contradiction
        When no set of cells fits everything that was published.

    Notes
    -----
    Two linear programs for each hidden cell, solved as one with a block for each (HiGHS). In a two-way
    table the bounds are those of integer programming as well, because its relations are totally
    unimodular; elsewhere they are at least as wide, rounded inwards.

    References
    ----------
    Hundepool A and others. Statistical disclosure control. Wiley, 2012, chapter 4. Fischetti M, Salazar
    JJ. Management Science 2001; 47: 1008-1027.
    """
    bounds: dict[Key, tuple[float, float]] = {}
    for table in published:
        for key, value in table.items():
            low, high = (0.0, np.inf) if value is None else _bounds(value)
            known = bounds.get(key, (0.0, np.inf))
            bounds[key] = max(low, known[0]), min(high, known[1])
            if bounds[key][0] > bounds[key][1] + 1e-9:
                raise Contradiction(f"The published figures for {key!r} contradict each other.")
    relations = list(relations)
    for relation in relations:
        for key in relation.terms:
            bounds.setdefault(key, (0.0, np.inf))
    wanted = [key for key, (low, high) in bounds.items() if high > low] if targets is None else list(targets)
    free = {key: i for i, key in enumerate(k for k, (low, high) in bounds.items() if high > low)}
    found = {key: Range(*bounds[key]) for key in wanted if key not in free}
    wanted = [key for key in wanted if key in free]
    if wanted:
        found |= _solve(wanted, free, bounds, relations)
    if whole_numbers:
        found = {
            key: Range(float(np.ceil(low - 1e-6)) + 0.0, float(np.floor(high + 1e-6)) if np.isfinite(high) else high)
            for key, (low, high) in found.items()
        }
        for key, interval in found.items():
            if interval.lower > interval.upper:
                raise Contradiction(f"No whole number fits what is published about {key!r}.")
    return found


def _bounds(value: float | tuple[float, float]) -> tuple[float, float]:
    low, high = value if isinstance(value, tuple) else (value, value)
    return float(low), float(high)


def _solve(
    wanted: Iterable[Key],
    free: Mapping[Key, int],
    bounds: Mapping[Key, tuple[float, float]],
    relations: Iterable[Relation],
) -> dict[Key, Range]:
    from scipy.optimize import linprog
    from scipy.sparse import block_diag, coo_matrix

    rows, lower, upper = [], [], []
    for relation in relations:
        constant = sum(c * bounds[k][0] for k, c in relation.terms.items() if k not in free)
        terms = {free[k]: c for k, c in relation.terms.items() if k in free}
        low, high = relation.lower - constant, relation.upper - constant
        if not terms:
            if low > 1e-6 or high < -1e-6:
                raise Contradiction("The published figures do not add up.")
            continue
        rows.append(terms)
        lower.append(low)
        upper.append(high)
    equal = [i for i in range(len(rows)) if lower[i] == upper[i]]
    above = [(i, 1.0) for i in range(len(rows)) if lower[i] != upper[i] and np.isfinite(upper[i])]
    below = [(i, -1.0) for i in range(len(rows)) if lower[i] != upper[i] and np.isfinite(lower[i])]
    size = len(free)

    def matrix(chosen: Sequence[tuple[int, float]]) -> Any:
        entries = [(line, j, sign * c) for line, (i, sign) in enumerate(chosen) for j, c in rows[i].items()]
        line, column, value = zip(*entries, strict=True) if entries else ((), (), ())
        return coo_matrix((value, (line, column)), shape=(len(chosen), size)).tocsr()

    tasks = [(free[key], sign) for key in wanted for sign in (1.0, -1.0)]
    objective = np.zeros((len(tasks), size))
    for block, (column, sign) in enumerate(tasks):
        objective[block, column] = sign
    # an unbounded cell would stop all blocks; a limit far above every figure serves as infinity
    ceiling = 1e7 + 100 * sum(abs(high) for _, high in bounds.values() if np.isfinite(high))
    limits = [(low, min(high, ceiling)) for low, high in (bounds[key] for key in free)]
    a_eq, a_ub = matrix([(i, 1.0) for i in equal]), matrix([*above, *below])
    b_eq = np.array([lower[i] for i in equal])
    b_ub = np.array([upper[i] for i, _ in above] + [-lower[i] for i, _ in below])
    copies = len(tasks)
    result = linprog(
        objective.ravel(),
        A_eq=block_diag([a_eq] * copies, format="csr") if equal else None,
        b_eq=np.tile(b_eq, copies) if equal else None,
        A_ub=block_diag([a_ub] * copies, format="csr") if b_ub.size else None,
        b_ub=np.tile(b_ub, copies) if b_ub.size else None,
        bounds=limits * copies,
        method="highs",
    )
    if result.status != 0:
        raise Contradiction("The published figures cannot all be true together.")
    value = result.x.reshape(copies, size)
    found = {}
    for number, key in enumerate(wanted):
        column = free[key]
        high = value[2 * number + 1, column]
        found[key] = Range(value[2 * number, column], np.inf if high > ceiling * 0.9 else high)
    return found


def small_fractions(value: float, decimals: int, threshold: int) -> list[Fraction]:
    """Find the small counts that a rate could be, when it is printed with many decimals.

    Parameters
    ----------
    value : float
        A proportion from 0 to 1.
    decimals : int
        To how many it was printed.
    threshold : int
        Bases under this are looked for.

    Returns
    -------
    list of Fraction
        Fractions x/n with n under the threshold that give the value, rounded or cut off. Zero and one are
        left out: every base gives them.

    Examples
    --------
    >>> small_fractions(0.428571, 6, 11)
    [Fraction(3, 7)]
    """
    unit = 10.0**-decimals
    found = {
        Fraction(round(value * n), n)
        for n in range(2, threshold)
        if abs(round(value * n) / n - value) < unit and 0 < round(value * n) < n
    }
    return sorted(found)
