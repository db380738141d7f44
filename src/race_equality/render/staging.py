"""Copy the Quarto project to a folder for executed notebooks."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.files import copy_folder, write_atomically
from race_equality.project import Project

#: Filters, style sheets, scripts and templates of both renderers.
ASSETS = Path(__file__).parent / "assets"

#: Where ``_quarto.yml`` expects the filters, style sheets and templates.
ASSETS_IN_PROJECT = Path("src", "race_equality", "render", "assets")

#: Where ``_quarto.yml`` of a checkout expects executed notebooks (race_equality.commands.quarto_steps).
EXECUTED = "executed"

#: The steps of a plain ``quarto render``, which a build has taken by itself.
_STEPS = re.compile(r"^( *(?:pre|post)-render:) scripts/quarto_steps\.py.*$", re.MULTILINE)


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
    notebook. Its executed notebooks are at the top, so that this is where their pages are in the site. Lines
    keep their numbers, which errors name.
    """
    for folder in ("notebooks", "trusts"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    for name in ("_quarto.yml", "index.qmd"):
        text = re.sub(rf"\b{EXECUTED}/(notebooks|trusts)/", r"\1/", (project.root / name).read_text(encoding="utf-8"))
        write_atomically(target / name, _STEPS.sub(r"\1 []", text))
    copy_folder(ASSETS, target / ASSETS_IN_PROJECT)
