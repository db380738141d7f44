"""How long a report takes, by stage, beside the loop that a user would write.

    python benchmarks/build.py                    four trusts of different kinds
    python benchmarks/build.py RJ1 RV5 --jobs 1   these, one at a time

Both are measured in one run on one machine: ratios travel, seconds do not. The loop is, for each
trust, ``papermill`` and then ``jupyter nbconvert --to html``; the build makes HTML **and** PDF, the
overview of all trusts and the first page as well. Writes benchmarks/results.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from race_equality.batch.manifest import versions
from race_equality.batch.pool import usable_cores
from race_equality.errors import RaceEqualityError
from race_equality.project import find_project

#: One of each kind: acute, mental health, ambulance, community.
TRUSTS = ("RJ1", "RV5", "RRU", "RY4")

RESULTS = Path(__file__).with_name("results.md")


@dataclass(frozen=True)
class Run:
    """A command that was run.

    Parameters
    ----------
    seconds : float
        Wall time.
    megabytes : float or None
        Most memory that it and all below it held at once; None where the system does not say.
    """

    seconds: float
    megabytes: float | None


class PeakMemory:
    """Watch the memory of a process and all below it.

    Notes
    -----
    Proportional set size: a page that forked processes share is counted once, over them all. Read
    from Linux's /proc twice a second; elsewhere nothing is measured.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
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
        while not self._stop.wait(0.5):
            self._peak = max(self._peak, sum(map(_kilobytes, _family(self._pid))))


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


def run(command: Sequence[str | os.PathLike[str]], folder: Path) -> Run:
    """Run a command to its end, and fail if it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(map(os.fspath, command)), cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        with PeakMemory(process.pid) as memory:
            status = process.wait()
        seconds = time.perf_counter() - began
        if status:
            output.seek(0)
            sys.exit(f"{' '.join(map(str, command))} ended with {status}:\n{output.read().decode()}")
    return Run(seconds, memory.megabytes)


def find_nbconvert(given: str | None) -> list[str] | None:
    """Find ``jupyter nbconvert``: as given, beside this Python, or on the PATH."""
    beside = Path(sys.executable).with_name("jupyter")
    for jupyter in (given, str(beside), shutil.which("jupyter")):
        if not jupyter or not shutil.which(jupyter):
            continue
        command = [jupyter, "nbconvert"]
        if subprocess.run([*command, "--version"], capture_output=True, check=False).returncode == 0:
            return command
    return None


def time_loop(
    codes: Sequence[str], root: Path, folder: Path, nbconvert: list[str] | None
) -> tuple[list[Run], list[Run]]:
    """Run the loop that a user would write; give each papermill and each nbconvert."""
    executed, converted = [], []
    for code in codes:
        target = folder / f"{code}.ipynb"
        executed.append(
            run(
                [sys.executable, "-m", "papermill", "--no-progress-bar", "notebooks/board_report.ipynb",
                 target, "-p", "trust_code", code],
                root,
            )
        )  # fmt: skip
        if nbconvert:
            converted.append(run([*nbconvert, "--to", "html", target], root))
    return executed, converted


def time_build(codes: Sequence[str], root: Path, folder: Path, *options: str) -> tuple[Run, dict]:
    """Run one build; give it and its manifest."""
    whole = run(
        [sys.executable, "-m", "race_equality.cli", "build", *codes, "--output", folder, *options], root
    )
    return whole, json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def mean(runs: Sequence[Run]) -> float:
    return statistics.fmean(one.seconds for one in runs)


def peak(runs: Sequence[Run]) -> str:
    known = [one.megabytes for one in runs if one.megabytes]
    return f"{max(known):.0f} MB" if known else "not measured"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(
    codes: Sequence[str],
    jobs: int,
    loop: tuple[list[Run], list[Run]],
    builds: dict[str, tuple[Run, dict]],
) -> str:
    """Put it in Markdown."""
    executed, converted = loop
    number = len(codes)
    loop_seconds = sum(one.seconds for one in (*executed, *converted))
    html = f"{mean(converted):.1f}" if converted else "nbconvert is not installed"
    ways = {"papermill, then nbconvert": (loop_seconds, number, peak([*executed, *converted]))}
    for name, (whole, manifest) in builds.items():
        ways[name] = (whole.seconds, len(manifest["pages"]), peak([whole]))

    stages = [["papermill, then nbconvert", f"{mean(executed):.1f}", "", html, ""]]
    for name, (_, manifest) in builds.items():
        pages = [manifest["pages"][f"trusts/{code}.ipynb"]["seconds"] for code in codes]
        stages.append(
            [name]
            + [f"{statistics.fmean(page.get(stage, 0.0) for page in pages):.2f}"
               for stage in ("execute", "charts", "html", "pdf")]
        )  # fmt: skip
    found = versions()
    named = ("python", "papermill", "ipykernel", "pandas", "altair", "typst", "pypandoc_binary")
    return "\n".join(
        [
            "# How long a report takes",
            "",
            f"{number} trusts ({', '.join(codes)}), measured in one run on "
            f"{datetime.datetime.now(datetime.UTC):%-d %B %Y}: {usable_cores()} cores, "
            f"{platform.system()}, " + ", ".join(f"{name} {found[name]}" for name in named) + ".",
            "`python benchmarks/build.py` measures it again. Ratios travel, seconds do not.",
            "",
            "## Whole runs, a page",
            "",
            table(
                ["way", "pages", "wall seconds a page", "ratio to the loop", "peak memory"],
                [
                    [name, str(pages), f"{seconds / pages:.2f}",
                     f"{loop_seconds / number / (seconds / pages):.1f}", memory]
                    for name, (seconds, pages, memory) in ways.items()
                ],
            ),
            "",
            "The loop makes the trusts' HTML alone. A build makes HTML and PDF, the pages on all trusts "
            "and the first page as well, and its start is in its time: with more trusts a page costs "
            "less.",
            "",
            "## Stages, mean seconds a trust",
            "",
            table(["way", "execute", "of it cells with charts", "HTML", "PDF"], stages),
            "",
            f"A build has {jobs} at work at once, so its stages overlap and each is slower than alone.",
            "",
            "",
        ]
    )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("trusts", nargs="*", metavar="TRUST", help=f"codes (default: {' '.join(TRUSTS)})")
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="at once (default: the cores)")
    parser.add_argument("--jupyter", help="the jupyter command whose nbconvert is used")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the file that is written")
    options = parser.parse_args()
    codes = [code.upper() for code in options.trusts] or list(TRUSTS)
    root = find_project().root

    nbconvert = find_nbconvert(options.jupyter)
    if nbconvert is None:
        print("No `jupyter nbconvert`: the loop ends after papermill. Give one with --jupyter "
              "(pip install nbconvert; JupyterLab brings it).", file=sys.stderr)  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for step in ("loop", "fork", "default"):
            (folder / step).mkdir()
        print("the loop", file=sys.stderr)
        loop = time_loop(codes, root, folder / "loop", nbconvert)
        builds = {}
        jobs = ("--jobs", str(options.jobs), "--renderer", "built-in")
        for title, step, arguments in (
            ("race-equality build", "fork", jobs),
            ("race-equality build --engine default", "default", (*jobs, "--engine", "default")),
        ):
            print(title, file=sys.stderr)
            builds[title] = time_build(codes, root, folder / step, *arguments)
    text = report(codes, options.jobs, loop, builds)
    print(text)
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except RaceEqualityError as error:
        sys.exit(str(error))
