"""Figures as a page may use them: without those that rest on too few for the trust that they are about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from race_equality.definitions.indicators import INDICATORS, figures_with, rule_of
from race_equality.definitions.rules import Disclosure
from race_equality.disclosure.nested import hidden_cells
from race_equality.disclosure.rules import HIDDEN_IN_FILES, DisclosureRules, read_rules, rests_on_too_few
from race_equality.gates import without_caught
from race_equality.project import Project
from race_equality.store.cache import cached
from race_equality.store.trusts import read_trusts

__all__ = ["hidden_as_published", "hide", "hide_as_published", "publishable_figures", "suppress_small_bases"]

#: Groups that are everybody: such a count is no part of a total from which it could be worked out.
_EVERYBODY = ("Total", "All people")

#: What hides together by the id of the figures that are a breakdown of people, which are never given as published: those
#: of a theme; of the WRES's return those of an indicator, because a board of few says nothing of who was shortlisted.
_BREAKDOWNS = {
    id: one.id if one.theme == "return" else one.theme
    for one in INDICATORS
    if not (one.as_published or one.disclosure.hidden_when_read or one.disclosure.counts_too)
    for id in one.figure_ids
}


def publishable_figures(figures: pd.DataFrame, *, project: Project | None = None) -> pd.DataFrame:
    """Hide what a trust's own thresholds, or the usual ones, do not let any page show, and what cannot be right.

    Parameters
    ----------
    figures : pandas.DataFrame
        As :func:`race_equality.store.figures.read_figures` gives them.
    project : Project, optional
        The checkout with the params; found from the working directory without it.

    Returns
    -------
    pandas.DataFrame
        The same rows. On every page: a trust that raised a threshold is not drawn among others either. Figures that the
        gates of their indicators catch have the status "implausible" or "incomplete" and no numbers
        (:func:`race_equality.gates.without_caught`).

    Notes
    -----
    Give all figures: a figure is held to those of other trusts and periods, and to how many of the answers are known.

    Counts of groups are left as they are: the functions that show one hide it with what would tell it, for which they
    need the true counts.
    """
    trusts = read_trusts(project=project)
    return _shown(figures, read_rules(project=project), dict(zip(trusts["trust_code"], trusts["kind"], strict=True)))


def suppress_small_bases(figures: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Mark shares of fewer people or answers than the threshold, and counts of fewer people in all, as suppressed.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures (``race_equality.store.schema``).
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.

    Returns
    -------
    pandas.DataFrame
        With ``status`` "suppressed" and without numbers where the denominator is under ``minimum_responses``, or
        where another group of the indicator is hidden and its rule of disclosure hides all of them together, and where
        all people of a trust are fewer than ``minimum_people``; the table itself where that is nowhere.
    """
    base, value = (figures[name].to_numpy(dtype="float64", na_value=float("nan")) for name in ("denominator", "value"))
    everybody = figures["unit"].eq("people").to_numpy() & figures["group"].isin(_EVERYBODY).to_numpy()
    few = base < rules.minimum_responses(figures["trust_code"])
    few |= everybody & (value < rules.minimum_people(figures["trust_code"]))
    rows = figures.index[few & (figures["status"] == "ok").to_numpy()]
    # cells that are added up before they are shown are hidden with what would tell them, where they are shown
    rows = rows[~_has_rule(figures.loc[rows, "indicator"], lambda rule: rule.needs_counts)]
    # what a publisher hides has another half as well
    suppressed = figures.index[(figures["status"] == "suppressed").to_numpy()]
    others = _other_groups(figures, rows.union(suppressed))
    if rows.union(others).empty:
        return figures
    rows = rows.union(others)
    hidden = figures.copy()
    hidden.loc[rows, ["value", "numerator", "denominator"]] = pd.NA
    hidden.loc[rows, "status"] = "suppressed"
    return hidden


