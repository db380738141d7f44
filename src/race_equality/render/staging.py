"""Copy the Quarto project to a folder for executed notebooks."""

from __future__ import annotations

from pathlib import Path

from race_equality.files import copy_atomically, copy_folder, write_atomically
from race_equality.project import Project

#: Filters, style sheets, scripts and templates of both renderers.
ASSETS = Path(__file__).parent / "assets"

#: Where ``_quarto.yml`` expects the filters, style sheets and templates.
ASSETS_IN_PROJECT = Path("src", "race_equality", "render", "assets")

#: Folders of executed notebooks.
EXECUTED = ("notebooks", "trusts")

_EXECUTE_NOTHING = """\
# The notebooks here have been run. Quarto takes their outputs as they are.
execute:
  enabled: false
"""


def stage_project(project: Project, target: Path) -> None:
    """Copy all that a Quarto project needs, except its notebooks.

    Parameters
    ----------
    project : Project
        The checkout.
    target : Path
        The folder of the staged project, made if it is not there. Executed notebooks go into its
        ``notebooks`` and ``trusts``; those that are there stay.

    Notes
    -----
    The copy renders with either renderer, and with plain ``quarto render``, without running a
    notebook: a ``_metadata.yml`` in both folders says so.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in ("_quarto.yml", "index.qmd"):
        copy_atomically(project.root / name, target / name)
    copy_folder(ASSETS, target / ASSETS_IN_PROJECT)
    for folder in EXECUTED:
        write_atomically(target / folder / "_metadata.yml", _EXECUTE_NOTHING)
