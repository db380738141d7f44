"""WRES 5 to 8 read over all trusts of a kind together: what a small trust's gap says, and what it does not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from race_equality.analysis.funnel_position import kinds_of
from race_equality.analysis.wres import staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import WRES
from race_equality.statistics import pooling
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of

_COUNTS = ("ethnic_minority_count", "ethnic_minority_total", "white_count", "white_total")

COLUMNS = tuple(
    "trust_code number gap pooled_gap lower upper probability_adverse kind kind_gap "
    "probability_more_adverse rank_lower rank_upper trusts".split()
)


@cached(to_disk=True)
def pooled_gaps(figures: pd.DataFrame, trusts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Read each trust's gap with those of all trusts of its kind.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trusts : pandas.DataFrame, optional
        From :func:`race_equality.store.trusts.read_trusts`, for each trust's kind. Without it all trusts are taken to be
        of one kind, which holds for trusts that are.

    Returns
    -------
    pandas.DataFrame
        One row for each trust and indicator with figures, by code and number: ``trust_code``, ``number``; ``gap``, as
        published (ethnic minority minus White, percentage points); ``pooled_gap``, drawn towards other trusts of the
        ``kind`` the more the fewer people answered, with ``lower`` and ``upper`` (95% interval);
        ``probability_adverse``, that the trust's gap is on the side that is adverse to staff from ethnic minorities;
        ``kind_gap``, of the respondents of all trusts of the kind together; ``probability_more_adverse``, that the trust's
        gap is more adverse than that; ``rank_lower`` and ``rank_upper``, the 95% interval of the trust's rank among the
        ``trusts`` trusts of the kind, 1 being the least adverse. There is no rank by itself, because the data do not hold
        one.

    Notes
    -----
    A random-effects model over the real trusts of each kind at the survey that most of them have, integrated without
    random numbers. Kinds differ in their gaps and in how much trusts differ, so a trust is drawn towards its kind alone.
    The demonstration trust, and one whose own return is of a later survey, are read with their kind and change no figure
    of another trust to the last bit. Probabilities are of the trust's long-run figure under this model, to about a
    hundredth, and limits of ranks to one or two places: write "over 99%" and "under 1%", and whole per cents between.
    Computed once for a build (half a second); in a notebook, pick the trust's four rows from it::

        pooled = pooled_gaps(figures, trusts)
        here_pooled = pooled[pooled["trust_code"] == trust.code].set_index("number")

    References
    ----------
    Marshall EC, Spiegelhalter DJ. BMJ 1998; 316: 1701-1704, and what
    :func:`race_equality.statistics.pooling.pooled_gaps` names.
    """
    experience = staff_experience(figures)
    known = experience[experience["status"] == "ok"]
    if known.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    real = known["trust_code"] != DEMONSTRATION_CODE
    # The survey that most real trusts have. A trust that loaded its own of a later year is read with the others,
    # as the demonstration trust is: else it would be read with itself alone.
    usual = known["period_end"].where(real).groupby(known["number"]).agg(lambda ends: ends.mode().max())
    of_anybody = known.groupby("number")["period_end"].max()
    usual = known["number"].map(usual.fillna(of_anybody))
    known = known.assign(learn_from=real & (known["period_end"] == usual))
    known = known[(known["period_end"] == usual) | (real & (known["period_end"] > usual))]
    known = known.assign(kind="" if trusts is None else kinds_of(known["trust_code"], trusts))
    found = [_pooled_of_one_indicator(number, rows) for number, rows in groups_of(known, "number")]
    return pd.concat(found).sort_values(["trust_code", "number"], ignore_index=True)


def _pooled_of_one_indicator(number: int, rows: pd.DataFrame) -> pd.DataFrame:
    learned, kind = rows["learn_from"].to_numpy(), rows["kind"].to_numpy()
    found = pooling.pooled_gaps(*(rows[name].to_numpy() for name in _COUNTS), learn_from=learned, kind=kind)
    trusts = rows["learn_from"].groupby(kind).transform("sum").to_numpy()
    low, high = found.rank_lower, found.rank_upper
    above_zero, above_kind = found.probability_above_zero, found.probability_above_reference
    if WRES[number].adverse_when == "lower":
        # a trust that is not among them can be one place beyond the last
        places = np.where(learned, trusts + 1, trusts + 2)
        low, high = places - high, places - low
        above_zero, above_kind = 1 - above_zero, 1 - above_kind
    return pd.DataFrame(
        {
            "trust_code": rows["trust_code"].to_numpy(),
            "number": number,
            "gap": rows["gap"].to_numpy(),
            "pooled_gap": 100 * found.estimate,
            "lower": 100 * found.lower,
            "upper": 100 * found.upper,
            "probability_adverse": above_zero,
            "kind": kind,
            "kind_gap": 100 * found.reference,
            "probability_more_adverse": above_kind,
            "rank_lower": np.minimum(low, trusts),
            "rank_upper": np.minimum(high, trusts),
            "trusts": trusts,
        }
    )[list(COLUMNS)]
