"""WRES indicators 5 to 8 by trust, from the Staff Survey's benchmark workbook itself.

Layout: a worksheet for each of five benchmarking groups, whose names are spelt differently from
year to year; a row for each trust; proportions 0 to 1 in columns such as
``har_from_pat_eth_summary_1_2024`` (1 is White, 2 is BME) and the responses they rest on in
``har_from_pat_eth_summary_n_1_2024``. The code of the trust is in the column where the codes are.

Notes
-----
The workbook has the mental health trusts that the CSV of :mod:`race_equality.sources.publications.wres` lacks,
and every trust's history as reweighted in its year. The last year gives ``wres_5`` to ``wres_8``,
and all years ``wres_panel_5`` to ``wres_panel_8``, which are never added up over years.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Sheet, Workbook, first_by_key
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.staff_survey import survey_period
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "wres_benchmark"

#: How the columns of an indicator begin.
INDICATOR_OF = {"har_from_pat": 5, "har_from_staff": 6, "equal": 7, "q16b": 8}
GROUP_OF = {"1": "White", "2": "Ethnic minority"}

#: Benchmarking group to what its worksheet's letters look like, whatever the year's spelling.
GROUP_SHEETS = {
    "acute and acute & community": r"acute(and)?acute(and)?community.*",
    "acute specialist": r"acutespecialist.*",
    "mental health": r"(mh|mentalhealth).*",
    "community": r"communitytrusts?",
    "ambulance": r"ambulance.*",
}

_COLUMN = re.compile(r"(har_from_pat|har_from_staff|equal|q16b)_eth_summary_(n_)?([12])_(20\d\d)(_n)?")
_CODE = re.compile(r"[A-Z][A-Z0-9]{2,4}")
_SUPPRESSED = frozenset({"", "-", "*", "**", "..", "[c]", "[x]"})
_HEADER_ROWS = 15  # the headers are among the first rows


@dataclass(frozen=True)
class _Columns:
    header_row: int
    code: int
    rates: dict[tuple[int, str, int], int]
    bases: dict[tuple[int, str, int], int]


def is_benchmark_workbook(sheet_names: list[str]) -> bool:
    """Return whether worksheets are those of the benchmark workbook."""
    return sum(any(_fits(pattern, name) for name in sheet_names) for pattern in GROUP_SHEETS.values()) >= 4


def read_benchmark(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read WRES indicators 5 to 8 of every year in the workbook.

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
        When a benchmarking group or an indicator's columns are missing, naming the nearest.
    """
    workbook = Workbook(path)
    sheets = [workbook.sheet(_sheet_of(group, workbook)) for group in GROUP_SHEETS]
    columns = [_columns(sheet, trusts) for sheet in sheets]
    years = sorted({year for found in columns for *_, year in found.rates})
    last = years[-1]
    figures = FigureRows(f"{PUBLICATION}_{last}", survey_period(last), trusts)
    codes: list[tuple[tuple, Cell]] = []
    inexact = 0
    for sheet, found in zip(sheets, columns, strict=True):
        for row in range(found.header_row + 1, len(sheet.rows)):
            code = sheet.cell(row, found.code)
            if not _CODE.fullmatch(code.text):
                if code.text:
                    figures.check_code(code)
                continue  # averages of the group and remarks are below the trusts
            codes.append(((code.text,), code))
            trust_code = figures.trust_of(code)
            if trust_code is None:
                continue
            for key, column in found.rates.items():
                number, group, year = key
                cell = sheet.cell(row, column)
                base_cell = sheet.cell(row, found.bases[key]) if key in found.bases else None
                figure, exact = _figure(cell, base_cell)
                inexact += not exact
                for indicator in (f"wres_panel_{number}", *([f"wres_{number}"] if year == last else [])):
                    about = (trust_code, code.text, indicator, group, "percent", cell.locator)
                    figures.add(*about, period=survey_period(year), **figure)
    first_by_key(codes, "organisation")
    for number in INDICATOR_OF.values():
        figures.complete(f"wres_{number}", GROUP_OF.values(), "percent", reason="not among the trusts")
    remarks = [f"{inexact} rates are not a whole number of people: their numerator is left empty."] if inexact else []
    return figures.loaded(str(last), " to ".join(f"autumn {year}" for year in sorted({years[0], last})), remarks)


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, re.sub(r"[^a-z]", "", name.casefold().replace("&", "and"))) is not None


