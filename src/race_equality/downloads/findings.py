"""The rows of the downloads: what the report finds, and the published figures that it rests on."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from race_equality.analysis.findings import COLUMNS as FINDING_COLUMNS
from race_equality.analysis.findings import findings
from race_equality.analysis.peers import peers_of_all
from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.indicators import INDICATORS, PARTS, figures_with
from race_equality.disclosure.rules import DisclosureRules, rests_on_too_few
from race_equality.downloads.codebook import BY_ID, DECIMALS, SHORTHAND, WIDEST, rounding
from race_equality.store.provenance import Source, place_words
from race_equality.store.trusts import Trust

FINDING, PUBLISHED = "finding", "published figure"

#: Which published figures are given as they are, monthly ones last.
_AS_PUBLISHED = [one.id for one in sorted(INDICATORS, key=lambda one: one.compares == "months") if one.as_published]
_STATUS_WORDS = {
    "ok": "shown",
    "low_reliability": "low reliability [u]",
    "suppressed": "too few people to show [c]",
    "not_available": "no data [x]",
    "not_applicable": "not applicable [z]",
}
#: Columns of numbers, and those of a finding that they come from.
_NUMBERS = {
    "value": "value",
    "lower_95": "lower",
    "upper_95": "upper",
    "all_trusts": "all_trusts",
    "england": "england",
    "region_trusts": "region_trusts",
    "similar_trusts": "similar_trusts",
    "probability_adverse": "probability_adverse",
    "rank_lower_95": "rank_lower",
    "rank_upper_95": "rank_upper",
}
#: Those that are not in the unit of the value.
_UNIT_OF = {"probability_adverse": "probability", "rank_lower_95": "rank", "rank_upper_95": "rank"}
_COMPUTED = "computed from the published figures of this measure"

Row = dict[str, str]


def number_text(value: object, unit: str) -> str | None:
    """Return a number as precisely as its unit allows, or None where there is none.

    Examples
    --------
    >>> number_text(24.349, "percent"), number_text(-0.04, "percentage points"), number_text(19574.0, "people")
    ('24.3', '0.0', '19574')
    """
    if value is None or value is pd.NA or value != value or math.isinf(value):
        return None
    text = f"{float(value):.{DECIMALS[unit]}f}"
    return text.lstrip("-") if float(text) == 0 else text


def status_of(status: str, lower: object, upper: object, unit: str) -> str:
    """Return the status of a figure, with low reliability told apart from a plain one.

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
        and upper - lower > WIDEST
    )
    return "low_reliability" if wide else status


