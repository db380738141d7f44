"""Bad input is an error that names the argument, whatever the function."""

from __future__ import annotations

import numpy as np
import pytest

from race_equality.errors import RaceEqualityError
from race_equality.statistics import (
    association,
    decomposition,
    disparity,
    funnel,
    gradient,
    intervals,
    linked_gaps,
    pooling,
    process_control,
    ratios,
    standardisation,
    trend,
    two_estimates,
)
from race_equality.statistics.intervals import StatisticsError

#: Each function with good arguments, by name, and which of them are counts that must not be negative.
TWO_GROUPS = {"count_1": [5, 6], "total_1": [50, 60], "count_2": [7, 8], "total_2": [70, 80]}
TWO_ESTIMATES = {
    "value_1": [2.0, 3.0],
    "lower_1": [1.0, 1.5],
    "upper_1": [4.0, 6.0],
    "value_2": [1.0, 2.0],
    "lower_2": [0.5, 1.0],
    "upper_2": [2.0, 4.0],
}
CALLS = {
    intervals.wilson_interval: {"count": [5], "total": [50]},
    intervals.byar_interval: {"count": [5]},
    intervals.exact_poisson_interval: {"count": [5]},
    intervals.count_interval: {"count": [5]},
    intervals.rate_interval: {"count": [5], "population": [50]},
    intervals.difference_interval: TWO_GROUPS,
    ratios.ratio: TWO_GROUPS,
    ratios.ratio_interval: TWO_GROUPS,
    ratios.stratified_ratio: TWO_GROUPS,
    ratios.stratified_ratio_interval: TWO_GROUPS,
    ratios.probability_outside: TWO_GROUPS,
    funnel.funnel_limits: {"count": [5, 6], "total": [50, 60]},
    pooling.pooled_proportions: {"count": [5, 6], "total": [50, 60]},
    pooling.pooled_gaps: TWO_GROUPS,
    linked_gaps.gap_error: TWO_GROUPS,
    decomposition.kitagawa: TWO_GROUPS,
    disparity.index_of_disparity: {"count": [5, 6], "total": [50, 60]},
    standardisation.direct_rate: {"count": [50, 60], "population": [500, 600], "standard_population": [1, 2]},
    standardisation.indirect_ratio: {
        "count": [50, 60],
        "population": [500, 600],
        "reference_count": [5, 6],
        "reference_population": [70, 80],
    },
    standardisation.ratio_of_rates: {
        "rate": [50, 60],
        "half_width": [5, 6],
        "other_rate": [70, 80],
        "other_half_width": [7, 8],
    },
    trend.years_to_parity: {
        "times": [1, 2, 3, 4],
        "count_1": [1, 2, 3, 4],
        "total_1": [20] * 4,
        "count_2": [50] * 4,
        "total_2": [100] * 4,
    },
}
OTHERS = {
    two_estimates.difference_of_estimates: TWO_ESTIMATES,
    two_estimates.ratio_of_estimates: TWO_ESTIMATES,
    funnel.funnel_from_estimates: {"estimate": [0.1, 0.2], "standard_error": [0.1, 0.1]},
    funnel.between_variance: {"estimate": [0.1, 0.2], "standard_error": [0.1, 0.1]},
    gradient.slope_index: {"value": [0.1, 0.2], "population": [5, 6], "standard_error": [0.1, 0.1]},
    gradient.relative_rank: {"population": [5, 6]},
    process_control.xmr: {"values": [1.0, 2.0, 3.0]},
    trend.trend: {"times": [1, 2, 3, 4], "values": [1.0, 2, 4, 3]},
    association.rank_correlation: {"x": [1, 2, 4, 3, 5], "y": [1, 2, 3, 4, 5]},
    linked_gaps.linked_gaps: {"x": [1, 2, 4], "error_x": [1, 1, 1], "y": [1, 2, 3], "error_y": [1, 1, 1]},
}
EVERY = [(f, arguments, name) for f, arguments in (CALLS | OTHERS).items() for name in arguments]
COUNTS = [(f, a, name) for f, a in CALLS.items() for name in a if name != "times"]


def identify(value):
    return value if isinstance(value, str) else getattr(value, "__name__", "")


