"""A small project to build from, and the command line as a person starts it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import IO

# Before NumPy and SciPy are loaded: the threads of four workers, which share two cores, would mostly wait for each other.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import nbformat.v4
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import settings

from race_equality.commands.main import main
from race_equality.store.provenance import Source
from race_equality.store.recorded import RECORDS
from race_equality.store.seal import sealed

ROOT = Path(__file__).parents[1]

# a busy machine is no failure, and the same examples are tried at each run
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

# A shell starts what runs in the background with Ctrl-C ignored, and each process that a test starts would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: The golden copy that nbval holds to papermill alone, on the plainest processor that NumPy runs on.
PLAIN = "board_report_RRU.ipynb"
#: Tests of what the figures in data/ say, with nothing put in place of a function: they share findings on all trusts.
ABOUT_ALL_TRUSTS = (
    "notebooks/*",
    "site/*",
    "acceptance/test_assurance.py",
    "acceptance/test_downloads.py",
    "statistics/test_assumptions.py",
    "unit/packaging/test_doctests.py",
    "unit/report/test_one_reading.py",
    "unit/test_api.py",
)


def newer_features() -> list[str]:
    """Return what NumPy uses here beyond the plainest processor it runs on."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__[name]]


def environment_of(file: Path, run: Path) -> dict[str, str]:
    """Return what is set for the tests of a file, in a run of the suite with a folder for what it makes.

    A build keeps findings on all trusts, and gives back what was computed to the last bit. So tests of them take those of
    the site of this run (``built``), or what one of them computed before where the site is not there yet: else each file
    would compute the same for ten seconds. One golden notebook computes everything itself, and as on an older processor:
    NumPy sorts by other routines with AVX-512 or AVX2 than without, so that equal values come in another order unless a
    sort is stable; and a mark drawn later is another chart.
    """
    if file.name == PLAIN:
        return {"NPY_DISABLE_CPU_FEATURES": " ".join(newer_features())}
    if not any(file.match(pattern) for pattern in ABOUT_ALL_TRUSTS):
        return {}
    kept = sorted((run / "built" / "output" / ".cache").glob("findings-*"))
    if not kept:
        kept = [run / "findings"]
        kept[0].mkdir(exist_ok=True)
    return {"RACE_EQUALITY_CACHE": str(kept[0])}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Set the environment of a test before anything of it starts: nbval's items have no fixtures."""
    run = item.config._tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent  # of all workers
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(item.path, run).items():
            patch.setenv(name, value)
        return (yield)


FRONT_MATTER = "---\ntitle: Small report\n---"
PARAMETERS = 'trust_code = "RJ1"'
#: Nothing of ours is imported: that takes a kernel longer than all the rest.
FIRST = "from IPython.display import HTML, Markdown"
SAYS = 'Markdown(f"The report of {trust_code}.")'
FIGURE = """\
HTML('<figure id="fig-dot"><img src="data:image/svg+xml;base64,'
     'PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIxMCIgaGVpZ2h0PSIxMCIvPg=="'
     ' alt="A dot."><figcaption>A dot</figcaption></figure>')"""


def write_notebook(path: Path, *cells: str, parameters: str = PARAMETERS) -> None:
    """Write a notebook as ours are: front matter, parameters, code."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_raw_cell(FRONT_MATTER),
            nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *(nbformat.v4.new_code_cell(cell) for cell in cells),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # random ones would make every writing a change
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project with the real trusts and site, and two notebooks of a few cells."""
    return make_small_project(tmp_path / "checkout")


def make_small_project(root: Path) -> Path:
    """Make the project of :func:`small_project`, for tests that share one."""
    for name in ("figures/trusts.parquet", "figures/successions.csv", "sources/ods_trusts.yml", "sources/ods_etr.yml"):
        (root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "data" / name, root / "data" / name)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, root / name)
    (root / "params" / "trusts").mkdir(parents=True)
    shutil.copy(ROOT / "params" / "_defaults.yml", root / "params" / "_defaults.yml")
    write_notebook(root / "notebooks" / "board_report.ipynb", FIRST, SAYS, FIGURE)
    write_notebook(
        root / "notebooks" / "national_overview.ipynb",
        'from IPython.display import Markdown\nMarkdown("All trusts.")',
        parameters="most_trusts = None",
    )
    return root


def copy_figures(trusts: Collection[str], folder: Path) -> None:
    """Copy the figures of some trusts, of England and of other places: those of 202 trusts take a test many seconds."""
    held = ROOT / "data" / "figures"
    folder.mkdir(parents=True)
    every = pq.read_table(held / "trusts.parquet", columns=["trust_code"])["trust_code"].to_pylist()
    others = pa.array(set(every) - set(trusts))
    for file in held.iterdir():
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            pq.write_table(table.filter(pc.invert(pc.is_in(table["trust_code"], others))), folder / file.name)
        elif file.is_file():
            shutil.copy(file, folder)


