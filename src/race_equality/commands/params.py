"""``race-equality params``: write a trust's file, and check all files."""

from __future__ import annotations

import click

from race_equality.errors import RaceEqualityError


@click.group()
def params() -> None:
    """Write and check what is set for each trust: peers, settings, self-assessment, actions."""


@params.command("new")
@click.argument("trust")
@click.option(
    "--from-last-year",
    is_flag=True,
    help="Carry the actions in the trust's file forward: done and stopped ones become history, open ones "
    "stay as they are. The old file is kept in params/earlier.",
)
def new(trust: str, from_last_year: bool) -> None:
    """Write a file for TRUST to fill in, with explanations.

    An existing file is never overwritten.

    \b
    Examples:
      race-equality params new RJ1
      race-equality params new RJ1 --from-last-year
    """
    from datetime import date

    from race_equality.params.starter import carry_forward, write_starter
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
    click.echo("Next: fill it in, then race-equality params check, then race-equality build " + file.stem)


@params.command("roles")
def roles() -> None:
    """List the board roles that can own an action."""
    from race_equality.params.actions import BOARD_ROLES

    click.echo("\n".join(BOARD_ROLES))


@params.command("check")
@click.option("--online", is_flag=True, help="Also open every link to evidence.")
def check(online: bool) -> None:
    """Read every file in params/ and list all mistakes, with file and line.

    Links to evidence must be complete https addresses. Only --online tries whether they open.

    \b
    Examples:
      race-equality params check
      race-equality params check --online
    """
    from datetime import date

    from race_equality.params import check_params
    from race_equality.params.links import NoNetworkError, broken_links

    checked = check_params(today=date.today())
    problems = list(checked.problems)
    if online:
        try:
            problems += broken_links(checked.links)
        except NoNetworkError as error:
            problems.append(str(error))
    if problems:
        raise RaceEqualityError("\n".join(problems))
    tried = ", and every link to evidence opens" if online and checked.links else ""
    click.echo(f"params/ is in order{tried}.")
    for line in _action_notes(date.today()):
        click.echo(line)


def _action_notes(today) -> list[str]:
    """List for each trust the late actions and those that wait for a decision, which its report will show."""
    from race_equality.params import read_params
    from race_equality.project import find_project

    lines = []
    project = find_project()
    for file in sorted((project.params / "trusts").glob("[!.]*.yml")):
        actions = read_params(file.stem, project=project).actions
        late = sum(action.is_late(today) for action in actions)
        waiting = sum(action.awaits_decision(today) for action in actions)
        parts = [
            *([f"{late} {'action is' if late == 1 else 'actions are'} late"] if late else []),
            *([f"for {waiting} the day of the review has passed without a decision"] if waiting else []),
        ]
        if parts:
            lines.append(f"{file.stem}, today: {', and '.join(parts)}. The report will say so.")
    return lines


def _shown(path, project) -> str:
    return path.relative_to(project.root).as_posix()
