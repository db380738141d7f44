"""Waits, A&E, maternity and the Mental Health Act in sentences and table rows."""

from __future__ import annotations

import math

import pandas as pd

from race_equality.figures.trusts import Trust
from race_equality.indicators.access import MEASURES
from race_equality.report.words import MONTHS, STATUS_WORDS, interval, number_word, people, percent

_MEASURES = {measure.id: measure for measure in MEASURES}

#: What an XmR chart's last point says, in a table cell.
VARIATION_WORDS = {
    "improvement": "Improving",
    "concern": "Getting worse",
    "common cause": "No change beyond the ordinary",
    "no data": "No data",
}


def month(value: pd.Timestamp) -> str:
    """Return a month as ``"May 2026"``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def measure_name(indicator: str) -> str:
    """Return the name of a measure of access."""
    return _MEASURES[indicator].name


def access_sentences(access: pd.DataFrame, trust: Trust) -> str:
    """Say a trust's latest waits, and that they cannot be split by ethnic group.

    Parameters
    ----------
    access : pandas.DataFrame
        From :func:`race_equality.indicators.access.latest_access`.
    trust : Trust
        The trust.
    """
    if access.empty:
        return (
            "Waiting lists and A&E are published for trusts that run them; no figures are published "
            f"for {trust.name}, so they are not applicable."
        )
    sentences = []
    for row in access.itertuples():
        text = f"In {month(row.month)}, {percent(row.percent)} {_MEASURES[row.indicator].statement}"
        others = [
            f"{name}: {percent(value)}"
            for name, value in (("all trusts", row.all_trusts), ("similar trusts", row.similar_trusts))
            if not math.isnan(value)
        ]
        sentences.append(f"{text} ({'; '.join(others)}).")
    sentences.append(
        "These figures are published for no trust by ethnic group, so they cannot show who waits longer. "
        "The trust holds the records that can."
    )
    return " ".join(sentences)


def access_table(access: pd.DataFrame) -> pd.DataFrame:
    """Put the latest waits in rows of text.

    Parameters
    ----------
    access : pandas.DataFrame
        From :func:`race_equality.indicators.access.latest_access`.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``month``, ``here``, ``similar``, ``all_trusts``, ``reading``.
    """
    return pd.DataFrame(
        {
            "measure": [_MEASURES[row.indicator].name for row in access.itertuples()],
            "month": access["month"].map(month),
            "here": access["percent"].map(percent),
            "similar": access["similar_trusts"].map(percent),
            "all_trusts": access["all_trusts"].map(percent),
            "reading": [
                VARIATION_WORDS[row.variation]
                + (f" (provisional, {number_word(row.points)} months)" if row.provisional else "")
                for row in access.itertuples()
            ],
        }
    )


def maternity_table(deliveries: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Put deliveries by ethnic group beside the catchment's groups.

    Parameters
    ----------
    deliveries : pandas.DataFrame
        From :func:`race_equality.indicators.maternity.deliveries_by_ethnicity`.
    population : pandas.DataFrame
        From :func:`race_equality.indicators.ethnicity_of_respondents.respondents_and_catchment`.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``deliveries``, ``percent``, ``catchment``, all text.
    """
    catchment = population.set_index("group")
    return pd.DataFrame(
        {
            "group": deliveries["group"],
            "deliveries": [people(row.deliveries, row.status) for row in deliveries.itertuples()],
            "percent": [percent(row.percent, row.status) for row in deliveries.itertuples()],
            "catchment": [
                percent(catchment.loc[group, "catchment_percent"], catchment.loc[group, "catchment_status"])
                if group in catchment.index
                else STATUS_WORDS["not_applicable"]
                for group in deliveries["group"]
            ],
        }
    )


def maternity_sentences(deliveries: pd.DataFrame, deprived: float) -> str:
    """Say how many gave birth, from which areas, and how often their ethnic group is recorded.

    Parameters
    ----------
    deliveries : pandas.DataFrame
        From :func:`race_equality.indicators.maternity.deliveries_by_ethnicity`; not empty.
    deprived : float
        From :func:`race_equality.indicators.maternity.most_deprived_share`.
    """
    end = deliveries["period_end"].iloc[0]
    unknown = deliveries.loc[deliveries["group"] == "Not stated or not known", "percent"].iloc[0]
    text = f"In the year to {month(end)}, the ethnic group of {percent(unknown)} of those who gave birth was not recorded."
    if not math.isnan(deprived):
        text += f" {percent(deprived)} lived in the most deprived fifth of areas."
    return text + " No outcome of birth is published by ethnic group and trust."


def detention_sentences(detentions: pd.DataFrame, place: str) -> str:
    """Say how detention under the Mental Health Act compares between ethnic groups.

    Parameters
    ----------
    detentions : pandas.DataFrame
        From :func:`race_equality.indicators.mental_health.detentions_by_ethnicity`.
    place : str
        As it stands at the start of a sentence: "In England".
    """
    known = detentions[(detentions["status"] == "ok") & (detentions["group"] != "White")]
    apart = known[known["lower"] > detentions.set_index("group").loc["White", "upper"]]
    if apart.empty:
        return f"{place}, the data do not show a reliable difference from the White group in rates of detention."
    top = apart.loc[apart["times_white"].idxmax()]
    return (
        f"{place}, people in the {top['group']} ethnic group were {top['times_white']:.1f} times as likely as "
        f"people in the White group to be detained under the Mental Health Act in the year to "
        f"{month(top['period_end'])} ({top['rate']:.0f} against "
        f"{detentions.set_index('group').loc['White', 'rate']:.0f} detentions for 100,000 people, "
        "not adjusted for age)."
    )


def detention_table(england: pd.DataFrame, system: pd.DataFrame | None = None) -> pd.DataFrame:
    """Put rates of detention in rows of text.

    Parameters
    ----------
    england, system : pandas.DataFrame
        From :func:`race_equality.indicators.mental_health.detentions_by_ethnicity`, for England and,
        where the trust belongs to one, for its integrated care system.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``england``, ``england_times`` and, with a system, ``system`` and
        ``system_times``: rates with their intervals, and times the White group's rate.
    """
    table = pd.DataFrame({"group": england["group"]})
    for name, detentions in (("england", england), ("system", system)):
        if detentions is None:
            continue
        table[name] = [
            f"{row.rate:.1f} ({interval(row.lower, row.upper, signed=False)})"
            if row.status == "ok"
            else STATUS_WORDS[row.status]
            for row in detentions.itertuples()
        ]
        table[f"{name}_times"] = [
            "Comparator"
            if row.group == "White"
            else f"{row.times_white:.1f}"
            if row.status == "ok" and not math.isnan(row.times_white)
            else STATUS_WORDS["suppressed"]
            for row in detentions.itertuples()
        ]
    return table
