"""WRES 5 to 8 compared with other trusts, and what staff of 18 ethnic groups said, in table rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from race_equality.analysis.gap_reading import read_gap
from race_equality.analysis.like_with_like import comparators_that_differ
from race_equality.definitions.indicators import WRES
from race_equality.report.words import STATUS_WORDS, chance, interval, lower_first, number_word, percent, points

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
        Text: ``measure``, ``similar``, ``region``, ``steadied``, ``adverse``, ``more``, ``rank`` and ``reading``.
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
        row["reading"] = read_gap(known.loc[number]).brief
        rows.append(row)
    return pd.DataFrame(rows)


def how_gaps_are_read(known: pd.DataFrame, kind: str) -> str:
    """Say when a gap is called worse, better, wider or narrower, and how many gaps were looked at.

    Parameters
    ----------
    known : pandas.DataFrame
        WRES 5 to 8 of the trust that have figures (:func:`race_equality.analysis.gap_reading.gap_readings`).
    kind : str
        The trust's kind.
    """
    text = (
        "A gap is called worse or better where this trust’s own interval leaves out no difference and, read with the gaps of "
        f"other {kind} trusts, that side has a chance of at least 95%. Where the two differ, both are said, and no change is "
        "proposed for it."
    )
    if known["position"].eq("").all():
        return f"{text} The {kind} trusts are too few to say which gaps are unusual."
    looked = int(known["gaps_compared"].max())
    by_chance = round(0.002 * looked)
    return (
        f"{text} It is called wider or narrower than usual where it lies beyond the 99.8% limits of a funnel of the gaps of "
        f"{kind} trusts, which allows for chance and for their ordinary variation. {looked} gaps of trusts are looked at in "
        f"this way, and about {number_word(by_chance)} of them would lie there by chance."
    )


def plain_comparators_sentence(sets: Mapping[str, pd.DataFrame], kind: str) -> str:
    """Say where trusts of all kinds together show another gap than those of this trust's kind.

    Parameters
    ----------
    sets : mapping of str to pandas.DataFrame
        The name of a comparator as it is written at the start of a sentence ("England", "The region") to what
        :func:`race_equality.analysis.like_with_like.pooled_alike` gives.
    kind : str
        The trust's kind.

    Returns
    -------
    str
        "" where no comparator differs in sign or by more than two points.
    """
    differ: dict[str, list[str]] = {}
    for name, number, gap, plain in comparators_that_differ(sets):
        said = f"{lower_first(WRES[number].in_few_words)} {points(gap)} points, with every kind {points(plain)}"
        differ.setdefault(name, []).append(said)
    if not differ:
        return ""
    text = " ".join(f"{name}: {'; '.join(said)}." for name, said in differ.items())
    return (
        f"Trusts of every kind added up show other gaps than {kind} trusts, because they mix the gap within trusts with which "
        f"trusts employ whom. {text}"
    )


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
