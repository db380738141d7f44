"""Trusts side by side: which figures are compared, what a group of trusts has together, and by what groups are built.

All of it rests on the findings that the downloads of all trusts show, rounded as they show them: what is hidden there is in
no group's figure here, so that nothing can be worked out by taking one group from another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from race_equality.analysis.linked_gaps import PATIENT_GAPS, PATIENT_GROUPS
from race_equality.analysis.patient_findings import SLOPE
from race_equality.analysis.rows_of_trusts import FEWEST_OTHERS
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import (
    ACCESS,
    BIRTHS,
    BOARD,
    BY_ID,
    EXPERIENCE,
    GAP,
    QUESTIONS,
    WRES,
    Indicator,
)
from race_equality.definitions.units import DECIMALS
from race_equality.statistics.differences import stratified_difference
from race_equality.statistics.funnel import between_variance
from race_equality.statistics.intervals import wilson_interval
from race_equality.statistics.two_estimates import difference_of_estimates, ratio_of_estimates
from race_equality.store.trusts import system_codes

Unit = Literal["percent", "percentage points", "ratio", "percent a year"]
Section = Literal["wres", "patients", "workforce"]

_Z = 1.959963984540054
#: A group of fewer trusts with a figure has none together.
FEWEST_IN_A_GROUP = FEWEST_OTHERS

_RESPONDENTS, _CATCHMENT = BY_ID["staff_survey_q28"], BY_ID["catchment_ethnicity"]
_HEADCOUNT, _GROWTH = BY_ID["workforce_headcount"], BY_ID["workforce_march_headcount"]
_FIFTHS, _SCORES = BY_ID["catchment_deprivation_quintile"], BY_ID["system_imd_score"]


@dataclass(frozen=True)
class ComparedFigure:
    """One row of the comparison.

    Parameters
    ----------
    measure, group, unit : str
        Of the finding.
    section : str
        The part of the table that it is in.
    adverse_when : {"higher", "lower", "neither"}
        Which side is adverse to staff or patients from ethnic minorities, or to everybody.
    parts : tuple of str
        The groups whose shares and counts a group of trusts is added up from: one of a share, two of a gap. Empty where no
        counts are published.
    is_rest : bool
        What is shown is 100 less the finding: all who are not in its group.
    """

    measure: str
    group: str
    unit: Unit
    section: Section
    adverse_when: Literal["higher", "lower", "neither"]
    parts: tuple[str, ...] = ()
    is_rest: bool = False

    @property
    def id(self) -> str:
        """Unique among the rows."""
        return f"{self.measure} {self.group} {self.unit}"


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Parameters
    ----------
    value, lower, upper : float
        In the unit of the row; the limits are NaN where none are published.
    between : float
        Standard deviation between the trusts of a group beyond chance; 0 for a trust.
    """

    value: float
    lower: float
    upper: float
    between: float = 0.0


@dataclass(frozen=True)
class Together(Estimate):
    """What a group of trusts has together.

    Parameters
    ----------
    value, lower, upper : float
        With its 95% interval, in the unit of the row; NaN where counts are not published, or trusts are too few.
    between : float
        Standard deviation between these trusts beyond chance.
    trusts : int
        How many of the group's trusts have a figure of the period.
    quarter, three_quarters : float
        Between which half of these trusts lie; NaN where they are fewer than :data:`FEWEST_IN_A_GROUP`.
    """

    trusts: int = 0
    quarter: float = float("nan")
    three_quarters: float = float("nan")


@dataclass(frozen=True)
class Difference:
    """One figure compared with another.

    Parameters
    ----------
    value, lower, upper : float
        The second minus the first in the unit of the row, or over it for a ratio. The interval allows for the rounding.
    reading : {"higher", "lower", "unclear"}
        Of the second, against the first.
    """

    value: float
    lower: float
    upper: float
    reading: Literal["higher", "lower", "unclear"]


