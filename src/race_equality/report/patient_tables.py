"""Patients by ethnic group, deprivation, age and sex in tables of text and in sentences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from race_equality.analysis.patient_gaps import FIFTHS, UNKNOWN, WidestGap
from race_equality.definitions.ethnicity import WHITE
from race_equality.definitions.indicators import BY_ID, Indicator
from race_equality.report.words import (
    MONTHS,
    STATUS_WORDS,
    interval,
    listing,
    lower_first,
    number_word,
    people,
    percent,
    period,
    points,
)
from race_equality.store.rows import rows_of

_NONE = STATUS_WORDS["not_available"]
#: What a gap says of the patients of a group.
READINGS = {
    "adverse": "Worse",
    "favourable": "Better",
    "unclear": "No reliable difference",
    "reference": "Comparator",
    "unknown group": "No comparison",
    "none": "No comparison",
}
#: The rule by which all gaps of patients are read, for under a table.
HOW_GAPS_ARE_READ = (
    "A gap is read as worse or better where it stays away from zero with the number of groups that are compared allowed "
    "for (Bonferroni’s correction) and wherever rounding to the nearest 5 may have put the counts; the interval that is "
    "printed is the usual one of 95%. The first page, the tables, the files and the proposed decisions read by this rule. "
    "“No reliable difference” does not show that the groups are the same."
)


def _of(rows: pd.DataFrame, kinds: Collection[str]) -> list[Any]:
    """Rows of some breakdowns: a mask on a table of so many columns takes longer than to go through all its rows."""
    return [row for row in rows_of(rows) if row.breakdown in kinds]


def _here(row: Any) -> str:
    if row.status != "ok":
        return STATUS_WORDS[row.status]
    return f"{percent(row.percent)} ({interval(row.lower, row.upper, signed=False)})"


#: Another name than in the table of deliveries: where one of them is hidden, the other says nothing of it.
_NOT_RECORDED = {
    "Not stated or not known": "No ethnic group recorded",
    "Not stated": "Not stated",
    "Not known": "Not known",
}


def named(group: str) -> str:
    """Name a group of patients as in all tables and charts of patients.

    Examples
    --------
    >>> named("Not stated or not known")
    'No ethnic group recorded'
    """
    return _NOT_RECORDED.get(group, f"{group}\N{NO-BREAK SPACE}group")


def _group(name: str) -> str:
    """Name a detailed group without its broad one, which the order of a table says."""
    return name.partition(" - ")[2] if " - " in name else name


def when(rows: pd.DataFrame, measure: str) -> str:
    """Return the period of a measure in words.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.with_others`, with rows of the measure.
    measure : str
        The id of its record.
    """
    of_measure = rows[rows["measure"] == measure]
    return period(of_measure["period_start"].max(), of_measure["period_end"].max())


def groups_table(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Put one measure in a row for each of the five groups and those of unknown ethnic group.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.with_others`.
    measure : str
        The id of its record.

    Returns
    -------
    pandas.DataFrame
        Text: ``group``, ``people``, ``here`` (share and interval), ``gap`` (from White patients, with its interval),
        ``england``, ``system`` and ``similar`` (their gaps), ``reading``. Empty where no group has a figure.
    """
    by_ethnicity = _of(rows, ["ethnicity"])
    chosen = [row for row in by_ethnicity if row.measure == measure]
    if not any(row.status == "ok" for row in chosen):
        return pd.DataFrame()
    # the people of a group are known where another measure of the same people shows them
    whole = BY_ID[measure].disclosure.among or measure
    many = {row.group: people(row.people, row.status) for row in by_ethnicity if row.measure == whole}
    return pd.DataFrame(
        [
            {
                "group": named(row.group),
                "people": people(row.people, row.status) if pd.notna(row.people) else many.get(row.group, _NONE),
                "here": _here(row),
                "gap": f"{points(row.gap)} ({interval(row.gap_lower, row.gap_upper)})"
                if pd.notna(row.gap)
                else READINGS[row.direction],
                **{
                    name: points(gap)
                    if pd.notna(gap)
                    else percent(share)
                    if row.direction == "reference"
                    else READINGS[row.direction]
                    if row.direction == "unknown group"
                    else _NONE
                    for name, gap, share in (
                        ("england", row.england_gap, row.england_percent),
                        ("system", row.system_gap, row.system_percent),
                        ("similar", row.similar_gap, row.similar_percent),
                    )
                },
                "reading": READINGS[row.direction],
            }
            for row in chosen
        ]
    )


def breakdown_table(rows: pd.DataFrame, measures: Sequence[str], kinds: Sequence[str]) -> pd.DataFrame:
    """Put one or two measures in a row for each group of some breakdowns, with England's figures.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.with_others`.
    measures : sequence of str
        Ids of records; the first says how many people a group has.
    kinds : sequence of str
        "ethnicity in detail", "deprivation", "age", "sex".

    Returns
    -------
    pandas.DataFrame
        Text: ``group``, ``people`` and for each measure its id (share and interval) and ``<id>_england``. Empty where no
        group has a figure.
    """
    chosen = [row for row in _of(rows, kinds) if row.measure in measures and row.group not in UNKNOWN]
    if not any(row.status == "ok" for row in chosen):
        return pd.DataFrame()
    cells: dict[str, dict[str, str]] = {}
    for row in chosen:
        name = _group(row.group)
        cell = cells.setdefault(name, {"group": name, "people": people(row.people, row.status)})
        cell[row.measure] = _here(row)
        cell[f"{row.measure}_england"] = percent(row.england_percent)
    return pd.DataFrame(list(cells.values())).fillna(_NONE)


def breakdown_columns(table: pd.DataFrame, measures: Sequence[str], first: str) -> dict[str, str]:
    """Return the headings of :func:`breakdown_table`.

    Parameters
    ----------
    table : pandas.DataFrame
    measures : sequence of str
    first : str
        The heading of the groups.
    """
    named = {"group": first, "people": "People"}
    for id in measures:
        if id in table:
            named |= {id: f"{BY_ID[id].in_few_words} (95% interval)", f"{id}_england": "England"}
    return named


def years_table(years: pd.DataFrame) -> pd.DataFrame:
    """Put recovery in a row for each year, a column a group.

    Parameters
    ----------
    years : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.patient_gaps.recovery_by_year`; not empty.

    Returns
    -------
    pandas.DataFrame
        Text: ``year`` and a column for each of the five groups: the share, its base, and whether the gap is clear.
    """
    found: dict[pd.Timestamp, dict[str, str]] = {}
    for row in rows_of(years):
        if row.group in UNKNOWN:
            continue
        start, end = row.period_start, row.period_end
        # as no sentence names a year, of which a group can be hidden
        year = f"{MONTHS[start.month - 1]} {start.year} to {MONTHS[end.month - 1]} {end.year}"
        ending = {"adverse": ", worse", "favourable": ", better"}.get(row.direction, "")
        found.setdefault(end, {"year": year})[named(row.group)] = f"{percent(row.percent, row.status)}{ending}"
    return pd.DataFrame(list(found.values())).fillna(_NONE)


def gap_sentences(found: WidestGap, slopes: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Say the measure that the first page speaks of in full: the gap, how many are clear, deprivation, who is not known.

    Parameters
    ----------
    found : WidestGap
        From :func:`race_equality.analysis.patient_gaps.widest_gap`.
    slopes : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.patient_gaps.slopes_by_deprivation`.
    rows : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.with_others`.
    """
    measure = found.measure
    when = period(found.groups["period_start"].iloc[0], found.period_end)
    text = []
    if found.widest is not None:
        row = found.widest
        side = "higher" if row["gap"] > 0 else "lower"
        text.append(
            f"{percent(row['percent'])} of {measure.people} in the {row['group']} group {measure.statement}, against "
            f"{percent(found.white_percent)} in the White group ({when}): {points(row['gap'], signed=False)} percentage points "
            f"{side} (95% confidence interval of the gap: {interval(row['gap_lower'], row['gap_upper'])})."
        )
        text.append(_others_say(rows, measure, str(row["group"])))
        text.append(
            f"Of {number_word(found.compared)} groups compared with the White group, "
            f"{'all' if found.clear == found.compared > 1 else number_word(found.clear)} "
            f"{'is' if found.clear == 1 else 'are'} reliably worse off."
        )
    else:
        text.append(
            f"{percent(found.white_percent)} of {measure.people} in the White group {measure.statement} ({when}). Of "
            f"{number_word(found.compared)} groups compared with it, the data do not show that any is worse off. This does not "
            "show that they are the same."
        )
    if found.better_off:
        text.append(f"Reliably better off than the White group: {listing(found.better_off)}.")
    text += [slope_sentence(slopes, measure)]
    text.append(
        "The share without a recorded ethnic group is not shown, as it would tell a small number."
        if pd.isna(found.unknown_percent)
        else f"No ethnic group is recorded for {percent(found.unknown_percent)} of "
        f"{'those in the groups that are shown' if found.left_out else 'them'}; they are in no comparison."
    )
    return " ".join(part for part in text if part)


def _others_say(rows: pd.DataFrame, measure: Indicator, group: str) -> str:
    for row in _of(rows, ["ethnicity"]):
        if row.measure == measure.id and row.group == group:
            gaps = (
                ("England", row.england_gap),
                ("its system", row.system_gap),
                ("similar trusts together", row.similar_gap),
            )
            known = [f"{name} {points(gap)}" for name, gap in gaps if pd.notna(gap)]
            return f"The same gap elsewhere: {listing(known)}." if known else ""
    return ""


def slope_sentence(slopes: pd.DataFrame, measure: Indicator) -> str:
    """Say how a measure changes from the least to the most deprived end.

    Parameters
    ----------
    slopes : pandas.DataFrame
        One trust's rows of :func:`race_equality.analysis.patient_gaps.slopes_by_deprivation`.
    measure : Indicator

    Returns
    -------
    str
        "" where no slope is known.
    """
    row = next((row for row in rows_of(slopes) if row.measure == measure.id), None)
    if row is None:
        return ""
    bounds = f"slope index, 95% confidence interval: {interval(row.slope_lower, row.slope_upper)}"
    if row.direction == "unclear":
        return (
            f"By deprivation the data do not show a reliable difference between the two ends ({points(row.slope)} "
            f"percentage points; {bounds}). This does not show that they are the same."
        )
    side = "higher" if row.slope > 0 else "lower"
    return (
        f"By deprivation the share is {points(row.slope, signed=False)} percentage points {side} at the most deprived end "
        f"than at the least ({bounds})."
    )


def other_measures_sentences(rows: pd.DataFrame, slopes: pd.DataFrame, shown: str) -> str:
    """Say of the other measures that a trust has which groups are reliably worse off.

    Parameters
    ----------
    rows, slopes : pandas.DataFrame
        As for :func:`gap_sentences`.
    shown : str
        The measure that has its own sentences.
    """
    compared: dict[str, list[Any]] = {}
    for row in _of(rows, ["ethnicity"]):
        if row.direction in ("adverse", "favourable", "unclear"):
            compared.setdefault(row.measure, []).append(row)
    compared.pop(shown, None)
    text = []
    for id, groups in compared.items():
        worse = [row.group for row in groups if row.direction == "adverse"]
        said = (
            f"reliably worse than for the White group for {listing(worse)}"
            if worse
            else f"for none of {number_word(len(groups))} groups reliably worse than for the White group; this does not show that they are the same"
        )
        text.append(f"**{BY_ID[id].in_few_words}**: {said}.")
        slope = slope_sentence(slopes, BY_ID[id])
        if slope:
            text.append(slope)
    return " ".join(text)


def shares_to_draw(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return one measure by five groups and by fifths of deprivation as rows of a chart, this trust and England.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`race_equality.analysis.patient_gaps.with_others`.
    measure : str

    Returns
    -------
    pandas.DataFrame
        ``label``, ``series``, ``value``, ``lower``, ``upper``, as
        :func:`race_equality.report.patient_charts.shares_chart` takes them.
    """
    chosen = [
        (row.group if row.group in FIFTHS else f"{row.group} group", row)
        for row in _of(rows, ["ethnicity", "deprivation"])
        if row.measure == measure and row.status == "ok" and row.group not in UNKNOWN
    ]
    here = [(label, "This trust", row.percent, row.lower, row.upper) for label, row in chosen]
    england = [
        (label, "England", row.england_percent, float("nan"), float("nan"))
        for label, row in chosen
        if pd.notna(row.england_percent)
    ]
    return pd.DataFrame(here + england, columns=["label", "series", "value", "lower", "upper"])


def years_to_draw(years: pd.DataFrame) -> pd.DataFrame:
    """Return recovery by year and group as rows of a chart of small panels.

    Parameters
    ----------
    years : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.patient_gaps.recovery_by_year`.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``year`` (in which it ends), ``percent``, ``lower``, ``upper``; the White group first, which is drawn
        behind each of the others.
    """
    known = [row for row in rows_of(years) if row.status == "ok" and row.group not in UNKNOWN]
    drawn = sorted(
        (row.group != WHITE, named(row.group), row.period_end.year, row.percent, row.lower, row.upper) for row in known
    )
    return pd.DataFrame([row[1:] for row in drawn], columns=["group", "year", "percent", "lower", "upper"])


def describe_shares(rows: pd.DataFrame, measure: Indicator, name: str) -> str:
    """Describe a chart of shares for somebody who does not see it.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`shares_to_draw`.
    measure : Indicator
    name : str
        The trust's name.
    """
    shares = [f"{lower_first(row.label)} {percent(row.value)}" for row in rows_of(rows) if row.series == "This trust"]
    return f"Dot chart of the share of {measure.people} that {measure.statement} at {name}: {listing(shares)}."


def describe_years(rows: pd.DataFrame, name: str) -> str:
    """Describe a chart of recovery by year for somebody who does not see it.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`years_to_draw`.
    name : str
        The trust's name.
    """
    last = rows.loc[rows.groupby("group", sort=False)["year"].idxmax()]
    shares = [f"{row['group']} {percent(row['percent'])}" for row in last.to_dict("records")]
    return (
        f"Small line charts of recovery in talking therapies at {name} by ethnic group, the White group in grey behind each; "
        f"in the last year {listing(shares)}."
    )
