"""Waits, A&E, maternity and the Mental Health Act in sentences and table rows."""

from __future__ import annotations

import math

import pandas as pd

from race_equality.definitions.indicators import BY_ID, PATIENTS
from race_equality.report.words import MONTHS, STATUS_WORDS, interval, listing, lower_first, percent, points
from race_equality.store.rows import groups_of, rows_of
from race_equality.store.trust import Trust

#: What an XmR chart's last point says, in a table cell.
VARIATION_WORDS = {
    "improvement": "Improving",
    "concern": "Getting worse",
    "common cause": "No change beyond the ordinary",
    "no data": "No data",
}


def month(value: pd.Timestamp) -> str:
    """Return a month as ``"May 2026"``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def recording_change(months: pd.DataFrame) -> str:
    """Return the month in which recording changed, as ``"November 2025"``, or ``""`` where it did not.

    Parameters
    ----------
    months : pandas.DataFrame
        ``month`` and ``recording``, from :func:`race_equality.analysis.access.monthly`.
    """
    later = months.loc[months["recording"] > months["recording"].min(), "month"]
    return "" if later.empty else month(later.min())


def measure_name(indicator: str) -> str:
    """Return the name of a measure of access."""
    return BY_ID[indicator].name


def access_sentence(access: pd.DataFrame, trust: Trust) -> str:
    """Say what the monthly waits are and what they are not, or that there are none.

    Parameters
    ----------
    access : pandas.DataFrame
        From :func:`race_equality.analysis.access.latest_access`.
    trust : Trust
        The trust.
    """
    if access.empty:
        return (
            "Waiting lists and A&E are published for trusts that run them; no figures are published "
            f"for {trust.name}, so they are not applicable."
        )
    return (
        "These monthly figures are of all patients together. The waiting list is published by ethnic group as well, in one "
        "week; A&E is published by ethnic group in the Emergency Care Data Set (ECDS), which is not loaded yet."
    )


_NAMES = {
    "age": {"Unknown": "Age not known"} | {band: f"Aged {band}" for band in ("0 to 18", "19 to 64", "65 and over")},
    "sex": {"Unknown": "Sex not known"},
}

#: The public file that would bring patients by ethnic group, by kind of trust.
_WOULD_BRING = {
    "mental health": "the CSV of the Mental Health Bulletin (restrictive interventions and people in contact with services)",
    "acute": "the provider CSV of the Emergency Care Data Set (A&E)",
    "acute specialist": "the provider CSV of the Emergency Care Data Set (A&E)",
}


def would_bring_patients(trust: Trust, in_groups: pd.DataFrame | None = None) -> str:
    """Say which file would bring a trust's patients by ethnic group, where none can be compared.

    Parameters
    ----------
    trust : Trust
    in_groups : pandas.DataFrame, optional
        From :func:`race_equality.analysis.patient_gaps.patients_by_breakdown`: what is hidden there is published, of too
        few people.
    """
    own = "the trust’s own patients return"
    if in_groups is not None:
        here = in_groups[(in_groups["place"] == trust.code) & (in_groups["breakdown"] == "ethnicity")]
        if (here["status"] == "suppressed").any():
            return f"Patients by ethnic group: published, of too few people to show; {own} can add to them."
    public = _WOULD_BRING.get(trust.kind)
    which = f"{public}, or {own}" if public else own
    return f"Patients by ethnic group: not held for this trust; {which} would bring them."


def coverage_sentence(coverage: pd.DataFrame) -> str:
    """Say how much of a trust's waiting list is in the figures by ethnic group.

    Parameters
    ----------
    coverage : pandas.DataFrame
        The trust's row of :func:`race_equality.analysis.waiting_list.waiting_list_coverage`; it may be empty.

    Returns
    -------
    str
        "" where nothing is known of it.
    """
    if coverage.empty or math.isnan(coverage["covered_percent"].iloc[0]):
        return ""
    share = coverage["covered_percent"].iloc[0]
    least = " Much of the list is not in it." if share < LEAST_COVERED else ""
    return f"The list by ethnic group is {share:.0f}% of the trust’s whole waiting list.{least}"


#: Under this share of the whole list, in per cent, a page says that much is missing.
LEAST_COVERED = 90.0

_FIFTHS = {
    "Quintile 1": "Most deprived fifth",
    "Quintile 2": "Second fifth",
    "Quintile 3": "Middle fifth",
    "Quintile 4": "Fourth fifth",
    "Quintile 5": "Least deprived fifth",
    "Unknown": "Not known",
}


def return_columns(by_group: pd.DataFrame) -> dict[str, str]:
    """Return the measures that a trust's patients return holds, with their headings."""
    held = set(by_group["measure"])
    return {one.id: one.in_few_words for one in PATIENTS if one.id in held}


def return_table(by_group: pd.DataFrame, breakdown: str) -> pd.DataFrame:
    """Put the latest year of the patients return in a row for each group.

    Parameters
    ----------
    by_group : pandas.DataFrame
        From :func:`race_equality.analysis.patients_return.patients_by_group`.
    breakdown : {"ethnicity", "deprivation", "age", "sex"}

    Returns
    -------
    pandas.DataFrame
        ``group`` and a column for each measure: the share, and whether it is reliably higher or lower
        than that of the group that others are compared with. By age and sex nothing is compared, and each share has its
        95% interval.
    """
    rows = _latest_year(by_group[by_group["breakdown"] == breakdown])
    cells: dict[str, dict[str, str]] = {}
    for row in rows_of(rows):
        text = percent(row.percent, row.status)
        text += {"adverse": ", higher", "favourable": ", lower", "reference": " (comparator)"}.get(row.direction, "")
        if row.direction == "not compared":
            text += f" ({interval(row.lower, row.upper, signed=False)})"
        names = _NAMES.get(breakdown, _FIFTHS)
        cells.setdefault(names.get(row.group, row.group), {})[row.measure] = text
    table = pd.DataFrame.from_dict(cells, orient="index").rename_axis("group").reset_index()
    return table.fillna(STATUS_WORDS["not_available"])


