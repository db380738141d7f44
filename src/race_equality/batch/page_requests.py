"""What is asked of the processes that make pages, here or on a cluster, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from race_equality.batch.execute import Execution, Failure

if TYPE_CHECKING:
    from pathlib import Path

    from race_equality.batch.plan import Page
    from race_equality.render.failure import RenderFailure


@dataclass(frozen=True)
class Workshop:
    """Where pages are made, and how.

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
class Order:
    """A page to be made.

    Parameters
    ----------
    page : Page
    execute : bool
        Run the notebook; without it the executed one is there.
    render : bool
        Make HTML and PDF.
    beside : tuple of str
        Files of the site that the page links to: those that are there, or will be.
    """

    page: Page
    execute: bool
    render: bool
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Began:
    """A page has entered a stage.

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
        By stage, where the stages were not told of as they began.
    """

    page: str
    failure: Failure | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


#: What an order is answered with, in this order: an execution if one was asked for, and, unless it
#: failed, a rendering if one was; before each, that it began.
News: TypeAlias = Began | Execution | Rendering


def is_last(order: Order, news: News) -> bool:
    """Whether nothing more comes after this.

    Parameters
    ----------
    order : Order
    news : News
    """
    if isinstance(news, Execution):
        return news.failure is not None or not order.render
    return isinstance(news, Rendering)


def failure_of(page: Page, what: str, details: str = "") -> Failure:
    """Say why a page could not be made though its notebook is not to blame.

    Parameters
    ----------
    page : Page
    what : str
        One line.
    details : str, optional
        A traceback.

    Returns
    -------
    Failure
    """
    return Failure(page.path, page.notebook, None, "", what, details)


def rendering_failed(page: Page, failure: RenderFailure) -> Failure:
    """Put a renderer's failure as a build reports it.

    Parameters
    ----------
    page : Page
    failure : RenderFailure

    Returns
    -------
    Failure
    """
    return failure_of(page, f"The {failure.stage.upper()} could not be made. {failure.message}")
