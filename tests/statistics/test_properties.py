"""Properties that hold for any counts (hypothesis)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from race_equality.statistics.association import rank_correlation
from race_equality.statistics.decomposition import kitagawa
from race_equality.statistics.disparity import index_of_disparity
from race_equality.statistics.funnel import funnel_limits
from race_equality.statistics.gradient import slope_index
from race_equality.statistics.intervals import count_interval, difference_interval, wilson_interval
from race_equality.statistics.pooling import pooled_proportions
from race_equality.statistics.process_control import xmr
from race_equality.statistics.ratios import (
    probability_outside,
    ratio_interval,
    stratified_ratio,
    stratified_ratio_interval,
)
from race_equality.statistics.standardisation import direct_rate, indirect_ratio, ratio_of_rates
from race_equality.statistics.trend import trend, years_to_parity

#: The same examples each time: a build that fails today must fail again tomorrow.
examples = settings(max_examples=100)

METHODS = ["scas", "koopman", "gart-nam", "miettinen-nurminen"]
GAPS = ["newcombe", "miettinen-nurminen"]


@st.composite
def count_of_total(draw, most=20_000):
    total = draw(st.integers(1, most))
    return draw(st.integers(0, total)), total


@examples
@given(count_of_total(), st.sampled_from([0.8, 0.95, 0.998]))
def test_wilson_holds_the_estimate(pair, confidence):
    count, total = pair
    lower, upper = wilson_interval(count, total, confidence)
    assert 0 <= lower <= count / total <= upper <= 1
    assert lower < upper


@examples
@given(count_of_total())
def test_wilson_of_the_others_is_its_mirror(pair):
    count, total = pair
    lower, upper = wilson_interval(count, total)
    assert wilson_interval(total - count, total) == pytest.approx((1 - upper, 1 - lower), abs=1e-12)


@examples
@given(count_of_total(500), st.integers(2, 50))
def test_wilson_narrows_with_more_people(pair, times):
    count, total = pair
    one, many = wilson_interval(count, total), wilson_interval(count * times, total * times)
    assert one.lower <= many.lower
    assert many.upper <= one.upper


@examples
@given(st.integers(0, 5000), st.sampled_from([0.9, 0.95, 0.998]))
def test_count_interval_rises_with_the_count(count, confidence):
    here, next_one = count_interval(count, confidence), count_interval(count + 1, confidence)
    assert 0 <= here.lower <= count <= here.upper
    # from 9 to 10 the method changes, by less than 0.01
    assert here.lower <= next_one.lower + 0.01
    assert here.upper <= next_one.upper + 0.01


@examples
@given(count_of_total(), count_of_total(), st.sampled_from(GAPS), st.sampled_from([0.95, 0.998]))
def test_gap_is_ordered_and_symmetric(first, second, method, confidence):
    lower, upper = difference_interval(*first, *second, method, confidence)
    estimate = first[0] / first[1] - second[0] / second[1]
    assert -1 <= lower <= estimate + 1e-9
    assert estimate - 1e-9 <= upper <= 1
    mirrored = difference_interval(*second, *first, method, confidence)
    assert mirrored == pytest.approx((-upper, -lower), abs=1e-9)
    others = difference_interval(first[1] - first[0], first[1], second[1] - second[0], second[1], method, confidence)
    assert others == pytest.approx((-upper, -lower), abs=1e-7)


@examples
@given(count_of_total(300), count_of_total(300), st.integers(2, 30), st.sampled_from(GAPS))
def test_gap_narrows_with_more_people(first, second, times, method):
    one = difference_interval(*first, *second, method)
    many = difference_interval(*(v * times for v in first), *(v * times for v in second), method)
    assert many.upper - many.lower <= one.upper - one.lower + 1e-9


@examples
@given(count_of_total(), count_of_total(), st.sampled_from(METHODS))
def test_ratio_is_ordered_and_swaps_to_its_reciprocal(first, second, method):
    lower, upper = ratio_interval(*first, *second, method)
    assert 0 <= lower <= upper
    back = ratio_interval(*second, *first, method)
    with np.errstate(divide="ignore"):
        assert back.lower == pytest.approx(1 / np.float64(upper), rel=1e-9)
        assert back.upper == pytest.approx(1 / np.float64(lower), rel=1e-9)
    if first[0] and second[0]:
        estimate = (first[0] / first[1]) / (second[0] / second[1])
        assert lower < estimate * (1 + 1e-9)
        assert estimate < upper * (1 + 1e-9)
        assert upper < np.inf


@examples
@given(count_of_total(300), count_of_total(300), st.integers(2, 30), st.sampled_from(METHODS))
def test_ratio_narrows_with_more_people(first, second, times, method):
    if not (first[0] and second[0]):
        return
    one = ratio_interval(*first, *second, method)
    many = ratio_interval(*(v * times for v in first), *(v * times for v in second), method)
    assert np.log(many.upper / many.lower) <= np.log(one.upper / one.lower) + 1e-9


@examples
@given(count_of_total(2000), count_of_total(2000), st.sampled_from(METHODS))
def test_ratio_interval_grows_with_confidence(first, second, method):
    narrow, wide = (ratio_interval(*first, *second, method, level) for level in (0.9, 0.998))
    assert wide.lower <= narrow.lower
    assert narrow.upper <= wide.upper


@examples
@given(st.lists(st.tuples(count_of_total(400), count_of_total(400)), min_size=1, max_size=5))
def test_stratified_ratio_swaps_to_its_reciprocal_and_ignores_order(strata):
    x1, n1 = zip(*(first for first, _ in strata), strict=True)
    x2, n2 = zip(*(second for _, second in strata), strict=True)
    lower, upper = stratified_ratio_interval(x1, n1, x2, n2)
    estimate = stratified_ratio(x1, n1, x2, n2)
    assert 0 <= lower <= upper
    if np.isfinite(estimate) and estimate > 0:
        assert lower <= estimate * (1 + 1e-9)
        assert estimate <= upper * (1 + 1e-9)
    assert stratified_ratio_interval(x1[::-1], n1[::-1], x2[::-1], n2[::-1]) == pytest.approx((lower, upper), rel=1e-9)
    with np.errstate(divide="ignore"):
        assert stratified_ratio_interval(x2, n2, x1, n1).lower == pytest.approx(1 / np.float64(upper), rel=1e-9)


@examples
@given(count_of_total(), count_of_total())
def test_probability_outside_is_one_probability_for_both_directions(first, second):
    """0.8 and 1.25 are reciprocal, so the direction of the ratio does not matter."""
    there = probability_outside(*first, *second)
    assert 0 <= there <= 1
    assert probability_outside(*second, *first) == pytest.approx(there, abs=2e-4)


@examples
@given(st.lists(count_of_total(5000), min_size=1, max_size=40), st.booleans())
def test_funnel_is_ordered_and_narrows_with_size(units, overdispersed):
    count, total = (np.array(v) for v in zip(*units, strict=True))
    funnel = funnel_limits(count, total, overdispersed=overdispersed)
    assert (funnel.lower_998 <= funnel.lower_95).all()
    assert (funnel.lower_95 <= funnel.target + 1e-12).all()
    assert (funnel.target <= funnel.upper_95 + 1e-12).all()
    assert (funnel.upper_95 <= funnel.upper_998).all()
    by_size = np.argsort(total)
    width = (funnel.upper_95 - funnel.lower_95)[by_size]
    assert (np.diff(width) <= 1e-9).all()
    assert funnel.tau_squared >= 0
    outside = (funnel.estimate > funnel.upper_95 + 1e-9) | (funnel.estimate < funnel.lower_95 - 1e-9)
    assert (outside <= (funnel.position != "within limits")).all()


@examples
@given(st.lists(st.floats(-1e6, 1e6), max_size=40))
def test_turning_a_series_upside_down_swaps_high_and_low(values):
    chart, turned = xmr(values), xmr([-v for v in values])
    swap = {
        "above upper limit": "below lower limit",
        "rising": "falling",
        "two of three high": "two of three low",
        "seven above mean": "seven below mean",
    }
    swap |= {low: high for high, low in swap.items()}
    assert [swap.get(rule, rule) for rule in chart.rule] == list(turned.rule)


#: A value, people and a standard error in two to ten groups.
groups = st.integers(2, 10).flatmap(
    lambda size: st.tuples(
        *(
            st.lists(st.floats(low, high), min_size=size, max_size=size)
            for low, high in ((0.05, 0.95), (10, 10_000), (0.01, 0.3))
        )
    )
)


@examples
@given(groups, st.sampled_from(["none", "log", "logit"]))
def test_slope_index_is_ordered_and_turns_round_with_the_groups(data, transform):
    value, people, error = data
    found = slope_index(value, people, error, transform=transform, repetitions=1000)
    turned = slope_index(value[::-1], people[::-1], error[::-1], transform=transform, repetitions=1000)
    assert found.sii_interval.lower <= found.sii_interval.upper
    assert turned.sii == pytest.approx(-found.sii, abs=1e-9)
    if transform != "none":  # a straight line may end below zero, and then has no ratio to speak of
        assert turned.rii == pytest.approx(1 / found.rii, rel=1e-6)


@examples
@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=5, max_size=40))
def test_rank_correlation_is_symmetric_ordered_and_blind_to_scale(pairs):
    x, y = np.array(pairs).round(3).T
    found, swapped, turned = rank_correlation(x, y), rank_correlation(y, x), rank_correlation(-x, y)
    cubed = rank_correlation(x**3, y)
    if np.isnan(found.estimate):
        assert np.isnan(swapped.estimate)
        return
    assert -1 <= found.lower <= found.estimate <= found.upper <= 1
    assert (swapped.estimate, cubed.estimate) == pytest.approx((found.estimate, found.estimate))
    assert (turned.estimate, turned.lower) == pytest.approx((-found.estimate, -found.upper))


@examples
@given(st.lists(count_of_total(2000), min_size=1, max_size=8))
def test_index_of_disparity_is_ordered_and_blind_to_the_order_of_groups(pairs):
    count, total = zip(*pairs, strict=True)
    found = index_of_disparity(count, total, repetitions=1000)
    if np.isnan(found.estimate):
        return
    assert found.estimate >= 0
    assert found.lower <= found.upper
    assert index_of_disparity(count[::-1], total[::-1], repetitions=1000).estimate == pytest.approx(found.estimate)


@examples
@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(200, 20_000), st.integers(1, 9)), min_size=2, max_size=10),
    st.integers(2, 20),
)
def test_standardised_rates_are_ordered_and_narrow_with_more_people(bands, times):
    count, people, weight = np.array(bands).T
    for few, many in (
        (direct_rate(count, people, weight), direct_rate(count * times, people * times, weight)),
        (indirect_ratio(count, people, weight, people), indirect_ratio(count * times, people * times, weight, people)),
    ):
        if np.isnan(few.value):  # fewer than ten events
            continue
        assert few.lower <= few.value <= few.upper
        assert many.value == pytest.approx(few.value)
        assert many.upper - many.lower < few.upper - few.lower


@examples
@given(*[st.floats(1, 500), st.floats(0, 50)] * 2, st.floats(0.1, 10))
def test_a_ratio_of_rates_is_in_its_interval_and_turns_round(rate, width, other, other_width, times):
    ratio, limits = ratio_of_rates(rate, width, other, other_width)
    assert limits.lower <= ratio <= limits.upper
    back, turned = ratio_of_rates(other, other_width, rate, width)
    assert (back, turned.lower, turned.upper) == pytest.approx((1 / ratio, 1 / limits.upper, 1 / limits.lower))
    # in another unit it is the same, and with wider intervals wider
    assert ratio_of_rates(rate * times, width * times, other * times, other_width * times)[0] == pytest.approx(ratio)
    assert ratio_of_rates(rate, width + 1, other, other_width)[1].upper > limits.upper


@examples
@given(st.lists(st.floats(-50, 50), min_size=4, max_size=9), st.floats(0.1, 3))
def test_a_trend_is_ordered_and_turns_round_with_its_values(values, error):
    times = np.arange(len(values), dtype=float)
    for errors in (None, np.full(len(values), error)):
        found, turned = trend(times, values, errors), trend(times, [-v for v in values], errors)
        assert found.lower <= found.slope <= found.upper
        assert (turned.lower, turned.upper) == pytest.approx((-found.upper, -found.lower), abs=1e-9)


@examples
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 900)), min_size=4, max_size=9))
def test_years_to_parity_are_ordered_or_not_said(shares):
    board, staff = zip(*shares, strict=True)
    size = len(shares)
    found = years_to_parity(range(size), board, [20] * size, staff, [900] * size)
    if found.status == "estimated":
        assert 0 <= found.lower <= found.years <= found.upper
    else:
        assert found.status in ("no reliable gap", "moving away", "cannot be estimated")
        assert np.isnan(found.years)


@settings(max_examples=15)
@given(st.lists(count_of_total(500), min_size=2, max_size=12))
def test_pooled_units_are_ordered_and_ranked_among_themselves(pairs):
    count, total = zip(*pairs, strict=True)
    found = pooled_proportions(count, total)
    assert (found.lower <= found.estimate).all()
    assert (found.estimate <= found.upper).all()
    assert (found.rank_lower >= 1).all()
    assert (found.rank_lower <= found.rank).all()
    assert (found.rank <= found.rank_upper).all()
    assert (found.rank_upper <= len(pairs)).all()


@examples
@given(st.lists(st.tuples(count_of_total(), count_of_total()), min_size=1, max_size=12))
def test_the_parts_of_a_gap_add_up_to_it_and_turn_round_with_the_groups(strata):
    (count_1, total_1), (count_2, total_2) = (np.array(group, dtype=float).T for group in zip(*strata, strict=True))
    found = kitagawa(count_1, total_1, count_2, total_2)
    gap = count_1.sum() / total_1.sum() - count_2.sum() / total_2.sum()
    assert found.gap == pytest.approx(gap, abs=1e-12)
    assert found.mix + found.rates == pytest.approx(gap, abs=1e-12)
    other = kitagawa(count_2, total_2, count_1, total_1)
    assert (other.mix, other.rates) == pytest.approx((-found.mix, -found.rates), abs=1e-12)
    # one stratum, or one mix, leaves rates alone
    same = kitagawa(count_1, total_1, np.minimum(count_2, total_1), total_1)
    assert same.mix == pytest.approx(0, abs=1e-12)
