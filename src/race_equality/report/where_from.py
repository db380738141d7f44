"""Where each number of a report comes from: its finding, the method, the published figures and the notebook's cell.

A card, a sentence or a table links to the rows of its measures, in one table at the end of the page. One link for each measure,
and not for each number: a page has five hundred numbers, which nobody could pass with the tab key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from race_equality.analysis.gap_reading import read_gap
from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import UNKNOWNS, WHITE
from race_equality.definitions.indicators import BY_ID, WRES, figure_ids
from race_equality.report.display import Anchor, Linked, Parts
from race_equality.report.glossary import method_id
from race_equality.report.patients import month
from race_equality.report.trace import trace_of
from race_equality.report.words import interval, lower_first, people, percent, period, points, ratio, upper_first
from race_equality.store.provenance import Source
from race_equality.store.rows import rows_of
from race_equality.store.trust import Trust

#: What methods are used for (:data:`race_equality.report.glossary.METHODS`), by what an indicator is compared with.
METHODS_OF = {
    "gap": (
        "A gap in percentage points",
        "A small trust’s gap",
        "The smallest change that could be seen",
        "How far a gap could be off for who did not answer",
    ),
    "ratio": ("A relative likelihood", "The four-fifths range", "The smallest change that could be seen"),
    "bands": ("A percentage",),
    "board": ("A percentage", "A gap in percentage points"),
    "trusts": ("A percentage", "A trust among trusts of its kind", "The smallest change that could be seen"),
    "months": ("A series of months",),
    "groups": (
        "A gap between patients of a group and White patients",
        "A gradient over deprivation",
        "How far patients of no recorded group could move a gap",
    ),
    "nothing": (),
}
#: Indicators whose method is another one than that of what they are compared with.
_METHODS_OF_ONE = {
    "mha_detentions": ("A rate",),
    "mha_detentions_rate": ("A rate",),
    "mha_detentions_standardised_rate": ("A rate",),
    "staff_survey_panel_q16b": ("A few yearly surveys",),
    "workforce_march_headcount": ("A number of staff over years",),
}
#: The gap in the table of staff and patients side by side, which :func:`of_gaps` says more of.
_IN_THE_TABLE_OF_GAPS = WRES[8].id
#: What is said of a measure whose findings a table gives in full.
_GROUP_BY_GROUP = "Given in full where the link is, group by group."


class WhereFrom:
    """Follows the numbers of one trust's report to where they come from.

    Parameters
    ----------
    trust : Trust
    measures : iterable of str
        Ids of the indicators that the page shows.
    figures : pandas.DataFrame
        Tidy figures.
    sources : sequence of Source
        From :func:`race_equality.store.provenance.read_sources`.
    systems : sequence of str
        Codes of the systems whose figures the page shows.
    hidden : iterable of str
        Indicators that are hidden here: nothing leads to where their figures are.
    """

    def __init__(
        self,
        trust: Trust,
        measures: Iterable[str],
        figures: pd.DataFrame,
        sources: Sequence[Source],
        *,
        systems: Sequence[str] = (),
        hidden: Iterable[str] = (),
    ) -> None:
        self.trust = trust
        self.sources = {source.id: source for source in sources}
        gone = set(hidden)
        wanted = [id for id in dict.fromkeys(measures) if id not in gone]
        places = {"": trust.code, "England": ENGLAND_CODE}
        if len(systems) == 1:
            places["System"] = systems[0]
        here = figures[is_one_of(figures["trust_code"], places.values())]
        here = here[here["status"].eq("ok") & here["indicator"].isin(figure_ids(wanted))]
        #: By name, source and place of whom: where the figures are.
        self.traced: dict[str, dict[str, dict[str, list[tuple[str, str]]]]] = {}
        for where, code in places.items():
            traced = trace_of(here, code, wanted, sources)
            columns = (traced[column].tolist() for column in ("figure", "source", "organisation", "place"))
            for name, source, organisation, place in zip(*columns, strict=True):
                found = self.traced.setdefault(name, {}).setdefault(where, {})
                found.setdefault(source, []).append((organisation, place))
        self.names: dict[str, str] = {}
        self.anchors: dict[str, str] = {}
        for id in wanted:
            name = BY_ID[id].name_in_trace if id in BY_ID else id
            if name in self.traced:
                self.names[id] = name
                self.anchors.setdefault(name, f"from-{id.replace('_', '-')}")
        self.cells: dict[str, list[str]] = {}

    def of(self, cell: str, *measures: str) -> tuple[Linked, ...]:
        """Return links to the rows of measures, and note which cell made their numbers.

        Parameters
        ----------
        cell : str
            The id of the notebook's cell.
        *measures : str
            Ids of indicators. Those without published figures here, or hidden ones, have no row and no link.

        Returns
        -------
        tuple of Linked
            One for each row.
        """
        names = dict.fromkeys(self.names[id] for id in measures if id in self.names)
        for name in names:
            cells = self.cells.setdefault(name, [])
            if cell not in cells:
                cells.append(cell)
        return tuple(Linked(name, f"#{self.anchors[name]}") for name in names)

    def table(self, *findings: Mapping[str, str]) -> pd.DataFrame:
        """Return a row for each measure: what was found, the published figures, the method and the cells.

        Parameters
        ----------
        *findings : mapping of str to str
            By indicator, from the functions of this module.

        Returns
        -------
        pandas.DataFrame
            ``figure``, ``found``, ``published`` and ``how``, for
            :func:`race_equality.report.display.show_table`.
        """
        ids: dict[str, list[str]] = {}
        for id, name in self.names.items():
            if name in self.cells:  # what nothing leads to is on no page
                ids.setdefault(name, []).append(id)
        return pd.DataFrame(
            [
                {
                    "figure": Anchor(_named(name, those[0]), self.anchors[name]),
                    "found": " ".join(dict.fromkeys(one[id] for id in those for one in findings if id in one))
                    or _GROUP_BY_GROUP,
                    "published": self._published(name),
                    "how": self._how(name, those[0]),
                }
                for name, those in ids.items()
            ],
            columns=["figure", "found", "published", "how"],
        )

    def _published(self, name: str) -> Parts:
        """The publications that hold the figures, each with its address once, and the places in them."""
        parts: list[str | Linked] = []
        said: set[str] = set()
        for where, publications in self.traced[name].items():
            for id, found in publications.items():
                source = self.sources[id]
                several = len({organisation for organisation, _ in found}) > 1
                places = "; ".join(f"{organisation} {place}" if several else place for organisation, place in found)
                parts.append(f"{'. ' if parts else ''}{where}{': ' if where else ''}")
                if id not in said:
                    is_public = source.url.startswith("https://")
                    parts += [Linked(source.title, source.url) if is_public else source.title]
                    parts.append(f", {source.file}: " if source.file else ": ")
                parts.append(places)
                said.add(id)
        return Parts(tuple(parts))

    def _how(self, name: str, id: str) -> Parts:
        """The methods, and the cells in which the numbers were made: one link each, or the tab key would take an hour."""
        uses = _METHODS_OF_ONE.get(id) or METHODS_OF[BY_ID[id].compares if id in BY_ID else "nothing"]
        parts: list[str | Linked] = ["As published"]
        if uses:
            parts = [Linked(uses[0], f"../notebooks/methods.html#{method_id(uses[0])}")]
            parts.append("".join(f"; {lower_first(use)}" for use in uses[1:]))
        cells = self.cells[name]
        notebook = f"../trusts/{self.trust.code}.ipynb#cell-id={cells[0]}"
        parts += [". ", Linked("Notebook", notebook), f", cell{'s' if len(cells) > 1 else ''} {', '.join(cells)}"]
        return Parts(tuple(parts))


def _named(name: str, id: str) -> str:
    """The name that links have, and what a number of the WRES or of a question stands for."""
    one = BY_ID.get(id)
    return f"{name}: {lower_first(one.name)}" if one and (one.number or one.question) and one.name != name else name


# -- findings in words -------------------------------------------------------------------------------------


def of_gaps(here: pd.DataFrame, compared: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Say what WRES 5 to 8 are: shares, their people, the gap, the gaps it is compared with, and how it is read.

    Parameters
    ----------
    here : pandas.DataFrame
        Of the trust, from :func:`race_equality.analysis.gap_reading.gap_readings`.
    compared : mapping of str to pandas.DataFrame
        Name of a set of trusts to its gaps, indexed by number.

    Returns
    -------
    dict of str to str
        By indicator; only what is shown.
    """
    found = {}
    for row in rows_of(here[here["status"] == "ok"]):
        shares = "; ".join(
            f"{name} {percent(getattr(row, f'{side}_percent'))} "
            f"({interval(getattr(row, f'{side}_lower'), getattr(row, f'{side}_upper'), signed=False)}) of "
            f"{people(getattr(row, f'{side}_total'))}"
            for name, side in (("ethnic minority", "ethnic_minority"), ("White", "white"))
        )
        others = _others({name: rows["gap"].get(row.number) for name, rows in compared.items()}, points)
        found[WRES[row.number].id] = (
            f"{upper_first(period(row.period_start, row.period_end))}: {shares}; gap {points(row.gap)} "
            f"({interval(row.gap_lower, row.gap_upper)}).{others} {upper_first(read_gap(row).words)}."
        )
    return found


