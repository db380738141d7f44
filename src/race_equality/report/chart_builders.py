"""The charts of the reports, each from a small tidy table, each readable in grey and in print.

A mark that shows a figure says so in words (``description``): the figure as it is printed, with its
interval. A page's script shows these words next to the mark and reads them out. Marks are placed by the
printed figure as well, so that a picture holds no more digits than its table.
"""

from __future__ import annotations

import functools
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from race_equality.report import words
from race_equality.report.charts import (
    DARK_BLUE,
    DARK_GREY,
    GREY,
    GROUP_COLOURS,
    GROUP_SHAPES,
    ORANGE,
    STEPS,
    TURQUOISE,
    FacetedChart,
    LayeredChart,
    layered,
)
from race_equality.store.rows import groups_of, rows_of

_PLOT_WIDTH = 400
#: Splits the row labels that :func:`wrap` has joined; Vega draws a list as lines, downwards from its
#: place, so that two lines are around the middle of a row when the first ends there.
_LINES = alt.Axis(
    labelExpr="split(datum.label, '|')",
    labelBaseline=alt.ConditionalAxisLabelBaseline(
        condition={"test": "indexof(datum.label, '|') > 0", "value": "bottom"}, value="middle"
    ),
    title=None,
    grid=False,
    domain=False,
    ticks=False,
    labelPadding=8,
)
#: Endings that many trusts' names share.
_NAME_ENDING = re.compile(r"\s+NHS (?:Foundation )?Trust$")


@functools.cache
def wrap(label: str, width: int = 24) -> str:
    """Break a row label into lines joined by ``|``, so that charts stay narrow enough for a phone."""
    return "|".join(textwrap.wrap(label, width))


def trust_label(code: str, name: str = "") -> str:
    """Return how a mark names its trust.

    Examples
    --------
    >>> trust_label("R1H", "Barts Health NHS Trust")
    'Barts Health (R1H)'
    >>> trust_label("RKE")
    'RKE'
    """
    return f"{_NAME_ENDING.sub('', name)} ({code})" if name else code


def _interval_words(row) -> str:
    """Say a percentage and its interval as a table does."""
    interval = words.interval(row["lower"], row["upper"], signed=False)
    return f"{words.percent(row['percent'])} (95% interval {interval})"


def _texts(rows: pd.DataFrame, column: str) -> list[str]:
    """A column that may not be there."""
    return rows[column].tolist() if column in rows else [""] * len(rows)


def _from_zero(most: float, *, room: float) -> alt.Scale:
    """A scale from zero to the next whole per cent that leaves room for a figure: trusts alike share one."""
    return alt.Scale(domain=[0, math.ceil(most * (1 + room))], nice=False)


def _title_above(text: str) -> alt.TitleParams:
    """In place of the title of the upright axis, which would be vertical text."""
    return alt.TitleParams(text, anchor="start", frame="group", fontSize=14, fontWeight="normal", color=DARK_GREY)


def group_chart(rows: pd.DataFrame) -> LayeredChart:
    """Percentages of two or more groups with their intervals, one row a measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``group``, ``percent``, ``lower``, ``upper``; rows in the order of the chart.
    """
    labels = [wrap(label) for label in rows["label"].unique()]
    rows = rows.assign(
        said=[f"{row['label']}, {row['group']}: {_interval_words(row)}" for row in rows.to_dict("records")],
        label=rows["label"].map(wrap),
        shown=rows["percent"].map(words.percent),
    ).round({"percent": 1, "lower": 1, "upper": 1})
    groups = [group for group in GROUP_COLOURS if group in set(rows["group"])]
    base = alt.Chart().encode(
        y=alt.Y("label:N", sort=labels, axis=_LINES),
        yOffset=alt.YOffset("group:N", sort=groups, scale=alt.Scale(paddingOuter=0.6)),
        color=alt.Color("group:N", scale=alt.Scale(domain=groups, range=[GROUP_COLOURS[group] for group in groups])),
    )
    x = alt.X(
        "percent:Q",
        title="Percentage of staff",
        scale=_from_zero(max(10.0, rows["upper"].max()), room=0.12),
        axis=alt.Axis(tickCount=6),
    )
    return layered(
        base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", title="Percentage of staff"), x2=alt.X2("upper:Q")),
        base.mark_point(size=120, aria=True).encode(
            x=x,
            shape=alt.Shape("group:N", scale=alt.Scale(domain=groups, range=[GROUP_SHAPES[group] for group in groups])),
            description=alt.Description("said:N"),
        ),
        base.mark_text(align="left", dx=8).encode(
            x=alt.X("upper:Q", title="Percentage of staff"), text=alt.Text("shown:N"), color=alt.ColorValue(DARK_GREY)
        ),
        data=rows[["label", "group", "percent", "lower", "upper", "shown", "said"]],
        width=_PLOT_WIDTH,
        height=alt.Step(20),
    )


def detailed_group_chart(rows: pd.DataFrame) -> LayeredChart:
    """One percentage with its interval for each detailed ethnic group.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``group``, ``percent``, ``lower``, ``upper``; rows in the order of the chart.
    """
    groups = list(rows["group"])
    rows = rows.assign(
        shown=rows["percent"].map(words.percent),
        said=[f"{row['group']}: {_interval_words(row)}" for row in rows.to_dict("records")],
    ).round({"percent": 1, "lower": 1, "upper": 1})
    base = alt.Chart().encode(
        y=alt.Y("group:N", sort=groups, axis=alt.Axis(title=None, grid=False, domain=False, ticks=False))
    )
    x_title = "Percentage of staff who answered"
    return layered(
        base.mark_rule(strokeWidth=2, color=DARK_BLUE).encode(x=alt.X("lower:Q", title=x_title), x2=alt.X2("upper:Q")),
        base.mark_point(size=90, color=DARK_BLUE, aria=True).encode(
            x=alt.X("percent:Q", title=x_title, scale=alt.Scale(domainMin=0), axis=alt.Axis(tickCount=6)),
            description=alt.Description("said:N"),
        ),
        base.mark_text(align="left", dx=8).encode(x=alt.X("upper:Q", title=x_title), text=alt.Text("shown:N")),
        data=rows[["group", "percent", "lower", "upper", "shown", "said"]],
        width=340,
        height=alt.Step(24),
    )


