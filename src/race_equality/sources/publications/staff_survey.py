"""NHS Staff Survey, detailed spreadsheets: organisational and national results.

Layout of both: a sheet for each part of the questionnaire. Row 1 has a question's text over the first
column of its block, row 5 the headers, the same ones again in each block; an organisation (or, nationally,
a breakdown of all staff) is a row from row 6. All of them are looked for by what they say, as an edition may
have a row or a column more. Percentages are 0-100, unrounded. ``-`` is *suppressed: fewer than 10 responses*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS, TWO_GROUPS, harmonised
from race_equality.errors import InputError, RaceEqualityError, nearest
from race_equality.sources.cells import Cell, Sheet, Workbook, check_percentages, column_letters, first_by_key
from race_equality.sources.headers import same_words
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

ORGANISATIONS = "staff_survey_organisations"
NATIONAL = "staff_survey_national"

_ROUNDED = 0.01  # the workbook's percentages are not rounded
_MOST_ROWS_ABOVE = 15  # headers further down than this are none
SUPPRESSED = "-"
BASE = "Base (number of responses)"
ALL_STAFF = "All staff"

#: Ethnic groups of question 28, as published (18, in the order of the questionnaire).
ETHNIC_GROUPS = tuple(EIGHTEEN_GROUPS)

#: Benchmarking groups whose organisations are trusts; the others are counted and left out.
TRUST_GROUPS = frozenset(
    {
        "Acute and Acute & Community Trusts",
        "Acute Specialist Trusts",
        "Ambulance Trusts",
        "Community Trusts",
        "Mental Health & Learning Disability and Mental Health, Learning Disability & Community Trusts",
    }
)


@dataclass(frozen=True)
class Question:
    """One question and the answers that are read.

    Parameters
    ----------
    number : str
        As row 1 begins: ``"Q16a"``.
    sheet : str
    indicator : str
    answers : mapping of str to str
        Header of the percentage to the figure's group.
    weighted : bool
        Whether the publisher weights the answers; the percentages of an unweighted question come
        from whole numbers of people, which can be had back.
    """

    number: str
    sheet: str
    indicator: str
    answers: dict[str, str]
    weighted: bool


EXPERIENCE, BACKGROUND = "HEALTH WELLBEING SAFETY Q15-17", "BACKGROUND INFORMATION Q27-30"
QUESTIONS = (
    Question("Q15", EXPERIENCE, "staff_survey_q15", {"% Yes": ALL_STAFF}, weighted=True),
    Question("Q16a", EXPERIENCE, "staff_survey_q16a", {"% Yes": ALL_STAFF}, weighted=True),
    Question("Q16b", EXPERIENCE, "staff_survey_q16b", {"% Yes": ALL_STAFF}, weighted=True),
    Question("Q16c_1", EXPERIENCE, "staff_survey_q16c_1", {"% Ethnic background": ALL_STAFF}, weighted=True),
    Question("Q28", BACKGROUND, "staff_survey_q28", {f"% {group}": group for group in ETHNIC_GROUPS}, weighted=False),
)


def survey_period(year: int) -> tuple[date, date]:
    """Return the first and last day of the autumn of a survey."""
    return date(year, 9, 1), date(year, 11, 30)


def survey_year(sheet: Sheet) -> int:
    """Return the year in A1: ``"NHS Staff Survey 2024 - WEIGHTED Results"``.

    Raises
    ------
    InputError
        Also for results that are not weighted, as all were before 2021: they cannot be compared with weighted ones.
    """
    above = [sheet.cell(row, column) for row in range(header_row(sheet)) for column in range(3)]
    pattern = re.compile(r"NHS Staff Survey (20\d\d) - WEIGHTED Results")
    found = next((match for cell in above if (match := pattern.match(cell.text))), None)
    if found is None:
        title = sheet.cell(0, 0)
        raise title.error(
            f"A1 is {title.text!r} and not like 'NHS Staff Survey 2024 - WEIGHTED Results'.",
            "Use the detailed spreadsheets of 2021 or later.",
        )
    return int(found.group(1))


def header_row(sheet: Sheet) -> int:
    """Return the row of the headers, counted from 0: the first that names a base for each question.

    Raises
    ------
    InputError
    """
    for number, row in enumerate(sheet.rows[:_MOST_ROWS_ABOVE]):
        if any(same_words(str(value)) == same_words(BASE) for value in row if isinstance(value, str)):
            return number
    headers = [v for row in sheet.rows[:_MOST_ROWS_ABOVE] for v in row if isinstance(v, str) and v]
    near = nearest(BASE, headers)
    raise sheet.error(
        f"No row is headed {BASE!r}." + (f" The nearest is {near!r}." if near else ""),
        "Check that it is the detailed spreadsheet of the survey.",
    )


def _question_row(sheet: Sheet) -> int:
    """Return the row of the questions: the last above the headers that has any."""
    above = range(header_row(sheet) - 1, -1, -1)
    found = (n for n in above if any(re.match(r"\s*Q\d", str(value)) for value in sheet.rows[n]))
    return next(found, 0)


def find_block(sheet: Sheet, number: str) -> tuple[int, int]:
    """Return the columns of one question's block: first, and one past the last.

    Parameters
    ----------
    sheet : Sheet
    number : str
        ``"Q16a"``; row 1 has ``"Q16a - In the last 12 months …"``.

    Raises
    ------
    InputError
        When the sheet has no such question or has it twice, naming the nearest.
    """
    titles = {
        column: str(text).strip()
        for column, text in enumerate(sheet.rows[_question_row(sheet)])
        if re.match(r"\s*Q\d", str(text))
    }
    starts = [c for c, text in titles.items() if re.match(rf"{re.escape(number)}\s*[-–—:]", text)]
    if len(starts) != 1:
        numbers = [found[0] for text in titles.values() if (found := re.match(r"Q\w+", text))]
        near = nearest(number, numbers)
        problem = (
            f"Question {number} occurs {len(starts)} times in row 1."
            if starts
            else (f"There is no question {number} in row 1." + (f" The nearest is {near!r}." if near else ""))
        )
        raise sheet.error(problem, "If the publisher renumbered the questions, this edition needs its own loader.", 1)
    later = [c for c in titles if c > starts[0]]
    used = max((len(row) for row in sheet.rows[: header_row(sheet) + 1]), default=0)
    return starts[0], min(later, default=used)


def percentage_columns(sheet: Sheet, question: Question) -> tuple[dict[int, str], int]:
    """Return the columns of a question's percentages, with their groups, and of its base."""
    start, stop = find_block(sheet, question.number)
    row = header_row(sheet)
    answers = {sheet.column(row, header, start=start, stop=stop): group for header, group in question.answers.items()}
    return answers, sheet.column(row, BASE, start=start, stop=stop)


