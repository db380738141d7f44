"""Run Quarto, follow what it says, and end it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PROGRESS = re.compile(r"^\[\s*\d+/\d+\]\s+(.+?)\s*$")
#: A shell that runs Quarto gives the signal that ended it with 128 added.
_BY_SIGNAL = 128


@dataclass
class QuartoRun:
    """How one Quarto ended.

    Parameters
    ----------
    begun : list of str
        The pages that it began, in order. It renders them one after the other and stops at the first that fails: all but
        the last of these are made.
    succeeded : bool
    message : str
        The part of its output that says what went wrong.
    killed : bool
        Another program ended it, often the system for lack of memory.
    """

    begun: list[str] = field(default_factory=list)
    succeeded: bool = False
    message: str = ""
    killed: bool = False


class Quartos:
    """The Quartos that are running, so that an interrupted build ends them and starts no other.

    Parameters
    ----------
    quarto : str
        The program.
    date : int
        Of its PDFs, in seconds since 1970.
    """

    def __init__(self, quarto: str, *, date: int) -> None:
        self._quarto = quarto
        # the Python of a page with code, where nothing else is said
        self._environment = {"QUARTO_PYTHON": sys.executable, **os.environ, "SOURCE_DATE_EPOCH": str(date)}
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._ended = False

    def check(self) -> None:
        """Stop the work of a thread after :meth:`end`.

        Raises
        ------
        KeyboardInterrupt
        """
        if self._ended:
            raise KeyboardInterrupt

    def render(self, folder: Path, pages: Sequence[str], on_begin: Callable[[str], None]) -> QuartoRun:
        """Render a project whose notebooks have run, so that its settings say that none is to be run.

        Parameters
        ----------
        folder : Path
            Of the project.
        pages : sequence of str
            What it renders.
        on_begin : callable
            Called with each page that begins.

        Returns
        -------
        QuartoRun

        Raises
        ------
        KeyboardInterrupt
            When it was interrupted.
        """
        run = QuartoRun()
        output = []

        def begin(page: str) -> None:
            if page in pages:
                run.begun.append(page)
                on_begin(page)

        with self._start(
            [self._quarto, "render", str(folder), "--no-execute-daemon"],  # or a page's kernel would outlive it
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=self._environment,
        ) as process:
            if len(pages) == 1:
                begin(pages[0])  # Quarto counts pages only where there are several
            assert process.stdout is not None
            for line in process.stdout:
                line = _COLOUR.sub("", line).rstrip()
                output.append(line)
                if found := _PROGRESS.match(line):
                    begin(found[1].replace("\\", "/"))
        ended_by = -process.returncode if process.returncode < 0 else process.returncode - _BY_SIGNAL
        run.succeeded = process.returncode == 0
        run.killed = ended_by > 0
        run.message = (
            f"it was ended by {_signal_name(ended_by)}, often for lack of memory; try fewer --jobs"
            if run.killed
            else _error_text(output)
        )
        return run

    @contextmanager
    def _start(self, command: Sequence[str], **settings: Any) -> Iterator[subprocess.Popen[str]]:
        """Start one; it has ended when the context does."""
        with self._lock:
            self.check()
            process = subprocess.Popen(command, **settings)
            self._running.add(process.pid)
        try:
            with process:
                yield process
        finally:
            with self._lock:
                self._running.discard(process.pid)
        # Ctrl-C reaches every process of the terminal: its end is no page's failure
        if self._ended or process.returncode in (-signal.SIGINT, _BY_SIGNAL + signal.SIGINT):
            raise KeyboardInterrupt

    def end(self) -> None:
        """End all, with the programs that they have started."""
        with self._lock:
            self._ended = True
            for identifier in self._running:
                _kill_tree(identifier)


def _kill_tree(identifier: int) -> None:
    """Kill a process and all that it has started, which start nothing meanwhile."""
    import psutil

    held: dict[int, psutil.Process] = {}
    with suppress(psutil.Error):
        found = [psutil.Process(identifier)]
        while found:
            for process in found:
                held[process.pid] = process
                with suppress(psutil.Error):
                    process.suspend()
            # what was started before its parent was held
            found = [child for child in held[identifier].children(recursive=True) if child.pid not in held]
    for process in held.values():
        with suppress(psutil.Error):
            process.kill()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _error_text(output: Sequence[str]) -> str:
    """Return the part of Quarto's output that describes the error."""
    lines = [line for line in output if line.strip() and not _PROGRESS.match(line)]
    for position, line in enumerate(lines):
        if re.match(r"\s*(error|ERROR)\b", line):
            return "\n".join(lines[position : position + 12])
    return "\n".join(lines[-12:]) or "it printed nothing"
