"""How far patients whose ethnic group is not recorded could move each gap, in sentences and in a table of all trusts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from race_equality.analysis.missing_ethnicity import births_with_unknown
from race_equality.definitions.indicators import BY_ID, Indicator
from race_equality.report.words import listing, lower_first, number_word, percent, points
from race_equality.store.rows import groups_of, rows_of

_CLEAR = ("adverse", "favourable")


def gaps_missing_sentences(bounds: pd.DataFrame) -> str:
    """Say of each measure of a trust how far its patients of no known group could move the gap that is spoken of.

    Parameters
    ----------
    bounds : pandas.DataFrame
        One trust's rows of :func:`race_equality.analysis.missing_ethnicity.gaps_with_unknown`; they may be empty.

    Returns
    -------
    str
        A paragraph a measure: of the widest clear gap, or of the widest where none is clear. "" without a gap.
    """
    if bounds.empty:
        return ""
    text = []
    of_measure: dict[str, list[Any]] = {}
    for row in rows_of(bounds):
        of_measure.setdefault(row.measure, []).append(row)
    for id, rows in of_measure.items():
        text.append(f"**{BY_ID[id].name}**: {_of_measure(BY_ID[id], rows)}")
    clear = [row for rows in of_measure.values() for row in rows if row.direction in _CLEAR and row.status == "ok"]
    if clear:
        text.append(f"With nothing assumed about how these patients fared, {_whatever(clear)}.")
    return "\n\n".join(text)


def _whatever(clear: list[Any]) -> str:
    certain, many = sum(row.keeps == "whatever" for row in clear), len(clear)
    if many == 1:
        return "the clear gap keeps its direction" if certain else "the clear gap could vanish or turn round"
    if certain == many:
        return f"{'both' if many == 2 else f'all {number_word(many)}'} clear gaps keep their direction"
    verb = "keeps its" if certain == 1 else "keep their"
    return f"{number_word(certain)} of {number_word(many)} clear gaps {verb} direction"


def _of_measure(measure: Indicator, rows: list[Any]) -> str:
    status = rows[0].status
    if status == "suppressed":
        return "how many have no ethnic group recorded is too few people to show, or hidden, so there is no bound."
    if status == "complete":
        return "an ethnic group is recorded for everybody in the figures that are shown."
    clear = [row for row in rows if row.direction in _CLEAR]
    row = max(clear or rows, key=lambda row: abs(row.gap))
    text = (
        f"no ethnic group is recorded for {percent(row.unknown_percent)} of {measure.people}; "
        f"{percent(row.unknown_counted)} of these {measure.statement}. Whichever groups they belong to, the gap of the "
        f"{row.group} group ({points(row.gap)} points) is between {points(row.lower)} and {points(row.upper)} if "
        f"they fare alike in each group; spread over the groups as the others are, it is {points(row.spread)}."
    )
    if not clear:
        return f"{text} No gap of this measure is clear."
    could = [row.group for row in clear if row.keeps == ""]
    if not could:
        if len(clear) == 1:
            return f"{text} The clear gap keeps its direction."
        return (
            f"{text} {'Both' if len(clear) == 2 else f'All {number_word(len(clear))}'} clear gaps keep their direction."
        )
    rest = len(clear) - len(could)
    others = f" The other clear {'gap keeps its' if rest == 1 else 'gaps keep their'} direction." if rest else ""
    return f"{text} The gap of the {listing(could)} group{'' if len(could) == 1 else 's'} could vanish or turn round.{others}"


def detentions_missing_sentence(bounds: pd.DataFrame, place: str) -> str:
    """Say how far detentions of no known ethnic group could move the highest ratio.

    Parameters
    ----------
    bounds : pandas.DataFrame
        From :func:`race_equality.analysis.missing_ethnicity.detentions_with_unknown`.
    place : str
        As written at the start of a sentence: "In England".

    Returns
    -------
    str
        "" where nothing is known of it.
    """
    if bounds.empty:
        return ""
    top = bounds.iloc[int(bounds["times_white"].to_numpy().argmax())]
    text = (
        f"{place}, the ethnic group of {percent(top['unknown_percent'])} of detentions is not recorded. If all of these were of "
        f"people in the White group, the {top['group']} group’s rate would be {top['lower']:.1f} times the White group’s; if all "
        f"were of people in the {top['group']} group, {top['upper']:.1f} times; spread over the groups as the others are, "
        f"{top['times_white']:.1f} times as now."
    )
    above = bounds[bounds["times_white"] > 1]
    falls = above.loc[above["lower"] <= 1, "group"].tolist()
    if len(above) > 1 and not falls:
        return f"{text} Every group’s rate that is above the White group’s would stay above it."
    return f"{text} That of {listing(falls)} could be below the White group’s." if falls else text


def births_missing_sentence(deliveries: pd.DataFrame) -> str:
    """Say between which shares those from ethnic minorities are among mothers.

    Parameters
    ----------
    deliveries : pandas.DataFrame
        One trust's rows of :func:`race_equality.analysis.maternity.deliveries_by_ethnicity`.

    Returns
    -------
    str
        "" where it cannot be said.
    """
    found = births_with_unknown(deliveries)
    if not found:
        return ""
    return (
        f"Between {percent(found['lower'])} and {percent(found['upper'])} of those who gave birth were from ethnic minorities, "
        f"whichever groups those with none recorded belong to; of those whose group is recorded, {percent(found['spread'])} were."
    )


def bounds_table(bounds: pd.DataFrame) -> pd.DataFrame:
    """Count over all trusts which clear gaps keep their direction.

    Parameters
    ----------
    bounds : pandas.DataFrame
        Trusts' rows of :func:`race_equality.analysis.missing_ethnicity.gaps_with_unknown`.

    Returns
    -------
    pandas.DataFrame
        Text, a row a measure: ``measure``, ``gaps`` (how many), ``width`` (median distance between the bounds under one
        share for all groups, in points), ``clear``, ``alike`` and ``whatever`` (clear gaps that keep their direction under
        that assumption, and under none), ``hidden`` (clear gaps with no bound).
    """
    found = []
    for id, rows in groups_of(bounds, "measure", sort=False):
        clear = rows[rows["direction"].isin(_CLEAR)]
        known = clear["status"] != "suppressed"
        keeps = clear["keeps"].where(clear["status"] != "complete", "whatever")
        found.append(
            {
                "measure": BY_ID[id].name,
                "gaps": f"{len(rows)}",
                "width": points((rows["upper"] - rows["lower"]).median(), signed=False),
                "clear": f"{len(clear)}",
                "alike": f"{(keeps != '').sum()}",
                "whatever": f"{(keeps == 'whatever').sum()}",
                "hidden": f"{(~known).sum()}",
            }
        )
    return pd.DataFrame(found)


def bounds_words(bounds: pd.DataFrame, detained: pd.DataFrame, births: list[dict[str, float]]) -> str:
    """Say of each measure over all trusts what unrecorded ethnicity could change.

    Parameters
    ----------
    bounds : pandas.DataFrame
        As for :func:`bounds_table`.
    detained : pandas.DataFrame
        England's rows of :func:`race_equality.analysis.missing_ethnicity.detentions_with_unknown`.
    births : list of dict
        Of each trust, from :func:`race_equality.analysis.missing_ethnicity.births_with_unknown`; empty ones are left out.

    Returns
    -------
    str
    """
    text = [
        "Patients of no known group can belong to any. What each gap becomes is bounded in three ways: they are spread over "
        "the groups as the others are, and the gap is nearer to zero; they belong to whichever groups, and fare alike in each "
        "(their own share is published); or nothing is assumed at all."
    ]
    keep = []
    for id, rows in groups_of(bounds, "measure", sort=False):
        clear = rows[rows["direction"].isin(_CLEAR)]
        known = clear[clear["status"] != "suppressed"]
        some, many = int(((known["keeps"] != "") | (known["status"] == "complete")).sum()), len(known)
        if many:
            which = f"all {number_word(many)}" if some == many > 1 else f"{number_word(some)} of {number_word(many)}"
            keep.append(f"{which} in {lower_first(BY_ID[id].name)}")
    if keep:
        text.append(
            "Of the clear gaps with a bound these keep their direction whichever groups such patients belong to, if they fare "
            f"alike in each: {listing(keep)}."
        )
    paragraphs = [" ".join(text)]
    paragraphs.append(detentions_missing_sentence(detained, "Under the Mental Health Act in England"))
    widths = pd.Series([one["upper"] - one["lower"] for one in births if one], dtype="float64")
    if len(widths):
        paragraphs.append(
            f"Births have no gap but shares of mothers: at the median of {number_word(len(widths))} "
            f"trust{'' if len(widths) == 1 else 's'} the share from ethnic minorities is known to within "
            f"{points(widths.median(), signed=False)} points, which is the share with no group recorded; at "
            f"{number_word(int((widths > 10).sum()))} to no better than ten points."
        )
    return "\n\n".join(part for part in paragraphs if part)
