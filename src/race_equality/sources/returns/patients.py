"""A trust's own figures about patients by ethnic group, deprivation, age and sex.

The return has the shape of the WRES return (:mod:`race_equality.sources.returns.wres`): a row for each year, indicator
and item, with a column for each ethnic group, fifth of deprivation, age band and sex. It stays on the machine. A count too small
to show is not kept at all: it is suppressed as the return is read, with the others from which it could be worked out.

Notes
-----
Ethnic groups are the five of the 2021 Census, with *not stated* (asked, and not given) and *not known*
(not asked or not recorded) apart. Deprivation is the fifth of England's neighbourhoods, by the Index of
Multiple Deprivation, that the patient lives in; quintile 1 is the most deprived. Age and sex came later: NHS England's
statement on information on health inequalities asks for all four. A file without their columns is read as before.
Age bands are those of the Waiting List Minimum Data Set.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from race_equality.definitions.rules import LEAST_OF_PATIENTS, LEAST_PATIENTS_COUNTED
from race_equality.disclosure.shares_by_group import hide_shares
from race_equality.errors import InputError
from race_equality.sources.cells import Cell
from race_equality.sources.publication import FigureRows, LoadedFigures
from race_equality.sources.returns import held_to
from race_equality.sources.returns.form import Counts, Key, check_part, read_form
from race_equality.sources.returns.known import Known, each
from race_equality.sources.returns.mistakes import Finding, Mistakes, merged
from race_equality.sources.returns.workbook import FormRow, Place, Template, Topic, workbook_bytes
from race_equality.store.trusts import TrustList

TITLE = "Patients return"

ETHNIC_GROUPS = ("Asian", "Black", "Mixed", "White", "Other", "Not stated", "Not known")
#: Column of the return to group of the figure.
DEPRIVATION_GROUPS = {**{f"Quintile {n}": f"Quintile {n}" for n in range(1, 6)}, "Deprivation unknown": "Unknown"}
AGE_GROUPS = {f"Aged {band}": band for band in ("0 to 18", "19 to 64", "65 and over")} | {"Age unknown": "Unknown"}
#: Indeterminate sex counts as unknown: there are too few people to show.
SEX_GROUPS = {"Female": "Female", "Male": "Male", "Sex unknown": "Unknown"}
BREAKDOWNS = {
    "ethnicity": {name: name for name in ETHNIC_GROUPS},
    "deprivation": DEPRIVATION_GROUPS,
    "age": AGE_GROUPS,
    "sex": SEX_GROUPS,
}
GROUPS = tuple(column for groups in BREAKDOWNS.values() for column in groups)
COLUMNS = ("trust_code", "year_to", "indicator", "item", *GROUPS)
#: Columns that a file of before age and sex does not have: all of a breakdown, or none.
LATER_COLUMNS = (tuple(AGE_GROUPS), tuple(SEX_GROUPS))
KNOWN_BY = tuple(name for name in COLUMNS if not any(name in later for later in LATER_COLUMNS))

LEAST_BASE, LEAST_COUNT = LEAST_OF_PATIENTS, LEAST_PATIENTS_COUNTED
NOTES = (
    f"Counts under {LEAST_COUNT}, counts that leave fewer than {LEAST_COUNT} of a group out, and shares of fewer than "
    f"{LEAST_BASE} are suppressed, with those from which they could be worked out.",
)


@dataclass(frozen=True)
class Measure:
    """Rows of the return that belong together: people, and those among them.

    Parameters
    ----------
    indicator : str
        As the return calls it.
    heading : str
    base : str
        The item that the others are shares of.
    parts : mapping of str to str
        Item to indicator of the figure, without the breakdown at its end.
    on_the_day : bool
        Whether it is counted on 31 March, and not over the year to it.
    nested : bool
        Whether each part is among the one before.
    """

    indicator: str
    heading: str
    base: str
    parts: Mapping[str, str]
    on_the_day: bool = False
    nested: bool = False

    def items(self) -> tuple[str, ...]:
        """Return the items, in the order of the return."""
        return (self.base, *self.parts)

    def whole_of(self, item: str) -> str:
        """Return the item that the people of another are among."""
        items = self.items()
        return items[items.index(item) - 1] if self.nested else self.base

    def period(self, year_to: date) -> tuple[date, date]:
        """Return first and last day."""
        return (year_to if self.on_the_day else date(year_to.year - 1, 4, 1), year_to)


MEASURES = (
    Measure(
        "patients_waiting",
        "Waiting list on 31 March",
        "on the waiting list",
        {f"over {weeks} weeks": f"patients_waiting_over_{weeks}_weeks" for weeks in (18, 52, 65)},
        on_the_day=True,
        nested=True,
    ),
    Measure(
        "patients_did_not_attend",
        "Outpatient appointments in the year",
        "appointments",
        {"did not attend": "patients_did_not_attend"},
    ),
    Measure(
        "patients_restrictive_interventions",
        "Restrictive interventions in the year, each person once",
        "inpatients",
        {"subject to a restrictive intervention": "patients_restrictive_interventions"},
    ),
    Measure(
        "patients_detained",
        "Detentions under the Mental Health Act in the year, each person once",
        "inpatients",
        {"detained under the Mental Health Act": "patients_detained"},
    ),
)
#: Ids of the figures.
INDICATORS = tuple(
    f"{indicator}_by_{breakdown}"
    for measure in MEASURES
    for indicator in measure.parts.values()
    for breakdown in BREAKDOWNS
)

_INSTRUCTIONS = (
    "Write whole numbers under each ethnic group, fifth of deprivation (quintile 1: most deprived), age band and sex.",
    "Every person is counted once under an ethnic group, a quintile, an age band and a sex, so all four add up to the same.",
    "Age on 31 March for the waiting list, at the appointment or admission for the others. Sex unknown: indeterminate as well.",
    "Leave a cell empty where the number is not known, and a whole row where the trust has no such service; "
    "write 0 only for nobody.",
    "Waiting list: incomplete referral-to-treatment pathways on 31 March. Appointments: outpatient, in the "
    "year to 31 March. Restrictive interventions and detentions: inpatients of mental health and learning "
    "disability services in the year, each person once.",
    "Counts under 5, counts that leave fewer than 5 of a group out, and shares of fewer than 11, are suppressed as the "
    "file is read, with those from which they could be worked out.",
    "Then run: race-equality data add {file}",
    "The figures stay in data/local/ on this machine; git ignores that folder.",
)

_EXCEL_INSTRUCTION = (
    "Fill in the cells with a border (yellow). Years that were loaded before stay held and are not here. What is known of the "
    "year before stands next to this year's cells, in grey, to compare with. The column Check and the sheet Checks say in "
    "words what does not agree, while you type."
)


def source_id(trust_code: str) -> str:
    """Return the id of a trust's return."""
    return f"patients_return_{trust_code}"


