"""``race-equality data list``, ``show`` and ``trace``: what is held, and where each figure was read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from race_equality.commands.codes import INDICATOR, TRUST
from race_equality.commands.figure_words import STATUS_WORDS, group_of, value_of
from race_equality.commands.tables import print_json, print_table, terminal_width
from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project, find_project
from race_equality.store.rows import groups_of, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from race_equality.store.editions import NextEdition
    from race_equality.store.provenance import Source

_SHARED = Path("..") / "shared" / "data"
CAUGHT_WORDS = {"implausible": "not plausible", "incomplete": "mostly not recorded"}

#: A terminal narrower than this has no room for titles.
_WITH_TITLES = 120

_as_json = click.option("--json", "as_json", is_flag=True, help="As JSON, for a program to read.")


@click.command("list")
@click.option("--trusts", is_flag=True, help="List the trusts instead, with their codes.")
@_as_json
def list_(trusts: bool, as_json: bool) -> None:
    """List the publications held, what is out of date and what is still to come.

    For each: its period, rows, trusts with a figure, and when it was read. The titles are there in a wide terminal, in a
    pipe and with --json. When a newer edition must be out follows from the publishers' calendar
    (docs/publication_day.md) or, where it has none, from how far apart the editions held are.

    \b
    race-equality data list
    race-equality data list --trusts
    race-equality data list --json | jq '.publications[].id'
    """
    from race_equality.definitions.codes import DEMONSTRATION_CODE
    from race_equality.store.editions import next_editions, workbooks_to_come
    from race_equality.store.figures import read_figures
    from race_equality.store.provenance import read_sources
    from race_equality.store.trusts import read_trusts

    project = find_project()
    if trusts:
        table = read_trusts(project=project)
        if as_json:
            print_json([dict(zip(table.columns, row, strict=True)) for row in _plain(table)])
            return
        for row in rows_of(table):
            click.echo(f"{row.trust_code:<6}{row.trust_name} ({row.kind}, {row.region})")
        return
    real = {*read_trusts(project=project)["trust_code"], DEMONSTRATION_CODE}
    figures = read_figures(project=project)
    by_source = dict(list(figures.groupby("source")))
    held = []
    for source in read_sources(project=project):
        about: dict[str, Any] = {"id": source.id, "title": source.title, "period": source.period}
        about |= {"publisher": source.publisher, "url": source.url, "licence": source.licence}
        about |= {"file": source.file, "date_read": source.date_read.isoformat(), "rows": None, "trusts": None}
        if (rows := by_source.get(source.id)) is not None:
            # England and integrated care boards have figures too
            with_figures = real & set(rows.loc[rows["status"] == "ok", "trust_code"])
            about |= {"rows": len(rows), "trusts": len(with_figures)}
        held.append(about)
    published = figures[~figures["private"] & (figures["trust_code"] != DEMONSTRATION_CODE)]
    last_days = {source: {day.date() for day in rows["period_end"]} for source, rows in groups_of(published, "source")}
    editions = next_editions(last_days, today=date.today())
    year, workbooks = workbooks_to_come(last_days)
    if as_json:
        awaited = [{"series": "NHS Staff Survey", "file": file, "year": year} for file in workbooks]
        print_json({"publications": held, "next": list(map(dataclasses.asdict, editions)), "still_to_come": awaited})
        return
    headings = ["SOURCE", "PERIOD", "ROWS", "TRUSTS", "READ", "TITLE"]
    lines = [
        [
            one["id"],
            one["period"],
            "" if one["rows"] is None else f"{one['rows']:,}",
            "" if one["trusts"] is None else str(one["trusts"]),
            one["date_read"],
            one["title"],
        ]
        for one in held
    ]
    if terminal_width() < _WITH_TITLES:
        headings, lines = headings[:-1], [line[:-1] for line in lines]
    print_table(headings, lines, numbers=("ROWS", "TRUSTS"), wraps=("PERIOD", "TITLE"))
    _print_next(editions, [f"NHS Staff Survey: the {file} for {year}" for file in workbooks])


def _print_next(editions: Sequence[NextEdition], awaited: Sequence[str]) -> None:
    from race_equality.store.editions import MAY_BE_OUT, OUT_OF_DATE, TO_COME

    how_often = {1: "monthly", 3: "quarterly", 12: "yearly"}
    for state, heading in (
        (OUT_OF_DATE, "Out of date, by the calendar of docs/publication_day.md or as far apart as those held are:"),
        (MAY_BE_OUT, "May be out:"),
        (TO_COME, "Still to come:"),
    ):
        lines = [*awaited] if state == TO_COME else []
        for one in editions:
            if one.state != state:
                continue
            often = how_often.get(one.months, f"every {one.months} months")
            often += ", as those held are" if one.as_held else ""
            comes = f"{often}; the next is to {one.next_to}"
            comes += f", published in {one.expected:%B %Y}" if one.expected else ""
            lines.append(f"{one.name}: held to {one.held_to} ({comes})")
        if lines:
            click.echo(f"\n{heading}")
            for line in lines:
                click.echo(f"  {line}")


@click.command()
@click.argument("trust_code", type=TRUST)
@click.argument("indicators", nargs=-1, metavar="[INDICATOR]...", type=INDICATOR)
@click.option("--all", "everything", is_flag=True, help="A line for each indicator and period.")
@_as_json
def show(trust_code: str, indicators: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Show what is held about TRUST_CODE, a line for each publication; with INDICATOR, every figure of it.

    TRUST_CODE can also be ENG, for England's own figures, or the code of an integrated care board.

    \b
    race-equality data show RJ1
    race-equality data show RJ1 --all
    race-equality data show RJ1 wres_8
    race-equality data show RJ1 wres_8 --json
    """
    project = find_project()
    headings, figures = _figures_of(trust_code, indicators, project)
    if as_json:
        print_json(_records(figures))
        return
    for heading in headings:
        click.echo(heading)
    if not (indicators or everything):
        for source, rows in groups_of(figures, "source", sort=False):
            first, last = rows["period_end"].min().date(), rows["period_end"].max().date()
            days = f"to {last}" if first == last else f"to {first} up to {last}"
            ids = rows["indicator"].nunique()
            click.echo(f"{source}, {days}: {ids} indicator{'s' * (ids > 1)}, {_counts(rows)}")
        click.echo("Each indicator and period: --all. Each figure: name an indicator, such as wres_8.")
        return
    for (indicator, source, period), rows in groups_of(figures, ["indicator", "source", "period_end"], sort=False):
        click.echo(f"{indicator}, to {period.date()}: {_counts(rows)} [{source}]")
        if indicators:
            for row in rows_of(rows):
                click.echo(f"  {group_of(row)}: {value_of(row)}")


