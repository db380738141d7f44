"""What a gap says: one function for the card, the tables, the sentences, the files and the proposed decisions.

A gap of WRES 5 to 8 is read twice: by the trust's own interval, and together with the gaps of other trusts (the
probability that it is adverse, :mod:`race_equality.analysis.pooled_gaps`). Where both say the same, that is the reading.
Where they do not, the words name both and say why, and the gap is not clear: nothing is to be agreed because of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from race_equality.analysis.funnel_position import FEWEST_OF_A_KIND, kinds_of
from race_equality.analysis.pooled_gaps import pooled_gaps
from race_equality.analysis.wres import staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import WRES
from race_equality.statistics.funnel import funnel_from_estimates
from race_equality.statistics.linked_gaps import gap_error
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of

#: From this probability on, the gaps of all trusts say which side a trust's gap is on. Its own interval leaves out zero
#: with 97.5% on that side; both are asked for, so this allows no more than the interval alone does.
LIKELY = 0.95

_COUNTS = ("ethnic_minority_count", "ethnic_minority_total", "white_count", "white_total")
_FOR_STAFF = "for staff from ethnic minorities"


@dataclass(frozen=True)
class Reading:
    """What a gap or a ratio says.

    Parameters
    ----------
    direction : {"adverse", "favourable", "unclear", "none"}
        Adverse or favourable to staff from ethnic minorities where that is clear, and so may ask for a decision.
    brief : str
        For a cell of a table whose heading names the group.
    words : str
        In full, in lower case, for a file or a table.
    reason : str
        A sentence or two that name both readings and why they differ; "" where they agree.
    agrees : bool
        Whether the trust's own interval and all trusts together say the same.
    beyond : {"wider", "narrower", ""}
        Whether the gap lies beyond the 99.8% limits of its funnel, on the adverse side or on the other.
    """

    direction: str
    brief: str
    words: str
    reason: str = ""
    agrees: bool = True
    beyond: str = ""


_WORDS = {
    "adverse": Reading("adverse", "Worse", f"worse {_FOR_STAFF}"),
    "favourable": Reading("favourable", "Better", f"better {_FOR_STAFF}"),
    "unclear": Reading("unclear", "No reliable difference", "no reliable difference"),
    "none": Reading("none", "No data", "no data"),
}
#: By what the trust's own interval says, and what it says together with other trusts.
_APART = {
    ("unclear", "adverse"): ("Unclear alone, likely worse", f"likely worse {_FOR_STAFF}, unclear by its own answers"),
    ("unclear", "favourable"): (
        "Unclear alone, likely better",
        f"likely better {_FOR_STAFF}, unclear by its own answers",
    ),
    ("adverse", "unclear"): (
        "Unclear, worse by itself",
        f"worse {_FOR_STAFF} by its own answers, unclear with others’",
    ),
    ("favourable", "unclear"): (
        "Unclear, better by itself",
        f"better {_FOR_STAFF} by its own answers, unclear with others’",
    ),
    ("adverse", "favourable"): (
        "Unclear, worse by itself",
        f"worse {_FOR_STAFF} by its own answers, likely better with others’",
    ),
    ("favourable", "adverse"): (
        "Unclear, better by itself",
        f"better {_FOR_STAFF} by its own answers, likely worse with others’",
    ),
}
#: What each direction says where there is one reading: of a relative likelihood, and in the files.
WORDS_OF_DIRECTIONS = {way: reading.words for way, reading in _WORDS.items() if way != "none"}


def read_gap(finding: Any) -> Reading:
    """Read one gap of WRES 5 to 8.

    Parameters
    ----------
    finding : mapping, pandas.Series or row
        ``number``, ``gap_lower`` and ``gap_upper`` (percentage points, ethnic minority minus White); and, as far as it is
        known, what :func:`gap_readings` adds. Without ``probability_adverse`` the trust's own interval is all there is.

    Returns
    -------
    Reading

    Examples
    --------
    >>> read_gap({"number": 8, "gap_lower": 4.8, "gap_upper": 7.5, "probability_adverse": 0.9999}).brief
    'Worse'
    >>> read_gap({"number": 8, "gap_lower": -0.8, "gap_upper": 7.5, "probability_adverse": 0.9999}).words
    'likely worse for staff from ethnic minorities, unclear by its own answers (chance that it is adverse: over 99%)'
    >>> read_gap({"number": 7, "gap_lower": 0.8, "gap_upper": 14.9, "probability_adverse": 0.8}).direction
    'unclear'
    """
    found: Mapping[str, Any] = finding._asdict() if hasattr(finding, "_asdict") else finding
    own = str(direction_of_gap(found["gap_lower"], found["gap_upper"], WRES[found["number"]].adverse_when))
    probability = float(found.get("probability_adverse", math.nan))
    together = _together(probability, own)
    reading = _WORDS[own]
    if own != together:
        brief, words = _APART[own, together]
        words = f"{words} (chance that it is adverse: {chance(probability)})"
        reading = Reading("unclear", brief, words, _reason(own, together, probability, found), agrees=False)
    side = _beyond_the_usual(str(found.get("position") or ""), WRES[found["number"]].adverse_when)
    if not side or own == "none":
        return reading
    # a better experience is no gap that is wide or narrow
    said = "which is unusual" if own == "favourable" else f"{side} than usual"
    words = f"{reading.words}, {said} for {found['kind']} trusts"
    brief = f"{reading.brief}, {said}" if reading.agrees else reading.brief  # both readings fill a cell
    return Reading(reading.direction, brief, words, reading.reason, reading.agrees, side)


def read_ratio(finding: Any) -> Reading:
    """Read one relative likelihood of WRES 2 to 4, above one adverse to staff from ethnic minorities.

    Parameters
    ----------
    finding : pandas.Series or row
        ``ratio``, ``lower`` and ``upper``.

    Returns
    -------
    Reading
    """
    if math.isnan(finding.ratio):
        return _WORDS["none"]
    return _WORDS[str(direction_of_gap(finding.lower, finding.upper, "higher", none_at=1.0))]


def read_board(finding: Any) -> Reading:
    """Read the board's share against the workforce's (WRES 9).

    Parameters
    ----------
    finding : pandas.Series or row
        ``board_lower``, ``board_upper`` and ``workforce_percent``.

    Returns
    -------
    Reading
    """
    limits = (finding.board_lower - finding.workforce_percent, finding.board_upper - finding.workforce_percent)
    return _WORDS[str(direction_of_gap(*limits, "lower"))]


def direction_of_gap(
    lower: ArrayLike, upper: ArrayLike, adverse_when: ArrayLike, *, none_at: float = 0.0
) -> np.ndarray:
    """Say which side of no difference an interval lies on.

    Parameters
    ----------
    lower, upper : array-like of float
    adverse_when : {"higher", "lower"} or array-like of it
    none_at : float
        No difference: 1 for a ratio.

    Returns
    -------
    numpy.ndarray of str
        ``"adverse"``, ``"favourable"``, ``"unclear"``, or ``"none"`` where there is no interval.
    """
    lower, upper = np.asarray(lower, float), np.asarray(upper, float)
    higher_is_adverse = np.asarray(adverse_when) != "lower"
    with np.errstate(invalid="ignore"):
        return np.select(
            [
                np.isnan(lower) | np.isnan(upper),
                np.where(higher_is_adverse, lower > none_at, upper < none_at),
                np.where(higher_is_adverse, upper < none_at, lower > none_at),
            ],
            ["none", "adverse", "favourable"],
            "unclear",
        )


@cached(to_disk=True)
def gap_readings(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Give every gap of WRES 5 to 8 with what :func:`read_gap` reads it by.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`: ``trust_code`` and ``kind``.

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`race_equality.analysis.wres.staff_experience` with ``kind``; ``probability_adverse`` (NaN where
        the gap is not read with others); ``usual_answers``, how many staff from ethnic minorities answered in half of the
        trusts of the kind; ``position`` of the gap in a funnel of gaps over the trusts of the kind, "" where they are
        fewer than :data:`race_equality.analysis.funnel_position.FEWEST_OF_A_KIND`; ``gaps_compared``, how many gaps of real trusts have a position.

    Notes
    -----
    The funnel is of gaps and not of levels: its centre is the random-effects mean gap of the trusts of the kind,
    and its limits allow for their ordinary variation (over-dispersion). A gap is called wider or narrower than usual
    beyond the limits of 99.8%: of a thousand gaps that vary as they ordinarily do, two lie there by chance.

    References
    ----------
    Spiegelhalter DJ. Statistics in Medicine 2005; 24: 1185-1202.
    """
    table = staff_experience(figures)
    table = table.assign(kind=kinds_of(table["trust_code"], trusts))
    pooled = pooled_gaps(figures, trusts)
    chances = pooled[["trust_code", "number", "probability_adverse"]].astype(
        {"number": "int64", "probability_adverse": "float64"}
    )
    table = table.merge(chances, on=["trust_code", "number"], how="left")
    usual, position = pd.Series(np.nan, index=table.index), pd.Series("", index=table.index, dtype="str")
    known = table[(table["status"] == "ok") & (table["kind"] != "")]
    for _, rows in groups_of(known, ["number", "kind"]):
        real = rows["trust_code"] != DEMONSTRATION_CODE
        usual.loc[rows.index] = rows.loc[real, "ethnic_minority_total"].median()
        if real.sum() >= FEWEST_OF_A_KIND:
            position.loc[rows.index] = _positions_of_gaps(rows, real.to_numpy())
    compared = int((position.ne("") & table["trust_code"].ne(DEMONSTRATION_CODE)).sum())
    return table.assign(usual_answers=usual, position=position, gaps_compared=compared)


