"""Processes that are stopped (SIGSTOP, Ctrl-Z) and that somebody waits for."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: How often processes are looked at, and how long one may be stopped, in seconds.
EVERY, MOST_STOPPED = 5.0, 30.0


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped, where the system says so."""
    try:
        # after the name, which may hold anything but ends with the last bracket
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"T"
    except (OSError, IndexError):
        return False


def kill(pid: int) -> None:
    """End a process, if it is there."""
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


@contextmanager
def ended_when_stopped(processes: Callable[[], tuple[int, ...]]) -> Iterator[None]:
    """Inside the context, end any of some processes that is stopped for half a minute: whoever waits for it is answered.

    Parameters
    ----------
    processes : callable
        Returns them as they are now.
    """
    is_over = threading.Event()

    def watch() -> None:
        stopped: dict[int, float] = {}
        while not is_over.wait(EVERY):
            stopped = {pid: stopped.get(pid, 0.0) + EVERY for pid in processes() if is_stopped(pid)}
            for pid, seconds in stopped.items():
                if seconds >= MOST_STOPPED:
                    kill(pid)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
