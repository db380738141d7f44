"""What the board said and what it did: its actions, whether figures moved since, its self-assessment.

What people typed is in table cells alone, as text; no sentence is built from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date as Date
from unicodedata import bidirectional

import pandas as pd

from race_equality.analysis.change_since import Change, change_since
from race_equality.definitions.indicators import BY_ID, FOLLOWED, figure_ids
from race_equality.disclosure.rules import DisclosureRule
from race_equality.errors import RaceEqualityError
from race_equality.markdown import BOARDS_ASKED_AT
from race_equality.params import Params
from race_equality.params.actions import AREAS, Action, Evidence, SelfAssessment
from race_equality.report.display import CellOutput, Linked, callout
from race_equality.report.patients import month
from race_equality.report.what_could_be_seen import after_change
from race_equality.report.words import STATUS_WORDS, date, interval, listing, number_word, percent, period, points
from race_equality.store.provenance import Source
from race_equality.store.trust import Trust

#: The reading of a change, for what the indicator says is adverse.
CHANGE_WORDS = {
    "better": "Better",
    "worse": "Worse",
    "unclear": "No reliable change",
    "too early": "Too early to say",
    "nothing before": "Nothing earlier to compare with",
    "cannot be estimated": "Cannot be estimated",
    "no figures": STATUS_WORDS["not_available"],
}

_ORDER = {"planned": 0, "under way": 0, "done": 1, "stopped": 2}

_WAS = ("was", "were")

_MOST_SHOWN = 500

#: Longer runs of signs without a space would push a table over the edge of the page.
_LONG_RUN = re.compile(r"\S{31,}")


def day_of_report(params: Params, sources: Iterable[Source]) -> Date:
    """Return the day by which actions are due or late.

    Parameters
    ----------
    params : Params
    sources : iterable of Source
        From :func:`race_equality.store.provenance.read_sources`.

    Returns
    -------
    datetime.date
        ``report_date`` of the trust's file or of ``_defaults.yml``; without one the newest day on
        which a publication was read. Never the clock's, so that the same files make the same report.
    """
    if params.report_date is not None:
        return params.report_date
    read = [source.date_read for source in sources]
    if not read:
        raise RaceEqualityError("No day to report on: data/sources is empty. Set report_date in params/_defaults.yml.")
    return max(read)


def how_to_begin(trust: Trust) -> CellOutput:
    """Say how a board's actions get into its report."""
    return callout(
        "note",
        "No actions have been given for this trust",
        "A report shows what is unequal; a board’s actions say what it will change, who on the board owns "
        "each change, and by when. Next time this section shows what was done and what is late.",
        f"To begin, whoever makes this report runs race-equality params new {trust.code}, fills in the file that it "
        "writes as the board has agreed, and builds this report again.",
    )


def actions_sentences(actions: Sequence[Action], history: Sequence[Action], on: Date) -> str:
    """Count what was due, done, late and stopped.

    Parameters
    ----------
    actions, history : sequence of Action
        This year's and earlier years'.
    on : datetime.date
        The day of the report.

    Returns
    -------
    str
    """
    sentences = []
    if actions:
        due = sum(action.due <= on for action in actions)
        done = sum(action.status == "done" for action in actions)
        late = sum(action.is_late(on) for action in actions)
        stopped = sum(action.status == "stopped" for action in actions)
        later = len(actions) - done - late - stopped
        parts = [
            f"{_counted(done)} done",
            f"{_counted(late)} late",
            *([f"{_counted(later)} due later"] if later else []),
            *([f"{_counted(stopped, _WAS)} stopped by the board’s decision"] if stopped else []),
        ]
        total = "one action" if len(actions) == 1 else f"{number_word(len(actions))} actions"
        fallen = "all" if due == len(actions) > 1 else number_word(due)
        sentences.append(
            f"The board has {total}, of which {fallen} fell due by {_day(on)}. {_capital(listing(parts))}."
        )
        awaiting = sum(action.awaits_decision(on) for action in actions)
        if awaiting:
            sentences.append(
                f"For {number_word(awaiting)} of them the day on which the board was to decide whether to stop or "
                "to continue has passed without a decision."
            )
    if history:
        done = sum(action.status == "done" for action in history)
        parts = [
            f"{_counted(count, _WAS)} {words}"
            for count, words in ((done, "done"), (len(history) - done, "stopped"))
            if count
        ]
        sentences.append(f"Of earlier years’ actions that have ended, {listing(parts)}.")
    return " ".join(sentences)


