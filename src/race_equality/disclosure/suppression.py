"""Which cells to hide so that hidden ones cannot be worked out, at the least loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from race_equality.disclosure.attack import Key, Range, Relation, attack
from race_equality.errors import RaceEqualityError

__all__ = ["Suppression", "suppress"]

_ROUNDS = 200


@dataclass(frozen=True)
class Suppression:
    """What to publish.

    Attributes
    ----------
    published : dict
        Key to count, or to None where it is hidden.
    primary : frozenset
        Hidden because they are too small themselves.
    complementary : frozenset
        Hidden so that the primary ones cannot be worked out.
    relations : tuple of Relation
        What holds between the cells.
    """

    published: dict[Key, float | None]
    primary: frozenset[Key]
    complementary: frozenset[Key]
    relations: tuple[Relation, ...]

    @cached_property
    def ranges(self) -> dict[Key, Range]:
        """What an attacker can still tell about each hidden cell; computed when it is asked for."""
        hidden = self.primary | self.complementary
        return attack(self.published, relations=self.relations, targets=hidden) if hidden else {}


def suppress(
    cells: Mapping[Any, float],
    relations: Iterable[Relation] = (),
    *,
    threshold: int = 10,
    also_hide: Iterable[Key] = (),
    cost: Mapping[Any, float] | None = None,
    widths: Mapping[Any, float] | None = None,
) -> Suppression:
    """Hide cells under the threshold, and the cheapest others that keep them open.

    Parameters
    ----------
    cells : mapping of key to count
        All cells that would be published, totals included.
    relations : iterable of Relation
        Totals and their parts (:func:`race_equality.disclosure.attack.crosstab`), across several tables
        if these share cells; counts that are among others (:func:`race_equality.disclosure.attack.among`).
    threshold : int
        Counts under it are hidden, and every hidden cell keeps a range of at least this width.
    also_hide : iterable of hashable
        Cells that must be hidden anyway.
    cost : mapping of key to float, optional
        What it costs to hide a cell. Without it: about one for each inner cell, larger counts a little more,
        ten times as much for a total.
    widths : mapping of key to float, optional
        How wide the range of a cell must be if it is hidden, where that is not `threshold`: a count among three people has
        no range of ten.

    Returns
    -------
    Suppression

    Raises
    ------
    RaceEqualityError
        Negative, missing or text counts, totals that are not the sum of their parts, unknown keys.

    Notes
    -----
    The cell suppression problem, solved to optimality by cuts: a small integer program chooses cells; the
    attacker's linear program looks for a hidden cell whose range is too narrow; its dual gives a condition
    that every sufficient choice meets; and again, until the attacker finds none.

    References
    ----------
    Fischetti M, Salazar JJ. Solving the cell suppression problem on tabular data with linear constraints.
    Management Science 2001; 47: 1008-1027. Hundepool A and others, Statistical disclosure control, 2012.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    relations = list(relations)
    value = _checked(cells, relations)
    keys = list(value)
    column = {key: i for i, key in enumerate(keys)}
    unknown = [key for key in also_hide if key not in column]
    if unknown:
        raise RaceEqualityError(f"There is no cell {unknown[0]!r} to hide.")
    primary = {key for key in keys if value[key] < threshold} | set(also_hide)
    totals = {key for r in relations for key, c in r.terms.items() if c > 0}
    scale = max(value.values(), default=0) or 1
    price = np.array(
        [(cost or {}).get(key, (10.0 if key in totals else 1.0) * (1 + 0.1 * value[key] / scale)) for key in keys]
    )
    hidden = set(primary)
    fixed = np.array([1.0 if key in primary else 0.0 for key in keys])
    cuts: list[np.ndarray] = []
    for _ in range(_ROUNDS):
        narrow = 0
        for key, (worth, anyway) in _worth_of_hiding(hidden, value, relations, threshold).items():
            at = [column[other] for other in hidden]
            needed = (widths or {}).get(key, threshold) - anyway
            if worth[at].sum() < needed - 1e-6:
                narrow += 1
                # Σ worth × hidden >= needed × hidden[key], whichever cells are hidden
                cut = np.minimum(worth, needed)
                cut[column[key]] -= needed
                cuts.append(cut)
        if not narrow:
            break
        chosen = milp(
            price,
            integrality=np.ones(len(keys), dtype=int),
            bounds=Bounds(fixed, np.ones(len(keys))),
            constraints=LinearConstraint(np.array(cuts), lb=np.full(len(cuts), -1e-6)),
        )
        if chosen.status != 0:
            raise RaceEqualityError("No choice of hidden cells protects this table; publish less of it.")
        hidden = {key for key in keys if chosen.x[column[key]] > 0.5}
    else:
        raise RaceEqualityError("The cells to hide were not found; publish less of this table.")
    published = {key: None if key in hidden else value[key] for key in keys}
    return Suppression(published, frozenset(primary), frozenset(hidden - primary), tuple(relations))