def association_chart(rows: pd.DataFrame) -> LayeredChart:
    """Rank correlations with their intervals around zero, one row a label, a colour and a shape a series.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``series`` (up to three), ``correlation``, ``lower``, ``upper``.
    """
    labels = [wrap(label) for label in rows["label"].unique()]
    series = list(rows["series"].unique())
    rows = rows.assign(
        said=[
            f"{row.label}, {words.lower_first(row.series)}: "
            + words.correlation(row.correlation, row.lower, row.upper).replace("(", "(95% interval ")
            for row in rows_of(rows)
        ],
        shown=[words.correlation(value, value, value).split(" ")[0] for value in rows["correlation"]],
        label=rows["label"].map(wrap),
    ).round({"correlation": 2, "lower": 2, "upper": 2})
    colours = [DARK_BLUE, ORANGE, TURQUOISE][: len(series)]
    shapes = ["circle", "square", "diamond"][: len(series)]
    x_title = "Rank correlation across trusts"
    base = alt.Chart(rows[["label", "series", "correlation", "lower", "upper", "shown", "said"]]).encode(
        y=alt.Y("label:N", sort=labels, axis=_LINES),
        yOffset=alt.YOffset("series:N", sort=series, scale=alt.Scale(paddingOuter=0.7)),
        color=alt.Color("series:N", sort=series, scale=alt.Scale(domain=series, range=colours)),
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(strokeDash=[4, 3]).encode(x=alt.X("zero:Q", title=x_title))
    sides: tuple[tuple[Any, str, Literal["left", "right"], int], ...] = (
        (alt.datum.correlation >= 0, "upper:Q", "left", 9),
        (alt.datum.correlation < 0, "lower:Q", "right", -9),
    )
    return layered(
        zero,
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("lower:Q", title=x_title, axis=alt.Axis(tickCount=6)), x2=alt.X2("upper:Q")
        ),
        base.mark_point(size=110, aria=True).encode(
            x=alt.X("correlation:Q", title=x_title),
            shape=alt.Shape("series:N", sort=series, scale=alt.Scale(domain=series, range=shapes)),
            description=alt.Description("said:N"),
        ),
        # A figure is on the far side of its interval, away from the line at zero.
        *(
            base.transform_filter(side)
            .mark_text(align=align, dx=shift)
            .encode(x=alt.X(end, title=x_title), text=alt.Text("shown:N"), color=alt.ColorValue(DARK_GREY))
            for side, end, align, shift in sides
        ),
        width=_PLOT_WIDTH,
        height=alt.Step(18),
    )


#: Trusts that are drawn with a mark each; England has 202. Where there are more, marks show several
#: trusts or for the range of them, so that a picture of ten thousand is as small as one of this many.
MOST_MARKS = 400


def about_marks(trusts: int, *, own: str = "") -> str:
    """Say in a caption what a mark shows, where trusts are too many for a mark each.

    Parameters
    ----------
    trusts : int
        How many are drawn.
    own : str, optional
        Which trusts have a mark of their own nevertheless.

    Returns
    -------
    str
        A sentence to follow another, without a stop; empty where each trust has its mark.

    Examples
    --------
    >>> about_marks(202)
    ''
    >>> about_marks(2000)
    '. A mark represents the trusts around it, a larger one for more'
    >>> about_marks(2000, own="This trust and similar trusts")
    '. This trust and similar trusts have their own marks; another represents the trusts around it, a larger one for more'
    """
    if trusts <= MOST_MARKS:
        return ""
    which = f"{own} have their own marks; another" if own else "A mark"
    return f". {which} represents the trusts around it, a larger one for more"


