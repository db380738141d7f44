"""Mergers and transfers: found by their day or by their size, named, and no slope through them."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.steps_in_staff import ordinary_changes, steps_in_staff
from race_equality.analysis.survey import yearly_change
from race_equality.analysis.workforce import yearly_growth
from race_equality.store.trust import Succession

YEARS = range(2013, 2024)
#: What an ordinary trust's staff do from one March to the next, in turn.
TURNS = (1.00, 1.02, 1.04, 1.01, 1.03)


def march(code, people, *, indicator="workforce_march_headcount", organisation=None):
    return [
        {
            "indicator": indicator,
            "trust_code": code,
            "organisation_code": organisation or code,
            "group": "Total",
            "unit": "people",
            "value": float(number),
            "period_start": pd.Timestamp(day),
            "period_end": pd.Timestamp(day),
        }
        for day, number in people.items()
    ]


def year_by_year(first, factors, start=YEARS[0]):
    people = first * np.cumprod([1.0, *factors])
    return {f"{start + n}-03-31": round(number) for n, number in enumerate(people)}


def ordinary(number):
    return [TURNS[(number + year) % len(TURNS)] for year in range(len(YEARS) - 1)]


@pytest.fixture
def others():
    """Twenty trusts without a step."""
    return [row for n in range(20) for row in march(f"RX{chr(65 + n)}", year_by_year(4000, ordinary(n)))]


def with_factor(factor, place=8):
    """A trust whose staff change by a factor in the year to March 2022."""
    factors = ordinary(0)
    factors[place] = factor
    return march("RAA", year_by_year(5000, factors))


def test_the_limits_are_three_interquartile_ranges_beyond_the_quartiles(make_figures, others):
    """By hand: every year has each of the five factors four times, the median of each year is 1.02."""
    found = ordinary_changes(make_figures(others)).iloc[0]
    quarter, three_quarters = np.log(1.01 / 1.02), np.log(1.03 / 1.02)
    reach = 3 * (three_quarters - quarter)
    assert found["changes"] == 200
    assert (found["lower"], found["upper"]) == pytest.approx((quarter - reach, three_quarters + reach), abs=1e-3)


@pytest.mark.parametrize(("factor", "steps"), [(1.72, 1), (0.75, 1), (1.06, 0), (0.98, 0)])
def test_a_change_that_no_ordinary_year_has_is_a_step(make_figures, others, factor, steps):
    found = steps_in_staff(make_figures([*others, *with_factor(factor)]), "RAA")
    assert len(found) == steps
    if steps:
        assert (found[0].start, found[0].end) == (pd.Timestamp("2021-03-31"), pd.Timestamp("2022-03-31"))
        assert found[0].after / found[0].before == pytest.approx(factor, abs=1e-3)


def test_growth_is_of_the_years_since_the_step(make_figures, others):
    late = yearly_growth(make_figures([*others, *with_factor(1.72)]), "RAA")
    assert (late.direction, late.points, late.step.end.year) == ("too few points", 2, 2022)
    early = yearly_growth(make_figures([*others, *with_factor(2.2, place=3)]), "RAA")
    assert (early.points, early.step.end.year) == (7, 2017)
    assert early.slope < 4.0  # 2.2 times in one year would make it more than ten
    long_ago = yearly_growth(make_figures([*others, *with_factor(2.2, place=0)]), "RAA")
    assert (long_ago.points, long_ago.step) == (9, None)  # before the nine years


def test_a_dated_transfer_is_a_step_however_small(make_figures, others):
    """Staff of an organisation that was divided: in neither successor's own figures before."""
    figures = make_figures([*others, *with_factor(1.06)])
    divided = Succession("RZZ", "Divided Hospitals", "RAA", date(2021, 10, 1), "merger", "successors.csv")
    (step,) = steps_in_staff(figures, "RAA", [divided])
    assert (step.organisation, step.day, step.end.year) == ("Divided Hospitals", date(2021, 10, 1), 2022)
    assert yearly_growth(figures, "RAA", [divided]).direction == "too few points"
    elsewhere = Succession("RZZ", "Divided Hospitals", "RXA", date(2021, 10, 1), "merger", "successors.csv")
    assert steps_in_staff(figures, "RAA", [elsewhere]) == []


