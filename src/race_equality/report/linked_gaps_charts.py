"""The gap among staff against the gap among patients, trust by trust, and the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from race_equality.report import words
from race_equality.report.chart_builders import MOST_MARKS, trust_label, wrap
from race_equality.report.charts import DARK_BLUE, DARK_GREY, GREY, ORANGE, TURQUOISE, LayeredChart, layered
from race_equality.store.rows import rows_of

#: Lines of other trusts' intervals: behind everything, and still seen in print.
_FAINT = "#C4C4C4"
_THIS = "This trust"
#: Colour, shape and size of a series; the first is drawn on top.
_LOOKS = {
    _THIS: (DARK_BLUE, "circle", 190),
    "Similar trusts": (ORANGE, "square", 50),
    "London": (ORANGE, "diamond", 55),
    "Elsewhere": (DARK_BLUE, "circle", 38),
    "Other trusts": (GREY, "triangle-up", 26),
}
_ROW = alt.Axis(
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


def two_gaps_chart(
    rows: pd.DataFrame, *, staff_title: str, patients_title: str, highlight: str | None = None, intervals: bool = True
) -> LayeredChart:
    """Each trust by its gap among staff and its gap among patients, with lines at no gap.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``trust_code``, ``trust_name``, ``series`` ("This trust", "Similar trusts" and "Other trusts", or "London" and
        "Elsewhere"), and for each of ``staff`` and ``patients`` the gap, ``_lower`` and ``_upper``, in points.
    staff_title, patients_title : str
        What is measured along and upwards.
    highlight : str, optional
        The trust that is named and has bold intervals.
    intervals : bool
        Whether other trusts' intervals are drawn as well, faint.

    Notes
    -----
    A few small trusts have intervals that are many times as wide as the others': they end at the edge of the picture. One
    that lies far from all others is not drawn: :func:`left_out` names it.

    Of more than :data:`race_equality.report.chart_builders.MOST_MARKS` trusts only the highlighted one and similar ones
    keep a mark of their own; the others are counted by class, a mark a class.
    """
    order_of = list(zip(rows["staff"].tolist(), rows["trust_code"].tolist(), strict=True))
    rows = rows.iloc[sorted(np.flatnonzero(_is_drawn(rows, highlight)).tolist(), key=lambda place: order_of[place])]
    is_here = rows["trust_code"].eq(highlight or "")
    many = rows.iloc[:0]
    if len(rows) > MOST_MARKS:
        is_one_of_many = rows["series"].isin(["Other trusts", "London", "Elsewhere"]) & ~is_here
        many, rows, intervals = rows[is_one_of_many], rows[~is_one_of_many], False
    rows = rows.assign(**{name: rows[name].round(1) for name in rows.columns if name.startswith(("staff", "patients"))})
    rows["said"] = [
        f"{trust_label(row.trust_code, row.trust_name)}: staff {words.points(row.staff)} "
        f"({words.interval(row.staff_lower, row.staff_upper)}), patients {words.points(row.patients)} "
        f"({words.interval(row.patients_lower, row.patients_upper)})"
        for row in rows_of(rows)
    ]
    here = rows[rows["trust_code"] == highlight] if highlight else rows.iloc[:0]
    every = pd.concat([rows, many]) if len(many) else rows
    series = every["series"].unique().tolist()
    order = [name for name in _LOOKS if name in series]
    x = alt.X("staff:Q", title=staff_title, axis=alt.Axis(tickCount=6), scale=_room(every, here, "staff"))
    y = alt.Y("patients:Q", title=None, axis=alt.Axis(tickCount=6), scale=_room(every, here, "patients"))
    zero = alt.Chart(pd.DataFrame({"zero": [0]}))
    layers = [
        zero.mark_rule(strokeDash=[4, 3]).encode(x=alt.X("zero:Q", title=staff_title)),
        zero.mark_rule(strokeDash=[4, 3]).encode(y=alt.Y("zero:Q", title=None)),
    ]
    if intervals:
        others = rows[rows["trust_code"] != highlight] if highlight else rows
        layers += _crosses(others, staff_title, _FAINT, 1)
    area = {}
    if len(many):
        many = _classes(many)
        area = {
            "size": alt.Size(
                "trusts:Q", legend=None, scale=alt.Scale(domain=[1, int(many["trusts"].max())], range=[14, 200])
            )
        }
    domain = alt.Scale(domain=order, range=[_LOOKS[name][0] for name in order])
    shapes = alt.Scale(domain=order, range=[_LOOKS[name][1] for name in order])
    legend = alt.Legend() if len(order) > 1 else None
    for name in reversed(order):
        if name == _THIS:
            layers += _crosses(here, staff_title, DARK_BLUE, 3)
        for table, size in ((rows, {}), (many, area)):
            columns = ["staff", "patients", "series", "said", *(["trusts"] if size else [])]
            drawn = table.loc[table["series"] == name, columns] if len(table) else table
            if len(drawn):
                layers.append(
                    alt.Chart(drawn)
                    .mark_point(size=_LOOKS[name][2], aria=True)
                    .encode(
                        x=x,
                        y=y,
                        color=alt.Color("series:N", sort=order, scale=domain, legend=legend),
                        shape=alt.Shape("series:N", sort=order, scale=shapes, legend=legend),
                        description=alt.Description("said:N"),
                        **size,
                    )
                )
    if len(here):
        left = bool(here["staff"].iloc[0] > rows["staff"].quantile(0.7))
        place: dict[str, Any] = {
            "align": "right" if left else "left",
            "dx": -12 if left else 12,
            "dy": -14,
            "fontWeight": "bold",
        }
        label = alt.Chart(here[["staff", "patients", "trust_code"]]).encode(x=x, y=y, text=alt.Text("trust_code:N"))
        layers += [label.mark_text(**place, stroke="white", strokeWidth=5), label.mark_text(**place)]
    look: dict[str, Any] = {
        "anchor": "start",
        "frame": "group",
        "fontSize": 14,
        "fontWeight": "normal",
        "color": DARK_GREY,
    }
    return layered(*layers, width=480, height=320, title=alt.TitleParams(patients_title, **look))


def left_out(rows: pd.DataFrame, *, highlight: str | None = None) -> str:
    """Say in a caption which trusts lie so far from the others that :func:`two_gaps_chart` does not draw them.

    Parameters
    ----------
    rows : pandas.DataFrame
        As that function takes them.
    highlight : str, optional
        The trust that is always drawn.

    Returns
    -------
    str
        A sentence to follow another, without a stop; empty where all trusts are drawn.
    """
    far = rows[~_is_drawn(rows, highlight)]
    named = [
        f"{trust_label(row['trust_code'], row['trust_name'])}, staff {words.points(row['staff'])} and patients "
        f"{words.points(row['patients'])}"
        for row in far.sort_values(["patients", "trust_code"]).to_dict("records")
    ]
    return f". Too far away for the picture: {'; '.join(named)}" if named else ""


#: A trust is far away beyond so many times the typical distance from the middle (the median absolute deviation).
_FAR = 10


def _is_drawn(rows: pd.DataFrame, highlight: str | None) -> np.ndarray:
    drawn = rows["trust_code"].eq(highlight or "").to_numpy()
    if not len(rows):
        return drawn
    gaps = rows[["staff", "patients"]].to_numpy()
    distance = np.abs(gaps - np.nanmedian(gaps, axis=0))
    return drawn | (distance <= _FAR * np.maximum(np.nanmedian(distance, axis=0), 0.1)).all(axis=1)


def _room(rows: pd.DataFrame, here: pd.DataFrame, side: str) -> alt.Scale:
    """Room for every mark, for nineteen of twenty intervals and for the highlighted trust's, and for no gap."""
    gaps, lower, upper = (rows[f"{side}{end}"].to_numpy() for end in ("", "_lower", "_upper"))
    low = min(0.0, np.nanmin(gaps), np.nanquantile(lower, 0.025), *here[f"{side}_lower"])
    high = max(0.0, np.nanmax(gaps), np.nanquantile(upper, 0.975), *here[f"{side}_upper"])
    return alt.Scale(domain=[float(np.floor(low)) - 0.5, float(np.ceil(high)) + 0.5], nice=False)