@pytest.mark.parametrize(("function", "arguments", "name"), EVERY, ids=identify)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, "7", "many", None, True, 1j], ids=lambda value: repr(value))
def test_not_a_number(function, arguments, name, bad):
    values = [*arguments[name][:-1], bad]
    with pytest.raises(StatisticsError, match=rf"\b{name}\b"):
        function(**(arguments | {name: np.array(values, dtype=object)}))


@pytest.mark.parametrize(("function", "arguments", "name"), COUNTS, ids=identify)
def test_negative(function, arguments, name):
    with pytest.raises(StatisticsError, match=rf"^{name} must not be negative, but -3 was given at position"):
        function(**(arguments | {name: [*arguments[name][:-1], -3]}))


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [(f, a, name) for f, a, name in COUNTS if name.startswith("count") and name.replace("count", "total") in a],
    ids=identify,
)
def test_numerator_over_denominator(function, arguments, name):
    total = name.replace("count", "total")
    with pytest.raises(StatisticsError, match=rf"^{name} must not be over {total}, but 999 of"):
        function(**(arguments | {name: [*arguments[name][:-1], 999]}))


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, np.nan, "95%", [0.9, 0.95]])
def test_confidence(confidence):
    for function in (intervals.wilson_interval, pooling.pooled_proportions):
        with pytest.raises(StatisticsError, match="confidence"):
            function([5], [50], confidence=confidence)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: intervals.difference_interval(1, 2, 1, 2, method="wald"), "method"),
        (lambda: pooling.pooled_proportions([1, 2], [5, 6], learn_from=[1, 0]), "learn_from"),
        (lambda: pooling.pooled_gaps([1, 2], [5, 6], [1, 2], [5, 6], learn_from=[True]), "learn_from"),
        (lambda: pooling.pooled_gaps([1, 2], [5, 6], [1, 2], [5, 6], kind=["acute"]), "kind"),
        (lambda: ratios.ratio_interval(1, 2, 1, 2, method="katz"), "method"),
        (lambda: intervals.wilson_interval(1, 2, nan_policy="omit"), "nan_policy"),
        (lambda: ratios.probability_outside(1, 2, 1, 2, limits=(1.25, 0.8)), "limits"),
        (lambda: ratios.probability_outside(1, 2, 1, 2, limits=(0, 0.8)), "limits"),
        (lambda: ratios.chance_of_flag(1.5, 10, 10), "rate"),
        (lambda: ratios.chance_of_flag(0.5, 0, 10), "total_1"),
        (lambda: ratios.chance_of_flag(0.5, 10.7, 10), "total_1"),
        (lambda: ratios.chance_of_flag(0.5, 10, [10, 20]), "total_2"),
        (lambda: ratios.probability_outside(1, 2, 1, 2, limits=(0.8,)), "limits"),
        (lambda: ratios.chance_of_flag(0.5, 10, 10, limits=0.8), "limits"),
        (lambda: funnel.funnel_limits([1, 2], [5, 6], learn_from=[True]), "learn_from"),
        (lambda: ratios.stratified_ratio(1, 2, 1, 2), "count_1"),
        (lambda: funnel.funnel_limits([1], [2], target=1.5), "target"),
        (lambda: funnel.funnel_limits([1], [2], scale="rate"), "scale"),
        (lambda: funnel.funnel_limits(1, 2), "count"),
        (lambda: funnel.funnel_from_estimates([-0.1], [0.1], scale="log"), "estimate"),
        (lambda: funnel.funnel_from_estimates([0.1], [0]), "standard_error"),
        (lambda: funnel.between_variance([1, 2], [0.5, -1]), "standard_error"),
        (lambda: gradient.slope_index([1, 2], [1, 2], [1, 1], transform="sqrt"), "transform"),
        (lambda: gradient.slope_index([0, 2], [1, 2], [1, 1], transform="log"), "value"),
        (lambda: gradient.slope_index([0.5, 1], [1, 2], [1, 1], transform="logit"), "value"),
        (lambda: gradient.slope_index([1, 2], [1, 0], [1, 1]), "population"),
        (lambda: gradient.slope_index([1], [1], [1]), "value"),
        (lambda: gradient.slope_index(np.empty((0, 5)), np.empty((0, 5)), np.empty((0, 5))), "value"),
        (lambda: gradient.slope_index([1, 2], [1, 2], [1, 1], multiplier=0), "multiplier"),
        (lambda: gradient.slope_index([1, 2], [1, 2], [1, 1], repetitions=10), "repetitions"),
        (lambda: process_control.xmr([1, 2], improvement="up"), "improvement"),
        (lambda: process_control.xmr([[1, 2]]), "values"),
        (lambda: process_control.xmr([1, 2], autocorrelation=1.0), "autocorrelation"),
        (lambda: process_control.level_change([1, 2], [1, 2], autocorrelation=-0.1), "autocorrelation"),
        (lambda: process_control.pooled_autocorrelation([[1, 2, "three"]]), "series"),
        (lambda: process_control.level_change([1, np.inf], [1, 2], autocorrelation=0.1), "before"),
        (lambda: process_control.level_change([1, 2], [1, np.nan], autocorrelation=0.1), "after"),
        (lambda: trend.pooled_spread([1, 2, 3], [[1, 2]]), "values"),
        (lambda: trend.pooled_spread([1, 2, 3], [[1, 2, 3]], [[1, 0, 1]]), "standard_error"),
        (lambda: trend.mean_change([1, 2, 3], [1, 2, np.nan], trend.Spread(1.0, 5, 2)), "values"),
        (lambda: trend.pooled_spread([1, 2, 2], [[1, 2, 3]]), "times"),
        (lambda: trend.change_spread([1, 3, 2], [[1, 2, 3]]), "times"),
        (lambda: trend.mean_change([1, 3, 2], [1, 2, 3], trend.Spread(1.0, 5, 2)), "times"),
        (lambda: trend.trend([1, 1, 1, 1], [1, 2, 3, 4]), "times"),
        (lambda: trend.trend([1, 2, 3, 4], [1, 2, 3, 4], [1, 1, 1, 0]), "standard_error"),
        (lambda: association.rank_correlation([1, 2], [1, 2], adjust=[["a"]]), "adjust"),
        (lambda: linked_gaps.linked_gaps([1, 2], [1, -1], [1, 2], [1, 1]), "error_x"),
        (lambda: linked_gaps.linked_gaps([1, 2], [1, 1], [1, 2], [1, 1], adjust=[["a"]]), "adjust"),
        (lambda: linked_gaps.linked_gaps([1, 2], [1, 1], [1, 2], [1, 1], covariates=[[1, 2, 3]]), "covariates"),
        (lambda: linked_gaps.linked_gaps([1, 2], [1, 1], [1, 2], [1, 1], covariates=[["a", "b"]]), "covariates"),
        (lambda: linked_gaps.linked_gaps([1, 2], [1, 1], [1, 2], [1, 1], method="dl"), "method"),
        (lambda: linked_gaps.linked_gaps(1, 1, 1, 1), "x"),
        (lambda: linked_gaps.detectable_correlation([1, 1], [1, 1], 1, 1, power=80), "power"),
        (lambda: linked_gaps.detectable_correlation([1, 1], [1, 1], -1, 1), "between_x"),
        (lambda: standardisation.direct_rate([1], [1], [0]), "standard_population"),
        (lambda: standardisation.indirect_ratio([1], [1], [0], [0]), "reference_population"),
        (lambda: disparity.index_of_disparity([1], [2], reference=2), "reference"),
        (lambda: two_estimates.ratio_of_estimates(2, 1, 4, 1, 0, 2), "lower_2"),
        (lambda: two_estimates.difference_of_estimates(2, 1, 4, 3, 1, 2), "value_2"),
    ],
)
def test_settings(call, name):
    with pytest.raises(StatisticsError, match=rf"\b{name}\b"):
        call()


def test_shapes_that_do_not_go_together_are_named():
    with pytest.raises(StatisticsError, match=r"count \(2,\), total \(3,\)"):
        intervals.wilson_interval([1, 2], [3, 4, 5])


def test_ragged_lists():
    with pytest.raises(StatisticsError, match="count"):
        intervals.wilson_interval([[1, 2], [3]], 9)


def test_it_is_an_error_for_people_and_a_value_error():
    assert issubclass(StatisticsError, RaceEqualityError)
    assert issubclass(StatisticsError, ValueError)


def test_a_rate_that_was_rounded_may_pass_its_base_by_rounding():
    assert intervals.wilson_interval(0.1 * 3 * 10, 3).upper == 1
