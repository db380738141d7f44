"""What a build costs for each organisation, from 20 organisations to two thousand, all of them built.

    python benchmarks/curve.py                   20, 200 and 2,000
    python benchmarks/curve.py 20 200 --jobs 1   these
    python benchmarks/curve.py 2000 --resume     beside what was measured before, of other sizes

The organisations are invented, in a temporary project (benchmarks/invented.py). Of each number every page is
made, from an empty folder, and before that a few reports with the pages on all organisations, which tells what
is spent once. Processor seconds of the build and of every process below it are counted. Writes benchmarks/curve.md,
curve.json and docs/images/curve.svg after each number, so that one that is stopped loses only what it was at, and
``--resume`` goes on with the numbers that are not there. Says once a minute how far it is. For two thousand, give it
a quiet machine and an hour.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from invented import invent
from measure import ROLES, adopt_orphans, run, table

from race_equality.batch.manifest import versions
from race_equality.batch.pool import usable_cores
from race_equality.errors import RaceEqualityError
from race_equality.project import find_project

SIZES = (20, 200, 2000)
RECKONED_FOR = 10_000
RESULTS = Path(__file__).with_name("curve.md")
MEASURED = RESULTS.with_suffix(".json")
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "curve.svg"

#: A build that ends with 1 has made all pages but some, which curve.md names.
_ENDS = (0, 1)

#: What is measured of a build, with the digits that are printed.
QUANTITIES = {
    "processor": ("processor seconds, all built", 0),
    "wall": ("wall seconds, all built", 0),
    "nothing": ("wall seconds, nothing to do", 2),
    "megabytes": ("peak memory of all processes, MB", 0),
    "figures": ("figures on disk, MB", 1),
    "report": ("a report’s HTML, KB", 0),
    "report_files": ("all files of a report, KB", 0),
    "first_page": ("the first page, KB", 0),
    "manifest": ("the record, KB", 0),
    "downloads": ("findings of all, three files, MB", 1),
    "site": ("the site, MB", 0),
}


def measure(number: int, folder: Path, jobs: int) -> dict[str, object]:
    """Build a project with a number of organisations: a few reports, then all, then nothing.

    Notes
    -----
    Both builds start from an empty folder, with the pages on all organisations. What the second takes more, it
    takes for its further reports.
    """
    project = invent(find_project(), folder / "project", number)
    few = min(8, number // 4)
    began = time.monotonic()

    def build(codes: Sequence[str], name: str):
        def say() -> None:
            made = len(list((folder / name / "site" / "trusts").glob("*.html")))
            print(
                f"{number:,} organisations, {time.monotonic() - began:.0f} s: {made:,} reports in {name}",
                file=sys.stderr,
                flush=True,
            )

        command = [
            sys.executable,
            "-m",
            "race_equality.commands.main",
            "build",
            *codes,
            "--output",
            folder / name,
            "--renderer",
            "built-in",
            "--jobs",
            str(jobs),
        ]
        variables = {"RACE_EQUALITY_PROJECT": str(project.root)}
        done = run(command, project.root, may_end_with=_ENDS, every_minute=say, **variables)
        say()
        return done

    load = os.getloadavg()[0]
    part = build([f"Z{i:04d}" for i in range(few)], "few")
    shutil.rmtree(folder / "few")
    whole = build([], "all")
    nothing = min(build([], "all").seconds for _ in range(3))
    each = (whole.processor - part.processor) / (number - few)
    site = folder / "all" / "site"
    record = json.loads((folder / "all" / "manifest.json").read_text(encoding="utf-8"))
    made = list((site / "trusts").glob("*.html"))
    return {
        "organisations": number,
        "on": f"{datetime.datetime.now(datetime.UTC):%-d %B %Y}",
        "jobs": jobs,
        "load": load,
        "each": each,
        "once": part.processor - few * each,
        "processor": whole.processor,
        "wall": whole.seconds,
        "nothing": nothing,
        "megabytes": whole.megabytes,
        "roles": whole.roles,
        "figures": _size(project.figures) / 1e6,
        "report": sum(file.stat().st_size for file in made) / len(made) / 1e3,
        "report_files": _size(site / "trusts") / len(made) / 1e3,
        "first_page": (site / "index.html").stat().st_size / 1e3,
        "manifest": (folder / "all" / "manifest.json").stat().st_size / 1e3,
        "downloads": _size(site / "downloads") / 1e6,
        "site": _size(site) / 1e6,
        "made": len(made),
        "failed": sorted(path for path, page in record["pages"].items() if page["status"] == "failed"),
    }


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def carry_on(name: str, first: Mapping, second: Mapping, number: int) -> float | None:
    """Carry the line through two measured numbers of organisations on to another."""
    if first[name] is None or second[name] is None:
        return None
    slope = (second[name] - first[name]) / (second["organisations"] - first["organisations"])
    return second[name] + slope * (number - second["organisations"])


def report(measured: Sequence[dict]) -> str:
    """Put it in Markdown."""
    found = versions()
    named = ("python", "papermill", "ipykernel", "pandas", "altair", "typst", "pypandoc_binary")

    def number(value: float | None, digits: int = 2) -> str:
        return "" if value is None else f"{value:,.{digits}f}"

    heads = [f"{one['organisations']:,}" for one in measured]
    a_report = [
        [
            "**an organisation, every page made**",
            *(f"**{number(one['processor'] / one['organisations'])}**" for one in measured),
        ],
        ["of it a further report", *(number(one["each"]) for one in measured)],
        ["of it what is spent once, shared out", *(number(one["once"] / one["organisations"]) for one in measured)],
        ["spent once, in all", *(number(one["once"], 0) for one in measured)],
        ["wall seconds an organisation", *(number(one["wall"] / one["organisations"]) for one in measured)],
    ]
    went = [
        *(
            [role, *(number(one["roles"].get(role, 0.0) / one["organisations"]) for one in measured)]
            for role in ROLES.values()
        ),
        [
            "too short to be seen",
            *(number((one["processor"] - sum(one["roles"].values())) / one["organisations"]) for one in measured),
        ],
    ]
    sizes = [[what, *(number(one[name], digits) for one in measured)] for name, (what, digits) in QUANTITIES.items()]
    how = ", ".join(
        f"{one['organisations']:,} on {one['on']} with {one['jobs']} notebooks at once (load when it began {one['load']:.1f})"
        for one in measured
    )
    return "\n".join(
        [
            "# What an organisation costs, by how many there are",
            "",
            f"Invented organisations: {how}. {usable_cores()} cores, {platform.system()}, "
            + ", ".join(f"{name} {found[name]}" for name in named)
            + ". `python benchmarks/curve.py` measures it again.",
            "",
            "![Processor seconds for an organisation, by the number of organisations](../docs/images/curve.svg)",
            "",
            "Every page was made, from an empty folder: a report’s HTML, PDF, executed notebook and figures as CSV and ODS, the "
            "pages on all organisations, the findings of all to download.",
            "",
            "## Processor seconds",
            "",
            table(["organisations", *heads], a_report),
            "",
            "*A further report* is what a build of all took more than a build of a few, for each report more. *Spent once* is the "
            "rest of that build of a few: start, findings on all, the pages on all organisations.",
            "",
            "## Where they go, for each organisation",
            "",
            table(["processes", *heads], went),
            "",
            "## A build",
            "",
            table(["organisations", *heads], sizes),
            "",
            *(
                f"With {one['organisations']:,} organisations {len(one['failed'])} pages could not be made, and their time is not "
                f"in it: {', '.join(one['failed'][:5])}.\n"
                for one in measured
                if one["failed"]
            ),
            *_reckoned(measured, number),
        ]
    )


def _reckoned(measured: Sequence[dict], number) -> list[str]:
    """What the smaller numbers say of the largest, and the two largest of ten thousand."""
    if len(measured) < 3:
        return []
    first, second, last = measured[-3:]
    rows = []
    for name, (what, digits) in QUANTITIES.items():
        expected = carry_on(name, first, second, last["organisations"])
        off = "" if not expected else f"{100 * (last[name] / expected - 1):+.0f}%"
        rows.append(
            [
                what,
                number(expected, digits),
                number(last[name], digits),
                off,
                number(carry_on(name, second, last, RECKONED_FOR), digits),
            ]
        )
    return [
        f"## {RECKONED_FOR:,} organisations on paper, and the paper checked",
        "",
        f"The straight line through {first['organisations']:,} and {second['organisations']:,} says what "
        f"{last['organisations']:,} should take; beside it what they took. The line through {second['organisations']:,} and "
        f"{last['organisations']:,} is carried on to {RECKONED_FOR:,}.",
        "",
        table(
            [
                "a build",
                f"{last['organisations']:,}, reckoned",
                f"{last['organisations']:,}, measured",
                "off by",
                f"{RECKONED_FOR:,}, reckoned",
            ],
            rows,
        ),
        "",
    ]


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
            ("an organisation, every page made", one["processor"] / one["organisations"]),
        )
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows), width=520, height=280)
        .mark_line(point=True)
        .encode(
            alt.X("organisations:Q")
            .scale(type="log")
            .title("Organisations")
            .axis(values=list(dict.fromkeys(one["organisations"] for one in measured)), grid=False),
            alt.Y("seconds:Q").scale(zero=True).title("Processor seconds"),
            alt.Color("what:N").title(None),
        )
    )
    return vl_convert.vegalite_to_svg(chart.to_dict())


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, metavar="ORGANISATIONS", default=list(SIZES))
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="at once (default: the cores)")
    parser.add_argument("--resume", action="store_true", help="keep what was measured before, and measure what was not")
    parser.add_argument("--folder", type=Path, help="where projects and sites are made (default: a temporary folder)")
    parser.add_argument("--results", type=Path, default=RESULTS.parent, help="the folder of curve.md and curve.json")
    options = parser.parse_args()
    adopt_orphans()
    results, kept = options.results / RESULTS.name, options.results / MEASURED.name
    picture = PICTURE if options.results == RESULTS.parent else options.results / PICTURE.name
    measured = {}
    if options.resume and kept.is_file():
        before = json.loads(kept.read_text(encoding="utf-8"))
        # an earlier benchmark built some reports of each number and not all
        measured = {one["organisations"]: one for one in before if one.get("processor")}
    for size in sorted(set(options.sizes) - set(measured)):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            measured[size] = measure(size, Path(name), options.jobs)
        rows = [measured[size] for size in sorted(measured)]
        kept.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        results.write_text(report(rows), encoding="utf-8")
        picture.write_text(draw(rows), encoding="utf-8")
    print(results.read_text(encoding="utf-8"))


if __name__ == "__main__":
    try:
        main()
    except RaceEqualityError as error:
        sys.exit(str(error))
