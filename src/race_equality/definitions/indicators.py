"""Every indicator, said once: what it is, how it is worded, what hides with it, and how it can be had.

Suppression, downloads and their codebook, the first page, sentences, the audit, what an action can be linked to and
the tables of ``data/README.md`` read these records. To add an indicator is to add a record here and a reader of
its figures (``docs/new_data.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, cast

from race_equality.definitions.declared import DeclaredIndicator, declared_indicators
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, FIVE_GROUPS, WHITE
from race_equality.definitions.gates import NO_GATES, Gates
from race_equality.definitions.rules import (
    BOTH_GROUPS,
    EACH_ALONE,
    OVERLAPPING,
    PUBLISHED_CELLS,
    PUBLISHED_SHARES,
    RECURRING,
    WHEN_READ,
    Disclosure,
)

#: The group of a gap: always in this direction.
GAP = f"{ETHNIC_MINORITY} minus {WHITE}"

#: What an indicator's figures are compared with. ``gap``: two groups, in percentage points. ``ratio``: two groups, as a
#: relative likelihood. ``bands``: the share in each pay band. ``board``: the board with the workforce. ``trusts``: a
#: share of everybody with that of other trusts. ``months``: a monthly share with the months before it. ``groups``:
#: many groups with one of them. ``nothing``: a count, a breakdown or a description.
Compares = Literal["gap", "ratio", "bands", "board", "trusts", "months", "groups", "nothing"]

#: How figures can be had, as a report says it under "what is missing".
HOW_TO_LOAD = {
    "return": (
        "race-equality data template wres {code} (with --published, to copy it from the trust’s page), fill in the file, "
        "race-equality data add FILE"
    ),
    "patients return": "race-equality data template patients {code}, fill in the file, race-equality data add FILE",
    "benchmark": "race-equality data add FILE, with the NHS Staff Survey’s benchmark workbook",
    "publication": "race-equality data add FILE, with the publication’s next edition",
    "mental health bulletin": "race-equality data add FILE, with the CSV of the Mental Health Bulletin (NHS England, each year)",
    "mental health monthly": (
        "race-equality data add FILE, with the CSV of the Mental Health Services Monthly Statistics (NHS England)"
    ),
    "emergency care": (
        "race-equality data add FILE, with the provider-level CSV of Hospital Accident and Emergency Activity "
        "(NHS England, each year)"
    ),
}


@dataclass(frozen=True)
class Part:
    """Figures with an id of their own that belong to an indicator: a pay band, seats of a board.

    Parameters
    ----------
    id : str
        As in the figures.
    name : str
    kind : str
        Which parts belong together, such as "Clinical"; "" where all do.
    nested_in : str
        The id of the part whose people these are among.
    """

    id: str
    name: str
    kind: str = ""
    nested_in: str = ""


@dataclass(frozen=True)
class Likelihood:
    """The words of a relative likelihood: "<first> were 1.3 times as likely as <second> <event>".

    Parameters
    ----------
    first, second, event : str
    """

    first: str
    second: str
    event: str


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """What one indicator is.

    Parameters
    ----------
    id : str
        As in the figures; an indicator with `parts` has their ids in the figures instead.
    name : str
        As in a table or a heading.
    definition : str
        What is counted, of what, in words for a member of a board.
    theme : str
        Which indicators are read together: "survey", "access", "births" and so on.
    compares : str
        What its figures are compared with: :data:`Compares`.
    units : tuple of str
        Units of its findings, the figure itself first.
    groups : tuple of str
        The groups that it is given for.
    adverse_when : {"higher", "lower", "above one", "neither"}
        Which side is adverse to staff from ethnic minorities, or to patients.
    disclosure : Disclosure
        What hides together.
    gates : Gates
        When its figures are not plausible, or too little is recorded to read them.
    number : int or None
        Its row among the indicators of the Workforce Race Equality Standard (WRES).
    question : str
        Its number in the NHS Staff Survey, such as "Q15".
    short_name : str
        The name in few enough words for one line of a table; the name itself where it is left out.
    statement : str
        What is said of those counted, to follow "… of staff" or "… of the people".
    people : str
        Who is counted, to follow "… of", where the statement does not say it.
    between : tuple of str
        The two groups of a gap or ratio: the first minus, or over, the second.
    likelihood : Likelihood or None
        The words of a ratio.
    parts : tuple of Part
    total : str
        The id of the indicator that holds the total of its groups, where that is another one.
    at_most : str
        The id of the indicator whose figure of the same group it cannot be over: people, of full-time equivalents.
    series : str
        The id of the same share survey by survey, where it has an id of its own.
    england : str
        The id of England's figure, where another publication holds it.
    card_title, card_said : str
        Its words on the first page's cards.
    followed : bool
        Whether a board's action can be linked to it.
    proposed_owner : str
        Who on the board would be asked to own a change.
    board_question : str
        What a board would ask when it is adverse.
    in_downloads, as_published : bool
        Whether findings are in the downloads, and the published figures themselves. Those of a breakdown of people
        never are: as much is hidden in its findings as the report hides.
    published_by : str
        For ``data/README.md``.
    obtained : str
        A key of :data:`HOW_TO_LOAD`.
    missing_as : str
        What a report calls it where it is missing; several indicators can be missed as one. "" where it is not listed.
    why_missing : str
        Why no trust has it.
    applies_to : tuple of str
        Kinds of trust that it has a meaning for; all without it.
    why_not_applicable : str
        Why it has none for the others.
    trace_name : str
        Its name where a reader follows a figure to its source.
    long_series : bool
        Whether it reaches back so far that its mergers say nothing of the other figures.
    """

    id: str
    name: str
    definition: str
    theme: str
    compares: Compares = "nothing"
    units: tuple[str, ...] = ("percent",)
    groups: tuple[str, ...] = ("All staff",)
    adverse_when: Literal["higher", "lower", "above one", "neither"] = "neither"
    disclosure: Disclosure = EACH_ALONE
    gates: Gates = NO_GATES
    number: int | None = None
    question: str = ""
    short_name: str = ""
    statement: str = ""
    people: str = ""
    between: tuple[str, ...] = ()
    likelihood: Likelihood | None = None
    parts: tuple[Part, ...] = ()
    total: str = ""
    at_most: str = ""
    series: str = ""
    england: str = ""
    card_title: str = ""
    card_said: str = ""
    followed: bool = False
    proposed_owner: str = "Chief people officer"
    board_question: str = ""
    in_downloads: bool = True
    as_published: bool = False
    published_by: str = ""
    obtained: str = "publication"
    missing_as: str = ""
    why_missing: str = ""
    applies_to: tuple[str, ...] = ()
    why_not_applicable: str = ""
    trace_name: str = ""
    long_series: bool = False

    @property
    def figure_ids(self) -> tuple[str, ...]:
        """The ids of its figures."""
        return tuple(part.id for part in self.parts) or (self.id,)

    @property
    def label(self) -> str:
        """Its number in its publication: "WRES 8", "Q15"; "" without one."""
        return f"WRES {self.number}" if self.number else self.question

    @property
    def title(self) -> str:
        """The name with the number before it."""
        return f"{self.label}: {self.name}" if self.label else self.name

    @property
    def in_few_words(self) -> str:
        """The short name, or the name."""
        return self.short_name or self.name

    @property
    def name_with_group(self) -> str:
        """The name with whom it is about, where that is everybody."""
        if self.compares in ("trusts", "months"):
            return f"{self.name}, {self.groups[0][:1].lower()}{self.groups[0][1:]}"
        return self.name

    @property
    def name_in_trace(self) -> str:
        """The name where a reader follows a figure to its source."""
        of_survey = f"Survey question {self.question}" if self.question else self.name
        return self.trace_name or (self.label if self.number else of_survey)

    @property
    def from_return(self) -> bool:
        """Whether the trust's own WRES return alone holds it."""
        return self.obtained == "return"

    @property
    def improvement(self) -> Literal["increase", "decrease"]:
        """Which way is better."""
        return "increase" if self.adverse_when == "lower" else "decrease"


