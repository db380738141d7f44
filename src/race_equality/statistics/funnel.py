"""Funnel limits: whether a trust differs from its peers by more than chance and their usual spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from race_equality.statistics import _arguments as check
from race_equality.statistics._arguments import Interval

__all__ = ["Funnel", "funnel_from_estimates", "funnel_limits", "overdispersion", "winsorise"]

#: Two-sided levels of the warning and the alarm limits.
LEVELS = (0.95, 0.998)


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
        Of each unit, on the scale on which limits are straight.
    phi : float
        Over-dispersion: mean squared winsorised z. 1 is chance alone.
    tau_squared : float
        Variance between units beyond chance; 0 when there is none.
    z : numpy.ndarray
        Each unit's distance from the target in standard deviations, over-dispersion included.
    lower_95, upper_95, lower_998, upper_998 : numpy.ndarray
        Limits for each unit.
    units : int
        How many units the spread was estimated from.
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

    @property
    def position(self) -> np.ndarray:
        """Where each unit lies, as text.

        One of ``"below 99.8% limit"``, ``"below 95% limit"``, ``"within limits"``, ``"above 95% limit"``,
        ``"above 99.8% limit"``, and ``"no data"``. Above is not always adverse: that is the indicator's.
        """
        inner, outer = _critical(LEVELS[0]), _critical(LEVELS[1])
        with np.errstate(invalid="ignore"):
            return np.select(
                [np.isnan(self.z), self.z < -outer, self.z < -inner, self.z > outer, self.z > inner],
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
            On the published scale.
        """
        size = check.counts("size", size)
        if self.scale == "proportion":
            error = _proportion_error(size)
        elif self.scale == "ratio":
            error = _count_ratio_error(self.target * size, size)
        else:
            error = size
        return _limits(self.scale, self.target, error, self.tau_squared, check.level(confidence))


