"""Hierarchical pooling: what a small trust's figure says when it is read with all the others.

Binomial counts, logits that vary between units like a normal distribution, and weak priors for its
parameters. The parameters are integrated over (adaptive Gauss-Hermite quadrature for the units, a
normal approximation corrected by importance weights for the parameters), then each unit is drawn from
its own posterior, so that probabilities and ranks carry the whole uncertainty. The seed is fixed: the
same figures give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, ndtri

from race_equality.statistics import _arguments as check

__all__ = ["Pooled", "pooled_gaps", "pooled_proportions"]

_NODES = 5  # Gauss-Hermite nodes an axis; 9 change no third decimal (a test compares)
_UNIT_DRAWS = 40  # for each draw of the parameters


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
        Posterior median and interval of the rank among the units with data; 1 is the lowest value.
        Show the interval, never the rank alone.
    reference : float
        What values are compared with (England).
    between : numpy.ndarray
        Standard deviation between units, on the logit scale, for each group.
    correlation : float
        Between the two groups' logits over units; NaN for proportions.
    units : int
        How many units had data.
    """

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    probability_above_zero: np.ndarray
    probability_above_reference: np.ndarray
    rank: np.ndarray
    rank_lower: np.ndarray
    rank_upper: np.ndarray
    reference: float
    between: np.ndarray = field(repr=False)
    correlation: float = field(repr=False)
    units: int = field(repr=False)


