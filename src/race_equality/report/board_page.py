"""What the report's first page says: how the trust is doing, what the board did, what it is asked to decide.

Every part is a value that a notebook can look at; :func:`race_equality.report.board_markup.board_page` puts
them together.
"""

from __future__ import annotations

import hashlib
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date

import pandas as pd

from race_equality.analysis.gap_reading import Reading, read_board, read_gap, read_ratio
from race_equality.analysis.patient_gaps import WidestGap
from race_equality.analysis.share_reading import BRIEF, direction_of_answer
from race_equality.definitions.indicators import BY_ID, EXPERIENCE, STAFF_CARDS, WRES, Indicator
from race_equality.params.actions import Action
from race_equality.report.action_progress import typed_text
from race_equality.report.funnels import reading_among_kind
from race_equality.report.opening import KIND_WORDS, merged_organisations, organisation_names
from race_equality.report.patients import month, would_bring_patients
from race_equality.report.words import (
    date,
    interval,
    latest_period,
    listing,
    lower_first,
    number_word,
    people,
    percent,
    place,
    points,
    ratio,
    upper_first,
)
from race_equality.store.provenance import Source
from race_equality.store.rows import groups_of, row_at, rows_of
from race_equality.store.trust import Trust

#: Few enough for one row of a page.
MOST_CARDS, MOST_DECISIONS = 4, 3
#: What a person typed is shortened on the first page; its section has it in full.
_MOST_LETTERS = 90

#: What two groups of patients, or the board, say; of staff :mod:`race_equality.analysis.gap_reading` does.
_UNCLEAR, _UNKNOWN = "No reliable difference", "Not known"


@dataclass(frozen=True)
class Card:
    """One figure that a board should know.

    Parameters
    ----------
    title : str
    figure : str
        The number, or why there is none.
    words : str
        What it is, between whom, and compared with what.
    reading : str
        In words; nothing is said by colour alone.
    direction : {"adverse", "favourable", "unclear", "none"}
    measure : str
        The id of the indicator that it is of.
    """

    title: str
    figure: str
    words: str
    reading: str
    direction: str = "none"
    measure: str = ""


@dataclass(frozen=True)
class Decision:
    """What the board is asked to decide.

    Parameters
    ----------
    what : str
    owner : str
        A role on the board.
    by : datetime.date
    proposed : bool
        Whether owner and day are this report's proposal; otherwise they are the board's own.
    """

    what: str
    owner: str
    by: Date
    proposed: bool = False


def data_version(sources: Iterable[Source]) -> str:
    """Name the figures that a page rests on, so that two prints can be distinguished.

    Parameters
    ----------
    sources : iterable of Source
        Those that the page uses.

    Returns
    -------
    str
        Eight hexadecimal digits that change when any of the publications does.
    """
    content = "".join(sorted(f"{source.id} {source.sha256} {source.figures_sha256}\n" for source in sources))
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def survey_editions(survey: str, known: pd.DataFrame) -> str:
    """Say of which survey the trust's figures are, and of which those by ethnic group where it is another.

    Parameters
    ----------
    survey : str
        The period of what all staff answered.
    known : pandas.DataFrame
        WRES 5 to 8 of the trust, those with figures.
    """
    by_group = latest_period(known) if len(known) else survey
    return survey if by_group == survey else f"{survey}, by ethnic group {by_group}"


def about_line(trust: Trust, headcount: float, counted: pd.Timestamp, survey: str, version: str, read: Date) -> str:
    """Say which trust, which period and which data in a line or two.

    Parameters
    ----------
    trust : Trust
    headcount : float
        Staff, NaN where not published.
    counted : pandas.Timestamp
        The day they were counted.
    survey : str
        The staff survey's period (:func:`survey_editions`).
    version : str
        From :func:`data_version`.
    read : datetime.date
        The newest day on which one of the publications was read.
    """
    kind = KIND_WORDS[trust.kind]
    text = f"{kind[0].upper()}{kind[1:]}"
    if trust.region != "National" and not trust.is_demonstration:
        text += f" in {place(trust.region)}"
        if trust.system:
            systems = [system.strip() for system in trust.system.split(";")]
            text += f" ({listing(systems[:2]) if len(systems) < 3 else f'{len(systems)} integrated care systems'})"
    if not math.isnan(headcount):
        text += f", about {people(round(headcount, -2))} staff on {date(counted)}"
    return f"{text}. Staff survey: {survey}. Data version {version}, read by {date(pd.Timestamp(read))}."