def chance(probability: float) -> str:
    """Return a probability as whole per cents, and never as certain.

    Examples
    --------
    >>> chance(0.873), chance(0.9999), chance(0.0)
    ('87%', 'over 99%', 'under 1%')
    """
    if math.isnan(probability):
        return "No data"
    if probability > 0.99:
        return "over 99%"
    return "under 1%" if probability < 0.01 else f"{100 * probability:.0f}%"


def _together(probability: float, own: str) -> str:
    """The direction that trusts of the kind together say, or the trust's own where it is not read with them."""
    if own == "none" or math.isnan(probability):
        return own
    return "adverse" if probability >= LIKELY else "favourable" if probability <= 1 - LIKELY else "unclear"


def _reason(own: str, together: str, probability: float, found: Mapping[str, Any]) -> str:
    by_itself = {
        "unclear": "By this trust’s own answers the difference is not clear",
        "adverse": "By this trust’s own answers alone the gap would be clear",
        "favourable": "By this trust’s own answers alone staff from ethnic minorities would be better off",
    }[own]
    others = f"other {found.get('kind', '')} trusts".replace("  ", " ")
    with_others = f"read with the gaps of {others}, the chance that it is adverse is {chance(probability)}"
    answered, usual = (float(found.get(name, math.nan)) for name in ("ethnic_minority_total", "usual_answers"))
    if answered < usual:
        few = f"Fewer people answered here ({answered:,.0f} staff from ethnic minorities) than in most {found['kind']} trusts, so "
        why = few + (
            "its own interval is wide and what other trusts show counts for more."
            if own == "unclear"
            else "part of so unusual a gap is likely to be chance."
        )
    else:
        why = (
            "Its interval ends close to no difference, so what other trusts show decides."
            if own == "unclear"
            else "Its interval ends close to no difference, and other trusts seldom have such a gap."
        )
    return f"{by_itself}; {with_others}. {why}"


def _beyond_the_usual(position: str, adverse_when: str) -> str:
    """Whether a gap lies beyond the limits of 99.8% of its funnel, on the adverse side or on the other."""
    side, _, limit = position.partition(" ")
    if not limit.startswith("99.8%"):
        return ""
    return "wider" if (side == "above") == (adverse_when == "higher") else "narrower"


def _positions_of_gaps(rows: pd.DataFrame, real: np.ndarray) -> np.ndarray:
    """Place gaps of one kind in their funnel; the demonstration trust changes nothing for real ones."""
    gap = rows["gap"].to_numpy(dtype="float64") / 100
    error = gap_error(*(rows[name].to_numpy(dtype="float64") for name in _COUNTS))
    return funnel_from_estimates(gap, error, learn_from=real).position
