"""The tables of the report's first page: what is known of staff and of patients, and in one line what is not.

Rows without figures would take the room of those that have some, so they are one line, which says what is missing and
where the report says how to load it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from race_equality.analysis.patient_gaps import FIFTHS, WidestGap
from race_equality.analysis.share_reading import BRIEF, direction_of_answer
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import WHITE
from race_equality.definitions.indicators import BY_ID, WRES, Indicator
from race_equality.report.board_page import Card, card_without_worse, place_of_widest
from race_equality.report.patient_tables import READINGS
from race_equality.report.patients import would_bring_patients
from race_equality.report.summary_table import NOT_LOADED, NOT_READ
from race_equality.report.words import (
    STATUS_WORDS,
    interval,
    listing,
    lower_first,
    number_word,
    percent,
    period,
    points,
)
from race_equality.store.rows import rows_of
from race_equality.store.trust import Trust

#: More rows of WRES indicators leave no room for a table of patients, who are then in a line.
MOST_ROWS_WITH_PATIENTS = 6
#: Labels that are short enough for the first page's chart.
_IN_A_CHART = {"talking_therapies_recovery": "Recovery", "maternity_continuity_of_carer": "Continuity of carer"}
#: The section that says how to load what is missing.
HOW_TO_LOAD_IT = "How to load them: “What is not available”"
_NONE = STATUS_WORDS["not_available"]
_BRIEFLY = {NOT_LOADED: "in the trust’s own return, not loaded", NOT_READ: "not in the file that is read"}


@dataclass(frozen=True)
class Panel:
    """A table of the first page, all text.

    Parameters
    ----------
    id : str
        ``tbl-…``.
    caption : str
    headings : mapping of str to str
        Column to heading; the first is the row heading.
    rows : pandas.DataFrame
        Text, with the columns of `headings`; and ``measure``, the id of a row's indicator, where each row has another one.
    shares : sequence of int
        Of the width of paper, in per cent, a column each.
    numbers : sequence of str
        Columns that are set to the right.
    note : str
        A line under the rows, or "".
    in_few_words : str
        The caption where the rows are a line of text.
    indicator : str
        The id of the indicator that it holds the groups of: the audit of a site reads it.
    """

    id: str
    caption: str
    headings: Mapping[str, str]
    rows: pd.DataFrame
    shares: Sequence[int]
    numbers: Sequence[str] = field(default=())
    note: str = ""
    in_few_words: str = ""
    indicator: str = ""


# -- staff -------------------------------------------------------------------------------------------------


def without_figures(table: pd.DataFrame) -> str:
    """Say in one line which WRES indicators have no figure, why, and where it says how to load them.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.report.summary_table.wres_summary`, a row an indicator.

    Returns
    -------
    str
        "" where all have one.
    """
    missing = table["missing"].to_numpy()
    numbers = list(WRES)
    reasons: dict[str, list[int]] = {}
    for number, reason in zip(numbers, missing, strict=True):
        if reason:
            reasons.setdefault(reason, []).append(number)
    if not reasons:
        return ""
    said = "; ".join(
        f"WRES {_ranges(those)}: {_BRIEFLY.get(reason, lower_first(reason))}" for reason, those in reasons.items()
    )
    return f"Without figures: {said}. {HOW_TO_LOAD_IT}."


def _ranges(numbers: Sequence[int]) -> str:
    """Join numbers as "1 to 4 and 9"."""
    runs: list[list[int]] = []
    for one in numbers:
        if runs and one - runs[-1][-1] == 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    parts = [
        part
        for run in runs
        for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(number) for number in run])
    ]
    return listing(parts)


def wres_caption(table: pd.DataFrame, kind: str) -> str:
    """Return the caption of the table of WRES indicators, with how many have figures.

    Parameters
    ----------
    table : pandas.DataFrame
        As for :func:`without_figures`.
    kind : str
        The trust's kind.
    """
    shown = int((table["missing"] == "").sum())
    which = (
        f"The {number_word(len(table))} WRES indicators"
        if shown == len(table)
        else f"{number_word(shown).capitalize()} of the {number_word(len(table))} WRES indicators"
    )
    return f"{which}; gaps in percentage points. All trusts: {kind} trusts; ‡ England, in the national WRES report"


def staff_panel(
    asked: pd.DataFrame, spread: pd.DataFrame, england: pd.DataFrame, kind: str, survey: str
) -> Panel | None:
    """Return what all staff answered, for a trust without any WRES figure.

    Parameters
    ----------
    asked, spread : pandas.DataFrame
        What all its staff answered (:func:`race_equality.analysis.survey.survey_answers`), and the middle half of
        trusts of its kind.
    england : pandas.DataFrame
        What all trusts of the kind in England answered (:func:`race_equality.analysis.survey.answers_together`).
    kind : str
        The trust's kind.
    survey : str
        The survey's period.

    Returns
    -------
    Panel or None
        None where the survey holds nothing of the trust.
    """
    if asked.empty:
        return None
    of_england = england["percent"]
    found = []
    for row, answer in zip(asked.itertuples(), asked.to_dict("records"), strict=True):
        one = BY_ID[answer["indicator"]]
        middle = "No data"
        if one.id in spread.index:
            middle = interval(*spread.loc[one.id, ["quarter", "three_quarters"]], signed=False)
        found.append(
            {
                "measure": one.id,
                "question": f"{one.in_few_words} ({one.label})",
                "here": f"{percent(answer['percent'])} ({interval(answer['lower'], answer['upper'], signed=False)})",
                "middle": middle,
                "england": percent(of_england.get(one.id, float("nan"))),
                "reading": BRIEF[direction_of_answer(row)],
            }
        )
    return Panel(
        id="tbl-all-staff",
        caption=f"What all staff say, {survey}; not published by ethnic group. All trusts: {kind} trusts",
        headings={
            "question": "Question",
            "here": "This trust (95% interval)",
            "middle": "Middle half",
            "england": "All trusts",
            "reading": f"Among {kind} trusts",
        },
        rows=pd.DataFrame(found),
        shares=(26, 21, 17, 10, 26),
        numbers=("here", "middle", "england"),
    )


# -- patients ----------------------------------------------------------------------------------------------


def patients_panel(
    found: WidestGap | None, table: pd.DataFrame, slopes: pd.DataFrame, place: str, coverage: str = ""
) -> Panel | None:
    """Return the trust's patients by ethnic group and deprivation, of its best measure.

    Parameters
    ----------
    found : WidestGap or None
        From :func:`race_equality.analysis.patient_gaps.widest_gap`.
    table, slopes : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.patients_by_breakdown` and
        :func:`~race_equality.analysis.patient_gaps.slopes_by_deprivation`.
    place : str
        The trust's code.
    coverage : str
        How much of the trust's patients the figures cover, in a sentence, or "".

    Returns
    -------
    Panel or None
        None where no figure of the trust's patients by ethnic group is published.
    """
    if found is None:
        return None
    measure = found.measure
    england = _of_england(table, measure)
    cells = [
        {
            "group": f"{row.group} group",
            "here": percent(row.percent),
            "against": f"{percent(found.white_percent)} {WHITE}",
            "gap": f"{points(row.gap)} ({interval(row.gap_lower, row.gap_upper)})",
            "england": _gap_or_none(england, row.group),
            "reading": READINGS[row.direction],
        }
        for row in rows_of(found.groups)
        if row.direction in ("adverse", "favourable", "unclear")
    ]
    slope = slopes[((slopes["measure"] == measure.id) & slopes["place"].isin([place, ENGLAND_CODE])).to_numpy()]
    by_place = {row.place: row for row in rows_of(slope)}
    if place in by_place:
        row = by_place[place]
        cells.append(
            {
                "group": FIFTHS[0],
                "here": percent(row.most_deprived),
                "against": f"{percent(row.least_deprived)} least deprived",
                "gap": f"{points(row.slope)} ({interval(row.slope_lower, row.slope_upper)})",
                "england": points(by_place[ENGLAND_CODE].slope) if ENGLAND_CODE in by_place else _NONE,
                "reading": READINGS[row.direction],
            }
        )
    note = (
        "The share without a recorded ethnic group is not shown."
        if pd.isna(found.unknown_percent)
        else f"No ethnic group is recorded for {percent(found.unknown_percent)}"
        f"{' of those in the groups that are shown' if found.left_out else ''}."
    )
    note = f"{note} {coverage}".strip()
    return Panel(
        id="tbl-patients-first",
        indicator=measure.id,
        caption=(
            f"Patients: share of {measure.people} that {measure.statement}, "
            f"{period(found.groups['period_start'].iloc[0], found.period_end)}"
        ),
        headings={
            "group": "Patients",
            "here": "Share",
            "against": "Compared with",
            "gap": "Gap or slope (95% interval)",
            "england": "England",
            "reading": "For these patients",
        },
        rows=pd.DataFrame(cells),
        shares=(21, 9, 20, 23, 9, 18),
        numbers=("here", "against", "gap", "england"),
        note=note,
        in_few_words=f"Patients, {lower_first(measure.in_few_words)}",
    )


def _gap_or_none(england: Mapping[str, Any], group: str) -> str:
    return points(england[group].gap) if group in england and pd.notna(england[group].gap) else _NONE


def patient_gap_card(found: WidestGap | None, table: pd.DataFrame) -> Card | None:
    """Return the widest clear gap by ethnic group of patients, or say that none is clear, of how many.

    Parameters
    ----------
    found : WidestGap or None
        From :func:`race_equality.analysis.patient_gaps.widest_gap`.
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.patients_by_breakdown`.

    Returns
    -------
    Card or None
        None where no figure of the trust's patients by ethnic group is published.
    """
    if found is None:
        return None
    measure = found.measure
    title = f"Patients: {lower_first(measure.in_few_words)}"
    if found.widest is None:
        white = f"{percent(found.white_percent)} of {measure.people} in the White group {measure.statement}."
        return card_without_worse(title, white, found.compared, found.better_off, measure.id)
    row = found.widest
    of_england = f" England: {_gap_or_none(_of_england(table, measure), row['group'])}."
    text = (
        f"{percent(row['percent'])} of {measure.people} in the {row['group']} group and {percent(found.white_percent)} in the "
        f"White group {measure.statement} (interval of the gap: {interval(row['gap_lower'], row['gap_upper'])})."
        f"{of_england} {place_of_widest(found.clear, found.compared)}"
    )
    return Card(
        title,
        f"{points(row['gap'])} points",
        text,
        f"Worse for patients in the {row['group']} group",
        "adverse",
        measure.id,
    )


def _of_england(table: pd.DataFrame, measure: Indicator) -> dict[str, Any]:
    """England's rows of a measure, by ethnic group."""
    of_england = table[(table["place"] == ENGLAND_CODE).to_numpy()]
    return {row.group: row for row in rows_of(of_england) if row.measure == measure.id and row.breakdown == "ethnicity"}


def gaps_to_draw(found: WidestGap, table: pd.DataFrame, *, all_groups: bool) -> pd.DataFrame:
    """Return gaps of patients as rows of the first page's chart.

    Parameters
    ----------
    found : WidestGap
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.patients_by_breakdown`.
    all_groups : bool
        Every group that is compared; otherwise the widest clear gap, or where none is clear the widest.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``series`` ("This trust", and "England", which is called "All trusts" next to gaps of staff), ``value``,
        ``lower``, ``upper``.
    """
    rows = [row for row in rows_of(found.groups) if pd.notna(row.gap)]
    if not all_groups:
        clear = [row for row in rows if found.widest is not None and row.group == found.widest["group"]]
        rows = clear or [max(rows, key=lambda row: abs(row.gap))]
    drawn = {row.group for row in rows}
    england = [row for group, row in _of_england(table, found.measure).items() if group in drawn and pd.notna(row.gap)]
    what = _IN_A_CHART.get(found.measure.id, found.measure.in_few_words)
    others = "England" if all_groups else "All trusts"
    return pd.DataFrame(
        [
            (f"{what}, {row.group} group", series, row.gap, row.gap_lower, row.gap_upper)
            for series, those in (("This trust", rows), (others, england))
            for row in those
        ],
        columns=["label", "series", "value", "lower", "upper"],
    )


def describe_gaps(found: WidestGap, name: str) -> str:
    """Describe a chart of gaps of patients for somebody who does not see it.

    Parameters
    ----------
    found : WidestGap
    name : str
        The trust's name.
    """
    gaps = [f"{row.group} group {points(row.gap)}" for row in rows_of(found.groups) if pd.notna(row.gap)]
    return (
        f"Dot chart of the gaps of ethnic groups from White patients at {name} in percentage points, of "
        f"{found.measure.people} that {found.measure.statement}: {listing(gaps)}."
    )


def tables_of_first_page(
    table: pd.DataFrame,
    staff: Panel | None,
    patients: Panel | None,
    trust: Trust,
    in_groups: pd.DataFrame | None = None,
) -> dict[str, object]:
    """Choose the tables of the first page, and say in one line what has no figures.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.report.summary_table.wres_summary`.
    staff, patients : Panel or None
        From :func:`staff_panel`, which is shown where no WRES indicator has a figure, and :func:`patients_panel`.
    trust : Trust
    in_groups : pandas.DataFrame, optional
        As for :func:`race_equality.report.patients.would_bring_patients`.

    Returns
    -------
    dict
        ``table``, ``table_caption``, ``table_note``, ``note_measure`` (where the note has figures) and ``panels``, as
        :func:`race_equality.report.board_markup.board_page` takes them.
    """
    note = without_figures(table)
    if patients is None:
        note = f"{note} {would_bring_patients(trust, in_groups)}".strip()
    elif (table["missing"] == "").sum() > MOST_ROWS_WITH_PATIENTS:
        shares = [f"{row['group']} {row['here']}" for row in patients.rows.to_dict("records")]
        compared = list(dict.fromkeys(patients.rows["against"]))
        note = f"{note} {patients.in_few_words}: {', '.join(shares)}; compared with {listing(compared)}.".strip()
        return {
            "table": table,
            "table_caption": wres_caption(table, trust.kind),
            "table_note": note,
            "note_measure": patients.indicator,
            "panels": [],
        }
    no_figures = (table["missing"] != "").all()
    # what all staff say has the room that figures by ethnic group do not take
    panels = [panel for panel in (staff if no_figures or patients is None else None, patients) if panel is not None]
    if no_figures and panels and panels[0] is staff:
        panels[0] = replace(panels[0], note=note)
        note = ""
    return {"table": table, "table_caption": wres_caption(table, trust.kind), "table_note": note, "panels": panels}
