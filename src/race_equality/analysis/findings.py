"""Every finding of every trust in one table: value, interval, direction, comparators, reading, what it rests on.

The reports show these findings in their own order and words, and the downloads give them as files; both take
them from the functions that are gathered here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from race_equality.analysis import access, maternity, patients_return, workforce
from race_equality.analysis.ethnicity_of_respondents import respondents_and_catchments
from race_equality.analysis.funnel_position import among_their_kind, direction_of, positions
from race_equality.analysis.gap_reading import WORDS_OF_DIRECTIONS, direction_of_gap, gap_readings, read_gap, read_ratio
from race_equality.analysis.mental_health import detentions_everywhere
from race_equality.analysis.patient_findings import patient_findings
from race_equality.analysis.peers import peers_of_all
from race_equality.analysis.pooled_gaps import pooled_gaps
from race_equality.analysis.returns_of_trusts import published_boards, published_likelihoods
from race_equality.analysis.rows_of_trusts import FEWEST_OTHERS
from race_equality.analysis.survey import england_answers, survey_answers
from race_equality.analysis.wres import numbers_of
from race_equality.analysis.wres_return import (
    SEATS,
    board_against_workforce,
    hidden_bands,
    relative_likelihoods,
    share_by_band,
    years_to_board_parity,
)
from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_KIND, ENGLAND_CODE
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.gates import IMPLAUSIBLE, INCOMPLETE
from race_equality.definitions.indicators import (
    ACCESS,
    BANDS,
    BIRTHS,
    BOARD,
    BY_ID,
    EXPERIENCE,
    GAP,
    OWNER,
    PATIENT_FIGURES,
    QUESTIONS,
    RATIOS,
    WRES,
    figure_ids,
)
from race_equality.disclosure.rules import DisclosureRules
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of, rows_of
from race_equality.store.trust import Succession

_POOLED = ("pooled_value", "pooled_lower", "pooled_upper", "probability_adverse", "rank_lower", "rank_upper")
COLUMNS = tuple(
    "trust_code measure group unit period_start period_end value lower upper people status adverse_when compared_with "
    "direction reading england all_trusts region_trusts similar_trusts all_trusts_plain region_trusts_plain "
    "similar_trusts_plain trusts_with_figures position probability_adverse pooled_value "
    "pooled_lower pooled_upper rank_lower rank_upper indicators".split()
)

_TEXT = {"group", "unit", "status", "adverse_when", "compared_with", "direction", "reading", "position", "indicators"}


def _readings(adverse: str, favourable: str, unclear: str) -> dict[str, str]:
    return {"adverse": adverse, "favourable": favourable, "unclear": unclear}


#: What a direction says, by what the finding is compared with.
READINGS = {
    WHITE: WORDS_OF_DIRECTIONS,
    "trusts of its kind": _readings(
        *(f"{which} usual among trusts of its kind" for which in ("worse than", "better than", "as"))
    ),
    "its own earlier months": _readings("getting worse", "improving", "no change beyond the ordinary"),
    "its own earlier years": {"rising": "rising", "falling": "falling", "unclear": "no reliable change"},
    "the workforce": _readings("board below the workforce", "board above the workforce", "no reliable difference"),
    "the catchment": {
        "larger": "a larger share than of the catchment",
        "smaller": "a smaller share than of the catchment",
        "unclear": "no reliable difference from the catchment",
    },
} | {
    group: _readings(f"higher than of {group}", f"lower than of {group}", f"no reliable difference from {group}")
    for group in ("White patients", "the White population", "the least deprived fifth")
}
_ABOUT = ("trust_code", "group", "period_start", "period_end", "status")
_NO_READING = {"none": "no data", "not compared": "not compared"}
_READINGS_OF_CAUGHT = {IMPLAUSIBLE: "not plausible", INCOMPLETE: "mostly not recorded"}


@dataclass(frozen=True)
class TrustSets:
    """Which trusts are in each of some sets, and which set each trust is compared with.

    Parameters
    ----------
    table : scipy.sparse.csr_array
        A row for each set, with 1 at its trusts.
    of : numpy.ndarray of int
        The set of each trust.

    Notes
    -----
    Only who is in a set takes memory, and all trusts of a region share theirs: a table of every trust by
    every other would take 1.6 GB for ten thousand. TrustSets are added up in their order, so a sum is the
    same on every processor, which a product of full tables need not be.
    """

    table: sparse.csr_array
    of: np.ndarray

    @cached_property
    def holds_itself(self) -> np.ndarray:
        """1 for each trust that is in its own set, as in that of all trusts, and 0 for one that is not."""
        sets, trusts = self.table.nonzero()
        found = np.zeros(len(self.of))
        found[trusts[self.of[trusts] == sets]] = 1.0
        return found

    def sums(self, numbers: np.ndarray) -> np.ndarray:
        """Add up columns of numbers, a row a trust, over each trust's set."""
        return (self.table @ numbers)[self.of]