def check_answers(sheet: Sheet, question: Question, rows: Iterable[int]) -> None:
    """Hold the percentages of a question to each other: all answers together are 100%.

    Parameters
    ----------
    sheet : Sheet
    question : Question
    rows : iterable of int
        Counted from 0.

    Raises
    ------
    InputError
    """
    start, stop = find_block(sheet, question.number)
    at = header_row(sheet)
    columns = [c for c in range(start, stop) if sheet.cell(at, c).text.startswith("%")]
    for row in rows if len(columns) > 1 else ():
        found = [sheet.cell(row, column).value for column in columns]
        values = [value for value in found if isinstance(value, int | float)]
        if len(values) == len(columns) and abs(sum(values) - 100) > _ROUNDED:
            raise sheet.cell(row, columns[0]).error(
                f"The answers to {question.number} come to {sum(values):g}%, and not to 100%.",
                "Download the workbook again.",
            )


def figure_of(percentage: Cell, base: Cell, *, weighted: bool) -> dict[str, Any]:
    """Return value, numerator, denominator and status of one published percentage.

    Parameters
    ----------
    percentage, base : Cell
    weighted : bool

    Notes
    -----
    The base of a suppressed figure can be published; it is kept as the denominator. The number of
    people behind an unweighted percentage is the nearest whole number, and must be very near: a
    base that does not fit its percentage is an error.
    """
    denominator = None if base.text == SUPPRESSED else base.number("base", whole=True)
    if percentage.text == SUPPRESSED:
        return {"status": "suppressed", "denominator": denominator}
    value = percentage.number("percentage", high=100)
    if denominator is None:
        raise base.error("There is a percentage but its base is suppressed.", "Ask the publisher.")
    if value and not denominator:
        raise base.error(f"The percentage is {value:g}, and of nobody.", "Download the workbook again.")
    numerator = None
    if not weighted:
        people = value * denominator / 100
        numerator = float(round(people))
        if abs(people - numerator) > 0.01:
            raise percentage.error(
                f"{value:g}% of the base {denominator:g} is {people:.2f} people, not a whole number.",
                "Check that the base is in the same block.",
            )
    return {"value": value, "numerator": numerator, "denominator": denominator}


