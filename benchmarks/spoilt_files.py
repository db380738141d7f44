"""What becomes of published files and returns that were spoilt on their way, by every kind of slip.

``python benchmarks/spoilt_files.py`` makes each slip of ``benchmarks/slips.py`` on a small file of each layout (the
cuts of ``tests/sources``, with made-up numbers), reads it, and compares the figures with those of the file as it
should be. It prints a table, and writes it to ``benchmarks/spoilt_files.md``.

What a file says twice can be held against itself: a row's total and its parts, a code and the name next to it, a count
that is no whole number, a key that is there twice. The rules of each layout below say what that is, without asking the
loader, so each slip is one of three:

- harmless: only the writing changes. The figures must be the same, or the file refused.
- contradicted: the spoilt file breaks a rule. It must be refused, or read right, or a remark must say what is wrong.
- not to be told: another file could say the same. It may be accepted.

Not to be told is also what a file has lost that was cut at the end of a row, where its publication has no row of totals
and no row that is always there: another edition could end so.

The command ends with an error when a harmless or contradicted one gives other or fewer figures without a word, or
anything but an error for people is raised.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import io
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random

import openpyxl
import pandas as pd

from race_equality.errors import RaceEqualityError
from race_equality.sources.publication import LoadedFigures
from race_equality.sources.publications import staff_survey, survey_benchmark, systems, workforce, workforce_by_month
from race_equality.sources.returns import patients as patients_return
from race_equality.sources.returns import wres as wres_return
from race_equality.store.schema import NOT_IN_THE_FILE, check_figures
from race_equality.store.trusts import TrustList

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT / "benchmarks") not in sys.path:  # as a script it is there already
    sys.path.append(str(ROOT / "benchmarks"))

from slips import NUMBER, SLIPS, Rows, Slip, Table, csv_text  # noqa: E402

RESULTS = ROOT / "benchmarks" / "spoilt_files.md"
DRAWS = 3

Record = dict[str, str]
#: From the rows of a file to what it contradicts, or None.
Rule = Callable[[list[Record]], str | None]

RIGHT, REFUSED, TOLD, LOST, WRONG, TRACE = "right", "clear error", "a remark says so", "lost", "accepted", "trace"
HARMLESS, CONTRADICTED, UNTOLD = "harmless", "contradicted", "not to be told"


def number(text: str) -> float | None:
    """Return a text as a number; None for anything else."""
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text.strip()) else None


# Rules: what a file says twice


def sums(total: str, parts: Sequence[str]) -> Rule:
    """The parts of a row come to its total."""

    def rule(records: list[Record]) -> str | None:
        for record in records:
            if (whole := number(record[total])) is not None:
                if sum(number(record[part]) or 0 for part in parts) != whole:
                    return f"the parts are not {total}"
        return None

    return rule


def rising(*columns: str) -> Rule:
    """Each number of a row is at most the next."""

    def rule(records: list[Record]) -> str | None:
        for record in records:
            found = [value for column in columns if (value := number(record[column])) is not None]
            if any(low > high + 1e-9 for low, high in pairwise(found)):
                return f"{' > '.join(columns)}"
        return None

    return rule


def within(low: float, high: float, *columns: str) -> Rule:
    """Numbers lie between two bounds."""

    def rule(records: list[Record]) -> str | None:
        found = (number(record[column]) for record in records for column in columns)
        return f"not within {low} and {high}" if any(v is not None and not low <= v <= high for v in found) else None

    return rule


def per(value: str, count: str, of: str, times: float, near: float = 0.06) -> Rule:
    """A value is its count over its denominator."""

    def rule(records: list[Record]) -> str | None:
        for record in records:
            v, c, o = (number(record[column]) for column in (value, count, of))
            if v is not None and c is not None and o and abs(times * c / o - v) > near:
                return f"{value} is not {count} over {of}"
        return None

    return rule


def people_of(rate: str, base: str, times: float) -> Rule:
    """A rate of a base is a whole number of people."""

    def rule(records: list[Record]) -> str | None:
        for record in records:
            r, b = number(record[rate]), number(record[base])
            if r is not None and b is not None and abs(r * b / times - round(r * b / times)) > 0.01:
                return f"{rate} of {base} is no whole number"
        return None

    return rule


def adds_up(by: Sequence[str], column: str, total: Callable[[Record], bool], parts: Callable[[Record], bool]) -> Rule:
    """The rows of parts come to the row of the total, for each of some keys."""

    def rule(records: list[Record]) -> str | None:
        totals: dict[tuple, float] = {}
        summed: dict[tuple, float] = defaultdict(float)
        for record in records:
            key, value = tuple(record[name] for name in by), number(record[column]) or 0
            if total(record):
                totals[key] = value
            elif parts(record):
                summed[key] += value
        for key in summed.keys() | totals.keys():
            if key in summed and totals.get(key) != summed[key]:
                return f"the rows of {' '.join(key) or 'the file'} do not come to their total"
        return None

    return rule


# Layouts


@dataclass(frozen=True)
class Layout:
    """One layout: how it is read and written, what its columns hold, and what it says twice.

    Parameters
    ----------
    name : str
    read : callable
        ``read(path, trusts) -> LoadedFigures``.
    rows : list of list
        As it should be, the header first.
    file_name : str
    key : tuple of str
        Columns that are together in one row alone.
    numbers, counts : tuple of str
        Columns of numbers; those of them that are whole and not below nought.
    codes, names, labels, periods : tuple of str
        See :class:`slips.Table`.
    one : tuple of str
        Columns with one value in the whole file.
    pairs : tuple of (str, str)
        Columns of which one value belongs to one value: a code and its name.
    blank_codes : bool
        Whether rows without a code are as they should be.
    marks : tuple of str
        What stands for a number: the publisher's sign for what is suppressed.
    ordered : bool
    rules : tuple of Rule
    above : list of list
        Rows above the header.
    places : frozenset of str
        Codes whose names are in the lists of trusts and boards, or in the Census: no other name can be told.
    workbook : bytes
        Of a workbook, the file as it should be; its sheet has the rows.
    sheet : str
    """

    name: str
    read: Callable[[Path, TrustList], LoadedFigures]
    rows: list[list[object]]
    file_name: str = "spoilt_2026.csv"
    key: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    blank_codes: bool = False
    marks: tuple[str, ...] = ()
    ordered: bool = False
    rules: tuple[Rule, ...] = ()
    above: list[list[object]] = field(default_factory=list)
    workbook: bytes = b""
    sheet: str = ""
    places: frozenset[str] = frozenset()

    @property
    def table(self) -> Table:
        rows = [["" if value is None else str(value) for value in row] for row in self.rows]
        about = (self.numbers, self.codes, self.names, self.labels, self.periods, self.ordered)
        return Table(rows, *about)

    def write(self, path: Path, spoilt: Rows | bytes) -> None:
        """Write spoilt rows, or bytes as they are."""
        above = [[str(value) for value in row] for row in self.above]
        if isinstance(spoilt, bytes):
            path.write_bytes(csv_text(above).encode() + spoilt if above else spoilt)
        elif self.workbook:
            book = openpyxl.load_workbook(io.BytesIO(self.workbook))
            sheet = book[self.sheet]
            sheet.delete_rows(1, sheet.max_row)
            for row in [*self.above, *spoilt]:
                sheet.append([_typed(value) for value in row])
            book.save(path)
            book.close()
        else:
            path.write_text(csv_text([*above, *spoilt]), encoding="utf-8")

    def contradiction(self, spoilt: Rows | bytes) -> str | None:
        """Return what a spoilt file contradicts of itself."""
        if isinstance(spoilt, bytes):
            try:
                spoilt = list(csv.reader(io.StringIO(spoilt.decode("utf-8-sig"), newline=""), strict=True))
            except (UnicodeDecodeError, csv.Error) as error:
                return str(error)
        rows = [row for row in spoilt if any(value.strip() for value in row)]
        if not rows:
            return "no rows"
        header = [name.strip() for name in rows[0]]
        named = [name for name in header if name]
        known = [str(name) for name in self.rows[0]]
        if len(set(named)) < len(named) and len(set(known)) == len(known):
            return "a header is there twice"
        if any(len(row) < len(header) or any(v.strip() for v in row[len(header) :]) for row in rows[1:]):
            return "a row of another length than the header"
        records = [dict(zip(header, (value.strip() for value in row), strict=False)) for row in rows[1:]]
        return next((found for found in self._broken(records, set(header)) if found), None)

    def _broken(self, records: list[Record], header: set[str]) -> Iterator[str | None]:
        before = [dict(zip(map(str, self.rows[0]), row, strict=True)) for row in self.table.rows[1:]]
        if self.key and set(self.key) <= header:
            keys = Counter(tuple(record[name] for name in self.key) for record in records)
            yield next((f"{' '.join(key)} is there twice" for key, times in keys.items() if times > 1), None)
        for name in header.intersection(self.one):
            if len({record[name] for record in records}) > len({record[name] for record in before}):
                yield f"{name} has two values"
        for code, name in self.pairs:
            if {code, name} <= header:
                belongs = {r[name]: r[code] for r in before if r[code].removeprefix("n") in self.places}
                for one, other in ((code, name), (name, code)):
                    if not _several(before, one, other):  # a name that is cut short is another name
                        known = {record[other] for record in before}
                        yield _several([record for record in records if record[other] in {*known, ""}], one, other)
                for record in records:
                    if belongs.get(record[name], record[code]) != record[code]:
                        yield f"{record[name]} has the code {record[code]}"
        if not self.blank_codes:
            for name in header.intersection((*self.codes, *self.labels)):
                if any(record[name] == "" for record in records) and all(record[name] for record in before):
                    yield f"no {name}"
        for name in header.intersection(self.numbers):
            for record in records:
                text = record[name]
                if self.workbook and text[:1] in ("#", "="):
                    text = ""  # calamine reads an error, and a formula that no program has worked out, as an empty cell
                if text and text not in self.marks and NUMBER.fullmatch(text) is None and number(text) is None:
                    yield f"{text} is no number"
                if name in self.counts and text not in self.marks and not re.fullmatch(r"\d*(\.0)?", text):
                    yield f"{text} is no count"
        for rule in self.rules:
            try:
                yield rule(records)
            except KeyError:  # a column of the rule is not there
                continue


def _several(records: list[Record], one: str, other: str) -> str | None:
    """Return a value of one column that stands next to several of another."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        found[record[one]].add(record[other])
    return next((f"{value} has several {other}" for value, others in found.items() if value and len(others) > 1), None)


