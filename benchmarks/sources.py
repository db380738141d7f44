"""How long the official files take to read, and whether the fast Excel reader gives the same cells.

    python benchmarks/sources.py [FOLDER]

reads every file in FOLDER (../shared/data) into an empty project, in a process of its own on two cores,
and holds it to 20 seconds and 1 GB; then `data check` to 1 second; then every cell of every workbook
read with python-calamine to the same cell read with openpyxl. It ends with an error when one of them
does not hold, and prints the lines of benchmarks/results.md.
"""

from __future__ import annotations

import datetime
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import openpyxl
from python_calamine import CalamineWorkbook

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS, MOST_MEGABYTES, MOST_SECONDS_OF_CHECK = 20, 1024, 1
REPEATS = 3


def empty_project(folder: Path) -> Path:
    """Make a project without figures."""
    root = folder / "project"
    (root / "data" / "figures").mkdir(parents=True)
    (root / "data" / "sources").mkdir()
    shutil.copy(ROOT / "_quarto.yml", root)
    return root


#: Runs a command on two cores and says what it took. A process that is started begins with the peak of the one
#: that started it (``ru_maxrss`` on Linux): this one is small, whatever this benchmark has read by then.
_MEASURE = """
import os, resource, subprocess, sys, time
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(status)
"""


def run(arguments: list[str], root: Path) -> tuple[float, float, float]:
    """Run the command on two cores; return wall seconds, processor seconds and peak memory in MB."""
    command = [sys.executable, "-m", "race_equality.commands.main", "data", *arguments]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *command],
        env=os.environ | {"RACE_EQUALITY_PROJECT": str(root)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"race-equality data {' '.join(arguments)} failed.")
    wall, processor, peak = map(float, done.stdout.split())
    return wall, processor, peak


def as_openpyxl_has_it(value: object) -> object:
    """Return a cell of calamine as openpyxl would give it, where the two differ by type alone."""
    if value == "":
        return None
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime(value.year, value.month, value.day)
    return value


def compare(path: Path) -> tuple[int, Counter[str], float, float]:
    """Return how many cells were compared, how many differ in what way, and the seconds of both readers."""
    start = time.perf_counter()
    fast = CalamineWorkbook.from_path(str(path))
    sheets = {name: fast.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in fast.sheet_names}
    middle = time.perf_counter()
    slow = openpyxl.load_workbook(path, read_only=True, data_only=True)
    compared, differing = 0, Counter()
    for name in slow.sheetnames:
        rows = sheets[name]
        for number, row in enumerate(slow[name].iter_rows(values_only=True)):
            for column, expected in enumerate(row):
                found = rows[number][column] if number < len(rows) and column < len(rows[number]) else ""
                compared += 1
                found = as_openpyxl_has_it(found)
                expected = None if expected == "" else expected
                if found != expected:
                    differing[f"{type(expected).__name__} and {type(found).__name__}"] += 1
    slow.close()
    return compared, differing, middle - start, time.perf_counter() - middle


def main() -> None:
    """Measure, print, and fail when something takes more than it may."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        sys.exit(f"There is no folder {folder}.")
    files = [path for path in folder.rglob("*") if path.is_file()]
    problems = []
    readings, checks = [], []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as temporary:
            root = empty_project(Path(temporary))
            readings.append(run(["read", str(folder.resolve())], root))
            checks.append(run(["check"], root))
    size = sum(path.stat().st_size for path in files) / 1024**2
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"## Reading the official files ({len(files)} files, {size:.0f} MB), best of {REPEATS}, two cores\n")
    print(f"Load of the machine meanwhile (1, 5, 15 minutes): {load}.\n")
    print("| what | wall seconds | processor seconds | peak memory | may take |\n| --- | ---: | ---: | ---: | --- |")
    for what, runs, most in (
        ("race-equality data read, into an empty project", readings, MOST_SECONDS),
        ("race-equality data check", checks, MOST_SECONDS_OF_CHECK),
    ):
        wall, processor, _ = min(runs)
        memory = max(run[2] for run in runs)
        print(f"| {what} | {wall:.2f} | {processor:.2f} | {memory:.0f} MB | {most} s, {MOST_MEGABYTES} MB |")
        if wall > most or memory > MOST_MEGABYTES:
            problems.append(f"{what}: {wall:.2f} s, {memory:.0f} MB")
    print("\n## Cells as python-calamine and as openpyxl read them\n")
    print("| workbook | cells compared | differing | calamine, seconds | openpyxl, seconds |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for path in sorted(path for path in files if path.suffix == ".xlsx"):
        compared, differing, fast, slow = compare(path)
        kinds = "".join(f" ({n} {kind})" for kind, n in differing.items())
        print(f"| {path.name} | {compared:,} | {sum(differing.values())}{kinds} | {fast:.2f} | {slow:.2f} |")
        if differing:
            problems.append(f"{path.name}: {sum(differing.values())} cells differ")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f'\nEvery sheet, every cell of the used area; empty and "" count as one, a day is midnight of it. {peak:.0f} MB.'
    )
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
