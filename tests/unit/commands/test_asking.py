"""Asking before something is taken or lost."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from race_equality.commands import asking
from race_equality.errors import RaceEqualityError


@click.command()
@asking.yes_option
def take(yes: bool) -> None:
    asking.confirm(["wres_3 2025: 19,574 to 12,838"], "Take it?", yes=yes)
    click.echo("taken")


@pytest.mark.parametrize(
    ("arguments", "terminal", "answer", "is_taken", "words"),
    [
        (["--yes"], False, "", True, "Take it? yes (--yes)"),
        ([], False, "", False, "no terminal to answer at"),
        ([], True, "y\n", True, "Take it?"),
        ([], True, "n\n", False, "Nothing was changed."),
        ([], True, "\n", False, "Nothing was changed."),  # the answer that loses nothing, without a word
        ([], True, "", False, "Nothing was changed."),  # Ctrl-C, or the end of the input
    ],
)
def test_nothing_is_taken_without_an_answer(monkeypatch, arguments, terminal, answer, is_taken, words):
    monkeypatch.setattr(asking, "is_terminal", lambda: terminal)
    result = CliRunner().invoke(take, arguments, input=answer)
    said = result.output + (str(result.exception) if isinstance(result.exception, RaceEqualityError) else "")
    assert "wres_3 2025: 19,574 to 12,838" in result.output  # before the answer, whichever it is
    assert ("taken" in result.output.splitlines()) is is_taken
    assert words in said


def test_without_a_terminal_the_error_says_how_to_answer():
    with pytest.raises(RaceEqualityError, match="give the same command with --yes"):
        asking.confirm([], "Take it?", yes=False)
