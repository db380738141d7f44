"""What a build makes of trusts, by a plain Python function: no papermill, no kernels, no cache.

    python benchmarks/plain.py RJ1 RV5 --output DIR --jobs 2

The report's code is taken from its notebook, compiled once and run as a function of the trust's code in
one process; the outputs are put together as a kernel would, and the same renderer makes HTML and PDF.
benchmarks/build.py measures builds against it and compares what they show.
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

NOTEBOOK = "notebooks/board_report.ipynb"


def compile_report(root: Path) -> Callable[[str], Any]:
    """Turn the report's notebook into a function.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    callable
        Takes a trust's code, returns the executed notebook.
    """
    import nbformat

    committed = nbformat.read(root / NOTEBOOK, as_version=4)
    parts = []
    for number, cell in enumerate(committed.cells):
        if cell.cell_type != "code":
            continue
        tree, last = ast.parse(cell.source), None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not cell.source.rstrip().endswith(";"):
            last = compile(ast.Expression(tree.body.pop().value), cell.id, "eval")
        parts.append((number, compile(tree, cell.id, "exec"), last, "parameters" in cell.metadata.get("tags", [])))

    def report(code: str) -> Any:
        notebook = committed.copy()
        notebook.cells = [cell.copy() for cell in committed.cells]
        notebook.metadata = nbformat.from_dict({**committed.metadata, "papermill": {}})
        names: dict[str, Any] = {"__name__": "__main__"}
        for count, (number, statements, last, is_parameters) in enumerate(parts, start=1):
            exec(statements, names)
            if is_parameters:
                names["trust_code"] = code
            value = eval(last, names) if last is not None else None
            cell = notebook.cells[number]
            cell.execution_count = count
            cell.outputs = [] if value is None else [_output(value, count)]
        return notebook

    return report


def _output(value: Any, count: int) -> Any:
    import nbformat.v4

    try:
        data = value._repr_mimebundle_()
    except AttributeError:
        data = {"text/plain": repr(value)}
    return nbformat.v4.new_output("execute_result", data, execution_count=count)


def make(codes: Sequence[str], output: Path) -> None:
    """Make the reports of some trusts: executed notebook, figures, HTML and PDF.

    Parameters
    ----------
    codes : sequence of str
    output : Path
        ``project`` and ``site`` are made in it.
    """
    import nbformat

    from race_equality.batch.execute import _name_trust
    from race_equality.downloads.files import Downloads
    from race_equality.project import find_project
    from race_equality.render import render_site, stage_project
    from race_equality.store.trusts import resolve_trust

    project = find_project()
    staged, site = output / "project", output / "site"
    stage_project(project, staged)
    report, downloads = compile_report(project.root), Downloads(project)
    pages = []
    for code in codes:
        trust = resolve_trust(code)
        notebook = report(trust.code)
        _name_trust(notebook, trust, project.root / NOTEBOOK)
        pages.append(f"trusts/{trust.code}.ipynb")
        nbformat.write(notebook, staged / pages[-1])
        downloads.write_trust(trust, site)
    failures = render_site(staged, site, pages, jobs=1, engine="built-in")
    if failures:
        sys.exit(str(failures[0]))


def main() -> None:
    """Make reports, with the processes asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("trusts", nargs="+", metavar="TRUST")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    shares = [options.trusts[n :: options.jobs] for n in range(options.jobs)]
    # a site of its own for each process, so that none waits for another's first page
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=make, args=(share, options.output / str(number)))
        for number, share in enumerate(shares)
        if share
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(max(abs(process.exitcode) for process in processes))


if __name__ == "__main__":
    main()
