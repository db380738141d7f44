"""A trust's own WRES return: indicators 1 to 4 and 9, which no public file holds by trust.

The return is a CSV of counts of people, a row for each year, indicator and item, with a column for
each of three groups; or an Excel workbook with the same rows, a sheet a topic. It stays on the machine: figures go to ``data/local/``, which git ignores.

Notes
-----
Indicators as in the technical guidance for the NHS Workforce Race Equality Standard: 1, staff in
each pay band, clinical and non-clinical, and medical grades; 2, appointed from shortlisting; 3,
entering the formal disciplinary process; 4, non-mandatory training and continuing professional
development; 9, board members, with those who vote and the executives. 1 and 9 are counted on 31 March; 2 to
4 cover the year to 31 March.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from race_equality.definitions.indicators import BY_ID, PARTS
from race_equality.errors import InputError
from race_equality.sources.cells import Cell
from race_equality.sources.publication import FigureRows, LoadedFigures
from race_equality.sources.publications.staff_survey import survey_period
from race_equality.sources.returns import held_to
from race_equality.sources.returns.form import PERCENTAGE, Counts, Key, check_part, read_form
from race_equality.sources.returns.known import Known, each
from race_equality.sources.returns.mistakes import Finding, Mistakes, merged
from race_equality.sources.returns.workbook import FormRow, Place, Template, Topic, workbook_bytes
from race_equality.store.trusts import TrustList

GROUPS = ("White", "Ethnic minority", "Unknown")
COLUMNS = ("trust_code", "year_to", "indicator", "item", *GROUPS)
KNOWN_BY = COLUMNS

BANDS = {
    "under_band_1": "Under band 1",
    **{f"band_{n}": f"Band {n}" for n in range(1, 8)},
    **{f"band_8{letter}": f"Band 8{letter}" for letter in "abcd"},
    "band_9": "Band 9",
    "vsm": "Very senior manager",
}
MEDICAL_GRADES = {
    "consultant": "Consultant",
    "non_consultant_career_grade": "Non-consultant career grade",
    "trainee_grade": "Trainee grade",
    "other": "Other medical and dental staff",
}


@dataclass(frozen=True)
class Rate:
    """An indicator that is a share of people: who was counted, and out of how many.

    Parameters
    ----------
    indicator, numerator, denominator : str
        The two items of the return.
    among : str
        The indicator of which both are a part; "" where it is none.
    """

    indicator: str
    numerator: str
    denominator: str
    among: str = ""


CLINICAL = {f"wres_1_clinical_{band}": f"Clinical staff, {name}" for band, name in BANDS.items()}
NON_CLINICAL = {f"wres_1_non_clinical_{band}": f"Non-clinical staff, {name}" for band, name in BANDS.items()}
MEDICAL = {f"wres_1_medical_{grade}": f"Medical and dental staff, {name}" for grade, name in MEDICAL_GRADES.items()}
BOARD = {
    "wres_9_board": "Board members",
    "wres_9_voting": "Board members who vote",
    "wres_9_executive": "Board members who are executive directors",
}
#: Indicators that count people on 31 March, with what is counted.
STAFF = {**CLINICAL, **NON_CLINICAL, **MEDICAL}
COUNTS = {**STAFF, **BOARD}
PEOPLE = "people"

#: Indicators that are shares of people over the year to 31 March.
RATES = (
    Rate("wres_2", "appointed", "shortlisted"),
    Rate("wres_2_excluding_international", "appointed", "shortlisted", among="wres_2"),
    Rate("wres_3", "entered the formal disciplinary process", "staff"),
    Rate("wres_4", "accessed non-mandatory training and CPD", "staff"),
)

#: What became of people, and not who they are: one group may have many times the other's.
_OUTCOMES = {(rate.indicator, rate.numerator) for rate in RATES}

#: Indicators 5 to 8, from the trust's own Staff Survey benchmark report: for trusts without
#: published ones (mental health trusts). A percentage and the number of responses it rests on.
SURVEY_INDICATORS = ("wres_5", "wres_6", "wres_7", "wres_8")
SURVEY_GROUPS = ("White", "Ethnic minority")
RESPONSES = "responses"

_HELP = """\
# WRES return of {code} {name}: indicators 1 to 4 and 9.
# Write whole numbers of people under White, Ethnic minority and Unknown. Ethnic minority is
# everybody but White groups; White includes White minorities, as in the WRES. Leave a cell empty
# where the number is not known: the report then says "No data". Write 0 only for nobody.
# wres_1: staff on 31 March by pay band. wres_9: the board on 31 March (voting and executive are
# part of it). wres_2: from shortlisting to appointment in the year to 31 March; the second version
# leaves out international recruits. wres_3 and wres_4: in the year, each person once. Earlier years may be added, up to nine.
{survey}# Then run: race-equality data add {file}
# The figures stay in data/local/ on this machine; git ignores that folder.
"""

_SURVEY_HELP = """\
# wres_5 to wres_8: percentage (0 to 100) and responses, from the trust's Staff Survey benchmark
# report of the autumn before the 31 March; no file with this trust's figures is published.
"""

TITLE = "WRES return"
#: What somebody who uses the figures has to know.
NOTES: tuple[str, ...] = ()

_INSTRUCTIONS = (
    "Fill in the cells with a border (yellow) on each sheet: whole numbers of people under White, Ethnic minority and Unknown.",
    "Years that were loaded before are filled in with what was loaded. The last year's numbers stand next to this year's "
    "cells, in grey, to compare with: they are never this year's. A year of which nothing changes can stay as it is.",
    "The column Check, and the sheet Checks, say in words what does not agree, while you type.",
    "Ethnic minority is everybody but White groups; White includes White minorities, as in the WRES.",
    'Leave a cell empty where the number is not known: the report then says "No data". Write 0 only for nobody.',
    "Pay bands and board: on 31 March; voting and executive members are part of the board.",
    "Recruitment: from shortlisting to appointment in the year to 31 March; the second version leaves out "
    "international recruits. Disciplinary process and training: in the year, each person once.",
    "The sheets are protected against slips, without a password.",
    "Then save, close and run: race-equality data add {file}",
    "The figures stay in data/local/ on this machine; git ignores that folder.",
)
_SURVEY_INSTRUCTION = (
    "Staff Survey: percentage (0 to 100) and responses, from the trust's benchmark report of the autumn "
    "before the last 31 March; no file with this trust's figures is published."
)
_RATE_DESCRIPTIONS = {
    "wres_2": "Recruitment, all candidates",
    "wres_2_excluding_international": "Recruitment, without international recruits",
    "wres_3": "Formal disciplinary process",
    "wres_4": "Non-mandatory training and CPD",
}
_SURVEY_DESCRIPTIONS = {
    "wres_5": "Harassment, bullying or abuse from patients, relatives or the public",
    "wres_6": "Harassment, bullying or abuse from staff",
    "wres_7": "Believing that the trust provides equal opportunities",
    "wres_8": "Discrimination from manager, team leader or colleagues",
}
#: Worksheets: name, heading, and the indicators on it.
_SHEETS = (
    ("1 Clinical", "Indicator 1: clinical staff by pay band", CLINICAL),
    ("1 Non-clinical", "Indicator 1: non-clinical staff by pay band", NON_CLINICAL),
    ("1 Medical", "Indicator 1: medical and dental staff by grade", MEDICAL),
    ("2 Recruitment", "Indicator 2: appointed from shortlisting", ("wres_2", "wres_2_excluding_international")),
    ("3 Disciplinary", "Indicator 3: entering the formal disciplinary process", ("wres_3",)),
    ("4 Training", "Indicator 4: non-mandatory training and CPD", ("wres_4",)),
    ("5-8 Staff Survey", "Indicators 5 to 8: Staff Survey", SURVEY_INDICATORS),
    ("9 Board", "Indicator 9: the board", BOARD),
)


def source_id(trust_code: str) -> str:
    """Return the id of a trust's return."""
    return f"wres_return_{trust_code}"


