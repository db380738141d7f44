"""Build the pages of a plan: execute, render, and record what was done in the manifest."""

from __future__ import annotations

import datetime
import errno
import os
import shutil
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from race_equality.batch.execute import DEFAULT_TIMEOUT, Failure, NotebookRun, seconds_for_a_notebook
from race_equality.batch.freshness import Inputs, Work, decide_work, fingerprint, is_unchanged, outputs_of
from race_equality.batch.lock import LOCK_FILE, OutputLock
from race_equality.batch.manifest import (
    MANIFEST_FILE,
    hash_code,
    hash_inputs,
    quarto_version,
    read_manifest,
    versions,
    write_manifest,
)
from race_equality.batch.page_requests import (
    PageEvent,
    PageRequest,
    PageStarted,
    Rendering,
    WorkerSettings,
    page_failure,
    rendering_failure,
)
from race_equality.errors import RaceEqualityError
from race_equality.files import delete_made, is_seen_by_git, need_file_handles
from race_equality.render.fonts import SITE_FONT, publish_font
from race_equality.render.vega import is_library_missing
from race_equality.store.recorded import refuse_damaged

if TYPE_CHECKING:
    from race_equality.batch.build_services import Servers
    from race_equality.batch.cluster_worker import PageResult, Task
    from race_equality.batch.download_writer import DownloadWriter
    from race_equality.batch.plan import Page, Plan
    from race_equality.batch.progress import BuildProgress
    from race_equality.project import Project
    from race_equality.render.edition import Edition

#: Pages, for each job, after which the index page is made again, so that a build that is killed
#: leaves its pages in the list.
_PAGES_PER_INDEX_AND_JOB = 12

#: How often the index page is made at most: in a build of thousands it would cost more than the reports.
_MOST_INDEXES = 16


#: What builds, and commands that use what was built, leave in the output folder.
_OWN_NAMES = frozenset(
    {LOCK_FILE, MANIFEST_FILE, "build.log", "project", "site", "failed", "single", ".scratch", ".cache", ".gitignore"}
)


@dataclass(frozen=True)
class BuildOptions:
    """How a build runs.

    Parameters
    ----------
    output : Path
        The folder that is written to.
    jobs : int
        Notebooks and pages made at once.
    engine : str or None
        The papermill engine; None for papermill's own.
    renderer : str
        ``auto``, ``quarto`` or ``built-in``; ``none`` runs the notebooks and makes no page.
    timeout : int or None
        Seconds that one cell may run.
    force : bool
        Make every page, even if it is up to date.
    dry_run : bool
        Make nothing.
    scheduler : str or None
        The address of a Dask scheduler whose workers make the pages; None for this machine.
    copy_to : str or None
        An address that papermill writes to, where executed notebooks are copied as well.
    edition : Edition or None
        What the site is an edition of; None for none.
    by_content : bool
        Read what earlier builds have made, and make again what is not as they left it, also where its size and time are.
    """

    output: Path
    jobs: int = 1
    engine: str | None = None
    renderer: Literal["auto", "quarto", "built-in", "none"] = "auto"
    timeout: int | None = DEFAULT_TIMEOUT
    force: bool = False
    dry_run: bool = False
    scheduler: str | None = None
    copy_to: str | None = None
    edition: Edition | None = None
    by_content: bool = False


@dataclass
class BuildResult:
    """How a build ended.

    Parameters
    ----------
    current : list of Page
        Pages that were up to date.
    done : list of Page
        Pages that were made.
    failures : list of Failure
        One for each page that could not be made.
    copied : int
        Notebooks that were copied.
    not_copied : list of str
        The error of each that could not be.
    not_reached : list of Page
        Pages that were not made because the build was interrupted.
    interrupted : bool
    seconds : float
    stage_seconds : dict of str to float
        Seconds spent on each stage of the pages, by ``execute``, ``html`` and ``pdf``.
    index : Path
        The page to open.
    """

    index: Path
    current: list[Page] = field(default_factory=list)
    done: list[Page] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    copied: int = 0
    not_copied: list[str] = field(default_factory=list)
    not_reached: list[Page] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)


