"""XmR charts for monthly series, with the rules and icons of Making Data Count, and for series that are autocorrelated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from race_equality.statistics import _arguments as check

__all__ = ["LevelChange", "XmR", "level_change", "pooled_autocorrelation", "xmr"]

#: With fewer points the limits are called provisional.
PROVISIONAL_BELOW = 12

_LIMIT = 2.66
_SCREEN = 3.267
#: A mean moving range is this many standard deviations of independent points (d2 of two points).
_RANGE_OF_TWO = 1.128

#: Means of two spells farther apart than chance makes them in one series of fifty are a change of level.
LEVEL_CHANCE = 0.02
#: Degrees of freedom of a mean moving range, for each range that it rests on.
_FREEDOM = 0.62
#: A spell of fewer points has no level of its own.
_SHORTEST_SPELL = 4
#: More than this cannot be told from a series that never returns to its mean.
_MOST_AUTOCORRELATED = 0.95


@dataclass(frozen=True)
class XmR:
    """An XmR chart's numbers and what they mean.

    Attributes
    ----------
    mean, lower, upper : float
        Centre line and process limits; NaN with fewer than two points, and then no rule applies.
    mean_moving_range : float
        After screening.
    rule : numpy.ndarray of str
        For each point the first rule that it meets, in this order: ``"above upper limit"``, ``"below lower limit"``,
        ``"rising"``, ``"falling"`` (seven points, six steps, one way), ``"two of three high"``, ``"two of three low"``,
        ``"seven above mean"``, ``"seven below mean"``; for autocorrelated series ``"later half above"`` or ``"below"`` in
        place of runs; else ``"common cause"``, and ``"no data"`` for a missing point.
    variation : numpy.ndarray of str
        What that means: ``"improvement"``, ``"concern"``, ``"common cause"``, ``"no data"``; without a
        direction ``"neutral high"`` and ``"neutral low"`` in place of the first two.
    assurance : str
        ``"consistently meets target"``, ``"consistently misses target"``, ``"meets and misses target"``,
        or ``"no target"``.
    provisional : bool
        Whether there are fewer than 12 points: say "provisional limits".
    """

    mean: float
    lower: float
    upper: float
    mean_moving_range: float
    rule: np.ndarray
    variation: np.ndarray
    assurance: str
    provisional: bool

    @property
    def variation_icon(self) -> str:
        """The variation icon: the meaning of the last point."""
        return str(self.variation[-1]) if self.variation.size else "no data"


@dataclass(frozen=True)
class LevelChange:
    """How far the mean of later months lies from that of earlier ones.

    Attributes
    ----------
    difference, error : float
        Later minus earlier, and its standard error; NaN with too few months.
    chance : float
        How often a series without any change differs by as much.
    """

    difference: float
    error: float
    chance: float

    @property
    def reliable(self) -> bool:
        """Whether fewer than one in fifty series without a change differ by as much."""
        return self.chance < LEVEL_CHANCE


def xmr(
    values: ArrayLike,
    *,
    improvement: str | None = None,
    target: float | None = None,
    autocorrelation: float = 0.0,
    nan_policy: str = "raise",
) -> XmR:
    """Return limits and special causes of a series.

    Parameters
    ----------
    values : array-like, one axis
        The series in order of time.
    improvement : {"increase", "decrease"}, optional
        Which way is better; None where neither is.
    target : float, optional
        What should be reached.
    autocorrelation : float
        How much a month resembles the one before, from 0 to under 1, such as :func:`pooled_autocorrelation` gives.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or a gap: no moving range spans it, and it ends a run.

    Returns
    -------
    XmR

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, more than one axis, an unknown direction, or an autocorrelation that is not
        from 0 to under 1.

    Notes
    -----
    Mean ± 2.66 × mean moving range; moving ranges of 3.267 × their mean and above are left out of it
    once. A point on the mean is on neither side; equal neighbours end a trend. For "two of three", points
    beyond two-thirds of the distance from mean to limit count, those outside the limits included, and
    the third of the three may be anywhere; NHSRplotthedots asks that it is on the same side of the mean.
    When all values are equal the limits are the mean, and nothing is a special cause.

    These rules are for months that are independent. Where each resembles the one before, as the size of a waiting list
    does, moving ranges are small against the spread of the series, and runs are long by themselves: with an
    autocorrelation of 0.8 and no change at all, two series in five meet a rule at their last point. With
    ``autocorrelation`` r the limits are 1/√(1 − r) times as far from the mean, which is where three standard deviations
    of such a series lie, and "two of three" goes by them. Runs say nothing then: in place of both rules about runs of
    seven the points of the later half are ``"later half above"`` or ``"later half below"`` where :func:`level_change`
    of the two halves is reliable.

    References
    ----------
    NHS England. Making Data Count: strengthening your decisions. NHSRplotthedots, NHS-R Community. Shewhart WA.
    Economic control of quality of manufactured product, 1931. Provost LP, Murray SK. The health care data guide, 2011.
    Montgomery DC. Introduction to statistical quality control, 8th edition, section 10.4 (autocorrelated data).
    """
    autocorrelation = _share(autocorrelation)
    if improvement is not None:
        check.choice("improvement", improvement, ("increase", "decrease"))
    values = check.numbers("values", values, nan_policy=nan_policy)
    if values.ndim != 1:
        raise check.StatisticsError("values must have one axis, the series in order of time.")
    if target is not None:
        target = check.numbers("target", target, ndim=0).item()
    known = ~np.isnan(values)
    rule = np.where(known, "common cause", "no data").astype("<U20")
    moving_range = np.abs(np.diff(values))
    moving_range = moving_range[~np.isnan(moving_range)]
    if moving_range.size == 0:
        mean = float(values[known].mean()) if known.any() else float("nan")
        nothing = float("nan")
        return XmR(
            mean, nothing, nothing, nothing, rule, rule.copy(), "no target", bool(known.sum() < PROVISIONAL_BELOW)
        )
    mean = float(values[known].mean())
    screened = moving_range[moving_range < _SCREEN * moving_range.mean()]
    average = float(screened.mean()) if screened.size else 0.0
    reach = _LIMIT * average / float(np.sqrt(1 - autocorrelation))
    lower, upper = mean - reach, mean + reach

    # a series without movement has its mean only to rounding
    slack = 1e-12 * max(1.0, abs(mean))
    side = np.where(np.abs(values - mean) <= slack, 0.0, np.sign(values - mean))
    side[~known] = 0
    step = np.sign(np.diff(values))
    near = np.where(np.abs(values - mean) > reach * 2 / 3 + slack, side, 0)
    # the last rule first: the earlier ones then write over it
    runs_count = autocorrelation == 0
    if runs_count:
        for start in range(values.size - 6):
            window = slice(start, start + 7)
            for sign, name in ((1, "seven above mean"), (-1, "seven below mean")):
                if (side[window] == sign).all():
                    rule[window] = name
    else:
        half = values.size - values.size // 2
        beyond = level_change(values[:half], values[half:], autocorrelation=autocorrelation, nan_policy="propagate")
        if beyond.reliable:
            rule[half:][known[half:]] = "later half above" if beyond.difference > 0 else "later half below"
    if values.size > 2:
        threes = np.arange(values.size - 2)[:, np.newaxis] + np.arange(3)
        complete = known[threes].all(axis=1)
        for sign, name in ((1, "two of three high"), (-1, "two of three low")):
            points = threes[complete & ((near[threes] == sign).sum(axis=1) >= 2)]
            rule[points[near[points] == sign]] = name
    for start in range(values.size - 6) if runs_count else ():
        for sign, name in ((1, "rising"), (-1, "falling")):
            if (step[start : start + 6] == sign).all():
                rule[start : start + 7] = name
    with np.errstate(invalid="ignore"):
        rule[values > upper + slack] = "above upper limit"
        rule[values < lower - slack] = "below lower limit"

    high = np.isin(rule, ["above upper limit", "rising", "two of three high", "seven above mean", "later half above"])
    low = np.isin(rule, ["below lower limit", "falling", "two of three low", "seven below mean", "later half below"])
    if improvement is None:
        high_is, low_is = "neutral high", "neutral low"
    else:
        high_is, low_is = ("improvement", "concern") if improvement == "increase" else ("concern", "improvement")
    variation = np.select([high, low, ~known], [high_is, low_is, "no data"], "common cause")
    return XmR(
        mean,
        lower,
        upper,
        average,
        rule,
        variation,
        _assurance(lower, upper, target, improvement),
        bool(known.sum() < PROVISIONAL_BELOW),
    )


def level_change(
    before: ArrayLike, after: ArrayLike, *, autocorrelation: float, between: int = 0, nan_policy: str = "raise"
) -> LevelChange:
    """Return how far the mean of later months lies from that of earlier ones.

    Parameters
    ----------
    before, after : array-like, one axis
        Months in order of time; those of ``after`` follow those of ``before``.
    autocorrelation : float
        As for :func:`xmr`.
    between : int
        How many months between the two are left out.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or is left out.

    Returns
    -------
    LevelChange
        Nothing is estimated with fewer than four months in either part.

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, or an autocorrelation that is not from 0 to under 1.

    Notes
    -----
    The standard deviation of the series is the mean moving range (screened as in :func:`xmr`, none across the two
    parts) over 1.128 √(1 − r); a change of level between the parts does not widen it. That of the difference of the two
    means is the same times √(w'Vw), V being r to the power of the months between two points. Student's t has 0.62
    degrees of freedom for each range. Two spells of twelve months hold the same seasons.

    References
    ----------
    Montgomery DC. Introduction to statistical quality control, 8th edition, section 10.4.
    """
    autocorrelation = _share(autocorrelation)
    parts = [
        check.numbers(name, values, nan_policy=nan_policy, ndim=1)
        for name, values in (("before", before), ("after", after))
    ]
    place = np.concatenate(
        [np.arange(parts[0].size), parts[0].size + max(0, int(between)) + np.arange(parts[1].size)]
    ).astype(float)
    later = np.concatenate([np.zeros(parts[0].size, dtype=bool), np.ones(parts[1].size, dtype=bool)])
    known = ~np.isnan(np.concatenate(parts))
    moving_range = np.concatenate([np.abs(np.diff(part)) for part in parts])
    moving_range = moving_range[~np.isnan(moving_range)]
    if min((known & ~later).sum(), (known & later).sum()) < _SHORTEST_SPELL or not moving_range.size:
        return LevelChange(float("nan"), float("nan"), 1.0)
    screened = moving_range[moving_range < _SCREEN * moving_range.mean()]
    deviation = (float(screened.mean()) if screened.size else 0.0) / _RANGE_OF_TWO / np.sqrt(1 - autocorrelation)
    values, place, later = np.concatenate(parts)[known], place[known], later[known]
    difference = float(values[later].mean() - values[~later].mean())
    weight = np.where(later, 1 / later.sum(), -1 / (~later).sum())
    alike = autocorrelation ** np.abs(place[:, np.newaxis] - place)
    error = float(deviation * np.sqrt(weight @ alike @ weight))
    if abs(difference) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return LevelChange(0.0, error, 1.0)
    chance = 2 * float(stdtr(_FREEDOM * moving_range.size, -abs(difference) / error)) if error > 0 else 0.0
    return LevelChange(difference, error, chance)


def pooled_autocorrelation(series: Sequence[ArrayLike]) -> float:
    """Return the lag-1 autocorrelation of series of one kind, such as one measure at many trusts.

    Parameters
    ----------
    series : sequence of array-like, each with one axis
        Values in order of time, without missing ones. Those with fewer than eight, or that lie on a line, are left out.

    Returns
    -------
    float
        From 0 to 0.95; 0 where no series is long enough.

    Raises
    ------
    StatisticsError
        Missing or infinite values, or text.

    Notes
    -----
    One series of 24 months cannot tell its own autocorrelation: around its own line the estimate is 0.2 too low at 0.8,
    and a trend or a shift lifts it. So it is pooled: the mean of the lag-1 autocorrelations of all series, each around its
    own straight line, weighted by length, is set equal to what it is expected to be for normal values with the same
    autocorrelation between all neighbours; that is solved for it. The expectation of a ratio of quadratic forms is exact.

    References
    ----------
    Marriott FHC, Pope JA. Bias in the estimation of autocorrelations. Biometrika 1954; 41: 390-402. Sawa T. The exact
    moments of the least squares estimator for the autoregressive model. Journal of Econometrics 1978; 8: 159-172.
    """
    lengths, found = [], []
    for one in series:
        values = check.numbers("series", one, ndim=1)
        if values.size < _SHORTEST_SERIES:
            continue
        residual = _off_the_line(values.size) @ values
        squares = float((residual**2).sum())
        if squares <= 1e-20 * max(1.0, float((values**2).sum())):
            continue
        lengths.append(values.size)
        found.append(float((residual[1:] * residual[:-1]).sum()) / squares)
    if not found:
        return 0.0
    weight = np.array(lengths, dtype=float)
    expected = sum(length * _expected(length) for length in lengths)
    # it rises with the autocorrelation; beyond its ends the nearest end
    return float(np.interp((weight * np.array(found)).sum(), expected, _AUTOCORRELATIONS))


#: Where the expectation is worked out; between two of them it is as good as straight.
_AUTOCORRELATIONS = np.linspace(0, _MOST_AUTOCORRELATED, 39)

#: A shorter series says next to nothing of its autocorrelation around a line of its own.
_SHORTEST_SERIES = 8


@lru_cache(maxsize=64)
def _off_the_line(size: int) -> np.ndarray:
    """The matrix that takes a straight line out of this many points."""
    design = np.stack([np.ones(size), np.arange(size) - (size - 1) / 2], axis=1)
    return np.eye(size) - design @ np.linalg.inv(design.T @ design) @ design.T


@lru_cache(maxsize=64)
def _expected(size: int) -> np.ndarray:
    """What the lag-1 autocorrelation of residuals around a line is expected to be (normal values; Sawa's integral)."""
    off = _off_the_line(size)
    place = np.arange(size)
    apart = np.abs(place[:, np.newaxis] - place).astype(float)
    # from 0 to infinity, as t = u / (1 - u)
    point, weight = np.polynomial.legendre.leggauss(200)
    u, weight = (point + 1) / 2, weight / 2
    expected = []
    for autocorrelation in _AUTOCORRELATIONS:
        alike = off @ autocorrelation**apart @ off
        spread, direction = np.linalg.eigh((alike + alike.T) / 2)
        spread, direction = spread[2:], direction[:, 2:]  # the line takes two dimensions out
        together = spread * (direction[1:] * direction[:-1]).sum(axis=0)
        wide = 1 + 2 * (u / (1 - u))[:, np.newaxis] * spread / spread.mean()
        inside = np.prod(wide**-0.5, axis=1) * (together / spread.mean() / wide).sum(axis=1)
        expected.append(float((weight * inside / (1 - u) ** 2).sum()))
    return np.array(expected)


def _share(autocorrelation: float) -> float:
    value = float(check.numbers("autocorrelation", autocorrelation, ndim=0))
    if not 0 <= value < 1:
        raise check.StatisticsError(f"autocorrelation must be from 0 to under 1, but {value:g} was given.")
    return value


def _assurance(lower: float, upper: float, target: float | None, improvement: str | None) -> str:
    if target is None or improvement is None:
        return "no target"
    if lower <= target <= upper:
        return "meets and misses target"
    above = lower > target
    return "consistently meets target" if above == (improvement == "increase") else "consistently misses target"
