"""`race-equality single-file --board-only`: every seat and pay band, marked on each page, and nowhere else."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner

from race_equality.batch.build import _prepare_folder
from race_equality.commands.main import main
from race_equality.project import Project
from race_equality.render import stage_project
from race_equality.store.figures import figure_table, parquet_bytes
from tests.conftest import record_figures

ROOT = Path(__file__).parents[2]
MARK = "For the board of Barts Health NHS Trust alone: not for publication"
#: White, ethnic minority, unknown.
COUNTS = {
    "wres_9_board": (11, 4, 0),
    "wres_9_voting": (9, 2, 0),
    "wres_9_executive": (5, 1, 0),
    "wres_1_clinical_vsm": (3, 0, 1),
}


@pytest.fixture
def checkout(small_project: Path, notebook_writer, monkeypatch) -> Path:
    """A git repository with a small report, the cells for the board, and a return."""
    report = small_project / "notebooks" / "board_report.ipynb"
    notebook_writer(
        report,
        "from race_equality.notebook import Prose, read_figures, resolve_trust, show_table\n"
        "from race_equality.report import words\ntrust = resolve_trust(trust_code)",
        'Prose("Pay bands: too few people to show.")',
        'Prose("The end.")',
    )
    notebook = nbformat.read(report, as_version=4)
    notebook.cells[3].id = "bands"
    nbformat.write(notebook, report)
    shutil.copy(ROOT / "notebooks" / "_for_the_board_alone.ipynb", report.parent)
    shutil.copy(ROOT / ".gitignore", small_project)
    subprocess.run(["git", "init", "--quiet"], cwd=small_project, check=True)
    local = small_project / "data" / "local"
    local.mkdir()
    same = {"trust_code": "R1H", "organisation_code": "R1H", "unit": "people", "status": "ok", "locator": "row 2"}
    day = pd.Timestamp("2026-03-31")
    figures = [
        {**same, "indicator": id, "group": group, "value": float(count), "period_start": day, "period_end": day}
        | {"source": "wres_return_R1H"}
        for id, counts in COUNTS.items()
        for group, count in zip(("White", "Ethnic minority", "Unknown"), counts, strict=True)
    ]
    (local / "R1H.parquet").write_bytes(parquet_bytes(figure_table(figures)))
    record_figures(small_project)
    monkeypatch.chdir(small_project)
    monkeypatch.delenv("RACE_EQUALITY_PROJECT", raising=False)
    return small_project


def run(*arguments: str):
    return CliRunner().invoke(main, ["single-file", *arguments])


def test_the_edition_shows_every_seat_on_marked_pages_and_nothing_else_changes(checkout, monkeypatch):
    cache = checkout / "output" / ".cache"
    cache.mkdir(parents=True)
    site = checkout / "output" / "site" / "trusts" / "R1H.html"
    site.parent.mkdir(parents=True)
    site.write_text("Pay bands: too few people to show.", encoding="utf-8")
    monkeypatch.setenv("RACE_EQUALITY_CACHE", str(cache))
    made = run("r1h", "--board-only")
    assert made.exit_code == 0, made.output
    html, pdf = map(Path, made.output.split())
    assert html == checkout / "output" / "board-only" / "R1H.html"
    page = html.read_text(encoding="utf-8")
    assert f'<aside class="notice" aria-label="Notice">{MARK}</aside>' in page
    cells = [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", page)]
    rows = [cells[n : n + 5] for n, cell in enumerate(cells) if cell in ("Executive members", "Members who vote")]
    assert rows == [
        ["Members who vote", "2", "9", "0", "18.2% of 11"],
        ["Executive members", "1", "5", "0", "16.7% of 6"],
    ]
    senior = next(n for n, cell in enumerate(cells) if "very senior manager" in cell)
    assert cells[senior : senior + 5] == ["Clinical, very senior manager", "0", "3", "1", "0.0% of 4"]
    assert page.index("Pay bands: too few") < page.index("Executive members") < page.index("The end.")
    # nothing in the site, in what the site's notebooks read, or in git
    assert sorted(path.name for path in (checkout / "output").iterdir()) == [".cache", "board-only", "site"]
    assert [path.name for path in (checkout / "output" / "site").rglob("*.*")] == ["R1H.html"]
    assert site.read_text(encoding="utf-8") == "Pay bands: too few people to show."
    assert list(cache.iterdir()) == []
    offered = subprocess.run(["git", "add", "--dry-run", "."], cwd=checkout, capture_output=True, text=True, check=True)
    assert "R1H" not in offered.stdout
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        pages = text.split("\f")[:-1]
        assert pages and all(MARK in one for one in pages)
        assert "16.7% of 6" in text


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("R1H", "--to", "output/site/trusts/board.html"), "is in the site, which others read"),
        (("RJ1",), "No return of Guy's and St Thomas' NHS Foundation Trust with its board and pay bands is loaded"),
    ],
)
def test_no_edition_in_the_site_or_without_a_return(checkout, arguments, why):
    refused = run(*arguments, "--board-only")
    assert refused.exit_code == 2
    assert why in refused.output
    assert not (checkout / "output").exists()


def test_a_report_with_figures_that_are_not_public_is_not_written_where_git_sees_it(checkout):
    report = checkout / "output" / "project" / "trusts" / "R1H.ipynb"
    stage_project(Project(ROOT), checkout / "output" / "project")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_raw_cell("---\ntitle: Barts\n---"), nbformat.v4.new_markdown_cell("All is published.")]
    )
    nbformat.write(notebook, report)
    assert run("R1H", "--to", "docs/mail.html").exit_code == 0
    notebook.cells[1].source = "Local: not for publication without the trust’s consent."
    nbformat.write(notebook, report)
    refused = run("R1H", "--to", "docs/private.html")
    assert refused.exit_code == 2
    assert "docs/private.html would be offered to git" in refused.output
    assert not (checkout / "docs" / "private.html").exists()
    for to in ([], ["--to", "R1H.html"], ["--to", "data/local/R1H.html"]):
        assert run("R1H", *to).exit_code == 0
    assert (checkout / "output" / "single" / "R1H.html").is_file()


@pytest.mark.parametrize(("folder", "is_marked"), [("demo", True), ("output", False), ("../elsewhere", False)])
def test_what_is_built_in_another_folder_of_the_project_is_ignored_as_well(checkout, folder, is_marked):
    _prepare_folder(checkout / folder, Project(checkout))
    _prepare_folder(checkout / folder, Project(checkout))
    assert (checkout / folder / ".gitignore").exists() is is_marked
    offered = subprocess.run(["git", "status", "--short"], cwd=checkout, capture_output=True, text=True, check=True)
    assert folder not in offered.stdout
