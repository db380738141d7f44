"""Gradients over deprivation: slope and relative index of inequality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    """Slope and relative index of inequality; arrays where there are several places.

    Attributes
    ----------
    sii : float or numpy.ndarray
        Difference between the ends of the fitted line, from the first group's end to the last's, times the multiplier.
    sii_interval : Interval
        Simulated.
    rii : float or numpy.ndarray
        Ratio of the last end to the first; for a negative multiplier of the first to the last.
    rii_interval : Interval
        Simulated.
    intercept : float or numpy.ndarray
        The line's value at the first end.
    """

    sii: Any
    sii_interval: Interval
    rii: Any
    rii_interval: Interval
    intercept: Any


def relative_rank(population: ArrayLike) -> np.ndarray:
    """Return the middle of each group's span in the population, from 0 to 1.

    Parameters
    ----------
    population : array-like
        People in each group, groups in order along the last axis.

    Returns
    -------
    numpy.ndarray
        b = Σ previous a + a/2 with a the group's share.
    """
    share = check.positive("population", population)
    share = share / share.sum(axis=-1, keepdims=True)
    return np.cumsum(share, axis=-1) - share / 2


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
    value : array-like, one axis or two
        The indicator in each group, from the most to the least deprived; rates above zero for
        ``transform="log"``, proportions strictly between 0 and 1 for ``"logit"``. With two axes a row is a place: what
        each would get alone, from the same random numbers.
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
    if value.ndim not in (1, 2) or value.shape[-1] < 2 or not value.size:
        raise check.StatisticsError("value must have one axis with at least two groups, or two axes: places by groups.")
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
    root = np.sqrt(population / population.sum(axis=-1, keepdims=True))
    design = np.stack([root, relative_rank(population) * root], axis=-1)
    # the fit is linear in the values: one matrix serves the estimate and every simulated set
    solve = np.linalg.pinv(design) * root[..., np.newaxis, :]
    noise = np.random.default_rng(seed).standard_normal((int(repetitions), value.shape[-1]))

    def indices(solve: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        intercept, slope = solve @ y.T
        first, last = back(intercept), back(intercept + slope)
        over, under = (first, last) if multiplier < 0 else (last, first)
        ratio = np.divide(over, under, out=np.full_like(over, np.nan), where=under != 0)
        return (last - first) * multiplier, ratio, first

    def limits(drawn: np.ndarray) -> Interval:
        found = np.quantile(drawn, [tail, 1 - tail], axis=-1)
        for place in np.flatnonzero(np.isnan(drawn).any(axis=-1)):
            known = drawn[place][~np.isnan(drawn[place])]
            found[:, place] = np.quantile(known, [tail, 1 - tail]) if known.size else np.nan
        return Interval(*found.reshape(2, *value.shape[:-1]))

    middles, errors = (np.atleast_2d(one) for one in (forward(value), error))
    solves = solve.reshape(-1, 2, value.shape[-1])
    estimates = np.array([indices(one, middle[np.newaxis]) for one, middle in zip(solves, middles, strict=True)])
    drawn = np.array(
        [indices(one, middle + wide * noise)[:2] for one, middle, wide in zip(solves, middles, errors, strict=True)]
    )
    sii, rii, intercept = estimates.reshape(-1, 3).T.reshape(3, *value.shape[:-1])
    return Gradient(sii, limits(drawn[:, 0]), rii, limits(drawn[:, 1]), intercept)