def compared_figures() -> tuple[ComparedFigure, ...]:
    """Return the rows of the comparison, in their order.

    Returns
    -------
    tuple of ComparedFigure
        The nine indicators of the WRES (of 5 to 8 the gap and the share of staff from ethnic minorities), patients, workforce.
    """
    return (*_of_wres(), *_of_patients(), *_of_workforce())


def _of_wres() -> Iterator[ComparedFigure]:
    for one in WRES.values():
        side = _adverse(one)
        if one.compares == "bands":  # band by band in the reports; all of them together here
            yield ComparedFigure(BOARD.id, "Workforce", "percent", "wres", "neither")
        elif one.compares == "ratio":
            yield ComparedFigure(one.id, "All staff", "ratio", "wres", side)
        elif one.compares == "board":
            yield ComparedFigure(one.id, "Board minus workforce", "percentage points", "wres", side)
        elif one in EXPERIENCE:
            yield ComparedFigure(one.id, GAP, "percentage points", "wres", side, (ETHNIC_MINORITY, WHITE))
            yield ComparedFigure(one.id, ETHNIC_MINORITY, "percent", "wres", side, (ETHNIC_MINORITY,))


def _of_patients() -> Iterator[ComparedFigure]:
    for one in ACCESS:
        yield ComparedFigure(one.id, one.groups[0], "percent", "patients", _adverse(one), one.groups[:1])
    for one in PATIENT_GAPS:
        for group in PATIENT_GROUPS:
            pair = (group, WHITE)
            yield ComparedFigure(one.id, f"{group} minus {WHITE}", "percentage points", "patients", _adverse(one), pair)
        yield ComparedFigure(one.id, SLOPE, "percentage points", "patients", _adverse(one))
    for one in BIRTHS:
        yield ComparedFigure(one.id, one.groups[0], "percent", "patients", _adverse(one), one.groups[:1])


def _of_workforce() -> Iterator[ComparedFigure]:
    for one in QUESTIONS:
        yield ComparedFigure(one.id, one.groups[0], "percent", "workforce", _adverse(one), one.groups[:1])
    for one in (_RESPONDENTS, _CATCHMENT):
        yield ComparedFigure(one.id, WHITE, "percent", "workforce", "neither", is_rest=True)
    yield ComparedFigure(_GROWTH.id, _GROWTH.groups[0], "percent a year", "workforce", "neither")


def _adverse(one: Indicator) -> Literal["higher", "lower", "neither"]:
    return "higher" if one.adverse_when == "above one" else one.adverse_when


@dataclass(frozen=True)
class FigureOfTrusts:
    """One figure of all trusts, each array in the order of :attr:`ComparedFindings.codes`.

    Parameters
    ----------
    value, lower, upper, people : numpy.ndarray of float
        NaN where there is none.
    status : numpy.ndarray of str
        "ok", or why there is no value; "" where there is no finding.
    period_start, period_end : numpy.ndarray of datetime64
    """

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    people: np.ndarray
    status: np.ndarray
    period_start: np.ndarray
    period_end: np.ndarray


@dataclass(frozen=True)
class ComparedFindings:
    """The findings that are compared or that groups of trusts are added up from, rounded as in the downloads.

    Parameters
    ----------
    codes : tuple of str
        The trusts, without the demonstration trust.
    figures : dict of (str, str, str) to FigureOfTrusts
        By measure, group and unit; those of which no trust has a finding are left out.
    """

    codes: tuple[str, ...]
    figures: Mapping[tuple[str, str, str], FigureOfTrusts]

    def of(self, row: ComparedFigure) -> FigureOfTrusts | None:
        """Return each trust's figure of a row, as it is shown; None where no trust has a finding."""
        here = self.figures.get((row.measure, row.group, row.unit))
        if here is None or not row.is_rest:
            return here
        value, lower, upper = ((100 - part).round(DECIMALS[row.unit]) for part in (here.value, here.upper, here.lower))
        return replace(here, value=value, lower=lower, upper=upper)


