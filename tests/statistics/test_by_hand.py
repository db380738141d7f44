"""Answers worked out by hand, or by an independent route (another library, brute force, plain loops)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS, WLS
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from race_equality.statistics import pooling
from race_equality.statistics.association import rank_correlation
from race_equality.statistics.decomposition import kitagawa
from race_equality.statistics.differences import stratified_difference
from race_equality.statistics.disparity import index_of_disparity
from race_equality.statistics.funnel import between_variance, funnel_from_estimates, funnel_limits
from race_equality.statistics.gradient import slope_index
from race_equality.statistics.intervals import byar_interval, difference_interval, wilson_interval
from race_equality.statistics.pooling import pooled_gaps, pooled_proportions
from race_equality.statistics.process_control import level_change, pooled_autocorrelation, xmr
from race_equality.statistics.ratios import (
    probability_outside,
    ratio_interval,
    stratified_ratio,
    stratified_ratio_interval,
)
from race_equality.statistics.standardisation import direct_rate, indirect_ratio, ratio_of_rates
from race_equality.statistics.trend import Spread, change_spread, mean_change, pooled_spread, trend, years_to_parity

RNG = np.random.default_rng(7)


# ---- proportions and their comparison ----


def test_wilson_equals_statsmodels():
    total = RNG.integers(1, 3000, 300)
    count = RNG.integers(0, total + 1)
    ours = wilson_interval(count, total)
    theirs = proportion_confint(count, total, method="wilson")
    assert np.allclose(ours.lower, np.maximum(theirs[0], 0), atol=1e-12)
    assert np.allclose(ours.upper, theirs[1], atol=1e-12)


def test_koopman_equals_statsmodels():
    for x1, n1, x2, n2 in [(36, 40, 16, 80), (5, 200, 20, 1000), (60, 400, 100, 500)]:
        theirs = confint_proportions_2indep(x1, n1, x2, n2, method="score", compare="ratio", correction=False)
        assert ratio_interval(x1, n1, x2, n2, "koopman") == pytest.approx(theirs, rel=1e-6)


def restricted_likelihood(x1, n1, x2, n2, **link):
    """Maximum likelihood of p2 when p1 = p2 + delta or p1 = theta p2, by a fine grid."""
    p2 = np.linspace(1e-9, 1 - 1e-9, 400_001)
    p1 = p2 + link["delta"] if "delta" in link else p2 * link["theta"]
    inside = (p1 > 0) & (p1 < 1)
    p1, p2 = p1[inside], p2[inside]
    likelihood = x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x2 * np.log(p2) + (n2 - x2) * np.log1p(-p2)
    best = likelihood.argmax()
    return p1[best], p2[best]


@pytest.mark.parametrize("cells", [(12, 40, 30, 60), (5, 56, 1, 29), (48, 50, 30, 45)])
def test_miettinen_nurminen_limits_have_a_score_of_z(cells):
    """At each limit the score, with estimates found by brute force, is the normal quantile."""
    x1, n1, x2, n2 = cells
    for limit, sign in zip(difference_interval(*cells, method="miettinen-nurminen"), (1, -1), strict=True):
        p1, p2 = restricted_likelihood(*cells, delta=limit)
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
        score = (x1 / n1 - x2 / n2 - limit) / math.sqrt(variance)
        assert score == pytest.approx(sign * 1.959964, abs=2e-3)


@pytest.mark.parametrize("cells", [(12, 40, 30, 60), (5, 56, 1, 29), (40, 50, 20, 45)])
def test_scas_limits_satisfy_its_equation(cells):
    """Laud 2017: z = S/√V − (z² − 1) μ₃/(6 V^1.5) at each limit."""
    x1, n1, x2, n2 = cells
    for limit, z in zip(ratio_interval(*cells), (1.959964, -1.959964), strict=True):
        p1, p2 = restricted_likelihood(*cells, theta=limit)
        v = (p1 * (1 - p1) / n1 + limit**2 * p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
        mu = p1 * (1 - p1) * (1 - 2 * p1) / n1**2 - limit**3 * p2 * (1 - p2) * (1 - 2 * p2) / n2**2
        score = (x1 / n1 - limit * x2 / n2) / math.sqrt(v)
        assert score - (z**2 - 1) * mu / (6 * v**1.5) == pytest.approx(z, abs=5e-3)


def test_stratified_ratio_is_mantel_haenszel_by_hand():
    # (4·79/95 + 2·87/103) / (5·16/95 + 3·16/103)
    estimate = (4 * 79 / 95 + 2 * 87 / 103) / (5 * 16 / 95 + 3 * 16 / 103)
    assert stratified_ratio([4, 2], [16, 16], [5, 3], [79, 87]) == pytest.approx(estimate)


def test_one_stratum_is_the_plain_interval():
    assert stratified_ratio_interval([5], [56], [3], [29]) == pytest.approx(ratio_interval(5, 56, 3, 29))


def test_empty_strata_change_nothing():
    plain = stratified_ratio_interval([4, 9], [16, 40], [5, 30], [79, 200])
    more = stratified_ratio_interval([4, 9, 0, 3], [16, 40, 0, 7], [5, 30, 2, 0], [79, 200, 9, 0])
    assert more == pytest.approx(plain)


def test_stratified_ratio_removes_what_bands_explain():
    """Both groups do equally well in each band; the plain ratio only shows who works where."""
    n1, n2 = np.array([800, 100]), np.array([200, 400])
    rate = np.array([0.1, 0.3])
    assert stratified_ratio(n1 * rate, n1, n2 * rate, n2) == pytest.approx(1)
    interval = stratified_ratio_interval(n1 * rate, n1, n2 * rate, n2)
    assert interval.lower < 1 < interval.upper
    assert ratio_interval((n1 * rate).sum(), 900, (n2 * rate).sum(), 600).upper < 1


def test_probability_outside_by_simulation():
    rng = np.random.default_rng(3)
    for x1, n1, x2, n2 in [(5, 500, 20, 2000), (60, 400, 100, 500), (0, 30, 2, 60)]:
        p1 = rng.beta(x1 + 0.5, n1 - x1 + 0.5, 400_000)
        p2 = rng.beta(x2 + 0.5, n2 - x2 + 0.5, 400_000)
        simulated = ((p1 / p2 < 0.8) | (p1 / p2 > 1.25)).mean()
        assert probability_outside(x1, n1, x2, n2) == pytest.approx(simulated, abs=0.003)


# ---- funnel ----


def likelihood_of_spread(tau_squared, y, variance):
    """The restricted log-likelihood, term by term, and the mean at this variance between units."""
    total = [v + tau_squared for v in variance]
    mean = sum(a / v for a, v in zip(y, total, strict=True)) / sum(1 / v for v in total)
    value = -sum(math.log(v) + (a - mean) ** 2 / v for a, v in zip(y, total, strict=True)) / 2
    return value - math.log(sum(1 / v for v in total)) / 2, mean


def most_likely(y, variance, upper):
    """Its highest point, by a search that knows nothing of how ours is found."""
    found = optimize.minimize_scalar(
        lambda t: -likelihood_of_spread(t, y, variance)[0],
        bounds=(0, upper),
        options={"xatol": 1e-10},
        method="bounded",
    )
    return found.x, likelihood_of_spread(found.x, y, variance)[1]


def test_the_variance_between_units_has_the_highest_likelihood_of_spread():
    y, s = [-0.3, -0.1, 0.05, 0.2, 0.6], [0.1, 0.2, 0.1, 0.3, 0.2]
    tau_squared, _ = between_variance(y, s)
    assert tau_squared == pytest.approx(most_likely(y, [v * v for v in s], 2)[0], abs=1e-6)
    # about a known centre: the plain likelihood
    known, information = between_variance(y, s, centre=0.1)
    plain = optimize.minimize_scalar(
        lambda t: sum(math.log(v * v + t) + (a - 0.1) ** 2 / (v * v + t) for a, v in zip(y, s, strict=True)),
        bounds=(0, 2),
        options={"xatol": 1e-10},
        method="bounded",
    )
    assert known == pytest.approx(plain.x, abs=1e-6)
    assert information == pytest.approx(sum(1 / (v * v + known) ** 2 for v in s))


def test_no_variance_between_units_that_are_closer_than_chance():
    assert between_variance([0.1, -0.2, 0.3], [1, 1, 1])[0] == 0


def test_proportion_funnel_by_plain_sums():
    """Units of two sizes: centre, spread and one limit, each from its formula."""
    count, total = [10, 30, 45, 5, 60], [100, 200, 150, 100, 300]
    funnel = funnel_limits(count, total)
    y = [math.asin(math.sqrt(x / n)) for x, n in zip(count, total, strict=True)]
    s = [1 / (2 * math.sqrt(n)) for n in total]
    tau_squared, mean = most_likely(y, [v * v for v in s], 1)
    assert funnel.tau_squared == pytest.approx(tau_squared, rel=1e-4)
    assert funnel.target == pytest.approx(math.sin(mean) ** 2, abs=1e-6)
    w = [1 / (v * v + tau_squared) for v in s]
    # the variance of a restricted estimate of a variance, and the degrees of freedom of s² + τ² of the first unit
    information = sum(v**2 for v in w) - 2 * sum(v**3 for v in w) / sum(w) + (sum(v**2 for v in w) / sum(w)) ** 2
    left = information / w[0] ** 2 - 1
    t = stats.t.ppf(0.975, left)
    far = t * math.sqrt(left + 1) / math.sqrt(left + t * t)
    half = far * math.sqrt(1 / w[0] - 1 / sum(w))
    assert funnel.lower_95[0] == pytest.approx(math.sin(mean - half) ** 2, abs=1e-5)
    assert funnel.upper_95[0] == pytest.approx(math.sin(mean + half) ** 2, abs=1e-5)


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_among_trusts_of_one_size_a_trust_is_outside_when_a_t_test_against_the_others_says_so(level):
    """The limits of trusts of one size are those of the trust left out, to the last bit of the quantile."""
    rng = np.random.default_rng(12)
    checked = 0
    for _ in range(200):
        y = rng.normal(0, 1, 10)
        y[0] *= 3
        funnel = funnel_from_estimates(y, np.full(10, 0.01))
        limit = (funnel.lower_95, funnel.upper_95) if level == 0.95 else (funnel.lower_998, funnel.upper_998)
        outside = (y < limit[0]) | (y > limit[1])
        others = [np.delete(y, i) for i in range(10)]
        t = [(y[i] - o.mean()) / (o.std(ddof=1) * math.sqrt(1 + 1 / 9)) for i, o in enumerate(others)]
        assert (outside == (2 * stats.t.sf(np.abs(t), 8) < 1 - level)).all()
        checked += outside.sum()
    assert checked > 10


def test_a_trust_that_is_only_placed_changes_nothing_for_the_others():
    rng = np.random.default_rng(13)
    total = rng.integers(100, 2000, 30)
    count = rng.binomial(total, rng.uniform(0.1, 0.3, 30))
    without = funnel_limits(count, total)
    learn_from = np.append(np.full(30, True), False)
    placed = funnel_limits(np.append(count, 900), np.append(total, 1000), learn_from=learn_from)
    assert placed.target == without.target
    assert (placed.lower_95[:-1] == without.lower_95).all()
    assert placed.units == 30
    assert placed.position[-1] == "above 99.8% limit"
    # one that is not among them can lie a little farther out: they say nothing of it but where they are
    size = funnel_limits(np.append(count, count[3]), np.append(total, total[3]), learn_from=learn_from)
    assert size.upper_95[-1] > size.upper_95[3]


def test_a_target_from_elsewhere_is_what_units_vary_about():
    rng = np.random.default_rng(14)
    y = rng.normal(0.3, 0.1, 400)
    own, given = funnel_from_estimates(y, np.full(400, 0.05)), funnel_from_estimates(y, np.full(400, 0.05), target=0.0)
    assert math.sqrt(own.tau_squared) == pytest.approx(math.sqrt(0.1**2 - 0.05**2), abs=0.01)
    assert given.target == 0
    assert given.tau_squared == pytest.approx((y**2).mean() - 0.05**2)


def test_ratio_funnel_by_hand():
    funnel = funnel_limits([20, 10], [10, 20], scale="ratio", overdispersed=False)
    assert funnel.target == 1
    s = math.sqrt(20 / 20.5**2 + 10 / 10.5**2)
    assert funnel.standard_error == pytest.approx([s, s])
    assert funnel.z[0] == pytest.approx(math.log(20.5 / 10.5) / s)
    assert funnel.upper_95[0] == pytest.approx(math.exp(1.959964 * s), rel=1e-6)
    assert funnel.lower_998[1] == pytest.approx(math.exp(-3.090232 * s), rel=1e-6)


def test_funnel_without_spread_flags_five_in_a_hundred():
    rng = np.random.default_rng(5)
    total = rng.integers(200, 3000, 20_000)
    funnel = funnel_limits(rng.binomial(total, 0.2), total)
    outside = np.isin(funnel.position, ["within limits"], invert=True).mean()
    assert outside == pytest.approx(0.05, abs=0.006)
    assert np.char.endswith(funnel.position, "99.8% limit").mean() == pytest.approx(0.002, abs=0.0015)


def test_funnel_recovers_the_spread_between_trusts():
    """Units that differ by 0.05 on the arcsine scale: τ is found, and still 5 in a hundred are outside."""
    rng = np.random.default_rng(6)
    total = rng.integers(200, 3000, 5000)
    p = np.sin(np.arcsin(np.sqrt(0.2)) + rng.normal(0, 0.05, 5000)) ** 2
    funnel = funnel_limits(rng.binomial(total, p), total)
    assert math.sqrt(funnel.tau_squared) == pytest.approx(0.05, abs=0.003)
    assert (funnel.position != "within limits").mean() == pytest.approx(0.05, abs=0.012)
    assert np.char.endswith(funnel.position, "99.8% limit").mean() == pytest.approx(0.002, abs=0.002)


def test_funnel_from_estimates_on_both_scales():
    gaps = funnel_from_estimates([0.1, 0.1, 0.4], [0.1, 0.1, 0.1], overdispersed=False)
    assert gaps.target == pytest.approx(0.2)
    assert gaps.upper_95 == pytest.approx([0.2 + 1.959964 * 0.1] * 3, abs=1e-6)
    assert list(gaps.position) == ["within limits", "within limits", "above 95% limit"]
    ratios = funnel_from_estimates([0.5, 2.0], [0.2, 0.2], scale="log", overdispersed=False)
    assert ratios.target == pytest.approx(1)
    assert list(ratios.position) == ["below 99.8% limit", "above 99.8% limit"]


def test_limits_at_are_the_limits_of_a_unit_of_that_size():
    funnel = funnel_limits([10, 30, 45, 5, 60], [100, 200, 150, 100, 300])
    curve = funnel.limits_at([100, 200, 150, 100, 300])
    assert curve.lower == pytest.approx(funnel.lower_95)
    assert funnel.limits_at(300, 0.998).upper == pytest.approx(funnel.upper_998[4])


# ---- pooling ----


def one_group_posterior(count, total):
    """Posterior means of the one-group model: a grid over mean and spread, 40 nodes for each unit."""
    mean = np.linspace(-5, 2, 71)[:, None]
    log_deviation = np.linspace(-5, 1.5, 66)[None, :]
    z, node_weight = np.polynomial.hermite_e.hermegauss(40)
    theta = mean[..., None] + np.exp(log_deviation)[..., None] * z
    # half-normal prior for the deviation (on its logarithm), normal with deviation 5 for the mean
    log_weight = -np.exp(2 * log_deviation) / 2 + log_deviation - mean**2 / 50
    moments = []
    for x, n in zip(count, total, strict=True):
        density = np.exp(x * theta - n * np.logaddexp(0, theta)) * node_weight
        integral = density.sum(axis=-1)
        log_weight = log_weight + np.log(integral)
        moments.append((density / (1 + np.exp(-theta))).sum(axis=-1) / integral)
    weight = np.exp(log_weight - log_weight.max())
    return [(weight * moment).sum() / weight.sum() for moment in moments]


def test_pooled_proportions_equal_a_plain_grid():
    count, total = [2, 12, 30, 9], [25, 60, 100, 90]
    pooled = pooled_proportions(count, total)
    assert pooled.estimate == pytest.approx(one_group_posterior(count, total), abs=0.006)


def test_pooling_recovers_what_was_simulated():
    rng = np.random.default_rng(11)
    units = 200
    base, gap = rng.normal(-1.5, 0.25, units), rng.normal(0.3, 0.15, units)
    n1, n2 = rng.integers(20, 800, units), rng.integers(200, 3000, units)
    p1, p2 = 1 / (1 + np.exp(-base - gap)), 1 / (1 + np.exp(-base))
    x1, x2 = rng.binomial(n1, p1), rng.binomial(n2, p2)
    pooled = pooled_gaps(x1, n1, x2, n2)
    raw = x1 / n1 - x2 / n2
    assert pooled.between == pytest.approx([math.hypot(0.25, 0.15), 0.25], abs=0.04)
    assert pooled.correlation == pytest.approx(0.25 / math.hypot(0.25, 0.15), abs=0.1)
    # nearer to the truth than the raw gaps, by much
    assert np.abs(pooled.estimate - p1 + p2).mean() < 0.8 * np.abs(raw - p1 + p2).mean()
    # probabilities mean what they say
    sure = pooled.probability_above_zero > 0.95
    assert ((p1 - p2)[sure] > 0).mean() > 0.95
    assert pooled.probability_above_reference.mean() == pytest.approx(((p1 - p2) > pooled.reference).mean(), abs=0.08)
    true_rank = stats.rankdata(p1 - p2)
    assert ((pooled.rank_lower <= true_rank) & (true_rank <= pooled.rank_upper)).mean() > 0.9


def test_kinds_are_pooled_each_by_itself():
    rng = np.random.default_rng(15)
    total = rng.integers(100, 900, (2, 40))
    kind = np.where(np.arange(40) % 4 == 0, "ambulance", "acute")
    count = rng.binomial(total, np.where(kind == "acute", 0.2, 0.4))
    learn_from = np.arange(40) != 7
    both = pooled_gaps(count[0], total[0], count[1], total[1], kind=kind, learn_from=learn_from)
    assert both.kinds == ("acute", "ambulance")
    for place, name in enumerate(both.kinds):
        here = kind == name
        alone = pooled_gaps(
            *(part[here] for part in (count[0], total[0], count[1], total[1])), learn_from=learn_from[here]
        )
        for attribute in ("estimate", "lower", "upper", "probability_above_zero", "rank_lower", "rank_upper"):
            assert (getattr(both, attribute)[here] == getattr(alone, attribute)).all()
        assert (both.reference[here] == alone.reference).all()
        assert (both.between[place] == alone.between).all()
        assert both.correlation[place] == alone.correlation
    assert both.units == 40
    one = pooled_proportions(count[0], total[0], kind=kind, reference=0.3)
    assert (one.reference == 0.3).all()
    assert (one.estimate[kind == "ambulance"] > 0.3).all()


def test_small_units_are_drawn_more():
    pooled = pooled_gaps([6, 300], [20, 1000], [10, 100], [100, 1000])
    many = pooled_gaps([6] + [100] * 30, [20] + [1000] * 30, [10] + [100] * 30, [100] + [1000] * 30)
    assert abs(many.estimate[0]) < 0.08  # raw 0.2 against 30 units that show none
    assert np.isfinite(pooled.estimate).all()


@pytest.fixture(scope="module")
def like_the_trusts():
    """As many units as there are trusts, of their sizes, gaps and spread."""
    rng = np.random.default_rng(31)
    units = 155
    n1 = np.round(np.exp(rng.normal(5.5, 1, units))).astype(int) + 20
    n2 = n1 * rng.integers(1, 8, units)
    base = rng.normal(-1.4, 0.2, units)
    p1, p2 = (1 / (1 + np.exp(-logit)) for logit in (base + rng.normal(0.3, 0.2, units), base))
    return rng.binomial(n1, p1), n1, rng.binomial(n2, p2), n2


def test_pooled_ranks_are_those_of_draws(like_the_trusts):
    """Ranks of a hundred thousand draws from the units' posteriors, the parameters being as good as known."""
    x1, n1, x2, n2 = like_the_trusts
    pooled = pooled_gaps(x1, n1, x2, n2)
    logits = [np.log((x.sum()) / (n - x).sum()) for x, n in ((x1, n1), (x2, n2))]
    between, correlation = pooled.between, pooled.correlation
    covariance = np.outer(between, between) * [[1, correlation], [correlation, 1]]
    # every unit on one grid of both logits, drawn from the products of likelihood and normal density
    axis = [
        np.linspace(logit - 4.5 * spread, logit + 4.5 * spread, 161)
        for logit, spread in zip(logits, between, strict=True)
    ]
    one, two = (grid.ravel() for grid in np.meshgrid(*axis, indexing="ij"))
    # the means that maximise nothing but are near: averages of the units' own empirical logits, by weight
    means = [
        np.average(np.log((x + 0.5) / (n - x + 0.5)), weights=1 / (s**2 + 1 / (n * 0.2)))
        for x, n, s in ((x1, n1, between[0]), (x2, n2, between[1]))
    ]
    centred = np.stack([one - means[0], two - means[1]])
    prior = -(centred * np.linalg.solve(covariance, centred)).sum(axis=0) / 2
    gap = 1 / (1 + np.exp(-one)) - 1 / (1 + np.exp(-two))
    rng = np.random.default_rng(5)
    draws = np.empty((len(x1), 20_000))
    for unit, (a, m, b, n) in enumerate(zip(x1, n1, x2, n2, strict=True)):
        log = prior + a * one - m * np.log1p(np.exp(one)) + b * two - n * np.log1p(np.exp(two))
        weight = np.exp(log - log.max())
        draws[unit] = gap[rng.choice(gap.size, 20_000, p=weight / weight.sum())]
    ranks = draws.argsort(axis=0).argsort(axis=0) + 1
    lower, upper = np.quantile(ranks, [0.025, 0.975], axis=1)
    assert pooled.estimate == pytest.approx(draws.mean(axis=1), abs=0.006)
    # parameters are not quite known, and grids have steps
    assert np.abs(pooled.rank_lower - lower).max() <= 5
    assert np.abs(pooled.rank_upper - upper).max() <= 5
    assert np.abs(pooled.rank_lower - lower).mean() < 1
    assert np.abs(pooled.rank_upper - upper).mean() < 1