_BENCHMARK = "NHS Staff Survey benchmark workbook, or a trust’s WRES return"
_RETURN = "A trust’s WRES return, or its own page"
_SURVEY = "NHS Staff Survey"
_WORKFORCE = "NHS Workforce Statistics"
_CATCHMENTS = "Office for Health Improvement and Disparities (OHID)"
_MATERNITY = "Maternity Services Data Set"
_MENTAL_HEALTH = "NHS England, Mental Health Act statistics"
_RTT = "NHS England, referral to treatment waiting times"
_AE = "NHS England, A&E attendances and emergency admissions"

#: No trust of a kind lies this far from the others of it, in any publication that is held.
_FAR = 8.0
_OF_SURVEY = Gates(lowest=0.2, highest=95.0, from_others=_FAR)
_OF_MONTHS = Gates(none_of=50.0)
#: With more than half not known, it is not known who the others are.
_OF_GROUPS = Gates(most_unknown=50.0)
_OF_RECOVERY = Gates(most_unknown=50.0, from_others=12.0, from_itself=3.0, whole="talking_therapies_recovery")

_EXPERIENCE_MISSING = "Staff experience by ethnic group (WRES 5 to 8)"
_OF_RETURN = (ETHNIC_MINORITY, WHITE, "Unknown")
_AGES_AND_SEXES = ("0 to 18", "19 to 64", "65 and over", "Female", "Male")
_PROMOTED = "Which promotion or acting-up decision was made differently this year because of this figure?"
_ABUSED = "What happens to a patient or visitor who abuses staff here, and do staff see it happen?"
_REPORTED = "What happened to the last ten reports of discrimination by a manager or colleague?"


def _bands() -> tuple[Part, ...]:
    bands = {
        "under_band_1": "under band 1",
        **{f"band_{n}": f"band {n}" for n in range(1, 8)},
        **{f"band_8{letter}": f"band 8{letter}" for letter in "abcd"},
        "band_9": "band 9",
        "vsm": "very senior manager",
    }
    grades = {
        "trainee_grade": "trainee grade",
        "non_consultant_career_grade": "non-consultant career grade",
        "consultant": "consultant",
        "other": "other",
    }
    kinds = (("clinical", "Clinical", bands), ("medical", "Medical", grades), ("non_clinical", "Non-clinical", bands))
    return tuple(
        Part(f"wres_1_{key}_{band}", f"{kind}, {name}", kind)
        for key, kind, names in kinds
        for band, name in names.items()
    )


def _gap(statement: str, **more: object) -> Indicator:
    """Return a survey's gap between ethnic minority and White staff; with what all of them share."""
    about: dict[str, object] = {
        "definition": f"Share of staff who {statement}, of those who answered",
        "statement": statement,
        "theme": "experience",
        "compares": "gap",
        "units": ("percent", "percentage points"),
        "gates": _OF_SURVEY,
        "groups": (ETHNIC_MINORITY, WHITE, GAP),
        "between": (ETHNIC_MINORITY, WHITE),
        "followed": True,
        "as_published": True,
        "published_by": _BENCHMARK,
        "obtained": "benchmark",
        "missing_as": _EXPERIENCE_MISSING,
    }
    return Indicator(**(about | more))  # type: ignore[arg-type]


def _question(**more: object) -> Indicator:
    """Return a question of the NHS Staff Survey, asked of all staff."""
    about: dict[str, object] = {
        "definition": "Share of all staff who said so in the NHS Staff Survey, weighted by the publisher",
        "theme": "survey",
        "compares": "trusts",
        "gates": _OF_SURVEY,
        "as_published": True,
        "published_by": _SURVEY,
    }
    return Indicator(**(about | more))  # type: ignore[arg-type]


def _ratio(**more: object) -> Indicator:
    """Return a relative likelihood of a trust's WRES return."""
    about: dict[str, object] = {
        "theme": "return",
        "compares": "ratio",
        "units": ("ratio",),
        "adverse_when": "above one",
        "disclosure": BOTH_GROUPS,
        "followed": True,
        "published_by": _RETURN,
        "obtained": "return",
    }
    return Indicator(**(about | more))  # type: ignore[arg-type]


