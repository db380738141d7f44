"""The reference of commands and indicators, from the code that makes them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from race_equality.definitions.indicators import INDICATORS, Indicator

#: Letters in a line of a command's help.
_WIDTH = 72


def commands_page(group: click.Group) -> str:
    """Write the help of every command, as the command prints it.

    Parameters
    ----------
    group : click.Group
        ``race_equality.commands.main.main``.

    Returns
    -------
    str
        Markdown, with a heading for each command.
    """
    parts = ["# Commands", "What `race-equality COMMAND --help` prints, of each command."]
    parts += _commands(group, click.Context(group, info_name="race-equality"), level=2)
    return "\n\n".join(parts) + "\n"


def _commands(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    context.terminal_width = context.max_content_width = _WIDTH
    yield f"{'#' * min(level, 3)} {context.command_path}"
    yield f"```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from _commands(found, click.Context(found, info_name=name, parent=context), level + 1)


def indicators_page() -> str:
    """Write what each indicator is, from the registry.

    Returns
    -------
    str
        Markdown, with a heading for each indicator whose address is ``#`` and its id.
    """
    parts = [
        "# Indicators",
        "Each indicator is one record of the registry (`race_equality/definitions/indicators.py`); pages, downloads, disclosure "
        "rules and this page read it. `re.indicators()` gives the same as a table.",
    ]
    for one in INDICATORS:
        parts.append(f"## {one.title} {{#{one.id}}}")
        parts.append(f"{one.definition.rstrip('.')}.")
        parts.append("\n".join(f"- **{name}:** {text}" for name, text in _facts(one)))
    return "\n\n".join(parts) + "\n"


def _facts(one: Indicator) -> Iterator[tuple[str, str]]:
    yield "Id in the figures", ", ".join(f"`{id}`" for id in one.figure_ids)
    yield "Units", ", ".join(one.units)
    yield "Groups", ", ".join(one.groups)
    yield "Adverse when", one.adverse_when
    yield "Published by", one.published_by
