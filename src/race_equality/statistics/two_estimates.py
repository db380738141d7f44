"""The difference, or the ratio, of two estimates of which only the intervals are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check

__all__ = ["Compared", "difference_of_estimates", "ratio_of_estimates"]


class Compared(NamedTuple):
    """Two estimates compared.

    Attributes
    ----------
    estimate : float or numpy.ndarray
        The first minus, or over, the second.
    lower, upper : float or numpy.ndarray
        The limits of its interval, at the level of the intervals that were given.
    """

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def difference_of_estimates(
    value_1: ArrayLike,
    lower_1: ArrayLike,
    upper_1: ArrayLike,
    value_2: ArrayLike,
    lower_2: ArrayLike,
    upper_2: ArrayLike,
) -> Compared:
    """Return the difference of two independent estimates, with its interval from theirs.

    Parameters
    ----------
    value_1, lower_1, upper_1, value_2, lower_2, upper_2 : array-like
        Two estimates with their limits, at one level and in one unit; they broadcast.

    Returns
    -------
    Compared
        In the unit of the estimates.

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, or an estimate outside its own limits.

    Notes
    -----
    The method of variance estimates recovery (MOVER): (v₁ − v₂) − √((v₁ − l₁)² + (u₂ − v₂)²) to
    (v₁ − v₂) + √((u₁ − v₁)² + (v₂ − l₂)²). Of two Wilson intervals it is Newcombe's interval. It needs no count and no
    standard error, and keeps that an interval is longer to one side.

    References
    ----------
    Zou GY, Donner A. Construction of confidence limits about effect measures: a general approach. Statistics in Medicine
    2008; 27: 1693-1702.

    Examples
    --------
    >>> found = difference_of_estimates(5.0, 3.0, 7.0, 4.0, 2.5, 5.5)
    >>> print(f"{found.estimate:.1f} ({found.lower:.1f} to {found.upper:.1f})")
    1.0 (-1.5 to 3.5)
    """
    v1, l1, u1, v2, l2, u2 = _estimates(value_1, lower_1, upper_1, value_2, lower_2, upper_2)
    difference = v1 - v2
    return Compared(
        difference[()], (difference - np.hypot(v1 - l1, u2 - v2))[()], (difference + np.hypot(u1 - v1, v2 - l2))[()]
    )


def ratio_of_estimates(
    value_1: ArrayLike,
    lower_1: ArrayLike,
    upper_1: ArrayLike,
    value_2: ArrayLike,
    lower_2: ArrayLike,
    upper_2: ArrayLike,
) -> Compared:
    """Return the ratio of two independent estimates that are ratios themselves, with its interval from theirs.

    Parameters
    ----------
    value_1, lower_1, upper_1, value_2, lower_2, upper_2 : array-like
        Two estimates with their limits, at one level; all above zero.

    Returns
    -------
    Compared
        1 is no difference.

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, values of zero or below, or an estimate outside its own limits.

    Notes
    -----
    :func:`difference_of_estimates` of the logarithms, because the interval of a ratio is about as long to both sides there.

    References
    ----------
    As :func:`difference_of_estimates`.

    Examples
    --------
    >>> found = ratio_of_estimates(2.0, 1.0, 4.0, 1.0, 0.5, 2.0)
    >>> print(f"{found.estimate:.2f} ({found.lower:.2f} to {found.upper:.2f})")
    2.00 (0.75 to 5.33)
    """
    parts = _estimates(value_1, lower_1, upper_1, value_2, lower_2, upper_2)
    for name, part in zip(_NAMES, parts, strict=True):
        check.positive(name, part)
    found = difference_of_estimates(*map(np.log, parts))
    return Compared(*(np.exp(part)[()] for part in found))


_NAMES = ("value_1", "lower_1", "upper_1", "value_2", "lower_2", "upper_2")


def _estimates(*parts: ArrayLike) -> tuple[np.ndarray, ...]:
    arrays = check.together(**{name: check.numbers(name, part) for name, part in zip(_NAMES, parts, strict=True)})
    for number, (value, lower, upper) in ((1, arrays[:3]), (2, arrays[3:])):
        if (lower > value).any() or (value > upper).any():
            raise check.StatisticsError(
                f"value_{number} must lie between lower_{number} and upper_{number}; give them in this order."
            )
    return arrays
