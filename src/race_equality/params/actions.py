"""A board's self-assessment and its actions, as they are given in ``params/trusts/<CODE>.yml``.

Each record's types hold the rules by which :mod:`race_equality.yaml_files` reads it. Records that are made in Python
are taken as they are.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, make_dataclass
from datetime import date
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from race_equality.definitions.indicators import BY_ID, FOLLOWED
from race_equality.params.wording import is_only_data
from race_equality.yaml_files import Day, Info, Text, kind_of, one_of, problem, read_day, record_of_yaml, shortened

#: How far a board has come, from the beginning; they are words and no scale: nothing adds them up.
LEVELS = ("not started", "under way", "in place", "embedded")

#: What a board assesses itself on. All but the first and the last are the six high-impact actions of NHS England's
#: equality, diversity and inclusion improvement plan (June 2023), in its order, each as what is so once it is done.
AREAS = {
    "board_business": "Race equality is part of core board business",
    "board_objectives": "Board members have specific and measurable equality objectives, and account for them (high-impact action 1)",
    "recruitment_and_talent": "Recruitment and talent management are fair and inclusive, and end under-representation (high-impact action 2)",
    "pay_gaps": "A plan to eliminate pay gaps is carried out (high-impact action 3)",
    "health_inequalities_of_staff": "A plan to address health inequalities within the workforce is carried out (high-impact action 4)",
    "international_recruits": "Internationally recruited staff have a full induction, onboarding and development programme (high-impact action 5)",
    "bullying_and_discrimination": "Conditions in which bullying, discrimination, harassment and physical violence at work occur are eliminated (high-impact action 6)",
    "patients": "Access, experience and outcomes of patients are as good in every ethnic group",
}

STATUSES = ("planned", "under way", "done", "stopped")
OPEN = ("planned", "under way")
DECISIONS = ("continue", "stop")

#: Who can own an action: one seat on the board, by the titles that trusts use. Boards have several
#: non-executive directors, so the one meant is named by the seat that only they hold.
BOARD_ROLES = (
    "Chair",
    "Chief executive",
    "Deputy chief executive",
    "Managing director",
    "Chief people officer",
    "Director of people",
    "Director of people and culture",
    "Director of people and organisational development",
    "Director of workforce",
    "Director of human resources",
    "Chief nurse",
    "Chief nursing officer",
    "Director of nursing",
    "Director of nursing and midwifery",
    "Chief medical officer",
    "Medical director",
    "Chief operating officer",
    "Director of operations",
    "Chief finance officer",
    "Chief financial officer",
    "Director of finance",
    "Chief strategy officer",
    "Director of strategy",
    "Chief digital officer",
    "Chief information officer",
    "Chief transformation officer",
    "Director of transformation",
    "Chief paramedic",
    "Director of paramedicine",
    "Director of midwifery",
    "Director of therapies",
    "Director of corporate affairs",
    "Vice chair",
    "Deputy chair",
    "Senior independent director",
    "Chair of the audit committee",
    "Chair of the finance committee",
    "Chair of the people committee",
    "Chair of the quality committee",
    "Chair of the remuneration committee",
    "Chair of the Mental Health Act committee",
    "Non-executive wellbeing guardian",
    "Non-executive Freedom to Speak Up champion",
    "Non-executive maternity safety champion",
)

#: What an action can be linked to: the indicators that the report can follow over time.
INDICATORS = {one.id: one.name_with_group for one in FOLLOWED}


# -- an owner -------------------------------------------------------------------------------------------

#: Why somebody who is no board role cannot own an action, by a word in what was written.
_NOT_OWNERS = (
    (r"\bnon-?executive\b", "A board has several: name the seat that one of them holds."),
    (r"network", "A staff network advises the board; it has no power to change what the board decides."),
    (
        r"\b(edi|equality|diversity|inclusion)\b",
        "An equality lead alone cannot change what others decide; a board member answers for it.",
    ),
    (r"secretary", "The company secretary serves the board and has no say over what is to change."),
    (
        r"\b(everyone|everybody|all|board|committee|team|executives|directors|tbc|tba|nobody)\b$",
        "What everybody owns nobody owns: one seat on the board answers for it.",
    ),
    (r"^executive( director)?$", "A board has several: name the post."),
)

_MEND_OWNER = (
    "Write a board role, such as Chief executive, Chief people officer, Chief nurse or Chair of the people committee; "
    "`race-equality params roles` lists them all."
)

#: Said of a role and no part of it: an interim chief nurse answers as chief nurse.
_BEFORE_A_ROLE = re.compile(r"^(?:(?:the|executive|interim|acting|joint|group)\s+)+(?=\w)")

_ROLES = {role.casefold(): role for role in BOARD_ROLES}


def board_role(owner: str) -> str | None:
    """Return the board role that is meant, however a trust writes it; None where none is."""
    folded = " ".join(owner.split()).casefold().replace(" & ", " and ").replace("vice-", "vice ")
    return _ROLES.get(folded) or _ROLES.get(_BEFORE_A_ROLE.sub("", folded))


def _owner(owner: str) -> str:
    if role := board_role(owner):
        return role
    shown = shortened(owner)
    inside = [role for role in BOARD_ROLES if re.search(rf"\b{re.escape(role)}\b", owner, re.IGNORECASE)]
    # "Chair of the people committee" holds "Chair" as well.
    inside = [role for role in inside if not any(role != other and role in other for other in inside)]
    if len(inside) > 1:
        raise problem(f'"{shown}" are {len(inside)} owners.', f"One role answers for an action: {' or '.join(inside)}.")
    for pattern, reason in _NOT_OWNERS:
        if re.search(pattern, owner.casefold()):
            raise problem(f'"{shown}" cannot own an action. {reason}', _MEND_OWNER)
    if inside:
        raise problem(
            f'"{shown}" says more than a role.', f"Write {inside[0]} alone: no owner's name or ethnicity is stored."
        )
    close = difflib.get_close_matches(owner.casefold(), _ROLES, n=1, cutoff=0.75)
    mend = f'Did you mean "{_ROLES[close[0]]}"?' if close else _MEND_OWNER
    raise problem(f'"{shown}" is not a board role. A role, never a name, owns an action.', mend)


# -- other rules ----------------------------------------------------------------------------------------

#: From this many actions on, one role may not own all of them.
SHARED_FROM = 3

_TYPOGRAPHIC = "“”„‘’"


def _change(what: str) -> str:
    if is_only_data(what):
        raise problem(
            "{name} gathers, watches or reports data and changes nothing.",
            "Say what people here will do differently; data can follow as its evidence.",
        )
    return what


def _link(link: str) -> str:
    """Return an address that somebody outside of the trust could open, by its form."""
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port  # a port that is no number raises
    except ValueError:
        raise problem("{name} is not an address.", "Copy it from the browser.") from None
    if any(sign in link for sign in _TYPOGRAPHIC):
        raise problem("{name} holds typographic quotation marks, which are read as part of it.", "Remove them.")
    if parts.scheme != "https":
        raise problem("{name} does not begin with https://.", "Only a page that anybody can open safely is evidence.")
    if parts.username is not None or parts.password is not None:
        raise problem("{name} holds a user name or a password.", "Remove it from the address.")
    if (
        re.search(r"[\s<>\"\\^`{|}]", link)
        or not re.fullmatch(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*", host)
        or port == 0
    ):
        raise problem("{name} is not a complete address.", "Copy it from the browser.")
    return link


def _day_not_in_future(value: Any, info: Info) -> date:
    day, today = read_day(value), info.context.today
    if today is not None and day > today:
        raise problem("{name} lies in the future.", "Evidence shows what has happened.")
    return day


#: The least and the most that a target can be, by what its indicator is compared with; pay bands are many figures.
_TARGETS = {"gap": (-100, 100), "board": (-100, 100), "trusts": (0, 100), "months": (0, 100), "ratio": (0.01, 100)}


def _target(value: Any, info: Info) -> float:
    """Return the figure that an indicator should reach, as the report shows it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise problem(f"{{name}} must be a number, not {kind_of(value)}.", "Write the figure alone, such as 4 or 1.2.")
    one = BY_ID.get(info.data.get("indicator"))
    if one is None:  # which is refused by itself
        return float(value)
    if one.compares not in _TARGETS:
        raise problem(f"{one.name} is many figures, and no single target can be set for it.", "Leave the target out.")
    least, most = _TARGETS[one.compares]
    if not least <= value <= most:
        raise problem(
            f"{{name}} is {value:g}, which {one.name} cannot be.",
            "Write it as the report shows the figure: gaps in points, ethnic minority minus White; shares in per cent; "
            "relative likelihoods as a ratio.",
        )
    return float(value)


