"""What a worker of a Dask cluster does for a page: run its notebook, render it, send the files back.

A worker has threads, and papermill is not thread-safe (it changes the working directory of its
process), so pages are made in a separate process, which is kept for the next page. That process is
``python -m race_equality.batch.cluster_worker``; it reads tasks from its standard input and ends when
that closes. Its kernels come from a fork server, a third process: a process with threads must not fork.
"""

from __future__ import annotations

import collections
import io
import os
import pickle
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import race_equality
from race_equality.batch.execute import NotebookRun
from race_equality.batch.manifest import hash_code, hash_files, versions
from race_equality.batch.page_requests import PageRequest, PageStarted, Rendering, WorkerSettings
from race_equality.errors import RaceEqualityError
from race_equality.files import write_atomically
from race_equality.render.staging import own_files

if TYPE_CHECKING:
    from race_equality.project import Project

#: What is sent to the workers: all project files that a notebook or a page is made from.
_SENT_FILES = ("_quarto.yml", "index.qmd", "notebooks", "params", "data/figures", "data/sources", "data/layouts")


@dataclass(frozen=True)
class Task:
    """A request with everything that another machine needs for it.

    Parameters
    ----------
    request : PageRequest
    notebook : bytes or None
        The executed notebook, when it only has to be rendered.
    engine : str or None
        The papermill engine.
    timeout : int or None
        Seconds that one cell may run.
    notebooks : int
        How many notebooks the build runs; with many, what all share is computed first.
    """

    request: PageRequest
    notebook: bytes | None
    engine: str | None
    timeout: int | None
    notebooks: int


@dataclass(frozen=True)
class PageResult:
    """A page as a worker sends it back.

    Parameters
    ----------
    page : str
        The page's path.
    events : tuple of NotebookRun or Rendering
        As a process of this machine would send them.
    notebook : bytes or None
        As executed; or, when it failed, as far as it got.
    files : mapping of str to bytes
        The page's files, relative to the site; empty when it was not rendered.
    """

    page: str
    events: tuple[NotebookRun | Rendering, ...]
    notebook: bytes | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


class LostProcessError(RaceEqualityError):
    """The process that was making a page ended."""


class OtherVersionError(RaceEqualityError):
    """A worker has other versions than the machine that asks, and would make a different page."""


# -- sending the project ----------------------------------------------------------------------------


