"""Bounds for people of no known group: hand calculations, every way to place them, and what must always hold."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from race_equality.statistics._arguments import StatisticsError
from race_equality.statistics.missing_group import gap_bounds, ratio_bounds, share_bounds


def test_a_gap_by_hand():
    """60 of 100 against 200 of 400, 500 known in all; 50 of no known group, 40 of them counted.

    Share of the unknown 0.8, above both groups. All in the group: 100/150 - 0.5 = 0.1667. All in the reference:
    0.6 - 240/450 = 0.0667. Spread: 0.1 x 500/550. No assumption: the 40 in the group and the 10 in the reference,
    100/140 - 200/410 = 0.2265; the 10 in the group and the 40 in the reference, 60/110 - 240/440 = 0.
    """
    found = gap_bounds(60, 100, 200, 400, 500, 40, 50)
    assert found.gap == pytest.approx(0.1)
    assert found.spread == pytest.approx(0.1 * 500 / 550)
    assert (found.lower, found.upper) == pytest.approx((0.6 - 240 / 450, 100 / 150 - 0.5))
    assert (found.least, found.most) == pytest.approx((0.0, 100 / 140 - 200 / 410))


def test_a_share_between_both_groups_is_split_where_the_gap_is_smallest():
    """60 of 100 against 40 of 100; 100 unknown with a share of 0.5: half to each gives 85/150 - 65/... by symmetry.

    With 50 in each group (60 + 25)/150 - (40 + 25)/150 = 20/150. Nothing raises the gap: 0.2.
    """
    found = gap_bounds(60, 100, 40, 100, 200, 50, 100)
    assert (found.lower, found.upper) == pytest.approx((20 / 150, 0.2))


def test_not_stated_and_not_known_have_shares_of_their_own():
    """Not stated 9 of 10, not known 0 of 10: the first to the group, the second to the reference."""
    found = gap_bounds(50, 100, 50, 100, 200, [9, 0], [10, 10])
    assert found.upper == pytest.approx(59 / 110 - 50 / 110)
    assert found.lower == pytest.approx(-(59 / 110 - 50 / 110))
    # one share for both is another assumption, and here a narrower one: 9 of 20 are under both groups
    together = gap_bounds(50, 100, 50, 100, 200, 9, 20)
    assert together.upper == pytest.approx(0.5 - 59 / 120)
    assert (together.least, together.most) == pytest.approx((found.least, found.most))


people = st.integers(1, 12)


@settings(max_examples=60)
@given(st.lists(st.tuples(people, st.floats(0, 1)), min_size=2, max_size=2), st.tuples(people, st.floats(0, 1)))
def test_no_way_to_place_people_is_outside_and_one_is_at_each_end(groups, unknown):
    (n, p), (m, q) = groups
    x, y = round(n * p), round(m * q)
    u, share = unknown
    counted = round(u * share)
    found = gap_bounds(x, n, y, m, n + m, counted, u)
    gaps = [
        (x + a + 0.0) / (n + a + c) - (y + b) / (m + b + d)
        for a, b in itertools.product(range(counted + 1), repeat=2)
        if a + b <= counted
        for c, d in itertools.product(range(u - counted + 1), repeat=2)
        if c + d <= u - counted
    ]
    assert (found.least, found.most) == pytest.approx((min(gaps), max(gaps)))
    # the same share in each: parts of the unknown, in steps of a fortieth
    steps = np.linspace(0, u, 41)
    alike = [
        (x + s * counted / u) / (n + s) - (y + t * counted / u) / (m + t)
        for s, t in itertools.product(steps, repeat=2)
        if s + t <= u + 1e-9
    ]
    assert found.lower <= min(alike) + 1e-12
    assert found.upper >= max(alike) - 1e-12
    assert (found.lower, found.upper) == pytest.approx((min(alike), max(alike)), abs=0.01)
    inside = (found.gap, found.spread)
    assert found.least - 1e-12 <= found.lower <= min(inside) + 1e-12
    assert max(inside) - 1e-12 <= found.upper <= found.most + 1e-12


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=4, max_size=4))
def test_bounds_turn_round_with_the_groups_and_grow_with_the_unknown(rows):
    (n, x), (m, y), *unknown = [(size, size * share) for size, share in rows]
    sizes, counts = [size for size, _ in unknown], [count for _, count in unknown]
    found, turned = gap_bounds(x, n, y, m, n + m, counts, sizes), gap_bounds(y, m, x, n, n + m, counts, sizes)
    assert (turned.gap, turned.lower, turned.upper) == pytest.approx((-found.gap, -found.upper, -found.lower))
    assert (turned.least, turned.most) == pytest.approx((-found.most, -found.least))
    fewer = gap_bounds(x, n, y, m, n + m, [counts[0] / 2, counts[1] / 2], [sizes[0] / 2, sizes[1] / 2])
    assert found.lower <= fewer.lower + 1e-9
    assert found.upper >= fewer.upper - 1e-9
    none = gap_bounds(x, n, y, m, n + m, [0, 0], [0, 0])
    assert (none.spread, none.lower, none.upper, none.least, none.most) == pytest.approx((none.gap,) * 5)


def test_arrays_go_together_and_an_empty_group_has_no_gap():
    found = gap_bounds([60, 0], [100, 0], 200, 400, 500, [[40], [40]], [[50], [50]])
    assert found.lower[0] == pytest.approx(gap_bounds(60, 100, 200, 400, 500, 40, 50).lower)
    assert np.isnan([getattr(found, name)[1] for name in ("gap", "spread", "lower", "upper", "least", "most")]).all()


def test_a_ratio_by_hand():
    """England, 2023/24, Black and White: 5,693 and 31,735 detentions, rates 239.0 and 69.5; 3,726 of no known group."""
    black, white = 5693 / 239.0, 31735 / 69.5  # in 100,000 people
    found = ratio_bounds(5693, black, 31735, white, 3726, black + white + 100)
    assert found.ratio == pytest.approx(239.0 / 69.5)
    assert found.lower == pytest.approx(239.0 / (69.5 * (31735 + 3726) / 31735))  # 3.08
    assert found.upper == pytest.approx(239.0 * (5693 + 3726) / 5693 / 69.5)  # 5.69
    each = 3726 / (black + white + 100)
    assert found.even == pytest.approx((239.0 + each) / (69.5 + each))
    assert found.lower < found.even < found.ratio < found.upper
    assert math.isnan(ratio_bounds(5, 10, 0, 10, 1, 20).ratio)


@settings(max_examples=60)
@given(*[st.integers(1, 1000)] * 4, st.integers(0, 200))
def test_a_ratio_stays_where_unknown_events_are_spread_as_the_known(d, n, e, m, unknown):
    found = ratio_bounds(d, n, e, m, unknown, n + m)
    part = unknown * d / (d + e)
    spread = (d + part) / n / ((e + unknown - part) / m)
    assert spread == pytest.approx(found.ratio)
    assert found.lower - 1e-12 <= found.even <= found.upper + 1e-12
    for to_group in (0, unknown / 3, unknown):
        ratio = (d + to_group) / n / ((e + unknown - to_group) / m)
        assert found.lower - 1e-12 <= ratio <= found.upper * (1 + 1e-12)


def test_a_share_by_hand():
    """30 of 80 whose group is known, and 20 more: 37.5%, from 30% to 50%."""
    found = share_bounds(30, 80, 20)
    assert (found.spread, found.lower, found.upper) == pytest.approx((0.375, 0.3, 0.5))
    assert math.isnan(share_bounds(0, 0, 5).lower)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: gap_bounds(5, 4, 1, 2, 10, 1, 2), "count must not be over people"),
        (lambda: gap_bounds(1, 4, 1, 2, 5, 1, 2), "known_people must not be fewer"),
        (lambda: gap_bounds(1, 4, 1, 2, 10, 3, 2), "unknown_count must not be over unknown_people"),
        (lambda: ratio_bounds(-1, 4, 1, 2, 10, 3), "events must not be negative"),
        (lambda: share_bounds(5, 4, 1), "count must not be over known_people"),
    ],
)
def test_bad_input_is_named(call, problem):
    with pytest.raises(StatisticsError, match=problem):
        call()
