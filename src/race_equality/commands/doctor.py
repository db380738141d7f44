"""``race-equality doctor``: what is there on this machine, and what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import click
from packaging.requirements import Requirement

from race_equality.project import Project

#: What a build of all trusts writes, and as much again while it is written.
_FREE_BYTES = 1_000_000_000
_OLDEST_PYTHON = (3, 11)

State = Literal["there", "missing", "can be added"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked for.

    Parameters
    ----------
    what : str
    state : str
        "there"; "missing", without which reports cannot be made or are wrong; "can be added", which something else needs.
    says : str
        What was found, or how to mend it.
    """

    what: str
    state: State
    says: str


@click.command()
def doctor() -> None:
    """Say what is there and what is missing: Python, packages, fonts, data, disk, and programs for more.

    Exit status: 0 when reports can be made, 1 when something that they need is missing.
    """
    checks = list(look())
    width = max(len(check.what) for check in checks)
    for check in checks:
        mark = {"there": "ok", "missing": "MISSING", "can be added": "-"}[check.state]
        first, *more = check.says.splitlines()
        click.echo(f"{mark:<8} {check.what:<{width}}  {first}")
        for line in more:
            click.echo(f"{'':<{width + 11}}{line}")
    missing = sum(check.state == "missing" for check in checks)
    click.echo("Reports can be made." if not missing else f"{missing} missing: mend what is marked MISSING.")
    sys.exit(bool(missing))


def look() -> Iterator[Check]:
    """Look for each thing in turn; what cannot be looked at is missing, and says why."""
    from race_equality.errors import RaceEqualityError
    from race_equality.project import find_project

    yield _python()
    try:
        project = find_project()
    except RaceEqualityError as error:
        yield Check("Project", "missing", str(error))
        return
    yield Check("Project", "there", str(project.root))
    checks: tuple[tuple[str, Callable[[Project], Check]], ...] = (
        ("Packages", _packages),
        ("Fonts", _fonts),
        ("Data", _data),
        ("Disk", _disk),
        ("Write access", _write_access),
        ("Commit hook", _hook),
    )
    for what, check in checks:
        try:
            yield check(project)
        except Exception as error:  # a package that a check itself needs may be what is missing
            yield Check(what, "missing", f"{type(error).__name__}: {error}")
    yield _program("Quarto", ("quarto",), "the built-in renderer makes the same pages; https://quarto.org")
    yield _program(
        "Chromium", ("chromium", "chromium-browser", "google-chrome"), "for tests of pages; apt-get install chromium"
    )
    yield _program("poppler", ("pdftotext",), "for tests of PDFs; apt-get install poppler-utils")
    lab = any((project.root / ".venv-lab" / folder).is_dir() for folder in ("bin", "Scripts"))
    yield Check("JupyterLab", "there" if lab else "can be added", ".venv-lab" if lab else "to explore; make lab")


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Check("Python", "missing", f"{version} is too old: 3.11 or newer is needed")
    return Check("Python", "there", f"{version}, {sys.executable}")


def _packages(project: Project) -> Check:
    """Hold what is installed to what reports need, and to the lock that the environment was made from."""
    needed = [Requirement(line) for line in metadata.requires("race-equality") or ()]
    if wrong := _differences(one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})):
        return Check("Packages", "missing", f"{wrong}\nmake environment, or pip install -r requirements.lock")
    lock = (project.root / "requirements.lock").read_text(encoding="utf-8")
    locked = [Requirement(line.strip()) for line in re.findall(r"^([a-z0-9][^\\\n]*)", lock, re.MULTILINE)]
    if wrong := _differences(one for one in locked if one.marker is None or one.marker.evaluate()):
        return Check("Packages", "can be added", f"all that reports need; other than in requirements.lock: {wrong}")
    return Check("Packages", "there", "as in requirements.lock")


def _differences(wanted: Iterable[Requirement]) -> str:
    """Name packages that are not installed, or in another version than is wanted; "" where there are none."""
    wrong = []
    for one in wanted:
        try:
            held = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is not installed")
            continue
        if not one.specifier.contains(held, prereleases=True):
            wrong.append(f"{one.name} is {held}, wanted is {one.specifier}")
    return "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else "")


def _fonts(project: Project) -> Check:
    from race_equality.render.fonts import FONT_DIRECTORY, FONT_FAMILY

    if not any(FONT_DIRECTORY.glob("*.ttf")):
        return Check("Fonts", "missing", f"{FONT_FAMILY} is not in {FONT_DIRECTORY}: install the package again")
    return Check("Fonts", "there", f"{FONT_FAMILY}, the font of pages and PDFs")


def _data(project: Project) -> Check:
    from race_equality.sources.store_check import check_store

    problems = check_store(project)
    if problems:
        return Check("Data", "missing", "\n".join(problems))
    return Check("Data", "there", "whole: each file is as it was read")


def _disk(project: Project) -> Check:
    free = shutil.disk_usage(project.root).free
    said = f"{free / 1e9:,.1f} GB free"
    if free < _FREE_BYTES:
        return Check("Disk", "missing", f"{said}: a build of all trusts needs {_FREE_BYTES / 1e9:.0f} GB")
    return Check("Disk", "there", said)


def _write_access(project: Project) -> Check:
    folders = [
        project.root / name for name in ("output", "data/figures", "data/sources", "data/local", "params/trusts")
    ]
    there = [next(part for part in (folder, *folder.parents) if part.is_dir()) for folder in folders]
    refused = sorted({str(folder) for folder in there if not os.access(folder, os.W_OK | os.X_OK)})
    if refused:
        return Check(
            "Write access", "missing", f"not to {', '.join(refused)}. Reports can go elsewhere: build --output"
        )
    return Check("Write access", "there", "to reports, data and params")


def _hook(project: Project) -> Check:
    """Whether git refuses a trust's own return by other ways than data/local as well."""
    try:
        end = subprocess.run(
            ["git", "-C", str(project.root), "rev-parse", "--git-path", "hooks/pre-commit"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return Check("Commit hook", "can be added", "git is not there")
    if end.returncode:
        return Check("Commit hook", "can be added", "this is no git repository")
    if (project.root / end.stdout.strip()).is_file():
        return Check("Commit hook", "there", "a commit with a trust's own return is refused")
    return Check(
        "Commit hook", "can be added", "refuses commits with a trust's own return; .venv/bin/pre-commit install"
    )


def _program(what: str, names: tuple[str, ...], why: str) -> Check:
    path = next(filter(None, map(shutil.which, names)), None)
    return Check(what, "there", str(Path(path))) if path else Check(what, "can be added", why)