def marks(trust: Trust, figures: pd.DataFrame) -> list[str]:
    """Return what must be known before any number: invented figures, a return that is not public.

    Parameters
    ----------
    trust : Trust
    figures : pandas.DataFrame
        Tidy figures.
    """
    if trust.is_demonstration:
        return ["Invented: this trust does not exist. The figures of all other trusts are real."]
    own = figures["trust_code"].eq(trust.code) & figures["private"]
    if own.any():
        return [
            "Local: not for publication without the trust’s consent. Some figures come from the trust’s own return "
            "and are in no public file."
        ]
    return []


def wres_source(trust: Trust, own: pd.DataFrame) -> str:
    """Return where a chart of WRES 5 to 8 has its figures from, for its caption: charts are copied out of reports.

    Parameters
    ----------
    trust : Trust
    own : pandas.DataFrame
        Tidy figures of the trust.
    """
    if trust.is_demonstration:
        return "Invented figures."
    is_shown = own["indicator"].isin([measure.id for measure in EXPERIENCE]) & own["status"].eq("ok")
    if own.loc[is_shown, "private"].any():
        return "Source: this trust’s own return (local: not for publication) and NHS Staff Survey."
    return "Source: NHS Staff Survey."


def state_sentence(here: pd.DataFrame, asked: pd.DataFrame, kind: str, patient_gap: WidestGap | None = None) -> str:
    """Say in some sentences what staff experience is, by ethnic group where it is known.

    Where it is not, clear gaps among patients are said instead of what all staff say: the page's first sentence is about
    race wherever figures are.

    Parameters
    ----------
    here : pandas.DataFrame
        WRES 5 to 8 of the trust, indexed by number (:func:`race_equality.analysis.gap_reading.gap_readings`).
    asked : pandas.DataFrame
        What all its staff answered (:func:`race_equality.analysis.survey.survey_answers`), placed among its kind.
    kind : str
        The trust's kind.
    patient_gap : WidestGap, optional
        The widest clear gap among the trust's patients (:func:`race_equality.analysis.patient_gaps.widest_gap`).
    """
    known = here[here["status"] == "ok"]
    if known.empty:
        if len(here) and (here["status"] == "not_applicable").all() and asked.empty:
            return "This trust is newer than the latest published figures. There are none of its staff by ethnic group yet."
        return " ".join(
            [
                # what all staff say is on the cards and in the table next to them
                *(_of_patients(patient_gap) or _of_all_staff(asked, kind)),
                "No figures on its staff by ethnic group are in the public files that this report reads.",
            ]
        )
    found = {lower_first(WRES[row.number].in_few_words): read_gap(row) for row in rows_of(known)}

    def names(*, agrees: bool = True, **having: str) -> list[str]:
        return [
            name
            for name, reading in found.items()
            if reading.agrees == agrees and all(getattr(reading, part) == value for part, value in having.items())
        ]

    adverse = len(names(direction="adverse"))
    sentences = []
    if adverse:
        sentences.append(
            f"Staff from ethnic minorities report worse experience than White staff on {_of_measures(adverse, len(found))}."
        )
        apart = [
            f"{side} on {listing(those)}"
            for side in ("wider", "narrower")
            if (those := names(direction="adverse", beyond=side))
        ]
        if apart:
            sentences.append(f"The gap is, compared with what is usual for {kind} trusts, {listing(apart)}.")
    if those := names(direction="favourable"):
        whose = "They" if adverse else "Staff from ethnic minorities"
        sentences.append(f"{whose} report better experience than White staff on {listing(those)}.")
    if those := names(direction="unclear"):
        sentences.append(
            f"On {listing(those)} the data do not show a reliable difference; this does not show that experiences are the same."
        )
    for brief in dict.fromkeys(reading.brief for reading in found.values() if not reading.agrees):
        sentences.append(f"{upper_first(listing(names(agrees=False, brief=brief)))}: {lower_first(brief)}.")
    return " ".join(sentences)


