"""What the notebooks of a build share: a fork server, a drawing process, findings on all trusts.

Notebooks find each by an environment variable and work without it, so a notebook gives the same
outputs under plain papermill.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import forked_kernels
from race_equality.files import delete_made

if TYPE_CHECKING:
    from race_equality.project import Project

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS")

#: From this number of notebooks, findings on all trusts are computed and cells compiled before the first one runs. That
#: takes a second or two, in which no notebook runs.
_ENOUGH_TO_COMPUTE_AHEAD = 8


class Servers(NamedTuple):
    """Processes that were started for all notebooks of a build.

    Parameters
    ----------
    drawing : tuple of int
        Those that draw; a notebook waits for its chart for minutes.
    forking : int or None
        The one that kernels are forked from.
    """

    drawing: tuple[int, ...] = ()
    forking: int | None = None

    @property
    def waited_for(self) -> tuple[int, ...]:
        """All that notebooks wait for."""
        return self.drawing if self.forking is None else (*self.drawing, self.forking)


#: The cache folders for which the services are running.
_started: dict[Path, Servers] = {}


@contextmanager
def shared_by_notebooks(
    cache: Path, project: Project, *, engine: str | None, jobs: int, notebooks: int
) -> Iterator[Servers]:
    """Start what notebooks share, and stop it.

    Parameters
    ----------
    cache : Path
        A folder of the output for findings and pictures, made when it is not there. What is
        missing or damaged in it is made again.
    project : Project
        The checkout.
    engine : str or None
        The papermill engine.
    jobs : int
        How many notebooks run at once.
    notebooks : int
        How many there are; with none, only the folders for findings and pictures are set.

    Yields
    ------
    Servers
        The environment variables are set for processes started inside the context.

    Notes
    -----
    Inside another context for the same folder nothing is started: successive builds share the services
    started around them.
    """
    if cache.absolute() in _started:
        yield _started[cache.absolute()]
        return
    from race_equality.batch import drawing_server
    from race_equality.report import vega_to_svg
    from race_equality.store.result_folder import FOLDER_VARIABLE

    findings = cache / f"findings-{_code_version()}"
    pictures = cache / "pictures"
    for folder in (findings, pictures):
        folder.mkdir(parents=True, exist_ok=True)
    for old in cache.glob("findings-*"):
        if old != findings:
            delete_made(old, ("*.found", ".*.found.*", "*.parquet"))  # the last of earlier versions
    vega_to_svg.forget_oldest(pictures)
    _delete_oldest(findings)
    settings = {
        FOLDER_VARIABLE: str(findings.absolute()),
        vega_to_svg.FOLDER_VARIABLE: str(pictures.absolute()),
        # Each page has a core: threads of linear algebra or of typst would only wait for one another.
        **{name: os.environ.get(name, "1") for name in _THREADS},
    }
    with ExitStack() as stack:
        servers = _started[cache.absolute()] = Servers()
        stack.callback(_started.pop, cache.absolute())
        stack.enter_context(_environment(settings))
        if notebooks and drawing_server.AVAILABLE:
            # A fifth of a notebook's time is drawing: one process serves two or three notebooks.
            drawing = stack.enter_context(drawing_server.DrawingServer((jobs + 1) // 2))
            servers = servers._replace(drawing=tuple(drawing.pids))
        if notebooks and engine == "fork" and forked_kernels.AVAILABLE:
            is_enough = notebooks >= _ENOUGH_TO_COMPUTE_AHEAD
            server = stack.enter_context(
                forked_kernels.ForkServer(
                    share=True,
                    prepare="race_equality.batch.preparation:load_what_notebooks_share",
                    arguments=(str(project.root), is_enough),
                    notebooks=sorted(project.notebooks.glob("*.ipynb")) if is_enough else (),
                )
            )
            servers = servers._replace(forking=server.pid)
        _started[cache.absolute()] = servers
        yield servers


def _code_version() -> str:
    """Return a hash of the code and the versions that findings come from."""
    from race_equality.batch.manifest import hash_code, versions

    content = f"{hash_code()} {sorted(versions().items())}"
    return hashlib.blake2b(content.encode(), digest_size=10).hexdigest()


#: Files of findings that are kept; one set of figures has a dozen or two.
_MOST_FINDINGS = 500


def _delete_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.found"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_MOST_FINDINGS:]:
        file.unlink(missing_ok=True)


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
