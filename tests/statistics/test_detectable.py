"""What a survey could show: Cohen's printed tables, statsmodels, plain sums, and simulated surveys."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.power import NormalIndPower

from race_equality.statistics.detectable import (
    detectable_change,
    detectable_effect,
    detectable_slope,
    power_of,
    ratio_error,
)
from race_equality.statistics.intervals import StatisticsError, difference_interval
from race_equality.statistics.linked_gaps import gap_error
from race_equality.statistics.ratios import ratio_interval


@pytest.mark.parametrize(("h", "people"), [(0.10, 1570), (0.20, 392), (0.30, 174), (0.50, 63), (0.80, 25)])
def test_cohens_table_of_two_proportions(h, people):
    """Cohen 1988, table 6.4.1, alpha 0.05 two-sided, power 0.80: people needed in each group for an h."""
    found = detectable_effect(np.sqrt(2 / np.array([people, people - 1])))
    assert found[0] <= h + 5e-4  # so many are enough
    assert found[1] >= h - 5e-3  # and hardly more than enough: the table is rounded to the nearest person
    assert found[0] == pytest.approx(h, rel=0.01)


@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_statsmodels_finds_the_same_effect_and_the_same_power(power, confidence):
    effect = NormalIndPower().solve_power(nobs1=250, ratio=2, power=power, alpha=1 - confidence)
    error = np.sqrt(1 / 250 + 1 / 500)
    assert detectable_effect(error, power=power, confidence=confidence) == pytest.approx(
        effect, rel=1e-3
    )  # it counts the wrong side as well
    assert power_of(-effect, error, confidence=confidence) == pytest.approx(power, abs=1e-3)


def test_two_surveys_are_the_root_of_two_variances():
    # 1.959964 + 0.841621 = 2.801585; 3 and 4 make 5, and twice 3 makes 4.2426
    assert detectable_change(3.0, 4.0) == pytest.approx(2.801585 * 5)
    assert detectable_change(3.0) == pytest.approx(2.801585 * 3 * 2**0.5)
    assert detectable_change([3.0, 6.0]).tolist() == pytest.approx([11.8861, 23.7722], abs=1e-4)


@pytest.mark.parametrize("times", [[0, 1, 2], [2021, 2022, 2023, 2024], [0, 1, 3]])
def test_a_slope_has_the_error_of_weighted_least_squares(times):
    design = np.column_stack([np.ones(len(times)), np.asarray(times, float)])
    fitted = WLS(np.arange(len(times)), design, weights=np.full(len(times), 1 / 1.7**2)).fit()
    error = np.sqrt(fitted.normalized_cov_params[1, 1])
    assert detectable_slope(1.7, times) == pytest.approx(2.801585 * error, rel=1e-6)


def test_the_line_through_three_surveys_shows_half_of_what_two_show_for_each_year():
    assert detectable_slope(2.0, [0, 1, 2]) == pytest.approx(detectable_change(2.0) / 2)


@pytest.mark.parametrize(
    ("minority", "white"), [((0.16, 400), (0.08, 1600)), ((0.25, 150), (0.21, 700)), ((0.47, 900), (0.56, 2500))]
)
def test_in_four_of_five_simulated_surveys_the_change_is_seen(minority, white):
    """The true gap narrows or widens by what could be seen; it is judged as reports judge it, with Newcombe's limits.

    A share that moves away from a half scatters less and is seen more often, one that moves towards it less often: the
    planning takes the scatter of the first survey for both.
    """
    (p1, n1), (p2, n2) = minority, white
    change = detectable_change(gap_error(p1 * n1, n1, p2 * n2, n2))
    rng, size = np.random.default_rng(13), 4_000

    def seen(by):
        limits = []
        for share in (p1, p1 + (by if p1 < p2 else -by)):
            x1, x2 = rng.binomial(n1, share, size), rng.binomial(n2, p2, size)
            interval = difference_interval(x1, n1, x2, n2, method="newcombe")
            limits.append((x1 / n1 - x2 / n2, interval.lower, interval.upper))
        (before, low_1, high_1), (after, low_2, high_2) = limits
        moved = after - before
        lower = moved - np.hypot(after - low_2, high_1 - before)
        upper = moved + np.hypot(high_2 - after, before - low_1)
        return ((lower > 0) | (upper < 0)).mean()

    narrows, widens = seen(change), seen(-change)
    assert (narrows + widens) / 2 == pytest.approx(0.80, abs=0.02)
    assert min(narrows, widens) > 0.7
    assert seen(change / 2) < 0.36  # half of it is missed in about two of three
    assert seen(0) == pytest.approx(0.05, abs=0.015)


def test_in_four_of_five_simulated_series_the_line_is_seen():
    rng, size, error = np.random.default_rng(14), 20_000, 1.5
    slope = detectable_slope(error, [0, 1, 2])
    values = slope * np.arange(3) + rng.normal(0, error, (size, 3))
    fitted = (values[:, 2] - values[:, 0]) / 2  # least squares through three evenly spaced points
    assert (np.abs(fitted) > 1.959964 * error / np.sqrt(2)).mean() == pytest.approx(0.80, abs=0.01)


def test_the_error_of_a_ratio_from_its_interval_is_that_of_its_counts():
    # 60 of 400 and 90 of 900: the root of 1/60 - 1/400 + 1/90 - 1/900 (the delta method), 0.1554
    interval = ratio_interval(60, 400, 90, 900, method="scas")
    assert ratio_error(*interval) == pytest.approx(np.sqrt(1 / 60 - 1 / 400 + 1 / 90 - 1 / 900), rel=0.02)
    assert ratio_error(0.5, 2.0) == pytest.approx(np.log(4) / (2 * stats.norm.ppf(0.975)))


def test_an_interval_without_an_end_says_nothing():
    assert np.isnan(ratio_error([0.0, 0.5, 0.0], [2.0, np.inf, np.inf])).all()
    assert ratio_error([0.0, 0.5], [2.0, 2.0])[1] > 0


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: detectable_effect([1.0, 0.0]), "standard_error"),
        (lambda: detectable_effect(1.0, power=0.02), "power"),
        (lambda: detectable_effect(1.0, power=80), "power"),
        (lambda: detectable_change(1.0, np.nan), "later_error"),
        (lambda: detectable_change([1.0, 2.0], [1.0, 2.0, 3.0]), "later_error"),
        (lambda: detectable_slope(1.0, [3, 3]), "times"),
        (lambda: detectable_slope(1.0, [3]), "times"),
        (lambda: detectable_slope(1.0, [[1, 2]]), "times"),
        (lambda: power_of("much", 1.0), "effect"),
        (lambda: ratio_error(2.0, 1.0), "lower"),
        (lambda: ratio_error(-1.0, 1.0), "lower"),
        (lambda: ratio_error(0.5, np.nan), "upper"),
        (lambda: ratio_error(0.5, "2"), "upper"),
    ],
)
def test_bad_input_names_the_argument(call, name):
    with pytest.raises(StatisticsError, match=rf"\b{name}\b"):
        call()
