"""Outputs that survive every renderer: identifiers, alternative text, no empty cell, repeatable SVG."""

import base64
import html
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
from altair.utils.schemapi import SchemaValidationError

from race_equality.report import alt_text, chart_builders
from race_equality.report.charts import chart_svg, layered
from race_equality.report.display import callout, show_chart, show_table

BARS = alt.Chart(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})).mark_bar().encode(x="b:Q", y="a:N")
LINKS = pd.DataFrame(
    {
        "label": ["A long name of a measure", "Another"] * 2,
        "series": ["Ethnic minority staff"] * 2 + ["All staff"] * 2,
        "correlation": [0.123456, -0.2, 0.05, -0.1],
        "lower": [0.02, -0.3, 0.04, -0.111],
        "upper": [0.222, -0.1, 0.06, -0.09],
    }
)


def test_a_chart_speaks_to_a_screen_reader():
    svg = chart_svg(BARS, title="Bars & more", description="Two <bars>.")
    assert re.match(r'<svg[^>]* role="img"><title>Bars &amp; more</title><desc>Two &lt;bars&gt;.</desc>', svg)


def test_a_chart_is_the_same_at_every_run():
    first = chart_svg(chart_builders.association_chart(LINKS), title="t", description="d")
    chart_svg(BARS, title="another in between moves vega's counters", description="d")
    assert chart_svg(chart_builders.association_chart(LINKS), title="t", description="d") == first


def test_layers_are_drawn_as_altair_draws_them():
    table = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    named = alt.Chart(table).mark_text(dx=8).encode(x="b:Q", y="a:N", text="a:N")
    look = {"width": 200, "height": 80, "title": "Two bars"}
    svg = chart_svg(layered(BARS, named, **look), title="Title", description="Words")
    assert svg == chart_svg(alt.layer(BARS, named).properties(**look), title="Title", description="Words")
    # one table for all layers
    bars, texts = (
        alt.Chart().mark_bar().encode(x="b:Q", y="a:N"),
        alt.Chart().mark_text(dx=8).encode(x="b:Q", y="a:N", text="a:N"),
    )
    assert svg == chart_svg(layered(bars, texts, data=table, **look), title="Title", description="Words")


def test_what_vega_lite_does_not_know_of_layers_is_found():
    with pytest.raises(SchemaValidationError, match="breadth"):
        chart_svg(layered(BARS, breadth=200), title="Title", description="Words")


def labels_of(svg: str) -> list[str]:
    return [html.unescape(label) for label in re.findall(r'aria-label="([^"]*)"', svg)]


def test_a_mark_says_its_figure_as_it_is_printed():
    svg = chart_svg(chart_builders.association_chart(LINKS), title="t", description="d")
    assert labels_of(svg) == [
        "A long name of a measure, ethnic minority staff: 0.12 (95% interval 0.02 to 0.22)",
        "Another, ethnic minority staff: −0.20 (95% interval −0.30 to −0.10)",
        "A long name of a measure, all staff: 0.05 (95% interval 0.04 to 0.06)",
        "Another, all staff: −0.10 (95% interval −0.11 to −0.09)",
    ]


def test_a_chart_without_words_for_its_marks_has_none_of_vega_s():
    assert "aria-label" not in chart_svg(BARS, title="t", description="d")


