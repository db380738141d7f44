"""What is left when a build, a publication of an edition or a change of the figures is killed, or a bit is flipped.

``python benchmarks/faults.py`` kills each command at random moments and at each of its changes of files, looks at what a
reader would see, runs the command again, and writes ``docs/faults.md``. Two builds give the same bytes, so a page is
whole if, and only if, it is the one of a build that nothing disturbed. ``--kills 20`` is a quick look.

It works in the temporary folder: builds and editions are of small notebooks, figures are the real ones. ``data add`` needs the
raw file of a publication (``--raw``, or ``../shared/data``), and kills at each change of a file need strace; what is
missing is left out, and the results say so.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import nbformat.v4
import psutil

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
#: Processes that are left may take so long to notice, in seconds.
DEADLINE = 30.0
#: Calls by which files come, go and get their names.
CALLS = "rename,renameat,renameat2,unlink,unlinkat,symlink,symlinkat,mkdir,mkdirat,rmdir,chmod,fchmodat"

TRUSTS = ("RJ1", "RRK", "RV5")
FRONT_MATTER = "---\ntitle: Small report\n---"
CELLS = ("from IPython.display import Markdown", 'Markdown(f"The report of {trust_code}. " + "It is long. " * 2_000)')


@dataclass
class Outcome:
    """What became of one way to disturb a command."""

    what: str
    how: str
    tried: int = 0
    #: It had ended before the signal came.
    ended: int = 0
    wrong: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    not_mended: list[str] = field(default_factory=list)

    def row(self) -> str:
        counts = (self.wrong, self.half, self.left, self.not_mended)
        return f"| {self.what} | {self.how} | {self.tried} | {self.ended} | {' | '.join(str(len(c)) for c in counts)} |"


def small_project(root: Path) -> None:
    """Make a project with the real trusts, and notebooks that take a kernel no time but write pages of some size."""
    (root / "data" / "figures").mkdir(parents=True)
    for name in ("trusts.parquet", "successions.csv"):
        shutil.copy(ROOT / "data" / "figures" / name, root / "data" / "figures")
    shutil.copytree(ROOT / "params", root / "params")
    shutil.copy(ROOT / "index.qmd", root)
    settings = (ROOT / "_quarto.yml").read_text(encoding="utf-8")
    (root / "_quarto.yml").write_text(settings, encoding="utf-8")
    (root / "notebooks").mkdir()
    for name, parameters in (("board_report", 'trust_code = "RJ1"'), ("national_overview", 'trust_code_of_none = ""')):
        text = CELLS[1] if name == "board_report" else 'Markdown("All trusts.")'
        cells = [
            nbformat.v4.new_raw_cell(FRONT_MATTER, id="front"),
            nbformat.v4.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(CELLS[0], id="first"),
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


def hashes(folder: Path) -> dict[str, str]:
    """Hash each file that a reader sees; what is being written begins with a dot."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            with suppress(FileNotFoundError):
                found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class Watcher:
    """Read what a reader would see, again and again, while a command runs."""

    def __init__(self, look: Callable[[], list[str]]) -> None:
        self._look, self._end, self.found = look, threading.Event(), []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            self.found += self._look()


def command(*arguments: str | os.PathLike[str]) -> list[str]:
    return [sys.executable, "-m", "race_equality.commands.main", *map(os.fspath, arguments)]