def _monthly(*, statement: str = "", **more: object) -> Indicator:
    """Return a monthly share of patients; a report follows those that have a statement."""
    about: dict[str, object] = {
        "definition": f"Each month, share {statement}",
        "statement": statement,
        "theme": "access",
        "compares": "months",
        "groups": ("All patients",),
        "adverse_when": "higher",
        "disclosure": RECURRING,
        "gates": _OF_MONTHS,
        "followed": bool(statement),
        "as_published": True,
    }
    return Indicator(**(about | more))  # type: ignore[arg-type]


def _of_catchment(id: str, name: str, definition: str, **more: object) -> Indicator:
    """Return what is known of the people whom an acute trust serves."""
    about: dict[str, object] = {
        "groups": ("All people",),
        "published_by": _CATCHMENTS,
        "theme": "catchment",
        "missing_as": "Catchment population, deprivation and ethnicity",
        "applies_to": ("acute",),
        "why_not_applicable": "catchments are published for acute trusts alone",
    }
    return Indicator(id=id, name=name, definition=definition, **(about | more))  # type: ignore[arg-type]


def _of_patients(id: str, name: str, people: str, statement: str, short_name: str = "", among: str = "") -> Indicator:
    """Return a measure of a trust's own patients return, with its figures by four breakdowns."""
    return Indicator(
        id=id,
        name=name,
        definition=f"Share of {people} that {statement}",
        theme="patients return",
        compares="groups",
        groups=(
            *FIVE_GROUPS,
            "Not stated",
            "Not known",
            "Quintile 1 (most deprived) to 5",
            *_AGES_AND_SEXES,
            "Unknown",
        ),
        adverse_when="higher",
        disclosure=replace(WHEN_READ, among=among),
        short_name=short_name,
        statement=statement,
        people=people,
        parts=tuple(
            Part(f"{id}_by_{kind}", f"{name} by {kind}", kind) for kind in ("ethnicity", "deprivation", "age", "sex")
        ),
        in_downloads=False,
        published_by="A trust’s patients return",
        obtained="patients return",
        missing_as="Waits, missed appointments, restrictive interventions and detentions by ethnic group, deprivation, age and sex",
        trace_name="Patients return",
    )


def _by_group(
    id: str, name: str, kinds: tuple[str, ...], total: bool = False, of: str = "All people", **more: object
) -> Indicator:
    """Return a published measure of a trust's patients, with its figures by ethnic group and other breakdowns."""
    parts = (Part(id, f"{name}, {of.lower()}", "all"),) if total else ()
    about: dict[str, object] = {
        "theme": "patients by group",
        "compares": "groups",
        "disclosure": PUBLISHED_SHARES,
        # with the gaps of ethnic groups from White patients, and the slope by deprivation
        "units": ("percent", "percentage points"),
        "groups": (*FIVE_GROUPS, "Not stated", "Not known", "deprivation", "age and sex"),
        "parts": parts + tuple(Part(f"{id}_by_{kind}", f"{name} by {kind}", kind) for kind in kinds),
    }
    # counts are shown where they are the base of a share
    about["in_downloads"] = (about | more)["units"] != ("count",)
    return Indicator(id=id, name=name, **(about | more))  # type: ignore[arg-type]


def _declared(one: DeclaredIndicator) -> Indicator:
    """Return an indicator that a layout declares: its published figures are given, and nothing is computed of them."""
    return Indicator(
        id=one.id,
        name=one.name,
        definition=one.definition,
        theme="layout",
        units=(one.unit,),
        groups=one.groups or ("as published",),
        adverse_when=cast(Literal["higher", "lower", "above one", "neither"], one.adverse_when),
        disclosure=EACH_ALONE if one.disclosure == "each alone" else BOTH_GROUPS,
        statement=one.statement,
        people=one.people,
        as_published=True,
        published_by=one.published_by,
        missing_as=one.missing_as,
        applies_to=one.applies_to,
        why_not_applicable=one.why_not_applicable,
    )