def of_side_by_side(table: pd.DataFrame, kind: str, people_of: Mapping[str, float]) -> dict[str, str]:
    """Say what the figures of all staff and all patients are, how many people they rest on and what they are compared with.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`race_equality.report.staff_and_patients_table.side_by_side`.
    kind : str
        The trust's kind.
    people_of : mapping of str to float
        People by indicator, where they are known.
    """
    found = {}
    for row in rows_of(table[table["indicator"] != _IN_THE_TABLE_OF_GAPS]):
        base = f" of {people(people_of[row.indicator])}" if row.indicator in people_of else ""
        others = f"All {kind} trusts {row.all}; similar trusts {row.similar}; region {row.region}."
        found[row.indicator] = f"{upper_first(row.when)}: {row.here}{base}. {others}"
    return found


def of_middle_half(spread: pd.DataFrame, kind: str) -> dict[str, str]:
    """Say between what the middle half of trusts lies.

    Parameters
    ----------
    spread : pandas.DataFrame
        From :func:`race_equality.analysis.survey.spread_of_trusts`.
    kind : str
        Of these trusts.
    """
    return {
        str(id): f"Middle half of {kind} trusts {interval(quarter, three_quarters, signed=False)}."
        for id, quarter, three_quarters in zip(spread.index, spread["quarter"], spread["three_quarters"], strict=True)
    }


