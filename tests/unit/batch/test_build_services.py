"""What notebooks share changes how long they take and nothing that they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forked_kernels import ADDRESS_VARIABLE, AVAILABLE
from race_equality.batch import drawing_server
from race_equality.batch.build_services import shared_by_notebooks
from race_equality.batch.execute import execute_page
from race_equality.batch.plan import Page
from race_equality.project import Project
from race_equality.report import vega_to_svg
from race_equality.store.cache import FOLDER_VARIABLE

ROOT = Path(__file__).parents[3]
PROJECT = Project(ROOT)
NAMES = (ADDRESS_VARIABLE, FOLDER_VARIABLE, vega_to_svg.SERVER_VARIABLE, vega_to_svg.FOLDER_VARIABLE)

pytestmark = pytest.mark.skipif(not (AVAILABLE and drawing_server.AVAILABLE), reason="this platform cannot fork")


def outputs(notebook: Path) -> list:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(cell["id"], cell["outputs"]) for cell in cells if cell.get("outputs")]


def run(page: Page, target: Path, engine: str | None) -> list:
    end = execute_page(
        page, root=ROOT, target=target, scratch=target.parent, failed=target.with_suffix(".failed"), engine=engine
    )
    assert end.failure is None
    return outputs(target)


PAGE = Page("trusts/RRU.ipynb", "notebooks/board_report.ipynb", {"trust_code": "RRU"}, None)


def test_a_report_is_that_of_plain_papermill(tmp_path, monkeypatch):
    """With charts drawn elsewhere, by papermill's own engine; then forked, with findings and pictures kept from before.

    nbval holds the golden copy to papermill alone; tests/acceptance/test_build.py has the fork engine with nothing kept.
    """
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    plain = outputs(ROOT / "tests" / "notebooks" / "board_report_RRU.ipynb")
    assert len(plain) > 20
    cache = tmp_path / "cache"
    with shared_by_notebooks(cache, PROJECT, engine=None, jobs=1, notebooks=1):
        assert all(name in os.environ for name in NAMES[1:])
        assert run(PAGE, tmp_path / "first.ipynb", None) == plain
    kept = {file: file.stat().st_ino for folder in cache.iterdir() for file in folder.iterdir()}
    assert len([file for file in kept if file.parent.name == "pictures"]) >= 3
    assert len([file for file in kept if file.parent.name.startswith("findings-")]) >= 3
    with shared_by_notebooks(cache, PROJECT, engine="fork", jobs=1, notebooks=1):
        assert all(name in os.environ for name in NAMES)
        assert run(PAGE, tmp_path / "second.ipynb", "fork") == plain
    # nothing was computed or drawn again
    assert {file: file.stat().st_ino for folder in cache.iterdir() for file in folder.iterdir()} == kept
    assert not any(name in os.environ for name in NAMES)


def test_findings_of_other_code_are_forgotten(tmp_path):
    old = tmp_path / "findings-of-before"
    old.mkdir()
    (old / "a.parquet").touch()
    with shared_by_notebooks(tmp_path, PROJECT, engine=None, jobs=1, notebooks=0):
        assert not old.exists()
        assert len(list(tmp_path.glob("findings-*"))) == 1
        assert vega_to_svg.SERVER_VARIABLE not in os.environ


def test_a_kept_finding_that_is_damaged_is_computed_again(tmp_path):
    from race_equality.analysis.wres import staff_experience
    from race_equality.store.figures import read_figures

    figures = read_figures(project=PROJECT)
    staff_experience.forget()
    with shared_by_notebooks(tmp_path, PROJECT, engine=None, jobs=1, notebooks=0):
        found = staff_experience(figures)
        (file,) = tmp_path.glob("findings-*/*staff_experience*")
        staff_experience.forget()
        file.write_bytes(file.read_bytes()[:-100])
        assert staff_experience(figures).equals(found)
        staff_experience.forget()


def test_the_process_that_forks_has_started_nothing():
    """A thread of a library would be missing in the child, which then waits for it for ever.

    OpenBLAS (of NumPy and of SciPy) and pyarrow's jemalloc start threads when they are imported, and
    prepare themselves for forks. The figures are read, and the findings on all trusts computed, without.
    """
    code = (
        "import sys, threading, pathlib\n"
        "from forked_kernels.forking import import_and_prepare\n"
        "def threads():\n"
        "    names = [p.read_text().strip() for p in pathlib.Path('/proc/self/task').glob('*/comm')]\n"
        "    return len([name for name in names if name != 'jemalloc_bg_thd'])\n"
        "import numpy, scipy.linalg\n"
        "before = threads()\n"
        f"import_and_prepare((), 'race_equality.batch.preparation:load_what_notebooks_share', ({str(ROOT)!r}, True))\n"
        "print(threading.active_count(), threads() - before, 'rfc3987_syntax' in sys.modules,\n"
        "      'race_equality.report.board_page' in sys.modules)"
    )
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    # the third is JupyterLab's grammar, compiled at import: 2 seconds in every process
    assert said.split() == ["1", "0", "False", "True"]
