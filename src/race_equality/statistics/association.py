"""Association between two measures across trusts: never a cause, and never about individuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from race_equality.statistics import _arguments as check

__all__ = ["Association", "rank_correlation"]


@dataclass(frozen=True)
class Association:
    """A rank correlation.

    Attributes
    ----------
    estimate, lower, upper : float
        From −1 to 1; NaN where it is not defined.
    units : int
        How many units had both values.
    adjusted_for : int
        How many columns (dummy variables included) were adjusted for.
    """

    estimate: float
    lower: float
    upper: float
    units: int
    adjusted_for: int


def rank_correlation(
    x: ArrayLike, y: ArrayLike, *, adjust: Sequence[ArrayLike] = (), confidence: float = 0.95, nan_policy: str = "raise"
) -> Association:
    """Return Spearman's rank correlation, adjusted for what trusts differ in anyway.

    Parameters
    ----------
    x, y : array-like, one axis
        A value for each unit.
    adjust : sequence of array-like
        Categories (text, such as the kind of trust) or truth values (such as London) for each unit.
    confidence : float
        Level of the interval.
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or its unit is left out.

    Returns
    -------
    Association
        NaN with fewer than four units beyond what is adjusted for, or where x or y (after adjustment) is
        the same for all: there is nothing to correlate.

    Raises
    ------
    StatisticsError
        Missing or infinite values, text for x or y, or lengths that differ.

    Notes
    -----
    Pearson's correlation of the ranks, each less its mean within the adjustment (a partial Spearman
    correlation). Interval by Fisher's transformation with the variance (1 + r²/2)/(n − 3 − k).

    References
    ----------
    Bonett DG, Wright TA. Sample size requirements for estimating Pearson, Kendall and Spearman correlations.
    Psychometrika 2000; 65: 23-28. Conover WJ. Practical nonparametric statistics, 3rd edition, 1999. For the use:
    Dawson J. Does the experience of staff working in the NHS link to the patient experience of care? 2009; Raleigh VS
    and others, Quality and Safety in Health Care 2009; 18: 347-354.
    """
    level = check.level(confidence)
    x, y = check.together(
        x=check.numbers("x", x, nan_policy=nan_policy), y=check.numbers("y", y, nan_policy=nan_policy)
    )
    if x.ndim != 1:
        raise check.StatisticsError("x must have one axis, a value for each unit.")
    keep = ~np.isnan(x + y)
    columns = [np.ones(int(keep.sum()))]
    for position, categories in enumerate(adjust):
        categories = np.asarray(categories, dtype=object)
        if categories.shape != keep.shape:
            raise check.StatisticsError(
                f"adjust[{position}] must have a category for each of the {keep.size} units, "
                f"but its shape is {categories.shape}."
            )
        names = [str(item) for item in categories[keep]]
        columns += [np.array([name == one for name in names], float) for one in sorted(set(names))[1:]]
    x, y = _ranks(x[keep]), _ranks(y[keep])
    units = x.size
    nothing = Association(np.nan, np.nan, np.nan, units, 0)
    if units == 0:
        return nothing
    design = np.stack(columns, axis=-1)
    adjusted = int(np.linalg.matrix_rank(design)) - 1
    freedom = units - 3 - adjusted
    nothing = Association(np.nan, np.nan, np.nan, units, adjusted)
    if freedom < 1:
        return nothing
    of_x, of_y = (v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y))
    scale = np.sqrt((of_x**2).sum() * (of_y**2).sum())
    if min((of_x**2).sum(), (of_y**2).sum()) < 1e-9 * units:
        return nothing
    r = float(np.clip((of_x * of_y).sum() / scale, -1, 1))
    if abs(r) > 1 - 1e-12:
        return Association(r, r, r, units, adjusted)
    half = float(ndtri(1 - (1 - level) / 2)) * np.sqrt((1 + r**2 / 2) / freedom)
    return Association(r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)), units, adjusted)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties at their mean; SciPy's would import all of scipy.stats, a second, for this."""
    _, position, times = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(times) - (times - 1) / 2)[position]
