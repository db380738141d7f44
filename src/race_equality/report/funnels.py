"""What the pages draw and say of a funnel: its lines, where a trust lies, and how many trusts lie outside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from race_equality.analysis.funnel_position import FEWEST_OF_A_KIND, funnel_of_kind
from race_equality.report.words import STATUS_WORDS, number_word, percent
from race_equality.statistics.funnel import Funnel
from race_equality.store.rows import groups_of

#: Where a trust lies in a funnel, after the trust's name.
_POSITIONS = {
    "above 99.8% limit": "lies above the 99.8% limit: higher than chance and the ordinary variation between {kind} trusts "
    "account for",
    "above 95% limit": "lies above the 95% limit: higher than is usual among {kind} trusts, though chance and their ordinary "
    "variation could account for it",
    "within limits": "lies within the limits: figures as far from the average are usual among {kind} trusts",
    "below 95% limit": "lies below the 95% limit: lower than is usual among {kind} trusts, though chance and their ordinary "
    "variation could account for it",
    "below 99.8% limit": "lies below the 99.8% limit: lower than chance and the ordinary variation between {kind} trusts "
    "account for",
}

#: Sizes at which lines are drawn: enough for a smooth curve.
_LINE_POINTS = 48

#: A reading of a share in a table, by its direction.
_READINGS = {
    "adverse": "Worse than usual among {kind} trusts",
    "favourable": "Better than usual among {kind} trusts",
    "unclear": "Within the usual range among {kind} trusts",
    "higher": "Higher than usual among {kind} trusts",
    "lower": "Lower than usual among {kind} trusts",
    "not compared": "Not compared: too few {kind} trusts",
}


def reading_among_kind(direction: str, kind: str) -> str:
    """Say how a share lies among trusts of the kind.

    Parameters
    ----------
    direction : str
        ``"adverse"``, ``"favourable"``, ``"unclear"``, ``"higher"``, ``"lower"``, ``"not compared"``, or another for a
        trust without a figure.
    kind : str
        The trust's kind.

    Returns
    -------
    str
    """
    return _READINGS.get(direction, STATUS_WORDS["not_available"]).format(kind=kind)


def funnel_sentence(position: str | None, name: str, kind: str, trusts: int, target: float | None) -> str:
    """Say where a trust lies among the trusts of its kind, WRES 8 of staff from ethnic minorities.

    Parameters
    ----------
    position : str or None
        As :attr:`race_equality.statistics.funnel.Funnel.position` puts it; None for a trust without a published figure.
    name, kind : str
        Of the trust.
    trusts : int
        How many trusts of the kind have a published figure.
    target : float or None
        Their average, in per cent; None where there are too few of them.
    """
    if target is None:
        if trusts == 0:
            return f"The file that this report reads has these figures for no {kind} trust, so there is no funnel of {kind} trusts."
        return (
            f"Only {number_word(trusts)} {kind} {'trust has' if trusts == 1 else 'trusts have'} published figures. "
            f"Among fewer than {number_word(FEWEST_OF_A_KIND)} it cannot be said how far a trust usually lies from the others."
        )
    together = (
        f"On average over the {trusts} {kind} trusts with published figures, {percent(target)} of staff from ethnic "
        "minorities said they had experienced discrimination from a manager, team leader or other colleagues in the last "
        "12 months."
    )
    if position is None:
        return f"{together} {name} is not among them."
    more = (
        " A trust within the limits is not thereby fair: what is usual can itself be too much."
        if position == "within limits"
        else ""
    )
    return f"{together} {name} {_POSITIONS[position].format(kind=kind)}.{more}"


def lines_of(funnel: Funnel, total: np.ndarray | pd.Series) -> pd.DataFrame:
    """Give the lines of a funnel, in per cent, for its chart.

    Parameters
    ----------
    funnel : Funnel
        Of proportions.
    total : array-like
        The numbers of people of the trusts that are drawn: lines go from the least to the most.

    Returns
    -------
    pandas.DataFrame
        ``total``, ``target``, ``lower_95``, ``upper_95``, ``lower_998``, ``upper_998``, in rising order of ``total``.

    Notes
    -----
    At sizes of their own and not at those of trusts: between ten trusts lines would have corners. Closer together where
    limits bend.
    """
    least, most = np.sqrt(np.asarray(total, dtype="float64").min()), np.sqrt(np.asarray(total, dtype="float64").max())
    total = np.unique(np.round(np.linspace(least, most, _LINE_POINTS) ** 2))
    inner, outer = funnel.limits_at(total, 0.95), funnel.limits_at(total, 0.998)
    return pd.DataFrame(
        {
            "total": total,
            "target": 100 * funnel.target,
            "lower_95": 100 * inner.lower,
            "upper_95": 100 * inner.upper,
            "lower_998": 100 * outer.lower,
            "upper_998": 100 * outer.upper,
        }
    )


def outside_by_kind(rows: pd.DataFrame, names: dict[int, str]) -> pd.DataFrame:
    """Count the trusts of each kind that lie outside the limits of their own kind.

    Parameters
    ----------
    rows : pandas.DataFrame
        A row for each trust and measure: ``trust_code``, ``kind``, ``number``, ``count`` and ``people``.
    names : dict of int to str
        The name of each measure by its number.

    Returns
    -------
    pandas.DataFrame
        Text: ``measure``, ``kind``, ``trusts``, ``average``, ``beyond_95`` (outside the 95% limits, those outside the
        99.8% limits among them) and ``beyond_998``.
    """
    found = []
    for number, of_number in groups_of(rows, "number"):
        for kind, same in groups_of(of_number, "kind"):
            few = len(same) < FEWEST_OF_A_KIND
            funnel = None if few else funnel_of_kind(same)
            position = np.array([]) if funnel is None else funnel.position
            found.append(
                {
                    "measure": names[number],
                    "kind": kind,
                    "trusts": f"{len(same)}",
                    "average": "Too few trusts" if funnel is None else percent(100 * funnel.target),
                    "beyond_95": "Too few trusts" if few else f"{(position != 'within limits').sum()}",
                    "beyond_998": "Too few trusts" if few else f"{sum('99.8%' in place for place in position)}",
                }
            )
    return pd.DataFrame(found, columns=["measure", "kind", "trusts", "average", "beyond_95", "beyond_998"])