def _typed(value: object) -> object:
    """Return a text of a cell as Excel would keep it: a number where it is one."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    if isinstance(value, str):  # what makes a header of several blocks one of its own here
        value = re.sub(r" #\d+$", "", value)
    return None if value == "" else value


def _module(name: str, path: Path):
    """Import a module of the tests by its path, under a name of its own."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _rows_of(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _columns(rows: list[list[object]], *excluded: str) -> tuple[str, ...]:
    """Return the columns whose cells are all numbers, but for some."""
    return tuple(
        str(name)
        for index, name in enumerate(rows[0])
        if name not in excluded and all(number(str(row[index])) is not None for row in rows[1:])
    )


def layouts(folder: Path) -> tuple[list[Layout], TrustList]:
    """Return each layout with a small file of it, and the trust list that they are read with.

    Parameters
    ----------
    folder : Path
        An empty one, for what the cuts are written to.
    """
    tests = ROOT / "tests" / "sources"
    cuts = _module("cuts_of_the_tests", tests / "conftest.py")
    hostile = _module("hostile_layouts_of_the_tests", tests / "test_hostile_input.py")
    months = _module("months_of_the_tests", tests / "test_workforce_by_month.py")
    measures = _module("measures_of_the_tests", tests / "test_maternity_measures.py")
    cut = cuts.write_cut(folder)
    found = [
        *_of_the_hostile_tests(hostile),
        *_of_the_cut(cut, hostile.CSV_LOADERS),
        *_of_other_tests(months, measures),
        *_of_returns(),
        *_of_workbooks(cut, hostile),
    ]
    trusts = cuts.trusts_of(cut)
    boards = {code for ons, (nhs, _) in trusts.boards.items() for code in (ons, nhs)}
    places = frozenset({*trusts.kinds, *(one.old_code for one in trusts.successions), *boards, "E92000001"})
    return [replace(layout, places=places) for layout in found], trusts


