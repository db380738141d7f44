"""The process that writes files to download: the same files as without it, and what becomes of them when it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forked_kernels import AVAILABLE, ForkServer
from race_equality.batch import stopped
from race_equality.batch.download_writer import DownloadWriter
from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from tests.conftest import ROOT, copy_figures, make_small_project, record_figures

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this platform cannot fork")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A project with the figures of two trusts."""
    root = tmp_path_factory.mktemp("project") / "checkout"
    make_small_project(root)
    shutil.rmtree(root / "data" / "figures")
    copy_figures(["RJ1", "RRE"], root / "data" / "figures")
    record_figures(root)
    return Project(root)


@pytest.fixture(scope="module")
def server():
    with ForkServer(share=True) as started:
        yield started


@pytest.fixture
def writer(project, server, tmp_path):
    with DownloadWriter(project, tmp_path / "site", server=server.pid) as made:
        yield made


def contents(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def test_it_writes_what_is_written_without_it(writer, project, tmp_path):
    writer.prepare()
    names = [*writer.write_trust("RRE"), *writer.write_site()]
    assert writer._process.poll() is None and not writer._is_here
    here = DownloadWriter(project, tmp_path / "here")
    assert names == [*here.write_trust("RRE"), *here.write_site()]
    written = contents(tmp_path / "site")
    assert written == contents(tmp_path / "here")
    assert set(written) == set(names) and {"downloads/figures.csv", "api/trusts/RJ1.json"} < set(names)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="says which processes are stopped")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_after_its_end_files_are_written_here(writer, tmp_path, monkeypatch, number):
    monkeypatch.setattr(stopped, "EVERY", 0.05)
    monkeypatch.setattr(stopped, "MOST_STOPPED", 0.1)
    writer.write_trust("RJ1")
    os.kill(writer._process.pid, number)
    assert writer.write_trust("RRE") == ["trusts/RRE-figures.csv", "trusts/RRE-figures.ods"]
    assert writer._process is None and (tmp_path / "site" / "trusts" / "RRE-figures.ods").is_file()


def test_its_errors_are_those_of_writing_here(writer, project, tmp_path):
    (tmp_path / "site").write_text("in the place of the folder")
    with pytest.raises(NotADirectoryError):
        writer.write_trust("RJ1")
    file = project.figures / "ae.parquet"
    before = file.read_bytes()
    file.write_bytes(before[:-8])
    try:
        with (
            DownloadWriter(project, tmp_path / "other", server=writer._server) as another,
            pytest.raises(RaceEqualityError, match="ae.parquet"),
        ):
            another.write_trust("RJ1")
    finally:
        file.write_bytes(before)


def test_without_a_server_files_are_written_here(project, tmp_path, monkeypatch):
    monkeypatch.delenv("FORKED_KERNELS_SERVER", raising=False)
    with DownloadWriter(project, tmp_path, server=os.getpid()) as writer:
        assert writer.write_trust("RJ1") == ["trusts/RJ1-figures.csv", "trusts/RJ1-figures.ods"]
        assert writer._is_here


def test_the_process_that_builds_imports_no_pandas():
    """It holds no figures; importing pandas takes as long as all else that it does before the first notebook runs."""
    code = (
        "import sys\n"
        "from race_equality.batch.build import BuildOptions, build\n"
        "from race_equality.batch.build_services import shared_by_notebooks\n"
        "from race_equality.batch.download_writer import DownloadWriter\n"
        "from race_equality.batch.plan import plan_build\n"
        "from race_equality.batch.pool import Pool\n"
        "from race_equality.disclosure.rules import read_rules\n"
        "plan, rules = plan_build(['RJ1', 'DEMO']), read_rules()\n"
        "print([page.name for page in plan.pages if page.is_report], sorted({'pandas', 'altair', 'papermill'} & set(sys.modules)))\n"
    )
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert end.stdout == "['RJ1', 'DEMO'] []\n"
