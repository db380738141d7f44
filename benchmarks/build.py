"""What a report costs: by a build, by the loop that a user would write, and by a plain function.

    python benchmarks/build.py                       24 trusts of all kinds, in two rounds
    python benchmarks/build.py --all                 and then the whole site once
    python benchmarks/build.py RJ1 RV5 --loop 1      these, the loop for one of them

All ways are measured in one run on one machine, in turn: ratios travel, seconds do not. The loop is, for
each trust, the command ``papermill`` and then ``quarto render`` (HTML and PDF); where Quarto is missing,
``jupyter nbconvert --to html``. The plain function is benchmarks/plain.py. Every way makes the trusts'
reports alone; the pages on all trusts are there before. Writes benchmarks/results.md.
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
from collections.abc import Sequence
from pathlib import Path

from measure import ROLES, Run, adopt_orphans, run, table

from race_equality.batch.manifest import versions
from race_equality.batch.pool import usable_cores
from race_equality.errors import RaceEqualityError
from race_equality.project import find_project
from race_equality.render import stage_project
from race_equality.store.trusts import read_trusts

RESULTS = Path(__file__).with_name("results.md")
PLAIN = Path(__file__).with_name("plain.py")

LOOP = "papermill, then quarto render"
LOOP_WITHOUT_QUARTO = "papermill, then nbconvert (HTML alone)"
BUILD = "race-equality build"
DEFAULT = "race-equality build --engine default"
FUNCTION = "plain function"


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


def choose_trusts(number: int) -> list[str]:
    """Choose trusts of all kinds, as many of each as there are among all trusts."""
    trusts = read_trusts().sort_values(["kind", "trust_code"], kind="stable")["trust_code"].tolist()
    return [trusts[(2 * n + 1) * len(trusts) // (2 * number)] for n in range(number)]


class Bench:
    """The ways, and what was measured of each.

    Parameters
    ----------
    folder : Path
        For all that is made.
    jobs : int
        At once.
    nbconvert : list of str or None
        For the loop, without Quarto.
    """

    def __init__(self, folder: Path, jobs: int, nbconvert: list[str] | None) -> None:
        self.root = find_project().root
        self.folder = folder
        self.jobs = jobs
        self.nbconvert = nbconvert
        self.loop = LOOP if shutil.which("quarto") else LOOP_WITHOUT_QUARTO
        #: Way to its runs, and how many trusts each was of.
        self.runs: dict[str, list[tuple[int, Run]]] = {}
        self.parts: list[tuple[int, Run]] = []
        self.compared = self.same = 0

    def note(self, way: str, trusts: int, one: Run) -> None:
        """Keep what was measured."""
        self.runs.setdefault(way, []).append((trusts, one))
        print(f"{way}: {one.seconds / trusts:.2f} s, {one.processor / trusts:.2f} processor s a trust", file=sys.stderr)

    def by_loop(self, codes: Sequence[str], name: str) -> None:
        """Run the loop that a user would write, one trust at a time."""
        folder = self.folder / name
        stage_project(find_project(), folder)
        seconds, processor, megabytes = 0.0, 0.0, 0.0
        for code in codes:
            target = folder / "trusts" / f"{code}.ipynb"
            papermill = [
                sys.executable,
                "-m",
                "papermill",
                "--no-progress-bar",
                "notebooks/board_report.ipynb",
                target,
                "-p",
                "trust_code",
                code,
            ]
            steps = [run(papermill, self.root)]
            if self.loop == LOOP:
                # a project of one page: with more, Quarto would go through the others each time
                steps.append(run(["quarto", "render", f"trusts/{code}.ipynb"], folder))
                pdfs = list(folder.rglob(f"{code}.pdf"))
                if not pdfs or not list(folder.rglob(f"{code}.html")):
                    sys.exit(f"Quarto made no HTML or no PDF of {code}.")
            elif self.nbconvert:
                steps.append(run([*self.nbconvert, "--to", "html", target], self.root))
            self.parts.append((1, steps[0]))
            seconds += sum(one.seconds for one in steps)
            processor += sum(one.processor for one in steps)
            megabytes = max([megabytes, *(one.megabytes or 0.0 for one in steps)])
            target.unlink()
        self.note(self.loop, len(codes), Run(seconds, processor, megabytes or None))

    def build(self, codes: Sequence[str], name: str, *options: str) -> Run:
        """Run one build."""
        command = [sys.executable, "-m", "race_equality.commands.main", "build", *codes, "--output", self.folder / name]
        return run([*command, "--renderer", "built-in", "--jobs", str(self.jobs), *options], self.root)

    def prepare(self, code: str) -> None:
        """Make the pages on all trusts, with one report: a build of others then makes these alone."""
        self.build([code], "prepared")

    def by_build(self, way: str, codes: Sequence[str], name: str, *options: str) -> None:
        """Build reports beside the pages on all trusts, with nothing kept of an earlier build."""
        shutil.copytree(self.folder / "prepared", self.folder / name)
        shutil.rmtree(self.folder / name / ".cache", ignore_errors=True)
        self.note(way, len(codes), self.build(codes, name, *options))

    def by_function(self, codes: Sequence[str], name: str, build: str) -> None:
        """Run the plain function, and compare what it shows with what a build shows."""
        command = [sys.executable, PLAIN, *codes, "--output", self.folder / name, "--jobs", str(self.jobs)]
        self.note(FUNCTION, len(codes), run(command, self.root))
        for code in codes:
            (made,) = (self.folder / name).glob(f"*/site/trusts/{code}.ipynb")
            self.compared += 1
            self.same += _outputs(made) == _outputs(self.folder / build / "site" / "trusts" / made.name)

    def a_trust(self, way: str) -> tuple[float, float]:
        """Give wall and processor seconds a trust."""
        trusts = sum(number for number, _ in self.runs[way])
        return (
            sum(one.seconds for _, one in self.runs[way]) / trusts,
            sum(one.processor for _, one in self.runs[way]) / trusts,
        )

    def peak(self, way: str) -> str:
        """Give the most memory that any run of a way held."""
        known = [one.megabytes for _, one in self.runs[way] if one.megabytes]
        return f"{max(known):.0f} MB" if known else "not measured"


def _outputs(notebook: Path) -> list[tuple[str, object]]:
    """Give what a page is made of: what each cell shows, by its id."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    # their numbers differ by the cell that papermill puts in
    return [(cell["id"], [out.get("data") for out in cell["outputs"]]) for cell in cells if cell.get("outputs")]


