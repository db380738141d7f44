"""The link between two gaps with known errors: published results, special cases, simulation, and what has no answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from race_equality.statistics.linked_gaps import FEWEST_UNITS, detectable_correlation, gap_error, linked_gaps

# Colditz GA and others, JAMA 1994; 271: 698-702, as van Houwelingen, Arends and Stijnen give it in table I: with and
# without tuberculosis among those vaccinated and not, and the latitude.
BCG = np.array(
    [
        (4, 119, 11, 128, 44),
        (6, 300, 29, 274, 55),
        (3, 228, 11, 209, 42),
        (62, 13536, 248, 12619, 52),
        (33, 5036, 47, 5761, 13),
        (180, 1361, 372, 1079, 44),
        (8, 2537, 10, 619, 19),
        (505, 87886, 499, 87892, 13),
        (29, 7470, 45, 7232, 27),
        (17, 1699, 65, 1600, 42),
        (186, 50448, 141, 27197, 18),
        (5, 2493, 3, 2338, 33),
        (27, 16886, 29, 17825, 33),
    ],
    dtype=float,
).T


def log_odds(ill, well):
    return np.log(ill / well), np.sqrt(1 / ill + 1 / well)


def test_van_houwelingen_arends_stijnen_2002():
    """Statistics in Medicine 2002; 21: 589-624, pages 604-605: variances 1.431 and 2.407, correlation 0.947."""
    x, y = log_odds(BCG[2], BCG[3]), log_odds(BCG[0], BCG[1])
    found = linked_gaps(*x, *y, method="ml")
    assert (found.between_y**2, found.between_x**2) == pytest.approx((1.431, 2.407), abs=0.001)
    assert found.correlation == pytest.approx(0.947, abs=0.0006)
    # of the line: covariance 1.757 over 2.407
    assert found.slope == pytest.approx(0.947 * np.sqrt(1.431 / 2.407), abs=0.001)
    # with latitude the correlation is 1, pages 612-613
    adjusted = linked_gaps(*x, *y, method="ml", covariates=[BCG[4]])
    assert (adjusted.correlation, adjusted.upper, adjusted.adjusted_for) == (1.0, 1.0, 1)
    assert (adjusted.between_y**2, adjusted.between_x**2) == pytest.approx((1.23, 1.18), abs=0.01)


def sample(seed, units, correlation, *, reliability=(0.6, 0.5), spread=0.6):
    """Two gaps of units whose errors differ, with this share of true variance at the mean error variance."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(units)
    y = correlation * x + np.sqrt(1 - correlation**2) * rng.standard_normal(units)
    measured = []
    for truth, share in zip((x, y), reliability, strict=True):
        error = np.exp(rng.uniform(-spread, spread, units))
        error *= np.sqrt((1 - share) / share / (np.sinh(2 * spread) / (2 * spread) if spread else 1.0))
        measured += [rng.normal(truth, error), error]
    return measured


def test_with_equal_errors_it_is_spearmans_correction_for_attenuation():
    """Spearman 1904: the measured correlation over the root of both reliabilities."""
    x, error_x, y, error_y = sample(4, 120, 0.5, spread=0)
    found = linked_gaps(x, error_x, y, error_y)
    reliability = [1 - error[0] ** 2 / measured.var(ddof=1) for measured, error in ((x, error_x), (y, error_y))]
    measured = np.corrcoef(x, y)[0, 1]
    assert found.measured == pytest.approx(measured)
    assert found.correlation == pytest.approx(measured / np.sqrt(np.prod(reliability)), abs=5e-4)
    slope = np.cov(x, y)[0, 1] / (x.var(ddof=1) - error_x[0] ** 2)
    assert found.slope == pytest.approx(slope, abs=1e-3)
    assert found.between_x == pytest.approx(np.sqrt(x.var(ddof=1) - error_x[0] ** 2), rel=1e-3)


