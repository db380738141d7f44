"""Copy the Quarto project to a folder for executed notebooks."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.files import copy_atomically, write_atomically
from race_equality.project import Project
from race_equality.render.edition import Edition, as_setting, no_edition
from race_equality.render.extension import EXTENSION, IN_PROJECT, extension_of, files_of

#: What only the built-in renderer has: the frame of its pages, and what Pandoc runs for it.
ASSETS = Path(__file__).parent / "assets"

#: Where ``_quarto.yml`` of a checkout expects executed notebooks (race_equality.commands.quarto_steps).
EXECUTED = "executed"

#: The steps of a plain ``quarto render``, which a build has taken by itself.
_STEPS = re.compile(r"^( *(?:pre|post)-render:) scripts/quarto_steps\.py.*$", re.MULTILINE)

#: Files and folders of every checkout that are not for its pages, or are copied in another way.
_OUR_OWN = frozenset(
    "_quarto.yml index.qmd environment.yml corrections.yml _site benchmarks data docs executed notebooks output params scripts src tests "
    "trusts".split()
)
#: Files in a folder that is an environment, an earlier output or another project.
_NO_PART = ("pyvenv.cfg", "manifest.json", ".lock", "_quarto.yml", "pyproject.toml")
_KINDS = frozenset(".yml .yaml .qmd .md .css .scss .lua .js .svg .png .jpg .ico .typ .bib .csl .woff2".split())
#: At the top, git ignores pages: they may be a trust's.
_KINDS_INSIDE = frozenset(".html .ttf .otf .json .gif .webp .tex .docx .ejs .ts .theme".split())


def stage_project(project: Project, target: Path, edition: Edition | None = None) -> None:
    """Copy all that a Quarto project needs, except its notebooks.

    Parameters
    ----------
    project : Project
        The checkout.
    target : Path
        The folder of the staged project, made if it is not there. Executed notebooks go into its
        ``notebooks`` and ``trusts``; those that are there stay.
    edition : Edition, optional
        What the site is an edition of; without it, none, with the date of the figures.

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
        text = _STEPS.sub(r"\1 []", text)
        if name == "_quarto.yml":
            text = f"{text.rstrip()}\n{as_setting(edition or no_edition(project))}"
        write_atomically(target / name, text)
    for file in own_files(project.root):
        copy_atomically(file, target / file.relative_to(project.root))
    if extension_of(project.root) == EXTENSION:
        stage_extension(project.root, target)


def stage_extension(root: Path, target: Path) -> None:
    """Copy the extension of a project, or this package's, to a staged project.

    Parameters
    ----------
    root, target : Path
    """
    extension = extension_of(root)
    for file in files_of(extension):
        copy_atomically(file, target / IN_PROJECT / file.relative_to(extension))


def own_files(root: Path) -> list[Path]:
    """Find what somebody has added to a checkout for its pages: style sheets, pages, ``_brand.yml``, ``_extensions`` and so on.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        Files of the kinds that Quarto reads, of the checkout's own folder and of folders that are not the project's and no
        environment or earlier output.
    """
    found = []
    for entry in sorted(root.iterdir()):
        if entry.name.startswith(".") or entry.name in _OUR_OWN or (entry.suffix == ".md" and entry.stem.isupper()):
            continue
        if entry.is_file() and entry.suffix in _KINDS:
            found.append(entry)
        elif entry.name == IN_PROJECT.parts[0]:
            found += files_of(entry)
        elif entry.is_dir() and not any((entry / name).exists() for name in _NO_PART):
            inside = (
                file for file in sorted(entry.rglob("*")) if file.is_file() and file.suffix in _KINDS | _KINDS_INSIDE
            )
            found += [file for file in inside if not any(part.startswith(".") for part in file.relative_to(root).parts)]
    return found
