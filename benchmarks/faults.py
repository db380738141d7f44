"""What is left when a build, a publication of an edition or a change of the figures is killed, or a bit is flipped.

``python benchmarks/faults.py`` kills each command at random moments and before each of its changes of files, looks at what a
reader would see, runs the command again, and writes ``docs/faults.md``. Two builds give the same bytes, so a page is
whole if, and only if, it is the one of a build that nothing disturbed.

All of it takes more than an hour of a processor. ``--only`` measures a part, and its rows take the place of those of an earlier
run; what is interrupted counts as far as it came. It works in the temporary folder: builds and editions are of small
notebooks, figures are the real ones. ``data add`` needs the raw file of a publication (``--raw``, or ``../shared/data``), and
kills at calls need strace.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import nbformat.v4
import psutil
from fault_trials import (
    Outcome,
    Trial,
    has_strace,
    hashes,
    import_what_it_imports,
    kills_at_calls,
    points_of,
    random_kills,
    run,
)

import race_equality.commands.main  # noqa: F401  # before the forks, with all that commands import when they run
from race_equality.batch.freshness import Inputs
from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.publishing.record import read_record
from race_equality.report import vega_to_svg
from race_equality.store import cache
from race_equality.store.commits import settle
from race_equality.store.recorded import refuse_damaged

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "faults.md"
RAW = ROOT.parent / "shared" / "data" / "population" / "trust_catchment_2026.csv"

TRUSTS = ("RJ1", "RRK", "RV5")
FRONT_MATTER = "---\ntitle: Small report\n---"
CELLS = (
    "from IPython.display import Markdown",
    'Markdown(f"{version} report of {trust_code}. " + "It is long. " * 2_000)',
)
PARTS = ("build-random", "build-single", "build-calls", "build-others", "publish-random", "publish-calls")
PARTS += ("data-random", "data-calls", "bits")


# -- what is disturbed --------------------------------------------------------------------------------


def small_project(root: Path) -> None:
    """Make a project with the real trusts, and notebooks that take a kernel no time but write pages of some size."""
    (root / "data" / "figures").mkdir(parents=True)
    (root / "data" / "sources").mkdir()
    for name in ("figures/trusts.parquet", "figures/successions.csv", "sources/ods_trusts.yml", "sources/ods_etr.yml"):
        shutil.copy(ROOT / "data" / name, root / "data" / name)
    shutil.copytree(ROOT / "params", root / "params")
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, root)
    write_notebooks(root, "First")


def write_notebooks(root: Path, version: str) -> None:
    (root / "notebooks").mkdir(exist_ok=True)
    for name, parameters in (("board_report", 'trust_code = "RJ1"'), ("national_overview", 'trust_code_of_none = ""')):
        text = CELLS[1] if name == "board_report" else 'Markdown(f"{version} on all trusts.")'
        cells = [
            nbformat.v4.new_raw_cell(FRONT_MATTER, id="front"),
            nbformat.v4.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(f"{CELLS[0]}\nversion = {version!r}", id="first"),
            nbformat.v4.new_code_cell(text, id="second"),
        ]
        notebook = nbformat.v4.new_notebook(
            cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        )
        nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")


def with_figures(root: Path) -> None:
    """Make a project with the real figures and no page."""
    shutil.copytree(ROOT / "data", root / "data", ignore=shutil.ignore_patterns("local", "*.md"))
    shutil.copytree(ROOT / "params", root / "params")
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, root)


def of_build(project: Path, trusts: Sequence[str]) -> Trial:
    """A build over the site of an earlier one: each page is to be that of the first or of the second, and whole."""
    arguments = ["build", *trusts, "--output", "out", "--jobs", "2", "--renderer", "built-in"]
    out, kept = project / "out", project / f"kept {len(trusts)}"
    shutil.rmtree(out, ignore_errors=True)
    write_notebooks(project, "First")
    run(arguments, project)
    first = hashes(out / "site")
    shutil.copytree(out, kept)
    write_notebooks(project, "Second")
    run(arguments, project)
    second = hashes(out / "site")
    reports = {f"trusts/{code}{end}" for code in trusts for end in (".pdf", ".html", ".ipynb")}
    assert reports <= second.keys(), (project.parent / "said").read_text(encoding="utf-8")
    assert not any(first[name] == second[name] for name in reports), "the two builds give the same pages"

    def reset() -> None:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(kept, out)

    def look() -> list[str]:
        now = hashes(out / "site")
        # the first page and the search are of the pages that are there, so they change while these come
        changing = ("index.html", "sitemap.xml", "search.json")
        wrong = [n for n, digest in now.items() if n not in changing and digest not in (first.get(n), second.get(n))]
        with suppress(FileNotFoundError):
            index = (out / "site" / "index.html").read_text(encoding="utf-8")
            wrong += [] if index.rstrip().endswith("</html>") else ["index.html"]
        with suppress(FileNotFoundError):
            json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        # the last good site stands
        return wrong + sorted(first.keys() - now.keys())

    return Trial(
        f"`build`, {len(trusts)} {'report' if len(trusts) == 1 else 'reports'}, over an earlier site",
        arguments,
        project,
        reset,
        look,
        lambda: [] if hashes(out / "site") == second else ["the site"],
    )


def of_publish(project: Path) -> Trial:
    """A second edition, whose pages are made already: what is disturbed is the publication."""
    place, kept = project / "place", project / "kept place"
    options = ["--to", "place", "--address", "https://example.org", "--output", "published", "--renderer", "built-in"]

    def arguments(edition: str) -> list[str]:
        return ["publish", "RJ1", "--edition", edition, *options]

    for edition in ("2026-10", "2026-11"):
        run(arguments(edition), project)
        if edition == "2026-10":
            shutil.copytree(place, kept, symlinks=True)
    right = {edition: hashes(place / edition) for edition in ("2026-10", "2026-11")}
    assert all(right.values()), (project.parent / "said").read_text(encoding="utf-8")

    def reset() -> None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(kept, place, symlinks=True)

    def look() -> list[str]:
        wrong = [
            edition for edition in right if (place / edition).is_dir() and hashes(place / edition) != right[edition]
        ]
        latest = os.readlink(place / "latest") if (place / "latest").is_symlink() else ""
        return wrong + ([] if latest in right and (place / latest).is_dir() else ["latest"])

    def whole() -> list[str]:
        named = [path.name for path in place.iterdir()]
        unfinished = [name for name in named if name.startswith(".unfinished")]
        ends = os.readlink(place / "latest") == "2026-11" and hashes(place / "2026-11") == right["2026-11"]
        return look() + unfinished + ([] if ends else ["2026-11"])

    return Trial("`publish`, a second edition", arguments("2026-11"), project, reset, look, whole)


def of_data_add(project: Path, raw: Path) -> Trial:
    held, kept = project / "data", project / "kept data"
    arguments = ["data", "add", "--yes", str(raw)]

    def state() -> dict[str, str]:
        return {name: digest for folder in ("figures", "sources") for name, digest in hashes(held / folder).items()}

    run(["data", "remove", "catchment_2026", "--yes"], project)
    shutil.rmtree(held / "local", ignore_errors=True)
    before = state()
    shutil.copytree(held, kept)
    run(arguments, project)
    after = state()
    assert before != after, (project.parent / "said").read_text(encoding="utf-8")

    def reset() -> None:
        shutil.rmtree(held)
        shutil.copytree(kept, held)

    def settled() -> list[str]:
        settle(Project(project))  # as each command that reads figures does first
        return [] if state() in (before, after) else ["figures of two states"]

    return Trial(
        "`data add`, a publication",
        arguments,
        project,
        reset,
        list,
        lambda: [] if state() == after else ["the figures"],
        settled,
    )


# -- bits -------------------------------------------------------------------------------------------


def flipped(content: bytes, draw: Random) -> bytes:
    changed = bytearray(content)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def bits(what: str, files: Iterable[Path], number: int, draw: Random, is_noticed: Callable[[Path], bool]) -> str:
    """Flip a bit in a file, and say how often nothing noticed."""
    every, silent = sorted(files), []
    for place in range(number):
        file = every[place % len(every)] if place < len(every) else draw.choice(every)
        right = file.read_bytes()
        file.write_bytes(flipped(right, draw))
        try:
            if not is_noticed(file):
                silent.append(file.name)
        finally:
            file.write_bytes(right)
    print(what, *silent, flush=True)
    return f"| {what} | {len(every)} | {number} | {len(silent)} |"


def all_bits(project: Path, edition: Path, number: int, draw: Random) -> Iterator[str]:
    """Flip bits in each kind of file of the store, in a published edition, and in what a build keeps."""
    held = Project(project)

    def is_refused(_: Path) -> bool:
        try:
            refuse_damaged(Inputs(held, "built-in").figure_hashes, held)
        except RaceEqualityError:
            return True
        return False

    figures, sources = held.figures, held.sources
    yield bits("figures of publications (Parquet)", figures.glob("*.parquet"), number, draw, is_refused)
    lists = [file for file in figures.iterdir() if file.suffix != ".parquet"]
    yield bits("lists and boundaries (CSV, GeoJSON)", lists, number, draw, is_refused)
    yield bits("records of what was read (YAML)", sources.glob("*.yml"), number, draw, is_refused)
    before = Inputs(held, "built-in").other_hashes()

    def is_told(_: Path) -> bool:
        return Inputs(held, "built-in").other_hashes() != before

    settings = [project / name for name in before]
    yield bits("settings and layouts: `verify` and the next edition name it", settings, number, draw, is_told)
    record = read_record(edition)

    def is_named(file: Path) -> bool:
        name = file.relative_to(edition).as_posix()
        return record.hash_of(name) != record.files[name]

    yield bits("a file of an edition", [edition / name for name in record.files], number, draw, is_named)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[cache.FOLDER_VARIABLE] = folder
        import pandas as pd

        cache._write("findings", "key", pd.DataFrame({"value": [0.1 * n for n in range(200)]}))
        picture = Path(folder) / "picture.svgz"
        vega_to_svg._write(picture, "<svg>" + "<path/>" * 500 + "</svg>")

        def is_made_again(file: Path) -> bool:
            kept = vega_to_svg._read(file) if file == picture else cache._read("findings", "key")
            return kept is None

        yield bits("findings that a build keeps", Path(folder).glob("*.found"), number, draw, is_made_again)
        yield bits("pictures that a build keeps", [picture], number, draw, is_made_again)
        del os.environ[cache.FOLDER_VARIABLE]


# -- results ----------------------------------------------------------------------------------------

KILLED = (
    "| command | what was killed | before its end | after its end | wrong or mixed | half-written, seen while it ran | processes "
    "left after 30 seconds | not right after the same command again | measured |"
)
FLIPPED = "| in | files | flips | not noticed | measured |"


def as_row(outcome: Outcome) -> str:
    counts = (outcome.wrong, outcome.half, outcome.left, outcome.not_mended)
    ends = f"{outcome.before_end} | {outcome.after_end}"
    return f"| {outcome.what} | {outcome.how} | {ends} | {' | '.join(str(len(c)) for c in counts)} |"


def dated(row: str) -> str:
    """Return a row with the day, and how many processes the machine was busy with as well."""
    today = datetime.date.today()
    return f"{row} {today.day} {today:%B %Y}, load {os.getloadavg()[1]:.0f} |"


def merged(table: str, heading: str, rows: Iterable[str]) -> str:
    """Return a table with new rows in the place of those that begin with the same words."""

    def key(row: str) -> tuple[str, ...]:
        what, how = (cell.strip() for cell in row.split("|")[1:3])
        return (what, how.partition(", before")[0]) if heading == KILLED else (what,)

    old = {}
    if (found := re.search(rf"^{re.escape(heading)}\n\|[-:| ]+\|\n((?:\|.*\n)*)", table, re.MULTILINE)) is not None:
        old = {key(row): row for row in found[1].splitlines()}
    old |= {key(row): row for row in rows}
    number = heading.count("|") - 1
    left = 2 if heading == KILLED else 1
    rule = "|" + "".join(" --- |" if place < left or place == number - 1 else " ---: |" for place in range(number))
    return "\n".join([heading, rule, *sorted(old.values(), key=key)])


def report(killed: Sequence[str], flips: Sequence[str]) -> str:
    earlier = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
    return (
        f"""# What is left when something goes wrong

