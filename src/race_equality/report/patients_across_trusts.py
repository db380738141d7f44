"""Patients by ethnic group over all trusts: what a page of all trusts draws and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from race_equality.analysis.patient_gaps import HEADLINES
from race_equality.analysis.patient_gaps import UNKNOWN as UNKNOWN_GROUPS
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.indicators import BY_ID, Indicator
from race_equality.errors import RaceEqualityError
from race_equality.report import words

__all__ = [
    "CLEAR",
    "HEADLINES",
    "NOT_LOADED_YET",
    "UNCLEAR",
    "UNKNOWN",
    "check_held",
    "directions",
    "gaps_of_systems",
    "gaps_of_trusts",
    "trusts_with_figures",
    "unknown_by_trust",
    "widest_in_england",
]

#: The two kinds of dots.
CLEAR, UNCLEAR = "Clear gap", "No clear gap"
#: The group of people with no known ethnic group, where a publication does not tell why.
UNKNOWN = "Not stated or not known"
_COMPARED = ("adverse", "favourable", "unclear")

#: What is published by ethnic group for trusts and is in none of the files that were read: what, and which file has it.
NOT_LOADED_YET = (
    (
        "Restrictive interventions, admissions and early intervention by ethnic group and deprivation",
        "Mental Health Bulletin, annual CSV",
    ),
    (
        "Detention under the Mental Health Act by ethnic group",
        "Mental Health Services Monthly Statistics, data file (MHS81)",
    ),
    ("A&E attendances by ethnic group", "Hospital Accident and Emergency Activity, provider-level CSV (ECDS)"),
    (
        "Staff experience by ethnic group of mental health trusts, and before 2024",
        "NHS Staff Survey, benchmark workbook",
    ),
)


def check_held(table: pd.DataFrame) -> None:
    """Refuse to go on where a publication that a page on all trusts compares is not held.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patients_by_breakdown`.

    Raises
    ------
    RaceEqualityError
        With the names of the measures without a figure, and how to load them.
    """
    held = set(table["measure"])
    if missing := [one.name for one in HEADLINES if one.id not in held]:
        raise RaceEqualityError(
            f"This page compares patients by ethnic group, and the project holds no figure of {words.listing(missing)}. "
            "data/README.md names the file of each publication: load it with `race-equality data add FILE`, or take its removal back "
            "with `race-equality data undo`."
        )


def gaps_of_trusts(table: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Give every trust's gaps between an ethnic group and White patients, in the latest period of each measure.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patients_by_breakdown`.
    trusts : pandas.DataFrame
        ``trust_code``, ``trust_name``, ``kind`` and ``region``.

    Returns
    -------
    pandas.DataFrame
        The rows of `table` by ethnic group in which a group is compared, with the columns of `trusts`, and those that a
        chart of dots asks for: ``value`` (the gap in percentage points), ``series`` and ``said``.
    """
    rows = table[(table["breakdown"] == "ethnicity") & table["direction"].isin(_COMPARED)]
    rows = rows[rows["period_end"] == rows.groupby("measure")["period_end"].transform("max")]
    rows = rows.merge(trusts, left_on="place", right_on="trust_code")
    numbers = zip(*(rows[name] for name in ("gap", "gap_lower", "gap_upper", "people")), strict=True)
    said = [
        f"{words.points(gap)} points (95% interval {words.interval(lower, upper)}), {words.people(people)} people"
        for gap, lower, upper, people in numbers
    ]
    return rows.assign(
        value=rows["gap"], said=said, series=(rows["direction"] == "unclear").map({True: UNCLEAR, False: CLEAR})
    )


def trusts_with_figures(table: pd.DataFrame, trusts: pd.DataFrame) -> int:
    """Count the trusts with a figure of any ethnic group, in the latest period of any of the measures.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patients_by_breakdown`.
    trusts : pandas.DataFrame
        ``trust_code``.

    Returns
    -------
    int
    """
    rows = table[
        (table["breakdown"] == "ethnicity")
        & table["measure"].isin([measure.id for measure in HEADLINES])
        & table["place"].isin(trusts["trust_code"])
    ]
    rows = rows[rows["period_end"] == rows.groupby("measure")["period_end"].transform("max")]
    return int(rows.loc[(rows["status"] == "ok") & ~rows["group"].isin(UNKNOWN_GROUPS), "place"].nunique())


def directions(gaps: pd.DataFrame, table: pd.DataFrame, measures: Sequence[Indicator]) -> pd.DataFrame:
    """Count the trusts in which a group's gap is clear, and put England's next to them.

    Parameters
    ----------
    gaps : pandas.DataFrame
        From :func:`gaps_of_trusts`.
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patients_by_breakdown`.
    measures : sequence of Indicator
        In the order of the rows.

    Returns
    -------
    pandas.DataFrame
        Text, a row a measure and group: ``measure``, ``group``, ``trusts``, ``adverse``, ``unclear``, ``favourable``,
        ``middle`` (half of the trusts) and ``england``.
    """
    england = table[(table["place"] == ENGLAND_CODE) & (table["breakdown"] == "ethnicity")]
    england = england.set_index(["measure", "group"])
    listed = []
    for measure in measures:
        of_measure = gaps[gaps["measure"] == measure.id]
        for group in of_measure["group"].drop_duplicates():
            these = of_measure[of_measure["group"] == group]
            counts = these["direction"].value_counts()
            whole = england.loc[(measure.id, group)] if (measure.id, group) in england.index else None
            listed.append(
                {
                    "measure": measure.name,
                    "group": group,
                    "trusts": f"{len(these)}",
                    **{name: f"{counts.get(name, 0)}" for name in _COMPARED},
                    "middle": words.interval(these["gap"].quantile(0.25), these["gap"].quantile(0.75)),
                    "england": "No data"
                    if whole is None or pd.isna(whole["gap"])
                    else f"{words.points(whole['gap'])} ({words.interval(whole['gap_lower'], whole['gap_upper'])})",
                }
            )
    return pd.DataFrame(listed)


def widest_in_england(table: pd.DataFrame, measure: Indicator) -> str:
    """Return the group whose clear gap from White patients is the widest in England; "" where none is clear.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patients_by_breakdown`.
    measure : Indicator
    """
    rows = table[
        (table["place"] == ENGLAND_CODE)
        & (table["breakdown"] == "ethnicity")
        & (table["measure"] == measure.id)
        & (table["direction"] == "adverse")
    ]
    return "" if rows.empty else str(rows["group"].iloc[int(rows["gap"].abs().to_numpy().argmax())])


def gaps_of_systems(table: pd.DataFrame, measure: Indicator, group: str) -> pd.DataFrame:
    """Give the gap of one group from White patients in every system that has a figure.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.analysis.patients_by_breakdown`.
    measure : Indicator
    group : str

    Returns
    -------
    pandas.DataFrame
        Indexed by the code of the board: ``gap``, ``gap_lower``, ``gap_upper``, ``direction``.
    """
    rows = table[
        (table["breakdown"] == "ethnicity")
        & (table["measure"] == measure.id)
        & (table["group"] == group)
        & table["direction"].isin(_COMPARED)
    ]
    return rows.set_index("place")[["gap", "gap_lower", "gap_upper", "direction"]]


def unknown_by_trust(
    figures: pd.DataFrame,
    coverage: pd.DataFrame,
    births: pd.DataFrame,
    trusts: pd.DataFrame,
    *,
    threshold: Mapping[str, int],
) -> pd.DataFrame:
    """Give the share of each trust's patients whose ethnic group is not stated or not known, by publication.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, for referrals to talking therapies.
    coverage : pandas.DataFrame
        From :func:`race_equality.analysis.waiting_list_coverage`.
    births : pandas.DataFrame
        From :func:`race_equality.analysis.deliveries_by_ethnic_group`.
    trusts : pandas.DataFrame
        ``trust_code``, ``trust_name``, ``kind``, ``region``.
    threshold : mapping of str to int
        Trust code to the fewest people that may be told: fewer are not, and the trust has no share.

    Returns
    -------
    pandas.DataFrame
        ``of`` (whose ethnic group), ``value`` (per cent), ``period_end`` and the columns of `trusts`; a row a trust that
        has a share.
    """
    referrals = figures[figures["indicator"] == BY_ID["talking_therapies_referrals"].figure_ids[0]]
    referrals = referrals[referrals["period_end"] == referrals["period_end"].max()]
    people, missing = (
        referrals[referrals["group"] == group].set_index("trust_code")["value"].astype("float64")
        for group in ("All people", UNKNOWN)
    )
    referred = pd.DataFrame({"people": people, "missing": missing}).dropna()
    fewest = [threshold.get(str(code), 0) for code in referred.index]
    referred = referred[(referred["people"] > 0) & (referred["missing"] >= fewest)]
    listed = coverage[coverage["status"] == "ok"]
    unknown = births[births["group"] == UNKNOWN].dropna(subset=["percent"])
    found = [
        pd.DataFrame(
            {
                "trust_code": listed["place"],
                "of": "People on the waiting list",
                "value": listed["unknown_percent"],
                "period_end": listed["period_end"],
            }
        ),
        pd.DataFrame(
            {
                "trust_code": referred.index,
                "of": "People referred to talking therapies",
                "value": 100 * referred["missing"] / referred["people"],
                "period_end": referrals["period_end"].max(),
            }
        ),
        pd.DataFrame(
            {
                "trust_code": unknown["trust_code"],
                "of": "People who gave birth",
                "value": unknown["percent"],
                "period_end": figures.loc[figures["indicator"] == "maternity_deliveries", "period_end"].max(),
            }
        ),
    ]
    columns = ["trust_code", "trust_name", "kind", "region"]
    return pd.concat(found, ignore_index=True).dropna(subset=["value"]).merge(trusts[columns], on="trust_code")
