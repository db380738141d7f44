"""Whether an indicator moved since a day, against hand calculation."""

import math

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.change_since import change_since
from race_equality.disclosure.rules import DisclosureRule

RULE = DisclosureRule(minimum_responses=11, minimum_people=10)
APRIL = pd.Timestamp("2023-04-01")


def autumn(year):
    return {"period_start": pd.Timestamp(year, 9, 1), "period_end": pd.Timestamp(year, 11, 30)}


def year_to_march(year):
    return {"period_start": pd.Timestamp(year - 1, 4, 1), "period_end": pd.Timestamp(year, 3, 31)}


def question(indicator, percent, base, year):
    return {"indicator": indicator, "value": percent, "denominator": base, **autumn(year)}


def test_a_share_has_newcombes_interval(make_figures):
    # Newcombe (1998), example (a): 56/70 and 48/80, difference 0.2000, method 10: 0.0524 to 0.3339.
    figures = make_figures(
        [question("staff_survey_panel_q16b", 60, 80, 2022), question("staff_survey_panel_q16b", 80, 70, 2023)]
    )
    found = change_since(figures, "RAA", "staff_survey_q16b", APRIL, rule=RULE)
    assert (found.before, found.after) == (pytest.approx(60), pytest.approx(80))
    assert found.change == pytest.approx(20.0)
    assert (found.lower, found.upper) == (pytest.approx(5.24, abs=0.005), pytest.approx(33.39, abs=0.005))
    assert found.status == "worse"  # more discrimination


def test_better_depends_on_what_is_adverse(make_figures):
    rows = [(60, 80, 2022), (80, 70, 2023)]
    for indicator, status in (("staff_survey_q15", "better"), ("staff_survey_q16a", "worse")):
        figures = make_figures([question(indicator, *row) for row in rows])
        assert change_since(figures, "RAA", indicator, APRIL, rule=RULE).status == status


def test_a_gap_joins_the_intervals_of_both_years(make_figures, wres_rows):
    figures = make_figures(
        [*wres_rows((300, 1000), (200, 2000), **autumn(2022)), *wres_rows((200, 1000), (200, 2000), **autumn(2024))]
    )
    found = change_since(figures, "RAA", "wres_8", APRIL, rule=RULE)
    assert (found.before, found.after, found.change) == (pytest.approx(20), pytest.approx(10), pytest.approx(-10))
    # Large samples: the normal approximation, computed here apart from the package, lies within 0.1.
    variance = sum(p * (1 - p) / n for p, n in ((0.3, 1000), (0.1, 2000), (0.2, 1000), (0.1, 2000)))
    half = 100 * 1.959964 * math.sqrt(variance)
    assert (found.lower, found.upper) == (pytest.approx(-10 - half, abs=0.1), pytest.approx(-10 + half, abs=0.1))
    assert found.status == "better"


def test_a_ratio_changes_by_how_many_times_it_is(make_figures, wres_rows):
    figures = make_figures(
        [
            *wres_rows((500, 5000), (2000, 10000), number=2, **year_to_march(2023)),
            *wres_rows((800, 5000), (2000, 10000), number=2, **year_to_march(2025)),
        ]
    )
    found = change_since(figures, "RAA", "wres_2", APRIL, rule=RULE)
    assert (found.before, found.after) == (pytest.approx(2.0), pytest.approx(1.25))
    assert found.change == pytest.approx(0.625)
    variance = sum(1 / x - 1 / n for x, n in ((500, 5000), (2000, 10000), (800, 5000), (2000, 10000)))
    half = 1.959964 * math.sqrt(variance)  # of the logarithm, Katz
    assert (found.lower, found.upper) == (
        pytest.approx(0.625 * math.exp(-half), rel=0.01),
        pytest.approx(0.625 * math.exp(half), rel=0.01),
    )
    assert found.status == "better"


def test_nobody_counted_cannot_be_estimated(make_figures, wres_rows):
    figures = make_figures(
        [
            *wres_rows((0, 500), (20, 1000), number=3, **year_to_march(2023)),
            *wres_rows((5, 500), (20, 1000), number=3, **year_to_march(2024)),
        ]
    )
    assert change_since(figures, "RAA", "wres_3", APRIL, rule=RULE).status == "cannot be estimated"


