"""The look of every chart, and Altair charts as accessible, repeatable SVG."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
from altair.utils import schemapi

import race_equality.report.chart_data  # noqa: F401  tables become values of charts its way
from race_equality.report.vega_to_svg import draw, is_drawn_elsewhere

# What Altair's schema says of a chart is checked where the chart is worked on, in JupyterLab, by plain
# papermill and in the tests, and not two hundred times over in a build.
if is_drawn_elsewhere():
    schemapi.DEBUG_MODE = False

#: The Analysis Function's palette; each keeps a contrast of 3:1 or more on white.
DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GREY = "#3D3D3D"
#: For what is drawn behind: other trusts, all trusts.
GREY = "#8A8A8A"
#: Classes of a map from light to dark, distinct in grey as well.
STEPS = ["#FFFFFF", "#C9DAE9", "#8FB3D5", "#12436D"]

#: One colour and one shape for each thing compared, the same on every page.
GROUP_COLOURS = {"Ethnic minority": DARK_BLUE, "White": ORANGE}
GROUP_SHAPES = {"Ethnic minority": "circle", "White": "diamond"}

#: Liberation Sans first: vl-convert carries it and measures text with it on every machine, also where Arial is
#: installed. It has Arial's metrics, so the site's own font (Arimo) takes the same room. Each text carries its width, so
#: that it keeps to its room in any other font as well.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"

WIDTH = 560


@alt.theme.register("race_equality", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """Return the chart theme: white ground, no vertical text, large enough to read in print."""
    return {
        "config": {
            "font": FONT,
            "background": "white",
            # Vega's own labels would repeat each figure, unrounded. A layer whose marks say in words what
            # they show turns this on for itself (race_equality.report.chart_builders); the page's script and
            # screen readers read those.
            "aria": False,
            "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": 220},
            "axis": {
                "labelFontSize": 14,
                "titleFontSize": 14,
                "titleFontWeight": "normal",
                "labelColor": DARK_GREY,
                "titleColor": DARK_GREY,
                "gridColor": "#E5E5E5",
                "domainColor": "#8A8A8A",
                "tickColor": "#8A8A8A",
                "labelLimit": 330,
                "titlePadding": 10,
            },
            "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end"},
            "legend": {
                "orient": "top",
                "labelFontSize": 14,
                "title": None,
                "symbolSize": 120,
                "symbolOpacity": 1,
                "rowPadding": 6,
                "labelColor": DARK_GREY,
                "labelLimit": 300,
                "columns": 3,
            },
            "header": {
                "labelFontSize": 14,
                "labelFontWeight": "bold",
                "title": None,
                "labelColor": DARK_GREY,
                "labelAnchor": "start",
            },
            "text": {"fontSize": 14, "color": DARK_GREY},
            "point": {"size": 110, "filled": True, "opacity": 1},
            "bar": {"color": DARK_BLUE},
            "rule": {"color": DARK_GREY},
            "range": {"category": [DARK_BLUE, ORANGE, TURQUOISE, DARK_PINK]},
        }
    }


class LayeredChart(alt.TopLevelMixin, alt.TopLevelLayerSpec):
    """Charts over each other: what :func:`layered` returns."""


class FacetedChart(alt.TopLevelMixin, alt.TopLevelFacetSpec):
    """One chart for each value of a field: as ``alt.FacetChart``, which copies every layer in search of parameters."""


def layered(*layers: alt.Chart, **properties: Any) -> LayeredChart:
    """Put charts over each other as ``alt.layer`` does, in a fraction of its time.

    Parameters
    ----------
    *layers : altair.Chart
        The lowest first.
    **properties
        What a chart can have: ``data``, for layers that have none of their own, ``width``, ``height``, ``title``.

    Returns
    -------
    LayeredChart

    Notes
    -----
    ``alt.layer`` copies every layer six times over, in search of parameters by which a reader acts on a chart.
    A picture has none.
    """
    return LayeredChart(layer=list(layers), **properties)


def chart_svg(chart: alt.TopLevelMixin, *, title: str, description: str) -> str:
    """Render a chart to SVG that is the same at every run and readable by a screen reader.

    Parameters
    ----------
    chart : altair chart
        Any chart.
    title, description : str
        The accessible name and description.

    Returns
    -------
    str
        An ``<svg>`` element.

    Notes
    -----
    Vega gives static SVG no role, name or description; they are added here.
    """
    return svg_of(chart.to_dict(validate=not is_drawn_elsewhere()), title=title, description=description)


def svg_of(specification: Mapping[str, Any], *, title: str, description: str) -> str:
    """Render Vega-Lite as :func:`chart_svg` renders a chart.

    Parameters
    ----------
    specification : mapping
    title, description : str
        The accessible name and description.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    return _describe(_tidy(draw(specification)), title, description)


