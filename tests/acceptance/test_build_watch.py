"""`race-equality build --watch`: saving a file is enough to have its pages made again."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


class Watcher:
    """A build that stays, with what it has said so far."""

    def __init__(self, process, file: Path) -> None:
        self.process, self._file = process, file

    @property
    def said(self) -> str:
        return self._file.read_text()

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 600
        while not is_so():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)


@pytest.fixture
def watcher(race_equality, small_project) -> Iterator[Watcher]:
    file = small_project / "said.txt"
    with file.open("w") as said:
        process = race_equality.start("build", "RJ1", "--output", "out", "--renderer", "built-in", "--watch", said=said)
    yield Watcher(process, file)
    if process.poll() is None:
        process.kill()
    process.wait()


def save(file: Path, text: str) -> None:
    """Put a new file in the place of the old one, as editors do."""
    partial = file.with_name(f".{file.name}.tmp")
    partial.write_text(text)
    os.replace(partial, file)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent to one process here")
def test_what_is_saved_is_made_again_until_ctrl_c(watcher, small_project):
    page = small_project / "out" / "site" / "trusts" / "RJ1.html"
    notebook = small_project / "notebooks" / "board_report.ipynb"
    committed = notebook.read_text()
    assert "A dot<" in committed
    watcher.until(lambda: "Waiting for changes" in watcher.said)

    save(notebook, committed.replace("A dot<", "A circle that was renamed<"))
    watcher.until(lambda: "A circle that was renamed" in page.read_text())

    # a mistake is said, and the last good page stays until the next save mends it
    save(notebook, committed.replace("trust_code = ", "raise RuntimeError('half an edit')\\ntrust_code = "))
    watcher.until(lambda: "RuntimeError: half an edit" in watcher.said)
    save(notebook, "no notebook")
    watcher.until(lambda: "board_report.ipynb: It is not a notebook." in watcher.said)
    assert "A circle that was renamed" in page.read_text()

    save(notebook, committed.replace("A dot<", "A circle that was mended<"))
    watcher.until(lambda: "A circle that was mended" in page.read_text())

    watcher.process.send_signal(signal.SIGINT)
    assert watcher.process.wait(timeout=300) == 0


def test_it_does_not_go_with_what_makes_nothing_here(race_equality):
    for other in (["--dry-run"], ["--scheduler", "tcp://127.0.0.1:1"]):
        end = race_equality.in_this_process("build", "RJ1", "--watch", *other)
        assert end.returncode == 2
        assert "leave out --dry-run and --scheduler" in end.stderr
