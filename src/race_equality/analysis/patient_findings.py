"""Findings on patients by ethnic group, deprivation, age and sex for the downloads: shares, gaps and slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from race_equality.analysis.patient_gaps import UNKNOWN, patients_by_breakdown, slopes_by_deprivation
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import WHITE
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.rules import DisclosureRules

#: The group of a slope.
SLOPE = "Most deprived end minus least (slope index)"
#: What a direction says of a gap between patients, or of a slope; of all of them by one rule.
READINGS = {
    "adverse": "worse for these patients, several comparisons allowed for",
    "favourable": "better for these patients, several comparisons allowed for",
    "unclear": "no reliable difference; this does not show that they are the same",
}
_SLOPE_READINGS = {
    "adverse": "worse for people from deprived areas",
    "favourable": "better for people from deprived areas",
    "unclear": READINGS["unclear"],
}
_COMPARATORS = ("all_trusts", "region_trusts", "similar_trusts")

#: From counts and people by trust and key to shares by trust and key, for each set of comparators.
Shares = Callable[[pd.DataFrame, str], Mapping[str, pd.DataFrame]]


def patient_findings(figures: pd.DataFrame, codes: list[str], rules: DisclosureRules, shares: Shares) -> pd.DataFrame:
    """Return shares of five ethnic groups, fifths, ages and sexes, gaps of ethnic groups from White patients, and slopes by deprivation.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    codes : list of str
        The trusts that findings are about.
    rules : DisclosureRules
    shares : callable
        :meth:`race_equality.analysis.findings.Comparators.shares`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`race_equality.analysis.findings.COLUMNS` that there is something in: `measure` is the id of the
        record, `group` the group, ``"Black minus White"`` or :data:`SLOPE`. Only of trusts with figures.

    Notes
    -----
    Read by the rule of :mod:`race_equality.analysis.patient_gaps`. A finding that is hidden has no gap either.
    """
    table = patients_by_breakdown(figures, rules)
    # the groups beneath the five are on the pages alone: they would double the files
    table = table[table["status"].isin(["ok", "suppressed"]) & (table["breakdown"] != "ethnicity in detail")]
    # "Not known" is of the ethnic group: of area and sex it would be a second group of the same name
    table = table[(table["breakdown"] == "ethnicity") | ~table["group"].isin(UNKNOWN)]
    england = table[table["place"] == ENGLAND_CODE]
    here = table[table["place"].isin(codes)].rename(columns={"place": "trust_code"}).reset_index(drop=True)
    if here.empty:
        return pd.DataFrame()
    here["key"] = _key(here, here["group"])
    white = _key(here, pd.Series(WHITE, index=here.index))
    known = here[here["status"] == "ok"]
    england_share = dict(zip(_key(england, england["group"]), england["percent"], strict=True))
    of_group = {"england": here["key"].map(england_share).astype("float64")}
    of_white = {"england": white.map(england_share).astype("float64")}
    for name, share in shares(known[["trust_code", "key", "count", "people"]], "key").items():
        of_group[name], of_white[name] = (_cells(share, here["trust_code"], keys) for keys in (here["key"], white))
    indicators = [
        next(part.id for part in BY_ID[measure].parts if part.kind == breakdown.partition(" ")[0])
        for measure, breakdown in zip(here["measure"], here["breakdown"], strict=True)
    ]
    about = here[["trust_code", "measure", "period_start", "period_end", "people", "status"]].assign(
        indicators=indicators
    )
    parts = [
        about.assign(
            group=here["group"],
            unit="percent",
            value=here["percent"],
            lower=here["lower"],
            upper=here["upper"],
            **of_group,
        )
    ]
    gaps = here["gap"].notna().to_numpy()
    parts.append(
        about[gaps].assign(
            group=here.loc[gaps, "group"] + f" minus {WHITE}",
            unit="percentage points",
            value=here.loc[gaps, "gap"],
            lower=here.loc[gaps, "gap_lower"],
            upper=here.loc[gaps, "gap_upper"],
            compared_with="White patients",
            direction=here.loc[gaps, "direction"],
            reading=here.loc[gaps, "direction"].map(READINGS),
            **{name: (values - of_white[name])[gaps] for name, values in of_group.items()},
        )
    )
    parts.append(_slopes(figures, codes, rules))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _key(table: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Name a measure, breakdown, group and period, which a comparator must have in common."""
    return table["measure"] + "|" + table["breakdown"] + "|" + group + "|" + table["period_end"].dt.strftime("%Y%m%d")


def _cells(share: pd.DataFrame, codes: pd.Series, keys: pd.Series) -> pd.Series:
    row, column = (axis.get_indexer(pd.Index(wanted)) for axis, wanted in ((share.index, codes), (share.columns, keys)))
    # what is not there has the place -1: the last row and column, which are added for it
    with_none = np.pad(share.to_numpy(dtype="float64"), ((0, 1), (0, 1)), constant_values=np.nan)
    return pd.Series(with_none[row, column], index=codes.index)


def _slopes(figures: pd.DataFrame, codes: list[str], rules: DisclosureRules) -> pd.DataFrame:
    slopes = slopes_by_deprivation(figures, rules)
    england = slopes[slopes["place"] == ENGLAND_CODE].set_index("measure")["slope"]
    here = slopes[slopes["place"].isin(codes)]
    return here.assign(
        trust_code=here["place"],
        group=SLOPE,
        unit="percentage points",
        value=here["slope"],
        lower=here["slope_lower"],
        upper=here["slope_upper"],
        status="ok",
        compared_with="the least deprived end",
        reading=here["direction"].map(_SLOPE_READINGS),
        england=here["measure"].map(england),
        indicators=here["measure"] + "_by_deprivation",
    ).drop(columns=["place", "most_deprived", "least_deprived", "slope", "slope_lower", "slope_upper"])