TRUSTS = pd.DataFrame(
    {
        "trust_code": ["RAA", "RAB", "RAC", "RAD"],
        "trust_name": ["Ash NHS Trust", "Birch NHS Foundation Trust", "<b>Cedar</b> & Co", "Dogwood"],
    }
)
SHARES = pd.DataFrame({"percent": [11.23456, 22.34567], "lower": [9.87654, 20.98765], "upper": [13.45678, 24.56789]})
YEARS = pd.DataFrame(
    {
        "group": ["Acute"] * 3 + ["All trusts"] * 3,
        "year": [2021, 2023, 2024] * 2,
        "percent": [10.12345, 11.23456, 12.34567, 9.12345, 9.23456, 9.34567],
        "lower": [9.98765, 11.01234, 12.12345, 9.01234, 9.12345, 9.23456],
        "upper": [10.23456, 11.34567, 12.45678, 9.23456, 9.34567, 9.45678],
    }
)
MONTHS = pd.DataFrame(
    {
        "month": list(pd.date_range("2025-06-01", periods=13, freq="MS")) * 2,
        "series": ["This trust"] * 13 + ["All trusts"] * 13,
        "group": ["London"] * 13 + ["Midlands"] * 13,
        "percent": [20.12345 + i for i in range(26)],
        "recording": ([0] * 5 + [1] * 8) * 2,
    }
)
SQUARES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"system_code": code, "system_name": code},
            "geometry": {"type": "Polygon", "coordinates": [[[x, 51], [x, 52], [x + 1, 52], [x + 1, 51], [x, 51]]]},
        }
        for x, code in enumerate(["QMJ", "QMF", "QKK", "QWE", "QRV", "QYG"], start=-3)
    ],
}
CHARTS = {
    "group": lambda: chart_builders.group_chart(SHARES.assign(label="Measure", group=["Ethnic minority", "White"])),
    "detailed": lambda: chart_builders.detailed_group_chart(SHARES.assign(group=["Arab", "Irish"])),
    "association": lambda: chart_builders.association_chart(
        pd.DataFrame(
            {
                "label": ["Waits"],
                "series": ["All staff"],
                "correlation": [-0.123456],
                "lower": [-0.34567],
                "upper": [0.123456],
            }
        )
    ),
    "funnel": lambda: chart_builders.funnel_chart(
        TRUSTS.assign(
            total=[104, 222, 1236, 3333],
            percent=[10.12345, 15.23456, 20.34567, 12.45678],
            series=["This trust", "Similar trusts", "Other trusts", "Other trusts"],
            position="within limits",
        ),
        pd.DataFrame(
            {
                "total": [104.0, 3333.0],
                "target": 15.0,
                "lower_95": [8.0, 12.0],
                "upper_95": [22.0, 18.0],
                "lower_998": [5.0, 10.0],
                "upper_998": [26.0, 20.0],
            }
        ),
        x_title="Staff",
        highlight="RAA",
    ),
    "strip": lambda: chart_builders.strip_chart(
        TRUSTS.assign(
            label="Question",
            percent=[10.12345, 15.23456, 20.34567, 12.45678],
            lower=9.12345,
            upper=23.45678,
            here=[True, False, False, False],
        ),
        highlight_label="This trust",
        others_label="Others",
    ),
    "months": lambda: chart_builders.months_chart(MONTHS),
    "years": lambda: chart_builders.years_chart(YEARS[:3]),
    "years by group": lambda: chart_builders.years_by_group_chart(YEARS),
    "months by group": lambda: chart_builders.months_by_group_chart(MONTHS),
    "months by group, recorded alike": lambda: chart_builders.months_by_group_chart(MONTHS.assign(recording=0)),
    "distribution": lambda: chart_builders.distribution_chart(
        TRUSTS.assign(
            group=["London", "London", "Midlands", "Midlands"],
            value=[1.23456, 1.23456, -3.45678, 9.87654],
            said="+1.2 points",
            series=["Clear", "Unclear", "Clear", "Clear"],
        ),
        x_title="Gap",
        series=["Clear", "Unclear"],
        centre={"All trusts": 3.45678},
    ),
    "scatter": lambda: chart_builders.scatter_chart(
        TRUSTS.assign(
            x=[1.23456, 2.34567, 3.45678, 4.56789],
            y=[5.67891, 6.78912, 7.89123, 8.91234],
            said="1.2% and 5.7%",
            series=["London", "Elsewhere"] * 2,
        ),
        x_title="Staff",
        y_title="Patients",
        series=["London", "Elsewhere"],
    ),
    "map": lambda: chart_builders.system_map(
        pd.DataFrame(
            {
                "system_code": [f["properties"]["system_code"] for f in SQUARES["features"]],
                "number": range(1, 7),
                "class": ["None", "Some"] * 3,
                "said": "Board: 1.2",
            }
        ),
        SQUARES,
        classes=["None", "Some", "Most"],
        title="Gap",
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_no_chart_holds_more_digits_than_its_table(name):
    svg = chart_svg(CHARTS[name](), title="t", description="d")
    labels = labels_of(svg)
    assert labels
    digits = 2 if name == "association" else 1
    printed = [re.findall(r"\d+\.(\d+)", text) for text in [*labels, *re.findall(r">([^<]+)</text>", svg)]]
    assert all(len(decimals) <= digits for found in printed for decimals in found)
    # what is drawn is drawn from the printed figure
    assert not re.search(
        r"\d\.\d{2,}", re.sub(r'aria-label="[^"]*"|<text.*?</text>|"(translate|rotate)[^"]*"', "", svg)
    )


@pytest.mark.parametrize("name", CHARTS)
def test_charts_have_at_most_four_colours_and_no_upright_text(name):
    svg = chart_svg(CHARTS[name](), title="t", description="d")
    grounds = {"none", "white", "#E5E5E5", "#8A8A8A", "#3D3D3D", "#FFFFFF"}
    assert len(set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - grounds) <= 4
    assert "rotate(-90" not in svg
    assert 'text fill="none"' not in svg


def test_a_mark_names_its_trust_and_markup_in_a_name_is_text():
    svg = chart_svg(CHARTS["funnel"](), title="t", description="d")
    assert "<b>" not in svg
    assert set(labels_of(svg)) == {
        "Ash (RAA): 10.1% of about 100, within limits",
        "Birch (RAB): 15.2% of about 220, within limits",
        "<b>Cedar</b> & Co (RAC): 20.3% of about 1,240, within limits",
        "Dogwood (RAD): 12.5% of about 3,330, within limits",
    }


def test_a_line_is_broken_where_a_year_is_missing():
    svg = chart_svg(CHARTS["years by group"](), title="t", description="d")
    lines = re.findall(r'<path d="(M[^"]+)"[^>]*stroke="#12436D"[^>]*stroke-width="2"', svg)
    # 2021 alone, and 2023 to 2024
    assert sorted(path.count("L") for path in lines) == [0, 1]


def test_equal_figures_are_piled_up_and_each_dot_is_seen():
    svg = chart_svg(CHARTS["distribution"](), title="t", description="d")
    dots = re.findall(r'<(?:path|circle) aria-label="[^"]*" (cx="[^"]*" cy="[^"]*"|transform="[^"]*")', svg)
    assert len(dots) == 4
    assert len(set(dots)) == 4


def test_a_map_of_more_than_four_classes_is_refused():
    with pytest.raises(ValueError, match="at most three classes with figures"):
        chart_builders.system_map(pd.DataFrame(), SQUARES, classes=["a", "b", "c", "d", "e"], title="t")


def test_show_chart_has_alternative_text_and_caption():
    shown = show_chart(BARS, id="fig-bars", caption="Bars, 2024. Source: a test.", alt_text='Two "bars".')
    assert shown.markup.startswith('<figure id="fig-bars"><img src="data:image/svg+xml;base64,')
    assert 'alt="Two &quot;bars&quot;."' in shown.markup
    assert "<figcaption>Bars, 2024. Source: a test.</figcaption></figure>" in shown.markup
    picture = re.search(r"base64,([^\"]+)", shown.markup).group(1)
    assert base64.b64decode(picture).startswith(b"<svg")


@pytest.mark.parametrize("wrong", [{"id": "bars"}, {"id": "fig-Ä"}, {"caption": " "}, {"alt_text": ""}], ids=str)
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
            pd.DataFrame({"name": ["a"], "value": [cell]}),
            id="tbl-x",
            caption="c",
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
        {"trust_code": ["RAA", "RAB", "RAC"], "total": [100, 500, 900], "percent": [10.0, 15.0, 20.0], "series": series}
    )
    limits = pd.DataFrame(
        {
            "total": [100, 900],
            "target": 15.0,
            "lower_95": [8.0, 12.0],
            "upper_95": [22.0, 18.0],
            "lower_998": [5.0, 10.0],
            "upper_998": [26.0, 20.0],
        }
    )
    svg = chart_svg(
        chart_builders.funnel_chart(points, limits, x_title="Staff", highlight="RAA"), title="t", description="d"
    )
    drawn = re.findall(r'class="mark-symbol role-mark[^>]*>(.*?)</g>', svg, flags=re.DOTALL)
    # A mark of no size is drawn as M0,0 and seen by nobody.
    shapes = [shape for group in drawn for shape in re.findall(r'<(?:path|circle)[^>]* (?:d|r)="([^"]+)"', group)]
    assert len(shapes) == 3
    assert all(float(shape) > 1 if shape.replace(".", "").isdigit() else len(shape) > 20 for shape in shapes)
    assert ">RAA</text>" in svg


# -- more trusts than England has --------------------------------------------------------------------


def many_trusts(number):
    """Trusts with a figure each, the first of them the page's own and ten like it."""
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "trust_code": [f"Z{i:04d}" for i in range(number)],
            "trust_name": "Organisation NHS Trust",
            "total": random.lognormal(7, 0.5, number),
            "percent": random.normal(15, 2, number).clip(1),
            "series": ["This trust", *["Similar trusts"] * 10, *["Other trusts"] * (number - 11)],
        }
    )


