"""Integrated care boards: codes and names, deprivation, and the boards that a trust's patients come from.

A board has an ONS code (E54…) and an NHS code (Q…), as the list of 2024 gives them. On 1 April 2026
42 boards became 36 and two were split, so a figure of 2022 to 2025 keeps the board of its time.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Workbook, csv_columns, first_by_key, read_csv
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.headers import normalised, same_words
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

CODES_COLUMNS = ("icb24_code", "icb24_code_nhs", "icb24_name")
REGISTER_COLUMNS = ("icb_code", "icb_name", "open_date", "close_date")
REGISTER_FILE = Path("geography") / "icb.csv"
_SMALL = {"AND": "and", "OF": "of", "THE": "the", "NHS": "NHS"}
DEPRIVATION = "system_deprivation"
DEPRIVATION_COLUMNS = (
    "icb24_code",
    "icb24_name",
    "imd_average_score",
    "imd_proportion_of_lso_as_in_most_deprived_10_percent_nationally",
)
SHARES = "catchment_systems"
SHARES_COLUMNS = ("nhs_trust22_code", "icb22_code", "proportion_trust_came_from_icb")
#: Boards whose ONS code changed when a boundary moved in 2023, by their code of 2022.
CODES_OF_2022 = {
    "E54000052": "E54000063",  # Surrey Heartlands
    "E54000053": "E54000064",  # Sussex
}
#: Of MHCLG's summary by board (File 13), sheet ``IMD``.
SUMMARY_COLUMNS = ("IMD - Average score", "IMD - Proportion of LSOAs in most deprived 10% nationally")
#: Of MHCLG's file of neighbourhoods (File 7).
NEIGHBOURHOOD_COLUMNS = (
    "LSOA code (2021)",
    "Index of Multiple Deprivation (IMD) Score",
    "Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs)",
    "Total population: mid 2022",
)
_MOST_ROWS_ABOVE = 15  # headers further down than this are none


def read_codes(path: Path) -> dict[str, tuple[str, str]]:
    """Return each board's NHS code and short name, by its ONS code.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to (str, str)
        ``{"E54000030": ("QKK", "South East London")}``, names as the trust list has them.

    Raises
    ------
    InputError
    """
    table = read_csv(path, CODES_COLUMNS)
    for column in CODES_COLUMNS:
        first_by_key((((r[column].text,), r[column]) for r in table), "board")
    return {r["icb24_code"].text: (r["icb24_code_nhs"].text, short_name(r["icb24_name"].name("board"))) for r in table}


def short_name(name: str) -> str:
    """Return a board's name without the words that every board has.

    Examples
    --------
    >>> short_name("NHS South East London Integrated Care Board")
    'South East London'
    """
    return name.removeprefix("NHS ").removesuffix(" Integrated Care Board")


@dataclass(frozen=True)
class Board:
    """One integrated care board of the register.

    Parameters
    ----------
    code, name : str
        NHS code and short name.
    opened : datetime.date
    closed : datetime.date or None
    """

    code: str
    name: str
    opened: date
    closed: date | None


def read_register(path: Path) -> list[Board]:
    """Read which boards there are and were: twelve closed on 31 March 2026, and six opened the day after.

    Parameters
    ----------
    path : Path
        ``icb_code``, ``icb_name`` in capitals, ``open_date`` and ``close_date`` as ``20260331`` (also
        written ``20260331.0``).

    Returns
    -------
    list of Board

    Raises
    ------
    InputError

    Notes
    -----
    Two of the twelve were divided between several, so no figure of a board is carried over to another.
    """
    table = read_csv(path, REGISTER_COLUMNS, optional=("is_current",))
    first_by_key((((r["icb_code"].text,), r["icb_code"]) for r in table), "board")
    boards = []
    for record in table:
        opened = _day(record["open_date"])
        if opened is None:
            raise record["open_date"].error("The board has no opening date.", "Download the file again.")
        name = " ".join(_SMALL.get(w, w.capitalize()) for w in record["icb_name"].name("board").split())
        name = name.removeprefix("NHS ").removesuffix(" Integrated Care Board")
        boards.append(Board(record["icb_code"].text, name, opened, _day(record["close_date"])))
    return boards


def _day(cell: Cell) -> date | None:
    text = cell.text.removesuffix(".0")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        raise cell.error(f"{cell.text!r} is not a day.", "Write it as 20260331.") from None


def codes_csv(codes: Mapping[str, tuple[str, str]], register: Sequence[Board] = ()) -> bytes:
    """Return the text of ``systems.csv``: codes, short name, and first and last day of each board.

    Parameters
    ----------
    codes : mapping of str to (str, str)
        From :func:`read_codes`.
    register : sequence of Board
        From :func:`read_register`; boards that ``codes`` does not have are added, without an ONS code.

    Returns
    -------
    bytes
    """
    days = {
        board.code: (board.opened.isoformat(), board.closed.isoformat() if board.closed else "") for board in register
    }
    rows = [(code, name, ons_code, *days.get(code, ("", ""))) for ons_code, (code, name) in codes.items()]
    known = {code for code, _ in codes.values()}
    rows += [(board.code, board.name, "", *days[board.code]) for board in register if board.code not in known]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("system_code", "system_name", "ons_code", "open_date", "close_date"))
    writer.writerows(sorted(rows))
    return text.getvalue().encode()


def is_deprivation_workbook(sheet_names: Sequence[str]) -> bool:
    """Return whether worksheets are those of a summary of the indices of deprivation."""
    return {"imd", "idaci", "idaopi"} <= {normalised(name) for name in sheet_names}


def read_deprivation(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the Index of Multiple Deprivation 2025 of each board.

    Parameters
    ----------
    path : Path
        One of three layouts: MHCLG's summary of integrated care boards (File 13, a workbook); its file
        of neighbourhoods (File 7, a CSV), with the ONS's lookup from neighbourhoods to boards in the same
        folder; or a CSV of the summary's figures.
    trusts : TrustList
        For the codes of boards: the figures are under their NHS codes.

    Returns
    -------
    LoadedFigures
        ``system_imd_score``, the average over neighbourhoods by population, and ``system_most_deprived_tenth``.

    References
    ----------
    Ministry of Housing, Communities and Local Government (2025), English indices of deprivation 2025:
    technical report, section 3.8 (summary measures: the average score is weighted by population).
    """
    if is_workbook(path):
        return _read_summary(path, trusts)
    columns = {same_words(name) for name in csv_columns(path)}
    if {same_words(name) for name in NEIGHBOURHOOD_COLUMNS} <= columns:
        return _read_neighbourhoods(path, trusts)
    codes = boards_by_code(path, trusts)
    table = read_csv(path, DEPRIVATION_COLUMNS, optional=("imd_rank_of_average_score",))
    first_by_key((((r["icb24_code"].text,), r["icb24_code"]) for r in table), "board")
    figures = _deprivation_rows(trusts)
    if "imd_rank_of_average_score" in table.columns:
        _check_ranks([(record["imd_rank_of_average_score"], record[DEPRIVATION_COLUMNS[2]]) for record in table])
    for record in table:
        figures.check_name(_nhs_code(record["icb24_code"], codes), record["icb24_name"])
        _add_deprivation(
            figures,
            _nhs_code(record["icb24_code"], codes),
            record[DEPRIVATION_COLUMNS[2]],
            record[DEPRIVATION_COLUMNS[3]],
        )
    return figures.loaded("2025", "2025", table.remarks)