def _crosses(rows: pd.DataFrame, staff_title: str, colour: str, width: float) -> list[alt.Chart]:
    """Both intervals of each trust."""
    columns = ["staff", "staff_lower", "staff_upper", "patients", "patients_lower", "patients_upper"]
    base = alt.Chart(rows[columns]).mark_rule(color=colour, strokeWidth=width, clip=True)
    return [
        base.encode(
            x=alt.X("staff_lower:Q", title=staff_title), x2=alt.X2("staff_upper:Q"), y=alt.Y("patients:Q", title=None)
        ),
        base.encode(
            y=alt.Y("patients_lower:Q", title=None),
            y2=alt.Y2("patients_upper:Q"),
            x=alt.X("staff:Q", title=staff_title),
        ),
    ]


def _classes(rows: pd.DataFrame) -> pd.DataFrame:
    """Trusts by class of both gaps, at the middle of the class."""
    steps = {
        name: (rows[name].max() - rows[name].min()) / number or 1.0
        for name, number in (("staff", 22), ("patients", 14))
    }
    places = [((rows[name] // step + 0.5) * step).rename(name) for name, step in steps.items()]
    rows = rows.groupby([rows["series"], *places]).size().rename("trusts").reset_index().round(dict.fromkeys(steps, 1))
    rows["said"] = [
        f"{row['series']}: {row['trusts']:,} trust{'' if row['trusts'] == 1 else 's'} around {words.points(row['staff'])} "
        f"among staff and {words.points(row['patients'])} among patients"
        for row in rows.to_dict("records")
    ]
    return rows


def links_chart(rows: pd.DataFrame, *, series: Sequence[str]) -> LayeredChart:
    """Links with their intervals around zero, from −1 to 1: one row a group of patients, a shape a series.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``label``, ``series``, ``correlation``, ``lower``, ``upper``; in the order of the chart. A link that could not be
        estimated is left out by the caller.
    series : sequence of str
        Up to three.
    """
    labels = [wrap(label, 36) for label in rows["label"].unique()]
    names = [name for name in series if name in set(rows["series"])]
    said = [
        f"{row['label']}, {words.lower_first(row['series'])}: "
        + words.correlation(row["correlation"], row["lower"], row["upper"]).replace("(", "(95% interval ")
        for row in rows.to_dict("records")
    ]
    shown = [words.correlation(value, value, value).split(" ")[0] for value in rows["correlation"]]
    rows = rows.assign(said=said, shown=shown, label=[wrap(label, 36) for label in rows["label"]])
    rows = rows.round({"correlation": 2, "lower": 2, "upper": 2})
    rows["end"] = np.where(rows["correlation"] >= 0, rows["upper"], rows["lower"])
    rows = rows[["label", "series", "correlation", "lower", "upper", "end", "said", "shown"]]
    title = "Correlation between the two gaps, across trusts"
    scale = alt.Scale(domain=[-1.15, 1.15], nice=False)
    axis = alt.Axis(values=[-1, -0.5, 0, 0.5, 1])
    looks = alt.Scale(domain=names, range=[DARK_BLUE, ORANGE, TURQUOISE][: len(names)])
    shapes = alt.Scale(domain=names, range=["circle", "square", "diamond"][: len(names)])
    legend = alt.Legend() if len(names) > 1 else None
    base = alt.Chart().encode(
        y=alt.Y("label:N", sort=labels, axis=_ROW),
        yOffset=alt.YOffset("series:N", sort=names, scale=alt.Scale(paddingOuter=0.7)),
        color=alt.Color("series:N", sort=names, scale=looks, legend=legend),
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(strokeDash=[4, 3])
    sides: tuple[tuple[Any, dict[str, Any]], ...] = (
        (alt.datum.correlation >= 0, {"align": "left", "dx": 8}),
        (alt.datum.correlation < 0, {"align": "right", "dx": -8}),
    )
    return layered(
        zero.encode(x=alt.X("zero:Q", title=title, scale=scale, axis=axis)),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("lower:Q", title=title, scale=scale, axis=axis), x2=alt.X2("upper:Q")
        ),
        base.mark_point(size=110, aria=True).encode(
            x=alt.X("correlation:Q", title=title, scale=scale, axis=axis),
            shape=alt.Shape("series:N", sort=names, scale=shapes, legend=legend),
            description=alt.Description("said:N"),
        ),
        # a figure is on the far side of its interval, away from the line at zero
        *(
            base.transform_filter(side)
            .mark_text(**place)
            .encode(
                x=alt.X("end:Q", title=title, scale=scale, axis=axis),
                text=alt.Text("shown:N"),
                color=alt.ColorValue(DARK_GREY),
            )
            for side, place in sides
        ),
        data=rows,
        width=400,
        height=alt.Step(20),
    )
