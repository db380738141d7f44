"""How large a change of a trust's survey figures would have to be for the next surveys to show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.analysis.survey import survey_answers
from race_equality.analysis.wres import all_trusts_experience, numbers_of, staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import EXPERIENCE
from race_equality.statistics.detectable import detectable_change, detectable_slope, power_of
from race_equality.statistics.linked_gaps import gap_error
from race_equality.store.cache import cached

#: Three surveys a year apart: the last one and the next two.
THREE_SURVEYS = (0, 1, 2)

_COLUMNS = "trust_code indicator measure period_start period_end value error by_next a_year".split()


@cached
def detectable_changes(figures: pd.DataFrame) -> pd.DataFrame:
    """Give the smallest change that each trust's survey could show, of gaps and of what all staff answered.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, those that rest on too few hidden already
        (:func:`race_equality.disclosure.publishable.publishable_figures`).

    Returns
    -------
    pandas.DataFrame
        One row for each trust and indicator that it has a figure of: ``trust_code``, ``indicator``, ``measure`` ("gap" or
        "percent"), ``period_start``, ``period_end``; ``value``, the figure with its standard ``error``; ``by_next``, the
        smallest change between this survey and the next that is seen in four surveys of five; ``a_year``, the smallest
        steady change a year that a line through three surveys shows as often. In percentage points. For gaps also
        ``all_trusts``, the gap of all trusts together, and ``half_seen``, the probability that the next survey shows a
        change by half of that.

    Notes
    -----
    Each later survey is taken to have as many answers as this one, from other people. Chance alone is counted: where
    surveys scatter for other reasons as well, a change must be larger.

    References
    ----------
    As for :mod:`race_equality.statistics.detectable`.
    """
    found = pd.concat([_gaps(figures), _answers(figures)], ignore_index=True)
    error = found["error"].to_numpy(dtype="float64")
    by_next = detectable_change(error) if len(found) else error
    a_year = detectable_slope(error, THREE_SURVEYS) if len(found) else error
    found = found.assign(by_next=by_next, a_year=a_year)[_COLUMNS]
    together = all_trusts_experience(figures).set_index("indicator")["gap"]
    found["all_trusts"] = found["indicator"].map(together).astype("float64")
    gap = found["all_trusts"].notna().to_numpy()
    seen = np.full(len(found), np.nan)
    seen[gap] = power_of(found.loc[gap, "all_trusts"].abs() / 2, error[gap] * np.sqrt(2))
    return found.assign(half_seen=seen)


def _gaps(figures: pd.DataFrame) -> pd.DataFrame:
    known = staff_experience(figures)
    known = known[known["status"] == "ok"]
    sides = [
        known[f"{side}_{what}"].to_numpy(dtype="float64")
        for side in ("ethnic_minority", "white")
        for what in ("count", "total")
    ]
    return pd.DataFrame(
        {
            **{name: known[name] for name in ("trust_code", "indicator", "period_start", "period_end")},
            "measure": "gap",
            "value": known["gap"],
            "error": 100 * gap_error(*sides),
        }
    )


def _answers(figures: pd.DataFrame) -> pd.DataFrame:
    known = survey_answers(figures)
    # one answer of each kind is added, so that 0 of 20 is not known exactly
    share = (known["percent"] / 100 * known["base"] + 1) / (known["base"] + 2)
    return pd.DataFrame(
        {
            **{name: known[name] for name in ("trust_code", "indicator", "period_start", "period_end")},
            "measure": "percent",
            "value": known["percent"],
            "error": 100 * np.sqrt(share * (1 - share) / (known["base"] + 2)),
        }
    )


def halvings(changes: pd.DataFrame, codes: Sequence[str] | None = None) -> pd.DataFrame:
    """Count in how many trusts the next survey could show that a gap as wide as all trusts' was halved.

    Parameters
    ----------
    changes : pandas.DataFrame
        From :func:`detectable_changes`.
    codes : sequence of str, optional
        Of which trusts; all real ones when not given.

    Returns
    -------
    pandas.DataFrame
        A row for each of WRES 5 to 8, in their order: ``indicator``, ``number``, ``trusts``, ``by_next`` and ``a_year``
        (medians), ``all_trusts`` (the gap), ``could_see``, in how many trusts half of it is no less than ``by_next``.
    """
    gaps = changes[(changes["measure"] == "gap") & (changes["trust_code"] != DEMONSTRATION_CODE)]
    if codes is not None:
        gaps = gaps[gaps["trust_code"].isin(list(codes))]
    found = gaps.assign(could_see=gaps["by_next"] <= gaps["all_trusts"].abs() / 2).groupby("indicator")
    table = found.agg(
        trusts=("trust_code", "size"),
        by_next=("by_next", "median"),
        a_year=("a_year", "median"),
        all_trusts=("all_trusts", "first"),
        could_see=("could_see", "sum"),
    )
    order = [one.id for one in EXPERIENCE if one.id in table.index]
    table = table.loc[order].reset_index()
    return table.assign(number=numbers_of(table["indicator"]))