def funnel_of(number):
    limits = pd.DataFrame(
        {
            "total": [100.0, 6000.0],
            "target": 15.0,
            "lower_95": [8.0, 12.0],
            "upper_95": [22.0, 18.0],
            "lower_998": [5.0, 10.0],
            "upper_998": [26.0, 20.0],
        }
    )
    return chart_builders.funnel_chart(many_trusts(number), limits, x_title="Staff", highlight="Z0000")


def strip_of(number):
    rows = many_trusts(number).assign(label="Question", lower=9.0, upper=21.0)
    return chart_builders.strip_chart(
        rows.assign(here=rows["trust_code"] == "Z0000"), highlight_label="This trust", others_label="Other acute trusts"
    )


def distribution_of(number):
    rows = many_trusts(number).assign(
        group=["London" if i % 3 else "Midlands" for i in range(number)],
        value=lambda d: d["percent"],
        said="",
        series=["Clear" if i % 2 else "Unclear" for i in range(number)],
    )
    return chart_builders.distribution_chart(rows.sort_values("group"), x_title="Gap", series=["Clear", "Unclear"])


def scatter_of(number):
    rows = many_trusts(number).assign(x=lambda d: d["percent"], y=lambda d: d["total"] / 100, said="")
    rows["series"] = ["London" if i % 3 else "Elsewhere" for i in range(number)]
    return chart_builders.scatter_chart(rows, x_title="Staff", y_title="Patients", series=["London", "Elsewhere"])