def compared_findings(found: pd.DataFrame, trusts: pd.DataFrame) -> ComparedFindings:
    """Select the findings that are compared or that groups of trusts are added up from, rounded as in the downloads.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.findings.findings`.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.

    Returns
    -------
    ComparedFindings
        Shares of people who are counted each have an interval (Wilson's), also where the reports follow them by month and give
        none: it is computed of the rounded share and the number of people, so it gives away no more than they do.
    """
    codes = tuple(code for code in trusts["trust_code"] if code != DEMONSTRATION_CODE)
    rows = compared_figures()
    wanted = {(row.measure, row.group, row.unit) for row in rows}
    wanted |= {(row.measure, part, "percent") for row in rows for part in row.parts}
    keys = pd.MultiIndex.from_frame(found[["measure", "group", "unit"]])
    chosen = found[keys.isin(wanted) & found["trust_code"].isin(codes).to_numpy()]
    places = pd.Index(codes)
    figures = {}
    for (measure, group, unit), here in chosen.groupby(["measure", "group", "unit"], sort=False):
        at = places.get_indexer(pd.Index(here["trust_code"]))
        figures[str(measure), str(group), str(unit)] = _figure_of_trusts(here, at, len(codes), DECIMALS[str(unit)])
    return ComparedFindings(codes, figures)


def _figure_of_trusts(here: pd.DataFrame, at: np.ndarray, trusts: int, decimals: int) -> FigureOfTrusts:
    def numbers(name: str, digits: int) -> np.ndarray:
        values = np.full(trusts, np.nan)
        values[at] = here[name].to_numpy("float64").round(digits)
        return values

    def days(name: str) -> np.ndarray:
        values = np.full(trusts, np.datetime64("NaT"), dtype="datetime64[us]")
        values[at] = here[name].to_numpy("datetime64[us]")
        return values

    status = np.full(trusts, "", dtype=object)
    status[at] = here["status"].to_numpy(dtype=object)
    value, lower, upper = (numbers(name, decimals) for name in ("value", "lower", "upper"))
    people = numbers("people", 0)
    bare = np.isnan(lower) & (people > 0) & ~np.isnan(value) & (here["unit"].iloc[0] == "percent")
    limits = wilson_interval(value[bare] / 100 * people[bare], people[bare])
    lower[bare], upper[bare] = ((100 * np.asarray(limit)).round(decimals) for limit in limits)
    return FigureOfTrusts(value, lower, upper, people, status, days("period_start"), days("period_end"))


def together(
    table: ComparedFindings,
    row: ComparedFigure,
    codes: Collection[str],
    *,
    period_end: np.datetime64 | None = None,
    spread: bool = True,
) -> Together:
    """Return what a group of trusts has together.

    Parameters
    ----------
    table : ComparedFindings
    row : ComparedFigure
    codes : collection of str
    period_end : numpy.datetime64, optional
        Only figures of this period; the one that most of the trusts have by default.
    spread : bool
        Estimate how far the trusts differ beyond chance, which takes longest.

    Returns
    -------
    Together

    Notes
    -----
    A share is that of all their people, with Wilson's interval. A gap is the gap within trusts (Mantel-Haenszel, with Sato's
    interval), because trusts with many people from ethnic minorities have other levels than trusts with few: the difference of
    the two shares of all people would show that as well.
    """
    nothing = (np.nan, np.nan, np.nan)
    here = table.of(row)
    if here is None:
        return Together(*nothing)
    those = np.isin(table.codes, list(codes)) & (here.status == "ok") & ~np.isnan(here.value)
    if period_end is None and those.any():
        days, times = np.unique(here.period_end[those], return_counts=True)
        period_end = days[len(days) - 1 - times[::-1].argmax()]
    those &= here.period_end == period_end
    number = int(those.sum())
    if number < FEWEST_IN_A_GROUP:
        return Together(*nothing, trusts=number)
    value, lower, upper = _pooled(table, row, those)
    between = 0.0
    if spread and not np.isnan(value):
        own = (here.upper - here.lower)[those] / (2 * _Z)
        rounded = 10.0 ** -DECIMALS[row.unit] / 12**0.5  # which an interval of almost nothing leaves
        between = between_variance(here.value[those], np.hypot(own, rounded))[0] ** 0.5
    quarters = np.quantile(here.value[those], (0.25, 0.75)).tolist()
    return Together(value, lower, upper, between, number, *quarters)


