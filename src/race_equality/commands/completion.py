"""``race-equality completion``: what a shell needs to complete commands, options, trusts and indicators."""

from __future__ import annotations

import os
from pathlib import PurePath

import click

_VARIABLE = "_RACE_EQUALITY_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
def completion(shell: str | None) -> None:
    """Print a script with which SHELL completes commands, options, codes of trusts and ids of indicators.

    Without SHELL, for the one that SHELL in the environment names. A trust is found by its code or by a word of its name.

    \b
    For this terminal:            eval "$(race-equality completion)"
    For each, in ~/.bashrc:       eval "$(race-equality completion bash)"
    In ~/.config/fish/config.fish: race-equality completion fish | source
    """
    from click.shell_completion import get_completion_class

    from race_equality.commands.main import main

    shell = shell or PurePath(os.environ.get("SHELL", "bash")).name
    completer = get_completion_class(shell)
    if completer is None:
        raise click.BadParameter(f"There is no completion for {shell!r}: bash, zsh or fish.", param_hint="SHELL")
    click.echo(completer(main, {}, "race-equality", _VARIABLE).source())
