"""Outputs that survive every renderer: identifiers, alternative text, no empty cell, repeatable SVG."""

import base64
import re

import altair as alt
import pandas as pd
import pytest

from race_equality.report import pictures
from race_equality.report.charts import chart_svg
from race_equality.report.display import callout, show_chart, show_table

BARS = alt.Chart(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})).mark_bar().encode(x="b:Q", y="a:N")
GAPS = pd.DataFrame(
    {"label": ["A long name of a measure", "Another"] * 2, "series": ["This trust"] * 2 + ["All trusts"] * 2,
     "gap": [1.23456, -2.0, 0.5, -1.0], "lower": [0.2, -3.0, 0.4, -1.1], "upper": [2.2, -1.0, 0.6, -0.9]}
)


def test_a_chart_speaks_to_a_screen_reader():
    svg = chart_svg(BARS, title="Bars & more", description="Two <bars>.")
    assert re.match(r'<svg[^>]* role="img"><title>Bars &amp; more</title><desc>Two &lt;bars&gt;.</desc>', svg)


def test_a_chart_is_the_same_at_every_run():
    first = chart_svg(pictures.gap_chart(GAPS), title="t", description="d")
    chart_svg(BARS, title="another in between moves vega's counters", description="d")
    assert chart_svg(pictures.gap_chart(GAPS), title="t", description="d") == first


def test_a_chart_carries_no_unrounded_figure():
    svg = chart_svg(pictures.gap_chart(GAPS), title="t", description="d")
    assert "aria-label" not in svg
    assert "1.23456" not in svg


def test_show_chart_has_alternative_text_and_caption():
    shown = show_chart(BARS, id="fig-bars", caption="Bars, 2024. Source: a test.", alt_text='Two "bars".')
    assert shown.markup.startswith('<figure id="fig-bars"><img src="data:image/svg+xml;base64,')
    assert 'alt="Two &quot;bars&quot;."' in shown.markup
    assert "<figcaption>Bars, 2024. Source: a test.</figcaption></figure>" in shown.markup
    picture = re.search(r"base64,([^\"]+)", shown.markup).group(1)
    assert base64.b64decode(picture).startswith(b"<svg")


@pytest.mark.parametrize(
    "wrong", [{"id": "bars"}, {"id": "fig-Ä"}, {"caption": " "}, {"alt_text": ""}], ids=str
)
def test_a_chart_without_a_name_is_refused(wrong):
    with pytest.raises(ValueError):
        show_chart(BARS, **({"id": "fig-bars", "caption": "c", "alt_text": "a"} | wrong))


def test_markup_in_a_cell_is_text():
    table = pd.DataFrame({"name": ["<script>alert(1)</script>"], "value": ["5.0%"]})
    markup = show_table(
        table, id="tbl-x", caption="A & B", columns={"name": "Name", "value": "Value"}, numbers=["value"]
    ).markup
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup
    assert "<caption>A &amp; B</caption>" in markup
    assert '<th scope="col" class="number">Value</th>' in markup
    assert '<td class="number">5.0%</td>' in markup


@pytest.mark.parametrize("cell", [None, float("nan"), "", "  "])
def test_an_empty_cell_is_refused(cell):
    with pytest.raises(ValueError, match="empty cell in column 'value'"):
        show_table(
            pd.DataFrame({"name": ["a"], "value": [cell]}), id="tbl-x", caption="c",
            columns={"name": "Name", "value": "Value"},
        )


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        show_table(pd.DataFrame({"name": []}), id="tbl-x", caption="c", columns={"name": "Name"})


def test_a_callout_escapes_and_names_its_kind():
    assert callout("note", "A < B", "x & y").markup == (
        '<aside class="callout-note"><h3>A &lt; B</h3><p>x &amp; y</p></aside>'
    )
    with pytest.raises(ValueError, match="note, a warning or important"):
        callout("danger", "t")


@pytest.mark.parametrize("series", [["Each trust"] * 3, ["This trust", "Similar trusts", "Other trusts"]])
def test_a_funnel_draws_every_trust(series):
    points = pd.DataFrame(
        {"trust_code": ["RAA", "RAB", "RAC"], "total": [100, 500, 900], "percent": [10.0, 15.0, 20.0],
         "series": series}
    )
    limits = pd.DataFrame(
        {"total": [100, 900], "target": 15.0, "lower_95": [8.0, 12.0], "upper_95": [22.0, 18.0],
         "lower_998": [5.0, 10.0], "upper_998": [26.0, 20.0]}
    )
    svg = chart_svg(
        pictures.funnel_chart(points, limits, x_title="Staff", highlight="RAA"), title="t", description="d"
    )
    drawn = re.findall(r'class="mark-symbol role-mark[^>]*>(.*?)</g>', svg, flags=re.DOTALL)
    # A mark of no size is drawn as M0,0 and seen by nobody.
    shapes = [path for group in drawn for path in re.findall(r'<path[^>]* d="([^"]+)"', group)]
    assert len(shapes) == 3
    assert all(len(path) > 20 for path in shapes)
    assert ">RAA</text>" in svg