_IN_CODE: tuple[Indicator, ...] = (
    # -- the Workforce Race Equality Standard ------------------------------------------------------------
    Indicator(
        id="wres_1",
        number=1,
        name="Staff by pay band",
        definition="Share of staff from ethnic minorities in each pay band or grade, 31 March",
        theme="return",
        compares="bands",
        groups=("pay bands and grades",),
        adverse_when="lower",
        parts=_bands(),
        disclosure=BOTH_GROUPS,
        england="wres_national_workforce",
        followed=True,
        published_by=_RETURN,
        obtained="return",
        missing_as="Pay bands by ethnic group (WRES 1)",
    ),
    _ratio(
        id="wres_2",
        number=2,
        name="Appointed from shortlisting",
        definition=(
            "Likelihood of White applicants being appointed from shortlisting over that of applicants from ethnic minorities"
        ),
        between=(WHITE, ETHNIC_MINORITY),
        likelihood=Likelihood(
            "White applicants", "applicants from ethnic minorities", "to be appointed from shortlisting"
        ),
        england="wres_national_2_ratio",
        card_title="Shortlisting ratio",
        board_question="What will change in shortlisting and interviews, and how will the board see it before the next return?",
        missing_as="Appointment from shortlisting (WRES 2)",
    ),
    _ratio(
        id="wres_3",
        number=3,
        name="Entering the formal disciplinary process",
        definition=(
            "Likelihood of staff from ethnic minorities entering the formal disciplinary process over that of White staff"
        ),
        short_name="Formal disciplinary process",
        between=(ETHNIC_MINORITY, WHITE),
        likelihood=Likelihood(
            "staff from ethnic minorities", "White staff", "to enter the formal disciplinary process"
        ),
        england="wres_national_3_ratio",
        board_question="Who reviews each case before the formal disciplinary process begins, and what do they find?",
        missing_as="Formal disciplinary process (WRES 3)",
    ),
    _ratio(
        id="wres_4",
        number=4,
        name="Non-mandatory training and development",
        definition=(
            "Likelihood of White staff accessing non-mandatory training over that of staff from ethnic minorities"
        ),
        short_name="Training and development",
        between=(WHITE, ETHNIC_MINORITY),
        likelihood=Likelihood(
            "White staff", "staff from ethnic minorities", "to take up non-mandatory training and development"
        ),
        board_question="Which development places go to whom this year, and who decides?",
        missing_as="Training and development (WRES 4)",
    ),
    _gap(
        "had experienced harassment, bullying or abuse from patients, relatives or the public",
        id="wres_5",
        number=5,
        name="Harassment, bullying or abuse from the public",
        short_name="Harassment from the public",
        adverse_when="higher",
        disclosure=BOTH_GROUPS,
        proposed_owner="Chief nurse",
        board_question=_ABUSED,
    ),
    _gap(
        "had experienced harassment, bullying or abuse from other staff",
        id="wres_6",
        number=6,
        name="Harassment, bullying or abuse from staff",
        short_name="Harassment from staff",
        adverse_when="higher",
        disclosure=BOTH_GROUPS,
        card_title="Harassment from staff",
        card_said="had been harassed by other staff",
        proposed_owner="Chief executive",
        board_question="Which teams account for harassment by staff, and what has their leader done about it?",
    ),
    _gap(
        "believed that the trust provides equal opportunities for career progression or promotion",
        id="wres_7",
        number=7,
        name="Equal opportunities for career progression",
        short_name="Fair career progression",
        adverse_when="lower",
        disclosure=BOTH_GROUPS,
        card_title="Career progression gap",
        card_said="believe in equal chances",
        board_question=_PROMOTED,
    ),
    _gap(
        "had experienced discrimination from a manager, team leader or other colleagues",
        id="wres_8",
        number=8,
        name="Discrimination from a manager or colleagues",
        short_name="Discrimination at work",
        adverse_when="higher",
        disclosure=BOTH_GROUPS,
        card_title="Discrimination gap",
        card_said="had experienced it",
        proposed_owner="Chief executive",
        board_question=_REPORTED,
    ),
    Indicator(
        id="wres_9",
        number=9,
        name="Board membership against the workforce",
        definition=(
            "Share of board members from ethnic minorities, that share minus the workforce’s, and the years until "
            "they would be equal if both went on as they went"
        ),
        theme="return",
        compares="board",
        units=("percent", "percentage points", "years"),
        groups=("Board", "Workforce", "Board minus workforce", "Years to parity of the board"),
        adverse_when="lower",
        short_name="Board membership",
        parts=(
            Part("wres_9_board", "all members of the board"),
            Part("wres_9_voting", "members who vote", nested_in="wres_9_board"),
            Part("wres_9_executive", "executive members", nested_in="wres_9_board"),
        ),
        disclosure=BOTH_GROUPS,
        england="wres_national_board",
        card_title="Leadership gap",
        followed=True,
        proposed_owner="Chair",
        board_question="Which seats fall vacant in the next two years, and how will each be filled?",
        published_by=_RETURN,
        obtained="return",
        missing_as="Board membership (WRES 9)",
    ),
    Indicator(
        id="wres_2_excluding_international",
        name="Without international recruits",
        definition="As indicator 2 of the WRES, without staff recruited abroad",
        theme="return",
        units=("ratio",),
        groups=_OF_RETURN,
        between=(WHITE, ETHNIC_MINORITY),
        disclosure=BOTH_GROUPS,
        in_downloads=False,
        published_by=_RETURN,
        obtained="return",
        trace_name="WRES 2 without international recruits",
    ),
    Indicator(
        id="wres_panel",
        name="WRES 5 to 8, year by year",
        definition="Indicators 5 to 8 of the WRES in every year of a benchmark workbook; years are never added up",
        theme="history",
        groups=(ETHNIC_MINORITY, WHITE),
        disclosure=BOTH_GROUPS,
        parts=tuple(Part(f"wres_panel_{n}", f"WRES {n}, year by year") for n in (5, 6, 7, 8)),
        in_downloads=False,
        published_by="NHS Staff Survey benchmark workbook, when added",
    ),
    Indicator(
        id="wres_national",
        name="National figures of the WRES",
        definition="Figures of England by year of the national report",
        theme="national",
        units=("percent", "ratio"),
        groups=("as the report names them",),
        parts=(
            Part("wres_national_workforce", "Share of the workforce"),
            Part("wres_national_board", "Share of board members"),
            Part("wres_national_very_senior_managers", "Share of very senior managers"),
            Part("wres_national_band_5", "Share of band 5"),
            Part("wres_national_2_ratio", "Indicator 2"),
            Part("wres_national_3_ratio", "Indicator 3"),
            Part("wres_national_2_trusts_adverse", "Trusts where indicator 2 is adverse"),
            Part("wres_national_6", "Indicator 6"),
            Part("wres_national_7", "Indicator 7"),
        ),
        disclosure=BOTH_GROUPS,
        in_downloads=False,
        published_by="NHS England, NHS Employers",
        trace_name="England, WRES report",
    ),
    # -- what all staff said -----------------------------------------------------------------------------
    _question(
        id="staff_survey_q15",
        question="Q15",
        name="The trust acts fairly on career progression",
        short_name="Fair career progression",
        adverse_when="lower",
        card_said="of all staff said that the trust acts fairly",
        followed=True,
        board_question=_PROMOTED,
        missing_as="Survey answers of all staff (Q15, Q16a, Q16b)",
    ),
    _question(
        id="staff_survey_q16a",
        question="Q16a",
        name="Discrimination from the public",
        adverse_when="higher",
        series="staff_survey_panel_q16a",
        card_said="of all staff had experienced it",
        followed=True,
        board_question=_ABUSED,
        missing_as="Survey answers of all staff (Q15, Q16a, Q16b)",
    ),
    _question(
        id="staff_survey_q16b",
        question="Q16b",
        name="Discrimination from a manager or colleagues",
        short_name="Discrimination at work",
        adverse_when="higher",
        series="staff_survey_panel_q16b",
        card_said="of all staff had experienced it",
        followed=True,
        board_question=_REPORTED,
        missing_as="Survey answers of all staff (Q15, Q16a, Q16b)",
    ),
    _question(
        id="staff_survey_q16c_1",
        question="Q16c",
        name="Discrimination on the ground of ethnic background",
        theme="grounds",
        adverse_when="higher",
        gates=NO_GATES,  # its reader leaves all of it out
        missing_as="Grounds of discrimination (Q16c)",
        why_missing="the workbook gives 100% for every organisation, which cannot be a real answer",
        trace_name="Ground of discrimination (not usable)",
    ),
    _question(
        id="staff_survey_panel_q16a",
        question="Q16a",
        name="Discrimination from the public, year by year",
        definition="The same question in each survey since 2021; years are never added up",
        theme="history",
        adverse_when="higher",
    ),
    _question(
        id="staff_survey_panel_q16b",
        question="Q16b",
        name="Discrimination from a manager or colleagues, year by year",
        definition="The same question in each survey since 2021; years are never added up",
        theme="history",
        adverse_when="higher",
        trace_name="Discrimination by year",
    ),
    Indicator(
        id="staff_survey_panel_ethnic_minority",
        name="Respondents from ethnic minorities, year by year",
        definition="Share of those who answered each survey since 2021 that said they are from an ethnic minority",
        theme="history",
        in_downloads=False,
        published_by=_SURVEY,
    ),
    # -- waits -------------------------------------------------------------------------------------------
    _monthly(
        id="rtt_within_18_weeks",
        name="Waiting under 18 weeks",
        adverse_when="lower",
        statement="of the people on the waiting list had waited under 18 weeks",
        published_by=_RTT,
    ),
    _monthly(
        id="rtt_over_52_weeks",
        name="Waiting over a year",
        statement="of the people on the waiting list had waited over 52 weeks",
        published_by=_RTT,
    ),
    _monthly(
        id="rtt_over_65_weeks",
        name="Waiting over 65 weeks",
        definition="Each month, share of the people on the waiting list that had waited over 65 weeks",
        published_by=_RTT,
    ),
    _monthly(
        id="ae_over_4_hours",
        name="Over four hours in A&E",
        statement="of A&E attendances took over four hours",
        published_by=_AE,
    ),
    _monthly(
        id="ae_over_12_hours_to_admission",
        name="Over 12 hours from decision to admission",
        definition="Each month, share of emergency admissions through A&E that waited over 12 hours",
        short_name="Over 12 hours to admission",
        published_by=_AE,
    ),
    # -- who works here, and who is served ---------------------------------------------------------------
    Indicator(
        id="staff_survey_q28",
        name="Ethnic group of those who answered the survey",
        definition="Share of those who said their ethnic group",
        theme="respondents",
        groups=FIVE_GROUPS,
        published_by=f"{_SURVEY}, in 18 ethnic groups",
        missing_as="Staff who answered, by ethnic group (Q28)",
        trace_name="Staff who answered, by ethnic group",
    ),
    Indicator(
        id="workforce_headcount",
        name="Staff by staff group",
        definition="People employed; one person in two roles counts in each group, and once in the total",
        theme="workforce",
        units=("people", "percent"),
        groups=(
            # the main staff groups of the publication's hierarchy; the rest are parts of these
            "HCHS Doctors",
            "Nurses & health visitors",
            "Midwives",
            "Ambulance staff",
            "Scientific, therapeutic & technical staff",
            "Support to clinical staff",
            "NHS infrastructure support",
            "Other staff or those with unknown classification",
            "Total",
        ),
        disclosure=OVERLAPPING,
        published_by=_WORKFORCE,
        missing_as="Staff by staff group",
    ),
    Indicator(
        id="workforce_march_headcount",
        name="Growth of the workforce",
        definition="Yearly change of the number of staff in post in March, a line through up to nine years",
        theme="workforce",
        units=("percent a year",),
        groups=("Total",),
        published_by=_WORKFORCE,
        trace_name="Staff each March",
        long_series=True,
    ),
    Indicator(
        id="workforce_fte",
        name="Full-time equivalents by staff group",
        definition="Contracted hours as a number of full-time staff, in the month of the headcount",
        theme="workforce",
        units=("fte",),
        groups=("27 staff groups",),
        at_most="workforce_headcount",
        disclosure=OVERLAPPING,
        in_downloads=False,
        published_by=_WORKFORCE,
    ),
    Indicator(
        id="workforce_march_fte",
        name="Full-time equivalents each March",
        at_most="workforce_march_headcount",
        definition="Contracted hours as a number of full-time staff, on 31 March of each year since 2010",
        theme="workforce",
        units=("fte",),
        groups=("Total",),
        in_downloads=False,
        published_by=_WORKFORCE,
        long_series=True,
    ),
    Indicator(
        id="workforce_fte_by_month",
        name="Full-time equivalents by month",
        definition="Contracted hours as a number of full-time staff, each month since June 2023",
        theme="workforce",
        units=("fte",),
        groups=("Total",),
        in_downloads=False,
        published_by=_WORKFORCE,
        long_series=True,
    ),
    _of_catchment(
        "catchment_population",
        "People in the catchment",
        "People whom an acute trust serves",
        units=("people",),
        as_published=True,
        trace_name="Catchment population",
    ),
    _of_catchment(
        "catchment_imd_score",
        "Deprivation score of the catchment",
        "Index of Multiple Deprivation, averaged over the catchment; more is more deprived",
        units=("score",),
        as_published=True,
    ),
    _of_catchment(
        "catchment_deprivation_quintile",
        "Deprivation fifth of the catchment",
        "Quintile 1 is the most deprived",
        units=("quintile",),
        as_published=True,
        trace_name="Catchment deprivation",
    ),
    _of_catchment(
        "catchment_ethnicity",
        "Ethnic group of the catchment",
        "Share of the people whom an acute trust serves, Census 2021",
        groups=FIVE_GROUPS,
        published_by="Office for National Statistics (ONS) and OHID",
        trace_name="Catchment by ethnic group",
    ),
    _of_catchment(
        "catchment_system",
        "Systems of the catchment",
        "Share of an acute trust’s patients that come from each integrated care board, 2022",
        groups=("short names of boards",),
        in_downloads=False,
        published_by="OHID and ONS",
    ),
    # -- births ------------------------------------------------------------------------------------------
    Indicator(
        id="maternity_deliveries",
        name="Deliveries",
        definition="Deliveries in a year, rounded by the publisher to 5",
        theme="deliveries",
        units=("count",),
        groups=("All births",),
        disclosure=RECURRING,
        as_published=True,
        published_by=_MATERNITY,
    ),
    Indicator(
        id="maternity_deliveries_by_ethnicity",
        name="Deliveries by ethnic group of the mother",
        definition="Deliveries in a year, rounded by the publisher to 5, and their share of all",
        theme="deliveries",
        units=("count", "percent"),
        groups=(*FIVE_GROUPS, "Not stated or not known"),
        total="maternity_deliveries",
        disclosure=RECURRING,
        gates=_OF_GROUPS,
        published_by=_MATERNITY,
        trace_name="Deliveries by ethnic group",
    ),
    Indicator(
        id="maternity_deliveries_by_deprivation",
        name="Deliveries to mothers from the most deprived fifth",
        definition="Share of deliveries to mothers whose area is known",
        theme="deliveries",
        groups=("Most deprived fifth",),
        total="maternity_deliveries",
        disclosure=RECURRING,
        gates=_OF_GROUPS,
        published_by=_MATERNITY,
        trace_name="Deliveries by deprivation",
    ),
    *(
        Indicator(
            id=id,
            name=name,
            definition=definition,
            theme="births",
            compares="trusts",
            groups=("All births",),
            adverse_when="higher",
            disclosure=RECURRING,
            gates=gates,
            statement=statement,
            as_published=True,
            published_by=_MATERNITY,
        )
        for id, name, definition, statement, gates in (
            (
                "maternity_preterm_births",
                "Births before 37 weeks",
                "Share of births whose length is known",
                "were born before 37 weeks",
                Gates(lowest=1.5, highest=25.0, recorded_in="maternity_preterm_births_recorded", from_others=_FAR),
            ),
            (
                "maternity_low_birthweight_at_term",
                "Low birthweight at term",
                "Share of births at term whose weight is known",
                "had a low birthweight at term",
                # up to a tenth of all births is before term: half of those at term is 45% of all
                Gates(
                    lowest=0.2,
                    highest=10.0,
                    recorded_in="maternity_low_birthweight_at_term_recorded",
                    least_recorded=45.0,
                    from_others=_FAR,
                ),
            ),
            (
                "maternity_smoking_at_booking",
                "Smoking at booking",
                "Share of women whose smoking is known at the first appointment",
                "smoked at the first appointment",
                Gates(lowest=1.0, highest=50.0, recorded_in="maternity_smoking_at_booking_recorded", from_others=_FAR),
            ),
        )
    ),
    *(
        Indicator(
            id=f"{id}_recorded",
            name=f"{name}: known",
            definition=f"Share of {of_all} with {what} known",
            theme="recorded",
            groups=("All births",),
            disclosure=RECURRING,
            in_downloads=False,
            published_by=_MATERNITY,
        )
        for id, name, of_all, what in (
            ("maternity_preterm_births", "Births before 37 weeks", "all births", "the length of the pregnancy"),
            (
                "maternity_low_birthweight_at_term",
                "Low birthweight at term",
                "all births, those before 37 weeks included,",
                "the weight of a birth at term",
            ),
            (
                "maternity_smoking_at_booking",
                "Smoking at booking",
                "all women who gave birth",
                "smoking at the first appointment",
            ),
        )
    ),
    # -- the Mental Health Act ---------------------------------------------------------------------------
    *(
        Indicator(
            id=f"mha_{id}{ending}",
            name=f"{name}{more}",
            definition=f"{name} under the Mental Health Act in a year{more}",
            statement="were detained under the Mental Health Act" if id == "detentions" else "",
            theme="detention",
            compares="groups",
            units=(unit,),
            groups=("All people; five and 18 ethnic groups of England, five of boards",),
            adverse_when="higher",
            in_downloads=False,
            published_by=_MENTAL_HEALTH,
            trace_name={
                "mha_detentions": "Detentions",
                "mha_detentions_rate": "Rates of detention",
                "mha_detentions_standardised_rate": "Rates of detention, standardised for age",
            }.get(f"mha_{id}{ending}", ""),
        )
        for id, name in (("detentions", "Detentions"), ("community_treatment_orders", "Community treatment orders"))
        for ending, more, unit in (
            ("", "", "count"),
            ("_rate", ", for 100,000 people", "per_100000"),
            ("_standardised_rate", ", for 100,000 people, standardised for age", "per_100000"),
            (
                "_standardised_rate_half_width",
                ", for 100,000 people, standardised for age: half the width of the 95% interval",
                "per_100000",
            ),
        )
    ),
    # -- a trust's own patients --------------------------------------------------------------------------
    *(
        _of_patients(
            f"patients_waiting_over_{weeks}_weeks",
            f"Waiting over {weeks} weeks",
            "patients on the waiting list",
            f"had waited over {weeks} weeks",
            short_name,
            f"patients_waiting_over_{less}_weeks" if less else "",
        )
        for weeks, short_name, less in ((18, "", 0), (52, "Over 52 weeks", 18), (65, "Over 65 weeks", 52))
    ),
    _of_patients("patients_did_not_attend", "Missed outpatient appointments", "outpatient appointments", "were missed"),
    _of_patients(
        "patients_restrictive_interventions",
        "Restrictive interventions",
        "inpatients of mental health and learning disability services",
        "were subject to a restrictive intervention",
    ),
    _of_patients(
        "patients_detained",
        "Detained under the Mental Health Act",
        "inpatients of mental health and learning disability services",
        "were detained under the Mental Health Act",
        "Detained",
    ),
    # -- patients by ethnic group, as published for trusts ------------------------------------------------
    *(
        _by_group(
            f"waiting_over_{weeks}_weeks",
            f"Waiting over {weeks} weeks for treatment",
            ("ethnicity", "deprivation", "age", "sex", "function"),
            definition=(
                f"Share of the waiting list for planned treatment that had waited over {weeks} weeks, in one week, "
                "by ethnic group, deprivation, age and sex; for England by treatment function as well"
            ),
            people="patients on the waiting list",
            statement=f"had waited over {weeks} weeks",
            short_name=f"Over {weeks} weeks",
            adverse_when="higher",
            applies_to=("acute", "acute specialist"),
            why_not_applicable="the waiting list is published for trusts that treat physical illness in hospital",
            proposed_owner="Chief operating officer",
            published_by="NHS England, Waiting List Minimum Data Set",
            missing_as="Waits by ethnic group",
            trace_name=f"Waiting over {weeks} weeks",
            disclosure=disclosure,
            gates=_OF_GROUPS,
        )
        for weeks, disclosure in ((18, PUBLISHED_CELLS), (52, replace(PUBLISHED_CELLS, among="waiting_over_18_weeks")))
    ),
    *(
        _by_group(
            id,
            name,
            kinds,
            total=id == "talking_therapies_recovery",
            definition=definition,
            people="people who finished a course of talking therapy",
            statement=statement,
            adverse_when="lower" if statement else "neither",
            units=units,
            applies_to=("mental health", "community", "acute"),
            why_not_applicable="talking therapies are published for trusts that give them",
            proposed_owner="Medical director",
            published_by="NHS England, NHS Talking Therapies annual report",
            missing_as="Recovery in talking therapies by ethnic group",
            trace_name=name,
            gates=_OF_RECOVERY if statement else _OF_GROUPS,
        )
        for id, name, definition, statement, units, kinds in (
            (
                "talking_therapies_recovery",
                "Recovery in talking therapies",
                "Share of people who recovered, of those who finished a course and were ill enough at its beginning to be counted",
                "recovered",
                ("percent", "percentage points"),
                ("ethnicity", "deprivation", "age", "sex"),
            ),
            (
                "talking_therapies_reliable_recovery",
                "Reliable recovery in talking therapies",
                "Share of people who recovered and whose scores improved by more than measurement error, of the same people",
                "reliably recovered",
                ("percent", "percentage points"),
                ("ethnicity",),
            ),
            (
                "talking_therapies_referrals",
                "Referrals to talking therapies",
                "Referrals received in a year",
                "",
                ("count",),
                ("ethnicity",),
            ),
        )
    ),
    _by_group(
        "maternity_continuity_of_carer",
        "Continuity of midwifery carer",
        ("ethnicity", "deprivation"),
        definition="Share of women placed on a continuity of carer pathway by 28 weeks of pregnancy, in one month",
        groups=("Asian, Black or Mixed", "White", "Other", "Not stated or not known", "Decile 1 (most deprived) to 10"),
        people="women who reached 29 weeks of pregnancy",
        statement="were placed on a continuity of carer pathway",
        adverse_when="lower",
        applies_to=("acute",),
        why_not_applicable="continuity of carer is published for trusts that run maternity services",
        proposed_owner="Chief nurse",
        published_by=_MATERNITY,
        missing_as="Continuity of midwifery carer by ethnic group",
        trace_name="Continuity of midwifery carer",
        gates=_OF_GROUPS,
    ),
    *(
        _by_group(
            id,
            name,
            ("ethnicity", "deprivation"),
            definition=f"Share of {people} in a year that {statement}, by ethnic group and deprivation",
            people=people,
            statement=statement,
            adverse_when=adverse_when,
            applies_to=("mental health",),
            why_not_applicable="the Mental Health Bulletin is of mental health services",
            published_by="NHS England, Mental Health Bulletin, when added",
            obtained="mental health bulletin",
            missing_as="Restrictive interventions, admissions and early intervention in psychosis by ethnic group",
            why_missing="published for each provider, and not loaded yet",
            trace_name=name,
        )
        for id, name, people, statement, adverse_when in (
            (
                "restrictive_interventions",
                "Restrictive interventions",
                "people admitted to a hospital for mental health, learning disability or autism",
                "were subject to a restrictive intervention",
                "higher",
            ),
            (
                "mental_health_admissions",
                "Admissions to mental health hospitals",
                "people in contact with services for mental health, learning disability or autism",
                "were admitted to a hospital of these services",
                "higher",
            ),
            (
                "early_intervention_in_two_weeks",
                "Early intervention in psychosis within two weeks",
                "referrals on the pathway of early intervention in psychosis that entered treatment",
                "did so within two weeks",
                "lower",
            ),
        )
    ),
    _by_group(
        "detentions_in_a_month",
        "Detentions in a month",
        ("ethnicity",),
        definition="Detentions under the Mental Health Act in one month, by ethnic group, rounded by the publisher to 5",
        units=("count",),
        applies_to=("mental health",),
        why_not_applicable="detentions are published for trusts that give mental health care",
        published_by="NHS England, Mental Health Services Monthly Statistics, when added",
        obtained="mental health monthly",
        missing_as="Detentions under the Mental Health Act by ethnic group",
        why_missing="published for each provider, and not loaded yet",
        trace_name="Detentions in a month",
    ),
    _by_group(
        "emergency_attendances",
        "A&E attendances",
        ("ethnicity",),
        definition="Unplanned attendances at A&E in a year, by ethnic group, rounded by the publisher to 5",
        units=("count",),
        applies_to=("acute", "acute specialist"),
        why_not_applicable="A&E attendances are published for trusts with an A&E department",
        published_by="NHS England, Hospital Accident and Emergency Activity, when added",
        obtained="emergency care",
        missing_as="A&E attendances by ethnic group",
        why_missing="published for each provider, and not loaded yet",
        trace_name="A&E attendances by ethnic group",
    ),
    # -- England and its systems -------------------------------------------------------------------------
    Indicator(
        id="board_survey",
        name="Survey of boards",
        definition="Who answered the survey of boards of 2022, and what they said",
        theme="boards",
        units=("people", "percent", "count"),
        groups=("as the report names them, for England alone",),
        parts=(
            Part("board_survey_responses", "Responses"),
            Part("board_survey_trusts_represented", "Trusts represented"),
            Part("board_survey_members_represented", "Share of the members of NHS Providers"),
            Part("board_survey_respondents", "Who answered"),
            Part("board_survey_interviews", "Interviews"),
            Part("board_survey_fully_embedded", "Race equality is fully embedded"),
            Part("board_survey_used_consultants", "Used consultants"),
        ),
        in_downloads=False,
        published_by="NHS Providers",
    ),
    Indicator(
        id="system_imd_score",
        name="Deprivation score of a system",
        definition="Index of Multiple Deprivation of an integrated care board; more is more deprived",
        theme="systems",
        units=("score",),
        groups=("All people",),
        in_downloads=False,
        published_by="Ministry of Housing, Communities and Local Government (MHCLG)",
    ),
    Indicator(
        id="system_most_deprived_tenth",
        name="Most deprived neighbourhoods of a system",
        definition="Share of a board’s neighbourhoods that are among the most deprived tenth of England",
        theme="systems",
        groups=("Neighbourhoods",),
        in_downloads=False,
        published_by="MHCLG",
    ),
    *(
        Indicator(
            id=id,
            name=f"Residents by ethnic group{more}",
            definition=f"Residents of England and of boards by ethnic group, Census 2021{more}",
            theme="systems",
            units=("people", "percent"),
            groups=groups,
            in_downloads=False,
            published_by="ONS, when added",
        )
        for id, more, groups in (
            ("census_ethnicity", "", FIVE_GROUPS),
            ("census_ethnicity_working_age", ", aged 16 to 64", FIVE_GROUPS),
            ("census_ethnicity_detailed", ", in detail", ("19 groups of the census",)),
        )
    ),
)

