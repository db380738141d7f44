"""Groups of trusts year by year, and which trusts report what: sums done by hand."""

import pandas as pd
import pytest

from race_equality.analysis.all_trusts_by_year import by_year, reporting

Q16B = "staff_survey_panel_q16b"


def answers(code, year, percent, base, **more):
    return {
        "trust_code": code,
        "indicator": Q16B,
        "value": percent,
        "denominator": base,
        "period_start": pd.Timestamp(year, 9, 1),
        "period_end": pd.Timestamp(year, 11, 30),
        **more,
    }


def test_a_trust_counts_by_its_respondents_and_all_trusts_stand_last(make_figures):
    figures = make_figures(
        [
            answers("RAA", 2023, 10.0, 300),
            answers("RAB", 2023, 20.0, 100),
            answers("RAC", 2023, 50.0, 400),
            answers("RAA", 2024, 8.0, 300),
            answers("DEMO", 2024, 99.0, 9999),
            answers("RAB", 2024, None, None, status="not_available"),
        ]
    )
    table = by_year(figures, {"RAA": "London", "RAB": "London", "RAC": "Midlands"})
    assert table[["group", "year", "percent", "base", "trusts"]].values.tolist() == [
        ["London", 2023, pytest.approx(12.5), 400, 2],  # (30 + 20) / 400
        ["London", 2024, pytest.approx(8.0), 300, 1],
        ["Midlands", 2023, pytest.approx(50.0), 400, 1],
        ["All trusts", 2023, pytest.approx(31.25), 800, 3],  # (30 + 20 + 200) / 800
        ["All trusts", 2024, pytest.approx(8.0), 300, 1],
    ]
    # Wilson by hand for 50 of 400: centre (50 + 1.9207) / 403.8415, half 1.96 √(400·.125·.875 + .9604) / 403.8415
    first = table.iloc[0]
    assert (round(first["lower"], 2), round(first["upper"], 2)) == (9.61, 16.10)


def test_a_trust_outside_every_group_counts_among_all(make_figures):
    table = by_year(make_figures([answers("RAA", 2024, 10.0, 100), answers("RAX", 2024, 30.0, 100)]), {"RAA": "London"})
    assert table[["group", "percent"]].values.tolist() == [["London", 10.0], ["All trusts", pytest.approx(20.0)]]


def test_trusts_are_counted_by_why_a_figure_is_missing(make_figures):
    old = {"period_start": pd.Timestamp(2023, 9, 1), "period_end": pd.Timestamp(2023, 11, 30)}
    rows = [
        {"trust_code": "RAA", "indicator": "wres_8", "value": 1.0},
        {"trust_code": "RAA", "indicator": "wres_8", "status": "suppressed"},  # one of its organisations
        {"trust_code": "RAB", "indicator": "wres_8", "status": "suppressed"},
        {"trust_code": "RAC", "indicator": "wres_8", "status": "not_applicable"},
        {"trust_code": "RAD", "indicator": "wres_8", "value": 1.0} | old,  # not in the latest survey
        {"trust_code": "RZZ", "indicator": "wres_8", "value": 1.0},  # not asked for
        {"trust_code": "RAB", "indicator": "wres_1_clinical_band_5", "value": 1.0},
    ]
    table = reporting(
        make_figures(rows), ["RAA", "RAB", "RAC", "RAD", "RAE"], {"WRES 8": ["wres_8"], "WRES 1": ["wres_1"]}
    )
    assert table.values.tolist() == [["WRES 8", 1, 1, 0, 0, 2, 1], ["WRES 1", 1, 0, 0, 0, 4, 0]]


def test_every_trust_is_counted_once_in_the_published_figures():
    from race_equality.store.figures import read_figures
    from race_equality.store.trusts import read_trusts

    codes = read_trusts()["trust_code"]
    table = reporting(read_figures(), codes, {"WRES 5 to 8": ["wres_5", "wres_6", "wres_7", "wres_8"]})
    assert table.values.tolist() == [["WRES 5 to 8", 154, 0, 0, 0, 47, 1]]
