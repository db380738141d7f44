"""Commands that are killed: each is forked from this process, which has imported all it needs, and watched to its end.

A command that is started as a person does spends a second on imports, in which nothing can go wrong. strace names the system
calls by which it changes files, and kills it before one of them.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil

# threads would not come along into a fork
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

#: Processes that are left may take so long to notice, in seconds.
DEADLINE = 30.0
#: Calls by which files come, go, and get their names and content.
CALLS = (
    "rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir chmod fchmod fchmodat "
    "truncate ftruncate openat open creat write writev pwrite64 copy_file_range sendfile utimensat"
).split()
#: A variable that all processes of a trial inherit.
MARK = "FAULTS_TRIAL"


@dataclass
class Outcome:
    """What became of one way to disturb a command.

    Parameters
    ----------
    what, how : str
        The command, and what was killed when.
    before_end, after_end : int
        Kills before the command had ended, and those that came too late.
    wrong, half, left, not_mended : list of str
        What a reader sees wrong afterwards; what one saw while it ran; processes that are left; what is not right after the
        same command again.
    """

    what: str
    how: str
    before_end: int = 0
    after_end: int = 0
    wrong: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    not_mended: list[str] = field(default_factory=list)


@dataclass
class Trial:
    """A command, what a reader may see of it, and how it is begun again.

    Parameters
    ----------
    what : str
    arguments : list of str
    project : Path
    reset : callable
        Puts everything as it is before the command.
    look : callable
        Returns what is wrong of what a reader sees, at any moment.
    whole : callable
        Returns what is not as it should be after the command was run again to its end.
    settle : callable
        Returns what is wrong once what was ended is finished, as each command that reads does first.
    """

    what: str
    arguments: list[str]
    project: Path
    reset: Callable[[], None]
    look: Callable[[], list[str]]
    whole: Callable[[], list[str]]
    settle: Callable[[], list[str]] = list


def hashes(folder: Path) -> dict[str, str]:
    """Hash each file that a reader sees; what is being written begins with a dot."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            with suppress(FileNotFoundError):
                found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class Watcher:
    """Read what a reader would see, again and again, while a command runs."""

    def __init__(self, look: Callable[[], list[str]]) -> None:
        self._look, self._end, self.found = look, threading.Event(), []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self.found += self._look()


