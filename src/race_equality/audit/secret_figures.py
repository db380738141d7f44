"""Figures in the store that must not be shown, searched for in all published files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from race_equality.audit.channels import Content, Table, Text
from race_equality.audit.printed_numbers import (
    CODE_CHANNELS,
    SUBJECT_COLUMNS,
    names_of,
    normalise,
    numbers_near,
    texts_in,
)
from race_equality.audit.problem import Problem
from race_equality.definitions.indicators import OWNER, rule_of
from race_equality.disclosure.rules import DisclosureRules, is_breakdown, rests_on_too_few
from race_equality.store.rows import groups_of, rows_of

#: Longer cells are sentences.
_LONGEST_LABEL = 60
#: Labels that are in every table and so do not identify a figure.
_COMMON_LABELS = {"white", "ethnic minority", "unknown", "total", "all staff", "all people", "all patients"}


@dataclass(frozen=True)
class Secret:
    """A figure that counts too few people or answers.

    Attributes
    ----------
    trust_code, indicator, label : str
        The trust, the indicator and the group.
    count : int or None
        How many people it counts.
    unrounded : str or None
        The figure with four decimals, if it has as many.
    share : str or None
        Per cent, as pages print it.
    """

    trust_code: str
    indicator: str
    label: str
    count: int | None
    unrounded: str | None
    share: str | None


def collect_secrets(figures: pd.DataFrame | None, rules: DisclosureRules, scopes: set[str]) -> dict[str, list[Secret]]:
    """Collect the figures that must not be shown.

    Parameters
    ----------
    figures : pandas.DataFrame, optional
        The true figures; without them there are no secrets to search for.
    rules : DisclosureRules
        From :func:`race_equality.disclosure.rules.read_rules`.
    scopes : set of str
        Codes of the trusts with pages.

    Returns
    -------
    dict of str to list of Secret
        By trust code: of those with pages, and of those with a rule of their own.
    """
    if figures is None:
        return {}
    of_scopes = figures[figures["trust_code"].isin({*scopes, *rules.own}) & (figures["status"] == "ok")]
    few = of_scopes[rests_on_too_few(of_scopes, rules)]
    labels = figures.loc[figures["indicator"].isin(few["indicator"].unique()), ["indicator", "group"]]
    groups = labels.drop_duplicates().groupby("indicator").size()
    found: dict[str, list[Secret]] = defaultdict(list)
    for row in rows_of(few):
        if groups[row.indicator] < 2 and row.trust_code not in rules.own:
            continue
        count = row.value if row.unit == "people" else row.numerator
        text = f"{float(row.value):.10f}".rstrip("0")
        decimals = len(text.partition(".")[2])
        of_a_whole = row.unit == "percent" and 0 < row.value < 100 and not rule_of(row.indicator).recurring
        found[row.trust_code].append(
            Secret(
                row.trust_code,
                row.indicator,
                normalise(row.group),
                None if pd.isna(count) else round(float(count)),
                text[: text.index(".") + 5] if decimals >= 4 else None,
                f"{float(row.value):.1f}" if of_a_whole else None,
            )
        )
    return found


def breakdown_bases(figures: pd.DataFrame | None, scopes: set[str]) -> dict[str, list[float]]:
    """Return the denominators of each trust's breakdowns."""
    if figures is None:
        return {}
    figures = figures[figures["trust_code"].isin(scopes)]
    rows = figures[is_breakdown(figures)]
    return {
        code: sorted(set(of_trust["denominator"].dropna().astype(float)))
        for code, of_trust in groups_of(rows, "trust_code")
    }


