"""The edition of a report for the trust's board alone, with the small counts that its statutory return has.

The site's notebook knows nothing of it: the cells that show these counts are in a notebook of their own, which no build
runs, and are put into a copy of the report that is run for this edition and then removed.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from race_equality.batch.execute import execute_page
from race_equality.batch.plan import TRUST_NOTEBOOK, Page
from race_equality.definitions.indicators import BANDS, BOARD
from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.render import stage_project
from race_equality.render.builtin import page_pdf
from race_equality.render.config import read_config
from race_equality.render.notebook import read_page
from race_equality.render.single_file import NOT_PUBLIC, single_file
from race_equality.store.figures import read_figures
from race_equality.store.result_folder import FOLDER_VARIABLE
from race_equality.store.trust import Trust

#: The cells that the report has more, after its pay bands. A build leaves out a notebook of such a name.
BOARD_NOTEBOOK = "notebooks/_for_the_board_alone.ipynb"
_AFTER = "bands"


@dataclass(frozen=True)
class BoardEdition:
    """An edition as it is written.

    Parameters
    ----------
    html : str
        A page that needs no other file.
    pdf : bytes
        The same on paper.
    """

    html: str
    pdf: bytes


def mark_of(trust: Trust) -> str:
    """Return what stands on each page of the edition."""
    return f"For the board of {trust.name} alone: {NOT_PUBLIC}"


def board_edition(trust: Trust, project: Project) -> BoardEdition:
    """Run a trust's report with every seat and pay band of its return, and render it.

    Parameters
    ----------
    trust : Trust
    project : Project
        Nothing is written to it.

    Returns
    -------
    BoardEdition

    Raises
    ------
    RaceEqualityError
        Where no counts of the board or of pay bands are held, or a cell fails.
    """
    import nbformat

    held = read_figures([*BOARD.figure_ids, *BANDS.figure_ids], local=trust.code, project=project)
    if not held["trust_code"].eq(trust.code).any():
        raise RaceEqualityError(
            f"No return of {trust.name} with its board and pay bands is loaded. Write one with `race-equality data template "
            f"wres {trust.code}`, fill it in and add it with `race-equality data add FILE`."
        )
    report, more = (
        nbformat.read(project.root / name, as_version=nbformat.NO_CONVERT) for name in (TRUST_NOTEBOOK, BOARD_NOTEBOOK)
    )
    place = next((n for n, cell in enumerate(report.cells, start=1) if cell.get("id") == _AFTER), None)
    if place is None:
        raise RaceEqualityError(f"{TRUST_NOTEBOOK} has no cell {_AFTER!r}, after which the counts are shown.")
    report.cells[place:place] = more.cells
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stage_project(project, folder / "project")
        notebook = folder / Path(TRUST_NOTEBOOK).name
        nbformat.write(report, notebook)
        page = Page(f"trusts/{trust.code}.ipynb", str(notebook), MappingProxyType({"trust_code": trust.code}), trust)
        with suppress(KeyError):
            del os.environ[FOLDER_VARIABLE]  # what notebooks of the site read as well
        run = execute_page(
            page, root=project.root, target=folder / "project" / page.path, scratch=folder, failed=folder / "failed"
        )
        if run.failure is not None:
            where = f"cell {run.failure.cell} of the report with {BOARD_NOTEBOOK}"
            raise RaceEqualityError(f"{where} failed: {run.failure.error}\n{run.failure.source}")
        mark = mark_of(trust)
        html = single_file(folder / "project", page.path, notice=mark)
        config = replace(read_config(folder / "project"), title=mark)  # at the head of each page of paper
        source = read_page(folder / "project" / page.path, settings=config.metadata)
        source = replace(source, front_matter={**source.front_matter, "subtitle": mark})
        return BoardEdition(html, page_pdf(source, config))
