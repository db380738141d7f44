"""What ``quarto render`` starts before and after it renders the project: run the notebooks, and list the reports.

Quarto renders the executed copies in ``executed/``, so no notebook in git is ever written to, and each runs once for
all formats.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from race_equality.errors import InputError, RaceEqualityError
from race_equality.files import copy_atomically
from race_equality.project import Project, find_project
from race_equality.render.staging import EXECUTED
from race_equality.render.vega import publish_library

if TYPE_CHECKING:
    from rich.console import Console

#: Names of the pages that could not be made, for the step after rendering.
_FAILED = "failed.txt"

#: A profile that is meant as a trust's code, known or not.
_LIKE_A_CODE = re.compile(r"(?=.*\d)[A-Z0-9]{3,5}")


def main(step: str) -> int:
    """Run a step.

    Parameters
    ----------
    step : {"before", "after"}

    Returns
    -------
    int
        The exit status. Quarto ends when it is not 0: before rendering if a report cannot be asked for or no notebook
        ran, after it if some did not.
    """
    project = find_project(Path.cwd())
    try:
        return _before(project) if step == "before" else _after(project)
    except RaceEqualityError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2


def _before(project: Project) -> int:
    from rich.console import Console

    from race_equality.batch.build import BuildOptions, build
    from race_equality.batch.plan import Plan, plan_build
    from race_equality.batch.pool import usable_cores
    from race_equality.batch.progress import show_progress
    from race_equality.commands.main import _group_failures, _print_failure

    console = Console(stderr=True, highlight=False)
    asked_pages = _asked_pages()
    if asked_pages is None:
        plan = plan_build(asked_reports(project, *_command_line()), project=project)
    else:
        codes = [Path(page).stem.partition("-")[0] for page in asked_pages if page.startswith("trusts/")]
        every = plan_build(codes, project=project)
        plan = Plan(tuple(page for page in every.pages if page.path in asked_pages), every.notes)
    for note in plan.notes:
        console.print(note, markup=False)
    output = project.root / "output"
    result = build(
        plan,
        BuildOptions(output=output, jobs=usable_cores(), engine=_engine_for(console), renderer="none"),
        project=project,
        show_progress=lambda pages: show_progress(pages, console),
    )
    for alike in _group_failures(result.failures):
        _print_failure(alike, console)
    ran = {page.path for page in (*result.done, *result.current)}
    executed = project.root / EXECUTED
    if asked_pages is None:  # of an earlier render of other reports
        for file in executed.glob("*/*.ipynb"):
            if file.relative_to(executed).as_posix() not in ran:
                file.unlink()
    for path in ran:
        copy_atomically(output / "project" / path, executed / path)
    failed = [failure.page for failure in result.failures]
    executed.mkdir(exist_ok=True)
    (executed / _FAILED).write_text("\n".join(failed), encoding="utf-8")
    if result.interrupted:
        return 130
    return 1 if failed and not ran else 0


def _engine_for(console: Console) -> str | None:
    from race_equality.commands.main import engine_named

    return engine_named("fork", console)


def _after(project: Project) -> int:
    from race_equality.render.listing import list_executed

    site = Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"])
    list_executed(project.root, site)
    publish_library(site / EXECUTED)
    file = project.root / EXECUTED / _FAILED
    failed = file.read_text(encoding="utf-8").split() if file.is_file() else []
    if failed:
        print(f"Not made, because their notebooks failed (see above): {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _asked_pages() -> set[str] | None:
    """Return the pages that were asked for by name, relative to ``executed``; None when the whole project was."""
    if os.environ.get("QUARTO_PROJECT_RENDER_ALL"):
        return None
    names = os.environ.get("QUARTO_PROJECT_INPUT_FILES", "")
    if file := os.environ.get("QUARTO_USE_FILE_FOR_PROJECT_INPUT_FILES"):
        names = Path(file).read_text(encoding="utf-8")
    pages = (name.replace("\\", "/") for name in names.splitlines())
    return {page.removeprefix(f"{EXECUTED}/") for page in pages if page.startswith(f"{EXECUTED}/")}


def _command_line() -> tuple[list[str], Path]:
    """Return the command line and the folder of the Quarto that started this step.

    Quarto 1.10 gives the parameters of ``-P`` to notebooks that it runs itself and to no script, so they are read where
    they were written.
    """
    import psutil

    with suppress(psutil.Error):
        for process in psutil.Process().parents():
            line = process.cmdline()
            if any("quarto" in Path(part).name for part in line[:-1]) and {"render", "preview"} & set(line):
                return line, Path(process.cwd())
    return [], Path.cwd()


def asked_reports(project: Project, line: Sequence[str] = (), folder: Path | None = None) -> list[str]:
    """Find out whose reports a ``quarto render`` is to make.

    Parameters
    ----------
    project : Project
        The checkout.
    line : sequence of str, optional
        Quarto's command line: ``-P trust_code:RJ1`` counts first.
    folder : Path, optional
        Where Quarto was started, for ``--execute-params``.

    Returns
    -------
    list of str
        Codes; empty for every trust.

    Raises
    ------
    RaceEqualityError
        When a parameter is not ``trust_code``, or ``reports`` is missing or not a text or a list.

    Notes
    -----
    After the command line the first of these counts: ``reports`` in ``_quarto.yml.local``, in the file of a profile
    (``QUARTO_PROFILE``, which Quarto sets from ``--profile``), a profile without a file that is a trust's code or a
    region itself, ``reports`` in ``_quarto.yml``.
    """
    parameters = _parameters(line, folder or project.root)
    if unknown := parameters.keys() - {"trust_code"}:
        raise RaceEqualityError(
            f"quarto render takes the parameter trust_code alone, not {', '.join(sorted(unknown))}: run a notebook with "
            "others by `papermill notebooks/board_report.ipynb out.ipynb -p NAME VALUE`."
        )
    if parameters:
        return _codes(parameters["trust_code"], project, "-P trust_code")
    profiles = [name.strip() for name in os.environ.get("QUARTO_PROFILE", "").split(",") if name.strip()]
    for name in ["_quarto.yml.local", *(f"_quarto-{profile}.yml" for profile in profiles), "_quarto.yml"]:
        file = project.root / name
        if file.is_file():
            settings = _settings(file)
            if "reports" in settings:
                return _codes(settings["reports"], project, name)
        elif (profile := name.removeprefix("_quarto-").removesuffix(".yml")) in profiles:
            if _is_trust(profile, project) or _plain(profile) in map(_plain, _regions(project)):
                return _codes(profile, project, f"--profile {profile}")
    raise InputError(
        "It does not say whose reports to make.",
        file=project.root / "_quarto.yml",
        mend="Add a line such as `reports: RJ1`, `reports: London` or `reports: all`.",
    )


def _parameters(line: Sequence[str], folder: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for option, value in itertools.pairwise(line):
        if option in ("-P", "--execute-param"):
            name, _, text = value.partition(":")
            found[name] = text
        elif option == "--execute-params":
            found |= _settings(folder / value)
    return found


def _settings(file: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"It cannot be read ({error.strerror}).", file=file) from None
    except yaml.YAMLError as error:
        raise InputError(f"It is not YAML: {getattr(error, 'problem', None) or error}.", file=file) from None
    return settings if isinstance(settings, dict) else {}


def _codes(asked: object, project: Project, place: str) -> list[str]:
    """Return the codes of trusts, of the trusts of a region, or none for all."""
    if isinstance(asked, str) and asked.strip().lower() == "all":
        return []
    names = asked.split(",") if isinstance(asked, str) else asked
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise RaceEqualityError(f"{place} must be a trust's code, a list of codes, a region or all, not {asked!r}.")
    regions = {_plain(region): codes for region, codes in _regions(project).items()}
    return list(itertools.chain.from_iterable(regions.get(_plain(name), [name.strip()]) for name in names))


def _regions(project: Project) -> Mapping[str, list[str]]:
    from race_equality.store.trusts import read_trusts

    trusts = read_trusts(project=project)
    return {str(region): list(members) for region, members in trusts.groupby("region")["trust_code"]}


def _is_trust(profile: str, project: Project) -> bool:
    from race_equality.store.trusts import resolve_trust

    with suppress(RaceEqualityError):
        return bool(resolve_trust(profile, project=project))
    return bool(_LIKE_A_CODE.fullmatch(profile))


def _plain(region: str) -> str:
    return "".join(letter for letter in region.lower() if letter.isalpha())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
