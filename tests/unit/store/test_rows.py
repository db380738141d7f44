"""Rows of a table."""

from __future__ import annotations

import pandas as pd
import pytest

from race_equality.store.rows import rows_of

TABLE = pd.DataFrame(
    {
        "name": pd.Series(["A", None], dtype="str"),
        "day": pd.to_datetime(["2024-03-31", None]).astype("datetime64[us]"),
        "value": pd.array([1.5, None], dtype="Float64"),
        "plain": [0.5, 2.0],
        "count": [3, 2],
        "is ok": [True, False],
    },
    index=["first", "second"],
)


@pytest.mark.parametrize(
    "table", [TABLE, TABLE.iloc[:0], TABLE.astype({"name": "category"})], ids=["rows", "none", "kinds"]
)
def test_rows_are_those_of_pandas(table):
    """With the same names and the same types of cells, as sentences are written from them."""
    found, expected = list(rows_of(table)), list(table.itertuples())
    assert [row._fields for row in found] == [row._fields for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert [type(cell) for cell in one] == [type(cell) for cell in other]
        assert [repr(cell) for cell in one] == [repr(cell) for cell in other]
