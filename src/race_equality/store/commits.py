"""What a command changes in the store is held all at once, or not at all; what it replaces is kept.

A writer works on a draft: a copy of ``data/`` that nobody else reads. Its changes are put into one folder and made
durable; renaming that folder is the one moment at which they are held. Only then are the files moved into place, by
this process or, when it was ended, by the next one that reads or writes. ``docs/decisions/0005-one-commit-point.md``
says why.

Everything of it lies in ``data/local/history``, which git ignores::

    lock        one writer at a time
    writing/    the draft, and then what is to be held
    committed/  the same folder, renamed: held, and not all of it in place yet
    last        the number of the last change
    1/, 2/ …    each change: change.json, and before/ with the files that it replaced
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from race_equality.errors import RaceEqualityError
from race_equality.files import lock_file
from race_equality.project import Project, as_project

HISTORY = Path("data", "local", "history")
_LOCK, _WRITING, _COMMITTED, _LAST, _RECORD, _NEW, _BEFORE = (
    "lock",
    "writing",
    "committed",
    "last",
    "change.json",
    "new",
    "before",
)
#: What is kept of earlier changes: the last ones, and no more than this many bytes. ``data history --help`` says so.
MOST_CHANGES, MOST_BYTES = 50, 200_000_000
#: For how long a command waits for another that is changing the store.
_WAIT_SECONDS = 60.0
#: Not part of a draft: raw files are large, and the history is no input of anything.
_NOT_COPIED = {HISTORY.name, "raw"}

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Change:
    """One change that is held.

    Parameters
    ----------
    number : int
        Counted from 1.
    when : str
        As ISO 8601, to the second, in the time of this machine.
    what : str
        The command, such as ``data add ae.csv``.
    files : mapping of str to (str or None, str or None)
        File relative to the project, to its SHA-256 before and after; None where it was not there.
    lines : tuple of str
        What changed, for a person to read.
    undoes : int or None
        The change that this one took back.
    """

    number: int
    when: str
    what: str
    files: Mapping[str, tuple[str | None, str | None]]
    lines: tuple[str, ...] = ()
    undoes: int | None = None

    @classmethod
    def read(cls, folder: Path) -> Change:
        """Read the record of a change.

        Raises
        ------
        RaceEqualityError
            When it cannot be read.
        """
        try:
            values = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            files = {name: (before, after) for name, (before, after) in values.pop("files").items()}
            return cls(files=files, lines=tuple(values.pop("lines")), **values)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise RaceEqualityError(
                f"{folder.name}/{_RECORD} in {HISTORY} cannot be read ({error}). Remove the folder {folder}, then run "
                "`race-equality data check`: it names what has to be restored or read again."
            ) from None


@dataclass
class Notes:
    """What the history will say of a change.

    Parameters
    ----------
    lines : list of str
        What changed, for a person to read.
    undoes : int or None
        The change that it takes back.
    number : int or None
        Its number, once it is held.
    """

    lines: list[str] = field(default_factory=list)
    undoes: int | None = None
    number: int | None = None


@dataclass(frozen=True)
class Draft(Project):
    """A copy of a project's data to change, which is held when :func:`change` ends.

    Parameters
    ----------
    root : Path
    held : Project
        The project that it is a copy of.
    notes : Notes
    """

    held: Project = field(kw_only=True)
    notes: Notes = field(default_factory=Notes, kw_only=True, compare=False)
    _written: set[str] = field(default_factory=set, kw_only=True, compare=False)

    def write(self, files: Mapping[Path, bytes], *, remove: Iterable[Path] = ()) -> None:
        """Change the draft.

        Parameters
        ----------
        files : mapping of Path to bytes
            Places in the draft.
        remove : iterable of Path
            Files that the new ones take the place of.
        """
        for path, content in files.items():
            self._written.add(path.relative_to(self.root).as_posix())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for path in remove:
            self._written.add(path.relative_to(self.root).as_posix())
            path.unlink(missing_ok=True)

    def changed(self) -> dict[str, tuple[str | None, str | None]]:
        """Return the files that differ from those held, with their SHA-256 before and after."""
        both = {name: (_sha256(self.held.root / name), _sha256(self.root / name)) for name in sorted(self._written)}
        return {name: (before, after) for name, (before, after) in both.items() if before != after}

    def drop(self) -> None:
        """Let nothing of the draft be held."""
        self._written.clear()


# -- writing ----------------------------------------------------------------------------------------


@contextmanager
def change(project: Project, what: str, *, on_wait: Callable[[str], None] | None = None) -> Iterator[Draft]:
    """Change the store: what is written to the draft is held when the block ends, and nothing after an error.

    Parameters
    ----------
    project : Project
        In a draft, the change is part of that draft's.
    what : str
        The command, for the history.
    on_wait : callable, optional
        Told once that another command is changing the store.

    Yields
    ------
    Draft

    Raises
    ------
    RaceEqualityError
        When another command does not end its change, or a file cannot be written; the store is then as it was.
    """
    if isinstance(project, Draft):
        yield project
        return
    history = project.root / HISTORY
    with _locked(history, what, on_wait):
        _finish(project)
        writing = history / _WRITING
        try:
            with _said_in_words():
                draft = _start(project, writing)
            yield draft
            with _said_in_words():
                is_changed = _stage(draft, writing, what)
                if is_changed:
                    os.rename(writing, history / _COMMITTED)  # from here on it is held
        finally:
            shutil.rmtree(writing, ignore_errors=True)
        if is_changed:
            try:
                _sync_folder(history)
                _finish(project)
            except OSError as error:
                raise RaceEqualityError(
                    f"What was read is kept, but is not all in its place ({error}). The next command goes on with it."
                ) from error


def in_one_change(command: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let a function of a path, or of paths by name, and a project change the store as one: it gets a draft."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(function)
        def changing(path: Any, project: Project, **options: Any) -> R:
            names = path.values() if isinstance(path, Mapping) else [path]
            with change(project, " ".join([command, *(Path(one).name for one in names)])) as draft:
                return function(path, draft, **options)

        return changing

    return decorate


@contextmanager
def _said_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RaceEqualityError(f"The figures could not be written ({error}). The store is as it was.") from error


def _start(project: Project, writing: Path) -> Draft:
    shutil.rmtree(writing, ignore_errors=True)  # of a command that was ended
    root = writing / "draft"
    root.mkdir(parents=True)
    shutil.copytree(
        project.root / "data",
        root / "data",
        ignore=lambda folder, names: _NOT_COPIED.intersection(names),
        ignore_dangling_symlinks=True,
    )
    for folder in (project.figures, project.sources):
        (root / folder.relative_to(project.root)).mkdir(parents=True, exist_ok=True)
    if project.params.is_dir():
        shutil.copytree(project.params, root / "params")
    return Draft(root, held=project)


def _stage(draft: Draft, writing: Path, what: str) -> bool:
    """Put what changed where a rename makes it held, and the files that it replaces next to it."""
    files = draft.changed()
    if not files:
        return False
    last = max([_last(writing.parent), *(one.number for one in changes_of(draft.held))])
    for name, (before, after) in files.items():
        if after is not None:
            _copy_durably(draft.root / name, writing / _NEW / name)
        if before is not None:
            _copy_durably(draft.held.root / name, writing / _BEFORE / name)
    record = {
        "number": last + 1,
        "when": datetime.now().astimezone().isoformat(timespec="seconds"),
        "what": what,
        "files": files,
        "lines": draft.notes.lines,
        "undoes": draft.notes.undoes,
    }
    draft.notes.number = last + 1
    shutil.rmtree(draft.root)
    _write_durably(writing / _RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    for folder, _, _ in os.walk(writing):
        _sync_folder(Path(folder))
    return True


def _finish(project: Project) -> None:
    """Put the files of a change that is held into place; whoever does it holds the lock."""
    history = project.root / HISTORY
    committed = history / _COMMITTED
    if not committed.is_dir():
        return
    record = Change.read(committed)
    # before any file: a reader that began earlier sees that it has to read again
    _write_durably(history / f"{_LAST}.new", f"{record.number}\n".encode())
    os.replace(history / f"{_LAST}.new", history / _LAST)
    folders = set()
    for name, (_, after) in record.files.items():
        target, new = project.root / name, committed / _NEW / name
        if after is None:
            target.unlink(missing_ok=True)
        elif new.is_file():  # otherwise it is in place already
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(new, target)
        folders.add(target.parent)
    for folder in folders:
        if folder.is_dir():
            _sync_folder(folder)
    shutil.rmtree(committed / _NEW, ignore_errors=True)
    os.rename(committed, history / str(record.number))
    _sync_folder(history)
    _forget_earliest(history)


def _move(new: Path, target: Path) -> None:
    try:
        os.replace(new, target)
    except OSError:  # data/local on a disk of its own
        near = target.with_name(f".{target.name}.new")
        _write_durably(near, new.read_bytes())
        os.replace(near, target)
        new.unlink()


@contextmanager
def _locked(history: Path, what: str, on_wait: Callable[[str], None] | None) -> Iterator[None]:
    try:
        history.mkdir(parents=True, exist_ok=True)
        file = open(history / _LOCK, "ab+", buffering=0)
    except OSError as error:
        raise RaceEqualityError(f"{HISTORY} cannot be written: {error.strerror}. The store is as it was.") from error
    with file:
        until = time.monotonic() + _WAIT_SECONDS
        is_said = False
        while True:
            try:
                lock_file(file)
                break
            except OSError:
                file.seek(1)
                holder = file.read().decode("utf-8", "replace").strip() or "another process"
                if time.monotonic() > until:
                    raise RaceEqualityError(
                        f"Another command is changing the store ({holder}). Nothing was changed: wait for it to end, or "
                        "answer its question, and give this command again."
                    ) from None
                if on_wait is not None and not is_said:
                    on_wait(f"Waiting for another command that is changing the store ({holder}).")
                    is_said = True
                time.sleep(0.05)
        try:
            # the first byte is what Windows locks; the rest is for the message
            file.truncate(0)
            with suppress(OSError):  # a full disk: the lock holds, and the message names no process
                file.write(f" {what}, process {os.getpid()}\n".encode())
            yield
        finally:
            file.truncate(0)


# -- reading ----------------------------------------------------------------------------------------


def reads_the_store(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function read the old state of the store or the new one, and no mixture.

    A change that is held and not in place yet is put into place first. When the store changed meanwhile, the function
    reads again. Its ``project`` is a keyword, or its first argument.
    """

    @functools.wraps(function)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        given = kwargs.get("project") if "project" in kwargs or not args else args[0]
        project = given if isinstance(given, Project) else as_project(kwargs.get("project"))  # type: ignore[arg-type]
        before = settle(project)
        while True:
            try:
                result = function(*args, **kwargs)
            except (OSError, RaceEqualityError):
                now = settle(project)
                if now == before:
                    raise
            else:
                now = settle(project)
                if now == before:
                    return result
            before = now

    return reading


