"""Where a trust's share lies among all trusts: in a funnel, which allows for chance and for their ordinary variation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.statistics.funnel import funnel_limits


def positions(rows: pd.DataFrame) -> np.ndarray:
    """Place each trust in a funnel over the real ones.

    Parameters
    ----------
    rows : pandas.DataFrame
        A row for each trust with a figure: ``trust_code``, ``count`` and ``people``.

    Returns
    -------
    numpy.ndarray of str
        As :attr:`race_equality.statistics.funnel.Funnel.position`; empty text where no real trust has anybody. The
        demonstration trust changes nothing for real ones.

    References
    ----------
    As :func:`race_equality.statistics.funnel.funnel_limits`.
    """
    real = (rows["trust_code"] != DEMONSTRATION_CODE).to_numpy()
    count, total = rows["count"].to_numpy(dtype="float64"), rows["people"].to_numpy(dtype="float64")
    position = np.full(len(rows), "", dtype=object)
    if not real.any() or total[real].sum() == 0:
        return position
    target = count[real].sum() / total[real].sum()
    position[real] = funnel_limits(count[real], total[real], target=target).position
    if not real.all():
        position[~real] = funnel_limits(count, total, target=target).position[~real]
    return position


def with_positions(shares: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Place each trust in a funnel for each measure.

    Parameters
    ----------
    shares : pandas.DataFrame
        ``trust_code``, ``count``, ``people`` and the columns of `by`.
    by : list of str
        What trusts are compared within: the measure, and the period where it is not the same for all.

    Returns
    -------
    pandas.DataFrame
        With ``position``, from :func:`positions`.
    """
    position = pd.Series("", index=shares.index, dtype="str")
    for _, rows in shares.groupby(by):
        position.loc[rows.index] = positions(rows)
    return shares.assign(position=position)


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
        ``"adverse"``, ``"favourable"``, ``"unclear"`` within the limits, ``"none"`` without data.
    """
    high = np.char.startswith(position.astype(str), "above")
    low = np.char.startswith(position.astype(str), "below")
    adverse, favourable = (high, low) if adverse_when == "higher" else (low, high)
    return np.select([adverse, favourable, position == "within limits"], ["adverse", "favourable", "unclear"], "none")
