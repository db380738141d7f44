"""Who answered the survey, and how far a gap could be off for who did not, on small tables counted by hand."""

import math

import pandas as pd
import pytest

from race_equality.analysis.who_answered import how_far_off, response_of_trusts, staff_by_group, within_range
from race_equality.analysis.wres import staff_experience
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

RULES = DisclosureRules(DisclosureRule(11, 10))
MAY, OCTOBER = pd.Timestamp("2023-05-31"), pd.Timestamp("2024-10-31")


def on(day, **more):
    return {"period_start": day, "period_end": day, "group": "Total", **more}


def staff(answered=500, employed=1000, fte=(800.0, 880.0), code="RAA"):
    rows = [
        {"trust_code": code, "indicator": "staff_survey_q16b", "value": 10.0, "denominator": answered},
        on(MAY, trust_code=code, indicator="workforce_headcount", value=employed, unit="people"),
    ]
    if fte:
        rows += [
            on(MAY, trust_code=code, indicator="workforce_fte", value=fte[0], unit="fte"),
            on(OCTOBER, trust_code=code, indicator="workforce_fte_by_month", value=fte[1], unit="fte"),
        ]
    return rows


def bands(minority, white, *, end="2025-03-31", unknown=0, **more):
    day = pd.Timestamp(end)
    return [
        on(day, indicator=band, group=group, value=count, unit="people", **more)
        for group, counts in (("Ethnic minority", minority), ("White", white), ("Unknown", (unknown, unknown)))
        for band, count in zip(("wres_1_clinical_band_5", "wres_1_clinical_band_6"), counts, strict=True)
    ]


def test_answers_against_the_head_count_and_against_what_staff_had_become(make_figures):
    found = response_of_trusts(make_figures(staff())).iloc[0]
    assert found["percent"] == pytest.approx(50.0)
    assert found["growth"] == pytest.approx(1.1)
    assert found["percent_then"] == pytest.approx(100 * 500 / 1100)
    assert found["staff_on"] == MAY


def test_head_counts_of_organisations_that_have_merged_are_added_up_and_counted(make_figures):
    other = on(MAY, organisation_code="RZZ", indicator="workforce_headcount", value=250, unit="people")
    found = response_of_trusts(make_figures([*staff(), other])).iloc[0]
    assert found["organisations"] == 2
    assert found["percent"] == pytest.approx(100 * 500 / 1250)


def test_only_the_month_in_the_middle_of_the_survey_counts(make_figures):
    rows = [*staff(), on(pd.Timestamp("2024-11-30"), indicator="workforce_fte_by_month", value=8000.0, unit="fte")]
    assert response_of_trusts(make_figures(rows))["growth"].item() == pytest.approx(1.1)


def test_without_months_the_head_count_stands_alone(make_figures):
    found = response_of_trusts(make_figures(staff(fte=None))).iloc[0]
    assert found["percent"] == pytest.approx(50.0)
    assert math.isnan(found["percent_then"])


def test_more_answers_than_staff_are_no_share(make_figures, wres_rows):
    # a trust that lost half of its staff to another: the months do not belong to the survey's trust
    figures = make_figures([*staff(900, 1000, (800.0, 400.0)), *wres_rows((50, 400), (80, 500))])
    assert math.isnan(response_of_trusts(figures)["percent_then"].item())
    off = how_far_off(figures, ["RAA"], rules=RULES).iloc[0]
    assert off["white_answered"] == pytest.approx(90.0)
    assert how_far_off(make_figures([*staff(900, 800), *wres_rows((50, 400), (80, 500))]), ["RAA"], rules=RULES).empty


def test_a_trust_without_a_head_count_has_no_row(make_figures):
    assert response_of_trusts(make_figures(staff()[:1])).empty
    assert response_of_trusts(make_figures([*staff()[1:], *staff(code="RAB")]))["trust_code"].tolist() == ["RAB"]