def rows_of_a_year(*, survey: bool = False) -> list[tuple[str, str]]:
    """Return the (indicator, item) of each row of a year, in the order of the return.

    Parameters
    ----------
    survey : bool
        Whether indicators 5 to 8 are among them.
    """
    rows = [(indicator, PEOPLE) for indicator in STAFF]
    for rate in RATES:
        rows += [(rate.indicator, rate.denominator), (rate.indicator, rate.numerator)]
    if survey:
        rows += [(indicator, item) for indicator in SURVEY_INDICATORS for item in (RESPONSES, PERCENTAGE)]
    return rows + [(indicator, PEOPLE) for indicator in BOARD]


def template(
    trust_code: str, trust_name: str, years_to: Sequence[date], file_name: str, *, survey: bool = False
) -> str:
    """Return an empty return as CSV.

    Parameters
    ----------
    trust_code, trust_name : str
    years_to : sequence of datetime.date
        Each a 31 March.
    file_name : str
        What it will be called, for the instructions in it.
    survey : bool
        Whether indicators 5 to 8 are among the rows: for a trust that has none published.

    Returns
    -------
    str
    """
    text = io.StringIO(newline="")
    more = _SURVEY_HELP if survey else ""
    text.write(_HELP.format(code=trust_code, name=trust_name, file=file_name, survey=more))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for year_to in sorted(years_to):
        # one survey alone: its figures are compared with those of other trusts in one autumn
        for indicator, item in rows_of_a_year(survey=survey and year_to == max(years_to)):
            writer.writerow([trust_code, year_to.isoformat(), indicator, item, "", "", ""])
    return text.getvalue()