def _of_patients(found: WidestGap | None) -> list[str]:
    """Say how many groups of patients are clearly worse off, where any is."""
    if found is None or found.widest is None:
        return []
    many = "all" if found.clear == found.compared else f"{number_word(found.clear)} of"
    groups = "the one group" if found.compared == 1 else f"{many} {number_word(found.compared)} groups"
    measure = lower_first(found.measure.name)
    return [f"On {measure}, patients in {groups} compared with White patients are worse off."]


def _of_measures(many: int, total: int) -> str:
    if total == 1:
        return "the one survey measure that is published"
    return f"{'all' if many == total else f'{number_word(many)} of'} {number_word(total)} survey measures"


def _of_all_staff(asked: pd.DataFrame, kind: str) -> list[str]:
    """Say on how many questions all staff answer worse or better than is usual among trusts of the kind."""
    ways = [direction_of_answer(row) for row in rows_of(asked)]
    found = []
    for way, word in (("adverse", "worse"), ("favourable", "better")):
        if many := ways.count(way):
            found.append(
                f"What all staff say is {word} than usual among {kind} trusts on {_of_measures(many, len(ways))}."
            )
    if not found and "unclear" in ways:
        found.append(f"What all staff say is within the usual range among {kind} trusts.")
    return found


def staff_cards(
    here: pd.DataFrame,
    comparator: pd.DataFrame,
    likelihoods: pd.DataFrame,
    board: pd.DataFrame,
    national: Mapping[int, tuple[str, pd.Timestamp]],
    asked: pd.DataFrame,
    spread: pd.DataFrame,
    kind: str,
) -> list[Card]:
    """Choose the three figures on staff that a board should know.

    The leadership gap, the shortlisting ratio and the discrimination gap; where the trust's own return
    is not loaded, the published gaps that come nearest take their places, and where nothing is
    published by ethnic group, what all staff answered does.

    Parameters
    ----------
    here, comparator : pandas.DataFrame
        WRES 5 to 8 of the trust and of all trusts of its kind, indexed by number.
    likelihoods, board : pandas.DataFrame
        WRES 2 to 4 and 9 from the trust's return; empty where none was loaded.
    national : mapping
        From :func:`race_equality.report.summary_table.national_values`.
    asked, spread : pandas.DataFrame
        What all staff answered, and the middle half of trusts of this kind.
    kind : str
        The trust's kind.

    Returns
    -------
    list of Card
    """

    def card(one: Indicator) -> Card | None:
        if one.compares == "board":
            return _leadership(one, board, national) if _is_shown(board) else None
        if one.compares == "ratio":
            years = likelihoods[likelihoods["number"] == one.number]
            return _ratio(one, years.iloc[-1], national) if _is_shown(years) else None
        if one.compares == "gap":
            return _gap(one, here, comparator, kind)
        return _all_staff(one, asked, spread, kind)

    return [next(filter(None, map(card, ordered))) for ordered in STAFF_CARDS]


def _is_shown(years: pd.DataFrame) -> bool:
    """Whether there is a last year, of people enough to be shown."""
    return len(years) > 0 and years.iloc[-1]["status"] == "ok"


