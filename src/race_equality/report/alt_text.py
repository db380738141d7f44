"""What each chart shows, in one or two sentences for somebody who does not see it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from race_equality.definitions.indicators import QUESTIONS, WRES
from race_equality.report.chart_builders import MOST_MARKS
from race_equality.report.words import Unit, correlation, in_unit, listing, lower_first, percent, points
from race_equality.store.rows import groups_of, rows_of


def of_gaps(known: pd.DataFrame, name: str) -> str:
    """Describe the chart of gaps: the trust's gap for each measure."""
    gaps = [f"{lower_first(WRES[row.number].name)} {points(row.gap)}" for row in rows_of(known)]
    return (
        f"Dot chart of the gap between ethnic minority and White staff at {name}, in percentage points: "
        f"{listing(gaps)}. Those of all trusts of its kind together are shown next to them."
    )


def of_groups(known: pd.DataFrame, name: str) -> str:
    """Describe the chart of both groups: each measure's two percentages."""
    pairs = [
        f"{lower_first(WRES[row.number].name)} {percent(row.ethnic_minority_percent)} and {percent(row.white_percent)}"
        for row in rows_of(known)
    ]
    return f"Dot chart of ethnic minority and White staff at {name}, in that order: {'; '.join(pairs)}."


def of_funnel(position: str | None, name: str, kind: str, trusts: int, target: float) -> str:
    """Describe a funnel of the trusts of one kind: its centre, and where the trust lies."""
    where = f"{name} lies {position}." if position else f"{name} has no published figure."
    return (
        f"Funnel plot of {trusts} {kind} trusts around a centre of {percent(target)}, with limits that narrow as more "
        f"staff answer. {where}".replace("limit.", "limit of the funnel.").replace("within limits", "within the limits")
    )


def of_survey(asked: pd.DataFrame, spread: pd.DataFrame, name: str) -> str:
    """Describe the strip of trusts: this trust's percentage and the median, by question."""
    labels = {question.id: lower_first(question.name) for question in QUESTIONS}
    parts = [
        f"{labels[row.indicator]} {percent(row.percent)}"
        + (
            f" against a median of {percent(spread['median'].loc[row.indicator])}"
            if row.indicator in spread.index
            else ""
        )
        for row in rows_of(asked)
    ]
    # this trust is not among the others
    many = len(spread) > 0 and spread["trusts"].max() >= MOST_MARKS
    chart = "Chart of the range of trusts" if many else "Strip chart of trusts"
    return f"{chart} with {name} marked: {'; '.join(parts)}."


def of_years(years: pd.DataFrame, name: str) -> str:
    """Describe the line of surveys: each year's percentage."""
    parts = [f"{row.year:.0f} {percent(row.percent)}" for row in rows_of(years)]
    return f"Line chart of discrimination from a manager or colleagues at {name}: {listing(parts)}."


def of_months(series: pd.DataFrame, measure: str, name: str) -> str:
    """Describe the monthly lines: where each begins and ends."""
    parts = []
    for label, rows in groups_of(series, "series", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        who = name if label == "This trust" else lower_first(label)
        parts.append(f"{who} from {percent(first['percent'])} to {percent(last['percent'])}")
    return f"Line chart of {lower_first(measure)} by month: {'; '.join(parts)}."


def of_panels(rows: pd.DataFrame, what: str) -> str:
    """Describe small multiples: where each panel's line ends."""
    along = "year" if "year" in rows else "month"
    last = rows.sort_values(along, kind="stable").groupby("group").tail(1).set_index("group", drop=False)
    last = last.loc[rows["group"].unique()]
    parts = [f"{row.group} {percent(row.percent)}" for row in rows_of(last)]
    return f"{what}, a panel each, with the latest figure: {listing(parts)}."


def of_distribution(rows: pd.DataFrame, what: str, *, unit: Unit = "gap") -> str:
    """Describe dots by row: how many trusts, their median and their range."""
    parts = []
    for name, of_group in rows.groupby("group", sort=False):
        values = of_group["value"]
        middle, low, high = (in_unit(value, unit) for value in (values.median(), values.min(), values.max()))
        parts.append(f"{name}, {len(of_group)} trusts, median {middle}, from {low} to {high}")
    points_of = "" if unit == "percent" else " in percentage points"
    dot = "a dot each trust" if len(rows) <= MOST_MARKS else "a dot for the trusts around it"
    return f"Dot plot of {what}{points_of}, {dot}: {'; '.join(parts)}."


def of_map(rows: pd.DataFrame, classes: Sequence[str], what: str) -> str:
    """Describe a map: how many areas each class has."""
    counts = rows["class"].value_counts()
    parts = [f"{lower_first(name)}, {counts.get(name, 0)}" for name in classes]
    return (
        f"Map of {len(rows)} integrated care systems by {what}. Number of systems: {'; '.join(parts)}. "
        "The table below has each."
    )


def of_correlations(rows: pd.DataFrame) -> str:
    """Describe rank correlations: how many, and between what."""
    low, high = (
        correlation(value, value, value).split(" ")[0]
        for value in (rows["correlation"].min(), rows["correlation"].max())
    )
    return f"Dot chart of {len(rows)} rank correlations with intervals, from {low} to {high}; the table below has each."


def of_two_gaps(rows: pd.DataFrame, patients: str) -> str:
    """Describe trusts by the gap among staff and the gap among patients: how many, and over what range.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`race_equality.report.linked_gaps_charts.two_gaps_chart` takes them.
    patients : str
        What is measured of patients.
    """
    return (
        f"Scatter chart of {len(rows)} trusts: the gap among staff, from {points(rows['staff'].min())} to "
        f"{points(rows['staff'].max())} points, against the gap among patients ({patients}), from "
        f"{points(rows['patients'].min())} to {points(rows['patients'].max())} points."
    )


def of_links(rows: pd.DataFrame) -> str:
    """Describe links between gaps: how many, from where to where, and how many are clear."""
    low, high = (
        correlation(value, value, value).split(" ")[0]
        for value in (rows["correlation"].min(), rows["correlation"].max())
    )
    clear = int(((rows["lower"] > 0) | (rows["upper"] < 0)).sum())
    return (
        f"Dot chart of {len(rows)} correlations with intervals, from {low} to {high}; {clear or 'none'} of the intervals "
        f"{'is' if clear == 1 else 'are'} clear of zero. The table below has each."
    )


def of_trust_among_gaps(rows: pd.DataFrame, name: str, code: str) -> str:
    """Describe one trust by both gaps among all trusts.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`race_equality.report.linked_gaps_charts.two_gaps_chart` takes them.
    name, code : str
        Of the trust.
    """
    here = rows[rows["trust_code"] == code].iloc[0]
    others = rows[rows["trust_code"] != code]
    return (
        f"Scatter chart of {len(rows)} trusts by two gaps. {name}: {points(here['staff'])} points among staff and "
        f"{points(here['patients'])} among patients; half of the other trusts have over "
        f"{points(others['staff'].median())} and over {points(others['patients'].median())}."
    )
