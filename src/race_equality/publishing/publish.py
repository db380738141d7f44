"""Put an edition at an address that never changes, and say what changed and what was found wrong since."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from race_equality.audit.own_figures import audit_with_own_figures
from race_equality.batch.build import BuildOptions, BuildResult, build
from race_equality.batch.freshness import Inputs
from race_equality.batch.manifest import MANIFEST_FILE, figure_files, read_manifest
from race_equality.batch.plan import notebooks_to_run
from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.publishing import bill_of_materials, crate, signature
from race_equality.publishing.assurance import gather, read_signatures
from race_equality.publishing.assurance_page import assurance_page
from race_equality.publishing.banner import with_banner
from race_equality.publishing.changes import changes_between, changes_csv
from race_equality.publishing.corrections import check_editions, of_edition, read_corrections
from race_equality.publishing.crate import workflow_file
from race_equality.publishing.pages import CHANGES_FILE, changes_page, corrections_page, editions_page
from race_equality.publishing.places import Place, check_name, in_order, taken
from race_equality.publishing.record import MadeFrom, edition_manifest, hashes_of, made_from_now
from race_equality.publishing.verification import verify_site
from race_equality.render.config import read_config
from race_equality.render.edition import ASSURANCE, CHANGES, CORRECTIONS, Edition, no_edition
from race_equality.render.staging import stage_project
from race_equality.store.provenance import read_sources

if TYPE_CHECKING:
    from race_equality.batch.plan import Plan
    from race_equality.batch.progress import BuildProgress

#: Files of an edition that a comparison with it reads.
_COMPARED = re.compile(rf"{re.escape(MANIFEST_FILE)}|trusts/\w+-figures\.csv")


@dataclass(frozen=True)
class Published:
    """What was put where.

    Parameters
    ----------
    edition : Edition
    files : int
    latest : str
        The edition that ``latest`` points to.
    build : BuildResult or None
        How the site was made; None where the edition stood already, and only what was left was done.
    is_signed : bool
        Whether somebody signed it.
    """

    edition: Edition
    files: int
    latest: str
    build: BuildResult | None
    is_signed: bool


def publish(
    name: str,
    place: Place,
    plan: Plan,
    options: BuildOptions,
    *,
    address: str | None,
    key: Path | None = None,
    audit: bool = True,
    verify: bool = False,
    project: Project,
    show_progress: Callable[[int], AbstractContextManager[BuildProgress]],
) -> Published:
    """Make an edition and put it to a place.

    Parameters
    ----------
    name : str
        Such as ``2026-11``.
    place : Place
        From :func:`race_equality.publishing.places.open_place`.
    plan : Plan
        Its pages.
    options : BuildOptions
        For the build; its edition is set here.
    address : str or None
        Where the place is on the web; None for ``website: site-url`` of ``_quarto.yml``.
    key : Path, optional
        A key of SSH that the manifest is signed with.
    audit : bool
        Whether to attack what the site hides before it is published.
    verify : bool
        Whether to make the site a second time and compare; the assurance statement says what came of it.
    project : Project
    show_progress : callable
        As for a build.

    Returns
    -------
    Published

    Raises
    ------
    RaceEqualityError
        When the edition stands, a page cannot be made, a hidden figure can be worked out, the site holds pages that are not the plan's or figures of a trust's
        own return, or the place cannot be written to. What stood there then stands as it was.
    KeyboardInterrupt
        When the build was interrupted.
    """
    check_name(name)
    home = home_address(address, project)
    _refuse_returns(project)
    corrections, signed = read_corrections(project), read_signatures(name, project)
    standing = place.editions()
    check_editions((one for one in corrections if one.edition != name), standing, project)
    newest = in_order([*standing, name])[-1]
    if name in standing:
        if place.latest() == newest:
            raise taken(name)
        # a command that was interrupted put it there and did not get to the end
        with place.held():
            _finish(place, home, project)
        return Published(Edition(name, home), 0, newest, None, bool(signed))

    before = [one for one in in_order([*standing, name]) if one != name and in_order([one, name])[-1] == name]
    edition = replace(no_edition(project), name=name, home=home, before=before[-1] if before else "")
    # what goes into an edition gets its hash there: a bit that flipped in a page since it was made would stand
    options = replace(options, edition=edition, by_content=True)
    result = build(plan, options, project=project, show_progress=show_progress)
    if result.interrupted:
        raise KeyboardInterrupt
    if result.failures:
        raise RaceEqualityError(
            f"No edition was published: {len(result.failures)} of its pages could not be made, {result.failures[0].page} first "
            f"({result.failures[0].error}). `race-equality build` names each with its cell."
        )
    output = options.output.absolute()
    files = _site_files(output / "site", plan)
    audited = audit_with_own_figures(output / "site", project, jobs=options.jobs) if audit else None
    if audited is not None and audited.problems:
        raise RaceEqualityError(
            f"No edition was published: {len(audited.problems)} problems of disclosure, the first: {audited.problems[0]}. "
            f"`race-equality audit {output}` names each."
        )
    verified = (
        verify_site(output, project, jobs=options.jobs, engine=options.engine, show_progress=show_progress)
        if verify
        else None
    )
    pages = _pages_made(plan, options)
    made_from = _made_from(pages, edition, options, project)
    facts = gather(
        edition,
        pages,
        made_from,
        signed=signed,
        corrections=corrections,
        audit=audited,
        verification=verified,
        has_key=key is not None,
        project=project,
    )
    config = read_config(output / "project")
    statement = assurance_page(facts, config, config.navigation_to(output / "site", {"index.html"}))
    files[ASSURANCE] = statement.encode()
    with tempfile.TemporaryDirectory(prefix="race-equality-publish-") as folder:
        added = _what_changed(edition, place, output, Path(folder)) if edition.before else {}
        files |= added
        files |= _provenance(edition, pages, made_from, options, project, files, key)
        with place.held():
            place.put(name, files)
            _finish(place, home, project)
    return Published(edition, len(files), newest, result, bool(signed))


def bring_up_to_date(place: Place, *, address: str | None, project: Project) -> tuple[int, int]:
    """Say on the pages of each edition what was found wrong in it since, and do what an interrupted command left.

    Parameters
    ----------
    place : Place
    address : str or None
        As for :func:`publish`.
    project : Project

    Returns
    -------
    tuple of int
        Corrections, and editions that have any.

    Raises
    ------
    RaceEqualityError
        When no edition stands there, or a correction is of none that does.
    """
    standing = place.editions()
    if not standing:
        raise RaceEqualityError("No edition stands there. Publish the first with --edition, such as --edition 2026-11.")
    corrections = read_corrections(project)
    check_editions(corrections, standing, project)
    with place.held():
        _finish(place, home_address(address, project), project)
    return len(corrections), len({one.edition for one in corrections})


def home_address(address: str | None, project: Project) -> str:
    """Return the address of the folder of all editions, without ``/`` at its end.

    Raises
    ------
    RaceEqualityError
        When there is none, or it is no address of the web.
    """
    home = (address or read_config(project.root).site_url).rstrip("/")
    if not home:
        raise RaceEqualityError(
            "Each page says its permanent address, so give the one of the folder of all editions: "
            "--address https://…, or website: site-url in _quarto.yml."
        )
    if not re.fullmatch(r"https?://[^\s\"'<>()\[\]\\]+", home):
        raise RaceEqualityError(f"{home} is no address of the web. It begins with https://.")
    return home


def _refuse_returns(project: Project) -> None:
    if private := [name for name in figure_files(project) if name.startswith("data/local/")]:
        raise RaceEqualityError(
            f"{', '.join(Path(name).name for name in private)} in data/local: figures of a trust's own return would be on its "
            "page and in its files, and they are not for publication. Publish from a checkout without data/local."
        )


def _site_files(site: Path, plan: Plan) -> dict[str, Path | bytes]:
    """Name the files of the site; refuse pages of an earlier build that are none of the plan's."""
    pages = {page.path.removesuffix(".ipynb") for page in plan.pages}
    files = sorted(path for path in site.rglob("*") if path.is_file())
    names = {path.relative_to(site).as_posix(): path for path in files}
    others = [name for name in names if name.endswith(".ipynb") and name.removesuffix(".ipynb") not in pages]
    if others:
        raise RaceEqualityError(
            f"{site} holds pages of an earlier build that are not in this edition, {others[0]} first. Name an empty folder "
            "with --output."
        )
    return dict(names)


