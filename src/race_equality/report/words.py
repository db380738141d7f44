"""Numbers, dates and labels as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from race_equality.analysis.gap_reading import chance as chance  # words of a reading, written in one place

#: What a reader sees where a number is missing, for each status of a figure.
STATUS_WORDS = {
    "suppressed": "Too few people to show",
    "not_available": "No data",
    "not_applicable": "Not applicable",
    "implausible": "Not plausible",
    "incomplete": "Mostly not recorded",
}

MINUS = "\N{MINUS SIGN}"

MONTHS = ("January February March April May June July August September October November December").split()


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


#: A difference with its sign, a percentage, or points without a sign.
Unit = Literal["gap", "percent", "points"]


def in_unit(value: float, unit: Unit) -> str:
    """Return a figure as its unit is written.

    Examples
    --------
    >>> in_unit(5.25, "gap"), in_unit(5.25, "percent"), in_unit(5.25, "points")
    ('+5.2', '5.2%', '5.2')
    """
    return percent(value) if unit == "percent" else points(value, signed=unit == "gap")


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


def latest_period(rows: pd.DataFrame) -> str:
    """Return the newest period of some figures or findings in words; "no period" where there are none.

    Editions of two years may be held at once, and a range over both would be true of neither.

    Examples
    --------
    >>> starts, ends = (pd.to_datetime([f"2024-{day}", f"2025-{day}"]) for day in ("09-01", "11-30"))
    >>> latest_period(pd.DataFrame({"period_start": starts, "period_end": ends}))
    'autumn 2025'
    """
    if rows.empty:
        return "no period"
    newest = rows[rows["period_end"] == rows["period_end"].max()]
    return period(newest["period_start"].min(), newest["period_end"].max())


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


def ratio(value: float, lower: float, upper: float) -> str:
    """Return a ratio with its interval.

    Examples
    --------
    >>> ratio(1.6, 1.4, 1.8)
    '1.60 (1.40 to 1.80)'
    >>> ratio(float("nan"), 0.8, float("inf"))
    'Cannot be estimated'
    """
    if math.isnan(value):
        return "Cannot be estimated"
    above = "no upper limit" if math.isinf(upper) else f"{upper:.2f}"
    return f"{value:.2f} ({lower:.2f} to {above})"


def correlation(value: float, lower: float, upper: float) -> str:
    """Return a correlation with its interval, two decimals.

    Examples
    --------
    >>> correlation(0.17, -0.001, 0.33), correlation(-0.25, -0.4, -0.09)
    ('0.17 (0.00 to 0.33)', '−0.25 (−0.40 to −0.09)')
    """
    return f"{_rounded(value, 2)} ({_rounded(lower, 2)} to {_rounded(upper, 2)})"


#: The publication's staff groups in plainer words.
_STAFF_GROUPS = {
    "HCHS Doctors": "Doctors",
    "Nurses & health visitors": "Nurses and health visitors",
    "Scientific, therapeutic & technical staff": "Scientific, therapeutic and technical staff",
    "NHS infrastructure support": "Infrastructure support, including managers",
    "Other staff or those with unknown classification": "Other or unknown",
}


def staff_group(label: str) -> str:
    """Return a published staff group in plainer words."""
    return _STAFF_GROUPS.get(label, label)


def place(region: str) -> str:
    """Return a region as it is written after "in".

    Examples
    --------
    >>> place("London"), place("North West"), place("East of England")
    ('London', 'the North West', 'the East of England')
    """
    return region if region == "London" else f"the {region}"


def lower_first(text: str) -> str:
    """Return a name as it is written inside a sentence."""
    return text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    """Return words as they begin a cell."""
    return text[:1].upper() + text[1:]


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) != 0 else text.lstrip("-")
