"""Work out hidden cells from totals, rounded shares and other periods."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import permutations
from typing import Any, NamedTuple

from race_equality.audit.channels import Content, Table
from race_equality.audit.printed_numbers import (
    HIDDEN_AS_PRINTED,
    KEY_COLUMNS,
    SUBJECT_COLUMNS,
    TOTAL_LABEL,
    group_column,
    is_hidden,
    names_of,
    normalise,
    only_number,
    table_name,
    tables_in,
)
from race_equality.audit.problem import Problem
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.attack import Contradiction, Relation, attack, rounded_share
from race_equality.disclosure.rules import DisclosureRule

_PEOPLE = re.compile(r"staff|people|headcount|employ|respond|answered|total", re.IGNORECASE)


#: Totals of patients are not tried on tables of staff: among hundreds of months one fits by chance.
_STAFF, _GROUPS_WITHOUT_STAFF = re.compile(r"\bstaff\b", re.IGNORECASE), {"all patients", "all people", "all births"}


_BY_TITLE = {one.title: one.id for one in BY_ID.values()}
#: Ids and titles of indicators whose groups' total is another indicator, to the id and title of that one.
_TOTALS = {
    normalise(getattr(one, name)): normalise(getattr(BY_ID[one.total], name))
    for one in BY_ID.values()
    if one.total
    for name in ("id", "title")
}


class Total(NamedTuple):
    """An exact number of people: where it is published and, in a data file, its measure and group."""

    people: int
    place: str
    about: frozenset[str] = frozenset()
    group: str = ""


def _subjects(table: Table, row: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the measure of a row in a data file."""
    return frozenset(
        normalise(cell)
        for column, cell in zip(table.columns, row, strict=False)
        if normalise(column) in SUBJECT_COLUMNS
    )


