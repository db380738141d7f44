"""How much faster a sharded Quarto render is than one ``quarto render`` for each trust.

    python benchmarks/quarto.py                     24 reports, two at a time
    python benchmarks/quarto.py --pages 8 --loop 2  a quick look

Needs Quarto on the PATH. The reports are the executed golden notebooks, as often as it takes; each is made
as HTML and PDF. The loop is what a user would write, ``quarto render trusts/X.ipynb --no-execute`` in the
project for one trust after the other; half of it is measured before and half after the sharded
render, so that both meet the same machine. Writes benchmarks/quarto.md: ratios travel, seconds do not.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
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


def loop(quarto: str, project: Path, pages: list[str]) -> list[float]:
    """Render one page after the other, each with a Quarto of its own; seconds of each."""
    seconds = []
    for page in pages:
        begun = time.perf_counter()
        subprocess.run(
            [quarto, "render", str(project / page), "--no-execute"],
            check=True, capture_output=True, stdin=subprocess.DEVNULL,
        )
        seconds.append(time.perf_counter() - begun)
        for ending in ("html", "pdf"):
            if not (project / "_site" / page).with_suffix(f".{ending}").is_file():
                raise SystemExit(f"Quarto made no {ending} of {page}")
    return seconds


def sharded(project: Path, site: Path, pages: list[str], jobs: int) -> float:
    """Render all pages and the first page as a build does; seconds in all."""
    begun = time.perf_counter()
    failures = render_site(project, site, pages, jobs=jobs, engine="quarto")
    if failures:
        raise SystemExit("\n".join(f"{failure.page}: {failure.message}" for failure in failures))
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=24, help="reports in the sharded render")
    parser.add_argument("--loop", type=int, default=4, help="reports in the loop")
    parser.add_argument("--jobs", type=int, default=2, help="shards")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    quarto = shutil.which("quarto")
    if quarto is None:
        sys.exit("quarto is not on the PATH")
    version = subprocess.run([quarto, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
        project, site = Path(folder, "project"), Path(folder, "site")
        pages = stage(project, options.pages)
        looped = loop(quarto, project, pages[: options.loop // 2])
        all_pages = sharded(project, site, pages, options.jobs)
        one_page = sharded(project, site, pages[:1], options.jobs)
        looped += loop(quarto, project, pages[options.loop // 2 : options.loop])
    one_by_one, shard = statistics.mean(looped), all_pages / len(pages)
    text = f"""# Quarto in shards

Quarto {version}, {options.jobs} shards, {len(pages)} reports as HTML and PDF, in one run on \
{datetime.date.today():%-d %B %Y}. `python benchmarks/quarto.py` measures it again. Ratios travel, seconds do not.

| way | reports | wall seconds a report | times as fast |
| --- | ---: | ---: | ---: |
| one `quarto render` for each | {len(looped)} | {one_by_one:.2f} | 1.0 |
| sharded, with the first page | {len(pages)} | {shard:.2f} | {one_by_one / shard:.1f} |

One report made again, with the first page, the search index and the sitemap: {one_page:.1f} seconds.
"""
    options.results.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
