"""Make pages again whenever something that they rest on changes: ``race-equality build --watch``."""

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

#: Files in the project's own folder that pages rest on.
_FILES = ("_quarto.yml", "index.qmd")

#: Milliseconds of quiet after which what was saved together is taken for whole.
_QUIET = 100


@dataclass(frozen=True)
class Changed:
    """What has changed since the last time.

    Parameters
    ----------
    names : tuple of str
        Files, relative to the project, or to the package for its code.
    code : bool
        Whether the package's code is among them: a process that runs has read it before.
    figures : bool
        Whether figures are among them: what notebooks share was read before.
    """

    names: tuple[str, ...]
    code: bool
    figures: bool


def keep_making(
    make: Callable[[], None],
    project: Project,
    *,
    shared: Callable[[], AbstractContextManager[None]],
    on_change: Callable[[Changed], None],
) -> None:
    """Make pages, and again after each change, until the package's own code changes.

    Parameters
    ----------
    make : callable
        Makes what is not up to date.
    project : Project
        The checkout.
    shared : callable
        Starts what notebooks share, which is kept from one time to the next: starting it takes
        longer than a report. It is started anew when figures change, as it has read them.
    on_change : callable
        Told what changed, before the pages are made again.

    Notes
    -----
    It returns when the code has changed, for a new process to go on. What changes while pages are
    made is not missed.
    """
    with _heard(project) as changes:
        while True:
            with shared():
                make()
                while True:
                    changed = _together(changes)
                    on_change(changed)
                    if changed.code:
                        return
                    if changed.figures:
                        break
                    make()


@contextmanager
def _heard(project: Project) -> Iterator[queue.SimpleQueue[Changed]]:
    """Collect changes in a thread, also while pages are made."""
    changes: queue.SimpleQueue[Changed] = queue.SimpleQueue()
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


def _together(changes: queue.SimpleQueue[Changed]) -> Changed:
    """Wait for a change, and take those that have come since with it."""
    found = [changes.get()]
    while not changes.empty():
        found.append(changes.get())
    return Changed(
        tuple(dict.fromkeys(name for changed in found for name in changed.names)),
        code=any(changed.code for changed in found),
        figures=any(changed.figures for changed in found),
    )


def wait_for_changes(project: Project, *, stop: threading.Event | None = None) -> Iterator[Changed]:
    """Give what changed, each time that something has.

    Parameters
    ----------
    project : Project
        The checkout.
    stop : threading.Event, optional
        Ends the waiting when it is set.

    Yields
    ------
    Changed
        What changes while this is looked at is given next.

    Notes
    -----
    Folders are watched and not files: most editors put a new file in the place of the old one, and
    who watches the old one hears nothing more. The output folder is not watched. Whether a change
    matters is for the plan to decide, by content.
    """
    stop = stop or threading.Event()
    package = Path(race_equality.__file__).parent
    trees = [project.notebooks, project.params, project.root / "data", package]

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        if path.parent == project.root:
            return path.name in _FILES
        return any(path.is_relative_to(tree) and not _is_passed_over(path, tree) for tree in trees)

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
                yield Changed(
                    tuple(
                        file.relative_to(package if file.is_relative_to(package) else project.root).as_posix()
                        for file in files
                    ),
                    code=any(file.is_relative_to(package) for file in files),
                    figures=any(file.is_relative_to(project.root / "data") for file in files),
                )
            if len(files) < len(paths):
                break  # a folder that is new is watched from now on


def _folders(trees: list[Path]) -> list[Path]:
    there = [tree for tree in trees if tree.is_dir()]
    below = [(path, tree) for tree in there for path in tree.rglob("*") if path.is_dir()]
    return there + [path for path, tree in below if not _is_passed_over(path, tree)]


def _is_passed_over(path: Path, tree: Path) -> bool:
    """Whether a path is an editor's or Python's own."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(tree).parts)
