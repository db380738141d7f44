"""Plain ``quarto render``: the whole pipeline, from notebooks in git to a site."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.quarto,
    pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH"),
]
ROOT = Path(__file__).parents[2]
EXTENSION = "_extensions/race-equality"


@pytest.fixture
def quarto(small_project, monkeypatch):
    """Run Quarto in a small project under git, with the Python of these tests."""
    shutil.copytree(ROOT / EXTENSION, small_project / EXTENSION)
    (small_project / "scripts").mkdir()
    for name in ("scripts/quarto_steps.py", "notebooks/_quarto.yml", "notebooks/.gitignore", ".gitignore"):
        shutil.copy(ROOT / name, small_project / name)
    git = ["git", "-C", str(small_project), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "as it was"]):
        subprocess.run([*git, *arguments], check=True)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["quarto", *arguments],
            cwd=small_project,
            env={**os.environ, "QUARTO_PYTHON": sys.executable},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


def test_a_report_by_its_trust_and_git_sees_nothing(quarto, small_project):
    end = quarto("render", "-P", "trust_code:RRK", "--to", "html")
    assert end.returncode == 0, end.stderr
    page = (small_project / "_site/executed/trusts/RRK.html").read_text(encoding="utf-8")
    assert "<title>University Hospitals Birmingham NHS Foundation Trust – Race equality" in page
    assert '<h1 class="title">University Hospitals Birmingham NHS Foundation Trust</h1>' in page
    assert "The report of RRK." in page
    assert "executed/trusts/RRK.html" in (small_project / "_site/index.html").read_text(encoding="utf-8")

    refused = quarto("render", "notebooks/board_report.ipynb", "-P", "trust_code:RJ1")
    assert refused.returncode == 1
    assert "Quarto does not render the notebooks in notebooks/" in refused.stderr
    git = ["git", "-C", str(small_project), "status", "--short"]
    assert subprocess.run(git, capture_output=True, text=True, check=True).stdout == ""


def _name(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):  # it ended since it was listed
        return process.name()
    return ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_an_interrupted_build_by_quarto_ends_at_once_with_all_that_it_started(race_equality, small_project):
    build = race_equality.start("build", "RRK", "RJ1", "--renderer", "quarto", "--output", "out")
    ours = psutil.Process(build.pid)
    started: list[psutil.Process] = []
    latest = time.monotonic() + 300
    while not any("pandoc" in _name(process) for process in started):
        assert time.monotonic() < latest
        time.sleep(0.05)
        started = ours.children(recursive=True)
    began = time.monotonic()
    build.send_signal(signal.SIGINT)
    said, errors = build.communicate(timeout=60)
    seconds = time.monotonic() - began
    assert build.returncode == 130, errors
    assert "Interrupted before" in said
    # on a busy machine one is seen at its very end, and where nobody waits for it, also after that
    _, left = psutil.wait_procs(started, timeout=1)
    assert [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    others = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert seconds < 2 * others, "two seconds of a machine that does nothing else"