def check_is_no_trust(group: Cell, code: str, trusts: TrustList) -> None:
    """Raise an error when an organisation of an unknown benchmarking group is a trust of today.

    The publisher's name of a group may change from year to year: all of its trusts would be left out.
    """
    trust_code = trusts.current(code)
    if trust_code is not None:
        near = nearest(group.text, TRUST_GROUPS)
        raise group.error(
            f"The benchmarking group of {code} is {group.text!r}, which is not known, and {code} is a trust."
            + (f" The nearest is {near!r}." if near else ""),
            "If the publisher renamed the group, add its name to TRUST_GROUPS in sources/staff_survey.py.",
        )


def no_information(sheet: Sheet, column: int, rows: list[int]) -> bool:
    """Return whether a column of percentages says nothing: 100 wherever it has a value.

    Notes
    -----
    In the organisational workbook of 2024 each ground of discrimination (Q16c_1 to Q16c_7) is 100
    or ``-`` for all 263 organisations, while the national workbook gives 54.1% for the first: the
    percentage was worked out among those who gave the answer. One text among them is an error, or the others
    would become figures.
    """
    cells = [cell for row in rows if (cell := sheet.cell(row, column)).text not in (SUPPRESSED, "")]
    values = [cell.number("percentage", high=100) for cell in cells]
    return len(values) > 1 and all(abs(value - 100) < 1e-9 for value in values)


