"""Confidence intervals for percentages, counts, rates and gaps in percentage points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, ndtri

from race_equality.statistics import _arguments as check
from race_equality.statistics._arguments import Interval, StatisticsError

__all__ = [
    "Interval",
    "StatisticsError",
    "byar_interval",
    "count_interval",
    "difference_interval",
    "exact_poisson_interval",
    "rate_interval",
    "wilson_interval",
]

#: Below this count Byar's approximation gives way to the exact limits.
EXACT_BELOW = 10


def wilson_interval(
    count: ArrayLike, total: ArrayLike, confidence: float = 0.95, *, nan_policy: str = "raise"
) -> Interval:
    """Return Wilson's score interval for a proportion.

    Parameters
    ----------
    count, total : array-like
        Numerator and denominator; they broadcast.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        Proportions between 0 and 1. With a denominator of zero, 0 to 1.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    (2x + z² ± z√(z² + 4x(1 − x/n))) / 2(n + z²). Equal to statsmodels'
    ``proportion_confint(method="wilson")``, which a test compares; written out here because importing
    statsmodels costs every notebook more than a second, and because it gives NaN for 0 of 0.

    References
    ----------
    Wilson EB. Probable inference, the law of succession, and statistical inference. Journal of the
    American Statistical Association 1927; 22: 209-212.

    Examples
    --------
    >>> lower, upper = wilson_interval(15, 148)
    >>> print(f"{lower:.4f} to {upper:.4f}")
    0.0624 to 0.1605
    """
    count, total = check.count_and_total(count, total, nan_policy=nan_policy)
    return _wilson(count, total, _z(confidence))


def _wilson(count: np.ndarray, total: np.ndarray, z: float) -> Interval:
    proportion = np.divide(count, total, out=np.zeros(count.shape), where=~(total <= 0))
    half = z * np.sqrt(z**2 + 4 * count * (1 - proportion))
    middle, scale = 2 * count + z**2, 2 * (total + z**2)
    # exact ends: rounding would otherwise leave 1e-17 where nobody, or everybody, was counted
    lower = np.where(count == 0, 0.0, (middle - half) / scale)
    upper = np.where((count == total) & ~np.isnan(total), 1.0, (middle + half) / scale)
    missing = np.isnan(count) | np.isnan(total)
    return Interval(np.where(missing, np.nan, lower)[()], np.where(missing, np.nan, upper)[()])


def byar_interval(count: ArrayLike, confidence: float = 0.95, *, nan_policy: str = "raise") -> Interval:
    """Return Byar's limits for a Poisson count.

    Parameters
    ----------
    count : array-like
        Observed events.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        In events. The lower limit is never below zero (the formula falls below it for one event at a
        high level); for no events it is zero.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing counts, or text.

    Notes
    -----
    An approximation that is accurate from about ten events: use :func:`count_interval`, which takes
    the exact limits below that.

    References
    ----------
    Breslow NE, Day NE. Statistical methods in cancer research, volume II. Lyon: International Agency
    for Research on Cancer, 1987, page 69.
    """
    count = check.counts("count", count, nan_policy=nan_policy)
    z = _z(confidence)
    some = np.where(count > 0, count, 1.0)
    lower = np.where(count > 0, some * np.maximum(0, 1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3, 0.0)
    above = count + 1
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return Interval(np.where(np.isnan(count), np.nan, lower)[()], upper[()])


def exact_poisson_interval(count: ArrayLike, confidence: float = 0.95, *, nan_policy: str = "raise") -> Interval:
    """Return the exact limits for a Poisson count.

    Parameters
    ----------
    count : array-like
        Observed events.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        In events; the lower limit for no events is zero.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing counts, or text.

    Notes
    -----
    χ²(α/2; 2x)/2 and χ²(1 − α/2; 2x + 2)/2. Coverage is at least the level, above it for small counts.

    References
    ----------
    Garwood F. Fiducial limits for the Poisson distribution. Biometrika 1936; 28: 437-442.
    """
    count = check.counts("count", count, nan_policy=nan_policy)
    tail = (1 - check.level(confidence)) / 2
    some = np.where(count > 0, count, 1.0)
    # chdtri takes the upper tail
    lower = np.where(count > 0, chdtri(2 * some, 1 - tail) / 2, 0.0)
    upper = chdtri(2 * count + 2, tail) / 2
    return Interval(np.where(np.isnan(count), np.nan, lower)[()], upper[()])


def count_interval(count: ArrayLike, confidence: float = 0.95, *, nan_policy: str = "raise") -> Interval:
    """Return Byar's limits for counts from 10, and the exact limits below.

    Parameters
    ----------
    count : array-like
        Observed events.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        In events.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing counts, or text.

    References
    ----------
    Public Health England. Commonly used public health statistics and their confidence intervals,
    2018; as :func:`byar_interval` and :func:`exact_poisson_interval`.
    """
    count = check.counts("count", count, nan_policy=nan_policy)
    byar = byar_interval(count, confidence, nan_policy="propagate")
    exact = exact_poisson_interval(count, confidence, nan_policy="propagate")
    few = count < EXACT_BELOW
    return Interval(np.where(few, exact.lower, byar.lower)[()], np.where(few, exact.upper, byar.upper)[()])


def rate_interval(
    count: ArrayLike, population: ArrayLike, confidence: float = 0.95, *, per: float = 1.0, nan_policy: str = "raise"
) -> Interval:
    """Return the limits of a rate: those of its count over the population.

    Parameters
    ----------
    count : array-like
        Observed events.
    population : array-like
        Person-time in which they happened.
    confidence : float
        Level of the interval.
    per : float
        What the rate is expressed for, such as 100,000.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        Events for each ``per``. With a population of zero, 0 to infinity.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, or text.
    """
    population = check.counts("population", population, nan_policy=nan_policy)
    multiplier = check.positive("per", per)
    limits = count_interval(count, confidence, nan_policy=nan_policy)
    lower, upper, population = check.together(
        count=np.asarray(limits.lower), upper=np.asarray(limits.upper), population=population
    )
    nobody = population == 0
    people = np.where(nobody, 1.0, population)
    return Interval(
        np.where(nobody, 0.0, lower / people * multiplier)[()],
        np.where(nobody, np.inf, upper / people * multiplier)[()],
    )


def difference_interval(
    count_1: ArrayLike,
    total_1: ArrayLike,
    count_2: ArrayLike,
    total_2: ArrayLike,
    method: str = "newcombe",
    confidence: float = 0.95,
    *,
    nan_policy: str = "raise",
) -> Interval:
    """Return an interval for the difference p1 − p2 of two independent proportions.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators of the two groups; they broadcast.
    method : {"newcombe", "miettinen-nurminen"}
        Newcombe's hybrid of two Wilson intervals (his method 10), or the score interval of Miettinen
        and Nurminen with the variance factor N/(N − 1).
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        Between −1 and 1 (times 100: percentage points). Where a group has nobody, −1 to 1.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    References
    ----------
    Newcombe RG. Interval estimation for the difference between independent proportions: comparison
    of eleven methods. Statistics in Medicine 1998; 17: 873-890.

    Miettinen O, Nurminen M. Comparative analysis of two rates. Statistics in Medicine 1985; 4: 213-226; the restricted
    estimate in closed form by Farrington CP, Manning G. Statistics in Medicine 1990; 9: 1447-1454.

    Examples
    --------
    >>> lower, upper = difference_interval(56, 70, 48, 80)
    >>> print(f"{lower:.4f} to {upper:.4f}")
    0.0524 to 0.3339
    """
    check.choice("method", method, ("newcombe", "miettinen-nurminen"))
    count_1, total_1, count_2, total_2 = check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)
    z = _z(confidence)
    if method == "newcombe":
        lower, upper = _newcombe(count_1, total_1, count_2, total_2, z)
    else:
        lower, upper = _miettinen_nurminen(count_1, total_1, count_2, total_2, z)
    nobody = (total_1 == 0) | (total_2 == 0)
    missing = np.isnan(count_1 + total_1 + count_2 + total_2)
    lower = np.where(missing, np.nan, np.where(nobody, -1.0, lower))
    upper = np.where(missing, np.nan, np.where(nobody, 1.0, upper))
    return Interval(lower[()], upper[()])


def _newcombe(
    count_1: np.ndarray, total_1: np.ndarray, count_2: np.ndarray, total_2: np.ndarray, z: float
) -> tuple[np.ndarray, np.ndarray]:
    lower_1, upper_1 = _wilson(count_1, total_1, z)
    lower_2, upper_2 = _wilson(count_2, total_2, z)
    p1, p2 = count_1 / np.maximum(total_1, 1e-300), count_2 / np.maximum(total_2, 1e-300)
    difference = p1 - p2
    return (
        np.maximum(-1, difference - np.hypot(p1 - lower_1, upper_2 - p2)),
        np.minimum(1, difference + np.hypot(upper_1 - p1, p2 - lower_2)),
    )


def _miettinen_nurminen(
    x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, z: float
) -> tuple[np.ndarray, np.ndarray]:
    def lower_limit(x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray) -> np.ndarray:
        from scipy.optimize.elementwise import find_root

        known = (n1 > 0) & (n2 > 0)
        x1, n1, x2, n2 = (np.where(known, a, b) for a, b in ((x1, 0), (n1, 1), (x2, 0), (n2, 1)))
        estimate = x1 / n1 - x2 / n2

        def excess(delta: np.ndarray, x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray) -> np.ndarray:
            # the score above z without its division: defined where the variance is zero
            return x1 / n1 - x2 / n2 - delta - z * np.sqrt(_score_variance(delta, x1, n1, x2, n2))

        # a difference of -1 is its own lower limit; elsewhere the excess falls from above zero at -1 to
        # below zero just under the estimate (at it, nobody or everybody counted gives zero as well)
        below = estimate - 1e-9 * (1 + estimate)
        with np.errstate(invalid="ignore"):  # SciPy's own step where it has already converged
            root = find_root(excess, (np.full(estimate.shape, -1.0), below), args=(x1, n1, x2, n2)).x
        return np.where(estimate <= -1, -1.0, root)

    return lower_limit(x1, n1, x2, n2), 0.0 - lower_limit(x2, n2, x1, n1)


def _score_variance(delta: np.ndarray, x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Variance of p1 - p2 at the maximum likelihood estimates that differ by delta."""
    total, events = n1 + n2, x1 + x2
    b = (n1 + 2 * n2) * delta - total - events
    c = (n2 * delta - total - 2 * x2) * delta + events
    d = x2 * delta * (1 - delta)
    third = b / total / 3
    v = third**3 - b * c / (6 * total**2) + d / total / 2
    u = np.where(v > 0, 1.0, -1.0) * np.sqrt(np.maximum(0, third**2 - c / total / 3))
    flat = u == 0
    cosine = np.clip(v / np.where(flat, 1.0, u) ** 3, -1, 1)
    angle = (np.pi + np.arccos(np.where(flat, 0.0, cosine))) / 3
    p2 = np.clip(2 * u * np.cos(angle) - third, np.maximum(0, -delta), np.minimum(1, 1 - delta))
    p1 = np.clip(p2 + delta, 0, 1)
    return (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * total / np.maximum(total - 1, 1e-300)


def _z(confidence: float) -> float:
    return float(ndtri(1 - (1 - check.level(confidence)) / 2))