def test_a_gap_moves_by_the_silent_share_times_the_range(make_figures, wres_rows):
    figures = make_figures([*staff(fte=None), *wres_rows((80, 400), (100, 1000))])  # 20% and 10%, half answered
    found = how_far_off(figures, ["RAA"], rules=RULES).iloc[0]
    assert [found["least"], found["most"]] == pytest.approx([10 - 2.5, 10 + 2.5])
    assert found["chance_least"] == pytest.approx(found["gap_lower"] - 2.5)
    assert found["chance_most"] == pytest.approx(found["gap_upper"] + 2.5)
    # White staff who did not answer would have to be at 30%: half of 20 points is 10
    assert found["gone_at"] == pytest.approx(20.0)
    assert not found["by_group"]
    assert found["clear"]
    apart = staff_experience(figures).assign(probability_adverse=0.9)
    assert not how_far_off(figures, ["RAA"], rules=RULES, experience=apart)["clear"].item()


def test_nobody_can_say_it_less_often_than_never(make_figures, wres_rows):
    # 2% and 1%: among the silent at least 0%, so the gap falls by half of 2, or by White staff going up by 5
    figures = make_figures([*staff(fte=None), *wres_rows((8, 400), (10, 1000))])
    found = how_far_off(figures, ["RAA"], rules=RULES).iloc[0]
    assert found["most"] == pytest.approx(1 + 2.5)  # ethnic minority staff up by 5; White staff can fall by 1 alone
    assert found["least"] == pytest.approx(1 - 2.5)
    every = how_far_off(figures, ["RAA"], rules=RULES, points=100.0).iloc[0]
    assert every["least"] == pytest.approx(1 - 0.5 * 99)  # Manski's bound: White staff who did not answer all say it


def test_no_difference_in_one_group_takes_a_wide_gap_away_when_nearly_all_answered(make_figures, wres_rows):
    figures = make_figures([*staff(950, fte=None), *wres_rows((240, 400), (100, 1000))])
    assert math.isnan(how_far_off(figures, ["RAA"], rules=RULES)["gone_at"].item())


def test_each_group_has_its_own_share_where_the_return_counts_it(make_figures, wres_rows):
    figures = make_figures([*staff(fte=None), *wres_rows((80, 400), (100, 1000)), *bands((300, 500), (600, 650))])
    found = how_far_off(figures, ["RAA"], rules=RULES).iloc[0]
    assert found["by_group"]
    assert [found["ethnic_minority_answered"], found["white_answered"]] == pytest.approx([50.0, 80.0])
    assert [found["least"], found["most"]] == pytest.approx([10 - 2.5, 10 + 2.5])  # the group that answered less


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (bands((4, 5), (600, 650)), "fewer people than the threshold"),
        (bands((300, 500), (600, 650), end="2022-03-31"), "another year"),
        (bands((300, 500), (600, 650))[:-1] + bands((1, 1), (1, 1), status="suppressed")[:1], "a band is hidden"),
        (bands((300, 500), (600, 650))[:2], "one group alone"),
        ([], "no return"),
    ],
)
def test_a_return_that_cannot_say_it_is_not_used(make_figures, wres_rows, rows, why):
    figures = make_figures([*staff(fte=None), *wres_rows((80, 400), (100, 1000)), *rows])
    assert staff_by_group(figures, "RAA", threshold=10) == {}, why
    assert not how_far_off(figures, ["RAA"], rules=RULES)["by_group"].any()


def test_more_answers_than_people_of_a_group_are_of_another_time(make_figures, wres_rows):
    figures = make_figures([*staff(fte=None), *wres_rows((80, 400), (100, 1000)), *bands((100, 200), (600, 650))])
    assert not how_far_off(figures, ["RAA"], rules=RULES)["by_group"].any()


def test_how_many_figures_lie_within_the_range_of_the_middle_trust(make_figures, wres_rows):
    rows = [
        *wres_rows((10, 100), (10, 100), trust_code="RAA"),
        *wres_rows((12, 100), (10, 100), trust_code="RAB"),
        *wres_rows((30, 100), (10, 100), trust_code="RAC"),  # 18 points from the middle of its kind
        *wres_rows((90, 100), (90, 100), trust_code="DEMO"),
    ]
    kinds = dict.fromkeys(("RAA", "RAB", "RAC", "DEMO"), "acute")
    assert within_range(make_figures(rows), kinds) == pytest.approx(100 * 5 / 6)
