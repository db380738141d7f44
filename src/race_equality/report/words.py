"""Numbers and findings in words, by the rules for what a reader sees.

Every sentence that compares two groups names the direction and the comparator; an unclear result
is said to be unclear, and never to be equality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from race_equality.indicators.definitions import EXPERIENCE, WRES, WresIndicator

#: What a reader sees where a number is missing, for each status of a figure.
STATUS_WORDS = {
    "suppressed": "Too few people to show",
    "not_available": "Not available",
    "not_applicable": "Not applicable",
}

MINUS = "\N{MINUS SIGN}"

MONTHS = (
    "January February March April May June July August September October November December"
).split()


def percent(value: float, status: str = "not_available") -> str:
    """Return a percentage with one decimal, or the words for why there is none.

    Examples
    --------
    >>> percent(24.349)
    '24.3%'
    >>> percent(float("nan"), "not_applicable")
    'Not applicable'
    """
    return STATUS_WORDS[status] if pd.isna(value) else f"{_rounded(value, 1)}%"


def people(value: float, status: str = "not_available") -> str:
    """Return a count with thousands separated, or the words for why there is none.

    Examples
    --------
    >>> people(19574)
    '19,574'
    """
    return STATUS_WORDS[status] if pd.isna(value) else f"{value:,.0f}"


def points(value: float, *, signed: bool = True) -> str:
    """Return percentage points with one decimal and, where asked for, a sign.

    Examples
    --------
    >>> points(5.25), points(-0.04), points(-3.2, signed=False)
    ('+5.2', '0.0', '3.2')
    """
    text = _rounded(abs(value), 1)
    if float(text) == 0:
        return "0.0"
    if not signed:
        return text
    return ("+" if value > 0 else MINUS) + text


def interval(lower: float, upper: float, *, signed: bool = True) -> str:
    """Return an interval as ``"lower to upper"``.

    Examples
    --------
    >>> interval(-1.21, 3.0)
    '−1.2 to +3.0'
    """
    if signed:
        return f"{points(lower)} to {points(upper)}"
    return f"{_rounded(lower, 1)} to {_rounded(upper, 1)}"


def date(value: pd.Timestamp) -> str:
    """Return a date written out, such as ``"1 April 2026"``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def period(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Return a period in words.

    Examples
    --------
    >>> period(pd.Timestamp("2024-09-01"), pd.Timestamp("2024-11-30"))
    'autumn 2024'
    >>> period(pd.Timestamp("2023-05-31"), pd.Timestamp("2023-05-31"))
    '31 May 2023'
    >>> period(pd.Timestamp("2023-04-01"), pd.Timestamp("2024-03-31"))
    'year to March 2024'
    """
    if start == end:
        return date(end)
    if start.year == end.year and start.month >= 9 and end.month <= 12:
        return f"autumn {end.year}"
    if (end - start).days in (364, 365):
        return f"{end.year}" if end.month == 12 else f"year to {MONTHS[end.month - 1]} {end.year}"
    if start.year == end.year and start.month == end.month:
        return f"{MONTHS[end.month - 1]} {end.year}"
    return f"{date(start)} to {date(end)}"


def listing(items: Sequence[str], *, joined_by: str = "and") -> str:
    """Return items as in a sentence: ``"a, b and c"``."""
    items = list(items)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joined_by} {items[-1]}"


def number_word(number: int) -> str:
    """Return a number up to nine as a word."""
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[number] if 0 <= number < len(words) else f"{number:,}"


def direction(indicator: WresIndicator, lower: float, upper: float) -> str:
    """Say which way a gap goes, or that it is unclear.

    Parameters
    ----------
    indicator : WresIndicator
        One of WRES 5 to 8.
    lower, upper : float
        The interval of the gap, ethnic minority minus White, in percentage points.

    Returns
    -------
    {"adverse", "favourable", "unclear", "none"}
        ``adverse`` to staff from ethnic minorities; ``none`` where there is no figure.
    """
    if math.isnan(lower) or math.isnan(upper):
        return "none"
    if lower <= 0 <= upper:
        return "unclear"
    higher = lower > 0
    return "adverse" if higher == (indicator.adverse_when == "higher") else "favourable"


READINGS = {
    "adverse": "Worse for ethnic minority staff",
    "favourable": "Better for ethnic minority staff",
    "unclear": "No reliable difference",
    "none": "Not available",
}


def experience_sentences(finding: Mapping, comparators: Mapping[str, Mapping]) -> str:
    """Say one finding of WRES 5 to 8 in full.

    Parameters
    ----------
    finding : mapping
        A row of :func:`race_equality.indicators.wres.staff_experience`.
    comparators : mapping of str to mapping
        Name of the comparator, as it stands in a sentence, to a row of
        :func:`race_equality.indicators.wres.pooled`.

    Returns
    -------
    str
        Two to four sentences.
    """
    indicator = WRES[finding["number"]]
    gap = finding["gap"]
    text = (
        f"{percent(finding['ethnic_minority_percent'])} of staff from ethnic minorities and "
        f"{percent(finding['white_percent'])} of White staff said they {indicator.statement}."
    )
    bounds = interval(finding["gap_lower"], finding["gap_upper"])
    if direction(indicator, finding["gap_lower"], finding["gap_upper"]) == "unclear":
        text += (
            " The data do not show a reliable difference "
            f"(gap {points(gap)} percentage points, 95% confidence interval: {bounds}). "
            "This does not show that experiences are the same."
        )
    else:
        side = "higher" if gap > 0 else "lower"
        text += (
            f" The figure for staff from ethnic minorities is {points(gap, signed=False)} percentage "
            f"points {side} than for White staff (95% confidence interval of the gap: {bounds})."
        )
    for name, row in comparators.items():
        text += f" {name}: a gap of {points(row['gap'])} points."
    return text


def experience_summary(findings: pd.DataFrame) -> str:
    """Say in a sentence or two what WRES 5 to 8 show for one trust.

    Parameters
    ----------
    findings : pandas.DataFrame
        The trust's rows of :func:`race_equality.indicators.wres.staff_experience`.

    Returns
    -------
    str
    """
    known = findings[findings["status"] == "ok"]
    if known.empty:
        return (
            "No figures on staff experience by ethnic group are published for this trust in the "
            "files that this report reads. The report says below how to load them."
        )
    by_direction: dict[str, list[str]] = {}
    for row in known.to_dict("records"):
        indicator = WRES[row["number"]]
        found = direction(indicator, row["gap_lower"], row["gap_upper"])
        by_direction.setdefault(found, []).append(indicator.name[0].lower() + indicator.name[1:])
    sentences = []
    total = number_word(len(known))
    if adverse := by_direction.get("adverse"):
        count = "all" if len(adverse) == len(known) else f"{number_word(len(adverse))} of the"
        sentences.append(
            f"Staff from ethnic minorities report worse experience than White staff on {count} "
            f"{total} measured: {listing(adverse)}."
        )
    if favourable := by_direction.get("favourable"):
        sentences.append(
            "Staff from ethnic minorities report better experience than White staff on "
            f"{listing(favourable)}."
        )
    if unclear := by_direction.get("unclear"):
        sentences.append(
            f"On {listing(unclear)} the data do not show a reliable difference; this does not show "
            "that experiences are the same."
        )
    return " ".join(sentences)


def against(value_lower: float, value_upper: float, comparator: float) -> str:
    """Say where a comparator lies against an interval: "above", "below" or "in line with" it."""
    if value_lower > comparator:
        return "above"
    if value_upper < comparator:
        return "below"
    return "in line with"


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) != 0 else text.lstrip("-")


__all__ = [
    "EXPERIENCE", "MINUS", "READINGS", "STATUS_WORDS", "against", "date", "direction",
    "experience_sentences", "experience_summary", "interval", "listing", "number_word", "people",
    "percent", "period", "points",
]
