"""The defined answers: zero cells, nobody asked, all equal, one trust, missing values."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from race_equality.statistics.association import rank_correlation
from race_equality.statistics.disparity import index_of_disparity
from race_equality.statistics.funnel import between_variance, funnel_from_estimates, funnel_limits
from race_equality.statistics.gradient import slope_index
from race_equality.statistics.intervals import (
    byar_interval,
    count_interval,
    difference_interval,
    exact_poisson_interval,
    rate_interval,
    wilson_interval,
)
from race_equality.statistics.pooling import pooled_gaps, pooled_proportions
from race_equality.statistics.process_control import xmr
from race_equality.statistics.ratios import (
    probability_outside,
    ratio,
    ratio_interval,
    stratified_ratio,
    stratified_ratio_interval,
)
from race_equality.statistics.standardisation import direct_rate, indirect_ratio
from race_equality.statistics.trend import trend, years_to_parity

METHODS = ["scas", "koopman", "gart-nam", "miettinen-nurminen"]


# ---- nobody asked: nothing is known ----


def test_nobody_asked():
    assert wilson_interval(0, 0) == (0, 1)
    assert rate_interval(3, 0) == (0, math.inf)
    for method in ("newcombe", "miettinen-nurminen"):
        assert difference_interval(0, 0, 3, 10, method) == (-1, 1)
        assert difference_interval(3, 10, 0, 0, method) == (-1, 1)
    for method in METHODS:
        assert ratio_interval(0, 0, 3, 10, method) == (0, math.inf)
        assert ratio_interval(3, 10, 0, 0, method) == (0, math.inf)
    assert math.isnan(ratio(0, 0, 3, 10))
    assert math.isnan(probability_outside(0, 0, 3, 10))
    assert stratified_ratio_interval([0, 0], [0, 0], [1, 2], [9, 9]) == (0, math.inf)
    assert math.isnan(stratified_ratio([0, 0], [0, 0], [1, 2], [9, 9]))
    assert math.isnan(index_of_disparity([0, 0], [0, 0]).estimate)


# ---- zero cells ----


def test_nobody_of_those_asked():
    lower, upper = wilson_interval(0, 20)
    assert lower == 0
    assert upper == pytest.approx(1.959964**2 / (20 + 1.959964**2), rel=1e-6)
    assert wilson_interval(20, 20) == pytest.approx((1 - upper, 1))
    for interval in (byar_interval, exact_poisson_interval, count_interval):
        assert interval(0).lower == 0
        assert interval(0).upper > 3.6


@pytest.mark.parametrize("method", METHODS)
def test_ratio_with_an_empty_cell(method):
    none_of_first = ratio_interval(0, 40, 5, 60, method)
    assert none_of_first.lower == 0
    assert 0 < none_of_first.upper < math.inf
    none_of_second = ratio_interval(5, 60, 0, 40, method)
    assert none_of_second.upper == math.inf
    assert none_of_second.lower == pytest.approx(1 / none_of_first.upper)
    assert ratio_interval(0, 40, 0, 60, method) == (0, math.inf)
    all_of_both = ratio_interval(40, 40, 60, 60, method)
    assert all_of_both.lower < 1 < all_of_both.upper
    assert ratio(5, 60, 0, 40) == math.inf
    assert math.isnan(ratio(0, 60, 0, 40))


def test_one_event_may_not_exclude_a_ratio_of_zero_at_a_high_level():
    assert ratio_interval(1, 20, 5, 500, confidence=0.998).lower == 0
    assert ratio_interval(1, 20, 5, 500, confidence=0.95).lower > 0


@pytest.mark.parametrize("method", ["newcombe", "miettinen-nurminen"])
def test_difference_of_nobody_and_everybody(method):
    lower, upper = difference_interval(0, 30, 0, 30, method)
    assert lower == pytest.approx(-upper)
    assert 0.05 < upper < 0.15
    assert difference_interval(30, 30, 0, 30, method).upper == 1
    assert difference_interval(0, 30, 30, 30, method).lower == -1


def test_probability_outside_with_no_events_is_a_probability():
    assert 0.5 < probability_outside(0, 30, 0, 30) < 1


# ---- all equal, one trust ----


def test_funnel_of_equal_trusts_has_no_spread():
    funnel = funnel_limits([20] * 5, [100] * 5)
    assert (funnel.phi, funnel.tau_squared) == pytest.approx((0, 0))
    assert (funnel.position == "within limits").all()


def test_funnel_of_one_trust():
    funnel = funnel_limits([20], [100])
    assert funnel.tau_squared == 0
    assert funnel.target == pytest.approx(0.2)
    assert list(funnel.position) == ["within limits"]
    assert funnel.lower_998[0] < funnel.lower_95[0] < 0.2 < funnel.upper_95[0] < funnel.upper_998[0]


def test_funnel_of_nobody():
    funnel = funnel_limits([0, 0], [0, 0])
    assert math.isnan(funnel.target)
    assert list(funnel.position) == ["no data", "no data"]
    assert between_variance([], []) == (0, 0)


def test_funnel_unit_with_nobody_has_the_whole_range():
    funnel = funnel_limits([5, 0, 9], [50, 0, 60])
    assert (funnel.lower_95[1], funnel.upper_95[1]) == (0, 1)
    assert funnel.position[1] == "no data"
    assert funnel.units == 2


def test_funnel_with_no_events_anywhere():
    funnel = funnel_limits([0, 0, 0], [30, 40, 50])
    assert funnel.target == 0
    assert (funnel.lower_95 == 0).all()
    assert (funnel.position == "within limits").all()


def test_pooling_one_trust_stays_near_its_own_figure():
    pooled = pooled_gaps([30], [100], [40], [400])
    assert pooled.estimate[0] == pytest.approx(0.2, abs=0.03)
    assert pooled.lower[0] < 0.2 < pooled.upper[0]
    assert (pooled.rank[0], pooled.rank_lower[0], pooled.rank_upper[0]) == (1, 1, 1)


def test_pooling_equal_trusts_cannot_rank_them():
    pooled = pooled_gaps([20] * 20, [100] * 20, [40] * 20, [200] * 20)
    assert pooled.estimate == pytest.approx([0] * 20, abs=0.01)
    assert (pooled.rank_lower <= 3).all()
    assert (pooled.rank_upper >= 18).all()


def test_pooling_leaves_out_trusts_without_data():
    pooled = pooled_gaps([3, 0, 4], [20, 0, 30], [5, 5, 6], [60, 60, 60])
    assert math.isnan(pooled.estimate[1])
    assert math.isnan(pooled.rank[1])
    assert pooled.rank_upper[[0, 2]].max() == 2
    assert pooled.units == 2
    nobody = pooled_proportions([0], [0])
    assert math.isnan(nobody.estimate[0])
    assert nobody.units == 0


def test_pooling_learns_nothing_from_units_that_are_left_out():
    count, total = [20, 25, 30, 95], [100, 100, 100, 100]
    learned = pooled_proportions(count, total, learn_from=[True, True, True, False])
    plain = pooled_proportions(count[:3], total[:3])
    assert learned.estimate[:3] == pytest.approx(plain.estimate, abs=0.01)
    assert learned.reference == plain.reference == pytest.approx(0.25)
    assert learned.between == pytest.approx(plain.between)
    assert learned.rank_upper[:3].max() == 3
    assert learned.rank_lower[3] == 4  # one place beyond the last of the three
    nobody = pooled_proportions(count, total, learn_from=[False] * 4)
    assert np.isnan(nobody.estimate).all()
    assert math.isnan(nobody.reference)


def test_pooling_with_no_events_anywhere():
    pooled = pooled_proportions([0, 0, 0], [30, 40, 50])
    assert (pooled.estimate < 0.05).all()
    assert (pooled.upper < 0.12).all()


def test_slope_of_equal_groups():
    found = slope_index([0.2] * 5, [10] * 5, [0.01] * 5)
    assert (found.sii, found.rii) == pytest.approx((0, 1))
    assert slope_index([0, 0], [1, 1], [0, 0]).sii == 0
    assert math.isnan(slope_index([0, 0], [1, 1], [0.1, 0.1]).rii)


def test_xmr_of_nothing_one_and_equal_points():
    assert math.isnan(xmr([]).mean)
    assert xmr([]).variation_icon == "no data"
    one = xmr([7])
    assert one.mean == 7
    assert math.isnan(one.lower)
    equal = xmr([0.1] * 20, improvement="increase", target=0.1)
    assert (equal.lower, equal.upper) == pytest.approx((0.1, 0.1))
    assert set(equal.rule) == {"common cause"}


def test_trend_edges():
    assert trend([1, 2, 3], [1, 2, 3]).direction == "too few points"
    flat = trend([1, 2, 3, 4], [5, 5, 5, 5])
    assert (flat.slope, flat.lower, flat.upper) == (0, 0, 0)
    assert flat.direction == "no reliable change"
    few = years_to_parity([1, 2], [1, 2], [9, 9], [5, 5], [9, 9])
    assert few.status == "cannot be estimated"
    empty_cells = years_to_parity(range(5), [0] * 5, [12] * 5, [300] * 5, [900] * 5)
    assert empty_cells.status in {"cannot be estimated", "no reliable gap"}


def test_a_ratio_of_nothing_has_no_place_in_a_funnel():
    """Nobody counted in any unit: none of them is above the others."""
    for count, total in (([0, 0], [10, 20]), ([5, 3], [0, 0])):
        found = funnel_limits(count, total, scale="ratio")
        assert found.position.tolist() == ["no data", "no data"]
        assert np.isnan([found.target, *found.upper_95, *found.lower_998]).all()


def test_association_edges():
    assert math.isnan(rank_correlation([1, 2, 3], [1, 2, 3]).estimate)
    assert math.isnan(rank_correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]).estimate)
    assert math.isnan(rank_correlation([], []).estimate)
    perfect = rank_correlation(range(9), range(9))
    assert (perfect.estimate, perfect.lower, perfect.upper) == (1, 1, 1)
    # the kind of trust explains everything: nothing is left to correlate
    kind = ["a"] * 5 + ["b"] * 5
    assert math.isnan(rank_correlation([1] * 5 + [2] * 5, range(10), adjust=[kind]).estimate)


def test_disparity_edges():
    assert index_of_disparity([5], [50]).estimate == 0
    assert index_of_disparity([10, 20], [100, 200]).estimate == pytest.approx(0)
    assert math.isnan(index_of_disparity([0, 0], [10, 20]).estimate)


def test_standardisation_edges():
    few = direct_rate([4, 5], [100, 100], [1, 1])
    assert math.isnan(few.value)
    assert few.observed == 9
    assert math.isnan(direct_rate([20, 0], [100, 0], [1, 1]).value)
    nothing = indirect_ratio([0], [0], [5], [50])
    assert math.isnan(nothing.value)
    assert (nothing.lower, nothing.upper) == (0, math.inf)
    assert indirect_ratio([0], [100], [5], [50]).value == 0


# ---- missing values ----


def test_missing_values_go_through_where_asked():
    count, total = [5, np.nan, 7], [50, 60, 70]
    lower, upper = wilson_interval(count, total, nan_policy="propagate")
    assert list(np.isnan(lower)) == list(np.isnan(upper)) == [False, True, False]
    assert lower[2] == wilson_interval(7, 70).lower
    for method in ("newcombe", "miettinen-nurminen"):
        found = difference_interval(count, total, 5, 50, method, nan_policy="propagate")
        assert list(np.isnan(found.lower)) == [False, True, False]
        assert found.upper[0] == pytest.approx(difference_interval(5, 50, 5, 50, method).upper)
    for method in METHODS:
        found = ratio_interval(count, total, 5, 50, method, nan_policy="propagate")
        assert list(np.isnan(found.upper)) == [False, True, False]
    assert list(np.isnan(count_interval([np.nan, 3, 30], nan_policy="propagate").lower)) == [True, False, False]
    assert list(np.isnan(probability_outside(count, total, 5, 50, nan_policy="propagate"))) == [False, True, False]


def test_missing_units_are_left_out_of_funnels_and_pools():
    funnel = funnel_limits([5, np.nan, 9], [50, 55, 60], nan_policy="propagate")
    without = funnel_limits([5, 9], [50, 60])
    assert funnel.target == without.target
    assert funnel.upper_95[[0, 2]] == pytest.approx(without.upper_95)
    assert math.isnan(funnel.upper_95[1])
    assert funnel.position[1] == "no data"
    estimates = funnel_from_estimates([0.1, np.nan], [0.1, 0.1], nan_policy="propagate")
    assert estimates.position[1] == "no data"
    pooled = pooled_gaps([5, np.nan, 9], [50, 55, 60], [7, 8, 9], [90, 90, 90], nan_policy="propagate")
    assert list(np.isnan(pooled.estimate)) == [False, True, False]
    assert pooled.units == 2


def test_missing_points():
    assert trend([1, 2, 3, 4, 5], [1, 2, np.nan, 4, 5], nan_policy="propagate").slope == pytest.approx(1)
    assert rank_correlation([1, 2, 3, 4, 5, np.nan], [1, 2, 3, 4, 5, 0], nan_policy="propagate").units == 5
    gap = xmr([1, 2, 3, np.nan, 4, 5, 6, 7], nan_policy="propagate")
    assert "rising" not in gap.rule
    assert gap.rule[3] == gap.variation[3] == "no data"
    # no moving range spans the gap
    assert gap.mean_moving_range == 1


def test_pandas_columns_and_their_missing_values():
    frame = pd.DataFrame({"x": [5, None, 7], "n": [50, 60, 70]}).astype("Float64")
    lower, _ = wilson_interval(frame["x"], frame["n"], nan_policy="propagate")
    assert list(np.isnan(lower)) == [False, True, False]
    whole = frame.fillna(6)
    assert wilson_interval(whole["x"], whole["n"]).lower[1] == wilson_interval(6, 60).lower


def test_shapes_broadcast_and_scalars_stay_scalars():
    assert wilson_interval([[1], [2]], [10, 20, 30]).lower.shape == (2, 3)
    assert ratio_interval([[1], [2]], [10, 20, 30], 3, 50).upper.shape == (2, 3)
    assert stratified_ratio_interval(np.ones((4, 2)), [10, 20], [2, 3], [30, 40]).lower.shape == (4,)
    assert np.ndim(wilson_interval(1, 10).lower) == 0
    assert np.ndim(ratio_interval(1, 10, 2, 20).lower) == 0
    assert wilson_interval([], []).lower.shape == (0,)
    assert ratio_interval([], [], [], []).lower.shape == (0,)
