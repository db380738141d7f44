"""Make pages on an existing Dask cluster rather than on this machine."""

from __future__ import annotations

import logging
import queue
import threading
import traceback
import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from race_equality.batch import cluster_worker
from race_equality.batch.cluster_worker import PageResult, Task
from race_equality.batch.page_requests import PageRequest, PageStarted, Rendering, page_failure
from race_equality.errors import RaceEqualityError

if TYPE_CHECKING:
    from distributed import Client, Future

    from race_equality.batch.plan import Page
    from race_equality.project import Project

#: Times that a page is tried again when its worker could not make it. A notebook that fails is not
#: tried again: it would fail again. Dask itself gives up a page that killed several workers.
RETRIES = 2

#: Seconds to wait for the scheduler, and then for its first worker: clusters that grow with their
#: work start one when there is some.
_SCHEDULER_SECONDS = 5
_WORKER_SECONDS = 60


class Cluster:
    """A Dask cluster that makes pages.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    project : Project
        The checkout, which is sent to the workers.

    Raises
    ------
    RaceEqualityError
        On entering: no scheduler, no workers, or workers with other versions of what pages are
        made with, named one by one.

    Notes
    -----
    The cluster's machines need this package and nothing of the checkout. The project is
    one task that every page depends on, so Dask passes it to each worker, also to one that starts
    later. Pages come back in the results; workers leave no files behind.
    """

    def __init__(self, address: str, project: Project) -> None:
        self._address, self._project = address, project
        self._run = f"race-equality-{uuid.uuid4().hex[:12]}"
        self._events: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._client: Client  # once entered
        self._waiting: dict[Any, tuple[Future, PageRequest]] = {}

    def __enter__(self) -> Cluster:
        try:
            from distributed import Client
        except ImportError:
            raise RaceEqualityError(
                "--scheduler needs Dask, which is not installed: pip install 'race-equality[cluster]'."
            ) from None
        # Errors are reported here, once; distributed would log each step.
        for logger in ("distributed", "distributed.client"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)
        try:
            self._client = Client(self._address, timeout=_SCHEDULER_SECONDS, set_as_default=False, name="race-equality")
        except (OSError, ValueError, ImportError) as error:
            raise RaceEqualityError(
                f"No Dask scheduler answers at {self._address} ({error or type(error).__name__}). "
                "`dask scheduler` says its address when it starts, such as tcp://10.0.0.1:8786."
            ) from None
        try:
            self._project_future = self._client.submit(
                _return_unchanged, cluster_worker.pack_project(self._project), key=f"{self._run}-project", pure=False
            )
            self._expected = cluster_worker.code_and_versions()
            self._check_workers()
            self._client.subscribe_topic(self._run, lambda event: self._events.put(("began", event[1])))
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        client = self._client

        def leave() -> None:
            # Pages that are being made are ended with their processes: Dask cannot interrupt them.
            if client.status == "running":
                client.cancel([future for future, _ in self._waiting.values()])
                client.run(cluster_worker.end_build, self._run, on_error="ignore")

        # In a thread: a lost scheduler must not block the end of the program.
        last = threading.Thread(target=leave, daemon=True)
        last.start()
        last.join(timeout=5)
        client.close(timeout=2)

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except TimeoutError:
            raise RaceEqualityError(
                f"The scheduler at {self._address} has no workers. Start some, on any machine that "
                f"reaches it: dask worker {self._address}"
            ) from None
        wrong = []
        for worker, there in sorted(self._client.run(cluster_worker.code_and_versions, on_error="return").items()):
            if isinstance(there, ImportError | AttributeError):
                wrong.append(f"{worker} has no race-equality package, or an older one")
            elif isinstance(there, BaseException):
                wrong.append(f"{worker} cannot report its versions ({type(there).__name__}: {there})")
            elif what := cluster_worker.version_differences(there, self._expected):
                wrong.append(f"{worker} differs in {what}")
        if wrong:
            raise RaceEqualityError(
                "The cluster's pages would not be the same as those of this machine:\n  "
                + "\n  ".join(wrong)
                + "\nInstall the same versions on each, best from requirements.lock, and restart the workers."
            )

    def run(self, tasks: Iterable[Task]) -> Iterator[PageStarted | PageResult]:
        """Make pages.

        Parameters
        ----------
        tasks : iterable of Task
            Handed out in this order.

        Yields
        ------
        PageStarted
            When a worker begins a page.
        PageResult
            One for each task, in the order in which they end.

        Raises
        ------
        RaceEqualityError
            When the scheduler is lost.
        """
        waiting = self._waiting
        requests: dict[str, PageRequest] = {}
        tasks = iter(tasks)
        task = next(tasks, None)
        while task is not None or waiting:
            if task is not None:
                self._submit(task, priority=-len(requests))
                requests[task.request.page.path] = task.request
                task = next(tasks, None)
            try:
                # With a timeout: without one Windows ignores Ctrl-C, and a lost scheduler sends no event.
                kind, name = self._events.get(block=task is None, timeout=1)
            except queue.Empty:
                if self._client.status != "running":
                    raise self._scheduler_lost() from None
                continue
            if kind == "began":
                if name in requests:
                    yield PageStarted(name, "execute" if requests[name].execute else "html")
            elif name in waiting:
                future, request = waiting.pop(name)
                yield self._result(future, request)

    def _submit(self, task: Task, *, priority: int) -> None:
        future = self._client.submit(
            cluster_worker.make_page,
            self._project_future,
            self._run,
            self._expected,
            task,
            key=f"{self._run}-{task.request.page.name}-{uuid.uuid4().hex[:8]}",
            pure=False,
            retries=RETRIES,
            priority=priority,
        )
        self._waiting[future.key] = future, task.request
        future.add_done_callback(lambda done: self._events.put(("ended", done.key)))

    def _result(self, future: Future, request: PageRequest) -> PageResult:
        from distributed.scheduler import KilledWorker

        page = request.page
        try:
            return future.result()
        except KilledWorker as error:
            what = (
                f"{error.allowed_failures + 1} workers were killed while they made this page, the last "
                f"{error.last_worker.address if error.last_worker else 'unknown'}: often for lack of memory."
            )
            return _failed(page, what)
        except Exception as error:
            if future.cancelled() or self._client.status != "running":
                raise self._scheduler_lost() from None
            if isinstance(error, RaceEqualityError):
                return _failed(page, str(error))
            details = "".join(traceback.format_exception(error))
            what = f"The worker could not make it. {type(error).__name__}: {error}"
            return _failed(page, what, details)

    def _scheduler_lost(self) -> RaceEqualityError:
        return RaceEqualityError(
            f"The Dask scheduler at {self._address} is lost. Pages that were finished are kept: the same "
            "command continues from there."
        )


def _failed(page: Page, what: str, details: str = "") -> PageResult:
    return PageResult(page.path, (Rendering(page.path, page_failure(page, what, details)),))


def _return_unchanged(content: bytes) -> bytes:
    return content
