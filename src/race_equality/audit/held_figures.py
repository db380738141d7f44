"""Figures that must not be shown and that the project itself holds, looked for in everything published."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from race_equality.audit.channels import Content
from race_equality.audit.printed_numbers import PROGRAMS, normal, numbers_near, pieces_in
from race_equality.audit.problem import Problem
from race_equality.definitions.indicators import rule_of
from race_equality.disclosure.rules import DisclosureRules, is_breakdown, rests_on_too_few

#: Labels that stand in every table: they alone do not say which figure is meant.
_COMMON_LABELS = {"white", "ethnic minority", "unknown", "total", "all staff", "all people", "all patients"}


@dataclass(frozen=True)
class Secret:
    """A figure that rests on too few.

    Attributes
    ----------
    trust_code, indicator, label : str
        Whose, which and of which group.
    count : int or None
        How many people it counts.
    unrounded : str or None
        Four decimals of it, where it has so many.
    share : str or None
        Per cent, as pages print it.
    """

    trust_code: str
    indicator: str
    label: str
    count: int | None
    unrounded: str | None
    share: str | None


def secrets_of(figures: pd.DataFrame | None, rules: DisclosureRules, scopes: set[str]) -> dict[str, list[Secret]]:
    """Gather what must not be shown.

    Parameters
    ----------
    figures : pandas.DataFrame, optional
        The true figures; nothing is known without them.
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
    groups = figures.loc[figures["indicator"].isin(few["indicator"].unique()), ["indicator", "group"]]
    groups = groups.drop_duplicates().groupby("indicator").size()
    found: dict[str, list[Secret]] = defaultdict(list)
    for row in few.itertuples():
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
                normal(row.group),
                None if pd.isna(count) else round(float(count)),
                text[: text.index(".") + 5] if decimals >= 4 else None,
                f"{float(row.value):.1f}" if of_a_whole else None,
            )
        )
    return found


def bases_of(figures: pd.DataFrame | None, scopes: set[str]) -> dict[str, list[float]]:
    """How many people the shares of each trust's breakdowns are shares of."""
    if figures is None:
        return {}
    figures = figures[figures["trust_code"].isin(scopes)]
    rows = figures[is_breakdown(figures)]
    return {
        code: sorted(set(denominators.dropna().astype(float)))
        for code, denominators in rows.groupby("trust_code")["denominator"]
    }


def known_figures(contents: list[Content], secrets: list[Secret]) -> Iterator[Problem]:
    if not secrets:
        return
    pieces = [(file, channel, place, normal(text)) for file, channel, place, text in pieces_in(contents)]
    everything = "\n".join(text for *_, text in pieces)
    for secret in secrets:
        named = secret.label not in _COMMON_LABELS and secret.label in everything
        if secret.unrounded and secret.unrounded in everything:
            pattern = re.compile(rf"(?<![\d.]){re.escape(secret.unrounded)}")
            for file, channel, place, text in pieces:
                if pattern.search(text):
                    yield Problem(
                        file, "known figure", channel, place, f"{secret.indicator} of {secret.label!r}, unrounded"
                    )
        if named and secret.count:
            for file, channel, place, text in pieces:
                if secret.label in text and str(secret.count) in numbers_near(text, secret.label, " | " in text):
                    yield Problem(
                        file,
                        "known figure",
                        channel,
                        place,
                        f"{secret.indicator} of {secret.label!r} counts {secret.count}",
                    )


def known_shares(
    contents: Iterable[Content], secrets: Sequence[Secret], measures: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    """A hidden share beside the name of its measure: its group may stand in a heading above, or nowhere."""
    wanted = [(secret, words) for secret in secrets if secret.share and (words := measures.get(secret.indicator))]
    if not wanted:
        return
    for file, channel, place, text in pieces_in(contents):
        if channel.startswith(PROGRAMS):
            continue
        text, unit = normal(text), "" if channel == "data file" else "%"
        for secret, words in wanted:
            if f"{secret.share}{unit}" in text and any(word in text for word in words):
                in_data = unit == "" and secret.label not in text
                if not in_data and re.search(rf"(?<![\d.]){re.escape(secret.share)}(?!\d){unit}", text):
                    yield Problem(
                        file,
                        "known figure",
                        channel,
                        place,
                        f"{secret.indicator} of {secret.label!r} is {secret.share}%",
                    )


def known_elsewhere(
    contents: Iterable[Content], secrets: Sequence[Secret], names: Mapping[str, str]
) -> Iterator[Problem]:
    """A share that a trust's own rule hides, beside that trust's name on a page of another or of all.

    ``names`` are trust codes to names.
    """
    wanted: dict[str, list[Secret]] = defaultdict(list)
    for secret in secrets:
        if secret.share:
            wanted[secret.trust_code].append(secret)
    if not wanted:
        return
    for file, channel, place, text in pieces_in(contents):
        if channel.startswith(PROGRAMS) or channel == "data file":
            continue  # a data file has a row for each measure, which its own attacks read
        text = normal(text)
        for code, of_trust in wanted.items():
            if normal(names.get(code, code)) not in text:
                continue
            for secret in of_trust:
                if re.search(rf"(?<![\d.]){re.escape(secret.share)}(?!\d)\s?%", text):
                    yield Problem(
                        file,
                        "known figure",
                        channel,
                        place,
                        f"{secret.indicator} of {secret.label!r} of {code}, by whose rule it is hidden, is {secret.share}%",
                    )
