"""Hierarchical pooling: what a small trust's figure says when it is read with all the others.

Binomial counts, logits that vary between units like a normal distribution, and weak priors for its parameters. The
parameters are integrated over (adaptive Gauss-Hermite quadrature for the units, a normal approximation corrected by
importance weights for the parameters), then each unit is read at points spread evenly over its own posterior, so that
probabilities and ranks carry the whole uncertainty. Nothing is drawn at random: the same figures give the same answer,
whatever else is read with them and changes nothing for how units vary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, ndtr, ndtri

from race_equality.statistics import _arguments as check

__all__ = ["Pooled", "pooled_gaps", "pooled_proportions"]

_NODES = 5  # Gauss-Hermite nodes an axis; 9 change no third decimal (a test compares)
_UNIT_POINTS = 24  # of each unit, for each point of the parameters (tests hold them against four times as many)
_GRID = 512  # values at which the distributions of all units are added up
_QUANTILES = 200  # of each unit, at which its rank is found
_AT_ONCE = 2**14  # numbers in an array, which then stays in the processor's cache
#: What :class:`Pooled` says of each unit.
_OF_A_UNIT = tuple(
    "estimate lower upper probability_above_zero probability_above_reference rank rank_lower rank_upper".split()
)


@dataclass(frozen=True)
class Pooled:
    """Shrunken estimates for units that are alike but not equal.

    Attributes
    ----------
    estimate, lower, upper : numpy.ndarray
        Posterior mean and equal-tailed interval of each unit's proportion, or of its gap p1 − p2.
    probability_above_zero : numpy.ndarray
        That a gap is above zero (1 for proportions).
    probability_above_reference : numpy.ndarray
        That the value is above ``reference``.
    rank, rank_lower, rank_upper : numpy.ndarray
        Posterior median and interval of the rank among the units of the kind with data; 1 is the lowest value.
        Show the interval, never the rank alone.
    reference : float or numpy.ndarray
        What values are compared with (England); of each unit, where units are of several kinds.
    between : numpy.ndarray
        Standard deviation between units, on the logit scale, for each group; a row for each of `kinds`.
    correlation : float or numpy.ndarray
        Between the two groups' logits over units; NaN for proportions. Of each of `kinds`.
    units : int
        How many units had data.
    kinds : tuple
        The kinds in their order; empty where units are all of one.
    """

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    probability_above_zero: np.ndarray
    probability_above_reference: np.ndarray
    rank: np.ndarray
    rank_lower: np.ndarray
    rank_upper: np.ndarray
    reference: float | np.ndarray
    between: np.ndarray = field(repr=False)
    correlation: float | np.ndarray = field(repr=False)
    units: int = field(repr=False)
    kinds: tuple[str, ...] = field(repr=False, default=())


def pooled_proportions(
    count: ArrayLike,
    total: ArrayLike,
    *,
    reference: float | None = None,
    learn_from: ArrayLike | None = None,
    kind: ArrayLike | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
) -> Pooled:
    """Pool one proportion over units.

    Parameters
    ----------
    count, total : array-like, one axis
        Numerator and denominator of each unit.
    reference : float, optional
        England's proportion; without it the units of the kind together.
    learn_from, kind : array-like, optional
        As in :func:`pooled_gaps`.
    confidence : float
        Level of the intervals for values and ranks.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or leaves its unit out.

    Returns
    -------
    Pooled
        A unit without data has NaN throughout: what the others say is not a finding about it.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    As :func:`pooled_gaps`, with one logit for each unit.

    References
    ----------
    As :func:`pooled_gaps`.
    """
    count, total = check.count_and_total(count, total, nan_policy=nan_policy)
    _one_axis(count)
    usable = total > 0
    learned = check.learned(learn_from, usable)
    if reference is not None:
        reference = check.proportions("reference", reference).item()
    sign = np.array([1.0])
    return _pool_kinds(
        count[:, np.newaxis], total[:, np.newaxis], usable, learned, sign, reference, confidence, _kinds(kind, usable)
    )


def pooled_gaps(
    count_1: ArrayLike,
    total_1: ArrayLike,
    count_2: ArrayLike,
    total_2: ArrayLike,
    *,
    reference: float | None = None,
    learn_from: ArrayLike | None = None,
    kind: ArrayLike | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
) -> Pooled:
    """Pool the difference p1 − p2 of two groups over units.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like, one axis
        Numerators and denominators of the two groups in each unit.
    reference : float, optional
        England's gap; without it the gap of the units of the kind together.
    learn_from : array-like of bool, optional
        Units that say how units vary; all without it. The others are read with them and change nothing for
        them: their ranks are among those units, and those units' ranks do not count them.
    kind : array-like, optional
        The kind of each unit; all are of one without it. A kind has its own means, spread and correlation: units are
        drawn towards units of their kind, and ranked among them.
    confidence : float
        Level of the intervals for gaps and ranks.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or leaves its unit out.

    Returns
    -------
    Pooled
        A unit in which a group has nobody has NaN throughout. One unit alone is drawn only a little, by the weak prior.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    The two logits of a unit are bivariate normal over units: means with a N(0, 5²) prior, standard
    deviations half-normal(1), the correlation LKJ(2). Kinds share nothing, because they differ in all of these: with one
    set of means for all, the intervals of ambulance and specialist trusts covered 75% to 91%. A rank is how many units lie below, each with the
    probability that its own posterior gives; the sum of so many trials has the Poisson-binomial
    distribution, here by its normal approximation refined for skewness.

    References
    ----------
    Marshall EC, Spiegelhalter DJ. Reliability of league tables of in vitro fertilisation clinics: retrospective
    analysis of live birth rates. BMJ 1998; 316: 1701-1704. Spiegelhalter DJ, Thomas A, Best N, Gilks W. BUGS examples
    volume 1: "Surgical: institutional ranking". Goldstein H, Spiegelhalter DJ. Journal of the Royal Statistical Society
    A 1996; 159: 385-443, for rank intervals. Lewandowski D, Kurowicka D, Joe H. Journal of Multivariate Analysis 2009;
    100: 1989-2001. Hong Y. On computing the distribution function for the Poisson binomial distribution. Computational
    Statistics & Data Analysis 2013; 59: 41-51.
    """
    count_1, total_1, count_2, total_2 = check.two_groups(count_1, total_1, count_2, total_2, nan_policy=nan_policy)
    _one_axis(count_1)
    usable = (total_1 > 0) & (total_2 > 0)
    learned = check.learned(learn_from, usable)
    if reference is not None:
        reference = check.numbers("reference", reference, ndim=0).item()
    return _pool_kinds(
        np.stack([count_1, count_2], axis=-1),
        np.stack([total_1, total_2], axis=-1),
        usable,
        learned,
        np.array([1.0, -1.0]),
        reference,
        confidence,
        _kinds(kind, usable),
    )


def _kinds(kind: ArrayLike | None, usable: np.ndarray) -> np.ndarray | None:
    """Check that every unit has a kind."""
    if kind is None:
        return None
    kinds = np.asarray(kind, dtype=str)
    if kinds.shape != usable.shape:
        raise check.StatisticsError(
            f"kind must be {usable.size} names, one for each unit, but has the shape {kinds.shape}."
        )
    return kinds


def _pool_kinds(
    count: np.ndarray,
    total: np.ndarray,
    usable: np.ndarray,
    learned: np.ndarray,
    sign: np.ndarray,
    reference: float | None,
    confidence: float,
    kind: np.ndarray | None,
) -> Pooled:
    """Pool each kind by itself, and put the units back in their order."""

    def pooled(here: np.ndarray) -> Pooled:
        teach = learned[here]
        against = reference
        if against is None and teach.any():
            shares = count[here][teach].sum(axis=0) / total[here][teach].sum(axis=0)
            against = float((sign * shares).sum())
        return _pool(count[here], total[here], usable[here], teach, sign, against, confidence)

    if kind is None:
        return pooled(np.ones(usable.shape, dtype=bool))
    kinds = tuple(str(name) for name in np.unique(kind))
    parts = {name: pooled(kind == name) for name in kinds}
    result = {name: np.full(usable.shape, np.nan) for name in _OF_A_UNIT}
    against = np.full(usable.shape, np.nan)
    for name, part in parts.items():
        for attribute in _OF_A_UNIT:
            result[attribute][kind == name] = getattr(part, attribute)
        against[kind == name] = part.reference
    return Pooled(
        **result,
        reference=against,
        between=np.array([part.between for part in parts.values()]),
        correlation=np.array([part.correlation for part in parts.values()]),
        units=sum(part.units for part in parts.values()),
        kinds=kinds,
    )


def _one_axis(array: np.ndarray) -> None:
    if array.ndim != 1:
        raise check.StatisticsError("count must have one axis, a value for each unit.")


def _pool(
    count: np.ndarray,
    total: np.ndarray,
    usable: np.ndarray,
    learned: np.ndarray,
    sign: np.ndarray,
    reference: float | None,
    confidence: float,
) -> Pooled:
    tail = (1 - check.level(confidence)) / 2
    usable = usable & ~np.isnan(count + total).any(axis=-1)
    learned = usable & learned
    if not learned.any():
        usable = learned  # nobody says how units vary, so nothing can be read with them
    result = {name: np.full(usable.shape, np.nan) for name in _OF_A_UNIT}
    groups = count.shape[-1]
    between, correlation = np.full(groups, np.nan), np.nan
    if usable.any():
        model = _Model(count[learned], total[learned])
        parameters, share = model.parameters()
        together = None
        # apart, so that no unit's numbers depend on which others are read with them
        for part in (learned, usable & ~learned):
            if not part.any():
                continue
            value, weight = model.units(count[part], total[part], parameters, share, sign)
            together = together or _Together.of(value, weight)
            for few in _few_at_once(len(value), value[0].size):
                units, these = _Posteriors.of(value[few], weight[few]), np.flatnonzero(part)[few]
                result["estimate"][these] = units.mean
                result["lower"][these], result["upper"][these] = units.quantiles([tail, 1 - tail]).T
                result["probability_above_zero"][these] = 1 - units.below(np.zeros(1))[:, 0]
                result["probability_above_reference"][these] = 1 - units.below(np.array([reference]))[:, 0]
            shares = {"rank_lower": tail, "rank": 0.5, "rank_upper": 1 - tail}
            for name, rank in together.ranks(value, weight, shares, is_one_of_them=part is learned).items():
                result[name][part] = rank
        between = share @ np.exp(parameters[:, groups : 2 * groups])
        if groups == 2:
            correlation = float(share @ np.tanh(parameters[:, -1]))
    return Pooled(
        **result,
        reference=float("nan") if reference is None else reference,
        between=between,
        correlation=correlation,
        units=int(usable.sum()),
        kinds=(),
    )


@dataclass(frozen=True)
class _Posteriors:
    """The distribution of each unit's value: points in ascending order, and how much lies below each."""

    mean: np.ndarray
    value: np.ndarray
    cumulative: np.ndarray

    @classmethod
    def of(
        cls, value: np.ndarray, weight: np.ndarray, centre: np.ndarray | float = 0.0, spread: np.ndarray | float = 1.0
    ) -> _Posteriors:
        """Measure values from a centre and in a spread, and put each unit's points in order."""
        number, points = len(value), value[0].size
        mean, ascending, cumulative = np.empty(number), np.empty((number, points)), np.empty((number, points))
        for few in _few_at_once(number, points):
            measured, share = ((value[few] - centre) / spread).reshape(-1, points), weight[few].reshape(-1, points)
            mean[few] = (measured * share).sum(axis=-1)
            order = measured.argsort(axis=-1)
            order += np.arange(0, order.size, points)[:, np.newaxis]  # places in all rows, not in one
            ascending[few] = measured.take(order)
            up_to = share.take(order).cumsum(axis=-1)
            # half of a point's own weight lies below it
            cumulative[few] = up_to
            cumulative[few, 1:] += up_to[:, :-1]
            cumulative[few] /= 2
        return cls(mean, ascending, cumulative)

    def below(self, at: np.ndarray) -> np.ndarray:
        """Each unit's probability of lying below each of the values."""
        lines = zip(self.value, self.cumulative, strict=True)
        return np.array([np.interp(at, value, below, left=0, right=1) for value, below in lines])

    def quantiles(self, shares: Sequence[float] | np.ndarray) -> np.ndarray:
        lines = zip(self.value, self.cumulative, strict=True)
        return np.array([np.interp(shares, below, value) for value, below in lines])


