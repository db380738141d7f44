"""Cells that one copy hides and another copy shows, in tables, texts, attributes or pictures."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from race_equality.audit.channels import Content, Table, Text
from race_equality.audit.printed_numbers import (
    CODE_CHANNELS,
    SUBJECT_COLUMNS,
    group_column,
    is_hidden,
    labels_of,
    measures_named,
    names_of,
    normalise,
    numbers_in,
    numbers_near,
    only_number,
    table_name,
    tables_in,
)
from race_equality.audit.problem import Problem


@dataclass(frozen=True)
class HiddenCell:
    """A hidden cell: its table, the labels of its row, its column, and the numbers shown in that row."""

    table: str
    labels: tuple[str, ...]
    column: str
    shown_numbers: frozenset[str] = field(compare=False)
    #: Numbers of rows whose longer label, on two lines of a PDF, begins or ends as this one.
    of_longer_labels: frozenset[str] = field(default=frozenset(), compare=False)
    #: Years of which a table shows the row.
    years_shown: frozenset[str] = field(default=frozenset(), compare=False)
    #: The ids of the table's indicators, where it gives them.
    indicators: tuple[str, ...] = field(default=(), compare=False)


def find_hidden_cells(contents: list[Content]) -> set[HiddenCell]:
    """Collect the hidden cells of all tables."""
    rows_with: dict[str, set[str]] = defaultdict(set)
    years_of: dict[str, set[str]] = defaultdict(set)
    for table in tables_in(contents):
        if "table" in table.channel:
            for row in table.rows:
                numbers = {number.text for cell in row for number in numbers_in(cell)}
                for label in labels_of(row):
                    rows_with[label] |= numbers
                # a table with a row for each year has a column for each group
                for column, cell in zip(table.columns[1:], row[1:], strict=False):
                    if found_numbers := numbers_in(cell):
                        label = normalise(column)
                        rows_with[label] |= {number.text for number in found_numbers}
                        years_of[label] |= set(_YEAR.findall(row[0])[-1:])
    shown_numbers: dict[tuple[str, ...], tuple[frozenset[str], frozenset[str], frozenset[str]]] = {}
    found = set()
    for table in tables_in(contents):
        for row in table.rows:
            columns = [column for column, cell in zip(table.columns, row, strict=False) if is_hidden(cell)]
            labels = labels_of(row) if columns else ()
            if not labels:
                continue
            if labels not in shown_numbers:
                fewest, *others = sorted((rows_with.get(label, set()) for label in labels), key=len)
                # a label may hold a number itself: "Waiting under 18 weeks"
                of_labels = {number.text for label in labels for number in numbers_in(label)}
                longer = {n for one, row in rows_with.items() if labels[-1] in one and one != labels[-1] for n in row}
                shown_numbers[labels] = (
                    frozenset(fewest.intersection(*others) | of_labels),
                    frozenset(longer),
                    frozenset(years_of.get(labels[-1], ())),
                )
            ids = tuple(table.indicator.split())
            found |= {
                HiddenCell(table_name(table), labels, normalise(column), *shown_numbers[labels], ids)
                for column in columns
            }
    return found


def shown_in_another_copy(contents: list[Content], hidden: set[HiddenCell], *, where: str = "") -> Iterator[Problem]:
    """Find hidden cells that the same table shows in another copy."""
    wanted: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for cell in hidden:
        wanted[cell.table][cell.labels].add(cell.column)
    for table in tables_in(contents):
        rows = wanted.get(table_name(table), {})
        for row in table.rows if rows else ():
            columns = rows.get(labels_of(row))
            if not columns:
                continue
            for column, shown in zip(table.columns, row, strict=False):
                if normalise(column) in columns and only_number(shown):
                    labels = " / ".join(row[: len(labels_of(row))])
                    message = f"{column} of {labels} is {shown}{where}, which another copy hides"
                    yield Problem(table.file, "shown elsewhere", table.channel, table.place, message)


_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
#: The number of places in a source where a group is, as reports print it.
_PLACE_COUNT = re.compile(r"\(\d+ places\)")
#: How long a wait is, which is in the name of a measure; a day; and the level of an interval, as shares have a decimal.
_OF_ENGLAND = re.compile(r", england: [\d.]+%$")
_NO_FIGURES = re.compile(
    r"(?:over|under|within) \d+(?: weeks|$)|\b\d{1,2} (?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december) \d{4}|(?<![\d.])95%"
)
#: Links after a sentence, which name each measure of its section.
_LINKS = re.compile(r"\(where from: .*?\.\)")
#: Channels with copies of a page's paragraphs.
_COPIES = ("PDF", "notebook")
#: What a mark of a chart says is shorter.
_LONGEST_MARK = 100
#: Columns of a data file that name a publication, whose title may hold a number: "WRES indicators 5 to 8".
_PUBLICATION_COLUMNS = {"source", "publisher", "licence", "file"}


def numbers_next_to_hidden_labels(contents: list[Content], hidden: set[HiddenCell]) -> Iterator[Problem]:
    """Find numbers next to the label of a hidden cell that no table of the page shows in that row."""
    cells: dict[tuple[str, ...], frozenset[str]] = {}
    subjects: dict[tuple[str, ...], set[str] | None] = {}
    of_longer, years_shown = (
        {cell.labels: getattr(cell, name) for cell in hidden} for name in ("of_longer_labels", "years_shown")
    )
    for cell in hidden:
        cells[cell.labels] = cells.get(cell.labels, frozenset()) | cell.shown_numbers
        before = subjects.get(cell.labels, set())
        named_by = names_of(cell.indicators)
        subjects[cell.labels] = None if before is None or not named_by else before | named_by
    # a table of all trusts has many labels: those of one trust are searched for where its code is
    pairs = list[tuple[tuple[str, ...], frozenset[str]]]
    by_first: dict[str, pairs] = defaultdict(list)
    # in rows of data, one or two labels are searched for in the text, and more as whole cells
    few_by_first: dict[str, pairs] = defaultdict(list)
    many_by_rarest: dict[str, pairs] = defaultdict(list)
    usual = Counter(label for labels in cells if len(labels) > 2 for label in labels)
    for labels, shown in cells.items():
        by_first[labels[0]].append((labels, shown))
        if len(labels) <= 2:
            few_by_first[labels[0]].append((labels, shown))
        else:
            many_by_rarest[min(labels, key=usual.__getitem__)].append((labels, shown))
    every = {label for table in tables_in(contents) for row in table.rows for label in labels_of(row)[:2]}
    # the same text is in a page and its notebook, and the same row in two data files
    looked_for: dict[tuple[str, tuple[str, ...] | None], pairs] = {}
    longer_labels = {label: _longer_labels(label, every) for label in {labels[-1] for labels in cells}}
    about: dict[tuple[str, ...], set[str]] = {}
    # what a paragraph of a page says of another measure is on lines without its name in a PDF, and one text with others in a
    # notebook
    of_others: set[tuple[str, str]] = set()
    for item in sorted(contents, key=lambda one: isinstance(one, Text) and one.channel.startswith(_COPIES)):
        if isinstance(item, Table) and item.channel == "data file":
            rows = list(_rows_of_other_figures(item, cells))
            publication = {i for i, column in enumerate(item.columns) if normalise(column) in _PUBLICATION_COLUMNS}
            texts = ("; ".join(cell for i, cell in enumerate(row) if i not in publication) for row in rows)
            one_record = True
            # a title may hold a number: "Waiting over 18 weeks"
            titled = [i for i, column in enumerate(item.columns) if normalise(column) in SUBJECT_COLUMNS]
            about = {tuple(map(normalise, row)): {normalise(row[i]) for i in titled if i < len(row)} for row in rows}
            in_titles = [{n.text for i in titled if i < len(row) for n in numbers_in(row[i])} for row in rows]
            pieces: list[tuple[str, tuple[str, ...] | None, set[str]]] = [
                (text, tuple(map(normalise, row)), of_title)
                for text, row, of_title in zip(texts, rows, in_titles, strict=True)
            ]
        elif isinstance(item, Text) and not item.channel.startswith(CODE_CHANNELS):
            one_record = item.record
            pieces = [(line, None, set()) for line in ([item.text] if item.record else item.text.splitlines())]
        else:
            continue
        for piece, of_row, of_title in pieces:
            text = _NO_FIGURES.sub("", _PLACE_COUNT.sub("", normalise(piece)))
            if of_row is None and _OF_ENGLAND.search(text):
                continue  # a mark of a chart that is about England, and not about the trust
            if (text, of_row) not in looked_for:
                begin = by_first if of_row is None else few_by_first
                some = [pair for first, several in begin.items() if first in text for pair in several]
                looked_for[text, of_row] = [pair for pair in some if pair[0][-1] in text]
                for rarest in many_by_rarest.keys() & set(of_row or ()):
                    looked_for[text, of_row] += many_by_rarest[rarest]
            for labels, shown in looked_for[text, of_row]:
                # Many labels come from a data file: whole cells, in their order. "mother" holds "Other",
                # and every row of an organisation that merged holds the code of its trust.
                of_cell = subjects[labels]
                if of_row is not None and of_cell is not None and about[of_row] and not about[of_row] & of_cell:
                    continue  # a row about another indicator, which has a group of the same name
                within = iter(of_row) if of_row is not None and len(labels) > 2 else text
                if not all(label in within for label in labels):
                    continue
                if (
                    of_row is None
                    and len(text) < _LONGEST_MARK
                    and years_shown[labels].intersection(_YEAR.findall(text))
                ):
                    continue  # a mark of a chart by year, of a year that a table shows
                rest = text  # a label cut out here may be the label of another cell
                for longer in longer_labels[labels[-1]]:
                    rest = rest.replace(longer, "·")
                named = measures_named(_LINKS.sub("", normalise(piece))) if of_row is None and of_cell else frozenset()
                other = named and of_cell and not named & of_cell
                for number in numbers_near(rest, labels[-1], one_record):
                    if number in shown or number in of_title or _YEAR.fullmatch(number):
                        continue
                    if other:
                        of_others.add((labels[-1], number))
                        continue
                    if item.channel.startswith("PDF") and number in of_longer[labels]:
                        continue
                    if item.channel.startswith(_COPIES) and (labels[-1], number) in of_others:
                        continue
                    message = f"{number} is next to {' / '.join(labels)!r}, which is hidden: {piece[:120]!r}"
                    yield Problem(item.file, "next to its label", item.channel, item.place, message)


def _longer_labels(label: str, every: set[str]) -> list[str]:
    """Return labels that contain another, whole or cut off at its end, as a line break in a PDF may cut them."""
    found = set()
    for one in every:
        if label in one and one != label:
            found.add(one)
            found |= {one[: match.end()] for match in re.finditer(re.escape(label), one) if match.start()}
    return sorted(found - {label}, key=len, reverse=True)


def _rows_of_other_figures(table: Table, cells: dict[tuple[str, ...], frozenset[str]]) -> Iterator[tuple[str, ...]]:
    """Leave out, in a data file with many measures, rows about a figure that the page shows.

    The share of survey respondents of an ethnic group is not the hidden number of deliveries of that group: the
    page shows it in a row of its own. Rows that are equal up to their value are about one figure, so the number
    of deliveries is left out too where the page shows their share.
    """
    group = group_column(table)
    names = [normalise(column) for column in table.columns]
    if group is None or "value" not in names:
        yield from table.rows
        return
    value = names.index("value")
    shown_by_group = {
        labels[0]: {float(n.replace(",", "")) for n in shown} for labels, shown in cells.items() if len(labels) == 1
    }

    def is_shown(row: tuple[str, ...]) -> bool:
        number = only_number(row[value]) if max(group, value) < len(row) else None
        return number is not None and abs(number.value) in shown_by_group.get(normalise(row[group]), ())

    shown = {row[:value] for row in table.rows if is_shown(row)}
    yield from (row for row in table.rows if row[:value] not in shown)


def numbers_in_pictures(contents: list[Content], hidden: set[HiddenCell]) -> Iterator[Problem]:
    """Find numbers in a picture with a hidden group that are on no axis and in no table."""
    labels = {cell.labels[-1] for cell in hidden}
    pictures: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in contents:
        if isinstance(item, Text) and item.channel.startswith("SVG") and item.channel.endswith(" text"):
            pictures[item.file, item.channel, item.place].append(item.text)
    in_tables = {
        number.text
        for table in tables_in(contents)
        for row in table.rows
        for cell in row
        for number in numbers_in(cell)
    }
    for (file, channel, place), texts in pictures.items():
        drawn = labels & {normalise(text) for text in texts}
        if not drawn:
            continue
        numbers = [number for text in texts if (number := only_number(text))]
        steps = [round(b.value - a.value, 9) for a, b in zip(numbers, numbers[1:], strict=False)]
        axis = {i + k for i, (a, b) in enumerate(zip(steps, steps[1:], strict=False)) if a == b for k in (0, 1, 2)}
        for i, number in enumerate(numbers):
            if i not in axis and number.text not in in_tables:
                message = f"{number.text} is in a picture of {sorted(drawn)[0]!r}, which is hidden"
                yield Problem(file, "next to its label", channel, place, message)


#: Headings of a trust's spreadsheet, as the columns of the other files are called.
_HEADINGS = {
    "figure": "name",
    "from": "period_start",
    "to": "period_end",
    "lower 95% limit": "lower_95",
    "upper 95% limit": "upper_95",
    "all trusts of its kind": "all_trusts",
    "region": "region_trusts",
    "similar trusts": "similar_trusts",
    "all trusts, any kind": "all_trusts_plain",
    "region, any kind": "region_trusts_plain",
    "similar trusts, any kind": "similar_trusts_plain",
}
_SAME_FINDING = ("name", "group", "unit", "period_start", "period_end")
_COMPARATORS = ("all_trusts", "region_trusts", "similar_trusts")
_NUMBERS = (
    "value",
    "lower_95",
    "upper_95",
    *_COMPARATORS,
    *(f"{one}_plain" for one in _COMPARATORS),
    "england",
    "people",
)


class _FileFinding(NamedTuple):
    """A finding in one file: whether the file hides it, and the first number of it that the file shows."""

    file: str
    hides: bool
    shows: str


#: The trust and the finding (name, group, unit, period), to the finding in each file.
Findings = dict[tuple[str, ...], list[_FileFinding]]


def findings_in_files(contents: Iterable[Content], scope: str) -> Findings:
    """Collect the findings in the files to download of one trust, or of all."""
    found: Findings = defaultdict(list)
    for table in tables_in(contents):
        columns = [_HEADINGS.get(normalise(column), normalise(column)) for column in table.columns]
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
            found[cells.get("trust_code", scope), *about].append(_FileFinding(table.file, hides, shows))
    return found


def findings_shown_in_another_file(of_scopes: Iterable[Findings]) -> Iterator[Problem]:
    """Find findings that one file to download hides and another shows."""
    merged: Findings = defaultdict(list)
    for findings in of_scopes:
        for about, files in findings.items():
            merged[about] += files
    for about, files in merged.items():
        hiding = sorted({one.file for one in files if one.hides})
        for one in files if hiding else ():
            others = [file for file in hiding if file != one.file]
            if one.shows and others:
                message = f"{' / '.join((*about[:4], f'to {about[5]}'))}: {one.shows}, hidden in {', '.join(others)}"
                yield Problem(one.file, "shown elsewhere", "data file", "", message)