def _same_subject(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two rows can be about one whole: deliveries, and deliveries by ethnic group."""
    if not one or not other:
        return True  # a page names the measure in a caption; its numbers decide
    return bool(_with_totals(one) & other or _with_totals(other) & one)


def _with_totals(about: frozenset[str]) -> frozenset[str]:
    return about | {_TOTALS[name] for name in about if name in _TOTALS}


def totals_of(
    scope: str, contents: Iterable[Content], names: dict[str, str], scopes: frozenset[str]
) -> dict[str, list[Total]]:
    """Collect the exact numbers of people that are published for each trust."""
    found: dict[str, list[Total]] = defaultdict(list)
    for table in tables_in(contents):
        people = [i for i, column in enumerate(table.columns) if _PEOPLE.search(column)]
        if not people:
            continue
        group = group_column(table)
        for row in table.rows:
            label = row[0] if row else ""
            if group is not None and not (group < len(row) and TOTAL_LABEL.match(row[group].strip())):
                continue  # the base of one group, not the total
            code = re.search(r"\(([A-Z0-9]{3,5})\)\s*$", label)
            owner = code.group(1) if code else names.get(normalise(label))
            if owner is None and label.strip() in scopes:
                owner = label.strip()
            if owner is None and TOTAL_LABEL.match(label.strip()):
                owner = scope
            numbers = [only_number(row[i]) for i in people if i < len(row)] if owner else []
            whole = [number for number in numbers if number and not number.percent and not number.decimals]
            if owner and whole:
                about = frozenset() if group is None else _subjects(table, row)
                of_group = "" if group is None else normalise(row[group])
                found[owner] += [
                    Total(int(number.value), f"{table.file}, {table.place}", about, of_group) for number in whole
                ]
    return found


def split_by_measure(table: Table) -> Iterator[Table]:
    """Split a data file into one table for each measure and period, whose groups add up to a total."""
    group = group_column(table)
    if group is None:
        yield table
        return
    names = [normalise(column) for column in table.columns]
    about = [i for i, name in enumerate(names) if name in KEY_COLUMNS]
    title = next((i for i, name in enumerate(names) if name in ("name", "figure")), about[0])
    others = [i for i in range(len(names)) if i not in about and i != group]
    wholes: dict[tuple[str, ...], list[tuple[str, ...]]] = {
        tuple(row[i] for i in about): [] for row in table.rows if HIDDEN_AS_PRINTED.intersection(row)
    }
    for row in table.rows:
        whole = wholes.get(tuple(row[i] for i in about))
        if whole is not None:
            whole.append(row)
    for rows in wholes.values():
        yield Table(
            table.file,
            table.channel,
            rows[0][title],
            (table.columns[group], *(table.columns[i] for i in others)),
            tuple((row[group], *(row[i] for i in others)) for row in rows),
            _subjects(table, rows[0]),
            _indicator(table, rows[0]),
        )


def _indicator(table: Table, row: tuple[str, ...]) -> str:
    """Return the id of the indicator of a row in a data file."""
    said = dict(zip(map(normalise, table.columns), row, strict=False))
    return said.get("measure") or _BY_TITLE.get(said.get("figure", ""), "")


def one_side_shown(contents: Iterable[Content]) -> Iterator[Problem]:
    """Find one of two compared groups shown while the other is hidden: with the total, it gives the other."""
    for table in tables_in(contents):
        for part in split_by_measure(table) if group_column(table) is not None else ():
            between = BY_ID[part.indicator].between if part.indicator in BY_ID else ()
            sides = [row for row in part.rows if row[0] in between]
            hidden = [row[0] for row in sides if any(map(is_hidden, row))]
            for row in sides if hidden else ():
                if row[0] not in hidden and any(map(only_number, row[1:])):
                    message = f"{row[0]} is shown, and {' and '.join(hidden)}, which it is compared with, is hidden"
                    yield Problem(part.file, "worked out", part.channel, part.place, message)


def has_hidden_cell(table: Table) -> bool:
    return any(is_hidden(cell) for row in table.rows for cell in row)


def worked_out_from_totals(
    tables: Iterable[Table], totals: list[Total], bases: list[float], rule: DisclosureRule, overlapping: Collection[str]
) -> Iterator[Problem]:
    """Work out hidden cells of tables from their totals and from totals on other pages."""
    done = set()
    for table in tables:
        apart = table.indicator in overlapping
        ids = table.indicator.split()
        # a table that says what it counts can be held to a total of the same, and any other to every total
        about = table.about or frozenset(names_of(ids))
        rates = bool(ids) and all(BY_ID[id].disclosure.rounded_to for id in ids if id in BY_ID)
        half = max((BY_ID[id].disclosure.rounded_to for id in ids if id in BY_ID), default=0) / 2
        content = (table_name(table), table.columns, table.rows)
        if content in done:
            continue
        done.add(content)
        for i, column in enumerate(table.columns):
            cells = {row: row[i] for row in table.rows if i < len(row)}
            parts = {row: cell for row, cell in cells.items() if not TOTAL_LABEL.match(row[0].strip())}
            hidden = [row for row, cell in parts.items() if is_hidden(cell)]
            shown = {row: number for row, cell in parts.items() if (number := only_number(cell))}
            if not hidden or len(shown) < 2:
                continue
            if all(number.percent for number in shown.values()):
                # what share of each group has something is no part of a whole
                if rates:
                    continue
                yield from _work_out_percentages(table, column, hidden, shown, bases, rule)
            elif not any(number.percent or number.decimals for number in shown.values()):
                own = [
                    int(number.value)
                    for row, cell in cells.items()
                    if TOTAL_LABEL.match(row[0].strip()) and (number := only_number(cell))
                ]
                others = [] if apart else [total for total in totals if _same_subject(total.about, about)]
                if _STAFF.search(f"{column} {table.place}"):
                    others = [total for total in others if total.group not in _GROUPS_WITHOUT_STAFF]
                yield from _work_out_counts(table, i, hidden, shown, own, others, rule, half)


def _work_out_percentages(table: Table, column: str, hidden, shown, bases, rule: DisclosureRule) -> Iterator[Problem]:
    """Work out hidden shares as 100 less the others, unless the shares are of the shown groups only."""
    together = sum(number.value for number in shown.values())
    slack = sum(0.5 * 10.0**-number.decimals for number in shown.values())
    left = 100 - together
    if not 75 <= together < 100 - slack:
        return
    # one hidden cell is the remainder, up to rounding; each of several is at most the remainder
    width = 2 * slack if len(hidden) == 1 else left + slack
    # a base fits when every share shown is a whole number of its people
    fitting = [
        base
        for base in bases
        if all(
            abs(n.value * base / 100 - round(n.value * base / 100)) <= 0.5 * 10.0**-n.decimals * base / 100 + 1e-6
            for n in shown.values()
        )
    ]
    narrow = [base for base in fitting if width / 100 * base < rule.minimum_people]
    if narrow or (not fitting and len(hidden) == 1):
        names = " and ".join(row[0] for row in hidden)
        people = f", about {left / 100 * narrow[0]:.0f} of {narrow[0]:,.0f} people" if narrow else ""
        message = f"{column} of {names} is {left:.1f}%, for the others add up to {together:.1f}%{people}"
        yield Problem(table.file, "worked out", table.channel, table.place, message)


#: Half the rounding unit that a caption names.
_NEAREST = {"nearest hundred": 50.0, "nearest 100": 50.0, "nearest ten": 5.0, "nearest 10": 5.0, "nearest 5": 2.5}


def _half_rounding_unit(caption: str) -> float:
    return next((half for words, half in _NEAREST.items() if caption.rstrip(". ").endswith(words)), 0.0)


def _work_out_counts(
    table: Table, i: int, hidden, shown, own, totals, rule: DisclosureRule, rounded: float
) -> Iterator[Problem]:
    """Work out hidden counts from a total; `rounded` is half of what the publisher rounds each count to."""
    known = {row: number.value for row, number in shown.items()}
    counts = {row: (max(0.0, value - rounded), value + rounded) for row, value in known.items()}
    whole = "whole"
    relations = [Relation.total(whole, [*known, *hidden])]
    shares = [
        (row, number)
        for j, _ in enumerate(table.columns)
        if j != i and any(j < len(row) and is_hidden(row[j]) for row in hidden)
        for row in known
        if j < len(row) and (number := only_number(row[j])) and number.percent
    ]
    together = sum(known.values())
    if all(abs(100 * known[r] / together - n.value) <= 0.5001 * 10.0**-n.decimals for r, n in shares):
        shares = []  # shares of the shown groups only: they say nothing about the others
    for row, number in shares:
        relations += rounded_share(row, whole, number.value, number.decimals)
    nearby = [(None, "the rounded shares next to it")] if shares else []
    left_of = sum(known.values())
    for total, place in [*((t, "its total") for t in own), *nearby, *((t.people, t.place) for t in totals)]:
        half = max(_half_rounding_unit(place), rounded)
        if not shares and total is not None:
            # only the total is known: each hidden cell is at most the remainder, and a single one is equal to it
            room = half + rounded * len(known)
            least, most = max(0.0, total - room - left_of), total + room - left_of
            if most < 0 or (place != "its total" and least >= 10 * rule.minimum_people):
                continue
            if (most - least if len(hidden) == 1 else most) >= rule.minimum_people:
                continue
        cells: dict[Any, Any] = counts | dict.fromkeys(hidden)
        if total is not None:
            cells[whole] = (max(0.0, total - half), total + half)
        try:
            found = attack(cells, relations=relations, targets=hidden)
        except Contradiction:
            continue  # a total of something else
        width = min(interval.width for interval in found.values())
        left = min(interval.upper for interval in found.values())
        # without shares to check it, a number that leaves many people is the total of something else
        if total is not None and place != "its total" and not shares and left >= 10 * rule.minimum_people:
            continue
        if width < rule.minimum_people:
            row, interval = min(found.items(), key=lambda pair: pair[1].width)
            value = (
                f"{interval.lower:.0f}"
                if interval.width == 0
                else f"between {interval.lower:.0f} and {interval.upper:.0f}"
            )
            message = f"{table.columns[i]} of {row[0]} is {value}, from {place}"
            yield Problem(table.file, "worked out", table.channel, table.place, message)
            return


def worked_out_from_mergers(contents: Iterable[Content], rule: DisclosureRule) -> Iterator[Problem]:
    """Work out a merged organisation's people: those of the trust less those of its other organisations.

    From data files with the figures of a trust and of the organisations that formed it.
    """
    for table in tables_in(contents):
        place = {normalise(column): i for i, column in enumerate(table.columns)}
        if not {"organisation", "kind", "people", "measure", "group", "period_end"} <= set(place):
            continue
        parts: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        wholes: dict[tuple[str, ...], set[float]] = defaultdict(set)
        for row in table.rows:
            about = tuple(
                row[place[name]] for name in ("trust_code", "measure", "group", "period_end") if name in place
            )
            if row[place["kind"]] == "published figure":
                parts[about].append(row)
            elif number := only_number(row[place["people"]]):
                wholes[about].add(number.value)
        for about, rows in parts.items():
            hidden = [row for row in rows if is_hidden(row[place["people"]])]
            shown = [number.value for row in rows if (number := only_number(row[place["people"]]))]
            if not hidden or not shown or len({row[place["organisation"]] for row in rows}) < 2:
                continue
            for whole in wholes.get(about, ()):
                if 0 < (left := whole - sum(shown)) < rule.minimum_responses:
                    organisations = " and ".join(sorted({row[place["organisation"]] for row in hidden}))
                    message = f"{about[-3]} of {organisations} rests on {left:.0f}, from the trust's {whole:,.0f} and the others"
                    yield Problem(table.file, "worked out", table.channel, table.place, message)


#: Every three of at most this number of columns are compared.
_MAX_COLUMNS = 8


def worked_out_from_periods(contents: Iterable[Content]) -> Iterator[Problem]:
    """Work out a number hidden in one period from another period and the change between them."""
    for table in tables_in(contents):
        if group_column(table) is not None or not any(is_hidden(cell) for row in table.rows for cell in row):
            continue
        rows = [[only_number(cell) for cell in row] for row in table.rows]
        filled = [i for i in range(len(table.columns)) if sum(i < len(row) and row[i] is not None for row in rows) > 1]
        if len(filled) > _MAX_COLUMNS:
            continue
        for a, b, c in permutations(filled, 3):
            if b > c:
                continue  # a = b + c is a = c + b
            whole = [
                (x, y, z)
                for row in rows
                if max(a, b, c) < len(row) and (x := row[a]) and (y := row[b]) and (z := row[c])
            ]
            slack = [sum(0.5 * 10.0**-number.decimals for number in three if number.decimals) for three in whole]
            if len(whole) < 2 or not all(
                abs(x.value - y.value - z.value) <= most + 1e-9 for (x, y, z), most in zip(whole, slack, strict=True)
            ):
                continue
            if all(0 in (y.value, z.value) for _, y, z in whole):
                continue
            for cells, row in zip(table.rows, rows, strict=True):
                unknown = [i for i in (a, b, c) if i < len(row) and row[i] is None and is_hidden(cells[i])]
                known = {i: number.value for i in (a, b, c) if i < len(row) and (number := row[i])}
                if len(unknown) == 1 and len(known) == 2:
                    first, second = known
                    value = known[b] + known[c] if unknown[0] == a else known[first] - known[second]
                    message = (
                        f"{table.columns[unknown[0]]} of {cells[0]} is {value:g}, from "
                        f"{table.columns[first]} and {table.columns[second]}"
                    )
                    yield Problem(table.file, "worked out", table.channel, table.place, message)