@dataclass(frozen=True)
class _Together:
    """How many units lie below a value: the mean, the variance and the third moment of that number.

    Units are independent given the parameters only: these move all of them, and draw them together or apart.
    Neither changes a rank, so values are measured from the units' centre and in their spread at each point of the
    parameters, and taken as independent then.
    """

    units: int
    centre: np.ndarray
    spread: np.ndarray
    posteriors: _Posteriors
    at: np.ndarray
    moments: np.ndarray

    @classmethod
    def of(cls, value: np.ndarray, weight: np.ndarray) -> _Together:
        def mean(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
            each = [(weight[few] * of(value[few])).sum(axis=2) for few in _few_at_once(len(value), value[0].size)]
            return np.concatenate(each).sum(axis=0)[:, np.newaxis] / together

        together = weight.sum(axis=(0, 2))[:, np.newaxis]
        centre = mean(lambda values: values)
        spread = np.sqrt(mean(lambda values: (values - centre) ** 2))
        units = _Posteriors.of(value, weight, centre, spread)
        every = np.sort(units.value[:, ::8], axis=None)
        ends = units.value.min(), units.value.max()
        at = np.unique([*every[np.linspace(0, every.size - 1, _GRID).astype(int)], *ends])
        return cls(len(value), centre, spread, units, at, _moments(units.below(at)).sum(axis=1))

    def ranks(
        self, value: np.ndarray, weight: np.ndarray, shares: dict[str, float], *, is_one_of_them: bool
    ) -> dict[str, np.ndarray]:
        """Ranks from 1 that this share of each unit's posterior does not exceed."""
        units = self.posteriors
        if not is_one_of_them:
            units = _Posteriors.of(value, weight, self.centre, self.spread)
        middle = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        at = units.quantiles(middle)
        moments = np.array([np.interp(at, self.at, moment) for moment in self.moments])
        if is_one_of_them:
            moments = moments - _moments(middle)[:, np.newaxis]
        mean, deviation = moments[0], np.sqrt(np.maximum(moments[1], 1e-9))
        # the refinement is one for sums of many doubtful trials; where few are left in doubt it overshoots
        skewness = np.where(moments[1] > 1, moments[2] / deviation**3, 0)

        def not_above(rank: np.ndarray) -> np.ndarray:
            z = np.clip((rank[:, np.newaxis] - 0.5 - mean) / deviation, -6, 6)
            refined = ndtr(z) + skewness * (1 - z**2) * np.exp(-(z**2) / 2) / (6 * np.sqrt(2 * np.pi))
            return np.clip(refined, 0, 1).mean(axis=-1)

        last = self.units + (not is_one_of_them)
        found = {}
        for name, share in shares.items():
            low, high = np.ones(len(at), dtype=int), np.full(len(at), last)
            while (low < high).any():
                rank = (low + high) // 2
                enough = not_above(rank) >= share
                low, high = np.where(enough, low, np.minimum(rank + 1, high)), np.where(enough, rank, high)
            found[name] = low
        return found


def _moments(below: np.ndarray) -> np.ndarray:
    """Mean, variance and third central moment of a trial with this probability."""
    variance = below * (1 - below)
    return np.array([below, variance, variance * (1 - 2 * below)])


class _Model:
    """The posterior of (means, log standard deviations, atanh correlation) and of units given them.

    Vectors and matrices of one or two groups are on the first axes; sums over these are written out,
    because there are thousands of them and NumPy is slow at an innermost axis of length two.
    """

    def __init__(self, count: np.ndarray, total: np.ndarray) -> None:
        rough = _rough(count, total)
        self.spread = rough.std(axis=0) if len(rough) > 1 else np.full(count.shape[-1], 0.3)
        self.number, self.groups = count.shape
        # (group, point of the parameters, unit)
        self.count, self.total, self.rough = (_groups_first(array)[:, np.newaxis] for array in (count, total, rough))
        z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
        grid = np.meshgrid(*[z] * self.groups, indexing="ij")
        self.nodes = np.stack([axis.ravel() for axis in grid])
        weights = np.meshgrid(*[np.log(weight)] * self.groups, indexing="ij")
        # weights for the integral of f, not of f times the normal density
        self.log_weights = sum(axis.ravel() for axis in weights) + (self.nodes**2).sum(axis=0) / 2

    def covariance(self, parameters: np.ndarray) -> np.ndarray:
        """Covariance matrices of the logits, on the last two axes, as NumPy inverts them."""
        deviation = np.exp(parameters[..., self.groups : 2 * self.groups])
        matrix = deviation[..., :, np.newaxis] * deviation[..., np.newaxis, :]
        if self.groups == 2:
            correlation = np.tanh(parameters[..., -1])
            matrix[..., 0, 1] *= correlation
            matrix[..., 1, 0] *= correlation
        return matrix

    def log_prior(self, parameters: np.ndarray) -> np.ndarray:
        groups = self.groups
        mean, log_deviation = parameters[..., :groups], parameters[..., groups : 2 * groups]
        # the terms without a square are the Jacobians of the logarithm and of the inverse tanh
        prior = (-(mean**2) / 50 - np.exp(2 * log_deviation) / 2 + log_deviation).sum(axis=-1)
        if groups == 2:
            prior = prior + 2 * np.log1p(-(np.tanh(parameters[..., -1]) ** 2))
        return prior

    def log_posterior(self, parameters: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Log posterior at points of the parameters (on the first axis), and what its gradient needs at the last."""
        covariance = self.covariance(parameters)
        mean, precision = (array[..., np.newaxis] for array in self._of_logits(parameters, covariance))
        modes, factor = _modes(self.count, self.total, mean, precision, self.rough)
        value = np.empty(len(parameters))
        for few in _few_at_once(len(parameters), self.number * self.nodes.shape[1]):
            value[few], theta, share = self._integrated(
                modes[:, few], factor[:, :, few], mean[:, few], precision[..., few, :]
            )
        value -= self.number * np.linalg.slogdet(covariance)[1] / 2
        value += self.log_prior(parameters)
        return value, (modes, theta, share, precision[..., -1, 0], covariance[-1])

    def _of_logits(self, parameters: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and precision matrices of the logits at points of the parameters, which are on the last axis."""
        return parameters[:, : self.groups].T, np.linalg.inv(covariance).transpose(1, 2, 0)

    def _integrated(
        self, modes: np.ndarray, factor: np.ndarray, mean: np.ndarray, precision: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log likelihood, the units' logits integrated over, but for terms that the parameters alone decide; the nodes
        and the share of each.
        """
        # (group, node, point of the parameters, unit)
        theta = _times(factor[:, :, np.newaxis], self.nodes[..., np.newaxis, np.newaxis])
        theta += modes[:, np.newaxis]
        log_density = _unit_log_density(
            self.count[:, np.newaxis],
            self.total[:, np.newaxis],
            theta,
            mean[:, np.newaxis],
            precision[:, :, np.newaxis],
        )
        log_density += self.log_weights[:, np.newaxis, np.newaxis]
        log_determinant = sum(np.log(factor[i, i]) for i in range(self.groups))
        # logsumexp; SciPy's spends more on its checks than on the sum
        top = log_density.max(axis=0)
        log_density -= top
        share = np.exp(log_density, out=log_density)
        together = share.sum(axis=0)
        share /= together
        return (top + np.log(together) + log_determinant).sum(axis=-1), theta, share

    def evaluate(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Log posterior of the parameters and its gradient (by Fisher's identity)."""
        value, (self.rough, theta, share, precision, covariance) = self.log_posterior(parameters[np.newaxis])
        groups = self.groups
        mean, deviation = parameters[:groups], np.exp(parameters[groups : 2 * groups])
        centred = theta.reshape(groups, -1).T.copy() - mean
        weighted = share.reshape(-1, 1) * centred
        slope = np.empty_like(parameters)
        slope[:groups] = precision @ weighted.sum(axis=0) - mean / 25
        # of -units/2 log|C| - trace(inverse of C times spread)/2, by the covariance C
        by_covariance = (precision @ (weighted.T @ centred) @ precision - self.number * precision) / 2
        slope[groups : 2 * groups] = 2 * (by_covariance * covariance).sum(axis=0) + 1 - deviation**2
        if groups == 2:
            correlation = np.tanh(parameters[-1])
            slope[-1] = 2 * by_covariance[0, 1] * deviation.prod() * (1 - correlation**2) - 4 * correlation
        return float(value[0]), slope

    def fit(self) -> tuple[np.ndarray, np.ndarray]:
        """Mode of the parameters, and the covariance of the normal approximation there."""
        from scipy.optimize import minimize

        start = np.concatenate(
            [
                np.log((self.count.sum((1, 2)) + 0.5) / ((self.total - self.count).sum((1, 2)) + 0.5)),
                np.log(np.clip(self.spread * 0.7, 0.05, 1)),
                [0.5] if self.groups == 2 else [],
            ]
        )
        size = len(start)
        bounds = [(-15, 15)] * self.groups + [(-6, 2)] * self.groups + [(-4, 4)] * (size - 2 * self.groups)

        def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = self.evaluate(at)
            return -value, -slope

        best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-9, "gtol": 1e-3}).x
        step = 1e-2
        hessian = np.array(
            [(self.evaluate(best + s)[1] - self.evaluate(best - s)[1]) / (2 * step) for s in np.eye(size) * step]
        )
        value, vector = np.linalg.eigh(-(hessian + hessian.T) / 2)
        # a parameter that the data say nothing about keeps a spread like its prior's
        return best, vector @ np.diag(1 / np.maximum(value, 1.0)) @ vector.T

    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the parameters' posterior and the share of each."""
        mode, covariance = self.fit()
        # the fewer the units, the less sure the parameters, and the cheaper a point
        standard = _spread_normals(int(np.clip(10_000 // self.number, 48, 200)), len(mode))
        standard = np.concatenate([standard, -standard])
        # so few points have not quite the spread of the normal distribution that they approximate
        own = np.linalg.cholesky(standard.T @ standard / len(standard))
        standard = np.linalg.solve(own, standard.T).T
        points = mode + standard @ np.linalg.cholesky(covariance).T
        points[:, self.groups : 2 * self.groups] = np.clip(points[:, self.groups : 2 * self.groups], -7, 2.5)
        return points, _shares(self.log_posterior(points)[0] + (standard**2).sum(axis=-1) / 2)

    def units(
        self, count: np.ndarray, total: np.ndarray, parameters: np.ndarray, share: np.ndarray, sign: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Each unit's value (the signed sum of its proportions) and its weight, at points of its own for each of those
        of the parameters.
        """
        covariance = self.covariance(parameters)
        mean, precision = (array[..., np.newaxis, :] for array in self._of_logits(parameters, covariance))
        # (group, unit, point of the parameters)
        count, total = (_groups_first(array)[..., np.newaxis] for array in (count, total))
        theta, factor = _modes(count, total, mean, precision, _rough(count, total))
        if self.groups == 2:
            factor = _towards_the_value(theta, factor, sign[:, np.newaxis, np.newaxis])
        # (group, point of the unit, unit, point of the parameters): NumPy is quicker at an innermost axis that is long
        normal = _spread_normals(len(parameters) * _UNIT_POINTS // 2, self.groups).T
        normal = normal.reshape(self.groups, len(parameters), -1).swapaxes(1, 2)[:, :, np.newaxis]
        normal = np.concatenate([normal, -normal], axis=1)
        log_share = (normal**2).sum(axis=0) / 2
        sign = sign[:, np.newaxis, np.newaxis, np.newaxis]
        count, total, mean, theta = (array[:, np.newaxis] for array in (count, total, mean, theta))
        precision, factor = precision[:, :, np.newaxis], factor[:, :, np.newaxis]
        value = np.empty((count.shape[2], len(parameters), normal.shape[1]))
        weight = np.empty_like(value)
        for few in _few_at_once(len(value), log_share.size):
            # a little wide, and put right by weight
            point = _times(factor[:, :, :, few], normal)
            point *= 1.1
            point += theta[:, :, few]
            log_weight = _unit_log_density(count[:, :, few], total[:, :, few], point, mean, precision)
            log_weight += log_share
            log_weight -= log_weight.max(axis=0)
            weight[few] = np.exp(log_weight, out=log_weight).transpose(1, 2, 0)
            weight[few] /= weight[few].sum(axis=-1, keepdims=True)
            weight[few] *= share[:, np.newaxis]
            proportion = expit(point, out=point)
            proportion *= sign
            value[few] = proportion.sum(axis=0).transpose(1, 2, 0)
        return value, weight


def _few_at_once(number: int, size: int) -> Iterator[slice]:
    """Parts of this number of rows of this size, so that a step's arrays stay in the processor's cache."""
    step = max(_AT_ONCE // size, 1)
    return (slice(first, first + step) for first in range(0, number, step))


def _groups_first(array: np.ndarray) -> np.ndarray:
    """A copy with the last axis, that of the groups, as the first."""
    return np.moveaxis(array, -1, 0).copy()


def _shares(log_weight: np.ndarray) -> np.ndarray:
    """Weights on the last axis that add up to one."""
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    weight /= weight.sum(axis=-1, keepdims=True)
    return weight


def _towards_the_value(theta: np.ndarray, factor: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Turn the factors of covariances so that the first axis is the one along which the value changes.

    Evenly spread points are most even along an axis.
    """
    proportion = expit(theta)
    slope = sign * proportion * (1 - proportion)
    along = _times(np.swapaxes(factor, 0, 1), slope)
    along /= np.sqrt((along**2).sum(axis=0))
    across = np.stack([-along[1], along[0]])
    return np.stack([_times(factor, along), _times(factor, across)], axis=1)


def _rough(count: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Empirical logits, to start from."""
    return np.log((count + 0.5) / (total - count + 0.5))


def _modes(
    count: np.ndarray, total: np.ndarray, mean: np.ndarray, precision: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior modes of the logits and Cholesky factors of their covariances, by Newton's method."""
    theta = np.broadcast_to(start, np.broadcast_shapes(count.shape, mean.shape)).copy()
    for _ in range(50):
        proportion = expit(theta)
        expected = total * proportion
        gradient = count - expected
        gradient -= _times(precision, theta - mean)
        np.subtract(1, proportion, out=proportion)
        expected *= proportion
        covariance = _inverse(precision, expected)
        step = _times(covariance, gradient).clip(-2, 2)
        theta += step
        if np.abs(step).max() < 1e-6:
            break
    return theta, _cholesky(covariance)


def _unit_log_density(
    count: np.ndarray, total: np.ndarray, theta: np.ndarray, mean: np.ndarray, precision: np.ndarray
) -> np.ndarray:
    """Log likelihood plus log of the normal density (without its constant) at logits theta."""
    centred = theta - mean
    from_mean = _times(precision, centred)
    from_mean *= centred
    from_mean /= 2
    # log(1 + e^theta): theta is far from where the exponential overflows
    nobody = np.exp(theta)
    np.log1p(nobody, out=nobody)
    nobody *= total
    density = np.multiply(count, theta, out=centred)
    density -= nobody
    density -= from_mean
    return density.sum(axis=0)


def _spread_normals(number: int, size: int) -> np.ndarray:
    """Normal points that fill their space evenly: few of them then do for many random ones.

    The additive recurrence with the powers of the generalised golden ratio (M. Roberts, 2018).
    """
    ratio = 2.0
    for _ in range(30):
        ratio = (1 + ratio) ** (1 / (size + 1))
    steps = np.arange(1, number + 1)[:, np.newaxis] * (1 / ratio) ** np.arange(1, size + 1)
    return ndtri(np.clip((0.5 + steps) % 1, 1e-4, 1 - 1e-4))


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Product of small matrices on the first two axes with vectors on the first."""
    product = matrix[:, 0] * vector[0]
    for i in range(1, len(vector)):
        product += matrix[:, i] * vector[i]
    return product


def _inverse(precision: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Inverse of precision + diag(diagonal), written out: batches of 1x1 and 2x2 come by the thousand."""
    if len(diagonal) == 1:
        return 1 / (precision + diagonal)
    a, d = precision[0, 0] + diagonal[0], precision[1, 1] + diagonal[1]
    b = precision[0, 1]
    inverse = np.empty((2, *diagonal.shape))
    inverse[0, 0], inverse[1, 1], inverse[0, 1], inverse[1, 0] = d, a, -b, -b
    inverse /= a * d - b * b
    return inverse


def _cholesky(covariance: np.ndarray) -> np.ndarray:
    if len(covariance) == 1:
        return np.sqrt(covariance)
    factor = np.zeros_like(covariance)
    first = np.sqrt(covariance[0, 0], out=factor[0, 0])
    second = np.divide(covariance[1, 0], first, out=factor[1, 0])
    np.sqrt(np.maximum(covariance[1, 1] - second**2, 1e-300), out=factor[1, 1])
    return factor
