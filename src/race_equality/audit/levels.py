"""Work out hidden shares of patients from the levels of a wait, from sizes and totals: over 52 weeks is among over 18.

Three attacks that know which indicator's counts are among another's (``among`` in the registry): two shares of one group on
a page with a hidden one between them; the counts behind the shares of a data file, by linear programming; and a share of
all, which says of each person of a group what happened to them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from race_equality.audit.channels import Content, Table
from race_equality.audit.printed_numbers import (
    Number,
    group_column,
    is_hidden,
    normalise,
    numbers_in,
    only_number,
    tables_in,
)
from race_equality.audit.problem import Problem
from race_equality.definitions.indicators import BY_ID, OWNER, PARTS, PATIENTS, Indicator, holders
from race_equality.definitions.rules import LEAST_PATIENTS_COUNTED
from race_equality.disclosure.attack import Contradiction, Key, Range, Relation, among, attack
from race_equality.disclosure.shares_by_group import needed_width

__all__ = ["everybody_of_a_group", "worked_out_between_levels", "worked_out_from_shares"]

_IN_CHAINS = [one for one in BY_ID.values() if one.disclosure.among]
#: Every indicator whose counts hold others, to these, the nearest first.
_CHAINS = {
    first.id: (first, *sorted((one for one in _IN_CHAINS if first in holders(one)), key=lambda one: len(holders(one))))
    for first in {holders(one)[-1].id: holders(one)[-1] for one in _IN_CHAINS}.values()
}
#: A heading may go on: "Over 52 weeks (95% interval)".
_AFTER_NAME = re.compile(r"\s*\(.*\)$")


def _names(one: Indicator) -> set[str]:
    return {normalise(name) for name in (one.id, one.name, one.title, one.in_few_words) if name}


def _share(cell: str) -> Number | None:
    """The share that a cell of a page begins with: "11.7%, higher", "11.7% (10.1 to 13.5)"."""
    found = numbers_in(cell)
    return found[0] if found and found[0].percent and cell.strip().startswith(found[0].text) else None


def worked_out_between_levels(contents: Iterable[Content]) -> Iterator[Problem]:
    """Find a hidden share between two that are shown as the same: whoever waited 52 weeks waited 18.

    Parameters
    ----------
    contents : iterable of Content
        Of pages, PDFs and notebooks: tables with a column for each level.

    Yields
    ------
    Problem
    """
    for table in tables_in(contents):
        if group_column(table) is not None or not any(is_hidden(cell) for row in table.rows for cell in row):
            continue
        headings = [_AFTER_NAME.sub("", normalise(column)) for column in table.columns]
        for chain in _CHAINS.values():
            places = [next((i for i, name in enumerate(headings) if name in _names(one)), None) for one in chain]
            columns = [place for place in places if place is not None]
            if len(columns) < 2:
                continue
            for row in table.rows:
                levels = [row[i] if i < len(row) else "" for i in columns]
                for level, cell in enumerate(levels):
                    before = [share for other in levels[:level] if (share := _share(other))]
                    after = [share for other in levels[level + 1 :] if (share := _share(other))]
                    if not is_hidden(cell) or not before or not after:
                        continue
                    decimals = min(before[-1].decimals, after[0].decimals)
                    if before[-1].value - after[0].value <= 10.0**-decimals + 1e-9:
                        message = (
                            f"{table.columns[columns[level]]} of {row[0]} is {after[0].text}% to {before[-1].text}%, "
                            "between the levels next to it"
                        )
                        yield Problem(table.file, "worked out", table.channel, table.place, message)


def everybody_of_a_group(contents: Iterable[Content]) -> Iterator[Problem]:
    """Find a share of all of a group of a trust's own patients.

    Parameters
    ----------
    contents : iterable of Content

    Yields
    ------
    Problem
        For 100%; in a data file, which gives the people, for all but a few as well.
    """
    measures = {name: one for one in PATIENTS for name in _names(one)}
    for table in tables_in(contents):
        if group_column(table) is not None:
            for (_, kind, _), groups in _shares_in_file(table).items():
                for (group, measure), (share, people) in groups.items():
                    if share is None or not people or not BY_ID[measure].disclosure.hidden_when_read:
                        continue
                    fewest, _ = _counts(share, people)
                    if people - fewest < LEAST_PATIENTS_COUNTED:
                        message = (
                            f"{BY_ID[measure].name} by {kind}: all, or all but a few, of the {people:.0f} of {group}"
                        )
                        yield Problem(table.file, "worked out", table.channel, table.place, message)
            continue
        headings = [_AFTER_NAME.sub("", normalise(column)) for column in table.columns]
        for i, heading in enumerate(headings):
            if heading not in measures:
                continue
            for row in table.rows:
                share = _share(row[i]) if i < len(row) else None
                if share and share.value == 100:
                    message = f"{table.columns[i]}: all of {row[0]}"
                    yield Problem(table.file, "worked out", table.channel, table.place, message)


#: Trust, breakdown and last day, to group and measure, to the share (None where it is hidden) and the people, if shown.
_Shares = dict[tuple[str, str, str], dict[tuple[str, str], tuple[Number | None, float | None]]]


def _shares_in_file(table: Table) -> _Shares:
    """Collect the shares of patients in a data file, one row a group and measure."""
    found: _Shares = defaultdict(dict)
    place = {normalise(column): i for i, column in enumerate(table.columns)}
    if not {"measure", "group", "value", "unit", "people", "period_end"} <= set(place):
        return found
    for row in table.rows:
        id = row[place["measure"]]
        part = PARTS.get(id)
        if part is None or row[place["unit"]] != "percent" or id not in OWNER or part.kind == "all":
            continue
        one = OWNER[id]
        if not (one.disclosure.among or one.id in _CHAINS or one.disclosure.hidden_when_read):
            continue
        share = only_number(row[place["value"]])
        if share is None and not is_hidden(row[place["value"]]):
            continue
        people = only_number(row[place["people"]])
        about = (row[place["trust_code"]] if "trust_code" in place else "", part.kind, row[place["period_end"]])
        found[about][row[place["group"]], one.id] = (share, people.value if people else None)
    return found


def _counts(share: Number, people: float) -> tuple[float, float]:
    """The fewest and the most people that a rounded share can be."""
    half = 0.5 * 10.0**-share.decimals
    return max(0.0, (share.value - half) * people / 100), min(people, (share.value + half) * people / 100)


def worked_out_from_shares(contents: Iterable[Content]) -> Iterator[Problem]:
    """Work out hidden counts of a trust's own patients from its data file, as somebody who can add up and compare would.

    Parameters
    ----------
    contents : iterable of Content
        Files with a row for each group and measure, its share and its people.

    Yields
    ------
    Problem
        For a count that is left a range under that of the rule, given what is among what, and the totals of
        another breakdown of which every group is shown.
    """
    for table in tables_in(contents):
        if group_column(table) is None:
            continue
        shares = _shares_in_file(table)
        for (trust, kind, day), groups in shares.items():
            others = {other: rows for (code, other, end), rows in shares.items() if (code, end) == (trust, day)}
            for chain in _own_chains(groups):
                yield from _narrowed(table, kind, chain, groups, {k: v for k, v in others.items() if k != kind})


def _own_chains(groups: Mapping[tuple[str, str], object]) -> list[tuple[str, ...]]:
    """The measures of a trust's own patients in some rows, those together whose counts are among each other."""
    held = [one for one in PATIENTS if any(measure == one.id for _, measure in groups)]
    firsts = {(holders(one) or (one,))[-1].id for one in held}
    return [
        tuple(one.id for one in held if first in {one.id, *(holder.id for holder in holders(one))})
        for first in sorted(firsts)
    ]


