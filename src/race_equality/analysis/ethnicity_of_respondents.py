"""Who answered the staff survey, by ethnic group, compared with who lives in the trust's catchment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.definitions.ethnicity import FIVE_GROUPS, harmonised
from race_equality.statistics.intervals import wilson_interval
from race_equality.store.cache import cached

#: What describes a group in a row of :func:`respondents_and_catchment`.
_COLUMNS = tuple(
    "group respondents_percent respondents_lower respondents_upper respondents_status catchment_percent "
    "catchment_status".split()
)


def respondents_and_catchment(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> pd.DataFrame:
    """Compare the survey's respondents with the population served, by ethnic group.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    threshold : int
        A group of fewer respondents is not shown, and the next smallest is hidden with it so
        that it cannot be worked out from the total (``params/_defaults.yml``).

    Returns
    -------
    pandas.DataFrame
        Five rows: ``group``; ``respondents_percent`` with ``respondents_lower`` and ``respondents_upper`` (Wilson,
        95%); ``catchment_percent``; ``respondents_status`` and ``catchment_status`` of the figures table.
    """
    found = respondents_and_catchments(figures, [trust_code], threshold=threshold)
    return found[list(_COLUMNS)]


def respondents_and_catchments(
    figures: pd.DataFrame, trust_codes: Sequence[str], *, threshold: int | np.ndarray
) -> pd.DataFrame:
    """Compare respondents with the population served, for many trusts at once.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_codes : sequence of str
        Resolved trust codes.
    threshold : int or numpy.ndarray of int
        As for :func:`respondents_and_catchment`; one for all, or one for each of the trusts.

    Returns
    -------
    pandas.DataFrame
        Five rows for each trust, in the order given: ``trust_code``, the columns of
        :func:`respondents_and_catchment` and ``respondents``, how many answered (missing where hidden).
    """
    codes, groups = list(trust_codes), list(FIVE_GROUPS)
    counted = _counts_by_group(figures)
    place = pd.Index(counted["trust_code"].iloc[:: len(groups)]).get_indexer(codes)

    def of_each(name: str, nothing: object) -> np.ndarray:
        # a row of nothing last, for a trust without figures
        values = [*counted[name].to_numpy().reshape(-1, len(groups)), [nothing] * len(groups)]
        return np.array(values)[place]

    people, served = of_each("people", 0.0), of_each("served", np.nan)
    base, hidden = of_each("answered", 0.0)[:, 0], of_each("hidden", False)
    least = np.broadcast_to(threshold, len(codes))
    for row in np.flatnonzero((people < least[:, np.newaxis]).any(axis=1)):
        hidden[row] |= _hide_small(pd.Series(people[row], index=groups), least[row])
    asked = base > 0
    total = np.where(asked, base, 1.0)[:, np.newaxis]
    interval = wilson_interval(people * asked[:, np.newaxis], np.broadcast_to(total, people.shape))
    shown = asked[:, np.newaxis] & ~hidden
    return pd.DataFrame(
        {
            "trust_code": np.repeat(codes, len(groups)),
            "group": np.tile(groups, len(codes)),
            "respondents": np.where(shown, people, np.nan).ravel(),
            "respondents_percent": np.where(shown, 100 * people / total, np.nan).ravel(),
            "respondents_lower": np.where(shown, 100 * interval.lower, np.nan).ravel(),
            "respondents_upper": np.where(shown, 100 * interval.upper, np.nan).ravel(),
            "respondents_status": np.where(
                asked[:, np.newaxis], np.where(hidden, "suppressed", "ok"), "not_available"
            ).ravel(),
            "catchment_percent": served.ravel(),
            "catchment_status": of_each("catchment_status", "not_available").ravel(),
        }
    )


@cached
def _counts_by_group(figures: pd.DataFrame) -> pd.DataFrame:
    """Count respondents and the population served by broad group: as many rows a trust as there are groups."""
    groups = list(FIVE_GROUPS)
    rows = figures[figures["indicator"].isin(["staff_survey_q28", "catchment_ethnicity"])]
    five = {label: _broad_group(label) for label in rows["group"].unique()}
    rows = rows[
        ["trust_code", "organisation_code", "indicator", "group", "value", "numerator", "denominator", "status"]
    ].assign(five=rows["group"].map(five))
    codes = sorted(set(rows["trust_code"]))
    survey = rows[rows["indicator"] == "staff_survey_q28"]
    people = _wide(survey[survey["status"] == "ok"], "numerator", codes, groups).fillna(0).to_numpy()
    answered = survey.dropna(subset=["denominator"]).drop_duplicates(["trust_code", "organisation_code"])
    base = answered.groupby("trust_code")["denominator"].sum().astype("float64").reindex(codes).fillna(0)
    # A suppressed detailed group leaves its five-group total too low to be true.
    hidden = (
        _wide(survey[survey["status"] != "ok"].assign(numerator=1.0), "numerator", codes, groups).notna().to_numpy()
    )
    catchment = rows[rows["indicator"] == "catchment_ethnicity"]
    served = _wide(catchment_of(catchment), "value", codes, groups).to_numpy()
    fallback = catchment.groupby("trust_code")["status"].first().reindex(codes).fillna("not_available").to_numpy()
    return pd.DataFrame(
        {
            "trust_code": np.repeat(codes, len(groups)),
            "group": np.tile(groups, len(codes)),
            "people": people.ravel(),
            "hidden": hidden.ravel(),
            "answered": np.repeat(base.to_numpy(), len(groups)),
            "served": served.ravel(),
            "catchment_status": np.where(np.isnan(served), fallback[:, np.newaxis], "ok").ravel(),
        }
    )


def _wide(rows: pd.DataFrame, column: str, codes: list[str], groups: list[str]) -> pd.DataFrame:
    """Sums by trust and broad group; missing where a trust has no row of a group."""
    sums = rows[column].astype("float64").groupby([rows["trust_code"], rows["five"]]).sum(min_count=1)
    return sums.unstack().reindex(index=codes, columns=groups)


def catchment_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one catchment for each trust: its own, and not those of trusts that merged into it.

    Parameters
    ----------
    rows : pandas.DataFrame
        Figures of catchments. Shares of two catchments cannot be added, and their populations
        overlap, so they are not averaged either.

    Returns
    -------
    pandas.DataFrame
        The rows with a value that the publisher gives under the code of the trust open today.
    """
    return rows[(rows["status"] == "ok") & (rows["organisation_code"] == rows["trust_code"])]


def _broad_group(label: str) -> str:
    return harmonised(label, 5)


def _hide_small(people: pd.Series, threshold: int) -> np.ndarray:
    """Mark groups under the threshold, and as many more as keep them from being worked out.

    What the reader can subtract from 100% is the sum of the hidden groups; it must leave each of
    them a range of at least the threshold. Groups of none are hidden as well: that nobody is
    there says as much about the few who could be.
    """
    hidden = (people < threshold).to_numpy().copy()
    if not hidden.any():
        return hidden
    for group in people.sort_values(kind="stable").index:
        enough = hidden.sum() >= 2 and people.to_numpy()[hidden].sum() >= 2 * threshold
        if enough:
            break
        hidden[people.index.get_loc(group)] = True
    return hidden


def minority_share(table: pd.DataFrame, column: str) -> float:
    """Return the share of people outside the White group, or NaN where White is not shown.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`respondents_and_catchment`.
    column : {"respondents_percent", "catchment_percent"}
        Which share.
    """
    white = table.loc[table["group"] == "White", column].iloc[0]
    return 100 - float(white)
