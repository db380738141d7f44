"""A trust's own patient figures: groups against one group of the same trust, hidden ones never named."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.patients_return import GROUPS, UNKNOWN, patients_by_group, patients_summary
from race_equality.definitions.indicators import PATIENTS
from race_equality.sources.returns import patients as source


@pytest.fixture
def shares(make_figures):
    def make(indicator, counts, *, year=2026, **more):
        return [
            {
                "indicator": indicator,
                "group": group,
                "numerator": count,
                "denominator": people,
                "value": None if count is None else 100 * count / people,
                "status": "suppressed" if count is None else "ok",
                "period_start": pd.Timestamp(f"{year - 1}-04-01"),
                "period_end": pd.Timestamp(f"{year}-03-31"),
                **more,
            }
            for group, (count, people) in counts.items()
        ]

    return make


def test_measures_and_groups_are_those_of_the_return():
    ids = {f"{measure.id}_by_{breakdown}" for measure in PATIENTS for breakdown in GROUPS}
    assert ids == set(source.INDICATORS)
    for breakdown, groups in GROUPS.items():
        assert set(groups) == set(source.BREAKDOWNS[breakdown].values())


def test_groups_are_compared_with_white_patients(make_figures, shares):
    # Newcombe 1998, table II(a), method 10: 56/70 - 48/80 = 0.20 (0.0524 to 0.3339)
    rows = shares("patients_did_not_attend_by_ethnicity", {"Black": (56, 70), "White": (48, 80), "Not known": (9, 30)})
    found = patients_by_group(make_figures(rows), "RAA", threshold=11).set_index("group")
    assert list(found.index) == list(GROUPS["ethnicity"])
    black = found.loc["Black"]
    assert black["gap"] == pytest.approx(20.0)
    assert (black["gap_lower"], black["gap_upper"]) == pytest.approx((5.24, 33.39), abs=0.005)
    assert black["ratio"] == pytest.approx(56 / 70 / (48 / 80))
    assert black["ratio_lower"] < 4 / 3 < black["ratio_upper"]
    assert black["direction"] == "adverse"
    assert found.loc["White", "direction"] == "reference"
    assert found.loc["Not known", "direction"] == "unknown group"
    assert np.isnan(found.loc["Not known", "gap"])
    assert found.loc["Asian", "status"] == "not_available"


def test_a_hidden_group_has_no_number(make_figures, shares):
    rows = shares("patients_detained_by_ethnicity", {"Asian": (None, None), "Mixed": (None, None), "White": (48, 80)})
    found = patients_by_group(make_figures(rows), "RAA", threshold=11).set_index("group")
    assert found.loc[["Asian", "Mixed"], "status"].eq("suppressed").all()
    assert found.loc[["Asian", "Mixed"], "count":"ratio_upper"].isna().all(axis=None)


def test_without_the_reference_nothing_is_compared(make_figures, shares):
    rows = shares("patients_detained_by_ethnicity", {"Asian": (20, 50), "White": (None, None)})
    found = patients_by_group(make_figures(rows), "RAA", threshold=11).set_index("group")
    assert found.loc["Asian", "percent"] == pytest.approx(40.0)
    assert found.loc["Asian", "direction"] == "none"


def test_a_raised_threshold_hides_more_and_not_one_alone(make_figures, shares):
    rows = shares(
        "patients_detained_by_ethnicity", {"Asian": (9, 15), "Black": (20, 60), "Mixed": (6, 25), "White": (48, 800)}
    )
    found = patients_by_group(make_figures(rows), "RAA", threshold=20).set_index("group")
    assert found.loc[["Asian", "Mixed"], "status"].eq("suppressed").all()
    assert found.loc[["Black", "White"], "status"].eq("ok").all()


def test_gradient_over_fifths(make_figures, shares):
    equal = {f"Quintile {n}": (100, 500) for n in range(1, 6)}
    steep = {f"Quintile {n}": (c, 500) for n, c in zip(range(1, 6), (200, 170, 140, 110, 80), strict=True)}
    rows = [
        *shares("patients_waiting_over_18_weeks_by_deprivation", steep),
        *shares("patients_did_not_attend_by_deprivation", equal),
        *shares("patients_waiting_over_18_weeks_by_deprivation", equal, year=2025),
    ]
    summary = patients_summary(patients_by_group(make_figures(rows), "RAA", threshold=11)).set_index("measure")
    slope = summary.loc["patients_waiting_over_18_weeks"]
    # the shares 40, 34, 28, 22 and 16% lie 6 points apart: about 30 from end to end
    assert slope["slope"] == pytest.approx(30, abs=1)
    assert slope["direction"] == "adverse"
    assert slope["slope_lower"] > 0
    assert slope["relative_slope"] > 2
    none = summary.loc["patients_did_not_attend"]
    assert none["slope"] == pytest.approx(0, abs=1e-9)
    assert none["direction"] == "unclear"


def test_a_gradient_needs_all_fifths(make_figures, shares):
    some = {f"Quintile {n}": (100, 500) if n > 2 else (None, None) for n in range(1, 6)}
    summary = patients_summary(
        patients_by_group(make_figures(shares("patients_did_not_attend_by_deprivation", some)), "RAA", threshold=11)
    )
    assert np.isnan(summary["slope"].iloc[0])
    assert summary["direction"].iloc[0] == "none"


def test_index_of_disparity_is_that_of_the_groups_shown(make_figures, shares):
    rows = shares(
        "patients_did_not_attend_by_ethnicity",
        {"Asian": (20, 100), "Black": (30, 100), "White": (10, 100), "Not stated": (90, 100), "Other": (None, None)},
    )
    summary = patients_summary(patients_by_group(make_figures(rows), "RAA", threshold=11)).iloc[0]
    # together 20%; distances 0, 10 and 10 points, a mean of 6.67: a third of 20
    assert summary["groups"] == 3
    assert summary["index_of_disparity"] == pytest.approx(100 / 3)
    assert summary["disparity_lower"] < 100 / 3 < summary["disparity_upper"]


def test_no_return_gives_empty_tables(make_figures):
    found = patients_by_group(make_figures([]), "RAA", threshold=11)
    assert found.empty
    assert patients_summary(found).empty
    assert set(UNKNOWN) <= {group for groups in GROUPS.values() for group in groups}


def test_ages_and_sexes_are_not_compared_and_not_summarised(make_figures, shares):
    rows = [
        *shares("patients_detained_by_age", {"0 to 18": (20, 80), "19 to 64": (90, 200), "Unknown": (None, None)}),
        *shares("patients_detained_by_sex", {"Female": (60, 140), "Male": (50, 140)}),
    ]
    found = patients_by_group(make_figures(rows), "RAA", threshold=11)
    age = found[found["breakdown"] == "age"].set_index("group")
    assert list(age.index) == list(GROUPS["age"])
    assert age["direction"].to_dict() == {
        "0 to 18": "not compared", "19 to 64": "not compared", "65 and over": "none", "Unknown": "none",
    }  # fmt: skip
    # Wilson: 20 of 80
    assert age.loc["0 to 18", ["lower", "upper"]].tolist() == pytest.approx([16.81, 35.48], abs=0.01)
    assert found[["gap", "ratio", "ratio_lower"]].isna().all(axis=None)
    assert patients_summary(found).empty


def test_a_raised_threshold_hides_ages_and_sexes_as_well(make_figures, shares):
    rows = shares("patients_detained_by_sex", {"Female": (60, 140), "Male": (20, 30), "Unknown": (10, 15)})
    found = patients_by_group(make_figures(rows), "RAA", threshold=20).set_index("group")
    assert found.loc[["Male", "Unknown"], "status"].tolist() == ["suppressed"] * 2
    assert found.loc["Female", "percent"] == pytest.approx(100 * 60 / 140)


def test_a_raised_threshold_hides_a_group_at_every_level(make_figures, shares):
    """15 of the Mixed group are under 20: over 52 weeks the next smallest is hidden as well, and over 65 with both."""
    people = {"Asian": 300, "Black": 103, "Mixed": 15, "White": 900}
    rows = []
    for weeks, counts in ((18, (60, 12, 8, 300)), (52, (30, 12, 6, 100)), (65, (20, 12, 5, 60))):
        groups = dict(zip(people, zip(counts, people.values(), strict=True), strict=True))
        rows += shares(f"patients_waiting_over_{weeks}_weeks_by_ethnicity", groups)
    found = patients_by_group(make_figures(rows), "RAA", threshold=20)
    hidden = found[found["status"] == "suppressed"].groupby("measure")["group"].agg(set).to_dict()
    assert hidden == {f"patients_waiting_over_{weeks}_weeks": {"Mixed", "Black"} for weeks in (18, 52, 65)}
    # in the order of the registry, whatever is looked at together
    assert list(dict.fromkeys(found["measure"])) == [f"patients_waiting_over_{weeks}_weeks" for weeks in (18, 52, 65)]


def test_all_of_a_group_in_a_return_that_was_read_before_is_hidden(make_figures, shares):
    rows = shares(
        "patients_restrictive_interventions_by_sex", {"Female": (14, 14), "Male": (20, 60), "Unknown": (9, 40)}
    )
    found = patients_by_group(make_figures(rows), "RAA", threshold=11).set_index("group")
    assert found["status"].to_dict()["Female"] == "suppressed"
    assert found["status"].eq("suppressed").sum() == 2  # the total is known
