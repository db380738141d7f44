"""Cells that one copy hides and another shows: tables, texts, attributes, pictures."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from race_equality.audit.channels import Content, Table, Text
from race_equality.audit.printed_numbers import (
    PROGRAMS,
    group_column,
    is_hidden,
    labels_of,
    normal,
    numbers_in,
    numbers_near,
    only_number,
    table_name,
    tables_in,
)
from race_equality.audit.problem import Problem


@dataclass(frozen=True)
class _Hidden:
    """A hidden cell: where, the labels of its row, its column, and numbers that stand beside it openly."""

    table: str
    labels: tuple[str, ...]
    column: str
    beside: frozenset[str] = field(compare=False)


def hidden_cells(contents: list[Content]) -> set[_Hidden]:
    rows_with: dict[str, set[str]] = defaultdict(set)
    for table in tables_in(contents):
        if "table" in table.channel:
            for row in table.rows:
                numbers = {number.text for cell in row for number in numbers_in(cell)}
                for label in labels_of(row):
                    rows_with[label] |= numbers
    beside: dict[tuple[str, ...], frozenset[str]] = {}
    found = set()
    for table in tables_in(contents):
        for row in table.rows:
            columns = [column for column, cell in zip(table.columns, row, strict=False) if is_hidden(cell)]
            labels = labels_of(row) if columns else ()
            if not labels:
                continue
            if labels not in beside:
                fewest, *others = sorted((rows_with.get(label, set()) for label in labels), key=len)
                # a label may hold a number itself: "Waiting under 18 weeks"
                of_labels = {number.text for label in labels for number in numbers_in(label)}
                beside[labels] = frozenset(fewest.intersection(*others) | of_labels)
            found |= {_Hidden(table_name(table), labels, normal(column), beside[labels]) for column in columns}
    return found


def shown_elsewhere(contents: list[Content], hidden: set[_Hidden], *, where: str = "") -> Iterator[Problem]:
    wanted: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for cell in hidden:
        wanted[cell.table][cell.labels].add(cell.column)
    for table in tables_in(contents):
        rows = wanted.get(table_name(table))
        for row in table.rows if rows else ():
            columns = rows.get(labels_of(row))
            if not columns:
                continue
            for column, cell in zip(table.columns, row, strict=False):
                if normal(column) in columns and only_number(cell):
                    yield Problem(
                        table.file,
                        "shown elsewhere",
                        table.channel,
                        table.place,
                        f"{column} of {' / '.join(row[: len(labels_of(row))])} is {cell}{where}, which another copy hides",
                    )


#: In how many places of a source a group stands, as a report says where its figures come from.
_PLACES = re.compile(r"\(\d+ places\)")
#: Columns of a data file that name a publication, whose title may hold a number: "WRES indicators 5 to 8".
_OF_THE_PUBLICATION = {"source", "publisher", "licence", "file"}


def beside_its_label(contents: list[Content], hidden: set[_Hidden]) -> Iterator[Problem]:
    """A number next to the label of a hidden cell that no table of the page shows in that row."""
    cells: dict[tuple[str, ...], frozenset[str]] = {}
    for cell in hidden:
        cells[cell.labels] = cells.get(cell.labels, frozenset()) | cell.beside
    # a table of all trusts has many: those of one trust are looked at where its code stands
    pairs = list[tuple[tuple[str, ...], frozenset[str]]]
    by_first: dict[str, pairs] = defaultdict(list)
    # in rows of data few labels are looked for in the text, and many as whole cells
    few_by_first: dict[str, pairs] = defaultdict(list)
    many_by_rarest: dict[str, pairs] = defaultdict(list)
    usual = Counter(label for labels in cells if len(labels) > 2 for label in labels)
    for labels, beside in cells.items():
        by_first[labels[0]].append((labels, beside))
        if len(labels) <= 2:
            few_by_first[labels[0]].append((labels, beside))
        else:
            many_by_rarest[min(labels, key=usual.__getitem__)].append((labels, beside))
    every = {label for table in tables_in(contents) for row in table.rows for label in labels_of(row)[:2]}
    # a page and its notebook say the same, and so do the two data files
    looked_for: dict[tuple[str, tuple[str, ...] | None], pairs] = {}
    longer_labels = {label: _longer(label, every) for label in {labels[-1] for labels in cells}}
    for item in contents:
        if isinstance(item, Table) and item.channel == "data file":
            rows = list(_rows_of_other_figures(item, cells))
            named = {i for i, column in enumerate(item.columns) if normal(column) in _OF_THE_PUBLICATION}
            told = ("; ".join(cell for i, cell in enumerate(row) if i not in named) for row in rows)
            together, pieces = True, [(text, tuple(map(normal, row))) for text, row in zip(told, rows, strict=True)]
        elif isinstance(item, Text) and not item.channel.startswith(PROGRAMS):
            together = item.record
            pieces = [(line, None) for line in ([item.text] if item.record else item.text.splitlines())]
        else:
            continue
        for piece, of_row in pieces:
            text = _PLACES.sub("", normal(piece))
            if (text, of_row) not in looked_for:
                begin = by_first if of_row is None else few_by_first
                some = [pair for first, several in begin.items() if first in text for pair in several]
                looked_for[text, of_row] = [pair for pair in some if pair[0][-1] in text]
                for cell in many_by_rarest.keys() & set(of_row or ()):
                    looked_for[text, of_row] += many_by_rarest[cell]
            for labels, beside in looked_for[text, of_row]:
                # Many labels come from a data file: whole cells, and in their order. "Other" stands in
                # "mother", and the code of a trust in every row of those that merged into it.
                as_cells = of_row is not None and len(labels) > 2
                within = iter(of_row) if as_cells else text
                if not all(label in within for label in labels):
                    continue
                rest = text  # a label that is cut out for this one may be another's own
                for longer in longer_labels[labels[-1]]:
                    rest = rest.replace(longer, "·")
                for number in numbers_near(rest, labels[-1], together):
                    if number in beside or re.fullmatch(r"(19|20)\d\d", number):
                        continue
                    yield Problem(
                        item.file,
                        "beside its label",
                        item.channel,
                        item.place,
                        f"{number} stands beside {' / '.join(labels)!r}, which is hidden: {piece[:120]!r}",
                    )


def _longer(label: str, every: set[str]) -> list[str]:
    """Labels that hold another, as a whole and up to its end, where a line of a PDF may break them."""
    found = set()
    for one in every:
        if label in one and one != label:
            found.add(one)
            found |= {one[: match.end()] for match in re.finditer(re.escape(label), one) if match.start()}
    return sorted(found - {label}, key=len, reverse=True)


def _rows_of_other_figures(table: Table, cells: dict[tuple[str, ...], frozenset[str]]) -> Iterator[tuple[str, ...]]:
    """Leave out, in a data file with many measures, rows about what a page shows openly beside that label.

    The share of survey respondents of an ethnic group is no hidden number of deliveries of that group: it stands
    in a row of its own on the page. So do deliveries themselves where the page shows the share and the file the
    number as well: rows that differ in nothing before their value are about one thing.
    """
    group = group_column(table)
    names = [normal(column) for column in table.columns]
    if group is None or "value" not in names:
        yield from table.rows
        return
    value = names.index("value")
    openly = {
        labels[0]: {float(n.replace(",", "")) for n in beside} for labels, beside in cells.items() if len(labels) == 1
    }

    def stands_openly(row: tuple[str, ...]) -> bool:
        number = only_number(row[value]) if max(group, value) < len(row) else None
        return number is not None and abs(number.value) in openly.get(normal(row[group]), ())

    shown = {row[:value] for row in table.rows if stands_openly(row)}
    yield from (row for row in table.rows if row[:value] not in shown)


def in_its_picture(contents: list[Content], hidden: set[_Hidden]) -> Iterator[Problem]:
    """A number in a picture that draws a hidden group, which is on no axis and in no table."""
    labels = {cell.labels[-1] for cell in hidden}
    pictures: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in contents:
        if isinstance(item, Text) and item.channel.startswith("SVG") and item.channel.endswith(" text"):
            pictures[item.file, item.channel, item.place].append(item.text)
    openly = {
        number.text
        for table in tables_in(contents)
        for row in table.rows
        for cell in row
        for number in numbers_in(cell)
    }
    for (file, channel, place), texts in pictures.items():
        drawn = labels & {normal(text) for text in texts}
        if not drawn:
            continue
        numbers = [number for text in texts if (number := only_number(text))]
        steps = [round(b.value - a.value, 9) for a, b in zip(numbers, numbers[1:], strict=False)]
        axis = {i + k for i, (a, b) in enumerate(zip(steps, steps[1:], strict=False)) if a == b for k in (0, 1, 2)}
        for i, number in enumerate(numbers):
            if i not in axis and number.text not in openly:
                message = f"{number.text} stands in a picture that draws {sorted(drawn)[0]!r}, which is hidden"
                yield Problem(file, "beside its label", channel, place, message)


#: Headings of a trust's spreadsheet, as the columns of the other files are called.
_HEADINGS = {
    "figure": "name",
    "from": "period_start",
    "to": "period_end",
    "lower 95% limit": "lower_95",
    "upper 95% limit": "upper_95",
    "all trusts": "all_trusts",
    "region": "region_trusts",
    "similar trusts": "similar_trusts",
}
_SAME_FINDING = ("name", "group", "unit", "period_start", "period_end")
_NUMBERS = ("value", "lower_95", "upper_95", "all_trusts", "england", "region_trusts", "similar_trusts", "people")


class _InFile(NamedTuple):
    """How one file gives a finding: whether it hides it, and the first number that it shows of it."""

    file: str
    hides: bool
    shows: str


#: Trust, and what the finding is of, to how each file gives it.
Findings = dict[tuple[str, ...], list[_InFile]]


def findings_in(contents: Iterable[Content], scope: str) -> Findings:
    """Gather the findings in the files to download of one trust, or of all."""
    found: Findings = defaultdict(list)
    for table in tables_in(contents):
        columns = [_HEADINGS.get(normal(column), normal(column)) for column in table.columns]
        if table.channel != "data file" or not {*_SAME_FINDING, "value", "status"} <= set(columns):
            continue
        if "kind" not in columns and "organisation" in columns:
            continue  # published figures
        for row in table.rows:
            cells = dict(zip(columns, row, strict=False))
            if cells.get("kind", "finding") != "finding":
                continue
            numbers = {name: cells[name] for name in _NUMBERS if name in cells}
            shows = next((f"{name} is {cell}" for name, cell in numbers.items() if only_number(cell)), "")
            hides = "[c]" in cells["status"] or any(map(is_hidden, numbers.values()))
            about = (cells[name][:10] if name.startswith("period_") else cells[name] for name in _SAME_FINDING)
            found[cells.get("trust_code", scope), *about].append(_InFile(table.file, hides, shows))
    return found


def hidden_in_another_file(of_scopes: Iterable[Findings]) -> Iterator[Problem]:
    """A finding that one file to download hides and another shows: a trust's, or that of all trusts."""
    together: Findings = defaultdict(list)
    for findings in of_scopes:
        for about, files in findings.items():
            together[about] += files
    for about, files in together.items():
        hiding = sorted({one.file for one in files if one.hides})
        for one in files if hiding else ():
            others = [file for file in hiding if file != one.file]
            if one.shows and others:
                message = f"{' / '.join((*about[:4], f'to {about[5]}'))}: {one.shows}, hidden in {', '.join(others)}"
                yield Problem(one.file, "shown elsewhere", "data file", "", message)
