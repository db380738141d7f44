"""NHS Talking Therapies, annual figures: referrals and recovery by ethnic group, deprivation, age and sex.

Layout: one Parquet file of many years, 4.5 million rows, a row for each year, organisation, group, measure and statistic;
a tidy copy of the publisher's annual CSVs. Values are texts: ``*`` is suppressed, and ``NULL`` is a text as well.
Counts of providers are rounded to the nearest 5, England's are exact.

``BME Group`` sets White British against everybody else, other White people included, and is not read. Decile 01 is the
*least* deprived here: it is turned round on the way in. Letter case of labels changed in 2020-21 and 2022-23. Some
trusts report site by site, under codes of five characters that begin with the trust's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import FIVE_GROUPS, harmonised
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.cells import Cell
from race_equality.sources.parquet import read_rows
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

PUBLICATION = "talking_therapies"
COLUMNS = (
    "reporting_period",
    "org_type",
    "org_code",
    "variable_type",
    "variable_a",
    "variable_b",
    "measure_name",
    "measure_statistic",
    "value",
)
OTHER_COLUMNS = ("start_date", "end_date", "org_name")

SUPPRESSED, MISSING = "*", "NULL"
ALL, EVERYBODY = "all", "All people"
UNKNOWN = "Not stated or not known"
_UNKNOWN_IN_FILE = "not stated/not known/invalid"

REFERRALS, FINISHED, RECOVERED, RELIABLY = (
    "referrals_received",
    "finished_course_treatment",
    "recovery",
    "reliable_recovery",
)
NOT_AT_CASENESS, AT_CASENESS = "not_at_caseness", "at_caseness"
#: Breakdown to the end of the ids of its figures.
BREAKDOWNS = {
    "Total": "",
    "Ethnic Group": "_by_ethnicity",
    "Indices of Deprivation Decile": "_by_deprivation",
    "Age Group": "_by_age",
    "Gender": "_by_sex",
}
_WANTED = {
    "org_type": ("England", "Provider"),
    "variable_type": tuple(BREAKDOWNS),
    "measure_statistic": ("count",),
    "measure_name": (REFERRALS, FINISHED, NOT_AT_CASENESS, AT_CASENESS, RECOVERED, RELIABLY),
}
_SITE = re.compile(r"[A-Z0-9]{5}")


class _Row(NamedTuple):
    """A row of a provider or England, of one of the measures that are read."""

    number: int
    period: str
    organisation_type: str
    organisation: str
    breakdown: str
    first: str
    second: str
    measure: str
    statistic: str
    value: str

    @property
    def key(self) -> tuple[str, ...]:
        return self[1:8]


#: Measure to count, None where it is suppressed, and the number of its row.
_Counts = dict[str, tuple[float | None, int]]


def read_annual(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read every year of the annual figures, for today's trusts and England.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        The latest year, with the earlier ones in ``more``.

    Raises
    ------
    InputError

    Notes
    -----
    Recovery is a percentage of those who finished a course of treatment, less those who were not at caseness at its
    beginning. Where the publisher hides the few who were not at caseness, the count of those at caseness takes
    their place as the denominator. A trust's figure is the sum over its sites and the trusts that merged into it,
    and is suppressed where one of them is.
    """
    found = read_rows(path, COLUMNS, wanted=_WANTED)
    missing = set(_WANTED["measure_name"]) - {values[7] for values in found}
    if missing:
        raise InputError(
            f"The file has no {', '.join(sorted(missing))} of providers or England by {', '.join(BREAKDOWNS)}.",
            file=path,
            mend="Check that it is the publisher's whole file.",
        )
    trust_of = {
        (kind, code): ENGLAND_CODE if kind == "England" else _trust_of(code, trusts)
        for kind, code in {values[2:4] for values in found}
    }
    # most providers are no trusts: their rows are not looked at any further
    rows: dict[str, list[_Row]] = {}
    others: dict[str, set[str]] = {}
    for values in found:
        _, period, kind, code, *_ = values
        if trust_of[kind, code] is None:
            others.setdefault(period, set()).add(code)
        else:
            rows.setdefault(period, []).append(_Row._make(values))
    years = {_year(period, path): period for period in {*rows, *others}}
    read = _Readings(path)
    loaded = []
    for year, period in sorted(years.items(), reverse=True):
        figures = FigureRows(f"{PUBLICATION}_{year}", (date(year - 1, 4, 1), date(year, 3, 31)), trusts)
        for code in others.get(period, ()):
            figures.trust_of(code, "providers that are not trusts")  # counts it
        parts: dict[tuple[str, str, str], dict[str, _Counts]] = {}
        organisations: dict[str, set[str]] = {}
        seen: dict[tuple[str, ...], _Row] = {}
        repeated = set()
        for row in rows.get(period, ()):
            trust = trust_of[row.organisation_type, row.organisation]
            assert trust is not None
            before = seen.setdefault(row.key, row)
            if before is not row:
                _check_alike(row, before, path)
                repeated.add(row.organisation)
                continue
            organisations.setdefault(trust, set()).add(row.organisation)
            place = (trust, BREAKDOWNS[row.breakdown], read.group(row))
            parts.setdefault(place, {}).setdefault(row.organisation, {})[row.measure] = (read.count(row), row.number)
        _add_year(figures, parts, {trust: sorted(codes) for trust, codes in organisations.items()})
        remarks = [f"{code} is there twice with the same values, and was read once." for code in sorted(repeated)]
        loaded.append(figures.loaded(str(year), f"year to 31 March {year}", remarks))
    latest, *earlier = loaded
    return replace(latest, more=tuple(earlier))