def pooled_proportions(
    count,
    total,
    *,
    reference: float | None = None,
    learn_from=None,
    confidence: float = 0.95,
    seed: int = 2024,
    nan_policy: str = "raise",
) -> Pooled:
    """Pool one proportion over units.

    Parameters
    ----------
    count, total : array-like, one axis
        Numerator and denominator of each unit.
    reference : float, optional
        England's proportion; without it the units together.
    learn_from : array-like of bool, optional
        As in :func:`pooled_gaps`.
    confidence : float
        Level of the intervals for values and ranks.
    seed : int
        Of the random numbers.
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
    learned = _learned(learn_from, usable)
    if reference is not None:
        reference = check.proportions("reference", reference).item()
    elif learned.any():
        reference = float(count[learned].sum() / total[learned].sum())
    return _pool(
        count[:, np.newaxis], total[:, np.newaxis], usable, learned, lambda p: p[0], reference, confidence, seed
    )


def pooled_gaps(
    count_1,
    total_1,
    count_2,
    total_2,
    *,
    reference: float | None = None,
    learn_from=None,
    confidence: float = 0.95,
    seed: int = 2024,
    nan_policy: str = "raise",
) -> Pooled:
    """Pool the difference p1 − p2 of two groups over units.

    Parameters
    ----------
    count_1, total_1, count_2, total_2 : array-like, one axis
        Numerators and denominators of the two groups in each unit.
    reference : float, optional
        England's gap; without it the gap of the units together.
    learn_from : array-like of bool, optional
        Units that say how units vary; all without it. The others are read with them and change nothing for
        them: their ranks are among those units, and those units' ranks do not count them.
    confidence : float
        Level of the intervals for gaps and ranks.
    seed : int
        Of the random numbers.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or leaves its unit out.

    Returns
    -------
    Pooled
        A unit in which a group has nobody has NaN throughout. One unit alone is drawn only a little,
        by the weak prior.

    Raises
    ------
    StatisticsError
        Negative, infinite or missing values, text, or a count over its total.

    Notes
    -----
    The two logits of a unit are bivariate normal over units: means with a N(0, 5²) prior, standard
    deviations half-normal(1), the correlation LKJ(2).

    References
    ----------
    Marshall EC, Spiegelhalter DJ. Reliability of league tables of in vitro fertilisation clinics:
    retrospective analysis of live birth rates. BMJ 1998; 316: 1701-1704. Spiegelhalter DJ, Thomas A,
    Best N, Gilks W. BUGS examples volume 1: "Surgical: institutional ranking". Goldstein H,
    Spiegelhalter DJ. Journal of the Royal Statistical Society A 1996; 159: 385-443, for rank intervals.
    Lewandowski D, Kurowicka D, Joe H. Journal of Multivariate Analysis 2009; 100: 1989-2001.
    """
    count_1, total_1 = check.count_and_total(
        count_1, total_1, nan_policy=nan_policy, names=("count_1", "total_1")
    )
    count_2, total_2 = check.count_and_total(
        count_2, total_2, nan_policy=nan_policy, names=("count_2", "total_2")
    )
    count_1, total_1, count_2, total_2 = check.together(
        count_1=count_1, total_1=total_1, count_2=count_2, total_2=total_2
    )
    _one_axis(count_1)
    usable = (total_1 > 0) & (total_2 > 0)
    learned = _learned(learn_from, usable)
    if reference is not None:
        reference = check.numbers("reference", reference, ndim=0).item()
    elif learned.any():
        reference = float(
            count_1[learned].sum() / total_1[learned].sum() - count_2[learned].sum() / total_2[learned].sum()
        )
    return _pool(
        np.stack([count_1, count_2], axis=-1),
        np.stack([total_1, total_2], axis=-1),
        usable,
        learned,
        lambda p: p[0] - p[1],
        reference,
        confidence,
        seed,
    )


def _one_axis(array: np.ndarray) -> None:
    if array.ndim != 1:
        raise check.StatisticsError("count must have one axis, a value for each unit.")


def _learned(learn_from, usable: np.ndarray) -> np.ndarray:
    """Which units with data say how units vary."""
    if learn_from is None:
        return usable
    learn_from = np.asarray(learn_from)
    if learn_from.dtype != bool or learn_from.shape != usable.shape:
        raise check.StatisticsError(
            f"learn_from must be {usable.size} truth values, one for each unit, but is "
            f"{learn_from.dtype} of the shape {learn_from.shape}."
        )
    return usable & learn_from


def _pool(count, total, usable, learned, value_of, reference, confidence, seed) -> Pooled:
    tail = (1 - check.level(confidence)) / 2
    usable = usable & ~np.isnan(count + total).any(axis=-1)
    if not (usable & learned).any():
        usable = usable & learned  # nobody says how units vary, so nothing can be read with them
    names = [
        "estimate", "lower", "upper", "probability_above_zero", "probability_above_reference",
        "rank", "rank_lower", "rank_upper",
    ]  # fmt: skip
    result = {name: np.full(usable.shape, np.nan) for name in names}
    groups = count.shape[-1]
    between, correlation = np.full(groups, np.nan), np.nan
    if usable.any():
        model = _Model(count[usable], total[usable], learned[usable])
        proportions, parameters = model.draws(np.random.default_rng(seed))
        value = value_of(proportions)  # a row for each unit
        ranks = _ranks(value, learned[usable])
        result["estimate"][usable] = value.mean(axis=-1)
        result["probability_above_zero"][usable] = (value > 0).mean(axis=-1)
        result["probability_above_reference"][usable] = (value > reference).mean(axis=-1)
        # in place: the draws of all units are a large array, and nothing else needs their order
        value.sort(axis=-1)
        ranks.sort(axis=-1)
        last = value.shape[-1] - 1
        result["lower"][usable], result["upper"][usable] = value[:, [round(tail * last), round((1 - tail) * last)]].T
        for name, share in (("rank_lower", tail), ("rank", 0.5), ("rank_upper", 1 - tail)):
            result[name][usable] = ranks[:, round(share * last)]
        between = np.exp(parameters[:, groups : 2 * groups]).mean(axis=0)
        if groups == 2:
            correlation = float(np.tanh(parameters[:, -1]).mean())
    return Pooled(
        **result,
        reference=float("nan") if reference is None else reference,
        between=between,
        correlation=correlation,
        units=int(usable.sum()),
    )


def _ranks(value: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Ranks from 1 among the units that were learned from, for each draw."""
    order = value[learned].argsort(axis=0)
    ranks = np.empty(value.shape, dtype=np.int32)
    among = np.empty_like(order, dtype=np.int32)
    np.put_along_axis(among, order, np.arange(1, len(order) + 1, dtype=np.int32)[:, np.newaxis], axis=0)
    ranks[learned] = among
    for unit in np.flatnonzero(~learned):
        ranks[unit] = 1 + (value[learned] < value[unit]).sum(axis=0)
    return ranks