def pack_project(project: Project) -> bytes:
    """Pack all files that pages are made from.

    Parameters
    ----------
    project : Project

    Returns
    -------
    bytes
        A ZIP archive, which workers unpack; no shared folder is needed.

    Raises
    ------
    RaceEqualityError
        When a trust's own return is there: it never leaves this machine.
    """
    returns = sorted(path.stem for path in (project.root / "data" / "local").glob("*.parquet"))
    if returns:
        raise RaceEqualityError(
            f"data/local holds trusts' own returns ({', '.join(returns[:5])}), which never leave this machine. "
            "Build without --scheduler, or move that folder aside to build the other trusts on the cluster."
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in _SENT_FILES:
            place = project.root / name
            for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if file.is_file():
                    archive.write(file, file.relative_to(project.root).as_posix())
        for file in own_files(project.root):
            archive.write(file, file.relative_to(project.root).as_posix())
    return content.getvalue()


def code_and_versions() -> dict[str, str]:
    """Return what a page depends on besides the project: a hash of the code, and versions of packages."""
    package = Path(race_equality.__file__).parent
    files = (file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {"the package's code": hash_files(files, base=package) + hash_code(), **versions()}


@cache
def _own_code_and_versions() -> dict[str, str]:
    return code_and_versions()


def version_differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Describe how another machine differs; empty when it does not."""
    found = []
    for name in here:
        if there.get(name) != here[name]:
            versions_ = "" if " " in name else f" ({there.get(name, 'none')} there, {here[name]} here)"
            found.append(f"{name}{versions_}")
    return ", ".join(found)


# -- in a worker of the cluster ----------------------------------------------------------------------


def make_page(project: bytes, run: str, expected: Mapping[str, str], task: Task) -> PageResult:
    """Make one page; this is the task that Dask runs.

    Parameters
    ----------
    project : bytes
        From :func:`pack_project`.
    run : str
        Names the build; also the topic of the events that say that a page has started.
    expected : mapping of str to str
        From :func:`code_and_versions`, on the machine that asks.
    task : Task

    Returns
    -------
    PageResult
        Also when the notebook failed: it would fail again.

    Raises
    ------
    OtherVersionError, LostProcessError
        Dask tries again a few times, perhaps on another worker.
    """
    from distributed import get_worker

    worker = get_worker()
    if wrong := version_differences(_own_code_and_versions(), expected):
        raise OtherVersionError(f"The worker {worker.address} is of another version: {wrong}.")
    worker.log_event(run, task.request.page.path)
    with _checkout(run, project, Path(worker.local_directory)).process() as process:
        return process.make(task)


def end_build(run: str) -> None:
    """End a build's processes in this worker and delete its copy of the project."""
    with _checkouts_lock:
        checkout = _checkouts.pop(run, None)
        _ended_builds.append(run)
    if checkout is not None:
        checkout.close()


class _Checkout:
    """A build's copy of the project in a worker, and the processes that make its pages."""

    def __init__(self, project: bytes, folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="race-equality-", dir=folder))
        self._idle: list[_PageProcess] = []
        self._all: list[_PageProcess] = []
        self._lock = threading.Lock()
        with zipfile.ZipFile(io.BytesIO(project)) as archive:
            archive.extractall(self.folder / "project")

    @contextmanager
    def process(self) -> Iterator[_PageProcess]:
        with self._lock:
            if self._idle:
                process = self._idle.pop()
            else:
                process = _PageProcess(self.folder)
                self._all.append(process)
        yield process
        with self._lock:  # one that failed is not used again
            self._idle.append(process)

    def close(self) -> None:
        with self._lock:
            for process in self._all:
                process.close()
            shutil.rmtree(self.folder, ignore_errors=True)


_checkouts: dict[str, _Checkout] = {}
_checkouts_lock = threading.Lock()

#: Builds that have ended: their pages are not made any more.
_ended_builds: collections.deque[str] = collections.deque(maxlen=100)


def _checkout(run: str, project: bytes, folder: Path) -> _Checkout:
    with _checkouts_lock:
        if run in _ended_builds:
            raise LostProcessError("The build has ended.")
        if run not in _checkouts:
            _checkouts[run] = _Checkout(project, folder)
        return _checkouts[run]


class _PageProcess:
    """The worker's end of a process that makes pages."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "RACE_EQUALITY_PROJECT": str(folder / "project")},
        )
        assert self._process.stdin and self._process.stdout  # both are pipes
        self._tasks, self._answers = self._process.stdin, self._process.stdout

    def make(self, task: Task) -> PageResult:
        try:
            _send(self._tasks, task)
            answer = _receive(self._answers)
        except OSError:
            answer = None
        if not isinstance(answer, PageResult):
            status = self._process.wait()
            raise LostProcessError(
                f"The process that made the page was ended with status {status} (often for lack of memory)."
            )
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._tasks.close()
        self._answers.close()


# -- in the process that makes pages -----------------------------------------------------------------


def _send(stream: IO[bytes], content: object) -> None:
    data = pickle.dumps(content)
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    """Read what was sent; None at the end of the stream."""
    length = stream.read(8)
    if len(length) < 8:
        return None
    size = int.from_bytes(length, "big")
    data = stream.read(size)
    # only from the process that started this one, or that this one started
    return pickle.loads(data) if len(data) == size else None


def _main(folder: Path) -> None:
    # What kernels and libraries print goes to the worker's log, and not among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()

    def listen() -> None:
        with os.fdopen(os.dup(0), "rb") as stream:
            while (task := _receive(stream)) is not None:
                tasks.put(task)
        # The worker has ended: nobody waits for a result.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    task = tasks.get()
    with ExitStack() as shared:
        make = _prepare(folder, task, shared)
        while True:
            _send(answers, make(task))
            task = tasks.get()


def _prepare(folder: Path, first: Task, shared: ExitStack) -> Callable[[Task], PageResult]:
    """Stage the project, start what notebooks share, and return the function that makes a page."""
    from race_equality.batch.build_services import shared_by_notebooks
    from race_equality.batch.freshness import outputs_of
    from race_equality.batch.page_maker import PageMaker
    from race_equality.project import Project
    from race_equality.render import stage_project

    project = Project(folder / "project")
    place = Path(tempfile.mkdtemp(prefix="pages-", dir=folder))
    settings = WorkerSettings(
        project.root, place / "project", place / "site", place, place / "failed", first.engine, first.timeout
    )
    stage_project(project, settings.staged)
    shared.enter_context(
        shared_by_notebooks(folder / "cache", project, engine=first.engine, jobs=1, notebooks=first.notebooks)
    )
    maker = PageMaker(settings)

    def make(task: Task) -> PageResult:
        request, events = task.request, []
        page = request.page
        executed, failed = settings.staged / page.path, settings.failed / page.path
        if task.notebook is not None:
            write_atomically(executed, task.notebook)
        for name in request.linked_files:  # so that the page links to them
            (settings.site / name).parent.mkdir(parents=True, exist_ok=True)
            (settings.site / name).touch()
        try:
            maker.make(request, lambda one: None if isinstance(one, PageStarted) else events.append(one))
            notebook = next((file for file in (failed, executed) if file.is_file()), None)
            made = [
                name for name, made in outputs_of(page, settings.site).items() if made["bytes"]
            ]  # without the empty files made above
            return PageResult(
                page.path,
                tuple(events),
                notebook.read_bytes() if request.execute and notebook else None,
                {name: (settings.site / name).read_bytes() for name in made},
            )
        finally:
            executed.unlink(missing_ok=True)
            for folder_ in (settings.failed, settings.site):
                shutil.rmtree(folder_, ignore_errors=True)

    return make


if __name__ == "__main__":
    # Classes are pickled by the name of their module, which here would be __main__.
    from race_equality.batch import cluster_worker

    cluster_worker._main(Path(sys.argv[1]))
