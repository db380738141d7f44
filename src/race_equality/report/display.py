"""What a notebook cell shows: figures, tables, callouts and text that survive every renderer.

The HTML here is plain enough for a person's browser and for JupyterLab, and the project's Lua
filter turns it into native figures, tables and callouts, numbered and with alternative text,
in Quarto's HTML and typst output and in the built-in renderer's.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from race_equality.markdown import as_prose
from race_equality.report.charts import chart_svg

_IDENTIFIER = re.compile(r"[a-z][a-z0-9-]*")
_PAGE = re.compile(r"\.\./trusts/[A-Z0-9]+\.html")


@dataclass(frozen=True)
class CellOutput:
    """An output with an HTML form and a plain one.

    Parameters
    ----------
    markup : str
        HTML.
    plain : str
        The same in words, for a terminal.
    """

    markup: str
    plain: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.markup, "text/plain": self.plain}


@dataclass(frozen=True)
class Prose:
    """A paragraph or more, in which what a file holds stays text.

    Parameters
    ----------
    text : str
        With the little markup that :func:`race_equality.markdown.as_prose` keeps. For other Markdown of your own there is
        ``IPython.display.Markdown``: put no name into it that a file holds.
    """

    text: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/markdown": as_prose(self.text), "text/plain": self.text}


@dataclass(frozen=True)
class Linked:
    """A table cell with a link in it.

    Parameters
    ----------
    text : str
        What the link says.
    address : str
        An ``https`` address, or the page of a trust (``../trusts/R1H.html``).
    before : str
        What comes before the link.
    """

    text: str
    address: str
    before: str = ""

    def __post_init__(self) -> None:
        # never javascript: or a file of the reader's
        if not self.address.startswith("https://") and not _PAGE.fullmatch(self.address):
            raise ValueError(f"A link must begin with https://, not {self.address!r}.")

    def __str__(self) -> str:
        return f"{self.before}{self.text}" + (f" ({self.address})" if "://" in self.address else "")

    def markup(self) -> str:
        """Return the link as HTML."""
        # A build lets links to trusts' pages lead only to those that it has made: race_equality.render.links.
        kind = "" if "://" in self.address else 'class="trust" '
        return f'{html.escape(self.before)}<a {kind}href="{html.escape(self.address)}">{html.escape(self.text)}</a>'


def show_chart(chart: alt.TopLevelMixin, *, id: str, caption: str, alt_text: str) -> CellOutput:
    """Show an Altair chart as a captioned static picture.

    Parameters
    ----------
    chart : altair chart
        Any chart; the project's theme is applied.
    id : str
        ``fig-…``, unique on the page, for cross references.
    caption : str
        Number, place, period, measure and source are here, outside the picture.
    alt_text : str
        What the chart shows, in one or two sentences. The same figures must also be in a table or a sentence.

    Returns
    -------
    CellOutput

    Raises
    ------
    ValueError
        For an id that is not ``fig-…``, or an empty caption or alternative text.
    """
    _check_id(id, "fig-")
    if not caption.strip() or not alt_text.strip():
        raise ValueError(f"{id} needs a caption and an alternative text.")
    picture = base64.b64encode(chart_svg(chart, title=caption, description=alt_text).encode()).decode()
    markup = (
        f'<figure id="{id}">'
        f'<img src="data:image/svg+xml;base64,{picture}" alt="{html.escape(alt_text)}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )
    return CellOutput(markup, f"[{caption}] {alt_text}")


def show_table(
    table: pd.DataFrame,
    *,
    id: str,
    caption: str,
    columns: Mapping[str, str],
    numbers: Sequence[str] = (),
    indicator: str = "",
    people: Sequence[str] = (),
) -> CellOutput:
    """Show a table of ready text with its first column as row headings.

    Parameters
    ----------
    table : pandas.DataFrame
        Every cell is shown as it is, as text or :class:`Linked`; format numbers first
        (:mod:`race_equality.report.words`).
    id : str
        ``tbl-…``, unique on the page.
    caption : str
        What the table holds, with place and period.
    columns : mapping of str to str
        Column name to heading, in the order of the page; the first is the row heading.
    numbers : sequence of str
        Columns that are set to the right.
    indicator : str
        The id of the indicator that the table holds the groups of, or several with spaces between: the audit of a
        site reads it.
    people : sequence of str
        Columns that count people: they are held to the threshold for people.

    Returns
    -------
    CellOutput

    Raises
    ------
    ValueError
        For an id that is not ``tbl-…``, an empty table, or an empty cell: a reader must be told
        "No data", "Not applicable" or "Too few people to show".
    """
    _check_id(id, "tbl-")
    if table.empty:
        raise ValueError(f"{id} has no rows; say in words why there is nothing to show.")
    cells = {name: table[name].tolist() for name in columns}
    for name, values in cells.items():
        if any(pd.isna(value) or not str(value).strip() for value in values):
            raise ValueError(f"{id} has an empty cell in column {name!r}; say why in words.")
    number, counts = ' class="number"', ' data-unit="people"'
    head = "".join(
        f'<th scope="col"{number if name in numbers else ""}{counts if name in people else ""}>{html.escape(heading)}</th>'
        for name, heading in columns.items()
    )
    body = []
    for row in zip(*cells.values(), strict=True):
        first, *rest = (value.markup() if isinstance(value, Linked) else html.escape(str(value)) for value in row)
        data = "".join(
            f"<td{number if name in numbers else ''}>{value}</td>"
            for name, value in zip(list(columns)[1:], rest, strict=True)
        )
        body.append(f'<tr><th scope="row">{first}</th>{data}</tr>')
    about = f' data-indicator="{html.escape(indicator)}"' if indicator else ""
    markup = (
        f'<table id="{id}"{about}><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )
    plain = _as_text([[columns[name], *map(str, values)] for name, values in cells.items()])
    return CellOutput(markup, f"{caption}\n{plain}")


def _as_text(columns: Sequence[Sequence[str]]) -> str:
    """Set columns to the right, as ``DataFrame.to_string`` does in a hundred times the time."""
    widths = [max(map(len, column)) for column in columns]
    return "\n".join(
        " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    )


def callout(kind: str, title: str, *paragraphs: str) -> CellOutput:
    """Show a boxed remark.

    Parameters
    ----------
    kind : {"note", "warning", "important"}
        How loud it is.
    title : str
        A short heading.
    *paragraphs : str
        Plain text.

    Returns
    -------
    CellOutput
    """
    if kind not in ("note", "warning", "important"):
        raise ValueError(f"A callout is a note, a warning or important, not {kind!r}.")
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    markup = f'<aside class="callout-{kind}"><h3>{html.escape(title)}</h3>{body}</aside>'
    return CellOutput(markup, "\n".join([f"{title}.", *paragraphs]))


def _check_id(id: str, prefix: str) -> None:
    if not id.startswith(prefix) or not _IDENTIFIER.fullmatch(id):
        raise ValueError(f"{id!r} must begin with {prefix!r} and hold only a-z, 0-9 and hyphens.")
