"""Worker processes that outlive what goes wrong in one of them."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from race_equality.batch.execute import Execution, Failure

if TYPE_CHECKING:
    from race_equality.batch.worker import Job


def usable_cores() -> int:
    """Count the cores this process may use, which in a container is often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    job: Job | None = field(default=None)


class Pool:
    """Run notebooks in parallel processes.

    Parameters
    ----------
    size : int
        How many at once.
    log : Path
        Where what kernels and libraries print goes.

    Notes
    -----
    ``concurrent.futures`` gives up the whole pool when one of its processes is killed; here that
    notebook fails and a new process takes its place. papermill is not thread-safe, hence processes.
    """

    def __init__(self, size: int, *, log: Path) -> None:
        self._size = size
        self._log = log
        self._workers: list[_Worker] = []
        if sys.platform == "win32":
            self._context = multiprocessing.get_context("spawn")
        else:
            self._context = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(["race_equality.batch.worker"])

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind, *exception: object) -> None:
        for worker in self._workers:
            worker.connection.close()  # an idle worker ends by itself
            if kind is not None or worker.job is not None:
                # Its kernel ends as well: kernels watch for the end of who started them.
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(timeout=5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()

    def _start_worker(self) -> _Worker:
        from race_equality.batch.worker import work

        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=work, args=(theirs, str(self._log), dict(os.environ)), daemon=True
        )
        process.start()
        theirs.close()  # or the end of the process would not be seen as the end of the pipe
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def run(
        self, jobs: Sequence[Job], *, on_start: Callable[[Job], None] = lambda job: None
    ) -> Iterator[Execution]:
        """Run jobs, giving each result as it comes.

        Parameters
        ----------
        jobs : sequence of Job
            Handed out in this order.
        on_start : callable, optional
            Called with each job as it is handed out.

        Yields
        ------
        Execution
            One for each job, in the order they end.
        """
        waiting = list(reversed(jobs))
        while waiting or any(worker.job for worker in self._workers):
            idle = [worker for worker in self._workers if worker.job is None]
            while waiting and (idle or len(self._workers) < self._size):
                worker = idle.pop() if idle else self._start_worker()
                worker.job = waiting.pop()
                on_start(worker.job)
                try:
                    worker.connection.send(worker.job)
                except OSError:  # it ended while idle: its job goes to the next one
                    waiting.append(worker.job)
                    self._remove(worker)
            busy = {worker.connection: worker for worker in self._workers if worker.job}
            for connection in wait(list(busy)):
                worker = busy[connection]
                job = worker.job
                try:
                    result = connection.recv()
                except (EOFError, ConnectionResetError):
                    self._remove(worker)
                    result = _worker_died(job, worker.process.exitcode)
                else:
                    worker.job = None
                yield result

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(timeout=5)


def _worker_died(job: Job, exitcode: int | None) -> Execution:
    import signal

    how = f"with exit status {exitcode}"
    if exitcode is not None and exitcode < 0:
        how = f"by {signal.Signals(-exitcode).name}"
    return Execution(
        job.page.path,
        0.0,
        failure=Failure(
            job.page.path,
            job.page.notebook,
            None,
            "",
            f"The process that ran the notebook was ended {how} (often for want of memory; "
            "try fewer --jobs).",
            "",
        ),
    )