def _gathered(rows: pd.DataFrame, by: str, steps: Mapping[str, float]) -> pd.DataFrame:
    """Count trusts by class of two measures, and place each class at its middle.

    Parameters
    ----------
    rows : pandas.DataFrame
    by : str
        A column that is kept apart.
    steps : mapping of str to float
        Two columns of numbers, and how wide a class of each is.

    Returns
    -------
    pandas.DataFrame
        The three columns and ``trusts``.
    """
    places = [((rows[name].astype("float64") // step + 0.5) * step).rename(name) for name, step in steps.items()]
    return rows.groupby([rows[by], *places]).size().rename("trusts").reset_index()


def _number_of_trusts(number: int) -> str:
    return "1 trust" if number == 1 else f"{number:,} trusts"


def _area(counted: pd.Series) -> alt.Size:
    """The area of a mark by how many trusts it shows, from one that is just seen."""
    most = max(2, int(counted.max()))
    return alt.Size("trusts:Q", legend=None, scale=alt.Scale(domain=[1, most], range=[14, _LARGEST]))


#: Square pixels of the largest mark that shows several trusts: as wide as a class.
_LARGEST = 200

#: Sizes that limits are drawn at: enough for a smooth curve.
_CURVE_POINTS = 48


def funnel_chart(
    points: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    x_title: str,
    y_title: str = "Percentage",
    highlight: str | None = None,
) -> LayeredChart:
    """Trusts by number of respondents, within the limits that chance and ordinary variation draw.

    Parameters
    ----------
    points : pandas.DataFrame
        ``trust_code``, ``total``, ``percent`` and ``series`` ("This trust", "Similar trusts" and
        "Other trusts", or "Each trust"); where there are, ``trust_name`` and ``position`` (where it
        lies in the funnel) for what a mark says.
    limits : pandas.DataFrame
        ``total``, ``target``, ``lower_95``, ``upper_95``, ``lower_998``, ``upper_998`` in per cent,
        in rising order of ``total``.
    x_title, y_title : str
        What ``total`` counts and what ``percent`` measures.
    highlight : str, optional
        The trust code that is labelled.

    Notes
    -----
    Of more than :data:`MOST_MARKS` trusts this one and similar ones keep their marks; the others are
    counted by class, a mark a class.
    """
    largest = (points["total"].astype("float64") / 10).round().max() * 10
    many = points.iloc[:0]
    if len(points) > MOST_MARKS:
        is_one_of_many = points["series"].isin(["Other trusts", "Each trust"])
        many, points = points[is_one_of_many], points[~is_one_of_many]
    # Trusts of one size by their codes: a sort by size alone orders them by the processor it runs on.
    points = points.sort_values(["total", "trust_code"])
    names, positions = _texts(points, "trust_name"), _texts(points, "position")
    points = points.assign(
        percent=points["percent"].round(1),
        # Numbers who answered are drawn and said to the nearest ten.
        total=(points["total"].astype("float64") / 10).round() * 10,
    )
    points["said"] = [
        f"{trust_label(row.trust_code, name)}: {words.percent(row.percent)} of about {words.people(row.total)}"
        + (f", {position}" if position else "")
        for row, name, position in zip(rows_of(points), names, positions, strict=True)
    ]
    points = points[["trust_code", "total", "percent", "series", "said"]]
    drawn_series = {*points["series"], *many["series"]}
    order = [name for name in ("This trust", "Similar trusts", "Other trusts", "Each trust") if name in drawn_series]
    colours = {"This trust": DARK_BLUE, "Similar trusts": ORANGE, "Other trusts": GREY, "Each trust": DARK_BLUE}
    shapes = {"This trust": "circle", "Similar trusts": "square", "Other trusts": "triangle-up", "Each trust": "circle"}
    sizes = {"This trust": 170, "Similar trusts": 60, "Other trusts": 25, "Each trust": 30}
    x = alt.X("total:Q", title=x_title, axis=alt.Axis(format=",.0f", tickCount=5))
    y = alt.Y("percent:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))

    drawn = np.unique(np.linspace(0, len(limits) - 1, _CURVE_POINTS).round().astype("int64"))
    lines = limits.iloc[drawn].round(1).melt("total", var_name="line", value_name="percent")
    lines["kind"] = lines["line"].str.replace("lower_|upper_", "", regex=True)
    dashes = {"target": [1, 0], "95": [6, 4], "998": [2, 3]}
    curve = (
        alt.Chart(lines)
        .mark_line(color=DARK_GREY, strokeWidth=1.5)
        .encode(
            x=x,
            y=y,
            detail=alt.Detail("line:N"),
            strokeDash=alt.StrokeDash(
                "kind:N", legend=None, scale=alt.Scale(domain=list(dashes), range=list(dashes.values()))
            ),
        )
    )
    # The centre and the upper limits are named where they end; the lower ones are drawn like the upper.
    ends = lines[(lines["total"] == lines["total"].max()) & ~lines["line"].str.startswith("lower")]
    ends = ends.drop_duplicates("line")
    named = {"target": "Mean " + words.percent(limits["target"].iloc[-1]), "95": "95% limit", "998": "99.8% limit"}
    # The two upper limits lie close: their names keep apart, by a hundredth of the height.
    apart = ends["kind"].map({"target": 0.0, "95": -0.01, "998": 0.01}) * lines["percent"].max()
    ends = ends.assign(name=ends["kind"].map(named), percent=ends["percent"] + apart)[["total", "percent", "name"]]
    names_of_lines = (
        alt.Chart(ends).mark_text(align="left", dx=10, fontSize=13).encode(x=x, y=y, text=alt.Text("name:N"))
    )
    # One layer a series, the first on top; sizes differ, so that this trust is found in grey too.
    scale = alt.Scale(domain=order, range=[colours[name] for name in order])
    legend = alt.Legend() if len(order) > 1 else None
    of_series = dict(groups_of(points, "series"))
    area = {}
    if len(many):
        classes = _funnel_classes(many, largest, max(limits["upper_998"].max(), many["percent"].max()))
        (name,) = set(classes["series"])
        of_series[name], area = classes, {name: {"size": _area(classes["trusts"])}}
    marks = [
        alt.Chart(of_series[name])
        .mark_point(size=sizes[name], aria=True)
        .encode(
            x=x,
            y=y,
            color=alt.Color("series:N", sort=order, scale=scale, legend=legend),
            shape=alt.Shape(
                "series:N",
                sort=order,
                scale=alt.Scale(domain=order, range=[shapes[name] for name in order]),
                legend=legend,
            ),
            description=alt.Description("said:N"),
            **area.get(name, {}),
        )
        for name in reversed(order)
    ]
    layers = [curve, names_of_lines, *marks]
    if highlight is not None and (points["trust_code"] == highlight).any():
        one = points[points["trust_code"] == highlight]
        # Near the right edge the label is to the left of its point.
        left = bool(one["total"].iloc[0] > 0.75 * largest)
        place: dict[str, Any] = {"align": "right" if left else "left", "dx": -12 if left else 12, "dy": -14}
        label = alt.Chart(one[["total", "percent", "trust_code"]]).encode(x=x, y=y, text=alt.Text("trust_code:N"))
        # A white edge keeps the code legible where it crosses a limit or another trust.
        layers.append(label.mark_text(**place, fontWeight="bold", stroke="white", strokeWidth=5))
        layers.append(label.mark_text(**place, fontWeight="bold"))
    return layered(*layers, width=480, height=300, title=_title_above(y_title))


def _funnel_classes(points: pd.DataFrame, right: float, top: float) -> pd.DataFrame:
    """Trusts of a funnel by class of both measures, with what each class says."""
    steps = {"total": right / 24, "percent": top / 20}
    rows = _gathered(points, "series", steps)
    across, up = (step / 2 for step in steps.values())
    said = [
        f"{_number_of_trusts(row.trusts)}: {words.percent(row.percent - up)} to {words.percent(row.percent + up)} of about "
        f"{words.people(round(row.total - across, -1))} to {words.people(round(row.total + across, -1))}"
        for row in rows_of(rows)
    ]
    rows = rows.assign(said=said, total=(rows["total"] / 10).round() * 10, percent=rows["percent"].round(1))
    return rows[["total", "percent", "series", "trusts", "said"]]


def strip_chart(rows: pd.DataFrame, *, highlight_label: str, others_label: str) -> LayeredChart:
    """One trust among all trusts of its kind, one row a question.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``trust_code``, ``percent``, ``lower``, ``upper``, ``here`` (bool), and where there
        are, ``trust_name``; rows in the order of the chart.
    highlight_label, others_label : str
        What the legend calls this trust and the others.

    Notes
    -----
    Of more than :data:`MOST_MARKS` trusts the range of the others is drawn in place of a tick each: what
    :func:`about_ticks` says.
    """
    labels = [wrap(label) for label in rows["label"].unique()]
    ranges = None
    if rows["trust_code"].nunique() > MOST_MARKS:
        ranges, rows = _ranges(rows[~rows["here"]], others_label), rows[rows["here"]]
    said = []
    told = rows[["trust_code", "label", "percent", "lower", "upper", "here"]].to_dict("records")
    for row, name in zip(told, _texts(rows, "trust_name"), strict=True):
        figure = _interval_words(row) if row["here"] else words.percent(row["percent"])
        said.append(f"{trust_label(row['trust_code'], name)}: {figure}, {words.lower_first(row['label'])}")
    rows = rows.assign(
        label=rows["label"].map(wrap),
        series=rows["here"].map({True: highlight_label, False: others_label}),
        shown=rows["percent"].map(words.percent),
        said=said,
    ).round({"percent": 1, "lower": 1, "upper": 1})
    rows = rows[["label", "percent", "lower", "upper", "here", "series", "shown", "said"]]
    scale = alt.Scale(domain=[highlight_label, others_label], range=[DARK_BLUE, GREY])
    x_title = "Percentage of staff who answered"
    y = alt.Y("label:N", sort=labels, axis=_LINES)
    colour = alt.Color("series:N", scale=scale)
    x = alt.X("percent:Q", title=x_title, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=True))
    if ranges is None:
        others = [
            alt.Chart(rows[~rows["here"]].drop(columns=["lower", "upper", "here", "shown"]))
            .mark_tick(thickness=1.5, size=24, aria=True)
            .encode(x=x, y=y, color=colour, description=alt.Description("said:N"))
        ]
    else:
        base = alt.Chart(ranges).encode(y=y, color=colour)
        others = [
            base.mark_bar(size=size, aria=size > 10).encode(
                x=alt.X(f"{low}:Q", title=x_title, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=True)),
                x2=alt.X2(f"{high}:Q"),
                **({"description": alt.Description("said:N")} if size > 10 else {}),
            )
            for low, high, size in (("fifth", "ninety_fifth", 6), ("quarter", "three_quarters", 24))
        ]
        # the median, seen on the grey of its bar
        others.append(alt.Chart(ranges).mark_tick(thickness=2.5, size=24, color="white").encode(x=x, y=y))
    here = alt.Chart(rows[rows["here"]])
    shown = here.encode(x=alt.X("percent:Q", title=x_title), y=y, text=alt.Text("shown:N"))
    return layered(
        *others,
        here.mark_rule(strokeWidth=3).encode(
            x=alt.X("lower:Q", title=x_title), x2=alt.X2("upper:Q"), y=y, color=colour
        ),
        here.mark_point(size=150, shape="circle", aria=True).encode(
            x=alt.X("percent:Q", title=x_title), y=y, color=colour, description=alt.Description("said:N")
        ),
        shown.mark_text(dy=-22, fontWeight="bold"),
        width=_PLOT_WIDTH,
        height=alt.Step(64),
    )


def about_ticks(trusts: int) -> str:
    """Say in a caption how the other trusts are drawn in :func:`strip_chart`.

    Parameters
    ----------
    trusts : int
        How many are drawn, this one among them.

    Examples
    --------
    >>> about_ticks(120)
    'Each tick is a trust'
    """
    if trusts <= MOST_MARKS:
        return "Each tick is a trust"
    return (
        "The grey bar holds the middle half of the other trusts, white at their median, and the narrow one nine in ten"
    )


def _ranges(rows: pd.DataFrame, series: str) -> pd.DataFrame:
    """Where the middle half and nine in ten of the trusts lie, by question."""
    ends = {"fifth": 0.05, "quarter": 0.25, "percent": 0.5, "three_quarters": 0.75, "ninety_fifth": 0.95}
    found = rows.groupby("label", sort=False)["percent"].quantile(np.array(list(ends.values()))).unstack()
    found = found.set_axis(list(ends), axis=1).round(1).rename_axis("label").reset_index()
    number = rows.groupby("label", sort=False)["trust_code"].nunique()
    said = [
        f"{series}, {number[row.label]:,}: the middle half {words.percent(row.quarter)} to "
        f"{words.percent(row.three_quarters)}, nine in ten {words.percent(row.fifth)} to "
        f"{words.percent(row.ninety_fifth)}, median {words.percent(row.percent)}, {words.lower_first(row.label)}"
        for row in rows_of(found)
    ]
    return found.assign(label=found["label"].map(wrap), series=series, said=said)


def months_chart(rows: pd.DataFrame) -> LayeredChart:
    """Monthly percentages of this trust and of all trusts, each line named at its end.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``month``, ``series`` (this trust first), ``percent``, ``recording``; a line ends where the recording changes.
    """
    series = list(rows["series"].unique())
    colours, dashes = [DARK_BLUE, ORANGE][: len(series)], [[1, 0], [6, 4]][: len(series)]
    rows = rows.reset_index(drop=True)
    rows = rows.assign(
        line=rows["series"].to_numpy() + rows["recording"].astype("str").to_numpy(), percent=rows["percent"].round(1)
    )[["month", "series", "percent", "line", "recording"]]
    x = alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6, labelAngle=0, labelOverlap=True))
    scale = _from_zero(rows["percent"].max(), room=0.08)
    y = alt.Y("percent:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))
    lines = (
        alt.Chart(rows.drop(columns="recording"))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            detail=alt.Detail("line:N"),
            color=alt.Color("series:N", sort=series, legend=None, scale=alt.Scale(domain=series, range=colours)),
            strokeDash=alt.StrokeDash(
                "series:N", sort=series, legend=None, scale=alt.Scale(domain=series, range=dashes)
            ),
        )
    )
    # A mark a month that is not seen, to say its figures: a line has none of its own.
    by_month: dict[pd.Timestamp, dict[str, float]] = {}
    for row in rows_of(rows):
        by_month.setdefault(row.month, {})[row.series] = row.percent
    places = pd.DataFrame(
        [
            {
                "month": month,
                "percent": next(iter(percents.values())),  # of this trust, where it has a figure
                "said": f"{words.MONTHS[month.month - 1]} {month.year}: "
                + ", ".join(f"{words.lower_first(name)} {words.percent(value)}" for name, value in percents.items()),
            }
            for month, percents in sorted(by_month.items())
        ]
    )
    layers = [
        lines,
        alt.Chart(places)
        .mark_point(size=30, opacity=0, aria=True)
        .encode(x=x, y=y, description=alt.Description("said:N")),
    ]
    ends = rows.loc[rows.groupby("series", sort=False)["month"].idxmax()]
    ends = ends.assign(shown=[f"{row.series} {words.percent(row.percent)}" for row in rows_of(ends)])
    # Where both lines end close together the names are above and below.
    high = ends["percent"].idxmax()
    near = len(ends) > 1 and abs(ends["percent"].diff().iloc[-1]) < 0.1 * rows["percent"].max()
    ends = ends[["month", "percent", "shown"]]
    for place, index in enumerate(ends.index):
        shift = 0 if not near else -9 if index == high else 9
        layers.append(
            alt.Chart(ends.iloc[[place]])
            .mark_text(align="left", dx=8, dy=shift)
            .encode(x=x, y=y, text=alt.Text("shown:N"))
        )
    if rows["recording"].nunique() > 1:
        layers += _recording_break(rows, x)
    return layered(*layers, width=470, height=200)


