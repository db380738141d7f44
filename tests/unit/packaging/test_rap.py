"""docs/rap.md: each criterion has an answer, and what it names as evidence exists."""

from __future__ import annotations

import re
from collections import Counter

import click
import pytest

from race_equality.commands.main import main
from tests.conftest import ROOT
from tests.unit.packaging.test_commands import makefile_targets

PAGE = ROOT / "docs" / "rap.md"
#: As the levels of the community of practice have them.
CRITERIA = {"Baseline": 5, "Silver": 9, "Gold": 4}
#: Made by a build or an edition, and in no checkout.
MADE = {"sbom.cdx.json", "manifest.json", "build.log", "assurance.yml"}


def rows_of(level: str) -> list[list[str]]:
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {level}\n")[1].split("\n## ")[0]
    rows = [line.strip("| \n").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return rows[1:]


@pytest.mark.parametrize("level", CRITERIA)
def test_each_criterion_has_one_answer_and_evidence(level):
    rows = rows_of(level)
    assert len(rows) == CRITERIA[level]
    assert {len(row) for row in rows} == {3}
    assert {answer for _, answer, _ in rows} <= {"met", "partly", "not met"}
    assert all("`" in shown or answer == "not met" for _, answer, shown in rows)


def test_the_counts_are_those_of_the_tables():
    found = Counter(answer for level in CRITERIA for _, answer, _ in rows_of(level))
    said = (
        f"Of {found.total()} criteria {found['met']} are met, {found['partly']} partly, and {found['not met']} are not"
    )
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert said in text
    assert ("No level is reached in full" in text) == any(answer != "met" for _, answer, _ in rows_of("Baseline"))


def test_what_is_named_exists():
    named = set(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8")))
    for one in sorted(named - MADE):
        if one.startswith("race-equality "):
            command: click.Command | None = main
            for word in one.removeprefix("race-equality ").split():
                if word.startswith("-"):
                    assert any(word in option.opts for option in command.params), one
                else:
                    command = command.get_command(click.Context(command), word)
                    assert command is not None, one
        elif one.startswith("make "):
            assert one.removeprefix("make ") in makefile_targets(), one
        else:
            assert (ROOT / one).is_file(), one
    for name in MADE:
        files = (file.read_text(encoding="utf-8") for file in (ROOT / "src" / "race_equality").rglob("*.py"))
        assert any(f'"{name}"' in text for text in files), name
