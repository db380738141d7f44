"""A process that ends takes its page along, and no other."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from race_equality.batch import pool as pools
from race_equality.batch.execute import NotebookRun
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
        requests.send(PageStarted(path, "execute"))
        if path == "dies running":
            os.kill(os.getpid(), signal.SIGKILL)
        requests.send(NotebookRun(path, 1.0))
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
