"""What runs in a process that makes pages, of a build here or on a cluster."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from papermill.engines import papermill_engines

from forked_kernels import ForkEngine
from race_equality.batch.execute import Execution, execute_page
from race_equality.batch.page_requests import Began, News, Order, Rendering, Workshop, failure_of, rendering_failed
from race_equality.render.config import SiteConfig, read_config
from race_equality.render.pandoc import Translator
from race_equality.render.site import render_page

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from race_equality.batch.plan import Page


# papermill finds the engine through the entry point; this is for a checkout that was installed before
# there was one.
papermill_engines.register("fork", ForkEngine)


class Maker:
    """Makes pages, one after another.

    Parameters
    ----------
    workshop : Workshop
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._translator = Translator()  # starts its Pandoc with the first page

    def make(self, order: Order, tell: Callable[[News], None]) -> None:
        """Make a page; whatever happens is told, and never raised.

        Parameters
        ----------
        order : Order
        tell : callable
            Given the news as it comes.
        """
        if order.execute:
            tell(Began(order.page.path, "execute"))
            execution = self._execute(order.page)
            tell(execution)
            if execution.failure is not None:
                return
        if order.render:
            tell(self._render(order, tell))

    def close(self) -> None:
        """End what was started for the pages."""
        self._translator.close()

    def _execute(self, page: Page) -> Execution:
        shop = self._workshop
        try:
            return execute_page(
                page,
                root=shop.root,
                target=shop.staged / page.path,
                scratch=shop.scratch,
                failed=shop.failed / page.path,
                engine=shop.engine,
                timeout=shop.timeout,
            )
        except Exception as error:
            line, details = f"{type(error).__name__}: {error}", traceback.format_exc()
            if isinstance(error, OSError) and error.strerror:
                # without the path: messages end up in the manifest, which may be published
                line, details = f"The notebook cannot be written: {error.strerror}.", ""
            return Execution(page.path, 0.0, failure=failure_of(page, line, details))

    def _render(self, order: Order, tell: Callable[[News], None]) -> Rendering:
        page, times = order.page, []

        def begins(stage: str) -> None:
            times.append((stage, time.perf_counter()))
            tell(Began(page.path, stage))

        with _not_in_the_middle():
            failure = render_page(
                self._workshop.staged,
                self._workshop.site,
                page.path,
                self._config,
                beside=("index.html", *order.beside),  # which every build makes, after all pages
                translator=self._translator,
                on_stage=begins,
            )
        times.append(("", time.perf_counter()))
        seconds = {stage: round(after - at, 3) for (stage, at), (_, after) in pairwise(times)}
        return Rendering(page.path, rendering_failed(page, failure) if failure else None, seconds)

    @cached_property
    def _config(self) -> SiteConfig:
        return read_config(self._workshop.staged)


@contextmanager
def _not_in_the_middle() -> Iterator[None]:
    """Let a build that stops this process wait until the page is whole, half a second."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(orders: Connection, workshop: Workshop, log: str, environment: dict[str, str]) -> None:
    """Make pages until the other end closes.

    Parameters
    ----------
    orders : multiprocessing.connection.Connection
        Gives :class:`~race_equality.batch.page_requests.Order`, takes the news of it.
    workshop : Workshop
    log : str
        A file for what kernels and libraries print past the notebook; on the terminal it would
        break the progress bar.
    environment : dict
        The environment of the process that started the build: the fork server's may be older.
    """
    # Ctrl-C reaches every process of the terminal; stopping is the build's decision. A function and
    # not SIG_IGN, which the kernels started from here would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    os.environ.clear()
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    maker = Maker(workshop)
    try:
        while True:
            try:
                order: Order = orders.recv()
            except EOFError:
                return
            maker.make(order, orders.send)
    finally:
        maker.close()
