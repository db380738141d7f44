"""Relative likelihoods: how many times as likely one group is as another.

The Wald interval on the log scale (Katz) is not offered: it has no answer for a zero cell and covers
badly at the sizes of a trust.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betainc, betaincinv, expit, ndtri

from race_equality.statistics import _arguments as check
from race_equality.statistics._arguments import Interval

__all__ = [
    "FOUR_FIFTHS",
    "chance_of_flag",
    "probability_outside",
    "ratio",
    "ratio_interval",
    "stratified_ratio",
    "stratified_ratio_interval",
]

#: The range of the four-fifths rule, a flag and never the finding.
FOUR_FIFTHS = (0.8, 1.25)

#: Limits are looked for on the log scale up to e to this power; beyond it lie only 0 and infinity.
_LOG_RANGE = 40.0

#: Probability that is left out at each end when a posterior is integrated.
_NEGLIGIBLE = 1e-9


class _Corrections(NamedTuple):
    skewness: bool
    variance: bool


_METHODS = {
    "scas": _Corrections(skewness=True, variance=True),
    "koopman": _Corrections(skewness=False, variance=False),
    "gart-nam": _Corrections(skewness=True, variance=False),
    "miettinen-nurminen": _Corrections(skewness=False, variance=True),
}


def ratio(
    count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, nan_policy: str = "raise"
) -> np.ndarray:
    """Return the ratio p1 / p2 of two proportions.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators of the two groups; they broadcast.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    float or numpy.ndarray
        Infinity where only the second group has no events; NaN where neither has any, or where a
        group has nobody: there is nothing to compare.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Examples
    --------
    WRES indicator 2 as NHS England works it: 46.99% of White and 14.65% of ethnic minority people
    shortlisted were appointed.

    >>> round(float(ratio(4699, 10000, 1465, 10000)), 2)
    3.21
    """
    x1, n1, x2, n2 = check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ((x1 / n1) / (x2 / n2))[()]


def ratio_interval(
    count_1: ArrayLike,
    total_1: ArrayLike,
    count_2: ArrayLike,
    total_2: ArrayLike,
    method: str = "scas",
    confidence: float = 0.95,
    *,
    nan_policy: str = "raise",
) -> Interval:
    """Return an interval for the ratio p1 / p2 of two independent proportions.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators of the two groups; they broadcast.
    method : {"scas", "koopman", "gart-nam", "miettinen-nurminen"}
        "scas" is the score interval with a correction for skewness and the variance factor N/(N − 1),
        whose two tails are nearly equal. Koopman's has neither, Gart and Nam's the correction alone,
        Miettinen and Nurminen's the factor alone.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        The lower limit is 0 where the first group has no events; the upper limit is infinite where
        the second has none. Where neither has any, or a group has nobody: 0 to infinity.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    The limits of p2 / p1 are exactly the reciprocals.

    References
    ----------
    Koopman PAR. Confidence intervals for the ratio of two binomial proportions. Biometrics 1984; 40: 513-517.

    Gart JJ, Nam J. Approximate interval estimation of the ratio of binomial parameters: a review and
    corrections for skewness. Biometrics 1988; 44: 323-338.

    Laud PJ. Equal-tailed confidence intervals for comparison of rates. Pharmaceutical Statistics 2017; 16: 334-348.

    Miettinen O, Nurminen M. Comparative analysis of two rates. Statistics in Medicine 1985; 4: 213-226.
    """
    check.choice("method", method, tuple(_METHODS))
    x1, n1, x2, n2 = check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)
    x1, n1, x2, n2 = (array[..., np.newaxis] for array in (x1, n1, x2, n2))  # one stratum
    return _score_limits(x1, n1, x2, n2, _METHODS[method], confidence)


def stratified_ratio(
    count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, nan_policy: str = "raise"
) -> np.ndarray:
    """Return the Mantel-Haenszel ratio of proportions over strata.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators; the last axis holds the strata (pay bands), the others broadcast.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    float or numpy.ndarray
        Without the last axis. Strata in which a group has nobody say nothing and carry no weight.
        Infinity and NaN as for :func:`ratio`.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a count over its total, or no strata.

    References
    ----------
    Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of
    disease. Journal of the National Cancer Institute 1959; 22: 719-748; for ratios of proportions
    Greenland S, Robins JM. Biometrics 1985; 41: 55-68.
    """
    x1, n1, x2, n2 = _strata(count_1, total_1, count_2, total_2, nan_policy)
    total = np.where(n1 + n2 == 0, 1.0, n1 + n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ((x1 * n2 / total).sum(axis=-1) / (x2 * n1 / total).sum(axis=-1))[()]


def stratified_ratio_interval(
    count_1: ArrayLike,
    total_1: ArrayLike,
    count_2: ArrayLike,
    total_2: ArrayLike,
    confidence: float = 0.95,
    *,
    nan_policy: str = "raise",
) -> Interval:
    """Return a score interval for a ratio that is the same in every stratum.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators; the last axis holds the strata (pay bands), the others broadcast.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    Interval
        Without the last axis; 0 and infinity as for :func:`ratio_interval`. It belongs to the estimate
        of :func:`stratified_ratio`.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a count over its total, or no strata.

    References
    ----------
    Laud PJ. Equal-tailed confidence intervals for comparison of rates. Pharmaceutical Statistics
    2017; 16: 334-348: stratified, Mantel-Haenszel weights n1·n2/(n1 + n2), skewness corrected.
    """
    x1, n1, x2, n2 = _strata(count_1, total_1, count_2, total_2, nan_policy)
    return _score_limits(x1, n1, x2, n2, _METHODS["scas"], confidence)


def probability_outside(
    count_1: ArrayLike,
    total_1: ArrayLike,
    count_2: ArrayLike,
    total_2: ArrayLike,
    limits: tuple[float, float] = FOUR_FIFTHS,
    *,
    nan_policy: str = "raise",
) -> np.ndarray:
    """Return the probability that the true ratio p1 / p2 lies outside a range.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        Numerators and denominators of the two groups; they broadcast.
    limits : (float, float)
        The range; the four-fifths rule's 0.8 to 1.25 by default.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error or has a missing result.

    Returns
    -------
    float or numpy.ndarray
        Between 0 and 1; NaN where a group has nobody.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a count over its total, or limits in the wrong order.

    Notes
    -----
    Posterior probability under independent Jeffreys priors, Beta(½, ½), for the two proportions;
    integrated over the second by Gauss-Legendre quadrature, without simulation.

    References
    ----------
    Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Statistical Science
    2001; 16: 101-133, for the prior. Equal Employment Opportunity Commission, Uniform guidelines on
    employee selection procedures, 1978, section 4D, for the range.
    """
    least, most = _range(limits)
    x1, n1, x2, n2 = (
        a[..., np.newaxis] for a in check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)
    )
    known = (n1 > 0) & (n2 > 0)
    a1, b1, a2, b2 = (np.where(known, a, 0.0) + 0.5 for a in (x1, n1 - x1, x2, n2 - x2))
    # Integrate over the proportion that is known better: the other's distribution is smooth across it.
    first_1, last_1 = _logit_range(a1, b1)
    first_2, last_2 = _logit_range(a2, b2)
    swap = last_1 - first_1 < last_2 - first_2
    a1, b1, a2, b2 = (np.where(swap, p, q) for p, q in ((a2, a1), (b2, b1), (a1, a2), (b1, b2)))
    first, last = np.where(swap, first_1, first_2), np.where(swap, last_1, last_2)
    low, high = np.where(swap, 1 / most, least), np.where(swap, 1 / least, most)
    # p1 cannot be above the range where p2 is over 1/high: there the integrand has a corner
    corner = np.clip(-np.log(np.maximum(high - 1, 1e-300)), first, last)
    points, point_weight = np.polynomial.legendre.leggauss(80)
    left, right = (corner - first) / 2, (last - corner) / 2
    logit = np.concatenate([first + left * (points + 1), corner + right * (points + 1)], axis=-1)
    width = np.concatenate([left * point_weight, right * point_weight], axis=-1)
    p2 = expit(logit)
    log_density = a2 * logit - (a2 + b2) * np.logaddexp(0, logit)
    weight = width * np.exp(log_density - log_density.max(axis=-1, keepdims=True))
    below = betainc(a1, b1, np.minimum(1, low * p2))
    above = betainc(b1, a1, np.maximum(0, 1 - high * p2))
    outside = ((below + above) * weight).sum(axis=-1) / weight.sum(axis=-1)
    return np.where(known[..., 0], np.clip(outside, 0, 1), np.nan)[()]


def _logit_range(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outermost quantiles of Beta(a, b) on the logit scale."""
    tail = _NEGLIGIBLE
    first = np.log(betaincinv(a, b, tail)) - np.log(betaincinv(b, a, 1 - tail))
    last = np.log(betaincinv(a, b, 1 - tail)) - np.log(betaincinv(b, a, tail))
    return first, last


