"""Published figures that are not plausible, or of which too little is recorded: in words, with where they are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from race_equality.definitions.gates import IMPLAUSIBLE, INCOMPLETE
from race_equality.definitions.indicators import BY_ID
from race_equality.report.words import period
from race_equality.store.provenance import Source
from race_equality.store.rows import rows_of

#: What precedes the reason.
_BEGINS = {
    IMPLAUSIBLE: "The published figure is not plausible: ",
    INCOMPLETE: "Too little is recorded to read the published figure: ",
}
#: Of more places than this the first and the last are named.
_MOST_PLACES = 4


def left_out_table(caught: pd.DataFrame, sources: Mapping[str, Source], names: Mapping[str, str]) -> pd.DataFrame:
    """Put the figures that are in no comparison in words.

    Parameters
    ----------
    caught : pandas.DataFrame
        From :func:`race_equality.analysis.caught_figures.caught_figures`.
    sources : mapping of str to Source
    names : mapping of str to str
        The name of each trust by its code; England and others have their code.

    Returns
    -------
    pandas.DataFrame
        Text: ``trust``, ``figure``, ``when`` (the periods), ``why``, with what was published in the latest period, and
        ``where``: publication, sheet and cell.
    """
    rows = [
        {
            "trust": names.get(row.trust_code, "England" if row.trust_code == "ENG" else row.trust_code),
            "figure": BY_ID[row.measure].name,
            "when": _when(row),
            "why": f"{_BEGINS[row.status]}{row.why}",
            "where": _where(row.places, sources),
        }
        for row in rows_of(caught)
    ]
    return pd.DataFrame(rows, columns=["trust", "figure", "when", "why", "where"])


def reading_of(status: str) -> str:
    """Return what a table says in place of a reading.

    Examples
    --------
    >>> reading_of("implausible")
    'The published figure is not plausible: see “Enough to act on?”'
    """
    return f"{_BEGINS[status]}see “Enough to act on?”"


def _when(row) -> str:
    last = period(row.period_start, row.last)
    several = len({day for _, day, _ in row.places})
    return last if several == 1 else f"{last} and {several - 1} earlier"


def _where(places: tuple[tuple[str, pd.Timestamp, str], ...], sources: Mapping[str, Source]) -> str:
    if len(places) > _MOST_PLACES:
        places = (places[0], places[-1])
        joined = " to "
    else:
        joined = "; "
    by_title: dict[str, list[str]] = {}
    for source, _, place in places:
        title = sources[source].title if source in sources else source
        by_title.setdefault(title, []).append(place)
    return "; ".join(f"{title}: {joined.join(cells)}" for title, cells in by_title.items())
