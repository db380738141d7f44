"""Integrated care boards: codes and names, deprivation, and the boards that a trust's patients come from.

A board has an ONS code (E54…) and an NHS code (Q…), as the list of 2024 gives them. On 1 April 2026
42 boards became 36 and two were split, so a figure of 2022 to 2025 keeps the board of its time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from race_equality.errors import InputError
from race_equality.figures.trusts import TrustList
from race_equality.sources.publication import FigureRows, Reading
from race_equality.sources.reading import Cell, first_by_key, read_csv

CODES_COLUMNS = ("icb24_code", "icb24_code_nhs", "icb24_name")
DEPRIVATION = "system_deprivation"
DEPRIVATION_COLUMNS = (
    "icb24_code", "icb24_name", "imd_average_score",
    "imd_proportion_of_lso_as_in_most_deprived_10_percent_nationally",
)  # fmt: skip
SHARES = "catchment_systems"
SHARES_COLUMNS = ("nhs_trust22_code", "icb22_code", "proportion_trust_came_from_icb")
#: Boards whose ONS code changed when a boundary moved in 2023, by their code of 2022.
CODES_OF_2022 = {
    "E54000052": "E54000063",  # Surrey Heartlands
    "E54000053": "E54000064",  # Sussex
}
#: The list of codes, from a folder of raw files beside ``population``.
CODES_FILE = Path("geography") / "icb_2024_codes.csv"


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
    return {r["icb24_code"].text: (r["icb24_code_nhs"].text, short_name(r["icb24_name"].text)) for r in table}


def short_name(name: str) -> str:
    """Return a board's name without the words that every board has.

    Examples
    --------
    >>> short_name("NHS South East London Integrated Care Board")
    'South East London'
    """
    return name.removeprefix("NHS ").removesuffix(" Integrated Care Board")


def codes_csv(codes: Mapping[str, tuple[str, str]]) -> bytes:
    """Return the text of ``systems.csv``: NHS code and short name of each board."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("system_code", "system_name"))
    writer.writerows(sorted(codes.values()))
    return text.getvalue().encode()


def read_deprivation(path: Path, trusts: TrustList) -> Reading:
    """Read the Index of Multiple Deprivation 2025 of each board.

    Parameters
    ----------
    path : Path
        With the list of boards' codes in ``../geography`` beside it.
    trusts : TrustList
        Not used: the figures are those of boards, under their NHS codes.

    Returns
    -------
    Reading
    """
    codes = _codes_beside(path)
    table = read_csv(path, DEPRIVATION_COLUMNS, optional=("imd_rank_of_average_score",))
    first_by_key((((r["icb24_code"].text,), r["icb24_code"]) for r in table), "board")
    day = date(2025, 12, 31)
    figures = FigureRows(f"{DEPRIVATION}_2025", (date(2025, 1, 1), day), trusts)
    for record in table:
        code = _nhs_code(record["icb24_code"], codes)
        score, tenth = record[DEPRIVATION_COLUMNS[2]], record[DEPRIVATION_COLUMNS[3]]
        figures.add(
            code,
            code,
            "system_imd_score",
            "All people",
            "score",
            score.locator,
            value=score.number("score", high=100),
        )
        figures.add(
            code,
            code,
            "system_most_deprived_tenth",
            "Neighbourhoods",
            "percent",
            tenth.locator,
            value=100 * tenth.number("proportion", high=1),
        )
    remarks = [f"Columns not read: {', '.join(table.unknown_columns)}."] if table.unknown_columns else []
    return figures.reading("2025", "2025", remarks)


def read_shares(path: Path, trusts: TrustList) -> Reading:
    """Read from which boards the patients of each trust come.

    Parameters
    ----------
    path : Path
        With the list of boards' codes in ``../geography`` beside it.
    trusts : TrustList

    Returns
    -------
    Reading
        ``catchment_system``, with the short name of a board as the group.

    Raises
    ------
    InputError
        Also when the shares of a trust do not come to one.
    """
    codes = _codes_beside(path)
    codes |= {old: codes[new] for old, new in CODES_OF_2022.items() if new in codes}
    table = read_csv(path, SHARES_COLUMNS)
    trust_column, board_column, share_column = SHARES_COLUMNS
    first_by_key(
        (((r[trust_column].text, r[board_column].text), r[board_column]) for r in table), "trust and board"
    )
    figures = FigureRows(f"{SHARES}_2022", (date(2022, 1, 1), date(2022, 12, 31)), trusts)
    together: dict[str, float] = {}
    last: dict[str, Cell] = {}
    for record in table:
        organisation, share = record[trust_column].text, record[share_column]
        _nhs_code(record[board_column], codes)
        value = share.number("proportion", high=1)
        if organisation not in together:
            together[organisation] = 0.0
            last[organisation] = share
        together[organisation] += value
        trust_code = trusts.current(organisation)
        if trust_code is None:
            continue
        figures.add(
            trust_code,
            organisation,
            "catchment_system",
            codes[record[board_column].text][1],
            "percent",
            share.locator,
            value=100 * value,
        )
    for organisation, total in together.items():
        # patients from Wales and Scotland come from no board, so a little less than one is whole
        if not 0.5 <= total <= 1 + 1e-6:
            raise last[organisation].error(
                f"The shares of {organisation} come to {total:.3f}.", "Download the file again."
            )
        figures.trust_of(organisation)  # counts it once when it is left out
    remarks = [f"Columns not read: {', '.join(table.unknown_columns)}."] if table.unknown_columns else []
    return figures.reading("2022", "2022", remarks)


def _codes_beside(path: Path) -> dict[str, tuple[str, str]]:
    codes_path = path.parents[1] / CODES_FILE
    if not codes_path.is_file():
        raise InputError(
            f"The codes of the boards are not there ({CODES_FILE}).",
            file=path,
            mend="Put the list of integrated care boards there, as in the folder of raw files.",
        )
    return read_codes(codes_path)


def _nhs_code(cell: Cell, codes: Mapping[str, tuple[str, str]]) -> str:
    if cell.text not in codes:
        raise cell.error(
            f"{cell.text!r} is not the code of a board in {CODES_FILE.name}.",
            "Use a list of boards of the same year.",
        )
    return codes[cell.text][0]
