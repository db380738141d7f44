"""Sentences and tables on waits for planned treatment by ethnic group: how long, why, and how much is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from race_equality.analysis.waiting_list import UNKNOWN_GROUPS, WAITS
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import FIVE_GROUPS, WHITE
from race_equality.definitions.indicators import BY_ID
from race_equality.report.words import STATUS_WORDS, date, interval, listing, percent, points

#: The groups that are compared with White, as a sentence calls their patients.
PATIENTS = {
    "Asian": "Asian patients",
    "Black": "Black patients",
    "Mixed": "patients from Mixed ethnic groups",
    "White": "White patients",
    "Other": "patients from Other ethnic groups",
}
#: What the two parts of a gap are called in the chart and the table.
MIX, WITHIN = "Mix of treatments", "The same treatments"

CAVEAT = (
    "Treatments are the 24 treatment functions of the waiting list, such as cardiology. Age is not taken into account: the "
    "publication has treatment functions by age and by ethnic group, and nowhere age by ethnic group. So part of the waits "
    "for the same treatments can be a difference in age, or in how urgent or complex the treatment is."
)


def _of_england(waits: pd.DataFrame, measure: str) -> dict[str, Mapping[Any, Any]]:
    """Return England's rows of a measure by ethnic group."""
    rows = waits[(waits["place"] == ENGLAND_CODE) & (waits["measure"] == measure) & (waits["breakdown"] == "ethnicity")]
    return {str(row["group"]): row for row in rows.to_dict("records")}


def england_sentences(waits: pd.DataFrame) -> str:
    """Say how England's waits compare between ethnic groups.

    Parameters
    ----------
    waits : pandas.DataFrame
        From :func:`race_equality.analysis.waiting_list.waits_by_group`; England must be in it.

    Returns
    -------
    str
        A paragraph each for over 18 and over 52 weeks, and one on how many have no known ethnic group. Each names the
        direction and the comparator; a gap that is not reliable is said to be unclear.
    """
    paragraphs = [_compared(_of_england(waits, one.id), one.statement) for one in WAITS]
    first = _of_england(waits, WAITS[0].id)
    people = {group: row["people"] for group, row in first.items() if row["status"] == "ok"}
    unknown, everybody = sum(people.get(group, 0.0) for group in UNKNOWN_GROUPS), sum(people.values())
    paragraphs.append(
        f"The ethnic group of {percent(100 * unknown / everybody)} of the {everybody / 1e6:.1f} million pathways is not "
        "stated or not known; they are in no comparison. Counts are rounded to the nearest 5."
    )
    return "\n\n".join(paragraphs)


def _compared(rows: Mapping[str, Mapping[Any, Any]], statement: str) -> str:
    white = rows[WHITE]
    said = [
        f"In England, in the week ending {date(white['period_end'])}, {percent(white['percent'])} of White patients on the "
        f"waiting list for planned treatment {statement}."
    ]
    for direction, word in (("adverse", "higher"), ("favourable", "lower")):
        groups = [group for group in FIVE_GROUPS if group in rows and rows[group]["direction"] == direction]
        if groups:
            parts = [
                f"{percent(rows[group]['percent'])} of {PATIENTS[group]} ({points(rows[group]['gap'])} percentage "
                f"points; 95% confidence interval: {interval(rows[group]['gap_lower'], rows[group]['gap_upper'])})"
                for group in groups
            ]
            said.append(f"The share was {word} than that: {listing(parts)}.")
    unclear = [PATIENTS[group] for group in FIVE_GROUPS if group in rows and rows[group]["direction"] == "unclear"]
    if unclear:
        said.append(
            f"For {listing(unclear)} the data do not show a reliable difference from White patients, which does not show "
            "that waits are the same."
        )
    return " ".join(said)


