"""WRES 2 to 4 and 9 from a trust's own return: what rests on too few is in no row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.change_since import change_since
from race_equality.analysis.wres_return import (
    board_against_workforce,
    relative_likelihoods,
    without_international_recruits,
    years_to_board_parity,
)
from race_equality.disclosure.rules import DisclosureRule


@pytest.fixture
def of_a_return(make_figures):
    """Return a function that makes a return's figures: shares, and counts of people by year."""

    def make(shares=(), counts=()):
        rows = [
            {
                "indicator": indicator,
                "group": group,
                "numerator": part,
                "denominator": base,
                "value": 100 * part / base,
                "period_start": pd.Timestamp("2024-04-01"),
                "period_end": pd.Timestamp("2025-03-31"),
            }
            for indicator, group, part, base in shares
        ]
        rows += [
            {
                "indicator": indicator,
                "group": group,
                "value": people,
                "unit": "people",
                "period_start": pd.Timestamp(year, 3, 31),
                "period_end": pd.Timestamp(year, 3, 31),
            }
            for year, indicator, group, people in counts
        ]
        return make_figures(rows)

    return make


def test_a_likelihood_of_ten_people_is_not_shown_and_neither_is_the_other_group(of_a_return):
    figures = of_a_return([("wres_2", "White", 70, 300), ("wres_2", "Ethnic minority", 3, 10)])
    found = relative_likelihoods(figures, "RAA", threshold=11).iloc[0]
    assert found["status"] == "suppressed"
    assert found[["ethnic_minority_percent", "white_percent", "ratio", "lower", "upper", "outside"]].isna().all()
    shown = relative_likelihoods(figures, "RAA", threshold=10).iloc[0]
    assert (shown["status"], shown["ethnic_minority_percent"]) == ("ok", 30)
    assert shown["ratio"] == pytest.approx((70 / 300) / (3 / 10))


def test_a_raised_threshold_holds_for_a_version_without_international_recruits(of_a_return):
    name = "wres_2_excluding_international"
    figures = of_a_return([(name, "White", 70, 300), (name, "Ethnic minority", 3, 20)])
    assert without_international_recruits(figures, "RAA", threshold=11)["status"].tolist() == ["ok"]
    assert without_international_recruits(figures, "RAA", threshold=21)["status"].tolist() == ["suppressed"]


def test_the_probability_beside_a_ratio_is_that_of_lying_outside_four_fifths(of_a_return):
    """60 of 400 against 100 of 500, by draws from the two Jeffreys posteriors."""
    figures = of_a_return([("wres_2", "White", 60, 400), ("wres_2", "Ethnic minority", 100, 500)])
    rng = np.random.default_rng(1)
    drawn = rng.beta(60.5, 340.5, 400_000) / rng.beta(100.5, 400.5, 400_000)
    expected = ((drawn < 0.8) | (drawn > 1.25)).mean()
    assert relative_likelihoods(figures, "RAA", threshold=11).iloc[0]["outside"] == pytest.approx(expected, abs=0.003)


def board_of(size, minority, years=(2025,)):
    return [
        (year, indicator, group, people)
        for year in years
        for indicator, group, people in (
            ("wres_9_board", "White", size - minority),
            ("wres_9_board", "Ethnic minority", minority),
            ("wres_1_clinical_band_5", "White", 600),
            ("wres_1_clinical_band_5", "Ethnic minority", 400),
        )
    ]


def test_a_board_of_nine_is_not_shown_and_the_workforce_is(of_a_return):
    found = board_against_workforce(of_a_return(counts=board_of(9, 2)), "RAA", threshold=10).iloc[0]
    assert (found["status"], found["workforce_percent"]) == ("suppressed", 40)
    assert (
        found[["board_members", "board_percent", "board_lower", "board_upper", "board_minority", "difference"]]
        .isna()
        .all()
    )


def test_of_a_board_of_ten_the_share_is_shown(of_a_return):
    found = board_against_workforce(of_a_return(counts=board_of(10, 2)), "RAA", threshold=10).iloc[0]
    assert (found["status"], found["board_percent"], found["difference"]) == ("ok", 20, -20)


def test_years_to_parity_rest_on_no_year_that_is_hidden(of_a_return):
    years = (2021, 2022, 2023, 2024, 2025)
    counts = [
        row for year, members in zip(years, (1, 12, 24, 36, 48), strict=True) for row in board_of(300, members, (year,))
    ]
    shown = years_to_board_parity(of_a_return(counts=counts), "RAA", threshold=10)
    assert shown.status == "estimated"
    assert years_to_board_parity(of_a_return(counts=counts), "RAA", threshold=301).status == "cannot be estimated"


def test_a_hidden_board_does_not_come_back_as_a_change(of_a_return):
    figures = of_a_return(counts=board_of(12, 2, (2023, 2025)))
    assert (
        change_since(figures, "RAA", "wres_9", pd.Timestamp("2024-04-01"), rule=DisclosureRule(11, 10)).status
        == "unclear"
    )
    hidden = change_since(figures, "RAA", "wres_9", pd.Timestamp("2024-04-01"), rule=DisclosureRule(11, 13))
    assert hidden.status == "no figures"
