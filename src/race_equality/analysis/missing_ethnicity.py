"""How far patients whose ethnic group is not recorded could move each gap between groups.

Waits, recovery and continuity of carer have their own shares for people of no known group, so that only their group is not
known, and not whether they were counted. Detentions have how many are of no known group, births how many mothers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from race_equality.analysis.maternity import UNKNOWN_MOTHERS
from race_equality.analysis.mental_health import detentions_by_ethnicity
from race_equality.analysis.patient_gaps import UNKNOWN, patients_by_breakdown
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import WHITE
from race_equality.disclosure.rules import DisclosureRules
from race_equality.statistics.missing_group import gap_bounds, ratio_bounds, share_bounds
from race_equality.store.cache import cached

COLUMNS = tuple(
    "place measure group gap direction unknown_percent unknown_counted spread lower upper least most keeps status "
    "period_end".split()
)
DETENTION_COLUMNS = tuple("group times_white even lower upper unknown unknown_percent period_end".split())
#: As the publication calls detentions of people whose group is not stated or not known.
_UNKNOWN_DETAINED = "Unknown"
_BOUNDS = ("spread", "lower", "upper", "least", "most")


def gaps_with_unknown(table: pd.DataFrame) -> pd.DataFrame:
    """Bound each gap from White patients by where people of no known group could belong.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of :func:`race_equality.analysis.patient_gaps.patients_by_breakdown`: what a page may show.

    Returns
    -------
    pandas.DataFrame
        A row for each gap by five groups, in the order of the table: ``place``, ``measure``, ``group``, ``gap`` in
        percentage points and its ``direction``; ``unknown_percent``, the share of the measure's people whose group is not
        stated or not known, and ``unknown_counted``, the share of these that is counted; ``spread``, ``lower``, ``upper``,
        ``least``, ``most``: the bounds of :func:`race_equality.statistics.missing_group.gap_bounds` in points; ``keeps``:
        "whatever" where the gap has its sign between the last two, "alike" where it has it between ``lower`` and ``upper``
        alone, "" else; ``period_end``. ``status``: "ok"; "suppressed" where how many are of no known group is hidden, with no
        bounds; "complete" where everybody's group is known.

    Notes
    -----
    From shown figures alone. Each kind of unknown (not stated, not known) has a share of its own. The bounds say nothing of
    chance. Groups that are hidden are not among the people.
    """
    rows = table[table["breakdown"] == "ethnicity"].reset_index(drop=True)
    if not rows["gap"].notna().any():
        return pd.DataFrame(columns=list(COLUMNS))
    key = rows.groupby(["place", "measure"], sort=False).ngroup().to_numpy()
    many = int(key.max()) + 1
    ok, unknown = rows["status"].eq("ok").to_numpy(), rows["group"].isin(UNKNOWN).to_numpy()
    numbers = rows[["count", "people"]].to_numpy(dtype="float64")
    known = np.bincount(key[ok & ~unknown], numbers[ok & ~unknown, 1], minlength=many)
    white = np.full((many, 2), np.nan)
    is_white = ok & rows["group"].eq(WHITE).to_numpy()
    white[key[is_white]] = numbers[is_white]
    # a place for each kind of unknown: those of a publication that has one kind alone are empty
    kinds = np.zeros((many, len(UNKNOWN), 2))
    shown = ok & unknown
    kinds[key[shown], rows.loc[shown, "group"].map(list(UNKNOWN).index)] = numbers[shown]
    is_hidden = np.bincount(key[unknown & rows["status"].eq("suppressed").to_numpy()], minlength=many) > 0
    found = rows[rows["gap"].notna()]
    at = key[found.index]
    bounds = gap_bounds(
        found["count"].to_numpy(),
        found["people"].to_numpy(),
        white[at, 0],
        white[at, 1],
        known[at],
        kinds[at, :, 0],
        kinds[at, :, 1],
    )
    of_unknown = kinds.sum(axis=1)[at]
    status = np.select([is_hidden[at], of_unknown[:, 1] == 0], ["suppressed", "complete"], "ok")
    bounded = status == "ok"
    people = np.where(bounded, of_unknown[:, 1], np.nan)
    keeps = np.select([bounds.least * bounds.most > 0, bounds.lower * bounds.upper > 0], ["whatever", "alike"], "")
    return found.assign(
        unknown_percent=100 * people / (known[at] + people),
        unknown_counted=100 * of_unknown[:, 0] / people,
        **{name: np.where(bounded, 100 * getattr(bounds, name), np.nan) for name in _BOUNDS},
        keeps=np.where(bounded, keeps, ""),
        status=status,
    )[list(COLUMNS)].reset_index(drop=True)


@cached(to_disk=True)
def gaps_of_all_with_unknown(figures: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Bound the gaps of every trust, system and England that a page may show.

    Parameters
    ----------
    figures, rules
        As for :func:`race_equality.analysis.patient_gaps.patients_by_breakdown`.

    Returns
    -------
    pandas.DataFrame
        As :func:`gaps_with_unknown` gives them.
    """
    return gaps_with_unknown(patients_by_breakdown(figures, rules))


