"""A process that ends takes its page along, and no other."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from race_equality.batch import pool as pools
from race_equality.batch.execute import Execution
from race_equality.batch.page_requests import Began, Order, Rendering
from race_equality.batch.plan import Page
from race_equality.batch.pool import Pool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def work(orders, *_) -> None:
    """Stand in for the process that makes pages: what a page's name says happens in it."""
    while True:
        try:
            order: Order = orders.recv()
        except EOFError:
            return
        path = order.page.path
        orders.send(Began(path, "execute"))
        if path == "dies running":
            os.kill(os.getpid(), signal.SIGKILL)
        orders.send(Execution(path, 1.0))
        if path == "dies rendering":
            os._exit(7)
        if order.render:
            orders.send(Began(path, "html"))
            orders.send(Rendering(path))


def order(path: str, *, render: bool = True) -> Order:
    return Order(Page(path, "notebook.ipynb"), execute=True, render=render)


@pytest.mark.parametrize("size", [1, 3])
def test_each_page_ends_once_whatever_becomes_of_its_process(monkeypatch, tmp_path, size):
    monkeypatch.setattr(pools, "_work", work)
    monkeypatch.syspath_prepend(Path(__file__).parents[3])  # the processes import this module by its name
    asked = []

    def orders():
        for path in ("one", "dies running", "two", "dies rendering", "only run", "three"):
            asked.append(path)
            yield order(path, render=path != "only run")

    told = {}
    with Pool(size, None, log=tmp_path / "log") as pool:
        for news in pool.run(orders()):
            told.setdefault(news.page, []).append(news)
            # an order is made just before it can be handed out
            assert len(asked) <= len(told) + size + 1
        assert list(pool.run([])) == []
    kinds = {path: [type(one).__name__ for one in news] for path, news in told.items()}
    whole = ["Began", "Execution", "Began", "Rendering"]
    assert kinds == {
        "one": whole,
        "two": whole,
        "three": whole,
        "only run": ["Began", "Execution"],
        "dies running": ["Began", "Execution"],
        "dies rendering": ["Began", "Execution", "Rendering"],
    }
    assert "The process that ran the notebook was ended by SIGKILL" in told["dies running"][-1].failure.error
    rendering = told["dies rendering"][-1].failure.error
    assert rendering.startswith("The process that rendered the page was ended with exit status 7")
    assert told["two"][1].failure is None
