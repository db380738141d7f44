"""The rows of the downloads: what the report finds, and the published figures that it rests on."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from race_equality.analysis.findings import findings
from race_equality.analysis.peers import peers_of_all
from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_SOURCE, ENGLAND_CODE
from race_equality.definitions.indicators import INDICATORS, PARTS
from race_equality.definitions.units import DECIMALS
from race_equality.disclosure.publishable import hidden_as_published, hide
from race_equality.disclosure.rules import DisclosureRules
from race_equality.downloads.codebook import BY_ID, SHORTHAND, WIDEST_RELIABLE_INTERVAL, rounding
from race_equality.gates import figures_caught
from race_equality.store.provenance import Source, place_words
from race_equality.store.rows import rows_of
from race_equality.store.trust import Succession, Trust

FINDING, PUBLISHED = "finding", "published figure"

#: Which published figures are given as they are, monthly ones last.
_AS_PUBLISHED = [one.id for one in sorted(INDICATORS, key=lambda one: one.compares == "months") if one.as_published]
#: A status in words.
STATUS_WORDS = {
    "ok": "shown",
    "low_reliability": "low reliability [u]",
    "suppressed": "too few people to show [c]",
    "not_available": "no data [x]",
    "not_applicable": "not applicable [z]",
    "implausible": "not plausible [i]",
    "incomplete": "mostly not recorded [m]",
}
#: Columns of numbers, and those of a finding that they come from.
_NUMBERS = {
    column: column.removesuffix("_95")
    for column in (
        "value lower_95 upper_95 all_trusts england region_trusts similar_trusts all_trusts_plain region_trusts_plain "
        "similar_trusts_plain trusts_with_figures probability_adverse rank_lower_95 rank_upper_95"
    ).split()
}
#: Columns with a unit other than the value's.
_UNIT_OF = {
    "trusts_with_figures": "count",
    "probability_adverse": "probability",
    "rank_lower_95": "rank",
    "rank_upper_95": "rank",
}
_COMPUTED = "computed from the published figures of this measure"
_COMPUTED_FROM_RETURN = "computed from the figures of this measure in the trust’s own return"

Row = dict[str, str]


def number_text(value: Any, unit: str) -> str | None:
    """Return a number with the decimals of its unit, or None where there is none.

    Examples
    --------
    >>> number_text(24.349, "percent"), number_text(-0.04, "percentage points"), number_text(19574.0, "people")
    ('24.3', '0.0', '19574')
    """
    if value is None or value is pd.NA or value != value or math.isinf(value):
        return None
    text = f"{float(value):.{DECIMALS[unit]}f}"
    return text.lstrip("-") if float(text) == 0 else text


def status_of(status: str, lower: Any, upper: Any, unit: str) -> str:
    """Return the status of a figure, with ``low_reliability`` where its interval is wide.

    Parameters
    ----------
    status : str
        Of :data:`race_equality.store.schema.STATUSES`.
    lower, upper : float
        Limits of its interval; NaN or None without one.
    unit : str

    Returns
    -------
    str

    Examples
    --------
    >>> status_of("ok", 20.0, 31.0, "percent"), status_of("ok", None, None, "percent")
    ('low_reliability', 'ok')
    """
    wide = (
        status == "ok"
        and unit in ("percent", "percentage points")
        and None not in (lower, upper)
        and not pd.isna(lower)
        and upper - lower > WIDEST_RELIABLE_INTERVAL
    )
    return "low_reliability" if wide else status


@dataclass(frozen=True)
class DownloadData:
    """The figures, sources and rules that the files to download are made from.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    sources : dict of str to Source
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.
    trusts : pandas.DataFrame, optional
        From :func:`race_equality.store.trusts.read_trusts`; without it, the trusts that have figures, without a kind.
    peers : mapping of str to tuple of str
        Peers that trusts have chosen themselves.
    successions : sequence of Succession
        What merged into which trust, and when: no slope is drawn through it.
    """

    figures: pd.DataFrame
    sources: Mapping[str, Source]
    rules: DisclosureRules
    trusts: pd.DataFrame | None = None
    peers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    successions: Sequence[Succession] = ()

    @property
    def _local(self) -> pd.Series:
        return self.figures["private"]

    @cached_property
    def has_returns(self) -> bool:
        """Whether any trust's own return is among the figures."""
        return bool(self._local.any())

    def public(self) -> DownloadData:
        """Leave out the demonstration trust and every trust's own return."""
        invented = (self.figures["trust_code"] == DEMONSTRATION_CODE) | (self.figures["source"] == DEMONSTRATION_SOURCE)
        if not (self._local & ~invented).any():
            return self  # the invented figures are in no comparison, so removing them changes nothing
        return replace(self, figures=self.figures[~self._local & ~invented])

    @cached_property
    def findings_by_trust(self) -> _RowsByTrust:
        """Findings of each trust, in the order of the report."""
        trusts = self.trusts
        if trusts is None:
            codes = [code for code in self.figures["trust_code"].unique() if code != ENGLAND_CODE]
            trusts = pd.DataFrame({"trust_code": codes, "trust_name": codes, "kind": None, "region": None})
        peers = {**peers_of_all(self.figures, trusts), **self.peers}
        return _RowsByTrust(findings(self.figures, trusts, peers=peers, rules=self.rules, successions=self.successions))

    @cached_property
    def latest(self) -> dict[tuple[str, str], tuple[str, str, bool]]:
        """Source and organisations of each trust's latest figures of an indicator, and whether it returned them itself."""
        rows = self.figures[
            ["trust_code", "indicator", "source", "organisation_code", "private", "period_end"]
        ].drop_duplicates()
        last = rows[rows["period_end"] == rows.groupby(["trust_code", "indicator"])["period_end"].transform("max")]
        found: dict[tuple[str, str], tuple[str, set[str], bool]] = {}
        for code, indicator, source, organisation, private in last[
            ["trust_code", "indicator", "source", "organisation_code", "private"]
        ].itertuples(index=False, name=None):
            found.setdefault((code, indicator), (source, set(), private))[1].add(organisation)
        return {key: (source, " ".join(sorted(codes)), private) for key, (source, codes, private) in found.items()}

    @cached_property
    def caught(self) -> dict[tuple[str, str, pd.Timestamp], str]:
        """Where the figures are that are not plausible or mostly not recorded, and why, by trust, measure and last day."""
        rows = figures_caught(self.figures)
        places = [place_words(*one) for one in zip(rows["locator"], rows["recording"], strict=True)]
        return dict(
            zip(zip(rows["trust_code"], rows["indicator"], rows["period_end"], strict=True), places, strict=True)
        )

    @cached_property
    def published(self) -> _PublishedFigures:
        """Published figures of each trust, with what its rule hides."""
        return _PublishedFigures(self.figures, self.rules)


