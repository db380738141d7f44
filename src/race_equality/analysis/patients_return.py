"""Waits, missed appointments, restrictive interventions and detentions by ethnic group, deprivation, age and sex.

From a trust's own patients return (:mod:`race_equality.sources.returns.patients`): no public file holds
them by trust. Every group is compared with one group of the same trust: White patients, and patients from
the least deprived fifth of areas. By age and by sex shares stand next to each other and with nothing between them: people
of different ages need different care, and neither sex is what the other should be measured by. There is no England, region or peer figure to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from race_equality.definitions.indicators import PATIENT_FIGURES, PATIENTS, holders
from race_equality.definitions.rules import LEAST_PATIENTS_COUNTED
from race_equality.disclosure.shares_by_group import hide_shares
from race_equality.statistics.disparity import index_of_disparity
from race_equality.statistics.gradient import slope_index
from race_equality.statistics.intervals import difference_interval, wilson_interval
from race_equality.statistics.ratios import ratio_interval

#: Groups in the order of a page, and the one that the others are compared with.
GROUPS = {
    "ethnicity": ("Asian", "Black", "Mixed", "White", "Other", "Not stated", "Not known"),
    "deprivation": (*(f"Quintile {n}" for n in range(1, 6)), "Unknown"),
    "age": ("0 to 18", "19 to 64", "65 and over", "Unknown"),
    "sex": ("Female", "Male", "Unknown"),
}
#: By age and sex there is none.
REFERENCE = {"ethnicity": "White", "deprivation": "Quintile 5"}
#: Groups of people whose group is not known, which are in no comparison between groups.
UNKNOWN = ("Not stated", "Not known", "Unknown")

COLUMNS = tuple(
    "measure breakdown period_start period_end group count people percent lower upper gap gap_lower "
    "gap_upper ratio ratio_lower ratio_upper direction status source".split()
)
SUMMARY_COLUMNS = tuple(
    "measure breakdown period_start period_end groups index_of_disparity disparity_lower disparity_upper "
    "slope slope_lower slope_upper relative_slope relative_lower relative_upper direction".split()
)


#: Measures of which each is among the one before: their groups are hidden together, for one tells of another.
_CHAINS = tuple(
    (first, *(one for one in PATIENTS if first in holders(one))) for first in PATIENTS if not first.disclosure.among
)
#: The id of each breakdown's figures, in the order of a page, to what it is of.
_PARTS = [(part, measure) for measure in PATIENTS for kind in GROUPS for part in measure.parts if part.kind == kind]
_MEASURE = {part.id: measure.id for part, measure in _PARTS}
_BREAKDOWN = {part.id: part.kind for part, _ in _PARTS}
#: A group and the one that it is compared with.
_SHARE = ("numerator", "denominator")
_FOUR_CELLS = ("count", "people", "base_count", "base_people")


def patients_by_group(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> pd.DataFrame:
    """Compare groups of a trust's patients with White patients and with the least deprived fifth.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the trust's patients return where one was loaded.
    trust_code : str
        A resolved trust code.
    threshold : int
        A share of fewer people is not shown, nor what would tell it: other groups, and the levels of a wait
        (:func:`race_equality.disclosure.shares_by_group.hide_shares`). What was too small for the rules of the return is
        not among the figures at all, and protects nothing here.

    Returns
    -------
    pandas.DataFrame
        One row for each measure, breakdown ("ethnicity", "deprivation", "age" or "sex"), year and group, oldest first, groups in the
        order of :data:`GROUPS`: ``count`` of ``people``, ``percent`` with ``lower`` and ``upper`` (Wilson, 95%);
        ``gap`` from the reference group in percentage points (Newcombe) and ``ratio`` to it (SCAS), each with limits;
        ``direction``, "adverse" where the group's share is reliably higher than the reference's, "favourable" where
        lower, "unclear", "reference", "unknown group", "not compared" (by age and sex) or "none"; ``status`` and ``source``. No numbers where the status
        is not ``ok``. Empty where no return was loaded.

    Notes
    -----
    Not adjusted for age, sex or need: a difference between groups is a question and not an answer. For
    appointments, one person may miss several, so the interval is somewhat too narrow.

    References
    ----------
    Newcombe RG. Statistics in Medicine 1998; 17: 873-890. Laud PJ. Pharmaceutical Statistics 2017; 16: 334-348.
    """
    rows = figures[(figures["trust_code"] == trust_code) & figures["indicator"].isin(PATIENT_FIGURES)]
    if rows.empty:  # of most trusts no return was loaded
        return pd.DataFrame(columns=list(COLUMNS))
    ids, days = (
        rows["indicator"].to_numpy(dtype=object),
        list(zip(rows["period_start"], rows["period_end"], strict=True)),
    )
    sets: list[tuple[list[str], tuple[str, ...]]] = []  # measures and groups that are hidden together, in one year
    keys: list[tuple[Any, ...]] = []
    for chain in _CHAINS:
        for breakdown, groups in GROUPS.items():
            of = [part.id for measure in chain for part in measure.parts if part.kind == breakdown]
            for start, end in sorted({day for day, id in zip(days, ids, strict=True) if id in of}):
                sets.append((of, groups))
                keys += [(id, start, end, group) for id in of for group in groups]
    if not keys:
        return pd.DataFrame(columns=list(COLUMNS))
    of_table = ["indicator", "period_start", "period_end"]
    every = pd.MultiIndex.from_tuples(keys, names=[*of_table, "group"])
    table = rows.set_index([*of_table, "group"])[["status", "source", *_SHARE]].reindex(every).reset_index()
    table["few"] = _few(table, sets, threshold)
    table["measure"], table["breakdown"] = (table["indicator"].map(one) for one in (_MEASURE, _BREAKDOWN))
    table["order"] = table["indicator"].map({id: number for number, id in enumerate(_MEASURE)})
    table = table[table.groupby(of_table)["status"].transform("count") > 0]
    table = table.sort_values("order", kind="stable", ignore_index=True)
    # gaps and ratios of all at once: limits are found together in the time that one would take
    table = _compared(table.assign(table=table.groupby(of_table, sort=False).ngroup()))
    others = table["base_people"].notna().to_numpy()
    if others.any():
        x1, n1, x2, n2 = (table.loc[others, name].to_numpy() for name in _FOUR_CELLS)
        ratio = ratio_interval(x1, n1, x2, n2, method="scas")
        table.loc[others, "ratio_lower"], table.loc[others, "ratio_upper"] = ratio.lower, ratio.upper
    return table[list(COLUMNS)]


def patients_summary(by_group: pd.DataFrame) -> pd.DataFrame:
    """Summarise the latest year of each measure over all its groups.

    Parameters
    ----------
    by_group : pandas.DataFrame
        From :func:`patients_by_group`.

    Returns
    -------
    pandas.DataFrame
        One row for each measure by ethnicity and by deprivation. By ethnicity ``index_of_disparity``: how far the ``groups``
        shown are from all of them together, on average, in per cent of that, with limits. By deprivation
        ``slope`` (slope index of inequality, percentage points from the least to the most deprived end; above
        zero: the more deprived, the higher) and ``relative_slope`` (relative index, most over least deprived),
        with limits, and ``direction`` of the slope; only where all fifths are shown and none is 0% or 100%.

    References
    ----------
    Pearcy JN, Keppel KG. Public Health Reports 2002; 117: 273-280. Low A, Low A. Journal of Public Health
    2004; 26: 388-395.
    """
    found = []
    last = by_group[by_group["period_end"] == by_group.groupby(["measure", "breakdown"])["period_end"].transform("max")]
    last = last[last["breakdown"].isin(REFERENCE)]
    for (measure, breakdown), rows in last.groupby(["measure", "breakdown"], sort=False):
        known = rows[(rows["status"] == "ok") & ~rows["group"].isin(UNKNOWN)]
        row = dict.fromkeys(SUMMARY_COLUMNS, np.nan) | {
            "measure": measure,
            "breakdown": breakdown,
            "period_start": rows["period_start"].iloc[0],
            "period_end": rows["period_end"].iloc[0],
            "groups": len(known),
            "direction": "none",
        }
        count, people = known["count"].to_numpy(), known["people"].to_numpy()
        if breakdown == "ethnicity" and len(known) > 1:
            disparity = index_of_disparity(count, people)
            row |= {
                "index_of_disparity": disparity.estimate,
                "disparity_lower": disparity.lower,
                "disparity_upper": disparity.upper,
            }
        elif breakdown == "deprivation" and len(known) == 5 and (count > 0).all() and (count < people).all():
            row |= _gradient(count, people)
        found.append(row)
    return pd.DataFrame(found, columns=list(SUMMARY_COLUMNS))


def _gradient(count: np.ndarray, people: np.ndarray) -> dict[str, object]:
    """Slope from the least to the most deprived; fifths come from the most to the least deprived."""
    error = np.sqrt(1 / count + 1 / (people - count))  # of the logit
    found = slope_index(count / people, people, error, transform="logit", multiplier=-100)
    lower, upper = found.sii_interval
    return {
        "slope": found.sii,
        "slope_lower": float(lower),
        "slope_upper": float(upper),
        "relative_slope": found.rii,
        "relative_lower": float(found.rii_interval.lower),
        "relative_upper": float(found.rii_interval.upper),
        "direction": "adverse" if lower > 0 else "favourable" if upper < 0 else "unclear",
    }


def _few(table: pd.DataFrame, sets: Sequence[tuple[list[str], tuple[str, ...]]], threshold: int) -> np.ndarray:
    """Measures by groups of each set in turn: what is hidden of what is shown so far."""
    ok = table["status"].eq("ok").to_numpy(dtype=bool)
    count, people = (np.where(ok, table[name].to_numpy(dtype="float64", na_value=np.nan), np.nan) for name in _SHARE)
    few, start = np.zeros(len(table), dtype=bool), 0
    for ids, groups in sets:
        here = slice(start, start + len(ids) * len(groups))
        counts, bases = (part[here].reshape(len(ids), len(groups)) for part in (count, people))
        hidden = hide_shares(
            dict(zip(groups, np.column_stack([np.fmax.reduce(bases), *counts]), strict=True)),
            least_base=threshold,
            least_count=LEAST_PATIENTS_COUNTED,
        )
        few[here] = np.array([hidden[group] for group in groups], dtype=bool).T.ravel()
        start = here.stop
    return few & ok


def _compared(rows: pd.DataFrame) -> pd.DataFrame:
    """Groups of several tables, each with its own reference: one measure, breakdown and year."""
    status = np.where(rows["few"], "suppressed", rows["status"].fillna("not_available"))
    ok, of = status == "ok", rows["table"].to_numpy()
    count, people = (np.where(ok, rows[name].to_numpy("float64", na_value=np.nan), np.nan) for name in _SHARE)
    unknown = rows["group"].isin(UNKNOWN).to_numpy()
    reference = rows["group"].eq(rows["breakdown"].map(REFERENCE)).to_numpy(dtype=bool)
    interval = wilson_interval(count, people, nan_policy="propagate")
    place = np.full(of[-1] + 1, -1)  # of each table's reference, where it is shown
    place[of[reference & ok]] = np.flatnonzero(reference & ok)
    others = ok & ~reference & ~unknown & (place[of] >= 0)
    base_count, base_people = (np.where(others, part[place[of]], np.nan) for part in (count, people))
    gap = difference_interval(count, people, base_count, base_people, method="newcombe", nan_policy="propagate")
    share, base_share = count / people, base_count / base_people
    direction = np.select(
        [~ok, unknown, ~rows["breakdown"].isin(REFERENCE).to_numpy(), reference, ~others, gap.lower > 0, gap.upper < 0],
        ["none", "unknown group", "not compared", "reference", "none", "adverse", "favourable"],
        "unclear",
    )
    return pd.DataFrame(
        {
            **{name: rows[name] for name in ("measure", "breakdown", "period_start", "period_end", "group", "source")},
            "status": status,
            "count": count,
            "people": people,
            "percent": 100 * count / people,
            "lower": 100 * interval.lower,
            "upper": 100 * interval.upper,
            "gap": 100 * (share - base_share),
            "gap_lower": 100 * gap.lower,
            "gap_upper": 100 * gap.upper,
            "ratio": np.divide(share, base_share, out=np.full(len(rows), np.nan), where=base_share > 0),
            "base_count": base_count,
            "base_people": base_people,
            "ratio_lower": np.nan,
            "ratio_upper": np.nan,
            "direction": direction,
        }
    )