def template_workbook(
    trust_code: str,
    trust_name: str,
    years_to: Sequence[date],
    file_name: str,
    *,
    survey: bool = False,
    held: Mapping[Key, float] | None = None,
    known: Known | None = None,
) -> bytes:
    """Return a return to fill in as an Excel workbook, with the rows of :func:`template`.

    Parameters
    ----------
    trust_code, trust_name, years_to, file_name, survey
        As for :func:`template`.
    held : mapping of (datetime.date, str, str, str) to float, optional
        What is held of the trust. It is filled in for the year that it is of, and shown next to the year after; it is never
        filled in for another year, so that nothing of last year can pass as this year's.
    known : Known, optional
        For the published headcount, on the sheet of checks.

    Returns
    -------
    bytes
    """
    topics = [(Topic(sheet, heading), indicators) for sheet, heading, indicators in _SHEETS]
    for year_to in sorted(years_to):
        for indicator, item in rows_of_a_year(survey=survey and year_to == max(years_to)):
            topic = next(topic for topic, indicators in topics if indicator in indicators)
            topic.rows.append(_form_row(year_to, indicator, item))
    return workbook_bytes(
        Template(
            TITLE,
            trust_code,
            trust_name,
            [line.format(file=file_name) for line in (*_INSTRUCTIONS, *((_SURVEY_INSTRUCTION,) if survey else ()))],
            [topic for topic, _ in topics if topic.rows],
            COLUMNS,
            {"Total": GROUPS},
            held_to.CELL_IN_A_YEAR,
            held or {},
            lambda place: _checks(trust_code, years_to, place, known or Known()),
            ("year_to", "what is counted", *GROUPS, "Total", "Check"),
        )
    )


def _checks(trust_code: str, years_to: Sequence[date], place: Place, known: Known) -> Iterator[list[Any]]:
    """Yield the rows of the sheet of checks: the staff of each indicator, held to each other and to the headcount."""
    letters = "CDE"

    def total(year_to: date, what: str, cells: Sequence[Sequence[str]], check: str) -> list[Any]:
        sums = [f'=IF(COUNT({",".join(each)})=0,"",SUM({",".join(each)}))' for each in cells]
        return [year_to, what, *sums, '=IF(COUNT(C{row}:D{row})<2,"",SUM(C{row}:E{row}))', check]

    def near(row: str, factor: float, than: str) -> str:
        return (
            f'=IF(COUNT(F{{row}},{row})<2,"",IF(AND(ABS(F{{row}}-{row})>{held_to.LEAST_PEOPLE},'
            f'MAX(F{{row}},{row})>{factor:g}*MIN(F{{row}},{row})),"Look: far from {than}","OK"))'
        )

    number = 5
    for year_to in sorted(years_to):
        bands = [[place((year_to, indicator, PEOPLE, group)) for indicator in STAFF] for group in GROUPS]
        first = number
        yield total(year_to, "Staff in all pay bands and grades (indicator 1)", bands, "")
        for rate in (rate for rate in RATES if rate.denominator == "staff"):
            cells = [[place((year_to, rate.indicator, "staff", group))] for group in GROUPS]
            check = near(f"F{first}", held_to.STAFF_IN_ONE_FILE, "the pay bands")
            yield total(year_to, f"Staff: {_RATE_DESCRIPTIONS[rate.indicator]}", cells, check)
            number += 1
        published = known.staff_of(trust_code, year_to.year)
        if published is not None:
            row = [year_to, f"Published headcount of March {published[1]}, carried on by full-time equivalents"]
            check = near(f"F{first}", held_to.STAFF_PUBLISHED, "the pay bands")
            yield [*row, *[None] * len(letters), round(published[0]), check]
            number += 1
        number += 1