def difference(row: ComparedFigure, first: Estimate, second: Estimate) -> Difference | None:
    """Compare one figure with another.

    Parameters
    ----------
    row : ComparedFigure
    first, second : Estimate
        A trust, and another trust or a group without it.

    Returns
    -------
    Difference or None
        None where either has no interval.

    Notes
    -----
    The interval is recovered from both (MOVER), which are independent: a trust is in no group that it is compared with.
    Against a group it allows for how far the group's trusts differ among themselves, as the limits of a funnel do: with ten
    thousand answers hardly any trust is at the average of all. It is wider by the last decimal, in which the figures are
    rounded, and a difference is clear where its interval, as it is printed, leaves out no difference.
    """
    parts = [first.value, first.lower, first.upper, second.value, second.lower, second.upper]
    if np.isnan(parts).any() or (row.unit == "ratio" and min(parts) <= 0):
        return None
    away = _Z * second.between
    lower, upper = (
        second.value + sign * np.hypot(second.value - limit, away)
        for sign, limit in ((-1, second.lower), (1, second.upper))
    )
    compare, none = (ratio_of_estimates, 1.0) if row.unit == "ratio" else (difference_of_estimates, 0.0)
    found = compare(second.value, lower, upper, first.value, first.lower, first.upper)
    decimals = DECIMALS[row.unit]
    least, most = (
        round(float(found.lower) - 10**-decimals, decimals),
        round(float(found.upper) + 10**-decimals, decimals),
    )
    reading: Literal["higher", "lower", "unclear"] = "higher" if least > none else "lower" if most < none else "unclear"
    return Difference(float(found.estimate), least, most, reading)


def _pooled(table: ComparedFindings, row: ComparedFigure, those: np.ndarray) -> tuple[float, float, float]:
    counts: list[np.ndarray] = []
    for group in row.parts:
        part = table.figures.get((row.measure, group, "percent"))
        if part is None:
            return np.nan, np.nan, np.nan
        counts += [(part.value / 100 * part.people)[those], part.people[those]]
    if not counts or np.isnan(counts).any():
        return np.nan, np.nan, np.nan
    if len(row.parts) == 2:
        gap = stratified_difference(*counts)
        return 100 * gap.difference, 100 * gap.lower, 100 * gap.upper
    count, people = (part.sum() for part in counts)
    limits = wilson_interval(count, people)
    return float(100 * count / people), 100 * float(limits.lower), 100 * float(limits.upper)


@dataclass(frozen=True)
class Trait:
    """One thing that groups of trusts are built by.

    Parameters
    ----------
    id : str
        In the page's address.
    name : str
    values : tuple of str
        What a trust can be, in words and in order.
    of : dict of str to int
        Trust code to a place in ``values``; without those of which it is not known.
    """

    id: str
    name: str
    values: tuple[str, ...]
    of: Mapping[str, int]


#: From how many staff on, and from which share of survey respondents from ethnic minorities on, a band begins.
_STAFF_FROM = (0, 3_000, 6_000, 10_000)
_SHARES_FROM = (0, 10, 20, 35)