def _recording_break(rows: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    """Draw an upright line at the first month that is recorded in another way, and say what it is."""
    first = rows.loc[rows["recording"] > rows["recording"].min(), ["month"]].drop_duplicates().head(1)
    at = alt.Chart(first.assign(name="Recording changed")).encode(x=x)
    return [
        at.mark_rule(strokeDash=[2, 3]),
        # near zero, where no line runs
        at.mark_text(align="right", baseline="bottom", dx=-5, fontSize=13).encode(
            y=alt.YValue(196), text=alt.Text("name:N")
        ),
    ]


def years_chart(rows: pd.DataFrame) -> LayeredChart:
    """A percentage with its interval, survey by survey.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``year``, ``percent``, ``lower``, ``upper``.
    """
    rows = rows.assign(
        label=rows["year"].astype("int64").astype("str"),
        shown=rows["percent"].map(words.percent),
        said=[f"{row['year']:.0f}: {_interval_words(row)}" for row in rows.to_dict("records")],
    ).round({"percent": 1, "lower": 1, "upper": 1})
    base = alt.Chart().encode(x=alt.X("label:O", title=None, axis=alt.Axis(labelAngle=0)))
    # with room for a figure above each interval
    scale = _from_zero(rows["upper"].max(), room=0.2)
    y = alt.Y("percent:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))
    return layered(
        base.mark_line(color=DARK_BLUE, strokeWidth=2).encode(y=y),
        base.mark_rule(color=DARK_BLUE, strokeWidth=2).encode(y=alt.Y("lower:Q", title=None), y2=alt.Y2("upper:Q")),
        base.mark_point(color=DARK_BLUE, size=110, aria=True).encode(y=y, description=alt.Description("said:N")),
        base.mark_text(baseline="bottom", dy=-5).encode(y=alt.Y("upper:Q", title=None), text=alt.Text("shown:N")),
        data=rows[["label", "percent", "lower", "upper", "shown", "said"]],
        width=420,
        height=170,
        title=_title_above("Percentage of staff who answered"),
    )


def years_by_group_chart(rows: pd.DataFrame, *, together: str = "All trusts", columns: int = 3) -> FacetedChart:
    """A percentage year by year in small panels, one a group, all trusts together in grey behind each.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``group``, ``year``, ``percent``, ``lower``, ``upper``; the rows of the group `together` are drawn in every
        panel. Groups in the order of the chart. A line is broken where a year is missing between two.
    together : str
        The group that is drawn behind each.
    columns : int
        Panels in a row.
    """
    rows = rows.reset_index(drop=True)
    rows = rows.assign(
        segment=rows.groupby("group")["year"].transform(lambda years: (years.diff() > 1).cumsum()),
        label=rows["year"].astype("int64").astype("str"),
        shown=rows["percent"].map(words.percent),
        said=[
            f"{row['group']}, {row['year']:.0f}: "
            + (_interval_words(row) if pd.notna(row["lower"]) else words.percent(row["percent"]))
            for row in rows.to_dict("records")
        ],
    ).round({"percent": 1, "lower": 1, "upper": 1})
    behind = rows[rows["group"] == together]
    groups = [group for group in rows["group"].unique() if group != together]
    rows = rows[rows["group"] != together]
    ends = rows.loc[rows.groupby("group", sort=False)["year"].idxmax()]
    # The latest figure is on the side away from the line of all trusts.
    level = behind["percent"].iloc[behind["year"].argmax()] if len(behind) else -1.0
    behind = pd.concat([behind.assign(group=group) for group in groups]) if len(behind) else behind
    years = sorted(set(rows["year"]))
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[years[0] - 0.25, years[-1] + 0.25], nice=False),
        axis=alt.Axis(values=[years[0], years[-1]], format="d", grid=False, labelFlush=20),
    )
    y = alt.Y("percent:Q", title=None, scale=_panel_scale(rows), axis=alt.Axis(tickCount=4))
    kept = ["group", "year", "percent", "lower", "upper", "segment", "shown", "said"]
    # One table for all layers: panels are cut from one.
    table = pd.concat(
        [
            rows[kept].assign(part="group"),
            behind[kept].assign(part="behind"),
            ends[kept].assign(part=(ends["percent"] < level).map({True: "low end", False: "high end"})),
        ],
        ignore_index=True,
    )
    base = alt.Chart().encode(x=x)

    def part(name: str) -> alt.Chart:
        return base.transform_filter(alt.datum.part == name)

    return _panels(
        part("behind")
        .mark_line(color=GREY, strokeWidth=2, strokeDash=[5, 3])
        .encode(y=y, detail=alt.Detail("segment:N")),
        part("group").mark_line(color=DARK_BLUE, strokeWidth=2).encode(y=y, detail=alt.Detail("segment:N")),
        part("group")
        .mark_rule(color=DARK_BLUE, strokeWidth=2)
        .encode(y=alt.Y("lower:Q", title=None), y2=alt.Y2("upper:Q")),
        part("group")
        .mark_point(color=DARK_BLUE, size=40, aria=True)
        .encode(y=y, description=alt.Description("said:N")),
        *(
            part(name).mark_text(align="right", dx=8, dy=shift, fontWeight="bold").encode(y=y, text=alt.Text("shown:N"))
            for name, shift in (("high end", -14), ("low end", 17))
        ),
        table=table,
        groups=groups,
        columns=columns,
    )