class _Model:
    """The posterior of (means, log standard deviations, atanh correlation) and of units given them.

    Vectors and matrices of one or two groups stand on the last axes; sums over these are written out,
    because there are thousands of them and NumPy is slow at axes of length two.
    """

    def __init__(self, count: np.ndarray, total: np.ndarray, learned: np.ndarray) -> None:
        self.all_count, self.all_total = count, total
        self.count, self.total = count[learned], total[learned]
        self.groups = count.shape[-1]
        self.rough = _rough(self.count, self.total)
        z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
        grid = np.meshgrid(*[z] * self.groups, indexing="ij")
        self.nodes = np.stack([axis.ravel() for axis in grid], axis=-1)
        weights = np.meshgrid(*[np.log(weight)] * self.groups, indexing="ij")
        # weights for the integral of f, not of f times the normal density
        self.log_weights = sum(axis.ravel() for axis in weights) + (self.nodes**2).sum(axis=-1) / 2

    def covariance(self, parameters: np.ndarray) -> np.ndarray:
        """Covariance matrices of the logits, on the last two axes."""
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

    def log_posterior(self, parameters: np.ndarray):
        """Log posterior of parameters (on the last axis), and what its gradient needs."""
        mean, covariance = parameters[..., np.newaxis, : self.groups], self.covariance(parameters)
        precision = np.linalg.inv(covariance)[..., np.newaxis, :, :]
        modes, factor = _modes(self.count, self.total, mean, precision, self.rough)
        theta = modes + np.stack([_times(factor, node) for node in self.nodes])
        log_density = _unit_log_density(self.count, self.total, theta, mean, precision)
        log_density += self.log_weights.reshape(-1, *[1] * (log_density.ndim - 1))
        log_determinant = sum(np.log(factor[..., i, i]) for i in range(self.groups))
        # logsumexp; SciPy's spends more on its checks than on the sum
        top = log_density.max(axis=0)
        share = np.exp(log_density - top)
        together = share.sum(axis=0)
        value = (top + np.log(together) + log_determinant).sum(axis=-1)
        value = value - len(self.count) * np.linalg.slogdet(covariance)[1] / 2 + self.log_prior(parameters)
        return value, (modes, theta, share / together, precision)

    def evaluate(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Log posterior of the parameters and its gradient (by Fisher's identity)."""
        value, (self.rough, theta, share, precision) = self.log_posterior(parameters)
        groups, units, precision = self.groups, len(self.count), precision[0]
        mean, deviation = parameters[:groups], np.exp(parameters[groups : 2 * groups])
        centred = (theta - mean).reshape(-1, groups)
        weighted = share.reshape(-1, 1) * centred
        slope = np.empty_like(parameters)
        slope[:groups] = precision @ weighted.sum(axis=0) - mean / 25
        # of -units/2 log|C| - trace(inverse of C times spread)/2, by the covariance C
        by_covariance = (precision @ (weighted.T @ centred) @ precision - units * precision) / 2
        covariance = self.covariance(parameters)
        slope[groups : 2 * groups] = 2 * (by_covariance * covariance).sum(axis=0) + 1 - deviation**2
        if groups == 2:
            correlation = np.tanh(parameters[-1])
            slope[-1] = 2 * by_covariance[0, 1] * deviation.prod() * (1 - correlation**2) - 4 * correlation
        return float(value), slope

    def fit(self) -> tuple[np.ndarray, np.ndarray]:
        """Mode of the parameters, and the covariance of the normal approximation there."""
        from scipy.optimize import minimize

        spread = self.rough.std(axis=0) if len(self.rough) > 1 else np.full(self.groups, 0.3)
        start = np.concatenate(
            [
                np.log((self.count.sum(0) + 0.5) / ((self.total - self.count).sum(0) + 0.5)),
                np.log(np.clip(spread * 0.7, 0.05, 1)),
                [0.5] if self.groups == 2 else [],
            ]
        )
        size = len(start)
        bounds = [(-15, 15)] * self.groups + [(-6, 2)] * self.groups + [(-4, 4)] * (size - 2 * self.groups)
        best = minimize(
            lambda at: tuple(-part for part in self.evaluate(at)),
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"ftol": 1e-9, "gtol": 1e-3},
        ).x
        step = 1e-2
        hessian = np.array(
            [
                (self.evaluate(best + s)[1] - self.evaluate(best - s)[1]) / (2 * step)
                for s in np.eye(size) * step
            ]
        )
        value, vector = np.linalg.eigh(-(hessian + hessian.T) / 2)
        # a parameter that the data say nothing about keeps a spread like its prior's
        return best, vector @ np.diag(1 / np.maximum(value, 1.0)) @ vector.T

    def draws(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws of the units' proportions (draw, unit, group) and of the parameters."""
        mode, covariance = self.fit()
        size = len(mode)
        # the fewer the units, the less sure the parameters, and the cheaper a draw
        standard = _spread_normals(2 * int(np.clip(5000 // len(self.count), 24, 200)), size, rng)
        proposals = mode + standard @ np.linalg.cholesky(covariance).T
        proposals[:, self.groups : 2 * self.groups] = np.clip(
            proposals[:, self.groups : 2 * self.groups], -7, 2.5
        )
        log_weight = self.log_posterior(proposals)[0] + (standard**2).sum(axis=-1) / 2
        parameters = proposals[_resample(log_weight[np.newaxis], rng)[0]]

        # (unit, parameter draw, unit draw, group); drawn a little wide, then resampled by weight
        mean = parameters[:, : self.groups]
        precision = np.linalg.inv(self.covariance(parameters))
        count, total = self.all_count[:, np.newaxis], self.all_total[:, np.newaxis]
        theta, factor = _modes(count, total, mean, precision, _rough(count, total))
        normal = rng.standard_normal((*theta.shape[:-1], _UNIT_DRAWS, self.groups))
        candidate = theta[..., np.newaxis, :] + 1.1 * _times(factor[..., np.newaxis, :, :], normal)
        log_weight = _unit_log_density(
            count[..., np.newaxis, :],
            total[..., np.newaxis, :],
            candidate,
            mean[:, np.newaxis],
            precision[:, np.newaxis],
        )
        log_weight += sum(normal[..., i] ** 2 for i in range(self.groups)) / 2
        # Candidates of units are drawn apart, so units stay independent whatever the order they are kept in.
        chosen = _resample(log_weight, rng)
        units = len(self.all_count)
        kept = [
            expit(np.take_along_axis(candidate[..., i], chosen, axis=-1)).reshape(units, -1)
            for i in range(self.groups)
        ]
        return kept, parameters


def _rough(count: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Empirical logits, to start from."""
    return np.log((count + 0.5) / (total - count + 0.5))


def _modes(count, total, mean, precision, start) -> tuple[np.ndarray, np.ndarray]:
    """Posterior modes of the logits and Cholesky factors of their covariances, by Newton's method."""
    theta = np.broadcast_to(start, np.broadcast_shapes(count.shape, mean.shape)).copy()
    for _ in range(50):
        proportion = expit(theta)
        gradient = count - total * proportion - _times(precision, theta - mean)
        covariance = _inverse(precision, total * proportion * (1 - proportion))
        step = np.clip(_times(covariance, gradient), -2, 2)
        theta += step
        if np.abs(step).max() < 1e-6:
            break
    return theta, _cholesky(covariance)


def _unit_log_density(count, total, theta, mean, precision):
    """Log likelihood plus log of the normal density (without its constant) at logits theta."""
    centred = theta - mean
    from_mean = _times(precision, centred)
    return sum(
        # log(1 + e^theta): theta is far from where the exponential overflows
        count[..., i] * theta[..., i]
        - total[..., i] * np.log1p(np.exp(theta[..., i]))
        - centred[..., i] * from_mean[..., i] / 2
        for i in range(theta.shape[-1])
    )


def _spread_normals(number: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Normal points that fill their space evenly: few parameter draws then carry little noise.

    The additive recurrence with the powers of the generalised golden ratio (M. Roberts, 2018).
    """
    ratio = 2.0
    for _ in range(30):
        ratio = (1 + ratio) ** (1 / (size + 1))
    steps = np.arange(1, number + 1)[:, np.newaxis] * (1 / ratio) ** np.arange(1, size + 1)
    return ndtri(np.clip((rng.random(size) + steps) % 1, 1e-4, 1 - 1e-4))


def _resample(log_weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Systematic resampling on the last axis, in ascending order."""
    size = log_weight.shape[-1]
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    cumulative = np.cumsum(weight, axis=-1)
    cumulative *= size / cumulative[..., -1:]
    start = rng.random((*log_weight.shape[:-1], 1))
    # how many of the points start, start + 1, ... each cumulative weight has passed
    passed = np.clip(np.ceil(cumulative - start), 0, size).astype(np.int64)
    passed[..., -1] = size
    times = np.diff(passed, prepend=0, axis=-1)
    return np.repeat(np.tile(np.arange(size), times.size // size), times.ravel()).reshape(log_weight.shape)


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Product of small matrices on the last two axes with vectors on the last."""
    return sum(matrix[..., :, j] * vector[..., j, np.newaxis] for j in range(matrix.shape[-1]))


def _inverse(precision: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Inverse of precision + diag(diagonal), written out: batches of 1x1 and 2x2 come by the thousand."""
    if diagonal.shape[-1] == 1:
        return 1 / (precision + diagonal[..., np.newaxis])
    a = precision[..., 0, 0] + diagonal[..., 0]
    d = precision[..., 1, 1] + diagonal[..., 1]
    b = np.broadcast_to(precision[..., 0, 1], a.shape)
    rows = [np.stack([d, -b], axis=-1), np.stack([-b, a], axis=-1)]
    return np.stack(rows, axis=-2) / (a * d - b * b)[..., np.newaxis, np.newaxis]


def _cholesky(covariance: np.ndarray) -> np.ndarray:
    if covariance.shape[-1] == 1:
        return np.sqrt(covariance)
    first = np.sqrt(covariance[..., 0, 0])
    second = covariance[..., 1, 0] / first
    third = np.sqrt(np.maximum(covariance[..., 1, 1] - second**2, 1e-300))
    rows = [np.stack([first, np.zeros_like(first)], axis=-1), np.stack([second, third], axis=-1)]
    return np.stack(rows, axis=-2)
