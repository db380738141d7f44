"""The one rule set: which figures rest on too few people, and how precise a published one may be.

:func:`read_rules` is the only place that says which thresholds hold for a trust.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from race_equality.definitions.indicators import figures_with
from race_equality.errors import InputError, RaceEqualityError, UnknownTrustError
from race_equality.params import DEFAULTS_FILE, Settings, read_default_settings, read_params
from race_equality.project import Project, as_project

if TYPE_CHECKING:  # the process that builds reads rules, and no figures
    import pandas as pd

__all__ = [
    "HIDDEN_IN_FILES",
    "HIDDEN_ON_PAGES",
    "DisclosureRule",
    "DisclosureRules",
    "is_breakdown",
    "read_rules",
    "rests_on_too_few",
]

HIDDEN_ON_PAGES = "Too few people to show"
#: The Analysis Function's shorthand for confidential.
HIDDEN_IN_FILES = "[c]"


@dataclass(frozen=True)
class DisclosureRule:
    """The thresholds and the precision, each with its source in docs/disclosure.md.

    Parameters
    ----------
    minimum_responses : int
        A figure resting on fewer responses is not shown (NHS Staff Survey: fewer than 11).
    minimum_people : int
        A figure resting on fewer people is not shown (NHS England workforce and WRES: fewer than 10).
        None at all counts as fewer: that nobody is there says something about those who could be.
    percent_decimals, ratio_decimals, people_decimals : int
        The most decimals that are published.

    Raises
    ------
    RaceEqualityError
        For a threshold under 2, or decimals that are negative.
    """

    minimum_responses: int
    minimum_people: int
    percent_decimals: int = 1
    ratio_decimals: int = 2
    people_decimals: int = 0

    @property
    def fewest_of_a_share(self) -> int:
        """The fewest people of whom a share is shown where each answer is a person, such as a patient."""
        return max(self.minimum_responses, self.minimum_people)

    def __post_init__(self) -> None:
        for name in ("minimum_responses", "minimum_people"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 2:
                raise RaceEqualityError(f"{name} must be a whole number of at least 2, but is {value!r}.")
        for name in ("percent_decimals", "ratio_decimals", "people_decimals"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise RaceEqualityError(f"{name} must be a whole number of at least 0, but is {value!r}.")


@dataclass(frozen=True)
class DisclosureRules:
    """Which rule holds for which trust.

    Parameters
    ----------
    usual : DisclosureRule
        Of a trust that has set none itself, of England and of every place that is no trust.
    own : mapping of str to DisclosureRule
        Of each trust that has, by code.
    """

    usual: DisclosureRule
    own: Mapping[str, DisclosureRule] = field(default_factory=dict)

    def of(self, code: str) -> DisclosureRule:
        """Return the rule that holds for a trust."""
        return self.own.get(code, self.usual)

    def minimum_responses(self, codes: pd.Series | Sequence[str]) -> np.ndarray:
        """Return the fewest responses that a share may rest on, for each of some trusts."""
        return self._fewest("minimum_responses", codes)

    def minimum_people(self, codes: pd.Series | Sequence[str]) -> np.ndarray:
        """Return the fewest people that a count may be of, for each of some trusts."""
        return self._fewest("minimum_people", codes)

    def _fewest(self, threshold: str, codes: pd.Series | Sequence[str]) -> np.ndarray:
        of = np.asarray(codes, dtype=object)
        fewest = np.full(len(codes), getattr(self.usual, threshold))
        for code, rule in self.own.items():
            fewest[np.asarray(of == code, dtype=bool)] = getattr(rule, threshold)
        return fewest


def read_rules(*, project: Project | None = None) -> DisclosureRules:
    """Read the thresholds of all trusts from ``params/``.

    Parameters
    ----------
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    DisclosureRules
        A trust's file that cannot be used may have meant to hide anything: until it is corrected the trust's own page
        fails, and nothing else shows a share of that trust.

    Raises
    ------
    InputError
        Where ``_defaults.yml`` is missing or cannot be used.
    """
    project = as_project(project)
    files = sorted((project.params / "trusts").glob("*.yml"))
    defaults = project.params / DEFAULTS_FILE
    # the stamps make a file that was changed a new entry of the cache
    stamps = tuple(
        (status.st_mtime_ns, status.st_size, status.st_ino)
        for status in (file.stat() for file in (*files, defaults) if file.is_file())
    )
    return _read_rules(project, tuple(files), stamps)


_HIDES_EVERYTHING = 10**9


@functools.lru_cache(maxsize=2)
def _read_rules(project: Project, files: tuple[Path, ...], stamps: tuple[tuple[int, int, int], ...]) -> DisclosureRules:
    usual = _rule(read_default_settings(project=project))
    own = {}
    for file in files:
        # most files set none, and a page must not wait for two hundred to be parsed
        if "minimum_" in file.read_text(encoding="utf-8", errors="replace"):
            try:
                own[file.stem] = _rule(read_params(file.stem, project=project).settings)
            except (InputError, UnknownTrustError):
                own[file.stem] = DisclosureRule(_HIDES_EVERYTHING, _HIDES_EVERYTHING)
    return DisclosureRules(usual, {code: rule for code, rule in own.items() if rule != usual})


def _rule(settings: Settings) -> DisclosureRule:
    return DisclosureRule(settings.minimum_responses.value, settings.minimum_people.value)


def rests_on_too_few(figures: pd.DataFrame, rules: DisclosureRules) -> pd.Series:
    """Mark figures that must not be shown.

    Parameters
    ----------
    figures : pandas.DataFrame
        A figures table (``race_equality.store.schema``).
    rules : DisclosureRules
        From :func:`read_rules`.

    Returns
    -------
    pandas.Series of bool
        True where the base is under the threshold for responses; where a count of people is under the
        threshold for people; where the group of a breakdown of people (groups whose numerators add
        up to one common base) holds fewer; and where the count or the base of a published cell is under the threshold
        for people (``counts_too`` in its rule of disclosure).

    Notes
    -----
    A small numerator of a large base (3 of 800 said so) is shown: the figure rests on 800 responses. Not so of patients
    in a published cell, where the count says how few they are.
    """
    import pandas as pd

    responses, fewest_people = (
        pd.Series(fewest(figures["trust_code"]), index=figures.index)
        for fewest in (rules.minimum_responses, rules.minimum_people)
    )
    numerator, denominator = (figures[name].astype("Float64") for name in ("numerator", "denominator"))
    too_few = (denominator < responses).fillna(False)
    people = (figures["unit"] == "people") & figures["value"].astype("Float64").lt(fewest_people).fillna(False)
    breakdown = is_breakdown(figures)
    few_in_group = (breakdown & numerator.lt(responses)).fillna(False)
    cell = figures["indicator"].isin(figures_with(lambda rule: rule.counts_too))
    few_in_cell = cell & ((numerator.gt(0) & numerator.lt(fewest_people)) | denominator.lt(fewest_people)).fillna(False)
    return (too_few | people | few_in_group | few_in_cell).astype(bool).rename("too_few")


def is_breakdown(figures: pd.DataFrame) -> pd.Series:
    """Mark figures that share out people among groups.

    Parameters
    ----------
    figures : pandas.DataFrame
        A figures table (``race_equality.store.schema``).

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
