"""Where the figures of a page come from: publications, and the cell each figure stands in."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from race_equality.figures.provenance import Source
from race_equality.figures.store import LOCAL_PREFIXES
from race_equality.indicators.definitions import WRES
from race_equality.indicators.survey import QUESTIONS
from race_equality.report.words import date

_NAMES = {indicator.id: f"WRES {indicator.number}" for indicator in WRES.values()} | {
    question.id: f"Survey question {question.number}" for question in QUESTIONS
}


def publications_used(
    figures: pd.DataFrame, indicators: Collection[str], sources: Iterable[Source], *, trust_code: str | None = None
) -> list[Source]:
    """List the publications that a page rests on.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    indicators : collection of str
        The indicators that the page shows; an id that ends in an underscore stands for its family.
    sources : iterable of Source
        From :func:`race_equality.figures.provenance.read_sources`.
    trust_code : str, optional
        The page's trust, for a page that is about one. The invented figures of the demonstration
        trust and another trust's own return are nobody else's source.

    Returns
    -------
    list of Source
        In order of title.

    Notes
    -----
    Of an indicator that several editions hold, a page shows the latest.
    """
    families = tuple(name for name in indicators if name.endswith("_"))
    shown = figures["indicator"].isin(list(indicators))
    if families:
        shown |= figures["indicator"].str.startswith(families)
    rows = figures[shown & (figures["status"] == "ok")].reset_index(drop=True)
    private = rows["source"].eq("demonstration") | rows["source"].str.startswith(LOCAL_PREFIXES)
    rows = rows[~private | (rows["trust_code"] == trust_code)]
    newest = rows.groupby("indicator")["period_end"].transform("max")
    public = ~rows["source"].isin(set(rows.loc[private, "source"]))
    used = set(rows.loc[(rows["period_end"] == newest) | ~public, "source"])
    return sorted((source for source in sources if source.id in used), key=lambda source: source.title)


def sources_used(
    figures: pd.DataFrame, indicators: Collection[str], sources: Iterable[Source], *, trust_code: str | None = None
) -> pd.DataFrame:
    """Put the publications that a page rests on in a table.

    Parameters
    ----------
    figures, indicators, sources, trust_code
        As for :func:`publications_used`.

    Returns
    -------
    pandas.DataFrame
        Text: ``title``, ``publisher``, ``period``, ``read``, ``licence``; in order of title.
    """
    return sources_table(publications_used(figures, indicators, sources, trust_code=trust_code))


def sources_table(sources: Iterable[Source]) -> pd.DataFrame:
    """Put publications in rows of text.

    Parameters
    ----------
    sources : iterable of Source
        From :func:`publications_used`.

    Returns
    -------
    pandas.DataFrame
        ``title``, ``publisher``, ``period``, ``read``, ``licence``.
    """
    return pd.DataFrame(
        [
            {
                "title": source.title,
                "publisher": source.publisher,
                "period": source.period,
                "read": date(pd.Timestamp(source.date_read)),
                "licence": source.licence,
            }
            for source in sources
        ]
    )


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
