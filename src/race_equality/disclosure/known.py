"""Figures that must not be shown and that the project itself holds, looked for in everything published."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from race_equality.disclosure.channels import Content
from race_equality.disclosure.printed import normal, numbers_near, pieces_in
from race_equality.disclosure.problem import Problem
from race_equality.disclosure.rules import Rule, is_breakdown, rests_on_too_few

#: Labels that stand in every table: they alone do not say which figure is meant.
_COMMON_LABELS = {"white", "ethnic minority", "unknown", "total", "all staff", "all people", "all patients"}


@dataclass(frozen=True)
class Secret:
    indicator: str
    label: str
    count: int | None
    unrounded: str | None


def secrets_of(figures: pd.DataFrame | None, rule: Rule, scopes: set[str]) -> dict[str, list[Secret]]:
    if figures is None:
        return {}
    of_scopes = figures[figures["trust_code"].isin(scopes)]
    few = of_scopes[rests_on_too_few(of_scopes, rule) & (of_scopes["status"] == "ok")]
    groups = figures.loc[figures["indicator"].isin(few["indicator"].unique()), ["indicator", "group"]]
    groups = groups.drop_duplicates().groupby("indicator").size()
    found: dict[str, list[Secret]] = defaultdict(list)
    for row in few.itertuples():
        if groups[row.indicator] < 2:
            continue
        count = row.value if row.unit == "people" else row.numerator
        text = f"{float(row.value):.10f}".rstrip("0")
        decimals = len(text.partition(".")[2])
        found[row.trust_code].append(
            Secret(
                row.indicator,
                normal(row.group),
                None if pd.isna(count) else round(float(count)),
                text[: text.index(".") + 5] if decimals >= 4 else None,
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
                        file,
                        "known figure",
                        channel,
                        place,
                        f"{secret.indicator} of {secret.label!r}, unrounded",
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
