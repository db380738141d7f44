"""WRES 2 to 4 and 9 of a trust next to those of the trusts that publish theirs, in table rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import pandas as pd

from race_equality.definitions.indicators import BOARD, WRES
from race_equality.report.words import STATUS_WORDS, interval, points, ratio
from race_equality.report.words import period as period_words

_NOBODY = "No trust publishes it"
_ALONE = "This trust alone"


def comparators_table(
    likelihoods: pd.DataFrame,
    board: pd.DataFrame,
    together: pd.DataFrame,
    national: Mapping[int, tuple[str, pd.Timestamp]],
    sets: Collection[str],
    trust_code: str,
) -> pd.DataFrame:
    """Put the trust's latest figures next to those of trusts that publish theirs for the same year.

    Parameters
    ----------
    likelihoods, board : pandas.DataFrame
        From :func:`race_equality.analysis.wres_return.relative_likelihoods` and
        :func:`~race_equality.analysis.wres_return.board_against_workforce`.
    together : pandas.DataFrame
        From :func:`race_equality.analysis.returns_of_trusts.returns_together`.
    national : mapping
        From :func:`race_equality.report.summary_table.national_values`.
    sets : collection of str
        The series of ``together``, in the order of the columns.
    trust_code : str

    Returns
    -------
    pandas.DataFrame
        Text: ``measure``, ``when``, ``here``, a column for each set with how many trusts it is over, and ``england``.
        Empty where no trust publishes an indicator for a year that this trust has.
    """
    latest = [(int(row["number"]), row) for _, row in likelihoods.groupby("number").tail(1).iterrows()]
    if len(board) and BOARD.number is not None:
        latest.append((BOARD.number, board.iloc[-1]))
    rows = []
    for number, found in latest:
        others = together[(together["number"] == number) & (together["period_end"] == found["period_end"])]
        if others.empty:
            continue
        others = others.set_index("series")
        row = {
            "measure": f"{WRES[number].name} ({WRES[number].label})",
            "when": period_words(found.get("period_start", found["period_end"]), found["period_end"]),
            "here": _here(number, found),
            "england": national[number][0] if number in national else STATUS_WORDS["not_available"],
        }
        for name in sets:
            row[name] = _together(number, others.loc[name], trust_code) if name in others.index else _NOBODY
        rows.append(row)
    return pd.DataFrame(rows, columns=["measure", "when", "here", *sets, "england"])


def _here(number: int, found: pd.Series) -> str:
    if found["status"] != "ok":
        return STATUS_WORDS["suppressed"]
    if number == BOARD.number:
        lower, upper = (found[f"board_{end}"] - found["workforce_percent"] for end in ("lower", "upper"))
        return f"{points(found['difference'])} ({interval(lower, upper)})"
    return ratio(found["ratio"], found["lower"], found["upper"])


def _together(number: int, others: pd.Series, trust_code: str) -> str:
    """Say what a set has together, and how many trusts it is; a set of one may be the trust itself."""
    if others["only"] == trust_code:
        return _ALONE
    if math.isnan(others["value"]):
        return STATUS_WORDS["not_available"]
    text = (
        f"{points(others['value'])} ({interval(others['lower'], others['upper'])})"
        if number == BOARD.number
        else ratio(others["value"], others["lower"], others["upper"])
    )
    return f"{text}, {others['trusts']} trust{'s' if others['trusts'] > 1 else ''}"
