"""Our answers against numbers that others published; the citation stands beside each."""

from __future__ import annotations

import numpy as np
import pytest

from race_equality.statistics.association import rank_correlation
from race_equality.statistics.disparity import index_of_disparity
from race_equality.statistics.funnel import funnel_from_estimates
from race_equality.statistics.gradient import relative_rank, slope_index
from race_equality.statistics.intervals import (
    byar_interval,
    count_interval,
    difference_interval,
    exact_poisson_interval,
    rate_interval,
    wilson_interval,
)
from race_equality.statistics.pooling import pooled_proportions
from race_equality.statistics.process_control import xmr
from race_equality.statistics.ratios import (
    chance_of_flag,
    ratio,
    ratio_interval,
    stratified_ratio,
    stratified_ratio_interval,
)
from race_equality.statistics.standardisation import direct_rate, indirect_ratio
from race_equality.statistics.trend import trend
from race_equality.statistics.two_estimates import difference_of_estimates


def close(interval, lower, upper, places):
    """Equal to a number printed with so many decimals."""
    assert interval.lower == pytest.approx(lower, abs=0.5001 * 10**-places)
    assert interval.upper == pytest.approx(upper, abs=0.5001 * 10**-places)


@pytest.mark.parametrize(
    ("count", "total", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_newcombe_1998(count, total, lower, upper):
    """Newcombe, intervals for the single proportion, Stat Med 1998; 17: 857-872, table I."""
    close(wilson_interval(count, total), lower, upper, 4)


# Newcombe, Stat Med 1998; 17: 873-890, table II, contrasts (a) to (h).
NEWCOMBE = {
    "a": (56, 70, 48, 80),
    "b": (9, 10, 3, 10),
    "c": (6, 7, 2, 7),
    "d": (5, 56, 0, 29),
    "e": (0, 10, 0, 20),
    "f": (0, 10, 0, 10),
    "g": (10, 10, 0, 20),
    "h": (10, 10, 0, 10),
}


@pytest.mark.parametrize(
    ("contrast", "lower", "upper"),
    [
        ("a", 0.0524, 0.3339),
        ("b", 0.1705, 0.8090),
        ("c", 0.0582, 0.8062),
        ("d", -0.0381, 0.1926),
        ("e", -0.1611, 0.2775),
        ("f", -0.2775, 0.2775),
        ("g", 0.6791, 1.0),
        ("h", 0.6075, 1.0),
    ],
)
def test_newcombe_method_10(contrast, lower, upper):
    close(difference_interval(*NEWCOMBE[contrast], method="newcombe"), lower, upper, 4)
    # Zou and Donner 2008 recover the same from the two groups' own intervals, whatever their counts
    x1, n1, x2, n2 = NEWCOMBE[contrast]
    first, second = wilson_interval(x1, n1), wilson_interval(x2, n2)
    recovered = difference_of_estimates(x1 / n1, first.lower, first.upper, x2 / n2, second.lower, second.upper)
    close(recovered, lower, upper, 4)


@pytest.mark.parametrize(
    ("contrast", "lower", "upper"),
    [
        ("a", 0.0528, 0.3382),
        ("b", 0.1700, 0.8406),
        ("c", 0.0342, 0.8534),
        ("d", -0.0326, 0.1933),
        ("e", -0.1658, 0.2844),
        ("f", -0.2879, 0.2879),
        ("g", 0.7156, 1.0),
        ("h", 0.6636, 1.0),
    ],
)
def test_miettinen_nurminen_in_newcombe_1998(contrast, lower, upper):
    """Method 6 of the same table. statsmodels' score interval gives 0.0526 to 0.3440 for contrast (a)."""
    close(difference_interval(*NEWCOMBE[contrast], method="miettinen-nurminen"), lower, upper, 4)


@pytest.mark.parametrize(
    ("cells", "method", "lower", "upper"),
    [
        ((8, 15, 4, 15), "koopman", 0.815, 5.336),
        ((6, 10, 6, 20), "koopman", 0.844, 4.594),
        ((8, 15, 4, 15), "gart-nam", 0.806, 6.148),
        ((6, 10, 6, 20), "gart-nam", 0.822, 4.954),
    ],
)
def test_ratio_gart_nam_1988(cells, method, lower, upper):
    """Gart and Nam, Biometrics 1988; 44: 323-338: the score interval, and with skewness corrected."""
    close(ratio_interval(*cells, method=method), lower, upper, 3)


def test_ratio_koopman_1984():
    """Koopman, Biometrics 1984; 40: 513-517: 36 of 40 against 16 of 80."""
    close(ratio_interval(36, 40, 16, 80, method="koopman"), 2.94, 7.15, 2)


@pytest.mark.parametrize(
    ("cells", "lower", "upper"),
    [((24, 73, 53, 65), 0.280, 0.560), ((29, 55, 11, 11), 0.397, 0.742), ((7, 18, 1, 18), 1.296, 42.544)],
)
def test_ratio_miettinen_nurminen_in_fagerland(cells, lower, upper):
    """Fagerland, Lydersen, Laake, Stat Methods Med Res 2015; 24: 224-254, as checked by R's ratesci."""
    close(ratio_interval(*cells, method="miettinen-nurminen"), lower, upper, 3)


@pytest.mark.parametrize(
    ("cells", "method", "lower", "upper"),
    [
        ((12, 16, 1, 16), "scas", 2.648, 204.3),
        ((19, 29, 22, 30), "scas", 0.613, 1.271),
        ((5, 56, 0, 29), "scas", 0.770, np.inf),
        ((12, 16, 1, 16), "miettinen-nurminen", 2.487, 69.95),
        ((19, 29, 22, 30), "miettinen-nurminen", 0.615, 1.270),
        ((5, 56, 0, 29), "miettinen-nurminen", 0.717, np.inf),
    ],
)
def test_ratio_laud_2017(cells, method, lower, upper):
    """Laud, Pharm Stat 2017; 16: 334-348, table II (binomial ratios), as R's ratesci keeps it to test itself by.

    Its limits are found to about five digits: 69.95 is 69.9494 here.
    """
    assert ratio_interval(*cells, method=method) == pytest.approx((lower, upper), rel=1e-5, abs=5.01e-4)


def test_stratified_ratio_laud_2017():
    """Laud 2017, table III: the 13 trials of cisapride in Hartung and Knapp, Stat Med 2001; 20: 3875-3889.

    SCAS with Mantel-Haenszel weights: 1.76 (1.55 to 2.00); with inverse variances it would be 1.75 (1.55 to 2.00).
    """
    better = [15, 12, 29, 42, 14, 44, 14, 29, 10, 17, 38, 19, 21]
    treated = [16, 16, 34, 56, 22, 54, 17, 58, 14, 26, 44, 29, 38]
    better_on_placebo = [9, 1, 18, 31, 6, 17, 7, 23, 3, 6, 12, 22, 19]
    on_placebo = [16, 16, 34, 56, 22, 55, 15, 58, 15, 27, 45, 30, 38]
    cells = (better, treated, better_on_placebo, on_placebo)
    assert round(float(stratified_ratio(*cells)), 2) == 1.76
    close(stratified_ratio_interval(*cells), 1.55, 2.00, 2)


def test_wres_worked_example():
    """NHS England, WRES technical guidance, indicator 2: 46.99% and 14.65% appointed gives 3.21."""
    assert round(float(ratio(0.4699, 1, 0.1465, 1)), 2) == 3.21


@pytest.mark.parametrize(
    ("count", "confidence", "lower", "upper"),
    [
        (65, 0.95, 50.163188, 82.849139),
        (1045, 0.95, 982.593202, 1110.331213),
        (1, 0.95, 0.013072, 5.563756),
        (65, 0.998, 42.880261, 94.000291),
        (1045, 0.998, 947.940704, 1148.806161),
        (10, 0.998, 2.916318, 24.193725),
    ],
)
def test_byar_phe(count, confidence, lower, upper):
    """PHEindicatormethods, expected results of its own tests of Byar's limits."""
    interval = byar_interval(count, confidence)
    assert interval == pytest.approx((lower, upper), abs=1e-6)


@pytest.mark.parametrize(
    ("count", "lower", "upper"),
    [(0, 0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (9, 4.1154, 17.0848), (10, 4.7954, 18.3904)],
)
def test_exact_poisson_tables(count, lower, upper):
    """Pearson and Hartley, Biometrika tables for statisticians, volume 1, table 40 (95%)."""
    close(exact_poisson_interval(count), lower, upper, 4)


def test_count_interval_changes_over_at_ten():
    assert count_interval(9) == exact_poisson_interval(9)
    assert count_interval(10) == byar_interval(10)
    assert rate_interval(20, 1000, per=100_000) == pytest.approx([v * 100 for v in byar_interval(20)])


def test_chance_of_flag_is_the_reason_not_to_use_the_rule():
    """The guide's 65% (simulated, with ties at 0.8 and 1.25 by rounding); exact with ties inside: 64%."""
    assert chance_of_flag(0.01, 500, 2000) == pytest.approx(0.65, abs=0.01)
    rng = np.random.default_rng(1)
    x1, x2 = rng.binomial(500, 0.01, 400_000), rng.binomial(2000, 0.01, 400_000)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.round((x1 / 500) / (x2 / 2000), 9)
    assert chance_of_flag(0.01, 500, 2000) == pytest.approx(
        1 - ((observed >= 0.8) & (observed <= 1.25)).mean(), abs=0.003
    )


# OpenBUGS examples, volume 1, Surgical: mortality in 12 hospitals. Posterior means and standard deviations
# of the random-effects model as reproduced in the documentation of Mamba.jl (doc/examples/surgical.rst).
OPERATIONS = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
DEATHS = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
MEANS = [0.0528, 0.1040, 0.0707, 0.0591, 0.0515, 0.0692, 0.0671, 0.1231, 0.0704, 0.0787, 0.1028, 0.0687]
LOWER = [0.0168, 0.0675, 0.0396, 0.0445, 0.0277, 0.0430, 0.0385, 0.0845, 0.0443, 0.0447, 0.0722, 0.0472]
UPPER = [0.0937, 0.1535, 0.1094, 0.0750, 0.0794, 0.1019, 0.1014, 0.1687, 0.1018, 0.1228, 0.1409, 0.0939]


def test_pooling_surgical():
    """The priors for the spread differ (half-normal here), so a third decimal may."""
    pooled = pooled_proportions(DEATHS, OPERATIONS)
    assert pooled.estimate == pytest.approx(MEANS, abs=0.004)
    assert pooled.lower == pytest.approx(LOWER, abs=0.007)
    assert pooled.upper == pytest.approx(UPPER, abs=0.007)
    assert pooled.between == pytest.approx(0.1945**0.5, abs=0.03)


def test_pooling_surgical_ranks():
    """Marshall and Spiegelhalter 1998, on such tables: even extreme ranks are uncertain.

    Hospital H (31 of 215) is surely in the upper half, hospital A (0 of 47) may be in either.
    """
    pooled = pooled_proportions(DEATHS, OPERATIONS)
    assert pooled.rank[7] == 12
    assert pooled.rank_lower[7] > 6
    assert pooled.rank_lower[0] == 1
    assert pooled.rank_upper[0] > 6
    assert (pooled.probability_above_zero == 1).all()


#: Thirteen trials of the BCG vaccine (Colditz and others, JAMA 1994; 271: 698-702): ill and well of those vaccinated,
#: ill and well of the others. Viechtbauer, Journal of Statistical Software 2010; 36(3): the risk ratios by
#: restricted maximum likelihood have τ² = 0.3132 (standard error 0.1664) and the mean logarithm −0.7145 (0.1798).
BCG = [
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]


def test_spread_between_units_by_restricted_maximum_likelihood():
    a, b, c, d = np.array(BCG, float).T
    error = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    ratios = funnel_from_estimates(a / (a + b) / (c / (c + d)), error, scale="log")
    assert ratios.tau_squared == pytest.approx(0.3132, abs=5e-5)
    assert np.sqrt(2 / ratios.spread.information) == pytest.approx(0.1664, abs=5e-5)
    assert np.log(ratios.target) == pytest.approx(-0.7145, abs=5e-5)
    assert ratios.spread.precision**-0.5 == pytest.approx(0.1798, abs=5e-5)


@pytest.mark.parametrize(
    ("observed", "value", "lower", "upper"),
    [
        (895, 107.072329, 100.171477, 114.323329),
        (91, 10.886684, 8.765040, 13.366576),
        (9, 1.076705, 0.492338, 2.043921),
    ],
)
def test_indirect_ratio_phe(observed, value, lower, upper):
    """PHEindicatormethods, expected results of calculate_ISRatio for 835.883561 expected events (times 100).

    The third has fewer than 10 events and so exact limits.
    """
    found = indirect_ratio([observed], [835.883561], [1], [1], per=100)
    assert (found.value, found.lower, found.upper) == pytest.approx((value, lower, upper), abs=1e-6)


def test_relative_rank_low_and_low():
    """Low and Low 2004: a first group of 12% has rank 0.06, a second of 10% has 0.17."""
    assert relative_rank([12, 10, 78])[:2] == pytest.approx([0.06, 0.17])


def test_xmr_nist():
    """NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: mean 50.81, limits 45.8159 and 55.8041.

    NIST uses 3/1.128; 2.66 is that rounded.
    """
    chart = xmr([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    assert chart.mean == pytest.approx(50.81)
    assert chart.mean_moving_range == pytest.approx(1.8778, abs=5e-5)
    assert (chart.lower, chart.upper) == pytest.approx((45.8159, 55.8041), abs=0.002)
    assert (chart.rule == "common cause").all()
    assert chart.provisional


def test_index_of_disparity_by_hand():
    """Pearcy and Keppel 2002: ((|0.1 - 0.2| + 0 + |0.3 - 0.2|) / 3) / 0.2 = a third."""
    assert index_of_disparity([10, 20, 30], [100, 100, 100]).estimate == pytest.approx(100 / 3)


#: PHEindicatormethods (UK Health Security Agency), tests/testthat/testdata_SII.xlsx: people, value and standard
#: error in deciles; life expectancy, infant mortality for 1,000 (error on the log scale), child obesity (logit).
LIFE_EXPECTANCY = (
    [7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534],
    [75.933459, 78.344238, 83.836063, 83.637540, 80.465503, 81.115676, 81.693084, 84.190006, 80.595564, 86.289435],
    [1.638472, 1.578193, 1.513436, 1.775491, 1.701339, 1.564121, 1.368115, 1.400142, 2.432846, 1.566518],
)
INFANT_MORTALITY = (
    [279012, 255993, 236961, 214315, 192812, 183546, 168593, 164822, 154836, 138165],
    [
        5.89221969,
        4.73450446,
        3.82763408,
        3.86813802,
        3.67715702,
        3.14362612,
        3.12587118,
        2.94256835,
        2.8287995,
        2.76481019,
    ],
    [
        0.0245875,
        0.02865177,
        0.03313428,
        0.03465674,
        0.03747737,
        0.04155259,
        0.04347834,
        0.0453248,
        0.04769568,
        0.05107105,
    ],
)
CHILD_OBESITY = (
    [34353, 32112, 27715, 25372, 23889, 23260, 23180, 24193, 23609, 24488],
    [
        7287 / 34353,
        6881 / 32112,
        5656 / 27715,
        4868 / 25372,
        4176 / 23889,
        3876 / 23260,
        3617 / 23180,
        3546 / 24193,
        3314 / 23609,
        2960 / 24488,
    ],
    [
        0.01319702,
        0.0135994,
        0.01490344,
        0.01594253,
        0.01703391,
        0.01759389,
        0.01809814,
        0.01817674,
        0.01873422,
        0.01960172,
    ],
)


@pytest.mark.parametrize(
    ("data", "transform", "sii", "sii_limits", "rii", "rii_limits"),
    [
        (LIFE_EXPECTANCY, "none", 6.934616, (3.127595, 10.758687), 1.088818, (1.038369, 1.141299)),
        (INFANT_MORTALITY, "log", -3.155907, (-3.480962, -2.833237), 0.441885, (0.408274, 0.478566)),
        (CHILD_OBESITY, "logit", -0.109646, (-0.114908, -0.104431), 0.534178, (0.518533, 0.550174)),
    ],
    ids=["life expectancy", "infant mortality", "child obesity"],
)
def test_slope_index_phe(data, transform, sii, sii_limits, rii, rii_limits):
    """PHEindicatormethods, expected results of phe_sii; its limits are simulated too, and checked to 5%."""
    people, value, error = data
    found = slope_index(value, people, error, transform=transform)
    assert found.sii == pytest.approx(sii, abs=1e-5)
    assert found.rii == pytest.approx(rii, abs=1e-5)
    half = (sii_limits[1] - sii_limits[0]) / 2
    assert tuple(found.sii_interval) == pytest.approx(sii_limits, abs=0.05 * half)
    half = (rii_limits[1] - rii_limits[0]) / 2
    assert tuple(found.rii_interval) == pytest.approx(rii_limits, abs=0.05 * half)


#: European Standard Population 2013, to 90 and over.
ESP_2013 = [
    5000,
    5500,
    5500,
    5500,
    6000,
    6000,
    6500,
    7000,
    7000,
    7000,
    7000,
    6500,
    6000,
    5500,
    5000,
    4000,
    2500,
    1500,
    1000,
]
AGED = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
DIED = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]


def test_direct_rate_phe():
    """PHEindicatormethods, expected results of calculate_dsr (Dobson's limits) for its area of 895 events."""
    found = direct_rate(DIED, AGED, ESP_2013)
    assert (found.value, found.lower, found.upper) == pytest.approx((10430.247991, 9717.709068, 11178.940915), abs=1e-5)


def test_trend_nist():
    """NIST Statistical Reference Datasets, linear regression "Norris": slope and its standard error, certified.

    36 points; here as a check of the line alone: slope 1.00211681802045, standard error 0.000429796848199937.
    """
    x = [
        0.2,
        337.4,
        118.2,
        884.6,
        10.1,
        226.5,
        666.3,
        996.3,
        448.6,
        777.0,
        558.2,
        0.4,
        0.6,
        775.5,
        666.9,
        338.0,
        447.5,
        11.6,
        556.0,
        228.1,
        995.8,
        887.6,
        120.2,
        0.3,
        0.3,
        556.8,
        339.1,
        887.2,
        999.0,
        779.0,
        11.1,
        118.3,
        229.2,
        669.1,
        448.9,
        0.5,
    ]
    y = [
        0.1,
        338.8,
        118.1,
        888.0,
        9.2,
        228.1,
        668.5,
        998.5,
        449.1,
        778.9,
        559.2,
        0.3,
        0.1,
        778.1,
        668.8,
        339.3,
        448.9,
        10.8,
        557.7,
        228.3,
        998.0,
        888.8,
        119.6,
        0.3,
        0.6,
        557.6,
        339.3,
        888.0,
        998.5,
        778.9,
        10.2,
        117.6,
        228.9,
        668.4,
        449.2,
        0.2,
    ]
    found = trend(x, y)
    assert found.slope == pytest.approx(1.00211681802045, rel=1e-12)
    half = 2.0322445 * 0.000429796848199937  # Student's t, 34 degrees of freedom
    assert (found.lower, found.upper) == pytest.approx((found.slope - half, found.slope + half), abs=1e-9)


def test_rank_correlation_worked_example():
    """The worked example of encyclopaedias: ten people's scores and hours of television; d² sums to 194."""
    score = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    assert rank_correlation(score, hours).estimate == pytest.approx(-29 / 165)
