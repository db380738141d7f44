"""A board's self-assessment and its actions, as they stand in ``params/trusts/<CODE>.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from race_equality.definitions.indicators import FOLLOWED

#: How far a board has come, from the beginning; they are words and no scale: nothing adds them up.
LEVELS = ("not started", "under way", "in place", "embedded")

#: What a board assesses itself on. All but the first and the last are the six high-impact actions of
#: NHS England's equality, diversity and inclusion improvement plan (June 2023), in its order, each as
#: what is so once it is done.
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
INDICATORS = {one.id: one.of_whom for one in FOLLOWED}


@dataclass(frozen=True)
class Evidence:
    """Where somebody can see that it is so.

    Parameters
    ----------
    text : str
        What the link leads to.
    link : str
        An ``https`` address.
    dated : datetime.date or None
        The day of the evidence.
    """

    text: str
    link: str
    dated: date | None


@dataclass(frozen=True)
class Review:
    """When the board decides whether to go on.

    Parameters
    ----------
    date : datetime.date
    decision : {"continue", "stop"} or None
        None until it has decided.
    """

    date: date
    decision: str | None


@dataclass(frozen=True)
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
    """

    what: str
    owner: str
    indicator: str
    began: date
    due: date
    status: str
    review: Review
    evidence: Evidence | None

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


@dataclass(frozen=True)
class SelfAssessment:
    """Where a board says that it stands.

    Parameters
    ----------
    agreed : datetime.date
        The day the board agreed it.
    areas : tuple of Area
        In the order of :data:`AREAS`; those left out were not assessed.
    """

    agreed: date
    areas: tuple[Area, ...]
