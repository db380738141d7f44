"""What CI does on a publication day: .ci/publication_day with a pretended race-equality and GitHub."""

import json
import os
import subprocess

import pytest
import yaml

from tests.conftest import ROOT

SCRIPT = ROOT / ".ci" / "publication_day"
NEXT = [
    {"name": "A&E", "held_to": "2026-06-30", "state": "out of date"},
    {"name": "Census", "held_to": "2021-03-21", "state": "to come"},
]


@pytest.fixture
def run(tmp_path):
    """Run the script; return its exit status, what race-equality was asked, and what GitHub was."""

    def ran(said: str, status: int, due: list[dict[str, str]], *, open_issue: str = "", **environment: str):
        commands = tmp_path / "bin"
        commands.mkdir(exist_ok=True)
        (tmp_path / "next.json").write_text(json.dumps({"next": due}), encoding="utf-8")
        for name, script in {
            "race-equality": f'echo "$*" >> "{tmp_path}/asked"\n'
            f'case "$*" in *list*) cat "{tmp_path}/next.json";; *) cat "${{@: -1}}" >> "{tmp_path}/asked"; echo "{said}"; exit {status};; esac',
            "gh": f'echo "$*" >> "{tmp_path}/github"\ncase "$*" in *list*) echo "{open_issue}";; *) cp "${{@: -1}}" "{tmp_path}/body";; esac',
        }.items():
            (commands / name).write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
            (commands / name).chmod(0o755)
        end = subprocess.run(
            [str(SCRIPT)],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "SOURCE": "", "ADDRESS": "", **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        files = {
            name: (tmp_path / name).read_text(encoding="utf-8") if (tmp_path / name).exists() else ""
            for name in ("asked", "github", "body")
        }
        return end, files

    return ran


def test_a_layout_that_changed_fails_and_is_said_in_an_issue(run):
    end, files = run("ae_month: There is no column 'Org Code'. The nearest is 'Org code'.", 2, NEXT, open_issue="")
    assert end.returncode == 2
    assert "issue create --title Publication day" in files["github"]
    assert "**A file cannot be read.**" in files["body"]
    assert "There is no column 'Org Code'" in files["body"]
    assert "- A&E, held to 2026-06-30" in files["body"]
    assert "Census" not in files["body"]
    assert files["asked"].startswith("data update --dry-run --addresses data/addresses.yml\n")


def test_what_is_due_stands_in_the_issue_that_is_open(run):
    end, files = run("ods_etr: etr.csv is the file already held", 0, NEXT, open_issue="7")
    assert end.returncode == 0
    assert "issue edit 7 " in files["github"]
    assert "issue create" not in files["github"]
    assert "can be read" in files["body"]


def test_nothing_to_say_opens_no_issue(run):
    end, files = run("all held", 0, [])
    assert (end.returncode, files["github"]) == (0, "")


def test_one_file_of_today_is_tried_alone_and_its_address_is_no_command(run):
    address = 'https://example.org/$(touch x)"; touch y'
    end, files = run("fine", 0, [], SOURCE="ae_month", ADDRESS=address)
    assert end.returncode == 0, end.stderr
    assert yaml.safe_load(files["asked"].splitlines()[1]) == {"ae_month": address.replace('"', "")}
    assert not (ROOT / "x").exists()
    assert not (ROOT / "y").exists()


def test_the_workflow_runs_it_on_the_weekday_that_the_documentation_says():
    text = (ROOT / ".github" / "workflows" / "publication_day.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    (cron,) = workflow[True]["schedule"]  # YAML 1.1 reads "on" as true
    assert cron["cron"].split()[4] == "4"
    assert workflow["permissions"] == {"contents": "read", "issues": "write"}
    assert workflow["jobs"]["try"]["steps"][-1]["run"] == ".ci/publication_day"
    said = (ROOT / "docs" / "publication_day.md").read_text(encoding="utf-8")
    assert "each Thursday" in said
    assert "has not run" in said
