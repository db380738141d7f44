"""What a new file changes: periods, trusts gained and lost, the largest movements."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Changes:
    """The difference between the figures held and those just read.

    Parameters
    ----------
    periods_gained, periods_lost : list of str
        As ISO dates of the last day.
    trusts_gained, trusts_lost : list of str
        Codes of trusts that have a figure now or had one before.
    values_changed : int
        How many figures of the same organisation, period, indicator and group have another value.
    figures_gained, figures_lost : int
        Of periods and trusts that are in both: how many figures are in one alone.
    newly_suppressed : int
        Of the figures lost, those that the publisher hides now.
    movements : pandas.DataFrame
        The largest changes since the latest period before, in the unit of the figure: ``trust_code``,
        ``indicator``, ``group``, ``unit``, ``before``, ``after``.
    """

    periods_gained: list[str]
    periods_lost: list[str]
    trusts_gained: list[str]
    trusts_lost: list[str]
    values_changed: int
    figures_gained: int
    figures_lost: int
    newly_suppressed: int
    movements: pd.DataFrame

    @property
    def nothing(self) -> bool:
        """Whether nothing changed that a reader could see."""
        return not (
            self.periods_gained
            or self.periods_lost
            or self.trusts_gained
            or self.trusts_lost
            or self.values_changed
            or self.figures_gained
            or self.figures_lost
        )


_FIGURE = ["trust_code", "organisation_code", "indicator", "group", "unit"]


def changes(before: pd.DataFrame, after: pd.DataFrame, *, both_kept: bool = False, most: int = 5) -> Changes:
    """Compare the figures of one publication before and after.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Columns of :data:`race_equality.store.schema.FIGURE_DTYPES`.
    both_kept : bool
        Whether those before stay held with the new ones, so that no period is lost.
    most : int
        How many movements to give.

    Returns
    -------
    Changes
    """
    shown_before, shown_after = before[before["status"] == "ok"], after[after["status"] == "ok"]
    in_both = [
        table[table["period_end"].isin(other["period_end"]) & table["trust_code"].isin(other["trust_code"])].set_index(
            [*_FIGURE, "period_end"]
        )
        for table, other in ((shown_before, shown_after), (shown_after, shown_before))
    ]
    lost, gained = (one.index.difference(other.index) for one, other in (in_both, in_both[::-1]))
    hidden = after[after["status"] == "suppressed"].set_index([*_FIGURE, "period_end"]).index
    same = shown_before.merge(shown_after, on=[*_FIGURE, "period_end"], suffixes=("_before", "_after"))
    latest = [
        table[table["period_end"] == table.groupby("indicator")["period_end"].transform("max")]
        for table in (shown_before, shown_after)
    ]
    moved = latest[0].merge(latest[1], on=_FIGURE, suffixes=("_before", "_after"))
    moved = moved.rename(columns={"value_before": "before", "value_after": "after"})
    moved["movement"] = (moved["after"] - moved["before"]).abs()
    # in percentage points where there are any: people and scores have another size
    percentages = moved[moved["unit"] == "percent"]
    moved = percentages if len(percentages) else moved
    # with the one decimal that is printed: of 31.00 and 31.04 a reader sees the same
    moved = moved[moved["movement"].round(1) > 0].nlargest(most, "movement")
    return Changes(
        periods_gained=_only(after, before, "period_end"),
        periods_lost=[] if both_kept else _only(before, after, "period_end"),
        trusts_gained=_only(shown_after, shown_before, "trust_code"),
        trusts_lost=_only(shown_before, shown_after, "trust_code"),
        values_changed=int((same["value_before"] != same["value_after"]).sum()),
        figures_gained=len(gained),
        figures_lost=len(lost),
        newly_suppressed=len(lost.intersection(hidden)),
        movements=moved[[*_FIGURE, "before", "after"]].reset_index(drop=True),
    )


def _only(table: pd.DataFrame, other: pd.DataFrame, column: str) -> list[str]:
    found = sorted(set(table[column]) - set(other[column]))
    return [value.date().isoformat() if isinstance(value, pd.Timestamp) else value for value in found]