def read_organisations(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the trusts' figures out of the organisational workbook.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures

    Raises
    ------
    InputError
    """
    workbook = Workbook(path)
    remarks = []
    sheets = {name: workbook.sheet(name) for name in dict.fromkeys(q.sheet for q in QUESTIONS)}
    year = survey_year(sheets[EXPERIENCE])
    for sheet in sheets.values():
        if (other := survey_year(sheet)) != year:
            raise sheet.error(
                f"The worksheet is of {other}, and {EXPERIENCE!r} is of {year}.", "Download the workbook again."
            )
    figures = FigureRows(f"{ORGANISATIONS}_{year}", survey_period(year), trusts)
    organisations = {name: _organisations(sheet) for name, sheet in sheets.items()}
    group_columns = {name: sheet.column(header_row(sheet), _GROUP) for name, sheet in sheets.items()}
    _check_same_organisations(sheets, organisations)
    for name, sheet in sheets.items():
        name_column = sheet.column(header_row(sheet), _NAME)
        for code, row in organisations[name].items():
            figures.check_name(code, sheet.cell(row, name_column))
    counted: set[str] = set()
    for question in QUESTIONS:
        sheet = sheets[question.sheet]
        answers, base_column = percentage_columns(sheet, question)
        rows = organisations[question.sheet]
        check_percentages((sheet.cell(row, column) for row in rows.values() for column in answers), question.number)
        empty = {c for c in answers if no_information(sheet, c, list(rows.values()))}
        for column in sorted(empty):
            remarks.append(
                f"{question.number}, column {column_letters(column)} "
                f"({sheet.cell(header_row(sheet), column).text}): 100% for every organisation with a value, "
                f"so it carries no information; stored as not available."
            )
        for code, row in rows.items():
            group_name = sheet.cell(row, group_columns[question.sheet]).text
            if group_name not in TRUST_GROUPS:
                check_is_no_trust(sheet.cell(row, group_columns[question.sheet]), code, trusts)
                if code not in counted:
                    figures.left_out[group_name or "no benchmarking group"] += 1
                    counted.add(code)
                continue
            if code in counted:
                continue
            trust_code = figures.trust_of(code)
            if trust_code is None:
                counted.add(code)
                continue
            base = sheet.cell(row, base_column)
            for column, group in answers.items():
                cell = sheet.cell(row, column)
                figure = figure_of(cell, base, weighted=question.weighted)
                if column in empty and "status" not in figure:
                    figure = {"status": "not_available", "denominator": figure["denominator"]}
                figures.add(trust_code, code, question.indicator, group, "percent", cell.locator, **figure)
        check_answers(sheet, question, rows.values())
        figures.complete(question.indicator, question.answers.values(), "percent", reason="not among the organisations")
    remarks += dict.fromkeys(remark for sheet in sheets.values() for remark in sheet.remarks)
    return figures.loaded(str(year), f"autumn {year}", remarks)


#: Breakdowns of the national workbook that are read: to the number of groups.
NATIONAL_BREAKDOWNS: dict[str, Literal[2, 18]] = {"Ethnic background (detailed)": 18, "Ethnic background (summary)": 2}


def read_national(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read England's figures by ethnic group out of the national workbook.

    Parameters
    ----------
    path : Path
    trusts : TrustList
        Not used: the figures are England's.

    Returns
    -------
    LoadedFigures
        For each question but Q28: all staff, 18 ethnic groups, and two.

    Raises
    ------
    InputError
        Also when a breakdown lacks one of its groups.

    Notes
    -----
    All staff are weighted by size and occupational group of organisations, a breakdown by size
    alone, so groups do not average to all staff.
    """
    sheet = Workbook(path).sheet(EXPERIENCE)
    year = survey_year(sheet)
    figures = FigureRows(f"{NATIONAL}_{year}", survey_period(year), trusts)
    rows = _national_rows(sheet)
    for question in QUESTIONS:
        if question.sheet != EXPERIENCE:
            continue
        answers, base_column = percentage_columns(sheet, question)
        (column,) = answers
        check_percentages((sheet.cell(row, column) for row in rows.values()), question.number)
        for group, row in rows.items():
            cell = sheet.cell(row, column)
            about = (ENGLAND_CODE, ENGLAND_CODE, question.indicator, group, "percent", cell.locator)
            figures.add(*about, **figure_of(cell, sheet.cell(row, base_column), weighted=True))
        check_answers(sheet, question, rows.values())
    return figures.loaded(str(year), f"autumn {year}", sheet.remarks)


def _national_rows(sheet: Sheet) -> dict[str, int]:
    """Return the row of each group: all staff, the 18 ethnic groups, and the two."""
    headers = ("Base", "Breakdown", "Breakdown subgroup")
    at = header_row(sheet)
    columns = [sheet.column(at, header) for header in headers]
    rows: dict[str, int] = {}
    for row in range(at + 1, len(sheet.rows)):
        base, breakdown, label = (sheet.cell(row, column) for column in columns)
        if base.text == "National" and not breakdown.text:
            group = ALL_STAFF
        elif breakdown.text in NATIONAL_BREAKDOWNS:
            try:
                group = harmonised(label.text, NATIONAL_BREAKDOWNS[breakdown.text])
            except RaceEqualityError as error:
                raise label.error(str(error), "If the publisher renamed a group, add its label there.") from None
        else:
            continue
        if group in rows:
            raise label.error(f"{group!r} is here and in row {rows[group] + 1}.", "Keep one of the two rows.")
        rows[group] = row
    if missing := {ALL_STAFF, *EIGHTEEN_GROUPS, *TWO_GROUPS} - rows.keys():
        raise sheet.error(
            f"There is no row for {', '.join(sorted(missing))}.", "The workbook may have been cut: download it again."
        )
    return rows


_CODE, _NAME, _GROUP = "ODS code", "Organisation name", "Benchmarking group"


def _organisations(sheet: Sheet) -> dict[str, int]:
    """Return each organisation's row, by ODS code."""
    at = header_row(sheet)
    code_column, *_ = (sheet.column(at, name) for name in (_CODE, _NAME, _GROUP))
    rows: dict[str, int] = {}
    cells = []
    for row in range(at + 1, len(sheet.rows)):
        code = sheet.cell(row, code_column)
        if not code.text:
            if any(isinstance(value, int | float) for value in sheet.rows[row]):
                raise code.error(
                    "The row has values but no ODS code.",
                    "Fill in the code; take the row out of a copy if it is a total.",
                )
            continue  # a remark under the table
        rows.setdefault(code.text, row)
        cells.append(((code.text,), code))
    first_by_key(cells, "organisation")
    if not rows:
        raise sheet.error("There are no organisations under the headers.", "Download the workbook again.")
    return rows


def _check_same_organisations(sheets: dict[str, Sheet], organisations: dict[str, dict[str, int]]) -> None:
    (first, codes), *others = organisations.items()
    for name, rows in others:
        if differing := sorted(codes.keys() ^ rows.keys()):
            raise InputError(
                f"{', '.join(differing[:5])} is in one of this sheet and {first!r} but not in both.",
                file=sheets[name].file,
                sheet=name,
                mend="The workbook may have been cut: download it again.",
            )


PUBLICATIONS = (
    Publication(
        id=ORGANISATIONS,
        title="NHS Staff Survey {edition}, detailed spreadsheets: organisational results",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="staff_survey/*organisational results.xlsx",
        read=read_organisations,
        sheets=(EXPERIENCE, BACKGROUND),
        header="ODS code",
        notes=(
            "In the figures the period is September to November.",
            "`-` is suppressed: fewer than 10 responses.",
            "Q15, Q16a and Q16b are weighted by occupational group: no number of people corresponds to a "
            "percentage. Q28 (ethnic group) is unweighted: the numerator is the number of respondents, "
            "which the unrounded percentage and the base give back exactly.",
            "Integrated care boards, commissioning support units, social enterprises and a surgical "
            "service are left out. The Isle of Wight's acute and ambulance sectors (R1F1, R1F2) are "
            "stored under R1F, as two organisations.",
            "The survey's respondents are not the workforce.",
            "History is reweighted each year: an earlier edition must not be compared with this one, which "
            "takes its place.",
        ),
        edition_notes={
            "2024": (
                "Q16c_1 (discrimination on the ground of ethnic background) is 100 or `-` for all 263 "
                "organisations, where the national workbook gives 54.1% for England: the column carries no "
                "information, and is stored as not available, never as 100%. Its `-` stays suppressed.",
            )
        },
    ),
    Publication(
        id=NATIONAL,
        title="NHS Staff Survey {edition}, detailed spreadsheets: national results",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="staff_survey/*national results.xlsx",
        read=read_national,
        sheets=(EXPERIENCE, BACKGROUND),
        header="Breakdown subgroup",
        notes=(
            "England: all kinds of organisation. All staff are weighted by organisation size and "
            "occupational group, each ethnic group by organisation size alone.",
            "The publisher's summary groups are 'White staff' and 'Staff from all other ethnic groups "
            "combined', stored as White and Ethnic minority.",
            "Q16c_1 is the share of those who met discrimination (Q16a or Q16b) who named their ethnic "
            "background as a ground.",
            "`-` is suppressed: fewer than 10 responses.",
        ),
    ),
)
