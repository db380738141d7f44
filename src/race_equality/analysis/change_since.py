"""Whether an indicator moved since a day: the last period before it compared with the latest one after."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from race_equality.analysis.access import autocorrelation_of, monthly
from race_equality.analysis.wres import staff_experience
from race_equality.analysis.wres_return import board_against_workforce, relative_likelihoods
from race_equality.definitions.indicators import BY_ID, Indicator
from race_equality.disclosure.rules import DisclosureRule
from race_equality.statistics.intervals import wilson_interval
from race_equality.statistics.process_control import level_change, xmr

#: A run of months on one side of the mean is a change beyond the ordinary (Making Data Count). Where months resemble each
#: other a run is none: as many, or a year of them, are compared with the months before by their means.
_RUN = 7
_MONTHS_LATER = 12
_MONTHS_BEFORE = 24
_FEWEST_MONTHS = 6

_POINTS = ["period_start", "period_end", "value", "lower", "upper"]


@dataclass(frozen=True)
class Change:
    """What an indicator did since a day.

    Attributes
    ----------
    indicator : str
    measure : {"gap", "ratio", "board", "percent", "months", "bands"}
        What ``before`` and ``after`` are: a gap in percentage points, a relative likelihood, the
        board's share minus the workforce's in points, a percentage, or a monthly percentage (before:
        the mean of the months). Pay bands are many figures, and nothing is computed for them.
    status : {"better", "worse", "unclear", "too early", "nothing before", "cannot be estimated", "no figures"}
        Better or worse where the interval leaves out no change.
    before_period, after_period : tuple of pandas.Timestamp or None
        Start and end.
    before, after : float
    change, lower, upper : float
        After minus before with its 95% interval; for a ratio, after over before. For months the
        limits of the ordinary run of the months before the day, in per cent.
    """

    indicator: str
    measure: str
    status: str
    before_period: tuple[pd.Timestamp, pd.Timestamp] | None = None
    after_period: tuple[pd.Timestamp, pd.Timestamp] | None = None
    before: float = math.nan
    after: float = math.nan
    change: float = math.nan
    lower: float = math.nan
    upper: float = math.nan


def change_since(
    figures: pd.DataFrame, trust_code: str, indicator: str, began: pd.Timestamp, *, rule: DisclosureRule
) -> Change:
    """Compare an indicator before a day with the latest period that lies wholly after it.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    indicator : str
        One that an action can be linked to.
    began : pandas.Timestamp
        The day an action began.
    rule : DisclosureRule
        The trust's. Shares of all staff or patients are taken to be hidden already where they rest on too few
        (:func:`race_equality.disclosure.publishable.publishable_figures`).

    Returns
    -------
    Change

    Notes
    -----
    A period that an action began in is neither before nor after. The interval of a difference joins those of its two
    parts (MOVER: square root of the summed squared distances of the estimates from their limits), for two shares
    Newcombe's; that of a ratio of ratios does so with logarithms. Staff asked twice are treated as asked independently,
    which makes the interval somewhat too wide. A change is no sign of what caused it.

    References
    ----------
    Zou GY, Donner A. Construction of confidence limits about effect measures. Statistics in Medicine
    2008; 27: 1693-1702. NHS England, Making Data Count.
    """
    one = BY_ID[indicator]
    if one.compares == "months":
        return _months(figures, trust_code, one, began)
    if one.compares == "bands":
        return Change(indicator, "bands", "no figures")
    return _compare(one, _points(figures, trust_code, one, rule), began)


def _points(figures: pd.DataFrame, trust_code: str, one: Indicator, rule: DisclosureRule) -> pd.DataFrame:
    """Return the periods of an indicator, oldest first."""
    rows = figures[(figures["trust_code"] == trust_code)]
    if one.compares == "trusts":
        return _answers(rows, one)
    if one.compares == "ratio":
        found = relative_likelihoods(figures, trust_code, threshold=rule.minimum_responses)
        return found[found["number"] == one.number].rename(columns={"ratio": "value"})[_POINTS]
    if one.compares == "board":
        found = board_against_workforce(figures, trust_code, threshold=rule.minimum_people)
        return found.assign(
            period_start=found["period_end"],
            value=found["difference"],
            lower=found["board_lower"] - found["workforce_percent"],
            upper=found["board_upper"] - found["workforce_percent"],
        )[_POINTS]
    rows = rows[rows["indicator"] == one.id]
    surveys = [staff_experience(survey) for _, survey in rows.groupby("period_end") if survey["status"].eq("ok").any()]
    surveys = [survey[survey["status"] == "ok"] for survey in surveys]
    found = pd.concat(surveys) if surveys else pd.DataFrame(columns=["gap", "gap_lower", "gap_upper", *_POINTS[:2]])
    found = found.rename(columns={"gap": "value", "gap_lower": "lower", "gap_upper": "upper"})
    return found[_POINTS]


def _answers(rows: pd.DataFrame, one: Indicator) -> pd.DataFrame:
    series = rows[(rows["indicator"] == one.series) & (rows["status"] == "ok")]
    if series.empty:
        series = rows[(rows["indicator"] == one.id) & (rows["status"] == "ok")]
    series = series[series["group"] == "All staff"]
    base = series["denominator"].astype("float64")
    table = (
        pd.DataFrame(
            {
                "period_start": series["period_start"],
                "period_end": series["period_end"],
                "people": series["value"].astype("float64") * base / 100,
                "base": base,
            }
        )
        .groupby("period_end", as_index=False)
        .agg({"period_start": "min", "people": "sum", "base": "sum"})
    )
    interval = wilson_interval(table["people"].to_numpy(), table["base"].to_numpy())
    return table.assign(
        value=100 * table["people"] / table["base"], lower=100 * interval.lower, upper=100 * interval.upper
    )[_POINTS]


def _compare(one: Indicator, points: pd.DataFrame, began: pd.Timestamp) -> Change:
    indicator, measure = one.id, "percent" if one.compares == "trusts" else one.compares
    points = points[points["value"].notna()]
    if points.empty:
        return Change(indicator, measure, "no figures")
    earlier, later = points[points["period_end"] < began], points[points["period_start"] >= began]
    before = earlier.iloc[-1] if len(earlier) else None
    after = later.iloc[-1] if len(later) else None
    found: dict[str, Any] = {
        "before_period": _period(before),
        "after_period": _period(after),
        "before": math.nan if before is None else float(before["value"]),
        "after": math.nan if after is None else float(after["value"]),
    }
    if after is None:
        return Change(indicator, measure, "too early", **found)
    if before is None:
        return Change(indicator, measure, "nothing before", **found)
    pair = [[float(point[name]) for name in ("value", "lower", "upper")] for point in (after, before)]
    no_change = 1.0 if measure == "ratio" else 0.0
    change, lower, upper = _ratio_of_ratios(*pair) if measure == "ratio" else _difference(*pair)
    if math.isnan(change):
        status = "cannot be estimated"
    elif lower <= no_change <= upper:
        status = "unclear"
    else:
        status = "worse" if (lower > no_change) == (one.adverse_when != "lower") else "better"
    return Change(indicator, measure, status, **found, change=change, lower=lower, upper=upper)


def _difference(one: list[float], other: list[float]) -> tuple[float, float, float]:
    """Return one minus the other with the limits of MOVER; each is an estimate and its limits."""
    (p1, l1, u1), (p2, l2, u2) = one, other
    change = p1 - p2
    return change, change - math.hypot(p1 - l1, u2 - p2), change + math.hypot(u1 - p1, p2 - l2)


def _ratio_of_ratios(one: list[float], other: list[float]) -> tuple[float, float, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [[float(value) for value in np.log(part)] for part in (one, other)]
    if not all(math.isfinite(part[0]) for part in logs):
        return math.nan, math.nan, math.nan  # nobody was counted in one of the groups
    change, lower, upper = (math.exp(min(v, 700.0)) if v < math.inf else math.inf for v in _difference(*logs))
    return change, lower, upper


def _period(point: pd.Series | None) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    return None if point is None else (point["period_start"], point["period_end"])


def _months(figures: pd.DataFrame, trust_code: str, measure: Indicator, began: pd.Timestamp) -> Change:
    series = monthly(figures, measure.id, [trust_code])
    if series.empty:
        return Change(measure.id, "months", "no figures")
    # Months that were recorded in another way than the latest cannot be compared with it.
    series = series[series["recording"] == series["recording"].iloc[-1]]
    ends = series["month"] + pd.offsets.MonthEnd(0)
    earlier, later = series[ends < began].tail(_MONTHS_BEFORE), series[series["month"] >= began]
    last = series.iloc[-1]
    found: dict[str, Any] = {}
    if len(earlier):
        found["before_period"] = (earlier["month"].iloc[0], ends[earlier.index[-1]])
        found["before"] = float(earlier["percent"].mean())
    if later.empty:
        return Change(measure.id, "months", "too early", **found)
    found |= {"after_period": (last["month"], ends.iloc[-1]), "after": float(last["percent"])}
    if len(earlier) < _FEWEST_MONTHS:
        return Change(measure.id, "months", "nothing before", **found)
    alike = autocorrelation_of(figures, measure)
    chart = xmr(earlier["percent"].to_numpy(), autocorrelation=alike)
    moved = _level(earlier, later, chart.mean, alike)
    if found["after"] > chart.upper or moved > 0:
        status = "better" if measure.improvement == "increase" else "worse"
    elif found["after"] < chart.lower or moved < 0:
        status = "better" if measure.improvement == "decrease" else "worse"
    else:
        status = "unclear"
    return Change(
        measure.id,
        "months",
        status,
        **found,
        change=found["after"] - found["before"],
        lower=chart.lower,
        upper=chart.upper,
    )


def _level(earlier: pd.DataFrame, later: pd.DataFrame, mean: float, alike: float) -> int:
    """Say whether the months since lie above (1) or below (-1) those before, or neither can be said (0)."""
    if len(later) < _RUN:
        return 0
    if alike == 0:
        run = later["percent"].tail(_RUN)
        return 1 if (run > mean).all() else -1 if (run < mean).all() else 0
    recent = later.tail(_MONTHS_LATER)
    between = len(later) - len(recent)
    found = level_change(
        earlier["percent"].to_numpy(), recent["percent"].to_numpy(), autocorrelation=alike, between=between
    )
    return int(np.sign(found.difference)) if found.reliable else 0