def test_what_is_printed_of_pooling_does_not_hang_on_the_points(like_the_trusts, monkeypatch):
    pooled = pooled_gaps(*like_the_trusts)
    points = pooling._spread_normals
    for change in ("more", "others"):
        with monkeypatch.context() as patch:
            if change == "more":
                for name in ("_UNIT_POINTS", "_GRID", "_QUANTILES"):
                    patch.setattr(pooling, name, 4 * getattr(pooling, name))
            else:  # the same evenness, shifted by another start
                patch.setattr(
                    pooling,
                    "_spread_normals",
                    lambda number, size: stats.norm.ppf(
                        np.clip(
                            (stats.norm.cdf(points(number, size)) + 0.37 * np.arange(1, size + 1)) % 1, 1e-4, 1 - 1e-4
                        )
                    ),
                )
            other = pooled_gaps(*like_the_trusts)
        assert np.abs(other.estimate - pooled.estimate).max() < 0.0005
        for name in ("lower", "upper"):
            assert np.abs(getattr(other, name) - getattr(pooled, name)).max() < 0.004
        for name in ("rank_lower", "rank_upper"):
            assert np.abs(getattr(other, name) - getattr(pooled, name)).max() <= 2
        assert np.abs(other.probability_above_zero - pooled.probability_above_zero).max() < 0.02