#: Panels are close enough for three in the width of a page.
_PANEL_WIDTH = 158
_PANEL_SPACE = {"row": 58, "column": 22}


def _panels(*layers: alt.Chart, table: pd.DataFrame, groups: Sequence[str], columns: int) -> FacetedChart:
    """Draw the layers of each group in a panel of its own."""
    return FacetedChart(
        data=table,
        spec=layered(*layers, width=_PANEL_WIDTH, height=110),
        facet=alt.Facet("group:N", sort=list(groups)),
        columns=columns,
        bounds="flush",
        spacing=_PANEL_SPACE,
        # Each its own, or an axis would be under the empty places of the last row.
        resolve=alt.Resolve(axis=alt.AxisResolveMap(x="independent")),
    )


def _panel_scale(rows: pd.DataFrame) -> alt.Scale:
    """From zero, with room for a figure above the line."""
    return _from_zero(rows["percent"].max(), room=0.3)


def months_by_group_chart(rows: pd.DataFrame, *, columns: int = 3) -> FacetedChart:
    """A monthly percentage in small panels, one a group; an upright line marks a change of recording.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``group``, ``month``, ``percent``, ``recording``; groups in the order of the chart.
    columns : int
        Panels in a row.
    """
    groups = list(rows["group"].unique())
    rows = rows.reset_index(drop=True).assign(
        percent=rows["percent"].round(1).to_numpy(),
        shown=rows["percent"].map(words.percent).to_numpy(),
        said=[
            f"{row.group}, {words.MONTHS[row.month.month - 1]} {row.month.year}: {words.percent(row.percent)}"
            for row in rows_of(rows)
        ],
    )
    kept = ["group", "month", "percent", "recording", "shown", "said"]
    breaks = rows.loc[rows["recording"] > rows["recording"].min()].drop_duplicates("group")
    # The latest month and the same month of each year are marked, and say their figure.
    ends = rows.loc[rows.groupby("group", sort=False)["month"].idxmax()]
    marked = rows[rows["month"].dt.month == ends["month"].max().month]
    table = pd.concat(
        [
            rows[kept].assign(said="", part="line"),
            breaks[kept].assign(part="break"),
            marked[kept].assign(part="mark"),
            ends[kept].assign(part="end"),
        ],
        ignore_index=True,
    )
    x = alt.X("month:T", title=None, axis=alt.Axis(format="%Y", tickCount=3, grid=False, labelAngle=0))
    y = alt.Y("percent:Q", title=None, scale=_panel_scale(rows), axis=alt.Axis(tickCount=4))
    base = alt.Chart().encode(x=x)

    def part(name: str) -> alt.Chart:
        return base.transform_filter(alt.datum.part == name)

    return _panels(
        part("line").mark_line(color=DARK_BLUE, strokeWidth=2).encode(y=y, detail=alt.Detail("recording:N")),
        # below the figure of the latest month
        part("break").mark_rule(strokeDash=[2, 3]).encode(y=alt.YValue(20), y2=alt.Y2Value(110)),
        part("mark").mark_point(color=DARK_BLUE, size=30, aria=True).encode(y=y, description=alt.Description("said:N")),
        part("end")
        .mark_text(align="right", dx=8, baseline="top", fontWeight="bold")
        .encode(y=alt.YValue(0), text=alt.Text("shown:N")),
        table=table,
        groups=groups,
        columns=columns,
    )


