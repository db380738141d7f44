"""Findings in sentences, by the rules for what a reader sees.

Every sentence that compares two groups names the direction and the comparator; an unclear result
is said to be unclear, and never to be equality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from race_equality.analysis.ethnicity_of_respondents import minority_share
from race_equality.analysis.gap_reading import read_gap, read_ratio
from race_equality.analysis.peers import Peers
from race_equality.analysis.steps_in_staff import Step, YearlyTrend
from race_equality.analysis.survey import ends_differ
from race_equality.analysis.wres_return import SEATS, seats_shown
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.indicators import BOARD, BY_ID, GROUND_ETHNIC_BACKGROUND, WRES
from race_equality.report.what_could_be_seen import after_ratio
from race_equality.report.words import (
    MONTHS,
    STATUS_WORDS,
    chance,
    date,
    interval,
    listing,
    number_word,
    people,
    percent,
    period,
    points,
    ratio,
)
from race_equality.statistics.trend import YearsToParity
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of, rows_of
from race_equality.store.trust import Trust


def experience_sentences(finding: Mapping, comparators: Mapping[str, Mapping]) -> str:
    """Say one finding of WRES 5 to 8 in full.

    Parameters
    ----------
    finding : mapping
        A row of :func:`race_equality.analysis.gap_reading.gap_readings`.
    comparators : mapping of str to mapping
        Name of the comparator, as it is written in a sentence, to a row of :func:`race_equality.analysis.wres.pooled`.

    Returns
    -------
    str
        Two to six sentences.
    """
    indicator = WRES[finding["number"]]
    gap = finding["gap"]
    text = (
        f"{percent(finding['ethnic_minority_percent'])} of staff from ethnic minorities and "
        f"{percent(finding['white_percent'])} of White staff said they {indicator.statement}."
    )
    bounds = interval(finding["gap_lower"], finding["gap_upper"])
    reading = read_gap(finding)
    if reading.direction == "unclear" and reading.agrees:
        text += (
            " The data do not show a reliable difference "
            f"(gap {points(gap)} percentage points, 95% confidence interval: {bounds}). "
            "This does not show that experiences are the same."
        )
    elif finding["gap_lower"] <= 0 <= finding["gap_upper"]:
        text += f" The gap is {points(gap)} percentage points (95% confidence interval of the gap: {bounds})."
    else:
        side = "higher" if gap > 0 else "lower"
        text += (
            f" The figure for staff from ethnic minorities is {points(gap, signed=False)} percentage "
            f"points {side} than for White staff (95% confidence interval of the gap: {bounds})."
        )
    if reading.reason:
        text += f" {reading.reason}"
    for name, row in comparators.items():
        text += f" {name}: a gap of {points(row['gap'])} points."
    return text


def likelihood_sentences(
    likelihoods: pd.DataFrame,
    without_international: pd.DataFrame | None = None,
    national: Mapping[int, tuple[str, pd.Timestamp]] | None = None,
) -> list[str]:
    """Say the latest relative likelihoods, each with direction and comparator.

    Parameters
    ----------
    likelihoods : pandas.DataFrame
        From :func:`race_equality.analysis.wres_return.relative_likelihoods`.
    without_international : pandas.DataFrame, optional
        From :func:`race_equality.analysis.wres_return.without_international_recruits`.
    national : mapping, optional
        From :func:`race_equality.report.summary_table.national_values`.

    Returns
    -------
    list of str
        One for each of WRES 2, 3 and 4 that the return holds.
    """
    sentences = []
    for row in rows_of(likelihoods.groupby("number").tail(1)):
        text = _likelihood(row)
        if national and row.number in national and not math.isnan(row.ratio):
            value, day = national[row.number]
            text += f" England, {MONTHS[day.month - 1]} {day.year}: {value}."
        if BY_ID["wres_2"].number == row.number and without_international is not None and len(without_international):
            text += f" Without international recruits: {_likelihood(without_international.iloc[-1])}"
        if getattr(row, "published_by_trust", False):
            text += f" {PUBLISHED_BY_TRUST}"
        sentences.append(f"**{WRES[row.number].name} ({WRES[row.number].label}).** {text}")
    if any(row.status == "ok" for row in rows_of(likelihoods)):
        sentences.append(FOUR_FIFTHS_NOTE)
    return sentences


#: Of a figure that is in no common file.
PUBLISHED_BY_TRUST = "Published by the trust on its own page, and held to its counts."

#: What the probabilities next to relative likelihoods are, and are not.
FOUR_FIFTHS_NOTE = (
    "A ratio under 0.80 or over 1.25 is a flag (the four-fifths rule) and no finding: in small groups it is often there by "
    "chance alone, so each ratio is given with the probability that the true one lies outside that range."
)


def _likelihood(row) -> str:
    said = WRES[row.number].likelihood
    assert said is not None  # each ratio has its words
    above, below, event = said.first, said.second, said.event
    if row.status == "suppressed":
        return f"There are too few {above} or {below} to show how many times as likely they were {event}."
    if math.isnan(row.ratio):
        return f"The relative likelihood cannot be estimated: none of the {below} were counted."
    bounds = f"{row.lower:.2f} and above" if math.isinf(row.upper) else f"{row.lower:.2f} to {row.upper:.2f}"
    text = (
        f"{above[0].upper()}{above[1:]} were {row.ratio:.2f} times as likely as {below} {event} "
        f"(95% confidence interval: {bounds})."
    )
    if read_ratio(row).direction == "unclear":
        text += " The data do not show a reliable difference. This does not show that experiences are the same."
        text += after_ratio(row.ratio, row.lower, row.upper)
    return f"{text} Probability that the true ratio lies outside 0.80 to 1.25: {chance(row.outside)}."


_YEARS_IN_A_TABLE = 4


def years_of(likelihoods: pd.DataFrame) -> list[str]:
    """Return the latest years that a return holds, as many as a table has room for, oldest first, in words."""
    pairs = (
        likelihoods[["period_start", "period_end"]].drop_duplicates().sort_values("period_end").tail(_YEARS_IN_A_TABLE)
    )
    return [period(start, end) for start, end in pairs.itertuples(index=False, name=None)]


def likelihood_table(likelihoods: pd.DataFrame, without_international: pd.DataFrame) -> pd.DataFrame:
    """Put relative likelihoods in a row for each measure, a column a year.

    Parameters
    ----------
    likelihoods, without_international : pandas.DataFrame
        As for :func:`likelihood_sentences`.

    Returns
    -------
    pandas.DataFrame
        Text: ``measure`` and the columns of :func:`years_of`.
    """
    named = [(f"{WRES[number].name} ({WRES[number].label})", rows) for number, rows in groups_of(likelihoods, "number")]
    if len(without_international):
        named.insert(1, ("The same without international recruits", without_international))
    rows = []
    for name, years in named:
        row = {"measure": name} | dict.fromkeys(years_of(likelihoods), STATUS_WORDS["not_available"])
        for found in rows_of(years):
            row[period(found.period_start, found.period_end)] = (
                STATUS_WORDS["suppressed"]
                if found.status == "suppressed"
                else ratio(found.ratio, found.lower, found.upper)
            )
        rows.append(row)
    return pd.DataFrame(rows)


_SEATS = {part.id: part.name for part in BOARD.parts}


def board_sentences(seats: Mapping[str, pd.DataFrame], parity: YearsToParity, threshold: int) -> str:
    """Say who sits on the board, against the workforce (WRES 9).

    Parameters
    ----------
    seats : mapping of str to pandas.DataFrame
        From :func:`race_equality.analysis.wres_return.board_against_workforce`, by kind of seat.
    parity : YearsToParity
        From :func:`race_equality.analysis.wres_return.years_to_board_parity`.
    threshold : int
        A share of fewer seats is not shown, nor one that would reveal fewer others.
    """
    last = seats[SEATS[0]].iloc[-1]
    shares, hidden = [], []
    members = {name: seats[name].iloc[-1]["board_members"] for name in _SEATS if name in seats and len(seats[name])}
    for name, words in _SEATS.items():
        if name not in members:
            continue
        found = seats[name].iloc[-1]
        if name not in seats_shown(members, threshold):
            hidden.append(words)
        else:
            shares.append(f"{percent(found['board_percent'])} of {words}")
    name = f"**{BOARD.name} ({BOARD.label}).**"
    if not shares:
        return f"{name} On {date(last['period_end'])} the board had too few members to show how many were from ethnic minorities."
    lower, upper = (last[f"board_{end}"] - last["workforce_percent"] for end in ("lower", "upper"))
    text = (
        f"{name} On {date(last['period_end'])} {listing(shares)} were from ethnic minorities, and "
        f"{percent(last['workforce_percent'])} of staff. The gap of the board is {points(last['difference'])} percentage points "
        f"(95% confidence interval: {interval(lower, upper)})."
    )
    if hidden:
        text += f" Of {listing(hidden)} there are too few people to show."
    if last.get("published_by_trust"):
        text += f" {PUBLISHED_BY_TRUST}"
    if lower <= 0 <= upper:
        text += " With so few seats an interval is wide; each appointment still counts."
    return text + {
        "estimated": f" If both go on as they went, their shares meet in about {parity.years:.0f} years (95% confidence "
        f"interval: {parity.lower:.0f} to {parity.upper:.0f} years).",
        "moving away": " The gap is widening.",
        "no reliable gap": " A gap that chance could account for has no end that can be told; this does not show that there is none.",
    }.get(parity.status, " When the shares will meet cannot be estimated.")


@cached
def grounds_sentence(figures: pd.DataFrame) -> str:
    """Say on what ground staff in England experienced discrimination, and why not those of this trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    """
    rows = figures[
        (figures["trust_code"] == ENGLAND_CODE)
        & (figures["indicator"] == GROUND_ETHNIC_BACKGROUND.id)
        & (figures["status"] == "ok")
    ].set_index("group")["value"]
    if not {"Ethnic minority", "White"} <= set(rows.index):
        return "Grounds of discrimination are not held."
    return (
        "Answers by detailed ethnic group are published for England alone. Of staff who had experienced discrimination, "
        f"{percent(float(rows['Ethnic minority']))} of those from ethnic minorities and {percent(float(rows['White']))} of "
        "White staff named their ethnic background as a ground. For single trusts the workbook gives 100%, which cannot be "
        "a real answer and is not shown."
    )


def peers_sentence(peers: Peers) -> str:
    """Say who the similar trusts are, and why.

    Parameters
    ----------
    peers : Peers
        From :func:`race_equality.analysis.peers.choose_peers`.
    """
    if not peers.codes:
        return peers.reason
    names = [f"{row.trust_name} ({row.trust_code})" for row in rows_of(peers.table)]
    shared = [
        f"{people(round(lower, -2))} to {people(round(upper, -2))} staff"
        if name == "headcount"
        else f"{lower:.0f}% to {upper:.0f}% {what}"
        for name, what in (
            ("headcount", ""),
            ("minority_respondents_percent", "of survey respondents from ethnic minorities"),
        )
        if name in peers.table
        for lower, upper in [(peers.table[name].min(), peers.table[name].max())]
        if not math.isnan(lower)
    ]
    return f"{peers.reason} They are {'; '.join(names)}. Names are {peers.order}." + (
        f" They have {listing(shared)}." if shared else ""
    )


def growth_sentence(marches: pd.DataFrame, growth: YearlyTrend) -> str:
    """Say how the number of staff has changed from March to March.

    Parameters
    ----------
    marches : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.workforce.headcount_by_march`; not empty.
    growth : YearlyTrend
        From :func:`race_equality.analysis.workforce.yearly_growth`.
    """
    last = marches.iloc[-1]
    step = growth.step
    text = "" if step is None else f"{step_sentence(step)}; no slope is drawn through it. "
    if growth.direction == "too few points":
        return f"{text}In March {last['year']:.0f} the trust had {people(last['people'])} staff."
    first = marches.tail(growth.points).iloc[0]
    text += (
        f"{'Staff' if step is None else 'Since then staff'} went from {people(first['people'])} in March "
        f"{first['year']:.0f} to {people(last['people'])} in March {last['year']:.0f}"
    )
    if growth.direction == "no reliable change":
        return (
            f"{text}; the number of a trust’s staff moves as much from one year to the next, so this is no steady "
            "rise or fall."
        )
    return (
        f"{text}, {points(growth.slope, signed=False)}% {'more' if growth.slope > 0 else 'fewer'} each year on average "
        f"(95% confidence interval: {interval(growth.lower, growth.upper)}). Each new post is a choice of whom to appoint."
    )


def step_sentence(step: Step) -> str:
    """Say that staff came to or left a trust at once, without a full stop.

    Parameters
    ----------
    step : Step
        From :func:`race_equality.analysis.steps_in_staff.steps_in_staff`.

    Examples
    --------
    >>> one = Step(pd.Timestamp("2016-03-31"), pd.Timestamp("2017-03-31"), 1674, 3698, "people")
    >>> step_sentence(one)
    'In the year to March 2017 staff rose from 1,674 to 3,698, as in a merger or transfer'
    """
    end = f"{MONTHS[step.end.month - 1]} {step.end.year}"
    days = (step.end - step.start).days
    if days > 366:
        when = f"Between {MONTHS[step.start.month - 1]} {step.start.year} and {end}"
    else:
        when = f"In the year to {end}" if days > 31 else f"In {end}"
    staff = "staff" if step.unit == "people" else "staff in full-time equivalents"
    moved = f"{when} {staff} {'rose' if step.after > step.before else 'fell'} from {people(step.before)} to {people(step.after)}"
    if step.day is None:
        return f"{moved}, as in a merger or transfer"
    return f"{moved}: staff of {step.organisation} joined the trust on {date(pd.Timestamp(step.day))}"


def population_sentences(population: pd.DataFrame, catchment: Mapping[str, float], trust: Trust) -> str:
    """Say who answered the survey and who is served.

    Parameters
    ----------
    population : pandas.DataFrame
        From :func:`race_equality.analysis.ethnicity_of_respondents.respondents_and_catchment`.
    catchment : mapping of str to float
        Indicator to value for the catchment's size, deprivation score and quintile, where published.
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


#: Where the first and the last survey alone would say another thing than all of them.
_ENDS_DIFFER = (
    " The first and the last survey differ by more than the chance of who answered. A trust’s figure also moves from one "
    "survey to the next, and allowing for that these surveys do not show a steady rise or fall."
)


def change_sentence(years: pd.DataFrame, change: YearlyTrend, *, brief: bool = False) -> str:
    """Say how discrimination from a manager or colleagues changed over the surveys.

    Parameters
    ----------
    years : pandas.DataFrame
        From :func:`race_equality.analysis.survey.discrimination_by_year`; not empty.
    change : YearlyTrend
        From :func:`race_equality.analysis.survey.yearly_change`.
    brief : bool
        Without the change a year and its interval, for the first page, which is followed by the rest.
    """
    first, last = years.iloc[0], years.iloc[-1]
    between = (
        f"Between autumn {first['year']:.0f} and autumn {last['year']:.0f} the share of all staff who had "
        "experienced discrimination from a manager or colleagues"
    )
    went = f"{between} went from {percent(first['percent'])} to {percent(last['percent'])}"
    if change.step is not None:
        # those who answered before and after worked for different organisations
        if brief:
            return f"{went}; not compared, as staff {'joined' if change.step.after > change.step.before else 'left'} in between."
        return (
            f"{went}. {step_sentence(change.step)}. Those who answered before and after worked for different "
            "organisations, so no slope is drawn through the surveys."
        )
    if change.direction == "too few points":
        return f"There are too few surveys of this trust to say how discrimination changed ({len(years)} of four)."
    bounds = f"95% confidence interval: {interval(change.lower, change.upper)}"
    if change.direction == "no reliable change":
        if brief:
            return f"{went}; no reliable change."
        yearly = f"the line through the surveys: {points(change.slope)} percentage points a year, {bounds}"
        return f"{went}; the data do not show a reliable change ({yearly}).{_ENDS_DIFFER if ends_differ(years) else ''}"
    verb = "rose" if change.direction == "rising" else "fell"
    yearly = (
        "" if brief else f" (the line through the surveys: {points(change.slope)} percentage points a year, {bounds})"
    )
    return f"{between} {verb} from {percent(first['percent'])} to {percent(last['percent'])}{yearly}."


def pairs_sentence(pairs: Sequence[tuple[str, str]]) -> str:
    """Say which pairs of measures the table of other trusts and years has, and of whom earlier surveys are.

    Parameters
    ----------
    pairs : sequence of (str, str)
        From :func:`race_equality.analysis.staff_and_patients.pairs_to_vary`.
    """
    if not pairs:
        return "No pair of measures could be correlated."
    which = (
        "The pair with the most trusts has the strongest correlation as well; here it is"
        if len(pairs) == 1
        else "The pair with the most trusts and the pair with the strongest correlation,"
    )
    return (
        f"{which} over other trusts and other years. In earlier surveys only the answers of all staff together are held by "
        "trust."
    )


def association_summary(found: pd.DataFrame) -> str:
    """Say how many associations across trusts are clear, before and after adjustment.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.staff_and_patients.associations`.
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
