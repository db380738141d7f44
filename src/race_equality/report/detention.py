"""Use of the Mental Health Act by ethnic group in sentences and table rows, plain and standardised for age."""

from __future__ import annotations

import math

import pandas as pd

from race_equality.definitions.ethnicity import WHITE
from race_equality.report.patients import month
from race_equality.report.words import STATUS_WORDS, interval, listing, number_word
from race_equality.store.rows import rows_of

#: From this change of a ratio on, the sentence says that age changes it.
_CHANGED = 0.2


def detention_sentences(detentions: pd.DataFrame, place: str) -> str:
    """Say how detention under the Mental Health Act compares between ethnic groups, plain and standardised for age.

    Parameters
    ----------
    detentions : pandas.DataFrame
        From :func:`race_equality.analysis.mental_health.detentions_by_ethnicity`.
    place : str
        As written at the start of a sentence: "In England".

    Returns
    -------
    str
        The group with the highest ratio in numbers, and of all others whether they are reliably higher or lower: the
        highest of four groups does not speak for the others.
    """
    known = detentions[(detentions["status"] == "ok") & (detentions["group"] != WHITE)]
    apart = known[known["times_lower"] > 1]
    lower = known[known["times_upper"] < 1]
    if apart.empty:
        text = f"{place}, the data show no group with a reliably higher rate of detention than the White group."
        return text + (_lower(lower) if len(lower) else " This does not show that rates are the same.")
    top = apart.iloc[apart["times_white"].argmax()]
    text = (
        f"{place}, people in the {top['group']} ethnic group were {top['times_white']:.1f} times as likely as "
        f"people in the White group to be detained under the Mental Health Act in the year to "
        f"{month(top['period_end'])} (95% confidence interval: {top['times_lower']:.1f} to {top['times_upper']:.1f}; "
        f"{top['rate']:.0f} against "
        f"{detentions.set_index('group')['rate'].loc[WHITE]:.0f} detentions for 100,000 people)."
    )
    others = apart.loc[apart["group"] != top["group"]]
    if len(others):
        groups = listing([f"{row.group} ({row.times_white:.1f} times)" for row in rows_of(others)])
        text += f" Also reliably higher than in the White group: {groups}."
    text += _lower(lower) if len(lower) else ""
    unclear = known[(known["times_lower"] <= 1) & (known["times_upper"] >= 1)]
    if len(unclear):
        text += f" No reliable difference: {listing(unclear['group'].tolist())}; this does not show that rates are the same."
    return text + _standardised(known, str(top["group"]))


def _lower(rows: pd.DataFrame) -> str:
    groups = listing([f"{row.group} ({row.times_white:.1f} times)" for row in rows_of(rows)])
    return f" Reliably lower than in the White group: {groups}."


def _standardised(known: pd.DataFrame, top: str) -> str:
    """What becomes of the ratios once the ages of all groups are made alike, and why."""
    with_ages = known[known["standardised_times_white"].notna()].set_index("group")
    if with_ages.empty:
        return " These rates are not adjusted for age: rates by age are published for England alone."
    text = " These rates are not adjusted for age."
    if top in with_ages.index:
        row = with_ages.loc[top]
        text += (
            f" Standardised for age, the {top} group’s is {row['standardised_times_white']:.1f} times the White "
            f"group’s ({row['standardised_times_lower']:.1f} to {row['standardised_times_upper']:.1f})."
        )
    change = (with_ages["standardised_times_white"].round(1) - with_ages["times_white"].round(1)).drop(
        top, errors="ignore"
    )
    raised = with_ages.loc[change.index[change >= _CHANGED - 1e-9]]
    for group, row in raised.iterrows():
        text += (
            f" That of the {group} group rises from {row['times_white']:.1f} to {row['standardised_times_white']:.1f} times "
            f"({row['standardised_times_lower']:.1f} to {row['standardised_times_upper']:.1f}): people in the {group} group "
            "are younger on average, and children, of whom very few are detained, lower its plain rate."
        )
    lowered = change.index[change <= 1e-9 - _CHANGED].tolist()
    if lowered:
        groups = listing(
            [f"{group} (to {with_ages.loc[group, 'standardised_times_white']:.1f} times)" for group in lowered]
        )
        text += f" Standardised for age it falls for {groups}: a larger share of them is of the ages at which most are detained."
    rest = len(change) - len(raised) - len(lowered)
    if rest and (len(raised) or lowered):
        which = "group’s" if rest == 1 else "groups’"
        text += f" Age changes the {'other' if rest == 1 else f'other {number_word(rest)}'} {which} little."
    return text


def detention_table(england: pd.DataFrame, system: pd.DataFrame | None = None) -> pd.DataFrame:
    """Put rates of detention in rows of text.

    Parameters
    ----------
    england, system : pandas.DataFrame
        From :func:`race_equality.analysis.mental_health.detentions_by_ethnicity`, for England and,
        where the trust belongs to one, for its integrated care system.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``england``, ``england_times``, ``england_standardised`` (times the White group's rate, both
        standardised for age) and, with a system, ``system`` and ``system_times``: rates with their intervals, and times
        the White group's rate.
    """
    table = pd.DataFrame({"group": england["group"]})
    for name, detentions in (("england", england), ("system", system)):
        if detentions is None:
            continue
        table[name] = [
            f"{row.rate:.1f} ({interval(row.lower, row.upper, signed=False)})"
            if row.status == "ok"
            else STATUS_WORDS[row.status]
            for row in rows_of(detentions)
        ]
        table[f"{name}_times"] = [
            _times(row.group, row.status, row.times_white, row.times_lower, row.times_upper)
            for row in rows_of(detentions)
        ]
    table["england_standardised"] = [
        _times(
            row.group,
            row.status,
            row.standardised_times_white,
            row.standardised_times_lower,
            row.standardised_times_upper,
            missing="not_available",
        )
        for row in rows_of(england)
    ]
    return table


def _times(group: str, status: str, times: float, lower: float, upper: float, missing: str = "suppressed") -> str:
    if group == WHITE:
        return "Comparator"
    if status != "ok" or math.isnan(times):
        return STATUS_WORDS["suppressed" if status != "ok" else missing]
    return f"{times:.1f} ({lower:.1f} to {upper:.1f})"
