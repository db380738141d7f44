"""Waits by month, deliveries by ethnic group, and the Mental Health Act: sums by hand."""

import math

import pandas as pd
import pytest

from race_equality.analysis.access import latest_access, monthly
from race_equality.analysis.maternity import (
    deliveries_by_ethnic_group,
    deliveries_by_ethnicity,
    most_deprived_share,
    most_deprived_shares,
)
from race_equality.analysis.mental_health import detentions_by_ethnicity
from race_equality.analysis.survey import discrimination_by_year, yearly_change


def waits(code, counts, indicator="rtt_within_18_weeks", first="2024-01-01", recording=""):
    months = pd.date_range(first, periods=len(counts), freq="MS")
    return [
        {
            "trust_code": code,
            "indicator": indicator,
            "group": "All patients",
            "period_start": month,
            "period_end": month + pd.offsets.MonthEnd(),
            "numerator": count,
            "denominator": 1000,
            "value": count / 10,
            "recording": recording,
        }
        for month, count in zip(months, counts, strict=True)
    ]


def test_months_are_added_up_over_trusts_without_the_demonstration_trust(make_figures):
    figures = make_figures(waits("RAA", [600, 500]) + waits("RAB", [800, 700]) + waits("DEMO", [0, 0]))
    series = monthly(figures, "rtt_within_18_weeks")
    assert series["percent"].tolist() == pytest.approx([70.0, 60.0])  # 1,400 and 1,200 of 2,000
    assert series["people"].tolist() == [2000.0, 2000.0]
    assert monthly(figures, "rtt_within_18_weeks", ["RAB"])["percent"].tolist() == pytest.approx([80.0, 70.0])


def test_the_latest_month_stands_beside_its_comparators(make_figures):
    figures = make_figures(waits("RAA", [600, 500]) + waits("RAB", [800, 700]) + waits("RAC", [400, 300]))
    found = latest_access(figures, "RAA", ["RAB"], threshold=11).iloc[0]
    assert found["month"] == pd.Timestamp("2024-02-01")
    assert (found["percent"], found["similar_trusts"]) == pytest.approx((50.0, 70.0))
    assert found["all_trusts"] == pytest.approx(50.0)  # 1,500 of 3,000
    assert found["provisional"]


def test_a_point_far_outside_a_steady_run_is_a_change_and_a_steady_run_is_none(make_figures):
    steady = [600, 602] * 11
    same = latest_access(make_figures(waits("RAA", [*steady, 600])), "RAA", [], threshold=11).iloc[0]
    risen = latest_access(make_figures(waits("RAA", [*steady, 700])), "RAA", [], threshold=11).iloc[0]
    fallen = latest_access(make_figures(waits("RAA", [*steady, 500])), "RAA", [], threshold=11).iloc[0]
    assert (same["variation"], risen["variation"], fallen["variation"]) == ("common cause", "improvement", "concern")


def test_a_change_of_recording_starts_the_limits_again(make_figures):
    before = waits("RAA", [100] * 20, "ae_over_4_hours")
    after = waits("RAA", [300, 302, 301], "ae_over_4_hours", first="2025-09-01", recording="in another way")
    found = latest_access(make_figures(before + after), "RAA", [], threshold=11).iloc[0]
    assert found["points"] == 3
    assert found["variation"] == "common cause"
    assert found["provisional"]


def deliveries(counts, indicator="maternity_deliveries_by_ethnicity", end="2023-03-31"):
    return [
        {
            "indicator": indicator,
            "group": group,
            "value": count,
            "unit": "count",
            "period_end": end,
            "period_start": pd.Timestamp(end) - pd.DateOffset(years=1),
        }
        for group, count in counts.items()
    ]


def test_deliveries_are_shared_out_with_the_unrecorded_in_the_sum(make_figures):
    figures = make_figures(
        deliveries(
            {"Asian": 200, "Black": 100, "Mixed": 50, "White": 500, "Other": 50, "Not stated": 60, "Not known": 40}
        )
        + deliveries({"Asian": 1, "White": 9}, end="2022-03-31")
    )
    table = deliveries_by_ethnicity(figures, "RAA", threshold=10).set_index("group")
    assert table.loc["White", "percent"] == pytest.approx(50.0)
    assert table.loc["Not stated or not known", "percent"] == pytest.approx(10.0)


def test_few_deliveries_are_hidden_with_a_second_group(make_figures):
    figures = make_figures(
        deliveries({"Asian": 200, "Black": 100, "Mixed": 50, "White": 500, "Other": 5, "Not stated": 100})
    )
    table = deliveries_by_ethnicity(figures, "RAA", threshold=10)
    assert set(table.loc[table["status"] == "suppressed", "group"]) == {"Other", "Mixed"}
    assert table.loc[table["status"] == "suppressed", ["deliveries", "percent"]].isna().all(axis=None)


def test_the_most_deprived_fifth_is_two_deciles_of_the_known(make_figures):
    counts = {"Decile 1": 300, "Decile 2": 100, "Decile 5": 600, "Unknown": 500}
    figures = make_figures(deliveries(counts, "maternity_deliveries_by_deprivation"))
    assert most_deprived_share(figures, "RAA", threshold=11) == pytest.approx(40.0)