def _leadership(one: Indicator, board: pd.DataFrame, national) -> Card:
    found = board.iloc[-1]
    lower, upper = (found[f"board_{end}"] - found["workforce_percent"] for end in ("lower", "upper"))
    way = read_board(found).direction
    return Card(
        one.card_title,
        f"{points(found['difference'])} points",
        f"{percent(found['board_percent'])} of board members and {percent(found['workforce_percent'])} of staff are from "
        f"ethnic minorities (interval of the gap: {interval(lower, upper)}).{_england(one, national)}{_published(found)}",
        {"adverse": "Board below the workforce", "favourable": "Board above the workforce"}.get(way, _UNCLEAR),
        way,
        one.id,
    )


def _ratio(one: Indicator, found: pd.Series, national) -> Card:
    if math.isnan(found["ratio"]):
        return Card(
            one.card_title,
            "Cannot be estimated",
            "Nobody was appointed from one of the groups.",
            _UNKNOWN,
            measure=one.id,
        )
    reading = read_ratio(found)
    bounds = ratio(found["ratio"], found["lower"], found["upper"]).partition("(")[2].rstrip(")")
    said = one.likelihood
    assert said is not None  # each ratio has its words
    return Card(
        one.card_title,
        f"{found['ratio']:.2f} times",
        f"{said.first[:1].upper()}{said.first[1:]} were {found['ratio']:.2f} times as likely as {said.second} {said.event} "
        f"(95% confidence interval: {bounds}).{_england(one, national)}{_published(found)}",
        upper_first(reading.words),
        reading.direction,
        one.id,
    )


def _published(found: pd.Series) -> str:
    return " Published by the trust." if found.get("published_by_trust") else ""


def _england(one: Indicator, national) -> str:
    if one.number not in national:
        return ""
    value, day = national[one.number]
    return f" England, {month(day)}: {value}."


def _gap(one: Indicator, here: pd.DataFrame, comparator: pd.DataFrame, kind: str) -> Card | None:
    number = one.number
    if here["status"].get(number) != "ok":
        return None
    found = row_at(here, number)
    reading = read_gap(found)
    alike = f" All {kind} trusts: {points(row_at(comparator, number)['gap'])}." if number in comparator.index else ""
    return Card(
        one.card_title,
        f"{points(found['gap'])} points",
        f"{percent(found['ethnic_minority_percent'])} of staff from ethnic minorities and {percent(found['white_percent'])} "
        f"of White staff {one.card_said} (interval of the gap: {interval(found['gap_lower'], found['gap_upper'])}).{alike}",
        _of_card(reading),
        reading.direction,
        one.id,
    )


def _of_card(reading: Reading) -> str:
    """Both readings where they differ, in the room of one; whether it is usual is in the table below the cards."""
    return reading.brief if not reading.agrees else upper_first(reading.words.partition(",")[0])


def _all_staff(one: Indicator, asked: pd.DataFrame, spread: pd.DataFrame, kind: str) -> Card:
    title, said, indicator = one.in_few_words, one.card_said, one.id
    answers = asked[asked["indicator"] == indicator]
    if answers.empty:
        return Card(
            title, "No data", "The staff survey that this report reads holds no figure for this trust.", _UNKNOWN
        )
    found = answers.iloc[0]
    text = f"{percent(found['percent'])} {said} (interval: {interval(found['lower'], found['upper'], signed=False)})."
    way = direction_of_answer(found)
    reading = reading_among_kind(way, kind)
    if indicator in spread.index:
        middle = spread.loc[indicator, ["quarter", "three_quarters"]]
        text += f" Middle half of {kind} trusts: {interval(*middle, signed=False)}."
        reading = BRIEF[way]  # the text says among which trusts
    reading += ". Not published by ethnic group"
    return Card(title, percent(found["percent"]), text, reading, "none" if way == "not compared" else way, one.id)


