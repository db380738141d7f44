"""How often a change is called where there is one and where there is none, by simulation.

``python benchmarks/coverage.py`` writes these tables at the end of docs/statistics_coverage.md; this file alone makes them in
two minutes (``python benchmarks/change_calls.py``) and writes nothing. Surveys have the numbers of respondents, the levels and
the scatter that trusts have in the panel of four surveys; months are autoregressive of order one.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from race_equality.analysis import survey
from race_equality.statistics.process_control import pooled_autocorrelation, xmr
from race_equality.statistics.trend import Spread, pooled_spread, trend
from race_equality.store.figures import read_figures

#: As many trusts as have a waiting list, about; their autocorrelation is estimated together.
TRUSTS = 160


class Panel(NamedTuple):
    """Respondents and mean percentage of each trust, surveys by trust, and how they scatter."""

    years: np.ndarray
    base: np.ndarray
    level: np.ndarray
    spread: Spread


@cache
def panel() -> Panel:
    """The surveys that the pages show."""
    figures = read_figures(local=False)
    rows = survey._discrimination_of_all_by_year(figures)
    rows = rows[rows["trust_code"] != "DEMO"]
    table = rows.pivot(index="trust_code", columns="year", values=["base", "percent"]).dropna()
    return Panel(
        table["base"].columns.to_numpy(dtype="float64"),
        table["base"].to_numpy(),
        table["percent"].mean(axis=1).to_numpy(),
        survey._spread_of_surveys(figures),
    )


class Slopes(NamedTuple):
    """Shares of simulated trusts."""

    covered: float
    called: float
    called_alone: float
    called_of_the_smallest: float
    scatter: float


def slopes(rng: np.random.Generator, runs: int, slope: float) -> Slopes:
    """Simulate the panel with one slope for all, in points a year: intervals that hold it, and trusts called.

    ``called_alone`` is without the other trusts; ``called_of_the_smallest`` of the quarter with the fewest respondents.
    """
    real = panel()
    base = np.round(real.base)
    smallest = base.mean(axis=1) <= np.quantile(base.mean(axis=1), 0.25)
    covered, called, alone, scatter = [], [], [], []
    for _ in range(runs):
        truth = real.level[:, np.newaxis] + slope * (real.years - real.years.mean())
        moved = truth + rng.normal(0, np.sqrt(real.spread.variance), truth.shape)
        count = rng.binomial(base.astype(int), np.clip(moved / 100, 0.002, 0.998))
        percent = 100 * count / base
        share = (count + 0.5) / (base + 1)
        error = 100 * np.sqrt(share * (1 - share) / base)
        spread = pooled_spread(real.years, percent, error)
        scatter.append(spread.variance)
        for y, e in zip(percent, error, strict=True):
            found = trend(real.years, y, e, spread=spread)
            covered.append(found.lower <= slope <= found.upper)
            called.append(found.direction in ("rising", "falling"))
            alone.append(trend(real.years, y, e).direction in ("rising", "falling"))
    shares = np.reshape(called, (runs, -1))
    return Slopes(
        float(np.mean(covered)),
        float(np.mean(called)),
        float(np.mean(alone)),
        float(shares[:, smallest].mean()),
        float(np.mean(scatter)),
    )


def autoregressive(rng: np.random.Generator, series: int, months: int, autocorrelation: float) -> np.ndarray:
    """Series with a standard deviation of 1 and no change, a row each."""
    values = np.empty((series, months))
    values[:, 0] = rng.standard_normal(series)
    noise = rng.standard_normal((series, months)) * np.sqrt(1 - autocorrelation**2)
    for month in range(1, months):
        values[:, month] = autocorrelation * values[:, month - 1] + noise[:, month]
    return values


#: What is added to a series, by the months from its first on.
CHANGES = {
    "no change": lambda month: 0.0 * month,
    "a shift of 3 in the last 12 months": lambda month: 3.0 * (month >= month[-1] - 11),
    "a shift of 3 in the last 6 months": lambda month: 3.0 * (month >= month[-1] - 5),
    "a shift of 4 in the last 12 months": lambda month: 4.0 * (month >= month[-1] - 11),
    "a straight line that rises by 4": lambda month: 4.0 * month / month[-1],
}


def months(
    rng: np.random.Generator, runs: int, autocorrelation: float, length: int = 24, change: str = "no change"
) -> dict[str, float]:
    """Share of series called "improving" or "getting worse" at their last month, by rule.

    One trust in ten changes, all others do not, and those that change are counted ("no change": all). Rules: ``published``
    (Making Data Count), ``own`` (limits for the series' own autocorrelation) and ``pooled`` (for that of all trusts).
    """
    called: dict[str, list[bool]] = {"published": [], "own": [], "pooled": []}
    month = np.arange(length)
    for _ in range(runs):
        values = autoregressive(rng, TRUSTS, length, autocorrelation)
        counted = TRUSTS if change == "no change" else TRUSTS // 10
        values[:counted] += CHANGES[change](month)
        alike = pooled_autocorrelation(list(values))
        for one in values[:counted]:
            for rule, widened in (("published", 0.0), ("own", None), ("pooled", alike)):
                if widened is None:
                    widened = pooled_autocorrelation([one])
                icon = xmr(one, autocorrelation=widened).variation_icon
                called[rule].append(icon != "common cause")
    return {rule: float(np.mean(found)) for rule, found in called.items()}


def section(seed: int = 2026, size: int = 24) -> list[str]:
    """The tables as lines of Markdown."""
    lines = [
        "# How often a change is called",
        "",
        "Shares in per cent. Made by the same command, from `benchmarks/change_calls.py`; the seed is fixed.",
        "",
        "### A slope of four surveys",
        "",
        f"All {len(panel().base)} trusts with the respondents and the level that they have, and with the scatter between surveys",
        f"that they have: {np.sqrt(panel().spread.variance):.2f} points beyond the chance of who answered. *Pooled* is what the",
        "pages use: the scatter of all trusts. *Alone* takes it from the trust's own four surveys, as the pages did before.",
        "",
        "| slope, points a year | intervals that hold it | called, pooled | called, alone | called, pooled, of the quarter with the fewest respondents |",
        "|---|---|---|---|---|",
    ]
    for slope in (0.0, 0.5, 1.0):
        found = slopes(np.random.default_rng([seed, int(10 * slope)]), size, slope)
        shares = (found.covered, found.called, found.called_alone, found.called_of_the_smallest)
        lines.append(f"| {slope:g} | " + " | ".join(f"{100 * share:.1f}" for share in shares) + " |")
    lines += [
        "",
        "### A month among months that resemble each other",
        "",
        f'Groups of {TRUSTS} series with a standard deviation of 1 and a lag-1 autocorrelation, called "improving" or "getting',
        'worse" at the last month. *As published* are the rules of Making Data Count; *own* widens the limits for the',
        "autocorrelation of the series itself, *pooled* for that of all series together, which is what the pages use. Where",
        "something changes, it does in one series of ten, and these are counted.",
        "",
        "| autocorrelation | months | what happens | as published | own | pooled |",
        "|---|---|---|---|---|---|",
    ]
    cells = [(alike, length, "no change") for length in (24, 12, 8) for alike in (0.0, 0.3, 0.5, 0.8, 0.9)]
    cells += [(alike, 24, change) for alike in (0.0, 0.8) for change in CHANGES if change != "no change"]
    for number, (alike, length, change) in enumerate(cells):
        runs = size // 8 if change == "no change" else size
        found = months(np.random.default_rng([seed, 100 + number]), runs, alike, length, change)
        shares = " | ".join(f"{100 * found[rule]:.1f}" for rule in ("published", "own", "pooled"))
        lines.append(f"| {alike:g} | {length} | {change} | {shares} |")
    return [*lines, ""]


if __name__ == "__main__":
    print("\n".join(section()))
