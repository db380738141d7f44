"""What a build costs in two checkouts, as a ratio.

    git worktree add ../before COMMIT
    python benchmarks/two_checkouts.py ../before .              20 trusts, in 5 rounds
    python benchmarks/two_checkouts.py ../before . --all --rounds 1
    python benchmarks/two_checkouts.py ../before . --cells 77   running a notebook alone

Each round builds in both, from an empty folder, the one that came last in a round first in the next. Both
run in this environment, so their dependencies must be the same. The median of the rounds' ratios is printed:
on a machine that does other things, processor time is worth more than wall time.

With ``--cells`` nothing is built. What it costs to run one notebook is measured, by the difference between a process
that runs some and one that runs none: a notebook of cells that do next to nothing (by the engine ``fork``, by papermill's own
and by a plain function), and board_report.ipynb with what a build shares.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import tomllib
from pathlib import Path

from build import choose_trusts
from measure import Run, adopt_orphans, run, table


def build(checkout: Path, codes: list[str]) -> Run:
    """Build some trusts, or all, with the code and the figures of a checkout."""
    scripts = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, function = scripts["race-equality"].partition(":")
    with tempfile.TemporaryDirectory() as output:
        return run(
            [sys.executable, "-c", f"import {module}; {module}.{function}()", "build", *codes, "--output", output],
            checkout,
            PYTHONPATH=str(checkout / "src"),
            RACE_EQUALITY_PROJECT=str(checkout),
        )


#: Runs a notebook so many times by one way; arguments: way, times, cells.
RUN_NOTEBOOKS = """
import contextlib, os, sys, tempfile
from pathlib import Path
import nbformat.v4, papermill
from papermill.engines import papermill_engines
import forked_kernels

papermill_engines.register("fork", forked_kernels.ForkEngine)
way, times, cells = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder = Path(tempfile.mkdtemp())
code = [nbformat.v4.new_code_cell(f"x{n} = {n}\\nx{n}", id=f"c{n}") for n in range(cells)]
kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
nbformat.write(nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel}), folder / "in.ipynb")
if way == "report":
    from race_equality.batch.build_services import shared_by_notebooks
    from race_equality.batch.execute import execute_page
    from race_equality.batch.plan import Page
    from race_equality.project import find_project
    from race_equality.store.trusts import read_trusts

    project = find_project()
    with shared_by_notebooks(Path(os.environ["CACHE"]), project, engine="fork", jobs=1, notebooks=10):
        for trust in read_trusts()["trust_code"].tolist()[:times]:
            page = Page(f"trusts/{trust}.ipynb", "notebooks/board_report.ipynb", {"trust_code": trust}, None)
            files = {name: folder / f"{trust}-{name}.ipynb" for name in ("target", "failed")}
            end = execute_page(page, root=project.root, scratch=folder, engine="fork", **files)
            assert end.failure is None, end.failure
elif way == "plain function":
    for _ in range(times):
        names, outputs = {}, []
        for n in range(cells):
            exec(compile(f"x{n} = {n}", "cell", "exec"), names)
            outputs.append(repr(eval(compile(f"x{n}", "cell", "eval"), names)))
else:
    with forked_kernels.ForkServer(share=True) if way == "fork" else contextlib.nullcontext():
        for _ in range(times):
            papermill.execute_notebook(
                folder / "in.ipynb", folder / "out.ipynb", engine_name="fork" if way == "fork" else None, progress_bar=False
            )
"""

#: Ways of running a notebook, and how often each is run.
WAYS = {"papermill's own engine": 3, "engine fork": 20, "plain function": 2000, "engine fork, board_report": 8}


def notebooks_cost(checkout: Path, way: str, times: int, cells: int, cache: str) -> float:
    """Return the processor seconds of a process that runs a notebook some times, and of all below it."""
    name = {"engine fork": "fork", "engine fork, board_report": "report"}.get(way, way)
    command = [sys.executable, "-c", RUN_NOTEBOOKS, name, str(times), str(cells)]
    setting = {"PYTHONPATH": str(checkout / "src"), "RACE_EQUALITY_PROJECT": str(checkout), "CACHE": cache}
    return run(command, checkout, **setting).processor


def compare_notebooks(checkouts: dict[str, Path], cells: int, rounds: int) -> None:
    """Measure what running a notebook costs, and print it."""
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        *_, report = WAYS
        for name, checkout in checkouts.items():  # findings and pictures are kept from here on
            notebooks_cost(checkout, report, WAYS[report], cells, f"{folder}/{name}")
        for number in range(rounds):
            for way, times in WAYS.items():
                for name in list(checkouts) if number % 2 == 0 else list(checkouts)[::-1]:
                    none, some = (
                        notebooks_cost(checkouts[name], way, count, cells, f"{folder}/{name}") for count in (0, times)
                    )
                    found.setdefault((way, name), []).append((some - none) / times)
    rows = []
    for way in WAYS:
        before, after = (found[way, name] for name in checkouts)
        ratios = [two / one for one, two in zip(before, after, strict=True)]
        middle = (1000 * statistics.median(costs) for costs in (before, after))
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        rows.append([way, *(f"{value:.1f}" for value in middle), f"**{statistics.median(ratios):.2f}**", spread])
    print(table(["processor milliseconds a notebook", "before", "after", "ratio (median)", "ratios"], rows))
    print(f"\n{cells} cells, {rounds} rounds, load {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--trusts", type=int, default=20, help="how many, of all kinds (default: 20)")
    parser.add_argument("--all", action="store_true", help="the whole site")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--cells", type=int, help="run a notebook of so many cells, and build nothing")
    options = parser.parse_args()
    codes = [] if options.all else choose_trusts(options.trusts)
    checkouts = {"before": options.before.resolve(), "after": options.after.resolve()}
    adopt_orphans()
    if options.cells:
        compare_notebooks(checkouts, options.cells, options.rounds)
        return
    rounds: list[dict[str, Run]] = []
    for number in range(options.rounds):
        order = list(checkouts) if number % 2 == 0 else list(checkouts)[::-1]
        rounds.append({name: build(checkouts[name], codes) for name in order})
    rows = []
    for what in ("processor", "seconds"):
        before, after = ([getattr(runs[name], what) for runs in rounds] for name in checkouts)
        ratios = [two / one for one, two in zip(before, after, strict=True)]
        rows.append(
            [
                {"processor": "processor seconds", "seconds": "wall seconds"}[what],
                f"{statistics.median(before):.1f}",
                f"{statistics.median(after):.1f}",
                f"**{statistics.median(ratios):.2f}**",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
            ]
        )
    print(table(["", "before", "after", "ratio (median)", "ratios"], rows))
    print(f"\n{len(codes) or 'all'} trusts, {len(rounds)} rounds, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