def of_england(national: Mapping[int, tuple[str, pd.Timestamp]]) -> dict[str, str]:
    """Say what the national WRES report says of England.

    Parameters
    ----------
    national : mapping
        From :func:`race_equality.report.summary_table.national_values`.
    """
    return {WRES[number].id: f"England, {month(day)}: {value}." for number, (value, day) in national.items()}


def of_ratios(likelihoods: pd.DataFrame, measure: str = "") -> dict[str, str]:
    """Say what the relative likelihoods of each year are.

    Parameters
    ----------
    likelihoods : pandas.DataFrame
        From :func:`race_equality.analysis.wres_return.relative_likelihoods`, or without international recruits.
    """
    found: dict[str, str] = {}
    for row in rows_of(likelihoods[likelihoods["status"] == "ok"]):
        text = f"{upper_first(period(row.period_start, row.period_end))}: {ratio(row.ratio, row.lower, row.upper)}."
        id = measure or WRES[row.number].id
        found[id] = f"{found[id]} {text}" if id in found else text
    return found


def of_board(board: pd.DataFrame) -> dict[str, str]:
    """Say what the shares of the board and of the workforce are, year by year, and how far they are apart.

    Parameters
    ----------
    board : pandas.DataFrame
        From :func:`race_equality.analysis.wres_return.board_against_workforce`.
    """
    years = [
        f"{period(row.period_end, row.period_end)}: board {percent(row.board_percent)}, workforce "
        f"{percent(row.workforce_percent)}, gap {points(row.difference)} "
        f"({interval(row.board_lower - row.workforce_percent, row.board_upper - row.workforce_percent)})."
        for row in rows_of(board[board["status"] == "ok"])
    ]
    return dict.fromkeys(("wres_9", "wres_1"), " ".join(years)) if years else {}


