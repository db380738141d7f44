"""What each measure and column of a download means, from the definitions that the reports use."""

from __future__ import annotations

from dataclasses import dataclass

from race_equality.definitions.ethnicity import ETHNIC_MINORITY, FIVE_GROUPS, WHITE
from race_equality.definitions.indicators import WRES
from race_equality.indicators.access import MEASURES
from race_equality.indicators.findings import GAP
from race_equality.indicators.survey import GROUND_ETHNIC_BACKGROUND, QUESTIONS
from race_equality.indicators.workforce import MAIN_GROUPS

#: The Analysis Function's shorthand, by the status of a figure.
SHORTHAND = {"suppressed": "[c]", "not_available": "[x]", "not_applicable": "[z]", "low_reliability": "[u]"}

#: Each shorthand in words.
SHORTHAND_WORDS = {
    "[c]": "too few people to show, or hidden so that others cannot be worked out",
    "[x]": "no data: not published, or not usable",
    "[z]": "not applicable: no meaning for this trust or this column",
    "[u]": "low reliability: the 95% confidence interval is wider than ten percentage points",
}

#: Unit to the most decimals that are given: percentages one, ratios two, people none.
DECIMALS = {
    "percent": 1,
    "percentage points": 1,
    "ratio": 2,
    "people": 0,
    "count": 0,
    "quintile": 0,
    "score": 1,
    "per_100000": 1,
    "fte": 0,
    "percent a year": 1,
    "years": 0,
    "probability": 2,
    "rank": 0,
}

_DECIMALS_IN_WORDS = ("whole number", "one decimal", "two decimals")

#: Of people who answer, an interval that is wider (in percentage points) is marked ``[u]``.
WIDEST = 10.0


@dataclass(frozen=True)
class Measure:
    """One measure of the downloads.

    Parameters
    ----------
    id, name : str
    definition : str
        What is counted, of what.
    units : tuple of str
        Keys of :data:`DECIMALS`.
    groups : str
        The groups that it is given for.
    adverse_when : str
        Which side is adverse to staff from ethnic minorities, or to patients; "neither" where neither is.
    """

    id: str
    name: str
    definition: str
    units: tuple[str, ...]
    groups: str
    adverse_when: str = "neither"


_TWO = f"{ETHNIC_MINORITY}, {WHITE}, {GAP}"
_RATIO_OF = {
    2: "Likelihood of White applicants being appointed from shortlisting over that of applicants from ethnic minorities",
    3: "Likelihood of staff from ethnic minorities entering the formal disciplinary process over that of White staff",
    4: "Likelihood of White staff accessing non-mandatory training over that of staff from ethnic minorities",
}


def _measures() -> list[Measure]:
    found = []
    for number, indicator in WRES.items():
        name = f"WRES {number}: {indicator.name}"
        if indicator.measure == "gap":
            definition = f"Share of staff who {indicator.statement}, of those who answered"
            units, groups = ("percent", "percentage points"), _TWO
        elif number in _RATIO_OF:
            definition, units, groups = _RATIO_OF[number], ("ratio",), "All staff"
        elif number == 1:
            definition = "Share of staff from ethnic minorities in each pay band or grade, 31 March"
            units, groups = ("percent",), "pay bands and grades"
        else:
            definition = (
                "Share of board members from ethnic minorities, that share minus the workforce’s, and the years until "
                "they would be equal if both went on as they went"
            )
            units, groups = (
                ("percent", "percentage points", "years"),
                ("Board, Workforce, Board minus workforce, Years to parity of the board"),
            )
        found.append(Measure(indicator.id, name, definition, units, groups, indicator.adverse_when))
    for question in (*QUESTIONS, GROUND_ETHNIC_BACKGROUND):
        definition = "Share of all staff who said so in the NHS Staff Survey, weighted by the publisher"
        found.append(
            Measure(
                question.id,
                f"{question.number}: {question.name}",
                definition,
                ("percent",),
                "All staff",
                question.adverse_when,
            )
        )
    for question in QUESTIONS[1:]:
        found.append(
            Measure(
                question.id.replace("staff_survey_", "staff_survey_panel_"),
                f"{question.number}: {question.name}, year by year",
                "The same question in each survey since 2021; years are never added up",
                ("percent",),
                "All staff",
                question.adverse_when,
            )
        )
    for measure in MEASURES:
        adverse = {"increase": "lower", "decrease": "higher"}[measure.improvement]
        definition = f"Each month, share {measure.statement}"
        found.append(Measure(measure.id, measure.name, definition, ("percent",), "All patients", adverse))
    five = ", ".join(FIVE_GROUPS)
    found += [
        Measure(
            "rtt_over_65_weeks",
            "Waiting over 65 weeks",
            "Each month, share of the people on the waiting list that had waited over 65 weeks",
            ("percent",),
            "All patients",
            "higher",
        ),
        Measure(
            "ae_over_12_hours_to_admission",
            "Over 12 hours from decision to admission",
            "Each month, share of emergency admissions through A&E that waited over 12 hours",
            ("percent",),
            "All patients",
            "higher",
        ),
        Measure(
            "staff_survey_q28",
            "Ethnic group of those who answered the survey",
            "Share of those who said their ethnic group",
            ("percent",),
            five,
        ),
        Measure(
            "workforce_headcount",
            "Staff by staff group",
            "People employed; one person in two roles counts in each group, and once in the total",
            ("people", "percent"),
            ", ".join((*MAIN_GROUPS, "Total")),
        ),
        Measure(
            "workforce_march_headcount",
            "Growth of the workforce",
            "Yearly change of the number of staff in post in March, a line through up to nine years",
            ("percent a year",),
            "Total",
        ),
        Measure(
            "catchment_population",
            "People in the catchment",
            "People whom an acute trust serves",
            ("people",),
            "All people",
        ),
        Measure(
            "catchment_imd_score",
            "Deprivation score of the catchment",
            "Index of Multiple Deprivation, averaged over the catchment; more is more deprived",
            ("score",),
            "All people",
        ),
        Measure(
            "catchment_deprivation_quintile",
            "Deprivation fifth of the catchment",
            "Quintile 1 is the most deprived",
            ("quintile",),
            "All people",
        ),
        Measure(
            "catchment_ethnicity",
            "Ethnic group of the catchment",
            "Share of the people whom an acute trust serves, Census 2021",
            ("percent",),
            five,
        ),
        Measure(
            "maternity_deliveries",
            "Deliveries",
            "Deliveries in a year, rounded by the publisher to 5",
            ("count",),
            "All births",
        ),
        Measure(
            "maternity_deliveries_by_ethnicity",
            "Deliveries by ethnic group of the mother",
            "Deliveries in a year, rounded by the publisher to 5, and their share of all",
            ("count", "percent"),
            f"{five}, Not stated or not known",
        ),
        Measure(
            "maternity_deliveries_by_deprivation",
            "Deliveries to mothers from the most deprived fifth",
            "Share of deliveries to mothers whose area is known",
            ("percent",),
            "Most deprived fifth",
        ),
        Measure(
            "maternity_preterm_births",
            "Births before 37 weeks",
            "Share of births whose length is known",
            ("percent",),
            "All births",
            "higher",
        ),
        Measure(
            "maternity_low_birthweight_at_term",
            "Low birthweight at term",
            "Share of births at term whose weight is known",
            ("percent",),
            "All births",
            "higher",
        ),
        Measure(
            "maternity_smoking_at_booking",
            "Smoking at booking",
            "Share of women whose smoking is known at the first appointment",
            ("percent",),
            "All births",
            "higher",
        ),
    ]
    return found