def explained_sentences(explained: pd.DataFrame, waits: pd.DataFrame) -> str:
    """Say how much of England's gaps over 18 weeks is another mix of treatments.

    Parameters
    ----------
    explained : pandas.DataFrame
        From :func:`race_equality.analysis.waiting_list.england_explained`; not empty.
    waits : pandas.DataFrame
        From :func:`race_equality.analysis.waiting_list.waits_by_group`: which gaps are reliable.

    Returns
    -------
    str
        A line for each group with a reliable gap, then what the split leaves out.
    """
    rows = explained[explained["measure"] == WAITS[0].id].to_dict("records")
    england = _of_england(waits, WAITS[0].id)
    lines = [
        f"- {PATIENTS[row['group']][:1].upper()}{PATIENTS[row['group']][1:]}: of a gap of {points(row['gap'])} percentage "
        f"points, {points(row['mix'])} is another mix of treatments and {points(row['within'])} other waits for the same "
        "treatments."
        for row in rows
        if england[str(row["group"])]["direction"] in ("adverse", "favourable")
    ]
    most = max(row["left_out_percent"] for row in rows)
    share = "an unknown share" if most != most else "less than 0.1%" if most < 0.05 else f"up to {percent(most)}"
    said = "Over 18 weeks, compared with White patients in England:\n\n" + "\n".join(lines)
    return (
        f"{said}\n\nThe parts may not add up exactly, because they are rounded. {CAVEAT} The split leaves out {share} of the "
        "patients compared, because their number is hidden."
    )


def explained_table(explained: pd.DataFrame) -> pd.DataFrame:
    """Put the gaps and their two parts in rows of text.

    Parameters
    ----------
    explained : pandas.DataFrame
        From :func:`race_equality.analysis.waiting_list.england_explained`.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``group``, ``percent``, ``white``, ``gap``, ``mix``, ``within``, all text; gaps in percentage points.
    """
    return pd.DataFrame(
        {
            "measure": explained["measure"].map(lambda measure: BY_ID[measure].in_few_words),
            "group": explained["group"],
            "percent": explained["percent"].map(percent),
            "white": explained["white_percent"].map(percent),
            "gap": explained["gap"].map(points),
            "mix": explained["mix"].map(points),
            "within": explained["within"].map(points),
        }
    )


def explained_alt_text(rows: pd.DataFrame) -> str:
    """Describe the chart of the gaps' two parts for somebody who does not see it.

    Parameters
    ----------
    rows : pandas.DataFrame
        One measure of :func:`race_equality.analysis.waiting_list.england_explained`.
    """
    said = [f"{row['group']} {points(row['mix'])} and {points(row['within'])}" for row in rows.to_dict("records")]
    return (
        "Bar chart of the gap to White patients in percentage points, split into the mix of treatments and the same treatments, "
        f"in that order: {'; '.join(said)}."
    )


def systems_table(waits: pd.DataFrame, measure: str = WAITS[0].id) -> pd.DataFrame:
    """Put waits of systems by five ethnic groups in rows of text.

    Parameters
    ----------
    waits : pandas.DataFrame
        From :func:`race_equality.analysis.waiting_list.waits_by_system`, with what is too small hidden
        (:func:`race_equality.analysis.waiting_list.shown_waits`).
    measure : str
        The id of a record.

    Returns
    -------
    pandas.DataFrame
        ``system``, ``White`` (the percentage), the gap of each of the other four groups in percentage points with its 95%
        interval, and ``unknown`` (the share whose ethnic group is not stated or not known), all text.
    """
    rows = []
    for system, of_system in waits[waits["measure"] == measure].groupby("system", sort=False):
        groups = of_system.set_index("group").to_dict("index")
        row = {group: (_percent if group == WHITE else _gap)(groups.get(group)) for group in FIVE_GROUPS}
        people = of_system["people"].sum()
        unknown = of_system.loc[of_system["group"].isin(UNKNOWN_GROUPS), "people"].sum()
        rows.append({"system": str(system), **row, "unknown": percent(100 * unknown / people)})
    return pd.DataFrame(rows, columns=["system", *FIVE_GROUPS, "unknown"])


def _percent(row: Mapping[Any, Any] | None) -> str:
    return STATUS_WORDS["not_available"] if row is None else percent(row["percent"], row["status"])


def _gap(row: Mapping[Any, Any] | None) -> str:
    if row is None or pd.isna(row["gap"]):
        return STATUS_WORDS["not_available" if row is None or row["status"] == "ok" else row["status"]]
    return f"{points(row['gap'])} ({interval(row['gap_lower'], row['gap_upper'])})"
