"""Find numbers, labels and hidden cells in published texts and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from race_equality.audit.channels import Content, Table, Text
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.rules import HIDDEN_IN_FILES, HIDDEN_ON_PAGES

#: A number as printed; not part of a word, a code, a version or a time.
_NUMBER = re.compile(r"(?<![\w.,:/#-])([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w:]|\.\d|,\d{3})\s?(%?)")
HIDDEN_AS_PRINTED = {HIDDEN_ON_PAGES, HIDDEN_IN_FILES}
_HIDDEN = {HIDDEN_ON_PAGES.casefold(), HIDDEN_IN_FILES}
TOTAL_LABEL = re.compile(r"^(grand )?(total|all|overall)\b", re.IGNORECASE)
#: In front of a caption: the cell of a notebook that holds the table, and the table's number on a page.
_BEFORE_CAPTION = re.compile(r"^(cell \d+, )?((table|figure)\s+[\d.]+:\s*)?", re.IGNORECASE)
#: Channels that hold code.
CODE_CHANNELS = ("HTML script code", "notebook code source")
#: Channels that hold code, or text about a run, and no figures.
CHANNELS_WITHOUT_FIGURES = (*CODE_CHANNELS, "PDF metadata", "text file")


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


@lru_cache(maxsize=100_000)  # the same texts are in a page, its PDF and its notebook
def normalise(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").replace("\u00a0", " ").split())


def is_hidden(cell: str) -> bool:
    return normalise(cell) in _HIDDEN


@lru_cache(maxsize=100_000)
def only_number(cell: str) -> Number | None:
    found = numbers_in(cell)
    return found[0] if len(found) == 1 and re.fullmatch(r"\s*[+−-]?[\d,.]+\s?%?\s*", cell) else None


def texts_in(contents: Iterable[Content]) -> Iterator[tuple[str, str, str, str]]:
    for item in contents:
        if isinstance(item, Text):
            yield item.file, item.channel, item.place, item.text
        elif isinstance(item, Table):
            for row in item.rows:
                yield item.file, item.channel, item.place, " | ".join(row)


def table_name(table: Table) -> str:
    return _normalise_caption(table.place)


@lru_cache(maxsize=10_000)
def _normalise_caption(caption: str) -> str:
    return normalise(_BEFORE_CAPTION.sub("", caption))


@lru_cache(maxsize=50_000)  # each check reads every row, in page and notebook
def labels_of(row: tuple[str, ...]) -> tuple[str, ...]:
    labels = []
    for cell in row:
        if not cell.strip() or is_hidden(cell) or only_number(cell):
            break
        labels.append(normalise(cell))
    return tuple(labels)


def tables_in(contents: Iterable[Content]) -> Iterator[Table]:
    return (item for item in contents if isinstance(item, Table))


#: Columns of a data file that name the measure of a row.
SUBJECT_COLUMNS = {"measure", "name", "figure"}
#: Columns of a data file that, with the group, identify a row.
KEY_COLUMNS = set("trust_code kind measure name figure organisation period_start period_end from to unit".split())


def names_of(ids: Iterable[str]) -> set[str]:
    """Return what a data file may call some indicators: ids, those of their figures, names and titles."""
    return {
        normalise(name)
        for id in ids
        if id in BY_ID
        for one in (BY_ID[id],)
        for name in (one.id, one.name, one.title, *one.figure_ids, *(part.name for part in one.parts))
    }


_SPOKEN: dict[str, set[str]] = {}
for _one in BY_ID.values():
    # "were detained under …", "recovery in …"; one word alone is in too many sentences
    for _words in (_one.name, _one.in_few_words, _one.statement.partition(" ")[2]):
        if " " in _words:
            _SPOKEN.setdefault(normalise(_words), set()).add(_one.id)
#: The longest first: reliable recovery is no recovery.
_ANY_SPOKEN = re.compile("|".join(map(re.escape, sorted(_SPOKEN, key=len, reverse=True))))


@lru_cache(maxsize=100_000)
def measures_named(text: str) -> frozenset[str]:
    """Return what a data file may call the indicators that a normalised text speaks of."""
    return frozenset(names_of(id for words in _ANY_SPOKEN.findall(text) for id in _SPOKEN[words]))


def group_column(table: Table) -> int | None:
    """Where a data file with many measures names the group; None in any other table."""
    names = [normalise(column) for column in table.columns]
    if table.channel == "data file" and "group" in names and {"measure", "figure"} & set(names):
        return names.index("group")
    return None


#: Between a label and its number: "Other: 4", "Other (4", "Other; people: 4"...
_SHORT_GAP = re.compile(r"[\s:;,=|(–—-]*(?:[^\W\d]{1,12}\s?[:=(]\s*)?(?=[+−-]?\d)")
#: ...and for a label of several words, which is in prose only on purpose, a few words as well. What follows a letter is no
#: number: "G109" is a cell of a workbook.
_LONG_GAP = re.compile(r"[^\d.!?]{0,30}(?<![^\W\d_])(?=[+−-]?\d)")
_NUMBER_BEFORE = re.compile(r"(?<![\w.,])(\d+(?:,\d{3})*(?:\.\d+)?)%?[ :(–—-]{1,3}$")


def numbers_near(text: str, label: str, one_record: bool) -> list[str]:
    """Numbers in the same record, or right after or right before the label in a text."""
    pieces = re.split(rf"(?<![\w-]){re.escape(label)}(?!\w)", text)
    if one_record:
        return [number.text for number in numbers_in(" \n ".join(pieces))] if len(pieces) > 1 else []
    gap = _LONG_GAP if " " in label and len(label) > 8 else _SHORT_GAP
    found = []
    for before, after in zip(pieces, pieces[1:], strict=False):
        if match := gap.match(after):
            found += [number.text for number in numbers_in(after[match.end() :].lstrip("+−-"))[:1]]
        if match := _NUMBER_BEFORE.search(before):
            found.append(match.group(1))
    return found