def _cell(path: Path, row: int, column: str, value: object) -> Cell:
    return Cell(value, path, None, f"row {row}, {column}")


def _year(period: str, path: Path) -> int:
    """Return the year that a period such as 2024-25 ends in."""
    found = re.fullmatch(r"(20\d\d)-(\d\d)", period)
    if found is None or (int(found.group(1)) + 1) % 100 != int(found.group(2)):
        raise InputError(f"The period {period!r} is not like 2024-25.", file=path, mend="Download the file again.")
    return int(found.group(1)) + 1


def _check_alike(row: _Row, before: _Row, path: Path) -> None:
    if row.value != before.value:
        raise _cell(path, row.number, "value", row.value).error(
            f"{row.organisation}, {row.breakdown} {row.first}, {row.measure} in {row.period} is {row.value} here and "
            f"{before.value} at row {before.number}.",
            "Keep the right one of the two rows.",
        )


class _Readings:
    """Groups and counts of rows, each label and value read once: there are few of them in very many rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._groups: dict[tuple[str, str, str], str] = {}
        self._counts: dict[tuple[str, str], float | None] = {}

    def group(self, row: _Row) -> str:
        key = (row.breakdown, row.first, row.second)
        if key not in self._groups:
            self._groups[key] = _group(*key, _cell(self.path, row.number, "variable_a", row.first))
        return self._groups[key]

    def count(self, row: _Row) -> float | None:
        key = (row.organisation_type, row.value)
        if key not in self._counts:
            self._counts[key] = self._read(row)
        return self._counts[key]

    def _read(self, row: _Row) -> float | None:
        if row.value in (SUPPRESSED, MISSING):
            return None
        cell = _cell(self.path, row.number, "value", row.value)
        count = cell.number("count", whole=True)
        if row.organisation_type == "Provider" and count % 5:
            raise cell.error(
                f"The count {row.value} of {row.organisation} is not a multiple of 5, as those of providers are.",
                "Check that this is the published file.",
            )
        return count


def _group(kind: str, first: str, second: str, cell: Cell) -> str:
    """Return the group that a row is of, in the project's words.

    Parameters
    ----------
    kind : str
        The breakdown.
    first, second : str
        ``variable_a`` and ``variable_b``: an ethnic group and its part, or a group and ``NULL``.
    cell : Cell
        For the message.
    """
    if kind == "Total":
        return EVERYBODY
    if first.casefold() == _UNKNOWN_IN_FILE:
        return UNKNOWN
    if kind == "Ethnic Group":
        try:
            if second.casefold() == ALL:
                return harmonised(first, 5, categories=2001)
            # a part of "Other Ethnic Groups" here, whose name is that of the five groups elsewhere
            if second.casefold() == "any other ethnic group":
                return "Other ethnic group - Any other ethnic background"
            return harmonised(second, 18)
        except RaceEqualityError as error:
            raise cell.error(str(error), "If the publisher renamed a group, add its label there.") from None
    if kind == "Indices of Deprivation Decile":
        return _decile(first, cell)
    if kind == "Gender" and first.casefold().startswith("indeterminate"):
        return "Indeterminate"
    return first


def _decile(label: str, cell: Cell) -> str:
    """Return the decile with 1 as the most deprived; the file's 01 is the least."""
    found = re.fullmatch(r"(\d\d) (least|less|more|most) deprived", label.casefold())
    number = int(found.group(1)) if found else 0
    words = "least" if number == 1 else "most" if number == 10 else "less" if number <= 5 else "more"
    if found is None or not 1 <= number <= 10 or found.group(2) != words:
        raise cell.error(
            f"The decile {label!r} is not one of '01 Least deprived' to '10 Most deprived'.",
            "If the publisher turned the deciles round, this loader has to be told so: nothing here guesses it.",
        )
    return f"Decile {11 - number}"


def _trust_of(code: str, trusts: TrustList) -> str | None:
    """Return today's trust of a provider: by its own code, or as a site whose code begins with the trust's."""
    if trusts.current(code) is None and trusts.succession(code) is None and _SITE.fullmatch(code):
        return trusts.current(code[:3])
    return trusts.current(code)


