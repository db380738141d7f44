"""What a command costs: wall and processor seconds, and memory, with every process below it.

Shared by benchmarks/build.py and benchmarks/curve.py. Memory is never taken from ``ru_maxrss``: on Linux a
process that was started begins with the peak of the one that started it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: What a process of a build does, by its command.
ROLES = {
    "forked_kernels.forking": "running notebooks, figures to download",
    "race_equality.batch.drawing_server": "drawing charts",
    "multiprocessing": "papermill, nbclient, pages and typst",
    "pandoc": "Pandoc",
    "": "the first page, the record",
}


@dataclass(frozen=True)
class Run:
    """A command that was run.

    Parameters
    ----------
    seconds, processor : float
        Wall time, and processor time with all processes below.
    megabytes : float or None
        Most memory that it and all below it held at once; None where the system does not say.
    roles : dict of str to float
        Processor seconds by what a process does.
    """

    seconds: float
    processor: float
    megabytes: float | None
    roles: dict[str, float] = field(default_factory=dict)


class PeakMemory:
    """Watch the memory of a process and all below it.

    Notes
    -----
    Proportional set size: a page that forked processes share is counted once, over them all. Read
    from Linux's /proc twice a second, after a minute every other second; elsewhere nothing is measured.
    What each process has used of the processor is read at the same time.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._used: dict[int, tuple[str, float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def megabytes(self) -> float | None:
        return self._peak / 1024 if self._peak else None

    def _watch(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(0.5 if time.monotonic() < began + 60 else 2.0):
            family = _family(self._pid)
            self._peak = max(self._peak, sum(map(_kilobytes, family)))
            for pid in family:
                if used := _role_and_seconds(pid):  # else it has ended meanwhile
                    self._used[pid] = used

    @property
    def roles(self) -> dict[str, float]:
        """Processor seconds of what was seen, by role."""
        found: dict[str, float] = {}
        for role, seconds in self._used.values():
            found[role] = found.get(role, 0.0) + seconds
        return found


def _family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
    family, waiting = [], [pid]
    while waiting:
        family.append(waiting.pop())
        waiting += children.get(family[-1], [])
    return family


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _role_and_seconds(pid: int) -> tuple[str, float] | None:
    """Say what a process does and what it has used; of the fork server, with the kernels that ended."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        fields = (Path(f"/proc/{pid}/stat").read_text()).rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    role = next(role for name, role in ROLES.items() if name in command)
    ticks = sum(map(int, fields[11:13]))
    if "forked_kernels.forking" in command:
        # a kernel has the server's command; only the server has children that ended
        ended = sum(map(int, fields[13:15]))
        ticks = ticks + ended if ended else 0
    return role, ticks / os.sysconf("SC_CLK_TCK")


def adopt_orphans() -> None:
    """Make processes whose parent ends our children, so that their time is counted (Linux)."""
    if sys.platform == "linux":
        subreaper = 36
        ctypes.CDLL(None, use_errno=True).prctl(subreaper, 1, 0, 0, 0)


def run(
    command: Sequence[str | os.PathLike[str]],
    folder: Path,
    *,
    may_end_with: Collection[int] = (0,),
    every_minute: Callable[[], None] | None = None,
    **environment: str,
) -> Run:
    """Run a command to the end of its last process, and fail if it fails.

    Parameters
    ----------
    command : sequence of str or path
    folder : Path
        In which it runs.
    may_end_with : collection of int
        Exit statuses that are no failure.
    every_minute : callable, optional
        Called once a minute meanwhile.
    **environment : str
        Variables that are set for it.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(map(os.fspath, command)),
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
        with PeakMemory(process.pid) as memory:
            while True:
                try:
                    status = process.wait(60)
                    break
                except subprocess.TimeoutExpired:
                    if every_minute is not None:
                        every_minute()
        seconds = time.perf_counter() - began
        try:
            while True:
                os.wait()  # what it left to end by itself
        except ChildProcessError:
            pass
        if status not in may_end_with:
            output.seek(0)
            sys.exit(f"{' '.join(map(str, command))} ended with {status}:\n{output.read().decode()[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, used, memory.megabytes, memory.roles)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Put rows in a Markdown table, numbers to the right but for the first column."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
