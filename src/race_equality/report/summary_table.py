"""The nine WRES indicators in nine rows, as the first page of the board report shows them."""

from __future__ import annotations

import pandas as pd

from race_equality.indicators.definitions import WRES
from race_equality.report.sentences import READINGS, direction
from race_equality.report.words import STATUS_WORDS, interval, percent, points, ratio

_MISSING = STATUS_WORDS["not_available"]


def wres_summary(
    here: pd.DataFrame, comparator: pd.DataFrame, likelihoods: pd.DataFrame, board: pd.DataFrame
) -> pd.DataFrame:
    """Put the latest finding of each WRES indicator in a row of words.

    Parameters
    ----------
    here, comparator : pandas.DataFrame
        WRES 5 to 8 of the trust and of its comparator, indexed by number
        (:mod:`race_equality.indicators.wres`).
    likelihoods, board : pandas.DataFrame
        WRES 2 to 4 and 9 from the trust's own return
        (:mod:`race_equality.indicators.wres_return`); empty where none was loaded.

    Returns
    -------
    pandas.DataFrame
        Nine rows of text: ``indicator``, ``minority``, ``white``, ``gap``, ``england``,
        ``reading``.
    """
    return pd.DataFrame([_row(number, here, comparator, likelihoods, board) for number in WRES])


def _row(number, here, comparator, likelihoods, board) -> dict[str, str]:
    row = {
        "indicator": f"{number}. {WRES[number].name}",
        "minority": _MISSING,
        "white": _MISSING,
        "gap": _MISSING,
        "england": _MISSING,
        "reading": "Load the return" if WRES[number].from_return else _MISSING,
    }
    if number in comparator.index:
        row["england"] = points(comparator.loc[number, "gap"])
    if number in here.index and here.loc[number, "status"] != "ok":
        words = STATUS_WORDS[here.loc[number, "status"]]
        row |= {"minority": words, "white": words, "gap": words, "reading": words}
    elif number in here.index:
        found = here.loc[number]
        row |= {
            "minority": percent(found["ethnic_minority_percent"]),
            "white": percent(found["white_percent"]),
            "gap": f"{points(found['gap'])} ({interval(found['gap_lower'], found['gap_upper'])})",
            "reading": READINGS[direction(WRES[number], found["gap_lower"], found["gap_upper"])],
        }
    elif number in set(likelihoods["number"]):
        found = likelihoods[likelihoods["number"] == number].iloc[-1]
        row |= {
            "minority": percent(found["ethnic_minority_percent"]),
            "white": percent(found["white_percent"]),
            "gap": ratio(found["ratio"], found["lower"], found["upper"]),
            "reading": READINGS[
                "adverse" if found["lower"] > 1 else "favourable" if found["upper"] < 1 else "unclear"
            ],
        }
    elif number == 1 and len(board):
        row |= {
            "minority": percent(board.iloc[-1]["workforce_percent"]),
            "white": "Not applicable",
            "gap": "See pay bands",
            "reading": "See pay bands",
        }
    elif number == 9 and len(board):
        found = board.iloc[-1]
        lower, upper = (found[f"board_{end}"] - found["workforce_percent"] for end in ("lower", "upper"))
        row |= {
            "minority": percent(found["board_percent"]),
            "white": "Not applicable",
            "gap": f"{points(found['difference'])} ({interval(lower, upper)})",
            "reading": "Board below the workforce"
            if upper < 0
            else "Board above the workforce"
            if lower > 0
            else READINGS["unclear"],
        }
    return row
