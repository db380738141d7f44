"""When a published figure cannot be right, or too little is recorded to read it: the rules that belong to an indicator.

Figures are held to them when they are read (:mod:`race_equality.gates`). A rule must never catch a true figure that is
only unusual: each asks for a difference that neither chance, nor rounding, nor the ordinary variation of trusts gives.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gates:
    """What a figure of an indicator must pass before anything is said with it.

    Parameters
    ----------
    lowest, highest : float
        What a true share of many people lies between, in per cent.
    beyond : float
        By how many people a share must be outside of that: 5 of 25 is rounding.
    recorded_in : str
        The id of the figures that say of how many the answer is known, in per cent.
    least_recorded : float
        With less than this known, in per cent, a figure says too little of the others.
    most_unknown : float
        The greatest share of people in groups "not stated" and "not known", in per cent, with which groups are compared;
        100 where there are no such groups.
    from_others : float
        How many robust standard deviations, on the log-odds scale and its own sampling error included, a figure may
        lie from the median of the trusts of its kind in the same period; 0 for any.
    from_itself : float
        The greatest odds ratio, either way, between a figure and the median of the trust's other periods; 0 for any.
        Such a figure must be outside of what other trusts have as well: half of `from_others`.
    none_of : float
        A period with nobody is no true zero where the trust's own lowest other period would give this many people;
        0 for any.
    whole : str
        The id of a figure of everybody: where it is caught, so are the groups of that trust and period.
    """

    lowest: float = 0.0
    highest: float = 100.0
    beyond: float = 25.0
    recorded_in: str = ""
    least_recorded: float = 50.0
    most_unknown: float = 100.0
    from_others: float = 0.0
    from_itself: float = 0.0
    none_of: float = 0.0
    whole: str = ""


#: Nothing is held against a figure.
NO_GATES = Gates()

#: The status of a figure that cannot be right, and of one with too little recorded, once figures are read. Neither is in
#: a file: figures are kept as published.
IMPLAUSIBLE, INCOMPLETE = "implausible", "incomplete"
CAUGHT = (IMPLAUSIBLE, INCOMPLETE)