# What only two values together can show is a rule of the later one: pydantic gives it the earlier ones that are right.


def _not_before_it_began(day: date, info: Info) -> date:
    if day < info.data.get("began", day):
        raise problem("{record} is due before it began.", "Correct one of the two dates.")
    return day


def _review_agrees(review: Review, info: Info) -> Review:
    status = info.data.get("status")
    if review.date < info.data.get("began", review.date):
        raise problem("{record} is reviewed before it began.", "Correct one of the two dates.")
    if status == "stopped" and review.decision != "stop":
        raise problem(
            "{record} is stopped without the board's decision.", "Write decision: stop under review.", at="status"
        )
    if status in OPEN and review.decision == "stop":
        raise problem(
            f"The review of {{record}} decided to stop it, and it is {status}.",
            "Write status: stopped, or correct the decision.",
            at="status",
        )
    return review


def _done_needs_evidence(evidence: Evidence | None, info: Info) -> Evidence | None:
    if evidence is None and info.data.get("status") == "done":
        raise problem(
            "{record} is done without evidence.",
            "Add evidence with a text and an https link that shows what changed.",
            at="status",
        )
    return evidence


def _embedded_needs_evidence(evidence: Evidence | None, info: Info) -> Evidence | None:
    if info.data.get("level") == "embedded" and (evidence is None or evidence.date is None):
        raise problem(
            '{record} is "embedded" without a dated link to evidence.',
            'Add evidence with text, link and date, or say "in place".',
            at="level",
        )
    return evidence


