"""WRES 5 to 8 compared with other trusts, and what staff of 18 ethnic groups said, in table rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from race_equality.definitions.indicators import WRES
from race_equality.report.words import STATUS_WORDS, chance, interval, percent, points

_MISSING = STATUS_WORDS["not_available"]


def compared_table(
    known: pd.DataFrame, pooled: Mapping[str, pd.DataFrame], read_over_all: pd.DataFrame
) -> pd.DataFrame:
    """Compare each gap with other trusts', and read it with those of its kind, which steadies a small trust's.

    Parameters
    ----------
    known : pandas.DataFrame
        WRES 5 to 8 of the trust that have figures, indexed by number.
    pooled : mapping of str to pandas.DataFrame
        ``similar`` and ``region``: those trusts together, indexed by number.
    read_over_all : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.pooled_gaps.pooled_gaps`, indexed by number.

    Returns
    -------
    pandas.DataFrame
        Text: ``measure``, ``similar``, ``region``, ``steadied``, ``adverse``, ``more`` and ``rank``.
    """
    rows = []
    for number in known.index:
        row = {
            "measure": WRES[number].name,
            **{
                name: points(table.loc[number, "gap"]) if number in table.index else _MISSING
                for name, table in pooled.items()
            },
            **dict.fromkeys(("steadied", "adverse", "more", "rank"), _MISSING),
        }
        if number in read_over_all.index:
            found = read_over_all.loc[number]
            row |= {
                "steadied": f"{points(found['pooled_gap'])} ({interval(found['lower'], found['upper'])})",
                "adverse": chance(found["probability_adverse"]),
                "more": chance(found["probability_more_adverse"]),
                "rank": f"{found['rank_lower']:.0f} to {found['rank_upper']:.0f} of {found['trusts']:.0f}",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def by_ethnic_group_table(england: pd.DataFrame) -> pd.DataFrame:
    """Put England's answers by 18 ethnic groups in a row for each group.

    Parameters
    ----------
    england : pandas.DataFrame
        From :func:`race_equality.analysis.survey.england_by_ethnic_group`.

    Returns
    -------
    pandas.DataFrame
        Text: ``group`` and a column for each question, "No data" where a group is suppressed.
    """
    table = england.pivot(index="group", columns="indicator", values="percent")
    order = list(dict.fromkeys(england["group"]))
    table = table.reindex(order)
    return table.map(percent).reset_index().rename_axis(columns=None)