#: The width of a dot of a distribution with the space around it, in pixels.
_DOT = 7
#: The same of one that shows several trusts.
_LARGE_DOT = 18


def distribution_chart(
    rows: pd.DataFrame,
    *,
    x_title: str,
    series: Sequence[str] = (),
    centre: Mapping[str, float] | None = None,
    unit: words.Unit = "gap",
) -> LayeredChart:
    """Every trust as a dot, one row a kind of trust or a region; equal figures are piled up.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``group`` (the row), ``trust_code``, ``trust_name``, ``value``, ``said`` (the figure in words)
        and, with `series`, ``series``; groups in the order of the chart.
    x_title : str
        What ``value`` is.
    series : sequence of str
        Up to two.
    centre : mapping of str to float
        Upright lines: name and value.
    unit : {"gap", "percent", "points"}
        What ``value`` is: a difference with its sign, a percentage, or points without a sign.

    Notes
    -----
    Dots are drawn at the middle of a narrow class, so that each is seen; a label says the figure itself.
    Of more than :data:`MOST_MARKS` trusts those of a class are one dot, the larger the more.
    """
    groups = list(rows["group"].unique())
    width = 440
    low, high = rows["value"].min(), rows["value"].max()
    many = len(rows) > MOST_MARKS
    step = (high - low) * (_LARGE_DOT if many else _DOT) / width or 1.0
    rows = rows.sort_values(["value", "trust_code"], kind="stable").assign(
        place=lambda d: (((d["value"] - low) / step).round() * step + low).round(2)
    )
    if many:
        rows["pile"] = (2 * rows["series"].map(list(series).index) - len(series) + 1) if series else 0
    else:
        # 0, 1, -1, 2, -2 and so on away from the middle of the row.
        order = rows.groupby(["group", "place"]).cumcount()
        rows["pile"] = np.where(order % 2 == 1, (order + 1) // 2, -(order // 2))
    half = max(1, int(rows["pile"].abs().max())) + 1
    medians = rows.groupby("group")["value"].median()
    heads = {
        group: f"{group}|{(rows['group'] == group).sum()} trusts, median {words.in_unit(medians[group], unit)}"
        for group in groups
    }
    rows = rows.assign(row=rows["group"].map(heads))
    rows["series"] = rows["series"] if series else "Each trust"
    area = {}
    if many:
        rows = (
            rows.groupby(["group", "row", "place", "pile", "series"], sort=False).size().rename("trusts").reset_index()
        )
        rows["said"] = [
            f"{row.group}: {_number_of_trusts(row.trusts)} around {words.in_unit(row.place, unit)}"
            + (f", {words.lower_first(row.series)}" if series else "")
            for row in rows_of(rows)
        ]
        area = {"size": _area(rows["trusts"])}
    else:
        rows["said"] = [f"{trust_label(row.trust_code, row.trust_name)}: {row.said}" for row in rows_of(rows)]
    names = list(series) or ["Each trust"]
    x = alt.X("place:Q", title=x_title, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=True))
    y = alt.Y("row:N", sort=list(heads.values()), axis=_LINES, scale=alt.Scale(paddingInner=0.25))
    offset = alt.YOffset("pile:Q", scale=alt.Scale(domain=[-half, half]))
    colours, shapes = [DARK_BLUE, ORANGE], ["circle", "diamond"]
    # Dots of one row are reached from left to right.
    rows["at"] = rows["group"].map(groups.index)
    rows = rows.sort_values(["at", "place", "pile"], kind="stable")
    rows = rows[["row", "place", "pile", "series", "said", *(["trusts"] if many else [])]]
    legend = alt.Legend() if series else None
    layers = [
        alt.Chart(rows[rows["series"] == name])
        .mark_point(size=30, aria=True)
        .encode(
            x=x,
            y=y,
            yOffset=offset,
            description=alt.Description("said:N"),
            shape=alt.Shape("series:N", scale=alt.Scale(domain=names, range=shapes[: len(names)]), legend=legend),
            color=alt.Color("series:N", scale=alt.Scale(domain=names, range=colours[: len(names)]), legend=legend),
            **area,
        )
        for name in names
    ]
    lines = pd.DataFrame({"place": list((centre or {}).values()), "name": list(centre or {})}).round(1)
    upright = alt.Chart(lines).encode(x=x)
    layers[:0] = [upright.mark_rule(strokeDash=[4, 3])] if len(lines) else []
    if len(lines):
        layers.append(
            upright.mark_text(baseline="bottom", dy=-3, fontSize=13).encode(y=alt.YValue(0), text=alt.Text("name:N"))
        )
    return layered(*layers, width=width, height=alt.Step(max(52, _DOT * 2 * half)))


