"""Steps in the number of staff by merger or transfer: no line is drawn through one.

A trust that takes over another's services has thousands more staff from one March to the next. A line through such a step
says "growth", and whoever answered the survey before it and after it worked for different organisations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.statistics.trend import Trend
from race_equality.store.cache import cached
from race_equality.store.rows import rows_of
from race_equality.store.trust import Succession

#: Head counts of every March; full-time equivalents for the years since the last of them.
_HEADCOUNT, _FTE, _FTE_BY_MONTH = "workforce_march_headcount", "workforce_march_fte", "workforce_fte_by_month"

#: A change is a step that lies farther than this many interquartile ranges beyond the quartiles ("far out", Tukey 1977).
#: One in 400,000 would, were changes normal.
_FAR_OUT = 3.0
#: From fewer changes than this the spread of ordinary ones cannot be told, and none is called a step.
_FEWEST_CHANGES = 100


@dataclass(frozen=True)
class Step:
    """A change of a trust's staff that no ordinary year has, or the day that another trust's staff came to it.

    Attributes
    ----------
    start, end : pandas.Timestamp
        The step is after the first and not after the second: two Marches, or two ends of months.
    before, after : float
        Staff on these days.
    unit : {"people", "fte"}
        Persons or full-time equivalents.
    organisation : str
        Whose staff came, where the list of trusts has it; else "".
    day : datetime.date or None
        The first day under the trust, where the list of trusts has it.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    before: float
    after: float
    unit: str
    organisation: str = ""
    day: date | None = None


@dataclass(frozen=True)
class YearlyTrend(Trend):
    """A trend that is drawn through no step.

    Attributes
    ----------
    step : Step or None
        The last step in the years that were looked at; the slope and ``points`` are of the years since it.
    """

    step: Step | None = None

    @classmethod
    def of(cls, found: Trend, step: Step | None) -> YearlyTrend:
        """Join a trend and the step before it."""
        return cls(found.slope, found.lower, found.upper, found.direction, found.points, step)


def steps_in_staff(figures: pd.DataFrame, trust_code: str, successions: Sequence[Succession] = ()) -> list[Step]:
    """Find the steps in a trust's number of staff.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, of all trusts: the rule rests on the changes of all.
    trust_code : str
        A resolved trust code.
    successions : sequence of Succession
        Of this trust, as :attr:`race_equality.store.trusts.Trust.joined` has them, or of all.

    Returns
    -------
    list of Step
        Oldest first.

    Notes
    -----
    Two rules. By date: an organisation that became part of this trust on a known day is a step where its staff are not
    in the trust's own earlier figures; where they are, both were added up and there is none. By size: the change of a
    year (in logarithms, less the median change of all trusts in that year) lies three interquartile ranges beyond the
    quartiles of all changes of all trusts in all years, steps left out of them. Head counts are published to March 2023; later years are of
    full-time equivalents, and there the step is the month with the largest change.
    """
    return steps_of_all(figures, successions).get(trust_code, [])


def steps_of_all(figures: pd.DataFrame, successions: Sequence[Succession] = ()) -> dict[str, list[Step]]:
    """Find the steps of every trust: as :func:`steps_in_staff`, by trust code, for trusts that have one."""
    found: dict[str, list[Step]] = {}
    for row in rows_of(_jumps(figures)):
        step = Step(row.start, row.end, float(row.before), float(row.after), row.unit)
        found.setdefault(row.trust_code, []).append(step)
    dated = [one for one in successions if one.date is not None and one.new_code]
    if dated:
        members: dict[str, set[str]] = {}
        organisations = _organisations(figures)
        for code, organisation in zip(
            organisations["trust_code"].tolist(), organisations["organisation_code"].tolist(), strict=True
        ):
            members.setdefault(code, {code}).add(organisation)
        of_all = staff_by_march(figures)
        for one in dated:
            for code, own in members.items():
                if one.new_code in own and one.old_code not in own:
                    series = of_all[of_all["trust_code"] == code]
                    if len(series):
                        found[code] = _with_the_day(found.get(code, []), one, series)
    return {code: sorted(steps, key=lambda step: step.end) for code, steps in found.items() if steps}


def _with_the_day(steps: list[Step], one: Succession, series: pd.DataFrame) -> list[Step]:
    """Add the step of a known day, in place of one that was found by its size in the same year."""
    assert one.date is not None
    day = pd.Timestamp(one.date)
    earlier, later = series[series["day"] < day], series[series["day"] >= day]
    if earlier.empty or later.empty:
        return steps
    first, last = earlier.iloc[-1], later.iloc[0]
    if first["unit"] != last["unit"]:
        return steps
    others = [step for step in steps if not step.start < day <= step.end]
    return [
        *others,
        Step(
            first["day"],
            last["day"],
            float(first["staff"]),
            float(last["staff"]),
            str(first["unit"]),
            one.old_name or one.old_code,
            one.date,
        ),
    ]


