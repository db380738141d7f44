"""The golden copies are of the notebook as it is, for the trusts that they name.

nbval runs a golden copy's own cells, so it sees a change in figures and in the package, and not
one in ``notebooks/board_report.ipynb``. The first test here sees that one.
"""

import ast
import json
from pathlib import Path

import pytest

from race_equality.commands.golden import GOLDEN_TRUSTS, golden_copies
from race_equality.project import Project
from race_equality.store.trusts import resolve_trust

HERE = Path(__file__).parent
GOLDENS = sorted(HERE.glob("board_report_*.ipynb"))
ALL_COPIES = {copy.path: copy.notebook for copy in golden_copies(Project(HERE.parents[1]))}


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def injected(cell: dict) -> bool:
    return "injected-parameters" in cell["metadata"].get("tags", [])


def test_every_notebook_here_is_a_golden_copy():
    assert set(HERE.glob("*.ipynb")) == ALL_COPIES.keys()


@pytest.mark.parametrize("path", ALL_COPIES, ids=lambda path: path.stem)
def test_a_golden_copy_holds_the_notebook_as_it_is(path):
    notebook = ALL_COPIES[path]
    wanted = [(cell["cell_type"], source(cell)) for cell in cells(notebook)]
    held = [(cell["cell_type"], source(cell)) for cell in cells(path) if not injected(cell)]
    for number, (now, then) in enumerate(zip(wanted, held, strict=False)):
        assert now == then, f"cell {number} of {notebook.name} has changed: run `make golden`"
    assert len(held) == len(wanted), f"{notebook.name} has other cells: run `make golden`"


def test_there_is_a_golden_copy_of_each_kind_of_trust():
    assert {path.stem.removeprefix("board_report_") for path in GOLDENS} == GOLDEN_TRUSTS.keys()


@pytest.mark.parametrize(("code", "kind"), GOLDEN_TRUSTS.items())
def test_a_golden_trust_is_of_the_kind_it_stands_for(code, kind):
    trust = resolve_trust(code)
    assert trust.code == code  # open today, not merged away
    assert trust.is_demonstration == (kind == "demonstration")
    if not trust.is_demonstration:
        assert trust.kind == kind


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_a_golden_copy_is_for_the_trust_in_its_name(path):
    (parameters,) = [cell for cell in cells(path) if injected(cell)]
    (assignment,) = ast.parse(source(parameters)).body
    assert ast.unparse(assignment) == f"trust_code = {path.stem.removeprefix('board_report_')!r}"


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_nbval_compares_every_output_of_a_golden_copy(path):
    """Nothing is kept that nbval passes over: pictures as bitmaps, unrun or marked cells."""
    kinds = set()
    for number, cell in enumerate(cells(path)):
        if cell["cell_type"] != "code":
            continue
        assert cell["execution_count"] is not None, f"cell {number}: nbval compares no unrun cell"
        assert not {"nbval-skip", "nbval-ignore-output"} & set(cell["metadata"].get("tags", []))
        assert "NBVAL_" not in source(cell)
        for output in cell["outputs"]:
            assert output["output_type"] != "error", f"cell {number} failed"
            kinds |= set(output.get("data", {}))
    assert "text/html" in kinds
    assert kinds <= {"text/html", "text/markdown", "text/plain"}


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_a_golden_copy_says_nothing_of_the_machine_that_made_it(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["metadata"].keys() == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    for cell in notebook["cells"]:
        assert cell["metadata"].keys() <= {"tags"}
        assert all(not output.get("metadata") for output in cell.get("outputs", []))
    assert path.stat().st_size < 700_000
