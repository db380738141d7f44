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
from scipy.special import expit, logsumexp, ndtri

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
    if reference is not None:
        reference = check.proportions("reference", reference).item()
    elif usable.any():
        reference = float(count[usable].sum() / total[usable].sum())
    return _pool(
        count[:, np.newaxis], total[:, np.newaxis], usable, lambda p: p[..., 0], reference, confidence, seed
    )


def pooled_gaps(
    count_1,
    total_1,
    count_2,
    total_2,
    *,
    reference: float | None = None,
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
    if reference is not None:
        reference = check.numbers("reference", reference, ndim=0).item()
    elif usable.any():
        reference = float(
            count_1[usable].sum() / total_1[usable].sum() - count_2[usable].sum() / total_2[usable].sum()
        )
    return _pool(
        np.stack([count_1, count_2], axis=-1),
        np.stack([total_1, total_2], axis=-1),
        usable,
        lambda p: p[..., 0] - p[..., 1],
        reference,
        confidence,
        seed,
    )


def _one_axis(array: np.ndarray) -> None:
    if array.ndim != 1:
        raise check.StatisticsError("count must have one axis, a value for each unit.")


def _pool(count, total, usable, value_of, reference, confidence, seed) -> Pooled:
    tail = (1 - check.level(confidence)) / 2
    usable = usable & ~np.isnan(count + total).any(axis=-1)
    names = [
        "estimate", "lower", "upper", "probability_above_zero", "probability_above_reference",
        "rank", "rank_lower", "rank_upper",
    ]  # fmt: skip
    result = {name: np.full(usable.shape, np.nan) for name in names}
    groups = count.shape[-1]
    between, correlation = np.full(groups, np.nan), np.nan
    if usable.any():
        model = _Model(count[usable], total[usable])
        proportions, parameters = model.draws(np.random.default_rng(seed))
        value = value_of(proportions)
        result["estimate"][usable] = value.mean(axis=0)
        result["lower"][usable], result["upper"][usable] = np.quantile(value, [tail, 1 - tail], axis=0)
        result["probability_above_zero"][usable] = (value > 0).mean(axis=0)
        result["probability_above_reference"][usable] = (value > reference).mean(axis=0)
        ranks = value.argsort(axis=-1).argsort(axis=-1) + 1
        low, middle, high = np.quantile(ranks, [tail, 0.5, 1 - tail], axis=0, method="nearest")
        result["rank_lower"][usable], result["rank"][usable], result["rank_upper"][usable] = low, middle, high
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


class _Model:
    """The posterior of (means, log standard deviations, atanh correlation) and of units given them."""

    def __init__(self, count: np.ndarray, total: np.ndarray) -> None:
        self.count, self.total = count, total
        self.groups = count.shape[-1]
        self.rough = np.log((count + 0.5) / (total - count + 0.5))
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

    def log_prior(self, parameters: np.ndarray) -> float:
        mean, log_deviation = np.split(parameters[: 2 * self.groups], 2)
        # the terms without a square are the Jacobians of the logarithm and of the inverse tanh
        prior = -(mean**2).sum() / 50 - (np.exp(2 * log_deviation) / 2).sum() + log_deviation.sum()
        if self.groups == 2:
            prior += 2 * np.log1p(-(np.tanh(parameters[-1]) ** 2))
        return float(prior)

    def modes(self, mean, precision, start) -> tuple[np.ndarray, np.ndarray]:
        """Posterior modes of the logits and Cholesky factors of their covariances, by Newton's method."""
        theta = np.broadcast_to(start, mean.shape[:-2] + self.count.shape).copy()
        for _ in range(50):
            proportion = expit(theta)
            gradient = self.count - self.total * proportion - _times(precision, theta - mean)
            covariance = _inverse(precision, self.total * proportion * (1 - proportion))
            step = np.clip(_times(covariance, gradient), -2, 2)
            theta += step
            if np.abs(step).max() < 1e-6:
                break
        return theta, _cholesky(covariance)

    def unit_log_density(self, theta, mean, precision):
        """Log likelihood plus log of the normal density (without its constant) at logits theta."""
        centred = theta - mean
        return (self.count * theta - self.total * np.logaddexp(0, theta)).sum(axis=-1) - (
            centred * _times(precision, centred)
        ).sum(axis=-1) / 2

    def evaluate(self, parameters: np.ndarray, *, gradient: bool = True) -> tuple[float, np.ndarray | None]:
        """Log posterior of the parameters and its gradient (by Fisher's identity)."""
        mean, covariance = parameters[: self.groups], self.covariance(parameters)
        precision = np.linalg.inv(covariance)
        self.rough, factor = self.modes(mean[np.newaxis], precision, self.rough)
        theta = self.rough + np.einsum("uij,kj->kui", factor, self.nodes)
        log_density = self.unit_log_density(theta, mean, precision) + self.log_weights[:, np.newaxis]
        log_determinant = np.log(np.einsum("uii->ui", factor)).sum(axis=-1)
        marginal = logsumexp(log_density, axis=0)
        units = len(self.count)
        total = (marginal + log_determinant).sum() - units * np.linalg.slogdet(covariance)[1] / 2
        value = float(total + self.log_prior(parameters))
        if not gradient:
            return value, None
        share = np.exp(log_density - marginal)
        first = np.einsum("ku,kui->i", share, theta)
        second = np.einsum("ku,kui,kuj->ij", share, theta, theta)

        def expected(at: np.ndarray) -> float:
            m, c = at[: self.groups], self.covariance(at)
            spread = second - np.outer(first, m) - np.outer(m, first) + units * np.outer(m, m)
            log_det = np.linalg.slogdet(c)[1]
            return -units * log_det / 2 - np.trace(np.linalg.solve(c, spread)) / 2 + self.log_prior(at)

        steps = np.eye(len(parameters)) * 1e-5
        slope = np.array([(expected(parameters + s) - expected(parameters - s)) / 2e-5 for s in steps])
        return value, slope

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
        rough = self.rough
        log_weight = np.empty(len(proposals))
        for row, proposal in enumerate(proposals):
            self.rough = rough
            log_weight[row] = self.evaluate(proposal, gradient=False)[0] + (standard[row] ** 2).sum() / 2
        parameters = proposals[_resample(log_weight[np.newaxis], rng)[0]]

        mean = parameters[:, np.newaxis, : self.groups]
        precision = np.linalg.inv(self.covariance(parameters))[:, np.newaxis]
        theta, factor = self.modes(mean, precision, rough)
        # (unit draw, parameter draw, unit, group); drawn a little wide, then resampled by weight
        normal = rng.standard_normal((_UNIT_DRAWS, *theta.shape))
        candidate = theta + 1.1 * _times(factor, normal)
        log_weight = self.unit_log_density(candidate, mean, precision) + (normal**2).sum(axis=-1) / 2
        chosen = _resample(np.moveaxis(log_weight, 0, -1), rng)
        kept = np.take_along_axis(candidate, np.moveaxis(chosen, -1, 0)[..., np.newaxis], axis=0)
        return expit(kept.reshape(-1, *self.count.shape)), parameters


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
    """Systematic resampling on the last axis, in random order so that units stay independent."""
    size = log_weight.shape[-1]
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    cumulative = np.cumsum(weight, axis=-1)
    cumulative *= size / cumulative[..., -1:]
    start = rng.random((*log_weight.shape[:-1], 1))
    # how many of the points start, start + 1, ... each cumulative weight has passed
    passed = np.clip(np.ceil(cumulative - start), 0, size).astype(int)
    passed[..., -1] = size
    times = np.diff(passed, prepend=0, axis=-1)
    flat = np.repeat(np.tile(np.arange(size), times.size // size), times.ravel()).reshape(log_weight.shape)
    order = rng.permuted(np.broadcast_to(np.arange(size), flat.shape), axis=-1)
    return np.take_along_axis(flat, order, axis=-1)


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
