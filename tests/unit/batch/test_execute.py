"""What is said about a cell that fails."""

from __future__ import annotations

from types import MappingProxyType

import nbformat
import papermill
import pytest

import forked_kernels
from forked_kernels import Limits
from race_equality.batch.execute import _excerpt, _first_not_run, execute_page
from race_equality.batch.plan import Page

posix = pytest.mark.skipif(not forked_kernels.AVAILABLE, reason="kernels cannot be forked here")


@pytest.fixture
def run(small_project, tmp_path, notebook_writer):
    """Run a notebook of these cells, after front matter (cell 1) and parameters (cell 2)."""

    def run(*cells, **options):
        notebook_writer(small_project / "notebooks" / "board_report.ipynb", *cells)
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        end = execute_page(
            Page("trusts/RJ1.ipynb", "notebooks/board_report.ipynb", MappingProxyType({"trust_code": "RRK"})),
            root=small_project,
            target=tmp_path / "done.ipynb",
            scratch=scratch,
            failed=tmp_path / "failed.ipynb",
            **options,
        )
        assert not list(scratch.iterdir())
        return end

    return run


def test_a_notebook_that_runs_stands_in_its_place(run, tmp_path):
    end = run("import os\nos.path.basename(os.getcwd())", "1 + 1")
    assert end.failure is None
    assert end.seconds > 0
    notebook = nbformat.read(tmp_path / "done.ipynb", as_version=4)
    outputs = [o.data["text/plain"] for c in notebook.cells for o in c.get("outputs", [])]
    assert outputs == ["'checkout'", "2"]  # it ran in the project's folder
    assert notebook.metadata.papermill.input_path == "notebooks/board_report.ipynb"
    assert notebook.metadata.papermill.output_path == "trusts/RJ1.ipynb"
    assert not (tmp_path / "failed.ipynb").exists()


@posix
def test_a_notebook_that_runs_is_written_once(run, monkeypatch):
    """Writing is a good part of what running a notebook takes this process."""
    written = []
    write = papermill.iorw.papermill_io.write

    def count(text, path, *args, **options):
        written.append(path)
        return write(text, path, *args, **options)

    monkeypatch.setattr(papermill.iorw.papermill_io, "write", count)
    assert run("1", "2", engine="fork").failure is None
    assert len(written) == 1


@pytest.mark.parametrize("engine", [None, pytest.param("fork", marks=posix)])
def test_a_notebook_whose_last_cell_fails_still_tells_the_times(run, tmp_path, engine):
    assert run("1", "1 / 0", engine=engine).failure.cell == 4
    notebook = nbformat.read(tmp_path / "failed.ipynb", as_version=4)
    assert notebook.metadata.papermill.duration > 0
    assert notebook.cells[-1].metadata.papermill.status == "failed"


@pytest.mark.parametrize(
    ("cells", "number", "error"),
    [
        (["1 / 0"], 3, "ZeroDivisionError: division by zero"),
        (["fine = 1", "raise KeyError('RRK')"], 4, "KeyError: 'RRK'"),
        (["def broken(:"], 3, "SyntaxError: invalid syntax"),
        (["raise SystemExit(3)"], 3, "SystemExit: 3"),
        (["class Own(Exception): pass\nraise Own"], 3, "Own"),
        (["input('?')"], 3, "StdinNotImplementedError: raw_input was called"),
        # %%time keeps the error from papermill's exception and leaves it in the output (#781)
        (["%%time\n1 / 0"], 3, "ZeroDivisionError: division by zero"),
        (["raise ValueError('<b>&\\n' * 3)"], 3, "ValueError: <b>&"),
    ],
)
def test_the_cell_is_counted_as_the_committed_notebook_shows_it(run, tmp_path, cells, number, error):
    failure = run(*cells).failure
    assert failure.cell == number
    assert failure.error.startswith(error)
    assert failure.source == cells[-1]
    assert "\x1b" not in failure.traceback
    assert not (tmp_path / "done.ipynb").exists()
    assert nbformat.read(tmp_path / "failed.ipynb", as_version=4).metadata.papermill.exception


def test_a_notebook_that_is_stopped_for_what_it_uses(run, tmp_path):
    cell = "print('x' * 2_000_000)\nimport time\ntime.sleep(60)"
    failure = run("1", cell, "2", limits=Limits(output_megabytes=1)).failure
    assert "put out more than 1 MB" in failure.error
    assert (failure.cell, failure.source) == (4, cell)
    cells = nbformat.read(tmp_path / "failed.ipynb", 4).cells
    assert [cell.metadata.papermill.status for cell in cells[-3:]] == ["completed", "failed", "pending"]


def test_a_cell_that_may_fail_may(run):
    """`raises-exception` is for cells that show an error on purpose."""
    assert run("try:\n    1 / 0\nexcept ZeroDivisionError:\n    print('no')").failure is None


def test_a_kernel_that_does_not_exist(run, small_project, tmp_path, notebook_writer):
    path = small_project / "notebooks" / "board_report.ipynb"
    notebook_writer(path, "1")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec.name = "ir"
    nbformat.write(notebook, path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    failure = execute_page(
        Page("trusts/RJ1.ipynb", "notebooks/board_report.ipynb"),
        root=small_project,
        target=tmp_path / "done.ipynb",
        scratch=scratch,
        failed=tmp_path / "failed.ipynb",
    ).failure
    assert failure.cell is None
    assert "NoSuchKernel" in failure.error
    assert "ir" in failure.error


@pytest.mark.parametrize("engine", [None, pytest.param("fork", marks=posix)])
@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("import sys; sys.exit(0)", "The cell ended the notebook"),
        ("raise SystemExit", "The cell ended the notebook"),
        ("import os; os._exit(0)", "The kernel died"),
    ],
)
def test_a_notebook_that_stops_early_is_a_failure(run, tmp_path, cell, error, engine):
    """papermill lets an exit with status 0 through: half a report would be published as a whole one."""
    end = run(cell, "'the end of it'", engine=engine)
    assert end.failure is not None
    assert end.failure.cell in (3, 4)
    assert error in end.failure.error
    assert not (tmp_path / "done.ipynb").exists()
    assert (tmp_path / "failed.ipynb").exists()


def test_a_cell_that_is_left_out_on_purpose_has_not_stopped_the_notebook():
    ran, left_out = (nbformat.v4.new_code_cell("1", execution_count=count) for count in (1, None))
    notebook = nbformat.v4.new_notebook(cells=[ran, left_out])
    assert _first_not_run(notebook) == 1
    left_out.metadata["tags"] = ["skip-execution"]
    assert _first_not_run(notebook) is None


def test_the_time_of_cells_with_a_picture_is_told_apart(run):
    end = run(
        "import time\nfrom IPython.display import HTML\ntime.sleep(0.3)",
        "time.sleep(0.2)\nHTML('<figure id=\"fig-x\"></figure>')",
    )
    assert end.charts_seconds >= 0.2
    assert end.seconds - end.charts_seconds >= 0.3


def test_a_long_cell_is_cut_around_the_line_that_raised():
    source = "\n".join(f"line_{number} = {number}" for number in range(1, 41))
    traceback = "Cell In[3], line 30\n     29 line_29 = 29\n---> 30 line_30 = 30\n"
    cut = _excerpt(source, traceback).splitlines()
    assert "line_30 = 30" in cut
    assert len(cut) <= 14
    assert cut[0] == "… 23 lines before"
    assert cut[-1] == "… 5 lines after"
    assert _excerpt("a\nb", "") == "a\nb"
    assert _excerpt(source, "").startswith("line_1 = 1\n")
