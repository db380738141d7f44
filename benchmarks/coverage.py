"""How often the intervals hold the truth, by simulation at the sizes and rates of trusts.

``python benchmarks/coverage.py`` writes docs/statistics_coverage.md (half an hour, nearly all of it for the last three
tables); ``python benchmarks/coverage.py TITLE ...`` makes the tables that are named again. A cell is
for trusts of about that size and rate: every simulated trust has its own, between four fifths and five
fourths of the cell's, because coverage at one exact rate jumps with every whole number of people.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from race_equality.analysis.funnel_position import kinds_of
from race_equality.analysis.survey import survey_answers
from race_equality.analysis.wres import staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.publishable import publishable_figures
from race_equality.statistics.association import rank_correlation
from race_equality.statistics.funnel import Funnel, funnel_limits
from race_equality.statistics.gradient import slope_index
from race_equality.statistics.intervals import count_interval, difference_interval, wilson_interval
from race_equality.statistics.linked_gaps import linked_gaps
from race_equality.statistics.pooling import pooled_gaps, pooled_proportions
from race_equality.statistics.ratios import ratio_interval, stratified_ratio_interval
from race_equality.statistics.trend import change_spread, mean_change, pooled_spread, trend
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts

#: 95% intervals must cover this much...
LEAST, MOST = 0.94, 0.965
#: ...where each group can expect this many events (and non-events). With fewer, no method can: whole
#: numbers are too coarse. There an interval may cover more, and little less.
FEW_EVENTS, LEAST_WITH_FEW = 3, 0.93
#: Of limits of 99.8%.
LEAST_998, MOST_998 = 0.996, 0.999
#: The spread between trusts that a funnel finds must be, on average, this much of the true one.
LEAST_SPREAD, MOST_SPREAD = 0.95, 1.05

DOCUMENT = Path(__file__).parent.parent / "docs" / "statistics_coverage.md"


class Cell(NamedTuple):
    """One line of the table: what was simulated, how often it covered, and whether events are few."""

    situation: str
    coverage: float
    few: bool
    level: float = 0.95

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and most that it may be; where events are few, or nothing is to be seen, there is no most."""
        if self.level == 0.998:
            return LEAST_998, 1.0 if self.few else MOST_998
        return LEAST_WITH_FEW if self.few else LEAST, 1.0 if self.few else MOST

    @property
    def printed(self) -> str:
        """The coverage as the document has it."""
        return f"{self.coverage:.{1 if self.level == 0.95 else 2}%}{' †' if self.few else ''}"


def covered(interval, truth) -> float:
    """Share of intervals that hold the truth."""
    return float(((interval[0] <= truth + 1e-12) & (truth - 1e-12 <= interval[1])).mean())


def _about(rng: np.random.Generator, value: float, size: int) -> np.ndarray:
    return value * rng.uniform(0.8, 1.25, size)


def _people(rng: np.random.Generator, value: float, size: int) -> np.ndarray:
    return np.round(_about(rng, value, size)).astype(int)


def _few(*pairs: tuple[float, float]) -> bool:
    return any(min(n * p, n * (1 - p)) < FEW_EVENTS for n, p in pairs)


def percentages(rng, size, totals=(11, 20, 50, 150, 500, 3000), rates=(0.02, 0.05, 0.1, 0.25, 0.5, 0.75)):
    """Wilson."""
    for n in totals:
        for p in rates:
            total, truth = _people(rng, n, size), np.minimum(_about(rng, p, size), 0.98)
            interval = wilson_interval(rng.binomial(total, truth), total)
            yield Cell(f"{p:.0%} of {n:,}", covered(interval, truth), _few((n, p)))


def counts(rng, size, means=(2, 5, 10, 20, 50, 200)):
    """Exact under 10, Byar from 10."""
    for mean in means:
        truth = _about(rng, mean, size)
        # the exact limits are meant to cover at least 95%; they rule the cells up to about 20
        yield Cell(f"{mean} events", covered(count_interval(rng.poisson(truth)), truth), mean <= 20)


