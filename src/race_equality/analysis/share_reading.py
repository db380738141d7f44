"""What the share of all staff who gave an answer says: its position in the funnel, for every card, table and decision."""

from __future__ import annotations

from typing import Any

import numpy as np

from race_equality.analysis.funnel_position import direction_of
from race_equality.definitions.indicators import BY_ID

#: For a cell of a table whose heading or caption says among whom.
BRIEF = {
    "adverse": "Worse than usual",
    "favourable": "Better than usual",
    "unclear": "Within the usual range",
    "not compared": "Not compared",
    "none": "No data",
}


def direction_of_answer(answer: Any) -> str:
    """Say which way what all staff of a trust answered differs from what is usual among trusts of its kind.

    Parameters
    ----------
    answer : row
        ``indicator`` and ``position`` (:func:`race_equality.analysis.funnel_position.among_their_kind`).

    Returns
    -------
    {"adverse", "favourable", "unclear", "not compared", "none"}
        ``unclear`` within the limits; ``not compared`` where there are too few trusts of the kind.
    """
    return str(direction_of(np.array([answer.position]), BY_ID[answer.indicator].adverse_when)[0])
