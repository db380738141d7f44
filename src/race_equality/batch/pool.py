"""A pool of worker processes that survives the death of one of them."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from race_equality.batch.execute import NotebookRun
from race_equality.batch.page_requests import PageEvent, PageRequest, Rendering, WorkerSettings, is_last, page_failure
from race_equality.batch.plan import Page


def usable_cores() -> int:
    """Count the cores this process may use, which in a container is often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    request: PageRequest | None = None
    has_run: bool = False


class Pool:
    """Make pages in parallel processes.

    Parameters
    ----------
    size : int
        How many at once.
    settings : WorkerSettings
        What each process must know.
    log : Path
        The file for what kernels and libraries print.

    Notes
    -----
    ``concurrent.futures`` gives up the whole pool when one of its processes is killed; here that
    page fails and a new process takes its place. papermill is not thread-safe, hence processes.
    """

    def __init__(self, size: int, settings: WorkerSettings, *, log: Path) -> None:
        self._size, self._settings, self._log = size, settings, log
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
            if kind is not None or worker.request is not None:
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
            target=_run_worker, args=(theirs, self._settings, str(self._log), dict(os.environ)), daemon=True
        )
        process.start()
        theirs.close()  # or the end of the process would not be seen as the end of the pipe
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def run(self, requests: Iterable[PageRequest]) -> Iterator[PageEvent]:
        """Make pages.

        Parameters
        ----------
        requests : iterable of PageRequest
            Handed out in this order. The next one is taken from the iterable only when a process is free.

        Yields
        ------
        PageEvent
            Of any page, as it happens.
        """
        requests = iter(requests)
        upcoming = next(requests, None)
        while upcoming is not None or any(worker.request for worker in self._workers):
            idle = [worker for worker in self._workers if worker.request is None]
            while upcoming is not None and (idle or len(self._workers) < self._size):
                worker = idle.pop() if idle else self._start_worker()
                try:
                    worker.connection.send(upcoming)
                except OSError:  # it ended while idle: the next one gets the request
                    self._remove(worker)
                    continue
                worker.request, worker.has_run = upcoming, not upcoming.execute
                upcoming = next(requests, None)
            busy: dict[Any, tuple[_Worker, PageRequest]] = {
                worker.connection: (worker, worker.request) for worker in self._workers if worker.request
            }
            for connection in wait(list(busy)):
                worker, request = busy[connection]
                try:
                    event: PageEvent = worker.connection.recv()
                except (EOFError, OSError):
                    self._remove(worker)
                    event = _worker_died(worker, request.page)
                else:
                    worker.has_run |= isinstance(event, NotebookRun)
                    if is_last(request, event):
                        worker.request = None
                yield event

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(timeout=5)


def _run_worker(*arguments: Any) -> None:
    # imported in the worker: papermill takes half a second, and this process does not need it
    from race_equality.batch.page_maker import run_worker

    run_worker(*arguments)


def _worker_died(worker: _Worker, page: Page) -> NotebookRun | Rendering:
    import signal

    exitcode = worker.process.exitcode
    how = f"with exit status {exitcode}"
    if exitcode is not None and exitcode < 0:
        how = f"by {signal.Signals(-exitcode).name}"
    what = "rendered the page" if worker.has_run else "ran the notebook"
    failure = page_failure(
        page, f"The process that {what} was ended {how} (often for lack of memory; try fewer --jobs)."
    )
    if worker.has_run:
        return Rendering(page.path, failure)
    return NotebookRun(page.path, 0.0, failure=failure)