def scatter_chart(rows: pd.DataFrame, *, x_title: str, y_title: str, series: Sequence[str]) -> LayeredChart:
    """Each trust by two measures.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``trust_code``, ``trust_name``, ``x``, ``y``, ``series`` and ``said`` (both figures in words);
        measures in per cent or points.
    x_title, y_title : str
        What is measured along and upwards.
    series : sequence of str
        Up to three, the first drawn on top.

    Notes
    -----
    Of more than :data:`MOST_MARKS` trusts those of a class of both measures are one mark, the larger the more.
    """
    area = {}
    if len(rows) > MOST_MARKS:
        # so that the largest marks are side by side
        steps = {name: (rows[name].max() - rows[name].min()) / number or 1.0 for name, number in (("x", 22), ("y", 14))}
        rows = _gathered(rows, "series", steps).round({"x": 1, "y": 1})
        rows["said"] = [
            f"{row.series}: {_number_of_trusts(row.trusts)} around {row.x:.1f} along and {row.y:.1f} upwards"
            for row in rows_of(rows)
        ]
        area = {"size": _area(rows["trusts"])}
        rows = rows[["x", "y", "series", "trusts", "said"]]
    else:
        rows = rows.sort_values(["x", "trust_code"]).round({"x": 1, "y": 1})
        rows["said"] = [f"{trust_label(row.trust_code, row.trust_name)}: {row.said}" for row in rows_of(rows)]
        rows = rows[["x", "y", "series", "said"]]
    colours, shapes = [ORANGE, DARK_BLUE, GREY], ["diamond", "circle", "triangle-up"]
    names = [name for name in series if name in set(rows["series"])]
    x = alt.X("x:Q", title=x_title, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=False))
    y = alt.Y("y:Q", title=None, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=False))
    return layered(
        *(
            alt.Chart(rows[rows["series"] == name])
            .mark_point(size=45, aria=True)
            .encode(
                x=x,
                y=y,
                description=alt.Description("said:N"),
                color=alt.Color("series:N", scale=alt.Scale(domain=names, range=colours[: len(names)])),
                shape=alt.Shape("series:N", scale=alt.Scale(domain=names, range=shapes[: len(names)])),
                **area,
            )
            for name in reversed(names)
        ),
        width=500,
        height=320,
        title=_title_above(y_title),
    )


