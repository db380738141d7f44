"""Run one notebook with papermill, and report the cell in which it failed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from forked_kernels import Limits
    from race_equality.batch.plan import Page
    from race_equality.store.trust import Trust

#: Seconds a cell may run. The slowest cell of our own takes about one.
DEFAULT_TIMEOUT = 300

_EXCERPT_LINES = 12

#: The name under which papermill's own engine, with limits, is registered.
_LIMITED_ENGINE = "race-equality-limited"


@dataclass(frozen=True)
class Failure:
    """Why a page could not be made.

    Parameters
    ----------
    page : str
        The page's path.
    notebook : str
        The notebook as committed.
    cell : int or None
        Which cell, counted from 1 as the committed notebook shows them; None when no cell of the
        notebook is to blame.
    source : str
        The cell's code, cut to a few lines.
    error : str
        One line: the exception and its message.
    traceback : str
        As the kernel printed it, without colours.
    """

    page: str
    notebook: str
    cell: int | None
    source: str
    error: str
    traceback: str


@dataclass(frozen=True)
class NotebookRun:
    """How one run of a notebook ended.

    Parameters
    ----------
    page : str
        The page's path.
    seconds : float
        Wall time.
    charts_seconds : float
        The part of it spent in cells that show a picture.
    failure : Failure or None
        None when every cell ran.
    """

    page: str
    seconds: float
    charts_seconds: float = 0.0
    failure: Failure | None = None


def seconds_for_a_notebook(timeout: int | None) -> float | None:
    """Return how long a notebook may take; a longer time for each cell, or none, means a longer time for it."""
    from forked_kernels import Limits

    return max(Limits().seconds or 0, 6 * timeout) if timeout else None


def execute_page(
    page: Page,
    *,
    root: Path,
    target: Path,
    scratch: Path,
    failed: Path,
    engine: str | None = None,
    timeout: int | None = DEFAULT_TIMEOUT,
    limits: Limits | None = None,
) -> NotebookRun:
    """Run a page's notebook and write the executed copy.

    Parameters
    ----------
    page : Page
        What to run.
    root : Path
        The project's folder, which the notebook runs in.
    target : Path
        Where the executed notebook goes; it is replaced in one step, and only when every cell ran.
    scratch : Path
        A folder on the same disk for the notebook while it runs.
    failed : Path
        Where the partly executed notebook goes when a cell fails.
    engine : str, optional
        A papermill engine; papermill's own without it.
    timeout : int, optional
        Seconds that one cell may run.
    limits : Limits, optional
        Of time and memory for the whole notebook; by default the usual ones, with time for six cells
        that each reach `timeout`.

    Returns
    -------
    NotebookRun
        With the failure in it when a cell raised, ran out of time, or took its kernel down.

    Notes
    -----
    papermill 2.7 marks every cell ``completed`` in the saved notebook after a cell runs out of
    time or its kernel dies, so the exception decides here and the saved notebook is corrected.
    """
    import papermill
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError

    from forked_kernels import Limits
    from forked_kernels.running import LimitedEngine

    # papermill's own engine knows no limits but a cell's time.
    papermill_engines.register(_LIMITED_ENGINE, LimitedEngine)
    if limits is None:
        limits = replace(Limits(), seconds=seconds_for_a_notebook(timeout))
    charts_seconds = 0.0

    def finish(notebook: NotebookNode) -> None:
        # now, before papermill writes the notebook: writing it again is a sixth of this process's work on it
        nonlocal charts_seconds
        if notebook.metadata.papermill.exception or _first_not_run(notebook) is not None:
            return
        charts_seconds = _charts_seconds(notebook)
        _make_reproducible(notebook, page)
        if page.trust is not None:
            _name_trust(notebook, page.trust, root.absolute() / page.notebook)

    partial = scratch / f"{page.path.replace('/', '-').removesuffix('.ipynb')}.{os.getpid()}.ipynb"
    began = time.perf_counter()
    try:
        notebook = papermill.execute_notebook(
            str(root / page.notebook),
            str(partial),
            parameters=dict(page.parameters),
            engine_name=engine or _LIMITED_ENGINE,
            limits=limits,
            finish=finish,
            cwd=str(root),
            progress_bar=False,
            execution_timeout=timeout,
            # without the kernel's own messages
            **({} if engine else {"extra_arguments": ["--log-level=ERROR"]}),
        )
    except PapermillExecutionError as error:
        failure = Failure(
            page.path,
            page.notebook,
            _cell_number(_read(partial), error.cell_index, markers=True),
            _excerpt(error.source, _without_colours("\n".join(error.traceback))),
            f"{error.ename}: {error.evalue}".strip(": ") if error.ename else "the cell failed",
            _without_colours("\n".join(error.traceback)),
        )
    except Exception as error:  # a dead kernel, a cell out of time, a file that is not a notebook
        failure = _failure_without_error_output(page, partial, error, timeout)
    else:
        index = _first_not_run(notebook)
        if index is not None:
            _mark_failed(notebook, index)
            papermill.iorw.write_ipynb(notebook, str(partial))
            return _failed(page, partial, failed, began, _ended_early(page, notebook, index))
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial, target)
        return NotebookRun(page.path, time.perf_counter() - began, charts_seconds)
    return _failed(page, partial, failed, began, failure)


def _failed(page: Page, partial: Path, failed: Path, began: float, failure: Failure) -> NotebookRun:
    """Keep what was executed by then."""
    if partial.is_file():
        failed.parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial, failed)
    return NotebookRun(page.path, time.perf_counter() - began, failure=failure)


def _first_not_run(notebook: NotebookNode) -> int | None:
    """Find the first cell with code that did not run to its end, or None.

    papermill takes SystemExit with status 0 for the end of the notebook and lets it through.
    """
    for index, cell in enumerate(notebook.cells):
        # nbclient leaves out a cell with this tag
        if cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in cell.metadata.get("tags", []):
            if cell.execution_count is None or any(output.output_type == "error" for output in cell.outputs):
                return index
    return None


def _ended_early(page: Page, notebook: NotebookNode, index: int) -> Failure:
    cells = notebook.cells
    stopped = bool(cells[index].outputs) or cells[index].execution_count is not None
    line = (
        "The cell ended the notebook (sys.exit). Raise an error, or leave the rest to an `if`."
        if stopped
        else "The cell did not run, and the cells before it raised no error: something ended the notebook early."
    )
    return Failure(page.path, page.notebook, _cell_number(notebook, index), _excerpt(cells[index].source, ""), line, "")


def _failure_without_error_output(page: Page, partial: Path, error: Exception, timeout: int | None) -> Failure:
    """Find the cell that was running, mark it as failed, and describe the error."""
    import traceback

    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from forked_kernels import LimitExceededError

    index = None
    notebook = _read(partial)
    if notebook is not None:
        started = [i for i, cell in enumerate(notebook.cells) if cell.metadata.get("papermill", {}).get("start_time")]
        if started and isinstance(error, CellTimeoutError | DeadKernelError | LimitExceededError):
            index = started[-1]
            _mark_failed(notebook, index)
            import papermill

            papermill.iorw.write_ipynb(notebook, str(partial))
    source = notebook.cells[index].source if notebook is not None and index is not None else ""
    details = ""
    if isinstance(error, CellTimeoutError):
        line = f"The cell ran longer than {timeout} seconds and was stopped (see --timeout)."
    elif isinstance(error, DeadKernelError):
        line = "The kernel died: the process was killed (often for lack of memory) or crashed in compiled code."
    elif isinstance(error, LimitExceededError):
        line = str(error)
    elif isinstance(error, OSError) and error.strerror:
        line = f"The notebook cannot be written: {error.strerror}."
    else:
        line = f"{type(error).__name__}: {error}"
        details = "".join(traceback.format_exception(error))
    return Failure(
        page.path,
        page.notebook,
        _cell_number(notebook, index) if index is not None else None,
        _excerpt(source, ""),
        line,
        details,
    )


def _mark_failed(notebook: NotebookNode, index: int) -> None:
    notebook.metadata.papermill["exception"] = True
    for i, cell in enumerate(notebook.cells):
        if i == index:
            cell.metadata.papermill.update(status="failed", exception=True)
        elif i > index:
            cell.metadata.papermill.update(
                status="pending", exception=None, start_time=None, end_time=None, duration=None
            )


def _read(path: Path) -> NotebookNode | None:
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return None


def _cell_number(notebook: NotebookNode | None, index: int, *, markers: bool = False) -> int:
    """Return a cell's number in the committed notebook, without the cells that papermill inserted.

    ``index`` is from before papermill put its error markers in (one at the top, one before the
    cell); with ``markers`` the notebook has them already.
    """
    if notebook is None:
        return index + 1
    cells = notebook.cells
    if markers:
        cells = [c for c in cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    before = cells[: index + 1]
    injected = sum("injected-parameters" in cell.metadata.get("tags", []) for cell in before)
    return len(before) - injected


def _without_colours(text: str) -> str:
    from papermill.exceptions import strip_color

    return strip_color(text)


def _excerpt(source: str, traceback: str) -> str:
    """Cut a long cell to the lines around the one that raised."""
    import re

    lines = source.splitlines()
    if len(lines) <= _EXCERPT_LINES:
        return source
    arrows = re.findall(r"^-+> (\d+) ", traceback, flags=re.MULTILINE)
    # The first arrow is in the cell; later ones are in what it called.
    at = int(arrows[0]) - 1 if arrows and int(arrows[0]) <= len(lines) else 0
    first = max(0, min(at - _EXCERPT_LINES // 2, len(lines) - _EXCERPT_LINES))
    kept = lines[first : first + _EXCERPT_LINES]
    if first:
        kept.insert(0, f"… {first} lines before")
    if rest := len(lines) - first - _EXCERPT_LINES:
        kept.append(f"… {rest} lines after")
    return "\n".join(kept)


def _charts_seconds(notebook: NotebookNode) -> float:
    """Sum the time of the cells whose output holds a picture."""
    return sum(
        cell.metadata.get("papermill", {}).get("duration") or 0.0
        for cell in notebook.cells
        if cell.cell_type == "code" and any(_has_picture(output) for output in cell.outputs)
    )


def _has_picture(output: dict[str, Any]) -> bool:
    data = output.get("data", {})
    return "<figure" in data.get("text/html", "") or any(kind.startswith("image/") for kind in data)


def _name_trust(notebook: NotebookNode, trust: Trust, committed: Path) -> None:
    """Make the trust's name the title, and the notebook's own title the subtitle."""
    from race_equality.render.front_matter import read_front_matter, set_front_matter

    set_front_matter(
        notebook,
        title=trust.name,
        subtitle=read_front_matter(committed).get("title"),
        trust={"code": trust.code, "name": trust.name, "region": trust.region, "kind": trust.kind},
    )


def _make_reproducible(notebook: NotebookNode, page: Page) -> None:
    """Remove what differs between runs and machines: times, which are in the manifest, and paths."""
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"  # papermill draws a new one each time
    for name in ("start_time", "end_time", "duration"):
        notebook.metadata.papermill.pop(name, None)
    notebook.metadata.papermill.update(input_path=page.notebook, output_path=page.path)
