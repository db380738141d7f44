"""Findings in sentences, by the rules for what a reader sees.

Every sentence that compares two groups names the direction and the comparator; an unclear result
is said to be unclear, and never to be equality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from race_equality.figures.trusts import Trust
from race_equality.indicators.definitions import WRES, WresIndicator
from race_equality.indicators.ethnicity_of_respondents import minority_share
from race_equality.report.words import (
    interval,
    listing,
    lower_first,
    number_word,
    people,
    percent,
    points,
)
from race_equality.statistics.trend import Trend


def direction(indicator: WresIndicator, lower: float, upper: float) -> str:
    """Say which way a gap goes, or that it is unclear.

    Parameters
    ----------
    indicator : WresIndicator
        One of WRES 5 to 8.
    lower, upper : float
        The interval of the gap, ethnic minority minus White, in percentage points.

    Returns
    -------
    {"adverse", "favourable", "unclear", "none"}
        ``adverse`` to staff from ethnic minorities; ``none`` where there is no figure.
    """
    if math.isnan(lower) or math.isnan(upper):
        return "none"
    if lower <= 0 <= upper:
        return "unclear"
    higher = lower > 0
    return "adverse" if higher == (indicator.adverse_when == "higher") else "favourable"


#: A direction as a reading for staff from ethnic minorities, under a heading that names them.
READINGS = {
    "adverse": "Worse",
    "favourable": "Better",
    "unclear": "No reliable difference",
    "none": "No data",
}


def experience_sentences(finding: Mapping, comparators: Mapping[str, Mapping]) -> str:
    """Say one finding of WRES 5 to 8 in full.

    Parameters
    ----------
    finding : mapping
        A row of :func:`race_equality.indicators.wres.staff_experience`.
    comparators : mapping of str to mapping
        Name of the comparator, as it stands in a sentence, to a row of
        :func:`race_equality.indicators.wres.pooled`.

    Returns
    -------
    str
        Two to four sentences.
    """
    indicator = WRES[finding["number"]]
    gap = finding["gap"]
    text = (
        f"{percent(finding['ethnic_minority_percent'])} of staff from ethnic minorities and "
        f"{percent(finding['white_percent'])} of White staff said they {indicator.statement}."
    )
    bounds = interval(finding["gap_lower"], finding["gap_upper"])
    if direction(indicator, finding["gap_lower"], finding["gap_upper"]) == "unclear":
        text += (
            " The data do not show a reliable difference "
            f"(gap {points(gap)} percentage points, 95% confidence interval: {bounds}). "
            "This does not show that experiences are the same."
        )
    else:
        side = "higher" if gap > 0 else "lower"
        text += (
            f" The figure for staff from ethnic minorities is {points(gap, signed=False)} percentage "
            f"points {side} than for White staff (95% confidence interval of the gap: {bounds})."
        )
    for name, row in comparators.items():
        text += f" {name}: a gap of {points(row['gap'])} points."
    return text


def experience_summary(findings: pd.DataFrame) -> str:
    """Say in a sentence or two what WRES 5 to 8 show for one trust.

    Parameters
    ----------
    findings : pandas.DataFrame
        The trust's rows of :func:`race_equality.indicators.wres.staff_experience`.

    Returns
    -------
    str
    """
    known = findings[findings["status"] == "ok"]
    if known.empty:
        return (
            "No figures on staff experience by ethnic group are published for this trust in the "
            "files that this report reads. The report says below how to load them."
        )
    by_direction: dict[str, list[str]] = {}
    for row in known.to_dict("records"):
        indicator = WRES[row["number"]]
        found = direction(indicator, row["gap_lower"], row["gap_upper"])
        by_direction.setdefault(found, []).append(lower_first(indicator.name))
    sentences = []
    total = number_word(len(known))
    if adverse := by_direction.get("adverse"):
        count = "all" if len(adverse) == len(known) else f"{number_word(len(adverse))} of"
        sentences.append(
            f"Staff from ethnic minorities report worse experience than White staff on {count} "
            f"{total} measures: {listing(adverse)}."
        )
    if favourable := by_direction.get("favourable"):
        sentences.append(
            "Staff from ethnic minorities report better experience than White staff on "
            f"{listing(favourable)}."
        )
    if unclear := by_direction.get("unclear"):
        sentences.append(
            f"On {listing(unclear)} the data do not show a reliable difference; this does not show "
            "that experiences are the same."
        )
    return " ".join(sentences)


#: Where a trust lies in a funnel, after "The figure of …".
_POSITIONS = {
    "above 99.8% limit": "lies above the 99.8% limit: higher than chance and the ordinary variation between trusts account for",
    "above 95% limit": "lies above the 95% limit: higher than expected, which happens by chance to about one trust in forty",
    "within limits": "lies within the limits: no different from what is expected of a trust of its size",
    "below 95% limit": "lies below the 95% limit: lower than expected, which happens by chance to about one trust in forty",
    "below 99.8% limit": "lies below the 99.8% limit: lower than chance and the ordinary variation between trusts account for",
}


def funnel_sentence(position: str | None, name: str, target: float, trusts: int) -> str:
    """Say where a trust lies among all trusts.

    Parameters
    ----------
    position : str or None
        As :attr:`race_equality.statistics.funnel.Funnel.position` puts it; None for a trust
        without a published figure.
    name : str
        The trust's name.
    target : float
        All trusts together, in per cent.
    trusts : int
        How many trusts have a published figure.
    """
    together = (
        f"Across the {trusts} trusts with published figures, {percent(target)} of staff from ethnic "
        "minorities said they had experienced discrimination from a manager, team leader or other "
        "colleagues in the last 12 months."
    )
    if position is None:
        return f"{together} {name} is not among them."
    more = (
        " A trust within the limits is not thereby fair: the centre of the funnel is itself a disparity."
        if position == "within limits"
        else ""
    )
    return f"{together} {name} {_POSITIONS[position]}.{more}"


def survey_sentences(asked: pd.DataFrame, spread: pd.DataFrame, kind: str) -> str:
    """Say how a trust's staff as a whole answered, beside the middle half of its kind.

    Parameters
    ----------
    asked : pandas.DataFrame
        The trust's rows of :func:`race_equality.indicators.survey.survey_answers`.
    spread : pandas.DataFrame
        From :func:`race_equality.indicators.survey.spread_of_trusts`.
    kind : str
        The trust's kind.
    """
    said = {
        "staff_survey_q15": "said that the trust acts fairly on career progression or promotion",
        "staff_survey_q16a": "said they had experienced discrimination from patients or the public",
        "staff_survey_q16b": "said they had experienced discrimination from a manager or colleagues",
    }
    sentences = []
    for row in asked.itertuples():
        text = f"{percent(row.percent)} of all staff {said[row.indicator]}"
        if row.indicator in spread.index:
            middle = spread.loc[row.indicator]
            where = (
                "above"
                if row.lower > middle["three_quarters"]
                else "below"
                if row.upper < middle["quarter"]
                else "near"
            )
            text += {
                "above": f", above the middle half of the other {kind} trusts",
                "below": f", below the middle half of the other {kind} trusts",
                "near": f", in or near the middle half of the other {kind} trusts",
            }[where]
            text += f" ({interval(middle['quarter'], middle['three_quarters'], signed=False)}%)"
        sentences.append(text + ".")
    return " ".join(sentences)


def likelihood_sentences(likelihoods: pd.DataFrame) -> list[str]:
    """Say the latest relative likelihoods, each with direction and comparator.

    Parameters
    ----------
    likelihoods : pandas.DataFrame
        From :func:`race_equality.indicators.wres_return.relative_likelihoods`.

    Returns
    -------
    list of str
        One for each of WRES 2, 3 and 4 that the return holds.
    """
    people_and_event = {
        2: ("White applicants", "applicants from ethnic minorities", "to be appointed from shortlisting"),
        3: ("staff from ethnic minorities", "White staff", "to enter the formal disciplinary process"),
        4: (
            "White staff",
            "staff from ethnic minorities",
            "to take up non-mandatory training and development",
        ),
    }
    sentences = []
    for row in likelihoods.groupby("number").tail(1).itertuples():
        above, below, event = people_and_event[row.number]
        if math.isnan(row.ratio):
            sentences.append(
                f"**{WRES[row.number].name} (WRES {row.number}).** The relative likelihood cannot be "
                f"estimated: none of the {below} were counted."
            )
            continue
        bounds = (
            f"{row.lower:.2f} and above" if math.isinf(row.upper) else f"{row.lower:.2f} to {row.upper:.2f}"
        )
        text = (
            f"{above[0].upper()}{above[1:]} were {row.ratio:.2f} times as likely as {below} {event} "
            f"(95% confidence interval: {bounds})."
        )
        if row.lower <= 1 <= row.upper:
            text += (
                " The data do not show a reliable difference. "
                "This does not show that experiences are the same."
            )
        sentences.append(f"**{WRES[row.number].name} (WRES {row.number}).** {text}")
    return sentences


def population_sentences(population: pd.DataFrame, catchment: Mapping[str, float], trust: Trust) -> str:
    """Say who answered the survey and who is served.

    Parameters
    ----------
    population : pandas.DataFrame
        From :func:`race_equality.indicators.ethnicity_of_respondents.respondents_and_catchment`.
    catchment : mapping of str to float
        Indicator to value for the catchment's size, deprivation score and quintile, where
        published.
    trust : Trust
        The trust.
    """
    sentences = []
    staff = minority_share(population, "respondents_percent")
    served = minority_share(population, "catchment_percent")
    if not math.isnan(staff):
        sentences.append(
            f"{percent(staff)} of the staff who answered the survey are from ethnic minorities "
            "(excluding White minorities)."
        )
    if not math.isnan(served):
        sentences.append(f"In the population that the trust serves it is {percent(served)}.")
        if trust.predecessors:
            sentences.append(
                f"That is the catchment published for {trust.code}; those of trusts that have merged into it may not be in it."
            )
    size = catchment.get("catchment_population")
    quintile = catchment.get("catchment_deprivation_quintile")
    if size is not None:
        sentences.append(f"The catchment holds about {people(round(float(size), -3))} people.")
    if quintile is not None:
        place = {
            1: "in the most deprived fifth of",
            2: "in the second most deprived fifth of",
            3: "in the middle fifth of",
            4: "in the second least deprived fifth of",
            5: "in the least deprived fifth of",
        }[int(quintile)]
        sentences.append(f"By deprivation it lies {place} acute trusts’ catchments.")
    status = population["catchment_status"].iloc[0]
    if status == "not_applicable":
        sentences.append(
            f"Catchment populations are published for acute trusts alone; for a trust of this kind "
            f"({trust.kind}) they are not applicable."
        )
    elif status == "not_available":
        sentences.append("No catchment population is published for this trust.")
    if (population["respondents_status"] == "suppressed").any():
        sentences.append("Groups of too few people are not shown.")
    if not math.isnan(staff):
        sentences.append("The staff who answered are not the whole workforce.")
    return " ".join(sentences)


def change_sentence(years: pd.DataFrame, change: Trend, *, brief: bool = False) -> str:
    """Say how discrimination from a manager or colleagues changed over the surveys.

    Parameters
    ----------
    years : pandas.DataFrame
        From :func:`race_equality.indicators.survey.discrimination_by_year`; not empty.
    change : Trend
        From :func:`race_equality.indicators.survey.yearly_change`.
    brief : bool
        Without the change a year and its interval, for the first page, which is followed by the rest.
    """
    first, last = years.iloc[0], years.iloc[-1]
    between = (
        f"Between autumn {first['year']:.0f} and autumn {last['year']:.0f} the share of all staff who had "
        "experienced discrimination from a manager or colleagues"
    )
    if change.direction == "too few points":
        return f"There are too few surveys of this trust to say how discrimination changed ({len(years)} of four)."
    bounds = f"95% confidence interval: {interval(change.lower, change.upper)}"
    if change.direction == "no reliable change":
        yearly = "" if brief else f" ({points(change.slope)} percentage points a year, {bounds})"
        return (
            f"{between} went from {percent(first['percent'])} to {percent(last['percent'])}; the data do not show "
            f"a reliable change{yearly}."
        )
    verb = "rose" if change.direction == "rising" else "fell"
    yearly = "" if brief else f", by {points(change.slope, signed=False)} percentage points a year ({bounds})"
    return f"{between} {verb} from {percent(first['percent'])} to {percent(last['percent'])}{yearly}."


def association_summary(found: pd.DataFrame) -> str:
    """Say how many associations across trusts are clear, before and after adjustment.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.indicators.staff_and_patients.associations`.
    """
    clear = (found["lower"] > 0) | (found["upper"] < 0)
    plain, adjusted = (int(clear[found["adjusted"] == kind].sum()) for kind in (False, True))
    pairs = int(found["adjusted"].sum())
    most = found.loc[found["adjusted"], "correlation"].abs().max()
    return (
        f"Of {pairs} pairs of a staff and a patient measure, {number_word(plain)} go together reliably as published "
        f"and {number_word(adjusted)} after trusts are compared within their kind and London or elsewhere. "
        f"With {pairs} pairs, about one in twenty would look reliable by chance alone. After adjustment the "
        f"strongest correlation is {most:.2f} in size, where 0 is none and 1 is complete."
    )
