"""Shares of a trust's own patients: what is hidden stays hidden to somebody who knows sizes, totals and what is among what."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from race_equality.disclosure.attack import Relation, among, attack
from race_equality.disclosure.shares_by_group import hide_shares, needed_width
from race_equality.disclosure.suppression import suppress

LEAST = {"least_base": 11, "least_count": 5}
#: On the list, over 18, over 52 and over 65 weeks. Black: 12 of 103 are 11.7% in each, as on the page of an invented return.
WAITS = {
    "Asian": (400, 60, 30, 20),
    "Black": (103, 12, 12, 12),
    "Mixed": (90, 30, 3, 0),
    "White": (2000, 400, 150, 60),
    "Other": (150, 40, 20, 15),
}


def known_to_an_attacker(counts, hidden, *, every_size=True):
    """Tables and relations of somebody who knows all totals and all sizes, or those shown; apart from the code under test."""
    levels = range(len(next(iter(counts.values()))) - 1)
    shown, relations = {}, []
    for group, (people, *rest) in counts.items():
        for level, count in enumerate(rest):
            shown[group, level] = None if hidden[group][level] else count
            if every_size or not 0 < people < 11:
                relations.append(Relation({(group, level): 1.0}, 0, people))
            if level:
                relations.append(among((group, level), (group, level - 1)))
    for level in levels:
        shown["all", level] = sum(row[1 + level] for row in counts.values())
        relations.append(Relation.total(("all", level), [(group, level) for group in counts]))
    return shown, relations


def test_over_52_weeks_between_over_18_and_over_65_is_not_left_to_be_read_off():
    # each level by itself, as it was: 3 of the Mixed group over 52 weeks, with the smallest other count
    alone = suppress(
        {"all": 215, **{group: row[2] for group, row in WAITS.items()}},
        [Relation.total("all", WAITS)],
        threshold=5,
        cost={"all": 1e6},
    )
    assert {group for group, count in alone.published.items() if count is None} == {"Mixed", "Black"}
    assert not any(count < 5 for row in WAITS.values() for count in row[3:] if count)  # over 65 nothing was hidden
    apart = {group: (False, group in ("Mixed", "Black"), False) for group in WAITS}
    shown, relations = known_to_an_attacker(WAITS, apart)
    assert attack(shown, relations=relations)["Black", 1] == (12, 12)  # what the page gave away

    hidden = hide_shares(WAITS, **LEAST)
    assert hidden["Mixed"][1]
    shown, relations = known_to_an_attacker(WAITS, hidden)
    for key, interval in attack(shown, relations=relations).items():
        assert interval.width >= 5, key


def test_one_of_unknown_sex_hides_one_sex_and_not_both():
    """Of the 1 nothing is known, and the 75 hidden with it are no secret: what is few is protected, and no more."""
    counts = {"Female": (691, 108), "Male": (548, 75), "Unknown": (1, 0)}
    hidden = hide_shares(counts, **LEAST)
    assert hidden == {"Female": (False,), "Male": (True,), "Unknown": (True,)}
    shown, relations = known_to_an_attacker(counts, hidden)
    assert attack(shown, relations=relations)["Unknown", 0] == (0, 1)


def test_all_people_of_the_hidden_groups_are_not_told_by_the_total():
    """74 in all less 52 shown are the 22 people of two hidden groups, of 3 and 19: a restrictive intervention each."""
    counts = {"Asian": (30, 14), "Black": (25, 18), "Mixed": (3, 3), "White": (40, 20), "Other": (19, 19)}
    two = {group: (group in ("Mixed", "Other"),) for group in counts}
    shown, relations = known_to_an_attacker(counts, two)
    assert attack(shown, relations=relations) == {("Mixed", 0): (3, 3), ("Other", 0): (19, 19)}

    hidden = hide_shares(counts, **LEAST)
    assert hidden["Mixed"] == hidden["Other"] == (True,)
    shown, relations = known_to_an_attacker(counts, hidden)
    found = attack(shown, relations=relations)
    assert found["Mixed", 0] == (0, 3)  # of the 3 nothing is known
    assert found["Other", 0].lower <= 14


@pytest.mark.parametrize(
    ("count", "is_hidden"), [(12, True), (8, True), (7, False), (5, False), (4, True), (1, True), (0, False)]
)
def test_all_or_all_but_a_few_of_a_group_are_hidden_as_few_are(count, is_hidden):
    """Of 12: all, or at least 8, say what happened to each; nobody names nobody."""
    counts = {"Asian": (12, count), "Black": (60, 30), "White": (800, 300)}
    assert hide_shares(counts, **LEAST)["Asian"] == (is_hidden,)


def test_a_group_under_the_least_base_is_hidden_at_every_level_with_another():
    counts = {"Asian": (10, 6, 5), "Black": (60, 30, 20), "White": (800, 300, 200)}
    hidden = hide_shares(counts, **LEAST)
    assert hidden["Asian"] == (True, True)
    assert hidden["Black"] == (True, True)
    assert hidden["White"] == (False, False)


def test_few_in_all_hide_a_level_and_not_the_others():
    counts = {"Asian": (60, 20, 1), "Black": (60, 30, 2), "White": (800, 300, 0)}
    hidden = hide_shares(counts, **LEAST)
    assert [row[1] for row in hidden.values()] == [True] * 3  # the nobody of the White group as well
    assert [row[0] for row in hidden.values()] == [False] * 3


def test_where_nothing_protects_a_base_everything_is_hidden():
    assert hide_shares({"Asian": (4, 2), "White": (5, 4)}, **LEAST) == {"Asian": (True,), "White": (True,)}


def test_what_is_not_known_protects_nothing():
    counts = {"Asian": (60, 3), "Black": (60, math.nan), "White": (800, 300), "Other": (math.nan, math.nan)}
    hidden = hide_shares(counts, **LEAST)
    assert hidden["Asian"] == hidden["White"] == (True,)
    assert hide_shares({}, **LEAST) == {}
    assert hide_shares({"Asian": (0, 0), "White": (800, 300)}, **LEAST) == {"Asian": (False,), "White": (False,)}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 60), *[st.floats(0, 1)] * 3), min_size=2, max_size=5))
def test_no_hidden_count_is_narrower_than_the_rule_allows(groups):
    counts = {}
    for name, (people, *shares) in zip("abcde", groups, strict=False):
        row = [people]
        for share in shares:
            row.append(int(row[-1] * share))
        counts[name] = tuple(row)
    hidden = hide_shares(counts, **LEAST)
    few = set()
    for group, (people, *rest) in counts.items():
        for level, count in enumerate(rest):
            if 0 < people < 11 or 0 < count < 5 or (people and people - count < 5):
                assert hidden[group][level]
                few.add((group, level))
    whole_levels = {level for level in range(3) if all(row[level] for row in hidden.values())}
    for every_size in (True, False):
        shown, relations = known_to_an_attacker(counts, hidden, every_size=every_size)
        for (group, level), interval in attack(shown, relations=relations).items():
            if level in whole_levels or not counts[group][0]:
                continue  # nothing of a level is shown, or nobody is in the group
            assert interval.lower <= counts[group][1 + level] <= interval.upper
            if (group, level) in few or not every_size:
                assert interval.width >= needed_width(counts[group][0], 5)


def test_where_no_choice_is_found_everything_is_hidden(monkeypatch):
    from race_equality.disclosure import nested, shares_by_group
    from race_equality.errors import RaceEqualityError

    def none_is_found(*args, **settings):
        raise RaceEqualityError("No choice of hidden cells protects this table; publish less of it.")

    few_of_a_group, few_counted = {**WAITS, "Other": (8, 4, 2, 0)}, WAITS
    assert not all(map(all, hide_shares(few_counted, **LEAST).values()))
    for module in (shares_by_group, nested):
        monkeypatch.setattr(module, "suppress", none_is_found)
    for counts in (few_of_a_group, few_counted):
        assert hide_shares(counts, **LEAST) == dict.fromkeys(counts, (True,) * 3)
    hidden = nested.hide_nested(few_counted, minimum_people=5, minimum_responses=11)
    assert hidden == dict.fromkeys(few_counted, (True,) * 4)