def start(arguments: Sequence[str], project: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RACE_EQUALITY_")}
    return subprocess.Popen(
        arguments,
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run(arguments: Sequence[str], project: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RACE_EQUALITY_")}
    return subprocess.run(arguments, cwd=project, env=environment, capture_output=True, text=True, check=False)


def tree(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.Error):
        main = psutil.Process(process.pid)
        return [main, *main.children(recursive=True)]
    return []


def kill(process: subprocess.Popen[bytes], draw: Random, *, group: bool) -> list[psutil.Process]:
    """Kill the process group, or a single process of it; return all that were running."""
    running = tree(process)
    if group:
        for one in running:  # kernels have groups of their own: a machine that stops ends all of them
            with suppress(psutil.Error):
                one.kill()
    elif running:
        with suppress(psutil.Error):
            draw.choice(running).kill()
    return running


def still_running(processes: list[psutil.Process]) -> list[str]:
    _, alive = psutil.wait_procs(processes, timeout=DEADLINE)
    left = []
    for one in alive:
        with suppress(psutil.Error):
            if one.status() != psutil.STATUS_ZOMBIE:
                left.append(" ".join(one.cmdline())[:80])
                one.kill()
    return left


@dataclass
class Trial:
    """A command, what a reader may see of it, and how it is begun again."""

    what: str
    arguments: list[str]
    project: Path
    #: Put everything as it is before the command.
    reset: Callable[[], None]
    #: What is wrong of what a reader sees, at any moment.
    look: Callable[[], list[str]]
    #: What is not as it should be after the command was run again to its end.
    whole: Callable[[], list[str]]
    again: Callable[[], object]


def random_kills(trial: Trial, number: int, draw: Random, *, group: bool) -> Outcome:
    """Kill the command at random moments of its usual time."""
    outcome = Outcome(
        trial.what, "the process group, at a random moment" if group else "one of its processes, at a random moment"
    )
    trial.reset()
    began = time.monotonic()
    run(trial.arguments, trial.project)
    usual = time.monotonic() - began
    for _ in range(number):
        trial.reset()
        process = start(trial.arguments, trial.project)
        with Watcher(trial.look) as watcher:
            with suppress(subprocess.TimeoutExpired):
                process.wait(draw.uniform(0.0, 0.8 * usual))
            outcome.ended += process.poll() is not None
            running = kill(process, draw, group=group)
            with suppress(subprocess.TimeoutExpired):
                process.wait(120)
        outcome.tried += 1
        outcome.half += watcher.found
        outcome.left += still_running([one for one in running if one.pid != process.pid])
        outcome.wrong += trial.look()
        trial.again()
        outcome.not_mended += trial.whole()
    return outcome


def kills_at_calls(trial: Trial) -> Outcome:
    """Kill the command at each call by which its own process changes files."""
    outcome = Outcome(trial.what, "at each of its changes of files")
    trial.reset()
    with tempfile.NamedTemporaryFile() as log:
        run(["strace", "-qq", "-o", log.name, "-e", f"trace={CALLS}", *trial.arguments], trial.project)
        calls = sum(
            bool(re.match(rf"(?:{CALLS.replace(',', '|')})\(", line))
            for line in Path(log.name).read_text().splitlines()
        )
    for number in range(1, calls + 1):
        trial.reset()
        inject = ["-e", f"trace={CALLS}", "-e", f"inject={CALLS}:signal=KILL:when={number}"]
        process = start(["strace", "-qq", "-o", os.devnull, *inject, *trial.arguments], trial.project)
        with Watcher(trial.look) as watcher:
            process.wait(300)
        outcome.tried += 1
        outcome.half += watcher.found
        outcome.wrong += trial.look()
        trial.again()
        outcome.not_mended += trial.whole()
    return outcome


def of_build(project: Path) -> Trial:
    arguments = command("build", *TRUSTS, "--output", "out", "--jobs", "2", "--renderer", "built-in")
    run(arguments, project)
    right = hashes(project / "out" / "site")
    assert {f"trusts/{code}.pdf" for code in TRUSTS} <= right.keys(), "the build that nothing disturbs failed"
    site = project / "out" / "site"

    def look() -> list[str]:
        now = hashes(site)
        # the first page lists the pages that are there, so it changes while they come
        wrong = [
            name
            for name, digest in now.items()
            if name not in ("index.html", "sitemap.xml") and right.get(name) != digest
        ]
        with suppress(FileNotFoundError):
            index = (site / "index.html").read_text(encoding="utf-8")
            wrong += [] if index.rstrip().endswith("</html>") else ["index.html"]
        with suppress(FileNotFoundError):
            json.loads((project / "out" / "manifest.json").read_text(encoding="utf-8"))
        return wrong

    return Trial(
        "`build`, three reports",
        arguments,
        project,
        lambda: shutil.rmtree(project / "out", ignore_errors=True),
        look,
        lambda: [] if hashes(site) == right else ["the site"],
        lambda: run(arguments, project),
    )


def of_publish(project: Path) -> Trial:
    place, kept = project / "place", project / "kept"
    options = ["--to", "place", "--address", "https://example.org", "--output", "published", "--renderer", "built-in"]

    def arguments(edition: str) -> list[str]:
        return command("publish", *TRUSTS, "--edition", edition, *options)

    for edition in ("2026-10", "2026-11"):
        run(arguments(edition), project)
        if edition == "2026-10":
            shutil.copytree(place, kept, symlinks=True)
    right = {edition: hashes(place / edition) for edition in ("2026-10", "2026-11")}
    assert all(right.values()), "the publication that nothing disturbs failed"

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

    # a second time, in case all had been done: that it stands is no error here
    return Trial(
        "`publish`, a second edition",
        arguments("2026-11"),
        project,
        reset,
        look,
        whole,
        lambda: run(arguments("2026-11"), project),
    )


def of_data_add(project: Path, raw: Path) -> Trial:
    held, kept = project / "data", project / "kept data"
    arguments = command("data", "add", "--yes", raw)

    def state() -> dict[str, str]:
        return {name: digest for folder in ("figures", "sources") for name, digest in hashes(held / folder).items()}

    run(command("data", "remove", "catchment_2026", "--yes"), project)
    shutil.rmtree(held / "local", ignore_errors=True)
    before = state()
    shutil.copytree(held, kept)
    run(arguments, project)
    after = state()
    assert before != after, "the change that nothing disturbs failed"

    def reset() -> None:
        shutil.rmtree(held)
        shutil.copytree(kept, held)

    def settled() -> list[str]:
        settle(Project(project))  # as each command that reads figures does first
        return [] if state() in (before, after) else ["figures of two states"]

    problems: list[str] = []

    def again() -> None:
        problems[:] = settled()
        run(arguments, project)

    return Trial(
        "`data add`, a publication",
        arguments,
        project,
        reset,
        list,
        lambda: problems + ([] if state() == after else ["the figures"]),
        again,
    )


def flipped(file: Path, draw: Random) -> bytes:
    content = bytearray(file.read_bytes())
    place = draw.randrange(len(content))
    content[place] ^= 1 << draw.randrange(8)
    return bytes(content)


def bits(what: str, files: Sequence[Path], number: int, draw: Random, is_noticed: Callable[[Path], bool]) -> str:
    """Flip a bit in a file, and say how often nothing noticed."""
    silent = 0
    for _ in range(number):
        file = draw.choice(files)
        right = file.read_bytes()
        file.write_bytes(flipped(file, draw))
        try:
            silent += not is_noticed(file)
        finally:
            file.write_bytes(right)
    return f"| {what} | {number} | {silent} |"


def all_bits(project: Path, edition: Path, number: int, draw: Random) -> list[str]:
    """Flip bits in figures, in a published edition, and in what a build keeps."""

    def is_refused(_: Path) -> bool:
        try:
            refuse_damaged(Inputs(Project(project), "built-in").figure_hashes, Project(project))
        except RaceEqualityError:
            return True
        return False

    record = read_record(edition)

    def is_named(file: Path) -> bool:
        name = file.relative_to(edition).as_posix()
        return record.hash_of(name) != record.files[name]

    rows = [
        bits(
            "figures of publications",
            sorted((project / "data" / "figures").glob("*.parquet")),
            number,
            draw,
            is_refused,
        ),
        bits("a file of an edition", [edition / name for name in record.files], number, draw, is_named),
    ]
    with tempfile.TemporaryDirectory() as folder:
        os.environ[cache.FOLDER_VARIABLE] = folder
        import pandas as pd

        cache._write("findings", "key", pd.DataFrame({"value": [0.1 * n for n in range(200)]}))
        vega_to_svg._write(Path(folder) / "picture.svgz", "<svg>" + "<path/>" * 500 + "</svg>")
        found, picture = next(Path(folder).glob("*.found")), Path(folder) / "picture.svgz"
        rows += [
            bits(
                "findings that a build keeps", [found], number, draw, lambda _: cache._read("findings", "key") is None
            ),
            bits("pictures that a build keeps", [picture], number, draw, lambda file: vega_to_svg._read(file) is None),
        ]
        del os.environ[cache.FOLDER_VARIABLE]
    return rows


def report(
    outcomes: Sequence[Outcome], flips: Sequence[str], remarks: Sequence[str], arguments: argparse.Namespace
) -> str:
    today = datetime.date.today()
    lines = [
        "# What is left when something goes wrong",
        "",
        f"Measured on {today.day} {today:%B %Y} by `python benchmarks/faults.py --kills {arguments.kills} --seed {arguments.seed}` on "
        f"{os.cpu_count()} cores. Two builds of the same inputs give the same bytes ([editions](editions.md)), so a page is whole if, and "
        "only if, it is the one of a command that nothing disturbed.",
        "",
        "## Killed (`kill -9`)",
        "",
        "| command | what was killed | kills | of them after its end | wrong or mixed | half-written, seen while it ran | processes "
        f"left after {DEADLINE:.0f} seconds | not right after the same command again |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(outcome.row() for outcome in outcomes),
        "",
        "*Wrong or mixed*: pages, an edition or `latest` that are neither as before nor as after. Figures are looked at once what was "
        "ended is finished, as each command that reads them does first; a mixture counts in the last column.",
        "",
        "## A flipped bit",
        "",
        "| in | flips | not noticed |",
        "| --- | ---: | ---: |",
        *flips,
        "",
        "A build refuses such figures; `verify` names such a file of an edition; what a build keeps is made again.",
    ]
    if remarks:
        lines += ["", "## Not measured", "", *(f"- {remark}" for remark in remarks)]
    lines += [
        "",
        "## Held by tests",
        "",
        "A full disk, a folder that cannot be written, two builds at once, a stopped worker or fork server, notebooks that die, never end or eat "
        "memory, a damaged manifest, lock or cache: `tests/faults`, `tests/unit/batch` and `tests/unit/publishing`.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="random kills of each command (default 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", type=Path, default=RAW, help="the raw file of a publication, for data add")
    parser.add_argument(
        "--only", choices=["build", "publish", "data", "bits"], action="append", help="for a quick look; writes nothing"
    )
    arguments = parser.parse_args()
    asked = set(arguments.only or ("build", "publish", "data", "bits"))
    draw = Random(arguments.seed)
    outcomes: list[Outcome] = []
    flips: list[str] = []
    remarks: list[str] = []

    def measured(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(outcome.row(), *outcome.wrong, *outcome.half, *outcome.left, *outcome.not_mended, flush=True)

    try:
        with tempfile.TemporaryDirectory(prefix="race-equality-faults-") as folder:
            project, figures = Path(folder) / "project", Path(folder) / "figures"
            small_project(project)
            figures.mkdir()
            with_figures(figures)
            if "build" in asked:
                trial = of_build(project)
                measured(random_kills(trial, arguments.kills // 2, draw, group=True))
                measured(random_kills(trial, arguments.kills - arguments.kills // 2, draw, group=False))
            if asked & {"publish", "bits"}:
                trial = of_publish(project)
                if "publish" in asked:
                    measured(random_kills(trial, arguments.kills, draw, group=True))
                    if shutil.which("strace"):
                        measured(kills_at_calls(trial))
                    else:
                        remarks.append("kills at each change of a file: strace is not here")
                if "bits" in asked:
                    trial.reset()
                    flips += all_bits(figures, project / "place" / "2026-10", max(arguments.kills, 200), draw)
                    print(*flips, sep="\n", flush=True)
            if "data" in asked:
                if arguments.raw.is_file():
                    trial = of_data_add(figures, arguments.raw.resolve())
                    measured(random_kills(trial, arguments.kills, draw, group=True))
                    if shutil.which("strace"):
                        measured(kills_at_calls(trial))
                else:
                    remarks.append("`data add`: the raw file is not here (--raw)")
    except KeyboardInterrupt:
        remarks.append("what is in no row: the measurement was interrupted")
    if not arguments.only:
        RESULTS.write_text(report(outcomes, flips, remarks, arguments), encoding="utf-8")
    silent = any(not row.rstrip(" |").endswith(" 0") for row in flips)
    return int(silent or any(o.wrong or o.half or o.left or o.not_mended for o in outcomes))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