def detention_card(trust: Trust, england: pd.DataFrame, system: pd.DataFrame | None) -> Card | None:
    """Return how detention compares between ethnic groups, in the trust's system where it is known.

    Parameters
    ----------
    trust : Trust
    england, system : pandas.DataFrame
        From :func:`race_equality.analysis.mental_health.detentions_by_ethnicity`.
    """
    for where, found in ((f"In {trust.system}", system), ("In England", england)):
        if found is None or found.empty:
            continue
        rows = found.set_index("group")
        if "Black" not in rows.index or not rows.loc[["Black", "White"], "status"].eq("ok").all():
            continue
        black, white = row_at(rows, "Black"), row_at(rows, "White")
        if not black["times_lower"] > 1:
            continue  # no reliable difference there: the wider area says more
        more = f"{black['rate']:.0f} and {white['rate']:.0f} for 100,000 people"
        england_too = ""
        if system is not None and found is system and len(england):
            england_too = f" England: {england.set_index('group')['times_white'].loc['Black']:.1f}."
        elif black["standardised_times_white"] > 0:
            more = f"with ages made alike {black['standardised_times_white']:.1f} times"
        others = rows[(rows["status"] == "ok") & (rows["times_upper"] < 1)].index.tolist()
        return Card(
            "Patients: detention",
            f"{black['times_white']:.1f} times",
            f"{where}, people in the Black ethnic group were {black['times_white']:.1f} times as likely as people in the "
            f"White group to be detained under the Mental Health Act in the year to {month(black['period_end'])} "
            f"(95% confidence interval: {black['times_lower']:.1f} to {black['times_upper']:.1f}; {more}).{england_too}",
            # of the group, and not of all ethnic minorities: another one can be detained less often than the White group
            f"Worse for the Black group{f', lower for {listing(others)}' if others else ''}",
            "adverse",
            "mha_detentions_rate",
        )
    return None


def other_groups(many: int) -> str:
    """Return how many groups are compared with one, in words."""
    return "one other group" if many == 1 else f"{number_word(many)} other groups"


def card_without_worse(title: str, white: str, compared: int, better: Sequence[str], measure: str) -> Card:
    """Return the card of patients of whom no group is reliably worse off: none of how many, and which are better off."""
    text = f"{white} Of {other_groups(compared)} none is reliably worse off; this does not show that they are the same."
    if not better:
        return Card(title, f"No clear gap of {compared}", text, _UNCLEAR, "unclear", measure)
    groups = f"the {listing(better)} group{'s' if len(better) > 1 else ''}"
    return Card(
        title,
        "None worse off",
        f"{text} Reliably better: {listing(better)}.",
        f"Better for {groups}",
        "favourable",
        measure,
    )


def place_of_widest(clear: int, compared: int) -> str:
    """Say of how many clear and adverse gaps of patients one is the widest, out of how many."""
    first = f"Widest of {number_word(clear)} clear gaps" if clear > 1 else "The one clear gap"
    return f"{first}, out of {number_word(compared)}."


def patients_card(by_group: pd.DataFrame) -> Card | None:
    """Return the widest clear gap between ethnic groups of patients in the trust's own return, or that none is clear.

    Parameters
    ----------
    by_group : pandas.DataFrame
        From :func:`race_equality.analysis.patients_return.patients_by_group`.

    Returns
    -------
    Card or None
        Of the first measure that holds a gap, in its latest year; None where no return was loaded.
    """
    for name, rows in groups_of(by_group[by_group["breakdown"] == "ethnicity"], "measure", sort=False):
        last = rows[rows["period_end"] == rows["period_end"].max()]
        white = last[last["direction"] == "reference"]
        known = last[last["gap"].notna() & last["direction"].isin(["adverse", "favourable", "unclear"])]
        if known.empty or white.empty:
            continue
        one = BY_ID[name]
        title, white_percent = f"Patients: {lower_first(one.name)}", percent(white.iloc[0]["percent"])
        worse = known[known["direction"] == "adverse"]
        better = known.loc[known["direction"] == "favourable", "group"].tolist()
        if worse.empty:
            return card_without_worse(
                title,
                f"{white_percent} of {one.people} in the White group {one.statement}.",
                len(known),
                better,
                one.id,
            )
        found = worse.iloc[int(worse["gap"].abs().to_numpy().argmax())]
        return Card(
            title,
            f"{points(found['gap'])} points",
            f"{percent(found['percent'])} of {one.people} in the {found['group']} group and {white_percent} in the White group "
            f"{one.statement} (interval of the gap: {interval(found['gap_lower'], found['gap_upper'])}). "
            f"{place_of_widest(len(worse), len(known))}" + (f" Reliably better: {listing(better)}." if better else ""),
            f"Worse for {found['group']} patients",
            "adverse",
            one.id,
        )
    return None


