"""XmR charts for monthly series, with the rules and icons of Making Data Count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from race_equality.statistics import _arguments as check

__all__ = ["XmR", "xmr"]

#: With fewer points the limits are called provisional.
PROVISIONAL_BELOW = 12

_LIMIT = 2.66
_SCREEN = 3.267


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
        ``"seven above mean"``, ``"seven below mean"``; else ``"common cause"``, and ``"no data"`` for a missing point.
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


def xmr(
    values: ArrayLike, *, improvement: str | None = None, target: float | None = None, nan_policy: str = "raise"
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
    nan_policy : {"raise", "propagate"}
        Whether a missing value is an error, or a gap: no moving range spans it, and it ends a run.

    Returns
    -------
    XmR

    Raises
    ------
    StatisticsError
        Missing or infinite values, text, more than one axis, or an unknown direction.

    Notes
    -----
    Mean ± 2.66 × mean moving range; moving ranges of 3.267 × their mean and above are left out of it
    once. A point on the mean is on neither side; equal neighbours end a trend. For "two of three", points
    beyond two-thirds of the distance from mean to limit count, those outside the limits included, and
    the third of the three may be anywhere; NHSRplotthedots asks that it is on the same side of the mean.
    When all values are equal the limits are the mean, and nothing is a special cause.

    References
    ----------
    NHS England. Making Data Count: strengthening your decisions. NHSRplotthedots, NHS-R Community. Shewhart WA.
    Economic control of quality of manufactured product, 1931. Provost LP, Murray SK. The health care data guide, 2011.
    """
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
    lower, upper = mean - _LIMIT * average, mean + _LIMIT * average

    # a series without movement has its mean only to rounding
    slack = 1e-12 * max(1.0, abs(mean))
    side = np.where(np.abs(values - mean) <= slack, 0.0, np.sign(values - mean))
    side[~known] = 0
    step = np.sign(np.diff(values))
    near = np.where(np.abs(values - mean) > _LIMIT * average * 2 / 3 + slack, side, 0)
    # the last rule first: the earlier ones then write over it
    for start in range(values.size - 6):
        window = slice(start, start + 7)
        for sign, name in ((1, "seven above mean"), (-1, "seven below mean")):
            if (side[window] == sign).all():
                rule[window] = name
    for start in range(values.size - 2):
        three = np.arange(start, start + 3)
        for sign, name in ((1, "two of three high"), (-1, "two of three low")):
            if known[three].all() and (near[three] == sign).sum() >= 2:
                rule[three[near[three] == sign]] = name
    for start in range(values.size - 6):
        for sign, name in ((1, "rising"), (-1, "falling")):
            if (step[start : start + 6] == sign).all():
                rule[start : start + 7] = name
    with np.errstate(invalid="ignore"):
        rule[values > upper + slack] = "above upper limit"
        rule[values < lower - slack] = "below lower limit"

    high = np.isin(rule, ["above upper limit", "rising", "two of three high", "seven above mean"])
    low = np.isin(rule, ["below lower limit", "falling", "two of three low", "seven below mean"])
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


def _assurance(lower: float, upper: float, target: float | None, improvement: str | None) -> str:
    if target is None or improvement is None:
        return "no target"
    if lower <= target <= upper:
        return "meets and misses target"
    above = lower > target
    return "consistently meets target" if above == (improvement == "increase") else "consistently misses target"
