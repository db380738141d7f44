"""How large a change would have to be to be seen, in words, next to what is unclear and to what a board wants to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from race_equality.analysis.change_since import Change
from race_equality.analysis.detectable import THREE_SURVEYS
from race_equality.analysis.patient_gaps import WidestGap
from race_equality.definitions.indicators import BY_ID, EXPERIENCE, QUESTIONS, Indicator
from race_equality.params.actions import Action
from race_equality.report.display import CellOutput, callout
from race_equality.report.words import STATUS_WORDS, chance, listing, lower_first, percent, period, points
from race_equality.statistics.detectable import (
    POWER,
    detectable_change,
    detectable_effect,
    detectable_slope,
    ratio_error,
)
from race_equality.statistics.trend import Trend
from race_equality.store.rows import rows_of

_95 = 1.959964

#: Under a table of what could be seen.
HOW_IT_IS_READ = (
    "“Could show” means: in four surveys of five, if about as many staff answer as in the last one. Chance alone is counted. "
    "A smaller change may be there and not be seen: that it is not seen does not show that nothing changed."
)


def after_unclear(found: Mapping[str, Any]) -> str:
    """Say what the next surveys could show of a gap that is not clear.

    Parameters
    ----------
    found : mapping
        A row of :func:`race_equality.analysis.detectable.detectable_changes`.

    Returns
    -------
    str
        One sentence, with a space before it.
    """
    return (
        f" With about as many answers, the next survey could show that this gap changed by {_size(found['by_next'])} "
        f"points or more, and three surveys a steady change of {_size(found['a_year'])} points a year; a smaller one "
        "could be missed."
    )


def gap_notes(here: pd.DataFrame, changes: pd.DataFrame) -> dict[int, str]:
    """Say what could be seen of each gap of WRES 5 to 8 that is not clear.

    Parameters
    ----------
    here : pandas.DataFrame
        WRES 5 to 8 of the trust, from :func:`race_equality.analysis.wres.staff_experience`.
    changes : pandas.DataFrame
        Its rows of :func:`race_equality.analysis.detectable.detectable_changes`.

    Returns
    -------
    dict of int to str
        A sentence by number; "" where the gap is clear or there is none.
    """
    known = changes.set_index("indicator")
    notes = {}
    for row in rows_of(here):
        unclear = row.status == "ok" and row.gap_lower <= 0 <= row.gap_upper and row.indicator in known.index
        notes[row.number] = after_unclear(known.loc[row.indicator]) if unclear else ""
    return notes


def halving_sentences(changes: pd.DataFrame) -> str:
    """Say of which gaps the next survey could show that they were halved.

    Parameters
    ----------
    changes : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.detectable.detectable_changes`.

    Returns
    -------
    str
        "" where the trust has no gap of WRES 5 to 8.
    """
    gaps = _gaps(changes)
    if not gaps:
        return ""
    chances: dict[str, list[Indicator]] = {}
    for row in gaps:
        seen = "seen" if row.half_seen >= POWER else "may be" if row.half_seen >= 0.5 else "missed"
        chances.setdefault(seen, []).append(BY_ID[row.indicator])
    parts = [
        words.format(_named(chances[seen]))
        for seen, words in (
            ("seen", "would most likely show it for {}"),
            ("may be", "would show it somewhat more often than not for {}"),
            ("missed", "would more often miss it than show it for {}"),
        )
        if seen in chances
    ]
    return (
        "A survey moves by chance from year to year, so a change must be large enough to be told from chance. If a gap as wide "
        f"as that of all trusts together were halved, the next survey here {listing(parts)}. A board that sets a target can hold "
        "it to the table: a smaller change cannot be told from chance, and is better judged by what was done."
    )


def gaps_table(changes: pd.DataFrame) -> pd.DataFrame:
    """Put the smallest changes of the gaps that could be seen in rows of words.

    Parameters
    ----------
    changes : pandas.DataFrame
        As for :func:`halving_sentences`.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``gap``, ``by_next``, ``a_year`` and ``half``; what all staff answered after the gaps.
    """
    rows = [
        {
            "measure": BY_ID[row.indicator].name,
            "gap": points(row.value) if row.measure == "gap" else percent(row.value),
            "by_next": _size(row.by_next),
            "a_year": _size(row.a_year),
            "half": chance(row.half_seen) if row.measure == "gap" else STATUS_WORDS["not_applicable"],
        }
        for row in [*_gaps(changes), *_questions(changes)]
    ]
    return pd.DataFrame(rows, columns=["measure", "gap", "by_next", "a_year", "half"])


def across_trusts_sentences(table: pd.DataFrame) -> str:
    """Say what the next survey could show in the median trust, and in how many a halving.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.detectable.halvings`.
    """
    least, most = table["by_next"].min(), table["by_next"].max()
    none = [BY_ID[row.indicator] for row in rows_of(table) if row.could_see == 0]
    text = (
        f"In the median trust the next survey could show a change of a gap by {_size(least)} to {_size(most)} points, by "
        "measure, and three surveys half as much a year. "
    )
    if none:
        text += f"In no trust could it show that a gap as wide as that of all trusts together was halved in {_named(none)}. "
    return text + HOW_IT_IS_READ


def across_trusts_table(table: pd.DataFrame) -> pd.DataFrame:
    """Put the smallest changes of the median trust in rows of words.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.detectable.halvings`.

    Returns
    -------
    pandas.DataFrame
        Text: ``measure``, ``trusts``, ``by_next``, ``a_year``, ``half`` and ``could_see``.
    """
    return pd.DataFrame(
        [
            {
                "measure": BY_ID[row.indicator].name,
                "trusts": f"{row.trusts}",
                "by_next": _size(row.by_next),
                "a_year": _size(row.a_year),
                "half": points(abs(row.all_trusts) / 2, signed=False),
                "could_see": f"{row.could_see}",
            }
            for row in rows_of(table)
        ]
    )


def after_years(changes: pd.DataFrame, indicator: str, change: Trend) -> str:
    """Say what the surveys so far and the next could show of what all staff answered, where no change is reliable.

    Parameters
    ----------
    changes : pandas.DataFrame
        As for :func:`halving_sentences`.
    indicator : str
        The question's.
    change : Trend
        From :func:`race_equality.analysis.survey.yearly_change`. Its own interval says what its surveys could show, with
        whatever scatter of surveys is in it.

    Returns
    -------
    str
        One sentence with a space before it; "" where the change is reliable, or there are too few surveys.
    """
    found = changes[changes["indicator"] == indicator]
    half = (change.upper - change.lower) / 2
    if found.empty or change.direction != "no reliable change" or not half > 0:
        return ""
    return (
        f" These surveys could show a steady change of {_size(float(detectable_effect(half / _95)))} points a year or more, and "
        f"the next one a change of {_size(found['by_next'].iloc[0])} points from the last; a smaller one could be missed."
    )


def after_ratio(value: float, lower: float, upper: float) -> str:
    """Say what the next return could show of a relative likelihood that is not clear.

    Parameters
    ----------
    value, lower, upper : float
        The ratio with its 95% interval.

    Returns
    -------
    str
        One sentence with a space before it; "" where the interval has no end, because then nothing can be said.
    """
    times = _times(lower, upper)
    if math.isnan(times) or math.isnan(value):
        return ""
    return (
        f" With about as many people, next year’s return could show a fall to {value / times:.2f} or a rise to "
        f"{value * times:.2f}; a smaller change could be missed."
    )


def after_patients(found: WidestGap) -> str:
    """Say what the next figures of patients could show of the gaps that are not clear.

    Parameters
    ----------
    found : WidestGap
        From :func:`race_equality.analysis.patient_gaps.widest_gap`.

    Returns
    -------
    str
        One sentence with a space before it; "" where every gap is clear.
    """
    sizes = [
        float(detectable_change((row.gap_upper - row.gap_lower) / 2 / _95))
        for row in rows_of(found.groups)
        if row.direction == "unclear" and row.gap_upper > row.gap_lower
    ]
    if not sizes:
        return ""
    least, most = _size(min(sizes)), _size(max(sizes))
    by = (
        f"{least} points or more"
        if least == most
        else f"{least} to {most} points or more, by how many people a group has"
    )
    return f" With as many patients, next year’s figures could show that a gap changed by {by}; a smaller change could be missed."


def after_change(change: Change) -> str:
    """Say how large a change since an action began would have been seen.

    Parameters
    ----------
    change : Change
        One whose status is "unclear".

    Returns
    -------
    str
        To follow the reading in a cell of a table; "" where it cannot be said.
    """
    if change.measure == "ratio":
        error = float(ratio_error(change.lower, change.upper))
        if math.isnan(error):
            return ""
        times = math.exp(float(detectable_effect(error)))
        return f"; {1 / times:.2f} times or less, or {times:.2f} times or more, could have been seen"
    half = (change.upper - change.lower) / 2
    if change.measure not in ("gap", "percent") or not half > 0:
        return ""
    return f"; {_size(float(detectable_effect(half / _95)))} points or more could have been seen"


# -- targets of actions ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Now:
    """The latest figure of an indicator, and what of its change could be seen."""

    value: float
    when: str
    change: float  # points, or for a ratio the logarithm of how many times; NaN where it is not for a survey to show
    a_year: float
    why: str = ""  # in place of what could be seen


def targets_table(
    actions: Sequence[Action], changes: pd.DataFrame, likelihoods: pd.DataFrame, board: pd.DataFrame
) -> pd.DataFrame:
    """Put what actions should reach next to what the figures could show, in rows of words.

    Parameters
    ----------
    actions : sequence of Action
        This year's; those that were stopped are left out.
    changes : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.detectable.detectable_changes`.
    likelihoods, board : pandas.DataFrame
        WRES 2 to 4 and 9 from the trust's return; empty where none was loaded.

    Returns
    -------
    pandas.DataFrame
        One row for each indicator and target: ``indicator``, ``now``, ``target``, ``by_next``, ``a_year``, ``reading``;
        and ``small``, whether the target asks for less than could be seen.
    """
    rows = []
    for indicator, target in dict.fromkeys((one.indicator, one.target) for one in actions if one.status != "stopped"):
        one = BY_ID[indicator]
        now = _now(one, changes, likelihoods, board)
        small, reading = _held_to(one, now, target)
        rows.append(
            {
                "indicator": one.name_with_group + (f" ({one.label})" if one.number else ""),
                "now": STATUS_WORDS["not_available"]
                if math.isnan(now.value)
                else f"{_figure(one, now.value)} ({now.when})",
                "target": "Not set" if target is None else _figure(one, target),
                **_could_be_seen(one, now),
                "reading": reading,
                "small": small,
            }
        )
    return pd.DataFrame(rows, columns=["indicator", "now", "target", "by_next", "a_year", "reading", "small"])


def targets_caution(table: pd.DataFrame) -> CellOutput | None:
    """Warn of targets that ask for less than the figures could show.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`targets_table`.

    Returns
    -------
    CellOutput or None
        None where there is no such target.
    """
    small = table[table["small"]]
    if small.empty:
        return None
    named = listing([lower_first(name) for name in small["indicator"]])
    one = len(small) == 1
    return callout(
        "warning",
        "A target is smaller than what could be seen" if one else "Targets are smaller than what could be seen",
        f"This trust’s figures could not tell from chance whether {'the target' if one else 'the targets'} for {named} "
        f"{'is' if one else 'are'} met by the next survey or return. The change may be right all the same: judge the action by "
        "what was done, or agree how far the figure should move over several years.",
    )


def _now(one: Indicator, changes: pd.DataFrame, likelihoods: pd.DataFrame, board: pd.DataFrame) -> _Now:
    nothing = _Now(math.nan, "", math.nan, math.nan)
    if one.compares in ("gap", "trusts"):
        found = changes[changes["indicator"] == one.id]
        if found.empty:
            return nothing
        row = found.iloc[0]
        return _Now(row["value"], period(row["period_start"], row["period_end"]), row["by_next"], row["a_year"])
    if one.compares == "ratio":
        found = likelihoods[likelihoods["number"] == one.number]
        if found.empty or pd.isna(found.iloc[-1]["ratio"]):
            return nothing
        row = found.iloc[-1]
        error = float(ratio_error(row["lower"], row["upper"]))
        when = period(row["period_start"], row["period_end"])
        if math.isnan(error):
            return _Now(row["ratio"], when, math.nan, math.nan, "Too few to say")
        return _Now(row["ratio"], when, float(detectable_change(error)), float(detectable_slope(error, THREE_SURVEYS)))
    if one.compares == "board":
        if board.empty or pd.isna(board.iloc[-1]["difference"]):
            return nothing
        row = board.iloc[-1]
        day = period(row["period_end"], row["period_end"])
        return _Now(row["difference"], day, math.nan, math.nan, "A count: any change")
    why = "Against the ordinary run of months" if one.compares == "months" else "See pay bands"
    return _Now(math.nan, "", math.nan, math.nan, why)


def _could_be_seen(one: Indicator, now: _Now) -> dict[str, str]:
    if now.why or math.isnan(now.change):
        return dict.fromkeys(("by_next", "a_year"), now.why or STATUS_WORDS["not_available"])
    if one.compares == "ratio":
        times, yearly = math.exp(now.change), math.exp(now.a_year)
        return {"by_next": f"{now.value / times:.2f} or less", "a_year": f"{1 / yearly:.2f} times each year"}
    return {"by_next": f"{_size(now.change)} points", "a_year": f"{_size(now.a_year)} points a year"}


def _held_to(one: Indicator, now: _Now, target: float | None) -> tuple[bool, str]:
    """Whether a target asks for less than could be seen, and what to say of it."""
    if target is None:
        return False, "No target set"
    if math.isnan(now.value):
        return False, "No figure yet"
    if (now.value >= target) if one.adverse_when == "lower" else (now.value <= target):
        return False, "The latest figure is there already"
    if now.why:
        return False, "Could be seen: it is a count" if one.compares == "board" else now.why
    asked = abs(math.log(target / now.value)) if one.compares == "ratio" else abs(target - now.value)
    if asked < now.change:
        return True, "Smaller than could be seen"
    return False, "Could be seen"


def _figure(one: Indicator, value: float) -> str:
    if one.compares == "ratio":
        return f"{value:.2f}"
    return f"{points(value)} points" if one.compares in ("gap", "board") else percent(value)


def _times(lower: float, upper: float) -> float:
    error = float(ratio_error(lower, upper)) if not (math.isnan(lower) or math.isnan(upper)) else math.nan
    return math.nan if math.isnan(error) else math.exp(float(detectable_change(error)))


def _size(value: float) -> str:
    return points(value, signed=False)


def _named(indicators: Sequence[Indicator]) -> str:
    return listing([lower_first(one.short_name or one.name) for one in indicators])


def _gaps(changes: pd.DataFrame) -> list[Any]:
    return _in_order(changes, [one.id for one in EXPERIENCE])


def _questions(changes: pd.DataFrame) -> list[Any]:
    return _in_order(changes, [one.id for one in QUESTIONS])


def _in_order(changes: pd.DataFrame, ids: Sequence[str]) -> list[Any]:
    found = [row for row in rows_of(changes) if row.indicator in ids]
    return sorted(found, key=lambda row: ids.index(row.indicator))
