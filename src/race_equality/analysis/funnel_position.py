"""Where a trust's share lies among the trusts of its kind: in a funnel, which allows for chance and ordinary variation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_KIND, ENGLAND_CODE
from race_equality.statistics.funnel import Funnel, funnel_limits
from race_equality.store.cache import cached

#: The fewest trusts of a kind, with figures, among which a trust is placed. Of seven the farthest that one can lie
#: from their mean is 2.27 of its standard deviations, and the 99.8% limit is at 2.12: hardly any trust could be said to
#: differ. England has ten ambulance trusts, the smallest kind with figures.
FEWEST_OF_A_KIND = 8


def kinds_of(trust_codes: Sequence[str] | pd.Series, trusts: pd.DataFrame) -> pd.Series:
    """Give each trust's kind.

    Parameters
    ----------
    trust_codes : sequence of str
    trusts : pandas.DataFrame
        ``trust_code`` and ``kind``, from :func:`race_equality.store.trusts.read_trusts`.

    Returns
    -------
    pandas.Series of str
        In the order of the codes; "" for a code that is no trust's. The demonstration trust is an acute one.
    """
    known = {
        DEMONSTRATION_CODE: DEMONSTRATION_KIND,
        **dict(zip(trusts["trust_code"], trusts["kind"].fillna(""), strict=True)),
    }
    codes = trust_codes if isinstance(trust_codes, pd.Series) else pd.Series(list(trust_codes), dtype="object")
    return codes.map(known).fillna("").astype("str")


def funnel_of_kind(rows: pd.DataFrame) -> Funnel:
    """Draw the funnel of trusts of one kind.

    Parameters
    ----------
    rows : pandas.DataFrame
        A row for each trust of the kind with a figure: ``trust_code``, ``count`` and ``people``.

    Returns
    -------
    race_equality.statistics.funnel.Funnel
        Its centre and spread are those of the real trusts: the demonstration trust is placed among them and changes
        nothing for them.
    """
    real = (rows["trust_code"] != DEMONSTRATION_CODE).to_numpy()
    count, people = rows["count"].to_numpy(dtype="float64"), rows["people"].to_numpy(dtype="float64")
    return funnel_limits(count, people, learn_from=real)


def positions(rows: pd.DataFrame, trusts: pd.DataFrame) -> np.ndarray:
    """Place each trust in a funnel over the real ones of its kind.

    Parameters
    ----------
    rows : pandas.DataFrame
        A row for each trust with a figure: ``trust_code``, ``count`` and ``people``.
    trusts : pandas.DataFrame
        ``trust_code`` and ``kind`` of every trust.

    Returns
    -------
    numpy.ndarray of str
        As :attr:`race_equality.statistics.funnel.Funnel.position`; empty text for a trust whose kind is not known or has
        fewer than :data:`FEWEST_OF_A_KIND` real trusts with anybody.

    References
    ----------
    As :func:`race_equality.statistics.funnel.funnel_limits`.
    """
    position = np.full(len(rows), "", dtype=object)
    kinds = kinds_of(rows["trust_code"], trusts).to_numpy()
    teaches = ((rows["trust_code"] != DEMONSTRATION_CODE) & (rows["people"] > 0)).to_numpy()
    for kind in np.unique(kinds):
        here = kinds == kind
        if kind and teaches[here].sum() >= FEWEST_OF_A_KIND:
            position[here] = funnel_of_kind(rows[here]).position
    return position


@cached(to_disk=True)  # of all trusts, for every trust's notebook
def among_their_kind(shares: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Place each trust among the trusts of its kind, for each measure and period.

    Parameters
    ----------
    shares : pandas.DataFrame
        ``trust_code``, ``indicator``, ``period_end``; the number of people or answers as ``people`` or ``base``, and how
        many of them as ``count`` or by ``percent``.
    trusts : pandas.DataFrame
        ``trust_code`` and ``kind`` of every trust.

    Returns
    -------
    pandas.DataFrame
        With ``kind`` and ``position``, from :func:`kinds_of` and :func:`positions`; both "" for England, and no position
        without a figure.
    """
    people = shares["people"] if "people" in shares.columns else shares["base"]
    count = shares["count"] if "count" in shares.columns else shares["percent"] * people / 100
    rows = shares[["trust_code", "indicator", "period_end"]].assign(count=count.clip(upper=people), people=people)
    position = pd.Series("", index=shares.index, dtype="str")
    for _, same in rows[(rows["trust_code"] != ENGLAND_CODE) & people.notna()].groupby(["indicator", "period_end"]):
        position.loc[same.index] = positions(same, trusts)
    return shares.assign(kind=kinds_of(shares["trust_code"], trusts), position=position)


def direction_of(position: np.ndarray, adverse_when: str) -> np.ndarray:
    """Say which way a position in the funnel is.

    Parameters
    ----------
    position : numpy.ndarray of str
        From :func:`positions`.
    adverse_when : {"higher", "lower"}

    Returns
    -------
    numpy.ndarray of str
        ``"adverse"``, ``"favourable"``, ``"unclear"`` within the limits, ``"none"`` without data, and ``"not compared"``
        where there are too few trusts of the kind.
    """
    high = np.char.startswith(position.astype(str), "above")
    low = np.char.startswith(position.astype(str), "below")
    adverse, favourable = (high, low) if adverse_when == "higher" else (low, high)
    return np.select(
        [adverse, favourable, position == "within limits", position == ""],
        ["adverse", "favourable", "unclear", "not compared"],
        "none",
    )