def _counts(rows: pd.DataFrame) -> str:
    counts = rows["status"].value_counts()
    return ", ".join(f"{counts[status]} {word}" for status, word in STATUS_WORDS.items() if status in counts)


@click.command()
@click.argument("trust_code", type=TRUST)
@click.argument("indicator", type=INDICATOR)
@click.option("--group", help="Only this group, in capitals or not.")
@_as_json
def trace(trust_code: str, indicator: str, group: str | None, as_json: bool) -> None:
    """Follow each figure of TRUST_CODE and INDICATOR to its file, sheet and cell.

    TRUST_CODE can also be ENG, for England's own figures, or the code of an integrated care board.

    \b
    race-equality data trace RJ1 wres_8
    race-equality data trace RJ1 wres_8 --group "ethnic minority"
    race-equality data trace ENG staff_survey_q15 --json
    """
    from race_equality.store.provenance import PLACE_IN_A_FILE, place_words, read_source

    project = find_project()
    _, figures = _figures_of(trust_code, (indicator,), project)
    if group is not None:
        of_group = figures["group"].str.casefold() == group.strip().casefold()
        if not of_group.any():
            raise RaceEqualityError(
                f"{indicator} has no group {group!r}. Groups: {', '.join(figures['group'].unique())}."
            )
        figures = figures[of_group]
    raw = raw_folder(project)
    used_nowhere = _used_nowhere(project)
    if as_json:
        sources = {id: read_source(id, project=project) for id in figures["source"].unique()}
        print_json(
            [
                record
                | {
                    "cell": _cell(sources[record["source"]], record["locator"], raw),
                    "used_nowhere": used_nowhere.get(place),
                }
                | {"publication": dataclasses.asdict(sources[record["source"]])}
                for place, record in zip(figures.index, _records(figures), strict=True)
            ]
        )
        return
    for source_id, rows in groups_of(figures, "source", sort=False):
        source = read_source(source_id, project=project)
        for place_in_all, row in zip(rows.index, rows_of(rows), strict=True):
            period = f"{row.period_start.date()} to {row.period_end.date()}"
            click.echo(f"{row.organisation_code} {row.indicator}, {group_of(row)}, {period}: {value_of(row)}")
            place = place_words(row.locator, row.recording)
            named = PLACE_IN_A_FILE.fullmatch(place)
            file, place = named.groups() if named else (source.file, place)
            cell = _cell(source, row.locator, raw)
            click.echo(f"  {file}: {place}{'' if cell is None else f' = {cell!r}'}")
            if place_in_all in used_nowhere:
                click.echo(f"  Used nowhere, as {used_nowhere[place_in_all]}")
        click.echo(f"{source.title}. {source.publisher}, {source.period}. {source.licence}.")
        click.echo(f"{source.url or 'Not on the web.'} Read on {source.date_read}; sha256 {source.sha256 or 'none'}")
        for note in source.notes:
            click.echo(f"- {note}")