def test_deliveries_of_trusts_stand_in_the_order_given(make_figures):
    rows = [
        row | {"trust_code": code, "organisation_code": code}
        for code, white in (("RAA", 500), ("RBB", 300))
        for row in deliveries({"Asian": 200, "White": white})
        + deliveries({"Decile 1": white, "Decile 5": 500}, "maternity_deliveries_by_deprivation")
    ]
    figures = make_figures(rows)
    table = deliveries_by_ethnic_group(figures, ["RBB", "RXX", "RAA"], threshold=10)
    assert table.loc[table["group"] == "White", ["trust_code", "deliveries"]].to_numpy().tolist() == [
        ["RBB", 300],
        ["RAA", 500],
    ]
    shares = most_deprived_shares(figures, ["RBB", "RXX", "RAA"], threshold=11)
    assert shares[["trust_code", "percent"]].to_numpy().tolist() == [["RBB", 37.5], ["RAA", 50.0]]


def test_no_maternity_gives_no_rows(make_figures):
    assert deliveries_by_ethnicity(make_figures([]), "RAA", threshold=10).empty


def detained(rates):
    rows = []
    for group, (count, rate) in rates.items():
        about = {"trust_code": "ENG", "group": group, "status": "ok" if count else "suppressed"}
        rows.append({**about, "indicator": "mha_detentions", "value": count, "unit": "count"})
        rows.append({**about, "indicator": "mha_detentions_rate", "value": rate, "unit": "per_100000"})
    return rows


def test_rates_are_compared_with_the_white_group(make_figures):
    table = detentions_by_ethnicity(
        make_figures(
            detained(
                {
                    "Asian": (100, 80.0),
                    "Black": (400, 240.0),
                    "Mixed": (None, None),
                    "White": (1000, 60.0),
                    "Other": (50, 120.0),
                }
            )
        )
    ).set_index("group")
    assert table.loc["Black", "times_white"] == pytest.approx(4.0)
    assert table.loc["Mixed", "status"] == "suppressed"
    # Byar's limits of 400 are 361.8 and 441.2, of a rate of 240 for 400.
    assert table.loc["Black", "lower"] == pytest.approx(361.8 * 0.6, abs=0.1)
    assert table.loc["Black", "upper"] == pytest.approx(441.2 * 0.6, abs=0.1)
    # boards have no standardised rates
    assert table["standardised_times_white"].isna().all()


def test_standardised_rates_stand_next_to_the_plain_ones(make_figures):
    """England 2023/24 as published: Mixed 115.9 plain and 177.1 standardised, White 69.5 and 68.4."""
    rows = detained({"Mixed": (1935, 115.9), "White": (31735, 69.5), "Asian": (3993, 79.9)})
    for ending, values in (
        ("standardised_rate", {"Mixed": 177.1, "White": 68.4, "Asian": 82.5}),
        ("standardised_rate_half_width", {"Mixed": 10.7, "White": 0.7}),
    ):
        about = {"trust_code": "ENG", "indicator": f"mha_detentions_{ending}", "unit": "per_100000"}
        rows += [{**about, "group": group, "value": value} for group, value in values.items()]
    table = detentions_by_ethnicity(make_figures(rows)).set_index("group")
    mixed = table.loc["Mixed"]
    assert (mixed["times_white"], mixed["standardised_times_white"]) == pytest.approx((1.668, 2.589), abs=5e-4)
    assert (mixed["standardised_lower"], mixed["standardised_upper"]) == pytest.approx((166.4, 187.8))
    # 2.589 and a relative error of 0.03127 (by hand in tests/statistics)
    assert (mixed["standardised_times_lower"], mixed["standardised_times_upper"]) == pytest.approx(
        (2.435, 2.753), abs=1e-3
    )
    # without the half width of its interval a ratio would have none, and is not given
    assert math.isnan(table.loc["Asian", "standardised_times_white"])
    assert math.isnan(table.loc["White", "standardised_times_white"])


def surveys(percentages, base=1000):
    return [
        {
            "indicator": "staff_survey_panel_q16b",
            "value": value,
            "denominator": base,
            "period_start": pd.Timestamp(f"{2021 + i}-09-01"),
            "period_end": pd.Timestamp(f"{2021 + i}-11-30"),
        }
        for i, value in enumerate(percentages)
    ]


def test_four_surveys_on_a_line_have_its_slope(make_figures):
    figures = make_figures(surveys([10.0, 12.0, 14.0, 16.0], base=100_000))
    change = yearly_change(figures, "RAA")
    assert discrimination_by_year(figures, "RAA")["year"].tolist() == [2021, 2022, 2023, 2024]
    assert change.slope == pytest.approx(2.0)
    assert change.direction == "rising"


def test_three_surveys_are_too_few(make_figures):
    assert yearly_change(make_figures(surveys([10.0, 12.0, 14.0])), "RAA").direction == "too few points"
