"""What the page of any trust says of its WRES indicators and of its patients return, without making the page."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from race_equality.analysis.gap_reading import gap_readings
from race_equality.analysis.like_with_like import pooled_alike
from race_equality.analysis.patients_return import patients_by_group, patients_summary
from race_equality.analysis.wres_return import board_against_workforce, relative_likelihoods
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.report.patients import return_sentences
from race_equality.report.summary_table import PUBLISHED_MARK, national_values, wres_summary
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts, resolve_trust


@dataclass(frozen=True)
class BoardWords:
    """What a trust's page says.

    Parameters
    ----------
    table : pandas.DataFrame
        Of WRES indicators, from :func:`~race_equality.report.summary_table.wres_summary`, indexed by ``indicator``.
    patients : tuple of str
        The sentences on its own patients return.
    """

    table: pd.DataFrame
    patients: tuple[str, ...]


def board_words(trust_codes: Collection[str], project: Project, *, most: int | None = None) -> dict[str, BoardWords]:
    """Return what the pages of some trusts say.

    Parameters
    ----------
    trust_codes : collection of str
        What is no trust that is open is left out.
    project : Project
    most : int, optional
        Of how many; the first ones.

    Returns
    -------
    dict of str to BoardWords
        By code.
    """
    trusts, rules = read_trusts(project=project), read_rules(project=project)
    kinds = dict(zip(trusts["trust_code"], trusts["kind"], strict=True))
    words = {}
    for code in [code for code in trust_codes if code in kinds][:most]:
        trust = resolve_trust(code, project=project)
        figures = publishable_figures(read_figures(local=code, project=project), project=project)
        experience = gap_readings(figures, trusts)
        alike = trusts.loc[trusts["kind"] == trust.kind, "trust_code"]
        comparator = pooled_alike(experience, code, alike if set(alike) - {code} else [], label="England")
        own, rule = figures[figures["trust_code"] == code], rules.of(code)
        table = wres_summary(
            experience[experience["trust_code"] == code].set_index("number", drop=False).rename_axis(None),
            comparator.set_index("number", drop=False).rename_axis(None),
            relative_likelihoods(own, code, threshold=rule.minimum_responses),
            board_against_workforce(own, code, threshold=rule.minimum_people),
            national_values(figures),
        ).set_index("indicator")
        by_group = patients_by_group(own, code, threshold=rule.fewest_of_a_share)
        said = return_sentences(by_group, patients_summary(by_group)) if len(by_group) else ""
        words[code] = BoardWords(table, tuple(re.split(r"(?<=\.) (?=[A-Z])", said)) if said else ())
    return words


def changed_words(before: BoardWords, after: BoardWords) -> list[str]:
    """Say what a trust's page would say otherwise.

    Parameters
    ----------
    before, after : BoardWords
        From :func:`board_words`.

    Returns
    -------
    list of str
        A line for each indicator whose row in the table would read otherwise, ``"3. Disciplinary process: gap or ratio 1.48
        -> 0.15; reading Worse -> Better"``, and one for each sentence that goes or comes.
    """
    columns = {
        "minority": "ethnic minority",
        "white": "White",
        "gap": "gap or ratio",
        "england": "England",
        "earlier": "earlier",
        "reading": "reading",
        "missing": "missing",
    }
    lines = []
    # the rows are the same indicators in the same order; the mark says that a figure is from the trust's own page
    tables = (one.table.to_dict("records") for one in (before, after))
    for indicator, held, row in zip(after.table.index, *tables, strict=True):
        parts = [
            f"{word} {held[column] or 'nothing'} -> {row[column] or 'nothing'}"
            for column, word in columns.items()
            if held[column] != row[column]
        ]
        if parts:
            lines.append(f"{indicator.removesuffix(PUBLISHED_MARK)}: {'; '.join(parts)}")
    lines += [f"no longer: {sentence}" for sentence in before.patients if sentence not in after.patients]
    lines += [f"instead: {sentence}" for sentence in after.patients if sentence not in before.patients]
    return lines