class _RowsByTrust:
    """A table of all trusts that returns the rows of one.

    A table for each trust would take ten times the memory, 0.4 GB with two thousand trusts.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self._places = table.groupby("trust_code", sort=False).indices

    def of(self, code: str) -> pd.DataFrame:
        """Return a trust's rows in the order of the table."""
        return self.table.iloc[self._places.get(code, [])]


class _PublishedFigures:
    """Figures that are given as published, those about too few people hidden.

    Kept as places in the table of all figures: with thousands of trusts a second table would be what takes most memory.
    """

    def __init__(self, figures: pd.DataFrame, rules: DisclosureRules) -> None:
        given = figures["indicator"].isin(_AS_PUBLISHED) & (figures["trust_code"] != ENGLAND_CODE)
        places = np.flatnonzero(given.to_numpy(dtype=bool))
        # without the columns of text that say where a figure is from, which are most of its memory
        rows = figures.drop(columns=["source", "locator", "recording", "private"]).iloc[places]
        is_hidden = hidden_as_published(rows, rules)
        order = {id: place for place, id in enumerate(_AS_PUBLISHED)}
        keys = rows[["trust_code", "period_end", "organisation_code", "group"]].reset_index(drop=True)
        keys.insert(1, "place", rows["indicator"].map(order).to_numpy())
        in_order = keys.sort_values(list(keys.columns)).index.to_numpy()
        self._figures, self._places, self._is_hidden = figures, places[in_order], is_hidden[in_order]
        codes = keys["trust_code"].iloc[in_order]
        ends = codes.groupby(codes, sort=True).size().cumsum()
        self._pieces = {code: range(start, end) for code, start, end in zip(ends.index, [0, *ends], ends, strict=False)}

    def of(self, codes: Iterable[str]) -> pd.DataFrame:
        """Return the figures of trusts: by trust as they are named, measure and period."""
        chosen = np.array([place for code in codes for place in self._pieces.get(code, ())], dtype="int64")
        rows = self._figures.iloc[self._places[chosen]]
        return hide(rows, pd.Series(self._is_hidden[chosen], index=rows.index))


