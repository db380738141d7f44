"""How a report begins: whom it is about, what must be known of them, and what to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from race_equality.analysis.gap_reading import read_board, read_gap, read_ratio
from race_equality.analysis.share_reading import direction_of_answer
from race_equality.definitions.indicators import BOARD, BY_ID, INDICATORS, WRES, figure_ids
from race_equality.report.display import CellOutput, callout
from race_equality.report.words import date, listing, lower_first
from race_equality.store.rows import rows_of
from race_equality.store.trust import Trust
from race_equality.store.trusts import read_trust_list

#: A kind of trust as it is written after "is".
KIND_WORDS = {
    "acute": "an acute trust",
    "acute specialist": "an acute specialist trust",
    "mental health": "a mental health trust",
    "community": "a community trust",
    "ambulance": "an ambulance trust",
    "online": "an online trust",
}

#: Who merged in the years of a long series says nothing of the figures a board reads.
_LONG_SERIES = figure_ids(one.id for one in INDICATORS if one.long_series)


def merged_organisations(trust: Trust, figures: pd.DataFrame) -> list[str]:
    """Return the codes of other organisations, or of parts, whose figures are counted as the trust's.

    Parameters
    ----------
    trust : Trust
    figures : pandas.DataFrame
        Tidy figures. Staff counted each March are left out: they reach back further than any other figure.
    """
    return sorted(_published_codes(trust, figures) - {trust.code})


def _published_codes(trust: Trust, figures: pd.DataFrame) -> set[str]:
    published = (
        (figures["trust_code"] == trust.code) & (figures["status"] == "ok") & ~figures["indicator"].isin(_LONG_SERIES)
    )
    return set(figures.loc[published, "organisation_code"].tolist())


def organisation_names(codes: Sequence[str]) -> list[str]:
    """Return organisations that merged by name and code; a code alone where no name is held.

    Parameters
    ----------
    codes : sequence of str

    Examples
    --------
    >>> organisation_names(["RVJ"])
    ['North Bristol NHS Trust (RVJ)']
    """
    known = read_trust_list()
    named = []
    for code in codes:
        succession = known.succession(code)
        named.append(f"{succession.old_name} ({code})" if succession and succession.old_name else code)
    return named


def merger_note(trust: Trust, figures: pd.DataFrame) -> CellOutput | None:
    """Say which organisations a trust's figures were published for, where it has merged or is published in parts.

    Parameters
    ----------
    trust : Trust
        The trust, as :func:`~race_equality.store.trusts.resolve_trust` returns it.
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    CellOutput or None
        None when there is nothing to say.
    """
    others = merged_organisations(trust, figures)
    if not others:
        return None
    where = "The last table of this report says which figure came from which organisation."
    if all(code.startswith(trust.code) for code in others):
        return callout(
            "note",
            "Some figures of this trust are published in parts",
            f"The publisher gives figures for the parts {listing(others)}. Where several parts have a "
            f"figure they are counted together; where one has, the figure is of that part. {where}",
        )
    since = (
        f" It opened on {date(pd.Timestamp(trust.open_date))}."
        if trust.open_date and trust.code not in _published_codes(trust, figures)
        else ""
    )
    return callout(
        "note",
        "This trust has merged since some of the figures were published",
        f"Figures published for {listing(organisation_names(others))} are counted with this trust’s own.{since} {where}",
    )


def questions_for_the_board(
    here: pd.DataFrame, likelihoods: pd.DataFrame, board: pd.DataFrame, asked: pd.DataFrame
) -> str:
    """List what a board could ask, from the indicators that are reliably adverse.

    Parameters
    ----------
    here, likelihoods, board : pandas.DataFrame
        WRES 5 to 8, 2 to 4 and 9 of the trust.
    asked : pandas.DataFrame
        What all staff answered: asked about where no gap by ethnic group is clear.

    Returns
    -------
    str
        Markdown: a heading and a list. The widest gap comes first.
    """
    adverse: list[tuple[float, Any]] = []
    for row in rows_of(here[here["status"] == "ok"]):
        if read_gap(row).direction == "adverse":
            adverse.append((abs(row.gap), row.number))
    for row in rows_of(likelihoods.groupby("number").tail(1)):
        if read_ratio(row).direction == "adverse":
            adverse.append((0.0, row.number))
    if len(board) and read_board(board.iloc[-1]).direction == "adverse":
        adverse.append((0.0, BOARD.number))
    most = [WRES[number] for _, number in sorted(adverse, reverse=True)[:4]]
    lines = [f"- {one.name}: {lower_first(one.board_question)}" for one in most if one.board_question]
    if not lines:
        lines = [
            f"- {BY_ID[row.indicator].in_few_words}: {lower_first(BY_ID[row.indicator].board_question)}"
            for row in rows_of(asked)
            if direction_of_answer(row) == "adverse"
        ]
    if not lines:
        lines = ["- Which of the figures below has the board not seen before, and who will bring the rest?"]
    lines.append("- Who on the board owns each answer, and on what date will the board hear it?")
    return "### Questions for the board\n\n" + "\n".join(lines)
