"""A change is called where there is one, and seldom where there is none: slopes of four surveys, months of a waiting list."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module")
def calls():
    """benchmarks/change_calls.py as a module: docs/statistics_coverage.md has its full tables."""
    path = Path(__file__).parents[2] / "benchmarks" / "change_calls.py"
    spec = importlib.util.spec_from_file_location("change_calls", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_point_a_year_is_seen_in_four_trusts_of_five(calls):
    """About 600 simulated trusts with the respondents and the scatter of the real ones: a standard error of 1.5 points."""
    found = calls.slopes(np.random.default_rng(1), 3, 1.0)
    assert found.called >= 0.80
    assert found.called_alone < 0.80  # from a trust's own four surveys: why the scatter is pooled
    assert 0.925 <= found.covered <= 0.98


def test_no_slope_is_seldom_called_one_and_the_scatter_is_recovered(calls):
    found = calls.slopes(np.random.default_rng(2), 3, 0.0)
    assert found.called <= 0.075
    assert found.scatter == pytest.approx(calls.panel().spread.variance, rel=0.35)


@pytest.mark.parametrize("autocorrelation", [0.0, 0.8])
def test_a_series_without_a_trend_is_seldom_called_a_change(calls, autocorrelation):
    """480 series: a standard error of 1 point at 5%."""
    found = calls.months(np.random.default_rng(3), 3, autocorrelation)
    assert found["pooled"] < 0.05
    if autocorrelation:
        assert found["published"] > 0.15  # what the rules for independent months say of it


def test_a_real_shift_is_still_seen(calls):
    found = calls.months(np.random.default_rng(4), 10, 0.8, change="a shift of 4 in the last 12 months")
    assert found["pooled"] > 0.80


def test_the_documented_tables_keep_their_promise(calls):
    document = Path(__file__).parents[2] / "docs" / "statistics_coverage.md"
    lines = document.read_text(encoding="utf-8").split("# How often a change is called")[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith(("| 0", "| 1"))]
    slopes = {row[0]: [float(cell) for cell in row[1:]] for row in rows if len(row) == 5}
    months = {tuple(row[:3]): [float(cell) for cell in row[3:]] for row in rows if len(row) == 6}
    assert all(94.0 <= row[0] <= 96.5 for row in slopes.values())
    assert slopes["1"][1] >= 80.0
    assert slopes["0"][1] <= 6.0
    calm = {key: row for key, row in months.items() if key[2] == "no change"}
    assert len(calm) == 15
    assert all(row[2] < 5.0 for key, row in calm.items() if key[1] == "24")
