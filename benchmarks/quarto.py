"""How much faster a sharded Quarto render is than one ``quarto render`` for each trust.

    python benchmarks/quarto.py                     28 reports, two at a time
    python benchmarks/quarto.py --pages 8 --rounds 1  a quick look

Needs Quarto on the PATH. The reports are the executed golden notebooks, as often as it takes; each is made
as HTML and PDF. The loop is what a user would write, ``quarto render trusts/X.ipynb --no-execute`` in the
project for one trust after the other; it is measured before and after each sharded render, so that both
meet the same machine. Writes benchmarks/quarto.md: ratios travel, seconds do not.
"""

from __future__ import annotations

import argparse
import datetime
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from race_equality.project import find_project
from race_equality.render import render_site, stage_project

RESULTS = Path(__file__).with_name("quarto.md")


def stage(folder: Path, count: int) -> list[str]:
    """Stage a project with so many executed reports, and return their paths in it."""
    project = find_project()
    stage_project(project, folder)
    golden = sorted((project.root / "tests" / "notebooks").glob("board_report_*.ipynb"))
    pages = []
    for number in range(count):
        page = f"trusts/X{number:03}.ipynb"
        shutil.copy(golden[number % len(golden)], folder / page)
        pages.append(page)
    return pages


@dataclass
class Spent:
    """Seconds by the clock and by the processors, over some reports."""

    wall: float = 0.0
    processor: float = 0.0
    reports: int = 0

    @contextmanager
    def on(self, reports: int) -> Iterator[None]:
        """Add what is spent inside the ``with``."""
        wall, processor = time.perf_counter(), _processor_seconds()
        yield
        self.wall += time.perf_counter() - wall
        self.processor += _processor_seconds() - processor
        self.reports += reports


def _processor_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def loop(quarto: str, project: Path, pages: list[str]) -> None:
    """Render one page after the other, each with a Quarto of its own."""
    for page in pages:
        subprocess.run(
            [quarto, "render", str(project / page), "--no-execute"],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        for ending in ("html", "pdf"):
            if not (project / "_site" / page).with_suffix(f".{ending}").is_file():
                raise SystemExit(f"Quarto made no {ending} of {page}")


def sharded(project: Path, site: Path, pages: list[str], jobs: int) -> None:
    """Render all pages and the first page as a build does."""
    failures = render_site(project, site, pages, jobs=jobs, engine="quarto")
    if failures:
        raise SystemExit("\n".join(f"{failure.page}: {failure.message}" for failure in failures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=28, help="reports in the sharded render")
    parser.add_argument("--rounds", type=int, default=1, help="how often both are measured, in turn")
    parser.add_argument("--jobs", type=int, default=2, help="shards")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    quarto = shutil.which("quarto")
    if quarto is None:
        sys.exit("quarto is not on the PATH")
    version = subprocess.run([quarto, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
        project = Path(folder, "project")
        pages = stage(project, options.pages)
        single, shards, again = Spent(), Spent(), Spent()
        load = []
        for number, page in enumerate(pages[: options.rounds]):
            with single.on(1):
                loop(quarto, project, [page])
            load.append(os.getloadavg()[0])
            with shards.on(len(pages)):
                sharded(project, Path(folder, f"site-{number}"), pages, options.jobs)
            load.append(os.getloadavg()[0])
        with again.on(1):
            sharded(project, Path(folder, "site-0"), pages[:1], options.jobs)
        with single.on(1):
            loop(quarto, project, pages[options.rounds : options.rounds + 1])
    rows = "\n".join(
        f"| {way} | {spent.reports} | {spent.wall / spent.reports:.2f} | {spent.processor / spent.reports:.2f} "
        f"| {single.wall / single.reports / (spent.wall / spent.reports):.1f} "
        f"| {single.processor / single.reports / (spent.processor / spent.reports):.1f} |"
        for way, spent in (("one `quarto render` for each", single), ("sharded, with the first page", shards))
    )
    text = f"""# Quarto in shards

Quarto {version}, {options.jobs} shards, {len(pages)} reports as HTML and PDF, in one run on \
{datetime.date.today():%-d %B %Y}. `python benchmarks/quarto.py` measures it again. Ratios travel, seconds do not.

| way | reports | wall seconds a report | processor seconds a report | times as fast | times less work |
| --- | ---: | ---: | ---: | ---: | ---: |
{rows}

The machine's load meanwhile was {min(load):.0f} to {max(load):.0f}. Where others are at work on it too (a load above the number of
shards), the shards do not get a processor each, and the work that is saved is the surer number.

One report made again, with the first page and the search index: {again.wall:.1f} seconds.
"""
    options.results.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
