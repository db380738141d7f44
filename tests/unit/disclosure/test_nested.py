"""Counts that hold each other: what is hidden is enough for an attacker who knows which is among which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from race_equality.definitions.indicators import BY_ID, rule_of
from race_equality.disclosure.attack import Relation, among, attack
from race_equality.disclosure.nested import hidden_cells, hide_nested, too_few_nested
from race_equality.disclosure.publishable import hide_as_published, suppress_small_bases
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules, rests_on_too_few
from race_equality.disclosure.suppression import suppress
from race_equality.store.figures import figure_table

LEAST = {"minimum_people": 10, "minimum_responses": 11}


def test_the_rule_is_on_the_record():
    assert rule_of("waiting_over_52_weeks_by_ethnicity").among == "waiting_over_18_weeks"
    assert rule_of("waiting_over_18_weeks_by_sex").counts_too
    assert BY_ID[rule_of("waiting_over_52_weeks_by_sex").among].disclosure.among == ""


def test_what_a_shown_part_says_of_a_hidden_whole():
    """Two groups of 30 and 35, hidden, together 65. Shown: 28 and 33 among them, so that the first has 28 to 32."""
    cells = {"all": 65, "a": 30, "b": 35, "a waiting": 28, "b waiting": 33}
    relations = [Relation.total("all", "ab"), among("a waiting", "a"), among("b waiting", "b")]
    found = suppress(cells, relations, also_hide="ab", cost={"all": 1e6})
    assert len(found.complementary) == 1
    assert found.complementary < {"a waiting", "b waiting"}
    assert min(one.width for one in found.ranges.values()) >= 10
    # what the suppressor did before it knew
    ignorant = suppress(cells, [Relation.total("all", "ab")], also_hide="ab", cost={"all": 1e6})
    published = attack(ignorant.published, relations=relations, targets=["a"])
    assert tuple(published["a"]) == (28, 32)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 90), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=4),
    st.sampled_from([5, 10]),
)
def test_the_suppressor_knows_what_is_among_what(groups, threshold):
    cells, relations = {}, []
    for name, (people, over_18, over_52) in zip("abcd", groups, strict=False):
        cells[name, 0] = people
        cells[name, 1] = int(people * over_18)
        cells[name, 2] = int(cells[name, 1] * over_52)
        relations += [among((name, 1), (name, 0)), among((name, 2), (name, 1))]
    for level in range(3):
        parts = [key for key in cells if key[1] == level and key[0] != "all"]
        cells["all", level] = sum(cells[key] for key in parts)
        relations.append(Relation.total(("all", level), parts))
    found = suppress(cells, relations, threshold=threshold)
    for key, interval in attack(found.published, relations=relations).items():
        assert interval.width >= threshold
        assert interval.lower <= cells[key] <= interval.upper


def test_a_share_of_too_few_or_counting_too_few():
    counts = np.array([[100, 40, 9], [100, 40, 0], [10, 5, np.nan], [100, 10, 10]])
    few = too_few_nested(counts, **LEAST)
    assert few.tolist() == [
        [False, False, True],
        [False, False, False],  # nobody, of a large enough group
        [True, True, False],  # under 11 answers; what the publisher hid is not there
        [False, False, False],
    ]


def test_a_level_that_nobody_has_a_count_of_hides_nothing_by_itself():
    nan = float("nan")
    with_level = hide_nested({"a": (8, nan, 4), "b": (60, nan, 20), "c": (90, nan, 20)}, **LEAST)
    without = hide_nested({"a": (8, 4), "b": (60, 20), "c": (90, 20)}, **LEAST)
    assert {group: (people, last) for group, (people, _, last) in with_level.items()} == without


def test_nothing_small_nothing_hidden():
    assert hide_nested({"a": (50, 20, 10), "b": (60, 30, 0)}, **LEAST) == {"a": (False,) * 3, "b": (False,) * 3}


def test_hidden_people_hide_all_that_is_among_them():
    hidden = hide_nested({"a": (8, 4, 0), "b": (60, 30, 20), "c": (90, 40, 20)}, **LEAST)
    assert hidden["a"] == (True, True, True)
    assert hidden["b"][0]  # the total is known
    assert hidden["c"] == (False, False, False)


def test_where_nothing_protects_everything_is_hidden():
    assert hide_nested({"a": (8, 4)}, **LEAST) == {"a": (True, True)}


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 80), st.floats(0, 1)), min_size=4, max_size=6), st.sampled_from([10, 25]))
def test_no_small_count_is_found_from_groups_sums_and_totals(groups, least):
    """The first three are parts of one group; the others stand by themselves."""
    counts = {name: (people, int(people * share)) for name, (people, share) in zip("abcdef", groups, strict=False)}
    counts["sum"] = tuple(sum(counts[name][level] for name in "abc") for level in range(2))
    hidden = hide_nested(counts, {"sum": list("abc")}, minimum_people=least, minimum_responses=least)
    cells = {(name, level): counts[name][level] for name in counts for level in range(2)}
    few = {key for key, count in cells.items() if counts[key[0]][0] < least or (key[1] == 1 and 0 < count < least)}
    assert all(hidden[name][level] for name, level in few)
    outer = [name for name in counts if name not in "abc"]
    relations = [among((name, 1), (name, 0)) for name in counts]
    published = {key: None if hidden[key[0]][key[1]] else count for key, count in cells.items()}
    for level in range(2):
        published["total", level] = sum(cells[name, level] for name in outer)
        relations.append(Relation.total(("total", level), [(name, level) for name in outer]))
        relations.append(Relation.total(("sum", level), [(name, level) for name in "abc"]))
    everything = all(all(one) for one in hidden.values())
    for key, interval in attack(published, relations=relations).items():
        if key in few and not everything and cells[key]:
            assert interval.width >= least


# ---------------------------------------------------------------- published figures


def figures(*rows):
    day = pd.Timestamp("2026-01-25")
    return figure_table(
        [
            {
                "trust_code": trust,
                "organisation_code": organisation,
                "period_start": day,
                "period_end": day,
                "indicator": f"waiting_over_{weeks}_weeks_by_{part}",
                "group": group,
                "value": None if count is None else 100 * count / people,
                "unit": "percent",
                "numerator": count,
                "denominator": people,
                "status": "suppressed" if count is None else "ok",
                "source": "waiting_list_2026_01_25",
                "locator": "Provider-Sex!G1",
            }
            for trust, organisation, weeks, part, group, count, people in rows
        ]
    )


def trust(sizes, *, code="RAA", organisation="RAA", part="age"):
    names = ("0 to 18", "19 to 64", "65 and over")
    return [
        (code, organisation, weeks, part, name, size // (2 if weeks == 18 else 4), size)
        for name, size in zip(names, sizes, strict=True)
        for weeks in (18, 52)
    ]


RAISED = DisclosureRules(DisclosureRule(11, 10), {"RAA": DisclosureRule(100, 100)})


def test_a_trust_that_raised_its_threshold_is_hidden_and_no_other():
    table = figures(*trust((80, 900, 2000)), *trust((80, 900, 2000), code="RBB", organisation="RBB"))
    hidden = hidden_cells(table, RAISED)
    assert set(table.loc[hidden, "trust_code"]) == {"RAA"}
    assert set(table.loc[hidden, "group"]) == {"0 to 18", "19 to 64"}  # the total is known
    shown = hide_as_published(table, RAISED)
    assert shown.loc[hidden, ["value", "numerator", "denominator"]].isna().all(axis=None)
    assert set(shown.loc[hidden, "locator"]) == {"[c]"}
    assert shown.loc[~hidden].equals(table.loc[~hidden])


def test_what_the_publisher_hid_hides_no_other_cell():
    rows = [*trust((400, 900, 2000), part="ethnicity")]
    rows[1] = (*rows[1][:5], None, 400)
    assert not hidden_cells(figures(*rows), DisclosureRules(DisclosureRule(11, 10))).any()
    assert hide_as_published(figures(*rows), DisclosureRules(DisclosureRule(11, 10)))["status"].eq("ok").sum() == 5


def test_of_organisations_that_merged_a_group_is_hidden_in_both():
    table = figures(*trust((80, 900, 2000)), *trust((800, 900, 2000), organisation="RZZ"))
    hidden = table[hidden_cells(table, RAISED)]
    for group, rows in hidden.groupby("group"):
        assert set(rows["organisation_code"]) == {"RAA", "RZZ"}, group


def test_each_treatment_function_is_a_table_of_its_own():
    rows = [
        ("ENG", "ENG", 18, "function", f"{function}: {group}", count, people)
        for function, sizes in (("Eyes", (10, 400, 500)), ("Skin", (300, 400, 500)))
        for group, people in zip(("White - Irish", "Not known", "Not stated"), sizes, strict=True)
        for count in [people // 2]
    ]
    table = figures(*rows)
    hidden = hidden_cells(table, DisclosureRules(DisclosureRule(11, 10)))
    assert {group.partition(":")[0] for group in table.loc[hidden, "group"]} == {"Eyes"}


def test_cells_are_not_hidden_before_they_are_added_up():
    table = figures(*trust((80, 900, 2000)))
    assert suppress_small_bases(table, RAISED).equals(table)


@pytest.mark.parametrize("rules", [RAISED, DisclosureRules(DisclosureRule(11, 10))])
def test_other_figures_are_left_alone(rules):
    other = figures(*trust((80, 900, 2000))).assign(indicator="staff_survey_q15")
    assert not hidden_cells(other, rules).any()


def test_the_audit_looks_for_counts_of_too_few_and_not_only_for_bases():
    """Of 2,000 people 500 and 1,000: the thresholds of 600 are about the first."""
    table = figures(*trust((2000, 2000, 2000)))
    few = rests_on_too_few(table, DisclosureRules(DisclosureRule(11, 600)))
    assert set(table.loc[few, "indicator"]) == {"waiting_over_52_weeks_by_age"}
    # of the answers to a survey the base decides
    answers = table.assign(indicator="staff_survey_q15")
    assert not rests_on_too_few(answers, DisclosureRules(DisclosureRule(11, 600))).any()
