"""The table of the nine WRES indicators of any trust, as its first page has it, without making the page."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from race_equality.analysis.gap_reading import gap_readings
from race_equality.analysis.like_with_like import pooled_alike
from race_equality.analysis.wres_return import board_against_workforce, relative_likelihoods
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.report.summary_table import PUBLISHED_MARK, national_values, wres_summary
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts, resolve_trust


def board_tables(trust_codes: Collection[str], project: Project) -> dict[str, pd.DataFrame]:
    """Return the table of WRES indicators of some trusts.

    Parameters
    ----------
    trust_codes : collection of str
        One of a trust that is not open is left out.
    project : Project

    Returns
    -------
    dict of str to pandas.DataFrame
        Code to the table of :func:`~race_equality.report.summary_table.wres_summary`, indexed by ``indicator``.
    """
    trusts, rules = read_trusts(project=project), read_rules(project=project)
    kinds = dict(zip(trusts["trust_code"], trusts["kind"], strict=True))
    tables = {}
    for code in trust_codes:
        if code not in kinds:
            continue
        trust = resolve_trust(code, project=project)
        figures = publishable_figures(read_figures(local=code, project=project), project=project)
        experience = gap_readings(figures, trusts)
        alike = trusts.loc[trusts["kind"] == trust.kind, "trust_code"]
        comparator = pooled_alike(experience, code, alike if set(alike) - {code} else [], label="England")
        own, rule = figures[figures["trust_code"] == code], rules.of(code)
        tables[code] = wres_summary(
            experience[experience["trust_code"] == code].set_index("number", drop=False).rename_axis(None),
            comparator.set_index("number", drop=False).rename_axis(None),
            relative_likelihoods(own, code, threshold=rule.minimum_responses),
            board_against_workforce(own, code, threshold=rule.minimum_people),
            national_values(figures),
        ).set_index("indicator")
    return tables


def table_changes(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Say which cells of a trust's table of WRES indicators would read otherwise.

    Parameters
    ----------
    before, after : pandas.DataFrame
        From :func:`board_tables`.

    Returns
    -------
    list of str
        A line for each indicator that would: ``"3. Disciplinary: ratio 1.48 -> 0.15; Worse -> Better"``.
    """
    columns = {
        "minority": "ethnic minority",
        "white": "White",
        "gap": "gap or ratio",
        "england": "England",
        "earlier": "two years before",
        "reading": "reading",
        "missing": "missing",
    }
    lines = []
    # the rows are the same indicators in the same order; the mark says that a figure is from the trust's own page
    for indicator, held, row in zip(after.index, before.to_dict("records"), after.to_dict("records"), strict=True):
        parts = [
            f"{word} {held[column] or 'nothing'} -> {row[column] or 'nothing'}"
            for column, word in columns.items()
            if held[column] != row[column]
        ]
        if parts:
            lines.append(f"{indicator.removesuffix(PUBLISHED_MARK)}: {'; '.join(parts)}")
    return lines
