"""A gap between two shares, split into another mix of people and other rates among the same people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check

__all__ = ["Decomposition", "kitagawa"]


@dataclass(frozen=True)
class Decomposition:
    """A gap and its two parts, which add up to it.

    Attributes
    ----------
    gap : float or numpy.ndarray
        The first group's share less the second's, between −1 and 1.
    mix : float or numpy.ndarray
        The part that is another mix of strata.
    rates : float or numpy.ndarray
        The part that is other rates within strata.
    """

    gap: np.ndarray
    mix: np.ndarray
    rates: np.ndarray


def kitagawa(count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike) -> Decomposition:
    """Split the gap between two groups' shares into mix and rates.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators of the two groups; the last axis holds the strata, the others broadcast.

    Returns
    -------
    Decomposition
        Without the last axis. NaN where a group has nobody.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a count over its total, or no axis of strata.

    Notes
    -----
    With shares of strata w and rates r of the two groups, Σ(w₁ − w₂)(r₁ + r₂)/2 is the mix and Σ(r₁ − r₂)(w₁ + w₂)/2
    the rates: each difference is weighted by the mean of the two groups, so that neither is the standard, no interaction
    is left over, and the parts change sign with the order of the groups. In a stratum where one group has nobody its
    rate is not known; it is taken to be the other group's, and the whole difference is mix.

    References
    ----------
    Kitagawa EM. Components of a difference between two rates. Journal of the American Statistical Association 1955; 50:
    1168-1194.

    Examples
    --------
    >>> found = kitagawa([40, 10], [80, 20], [20, 30], [40, 60])
    >>> print(f"{found.gap:.2f}")
    0.00
    """
    arrays = check.two_groups(count_1, total_1, count_2, total_2)
    if arrays[0].ndim == 0:
        raise check.StatisticsError("count_1 must have the strata on its last axis.")
    count_1, total_1, count_2, total_2 = arrays
    with np.errstate(invalid="ignore", divide="ignore"):
        rate_1, rate_2 = count_1 / total_1, count_2 / total_2
        share_1, share_2 = (total / total.sum(axis=-1, keepdims=True) for total in (total_1, total_2))
    rate_1, rate_2 = np.where(total_1 > 0, rate_1, rate_2), np.where(total_2 > 0, rate_2, rate_1)
    nobody = (total_1 == 0) & (total_2 == 0)
    rate_1, rate_2 = (np.where(nobody, 0.0, rate) for rate in (rate_1, rate_2))
    mix = ((share_1 - share_2) * (rate_1 + rate_2) / 2).sum(axis=-1)
    rates = ((rate_1 - rate_2) * (share_1 + share_2) / 2).sum(axis=-1)
    gap = (share_1 * rate_1 - share_2 * rate_2).sum(axis=-1)
    return Decomposition(gap[()], mix[()], rates[()])