def settle(project: Project) -> tuple[str, str]:
    """Put a change that is held into place, and return which state is held.

    Parameters
    ----------
    project : Project

    Returns
    -------
    (str, str)
        The numbers of the last change in place, and of one that is held and cannot be put into place here.

    Notes
    -----
    Where the folder cannot be written, :func:`place_of` reads through such a change.
    """
    if isinstance(project, Draft):
        return "", ""
    history = project.root / HISTORY
    while True:
        last = str(_last(history))  # read first: its change is in place once none is waiting
        if not (history / _COMMITTED).is_dir():
            return last, ""
        try:
            if os.access(history, os.W_OK):
                with suppress(OSError), _locked(history, "finishing a change", None):
                    _finish(project)
                    continue
            return last, str(Change.read(history / _COMMITTED).number)
        except FileNotFoundError:  # put into place by another process meanwhile
            continue


def place_of(path: Path, project: Project) -> Path:
    """Return where a file of the store is read: in its place, or in a change that cannot be put into place.

    Parameters
    ----------
    path : Path
    project : Project
    """
    committed = project.root / HISTORY / _COMMITTED
    if not committed.is_dir():
        return path
    name = path.relative_to(project.root).as_posix()
    try:
        files = Change.read(committed).files
    except FileNotFoundError:
        return path
    new = committed / _NEW / name
    # of a file that the change removes, the place where none is
    return new if name in files and (files[name][1] is None or new.is_file()) else path


