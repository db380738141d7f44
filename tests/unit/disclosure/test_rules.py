"""Which figures rest on too few."""

from __future__ import annotations

import pandas as pd
import pytest

from race_equality.disclosure.rules import DisclosureRule, DisclosureRules, read_rules, rests_on_too_few
from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project

USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))


def figures(*rows):
    columns = ["indicator", "group", "value", "unit", "numerator", "denominator"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        trust_code="R1A",
        organisation_code="R1A",
        period_start=pd.Timestamp("2024-09-01"),
        period_end=pd.Timestamp("2024-11-30"),
    )


def test_boundaries():
    table = figures(
        ("wres_5", "White", 30.0, "percent", 3, 10),
        ("wres_5", "Ethnic minority", 27.3, "percent", 3, 11),
        ("workforce_headcount", "Doctors", 9, "people", None, None),
        ("workforce_headcount", "Nurses", 10, "people", None, None),
        ("workforce_headcount", "Midwives", 0, "people", None, None),
        ("catchment_imd_score", "All people", 4.0, "score", None, None),
    )
    assert rests_on_too_few(table, USUAL).tolist() == [True, False, True, False, True, False]


def test_a_small_share_of_a_large_base_is_shown():
    table = figures(("wres_8", "White", 0.4, "percent", 3, 800), ("wres_8", "Ethnic minority", 1.0, "percent", 5, 500))
    assert not rests_on_too_few(table, USUAL).any()


def test_a_breakdown_of_respondents_hides_its_small_groups():
    table = figures(
        ("staff_survey_q28", "White - Irish", 10.0, "percent", 10, 100),
        ("staff_survey_q28", "White - British", 90.0, "percent", 90, 100),
    )
    assert rests_on_too_few(table, USUAL).tolist() == [True, False]


def test_the_threshold_is_a_setting():
    table = figures(("wres_5", "White", 30.0, "percent", 6, 20))
    raised = DisclosureRule(minimum_responses=21, minimum_people=10)
    assert rests_on_too_few(table, DisclosureRules(raised)).tolist() == [True]
    assert rests_on_too_few(table, DisclosureRules(USUAL.usual, {"R1A": raised})).tolist() == [True]
    assert rests_on_too_few(table, DisclosureRules(USUAL.usual, {"R1B": raised})).tolist() == [False]


@pytest.mark.parametrize("wrong", [{"minimum_people": 1}, {"minimum_responses": 10.5}, {"percent_decimals": -1}])
def test_bad_settings_name_themselves(wrong):
    with pytest.raises(RaceEqualityError, match=next(iter(wrong))):
        DisclosureRule(**{"minimum_responses": 11, "minimum_people": 10, **wrong})


def test_without_the_projects_own_thresholds_nothing_is_guessed(tmp_path):
    with pytest.raises(InputError, match="_defaults.yml"):
        read_rules(project=Project(tmp_path))


def test_a_trust_that_has_set_none_has_the_usual_rule():
    raised = DisclosureRule(minimum_responses=21, minimum_people=10)
    rules = DisclosureRules(USUAL.usual, {"R1A": raised})
    assert [rules.of("R1A"), rules.of("R1B")] == [raised, USUAL.usual]
