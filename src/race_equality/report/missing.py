"""What a report does not have, why, and what its reader can do about it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from race_equality.definitions.indicators import HOW_TO_LOAD, INDICATORS, Indicator, figure_ids
from race_equality.report.words import date
from race_equality.store.trust import Trust

_NOTHING = "Nothing to load"


def missing_indicators(figures: pd.DataFrame, trust: Trust) -> pd.DataFrame:
    """List what is missing for a trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust : Trust
        The trust.

    Returns
    -------
    pandas.DataFrame
        Text: ``what``, ``why``, ``how``. Never empty: outcomes of birth by ethnic group are
        in none of the files that are read, and are last.
    """
    rows = figures[figures["trust_code"] == trust.code]
    held: dict[str, set[str]] = {}
    for id, status in zip(rows["indicator"].tolist(), rows["status"].tolist(), strict=True):
        held.setdefault(id, set()).add(status)
    listed = []
    for what, indicators in _looked_for(held).items():
        ids, first = figure_ids(one.id for one in indicators), indicators[0]
        statuses = set().union(*(held.get(id, ()) for id in ids))
        if "ok" in statuses or (not statuses and first.applies_to and trust.kind not in first.applies_to):
            continue  # it is there, or nobody has loaded it and it would have no meaning for the trust
        how = HOW_TO_LOAD[first.obtained]
        if "not_applicable" in statuses:
            why, how = (
                f"Not applicable: {_why_not_applicable(trust, first, rows[rows['indicator'].isin(ids)])}",
                _NOTHING,
            )
        elif statuses == {"suppressed"}:
            why, how = "Suppressed: too few people to show", _NOTHING
        elif first.obtained == "return":
            why = "Not available: in no common file; in the trust’s own return, and where it publishes that"
        elif first.obtained == "patients return":
            why = "Not available: in the trust’s own records, and not loaded from them"
        else:
            reason = first.why_missing or "the publication that was read holds none for this trust"
            why = f"Not available: {reason}"
        listed.append({"what": what, "why": why, "how": how.format(code=trust.code)})
    listed.append(
        {
            "what": "Outcomes of birth by ethnic group",
            "why": "Not available: in none of the files that this report reads",
            "how": "Ask for them from the trust’s own records",
        }
    )
    return pd.DataFrame(listed)


def _looked_for(held: dict[str, set[str]]) -> dict[str, list[Indicator]]:
    """Return what is looked for, by its name; the parts of a return that is missing as a whole are one."""
    whole = "Pay bands, recruitment, disciplinary process, training and board by ethnic group (WRES 1 to 4 and 9)"
    named = [one for one in INDICATORS if one.missing_as]
    returned = [one for one in named if one.from_return]
    is_loaded = any("ok" in held.get(id, ()) for id in figure_ids(one.id for one in returned))
    found: dict[str, list[Indicator]] = {}
    if not is_loaded:
        found[whole] = returned
    for one in sorted(named, key=lambda one: one.obtained != "benchmark"):
        if is_loaded or not one.from_return:
            found.setdefault(one.missing_as, []).append(one)
    return found


def _why_not_applicable(trust: Trust, one: Indicator, rows: pd.DataFrame) -> str:
    """Say why figures have no meaning for a trust: it is too new, or of another kind."""
    opened: Any = pd.Timestamp(trust.open_date) if trust.open_date else pd.NaT
    is_newer = opened > rows["period_end"].max()
    if one.why_not_applicable and not is_newer:
        return one.why_not_applicable
    return f"the trust opened on {date(opened)}, after the period of the figures"