def _of_the_hostile_tests(tests) -> Iterator[Layout]:
    def layout(name: str, **more) -> Layout:
        read, rows = tests.LAYOUTS[name]
        return Layout(name, read, rows, **more)

    groups = "Ethnic group (6 categories)"
    prefix = "Ethnic group: "
    everybody = f"{prefix}Total: All usual residents"
    of_groups = tuple(prefix + group for group in tests.GROUPS)
    yield layout(
        "census, wide",
        key=("geography code",),
        numbers=(everybody, *of_groups),
        counts=(everybody, *of_groups),
        codes=("geography code",),
        names=("geography",),
        pairs=(("geography code", "geography"),),
        rules=(sums(everybody, of_groups),),
    )
    for name, area, more in (
        ("census, long", "Integrated care boards", ()),
        ("census, by age", "Countries", ("Age (4 categories)",)),
    ):
        yield layout(
            name,
            key=(f"{area} Code", groups, *more),
            numbers=("Observation",),
            counts=("Observation",),
            codes=(f"{area} Code",),
            names=(area,),
            labels=(groups, *more),
            pairs=tuple((f"{column} Code", column) for column in (area, groups, *more)),
            ordered=True,
        )
    yield layout(
        "fingertips",
        key=("Indicator ID", "Area Code", "Sex", "Age", "Category Type", "Category", "Time period"),
        numbers=("Value", "Count", "Denominator"),
        codes=("Area Code",),
        names=("Area Name",),
        periods=("Time period",),
        pairs=(("Area Code", "Area Name"), ("Indicator ID", "Indicator Name")),
        rules=(per("Value", "Count", "Denominator", 100), within(0, 100, "Value")),
    )
    score, tenth = systems.DEPRIVATION_COLUMNS[2:]
    yield layout(
        "indices, tidy",
        key=("icb24_code",),
        numbers=(score, tenth, "imd_rank_of_average_score"),
        codes=("icb24_code",),
        names=("icb24_name",),
        pairs=(("icb24_code", "icb24_name"),),
        rules=(within(0, 1, tenth), within(0, 100, score), _ranked(score, "imd_rank_of_average_score")),
    )
    yield layout(
        "workforce, core",
        key=("DATA_MONTH", "DATA_LEVEL", "ORG_CODE", "MAIN_STAFF_GROUP", "STAFF_GROUP_1"),
        numbers=("FTE", "HEADCOUNT"),
        counts=("HEADCOUNT",),
        codes=("ORG_CODE",),
        names=("ORG_NAME",),
        labels=("MAIN_STAFF_GROUP", "STAFF_GROUP_1"),
        periods=("DATA_MONTH",),
        pairs=(("ORG_CODE", "ORG_NAME"),),
        blank_codes=True,
        marks=("-", "."),
        rules=(_full_time,),
    )
    yield layout(
        "workforce, CSV before",
        key=("Date", "Org Code", "Staff Group", "Data Type"),
        numbers=("Total",),
        codes=("Org Code",),
        names=("Org Name",),
        labels=("Staff Group", "Data Type"),
        periods=("Date",),
        pairs=(("Org Code", "Org Name"),),
        marks=("-", "."),
        rules=(_counted_people, _full_time_of_rows),
    )
    over, attended, long, admitted = (columns for pair in tests.access.AE_MONTH_INDICATORS.values() for columns in pair)
    counts = tuple(tests.access.AE_MONTH_COLUMNS[2:])
    yield layout(
        "A&E, a month",
        key=("Period", "Org Code"),
        numbers=counts,
        counts=counts,
        codes=("Org Code",),
        names=("Org name",),
        periods=("Period",),
        one=("Period",),
        pairs=(("Org Code", "Org name"),),
        blank_codes=True,
        rules=(
            *(adds_up((), column, lambda r: r["Period"] == "TOTAL", lambda r: True) for column in counts),
            _at_most(over, attended),
            _at_most(long, admitted),
        ),
    )
    yield layout(
        "waits, a month",
        key=("Provider Org Code", "Commissioner Org Code", "RTT Part Type", "Treatment Function Code"),
        numbers=(*tests.WEEKS, "Total All"),
        counts=(*tests.WEEKS, "Total All"),
        codes=("Provider Org Code", "Commissioner Org Code"),
        names=("Provider Org Name",),
        labels=("RTT Part Type", "Treatment Function Code"),
        periods=("Period",),
        one=("Period",),
        pairs=(("Provider Org Code", "Provider Org Name"),),
        rules=(
            sums("Total All", tests.WEEKS),
            *(
                adds_up(
                    ("Provider Org Code", "Commissioner Org Code"),
                    week,
                    lambda r: r["Treatment Function Code"] == "C_999",
                    lambda r: True,
                )
                for week in (*tests.WEEKS, "Total All")
            ),
        ),
    )
    trust, board, share = systems.SHARES_COLUMNS
    yield layout(
        "boards of catchments",
        key=(trust, board),
        numbers=(share,),
        codes=(trust, board),
        rules=(within(0, 1, share), _shares(trust, share)),
    )
    yield layout("survey of boards", key=("item",), labels=("item",), rules=())


