"""What a build by Quarto costs, beside one ``quarto render`` of the project and one for each trust.

    python benchmarks/quarto.py                     48 reports, two Quartos at a time
    python benchmarks/quarto.py --pages 8 --rounds 1  a quick look

Needs Quarto on the PATH. The reports are the executed golden notebooks, as often as it takes; each is made
as HTML and PDF. The loop is what a user would write, ``quarto render trusts/X.ipynb --no-execute`` in the
project for one trust after the other; it is measured before and after each build, so that both meet the same
machine. The stock render is ``quarto render`` of the same project with the same reports and nothing of a build.
Writes benchmarks/quarto.md: ratios travel, seconds do not.
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


def stock(quarto: str, project: Path) -> None:
    """Render the project as its ``_quarto.yml`` says."""
    subprocess.run(
        [quarto, "render", str(project), "--no-execute"],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "QUARTO_PYTHON": sys.executable},
    )


def build(project: Path, site: Path, pages: list[str], jobs: int) -> None:
    """Render all pages and the first page as a build does."""
    failures = render_site(project, site, pages, jobs=jobs, engine="quarto")
    if failures:
        raise SystemExit("\n".join(f"{failure.page}: {failure.message}" for failure in failures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=48, help="reports in a build and in the stock render")
    parser.add_argument("--rounds", type=int, default=1, help="how often both are measured, in turn")
    parser.add_argument("--jobs", type=int, default=2, help="Quartos at a time")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    quarto = shutil.which("quarto")
    if quarto is None:
        sys.exit("quarto is not on the PATH")
    version = subprocess.run([quarto, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
        project = Path(folder, "project")
        pages = stage(project, options.pages)
        single, whole, batches, again = Spent(), Spent(), Spent(), Spent()
        load = []
        for number, page in enumerate(pages[: options.rounds]):
            with single.on(1):
                loop(quarto, project, [page])
            load.append(os.getloadavg()[0])
            with batches.on(len(pages)):
                build(project, Path(folder, f"site-{number}"), pages, options.jobs)
            load.append(os.getloadavg()[0])
        with whole.on(len(pages)):
            stock(quarto, project)
        load.append(os.getloadavg()[0])
        with again.on(1):
            build(project, Path(folder, "site-0"), pages[:1], options.jobs)
        with single.on(1):
            loop(quarto, project, pages[options.rounds : options.rounds + 1])
    rows = "\n".join(
        f"| {way} | {spent.reports} | {spent.wall / spent.reports:.2f} | {spent.processor / spent.reports:.2f} "
        f"| {single.processor / single.reports / (spent.processor / spent.reports):.1f} |"
        for way, spent in (
            ("one `quarto render` for each", single),
            ("one `quarto render` of the project", whole),
            ("a build, with the first page", batches),
        )
    )
    share = batches.processor / batches.reports / (whole.processor / whole.reports)
    text = f"""# A build by Quarto

Quarto {version}, {options.jobs} at a time, {len(pages)} reports as HTML and PDF, in one run on \
{datetime.date.today():%-d %B %Y}. `python benchmarks/quarto.py` measures it again. Ratios travel, seconds do not.

| way | reports | wall seconds a report | processor seconds a report | times less work |
| --- | ---: | ---: | ---: | ---: |
{rows}

A build takes {share:.0%} of the processor time of one stock `quarto render` of the project.

The machine's load meanwhile was {min(load):.0f} to {max(load):.0f}. Where others are at work on it too (a load above the number of
Quartos), each does not get a processor, and the work that is saved is the surer number.

One report made again, with the first page and the search index: {again.processor:.1f} processor seconds.
"""
    options.results.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
