"""Where the figures of a page come from: publications, and the cell of each figure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_SOURCE, PUBLISHED_BY_TRUSTS
from race_equality.definitions.editions import STAFF_SURVEY
from race_equality.definitions.indicators import BY_ID, figure_ids
from race_equality.report.words import date, listing
from race_equality.store.cache import cached
from race_equality.store.editions import workbooks_to_come
from race_equality.store.provenance import Source, place_words
from race_equality.store.rows import rows_of


def publications_used(
    figures: pd.DataFrame, indicators: Collection[str], sources: Iterable[Source], *, trust_code: str | None = None
) -> list[Source]:
    """List the publications that a page rests on.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    indicators : collection of str
        Ids of the indicators that the page shows.
    sources : iterable of Source
        From :func:`race_equality.store.provenance.read_sources`.
    trust_code : str, optional
        The page's trust, for a page that is about one. The invented figures of the demonstration
        trust and another trust's own return are sources for that trust alone.

    Returns
    -------
    list of Source
        In order of title.

    Notes
    -----
    Of an indicator that several editions hold, a page shows the latest.
    """
    editions = _editions(figures)
    shown = editions["indicator"].isin(figure_ids(indicators))
    rows = list(rows_of(editions[shown & (~editions["private"] | (editions["trust_code"] == trust_code))]))
    newest: dict[str, pd.Timestamp] = {}
    for row in rows:
        newest[row.indicator] = max(row.period_end, newest.get(row.indicator, row.period_end))
    private = {row.source for row in rows if row.private}
    used = {row.source for row in rows if row.period_end == newest[row.indicator] or row.source in private}
    return sorted((source for source in sources if source.id in used), key=lambda source: source.title)


@cached
def _editions(figures: pd.DataFrame) -> pd.DataFrame:
    """List which source holds which indicator for which period, and for which trust if it is private."""
    rows = figures.loc[figures["status"] == "ok", ["indicator", "source", "period_end", "trust_code", "private"]]
    private = rows["source"].eq(DEMONSTRATION_SOURCE) | rows["private"]
    rows = rows.assign(private=private, trust_code=rows["trust_code"].where(private, ""))
    return rows.drop_duplicates(ignore_index=True)


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


def still_to_come(sources: Iterable[Source]) -> str:
    """Say which workbooks of the newest staff survey are not held, where those of an earlier one are.

    Parameters
    ----------
    sources : iterable of Source
        From :func:`race_equality.store.provenance.read_sources`.

    Returns
    -------
    str
        A sentence; "" where all workbooks held are of one year.
    """
    year, workbooks = workbooks_to_come(source.id for source in sources)
    if not workbooks:
        return ""
    its, verb = ("Its", "is") if len(workbooks) == 1 else ("Their", "are")
    return (
        f"Of the {STAFF_SURVEY.name}, {listing([f'the {file}' for file in workbooks])} for {year} {verb} still to come. "
        f"{its} figures here are of an earlier survey, as each says."
    )


def trace_of(
    figures: pd.DataFrame, trust_code: str, indicators: Collection[str], sources: Iterable[Source]
) -> pd.DataFrame:
    """Say for each indicator of a trust which file, sheet and cells or rows its latest figures are in.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code, or that of a system or of England.
    indicators : collection of str
        Ids of indicators. Those of one name, as all measures of a patients return, are one row.
    sources : iterable of Source
        From :func:`race_equality.store.provenance.read_sources`.

    Returns
    -------
    pandas.DataFrame
        Text: ``figure``, ``organisation``, ``file``, ``source`` (its id), ``place``; one row for each name, organisation and
        file, in the order given. Of more than two places the first and the last are named.
    """
    files = {source.id: source.file or source.title for source in sources}
    rows = figures[figures["trust_code"] == trust_code]
    ends = rows["period_end"].astype("int64").tolist()  # a Timestamp takes long to make
    columns = (rows[name].tolist() for name in ("indicator", "organisation_code", "source", "locator", "recording"))
    latest: dict[str, list[tuple]] = {}
    for period, indicator, *row in zip(ends, *columns, strict=True):
        latest.setdefault(indicator, []).append((period, *row))
    order = {indicator: place for place, indicator in enumerate(latest)}
    named: dict[str, list[str]] = {}
    for id in indicators:
        named.setdefault(BY_ID[id].name_in_trace if id in BY_ID else id, []).append(id)
    listed = []
    for name, ids in named.items():
        wanted = sorted(latest.keys() & figure_ids(ids), key=order.__getitem__)
        chosen = [row for indicator in wanted for row in latest[indicator]]
        newest = max((row[0] for row in chosen), default=None)
        places: dict[tuple[str, str], dict[str, None]] = {}
        for period, organisation, source, locator, recording in chosen:
            if period != newest:
                continue
            place = place_words(locator, recording)
            if source == PUBLISHED_BY_TRUSTS:
                place = place.partition(" (")[0]  # the page; the command line has the row that it was copied to
            places.setdefault((organisation, source), {})[place] = None
        for (organisation, source), found in places.items():
            where = list(found)
            listed.append(
                {
                    "figure": name,
                    "organisation": organisation,
                    "file": files[source],
                    "source": source,
                    "place": "; ".join(where) if len(where) < 3 else f"{where[0]} to {where[-1]} ({len(where)} places)",
                }
            )
    return pd.DataFrame(listed, columns=["figure", "organisation", "file", "source", "place"])
