"""What notebooks share changes how long they take and nothing that they say."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forked_kernels import AVAILABLE
from race_equality.batch import drawing_server
from race_equality.batch.build_services import shared_by_notebooks
from race_equality.project import Project
from race_equality.report import vega_to_svg

ROOT = Path(__file__).parents[3]
PROJECT = Project(ROOT)

pytestmark = pytest.mark.skipif(not (AVAILABLE and drawing_server.AVAILABLE), reason="this platform cannot fork")


def test_findings_of_other_code_are_forgotten(tmp_path):
    old = tmp_path / "findings-of-before"
    old.mkdir()
    (old / "a.found").touch()
    mine = tmp_path / "findings-of-mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    with shared_by_notebooks(tmp_path, PROJECT, engine=None, jobs=1, notebooks=0):
        assert not old.exists()
        assert (mine / "notes.txt").read_text() == "mine"
        assert len(list(tmp_path.glob("findings-*"))) == 2
        assert vega_to_svg.SERVER_VARIABLE not in os.environ


def test_a_build_watches_each_process_that_notebooks_wait_for(tmp_path):
    with shared_by_notebooks(tmp_path, PROJECT, engine="fork", jobs=3, notebooks=1) as servers:
        # it is empty for a moment after a process has started
        latest = time.monotonic() + 30
        files = [Path(f"/proc/{pid}/cmdline") for pid in servers.waited_for]
        while not all(commands := [file.read_text() for file in files]) and time.monotonic() < latest:
            time.sleep(0.01)
    assert sum("drawing_server" in one for one in commands) == 2
    assert sum("forked_kernels.forking" in one for one in commands) == 1


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
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    # the third is JupyterLab's grammar, compiled at import: 2 seconds in every process
    assert said.split() == ["1", "0", "False", "True"]


@pytest.mark.parametrize(
    ("imports", "missing"),
    [
        pytest.param(
            "import race_equality.batch.local_papermill, race_equality.batch.page_maker, race_equality.render.builtin, "
            "race_equality.store.trust",
            "numpy pandas pyarrow boto3 altair",
            id="makes pages",
        ),
        pytest.param(
            'from race_equality.batch import drawing_server; drawing_server.draw_here(\'{"mark": "point"}\')',
            "pandas altair",
            id="draws",
        ),
    ],
)
def test_a_process_imports_nothing_that_it_does_not_need(imports, missing):
    """Each of them is a tenth of a second or more, and memory, in every process of a build."""
    code = f"{imports}\nimport sys; print([name for name in {missing.split()} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