def _form_row(year_to: date, indicator: str, item: str) -> FormRow:
    if indicator in SURVEY_INDICATORS:
        description = f"{_SURVEY_DESCRIPTIONS[indicator]}: {item}"
        return FormRow(year_to, indicator, item, description, SURVEY_GROUPS, percentage=item == PERCENTAGE)
    if indicator in COUNTS:
        whole = PARTS[indicator].nested_in
        part_of = (whole, PEOPLE) if whole else None
        return FormRow(year_to, indicator, item, COUNTS[indicator], GROUPS, part_of)
    rate = next(rate for rate in RATES if rate.indicator == indicator)
    part_of = (indicator, rate.denominator) if item == rate.numerator else None
    return FormRow(year_to, indicator, item, f"{_RATE_DESCRIPTIONS[indicator]}: {item}", GROUPS, part_of)


def read_return(
    path: Path,
    trusts: TrustList,
    *,
    published: Collection[str] = (),
    known: Callable[[str], Known] | None = None,
    today: date | None = None,
) -> tuple[str, LoadedFigures]:
    """Read a filled-in return, and hold it to what is known.

    Parameters
    ----------
    path : Path
        A CSV or a workbook, made from the template.
    trusts : TrustList
    published : collection of str
        Codes of trusts whose indicators 5 to 8 are published: a return must not give them again.
    known : callable, optional
        From the trust's code to what is known of it; without it, the return is held to itself alone.
    today : datetime.date, optional
        A year that ends later cannot be there.

    Returns
    -------
    str
        The trust's code.
    LoadedFigures
        Every figure of each year in the file; those left empty are not available. Its ``questions`` are what is odd.

    Raises
    ------
    ReturnError
        With everything that is wrong: a row that is not known, a number that is not a whole number of people, numbers that
        cannot both be right (more appointed than shortlisted). What is odd is in it as well.
    """
    today, mistakes = today or date.today(), Mistakes(path)
    form = read_form(path, COLUMNS, rows_of_a_year(survey=True), trusts, mistakes, today=today)
    code, counts, years = form.trust_code, form.counts, form.years
    for (year_to, indicator, _), record in form.records.items():
        if not any(record[group].text for group in GROUPS if group in form.columns):
            continue
        with mistakes.noted():
            if indicator in SURVEY_INDICATORS and code in published:
                raise record["indicator"].error(
                    f"{indicator} of {code} is published, and read from the publication.", "Remove these rows."
                )
            if indicator in SURVEY_INDICATORS and year_to != years[-1]:
                raise record["indicator"].error(
                    f"{indicator} can be given for the last year of the return alone.", "Remove the earlier rows."
                )
    figures = FigureRows(source_id(code), (years[0], years[-1]) if years else (today, today), trusts)
    for year_to in years:
        check_year(counts, year_to, mistakes)
        for indicator in SURVEY_INDICATORS:
            for group in SURVEY_GROUPS:
                with mistakes.noted():
                    _check_survey(counts, year_to, indicator, group)
    questions = merged(
        [*form.questions, *questions_of(code, counts, known(code) if known else Known(), today)], mistakes.sheets
    )
    mistakes.raise_any(questions)
    for year_to in years:
        add_year(
            figures,
            code,
            year_to,
            counts,
            lambda cell: f"{path.name} {cell.locator}" if cell else f"{path.name}: no row",
        )
        for indicator in SURVEY_INDICATORS:
            for group in SURVEY_GROUPS:
                _add_survey(figures, code, year_to, indicator, group, counts, path)
    remarks = (*form.remarks, *held_to.staff_notes(_staff_in(counts)))
    loaded = figures.loaded(str(years[-1].year), form.period, remarks)
    if not (loaded.figures["status"] == "ok").any():
        raise InputError("The return has no numbers.", file=path, mend="Fill in the template.")
    return code, replace(loaded, questions=tuple(questions))