#: Every measure of the downloads, by id.
BY_ID = {measure.id: measure for measure in _measures()}

#: Every column of the downloads, and what stands in it.
COLUMNS = {
    "trust_code": "NHS code of the trust open today",
    "trust": "Name of the trust",
    "trust_type": "Kind of trust, in the NHS Staff Survey’s benchmarking groups",
    "region": "NHS England region",
    "kind": "“finding”: computed for the report; “published figure”: as the publisher gives it",
    "measure": "Id of the measure, as in the project’s figures",
    "name": "Title of the figure",
    "group": "Of whom; a gap says which group minus which",
    "organisation": "Codes as published, which differ after a merger",
    "period_start": "First day, year-month-day",
    "period_end": "Last day, year-month-day",
    "value": "The figure, or a shorthand where there is none",
    "lower_95": "Lower limit of the 95% confidence interval",
    "upper_95": "Upper limit of the 95% confidence interval",
    "all_trusts": "The same for all trusts with figures taken together",
    "england": "The same for England as its publisher gives it",
    "region_trusts": "The same for the trusts of the region taken together",
    "similar_trusts": "The same for the trust’s peers taken together; its report names them and says why",
    "probability_adverse": (
        "Probability that the gap is on the adverse side, read with the gaps of all trusts; 1.00 is a rounded "
        "number and never certain"
    ),
    "rank_lower_95": "Lower limit of the 95% interval of the rank of the gap, 1 being the least adverse",
    "rank_upper_95": "Upper limit of that interval; there is no rank by itself",
    "unit": "Unit of value, limits and comparator",
    "people": "How many people or events the figure rests on",
    "status": "“shown”, or why not, with the shorthand",
    "adverse_when": "Which side is adverse",
    "compared_with": "What the reading compares the figure with",
    "reading": "What the figure shows, its interval considered",
    "position": "Where the trust lies in a funnel over all trusts: limits allow for chance and ordinary variation",
    "rounding": "How far value, limits and comparator are rounded",
    "source": "Title of the publication",
    "publisher": "Who published it",
    "licence": "Licence of the publication",
    "file": "The file that was read",
    "locator": "Sheet and cell, or row and column, of the figure in that file",
}

CODEBOOK_COLUMNS = ("entry", "id", "name", "definition", "unit", "rounding", "groups", "adverse_when")


def rounding(unit: str) -> str:
    """Say how far figures of a unit are rounded.

    Examples
    --------
    >>> rounding("percent"), rounding("people")
    ('one decimal', 'whole number')
    """
    return _DECIMALS_IN_WORDS[DECIMALS[unit]]


def codebook() -> list[dict[str, str]]:
    """List columns, shorthand and measures of the downloads.

    Returns
    -------
    list of dict
        :data:`CODEBOOK_COLUMNS`; "not applicable" where an entry has no such thing.
    """
    empty = dict.fromkeys(CODEBOOK_COLUMNS, "not applicable")
    rows = [{**empty, "entry": "column", "id": id, "name": id, "definition": text} for id, text in COLUMNS.items()]
    rows += [
        {**empty, "entry": "shorthand", "id": short.strip("[]"), "name": f"Shorthand {short}", "definition": text}
        for short, text in SHORTHAND_WORDS.items()
    ]
    for measure in BY_ID.values():
        rows.append(
            {
                "entry": "measure",
                "id": measure.id,
                "name": measure.name,
                "definition": measure.definition,
                "unit": ", ".join(measure.units),
                "rounding": ", ".join(dict.fromkeys(rounding(unit) for unit in measure.units)),
                "groups": measure.groups,
                "adverse_when": measure.adverse_when,
            }
        )
    return rows