def chance_of_flag(rate: float, total_1: int, total_2: int, limits: tuple[float, float] = FOUR_FIFTHS) -> float:
    """Return how often an observed ratio falls outside a range when there is no true difference.

    Parameters
    ----------
    rate : float
        The proportion that both groups share.
    total_1, total_2 : int
        The sizes of the two groups.
    limits : (float, float)
        The range; the four-fifths rule's 0.8 to 1.25 by default.

    Returns
    -------
    float
        Exact binomial probability, given that either group has an event.

    Raises
    ------
    StatisticsError
        A rate outside 0 to 1, sizes that are not above zero, or limits in the wrong order.

    Notes
    -----
    The reason why the four-fifths rule is a flag and never a finding: an event with a rate of 1% in groups of 500 and
    2,000 is flagged 64 times in 100 although the groups do not differ (a ratio of exactly 0.8 or 1.25 is not flagged).
    """
    rate = check.proportions("rate", rate).item()
    n1, n2 = (_people(name, n) for name, n in (("total_1", total_1), ("total_2", total_2)))
    low, high = _range(limits)
    if rate == 0:
        return 0.0
    x2 = np.arange(n2 + 1)
    cumulative = bdtr(x2, n2, rate)
    weight = np.diff(cumulative, prepend=0.0)
    # inside: low <= (x1/n1)/(x2/n2) <= high, a whole number between these two
    least = np.ceil(low * x2 * n1 / n2 - 1e-9)
    most = np.minimum(n1, np.floor(high * x2 * n1 / n2 + 1e-9))
    inside = np.where(most >= least, bdtr(most, n1, rate) - np.where(least > 0, bdtr(least - 1, n1, rate), 0), 0)
    nothing = (1 - rate) ** (n1 + n2)
    inside_and_something = (inside * weight)[1:].sum()
    return float(1 - inside_and_something / (1 - nothing))