def record_figures(root: Path) -> None:
    """Bring the records of a project's sources up to figures that a test has written: others are not read."""
    data = root / "data"
    for file in sorted([*data.glob("figures/*"), *data.glob("local/*.parquet")]):
        is_local, name = file.parent.name == "local", RECORDS.get(file.name, file.stem)
        # a WRES return's file is named by the trust's code alone
        name = f"wres_return_{name}" if is_local and len(name) == 3 else name
        record = file.with_name(f"{name}.yml") if is_local else data / "sources" / f"{name}.yml"
        committed = ROOT / "data" / "sources" / record.name
        if record.is_file() or committed.is_file():
            text = (record if record.is_file() else committed).read_text(encoding="utf-8")
        else:
            made = Source(name, "Figures", "NHS England", "", "OGL", date(2026, 1, 1), "", "a.csv", "2025")
            text = made.to_yaml()
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        record.parent.mkdir(exist_ok=True)
        text = sealed(re.sub(r"(?m)^figures_sha256: .*", f"figures_sha256: {digest}", text))
        record.write_text(text, encoding="utf-8", newline="\n")


class CommandLine:
    """Start ``race-equality`` in a project, as a person does in a terminal."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("RACE_EQUALITY_", "FORKED_KERNELS_"))
        }

    def start(self, *arguments: str | os.PathLike[str], said: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start it and return the process."""
        return subprocess.Popen(
            self._command(arguments), cwd=self.root, env=self.environment, stdout=said, stderr=said, text=True
        )

    def __call__(self, *arguments: str | os.PathLike[str], timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self._command(arguments),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def in_this_process(self, *arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
        """Run it in this process, without the two seconds that a new one takes: for what is not interrupted.

        Pages are made in processes of their own all the same. They draw their charts themselves, because the small
        project has none and the server that draws takes a second to start.
        """
        environment = dict.fromkeys(key for key in os.environ if key.startswith(("RACE_EQUALITY_", "FORKED_KERNELS_")))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("race_equality.batch.drawing_server.AVAILABLE", False)
            patch.chdir(self.root)
            end = CliRunner().invoke(main, [os.fspath(argument) for argument in arguments], env=environment)
        if end.exception is not None and not isinstance(end.exception, SystemExit):
            raise end.exception
        return subprocess.CompletedProcess(arguments, end.exit_code, end.stdout, end.stderr)

    def build(self, *arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
        """Build in this process, a page at a time and with papermill's own engine, which takes least for a few pages."""
        return self.in_this_process("build", *arguments, "--engine", "default", "--jobs", "1")

    @staticmethod
    def _command(arguments: Sequence[str | os.PathLike[str]]) -> list[str]:
        return [sys.executable, "-m", "race_equality.commands.main", *map(os.fspath, arguments)]


@pytest.fixture
def race_equality(small_project: Path) -> CommandLine:
    """The command line in the small project."""
    return CommandLine(small_project)


@pytest.fixture(scope="session")
def race_equality_here() -> CommandLine:
    """The command line in this checkout."""
    return CommandLine(ROOT)


@pytest.fixture
def notebook_writer() -> Callable[..., None]:
    """Write a notebook as ours are: front matter, parameters, and the cells given."""
    return write_notebook


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Make a folder once for all workers of a run: the first that asks makes it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = base / name, base / f"{name}.done"
        try:
            folder.mkdir()
        except FileExistsError:
            deadline = time.monotonic() + 900
            while not done.exists():
                assert time.monotonic() < deadline, f"another worker did not come to an end with {name}"
                time.sleep(0.2)
        else:
            partial = done.with_suffix(".part")
            partial.write_text("it failed", encoding="utf-8")
            try:
                make(folder)
                partial.write_text("", encoding="utf-8")
            finally:
                partial.replace(done)
        assert done.read_text(encoding="utf-8") == "", f"{name} could not be made: see the first test that needs it"
        return folder

    return made


@pytest.fixture(scope="session")
def built(race_equality_here, made_once) -> SimpleNamespace:
    """Three trusts, the demonstration trust and the pages on all trusts, as ``race-equality build`` makes them.

    A minute's work on two cores, so it is done once for all tests, which must not change it.
    """

    def make(folder: Path) -> None:
        # one code in lower case, as a person types it
        codes = ("r1f", "RV5", "RRU", "DEMO")
        end = race_equality_here("build", *codes, "--renderer", "built-in", "--output", folder / "output", timeout=900)
        said = {"returncode": end.returncode, "stdout": end.stdout, "stderr": end.stderr}
        (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")

    folder = made_once("built", make)
    end = SimpleNamespace(**json.loads((folder / "said.json").read_text(encoding="utf-8")))
    assert end.returncode == 0, end.stderr
    return SimpleNamespace(end=end, output=folder / "output", site=folder / "output" / "site")


@pytest.fixture(scope="session")
def tables_of_all_trusts(made_once) -> Path:
    """A site with nothing but the table of all trusts' findings and its codebook, which no test may change."""
    from race_equality.downloads.files import Downloads
    from race_equality.project import Project

    return made_once("tables", Downloads(Project(ROOT)).write_site)
