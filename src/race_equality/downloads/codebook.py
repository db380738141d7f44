"""The codebook of the downloads: what each measure and column means."""

from __future__ import annotations

from collections.abc import Collection

from race_equality.definitions.indicators import INDICATORS
from race_equality.definitions.units import DECIMALS

#: The Analysis Function's shorthand, by the status of a figure; [i] and [m] are this project's.
SHORTHAND = {
    "suppressed": "[c]",
    "not_available": "[x]",
    "not_applicable": "[z]",
    "low_reliability": "[u]",
    "implausible": "[i]",
    "incomplete": "[m]",
}

#: Each shorthand in words.
SHORTHAND_WORDS = {
    "[c]": "too few people to show, or hidden so that others cannot be worked out",
    "[x]": "no data: not published, or not usable",
    "[z]": "not applicable: no meaning for this trust or this column",
    "[u]": "low reliability: the 95% confidence interval is wider than ten percentage points",
    "[i]": (
        "not plausible: a figure is published that cannot be right, and it is in no comparison; the locator says where it is, "
        "what it is and why"
    ),
    "[m]": "mostly not recorded: too little is known to read the published figure, and it is in no comparison",
}

_DECIMALS_IN_WORDS = ("whole number", "one decimal", "two decimals")

#: A percentage with a wider interval (in percentage points) is marked ``[u]``.
WIDEST_RELIABLE_INTERVAL = 10.0


#: Every indicator whose findings or figures are in the downloads, by id.
BY_ID = {one.id: one for one in INDICATORS if one.in_downloads}

#: Every column of the downloads, and what it holds.
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
    "value": "The figure; where there is none, a shorthand in a trust’s own file, and empty in the files of all trusts",
    "lower_95": "Lower limit of the 95% confidence interval",
    "upper_95": "Upper limit of the 95% confidence interval",
    "all_trusts": "The same for all trusts of the trust’s kind with figures taken together",
    "england": (
        "The same for England as its publisher gives it, less the counts of figures that are not plausible or mostly not recorded"
    ),
    "region_trusts": "The same for the trusts of its kind in its region taken together, where there is another one",
    "similar_trusts": "The same for the trust’s peers taken together; its report names them and says why",
    "all_trusts_plain": "The same for all trusts with figures taken together, whatever their kind: not like with like",
    "region_trusts_plain": "The same for all trusts of the region taken together, whatever their kind: not like with like",
    "similar_trusts_plain": "The same for the peers whatever their kind; it differs where a trust chose some of another kind",
    "trusts_with_figures": (
        "Of how many trusts all_trusts is, where trusts publish the figure themselves (WRES 2 to 4 and 9) and not all do"
    ),
    "probability_adverse": (
        "Probability that the gap is on the adverse side, read with the gaps of all trusts; 1.00 is a rounded "
        "number and never certain"
    ),
    "rank_lower_95": "Lower limit of the 95% interval of the rank of the gap among trusts of its kind, 1 being the least adverse",
    "rank_upper_95": "Upper limit of that interval; there is no rank by itself",
    "unit": "Unit of value, limits and comparator",
    "people": "How many people or events the figure rests on",
    "status": "“shown”, or why not, with the shorthand",
    "adverse_when": "Which side is adverse",
    "compared_with": "What the reading compares the figure with",
    "reading": (
        "What the figure shows, its interval considered; of a gap of WRES 5 to 8, read with other trusts’ gaps as well, both "
        "where they differ"
    ),
    "position": "Where the trust lies in a funnel over the trusts of its kind: limits allow for chance and ordinary variation",
    "rounding": "How far value, limits and comparator are rounded",
    "source": (
        "Title of the publication; “published by the trust” is of what was copied from the trust’s own page and held to its "
        "counts"
    ),
    "publisher": "Who published it",
    "licence": "Licence of the publication",
    "file": "The file that was read",
    "locator": (
        "Sheet and cell, or row and column, of the figure in that file; for one published by the trust, its page and day; for "
        "one that is not plausible or mostly not recorded, why as well"
    ),
}

#: Columns of numbers.
NUMBER_COLUMNS = (
    "value lower_95 upper_95 all_trusts england region_trusts similar_trusts all_trusts_plain region_trusts_plain "
    "similar_trusts_plain trusts_with_figures people probability_adverse rank_lower_95 rank_upper_95"
).split()

#: Columns of days.
DAY_COLUMNS = ("period_start", "period_end")

#: Columns of the published figures of all trusts by period.
FIGURES_COLUMNS = {
    id: COLUMNS.get(id, "Id of the publication and its edition, in the table sources of all-trusts.sqlite")
    for id in (
        "trust_code measure group organisation period_start period_end value unit people status edition file locator"
    ).split()
}

CODEBOOK_COLUMNS = ("entry", "id", "name", "definition", "unit", "rounding", "groups", "adverse_when")


def rounding(unit: str) -> str:
    """Return the rounding of a unit in words.

    Examples
    --------
    >>> rounding("percent"), rounding("people")
    ('one decimal', 'whole number')
    """
    return _DECIMALS_IN_WORDS[DECIMALS[unit]]


def codebook(measures: Collection[str] = BY_ID) -> list[dict[str, str]]:
    """List columns, shorthand and measures of the downloads.

    Parameters
    ----------
    measures : collection of str
        Ids of the measures that the files have; without it, all.

    Returns
    -------
    list of dict
        :data:`CODEBOOK_COLUMNS`; "not applicable" where an entry has no such thing.
    """
    empty = dict.fromkeys(CODEBOOK_COLUMNS, "not applicable")
    rows = [{**empty, "entry": "column", "id": id, "name": id, "definition": text} for id, text in COLUMNS.items()]
    rows += [
        {**empty, "entry": "column of figures", "id": id, "name": id, "definition": text}
        for id, text in FIGURES_COLUMNS.items()
    ]
    rows += [
        {**empty, "entry": "shorthand", "id": short.strip("[]"), "name": f"Shorthand {short}", "definition": text}
        for short, text in SHORTHAND_WORDS.items()
    ]
    for measure in (one for id, one in BY_ID.items() if id in measures):
        rows.append(
            {
                "entry": "measure",
                "id": measure.id,
                "name": measure.title,
                "definition": measure.definition,
                "unit": ", ".join(measure.units),
                "rounding": ", ".join(dict.fromkeys(rounding(unit) for unit in measure.units)),
                "groups": ", ".join(measure.groups),
                "adverse_when": measure.adverse_when,
            }
        )
    return rows
