"""Render with Quarto, if it is on the PATH: some pages at a time, published as they are made."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from race_equality.errors import RaceEqualityError
from race_equality.files import copy_atomically, copy_folder, write_atomically
from race_equality.render.config import SiteConfig, document_date, makes_pdf, page_address
from race_equality.render.failure import RenderFailure
from race_equality.render.formats import formats_html, formats_of
from race_equality.render.front_matter import read_front_matter
from race_equality.render.links import follow_links
from race_equality.render.listing import listing_of, without_missing_pages, write_listing
from race_equality.render.notebook import put_back_pictures
from race_equality.render.pdf import compressed
from race_equality.render.policy import policy_of_quarto, with_policy
from race_equality.render.quarto_copies import INDEX, LISTING, OTHER_FORMATS, copy_project, stage_pages, write_settings
from race_equality.render.quarto_runs import QuartoRun, Quartos
from race_equality.render.search import Entry, entries_of, merge_index, page_of, read_index

#: Quarto's navigation has no name, and its button for phones says that it is a menu, which it isn't.
_CORRECTIONS = (('<nav class="navbar ', '<nav aria-label="Site" class="navbar '), (' role="menu"', ""))
#: Fewer pages than this are not worth a second Quarto, which takes a second or two to start.
_PAGES_PER_QUARTO = 4
#: More than this wait too long to be published; the start of a Quarto costs about as much as two pages.
_PAGES_PER_BATCH = 24


def render_site_by_quarto(
    quarto: str,
    project_dir: Path,
    site_dir: Path,
    pages: Sequence[str],
    *,
    config: SiteConfig,
    jobs: int,
    on_page: Callable[[str, str], None],
    on_batches: Callable[[int], None],
) -> list[RenderFailure]:
    """Render executed notebooks and the first page with Quarto.

    Parameters
    ----------
    quarto : str
        The program.
    project_dir, site_dir : Path
    pages : sequence of str
    config : SiteConfig
    jobs : int
        Quartos at once, each in a project folder of its own: two in one folder overwrite each
        other's files.
    on_page, on_batches : callable
        As for :func:`race_equality.render.render_site`.

    Returns
    -------
    list of RenderFailure

    Raises
    ------
    RaceEqualityError
        When the first page, or another page that is no notebook, cannot be made.

    Notes
    -----
    A batch is published when its Quarto ends. Where one ends at a page that fails, the pages before it are published,
    and another goes on with those after it. The first page is made once, and lists the trusts anew after each batch.
    """
    write_listing(project_dir, site_dir)
    work = _Rendering(quarto, project_dir, site_dir, tuple(pages), config, on_page)
    batches = _batches(pages, jobs, config.other_pages)
    on_batches(len(batches))
    try:
        with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(batches)))) as pool:
            try:
                failures = [failure for failures in pool.map(work.render_batch, batches) for failure in failures]
            except BaseException:
                work.quartos.end()
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        work.publish_search()
    return failures


def _batches(pages: Sequence[str], jobs: int, others: Sequence[str]) -> list[list[str]]:
    quartos = max(1, min(jobs, len(pages) // _PAGES_PER_QUARTO))
    count = quartos * max(1, -(-len(pages) // (quartos * _PAGES_PER_BATCH)))
    # each gets every n-th page, so that long pages are spread
    batches = [list(pages[first::count]) for first in reversed(range(count))]
    # first what all pages need: a fault in it is told at once
    batches[0] = [INDEX, *others, *batches[0]]
    return batches


@dataclass
class _Rendering:
    """The state that the batches of one render share."""

    quarto: str
    project_dir: Path
    site_dir: Path
    pages: tuple[str, ...]
    config: SiteConfig
    on_page: Callable[[str, str], None]
    #: of the search index, by the page's address
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    index: str = ""
    #: what Quarto said before it began any page
    refusal: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.quartos = Quartos(self.quarto, date=document_date({}, self.config))

    def render_batch(self, pages: Sequence[str]) -> list[RenderFailure]:
        """Render some pages with one Quarto, and one more for each page that fails."""
        failures: list[RenderFailure] = []
        remaining = list(pages)
        tried_again: set[str] = set()
        while remaining:
            if self.refusal:
                failed = [RenderFailure(page, "html", self.refusal) for page in remaining]
            else:
                with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
                    failed = self._render(Path(folder), remaining, tried_again)
            for failure in failed:
                if failure.page not in self.pages:
                    name = "the first page" if failure.page == INDEX else failure.page
                    raise RaceEqualityError(f"Quarto could not make {name}: {failure.message}")
                self.on_page(failure.page, "failed")
                remaining.remove(failure.page)
            failures += failed
        return failures

    def _render(self, folder: Path, pages: list[str], tried_again: set[str]) -> list[RenderFailure]:
        """Render and publish pages; return the failures. Pages left in `pages` have to be rendered again."""
        pictures: dict[str, str] = {}
        copy_project(self.project_dir, folder)
        failures = stage_pages(self.project_dir, folder, pages, config=self.config, pictures=pictures)
        broken = {failure.page for failure in failures}
        given = [page for page in pages if page not in broken]
        if not given:
            return failures
        made = (*self.pages, *self.config.other_pages)
        write_settings(self.project_dir, folder, given, site_dir=self.site_dir, made=made)
        run = self._run(folder, given)
        at = "" if run.succeeded or not run.begun else run.begun[-1]
        if run.killed and at not in tried_again:
            tried_again.add(at)
            return failures  # what it had made is still among its own files
        if not run.succeeded and not at:
            self.refusal = f"Quarto failed: {run.message}"
            return failures  # of all pages: render_batch tells so
        done = given if run.succeeded else [] if run.killed else run.begun[:-1]
        failures += self._publish_batch(folder, done, pictures)
        if at:
            # Quarto stops at the first page that fails; the others are rendered without it.
            stage = "pdf" if re.search(r"typst|pdf", run.message, re.IGNORECASE) else "html"
            failures.append(RenderFailure(at, stage, f"Quarto failed on {at}: {run.message}"))
        failed = {failure.page for failure in failures}
        pages[:] = [page for page in pages if page not in done or page in failed]
        return failures

    def _run(self, folder: Path, pages: Sequence[str]) -> QuartoRun:
        at: list[str] = []

        def on_begin(page: str) -> None:
            if page in self.pages:
                # it makes one page after the other
                if at:
                    self.on_page(at.pop(), "made")
                at.append(page)
                self.on_page(page, "html")

        if waiting := [page for page in pages if page in self.pages]:
            self.on_page(waiting[0], "start")
        run = self.quartos.render(folder, pages, on_begin)
        if at and run.succeeded:
            self.on_page(at[0], "made")
        return run

    def _publish_batch(self, folder: Path, pages: Sequence[str], pictures: Mapping[str, str]) -> list[RenderFailure]:
        if not pages:
            return []
        _publish_shared(folder, self.site_dir)
        found = read_index(folder / "_site")
        failures = []
        for page in pages:
            self.quartos.check()
            address = page_address(page)
            if page == INDEX:
                self.index = _corrected(folder / "_site" / address)
            elif failure := self._publish(folder, page, pictures):
                failures.append(failure)
                continue
            elif page in self.pages:
                self.on_page(page, "done")
            # Quarto writes the index of a project only when no page has failed
            self.entries[address] = [entry for entry in found if page_of(entry) == address] or entries_of(
                (folder / "_site" / address).read_text(encoding="utf-8"), address
            )
        self._publish_index()
        return failures

    def _publish(self, folder: Path, page: str, pictures: Mapping[str, str]) -> RenderFailure | None:
        address = page_address(page)
        html = folder / "_site" / address
        pdf = html.with_suffix(".pdf")
        if not html.is_file():
            return RenderFailure(page, "html", "Quarto made no page of it.")
        has_pdf = makes_pdf(read_front_matter(self.project_dir / page), self.config)
        if has_pdf:
            if not pdf.is_file():
                return RenderFailure(page, "pdf", "Quarto made no PDF of it.")
            write_atomically((self.site_dir / address).with_suffix(".pdf"), compressed(pdf.read_bytes()))
        if (files := html.with_name(f"{html.stem}_files")).is_dir():
            copy_folder(files, (self.site_dir / address).with_name(files.name))
        if page in self.pages:
            copy_atomically(self.project_dir / page, self.site_dir / page)
        links = formats_html(formats_of(page, self.site_dir, pdf=has_pdf))
        text = put_back_pictures(_corrected(html).replace(OTHER_FORMATS, links, 1), pictures)
        with self.lock:  # links of the pages on all trusts are followed meanwhile
            write_atomically(self.site_dir / address, text)
        return None

    def _publish_index(self) -> None:
        """Write the first page with the trusts that have one by now."""
        with self.lock:
            if not self.index:
                return
            listing = listing_of(self.project_dir, self.site_dir) or "<p>No reports have been made yet.</p>"
            page = without_missing_pages(self.index.replace(LISTING, listing, 1), self.site_dir)
            write_atomically(self.site_dir / page_address(INDEX), page)
            write_listing(self.project_dir, self.site_dir)
            follow_links(self.site_dir)

    def publish_search(self) -> None:
        """Write the search index of all pages of the site."""
        merge_index(self.site_dir, [entry for entries in self.entries.values() for entry in entries], set(self.entries))


def _corrected(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    for wrong, right in _CORRECTIONS:
        text = text.replace(wrong, right)
    return with_policy(text, policy_of_quarto(text))


def _publish_shared(folder: Path, site_dir: Path) -> None:
    """Copy Quarto's scripts, the style sheets and what else is no page."""
    for entry in (folder / "_site").iterdir():
        if entry.is_dir() and entry.name not in ("notebooks", "trusts"):  # where pictures are, which pages have in them
            copy_folder(entry, site_dir / entry.name)
        elif entry.is_file() and entry.suffix not in (".html", ".pdf", ".json", ".xml", ".txt"):
            copy_atomically(entry, site_dir / entry.name)
