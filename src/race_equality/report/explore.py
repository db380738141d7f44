"""The page on which a reader chooses two measures of all trusts: the data of its chart, the chart, and the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import pandas as pd

from race_equality.definitions.indicators import BY_ID
from race_equality.definitions.units import DECIMALS
from race_equality.definitions.units import WORDS as UNIT_WORDS
from race_equality.report.charts import DARK_BLUE, DARK_GREY, GREY, ORANGE, layered
from race_equality.report.display import Linked
from race_equality.report.measures_of_trusts import SERIES
from race_equality.report.words import MINUS, period, staff_group
from race_equality.store.rows import rows_of
from race_equality.store.trust import Succession

#: What a reader chooses who does not narrow a choice down.
EVERY = "All"
#: Headings over the measures, by the theme of their records.
HEADINGS = {
    "return": "Workforce Race Equality Standard (WRES)",
    "experience": "Workforce Race Equality Standard (WRES)",
    "survey": "NHS Staff Survey, all staff",
    "grounds": "NHS Staff Survey, all staff",
    "respondents": "Workforce",
    "workforce": "Workforce",
    "catchment": "People in the catchment",
    "deliveries": "Maternity",
    "births": "Maternity",
    "access": "Waits and A&E, all patients",
    "patients by group": "Patients by ethnic group, deprivation, age and sex",
}
WIDTH, HEIGHT = 560, 440
#: Numbers of a cell, of which the last that are missing are left out.
_CELL = ("value", "lower", "upper", "people")


@dataclass(frozen=True)
class Choice:
    """A measure that is drawn along one side of the chart.

    Parameters
    ----------
    measure, group : str
        As in the table of measures; the latest period of it is taken.
    unit : str, optional
        Where a measure has several; the first without it.
    """

    measure: str
    group: str
    unit: str = ""


class Explorer:
    """The measures of all trusts in the form in which the page's chart holds them.

    Parameters
    ----------
    measures : pandas.DataFrame
        From :func:`race_equality.report.measures_of_trusts.measures_of_trusts`.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.
    across, up : Choice
        What the chart shows before a reader chooses.
    successions : iterable of Succession, optional
        What closed, so that an address with a closed trust is answered.

    Raises
    ------
    ValueError
        When there is no such measure and group.
    """

    def __init__(
        self,
        measures: pd.DataFrame,
        trusts: pd.DataFrame,
        *,
        across: Choice,
        up: Choice,
        successions: Iterable[Succession] = (),
    ) -> None:
        self._measures, self._trusts = measures, trusts.sort_values(["trust_name", "trust_code"], kind="stable")
        #: A row for each measure, group, unit and period: what a reader can choose.
        self.series = measures.drop_duplicates([*SERIES, "period_end"]).reset_index(drop=True)
        self.across, self.up = self._place(across), self._place(up)
        self._closed = {
            one.old_code: [one.old_name, one.new_code] for one in successions if one.relation in ("merger", "divided")
        }

    def _place(self, choice: Choice) -> int:
        of_it = (self.series["measure"] == choice.measure) & (self.series["group"] == choice.group)
        if choice.unit:
            of_it &= self.series["unit"] == choice.unit
        found = self.series[of_it]
        if found.empty:
            raise ValueError(f"No trust has a figure of {choice.measure!r} for {choice.group!r}.")
        return int(found.index[found["unit"] == found["unit"].iloc[0]][-1])

    # -- data --------------------------------------------------------------------------------------

    @cached_property
    def _why(self) -> list[str]:
        """Why a figure is missing: each reason once."""
        return [why for why in self._measures["why"].unique() if why]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each trust, with a cell for each of the series.

        A cell is ``[value, lower, upper, people]``, rounded as in the downloads, without what is missing at its end; or the
        number of the reason why there is no figure.
        """
        table = self._measures
        # lists, because to go through a column of text takes ten times as long
        units, whys, codes = (table[name].tolist() for name in ("unit", "why", "trust_code"))
        numbers = (table[name].to_numpy(dtype="float64").tolist() for name in _CELL)
        reasons = {why: place for place, why in enumerate(self._why)}
        cells: list[Any] = []
        for unit, why, value, *others, people in zip(units, whys, *numbers, strict=True):
            if why:
                cells.append(reasons[why])
                continue
            cell = [_number(number, DECIMALS[unit]) for number in (value, *others)]
            if people == people:
                cells.append([*cell, _number(people, 0)])
            else:
                cells.append(cell[:1] if cell[1] is None else cell)
        place = pd.MultiIndex.from_frame(self.series[[*SERIES, "period_end"]]).get_indexer(
            pd.MultiIndex.from_frame(table[[*SERIES, "period_end"]])
        )
        by_trust: dict[str, list[Any]] = {code: [None] * len(self.series) for code in self._trusts["trust_code"]}
        for code, column, cell in zip(codes, place.tolist(), cells, strict=True):
            by_trust[code][column] = cell
        return [
            {
                "code": trust.trust_code,
                "name": trust.trust_name,
                "kind": _capital(trust.kind),
                "region": trust.region or "Not given",
                "system": trust.system or "None",
                "cells": by_trust[trust.trust_code],
            }
            for trust in rows_of(self._trusts)
        ]

    @cached_property
    def titles(self) -> list[str]:
        """What is written along a side of the chart, in two lines, by series."""
        return [
            f"{one.label}\n{staff_group(one.group)}, {period(one.period_start, one.period_end)} ({_unit(one.unit)})"
            for one in rows_of(self.series)
        ]

    @property
    def about(self) -> dict[str, Any]:
        """What the page's script has to know of the data, next to the chart."""
        measures = {
            id: {"name": BY_ID[id].title, "heading": HEADINGS.get(BY_ID[id].theme, "Other measures")}
            for id in self.series["measure"].unique()
        }
        units = {
            unit: {"name": _unit(unit), "decimals": DECIMALS[unit], **_AROUND.get(unit, {})}
            for unit in self.series["unit"].unique()
        }
        return {
            "series": [
                [
                    one.measure,
                    one.group,
                    one.unit,
                    f"{one.period_end:%Y-%m-%d}",
                    period(one.period_start, one.period_end),
                    f"{one.period_start:%Y-%m-%d}",
                ]
                for one in rows_of(self.series)
            ],
            "measures": measures,
            "groups": {name: words for name in self.series["group"].unique() if (words := staff_group(name)) != name},
            "units": units,
            "why": self._why,
            "closed": self._closed,
        }

    # -- the chart ---------------------------------------------------------------------------------

    def chart(self) -> alt.TopLevelMixin:
        """Draw each trust at its two figures, with both intervals.

        Returns
        -------
        altair chart
            Of the rows that :attr:`rows` has under the name "trusts", with Vega's own parameters: ``x`` and ``y``, numbers of series; ``kind``, ``region`` and ``system``, of the trusts
            that are drawn; ``find``, part of a name or a code; ``brush``, the trusts in a rectangle. JupyterLab shows a
            box for each; the page's script sets them.
        """
        labels = [title.replace("\n", ". ") for title in self.titles]
        numbers = list(range(len(labels)))
        parameters = [
            alt.param(
                name="x", value=self.across, bind=alt.binding_select(options=numbers, labels=labels, name="Across: ")
            ),
            alt.param(name="y", value=self.up, bind=alt.binding_select(options=numbers, labels=labels, name="Up: ")),
            *(
                alt.param(
                    name=name,
                    value=EVERY,
                    bind=alt.binding_select(
                        options=[EVERY, *sorted({row[name] for row in self.rows})], name=f"{_capital(name)}: "
                    ),
                )
                for name in ("kind", "region", "system")
            ),
            alt.param(name="find", value="", bind=alt.binding(input="search", name="Find a trust: ")),
            alt.param(name="titles", value=self.titles),
            alt.param(name="measures", value=self.series["measure"].tolist()),
            alt.param(name="units", value=self.series["unit"].tolist()),
        ]
        brush = alt.selection_interval(name="brush", encodings=["x", "y"])
        scale = alt.Scale(zero=False, nice=True, padding=8)
        axis = alt.Axis(title=None, format=",~f", tickCount=6)
        x = alt.X("across_value:Q", scale=scale, axis=axis)
        y = alt.Y("up_value:Q", scale=scale, axis=axis)
        faint = alt.condition(brush, alt.value(0.45), alt.value(0.08))
        across = alt.Chart().mark_rule(color=GREY).encode(x="across_lower:Q", x2="across_upper:Q", y=y, opacity=faint)
        up = alt.Chart().mark_rule(color=GREY).encode(x=x, y="up_lower:Q", y2="up_upper:Q", opacity=faint)
        points = (
            alt.Chart(name="trusts_drawn")
            .mark_point(color=DARK_BLUE, size=60, aria=True)
            .encode(
                x=x,
                y=y,
                opacity=alt.condition(brush, alt.value(1), alt.value(0.2)),
                description="said:N",
                tooltip=[
                    alt.Tooltip("label:N", title="Trust"),
                    alt.Tooltip("across_said:N", title="Across"),
                    alt.Tooltip("up_said:N", title="Up"),
                ],
            )
            .add_params(brush)
        )
        found = alt.Chart().transform_filter("datum.found")
        ring = found.mark_point(shape="diamond", color=ORANGE, stroke=DARK_GREY, strokeWidth=1.5, size=190).encode(
            x=x, y=y
        )
        name = found.mark_text(dy=-15, fontWeight="bold").encode(x=x, y=y, text="code:N")
        return layered(
            self._none("x"),
            self._none("y"),
            self._the_same(),
            across,
            up,
            points,
            ring,
            name,
            *self._sides(),
            data=alt.NamedData("trusts"),
            transform=self._transforms(),
            params=[one.param for one in parameters],
            width=WIDTH,
            height=HEIGHT,
            usermeta={"explore": self.about},
        )

    @staticmethod
    def _transforms() -> list[Any]:
        """What the parameters make of a trust's row: who is drawn, where, and in which words."""
        steps: list[Any] = [
            alt.FilterTransform(f"{name} == '{EVERY}' || datum.{name} == {name}")
            for name in ("kind", "region", "system")
        ]
        new: dict[str, str] = {"across": "datum.cells[x]", "up": "datum.cells[y]"}
        steps += [alt.CalculateTransform(text, **{"as": name}) for name, text in new.items()]
        steps.append(alt.FilterTransform("isArray(datum.across) && isArray(datum.up)"))
        for side in new:
            value, lower, upper = (f"datum.{side}[{place}]" for place in range(3))
            between = f"' (' + format({lower}, ',~f') + ' to ' + format({upper}, ',~f') + ')'"
            made = {
                "value": value,
                "lower": f"isNumber({lower}) ? {lower} : {value}",
                "upper": f"isNumber({upper}) ? {upper} : {value}",
                "said": f"format({value}, ',~f') + (isNumber({lower}) ? {between} : '')",
            }
            steps += [alt.CalculateTransform(text, **{"as": f"{side}_{name}"}) for name, text in made.items()]
        is_found = "length(find) > 0 && (datum.code == upper(find) || indexof(lower(datum.name), lower(find)) >= 0)"
        steps.append(alt.CalculateTransform("datum.name + ' (' + datum.code + ')'", **{"as": "label"}))
        said = "datum.label + ': across ' + datum.across_said + ', up ' + datum.up_said"
        steps.append(alt.CalculateTransform(said, **{"as": "said"}))
        steps.append(alt.CalculateTransform(is_found, **{"as": "found"}))
        return steps

    @staticmethod
    def _none(side: str) -> alt.Chart:
        """A line where two groups are alike: no gap, or a ratio of one."""
        unit = f"units[{side}]"
        return (
            alt.Chart(alt.Data(values=[{}]))
            .transform_calculate(none=f"{unit} == 'ratio' ? 1 : 0")
            .transform_filter(f"{unit} == 'ratio' || {unit} == 'percentage points'")
            .mark_rule(color=DARK_GREY, strokeDash=[2, 3])
            .encode(**{side: "none:Q"})
        )

    @staticmethod
    def _the_same() -> alt.Chart:
        """A line where both figures of a measure are the same, for two groups or periods of it."""
        return (
            alt.Chart()
            .transform_filter("measures[x] == measures[y] && units[x] == units[y] && x != y")
            .transform_aggregate(a="min(across_value)", b="min(up_value)", c="max(across_value)", d="max(up_value)")
            .transform_calculate(low="max(datum.a, datum.b)", high="min(datum.c, datum.d)")
            .transform_filter("datum.low < datum.high")
            .mark_rule(color=DARK_GREY, strokeDash=[2, 3])
            .encode(x="low:Q", x2="high:Q", y="low:Q", y2=alt.Y2("high:Q"))
        )

    @staticmethod
    def _sides() -> list[alt.Chart]:
        """The titles of both sides: a parameter cannot set those of an axis."""
        one = alt.Chart(alt.Data(values=[{}]))
        text: dict[str, Any] = {"align": "left", "lineBreak": "\n", "lineHeight": 18, "fontSize": 14}
        return [
            one.mark_text(**text, baseline="top", x=0, y=HEIGHT + 30, text=alt.expr("titles[x]")),
            one.mark_text(**text, baseline="bottom", x=-36, y=-28, text=alt.expr("titles[y]")),
        ]

    # -- the table ---------------------------------------------------------------------------------

    def table(self) -> pd.DataFrame:
        """Put the two figures of each trust in rows of text, by name.

        Returns
        -------
        pandas.DataFrame
            ``name``, a link to the report; ``kind``, ``region``, ``across`` and ``up``, with the interval or the reason why
            there is no figure.
        """
        units = [self.series["unit"][place] for place in (self.across, self.up)]
        return pd.DataFrame(
            [
                {
                    "name": Linked(f"{row['name']} ({row['code']})", f"../trusts/{row['code']}.html"),
                    "kind": row["kind"],
                    "region": row["region"],
                    **{
                        side: self._said(row["cells"][place], unit)
                        for side, place, unit in zip(("across", "up"), (self.across, self.up), units, strict=True)
                    },
                }
                for row in self.rows
            ]
        )

    def heading(self, place: int) -> str:
        """Return what a column of the table is called."""
        return self.titles[place].replace("\n", ". ")

    def _said(self, cell: Any, unit: str) -> str:
        if not isinstance(cell, list):
            return self._why[cell]
        return said(cell, unit)

    def alt_text(self) -> str:
        """Return what the chart shows, in two sentences."""
        values = [
            [row["cells"][place][0] for row in self.rows if isinstance(row["cells"][place], list)]
            for place in (self.across, self.up)
        ]
        ends = [
            f"{self.heading(place)}, from {said([min(found)], unit)} to {said([max(found)], unit)}"
            for found, place in zip(values, (self.across, self.up), strict=True)
            for unit in [self.series["unit"][place]]
        ]
        return f"Scatter chart of trusts. Across: {ends[0]}. Up: {ends[1]}. The table below has every figure."

    def counts(self) -> dict[str, int]:
        """Count the trusts that have both figures, by what the others lack: words to a number."""
        found = {"both": 0}
        for row in self.rows:
            reasons = {
                self._why[cell]
                for cell in (row["cells"][self.across], row["cells"][self.up])
                if not isinstance(cell, list)
            }
            key = min(reasons, key=self._why.index) if reasons else "both"
            found[key] = found.get(key, 0) + 1
        return found