def secret_counts_published(contents: list[Content], secrets: list[Secret]) -> Iterator[Problem]:
    """Find the count of a hidden figure next to its label, and its value before rounding anywhere."""
    if not secrets:
        return
    pieces = list(_texts_and_rows(contents))
    everything = "\n".join(piece.text for piece in pieces)
    for secret in secrets:
        named = secret.label not in _COMMON_LABELS and secret.label in everything
        if secret.unrounded and secret.unrounded in everything:
            pattern = re.compile(rf"(?<![\d.]){re.escape(secret.unrounded)}")
            for piece in pieces:
                if pattern.search(piece.text):
                    message = f"{secret.indicator} of {secret.label!r}, unrounded"
                    yield Problem(piece.file, "known figure", piece.channel, piece.place, message)
        if named and secret.count:
            names = names_of([OWNER[secret.indicator].id]) if secret.indicator in OWNER else set()
            for piece in pieces:
                if secret.label not in piece.text or (names and piece.about and not piece.about & names):
                    continue  # a group of the same name of another measure
                # in prose within a cell a word can be a label by chance
                in_a_cell = any(secret.label in cell and len(cell) <= _LONGEST_LABEL for cell in piece.cells)
                if str(secret.count) in numbers_near(piece.text, secret.label, in_a_cell):
                    message = f"{secret.indicator} of {secret.label!r} counts {secret.count}"
                    yield Problem(piece.file, "known figure", piece.channel, piece.place, message)


class _Piece(NamedTuple):
    """A text, or a row of a table with its cells and the names of what it is about, where the table gives them."""

    file: str
    channel: str
    place: str
    text: str
    cells: tuple[str, ...] = ()
    about: frozenset[str] = frozenset()


def _texts_and_rows(contents: Iterable[Content]) -> Iterator[_Piece]:
    for item in contents:
        if isinstance(item, Text):
            yield _Piece(item.file, item.channel, item.place, normalise(item.text))
        elif isinstance(item, Table):
            of_table = frozenset(names_of(item.indicator.split()))
            titled = [i for i, column in enumerate(item.columns) if normalise(column) in SUBJECT_COLUMNS]
            for row in item.rows:
                cells = tuple(map(normalise, row))
                about = frozenset(cells[i] for i in titled if i < len(cells)) or of_table
                yield _Piece(item.file, item.channel, item.place, " | ".join(cells), cells, about)


def secret_shares_published(
    contents: Iterable[Content], secrets: Sequence[Secret], measures: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    """Find a hidden share in a text with the name of its measure, even without the name of its group."""
    wanted = [(secret, words) for secret in secrets if secret.share and (words := measures.get(secret.indicator))]
    if not wanted:
        return
    for file, channel, place, text in texts_in(contents):
        if channel.startswith(CODE_CHANNELS):
            continue
        text, unit = normalise(text), "" if channel == "data file" else "%"
        for secret, words in wanted:
            if f"{secret.share}{unit}" in text and any(word in text for word in words):
                in_data = unit == "" and secret.label not in text
                if (
                    secret.share
                    and not in_data
                    and re.search(rf"(?<![\d.]){re.escape(secret.share)}(?!\d){unit}", text)
                ):
                    message = f"{secret.indicator} of {secret.label!r} is {secret.share}%"
                    yield Problem(file, "known figure", channel, place, message)


def other_trusts_secrets_published(
    contents: Iterable[Content], secrets: Sequence[Secret], names: Mapping[str, str]
) -> Iterator[Problem]:
    """Find a share that a trust's own rule hides in a text with that trust's name or code, on a page that is not its own.

    ``names`` are trust codes to names.
    """
    wanted: dict[str, list[Secret]] = defaultdict(list)
    for secret in secrets:
        if secret.share:
            wanted[secret.trust_code].append(secret)
    if not wanted:
        return
    # whole words: the code DEMO is in "demographics"
    called = {code: "|".join(re.escape(normalise(name)) for name in (names.get(code, code), code)) for code in wanted}
    named = {code: re.compile(rf"(?<!\w)(?:{any_name})(?!\w)") for code, any_name in called.items()}
    for file, channel, place, text in texts_in(contents):
        if channel.startswith(CODE_CHANNELS) or channel == "data file":
            continue  # data files have checks of their own
        text = normalise(text)
        for code, of_trust in wanted.items():
            if not named[code].search(text):
                continue
            for secret in of_trust:
                if secret.share and re.search(rf"(?<![\d.]){re.escape(secret.share)}(?!\d)\s?%", text):
                    message = f"{secret.indicator} of {secret.label!r} of {code}, by whose rule it is hidden, is {secret.share}%"
                    yield Problem(file, "known figure", channel, place, message)
