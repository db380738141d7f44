"""Which rows are about some of the trusts."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: A comparator of fewer other trusts than this says too little of what is usual, and with none it is the trust alone.
#: Where a set has fewer (the peers that a trust chose itself), all of them are enough.
FEWEST_OTHERS = 3


def is_one_of(codes: pd.Series, chosen: Collection[str]) -> np.ndarray:
    """Say which of a column's codes are among some.

    Parameters
    ----------
    codes : pandas.Series of str
    chosen : collection of str

    Returns
    -------
    numpy.ndarray of bool

    Notes
    -----
    As ``codes.isin(chosen)``, which turns each code that is chosen into an Arrow scalar and back: with a
    thousand trusts of a kind that was a twentieth of a report.

    Examples
    --------
    >>> is_one_of(pd.Series(["RJ1", "RV5", "RJ1"]), {"RJ1"}).tolist()
    [True, False, True]
    """
    array = pa.array(codes.array)
    wanted = pa.array(list(chosen), type=array.type)
    return pc.is_in(array, value_set=wanted).to_numpy(zero_copy_only=False)
