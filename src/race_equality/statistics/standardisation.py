"""Directly and indirectly standardised rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check
from race_equality.statistics.intervals import byar_interval, count_interval

__all__ = ["Standardised", "direct_rate", "indirect_ratio", "ratio_of_rates"]

#: The NHS convention: no directly standardised rate from fewer events.
LEAST_EVENTS = 10


@dataclass(frozen=True)
class Standardised:
    """A standardised rate or ratio with its interval.

    Attributes
    ----------
    value, lower, upper : float or numpy.ndarray
        NaN where it is not defined.
    observed, expected : float or numpy.ndarray
        Events; expected is NaN for direct standardisation.
    """

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    observed: np.ndarray
    expected: np.ndarray


def direct_rate(
    count: ArrayLike,
    population: ArrayLike,
    standard_population: ArrayLike,
    *,
    per: float = 100_000.0,
    confidence: float = 0.95,
) -> Standardised:
    """Return the rate that the standard population would have at these rates.

    Parameters
    ----------
    count, population : array-like
        Events and people; the last axis holds the age bands, the others broadcast.
    standard_population : array-like
        Weights of the bands, such as the European Standard Population 2013.
    per : float
        What the rate is expressed for.
    confidence : float
        Level of the interval.

    Returns
    -------
    Standardised
        Without the last axis. NaN with fewer than 10 events, or where a band has nobody.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or weights that sum to zero.

    References
    ----------
    Dobson AJ, Kuulasmaa K, Eberle E, Scherer J. Confidence intervals for weighted sums of Poisson parameters.
    Statistics in Medicine 1991; 10: 457-462, with Byar's limits for the total; PHEindicatormethods ``calculate_dsr``.
    """
    count, population, weight = check.together(
        count=check.counts("count", count),
        population=check.counts("population", population),
        standard_population=check.counts("standard_population", standard_population),
    )
    multiplier = check.positive("per", per)
    if count.ndim == 0 or count.shape[-1] == 0:
        raise check.StatisticsError("count must have the bands on its last axis.")
    if (weight.sum(axis=-1) == 0).any():
        raise check.StatisticsError("standard_population must not sum to zero.")
    share = weight / weight.sum(axis=-1, keepdims=True)
    people = np.where(population > 0, population, np.nan)
    value = (share * count / people).sum(axis=-1)
    variance = (share**2 * count / people**2).sum(axis=-1)
    observed = count.sum(axis=-1)
    enough = observed >= LEAST_EVENTS
    events = np.where(enough, observed, float(LEAST_EVENTS))
    limits = byar_interval(events, confidence)
    scale = np.sqrt(variance / events)
    value, lower, upper = (
        np.where(enough, part * multiplier, np.nan)[()]
        for part in (value, value + scale * (limits.lower - events), value + scale * (limits.upper - events))
    )
    return Standardised(value, lower, upper, observed[()], np.full_like(observed, np.nan)[()])


def indirect_ratio(
    count: ArrayLike,
    population: ArrayLike,
    reference_count: ArrayLike,
    reference_population: ArrayLike,
    *,
    per: float = 1.0,
    confidence: float = 0.95,
) -> Standardised:
    """Return observed over expected events, expected from the rates of a reference.

    Parameters
    ----------
    count, population : array-like
        Events and people; the last axis holds the bands, the others broadcast.
    reference_count, reference_population : array-like
        The same in the reference (England).
    per : float
        1 for a ratio, 100 for the usual presentation.
    confidence : float
        Level of the interval.

    Returns
    -------
    Standardised
        Without the last axis. NaN, and an interval from 0 to infinity, where nothing is expected.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a band with people in which the reference has none.

    References
    ----------
    Breslow NE, Day NE. Statistical methods in cancer research, volume II, 1987; Byar's limits for the
    observed count, exact under 10. PHEindicatormethods ``calculate_ISRatio``.
    """
    count, population, reference_count, reference_population = check.together(
        count=check.counts("count", count),
        population=check.counts("population", population),
        reference_count=check.counts("reference_count", reference_count),
        reference_population=check.counts("reference_population", reference_population),
    )
    multiplier = check.positive("per", per)
    if count.ndim == 0 or count.shape[-1] == 0:
        raise check.StatisticsError("count must have the bands on its last axis.")
    if ((reference_population == 0) & (population > 0)).any():
        raise check.StatisticsError("reference_population must not be zero in a band that has people.")
    safe = np.where(reference_population > 0, reference_population, 1.0)
    expected = (population * reference_count / safe).sum(axis=-1)
    observed = count.sum(axis=-1)
    limits = count_interval(observed, confidence)
    none = expected == 0
    divisor = np.where(none, 1.0, expected)
    return Standardised(
        np.where(none, np.nan, observed / divisor * multiplier)[()],
        np.where(none, 0.0, limits.lower / divisor * multiplier)[()],
        np.where(none, np.inf, limits.upper / divisor * multiplier)[()],
        observed[()],
        expected[()],
    )


def ratio_of_rates(
    rate: ArrayLike, half_width: ArrayLike, other_rate: ArrayLike, other_half_width: ArrayLike
) -> tuple[np.ndarray, check.Interval]:
    """Return one published rate over another, with an interval from their own intervals.

    Parameters
    ----------
    rate, other_rate : array-like
        Directly standardised rates of two groups, in one unit, above zero; they broadcast.
    half_width, other_half_width : array-like
        How far the interval of each reaches on either side, in the same unit; both of one level, which is that of the
        interval that is returned.

    Returns
    -------
    ratio : float or numpy.ndarray
    interval : Interval
        On the log scale, so that it is never below zero and the same either way round.

    Raises
    ------
    StatisticsError
        A rate that is not above zero, a negative half width, missing values, text.

    Notes
    -----
    The standard error of the logarithm of a rate is that of the rate over the rate; the two groups are independent.

    References
    ----------
    Breslow NE, Day NE. Statistical methods in cancer research, volume II, 1987, section 2.3: the comparison of directly
    standardised rates.
    """
    rate, half_width, other_rate, other_half_width = check.together(
        rate=check.positive("rate", check.counts("rate", rate)),
        half_width=check.counts("half_width", half_width),
        other_rate=check.positive("other_rate", check.counts("other_rate", other_rate)),
        other_half_width=check.counts("other_half_width", other_half_width),
    )
    # both half widths and the limits are z standard errors, so that z cancels out
    away = np.hypot(half_width / rate, other_half_width / other_rate)
    ratio = rate / other_rate
    return ratio[()], check.Interval((ratio * np.exp(-away))[()], (ratio * np.exp(away))[()])
