"""Where the project's folders are, from wherever a notebook or command was started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from race_equality.errors import RaceEqualityError

#: Names the project's folder, wherever a command or notebook is started.
ENVIRONMENT_VARIABLE = "RACE_EQUALITY_PROJECT"

#: What a wheel holds of a project: notebooks and public figures.
PACKAGED = Path(__file__).parent / "new_project"


@dataclass(frozen=True)
class Project:
    """The folders of one checkout.

    Parameters
    ----------
    root : Path
        The folder that holds ``_quarto.yml``, ``notebooks/``, ``data/`` and ``params/``.
    """

    root: Path

    @cached_property
    def figures(self) -> Path:
        """Tidy figures, one Parquet file a publication."""
        return self.root / "data" / "figures"

    @cached_property
    def sources(self) -> Path:
        """One YAML file a publication: title, publisher, address, licence, sha256, period."""
        return self.root / "data" / "sources"

    @cached_property
    def notebooks(self) -> Path:
        """The notebooks as committed, without outputs."""
        return self.root / "notebooks"

    @cached_property
    def params(self) -> Path:
        """``_defaults.yml`` and ``trusts/<code>.yml``."""
        return self.root / "params"


def find_project(start: str | os.PathLike[str] | None = None) -> Project:
    """Find the checkout that a folder belongs to.

    Parameters
    ----------
    start : path-like, optional
        Where to look from, upwards. Without it: the folder named by the environment variable ``RACE_EQUALITY_PROJECT``,
        then the working directory, then the checkout that this package was installed from.

    Returns
    -------
    Project

    Raises
    ------
    RaceEqualityError
        When no folder upwards holds both ``_quarto.yml`` and ``data/figures``.
    """
    if start is not None:
        starts = [Path(start)]
    elif named := os.environ.get(ENVIRONMENT_VARIABLE):
        starts = [Path(named)]
    else:
        starts = [Path.cwd(), Path(__file__).parent]
    for first in starts:
        for folder in (first.resolve(), *first.resolve().parents):
            if (folder / "_quarto.yml").is_file() and (folder / "data" / "figures").is_dir():
                return Project(folder)
    looked = ", ".join(str(folder) for folder in starts)
    raise RaceEqualityError(
        f"No race equality project at or above {looked}. Start inside one (the folder with _quarto.yml and data/figures), "
        f"begin one with `race-equality init FOLDER`, or set {ENVIRONMENT_VARIABLE}."
    )


def as_project(project: Project | str | os.PathLike[str] | None) -> Project:
    """Return a project to read from.

    Parameters
    ----------
    project : Project, path-like or None
        None for the one that :func:`find_project` finds. Where there is none, and none is named by the environment
        variable, it is what the installed package holds: the public figures, which nothing is written to.

    Returns
    -------
    Project

    Raises
    ------
    RaceEqualityError
        As :func:`find_project`.
    """
    if isinstance(project, Project):
        return project
    try:
        return find_project(project)
    except RaceEqualityError:
        if project is None and ENVIRONMENT_VARIABLE not in os.environ and PACKAGED.is_dir():
            return Project(PACKAGED)
        raise
