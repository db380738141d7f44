import json

import altair as alt
import pandas as pd
import pytest

from race_equality.report import chart_builders
from race_equality.report.altair_to_vega import specification
from race_equality.report.charts import layered

ROWS = pd.DataFrame(
    {
        "label": ["A", "A", "B"],
        "group": ["Ethnic minority", "White", "White"],
        "year": [2021, 2022, 2022],
        "percent": [10.0, 12.5, 20.0],
        "lower": [8.0, 11.0, 17.0],
        "upper": [12.0, 15.0, 24.0],
    }
)
POINTS = alt.Chart(ROWS).mark_point().encode(x="percent:Q", y=alt.Y("label:N", sort=["B", "A"]))
DARK = alt.param("dark", value=True)


@pytest.mark.parametrize(
    "chart",
    [
        chart_builders.group_chart(ROWS),
        chart_builders.years_chart(ROWS[:2]),
        chart_builders.years_by_group_chart(ROWS, together="White"),
        layered(POINTS, alt.Chart().mark_rule().encode(y=alt.YValue(3)), width=200),
        layered(alt.Chart().mark_rule().encode(x="percent:Q"), data=ROWS),
        # left to Altair
        POINTS.encode(color=alt.condition(alt.datum.percent > 11, alt.value("red"), "label:N")),
        POINTS.encode(x="percent"),
        POINTS.add_params(DARK),
        POINTS.properties(title=["Two", "lines"]).configure_axis(grid=False),
        POINTS + POINTS,
        (POINTS | POINTS).properties(title="Two"),
        POINTS.facet("group:N"),
    ],
)
def test_a_chart_is_written_as_altair_writes_it(chart):
    assert json.dumps(specification(chart)) == json.dumps(chart.to_dict())


def test_each_layer_keeps_its_own_table():
    tables = [pd.DataFrame({"percent": [float(number)]}) for number in range(40)]
    chart = layered(*(alt.Chart(table).mark_rule().encode(x="percent:Q") for table in tables))
    found = specification(chart)
    assert [found["datasets"][layer["data"]["name"]][0]["percent"] for layer in found["layer"]] == list(range(40))