def build(
    plan: Plan,
    options: BuildOptions,
    *,
    project: Project,
    show_progress: Callable[[int], AbstractContextManager[BuildProgress]],
    on_work: Callable[[Sequence[Work]], None] = lambda work: None,
) -> BuildResult:
    """Make the pages of a plan that are not up to date.

    Parameters
    ----------
    plan : Plan
    options : BuildOptions
    project : Project
        The checkout.
    show_progress : callable
        Called with the number of pages to be made; returns a context that gives a BuildProgress.
    on_work : callable, optional
        Called with what has to be done for each page, before the build starts.

    Returns
    -------
    BuildResult
        Also when the build was interrupted: what was made by then is kept and recorded.

    Raises
    ------
    RaceEqualityError
        When nothing can be written to the output folder, another build is writing to it, or too few files may be open at once.

    Notes
    -----
    A page is rendered when its notebook has run, while other notebooks run; Quarto, which takes
    seconds to start on a project, is given all pages at the end. When a page fails, the page of an
    earlier build stays in place, and the manifest says so. Each step is recorded when it is done, so
    a build that is killed continues where it stopped when it is started again.
    """
    began = time.perf_counter()
    if options.renderer == "quarto" and shutil.which("quarto") is None:
        # reported before the notebooks run, not minutes later
        raise RaceEqualityError(
            "Quarto is not on the PATH. Install it from https://quarto.org, or leave --renderer out: "
            "the built-in renderer makes the same pages."
        )
    if options.copy_to:
        from race_equality.batch.cloud_copies import check_address

        check_address(options.copy_to)
    need_file_handles()
    output = _prepare_folder(options.output, project)
    with OutputLock(output):
        this = _Build(plan, options, project, output)
        on_work(this.work)
        if not options.dry_run and (this.needed or this.index_is_outdated() or this.tables_are_outdated()):
            with show_progress(len(this.needed)) as progress:
                this.run(progress)
        if options.copy_to and not options.dry_run and not this.result.interrupted:
            this.copy_notebooks(options.copy_to)
        this.result.not_reached = list(this.remaining.values())
        this.result.seconds = time.perf_counter() - began
        for stages in this.seconds.values():
            for stage in ("execute", "html", "pdf"):
                this.result.stage_seconds[stage] = this.result.stage_seconds.get(stage, 0.0) + stages.get(stage, 0.0)
        return this.result


