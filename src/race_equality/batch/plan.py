"""Which notebooks are run for which trusts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from race_equality.errors import InputError
from race_equality.project import Project, find_project

if TYPE_CHECKING:
    from race_equality.store.trust import Trust

#: Run once for each trust, with the parameter ``trust_code``, to ``trusts/<CODE>.ipynb``. Any other notebook with that
#: parameter goes to ``trusts/<CODE>-<NOTEBOOK>.ipynb``.
TRUST_NOTEBOOK = "notebooks/board_report.ipynb"


@dataclass(frozen=True)
class Page:
    """One notebook run with one set of parameters.

    Parameters
    ----------
    path : str
        Where the executed notebook goes in the staged project, such as ``trusts/RJ1.ipynb``.
    notebook : str
        The notebook as committed, relative to the project.
    parameters : mapping of str to str
        What papermill puts into its ``parameters`` cell.
    trust : Trust or None
        None for a page about all trusts.
    """

    path: str
    notebook: str
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    trust: Trust | None = None

    @property
    def name(self) -> str:
        """What progress and messages call the page: the trust's code, the notebook, or both."""
        return self.path.rpartition("/")[2].removesuffix(".ipynb")

    @property
    def is_report(self) -> bool:
        """Whether it is a trust's board report, which the trust's files to download belong to."""
        return self.notebook == TRUST_NOTEBOOK

    def __reduce__(self):
        # A MappingProxyType cannot be pickled, and pages are sent to worker processes.
        return _page, (self.path, self.notebook, dict(self.parameters), self.trust)


def notebooks_to_run(project: Project) -> tuple[str, ...]:
    """Return the notebooks that a build runs, the board report among them.

    Parameters
    ----------
    project : Project
        The checkout.

    Returns
    -------
    tuple of str
        Every notebook of ``notebooks/``, relative to the project: a new page is one notebook, and nothing else has to name
        it. As in Quarto, names that begin with ``_`` or ``.`` are left out.
    """
    return tuple(f"notebooks/{path.name}" for path in sorted(project.notebooks.glob("[!_.]*.ipynb")))


def _page(path: str, notebook: str, parameters: dict[str, str], trust: Trust | None) -> Page:
    return Page(path, notebook, MappingProxyType(parameters), trust)


@dataclass(frozen=True)
class Plan:
    """What a build makes.

    Parameters
    ----------
    pages : tuple of Page
        Pages about all trusts first, then the report of each trust, then what else is made for each.
    notes : tuple of str
        Messages to print before the build, such as that a code has merged into another.
    """

    pages: tuple[Page, ...]
    notes: tuple[str, ...] = ()

    @property
    def trusts(self) -> tuple[Trust, ...]:
        """The trusts that get a report."""
        return tuple(page.trust for page in self.pages if page.trust is not None and page.is_report)


def plan_build(codes: Iterable[str] = (), *, peers: bool = False, project: Project | None = None) -> Plan:
    """Decide which pages a build makes, checking every code before anything runs.

    Parameters
    ----------
    codes : iterable of str
        Trust codes, in upper or lower case; without any, all trusts.
    peers : bool
        Add the peers of the trusts that were named.
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    Plan

    Raises
    ------
    UnknownTrustError
        Naming every unknown code, with the nearest codes and names.
    InputError
        When a notebook is missing or is not a notebook, or the board report takes no ``trust_code``.
    """
    from race_equality.errors import UnknownTrustError
    from race_equality.store.trusts import resolve_trust, trust_codes

    project = project or find_project()
    of_each = {notebook: is_for_each_trust(project, notebook) for notebook in notebooks_to_run(project)}
    if not of_each.setdefault(TRUST_NOTEBOOK, is_for_each_trust(project, TRUST_NOTEBOOK)):
        raise InputError(
            "No cell tagged `parameters` sets trust_code.",
            file=TRUST_NOTEBOOK,
            mend="Tag the cell that sets trust_code (in JupyterLab: property inspector, cell tags).",
        )

    asked = list(codes)
    named, notes, unknown = [], [], []
    for code in asked or trust_codes(project=project):
        try:
            trust = resolve_trust(code, project=project)
        except UnknownTrustError as error:
            unknown.append(str(error))
            continue
        if trust.merged_from:
            notes.append(f"{trust.merged_from} merged into {trust.code} ({trust.name}).")
        named.append(trust)
    if unknown:
        raise UnknownTrustError("\n".join(unknown))

    trusts = {trust.code: trust for trust in named}  # in order, each once
    if peers and asked:
        from race_equality.analysis.peers import peers_of

        for trust in named:
            for code in peers_of(trust.code):
                trusts.setdefault(code, resolve_trust(code, project=project))
        added = len(trusts) - len({trust.code for trust in named})
        notes.append(f"{added} peers added.")

    shared = [Page(path=notebook, notebook=notebook) for notebook, each in of_each.items() if not each]
    reports, more = [], []
    for trust in trusts.values():
        parameters = MappingProxyType({"trust_code": trust.code})
        for notebook, each in of_each.items():
            if notebook == TRUST_NOTEBOOK:
                reports.append(Page(f"trusts/{trust.code}.ipynb", notebook, parameters, trust))
            elif each:
                name = f"{trust.code}-{notebook.removeprefix('notebooks/')}"
                more.append(Page(f"trusts/{name}", notebook, parameters, trust))
    return Plan(pages=(*shared, *reports, *more), notes=tuple(dict.fromkeys(notes)))


def is_for_each_trust(project: Project, name: str) -> bool:
    """Whether a notebook is run for each trust: a cell tagged ``parameters`` sets ``trust_code``.

    papermill puts parameters that no cell asks for at the top, and the notebook runs without them.

    Parameters
    ----------
    project : Project
    name : str
        Relative to the project.

    Returns
    -------
    bool

    Raises
    ------
    InputError
        When it is missing or no notebook: before 200 trusts fail on it one by one.
    """
    restore = f"Restore it with `git checkout {name}`."
    try:
        cells = json.loads((project.root / name).read_text(encoding="utf-8"))["cells"]
        sources = [
            "".join(cell["source"]) for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])
        ]
    except FileNotFoundError:
        raise InputError("The notebook is missing.", file=name, mend=restore) from None
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", file=name) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("It is not a notebook.", file=name, mend=restore) from None
    return any(re.search(r"^trust_code\b", text, re.MULTILINE) for text in sources)
