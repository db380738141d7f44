"""Which trusts a trust is compared with, and why: same kind, nearest in size and in people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from race_equality.analysis.ethnicity_of_respondents import catchment_of
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS
from race_equality.params import read_params
from race_equality.project import Project
from race_equality.store.cache import cached
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts, resolve_trust

#: What "nearest" is measured on, with the words for the page. A kind of trust uses those
#: that most of its trusts have; catchments, for one, exist for acute trusts alone.
LIKENESS = {
    "headcount": "number of staff",
    "minority_respondents_percent": "share of survey respondents from ethnic minorities",
    "minority_catchment_percent": "share of the catchment population from ethnic minorities",
}


@dataclass(frozen=True)
class Peers:
    """A trust's peers, in the order of the page, and the reason they were chosen.

    Parameters
    ----------
    table : pandas.DataFrame
        ``trust_code``, ``trust_name``, ``region`` and the columns of :data:`LIKENESS` that were
        used (or would have been), one row a peer.
    reason : str
        One sentence for the page.
    order : str
        In which order they are, in words for the page.
    """

    table: pd.DataFrame
    reason: str
    order: str = "in order of similarity, not of performance"

    @cached_property
    def codes(self) -> list[str]:
        """The peers' trust codes, in the order of the table."""
        return self.table["trust_code"].tolist()


@cached
def trust_measures(figures: pd.DataFrame) -> pd.DataFrame:
    """Gather what peers are chosen on.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        Index ``trust_code``; columns of :data:`LIKENESS`, missing where not published.
    """
    ok = figures[figures["status"] == "ok"]

    def summed(indicator: str, groups: list[str]) -> pd.Series:
        rows = ok[(ok["indicator"] == indicator) & ok["group"].isin(groups)]
        return rows.groupby("trust_code")["value"].sum().astype("float64")

    # From the survey's own ethnicity question, which every kind of trust has.
    respondents = ok[ok["indicator"] == "staff_survey_q28"]
    people = respondents["numerator"].astype("float64")
    white = people.where(respondents["group"].map(EIGHTEEN_GROUPS).eq("White"), 0.0)
    white_share = white.groupby(respondents["trust_code"]).sum() / people.groupby(respondents["trust_code"]).sum()
    white_catchment = catchment_of(
        figures[figures["indicator"].eq("catchment_ethnicity") & figures["group"].eq("White")]
    )
    return pd.DataFrame(
        {
            "headcount": summed("workforce_headcount", ["Total"]),
            "minority_respondents_percent": 100 * (1 - white_share),
            "minority_catchment_percent": 100 - white_catchment.set_index("trust_code")["value"].astype("float64"),
        }
    )


def choose_peers(
    trust_code: str,
    *,
    figures: pd.DataFrame,
    trusts: pd.DataFrame,
    count: int = 10,
    chosen: tuple[str, ...] | None = None,
    kind: str | None = None,
) -> Peers:
    """Choose the trusts of the same kind that are nearest in size and in people.

    Each measure is put on a common scale (the logarithm of headcount; z-scores within the kind)
    and trusts are ordered by Euclidean distance.

    Parameters
    ----------
    trust_code : str
        A resolved trust code.
    figures, trusts : pandas.DataFrame
        From :func:`~race_equality.store.figures.read_figures` and :func:`~race_equality.store.trusts.read_trusts`.
    count : int
        How many peers, at most.
    chosen : tuple of str, optional
        Peers that the trust has set itself in ``params/``; then nothing is computed.
    kind : str, optional
        The trust's kind, for a trust that is not in ``trusts`` (the demonstration trust).

    Returns
    -------
    Peers
    """
    listed = trusts.set_index("trust_code")
    measures = trust_measures(figures).reindex([*listed.index, trust_code])
    measures = measures[~measures.index.duplicated()]

    def about(codes: Iterable[str]) -> pd.DataFrame:
        return listed.loc[list(codes), ["trust_name", "region"]].join(measures)

    if chosen:
        return Peers(
            about(chosen).reset_index(),
            "These trusts were chosen by the trust itself.",
            "in the order in which the trust named them",
        )
    kind = kind or listed["kind"].loc[trust_code]
    same = listed.index[(listed["kind"] == kind) & (listed.index != trust_code)]
    candidates = [code for code in same if code != DEMONSTRATION_CODE]
    of_kind = measures.loc[[*candidates, trust_code]]
    used = _used(of_kind, trust_code)
    if len(candidates) <= count:
        reason = (
            f"All the other {kind} trusts in England."
            if candidates
            else (f"There is no other {kind} trust in England to compare with.")
        )
        return Peers(about(candidates).sort_values("trust_name").reset_index(), reason, "in alphabetical order")
    if not used:
        return Peers(
            about([]).reset_index(), "Peers cannot be chosen yet: no published figures on this trust's size or staff."
        )
    nearest = _nearest(of_kind, used, trust_code, count)
    words = [LIKENESS[name] for name in used]
    listing = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
    reason = f"The {len(nearest)} {kind} trusts nearest to this one in {listing}."
    return Peers(about(nearest).reset_index(), reason)