def funnel_limits(
    count: ArrayLike,
    total: ArrayLike,
    *,
    scale: str = "proportion",
    target: float | None = None,
    overdispersed: bool = True,
    winsorised: float = 0.1,
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
        The centre line; without it the pooled value Σx/Σn.
    overdispersed : bool
        Whether limits allow for the spread between units beyond chance.
    winsorised : float
        Share of the z scores drawn in at each end before the spread is measured.
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
    A unit with nobody has limits over the whole range and does not enter the spread. With one unit, or
    all units equal, there is no spread to measure and τ² is zero. Without a single event, or a single count to
    divide by, a ratio has no target: limits are NaN and every position is "no data".

    References
    ----------
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Statistics in Medicine
    2005; 24: 1185-1202. Spiegelhalter DJ. Handling over-dispersion of performance indicators. Quality
    and Safety in Health Care 2005; 14: 347-351.
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
    if target is None:
        denominator = total[usable].sum()
        target = count[usable].sum() / denominator if denominator > 0 else np.nan
        if scale == "ratio" and target == 0:
            target = np.nan  # no ratio to be above or below: nothing has happened anywhere
    else:
        target = _target(target, scale)
    safe_count, safe_total = np.where(usable, count, 0.0), np.where(usable, total, 1.0)
    if scale == "proportion":
        estimate = np.where(usable, safe_count / safe_total, np.nan)
        error = np.where(usable, _proportion_error(safe_total), np.inf)
        missing = np.isnan(count) | np.isnan(total)
        error[missing] = np.nan
    else:
        estimate = np.where(usable, (safe_count + 0.5) / (safe_total + 0.5), np.nan)
        error = np.where(usable, _count_ratio_error(safe_count, safe_total), np.inf)
        error[np.isnan(count) | np.isnan(total)] = np.nan
    return _funnel(scale, estimate, error, usable, target, overdispersed, winsorised)


def funnel_from_estimates(
    estimate: ArrayLike,
    standard_error: ArrayLike,
    *,
    scale: str = "identity",
    target: float | None = None,
    overdispersed: bool = True,
    winsorised: float = 0.1,
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
        The centre line; without it the mean weighted by precision (on the scale).
    overdispersed, winsorised, nan_policy
        As for :func:`funnel_limits`.

    Returns
    -------
    Funnel

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, standard errors or ratios that are not above zero.

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
    if target is None:
        y, weight = _forward(scale, estimate[usable]), 1 / error[usable] ** 2
        target = float(_back(scale, (y * weight).sum() / weight.sum())) if usable.any() else np.nan
    else:
        target = _target(target, scale)
    error = np.where(usable, error, np.nan)
    return _funnel(scale, estimate, error, usable, target, overdispersed, winsorised)


def winsorise(z: ArrayLike, share: float = 0.1) -> np.ndarray:
    """Draw the largest and smallest values in to the quantiles at ``share`` from each end.

    Parameters
    ----------
    z : array-like, one axis
        Values.
    share : float
        At each end, from 0 to under one half.

    Returns
    -------
    numpy.ndarray
        Same length; no value is dropped.
    """
    z, share = check.numbers("z", z), _share("share", share)
    if z.size == 0:
        return z
    return np.clip(z, *np.quantile(z, [share, 1 - share]))


def overdispersion(z: ArrayLike, standard_error: ArrayLike, share: float = 0.1) -> tuple[float, float]:
    """Measure the spread between units beyond chance.

    Parameters
    ----------
    z : array-like, one axis
        Distance of each unit from the target in its own standard errors.
    standard_error : array-like
        The standard errors.
    share : float
        Winsorised at each end.

    Returns
    -------
    phi, tau_squared : float
        φ = Σz²/n after winsorising; τ² = max(0, (nφ − (n − 1)) / (Σw − Σw²/Σw)) with w = 1/s². With fewer
        than two units τ² is zero; with none φ is NaN.

    References
    ----------
    Spiegelhalter DJ. Handling over-dispersion of performance indicators. Quality and Safety in Health
    Care 2005; 14: 347-351. DerSimonian R, Laird N. Controlled Clinical Trials 1986; 7: 177-188.
    """
    error = check.positive("standard_error", standard_error)
    z, error = check.together(z=winsorise(z, share), standard_error=error)
    units = z.size
    if units == 0:
        return float("nan"), 0.0
    phi = float((z**2).sum() / units)
    if units < 2 or units * phi < units - 1:
        return phi, 0.0
    weight = 1 / error**2
    return phi, float((units * phi - (units - 1)) / (weight.sum() - (weight**2).sum() / weight.sum()))


def _funnel(
    scale: str,
    estimate: np.ndarray,
    error: np.ndarray,
    usable: np.ndarray,
    target: float,
    overdispersed: bool,
    winsorised: float,
) -> Funnel:
    winsorised = _share("winsorised", winsorised)
    z = np.full(estimate.shape, np.nan)
    phi, tau_squared = float("nan"), 0.0
    if usable.any() and not np.isnan(target):
        with np.errstate(divide="ignore"):
            distance = _forward(scale, estimate[usable]) - _forward(scale, target)
        raw = distance / error[usable]
        if np.isfinite(raw).all():
            phi, tau_squared = overdispersion(raw, error[usable], winsorised)
        if not overdispersed:
            tau_squared = 0.0
        z[usable] = distance / np.sqrt(error[usable] ** 2 + tau_squared)
    inner = _limits(scale, target, error, tau_squared, LEVELS[0])
    outer = _limits(scale, target, error, tau_squared, LEVELS[1])
    return Funnel(
        scale=scale,
        estimate=estimate,
        target=float(target),
        standard_error=error,
        phi=phi,
        tau_squared=tau_squared,
        z=z,
        units=int(usable.sum()),
        lower_95=inner.lower,
        upper_95=inner.upper,
        lower_998=outer.lower,
        upper_998=outer.upper,
    )


def _limits(scale: str, target: float, error: np.ndarray, tau_squared: float, confidence: float) -> Interval:
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        half = _critical(confidence) * np.sqrt(error**2 + tau_squared)
        centre = _forward(scale, target)
        return Interval(_back(scale, centre - half), _back(scale, centre + half))


def _forward(scale: str, value: np.ndarray | float) -> Any:
    if scale == "proportion":
        return np.arcsin(np.sqrt(value))
    return value if scale == "identity" else np.log(value)


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


def _critical(confidence: float) -> float:
    return float(ndtri(1 - (1 - confidence) / 2))


def _target(target: float, scale: str) -> float:
    if scale == "proportion":
        return check.proportions("target", target).item()
    return (check.numbers if scale == "identity" else check.positive)("target", target).item()


def _share(name: str, share: float) -> float:
    value = check.numbers(name, share, ndim=0).item()
    if not 0 <= value < 0.5:
        raise check.StatisticsError(f"{name} must be from 0 to under 0.5, but {value:g} was given.")
    return value


def _one_axis(array: np.ndarray, name: str = "count") -> None:
    if array.ndim != 1:
        raise check.StatisticsError(f"{name} must have one axis, a value for each unit.")
