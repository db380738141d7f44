"""What runs in a process that makes pages, on this machine or on a cluster."""

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
from race_equality.batch.execute import NotebookRun, execute_page
from race_equality.batch.page_requests import (
    PageEvent,
    PageRequest,
    PageStarted,
    Rendering,
    WorkerSettings,
    page_failure,
    rendering_failure,
)
from race_equality.render.config import SiteConfig, read_config
from race_equality.render.pandoc import Translator
from race_equality.render.pdf import compile_apart
from race_equality.render.site import render_page

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from race_equality.batch.plan import Page


# papermill finds the engine by its entry point. This is for a checkout installed before there was one.
papermill_engines.register("fork", ForkEngine)


class PageMaker:
    """Makes pages, one after another.

    Parameters
    ----------
    settings : WorkerSettings
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._translator = Translator()  # starts its Pandoc with the first page

    def make(self, request: PageRequest, send: Callable[[PageEvent], None]) -> None:
        """Make a page. Failures are sent as events and never raised.

        Parameters
        ----------
        request : PageRequest
        send : callable
            Given each event as it happens.
        """
        if request.execute:
            send(PageStarted(request.page.path, "execute"))
            execution = self._execute(request.page)
            send(execution)
            if execution.failure is not None:
                return
        if request.render:
            send(self._render(request, send))

    def close(self) -> None:
        """End Pandoc."""
        self._translator.close()

    def _execute(self, page: Page) -> NotebookRun:
        settings = self._settings
        try:
            return execute_page(
                page,
                root=settings.root,
                target=settings.staged / page.path,
                scratch=settings.scratch,
                failed=settings.failed / page.path,
                engine=settings.engine,
                timeout=settings.timeout,
            )
        except Exception as error:
            line, details = f"{type(error).__name__}: {error}", traceback.format_exc()
            if isinstance(error, OSError) and error.strerror:
                # without the path: messages end up in the manifest, which may be published
                line, details = f"The notebook cannot be written: {error.strerror}.", ""
            return NotebookRun(page.path, 0.0, failure=page_failure(page, line, details))

    def _render(self, request: PageRequest, send: Callable[[PageEvent], None]) -> Rendering:
        page, times = request.page, []

        def on_stage(stage: str) -> None:
            times.append((stage, time.perf_counter()))
            send(PageStarted(page.path, stage))

        with _delayed_sigterm():
            failure = render_page(
                self._settings.staged,
                self._settings.site,
                page.path,
                self._config,
                linked_files=("index.html", *request.linked_files),  # every build makes index.html, after all pages
                translator=self._translator,
                on_stage=on_stage,
                pdf=request.pdf,
            )
        times.append(("", time.perf_counter()))
        seconds = {stage: round(after - at, 3) for (stage, at), (_, after) in pairwise(times)}
        return Rendering(page.path, rendering_failure(page, failure) if failure else None, seconds)

    @cached_property
    def _config(self) -> SiteConfig:
        return read_config(self._settings.staged)


@contextmanager
def _delayed_sigterm() -> Iterator[None]:
    """Delay SIGTERM until the page is written, which takes half a second."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_worker(requests: Connection, settings: WorkerSettings, log: str, environment: dict[str, str]) -> None:
    """Make pages until the other end closes.

    Parameters
    ----------
    requests : multiprocessing.connection.Connection
        Gives :class:`~race_equality.batch.page_requests.PageRequest`, takes its events.
    settings : WorkerSettings
    log : str
        A file for what kernels and libraries print; on the terminal it would break the progress bar.
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
    compile_apart()
    maker = PageMaker(settings)
    try:
        while True:
            try:
                request: PageRequest = requests.recv()
            except EOFError:
                return
            maker.make(request, requests.send)
    finally:
        maker.close()