#: What Vega writes of itself: roles of its own (the picture as a whole has one, and a page's script
#: gives its own to the marks that it makes reachable), SVG's defaults, and frames of no size.
_UNREAD = re.compile(
    r""" (?:role="graphics-[a-z]+"|aria-label="Title text '[^"]*"|"""
    r'aria-roledescription="[^"]*"|aria-hidden="true"|pointer-events="none"'
    r'|opacity="1"|stroke-width="1"|font-size="14px")'
    rf'| font-family="{FONT}"'
    r'|<path class="[a-z]+ground"[^>]*? d="(?:M0,0h0v0h0Z)?"[^>]*/>'
)
_PLACES = re.compile(r'(?<= )(?:d|transform|x2|y2|x|y|width|height|viewBox)="[^"]*"')
_FRACTION = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
#: A dot, which Vega draws as two arcs.
_DOT = re.compile(r'<path ([^>]*?)d="M([\d.]+),0A\2,\2,0,1,1,-\2,0A\2,\2,0,1,1,\2,0"')
_DOT_PLACE = re.compile(r'(<circle [^>]*?)transform="translate\(([^,]+),([^)]+)\)" r=')
_DOTS = re.compile(r'<g class="(mark-(?:symbol|rect)[^"]*)">((?:<(?:circle|path) [^>]*/>)+)</g>')
_TEXT = re.compile(r"<text([^>]*)>([^<]+)</text>")
_LINES = re.compile(
    r'<text([^>]*) transform="translate\(([^,]+),([^)]+)\)"([^>]*)>((?:<tspan[^>]*>[^<]*</tspan>)+)</text>'
)
_LINE = re.compile(r'<tspan(?:[^>]* dy="([^"]+)")?[^>]*>([^<]*)</tspan>')
_FONT_SIZE = re.compile(r' font-size="([\d.]+)px"')
_WIDTH_OF_NOTHING = re.compile(r'(<(?:path|circle) (?![^>]*stroke=)[^>]*?) stroke-width="2"')


def _tidy(svg: str) -> str:
    """Leave out what nobody reads, and places finer than a tenth of a pixel: half of the file."""
    svg = _UNREAD.sub("", svg).replace("<svg ", f'<svg font-family="{FONT}" font-size="14px" ', 1)
    svg = _PLACES.sub(
        lambda place: _FRACTION.sub(lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), place[0]), svg
    )
    svg = _DOT_PLACE.sub(r'\1cx="\2" cy="\3" r=', _DOT.sub(r'<circle \1r="\2"', svg))
    svg = _DOTS.sub(_of_one_colour, _WIDTH_OF_NOTHING.sub(r"\1", svg))
    return _TEXT.sub(_with_width, _LINES.sub(_one_text_a_line, svg))


def _one_text_a_line(text: re.Match[str]) -> str:
    """Split a text of several lines: not every reader of SVG heeds the width of a part of a text."""
    before, x, y, after, lines = text.groups()
    height, texts = float(y), []
    for down, words in _LINE.findall(lines):
        height += float(down or 0)
        place = f"{height:.1f}".removesuffix(".0")
        texts.append(f'<text{before} transform="translate({x},{place})"{after}>{words}</text>')
    return "".join(texts)


def _with_width(text: re.Match[str]) -> str:
    """Say how wide a text is, so that it is not cut where another font is wider."""
    attributes, words = text.groups()
    widths = _letter_widths()["bold" if 'font-weight="bold"' in attributes else "normal"]
    letters = html.unescape(words)
    if not letters.strip() or not widths.keys() >= set(letters):
        return text[0]
    size = float(found[1]) if (found := _FONT_SIZE.search(attributes)) else 14.0
    width = f"{size * sum(map(widths.__getitem__, letters)) / 2048:.1f}".removesuffix(".0")
    return f'<text{attributes} textLength="{width}" lengthAdjust="spacingAndGlyphs">{words}</text>'


@cache
def _letter_widths() -> dict[str, dict[str, int]]:
    """The widths of Arimo's and Arial's letters by weight, in 2048ths of the size of the text."""
    file = Path(__file__).with_name("letter_widths.json")
    by_weight = json.loads(file.read_text(encoding="utf-8"))
    return {
        weight: {letter: width for letters, width in widths.items() for letter in letters}
        for weight, widths in by_weight.items()
    }


def _of_one_colour(dots: re.Match[str]) -> str:
    """Name the colour of dots or ticks once, where they have one."""
    fills = set(re.findall(r' fill="[^"]+"', dots[2]))
    if len(fills) != 1 or dots[2].count(" fill=") != dots[2].count("<"):
        return dots[0]
    (fill,) = fills
    return f'<g class="{dots[1]}"{fill}>{dots[2].replace(fill, "")}</g>'


def _describe(svg: str, title: str, description: str) -> str:
    """Give the root element a role, a title and a description."""
    opening = re.match(r"<svg\b[^>]*>", svg)
    if opening is None:
        raise ValueError("The chart did not render to an <svg> element.")
    tag = opening.group(0).removesuffix(">")
    tag = re.sub(r'\s(role|aria-[a-z]+)="[^"]*"', "", tag)
    names = f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
    return f'{tag} role="img">{names}{svg[opening.end() :]}'
