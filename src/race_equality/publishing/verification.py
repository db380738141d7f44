"""Make a site again from what its manifest names, and say which files differ and why."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from race_equality.batch.build import BuildOptions, BuildResult, build
from race_equality.batch.freshness import Inputs, is_input_of
from race_equality.batch.manifest import MANIFEST_FILE
from race_equality.batch.plan import Plan, plan_build
from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.publishing import signature
from race_equality.publishing.record import MadeFrom, SiteRecord, made_from_now, read_record
from race_equality.store.trusts import resolve_trust

if TYPE_CHECKING:
    from race_equality.batch.plan import Page
    from race_equality.batch.progress import BuildProgress

#: The endings of a page's files, after its name.
_ENDINGS = (".html", ".pdf", ".ipynb", "-figures.csv", "-figures.ods")
#: At most so many causes are named of one file.
_MOST_CAUSES = 4


@dataclass(frozen=True)
class Difference:
    """A file that is not as it was made again.

    Parameters
    ----------
    file : str
        In the site.
    reason : str
        A clause: what differs, and why.
    """

    file: str
    reason: str


@dataclass(frozen=True)
class Verification:
    """What was found.

    Parameters
    ----------
    same : int
        Files that are the same, byte for byte.
    differences : tuple of Difference
        By file.
    without_effect : tuple of str
        What differs of what the site was made from and changed no file.
    build : BuildResult
        How making it again went.
    """

    same: int
    differences: tuple[Difference, ...]
    without_effect: tuple[str, ...]
    build: BuildResult


def verify_site(
    folder: Path,
    project: Project,
    *,
    trusts: Collection[str] = (),
    jobs: int,
    engine: str | None,
    show_progress: Callable[[int], AbstractContextManager[BuildProgress]],
) -> Verification:
    """Make a site again and compare each file.

    Parameters
    ----------
    folder : Path
        An edition, or the output folder of a build.
    project : Project
        The checkout that it is made again from.
    trusts : collection of str
        Compare the pages of these alone, and those on all trusts; all pages without.
    jobs : int
    engine : str or None
        As for a build.
    show_progress : callable
        As for a build.

    Returns
    -------
    Verification

    Raises
    ------
    RaceEqualityError
        When there is no manifest, it has no page of a trust that was asked for, or nothing can be made.
    """
    record = read_record(folder)
    pages = _pages_asked(record, trusts, project)
    plan, missing = _plan(record, pages, project)
    usual = next(iter(record.pages.values())).made_from
    with tempfile.TemporaryDirectory(prefix="race-equality-verify-") as made:
        options = BuildOptions(
            output=Path(made) / "output",
            jobs=jobs,
            engine=engine,
            renderer=cast(Literal["built-in", "quarto"], usual.renderer),
            edition=record.edition,
        )
        result = build(plan, options, project=project, show_progress=show_progress)
        if result.interrupted:
            raise KeyboardInterrupt
        again = _site_again(record, Path(made) / "output" / "site")
        now = made_from_now(Inputs(project, usual.renderer, edition=record.edition), usual.renderer)
        failed = {failure.page: failure.error for failure in result.failures} | missing
        found = _Comparison(record, again, now, failed)
        names = found.names() if not trusts else [name for path in pages for name in found.of_page(path)]
        differences = tuple(one for name in sorted(names) if (one := found.difference(name)))
        without = () if differences else tuple(dict.fromkeys(c for path in pages for c in found.causes(path)))
        return Verification(len(names) - len(differences), differences, without, result)


def _pages_asked(record: SiteRecord, trusts: Collection[str], project: Project) -> list[str]:
    codes = {resolve_trust(code, project=project).code for code in trusts}
    there = {one.parameters.get("trust_code") for one in record.pages.values()}
    if absent := sorted(codes - there):
        raise RaceEqualityError(f"{record.site} has no report of {', '.join(absent)}.")
    return [
        path for path, one in record.pages.items() if not codes or one.parameters.get("trust_code") in {None, *codes}
    ]


def _plan(record: SiteRecord, pages: Collection[str], project: Project) -> tuple[Plan, dict[str, str]]:
    """Plan the pages that the record names; of each that cannot be planned, say why."""
    codes = {code for path in pages if (code := record.pages[path].parameters.get("trust_code"))}
    known = {code for code in codes if _is_open(code, project)}
    # a site without a report is planned as one with any, of which no page is kept
    planned = {page.path: page for page in plan_build(sorted(known) or ["DEMO"], project=project).pages}
    kept: list[Page] = []
    missing: dict[str, str] = {}
    for path in pages:
        if path in planned:
            kept.append(planned[path])
        else:
            one = record.pages[path]
            code = one.parameters.get("trust_code")
            gone = code is not None and code not in known
            missing[path] = f"{code} is no trust here" if gone else f"{one.notebook} is not in this project"
    return Plan(tuple(sorted(kept, key=lambda page: (page.trust is not None, not page.is_report)))), missing


def _is_open(code: str, project: Project) -> bool:
    try:
        return resolve_trust(code, project=project).code == code
    except RaceEqualityError:
        return False


def _site_again(record: SiteRecord, site: Path) -> SiteRecord:
    """Return the site as made again, as a record that hashes as the first one does."""
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    again = replace(record, site=site, files={})
    return replace(again, files={name: again.hash_of(name) for name in files})


class _Comparison:
    """Two sites, file by file."""

    def __init__(self, record: SiteRecord, again: SiteRecord, now: MadeFrom, failed: Mapping[str, str]) -> None:
        self._record, self._again, self._now, self._failed = record, again, now, failed
        self._pages = {f"{path.removesuffix('.ipynb')}{ending}": path for path in record.pages for ending in _ENDINGS}

    def names(self) -> set[str]:
        """Name each file of either site."""
        site = self._record.site
        there = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
        return (there - {MANIFEST_FILE, signature.FILE}) | self._record.files.keys() | self._again.files.keys()

    def of_page(self, path: str) -> list[str]:
        """Name each file of a page."""
        names = (f"{path.removesuffix('.ipynb')}{ending}" for ending in _ENDINGS)
        return [
            name
            for name in names
            if name in self._record.files or name in self._again.files or (self._record.site / name).is_file()
        ]

    def difference(self, name: str) -> Difference | None:
        """Compare a file."""
        recorded, again = self._record.files.get(name), self._again.files.get(name)
        path = self._pages.get(name)
        if not (self._record.site / name).is_file():
            return Difference(name, "missing: it belongs to the site and is not there")
        there = self._record.hash_of(name)
        if again is None and recorded is None:
            return Difference(name, "extra: nothing that the manifest names makes it")
        if again is None and recorded == there and path is None and self._record.is_published:
            return None  # what publishing adds; it is held to its hash
        if there == again:
            return None
        if again is None:
            why = self._failed.get(path or "", "nothing here makes it")
            return Difference(name, f"not made again: {why}" if recorded == there else f"edited; not made again: {why}")
        causes = list(self.causes(path))
        if recorded is not None and recorded != there:
            also = f" Besides, {_listed(causes)}." if causes and recorded != again else ""
            return Difference(name, f"edited: it is not what the manifest has.{also}")
        return Difference(
            name, _listed(causes) if causes else "differs, though all that the manifest names is the same"
        )

    def causes(self, path: str | None) -> Iterator[str]:
        """Name what a page was made from and is otherwise here; of a file of no page, what any was."""
        one = self._record.pages[path] if path else next(iter(self._record.pages.values()))
        then, now, code = one.made_from, self._now, one.parameters.get("trust_code") if path else None
        for name in sorted({*then.inputs, *now.inputs}):
            if not _concerns(name, one.notebook if path else None, code):
                continue
            before, here = then.inputs.get(name), now.inputs.get(name)
            if here is None:
                yield f"{name} is not here"
            elif before is None:
                yield f"{name} was not there then"
            elif before != here:
                yield f"{name} is another file here"
        for name in sorted({*then.versions, *now.versions}):
            if then.versions.get(name) != now.versions.get(name):
                yield f"{name} is {now.versions.get(name, 'missing')} here and was {then.versions.get(name, 'missing')}"
        if then.code != now.code:
            yield "the package's code is not the same"


def _concerns(name: str, notebook: str | None, code: str | None) -> bool:
    """Whether a page may be made from a file of the project."""
    if notebook is None:
        return True
    if name.startswith("notebooks/"):
        return name == notebook
    if name.startswith("params/trusts/"):
        return code is None or name == f"params/trusts/{code}.yml"
    return not name.startswith("data/") or is_input_of(name, code)


def _listed(causes: list[str]) -> str:
    some = "; ".join(causes[:_MOST_CAUSES])
    return f"{some}; and {len(causes) - _MOST_CAUSES} more" if len(causes) > _MOST_CAUSES else some
