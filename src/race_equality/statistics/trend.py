"""Change over a few yearly points, and how long until a gap would close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from race_equality.statistics import _arguments as check

__all__ = ["Trend", "YearsToParity", "trend", "years_to_parity"]

#: A slope through fewer points says more about the line than about the trust.
LEAST_POINTS = 4


@dataclass(frozen=True)
class Trend:
    """A straight line through yearly points.

    Attributes
    ----------
    slope, lower, upper : float
        Change for each unit of time, with its interval; NaN with fewer than four points.
    direction : {"rising", "falling", "no reliable change", "too few points"}
        Rising or falling where the interval lies on one side of zero.
    points : int
        How many points were used.
    """

    slope: float
    lower: float
    upper: float
    direction: str
    points: int


@dataclass(frozen=True)
class YearsToParity:
    """How long until a gap closes if it goes on as it went.

    Attributes
    ----------
    years, lower, upper : float
        From the last point; NaN unless estimated.
    status : {"estimated", "no reliable gap", "moving away", "cannot be estimated"}
        All four are results. "No reliable gap": the interval of the latest gap contains none, so there is nothing whose
        end could be estimated; with as few people as a board has it is no sign of parity. "Moving away": the gap is reliably
        growing. "Cannot be estimated": the data do not show which way it moves, or there are fewer than four points.
    gap, slope : float
        The fitted gap at the last point and its yearly change, in log odds.
    """

    years: float
    lower: float
    upper: float
    status: str
    gap: float
    slope: float


def trend(
    times: ArrayLike,
    values: ArrayLike,
    standard_error: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    nan_policy: str = "raise",
) -> Trend:
    """Return the slope of four to about nine yearly points.

    Parameters
    ----------
    times : array-like, one axis
        Years, as numbers; they need not be evenly spaced.
    values : array-like
        The indicator.
    standard_error : array-like, optional
        Of each value. With it the line is weighted, and the interval is that of known errors, widened
        when the points scatter more than these explain.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or its point is left out.

    Returns
    -------
    Trend

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, standard errors that are not above zero, or times that are all equal.

    Notes
    -----
    Without standard errors: least squares with Student's t on n − 2 degrees of freedom. With them:
    weighted least squares; variance times max(1, χ²/(n − 2)), with t in place of the normal quantile
    when it was widened (the scale factor of Birge 1932).

    References
    ----------
    Draper NR, Smith H. Applied regression analysis, 3rd edition, 1998. Birge RT. Physical Review 1932; 40: 207-227.
    """
    level = check.level(confidence)
    times = check.numbers("times", times, nan_policy=nan_policy)
    values = check.numbers("values", values, nan_policy=nan_policy)
    error = (
        np.ones(1)
        if standard_error is None
        else check.positive("standard_error", standard_error, nan_policy=nan_policy)
    )
    x, y, error = check.together(times=times, values=values, standard_error=error)
    if x.ndim != 1:
        raise check.StatisticsError("times must have one axis.")
    keep = ~np.isnan(x + y + error)
    x, y, error = x[keep], y[keep], error[keep]
    points = x.size
    if points < LEAST_POINTS:
        return Trend(np.nan, np.nan, np.nan, "too few points", points)
    coefficients, covariance, spread, quantile = _line(x - x.mean(), y, error, level, known=standard_error is not None)
    half = quantile * np.sqrt(covariance[1, 1] * spread)
    slope = float(coefficients[1])
    lower, upper = slope - float(half), slope + float(half)
    direction = "rising" if lower > 0 else "falling" if upper < 0 else "no reliable change"
    return Trend(slope, lower, upper, direction, points)


def years_to_parity(
    times: ArrayLike,
    count_1: ArrayLike,
    total_1: ArrayLike,
    count_2: ArrayLike,
    total_2: ArrayLike,
    *,
    confidence: float = 0.95,
    nan_policy: str = "raise",
) -> YearsToParity:
    """Return how long until two shares are equal, when both move.

    Parameters
    ----------
    times : array-like, one axis
        Years, as numbers.
    count_1, total_1 : array-like
        The share that should catch up, such as ethnic minority members of the board and all members.
    count_2, total_2 : array-like
        The share that it is measured by, which moves too, such as the workforce.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or its year is left out.

    Returns
    -------
    YearsToParity

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a count over its total, or times that are all equal.

    Notes
    -----
    The gap logit p1 − logit p2 (with ½ added to each cell) follows a straight line, fitted as in
    :func:`trend`. The line meets zero at minus its intercept over its slope; the interval of that ratio
    is Fieller's, cut at zero years. Where the slope might be zero it would have no upper end, and the
    status is "cannot be estimated". A projection of the past, never a forecast.

    References
    ----------
    Fieller EC. Some problems in interval estimation. Journal of the Royal Statistical Society B 1954;
    16: 175-185. Gart JJ, Zweifel JR. Biometrika 1967; 54: 181-187, for the empirical logit.
    """
    level = check.level(confidence)
    times = check.numbers("times", times, nan_policy=nan_policy)
    x1, n1 = check.count_and_total(count_1, total_1, nan_policy=nan_policy, names=("count_1", "total_1"))
    x2, n2 = check.count_and_total(count_2, total_2, nan_policy=nan_policy, names=("count_2", "total_2"))
    year, x1, n1, x2, n2 = check.together(times=times, count_1=x1, total_1=n1, count_2=x2, total_2=n2)
    if year.ndim != 1:
        raise check.StatisticsError("times must have one axis.")
    keep = ~np.isnan(year + x1 + n1 + x2 + n2) & (n1 > 0) & (n2 > 0)
    year, x1, n1, x2, n2 = (array[keep] for array in (year, x1, n1, x2, n2))
    if year.size < LEAST_POINTS:
        return YearsToParity(np.nan, np.nan, np.nan, "cannot be estimated", np.nan, np.nan)
    gap = np.log((x1 + 0.5) / (n1 - x1 + 0.5)) - np.log((x2 + 0.5) / (n2 - x2 + 0.5))
    error = np.sqrt(sum(1 / (cell + 0.5) for cell in (x1, n1 - x1, x2, n2 - x2)))
    # time runs from the last point, so that the intercept is today's gap
    coefficients, covariance, spread, quantile = _line(year - year.max(), gap, error, level, known=True)
    today, slope = (float(part) for part in coefficients)
    covariance = covariance * spread
    if abs(today) <= quantile * np.sqrt(covariance[0, 0]):
        return YearsToParity(np.nan, np.nan, np.nan, "no reliable gap", today, slope)
    half = quantile * np.sqrt(covariance[1, 1])
    if abs(slope) > half and np.sign(slope) == np.sign(today):
        return YearsToParity(np.nan, np.nan, np.nan, "moving away", today, slope)
    if abs(slope) <= half:
        # The line may be flat: some years are ruled out as too few, no number as too many. Nothing
        # shows that the gap is closing.
        return YearsToParity(np.nan, np.nan, np.nan, "cannot be estimated", today, slope)
    years = -today / slope
    lower, upper = _fieller(today, slope, covariance, quantile)
    return YearsToParity(years, max(0.0, lower), upper, "estimated", today, slope)


def _fieller(today: float, slope: float, covariance: np.ndarray, quantile: float) -> tuple[float, float]:
    """Times t at which today + slope t is within its own interval of zero; the slope is not zero."""
    square = quantile**2
    a = slope**2 - square * covariance[1, 1]
    b = 2 * (today * slope - square * covariance[0, 1])
    c = today**2 - square * covariance[0, 0]
    root = np.sqrt(max(0.0, b**2 - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def _line(
    x: np.ndarray, y: np.ndarray, error: np.ndarray, level: float, *, known: bool
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Coefficients, their covariance before scaling, the scale, and the quantile to use."""
    if np.ptp(x) == 0:
        raise check.StatisticsError("times must not all be equal.")
    design = np.stack([np.ones_like(x), x], axis=-1)
    weighted = design / error[:, np.newaxis]
    covariance = np.linalg.inv(weighted.T @ weighted)
    coefficients = covariance @ weighted.T @ (y / error)
    freedom = x.size - 2
    spread = float((((y - design @ coefficients) / error) ** 2).sum() / freedom)
    upper = 1 - (1 - level) / 2
    student = float(stdtrit(freedom, upper))
    if not known:
        return coefficients, covariance, spread, student
    return (coefficients, covariance, max(1.0, spread), student if spread > 1 else float(ndtri(upper)))
