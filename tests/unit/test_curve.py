"""What the curve of benchmarks/curve.py says is worked out from what was measured, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


def measured(organisations, **more):
    """A measurement in which each organisation costs 2 and everything once 30."""
    from curve import QUANTITIES

    return {
        "organisations": organisations,
        "on": "22 November 2026",
        "jobs": 2,
        "load": 0.1,
        "each": 2.0,
        "once": 30.0,
        "roles": {"Pandoc": 0.5 * organisations},
        "failed": [],
        "made": organisations,
        **dict.fromkeys(QUANTITIES, 30.0 + 2.0 * organisations),
        **more,
    }


def row_of(text, first):
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip(" *") for cell in line.split("|")[2:-1]]


def test_a_cost_that_is_flat_is_said_to_be():
    from curve import report

    text = report([measured(20), measured(200), measured(2000)])
    assert row_of(text, "of it a further report") == ["2.00", "2.00", "2.00"]
    # (30 + 2 n) / n
    assert row_of(text, "**an organisation, every page made**") == ["3.50", "2.15", "2.02"]
    assert row_of(text, "Pandoc") == ["0.50", "0.50", "0.50"]


def test_the_paper_is_checked_against_the_largest_and_carried_on():
    from curve import report

    text = report([measured(20), measured(200), measured(2000, first_page=8060.0)])
    *_, wall = (line for line in text.splitlines() if line.startswith("| wall seconds, all built"))
    assert [cell.strip() for cell in wall.split("|")[2:-1]] == ["4,030", "4,030", "+0%", "20,030"]
    *_, first = (line for line in text.splitlines() if line.startswith("| the first page"))
    # 4,030 were reckoned; from 430 at 200 to 8,060 at 2,000 are 4.23889 each
    assert [cell.strip() for cell in first.split("|")[2:-1]] == ["4,030", "8,060", "+100%", "41,971"]


def test_pages_that_were_not_made_are_named():
    from curve import report

    text = report([measured(20, failed=["trusts/Z0001.ipynb"])])
    assert "1 pages could not be made" in text and "trusts/Z0001.ipynb" in text
    assert "on paper" not in text