#: What stands before and after a figure, and whether it has a sign.
_AROUND: dict[str, dict[str, Any]] = {
    "percent": {"after": "%"},
    "percentage points": {"signed": True},
    "percent a year": {"signed": True, "after": "%"},
}


def said(cell: list[float | None], unit: str) -> str:
    """Return a figure with its interval as the page says it.

    Examples
    --------
    >>> said([24.3, 22.1, 26.5, 350], "percent"), said([-1.2, -3.0, 0.6], "percentage points"), said([19574], "people")
    ('24.3% (22.1 to 26.5)', '−1.2 (−3.0 to +0.6)', '19,574')
    """
    around = _AROUND.get(unit, {})

    def number(value: float | None) -> str:
        assert value is not None
        text = f"{abs(value):,.{DECIMALS[unit]}f}"
        if value < 0:
            return MINUS + text
        return ("+" if around.get("signed") and value > 0 else "") + text

    value, *rest = cell
    text = number(value) + str(around.get("after", ""))
    if len(rest) >= 2 and rest[0] is not None:
        text += f" ({number(rest[0])} to {number(rest[1])})"
    return text


def _number(value: float, decimals: int) -> float | int | None:
    if value != value:
        return None
    number = float(f"{value:.{decimals}f}") + 0.0  # as in the downloads, and never -0.0
    return int(number) if number.is_integer() else number


def _unit(unit: str) -> str:
    return UNIT_WORDS.get(unit, unit)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
