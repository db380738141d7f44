"""Organisations invented for measuring: none of them real, and no real one's figure among them."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.store.figures import read_figures
from race_equality.store.schema import check_figures
from race_equality.store.trusts import read_trust_list

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def invent():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from invented import invent

    sys.path.remove(str(ROOT / "benchmarks"))
    return invent


def test_no_real_organisation_and_the_same_figures_each_time(invent, tmp_path):
    one, two = (invent(Project(ROOT), tmp_path / name, 5) for name in ("one", "two"))
    figures = read_figures(project=one)
    pd.testing.assert_frame_equal(figures, read_figures(project=two))
    listed = read_trust_list(project=Project(ROOT))
    real = set(listed.kinds) | {succession.old_code for succession in listed.successions}
    assert real.isdisjoint(figures["trust_code"])
    assert {f"Z000{i}" for i in range(5)} <= set(figures["trust_code"])
    assert list(read_trust_list(project=one).kinds) == [f"Z000{i}" for i in range(5)]
    for source, rows in figures.groupby("source"):
        check_figures(rows.reset_index(drop=True), origin=source)


def test_there_are_codes_for_ten_thousand(invent, tmp_path):
    with pytest.raises(RaceEqualityError, match="At most 10000"):
        invent(Project(ROOT), tmp_path / "many", 10_001)
