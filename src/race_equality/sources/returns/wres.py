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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from race_equality.definitions.indicators import PARTS
from race_equality.errors import InputError
from race_equality.sources.cells import Cell, Record
from race_equality.sources.publication import FigureRows, LoadedFigures
from race_equality.sources.publications.staff_survey import survey_period
from race_equality.sources.returns.form import check_part, read_form
from race_equality.sources.returns.workbook import FormRow, Topic, workbook_bytes
from race_equality.store.trusts import TrustList

GROUPS = ("White", "Ethnic minority", "Unknown")
COLUMNS = ("trust_code", "year_to", "indicator", "item", *GROUPS)

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
    """

    indicator: str
    numerator: str
    denominator: str


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
    Rate("wres_2_excluding_international", "appointed", "shortlisted"),
    Rate("wres_3", "entered the formal disciplinary process", "staff"),
    Rate("wres_4", "accessed non-mandatory training and CPD", "staff"),
)

#: Indicators 5 to 8, from the trust's own Staff Survey benchmark report: for trusts without
#: published ones (mental health trusts). A percentage and the number of responses it rests on.
SURVEY_INDICATORS = ("wres_5", "wres_6", "wres_7", "wres_8")
SURVEY_GROUPS = ("White", "Ethnic minority")
PERCENTAGE, RESPONSES = "percentage", "responses"

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
    "Fill in the yellow cells of each sheet: whole numbers of people under White, Ethnic minority and Unknown.",
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
    trust_code: str, trust_name: str, years_to: Sequence[date], file_name: str, *, survey: bool = False
) -> bytes:
    """Return an empty return as an Excel workbook, with the rows of :func:`template`.

    Parameters
    ----------
    trust_code, trust_name, years_to, file_name, survey
        As for :func:`template`.

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
        TITLE,
        trust_code,
        trust_name,
        [line.format(file=file_name) for line in (*_INSTRUCTIONS, *((_SURVEY_INSTRUCTION,) if survey else ()))],
        [topic for topic, _ in topics if topic.rows],
        COLUMNS,
    )


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


def read_return(path: Path, trusts: TrustList, *, published: Collection[str] = ()) -> tuple[str, LoadedFigures]:
    """Read a filled-in return.

    Parameters
    ----------
    path : Path
        A CSV or an Excel workbook, made from the template.
    trusts : TrustList
    published : collection of str
        Codes of trusts whose indicators 5 to 8 are published: a return must not give them again.

    Returns
    -------
    str
        The trust's code.
    LoadedFigures
        Every figure of each year in the file; those left empty are not available.

    Raises
    ------
    InputError
        For a row that is not known, a number that is not a whole number of people, or numbers that
        cannot both be right (more appointed than shortlisted).
    """
    form = read_form(path, COLUMNS, rows_of_a_year(survey=True), trusts)
    code, cells, years = form.trust_code, form.records, form.years
    for (year_to, indicator, _), record in cells.items():
        if indicator in SURVEY_INDICATORS and code in published:
            raise record["indicator"].error(
                f"{indicator} of {code} is published, and read from the publication.", "Remove these rows."
            )
        if indicator in SURVEY_INDICATORS and year_to != years[-1]:
            raise record["indicator"].error(
                f"{indicator} can be given for the last year of the return alone.", "Remove the earlier rows."
            )
    figures = FigureRows(source_id(code), (years[0], years[-1]), trusts)
    for year_to in years:
        add_year(
            figures,
            code,
            year_to,
            cells,
            lambda cell: f"{path.name} {cell.locator}" if cell else f"{path.name}: no row",
        )
        for indicator in SURVEY_INDICATORS:
            if (year_to, indicator, PERCENTAGE) in cells:
                for group in SURVEY_GROUPS:
                    _add_survey(figures, code, year_to, indicator, group, cells, path)
    loaded = figures.loaded(str(years[-1].year), form.period, form.remarks)
    if not (loaded.figures["status"] == "ok").any():
        raise InputError("The return has no numbers.", file=path, mend="Fill in the template.")
    return code, loaded


def add_year(
    figures: FigureRows,
    code: str,
    year_to: date,
    cells: Mapping[tuple[date, str, str], Record],
    place: Callable[[Cell | None], str],
) -> None:
    """Add the counts and shares of one trust and year: indicators 1 to 4 and 9.

    Parameters
    ----------
    figures : FigureRows
    code : str
    year_to : datetime.date
    cells : mapping of (datetime.date, str, str) to Record
        The rows of the trust, by the end of the year, indicator and item.
    place : callable
        From a cell, or None where there is no row, to where it is.

    Raises
    ------
    InputError
        For what is not a whole number of people, or more than those it is among.
    """

    def count(indicator: str, item: str, group: str) -> tuple[float | None, Cell | None]:
        record = cells.get((year_to, indicator, item))
        if record is None or not record[group].text:
            return None, record[group] if record else None
        return record[group].number("number of people", whole=True), record[group]

    for indicator in COUNTS:
        for group in GROUPS:
            value, cell = count(indicator, PEOPLE, group)
            about = (code, code, indicator, group, "people", place(cell))
            figures.add(
                *about, value=value, status="not_available" if value is None else "ok", period=(year_to, year_to)
            )
    for part in BOARD:
        for group in GROUPS if (whole := PARTS[part].nested_in) else ():
            check_part(count(part, PEOPLE, group), count(whole, PEOPLE, group), "on the board")
    for rate in RATES:
        for group in GROUPS:
            numerator, denominator = (count(rate.indicator, item, group) for item in (rate.numerator, rate.denominator))
            check_part(numerator, denominator, rate.denominator)
            # nobody shortlisted: a share of nobody is not a number
            known = numerator[0] is not None and denominator[0]
            about = (code, code, rate.indicator, group, "percent", place(numerator[1]))
            figures.add(
                *about,
                value=100 * numerator[0] / denominator[0] if known else None,
                numerator=numerator[0],
                denominator=denominator[0],
                status="ok" if known else "not_available",
                period=(date(year_to.year - 1, 4, 1), year_to),
            )


def _add_survey(
    figures: FigureRows,
    code: str,
    year_to: date,
    indicator: str,
    group: str,
    cells: Mapping[tuple[date, str, str], Record],
    path: Path,
) -> None:
    percentage = cells[year_to, indicator, PERCENTAGE][group]
    responses = cells.get((year_to, indicator, RESPONSES))
    if not percentage.text:
        return  # the publication says already that it is not available
    value = percentage.number("percentage", high=100)
    base = responses[group].number("number of responses", whole=True) if responses and responses[group].text else None
    if not base:
        raise percentage.error("There is a percentage without the responses it rests on.", "Fill in the responses.")
    figures.add(
        code,
        code,
        indicator,
        group,
        "percent",
        f"{path.name} {percentage.locator}",
        value=value,
        # a benchmark report prints one decimal: the nearest whole number of people
        numerator=float(round(value * base / 100)),
        denominator=base,
        period=survey_period(year_to.year - 1),
    )