def access_card(access: pd.DataFrame, newest: pd.Timestamp) -> Card | None:
    """Return the trust's waits of all patients, which is what is published.

    Parameters
    ----------
    access : pandas.DataFrame
        From :func:`race_equality.analysis.access.latest_access`.
    newest : pandas.Timestamp
        The newest month of any trust: a measure that this one no longer publishes comes last, and says so.
    """
    if access.empty:
        return None
    current = access[access["month"] >= newest - pd.DateOffset(months=3)]
    found = (current if len(current) else access).iloc[0]
    last = "" if len(current) else ", the last month published for this trust"
    measure = BY_ID[found["indicator"]]
    together = f" Trusts of its kind: {percent(found['all_trusts'])}." if not math.isnan(found["all_trusts"]) else ""
    return Card(
        f"Patients: {lower_first(measure.name)}",
        percent(found["percent"]),
        f"In {month(found['month'])}{last}, {percent(found['percent'])} {measure.statement}.{together} "
        "The trust’s own patients return can say whose wait is longer.",
        "All patients together",
        measure=measure.id,
    )


def no_patient_card(trust: Trust, in_groups: pd.DataFrame | None = None) -> Card:
    """Return the card of a trust for which no figure on patients can be shown."""
    return Card("Patients", "No data", would_bring_patients(trust, in_groups), "Not known")


def decisions(
    actions: Sequence[Action],
    on: Date,
    here: pd.DataFrame,
    likelihoods: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    has_return: bool,
    waits: bool,
    patient_gap: WidestGap | None = None,
) -> list[Decision]:
    """Return what the board is asked to decide, the most pressing first.

    Parameters
    ----------
    actions : sequence of Action
        This year's.
    on : datetime.date
        The day of the report.
    here, likelihoods : pandas.DataFrame
        WRES 5 to 8 and 2 to 4 of the trust: where it has no actions, the widest gap asks for one.
    asked : pandas.DataFrame
        What all staff answered.
    has_return : bool
        Whether the trust's own return is loaded.
    waits : bool
        Whether the trust has a waiting list or an A&E.
    patient_gap : WidestGap, optional
        Patients by ethnic group: a clear gap is named, with the role that its record proposes.

    Returns
    -------
    list of Decision
        At most :data:`MOST_DECISIONS`. Late actions, then reviews whose day has passed, then the next
        reviews; without any of these, what there is to agree, with an owner and a day as a proposal: a change
        where a gap is clear, or what all staff say is worse than usual, and nowhere else.
    """
    found = [
        Decision(f"Finish or stop what is late: {_brief(action.what)}", action.owner, on)
        for action in sorted(actions, key=lambda action: action.due)
        if action.is_late(on)
    ]
    said = {action.what for action in actions if action.is_late(on)}
    reviews = [
        action
        for action in sorted(actions, key=lambda action: action.review.date)
        if action.is_open and action.review.decision is None and action.what not in said
    ]
    found += [
        Decision(f"Stop or continue: {_brief(action.what)}", action.owner, max(action.review.date, on))
        for action in reviews
    ]
    if found:
        return found[:MOST_DECISIONS]
    by = (pd.Timestamp(on) + pd.DateOffset(months=3) + pd.offsets.MonthEnd(0)).date()
    number, question = _widest(here, likelihoods), _furthest(asked)
    if number:
        where = f"{lower_first(WRES[number].name)}, where the gap is widest"
        found.append(Decision(f"Agree one change on {where}", WRES[number].proposed_owner, by, proposed=True))
    elif question:
        where = f"{lower_first(BY_ID[question].in_few_words)}, where trusts of this kind do better"
        found.append(Decision(f"Agree one change on {where}", "Chief people officer", by, proposed=True))
    if not has_return:
        found.append(
            Decision(
                "Bring the trust’s own return (WRES 1 to 4 and 9) into this report",
                "Director of workforce",
                by,
                proposed=True,
            )
        )
    found += _for_patients(patient_gap, waits, by)
    return found[:MOST_DECISIONS]


