"""WRES indicators 5 to 8: what staff said, by ethnic group, with the gap and its interval."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import EXPERIENCE, WRES
from race_equality.statistics.intervals import difference_interval, wilson_interval
from race_equality.store.cache import cached

_SIDES = {ETHNIC_MINORITY: "ethnic_minority", WHITE: "white"}
#: The counts of both groups.
COUNTS = tuple(f"{side}_{kind}" for side in _SIDES.values() for kind in ("count", "total"))


@cached
def staff_experience(figures: pd.DataFrame) -> pd.DataFrame:
    """Turn the published counts of WRES 5 to 8 into one finding a trust and indicator, of its latest survey.

    A trust that merged after the survey has figures of more than one organisation; their counts are added. That is
    exact here, because the published percentages are unweighted counts of respondents.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures (see :mod:`race_equality.store.schema`).

    Returns
    -------
    pandas.DataFrame
        One row for each trust and indicator: ``trust_code``, ``indicator``, ``number``, ``status``, ``organisations``
        (codes as published), ``period_start``, ``period_end``, ``source``; for each of ``ethnic_minority`` and
        ``white`` the ``_count``, ``_total``, ``_percent``, ``_lower`` and ``_upper``; and ``gap``, ``gap_lower``,
        ``gap_upper``, ethnic minority minus White in percentage points. Numbers are missing where the status is not
        ``ok``.

    Notes
    -----
    Percentages have Wilson score intervals and gaps Newcombe's hybrid score interval, both 95%.

    References
    ----------
    Wilson EB (1927), JASA 22:209-212. Newcombe RG (1998), Statistics in Medicine 17:873-890.
    """
    rows = figures[
        figures["indicator"].isin([indicator.id for indicator in EXPERIENCE]) & (figures["trust_code"] != ENGLAND_CODE)
    ]
    # of several surveys the latest: years are not added up
    rows = rows[rows["period_end"] == rows.groupby(["trust_code", "indicator"])["period_end"].transform("max")]
    if rows.empty:
        return _with_intervals(_empty_counts())
    known = rows[rows["status"] == "ok"]
    counts = known.pivot_table(
        index=["trust_code", "indicator"],
        columns="group",
        values=["numerator", "denominator"],
        aggfunc="sum",
        min_count=1,
    )
    table = pd.DataFrame(index=counts.index)
    for group, side in _SIDES.items():
        table[f"{side}_count"] = counts.get(("numerator", group), np.nan)
        table[f"{side}_total"] = counts.get(("denominator", group), np.nan)
    about = rows.groupby(["trust_code", "indicator"]).agg(
        organisations=("organisation_code", lambda codes: " ".join(sorted(set(codes)))),
        period_start=("period_start", "min"),
        period_end=("period_end", "max"),
        source=("source", "first"),
    )
    why = rows[rows["status"] != "ok"].groupby(["trust_code", "indicator"])["status"].first()
    table = about.join(why).join(table).reset_index()
    complete = table[[f"{side}_total" for side in _SIDES.values()]].notna().all(axis=1)
    table["status"] = table["status"].fillna("not_available").where(~complete, "ok")
    # A trust with one group hidden must not show the other.
    numbers = list(COUNTS)
    table[numbers] = table[numbers].astype("float64").where(complete)
    return _with_intervals(table)


def pooled(
    experience: pd.DataFrame, trust_codes: Collection[str] | None = None, *, label: str = "All trusts"
) -> pd.DataFrame:
    """Add up respondents over trusts: the comparator for one trust.

    Parameters
    ----------
    experience : pandas.DataFrame
        From :func:`staff_experience`.
    trust_codes : collection of str, optional
        The trusts to add up; all real trusts when not given. The demonstration trust is never part of a comparator.
    label : str
        The ``trust_code`` of the result.

    Returns
    -------
    pandas.DataFrame
        One row an indicator, columns as from :func:`staff_experience` plus ``trusts``, the number
        of trusts with figures.
    """
    numbers, sums, trusts, of = together(experience, trust_codes)
    if not numbers:
        return _with_intervals(_empty_counts()).assign(trusts=pd.Series(dtype="int64"))
    start, end = (experience[name].to_numpy() for name in ("period_start", "period_end"))
    return pd.DataFrame(
        {
            "indicator": [WRES[number].id for number in numbers],
            **dict(zip(COUNTS, sums, strict=True)),
            "trusts": trusts,
            "period_start": [start[one].min() for one in of],
            "period_end": [end[one].max() for one in of],
            "source": experience["source"].array[of.argmax(axis=1)],
            "trust_code": label,
            "status": "ok",
            "organisations": "",
            "number": numbers,
            **_intervals(sums, np.full(len(numbers), True)),
        }
    )


def together(
    experience: pd.DataFrame, trust_codes: Collection[str] | None = None
) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
    """Add up the counts of some trusts, or of all real ones, without intervals.

    Parameters
    ----------
    experience : pandas.DataFrame
        From :func:`staff_experience`.
    trust_codes : collection of str, optional

    Returns
    -------
    numbers : list of int
        Of the indicators that some of the trusts have, in order.
    sums : numpy.ndarray
        A row for each of :data:`COUNTS`, a column for each indicator.
    trusts : numpy.ndarray
        How many trusts have each indicator.
    of : numpy.ndarray of bool
        A row for each indicator: which rows of ``experience`` are in its sums.
    """
    chosen = ((experience["trust_code"] != DEMONSTRATION_CODE) & (experience["status"] == "ok")).to_numpy()
    if trust_codes is not None:
        chosen = chosen & is_one_of(experience["trust_code"], trust_codes)
    number = experience["number"].to_numpy()
    numbers = np.unique(number[chosen])
    of = chosen & (number == numbers[:, np.newaxis])  # a fifth of the time of a groupby, in each report
    sums = np.where(chosen, experience[list(COUNTS)].to_numpy().T, 0) @ of.T
    return numbers.tolist(), sums, of.sum(axis=1), of  # one row a trust


@cached
def all_trusts_experience(figures: pd.DataFrame) -> pd.DataFrame:
    """Add up respondents over all real trusts: :func:`pooled` of :func:`staff_experience`.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    """
    return pooled(staff_experience(figures))


def _empty_counts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trust_code": pd.Series(dtype="str"),
            "indicator": pd.Series(dtype="str"),
            "organisations": pd.Series(dtype="str"),
            "source": pd.Series(dtype="str"),
            "status": pd.Series(dtype="str"),
            "period_start": pd.Series(dtype="datetime64[us]"),
            "period_end": pd.Series(dtype="datetime64[us]"),
            **{name: pd.Series(dtype="float64") for name in COUNTS},
        }
    )


def _with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Add percentages, the gap and their intervals to a table of counts."""
    counts = table[list(COUNTS)].to_numpy().T
    found = _intervals(counts, table["status"].eq("ok").to_numpy())
    numbered = table.assign(number=numbers_of(table["indicator"]), **found)
    return numbered.sort_values(["trust_code", "number"], ignore_index=True)


def _intervals(counts: np.ndarray, known: np.ndarray) -> dict[str, np.ndarray]:
    """Give percentages, the gap and their intervals of what is known among columns of counts."""
    minority, minority_total, white, white_total = counts[:, known]
    found = {}
    for side, count, total in (("ethnic_minority", minority, minority_total), ("white", white, white_total)):
        found[f"{side}_percent"] = count / total
        found[f"{side}_lower"], found[f"{side}_upper"] = wilson_interval(count, total)
    found = {name: _spread(100 * values, known) for name, values in found.items()}
    interval = difference_interval(minority, minority_total, white, white_total, method="newcombe")
    found["gap"] = found["ethnic_minority_percent"] - found["white_percent"]
    found["gap_lower"], found["gap_upper"] = (_spread(100 * limit, known) for limit in interval)
    return found


def numbers_of(indicators: pd.Series) -> pd.Series:
    """Return the numbers in the WRES of indicators by their ids."""
    return indicators.map({indicator.id: indicator.number for indicator in WRES.values()}).astype("int64")


def _spread(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Put the values of the known rows back among all rows."""
    spread = np.full(len(known), np.nan)
    spread[known] = values
    return spread