def _what_changed(edition: Edition, place: Place, output: Path, folder: Path) -> dict[str, bytes]:
    """Make the page and the file of what changed since the edition before."""
    before = folder / edition.before
    for name in place.names(edition.before):
        if _COMPARED.fullmatch(name):
            (before / name).parent.mkdir(parents=True, exist_ok=True)
            (before / name).write_bytes(place.read(f"{edition.before}/{name}") or b"")
    changes = changes_between(before, output)
    config = read_config(output / "project")
    page = changes_page(changes, config, config.navigation_to(output / "site", {"index.html"}))
    return {CHANGES: page.encode(), CHANGES_FILE: changes_csv(changes).encode()}


def _pages_made(plan: Plan, options: BuildOptions) -> dict[str, dict[str, Any]]:
    """Return what the build recorded of each page of the plan."""
    entries = read_manifest(options.output)["pages"]
    return {page.path: entries[page.path] for page in plan.pages}


def _made_from(
    pages: Mapping[str, Mapping[str, Any]], edition: Edition, options: BuildOptions, project: Project
) -> MadeFrom:
    renderer = next(iter(pages.values()))["rendered_from"]["renderer"].partition(" ")[0]
    return made_from_now(Inputs(project, options.renderer, edition=edition), renderer)


def _provenance(
    edition: Edition,
    pages: Mapping[str, Mapping[str, Any]],
    made_from: MadeFrom,
    options: BuildOptions,
    project: Project,
    files: Mapping[str, Path | bytes],
    key: Path | None,
) -> dict[str, bytes]:
    """Say what the edition was made from, by what, and how, for readers and for programs."""
    added: dict[str, bytes] = {
        workflow_file(notebook): (project.root / notebook).read_bytes() for notebook in notebooks_to_run(project)
    }
    added[bill_of_materials.FILE] = bill_of_materials.bill_of_materials(
        quarto=made_from.versions.get("quarto", "")
    ).encode()
    hashes = hashes_of({**files, **added})
    title = read_config(options.output / "project").title
    sources = read_sources(local=False, project=project)
    added[crate.FILE] = crate.crate(edition, title, pages, made_from, hashes, sources).encode()
    manifest = edition_manifest(
        edition, pages, made_from, {**hashes, **hashes_of({crate.FILE: added[crate.FILE]})}
    ).encode()
    added[MANIFEST_FILE] = manifest
    if key is not None:
        added[signature.FILE] = signature.sign(manifest, key)
    return added


