"""Which pages have to be made again, and why.

A notebook is run again when one of its inputs has changed, and rendered again when the executed
notebook or another input of rendering has. Contents of inputs are compared, never times.
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
from race_equality.render.edition import Edition, no_edition
from race_equality.render.extension import EXTENSION, files_of
from race_equality.render.staging import own_files

#: Modules that run notebooks and write into them, which notebooks need not import.
_NOTEBOOK_RUNNERS = ("batch/execute.py", "batch/preparation.py")

#: A line of code, also in a notebook's JSON, that imports from this package.
_IMPORT = re.compile(
    r'^[ \t"]*(?:from (race_equality[\w.]*) import (\([^)]*\)|[\w, ]*)|import (race_equality[\w.]*))', re.MULTILINE
)

#: Pages that are no notebooks; those that a project has are made with the index.
_PAGES = (".qmd", ".md")

#: How each kind of input is called in the reason that is printed.
_INPUT_WORDS = {
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
    "edition": "the edition, or the newest day on which a publication was read,",
}

#: The inputs of a notebook, or of its HTML and PDF: name to hash.
Hashes = dict[str, str]

#: What a file that was made is recognised by: ``bytes``, ``mtime_ns`` and ``sha256``.
Fingerprint = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What has to be done for one page.

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
        """Whether anything has to be done."""
        return bool(self.reasons)


class Inputs:
    """Hashes of all that pages are made from, as it is now.

    Parameters
    ----------
    project : Project
        The checkout.
    renderer : str
        ``auto``, ``quarto`` or ``built-in``, as asked for.
    known : dict, optional
        Hashes that an earlier build computed; updated here.
    edition : Edition, optional
        What the site is an edition of.
    """

    def __init__(
        self, project: Project, renderer: str, known: dict[str, str] | None = None, edition: Edition | None = None
    ) -> None:
        self._project, self._renderer = project, renderer
        self.edition = edition or no_edition(project)
        self.known = {} if known is None else known
        self._package = Path(race_equality.__file__).parent
        self._hashes: dict[str, str] = {}  # by file
        self._figure_digests: dict[str, str] = {}  # by trust

    def notebook_hashes(self, page: Page) -> Hashes:
        """Hash each input of the page's notebook.

        Parameters
        ----------
        page : Page

        Returns
        -------
        dict of str to str
        """
        if page.trust is None:  # a page about all trusts may show what is set for any
            params = list(self._params)
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
            "figures": self._figures_hash(page),
            "code": self._code,
            "versions": self._versions,
        }

    def figures_changed(self, page: Page, before: Mapping[str, str]) -> list[str]:
        """Name the files of figures that a page is made from and that have changed.

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
            Path(name).name
            for name in {*now, *before}
            if _is_input_of(page, name) and now.get(name) != before.get(name)
        )

    def rendering_hashes(self) -> Hashes:
        """Hash each input of every page's HTML and PDF, except the executed notebook."""
        return {
            "site": self._site,
            "renderer": self._renderer_found,
            "edition": _digest(vars(self.edition)),
            "versions": self._versions,
            "downloads": self._downloads,
        }

    def download_hashes(self) -> Hashes:
        """Hash each input of the files to download."""
        return {
            "params": self._all_params,
            "figures": _digest(self.figure_hashes),
            "code": self._code,
            "versions": self._versions,
            "downloads": self._downloads,
        }

    @cached_property
    def _all_params(self) -> str:
        files = [path for path in self._project.params.rglob("*.yml") if path.is_file()]
        return hash_files(files, base=self._project.params)

    def index_hashes(self) -> Hashes:
        """Hash each input of the site's index page, except the pages it lists."""
        pages = [file for file in own_files(self._project.root) if file.suffix in _PAGES]
        index = _digest([self._hash("index.qmd"), hash_files(pages, base=self._project.root)])
        return {**self.rendering_hashes(), "index": index}

    def other_hashes(self) -> dict[str, str]:
        """Hash each file of the project that a page may be made from, besides the figures.

        Returns
        -------
        dict of str to str
            File to SHA-256.
        """
        root = self._project.root
        notebooks = self._project.notebooks.glob("[!_.]*.ipynb")
        layouts = (root / "data" / "layouts").glob("*.yml")
        files = [*notebooks, *self._project.params.rglob("*.yml"), *layouts, *own_files(root)]
        names = ["_quarto.yml", "index.qmd", *(file.relative_to(root).as_posix() for file in files if file.is_file())]
        return {name: self._hash(name) for name in sorted(names)}

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
        """A hash of the rules of all trusts: every page applies each trust's own rule."""
        basis = _digest(self.download_hashes())
        if self.known.get("basis") != basis:
            # Reading settings imports half of the package, so only when something has changed.
            from race_equality.disclosure.rules import read_rules

            rules = read_rules(project=self._project)
            each = {"": rules.usual, **rules.own}
            pairs = {code: [rule.minimum_responses, rule.minimum_people] for code, rule in each.items()}
            self.known.update(basis=basis, thresholds=_digest(pairs))
        return self.known["thresholds"]

    def _figures_hash(self, page: Page) -> str:
        owner = page.trust.code if page.trust is not None else _ALL_TRUSTS
        if owner not in self._owners:
            owner = _NO_TRUST
        if owner not in self._figure_digests:
            concerned = {n: h for n, h in self.figure_hashes.items() if _is_input_of(page, n)}
            self._figure_digests[owner] = _digest(concerned)
        return self._figure_digests[owner]

    @cached_property
    def _owners(self) -> set[str | None]:
        return {_ALL_TRUSTS, *map(_owner, self.figure_hashes)}

    @cached_property
    def figure_hashes(self) -> dict[str, str]:
        """SHA-256 of each file of figures, and of each description of a source."""
        sources = [path.relative_to(self._project.root).as_posix() for path in self._project.sources.glob("*.yml")]
        names = [*figure_files(self._project), *sorted(sources)]
        return {name: self._hash(name) for name in names}

    @cached_property
    def _code(self) -> str:
        """The modules that notebooks import, those that these import, and so on, with the files next to them."""
        modules: set[Path] = set()
        found = [*(self._package / name for name in _NOTEBOOK_RUNNERS), *self._project.notebooks.glob("*.ipynb")]
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
        # indicators that a layout declares are part of the registry
        layouts = hash_files((self._project.root / "data" / "layouts").glob("*.yml"), base=self._project.root)
        return _digest([code, hash_files(kernels.rglob("*.py"), base=kernels), layouts])

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
        own = [file for file in own_files(self._project.root) if file.suffix not in _PAGES]
        hashes = [
            hash_files(files, base=self._package),
            hash_files(files_of(EXTENSION), base=EXTENSION),
            hash_files(own, base=self._project.root),
        ]
        return _digest([self._hash("_quarto.yml"), *hashes])

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