def _check_ranks(cells: Sequence[tuple[Cell, Cell]]) -> None:
    """Hold scores to the publisher's own ranks, of which 1 is the most deprived."""
    ranked = sorted(
        ((rank.number("rank", low=1), score.number("score", high=100), score) for rank, score in cells),
        key=lambda one: one[:2],
    )
    for (before, higher, _), (rank, lower, score) in pairwise(ranked):
        # two of one rank have one score
        if lower > higher:
            raise score.error(
                f"The score {lower:g} has rank {rank:g}, and that of rank {before:g} is lower, {higher:g}.",
                "Download the file again.",
            )


def _deprivation_rows(trusts: TrustList) -> FigureRows:
    return FigureRows(f"{DEPRIVATION}_2025", (date(2025, 1, 1), date(2025, 12, 31)), trusts)


def _add_deprivation(figures: FigureRows, code: str, score: Cell, tenth: Cell) -> None:
    figures.add(
        code, code, "system_imd_score", "All people", "score", score.locator, value=score.number("score", high=100)
    )
    about = (code, code, "system_most_deprived_tenth", "Neighbourhoods", "percent", tenth.locator)
    figures.add(*about, value=100 * tenth.number("proportion", high=1))


def _read_summary(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read File 13: a sheet for each index, of which ``IMD`` is read; a board a row."""
    codes = boards_by_code(path, trusts)
    codes |= {nhs: (nhs, name) for nhs, name in codes.values()}  # the sheet may have either code
    sheet = Workbook(path).sheet("IMD")
    header_row = next(
        (
            number
            for number, row in enumerate(sheet.rows[:_MOST_ROWS_ABOVE])
            if any(same_words(str(value)) == same_words(SUMMARY_COLUMNS[0]) for value in row)
        ),
        None,
    )
    if header_row is None:
        headers = [str(value) for row in sheet.rows[:_MOST_ROWS_ABOVE] for value in row if value != ""]
        near = nearest(SUMMARY_COLUMNS[0], headers)
        raise sheet.error(
            f"There is no column headed {SUMMARY_COLUMNS[0]!r}." + (f" The nearest is {near!r}." if near else ""),
            "Check that it is a summary of the indices of deprivation.",
        )
    score, tenth = (sheet.column(header_row, name) for name in SUMMARY_COLUMNS)
    rows = range(header_row + 1, len(sheet.rows))
    width = len(sheet.rows[header_row])
    code_column = max(range(width), key=lambda c: sum(sheet.cell(row, c).text in codes for row in rows))
    cells = [cell for row in rows if (cell := sheet.cell(row, code_column)).text]
    if not any(cell.text in codes for cell in cells):
        raise sheet.error(
            "No column holds the codes of integrated care boards.",
            "Of the summaries, give that of integrated care boards (File 13).",
        )
    first_by_key((((cell.text,), cell) for cell in cells), "board")
    figures = _deprivation_rows(trusts)
    for row in rows:
        cell = sheet.cell(row, code_column)
        if cell.text:
            code = _nhs_code(cell, codes)
            for column in range(width):
                figures.check_name(code, sheet.cell(row, column))  # the header of the column of names is not known
            _add_deprivation(figures, code, sheet.cell(row, score), sheet.cell(row, tenth))
        elif isinstance(sheet.cell(row, score).value, float):
            raise cell.error("The row has no code of a board.", "Fill in the code, or download the workbook again.")
    return figures.loaded("2025", "2025", sheet.remarks)


def _read_neighbourhoods(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read File 7: a neighbourhood (LSOA of 2021) a row; boards are averaged as MHCLG does."""
    codes = boards_by_code(path, trusts)
    board_of, lookup = _board_of_neighbourhoods(path)
    table = read_csv(path, NEIGHBOURHOOD_COLUMNS)
    area_column, score_column, decile_column, people_column = NEIGHBOURHOOD_COLUMNS
    first_by_key((((r[area_column].text,), r[area_column]) for r in table), "neighbourhood")
    sums: dict[str, list[float]] = {}
    rows: dict[str, int] = {}
    for record in table:
        area = record[area_column]
        board = board_of.get(area.text)
        if board is None:
            raise area.error(
                f"The neighbourhood {area.text} is not in {lookup.name}.",
                "Give the lookup of the same neighbourhoods (LSOA 2021).",
            )
        code = _nhs_code(board, codes)
        people = record[people_column].number("population", whole=True)
        decile = record[decile_column].number("decile", low=1, high=10, whole=True)
        total = sums.setdefault(code, [0.0, 0.0, 0.0, 0.0])
        total[0] += people
        total[1] += people * record[score_column].number("score", high=100)
        total[2] += 1
        total[3] += decile == 1
        rows.setdefault(code, record.row)
    figures = _deprivation_rows(trusts)
    for code, (people, score, areas, deprived) in sorted(sums.items()):
        if not people:
            raise table.records[0][people_column].error(f"The board {code} has no people.", "Download it again.")
        at = f"row {rows[code]}, {score_column} (mean of {areas:,.0f} neighbourhoods by population)"
        figures.add(code, code, "system_imd_score", "All people", "score", at, value=score / people)
        at = f"row {rows[code]}, {decile_column} (of {areas:,.0f} neighbourhoods)"
        about = (code, code, "system_most_deprived_tenth", "Neighbourhoods", "percent", at)
        figures.add(*about, value=100 * deprived / areas, numerator=deprived, denominator=areas)
    remarks = [f"Neighbourhoods put to boards by {lookup.name}."]
    # the other indices of the file are not used here, and are many: they are no news
    return figures.loaded("2025", "2025", remarks)


def _board_of_neighbourhoods(path: Path) -> tuple[dict[str, Cell], Path]:
    for other in sorted(path.parent.glob("*.csv")):
        if other == path:
            continue
        columns = csv_columns(other)
        area = next((c for c in columns if normalised(c) == "lsoa21cd"), None)
        board = next((c for c in columns if re.fullmatch(r"icb2[2-5]cd", normalised(c))), None)
        if area and board:
            return {r[area].text: r[board] for r in read_csv(other, (area, board))}, other
    raise InputError(
        "The file has neighbourhoods, and does not say in which integrated care board each lies.",
        file=path,
        mend="Add MHCLG's summary of integrated care boards instead (File 13), or put the ONS's lookup "
        "from LSOA 2021 to boards (columns LSOA21CD and ICB24CD) in the same folder.",
    )


def read_shares(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read from which boards the patients of each trust come.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        ``catchment_system``, with the short name of a board as the group.

    Raises
    ------
    InputError
        Also when the shares of a trust do not come to one.
    """
    codes = boards_by_code(path, trusts)
    table = read_csv(path, SHARES_COLUMNS)
    trust_column, board_column, share_column = SHARES_COLUMNS
    first_by_key((((r[trust_column].text, r[board_column].text), r[board_column]) for r in table), "trust and board")
    figures = FigureRows(f"{SHARES}_2022", (date(2022, 1, 1), date(2022, 12, 31)), trusts)
    together: dict[str, float] = {}
    last: dict[str, Cell] = {}
    for record in table:
        organisation, share = record[trust_column].text, record[share_column]
        _nhs_code(record[board_column], codes)
        value = share.number("proportion", high=1)
        if organisation not in together:
            figures.check_code(record[trust_column])
            together[organisation] = 0.0
            last[organisation] = share
        together[organisation] += value
        trust_code = trusts.current(organisation)
        if trust_code is None:
            continue
        board = codes[record[board_column].text][1]
        about = (trust_code, organisation, "catchment_system", board, "percent", share.locator)
        figures.add(*about, value=100 * value)
    for organisation, total in together.items():
        # patients from Wales and Scotland come from no board, so a little less than one is whole
        if not 0.5 <= total <= 1 + 1e-6:
            raise last[organisation].error(
                f"The shares of {organisation} come to {total:.3f}.", "Download the file again."
            )
        figures.trust_of(organisation)  # counts it once when it is left out
    return figures.loaded("2022", "2022", table.remarks)


def boards_by_code(path: Path, trusts: TrustList) -> dict[str, tuple[str, str]]:
    """Return boards by ONS code, those of 2022 among them."""
    if not trusts.boards:
        raise InputError(
            "The list of integrated care boards has not been read.",
            file=path,
            mend="Restore data/figures/systems.csv from git, or run `race-equality data read`.",
        )
    codes = dict(trusts.boards)
    return codes | {old: codes[new] for old, new in CODES_OF_2022.items() if new in codes}


def _nhs_code(cell: Cell, codes: Mapping[str, tuple[str, str]]) -> str:
    if cell.text not in codes:
        raise cell.error(
            f"{cell.text!r} is not the code of a board of 2022 to 2024.", "Use an edition of the same boards."
        )
    return codes[cell.text][0]


PUBLICATIONS = (
    Publication(
        id=DEPRIVATION,
        title="English Indices of Deprivation {edition}, by integrated care board",
        publisher="Ministry of Housing, Communities and Local Government",
        url="https://www.gov.uk/government/collections/english-indices-of-deprivation",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/imd2025_by_icb.csv",
        read=read_deprivation,
        columns=DEPRIVATION_COLUMNS,
        other_columns=(NEIGHBOURHOOD_COLUMNS,),
        is_workbook=is_deprivation_workbook,
        notes=(
            "trust_code is the board's NHS code (2024). A higher score is more deprived; "
            "system_most_deprived_tenth is the share of neighbourhoods in the most deprived tenth of England.",
        ),
    ),
    Publication(
        id=SHARES,
        title="Integrated care boards that acute trusts' patients come from, {edition}",
        publisher="Office for Health Improvement and Disparities and Office for National Statistics",
        url="https://fingertips.phe.org.uk/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/trust_to_icb_shares_*.csv",
        read=read_shares,
        columns=SHARES_COLUMNS,
        optional=True,
        notes=(
            "Boards of 2022, organisations as they were: of a trust that merged since there are the shares of "
            "each part, which must not be added up.",
        ),
    ),
)
