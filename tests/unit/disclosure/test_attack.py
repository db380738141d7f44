"""What an attacker can and cannot work out."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from race_equality.disclosure.attack import (
    Contradiction,
    Range,
    Relation,
    attack,
    crosstab,
    rounded_share,
    small_fractions,
)
from race_equality.errors import RaceEqualityError


def hide(cells, *keys):
    return {key: None if key in keys else value for key, value in cells.items()}


def test_one_hidden_part_of_a_total_is_known():
    found = attack({"all": 30, "a": 20, "b": None}, relations=[Relation.total("all", ["a", "b"])])
    assert found == {"b": Range(10, 10)}
    assert found["b"].width == 0


def test_two_hidden_parts_share_what_is_left():
    cells = {"all": 30, "a": 17, "b": None, "c": None}
    found = attack(cells, relations=[Relation.total("all", "abc")])
    assert found == {"b": Range(0, 13), "c": Range(0, 13)}


def test_four_by_four_with_two_hidden_in_every_line_is_solved_exactly():
    """Two hidden cells in every row and column, and yet nothing is hidden: the METHODS guide's example.

    The eight form one ring: one can only rise as its neighbours fall. Neighbours a and b are both zero, so
    the ring can turn neither way.
    """
    counts = np.array([[0, 0, 40, 50], [60, 12, 15, 70], [80, 90, 20, 25], [30, 55, 45, 11]])
    rows, columns = "ABCD", "wxyz"
    ring = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 0)]
    cells, relations = crosstab(counts, rows, columns)
    hidden = [(rows[i], columns[j]) for i, j in ring]
    for line in rows:
        assert sum(row == line for row, _ in hidden) == 2
    for line in columns:
        assert sum(column == line for _, column in hidden) == 2
    found = attack(hide(cells, *hidden), relations=relations)
    assert {key: tuple(value) for key, value in found.items()} == {key: (cells[key], cells[key]) for key in hidden}


def test_bounds_equal_brute_force():
    """Every whole-number table that fits what is published, by enumeration."""
    counts = np.array([[3, 7, 2], [5, 1, 6], [4, 2, 8]])
    cells, relations = crosstab(counts, "ABC", "xyz")
    hidden = [("A", "x"), ("A", "z"), ("B", "x"), ("B", "y"), ("C", "y"), ("C", "z")]
    found = attack(hide(cells, *hidden), relations=relations)
    fitting = []
    for values in itertools.product(range(14), repeat=2):
        # two free cells decide the rest of this ring
        ax, by = values
        az, bx = 5 - ax, 6 - by
        cy, cz = 3 - by, 10 - az
        if min(az, bx, cy, cz) >= 0 and ax + bx == 8 and cy + cz == 10:
            fitting.append((ax, az, bx, by, cy, cz))
    for position, key in enumerate(hidden):
        seen = [table[position] for table in fitting]
        assert found[key] == Range(min(seen), max(seen))


def test_another_table_shows_what_this_one_hides():
    """Differencing between pages: the total stands on a peer's page."""
    page = {"doctors": 3207, "nurses": 6600, "other": None}
    relation = Relation.total("staff", ["doctors", "nurses", "other"])
    assert attack(page, relations=[relation])["other"] == Range(0, math.inf)
    assert attack(page, {"staff": 9811}, relations=[relation])["other"] == Range(4, 4)
    about = attack(page, {"staff": (9750, 9850)}, relations=[relation])["other"]
    assert about == Range(0, 43)


def test_last_years_total_and_the_leavers():
    relations = [Relation({"this year": 1, "last year": -1, "joined": -1})]
    found = attack({"this year": 31, "last year": 25, "joined": None}, relations=relations)
    assert found["joined"] == Range(6, 6)


def test_rounded_percentages_give_the_base_away():
    """23 is 11.5% and 46 is 23.0%: the base is 200, or within one of it."""
    relations = [*rounded_share("a", "all", 11.5), *rounded_share("b", "all", 23.0)]
    base = attack({"a": 23, "b": 46, "all": None}, relations=relations, targets=["all"])["all"]
    assert base.lower <= 200 <= base.upper
    assert base.width <= 1
    more = rounded_share("c", "all", 2.0)
    assert attack({"a": 23, "b": 46}, relations=relations + more, targets=["c"])["c"] == Range(4, 4)


def test_nothing_known_leaves_everything_open():
    assert attack({"a": None}) == {"a": Range(0, math.inf)}
    assert attack({"a": 4}) == {}
    assert attack() == {}


def test_shares_are_not_rounded_to_whole_numbers():
    found = attack({"a": None, "b": 0.25}, relations=[Relation({"a": 1, "b": 1}, 1, 1)], whole_numbers=False)
    assert found["a"] == pytest.approx((0.75, 0.75))


def test_contradictions_are_said():
    with pytest.raises(Contradiction, match="contradict"):
        attack({"a": 3}, {"a": 4})
    with pytest.raises(Contradiction, match="No whole number"):
        attack({"a": (3.2, 3.8)})
    with pytest.raises(Contradiction):
        attack({"all": 3, "a": 5, "b": None}, relations=[Relation.total("all", "ab")])
    with pytest.raises(Contradiction, match="add up"):
        attack({"all": 3, "a": 5, "c": None}, relations=[Relation.total("all", "a")])


def test_crosstab_needs_its_labels():
    with pytest.raises(RaceEqualityError, match="2 rows and 3 columns"):
        crosstab([[1, 2]], "ab", "xyz")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.142857, 6, [Fraction(1, 7)]),
        (0.285714285714, 12, [Fraction(2, 7)]),
        (0.222222, 6, [Fraction(2, 9)]),
        (0.25, 10, [Fraction(1, 4)]),
        (0.33, 2, [Fraction(1, 3)]),
        (0.173812, 6, []),
        (0.0, 6, []),
        (1.0, 6, []),
    ],
)
def test_small_fractions(value, decimals, expected):
    assert small_fractions(value, decimals, 11) == expected