@dataclass(frozen=True)
class Material:
    """What the downloads are made from.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    sources : dict of str to Source
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.
    trusts : pandas.DataFrame, optional
        From :func:`race_equality.store.trusts.read_trusts`; without it those with figures, of no kind.
    peers : mapping of str to tuple of str
        Peers that trusts have chosen themselves.
    """

    figures: pd.DataFrame
    sources: Mapping[str, Source]
    rules: DisclosureRules
    trusts: pd.DataFrame | None = None
    peers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def _local(self) -> pd.Series:
        return self.figures["private"]

    @cached_property
    def has_returns(self) -> bool:
        """Whether any trust's own return is among the figures."""
        return bool(self._local.any())

    def public(self) -> Material:
        """Leave out the demonstration trust and every trust's own return."""
        invented = (self.figures["trust_code"] == DEMONSTRATION_CODE) | (self.figures["source"] == "demonstration")
        if not (self._local & ~invented).any():
            return self  # the invented figures are in no comparison, so nothing changes without them
        return replace(self, figures=self.figures[~self._local & ~invented])

    @cached_property
    def by_trust(self) -> _ByTrust:
        """Findings of each trust, in the order of the report."""
        trusts = self.trusts
        if trusts is None:
            codes = [code for code in self.figures["trust_code"].unique() if code != ENGLAND_CODE]
            trusts = pd.DataFrame({"trust_code": codes, "trust_name": codes, "kind": None, "region": None})
        table = findings(self.figures, trusts, peers=peers_of_all(self.figures, trusts) | self.peers, rules=self.rules)
        return _ByTrust(table)

    @cached_property
    def latest(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Source and organisations of each trust's latest figures of an indicator."""
        rows = self.figures[["trust_code", "indicator", "source", "organisation_code", "period_end"]].drop_duplicates()
        last = rows[rows["period_end"] == rows.groupby(["trust_code", "indicator"])["period_end"].transform("max")]
        found: dict[tuple[str, str], tuple[str, set[str]]] = {}
        for code, indicator, source, organisation in last[
            ["trust_code", "indicator", "source", "organisation_code"]
        ].itertuples(index=False, name=None):
            found.setdefault((code, indicator), (source, set()))[1].add(organisation)
        return {key: (source, " ".join(sorted(codes))) for key, (source, codes) in found.items()}

    @cached_property
    def published(self) -> _ByTrust:
        """Published figures of each trust, with what its rule hides."""
        return _ByTrust(_hidden_as_published(self.figures, self.rules))


_Finding = namedtuple("_Finding", FINDING_COLUMNS)


class _ByTrust:
    """A table of all trusts, and where the rows of each are: a trust's are taken when they are asked for.

    Tables or rows of Python for every trust would take ten times the table's memory, 0.4 GB with two thousand.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        places = table.groupby("trust_code", sort=False).indices
        # in one piece each, in the order of the table
        self._table = table.iloc[np.concatenate([*places.values(), np.array([], dtype="int64")])]
        ends = np.cumsum([len(one) for one in places.values()]).tolist()
        self._pieces = {code: slice(end - len(places[code]), end) for code, end in zip(places, ends, strict=True)}

    def of(self, code: str) -> pd.DataFrame:
        """Return a trust's rows in the order of the table; none of a trust without any."""
        return self._table.iloc[self._pieces.get(code, slice(0))]


class _Rows:
    """Makes the rows of one trust, each hidden, rounded and described by the same rules."""

    def __init__(self, material: Material, trust: Trust) -> None:
        self.material, self.trust, self.rule = material, trust, material.rules.of(trust.code)
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
        described = self.material.sources.get(source)
        return {
            **self.about,
            "kind": kind,
            "measure": measure,
            "name": BY_ID[measure].title,
            "group": group,
            "organisation": organisation or self.trust.code,
            "period_start": _day(start),
            "period_end": _day(end),
            **{
                name: missing or number_text(numbers.get(name), _UNIT_OF.get(name, unit)) or not_applicable
                for name in _NUMBERS
            },
            "unit": unit,
            "people": missing or number_text(people, "people") or not_applicable,
            "status": _STATUS_WORDS[status],
            "adverse_when": adverse_when,
            "compared_with": compared_with or not_applicable,
            # of years that nobody can tell, why is the finding
            "reading": (reading if unit == "years" and status == "not_available" else missing)
            or reading
            or not_applicable,
            "position": missing or position or not_applicable,
            "rounding": rounding(unit),
            "source": described.title if described else "not given",
            "publisher": described.publisher if described else "not given",
            "licence": described.licence if described else "not given",
            "file": described.file if described else "not given",
            # where a hidden figure stands is not one step away from it
            "locator": locator if missing != "[c]" else "[c]",
        }

    def findings(self) -> Iterator[Row]:
        """Give the trust's findings in the order of the report."""
        for found in map(_Finding._make, self.material.by_trust.of(self.trust.code).itertuples(index=False, name=None)):
            if found.measure not in BY_ID:
                continue
            source, organisation = next(
                (
                    known
                    for indicator in found.indicators.split()
                    if (known := self.material.latest.get((self.trust.code, indicator)))
                ),
                ("", ""),
            )
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
                adverse_when=found.adverse_when,
                compared_with=found.compared_with,
                reading=found.reading,
                position=found.position,
            )

    def published(self) -> Iterator[Row]:
        """Give the figures that findings rest on, as published."""
        rows = self.material.published.of(self.trust.code)
        names = [
            "indicator",
            "group",
            "period_start",
            "period_end",
            "unit",
            "status",
            "value",
            "denominator",
            "source",
            "organisation_code",
            "locator",
            "recording",
        ]
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


def _hidden_as_published(figures: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """Choose the figures that are given as published, in order, and hide what rests on too few."""
    rows = figures[figures["indicator"].isin(_AS_PUBLISHED) & (figures["trust_code"] != ENGLAND_CODE)]
    few = rests_on_too_few(rows, rules) & (rows["status"] == "ok")
    few |= (rows["unit"] == "count") & rows["value"].lt(rules.minimum_people(rows["trust_code"])).fillna(False)
    # What is added up in a finding must not be had by taking one organisation, or one group, away.
    family = [rows["trust_code"], rows["indicator"], rows["period_end"]]
    whole = (few | (rows["status"] == "suppressed")).groupby(family).transform("any") & rows["indicator"].isin(
        figures_with(lambda rule: rule.groups_together)
    )
    status = rows["status"].mask(few | (whole & (rows["status"] == "ok")), "suppressed")
    order = {id: place for place, id in enumerate(_AS_PUBLISHED)}
    rows = rows.assign(status=status, place=rows["indicator"].map(order))
    return rows.sort_values(["place", "period_end", "organisation_code", "group"])


def rows_of(material: Material, trust: Trust) -> list[Row]:
    """Give the findings and the published figures of one trust.

    Parameters
    ----------
    material : Material
    trust : Trust

    Returns
    -------
    list of dict
        Ready text by :data:`race_equality.downloads.codebook.COLUMNS`, findings first.
    """
    rows = _Rows(material, trust)
    return [*rows.findings(), *rows.published()]


def findings_of_all(
    material: Material, trusts: Iterable[Trust], *, known: Mapping[str, list[Row]] | None = None
) -> list[Row]:
    """Give the findings of all trusts, from public figures alone.

    Parameters
    ----------
    material : Material
        Of all figures: the demonstration trust and every trust's own return are left out here.
    trusts : iterable of Trust
        Those in the table; the demonstration trust is left out.
    known : mapping of str to list of dict, optional
        Findings of a trust that were made already, from public figures alone.

    Returns
    -------
    list of dict
        As from :func:`rows_of`.
    """
    public = material.public()
    known = known or {}
    found: list[Row] = []
    for trust in trusts:
        if not trust.is_demonstration:
            found.extend(known.get(trust.code) or _Rows(public, trust).findings())
    return found


@lru_cache(maxsize=5_000)
def _day(value: object) -> str:
    return "[x]" if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"