def test_units_that_are_read_along_change_no_bit(like_the_trusts):
    alone = pooled_gaps(*like_the_trusts)
    along = pooled_gaps(
        *(np.insert(column, 3, extra) for column, extra in zip(like_the_trusts, (40, 900, 800, 900), strict=True)),
        learn_from=np.insert(np.full(155, True), 3, False),
    )
    for name in ("estimate", "lower", "upper", "probability_above_zero", "rank_lower", "rank", "rank_upper"):
        assert np.array_equal(np.delete(getattr(along, name), 3), getattr(alone, name))
    assert np.array_equal(along.between, alone.between)
    assert along.rank_upper[3] < 30


def test_pooling_is_the_same_twice():
    first, second = (pooled_gaps([3, 9, 4], [20, 40, 30], [5, 8, 9], [60, 70, 80]) for _ in range(2))
    assert np.array_equal(first.estimate, second.estimate)
    assert np.array_equal(first.rank_upper, second.rank_upper)


# ---- gradient, standardisation ----


def test_slope_index_of_a_line():
    population = np.array([10, 20, 30, 25, 15])
    b = (np.cumsum(population) - population / 2) / 100
    found = slope_index(0.4 - 0.3 * b, population, np.full(5, 1e-6))
    assert (found.sii, found.rii, found.intercept) == pytest.approx((-0.3, 0.25, 0.4))


