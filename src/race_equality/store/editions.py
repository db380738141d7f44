"""Which editions are still to come, and which of those held are out of date."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from race_equality.definitions.editions import STAFF_SURVEY, edition_of, publication_of, series_of

#: How a publication stands: a newer edition must be out, may be out, or its period has not ended.
OUT_OF_DATE, MAY_BE_OUT, TO_COME = "out of date", "may be out", "to come"


@dataclass(frozen=True)
class NextEdition:
    """What comes after the newest edition held of a publication.

    Parameters
    ----------
    name : str
        Of the series or, where the calendar has none, the id of the publication.
    sources : tuple of str
        Those held of the newest edition.
    held_to, next_to : datetime.date
        The last day of the newest period held, and of the one after it.
    months : int
        From one to the other.
    as_held : bool
        Whether these months are those between the editions held, and no publisher's word.
    expected : datetime.date or None
        The first day of the month in which it is published, where the publisher keeps to one.
    state : str
        One of :data:`OUT_OF_DATE`, :data:`MAY_BE_OUT`, :data:`TO_COME`.
    """

    name: str
    sources: tuple[str, ...]
    held_to: date
    next_to: date
    months: int
    as_held: bool
    expected: date | None
    state: str


def next_editions(last_days: Mapping[str, Collection[date]], *, today: date) -> list[NextEdition]:
    """Say of each publication what comes next.

    Parameters
    ----------
    last_days : mapping of str to collection of datetime.date
        Ids of sources to the last days of the periods that each has figures of.
    today : datetime.date

    Returns
    -------
    list of NextEdition
        In the order of the sources; without those of which only one period is held and no calendar is known.
    """
    found: dict[str, list[str]] = {}
    for source in last_days:
        series = series_of(source)
        found.setdefault(series.name if series else publication_of(source), []).append(source)
    editions = []
    for name, sources in found.items():
        series = series_of(sources[0])
        days = sorted({day for source in sources for day in last_days[source]})
        apart = [_months(later) - _months(earlier) for earlier, later in zip(days, days[1:], strict=False)]
        if not days or not (series or apart):
            continue
        months = series.months if series else round(median(apart))
        if months < 1:  # weeks: of no calendar of ours
            continue
        next_to, after_next = (_add_months(days[-1], number * months) for number in (1, 2))
        expected = None
        if series and series.appears:
            expected = date(next_to.year + (series.appears <= next_to.month), series.appears, 1)
            state = OUT_OF_DATE if today >= _add_months(expected, 1) else MAY_BE_OUT if today >= expected else TO_COME
        else:
            state = OUT_OF_DATE if today > after_next else MAY_BE_OUT if today > next_to else TO_COME
        newest = tuple(source for source in sources if days[-1] in last_days[source])
        editions.append(NextEdition(name, newest, days[-1], next_to, months, series is None, expected, state))
    return editions


def workbooks_to_come(source_ids: Iterable[str]) -> tuple[str, Sequence[str]]:
    """Say which workbooks of the newest staff survey are not held, where an earlier one of them is.

    Parameters
    ----------
    source_ids : iterable of str
        Sources held.

    Returns
    -------
    str, list of str
        The year, and what the workbooks are called; "" and none where all are of one year.

    Examples
    --------
    >>> workbooks_to_come(["staff_survey_organisations_2025", "staff_survey_national_2024"])
    ('2025', ['national workbook'])
    """
    years: dict[str, str] = {}
    for id in source_ids:
        if series_of(id) is STAFF_SURVEY:
            called = STAFF_SURVEY.files[publication_of(id)]
            years[called] = max(years.get(called, ""), edition_of(id))
    newest = max(years.values(), default="")
    missing = [called for called in dict.fromkeys(STAFF_SURVEY.files.values()) if years.get(called, newest) < newest]
    return (newest, missing) if missing else ("", [])


def _months(day: date) -> int:
    return 12 * day.year + day.month


def _add_months(day: date, months: int) -> date:
    """Return the same day so many months later; the last of a month where this is one."""
    year, month = divmod(_months(day) - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))
