"""Rows and groups of a table, for loops.

The type of a column is known when a program runs, and to no type checker: pandas' own types call a cell of a row,
and the value that a group shares, anything from a text to an interval, so that no arithmetic and no look-up passes.
Here they are ``Any``, in one place.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from race_equality.definitions.codes import DEMONSTRATION_CODE

if TYPE_CHECKING:
    import pandas as pd


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows of a table.

    Parameters
    ----------
    table : pandas.DataFrame

    Yields
    ------
    namedtuple
        ``row.percent`` is the cell of the column ``percent``, ``row.Index`` the label of the row.

    Notes
    -----
    As ``table.itertuples()``, which makes a text of Arrow out of each cell by itself, eight times slower.
    """
    row = _type_of_row(tuple(table.columns))
    # a Series of each column would take longer than its cells; this is private to pandas
    columns = table._iter_column_arrays()  # type: ignore[operator]
    cells = (
        column.tolist() if isinstance(column, np.ndarray) or column.dtype == "str" else column for column in columns
    )
    return map(row._make, zip(table.index, *cells, strict=True))


@lru_cache(maxsize=256)  # Python compiles the type each time, which takes longer than a table of some rows
def _type_of_row(columns: tuple[Any, ...]) -> Any:
    return namedtuple("row", ["Index", *columns], rename=True)


def groups_of(table: pd.DataFrame, by: str | list[str], *, sort: bool = True) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Go through the groups of a table.

    Parameters
    ----------
    table : pandas.DataFrame
    by : str or list of str
        The column, or the columns, that a group's rows share.
    sort : bool
        Whether groups come in the order of their values, or else of their first rows.

    Yields
    ------
    (value, pandas.DataFrame)
        The value that the rows share (for several columns the tuple of their values), and the rows.
    """
    return iter(table.groupby(by, sort=sort))


def row_at(table: pd.DataFrame, label: Any) -> pd.Series:
    """Return the row of a label.

    Parameters
    ----------
    table : pandas.DataFrame
    label : hashable
        In the index of the table once.

    Returns
    -------
    pandas.Series
    """
    return table.loc[label]


def without_demonstration(figures: pd.DataFrame) -> pd.DataFrame:
    """Leave out the demonstration trust's invented figures, which say nothing of published ones.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, or any table with the column ``trust_code``.

    Returns
    -------
    pandas.DataFrame
        The other rows. Where the invented ones are the last, as in all figures without any return, it shares the memory of
        `figures`, which each page on all trusts would else copy.
    """
    is_invented = (figures["trust_code"] == DEMONSTRATION_CODE).to_numpy(dtype=bool)
    last = len(figures) - int(is_invented.sum())
    return figures.iloc[:last] if is_invented[last:].all() else figures[~is_invented]