def test_slope_index_is_weighted_least_squares():
    value, population = np.array([0.3, 0.28, 0.2, 0.21, 0.1]), np.array([10, 20, 30, 25, 15])
    b = (np.cumsum(population) - population / 2) / 100
    fit = WLS(value, np.stack([np.ones(5), b], axis=-1), weights=population).fit()
    found = slope_index(value, population, np.full(5, 0.01))
    assert (found.intercept, found.sii) == pytest.approx(tuple(fit.params))


@pytest.mark.parametrize("transform", ["none", "logit"])
def test_slope_index_of_several_places_is_that_of_each(transform):
    value = np.array([[0.3, 0.28, 0.2], [0.1, 0.15, 0.4], [0.2, 0.2, 0.2]])
    people, error = np.array([[10, 20, 30], [7, 7, 7], [5, 50, 5]]), np.array([[0.1, 0.2, 0.1]] * 3)
    together = slope_index(value, people, error, transform=transform)
    for place in range(3):
        alone = slope_index(value[place], people[place], error[place], transform=transform)
        assert (alone.sii, alone.rii, alone.intercept) == (
            together.sii[place],
            together.rii[place],
            together.intercept[place],
        )
        assert alone.sii_interval == tuple(one[place] for one in together.sii_interval)
        assert alone.rii_interval == tuple(one[place] for one in together.rii_interval)


