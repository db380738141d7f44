"""``race-equality lab``: JupyterLab in its own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION OF JUPYTER LAB]...")
def lab(options: tuple[str, ...]) -> None:
    """Open the notebooks in JupyterLab.

    It is in an environment of its own, .venv-lab, which `make lab` sets up: in the one that builds reports it would slow
    each notebook down.

    \b
    race-equality lab
    race-equality lab --no-browser
    """
    from race_equality.errors import RaceEqualityError
    from race_equality.project import find_project

    root = find_project().root
    program = next(filter(Path.is_file, _programs(root)), None)
    if program is None:
        raise RaceEqualityError(
            "JupyterLab is not set up yet. Set it up and open it: make lab\n"
            "Without make: python -m venv .venv-lab, then with the Python in it: -m pip install -r requirements-lab.lock, and "
            "-m pip install --no-deps --no-build-isolation -e ."
        )
    command = [str(program), "lab", *options, str(root / "notebooks")]
    if os.name == "nt":  # there exec returns to the shell at once
        sys.exit(subprocess.call(command, cwd=root))
    os.chdir(root)
    os.execv(program, command)


def _programs(root: Path) -> list[Path]:
    """Where JupyterLab may be: in its own environment, or in the one that this runs in."""
    folders = (root / ".venv-lab" / "bin", root / ".venv-lab" / "Scripts", Path(sys.executable).parent)
    suffix = ".exe" if os.name == "nt" else ""
    own = [folder / f"jupyter{suffix}" for folder in folders[:2]]
    # in the environment that builds, jupyter is there for its kernels, and has no lab
    return [*own, *([folders[2] / f"jupyter{suffix}"] if (folders[2] / f"jupyter-lab{suffix}").is_file() else [])]
