"""What a build shows while it runs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from race_equality.batch import progress
from race_equality.batch.progress import TimeLeft, show_progress, time_left_text


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock.monotonic)
    return clock


def test_time_left_by_stage(clock):
    """Ten pages: two executed in 4 s each, one rendered in 1 s: 8 x 4 + 9 x 1 = 41 s are left."""
    left = TimeLeft(10)
    assert str(left) == ""
    for stage, now in [("execute", 4), ("execute", 8), ("html", 9)]:
        clock.now = now
        left.end(stage)
    assert left.seconds == pytest.approx(41)
    assert str(left) == "more than 41 s left"  # no page is through: there may be more stages
    left.done()
    assert str(left) == "about 41 s left"


def test_time_left_of_quartos_that_render_a_batch_each(clock):
    """Two at a time start in 8 s and make ten pages in 5 s each: 100 pages in ten batches, published when a batch ends."""
    batches, size, start, page = 10, 10, 8.0, 5.0
    events = []
    for number in range(batches):
        began = (number // 2) * (start + size * page) + 0.1 * (number % 2)
        events += [(began + start, "start"), *((began + start + (n + 1) * page, "html") for n in range(size))]
    left = TimeLeft(batches * size)
    clock.now = 60.0  # the notebooks have run, and the tables of all trusts are written
    left.expect("start", batches)
    end = max(events)[0]
    made = 0
    for at, stage in sorted(events):
        clock.now = 60 + at
        left.end(stage)
        made += stage == "html"
        if made >= 10:
            assert left.seconds == pytest.approx(end - at, rel=0.2, abs=page), f"after {made} pages"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.2, "about a second left"),
        (1.4, "about a second left"),
        (42.4, "about 42 s left"),
        (89, "about 89 s left"),
        (149, "about 2 min 30 s left"),
        (177, "about 3 min left"),
        (596, "about 10 min left"),
        (5000, "about 83 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_in_words(seconds, words):
    assert time_left_text(seconds) == words


def run(console: Console) -> None:
    with show_progress(2, console) as shown:
        for name, failed in [("RJ1", False), ("[red]RRK[/red]", True)]:
            shown.begin("execute", name)
            shown.end("execute", name, failed=failed)
            if not failed:
                shown.begin("html", name)
                shown.end("html", name)
            shown.done(name, 1.25, failed=failed)


def test_lines_where_there_is_no_terminal(clock):
    file = io.StringIO()
    run(Console(file=file, force_terminal=False, width=20))
    assert file.getvalue() == ("[1/2] RJ1 done in 1.2 s, about a second left\n[2/2] [red]RRK[/red] FAILED\n")


def test_after_a_silence_a_line_says_where_the_build_is(clock):
    """As by Quarto, whose pages are finished some at a time: of two notebooks of 25 s one is run."""
    file = io.StringIO()
    with show_progress(2, Console(file=file, force_terminal=False)) as shown:
        shown.begin("execute", "RJ1")
        clock.now = 25
        shown.end("execute", "RJ1")
        shown.begin("execute", "RRK")
        clock.now = 30
        shown.begin("html", "RJ1")
    assert file.getvalue() == "[0/2] RRK running, more than 25 s left\n"


def test_a_bar_in_a_terminal():
    file = io.StringIO()
    run(Console(file=file, force_terminal=True, width=100, legacy_windows=False))
    assert "2/2" in file.getvalue()
    assert "1 failed" in file.getvalue()
