"""The assumptions log: its code is there, its page is what it says now, and its ratings are those that are counted."""

from __future__ import annotations

import importlib.util
import re
from importlib import import_module

import pytest

from race_equality.definitions.assumptions import ASSUMPTIONS, HIGH_FROM, MEDIUM_FROM, version_of
from race_equality.project import Project
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def log():
    """benchmarks/assumptions.py as a module."""
    spec = importlib.util.spec_from_file_location("assumptions_log", ROOT / "benchmarks" / "assumptions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def counted(log):
    return log.measured(Project(ROOT))


@pytest.fixture(scope="module")
def moved(counted):
    return {one.assumption: one for one in counted}


@pytest.mark.parametrize("one", ASSUMPTIONS, ids=lambda one: one.id)
def test_what_an_assumption_names_is_there(one):
    for name in one.code:
        module, _, attribute = name.partition(":")
        assert hasattr(import_module(module), attribute), name
    assert one.code
    ids = [other.id for other in ASSUMPTIONS]
    assert set(one.depends_on) <= set(ids) - {one.id}
    assert set(re.findall(r"\bA\d\d\b", one.if_wrong)) <= set(ids)
    # pages with their sections, and files
    for page, heading in re.findall(r"(docs/\w+\.md)(?:, \*([^*]+)\*)?", one.evidence):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert heading.casefold() in text.casefold(), f"{page} says nothing of {heading}"
    for name in re.findall(r"`([\w/]+/[\w.]+)`", one.evidence):
        assert (ROOT / name.rstrip("/")).exists(), name


def test_ids_stay_apart_and_another_record_is_another_version():
    ids = [one.id for one in ASSUMPTIONS]
    assert ids == sorted(set(ids))
    assert version_of(ASSUMPTIONS[1:]) != version_of()


def test_the_page_is_what_is_counted_now(log, counted):
    assert log.PAGE.read_text(encoding="utf-8") == log.page(counted), "run: python benchmarks/assumptions.py"


def test_ratings_are_those_that_are_counted(moved):
    rated = {one.id: one.sensitivity for one in ASSUMPTIONS}
    found = {
        id: "high" if one.share >= HIGH_FROM else "medium" if one.share >= MEDIUM_FROM else "low"
        for id, one in moved.items()
    }
    assert found == {id: rated[id] for id in found}
    assert len(found) > len(ASSUMPTIONS) / 2


def test_the_counts_are_those_that_other_tests_hold(moved):
    """What docs/statistics.md says of the same figures, where other code and other tests count it."""
    text = " ".join((ROOT / "docs" / "statistics.md").read_text(encoding="utf-8").split())
    worse, better, gaps = re.search(r"(\d+) are clear and adverse and (\d+) clear and favourable", text).groups() + (
        616,
    )
    assert moved["A17"].used.split()[0] == str(int(worse) + int(better))
    assert str(gaps) in moved["A17"].counted
    still = [int(n) for n in re.findall(r"(\d+) of \d+ \(WRES \d\)", text)]
    assert len(still) == 4
    assert f"{sum(still)} whichever way they differ by up to 5 points" in moved["A13"].otherwise
    # waits under 18 weeks: "improving" at 129 of 162 trusts and are at 45; "getting worse" at 12, and are at 4
    before, of, now, worse_before, worse_now = re.search(
        r'"improving" at (\d+) of (\d+) trusts and are at (\d+); "getting worse" at (\d+), and are at (\d+)', text
    ).groups()
    assert moved["A20"].counted.startswith(f"trusts of {of} ")
    assert moved["A20"].used.startswith(f"{int(now) + int(worse_now)} ")
    assert moved["A20"].otherwise[0].startswith(f"{int(before) + int(worse_before)} ")


def test_a_wider_interval_leaves_fewer_gaps_clear(moved):
    (narrow, wide), used = (moved["A15"].otherwise, moved["A15"].used)
    assert int(narrow.split()[0]) > int(used.split()[0]) > int(wide.split()[0])
