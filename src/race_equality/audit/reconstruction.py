"""Hidden cells worked out from totals, rounded shares and other periods."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import permutations
from typing import NamedTuple

from race_equality.audit.channels import Content, Table
from race_equality.audit.printed_numbers import (
    ABOUT,
    HIDDEN_AS_PRINTED,
    SUBJECTS,
    TOTAL,
    group_column,
    is_hidden,
    normal,
    only_number,
    table_name,
    tables_in,
)
from race_equality.audit.problem import Problem
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.attack import Contradiction, Relation, attack, rounded_share
from race_equality.disclosure.rules import DisclosureRule

_PEOPLE = re.compile(r"staff|people|headcount|employ|respond|answered|total", re.IGNORECASE)


#: Of hundreds of months of patients one is as large as some column of staff.
_STAFF, _NO_STAFF = re.compile(r"\bstaff\b", re.IGNORECASE), {"all patients", "all people", "all births"}


_BY_TITLE = {one.title: one.id for one in BY_ID.values()}
#: Ids and titles of indicators whose groups' total is another indicator, to the id and title of that one.
_TOTALS = {
    normal(getattr(one, name)): normal(getattr(BY_ID[one.total], name))
    for one in BY_ID.values()
    if one.total
    for name in ("id", "title")
}


class Total(NamedTuple):
    """An exact number of people: which, where it stands, and of what in a data file with many measures."""

    people: int
    place: str
    about: frozenset[str] = frozenset()
    whom: str = ""


def _subjects(table: Table, row: tuple[str, ...]) -> frozenset[str]:
    """What a row of a data file with many measures is about, in its own words."""
    return frozenset(
        normal(cell) for column, cell in zip(table.columns, row, strict=False) if normal(column) in SUBJECTS
    )


def _same_subject(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two rows can be about one whole: deliveries, and deliveries by ethnic group."""
    if not one or not other:
        return True  # a page says it in a caption, which is compared by its numbers
    return bool(_with_totals(one) & other or _with_totals(other) & one)


def _with_totals(about: frozenset[str]) -> frozenset[str]:
    return about | {_TOTALS[name] for name in about if name in _TOTALS}


def totals_of(
    scope: str, contents: Iterable[Content], names: dict[str, str], scopes: frozenset[str]
) -> dict[str, list[Total]]:
    """Exact numbers of people that pages give for a trust, with where they stand."""
    found: dict[str, list[Total]] = defaultdict(list)
    for table in tables_in(contents):
        people = [i for i, column in enumerate(table.columns) if _PEOPLE.search(column)]
        if not people:
            continue
        group = group_column(table)
        for row in table.rows:
            label = row[0] if row else ""
            if group is not None and not (group < len(row) and TOTAL.match(row[group].strip())):
                continue  # the base of one group, and not how many there are
            code = re.search(r"\(([A-Z0-9]{3,5})\)\s*$", label)
            owner = code.group(1) if code else names.get(normal(label))
            if owner is None and label.strip() in scopes:
                owner = label.strip()
            if owner is None and TOTAL.match(label.strip()):
                owner = scope
            numbers = [only_number(row[i]) for i in people if i < len(row)] if owner else []
            whole = [number for number in numbers if number and not number.percent and not number.decimals]
            if whole:
                about = frozenset() if group is None else _subjects(table, row)
                whom = "" if group is None else normal(row[group])
                found[owner] += [
                    Total(int(number.value), f"{table.file}, {table.place}", about, whom) for number in whole
                ]
    return found


def parts_of_one_whole(table: Table) -> Iterator[Table]:
    """In a data file with many measures, the groups of each measure and period are parts of a whole."""
    group = group_column(table)
    if group is None:
        yield table
        return
    names = [normal(column) for column in table.columns]
    about = [i for i, name in enumerate(names) if name in ABOUT]
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
    """The indicator of a row of a data file, by its id or by its title."""
    said = dict(zip(map(normal, table.columns), row, strict=False))
    return said.get("measure") or _BY_TITLE.get(said.get("figure", ""), "")