class Forked:
    """The command in a fork of this process, which is stopped until :meth:`go`."""

    def __init__(self, arguments: Sequence[str], project: Path) -> None:
        self.status: int | None = None
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self.pid = os.fork()
        if not self.pid:
            self._run(arguments, project)
        os.waitpid(self.pid, os.WUNTRACED)

    def _run(self, arguments: Sequence[str], project: Path) -> None:
        status = 1
        try:
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
            null = os.open(os.devnull, os.O_RDWR)
            said = os.open(project.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for number, source in ((0, null), (1, null), (2, said)):
                os.dup2(source, number)
            for name in [name for name in os.environ if name.startswith("RACE_EQUALITY_")]:
                del os.environ[name]
            os.environ[MARK] = self.mark
            os.chdir(project)
            sys.argv = ["race-equality", *arguments]
            # or each process that it starts would import this script
            sys.modules["__main__"] = types.ModuleType("__main__")
            os.kill(os.getpid(), signal.SIGSTOP)
            from race_equality.commands.main import main

            main(list(arguments))
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            (project.parent / "modules").write_text(" ".join(sys.modules), encoding="utf-8")
            os._exit(status)

    def go(self) -> None:
        """Let it run."""
        os.kill(self.pid, signal.SIGCONT)

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end."""
        until = time.monotonic() + seconds
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > until:
                return False
            else:
                time.sleep(min(0.005, seconds))
        return True

    def processes(self) -> list[psutil.Process]:
        """Return it and all that it has started, whoever their parent is by now."""
        found = []
        mark = f"{MARK}={self.mark}\0".encode()
        for one in os.listdir("/proc"):
            if one.isdigit():
                with suppress(OSError, psutil.Error):
                    if int(one) == self.pid or mark in Path("/proc", one, "environ").read_bytes():
                        process = psutil.Process(int(one))
                        if process.status() != psutil.STATUS_ZOMBIE:
                            found.append(process)
        return found

    def left(self) -> list[str]:
        """Return what still runs half a minute later, and end it."""
        until = time.monotonic() + DEADLINE
        while (found := self.processes()) and time.monotonic() < until:
            time.sleep(0.05)
        names = []
        for one in found:
            with suppress(psutil.Error):
                names.append(" ".join(one.cmdline())[:80])
                one.kill()
        return names


def run(arguments: Sequence[str], project: Path) -> int:
    """Run a command to its end; return its exit status."""
    forked = Forked(arguments, project)
    forked.go()
    forked.ends_within(600)
    assert forked.status is not None, "a command that nothing disturbs did not end"
    return forked.status


def import_what_it_imports(trial: Trial) -> None:
    """Run a command once, and import here what it has imported, so that its forks need not."""
    trial.reset()
    run(trial.arguments, trial.project)
    for name in (trial.project.parent / "modules").read_text(encoding="utf-8").split():
        # some are imported under another name, or not by themselves
        with suppress(Exception):
            importlib.import_module(name)


def _judge(outcome: Outcome, trial: Trial, forked: Forked, watcher: Watcher) -> None:
    outcome.half += watcher.found
    outcome.left += forked.left()
    outcome.wrong += trial.look()
    outcome.wrong += trial.settle()
    run(trial.arguments, trial.project)
    outcome.not_mended += trial.whole()


def random_kills(trial: Trial, number: int, draw: Random, *, group: bool) -> Iterator[Outcome]:
    """Kill the command at random moments until so many kills came before its end; yield after each."""
    how = "all its processes" if group else "one of its processes"
    outcome = Outcome(trial.what, f"{how}, at random moments")
    trial.reset()
    began = time.monotonic()
    run(trial.arguments, trial.project)
    usual = time.monotonic() - began
    while outcome.before_end < number:
        trial.reset()
        forked = Forked(trial.arguments, trial.project)
        with Watcher(trial.look) as watcher:
            began = time.monotonic()
            forked.go()
            if forked.ends_within(draw.uniform(0.0, usual)):
                outcome.after_end += 1
                usual = time.monotonic() - began  # how busy the machine is changes
                continue
            outcome.before_end += 1
            running = forked.processes()
            for one in running if group else [draw.choice(running)] if running else []:
                with suppress(psutil.Error):
                    one.kill()
            if not forked.ends_within(120):
                outcome.left.append("the command itself")
                os.kill(forked.pid, signal.SIGKILL)
                forked.ends_within(10)
        _judge(outcome, trial, forked, watcher)
        yield outcome


# -- at system calls ----------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Point:
    """The call of a kind by which a process changes a file, counted from 1."""

    number: int
    call: str


def has_strace() -> bool:
    """Whether strace is here, and may look at a process."""
    return shutil.which("strace") is not None


def _traced(forked: Forked, options: Sequence[str]) -> subprocess.Popen[bytes]:
    tracer = subprocess.Popen(
        ["strace", "-p", str(forked.pid), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 30
    while b"\nTracerPid:\t0\n" in Path(f"/proc/{forked.pid}/status").read_bytes():
        if tracer.poll() is not None or time.monotonic() > until:
            raise RuntimeError("strace cannot look at the command: it may not trace processes here.")
        time.sleep(0.002)
    forked.go()
    return tracer


_LINE = re.compile(r"^(?:(\d+) +)?(\w+)\(")


def points_of(trial: Trial) -> tuple[list[Point], list[Point]]:
    """Return the calls by which a command changes files: those of its own process, and those of any other."""
    trial.reset()
    forked = Forked(trial.arguments, trial.project)
    with tempfile.NamedTemporaryFile() as log:
        tracer = _traced(forked, ["-f", "-y", "-o", log.name, "-e", f"trace={','.join(CALLS)}"])
        forked.ends_within(900)
        tracer.wait(60)
        lines = Path(log.name).read_text(encoding="utf-8", errors="replace").splitlines()
    inside = str(trial.project.parent)
    counted: dict[tuple[str, str], int] = {}
    own, others = set(), set()
    for line in lines:
        if (found := _LINE.match(line)) is None:
            continue
        process, call = found[1] or str(forked.pid), found[2]
        number = counted[process, call] = counted.get((process, call), 0) + 1
        if _changes_a_file(call, line, inside):
            (own if process == str(forked.pid) else others).add(Point(number, call))
    return sorted(own), sorted(others)


def _changes_a_file(call: str, line: str, inside: str) -> bool:
    if call in ("open", "openat", "creat") and not re.search(r"O_CREAT|O_TRUNC", line):
        return False
    if call in ("write", "writev", "pwrite64", "copy_file_range", "sendfile", "ftruncate", "fchmod"):
        return inside in line
    if re.search(r" = -1 E", line):
        return False
    paths = re.findall(r'"(/[^"]*)"', line)
    return not paths or any(path.startswith(inside) for path in paths)


def kills_at_calls(trial: Trial, points: Collection[Point], *, follow: bool, how: str) -> Iterator[Outcome]:
    """Kill a process before each of these calls; yield after each.

    Notes
    -----
    With ``follow``, the process that comes to such a call first is killed, whichever it is.
    """
    outcome = Outcome(trial.what, how)
    for point in points:
        trial.reset()
        forked = Forked(trial.arguments, trial.project)
        inject = ["-e", f"trace={point.call}", "-e", f"inject={point.call}:signal=KILL:when={point.number}"]
        with Watcher(trial.look) as watcher, tempfile.NamedTemporaryFile() as log:
            tracer = _traced(forked, [*(["-f"] if follow else []), "-o", log.name, *inject])
            if not forked.ends_within(300):
                outcome.left.append("the command itself")
                os.kill(forked.pid, signal.SIGKILL)
                forked.ends_within(10)
            left = forked.left()
            tracer.wait(60)
            killed = "killed by SIGKILL" in Path(log.name).read_text(encoding="utf-8", errors="replace")
        outcome.left += left
        outcome.before_end += killed
        outcome.after_end += not killed
        _judge(outcome, trial, forked, watcher)
        yield outcome