@dataclass(frozen=True)
class Comparators:
    """Trusts, and the sets of trusts that each is compared with.

    Parameters
    ----------
    codes : list of str
        The trusts that findings are about, the demonstration trust last where it is among them.
    real : numpy.ndarray of bool
        Which of them are real: the others are in no comparator.
    sets : dict of str to TrustSets
        ``all_trusts``, ``region_trusts`` and ``similar_trusts``, of the trust's own kind; and the same whatever their kind,
        with ``_plain`` after the name.
    """

    codes: list[str]
    real: np.ndarray
    sets: dict[str, TrustSets]

    def shares(self, rows: pd.DataFrame, key: str, fewest: int = FEWEST_OTHERS) -> dict[str, pd.DataFrame]:
        """Add up counts and people over all trusts, the region's and the peers', of the trust's kind and of any.

        Parameters
        ----------
        rows : pandas.DataFrame
            ``trust_code``, ``count``, ``people`` and the key.
        key : str
            Column whose values are added up apart. Where trusts have figures of different periods, the period is in it.
        fewest : int
            Without so many other trusts with a figure, or all where the set is smaller, there is no comparator.

        Returns
        -------
        dict of str to pandas.DataFrame
            By name of a set: per cent by trust and key; NaN where it would rest on the trust itself alone.
        """
        tables = [
            rows[name].groupby([rows["trust_code"], rows[key]]).sum().unstack().reindex(self.codes).fillna(0.0)
            for name in ("count", "people")
        ]
        keys = tables[0].columns
        count, people = (np.where(self.real[:, np.newaxis], part.to_numpy(dtype="float64"), 0.0) for part in tables)
        has_figure = (people > 0).astype("float64")
        found = {}
        for name, members in self.sets.items():
            together = members.sums(people)
            itself = members.holds_itself[:, np.newaxis]
            others = members.sums(has_figure) - itself * has_figure
            in_set = (members.sums(self.real.astype("float64")) - members.holds_itself * self.real)[:, np.newaxis]
            enough = others >= np.clip(in_set, 1, fewest)
            share = np.divide(
                100 * members.sums(count), together, out=np.full(together.shape, np.nan), where=(together > 0) & enough
            )
            found[name] = pd.DataFrame(share, index=self.codes, columns=keys)
        return found

    def trusts_of_kind(self, rows: pd.DataFrame, key: str) -> pd.DataFrame:
        """Count the real trusts of each trust's kind that have a row of each key.

        Parameters
        ----------
        rows : pandas.DataFrame
            ``trust_code`` and the key.
        key : str

        Returns
        -------
        pandas.DataFrame
            By trust and key.
        """
        table = pd.crosstab(rows["trust_code"], rows[key]).clip(upper=1).reindex(self.codes).fillna(0.0)
        own = np.where(self.real[:, np.newaxis], table.to_numpy(dtype="float64"), 0.0)
        return pd.DataFrame(self.sets["all_trusts"].sums(own), index=self.codes, columns=table.columns)


def comparators_of(codes: Sequence[str], trusts: pd.DataFrame, peers: Mapping[str, Sequence[str]]) -> Comparators:
    """Gather which trusts each trust is compared with: those of its kind, and next to them those of any.

    Parameters
    ----------
    codes : sequence of str
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.
    peers : mapping of str to sequence of str
        From :func:`race_equality.analysis.peers.peers_of_all`, with the trusts' own choices.

    Returns
    -------
    Comparators
    """
    codes = list(codes)
    real = np.array([code != DEMONSTRATION_CODE for code in codes])
    place = {code: i for i, code in enumerate(codes)}
    about = trusts.set_index("trust_code").reindex(codes)
    region, regions = pd.factorize(about["region"])
    region = np.where(region < 0, len(regions), region)  # without a region: a set of nobody, the last
    if "kind" not in about:
        about["kind"] = ""
    of_kind = about["kind"].astype("object").where(about["kind"].notna(), "")
    of_kind = of_kind.where(real, DEMONSTRATION_KIND)
    kind, kinds = pd.factorize(of_kind)
    near = [[place[other] for other in peers.get(code, ()) if other in place] for code in codes]
    # peers are of one kind, unless the trust chose others
    near_alike = [[i for i in those if kind[i] == kind[j]] or those for j, those in enumerate(near)]
    everywhere, each = np.zeros(len(codes), dtype="int64"), np.arange(len(codes))
    in_region = [np.flatnonzero((region == number) & real) for number in range(len(regions))]
    nobody = np.array([], dtype="int64")
    both = region * len(kinds) + kind
    alike_in_region = [np.flatnonzero((both == number) & real) for number in range(len(regions) * len(kinds))]
    sets: dict[str, tuple[Sequence[Iterable[int]], np.ndarray]] = {
        "all_trusts": ([np.flatnonzero(kind == number) for number in range(len(kinds))], kind),
        "region_trusts": ([*alike_in_region, *[nobody] * len(kinds)], both),
        "similar_trusts": (near_alike, each),
        "all_trusts_plain": ([each], everywhere),
        "region_trusts_plain": ([*in_region, nobody], region),
        "similar_trusts_plain": (near, each),
    }
    return Comparators(codes, real, {name: TrustSets(_members(those, codes), of) for name, (those, of) in sets.items()})


def _members(sets: Sequence[Iterable[int]], codes: Sequence[str]) -> sparse.csr_array:
    """A table of sets by trusts, each set's members in the trusts' order and once."""
    members = [np.unique(np.asarray(one, dtype="int64")) for one in sets]
    ends = np.cumsum([0, *map(len, members)])
    places = np.concatenate(members)
    return sparse.csr_array((np.ones(len(places)), places, ends), shape=(len(sets), len(codes)))


