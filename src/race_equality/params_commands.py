"""``race-equality params``: begin a trust's file, and check them all."""

from __future__ import annotations

import click

from race_equality.errors import RaceEqualityError


@click.group()
def params() -> None:
    """Begin and check what is set for each trust: peers, settings, self-assessment, actions."""


@params.command("new")
@click.argument("trust")
@click.option(
    "--from-last-year",
    is_flag=True,
    help="Carry the actions in the trust's file forward: done and stopped ones become history, open ones "
    "stay as they are. The old file is kept in params/earlier.",
)
def new(trust: str, from_last_year: bool) -> None:
    """Write a file for TRUST that explains itself, to fill in.

    No file is ever written over.

    \b
    Examples:
      race-equality params new RJ1
      race-equality params new RJ1 --from-last-year
    """
    from datetime import date

    from race_equality.actions.starter import carry_forward, write_starter
    from race_equality.project import find_project

    project = find_project()
    if from_last_year:
        carried = carry_forward(trust, project=project, today=date.today())
        click.echo(f"Wrote {_shown(carried.file, project)}: {carried.open} open, {carried.closed} to history.")
        click.echo(f"Last year's is kept as {_shown(carried.earlier, project)}.")
        for problem in carried.problems:
            click.echo(f"To mend: {problem}")
        file = carried.file
    else:
        file = write_starter(trust, project=project, today=date.today())
        click.echo(f"Wrote {_shown(file, project)}.")
    click.echo(
        "Next: fill it in, then race-equality params check, then race-equality build " + file.stem
    )


@params.command("check")
@click.option("--online", is_flag=True, help="Also open every link to evidence.")
def check(online: bool) -> None:
    """Read every file in params/ and say everything that is wrong, with file and line.

    Links to evidence must be complete https addresses. Whether they open is tried with --online alone.

    \b
    Examples:
      race-equality params check
      race-equality params check --online
    """
    from datetime import date

    from race_equality.actions.links import NoNetworkError, broken_links
    from race_equality.params import check_params

    checked = check_params(today=date.today())
    problems = list(checked.problems)
    if online:
        try:
            problems += broken_links(checked.links)
        except NoNetworkError as error:
            problems.append(str(error))
    if problems:
        raise RaceEqualityError("\n".join(problems))
    tried = f", and every link to evidence opens" if online and checked.links else ""
    click.echo(f"params/ is in order{tried}.")


def _shown(path, project) -> str:
    return path.relative_to(project.root).as_posix()