SIZES = ((11, 100), (30, 200), (100, 100), (100, 1000), (500, 2000), (1500, 1500))


def gaps(
    rng,
    size,
    method,
    sizes=SIZES,
    rates=((0.05, 0.05), (0.10, 0.05), (0.15, 0.15), (0.25, 0.15), (0.35, 0.30), (0.40, 0.50)),
):
    """Newcombe, Miettinen-Nurminen."""
    for n1, n2 in sizes:
        for p1, p2 in rates:
            total_1, total_2 = _people(rng, n1, size), _people(rng, n2, size)
            truth_2 = _about(rng, p2, size)
            truth_1 = np.clip(truth_2 + p1 - p2, 0.001, 0.999)
            interval = difference_interval(
                rng.binomial(total_1, truth_1), total_1, rng.binomial(total_2, truth_2), total_2, method
            )
            yield Cell(
                f"{p1:.0%} of {n1:,} against {p2:.0%} of {n2:,}",
                covered(interval, truth_1 - truth_2),
                _few((n1, p1), (n2, p2)),
            )


def ratios(
    rng,
    size,
    method,
    sizes=(*SIZES, (2000, 500)),
    rates=((0.01, 1), (0.01, 2), (0.05, 1), (0.05, 2), (0.15, 0.6), (0.15, 1), (0.15, 1.6), (0.4, 1.2)),
):
    """SCAS, Koopman."""
    for n1, n2 in sizes:
        for p2, ratio in rates:
            total_1, total_2 = _people(rng, n1, size), _people(rng, n2, size)
            truth_2 = _about(rng, p2, size)
            truth_1 = truth_2 * ratio
            interval = ratio_interval(
                rng.binomial(total_1, truth_1), total_1, rng.binomial(total_2, truth_2), total_2, method
            )
            yield Cell(
                f"ratio {ratio:g}, {p2 * ratio:.1%} of {n1:,} against {p2:.0%} of {n2:,}",
                covered(interval, np.full(size, float(ratio))),
                _few((n1, p2 * ratio), (n2, p2)),
            )


def stratified_ratios(rng, size):
    """Stratified SCAS over pay bands that differ in size and rate."""
    shares = np.array([0.05, 0.3, 0.25, 0.2, 0.15, 0.05])
    rates = np.array([0.3, 0.2, 0.15, 0.12, 0.1, 0.25])
    for n1, n2 in ((100, 400), (400, 1000), (2000, 3000)):
        for ratio in (0.7, 1.0, 1.5):
            total_1 = np.round(_about(rng, n1, size)[:, None] * shares[::-1]).astype(int)
            total_2 = np.round(_about(rng, n2, size)[:, None] * shares).astype(int)
            x1, x2 = rng.binomial(total_1, rates * ratio), rng.binomial(total_2, rates)
            yield Cell(
                f"ratio {ratio:g} in six bands, {n1:,} against {n2:,}",
                covered(stratified_ratio_interval(x1, total_1, x2, total_2), np.full(size, ratio)),
                False,
            )


