"""What the machine may do to a build: one site stands, and stands the same after each."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from race_equality import files
from race_equality.commands.main import main
from race_equality.errors import RaceEqualityError
from race_equality.files import write_atomically
from race_equality.project import Project
from race_equality.publishing import places
from race_equality.store import commits
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts
from tests.conftest import ROOT, CommandLine, make_small_project

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def standing(tmp_path_factory) -> SimpleNamespace:
    """A project with a site, which no test may change."""
    root = make_small_project(tmp_path_factory.mktemp("standing") / "checkout")
    race_equality = CommandLine(root)
    end = race_equality.build("RJ1", "--output", "out")
    assert end.returncode == 0, end.stderr
    return SimpleNamespace(
        root=root, race_equality=race_equality, out=root / "out", site=contents(root / "out" / "site")
    )


@posix
def test_too_few_file_handles_are_known_before_anything_runs(standing):
    import resource

    end = subprocess.run(
        standing.race_equality._command(["build", "RJ1", "--output", "out", "--force"]),
        cwd=standing.root,
        env=standing.race_equality.environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)),
    )
    assert end.returncode == 2
    assert end.stderr.startswith(
        "Error: Only 40 files may be open at once here, and a build needs 64. Allow more: ulimit"
    )
    assert contents(standing.out / "site") == standing.site


@posix
def test_the_limit_of_file_handles_is_raised_where_it_may_be(monkeypatch):
    import resource

    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (20, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    files.need_file_handles()
    assert asked == [(64, 4096)]


def test_a_clock_that_went_back_makes_no_page_again_and_hides_no_change(standing):
    every = [path for path in standing.root.rglob("*") if path.is_file() and path.name != ".lock"]
    times = {path: path.stat().st_mtime_ns for path in every}
    notebook = standing.root / "notebooks" / "board_report.ipynb"
    text = notebook.read_text(encoding="utf-8")
    nine_years = 9 * 365 * 24 * 3600 * 10**9
    try:
        for path, when in times.items():
            os.utime(path, ns=(when + nine_years, when + nine_years))  # made by a clock that was ahead
        end = standing.race_equality.build("RJ1", "--output", "out")
        assert end.returncode == 0, end.stderr
        assert "up to date" in end.stdout
        assert contents(standing.out / "site") == standing.site
        notebook.write_text(text.replace("The report of", "A report of"), encoding="utf-8")
        os.utime(notebook, ns=(0, 0))
        said = standing.race_equality.build("RJ1", "--output", "out", "--dry-run", "--explain").stdout
        assert "its notebook changed" in said
    finally:
        notebook.write_text(text, encoding="utf-8")


def flip(file: Path) -> None:
    """Flip a bit in the middle, and leave size and time as they are."""
    status, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_bit_that_flipped_in_what_a_build_made_is_in_no_edition(standing, tmp_path):
    """Size and time are the same: a build that has nothing to do does not read each page, a publication does."""
    out = tmp_path / "out"
    shutil.copytree(standing.out, out)

    def published(place: str) -> dict[str, bytes]:
        end = standing.race_equality.in_this_process(
            *("publish", "RJ1", "--edition", "2026-11", "--to", tmp_path / place, "--address", "https://example.org"),
            *("--output", out, "--jobs", "1"),
        )
        assert end.returncode == 0, end.stderr
        return contents(tmp_path / place / "2026-11")

    flip(out / "project" / "trusts" / "RJ1.ipynb")  # what a page is rendered from
    flip(out / "manifest.json")
    first = published("first")
    assert first["trusts/RJ1.ipynb"] == standing.site["trusts/RJ1.ipynb"]
    for name in ("trusts/RJ1.html", "trusts/RJ1.pdf", "index.html"):
        flip(out / "site" / name)
    for kept in (out / ".cache").rglob("*.*"):
        kept.write_bytes(b"damaged")
    assert published("second") == first


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[:-5], lambda content: content + b"\0"])
def test_figures_that_are_not_whole_are_refused_wherever_they_are_read(tmp_path, damage):
    """Also by a notebook under papermill alone, which no build has checked anything for."""
    for name in ("figures/trusts.parquet", "figures/successions.csv", "sources/ods_trusts.yml", "sources/ods_etr.yml"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "data" / name, tmp_path / "data" / name)
    project, file = Project(tmp_path), tmp_path / "data" / "figures" / "catchment_2026.parquet"
    shutil.copy(ROOT / "data" / "figures" / file.name, file)
    with pytest.raises(
        RaceEqualityError, match=r"data/figures/catchment_2026.parquet has no record: catchment_2026.yml"
    ):
        read_figures(project=project)
    record = shutil.copy(ROOT / "data" / "sources" / "catchment_2026.yml", project.sources)
    assert len(read_figures(project=project)) > 0
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    for options in ({}, {"indicators": "catchment_ethnicity"}):
        with pytest.raises(
            RaceEqualityError, match=r"catchment_2026.parquet is not the file that catchment_2026.yml was"
        ):
            read_figures(project=project, **options)
    file.write_bytes(whole)
    flip(Path(record))
    with pytest.raises(RaceEqualityError, match=r"catchment_2026.yml is not as it was written"):
        read_figures(project=project)
    listed = project.figures / "trusts.parquet"
    listed.write_bytes(damage(listed.read_bytes()))
    with pytest.raises(RaceEqualityError, match=r"trusts.parquet is not the file that ods_trusts.yml was written with"):
        read_trusts(project=project)


# -- a quota, which may be reached at any change of a file ------------------------------------------


class Quota:
    """Let a function that writes succeed so many times, and then say that the quota is used up."""

    def __init__(self, function, times: int) -> None:
        self.function, self.left = function, times

    def __call__(self, *arguments):
        if self.left == 0:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), str(arguments[0]))
        self.left -= 1
        return self.function(*arguments)


def test_a_quota_that_is_reached_leaves_the_editions_that_stood(tmp_path, monkeypatch):
    place = places.open_place(str(tmp_path / "place"))
    place.put("2026-10", {"index.html": b"October", "manifest.json": b"{}"})
    place.point_latest("2026-10")
    before = contents(tmp_path / "place" / "2026-10")
    for times in range(3):
        monkeypatch.setattr(places, "write_atomically", Quota(write_atomically, times))
        with pytest.raises(
            RaceEqualityError, match=r"Edition 2026-11 could not be written .*quota exceeded.* What stood"
        ):
            place.put("2026-11", {"index.html": b"November", "a.csv": b"1", "manifest.json": b"{}"})
        assert place.editions() == ["2026-10"]
        assert contents(tmp_path / "place" / "2026-10") == before
        assert sorted(path.name for path in (tmp_path / "place").iterdir()) == ["2026-10", "latest"]


def test_a_quota_that_is_reached_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "data" / "figures" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"held")
    project, write = Project(tmp_path), commits._write_durably
    said = []
    for times in range(100):
        before, after = file.read_bytes(), f"new {times}".encode()
        monkeypatch.setattr(commits, "_write_durably", Quota(write, times))
        try:
            with commits.change(project, "data add") as draft:
                draft.write({draft.root / "data" / "figures" / "a.csv": after})
        except RaceEqualityError as error:
            said.append(str(error))
        else:
            break
        monkeypatch.setattr(commits, "_write_durably", write)
        commits.settle(project)  # as the next command does, with space again
        assert file.read_bytes() == (before if "The store is as it was" in said[-1] else after)
    assert all("quota exceeded" in one for one in said)
    assert {"The store is as it was" in one for one in said} == {True, False}
    assert file.read_bytes() == after


def test_a_quota_is_said_in_one_sentence_by_any_command(standing, monkeypatch):
    monkeypatch.chdir(standing.root)
    monkeypatch.setattr("race_equality.batch.manifest.write_atomically", Quota(None, 0))
    end = CliRunner().invoke(main, ["build", "RJ1", "--output", "other"])
    assert end.exit_code == 2
    assert "quota exceeded" in end.stderr
    assert "Traceback" not in end.stderr