def _sheet_of(group: str, workbook: Workbook) -> str:
    found = [name for name in workbook.sheet_names if _fits(GROUP_SHEETS[group], name)]
    if len(found) == 1:
        return found[0]
    near = nearest(group, workbook.sheet_names)
    problem = (
        f"No worksheet is that of {group} trusts."
        if not found
        else (f"Worksheets {' and '.join(found)} both look like that of {group} trusts.")
    )
    raise InputError(
        problem + (f" The nearest is {near!r}." if near and not found else ""),
        file=workbook.path,
        mend="Rename the right worksheet in a copy, for example 'Ambulance Trusts'.",
    )


def _columns(sheet: Sheet, trusts: TrustList) -> _Columns:
    for row in range(min(_HEADER_ROWS, len(sheet.rows))):
        names = {
            column: match
            for column in range(len(sheet.rows[row]))
            if (match := _COLUMN.fullmatch(sheet.cell(row, column).text.casefold()))
        }
        if names:
            break
    else:
        raise sheet.error(
            "There are no columns like har_from_pat_eth_summary_1_2024.",
            "Check that it is the benchmark workbook, with its column names.",
        )
    rates: dict[tuple[int, str, int], int] = {}
    bases: dict[tuple[int, str, int], int] = {}
    for column, match in names.items():
        stem, n_before, group, year, n_after = match.groups()
        target = bases if n_before or n_after else rates
        key = (INDICATOR_OF[stem], GROUP_OF[group], int(year))
        if key in target:
            raise sheet.error(f"Two columns are headed {match.group()!r}.", "Keep one.", row + 1)
        target[key] = column
    last = max(year for *_, year in rates)
    headers = [sheet.cell(row, column).text for column in range(len(sheet.rows[row]))]
    for stem, number in INDICATOR_OF.items():
        for digit, group in GROUP_OF.items():
            if (number, group, last) not in rates:
                wanted = f"{stem}_eth_summary_{digit}_{last}"
                near = nearest(wanted, [header for header in headers if header and header.casefold() != wanted])
                raise sheet.error(
                    f"There is no column {wanted!r}." + (f" The nearest is {near!r}." if near else ""),
                    "If the publisher renamed it, rename it back in a copy.",
                    row + 1,
                )

    def codes_in(column: int) -> int:
        texts = (sheet.cell(r, column).text for r in range(row + 1, len(sheet.rows)))
        return sum(trusts.current(text) is not None for text in texts if _CODE.fullmatch(text))

    width = max(len(cells) for cells in sheet.rows)
    code = max(range(width), key=codes_in)
    if not codes_in(code):
        raise sheet.error("No column holds the codes of trusts.", "Leave the column of ODS codes in.")
    return _Columns(row, code, rates, bases)


def _figure(rate: Cell, base: Cell | None) -> tuple[dict[str, Any], bool]:
    """Return value, numerator, denominator and status, and whether the count is whole."""
    responses = None
    if base is not None and base.text not in _SUPPRESSED:
        responses = base.number("number of responses", whole=True)
    if rate.text in _SUPPRESSED:
        return {"status": "suppressed", "denominator": responses}, True
    value = rate.number("proportion", high=1)
    if responses is None:
        return {"value": 100 * value}, True
    people = value * responses
    exact = abs(people - round(people)) <= 1e-3 * max(1, responses**0.5)
    return {"value": 100 * value, "denominator": responses, "numerator": float(round(people)) if exact else None}, exact


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="NHS Staff Survey benchmark workbook to {edition}: WRES indicators 5 to 8",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="wres/*enchmark*.xlsx",
        read=read_benchmark,
        is_workbook=is_benchmark_workbook,
        optional=True,
        replaces=("wres_5_to_8",),
        notes=(
            "All five benchmarking groups, mental health trusts among them. The publisher's groups are "
            "White and BME; BME is stored as Ethnic minority.",
            "The last year is wres_5 to wres_8; every year of the workbook, as reweighted in it, is "
            "wres_panel_5 to wres_panel_8.",
            "A blank, `-` or `*` is suppressed.",
        ),
    ),
)
