"""Comparators with the same mix of kinds of trust: England, a region and peers, for one trust.

A gap of many trusts together mixes two things: the gap within trusts, and that trusts of some kinds employ more White
staff and have other levels. An ambulance trust employs few people from ethnic minorities and has much harassment from the
public, so a region with two of them seems to have nearly no gap. A trust is therefore compared with the trusts of its own
kind. Where a figure is of no trust's kind, as on the national overview, gaps are adjusted for kind (Mantel-Haenszel).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from race_equality.analysis.wres import COUNTS, pooled, together
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.statistics.differences import stratified_difference
from race_equality.store.rows import groups_of

#: A plain comparator that differs by more (percentage points), or in sign, is said to.
MOST_ALIKE = 2.0


def trusts_alike(
    trusts: pd.DataFrame, trust_code: str, kind: str, *, region: Iterable[str], peers: Iterable[str]
) -> dict[str, list[str]]:
    """Return whom a trust is compared with: the trusts of its kind, of all England, its region and its peers.

    Parameters
    ----------
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.
    trust_code, kind : str
        The trust, and its kind.
    region, peers : iterable of str
        The trusts of its region and its peers, whatever their kind.

    Returns
    -------
    dict of str to list of str
        ``all``, ``region`` and ``similar``. A set with no other trust than this one is empty. Peers that a trust chose are
        kept as they are where none of them is of its kind.
    """
    alike = trusts.loc[trusts["kind"] == kind, "trust_code"]
    peers = list(peers)
    sets = {
        "all": alike.tolist(),
        "region": alike[alike.isin(list(region))].tolist(),
        "similar": [code for code in peers if code in set(alike)] or peers,
    }
    return {name: codes if set(codes) - {trust_code} else [] for name, codes in sets.items()}


def pooled_alike(
    experience: pd.DataFrame,
    trust_code: str,
    alike: Collection[str],
    plain: Collection[str] | None = None,
    *,
    label: str,
) -> pd.DataFrame:
    """Add up respondents over trusts of one kind, with the plain gap of all of them next to it.

    Parameters
    ----------
    experience : pandas.DataFrame
        From :func:`race_equality.analysis.wres.staff_experience`.
    trust_code : str
        The trust that is compared. What rests on it alone is no comparator.
    alike : collection of str
        From :func:`trusts_alike`.
    plain : collection of str, optional
        The same set whatever the kind; all trusts when not given.
    label : str
        The ``trust_code`` of the result.

    Returns
    -------
    pandas.DataFrame
        As from :func:`race_equality.analysis.wres.pooled`, with ``plain_gap`` and ``plain_trusts``.
    """
    found = pooled(experience, alike, label=label)
    if trust_code in alike and found["trusts"].eq(1).any():
        own = experience.loc[(experience["trust_code"] == trust_code) & (experience["status"] == "ok"), "indicator"]
        found = found[~((found["trusts"] == 1) & found["indicator"].isin(own.tolist()))]
    # no intervals of these
    numbers, (count, total, white_count, white_total), trusts, _ = together(experience, plain)
    gaps = dict(zip(numbers, 100 * (count / total) - 100 * (white_count / white_total), strict=True))
    trusts_of = dict(zip(numbers, trusts, strict=True))
    return found.assign(
        plain_gap=[gaps.get(number, np.nan) for number in found["number"].tolist()],
        plain_trusts=np.array([trusts_of.get(number, np.nan) for number in found["number"].tolist()], dtype="float64"),
    )


def gaps_within_kinds(experience: pd.DataFrame, *, kind: str = "kind") -> pd.DataFrame:
    """Give the gap of many trusts adjusted for their kinds, with the plain one next to it.

    Parameters
    ----------
    experience : pandas.DataFrame
        From :func:`race_equality.analysis.wres.staff_experience`, with a column that names the kind of trust.
    kind : str
        The name of that column.

    Returns
    -------
    pandas.DataFrame
        A row for each indicator: ``number``, ``trusts``, ``gap``, ``gap_lower``, ``gap_upper`` (Mantel-Haenszel over kinds,
        95%) and ``plain_gap``, all in percentage points.

    References
    ----------
    As :func:`race_equality.statistics.differences.stratified_difference`.
    """
    rows = experience[(experience["status"] == "ok") & (experience["trust_code"] != DEMONSTRATION_CODE)]
    counts = rows.groupby(["number", kind])[list(COUNTS)].sum().astype("float64")
    trusts = dict(zip(*np.unique(rows["number"].to_numpy(), return_counts=True), strict=True))
    found = []
    for number, strata in groups_of(counts, "number"):
        four = [strata[name].to_numpy() for name in COUNTS]
        within = stratified_difference(*four)
        count_1, total_1, count_2, total_2 = (part.sum() for part in four)
        found.append(
            {
                "number": number,
                "trusts": int(trusts[number]),
                "gap": 100 * within.difference,
                "gap_lower": 100 * within.lower,
                "gap_upper": 100 * within.upper,
                "plain_gap": 100 * (count_1 / total_1 - count_2 / total_2),
            }
        )
    return pd.DataFrame(found, columns=["number", "trusts", "gap", "gap_lower", "gap_upper", "plain_gap"])


def differs(adjusted: float, plain: float) -> bool:
    """Say whether a plain comparator tells something else than the one adjusted for kind.

    Parameters
    ----------
    adjusted, plain : float
        Gaps in percentage points.

    Returns
    -------
    bool
        Whether they differ in sign as printed, or by more than :data:`MOST_ALIKE`; False where one is not known.

    Examples
    --------
    >>> differs(3.0, 1.4), differs(-2.5, 4.0), differs(5.2, 3.1)
    (False, True, True)
    """
    if np.isnan(adjusted) or np.isnan(plain):
        return False
    signs = {float(np.sign(round(value, 1))) for value in (adjusted, plain)} - {0.0}
    return len(signs) == 2 or abs(adjusted - plain) > MOST_ALIKE


def comparators_that_differ(sets: Mapping[str, pd.DataFrame]) -> list[tuple[str, int, float, float]]:
    """List the comparators whose plain figure tells something else.

    Parameters
    ----------
    sets : mapping of str to pandas.DataFrame
        Name to what :func:`pooled_alike` gives.

    Returns
    -------
    list of tuple
        ``(name, number, gap, plain_gap)``.
    """
    return [
        (name, int(number), float(gap), float(plain))
        for name, table in sets.items()
        for number, gap, plain in zip(*(table[one].tolist() for one in ("number", "gap", "plain_gap")), strict=True)
        if differs(gap, plain)
    ]
