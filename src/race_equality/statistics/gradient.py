"""Gradients over deprivation: slope and relative index of inequality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check
from race_equality.statistics._arguments import Interval

__all__ = ["Gradient", "relative_rank", "slope_index"]

_TRANSFORMS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "none": (lambda y: y, lambda y: y),
    "log": (np.log, np.exp),
    "logit": (lambda y: np.log(y / (1 - y)), lambda y: 1 / (1 + np.exp(-y))),
}


@dataclass(frozen=True)
class Gradient:
    """Slope and relative index of inequality.

    Attributes
    ----------
    sii : float
        Difference between the ends of the fitted line, from the first group's end to the last's, times the multiplier.
    sii_interval : Interval
        Simulated.
    rii : float
        Ratio of the last end to the first; for a negative multiplier of the first to the last.
    rii_interval : Interval
        Simulated.
    intercept : float
        The line's value at the first end.
    """

    sii: float
    sii_interval: Interval
    rii: float
    rii_interval: Interval
    intercept: float


def relative_rank(population: ArrayLike) -> np.ndarray:
    """Return the middle of each group's span in the population, from 0 to 1.

    Parameters
    ----------
    population : array-like, one axis
        People in each group, groups in order.

    Returns
    -------
    numpy.ndarray
        b = Σ previous a + a/2 with a the group's share.
    """
    share = check.positive("population", population)
    share = share / share.sum()
    return np.cumsum(share) - share / 2


def slope_index(
    value: ArrayLike,
    population: ArrayLike,
    standard_error: ArrayLike,
    *,
    transform: str = "none",
    multiplier: float = 1.0,
    confidence: float = 0.95,
    repetitions: int = 10_000,
    seed: int = 2024,
) -> Gradient:
    """Return the slope and relative index of inequality over ordered groups.

    Parameters
    ----------
    value : array-like, one axis
        The indicator in each group, from the most to the least deprived; rates above zero for
        ``transform="log"``, proportions strictly between 0 and 1 for ``"logit"``.
    population : array-like
        People in each group.
    standard_error : array-like
        Of each value **on the transformed scale** (for Wilson limits: the difference of their logits
        over 2 × 1.959964).
    transform : {"none", "log", "logit"}
        The scale on which the line is fitted; "log" for rates, "logit" for proportions.
    multiplier : float
        The SII and its limits are multiplied by it, such as 100. A negative one turns the direction
        round: the RII is then its reciprocal. Lower stays below upper whatever the multiplier.
    confidence : float
        Level of the intervals.
    repetitions : int
        Simulated sets of values.
    seed : int
        Of the random numbers.

    Returns
    -------
    Gradient
        With all values equal the SII is 0 and the RII 1. NaN for an RII whose denominator is zero.

    Raises
    ------
    StatisticsError
        Fewer than two groups, groups without people, values outside the transform's range, missing or
        infinite values, text, a multiplier of zero.

    Notes
    -----
    OLS of √a·Y on (√a, b√a) without intercept, a the share of the population and b the relative rank.
    For "log" and "logit" the ends of the line are transformed back before they are compared.
    PHEindicatormethods' ``phe_sii`` swaps limits for some multipliers on these scales; this does not.

    References
    ----------
    Low A, Low A. Measuring the gap: quantifying and comparing local health inequalities. Journal of
    Public Health 2004; 26: 388-395. Fryers P and others, PHEindicatormethods, UK Health Security Agency
    and Office for Health Improvement and Disparities.
    """
    check.choice("transform", transform, tuple(_TRANSFORMS))
    tail = (1 - check.level(confidence)) / 2
    value, population, error = check.together(
        value=check.numbers("value", value),
        population=check.positive("population", population),
        standard_error=check.counts("standard_error", standard_error),
    )
    if value.ndim != 1 or value.size < 2:
        raise check.StatisticsError("value must have one axis with at least two groups.")
    if transform != "none":
        check.positive("value", value)
        if transform == "logit" and (value >= 1).any():
            raise check.StatisticsError("value must lie strictly between 0 and 1 for the logit.")
    multiplier = check.numbers("multiplier", multiplier, ndim=0).item()
    if multiplier == 0:
        raise check.StatisticsError("multiplier must not be zero.")
    if int(repetitions) < 1000:
        raise check.StatisticsError(f"repetitions must be at least 1,000, but {repetitions} was given.")

    forward, back = _TRANSFORMS[transform]
    root = np.sqrt(population / population.sum())
    design = np.stack([root, relative_rank(population) * root], axis=-1)
    # the fit is linear in the values: one matrix serves the estimate and every simulated set
    solve = np.linalg.pinv(design) * root
    drawn = np.random.default_rng(seed).normal(forward(value), error, (int(repetitions), value.size))

    def indices(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        intercept, slope = solve @ y.T
        first, last = back(intercept), back(intercept + slope)
        over, under = (first, last) if multiplier < 0 else (last, first)
        ratio = np.divide(over, under, out=np.full_like(over, np.nan), where=under != 0)
        return (last - first) * multiplier, ratio, first

    sii, rii, intercept = (part.item() for part in indices(forward(value)[np.newaxis]))
    sii_drawn, rii_drawn, _ = indices(drawn)
    rii_drawn = rii_drawn[~np.isnan(rii_drawn)]
    if rii_drawn.size == 0:
        rii_drawn = np.array([np.nan])
    return Gradient(
        sii=sii,
        sii_interval=Interval(*np.quantile(sii_drawn, [tail, 1 - tail])),
        rii=rii,
        rii_interval=Interval(*np.quantile(rii_drawn, [tail, 1 - tail])),
        intercept=intercept,
    )
