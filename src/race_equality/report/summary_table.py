"""The nine WRES indicators in nine rows, as the first page of the board report shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from race_equality.analysis.gap_reading import Reading, read_board, read_gap, read_ratio
from race_equality.definitions.indicators import BANDS, INDICATORS, WRES, Indicator
from race_equality.report.words import STATUS_WORDS, interval, percent, points, ratio
from race_equality.store.cache import cached

_MISSING = STATUS_WORDS["not_available"]

#: What is shown in place of figures that only the trust's own return holds.
NOT_LOADED = "In the trust’s own return, which is not loaded"

#: After the name of an indicator whose figures were copied from the trust's own page.
PUBLISHED_MARK = " †"

#: After a figure of England in the national WRES report, in the column of all trusts.
NATIONAL_MARK = " ‡"

NOT_READ = "Not in the public file that this report reads"


def names_of_measures() -> dict[str, tuple[str, ...]]:
    """Return what reports call the indicators of staff: in full, in few words and by number.

    Returns
    -------
    dict of str to tuple of str
        By indicator, for the audit of a site (:func:`race_equality.audit.site.audit_site`).
    """
    return {
        figure: tuple(dict.fromkeys(name for name in (one.name, one.in_few_words, one.label) if name))
        for one in INDICATORS
        if one.theme in ("return", "experience", "survey")
        for figure in (one.id, *one.figure_ids)
    }


@cached
def national_values(figures: pd.DataFrame) -> dict[int, tuple[str, pd.Timestamp]]:
    """Return what the national WRES report says of the indicators that no other public file holds.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    dict of int to (str, pandas.Timestamp)
        Number of the indicator to England's latest value in words, and its day: the workforce's share for 1, ratios for
        2 and 3, the board minus the workforce for 9. Empty where the national series is not held.
    """
    rows = figures[figures["indicator"].isin([one.england for one in WRES.values()]) & (figures["status"] == "ok")]
    latest = rows.sort_values("period_end", kind="stable").groupby("indicator").tail(1).set_index("indicator")
    values = {}
    for number, one in WRES.items():
        if one.england not in latest.index:
            continue
        value, day = float(latest["value"].loc[one.england]), latest["period_end"].loc[one.england]
        if one.compares == "ratio":
            values[number] = (f"{value:.2f}", day)
        elif one.compares == "bands":
            values[number] = (percent(value), day)
        elif BANDS.england in latest.index and latest["period_end"].loc[BANDS.england] == day:
            values[number] = (points(value - float(latest["value"].loc[BANDS.england])), day)
    return values


def wres_summary(
    here: pd.DataFrame,
    comparator: pd.DataFrame,
    likelihoods: pd.DataFrame,
    board: pd.DataFrame,
    national: Mapping[int, tuple[str, pd.Timestamp]] | None = None,
) -> pd.DataFrame:
    """Put the latest finding of each WRES indicator in a row of words.

    Parameters
    ----------
    here, comparator : pandas.DataFrame
        WRES 5 to 8 of the trust and of its comparator, indexed by number (:mod:`race_equality.analysis.wres`).
    likelihoods, board : pandas.DataFrame
        WRES 2 to 4 and 9 from the trust's own return or page
        (:mod:`race_equality.analysis.wres_return`); empty where none was loaded.
    national : mapping, optional
        From :func:`national_values`, for the indicators that the comparator does not hold.

    Returns
    -------
    pandas.DataFrame
        A row of text for each indicator: ``measure`` (its id), ``indicator``, ``minority``, ``white``, ``gap``, ``england`` (all trusts
        with figures, or with :data:`NATIONAL_MARK` England in the national report), ``earlier`` (two
        years before, as far as it is known), ``reading``; ``direction`` (adverse, favourable, unclear or none);
        ``indicator`` ends in :data:`PUBLISHED_MARK` where the trust published it on its own page;
        ``missing``, which says in words why minority, White and gap hold nothing, or is empty; and ``share_of``, what
        the minority share is of where there is no White share to compare it with, or is empty.
    """
    return pd.DataFrame([_row(one, here, comparator, likelihoods, board, national or {}) for one in WRES.values()])


def _row(one: Indicator, here, comparator, likelihoods, board, national) -> dict[str, str]:
    number = one.number
    row = {
        "measure": one.id,
        "indicator": f"{number}. {one.in_few_words}",
        "minority": _MISSING,
        "white": _MISSING,
        "gap": _MISSING,
        "england": f"{national[number][0]}{NATIONAL_MARK}" if number in national else _MISSING,
        "earlier": _MISSING,
        "reading": _MISSING,
        "direction": "none",
        "missing": NOT_LOADED if one.from_return else NOT_READ,
        "share_of": "",
    }
    if number in comparator.index:
        row["england"] = points(comparator.loc[number, "gap"])
    if number in here.index and here.loc[number, "status"] != "ok":
        status = here.loc[number, "status"]
        row["missing"] = NOT_READ if status == "not_available" else STATUS_WORDS[status]
    elif number in here.index:
        found = here.loc[number]
        row |= {
            "minority": percent(found["ethnic_minority_percent"]),
            "white": percent(found["white_percent"]),
            "gap": f"{points(found['gap'])} ({interval(found['gap_lower'], found['gap_upper'])})",
            **_read(read_gap(found)),
        }
    elif number in set(likelihoods["number"]):
        years = likelihoods[likelihoods["number"] == number]
        found = years.iloc[-1]
        row |= (
            {"missing": STATUS_WORDS["suppressed"]}
            if found["status"] == "suppressed"
            else {
                "minority": percent(found["ethnic_minority_percent"]),
                "white": percent(found["white_percent"]),
                "gap": ratio(found["ratio"], found["lower"], found["upper"]),
                **_read(read_ratio(found)),
            }
        )
        row["indicator"] += PUBLISHED_MARK if found.get("published_by_trust") else ""
        before = two_years_before(years)
        if before is not None and not math.isnan(before["ratio"]):
            row["earlier"] = f"{before['ratio']:.2f}"
    elif one.compares == "bands" and len(board):
        row |= {
            "indicator": row["indicator"] + (PUBLISHED_MARK if board.iloc[-1].get("published_by_trust") else ""),
            "minority": percent(board.iloc[-1]["workforce_percent"]),
            "white": STATUS_WORDS["not_applicable"],
            "share_of": "of staff",
            "gap": "By band, below",
            "reading": "By band, below",
            "missing": "",
        }
        before = two_years_before(board)
        if before is not None:
            row["earlier"] = percent(before["workforce_percent"])
    elif one.compares == "board" and len(board):
        found = board.iloc[-1]
        row["indicator"] += PUBLISHED_MARK if found.get("published_by_trust") else ""
        lower, upper = (found[f"board_{end}"] - found["workforce_percent"] for end in ("lower", "upper"))
        row |= (
            {"missing": STATUS_WORDS["suppressed"]}
            if found["status"] == "suppressed"
            else {
                "minority": percent(found["board_percent"]),
                "white": STATUS_WORDS["not_applicable"],
                "share_of": "of the board",
                "gap": f"{points(found['difference'])} ({interval(lower, upper)})",
                **_read(read_board(found)),
            }
        )
        before = two_years_before(board)
        if before is not None and before["status"] == "ok":
            row["earlier"] = points(before["difference"])
    return row


def _read(found: Reading) -> dict[str, str]:
    return {"reading": found.brief, "direction": found.direction, "missing": ""}


def two_years_before(years: pd.DataFrame) -> pd.Series | None:
    """Return the row of the period that ended two years before the last.

    Parameters
    ----------
    years : pandas.DataFrame
        With ``period_end``, oldest first; not empty.

    Returns
    -------
    pandas.Series or None
        None where that year is not held.
    """
    wanted = years["period_end"].iloc[-1] - pd.DateOffset(years=2)
    # 29 February has no day two years before it; a day's difference is no other year
    close = years[(years["period_end"] - wanted).abs() <= pd.Timedelta(days=3)]
    return None if close.empty else close.iloc[-1]
