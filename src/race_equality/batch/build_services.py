"""What the notebooks of a build share: a warm parent, a process that draws, findings on all trusts.

Notebooks find each through the environment and do without where it is not there, so a notebook is
the same under plain papermill.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import forked_kernels

if TYPE_CHECKING:
    from race_equality.project import Project

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS")

#: Notebooks from which it is worth computing all findings on all trusts before the first one: that
#: takes a second or two, during which no notebook runs, and a notebook needs some of them.
_WORTH_COMPUTING_AHEAD = 8

#: The folders of findings and pictures for which everything runs.
_started: set[Path] = set()


@contextmanager
def shared_by_notebooks(
    cache: Path, project: Project, *, engine: str | None, jobs: int, notebooks: int
) -> Iterator[None]:
    """Start what notebooks share, and stop it.

    Parameters
    ----------
    cache : Path
        A folder of the output for findings and pictures, made when it is not there. Nothing in it is
        needed: what is missing or damaged is made again.
    project : Project
        The checkout.
    engine : str or None
        The papermill engine.
    jobs : int
        How many notebooks run at once.
    notebooks : int
        How many there are; without any, findings are shared with the build itself alone.

    Yields
    ------
    None
        With the environment set, for the processes that are started from here.

    Notes
    -----
    Within another one for the same folder nothing is started: builds that follow one another share
    what was started around them.
    """
    if cache.absolute() in _started:
        yield
        return
    from race_equality.batch import drawing_server
    from race_equality.report import vega_to_svg
    from race_equality.store.cache import FOLDER_VARIABLE

    findings = cache / f"findings-{_edition()}"
    pictures = cache / "pictures"
    for folder in (findings, pictures):
        folder.mkdir(parents=True, exist_ok=True)
    for old in cache.glob("findings-*"):
        if old != findings:
            shutil.rmtree(old, ignore_errors=True)
    vega_to_svg.forget_oldest(pictures)
    _forget_all_but_latest(findings)
    settings = {
        FOLDER_VARIABLE: str(findings.absolute()),
        vega_to_svg.FOLDER_VARIABLE: str(pictures.absolute()),
        # Each page has a core: threads of linear algebra, or of typst, would only wait for one another.
        **{name: os.environ.get(name, "1") for name in _THREADS},
    }
    with ExitStack() as stack:
        _started.add(cache.absolute())
        stack.callback(_started.remove, cache.absolute())
        stack.enter_context(_environment(settings))
        if notebooks and drawing_server.AVAILABLE:
            # Of a notebook's time a fifth is drawing: one process serves two notebooks or three.
            stack.enter_context(drawing_server.DrawingServer((jobs + 1) // 2))
        if notebooks and engine == "fork" and forked_kernels.AVAILABLE:
            arguments = (str(project.root), notebooks >= _WORTH_COMPUTING_AHEAD)
            stack.enter_context(
                forked_kernels.ForkServer(
                    share=True, prepare="race_equality.batch.preparation:prepare", arguments=arguments
                )
            )
        yield


def _edition() -> str:
    """Name the code and the versions that findings come from."""
    from race_equality.batch.manifest import hash_code, versions

    content = f"{hash_code()} {sorted(versions().items())}"
    return hashlib.blake2b(content.encode(), digest_size=10).hexdigest()


#: Findings of one edition that are kept; a set of figures has a dozen or two.
_FINDINGS_AT_MOST = 500


def _forget_all_but_latest(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_FINDINGS_AT_MOST:]:
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
