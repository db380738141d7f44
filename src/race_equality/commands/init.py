"""``race-equality init``: begin a project anywhere, with the public figures that come with the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from race_equality.errors import RaceEqualityError
from race_equality.files import copy_atomically
from race_equality.project import PACKAGED, Project
from race_equality.render.extension import EXTENSION, files_of

#: What a project begins with; pyproject.toml puts the same into the wheel.
_BEGINS_WITH = (
    ".gitignore _quarto*.yml index.qmd data/README.md data/addresses.yml data/figures/* data/sources/*.yml data/layouts/*.yml "
    "notebooks/.gitignore notebooks/_quarto.yml notebooks/*.ipynb params/_defaults.yml params/trusts/DEMO.yml "
    "scripts/quarto_steps.py"
).split()


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Begin a project in FOLDER, which is new or empty: notebooks, public figures, settings.

    It is what a checkout holds without the program's own code, so that reports can be made, figures added and questions
    asked wherever the package is installed: `pip install` it, `race-equality init my-reports`, `cd my-reports`,
    `race-equality build R1H`. No trust's own return is in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RaceEqualityError(f"{folder} holds files already. Name a folder that is new or empty.")
    files = list(_files(beginning()))
    for source, name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy_atomically(source, folder / name)
    click.echo(f"Wrote {len(files)} files of a project to {folder}.")
    click.echo(
        f"Next: cd {folder}, then race-equality build R1H, race-equality new-notebook NAME, or race-equality --help."
    )


def beginning() -> Project:
    """Return what projects begin with: what the wheel holds, or the checkout that this package was installed from."""
    return Project(PACKAGED if PACKAGED.is_dir() else Path(__file__).parents[3])


def _files(project: Project) -> Iterator[tuple[Path, str]]:
    for pattern in _BEGINS_WITH:
        found = sorted(file for file in project.root.glob(pattern) if file.is_file() and file.stem != "Untitled")
        if not found:
            raise RaceEqualityError(f"The installed package has no {pattern}. Install it again.")
        for file in found:
            yield file, file.relative_to(project.root).as_posix()
    for file in files_of(EXTENSION):
        yield file, file.relative_to(project.root).as_posix()
