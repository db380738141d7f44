"""The published figures that gates caught, one row for each trust and indicator: what was published, where, and why not."""

from __future__ import annotations

import pandas as pd

from race_equality.definitions.gates import IMPLAUSIBLE, INCOMPLETE
from race_equality.definitions.indicators import OWNER
from race_equality.gates import figures_caught
from race_equality.store.cache import cached

COLUMNS = ("trust_code", "measure", "status", "figures", "first", "period_start", "last", "why", "places", "is_latest")


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
    of_measure = figures["indicator"].map({id: OWNER[id].id for id in caught["indicator"].unique()})
    known = of_measure.notna() & figures["value"].notna()
    newest = figures[known].groupby([figures["trust_code"], of_measure])["period_end"].max().to_dict()
    found = []
    for (status, measure, code), rows in caught.groupby(["status", "measure", "trust_code"], sort=False):
        one_each = rows.drop_duplicates(["source", "period_end"])
        last = one_each.iloc[-1]
        found.append(
            {
                "trust_code": code,
                "measure": measure,
                "status": status,
                "figures": len(rows),
                "first": rows["period_end"].iloc[0],
                "period_start": last["period_start"],
                "last": last["period_end"],
                "why": last["recording"],
                "places": tuple(zip(one_each["source"], one_each["period_end"], one_each["locator"], strict=True)),
                "is_latest": last["period_end"] >= newest.get((code, measure), last["period_end"]),
            }
        )
    table = pd.DataFrame(found, columns=list(COLUMNS))
    order = table["status"].map({IMPLAUSIBLE: 0, INCOMPLETE: 1})
    return (
        table.assign(order=order)
        .sort_values(["order", "measure", "trust_code"], kind="stable", ignore_index=True)
        .drop(columns="order")
    )