def traits(
    table: ComparedFindings, found: pd.DataFrame, figures: pd.DataFrame, trusts: pd.DataFrame
) -> tuple[Trait, ...]:
    """Return by what groups of trusts can be built: kind, region, size, staff from ethnic minorities, deprivation.

    Parameters
    ----------
    table : ComparedFindings
    found : pandas.DataFrame
        From :func:`race_equality.analysis.findings.findings`.
    figures : pandas.DataFrame
        Tidy figures that may be shown.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.

    Returns
    -------
    tuple of Trait

    Notes
    -----
    Size is the sum of the staff groups that are shown: less than the total, by the few of a hidden group, which a band made of
    the total could give away.
    """
    real = trusts[trusts["trust_code"] != DEMONSTRATION_CODE].set_index("trust_code")
    groups = _staff_groups_shown(found)
    respondents = table.of(next(row for row in compared_figures() if row.measure == _RESPONDENTS.id))
    minority = pd.Series(np.nan if respondents is None else respondents.value, index=list(table.codes))
    of_places = figures[figures["indicator"].isin([_SCORES.id, _FIFTHS.id])]
    ok = of_places[of_places["status"] == "ok"]

    def latest(indicator: Indicator) -> pd.Series:
        rows = ok[ok["indicator"] == indicator.id].sort_values("period_end", kind="stable")
        return rows.drop_duplicates("trust_code", keep="last").set_index("trust_code")["value"].astype("float64")

    scores = latest(_SCORES)
    of_system = {name: scores.reindex(list(system_codes(name))).mean() for name in set(real["system"].dropna()) if name}
    system = real["system"].map(of_system).astype("float64").dropna()
    thirds = pd.qcut(system.rank(method="average"), 3, labels=False) if len(system) >= 3 else system.astype("int64")
    fifth = latest(_FIFTHS).reindex(real.index).dropna()
    bands = zip(_STAFF_FROM, (*_STAFF_FROM[1:], None), strict=True)
    shares = zip(_SHARES_FROM, (*_SHARES_FROM[1:], None), strict=True)
    return (
        _named("kind", "Kind", real["kind"]),
        _named("region", "Region", real["region"]),
        Trait(
            "size",
            "Staff",
            tuple(
                f"{low:,} or more" if high is None else f"{low:,} to {high - 1:,}" if low else f"Under {high:,}"
                for low, high in bands
            ),
            _banded(groups, _STAFF_FROM, real.index),
        ),
        Trait(
            "minorities",
            "Survey respondents from ethnic minorities",
            tuple(
                f"{low}% or more" if high is None else f"{low}% to under {high}%" if low else f"Under {high}%"
                for low, high in shares
            ),
            _banded(minority, _SHARES_FROM, real.index),
        ),
        Trait(
            "deprivation",
            "Deprivation of the people whom the trust serves (acute trusts)",
            ("Most deprived fifth", "Second fifth", "Middle fifth", "Fourth fifth", "Least deprived fifth"),
            {str(code): int(value) - 1 for code, value in fifth.items() if 1 <= value <= 5},
        ),
        Trait(
            "system",
            "Deprivation of its integrated care system",
            ("Least deprived third", "Middle third", "Most deprived third"),
            {str(code): int(value) for code, value in thirds.items()},
        ),
    )


def _named(id: str, name: str, values: pd.Series) -> Trait:
    known = values.dropna().astype("object")
    known = known[known != ""]
    every = tuple(sorted(set(known)))
    return Trait(id, name, every, {str(code): every.index(value) for code, value in known.items()})


def _banded(values: pd.Series, begins: tuple[int, ...], codes: pd.Index) -> dict[str, int]:
    known = values.reindex(codes).dropna()
    return dict(zip(known.index, (np.searchsorted(begins, known, side="right") - 1).tolist(), strict=True))


def _staff_groups_shown(found: pd.DataFrame) -> pd.Series:
    rows = found[found["measure"].eq(_HEADCOUNT.id) & found["unit"].eq("people") & found["status"].eq("ok")]
    rows = rows[rows["group"] != "Total"]  # hidden where a group is
    return rows.groupby("trust_code")["value"].sum()
