"""Charts of patients by ethnic group, in the house's style."""

from __future__ import annotations

import altair as alt
import pandas as pd

from race_equality.report import words
from race_equality.report.chart_builders import wrap
from race_equality.report.charts import DARK_BLUE, DARK_GREY, ORANGE, LayeredChart, layered
from race_equality.store.rows import rows_of


def shares_chart(rows: pd.DataFrame, *, x_title: str) -> LayeredChart:
    """Draw shares of this trust with their intervals and England's, a row a group.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``series`` ("This trust", "England"), ``value`` in per cent, ``lower`` and ``upper`` (NaN for England,
        whose intervals are narrower than its mark), in the order of the chart.
    x_title : str

    Notes
    -----
    Dots, and no bars: the scale begins near the lowest figure, so that intervals can be seen.
    """
    labels = [wrap(label) for label in dict.fromkeys(rows["label"])]
    series = list(dict.fromkeys(rows["series"]))
    said = [
        f"{row.label}, {row.series.replace('This', 'this')}: {words.percent(row.value)}"
        + (f" (95% interval {words.interval(row.lower, row.upper, signed=False)})" if pd.notna(row.lower) else "")
        for row in rows_of(rows)
    ]
    rows = rows.assign(
        said=said,
        label=[wrap(label) for label in rows["label"].tolist()],
        shown=[words.percent(value) for value in rows["value"].tolist()],
        **{name: rows[name].round(1) for name in ("value", "lower", "upper")},
    )
    own, others = rows[rows["lower"].notna()], rows[rows["lower"].isna()]
    titled = alt.Axis(tickCount=6, title=x_title)
    y = alt.Y("label:N", sort=labels, axis=alt.Axis(title=None, grid=False, domain=False, ticks=False))
    colour = alt.Color("series:N", sort=series, scale=alt.Scale(domain=series, range=[DARK_BLUE, ORANGE]))
    shape = alt.Shape("series:N", sort=series, scale=alt.Scale(domain=series, range=["circle", "square"]))
    scale = alt.Scale(zero=False, nice=True)

    def marks(table: pd.DataFrame, size: int, below: int = 0) -> alt.Chart:
        return (
            alt.Chart(table[["label", "series", "value", "said"]])
            .mark_point(size=size, aria=True, yOffset=below)
            .encode(
                y=y,
                x=alt.X("value:Q", axis=titled, scale=scale),
                color=colour,
                shape=shape,
                description=alt.Description("said:N"),
            )
        )

    intervals = alt.Chart(own[["label", "series", "lower", "upper", "shown"]])
    return layered(
        marks(others, 70, below=10),  # under the printed value, which it would cover
        intervals.mark_rule(strokeWidth=2).encode(
            y=y, x=alt.X("lower:Q", axis=titled, scale=scale), x2=alt.X2("upper:Q"), color=colour
        ),
        marks(own, 110),
        intervals.mark_text(align="left", dx=8).encode(
            y=y, x=alt.X("upper:Q", axis=titled, scale=scale), text=alt.Text("shown:N"), color=alt.ColorValue(DARK_GREY)
        ),
        width=400,
        height=alt.Step(30),
    )
