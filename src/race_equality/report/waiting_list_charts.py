"""The chart of what a gap in waits is made of."""

from __future__ import annotations

import altair as alt
import pandas as pd

from race_equality.report import words
from race_equality.report.charts import DARK_BLUE, DARK_GREY, TURQUOISE, LayeredChart, layered
from race_equality.report.waiting_list_words import MIX, WITHIN

_X_TITLE = "Percentage points of the gap to White patients"


def explained_chart(rows: pd.DataFrame) -> LayeredChart:
    """Draw the two parts of each group's gap as bars from zero, two a group.

    Parameters
    ----------
    rows : pandas.DataFrame
        One measure of :func:`race_equality.analysis.waiting_list.england_explained`, groups in the order of the chart.

    Returns
    -------
    LayeredChart
        Each bar says in words which part it is and how large.
    """
    groups, parts = list(rows["group"]), {MIX: "mix", WITHIN: "within"}
    long = pd.concat([rows.assign(part=part, points=rows[column]) for part, column in parts.items()])[
        ["group", "part", "points"]
    ]
    bars = long.to_dict("records")
    long["said"] = [f"{bar['group']}, {words.lower_first(bar['part'])}: {words.points(bar['points'])}" for bar in bars]
    long["shown"] = [f"{words.points(bar['points'])} {words.lower_first(bar['part'])}" for bar in bars]
    # labels are to the right of a bar, or of zero where the bar goes to the left
    long["end"] = long["points"].clip(lower=0)
    long = long.round({"points": 1, "end": 1})
    room = max(0.5, long["points"].max())
    scale = alt.Scale(domain=[min(-0.2, long["points"].min() * 1.5), room * 2.2], nice=False)
    base = alt.Chart().encode(
        y=alt.Y("group:N", sort=groups, axis=alt.Axis(title=None, grid=False, domain=False, ticks=False)),
        yOffset=alt.YOffset("part:N", sort=list(parts), scale=alt.Scale(paddingOuter=0.3, paddingInner=0.15)),
    )
    titled = alt.X("points:Q", title=_X_TITLE, scale=scale, axis=alt.Axis(tickCount=6))
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=DARK_GREY)
    return layered(
        base.mark_bar(aria=True).encode(
            x=titled,
            color=alt.Color("part:N", scale=alt.Scale(domain=list(parts), range=[TURQUOISE, DARK_BLUE]), legend=None),
            description=alt.Description("said:N"),
        ),
        base.mark_text(align="left", dx=6, color=DARK_GREY).encode(
            x=alt.X("end:Q", title=_X_TITLE, scale=scale), text=alt.Text("shown:N")
        ),
        zero.encode(x=alt.X("zero:Q", title=_X_TITLE, scale=scale)),
        data=long[["group", "part", "points", "end", "shown", "said"]],
        width=420,
        height=alt.Step(24),
    )