def half_shown(contents: Iterable[Content]) -> Iterator[Problem]:
    """One of two groups that are compared, where the other is hidden: with everybody together it tells that one."""
    for table in tables_in(contents):
        for part in parts_of_one_whole(table) if group_column(table) is not None else ():
            between = BY_ID[part.indicator].between if part.indicator in BY_ID else ()
            sides = [row for row in part.rows if row[0] in between]
            hidden = [row[0] for row in sides if any(map(is_hidden, row))]
            for row in sides if hidden else ():
                if row[0] not in hidden and any(map(only_number, row[1:])):
                    message = f"{row[0]} is shown, and {' and '.join(hidden)}, which it is compared with, is hidden"
                    yield Problem(part.file, "worked out", part.channel, part.place, message)


def hides(table: Table) -> bool:
    return any(is_hidden(cell) for row in table.rows for cell in row)


def worked_out(
    tables: Iterable[Table], totals: list[Total], bases: list[float], rule: DisclosureRule, overlapping: Collection[str]
) -> Iterator[Problem]:
    done = set()
    for table in tables:
        apart = table.indicator in overlapping
        about = table.about
        content = (table_name(table), table.columns, table.rows)
        if content in done:
            continue
        done.add(content)
        for i, column in enumerate(table.columns):
            cells = {row: row[i] for row in table.rows if i < len(row)}
            parts = {row: cell for row, cell in cells.items() if not TOTAL.match(row[0].strip())}
            hidden = [row for row, cell in parts.items() if is_hidden(cell)]
            shown = {row: only_number(cell) for row, cell in parts.items() if only_number(cell)}
            if not hidden or len(shown) < 2:
                continue
            if all(number.percent for number in shown.values()):
                yield from _from_percentages(table, column, hidden, shown, bases, rule)
            elif not any(number.percent or number.decimals for number in shown.values()):
                own = [
                    int(number.value)
                    for row, cell in cells.items()
                    if TOTAL.match(row[0].strip()) and (number := only_number(cell))
                ]
                others = [] if apart else [total for total in totals if _same_subject(total.about, about)]
                if _STAFF.search(f"{column} {table.place}"):
                    others = [total for total in others if total.whom not in _NO_STAFF]
                yield from _from_counts(table, i, hidden, shown, own, others, rule)


def _from_percentages(table: Table, column: str, hidden, shown, bases, rule: DisclosureRule) -> Iterator[Problem]:
    """Hidden shares of a whole are 100 less the others; shares of what is shown give nothing away."""
    together = sum(number.value for number in shown.values())
    slack = sum(0.5 * 10.0**-number.decimals for number in shown.values())
    left = 100 - together
    if not 75 <= together < 100 - slack:
        return
    # one cell is what is left, give or take rounding; each of several is anything up to all of it
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


#: How far a number may be from what it was rounded from, where the caption says so.
_NEAREST = {"nearest hundred": 50.0, "nearest 100": 50.0, "nearest ten": 5.0, "nearest 10": 5.0, "nearest 5": 2.5}


def _rounded_by(caption: str) -> float:
    return next((half for words, half in _NEAREST.items() if caption.rstrip(". ").endswith(words)), 0.0)