@cached
def detentions_with_unknown(figures: pd.DataFrame, code: str = ENGLAND_CODE) -> pd.DataFrame:
    """Bound each ratio of detention rates by where detentions of no known group could belong.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    code : str
        England, or an integrated care board as the publication codes it.

    Returns
    -------
    pandas.DataFrame
        A row for each group with a ratio: ``times_white`` (it stays so where the unknown are spread as the others), ``even``
        (spread as people live), ``lower`` (all of them White) and ``upper`` (all of the group), ``unknown`` detentions and
        their share ``unknown_percent`` of all; ``period_end``. Empty where nothing is published, or the unknown are hidden.

    Notes
    -----
    The population is that which the published rate implies; a group whose rate is hidden is not in it.
    """
    table = detentions_by_ethnicity(figures, code)
    of_place = figures[(figures["trust_code"] == code) & (figures["indicator"] == "mha_detentions")]
    of_place = of_place[(of_place["group"] == _UNKNOWN_DETAINED) & (of_place["status"] == "ok")]
    known = table[table["status"] == "ok"]
    others = known[known["times_white"].notna() & (known["group"] != WHITE)]
    if of_place.empty or others.empty:
        return pd.DataFrame(columns=list(DETENTION_COLUMNS))
    unknown = float(of_place["value"].iloc[0])
    people = known.set_index("group")["detentions"] / known.set_index("group")["rate"]
    white = known.set_index("group").loc[WHITE]
    found = ratio_bounds(
        others["detentions"].to_numpy(),
        people[others["group"]].to_numpy(),
        white["detentions"],
        people[WHITE],
        unknown,
        people.sum(),
    )
    return others.assign(
        even=found.even,
        lower=found.lower,
        upper=found.upper,
        unknown=unknown,
        unknown_percent=100 * unknown / (known["detentions"].sum() + unknown),
    )[list(DETENTION_COLUMNS)].reset_index(drop=True)


def births_with_unknown(deliveries: pd.DataFrame) -> dict[str, float]:
    """Bound the share of mothers from ethnic minorities by where mothers of no known group could belong.

    Parameters
    ----------
    deliveries : pandas.DataFrame
        One trust's rows of :func:`race_equality.analysis.maternity.deliveries_by_ethnicity`.

    Returns
    -------
    dict of str to float
        ``spread``, ``lower`` and ``upper``, in per cent of all mothers, or of those whose group is known for ``spread``.
        Empty where White mothers, all mothers of unknown group or nobody is shown.

    Notes
    -----
    From the shares of White mothers and of those of unknown group alone, so that groups that are hidden stay so.
    """
    if deliveries.empty:
        return {}
    shown = deliveries[deliveries["status"] == "ok"].set_index("group")["percent"]
    if WHITE not in shown or UNKNOWN_MOTHERS not in shown:
        return {}
    unknown = float(shown[UNKNOWN_MOTHERS])
    found = share_bounds(100 - unknown - float(shown[WHITE]), 100 - unknown, unknown)
    return {name: 100 * float(getattr(found, name)) for name in ("spread", "lower", "upper")}
