"""What a worker process does: run the notebooks it is handed, one after another."""

from __future__ import annotations

import os
import signal
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

# Imported here, at the top, so that multiprocessing's fork server holds it before it forks workers.
from papermill.engines import papermill_engines

from race_equality.batch.engine import ForkEngine
from race_equality.batch.execute import Execution, Failure, execute_page

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from race_equality.batch.plan import Page


# papermill finds the engine through the entry point; this is for a checkout that was installed before
# there was one.
papermill_engines.register("fork", ForkEngine)


@dataclass(frozen=True)
class Job:
    """A page with all that is needed to run it elsewhere."""

    page: Page
    root: Path
    target: Path
    scratch: Path
    failed: Path
    engine: str | None
    timeout: int | None


def work(jobs: Connection, log: str, environment: dict[str, str]) -> None:
    """Run jobs until the other end closes.

    Parameters
    ----------
    jobs : multiprocessing.connection.Connection
        Gives :class:`Job`, takes :class:`~race_equality.batch.execute.Execution`.
    log : str
        A file for what kernels and libraries print past the notebook; on the terminal it would
        break the progress bar.
    environment : dict
        The environment of the process that started the build: the fork server's may be older.
    """
    # Ctrl-C reaches every process of the terminal; stopping is the build's decision. A function and
    # not SIG_IGN, which the kernels started from here would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    os.environ.clear()
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    while True:
        try:
            job: Job = jobs.recv()
        except EOFError:
            return
        jobs.send(run_job(job))


def run_job(job: Job) -> Execution:
    """Run one job; whatever happens comes back as a result."""
    try:
        return execute_page(
            job.page,
            root=job.root,
            target=job.target,
            scratch=job.scratch,
            failed=job.failed,
            engine=job.engine,
            timeout=job.timeout,
        )
    except Exception as error:
        line, details = f"{type(error).__name__}: {error}", traceback.format_exc()
        if isinstance(error, OSError) and error.strerror:
            # without the path: messages end up in the manifest, which may be published
            line, details = f"The notebook cannot be written: {error.strerror}.", ""
        return Execution(
            job.page.path,
            0.0,
            failure=Failure(job.page.path, job.page.notebook, None, "", line, details),
        )