@cached(to_disk=True)
def findings(
    figures: pd.DataFrame,
    trusts: pd.DataFrame,
    *,
    rules: DisclosureRules,
    peers: Mapping[str, Sequence[str]] | None = None,
    successions: Sequence[Succession] = (),
) -> pd.DataFrame:
    """Compute every finding of every trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.
    peers : mapping of str to sequence of str, optional
        Each trust's peers; chosen by :func:`race_equality.analysis.peers.peers_of_all` without it.
    successions : sequence of Succession
        What merged into which trust, and when (:func:`race_equality.store.trusts.read_trust_list`).

    Returns
    -------
    pandas.DataFrame
        One row for each trust, measure, group and unit, of its latest period: :data:`COLUMNS`. ``value`` with its 95%
        interval ``lower`` to ``upper`` rests on ``people``; no numbers where ``status`` is not "ok". ``direction`` is
        against what ``compared_with`` names, "adverse" to staff or patients from ethnic minorities, to people from
        deprived areas or (against trusts of its kind and earlier months) to everybody; ``reading`` says it in words.
        ``england`` is England's published figure, ``all_trusts``, ``region_trusts`` and ``similar_trusts`` the trusts
        of its kind with figures taken together, and with ``_plain`` those of any kind, the demonstration trust in none of
        them; ``trusts_with_figures`` says of how many ``all_trusts`` is, where trusts publish a figure themselves.
        ``position`` is that in a funnel over the trusts of its kind, "" where they are too few. For gaps of WRES 5 to 8
        ``pooled_value`` to ``rank_upper`` are those of
        :func:`race_equality.analysis.pooled_gaps.pooled_gaps`. ``indicators`` names the figures that it rests on:
        :func:`figures_behind` gives them.
    """
    if peers is None:
        peers = peers_of_all(figures, trusts)
    codes = [code for code in trusts["trust_code"] if code != DEMONSTRATION_CODE]
    if (figures["trust_code"] == DEMONSTRATION_CODE).any():
        codes.append(DEMONSTRATION_CODE)
    compared = comparators_of(codes, trusts, peers)
    parts = [
        _experience(figures, compared, rules, trusts),
        _wres_returns(figures, compared, rules),
        _survey(figures, compared, trusts),
        _respondents(figures, codes, rules),
        _staff_groups(figures, codes, rules),
        _staff_by_march(figures, codes, successions),
        _waits(figures, compared, rules, trusts),
        _maternity(figures, compared, rules, trusts),
        _detentions(figures),
        _patients(figures, codes, rules),
        patient_findings(figures, codes, rules, compared.shares),
    ]
    parts = [_complete(part) for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return _suppress_small_bases(pd.concat(parts, ignore_index=True), rules)


def figures_behind(finding: Mapping[str, Any], figures: pd.DataFrame) -> pd.DataFrame:
    """Give the published figures that a finding rests on, with their sources and locators.

    Parameters
    ----------
    finding : mapping
        A row of :func:`findings`.
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        Rows of ``figures``: the trust's own, of the indicators and the period of the finding. The
        comparators rest on those of other trusts.
    """
    return figures[
        (figures["trust_code"] == finding["trust_code"])
        & figures["indicator"].isin(finding["indicators"].split())
        & (figures["period_end"] == finding["period_end"])
    ]


def _complete(part: pd.DataFrame) -> pd.DataFrame:
    """Give a part every column, in order."""
    missing = {name: ("" if name in _TEXT else np.nan) for name in COLUMNS if name not in part.columns}
    part = part.assign(**missing)
    # what a part leaves out comes from its indicator's record, or is compared with nothing
    measure = part["measure"]
    for name, usual in (
        ("adverse_when", measure.map({id: (BY_ID.get(id) or OWNER[id]).adverse_when for id in measure.unique()})),
        ("indicators", measure),
        ("direction", "not compared"),
    ):
        part[name] = part[name].where(part[name].fillna("").ne(""), usual)
    part["reading"] = [
        reading if isinstance(reading, str) and reading else _NO_READING.get(direction) or READINGS[against][direction]
        for against, direction, reading in zip(
            *(part[name].tolist() for name in ("compared_with", "direction", "reading")), strict=True
        )
    ]
    for name in _TEXT:
        part[name] = part[name].fillna("").astype(str)
    return part[list(COLUMNS)].astype(
        {name: "float64" for name in COLUMNS if name not in _TEXT | {"trust_code", "measure"}}
        | {"period_start": "datetime64[us]", "period_end": "datetime64[us]"}
    )


def _suppress_small_bases(table: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Hide whatever rests on too few and is not hidden yet."""
    of_people = table["unit"].eq("people")
    codes = table["trust_code"]
    least = np.where(of_people, rules.minimum_people(codes), rules.minimum_responses(codes))
    few = table["status"].eq("ok") & table["people"].lt(least)
    table.loc[few, "status"] = "suppressed"
    gone = table["status"].ne("ok")
    numbers = ["value", "lower", "upper", "people", *_POOLED]
    table.loc[gone, numbers] = np.nan
    table.loc[gone, ["direction", "position"]] = ["none", ""]
    # that the years to parity cannot be estimated, or that a gap is growing, is a finding; so is a merger
    is_finding = (table["unit"].eq("years") & table["status"].eq("not_available")) | (
        table["compared_with"].eq("its own earlier years")
    )
    table.loc[gone & ~is_finding, "reading"] = (
        table.loc[gone & ~is_finding, "status"].map(_READINGS_OF_CAUGHT).fillna(_NO_READING["none"])
    )
    return table


def _columns(table: pd.DataFrame, *same: str, **renamed: str) -> dict[str, pd.Series]:
    """Columns of a table under their own names, and others under new ones."""
    return {name: table[name] for name in same} | {name: table[old] for name, old in renamed.items()}


def _add_comparators(rows: pd.DataFrame, shares: Mapping[str, pd.DataFrame], key: str) -> pd.DataFrame:
    for name, table in shares.items():
        # a column of nothing last, for what no trust has
        values = np.column_stack([table.to_numpy(dtype="float64"), np.full(len(table), np.nan)])
        rows[name] = values[
            table.index.get_indexer(pd.Index(rows["trust_code"])), table.columns.get_indexer(pd.Index(rows[key]))
        ]
    return rows


# -- staff -------------------------------------------------------------------------------------------


def _experience(
    figures: pd.DataFrame, compared: Comparators, rules: DisclosureRules, trusts: pd.DataFrame
) -> pd.DataFrame:
    table = gap_readings(figures, trusts)
    every = pd.MultiIndex.from_product(
        [compared.codes, [indicator.id for indicator in EXPERIENCE]], names=["trust_code", "indicator"]
    )
    table = table.set_index(["trust_code", "indicator"]).reindex(every).reset_index()
    table["number"] = numbers_of(table["indicator"])
    table["status"] = table["status"].astype("object").where(table["status"].notna(), "not_available")
    # one of two groups alone is no comparison
    least = rules.minimum_responses(table["trust_code"])
    few = table["status"].eq("ok") & (table[["ethnic_minority_total", "white_total"]].min(axis=1) < least)
    table["status"] = table["status"].mask(few, "suppressed")
    known = table["status"].eq("ok")
    common = _columns(table, "trust_code", "period_start", "period_end", "status", measure="indicator")
    parts, together = [], {}
    for group, side in {ETHNIC_MINORITY: "ethnic_minority", WHITE: "white"}.items():
        rows = table.loc[known, ["trust_code", "indicator", "period_end"]].assign(
            count=table[f"{side}_count"], people=table[f"{side}_total"]
        )
        together[side] = compared.shares(rows, "indicator")
        part = pd.DataFrame(
            {
                **common,
                "group": group,
                "unit": "percent",
                **_columns(
                    table, value=f"{side}_percent", lower=f"{side}_lower", upper=f"{side}_upper", people=f"{side}_total"
                ),
                "compared_with": "trusts of its kind",
                "position": "",
                "direction": "none",
            }
        )
        for indicator in EXPERIENCE:
            here = (known & (table["indicator"] == indicator.id)).to_numpy()
            if here.any():
                position = among_their_kind(rows[rows["indicator"] == indicator.id], trusts)["position"].to_numpy()
                part.loc[here, "position"] = position
                part.loc[here, "direction"] = direction_of(position, indicator.adverse_when)
        parts.append(_add_comparators(part, together[side], "measure"))
    none = read_gap({"number": EXPERIENCE[0].number, "gap_lower": np.nan, "gap_upper": np.nan})
    readings = [
        read_gap(row) if shown else none for row, shown in zip(table.to_dict("records"), known.tolist(), strict=True)
    ]
    gap = pd.DataFrame(
        {
            **common,
            "group": GAP,
            "unit": "percentage points",
            **_columns(table, value="gap", lower="gap_lower", upper="gap_upper"),
            "people": table["ethnic_minority_total"] + table["white_total"],
            "compared_with": WHITE,
            "direction": [reading.direction for reading in readings],
            "reading": [reading.words for reading in readings],
        }
    )
    gap = _add_comparators(
        gap,
        {name: together["ethnic_minority"][name] - together["white"][name] for name in together["white"]},
        "measure",
    )
    pooled = pooled_gaps(figures, trusts).assign(
        measure=lambda rows: rows["number"].map({indicator.number: indicator.id for indicator in EXPERIENCE})
    )
    pooled = pooled.rename(columns={"pooled_gap": "pooled_value", "lower": "pooled_lower", "upper": "pooled_upper"})
    gap = gap.merge(pooled[["trust_code", "measure", *_POOLED]], on=["trust_code", "measure"], how="left")
    found = pd.concat([*parts, gap], ignore_index=True)
    # a trust's groups and gap in neighbouring rows
    place = {code: i for i, code in enumerate(compared.codes)}
    return found.sort_values(
        ["trust_code", "measure"],
        key=lambda column: column.map(place) if column.name == "trust_code" else column,
        kind="stable",
        ignore_index=True,
    )


def _wres_returns(figures: pd.DataFrame, compared: Comparators, rules: DisclosureRules) -> pd.DataFrame:
    """Indicators 1 to 4 and 9, from trusts' own returns or pages, against the trusts that publish theirs."""
    codes = compared.codes
    own = figures[figures["indicator"].isin(figure_ids(one.id for one in (BANDS, *RATIOS, BOARD)))]
    found = []
    for code, rows in groups_of(own, "trust_code", sort=False):
        if code not in codes:
            continue
        rule = rules.of(code)
        for row in rows_of(relative_likelihoods(rows, code, threshold=rule.minimum_responses)):
            indicator = WRES[row.number].id
            found.append(
                {
                    "trust_code": code,
                    "measure": indicator,
                    "group": "All staff",
                    "unit": "ratio",
                    "period_start": row.period_start,
                    "period_end": row.period_end,
                    "value": row.ratio,
                    "lower": row.lower,
                    "upper": row.upper,
                    "status": row.status,
                    "compared_with": WHITE,
                    "direction": read_ratio(row).direction,
                }
            )
        found += _board(rows, code, rule.minimum_people)
        bands = share_by_band(rows, code)
        hidden = [hidden_bands(year, rule.minimum_people) for _, year in bands.groupby("period_end")]
        bands = bands.join(pd.concat(hidden)) if hidden else bands
        for row in rows_of(bands):
            found.append(
                {
                    "trust_code": code,
                    "measure": BANDS.id,
                    "group": row.indicator,
                    "unit": "percent",
                    "period_start": row.period_end,
                    "period_end": row.period_end,
                    "value": row.ethnic_minority_percent,
                    "lower": row.lower,
                    "upper": row.upper,
                    "people": row.people,
                    "status": "suppressed" if row.share_hidden else "ok",
                    "indicators": row.indicator,
                }
            )
    return _against_published(pd.DataFrame(found), figures, compared, rules)


def _against_published(
    found: pd.DataFrame, figures: pd.DataFrame, compared: Comparators, rules: DisclosureRules
) -> pd.DataFrame:
    """Add what the trusts that publish indicators 2 to 4 and 9 have together in the same year."""
    ratios = published_likelihoods(figures)
    both = ratios["first_people"] + ratios["second_people"]
    # Mantel-Haenszel, each trust a stratum: two sums over trusts, and their ratio
    ratios = ratios.assign(
        count=ratios["first_count"] * ratios["second_people"] / both / 100,
        people=ratios["second_count"] * ratios["first_people"] / both,
        key=ratios["measure"] + ratios["period_end"].astype(str),
    )
    boards = published_boards(figures, rules=rules)
    seats, staff = (
        boards.assign(count=boards[count], people=boards[people], key=boards["period_end"].astype(str))
        for count, people in (("board_minority", "board_members"), ("staff_minority", "staff"))
    )
    if found.empty or not len(ratios) + len(boards):
        return found
    end = found["period_end"].astype(str)
    of_ratio = found["measure"].isin([one.id for one in RATIOS])
    of_board = found["measure"].eq(BOARD.id)
    # few trusts publish theirs, and trusts_with_figures says how many
    parts = [(of_ratio, ratios, found["measure"] + end, compared.shares(ratios, "key", 1))] if len(ratios) else []
    if len(boards):
        board, workforce = (compared.shares(rows, "key", 1) for rows in (seats, staff))
        gap = {name: board[name] - workforce[name] for name in board}
        for group, shares in (("Board", board), ("Workforce", workforce), ("Board minus workforce", gap)):
            parts.append((of_board & found["group"].eq(group), boards.assign(key=seats["key"]), end, shares))
    found = found.assign(**dict.fromkeys([*compared.sets, "trusts_with_figures"], np.nan))
    for here, rows, key, shares in parts:
        part = _add_comparators(found[here].assign(key=key[here]), shares, "key")
        number = _add_comparators(part, {"trusts_with_figures": compared.trusts_of_kind(rows, "key")}, "key")
        found.loc[here, list(shares)] = part[list(shares)].to_numpy()
        found.loc[here, "trusts_with_figures"] = number["trusts_with_figures"].to_numpy()
    return found


def _board(rows: pd.DataFrame, code: str, least: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    table = board_against_workforce(rows, code, threshold=least)
    bands = " ".join(sorted(set(rows["indicator"]) & set(BANDS.figure_ids)))
    for row in rows_of(table):
        about = {
            "trust_code": code,
            "measure": BOARD.id,
            "status": row.status,
            **dict.fromkeys(("period_start", "period_end"), row.period_end),
        }
        lower, upper = row.board_lower - row.workforce_percent, row.board_upper - row.workforce_percent
        found += [
            {
                **about,
                "group": "Board",
                "unit": "percent",
                "value": row.board_percent,
                "lower": row.board_lower,
                "upper": row.board_upper,
                "indicators": SEATS[0],
            },
            {
                **about,
                "group": "Workforce",
                "unit": "percent",
                "value": row.workforce_percent,
                "status": "ok" if pd.notna(row.workforce_percent) else "suppressed",
                "indicators": bands,
            },
            {
                **about,
                "group": "Board minus workforce",
                "unit": "percentage points",
                "value": row.difference,
                "lower": lower,
                "upper": upper,
                "compared_with": "the workforce",
                "direction": str(direction_of_gap(lower, upper, "lower")),
                "indicators": f"{SEATS[0]} {bands}",
            },
        ]
    if len(table):
        parity = years_to_board_parity(rows, code, threshold=least)
        found.append(
            {
                "trust_code": code,
                "measure": BOARD.id,
                "group": "Years to parity of the board",
                "unit": "years",
                "period_start": table["period_end"].iloc[0],
                "period_end": table["period_end"].iloc[-1],
                "value": parity.years,
                "lower": parity.lower,
                "upper": parity.upper,
                "status": "ok"
                if parity.status == "estimated"
                else "suppressed"
                if (table["status"] == "suppressed").any()
                else "not_available",
                "adverse_when": "higher",
                "compared_with": "the workforce",
                "reading": parity.status,
                "indicators": f"{SEATS[0]} {bands}",
            }
        )
    return found


def _survey(figures: pd.DataFrame, compared: Comparators, trusts: pd.DataFrame) -> pd.DataFrame:
    answers = survey_answers(figures)
    answers = answers[answers["trust_code"].isin(compared.codes)]
    rows = answers.assign(count=answers["percent"] * answers["base"] / 100, people=answers["base"])
    together = compared.shares(rows, "indicator")
    england = england_answers(figures).set_index("indicator")
    parts = []
    for question in QUESTIONS:
        here = rows[rows["indicator"] == question.id]
        there = set(here["trust_code"])
        missing = [code for code in compared.codes if code not in there]
        position = positions(here, trusts)
        parts.append(
            pd.DataFrame(
                {
                    "trust_code": [*here["trust_code"], *missing],
                    "measure": question.id,
                    "group": "All staff",
                    "unit": "percent",
                    "compared_with": "trusts of its kind",
                    # of another year where the national workbook is still to come
                    "england": _of_the_same_day(england, question.id, [*here["period_end"], *[None] * len(missing)]),
                    **{
                        name: [*here[old], *[empty] * len(missing)]
                        for name, old, empty in (
                            *((name, name, pd.NaT) for name in ("period_start", "period_end")),
                            *((name, name, np.nan) for name in ("lower", "upper")),
                            ("value", "percent", np.nan),
                            ("people", "base", np.nan),
                        )
                    },
                    "status": ["ok"] * len(here) + _why_missing(figures, question.id, missing),
                    "position": [*position, *[""] * len(missing)],
                    "direction": [*direction_of(position, question.adverse_when), *["none"] * len(missing)],
                }
            )
        )
    return _add_comparators(pd.concat(parts, ignore_index=True), together, "measure")


def _of_the_same_day(england: pd.DataFrame, question: str, days: Sequence[pd.Timestamp | None]) -> list[float]:
    """England's answer for each of some trusts' days; missing where it is of another survey than the trust's."""
    if question not in england.index:
        return [np.nan] * len(days)
    percent, day = england["percent"][question], england["period_end"][question]
    return [percent if other in (day, None) else np.nan for other in days]


def _respondents(figures: pd.DataFrame, codes: Sequence[str], rules: DisclosureRules) -> pd.DataFrame:
    table = respondents_and_catchments(figures, codes, threshold=rules.minimum_responses(codes))
    days = _days(figures, ["staff_survey_q28", "catchment_ethnicity"])
    served = table["catchment_percent"]
    direction = np.select(
        [
            table["respondents_status"].ne("ok"),
            served.isna(),
            table["respondents_lower"] > served,
            table["respondents_upper"] < served,
        ],
        ["none", "not compared", "larger", "smaller"],
        "unclear",
    )
    answered = pd.DataFrame(
        {
            **_columns(table, "trust_code", "group", value="respondents_percent", status="respondents_status"),
            **_columns(table, lower="respondents_lower", upper="respondents_upper"),
            "measure": "staff_survey_q28",
            "unit": "percent",
            "compared_with": "the catchment",
            "direction": direction,
        }
    )
    catchment = pd.DataFrame(
        {
            **_columns(table, "trust_code", "group", value="catchment_percent", status="catchment_status"),
            "measure": "catchment_ethnicity",
            "unit": "percent",
        }
    )
    found = pd.concat([answered, catchment], ignore_index=True)
    return found.merge(days, on=["trust_code", "measure"], how="left")


def _staff_groups(figures: pd.DataFrame, codes: Sequence[str], rules: DisclosureRules) -> pd.DataFrame:
    table = workforce.headcounts_by_group(figures, codes, threshold=rules.minimum_people(codes))
    about = {**_columns(table, *_ABOUT), "measure": "workforce_headcount"}
    counts = pd.DataFrame({**about, "unit": "people", "value": table["people"], "people": table["people"]})
    shares = pd.DataFrame({**about, "unit": "percent", "value": table["percent"], "england": table["england_percent"]})
    # a hidden group is what the others leave of the total, or nearly so
    whole = table.groupby("trust_code")["status"].agg(lambda status: bool((status == "ok").all()))
    totals = figures[
        (figures["indicator"] == "workforce_headcount") & (figures["group"] == "Total") & (figures["status"] == "ok")
    ]
    totals = totals[totals["period_end"] == totals["period_end"].max()]
    total = totals["value"].astype("float64").groupby(totals["trust_code"]).sum().reindex(whole.index[whole]).dropna()
    everybody = pd.DataFrame(
        {
            "trust_code": total.index,
            "measure": "workforce_headcount",
            "group": "Total",
            "unit": "people",
            "period_start": totals["period_start"].max(),
            "period_end": totals["period_end"].max(),
            "value": total.to_numpy(),
            "people": total.to_numpy(),
            "status": "ok",
        }
    )
    return pd.concat([part for part in (counts, everybody, shares) if len(part)] or [counts], ignore_index=True)


def _staff_by_march(figures: pd.DataFrame, codes: Sequence[str], successions: Sequence[Succession]) -> pd.DataFrame:
    marches = workforce.headcount_by_march(figures, [*codes, ENGLAND_CODE])
    growth = workforce.yearly_growths(figures, [*codes, ENGLAND_CODE], successions)
    last = marches.groupby("trust_code")["year"].max()
    england = growth.pop(ENGLAND_CODE, None)
    found = []
    for code, trend in growth.items():
        year = int(last[code])
        few = trend.direction == "too few points"
        found.append(
            {
                "trust_code": code,
                "measure": "workforce_march_headcount",
                "group": "Total",
                "unit": "percent a year",
                "period_start": pd.Timestamp(year - max(trend.points - 1, 0), 3, 31),
                "period_end": pd.Timestamp(year, 3, 31),
                "value": trend.slope,
                "lower": trend.lower,
                "upper": trend.upper,
                "status": "not_available" if few else "ok",
                "compared_with": "its own earlier years",
                "direction": {"no reliable change": "unclear", "too few points": "none"}.get(
                    trend.direction, trend.direction
                ),
                "reading": "no slope through a merger or transfer" if few and trend.step is not None else "",
                "england": np.nan if england is None else england.slope,
            }
        )
    return pd.DataFrame(found)


# -- patients ----------------------------------------------------------------------------------------


def _waits(figures: pd.DataFrame, compared: Comparators, rules: DisclosureRules, trusts: pd.DataFrame) -> pd.DataFrame:
    series = access.access_by_month(figures)
    series = series[series["trust_code"].isin(compared.codes)]
    parts = []
    for measure in ACCESS:
        of_measure = series[series["indicator"] == measure.id]
        together = compared.shares(of_measure, "month")
        shown = of_measure[of_measure["people"] >= rules.minimum_responses(of_measure["trust_code"])]
        shown = shown.assign(percent=100 * shown["count"] / shown["people"])
        last = shown.groupby("trust_code").tail(1).reset_index(drop=True)
        alike = access.autocorrelation_of(figures, measure)
        variation = {
            code: access.chart_of(run, measure, alike).variation_icon for code, run in access.latest_runs(shown).items()
        }
        part = pd.DataFrame(
            {
                "trust_code": last["trust_code"],
                "measure": measure.id,
                "group": "All patients",
                "unit": "percent",
                "period_start": last["month"],
                "period_end": last["month"] + pd.offsets.MonthEnd(0),
                "value": last["percent"],
                "people": last["people"],
                "status": "ok",
                "compared_with": "its own earlier months",
                "month": last["month"],
                "direction": last["trust_code"]
                .map(variation)
                .map({"concern": "adverse", "improvement": "favourable", "common cause": "unclear", "no data": "none"}),
                "position": "",
            }
        )
        latest = (last["month"] == last["month"].max()).to_numpy()  # a funnel is of one month
        part.loc[latest, "position"] = positions(last[latest], trusts)
        part = _add_comparators(part, together, "month").drop(columns="month")
        there = set(last["trust_code"])
        missing = [code for code in compared.codes if code not in there]
        parts += [
            part,
            pd.DataFrame(
                {
                    "trust_code": missing,
                    "measure": measure.id,
                    "group": "All patients",
                    "unit": "percent",
                    "period_start": pd.NaT,
                    "period_end": pd.NaT,
                    "status": _why_missing(figures, measure.id, missing),
                    "compared_with": "its own earlier months",
                    "direction": "none",
                }
            ),
        ]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _maternity(
    figures: pd.DataFrame, compared: Comparators, rules: DisclosureRules, trusts: pd.DataFrame
) -> pd.DataFrame:
    table = maternity.deliveries_by_ethnic_group(
        figures, compared.codes, threshold=rules.minimum_people(compared.codes)
    )
    about = {**_columns(table, *_ABOUT), "measure": "maternity_deliveries_by_ethnicity"}
    parts = [
        pd.DataFrame({**about, "unit": "count", "value": table["deliveries"]}),
        pd.DataFrame({**about, "unit": "percent", "value": table["percent"]}),
    ]
    deprived = maternity.most_deprived_shares(
        figures, compared.codes, threshold=rules.minimum_responses(compared.codes)
    )
    by_year = among_their_kind(maternity.maternity_rates_by_year(figures), trusts)
    latest = maternity.latest_rates(by_year)
    latest = latest[latest["trust_code"].isin(compared.codes)]
    of_england = by_year[(by_year["trust_code"] == ENGLAND_CODE) & (by_year["status"] == "ok")]
    births = _with_year(latest.assign(group="All births", compared_with="trusts of its kind", direction="none"))
    for measure in BIRTHS:
        here = (births["indicator"] == measure.id).to_numpy()
        births.loc[here, "direction"] = direction_of(births.loc[here, "position"].to_numpy(), measure.adverse_when)
    births["england"] = births["year"].map(_with_year(of_england).set_index("year")["percent"]).astype("float64")
    deprived = _with_year(
        deprived.assign(
            indicator="maternity_deliveries_by_deprivation",
            group="Most deprived fifth",
            status="ok",
            compared_with="trusts of its kind",
            position="",
        )
    )
    known = _with_year(by_year[by_year["trust_code"].isin(compared.codes) & (by_year["status"] == "ok")])
    for rows, everybody in ((births, known), (deprived, deprived)):
        if len(rows):
            rows = rows.assign(value=rows["percent"], measure=rows["indicator"], unit="percent")
            rows = _add_comparators(rows, compared.shares(everybody, "year"), "year")
            parts.append(rows.drop(columns=["indicator", "count", "year", "percent"]))
    return pd.concat([part for part in parts if len(part)] or [pd.DataFrame()], ignore_index=True)


def _with_year(rows: pd.DataFrame) -> pd.DataFrame:
    """Name the measure and year, which a comparator must have in common."""
    return rows.assign(year=rows["indicator"] + rows["period_end"].dt.strftime(" %Y-%m-%d"))


def _detentions(figures: pd.DataFrame) -> pd.DataFrame:
    """England and the boards that the publication lists by ethnic group; trusts are in the Mental Health Bulletin."""
    every = detentions_everywhere(figures)
    standardised = "mha_detentions_standardised_rate"
    parts = []
    for table, before, measure, indicators in (
        (every, "", "mha_detentions_rate", "mha_detentions mha_detentions_rate"),
        # of England alone
        (
            every[every["standardised_rate"].notna()],
            "standardised_",
            standardised,
            f"{standardised} {standardised}_half_width",
        ),
    ):
        about = {**_columns(table, *_ABOUT[1:], trust_code="place"), "measure": measure, "indicators": indicators}
        limits = _columns(table, value=f"{before}rate", lower=f"{before}lower", upper=f"{before}upper")
        parts.append(pd.DataFrame({**about, **limits, "unit": "per_100000"}))
        names = [f"{before}{name}" for name in ("times_white", "times_lower", "times_upper")]
        times = pd.DataFrame(
            {
                **about,
                **_columns(table, **dict(zip(("value", "lower", "upper"), names, strict=True))),
                "unit": "ratio",
                "compared_with": "the White population",
                "direction": direction_of_gap(table[names[1]], table[names[2]], "higher", none_at=1.0),
            }
        )
        parts.append(times[times["group"] != WHITE])
    return pd.concat([part for part in parts if len(part)], ignore_index=True) if len(every) else parts[0]


def _patients(figures: pd.DataFrame, codes: Sequence[str], rules: DisclosureRules) -> pd.DataFrame:
    rows = figures[figures["indicator"].isin(PATIENT_FIGURES)]
    against = {"ethnicity": "White patients", "deprivation": "the least deprived fifth"}
    directions = {"reference": "not compared", "unknown group": "not compared"}
    parts = []
    for code, here in groups_of(rows, "trust_code"):
        if code not in codes:
            continue
        by_group = patients_return.patients_by_group(here, code, threshold=rules.of(code).fewest_of_a_share)
        last = by_group[
            by_group["period_end"] == by_group.groupby(["measure", "breakdown"])["period_end"].transform("max")
        ]
        about = {
            **_columns(last, *_ABOUT[1:], "people"),
            "trust_code": code,
            "measure": last["measure"] + "_by_" + last["breakdown"],
            "compared_with": last["breakdown"].map(against),
            "direction": last["direction"].replace(directions),
        }
        parts.append(pd.DataFrame({**about, **_columns(last, "lower", "upper", value="percent"), "unit": "percent"}))
        ratios = _columns(last, value="ratio", lower="ratio_lower", upper="ratio_upper")
        parts.append(pd.DataFrame({**about, **ratios, "unit": "ratio"})[last["ratio"].notna().to_numpy()])
        for row in rows_of(patients_return.patients_summary(by_group)):
            whole = {
                "trust_code": code,
                "measure": f"{row.measure}_by_{row.breakdown}",
                "period_start": row.period_start,
                "period_end": row.period_end,
                "status": "ok",
            }
            if row.breakdown == "ethnicity":
                more = {"group": "Index of disparity", "unit": "percent", "value": row.index_of_disparity}
                more |= {"lower": row.disparity_lower, "upper": row.disparity_upper}
            else:
                more = {
                    "group": "Slope index of inequality",
                    "unit": "percentage points",
                    "value": row.slope,
                    "lower": row.slope_lower,
                    "upper": row.slope_upper,
                    "compared_with": "the least deprived fifth",
                    "direction": row.direction,
                }
            parts.append(
                pd.DataFrame([whole | more | ({} if pd.notna(more["value"]) else {"status": "not_available"})])
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _why_missing(figures: pd.DataFrame, indicator: str, codes: Sequence[str]) -> list[str]:
    """The status of each trust's last figure of an indicator; one that is there, and too small to use, as none."""
    rows = figures[figures["indicator"] == indicator].sort_values("period_end", kind="stable")
    last = rows.groupby("trust_code")["status"].last().replace("ok", "not_available")
    return last.reindex(list(codes)).fillna("not_available").tolist()


def _days(figures: pd.DataFrame, indicators: Sequence[str]) -> pd.DataFrame:
    """First and last day of each trust's latest figures of an indicator."""
    rows = figures[figures["indicator"].isin(indicators)].sort_values("period_end", kind="stable")
    rows = rows.drop_duplicates(["trust_code", "indicator"], keep="last")
    return rows[["trust_code", "indicator", "period_start", "period_end"]].rename(columns={"indicator": "measure"})
