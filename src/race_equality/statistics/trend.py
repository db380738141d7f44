"""Change over a few yearly points, and how long until a gap would close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from race_equality.statistics import _arguments as check

__all__ = [
    "Spread",
    "Trend",
    "YearsToParity",
    "change_spread",
    "mean_change",
    "pooled_spread",
    "trend",
    "years_to_parity",
]

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
class Spread:
    """How far yearly points scatter, pooled over units such as trusts.

    Attributes
    ----------
    variance : float
        Around a unit's own line, beyond the standard errors (:func:`pooled_spread`); or of a change over one unit of
        time (:func:`change_spread`). NaN where no unit has points enough.
    freedom : int
        Degrees of freedom, of all units together.
    units : int
        How many units it rests on.
    """

    variance: float
    freedom: int
    units: int


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
    spread: Spread | None = None,
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
    spread : Spread, optional
        From :func:`pooled_spread` over this and other units. With it nothing is estimated from the few points of this
        one: each value has the variance of its standard error and of the spread.
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
    when it was widened (the scale factor of Birge 1932). Four points have two degrees of freedom, so the interval is
    more than twice as wide as when their scatter is known. With ``spread`` it is known, nearly: weighted least squares
    with known errors, and Student's t on the degrees of freedom of all units together.

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
    if spread is None:
        coefficients, covariance, scale, quantile = _line(
            x - x.mean(), y, error, level, known=standard_error is not None
        )
        half = quantile * np.sqrt(covariance[1, 1] * scale)
        return _with_interval(float(coefficients[1]), float(half), points)
    if not spread.freedom:
        return Trend(np.nan, np.nan, np.nan, "too few points", points)
    known = np.sqrt((0.0 if standard_error is None else error**2) + np.full(points, spread.variance))
    if not known.all():  # every unit lies on its line: least squares, exactly
        slope = float(_line(x - x.mean(), y, np.ones(points), level, known=False)[0][1])
        return _with_interval(slope, 0.0, points)
    coefficients, covariance, _, _ = _line(x - x.mean(), y, known, level, known=True)
    half = float(stdtrit(spread.freedom, 1 - (1 - level) / 2)) * float(np.sqrt(covariance[1, 1]))
    return _with_interval(float(coefficients[1]), half, points)


def _with_interval(slope: float, half: float, points: int) -> Trend:
    lower, upper = slope - half, slope + half
    direction = "rising" if lower > 0 else "falling" if upper < 0 else "no reliable change"
    return Trend(slope, lower, upper, direction, points)


def pooled_spread(times: ArrayLike, values: ArrayLike, standard_error: ArrayLike | None = None) -> Spread:
    """Return how far points scatter around each unit's own line, pooled over units.

    Parameters
    ----------
    times : array-like, one axis
        Years, as numbers, ascending.
    values : array-like, units by times
        The indicator, NaN where a unit has no value.
    standard_error : array-like, units by times, optional
        Of each value.

    Returns
    -------
    Spread
        ``variance`` is what the standard errors leave unexplained, at least zero; without standard errors the whole.

    Raises
    ------
    StatisticsError
        Infinite values, text, standard errors that are not above zero, times that do not ascend, or shapes that do not
        go together.

    Notes
    -----
    Each unit with three points or more has a weighted line of its own, and Q, the sum of its squared residuals over
    their variances. Q expects n − 2 plus the variance times the trace of its residual projection, so the sums over all
    units give the variance (the method of moments of DerSimonian and Laird, with a line in place of a mean). A scatter
    that is added to the error of sampling and not multiplied: large units scatter by more than their errors, small ones
    hardly.

    References
    ----------
    DerSimonian R, Laird N. Meta-analysis in clinical trials. Controlled Clinical Trials 1986; 7: 177-188.
    """
    x, y = _units_by_times(times, values)
    error = np.ones(1)
    if standard_error is not None:
        error = check.positive("standard_error", standard_error, nan_policy="propagate")
    y, error = check.together(values=y, standard_error=error)
    known = ~np.isnan(y + error)
    enough = known.sum(axis=1) > 2
    y, error, known = y[enough], error[enough], known[enough]
    freedom = int(known.sum()) - 2 * len(y)
    if not freedom:
        return Spread(np.nan, 0, 0)
    weight = np.where(known, 1 / np.where(known, error, 1.0) ** 2, 0.0)
    y = np.where(known, y, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    along = x - (weight * x).sum(axis=1, keepdims=True) / total
    across = (weight * along**2).sum(axis=1, keepdims=True)
    residual = (
        y
        - (weight * y).sum(axis=1, keepdims=True) / total
        - along * (weight * along * y).sum(axis=1, keepdims=True) / across
    )
    squares = float((weight * residual**2).sum())
    if standard_error is None:
        return Spread(squares / freedom, freedom, len(y))
    trace = float((total - (weight**2).sum(axis=1, keepdims=True) / total).sum())
    trace -= float(((weight * along) ** 2 / across).sum())
    return Spread(max(0.0, (squares - freedom) / trace), freedom, len(y))


def change_spread(times: ArrayLike, values: ArrayLike) -> Spread:
    """Return how far changes from one time to the next scatter around each unit's mean change, pooled over units.

    Parameters
    ----------
    times : array-like, one axis
        Years, as numbers, ascending.
    values : array-like, units by times
        Such as the logarithm of the number of staff; NaN where a unit has no value. A missing time joins the two
        changes around it.

    Returns
    -------
    Spread
        ``variance`` is that of the change over one unit of time.

    Raises
    ------
    StatisticsError
        As for :func:`pooled_spread`.
    """
    x, y = _units_by_times(times, values)
    squares, freedom, units = 0.0, 0, 0
    for row in y:
        known = ~np.isnan(row)
        if known.sum() < 3:
            continue
        years, change = np.diff(x[known]), np.diff(row[known])
        squares += float(((change - change.sum() / years.sum() * years) ** 2 / years).sum())
        freedom += len(change) - 1
        units += 1
    return Spread(squares / freedom if freedom else np.nan, freedom, units)


def mean_change(times: ArrayLike, values: ArrayLike, spread: Spread, *, confidence: float = 0.95) -> Trend:
    """Return the mean yearly change of a series whose changes add up, such as a number of staff.

    Parameters
    ----------
    times : array-like, one axis
        Years, as numbers, ascending.
    values : array-like
        Four or more.
    spread : Spread
        From :func:`change_spread`.
    confidence : float
        Level of the interval.

    Returns
    -------
    Trend

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, or times that do not ascend.

    Notes
    -----
    Who was appointed last year is still there this year, so points do not scatter around a line: the series is a random
    walk with drift. The best estimate of the drift is last minus first over the time between, and its variance is that
    of one change over that time. A straight line's interval is too narrow for such a series.

    References
    ----------
    Harvey AC. Forecasting, structural time series models and the Kalman filter, 1989, section 3.5.
    """
    level = check.level(confidence)
    x, y = check.together(times=check.numbers("times", times, ndim=1), values=check.numbers("values", values))
    if (np.diff(x) <= 0).any():
        raise check.StatisticsError("times must ascend.")
    if x.size < LEAST_POINTS or not spread.freedom:
        return Trend(np.nan, np.nan, np.nan, "too few points", x.size)
    between = float(x[-1] - x[0])
    half = float(stdtrit(spread.freedom, 1 - (1 - level) / 2)) * float(np.sqrt(spread.variance / between))
    return _with_interval(float(y[-1] - y[0]) / between, half, x.size)


def _units_by_times(times: ArrayLike, values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x = check.numbers("times", times, ndim=1)
    y = check.numbers("values", values, nan_policy="propagate", ndim=2)
    if y.shape[1] != x.size:
        raise check.StatisticsError(f"values must have a column for each of the {x.size} times, but has {y.shape[1]}.")
    if (np.diff(x) <= 0).any():
        raise check.StatisticsError("times must ascend.")
    return x, y


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
