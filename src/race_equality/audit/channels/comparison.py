"""Read the data of the page on which trusts are compared, as rows of a data file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from race_equality.audit.channels.content import Table
from race_equality.audit.channels.sheets import data_table
from race_equality.definitions.indicators import BY_ID
from race_equality.disclosure.rules import HIDDEN_IN_FILES, HIDDEN_ON_PAGES

_COLUMNS = "trust_code measure name group unit period_start period_end value lower_95 upper_95 people status".split()
#: What stands in a list for each trust, by the key of the list.
_SERIES = ("rows", "parts")


def is_comparison(value: dict[str, Any]) -> bool:
    """Whether a JSON object is what :func:`race_equality.report.comparison.page_data` makes."""
    return {"trusts", "statuses", "days", *_SERIES} <= value.keys() and any(
        "cells" in one for key in _SERIES for one in value[key]
    )


def without_figures(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out the cells that :func:`figures` gives, and keep all else that the page holds."""
    rest = {key: [{k: v for k, v in one.items() if k != "cells"} for one in value[key]] for key in _SERIES}
    return value | rest


def figures(value: dict[str, Any], name: str, place: str) -> Iterator[Table]:
    """Give every figure in the page's data, and every one that is hidden, as a table of a data file.

    Parameters
    ----------
    value : dict
        Of which :func:`is_comparison` says so.
    name, place : str
        Of the file, and in it.

    Yields
    ------
    Table
        Named as in the downloads.
    """
    # as in the downloads, where the mark at the end says that a cell is hidden
    why = [f"{text} {HIDDEN_IN_FILES}" if text == HIDDEN_ON_PAGES else text for text in value["statuses"]]
    rows = []
    for one in (*value["rows"], *value["parts"]):
        measure, group, unit = one["of"]
        days = {cell[4] for cell in one["cells"] if isinstance(cell, list)}
        usual = value["days"][min(days)] if days else ["", ""]
        for (code, *_), cell in zip(value["trusts"], one["cells"], strict=True):
            shown = isinstance(cell, list)
            numbers = cell[:4] if shown else [None] * 4
            if shown and one.get("rest"):  # 100 less what the file has
                shares = [None if share is None else round(100 - share, 1) for share in (cell[0], cell[2], cell[1])]
                numbers = [*shares, cell[3]]
            about_it = (measure, BY_ID[measure].title, group, unit, *(value["days"][cell[4]] if shown else usual))
            rows.append((code, *about_it, *numbers, "shown" if shown else why[cell]))
    yield data_table(name, place, _COLUMNS, rows)
