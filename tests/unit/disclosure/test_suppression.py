"""What is hidden is enough, and no more than needed."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from race_equality.disclosure import suppression
from race_equality.disclosure.attack import Relation, attack, crosstab
from race_equality.disclosure.suppression import suppress
from race_equality.errors import RaceEqualityError


def sufficient(cells, relations, hidden, threshold):
    published = {key: None if key in hidden else value for key, value in cells.items()}
    return all(r.width >= threshold for r in attack(published, relations=relations, targets=hidden).values())


def test_nothing_small_nothing_hidden():
    cells, relations = crosstab([[20, 30], [40, 50]], "ab", "xy")
    found = suppress(cells, relations)
    assert found.published == cells
    assert not found.primary
    assert not found.complementary


def test_threshold_is_where_showing_begins():
    found = suppress({"a": 9, "b": 10}, threshold=10)
    assert found.published == {"a": None, "b": 10}
    assert suppress({"a": 10, "b": 10}, threshold=11).published == {"a": None, "b": None}


def test_none_counts_as_few():
    assert suppress({"a": 0, "b": 50}).published == {"a": None, "b": 50}


def test_one_small_cell_takes_the_cheapest_partner():
    cells = {"all": 100, "a": 4, "b": 36, "c": 60}
    found = suppress(cells, [Relation.total("all", "abc")])
    assert found.primary == {"a"}
    assert found.complementary == {"b"}
    assert found.ranges["a"] == (0, 40)


def test_two_small_cells_that_make_less_than_the_threshold_are_not_enough():
    """3 and 4 of a shown total leave each at most 7: a third is needed."""
    cells = {"all": 100, "a": 3, "b": 4, "c": 40, "d": 53}
    found = suppress(cells, [Relation.total("all", "abcd")])
    assert found.complementary == {"c"}
    assert min(r.width for r in found.ranges.values()) >= 10


def test_a_price_decides_who_is_hidden():
    cells = {"all": 100, "a": 4, "b": 36, "c": 60}
    dear = suppress(cells, [Relation.total("all", "abc")], cost={"b": 50})
    assert dear.complementary == {"c"}


def test_the_table_that_was_solved_exactly_is_protected():
    counts = np.array([[0, 0, 40, 50], [60, 12, 15, 70], [80, 90, 20, 25], [30, 55, 45, 11]])
    cells, relations = crosstab(counts, "ABCD", "wxyz")
    found = suppress(cells, relations)
    assert found.primary == {("A", "w"), ("A", "x")}
    assert all(interval.width >= 10 for interval in found.ranges.values())
    again = attack(found.published, relations=relations)
    assert again == found.ranges
    assert all(r.lower <= cells[key] <= r.upper for key, r in again.items())


def test_tables_that_share_cells_are_protected_together():
    """Staff group by ethnic group, and the same staff groups by sex: one total serves both."""
    first, relations = crosstab([[4, 60], [30, 70]], ["doctors", "nurses"], ["Asian", "White"])
    second = {("doctors", "women"): 30, ("doctors", "men"): 34}
    relations.append(Relation.total(("doctors", "Total"), second))
    found = suppress(first | second, relations)
    assert sufficient(first | second, relations, found.primary | found.complementary, 10)


def test_cheapest_by_brute_force():
    """All choices of complementary cells in a 3 x 3 table: none that suffices costs less."""
    counts = np.array([[4, 40, 33], [25, 61, 18], [52, 7, 70]])
    cells, relations = crosstab(counts, "ABC", "xyz")
    price = {key: 1 + (key[0] == "Total") * 9 + (key[1] == "Total") * 9 + i / 1000 for i, key in enumerate(cells)}
    found = suppress(cells, relations, cost=price)
    spent = sum(price[key] for key in found.complementary)
    inner = [key for key in cells if "Total" not in key and cells[key] >= 10]
    primary = {key for key in cells if cells[key] < 10}
    best = min(
        sum(price[key] for key in extra)
        for size in range(5)
        for extra in itertools.combinations(inner, size)
        if sufficient(cells, relations, primary | set(extra), 10)
    )
    assert spent == pytest.approx(best)


@settings(max_examples=25)
@given(
    st.integers(2, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 60), min_size=columns, max_size=columns), min_size=2, max_size=4
        )
    ),
    st.sampled_from([5, 10]),
)
def test_no_hidden_cell_is_ever_narrower_than_the_threshold(counts, threshold):
    counts = np.array(counts)
    cells, relations = crosstab(counts, "ABCD"[: len(counts)], "wxyz"[: counts.shape[1]])
    found = suppress(cells, relations, threshold=threshold)
    assert all(found.published[key] is None for key in cells if cells[key] < threshold)
    for key, interval in attack(found.published, relations=relations).items():
        assert interval.width >= threshold
        assert interval.lower <= cells[key] <= interval.upper


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, "many", None])
def test_bad_counts(bad):
    with pytest.raises(RaceEqualityError, match="'b'"):
        suppress({"a": 4, "b": bad})


def test_totals_that_do_not_add_up():
    with pytest.raises(RaceEqualityError, match="'all' is not the sum of its parts"):
        suppress({"all": 9, "a": 4, "b": 6}, [Relation.total("all", "ab")])


def test_unknown_cells():
    with pytest.raises(RaceEqualityError, match="'c'"):
        suppress({"a": 4}, [Relation.total("a", "c")])
    with pytest.raises(RaceEqualityError, match="'c'"):
        suppress({"a": 4}, also_hide=["c"])


def test_a_cell_that_a_relation_gives_away_cannot_be_protected():
    with pytest.raises(RaceEqualityError, match="No choice of hidden cells protects this table"):
        suppress({"a": 5}, [Relation({"a": 1.0}, 5.0, 5.0)])


def test_the_search_for_cells_has_an_end(monkeypatch):
    monkeypatch.setattr(suppression, "_ROUNDS", 0)
    with pytest.raises(RaceEqualityError, match="were not found"):
        suppress({"a": 5})
