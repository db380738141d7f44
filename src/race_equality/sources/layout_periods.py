"""The period that a cell of a plain table names, and the words for a period."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from race_equality.sources.cells import Cell

Period = tuple[date, date]

_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name
}
_YEARS = range(2000, 2101)


def month(year: int, number: int) -> Period:
    """Return the first and last day of a month."""
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def _year_to_march(text: str) -> Period | None:
    """``2024/25``, ``2024-25``, ``2024/2025``; ``2025`` is the year that ends in March 2025."""
    if found := re.fullmatch(r"(20\d\d)\s*[/–-]\s*(?:20)?(\d\d)", text):
        year, last = int(found[1]) + 1, int(found[2])
        if year % 100 != last:
            return None
    elif found := re.fullmatch(r"(?:year to (?:31 )?march )?(20\d\d)(?:\.0)?", text):
        year = int(found[1])
    else:
        return None
    return date(year - 1, 4, 1), date(year, 3, 31)


def _year_to_march_in_digits(text: str) -> Period | None:
    """``2425``: the year that ends in March 2025."""
    found = re.fullmatch(r"(\d\d)(\d\d)", text)
    return _year_to_march(f"20{found[1]}/{found[2]}") if found else None


def _at_31_march(text: str) -> Period | None:
    found = _year_to_march(text.removeprefix("31 march ").removeprefix("march "))
    return (found[1], found[1]) if found else None


def _calendar_year(text: str) -> Period | None:
    found = re.fullmatch(r"(20\d\d)(?:\.0)?", text)
    return (date(int(found[1]), 1, 1), date(int(found[1]), 12, 31)) if found else None


def _quarter(text: str) -> Period | None:
    """``Q3 2025/26`` or ``2025/26 Q3``: October to December 2025."""
    found = re.fullmatch(r"(?:q|quarter )([1-4])\s+(.+)|(.+?)\s+(?:q|quarter )([1-4])", text)
    year = _year_to_march(found[2] or found[3]) if found else None
    if year is None or found is None or len(found[2] or found[3]) <= len("2025"):
        return None
    first = 3 * (int(found[1] or found[4]) - 1) + 4
    began = year[0].year + (first > 12)
    return month(began, (first - 1) % 12 + 1)[0], month(began, (first + 1) % 12 + 1)[1]


def _month(text: str) -> Period | None:
    """``April 2025``, ``Apr-25``, ``2025-04``, ``202504``, or any day of it."""
    if day := _day(text):
        return month(day[0].year, day[0].month)
    if found := re.fullmatch(r"(20\d\d)-?(\d\d)", text):
        return month(int(found[1]), int(found[2])) if 1 <= int(found[2]) <= 12 else None
    found = re.fullmatch(r"([a-z]+)[\s-]+((?:20)?\d\d)", text)
    if found is None or found[1] not in _MONTHS:
        return None
    return month(int(found[2]) % 100 + 2000, _MONTHS[found[1]])


def _day(text: str) -> Period | None:
    """``2025-04-30``, ``30/04/2025`` (the day first, as the NHS writes it), ``30 April 2025``."""
    year, number, of_month = 0, 0, 0
    if found := re.fullmatch(r"(20\d\d)-(\d\d)-(\d\d)(?:[t ]00:00(?::00)?)?", text):
        year, number, of_month = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d\d?)[/.](\d\d?)[/.](20\d\d)", text):
        of_month, number, year = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d\d?)[\s-]([a-z]+)[\s-](20\d\d)", text):
        of_month, number, year = int(found[1]), _MONTHS.get(found[2], 0), int(found[3])
    try:
        return date(year, number, of_month), date(year, number, of_month)
    except ValueError:
        return None


#: What a column of periods holds, to how a cell of it is read and an example of one.
READINGS: dict[str, tuple[Callable[[str], Period | None], str]] = {
    "year to march": (_year_to_march, "2024/25"),
    "year to march in digits": (_year_to_march_in_digits, "2425"),
    "31 march": (_at_31_march, "2025"),
    "calendar year": (_calendar_year, "2025"),
    "quarter": (_quarter, "Q3 2025/26"),
    "month": (_month, "April 2025"),
    "day": (_day, "2025-04-30"),
}


def period_of(cell: Cell, reads: str) -> Period:
    """Return the first and last day that a cell names.

    Parameters
    ----------
    cell : Cell
    reads : str
        A key of :data:`READINGS`.

    Returns
    -------
    (date, date)

    Raises
    ------
    InputError
        For a cell that is not written so.
    """
    read, example = READINGS[reads]
    value = cell.value
    if isinstance(value, datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else " ".join(cell.text.casefold().split())
    try:
        found = read(text)
    except ValueError:
        found = None
    if found is None or found[0].year not in _YEARS:
        raise cell.error(
            f'The period is {cell.text!r}, which cannot be read as "{reads}": that is written like {example}.',
            f"Correct the cell, or say in the layout how periods are written (reads: one of {', '.join(READINGS)}).",
        )
    return found


def edition_of(period: Period) -> tuple[str, str]:
    """Return the edition of a file that ends with a period, for the id of its source and for its title.

    Examples
    --------
    >>> edition_of((date(2024, 4, 1), date(2025, 3, 31)))
    ('2025', '2024/25')
    >>> edition_of((date(2025, 4, 1), date(2025, 4, 30)))
    ('2025_04', 'April 2025')
    """
    start, end = period
    if (start.month, start.day, end) == (4, 1, date(start.year + 1, 3, 31)):
        return str(end.year), f"{start.year}/{end.year % 100:02}"
    if start == date(end.year, 1, 1) and end == date(end.year, 12, 31):
        return str(end.year), str(end.year)
    if start == end:
        return f"{end:%Y_%m}", f"{end.day} {end:%B %Y}"
    if (end - start) < timedelta(31):
        return f"{end:%Y_%m}", f"{end:%B %Y}"
    first = f"{start:%B}" if start.year == end.year else f"{start:%B %Y}"
    return f"{end:%Y_%m}", f"{first} to {end:%B %Y}"


def words(first: date, last: date) -> str:
    """Return a period as a reader sees it.

    Examples
    --------
    >>> words(date(2024, 4, 1), date(2025, 3, 31))
    '1 April 2024 to 31 March 2025'
    """
    day = f"{last.day} {last:%B %Y}"
    return day if first == last else f"{first.day} {first:%B %Y} to {day}"