def test_without_errors_it_is_the_partial_correlation_and_its_exact_test():
    x, error, y, _ = sample(5, 60, 0.4)
    kind = np.repeat(["a", "b", "c"], 20)
    z = np.linspace(0, 1, 60) ** 2
    found = linked_gaps(x, 0 * error, y, 0 * error, adjust=[kind], covariates=[z])
    design = np.column_stack([kind == "a", kind == "b", kind == "c", z]).astype(float)
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y)]
    r = np.corrcoef(*left)[0, 1]
    assert (found.adjusted_for, found.units) == (3, 60)
    assert found.correlation == pytest.approx(r, abs=5e-4)
    # a level at which the limit is zero is the p-value of the t test with 60 - 4 - 1 degrees of freedom
    p = 2 * stats.t.sf(abs(r) * np.sqrt(55 / (1 - r**2)), 55)
    wider, narrower = (
        linked_gaps(x, 0 * error, y, 0 * error, adjust=[kind], covariates=[z], confidence=1 - share * p)
        for share in (0.97, 1.03)
    )
    assert wider.lower < 0 < narrower.lower


def test_the_interval_is_where_a_plain_maximisation_says():
    """The profile of the restricted likelihood, maximised by SciPy over dense matrices."""
    x, error_x, y, error_y = sample(7, 30, 0.5, reliability=(0.8, 0.8))
    z = np.linspace(-1, 1, 30) ** 3
    found = linked_gaps(x, error_x, y, error_y, covariates=[z])
    units = len(x)
    design = np.kron(np.eye(2), np.column_stack([np.ones(units), z]))
    values = np.concatenate([x, y])

    def likelihood(deviations, correlation):
        first, second = np.exp(deviations)
        between = np.array([[first**2, correlation * first * second], [correlation * first * second, second**2]])
        covariance = np.kron(between, np.eye(units)) + np.diag(np.concatenate([error_x, error_y]) ** 2)
        weight = np.linalg.inv(covariance)
        information = design.T @ weight @ design
        left = values - design @ np.linalg.solve(information, design.T @ weight @ values)
        parts = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1] + left @ weight @ left
        return -parts / 2

    def profile(correlation):
        return max(
            -optimize.minimize(lambda d: -likelihood(d, correlation), start, bounds=[(-5, 2)] * 2).fun
            for start in ([0, 0], [-2, 0], [0, -2])
        )

    top = profile(found.correlation)
    assert max(profile(found.correlation - 0.03), profile(found.correlation + 0.03)) < top
    asked = stats.chi2.ppf(0.95, 1) / 2 / (1 - 1.5 / (units - 2))
    for limit in (found.lower, found.upper):
        assert abs(limit) < 1
        assert top - profile(limit) == pytest.approx(asked, abs=0.005)


def test_errors_neither_hide_a_link_nor_make_one():
    """Means over 24 samples of 130: the naive correlation is drawn to zero, ours is not.

    The standard error of the mean correlation and of the mean slope is 0.03.
    """
    found = [linked_gaps(*sample([8, number], 130, 0.6)) for number in range(24)]
    assert np.mean([one.measured for one in found]) == pytest.approx(0.6 * np.sqrt(0.6 * 0.5), abs=0.06)
    assert np.mean([one.correlation for one in found]) == pytest.approx(0.6, abs=0.06)
    assert np.mean([one.slope for one in found]) == pytest.approx(0.6, abs=0.06)
    none = [linked_gaps(*sample([9, number], 130, 0.0)) for number in range(24)]
    assert abs(np.mean([one.correlation for one in none])) < 0.08
    assert np.mean([one.lower <= 0.6 <= one.upper for one in found]) >= 0.85
    assert np.mean([one.slope_lower <= 0.6 <= one.slope_upper for one in found]) >= 0.85
    assert np.mean([one.lower > 0 or one.upper < 0 for one in none]) <= 0.18  # 5%, and three standard errors