@pytest.mark.parametrize("chart", [funnel_of, strip_of, distribution_of, scatter_of])
def test_a_picture_of_ten_thousand_trusts_is_as_small_as_one_of_four_hundred(chart):
    few, many = (chart_svg(chart(number), title="t", description="d") for number in (400, 10_000))
    assert len(labels_of(few)) >= 390 and "Z0399" in few
    assert len(many) < 1.2 * len(few)
    assert "Z9999" not in many


@pytest.mark.parametrize("chart", [funnel_of, distribution_of, scatter_of])
def test_marks_that_stand_for_several_trusts_leave_none_out(chart):
    labels = labels_of(chart_svg(chart(3000), title="t", description="d"))
    counted = [int(found[1].replace(",", "")) for label in labels if (found := re.search(r"([\d,]+) trusts?\b", label))]
    assert sum(counted) + sum("Z0" in label for label in labels) == 3000


def test_a_trust_and_those_like_it_keep_their_marks_among_thousands():
    svg = chart_svg(funnel_of(3000), title="t", description="d")
    assert sorted(re.findall(r"\((Z\d+)\):", " ".join(labels_of(svg)))) == [f"Z{i:04d}" for i in range(11)]
    assert ">Z0000</text>" in svg
    own = [label for label in labels_of(chart_svg(strip_of(3000), title="t", description="d")) if "(Z0000)" in label]
    assert len(own) == 1 and "95% interval 9.0 to 21.0" in own[0]


def test_the_range_of_the_others_in_place_of_their_ticks():
    percent = many_trusts(3000)["percent"][1:]
    fifth, quarter, median, three_quarters, ninety_fifth = np.percentile(percent, [5, 25, 50, 75, 95])
    (said,) = [label for label in labels_of(chart_svg(strip_of(3000), title="t", description="d")) if "2,999" in label]
    assert said == (
        f"Other acute trusts, 2,999: the middle half {quarter:.1f}% to {three_quarters:.1f}%, nine in ten {fifth:.1f}% to "
        f"{ninety_fifth:.1f}%, median {median:.1f}%, question"
    )


def test_a_caption_says_what_a_mark_represents():
    assert (chart_builders.about_marks(400), chart_builders.about_ticks(400)) == ("", "Each tick is a trust")
    assert "represents the trusts around it" in chart_builders.about_marks(401)
    assert chart_builders.about_marks(401, own="This trust and similar trusts").startswith(
        ". This trust and similar trusts have"
    )
    assert "middle half" in chart_builders.about_ticks(401)


@pytest.mark.parametrize(
    ("others", "chart"), [(399, "Strip chart of trusts with"), (400, "Chart of the range of trusts with")]
)
def test_the_alternative_text_says_which_chart_it_is(others, chart):
    asked = pd.DataFrame({"indicator": ["staff_survey_q15"], "percent": [55.0]})
    spread = pd.DataFrame({"trusts": [others], "median": [54.0]}, index=["staff_survey_q15"])
    assert alt_text.of_survey(asked, spread, "Trust A").startswith(chart)
