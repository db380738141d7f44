"""The published figures that gates caught, one row for each trust and indicator: what was published, where, and why not."""

from __future__ import annotations

from typing import Any

import pandas as pd

from race_equality.definitions.gates import IMPLAUSIBLE, INCOMPLETE
from race_equality.definitions.indicators import OWNER
from race_equality.gates import figures_caught
from race_equality.store.cache import cached
from race_equality.store.rows import rows_of

COLUMNS = ("trust_code", "measure", "status", "figures", "first", "period_start", "last", "why", "places", "is_latest")
_USED = ["trust_code", "measure", "status", "source", "period_start", "period_end", "recording", "locator"]


@cached
def caught_figures(figures: pd.DataFrame) -> pd.DataFrame:
    """Gather the figures that gates caught.

    Parameters
    ----------
    figures : pandas.DataFrame
        From :func:`race_equality.disclosure.publishable.publishable_figures`.

    Returns
    -------
    pandas.DataFrame
        A row for each ``trust_code``, ``measure`` (the id of the indicator's record) and ``status``, those that are not
        plausible first: how many ``figures`` were caught, from the day ``first`` to the day ``last`` (last days of their
        periods; ``period_start`` is the first day of the latest); ``why`` of the latest, with what was published;
        ``places``, a tuple of (source, last day, place in its file) for each period, oldest first, of a group of everybody
        where there is one; and ``is_latest``: whether the trust has no later figure of the indicator.
    """
    caught = figures_caught(figures)
    caught = caught.assign(measure=caught["indicator"].map({id: one.id for id, one in OWNER.items()}))
    caught = caught.assign(is_part=caught["indicator"] != caught["measure"])
    caught = caught.sort_values(["period_end", "is_part", "indicator", "group"], kind="stable")
    of_measure = {id: OWNER[id].id for id in caught["indicator"].unique()}
    is_known = figures["indicator"].isin(list(of_measure)) & figures["value"].notna()
    known = figures.loc[is_known, ["trust_code", "indicator", "period_end"]]
    newest = known["period_end"].groupby([known["trust_code"], known["indicator"].map(of_measure)]).max().to_dict()
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows_of(caught[_USED]):
        groups.setdefault((row.status, row.measure, row.trust_code), []).append(row)
    found = []
    for (status, measure, code), rows in groups.items():
        one_each: dict[tuple[str, pd.Timestamp], Any] = {}
        for row in rows:
            one_each.setdefault((row.source, row.period_end), row)
        *_, last = one_each.values()
        found.append(
            {
                "trust_code": code,
                "measure": measure,
                "status": status,
                "figures": len(rows),
                "first": rows[0].period_end,
                "period_start": last.period_start,
                "last": last.period_end,
                "why": last.recording,
                "places": tuple((row.source, row.period_end, row.locator) for row in one_each.values()),
                "is_latest": last.period_end >= newest.get((code, measure), last.period_end),
            }
        )
    table = pd.DataFrame(found, columns=list(COLUMNS))
    order = table["status"].map({IMPLAUSIBLE: 0, INCOMPLETE: 1})
    return (
        table.assign(order=order)
        .sort_values(["order", "measure", "trust_code"], kind="stable", ignore_index=True)
        .drop(columns="order")
    )