def actions_table(actions: Sequence[Action], on: Date) -> pd.DataFrame:
    """Put actions in rows of words, late ones first.

    Parameters
    ----------
    actions : sequence of Action
    on : datetime.date
        The day of the report.

    Returns
    -------
    pandas.DataFrame
        ``action``, ``owner``, ``indicator``, ``due``, ``state``: late ones first, then open ones,
        done ones and stopped ones, each by the day they are due.
    """
    ordered = sorted(actions, key=lambda action: (not action.is_late(on), _ORDER[action.status], action.due))
    return pd.DataFrame(
        [
            {
                "action": typed_text(action.what),
                "owner": action.owner,
                "indicator": _indicator_name(action.indicator),
                "due": _day(action.due),
                "state": _state(action, on),
            }
            for action in ordered
        ],
        columns=["action", "owner", "indicator", "due", "state"],
    )


def _state(action: Action, on: Date) -> str | Linked:
    if action.is_late(on):
        days = (on - action.due).days
        state = f"Late by {'1 day' if days == 1 else f'{days:,} days'}, "
        state += "not begun" if action.status == "planned" else "under way"
    elif action.status == "planned" and action.began < on:
        state = f"Not begun; was to begin on {_day(action.began)}"
    elif action.status == "stopped":
        state = "Stopped by the board’s decision"
    else:
        state = _capital(action.status)
    if action.awaits_decision(on):
        state += f". Stop or continue? Was to be decided on {_day(action.review.date)}"
    return state if action.evidence is None else _linked(f"{state}. Evidence: ", action.evidence)


def changes_since(
    actions: Sequence[Action], figures: pd.DataFrame, trust_code: str, on: Date, *, rule: DisclosureRule
) -> list[tuple[Date, Change]]:
    """Compare each linked indicator before and after its action began.

    Parameters
    ----------
    actions : sequence of Action
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    on : datetime.date
        The day of the report; actions that begin after it are left out, and planned ones.
    rule : DisclosureRule
        The trust's.

    Returns
    -------
    list of (datetime.date, Change)
        One for each indicator and day, in the order of indicators.
    """
    begun = {
        (action.indicator, action.began) for action in actions if action.began <= on and action.status != "planned"
    }
    order = [one.id for one in FOLLOWED]
    return [
        (began, change_since(figures, trust_code, indicator, pd.Timestamp(began), rule=rule))
        for indicator, began in sorted(begun, key=lambda pair: (order.index(pair[0]), pair[1]))
    ]


def changes_table(changes: Sequence[tuple[Date, Change]]) -> pd.DataFrame:
    """Put changes since actions began in rows of words.

    Parameters
    ----------
    changes : sequence of (datetime.date, Change)
        From :func:`changes_since`.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``began``, ``before``, ``after``, ``change``, ``reading``.
    """
    rows = []
    for began, change in changes:
        row = {"indicator": _indicator_name(change.indicator), "began": _day(began)}
        if change.measure == "bands":
            row |= dict.fromkeys(("before", "after", "change", "reading"), "See pay bands")
        else:
            row |= {
                "before": _value(change, change.before, change.before_period)
                if change.before_period
                else STATUS_WORDS["not_available"],
                "after": _value(change, change.after, change.after_period)
                if change.after_period
                else (STATUS_WORDS["not_available"] if change.status == "no figures" else "Not published yet"),
                "change": _change(change),
                "reading": CHANGE_WORDS[change.status] + (after_change(change) if change.status == "unclear" else ""),
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=["indicator", "began", "before", "after", "change", "reading"])


#: Under the table: how it is read, and what may not be read into it.
HOW_CHANGES_ARE_READ = (
    "“Before” is the last period that ended before the action began, “Latest” the newest that began after it. Gaps "
    "(ethnic minority minus White) and shares change by percentage points; a relative likelihood changes by how many "
    "times the earlier one it is, and less than 1 is better. Waits and A&E are compared with the ordinary run of the "
    "months before, in which each month resembles the one before it. Intervals are 95%. Much else changes as well: a change does not show that the action made it."
)