#: Boards whose areas are too small to see on a map of England.
LONDON = ("QMJ", "QMF", "QKK", "QWE", "QRV")


def system_map(
    rows: pd.DataFrame, boundaries: Mapping, *, classes: Sequence[str], title: str, no_figure: str = ""
) -> alt.HConcatChart:
    """A map of integrated care boards in at most four classes, London larger next to it.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``system_code``, ``number`` (on the map and in the table), ``class`` and ``said``.
    boundaries : mapping
        GeoJSON with ``system_code`` (:func:`race_equality.store.geography.read_system_boundaries`).
    classes : sequence of str
        In order, from light to dark; at most three with figures.
    title : str
        Above the legend.
    no_figure : str
        The class that stays white, which is the first.
    """
    colours = STEPS if no_figure else STEPS[1:]
    if len(classes) > len(colours):
        raise ValueError(f"A map has at most three classes with figures and one without, not {len(classes)}.")
    by_code = rows.set_index("system_code")
    features, labels = [], []
    for feature in boundaries["features"]:
        code = feature["properties"]["system_code"]
        row = by_code.loc[code]
        told = {"code": code, "number": f"{row['number']}", "class": row["class"], "said": row["said"]}
        features.append({"type": "Feature", "geometry": feature["geometry"], "properties": {}} | told)
        longitude, latitude = _middle(feature["geometry"])
        labels.append(told | {"longitude": longitude, "latitude": latitude})
    scale = alt.Scale(domain=list(classes), range=colours[: len(classes)])
    light_text = [name for name, colour in zip(classes, colours, strict=False) if colour == STEPS[-1]]

    def drawn(codes, width: int, height: int, size: int, numbers) -> alt.LayerChart:
        areas = [feature for feature in features if feature["code"] in codes]
        shapes = (
            alt.Chart(alt.Data(values=areas))
            .mark_geoshape(stroke=DARK_GREY, strokeWidth=0.8, aria=True)
            .encode(
                color=alt.Color(
                    "class:N",
                    scale=scale,
                    legend=alt.Legend(
                        symbolType="square", columns=2, symbolStrokeColor=DARK_GREY, symbolStrokeWidth=0.8
                    ),
                ),
                description=alt.Description("said:N"),
            )
        )
        text = (
            alt.Chart(alt.Data(values=[label for label in labels if label["code"] in numbers]))
            .mark_text(fontSize=size)
            .encode(
                longitude=alt.Longitude("longitude:Q"),
                latitude=alt.Latitude("latitude:Q"),
                text=alt.Text("number:N"),
                color=alt.condition(
                    alt.FieldOneOfPredicate("class", light_text), alt.value("white"), alt.value(DARK_GREY)
                )
                if light_text
                else alt.value(DARK_GREY),
            )
        )
        # The projection of the national grid, near enough.
        return (
            alt.LayerChart(layer=[shapes, text])
            .project(type="transverseMercator", rotate=[2, 0, 0])
            .properties(width=width, height=height)
        )

    every = [feature["code"] for feature in features]
    country = drawn(every, 400, 500, 11, [code for code in every if code not in LONDON])
    inset = drawn(LONDON, 150, 130, 13, LONDON).properties(title=_title_above("London"))
    return alt.hconcat(country, inset, spacing=5).properties(title=_title_above(title))


def _middle(geometry: Mapping) -> tuple[float, float]:
    """The centroid of the largest part of an area, in degrees."""
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    found = (0.0, 0.0, 0.0)
    for polygon in polygons:
        x, y = np.asarray(polygon[0], dtype="float64").T
        cross = x[:-1] * y[1:] - x[1:] * y[:-1]
        area = cross.sum() / 2
        if abs(area) > found[0]:
            middle = [((values[:-1] + values[1:]) * cross).sum() / (6 * area) for values in (x, y)]
            found = (abs(area), *middle)
    return round(found[1], 3), round(found[2], 3)


def dot_plot(rows: pd.DataFrame, *, x_title: str, signed: bool) -> LayeredChart:
    """Draw this trust and England with their intervals, small enough for a part of a page.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``series`` (this trust first), ``value``, ``lower``, ``upper``. The table next to the
        chart holds the same figures.
    x_title : str
    signed : bool
        Whether values are gaps, which have a sign and a line at zero, or percentages.
    """
    labels, series = list(dict.fromkeys(rows["label"])), list(dict.fromkeys(rows["series"]))
    said = [
        f"{row.label}, {words.lower_first(row.series)}: {words.points(row.value) if signed else words.percent(row.value)} "
        f"({words.interval(row.lower, row.upper, signed=signed)})"
        for row in rows_of(rows)
    ]
    rows = rows[["label", "series", "value", "lower", "upper"]].assign(said=said).round(1)
    titled = alt.Axis(tickCount=6, title=x_title)
    base = alt.Chart().encode(
        y=alt.Y("label:N", sort=labels, axis=alt.Axis(title=None, grid=False, domain=False, ticks=False)),
        yOffset=alt.YOffset("series:N", sort=series, scale=alt.Scale(paddingOuter=0.6)),
        color=alt.Color("series:N", sort=series, scale=alt.Scale(domain=series, range=[DARK_BLUE, ORANGE])),
    )
    layers = [
        base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", axis=titled), x2=alt.X2("upper:Q")),
        base.mark_point(size=90, aria=True).encode(
            x=alt.X("value:Q", axis=titled),
            shape=alt.Shape("series:N", sort=series, scale=alt.Scale(domain=series, range=["circle", "square"])),
            description=alt.Description("said:N"),
        ),
    ]
    if signed:
        zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(strokeDash=[4, 3])
        layers.insert(0, zero.encode(x=alt.X("zero:Q", axis=titled)))
    # five rows take the room of four
    return layered(*layers, data=rows, width=235, height=alt.Step(12 if len(labels) < 5 else 10))
