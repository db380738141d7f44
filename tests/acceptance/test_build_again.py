"""A second build makes what changed, says why, and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from race_equality.store.seal import sealed
from tests.conftest import record_figures

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Filled by the first test that needs it, then copied: a build takes seconds."""
    return tmp_path_factory.mktemp("built")


@pytest.fixture
def again(race_equality, small_project, built):
    """A project with RJ1 and RRK built into ``out``."""
    if not (built / "out").exists():
        end = race_equality.build("RJ1", "RRK", "--output", "out")
        assert end.returncode == 0, end.stderr
        shutil.copytree(small_project / "out", built / "out")
    else:
        shutil.copytree(built / "out", small_project / "out")

    def build(*options: str) -> dict[str, str]:
        end = race_equality.build("RJ1", "RRK", "--output", "out", "--explain", *options)
        assert end.returncode == 0, end.stderr
        lines = [line.partition(": ") for line in end.stdout.splitlines()]
        return {name: why for name, _, why in lines if name in ("RJ1", "RRK", "national_overview")}

    return build


ALL_CURRENT = dict.fromkeys(("RJ1", "RRK", "national_overview"), "up to date")


def times(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_nothing_to_do(again, small_project):
    before = times(small_project / "out")
    assert again() == ALL_CURRENT
    after = times(small_project / "out")
    del before[".lock"], after[".lock"]
    assert after == before


def test_what_is_set_for_one_trust_remakes_its_page_and_the_page_on_all(again, small_project):
    (small_project / "params" / "trusts" / "RRK.yml").write_text("peers: [RAE]\n", encoding="utf-8")
    why = "run and rendered: what is set in params/ changed"
    assert again() == {"RJ1": "up to date", "RRK": why, "national_overview": why}
    assert again() == ALL_CURRENT


def test_a_notebook(again, small_project, notebook_writer):
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "'another'")
    why = "run and rendered: its notebook changed"
    assert again() == {"RJ1": why, "RRK": why, "national_overview": "up to date"}


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("data/local/wres_return_RJ1.parquet", "wres_return_RJ1.parquet, wres_return_RJ1.yml"),
        ("data/figures/successions.csv", "ods_etr.yml, successions.csv"),
    ],
)
def test_figures_touch_every_page(again, small_project, file, named):
    """Each page compares its trust with all others."""
    path = small_project / file
    path.parent.mkdir(exist_ok=True)
    with open(path, "ab") as figures:
        figures.write(b"RX0,Old trust,RJ1,2001-04-01,merger,a test\n")
    record_figures(small_project)
    why = f"run and rendered: the figures changed ({named})"
    assert set(again("--dry-run").values()) == {why}


@pytest.mark.parametrize(
    ("file", "touched"),
    [
        ("data/local/patients_return_rrk.parquet", {"RRK", "national_overview"}),
        ("data/local/patients_return_RH8.parquet", {"national_overview"}),
        ("data/figures/demonstration.parquet", {"national_overview"}),
        ("data/sources/demonstration.yml", {"national_overview"}),
    ],
)
def test_figures_that_stand_in_one_report_touch_no_other(again, small_project, file, touched):
    path = small_project / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sealed("more\n"), encoding="utf-8", newline="\n")
    record_figures(small_project)
    said = again("--dry-run")
    assert {name for name, why in said.items() if why != "up to date"} == touched


def test_another_notebook_leaves_the_figures_to_download(again, small_project, notebook_writer):
    shutil.copy(ROOT / "data" / "figures" / "wres_5_to_8_2024.parquet", small_project / "data" / "figures")
    (small_project / "data" / "sources").mkdir(exist_ok=True)
    shutil.copy(ROOT / "data" / "sources" / "wres_5_to_8_2024.yml", small_project / "data" / "sources")
    again()
    figures = small_project / "out" / "site" / "trusts" / "RJ1-figures.csv"
    before = figures.stat().st_mtime_ns
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "'another'")
    assert "its notebook changed" in again()["RJ1"]
    assert figures.stat().st_mtime_ns == before
    assert f'href="{figures.name}"' in (figures.parent / "RJ1.html").read_text(encoding="utf-8")
    again("--force")
    assert figures.stat().st_mtime_ns > before


def test_the_look_renders_again_without_running(again, small_project):
    with open(small_project / "_quarto.yml", "a", encoding="utf-8") as config:
        config.write("# another look\n")
    notebook = small_project / "out" / "project" / "trusts" / "RJ1.ipynb"
    before = notebook.stat().st_mtime_ns
    assert set(again().values()) == {"rendered: _quarto.yml or the renderer's code changed"}
    assert notebook.stat().st_mtime_ns == before
    assert again() == ALL_CURRENT


