"""95% intervals hold the truth in 94 to 96.5 of 100 simulated trusts, and docs/ shows it."""

from __future__ import annotations

import re

import numpy as np
import pytest

#: Simulated trusts a cell here; the full grid with 20,000 is in docs/statistics_coverage.md. With 4,000 the
#: estimate itself has a standard error of 0.35 points, hence the margin.
SIZE, MARGIN = 4_000, 0.009

TABLES = [
    "A percentage: Wilson",
    "A count: exact under 10, Byar from 10",
    "A gap: Newcombe",
    "A gap: Miettinen-Nurminen",
    "A relative likelihood: SCAS",
    "A relative likelihood: Koopman",
    "A relative likelihood over pay bands: stratified SCAS",
]


@pytest.mark.parametrize("title", TABLES)
def test_coverage_on_the_grid(simulation, title):
    for cell in simulation.TABLES[title](np.random.default_rng(8), SIZE):
        least = simulation.LEAST_WITH_FEW if cell.few else simulation.LEAST
        assert cell.coverage >= least - MARGIN, cell
        assert cell.few or cell.coverage <= simulation.MOST + MARGIN, cell


@pytest.mark.parametrize("title", ["Yearly trend", "Association across trusts"])
def test_coverage_of_series_and_associations(simulation, title):
    """400 series a cell: a standard error of 1.1 points."""
    for cell in simulation.TABLES[title](np.random.default_rng(9), SIZE):
        assert cell.coverage >= simulation.LEAST - 0.03, cell
        assert cell.few or cell.coverage <= simulation.MOST + 0.03, cell


def test_equal_tails_of_scas(simulation):
    """What the skewness correction is for (Laud 2017): misses fall on both sides alike, groups unequal."""
    from race_equality.statistics.ratios import ratio_interval

    rng = np.random.default_rng(10)
    x1, x2 = rng.binomial(100, 0.1, 20_000), rng.binomial(1000, 0.1, 20_000)
    missed = {}
    for method in ("scas", "koopman"):
        found = ratio_interval(x1, 100, x2, 1000, method)
        missed[method] = (found.lower > 1).mean(), (found.upper < 1).mean()
    assert missed["scas"] == pytest.approx((0.025, 0.025), abs=0.006)
    low, high = missed["koopman"]
    assert abs(low - high) > abs(missed["scas"][0] - missed["scas"][1])


def test_the_documented_table_keeps_its_promise(simulation):
    text = simulation.DOCUMENT.read_text(encoding="utf-8")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(simulation.TABLES)
    rows = re.findall(r"^\| (.+) \| (\d+\.\d)%( †)? \|$", text, flags=re.MULTILINE)
    assert len(rows) > 150
    for situation, coverage, dagger in rows:
        least = simulation.LEAST_WITH_FEW if dagger else simulation.LEAST
        assert float(coverage) >= 100 * least, situation
        assert dagger or float(coverage) <= 100 * simulation.MOST, situation