class _TrustRows:
    """Makes the rows of one trust: hides, rounds and describes each."""

    def __init__(self, data: DownloadData, trust: Trust) -> None:
        self.data, self.trust, self.rule = data, trust, data.rules.of(trust.code)
        self.about = {
            "trust_code": trust.code,
            "trust": trust.name,
            "trust_type": trust.kind or "not given",
            "region": trust.region or "not given",
        }

    def row(
        self,
        kind,
        measure,
        group,
        start,
        end,
        unit,
        status,
        numbers,
        people,
        *,
        source,
        organisation,
        locator=_COMPUTED,
        adverse_when="neither",
        compared_with="",
        reading="",
        position="",
    ) -> Row:
        value, lower, upper = numbers["value"], numbers.get("lower_95"), numbers.get("upper_95")
        fewest = self.rule.minimum_people if unit == "people" else self.rule.minimum_responses
        people = None if people is None or people is pd.NA or people != people else float(people)
        if status == "ok" and people is not None and people < fewest:
            status = "suppressed"
        if status == "ok" and number_text(value, unit) is None:
            status = "not_available"
        status = status_of(status, lower, upper, unit)
        missing = SHORTHAND.get(status) if status not in ("ok", "low_reliability") else None
        not_applicable = SHORTHAND["not_applicable"]
        described = self.data.sources.get(source)
        texts = dict.fromkeys(_NUMBERS, missing or not_applicable)
        if not missing:
            for name, number in numbers.items():
                texts[name] = number_text(number, _UNIT_OF.get(name, unit)) or not_applicable
        return {
            **self.about,
            "kind": kind,
            "measure": measure,
            "name": BY_ID[measure].title,
            "group": group,
            "organisation": organisation or self.trust.code,
            "period_start": _day(start),
            "period_end": _day(end),
            **texts,
            "unit": unit,
            "people": missing or number_text(people, "people") or not_applicable,
            "status": STATUS_WORDS[status],
            "adverse_when": adverse_when,
            "compared_with": compared_with or not_applicable,
            # where the years cannot be estimated, the reading says why
            "reading": (reading if unit == "years" and status == "not_available" else missing)
            or reading
            or not_applicable,
            "position": missing or position or not_applicable,
            "rounding": rounding(unit),
            "source": described.title if described else "not given",
            "publisher": described.publisher if described else "not given",
            "licence": described.licence if described else "not given",
            "file": described.file if described else "not given",
            # the place of a hidden figure would give it away
            "locator": locator if missing != "[c]" else "[c]",
        }

    def findings(self) -> Iterator[Row]:
        """Yield the trust's findings in the order of the report."""
        for found in rows_of(self.data.findings_by_trust.of(self.trust.code)):
            if found.measure not in BY_ID:
                continue
            source, organisation, is_return = next(
                (
                    known
                    for indicator in found.indicators.split()
                    if (known := self.data.latest.get((self.trust.code, indicator)))
                ),
                ("", "", False),
            )
            computed = _COMPUTED_FROM_RETURN if is_return else _COMPUTED
            numbers = {name: getattr(found, column) for name, column in _NUMBERS.items()}
            yield self.row(
                FINDING,
                found.measure,
                PARTS[found.group].name if found.group in PARTS else found.group,
                found.period_start,
                found.period_end,
                found.unit,
                found.status,
                numbers,
                found.people,
                source=source,
                organisation=organisation,
                locator=self.data.caught.get((self.trust.code, found.measure, found.period_end), computed),
                adverse_when=found.adverse_when,
                compared_with=found.compared_with,
                reading=found.reading,
                position=found.position,
            )

    def published(self) -> Iterator[Row]:
        """Yield the figures that findings are computed from, as published."""
        rows = self.data.published.of([self.trust.code])
        names = (
            "indicator group period_start period_end unit status value denominator source organisation_code locator recording"
        ).split()
        for measure, group, start, end, unit, status, value, base, source, organisation, locator, recording in zip(
            *(rows[name].tolist() for name in names), strict=True
        ):
            yield self.row(
                PUBLISHED,
                measure,
                group,
                start,
                end,
                unit,
                status,
                {"value": value},
                value if unit == "people" else base,
                source=source,
                organisation=organisation,
                locator=place_words(locator, recording),
                adverse_when=BY_ID[measure].adverse_when,
                reading="as published",
            )


class PackedRows:
    """The rows of many trusts, kept small until they are read: a hundredth of the memory of dictionaries of text."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def put(self, code: str, rows: Iterable[Row]) -> None:
        """Keep the rows of a trust."""
        self._packed[code] = zlib.compress(json.dumps(list(rows)).encode(), 1)

    def get(self, code: str) -> list[Row]:
        """Return the rows of a trust; none where none are kept."""
        return json.loads(zlib.decompress(self._packed[code])) if code in self._packed else []


def trust_rows(data: DownloadData, trust: Trust) -> list[Row]:
    """Return the findings and the published figures of one trust.

    Parameters
    ----------
    data : DownloadData
    trust : Trust

    Returns
    -------
    list of dict
        Ready text by :data:`race_equality.downloads.codebook.COLUMNS`, findings first.
    """
    rows = _TrustRows(data, trust)
    return [*rows.findings(), *rows.published()]


def all_trusts_rows(data: DownloadData, trusts: Iterable[Trust], *, computed: PackedRows | None = None) -> list[Row]:
    """Return the findings of all trusts, from public figures only.

    Parameters
    ----------
    data : DownloadData
        With all figures: the demonstration trust and every trust's own return are left out here.
    trusts : iterable of Trust
        Those in the table; the demonstration trust is left out.
    computed : PackedRows, optional
        Findings that were computed before, from public figures only.

    Returns
    -------
    list of dict
        As from :func:`trust_rows`.
    """
    public = data.public()
    computed = computed or PackedRows()
    found: list[Row] = []
    for trust in trusts:
        if not trust.is_demonstration:
            found.extend(computed.get(trust.code) or _TrustRows(public, trust).findings())
    return found


@lru_cache(maxsize=5_000)
def _day(value: Any) -> str:
    return "[x]" if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"
