"""What a build costs for each organisation, from 20 organisations to as many as are asked for.

    python benchmarks/curve.py                        20, 60, 200, 600 and 2,000, some reports of each
    python benchmarks/curve.py --whole 20 200 2000    every report of these as well
    python benchmarks/curve.py 10000 --add            ten thousand, beside what was measured before

The organisations are invented, in a temporary project (benchmarks/invented.py). Processor seconds of
the build and of every process below it are counted, since wall time says as much about what else the
machine is doing. Writes benchmarks/curve.md, curve.json and
docs/images/curve.svg. For two thousand, give it a quiet machine.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build import PeakMemory, table
from invented import invent
from race_equality.batch.manifest import versions
from race_equality.batch.pool import usable_cores
from race_equality.errors import RaceEqualityError
from race_equality.project import Project, find_project

SIZES = (20, 60, 200, 600, 2000)
RESULTS = Path(__file__).with_name("curve.md")
MEASURED = RESULTS.with_suffix(".json")
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "curve.svg"


@dataclass(frozen=True)
class Run:
    """One command.

    Parameters
    ----------
    seconds, processor : float
        Wall time, and processor time with all processes below.
    megabytes : float or None
        Most memory held at once.
    """

    seconds: float
    processor: float
    megabytes: float | None


def adopt_orphans() -> None:
    """Make processes whose parent ends our children, so that their time is counted (Linux)."""
    if sys.platform == "linux":
        subreaper = 36
        ctypes.CDLL(None, use_errno=True).prctl(subreaper, 1, 0, 0, 0)


def run(command: Sequence[str], project: Project) -> Run:
    """Run a command in a project to the end of its last process."""
    environment = {**os.environ, "RACE_EQUALITY_PROJECT": str(project.root)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=project.root, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        with PeakMemory(process.pid) as memory:
            status = process.wait()
        seconds = time.perf_counter() - began
        try:
            while True:
                os.wait()  # what the build left to end by itself
        except ChildProcessError:
            pass
        if status not in (0, 1):  # 1: some page could not be made of these figures, which is reported
            output.seek(0)
            sys.exit(f"{' '.join(command)} ended with {status}:\n{output.read().decode()[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, used, memory.megabytes)


def measure(number: int, folder: Path, jobs: int, *, whole: bool) -> dict[str, float | bool | None]:
    """Measure builds of a project with a number of organisations.

    Notes
    -----
    Three builds tell what a report costs: the pages on all organisations with one report, then a
    few further reports, then more. The last two start alike, so reports are their difference.
    """
    project = invent(find_project(), folder / str(number), number)
    output = project.root / "output"
    reports = [f"Z{i:04d}" for i in range(number)]
    few, more = (4, 12) if number < 60 else (8, 24)
    command = [sys.executable, "-m", "race_equality.cli", "build", "--renderer", "built-in", "--jobs", str(jobs)]

    shared = run([*command, reports[0]], project)
    runs = [run([*command, *codes], project) for codes in (reports[1 : 1 + few], reports[1 + few : 1 + few + more])]
    each = (runs[1].processor - runs[0].processor) / (more - few)
    found = {
        "organisations": number,
        "each": each,
        "once": shared.processor - each,
        "whole": None,
        "wall": None,
        "nothing": None,
        "megabytes": max((one.megabytes or 0.0 for one in (shared, *runs)), default=0.0),
        "load": os.getloadavg()[0],
    }
    if whole:
        everything = run([*command, "--force"], project)
        nothing = min((run(command, project) for _ in range(3)), key=lambda one: one.seconds)
        found |= {
            "whole": everything.processor,
            "wall": everything.seconds,
            "nothing": nothing.seconds,
            "megabytes": max(found["megabytes"], everything.megabytes or 0.0),
        }
    site = output / "site"
    made = list((site / "trusts").glob("*.html"))
    return found | {
        "report": sum(file.stat().st_size for file in made) / len(made) / 1000,
        "first_page": (site / "index.html").stat().st_size / 1000,
        "manifest": (output / "manifest.json").stat().st_size / 1000,
        "failed": sorted(
            path for path, page in json.loads((output / "manifest.json").read_text())["pages"].items()
            if page["status"] == "failed"
        ),
        "figures": sum(file.stat().st_size for file in project.figures.iterdir()) / 1e6,
    }


def report(measured: Sequence[dict], jobs: int) -> str:
    """Put it in Markdown."""
    found = versions()
    named = ("python", "papermill", "ipykernel", "pandas", "altair", "typst", "pypandoc_binary")

    def number(value: float | None, digits: int = 2) -> str:
        return "" if value is None else f"{value:,.{digits}f}"

    costs = [
        [
            f"{one['organisations']:,}", number(one["each"]), number(one["once"], 1),
            number((one["once"] + one["organisations"] * one["each"]) / one["organisations"]),
            number(one["whole"] and one["whole"] / one["organisations"]), number(one["wall"], 0),
            number(one["nothing"]),
        ]
        for one in measured
    ]  # fmt: skip
    sizes = [
        [f"{one['organisations']:,}"]
        + [number(one[name], digits) for name, digits in
           (("figures", 1), ("megabytes", 0), ("report", 0), ("first_page", 0), ("manifest", 0))]
        for one in measured
    ]  # fmt: skip
    return "\n".join(
        [
            "# What an organisation costs, by how many there are",
            "",
            f"Invented organisations, {datetime.datetime.now(datetime.UTC):%-d %B %Y}: {usable_cores()} cores, "
            f"{jobs} notebooks at once, {platform.system()}, "
            + ", ".join(f"{name} {found[name]}" for name in named)
            + ". `python benchmarks/curve.py` measures it again.",
            "",
            "![Processor seconds for an organisation, by the number of organisations](../docs/images/curve.svg)",
            "",
            "## Processor seconds",
            "",
            table(
                ["organisations", "each report", "once for a build", "an organisation, reckoned",
                 "an organisation, all built", "wall seconds, all built", "wall seconds, nothing to do"],
                costs,
            ),
            "",
            "A report is HTML, PDF, executed notebook and figures as CSV and ODS. *Once for a build* are the "
            "pages on all organisations and the start. *Reckoned* is both together for each organisation; "
            "*all built* is every page really made.",
            "",
            *(
                f"With {one['organisations']:,} organisations these could not be made, and their time is not in "
                f"it: {', '.join(one['failed'][:5])}.\n"
                for one in measured
                if one["failed"]
            ),
            "## Sizes",
            "",
            table(
                ["organisations", "figures, MB", "peak memory, MB", "a report, KB", "first page, KB",
                 "manifest, KB"],
                sizes,
            ),
            "",
        ]
    )  # fmt: skip


def draw(measured: Sequence[dict]) -> str:
    """Draw the curve."""
    import altair as alt
    import pandas as pd
    import vl_convert

    rows = [
        {"organisations": one["organisations"], "seconds": seconds, "what": what}
        for one in measured
        for what, seconds in (
            ("a further report", one["each"]),
            ("an organisation, reckoned", (one["once"] / one["organisations"]) + one["each"]),
            ("an organisation, all built", one["whole"] and one["whole"] / one["organisations"]),
        )
        if seconds is not None
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows), width=520, height=280)
        .mark_line(point=True)
        .encode(
            alt.X("organisations:Q").scale(type="log").title("Organisations").axis(values=list(
                dict.fromkeys(one["organisations"] for one in measured)), grid=False),
            alt.Y("seconds:Q").scale(zero=True).title("Processor seconds"),
            alt.Color("what:N").title(None),
        )
    )  # fmt: skip
    return vl_convert.vegalite_to_svg(chart.to_dict())


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, metavar="ORGANISATIONS", default=list(SIZES))
    parser.add_argument("--whole", type=int, nargs="*", default=[], metavar="ORGANISATIONS",
                        help="make every page of these as well")
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="at once (default: the cores)")
    parser.add_argument("--add", action="store_true", help="keep what was measured before of other sizes")
    options = parser.parse_args()
    adopt_orphans()
    measured = {}
    if options.add and MEASURED.is_file():
        measured = {one["organisations"]: one for one in json.loads(MEASURED.read_text(encoding="utf-8"))}
    for size in sorted({*options.sizes, *options.whole}):
        with tempfile.TemporaryDirectory() as name:
            measured[size] = measure(size, Path(name), options.jobs, whole=size in options.whole)
        print(json.dumps(measured[size]), file=sys.stderr, flush=True)
        rows = [measured[size] for size in sorted(measured)]
        MEASURED.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        RESULTS.write_text(report(rows, options.jobs), encoding="utf-8")
        PICTURE.write_text(draw(rows), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except RaceEqualityError as error:
        sys.exit(str(error))
