"""Waits by group, their coverage, and England's gaps, against hand calculation."""

from __future__ import annotations

import pandas as pd
import pytest

from race_equality.analysis.waiting_list import (
    GROUPS,
    england_explained,
    shown_waits,
    waiting_list_coverage,
    waits_by_group,
    waits_by_system,
)
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS
from race_equality.disclosure.attack import Relation, among, attack
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

WEEK = {"period_start": pd.Timestamp("2026-01-25"), "period_end": pd.Timestamp("2026-01-25")}
BRITISH, IRISH = "White - English / Welsh / Scottish / Northern Irish / British", "White - Irish"
INDIAN, CHINESE = "Asian/Asian British - Indian", "Asian/Asian British - Chinese"
ARAB = "Other ethnic group - Any other ethnic background"
USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))


def cell(group, count, people, *, weeks=18, part="ethnicity", **more):
    """A published cell; a hidden one where the count is None."""
    hidden = count is None
    return {
        "indicator": f"waiting_over_{weeks}_weeks_by_{part}",
        "group": group,
        "value": None if hidden or not people else 100 * count / people,
        "numerator": count,
        "denominator": people,
        "status": "suppressed" if hidden else "ok",
        **WEEK,
        **more,
    }


def of(table, group, measure="waiting_over_18_weeks", breakdown="ethnicity", place="RAA"):
    rows = table[
        (table["group"] == group)
        & (table["measure"] == measure)
        & (table["breakdown"] == breakdown)
        & (table["place"] == place)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_five_groups_are_added_up_with_chinese_among_asian(make_figures):
    figures = make_figures(
        [
            cell(INDIAN, 30, 100),
            cell(CHINESE, 20, 100),
            cell(BRITISH, 200, 800),
            cell(IRISH, 50, 200),
            cell("Not known", 5, 50),
        ]
    )
    table = waits_by_group(figures)
    asian = of(table, "Asian")
    assert (asian["count"], asian["people"], asian["percent"]) == (50, 200, 25.0)
    assert (of(table, "White")["percent"], of(table, "White")["direction"]) == (25.0, "reference")
    assert asian["gap"] == 0
    assert of(table, "Not known")["direction"] == "unknown group"
    # what is beneath them
    assert of(table, CHINESE, breakdown="ethnicity in detail")["percent"] == 20.0
    assert set(GROUPS["ethnicity in detail"]) <= set(EIGHTEEN_GROUPS)


def test_a_gap_has_newcombes_interval(make_figures):
    # Newcombe (1998), example (a): 56/70 and 48/80, difference 0.2000, method 10: 0.0524 to 0.3339
    row = of(waits_by_group(make_figures([cell(INDIAN, 56, 70), cell(BRITISH, 48, 80)])), "Asian")
    assert (row["gap"], row["gap_lower"], row["gap_upper"]) == pytest.approx((20.0, 5.24, 33.39), abs=0.005)
    assert row["direction"] == "adverse"


def test_organisations_that_merged_are_added_up(make_figures):
    rows = [cell(BRITISH, 10, 100, organisation_code=code) for code in ("RAA", "RBB")]
    assert of(waits_by_group(make_figures(rows)), "White")["people"] == 200


def test_weeks_are_never_added_up(make_figures):
    before = {"period_start": pd.Timestamp("2025-12-28"), "period_end": pd.Timestamp("2025-12-28")}
    figures = make_figures([cell(BRITISH, 10, 100), cell(BRITISH, 90, 100, **before)])
    assert of(waits_by_group(figures), "White")["percent"] == 10.0


def test_hidden_counts_of_over_52_weeks_count_as_4_and_widen_the_interval(make_figures):
    over_52 = "waiting_over_52_weeks"
    shown = [cell(BRITISH, 40, 1000, weeks=52), cell(IRISH, None, 100, weeks=52)]
    white = of(waits_by_group(make_figures(shown)), "White", over_52)
    assert (white["count"], white["people"], white["hidden"]) == (44, 1100, 1)
    assert (white["count_least"], white["count_most"]) == (41, 47)
    exact = of(waits_by_group(make_figures([cell(BRITISH, 44, 1100, weeks=52)])), "White", over_52)
    assert white["lower"] < exact["lower"] < exact["upper"] < white["upper"]


def test_a_group_of_mostly_hidden_counts_is_no_figure(make_figures):
    over_52 = "waiting_over_52_weeks"
    parts = [group for group, five in EIGHTEEN_GROUPS.items() if five == "Black"]
    all_hidden = waits_by_group(make_figures([cell(group, None, 100, weeks=52) for group in parts]))
    assert of(all_hidden, "Black", over_52)["status"] == "suppressed"
    assert pd.isna(of(all_hidden, "Black", over_52)["percent"])
    one = [cell(parts[0], 10, 100, weeks=52), cell(parts[1], None, 100, weeks=52)]
    assert of(waits_by_group(make_figures(one)), "Black", over_52)["status"] == "ok"  # 4 of 14


def test_a_part_whose_count_over_18_weeks_is_hidden_is_left_out_with_its_base(make_figures):
    figures = make_figures([cell(INDIAN, 30, 100), cell(CHINESE, None, 20), cell(BRITISH, 10, 100)])
    assert of(waits_by_group(figures), "Asian")["people"] == 100


def test_why_there_is_none(make_figures):
    figures = make_figures(
        [
            cell(BRITISH, None, None, status="not_available"),
            cell(INDIAN, None, None, status="not_available"),
            cell(BRITISH, None, None, status="not_applicable", trust_code="RBB", organisation_code="RBB"),
            cell(BRITISH, None, None, trust_code="RCC", organisation_code="RCC"),
        ]
    )
    table = waits_by_group(figures)
    assert of(table, "White")["status"] == "not_available"
    assert of(table, "White", place="RBB")["status"] == "not_applicable"
    assert of(table, "White", place="RCC")["status"] == "suppressed"


def test_nothing_held(make_figures):
    figures = make_figures([{"indicator": "rtt_within_18_weeks", "group": "All patients"}])
    for function in (waits_by_group, waiting_list_coverage, england_explained):
        assert function(figures).empty


# ---------------------------------------------------------------- coverage


def test_coverage_and_unknown_groups(make_figures):
    january = {"period_start": pd.Timestamp("2026-01-01"), "period_end": pd.Timestamp("2026-01-31")}
    december = {"period_start": pd.Timestamp("2025-12-01"), "period_end": pd.Timestamp("2025-12-31")}
    total = {"indicator": "rtt_within_18_weeks", "group": "All patients", "numerator": 500}
    figures = make_figures(
        [
            cell(BRITISH, 100, 400),
            cell("Not stated", 10, 60),
            cell("Not known", 10, 40),
            total | {"denominator": 1000, **january},
            total | {"denominator": 9000, **december},
            cell(
                BRITISH,
                None,
                None,
                trust_code="RBB",
                organisation_code="RBB",
                status="not_available",
                recording="not submitted",
            ),
        ]
    )
    table = waiting_list_coverage(figures).set_index("place")
    row = table.loc["RAA"]
    assert (row["people_by_ethnicity"], row["people_in_rtt"], row["covered_percent"]) == (500, 1000, 50.0)
    assert (row["not_stated"], row["not_known"], row["unknown_percent"]) == (60, 40, 20.0)
    assert tuple(table.loc["RBB", ["status", "reason"]]) == ("not_available", "not submitted")
    assert pd.isna(table.loc["RBB", "covered_percent"])


# ---------------------------------------------------------------- England explained


def england(function, group, count, people, weeks=18):
    code = {"trust_code": "ENG", "organisation_code": "ENG"}
    return cell(f"{function}: {group}", count, people, weeks=weeks, part="function", **code)


def whole(group, count, people):
    return cell(group, count, people, trust_code="ENG", organisation_code="ENG")


def test_a_gap_that_is_all_mix(make_figures):
    """In both functions both groups wait alike: 50% and 10%. Asian patients are 80% in the first, White 20%."""
    groups = ["Asian", "Black", "Mixed", "Other"]
    member = {five: next(g for g, f in EIGHTEEN_GROUPS.items() if f == five) for five in (*groups, "White")}
    member["Other"] = ARAB
    rows = [england("Eyes", member["White"], 100, 200), england("Skin", member["White"], 80, 800)]
    rows += [whole(member["White"], 180, 1000)]
    for five in groups:
        rows += [
            england("Eyes", member[five], 40, 80),
            england("Skin", member[five], 2, 20),
            whole(member[five], 42, 100),
        ]
    table = england_explained(make_figures(rows)).set_index("group")
    assert list(table.index) == groups
    row = table.loc["Asian"]
    # 42% against 18%; no difference within a function
    assert (row["gap"], row["mix"], row["within"]) == pytest.approx((24.0, 24.0, 0.0))
    assert (row["gap_of_all"], row["functions"], row["left_out_percent"]) == pytest.approx((24.0, 2, 0.0))


def test_what_is_left_out_is_said(make_figures):
    groups = {
        five: next(g for g, f in EIGHTEEN_GROUPS.items() if f == five) for five in ("Asian", "Black", "Mixed", "White")
    }
    groups["Other"] = ARAB
    rows = [row for group in groups.values() for row in (england("Eyes", group, 40, 90), whole(group, 45, 100))]
    rows += [england("Skin", group, None, None) for group in groups.values()]  # a hidden base
    table = england_explained(make_figures(rows))
    assert table["left_out_percent"].to_list() == pytest.approx([10.0] * 4)  # 180 of 200
    assert table["gap"].to_list() == pytest.approx([0.0] * 4)


def test_lists_of_a_later_week_say_nothing_of_the_split(make_figures):
    later = {"period_start": pd.Timestamp("2026-02-22"), "period_end": pd.Timestamp("2026-02-22")}
    rows = [england("Eyes", BRITISH, 10, 100), england("Eyes", INDIAN, 20, 100)]
    rows += [whole(BRITISH, 10, 100) | later, whole(INDIAN, 20, 100) | later]
    row = england_explained(make_figures(rows)).iloc[0]
    assert row["gap"] == pytest.approx(10.0)
    assert row[["gap_of_all", "left_out_percent"]].isna().all()


# ---------------------------------------------------------------- by system


def test_by_system(make_figures):
    rows = [cell(BRITISH, 10, 100, trust_code=code, organisation_code=code) for code in ("QB", "QA", "RAA")]
    table = waits_by_system(make_figures(rows), {"QA": "Northshire", "QB": "Ashshire", "QC": "Nowhere"})
    assert list(table["system"].unique()) == ["Ashshire", "Northshire"]


# ---------------------------------------------------------------- what thresholds hide


def both(group, over_18, over_52, people):
    return [cell(group, over_18, people), cell(group, over_52, people, weeks=52)]


@pytest.fixture
def trust(make_figures):
    rows = [
        *both(INDIAN, 200, 40, 500),
        *both(CHINESE, 30, 15, 60),
        *both("Black/African/Caribbean/Black British - African", 60, 20, 150),
        *both(ARAB, 25, 20, 45),
        *both(BRITISH, 900, 200, 2000),
        *both("Not known", 100, 30, 300),
    ]
    return waits_by_group(make_figures(rows))


def test_at_the_usual_thresholds_all_of_it_is_shown(trust):
    assert shown_waits(trust, USUAL).equals(trust)


def test_a_raised_threshold_hides_what_it_says_and_what_would_tell_it(trust):
    """Of 45 people, under 50: the group Other. Everybody together is known, so that another goes with it."""
    table = shown_waits(
        trust, DisclosureRules(USUAL.usual, {"RAA": DisclosureRule(minimum_responses=50, minimum_people=50)})
    )
    for measure in ("waiting_over_18_weeks", "waiting_over_52_weeks"):
        five = table[(table["breakdown"] == "ethnicity") & (table["measure"] == measure)].set_index("group")
        hidden = set(five.index[five["status"] == "suppressed"])
        assert "Other" in hidden
        assert len(hidden) > 1
        shown = five[five["status"] == "ok"]
        assert (shown["count"] >= 50).all()
        assert (shown["people"] >= 50).all()
    numbers = table.loc[table["status"] == "suppressed", ["count", "count_most", "people", "percent", "gap", "lower"]]
    assert numbers.isna().all(axis=None)


def test_an_attacker_who_knows_what_is_among_what_finds_no_hidden_count(trust):
    """Groups, the parts of each, the three levels, and the totals, as the page shows them."""
    least = 50
    table = shown_waits(trust, DisclosureRules(DisclosureRule(minimum_responses=least, minimum_people=least)))
    published, relations, true = {}, [], {}
    groups = {}
    for row, hidden in zip(trust.to_dict("records"), table["status"] != "ok", strict=True):
        if row["status"] != "ok":
            continue
        level = 1 if "18" in row["measure"] else 2
        key = (row["breakdown"], row["group"])
        groups[key] = row["group"]
        true[*key, level], true[*key, 0] = row["count"], row["people"]
        published[*key, level] = None if hidden else row["count"]
        shown = published.get((*key, 0))
        published[*key, 0] = shown if hidden else row["people"]
    for key in groups:
        relations += [among((*key, 1), (*key, 0)), among((*key, 2), (*key, 1))]
    for level in range(3):
        outer = [key for key in groups if key[0] == "ethnicity"]
        published["total", level] = sum(true[*key, level] for key in outer)
        relations.append(Relation.total(("total", level), [(*key, level) for key in outer]))
        for five in ("Asian", "Black", "White", "Other"):
            parts = [key for key in groups if key[0] == "ethnicity in detail" and EIGHTEEN_GROUPS[key[1]] == five]
            relations.append(Relation.total(("ethnicity", five, level), [(*key, level) for key in parts]))
    found = attack(published, relations=relations)
    assert found
    for key, width in found.items():
        assert width.lower <= true[key] <= width.upper
        if true[key] < least:
            assert width.width >= least


def test_without_its_reference_a_group_has_no_gap(make_figures):
    rows = [*both(INDIAN, 200, 40, 500), *both(BRITISH, 30, 10, 60), *both("Not known", 100, 30, 300)]
    rule = DisclosureRules(DisclosureRule(minimum_responses=61, minimum_people=11))
    table = shown_waits(waits_by_group(make_figures(rows)), rule)
    assert of(table, "White")["status"] == "suppressed"
    assert table["gap"].isna().all()
    assert "adverse" not in set(table["direction"])