def test_a_merger_whose_staff_are_added_up_is_no_step(make_figures, others):
    before = march("RAA", dict(list(year_by_year(2000, [1.02] * 7).items())), organisation="RBB")
    own = year_by_year(3000, [1.02] * 7)
    own |= {f"{2021 + n}-03-31": round(5000 * 1.02 ** (8 + n)) for n in range(3)}
    figures = make_figures([*others, *before, *march("RAA", own)])
    merged = Succession("RBB", "Merged Trust", "RAA", date(2020, 10, 1), "merger", "successors.csv")
    assert steps_in_staff(figures, "RAA", [merged]) == []
    assert yearly_growth(figures, "RAA", [merged]).points == 9


def test_too_few_changes_to_know_what_is_ordinary(make_figures):
    assert steps_in_staff(make_figures(with_factor(1.72)), "RAA") == []


def surveys(code="RAA"):
    return [
        {
            "indicator": "staff_survey_panel_q16b",
            "trust_code": code,
            "value": value,
            "denominator": 2000,
            "period_start": pd.Timestamp(f"{year}-09-01"),
            "period_end": pd.Timestamp(f"{year}-11-30"),
        }
        for year, value in zip(range(2021, 2025), (10.0, 11.0, 12.0, 13.0), strict=True)
    ]


@pytest.mark.parametrize(
    ("day", "points"),
    [
        (date(2021, 8, 1), 4),  # before the staff were listed who were asked first
        (date(2021, 10, 1), 3),
        (date(2024, 8, 1), 1),
        (date(2024, 10, 1), 4),  # after those were listed who were asked last
    ],
)
def test_no_slope_through_surveys_before_and_after_a_transfer(make_figures, others, day, points):
    later = march("RAA", {"2024-03-31": 4000, "2025-03-31": 4100}, indicator="workforce_fte_by_month")
    until = march("RAA", {"2023-03-31": 4000}, indicator="workforce_march_fte")
    figures = make_figures([*others, *with_factor(1.02), *until, *later, *surveys()])
    transfer = Succession("RZZ", "Divided Hospitals", "RAA", day, "merger", "successors.csv")
    change = yearly_change(figures, "RAA", [transfer])
    assert change.points == points
    assert (change.step is None) == (points == 4)


def test_full_time_equivalents_say_in_which_month(make_figures):
    """From the last head count on; the year's step is narrowed down to its month."""
    rows = []
    for n in range(40):
        fte = [1000 * f for f in np.cumprod([1.0, *(TURNS[(n + k) % 5] for k in range(3))])]
        code = f"RX{chr(65 + n % 26)}{n // 26}"
        days = ["2022-03-31", "2023-03-31"]
        rows += march(code, dict(zip(days, fte, strict=False)), indicator="workforce_march_fte")
        rows += march(code, {"2024-03-31": fte[2], "2025-03-31": fte[3]}, indicator="workforce_fte_by_month")
    rows += march("RAA", {"2022-03-31": 1000, "2023-03-31": 1010}, indicator="workforce_march_fte")
    months = {"2024-03-31": 1020, "2024-04-30": 1021, "2024-05-31": 730, "2024-06-30": 735, "2025-03-31": 740}
    rows += march("RAA", months, indicator="workforce_fte_by_month")
    (step,) = steps_in_staff(make_figures(rows), "RAA")
    assert (step.start, step.end) == (pd.Timestamp("2024-04-30"), pd.Timestamp("2024-05-31"))
    assert (step.before, step.after, step.unit) == (1021.0, 730.0, "fte")
