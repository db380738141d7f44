"""Rules between figures, columns and files of the store, which the schema of one figure cannot hold."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.indicators import BY_ID, INDICATORS
from race_equality.project import Project
from race_equality.store.commits import place_of, reads_the_store
from race_equality.store.figures import SYSTEMS_FILE, figure_files, read_files
from race_equality.store.geography import BOUNDARIES_FILE, read_system_boundaries
from race_equality.store.provenance import read_sources
from race_equality.store.rows import rows_of
from race_equality.store.schema import NOT_IN_THE_FILE
from race_equality.store.trusts import TrustList, read_trust_list

#: Broken rules of one kind that are named; of the others the number.
_NAMED = 10
#: A percentage is published to one decimal, and a count of it is a whole number.
_HALF_A_DECIMAL, _HALF_A_PERSON = 0.05, 0.5
#: Contracted hours are those of a month and people those of a day: in May 2023 they were 2.1 over at most, of 531.
_MORE_HOURS, _MORE_HOURS_IN_ALL = 1.02, 1.0
#: Each count of the maternity file is rounded to 5.
_HALF_OF_FIVE = 2.5
_OF = ["organisation_code", "period_start", "period_end", "source"]


@reads_the_store
def broken_rules(project: Project) -> list[str]:
    """Look for figures that contradict the trust list, each other, or what their file says next to them.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of str
        Each with the place of the figure and what to do; empty when all rules are kept.

    Notes
    -----
    The rules: each code is of an open trust, a system, a region or England, and a figure is under the trust that its
    organisation belongs to; a percentage is that of its counts; what the registry says is part of something is no more
    than that; breakdowns of the same people come to the same number; full-time equivalents are no more than people; a
    name is that of the code next to it.
    """
    figures, trusts = read_files(figure_files(project)), read_trust_list(project=project)
    ok = figures[(figures["status"] == "ok") & (figures["trust_code"] != DEMONSTRATION_CODE)]
    return [
        *_first(_codes(figures, trusts, project)),
        *_first(_percentages(ok)),
        *_first(_parts(ok)),
        *_first(_breakdowns(figures)),
        *_first(_names(trusts, project)),
    ]


def _first(problems: Iterable[str]) -> Iterator[str]:
    every = list(problems)
    yield from every[:_NAMED]
    if len(every) > _NAMED:
        yield f"and {len(every) - _NAMED:,} more of this kind."


def _codes(figures: pd.DataFrame, trusts: TrustList, project: Project) -> Iterator[str]:
    """Yield codes that no list has, and organisations that belong to another trust."""
    with open(place_of(project.figures / SYSTEMS_FILE, project), encoding="utf-8", newline="") as file:
        systems = {row["system_code"] for row in csv.DictReader(file)}
    of_trust = figures["trust_code"].isin(list(trusts.kinds))
    places = systems | {ENGLAND_CODE, DEMONSTRATION_CODE}
    # a region of England has the code of the office of NHS England, such as Y56
    known = of_trust | figures["trust_code"].isin(places) | figures["trust_code"].str.fullmatch(r"Y\d\d")
    for (source, code), rows in figures[~known].groupby(["source", "trust_code"]):
        today = trusts.current(str(code))
        yield (
            f"{source}: {len(rows):,} figures are under {code}, which is no trust that is open"
            + (f"; it is {today} today" if today else "")
            + ". Add the trust list again (race-equality data add etr.csv trusts.csv), or remove them "
            f"(race-equality data remove {source} --trust {code})."
        )
    current = {code: trusts.current(code) for code in figures.loc[of_trust, "organisation_code"].unique()}
    owner = figures["organisation_code"].map(current)
    stranded = figures[of_trust & (owner != figures["trust_code"]) & (figures["recording"] != NOT_IN_THE_FILE)]
    for (source, code, trust), rows in stranded.groupby(["source", "organisation_code", "trust_code"]):
        yield (
            f"{source}: {len(rows):,} figures of {code} are under {trust}, and it belongs to "
            f"{current[str(code)] or 'no open trust'}. Add the trust list again: race-equality data add etr.csv trusts.csv"
        )


def _percentages(ok: pd.DataFrame) -> Iterator[str]:
    """Yield percentages that are not those of their own counts."""
    rows = ok[(ok["unit"] == "percent") & ok["numerator"].notna() & (ok["denominator"] > 0)]
    value, part, whole = (rows[name].astype("float64") for name in ("value", "numerator", "denominator"))
    allowed = _HALF_A_DECIMAL + 100 * _HALF_A_PERSON / whole
    for row in rows_of(rows[(value - 100 * part / whole).abs() > allowed * 1.000001]):
        yield (
            f"{_place(row)}: {row.value:g}% is not {row.numerator:,.0f} of {row.denominator:,.0f} "
            f"({100 * row.numerator / row.denominator:.1f}%). Correct the file and add it again."
        )


def _parts(ok: pd.DataFrame) -> Iterator[str]:
    """Yield figures that are more than what they are part of."""
    for part, whole in _pairs():
        rows = ok[ok["indicator"] == part]
        of = ok.loc[ok["indicator"] == whole, [*_OF, "group", "value", "numerator"]]
        both = rows.merge(of, on=[*_OF, "group"], suffixes=("", "_whole"))
        share = both["unit"] == "percent"
        count, most = (both["numerator" + end].where(share, both["value" + end]) for end in ("", "_whole"))
        is_fte = both["unit"] == "fte"
        most = most.where(~is_fte, most * _MORE_HOURS + _MORE_HOURS_IN_ALL)
        for row in rows_of(both[(count > most).fillna(False)]):
            name = "numerator" if row.unit == "percent" else "value"
            yield (
                f"{_place(row)}: {getattr(row, name):,.10g} is more than the {getattr(row, f'{name}_whole'):,.10g} of "
                f"{whole}. Correct the file and add it again."
            )


def _pairs() -> Iterator[tuple[str, str]]:
    """Yield each indicator of which another holds the same people and more, as the registry says."""
    for one in INDICATORS:
        for part in one.parts:
            if part.nested_in:
                yield part.id, part.nested_in
        if one.at_most:
            yield one.id, one.at_most
        if one.disclosure.among:
            whole = BY_ID[one.disclosure.among]
            for id in one.figure_ids:
                other = whole.id + id[len(one.id) :]
                if other in whole.figure_ids:
                    yield id, other


def _breakdowns(figures: pd.DataFrame) -> Iterator[str]:
    """Yield breakdowns of the same people, by the registry's ``total``, that come to different numbers."""
    of_total: dict[str, list[str]] = {}
    for one in INDICATORS:
        if one.total:
            of_total.setdefault(one.total, []).append(one.id)
    for first, *others in of_total.values():
        for other in others:
            both = _sums(figures, first).merge(_sums(figures, other), on=_OF, suffixes=("", "_other"))
            apart = (both["people"] - both["people_other"]).abs()
            for row in rows_of(both[apart > _HALF_OF_FIVE * (both["groups"] + both["groups_other"])]):
                yield (
                    f"{row.source}, {row.organisation_code}, to {row.period_end.date()}: {first} comes to "
                    f"{row.people:,.0f} and {other} to {row.people_other:,.0f}, of the same people. Correct the file and "
                    "add it again."
                )


