"""WRES indicators 1 to 4 and 9 of one trust, from its own return or as it published them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from race_equality.definitions.codes import PUBLISHED_BY_TRUSTS
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import BANDS, BOARD, BY_ID, RATIOS
from race_equality.disclosure.attack import crosstab
from race_equality.disclosure.suppression import suppress
from race_equality.statistics.intervals import wilson_interval
from race_equality.statistics.ratios import probability_outside, ratio, ratio_interval
from race_equality.statistics.trend import YearsToParity, years_to_parity
from race_equality.store.rows import groups_of

#: Whose share of the board: of all members, of those who vote, of the executives.
SEATS = tuple(part.id for part in BOARD.parts)


#: To make an empty table takes longer than to see that there is nothing for it.
_NUMBERS = "ethnic_minority_percent white_percent ratio lower upper outside".split()
_NO_LIKELIHOODS = pd.DataFrame(
    columns=["number", "period_start", "period_end", *_NUMBERS, "status", "published_by_trust"]
).astype(dict.fromkeys(_NUMBERS, "float64"))
_NO_BOARD = pd.DataFrame(
    columns=(
        "period_end board_members board_percent board_lower board_upper workforce_percent "
        "difference board_minority staff_minority staff status published_by_trust"
    ).split()
)


def relative_likelihoods(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> pd.DataFrame:
    """Indicators 2, 3 and 4 of one trust, for each year of its return.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the trust's return where one was loaded.
    trust_code : str
        A resolved trust code.
    threshold : int
        A likelihood in a group of fewer people is not shown (``minimum_responses``).

    Returns
    -------
    pandas.DataFrame
        One row for each indicator and period, oldest first: ``number``, ``period_start``,
        ``period_end``, ``ethnic_minority_percent``, ``white_percent``, ``ratio``, ``lower``,
        ``upper``, ``outside`` (the probability that the true ratio lies outside the four-fifths rule's range),
        ``status``; no numbers where that is "suppressed"; ``published_by_trust``, whether it was copied from the trust's
        own page. Empty where there is none of either.

    Notes
    -----
    A ratio above one is adverse to staff from ethnic minorities in all three. The interval is the
    score interval with skewness correction, which holds its coverage at small and zero counts.

    References
    ----------
    Laud PJ (2017), Pharmaceutical Statistics 16:334-348.
    """
    rows = figures[figures["indicator"].isin([measure.id for measure in RATIOS])]
    if len(rows):  # of most trusts no return was loaded
        rows = rows[
            (rows["trust_code"] == trust_code)
            & rows["status"].isin(["ok", "suppressed"])
            & rows["group"].isin([ETHNIC_MINORITY, WHITE])
        ]
    if rows.empty:
        return _NO_LIKELIHOODS.copy()
    found: list[dict[str, Any]] = []
    cells: list[list[float]] = []
    for (indicator, start, end), year in groups_of(rows, ["indicator", "period_start", "period_end"]):
        groups = _one_row_a_group(year)
        if not {ETHNIC_MINORITY, WHITE} <= set(groups.index):
            continue
        measure = BY_ID[indicator]
        row = {"number": measure.number, "period_start": start, "period_end": end, "status": "ok"}
        row["published_by_trust"] = bool(year["source"].eq(PUBLISHED_BY_TRUSTS).all())
        # of a comparison both groups are shown, or neither
        if (groups["status"] == "suppressed").any() or (groups["denominator"] < threshold).any():
            found.append(row | {"status": "suppressed"})
            continue
        above, below = (groups.loc[group, ["numerator", "denominator"]].astype("float64") for group in measure.between)
        x1, n1, x2, n2 = map(float, (*above, *below))
        cells.append([x1, n1, x2, n2])
        likelihood = {
            name: part["numerator"] / part["denominator"]
            for name, part in zip(measure.between, (above, below), strict=True)
        }
        found.append(
            row
            | {
                "ethnic_minority_percent": 100 * likelihood[ETHNIC_MINORITY],
                "white_percent": 100 * likelihood[WHITE],
                "ratio": float(ratio(x1, n1, x2, n2)) if below["numerator"] > 0 else np.nan,
                "outside": float(probability_outside(x1, n1, x2, n2)),
            }
        )
    table = pd.DataFrame(found, columns=_NO_LIKELIHOODS.columns)
    table[_NUMBERS] = table[_NUMBERS].astype("float64")
    if cells:  # all limits are searched for together, in the time that one would take
        x1, n1, x2, n2 = np.array(cells).T
        interval, shown = ratio_interval(x1, n1, x2, n2, method="scas"), table["status"].eq("ok")
        table.loc[shown, "lower"], table.loc[shown, "upper"] = interval.lower, interval.upper
    return table.sort_values(["number", "period_end"], ignore_index=True)


def _one_row_a_group(year: pd.DataFrame) -> pd.DataFrame:
    """Index a year's figures by group; a trust that merged since has those of several organisations, which add up."""
    if not year["group"].duplicated().any():
        return year.set_index("group")
    counts = year.groupby("group")[["numerator", "denominator"]].sum()
    hidden = year["status"].eq("suppressed").groupby(year["group"]).any()
    return counts.assign(status=np.where(hidden, "suppressed", "ok"))


def without_international_recruits(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> pd.DataFrame:
    """Indicator 2 without internationally recruited staff, for each year of the trust's return.

    Parameters
    ----------
    figures, trust_code, threshold
        As for :func:`relative_likelihoods`.

    Returns
    -------
    pandas.DataFrame
        As :func:`relative_likelihoods`; empty where the return does not separate them.

    Notes
    -----
    Posts filled from abroad are filled almost wholly by people from ethnic minorities, and without
    shortlisting of the usual kind: with them the ratio can look fair where it is not.
    """
    rows = figures[figures["indicator"] == "wres_2_excluding_international"]
    return relative_likelihoods(rows.assign(indicator="wres_2"), trust_code, threshold=threshold)


def board_against_workforce(
    figures: pd.DataFrame, trust_code: str, *, seats: str = SEATS[0], threshold: int
) -> pd.DataFrame:
    """Indicator 9: the ethnic minority share of the board minus that of the workforce.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the trust's return where one was loaded.
    trust_code : str
        A resolved trust code.
    seats : str
        Which members of the board: one of :data:`SEATS`.
    threshold : int
        The share of fewer members, or of fewer staff, is not shown (``minimum_people``).

    Returns
    -------
    pandas.DataFrame
        One row a period, oldest first: ``period_end``, ``board_members``, ``board_percent``,
        ``board_lower``, ``board_upper`` (Wilson, 95%), ``workforce_percent``, ``difference`` in
        percentage points; ``board_minority``, ``staff_minority`` and ``staff`` are the counts behind them;
        ``status``, with no numbers of the board where it is "suppressed"; ``published_by_trust``, whether the board was
        copied from the trust's own page. Empty where there is none.

    Notes
    -----
    As in the standard, members and staff of unknown ethnicity stay in the denominators. A share of the members
    of a board that is large enough is shown however few it counts: who they are is public, and WRES 9 is this share.
    """
    if not (figures["indicator"] == seats).any():  # of most trusts no return was loaded
        return _NO_BOARD.copy()
    here = (figures["trust_code"] == trust_code) & (figures["status"] == "ok")
    board = figures[here & (figures["indicator"] == seats)]
    staff = figures[here & figures["indicator"].isin(BANDS.figure_ids)]
    if not set(board["period_end"]) & set(staff["period_end"]):
        return _NO_BOARD.copy()
    table = _minority_counts(board).add_suffix("_board").join(_minority_counts(staff).add_suffix("_staff"), how="inner")
    interval = wilson_interval(table["minority_board"].to_numpy(), table["all_board"].to_numpy())
    result = pd.DataFrame(
        {
            "board_members": table["all_board"],
            "board_percent": 100 * table["minority_board"] / table["all_board"],
            "board_lower": 100 * interval.lower,
            "board_upper": 100 * interval.upper,
            "workforce_percent": 100 * table["minority_staff"] / table["all_staff"],
            "board_minority": table["minority_board"],
            "staff_minority": table["minority_staff"],
            "staff": table["all_staff"],
        }
    )
    result["difference"] = result["board_percent"] - result["workforce_percent"]
    few_staff = (result["staff"] < threshold).to_numpy()
    few = (result["board_members"] < threshold).to_numpy() | few_staff
    result["status"] = np.where(few, "suppressed", "ok")
    of_the_board = ["board_members", "board_percent", "board_lower", "board_upper", "board_minority", "difference"]
    result.loc[few, of_the_board] = np.nan
    result.loc[few_staff, ["workforce_percent", "staff_minority", "staff"]] = np.nan
    copied = board["source"].eq(PUBLISHED_BY_TRUSTS).groupby(board["period_end"]).all()
    result["published_by_trust"] = copied.reindex(result.index).to_numpy(dtype=bool)
    return result.rename_axis("period_end").reset_index()


def seats_shown(members: Mapping[str, float], threshold: int) -> list[str]:
    """Choose of which seats a share can be shown without telling about the few others.

    Parameters
    ----------
    members : mapping of str to float
        Seats to how many hold them: each among those before it, the whole board first.
    threshold : int
        Fewer people are not shown, and neither are those who remain of a larger set that is shown: 15 members
        with 13 who vote reveal the other two.

    Returns
    -------
    list of str
    """
    shown: list[str] = []
    for seats, count in members.items():
        others = [members[larger] - count for larger in shown]
        if count >= threshold and all(left == 0 or left >= threshold for left in others):
            shown.append(seats)
    return shown


def years_to_board_parity(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> YearsToParity:
    """Say how long until the board's ethnic minority share meets the workforce's, which moves as well.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the trust's return where one was loaded.
    trust_code : str
        A resolved trust code.
    threshold : int
        A year in which the board had fewer members is left out (``minimum_people``).

    Returns
    -------
    YearsToParity
        From the last year of the return. "Cannot be estimated" with fewer than four years, and wherever the
        data do not show that the gap is closing; "moving away" and "no reliable gap" are results too. A projection
        of the past, and never a forecast.

    References
    ----------
    As :func:`race_equality.statistics.trend.years_to_parity`.
    """
    table = board_against_workforce(figures, trust_code, threshold=threshold)
    table = table[table["status"] == "ok"]
    return years_to_parity(
        pd.to_datetime(table["period_end"]).dt.year.to_numpy(dtype="float64"),
        *(
            table[name].to_numpy(dtype="float64")
            for name in ("board_minority", "board_members", "staff_minority", "staff")
        ),
    )


def share_by_band(figures: pd.DataFrame, trust_code: str) -> pd.DataFrame:
    """Indicator 1: the ethnic minority share of staff in each pay band.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the trust's return where one was loaded.
    trust_code : str
        A resolved trust code.

    Returns
    -------
    pandas.DataFrame
        One row for each period and pay band, in the order of the figures: ``period_end``, ``indicator``, ``people``,
        ``ethnic_minority_percent``, ``lower``, ``upper``. Empty where no return was loaded.
    """
    rows = figures[figures["trust_code"] == trust_code]  # first: searching the ids of all figures is slow
    rows = rows[rows["indicator"].isin(BANDS.figure_ids) & (rows["status"] == "ok")]
    if rows.empty:
        return pd.DataFrame(columns=["period_end", "indicator", "people", "ethnic_minority_percent", "lower", "upper"])
    value = rows["value"].astype("float64")
    sums = (
        pd.DataFrame(
            {
                "period_end": rows["period_end"],
                "indicator": rows["indicator"],
                "people": value,
                "minority": value.where(rows["group"] == ETHNIC_MINORITY, 0.0),
            }
        )
        .groupby(["period_end", "indicator"], sort=False, as_index=False)
        .sum()
    )
    interval = wilson_interval(sums["minority"].to_numpy(), sums["people"].to_numpy())
    return sums.assign(
        ethnic_minority_percent=100 * sums["minority"] / sums["people"],
        lower=100 * interval.lower,
        upper=100 * interval.upper,
    ).drop(columns="minority")


def hidden_bands(bands: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Choose what of one year's pay bands is not shown.

    Parameters
    ----------
    bands : pandas.DataFrame
        One period of :func:`share_by_band`.
    threshold : int
        Fewer people than this in a band, or fewer from ethnic minorities, or all but fewer, are not shown; nor
        is what else would reveal them, the totals of the workforce being known.

    Returns
    -------
    pandas.DataFrame
        On the index of ``bands``: ``people_hidden`` and ``share_hidden``. A band of nobody hides both.
    """
    hidden = pd.DataFrame({"people_hidden": True, "share_hidden": True}, index=bands.index)
    staffed = bands[bands["people"] > 0]
    if staffed.empty:
        return hidden
    minority = (staffed["people"] * staffed["ethnic_minority_percent"] / 100).round()
    everyone = "all bands"
    cells, relations = crosstab(
        np.stack([minority, staffed["people"] - minority], axis=-1),
        list(staffed.index),
        ["minority", "others"],
        everyone,
    )
    cost = {(everyone, column): 1e6 for column in ("minority", "others", everyone)}
    found = suppress(cells, relations, threshold=threshold, cost=cost).published
    people = [found[band, everyone] is None for band in staffed.index]
    minorities = [found[band, "minority"] is None for band in staffed.index]
    hidden.loc[staffed.index, "people_hidden"] = people
    hidden.loc[staffed.index, "share_hidden"] = np.logical_or(people, minorities)
    return hidden


def _minority_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum people and people from ethnic minorities by period."""
    value = rows["value"].astype("float64")
    return (
        pd.DataFrame(
            {
                "period_end": rows["period_end"],
                "all": value,
                "minority": value.where(rows["group"] == ETHNIC_MINORITY, 0.0),
            }
        )
        .groupby("period_end")
        .sum()
    )
