"""Patients by ethnic group, deprivation, age and sex in tables of text and in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def _here(row: Mapping[Any, Any]) -> str:
    if row["status"] != "ok":
        return STATUS_WORDS[row["status"]]
    return f"{percent(row['percent'])} ({interval(row['lower'], row['upper'], signed=False)})"


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
    by_ethnicity = rows[rows["breakdown"] == "ethnicity"]
    chosen = by_ethnicity[by_ethnicity["measure"] == measure]
    if not (chosen["status"] == "ok").any():
        return pd.DataFrame()
    # the people of a group are known where another measure of the same people shows them
    whole = BY_ID[measure].disclosure.among or measure
    of_whole = by_ethnicity[by_ethnicity["measure"] == whole].to_dict("records")
    many = {row["group"]: people(row["people"], row["status"]) for row in of_whole}
    return pd.DataFrame(
        [
            {
                "group": named(row["group"]),
                "people": people(row["people"], row["status"])
                if pd.notna(row["people"])
                else many.get(row["group"], _NONE),
                "here": _here(row),
                "gap": f"{points(row['gap'])} ({interval(row['gap_lower'], row['gap_upper'])})"
                if pd.notna(row["gap"])
                else READINGS[row["direction"]],
                **{
                    name: points(row[f"{name}_gap"])
                    if pd.notna(row[f"{name}_gap"])
                    else percent(row[f"{name}_percent"])
                    if row["direction"] == "reference"
                    else READINGS[row["direction"]]
                    if row["direction"] == "unknown group"
                    else _NONE
                    for name in ("england", "system", "similar")
                },
                "reading": READINGS[row["direction"]],
            }
            for row in chosen.to_dict("records")
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
    chosen = rows[
        rows["measure"].isin(list(measures)) & rows["breakdown"].isin(list(kinds)) & ~rows["group"].isin(UNKNOWN)
    ]
    if not (chosen["status"] == "ok").any():
        return pd.DataFrame()
    cells: dict[str, dict[str, str]] = {}
    for row in chosen.to_dict("records"):
        cell = cells.setdefault(_group(row["group"]), {})
        cell.setdefault("people", people(row["people"], row["status"]))
        cell[row["measure"]] = _here(row)
        cell[f"{row['measure']}_england"] = percent(row["england_percent"])
    table = pd.DataFrame.from_dict(cells, orient="index").rename_axis("group").reset_index()
    return table.fillna(_NONE)


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
    found = []
    for _, rows in years[~years["group"].isin(UNKNOWN)].groupby("period_end"):
        start, end = rows["period_start"].iloc[0], rows["period_end"].iloc[0]
        # as no sentence names a year, of which a group can be hidden
        row = {"year": f"{MONTHS[start.month - 1]} {start.year} to {MONTHS[end.month - 1]} {end.year}"}
        for one in rows.to_dict("records"):
            ending = {"adverse": ", worse", "favourable": ", better"}.get(one["direction"], "")
            row[named(one["group"])] = f"{percent(one['percent'], one['status'])}{ending}"
        found.append(row)
    return pd.DataFrame(found).fillna(_NONE)


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
    here = rows[(rows["measure"] == measure.id) & (rows["breakdown"] == "ethnicity") & (rows["group"] == group)]
    if here.empty:
        return ""
    row = here.iloc[0].to_dict()
    known = [
        f"{name} {points(row[f'{id}_gap'])}"
        for id, name in (("england", "England"), ("system", "its system"), ("similar", "similar trusts together"))
        if pd.notna(row[f"{id}_gap"])
    ]
    return f"The same gap elsewhere: {listing(known)}." if known else ""


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
    known = slopes[slopes["measure"] == measure.id]
    if known.empty:
        return ""
    row = known.iloc[0].to_dict()
    bounds = f"slope index, 95% confidence interval: {interval(row['slope_lower'], row['slope_upper'])}"
    if row["direction"] == "unclear":
        return (
            f"By deprivation the data do not show a reliable difference between the two ends ({points(row['slope'])} "
            f"percentage points; {bounds}). This does not show that they are the same."
        )
    side = "higher" if row["slope"] > 0 else "lower"
    return (
        f"By deprivation the share is {points(row['slope'], signed=False)} percentage points {side} at the most deprived end "
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
    text = []
    for id, groups in rows[rows["breakdown"] == "ethnicity"].groupby("measure", sort=False):
        compared = groups[groups["direction"].isin(["adverse", "favourable", "unclear"])]
        if id == shown or compared.empty:
            continue
        name = BY_ID[str(id)].in_few_words
        worse = compared.loc[compared["direction"] == "adverse", "group"].tolist()
        said = (
            f"reliably worse than for the White group for {listing(worse)}"
            if worse
            else f"for none of {number_word(len(compared))} groups reliably worse than for the White group; this does not show that they are the same"
        )
        text.append(f"**{name}**: {said}.")
        slope = slope_sentence(slopes, BY_ID[str(id)])
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
    kinds = rows["breakdown"].isin(["ethnicity", "deprivation"]) & ~rows["group"].isin(UNKNOWN)
    chosen = rows[(rows["measure"] == measure) & (rows["status"] == "ok") & kinds]
    labels = [group if group in FIFTHS else f"{group} group" for group in chosen["group"]]
    here = chosen.assign(label=labels, series="This trust", value=chosen["percent"])
    england = here.assign(series="England", value=chosen["england_percent"], lower=float("nan"), upper=float("nan"))
    return pd.concat([here, england[england["value"].notna()]])[["label", "series", "value", "lower", "upper"]]


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
    known = years[(years["status"] == "ok") & ~years["group"].isin(UNKNOWN)]
    known = known.assign(
        year=known["period_end"].dt.year, is_white=known["group"] != WHITE, group=known["group"].map(named)
    )
    return known.sort_values(["is_white", "group", "year"])[["group", "year", "percent", "lower", "upper"]]


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
    here = rows[rows["series"] == "This trust"]
    shares = [f"{lower_first(row['label'])} {percent(row['value'])}" for row in here.to_dict("records")]
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
