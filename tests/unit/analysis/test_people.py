"""Staff groups, respondents and catchments: shares, and what is too small to show."""

import pandas as pd
import pytest

from race_equality.analysis.ethnicity_of_respondents import (
    minority_share,
    respondents_and_catchment,
    respondents_and_catchments,
)
from race_equality.analysis.survey import england_by_ethnic_group, spread_of_trusts, survey_answers
from race_equality.analysis.workforce import headcount_by_group, total_headcount

LABELS = {
    "Asian": "Asian/Asian British - Indian",
    "Black": "Black/African/Caribbean/Black British - African",
    "Mixed": "Mixed/Multiple ethnic background - White and Asian",
    "White": "White - Irish",
    "Other": "Other ethnic group - Arab",
}


def respondents(counts):
    total = sum(counts.values())
    return [
        {
            "indicator": "staff_survey_q28",
            "group": LABELS[group],
            "value": 100 * count / total,
            "numerator": count,
            "denominator": total,
        }
        for group, count in counts.items()
    ]


def test_shares_are_of_all_who_answered(make_figures):
    table = respondents_and_catchment(
        make_figures(respondents({"Asian": 200, "Black": 100, "Mixed": 50, "White": 600, "Other": 50})),
        "RAA",
        threshold=11,
    ).set_index("group")
    assert table.loc["White", "respondents_percent"] == pytest.approx(60.0)
    assert minority_share(table.reset_index(), "respondents_percent") == pytest.approx(40.0)
    assert (table["catchment_status"] == "not_available").all()


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        # 10 alone could be subtracted from 100%; the next smallest, 20, goes with it (30 is over 22).
        ({"Asian": 200, "Black": 100, "Mixed": 20, "White": 600, "Other": 10}, {"Other", "Mixed"}),
        # 11 is at the threshold and may be shown.
        ({"Asian": 200, "Black": 100, "Mixed": 20, "White": 600, "Other": 11}, set()),
        # Nobody is a small number too.
        ({"Asian": 200, "Black": 100, "Mixed": 40, "White": 600, "Other": 0}, {"Other", "Mixed"}),
        # 5 and 4 add up to 9: a third must join before the sum leaves a range of the threshold each.
        ({"Asian": 200, "Black": 30, "Mixed": 5, "White": 600, "Other": 4}, {"Other", "Mixed", "Black"}),
    ],
)
def test_small_groups_cannot_be_worked_out(make_figures, counts, hidden):
    table = respondents_and_catchment(make_figures(respondents(counts)), "RAA", threshold=11)
    shown = table["respondents_status"] == "ok"
    assert set(table.loc[~shown, "group"]) == hidden
    assert table.loc[~shown, ["respondents_percent", "respondents_lower", "respondents_upper"]].isna().all(axis=None)


def test_catchments_that_do_not_apply_say_so(make_figures):
    rows = respondents({"Asian": 200, "Black": 100, "Mixed": 50, "White": 600, "Other": 50})
    rows.append({"indicator": "catchment_ethnicity", "group": "White", "status": "not_applicable"})
    table = respondents_and_catchment(make_figures(rows), "RAA", threshold=11)
    assert (table["catchment_status"] == "not_applicable").all()
    assert table["catchment_percent"].isna().all()


def staff(counts, code="RAA"):
    return [
        {"trust_code": code, "indicator": "workforce_headcount", "group": group, "value": count, "unit": "people"}
        for group, count in counts.items()
    ]


def test_staff_groups_beside_england(make_figures):
    figures = make_figures(
        staff({"HCHS Doctors": 100, "Midwives": 0, "Nurses & health visitors": 300, "Total": 390})
        + staff({"HCHS Doctors": 10000, "Midwives": 10000, "Nurses & health visitors": 20000}, "ENG")
    )
    table = headcount_by_group(figures, "RAA", threshold=10).set_index("group")
    assert table.loc["HCHS Doctors", "percent"] == pytest.approx(25.0)
    assert table.loc["HCHS Doctors", "england_percent"] == pytest.approx(25.0)
    assert "Midwives" not in table.index  # nobody is employed there
    assert total_headcount(figures, "RAA") == 390


