"""Funnel limits: whether a trust differs from its peers by more than chance and their usual spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from race_equality.statistics import _arguments as check
from race_equality.statistics._arguments import Interval

__all__ = ["Funnel", "between_variance", "funnel_from_estimates", "funnel_limits"]

#: Two-sided levels of the warning and the alarm limits.
LEVELS = (0.95, 0.998)


@dataclass(frozen=True)
class Spread:
    """What units say of their centre and of the variance between them, on the scale on which limits are straight.

    Attributes
    ----------
    tau_squared : float
        Variance between units beyond chance; 0 when there is none.
    information : float
        Of ``tau_squared``: its variance is 2 / information. Infinite where the variance is not estimated.
    precision : float
        One over the variance of the centre. Infinite where the centre was given.
    """

    tau_squared: float = 0.0
    information: float = np.inf
    precision: float = np.inf


@dataclass(frozen=True)
class Funnel:
    """A funnel plot's numbers, on the published scale.

    Attributes
    ----------
    scale : {"proportion", "ratio", "identity", "log"}
        What the estimates are, and so how limits are transformed back.
    estimate : numpy.ndarray
        The units' values.
    target : float
        The centre line.
    standard_error : numpy.ndarray
        Of each unit by chance alone, on the scale on which limits are straight.
    phi : float
        Over-dispersion: mean squared distance in standard errors. 1 is chance alone.
    tau_squared : float
        Variance between units beyond chance; 0 when there is none.
    z : numpy.ndarray
        Each unit's distance from the target in its own standard deviations, the spread between units included. What
        is far depends on how many units there are: `position` says it.
    lower_95, upper_95, lower_998, upper_998 : numpy.ndarray
        Limits for each unit.
    units : int
        How many units the centre and the spread were estimated from.
    spread : Spread
        The same spread with how well it is known.
    """

    scale: str
    estimate: np.ndarray
    target: float
    standard_error: np.ndarray
    phi: float
    tau_squared: float
    z: np.ndarray
    units: int
    lower_95: np.ndarray = field(repr=False)
    upper_95: np.ndarray = field(repr=False)
    lower_998: np.ndarray = field(repr=False)
    upper_998: np.ndarray = field(repr=False)
    spread: Spread = field(repr=False, default=Spread())

    @property
    def position(self) -> np.ndarray:
        """Where each unit lies, as text.

        One of ``"below 99.8% limit"``, ``"below 95% limit"``, ``"within limits"``, ``"above 95% limit"``,
        ``"above 99.8% limit"``, and ``"no data"``. Above is not always adverse: that is the indicator's.
        """
        # a limit is a limit: what lies on it, but for the last digits of arithmetic, is within
        low, high = self.estimate + 1e-12, self.estimate - 1e-12
        with np.errstate(invalid="ignore"):
            return np.select(
                [
                    np.isnan(self.z),
                    low < self.lower_998,
                    low < self.lower_95,
                    high > self.upper_998,
                    high > self.upper_95,
                ],
                ["no data", "below 99.8% limit", "below 95% limit", "above 99.8% limit", "above 95% limit"],
                "within limits",
            )

    def limits_at(self, size: ArrayLike, confidence: float = 0.95) -> Interval:
        """Return the limits for units of any size, to draw the funnel's curves.

        Parameters
        ----------
        size : array-like
            Denominators for a proportion, reference counts for a ratio of counts, standard errors on
            the funnel's own scale for the other two.
        confidence : float
            0.95 and 0.998 are drawn.

        Returns
        -------
        Interval
            On the published scale, for a unit that is one of those from which the funnel was made.
        """
        size = check.counts("size", size)
        if self.scale == "proportion":
            error = _proportion_error(size)
        elif self.scale == "ratio":
            error = _count_ratio_error(self.target * size, size)
        else:
            error = size
        inside = np.ones(np.shape(error), dtype=bool)
        return _limits(self.scale, self.target, error, inside, self.spread, self.units, check.level(confidence))


def funnel_limits(
    count: ArrayLike,
    total: ArrayLike,
    *,
    scale: str = "proportion",
    target: float | None = None,
    overdispersed: bool = True,
    learn_from: ArrayLike | None = None,
    nan_policy: str = "raise",
) -> Funnel:
    """Return funnel limits for proportions, or for ratios of counts.

    Parameters
    ----------
    count, total : array-like, one axis
        Numerator and denominator of each unit. For ``scale="ratio"`` the count may exceed the total,
        which is then the other count (expected, or of the other group).
    scale : {"proportion", "ratio"}
        Proportions use Y = arcsin √p with s = 1/(2√n), ratios of counts Y = ln((x+½)/(n+½)) with
        s = √(x/(x+½)² + n/(n+½)²).
    target : float, optional
        The centre line, where it is known from elsewhere. Without it the mean of the units, each weighing by how
        well its own value says where the centre is, 1/(s² + τ²): many units of one size count alike. Where limits
        do not allow for a spread it is the pooled value Σx/Σn.
    overdispersed : bool
        Whether limits allow for the spread between units beyond chance.
    learn_from : array-like of bool, optional
        Units that say where the centre is and how units vary; all without it. The others are placed among them and
        change nothing for them.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or leaves its unit out and has missing limits.

    Returns
    -------
    Funnel

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, a proportion's count over its total, a target out of range.

    Notes
    -----
    Units vary about their centre by τ² beyond chance, which is estimated by restricted maximum likelihood. Nothing is
    winsorised: to draw in the outer tenths makes τ² too small, and 12 of 100 units then lie outside limits of 95%
    although nothing but the model made them. A unit counts in its own centre and in its own spread, so its distance has
    the variance s² + τ² less that of the centre, and is measured against Thompson's distribution of a studentised
    deviation with the degrees of freedom f of s² + τ² (Satterthwaite), as if it had been left out. With hundreds
    of units these are the limits of the normal distribution; with ten they are what ten units can say. Where few
    units say what the spread is to a large one, its limits are never narrower than the normal ones of a variance
    s² + 2·se(τ²)/(1 + f): a large unit among small ones has a small s² and learns little of τ², which comes out as
    zero by chance alone. That τ² is unbiased and limits hold what they say is simulated in
    docs/statistics_coverage.md.

    A unit with nobody has limits over the whole range and does not enter the spread. With one unit, or
    all units equal, there is no spread to measure and τ² is zero. Without a single event, or a single count to
    divide by, a ratio has no target: limits are NaN and every position is "no data".

    References
    ----------
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Statistics in Medicine
    2005; 24: 1185-1202. Spiegelhalter DJ. Handling over-dispersion of performance indicators. Quality
    and Safety in Health Care 2005; 14: 347-351. Viechtbauer W. Journal of Educational and Behavioral Statistics 2005;
    30: 261-293. Thompson WR. Annals of Mathematical Statistics 1935; 6: 214-219. Satterthwaite FE. Biometrics
    Bulletin 1946; 2: 110-114.
    """
    check.choice("scale", scale, ("proportion", "ratio"))
    if scale == "proportion":
        count, total = check.count_and_total(count, total, nan_policy=nan_policy)
        usable = total > 0
    else:
        count, total = check.together(
            count=check.counts("count", count, nan_policy=nan_policy),
            total=check.counts("total", total, nan_policy=nan_policy),
        )
        usable = (total > 0) | (count > 0)
    _one_axis(count)
    usable &= ~np.isnan(count) & ~np.isnan(total)
    learned = check.learned(learn_from, usable)
    pooled = np.nan
    if target is not None:
        target = _target(target, scale)
    else:
        denominator = total[learned].sum()
        pooled = count[learned].sum() / denominator if denominator > 0 else np.nan
        if scale == "ratio" and pooled == 0:
            pooled = np.nan  # no ratio to be above or below: nothing has happened anywhere
    safe_count, safe_total = np.where(usable, count, 0.0), np.where(usable, total, 1.0)
    if scale == "proportion":
        estimate = np.where(usable, safe_count / safe_total, np.nan)
        error = np.where(usable, _proportion_error(safe_total), np.inf)
    else:
        estimate = np.where(usable, (safe_count + 0.5) / (safe_total + 0.5), np.nan)
        error = np.where(usable, _count_ratio_error(safe_count, safe_total), np.inf)
    error[np.isnan(count) | np.isnan(total)] = np.nan
    return _funnel(scale, estimate, error, usable, learned, target, pooled, overdispersed)


def funnel_from_estimates(
    estimate: ArrayLike,
    standard_error: ArrayLike,
    *,
    scale: str = "identity",
    target: float | None = None,
    overdispersed: bool = True,
    learn_from: ArrayLike | None = None,
    nan_policy: str = "raise",
) -> Funnel:
    """Return funnel limits for estimates that bring their own standard errors, such as gaps.

    Parameters
    ----------
    estimate : array-like, one axis
        A value for each unit: a difference (``scale="identity"``) or a ratio (``scale="log"``).
    standard_error : array-like
        Its standard error, of the difference or of the logarithm of the ratio.
    scale : {"identity", "log"}
        On which limits are straight.
    target : float, optional
        The centre line; without it the mean weighted by 1/(s² + τ²) (on the scale).
    overdispersed, learn_from, nan_policy
        As for :func:`funnel_limits`.

    Returns
    -------
    Funnel

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, standard errors or ratios that are not above zero.

    Notes
    -----
    As :func:`funnel_limits`.

    References
    ----------
    As :func:`funnel_limits`.
    """
    check.choice("scale", scale, ("identity", "log"))
    values = check.positive if scale == "log" else check.numbers
    estimate, error = check.together(
        estimate=values("estimate", estimate, nan_policy=nan_policy),
        standard_error=check.positive("standard_error", standard_error, nan_policy=nan_policy),
    )
    _one_axis(estimate, "estimate")
    usable = ~np.isnan(estimate) & ~np.isnan(error)
    learned = check.learned(learn_from, usable)
    pooled = np.nan
    if target is not None:
        target = _target(target, scale)
    elif learned.any():
        pooled = float(_back(scale, _mean(_forward(scale, estimate[learned]), error[learned] ** -2)))
    error = np.where(usable, error, np.nan)
    return _funnel(scale, estimate, error, usable, learned, target, pooled, overdispersed)


def between_variance(
    estimate: ArrayLike, standard_error: ArrayLike, *, centre: float | None = None
) -> tuple[float, float]:
    """Estimate the variance between units beyond chance, by restricted maximum likelihood.

    Parameters
    ----------
    estimate, standard_error : array-like, one axis
        Values of units and their errors by chance alone.
    centre : float, optional
        What they vary about, where it is known; else it is estimated with the variance.

    Returns
    -------
    tau_squared, information : float
        The variance, never under zero, and the information about it: its own variance is 2 / information. With fewer
        than two units (one, about a known centre) it is zero and the information is zero.

    References
    ----------
    Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects model. Journal of
    Educational and Behavioral Statistics 2005; 30: 261-293.
    """
    value, error = check.together(
        estimate=check.numbers("estimate", estimate), standard_error=check.positive("standard_error", standard_error)
    )
    own = error**2
    known = centre is not None
    if value.size < (1 if known else 2):
        return 0.0, 0.0
    middle = value.mean() if centre is None else centre
    # from the plain moment estimate; each step solves the likelihood's equation with the weights of the last
    found = max(0.0, float(((value - middle) ** 2).sum() / (value.size - (not known)) - own.mean()))
    for _ in range(1000):
        weight = 1 / (own + found)
        if not known:
            middle = _mean(value, weight)
        step = float((weight**2 * ((value - middle) ** 2 - own)).sum() / (weight**2).sum())
        step = max(0.0, step + (0.0 if known else 1 / float(weight.sum())))
        if abs(step - found) <= 1e-10 * (step + own.min()):
            break
        found = step
    weight = 1 / (own + step)
    second = float((weight**2).sum())
    if known:
        return step, second
    whole = float(weight.sum())
    return step, second - 2 * float((weight**3).sum()) / whole + (second / whole) ** 2


def _mean(value: np.ndarray, weight: np.ndarray) -> float:
    return float((value * weight).sum() / weight.sum())


def _funnel(
    scale: str,
    estimate: np.ndarray,
    error: np.ndarray,
    usable: np.ndarray,
    learned: np.ndarray,
    target: float | None,
    pooled: float,
    overdispersed: bool,
) -> Funnel:
    z = np.full(estimate.shape, np.nan)
    phi, spread = float("nan"), Spread()
    centre = pooled if target is None else target
    if learned.any() and not np.isnan(centre):
        value, own = _forward(scale, estimate), error[learned]
        if overdispersed:
            about = None if target is None else float(_forward(scale, target))
            tau_squared, information = between_variance(value[learned], own, centre=about)
            spread = Spread(tau_squared, information)
            if target is None:
                weight = 1 / (own**2 + tau_squared)
                centre = float(_back(scale, _mean(value[learned], weight)))
                spread = Spread(tau_squared, information, float(weight.sum()))
        distance = value - _forward(scale, centre)
        phi = float(((distance[learned] / own) ** 2).mean())
        # an infinite or missing error has no distance in errors; one over it is zero, and never used
        with np.errstate(invalid="ignore"):
            z = np.where(usable, distance / _deviation(error, learned, spread, int(learned.sum())), np.nan)
    units = int(learned.sum())
    inner, outer = (_limits(scale, centre, error, learned, spread, units, level) for level in LEVELS)
    return Funnel(
        scale=scale,
        estimate=estimate,
        target=float(centre),
        standard_error=error,
        phi=phi,
        tau_squared=spread.tau_squared,
        z=z,
        units=units,
        lower_95=inner.lower,
        upper_95=inner.upper,
        lower_998=outer.lower,
        upper_998=outer.upper,
        spread=spread,
    )


def _share(error: np.ndarray, inside: np.ndarray, spread: Spread, units: int) -> np.ndarray:
    """Variance of a unit's distance from the centre, over that of the unit itself.

    The centre is drawn towards a unit that is in it, and not towards one that is not.
    """
    with np.errstate(divide="ignore"):
        weight = 1 / (error**2 + spread.tau_squared)
    of_centre = weight / spread.precision
    # a single unit is its own centre: nothing is known of the distance
    return np.where(inside & (units > 1), 1 - np.minimum(of_centre, 1), 1 + of_centre * ~inside)


def _deviation(error: np.ndarray, inside: np.ndarray, spread: Spread, units: int) -> np.ndarray:
    return np.sqrt((error**2 + spread.tau_squared) * _share(error, inside, spread, units))


def _limits(
    scale: str, target: float, error: np.ndarray, inside: np.ndarray, spread: Spread, units: int, confidence: float
) -> Interval:
    tail = 1 - (1 - confidence) / 2
    plain = float(ndtri(tail))
    variance = error**2 + spread.tau_squared
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if np.isinf(spread.information):
            half = plain * np.sqrt(variance)
        else:
            # degrees of freedom of the variance; a tenth of a million is as good as known
            freedom = np.clip(variance**2 * spread.information, 0, 1e5)
            left = np.maximum(freedom - inside, 1)
            far = stdtrit(left, tail)
            # a unit that is far makes the variance larger by itself (Thompson 1935)
            far = np.where(inside, far * np.sqrt((left + 1) / (left + far**2)), far)
            of_tau = np.sqrt(2 / spread.information) if spread.information > 0 else 0.0
            least = error**2 + 2 * of_tau / (1 + freedom)
            half = np.maximum(far * np.sqrt(variance), plain * np.sqrt(least))
        half = half * np.sqrt(_share(error, inside, spread, units))
        centre = _forward(scale, target)
        return Interval(_back(scale, centre - half), _back(scale, centre + half))


def _forward(scale: str, value: np.ndarray | float) -> Any:
    if scale == "proportion":
        return np.arcsin(np.sqrt(value))
    if scale == "identity":
        return value
    with np.errstate(divide="ignore"):
        return np.log(value)


def _back(scale: str, value: np.ndarray | float) -> Any:
    if scale == "proportion":
        # the arcsine ends at 0 and a right angle; beyond them the sine would turn back
        return np.sin(np.clip(value, 0, np.pi / 2)) ** 2
    return value if scale == "identity" else np.exp(value)


def _proportion_error(total: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 1 / (2 * np.sqrt(total))


def _count_ratio_error(count: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sqrt(count / (count + 0.5) ** 2 + other / (other + 0.5) ** 2)


def _target(target: float, scale: str) -> float:
    if scale == "proportion":
        return check.proportions("target", target).item()
    return (check.numbers if scale == "identity" else check.positive)("target", target).item()


def _one_axis(array: np.ndarray, name: str = "count") -> None:
    if array.ndim != 1:
        raise check.StatisticsError(f"{name} must have one axis, a value for each unit.")