Measured by `python benchmarks/faults.py` on {os.cpu_count()} cores, which other work kept busy as well. Two builds of the same inputs give the same
bytes ([editions](editions.md)), so a page is whole if, and only if, it is the one of a command that nothing disturbed.

## Killed (`kill -9`)

{merged(earlier, KILLED, killed)}

*Wrong or mixed*: pages, an edition, `latest` or figures that are neither as before nor as after, or a page of the last good site that
is gone; figures once what was ended is finished, as each command that reads them does first. *Before each call*: of every system call
by which the command's process makes, writes, renames or deletes a file, the process is killed before it. The commands are forked
from a process that has imported the package, so that kills fall into their work. What is in no row, or in one of fewer than 200 random
kills or of calls drawn by chance, was not measured further: a kill of a build takes ten seconds of a processor.

## A flipped bit

{merged(earlier, FLIPPED, flips)}

A build refuses figures, lists and records that are not as they were written. `verify` names a file of an edition. What a build keeps is
made again. Settings, layouts and notebooks are edited by hand, so no hash tells an edit from damage: pages are made again from
them with the reason said, `verify` names each, and so does the page *What changed* of the next edition.

"""
        + HELD_BY_TESTS
    )


HELD_BY_TESTS = """\
## What the machine may do

After each, what is said is one sentence with what to do, and the last good site, edition and store stand.

