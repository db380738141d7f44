"""Tables and JSON for a terminal and for a program that reads them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence

import click

#: A folder, a pipe and a test have no width: there each row is one line.
_ONE_LINE = 10_000


def terminal_width() -> int:
    """Return how many characters fit on a line of the terminal; very many where the output is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _ONE_LINE


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[str] = (),
    wraps: Collection[str] = (),
) -> None:
    """Print a table that fits the terminal.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequence of str
        As long as the headings.
    numbers : collection of str
        Headings of columns that are set to the right.
    wraps : collection of str
        Headings of columns that go on in a second line where the terminal is too narrow.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for heading in headings:
        table.add_column(
            heading, justify="right" if heading in numbers else "left", no_wrap=heading not in wraps, overflow="fold"
        )
    for row in rows:
        table.add_row(*row)
    console = Console(width=terminal_width(), highlight=False, markup=False, emoji=False)
    with console.capture() as said:
        console.print(table)
    for line in said.get().splitlines():
        click.echo(line.rstrip())


def print_json(value: Sequence[object] | Mapping[str, object]) -> None:
    """Print a value as JSON, days as 2026-03-31 and what is missing as null."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str, allow_nan=False))