def _ranked(score: str, rank: str) -> Rule:
    def rule(records: list[Record]) -> str | None:
        found = [(number(r[rank]), number(r[score])) for r in records]
        pairs = sorted((r, s) for r, s in found if r is not None and s is not None)
        return "scores and ranks" if any(b > a for (_, a), (_, b) in pairwise(pairs)) else None

    return rule


def _full_time(records: list[Record]) -> str | None:
    ratios = [(number(r["FTE"]), number(r["HEADCOUNT"])) for r in records]
    wrong = any(f is not None and h is not None and not h / 2 <= f <= h for f, h in ratios)
    return "full time against people" if wrong else None


def _counted_people(records: list[Record]) -> str | None:
    wrong = [r for r in records if r["Data Type"] == "HC" and not re.fullmatch(r"\d*(\.0)?|-|\.", r["Total"])]
    return f"{wrong[0]['Total']} is no count" if wrong else None


def _full_time_of_rows(records: list[Record]) -> str | None:
    kinds: dict[tuple, dict[str, float]] = defaultdict(dict)
    for r in records:
        kinds[r["Date"], r["Org Code"], r["Staff Group"]][r["Data Type"]] = number(r["Total"]) or 0
    both = [(k["FTE"], k["HC"]) for k in kinds.values() if {"FTE", "HC"} <= k.keys()]
    return "full time against people" if any(f > h or f < h / 2 for f, h in both) else None


def _at_most(parts: Sequence[str], wholes: Sequence[str]) -> Rule:
    def rule(records: list[Record]) -> str | None:
        for r in records:
            if sum(number(r[p]) or 0 for p in parts) > sum(number(r[w]) or 0 for w in wholes):
                return f"{parts[0]} is more than {wholes[0]}"
        return None

    return rule


def _shares(by: str, share: str) -> Rule:
    def rule(records: list[Record]) -> str | None:
        totals: dict[str, float] = defaultdict(float)
        for r in records:
            totals[r[by]] += number(r[share]) or 0
        return "shares do not come to 1" if any(not 0.5 <= total <= 1.000001 for total in totals.values()) else None

    return rule


def _of_the_cut(cut, readers: dict) -> Iterator[Layout]:
    def layout(name: str, **more) -> Layout:
        path = getattr(cut, name)
        rows = more.pop("rows", None) or _rows_of(path)
        return Layout(name, readers[name], rows, path.name, numbers=more.pop("numbers", _columns(rows)), **more)

    yield layout(
        "wres",
        key=("trust_code", "survey_year", "wres_indicator", "group"),
        numbers=("rate", "base", "n_candidates"),
        counts=("base",),
        codes=("trust_code",),
        labels=("group", "wres_indicator"),
        periods=("survey_year",),
        rules=(within(0, 1, "rate"), people_of("rate", "base", 1)),
    )
    yield layout(
        "population",
        key=("trust_code",),
        counts=("catchment_population", "deprivation_quintile"),
        codes=("trust_code",),
        rules=(within(0, 100, "imd_score"), within(1, 5, "deprivation_quintile")),
    )
    yield layout("catchment", key=("trust_code",), codes=("trust_code",), rules=(_whole_row,))
    panel = [f"Discrimination_{who}_{what}" for who in ("public", "internal") for what in ("base", "rate")]
    bases = (panel[0], panel[2], "Ethnic_minority_base", "Respondents")
    rates = (panel[1], panel[3], "Ethnic_minority_rate")
    yield layout(
        "panel",
        key=("ODS code", "Year"),
        numbers=(*bases, *rates),
        counts=bases,
        codes=("ODS code",),
        names=("Organisation name",),
        labels=("Benchmarking group",),
        periods=("Year",),
        pairs=(("ODS code", "Organisation name"),),
        marks=("-",),
        rules=(
            within(0, 100, *rates),
            people_of("Ethnic_minority_rate", "Ethnic_minority_base", 100),
            *(rising(base, "Respondents") for base in bases[:3]),
        ),
    )
    yield layout("series", key=("measure", "wres_report_year"), numbers=("value",), labels=("measure",),
                 periods=("wres_report_year",), marks=("24.2 (383,706 staff)", "24.9 / 20.7"))  # fmt: skip
    waits = ("over_104wk", "over_78wk", "over_65wk", "over_52wk")
    yield layout(
        "rtt",
        key=("trust_code", "month_start"),
        numbers=("total_incomplete", "within_18wk", *waits),
        counts=("total_incomplete", "within_18wk", *waits),
        codes=("trust_code",),
        periods=("month_start",),
        rules=(rising(*waits), _at_most(("within_18wk", "over_52wk"), ("total_incomplete",))),
    )
    yield layout(
        "ae",
        key=("trust_code", "month_start"),
        counts=_columns(_rows_of(cut.ae)),
        codes=("trust_code",),
        labels=("methodology_break",),
        periods=("month_start",),
        rules=(
            sums("att_all", ("att_type1", "att_type2", "att_other")),
            rising("over4hr_type1", "over4hr_all", "att_all"),
            rising("over4hr_type1", "att_type1"),
            rising("dta_12hr_plus", "emadm_via_ae"),
            lambda records: next(
                (
                    "recording changed in November 2025"
                    for r in records
                    if re.fullmatch(r"\d{4}-\d\d-\d\d", r["month_start"])
                    and (r["month_start"] >= "2025-11-01") != (r["methodology_break"] == "True")
                ),
                None,
            ),
        ),
    )
    yield layout(
        "maternity",
        key=("Org_Code", "Dimension", "Measure"),
        numbers=("Value",),
        counts=("Value",),
        codes=("Org_Code",),
        labels=("Dimension", "Measure", "Org_Level"),
        names=("Org_Name",),
        pairs=(("Org_Code", "Org_Name"),),
        periods=("Period",),
        one=("Period", "Count_Of"),
        rules=(_fives, _two_breakdowns),
    )
    counts = ("MHSDS_Count", "Acute_Count", "Total_Count")
    rows = _rows_of(cut.detentions)
    white = next(row for row in rows if row[4] == "White" and row[7] == "All prov")
    for group, people in (("Asian or Asian British", "60"), ("Mixed", "40")):  # the cut has three groups of five
        rows.append([*white[:4], group, *white[5:9], people, "0", people, "70.5", "69.1", ""])
    everybody = next(row for row in rows if row[4] == "All" and row[3] == "Ethnicity")
    everybody[9] = everybody[11] = "1000"
    broad = {"Black or Black British", "Other Ethnic Groups", "White", "Mixed", "Asian or Asian British"}
    yield layout(
        "detentions",
        rows=rows,
        key=("Year", "Measure", "measureSubcategory", "Demographic", "DemographicBreakdown", "OrganisationBreakdown",
             "OrgID"),
        numbers=(*counts, "CrudeRate", "StdRate", "Confidence_interval"),
        counts=counts,
        codes=("OrgID",),
        names=("OrgName",),
        labels=("Demographic", "DemographicBreakdown", "Measure", "OrganisationBreakdown"),
        periods=("Year",),
        one=("Year",),
        pairs=(("OrgID", "OrgName"),),
        rules=(
            _submissions,
            lambda records: adds_up(
                ("Measure",),
                "Total_Count",
                lambda r: r["DemographicBreakdown"] == "All",
                lambda r: r["DemographicBreakdown"] in broad,
            )([r for r in records if r["Demographic"] == "Ethnicity" and r["OrgID"] == "All prov"
               and r["measureSubcategory"] == "All"]),
        ),
    )  # fmt: skip


