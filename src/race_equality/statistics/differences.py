"""A difference between two shares within strata: Mantel-Haenszel's, with Sato's interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from race_equality.statistics import _arguments as check

__all__ = ["StratifiedDifference", "stratified_difference"]


@dataclass(frozen=True)
class StratifiedDifference:
    """A difference within strata.

    Attributes
    ----------
    difference : float
        The first group's share minus the second's, between −1 and 1; NaN where no stratum has people of both groups.
    lower, upper : float
        Its limits; −1 and 1 where it is not known.
    """

    difference: float
    lower: float
    upper: float


def stratified_difference(
    count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, confidence: float = 0.95
) -> StratifiedDifference:
    """Return the difference between two groups' shares, adjusted for strata.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like, one axis
        Numerators and denominators of the two groups, a stratum each.
    confidence : float

    Returns
    -------
    StratifiedDifference

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    Σw(p₁ − p₂) / Σw with w = n₁n₂ / (n₁ + n₂): strata in which one group has nobody say nothing. Sato's variance holds for
    few large strata and for many small ones.

    References
    ----------
    Sato T. On the variance estimator for the Mantel-Haenszel risk difference. Biometrics 1989; 45: 1323-1324. Greenland S,
    Robins JM. Estimation of a common effect parameter from sparse follow-up data. Biometrics 1985; 41: 55-68.

    Examples
    --------
    Within both strata the shares are the same, and together they are not:

    >>> stratified_difference([45, 10], [90, 100], [5, 20], [10, 200]).difference
    0.0
    """
    x_1, n_1, x_2, n_2 = (np.atleast_1d(part) for part in check.two_groups(count_1, total_1, count_2, total_2))
    both = (n_1 > 0) & (n_2 > 0)
    x_1, n_1, x_2, n_2 = (part[both].astype(float) for part in (x_1, n_1, x_2, n_2))
    level = check.level(confidence)
    if not both.any():
        return StratifiedDifference(float("nan"), -1.0, 1.0)
    everybody = n_1 + n_2
    weight = (n_1 * n_2 / everybody).sum()
    difference = float(((x_1 * n_2 - x_2 * n_1) / everybody).sum() / weight)
    of_level = (n_1**2 * x_2 - n_2**2 * x_1 + n_1 * n_2 * (n_2 - n_1) / 2) / everybody**2
    of_both = (x_1 * (n_2 - x_2) + x_2 * (n_1 - x_1)) / (2 * everybody)
    variance = max(float((difference * of_level.sum() + of_both.sum()) / weight**2), 0.0)
    away = float(ndtri((1 + level) / 2)) * variance**0.5
    return StratifiedDifference(difference, max(difference - away, -1.0), min(difference + away, 1.0))
