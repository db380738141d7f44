"""The table of indicators in ``data/README.md``, written from the registry.

``python -m race_equality.definitions.readme`` writes it again.
"""

from __future__ import annotations

from pathlib import Path

from race_equality.definitions.indicators import INDICATORS, Indicator

BEGIN, END = "<!-- the registry's table begins -->", "<!-- the registry's table ends -->"
#: Of more parts of an indicator than this the first two are named.
_MOST_PARTS = 4


def indicator_table() -> str:
    """Return a Markdown table of every indicator.

    Returns
    -------
    str
    """
    rows = ["| indicator | what it is | units | groups | adverse when | source |", "|---|---|---|---|---|---|"]
    for one in INDICATORS:
        cells = (
            _ids(one),
            f"{one.title}. {one.definition}",
            ", ".join(one.units),
            ", ".join(one.groups),
            one.adverse_when,
            one.published_by,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def with_table(text: str) -> str:
    """Return the text of ``data/README.md`` with today's table between its markers.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{indicator_table()}\n\n{END}{rest.partition(END)[2]}"


def _ids(one: Indicator) -> str:
    shown = one.figure_ids if len(one.figure_ids) <= _MOST_PARTS else one.figure_ids[:2]
    more = len(one.figure_ids) - len(shown)
    return ", ".join(f"`{id}`" for id in shown) + (f" and {more} more" if more else "")


if __name__ == "__main__":
    readme = Path("data/README.md")
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