def counts_of(figures: pd.DataFrame) -> dict[Key, float]:
    """Return the numbers of a return that figures were made of: the inverse of :func:`add_year`.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures of one trust.

    Returns
    -------
    dict of (datetime.date, str, str, str) to float
    """
    found: dict[Key, float] = {}
    rates = {rate.indicator: rate for rate in RATES}
    columns = ("period_end", "indicator", "group", "value", "numerator", "denominator")
    for end, indicator, group, value, people, among in each(figures[figures["status"] == "ok"], *columns):
        if indicator in COUNTS:
            found[end.date(), indicator, PEOPLE, group] = value
        elif indicator in rates:
            found[end.date(), indicator, rates[indicator].numerator, group] = people
            found[end.date(), indicator, rates[indicator].denominator, group] = among
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
    people = {key: pair for key, pair in counts.items() if key[1] not in SURVEY_INDICATORS}
    totals = _staff_in(people)
    rows: dict[tuple[date, str, str], dict[str, tuple[float | None, Cell]]] = {}
    for (year_to, indicator, item, group), pair in people.items():
        if (indicator, item) not in _OUTCOMES:
            rows.setdefault((year_to, indicator, item), {})[group] = pair
    swapped, about = held_to.swapped_questions(code, rows, counts, known)
    survey = {key: pair for key, pair in counts.items() if key[1] in SURVEY_INDICATORS}
    staff = {
        (year_to, group): value
        for year_to, of_year in totals.items()
        for total in of_year
        for group in SURVEY_GROUPS
        if (value := total.of(group)) is not None
    }
    rates = [
        (
            rate.indicator,
            BY_ID[rate.indicator].between,
            {
                group: (
                    counts[year_to, rate.indicator, rate.numerator, group],
                    counts[year_to, rate.indicator, rate.denominator, group],
                )
                for group in SURVEY_GROUPS
            },
        )
        for year_to in sorted({key[0] for key in counts})
        for rate in RATES
        if rate.indicator in BY_ID and _has_rows(counts, year_to, rate)
    ]
    found = [
        *held_to.too_many(people, held_to.MOST_STAFF),
        *held_to.years_long_ago(counts, today),
        *held_to.emptied(people, known),
        *held_to.repeated_years(people, known),
        *swapped,
        *held_to.swapped_totals(code, totals, known),
        *held_to.cells_against_earlier(people, known, held_to.CELL_IN_A_YEAR, skip=about),
        *held_to.staff_questions(code, totals, counts, known),
        *held_to.board_questions({key: pair for key, pair in people.items() if key[1] in BOARD}),
        *held_to.survey_questions(
            {key: pair for key, pair in survey.items() if key[2] == PERCENTAGE},
            {key: pair for key, pair in survey.items() if key[2] == RESPONSES},
            staff,
            known,
        ),
    ]
    return found + held_to.ratio_questions(rates, known, {(finding.sheet, finding.place) for finding in found})


def _has_rows(counts: Counts, year_to: date, rate: Rate) -> bool:
    return all(
        (year_to, rate.indicator, item, group) in counts
        for item in (rate.numerator, rate.denominator)
        for group in SURVEY_GROUPS
    )


def _staff_in(counts: Counts) -> dict[date, list[held_to.Total]]:
    """Return the staff of each year, as each indicator counts them."""
    parts = [
        ("the pay bands (wres_1)", [(indicator, PEOPLE) for indicator in STAFF]),
        *(
            (f"the staff of {rate.indicator}", [(rate.indicator, "staff")])
            for rate in RATES
            if rate.denominator == "staff"
        ),
    ]
    totals: dict[date, list[held_to.Total]] = {}
    for year_to in sorted({key[0] for key in counts}):
        for what, rows in parts:
            cells: dict[str, dict[Key, tuple[float, Cell]]] = {}
            for group in GROUPS:
                for row in rows:
                    value, cell = counts.get((year_to, *row, group), (None, None))
                    if value is not None and cell is not None:
                        cells.setdefault(group, {})[year_to, *row, group] = (value, cell)
            totals.setdefault(year_to, []).append(held_to.Total(what, cells))
    return totals


