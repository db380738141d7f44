"""The words of race equality and of these reports, and which statistical method is used for what."""

from __future__ import annotations

import re

#: Word and meaning, in alphabetical order.
TERMS = (
    (
        "95% confidence interval",
        "How far chance alone could move a figure: about 95 of 100 such intervals contain the true value.",
    ),
    ("Adverse", "To the disadvantage of staff from ethnic minorities, or of the group of patients that is named."),
    (
        "Between, of a gap and unrecorded ethnicity",
        "What the gap could be, whichever groups the patients belong to whose ethnic group is not recorded. It says nothing of "
        "chance.",
    ),
    ("BME", "Black and minority ethnic: the label of the WRES and of some sources, used here only in quotation."),
    ("Catchment", "The people whom an acute trust serves, estimated from who was admitted."),
    (
        "Clear gap",
        "A gap of patients from White patients whose interval leaves out zero, although several groups are compared at once and "
        "counts are rounded to 5.",
    ),
    (
        "Continuity of carer",
        "Care by the same small team of midwives in pregnancy, birth and the weeks after. Counted is who was placed on such a "
        "pathway by 28 weeks.",
    ),
    ("Detention", "Being kept in hospital under the Mental Health Act 1983, whether or not a patient agrees."),
    ("Disparity", "A measured difference between groups. It does not say why they differ."),
    (
        "Ethnic minorities",
        "All ethnic groups other than White. The WRES counts White minorities, such as Gypsy or Irish Traveller "
        "people, in the White group, so they are not part of this phrase.",
    ),
    ("Funnel", "A chart of trusts of one kind by size, with limits for chance and for their ordinary variation."),
    (
        "Gap",
        "The percentage of staff from ethnic minorities minus the percentage of White staff, in points. It is worked out before "
        "rounding, so it can differ by 0.1 from the two percentages as they are printed.",
    ),
    (
        "Getting worse, improving",
        "Of a monthly figure, against the trust’s own months, at most two years of them: beyond what such a figure moves by "
        "chance. A month resembles the one before, and that is allowed for.",
    ),
    (
        "High-impact action",
        "One of the six actions of NHS England’s equality, diversity and inclusion improvement plan (June 2023).",
    ),
    (
        "Leadership gap",
        "The percentage of the board from ethnic minorities minus that of the workforce, in points (WRES 9).",
    ),
    ("Local", "From a trust’s own return, which nobody has published: it stays on the machine that made the page."),
    ("Not applicable", "Has no meaning for this kind of trust, or for a time before it opened."),
    ("Not available", "Could exist and was not published, or cannot be used as it was published."),
    ("PCREF", "Patient and carer race equality framework, which every provider of mental health care must have."),
    ("Rank", "A trust’s place among all trusts, given as an interval alone: the data do not hold a single place."),
    (
        "Recovery",
        "In talking therapies: ill enough to be counted at the beginning of a course, and no longer so at its end.",
    ),
    ("Relative likelihood", "One group’s chance of an event divided by another group’s: “times as likely”."),
    (
        "Shortlisting ratio",
        "How many times as likely White applicants were as applicants from ethnic minorities to be appointed (WRES 2).",
    ),
    ("Similar trusts", "Trusts of the same kind that are nearest in size and in whom they employ and serve."),
    (
        "Slope index",
        "The difference between the most and the least deprived end of a straight line drawn through all fifths.",
    ),
    (
        "Smallest change that could be seen",
        "The change that the next survey would show in four cases of five, if about as many staff answer. A smaller one may be "
        "there and not be seen.",
    ),
    (
        "Standardised for age",
        "A rate as it would be if every group had the same ages: what is left is not because one group has more children than "
        "another.",
    ),
    (
        "Steadied gap",
        "A trust’s gap read with those of all trusts of its kind: the fewer people answered, the more it is drawn towards the others.",
    ),
    ("Suppressed", "Counted and not shown, because so few people could be recognised."),
    (
        "Unclear alone, or by itself",
        "The trust’s own answers and those of all trusts of its kind together do not say the same of a gap; the report gives both, and why.",
    ),
    ("Wider or narrower than usual", "A gap beyond the 99.8% limits of a funnel of the gaps of trusts of its kind."),
    (
        "Worse or better than usual",
        "Outside the 95% limits of the funnel of trusts of its kind. The usual range lies between them; the middle half of trusts is narrower.",
    ),
    ("WRES", "The NHS Workforce Race Equality Standard, part of the NHS Standard Contract."),
)

