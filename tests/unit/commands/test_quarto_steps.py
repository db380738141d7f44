"""What ``quarto render`` starts before and after it renders: whose reports, and executed copies alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from race_equality.commands import quarto_steps
from race_equality.commands.quarto_steps import asked_reports
from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.store.trusts import read_trusts

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(small_project, monkeypatch) -> Project:
    monkeypatch.delenv("QUARTO_PROFILE", raising=False)
    return Project(small_project)


def in_region(project: Project, region: str) -> list[str]:
    trusts = read_trusts(project=project)
    return [code for code, place in zip(trusts["trust_code"], trusts["region"], strict=True) if place == region]


def test_without_a_word_the_reports_that_the_project_names(project):
    assert asked_reports(project) == ["R1H"]


@pytest.mark.parametrize("option", [["-P", "trust_code:RJ1"], ["--execute-param", "trust_code:rj1"]])
def test_a_parameter_counts_first(project, monkeypatch, option):
    monkeypatch.setenv("QUARTO_PROFILE", "all")
    (project.root / "_quarto-all.yml").write_text("reports: all\n")
    (code,) = asked_reports(project, ["deno", "quarto.js", "render", *option])
    assert code.upper() == "RJ1"


def test_parameters_in_a_file_are_read_from_where_quarto_was_started(project, tmp_path):
    (tmp_path / "mine.yml").write_text("trust_code: RRK\n")
    assert asked_reports(project, ["quarto.js", "render", "--execute-params", "mine.yml"], tmp_path) == ["RRK"]


def test_a_parameter_that_no_report_has_is_refused(project):
    with pytest.raises(RaceEqualityError, match="trust_code alone, not year"):
        asked_reports(project, ["quarto.js", "render", "-P", "year:2024"])


@pytest.mark.parametrize(
    ("profile", "setting", "expected"),
    [
        ("mine", "reports: [RJ1, RRK]", ["RJ1", "RRK"]),
        ("mine", "reports: RJ1, RRK", ["RJ1", "RRK"]),
        ("mine", "reports: all", []),
        ("mine", "lang: en", ["R1H"]),  # a profile for something else
        ("mine", None, ["R1H"]),
        ("RJ1", None, ["RJ1"]),
        ("demo", None, ["demo"]),
        ("other,RRK", None, ["RRK"]),
    ],
)
def test_profiles(project, monkeypatch, profile, setting, expected):
    monkeypatch.setenv("QUARTO_PROFILE", profile)
    if setting is not None:
        (project.root / f"_quarto-{profile}.yml").write_text(setting + "\n")
    assert asked_reports(project) == expected


@pytest.mark.parametrize("profile", ["south-west", "mine"])
def test_the_profile_of_a_region(project, monkeypatch, profile):
    monkeypatch.setenv("QUARTO_PROFILE", profile)
    (project.root / "_quarto-mine.yml").write_text("reports: South West\n")
    expected = in_region(project, "South West")
    assert len(expected) > 5
    assert asked_reports(project) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("project: {}", "_quarto.yml: It does not say whose reports"),
        ("reports: 7", "_quarto.yml must be a trust's code, a list of codes, a region or all, not 7"),
        ("reports: []", r"not \[\]"),
        ("reports: [", "_quarto.yml: It is not YAML"),
    ],
)
def test_settings_that_name_no_report(project, settings, message):
    (project.root / "_quarto.yml").write_text(settings + "\n")
    with pytest.raises(RaceEqualityError, match=message):
        asked_reports(project)


@pytest.fixture
def step(project, monkeypatch):
    """Take a step in this process, as Quarto starts it."""
    monkeypatch.chdir(project.root)
    monkeypatch.setattr("race_equality.batch.drawing_server.AVAILABLE", False)
    monkeypatch.setattr(quarto_steps, "_engine_for", lambda console: None)
    monkeypatch.setattr("race_equality.batch.pool.usable_cores", lambda: 1)
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_DIR", str(project.root / "_site"))

    def take(name: str, *, codes: str = "RJ1", pages: str | None = None) -> int:
        monkeypatch.setattr(
            quarto_steps, "_command_line", lambda: (["quarto", "-P", f"trust_code:{codes}"], project.root)
        )
        if pages is None:
            monkeypatch.setenv("QUARTO_PROJECT_RENDER_ALL", "1")
        else:
            monkeypatch.delenv("QUARTO_PROJECT_RENDER_ALL")
            monkeypatch.setenv("QUARTO_PROJECT_INPUT_FILES", pages)
        return quarto_steps.main(name)

    return take


def executed(project: Project) -> set[str]:
    return {
        file.relative_to(project.root / "executed").as_posix() for file in (project.root / "executed").rglob("*.ipynb")
    }


def test_executed_copies_of_what_was_asked_for_and_of_nothing_else(project, step, race_equality):
    sources = {file: file.read_bytes() for file in project.notebooks.glob("*.ipynb")}
    assert step("before", codes="RJ1,RRK") == 0
    assert executed(project) == {"notebooks/national_overview.ipynb", "trusts/RJ1.ipynb", "trusts/RRK.ipynb"}
    book = json.loads((project.root / "executed/trusts/RJ1.ipynb").read_text(encoding="utf-8"))
    assert "title: Guy's and St Thomas' NHS Foundation Trust\nsubtitle: Small report" in "".join(
        book["cells"][0]["source"]
    )
    assert "The report of RJ1." in json.dumps(book["cells"])
    assert not (project.root / "output" / "site").exists(), "no page is made"

    # one page asked for by name: it alone runs again, and the others stay
    report = project.notebooks / "board_report.ipynb"
    report.write_text(
        report.read_text(encoding="utf-8").replace("The report of", "The new report of"), encoding="utf-8"
    )
    before = (project.root / "executed/trusts/RRK.ipynb").read_bytes()
    assert step("before", pages="executed/trusts/RJ1.ipynb\nindex.qmd") == 0
    assert "The new report of RJ1." in (project.root / "executed/trusts/RJ1.ipynb").read_text(encoding="utf-8")
    assert (project.root / "executed/trusts/RRK.ipynb").read_bytes() == before

    # a build takes what has run and makes the pages
    end = race_equality.build("RJ1", "--explain", "--renderer", "built-in")
    assert "RJ1: rendered: it was executed and not rendered" in end.stdout, end.stderr

    assert step("before") == 0
    assert executed(project) == {"notebooks/national_overview.ipynb", "trusts/RJ1.ipynb"}
    assert {file: file.read_bytes() for file in sources} == sources | {report: report.read_bytes()}


def test_a_notebook_that_fails_does_not_stop_the_others_and_is_told_at_the_end(project, step, capsys):
    report = project.notebooks / "board_report.ipynb"
    report.write_text(report.read_text(encoding="utf-8").replace("Markdown(f", "Missing(f"), encoding="utf-8")
    assert step("before") == 0
    assert "NameError: name 'Missing' is not defined" in capsys.readouterr().err
    assert executed(project) == {"notebooks/national_overview.ipynb"}
    assert step("after") == 1
    assert "Not made, because their notebooks failed (see above): trusts/RJ1.ipynb." in capsys.readouterr().err


def test_an_unknown_trust_ends_the_render_before_anything_runs(project, step, capsys):
    assert step("before", codes="XX9") == 2
    assert "XX9" in capsys.readouterr().err
    assert not (project.root / "executed").exists()


def test_the_first_page_lists_the_reports(project, step):
    site = project.root / "_site"
    (site / "executed" / "trusts").mkdir(parents=True)
    for name in ("RJ1.html", "RJ1.pdf"):
        (site / "executed" / "trusts" / name).write_text("made by Quarto")
    index = "<p>a</p>\n<!-- trusts -->\n<p>No reports have been made yet.</p>\n<!-- /trusts -->\n<p>z</p>"
    (site / "index.html").write_text(index)
    assert step("after") == 0
    text = (site / "index.html").read_text()
    assert '<a href="executed/trusts/RJ1.html">Guy&#x27;s and St Thomas&#x27; NHS Foundation Trust</a>' in text
    assert '<a href="executed/trusts/RJ1.pdf">' in text
    assert "No reports" not in text
    assert text.startswith("<p>a</p>")
    assert text.endswith("<p>z</p>")
    assert step("after") == 0, "a second render of one page"
    assert (site / "index.html").read_text() == text


def test_a_notebook_in_git_is_not_rendered_and_the_script_says_what_is():
    end = subprocess.run(
        [sys.executable, ROOT / "scripts" / "quarto_steps.py", "source"], capture_output=True, text=True, check=False
    )
    assert end.returncode == 1
    assert "quarto render -P trust_code:RJ1" in end.stderr