#: Every indicator: those of this module, and those that the project's layouts declare.
INDICATORS: tuple[Indicator, ...] = (
    *_IN_CODE,
    *map(_declared, declared_indicators({id for one in _IN_CODE for id in (one.id, *one.figure_ids)})),
)
#: Every indicator by its id.
BY_ID = {indicator.id: indicator for indicator in INDICATORS}
#: The id of each figure to the indicator that it belongs to.
OWNER = {id: indicator for indicator in INDICATORS for id in indicator.figure_ids}
#: The id of each part of an indicator to the part.
PARTS = {part.id: part for indicator in INDICATORS for part in indicator.parts}


def chosen(is_wanted: Callable[[Indicator], bool]) -> tuple[Indicator, ...]:
    """Return some of the indicators, in their order.

    Parameters
    ----------
    is_wanted : callable
        From an indicator to whether it is wanted.

    Returns
    -------
    tuple of Indicator

    Examples
    --------
    >>> [one.label for one in chosen(lambda one: one.compares == "ratio")]
    ['WRES 2', 'WRES 3', 'WRES 4']
    """
    return tuple(indicator for indicator in INDICATORS if is_wanted(indicator))


def figure_ids(ids: Iterable[str]) -> list[str]:
    """Return the ids of the figures of some indicators.

    Parameters
    ----------
    ids : iterable of str
        Ids of indicators, or of single figures.

    Returns
    -------
    list of str

    Examples
    --------
    >>> figure_ids(["wres_9", "wres_8"])
    ['wres_9_board', 'wres_9_voting', 'wres_9_executive', 'wres_8']
    """
    return [figure for id in ids for figure in (BY_ID[id].figure_ids if id in BY_ID else (id,))]