def _add_year(
    figures: FigureRows,
    parts: Mapping[tuple[str, str, str], Mapping[str, _Counts]],
    organisations: Mapping[str, Sequence[str]],
) -> None:
    """Add the figures of one year.

    Parameters
    ----------
    figures : FigureRows
    parts : mapping
        Trust, end of the indicator's id and group, to organisation to its counts.
    organisations : mapping of str to sequence of str
        Trust to every organisation of it that is in the file that year.
    """
    for (trust, end, group), by_code in parts.items():
        codes = organisations[trust]
        if end in ("", "_by_ethnicity"):
            name = f"{PUBLICATION}_referrals_by_ethnicity"
            _add_sum(figures, (trust, trust, name, group, "count"), by_code, codes, REFERRALS)
        _add_sum(figures, (trust, trust, f"{PUBLICATION}_recovery{end}", group, "percent"), by_code, codes, RECOVERED)
        if end == "_by_ethnicity":
            name = f"{PUBLICATION}_reliable_recovery_by_ethnicity"
            _add_sum(figures, (trust, trust, name, group, "percent"), by_code, codes, RELIABLY)
    for end, groups in (("", [EVERYBODY]), ("_by_ethnicity", FIVE_GROUPS)):
        figures.complete(
            f"{PUBLICATION}_recovery{end}",
            groups,
            "percent",
            reason="not among the providers",
            status_of=lambda kind: "not_available" if kind in ("mental health", "community") else "not_applicable",
        )


def _add_sum(
    figures: FigureRows,
    about: tuple[str, str, str, str, str],
    by_code: Mapping[str, _Counts],
    codes: Sequence[str],
    measure: str,
) -> None:
    """Add the sum over a trust's organisations, as a count or as a percentage of its base.

    Parameters
    ----------
    figures : FigureRows
    about : tuple of str
        Trust, organisation, indicator, group and unit.
    by_code : mapping
        Organisation to measure to count (None where suppressed) and row.
    codes : sequence of str
        Every organisation of the trust that is in the file that year.
    measure : str
    """
    nothing: tuple[float | None, int] = (None, 0)
    counts: list[float | None] = []
    bases: list[float | None] = []
    in_place = False
    for code in codes:
        of_code = by_code.get(code, {})
        counts.append(of_code.get(measure, nothing)[0])
        finished, not_at, at = (of_code.get(name, nothing)[0] for name in (FINISHED, NOT_AT_CASENESS, AT_CASENESS))
        both = finished is not None and not_at is not None
        bases.append(finished - not_at if both else at)  # type: ignore[operator]
        in_place = in_place or not both
    rows_of = [of_code[measure][1] for of_code in by_code.values() if measure in of_code]
    locator = f"row {min(rows_of, default=0)}, value"
    if len(codes) > 1:
        locator += f" (sum of {', '.join(codes)})"
    is_share = about[-1] == "percent"
    if any(measure not in by_code.get(code, {}) for code in codes):
        figures.add(*about, locator, status="not_available")  # a sum of some of them would pass for the trust's
        return
    known = [count for count in counts if count is not None]
    known_bases = [base for base in bases if base is not None] if is_share else []
    if len(known) < len(codes) or (is_share and len(known_bases) < len(codes)):
        figures.add(*about, locator, status="suppressed")
        return
    if not is_share:
        figures.add(*about, locator, value=sum(known))
        return
    if in_place and len(codes) == 1:
        locator += " (of those at caseness)"
    count, base = sum(known), sum(known_bases)
    if base <= 0 or count > base:
        figures.add(*about, locator, status="not_available")  # nobody, or rounding left fewer than recovered
        return
    figures.add(*about, locator, value=100 * count / base, numerator=count, denominator=base)


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="NHS Talking Therapies, annual figures, year to March {edition}",
        publisher="NHS England (figures), Bennett Institute for Applied Data Science (tidy copy: bennettoxford/nhstt)",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-talking-therapies-for-anxiety-and-depression-annual-reports",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="talking_therapies/measures_annual.parquet",
        read=read_annual,
        columns=COLUMNS,
        optional=True,
        series=True,
        notes=(
            "Recovery: those who recovered, of those who finished a course of treatment less those not at caseness at "
            "its beginning. Where the few not at caseness are suppressed, of those at caseness.",
            "Counts of providers are rounded to the nearest 5, so percentages of few people are rough; England's are "
            "exact. `*` is suppressed.",
            "The file's Decile 01 is the least deprived; here Decile 1 is the most deprived, as elsewhere.",
            "A trust's figure is the sum over its sites and the trusts that merged into it; where one of them is "
            "suppressed, so is the sum. organisation_code is today's trust.",
            "Ethnic groups are those of 2001: Chinese is part of Other in the five groups. `BME Group` sets White "
            "British against everybody else, and is not read. Age bands changed in 2021-22.",
        ),
    ),
)