#: Use, method and source.
METHODS = (
    ("A percentage", "Wilson score interval", "Wilson 1927"),
    ("A gap in percentage points", "Newcombe’s hybrid score interval", "Newcombe 1998"),
    (
        "A gap between patients of a group and White patients",
        "The same interval; read as clear at 1 − 0.05 divided by the number of groups, with counts as far off as rounding allows",
        "Newcombe 1998; Dunn 1961",
    ),
    (
        "How far patients of no recorded group could move a gap",
        "Bounds over every way to place them, with the same share in each group",
        "Horowitz and Manski 2000",
    ),
    (
        "How much of England’s gap in waits is another mix of treatment functions",
        "Decomposition of two rates",
        "Kitagawa 1955",
    ),
    ("The smallest change that could be seen", "Normal power of 80%, two-sided 5%", "Cohen 1988"),
    (
        "How far a gap could be off for who did not answer",
        "The share that did not answer times a stated difference of five points in one group",
        "Cochran 1977; Manski 1989",
    ),
    ("A relative likelihood", "Score interval with skewness correction", "Gart and Nam 1988; Laud 2017"),
    (
        "The four-fifths range",
        "Probability of lying outside it, two Jeffreys posteriors",
        "Brown, Cai and DasGupta 2001",
    ),
    ("A rate", "Byar’s limits; exact Poisson limits under 10", "Breslow and Day 1987"),
    (
        "A trust among trusts of its kind",
        "Funnel limits with over-dispersion, restricted maximum likelihood",
        "Spiegelhalter 2005; Viechtbauer 2005",
    ),
    (
        "A small trust’s gap",
        "Random effects over the trusts of a kind: a gap drawn towards theirs, its interval, the probability that it is adverse",
        "Marshall and Spiegelhalter 1998",
    ),
    ("A gradient over deprivation", "Slope and relative index of inequality", "Low and Low 2004"),
    ("How far ethnic groups are apart", "Index of disparity", "Pearcy and Keppel 2002"),
    (
        "A series of months",
        "XmR chart and its rules, the limits wider where months resemble each other",
        "NHS England, Making Data Count; Montgomery 2019",
    ),
    ("A few yearly surveys", "Weighted slope, the scatter pooled over trusts", "DerSimonian and Laird 1986"),
    (
        "A number of staff over years",
        "Mean yearly change, how much it moves pooled over trusts; no slope through a step",
        "Harvey 1989; Tukey 1977",
    ),
    ("When two moving shares would meet", "The gap’s slope in log odds, Fieller’s interval", "Fieller 1954"),
    (
        "Staff and patients across trusts",
        "Rank correlation, adjusted for kind and London",
        "Bonett and Wright 2000; Dawson 2009; Raleigh 2009",
    ),
    (
        "The gap among staff with the gap among patients, across trusts",
        "Two random effects with known errors, adjusted for kind, London and deprivation; interval from the profile likelihood",
        "Van Houwelingen, Arends and Stijnen 2002",
    ),
)


def method_id(use: str) -> str:
    """Return the id of a method's row on the page of methods.

    Parameters
    ----------
    use : str
        Of :data:`METHODS`.

    Examples
    --------
    >>> method_id("A small trust’s gap")
    'method-a-small-trusts-gap'
    """
    return "method-" + re.sub(r"[^a-z0-9]+", "-", use.lower().replace("’", "")).strip("-")
