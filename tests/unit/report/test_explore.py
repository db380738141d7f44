"""The chart of any two measures: its data by hand, its parameters, and the output in every form."""

import json
from datetime import date

import pandas as pd
import pytest
import vl_convert

from race_equality.definitions.units import DECIMALS
from race_equality.render.extension import html_outputs
from race_equality.render.typst_outputs import as_typst
from race_equality.report.display import VEGA_LITE, show_interactive
from race_equality.report.explore import Choice, Explorer
from race_equality.store.trust import Succession

NAME = 'B </script><script>x</script> "quoted" <b>'
TRUSTS = pd.DataFrame(
    {
        "trust_code": ["RAB", "RAA"],
        "trust_name": [NAME, "A"],
        "kind": ["acute", "mental health"],
        "region": ["London", "Midlands"],
        "system": ["", "Somewhere"],
    }
)
GAP = "Ethnic minority minus White"


def measure(code, group, unit, year, numbers=(None, None, None, None), why=""):
    return {
        "measure": "wres_8",
        "group": group,
        "unit": unit,
        "period_start": pd.Timestamp(year, 9, 1),
        "period_end": pd.Timestamp(year, 11, 30),
        "trust_code": code,
        **dict(zip(("value", "lower", "upper", "people"), numbers, strict=True)),
        "why": why,
        "label": "WRES 8: Discrimination",
    }


MEASURES = pd.DataFrame(
    [
        measure("RAA", "White", "percent", 2023, (5.04999, 4.0, 6.123, 400.0)),
        measure("RAB", "White", "percent", 2023, why="No data"),
        measure("RAA", "White", "percent", 2024, (-0.04, None, None, None)),
        measure("RAB", "White", "percent", 2024, why="Too few people to show"),
        measure("RAA", GAP, "percentage points", 2024, (1.25, -1.0, 3.5, None)),
        measure("RAB", GAP, "percentage points", 2024, (2.0, 1.0, 3.0, None)),
    ]
).astype(dict.fromkeys(("value", "lower", "upper", "people"), "float64"))


@pytest.fixture
def explorer():
    closed = [
        Succession("RZZ", "Old", "RAA", date(2020, 4, 1), "merger", "a file"),
        Succession("RZY", "A site", "RAB", None, "unit of", "a file"),
    ]
    return Explorer(MEASURES, TRUSTS, across=Choice("wres_8", "White"), up=Choice("wres_8", GAP), successions=closed)


def test_each_trust_has_a_cell_for_each_series_with_what_the_downloads_say(explorer):
    assert [one["code"] for one in explorer.rows] == ["RAA", "RAB"]  # by name, and never by figure
    a, b = (one["cells"] for one in explorer.rows)
    assert a == [[5.0, 4, 6.1, 400], [0], [1.2, -1, 3.5]]  # 1.25 in binary is a tie, which goes to the even
    assert [explorer.about["why"][cell] for cell in b[:2]] == ["No data", "Too few people to show"]
    assert explorer.about["closed"] == {"RZZ": ["Old", "RAA"]}  # a site that is counted apart is no trust
    assert set(explorer.series["unit"]) <= set(DECIMALS)


def test_the_table_and_the_counts_say_why_a_trust_is_not_drawn(explorer):
    table = explorer.table()
    assert [str(name) for name in table["name"]] == ["A (RAA)", f"{NAME} (RAB)"]
    assert table["across"].tolist() == ["0.0%", "Too few people to show"]
    assert table["up"].tolist() == ["+1.2 (−1.0 to +3.5)", "+2.0 (+1.0 to +3.0)"]
    assert explorer.counts() == {"both": 1, "Too few people to show": 1}


def test_the_latest_period_is_shown_first_and_what_is_not_there_is_refused(explorer):
    assert explorer.titles[explorer.across] == "WRES 8: Discrimination\nWhite, autumn 2024 (percent)"
    with pytest.raises(ValueError, match="No trust has a figure of 'wres_8' for 'Martians'"):
        Explorer(MEASURES, TRUSTS, across=Choice("wres_8", "Martians"), up=Choice("wres_8", GAP))


def test_a_chart_that_answers_is_one_for_jupyter_a_picture_on_paper_and_data_on_a_page(explorer):
    shown = show_interactive(
        explorer.chart(), data={"trusts": explorer.rows}, id="fig-explore", caption="Caption", alt_text="Words"
    )
    outputs = shown._repr_mimebundle_()
    assert "text/html" not in outputs  # JupyterLab would prefer it to the chart
    chart = outputs[VEGA_LITE]
    assert {one["name"]: one.get("value") for one in chart["params"]}["x"] == explorer.across
    assert all(
        "bind" in one for one in chart["params"] if one["name"] in ("x", "y", "kind", "region", "system", "find")
    )
    assert chart["datasets"]["trusts"][1]["name"] == NAME

    drawn = vl_convert.vegalite_to_svg(chart, vl_version="5.21")  # as JupyterLab 4 has it
    assert "A (RAA): across 0, up 1.2 (-1 to 3.5)" in drawn.replace("\N{MINUS SIGN}", "-")

    html_outputs.chart_as_html(outputs)
    picture, _, script = outputs["text/html"].partition("</figure>")
    assert picture.startswith('<figure id="fig-explore"><img src="data:image/svg+xml;base64,')
    assert script.count("<") == 2 and script.strip().endswith("</script>")  # no name ends the data
    assert json.loads(script[script.index(">") + 1 : script.rindex("<")]) == chart
    on_paper = as_typst('<figure id="fig-explore"><img src="0123456789abcdef.svg" alt="x"></figure>' + script)
    assert on_paper.startswith("#figure(") and NAME[:3] not in on_paper