def _prepare_folder(folder: Path, project: Project) -> Path:
    """Make the output folder; refuse a folder of the project's own files."""
    output = folder.absolute()
    resolved = output.resolve()
    root = project.root.resolve()
    sources = [root / name for name in ("data", "docs", "notebooks", "params", "src", "tests")]
    if resolved == root or any(resolved.is_relative_to(source) for source in sources):
        raise RaceEqualityError(f"{folder} holds the project's own files. Choose another folder with --output.")
    try:
        output.mkdir(parents=True, exist_ok=True)
        if not _is_ours(output):
            raise RaceEqualityError(
                f"{folder} holds files and no earlier build, and a build deletes and overwrites files in its folder. "
                "Choose an empty folder, or a new one, with --output."
            )
        if not os.access(output, os.W_OK | os.X_OK):
            is_read_only = hasattr(os, "statvfs") and os.statvfs(output).f_flag & os.ST_RDONLY
            number = errno.EROFS if is_read_only else errno.EACCES
            raise OSError(number, os.strerror(number))
        # what is built may show trusts' own returns
        if resolved.is_relative_to(root) and is_seen_by_git(output / "site" / "index.html"):
            (output / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise RaceEqualityError(
            f"Cannot write to {folder}: {error.strerror}. Choose another folder with --output."
        ) from None
    return output


def _is_ours(output: Path) -> bool:
    """Whether a folder is empty, or an earlier build has written to it: each one leaves its lock, also when killed."""
    names = {path.name for path in output.iterdir()} - {".gitignore"}
    if names == {".cache"}:  # with --watch, what notebooks share is there before the lock
        return all(path.name.startswith(("findings-", "pictures")) for path in (output / ".cache").iterdir())
    return not names or (LOCK_FILE in names and names <= _OWN_NAMES) or bool(read_manifest(output)["builds"])


#: With more reports than this nobody waits for one of them.
_MOST_SHOWN_EARLY = 3

#: Notebooks that are being run, as race_equality.batch.execute names them.
_SCRATCH_FILES = ("*.[0-9]*.ipynb",)


class _Build:
    """One build: its folders, the state of its pages, and its steps."""

    def __init__(self, plan: Plan, options: BuildOptions, project: Project, output: Path) -> None:
        self.options, self.project, self.output = options, project, output
        self.staged = output / "project"
        self.site = output / "site"
        self.scratch = output / ".scratch"
        self.failed = output / "failed"
        self.pages = {page.path: page for page in plan.pages}
        self.manifest = read_manifest(output)
        self.inputs = Inputs(project, options.renderer, self.manifest.setdefault("known", {}), options.edition)
        refuse_damaged(self.inputs.figure_hashes, project)
        self.work = [self._decide(page) for page in plan.pages]
        self.renders = options.renderer != "none"
        self.needed = [work for work in self.work if work.is_needed and (self.renders or work.execute)]
        self.seconds: dict[str, dict[str, float]] = {path: {} for path in self.pages}
        self.next_write_time = time.monotonic() + 1
        self.remaining = {work.page.path: work.page for work in self.needed}
        self.result = BuildResult(
            index=self.site / "index.html",
            current=[work.page for work in self.work if work.page.path not in self.remaining],
        )
        self.by_quarto = _uses_quarto(options)
        self.current_stage: dict[str, str] = {}  # page to its stage
        self.figures: dict[str, dict[str, Any]] = {}  # page to the record of its files to download
        self.has_new_tables = False
        self.unlisted = 0
        self.early: set[str] = set()  # pages that are made once more at the end
        self.writer = self._writer()
        self.new_early: set[str] = set()  # of them those that were not there before

    def _decide(self, page: Page) -> Work:
        if self.options.force:
            return Work(page, True, ("--force was given",))
        entry = self.manifest["pages"].get(page.path, {})
        before = self.manifest["builds"].get(entry.get("build"), {}).get("figures")
        return decide_work(
            page,
            entry,
            self.inputs,
            staged=self.staged,
            site=self.site,
            figures_before=before,
            by_content=self.options.by_content,
        )

    def index_is_outdated(self) -> bool:
        """Whether the index page has to be made again although no other has."""
        return self.renders and (
            self.options.by_content  # no record has its hash
            or not self.result.index.is_file()
            or (not self.by_quarto and not (self.site / SITE_FONT).is_file())
            or is_library_missing(self.site)
            or self.manifest.get("index") != self.inputs.index_hashes()
        )

    def tables_are_outdated(self) -> bool:
        """Whether the files with all trusts' figures have to be made.

        They are made in a build of all trusts, and whenever earlier thresholds would show what a page now hides.
        """
        from race_equality.store.trusts import trust_codes

        if not self.renders:
            return False
        asked = {page.trust.code for page in self.pages.values() if page.trust is not None}
        record = self.manifest.get("downloads", {})
        outputs = record.get("outputs", {})
        if not set(trust_codes(project=self.project)) <= asked:
            return bool(outputs) and record.get("thresholds") != self.inputs.thresholds
        return record.get("rests_on") != self.inputs.download_hashes() or any(
            not is_unchanged(self.site / name, recorded, by_content=self.options.by_content)
            for name, recorded in outputs.items()
        )

    def run(self, progress: BuildProgress) -> None:
        self.progress = progress
        self._open_record()
        try:
            self._clear_scratch()
            self._stage()
            if self.needed:
                self._make_pages()
            with self._writer() as self.writer:
                self._write_tables()
            if self.by_quarto and self.renders and self.remaining:
                self._render_by_quarto()  # with the first page, which links to the tables
            elif self.renders and (self.has_new_tables or not self.by_quarto or not self.needed):
                self._render_index()
        except KeyboardInterrupt:
            self.result.interrupted = True
            # finished pages that the index page does not list yet
            if self.renders and self.unlisted and not self.by_quarto:
                with suppress(KeyboardInterrupt, OSError):
                    self._render_index()
        except OSError as error:
            raise RaceEqualityError(
                f"The build stopped: {error.strerror or error} ({self.output}). Finished pages are kept."
            ) from None
        finally:
            delete_made(self.scratch, _SCRATCH_FILES)
            self._close_record()

    def _services(self) -> AbstractContextManager[Servers]:
        """Start what notebooks share, which the files to download use too."""
        from race_equality.batch.build_services import shared_by_notebooks

        return shared_by_notebooks(
            self.output / ".cache",
            self.project,
            engine=self.options.engine,
            jobs=self.options.jobs,
            notebooks=sum(work.execute for work in self.needed),
        )

    def _writer(self, server: int | None = None) -> DownloadWriter:
        from race_equality.batch.download_writer import DownloadWriter

        return DownloadWriter(self.project, self.site, server=server)

    # -- steps --------------------------------------------------------------------------------

    def _clear_scratch(self) -> None:
        # A build that was killed may have left its scratch folder; this build holds the lock.
        delete_made(self.scratch, _SCRATCH_FILES)
        if self.scratch.is_symlink():
            raise RaceEqualityError(f"{self.scratch} is a link and no folder of a build. Remove it.")
        self.scratch.mkdir(exist_ok=True)
        (self.output / "build.log").write_bytes(b"")

    def _stage(self) -> None:
        from race_equality.render import stage_project
        from race_equality.render.config import read_config

        stage_project(self.project, self.staged, self.inputs.edition)
        if not self.renders:
            return
        config = read_config(self.staged)  # report a mistake in it before the notebooks run
        if not self.by_quarto:
            config.check_for_built_in()
            publish_font(self.site)

    def _make_pages(self) -> None:
        """Make the pages in processes on this machine, or on a cluster."""
        options = self.options
        if options.scheduler:
            from race_equality.batch.cluster import Cluster

            with Cluster(options.scheduler, self.project) as cluster, self._writer() as self.writer:
                self._make_all(lambda requests: self._saved(cluster.run(map(self._task, requests))))
        else:
            from race_equality.batch.pool import Pool

            settings = WorkerSettings(
                root=self.project.root,
                staged=self.staged,
                site=self.site,
                scratch=self.scratch,
                failed=self.failed,
                engine=options.engine,
                timeout=options.timeout,
            )
            with self._services() as servers, self._writer(servers.forking) as self.writer:
                with Pool(
                    options.jobs,
                    settings,
                    log=self.output / "build.log",
                    servers=servers.waited_for,
                    notebook_seconds=seconds_for_a_notebook(options.timeout),
                ) as pool:
                    self._make_all(pool.run)
                self._write_tables()  # while there is a process with the figures

    def _make_all(self, run: Callable[[Iterable[PageRequest]], Iterable[PageEvent]]) -> None:
        from race_equality.render.config import page_address

        def is_in_site(page: Page) -> bool:
            return (self.site / page_address(page.path)).is_file()

        if not self.renders:
            for event in run(PageRequest(work.page, execute=True, render=False) for work in self.needed):
                self._handle_event(event)
            return
        early = self._shown_early(any(work.page.trust is None and work.execute for work in self.needed))
        # Every page links to the pages on all trusts. Those not in the site yet are run before any
        # page is rendered, so that no page links to one that failed.
        first = [w for w in self.needed if w.page.trust is None and w.execute and not is_in_site(w.page)]
        in_site = tuple(
            page_address(page.path) for page in self.pages.values() if page.trust is None and is_in_site(page)
        )
        self.early = {page.path for page in early}
        self.new_early = {page.path for page in early if not is_in_site(page)}
        for event in run(
            # next to an earlier page its PDF is not left as it was
            PageRequest(page, execute=True, render=True, pdf=is_in_site(page), linked_files=in_site)
            for page in early
        ):
            self._handle_event(event)
        self.early = set()
        self._compute_findings()
        for event in run(PageRequest(work.page, execute=True, render=False) for work in first):
            self._handle_event(event)
        arrived = [work.page for work in first if work.page.path in self.remaining]
        have_run = {page.path for page in (*early, *arrived)} & self.remaining.keys()
        have_run |= {work.page.path for work in self.needed if not work.execute}
        have_run |= self._render_again(arrived)
        shared = [
            page_address(page.path)
            for page in self.pages.values()
            if page.trust is None and (page.path in have_run or is_in_site(page))
        ]
        for event in run(self._requests(have_run, shared)):
            self._handle_event(event)

    def _render_again(self, arrived: Sequence[Page]) -> set[str]:
        """Take in the pages that are up to date: they link to no page on all trusts that has only come now."""
        if not arrived:
            return set()
        again = {page.path: page for page in self.result.current}
        self.result.current.clear()
        self.remaining |= again
        self.progress.more(len(again))
        return set(again)

    def _shown_early(self, with_shared: bool) -> list[Page]:
        """Return the reports that are shown before the pages on all trusts are made.

        Who names a trust waits for its report, and the pages on all trusts take several times as long. It is rendered again at the
        end, with its PDF, when it can link to them and to its files to download; until then it links to what is there.
        """
        reports = [work.page for work in self.needed if work.page.is_report and work.execute]
        wanted = with_shared and len(reports) <= _MOST_SHOWN_EARLY and not self.by_quarto and not self.options.scheduler
        return reports if wanted else []

    def _requests(self, have_run: Container[str], shared: Sequence[str]) -> Iterator[PageRequest]:
        """Request each remaining page, after writing its files to download."""
        for page in list(self.remaining.values()):
            execute = page.path not in have_run
            if self._write_downloads(page) and (execute or not self.by_quarto):
                linked = (*shared, *self._download_record(page).get("outputs", ()))
                yield PageRequest(page, execute=execute, render=not self.by_quarto, linked_files=linked)

    def _handle_event(self, event: PageEvent) -> None:
        """Update progress, results and the record from an event."""
        from race_equality.render.config import page_address

        page = self.pages[event.page]
        self._end_stage(page, failed=not isinstance(event, PageStarted) and event.failure is not None)
        if isinstance(event, PageStarted):
            self.current_stage[page.path] = event.stage
            self.progress.begin(event.stage, page.name)
        elif isinstance(event, Rendering) and page.path in self.early:
            if event.failure is None:
                self.manifest.pop("index", None)
                self.unlisted += 1
                self.progress.say(f"{page.name} can be read: {self.site / page_address(page.path)}")
            self._record_execution(page)  # now: nobody waits for it any more
        elif isinstance(event, Rendering):
            self._record_seconds(page, **event.seconds)
            self._finish_page(page, event.failure)
            self._render_index_if_due()
        else:
            self._record_seconds(page, execute=event.seconds, charts=event.charts_seconds)
            if event.failure is not None:
                self._finish_page(page, event.failure)
            else:
                (self.failed / page.path).unlink(missing_ok=True)
                if page.path not in self.early:
                    self._record_execution(page)
                if not self.renders:
                    del self.remaining[page.path]
                    self.result.done.append(page)
                    self.progress.done(page.name, event.seconds)

    def _end_stage(self, page: Page, *, failed: bool = False, last: bool = False) -> None:
        if before := self.current_stage.pop(page.path, None):
            self.progress.end(before, page.name, failed=failed, last=last)

    def _task(self, request: PageRequest) -> Task:
        from race_equality.batch.cluster_worker import Task

        return Task(
            request,
            None if request.execute else (self.staged / request.page.path).read_bytes(),
            self.options.engine,
            self.options.timeout,
            sum(work.execute for work in self.needed),
        )

    def _saved(self, results: Iterable[PageStarted | PageResult]) -> Iterator[PageEvent]:
        """Save pages that a cluster made where a process of this machine would have put them."""
        from race_equality.files import write_atomically

        for result in results:
            if isinstance(result, PageStarted):
                yield result
                continue
            executions = [event for event in result.events if isinstance(event, NotebookRun)]
            if result.notebook is not None:
                failed = any(execution.failure for execution in executions)
                write_atomically((self.failed if failed else self.staged) / result.page, result.notebook)
            # the page last: it links to the other files
            for name in sorted(result.files, key=lambda name: name.endswith(".html")):
                write_atomically(self.site / name, result.files[name])
            yield from result.events

    def _render_by_quarto(self) -> None:
        from race_equality.render import render_site

        pages = list(self.remaining.values())
        failures = render_site(
            self.staged,
            self.site,
            [page.path for page in pages],
            jobs=self.options.jobs,
            engine="quarto",
            on_page=_StageTimer(self),
            on_batches=lambda count: self.progress.expect("start", count),
        )
        failed = {failure.page: failure for failure in failures}
        for page in pages:
            if page.path in self.remaining:
                failure = failed.get(page.path)
                self._finish_page(page, rendering_failure(page, failure) if failure else None)
        self._mark_index_current()

    def _render_index_if_due(self) -> None:
        if self.by_quarto:  # it lists its pages itself
            return
        often = max(_PAGES_PER_INDEX_AND_JOB * self.options.jobs, -(-len(self.needed) // _MOST_INDEXES))
        # It also updates links in the pages on all trusts, so not while one of those is being written.
        if self.unlisted >= often and all(page.trust is not None for page in self.remaining.values()):
            self._render_index()

    def _render_index(self) -> None:
        """Make the index page, which lists the pages of the site."""
        from race_equality.render import render_site

        assert self.options.renderer != "none"
        render_site(self.staged, self.site, [], jobs=self.options.jobs, engine=self.options.renderer)
        self._mark_index_current()

    def _mark_index_current(self) -> None:
        self.manifest["index"], self.unlisted = self.inputs.index_hashes(), 0

    def _compute_findings(self) -> None:
        """Compute the findings of all trusts for the files to download, which the pages on all trusts then read.

        Without it two of those pages, which run at once, would compute them both.
        """
        if any(page.is_report and not self._downloads_are_current(page) for page in self.remaining.values()):
            with suppress(RaceEqualityError):  # reported for each page that needs them
                self.writer.prepare()

    def _write_downloads(self, page: Page) -> bool:
        """Write a trust's files to download, before the page that links to them."""
        if page.trust is None or not page.is_report or self._downloads_are_current(page):
            return True
        try:
            names = self.writer.write_trust(page.trust.code)
        except RaceEqualityError as error:
            self._finish_page(page, page_failure(page, f"Its files to download could not be made. {error}"))
            return False
        self.figures[page.path] = {
            "rests_on": self.inputs.download_hashes(),
            "outputs": {name: fingerprint(self.site / name) for name in names},
        }
        return True

    def copy_notebooks(self, address: str) -> None:
        """Copy executed notebooks to an address, except those copied before and unchanged."""
        from race_equality.batch.cloud_copies import copy_notebook

        copies = self.manifest.setdefault("copies", {}).setdefault(address, {})
        try:
            for path in self.pages:
                entry = self.manifest["pages"].get(path, {})
                digest = entry.get("executed", {}).get("sha256")
                if entry.get("status") != "done" or copies.get(path) == digest:
                    continue
                try:
                    copy_notebook(self.site / path, f"{address.rstrip('/')}/{path}")
                except RaceEqualityError as error:
                    self.result.not_copied.append(str(error))
                else:
                    copies[path] = digest
                    self.result.copied += 1
        except KeyboardInterrupt:
            self.result.interrupted = True
        finally:
            if self.result.copied:
                write_manifest(self.output, self.manifest)

    def _downloads_are_current(self, page: Page) -> bool:
        """Whether a trust's files to download are up to date."""
        record = self._download_record(page)
        return (
            not self.options.force
            and record.get("rests_on") == self.inputs.download_hashes()
            and all(is_unchanged(self.site / name, recorded) for name, recorded in record["outputs"].items())
        )

    def _download_record(self, page: Page) -> dict[str, Any]:
        """Return the record of a trust's files to download: of this build, or of an earlier one."""
        earlier = self.manifest["pages"].get(page.path, {}).get("figures", {})
        return self.figures.get(page.path, earlier)

    def _write_tables(self) -> None:
        """Write the files of all trusts where they are out of date."""
        if not self.tables_are_outdated():
            return
        names = self.writer.write_site()
        self.has_new_tables = True
        self.manifest["downloads"] = {
            "rests_on": self.inputs.download_hashes(),
            "thresholds": self.inputs.thresholds,
            "outputs": {name: fingerprint(self.site / name) for name in names},
        }

    def _finish_page(self, page: Page, failure: Failure | None) -> None:
        del self.remaining[page.path]
        if failure is None:
            self.result.done.append(page)
            self.manifest.pop("index", None)  # until the index lists this page
            self.unlisted += 1
        else:
            self.result.failures.append(failure)
            if page.path in self.new_early:  # it was shown without its PDF
                from race_equality.render.config import page_address

                (self.site / page.path).unlink(missing_ok=True)
                (self.site / page_address(page.path)).unlink(missing_ok=True)
        seconds = self.seconds[page.path]
        self.progress.done(
            page.name, sum(seconds.get(stage, 0.0) for stage in ("execute", "html", "pdf")), failed=failure is not None
        )
        self._record(page, failure)

    def _record_seconds(self, page: Page, **seconds: float) -> None:
        self.seconds[page.path].update({stage: round(s, 3) for stage, s in seconds.items()})

    # -- the manifest ---------------------------------------------------------------------------

    def _open_record(self) -> None:
        self.started = _now()
        self.manifest["builds"][self.started] = {
            "ended": None,
            "status": "running",
            "engine": self.options.engine or "papermill",
            "renderer": self.options.renderer,
            "jobs": self.options.jobs,
            "code": hash_code(),
            "figures": self.inputs.figure_hashes,
            "inputs": self.inputs.other_hashes(),
            "versions": versions() | ({"quarto": quarto_version()} if self.by_quarto else {}),
        }

    def _record_execution(self, page: Page) -> None:
        """Record an executed notebook: if the build ends here, the next one only renders it."""
        earlier = self.manifest["pages"].get(page.path, {})
        params = ["params/_defaults.yml"]
        if page.trust is not None:
            params.append(f"params/trusts/{page.trust.code}.yml")
        notebook = self.staged / page.path
        self.manifest["pages"][page.path] = {
            "build": self.started,
            "notebook": page.notebook,
            "parameters": dict(page.parameters),
            "status": "executed",
            "seconds": self.seconds[page.path],
            "inputs": hash_inputs(self.project, [page.notebook, *params]),
            "rests_on": self.inputs.notebook_hashes(page),
            "executed": fingerprint(notebook),
            **({"figures": figures} if (figures := self._download_record(page)) else {}),
            **({"last_good": good} if (good := _last_good(earlier)) else {}),
        }
        self._write_record_if_due()

    def _record(self, page: Page, failure: Failure | None) -> None:
        earlier = self.manifest["pages"].get(page.path, {})
        if failure is None:
            entry = {
                **earlier,
                "status": "done",
                "seconds": {**earlier.get("seconds", {}), **self.seconds[page.path]},
                "rendered_from": self.inputs.rendering_hashes(),
                "edition": vars(self.inputs.edition),
                "outputs": outputs_of(page, self.site),
            }
            entry.pop("last_good", None)
            entry.pop("error", None)
        else:
            # After a failed rendering the executed notebook can be used; after a failed cell it cannot.
            entry = (
                earlier
                if earlier.get("status") == "executed"
                else {
                    "build": self.started,
                    "notebook": page.notebook,
                    "parameters": dict(page.parameters),
                    "seconds": self.seconds[page.path],
                }
            )
            entry |= {"status": "failed", "error": {"cell": failure.cell, "message": failure.error}}
            if good := _last_good(earlier):
                entry["last_good"] = good
        if figures := self._download_record(page):
            entry["figures"] = figures
        self.manifest["pages"][page.path] = entry
        self._write_record_if_due()

    def _write_record_if_due(self) -> None:
        # Writing it for each of 200 pages takes a second in all. With thousands of pages it is long, and
        # writing it takes at most a twentieth of the time.
        if time.monotonic() > self.next_write_time:
            self._write_record()

    def _write_record(self) -> None:
        referenced = {self.started}
        for entry in self.manifest["pages"].values():
            referenced |= {entry["build"], entry.get("last_good", {}).get("build")}
        builds = self.manifest["builds"]
        self.manifest["builds"] = {key: builds[key] for key in builds if key in referenced}
        began = time.monotonic()
        write_manifest(self.output, self.manifest)
        ended = time.monotonic()
        self.next_write_time = ended + max(1.0, 20 * (ended - began))

    def _close_record(self) -> None:
        record = self.manifest["builds"][self.started]
        record["ended"] = _now()
        if self.result.interrupted:
            record["status"] = "interrupted"
        elif self.remaining:
            record["status"] = "stopped"
        else:
            record["status"] = "failed" if self.result.failures else "done"
        try:
            self._write_record()
        except OSError as error:  # a full disk: the pages and the older manifest are kept
            raise RaceEqualityError(
                f"The build stopped: {MANIFEST_FILE} cannot be written ({error.strerror or error}). All "
                "pages in the folder are complete; the same command continues from there."
            ) from None


class _StageTimer:
    """Time Quarto's stages and pass them to the build as events.

    The renderer calls this when a stage of a page begins, one call at a time.
    """

    def __init__(self, build: _Build) -> None:
        self._build = build
        self._began: dict[str, tuple[str, float]] = {}
        self._seconds: dict[str, dict[str, float]] = {}

    def __call__(self, path: str, stage: str) -> None:
        if path not in self._build.pages:
            return
        now = time.perf_counter()
        seconds = self._seconds.setdefault(path, {})
        if path in self._began:
            before, since = self._began.pop(path)
            seconds[before] = now - since
        if stage == "made":  # and published with others, later
            self._build._end_stage(self._build.pages[path], last=True)
        elif stage == "done":
            self._build._handle_event(Rendering(path, None, {"html": seconds.get("html", 0.0)}))
        elif stage != "failed":  # the renderer returns the failure
            self._began[path] = (stage, now)
            self._build._handle_event(PageStarted(path, stage))


def _last_good(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the page now in the site was made from, if there is one."""
    if entry.get("status") == "done":
        return {key: entry[key] for key in ("build", "inputs") if key in entry}
    return entry.get("last_good")


def _uses_quarto(options: BuildOptions) -> bool:
    return options.renderer == "quarto" or (options.renderer == "auto" and shutil.which("quarto") is not None)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
