"""A pool of worker processes that survives the death of one of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from race_equality.batch import stopped
from race_equality.batch.execute import NotebookRun
from race_equality.batch.page_requests import (
    PageEvent,
    PageRequest,
    PageStarted,
    Rendering,
    WorkerSettings,
    is_last,
    page_failure,
)
from race_equality.batch.plan import Page


def usable_cores() -> int:
    """Count the cores this process may use, which in a container is often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


#: How long a process that makes a page's files and is not stopped may say nothing, in seconds.
_MOST_RENDERING = 900.0


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    request: PageRequest | None = None
    has_run: bool = False
    #: When it last said something.
    heard: float = 0.0
    #: Why it was ended from here.
    ended: str = ""


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
    servers : collection of int
        Processes that the pages ask for something and that might be stopped: they are watched as well.
    notebook_seconds : float, optional
        How long a notebook may take; it is stopped from within by then.

    Notes
    -----
    A process that is stopped (SIGSTOP) for half a minute is ended, and so is one that says nothing for much longer than its
    own limits allow. Its page is tried again, once, in another process; then it is named as failed. So is a page whose
    server was ended.

    ``concurrent.futures`` gives up the whole pool when one of its processes is killed; here that
    page fails and a new process takes its place. papermill is not thread-safe, hence processes.
    """

    def __init__(
        self,
        size: int,
        settings: WorkerSettings,
        *,
        log: Path,
        servers: Collection[int] = (),
        notebook_seconds: float | None = None,
    ) -> None:
        self._size, self._settings, self._log = size, settings, log
        self._notebook_seconds = notebook_seconds
        self._servers = set(servers)
        self._stopped: dict[int, float] = {}  # process to the seconds for which it has been seen stopped
        self._again: deque[PageRequest] = deque()
        self._tried: set[str] = set()
        self._workers: list[_Worker] = []
        if sys.platform == "win32":
            self._context = multiprocessing.get_context("spawn")
        else:
            self._context = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(
                [f"race_equality.{name}" for name in ("batch.local_papermill", "batch.page_maker", "render.builtin")]
            )
            from multiprocessing.forkserver import ensure_running  # not on Windows

            ensure_running()  # it imports while the process that builds does other things

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
        process = self._started(theirs)
        theirs.close()  # or the end of the process would not be seen as the end of the pipe
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _started(self, connection: Connection) -> BaseProcess:
        """Start a process; where the server that forks it ended while it was asked, ask another one."""
        arguments = (connection, self._settings, str(self._log), dict(os.environ))
        with stopped.ended_when_stopped(_forking_server):
            for left in reversed(range(20)):
                process = self._context.Process(target=_run_worker, args=arguments, daemon=True)
                try:
                    process.start()
                    break
                except (EOFError, OSError):
                    if not left:
                        raise
                    # one that was killed a moment ago is still taken for running
                    time.sleep(0.05)
        return process

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
        source = iter(requests)

        def following() -> PageRequest | None:
            return self._again.popleft() if self._again else next(source, None)

        upcoming = following()
        looked = time.monotonic()
        while upcoming is not None or any(worker.request for worker in self._workers):
            idle = [worker for worker in self._workers if worker.request is None]
            while upcoming is not None and (idle or len(self._workers) < self._size):
                worker = idle.pop() if idle else self._start_worker()
                try:
                    worker.connection.send(upcoming)
                except OSError:  # it ended while idle: the next one gets the request
                    self._remove(worker)
                    continue
                worker.request, worker.has_run, worker.ended = upcoming, not upcoming.execute, ""
                worker.heard = time.monotonic()
                upcoming = following()
            busy: dict[Any, tuple[_Worker, PageRequest]] = {
                worker.connection: (worker, worker.request) for worker in self._workers if worker.request
            }
            for connection in wait(list(busy), timeout=stopped.EVERY):
                worker, request = busy[connection]
                try:
                    event: PageEvent = worker.connection.recv()
                except (EOFError, OSError):
                    self._remove(worker)
                    event = _worker_died(worker, request.page)
                else:
                    worker.heard = time.monotonic()
                    worker.has_run |= isinstance(event, NotebookRun) and event.failure is None
                    if is_last(request, event):
                        worker.request = None
                failed = not isinstance(event, PageStarted) and event.failure is not None
                if failed and worker.ended and request.page.path not in self._tried:
                    self._tried.add(request.page.path)
                    self._again.append(replace(request, execute=not worker.has_run))
                    continue
                yield event
            now = time.monotonic()
            if now - looked >= stopped.EVERY:
                # after a pause of this process itself, others have not been stopped for longer than it has watched them
                self._end_stopped(now, min(now - looked, 2 * stopped.EVERY))
                looked = now
            upcoming = upcoming if upcoming is not None else following()

    def _end_stopped(self, now: float, since: float) -> None:
        """End processes that are stopped, or silent for longer than they may be."""
        for server in list(self._servers):
            if self._is_stopped_too_long(server, since):
                self._servers.remove(server)
                stopped.kill(server)
                for worker in self._workers:
                    if worker.request:
                        worker.ended = "its server was stopped"
        for worker in self._workers:
            pid = worker.process.pid
            if worker.request is None or pid is None:
                continue
            most = (
                _MOST_RENDERING
                if worker.has_run
                else self._notebook_seconds and self._notebook_seconds + stopped.MOST_STOPPED
            )
            if self._is_stopped_too_long(pid, since):
                worker.ended = "it was stopped"
            elif most and now - worker.heard > most:
                worker.ended = f"it said nothing for {most:.0f} seconds"
            else:
                continue
            stopped.kill(pid)

    def _is_stopped_too_long(self, pid: int, since: float) -> bool:
        if not stopped.is_stopped(pid):
            self._stopped.pop(pid, None)
            return False
        self._stopped[pid] = self._stopped.get(pid, 0.0) + since
        return self._stopped[pid] >= stopped.MOST_STOPPED

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(timeout=5)


def _run_worker(*arguments: Any) -> None:
    # imported in the worker: papermill takes half a second, and this process does not need it
    from race_equality.batch.page_maker import run_worker

    run_worker(*arguments)


def _forking_server() -> tuple[int, ...]:
    """The process of multiprocessing that forks others: who asks it for one waits for its answer without a limit."""
    # nothing public says which process it is
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)
    return (pid,) if pid else ()


def _worker_died(worker: _Worker, page: Page) -> NotebookRun | Rendering:
    exitcode = worker.process.exitcode
    how = f"with exit status {exitcode}"
    if exitcode is not None and exitcode < 0:
        how = f"by {signal.Signals(-exitcode).name}"
    what = "rendered the page" if worker.has_run else "ran the notebook"
    why = f"because {worker.ended}" if worker.ended else "often for lack of memory; try fewer --jobs"
    failure = page_failure(page, f"The process that {what} was ended {how} ({why}).")
    if worker.has_run:
        return Rendering(page.path, failure)
    return NotebookRun(page.path, 0.0, failure=failure)