def _range(limits: ArrayLike) -> tuple[float, float]:
    ends = check.positive("limits", limits)
    if ends.shape != (2,):
        raise check.StatisticsError(f"limits must be two numbers, but their shape is {ends.shape}.")
    low, high = ends.tolist()
    if low >= high:
        raise check.StatisticsError(f"limits must be in ascending order, but {low:g} and {high:g} were given.")
    return low, high


def _people(name: str, number: ArrayLike) -> int:
    value = check.positive(name, check.numbers(name, number, ndim=0)).item()
    if value != int(value):
        raise check.StatisticsError(f"{name} must be a whole number, but {value:g} was given.")
    return int(value)


def _strata(
    count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, nan_policy: str
) -> tuple[np.ndarray, ...]:
    arrays = check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)
    if arrays[0].ndim == 0 or arrays[0].shape[-1] == 0:
        raise check.StatisticsError("count_1 must have the strata on its last axis, at least one.")
    return arrays


def _score_limits(
    x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, corrected: _Corrections, confidence: float
) -> Interval:
    z = float(ndtri(1 - (1 - check.level(confidence)) / 2))
    missing = np.isnan(x1 + n1 + x2 + n2).any(axis=-1)
    # a stratum in which a group has nobody says nothing about the ratio
    comparable = (n1 > 0) & (n2 > 0)
    x1, x2 = np.where(comparable, x1, 0.0), np.where(comparable, x2, 0.0)
    n1, n2 = np.where(comparable, n1, 1.0), np.where(comparable, n2, 1.0)
    weight = np.where(comparable, n1 * n2 / (n1 + n2), 0.0)
    lower = _lower_limit(x1, n1, x2, n2, weight, z, corrected)
    mirrored = _lower_limit(x2, n2, x1, n1, weight, z, corrected)
    with np.errstate(divide="ignore"):
        upper = 1 / mirrored
    return Interval(np.where(missing, np.nan, lower)[()], np.where(missing, np.nan, upper)[()])