def age_and_sex_table(by_group: pd.DataFrame) -> pd.DataFrame:
    """Put age and sex of the latest year of the patients return in one table.

    Parameters
    ----------
    by_group : pandas.DataFrame
        From :func:`race_equality.analysis.patients_return.patients_by_group`.

    Returns
    -------
    pandas.DataFrame
        As :func:`return_table`, with age bands before sexes; empty where the return has neither, as those of before the
        template had them.
    """
    held = by_group[by_group["status"].isin(["ok", "suppressed"])]
    kinds = [kind for kind in ("age", "sex") if (held["breakdown"] == kind).any()]
    tables = [return_table(by_group, kind) for kind in kinds]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["group"])


def return_sentences(by_group: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Say of each measure of the patients return how far apart groups are.

    Parameters
    ----------
    by_group, summary : pandas.DataFrame
        From :func:`race_equality.analysis.patients_return.patients_by_group` and
        :func:`~race_equality.analysis.patients_return.patients_summary`.

    Returns
    -------
    str
        The first measure in numbers, the others in words; the tables hold the rest.
    """
    said, also, unclear, compared = "", [], [], 0
    for name, rows in groups_of(_latest_year(by_group[by_group["breakdown"] == "ethnicity"]), "measure", sort=False):
        adverse = rows[rows["direction"] == "adverse"]
        white = rows[rows["direction"] == "reference"]
        compared += int(rows["direction"].isin(["adverse", "favourable", "unclear"]).sum())
        if not rows["direction"].isin(["adverse", "favourable", "unclear"]).any():
            continue  # no group to compare, or none to compare with
        if adverse.empty:
            unclear.append(lower_first(BY_ID[name].in_few_words))
        elif said:
            also.append(f"{lower_first(BY_ID[name].in_few_words)} ({listing(adverse['group'].tolist())})")
        else:
            found = adverse.iloc[adverse["gap"].argmax()]
            said = (
                f"{percent(found['percent'])} of {BY_ID[name].people} in the {found['group']} group "
                f"{BY_ID[name].statement}, against {percent(white.iloc[0]['percent'])} in the White group: "
                f"{points(found['gap'], signed=False)} percentage points higher (95% confidence interval of the gap: "
                f"{interval(found['gap_lower'], found['gap_upper'])})."
            )
    paragraph = [said] if said else []
    if also:
        paragraph.append(f"Also higher than in the White group, beyond chance: {listing(also)}.")
    if unclear:
        paragraph.append(
            f"On {listing(unclear)} no group is reliably higher than the White group; this does not show that they are the same."
        )
    if compared > 1 and (said or also):
        paragraph.append(f"With {compared} comparisons, about one in twenty would look reliable by chance alone.")
    slopes = summary[(summary["breakdown"] == "deprivation") & summary["direction"].isin(["adverse", "favourable"])]
    if len(slopes):
        first = slopes.iloc[0]
        side = "higher" if first["slope"] > 0 else "lower"
        paragraph.append(
            f"By deprivation, {lower_first(BY_ID[first['measure']].in_few_words)} is {points(first['slope'], signed=False)} percentage points "
            f"{side} at the most deprived end than at the least (slope index, 95% confidence interval: "
            f"{interval(first['slope_lower'], first['slope_upper'])})."
        )
    return " ".join(paragraph)


def _latest_year(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["period_end"] == rows.groupby("measure")["period_end"].transform("max")]


def populations_table(population: pd.DataFrame, deliveries: pd.DataFrame) -> pd.DataFrame:
    """Put ethnic groups of staff, of the catchment and of those who gave birth side by side.

    Parameters
    ----------
    population : pandas.DataFrame
        From :func:`race_equality.analysis.ethnicity_of_respondents.respondents_and_catchment`.
    deliveries : pandas.DataFrame
        From :func:`race_equality.analysis.maternity.deliveries_by_ethnicity`; it may be empty.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``respondents``, ``catchment`` and, with deliveries, ``deliveries``, all text.
    """
    table = pd.DataFrame(
        {
            "group": population["group"],
            "respondents": [percent(row.respondents_percent, row.respondents_status) for row in rows_of(population)],
            "catchment": [percent(row.catchment_percent, row.catchment_status) for row in rows_of(population)],
        }
    )
    if deliveries.empty:
        return table
    born = deliveries.set_index("group")
    table["deliveries"] = [percent(born.loc[group, "percent"], born.loc[group, "status"]) for group in table["group"]]
    return table


def maternity_sentences(deliveries: pd.DataFrame, deprived: float) -> str:
    """Say how many gave birth, from which areas, and how often their ethnic group is recorded.

    Parameters
    ----------
    deliveries : pandas.DataFrame
        From :func:`race_equality.analysis.maternity.deliveries_by_ethnicity`; not empty.
    deprived : float
        From :func:`race_equality.analysis.maternity.most_deprived_share`.
    """
    end = deliveries["period_end"].iloc[0]
    unknown = deliveries.loc[deliveries["group"] == "Not stated or not known", "percent"].iloc[0]
    text = (
        f"In the year to {month(end)}, the ethnic group of {percent(unknown)} of those who gave birth was not recorded."
    )
    if not math.isnan(deprived):
        text += f" {percent(deprived)} lived in the most deprived fifth of areas."
    return text + " The files that are read hold no outcome of birth by ethnic group; they do hold continuity of carer."
