"""Which pages have to be made again, and why.

A page is run again when something that its notebook rests on has changed since, and rendered again
when the executed notebook or something that rendering rests on has. Content is compared, never time.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import forked_kernels
import race_equality
from race_equality.batch.manifest import figure_files, hash_file, hash_files, versions
from race_equality.batch.plan import Page
from race_equality.project import Project

#: What runs notebooks and writes the trust's name into them; notebooks need not import it.
_RUNS_NOTEBOOKS = ("batch/execute.py", "batch/preparation.py")

#: A line of code, also in a notebook's JSON, that imports from this package.
_IMPORT = re.compile(
    r'^[ \t"]*(?:from (race_equality[\w.]*) import (\([^)]*\)|[\w, ]*)|import (race_equality[\w.]*))', re.MULTILINE
)

_WORDS = {
    "notebook": "its notebook",
    "parameters": "its parameters",
    "params": "what is set in params/",
    "thresholds": "the thresholds of disclosure",
    "figures": "the figures",
    "code": "the package's code",
    "versions": "installed versions",
    "executed": "the executed notebook",
    "site": "_quarto.yml or the renderer's code",
    "downloads": "the downloads' code",
    "renderer": "the renderer",
}

#: What a page's notebook rests on, and what its HTML and PDF rest on, by name.
Parts = dict[str, str]


@dataclass(frozen=True)
class Work:
    """What there is to do for one page.

    Parameters
    ----------
    page : Page
    execute : bool
        Run the notebook; without it the executed one is rendered again.
    reasons : tuple of str
        Why; empty when the page is up to date.
    """

    page: Page
    execute: bool
    reasons: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.reasons)


class Inputs:
    """All that pages rest on, as it is now.

    Parameters
    ----------
    project : Project
        The checkout.
    renderer : str
        ``auto``, ``quarto`` or ``built-in``, as asked for.
    known : dict, optional
        What an earlier build worked out, kept for the next; brought up to date here.
    """

    def __init__(self, project: Project, renderer: str, known: dict[str, str] | None = None) -> None:
        self._project, self._renderer = project, renderer
        self.known = {} if known is None else known
        self._package = Path(race_equality.__file__).parent

    def of_notebook(self, page: Page) -> Parts:
        """Name and hash what the page's notebook rests on.

        Parameters
        ----------
        page : Page

        Returns
        -------
        dict of str to str
        """
        if page.trust is None:  # a page about all trusts may show what is set for any
            params = self._params
        else:
            params = [
                name
                for name in ("params/_defaults.yml", f"params/trusts/{page.trust.code}.yml")
                if name in self._params
            ]
        return {
            "notebook": self._hash(page.notebook),
            "parameters": _digest(dict(page.parameters)),
            "params": _digest({name: self._hash(name) for name in params}),
            "thresholds": self.thresholds,
            "figures": self._figures_of(page),
            "code": self._code,
            "versions": self._versions,
        }

    def figures_changed(self, page: Page, before: Mapping[str, str]) -> list[str]:
        """Name the files of figures that a page rests on and that are not as they were.

        Parameters
        ----------
        page : Page
        before : mapping of str to str
            File to SHA-256, as the manifest has them.

        Returns
        -------
        list of str
            Without their folders.
        """
        now = self.figure_hashes
        return sorted(
            Path(name).name for name in {*now, *before} if _concerns(page, name) and now.get(name) != before.get(name)
        )

    def of_rendering(self) -> Parts:
        """Name and hash what every page's HTML and PDF rest on, beside the executed notebook."""
        return {
            "site": self._site,
            "renderer": self._renderer_found,
            "versions": self._versions,
            "downloads": self._downloads,
        }

    def of_downloads(self) -> Parts:
        """Name and hash what the tables of all trusts rest on."""
        return {
            "params": self._all_params,
            "figures": self._all_figures,
            "code": self._code,
            "versions": self._versions,
            "downloads": self._downloads,
        }

    @cached_property
    def _all_params(self) -> str:
        files = [path for path in self._project.params.rglob("*.yml") if path.is_file()]
        return hash_files(files, base=self._project.params)

    def of_index(self) -> Parts:
        """Name and hash what the first page rests on, beside the pages it lists."""
        return {**self.of_rendering(), "index": self._hash("index.qmd")}

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {}

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            self._hashes[name] = hash_file(self._project.root / name)
        return self._hashes[name]

    @cached_property
    def _params(self) -> dict[str, None]:
        folder = self._project.params
        files = sorted([*folder.glob("*.yml"), *folder.glob("trusts/*.yml")])
        return dict.fromkeys(file.relative_to(self._project.root).as_posix() for file in files if file.is_file())

    @cached_property
    def thresholds(self) -> str:
        """A hash of every trust's rule: every page hides of every trust what that trust's rule hides."""
        basis = _digest(self.of_downloads())
        if self.known.get("basis") != basis:
            # Reading settings imports half of the package: not where nothing has changed.
            from race_equality.disclosure.rules import read_rules

            rules = read_rules(project=self._project)
            each = {"": rules.usual, **rules.own}
            pairs = {code: [rule.minimum_responses, rule.minimum_people] for code, rule in each.items()}
            self.known.update(basis=basis, thresholds=_digest(pairs))
        return self.known["thresholds"]

    def _figures_of(self, page: Page) -> str:
        owner = page.trust.code if page.trust is not None else _EVERYBODY
        if owner not in self._owners:
            owner = _NOBODY
        if owner not in self._figure_digests:
            concerned = {n: h for n, h in self.figure_hashes.items() if _concerns(page, n)}
            self._figure_digests[owner] = _digest(concerned)
        return self._figure_digests[owner]

    @cached_property
    def _figure_digests(self) -> dict[str, str]:
        return {}

    @cached_property
    def _owners(self) -> set[str | None]:
        return {_EVERYBODY, *map(_owner, self.figure_hashes)}

    @cached_property
    def figure_hashes(self) -> dict[str, str]:
        """SHA-256 of each file of figures, and of each description of a source."""
        names = [*figure_files(self._project), *self._source_descriptions]
        return {name: self._hash(name) for name in names}

    @cached_property
    def _all_figures(self) -> str:
        return _digest(self.figure_hashes)

    @cached_property
    def _source_descriptions(self) -> list[str]:
        return [path.relative_to(self._project.root).as_posix() for path in sorted(self._project.sources.glob("*.yml"))]

    @cached_property
    def _code(self) -> str:
        """The modules that notebooks import, those that these import, and so on, with the files next to them."""
        modules: set[Path] = set()
        found = [*(self._package / name for name in _RUNS_NOTEBOOKS), *self._project.notebooks.glob("*.ipynb")]
        while found:
            file = found.pop()
            if file not in modules:
                modules.add(file)
                found += self._imported(file.read_text(encoding="utf-8"))
        modules = {file for file in modules if file.is_relative_to(self._package)}
        folders = {file.parent for file in modules}
        others = {file for folder in folders for file in folder.iterdir() if file.is_file() and file.suffix != ".py"}
        kernels = Path(forked_kernels.__file__).parent
        code = hash_files(modules | others, base=self._package)
        return _digest([code, hash_files(kernels.rglob("*.py"), base=kernels)])

    def _imported(self, code: str) -> Iterator[Path]:
        for package, names, module in _IMPORT.findall(code):
            for name in (package or module, *(f"{package}.{name}" for name in re.findall(r"\w+", names))):
                place = self._package.joinpath(*name.split(".")[1:])
                files = [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
                if name == "race_equality" and package:
                    # what the package itself offers is imported when it is asked for, and not with a room of it
                    files = []
                elif package == "race_equality" and not files:
                    files = [self._package / "__init__.py"]
                yield from files

    @cached_property
    def _site(self) -> str:
        files = [
            path for path in (self._package / "render").rglob("*") if path.is_file() and "__pycache__" not in path.parts
        ]
        return _digest([self._hash("_quarto.yml"), hash_files(files, base=self._package)])

    @cached_property
    def _downloads(self) -> str:
        folder = self._package / "downloads"
        return hash_files(folder.rglob("*.py"), base=self._package)

    @cached_property
    def _renderer_found(self) -> str:
        quarto = None if self._renderer == "built-in" else shutil.which("quarto")
        if quarto is None:
            return "built-in"
        # Quarto takes a second to say its version; its size and time change with it.
        status = Path(quarto).resolve().stat()
        return f"quarto {status.st_size} {status.st_mtime_ns}"

    @cached_property
    def _versions(self) -> str:
        return _digest(versions())


#: Figures that stand in the report of one trust and in no comparison: a trust's own return on its
#: patients, and the invented ones of the demonstration trust. A test holds a report to it. All others
#: count for every report, because each sets its trust beside all the others.
_OWN_RETURN = "patients_return_"
_DEMONSTRATION = "demonstration"
_EVERYBODY, _NOBODY = "all trusts", "no trust"


def _owner(name: str) -> str | None:
    """Return the code of the trust that a file of figures concerns alone, or None."""
    from race_equality.store.trusts import DEMONSTRATION_CODE

    stem = Path(name).stem
    if stem == _DEMONSTRATION:
        return DEMONSTRATION_CODE
    return stem.removeprefix(_OWN_RETURN).upper() if stem.startswith(_OWN_RETURN) else None


def _concerns(page: Page, name: str) -> bool:
    return page.trust is None or _owner(name) in (None, page.trust.code)


def decide(
    page: Page,
    entry: Mapping[str, Any],
    inputs: Inputs,
    *,
    staged: Path,
    site: Path,
    figures_before: Mapping[str, str] | None = None,
) -> Work:
    """Decide what there is to do for a page.

    Parameters
    ----------
    page : Page
    entry : mapping
        The manifest's record of the page; empty when there is none.
    inputs : Inputs
        What pages rest on now.
    staged, site : Path
        The folders of executed notebooks and of pages.
    figures_before : mapping of str to str, optional
        Files of figures with their SHA-256 as they were then, to name those that changed.

    Returns
    -------
    Work
    """
    if not entry:
        return Work(page, True, ("it has not been made yet",))
    if entry.get("status") == "failed" and "executed" not in entry:
        return Work(page, True, ("it failed the last time",))
    changed = _changed(entry.get("rests_on", {}), inputs.of_notebook(page))
    if changed:
        named = inputs.figures_changed(page, figures_before) if figures_before else []
        if named:
            some = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
            changed = tuple(f"{why} ({some})" if why.startswith(_WORDS["figures"]) else why for why in changed)
        return Work(page, True, changed)
    executed = entry.get("executed", {})
    if not is_there(staged / page.path, executed.get("bytes")):
        return Work(page, True, ("the executed notebook is gone or was changed",))
    if entry.get("status") != "done":
        return Work(page, False, ("it was executed and not rendered",))
    changed = _changed(entry.get("rendered_from", {}), inputs.of_rendering())
    if changed:
        return Work(page, False, changed)
    outputs = entry.get("outputs", {})
    missing = [name for name, size in outputs.items() if not is_there(site / name, size)]
    if missing or not outputs:
        return Work(page, False, (f"{', '.join(missing) or 'the page'} is gone or was changed",))
    return Work(page, False, ())


def outputs_of(page: Page, site: Path) -> dict[str, int]:
    """Name the files of a page in the site, with their sizes.

    Parameters
    ----------
    page : Page
    site : Path

    Returns
    -------
    dict of str to int
    """
    stem = page.path.removesuffix(".ipynb")
    found = {}
    for ending in (".html", ".pdf", ".ipynb", "-figures.csv", "-figures.ods"):
        file = site / f"{stem}{ending}"
        if file.is_file():
            found[f"{stem}{ending}"] = file.stat().st_size
    return found


def is_there(file: Path, size: int | None) -> bool:
    """Whether a file is there, as long as it was when it was written."""
    # Two hundred pages are looked at in milliseconds; hashing them would take a second.
    try:
        return file.stat().st_size == size
    except OSError:
        return False


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{_WORDS.get(name, name)} changed" for name in now if before.get(name) != now[name])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
