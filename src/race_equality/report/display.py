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
from typing import Any

import altair as alt
import pandas as pd

from race_equality.markdown import as_prose, as_text
from race_equality.report.charts import chart_svg, svg_of
from race_equality.report.vega_to_svg import is_drawn_elsewhere

#: The type of a chart that JupyterLab draws itself: race_equality.render reads it as well.
VEGA_LITE = "application/vnd.vegalite.v5+json"
_IDENTIFIER = re.compile(r"[a-z][a-z0-9-]*")
_PAGE = re.compile(r"\.\./trusts/[A-Z0-9]+\.html")
#: A place on the same page, a cell of a notebook of the site (as JupyterLab names it), a place on the page of methods.
_IN_SITE = re.compile(
    r"#[a-z][a-z0-9-]*|\.\./trusts/[A-Z0-9]+\.ipynb#cell-id=[a-z0-9-]+|\.\./notebooks/methods\.html#[a-z0-9-]+"
)


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
    sources : sequence of Linked
        Where its numbers come from (:meth:`race_equality.report.where_from.WhereFrom.of`), which it ends with.
    """

    text: str
    sources: Sequence[Linked] = ()

    def _repr_mimebundle_(self, include=None, exclude=None):
        markdown = as_prose(self.text)
        if self.sources:
            links = (f"[{as_text(one.text)}]({one.address})" for one in self.sources)
            markdown += f" ({_SOURCES}: {', '.join(links)}.)"
        return {"text/markdown": markdown, "text/plain": self.text}


@dataclass(frozen=True)
class Linked:
    """A table cell with a link in it.

    Parameters
    ----------
    text : str
        What the link says.
    address : str
        An ``https`` address, the page of a trust (``../trusts/R1H.html``), a cell of its notebook, a method, or a place on
        the same page (``#from-wres-8``).
    before : str
        What comes before the link.
    """

    text: str
    address: str
    before: str = ""

    def __post_init__(self) -> None:
        # never javascript: or a file of the reader's
        if not self.address.startswith("https://") and not (
            _PAGE.fullmatch(self.address) or _IN_SITE.fullmatch(self.address)
        ):
            raise ValueError(f"A link must begin with https://, not {self.address!r}.")

    def __str__(self) -> str:
        return f"{self.before}{self.text}" + (f" ({self.address})" if "://" in self.address else "")

    def markup(self) -> str:
        """Return the link as HTML."""
        # A build lets links to trusts' pages lead only to those that it has made: race_equality.render.links.
        kind = 'class="trust" ' if _PAGE.fullmatch(self.address) else ""
        return f'{html.escape(self.before)}<a {kind}href="{html.escape(self.address)}">{html.escape(self.text)}</a>'


@dataclass(frozen=True)
class Anchor:
    """A table cell that links can lead to.

    Parameters
    ----------
    text : str
    id : str
        Unique on the page.
    """

    text: str
    id: str

    def __post_init__(self) -> None:
        _check_id(self.id, "")

    def __str__(self) -> str:
        return self.text

    def markup(self) -> str:
        """Return the place as HTML."""
        return f'<span id="{self.id}">{html.escape(self.text)}</span>'


@dataclass(frozen=True)
class Parts:
    """A table cell of several texts and links, one after the other.

    Parameters
    ----------
    parts : tuple of str, Linked or Anchor
    """

    parts: tuple[str | Linked | Anchor, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))

    def markup(self) -> str:
        """Return the parts as HTML."""
        return "".join(map(_markup, self.parts))


def _markup(value: Any) -> str:
    return value.markup() if isinstance(value, Linked | Anchor | Parts) else html.escape(str(value))


#: What links to where numbers come from follow.
_SOURCES = "Where from"


def sources_line(sources: Sequence[Linked]) -> str:
    """Return the links to where the numbers of a table come from, as the line under it.

    Parameters
    ----------
    sources : sequence of Linked
        From :meth:`race_equality.report.where_from.WhereFrom.of`.

    Returns
    -------
    str
        HTML; "" without any.
    """
    return f'<p class="sources">{_SOURCES}: {", ".join(one.markup() for one in sources)}</p>' if sources else ""


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
    _check_figure(id, caption, alt_text)
    markup = _figure(chart_svg(chart, title=caption, description=alt_text), id, caption, alt_text)
    return CellOutput(markup, f"[{caption}] {alt_text}")


@dataclass(frozen=True)
class InteractiveChart:
    """A chart that answers to its reader, in JupyterLab and on a page, and is a picture elsewhere.

    Parameters
    ----------
    specification : dict
        Vega-Lite.
    picture : str
        HTML.
    plain : str
        The same in words, for a terminal.
    """

    specification: dict[str, Any]
    picture: str
    plain: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        # JupyterLab prefers HTML to a chart, and a chart to Markdown; the renderers read the raw block as HTML
        return {
            VEGA_LITE: self.specification,
            "text/markdown": f"```{{=html}}\n{self.picture}\n```",
            "text/plain": self.plain,
        }


def show_interactive(
    chart: alt.TopLevelMixin, *, data: Mapping[str, Sequence[Mapping[str, Any]]], id: str, caption: str, alt_text: str
) -> InteractiveChart:
    """Show an Altair chart with parameters, so that a reader can act on it.

    Parameters
    ----------
    chart : altair chart
        Whose data are ``alt.NamedData``.
    data : mapping of str to sequence of mapping
        Name of data to its rows. Altair would copy large data once for each layer.
    id, caption, alt_text
        As for :func:`show_chart`. Paper, and a page without script, show the chart as it is before anyone acts on it.

    Returns
    -------
    InteractiveChart

    Raises
    ------
    ValueError
        As for :func:`show_chart`.

    Notes
    -----
    JupyterLab 4 draws it with its own Vega-Lite 5, for which the grammar used here is the same as that of Altair's.
    """
    _check_figure(id, caption, alt_text)
    specification = chart.to_dict(validate=not is_drawn_elsewhere()) | {"datasets": dict(data)}
    picture = _figure(svg_of(specification, title=caption, description=alt_text), id, caption, alt_text)
    for_jupyter = specification | {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
    return InteractiveChart(for_jupyter, picture, f"[{caption}] {alt_text}")


def show_table(
    table: pd.DataFrame,
    *,
    id: str,
    caption: str,
    columns: Mapping[str, str],
    numbers: Sequence[str] = (),
    indicator: str = "",
    people: Sequence[str] = (),
    sources: Sequence[Linked] = (),
) -> CellOutput:
    """Show a table of ready text with its first column as row headings.

    Parameters
    ----------
    table : pandas.DataFrame
        Every cell is shown as it is, as text, :class:`Linked`, :class:`Anchor` or :class:`Parts`; format numbers first
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
    sources : sequence of Linked
        Where its numbers come from (:meth:`race_equality.report.where_from.WhereFrom.of`), in a line under it.

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
        first, *rest = map(_markup, row)
        data = "".join(
            f"<td{number if name in numbers else ''}>{value}</td>"
            for name, value in zip(list(columns)[1:], rest, strict=True)
        )
        body.append(f'<tr><th scope="row">{first}</th>{data}</tr>')
    about = f' data-indicator="{html.escape(indicator)}"' if indicator else ""
    markup = (
        f'<table id="{id}"{about}><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"{sources_line(sources)}"
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


def _check_figure(id: str, caption: str, alt_text: str) -> None:
    _check_id(id, "fig-")
    if not caption.strip() or not alt_text.strip():
        raise ValueError(f"{id} needs a caption and an alternative text.")


def _figure(svg: str, id: str, caption: str, alt_text: str) -> str:
    picture = base64.b64encode(svg.encode()).decode()
    return (
        f'<figure id="{id}">'
        f'<img src="data:image/svg+xml;base64,{picture}" alt="{html.escape(alt_text)}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def _check_id(id: str, prefix: str) -> None:
    if not id.startswith(prefix) or not _IDENTIFIER.fullmatch(id):
        raise ValueError(f"{id!r} must begin with {prefix!r} and hold only a-z, 0-9 and hyphens.")