def check_year(counts: Counts, year_to: date, mistakes: Mistakes) -> None:
    """Note numbers of one year that cannot both be right: a part that is more than the whole.

    Parameters
    ----------
    counts : mapping of (datetime.date, str, str, str) to (float or None, Cell)
    year_to : datetime.date
    mistakes : Mistakes
    """

    def count(indicator: str, item: str, group: str) -> tuple[float | None, Cell | None]:
        return counts.get((year_to, indicator, item, group), (None, None))

    for group in GROUPS:
        for part in BOARD:
            if whole := PARTS[part].nested_in:
                with mistakes.noted():
                    check_part(count(part, PEOPLE, group), count(whole, PEOPLE, group), "on the board")
        for rate in RATES:
            with mistakes.noted():
                numerator, denominator = (
                    count(rate.indicator, item, group) for item in (rate.numerator, rate.denominator)
                )
                check_part(numerator, denominator, rate.denominator)
            for item in (rate.numerator, rate.denominator) if rate.among else ():
                with mistakes.noted():
                    check_part(
                        count(rate.indicator, item, group), count(rate.among, item, group), f"{item} of all candidates"
                    )


def add_year(
    figures: FigureRows, code: str, year_to: date, counts: Counts, place: Callable[[Cell | None], str]
) -> None:
    """Add the counts and shares of one trust and year: indicators 1 to 4 and 9.

    Parameters
    ----------
    figures : FigureRows
    code : str
    year_to : datetime.date
    counts : mapping of (datetime.date, str, str, str) to (float or None, Cell)
    place : callable
        From a cell, or None where there is no row, to where it is.
    """

    def count(indicator: str, item: str, group: str) -> tuple[float | None, Cell | None]:
        return counts.get((year_to, indicator, item, group), (None, None))

    for indicator in COUNTS:
        for group in GROUPS:
            value, cell = count(indicator, PEOPLE, group)
            about = (code, code, indicator, group, "people", place(cell))
            figures.add(
                *about, value=value, status="not_available" if value is None else "ok", period=(year_to, year_to)
            )
    for rate in RATES:
        for group in GROUPS:
            numerator, denominator = (count(rate.indicator, item, group) for item in (rate.numerator, rate.denominator))
            # nobody shortlisted: a share of nobody is not a number
            share = 100 * numerator[0] / denominator[0] if numerator[0] is not None and denominator[0] else None
            about = (code, code, rate.indicator, group, "percent", place(numerator[1]))
            figures.add(
                *about,
                value=share,
                numerator=numerator[0],
                denominator=denominator[0],
                status="not_available" if share is None else "ok",
                period=(date(year_to.year - 1, 4, 1), year_to),
            )


def _check_survey(counts: Counts, year_to: date, indicator: str, group: str) -> None:
    value, cell = counts.get((year_to, indicator, PERCENTAGE, group), (None, None))
    base, _ = counts.get((year_to, indicator, RESPONSES, group), (None, None))
    if value is not None and cell is not None and not base:
        raise cell.error("There is a percentage without the responses it rests on.", "Fill in the responses.")


def _add_survey(
    figures: FigureRows, code: str, year_to: date, indicator: str, group: str, counts: Counts, path: Path
) -> None:
    value, cell = counts.get((year_to, indicator, PERCENTAGE, group), (None, None))
    base, _ = counts.get((year_to, indicator, RESPONSES, group), (None, None))
    if value is None or cell is None or not base:
        return  # the publication says already that it is not available
    figures.add(
        code,
        code,
        indicator,
        group,
        "percent",
        f"{path.name} {cell.locator}",
        value=value,
        # a benchmark report prints one decimal: the nearest whole number of people
        numerator=float(round(value * base / 100)),
        denominator=base,
        period=survey_period(year_to.year - 1),
    )