def report(bench: Bench, codes: Sequence[str], load: tuple[float, float], whole: list[str]) -> str:
    """Put it in Markdown."""
    found = versions()
    named = ("python", "papermill", "ipykernel", "pandas", "altair", "typst", "pypandoc_binary")
    loop_wall, loop_processor = bench.a_trust(bench.loop)
    rows = []
    for way in (bench.loop, DEFAULT, BUILD, FUNCTION):
        wall, processor = bench.a_trust(way)
        _, function = bench.a_trust(FUNCTION)
        rows.append(
            [
                way,
                str(sum(number for number, _ in bench.runs[way])),
                f"{wall:.2f}",
                f"{processor:.2f}",
                f"{loop_wall / wall:.1f}",
                f"{loop_processor / processor:.1f}",
                f"{processor / function:.2f}",
                bench.peak(way),
            ]
        )
    trusts = sum(number for number, _ in bench.runs[BUILD])
    _, total = bench.a_trust(BUILD)
    roles = dict.fromkeys(ROLES.values(), 0.0)
    for _, one in bench.runs[BUILD]:
        for role, seconds in one.roles.items():
            roles[role] += seconds / trusts
    parts = [[role, f"{seconds:.2f}"] for role, seconds in roles.items()]
    parts.append(["in all, with what was too short to be seen", f"{total:.2f}"])
    papermill = statistics.fmean(one.seconds for _, one in bench.parts)
    return "\n".join(
        [
            "# What a report costs",
            "",
            f"{len(codes)} trusts ({', '.join(codes)}), measured in one run on "
            f"{datetime.datetime.now(datetime.UTC):%-d %B %Y}: {usable_cores()} cores, "
            f"{platform.system()}, " + ", ".join(f"{name} {found[name]}" for name in named) + ". "
            f"{bench.jobs} at work at once but for the loop, which does one thing after another. Processes "
            f"that were running or waiting when it began: {load[0]:.1f}, when it ended: {load[1]:.1f}.",
            "`python benchmarks/build.py` measures it again. Ratios travel, seconds do not.",
            "",
            "## A trust",
            "",
            table(
                [
                    "way",
                    "trusts",
                    "wall seconds",
                    "processor seconds",
                    "times faster than the loop (wall)",
                    "(processor)",
                    "processor, of the plain function’s",
                    "peak memory",
                ],
                rows,
            ),
            "",
            f"Of the loop’s {loop_wall:.1f} seconds papermill takes {papermill:.1f}. Every way makes HTML and PDF, "
            "builds and the plain function also the figures to download; starts are in their times, the pages on "
            f"all trusts in none. A start is some seconds, and weighs less with more trusts. Of the plain function’s {bench.compared} reports {bench.same} have the outputs of the "
            "build’s, to the last letter.",
            "",
            "## Where a build’s time goes",
            "",
            table(["processes", "processor seconds a trust"], parts),
            "",
            *whole,
        ]
    )


