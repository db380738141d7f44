"""The index of disparity: how far groups are from a reference, on average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check

__all__ = ["Disparity", "index_of_disparity"]


@dataclass(frozen=True)
class Disparity:
    """The index of disparity.

    Attributes
    ----------
    estimate, lower, upper : float
        Per cent of the reference; NaN where the reference is zero or unknown, or no group has anybody.
    reference : float
        The rate that groups are compared with.
    groups : int
        How many groups had people.
    """

    estimate: float
    lower: float
    upper: float
    reference: float
    groups: int


def index_of_disparity(
    count: ArrayLike,
    total: ArrayLike,
    *,
    reference: float | None = None,
    confidence: float = 0.95,
    repetitions: int = 10_000,
    seed: int = 2024,
    nan_policy: str = "raise",
) -> Disparity:
    """Return the mean distance of groups' rates from a reference, in per cent of it.

    Parameters
    ----------
    count, total : array-like, one axis
        Numerator and denominator of each group.
    reference : float, optional
        The rate to compare with; without it the rate of all groups together.
    confidence : float
        Level of the interval.
    repetitions : int
        Simulated sets of groups.
    seed : int
        Of the random numbers.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or its group is left out.

    Returns
    -------
    Disparity
        0 when all are equal, and for one group against itself.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a count over its total, or a reference outside 0 to 1.

    Notes
    -----
    (Σ|rᵢ − R| / n) / R × 100. Chance alone makes it larger than zero, the more so in small groups: the
    interval (of draws from each group's Jeffreys posterior) does not contain zero, and is no test.

    References
    ----------
    Pearcy JN, Keppel KG. A summary measure of health disparity. Public Health Reports 2002; 117: 273-280.
    """
    tail = (1 - check.level(confidence)) / 2
    count, total = check.count_and_total(count, total, nan_policy=nan_policy)
    if count.ndim != 1:
        raise check.StatisticsError("count must have one axis, a value for each group.")
    keep = total > 0
    count, total = count[keep], total[keep]
    given = None if reference is None else check.proportions("reference", reference).item()
    if count.size == 0:
        return Disparity(np.nan, np.nan, np.nan, np.nan if given is None else given, 0)
    centre = float(count.sum() / total.sum()) if given is None else given
    if centre == 0:
        return Disparity(np.nan, np.nan, np.nan, centre, count.size)
    if count.size == 1 and given is None:
        return Disparity(0.0, 0.0, 0.0, centre, 1)
    estimate = float(np.abs(count / total - centre).mean() / centre * 100)
    rng = np.random.default_rng(seed)
    rates = rng.beta(count + 0.5, total - count + 0.5, (int(repetitions), count.size))
    centres = (rates * total).sum(axis=-1) / total.sum() if given is None else np.full(int(repetitions), given)
    drawn = np.abs(rates - centres[:, np.newaxis]).mean(axis=-1) / centres * 100
    lower, upper = (float(limit) for limit in np.quantile(drawn, [tail, 1 - tail]))
    return Disparity(estimate, lower, upper, centre, count.size)