#: A group and a level of a chain, or its base.
_Cell = tuple[str, int]
_BASE = -1
#: In place of a group: those of hidden groups who are not counted.
_LEFT = ""


def _narrowed(
    table: Table,
    kind: str,
    chain: Sequence[str],
    groups: Mapping[tuple[str, str], tuple[Number | None, float | None]],
    others: Mapping[str, Mapping[tuple[str, str], tuple[Number | None, float | None]]],
) -> Iterator[Problem]:
    cells, relations = _published(groups, chain)
    hidden = [key for key, value in cells.items() if value is None and key[1] != _BASE]
    if not hidden:
        return
    for level in (_BASE, *range(len(chain))):
        parts = [key for key in cells if key[1] == level]
        for other in others.values():
            known, _ = _published(other, chain)
            bounds = [value for key, value in known.items() if key[1] == level]
            if not bounds or len(bounds) < len({group for group, _ in other}) or any(one is None for one in bounds):
                continue
            low, high = (sum(one[end] for one in bounds if one is not None) for end in (0, 1))
            relations.append(Relation(dict.fromkeys(parts, 1.0), low, high))
    bases = [(group, _BASE) for group, _ in hidden]
    # who of the hidden groups together is not counted: nobody means that all of them are
    left = {level: (_LEFT, level) for _, level in hidden}
    for level, key in left.items():
        terms: dict[Key, float] = {key: 1.0}
        for group in (group for group, one in hidden if one == level):
            terms |= {(group, _BASE): -1.0, (group, level): 1.0}
        relations.append(Relation(terms))
    try:
        found: dict[_Cell, Range] = attack(dict(cells), relations=relations, targets=[*hidden, *bases, *left.values()])
    except Contradiction:
        return  # breakdowns that do not add up to the same
    for group, level in hidden:
        interval, people = found[group, level], found[group, _BASE].upper
        if interval.width < needed_width(people, LEAST_PATIENTS_COUNTED):
            message = (
                f"{BY_ID[chain[level]].name} by {kind} of {group} counts {interval.lower:.0f} to {interval.upper:.0f}, "
                "from the levels next to it, its group and totals"
            )
            yield Problem(table.file, "worked out", table.channel, table.place, message)
    for level, key in left.items():
        if found[key].upper < LEAST_PATIENTS_COUNTED:
            together = " and ".join(sorted(group for group, one in hidden if one == level))
            message = (
                f"{BY_ID[chain[level]].name} by {kind}: all, or all but a few, of {together} together, from totals"
            )
            yield Problem(table.file, "worked out", table.channel, table.place, message)


def _published(
    groups: Mapping[tuple[str, str], tuple[Number | None, float | None]], chain: Sequence[str]
) -> tuple[dict[_Cell, tuple[float, float] | None], list[Relation]]:
    """What a file says of counts by group and level, and of their bases."""
    cells: dict[_Cell, tuple[float, float] | None] = {}
    relations: list[Relation] = []
    for group in {group for group, measure in groups if measure in chain}:
        base = next((people for id in chain if (people := groups.get((group, id), (None, None))[1]) is not None), None)
        cells[group, _BASE] = None if base is None else (base, base)
        before = _BASE
        for level, id in enumerate(chain):
            if (group, id) not in groups:
                continue
            share, people = groups[group, id]
            cells[group, level] = None if share is None or people is None else _counts(share, people)
            relations.append(among((group, level), (group, before)))
            before = level
    return cells, relations