def _finish(place: Place, home: str, project: Project) -> None:
    """Bring up to date what is not part of an edition: corrections, the list of editions, and at the end ``latest``."""
    standing, corrections = place.editions(), read_corrections(project)
    for edition in standing:
        _put_banner(place, edition, of_edition(corrections, edition, home).on)
    with_changes, assured = (
        [edition for edition in standing if place.read(f"{edition}/{name}") is not None]
        for name in (CHANGES, ASSURANCE)
    )
    with tempfile.TemporaryDirectory(prefix="race-equality-publish-") as folder:
        stage_project(project, Path(folder))  # with its style sheets, which a project from the package does not have
        config = read_config(Path(folder))
        place.write(CORRECTIONS, corrections_page(corrections, config).encode())
        place.write(
            "index.html", editions_page(standing, standing[-1], with_changes, assured, corrections, config).encode()
        )
    if place.latest() != standing[-1]:
        place.point_latest(standing[-1])


def _put_banner(place: Place, edition: str, markup: Callable[[str], str]) -> None:
    # an edition without corrections now, and none on its first page, has no banner on any: the first page is last
    names = [name for name in place.names(edition) if name.endswith(".html")]
    first = place.read(f"{edition}/index.html") or b""
    if with_banner(first, markup("index.html")) == first and not markup("index.html"):
        return
    for name in sorted(names, key=lambda name: name == "index.html"):
        page = place.read(f"{edition}/{name}") or b""
        now = with_banner(page, markup(name))
        if now != page:
            place.write(f"{edition}/{name}", now)