#: Figures that are in the report of one trust and in no comparison: a trust's own return on its
#: patients, and the invented ones of the demonstration trust; a test checks it. All others are inputs
#: of every report, because each compares its trust with all the others.
_OWN_RETURN = "patients_return_"
_ALL_TRUSTS, _NO_TRUST = "all trusts", "no trust"


def _owner(name: str) -> str | None:
    """Return the code of the trust that a file of figures concerns alone, or None."""
    from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_SOURCE

    stem = Path(name).stem
    if stem == DEMONSTRATION_SOURCE:
        return DEMONSTRATION_CODE
    return stem.removeprefix(_OWN_RETURN).upper() if stem.startswith(_OWN_RETURN) else None


def is_input_of(name: str, code: str | None) -> bool:
    """Whether a trust's page is made from a file of figures; for a code of None, whether a page on all trusts is."""
    return code is None or _owner(name) in (None, code)


def _is_input_of(page: Page, name: str) -> bool:
    return is_input_of(name, page.trust.code if page.trust is not None else None)


def decide_work(
    page: Page,
    entry: Mapping[str, Any],
    inputs: Inputs,
    *,
    staged: Path,
    site: Path,
    figures_before: Mapping[str, str] | None = None,
    by_content: bool = False,
) -> Work:
    """Decide what has to be done for a page.

    Parameters
    ----------
    page : Page
    entry : mapping
        The manifest's record of the page; empty when there is none.
    inputs : Inputs
        The inputs as they are now.
    staged, site : Path
        The folders of executed notebooks and of pages.
    figures_before : mapping of str to str, optional
        File to SHA-256 at the last build, to name those that changed.
    by_content : bool
        Whether to read each file that was made, also where its size and time are those recorded.

    Returns
    -------
    Work
    """

    def rendered_again(*why: str) -> Work:
        # what a page is made from is read in any case: a flipped bit changes neither size nor time
        if is_unchanged(staged / page.path, entry.get("executed"), by_content=True):
            return Work(page, False, why)
        return Work(page, True, ("the executed notebook was changed",))

    if not entry:
        return Work(page, True, ("it has not been made yet",))
    if entry.get("status") == "failed" and "executed" not in entry:
        return Work(page, True, ("it failed the last time",))
    changed = _changed(entry.get("rests_on", {}), inputs.notebook_hashes(page))
    if changed:
        named = inputs.figures_changed(page, figures_before) if figures_before else []
        if named:
            some = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
            changed = tuple(f"{why} ({some})" if why.startswith(_INPUT_WORDS["figures"]) else why for why in changed)
        return Work(page, True, changed)
    if not is_unchanged(staged / page.path, entry.get("executed"), by_content=by_content):
        return Work(page, True, ("the executed notebook is gone or was changed",))
    if entry.get("status") != "done":
        return rendered_again("it was executed and not rendered")
    changed = _changed(entry.get("rendered_from", {}), inputs.rendering_hashes())
    if changed:
        return rendered_again(*changed)
    outputs = entry.get("outputs", {})
    missing = [
        name for name, recorded in outputs.items() if not is_unchanged(site / name, recorded, by_content=by_content)
    ]
    if missing or not outputs:
        return rendered_again(f"{', '.join(missing) or 'the page'} is gone or was changed")
    return Work(page, False, ())


