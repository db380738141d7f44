"""Which figures a draft changes: those that are new, those with another value, and those that go."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from race_equality.store.commits import Draft
from race_equality.store.figures import TRUSTS_FILE, read_files
from race_equality.store.schema import FIGURE_KEY

_KEY = [*FIGURE_KEY, "private"]
_NUMBERS = ["value", "numerator", "denominator"]


@dataclass(frozen=True)
class DraftChanges:
    """What a draft holds otherwise than the store.

    Parameters
    ----------
    new : pandas.DataFrame
        Figures with a value that the store has none of.
    changed : pandas.DataFrame
        Figures with another number: as in the draft, with ``value_before``, ``numerator_before`` and
        ``denominator_before``.
    gone : pandas.DataFrame
        Figures with a value that the draft has none of.
    followed : pandas.Series
        Of each that goes, whether a later figure of the same thing takes its place: the next edition's.
    """

    new: pd.DataFrame
    changed: pd.DataFrame
    gone: pd.DataFrame
    followed: pd.Series

    @property
    def lost(self) -> pd.DataFrame:
        """Figures that go and that no later one takes the place of."""
        return self.gone[~self.followed]

    @property
    def trusts(self) -> list[str]:
        """Codes of the trusts concerned, those with the most figures first."""
        return pd.concat([self.new, self.changed, self.gone])["trust_code"].value_counts().index.to_list()


def draft_changes(draft: Draft) -> DraftChanges:
    """Compare a draft with what is held.

    Parameters
    ----------
    draft : Draft

    Returns
    -------
    DraftChanges
    """
    names = [
        name
        for name in draft.changed()
        if name.endswith(".parquet") and not name.endswith(f"/{TRUSTS_FILE}")  # the list of trusts holds no figure
    ]
    before, after = (
        _shown(read_files([project.root / name for name in names if (project.root / name).is_file()]))
        for project in (draft.held, draft)
    )
    there, here = (pd.MultiIndex.from_frame(table[_KEY]) for table in (before, after))
    both = after.merge(before[[*_KEY, *_NUMBERS]], on=_KEY, suffixes=("", "_before"))
    same = pd.concat(
        [
            both[name].eq(both[f"{name}_before"]) | both[[name, f"{name}_before"]].isna().all(axis=1)
            for name in _NUMBERS
        ],
        axis=1,
    ).fillna(False)
    gone = before[~there.isin(here)]
    return DraftChanges(
        after[~here.isin(there)].reset_index(drop=True),
        both[~same.all(axis=1)].reset_index(drop=True),
        gone.reset_index(drop=True),
        _followed(gone, after).reset_index(drop=True),
    )


def _shown(figures: pd.DataFrame) -> pd.DataFrame:
    figures = figures[figures["status"] == "ok"]
    # two publications may give a figure while one takes the place of the other
    return figures.drop_duplicates(_KEY).reset_index(drop=True)


def _followed(gone: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    of = ["trust_code", "indicator", "group", "unit", "private"]
    latest = after.groupby(of)["period_end"].max().rename("latest").reset_index()
    found = gone.merge(latest, on=of, how="left").set_index(gone.index)
    kept = pd.MultiIndex.from_frame(after[["indicator", "period_end"]])
    # in a period that is still held it is missing, whatever came later
    is_period_held = pd.MultiIndex.from_frame(gone[["indicator", "period_end"]]).isin(kept)
    return (found["latest"] > gone["period_end"]).fillna(False) & ~is_period_held
