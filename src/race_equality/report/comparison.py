"""The page on which a reader compares trusts: what its script reads, and what is there without a script.

The script (``_extensions/race-equality/web/compare.js``) computes what :mod:`race_equality.analysis.comparison` computes, of the same
rounded figures; a test compares the two in a browser.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from race_equality.analysis.comparison import (
    FEWEST_IN_A_GROUP,
    ComparedFigure,
    ComparedFindings,
    FigureOfTrusts,
    Together,
    Trait,
    compared_figures,
    together,
)
from race_equality.analysis.patient_findings import SLOPE
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import BANDS, BY_ID, figure_ids
from race_equality.definitions.units import DECIMALS
from race_equality.report.display import CellOutput, Linked
from race_equality.report.summary_table import NOT_LOADED, NOT_READ
from race_equality.report.words import STATUS_WORDS, interval, lower_first, percent, period, points
from race_equality.store.rows import groups_of
from race_equality.store.trusts import TrustList

_Word = TypeVar("_Word")

#: The parts of the table.
SECTIONS = {"wres": "Workforce Race Equality Standard (WRES)", "patients": "Patients", "workforce": "Workforce"}
_UNIT_WORDS = {
    "percent": "per cent",
    "percentage points": "points",
    "ratio": "ratio",
    "percent a year": "per cent a year",
}


def figure_name(row: ComparedFigure) -> tuple[str, str]:
    """Return the name of a row, and what it is in few words.

    Parameters
    ----------
    row : ComparedFigure

    Returns
    -------
    tuple of (str, str)

    Examples
    --------
    >>> figure_name(compared_figures()[4])
    ('5. Harassment from the public: gap', 'ethnic minority minus White staff, points')
    """
    one = BY_ID[row.measure]
    name = f"{one.number}. {one.in_few_words}" if one.number else one.name
    unit = _UNIT_WORDS[row.unit]
    if one.compares == "board" and row.unit == "percent":  # what the return has of all pay bands together
        return f"{BANDS.number}. {BANDS.in_few_words}: all bands", "per cent of staff from ethnic minorities"
    if one.compares == "board":
        return name, f"board minus workforce, {unit} from ethnic minorities"
    if one.likelihood is not None:
        return name, f"{lower_first(one.likelihood.first)} over {one.likelihood.second}, {unit}".replace(
            "white", "White"
        )
    if one.compares == "gap":
        if row.unit == "percent":
            return f"{name}: ethnic minority staff", unit
        return f"{name}: gap", f"ethnic minority minus White staff, {unit}"
    if row.group == SLOPE:
        return f"{name}: by deprivation", f"most deprived end minus least, {unit}"
    if row.unit == "percentage points":
        return f"{name}: {row.group}", unit
    if row.is_rest:
        return _OF_THE_REST[row.measure], unit
    return name, f"{unit}, {lower_first(row.group)}" if row.unit == "percent" else f"{unit}"


_OF_THE_REST = {
    "staff_survey_q28": "Staff who answered the survey, from ethnic minorities",
    "catchment_ethnicity": "People whom the trust serves, from ethnic minorities",
}


def shown_figures(table: ComparedFindings) -> list[ComparedFigure]:
    """Return the rows that there is something to say of: all of the WRES, and what any trust has a figure of.

    Parameters
    ----------
    table : ComparedFindings
        From :func:`race_equality.analysis.comparison.compared_findings`.

    Returns
    -------
    list of ComparedFigure
    """
    return [row for row in compared_figures() if row.section == "wres" or table.of(row) is not None]


def figures_used() -> list[str]:
    """Return the ids of the figures that the page rests on, for its sources."""
    return figure_ids(dict.fromkeys(row.measure for row in compared_figures()))


def page_data(
    table: ComparedFindings, known: Sequence[Trait], listed: TrustList, sources: Sequence[str]
) -> dict[str, Any]:
    """Return what the page's script reads.

    Parameters
    ----------
    table : ComparedFindings
        From :func:`race_equality.analysis.comparison.compared_findings`.
    known : sequence of Trait
        From :func:`race_equality.analysis.comparison.traits`.
    listed : TrustList
        The trusts, and what became of those that closed.
    sources : sequence of str
        Titles of the publications, for what is printed.

    Returns
    -------
    dict
        ``trusts``: code, name and place in each trait's values (null where it is not known). ``closed``: code to name, the
        code of its successor today ("" where there is no one) and day. ``rows`` and ``parts``: what is shown, and what groups are
        added up from; each has ``of`` (measure, group, unit) and ``cells``, one for each trust: value, lower, upper, people and place of its period, or the
        place of why there is none in ``statuses``.
    """
    trusts = listed.trusts[listed.trusts["trust_code"] != DEMONSTRATION_CODE].sort_values("trust_name", kind="stable")
    order = [table.codes.index(code) for code in trusts["trust_code"]]
    cells = _Cells(order)
    rows = shown_figures(table)
    parts = sorted({(row.measure, part) for row in rows for part in row.parts})
    return {
        "trusts": [
            [code, name, *(trait.of.get(code) for trait in known)]
            for code, name in zip(trusts["trust_code"], trusts["trust_name"], strict=True)
        ],
        "traits": [{"id": trait.id, "name": trait.name, "values": list(trait.values)} for trait in known],
        "closed": _closed(listed),
        "sections": SECTIONS,
        "fewest": FEWEST_IN_A_GROUP,
        "hidden": STATUS_WORDS["suppressed"],
        "sources": f"Sources: {'; '.join(sources)}. Open Government Licence v3.0.",
        "rows": [
            {
                "id": row.id,
                "of": [row.measure, row.group, row.unit],
                "rest": row.is_rest,
                "name": figure_name(row)[0],
                "about": figure_name(row)[1],
                "section": row.section,
                "unit": row.unit,
                "decimals": DECIMALS[row.unit],
                "adverse": row.adverse_when,
                "parts": [parts.index((row.measure, part)) for part in row.parts],
                "cells": cells.of(table.of(row), _missing(row)),
            }
            for row in rows
        ],
        "parts": [
            {
                "of": [measure, part, "percent"],
                "cells": cells.of(table.figures.get((measure, part, "percent")), STATUS_WORDS["not_available"]),
            }
            for measure, part in parts
        ],
        "statuses": cells.statuses,
        "periods": [words for words, *_ in cells.periods],
        "days": [days for _, *days in cells.periods],
    }


class _Cells:
    """Writes each trust's figure as short as can be, and gathers the words that they name by their place."""

    def __init__(self, order: Sequence[int]) -> None:
        self.order = order
        self.periods: list[tuple[str, str, str]] = []
        self.statuses: list[str] = []

    def of(self, figure: FigureOfTrusts | None, missing: str) -> list[Any]:
        """Return a list for each trust with a figure, and for others the place of why there is none."""
        if figure is None:
            return [self._place(self.statuses, missing)] * len(self.order)
        periods = self._periods_of(figure)
        numbers = [
            [None if math.isnan(value) else round(value, 2) for value in part.tolist()]
            for part in (figure.value, figure.lower, figure.upper)
        ]
        people = [None if math.isnan(value) else int(value) for value in figure.people.tolist()]
        words = STATUS_WORDS | {"not_available": missing, "ok": missing, "": missing}
        return [
            self._place(self.statuses, words[figure.status[i]])
            if figure.status[i] != "ok" or numbers[0][i] is None
            else [*(part[i] for part in numbers), people[i], periods[i]]
            for i in self.order
        ]

    def _periods_of(self, figure: FigureOfTrusts) -> list[int]:
        """Place of each trust's period: figures are of one period where they end on the same day."""
        known = (figure.status == "ok") & ~np.isnat(figure.period_end)
        places = {}
        for end in np.unique(figure.period_end[known]):
            starts, times = np.unique(figure.period_start[known & (figure.period_end == end)], return_counts=True)
            first, last = pd.Timestamp(starts[times.argmax()]), pd.Timestamp(end)
            places[end] = self._place(self.periods, (period(first, last), f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"))
        return [places.get(end, -1) for end in figure.period_end]

    @staticmethod
    def _place(words: list[_Word], one: _Word) -> int:
        if one not in words:
            words.append(one)
        return words.index(one)


def _missing(row: ComparedFigure) -> str:
    one = BY_ID[row.measure]
    return NOT_LOADED if one.from_return else NOT_READ if one.compares == "gap" else STATUS_WORDS["not_available"]


def _closed(listed: TrustList) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in listed.successions:
        if one.relation == "unit of":
            continue
        day = "" if one.date is None else f"{one.date.day} {one.date:%B %Y}"
        found[one.old_code] = [one.old_name, listed.current(one.old_code) or "", day]
    return found


def comparison_form(data: Mapping[str, Any]) -> CellOutput:
    """Show the place where trusts are chosen and compared, with what the script reads.

    Parameters
    ----------
    data : mapping
        From :func:`page_data`.

    Returns
    -------
    CellOutput
        Without a script it says that trusts are chosen by one, and links each trust's report and the downloads. It is for the
        screen: a PDF leaves it out.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":  # so that nothing in a name ends the element
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    words = (
        "Trusts are chosen here by a script, which does not run in this browser. The table below compares kinds of trust, each "
        "trust’s report has its figures next to those of similar trusts, and the figures of all trusts can be downloaded: "
    )
    downloads = '<a href="../index.html#figures-to-download">figures to download</a>.'
    reports = "".join(
        f"<li>{Linked(name, f'../trusts/{code}.html').markup()}</li>" for code, name, *_ in data["trusts"]
    )
    markup = (
        f'<div data-screen-only="yes"><div id="compare" class="compare"><p>{words}{downloads}</p>'
        f'<ul class="compare-reports" aria-label="Reports">{reports}</ul></div>'
        f'<script type="application/json" id="compare-data">{text}</script></div>'
    )
    return CellOutput(markup, f"{words}{len(data['trusts'])} trusts.")


def kinds_table(table: ComparedFindings, trusts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Put what the trusts of each kind have together into a table of words.

    Parameters
    ----------
    table : ComparedFindings
        From :func:`race_equality.analysis.comparison.compared_findings`.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.

    Returns
    -------
    tuple of (pandas.DataFrame, dict of str to str)
        A row for each figure that any kind has; and its columns with their headings: ``figure`` and each kind of at
        least :data:`~race_equality.analysis.comparison.FEWEST_IN_A_GROUP` trusts.
    """
    real = trusts[trusts["trust_code"] != DEMONSTRATION_CODE]
    sets = {
        str(kind): rows["trust_code"].tolist()
        for kind, rows in groups_of(real, "kind")
        if len(rows) >= FEWEST_IN_A_GROUP
    }
    rows = []
    for row in shown_figures(table):
        found = {name: together(table, row, codes, spread=False) for name, codes in sets.items()}
        if any(one.trusts >= FEWEST_IN_A_GROUP for one in found.values()):
            name, about = figure_name(row)
            rows.append({"figure": f"{name} ({about})", **{key: _in_words(row, one) for key, one in found.items()}})
    headings = {"figure": "Figure"}
    headings |= {kind: f"{kind[:1].upper()}{kind[1:]} ({len(codes)})" for kind, codes in sets.items()}
    return pd.DataFrame(rows), headings


def _in_words(row: ComparedFigure, found: Together) -> str:
    if found.trusts < FEWEST_IN_A_GROUP:
        return STATUS_WORDS["not_available"] if not found.trusts else "Too few trusts"
    signed = row.unit == "percentage points"
    if math.isnan(found.value):
        return f"Half: {interval(found.quarter, found.three_quarters, signed=signed)}"
    value = points(found.value) if signed else percent(found.value)
    return f"{value} ({interval(found.lower, found.upper, signed=signed)})"