def test_slope_index_interval_is_that_of_a_linear_sum():
    """On the plain scale the SII is linear in the values, so its simulated interval has a formula."""
    value, population, error = (np.array([0.3, 0.25, 0.2, 0.1]), np.full(4, 100), np.array([0.02, 0.01, 0.03, 0.01]))
    b = np.array([1, 3, 5, 7]) / 8
    weight = (b - 0.5) / ((b - 0.5) ** 2).sum()
    half = 1.959964 * math.sqrt(((weight * error) ** 2).sum())
    found = slope_index(value, population, error, repetitions=100_000)
    assert found.sii_interval == pytest.approx((found.sii - half, found.sii + half), abs=half * 0.02)


@pytest.mark.parametrize("transform", ["none", "log", "logit"])
@pytest.mark.parametrize("multiplier", [1, 0.5, 100, -0.5, -1, -100])
def test_slope_limits_stay_in_order(transform, multiplier):
    """phe_sii swaps them for some multipliers on the log and logit scales."""
    plain = slope_index([0.3, 0.2, 0.15], [5, 6, 7], [0.05] * 3, transform=transform)
    found = slope_index([0.3, 0.2, 0.15], [5, 6, 7], [0.05] * 3, transform=transform, multiplier=multiplier)
    assert found.sii == pytest.approx(plain.sii * multiplier)
    assert found.sii_interval.lower < found.sii < found.sii_interval.upper
    assert found.rii_interval.lower < found.rii < found.rii_interval.upper
    assert found.rii == pytest.approx(plain.rii if multiplier > 0 else 1 / plain.rii)


def test_direct_rate_by_hand():
    # weights 0.6 and 0.4; rates 10/1000 and 40/500: 0.6·0.01 + 0.4·0.08 = 0.038
    found = direct_rate([10, 40], [1000, 500], [600, 400], per=1000)
    assert found.value == pytest.approx(38)
    variance = 0.6**2 * 10 / 1000**2 + 0.4**2 * 40 / 500**2
    scale = math.sqrt(variance / 50) * 1000
    assert found.lower == pytest.approx(38 - scale * (50 - byar_interval(50).lower))
    assert found.upper == pytest.approx(38 + scale * (byar_interval(50).upper - 50))


def test_direct_rate_of_one_band_is_its_crude_rate():
    found = direct_rate([50], [1000], [7], per=1000)
    assert (found.value, found.lower, found.upper) == pytest.approx((50, *byar_interval(50)))


def test_indirect_ratio_by_hand():
    # expected 100·0.1 + 200·0.2 = 50
    found = indirect_ratio([20, 40], [100, 200], [10, 40], [100, 200])
    assert (found.observed, found.expected, found.value) == pytest.approx((60, 50, 1.2))


def test_ratio_of_rates_by_hand():
    # standardised detention rates of 2023/24, Mixed over White, with half widths of 1.96 standard errors as published:
    # 177.1/68.4 = 2.589; relative errors 10.7/1.96/177.1 = 0.03083 and 0.7/1.96/68.4 = 0.00522; together 0.03127
    ratio, limits = ratio_of_rates(177.1, 10.7, 68.4, 0.7)
    assert ratio == pytest.approx(2.589, abs=5e-4)
    assert limits.lower == pytest.approx(2.589 * math.exp(-1.96 * 0.03127), abs=1e-3)
    assert limits.upper == pytest.approx(2.589 * math.exp(1.96 * 0.03127), abs=1e-3)
    back, turned = ratio_of_rates(68.4, 0.7, 177.1, 10.7)
    assert (back * ratio, turned.lower * limits.upper) == pytest.approx((1, 1))
    assert ratio_of_rates(50, 0, 25, 0) == (2, (2, 2))  # rates that are known exactly


# ---- trend ----


def test_trend_is_least_squares_with_student_t():
    years, values = np.arange(6), np.array([3.0, 3.4, 3.1, 3.9, 4.2, 4.1])
    fit = OLS(values, np.stack([np.ones(6), years], axis=-1)).fit()
    found = trend(years, values)
    assert (found.lower, found.upper) == pytest.approx(tuple(fit.conf_int()[1]))
    assert found.direction == "rising"


def test_trend_with_known_errors_by_hand():
    # equal errors e over 0..3: slope Σ(t − 1.5)y / 5, its error e/√5; points on the line do not widen it
    found = trend([0, 1, 2, 3], [1.0, 1.1, 1.2, 1.3], [0.1] * 4)
    assert found.slope == pytest.approx(0.1)
    assert found.upper - found.slope == pytest.approx(1.959964 * 0.1 / math.sqrt(5), rel=1e-6)
    assert found.direction == "rising"


