"""The interval of a difference that is recovered from two intervals holds the truth as often as they do."""

import numpy as np
import pytest

from race_equality.statistics.intervals import difference_interval
from race_equality.statistics.ratios import ratio, ratio_interval
from race_equality.statistics.two_estimates import difference_of_estimates, ratio_of_estimates

PAIRS = 8_000


@pytest.mark.parametrize(("people", "other"), [((300, 900), (2_500, 7_000)), ((60, 400), (80, 500))])
def test_of_two_gaps(people, other):
    rng = np.random.default_rng(3)

    def gaps(sizes, shares):
        counts = [rng.binomial(size, share, PAIRS) for size, share in zip(sizes, shares, strict=True)]
        limits = difference_interval(counts[0], sizes[0], counts[1], sizes[1])
        return counts[0] / sizes[0] - counts[1] / sizes[1], limits.lower, limits.upper

    found = difference_of_estimates(*gaps(people, (0.16, 0.08)), *gaps(other, (0.20, 0.09)))
    covered = np.mean((found.lower <= -0.03) & (-0.03 <= found.upper))
    assert 0.94 <= covered <= 0.965


def test_of_two_ratios():
    rng = np.random.default_rng(4)

    def ratios(sizes, shares):
        counts = [rng.binomial(size, share, PAIRS // 4) for size, share in zip(sizes, shares, strict=True)]
        limits = ratio_interval(counts[0], sizes[0], counts[1], sizes[1])
        return ratio(counts[0], sizes[0], counts[1], sizes[1]), limits.lower, limits.upper

    found = ratio_of_estimates(*ratios((2_000, 900), (0.25, 0.15)), *ratios((700, 500), (0.25, 0.20)))
    truth = (0.25 / 0.15) / (0.25 / 0.20)
    covered = np.mean((found.lower <= truth) & (truth <= found.upper))
    assert 0.935 <= covered <= 0.97