def files_of(folder: Path, pattern: str, project: Project) -> list[Path]:
    """List the files of a folder of the store, by name.

    Parameters
    ----------
    folder : Path
    pattern : str
    project : Project
    """
    names = {path.name for path in folder.glob(pattern)}
    committed = project.root / HISTORY / _COMMITTED
    if not committed.is_dir():
        return [folder / name for name in sorted(names)]
    names |= {path.name for path in (committed / _NEW / folder.relative_to(project.root)).glob(pattern)}
    found = [place_of(folder / name, project) for name in sorted(names)]
    return [path for path in found if path.is_file()]


# -- history ----------------------------------------------------------------------------------------


def changes_of(project: Project) -> list[Change]:
    """Return the changes that are kept, the earliest first."""
    folders = (project.root / HISTORY).glob("[0-9]*")
    return sorted((Change.read(one) for one in folders if one.name.isdigit()), key=lambda one: one.number)


def replaced_by(number: int, project: Project) -> Path:
    """Return the folder with the files that a change replaced."""
    return project.root / HISTORY / str(number) / _BEFORE


def undo(number: int | None, draft: Draft) -> Change:
    """Take a change back, in a draft.

    Parameters
    ----------
    number : int or None
        None for the last one that was not taken back yet.
    draft : Draft

    Returns
    -------
    Change
        The one that was taken back.

    Raises
    ------
    RaceEqualityError
        When it is not kept or damaged, was taken back, or something has changed its files since.
    """
    kept = changes_of(draft.held)
    undone = {one.undoes for one in kept}
    open_ones = [one for one in kept if one.number not in undone and (number is not None or one.undoes is None)]
    found = next((one for one in reversed(open_ones) if number in (None, one.number)), None)
    if found is None:
        numbers = ", ".join(str(one.number) for one in open_ones) or "none"
        raise RaceEqualityError(
            ("There is no change to take back. " if number is None else f"There is no change {number} to take back. ")
            + f"Those that can be taken back: {numbers} (race-equality data history)."
        )
    for name, (_, after) in found.files.items():
        if _sha256(draft.held.root / name) != after:
            later = [one.number for one in kept if one.number > found.number and name in one.files]
            later = [one for one in later if one not in undone]
            raise RaceEqualityError(
                f"{name} is no longer as change {found.number} left it. "
                + (
                    f"Take back change {later[-1]} first: race-equality data undo {later[-1]}."
                    if later
                    else "Something else, such as git, has changed it since: restore it from there."
                )
            )
    before = replaced_by(found.number, draft.held)
    for name, (held, _) in found.files.items():
        if held and _sha256(before / name) != held:
            raise RaceEqualityError(
                f"What is kept of {name} before change {found.number} is damaged, so the change cannot be taken back: restore the "
                "file from git, or read the publication again."
            )
    draft.write(
        {draft.root / name: (before / name).read_bytes() for name, (held, _) in found.files.items() if held},
        remove=[draft.root / name for name, (held, _) in found.files.items() if held is None],
    )
    draft.notes.undoes = found.number
    return found


def forget(project: Project) -> int:
    """Remove all that is kept of earlier changes, and return how many there were."""
    with _locked(project.root / HISTORY, "data history --forget", None):
        _finish(project)
        kept = changes_of(project)
        for one in kept:
            shutil.rmtree(project.root / HISTORY / str(one.number))
    return len(kept)


def _forget_earliest(history: Path) -> None:
    folders = sorted((one for one in history.glob("[0-9]*") if one.name.isdigit()), key=lambda one: int(one.name))
    total = 0
    for place, folder in enumerate(reversed(folders)):
        total += sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
        if place and (place >= MOST_CHANGES or total > MOST_BYTES):  # the last one is always kept
            shutil.rmtree(folder, ignore_errors=True)


# -- files ------------------------------------------------------------------------------------------


def _last(history: Path) -> int:
    try:
        return int((history / _LAST).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _sha256(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _copy_durably(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    _write_durably(target, source.read_bytes())


def _write_durably(target: Path, content: bytes) -> None:
    with open(target, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows does so itself and cannot open a folder."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
