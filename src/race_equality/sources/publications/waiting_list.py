"""Waiting list by ethnic group, deprivation, age and sex: the Waiting List Minimum Data Set (WLMDS).

Layout of the workbook: a sheet for each breakdown by organisation (``Provider-Ethnicity``) and by treatment function
(``Treatment-Function-Ethnicity``). Two rows of headers: the group, over the first of its seven columns, and the
columns: the whole list, three waiting bands, unknown clock start, and two percentages. A footnote is below.

Notes
-----
``*`` is 1 to 7; other counts are rounded to the nearest 5, so that a 0 is nobody. A trust that did not submit has 0 for
every count, or all its patients under ``99: Not known``: the sheet ``Submission-DQ`` names it, and its figures are not
available. England has four rows, one for each kind of provider and one for all. The week is the one that the sheets
name: the name of the file of January 2026 has another year.

The same figures are also published each month as CSV files, a row for each count: one of organisations (``Geography``)
and one of treatment functions (``Specialty``; a third holds England week by week, and is not read). No column of them
names the week: it is in the name of the file, and must be a Sunday, as the last day of each week is.

**Over 18 weeks** is *over 18 and up to 52* plus *over 52*. Where over 52 is ``*``, it is counted as 4, the middle of 1
to 7: at most 3 patients out, and the sum says nothing of the hidden number but that it is hidden. The whole list less
those within 18 weeks would be the other way; the hidden number would then follow from the difference of two figures,
often as 1 to 2 and not 1 to 7. Where those within 18 weeks, or over 18 and up to 52, are ``*``, the share over 18 weeks
would tell them and is hidden as well. A percentage that is not published is not worked out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import harmonised
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.cells import (
    Cell,
    Record,
    Sheet,
    Table,
    Workbook,
    column_letters,
    csv_columns,
    first_by_key,
    read_csv,
)
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.headers import normalised
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "waiting_list"
#: England by treatment function, where it is in a file of its own.
FUNCTIONS = "waiting_list_functions"
_URL = "https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/wlmds/"
SUPPRESSED = "*"
#: What a hidden count of 1 to 7 is taken for in a sum.
HIDDEN_COUNT = 4
HIDDEN_BOUNDS = (1, 7)
NEAREST = 5

WEEKS = (18, 52)
#: The breakdown, as in the id of a figure, to its sheet.
SHEETS = {part: f"Provider-{part.title()}" for part in ("ethnicity", "deprivation", "age", "sex")}
FUNCTION_SHEET = "Treatment-Function-Ethnicity"
SUBMISSION_SHEET = "Submission-DQ"

#: The five columns of counts under each group, and the two of percentages.
COUNT_COLUMNS = (
    "Total Waiting List",
    "Up to 18 weeks",
    "Over 18 and up to 52 weeks",
    "Over 52 weeks",
    "Unknown Clock Start Date",
)
PERCENT_COLUMNS = ("% within 18 weeks*", "% > 52 weeks*")
_BLOCK = len(COUNT_COLUMNS) + len(PERCENT_COLUMNS)
_GROUP_PREFIX = "Incomplete Pathways - "

_ETHNIC_CODES = tuple("ABCDEFGHJKLMNPRS") + ("Z", "99")
_AGES = {"0 to 18 years": "0 to 18", "19 to 64 years": "19 to 64", "over 65 years": "65 and over"}
_SEXES = {"female": "Female", "male": "Male"}

#: The CSV files by organisation and by treatment function. The second is also met with the columns of the first, and
#: a code such as C_320 for a function.
CSV_COLUMNS = ("Code", "Name", "Geography", "Metric", "Category", "Waiting Bands", "Count")
FUNCTION_COLUMNS = ("Treatment Function Code", "Metric", "Category", "Waiting Bands", "Count")
_METRICS = {"age": "age", "sex": "sex", "ethnicity": "ethnicity", "imd": "deprivation", "deprivation": "deprivation"}
#: The waiting bands of the CSV files, in the order of the columns of the workbook.
_BANDS = ("total", "01 to 18 weeks", "18 to 52 weeks", "over 52 weeks", "unknown clock start")
_FUNCTION_CODE = re.compile(r"(?:C_)?(?:\d{3}|X0\d)|C_999|unknown", re.IGNORECASE)
#: Codes of treatment functions of referral to treatment, by the names of the workbook.
FUNCTION_NAMES = {
    "100": "General Surgery Service",
    "101": "Urology Service",
    "110": "Trauma and Orthopaedics Service",
    "120": "Ear Nose and Throat Service",
    "130": "Ophthalmology Service",
    "140": "Oral Surgery Service",
    "150": "Neurosurgical Service",
    "160": "Plastic Surgery Service",
    "170": "Cardiothoracic Surgery Service",
    "300": "General Internal Medicine Service",
    "301": "Gastroenterology Service",
    "320": "Cardiology Service",
    "330": "Dermatology Service",
    "340": "Respiratory Medicine Service",
    "400": "Neurology Service",
    "410": "Rheumatology Service",
    "430": "Elderly Medicine Service",
    "502": "Gynaecology Service",
    "X02": "Other - Medical Services",
    "X03": "Other - Mental Health Services",
    "X04": "Other - Paediatric Services",
    "X05": "Other - Surgical Services",
    "X06": "Other - Other Services",
}

#: Kinds of organisation in the sheets by provider.
_ENGLAND = "all"
_SUNDAY = 6
_PARTS_OF_ENGLAND = ("nhs acute", "independent sector", "other")
_PLACES = ("region", "integrated care board")
_PLACE_CODE = re.compile(r"Y\d\d|Q[A-Z0-9]{2}")
_TRUST = "acute trust"

IMPUTED = f"over 52 weeks is hidden (1 to 7) and counted as {HIDDEN_COUNT}"
NOBODY = "nobody of this group is waiting"


def ethnic_category(label: str) -> tuple[str, str]:
    """Return the code of an ethnic category and its group.

    Parameters
    ----------
    label : str
        As published: a code of the NHS Data Dictionary and its words, ``"H: Indian"``.

    Returns
    -------
    code : str
    group : str
        One of the eighteen groups, "Not stated" or "Not known".

    Raises
    ------
    RaceEqualityError
        For a label that has no known code, or whose words are those of no group.

    Examples
    --------
    >>> ethnic_category("H: Indian")
    ('H', 'Asian/Asian British - Indian')
    """
    code, _, words = (part.strip() for part in label.partition(":"))
    if code.upper() not in _ETHNIC_CODES:
        raise RaceEqualityError(f"{label!r} does not begin with the code of an ethnic category.")
    # as in the Mental Health Act statistics, "other" is a detailed group here
    if normalised(words) == "any other ethnic group":
        return code.upper(), "Other ethnic group - Any other ethnic background"
    return code.upper(), harmonised(words, 18)


#: The groups of each breakdown, in the order of the publication.
GROUPS = {
    "ethnicity": tuple(
        ethnic_category(label)[1]
        for label in (
            "A: British",
            "B: Irish",
            "C: Any other white background",
            "D: White and Black Caribbean",
            "E: White and Black African",
            "F: White and Asian",
            "G: Any other mixed background",
            "H: Indian",
            "J: Pakistani",
            "K: Bangladeshi",
            "L: Any other Asian background",
            "M: Caribbean",
            "N: African",
            "P: Any other Black background",
            "R: Chinese",
            "S: Any other ethnic group",
            "Z: Not stated",
            "99: Not known",
        )
    ),
    "deprivation": tuple(f"Decile {n}" for n in range(1, 11)),
    "age": tuple(_AGES.values()),
    "sex": tuple(_SEXES.values()),
}
_NOT_KNOWN = GROUPS["ethnicity"][-1]


def group_of(part: str, cell: Cell, label: str) -> str:
    """Return the group that a label of a breakdown means.

    Parameters
    ----------
    part : {"ethnicity", "deprivation", "age", "sex"}
    cell : Cell
        Its place in the file, for the error.
    label : str

    Returns
    -------
    str
        One of ``GROUPS[part]``.

    Raises
    ------
    InputError
        For a label that is not known.
    """
    mend = "If the publisher renamed a group, add its label to waiting_list.py (or definitions/ethnicity.py)."
    if part == "ethnicity":
        try:
            return ethnic_category(label)[1]
        except RaceEqualityError as error:
            raise cell.error(str(error), mend) from None
    if part == "deprivation":
        decile = re.fullmatch(r"(?:IMD\s*)?(?:decile\s*)?0?([1-9]|10)", label.strip(), flags=re.IGNORECASE)
        found = f"Decile {decile.group(1)}" if decile else None
    else:
        found = (_AGES if part == "age" else _SEXES).get(normalised(label))
    if found is None:
        raise cell.error(f"{label!r} is no known group of {part}.", mend)
    return found


@dataclass(frozen=True)
class Waits:
    """The counts of one organisation and group, by how long they have waited.

    Parameters
    ----------
    total, within_18, from_18_to_52, over_52, unknown_start : Cell
    """

    total: Cell
    within_18: Cell
    from_18_to_52: Cell
    over_52: Cell
    unknown_start: Cell

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The whole list, and its four parts."""
        return self.total, self.within_18, self.from_18_to_52, self.over_52, self.unknown_start

    def check(self) -> None:
        """Hold the counts to what the publisher says of them.

        Raises
        ------
        InputError
            For a count that is no multiple of 5, and for bands that do not come to the whole list.
        """
        total, *parts = (count(cell) for cell in self.cells)
        if total is None:
            return
        shown = [part for part in parts if part is not None]
        hidden = len(parts) - len(shown)
        slack = NEAREST / 2 * (len(shown) + 1)
        low, high = (sum(shown) + hidden * bound for bound in HIDDEN_BOUNDS)
        if not low - slack <= total <= high + slack:
            raise self.total.error(
                f"The waiting bands come to {sum(shown):,.0f}"
                + (f" and {hidden} hidden ones" if hidden else "")
                + f", and the whole list is {total:,.0f}.",
                "Check that no column was moved; ask the publisher if the file is as it was downloaded.",
            )

    def over(self, weeks: int) -> tuple[Cell, float | None, str]:
        """Return how many have waited over some weeks.

        Parameters
        ----------
        weeks : {18, 52}

        Returns
        -------
        Cell
            The first cell that it is read from.
        float or None
            None where it is hidden.
        str
            How a hidden part was counted; "" where none was.
        """
        over_52 = count(self.over_52)
        if weeks == 52:
            return self.over_52, over_52, ""
        middle = count(self.from_18_to_52)
        if middle is None or count(self.within_18) is None:
            return self.from_18_to_52, None, ""
        if over_52 is None:
            return self.from_18_to_52, middle + HIDDEN_COUNT, IMPUTED
        return self.from_18_to_52, middle + over_52, ""