def test_small_units_that_vary_by_chance_alone_make_no_link():
    """Ten units with few people and no true difference between them, but extreme figures; the rest are known well."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal(100), rng.standard_normal(100)
    error = np.full(100, 0.2)
    x[:10], y[:10], error[:10] = 8 * np.array([1, -1] * 5), 8 * np.array([1, -1] * 5), 8.0
    found = linked_gaps(x, error, y, error)
    assert found.measured > 0.8
    assert found.lower < 0 < found.upper and abs(found.correlation) < 0.2


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_units_of_measure_change_only_the_slope(scale):
    x, error_x, y, error_y = sample(10, 80, 0.5)
    one, other = (
        linked_gaps(x, error_x, y, error_y), linked_gaps(x, error_x, 5 - scale * y, scale * error_y)
    )  # fmt: skip
    assert other.correlation == pytest.approx(-one.correlation, abs=2e-3)
    assert (other.lower, other.upper) == pytest.approx((-one.upper, -one.lower), abs=2e-3)
    assert other.slope_upper == pytest.approx(-scale * one.slope_lower, rel=5e-3, abs=scale * 2e-3)
    assert other.detectable == pytest.approx(one.detectable, abs=1e-4)


def test_what_has_no_answer_says_why():
    few = linked_gaps(*sample(1, FEWEST_UNITS - 1, 0.5))
    assert few.reason == "too few units"
    assert np.isnan(few.correlation) and (few.lower, few.upper) == (-1, 1)
    kind = np.array(["a", "b"] * 5)
    assert linked_gaps(*sample(1, 10, 0.5), adjust=[kind]).reason == "too few units"
    assert linked_gaps([], [], [], []).units == 0
    # alternately above and below by less than the errors
    x, error_x, y, _ = sample(2, 40, 0.5)
    flat = linked_gaps(x, error_x, np.tile([0.1, -0.1], 20), np.ones(40))
    assert flat.reason == "no variation in y"
    assert np.isnan(flat.slope) and flat.between_y == 0 and np.isnan(flat.detectable)
    alike = linked_gaps(np.ones(40), np.ones(40), y, error_x)
    assert alike.reason == "no variation in x"
    # hardly more than the errors: nothing is known of the correlation
    barely = linked_gaps(*sample(2, 20, 0.5, reliability=(0.4, 0.4)))
    assert barely.reason == "any correlation fits" and (barely.lower, barely.upper) == (-1, 1)


def test_a_missing_value_leaves_its_unit_out():
    x, error_x, y, error_y = sample(11, 50, 0.5)
    z = np.arange(50.0)
    without = linked_gaps(x[2:], error_x[2:], y[2:], error_y[2:], covariates=[z[2:]])
    x[0], z[1] = np.nan, np.nan
    found = linked_gaps(x, error_x, y, error_y, covariates=[z], nan_policy="propagate")
    assert found == without


def test_the_error_of_a_gap():
    # one with and one without in each group: 1 of 22 and 11 of 22
    assert gap_error(0, 20, 10, 20) == pytest.approx(np.sqrt((1 / 22 * 21 / 22 + 0.25) / 22))
    # with many people it is the usual one
    assert gap_error(3000, 10_000, 2000, 10_000) == pytest.approx(np.sqrt((0.21 + 0.16) / 10_000), rel=1e-3)
    assert np.isnan(gap_error([0], [0], [1], [2])[0])


@pytest.mark.parametrize(("correlation", "units"), [(0.1, 783), (0.2, 193), (0.3, 84), (0.4, 46)])
def test_what_could_be_shown_without_errors_cohen_1988(correlation, units):
    """Cohen, table 3.4.1: units for 80% power at the two-sided 5% level."""
    assert detectable_correlation(np.zeros(units), np.zeros(units), 1, 1) == pytest.approx(correlation, rel=0.02)


def test_what_could_be_shown_is_shown_in_four_of_five_samples():
    """By simulation with the errors of the sample: 60 samples have a standard error of 5.2 points."""
    x, error_x, y, error_y = sample(12, 100, 0.0)
    truth = detectable_correlation(error_x, error_y, 1, 1)
    assert 0.4 < truth < 0.7  # without errors it is 0.28
    rng = np.random.default_rng(13)
    shown = []
    for _ in range(60):
        x = rng.standard_normal(100)
        y = truth * x + np.sqrt(1 - truth**2) * rng.standard_normal(100)
        shown.append(linked_gaps(rng.normal(x, error_x), error_x, rng.normal(y, error_y), error_y).lower > 0)
    assert np.mean(shown) == pytest.approx(0.8, abs=0.11)


def test_what_could_not_be_shown_at_all():
    assert np.isnan(detectable_correlation(np.full(30, 3.0), np.full(30, 3.0), 1, 1))
    assert np.isnan(detectable_correlation(np.ones(100), np.ones(100), 0, 1))
