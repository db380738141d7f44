"""WRES 5 to 8: counts to gaps, merged trusts, comparators, and half a comparison."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.wres import all_trusts_experience, pooled, staff_experience


def test_gap_and_interval_are_newcombes_own_example(make_figures, wres_rows):
    # Newcombe 1998, table II(a), method 10: 56/70 - 48/80 = 0.20 (0.0524 to 0.3339).
    found = staff_experience(make_figures(wres_rows((56, 70), (48, 80)))).iloc[0]
    assert found["gap"] == pytest.approx(20.0)
    assert found["gap_lower"] == pytest.approx(5.24, abs=0.005)
    assert found["gap_upper"] == pytest.approx(33.39, abs=0.005)


def test_percentages_have_wilsons_interval(make_figures, wres_rows):
    # Newcombe 1998 (one sample), table I: Wilson's interval for 81/263 is 0.2553 to 0.3662.
    found = staff_experience(make_figures(wres_rows((81, 263), (15, 148)))).iloc[0]
    assert found["ethnic_minority_percent"] == pytest.approx(100 * 81 / 263)
    assert found["ethnic_minority_lower"] == pytest.approx(25.53, abs=0.005)
    assert found["ethnic_minority_upper"] == pytest.approx(36.62, abs=0.005)
    assert found["white_lower"] == pytest.approx(6.24, abs=0.005)
    assert found["white_upper"] == pytest.approx(16.05, abs=0.005)


def test_organisations_that_merged_are_added_up(make_figures, wres_rows):
    figures = make_figures(wres_rows((10, 100), (20, 400)) + wres_rows((30, 100), (20, 100), organisation_code="RBB"))
    found = staff_experience(figures)
    assert len(found) == 1
    assert found.loc[0, "organisations"] == "RAA RBB"
    assert found.loc[0, "ethnic_minority_percent"] == pytest.approx(20.0)  # 40 of 200
    assert found.loc[0, "white_percent"] == pytest.approx(8.0)  # 40 of 500


def test_one_hidden_group_hides_the_comparison(make_figures, wres_rows):
    rows = wres_rows((10, 100), (20, 400))
    rows[0] |= {"status": "suppressed", "value": None, "numerator": None, "denominator": None}
    found = staff_experience(make_figures(rows)).iloc[0]
    assert found["status"] == "suppressed"
    numbers = [name for name in found.index if name.endswith(("count", "total", "percent", "lower", "upper"))]
    assert found[[*numbers, "gap"]].isna().all()


@pytest.mark.parametrize("status", ["suppressed", "not_available", "not_applicable"])
def test_a_missing_figure_keeps_its_reason(make_figures, wres_rows, status):
    rows = [
        row | {"status": status, "value": None, "numerator": None, "denominator": None}
        for row in wres_rows((1, 2), (1, 2))
    ]
    assert staff_experience(make_figures(rows))["status"].tolist() == [status]


def test_pooling_adds_respondents_and_leaves_the_demonstration_trust_out(make_figures, wres_rows):
    figures = make_figures(
        wres_rows((10, 100), (20, 400))
        + wres_rows((90, 300), (20, 100), trust_code="RBB")
        + wres_rows((999, 1000), (1, 1000), trust_code="DEMO")
    )
    together = pooled(staff_experience(figures)).iloc[0]
    assert together["trusts"] == 2
    assert together["ethnic_minority_percent"] == pytest.approx(25.0)  # 100 of 400
    assert together["white_percent"] == pytest.approx(8.0)  # 40 of 500
    assert together["gap"] == pytest.approx(17.0)


def test_pooling_over_named_trusts(make_figures, wres_rows):
    figures = make_figures(wres_rows((10, 100), (20, 400)) + wres_rows((90, 300), (20, 100), trust_code="RBB"))
    pd.testing.assert_frame_equal(all_trusts_experience(figures), pooled(staff_experience(figures)))
    assert pooled(staff_experience(figures), ["RBB"]).loc[0, "ethnic_minority_percent"] == pytest.approx(30.0)


def test_nothing_published_gives_an_empty_table_and_an_empty_comparator(make_figures):
    nothing = staff_experience(make_figures([]))
    assert nothing.empty
    assert pooled(nothing).empty
    assert "gap_lower" in nothing and "trusts" in pooled(nothing)


def test_swapping_the_groups_turns_the_gap_round(make_figures, wres_rows):
    one = staff_experience(make_figures(wres_rows((37, 210), (55, 901)))).iloc[0]
    other = staff_experience(make_figures(wres_rows((55, 901), (37, 210)))).iloc[0]
    assert np.isclose(one["gap"], -other["gap"])
    assert np.isclose(one["gap_lower"], -other["gap_upper"])


def test_the_committed_figures_pool_near_the_published_headline():
    # NHS England's WRES report for 2024: indicator 6 is 24.9% and 20.7% over all trusts. The public
    # file by trust holds no mental health trusts, so the pooled value may differ a little.
    from race_equality.store.figures import read_figures

    together = pooled(staff_experience(read_figures(["wres_6"])))
    row = together[together["number"] == 6].iloc[0]
    assert row["ethnic_minority_percent"] == pytest.approx(24.9, abs=0.5)
    assert row["white_percent"] == pytest.approx(20.7, abs=0.5)
    assert isinstance(row["period_end"], pd.Timestamp)


def test_of_two_surveys_the_latest_is_taken(make_figures, wres_rows):
    earlier = wres_rows(
        (30, 60), (40, 80), period_start=pd.Timestamp("2023-09-01"), period_end=pd.Timestamp("2023-11-30")
    )
    found = staff_experience(make_figures([*earlier, *wres_rows((56, 70), (48, 80))])).iloc[0]
    assert found["ethnic_minority_total"] == 70
    assert found["gap"] == pytest.approx(20.0)


def test_pay_bands_hide_what_the_totals_would_tell():
    """12, 3 and 85 people: the 3 cannot stand alone as hidden, since 100 less the others is 3."""
    from race_equality.analysis.wres_return import hidden_bands

    bands = pd.DataFrame({"people": [60.0, 3.0, 85.0, 0.0], "ethnic_minority_percent": [50.0, 100.0, 40.0, np.nan]})
    hidden = hidden_bands(bands, 10)
    assert hidden["people_hidden"].tolist() == [True, True, False, True]
    assert hidden["share_hidden"].tolist()[:2] == [True, True]
    few = pd.DataFrame({"people": [60.0, 50.0, 85.0], "ethnic_minority_percent": [50.0, 4.0, 40.0]})  # 2 of 50
    hidden = hidden_bands(few, 10)
    assert not hidden["people_hidden"].any()
    assert hidden["share_hidden"].tolist() == [True, True, False]
    assert hidden_bands(few.iloc[:0], 10).empty


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({"board": 15, "voting": 13, "executive": 7}, ["board"]),  # two do not vote, and seven are few
        ({"board": 30, "voting": 20, "executive": 10}, ["board", "voting", "executive"]),
        ({"board": 15, "voting": 15, "executive": 7}, ["board", "voting"]),  # the same people
        ({"board": 24, "voting": 12, "executive": 11}, ["board", "voting"]),  # one voting member is no executive
        ({"board": 9, "voting": 9}, []),
    ],
)
def test_seats_that_would_tell_about_a_few_others_are_not_shown(members, shown):
    from race_equality.analysis.wres_return import seats_shown

    assert seats_shown(members, 10) == shown
