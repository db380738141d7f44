"""What a build shows while it runs: a bar in a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text


class BuildProgress(Protocol):
    """What a build calls to show its progress."""

    def expect(self, stage: str, times: int) -> None:
        """A stage will take place so many times, not once for each page."""

    def more(self, pages: int) -> None:
        """So many more pages are made than was known at the beginning."""

    def begin(self, stage: str, name: str) -> None:
        """A page starts a stage: ``execute``, ``start``, ``html`` or ``pdf``."""

    def end(self, stage: str, name: str, *, failed: bool = False, last: bool = False) -> None:
        """A page has finished a stage, or its last one."""

    def done(self, name: str, seconds: float, *, failed: bool = False) -> None:
        """A page is finished."""

    def say(self, line: str) -> None:
        """Something else that a reader waits for has happened."""


class TimeLeft:
    """Estimate the time left of a build whose stages differ in speed and take turns.

    Parameters
    ----------
    pages : int
        The number of pages.

    Notes
    -----
    The time between two events belongs to the stage of the later one. Each stage has its own
    mean, so that a few quick renderings do not promise a quick end while slow notebooks wait, nor the
    slow start of a Quarto a late end.
    Until a page has been through every stage, the estimate is a lower limit.
    """

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._times: dict[str, int] = {}
        self._spent: dict[str, float] = defaultdict(float)
        self._ended: dict[str, int] = defaultdict(int)
        self._last = time.monotonic()
        self._complete = 0

    def expect(self, stage: str, times: int) -> None:
        self._times[stage] = times
        self._last = time.monotonic()  # what came before belongs to no stage

    def more(self, pages: int) -> None:
        self._pages += pages

    def end(self, stage: str) -> None:
        now = time.monotonic()
        self._spent[stage] += now - self._last
        self._ended[stage] += 1
        self._last = now

    def done(self) -> None:
        self._complete += 1

    @property
    def seconds(self) -> float | None:
        """Seconds left; None before anything has ended."""
        if not self._ended:
            return None
        return sum(
            spent / self._ended[stage] * max(0, self._times.get(stage, self._pages) - self._ended[stage])
            for stage, spent in self._spent.items()
        )

    def __str__(self) -> str:
        seconds = self.seconds
        if not self._complete and seconds is not None and seconds < 1.5:
            return ""  # nothing is known of the stages that are still to come
        return time_left_text(seconds, at_least=not self._complete)


def time_left_text(seconds: float | None, *, at_least: bool = False) -> str:
    """Return the time left in words: ``about 3 min 20 s left``."""
    if seconds is None:
        return ""
    about = "more than" if at_least else "about"
    if seconds < 1.5:
        return f"{about} a second left"
    if seconds < 90:
        return f"{about} {round(seconds)} s left"
    if seconds < 10 * 60:  # a whole minute is up to a third of it
        minutes, rest = divmod(10 * round(seconds / 10), 60)
        return f"{about} {minutes} min {rest} s left" if rest else f"{about} {minutes} min left"
    if seconds < 90 * 60:
        return f"{about} {round(seconds / 60)} min left"
    return f"{about} {seconds / 3600:.1f} h left"


_STAGES = {"execute": "running", "start": "waits for Quarto", "html": "HTML", "pdf": "PDF"}

#: Seconds after which a line says where a build is that has finished no page meanwhile.
_SILENCE = 20


class _LineProgress:
    """One line when a page is done: for logs, CI and pipes."""

    def __init__(self, console: Console, pages: int) -> None:
        self._console, self._pages = console, pages
        self._left = TimeLeft(pages)
        self._count = 0
        self._said = time.monotonic()

    def expect(self, stage: str, times: int) -> None:
        self._left.expect(stage, times)

    def more(self, pages: int) -> None:
        self._pages += pages
        self._left.more(pages)

    def begin(self, stage: str, name: str) -> None:
        if time.monotonic() - self._said > _SILENCE:
            left = f", {self._left}" if str(self._left) else ""
            self._print(f"{name} {_STAGES.get(stage, stage)}{left}")

    def end(self, stage: str, name: str, *, failed: bool = False, last: bool = False) -> None:
        self._left.end(stage)
        if last:
            self._left.done()

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def done(self, name: str, seconds: float, *, failed: bool = False) -> None:
        self._left.done()
        self._count += 1
        outcome = "FAILED" if failed else f"done in {seconds:.1f} s"
        left = str(self._left) if self._count < self._pages else ""
        self._print(f"{name} {outcome}" + (f", {left}" if left else ""))

    def _print(self, text: str) -> None:
        self._said = time.monotonic()
        width = len(str(self._pages))
        self._console.print(
            f"[{self._count:>{width}}/{self._pages}] {text}", markup=False, highlight=False, soft_wrap=True
        )


class _LeftColumn(ProgressColumn):
    def __init__(self, left: TimeLeft) -> None:
        super().__init__()
        self._left = left

    def render(self, task: Task) -> Text:
        return Text("" if task.finished else str(self._left), style="dim")


class _BarProgress:
    """A bar with the pages at work, how many are done, and the time left."""

    def __init__(self, progress: Progress, pages: int, left: TimeLeft) -> None:
        self._progress, self._left = progress, left
        self._task = progress.add_task("starting", total=pages, failed="")
        self._now: dict[str, str] = {}
        self._failed = 0

    def _describe(self) -> None:
        now = [f"{name} {_STAGES.get(stage, stage)}" for name, stage in self._now.items()]
        shown = " · ".join(now[:4]) + (f" · {len(now) - 4} more" if len(now) > 4 else "")
        self._progress.update(
            self._task,
            description=shown or ("finishing" if self._progress.finished else "starting"),
            failed=f"{self._failed} failed" if self._failed else "",
        )

    def expect(self, stage: str, times: int) -> None:
        self._left.expect(stage, times)

    def more(self, pages: int) -> None:
        self._progress.update(self._task, total=(self._progress.tasks[0].total or 0) + pages)
        self._left.more(pages)

    def begin(self, stage: str, name: str) -> None:
        self._now[name] = stage
        self._describe()

    def end(self, stage: str, name: str, *, failed: bool = False, last: bool = False) -> None:
        self._left.end(stage)
        if last:
            self._left.done()
        self._now.pop(name, None)
        self._describe()

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def done(self, name: str, seconds: float, *, failed: bool = False) -> None:
        self._left.done()
        self._failed += failed
        self._now.pop(name, None)
        self._progress.advance(self._task)
        self._describe()


@contextmanager
def show_progress(pages: int, console: Console) -> Iterator[BuildProgress]:
    """Show how a build goes.

    Parameters
    ----------
    pages : int
        How many pages are made.
    console : rich.console.Console
        Where; without a terminal behind it, plain lines are written.

    Yields
    ------
    BuildProgress
    """
    if not console.is_terminal:
        yield _LineProgress(console, pages)
        return
    left = TimeLeft(pages)
    progress = Progress(
        SpinnerColumn(),
        BarColumn(bar_width=30),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("[red]{task.fields[failed]}"),
        TextColumn("{task.description}", markup=False),
        _LeftColumn(left),
        console=console,
    )
    with progress:
        yield _BarProgress(progress, pages, left)