@cached
def _shown(figures: pd.DataFrame, rules: DisclosureRules, kinds: dict[str, str]) -> pd.DataFrame:
    """The notebooks of a build share one table, which what is computed of it recognises."""
    return without_caught(suppress_small_bases(figures, rules), kinds)


#: Which cells are enough takes seconds for all trusts.
_hidden_cells = cached(hidden_cells)


def _other_groups(figures: pd.DataFrame, rows: pd.Index) -> pd.Index:
    """The other groups of the comparisons in which one is hidden: everybody together is known as well."""
    keys = ["organisation_code", "indicator", "period_end"]
    few = figures.loc[rows, keys]
    few = few[_has_rule(few["indicator"], lambda rule: rule.groups_together)].drop_duplicates()
    if few.empty:
        return few.index
    near = figures[figures["indicator"].isin(few["indicator"].unique()) & (figures["status"] == "ok")]
    return near.index[pd.MultiIndex.from_frame(near[keys]).isin(pd.MultiIndex.from_frame(few))]


def _has_rule(indicators: pd.Series, has: Callable[[Disclosure], bool]) -> np.ndarray:
    """Say of each figure by its id whether its rule of disclosure has something in it."""
    return indicators.isin([id for id in indicators.unique() if has(rule_of(id))]).to_numpy(dtype=bool)


def hide_as_published(figures: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Hide what rests on too few, and what would tell it, where figures themselves are given and not findings.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, from :func:`publishable_figures`.
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.

    Returns
    -------
    pandas.DataFrame
        The same rows; those that are hidden have the status "suppressed", no numbers and no place in the source.
    """
    return hide(figures, pd.Series(hidden_as_published(figures, rules), index=figures.index))


def hide(figures: pd.DataFrame, hidden: pd.Series) -> pd.DataFrame:
    """Hide figures: no numbers, no place in the source where there is that column, and the status "suppressed"."""
    columns = {name: figures[name].mask(hidden) for name in ("value", "numerator", "denominator")}
    columns["status"] = figures["status"].mask(hidden, "suppressed")
    if "locator" in figures:
        columns["locator"] = figures["locator"].mask(hidden, HIDDEN_IN_FILES)
    return figures.assign(**columns)


def hidden_as_published(figures: pd.DataFrame, rules: DisclosureRules) -> np.ndarray:
    """Say which figures rest on too few, or would tell one that does, where figures themselves are given.

    Parameters
    ----------
    figures, rules
        As for :func:`hide_as_published`.

    Returns
    -------
    numpy.ndarray of bool

    Notes
    -----
    Of a breakdown of people (staff by staff group, births by ethnic group) all groups of a place and period are hidden
    where one is, with its rates: which cells are enough is worked out in the findings alone, where it is shown.
    """
    ok = figures["status"] == "ok"
    cells = figures["indicator"].isin(figures_with(lambda rule: rule.counts_too))
    few = rests_on_too_few(figures, rules) & ok & ~cells
    counts = figures["unit"].isin(["count", "fte"])
    few |= counts & figures["value"].lt(rules.minimum_people(figures["trust_code"])).fillna(False)
    hidden = few | (figures["status"] == "suppressed")
    # What is added up in a finding must not be had by taking one organisation, or one group, away.
    family = [figures["trust_code"], figures["indicator"], figures["period_end"]]
    together = figures["indicator"].isin(figures_with(lambda rule: rule.groups_together))
    whole = hidden.groupby(family).transform("any") & together
    themes = figures["indicator"].map(_BREAKDOWNS)
    family = [figures["organisation_code"], themes, figures["period_end"]]
    parts = themes.notna() & ~figures["group"].isin(_EVERYBODY)
    whole |= (hidden & themes.notna()).groupby(family, dropna=False).transform("any") & parts
    hidden |= whole & ok
    if cells.any():
        hidden |= pd.Series(_hidden_cells(figures[cells], rules), index=figures.index[cells]).reindex(
            figures.index, fill_value=False
        )
    return hidden.to_numpy(dtype=bool)