def outputs_of(page: Page, site: Path) -> dict[str, Fingerprint]:
    """Name the files of a page in the site, with what they are recognised by.

    Parameters
    ----------
    page : Page
    site : Path

    Returns
    -------
    dict of str to Fingerprint
    """
    stem = page.path.removesuffix(".ipynb")
    names = [f"{stem}{ending}" for ending in (".html", ".pdf", ".ipynb", "-figures.csv", "-figures.ods")]
    return {name: fingerprint(site / name) for name in names if (site / name).is_file()}


def fingerprint(file: Path) -> Fingerprint:
    """Return what a file is recognised by at the next build.

    Parameters
    ----------
    file : Path

    Returns
    -------
    Fingerprint
        Its size in bytes, when it was written, and the hash of its content.
    """
    status = file.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": _content_hash(file)}


def is_unchanged(file: Path, recorded: Any, *, by_content: bool = False) -> bool:
    """Whether a file is the one that was recorded.

    Parameters
    ----------
    file : Path
    recorded : Fingerprint
        From :func:`fingerprint`; what is anything else is no record of the file. The time in it is updated when the
        file was written again with the same content.
    by_content : bool
        Whether to read it also where its size and time are those recorded.

    Notes
    -----
    As in the index of git: the content is read only where size and time leave it open, because the sizes and times of the
    files of 200 pages take milliseconds and their hashes a second.
    """
    if not isinstance(recorded, dict):
        return False
    try:
        status = file.stat()
        if status.st_size != recorded.get("bytes"):
            return False
        if by_content or status.st_mtime_ns != recorded.get("mtime_ns"):
            if _content_hash(file) != recorded.get("sha256"):
                return False
            recorded["mtime_ns"] = status.st_mtime_ns
    except OSError:
        return False
    return True


def _content_hash(file: Path) -> str:
    if file.suffix != ".html":
        return hash_file(file)
    from race_equality.render.links import with_all_links

    return hashlib.sha256(with_all_links(file.read_bytes())).hexdigest()


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{_INPUT_WORDS.get(name, name)} changed" for name in now if before.get(name) != now[name])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