| what | what is said or done | held by |
| --- | --- | --- |
| the disk is full | "No space left on device"; a rerun with space makes what is missing | `test_a_real_disk_that_is_full_leaves_the_last_good_site`, `test_a_disk_that_is_full_leaves_the_last_good_site` |
| a quota is used up, at any change of a file of the store or an edition | "Disk quota exceeded"; the store, or what stood there, is as it was | `test_a_quota_that_is_reached_leaves_…`, `test_a_quota_is_said_in_one_sentence_by_any_command` |
| a disk or folder that cannot be written | "Cannot write to …: Read-only file system. Choose another folder with --output." | `test_a_real_disk_that_is_full_leaves_the_last_good_site`, `test_a_folder_that_cannot_be_written_is_named` |
| too few files may be open | refused before anything runs: "Only 40 files may be open at once here, and a build needs 64"; the limit is raised where it may be | `test_too_few_file_handles_are_known_before_anything_runs` |
| a clock that was ahead, and went back | no page is made again for it, and no change is missed: contents are compared | `test_a_clock_that_went_back_makes_no_page_again_and_hides_no_change` |
| a Parquet file that is cut, longer, empty, or has no record | refused where it is read, also by a notebook under papermill alone | `test_figures_that_are_not_whole_are_refused_wherever_they_are_read` |
| a cache, a page, an executed notebook or the manifest is damaged, with size and time as they were | a publication reads each file, and makes again what is not as a build left it; what a page is rendered from is read in any case | `test_a_bit_that_flipped_in_what_a_build_made_is_in_no_edition` |
| two builds into one folder, two writers of the store | the second says which process it waits for, or is refused | `test_two_builds_into_one_folder_do_not_mix`, `tests/unit/store/test_commits.py` |