def build_all(bench: Bench) -> list[str]:
    """Build the whole site once, and say what it took."""
    name = "all"
    one = bench.build([], name)
    folder = bench.folder / name
    pages = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["pages"]
    html = len(list((folder / "site" / "trusts").glob("*.html")))
    pdf = len(list((folder / "site" / "trusts").glob("*.pdf")))
    again = bench.build([], name)
    memory = f"{one.megabytes:.0f} MB" if one.megabytes else "not measured"
    wall, processor = bench.a_trust(bench.loop)
    return [
        "## The whole site",
        "",
        f"{len(pages)} notebooks, {html} reports as HTML and {pdf} as PDF, from an empty folder: "
        f"**{one.seconds:.0f} seconds**, {one.processor:.0f} processor seconds, peak memory {memory}. "
        f"A report takes {one.seconds / html:.2f} seconds, the pages on all trusts included: "
        f"**{wall * html / one.seconds:.0f} times faster than the loop**, which takes "
        f"{processor * html / one.processor:.1f} times the processor time. "
        f"The same again with nothing to do: {again.seconds:.2f} seconds.",
        "",
    ]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("trusts", nargs="*", metavar="TRUST", help="codes (default: 24 of all kinds)")
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="at once (default: the cores)")
    parser.add_argument("--rounds", type=int, default=2, help="in how many turns (default: 2)")
    parser.add_argument("--loop", type=int, default=2, metavar="N", help="trusts of each round in the loop")
    parser.add_argument("--all", action="store_true", help="build the whole site as well")
    parser.add_argument("--jupyter", help="the jupyter command whose nbconvert is used without Quarto")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the file that is written")
    options = parser.parse_args()
    codes = [code.upper() for code in options.trusts] or choose_trusts(24)
    rounds = min(options.rounds, len(codes))

    nbconvert = None if shutil.which("quarto") else find_nbconvert(options.jupyter)
    if not shutil.which("quarto") and nbconvert is None:
        print("No quarto and no `jupyter nbconvert`: the loop ends after papermill.", file=sys.stderr)
    adopt_orphans()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.jobs, nbconvert)
        bench.prepare(next(code for code in choose_trusts(40) if code not in codes))
        for number in range(rounds):
            share = codes[number::rounds]
            few = share[: options.loop]
            bench.by_build(BUILD, share, f"build-{number}")
            bench.by_function(share, f"function-{number}", f"build-{number}")
            bench.by_loop(few, f"loop-{number}")
            bench.by_build(DEFAULT, few, f"default-{number}", "--engine", "default")
        whole = build_all(bench) if options.all else []
        text = report(bench, codes, (load, os.getloadavg()[0]), whole)
    print(text)
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except RaceEqualityError as error:
        sys.exit(str(error))
