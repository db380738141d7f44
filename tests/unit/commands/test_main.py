"""The command line: help that answers at once, errors in one message."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from race_equality.commands.main import Commands, main
from race_equality.errors import RaceEqualityError


def test_help_imports_nothing_heavy():
    """What takes long is imported by the command that needs it."""
    code = (
        "import sys; from race_equality.commands.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'numpy', 'papermill', 'IPython', 'altair', 'rich', 'nbformat', 'yaml'}\n"
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    before = os.times()
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    after = os.times()
    assert end.returncode == 0, end.stderr
    assert "race-equality build" in end.stdout
    if os.name == "posix":  # of the processor, which other work on the machine does not touch: 0.1 s
        assert after.children_user - before.children_user < 0.3


def test_every_command_has_help_with_an_example():
    def walk(command, context):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            inner = click.Context(child, parent=context, info_name=name)
            if isinstance(child, click.Group):
                yield from walk(child, inner)
            else:
                yield inner.command_path, child.get_help(inner)

    pages = dict(walk(main, click.Context(main, info_name="race-equality")))
    assert "race-equality build" in pages
    assert "race-equality params check" in pages
    for path in ("race-equality build", "race-equality params check"):
        assert f"\n    {path}" in pages[path], path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "RJ1", "--all"], "leave out the codes, or --all"),
        (["build", "--peers"], "--peers needs the trusts"),
        (["build", "--jobs", "0"], "--jobs"),
        (["build", "--timeout", "-1"], "--timeout"),
        (["build", "--engine", "own"], "--engine"),
        (["biuld"], "No such command 'biuld'"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments, said):
    end = CliRunner().invoke(main, arguments)
    assert end.exit_code == 2
    assert said in end.stderr


def _group(error):
    @click.group(cls=Commands)
    def group():
        pass

    @group.command()
    def fail():
        raise error

    return group


def test_our_errors_are_one_message():
    end = CliRunner().invoke(_group(RaceEqualityError("The sheet is missing.")), ["fail"])
    assert end.exit_code == 2
    assert end.stderr == "Error: The sheet is missing.\n"


def test_other_errors_are_not_hidden():
    end = CliRunner().invoke(_group(ZeroDivisionError("a mistake of ours")), ["fail"])
    assert isinstance(end.exception, ZeroDivisionError)


def test_an_interrupt_ends_with_its_status():
    assert CliRunner().invoke(_group(KeyboardInterrupt()), ["fail"]).exit_code == 130


def test_outside_a_project_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(tmp_path))
    end = CliRunner().invoke(main, ["build", "RJ1"])
    assert end.exit_code == 2
    assert "No race equality project at or above" in end.stderr
