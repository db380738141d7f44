"""What another choice in place of an assumption would change, counted in the figures that are held.

The assumptions are the records of :mod:`race_equality.definitions.assumptions`. ``docs/assumptions.md`` has this table for the
figures in the repository, and each edition for its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from race_equality.analysis import access
from race_equality.analysis.funnel_position import FEWEST_OF_A_KIND, kinds_of
from race_equality.analysis.gap_reading import gap_readings, read_gap
from race_equality.analysis.linked_gaps import links
from race_equality.analysis.missing_ethnicity import detentions_with_unknown, gaps_with_unknown
from race_equality.analysis.patient_gaps import patients_by_breakdown
from race_equality.analysis.peers import peers_of_all
from race_equality.analysis.waiting_list import HIDDEN_LEAST, HIDDEN_MOST, waiting_list_coverage, waits_by_group
from race_equality.analysis.who_answered import STATED_RANGE, how_far_off, response_of_trusts
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules, rests_on_too_few
from race_equality.gates import figures_caught
from race_equality.statistics.funnel import funnel_limits
from race_equality.statistics.intervals import difference_interval
from race_equality.store.rows import rows_of

_COUNTS = ("ethnic_minority_count", "ethnic_minority_total", "white_count", "white_total")
_CLEAR = ("adverse", "favourable")
#: A publication whose newest figures were this old when it was read is old.
_OLD_MONTHS = 24


@dataclass(frozen=True)
class Moved:
    """What is counted of one assumption, as it is and otherwise.

    Parameters
    ----------
    assumption : str
        Its id.
    counted : str
        What the numbers are of.
    used : str
        The choice that the reports make, with its number.
    otherwise : tuple of str
        Other choices, each with its number.
    share : float
        How much of what rests on the assumption the farthest of them changes, from 0; 1 or more is all of it.
    """

    assumption: str
    counted: str
    used: str
    otherwise: tuple[str, ...]
    share: float


def what_assumptions_move(
    as_read: pd.DataFrame, figures: pd.DataFrame, trusts: pd.DataFrame, rules: DisclosureRules
) -> list[Moved]:
    """Count what other choices would change.

    Parameters
    ----------
    as_read : pandas.DataFrame
        Published figures, as :func:`race_equality.store.figures.read_figures` gives them.
    figures : pandas.DataFrame
        The same from :func:`race_equality.disclosure.publishable.publishable_figures`.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.
    rules : DisclosureRules

    Returns
    -------
    list of Moved
        By assumption; without those for which no figures are held. The demonstration trust is in none.

    Notes
    -----
    One assumption at a time: how they move together is not counted.
    """
    as_read, figures = (table[table["trust_code"] != DEMONSTRATION_CODE] for table in (as_read, figures))
    found = [
        *_data(as_read, figures, trusts),
        *_patients(figures, trusts, rules),
        *_staff(figures, trusts, rules),
        *_months(figures),
        *_across_trusts(figures, trusts),
        *_disclosure(as_read, rules),
    ]
    return sorted(found, key=lambda one: one.assumption)


def _data(as_read: pd.DataFrame, figures: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Moved]:
    of_trusts = as_read[as_read["trust_code"].isin(trusts["trust_code"])]
    if len(of_trusts):
        carried = int((of_trusts["organisation_code"] != of_trusts["trust_code"]).sum())
        yield Moved(
            "A01",
            "figures of trusts",
            f"{len(of_trusts):,} held under today's trusts",
            (f"{carried:,} fewer without those of merged organisations",),
            carried / len(of_trusts),
        )
    caught = len(figures_caught(figures))
    if len(figures):
        yield Moved("A03", "figures held", f"{caught:,} left out", ("none left out",), caught / len(figures))
    covered = waiting_list_coverage(figures)
    shares = covered.loc[covered["place"].isin(trusts["trust_code"]), "covered_percent"].dropna()
    if len(shares):
        low = int((shares < 90).sum())
        yield Moved(
            "A05",
            "trusts with a waiting list by ethnic group",
            f"{len(shares)} taken for whole, at the median {shares.median():.1f}% of the monthly list",
            (f"{low} of them are under 90% of it",),
            low / len(shares),
        )
    waits = waits_by_group(figures)
    waits = waits[waits["place"].isin(trusts["trust_code"]) & (waits["measure"] == "waiting_over_52_weeks")]
    waits = waits[(waits["breakdown"] == "ethnicity") & (waits["status"] == "ok")]
    wide = 100 * (waits["count_most"] - waits["count_least"]) / waits["people"]
    if (wide > 0).any():
        yield Moved(
            "A04",
            "shares over 52 weeks of a group",
            f"{int((wide > 0).sum())} of {len(wide)} have a hidden count in them, taken as its middle",
            (
                f"between {HIDDEN_LEAST} and {HIDDEN_MOST} they differ by {wide[wide > 0].median():.2f} points at the median",
                f"{int((wide > 1).sum())} by more than one point",
            ),
            float((wide > 1).mean()),
        )


def _patients(figures: pd.DataFrame, trusts: pd.DataFrame, rules: DisclosureRules) -> Iterator[Moved]:
    table = patients_by_breakdown(figures, rules)
    table = table[table["place"].isin(trusts["trust_code"])]
    gaps = table[(table["breakdown"] == "ethnicity") & table["direction"].isin([*_CLEAR, "unclear"])]
    if gaps.empty:
        return
    clear = int(gaps["direction"].isin(_CLEAR).sum())
    alone = int(((gaps["gap_lower"] > 0) | (gaps["gap_upper"] < 0)).sum())
    yield Moved(
        "A18",
        f"clear gaps of patients, of {len(gaps):,}",
        f"{clear} at 1 - 0.05 / groups, wherever rounding put the counts",
        (f"{alone} by the printed 95% interval alone",),
        _change(clear, alone),
    )
    bounds = gaps_with_unknown(table)
    bounds = bounds[bounds["direction"].isin(_CLEAR) & (bounds["status"] == "ok")]
    if len(bounds):
        alike, whatever = int((bounds["keeps"] != "").sum()), int((bounds["keeps"] == "whatever").sum())
        yield Moved(
            "A11",
            "clear gaps of patients that keep their direction, where how many are of no known group is published",
            f"{len(bounds)} with the unknown spread as the others",
            (f"{alike} in whichever groups they are, alike in each", f"{whatever} with nothing assumed"),
            _change(len(bounds), whatever),
        )
    detained = detentions_with_unknown(figures)
    widest = detained[detained["times_white"] == detained["times_white"].max()]
    for row in rows_of(widest):
        yield Moved(
            "A12",
            f"England's ratio of detention, {row.group} over White",
            f"{row.times_white:.2f} with the unknown spread as the others",
            (f"{row.lower:.2f} if all of them are White", f"{row.upper:.2f} if all are of the group"),
            max(_change(row.times_white, row.lower), _change(row.times_white, row.upper)),
        )


def _staff(figures: pd.DataFrame, trusts: pd.DataFrame, rules: DisclosureRules) -> Iterator[Moved]:
    readings = gap_readings(figures, trusts)
    readings = readings[readings["status"] == "ok"]
    if readings.empty:
        return
    counted = f"clear gaps of WRES 5 to 8, of {len(readings)}"
    minority, of_minority, white, of_white = (readings[name].to_numpy(dtype="float64") for name in _COUNTS)

    def clear_at(level: float) -> int:
        found = difference_interval(minority, of_minority, white, of_white, confidence=level, method="newcombe")
        return int(((found.lower > 0) | (found.upper < 0)).sum())

    alone = clear_at(0.95)
    yield Moved(
        "A15",
        counted,
        f"{alone} by the interval of 95%",
        tuple(f"{clear_at(level)} of {level:.0%}" for level in (0.90, 0.99)),
        max(_change(alone, clear_at(level)) for level in (0.90, 0.99)),
    )
    both = sum(read_gap(row).direction in _CLEAR for row in readings.to_dict("records"))
    yield Moved(
        "A17", counted, f"{both} where both readings agree", (f"{alone} by the interval alone",), _change(both, alone)
    )
    yield from _who_answered(figures, trusts, rules, counted)
    kinds = kinds_of(readings["trust_code"], trusts)
    within, together, placed = 0, 0, 0
    for side in ("ethnic_minority", "white"):
        for _, rows in readings.groupby("number"):
            of_kind = kinds[rows.index]
            many = of_kind.map(of_kind.value_counts()) >= FEWEST_OF_A_KIND
            placed += int(many.sum())
            together += _outside(rows[many], side)
            within += sum(_outside(part, side) for _, part in rows[many].groupby(of_kind[many]))
    if placed:
        yield Moved(
            "A19",
            f"shares of WRES 5 to 8 outside the 95% limits, of {placed:,}",
            f"{within} of a funnel within kind",
            (f"{together} of one funnel for all kinds",),
            _change(within, together),
        )


def _who_answered(figures: pd.DataFrame, trusts: pd.DataFrame, rules: DisclosureRules, counted: str) -> Iterator[Moved]:
    codes = set(trusts["trust_code"])

    def far_off(points: float) -> pd.DataFrame:
        rows = how_far_off(figures, codes, rules=rules, points=points)
        return rows[rows["clear"].astype(bool)]

    def still_clear(points: float) -> int:
        rows = far_off(points)
        return int(((rows["chance_least"] > 0) | (rows["chance_most"] < 0)).sum())

    rows = far_off(0.0)
    if rows.empty:
        return
    yield Moved(
        "A13",
        counted + ", by the interval alone",
        f"{len(rows)} if those who did not answer would have said the same",
        tuple(f"{still_clear(p)} whichever way they differ by up to {p:g} points" for p in (2.5, STATED_RANGE, 10.0)),
        _change(len(rows), still_clear(STATED_RANGE)),
    )
    every = how_far_off(figures, codes, rules=rules, points=0.0)
    # the finite population correction: the error of a share is √(1 - share asked) of it
    shrunk = np.sqrt(1 - every["ethnic_minority_answered"] / 100)
    lower = every["gap"] - (every["gap"] - every["gap_lower"]) * shrunk
    upper = every["gap"] + (every["gap_upper"] - every["gap"]) * shrunk
    finite = int(((lower > 0) | (upper < 0)).sum())
    yield Moved(
        "A16",
        counted + ", by the interval alone",
        f"{len(rows)} without a correction for how many answered",
        (f"{finite} with it",),
        _change(len(rows), finite),
    )
    answered = response_of_trusts(figures)
    then, on = answered["percent_then"].median(), answered["percent"].median()
    if np.isfinite(then):
        yield Moved(
            "A14",
            "staff who answered, median trust",
            f"{then:.1f}% of a head count that grew as full-time equivalents",
            (f"{on:.1f}% of the head count as published",),
            _change(then, on),
        )


def _months(figures: pd.DataFrame) -> Iterator[Moved]:
    measure = BY_ID["rtt_within_18_weeks"]
    rows = access.access_by_month(figures)
    runs = access.latest_runs(rows[(rows["indicator"] == measure.id) & (rows["people"] > 0)])
    runs = {code: run for code, run in runs.items() if len(run) > 1}
    if not runs:
        return
    pooled = access.autocorrelation_of(figures, measure)

    def called(autocorrelation: float) -> int:
        charts = (access.chart_of(run, measure, autocorrelation) for run in runs.values())
        return sum(str(chart.variation[-1]) != "common cause" for chart in charts)

    used, plain = called(pooled), called(0.0)
    yield Moved(
        "A20",
        f"trusts of {len(runs)} whose last month of waits within 18 weeks is called a change",
        f"{used} with the resemblance of months that all trusts have ({pooled:.2f})",
        (f"{plain} with months taken as independent",),
        _change(used, plain),
    )


def _across_trusts(figures: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Moved]:
    experience = gap_readings(figures, trusts)
    gaps = experience[(experience["number"] == 8) & (experience["status"] == "ok")].set_index("trust_code")["gap"]
    if gaps.empty:
        return
    found = links(figures, trusts)
    found = found[found["correlation"].notna()].head(1)
    for row in rows_of(found):
        yield Moved(
            "A23",
            f"the link that the page leads with ({row.trusts} trusts)",
            f"{row.correlation:.2f} ({row.lower:.2f} to {row.upper:.2f}) between the true gaps",
            (f"{row.measured:.2f} between the gaps as measured, not adjusted for their errors",),
            _change(row.correlation, row.measured),
        )
    if len(gaps) <= 15:
        return

    def of_peers(count: int) -> pd.Series:
        peers = peers_of_all(figures, trusts, count=count)
        means = {code: gaps.reindex(peers[code]).mean() for code in gaps.index if code in peers}
        return pd.Series(means, dtype="float64")

    ten = of_peers(10)
    moved = {count: (of_peers(count) - ten).abs().median() for count in (5, 15)}
    spread = ten.quantile(0.75) - ten.quantile(0.25)
    yield Moved(
        "A24",
        "the mean WRES 8 gap of a trust's peers",
        f"ten peers: between {ten.quantile(0.25):.1f} and {ten.quantile(0.75):.1f} points for half of the trusts",
        tuple(f"{count} peers move it by {away:.1f} points at the median" for count, away in moved.items()),
        float(max(moved.values()) / spread / 2),
    )


def _disclosure(as_read: pd.DataFrame, rules: DisclosureRules) -> Iterator[Moved]:
    shown = as_read["status"] == "ok"
    usual = rules.usual

    def hidden(responses: int, people: int) -> int:
        rule = DisclosureRules(DisclosureRule(responses, people), rules.own)
        return int((rests_on_too_few(as_read, rule) & shown).sum())

    if not shown.any():
        return
    responses, people = usual.minimum_responses, usual.minimum_people
    now, numbers = hidden(responses, people), int(shown.sum())
    for id, name, threshold, others in (
        ("A26", "answers", responses, {other: hidden(other, people) for other in (5, 2 * responses)}),
        ("A27", "people", people, {other: hidden(responses, other) for other in (5, 2 * people)}),
    ):
        yield Moved(
            id,
            f"figures of {numbers:,} with a number that rest on too few",
            f"{now:,} under {threshold} {name}",
            tuple(f"{many:,} under {other}" for other, many in others.items()),
            max(abs(many - now) for many in others.values()) / numbers,
        )


def _outside(rows: pd.DataFrame, side: str) -> int:
    found = funnel_limits(rows[f"{side}_count"].to_numpy(), rows[f"{side}_total"].to_numpy())
    return sum("limit" in str(one) and "within" not in str(one) for one in found.position)


def _change(used: float, other: float) -> float:
    return abs(other - used) / abs(used) if used else 0.0
