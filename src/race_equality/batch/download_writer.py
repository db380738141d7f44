"""Writes the files to download of a build, in a process forked from the one that has read the figures.

So the process that builds holds no figures, and what notebooks share is computed once for the files as well. Where no
process can be forked, and after the end of one, the files are written in the process that builds.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forked_kernels import ADDRESS_VARIABLE, ForkedProcess, ForkRefused
from race_equality.batch import stopped

if TYPE_CHECKING:
    from race_equality.downloads.files import Downloads
    from race_equality.project import Project


class DownloadWriter:
    """Writes files to download.

    Parameters
    ----------
    project : Project
        The checkout.
    site : Path
        The folder that is published.
    server : int, optional
        The process that forks others, whose address the environment has; without it, files are written in this process.
    """

    def __init__(self, project: Project, site: Path, *, server: int | None = None) -> None:
        self._project, self._site, self._server = project, site, server
        self._process: ForkedProcess | None = None
        self._connection: Connection | None = None
        self._is_here = server is None

    def prepare(self) -> None:
        """Compute the findings of all trusts, which pages on all trusts then read."""
        self._ask("prepare")

    def write_trust(self, code: str) -> list[str]:
        """Write a trust's files, and name them, relative to the site.

        Raises
        ------
        RaceEqualityError
            When figures or settings cannot be used.
        OSError
            When a file cannot be written.
        """
        return self._ask("write_trust", code)

    def write_site(self) -> list[str]:
        """Write the files of all trusts, and name them; errors as of :meth:`write_trust`."""
        return self._ask("write_site")

    def close(self) -> None:
        """End the process. Files are written in this one from then on."""
        self._is_here = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.close()
            self._process = None

    def __enter__(self) -> DownloadWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(self, what: str, *arguments: Any) -> list[str]:
        if not self._is_here:
            try:
                with stopped.ended_when_stopped(self._processes):
                    self._start()
                    assert self._connection is not None
                    self._connection.send((what, arguments))
                    answer, error = self._connection.recv()
            except (ForkRefused, OSError, EOFError):  # none can be forked, or it ended
                self.close()
            else:
                if error is not None:
                    raise error
                return list(answer)
        return _answer(self._here, what, *arguments)

    def _start(self) -> None:
        if self._process is None:
            self._process = ForkedProcess(
                os.environ.get(ADDRESS_VARIABLE, ""),
                [str(self._project.root), str(self._site)],
                env=dict(os.environ),
                cwd=str(self._project.root),
                function=f"{__name__}:serve",
            )
            self._connection = Connection(os.dup(self._process.messages.fileno()))

    def _processes(self) -> tuple[int, ...]:
        own = self._process.pid if self._process is not None else None
        return tuple(pid for pid in (self._server, own) if pid is not None)

    @cached_property
    def _here(self) -> _Answers:
        return _Answers(self._project, self._site)


class _Answers:
    """Does what is asked, in whichever process."""

    def __init__(self, project: Project, site: Path) -> None:
        self._project, self._site = project, site

    @cached_property
    def _downloads(self) -> Downloads:
        from race_equality.downloads.files import Downloads

        return Downloads(self._project)

    def prepare(self) -> list[str]:
        from race_equality.store.cache import forget_results

        data = self._downloads.data
        # all that is made of every figure, before the memory that it took is given back
        _ = data.findings_by_trust, data.published, data.latest, data.caught
        forget_results()  # this process has the findings and asks for no other result of all figures
        return []

    def write_trust(self, code: str) -> list[str]:
        from race_equality.store.trusts import resolve_trust

        trust = resolve_trust(code, project=self._project)
        return self._downloads.write_trust(trust, self._site) if self._downloads.has_figures else []

    def write_site(self) -> list[str]:
        return self._downloads.write_site(self._site) if self._downloads.has_figures else []


def _answer(answers: _Answers, what: str, *arguments: Any) -> list[str]:
    names: list[str] = getattr(answers, what)(*arguments)
    return names


def serve(channel: socket.socket, root: str, site: str) -> None:
    """Answer until the other end closes.

    Parameters
    ----------
    channel : socket.socket
        Takes ``(what, arguments)`` and gives ``(names, None)``, or ``(None, error)``.
    root, site : str
        The checkout, and the folder that is published.
    """
    from race_equality.project import Project

    connection = Connection(os.dup(channel.fileno()))
    channel.close()
    answers = _Answers(Project(Path(root)), Path(site))
    with suppress(EOFError, ConnectionResetError):
        while True:
            what, arguments = connection.recv()
            try:
                answer: tuple[list[str] | None, Exception | None] = _answer(answers, what, *arguments), None
            except Exception as error:
                answer = None, error
            connection.send(answer)
