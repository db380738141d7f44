"""The smallest change that a survey's numbers could show: its size at a given power, between surveys and along a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from race_equality.statistics import _arguments as check

__all__ = ["detectable_change", "detectable_effect", "detectable_slope", "power_of", "ratio_error"]

#: Of a hundred surveys in which there is a change of the size that is given, in how many it would be seen.
POWER = 0.8


def detectable_effect(standard_error: ArrayLike, *, power: float = POWER, confidence: float = 0.95) -> np.ndarray:
    """Return the smallest true effect that a two-sided test shows with a given probability.

    Parameters
    ----------
    standard_error : array-like
        Of the estimate of the effect, in any unit.
    power : float
        The probability that the interval leaves out zero.
    confidence : float
        Level of that interval.

    Returns
    -------
    float or numpy.ndarray
        In the unit and the shape of `standard_error`.

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, errors that are not above zero, or a power of no more than half of
        1 - `confidence`, which chance alone has.

    Notes
    -----
    (z at 1 - alpha/2 + z at the power) times the standard error: 2.80 times at 95% and 80%. That an effect could be
    seen on the wrong side is left out, which at a power of a half or more is less than one in a thousand.

    References
    ----------
    Cohen J. Statistical power analysis for the behavioral sciences, 2nd edition, 1988, chapter 6. For two proportions his
    h is the difference of 2 arcsin of their roots, whose standard error is the root of 1/n1 + 1/n2.

    Examples
    --------
    >>> print(f"{detectable_effect((2 / 392) ** 0.5):.2f}")  # Cohen's table 6.4.1: h of 0.20 needs 392 in each group
    0.20
    """
    error = check.positive("standard_error", standard_error)
    return np.asarray(_quantiles(power, confidence) * error)[()]


def detectable_change(
    standard_error: ArrayLike, later_error: ArrayLike | None = None, *, power: float = POWER, confidence: float = 0.95
) -> np.ndarray:
    """Return the smallest change between two surveys of other people that would be seen.

    Parameters
    ----------
    standard_error : array-like
        Of the figure in the first survey: a share, a gap between two shares, or the logarithm of a ratio.
    later_error : array-like, optional
        Of the figure in the later survey; the same as in the first, with as many answers, where it is left out.
    power, confidence : float
        As for :func:`detectable_effect`.

    Returns
    -------
    float or numpy.ndarray
        In the unit of `standard_error`; of a logarithm, the logarithm of how many times.

    Raises
    ------
    StatisticsError
        As :func:`detectable_effect`, and for shapes that do not go together.

    Notes
    -----
    The variance of a change is the sum of the two variances. People who answer both times answer alike, which makes the
    true change that could be seen somewhat smaller.

    References
    ----------
    Cohen 1988, as for :func:`detectable_effect`.

    Examples
    --------
    >>> print(f"{detectable_change(2.0):.1f}")
    7.9
    """
    first = check.positive("standard_error", standard_error)
    later = first if later_error is None else check.positive("later_error", later_error)
    first, later = check.together(standard_error=first, later_error=later)
    return detectable_effect(np.hypot(first, later), power=power, confidence=confidence)


def detectable_slope(
    standard_error: ArrayLike, times: ArrayLike, *, power: float = POWER, confidence: float = 0.95
) -> np.ndarray:
    """Return the smallest steady change for each unit of time that a line through several surveys would show.

    Parameters
    ----------
    standard_error : array-like
        Of the figure in each survey, the same in all.
    times : array-like, one axis
        When the surveys are, as numbers: 0, 1 and 2 for three surveys a year apart.
    power, confidence : float
        As for :func:`detectable_effect`.

    Returns
    -------
    float or numpy.ndarray
        In the unit and the shape of `standard_error`, for each unit of time.

    Raises
    ------
    StatisticsError
        As :func:`detectable_effect`, and for fewer than two times or times that are all equal.

    Notes
    -----
    The slope of least squares has the error s / sqrt(sum of (t - mean t) squared), with the error s taken as known. Where
    surveys scatter by more than the sampling of people, the slope that would be seen is larger in proportion.

    References
    ----------
    Draper NR, Smith H. Applied regression analysis, 3rd edition, 1998, section 1.4; Cohen 1988 for the power.

    Examples
    --------
    >>> print(f"{detectable_slope(2.0, [0, 1, 2]):.1f}")
    4.0
    """
    error = check.positive("standard_error", standard_error)
    when = check.numbers("times", times, ndim=1)
    if when.size < 2 or np.ptp(when) == 0:
        raise check.StatisticsError("times must be two or more that are not all equal.")
    spread = np.sqrt(((when - when.mean()) ** 2).sum())
    return detectable_effect(error / spread, power=power, confidence=confidence)


def power_of(effect: ArrayLike, standard_error: ArrayLike, *, confidence: float = 0.95) -> np.ndarray:
    """Return the probability that a two-sided test shows an effect of a given size.

    Parameters
    ----------
    effect : array-like
        The true effect, of either sign.
    standard_error : array-like
        Of its estimate, in the same unit.
    confidence : float
        Level of the interval that leaves out zero.

    Returns
    -------
    float or numpy.ndarray
        Between 1 - `confidence` and 1, of both sides together.

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, errors that are not above zero, or shapes that do not go together.

    References
    ----------
    Cohen 1988, as for :func:`detectable_effect`.

    Examples
    --------
    >>> print(f"{power_of(5.6, 2.0):.2f}, {power_of(0.0, 2.0):.2f}")
    0.80, 0.05
    """
    level = check.level(confidence)
    size, error = check.together(
        effect=check.numbers("effect", effect), standard_error=check.positive("standard_error", standard_error)
    )
    beyond = ndtri(1 - (1 - level) / 2)
    ratio = np.abs(size) / error
    return np.asarray(ndtr(ratio - beyond) + ndtr(-ratio - beyond))[()]


def ratio_error(lower: ArrayLike, upper: ArrayLike, *, confidence: float = 0.95) -> np.ndarray:
    """Return the standard error of a ratio's logarithm from its interval.

    Parameters
    ----------
    lower, upper : array-like
        The interval of the ratio; a lower limit of 0 or an infinite upper one says nothing of the error.
    confidence : float
        Level of the interval.

    Returns
    -------
    float or numpy.ndarray
        NaN where the interval has no end on one side.

    Raises
    ------
    StatisticsError
        Missing values, text, negative limits, limits in the wrong order, or shapes that do not go together.

    Notes
    -----
    Half the width of the interval on the scale of logarithms, over the normal quantile. A score interval is not quite
    symmetric there, so this is the mean of its two sides.

    Examples
    --------
    >>> print(f"{ratio_error(0.5, 2.0):.2f}")
    0.35
    """
    quantile = ndtri(1 - (1 - check.level(confidence)) / 2)
    endless = np.array([end == np.inf for end in np.ravel(upper)], dtype=bool).reshape(np.shape(upper))
    below = check.counts("lower", lower)
    above = check.counts("upper", [0.0 if end == np.inf else end for end in np.ravel(upper).tolist()]).reshape(
        np.shape(upper)
    )
    below, above, endless = check.together(lower=below, upper=above, endless=endless)
    known = (below > 0) & ~endless
    if (known & (below >= above)).any():
        raise check.StatisticsError("lower must be below upper.")
    one = np.where(known, np.log(np.where(known, above, 1.0) / np.where(known, below, 1.0)) / (2 * quantile), np.nan)
    return np.asarray(one)[()]


def _quantiles(power: float, confidence: float) -> float:
    level, sure = check.level(confidence), check.level(power, "power")
    if sure <= (1 - level) / 2:
        raise check.StatisticsError(f"power must be over {(1 - level) / 2:g}, which chance alone has, but is {sure:g}.")
    return float(ndtri(1 - (1 - level) / 2) + ndtri(sure))
