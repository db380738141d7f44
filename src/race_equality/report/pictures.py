"""The charts of the reports, each from a small tidy table, each readable in grey and in print."""

from __future__ import annotations

import textwrap

import altair as alt
import pandas as pd

from race_equality.report.charts import (
    DARK_BLUE,
    DARK_GREY,
    GROUP_COLOURS,
    GROUP_SHAPES,
    ORANGE,
    TURQUOISE,
)

_PLOT_WIDTH = 400
#: Splits the row labels that :func:`wrap` has joined; Vega draws a list as lines.
_LINES = alt.Axis(labelExpr="split(datum.label, '|')", title=None, grid=False, domain=False, ticks=False)


def wrap(label: str, width: int = 24) -> str:
    """Break a row label into lines joined by ``|``, so that charts stay narrow enough for a phone."""
    return "|".join(textwrap.wrap(label, width))


def group_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Percentages of two or more groups with their intervals, one row a measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``group``, ``percent``, ``lower``, ``upper``; rows in the order of the chart.
    """
    labels = [wrap(label) for label in rows["label"].unique()]
    rows = rows.assign(label=rows["label"].map(wrap), shown=rows["percent"].map("{:.1f}%".format))
    groups = [group for group in GROUP_COLOURS if group in set(rows["group"])]
    base = alt.Chart(rows).encode(
        y=alt.Y("label:N", sort=labels, axis=_LINES),
        yOffset=alt.YOffset("group:N", sort=groups, scale=alt.Scale(paddingOuter=0.6)),
        color=alt.Color(
            "group:N", scale=alt.Scale(domain=groups, range=[GROUP_COLOURS[group] for group in groups])
        ),
    )
    upper = max(10.0, float(rows["upper"].max()))
    x = alt.X(
        "percent:Q",
        title="Percentage of staff",
        scale=alt.Scale(domain=[0, upper * 1.12], nice=False),
        axis=alt.Axis(tickCount=7),
    )
    return alt.layer(
        base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", title="Percentage of staff"), x2="upper:Q"),
        base.mark_point(size=120).encode(
            x=x,
            shape=alt.Shape(
                "group:N",
                scale=alt.Scale(domain=groups, range=[GROUP_SHAPES[group] for group in groups]),
            ),
        ),
        base.mark_text(align="left", dx=6).encode(
            x=alt.X("upper:Q", title="Percentage of staff"), text="shown:N", color=alt.value(DARK_GREY)
        ),
    ).properties(width=_PLOT_WIDTH, height=alt.Step(20))


def detailed_group_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """One percentage with its interval for each detailed ethnic group.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``group``, ``percent``, ``lower``, ``upper``; rows in the order of the chart.
    """
    groups = list(rows["group"])
    rows = rows.assign(shown=rows["percent"].map("{:.1f}%".format))
    base = alt.Chart(rows).encode(
        y=alt.Y("group:N", sort=groups, axis=alt.Axis(title=None, grid=False, domain=False, ticks=False))
    )
    x_title = "Percentage of staff who answered"
    return alt.layer(
        base.mark_rule(strokeWidth=2, color=DARK_BLUE).encode(x=alt.X("lower:Q", title=x_title), x2="upper:Q"),
        base.mark_point(size=90, color=DARK_BLUE).encode(
            x=alt.X("percent:Q", title=x_title, scale=alt.Scale(domainMin=0))
        ),
        base.mark_text(align="left", dx=6).encode(x=alt.X("upper:Q", title=x_title), text="shown:N"),
    ).properties(width=340, height=alt.Step(24))


def gap_chart(
    rows: pd.DataFrame, *, x_title: str = "Gap in percentage points (ethnic minority minus White)"
) -> alt.LayerChart:
    """Gaps with their intervals: this trust beside its comparators, one row a measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``series`` (this trust first), ``gap``, ``lower``, ``upper`` in percentage points.
    x_title : str
        What is measured.
    """
    labels = [wrap(label) for label in rows["label"].unique()]
    series = list(rows["series"].unique())
    rows = rows.assign(label=rows["label"].map(wrap))
    colours = [DARK_BLUE, ORANGE, TURQUOISE][: len(series)]
    shapes = ["circle", "square", "diamond"][: len(series)]
    base = alt.Chart(rows).encode(
        y=alt.Y("label:N", sort=labels, axis=_LINES),
        yOffset=alt.YOffset("series:N", sort=series, scale=alt.Scale(paddingOuter=0.6)),
        color=alt.Color("series:N", sort=series, scale=alt.Scale(domain=series, range=colours)),
    )
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0]}))
        .mark_rule(strokeDash=[4, 3])
        .encode(x=alt.X("zero:Q", title=x_title))
    )
    return alt.layer(
        zero,
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("lower:Q", title=x_title, axis=alt.Axis(tickCount=7)), x2="upper:Q"
        ),
        base.mark_point(size=110).encode(
            x=alt.X("gap:Q", title=x_title),
            shape=alt.Shape("series:N", sort=series, scale=alt.Scale(domain=series, range=shapes)),
        ),
    ).properties(width=_PLOT_WIDTH, height=alt.Step(11))


def funnel_chart(
    points: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    x_title: str,
    y_title: str = "Percentage",
    highlight: str | None = None,
) -> alt.LayerChart:
    """Trusts by number of respondents, within the limits that chance and ordinary variation draw.

    Parameters
    ----------
    points : pandas.DataFrame
        ``trust_code``, ``total``, ``percent`` and ``series`` ("This trust", "Similar trusts" and
        "Other trusts", or "Each trust").
    limits : pandas.DataFrame
        ``total``, ``target``, ``lower_95``, ``upper_95``, ``lower_998``, ``upper_998`` in per cent,
        in rising order of ``total``.
    x_title, y_title : str
        What ``total`` counts and what ``percent`` measures.
    highlight : str, optional
        The trust code that is labelled.
    """
    # Trusts of one size by their codes: a sort by size alone orders them by the processor it runs on.
    points = points.sort_values(["total", "trust_code"])
    order = [
        name for name in ("This trust", "Similar trusts", "Other trusts", "Each trust") if name in set(points["series"])
    ]
    colours = {"This trust": DARK_BLUE, "Similar trusts": ORANGE, "Other trusts": "#8A8A8A", "Each trust": DARK_BLUE}
    shapes = {"This trust": "circle", "Similar trusts": "square", "Other trusts": "triangle-up", "Each trust": "circle"}
    sizes = {"This trust": 170, "Similar trusts": 60, "Other trusts": 25, "Each trust": 35}
    x = alt.X("total:Q", title=x_title, axis=alt.Axis(format=",.0f", tickCount=6))
    lines = limits.melt("total", var_name="line", value_name="percent")
    lines["kind"] = lines["line"].str.replace("lower_|upper_", "", regex=True)
    names = {"target": "All trusts", "95": "95% limits", "998": "99.8% limits"}
    lines["kind"] = lines["kind"].map(names)
    curve = (
        alt.Chart(lines)
        .mark_line(color=DARK_GREY, strokeWidth=1.5)
        .encode(
            x=x,
            y=alt.Y("percent:Q", title=None),
            detail="line:N",
            strokeDash=alt.StrokeDash(
                "kind:N",
                sort=list(names.values()),
                scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [6, 4], [2, 3]]),
            ),
        )
    )
    # One layer a series, the first on top; sizes differ, so that this trust is found in grey too.
    marks = [
        alt.Chart(points[points["series"] == name])
        .mark_point(size=sizes[name])
        .encode(
            x=x,
            y=alt.Y("percent:Q", title=None, scale=alt.Scale(zero=True)),
            color=alt.Color("series:N", sort=order, scale=alt.Scale(domain=order, range=[colours[n] for n in order])),
            shape=alt.Shape("series:N", sort=order, scale=alt.Scale(domain=order, range=[shapes[n] for n in order])),
        )
        for name in reversed(order)
    ]
    layers = [curve, *marks]
    if highlight is not None and (points["trust_code"] == highlight).any():
        one = points[points["trust_code"] == highlight]
        # Near the right edge the label stands to the left of its point.
        left = bool(one["total"].iloc[0] > 0.75 * points["total"].max())
        place = {"align": "right" if left else "left", "dx": -12 if left else 12, "dy": -14, "fontWeight": "bold"}
        label = alt.Chart(one).encode(x=x, y="percent:Q", text="trust_code:N")
        # A white edge keeps the code legible where it crosses a limit or another trust.
        layers.append(label.mark_text(**place, stroke="white", strokeWidth=5))
        layers.append(label.mark_text(**place))
    return alt.layer(*layers).properties(
        width=520,
        height=300,
        # In place of the title of the upright axis, which would be vertical text.
        title=alt.TitleParams(
            y_title, anchor="start", frame="group", fontSize=14, fontWeight="normal", color=DARK_GREY
        ),
    )


def strip_chart(rows: pd.DataFrame, *, highlight_label: str, others_label: str) -> alt.LayerChart:
    """One trust among all trusts of its kind, one row a question.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``trust_code``, ``percent``, ``lower``, ``upper``, ``here`` (bool), rows in the
        order of the chart.
    highlight_label, others_label : str
        What the legend calls this trust and the others.
    """
    labels = [wrap(label) for label in rows["label"].unique()]
    rows = rows.assign(
        label=rows["label"].map(wrap),
        series=rows["here"].map({True: highlight_label, False: others_label}),
        shown=rows["percent"].map("{:.1f}%".format),
    )
    scale = alt.Scale(domain=[highlight_label, others_label], range=[DARK_BLUE, "#8A8A8A"])
    x_title = "Percentage of staff who answered"
    y = alt.Y("label:N", sort=labels, axis=_LINES)
    colour = alt.Color("series:N", scale=scale)
    others = (
        alt.Chart(rows[~rows["here"]])
        .mark_tick(thickness=1.5, size=26)
        .encode(x=alt.X("percent:Q", title=x_title, axis=alt.Axis(tickCount=7)), y=y, color=colour)
    )
    here = alt.Chart(rows[rows["here"]])
    return alt.layer(
        others,
        here.mark_rule(strokeWidth=3).encode(
            x=alt.X("lower:Q", title=x_title), x2="upper:Q", y=y, color=colour
        ),
        here.mark_point(size=150, shape="circle").encode(
            x=alt.X("percent:Q", title=x_title), y=y, color=colour
        ),
        here.mark_text(dy=-22, fontWeight="bold").encode(
            x=alt.X("percent:Q", title=x_title), y=y, text="shown:N"
        ),
    ).properties(width=_PLOT_WIDTH, height=alt.Step(64))


def two_populations_chart(rows: pd.DataFrame, *, first: str, second: str) -> alt.LayerChart:
    """Shares of ethnic groups in two populations, one row a group.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``group``, ``population`` (``first`` or ``second``), ``percent``, and ``lower`` and
        ``upper`` where the share is a sample's.
    first, second : str
        The names of the populations in the legend.
    """
    populations = [name for name in (first, second) if name in set(rows["population"])]
    groups = list(rows["group"].unique())
    rows = rows.assign(shown=rows["percent"].map("{:.1f}%".format))
    base = alt.Chart(rows).encode(
        y=alt.Y("group:N", sort=groups, axis=_LINES),
        yOffset=alt.YOffset("population:N", sort=populations, scale=alt.Scale(paddingOuter=0.35)),
    )
    x = alt.X("percent:Q", title="Percentage", scale=alt.Scale(domainMin=0))
    colour = alt.Color(
        "population:N",
        sort=populations,
        scale=alt.Scale(domain=populations, range=[DARK_BLUE, ORANGE][: len(populations)]),
    )
    return alt.layer(
        base.mark_bar(size=13).encode(x=x, color=colour),
        base.mark_text(align="left", dx=5).encode(x=x, text="shown:N"),
    ).properties(width=_PLOT_WIDTH, height=alt.Step(19))


def months_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Monthly percentages of this trust and of all trusts, each line labelled at its end.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``month``, ``series`` (this trust first), ``percent``, ``recording``; a line ends where the
        recording changes.
    """
    series = list(rows["series"].unique())
    colours, dashes = [DARK_BLUE, ORANGE][: len(series)], [[1, 0], [6, 4]][: len(series)]
    rows = rows.reset_index(drop=True).assign(line=rows["series"].to_numpy() + rows["recording"].astype("str").to_numpy())
    x = alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6, labelAngle=0, labelOverlap=True))
    y = alt.Y("percent:Q", title=None, scale=alt.Scale(zero=True))
    lines = (
        alt.Chart(rows)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            detail="line:N",
            color=alt.Color("series:N", sort=series, scale=alt.Scale(domain=series, range=colours)),
            strokeDash=alt.StrokeDash("series:N", sort=series, scale=alt.Scale(domain=series, range=dashes)),
        )
    )
    ends = rows.loc[rows.groupby("series")["month"].idxmax()].assign(shown=lambda d: d["percent"].map("{:.1f}%".format))
    # Where both lines end close together the labels stand above and below.
    high = ends["percent"].idxmax()
    labels = [
        alt.Chart(ends.loc[[index]])
        .mark_text(align="right", dy=-12 if index == high else 16)
        .encode(x=x, y=y, text="shown:N")
        for index in ends.index
    ]
    return alt.layer(lines, *labels).properties(width=540, height=200)


