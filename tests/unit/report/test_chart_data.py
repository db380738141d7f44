"""A table's values in a chart are those that Altair would write."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd
import pytest

from race_equality.report import chart_data

TABLE = pd.DataFrame(
    {
        "name": pd.Series(["A", None, "ü"], dtype="str"),
        "percent": pd.array([1.5, None, 0.1 + 0.2], dtype="Float64"),
        "gap": [math.nan, math.inf, -0.0],
        "people": [3, 2, 1],
        "small": np.array([3, 2, 1], dtype="int32"),
        "here": [True, False, True],
        "month": pd.to_datetime(["2024-03-31", None, "2025-03-31 12:30:00.5"], format="ISO8601").astype(
            "datetime64[us]"
        ),
        "nanoseconds": pd.to_datetime(["2024-03-31", None, "2025-03-31 12:30:00.000000005"], format="ISO8601").astype(
            "datetime64[ns]"
        ),
    },
    index=[5, 5, 7],
)
#: What has to be left to Altair.
OTHERS = pd.DataFrame(
    {
        "kind": pd.Categorical(["a", None, "b"]),
        "count": pd.array([1, None, 2], dtype="Int64"),
        "object": [None, "x", 3],
        "lists": [[1], np.array([2.5]), None],
        "single": np.array([1, math.nan, 2], dtype="float32"),
        "unsigned": np.array([1, 2, 3], dtype="uint8"),
        "zoned": pd.to_datetime(["2024-03-31", None, "2025-03-31"]).tz_localize("Europe/London"),
        "old": pd.Series(["a", None, "c"], dtype="string"),
    }
)


def same(found, expected):
    """Equal, type by type: 1, 1.0 and True are equal in Python and not in JSON."""
    assert found == expected
    for row, other in zip(found["values"], expected["values"], strict=True):
        assert list(row) == list(other)
        assert [type(value) for value in row.values()] == [type(value) for value in other.values()]


@pytest.mark.parametrize("columns", [[name] for name in TABLE] + [list(TABLE)], ids=str)
def test_values_are_those_of_altair(columns):
    same(chart_data.values(TABLE[columns]), alt.default_data_transformer(TABLE[columns]))


@pytest.mark.parametrize("column", OTHERS)
def test_other_types_are_left_to_altair(column):
    table = TABLE.reset_index(drop=True).join(OTHERS[[column]])
    same(chart_data.values(table), alt.default_data_transformer(table))


@pytest.mark.parametrize(
    "table",
    [TABLE.iloc[:0], TABLE[[]], pd.DataFrame(index=[1, 2]), pd.DataFrame([[1, 2]]), {"values": [{"a": 1}]}],
    ids=["no rows", "no columns", "an index alone", "columns by number", "no table"],
)
def test_odd_tables(table):
    assert chart_data.values(table) == alt.default_data_transformer(table)


def test_what_altair_refuses_is_refused():
    with pytest.raises(alt.MaxRowsError):
        chart_data.values(pd.DataFrame({"a": range(5001)}))
    with pytest.raises(ValueError, match="not supported"):
        chart_data.values(pd.DataFrame({"a": pd.to_timedelta([1])}))
    with pytest.raises(ValueError, match="must be strings"):
        chart_data.values(pd.DataFrame({1: [2], "b": [3]}))


def test_charts_use_it():
    import race_equality.report.charts  # noqa: F401

    assert alt.data_transformers.active == "race_equality"
