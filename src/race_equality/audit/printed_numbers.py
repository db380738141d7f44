"""Numbers, labels and cells as they were printed, and how to find them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from race_equality.audit.channels import Content, Table, Text
from race_equality.disclosure.rules import HIDDEN_IN_FILES, HIDDEN_ON_PAGES

#: A number as printed; not part of a word, a code, a version or a time.
_NUMBER = re.compile(r"(?<![\w.,:/#-])([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w:]|\.\d|,\d{3})\s?(%?)")
HIDDEN_AS_PRINTED = {HIDDEN_ON_PAGES, HIDDEN_IN_FILES}
_HIDDEN = {HIDDEN_ON_PAGES.casefold(), HIDDEN_IN_FILES}
TOTAL = re.compile(r"^(grand )?(total|all|overall)\b", re.IGNORECASE)
_CAPTION_NUMBER = re.compile(r"^(table|figure)\s+[\d.]+:\s*", re.IGNORECASE)
#: Channels that hold a program and not what it shows, or a run and not its figures.
PROGRAMS = ("HTML script code", "notebook code source")
NOT_FIGURES = (*PROGRAMS, "PDF metadata", "text file")


@dataclass(frozen=True)
class Number:
    text: str
    value: float
    decimals: int
    percent: bool


@lru_cache(maxsize=100_000)
def numbers_in(text: str) -> tuple[Number, ...]:
    found = []
    for sign, whole, fraction, percent in _NUMBER.findall(text):
        digits = whole.replace(",", "") + fraction
        value = float(digits) * (-1 if sign in ("-", "−") else 1)
        found.append(Number(whole + fraction, value, max(0, len(fraction) - 1), bool(percent)))
    return tuple(found)


@lru_cache(maxsize=100_000)  # the same labels and sentences stand in a page, its PDF and its notebook
def normal(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").replace("\u00a0", " ").split())


def is_hidden(cell: str) -> bool:
    return normal(cell) in _HIDDEN


@lru_cache(maxsize=100_000)
def only_number(cell: str) -> Number | None:
    found = numbers_in(cell)
    return found[0] if len(found) == 1 and re.fullmatch(r"\s*[+−-]?[\d,.]+\s?%?\s*", cell) else None


def pieces_in(contents: Iterable[Content]) -> Iterator[tuple[str, str, str, str]]:
    for item in contents:
        if isinstance(item, Text):
            yield item.file, item.channel, item.place, item.text
        elif isinstance(item, Table):
            for row in item.rows:
                yield item.file, item.channel, item.place, " | ".join(row)


def table_name(table: Table) -> str:
    return _normal_caption(table.place)


@lru_cache(maxsize=10_000)
def _normal_caption(caption: str) -> str:
    return normal(_CAPTION_NUMBER.sub("", caption))


@lru_cache(maxsize=50_000)  # a row is looked at by each attack, and stands in page and notebook alike
def labels_of(row: tuple[str, ...]) -> tuple[str, ...]:
    labels = []
    for cell in row:
        if not cell.strip() or is_hidden(cell) or only_number(cell):
            break
        labels.append(normal(cell))
    return tuple(labels)


def tables_in(contents: Iterable[Content]) -> Iterator[Table]:
    return (item for item in contents if isinstance(item, Table))


#: Columns of a data file that say what a row is about, beside its group.
SUBJECTS = {"measure", "name", "figure"}
ABOUT = {
    "trust_code",
    "kind",
    "measure",
    "name",
    "figure",
    "organisation",
    "period_start",
    "period_end",
    "from",
    "to",
    "unit",
}


def group_column(table: Table) -> int | None:
    """Where a data file with many measures names the group; None in any other table."""
    names = [normal(column) for column in table.columns]
    if table.channel == "data file" and "group" in names and {"measure", "figure"} & set(names):
        return names.index("group")
    return None


#: Between a label and its number: "Other: 4", "Other (4", "Other; people: 4"...
_SEPARATED = re.compile(r"[\s:;,=|(–—-]*(?:[^\W\d]{1,12}\s?[:=(]\s*)?(?=[+−-]?\d)")
#: ...and for a label of several words, which prose does not hold by chance, a few words as well.
_NEARBY = re.compile(r"[^\d.!?]{0,30}(?=[+−-]?\d)")
_BEFORE = re.compile(r"(?<![\w.,])(\d+(?:,\d{3})*(?:\.\d+)?)%?[ :(–—-]{1,3}$")


def numbers_near(text: str, label: str, together: bool) -> list[str]:
    """Numbers in the same record, or right after or right before the label in a text."""
    pieces = re.split(rf"(?<![\w-]){re.escape(label)}(?!\w)", text)
    if together:
        return [number.text for number in numbers_in(" \n ".join(pieces))] if len(pieces) > 1 else []
    gap = _NEARBY if " " in label and len(label) > 8 else _SEPARATED
    found = []
    for before, after in zip(pieces, pieces[1:], strict=False):
        if match := gap.match(after):
            found += [number.text for number in numbers_in(after[match.end() :].lstrip("+−-"))[:1]]
        if match := _BEFORE.search(before):
            found.append(match.group(1))
    return found