@cached
def staff_by_march(figures: pd.DataFrame) -> pd.DataFrame:
    """Give the staff of every trust each March.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``day`` (31 March), ``staff``, ``unit``, by unit ("people" first), trust and day: head counts, and
        from the last of them on full-time equivalents. Organisations that have merged are added up; a year in which one
        of them is missing, between years in which it is there, is left out.
    """
    people = added_up(figures, [_HEADCOUNT]).assign(unit="people")
    fte = added_up(figures, [_FTE, _FTE_BY_MONTH]).assign(unit="fte")
    fte = fte[fte["day"].dt.month == 3]
    if len(people):
        fte = fte[fte["day"] >= people["day"].max()]
    return pd.concat([part for part in (people, fte) if len(part)] or [people], ignore_index=True)


def added_up(figures: pd.DataFrame, indicators: Sequence[str]) -> pd.DataFrame:
    """Add up staff over the organisations that belong to a trust today.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    indicators : sequence of str
        Ids of numbers of staff.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``day``, ``staff``, by trust and day.
    """
    rows = figures[figures["indicator"].isin(list(indicators)) & (figures["status"] == "ok")]
    rows = rows.assign(day=rows["period_end"], staff=rows["value"].astype("float64"))
    # a day that two publications have counts once
    rows = rows.drop_duplicates(["trust_code", "organisation_code", "day"], keep="last")
    span = rows.groupby(["trust_code", "organisation_code"])["day"].agg(["min", "max"]).reset_index()
    table = rows.groupby(["trust_code", "day"], as_index=False).agg(staff=("staff", "sum"), counted=("staff", "size"))
    # how many organisations there were that day: each from its first to its last
    there = table.merge(span, on="trust_code")
    many = there[there["day"].between(there["min"], there["max"])].groupby(["trust_code", "day"]).size()
    whole = table["counted"].to_numpy() >= many.reindex(table.set_index(["trust_code", "day"]).index).to_numpy()
    return table.loc[whole, ["trust_code", "day", "staff"]].reset_index(drop=True)


@cached
def _organisations(figures: pd.DataFrame) -> pd.DataFrame:
    """Whose head counts are in each trust's."""
    rows = figures.loc[figures["indicator"] == _HEADCOUNT, ["trust_code", "organisation_code"]]
    return rows.drop_duplicates().reset_index(drop=True)


@cached
def ordinary_changes(figures: pd.DataFrame) -> pd.DataFrame:
    """Say between which limits the changes of an ordinary year lie.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        A row for each unit with changes enough: ``unit``, ``lower``, ``upper`` (of the logarithm of staff over that of
        the March before, less the median of the year), ``changes`` (of how many), ``trusts``.
    """
    changes = _changes(figures)
    rows = []
    for unit in ("people", "fte"):
        here = changes[changes["unit"] == unit]
        if len(here) < _FEWEST_CHANGES:
            continue
        ordinary = here["beyond"]
        while True:
            first, third = ordinary.quantile([0.25, 0.75])
            lower, upper = first - _FAR_OUT * (third - first), third + _FAR_OUT * (third - first)
            inside = ordinary.between(lower, upper)
            if inside.all():
                break
            ordinary = ordinary[inside]  # steps are no part of the ordinary spread
        rows.append((unit, lower, upper, len(here), here["trust_code"].nunique()))
    return pd.DataFrame(rows, columns=["unit", "lower", "upper", "changes", "trusts"])


def _changes(figures: pd.DataFrame) -> pd.DataFrame:
    """Changes of real trusts from each March to the next."""
    table = staff_by_march(figures)
    table = table[(table["trust_code"] != ENGLAND_CODE) & (table["staff"] > 0)]
    before = table.groupby(["trust_code", "unit"], sort=False)[["day", "staff"]].shift(1)
    table = table.assign(start=before["day"], before=before["staff"]).dropna(subset=["before"])
    table = table.assign(change=np.log(table["staff"] / table["before"]))
    table["beyond"] = table["change"] - table.groupby(["unit", "day"])["change"].transform("median")
    return table[table["trust_code"] != DEMONSTRATION_CODE]


@cached
def _jumps(figures: pd.DataFrame) -> pd.DataFrame:
    """Changes that no ordinary year has, of all trusts."""
    limits = ordinary_changes(figures)
    table = _changes(figures).merge(limits[["unit", "lower", "upper"]], on="unit")
    table = table[(table["beyond"] < table["lower"]) | (table["beyond"] > table["upper"])]
    table = table.rename(columns={"day": "end", "staff": "after"})
    table = table[["trust_code", "start", "end", "before", "after", "unit"]].sort_values(["trust_code", "end"])
    months = added_up(figures, [_FTE_BY_MONTH])
    return pd.DataFrame([_to_the_month(row, months) for row in rows_of(table)], columns=table.columns)


def _to_the_month(row: Any, months: pd.DataFrame) -> tuple[Any, ...]:
    """Narrow a step of a year in full-time equivalents down to the month with the largest change, where there are months."""
    of_a_year = (row.trust_code, row.start, row.end, row.before, row.after, row.unit)
    if row.unit != "fte":
        return of_a_year
    here = months[(months["trust_code"] == row.trust_code) & months["day"].between(row.start, row.end)]
    change = np.log(here["staff"] / here["staff"].shift(1)) * np.sign(row.after - row.before)
    if change.notna().sum() == 0:
        return of_a_year
    place = int(np.nanargmax(change.to_numpy()))
    first, last = here.iloc[place - 1], here.iloc[place]
    return (row.trust_code, first["day"], last["day"], float(first["staff"]), float(last["staff"]), row.unit)
