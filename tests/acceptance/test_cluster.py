"""The same pages from a real Dask cluster: a scheduler and two workers, each a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

from race_equality.errors import RaceEqualityError
from race_equality.project import Project

pytestmark = [
    pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
]


def wait_until(condition: Callable[[], object], *, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this in time"
        time.sleep(0.05)


class DaskCluster:
    """A scheduler and two workers with one thread each, as an administrator starts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        where = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", where)
        wait_until(lambda: where.is_file() and where.stat().st_size)
        self.address = json.loads(where.read_text(encoding="utf-8"))["address"]
        self.workers = [self.start_worker("one"), self.start_worker("two")]

    def start_worker(self, name: str) -> subprocess.Popen[bytes]:
        where = ("--local-directory", self.folder / name)
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", *where)

    def _start(self, *arguments: str | os.PathLike[str]) -> subprocess.Popen[bytes]:
        with open(self.folder / "dask.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *map(os.fspath, arguments), "--no-dashboard"],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait()

    def left_behind(self) -> list[str]:
        return [path.name for name in ("one", "two", "three") for path in (self.folder / name).rglob("race-equality-*")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = DaskCluster(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.stop()


def files_of(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


CODES = ("RJ1", "RRK")
OPTIONS = ("--renderer", "built-in")

#: Says who runs it, and waits for leave to go on.
WAITS = """\
import os, pathlib, psutil, time
here = pathlib.Path({folder!r})
with open(here / "ran", "a") as file: print(trust_code, file=file)
if trust_code == "RRK":
    above = [str(process.pid) for process in psutil.Process().parents()]
    (here / "part").write_text(" ".join([str(os.getpid()), *above]))
    os.replace(here / "part", here / "running")
    while not (here / "go").exists(): time.sleep(0.05)"""


def test_what_fails_comes_home_and_is_not_tried_again(race_equality, small_project, notebook_writer, cluster):
    ran = small_project / "ran"
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        f"with open({str(ran)!r}, 'a') as file: print(trust_code, file=file)",
        "staff = 0 if trust_code == 'RRK' else 10",
        "def share(numerator, denominator):\n    return numerator / denominator\nshare(1, staff)",
    )
    options = ("--scheduler", cluster.address, "--engine", "default", *OPTIONS)
    end = race_equality("build", *CODES, "--output", "out", *options)
    assert end.returncode == 1
    assert "FAILED trusts/RRK: notebooks/board_report.ipynb, cell 5" in end.stderr
    assert "| share(1, staff)" in end.stderr
    assert "ZeroDivisionError: division by zero" in end.stderr
    assert "return numerator / denominator" in end.stderr
    assert "2 pages made" in end.stdout
    assert "1 page failed: RRK" in end.stdout
    assert sorted(ran.read_text().split()) == sorted(CODES)
    out = small_project / "out"
    assert sorted(path.stem for path in (out / "site" / "trusts").glob("*.html")) == ["RJ1"]
    cells = nbformat.read(out / "failed" / "trusts" / "RRK.ipynb", as_version=4).cells
    assert [output.ename for cell in cells for output in cell.get("outputs", []) if output.output_type == "error"] == [
        "ZeroDivisionError"
    ]
    wait_until(lambda: cluster.left_behind() == [])


def test_a_notebook_that_ends_its_process_is_given_up(race_equality, small_project, notebook_writer, cluster):
    ran = small_project / "ran"
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import os, signal, time\n"
        "if trust_code == 'RRK':\n"
        f"    with open({str(ran)!r}, 'a') as file: print(trust_code, file=file)\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(30)",
    )
    # the kernel's parent is the process that makes pages, with papermill's own engine
    end = race_equality(
        "build", "RJ1", "RRK", "--output", "out", "--scheduler", cluster.address, "--engine", "default", *OPTIONS
    )
    assert end.returncode == 1
    assert "The process that made the page was ended with status -9" in end.stderr
    assert "Traceback" not in end.stderr
    assert len(ran.read_text().split()) == 3  # and two retries
    assert (small_project / "out" / "site" / "trusts" / "RJ1.html").is_file()
    assert all(worker.poll() is None for worker in cluster.workers)


def test_an_interrupted_build_leaves_nothing_on_the_cluster(race_equality, small_project, notebook_writer, cluster):
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", WAITS.format(folder=str(small_project)))
    running = small_project / "running"
    build = race_equality.start("build", *CODES, "--output", "out", "--scheduler", cluster.address, *OPTIONS)
    wait_until(lambda: running.exists() or build.poll() is not None)
    wait_until((small_project / "out" / "site" / "notebooks" / "national_overview.html").exists)
    build.send_signal(signal.SIGINT)
    said, errors = build.communicate(timeout=300)
    assert build.returncode == 130, errors
    assert "Interrupted before" in said
    assert "RRK" in said
    assert "Traceback" not in errors
    wait_until(lambda: cluster.left_behind() == [])
    kernel = running.read_text().split()[0]
    wait_until(lambda: not Path(f"/proc/{kernel}").exists() or not Path("/proc").exists())
    # the cluster is free for the next
    (small_project / "go").touch()
    end = race_equality("build", *CODES, "--output", "out", "--scheduler", cluster.address, *OPTIONS)
    assert end.returncode == 0, end.stderr
    assert "national_overview" not in end.stderr


def test_no_scheduler_is_said(race_equality):
    end = race_equality.in_this_process("build", "RJ1", "--output", "out", "--scheduler", "tcp://127.0.0.1:1")
    assert end.returncode == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in end.stderr
    assert "Traceback" not in end.stderr


def test_workers_of_another_version_are_named(small_project, cluster, monkeypatch):
    from race_equality.batch import cluster_worker
    from race_equality.batch.cluster import Cluster

    monkeypatch.setattr(cluster_worker, "versions", lambda: {"pandas": "99.0"})
    with pytest.raises(RaceEqualityError) as error, Cluster(cluster.address, Project(small_project)):
        pass
    lines = str(error.value).splitlines()
    assert len([line for line in lines if line.startswith("  tcp://127.0.0.1:")]) == 2
    assert " differs in pandas (" in lines[1]
    assert " there, 99.0 here)" in lines[1]


@pytest.mark.quarto
@pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH")
def test_notebooks_run_on_the_cluster_and_quarto_renders_here(race_equality, small_project, cluster):
    command = ["build", "RJ1", "RRK", "--output", "out", "--renderer", "quarto", "--scheduler", cluster.address]
    end = race_equality(*command, timeout=600)
    assert end.returncode == 0, end.stderr
    assert "3 pages made" in end.stdout
    site = small_project / "out" / "site"
    for code in ("RJ1", "RRK"):
        page = (site / "trusts" / f"{code}.html").read_text(encoding="utf-8")
        assert '<meta name="generator" content="quarto-' in page
        assert f"trusts/{code}.html" in (site / "index.html").read_text(encoding="utf-8")
        assert (site / "trusts" / f"{code}.pdf").read_bytes().startswith(b"%PDF")
    assert "3 pages up to date." in race_equality(*command).stdout
    assert cluster.left_behind() == []


# -- what breaks the cluster comes last: first a worker goes, then the scheduler -----------------------


def test_a_worker_is_killed_and_every_page_is_made_the_same(race_equality, small_project, notebook_writer, cluster):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        WAITS.format(folder=str(small_project)),
        "from IPython.display import Markdown\nMarkdown(f'The report of {trust_code}.')",
    )
    running = small_project / "running"
    build = race_equality.start("build", *CODES, "--output", "out", "--scheduler", cluster.address, *OPTIONS)
    wait_until(lambda: running.exists() or build.poll() is not None)
    kernel, *above = map(int, running.read_text().split())
    victim = next(worker for worker in cluster.workers if worker.pid in above)
    victim.kill()
    victim.wait()
    cluster.workers.remove(victim)
    wait_until(lambda: not Path(f"/proc/{kernel}").exists() or not Path("/proc").exists())
    (small_project / "go").touch()
    said, errors = build.communicate(timeout=300)
    assert build.returncode == 0, errors
    assert "3 pages made" in said
    assert (small_project / "ran").read_text().split().count("RRK") == 2

    end = race_equality.build(*CODES, "--output", "here", *OPTIONS)
    assert end.returncode == 0, end.stderr
    there, here = (files_of(small_project / name / "site") for name in ("out", "here"))
    assert sorted(there) == sorted(here)
    assert [name for name in here if here[name] != there[name]] == []
    assert {f"trusts/{code}.{ending}" for code in CODES for ending in ("html", "pdf", "ipynb")} <= set(there)
    # and a build on this machine goes on from what the cluster made
    again = race_equality.build(*CODES, "--output", "out", *OPTIONS)
    assert "3 pages up to date." in again.stdout
    cluster.workers.append(cluster.start_worker("three"))  # for the next test


def test_a_scheduler_that_goes_away_is_said_and_what_came_is_kept(
    race_equality, small_project, notebook_writer, cluster
):
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", WAITS.format(folder=str(small_project)))
    options = ("--scheduler", cluster.address, "--engine", "default", *OPTIONS)
    build = race_equality.start("build", "RRK", "--output", "out", *options)
    wait_until((small_project / "out" / "site" / "notebooks" / "national_overview.html").exists)
    cluster.scheduler.kill()
    _, errors = build.communicate(timeout=300)
    assert build.returncode == 2
    assert f"The Dask scheduler at {cluster.address} is lost" in errors
    assert "Traceback" not in errors
    (small_project / "go").touch()
    end = race_equality.build("RRK", "--output", "out", "--explain", *OPTIONS)
    assert "national_overview: up to date" in end.stdout
    assert "1 page made" in end.stdout