def _value(change: Change, value: float, when: tuple[pd.Timestamp, pd.Timestamp]) -> str:
    shown = {
        "gap": lambda: f"{points(value)} points",
        "board": lambda: f"{points(value)} points",
        "ratio": lambda: f"{value:.2f}",
    }.get(change.measure, lambda: percent(value))()
    if change.measure == "months" and when[0].to_period("M") != when[1].to_period("M"):
        return f"Mean {shown} ({month(when[0])} to {month(when[1])})"
    return f"{shown} ({period(*when)})"


def _change(change: Change) -> str:
    if change.status not in ("better", "worse", "unclear"):
        return "Not known yet" if change.status == "too early" else "Not known"
    if change.measure == "ratio":
        above = "no upper limit" if change.upper == float("inf") else f"{change.upper:.2f}"
        return f"{change.change:.2f} times ({change.lower:.2f} to {above})"
    if change.measure == "months":
        return f"{points(change.change)} points; ordinary: {interval(change.lower, change.upper, signed=False)}%"
    return f"{points(change.change)} points ({interval(change.lower, change.upper)})"


def self_assessment_table(assessment: SelfAssessment) -> pd.DataFrame:
    """Put a self-assessment in rows of words; an area that was left out says so.

    Parameters
    ----------
    assessment : SelfAssessment

    Returns
    -------
    pandas.DataFrame
        ``area``, ``level``, ``note``, one row for each of :data:`race_equality.params.actions.AREAS`.
    """
    said = {area.id: area for area in assessment.areas}
    rows = []
    for name, meaning in AREAS.items():
        area = said.get(name)
        note: str | Linked = "None given"
        if area is not None:
            note = typed_text(area.note) if area.note else note
            if area.evidence is not None:
                note = _linked(
                    f"{typed_text(area.note).rstrip('.')}. Evidence: " if area.note else "Evidence: ", area.evidence
                )
        rows.append({"area": meaning, "level": _capital(area.level) if area else "Not assessed", "note": note})
    return pd.DataFrame(rows, columns=["area", "level", "note"])


def boards_asked_sentence(figures: pd.DataFrame) -> str:
    """Quote what boards said of themselves, with who was asked, in Markdown.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the survey of boards.
    """
    found = figures[figures["indicator"].isin(figure_ids(["board_survey"]))]
    rows = found.set_index("indicator")["value"]
    embedded, responses, trusts = (
        f"{float(rows[f'board_survey_{name}']):.0f}" for name in ("fully_embedded", "responses", "trusts_represented")
    )
    return (
        f"{embedded}% of board respondents called race equality fully embedded as "
        f"core board business in {found['period_end'].max().year} ({responses} responses from {trusts} "
        f"trusts; NHS Providers, [Race 2.0: Time for real change]({BOARDS_ASKED_AT})). The levels here are the "
        "board’s own words about itself; nothing adds them up to a score."
    )


def typed_text(text: str) -> str:
    """Return what a person typed so that it can disturb nothing around it.

    Right-to-left text ends where it is, signs that only turn the direction of others are left out, a long run without a
    space may be broken at the end of a line, and what would fill a page is shortened and says so.

    Examples
    --------
    >>> typed_text("Fair panels")
    'Fair panels'
    """
    if len(text) > _MOST_SHOWN:  # a row of a table must fit on a page
        text = f"{text[:_MOST_SHOWN].rstrip()}… (shortened)"
    text = "".join(sign for sign in text if bidirectional(sign) not in _TURNS)
    text = _LONG_RUN.sub(lambda run: "\N{ZERO WIDTH SPACE}".join(re.findall(r".{1,20}", run[0])), text)
    if any(bidirectional(sign) in ("R", "AL", "AN") for sign in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


#: Signs that cannot be seen and turn the direction of others.
_TURNS = ("RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI")


def _linked(before: str, evidence: Evidence) -> Linked:
    dated = f", {_day(evidence.date)}" if evidence.date else ""
    return Linked(typed_text(evidence.text) + dated, evidence.link, before)


def _indicator_name(indicator: str) -> str:
    one = BY_ID[indicator]
    return one.name_with_group + (f" ({one.label})" if one.number else "")


def _counted(count: int, verbs: tuple[str, str] = ("is", "are")) -> str:
    return f"{number_word(count)} {verbs[0] if count == 1 else verbs[1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(day: Date) -> str:
    return date(pd.Timestamp(day))