def test_a_period_that_an_action_began_in_is_neither_before_nor_after(make_figures):
    figures = make_figures([question("staff_survey_panel_q16b", 10, 900, year) for year in (2022, 2023)])
    inside = change_since(figures, "RAA", "staff_survey_q16b", pd.Timestamp("2023-10-01"), rule=RULE)
    assert inside.status == "too early"
    assert inside.before_period[1] == pd.Timestamp("2022-11-30")
    first_day = change_since(figures, "RAA", "staff_survey_q16b", pd.Timestamp("2023-09-01"), rule=RULE)
    assert first_day.after_period[0] == pd.Timestamp("2023-09-01")


@pytest.mark.parametrize(("year", "status"), [(2022, "too early"), (2023, "nothing before")])
def test_one_period_is_no_change(make_figures, year, status):
    figures = make_figures([question("staff_survey_q15", 50, 900, year)])
    found = change_since(figures, "RAA", "staff_survey_q15", APRIL, rule=RULE)
    assert found.status == status
    assert math.isnan(found.change)


def test_no_figures(make_figures, wres_rows):
    figures = make_figures(wres_rows((1, 10), (1, 10), trust_code="RBB"))
    for indicator in ("wres_1", "wres_2", "wres_5", "wres_9", "staff_survey_q16b", "rtt_within_18_weeks"):
        assert change_since(figures, "RAA", indicator, APRIL, rule=RULE).status == "no figures"


def test_suppressed_figures_are_no_figures(make_figures, wres_rows):
    rows = wres_rows((300, 1000), (200, 2000), **autumn(2022))
    figures = make_figures([row | {"status": "suppressed", "value": None} for row in rows])
    assert change_since(figures, "RAA", "wres_8", APRIL, rule=RULE).status == "no figures"


def months(make_figures, values, first="2022-04-01"):
    starts = pd.date_range(first, periods=len(values), freq="MS")
    return make_figures(
        [
            {
                "indicator": "rtt_within_18_weeks",
                "group": "All patients",
                "period_start": start,
                "period_end": start + pd.offsets.MonthEnd(0),
                "numerator": 10 * value,
                "denominator": 1000,
                "value": value,
            }
            for start, value in zip(starts, values, strict=True)
        ]
    )


BEFORE = [60, 61] * 6  # mean 60.5, every moving range 1: limits 60.5 ± 2.66


@pytest.mark.parametrize(
    ("after", "status"),
    [
        ([63.1], "unclear"),
        ([63.2], "better"),
        ([57.8], "worse"),
        ([61] * 6, "unclear"),
        ([61] * 7, "better"),  # seven months on one side of the mean
        ([60] * 7, "worse"),
        ([61] * 6 + [60], "unclear"),
    ],
)
def test_months_are_set_beside_the_ordinary_run_before(make_figures, after, status):
    found = change_since(months(make_figures, BEFORE + after), "RAA", "rtt_within_18_weeks", APRIL, rule=RULE)
    assert found.status == status
    assert found.before == pytest.approx(60.5)
    assert (found.lower, found.upper) == (pytest.approx(57.84), pytest.approx(63.16))
    assert found.after_period[0].month == (3 + len(after))


def test_too_few_months_before(make_figures):
    figures = months(make_figures, [60, 61, 60, 61, 60, 63], first="2022-11-01")
    assert change_since(figures, "RAA", "rtt_within_18_weeks", APRIL, rule=RULE).status == "nothing before"


def test_a_run_of_months_that_resemble_each_other_is_no_change(make_figures):
    """A walk stays on one side of its past mean for long; other trusts' walks tell that these months are one."""
    rng = np.random.default_rng(12)
    starts = pd.date_range("2022-04-01", periods=20, freq="MS")
    walks = {f"RX{chr(65 + n)}": 60 + np.cumsum(rng.normal(0, 1, 20)) for n in range(20)}
    walks["RAA"] = np.array([60.0, 61] * 6 + [61.5] * 8)
    figures = make_figures(
        [
            {
                "trust_code": code,
                "indicator": "rtt_within_18_weeks",
                "group": "All patients",
                "period_start": start,
                "period_end": start + pd.offsets.MonthEnd(0),
                "numerator": 100 * value,
                "denominator": 10_000,
                "value": value,
            }
            for code, walk in walks.items()
            for start, value in zip(starts, walk, strict=True)
        ]
    )
    alone = figures[figures["trust_code"] == "RAA"]
    assert change_since(alone, "RAA", "rtt_within_18_weeks", APRIL, rule=RULE).status == "better"
    found = change_since(figures, "RAA", "rtt_within_18_weeks", APRIL, rule=RULE)
    assert found.status == "unclear"
    assert found.upper - found.lower > 2 * 2 * 2.66  # the walks have an autocorrelation of over 0.75