def _whole_row(records: list[Record]) -> str | None:
    for record in records:
        if abs(sum(number(value) or 0 for name, value in record.items() if name != "trust_code") - 1) > 1e-6:
            return "the shares do not come to 1"
    return None


def _fives(records: list[Record]) -> str | None:
    return next((f"{r['Value']} is no multiple of 5" for r in records if (number(r["Value"]) or 0) % 5), None)


def _two_breakdowns(records: list[Record]) -> str | None:
    """Deliveries by ethnic group and by deprivation are the same deliveries, each cell rounded to 5."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for r in records:
        sums[r["Org_Code"]][r["Dimension"]].append(number(r["Value"]) or 0)
    for of in sums.values():
        one, other = (of.get(name) for name in ("EthnicCategoryMotherGroup", "DeprivationDecileAtBooking"))
        if one and other and abs(sum(one) - sum(other)) > 2.5 * (len(one) + len(other)):
            return "by ethnic group and by deprivation there are not the same deliveries"
    return None


def _submissions(records: list[Record]) -> str | None:
    for r in records:
        parts, total = (number(r["MHSDS_Count"]), number(r["Acute_Count"])), number(r["Total_Count"])
        if parts[0] is not None and total is not None and parts[0] + (parts[1] or 0) != total:
            return "the submissions are not the total"
    return None


def _of_other_tests(months, measures) -> Iterator[Layout]:
    yield Layout(
        "workforce, by month",
        workforce_by_month.read_months,
        [list(months.HEADER), *map(list, months.ROWS)],
        key=("org_code", "period"),
        numbers=("fte",),
        codes=("org_code",),
        names=("org_name",),
        periods=("period",),
        pairs=(("org_code", "org_name"),),
    )
    rows = [
        [row[0], {"RJ1": "GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "RVJ": "NORTH BRISTOL NHS TRUST"}.get(row[0], row[0]),
         row[2], "01/04/2025", *row[4:]]
        for row in measures.table()
    ]  # fmt: skip
    organisation, name, level, start, end, _, measure, currency, value = measures.COLUMNS
    yield Layout(
        "continuity of carer",
        measures.read_continuity,
        [list(measures.COLUMNS), *rows],
        key=(organisation, measure, currency),
        numbers=(value,),
        codes=(organisation,),
        names=(name,),
        labels=(measure, currency),
        periods=(end,),
        one=(start, end),
        pairs=((organisation, name),),
        marks=("Low DQ",),
        rules=(_rates_of_counts(organisation, measure, currency, value),),
    )


def _rates_of_counts(organisation: str, measure: str, currency: str, value: str) -> Rule:
    def rule(records: list[Record]) -> str | None:
        found: dict[tuple, dict[str, float | None]] = defaultdict(dict)
        for r in records:
            if "_DQ" not in r[measure]:
                found[r[organisation], r[measure]][r[currency]] = number(r[value])
        for key, of in found.items():
            part, whole, rate = (of.get(name) for name in ("Numerator", "Denominator", "Rate"))
            if None in (part, whole):
                return f"{' '.join(key)} has not both counts"
            if part % 5 or whole % 5 or part > whole:
                return f"{' '.join(key)} has no such counts"
            # both are rounded to 5
            if rate is not None and whole:
                low, high = 100 * (part - 2.5) / (whole + 2.5), 100 * (part + 2.5) / max(whole - 2.5, 0.1)
                if not low - 0.1 <= rate <= high + 0.1:
                    return f"{' '.join(key)} has another rate"
        return None

    return rule


def _of_returns() -> Iterator[Layout]:
    """The two returns as CSV, filled in."""

    def layout(name: str, form, fill: Callable[[list[str]], list[int]], *rules: Rule) -> Layout:
        file_name = f"RJ1_{name}.csv"
        text = form.template("RJ1", "Guy's and St Thomas'", [date(2025, 3, 31)], file_name)
        rows = list(csv.reader(io.StringIO(text)))
        start = next(index for index, row in enumerate(rows) if row[0] == "trust_code")
        above, header, body = rows[:start], rows[start], rows[start + 1 :]
        return Layout(
            f"return, {name}",
            lambda path, trusts: form.read_return(path, trusts)[1],
            [header, *([*row[:4], *map(str, fill(row))] for row in body)],
            file_name,
            key=("trust_code", "year_to", "indicator", "item"),
            numbers=tuple(header[4:]),
            counts=tuple(header[4:]),
            codes=("trust_code",),
            labels=("indicator", "item"),
            periods=("year_to",),
            one=("trust_code",),
            above=above,
            rules=rules,
        )

    part_of = {
        (indicator, part): (indicator, whole)
        for indicator, whole, part in (
            ("wres_2", "shortlisted", "appointed"),
            ("wres_2_excluding_international", "shortlisted", "appointed"),
            ("wres_3", "staff", "entered the formal disciplinary process"),
            ("wres_4", "staff", "accessed non-mandatory training and CPD"),
        )
    } | {(f"wres_9_{part}", "people"): ("wres_9_board", "people") for part in ("voting", "executive")}
    board = {"wres_9_board": [12, 4, 1], "wres_9_voting": [9, 3, 1], "wres_9_executive": [5, 2, 0]}

    def wres(row: list[str]) -> list[int]:
        size = 4 if (row[2], row[3]) in part_of else 1
        return board.get(row[2]) or [600 // size, 300 // size, 20 // size]

    of_patients = {
        (measure.indicator, item): (measure.indicator, measure.whole_of(item))
        for measure in patients_return.MEASURES
        for item in measure.parts
    }

    def patients(row: list[str]) -> list[int]:
        size, place = 4, (row[2], row[3])
        while place in of_patients:
            size, place = size - 1, of_patients[place]
        spread = []
        for groups in patients_return.BREAKDOWNS.values():  # each comes to 420
            first = [420 // len(groups) + 3 * number for number in range(len(groups) - 1)]
            spread += [*first, 420 - sum(first)]
        return [size * people for people in spread]

    yield layout("wres", wres_return, wres, _parts(part_of))
    yield layout("patients", patients_return, patients, _parts(of_patients), _same_people)


def _parts(part_of: dict[tuple[str, str], tuple[str, str]]) -> Rule:
    """In each column the row of a part is at most that of its whole."""

    def rule(records: list[Record]) -> str | None:
        rows = {(r["indicator"], r["item"]): r for r in records}
        for part, whole in part_of.items():
            if part in rows and whole in rows:
                for name in list(rows[part])[4:]:
                    low, high = number(rows[part][name]), number(rows[whole][name])
                    if low is not None and high is not None and low > high:
                        return f"{' '.join(part)}, {name}: more than {whole[1]}"
        return None

    return rule


def _same_people(records: list[Record]) -> str | None:
    """Each person is once in every breakdown."""
    for r in records:
        totals = set()
        for groups in patients_return.BREAKDOWNS.values():
            found = [number(r[name]) for name in groups]
            if None not in found:
                totals.add(sum(found))
        if len(totals) > 1:
            return f"{r['item']}: {' and '.join(f'{total:g}' for total in sorted(totals))} people"
    return None


def _of_workbooks(cut, tests) -> Iterator[Layout]:
    def layout(name: str, read, content: bytes, sheet: str, header_row: int = 1, **more) -> Layout:
        book = openpyxl.load_workbook(io.BytesIO(content))
        rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
        book.close()
        seen: Counter[str] = Counter()
        for column, header in enumerate(rows[header_row - 1]):  # the same header in each block is made another
            seen[header] += 1
            if header is not None and seen[header] > 1:
                rows[header_row - 1][column] = f"{header} #{seen[header]}"
        above = [["" if value is None else value for value in row] for row in rows[: header_row - 1]]
        numbers = more.pop("numbers", ())
        more["numbers"] = numbers or tuple(
            str(header)
            for column, header in enumerate(rows[header_row - 1])
            if any(isinstance(row[column], int | float) for row in rows[header_row:])
        )
        return Layout(
            f"workbook: {name}", read, rows[header_row - 1 :], "spoilt_2026.xlsx", above=above, workbook=content,
            sheet=sheet, **more,
        )  # fmt: skip

    def saved(book: openpyxl.Workbook) -> bytes:
        content = io.BytesIO()
        book.save(content)
        book.close()
        return content.getvalue()

    percentages = ("% Yes", "% No", "% Yes #2", "% No #2", "% Yes #3", "% No #3", "% Don't know")
    yield layout(
        "survey by organisation",
        staff_survey.read_organisations,
        cut.survey.read_bytes(),
        "HEALTH WELLBEING SAFETY Q15-17",
        5,
        key=("ODS code",),
        codes=("ODS code",),
        names=("Organisation name",),
        labels=("Benchmarking group",),
        pairs=(("ODS code", "Organisation name"),),
        marks=("-",),
        ordered=True,
        rules=(within(0, 100, *percentages), _to_a_hundred),
    )
    yield layout(
        "survey, England",
        staff_survey.read_national,
        cut.national.read_bytes(),
        "HEALTH WELLBEING SAFETY Q15-17",
        5,
        key=("Breakdown", "Breakdown subgroup"),
        labels=("Breakdown subgroup",),
        marks=("-",),
        blank_codes=True,
        ordered=True,
        rules=(within(0, 100, *percentages),),
    )
    yield layout(
        "workforce",
        workforce.read_headcount,
        cut.workforce.read_bytes(),
        "2. NHSE, Org & SG - HC",
        6,
        key=("NHSE region name", "ICS code", "Organisation code", "Organisation name"),
        counts=tuple(workforce.STAFF_GROUPS),
        codes=("Organisation code",),
        names=("Organisation name",),
        pairs=(("Organisation code", "Organisation name"),),
        marks=("-", "."),
        blank_codes=True,
        ordered=True,
    )
    yield layout(
        "workforce, tables",
        workforce.read_headcount,
        saved(tests._tables()),
        "1",
        key=("Organisation code",),
        counts=tuple(workforce.STAFF_GROUPS),
        codes=("Organisation code",),
        periods=("Data month",),
        one=("Data month", "Data type"),
        marks=("-", "."),
    )
    stems = [f"{stem}_eth_summary" for stem in ("har_from_pat", "har_from_staff", "equal", "q16b")]
    yield layout(
        "benchmark",
        survey_benchmark.read_benchmark,
        saved(tests._benchmark()),
        "Acute&Acute Community Trusts",
        key=("org_id",),
        codes=("org_id",),
        marks=("-", "*"),
        rules=tuple(
            people_of(f"{stem}_{group}_{year}", f"{stem}_n_{group}_{year}", 1)
            for stem in stems
            for group in (1, 2)
            for year in (2023, 2024)
        ),
    )
    score, tenth = systems.SUMMARY_COLUMNS
    yield layout(
        "indices, summary",
        systems.read_deprivation,
        saved(tests._summary()),
        "IMD",
        key=("Integrated Care Board code (2024)",),
        codes=("Integrated Care Board code (2024)",),
        names=("Name",),
        pairs=(("Integrated Care Board code (2024)", "Name"),),
        rules=(within(0, 1, tenth), within(0, 100, score)),
    )


def _to_a_hundred(records: list[Record]) -> str | None:
    """The answers to a question come to 100%."""
    for r in records:
        for answers in (("% Yes", "% No", "% Don't know"), ("% Yes #2", "% No #2"), ("% Yes #3", "% No #3")):
            found = [number(r[name]) for name in answers]
            if None not in found and abs(sum(found) - 100) > 0.01:
                return f"{' and '.join(answers)} come to {sum(found):g}"
    return None


# Reading what was spoilt


@dataclass(frozen=True)
class Case:
    """One spoilt file, and what became of it."""

    layout: str
    slip: Slip
    nature: str
    outcome: str
    detail: str
    seed: int

    @property
    def is_bad(self) -> bool:
        """Whether it must not be: a trace, or figures that nobody is told of although the file can be held to itself."""
        return self.outcome == TRACE or (self.nature != UNTOLD and self.outcome in (LOST, WRONG))


def figures_of(loaded: LoadedFigures, origin: str) -> dict[tuple, tuple]:
    """Return what a loader says, by figure; not what a file lacks by nature."""
    figures = pd.concat([one.figures for one in (loaded, *loaded.more)], ignore_index=True)
    figures = check_figures(figures, origin=origin)
    figures = figures[figures["recording"] != NOT_IN_THE_FILE]
    key = ["trust_code", "organisation_code", "indicator", "group", "period_start", "period_end"]
    said = ["value", "numerator", "denominator", "status", "unit", "recording"]
    return {
        tuple(map(str, row[: len(key)])): tuple(
            None if pd.isna(value) else round(value, 9) if isinstance(value, float) else value
            for value in row[len(key) :]
        )
        for row in figures[key + said].itertuples(index=False, name=None)
    }


def remarks_of(loaded: LoadedFigures) -> set[str]:
    """Return the remarks that say what is wrong with figures, not those about columns, and what is asked of a return."""
    remarks = {remark for remark in loaded.remarks if not remark.startswith("Columns ")}
    return remarks | {str(question) for question in loaded.questions}


def read_spoilt(
    layout: Layout, path: Path, trusts: TrustList, expected: dict[tuple, tuple], remarks: set[str]
) -> tuple[str, str]:
    """Read a spoilt file; return what became of it, and one difference in words."""
    try:
        loaded = layout.read(path, trusts)
        found = figures_of(loaded, path.name)
    except RaceEqualityError as error:
        return (REFUSED, str(error)) if path.name in str(error) else (TRACE, f"the file is not named: {error}")
    except Exception as error:  # what the benchmark is after
        return TRACE, f"{type(error).__name__}: {error}"
    if found == expected:
        return RIGHT, ""
    other = [
        key for key, said in found.items() if said != expected.get(key) and said[3] in ("ok", "suppressed")
        and not (said[3] == "suppressed" and key in expected)
    ]  # fmt: skip
    key = (other or [key for key in [*expected, *found] if expected.get(key) != found.get(key)])[0]
    detail = f"{' '.join(key[1:4])}: {_said(expected.get(key))} becomes {_said(found.get(key))}"
    if new := remarks_of(loaded) - remarks:
        return TOLD, f"{detail}; {min(new)}"
    return (WRONG if other else LOST), detail


def _said(figure: tuple | None) -> str:
    if figure is None:
        return "no figure"
    value, part, whole, status, *_ = figure
    if value is None:
        return status.replace("_", " ")
    return f"{value:g}" + (f" ({part:g} of {whole:g})" if part is not None and whole is not None else "")


def cases(
    chosen: Sequence[Layout], trusts: TrustList, slips: Sequence[Slip], seed: int, draws: int
) -> Iterator[Case | None]:
    """Make each slip on each layout and read the file; None for a draw that has nothing new to try.

    Yields
    ------
    Case or None
    """
    with tempfile.TemporaryDirectory() as folder:
        for layout in chosen:
            path = Path(folder) / layout.file_name
            table = layout.table
            layout.write(path, table.rows)
            if contradicted := layout.contradiction(table.rows):
                raise ValueError(f"{layout.name}, as it should be: {contradicted}")
            before = layout.read(path, trusts)
            expected, remarks = figures_of(before, path.name), remarks_of(before)
            for one in slips:
                tried: list[Rows | bytes] = [table.rows]
                for draw in range(draws):
                    spoilt = one.make(table, Random(f"{seed} {layout.name} {one.name} {draw}"))
                    if spoilt is None or spoilt in tried or (layout.workbook and isinstance(spoilt, bytes)):
                        yield None
                        continue
                    tried.append(spoilt)
                    layout.write(path, spoilt)
                    contradicted = layout.contradiction(spoilt)
                    nature = HARMLESS if one.harmless else CONTRADICTED if contradicted else UNTOLD
                    outcome, detail = read_spoilt(layout, path, trusts, expected, remarks)
                    if nature == CONTRADICTED and outcome != RIGHT:
                        detail += f" ({contradicted})"
                    yield Case(layout.name, one, nature, outcome, detail, seed)


# What is said at the end

_OUTCOMES = (RIGHT, REFUSED, TOLD, LOST, WRONG, TRACE)


def table_of(found: Iterable[Case], by: Callable[[Case], str], heading: str) -> list[str]:
    """Return a table of cases in Markdown: how many ended how; lost and accepted ones by what they are."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in found:
        groups[by(case)].append(case)
    lines = [
        f"| {heading} | tried | right | clear error | a remark says so | lost or accepted, not to be told | "
        "**lost or accepted, contradicted or harmless** | traces |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, of in [*groups.items(), ("**together**", [case for one in groups.values() for case in one])]:
        count = Counter(case.outcome for case in of)
        untold = sum(case.nature == UNTOLD and case.outcome in (LOST, WRONG) for case in of)
        bad = sum(case.is_bad and case.outcome != TRACE for case in of)
        numbers = (len(of), count[RIGHT], count[REFUSED], count[TOLD], untold, bad, count[TRACE])
        lines.append(f"| {name} | " + " | ".join(f"{value:,}" for value in numbers) + " |")
    return lines


def report(found: list[Case], arguments: str) -> str:
    """Return the report in Markdown."""
    bad = [case for case in found if case.is_bad]
    lines = [
        "# What becomes of spoilt files",
        "",
        f"Made by `python benchmarks/spoilt_files.py{arguments}`: {len({c.layout for c in found})} layouts, "
        f"{len({c.slip.name for c in found})} kinds of slip, {len(found):,} spoilt files. What a file contradicts is judged "
        "by the rules of its layout in the benchmark, and not by the loader. *Harmless* slips change the writing alone.",
        "",
        f"Of what is harmless or contradicted by the file itself, {sum(c.outcome != TRACE for c in bad)} were accepted or lost "
        f"figures without a word; {sum(c.outcome == TRACE for c in bad)} ended in a trace.",
        "",
        "## By kind of slip",
        "",
        *table_of(
            found, lambda case: f"{case.slip.name} ({case.slip.of}{', harmless' if case.slip.harmless else ''})", "slip"
        ),
        "",
        "## By layout",
        "",
        *table_of(found, lambda case: case.layout, "layout"),
        "",
        "## By seed: which cells and rows are spoilt",
        "",
        *table_of(found, lambda case: str(case.seed), "seed"),
        "",
    ]
    for title, chosen in (
        ("What must not be", bad),
        ("What cannot be told from the file: an example of each slip that was accepted or lost figures",
         [case for case in found if case.nature == UNTOLD and case.outcome in (LOST, WRONG)]),
    ):  # fmt: skip
        if chosen:
            lines += [f"## {title}", "", "| slip | layout | ends in | what changes |", "| --- | --- | --- | --- |"]
            examples = {(case.slip.name, case.layout if case.is_bad else ""): case for case in reversed(chosen)}
            for case in reversed(examples.values()):
                detail = case.detail.replace("|", "/").replace("\n", " ")[:200]
                lines.append(f"| {case.slip.sentence} | {case.layout} | {case.outcome} | {detail} |")
            lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Spoil, read, print and write; end with an error where a file was accepted that contradicts itself."""
    from rich.progress import Progress

    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        epilog="Examples: `python benchmarks/spoilt_files.py` (a minute; writes benchmarks/spoilt_files.md); "
        "`... --layouts fingertips ae --show` (two layouts, each bad case in a line); `... --list` (layouts and slips). "
        "The same seed makes the same slips.",
    )
    parser.add_argument("--layouts", nargs="+", metavar="NAME", help="only layouts whose name has one of these in it")
    parser.add_argument("--slips", nargs="+", metavar="NAME", help="only slips whose name has one of these in it")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="which cells and rows are spoilt (0)")
    parser.add_argument("--draws", type=int, default=DRAWS, help=f"how often each slip is made on a layout ({DRAWS})")
    parser.add_argument("--show", action="store_true", help="print every file that is accepted and must not be")
    parser.add_argument("--list", action="store_true", help="print the layouts and the slips, and read nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        known, trusts = layouts(Path(folder))
    chosen = [one for one in known if not options.layouts or any(name in one.name for name in options.layouts)]
    slips = [one for one in SLIPS if not options.slips or any(name in one.name for name in options.slips)]
    if not chosen or not slips:
        sys.exit(f"There is none of that name. Layouts: {'; '.join(one.name for one in known)}. Slips: see --list.")
    if options.list:
        print("\n".join(["Layouts:", *(f"  {one.name}" for one in chosen), "Slips:"]))
        print("\n".join(f"  {one.name}: {one.sentence}{' Harmless.' if one.harmless else ''}" for one in slips))
        return
    found: list[Case] = []
    with Progress() as progress:
        task = progress.add_task("spoilt files", total=len(options.seed) * len(chosen) * len(slips) * options.draws)
        for seed in options.seed:
            for case in cases(chosen, trusts, slips, seed, options.draws):
                progress.advance(task)
                if case is not None:
                    found.append(case)
    print("\n".join(table_of(found, lambda case: case.layout, "layout")))
    bad = [case for case in found if case.is_bad]
    if options.show:
        for case in bad:
            print(f"{case.layout}: {case.slip.name} [{case.nature}] {case.outcome}: {case.detail}")
    if not options.layouts and not options.slips:
        seeds = " ".join(map(str, options.seed))
        arguments = "".join(
            f" --{name} {value}" for name, value, usual in (("seed", seeds, "0"), ("draws", options.draws, DRAWS))
            if value != usual
        )  # fmt: skip
        RESULTS.write_text(report(found, arguments), encoding="utf-8")
        print(f"Written to {RESULTS.relative_to(ROOT)}.")
    if bad:
        sys.exit(f"{len(bad)} spoilt files were accepted, lost figures or ended in a trace, and must not (--show).")


if __name__ == "__main__":
    main()