def rule_of(figure_id: str) -> Disclosure:
    """Return what hides with a figure.

    Parameters
    ----------
    figure_id : str
        As in the figures.

    Returns
    -------
    Disclosure
        That of its indicator. What is no indicator's is as careful as can be: all its groups hide together.
    """
    return OWNER[figure_id].disclosure if figure_id in OWNER else BOTH_GROUPS


def holders(one: Indicator) -> tuple[Indicator, ...]:
    """Return the indicators whose counts hold those of another, the nearest first.

    Parameters
    ----------
    one : Indicator
        Such as waits over 65 weeks: among those over 52, which are among those over 18.

    Returns
    -------
    tuple of Indicator
    """
    found: list[Indicator] = []
    while one.disclosure.among:
        one = BY_ID[one.disclosure.among]
        found.append(one)
    return tuple(found)


def figures_with(has: Callable[[Disclosure], bool]) -> list[str]:
    """Return the ids of the figures whose rule of disclosure has something in it.

    Parameters
    ----------
    has : callable
        From a rule to whether it is meant.

    Returns
    -------
    list of str
    """
    return [id for id, indicator in OWNER.items() if has(indicator.disclosure)]


#: The indicators of the WRES, and any others in its table, by number.
WRES = {number: one for one in INDICATORS if (number := one.number) is not None}
#: What staff said, by ethnic group: the gaps between two groups.
EXPERIENCE = chosen(lambda one: one.compares == "gap")
#: Relative likelihoods of a trust's return.
RATIOS = chosen(lambda one: one.compares == "ratio")
#: Shares by pay band, and the board.
BANDS, BOARD = BY_ID["wres_1"], BY_ID["wres_9"]
#: Questions of the NHS Staff Survey, asked of all staff.
QUESTIONS = chosen(lambda one: one.theme == "survey")
GROUND_ETHNIC_BACKGROUND = BY_ID["staff_survey_q16c_1"]
#: Waits and A&E that a report follows month by month, of all patients together.
ACCESS = chosen(lambda one: one.theme == "access" and one.followed)
#: Rates of births or of women booking, of all together: the file does not cross them with ethnic group.
BIRTHS = chosen(lambda one: one.theme == "births")
#: Measures of a trust's own patients.
PATIENTS = chosen(lambda one: one.theme == "patients return")
PATIENT_FIGURES = figure_ids(one.id for one in PATIENTS)
#: What a board's action can be linked to.
FOLLOWED = chosen(lambda one: one.followed)

#: The cards on staff of the first page: of each, the first indicator that the trust has a figure of.
STAFF_CARDS = (
    (BOARD, BY_ID["wres_7"], BY_ID["staff_survey_q15"]),
    (BY_ID["wres_2"], BY_ID["wres_6"], BY_ID["staff_survey_q16a"]),
    (BY_ID["wres_8"], BY_ID["staff_survey_q16b"]),
)