def _records(figures: pd.DataFrame) -> list[dict[str, Any]]:
    """Return figures as JSON has them."""
    return [dict(zip(figures.columns, row, strict=True)) for row in _plain(figures)]


def _plain(table: pd.DataFrame) -> list[list[Any]]:
    """Return a table's rows with days as text and None for what is missing."""
    import pandas as pd

    def plain(value: Any) -> Any:
        if pd.isna(value):
            return None
        return value.date().isoformat() if isinstance(value, pd.Timestamp) else value

    return [[plain(value) for value in row] for row in table.astype(object).itertuples(index=False)]


def _used_nowhere(project: Project) -> dict[int, str]:
    """Return why figures are left out, by their place in all figures."""
    from race_equality.gates import judged
    from race_equality.store.figures import read_figures
    from race_equality.store.trusts import read_trusts

    trusts = read_trusts(project=project)
    found = judged(read_figures(project=project), dict(zip(trusts["trust_code"], trusts["kind"], strict=True)))
    return {
        int(place): f"{CAUGHT_WORDS[status]}: {why}"
        for place, status, why in zip(found.index, found["status"], found["why"], strict=True)
    }


def _figures_of(code: str, indicators: tuple[str, ...], project: Project) -> tuple[list[str], pd.DataFrame]:
    """Return headings that name the owner of the figures, and the figures."""
    from race_equality.batch.manifest import figure_files, hash_inputs
    from race_equality.errors import nearest
    from race_equality.store.figures import read_figures
    from race_equality.store.recorded import refuse_damaged

    refuse_damaged(hash_inputs(project, figure_files(project)), project)
    code, name, headings = _figures_owner(code, project)
    figures = read_figures(project=project)
    known = set(figures["indicator"])
    for indicator in indicators:
        if indicator not in known:
            near = nearest(indicator, known)
            raise RaceEqualityError(
                f"There is no indicator {indicator!r}." + (f" The nearest is {near!r}." if near else "")
            )
    figures = figures[figures["trust_code"] == code]
    if indicators:
        figures = figures[figures["indicator"].isin(indicators)]
        if figures.empty:
            wanted = f"Nothing is held about {', '.join(indicators)} of {name}."
            if not headings[0].startswith(code):  # England and boards have no return
                raise RaceEqualityError(wanted)
            raise RaceEqualityError(
                f"{wanted} WRES 1 to 4 and 9 come from its own return (race-equality data template wres {code}), or from what "
                "it publishes of it (with --published)."
            )
    return headings, figures.sort_values(["source", "indicator", "period_end"], kind="stable")


def _figures_owner(code: str, project: Project) -> tuple[str, str, list[str]]:
    """Return code, name and headings of a trust, a board or England."""
    from race_equality.store.trusts import read_trust_list, resolve_trust

    asked = code.strip().upper()
    if asked == "ENG":
        return asked, "England", ["England's own figures (ENG)"]
    for board, name in read_trust_list(project=project).boards.values():
        if asked == board:
            return board, name, [f"Integrated care board {name} ({board})"]
    trust = resolve_trust(code, project=project)
    headings = [f"{trust.code} {trust.name} ({trust.kind}, {trust.region})"]
    if trust.merged_from:
        headings.append(f"{trust.merged_from} merged into it.")
    return trust.code, trust.name, headings


def raw_folder(project: Project) -> Path | None:
    """Return the folder of raw files next to the project; None where there is none."""
    folder = project.root / _SHARED
    return folder if folder.is_dir() else None


def _cell(source: Source, locator: str, raw: Path | None) -> object:
    """Return what the cell holds, if the file that was read is there; None otherwise."""
    from race_equality.sources.cells import cell_at
    from race_equality.store.provenance import sha256_of

    for path in raw.rglob(source.file) if raw is not None else ():
        if sha256_of(path) == source.sha256:
            try:
                return cell_at(path, locator)
            except InputError:  # no such row, or a sum of many cells
                return None
    return None