def _worth_of_hiding(
    hidden: set[Key], value: Mapping[Key, float], relations: Sequence[Relation], threshold: float
) -> dict[Key, tuple[np.ndarray, float]]:
    """For each hidden cell, how much every cell can add to its range if it is hidden, and what the relations leave anyway.

    The dual of the attacker's linear program: with these cells hidden the sum over them, and what is left anyway, is the
    width; with any other cells hidden the sum over those is at least the width. Relations with room between their bounds
    (one count is part of another, a share is rounded) leave something; totals leave nothing.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    if not hidden:
        return {}
    column = {key: i for i, key in enumerate(value)}
    equal: list[np.ndarray] = []
    bounded: list[np.ndarray] = []
    room: list[float] = []
    for relation in relations:
        line = np.zeros(len(value))
        for key, coefficient in relation.terms.items():
            line[column[key]] = coefficient
        if relation.lower == relation.upper:
            equal.append(line)
            continue
        together = sum(c * value[key] for key, c in relation.terms.items())
        for sign, left in ((1.0, relation.upper - together), (-1.0, together - relation.lower)):
            if np.isfinite(left):
                bounded.append(sign * line)
                room.append(max(0.0, left))
    # deviations from the true table: down to zero, up without end (a ceiling that no total needs)
    room_down = np.array(list(value.values()))
    ceiling = 10.0 * threshold + room_down.sum()
    # only hidden cells can deviate: the others are no variables of the program, and no relation among them is one
    # of its rows; what hiding one of them would be worth follows from the dual
    at = [column[key] for key in hidden]
    a_eq, a_ub = (np.array(lines).reshape(-1, len(value)) for lines in (equal, bounded))
    b_ub = np.array(room)[a_ub[:, at].any(axis=1)]
    a_eq, a_ub = (lines[lines[:, at].any(axis=1)] for lines in (a_eq, a_ub))
    tasks = [(place, sign) for place in range(len(at)) for sign in (1.0, -1.0)]
    objective = np.zeros((len(tasks), len(value)))
    for block, (place, sign) in enumerate(tasks):
        objective[block, at[place]] = -sign

    def blocks(lines: np.ndarray) -> Any:
        """The same lines for each task, along the diagonal: a general product takes longer than the program."""
        if not len(lines):
            return None
        one, copy = csr_array(lines[:, at]), np.arange(len(tasks))[:, np.newaxis]
        columns = (one.indices + len(at) * copy).ravel()
        ends = np.append(0, (one.indptr[1:] + one.nnz * copy).ravel())
        return csr_array(
            (np.tile(one.data, len(tasks)), columns, ends), shape=(len(lines) * len(tasks), len(at) * len(tasks))
        )

    found = linprog(  # type: ignore[call-overload]  # its types do not know bounds in one array
        objective[:, at].ravel(),
        A_eq=blocks(a_eq),
        b_eq=np.zeros(len(tasks) * len(a_eq)) if len(a_eq) else None,
        A_ub=blocks(a_ub),
        b_ub=np.tile(b_ub, len(tasks)) if len(a_ub) else None,
        bounds=np.tile(np.stack([-room_down[at], np.full(len(at), ceiling)], axis=-1), (len(tasks), 1)),
        method="highs",
        options={"presolve": False},  # which takes longer than what it saves: the blocks are small
    )
    reduced, anyway = objective, np.zeros(len(tasks))
    if len(a_eq):
        reduced = reduced - found.eqlin.marginals.reshape(len(tasks), -1) @ a_eq
    if len(a_ub):
        marginals = found.ineqlin.marginals.reshape(len(tasks), -1)
        reduced = reduced - marginals @ a_ub
        anyway = -marginals @ b_ub
    worth = np.where(reduced > 0, reduced * room_down, -reduced * ceiling)
    return {key: (worth[2 * i] + worth[2 * i + 1], anyway[2 * i] + anyway[2 * i + 1]) for i, key in enumerate(hidden)}


def _checked(cells: Mapping[Key, float], relations: list[Relation]) -> dict[Key, float]:
    value = {}
    for key, count in cells.items():
        try:
            value[key] = float(count)
        except (TypeError, ValueError):
            raise RaceEqualityError(f"The cell {key!r} must hold a number, but holds {count!r}.") from None
        if not np.isfinite(value[key]) or value[key] < 0:
            raise RaceEqualityError(f"The cell {key!r} must hold a count of at least 0, but holds {count!r}.")
    for relation in relations:
        for key in relation.terms:
            if key not in value:
                raise RaceEqualityError(f"A relation names the cell {key!r}, which the table does not have.")
        together = sum(c * value[k] for k, c in relation.terms.items())
        if not relation.lower - 1e-6 <= together <= relation.upper + 1e-6:
            total = next(k for k, c in relation.terms.items() if c > 0)
            raise RaceEqualityError(f"The total {total!r} is not the sum of its parts (off by {together:g}).")
    return value