def _for_patients(gap: WidestGap | None, waits: bool, by: Date) -> list[Decision]:
    """Name the group and the measure where a gap is clear; ask for the figures where there are none."""
    if gap is None:
        what = "Bring patients by ethnic group into this report, from the trust’s own records"
        return [Decision(what, "Chief operating officer" if waits else "Chief medical officer", by, proposed=True)]
    if gap.widest is None:
        return []  # no change is proposed where no gap is clear
    what = (
        f"Agree one change for the {gap.widest['group']} group on {lower_first(gap.measure.name)} "
        f"({percent(gap.widest['percent'])}, White {percent(gap.white_percent)})"
    )
    return [Decision(what, gap.measure.proposed_owner, by, proposed=True)]


def _furthest(asked: pd.DataFrame) -> str | None:
    """Return the question on which all staff's answer is worse than usual, the one beyond the outer limit first."""
    adverse = [row for row in rows_of(asked) if direction_of_answer(row) == "adverse"]
    adverse.sort(key=lambda row: "99.8%" not in row.position)
    return adverse[0].indicator if adverse else None


def _widest(here: pd.DataFrame, likelihoods: pd.DataFrame) -> int | None:
    gaps = [
        (abs(row.gap), row.number)
        for row in rows_of(here[here["status"] == "ok"])
        if read_gap(row).direction == "adverse"
    ]
    if gaps:
        return max(gaps)[1]
    latest = rows_of(likelihoods.groupby("number").tail(1))
    ratios = [(row.ratio, row.number) for row in latest if read_ratio(row).direction == "adverse"]
    return max(ratios)[1] if ratios else None


def _brief(text: str) -> str:
    """Shorten what a person typed to a line of the first page, in quotation marks."""
    words = " ".join(text.split())
    short = textwrap.shorten(words, _MOST_LETTERS, placeholder=" …")
    if short == " …" or len(short) < 4:  # one word that fills the page
        short = words[:_MOST_LETTERS] + "…"
    return f"“{typed_text(short)}”"


def counts_of_actions(actions: Sequence[Action], on: Date) -> dict[str, int] | None:
    """Count what fell due, what is done and what is late; None where there are no actions."""
    if not actions:
        return None
    return {
        "due": sum(action.due <= on for action in actions),
        "done": sum(action.status == "done" for action in actions),
        "late": sum(action.is_late(on) for action in actions),
    }


def caution(trust: Trust, figures: pd.DataFrame) -> str:
    """Return the one thing to be careful about.

    Parameters
    ----------
    trust : Trust
    figures : pandas.DataFrame
        Tidy figures.
    """
    no_reason = "Intervals (95%) show how far chance alone could move a figure. Weak data is no reason to wait."
    others = merged_organisations(trust, figures)
    if others and all(code.startswith(trust.code) for code in others):
        return f"Some figures are published for {number_word(len(others))} parts of the trust and counted together. {no_reason}"
    if others:
        shown = listing(organisation_names(others)) if len(others) < 3 else f"{number_word(len(others))} organisations"
        return f"Figures of {shown}, now merged, are included. {no_reason}"
    if not (figures["trust_code"].eq(trust.code) & figures["status"].eq("ok")).any():
        return "Nothing is published of this trust yet; its own records can be loaded. Weak data is no reason to wait."
    return f"The survey counts the staff who answered it, who are not the whole workforce. {no_reason}"
