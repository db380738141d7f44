"""A process that ends takes its page along, and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from race_equality.batch import pool as pools
from race_equality.batch import stopped as stopped_processes
from race_equality.batch.execute import Failure, NotebookRun
from race_equality.batch.page_requests import PageRequest, PageStarted, Rendering
from race_equality.batch.plan import Page
from race_equality.batch.pool import Pool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def work(requests, *_) -> None:
    """Stand in for the process that makes pages: what a page's name says happens in it."""
    while True:
        try:
            request: PageRequest = requests.recv()
        except EOFError:
            return
        path = request.page.path
        requests.send(PageStarted(path, "execute" if request.execute else "html"))
        if not request.execute:
            requests.send(Rendering(path))
            continue
        if path == "dies running":
            os.kill(os.getpid(), signal.SIGKILL)
        if path == "waits for a server":  # of another process's, whose number is in the name of the notebook
            while Path(f"/proc/{request.page.notebook}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.01)
            failure = None if Path("tried").exists() else Failure(path, "", None, "", "no answer", "")
            Path("tried").touch()
            requests.send(NotebookRun(path, 1.0, failure=failure))
            continue
        if path.startswith("stops") and (path == "stops each time" or not Path(path).exists()):
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        requests.send(NotebookRun(path, 1.0))
        if path == "is stopped rendering" and not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        if path == "dies rendering":
            os._exit(7)
        if request.render:
            requests.send(PageStarted(path, "html"))
            requests.send(Rendering(path))


def request(path: str, *, render: bool = True) -> PageRequest:
    return PageRequest(Page(path, "notebook.ipynb"), execute=True, render=render)


@pytest.mark.parametrize("size", [1, 3])
def test_each_page_ends_once_whatever_becomes_of_its_process(monkeypatch, tmp_path, size):
    monkeypatch.setattr(pools, "_run_worker", work)
    monkeypatch.syspath_prepend(Path(__file__).parents[3])  # the processes import this module by its name
    asked = []

    def requests():
        for path in ("one", "dies running", "two", "dies rendering", "only run", "three"):
            asked.append(path)
            yield request(path, render=path != "only run")

    told = {}
    with Pool(size, None, log=tmp_path / "log") as pool:
        for event in pool.run(requests()):
            told.setdefault(event.page, []).append(event)
            # a request is made just before it can be handed out
            assert len(asked) <= len(told) + size + 1
        assert list(pool.run([])) == []
    kinds = {path: [type(one).__name__ for one in event] for path, event in told.items()}
    whole = ["PageStarted", "NotebookRun", "PageStarted", "Rendering"]
    assert kinds == {
        "one": whole,
        "two": whole,
        "three": whole,
        "only run": ["PageStarted", "NotebookRun"],
        "dies running": ["PageStarted", "NotebookRun"],
        "dies rendering": ["PageStarted", "NotebookRun", "Rendering"],
    }
    assert "The process that ran the notebook was ended by SIGKILL" in told["dies running"][-1].failure.error
    rendering = told["dies rendering"][-1].failure.error
    assert rendering.startswith("The process that rendered the page was ended with exit status 7")
    assert told["two"][1].failure is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="says which processes are stopped")
def test_a_stopped_process_is_noticed_and_its_page_tried_again(monkeypatch, tmp_path):
    monkeypatch.setattr(pools, "_run_worker", work)
    monkeypatch.setattr(stopped_processes, "EVERY", 0.05)
    monkeypatch.setattr(stopped_processes, "MOST_STOPPED", 0.1)
    monkeypatch.syspath_prepend(Path(__file__).parents[3])
    monkeypatch.chdir(tmp_path)
    told = {}
    server = subprocess.Popen([sys.executable, "-c", "import signal; signal.raise_signal(signal.SIGSTOP)"])
    try:
        with Pool(2, None, log=tmp_path / "log", servers=[server.pid]) as pool:
            pages = [request(name) for name in ("stops once", "one", "is stopped rendering", "stops each time")]
            waits = PageRequest(Page("waits for a server", str(server.pid)), execute=True, render=False)
            for event in pool.run([waits, *pages]):
                told.setdefault(event.page, []).append(event)
    finally:
        server.kill()
        server.wait()
    ends = {path: [one.failure for one in events if not isinstance(one, PageStarted)] for path, events in told.items()}
    (failure,) = ends.pop("stops each time")
    assert failure.error == "The process that ran the notebook was ended by SIGKILL (because it was stopped)."
    assert ends == {
        "one": [None, None],
        "stops once": [None, None],
        "is stopped rendering": [None, None],
        "waits for a server": [None],
    }
    # what had run was not run again
    assert sum(isinstance(one, NotebookRun) for one in told["is stopped rendering"]) == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="says which processes are stopped")
def test_a_stopped_server_of_processes_is_noticed_when_one_is_asked_for(monkeypatch, tmp_path):
    """The one of multiprocessing, which answers without a limit of time."""
    monkeypatch.setattr(pools, "_run_worker", work)
    monkeypatch.setattr(stopped_processes, "EVERY", 0.05)
    monkeypatch.setattr(stopped_processes, "MOST_STOPPED", 0.1)
    monkeypatch.syspath_prepend(Path(__file__).parents[3])
    with Pool(1, None, log=tmp_path / "log") as pool:
        list(pool.run([request("one")]))
    stopped = forkserver._forkserver._forkserver_pid
    os.kill(stopped, signal.SIGSTOP)
    with Pool(1, None, log=tmp_path / "log") as pool:
        ends = [event.failure for event in pool.run([request("two")]) if not isinstance(event, PageStarted)]
    assert ends == [None, None]
    assert forkserver._forkserver._forkserver_pid != stopped
