"""Requests to the processes that make pages, here or on a cluster, and the events that they send back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from race_equality.batch.execute import Failure, NotebookRun

if TYPE_CHECKING:
    from pathlib import Path

    from race_equality.batch.plan import Page
    from race_equality.render.failure import RenderFailure


@dataclass(frozen=True)
class WorkerSettings:
    """What a process that makes pages must know: its folders, engine and time limit.

    Parameters
    ----------
    root : Path
        The checkout.
    staged : Path
        The Quarto project, where executed notebooks go.
    site : Path
        Where pages go.
    scratch : Path
        A folder on the same disk for notebooks that are running.
    failed : Path
        Where notebooks that failed go.
    engine : str or None
        The papermill engine; None for papermill's own.
    timeout : int or None
        Seconds that one cell may run.
    """

    root: Path
    staged: Path
    site: Path
    scratch: Path
    failed: Path
    engine: str | None
    timeout: int | None


@dataclass(frozen=True)
class PageRequest:
    """A page to be made.

    Parameters
    ----------
    page : Page
    execute : bool
        Run the notebook; without it the executed one is there.
    render : bool
        Make HTML and PDF.
    pdf : bool
        Make the PDF with the page; without it a page is shown first, and rendered again.
    linked_files : tuple of str
        Files of the site that the page links to, whether they exist or are still to be made.
    """

    page: Page
    execute: bool
    render: bool
    pdf: bool = True
    linked_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageStarted:
    """A page has started a stage.

    Parameters
    ----------
    page : str
        The page's path.
    stage : str
        ``execute``, ``html`` or ``pdf``.
    """

    page: str
    stage: str


@dataclass(frozen=True)
class Rendering:
    """How the rendering of a page ended.

    Parameters
    ----------
    page : str
        The page's path.
    failure : Failure or None
    seconds : mapping of str to float
        By stage, where no event was sent when each stage started.
    """

    page: str
    failure: Failure | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


#: The events of one request, in this order: an execution if one was asked for, and, unless it failed,
#: a rendering if one was asked for. A PageStarted comes before each.
PageEvent: TypeAlias = PageStarted | NotebookRun | Rendering


def is_last(request: PageRequest, event: PageEvent) -> bool:
    """Return whether this is the last event of a request.

    Parameters
    ----------
    request : PageRequest
    event : PageEvent
    """
    if isinstance(event, NotebookRun):
        return event.failure is not None or not request.render
    return isinstance(event, Rendering)


def page_failure(page: Page, message: str, details: str = "") -> Failure:
    """Describe a failure that no cell of the notebook caused.

    Parameters
    ----------
    page : Page
    message : str
        One line.
    details : str, optional
        A traceback.

    Returns
    -------
    Failure
    """
    return Failure(page.path, page.notebook, None, "", message, details)


def rendering_failure(page: Page, failure: RenderFailure) -> Failure:
    """Turn a renderer's failure into the failure that a build reports.

    Parameters
    ----------
    page : Page
    failure : RenderFailure

    Returns
    -------
    Failure
    """
    return page_failure(page, f"The {failure.stage.upper()} could not be made. {failure.message}")
