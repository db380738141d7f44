"""Make pages again whenever one of their inputs changes: ``race-equality build --watch``."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import watch

import race_equality

if TYPE_CHECKING:
    from race_equality.project import Project
from race_equality.store.commits import HISTORY

#: Files in the project's own folder that pages are made from.
_FILES = ("_quarto.yml", "index.qmd")

#: Milliseconds without a change after which changes saved together are handled.
_QUIET = 100


@dataclass(frozen=True)
class ChangedFiles:
    """Files that have changed.

    Parameters
    ----------
    names : tuple of str
        Files, relative to the project, or to the package for its code.
    code : bool
        Whether the package's code or a Quarto extension is among them: this process has read the old ones.
    figures : bool
        Whether figures are among them: what notebooks share has read the old figures.
    """

    names: tuple[str, ...]
    code: bool
    figures: bool


def rebuild_on_change(
    make: Callable[[], None],
    project: Project,
    *,
    shared: Callable[[], AbstractContextManager[object]],
    on_change: Callable[[ChangedFiles], None],
) -> None:
    """Make pages, and again after each change, until the package's own code changes.

    Parameters
    ----------
    make : callable
        Makes what is not up to date.
    project : Project
        The checkout.
    shared : callable
        Starts what notebooks share. It is kept between builds, because starting it takes longer than
        a report, and restarted when figures change, because it has read them.
    on_change : callable
        Called with what changed, before the pages are made again.

    Notes
    -----
    It returns when the code has changed, so that a new process can continue. Changes made during a
    build are not missed.
    """
    with _change_queue(project) as changes:
        while True:
            with shared():
                make()
                while True:
                    changed = _next_changes(changes)
                    on_change(changed)
                    if changed.code:
                        return
                    if changed.figures:
                        break
                    make()


@contextmanager
def _change_queue(project: Project) -> Iterator[queue.SimpleQueue[ChangedFiles]]:
    """Collect changes in a thread, also while pages are made."""
    changes: queue.SimpleQueue[ChangedFiles] = queue.SimpleQueue()
    stop = threading.Event()

    def listen() -> None:
        for changed in wait_for_changes(project, stop=stop):
            changes.put(changed)

    thread = threading.Thread(target=listen, name="changes", daemon=True)
    thread.start()
    try:
        yield changes
    finally:
        stop.set()
        thread.join()


def _next_changes(changes: queue.SimpleQueue[ChangedFiles]) -> ChangedFiles:
    """Wait for a change, and add those that have come since."""
    found = [changes.get()]
    while not changes.empty():
        found.append(changes.get())
    return ChangedFiles(
        tuple(dict.fromkeys(name for changed in found for name in changed.names)),
        code=any(changed.code for changed in found),
        figures=any(changed.figures for changed in found),
    )


def wait_for_changes(project: Project, *, stop: threading.Event | None = None) -> Iterator[ChangedFiles]:
    """Yield the changed files, each time that some have changed.

    Parameters
    ----------
    project : Project
        The checkout.
    stop : threading.Event, optional
        Ends the waiting when it is set.

    Yields
    ------
    ChangedFiles
        What changes meanwhile is yielded next.

    Notes
    -----
    Folders are watched and not files: most editors replace a file by a new one, and a watch on the old
    one ends with it. The output folder is not watched. Whether a change matters, the build decides by
    comparing contents.
    """
    stop = stop or threading.Event()
    package = Path(race_equality.__file__).parent
    extensions = project.root / "_extensions"
    trees = [project.notebooks, project.params, project.root / "data", package, extensions]

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        if path.parent == project.root:
            return path.name in _FILES
        return any(path.is_relative_to(tree) and not _is_ignored(path, tree) for tree in trees)

    while not stop.is_set():
        for changes in watch(
            project.root,
            *_folders(trees),
            watch_filter=counts,
            recursive=False,
            step=_QUIET,
            stop_event=stop,
            rust_timeout=1000,
        ):
            paths = sorted({Path(name) for _, name in changes})
            files = [path for path in paths if not path.is_dir()]
            if files:
                yield ChangedFiles(
                    tuple(
                        file.relative_to(package if file.is_relative_to(package) else project.root).as_posix()
                        for file in files
                    ),
                    code=any(file.is_relative_to(package) or file.is_relative_to(extensions) for file in files),
                    figures=any(file.is_relative_to(project.root / "data") for file in files),
                )
            if len(files) < len(paths):
                break  # watch the new folder too


def _folders(trees: list[Path]) -> list[Path]:
    there = [tree for tree in trees if tree.is_dir()]
    below = [(path, tree) for tree in there for path in tree.rglob("*") if path.is_dir()]
    return there + [path for path, tree in below if not _is_ignored(path, tree)]


def _is_ignored(path: Path, tree: Path) -> bool:
    """Whether a path is a hidden file, Python's cache, or of the history of changes, which no page is made from."""
    parts = (tree.name, *path.relative_to(tree).parts)
    return parts[: len(HISTORY.parts)] == HISTORY.parts or any(
        part.startswith(".") or part == "__pycache__" for part in parts[1:]
    )