def _from_counts(table: Table, i: int, hidden, shown, own, totals, rule: DisclosureRule) -> Iterator[Problem]:
    known = {row: number.value for row, number in shown.items()}
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
        shares = []  # of the groups that are shown: they say nothing about the others
    for row, number in shares:
        relations += rounded_share(row, whole, number.value, number.decimals)
    nearby = [(None, "the rounded shares beside it")] if shares else []
    left_of = sum(known.values())
    for total, place in [*((t, "its total") for t in own), *nearby, *((t.people, t.place) for t in totals)]:
        half = _rounded_by(place)
        if not shares and total is not None:
            # one sum and nothing else: what is left is between none and all of it in each, or in the only one
            least, most = max(0.0, total - half - left_of), total + half - left_of
            if most < 0 or (place != "its total" and least >= 10 * rule.minimum_people):
                continue
            if (most - least if len(hidden) == 1 else most) >= rule.minimum_people:
                continue
        cells = known | dict.fromkeys(hidden)
        if total is not None:
            cells[whole] = (max(0.0, total - half), total + half)
        try:
            found = attack(cells, relations=relations, targets=hidden)
        except Contradiction:
            continue  # a total of something else
        width = min(interval.width for interval in found.values())
        left = min(interval.upper for interval in found.values())
        # without shares to check it by, a number that leaves many people is a total of something else
        if total is not None and place != "its total" and not shares and left >= 10 * rule.minimum_people:
            continue
        if width < rule.minimum_people:
            row, interval = min(found.items(), key=lambda pair: pair[1].width)
            value = (
                f"{interval.lower:.0f}"
                if interval.width == 0
                else f"between {interval.lower:.0f} and {interval.upper:.0f}"
            )
            yield Problem(
                table.file,
                "worked out",
                table.channel,
                table.place,
                f"{table.columns[i]} of {row[0]} is {value}, from {place}",
            )
            return


def from_mergers(contents: Iterable[Content], rule: DisclosureRule) -> Iterator[Problem]:
    """People of an organisation that merged: those of the trust less those of its other organisations.

    In data files that give a trust's figures and those of the organisations that formed it.
    """
    for table in tables_in(contents):
        place = {normal(column): i for i, column in enumerate(table.columns)}
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
                    yield Problem(
                        table.file,
                        "worked out",
                        table.channel,
                        table.place,
                        f"{about[-3]} of {organisations} rests on {left:.0f}, from the trust's {whole:,.0f} and the others",
                    )


#: Of so many columns of numbers each three are looked at.
_MOST_COLUMNS = 8


def from_changes(contents: Iterable[Content]) -> Iterator[Problem]:
    """A number hidden in one period, when the other period and the change between them are shown."""
    for table in tables_in(contents):
        if group_column(table) is not None or not any(is_hidden(cell) for row in table.rows for cell in row):
            continue
        rows = [[only_number(cell) for cell in row] for row in table.rows]
        filled = [i for i in range(len(table.columns)) if sum(i < len(row) and row[i] is not None for row in rows) > 1]
        if len(filled) > _MOST_COLUMNS:
            continue
        for a, b, c in permutations(filled, 3):
            if b > c:
                continue  # a = b + c is a = c + b
            whole = [row for row in rows if max(a, b, c) < len(row) and None not in (row[a], row[b], row[c])]
            slack = [sum(0.5 * 10.0 ** -row[i].decimals for i in (a, b, c) if row[i].decimals) for row in whole]
            if len(whole) < 2 or not all(
                abs(row[a].value - row[b].value - row[c].value) <= most + 1e-9
                for row, most in zip(whole, slack, strict=True)
            ):
                continue
            if all(0 in (row[b].value, row[c].value) for row in whole):
                continue
            for cells, row in zip(table.rows, rows, strict=True):
                unknown = [i for i in (a, b, c) if i < len(row) and row[i] is None and is_hidden(cells[i])]
                known = [i for i in (a, b, c) if i < len(row) and row[i] is not None]
                if len(unknown) == 1 and len(known) == 2:
                    if unknown[0] == a:
                        value = row[b].value + row[c].value
                    else:
                        value = row[a].value - row[c if unknown[0] == b else b].value
                    yield Problem(
                        table.file,
                        "worked out",
                        table.channel,
                        table.place,
                        f"{table.columns[unknown[0]]} of {cells[0]} is {value:g}, from "
                        f"{table.columns[known[0]]} and {table.columns[known[1]]}",
                    )
