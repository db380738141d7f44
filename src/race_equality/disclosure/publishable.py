"""Figures as a page may use them: without the shares that rest on too few for the trust that they are about."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from race_equality.disclosure.rules import Rule
from race_equality.indicators.once import once
from race_equality.params import read_rules
from race_equality.project import Project

__all__ = ["hide_few", "shown_figures"]

#: A trust's patients return hides the groups in whose company a hidden one can be worked out, which takes them all.
_HIDES_ITSELF = "patients_"
#: What sets one group beside another: half a comparison is none.
_COMPARES = "wres_"


def shown_figures(figures: pd.DataFrame, *, project: Project | None = None) -> pd.DataFrame:
    """Hide what a trust's own thresholds, or the usual ones, do not let any page show.

    Parameters
    ----------
    figures : pandas.DataFrame
        As :func:`race_equality.figures.store.read_figures` gives them.
    project : Project, optional
        The checkout with the params; found from the working directory without it.

    Returns
    -------
    pandas.DataFrame
        The same rows. On every page: a trust that raised a threshold is not drawn among others either.

    Notes
    -----
    Counts are left as they are: the functions that show one hide it with what would tell it, for which they need
    the true counts.
    """
    usual, own = read_rules(project=project)
    return _shown(figures, asdict(usual), {code: asdict(rule) for code, rule in own.items()})


@once  # the notebooks of a build then share one table, which what is computed of it recognises
def _shown(figures: pd.DataFrame, usual: dict[str, int], own: dict[str, dict[str, int]]) -> pd.DataFrame:
    return hide_few(figures, Rule(**usual), {code: Rule(**rule) for code, rule in own.items()})


def hide_few(figures: pd.DataFrame, usual: Rule, own: dict[str, Rule] | None = None) -> pd.DataFrame:
    """Mark shares of fewer people or answers than the threshold as suppressed.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures (``race_equality.figures.schema``).
    usual : Rule
        The thresholds of a trust that sets none itself.
    own : dict of str to Rule, optional
        Those of trusts that do, by code.

    Returns
    -------
    pandas.DataFrame
        With ``status`` "suppressed" and without numbers where the denominator is under ``minimum_responses``, or
        that of the group which a WRES indicator compares with; the table itself where that is nowhere.
    """
    base = figures["denominator"].to_numpy(dtype="float64", na_value=float("nan"))
    few = base < usual.minimum_responses
    for code, rule in (own or {}).items():
        few |= (base < rule.minimum_responses) & (figures["trust_code"] == code).to_numpy()
    rows = figures.index[few & (figures["status"] == "ok").to_numpy()]
    rows = rows[~figures.loc[rows, "indicator"].str.startswith(_HIDES_ITSELF).to_numpy(dtype=bool)]
    if rows.empty:
        return figures
    rows = rows.union(_other_half(figures, rows))
    hidden = figures.copy()
    hidden.loc[rows, ["value", "numerator", "denominator"]] = pd.NA
    hidden.loc[rows, "status"] = "suppressed"
    return hidden


def _other_half(figures: pd.DataFrame, rows: pd.Index) -> pd.Index:
    """The other groups of the comparisons in which one is hidden: all staff together are known as well."""
    keys = ["organisation_code", "indicator", "period_end"]
    few = figures.loc[rows, keys]
    few = few[few["indicator"].str.startswith(_COMPARES)].drop_duplicates()
    if few.empty:
        return rows
    near = figures[figures["indicator"].isin(few["indicator"].unique()) & (figures["status"] == "ok")]
    return near.index[pd.MultiIndex.from_frame(near[keys]).isin(pd.MultiIndex.from_frame(few))]