def test_the_pooled_scatter_is_what_the_errors_leave_unexplained():
    """Two units with equal errors: by hand the residual squares over n - 2 each, less the variance of sampling."""
    first, second = [10.0, 12.0, 10.0, 12.0], [5.0, 5.0, 8.0, 8.0]
    years = np.arange(4.0)
    squares = sum(float(np.polyfit(years, y, 1, full=True)[1][0]) for y in (first, second))
    assert pooled_spread(years, [first, second]).variance == pytest.approx(squares / 4)
    found = pooled_spread(years, [first, second], np.full((2, 4), 0.5))
    assert (found.variance, found.freedom, found.units) == (pytest.approx(squares / 4 - 0.25), 4, 2)
    assert pooled_spread(years, [first, second], np.full((2, 4), 9.0)).variance == 0


def test_the_pooled_scatter_with_unequal_errors_and_a_missing_year():
    """Against matrices: Q expects its degrees of freedom plus the variance times the trace of its projection."""
    years = np.array([0.0, 1.0, 2.0, 4.0])
    values = np.array([[1.0, 4.0, 2.0, 6.0], [9.0, 7.0, np.nan, 8.0], [1.0, 2.0, np.nan, np.nan]])
    errors = np.array([[0.5, 0.4, 0.3, 0.6], [0.2, 0.7, 0.5, 0.4], [1.0, 1.0, 1.0, 1.0]])
    total, trace = 0.0, 0.0
    for y, e in zip(values[:2], errors[:2], strict=True):
        known = ~np.isnan(y)
        x, w = np.stack([np.ones(known.sum()), years[known]], axis=-1), np.diag(1 / e[known] ** 2)
        projection = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
        total += y[known] @ projection @ y[known]
        trace += np.trace(projection)
    found = pooled_spread(years, values, errors)
    assert (found.freedom, found.units) == (3, 2)  # the third unit has two points
    assert found.variance == pytest.approx((total - 3) / trace)


def test_a_slope_with_the_scatter_of_all():
    """Equal errors of 0.4 and a scatter of 0.3: together 0.5; over 0 to 3 its error is 0.5/√5; t of 400 is 1.966."""
    found = trend([0, 1, 2, 3], [1.0, 3.0, 2.0, 4.0], [0.4] * 4, spread=Spread(0.09, 400, 200))
    assert found.slope == pytest.approx(0.8)
    assert found.upper - found.slope == pytest.approx(1.9659 * 0.5 / math.sqrt(5), rel=1e-4)
    assert found.direction == "rising"
    assert trend([0, 1, 2, 3], [1.0, 3.0, 2.0, 4.0], [0.4] * 4).direction == "no reliable change"  # alone
    exact = trend([0, 1, 2, 3], [1.0, 3.0, 2.0, 4.0], spread=Spread(0.0, 4, 2))
    assert (exact.lower, exact.slope, exact.upper) == pytest.approx((0.8, 0.8, 0.8))
    assert trend([0, 1, 2, 3], [1.0, 3.0, 2.0, 4.0], spread=Spread(math.nan, 0, 0)).direction == "too few points"


def test_the_mean_change_of_a_series_whose_changes_add_up():
    """Changes of 1 and 3 lie 1 from their mean; those of the second unit are in the comment."""
    years = [2020, 2021, 2022, 2024]
    spread = change_spread(years, [[0, 1, 4, np.nan], [0, 2, 2, 6], [5, 6, np.nan, np.nan]])
    # the second: 2 over one year, 0 over one, 4 over two, about 1.5: 0.25 + 2.25 + 1 / 2
    assert (spread.freedom, spread.units) == (3, 2)
    assert spread.variance == pytest.approx((1 + 1 + 0.25 + 2.25 + 0.5) / 3)
    found = mean_change(years, [0, 2, 2, 6], Spread(0.64, 1000, 2))
    assert found.slope == pytest.approx(1.5)
    assert found.upper - found.slope == pytest.approx(1.9623 * 0.8 / 2, rel=1e-3)
    assert mean_change([1, 2, 3], [1, 2, 3], spread).direction == "too few points"


def test_parity_when_the_gap_closes_by_a_known_amount():
    """Log odds −1.2 rising by 0.2 a year against a still 0: 6 years from the first, 1 from the last."""
    years = np.arange(6)
    share = 1 / (1 + np.exp(-(-1.2 + 0.2 * years)))
    n = 1_000_000
    found = years_to_parity(years, share * n, np.full(6, n), np.full(6, n / 2), np.full(6, n))
    assert found.status == "estimated"
    assert found.years == pytest.approx(1, abs=0.01)
    assert found.lower < found.years < found.upper < 1.1


def test_parity_sees_that_the_target_moves():
    """The board's share rises from 10% to 15%, the workforce's from 20% to 35%: moving away."""
    years, n = np.arange(6), 100_000
    board, workforce = np.linspace(0.10, 0.15, 6), np.linspace(0.20, 0.35, 6)
    moving = years_to_parity(years, board * n, np.full(6, n), workforce * n, np.full(6, n))
    still = years_to_parity(years, board * n, np.full(6, n), np.full(6, 0.2 * n), np.full(6, n))
    assert moving.status == "moving away"
    assert still.status == "estimated"
    assert math.isnan(moving.years)


def test_of_a_small_board_no_year_of_parity_is_told():
    small = years_to_parity(np.arange(5), [1, 1, 2, 1, 1], [14] * 5, [3000] * 5, [9000] * 5)
    assert small.status in {"cannot be estimated", "no reliable gap"}
    flat = years_to_parity(np.arange(5), [800] * 5, [9000] * 5, [3000] * 5, [9000] * 5)
    assert flat.status == "cannot be estimated"
    equal = years_to_parity(np.arange(5), [30] * 5, [90] * 5, [3000] * 5, [9000] * 5)
    assert equal.status == "no reliable gap"
    assert math.isnan(equal.years)


# ---- association ----


def test_rank_correlation_is_spearman():
    x, y = RNG.standard_normal(50), RNG.integers(0, 8, 50).astype(float)
    assert rank_correlation(x, y).estimate == pytest.approx(stats.spearmanr(x, y).statistic)


def test_adjusted_rank_correlation_is_partial():
    """The partial correlation of ranks by the textbook formula, for one two-valued variable."""
    x, y, z = RNG.standard_normal(60), RNG.standard_normal(60), np.tile([0, 1], 30)
    x, y = x + 2 * z, y + 2 * z
    rx, ry = stats.rankdata(x), stats.rankdata(y)
    xy, xz, yz = (np.corrcoef(a, b)[0, 1] for a, b in ((rx, ry), (rx, z), (ry, z)))
    partial = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    found = rank_correlation(x, y, adjust=[np.where(z, "London", "elsewhere")])
    assert found.estimate == pytest.approx(partial)
    assert found.adjusted_for == 1
    # what the kinds of trust explain is gone
    assert abs(found.estimate) < abs(rank_correlation(x, y).estimate)


