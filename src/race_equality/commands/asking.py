"""Asking before something is taken or lost: the lines that say what, the question, and ``--yes``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from race_equality.errors import RaceEqualityError

#: ``--yes`` of each command that asks.
yes_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--yes", "-y", is_flag=True, help="Answer yes to what is asked; scripts need it."
)


def confirm(lines: Sequence[str], question: str, *, yes: bool) -> None:
    """Say what would happen, and go on only when somebody agrees.

    Parameters
    ----------
    lines : sequence of str
        What the question is about. They are printed with ``yes`` as well: nothing is taken without a word.
    question : str
        Such as ``"Take these figures?"``.
    yes : bool
        Whether the answer was given on the command line, with ``--yes``.

    Raises
    ------
    RaceEqualityError
        When the answer is no, or when there is no terminal to ask at.
    """
    for line in lines:
        click.echo(line)
    if yes:
        click.echo(f"{question} yes (--yes)")
        return
    if not is_terminal():
        raise RaceEqualityError(
            f"{question} Nothing was changed, because there is no terminal to answer at. Read the lines above; "
            "to answer yes, give the same command with --yes."
        )
    try:
        is_agreed = click.confirm(question)
    except click.Abort:  # Ctrl-C or the end of the input
        click.echo()
        is_agreed = False
    if not is_agreed:
        raise RaceEqualityError("Nothing was changed.")


def is_terminal() -> bool:
    """Whether somebody can answer: input and output are a terminal's."""
    return sys.stdin.isatty() and sys.stdout.isatty()
