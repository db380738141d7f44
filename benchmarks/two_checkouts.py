"""What a build costs in two checkouts, as a ratio.

    git worktree add ../before COMMIT
    python benchmarks/two_checkouts.py ../before .              20 trusts, in 5 rounds
    python benchmarks/two_checkouts.py ../before . --all --rounds 1

Each round builds in both, from an empty folder, the one that came last in a round first in the next. Both
run in this environment, so their dependencies must be the same. The median of the rounds' ratios is printed:
on a machine that does other things, processor time is worth more than wall time.
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--trusts", type=int, default=20, help="how many, of all kinds (default: 20)")
    parser.add_argument("--all", action="store_true", help="the whole site")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    options = parser.parse_args()
    codes = [] if options.all else choose_trusts(options.trusts)
    checkouts = {"before": options.before.resolve(), "after": options.after.resolve()}
    adopt_orphans()
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