def test_a_staff_group_of_nine_is_hidden_and_not_in_the_shares(make_figures):
    figures = make_figures(staff({"HCHS Doctors": 100, "Midwives": 9, "Nurses & health visitors": 300}))
    table = headcount_by_group(figures, "RAA", threshold=10).set_index("group")
    assert table.loc["Midwives", "status"] == "suppressed"
    assert table.loc[["Midwives"], ["people", "percent"]].isna().all(axis=None)
    assert table.loc["HCHS Doctors", "percent"] == pytest.approx(25.0)  # of 400, not of 409


def test_survey_answers_of_merged_organisations_are_averaged_by_respondents(make_figures):
    rows = [
        {"indicator": "staff_survey_q15", "value": 50.0, "denominator": 300},
        {"indicator": "staff_survey_q15", "value": 70.0, "denominator": 100, "organisation_code": "RBB"},
    ]
    found = survey_answers(make_figures(rows)).iloc[0]
    assert found["percent"] == pytest.approx(55.0)
    assert found["base"] == 400
    assert found["lower"] < 55.0 < found["upper"]


def test_the_spread_leaves_the_demonstration_trust_out(make_figures):
    rows = [
        {"trust_code": code, "indicator": "staff_survey_q15", "value": value, "denominator": 100}
        for code, value in (("RAA", 40.0), ("RAB", 50.0), ("RAC", 60.0), ("DEMO", 100.0))
    ]
    spread = spread_of_trusts(survey_answers(make_figures(rows))).loc["staff_survey_q15"]
    assert spread["trusts"] == 3
    assert spread["median"] == pytest.approx(50.0)


def test_england_by_ethnic_group_stands_in_alphabetical_order_with_other_last():
    from race_equality.store.figures import read_figures

    table = england_by_ethnic_group(read_figures())
    discrimination = table[table["indicator"] == "staff_survey_q16b"]
    assert discrimination["broad"].tolist() == (
        ["Asian"] * 5 + ["Black"] * 3 + ["Mixed"] * 4 + ["White"] * 4 + ["Other"] * 2
    )
    caribbean = discrimination[discrimination["group"] == "Black: Caribbean"].iloc[0]
    # Read by eye in the national workbook: 16.14405% of 9,433.
    assert caribbean["percent"] == pytest.approx(16.144, abs=0.001)
    assert caribbean["base"] == 9433
    # 1.96 * sqrt(0.16144 * 0.83856 / 9433) is 0.742 percentage points.
    assert (caribbean["upper"] - caribbean["lower"]) / 2 == pytest.approx(0.742, abs=0.005)


def test_catchments_of_two_trusts_that_merged_are_not_added(make_figures):
    rows = [
        {"indicator": "catchment_ethnicity", "group": group, "value": value, "organisation_code": code}
        for code, shares in (("RAA", {"White": 80.0, "Asian": 20.0}), ("RBB", {"White": 60.0, "Asian": 40.0}))
        for group, value in shares.items()
    ]
    table = respondents_and_catchment(make_figures(rows), "RAA", threshold=11).set_index("group")
    assert table.loc["White", "catchment_percent"] == pytest.approx(80.0)
    assert minority_share(table.reset_index(), "catchment_percent") == pytest.approx(20.0)


def test_trusts_stand_in_the_order_given_and_each_as_it_would_alone(make_figures):
    counts = {"Asian": 200, "Black": 100, "Mixed": 20, "White": 600, "Other": 10}
    rows = [row | {"trust_code": "RAA", "organisation_code": "RAA"} for row in respondents(counts)]
    rows += [
        row | {"trust_code": "RBB", "organisation_code": "RBB"}
        for row in respondents(counts | {"White": 300, "Other": 50})
    ]
    figures = make_figures(rows)
    together = respondents_and_catchments(figures, ["RBB", "RXX", "RAA"], threshold=11)
    assert together["trust_code"].drop_duplicates().tolist() == ["RBB", "RXX", "RAA"]
    white = together[together["group"] == "White"]
    assert white["respondents"].fillna(-1).tolist() == [300, -1, 600]
    assert white["respondents_status"].tolist() == ["ok", "not_available", "ok"]
    for code, table in together.groupby("trust_code"):
        alone = respondents_and_catchment(figures[figures["trust_code"] == code], code, threshold=11)
        pd.testing.assert_frame_equal(table[alone.columns].reset_index(drop=True), alone)