def test_adjustment_counts_each_dummy_once():
    kind = ["acute"] * 10 + ["community"] * 10 + ["mental health"] * 10
    found = rank_correlation(RNG.standard_normal(30), RNG.standard_normal(30), adjust=[kind, kind])
    assert found.adjusted_for == 2


# ---- XmR ----


def test_moving_ranges_are_screened_once():
    # moving ranges 1 x9, 30, 30: mean 69/11 = 6.27; 30 is over 3.267 times that and left out
    values = [0, 1, 0, 1, 0, 1, 31, 1, 0, 1, 0, 1]
    chart = xmr(values)
    assert chart.mean_moving_range == pytest.approx(1)
    assert chart.upper == pytest.approx(np.mean(values) + 2.66)
    assert chart.rule[6] == "above upper limit"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # seven points one way, six steps
        ([5, 4, 6, 1, 2, 3, 4, 5, 6, 7, 3, 4], ["common cause"] * 3 + ["rising"] * 7 + ["common cause"] * 2),
        # five steps are not enough
        ([5, 4, 6, 2, 3, 4, 5, 6, 7, 3, 4, 4], ["common cause"] * 12),
        # an equal neighbour ends a trend
        ([5, 4, 6, 1, 2, 3, 3, 4, 5, 6, 3, 4], ["common cause"] * 12),
    ],
)
def test_trend_rule(values, expected):
    assert list(xmr(values).rule) == expected


def test_seven_one_side():
    values = [6, 3, 6, 3, 6, 3, 3.9, 3.8, 3.9, 3.8, 3.9, 3.8, 3.9, 6, 6.5]
    chart = xmr(values)
    assert 3.9 < chart.mean < 6
    assert (chart.rule[5:13] == "seven below mean").all()
    assert (chart.rule[:5] == "common cause").all()


def test_two_of_three_marks_the_two():
    # mean 11.26, mean moving range 21.2/15: limits 3.76 from the mean, two-thirds of that 2.51
    values = [10, 11, 12, 11, 10, 11, 12, 11, 13.8, 11.5, 13.8, 11, 10, 11, 10, 11]
    chart = xmr(values)
    two_thirds = chart.mean + (chart.upper - chart.mean) * 2 / 3
    assert two_thirds < 13.8 < chart.upper
    assert [i for i, rule in enumerate(chart.rule) if rule == "two of three high"] == [8, 10]


def test_first_rule_wins():
    """Seven rise, the last of them out of the limits; sixteen below the mean come before."""
    values = [10, 11] * 8 + [10.2, 10.4, 10.6, 10.8, 11, 11.2, 30] + [10, 11] * 3
    chart = xmr(values)
    assert (chart.rule[:16] == "seven below mean").all()
    assert (chart.rule[16:22] == "rising").all()
    assert chart.rule[22] == "above upper limit"


@pytest.mark.parametrize(
    ("improvement", "last"), [("increase", "improvement"), ("decrease", "concern"), (None, "neutral high")]
)
def test_direction_gives_the_meaning(improvement, last):
    chart = xmr([0, 1, 0, 1, 0, 1, 0, 1, 0, 9], improvement=improvement)
    assert chart.variation_icon == last


@pytest.mark.parametrize(
    ("target", "improvement", "assurance"),
    [
        (-9, "increase", "consistently meets target"),
        (9, "increase", "consistently misses target"),
        (-9, "decrease", "consistently misses target"),
        (9, "decrease", "consistently meets target"),
        (0.5, "decrease", "meets and misses target"),
        (9, None, "no target"),
        (None, "increase", "no target"),
    ],
)
def test_assurance(target, improvement, assurance):
    assert xmr([0, 1, 0, 1, 0, 1], target=target, improvement=improvement).assurance == assurance


def test_few_points_are_provisional():
    assert xmr(range(11)).provisional
    assert not xmr(range(12)).provisional


# ---- disparity ----


def test_disparity_against_a_given_reference():
    # (|0.1 − 0.25| + |0.3 − 0.25|) / 2 / 0.25 = 0.4
    found = index_of_disparity([10, 30], [100, 100], reference=0.25)
    assert found.estimate == pytest.approx(40)
    assert found.lower < 40 < found.upper


# ---- a gap in two parts ----


def test_kitagawa_by_hand():
    """Two strata. First group: 60 of 100 and 10 of 50; second: 20 of 50 and 30 of 150.

    Shares of strata 2/3 and 1/3 against 1/4 and 3/4; rates 0.6 and 0.2 against 0.4 and 0.2. Gap 70/150 - 50/200 = 0.216667.
    Mix (2/3 - 1/4)(0.6 + 0.4)/2 + (1/3 - 3/4)(0.2 + 0.2)/2 = 0.208333 - 0.083333 = 0.125.
    Rates (0.6 - 0.4)(2/3 + 1/4)/2 + 0 = 0.091667.
    """
    found = kitagawa([60, 10], [100, 50], [20, 30], [50, 150])
    assert (found.gap, found.mix, found.rates) == pytest.approx((0.216667, 0.125, 0.091667), abs=1e-6)


def test_kitagawa_in_a_stratum_where_one_group_has_nobody():
    """All of the first group are in the first stratum: 30 of 60. The second: 20 of 40 there, and 6 of 60 in the other.

    Within the first stratum rates are equal, and the other's rate is taken for both: gap 0.5 - 0.26 = 0.24, all of it mix.
    """
    found = kitagawa([30, 0], [60, 0], [20, 6], [40, 60])
    assert (found.gap, found.mix, found.rates) == pytest.approx((0.24, 0.24, 0.0))


def test_kitagawa_of_many_pairs_at_once():
    found = kitagawa([[60, 10], [5, 5]], [[100, 50], [10, 10]], [20, 30], [50, 150])
    assert found.gap == pytest.approx([70 / 150 - 0.25, 0.25])
    assert found.mix + found.rates == pytest.approx(found.gap)


def test_kitagawa_of_nobody():
    assert math.isnan(kitagawa([0, 0], [0, 0], [1, 2], [3, 4]).gap)


# ---- a difference within strata ----


