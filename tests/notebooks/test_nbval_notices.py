"""nbval fails when one figure, one formula, one sentence or one colour changes, and names the cell.

Each test changes one thing in a copy of the project and runs a golden notebook there, in a process
of its own, as somebody would: ``pytest --nbval tests/notebooks/board_report_RRU.ipynb``.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from race_equality.store.result_folder import FOLDER_VARIABLE
from tests.conftest import record_figures

ROOT = Path(__file__).parents[2]
CODE = "RRU"  # an ambulance trust: fewest figures, so the quickest
GOLDEN = f"tests/notebooks/board_report_{CODE}.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy what a golden notebook rests on."""
    copy = tmp_path / "project"
    leave = shutil.ignore_patterns("local", "raw", "*.part")  # and compiled modules with them
    for folder in ("src", "data", "notebooks", "params"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=leave)
    (copy / "tests" / "notebooks").mkdir(parents=True)
    for file in (
        "_quarto.yml",
        "pyproject.toml",
        GOLDEN,
        "tests/notebooks/conftest.py",
        "tests/notebooks/test_golden_copies.py",
    ):
        shutil.copy(ROOT / file, copy / file)
    return copy


def pytest_in(project: Path, *arguments: str, kept: bool = False) -> subprocess.CompletedProcess:
    """Run pytest in a copy, on the copy's package; with ``kept``, on the findings that other tests of this run share."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "RACE_EQUALITY_", "FORKED_KERNELS_"))
    }
    environment["PYTHONPATH"] = str(project / "src")
    if kept:
        environment[FOLDER_VARIABLE] = os.environ[FOLDER_VARIABLE]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def failing_cells(ran: subprocess.CompletedProcess) -> list[int]:
    """Return the code cells that nbval names, counted as nbval does."""
    named = re.findall(rf"^FAILED {re.escape(GOLDEN)}::Cell (\d+)", ran.stdout, re.MULTILINE)
    return [int(number) for number in named]


#: What the cells with sentences and charts read.
FINDINGS = ("read", "findings", "findings-patients")


def keep_cells(project: Path, *identifiers: str) -> None:
    """Leave these code cells of the golden copy, so that the rest need not run."""
    path = project / GOLDEN
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in ("injected-parameters", *identifiers)]
    assert len(notebook["cells"]) == 1 + len(identifiers)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def code_cells(project: Path) -> list[str]:
    cells = json.loads((project / GOLDEN).read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def replace(path: Path, old: str, new: str) -> None:
    """Change one place in a text, and only one."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} no longer holds {old!r} once: choose another place"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_one_figure(project):
    path = project / "data" / "figures" / "wres_5_to_8_2024.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    (row,) = [
        row
        for row in rows
        if (row["trust_code"], row["indicator"], row["group"]) == (CODE, "wres_6", "Ethnic minority")
    ]
    published = row["value"]
    row["value"] = published + 1
    row["numerator"] = row["denominator"] * row["value"] / 100
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    record_figures(project)

    keep_cells(project, *FINDINGS, "experience-sentences", "experience-chart")
    ran = pytest_in(project, "--nbval", GOLDEN)
    assert ran.returncode == 1, ran.stdout
    assert failing_cells(ran) == [4, 5]
    # The report shows which figure it was and which it would be.
    assert f"{published:.1f}%" in ran.stdout
    assert f"{published + 1:.1f}%" in ran.stdout


def test_one_formula(project):
    # Wilson's denominator, 2(n + z²), without the square.
    replace(project / "src" / "race_equality" / "statistics" / "intervals.py", "2 * (total + z**2)", "2 * (total + z)")
    keep_cells(project, *FINDINGS, "experience-sentences", "experience-chart")
    ran = pytest_in(project, "--nbval", GOLDEN)
    assert ran.returncode == 1, ran.stdout
    assert 5 in failing_cells(ran)
    # The cell that fails draws intervals; nbval shows the source of each.
    assert "Input:" in ran.stdout
    assert "interval" in ran.stdout


def test_one_sentence_of_the_package_and_one_colour_of_a_chart(project):
    """Every other cell passes, so nothing but the two changes was noticed."""
    keep_cells(project, *FINDINGS, "experience-sentences", "experience-chart", "grounds", "grounds-table")
    report = project / "src" / "race_equality" / "report"
    replace(report / "sentences.py", "of White staff said they", "of White colleagues said they")
    replace(report / "charts.py", 'DARK_BLUE = "#12436D"', 'DARK_BLUE = "#12436E"')
    ran = pytest_in(project, "--nbval", GOLDEN, kept=True)  # neither is a finding
    assert ran.returncode == 1, ran.stdout
    cells = code_cells(project)
    assert f"{len(cells) - len(failing_cells(ran))} passed" in ran.stdout
    failing = [cells[number] for number in failing_cells(ran)]
    assert [cell for cell in failing if "experience_sentences" in cell] == [
        cell for cell in cells if "experience_sentences" in cell
    ]
    assert "colleagues said they" in ran.stdout
    charts = [cell for cell in failing if "experience_sentences" not in cell]
    assert charts
    assert all("show_chart" in cell for cell in charts)


def test_one_sentence_of_the_notebook(project):
    notebook = json.loads((project / "notebooks" / "board_report.ipynb").read_text(encoding="utf-8"))
    number, cell = next(
        (number, cell)
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "markdown" and len("".join(cell["source"])) > 200
    )
    text = "".join(cell["source"])
    first_stop = text.index(". ") + 1
    cell["source"] = text[:first_stop] + " One sentence more." + text[first_stop:]
    (project / "notebooks" / "board_report.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    ran = pytest_in(project, "--nbval", "tests/notebooks", "-k", "holds_the_notebook_as_it_is")
    assert ran.returncode == 1, ran.stdout
    assert f"cell {number} of board_report.ipynb has changed: run `make golden`" in ran.stdout
