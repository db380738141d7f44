"""Who did not answer the staff survey, and how far its gaps could be off for that, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from race_equality.analysis.who_answered import STATED_RANGE
from race_equality.definitions.indicators import BY_ID
from race_equality.report.words import (
    date,
    interval,
    listing,
    lower_first,
    number_word,
    people,
    percent,
    period,
    points,
)
from race_equality.store.rows import rows_of

#: A change of staff by less is not worth a sentence: the shares are the same to a point.
_LEAST_GROWTH = 0.02

_RANGE = number_word(int(STATED_RANGE))

#: What the range is, in one sentence.
THE_RANGE = (
    f"Those who did not answer are taken to lie up to {_RANGE} points above or below those who did, in one group and not in "
    "the other"
)


def answered_sentences(response: pd.DataFrame) -> str:
    """Say how many of a trust's staff answered.

    Parameters
    ----------
    response : pandas.DataFrame
        The trust's row of :func:`race_equality.analysis.who_answered.response_of_trusts`, or none.

    Returns
    -------
    str
    """
    if response.empty:
        return "How many of this trust’s staff did not answer the survey cannot be said: a head count or the survey is missing."
    row = response.iloc[0]
    merged = row["organisations"] > 1
    text = (
        f"{people(row['answered'])} staff answered the question on discrimination at work in the survey of {period(row['survey_start'], row['survey_end'])}. That is "
        f"{percent(row['percent'])} of the {people(row['staff'])} whom "
        f"{'the organisations that are now this trust' if merged else 'the trust'} employed on {date(row['staff_on'])}, the "
        "latest head count that is held."
    )
    if not math.isnan(row["growth"]) and abs(row["growth"] - 1) >= _LEAST_GROWTH:
        more = "more" if row["growth"] > 1 else "fewer"
        text += (
            f" At the time of the survey {'they' if merged else 'it'} had {percent(100 * abs(row['growth'] - 1))} {more} staff "
            f"(full-time equivalents), so the share was nearer {percent(row['percent_then'])}."
        )
    return text


def range_sentences(off: pd.DataFrame) -> str:
    """Say which gaps would still be clear if those who did not answer differed from those who did.

    Parameters
    ----------
    off : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.who_answered.how_far_off`.

    Returns
    -------
    str
        "" where no gap is known.
    """
    if off.empty:
        return ""
    clear = [row for row in rows_of(off) if row.clear]
    still = [row.indicator for row in clear if _is_clear(row.chance_least, row.chance_most)]
    not_still = [row.indicator for row in clear if row.indicator not in still]
    text = (
        f"What the others would have said is not known. If in one group their answers were up to {_RANGE} points higher or lower "
        "than those that were given, and in the other group the same, "
    )
    if not clear:
        text += "no gap would be clear, as none is now."
    else:
        parts = [f"{_gaps_in(still)} would still be clear"] if still else []
        parts += [f"{_gaps_in(not_still)} would no longer be"] if not_still else []
        text += f"{listing(parts)}{'' if still else ' clear'}."
    if off["by_group"].all():
        text += " How many answered is known for each of the two groups, from the trust’s return."
    else:
        text += " How many of each group did not answer is not published; the share of all staff is taken for both."
    return text


def range_table(off: pd.DataFrame) -> pd.DataFrame:
    """Put the gaps, and how far they could be off, in rows of words.

    Parameters
    ----------
    off : pandas.DataFrame
        As for :func:`range_sentences`.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``gap``, ``range``, ``gone`` and ``reading``.
    """
    rows = []
    for row in rows_of(off):
        rows.append(
            {
                "measure": BY_ID[row.indicator].name,
                "gap": f"{points(row.gap)} ({interval(row.gap_lower, row.gap_upper)})",
                "range": interval(row.chance_least, row.chance_most),
                "gone": _gone(row.gone_at) if row.clear else "Not clear as it is",
                "reading": ("Still clear" if _is_clear(row.chance_least, row.chance_most) else "No longer clear")
                if row.clear
                else "Not clear as it is",
            }
        )
    return pd.DataFrame(rows, columns=["measure", "gap", "range", "gone", "reading"])


def across_trusts_table(off: pd.DataFrame) -> pd.DataFrame:
    """Count over trusts how many clear gaps would still be clear.

    Parameters
    ----------
    off : pandas.DataFrame
        Rows of many trusts, from :func:`race_equality.analysis.who_answered.how_far_off`.

    Returns
    -------
    pandas.DataFrame
        Text: ``measure``, ``trusts``, ``clear``, ``still`` and ``moved``, by how many points the range moves a gap of
        the median trust.
    """
    marked = off.assign(
        still=((off["gap_lower"] > 0) & (off["chance_least"] > 0))
        | ((off["gap_upper"] < 0) & (off["chance_most"] < 0)),
        moved=(off["most"] - off["least"]) / 2,
    )
    return pd.DataFrame(
        [
            {
                "measure": BY_ID[str(indicator)].name,
                "trusts": people(len(rows)),
                "clear": people(int(rows["clear"].sum())),
                "still": people(int(rows["still"].sum())),
                "moved": points(rows["moved"].median(), signed=False),
            }
            for indicator, rows in marked.groupby("indicator")
        ],
        columns=["measure", "trusts", "clear", "still", "moved"],
    )


def across_trusts_sentences(response: pd.DataFrame, within: float) -> str:
    """Say how many staff answered in the median trust, and why the range is what it is.

    Parameters
    ----------
    response : pandas.DataFrame
        Rows of real trusts, from :func:`race_equality.analysis.who_answered.response_of_trusts`.
    within : float
        From :func:`race_equality.analysis.who_answered.within_range`.

    Returns
    -------
    str
    """
    few, few_then = (int((response[name] < 40).sum()) for name in ("percent", "percent_then"))
    return (
        f"In the median of {len(response)} trusts the answers to the survey were {percent(response['percent'].median())} of the "
        f"head count of {date(response['staff_on'].max())}; in {number_word(few)} they were under 40%. Of the staff at the time of the "
        f"survey, estimated from full-time equivalents, they were {percent(response['percent_then'].median())}, and under 40% in "
        f"{number_word(few_then)}. This is no response rate: who was invited is not published by trust.\n\n"
        f"{THE_RANGE}. That is a wide range: {percent(within)} of trusts’ figures lie within {_RANGE} points of the middle trust "
        "of their kind. The fewer answered, the further such a difference moves a gap: where half of the staff answered, by half "
        "of it."
    )


def _is_clear(lower: float, upper: float) -> bool:
    return bool(lower > 0 or upper < 0)


def _gone(at: float) -> str:
    return "No difference in one group alone" if math.isnan(at) else f"{points(at, signed=False)} points"


def _gaps_in(indicators: Sequence[str]) -> str:
    return ("the gap in " if len(indicators) == 1 else "the gaps in ") + listing(
        [lower_first(BY_ID[id].short_name or BY_ID[id].name) for id in indicators]
    )