def _sums(figures: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """Add up a breakdown of which every group is known."""
    rows = figures[(figures["indicator"] == indicator) & (figures["trust_code"] != DEMONSTRATION_CODE)]
    by_organisation = rows.assign(known=rows["status"] == "ok").groupby(_OF)
    sums = by_organisation.agg(people=("value", "sum"), groups=("value", "size"), known=("known", "all")).reset_index()
    return sums[sums["known"]].drop(columns="known").astype({"people": "float64"})


def _names(trusts: TrustList, project: Project) -> Iterator[str]:
    """Yield names that are not those of the code next to them."""
    for source in read_sources(project=project):
        code = source.id.rpartition("_")[2]
        # a return's publisher is the trust whose code its id ends with
        if code in trusts.by_code and source.publisher != trusts.by_code[code]["trust_name"]:
            yield (
                f"{source.id}: the name next to {code} is {source.publisher!r}, and {code} is "
                f"{trusts.by_code[code]['trust_name']!r}. Add the return again."
            )
    if place_of(project.figures / BOUNDARIES_FILE, project).is_file():
        names = dict(trusts.boards.values())
        for feature in read_system_boundaries(project=project)["features"]:
            code, name = (feature["properties"][key] for key in ("system_code", "system_name"))
            if names.get(code, name) != name:
                yield (
                    f"{BOUNDARIES_FILE}: the name next to {code} is {name!r}, and {SYSTEMS_FILE} has {names[code]!r}. "
                    "Restore both from git, or add the boundaries again."
                )
    for name in trusts.trusts.loc[trusts.trusts["trust_name"].duplicated(), "trust_name"]:
        codes = trusts.trusts.loc[trusts.trusts["trust_name"] == name, "trust_code"]
        yield f"trusts.parquet: {' and '.join(codes)} are both {name!r}. Add the trust list again."


def _place(row: Any) -> str:
    return f"{row.source}, {row.trust_code} {row.indicator}, {row.group}, to {row.period_end.date()} ({row.locator})"
