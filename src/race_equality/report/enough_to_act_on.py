"""Is each figure enough to act on? Yes or no, and what to do either way: weak data is no reason to wait."""

from __future__ import annotations

import math

import pandas as pd

from race_equality.analysis.gap_reading import read_gap, read_ratio
from race_equality.analysis.patient_gaps import WidestGap
from race_equality.definitions.indicators import WRES
from race_equality.report.words import (
    STATUS_WORDS,
    interval,
    listing,
    lower_first,
    number_word,
    people,
    percent,
    points,
)
from race_equality.store.rows import row_at

#: From this share of unknown ethnicity on, differences between groups may be of recording alone.
MOST_UNRECORDED = 10.0

_YES, _NO = "Yes", "No"


def enough_to_act_on(
    here: pd.DataFrame,
    likelihoods: pd.DataFrame,
    board: pd.DataFrame,
    asked: pd.DataFrame,
    deliveries: pd.DataFrame,
    by_group: pd.DataFrame,
    *,
    waits: bool,
    detentions: bool,
    patient_gap: WidestGap | None = None,
    could_be_seen: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say of each indicator whether it is enough to act on.

    Parameters
    ----------
    here : pandas.DataFrame
        WRES 5 to 8 of the trust, indexed by number.
    likelihoods, board : pandas.DataFrame
        WRES 2 to 4 and 9 from the trust's return; empty where none was loaded.
    asked : pandas.DataFrame
        What all staff answered.
    deliveries : pandas.DataFrame
        From :func:`race_equality.analysis.maternity.deliveries_by_ethnicity`.
    by_group : pandas.DataFrame
        From :func:`race_equality.analysis.patients_return.patients_by_group`.
    waits, detentions : bool
        Whether waits are published for the trust, and the use of the Mental Health Act for its system.
    patient_gap : WidestGap, optional
        Patients by ethnic group (:func:`race_equality.analysis.patient_gaps.widest_gap`).
    could_be_seen : pandas.DataFrame, optional
        The trust's rows of :func:`race_equality.analysis.detectable.detectable_changes`.

    Returns
    -------
    pandas.DataFrame
        Text: ``indicator``, ``enough`` ("Yes" or "No"), ``basis`` (what it rests on) and ``then``.

    Notes
    -----
    A figure is enough when its interval leaves out "no difference". Where it is not, something else is
    named that can be acted on meanwhile.
    """
    rows, awaited, unread = [], [], []
    by_next = {} if could_be_seen is None else could_be_seen.set_index("indicator")["by_next"].to_dict()
    returned = likelihoods.drop_duplicates("number", keep="last").set_index("number")
    answered = here["status"].to_dict() if len(here) else {}
    counted = returned["status"].to_dict() if len(returned) else {}
    for number, indicator in WRES.items():
        name = f"{indicator.name} ({indicator.label})"
        if answered.get(number) == "ok":
            rows.append(_survey(name, row_at(here, number), by_next.get(indicator.id)))
        elif answered.get(number) == "suppressed":
            then = "Read it with other years and the trust’s own records"
            rows.append(_row(name, _NO, STATUS_WORDS["suppressed"], then))
        elif counted.get(number) == "suppressed":
            then = "Look at each decision, which is how a few of them can be judged"
            rows.append(_row(name, _NO, STATUS_WORDS["suppressed"], then))
        elif number in counted:
            rows.append(_ratio(name, row_at(returned, number)))
        elif indicator.compares == "bands" and len(board):
            basis = f"Counts of all {people(board.iloc[-1]['staff'])} staff"
            rows.append(_row(name, _YES, basis, "Look where shares fall from band to band"))
        elif indicator.compares == "board" and len(board) and board.iloc[-1]["status"] == "suppressed":
            rows.append(_row(name, _NO, STATUS_WORDS["suppressed"], "Decide how the next vacancy is filled"))
        elif indicator.compares == "board" and len(board):
            members = people(board.iloc[-1]["board_members"])
            basis = f"A count of all {members} members and no sample: each seat is a decision"
            rows.append(_row(name, _YES, basis, "Decide how the next vacancy is filled"))
        elif indicator.from_return:
            awaited.append(number)
        else:
            unread.append(number)
    for numbers, basis, then in (
        (awaited, "In the trust’s own return, which is not loaded", "Load the return; the trust has it"),
        (unread, "Not in the public file that this report reads", "Act on what all staff say, below"),
    ):
        if numbers:
            rows.append(_row(f"WRES {listing([str(number) for number in numbers])}", _NO, basis, then))
    if len(asked):
        basis = f"At least {people(asked['base'].min())} staff answered"
        then = "Act on the whole; ask the staff network which groups it falls on"
        rows.append(_row("Fairness and discrimination, all staff", _YES, basis, then))
    if patient_gap is not None:
        rows.append(_published_gap(patient_gap))
    rows += _patients(deliveries, by_group, waits=waits and patient_gap is None, detentions=detentions)
    return pd.DataFrame(rows)


def _survey(name: str, found: pd.Series, by_next: float | None = None) -> dict[str, str]:
    reading = read_gap(found)
    way = reading.direction
    basis = (
        f"{people(found['ethnic_minority_total'])} staff from ethnic minorities answered; gap {points(found['gap'])} "
        f"({interval(found['gap_lower'], found['gap_upper'])})"
    )
    if not reading.agrees:
        basis += f": {lower_first(reading.brief)}"
    if by_next is not None:
        basis += f"; the next survey could show a change of {points(by_next, signed=False)}"
    if way == "unclear":
        return _row(
            name, _NO, basis, "Read it with other years and the trust’s own records, and act on the gaps that are clear"
        )
    return _row(name, _YES, basis, "Agree a change" if way == "adverse" else "Find out what works, and keep it")


def _ratio(name: str, found: pd.Series) -> dict[str, str]:
    way = read_ratio(found).direction
    above = "no upper limit" if found["upper"] == float("inf") else f"{found['upper']:.2f}"
    basis = f"Interval of the ratio: {found['lower']:.2f} to {above}"
    if way == "unclear":
        return _row(name, _NO, basis, "Look at each decision, which is how a few of them can be judged")
    return _row(name, _YES, basis, "Agree a change" if way == "adverse" else "Find out what works, and keep it")


def _published_gap(found: WidestGap) -> dict[str, str]:
    """Whether a clear gap of patients is enough: not where a tenth of them or more has no known ethnic group."""
    unknown = found.unknown_percent
    name = f"{found.measure.name} by ethnic group"
    basis = (
        f"Groups compared with White patients: {number_word(found.compared)}, reliably worse off: {number_word(found.clear)}; "
        f"ethnic group missing for {'a number that is not shown' if math.isnan(unknown) else percent(unknown)}"
    )
    if found.widest is None:
        return _row(
            name, _NO, basis, "Look at single specialties and services; no clear gap is no proof that there is none"
        )
    if math.isnan(unknown):
        return _row(name, _NO, basis, "Look up in the trust’s own records how many have no ethnic group recorded")
    if unknown >= MOST_UNRECORDED:
        return _row(name, _NO, basis, "Record ethnic group better, and meanwhile ask patients of the group named")
    return _row(name, _YES, basis, f"Agree a change for the {found.widest['group']} group")


def _patients(
    deliveries: pd.DataFrame, by_group: pd.DataFrame, *, waits: bool, detentions: bool
) -> list[dict[str, str]]:
    rows = []
    own = by_group[by_group["breakdown"] == "ethnicity"]
    if len(own):
        last = own[own["period_end"] == own["period_end"].max()]
        clear = last["direction"].isin(["adverse", "favourable"]).any()
        rows.append(
            _row(
                "Waits and care by ethnic group",
                _YES if clear else _NO,
                "The trust’s own patients return",
                "Agree a change for the groups that wait longer"
                if clear
                else "Add years together; look at single pathways",
            )
        )
    elif waits:
        rows.append(
            _row(
                "Waits and A&E by ethnic group",
                _NO,
                "Held for all patients together",
                "The trust’s own records can say whose wait is longer",
            )
        )
    if len(deliveries):
        unknown = deliveries.loc[deliveries["group"] == "Not stated or not known", "percent"].iloc[0]
        rows.append(
            _row(
                "Maternity by ethnic group",
                _YES if unknown < MOST_UNRECORDED else _NO,
                f"Ethnic group not recorded for {percent(unknown)}",
                "Compare outcomes between these groups"
                if unknown < MOST_UNRECORDED
                else "Ask at booking; act on what women say meanwhile",
            )
        )
    if detentions:
        rows.append(
            _row(
                "Detention by ethnic group",
                _YES,
                "For England, standardised for age as well, and for systems",
                "Act with the system’s other providers (PCREF)",
            )
        )
    return rows


def _row(indicator: str, enough: str, basis: str, then: str) -> dict[str, str]:
    return {"indicator": indicator, "enough": enough, "basis": basis, "then": then}