# -- records --------------------------------------------------------------------------------------------


@record_of_yaml
class Evidence:
    """Where somebody can see that it is so.

    Parameters
    ----------
    text : str
        What the link leads to.
    link : str
        An ``https`` address.
    date : datetime.date or None
        The day of the evidence.
    """

    lacking: ClassVar = "Evidence is a text and an https link."

    text: Text
    link: Annotated[Text, AfterValidator(_link)]
    date: Annotated[date, PlainValidator(_day_not_in_future)] | None = None


def _keep(values: Any, info: Info) -> Any:
    """Keep evidence with its line, so that somebody with a network can try its link."""
    if isinstance(values, dict) and str(values.get("link")).startswith("https://"):
        info.context.evidence.append(values)
    return values


EvidenceOrNone = Annotated[Evidence, BeforeValidator(_keep)] | None


@record_of_yaml
class Review:
    """When the board decides whether to go on.

    Parameters
    ----------
    date : datetime.date
    decision : {"continue", "stop"} or None
        None until it has decided.
    """

    lacking: ClassVar = "Give the day on which the board decides to stop or continue."

    date: Day
    decision: Annotated[str, one_of(DECISIONS, "Decisions")] | None = None


@record_of_yaml
class Action:
    """One thing that a board said it would change.

    Parameters
    ----------
    what : str
        The change, in a sentence.
    owner : str
        One of :data:`BOARD_ROLES`. No name and no ethnicity is stored.
    indicator : str
        A key of :data:`INDICATORS`: what it should move.
    began, due : datetime.date
    status : str
        One of :data:`STATUSES`.
    review : Review
    evidence : Evidence or None
        Needed once it is done.
    target : float or None
        What the indicator should reach, as the report shows it: a gap in percentage points (ethnic minority minus
        White, so with its sign), a share in per cent, or a ratio.
    """

    lacking: ClassVar = "`race-equality params new` writes an example of a complete action."
    refused: ClassVar = dict.fromkeys(
        ("name", "owner_name", "email", "ethnicity", "owner_ethnicity", "ethnic_group", "gender"),
        "A role owns an action: no owner's name or ethnicity is stored.",
    )

    what: Annotated[Text, AfterValidator(_change)]
    owner: Annotated[Text, AfterValidator(_owner)]
    indicator: Annotated[str, one_of(INDICATORS, "Indicators")]
    began: Day
    due: Annotated[Day, AfterValidator(_not_before_it_began)]
    status: Annotated[str, one_of(STATUSES, "States")]
    review: Annotated[Review, AfterValidator(_review_agrees)]
    evidence: Annotated[EvidenceOrNone, AfterValidator(_done_needs_evidence), Field(validate_default=True)] = None
    target: Annotated[float, PlainValidator(_target)] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is neither done nor stopped."""
        return self.status in OPEN

    def is_late(self, on: date) -> bool:
        """Whether it is open and its day has passed."""
        return self.is_open and self.due < on

    def awaits_decision(self, on: date) -> bool:
        """Whether it is open and its review has passed without a decision."""
        return self.is_open and self.review.decision is None and self.review.date < on


def _refuse_duplicates(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    known: set[str] = set()
    for number, action in enumerate(actions):
        if action.what.casefold() in known:
            raise problem("The same action is listed twice.", "Remove one of the two.", at=(number,))
        known.add(action.what.casefold())
    return actions


def _shared(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    if len(actions) >= SHARED_FROM and len({action.owner for action in actions}) == 1:
        raise problem(
            f"{actions[0].owner} owns all {len(actions)} actions.",
            "Share them between board roles: nobody owns everything.",
        )
    return actions


def _ended(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    for number, action in enumerate(actions):
        if action.is_open:
            raise problem(f'{{name}} is "{action.status}".', "States: done, stopped.", at=(number, "status"))
    return actions


Actions = Annotated[tuple[Action, ...], AfterValidator(_refuse_duplicates), AfterValidator(_shared)]
History = Annotated[tuple[Action, ...], AfterValidator(_refuse_duplicates), AfterValidator(_ended)]


@dataclass(frozen=True)
class Area:
    """What a board says of one area.

    Parameters
    ----------
    id : str
        A key of :data:`AREAS`.
    level : str
        One of :data:`LEVELS`.
    note : str or None
    evidence : Evidence or None
        Needed, with its date, for "embedded".
    """

    id: str
    level: str
    note: str | None
    evidence: Evidence | None


@record_of_yaml
class _AreaGiven:
    lacking: ClassVar = f"Levels: {', '.join(LEVELS)}."

    level: Annotated[str, one_of(LEVELS, "Levels")]
    note: Text | None = None
    evidence: Annotated[EvidenceOrNone, AfterValidator(_embedded_needs_evidence), Field(validate_default=True)] = None


@dataclass(frozen=True)
class SelfAssessment:
    """What a board says of itself.

    Parameters
    ----------
    agreed : datetime.date
        The day the board agreed it.
    areas : tuple of Area
        In the order of :data:`AREAS`; those left out were not assessed.
    """

    agreed: date
    areas: tuple[Area, ...]


#: A self-assessment as it is typed: each area is a key.
_Given: Any = record_of_yaml(
    make_dataclass(
        "_Given",
        [("agreed", Day), *((name, _AreaGiven | None, None) for name in AREAS)],
        namespace={"lacking": "Give the day of the board's meeting, such as agreed: 2026-09-24."},
    )
)


def _assessment(given: Any) -> SelfAssessment | None:
    areas = {name: area for name in AREAS if (area := getattr(given, name))}
    if not areas:
        raise problem("self_assessment assesses no area.", f"Areas: {', '.join(AREAS)}.")
    return SelfAssessment(
        given.agreed, tuple(Area(name, area.level, area.note, area.evidence) for name, area in areas.items())
    )


Assessment = Annotated[_Given, AfterValidator(_assessment)]
