"""The assumptions log: what the reports take for granted, why, what carries it, and what it would change if it were wrong.

The fields are those of the log that the Analysis Function recommends with the AQuA Book (*Assumptions and decisions log*).
``docs/assumptions.md`` is made from these records, and each edition prints them in its assurance statement.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

#: How good the evidence is.
Quality = Literal["good", "some", "little"]
#: How much of what rests on it another choice would change: under a twentieth, under a quarter, more.
Sensitivity = Literal["low", "medium", "high"]
#: From these shares of what rests on an assumption on, it is of medium and of high sensitivity.
MEDIUM_FROM, HIGH_FROM = 0.05, 0.25

QUALITIES = {
    "good": "held to published or counted figures, or a rule that a standard sets",
    "some": "fits what is known, and is not held to figures of these trusts",
    "little": "a choice, or what no file that is held can tell",
}
SENSITIVITIES = {
    "low": "another choice changes under a twentieth of what rests on it",
    "medium": "a twentieth to a quarter",
    "high": "a quarter or more, or the direction of a finding",
}

#: Roles, and no names: whoever publishes editions fills them.
DATA, STATISTICS, DISCLOSURE = "lead for data", "lead for statistics", "lead for disclosure control"


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One assumption.

    Parameters
    ----------
    id : str
        Stays with it, such as ``A07``; the id of one that was given up is not used again.
    title : str
        A few words.
    assumed : str
        The assumption, in a sentence.
    why : str
        Why it is needed, and why it is reasonable.
    evidence : str
        What supports it: a page of the documentation, a command, a publication.
    if_wrong : str
        What would be wrong then, and which way.
    code : tuple of str
        What carries it: ``module:name``.
    quality : Quality
    sensitivity : Sensitivity
        Where :func:`race_equality.analysis.what_assumptions_move.what_assumptions_move` measures it, a test holds the two
        together; elsewhere a judgement.
    owner : str
        The role that reviews it.
    reviewed : datetime.date
        When it was last held to the code that carries it.
    depends_on : tuple of str
        Ids.
    """

    id: str
    title: str
    assumed: str
    why: str
    evidence: str
    if_wrong: str
    code: tuple[str, ...]
    quality: Quality
    sensitivity: Sensitivity
    owner: str
    reviewed: date = date(2026, 11, 29)
    depends_on: tuple[str, ...] = ()


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        id="A01",
        title="Figures of merged organisations are their successor's",
        assumed="Staff and patients of an organisation that merged are those of the trust that took its place.",
        why="A board answers for the services that it runs today, and publications of past years name the organisations of then.",
        evidence="`data/figures/successions.csv` gives the basis of each; a trust that was divided is carried to none.",
        if_wrong="A trust's past is mixed with another's. Steps in the number of staff would be read as growth (A22).",
        code=("race_equality.sources.trust_list:add_trust_list", "race_equality.store.trusts:Succession"),
        quality="good",
        sensitivity="low",
        owner=DATA,
    ),
    Assumption(
        id="A02",
        title="The latest edition held speaks for today",
        assumed="The newest figure that is held is near enough to the present for a board to act on.",
        why="Publications come out months after what they count, and some are held in an older edition.",
        evidence="`race-equality data list` names what is out of date; the page Data quality gives the age of each publication.",
        if_wrong="A trust that has improved is called on to act, or one that got worse is not. No interval allows for it.",
        code=("race_equality.store.editions:next_editions",),
        quality="little",
        sensitivity="high",
        owner=DATA,
    ),
    Assumption(
        id="A03",
        title="What gates catch is wrong, and the rest is right",
        assumed="A published figure is right unless it fails a rule of plausibility of its indicator; one that fails is not used.",
        why="One faulty figure widens a funnel, or moves a total of England, for every trust.",
        evidence="docs/statistics.md, *Figures that cannot be right*: each figure that is caught was read; `race-equality data check`.",
        if_wrong="A true figure is missing where it is caught wrongly. An error that is plausible stays, on its trust's page alone.",
        code=("race_equality.gates:judged", "race_equality.definitions.gates:Gates"),
        quality="good",
        sensitivity="low",
        owner=DATA,
    ),
    Assumption(
        id="A04",
        title="A hidden count of long waits is 4",
        assumed="A count of 1 to 7 people over 52 weeks that the publisher hides is 4, the middle.",
        why="Without it most sums over groups would have no figure.",
        evidence="docs/disclosure.md, *Waits by ethnic group*. Limits are computed with 1 and with 7, so no reading rests on the 4.",
        if_wrong="The share that is printed is off by a fraction of a point; its interval already allows for it.",
        code=("race_equality.analysis.waiting_list:HIDDEN_MIDDLE",),
        quality="good",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A05",
        title="The list by ethnic group stands for the whole list",
        assumed="Who is missing from the weekly waiting list by ethnic group waits as those who are in it.",
        why="It is another data set than the monthly list that waiting times are judged by, and the only one by ethnic group.",
        evidence="The page Data quality, *How much of the waiting list is covered*; `race-equality data reconcile`.",
        if_wrong="A gap is too wide or too narrow at trusts whose list is partly sent; which way is not known.",
        code=("race_equality.analysis.waiting_list:waiting_list_coverage",),
        quality="some",
        sensitivity="low",
        owner=DATA,
    ),
    Assumption(
        id="A06",
        title="A pathway is a person",
        assumed="Waits, referrals and detentions are counted as if each were another person.",
        why="No publication that is held counts persons by trust and ethnic group.",
        evidence="docs/statistics.md: *patients* and *Detention under the Mental Health Act*. How many repeat is in no file held.",
        if_wrong="Intervals are somewhat too narrow, and gaps that are just clear may not be.",
        code=(
            "race_equality.analysis.waiting_list:waits_by_group",
            "race_equality.analysis.mental_health:detentions_by_ethnicity",
        ),
        quality="little",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A07",
        title="Ethnic groups are as recorded",
        assumed="The ethnic group in a record, or a respondent's answer, is the one that the person would give.",
        why="There is no second record to hold it to.",
        evidence="None that is held. The codebook says as which groups each publication counts.",
        if_wrong="Groups are mixed, which draws gaps towards zero; Other takes people from the rest.",
        code=("race_equality.definitions.ethnicity:ETHNIC_LABELS",),
        quality="little",
        sensitivity="high",
        owner=DATA,
    ),
    Assumption(
        id="A08",
        title="Two groups of staff",
        assumed="Staff from all ethnic minorities together are compared with all White staff, White minorities among these.",
        why="The WRES has these two, and by trust nothing finer is published of staff.",
        evidence="NHS England, WRES technical guidance; England by 18 groups is on the national overview.",
        if_wrong="Groups with opposite experience cancel out, and what White minorities meet is not seen.",
        code=("race_equality.definitions.ethnicity:TWO_GROUPS",),
        quality="good",
        sensitivity="high",
        owner=STATISTICS,
    ),
    Assumption(
        id="A09",
        title="White patients, and the least deprived, are the reference",
        assumed="Each group of patients is compared with the White patients of the same trust, each fifth with the least deprived.",
        why="The question of a board is whether its own patients fare alike.",
        evidence="The page Methods and words, *Patients by ethnic group*.",
        if_wrong="Where few White patients are counted the gap has a wide interval, and all groups of a trust could fare badly alike.",
        code=("race_equality.analysis.waiting_list:REFERENCE",),
        quality="good",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A10",
        title="Age and illness are not adjusted for",
        assumed="A gap between groups of patients is shown as it is, with other ages and other needs in it.",
        why="No publication crosses ethnic group, trust and age.",
        evidence="For England by treatment function the gap is split in two (Kitagawa); detentions are standardised for age.",
        if_wrong="A gap says that care differs where needs do, or hides that it does.",
        code=(
            "race_equality.analysis.patient_gaps:patients_by_breakdown",
            "race_equality.statistics.decomposition:kitagawa",
        ),
        quality="little",
        sensitivity="high",
        owner=STATISTICS,
    ),
    Assumption(
        id="A11",
        title="Patients of no known group are spread as the others",
        assumed="Gaps of patients are of those whose group is known: the others are taken to be no other people.",
        why="A gap needs a group.",
        evidence="docs/statistics.md, *Patients whose ethnic group is not recorded*; bounds are on each page and on Data quality.",
        if_wrong="A clear gap could vanish or turn round. Spread as the others it would shrink and keep its direction.",
        code=("race_equality.analysis.missing_ethnicity:gaps_with_unknown",),
        quality="some",
        sensitivity="high",
        owner=STATISTICS,
        depends_on=("A07",),
    ),
    Assumption(
        id="A12",
        title="Detentions of no known group are spread as the others",
        assumed="Ratios of detention are of those whose group is known, over the people of the census.",
        why="Detentions of no known group have no population.",
        evidence="docs/statistics.md, the same section: all of them White, and all of the group, are the two ends.",
        if_wrong="The Black group's ratio is somewhat lower or much higher; it stays far above 1.",
        code=("race_equality.analysis.missing_ethnicity:detentions_with_unknown",),
        quality="some",
        sensitivity="high",
        owner=STATISTICS,
        depends_on=("A06", "A07"),
    ),
    Assumption(
        id="A13",
        title="Staff who did not answer would have said the same",
        assumed="In each group, staff who did not answer the survey had the experience of those who did.",
        why="Nothing is published of who did not answer.",
        evidence="docs/statistics.md, *Who did not answer*: a stated range of 5 points is laid on each gap; within it lie 85 of 100 shares.",
        if_wrong="About a third of the clear gaps would not be clear if the two groups' silent staff differed by the stated range.",
        code=("race_equality.analysis.who_answered:STATED_RANGE",),
        quality="little",
        sensitivity="high",
        owner=STATISTICS,
        depends_on=("A14",),
    ),
    Assumption(
        id="A14",
        title="Staff have grown as full-time equivalents have",
        assumed="The head count at the time of the survey is that of May 2023 times the growth of full-time equivalents.",
        why="No later head count by trust is in a file that is held.",
        evidence="docs/statistics.md, *Who did not answer*.",
        if_wrong="Shares who answered are off by some points, and with them the bounds of A13.",
        code=("race_equality.analysis.who_answered:response_of_trusts",),
        quality="some",
        sensitivity="medium",
        owner=DATA,
        depends_on=("A02",),
    ),
    Assumption(
        id="A15",
        title="Intervals of 95%",
        assumed="A difference is clear where its 95% interval leaves out zero.",
        why="The usual level of the NHS and of the publications, so that a reader need not learn another.",
        evidence="docs/statistics_coverage.md: how often the intervals hold the truth.",
        if_wrong="It is a choice: with 99% fewer gaps are clear, with 90% more.",
        code=("race_equality.analysis.wres:staff_experience", "race_equality.statistics.intervals:difference_interval"),
        quality="good",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A16",
        title="Those who answered are a sample without end",
        assumed="Answers vary as if drawn from a population without end, though half of the staff answered.",
        why="A board wants to know what its staff would say again next year, and not just what these said.",
        evidence="Cochran 1977, section 2.6 (the finite population correction, which is not used).",
        if_wrong="If only the staff of that autumn count, intervals are a third too wide and more gaps are clear.",
        code=("race_equality.statistics.intervals:difference_interval",),
        quality="some",
        sensitivity="medium",
        owner=STATISTICS,
        depends_on=("A14", "A15"),
    ),
    Assumption(
        id="A17",
        title="A gap is clear when two readings agree",
        assumed="A gap may ask for a decision where its own interval and the gaps of its kind together both say its side.",
        why="Every page gives the same reading, and a small trust is not called out by chance.",
        evidence="docs/statistics.md, *One reading of a gap*; `tests/unit/report/test_one_reading.py`.",
        if_wrong="With the interval alone a few more gaps are clear.",
        code=("race_equality.analysis.gap_reading:LIKELY", "race_equality.analysis.gap_reading:read_gap"),
        quality="good",
        sensitivity="low",
        owner=STATISTICS,
        depends_on=("A15",),
    ),
    Assumption(
        id="A18",
        title="Several groups are compared at once",
        assumed="Of patients, a gap is clear where it is so at 1 - 0.05 / groups and wherever rounding put the counts.",
        why="Four groups are compared with White patients, so one in five trusts would show a gap by chance.",
        evidence="docs/statistics.md, *Newcombe with Bonferroni*.",
        if_wrong="Real gaps are called unclear. By the interval that is printed many more would be clear.",
        code=("race_equality.analysis.patient_gaps:patients_by_breakdown",),
        quality="good",
        sensitivity="high",
        owner=STATISTICS,
        depends_on=("A15",),
    ),
    Assumption(
        id="A19",
        title="Trusts are compared within their kind",
        assumed="A trust differs where it lies outside a funnel over the trusts of its kind, of which there are at least eight.",
        why="Kinds differ in level and in spread, and a trust cannot change its kind.",
        evidence="docs/statistics.md, *A trust among its kind*.",
        if_wrong="What a whole kind has in common is not seen as unusual: all ambulance trusts have more harassment.",
        code=(
            "race_equality.analysis.funnel_position:funnel_of_kind",
            "race_equality.analysis.funnel_position:FEWEST_OF_A_KIND",
        ),
        quality="good",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A20",
        title="Months resemble each other, alike at all trusts",
        assumed="A month of waits resembles the one before as much at one trust as at all together.",
        why="A waiting list is a stock, and 24 months of one trust cannot tell how much it resembles itself.",
        evidence="docs/statistics.md, *Months*; docs/statistics_coverage.md simulates it.",
        if_wrong="Taken as independent, months call a change at most trusts, whether there is one or not.",
        code=("race_equality.analysis.access:autocorrelations", "race_equality.statistics.process_control:xmr"),
        quality="good",
        sensitivity="high",
        owner=STATISTICS,
    ),
    Assumption(
        id="A21",
        title="Surveys scatter alike around a line",
        assumed="What all staff answered moves along a line over the surveys, with a scatter that trusts share.",
        why="Four points of one trust cannot tell their own scatter.",
        evidence="docs/statistics.md, *Change over years and months*; docs/statistics_coverage.md, *How often a change is called*.",
        if_wrong="A trust that scatters more is called changed too often, and a turn within four years is not seen.",
        code=("race_equality.analysis.survey:yearly_change", "race_equality.statistics.trend:pooled_spread"),
        quality="good",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A22",
        title="A step in staff is a merger or transfer",
        assumed="A change of staff three interquartile ranges beyond the quartiles of all yearly changes is no growth.",
        why="A line through a merger says growth.",
        evidence="docs/statistics.md, *Mergers and transfers*.",
        if_wrong="A merger that adds less than an ordinary year is read as growth; a trust that really grew has no slope.",
        code=("race_equality.analysis.steps_in_staff:steps_in_staff",),
        quality="good",
        sensitivity="low",
        owner=STATISTICS,
        depends_on=("A01",),
    ),
    Assumption(
        id="A23",
        title="The gaps of staff and of patients go together as two normal variables",
        assumed="True gaps are bivariate normal over trusts, measured with errors of known size; trusts are no sample of others.",
        why="A correlation of estimates is drawn towards zero by their errors.",
        evidence="docs/statistics.md, *The link between staff and patients*: held to published examples, and varied.",
        if_wrong="The size of a link is another; the plain correlation of what was measured is next to it on the page.",
        code=("race_equality.analysis.linked_gaps:links",),
        quality="some",
        sensitivity="high",
        owner=STATISTICS,
    ),
    Assumption(
        id="A24",
        title="Ten trusts are similar",
        assumed="The ten of its kind nearest in staff, in ethnic minority respondents and in catchment are a trust's peers.",
        why="A board asks how trusts like it are doing.",
        evidence="docs/statistics.md, *Like with like*; `peer_count` and `peers` in `params/`.",
        if_wrong="Peers' figures are somewhat others. A trust can name its own.",
        code=("race_equality.analysis.peers:choose_peers",),
        quality="some",
        sensitivity="medium",
        owner=STATISTICS,
    ),
    Assumption(
        id="A25",
        title="The people of the census are those of today",
        assumed="Catchments have the ethnic groups of the census of 2021 and the patients' homes of 2022.",
        why="Later counts by ethnic group and small area are not published.",
        evidence="`data/sources/catchment_ethnicity_2021.yml`, `catchment_systems_2022.yml`.",
        if_wrong="Staff are held to a population with too few people from ethnic minorities.",
        code=("race_equality.analysis.ethnicity_of_respondents:catchment_of",),
        quality="some",
        sensitivity="medium",
        owner=DATA,
    ),
    Assumption(
        id="A26",
        title="Fewer than 11 answers could name somebody",
        assumed="A share of fewer than 11 responses or people is hidden.",
        why="The NHS Staff Survey hides results of fewer.",
        evidence="docs/disclosure.md, *The rules*; `minimum_responses` in `params/_defaults.yml`.",
        if_wrong="Somebody is recognised where it is too low; figures are missing where it is too high.",
        code=("race_equality.disclosure.rules:rests_on_too_few",),
        quality="good",
        sensitivity="low",
        owner=DISCLOSURE,
    ),
    Assumption(
        id="A27",
        title="Fewer than 10 people could be named",
        assumed="A count of fewer than 10 people is hidden, and one of a trust's own patients under 5.",
        why="NHS England hides them in its publications.",
        evidence="docs/disclosure.md, *The rules*; `minimum_people` in `params/_defaults.yml`.",
        if_wrong="As for A26.",
        code=(
            "race_equality.disclosure.rules:rests_on_too_few",
            "race_equality.definitions.rules:LEAST_PATIENTS_COUNTED",
        ),
        quality="good",
        sensitivity="low",
        owner=DISCLOSURE,
    ),
    Assumption(
        id="A28",
        title="An intruder knows totals, rounding and other editions",
        assumed="Whoever works out a hidden figure knows all that is shown and all totals, and no record of a person.",
        why="What is hidden has to stay so for neighbours and colleagues, who know much.",
        evidence="docs/disclosure.md, *The attacker*; `race-equality audit`, which is that intruder.",
        if_wrong="Somebody who knows most members of a group by name can work out the rest.",
        code=("race_equality.disclosure.attack:attack", "race_equality.audit.site:audit_site"),
        quality="good",
        sensitivity="medium",
        owner=DISCLOSURE,
        depends_on=("A26", "A27"),
    ),
    Assumption(
        id="A29",
        title="What trusts publish themselves is right where its counts agree",
        assumed="WRES 1 to 4 and 9 copied from trusts' own pages are taken where counts, shares and ratios agree.",
        why="No common file holds them.",
        evidence="docs/publication_day.md, *What trusts publish of WRES 1 to 4 and 9*. Swapped groups of about one size stay unseen.",
        if_wrong="A trust's ratio is turned over, and with it those that it is a comparator of.",
        code=("race_equality.sources.returns.published_wres:template",),
        quality="some",
        sensitivity="medium",
        owner=DATA,
    ),
)


def version_of(assumptions: Sequence[Assumption] = ASSUMPTIONS) -> str:
    """Return the version of a log: the day of its newest review and the beginning of a hash of all that it says.

    Examples
    --------
    >>> import re
    >>> bool(re.fullmatch(r"\\d{4}-\\d{2}-\\d{2} \\([0-9a-f]{8}\\)", version_of()))
    True
    """
    said = json.dumps([asdict(one) for one in assumptions], default=str, sort_keys=True)
    newest = max(one.reviewed for one in assumptions)
    return f"{newest} ({hashlib.sha256(said.encode()).hexdigest()[:8]})"
