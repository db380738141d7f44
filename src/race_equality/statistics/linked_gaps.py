"""Whether two gaps go together over units, when each gap is known with an error of its own.

A correlation of two measured gaps is drawn towards zero by their errors (Spearman 1904). Here the errors are part of
the model, so that units with few people neither hide a link nor make one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from race_equality.statistics import _arguments as check

__all__ = ["FEWEST_UNITS", "Link", "detectable_correlation", "gap_error", "linked_gaps"]

Numbers = NDArray[np.float64]

#: With fewer units than this, beyond what is adjusted for, no link is estimated.
FEWEST_UNITS = 10

_GRID = 25  # values of the correlation, or of the slope, at which the likelihood is computed first
_FINER = 9  # values between two of these, in each round
_ROUNDS = 2  # of refinement, then a parabola or a straight line
_MOST_CORRELATION = 0.9999  # treated as 1, at which the covariance has no inverse
_LEAST_SPREAD = 0.005  # of a typical error: treated as no variation between units
_ENOUGH = 1e-5  # of the log-likelihood: a step that gains less is the last
_STEPS = 60  # of Fisher scoring at most; fifteen are usual


@dataclass(frozen=True)
class Link:
    """How two gaps go together over units, their errors taken out.

    Attributes
    ----------
    correlation, lower, upper : float
        Between units, −1 to 1. The estimate is NaN, and the interval from −1 to 1, where `reason` says why.
    slope, slope_lower, slope_upper : float
        How many units of y the true gap in y is larger where the true gap in x is larger by one; NaN and infinite
        limits as above.
    between_x, between_y : float
        Standard deviation between units, after adjustment, in the units of x and of y; NaN with too few units.
    detectable : float
        Smallest correlation that these data would have shown with 80% power; NaN where even 1 would not.
    measured : float
        Pearson's correlation of the measured gaps, after the same adjustment: drawn towards zero by their errors.
    units : int
        How many units had both gaps.
    adjusted_for : int
        How many columns (dummy variables included) were adjusted for.
    reason : {"", "too few units", "no variation in x", "no variation in y", "any correlation fits"}
        Why the link cannot be estimated; "" where it can.
    """

    correlation: float
    lower: float
    upper: float
    slope: float
    slope_lower: float
    slope_upper: float
    between_x: float
    between_y: float
    detectable: float
    measured: float
    units: int
    adjusted_for: int
    reason: str


def gap_error(
    count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, nan_policy: str = "raise"
) -> Numbers:
    """Return the standard error of a gap between two proportions, above zero also where nobody had the event.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like
        People with the event and all people, in each group.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or has a missing result.

    Returns
    -------
    numpy.ndarray
        As a proportion, in the shape of the input; NaN where a group has nobody.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    One person with and one without the event are added to each group, so that 0 of 20 is not known exactly.

    References
    ----------
    Agresti A, Caffo B. Simple and effective confidence intervals for proportions and differences of proportions result
    from adding two successes and two failures. American Statistician 2000; 54: 280-288.

    Examples
    --------
    >>> round(float(gap_error(0, 20, 10, 20)), 4)
    0.1155
    """
    count_1, total_1, count_2, total_2 = check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)

    def variance(count: Numbers, total: Numbers) -> Numbers:
        share = (count + 1) / (total + 2)
        return np.asarray(share * (1 - share) / (total + 2))

    error = np.sqrt(variance(count_1, total_1) + variance(count_2, total_2))
    return np.where((total_1 > 0) & (total_2 > 0), error, np.nan)


def linked_gaps(
    x: ArrayLike,
    error_x: ArrayLike,
    y: ArrayLike,
    error_y: ArrayLike,
    *,
    adjust: Sequence[ArrayLike] = (),
    covariates: Sequence[ArrayLike] = (),
    method: str = "reml",
    confidence: float = 0.95,
    nan_policy: str = "raise",
) -> Link:
    """Estimate the correlation between units of two gaps whose errors are known, and the slope of one on the other.

    Parameters
    ----------
    x, y : array-like, one axis
        The two gaps of each unit, in any units of measure.
    error_x, error_y : array-like, one axis
        Their standard errors, in the same units. The errors of x and of y are independent: other people answered.
    adjust : sequence of array-like
        Categories (text, such as a kind) or truth values for each unit, for the means of both gaps.
    covariates : sequence of array-like
        Numbers for each unit, for the means of both gaps.
    method : {"reml", "ml"}
        Restricted maximum likelihood, or maximum likelihood, which published examples use: its variances are too small
        and its intervals too narrow with few units.
    confidence : float
        Level of the intervals.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or its unit is left out.

    Returns
    -------
    Link
        With a `reason` in place of an estimate where there are fewer than :data:`FEWEST_UNITS` units beyond what is
        adjusted for ("too few units"), where the units differ no more than their errors alone would make them ("no
        variation in x" or "in y"), and where every correlation from −1 to 1 fits the data ("any correlation fits").

    Raises
    ------
    StatisticsError
        Missing or infinite values, text for a number, an error below zero, or lengths that differ.

    Notes
    -----
    The true gaps of a unit are bivariate normal over units, with a mean that depends on what is adjusted for; the
    measured ones add independent normal errors with known variances. The variances between units are estimated by
    restricted maximum likelihood. Limits are where the restricted likelihood, maximised over everything else, has
    fallen by what the confidence asks for. Twice its fall is multiplied by 1 − 3/(2f), f being the units beyond the
    columns of the means: without errors that is Bartlett's correction for the test of no correlation. Where several
    values on both sides of a rejected one fit, the interval holds them all.

    References
    ----------
    van Houwelingen HC, Arends LR, Stijnen T. Advanced methods in meta-analysis: multivariate approach and
    meta-regression. Statistics in Medicine 2002; 21: 589-624, sections 4 and 5. Spearman C. The proof and measurement
    of association between two things. American Journal of Psychology 1904; 15: 72-101, for what errors do to a
    correlation. Bartlett MS. Multivariate analysis. Supplement to the Journal of the Royal Statistical Society 1947;
    9: 176-190. For the use: Dawson J. Does the experience of staff working in the NHS link to the patient experience
    of care? 2009.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> true_x = rng.normal(10, 3, 150)
    >>> true_y = 2 + 0.5 * true_x + rng.normal(0, 1, 150)
    >>> x, y = rng.normal(true_x, 2), rng.normal(true_y, 1.5)
    >>> found = linked_gaps(x, np.full(150, 2.0), y, np.full(150, 1.5))
    >>> bool(found.lower < 1.5 / np.sqrt(1.5**2 + 1) < found.upper)
    True
    >>> bool(found.slope_lower < 0.5 < found.slope_upper)
    True
    >>> round(found.measured, 2) < round(found.correlation, 2)
    True
    """
    level, method = check.level(confidence), check.choice("method", method, ("reml", "ml"))
    x, error_x, y, error_y = _same_units(x, error_x, y, error_y, nan_policy)
    numbers = [
        check.numbers(f"covariates[{position}]", column, nan_policy=nan_policy)
        for position, column in enumerate(covariates)
    ]
    for name, columns in (("adjust", [np.asarray(column, dtype=object) for column in adjust]), ("covariates", numbers)):
        for position, column in enumerate(columns):
            if column.shape != x.shape:
                raise check.StatisticsError(
                    f"{name}[{position}] must have a value for each of the {x.size} units, "
                    f"but its shape is {column.shape}."
                )
    keep = ~np.isnan(x + y + error_x + error_y + sum(numbers, np.zeros(x.shape)))
    x, error_x, y, error_y = (values[keep] for values in (x, error_x, y, error_y))
    design = _design([np.asarray(column, dtype=object)[keep] for column in adjust], [one[keep] for one in numbers])
    units, adjusted_for = x.size, max(design.shape[1] - 1, 0)
    if units - adjusted_for < FEWEST_UNITS:
        return _cannot(units, adjusted_for, "too few units")
    model = _Likelihood(design, x, error_x, y, error_y, restricted=method == "reml")

    def about(spread: Numbers) -> tuple[float, float, float, float]:
        between = float(spread[0] * model.scale_x), float(spread[1] * model.scale_y)
        shown = detectable_correlation(error_x, error_y, *between, adjusted_for=adjusted_for, confidence=level)
        return (*between, shown, model.measured())

    for name, has_spread in zip("xy", model.has_spread, strict=True):
        if not has_spread:
            return _cannot(units, adjusted_for, f"no variation in {name}", *about(model.spread))
    fall = float(ndtri(0.5 + level / 2)) ** 2 / 2 / (1 - 1.5 / (units - design.shape[1]))
    correlation, lower, upper = _interval(model.at_correlation, _MOST_CORRELATION, fall)
    correlation, lower, upper = (
        float(np.sign(one)) if abs(one) >= _MOST_CORRELATION else one for one in (correlation, lower, upper)
    )
    if lower == -1 and upper == 1:
        return _cannot(units, adjusted_for, "any correlation fits", *about(model.spread))
    # the slope as an angle, in units in which both gaps vary alike
    unit = model.spread[1] / model.spread[0]
    end = np.arctan(1e4)
    angles = _interval(lambda angle, starts: model.at_slope(unit * np.tan(angle), starts), end, fall)
    per = unit * model.scale_y / model.scale_x
    slope, slope_lower, slope_upper = (
        float(np.sign(angle) * np.inf) if abs(angle) >= end else float(np.tan(angle) * per) for angle in angles
    )
    end_of_search = _MOST_CORRELATION * np.sign(correlation)
    _, spread = model.at_correlation(np.array([correlation if abs(correlation) < 1 else end_of_search]), None)
    about_found = about(np.exp(spread[0]))
    return Link(correlation, lower, upper, slope, slope_lower, slope_upper, *about_found, units, adjusted_for, "")


def detectable_correlation(
    error_x: ArrayLike,
    error_y: ArrayLike,
    between_x: float,
    between_y: float,
    *,
    adjusted_for: int = 0,
    power: float = 0.8,
    confidence: float = 0.95,
) -> float:
    """Return the smallest correlation between units that such data would show.

    Parameters
    ----------
    error_x, error_y : array-like, one axis
        Standard errors of the two gaps of each unit.
    between_x, between_y : float
        Standard deviations between units, in the same units of measure.
    adjusted_for : int
        How many columns are adjusted for.
    power : float
        How often the interval should be clear of zero.
    confidence : float
        Level of that interval.

    Returns
    -------
    float
        Between 0 and 1; NaN where even a correlation of 1 would be missed more often.

    Raises
    ------
    StatisticsError
        Missing, negative or infinite values, text, or lengths that differ.

    Notes
    -----
    The likelihood ratio of a correlation against none is asymptotically chi-squared with a noncentrality of twice the
    divergence of the two models (Self, Mauritsen and Ohara 1992). For a unit that is −ln(1 − r²), r being the
    correlation of its two measured gaps: the true one times the square root of both reliabilities. The sum over units
    is reduced by the columns that are adjusted for and by Bartlett's correction, as in :func:`linked_gaps`.

    References
    ----------
    Self SG, Mauritsen RH, Ohara J. Power calculations for likelihood ratio tests in generalized linear models.
    Biometrics 1992; 48: 31-39. Cohen J. Statistical power analysis for the behavioral sciences, 2nd edition, 1988.

    Examples
    --------
    Without errors and for 84 units, the sample size that tables of power give for a correlation of 0.3:

    >>> round(detectable_correlation([0.0] * 84, [0.0] * 84, 1, 1), 2)
    0.3
    """
    error_x, error_y = check.together(
        error_x=check.counts("error_x", error_x), error_y=check.counts("error_y", error_y)
    )
    if error_x.ndim != 1:
        raise check.StatisticsError("error_x must have one axis, a value for each unit.")
    spreads = [check.counts(name, value).item() for name, value in (("between_x", between_x), ("between_y", between_y))]
    needed = float(ndtri(0.5 + check.level(confidence) / 2) + ndtri(check.level(power, "power"))) ** 2
    freedom = error_x.size - adjusted_for - 1
    if freedom < 2 or min(spreads) == 0:
        return float("nan")
    reliability = (spreads[0] ** 2 / (spreads[0] ** 2 + error_x**2)) * (
        spreads[1] ** 2 / (spreads[1] ** 2 + error_y**2)
    )

    def shown(correlation: float) -> float:
        return float(-np.log1p(-(correlation**2) * reliability).sum() * (freedom - 1.5) / error_x.size)

    low, high = 0.0, _MOST_CORRELATION
    if shown(high) < needed:
        return float("nan")
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) >= needed else (middle, high)
    return high


def _same_units(
    x: ArrayLike, error_x: ArrayLike, y: ArrayLike, error_y: ArrayLike, nan_policy: str
) -> tuple[Numbers, ...]:
    arrays = check.together(
        x=check.numbers("x", x, nan_policy=nan_policy),
        error_x=check.counts("error_x", error_x, nan_policy=nan_policy),
        y=check.numbers("y", y, nan_policy=nan_policy),
        error_y=check.counts("error_y", error_y, nan_policy=nan_policy),
    )
    if arrays[0].ndim != 1:
        raise check.StatisticsError("x must have one axis, a value for each unit.")
    return arrays


def _cannot(
    units: int,
    adjusted_for: int,
    reason: str,
    between_x: float = np.nan,
    between_y: float = np.nan,
    detectable: float = np.nan,
    measured: float = np.nan,
) -> Link:
    return Link(
        np.nan, -1.0, 1.0, np.nan, -np.inf, np.inf,
        between_x, between_y, detectable, measured, units, adjusted_for, reason,
    )  # fmt: skip


def _design(categories: Sequence[NDArray[np.object_]], numbers: Sequence[Numbers]) -> Numbers:
    """Orthonormal columns that span the constant, the categories and the numbers."""
    size = len((*categories, *numbers)[0]) if (*categories, *numbers) else None
    columns = [] if size is None else [np.ones(size)]
    for labels in categories:
        names = [str(item) for item in labels]
        columns += [np.array([name == one for name in names], float) for one in sorted(set(names))[1:]]
    for column in numbers:
        centred = column - column.mean() if column.size else column
        scale = np.sqrt((centred**2).mean()) if column.size else 0.0
        if scale > 0:
            columns.append(centred / scale)
    if not columns:
        return np.ones((0, 0))
    left, singular, _ = np.linalg.svd(np.stack(columns, axis=-1), full_matrices=False)
    return np.asarray(left[:, singular > 1e-9 * max(singular.max(initial=0.0), 1e-300)])


#: From values and, for each, some places to begin, to the likelihood there and the free logarithms that give it.
_Profile = Callable[[Numbers, Numbers | None], tuple[Numbers, Numbers]]


def _interval(profile: _Profile, end: float, fall: float) -> tuple[float, float, float]:
    """Find where a profile is highest, and the outermost values at which it has not fallen by more than `fall`."""
    at = end * np.sin(np.linspace(-np.pi / 2, np.pi / 2, _GRID))
    value, free = profile(at, None)
    top_at, top = _top(profile, at, value, free)
    fits = value >= top - fall
    first, last = (int(np.flatnonzero(fits)[0]), int(np.flatnonzero(fits)[-1])) if fits.any() else (_GRID, -1)
    within = np.array(
        [min(at[first], top_at) if fits.any() else top_at, max(at[last], top_at) if fits.any() else top_at]
    )
    # the nearest values outside, downwards and upwards; an end that fits has none
    below, above = np.flatnonzero(at < within[0]), np.flatnonzero(at > within[1])
    sides = [side for side, found in enumerate((below, above)) if found.size]
    limits = [-end, end]
    if sides:
        near = np.array([below[-1] if side == 0 else above[0] for side in sides])
        starts = np.stack([free[near], free[np.clip(near + np.where(np.array(sides) == 0, 1, -1), 0, _GRID - 1)]])
        for side, limit in zip(sides, _limits(profile, within[sides], at[near], starts, top - fall), strict=True):
            limits[side] = float(limit)
    return top_at, limits[0], limits[1]


def _top(profile: _Profile, at: Numbers, value: Numbers, free: Numbers) -> tuple[float, float]:
    """Find the highest value of a profile between those that were computed."""
    for _ in range(_ROUNDS):
        best = int(value.argmax())
        chosen = [max(best - 1, 0), best, min(best + 1, len(at) - 1)]
        at = np.linspace(at[chosen[0]], at[chosen[2]], _FINER)
        value, free = profile(at, free[chosen])
    best = int(value.argmax())
    if 0 < best < len(at) - 1:
        before, here, after = value[best - 1 : best + 2]
        curve = before - 2 * here + after
        if curve < 0:
            shift = (before - after) / (2 * curve)
            return float(at[best] + shift * (at[1] - at[0])), float(here - (before - after) * shift / 4)
    return float(at[best]), float(value[best])


def _limits(profile: _Profile, within: Numbers, outside: Numbers, starts: Numbers, least: float) -> Numbers:
    """Find where a profile falls below `least`, between values that fit and values that do not.

    `starts` has the axes start, limit, free logarithm.
    """
    for _ in range(_ROUNDS):
        at = np.linspace(within, outside, _FINER)
        near = np.repeat(starts[:, np.newaxis], _FINER, axis=1).reshape(len(starts), -1, 2)
        value, found = (array.reshape(_FINER, -1, *array.shape[1:]) for array in profile(at.ravel(), near))
        fits = value >= least
        fits[0] = True
        # the last one that fits, going outwards
        last = np.minimum(_FINER - 1 - fits[::-1].argmax(axis=0), _FINER - 2)
        side = np.arange(len(within))
        within, outside = at[last, side], at[last + 1, side]
        starts = np.stack([found[last, side], found[last + 1, side]])
    height, lower = value[last, side], value[last + 1, side]
    share = np.clip((height - least) / np.where(height > lower, height - lower, 1.0), 0, 1)
    return np.asarray(within + share * (outside - within))


class _Likelihood:
    """The (restricted) likelihood of two variances and a covariance between units, for many values of them at once.

    Arrays have a row for each value and a column for each unit; the two gaps are written out, because there are many
    of them and matrices of two by two are slow. Gaps are measured in their own root mean square around the means.
    """

    def __init__(
        self, design: Numbers, x: Numbers, error_x: Numbers, y: Numbers, error_y: Numbers, *, restricted: bool
    ) -> None:
        self.restricted = restricted
        if design.size == 0:
            design = np.full((x.size, 1), 1 / np.sqrt(x.size))
        self.design = design
        self.products = (design[:, :, np.newaxis] * design[:, np.newaxis, :]).reshape(x.size, -1)
        residual_x, residual_y = (one - design @ (design.T @ one) for one in (x, y))
        freedom = x.size - design.shape[1]
        self.scale_x, self.scale_y = (
            float(np.sqrt(max((residual**2).sum() / freedom, (error**2).mean(), 1e-300)))
            for residual, error in ((residual_x, error_x), (residual_y, error_y))
        )
        self.residuals = residual_x / self.scale_x, residual_y / self.scale_y
        self.x, self.y = self.residuals  # what the means explain changes no likelihood
        self.variance_x, self.variance_y = (error_x / self.scale_x) ** 2, (error_y / self.scale_y) ** 2
        self.least = np.array(
            [
                np.log(max(_LEAST_SPREAD * float(np.sqrt(variance.mean())), 1e-6))
                for variance in (self.variance_x, self.variance_y)
            ]
        )
        _, found = self.at_correlation(np.zeros(1), np.log([[0.7, 0.7], [0.2, 0.2]]))
        self.spread = np.exp(found[0])
        self.has_spread = found[0] > self.least + 0.01
        self.spread = np.where(self.has_spread, self.spread, 0.0)
        self.start = np.maximum(found[0], self.least)

    def measured(self) -> float:
        x, y = self.residuals
        both = np.sqrt((x**2).sum() * (y**2).sum())
        return float(np.clip((x * y).sum() / both, -1, 1)) if both > 1e-9 else float("nan")

    def at_correlation(self, correlation: Numbers, starts: Numbers | None) -> tuple[Numbers, Numbers]:
        """The likelihood at each correlation, maximised over both variances, and these variances."""
        return self._highest(self._by_correlation, correlation, starts)

    def at_slope(self, slope: Numbers, starts: Numbers | None) -> tuple[Numbers, Numbers]:
        """The likelihood at each slope, maximised over the variances of x and around the line, and these."""
        return self._highest(self._by_slope, slope, starts)

    def _usual_starts(self) -> Numbers:
        """Where to begin: there can be two maxima, each with one variance near zero."""
        low = np.array([-2.0, -2.0])
        return np.stack([self.start, self.start + low * [1, 0], self.start + low * [0, 1], self.start - 0.7])

    @staticmethod
    def _by_correlation(correlation: Numbers, free: Numbers) -> tuple[Numbers, Numbers]:
        """Variances and covariance from the logarithms of both deviations, and how these move them."""
        first, second = np.exp(2 * free.T)
        both, none = correlation * np.exp(free.sum(axis=-1)), np.zeros(len(free))
        return np.stack([first, second, both]), np.array([[2 * first, none, both], [none, 2 * second, both]])

    @staticmethod
    def _by_slope(slope: Numbers, free: Numbers) -> tuple[Numbers, Numbers]:
        """The same from the logarithms of the deviations of x and around the line."""
        first, around = np.exp(2 * free.T)
        none = np.zeros(len(free))
        moved = np.array([[2 * first, 2 * slope**2 * first, 2 * slope * first], [none, 2 * around, none]])
        return np.stack([first, slope**2 * first + around, slope * first]), moved

    def _highest(
        self, covariance: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]], values: Numbers, starts: Numbers | None
    ) -> tuple[Numbers, Numbers]:
        """Maximise over the free logarithms from several starts at once, by damped Fisher scoring.

        Returns the likelihood at each value, and the free logarithms.
        """
        starts = self._usual_starts() if starts is None else starts
        number = len(starts)
        fixed = np.tile(values, number)
        if starts.ndim == 2:
            starts = np.repeat(starts[:, np.newaxis], len(values), axis=1)
        free = np.clip(starts.reshape(-1, 2), self.least, 4.0)
        height, gradient, information = self._evaluate(covariance, fixed, free)
        damping = np.full(len(free), 1e-3)
        moving = np.arange(len(free))
        for _ in range(_STEPS):
            here, slope, matrix = free[moving], gradient[moving], information[moving]
            # a logarithm at its least that would go lower stays
            held = (here <= self.least) & (slope < 0)
            diagonal = matrix.reshape(-1, 4)[:, ::3]
            diagonal += damping[moving, np.newaxis] * diagonal + 1e-9
            if held.any():
                matrix = np.where(held[:, :, np.newaxis] | held[:, np.newaxis, :], np.eye(2), matrix)
                slope = np.where(held, 0.0, slope)
            step = np.linalg.solve(matrix, slope[..., np.newaxis])[..., 0]
            tried = (here + step.clip(-1.5, 1.5)).clip(self.least, 4.0)
            found = self._evaluate(covariance, fixed[moving], tried)
            gained = found[0] - height[moving]
            better = gained >= 0
            to = moving[better]
            free[to], height[to], gradient[to], information[to] = (
                tried[better], found[0][better], found[1][better], found[2][better],
            )  # fmt: skip
            damping[moving] = np.where(better, damping[moving] / 4, damping[moving] * 8)
            moving = moving[~(better & (gained < _ENOUGH) | (damping[moving] > 1e4))]
            if not moving.size:
                break
        height = height.reshape(number, -1)
        best = height.argmax(axis=0)
        position = np.arange(len(values))
        return height[best, position], free.reshape(number, -1, 2)[best, position]

    def _evaluate(
        self, covariance: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]], fixed: Numbers, free: Numbers
    ) -> tuple[Numbers, Numbers, Numbers]:
        """Log-likelihood, its gradient and expected information in the free logarithms."""
        between, moved = covariance(fixed, free)
        value, gradient, information = self._of_covariance(between)
        return (
            value,
            np.einsum("fkb,kb->bf", moved, gradient),
            np.einsum("fkb,kgb->bfg", moved, np.einsum("klb,glb->kgb", information, moved)),
        )

    def _of_covariance(self, between: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The same in the two variances and the covariance, which stand on the first axis."""
        first, second, both = between[:, :, np.newaxis]
        first, second = first + self.variance_x, second + self.variance_y
        determinant = first * second - both**2
        # all three weights in one array: there are few numbers, and a call of NumPy takes longer than what it computes
        weight = np.empty((3, *determinant.shape))
        for part, of in zip(weight, (second, -both, first), strict=True):
            np.divide(of, determinant, out=part)
        w11, w12, w22 = weight
        rows, columns = len(determinant), self.design.shape[1]
        squared = (weight @ self.products).reshape(3, rows, columns, columns)
        quarters = np.empty((rows, 2, columns, 2, columns))
        quarters[:, 0, :, 0], quarters[:, 1, :, 1] = squared[0], squared[2]
        quarters[:, 0, :, 1] = quarters[:, 1, :, 0] = squared[1]
        matrix = quarters.reshape(rows, 2 * columns, 2 * columns)
        right = (weight[:2] * self.x + weight[1:] * self.y) @ self.design
        inverse = np.linalg.inv(matrix)
        mean = np.einsum("bij,bj->bi", inverse, np.concatenate(right, axis=-1))
        mean_x, mean_y = mean.reshape(rows, 2, columns).swapaxes(0, 1) @ self.design.T
        x, y = self.x - mean_x, self.y - mean_y
        moment = weight[:2] * x
        moment += weight[1:] * y
        u, v = moment
        fall = np.log(determinant)
        fall += x * u
        fall += y * v
        value = -0.5 * fall.sum(axis=-1)

        # products of two weights: 11 11, 11 12, 12 12, 12 22, 22 22 and, with 12 12, 11 22
        pairs = np.empty((6, *determinant.shape))
        np.multiply(w11, weight[:2], out=pairs[:2])
        np.multiply(w12, weight[1:], out=pairs[2:4])
        np.multiply(w22, w22, out=pairs[4])
        np.multiply(w11, w22, out=pairs[5])
        pairs[5] += pairs[2]
        left = weight
        if self.restricted:
            value -= 0.5 * np.linalg.slogdet(matrix)[1]
            blocks = inverse.reshape(rows, 2, columns, 2, columns)
            parts = np.stack([blocks[:, 0, :, 0], blocks[:, 0, :, 1], blocks[:, 1, :, 1]])
            h11, h12, h22 = parts.reshape(3, rows, -1) @ self.products.T
            # the weights less those that the means use up
            used = pairs[:3] * h11
            used[1] += pairs[5] * h12
            h12 *= 2
            used[0] += pairs[1] * h12
            used[2] += pairs[3] * h12
            used += pairs[2:5] * h22
            left = np.subtract(weight, used, out=used)
        left[:2] -= u * moment
        left[2] -= v * v
        g11, g12, g22 = left.sum(axis=-1)
        i11, i13, i12, i23, i22, i33 = pairs.sum(axis=-1)
        i11, i12, i22 = 0.5 * i11, 0.5 * i12, 0.5 * i22
        information = np.array([[i11, i12, i13], [i12, i22, i23], [i13, i23, i33]])
        return value, np.stack([-0.5 * g11, -0.5 * g22, -g12]), information
