"""Read the data of the page on which a reader chooses measures, as rows of a data file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from race_equality.audit.channels.content import Table
from race_equality.audit.channels.sheets import data_table
from race_equality.disclosure.rules import HIDDEN_IN_FILES, HIDDEN_ON_PAGES

_COLUMNS = "trust_code measure name group unit period_start period_end value lower_95 upper_95 people status".split()


def is_explorer(value: dict[str, Any]) -> bool:
    """Whether a JSON object is the chart that :class:`race_equality.report.explore.Explorer` makes."""
    about = value.get("usermeta")
    rows = value.get("datasets", {}).get("trusts")
    return isinstance(about, dict) and "explore" in about and bool(rows) and "cells" in rows[0]


def without_cells(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out the cells that :func:`cells` gives, and keep all else that the chart holds."""
    rows = [{name: item for name, item in row.items() if name != "cells"} for row in value["datasets"]["trusts"]]
    return value | {"datasets": value["datasets"] | {"trusts": rows}}


def cells(value: dict[str, Any], name: str, place: str) -> Iterator[Table]:
    """Give every figure in the chart's data, and every one that is hidden, as a table of a data file.

    Parameters
    ----------
    value : dict
        Vega-Lite, of which :func:`is_explorer` says so.
    name, place : str
        Of the file, and in it.

    Yields
    ------
    Table
        Named as in the downloads.
    """
    about = value["usermeta"]["explore"]
    # as in the downloads, where the mark at the end says that a cell is hidden
    why = [f"{text} {HIDDEN_IN_FILES}" if text == HIDDEN_ON_PAGES else text for text in about["why"]]
    rows = []
    for trust in value["datasets"]["trusts"]:
        for (measure, group, unit, end, _, start), cell in zip(about["series"], trust["cells"], strict=True):
            numbers = [*cell, *[None] * (4 - len(cell))] if isinstance(cell, list) else [None] * 4
            status = "shown" if isinstance(cell, list) else why[cell]
            about_it = (measure, about["measures"][measure]["name"], group, unit, start, end)
            rows.append((trust["code"], *about_it, *numbers, status))
    yield data_table(name, place, _COLUMNS, rows)
