"""The commands under ``race-equality data layout``: check a layout against a file, and begin one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from race_equality.errors import InputError, RaceEqualityError, nearest
from race_equality.project import Project, find_project

if TYPE_CHECKING:
    import pandas as pd

    from race_equality.sources.layouts import Layout

_MOST_GROUPS = 30
_FIRST_ROWS = 6


@click.group()
def layout() -> None:
    """Read a plain table without code: a layout is a YAML file in data/layouts."""


@layout.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layout", "name", metavar="NAME", help="Which layout; otherwise the one that knows the file.")
def check(file: Path, name: str | None) -> None:
    """Say what a layout reads from FILE, or which cell of it or line of the layout is wrong.

    Nothing is written. `race-equality data add FILE` then reads it into the store.
    """
    from race_equality.sources.catalogue import all_publications
    from race_equality.sources.ingest import read_publication
    from race_equality.sources.layout_reading import as_publication
    from race_equality.sources.recognition import recognise
    from race_equality.store.schema import NOT_IN_THE_FILE
    from race_equality.store.trusts import read_trust_list

    project = find_project()
    chosen = _named(name, project) if name else _that_knows(file, project)
    one = as_publication(chosen)
    loaded = read_publication(one, file, read_trust_list(project=project))
    click.echo(f"{chosen.name}: {file.name}")
    click.echo(f"  {one.title.format(edition=loaded.edition)}, {loaded.period}; held as {loaded.source_id}")
    figures = loaded.figures
    in_file = figures[figures["recording"] != NOT_IN_THE_FILE]
    _print_groups(figures, in_file)
    if loaded.left_out:
        click.echo("  left out: " + ", ".join(f"{what} ({n:,})" for what, n in sorted(loaded.left_out.items())))
    for remark in loaded.remarks:
        click.echo(f"  note: {remark}")
    click.echo("  the first rows:")
    for row in in_file.head(_FIRST_ROWS).itertuples():
        click.echo(f"    {row.locator}: {row.organisation_code} {row.indicator}, {row.group}: {_said(row)}")
    all_publications(project)  # whether its name is a publication's already
    try:
        found = recognise(file, project)
    except InputError as error:
        raise RaceEqualityError(f"data add would refuse the file: {error}") from None
    if found.id != chosen.name:
        raise RaceEqualityError(f"data add would read the file as {found.layout or found.id}, and not by this layout.")
    click.echo(f"It can be read: race-equality data add {file}")


@layout.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="The layout's name; otherwise that of the file.")
@click.option("--sheet", default="", help="The sheet of a workbook; otherwise its first.")
@click.option("--header-row", type=int, default=1, show_default=True, help="The row of the headers.")
def new(file: Path, name: str | None, sheet: str, header_row: int) -> None:
    """Write a first layout for FILE into data/layouts, with what its columns look like and what is left to say."""
    from race_equality.files import write_atomically
    from race_equality.sources.layout_draft import draft, name_of
    from race_equality.store.trusts import read_trust_list

    project = find_project()
    name = name or name_of(file)
    path = project.root / "data" / "layouts" / f"{name}.yml"
    if path.exists():
        raise RaceEqualityError(f"data/layouts/{path.name} is there already. Give another name: --name.")
    text = draft(file, read_trust_list(project=project), sheet=sheet, header_row=header_row)
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, text.encode())
    click.echo(f"Wrote data/layouts/{path.name}. Say what is left in it (TODO), then:")
    click.echo(f"race-equality data layout check {file}")


def _named(name: str, project: Project) -> Layout:
    from race_equality.definitions.declared import layout_files
    from race_equality.sources.layouts import read_layout

    files = {path.stem: path for path in layout_files(project)}
    stem = Path(name).stem
    if stem not in files:
        near = nearest(stem, files)
        raise RaceEqualityError(
            f"There is no layout {name!r} in data/layouts."
            + (f" The nearest is {near!r}." if near else "")
            + (f" Layouts: {', '.join(files)}." if files else " Begin one: race-equality data layout new FILE")
        )
    return read_layout(files[stem])


def _that_knows(file: Path, project: Project) -> Layout:
    """Return the layout that a file is known by."""
    from race_equality.sources.layout_reading import lacking
    from race_equality.sources.layouts import read_layouts
    from race_equality.sources.recognition import recognise

    readable, problems = read_layouts(project)
    layouts = {one.name: one for one in readable}
    lacks = {name: lacking(file, one) for name, one in layouts.items()}
    fitting = [name for name, of_file in lacks.items() if not of_file]
    if len(fitting) == 1:
        return layouts[fitting[0]]
    if fitting:
        found = recognise(file, project)
        if found.id in layouts:
            return layouts[found.id]
        raise RaceEqualityError(f"data add reads {file.name} as {found.id}. To try a layout, name it: --layout.")
    said = [f"  {name} lacks {', '.join(of_file)}" for name, of_file in lacks.items()]
    raise RaceEqualityError(
        "\n".join(
            [
                f"No layout knows {file.name}.",
                *said,
                *map(str, problems),
                "Begin one: race-equality data layout new FILE; or see why one fails: --layout NAME",
            ]
        )
    )


def _print_groups(figures: pd.DataFrame, in_file: pd.DataFrame) -> None:
    for (indicator, unit), rows in in_file.groupby(["indicator", "unit"], sort=False):
        trusts = rows.loc[rows["status"] == "ok", "trust_code"].nunique()
        click.echo(
            f"  {indicator}, {str(unit).replace('_', ' ')}: {len(rows):,} rows, {trusts} organisations with figures"
        )
        by_group = rows.groupby("group", sort=False)
        for group, of_group in list(by_group)[:_MOST_GROUPS]:
            counts = of_group["status"].value_counts()
            said = ", ".join(f"{n:,} {str(status).replace('_', ' ')}" for status, n in counts.items())
            click.echo(f"    {group}: {said}")
        absent = len(figures[figures["indicator"] == indicator]) - len(rows)
        if absent:
            click.echo(f"    and {absent:,} rows for trusts that are not in the file")


def _said(row: Any) -> str:
    import pandas as pd

    if row.status != "ok":
        return str(row.status).replace("_", " ")
    value = f"{row.value:,.2f}".rstrip("0").rstrip(".")
    if pd.notna(row.numerator) and pd.notna(row.denominator):
        return f"{value} ({row.numerator:,.0f} of {row.denominator:,.0f})"
    return value