def _used(of_kind: pd.DataFrame, trust_code: str) -> list[str]:
    """A measure counts when this trust has it and nearly all of its kind have it."""
    known = of_kind.notna()
    return [name for name in _known_of_nearly_all(of_kind) if known.at[trust_code, name]]


def _known_of_nearly_all(of_kind: pd.DataFrame) -> list[str]:
    return [name for name in LIKENESS if of_kind[name].notna().mean() >= 0.8]


def _nearest(of_kind: pd.DataFrame, used: Sequence[str], trust_code: str, count: int) -> list[str]:
    """Codes of the nearest trusts; one that lacks a measure is not among them."""
    return _near(of_kind.index, _on_a_common_scale(of_kind, used), of_kind.index.get_loc(trust_code), count)


def _on_a_common_scale(of_kind: pd.DataFrame, used: Sequence[str]) -> np.ndarray:
    scaled = of_kind[list(used)].to_numpy(dtype="float64", copy=True)
    if "headcount" in used:
        scaled[:, used.index("headcount")] = np.log(scaled[:, used.index("headcount")])
    spread = np.nanstd(scaled, axis=0)
    return np.asarray((scaled - np.nanmean(scaled, axis=0)) / np.where(spread > 0, spread, 1))


def _near(codes: pd.Index, scaled: np.ndarray, place: Any, count: int) -> list[str]:
    distance = np.sqrt(((scaled - scaled[place]) ** 2).sum(axis=1))
    distance[place] = np.nan
    order = np.argsort(distance, kind="stable")  # missing last
    return codes[order[: min(count, int(np.isfinite(distance).sum()))]].tolist()


def peers_of_all(figures: pd.DataFrame, trusts: pd.DataFrame, *, count: int = 10) -> dict[str, list[str]]:
    """Choose the peers of every trust, as :func:`choose_peers` does for one.

    Parameters
    ----------
    figures, trusts : pandas.DataFrame
        As for :func:`choose_peers`.
    count : int
        How many peers, at most.

    Returns
    -------
    dict of str to list of str
        Trust code to codes, nearest first (by name where all the others of a kind are peers).
    """
    listed = trusts[trusts["trust_code"] != DEMONSTRATION_CODE].set_index("trust_code")
    measures = trust_measures(figures).reindex(listed.index)
    found: dict[str, list[str]] = {}
    for _, rows in listed.groupby("kind", sort=False):
        of_kind = measures.loc[rows.index]
        by_name = rows["trust_name"].sort_values().index.tolist()
        if len(rows) - 1 <= count:
            found |= {code: [other for other in by_name if other != code] for code in rows.index}
            continue
        # as _used and _nearest say of one, with what all trusts of a kind share worked out once
        usual = _known_of_nearly_all(of_kind)
        known = of_kind[usual].notna().to_numpy()
        scaled: dict[tuple[str, ...], np.ndarray] = {}
        for place, code in enumerate(rows.index):
            used = tuple(name for name, is_known in zip(usual, known[place], strict=True) if is_known)
            if used not in scaled:
                scaled[used] = _on_a_common_scale(of_kind, used) if used else np.empty(0)
            found[code] = _near(of_kind.index, scaled[used], place, count) if used else []
    return found


def peers_of(trust_code: str, *, project: Project | None = None) -> list[str]:
    """Return the codes of a trust's peers, as its report uses them.

    Parameters
    ----------
    trust_code : str
        Any code that resolves to a trust.
    project : Project, optional
        The checkout; found from the working directory when not given.

    Returns
    -------
    list of str
        Nearest first.
    """
    trust = resolve_trust(trust_code, project=project)
    params = read_params(trust.code, project=project)
    return choose_peers(
        trust.code,
        figures=read_figures(project=project),
        trusts=read_trusts(project=project),
        count=params.settings.peer_count,
        chosen=params.peers,
        kind=trust.kind,
    ).codes