def test_a_stratified_difference_is_the_weighted_mean_of_the_strata_and_covers_it():
    # 30/100 and 20/100 (weight 50), 8/20 and 50/200 (weight 200/11): plain sums
    found = stratified_difference([30, 8], [100, 20], [20, 50], [100, 200])
    weights = np.array([50, 4000 / 220])
    assert found.difference == pytest.approx((weights * [0.10, 0.15]).sum() / weights.sum())
    # Sato's variance of one stratum, by its formula: (D·P + Q) / w²
    one = stratified_difference([30], [100], [20], [100])
    p = (100**2 * 20 - 100**2 * 30) / 200**2
    q = (30 * 80 + 20 * 70) / (2 * 200)
    assert one.upper - one.lower == pytest.approx(2 * stats.norm.ppf(0.975) * math.sqrt((0.1 * p + q) / 50**2))
    # a stratum without one of the groups says nothing, and none at all is not known
    assert stratified_difference([30, 0], [100, 0], [20, 5], [100, 9]) == one
    nothing = stratified_difference([0], [0], [5], [9])
    assert (math.isnan(nothing.difference), nothing.lower, nothing.upper) == (True, -1.0, 1.0)


def test_the_interval_of_a_stratified_difference_holds_it_in_about_95_percent_of_samples():
    random = np.random.default_rng(20)
    total_1, total_2 = np.array([300, 40, 15, 60]), np.array([600, 300, 200, 50])
    share = np.array([0.1, 0.3, 0.5, 0.2])
    inside = 0
    for _ in range(2000):
        found = stratified_difference(
            random.binomial(total_1, share + 0.05), total_1, random.binomial(total_2, share), total_2
        )
        inside += found.lower <= 0.05 <= found.upper
    assert 0.935 < inside / 2000 < 0.965


# ---- months that resemble each other ----


def test_limits_are_as_wide_as_a_series_needs_whose_months_resemble_each_other():
    values = [10.0, 11, 12, 11, 10, 9, 10, 11, 12, 13, 12, 11]
    plain, wide = xmr(values), xmr(values, autocorrelation=0.75)
    assert wide.mean_moving_range == plain.mean_moving_range == 1.0
    assert wide.upper - wide.mean == pytest.approx(2.66 / math.sqrt(0.25))
    assert plain.upper - plain.mean == pytest.approx(2.66)


def test_runs_say_nothing_of_a_series_whose_months_resemble_each_other():
    """Seven above the mean and seven falling are rules for independent months alone; the limits hold for both."""
    run = [10.0, 11, 10, 11, 10, 11, 10, 11.2, 11.1, 11.3, 11.2, 11.4, 11.1, 11.3]
    assert xmr(run).rule[-1] == "seven above mean"
    assert xmr(run, autocorrelation=0.8).rule[-1] == "common cause"
    falling = [10.0, 10.2, 9.9, 10.3, 10.1, 10, 9.9, 9.8, 9.7, 9.6, 9.5, 9.4]
    assert "falling" in xmr(falling).rule
    assert "falling" not in xmr(falling, autocorrelation=0.8).rule
    outside = [10.0, 11] * 6 + [30.0]
    assert xmr(outside, autocorrelation=0.5).rule[-1] == "above upper limit"
    shifted = [10.0, 11] * 6 + [14.0, 15] * 6
    chart = xmr(shifted, autocorrelation=0.5, improvement="decrease")
    assert (chart.rule[-1], chart.variation_icon) == ("later half above", "concern")
    assert xmr([-value for value in shifted], autocorrelation=0.5).rule[-1] == "later half below"


def test_a_change_of_level_by_hand():
    """Moving ranges of 1: deviation 1/1.128/√0.5. Means differ by 2; with r = 0.5 the variance by w'Vw, added up here."""
    before, after = [1.0, 2, 1, 2], [3.0, 4, 3, 4]
    found = level_change(before, after, autocorrelation=0.5)
    weights, variance = [-0.25] * 4 + [0.25] * 4, 0.0
    for i, one in enumerate(weights):
        for j, other in enumerate(weights):
            variance += one * other * 0.5 ** abs(i - j)
    assert found.difference == pytest.approx(2.0)
    assert found.error == pytest.approx(math.sqrt(variance) / 1.128 / math.sqrt(0.5))
    far = level_change(before, after, autocorrelation=0.5, between=500)
    alone = sum(0.0625 * 0.5 ** abs(i - j) for i in range(4) for j in range(4))
    assert far.error == pytest.approx(math.sqrt(2 * alone) / 1.128 / math.sqrt(0.5))
    assert found.chance == pytest.approx(2 * stats.t.sf(2 / found.error, 0.62 * 6))
    assert not found.reliable
    few = level_change([1.0, 2, 1], after, autocorrelation=0.5)
    assert (few.chance, few.reliable) == (1.0, False)
    assert level_change([1.0] * 4, [1.0] * 4, autocorrelation=0.5).chance == 1.0
    assert level_change([1.0] * 4, [2.0] * 4, autocorrelation=0.5).reliable


@pytest.mark.parametrize("autocorrelation", [0.0, 0.5, 0.8])
def test_the_autocorrelation_of_many_series_is_found(autocorrelation):
    """300 series of 24 months; the plain mean of their own estimates is 0.1 to 0.2 too low."""
    rng = np.random.default_rng(6)
    values = np.empty((300, 24))
    values[:, 0] = rng.standard_normal(300)
    for month in range(1, 24):
        values[:, month] = autocorrelation * values[:, month - 1] + math.sqrt(
            1 - autocorrelation**2
        ) * rng.standard_normal(300)
    # levels and units of trusts differ, and each may have a trend of its own
    trend_of_each = np.outer(rng.standard_normal(300), np.arange(24))
    found = pooled_autocorrelation(list(1000 * values + 7 + 50 * trend_of_each))
    assert found == pytest.approx(autocorrelation, abs=0.06)


def test_what_has_no_autocorrelation_to_tell():
    assert pooled_autocorrelation([]) == 0
    assert pooled_autocorrelation([[1.0, 2.0, 1.0]]) == 0  # too short
    assert pooled_autocorrelation([np.arange(24.0)]) == 0  # on a line
    assert pooled_autocorrelation([[1.0, 2.0] * 12]) == 0  # each month unlike the one before
    assert pooled_autocorrelation([np.sin(np.arange(24) / 8)] * 5) == pytest.approx(0.95)