## A process that is stopped (SIGSTOP)

| process of a build | noticed after | what becomes of it | held by |
| --- | --- | --- | --- |
| one that makes pages | 30 seconds | ended; its page is tried once more elsewhere | `test_a_stopped_process_is_noticed_and_its_page_tried_again` |
| the server that forks kernels | 30 seconds | ended; its pages are tried again | the same |
| one that draws charts | 30 seconds | ended; notebooks draw themselves | `test_a_build_watches_each_process_that_notebooks_wait_for`, `test_one_that_is_killed_leaves_the_work_to_the_other_and_then_to_us` |
| the server that forks the processes for pages | 30 seconds, when one is asked for | ended, and another started | `test_a_stopped_server_of_processes_is_noticed_when_one_is_asked_for` |
| a kernel | the time of a cell (`--timeout`) | ended; its page is named as failed | `test_notebooks_that_break_things_fail_alone` |
| Pandoc | 5 minutes | ended; its page is named as failed | `test_a_pandoc_that_never_answers_is_stopped` |

Not watched: the command itself (whoever stopped it starts it again; its lock says which process it is), Quarto, and the processes of a
cluster, which its scheduler watches.
"""


def outcomes_of(part: str, folder: Path, arguments: argparse.Namespace, shard: int) -> Iterator[Outcome]:
    """Measure one share of a part in a folder of its own; yield after each kill."""
    draw = Random(f"{arguments.seed} {part}")
    what, _, how = part.partition("-")
    project = folder / "project"
    project.mkdir(parents=True)
    with_figures(project) if what == "data" else small_project(project)
    if what == "build":
        trial = of_build(project, TRUSTS if how in ("random", "single") else TRUSTS[:1])
    else:
        trial = of_publish(project) if what == "publish" else of_data_add(project, arguments.raw.resolve())
    import_what_it_imports(trial)
    if how in ("random", "single"):
        number = len(range(shard, arguments.kills, arguments.processes))
        yield from random_kills(trial, number, Random(f"{draw.random()} {shard}"), group=how == "random")
        return
    own, rest = points_of(trial)
    others = how == "others"
    every = [point for point in rest if point not in own] if others else own
    most = min(arguments.most or len(every), len(every))
    chosen = sorted(draw.sample(every, most))[shard :: arguments.processes]
    which = f"each of {most} calls" if most == len(every) else f"{most} of {len(every)} calls, drawn by chance"
    which = f"{'a process that is not its own' if others else 'its own process'}, before {which}"
    yield from kills_at_calls(trial, chosen, follow=others, how=which)


def measured(part: str, arguments: argparse.Namespace) -> Outcome | None:
    """Measure a part in several processes; what is interrupted counts as far as it came."""
    # an interrupted trial may still write
    with tempfile.TemporaryDirectory(prefix="race-equality-faults-", ignore_cleanup_errors=True) as folder:
        shards = {}
        for shard in range(arguments.processes):
            if not (pid := os.fork()):
                own = Path(folder) / str(shard)
                try:
                    for outcome in outcomes_of(part, own, arguments, shard):
                        (own / "new").write_text(json.dumps(vars(outcome)), encoding="utf-8")
                        (own / "new").replace(own / "outcome")
                except KeyboardInterrupt:
                    for one in psutil.Process().children(recursive=True):
                        one.kill()
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(0)
            shards[shard] = pid
        waiting = set(shards.values())
        while waiting:
            try:
                pid, _ = os.wait()
                waiting.discard(pid)
            except KeyboardInterrupt:
                for pid in waiting:
                    os.kill(pid, signal.SIGINT)
        files = sorted(Path(folder).glob("*/outcome"))
        return total(Outcome(**json.loads(file.read_text(encoding="utf-8"))) for file in files) if files else None


def total(outcomes: Iterable[Outcome]) -> Outcome:
    """Add what several processes have measured of the same part."""
    first, *others = outcomes
    for one in others:
        for name in ("before_end", "after_end", "wrong", "half", "left", "not_mended"):
            setattr(first, name, getattr(first, name) + getattr(one, name))
    return first


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="random kills of each command (default 200)")
    parser.add_argument("--most", type=int, help="kills at calls, at most: a sample of them")
    parser.add_argument("--processes", type=int, default=1, help="measure in so many processes at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", type=Path, default=RAW, help="the raw file of a publication, for data add")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part (may be repeated)")
    arguments = parser.parse_args()
    is_good = True
    for part in arguments.only or PARTS:
        killed: list[str] = []
        flips: list[str] = []
        if part == "bits":
            with tempfile.TemporaryDirectory(prefix="race-equality-faults-") as folder:
                small, figures = Path(folder) / "small" / "project", Path(folder) / "real" / "project"
                small.mkdir(parents=True)
                figures.mkdir(parents=True)
                small_project(small)
                with_figures(figures)
                of_publish(small).reset()
                draw = Random(f"{arguments.seed} {part}")
                flips += map(dated, all_bits(figures, small / "place" / "2026-10", max(arguments.kills, 200), draw))
            is_good = is_good and all(row.split("|")[4].strip() == "0" for row in flips)
        elif part.startswith("data") and not arguments.raw.is_file():
            print("data add: the raw file is not here (--raw)")
        elif part.endswith(("calls", "others")) and not has_strace():
            print("kills at calls: strace is not here")
        elif (outcome := measured(part, arguments)) is not None:
            killed.append(dated(as_row(outcome)))
            faults = [*outcome.wrong, *outcome.half, *outcome.left, *outcome.not_mended]
            is_good = is_good and not faults
            print(*killed, *faults, sep="\n  ", flush=True)
        RESULTS.write_text(report(killed, flips), encoding="utf-8")
    return int(not is_good)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what runs in the background with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
