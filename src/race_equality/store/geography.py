"""Where things lie: the boundaries of integrated care boards, to draw a map by system."""

from __future__ import annotations

import json
import os
from typing import Any

from race_equality.errors import RaceEqualityError
from race_equality.project import Project, as_project
from race_equality.store.commits import place_of, reads_the_store

BOUNDARIES_FILE = "systems.geojson"
BOUNDARIES_SOURCE = "system_boundaries"


@reads_the_store
def read_system_boundaries(*, project: Project | str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Read the boundaries of the 42 integrated care boards of July 2022.

    Parameters
    ----------
    project : Project or path-like, optional
        Without it, the project that the working directory is in.

    Returns
    -------
    dict
        A GeoJSON feature collection, a feature each board in the order of their codes. Its
        properties are ``system_code``, the NHS code under which a board's figures are held and
        which ``data/figures/systems.csv`` lists (``"QKK"``), and ``system_name``, the short name
        that a trust's ``system`` gives. Coordinates are longitude and latitude in degrees.

    Raises
    ------
    RaceEqualityError
        When the file is not there, is not whole, or is not the one that its record was written with.

    Notes
    -----
    Boundaries of the Office for National Statistics, simplified; the source is
    ``read_source("system_boundaries")``. Boards keep these codes to 31 March 2026. Rings run
    clockwise, as published and as Vega expects the outside of an area.
    """
    from race_equality.store.recorded import refuse_changed  # which knows the file by this module

    project = as_project(project)
    path = place_of(project.figures / BOUNDARIES_FILE, project)
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RaceEqualityError(
            f"data/figures/{BOUNDARIES_FILE} is not there. Restore it from git, or run `race-equality data read`."
        ) from None
    except ValueError as error:
        raise RaceEqualityError(
            f"data/figures/{BOUNDARIES_FILE} is not whole ({error}). Restore it from git."
        ) from None
    refuse_changed([path], project)
    return found