def years_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """A percentage with its interval, survey by survey.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``year``, ``percent``, ``lower``, ``upper``.
    """
    rows = rows.assign(label=rows["year"].astype("int64").astype("str"), shown=rows["percent"].map("{:.1f}%".format))
    base = alt.Chart(rows).encode(x=alt.X("label:O", title=None, axis=alt.Axis(labelAngle=0)))
    y = alt.Y("percent:Q", title=None, scale=alt.Scale(zero=True))
    return alt.layer(
        base.mark_line(color=DARK_BLUE, strokeWidth=2).encode(y=y),
        base.mark_rule(color=DARK_BLUE, strokeWidth=2).encode(y=alt.Y("lower:Q", title=None), y2="upper:Q"),
        base.mark_point(color=DARK_BLUE, size=110).encode(y=y),
        base.mark_text(align="left", dx=9, dy=-10).encode(y=y, text="shown:N"),
    ).properties(width=420, height=170)


def association_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Rank correlations with their intervals, one row a patient measure, a colour a staff measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``series``, ``correlation``, ``lower``, ``upper``.
    """
    renamed = rows.rename(columns={"correlation": "gap"})[["label", "series", "gap", "lower", "upper"]]
    return gap_chart(renamed, x_title="Rank correlation across trusts")
