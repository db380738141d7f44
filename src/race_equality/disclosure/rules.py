"""The one rule set: which figures rest on too few people, and how precise a published one may be."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from race_equality.errors import RaceEqualityError

__all__ = ["HIDDEN_IN_FILES", "HIDDEN_ON_PAGES", "Rule", "is_breakdown", "rests_on_too_few"]

HIDDEN_ON_PAGES = "Too few people to show"
#: The Analysis Function's shorthand for confidential.
HIDDEN_IN_FILES = "[c]"


@dataclass(frozen=True)
class Rule:
    """The thresholds and the precision, each with its source in docs/disclosure.md.

    Parameters
    ----------
    minimum_responses : int
        A figure resting on fewer responses is not shown (NHS Staff Survey: fewer than 11).
    minimum_people : int
        A figure resting on fewer people is not shown (NHS England workforce and WRES: fewer than 10).
        None at all counts as fewer: that nobody is there tells about those who could be.
    percent_decimals, ratio_decimals, people_decimals : int
        The most decimals that are published.

    Raises
    ------
    RaceEqualityError
        For a threshold under 2, or decimals that are negative.
    """

    minimum_responses: int = 11
    minimum_people: int = 10
    percent_decimals: int = 1
    ratio_decimals: int = 2
    people_decimals: int = 0

    def __post_init__(self) -> None:
        for name in ("minimum_responses", "minimum_people"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 2:
                raise RaceEqualityError(f"{name} must be a whole number of at least 2, but is {value!r}.")
        for name in ("percent_decimals", "ratio_decimals", "people_decimals"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise RaceEqualityError(f"{name} must be a whole number of at least 0, but is {value!r}.")


def rests_on_too_few(figures: pd.DataFrame, rule: Rule | None = None) -> pd.Series:
    """Mark figures that must not be shown.

    Parameters
    ----------
    figures : pandas.DataFrame
        A figures table (``race_equality.figures.schema``).
    rule : Rule, optional
        The defaults without it.

    Returns
    -------
    pandas.Series of bool
        True where the base is under the threshold for responses; where a count of people is under the
        threshold for people; and where the group of a breakdown of people (groups whose numerators add
        up to one common base) holds fewer.

    Notes
    -----
    A small numerator of a large base (3 of 800 said so) is shown: the figure rests on 800 responses.
    """
    rule = rule or Rule()
    numerator, denominator = (figures[name].astype("Float64") for name in ("numerator", "denominator"))
    too_few = (denominator < rule.minimum_responses).fillna(False)
    people = (figures["unit"] == "people") & figures["value"].astype("Float64").lt(rule.minimum_people).fillna(False)
    breakdown = is_breakdown(figures)
    few_in_group = (breakdown & numerator.lt(rule.minimum_responses)).fillna(False)
    return (too_few | people | few_in_group).astype(bool).rename("too_few")


def is_breakdown(figures: pd.DataFrame) -> pd.Series:
    """Mark figures that share out people among groups.

    Parameters
    ----------
    figures : pandas.DataFrame
        A figures table (``race_equality.figures.schema``).

    Returns
    -------
    pandas.Series of bool
        True where the numerators of an indicator's groups add up, to 2%, to one base that they share.
    """
    numerator, denominator = (figures[name].astype("Float64") for name in ("numerator", "denominator"))
    sets = figures.groupby(["organisation_code", "period_start", "period_end", "indicator"], sort=False)
    together = sets["numerator"].transform("sum").astype("Float64")
    lowest, highest = (sets["denominator"].transform(end).astype("Float64") for end in ("min", "max"))
    one_base = lowest.eq(highest).fillna(False) & sets["group"].transform("size").gt(1)
    return (one_base & numerator.notna() & (together - denominator).abs().le(0.02 * denominator)).fillna(False)
