"""Ethnic groups: every label that a publication uses, in one table.

Three breakdowns are used. Eighteen detailed groups, as the 2011 and 2021 Census and the Staff
Survey ask. Five broad groups. Two groups, as the Workforce Race Equality Standard (WRES) has them:
White, which includes White minorities, and ethnic minorities (excluding White minorities), which
the WRES calls BME. *Not stated* (asked, and not answered), *not known* (not asked or not recorded)
and *unknown* (either, where a publication does not tell) are kept apart, and are no ethnic group.

References
----------
Office for National Statistics, Ethnic group, national identity and religion: measuring equality. NHS England, Workforce
Race Equality Standard, technical guidance. NHS Data Model and Dictionary, Ethnic category (the categories of 2001).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from race_equality.errors import RaceEqualityError

#: The two groups of the WRES, in the order in which they are shown.
ETHNIC_MINORITY, WHITE = TWO_GROUPS = ("Ethnic minority", "White")
#: Five broad groups, alphabetical and Other last.
FIVE_GROUPS = ("Asian", "Black", "Mixed", "White", "Other")
#: What is no ethnic group; each is its own.
UNKNOWNS = ("Not stated", "Not known", "Unknown")

#: The eighteen groups of the Staff Survey, each with its broad group.
EIGHTEEN_GROUPS = {
    "White - English / Welsh / Scottish / Northern Irish / British": "White",
    "White - Irish": "White",
    "White - Gypsy or Irish Traveller": "White",
    "White - Any other White background": "White",
    "Mixed/Multiple ethnic background - White and Black Caribbean": "Mixed",
    "Mixed/Multiple ethnic background - White and Black African": "Mixed",
    "Mixed/Multiple ethnic background - White and Asian": "Mixed",
    "Mixed/Multiple ethnic background - Any other Mixed / Multiple ethnic background": "Mixed",
    "Asian/Asian British - Indian": "Asian",
    "Asian/Asian British - Pakistani": "Asian",
    "Asian/Asian British - Bangladeshi": "Asian",
    "Asian/Asian British - Chinese": "Asian",
    "Asian/Asian British - Any other Asian background": "Asian",
    "Black/African/Caribbean/Black British - African": "Black",
    "Black/African/Caribbean/Black British - Caribbean": "Black",
    "Black/African/Caribbean/Black British - Any other Black / African / Caribbean background": "Black",
    "Other ethnic group - Arab": "Other",
    "Other ethnic group - Any other ethnic background": "Other",
}


@dataclass(frozen=True)
class EthnicGroup:
    """What one label means.

    Parameters
    ----------
    eighteen, five, two : str or None
        The group in each breakdown; None where the label is broader than the breakdown. "BME" is
        one of two groups and none of five: to call it "Other" would lose everybody in it.
    unknown : str or None
        One of :data:`UNKNOWNS`, for what is no ethnic group.
    """

    eighteen: str | None = None
    five: str | None = None
    two: str | None = None
    unknown: str | None = None


def _two(five: str) -> str:
    return "White" if five == "White" else "Ethnic minority"


_DETAILED = {
    # label of the Mental Health Act statistics and the NHS Data Dictionary: group of eighteen
    "british": "White - English / Welsh / Scottish / Northern Irish / British",
    "white british": "White - English / Welsh / Scottish / Northern Irish / British",
    "irish": "White - Irish",
    "white irish": "White - Irish",
    "white gypsy/traveller": "White - Gypsy or Irish Traveller",
    "any other white background": "White - Any other White background",
    "white other": "White - Any other White background",
    "white and black caribbean": "Mixed/Multiple ethnic background - White and Black Caribbean",
    "mixed white/black caribbean": "Mixed/Multiple ethnic background - White and Black Caribbean",
    "white and black african": "Mixed/Multiple ethnic background - White and Black African",
    "mixed white/black african": "Mixed/Multiple ethnic background - White and Black African",
    "white and asian": "Mixed/Multiple ethnic background - White and Asian",
    "mixed white/asian": "Mixed/Multiple ethnic background - White and Asian",
    "any other mixed background": "Mixed/Multiple ethnic background - Any other Mixed / Multiple ethnic background",
    "mixed other": "Mixed/Multiple ethnic background - Any other Mixed / Multiple ethnic background",
    "indian": "Asian/Asian British - Indian",
    "pakistani": "Asian/Asian British - Pakistani",
    "bangladeshi": "Asian/Asian British - Bangladeshi",
    "chinese": "Asian/Asian British - Chinese",
    "any other asian background": "Asian/Asian British - Any other Asian background",
    "asian other": "Asian/Asian British - Any other Asian background",
    "african": "Black/African/Caribbean/Black British - African",
    "black african": "Black/African/Caribbean/Black British - African",
    "caribbean": "Black/African/Caribbean/Black British - Caribbean",
    "black caribbean": "Black/African/Caribbean/Black British - Caribbean",
    "any other black background": "Black/African/Caribbean/Black British - Any other Black / African / Caribbean background",
    "black other": "Black/African/Caribbean/Black British - Any other Black / African / Caribbean background",
    "arab": "Other ethnic group - Arab",
}

_BROAD = {
    "white": "White",
    "mixed": "Mixed",
    "mixed or multiple ethnic groups": "Mixed",
    "asian": "Asian",
    "asian or asian british": "Asian",
    "asian, asian british or asian welsh": "Asian",
    "black": "Black",
    "black or black british": "Black",
    "black, black british, black welsh, caribbean or african": "Black",
    "other": "Other",
    "other ethnic group": "Other",
    "other ethnic groups": "Other",
    "any other ethnic group": "Other",
    "any other": "Other",
    # as Fingertips writes the groups of the Census of 2011
    "asian / asian british": "Asian",
    "black / african / caribbean / black british": "Black",
    "mixed / multiple ethnic groups": "Mixed",
    # asked apart since the Census of 2021, and in none of the eighteen groups by itself
    "roma": "White",
    "white: roma": "White",
}

#: Labels of the Census of 2021, each with its group of eighteen.
_CENSUS_2021 = {
    "white: english, welsh, scottish, northern irish or british": "White - English / Welsh / Scottish / Northern Irish / British",
    "white: irish": "White - Irish",
    "white: gypsy or irish traveller": "White - Gypsy or Irish Traveller",
    "white: other white": "White - Any other White background",
    "mixed or multiple ethnic groups: white and black caribbean": "Mixed/Multiple ethnic background - White and Black Caribbean",
    "mixed or multiple ethnic groups: white and black african": "Mixed/Multiple ethnic background - White and Black African",
    "mixed or multiple ethnic groups: white and asian": "Mixed/Multiple ethnic background - White and Asian",
    "mixed or multiple ethnic groups: other mixed or multiple ethnic groups": "Mixed/Multiple ethnic background - Any other Mixed / Multiple ethnic background",
    "asian, asian british or asian welsh: indian": "Asian/Asian British - Indian",
    "asian, asian british or asian welsh: pakistani": "Asian/Asian British - Pakistani",
    "asian, asian british or asian welsh: bangladeshi": "Asian/Asian British - Bangladeshi",
    "asian, asian british or asian welsh: chinese": "Asian/Asian British - Chinese",
    "asian, asian british or asian welsh: other asian": "Asian/Asian British - Any other Asian background",
    "black, black british, black welsh, caribbean or african: african": "Black/African/Caribbean/Black British - African",
    "black, black british, black welsh, caribbean or african: caribbean": "Black/African/Caribbean/Black British - Caribbean",
    "black, black british, black welsh, caribbean or african: other black": "Black/African/Caribbean/Black British - Any other Black / African / Caribbean background",
    "other ethnic group: arab": "Other ethnic group - Arab",
    "other ethnic group: any other ethnic group": "Other ethnic group - Any other ethnic background",
}

_SUMMARY = {
    "bme": "Ethnic minority",
    "ethnic minority": "Ethnic minority",
    "ethnic minorities": "Ethnic minority",
    "staff from all other ethnic groups combined": "Ethnic minority",
    "white staff": "White",
}

_UNKNOWN = {
    "not stated": "Not stated",
    "not known": "Not known",
    "unknown": "Unknown",
    "missing value / value outside reporting parameters": "Unknown",
}


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()


#: Label, evened out, to what it means.
ETHNIC_LABELS: dict[str, EthnicGroup] = {
    **{_key(label): EthnicGroup(label, five, _two(five)) for label, five in EIGHTEEN_GROUPS.items()},
    **{
        label: EthnicGroup(group, EIGHTEEN_GROUPS[group], _two(EIGHTEEN_GROUPS[group]))
        for label, group in (_DETAILED | _CENSUS_2021).items()
    },
    **{label: EthnicGroup(None, five, _two(five)) for label, five in _BROAD.items()},
    **{label: EthnicGroup(None, "White" if two == "White" else None, two) for label, two in _SUMMARY.items()},
    **{label: EthnicGroup(unknown=unknown) for label, unknown in _UNKNOWN.items()},
}


def ethnic_group(label: str) -> EthnicGroup:
    """Return what a publication's label means.

    Parameters
    ----------
    label : str
        As published; letter case and white space may differ.

    Returns
    -------
    EthnicGroup

    Raises
    ------
    RaceEqualityError
        For a label that is not in the table, naming the nearest.

    Examples
    --------
    >>> ethnic_group("BME").two, ethnic_group("BME").five
    ('Ethnic minority', None)
    """
    found = ETHNIC_LABELS.get(_key(label))
    if found is None:
        near = difflib.get_close_matches(_key(label), ETHNIC_LABELS, n=1)
        raise RaceEqualityError(
            f"The ethnic group {label!r} is not known."
            + (f" The nearest is {near[0]!r}." if near else "")
            + " Add it to definitions/ethnicity.py with its groups."
        )
    return found


def harmonised(label: str, groups: Literal[2, 5, 18], *, categories: Literal[2001, 2011] = 2011) -> str:
    """Return the group of a label in one breakdown.

    Parameters
    ----------
    label : str
        As published.
    groups : {2, 5, 18}
        The breakdown.
    categories : {2001, 2011}
        The Census whose broad groups the publication uses. In 2001 Chinese was part of "Other", and since 2011 it is
        part of "Asian": the Mental Health Act statistics and other NHS datasets still count it in "Other".

    Returns
    -------
    str
        A group, or one of :data:`UNKNOWNS`.

    Raises
    ------
    RaceEqualityError
        For a label that is not known, or broader than the breakdown.
    """
    found = ethnic_group(label)
    if found.unknown is not None:
        return found.unknown
    five = found.five
    if categories == 2001 and found.eighteen == "Asian/Asian British - Chinese":
        five = "Other"
    group = {2: found.two, 5: five, 18: found.eighteen}[groups]
    if group is None:
        raise RaceEqualityError(f"{label!r} is broader than {groups} groups: it cannot be put in one of them.")
    return group
