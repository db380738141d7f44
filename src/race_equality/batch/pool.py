"""Worker processes that outlive what goes wrong in one of them."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from race_equality.batch.execute import Execution
from race_equality.batch.page_requests import News, Order, Rendering, Workshop, failure_of, is_last


def usable_cores() -> int:
    """Count the cores this process may use, which in a container is often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    order: Order | None = None
    has_run: bool = False


class Pool:
    """Make pages in parallel processes.

    Parameters
    ----------
    size : int
        How many at once.
    workshop : Workshop
        Where, and how.
    log : Path
        Where what kernels and libraries print goes.

    Notes
    -----
    ``concurrent.futures`` gives up the whole pool when one of its processes is killed; here that
    page fails and a new process takes its place. papermill is not thread-safe, hence processes.
    """

    def __init__(self, size: int, workshop: Workshop, *, log: Path) -> None:
        self._size, self._workshop, self._log = size, workshop, log
        self._workers: list[_Worker] = []
        if sys.platform == "win32":
            self._context = multiprocessing.get_context("spawn")
        else:
            self._context = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(["race_equality.batch.page_maker", "race_equality.render.builtin"])

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind, *exception: object) -> None:
        for worker in self._workers:
            worker.connection.close()  # an idle worker ends by itself
            if kind is not None or worker.order is not None:
                # Its kernel ends as well: kernels watch for the end of who started them.
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(timeout=5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()

    def _start_worker(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, self._workshop, str(self._log), dict(os.environ)), daemon=True
        )
        process.start()
        theirs.close()  # or the end of the process would not be seen as the end of the pipe
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def run(self, orders: Iterable[Order]) -> Iterator[News]:
        """Have pages made.

        Parameters
        ----------
        orders : iterable of Order
            Handed out in this order. Each is asked for just before it can be handed out, while the
            others are being worked on.

        Yields
        ------
        News
            Of all pages, as it comes.
        """
        orders = iter(orders)
        upcoming = next(orders, None)
        while upcoming is not None or any(worker.order for worker in self._workers):
            idle = [worker for worker in self._workers if worker.order is None]
            while upcoming is not None and (idle or len(self._workers) < self._size):
                worker = idle.pop() if idle else self._start_worker()
                try:
                    worker.connection.send(upcoming)
                except OSError:  # it ended while idle: the next one gets the order
                    self._remove(worker)
                    continue
                worker.order, worker.has_run = upcoming, not upcoming.execute
                upcoming = next(orders, None)
            busy = {worker.connection: worker for worker in self._workers if worker.order}
            for connection in wait(list(busy)):
                worker = busy[connection]
                order = worker.order
                try:
                    news: News = connection.recv()
                except (EOFError, OSError):
                    self._remove(worker)
                    news = _worker_died(worker)
                else:
                    worker.has_run |= isinstance(news, Execution)
                    if is_last(order, news):
                        worker.order = None
                yield news

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(timeout=5)


def _work(*arguments: object) -> None:
    # imported there: papermill takes half a second to import, and this process does without
    from race_equality.batch.page_maker import work

    work(*arguments)


def _worker_died(worker: _Worker) -> Execution | Rendering:
    import signal

    page, exitcode = worker.order.page, worker.process.exitcode
    how = f"with exit status {exitcode}"
    if exitcode is not None and exitcode < 0:
        how = f"by {signal.Signals(-exitcode).name}"
    what = "rendered the page" if worker.has_run else "ran the notebook"
    failure = failure_of(page, f"The process that {what} was ended {how} (often for want of memory; try fewer --jobs).")
    if worker.has_run:
        return Rendering(page.path, failure)
    return Execution(page.path, 0.0, failure=failure)