def _lower_limit(
    x1: np.ndarray,
    n1: np.ndarray,
    x2: np.ndarray,
    n2: np.ndarray,
    weight: np.ndarray,
    z: float,
    corrected: _Corrections,
) -> np.ndarray:
    from scipy.optimize.elementwise import find_root

    shape = x1.shape[:-1]
    x1, n1, x2, n2, weight = (a.reshape(-1, a.shape[-1]) for a in (x1, n1, x2, n2, weight))
    lower = np.zeros(len(x1))
    # without an event in the first group the ratio may be zero
    some = np.flatnonzero((x1 * weight).sum(axis=-1) > 0)
    if some.size:

        def excess(log_ratio: np.ndarray, row: np.ndarray) -> np.ndarray:
            # the root finder drops what it has found, so the rows travel with their brackets
            at = row.astype(int)
            theta = np.exp(log_ratio)
            return _score(theta, x1[at], n1[at], x2[at], n2[at], weight[at], z, corrected) - z

        # At a high level even one event may not exclude a ratio of zero.
        bounded = some[excess(np.full(some.shape, -_LOG_RANGE), some) > 0]
        if bounded.size:
            ends = np.full(bounded.shape, -_LOG_RANGE), np.full(bounded.shape, _LOG_RANGE)
            with np.errstate(invalid="ignore"):  # SciPy's own step where it has already converged
                lower[bounded] = np.exp(find_root(excess, ends, args=(bounded.astype(float),)).x)
    return lower.reshape(shape)


def _score(
    theta: np.ndarray,
    x1: np.ndarray,
    n1: np.ndarray,
    x2: np.ndarray,
    n2: np.ndarray,
    weight: np.ndarray,
    z: float,
    corrected: _Corrections,
) -> np.ndarray:
    """Score statistic at the ratio theta, over the strata on the last axis (Laud 2017)."""
    theta = theta[..., np.newaxis]
    total, events = n1 + n2, x1 + x2
    # maximum likelihood estimates under p1 = theta p2; this form of the root loses no digits
    b = n1 * theta + x1 + n2 + x2 * theta
    p2 = 2 * events / (b + np.sqrt(np.maximum(0, b**2 - 4 * total * theta * events)))
    p2 = np.minimum(p2, np.minimum(1, 1 / theta))
    p1 = theta * p2
    v1, v2 = p1 * (1 - p1) / n1, theta**2 * p2 * (1 - p2) / n2
    weight = weight / weight.sum(axis=-1, keepdims=True)
    difference = (weight * (x1 / n1 - theta * x2 / n2)).sum(axis=-1)
    factor = total / np.maximum(total - 1, 1e-300) if corrected.variance else 1.0
    variance = (weight**2 * (v1 + v2) * factor).sum(axis=-1)
    # no variance: the ratio is excluded (or certain, where there is no difference either)
    safe = np.where(variance > 0, variance, 1.0)
    score = np.where(variance > 0, difference / np.sqrt(safe), np.sign(difference) * 1e6)
    if not corrected.skewness:
        return np.clip(score, -1e6, 1e6)
    third = (weight**3 * (v1 * (1 - 2 * p1) / n1 - theta * v2 * (1 - 2 * p2) / n2)).sum(axis=-1)
    skew = np.where(variance > 0, third / (6 * safe**1.5), 0.0)
    # skew s² + s − (score + skew) = 0, in the form of its root that holds for skew = 0 as well
    root = 1 + 4 * skew * (score + skew)
    exact = 2 * (score + skew) / (1 + np.sqrt(np.maximum(0, root)))
    return np.clip(np.where(root >= 0, exact, score - (z**2 - 1) * skew), -1e6, 1e6)