def of_patients(rows: pd.DataFrame, slopes: pd.DataFrame) -> dict[str, str]:
    """Say what the shares of patients by ethnic group, their gaps from White patients and the slopes are.

    Parameters
    ----------
    rows, slopes : pandas.DataFrame
        Of the trust, from :func:`race_equality.analysis.patient_gaps.with_others` and
        :func:`~race_equality.analysis.patient_gaps.slopes_by_deprivation`.
    """
    found: dict[str, str] = {}
    shown: dict[str, list[Any]] = {}
    for row in rows_of(rows):
        if row.status == "ok" and row.breakdown == "ethnicity":
            shown.setdefault(row.measure, []).append(row)
    for measure, groups in shown.items():
        said = [
            f"{row.group if row.group in UNKNOWNS else f'{row.group} group'} {percent(row.percent)} ({interval(row.lower, row.upper, signed=False)}) of {people(row.people)}"
            + ("" if pd.isna(row.gap) else f", gap {points(row.gap)} ({interval(row.gap_lower, row.gap_upper)})")
            + ("" if pd.isna(row.england_gap) else f", in England {points(row.england_gap)}")
            for row in groups
        ]
        when = period(groups[0].period_start, groups[0].period_end)
        found[measure] = f"{upper_first(when)}: {'; '.join(said)}. Other breakdowns are in the tables that lead here."
    for row in rows_of(slopes):
        if row.measure in found:
            found[row.measure] += (
                f" Slope by deprivation {points(row.slope)} ({interval(row.slope_lower, row.slope_upper)})."
            )
    return found


def of_detentions(places: Mapping[str, pd.DataFrame | None]) -> dict[str, str]:
    """Say what the rates of detention are in each place, and how many times the White group's.

    Parameters
    ----------
    places : mapping of str to pandas.DataFrame or None
        Name of a place to its rows of :func:`race_equality.analysis.mental_health.detentions_by_ethnicity`; None or no rows
        where they are not known.
    """
    said = []
    for place, rows in places.items():
        if rows is None or rows.empty:
            continue
        groups = []
        for row in rows_of(rows[rows["status"] == "ok"]):
            text = f"{row.group} group {row.rate:.0f} for 100,000 people"
            if row.times_white > 0 and row.group != WHITE:
                text += (
                    f", {row.times_white:.1f} times the White group’s ({row.times_lower:.1f} to {row.times_upper:.1f})"
                )
            if row.standardised_times_white > 0 and row.group != WHITE:
                text += f", with ages made alike {row.standardised_times_white:.1f} times"
            groups.append(text)
        if groups:
            said.append(f"{place}, year to {month(rows['period_end'].iloc[0])}: {'; '.join(groups)}.")
    return {"mha_detentions_rate": " ".join(said)} if said else {}


def of_years(measure: str, years: pd.DataFrame, written: Callable[[float], str]) -> dict[str, str]:
    """Say what a figure was year by year.

    Parameters
    ----------
    measure : str
        The id of the indicator.
    years : pandas.DataFrame
        A row a year, the figure in the column ``percent`` or ``people``.
    written : callable
        From the figure to text.
    """
    column = "percent" if "percent" in years else "people"
    said = "; ".join(f"{row.year} {written(getattr(row, column))}" for row in rows_of(years))
    return {measure: f"{said}."} if said else {}


def _others(values: Mapping[str, float | None], written: Callable[[float], str]) -> str:
    said = [f"{name} {written(value)}" for name, value in values.items() if value is not None and not pd.isna(value)]
    return f" {upper_first('; '.join(said))}." if said else ""
