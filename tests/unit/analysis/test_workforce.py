"""Staff in post each March: merged organisations added up, gaps left out, growth with its interval."""

import math

import pandas as pd
import pytest

from race_equality.analysis.workforce import headcount_by_march, yearly_growth


@pytest.fixture
def march():
    def make(counts, *, organisation="RAA", trust="RAA"):
        return [
            {
                "indicator": "workforce_march_headcount",
                "trust_code": trust,
                "organisation_code": organisation,
                "group": "Total",
                "unit": "people",
                "value": people,
                "period_start": pd.Timestamp(f"{year}-03-31"),
                "period_end": pd.Timestamp(f"{year}-03-31"),
            }
            for year, people in counts.items()
        ]

    return make


def test_organisations_that_merged_are_added_up(make_figures, march):
    figures = make_figures(
        [*march({2020: 100, 2021: 110, 2022: 250}), *march({2020: 120, 2021: 130}, organisation="RBB")]
    )
    found = headcount_by_march(figures, ["RAA"])
    assert found.set_index("year")["people"].to_dict() == {2020: 220, 2021: 240, 2022: 250}


def test_a_year_without_one_of_them_is_left_out(make_figures, march):
    figures = make_figures(
        [*march({2020: 100, 2021: 110, 2022: 120}), *march({2020: 120, 2022: 130}, organisation="RBB")]
    )
    assert headcount_by_march(figures, ["RAA"])["year"].tolist() == [2020, 2022]


def test_growth_of_three_per_cent_a_year(make_figures, march):
    figures = make_figures(march({2014 + n: 1000 * 1.03**n for n in range(10)}))
    found = yearly_growth(figures, "RAA")
    assert found.points == 9
    assert found.slope == pytest.approx(3.0)
    assert found.direction == "rising"
    assert yearly_growth(make_figures(march({2021: 100, 2022: 103, 2023: 106})), "RAA").direction == "too few points"


def test_the_scatter_of_growth_is_that_of_all_trusts(make_figures, march):
    """By hand: RAA's changes are 3% each year and RAB's 2% and 4% in turn, in logarithms."""
    steady = march({2019 + n: 1000 * math.exp(0.03 * n) for n in range(5)})
    moving = march(
        dict(zip(range(2019, 2024), (1000 * math.exp(x) for x in (0, 0.02, 0.06, 0.08, 0.12)), strict=True)),
        organisation="RAB",
        trust="RAB",
    )
    found = yearly_growth(make_figures([*steady, *moving]), "RAA")
    # squares 4 x 0.01**2 over 3 + 3 degrees of freedom; four years; t of 6 at 97.5% is 2.4469
    half = 2.4469 * math.sqrt(0.0004 / 6 / 4)
    assert found.lower == pytest.approx(100 * math.expm1(0.03 - half), rel=1e-3)
    assert found.upper == pytest.approx(100 * math.expm1(0.03 + half), rel=1e-3)


def test_nothing_published(make_figures):
    assert headcount_by_march(make_figures([]), ["RAA"]).empty
