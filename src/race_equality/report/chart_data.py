"""Tables as the values of a chart, as Altair writes them and in a fifth of the time.

Registered as Altair's data transformer wherever :mod:`race_equality.report.charts` is imported.
"""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd

#: Altair's own limit: above it, Altair is asked, and says what to do.
_MOST_ROWS = 5000


def values(data: Any = None) -> Any:
    """Give a table's rows as Altair's default transformer does.

    Parameters
    ----------
    data : pandas.DataFrame or anything else that Altair takes

    Returns
    -------
    dict
        ``{"values": [...]}``: missing and infinite numbers are null, days and times are ISO texts.

    Notes
    -----
    Altair converts a table column by column through a copy of objects, 5 ms for a small one. What is
    not a plain table of text, numbers, truth values and times is left to Altair.
    """
    if isinstance(data, pd.DataFrame) and len(data) <= _MOST_ROWS and data.shape[1] and _names_are_plain(data):
        names = list(data.columns)
        columns = [_plain(column) for _, column in data.items()]
        if all(column is not None for column in columns):
            return {"values": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]}
    return alt.default_data_transformer(data)


alt.data_transformers.register("race_equality", values)
alt.data_transformers.enable("race_equality")


def _names_are_plain(data: pd.DataFrame) -> bool:
    return (
        data.columns.nlevels == data.index.nlevels == 1
        and data.columns.is_unique
        and all(isinstance(name, str) for name in data.columns)
    )


def _plain(column: pd.Series) -> list | None:
    """Give a column as values of Python, or None for a type that is Altair's to convert."""
    dtype = column.dtype
    if dtype == "str":
        return [None if value is pd.NA or value != value else value for value in column.tolist()]
    if isinstance(dtype, pd.Float64Dtype):
        column, dtype = column.astype("float64"), column.to_numpy(dtype="float64", na_value=math.nan).dtype
    if dtype == "float64":
        return [value if math.isfinite(value) else None for value in column.tolist()]
    if dtype in ("int64", "int32", "bool"):
        return column.tolist()
    if dtype in ("datetime64[us]", "datetime64[ns]", "datetime64[s]"):
        return ["" if value is pd.NaT else value.isoformat() for value in column]
    return None