def pooling(rng, size):
    """Share of all trusts whose pooled interval holds the trust's own true value."""
    for units, between in ((202, 0.3), (202, 0.1), (60, 0.3), (15, 0.3)):
        held_p, held_gap = [], []
        for _ in range(max(4, size * 4 // (100 * units))):
            n1 = np.round(np.exp(rng.normal(4.5, 1, units))).astype(int) + 11
            n2 = n1 * rng.integers(2, 6, units)
            base = rng.normal(-1.6, 0.25, units)
            p1, p2 = (1 / (1 + np.exp(-x)) for x in (base + rng.normal(0.4, between, units), base))
            x1, x2 = rng.binomial(n1, p1), rng.binomial(n2, p2)
            gap, one = pooled_gaps(x1, n1, x2, n2), pooled_proportions(x1, n1)
            held_gap.append(covered((gap.lower, gap.upper), p1 - p2))
            held_p.append(covered((one.lower, one.upper), p1))
        yield Cell(f"gaps, {units} trusts, spread {between:g}", float(np.mean(held_gap)), False)
        yield Cell(f"percentages, {units} trusts, spread {between:g}", float(np.mean(held_p)), False)


# -- kinds of trusts as they are observed ------------------------------------------------------------

#: The kinds with figures by ethnic group, and those with what all staff answered.
GROUPS = {"ethnic_minority": "ethnic minority", "white": "White"}
QUESTION = "staff_survey_q16b"


@cache
def experience_by_kind():
    """WRES 5 to 8 of real trusts as committed, by number and kind."""
    table = staff_experience(publishable_figures(read_figures(local=False)))
    table = table[(table["status"] == "ok") & (table["trust_code"] != DEMONSTRATION_CODE)]
    table = table.assign(kind=kinds_of(table["trust_code"], read_trusts()))
    return dict(iter(table.groupby(["number", "kind"])))


@cache
def shares_by_kind() -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """Counts and totals of each measure that has a funnel, by measure and kind."""
    found = {}
    for (number, kind), rows in experience_by_kind().items():
        for side, group in GROUPS.items():
            counts = rows[f"{side}_count"].to_numpy(float), rows[f"{side}_total"].to_numpy(float)
            found[f"WRES {number}, {group}", kind] = counts
    answers = survey_answers(publishable_figures(read_figures(local=False)))
    answers = answers[(answers["indicator"] == QUESTION) & (answers["trust_code"] != DEMONSTRATION_CODE)]
    for kind, rows in answers.groupby(kinds_of(answers["trust_code"], read_trusts())):
        base = np.round(rows["base"].to_numpy(float))
        found[BY_ID[QUESTION].name, kind] = rows["percent"].to_numpy(float) / 100 * base, base
    return found


class Kind(NamedTuple):
    """What simulated funnels of one kind and measure show."""

    situation: str
    truth: Funnel
    inside_95: float
    inside_998: float
    #: The mean estimate of the variance between trusts over the true one.
    spread: float


def simulated_funnels(rng, size, measures=None) -> Iterator[Kind]:
    """As many trusts as there are, of their sizes, that differ as the observed ones are found to."""
    for (measure, kind), (count, total) in shares_by_kind().items():
        if measures is not None and measure not in measures:
            continue
        truth = funnel_limits(count, total)
        centre, deviation = np.arcsin(np.sqrt(truth.target)), np.sqrt(truth.tau_squared)
        seen = []
        for _ in range(max(8, size // total.size)):
            share = np.sin(np.clip(rng.normal(centre, deviation, total.size), 0, np.pi / 2)) ** 2
            found = funnel_limits(rng.binomial(total.astype(int), share), total)
            outer = np.char.endswith(found.position, "99.8% limit")
            seen.append([(found.position == "within limits").mean(), 1 - outer.mean(), found.tau_squared])
        inner, outer, variance = np.mean(seen, axis=0)
        spread = variance / truth.tau_squared if truth.tau_squared else np.nan
        yield Kind(f"{measure}, {total.size} {kind} trusts", truth, float(inner), float(outer), float(spread))


def funnels(rng, size, measures=None):
    """Share of trusts inside the limits of the funnel of their kind, when the model is true."""
    for found in simulated_funnels(rng, size, measures):
        # no spread is found: what is estimated of none can only be too much
        few = found.truth.tau_squared == 0
        yield Cell(f"{found.situation}, 95% limits", found.inside_95, few)
        yield Cell(f"{found.situation}, 99.8% limits", found.inside_998, few, 0.998)


def funnel_spreads(rng, size, measures=None):
    """The mean estimate of the variance between trusts over the true one, and whether that is less than chance."""
    for found in simulated_funnels(rng, size, measures):
        if found.truth.tau_squared > 0:
            # of about the chance of a trust's own figure: estimates are cut off at zero, and so too high on average
            few = found.truth.tau_squared < 1.5 * np.median(found.truth.standard_error) ** 2
            yield found.situation, found.spread, bool(few)


def pooling_by_kind(rng, size, numbers=(5, 6, 7, 8)):
    """Share of trusts of each kind whose pooled interval holds the true gap, kinds as they are observed."""
    kinds = sorted({kind for _, kind in experience_by_kind()})
    for kind in kinds:
        held, trusts = [], 0
        for number in numbers:
            rows = experience_by_kind()[number, kind]
            x1, n1, x2, n2 = (rows[f"{side}_{name}"].to_numpy(float) for side in GROUPS for name in ("count", "total"))
            seen = pooled_gaps(x1, n1, x2, n2)
            trusts = seen.units
            logits = [np.log((x + 0.5) / (n - x + 0.5)) for x, n in ((x1, n1), (x2, n2))]
            own = [1 / (x + 0.5) + 1 / (n - x + 0.5) for x, n in ((x1, n1), (x2, n2))]
            spread = seen.between
            mean = [np.average(y, weights=1 / (v + s**2)) for y, v, s in zip(logits, own, spread, strict=True)]
            covariance = np.outer(spread, spread) * [[1, seen.correlation], [seen.correlation, 1]]
            for _ in range(max(2, size // (16 * trusts))):
                p1, p2 = 1 / (1 + np.exp(-rng.multivariate_normal(mean, covariance, trusts).T))
                counts = rng.binomial(n1.astype(int), p1), n1, rng.binomial(n2.astype(int), p2), n2
                found = pooled_gaps(*counts)
                held.append(covered((found.lower, found.upper), p1 - p2))
        yield Cell(f"gaps of WRES 5 to 8, {trusts} {kind} trusts", float(np.mean(held)), False)


def trends(rng, size):
    """Slope through yearly points, errors known (from counts) and unknown."""
    runs = size // 10
    for years in (4, 6, 9):
        held_known, held_free = [], []
        for _ in range(runs):
            n = rng.integers(80, 600, years)
            p = 0.25 + 0.01 * np.arange(years)
            x = rng.binomial(n, p)
            error = np.sqrt((x + 0.5) * (n - x + 0.5) / (n + 1.0) ** 3)
            known, free = trend(np.arange(years), x / n, error), trend(np.arange(years), x / n)
            held_known.append(known.lower <= 0.01 <= known.upper)
            held_free.append(free.lower <= 0.01 <= free.upper)
        # widened when the points scatter, never narrowed: with few years it covers a little more
        yield Cell(f"{years} years, standard errors given", float(np.mean(held_known)), True)
        yield Cell(f"{years} years, least squares", float(np.mean(held_free)), False)
    yield from _pooled_trends(rng, size)


def _pooled_trends(rng, size, trusts=200):
    """Slopes with the scatter of all trusts; numbers of staff, whose changes add up, with that of all changes."""
    groups = max(4, size // 1000)
    for years in (4, 9):
        when, held = np.arange(years, dtype=float), []
        for _ in range(groups):
            n = np.round(np.exp(rng.normal(8.0, 0.5, (trusts, years)))).astype(int)
            slope = rng.normal(0, 0.005, (trusts, 1))
            level = rng.uniform(0.06, 0.14, (trusts, 1))
            p = np.clip(level + slope * (when - when.mean()) + rng.normal(0, 0.003, n.shape), 0.002, 0.998)
            x = rng.binomial(n, p)
            error = np.sqrt((x + 0.5) * (n - x + 0.5) / (n + 1.0) ** 3)
            spread = pooled_spread(when, x / n, error)
            for y, e, truth in zip(x / n, error, slope[:, 0], strict=True):
                found = trend(when, y, e, spread=spread)
                held.append(found.lower <= truth <= found.upper)
        yield Cell(f"{years} years, scatter pooled over {trusts} trusts", float(np.mean(held)), False)
        held = []
        for _ in range(groups):
            drift = rng.normal(0.025, 0.01, (trusts, 1))
            walk = np.cumsum(rng.normal(drift, 0.031, (trusts, years)), axis=1)
            spread = change_spread(when, walk)
            for y, truth in zip(walk, drift[:, 0], strict=True):
                found = mean_change(when, y, spread)
                held.append(found.lower <= truth <= found.upper)
        yield Cell(f"{years} years of staff, changes pooled over {trusts} trusts", float(np.mean(held)), False)


def correlations(rng, size):
    """Rank correlation of normal measures, adjusted for kind and London (the truth by its formula)."""
    runs = size // 4
    for units in (40, 130, 200):
        for rho in (0.0, 0.3, 0.6):
            truth = 6 / np.pi * np.arcsin(rho / 2)
            held = []
            for _ in range(runs):
                x = rng.standard_normal(units)
                y = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(units)
                kind, london = rng.integers(0, 4, units), rng.random(units) < 0.15
                found = rank_correlation(x, y, adjust=(kind, london))
                held.append(found.lower <= truth <= found.upper)
            yield Cell(f"{units} trusts, correlation {rho:g}", float(np.mean(held)), False)


def links(rng, size):
    """Correlation and slope of two gaps with errors that differ fourfold, adjusted for kind, London and a number."""
    runs = size // 20
    for units, share in ((40, 0.6), (130, 0.6), (130, 0.4)):
        for rho in (0.0, 0.5, 0.9):
            held, held_slope = [], []
            for _ in range(runs):
                x = rng.standard_normal(units)
                y = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(units)
                # this share of the variance of a measured gap is between trusts
                error_x, error_y = np.exp(rng.uniform(-0.7, 0.7, (2, units))) * np.sqrt((1 - share) / share / 1.36)
                kind, london, number = rng.integers(0, 3, units), rng.random(units) < 0.15, rng.standard_normal(units)
                found = linked_gaps(
                    rng.normal(x, error_x), error_x, rng.normal(y, error_y), error_y,
                    adjust=(kind, london), covariates=(number,),
                )  # fmt: skip
                held.append(found.lower <= rho <= found.upper)
                held_slope.append(found.slope_lower <= rho <= found.slope_upper)
            # where the truth is near 1 or little is between trusts, the interval ends at 1 and covers a little more
            few = rho > 0.8 or units < 100
            situation = f"{units} trusts, {share:.0%} of the variance between trusts, {{}} {rho:g}"
            yield Cell(situation.format("correlation"), float(np.mean(held)), few)
            yield Cell(situation.format("slope"), float(np.mean(held_slope)), few)


def gradients(rng, size):
    """Slope index over deciles on the logit scale, the truth being a straight line there."""
    runs = size // 20
    for people in (100, 1000):
        b = (np.arange(10) + 0.5) / 10
        p = 1 / (1 + np.exp(-(-0.5 - 0.8 * b)))
        first, last = (1 / (1 + np.exp(-(-0.5 - 0.8 * end))) for end in (0, 1))
        held = []
        for run in range(runs):
            n = np.full(10, people)
            x = rng.binomial(n, p)
            error = np.sqrt(1 / (x + 0.5) + 1 / (n - x + 0.5))
            found = slope_index(
                (x + 0.5) / (n + 1), n, error, transform="logit", repetitions=2000, seed=run
            ).sii_interval
            held.append(found.lower <= last - first <= found.upper)
        yield Cell(f"ten deciles of {people:,}", float(np.mean(held)), False)


TABLES: dict[str, Callable[[np.random.Generator, int], Iterator[Cell]]] = {
    "A percentage: Wilson": percentages,
    "A count: exact under 10, Byar from 10": counts,
    "A gap: Newcombe": lambda rng, size: gaps(rng, size, "newcombe"),
    "A gap: Miettinen-Nurminen": lambda rng, size: gaps(rng, size, "miettinen-nurminen"),
    "A relative likelihood: SCAS": lambda rng, size: ratios(rng, size, "scas"),
    "A relative likelihood: Koopman": lambda rng, size: ratios(rng, size, "koopman"),
    "A relative likelihood over pay bands: stratified SCAS": stratified_ratios,
    "Pooled over trusts": pooling,
    "Yearly trend": trends,
    "Association across trusts": correlations,
    "Gradient over deprivation": gradients,
    "Link of two gaps whose errors are known": links,
    "A trust among its kind: funnel limits": funnels,
    "Pooled within kinds, as they are observed": pooling_by_kind,
}
SPREADS = "Spread between trusts: what funnels find, over the true variance"


HEAD = [
    "# Coverage of the intervals",
    "",
    "How often a 95% interval holds the truth, by simulation at the sizes and rates of trusts. Each cell",
    "has {size:,} simulated trusts (fewer in the last tables), whose sizes and rates lie from four",
    "fifths to five fourths of the cell's. Made by `python benchmarks/coverage.py`; the seed is fixed.",
    "",
    f"Every cell covers {LEAST:.0%} to {MOST:.1%}, but those with a dagger. They expect fewer than",
    "three events in a group, where whole numbers are too coarse for any interval to cover exactly, or",
    "use limits that are meant to cover at least 95%: exact limits for counts, and trends, whose limits",
    "are only ever widened. Links have one with 40 trusts or near a correlation of 1, where an interval often",
    "ends at 1.",
    "Koopman's interval is compared with SCAS: it reaches this coverage too, but its misses",
    "fall mostly on one side when groups differ in size (Laud 2017).",
    "",
    "The last tables take trusts as they are observed: as many of each kind as there are, with as many respondents,",
    "and with the centre and spread that the committed figures show. Inside the limits of 99.8% are",
    f"{LEAST_998:.1%} to {MOST_998:.1%}. A dagger marks kinds in which no spread is found: an estimate of none can only",
    "be too large, and limits a little too wide. Of the spread it marks kinds whose variance is under one and a half",
    "times that of chance in a usual trust's figure: an estimate that cannot be under zero is then too large on average.",
    "",
]


def table_lines(title: str, size: int, seed: int) -> list[str]:
    """Make one table, and say on the screen what lies outside its bounds."""
    if title == SPREADS:
        rows = list(funnel_spreads(np.random.default_rng([seed, len(TABLES)]), size))
        print(
            f"{title}: {min(r for _, r, few in rows if not few):.2f} to {max(r for _, r, few in rows if not few):.2f}"
        )
        lines = [f"| {situation} | {ratio:.2f}{' †' if few else ''} |" for situation, ratio, few in rows]
        return [f"## {title}", "", "| situation | estimated over true |", "|---|---|", *lines, ""]
    cells = list(TABLES[title](np.random.default_rng([seed, list(TABLES).index(title)]), size))
    plain = [c.coverage for c in cells if not c.few]
    print(f"{title}: {min(plain):.1%} to {max(plain):.1%}" if plain else title)
    for c in cells:
        if not c.bounds[0] <= c.coverage <= c.bounds[1]:
            print("  outside:", c)
    lines = [f"| {c.situation} | {c.printed} |" for c in cells]
    return [f"## {title}", "", "| situation | coverage |", "|---|---|", *lines, ""]


def main(*titles: str, size: int = 20_000, seed: int = 2024) -> None:
    """Write the document: all tables, or the named ones in the place of what it has."""
    made = {title: table_lines(title, size, seed) for title in titles or [*TABLES, SPREADS]}
    if titles:
        tables, _, calls = DOCUMENT.read_text(encoding="utf-8").partition("\n# How often a change")
        for part in tables.split("\n## ")[1:]:
            title, *lines = part.rstrip("\n").split("\n")
            made.setdefault(title, [f"## {title}", *lines, ""])
        last = f"# How often a change{calls}".split("\n")
    else:
        from change_calls import section  # next to this file; the tests load each of the two by its path

        last = list(section())
    lines = [line.format(size=size) for line in HEAD]
    lines += [line for title in (*TABLES, SPREADS) for line in made[title]]
    DOCUMENT.write_text("\n".join([*lines, *last]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
