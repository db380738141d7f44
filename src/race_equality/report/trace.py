"""Where the figures of a page come from: publications, and the cell each figure stands in."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from race_equality.figures.provenance import Source
from race_equality.indicators.definitions import ENGLAND_CODE, WRES
from race_equality.indicators.survey import QUESTIONS
from race_equality.report.words import date

_NAMES = {indicator.id: f"WRES {indicator.number}" for indicator in WRES.values()} | {
    question.id: f"Survey question {question.number}" for question in QUESTIONS
}


def sources_used(figures: pd.DataFrame, trust_code: str, sources: Iterable[Source]) -> pd.DataFrame:
    """List the publications that a trust's figures and their comparators stand in.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    sources : iterable of Source
        From :func:`race_equality.figures.provenance.read_sources`.

    Returns
    -------
    pandas.DataFrame
        Text: ``title``, ``publisher``, ``period``, ``read``, ``licence``; in order of title.
    """
    other = figures["trust_code"].isin([trust_code, ENGLAND_CODE]) | ~figures["source"].isin(
        figures.loc[figures["trust_code"].eq("DEMO"), "source"]
    )
    used = set(figures.loc[other, "source"])
    rows = [
        {
            "title": source.title,
            "publisher": source.publisher,
            "period": source.period,
            "read": date(pd.Timestamp(source.date_read)),
            "licence": source.licence,
        }
        for source in sources
        if source.id in used
    ]
    return pd.DataFrame(rows).sort_values("title", ignore_index=True)


def trace_of(
    figures: pd.DataFrame, trust_code: str, indicators: Collection[str], sources: Iterable[Source]
) -> pd.DataFrame:
    """Say for each figure of a trust which file, sheet and cell or row it stands in.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.
    indicators : collection of str
        Which indicators.
    sources : iterable of Source
        From :func:`race_equality.figures.provenance.read_sources`.

    Returns
    -------
    pandas.DataFrame
        Text: ``figure``, ``group``, ``organisation``, ``file``, ``place``; one row a figure.
    """
    rows = figures[(figures["trust_code"] == trust_code) & figures["indicator"].isin(list(indicators))]
    rows = rows.sort_values(["indicator", "organisation_code", "group"], kind="stable")
    return pd.DataFrame(
        {
            "figure": rows["indicator"].map(_NAMES),
            "group": rows["group"],
            "organisation": rows["organisation_code"],
            "file": rows["source"].map({source.id: source.file for source in sources}),
            "place": rows["locator"],
        }
    ).reset_index(drop=True)