def count(cell: Cell) -> float | None:
    """Return a count, or None where it is hidden.

    Raises
    ------
    InputError
        For what is neither ``*`` nor a multiple of 5.
    """
    if cell.text == SUPPRESSED:
        return None
    value = cell.number("count", whole=True)
    if value % NEAREST:
        raise cell.error(
            f"The count {value:g} is not a multiple of {NEAREST}, as published ones are.",
            "Check that this is the published file.",
        )
    return value


#: Counts of one breakdown: organisation and kind of organisation, to group, to counts.
Counts = Mapping[tuple[str, str], Mapping[str, Waits]]


def read_waiting_list(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the waiting list by group from the workbook, or from the CSV by organisation.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        Of each acute trust, integrated care board and region (``trust_code`` is its own code) and England: shares over
        18 and over 52 weeks, of the whole list of the group, by ethnicity, deprivation, age and sex; for England by
        treatment function and ethnicity as well (group ``"Cardiology Service: Asian/Asian British - Indian"``), which
        the CSV does not have.

    Raises
    ------
    InputError
        For a sheet, a group or a column that is missing or has another name, sheets of different weeks, and counts that
        cannot be right.
    """
    if not is_workbook(path):
        return _read_csv_by_organisation(path, trusts)
    workbook = Workbook(path)
    sheets = {part: workbook.sheet(name) for part, name in SHEETS.items()}
    functions, submissions = workbook.sheet(FUNCTION_SHEET), workbook.sheet(SUBMISSION_SHEET)
    week = _week([*sheets.values(), functions, submissions])
    remarks = list(name_remark(path, week))
    reader = Reader(week, trusts)
    not_submitted = _not_submitted(submissions)
    for part, sheet in sheets.items():
        blocks = _blocks(sheet, part, "Organisation Code", remarks)
        reader.add_breakdown(part, _by_organisation(sheet, blocks), not_submitted)
    blocks = _blocks(functions, "ethnicity", "Treatment Function Name", remarks)
    reader.add_functions({name: waits for (name, _), waits in _rows(functions, blocks).items()})
    return reader.loaded(remarks)


class Reader:
    """Collects the figures of one week, from either layout.

    Parameters
    ----------
    week : datetime.date
        Its last day.
    trusts : TrustList
    publication : str
        The id of the publication.
    """

    def __init__(self, week: date, trusts: TrustList, publication: str = PUBLICATION) -> None:
        self.week = week
        self.figures = FigureRows(f"{publication}_{week:%Y_%m_%d}", (week, week), trusts)
        self._codes: dict[tuple[str, str], str | None] = {}

    def loaded(self, remarks: Iterable[str]) -> LoadedFigures:
        """Return what was collected."""
        said = f"week ending {self.week.day} {self.week:%B %Y}"
        return self.figures.loaded(said, said, remarks)

    def add_breakdown(
        self, part: str, counts: Counts, not_submitted: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        """Add the shares of every organisation by one breakdown, and a row of those that have none.

        Parameters
        ----------
        part : {"ethnicity", "deprivation", "age", "sex"}
        counts : Counts
        not_submitted : mapping of (str, str) to str
            Organisation and breakdown to why there are none.
        """
        for (organisation, kind), groups in counts.items():
            code = self._code(organisation, kind)
            if code is None:
                continue
            reason = (not_submitted or {}).get((organisation, part), "") or _nothing_submitted(part, groups)
            for group in GROUPS[part]:
                self._add(code, organisation, f"by_{part}", group, groups[group], reason)
        for weeks in WEEKS:
            self.figures.complete(
                f"waiting_over_{weeks}_weeks_by_{part}",
                GROUPS[part],
                "percent",
                reason="not among the acute trusts of the file",
                status_of=lambda kind: "not_available" if kind in ("acute", "acute specialist") else "not_applicable",
            )

    def add_functions(self, counts: Mapping[str, Mapping[str, Waits]]) -> None:
        """Add England's shares by treatment function and ethnicity."""
        for function, groups in counts.items():
            for group in GROUPS["ethnicity"]:
                self._add(ENGLAND_CODE, ENGLAND_CODE, "by_function", f"{function}: {group}", groups[group], "")

    def _code(self, organisation: str, kind: str) -> str | None:
        """Return the code that figures of an organisation are held under; None where they are left out."""
        key = organisation, normalised(kind)
        if key not in self._codes:
            if organisation == ENGLAND_CODE and key[1] in _PARTS_OF_ENGLAND:
                self.figures.left_out["England by kind of provider"] += 1
                self._codes[key] = None
            elif organisation == ENGLAND_CODE or _PLACE_CODE.fullmatch(organisation):
                self._codes[key] = organisation
            else:
                self._codes[key] = self.figures.trust_of(organisation, "providers that are not trusts")
        return self._codes[key]

    def _add(self, code: str, organisation: str, ending: str, group: str, waits: Waits, reason: str) -> None:
        waits.check()
        total = count(waits.total)
        for weeks in WEEKS:
            cell, over, recording = waits.over(weeks)
            place = (code, organisation, f"waiting_over_{weeks}_weeks_{ending}", group, "percent", cell.locator)
            if reason:
                self.figures.add(*place, status="not_available", recording=reason)
            elif total is None:
                self.figures.add(*place, status="suppressed")
            elif total == 0:
                self.figures.add(*place, numerator=0, denominator=0, status="not_available", recording=NOBODY)
            elif over is None:
                self.figures.add(*place, denominator=total, status="suppressed")
            else:
                over = min(over, total)  # each is rounded by itself
                self.figures.add(
                    *place, value=100 * over / total, numerator=over, denominator=total, recording=recording
                )


def _nothing_submitted(part: str, groups: Mapping[str, Waits]) -> str:
    """Return why the counts of an organisation are no figures, where they show that it submitted none."""
    totals = {group: count(waits.total) for group, waits in groups.items()}
    if all(total == 0 for total in totals.values()):
        return "not submitted: every count is 0"
    if part == "ethnicity" and all(total == 0 for group, total in totals.items() if group != _NOT_KNOWN):
        return "not submitted: all patients are under 99: Not known"
    return ""


# -- the workbook ------------------------------------------------------------------------------------------


def _week(sheets: Iterable[Sheet]) -> date:
    """Return the last day of the week that all sheets are of."""
    found: dict[date, Cell] = {}
    for sheet in sheets:
        cell = _period_cell(sheet)
        named = re.fullmatch(r"week ending (\d{1,2} [a-z]+ \d{4})", normalised(cell.text))
        try:
            week = datetime.strptime(named.group(1), "%d %B %Y").date() if named else None
        except ValueError:
            week = None
        if week is None:
            raise cell.error(
                f"The period is {cell.text!r} and not like 'Week ending 25 January 2026'.", "Download the file again."
            )
        found.setdefault(week, cell)
    if len(found) > 1:
        first, other = list(found.values())[:2]
        raise other.error(
            f"The period is {other.text!r}, and {first.text!r} in {first.locator}.",
            "All sheets must be of one week: download the workbook again.",
        )
    return next(iter(found))


def _period_cell(sheet: Sheet) -> Cell:
    for row, values in enumerate(sheet.rows):
        for column, value in enumerate(values):
            if normalised(value).rstrip(":") == "period":
                return sheet.cell(row, column + 1)
    raise sheet.error("There is no 'Period:' above the table.", "Download the file again.")


def named_week(path: Path) -> date | None:
    """Return the day that a file's name gives; None where it gives none."""
    found = re.search(r"(\d{1,2})[-_ ]([A-Za-z]+)[-_ ](20\d\d)", path.name)
    try:
        return datetime.strptime(" ".join(found.groups()), "%d %B %Y").date() if found else None
    except ValueError:
        return None


def name_remark(path: Path, week: date) -> Iterator[str]:
    """Say that a file's name gives another day than its sheets."""
    named = named_week(path)
    if named not in (None, week):
        yield (
            f"The name of the file says {named.day} {named:%B %Y}; its sheets say week ending "
            f"{week.day} {week:%B %Y}, which is the week of the figures."
        )


def _not_submitted(sheet: Sheet) -> dict[tuple[str, str], str]:
    """Return the organisations and breakdowns that the publisher says are missing or unusable, with its words."""
    header = _header_row(sheet, "Organisation Code")
    code, issue = (sheet.column(header, name) for name in ("Organisation Code", "Issue"))
    found = {}
    for row in range(header + 1, len(sheet.rows)):
        organisation, said = sheet.cell(row, code).text, sheet.cell(row, issue)
        if not organisation or not said.text:
            continue
        # an issue that names no breakdown is of all of them
        named = [part for part in SHEETS if re.search(rf"\b{part}\b", said.text, flags=re.IGNORECASE)]
        for part in named or SHEETS:
            found[organisation, part] = f"not submitted, or not usable ({said.locator}: {said.text})"
    return found


def _header_row(sheet: Sheet, first: str) -> int:
    for row, values in enumerate(sheet.rows):
        if any(normalised(value) == normalised(first) for value in values):
            return row
    raise sheet.error(
        f"No row has a column headed {first!r}.", "If the publisher renamed it, rename it back in a copy and read that."
    )


@dataclass(frozen=True)
class _Blocks:
    """Where a sheet has its rows and, of each group, its columns.

    Parameters
    ----------
    header : int
        The row of the groups, from 0; that of the columns is below it.
    key : int
        The column of the organisation or treatment function.
    columns : dict of str to tuple of int
        Group to its seven columns.
    """

    header: int
    key: int
    columns: dict[str, tuple[int, ...]]


def _blocks(sheet: Sheet, part: str, key: str, remarks: list[str]) -> _Blocks:
    """Find the groups of a sheet and their columns: a group's name is over the first of its seven."""
    header = _header_row(sheet, key)
    columns: dict[str, tuple[int, ...]] = {}
    last = 0
    for start, value in enumerate(sheet.rows[header]):
        cell = sheet.cell(header, start)
        if not normalised(value).startswith(normalised(_GROUP_PREFIX).rstrip()):
            continue
        group = group_of(part, cell, cell.text[len(_GROUP_PREFIX) :])
        if group in columns:
            raise cell.error(f"The group {group!r} is there twice.", "Keep one of the two.")
        last = start + _BLOCK
        columns[group] = tuple(
            sheet.column(header + 1, name, start=start, stop=last) for name in (*COUNT_COLUMNS, *PERCENT_COLUMNS)
        )
    missing = [group for group in GROUPS[part] if group not in columns]
    if missing:
        raise sheet.error(
            f"There is no group {missing[0]!r}" + (f", nor {len(missing) - 1} others." if missing[1:] else "."),
            f"A group is headed as in {_GROUP_PREFIX}...: download the file again, or ask the publisher.",
            header + 1,
        )
    below = sheet.rows[header + 1]
    for column in range(last, len(below)):
        if normalised(below[column]):
            remarks.append(
                f"Column {column_letters(column)} of {sheet.name}, headed {str(below[column]).strip()!r}, "
                "has no group over it and is not read."
            )
    remarks += [one for one in sheet.remarks if one not in remarks]
    return _Blocks(header, sheet.column(header, key), columns)


def _rows(sheet: Sheet, blocks: _Blocks, kind: int | None = None) -> dict[tuple[str, str], dict[str, Waits]]:
    """Return the counts of each row: its key and kind, to group, to counts."""
    found: dict[tuple[str, str], dict[str, Waits]] = {}
    keys = []
    starts = [columns[0] for columns in blocks.columns.values()]
    for row in range(blocks.header + 2, len(sheet.rows)):
        key = sheet.cell(row, blocks.key)
        if not any(sheet.cell(row, start).text for start in starts):
            continue  # an empty row, or the footnote
        if not key.text:
            raise key.error("The row has counts and no name.", "Download the file again.")
        of_kind = "" if kind is None else sheet.cell(row, kind).text
        keys.append(((key.text, of_kind), key))
        waits = {}
        for group, columns in blocks.columns.items():
            cells = [sheet.cell(row, column) for column in columns]
            waits[group] = Waits(*cells[: len(COUNT_COLUMNS)])
            _check_percentages(waits[group], *cells[len(COUNT_COLUMNS) :])
        found[key.text, of_kind] = waits
    if not found:
        raise sheet.error("There are no rows under the headers.", "Download the file again.", blocks.header + 2)
    first_by_key(keys, "row")
    return found


def _by_organisation(sheet: Sheet, blocks: _Blocks) -> Counts:
    """Return the counts of each organisation, whose kind must be a known one."""
    column = sheet.column(blocks.header, "Organisation Type")
    for row in range(blocks.header + 2, len(sheet.rows)):
        kind = sheet.cell(row, column)
        known = (_ENGLAND, *_PARTS_OF_ENGLAND, *_PLACES, _TRUST)
        if kind.text and normalised(kind.text) not in known:
            raise kind.error(
                f"{kind.text!r} is no known kind of organisation.",
                f"The kinds are {', '.join(one.upper() for one in known)}: add it in waiting_list.py.",
            )
    counts = _rows(sheet, blocks, column)
    if not any(organisation == ENGLAND_CODE and normalised(kind) == _ENGLAND for organisation, kind in counts):
        raise sheet.error(
            f"There is no row of {ENGLAND_CODE} with the type ALL.", "Download the file again.", blocks.header + 2
        )
    return counts


def _check_percentages(waits: Waits, within_18: Cell, over_52: Cell) -> None:
    """Hold the published percentages to the counts, which are rounded; a percentage of a hidden count is empty."""
    total = count(waits.total)
    for cell, part in ((within_18, waits.within_18), (over_52, waits.over_52)):
        people = count(part)
        if not cell.text or not total or people is None:
            continue
        share = cell.number("proportion", high=1)
        if abs(share * total - people) > NEAREST / 2 * (1 + share) + 1e-6 * total:
            raise cell.error(
                f"The published percentage is {100 * share:.1f}%, and {people:,.0f} of {total:,.0f} is "
                f"{100 * people / total:.1f}%.",
                "Check that no column was moved; ask the publisher if the file is as it was downloaded.",
            )


# -- the CSV files -----------------------------------------------------------------------------------------


def read_functions(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read England's waiting list by treatment function and ethnicity from the CSV by specialty.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        The figures by treatment function of :func:`read_waiting_list`.

    Raises
    ------
    InputError
        As :func:`read_waiting_list` does, and for a file whose name gives no week.
    """
    own = {normalised(name) for name in csv_columns(path)}
    columns = FUNCTION_COLUMNS if normalised(FUNCTION_COLUMNS[0]) in own else CSV_COLUMNS
    table = read_csv(path, columns)
    reader = Reader(_week_of_name(path), trusts, FUNCTIONS)
    counts, remarks = _counts(table, lambda record: (_function_of(record[columns[0]]), ""))
    reader.add_functions({name: groups for (name, _), groups in counts["ethnicity"].items()})
    return reader.loaded([*_version(path), *table.remarks, *remarks])


def _read_csv_by_organisation(path: Path, trusts: TrustList) -> LoadedFigures:
    table = read_csv(path, CSV_COLUMNS)
    reader = Reader(_week_of_name(path), trusts)
    counts, remarks = _counts(table, lambda record: (record["Code"].text, record["Geography"].text))
    for part, of_part in counts.items():
        if not any(code == ENGLAND_CODE and normalised(kind) not in _PARTS_OF_ENGLAND for code, kind in of_part):
            raise InputError(
                f"There is no row of {ENGLAND_CODE} by {part}.", file=path, mend="Download the file again, whole."
            )
        reader.add_breakdown(part, of_part)
    return reader.loaded([*_version(path), *table.remarks, *remarks])


def has_functions(path: Path) -> bool:
    """Return whether a CSV with the columns of a file by organisation is one by treatment function."""
    own = {normalised(name) for name in csv_columns(path)}
    if {normalised(name) for name in FUNCTION_COLUMNS} <= own:
        return True
    if not {normalised(name) for name in CSV_COLUMNS} <= own:
        return False
    return _FUNCTION_CODE.fullmatch(read_csv(path, CSV_COLUMNS).records[0]["Code"].text) is not None


def _function_of(cell: Cell) -> str:
    """Return the name of a treatment function as the workbook has it."""
    name = " ".join(cell.text.split())
    return FUNCTION_NAMES.get(name.upper().removeprefix("C_"), name)


def _week_of_name(path: Path) -> date:
    week = named_week(path)
    if week is None or week.weekday() != _SUNDAY:
        said = "gives no week" if week is None else f"says {week.day} {week:%B %Y}, which is no Sunday"
        raise InputError(
            f"The week is in no column, and the name of the file {said}.",
            file=path,
            mend="Weeks end on Sundays: name the file as the publisher does, such as "
            "WLMDS-Demographics-Geography-to-22-February-2026-v1.csv.",
        )
    return week


def _version(path: Path) -> Iterator[str]:
    found = re.search(r"-v(\d+)\b", path.name)
    if found:
        yield f"Version {found.group(1)} of its week, by the name of the file, which is also where the week is from."


def _counts(
    table: Table, key_of: Callable[[Record], tuple[str, str]]
) -> tuple[dict[str, dict[tuple[str, str], dict[str, Waits]]], list[str]]:
    """Return the counts of each breakdown, and what was not read."""
    cells: dict[tuple[str, tuple[str, str], str], dict[str, Cell]] = {}
    unread: dict[str, None] = {}
    groups_of: dict[tuple[str, str], str] = {}
    for record in table:
        metric, category, band = (record[name] for name in ("Metric", "Category", "Waiting Bands"))
        part = _METRICS.get(normalised(metric.text))
        if part is None:
            unread[metric.text] = None
            continue
        if (part, category.text) not in groups_of:
            groups_of[part, category.text] = group_of(part, category, category.text)
        name = normalised(band.text)
        if name not in _BANDS:
            raise band.error(
                f"{band.text!r} is no known waiting band.", f"The bands are {', '.join(_BANDS)}: ask the publisher."
            )
        bands = cells.setdefault((part, key_of(record), groups_of[part, category.text]), {})
        if name in bands:
            raise record["Count"].error(
                f"The count of {' '.join(filter(None, key_of(record)))}, {category.text}, {band.text} is here and at "
                f"{bands[name].reference}.",
                "Keep one of the two: they may be of two versions.",
            )
        bands[name] = record["Count"]
    counts: dict[str, dict[tuple[str, str], dict[str, Waits]]] = {}
    for (part, key, group), bands in cells.items():
        missing = [band for band in _BANDS if band not in bands]
        if missing:
            raise next(iter(bands.values())).error(
                f"{key[0]}, {group} has no row {missing[0]!r}.", "Download the file again, whole."
            )
        counts.setdefault(part, {}).setdefault(key, {})[group] = Waits(*(bands[band] for band in _BANDS))
    wanted = {part for part, *_ in cells} | {"ethnicity"}
    for part in sorted(wanted):
        for key, groups in counts.get(part, {("the file", ""): {}}).items():
            for group in GROUPS[part]:
                if group not in groups:
                    raise InputError(
                        f"{key[0]} has no rows of the group {group!r} ({part}).",
                        file=table.file,
                        mend="Download the file again, whole, or ask the publisher.",
                    )
    return counts, [f"Not read: {', '.join(unread)}."] if unread else []


NOTES = (
    "Management information, less validated than the monthly official statistics: incomplete pathways at the end of one "
    "week. A snapshot: months are never added up. One patient can have several pathways.",
    "Shares are of the group's whole list, unknown clock start included. Counts are rounded to the nearest 5, and 1 to "
    "7 are hidden (*). Over 18 weeks is over 18 and up to 52 plus over 52; where over 52 is hidden it is counted as 4, "
    "the middle of 1 to 7, which the recording of the figure says.",
    "Below England, acute trusts alone; England has independent and other providers as well. Figures of systems and "
    "regions are under their own codes, without trusts that did not submit.",
    "Unknown age, sex and deprivation are left out by the publisher; unknown ethnic groups are there: Not stated "
    "(code Z) and Not known (code 99). Ethnicity is taken from the Secondary Uses Service first. Ethnic groups are the "
    "sixteen of 2001. Decile 1 is the most deprived.",
    "Of treatment functions, those by ethnicity are read.",
)

PUBLICATIONS = (
    Publication(
        id=FUNCTIONS,
        title="Waiting List Minimum Data Set, demographics by treatment function, {edition}",
        publisher="NHS England",
        url=_URL,
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="waiting_list/WLMDS-Demographics-Specialty*.csv",
        read=read_functions,
        columns=FUNCTION_COLUMNS,
        has_rows=has_functions,
        one_version=True,
        optional=True,
        notes=NOTES,
    ),
    Publication(
        id=PUBLICATION,
        title="Waiting List Minimum Data Set, demographics, {edition}",
        publisher="NHS England",
        url=_URL,
        licence=OPEN_GOVERNMENT_LICENCE,
        # the summary workbook or the CSV by geography, and not the one by specialty
        pattern="waiting_list/WLMDS-Demographics-[SG][ue]*",
        read=read_waiting_list,
        sheets=(*SHEETS.values(), FUNCTION_SHEET, SUBMISSION_SHEET),
        columns=CSV_COLUMNS,
        one_version=True,
        optional=True,
        notes=NOTES,
    ),
)