def rows_of_a_year() -> list[tuple[str, str]]:
    """Return the (indicator, item) of each row of a year, in the order of the return."""
    return [(measure.indicator, item) for measure in MEASURES for item in measure.items()]


def template(trust_code: str, trust_name: str, years_to: Sequence[date], file_name: str) -> str:
    """Return an empty return as CSV.

    Parameters
    ----------
    trust_code, trust_name : str
    years_to : sequence of datetime.date
        Each a 31 March.
    file_name : str
        What it will be called, for the instructions in it.

    Returns
    -------
    str
    """
    text = io.StringIO(newline="")
    text.write(f"# Patients return of {trust_code} {trust_name}\n")
    for line in _INSTRUCTIONS:
        text.write(f"# {line.format(file=file_name)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for year_to in sorted(years_to):
        for indicator, item in rows_of_a_year():
            writer.writerow([trust_code, year_to.isoformat(), indicator, item, *[""] * len(GROUPS)])
    return text.getvalue()


def template_workbook(
    trust_code: str,
    trust_name: str,
    years_to: Sequence[date],
    file_name: str,
    *,
    held: Mapping[Key, float] | None = None,
    known: Known | None = None,
) -> bytes:
    """Return a return to fill in as an Excel workbook.

    Parameters
    ----------
    trust_code, trust_name, years_to, file_name
        As for :func:`template`.
    held : mapping of (datetime.date, str, str, str) to float, optional
        What is held of the trust. Years that are held are left out, and stay held: small counts were never kept, and an
        empty cell would take their place. What is known of the year before is shown next to the first year.
    known : Known, optional
        For the published waiting list, on the sheet of checks.

    Returns
    -------
    bytes
    """
    held, known = held or {}, known or Known()
    loaded = {key[0] for key in held}
    years = [year_to for year_to in sorted(years_to) if year_to not in loaded] or [max(years_to)]
    earlier = {key: value for key, value in held.items() if key[0] not in years}
    names = ("Waiting list", "Did not attend", "Restrictive interventions", "Detentions")
    topics = []
    for name, measure in zip(names, MEASURES, strict=True):
        rows = [
            FormRow(
                year_to,
                measure.indicator,
                item,
                f"{measure.heading}: {item}",
                GROUPS,
                None if item == measure.base else (measure.indicator, measure.whole_of(item)),
            )
            for year_to in years
            for item in measure.items()
        ]
        topics.append(Topic(name, measure.heading, rows))

    def checks(place: Place) -> Iterator[list[Any]]:
        measure = MEASURES[0]
        for year_to in years:
            sums = [
                ",".join(place((year_to, measure.indicator, measure.base, column)) for column in groups)
                for groups in BREAKDOWNS.values()
            ]
            totals = [f'=IF(COUNT({cells})=0,"",SUM({cells}))' for cells in sums]
            published = known.waiting.get(trust_code, {}).get(year_to.year)
            far = (
                f"MAX(C{{row}}:G{{row}})>IF(COUNT(G{{row}})=1,{held_to.WAITING_PUBLISHED:g},"
                f"{held_to.BREAKDOWNS_APART:g})*MIN(C{{row}}:G{{row}})"
            )
            yield [
                year_to,
                "Waiting list, by each breakdown",
                *totals,
                published,
                f'=IF(COUNT(C{{row}}:F{{row}})=0,"",IF({far},"Look: they differ","OK"))',
            ]

    return workbook_bytes(
        Template(
            TITLE,
            trust_code,
            trust_name,
            [line.format(file=file_name) for line in (_EXCEL_INSTRUCTION, *_INSTRUCTIONS)],
            topics,
            COLUMNS,
            {f"Total by {breakdown}": tuple(groups) for breakdown, groups in BREAKDOWNS.items()},
            held_to.PATIENTS_CELL_IN_A_YEAR,
            earlier,
            checks,
            ("year_to", "what is counted", *(f"By {one}" for one in BREAKDOWNS), "Published, end of March", "Check"),
        )
    )


def read_return(
    path: Path, trusts: TrustList, *, known: Callable[[str], Known] | None = None, today: date | None = None
) -> tuple[str, LoadedFigures]:
    """Read a filled-in return, and hold it to what is known.

    Parameters
    ----------
    path : Path
        A CSV or a workbook, made from the template.
    trusts : TrustList
    known : callable, optional
        From the trust's code to what is known of it; without it, the return is held to itself alone.
    today : datetime.date, optional
        A year that ends later cannot be there.

    Returns
    -------
    str
        The trust's code.
    LoadedFigures
        Every figure of each year in the file, those too small to show suppressed. Its ``questions`` are what is odd.

    Raises
    ------
    ReturnError
        With everything that is wrong: a row that is not known, what is not a whole number, numbers that cannot both be
        right. What is odd is in it as well.
    """
    today, mistakes = today or date.today(), Mistakes(path)
    form = read_form(path, COLUMNS, rows_of_a_year(), trusts, mistakes, today=today, later=LATER_COLUMNS)
    code, counts, years = form.trust_code, form.counts, form.years
    for year_to, measure in ((year_to, measure) for year_to in years for measure in MEASURES):
        for item in measure.parts:
            whole = measure.whole_of(item)
            for column in GROUPS:
                with mistakes.noted():
                    part, among = (
                        counts.get((year_to, measure.indicator, one, column), (None, None)) for one in (item, whole)
                    )
                    check_part(part, among, whole)
    questions = merged(
        [*form.questions, *questions_of(code, counts, known(code) if known else Known(), today)], mistakes.sheets
    )
    mistakes.raise_any(questions)
    figures = FigureRows(source_id(code), (years[0], years[-1]), trusts)
    for year_to in years:
        for measure in MEASURES:
            _add_measure(figures, code, measure, year_to, counts, path)
    remarks = (*form.remarks, *_small_differences(counts))
    loaded = figures.loaded(str(years[-1].year), form.period, remarks)
    if not loaded.figures["status"].isin(["ok", "suppressed"]).any():
        raise InputError("The return has no numbers.", file=path, mend="Fill in the template.")
    return code, replace(loaded, questions=tuple(questions))


def counts_of(figures: pd.DataFrame) -> dict[Key, float]:
    """Return the numbers of a return that are still known from its figures: those that were not suppressed.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures of one trust.

    Returns
    -------
    dict of (datetime.date, str, str, str) to float
    """
    items = {
        f"{id}_by_{breakdown}": (measure, item, {group: column for column, group in groups.items()})
        for measure in MEASURES
        for item, id in measure.parts.items()
        for breakdown, groups in BREAKDOWNS.items()
    }
    found: dict[Key, float] = {}
    columns = ("period_end", "indicator", "group", "numerator", "denominator")
    for end, id, group, people, among in each(figures[figures["status"] == "ok"], *columns):
        if id in items:
            measure, item, column_of = items[id]
            found[end.date(), measure.indicator, item, column_of[group]] = people
            found[end.date(), measure.indicator, measure.base, column_of[group]] = among
    return found


def questions_of(code: str, counts: Counts, known: Known, today: date) -> list[Finding]:
    """Return what is odd in the numbers of a return, and what there cannot be.

    Parameters
    ----------
    code : str
    counts : mapping of (datetime.date, str, str, str) to (float or None, Cell)
    known : Known
    today : datetime.date

    Returns
    -------
    list of Finding
        Several can be of one cell.
    """
    found = [
        *held_to.too_many(counts, held_to.MOST_PATIENTS),
        *held_to.years_long_ago(counts, today),
        *held_to.emptied(counts, known),
        *held_to.repeated_years(counts, known),
        *held_to.cells_against_earlier(counts, known, held_to.PATIENTS_CELL_IN_A_YEAR),
    ]
    waiting: dict[date, tuple[float, Cell]] = {}
    for year_to, measure, item, totals, first in _totals_of(counts):
        different = held_to.breakdowns_apart(f"{measure.indicator}, {item}, {year_to}", totals, first)
        if different and held_to.apart(max(totals.values()), min(totals.values()), held_to.BREAKDOWNS_APART):
            found.append(different)
        if measure is MEASURES[0] and item == measure.base:
            waiting[year_to] = (max(totals.values()), first)
    return found + held_to.waiting_questions(code, waiting, known)


def _small_differences(counts: Counts) -> Iterator[str]:
    """Yield remarks on breakdowns that differ, and too little to be asked about."""
    for year_to, measure, item, totals, first in _totals_of(counts):
        different = held_to.breakdowns_apart(f"{measure.indicator}, {item}, {year_to}", totals, first)
        if different and not held_to.apart(max(totals.values()), min(totals.values()), held_to.BREAKDOWNS_APART):
            yield different.why


def _totals_of(counts: Counts) -> Iterator[tuple[date, Measure, str, dict[str, float], Cell]]:
    for year_to in sorted({key[0] for key in counts}):
        for measure in MEASURES:
            for item in measure.items():
                totals, first = _totals(counts, year_to, measure, item)
                if first is not None:
                    yield year_to, measure, item, totals, first


def _totals(counts: Counts, year_to: date, measure: Measure, item: str) -> tuple[dict[str, float], Cell | None]:
    """Return how many people each breakdown that is whole adds up to, and the first cell of the row."""
    totals: dict[str, float] = {}
    first = None
    for breakdown, groups in BREAKDOWNS.items():
        pairs = [counts.get((year_to, measure.indicator, item, column)) for column in groups]
        given = [pair[0] for pair in pairs if pair is not None and pair[0] is not None]
        if len(given) == len(groups):
            totals[breakdown] = sum(given)
            first = first or next(pair[1] for pair in pairs if pair is not None)
    return totals, first


def shares(
    measure: Measure, breakdown: str, counts: Mapping[tuple[str, str], float | None]
) -> Iterator[tuple[str, str, str, str, float | None, float | None]]:
    """Return the shares of one breakdown in one period, those too small to show suppressed.

    Parameters
    ----------
    measure : Measure
    breakdown : str
        A key of :data:`BREAKDOWNS`.
    counts : mapping of (str, str) to float or None
        Item and column of the return to people; None where it is not known.

    Yields
    ------
    indicator, column, item, status : str
    numerator, denominator : float or None
        Both where the status is ``ok``, neither otherwise.
    """
    columns = list(BREAKDOWNS[breakdown])
    nan = float("nan")
    given = {column: [counts.get((item, column)) for item in measure.items()] for column in columns}
    hidden = hide_shares(
        {column: [nan if count is None else count for count in row] for column, row in given.items()},
        least_base=LEAST_BASE,
        least_count=LEAST_COUNT,
    )
    for level, (item, indicator) in enumerate(measure.parts.items()):
        for column in columns:
            base, part = given[column][0], given[column][1 + level]
            if part is None or not base:  # a share of nobody is not a number
                status = "not_available"
            else:
                status = "suppressed" if hidden[column][level] else "ok"
            pair = (part, base) if status == "ok" else (None, None)
            yield f"{indicator}_by_{breakdown}", column, item, status, *pair


def _add_measure(figures: FigureRows, code: str, measure: Measure, year_to: date, counts: Counts, path: Path) -> None:
    given = {
        (item, column): pair
        for item in measure.items()
        for column in GROUPS
        if (pair := counts.get((year_to, measure.indicator, item, column)))
    }
    numbers = {place: value for place, (value, _) in given.items()}
    for breakdown, groups in BREAKDOWNS.items():
        for indicator, column, item, status, part, base in shares(measure, breakdown, numbers):
            pair = given.get((item, column))
            place = f"{path.name} {pair[1].locator}" if pair else f"{path.name}: no row or no column"
            about = (code, code, indicator, groups[column], "percent", place)
            figures.add(
                *about,
                value=100 * part / base if part is not None and base else None,
                numerator=part,
                denominator=base,
                status=status,
                period=measure.period(year_to),
            )