def test_the_first_page_alone(again, small_project):
    index = small_project / "index.qmd"
    index.write_text(index.read_text(encoding="utf-8").replace("## Find your trust", "## Your trust"), encoding="utf-8")
    assert again() == ALL_CURRENT
    page = (small_project / "out" / "site" / "index.html").read_text(encoding="utf-8")
    assert "Your trust" in page
    assert "Guy" in page  # the list is whole


def test_a_page_that_is_gone_is_rendered_again(again, small_project):
    (small_project / "out" / "site" / "trusts" / "RRK.pdf").unlink()
    said = again()
    assert said["RRK"] == "rendered: trusts/RRK.pdf is gone or was changed"
    assert said["RJ1"] == "up to date"
    assert (small_project / "out" / "site" / "trusts" / "RRK.pdf").is_file()


def test_an_executed_notebook_that_is_gone_is_run_again(again, small_project):
    (small_project / "out" / "project" / "trusts" / "RRK.ipynb").unlink()
    assert again()["RRK"] == "run and rendered: the executed notebook is gone or was changed"


def test_forced(again):
    assert set(again("--force").values()) == {"run and rendered: --force was given"}


def test_a_dry_run_makes_nothing(again, small_project, notebook_writer):
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "1")
    before = times(small_project / "out" / "site")
    assert again("--dry-run")["RJ1"] == "run and rendered: its notebook changed"
    assert times(small_project / "out" / "site") == before


def test_a_failed_page_is_tried_again_though_nothing_changed(race_equality, small_project, notebook_writer):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import pathlib\nassert pathlib.Path('there').exists() or trust_code == 'RJ1'",
    )
    assert race_equality.build("RJ1", "RRK", "--output", "out").returncode == 1
    (small_project / "there").touch()
    end = race_equality.build("RJ1", "RRK", "--output", "out", "--explain")
    assert end.returncode == 0
    assert "RRK: run and rendered: it failed the last time" in end.stdout
    assert "RJ1: up to date" in end.stdout
    assert not (small_project / "out" / "failed" / "trusts" / "RRK.ipynb").exists()


def test_a_page_on_all_trusts_that_comes_later_is_in_the_navigation_of_each_report(
    race_equality, small_project, notebook_writer
):
    notebook_writer(
        small_project / "notebooks" / "national_overview.ipynb",
        "import pathlib\nassert pathlib.Path('there').exists()",
        parameters="most_trusts = None",
    )
    assert race_equality.build("RJ1", "--output", "out").returncode == 1
    report, executed = (
        small_project / "out" / f"{where}/trusts/RJ1.{kind}" for where, kind in (("site", "html"), ("project", "ipynb"))
    )
    assert "national_overview" not in report.read_text(encoding="utf-8")
    before = executed.stat().st_mtime_ns
    (small_project / "there").touch()
    end = race_equality.build("RJ1", "--output", "out")
    assert end.returncode == 0, end.stderr
    assert 'href="../notebooks/national_overview.html"' in report.read_text(encoding="utf-8")
    assert executed.stat().st_mtime_ns == before, "rendered again and not run"
    assert "2/2" in end.stdout + end.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_build_that_was_stopped_goes_on_where_it_was(race_equality, small_project, notebook_writer, number):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import pathlib, time\n"
        "with open('ran', 'a') as file: print(trust_code, file=file)\n"
        "if trust_code == 'RRK':\n"
        "    while not pathlib.Path('go').exists(): time.sleep(0.05)",
    )
    ran = small_project / "ran"
    build = race_equality.start("build", "RJ1", "RRK", "RR8", "--output", "out", "--jobs", "1")
    deadline = time.monotonic() + 300
    while not (ran.exists() and "RRK" in ran.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.2)  # the record is written once a second
    os.kill(build.pid, number)
    build.communicate(timeout=300)
    site = small_project / "out" / "site"
    if (
        number == signal.SIGINT
    ):  # the page that was shown is there, and listed, and leads to no PDF, which comes at the end
        assert "RJ1.pdf" not in (site / "trusts" / "RJ1.html").read_text(encoding="utf-8")
        assert 'href="trusts/RJ1.html"' in (site / "index.html").read_text(encoding="utf-8")

    (small_project / "go").touch()
    end = race_equality.build("RJ1", "RRK", "RR8", "--output", "out", "--explain")
    assert end.returncode == 0, end.stderr
    assert "RRK: run and rendered" in end.stdout
    if number == signal.SIGINT:  # a kill may come before RJ1 was written down
        assert "RJ1: rendered" in end.stdout, "it could not link to the page on all trusts yet"
        # RJ1 not run again
        assert sorted(ran.read_text().split()) == ["RJ1", "RR8", "RRK", "RRK"]
    assert sorted(path.stem for path in (site / "trusts").glob("*.html")) == ["RJ1", "RR8", "RRK"]
    listed = (site / "index.html").read_text(encoding="utf-8")
    assert [code for code in ("RJ1", "RR8", "RRK") if f'href="trusts/{code}.html"' not in listed] == []
