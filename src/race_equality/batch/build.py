"""Run the plan: execute, render, and keep the record."""

from __future__ import annotations

import datetime
import errno
import os
import shutil
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from race_equality.batch.execute import DEFAULT_TIMEOUT, Execution, Failure
from race_equality.batch.freshness import Inputs, Work, decide, is_there, outputs_of
from race_equality.batch.lock import OutputLock
from race_equality.batch.manifest import (
    MANIFEST_FILE,
    hash_code,
    hash_file,
    hash_inputs,
    read_manifest,
    versions,
    write_manifest,
)
from race_equality.batch.page_requests import Began, News, Order, Rendering, Workshop, failure_of, rendering_failed
from race_equality.errors import RaceEqualityError
from race_equality.render.fonts import SITE_FONT, publish_font

if TYPE_CHECKING:
    from race_equality.batch.cluster_worker import Parcel, Task
    from race_equality.batch.plan import Page, Plan
    from race_equality.batch.progress import BuildProgress
    from race_equality.downloads.files import Downloads
    from race_equality.project import Project

#: Pages after which the first page, which lists all, is made again, for each job: a build that is
#: killed leaves what it made in the list.
_LISTED_PER_JOB = 12

#: Times at most that it is made: in a build of thousands it would cost more than their reports.
_LISTED_AT_MOST = 16


@dataclass(frozen=True)
class BuildOptions:
    """How a build runs.

    Parameters
    ----------
    output : Path
        The folder that is written to.
    jobs : int
        Notebooks, and pages, at once.
    engine : str or None
        The papermill engine; None for papermill's own.
    renderer : str
        ``auto``, ``quarto`` or ``built-in``.
    timeout : int or None
        Seconds that one cell may run.
    force : bool
        Make every page, also one that is up to date.
    dry_run : bool
        Make nothing.
    scheduler : str or None
        The address of a Dask scheduler whose workers make the pages; None for this machine.
    copy_to : str or None
        An address that papermill writes to, where executed notebooks are copied as well.
    """

    output: Path
    jobs: int = 1
    engine: str | None = None
    renderer: str = "auto"
    timeout: int | None = DEFAULT_TIMEOUT
    force: bool = False
    dry_run: bool = False
    scheduler: str | None = None
    copy_to: str | None = None


@dataclass
class BuildResult:
    """How a build ended.

    Parameters
    ----------
    current : list of Page
        Up to date: nothing was done.
    done : list of Page
        Made.
    failures : list of Failure
        One for each page that could not be made.
    copied : int
        Notebooks that were copied.
    not_copied : list of str
        What went wrong with each that could not be.
    untouched : list of Page
        Not reached, because the build was interrupted.
    interrupted : bool
    seconds : float
    worked : dict of str to float
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
    untouched: list[Page] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    worked: dict[str, float] = field(default_factory=dict)


def build(
    plan: Plan,
    options: BuildOptions,
    *,
    project: Project,
    show_progress: Callable[[int], AbstractContextManager[BuildProgress]],
    on_work: Callable[[Sequence[Work]], None] = lambda work: None,
) -> BuildResult:
    """Make what is not up to date of a plan.

    Parameters
    ----------
    plan : Plan
    options : BuildOptions
    project : Project
        The checkout.
    show_progress : callable
        Given the number of pages to be made, returns a context that gives the progress to tell.
    on_work : callable, optional
        Given what there is to do for each page, before any of it is done.

    Returns
    -------
    BuildResult
        Also when the build was interrupted: what was done by then is kept and recorded.

    Raises
    ------
    RaceEqualityError
        When nothing can be written to the output folder, or another build is writing to it.

    Notes
    -----
    A page is rendered when its notebook has run, while other notebooks run; Quarto, which spends
    seconds on a project before its first page, is given all pages at the end. A page that fails
    leaves the page of an earlier build in place; the manifest says so. What was done is recorded as
    it is done, so a build that is killed goes on where it stopped when it is started again.
    """
    began = time.perf_counter()
    if options.renderer == "quarto" and shutil.which("quarto") is None:
        # known before the notebooks run, and not minutes later
        raise RaceEqualityError(
            "Quarto is not on the PATH. Install it from https://quarto.org, or leave --renderer out: "
            "the built-in renderer makes the same pages."
        )
    if options.copy_to:
        from race_equality.batch.cloud_copies import check_address

        check_address(options.copy_to)
    output = _prepare_folder(options.output, project)
    with OutputLock(output):
        this = _Build(plan, options, project, output)
        on_work(this.work)
        if not options.dry_run and (this.needed or this.index_is_old() or this.tables_are_old()):
            with show_progress(len(this.needed)) as progress:
                this.run(progress)
        if options.copy_to and not options.dry_run and not this.result.interrupted:
            this.copy_notebooks(options.copy_to)
        this.result.untouched = list(this.untouched.values())
        this.result.seconds = time.perf_counter() - began
        for stages in this.seconds.values():
            for stage in ("execute", "html", "pdf"):
                this.result.worked[stage] = this.result.worked.get(stage, 0.0) + stages.get(stage, 0.0)
        return this.result


def _prepare_folder(folder: Path, project: Project) -> Path:
    """Make the output folder, refusing places where a build would mix with the sources."""
    output = folder.absolute()
    resolved = output.resolve()
    root = project.root.resolve()
    sources = [root / name for name in ("data", "docs", "notebooks", "params", "src", "tests")]
    if resolved == root or any(resolved.is_relative_to(source) for source in sources):
        raise RaceEqualityError(f"{folder} holds the project's own files. Choose another folder with --output.")
    try:
        output.mkdir(parents=True, exist_ok=True)
        if not os.access(output, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise RaceEqualityError(
            f"Cannot write to {folder}: {error.strerror}. Choose another folder with --output."
        ) from None
    return output


class _Build:
    """One build: the folders, the pages' states, and the steps."""

    def __init__(self, plan: Plan, options: BuildOptions, project: Project, output: Path) -> None:
        self.options, self.project, self.output = options, project, output
        self.staged = output / "project"
        self.site = output / "site"
        self.scratch = output / ".scratch"
        self.failed = output / "failed"
        self.pages = {page.path: page for page in plan.pages}
        self.manifest = read_manifest(output)
        self.inputs = Inputs(project, options.renderer, self.manifest.setdefault("known", {}))
        self.work = [self._decide(page) for page in plan.pages]
        self.needed = [work for work in self.work if work.is_needed]
        self.seconds: dict[str, dict[str, float]] = {path: {} for path in self.pages}
        self.write_next = time.monotonic() + 1
        self.result = BuildResult(
            index=self.site / "index.html", current=[work.page for work in self.work if not work.is_needed]
        )
        self.untouched = {work.page.path: work.page for work in self.needed}
        self.by_quarto = _uses_quarto(options)
        self.at_work: dict[str, str] = {}  # page to stage
        self.figures: dict[str, dict[str, Any]] = {}  # page to the record of its figures to download
        self.unlisted = 0

    def _decide(self, page: Page) -> Work:
        if self.options.force:
            return Work(page, True, ("--force was given",))
        entry = self.manifest["pages"].get(page.path, {})
        before = self.manifest["builds"].get(entry.get("build"), {}).get("figures")
        return decide(page, entry, self.inputs, staged=self.staged, site=self.site, figures_before=before)

    def index_is_old(self) -> bool:
        """Whether the first page has to be made again although no other has."""
        return (
            not self.result.index.is_file()
            or (not self.by_quarto and not (self.site / SITE_FONT).is_file())
            or self.manifest.get("index") != self.inputs.of_index()
        )

    @cached_property
    def downloads(self) -> Downloads:
        """The figures that downloads are made from, read when the first is made."""
        from race_equality.downloads.files import Downloads

        return Downloads(self.project)

    def tables_are_old(self) -> bool:
        """Whether the tables of all trusts have to be made.

        That is where all trusts are built; and wherever tables of earlier thresholds would show what a page now hides.
        """
        from race_equality.store.trusts import read_trusts

        asked = {page.trust.code for page in self.pages.values() if page.trust is not None}
        record = self.manifest.get("downloads", {})
        outputs = record.get("outputs", {})
        if not set(read_trusts(project=self.project)["trust_code"]) <= asked:
            return bool(outputs) and record.get("thresholds") != self.inputs.thresholds
        return record.get("rests_on") != self.inputs.of_downloads() or any(
            not is_there(self.site / name, size) for name, size in outputs.items()
        )

    def run(self, progress: BuildProgress) -> None:
        self.progress = progress
        self._open_record()
        try:
            self._clear_scratch()
            self._stage()
            if self.needed:
                self._make_pages()
            if tables := self.tables_are_old():
                self._write_tables()
            if tables or not self.by_quarto or not self.needed:
                self._render_index()
        except KeyboardInterrupt:
            self.result.interrupted = True
            if self.unlisted and not self.by_quarto:  # whole pages, which the first page does not list yet
                with suppress(KeyboardInterrupt, OSError):
                    self._render_index()
        except OSError as error:
            raise RaceEqualityError(
                f"The build stopped: {error.strerror or error} ({self.output}). What was finished before is as it was."
            ) from None
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self._close_record()

    def _kernels(self) -> AbstractContextManager[object]:
        """Start what notebooks share; the figures to download rest on some of it too."""
        from race_equality.batch.build_services import shared_by_notebooks

        return shared_by_notebooks(
            self.output / ".cache",
            self.project,
            engine=self.options.engine,
            jobs=self.options.jobs,
            notebooks=sum(work.execute for work in self.needed),
        )

    # -- steps --------------------------------------------------------------------------------

    def _clear_scratch(self) -> None:
        # A build that was killed outright may have left its scratch behind; the lock is ours now.
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        (self.output / "build.log").write_bytes(b"")

    def _stage(self) -> None:
        from race_equality.render import stage_project
        from race_equality.render.config import read_config

        stage_project(self.project, self.staged)
        if not self.by_quarto:
            publish_font(self.site)
        read_config(self.staged)  # a mistake in it is better known before the notebooks run

    def _make_pages(self) -> None:
        """Have the pages made by processes of this machine, or by a cluster's."""
        options = self.options
        if options.scheduler:
            from race_equality.batch.cluster import Cluster

            with Cluster(options.scheduler, self.project) as cluster:
                self._make(lambda orders: self._unpacked(cluster.run(map(self._task, orders))))
        else:
            from race_equality.batch.pool import Pool

            shop = Workshop(
                root=self.project.root,
                staged=self.staged,
                site=self.site,
                scratch=self.scratch,
                failed=self.failed,
                engine=options.engine,
                timeout=options.timeout,
            )
            with self._kernels(), Pool(options.jobs, shop, log=self.output / "build.log") as pool:
                self._make(pool.run)
        if self.by_quarto:
            self._render_by_quarto()

    def _make(self, run: Callable[[Iterable[Order]], Iterable[News]]) -> None:
        from race_equality.render.config import page_address

        def is_in_site(page: Page) -> bool:
            return (self.site / page_address(page.path)).is_file()

        self._read_figures_ahead()
        # Every page links to those on all trusts. The ones that are not there yet are run before any
        # page is rendered: one that fails is linked from nowhere.
        first = [w for w in self.needed if w.page.trust is None and w.execute and not is_in_site(w.page)]
        for news in run(Order(work.page, execute=True, render=False) for work in first):
            self._note(news)
        have_run = {work.page.path for work in first} & self.untouched.keys()
        have_run |= {work.page.path for work in self.needed if not work.execute}
        shared = [
            page_address(page.path)
            for page in self.pages.values()
            if page.trust is None and (page.path in have_run or is_in_site(page))
        ]
        for news in run(self._orders(have_run, shared)):
            self._note(news)

    def _orders(self, have_run: Container[str], shared: Sequence[str]) -> Iterator[Order]:
        """Order what is left of the pages, each with its figures to download made."""
        for page in list(self.untouched.values()):
            execute = page.path not in have_run
            if self._make_figures(page) and (execute or not self.by_quarto):
                beside = (*shared, *self._figures_of(page).get("outputs", ()))
                yield Order(page, execute=execute, render=not self.by_quarto, beside=beside)

    def _note(self, news: News) -> None:
        """Take note of what happened to a page."""
        page = self.pages[news.page]
        if before := self.at_work.pop(page.path, None):
            failed = not isinstance(news, Began) and news.failure is not None
            self.progress.end(before, page.name, failed=failed)
        if isinstance(news, Began):
            self.at_work[page.path] = news.stage
            self.progress.begin(news.stage, page.name)
        elif isinstance(news, Rendering):
            self._note_seconds(page, **news.seconds)
            self._end(page, news.failure)
            self._list_now_and_then()
        else:
            self._note_seconds(page, execute=news.seconds, charts=news.charts_seconds)
            if news.failure is not None:
                self._end(page, news.failure)
            else:
                (self.failed / page.path).unlink(missing_ok=True)
                self._record_execution(page)

    def _task(self, order: Order) -> Task:
        from race_equality.batch.cluster_worker import Task

        return Task(
            order,
            None if order.execute else (self.staged / order.page.path).read_bytes(),
            self.options.engine,
            self.options.timeout,
            sum(work.execute for work in self.needed),
        )

    def _unpacked(self, parcels: Iterable[Began | Parcel]) -> Iterator[News]:
        """Put what came back in its place, as a process of this machine would have done."""
        from race_equality.files import write_atomically

        for parcel in parcels:
            if isinstance(parcel, Began):
                yield parcel
                continue
            executions = [news for news in parcel.news if isinstance(news, Execution)]
            if parcel.notebook is not None:
                failed = any(execution.failure for execution in executions)
                write_atomically((self.failed if failed else self.staged) / parcel.page, parcel.notebook)
            # the page comes last: it links to the others
            for name in sorted(parcel.files, key=lambda name: name.endswith(".html")):
                write_atomically(self.site / name, parcel.files[name])
            yield from parcel.news

    def _render_by_quarto(self) -> None:
        from race_equality.render import render_site

        pages = list(self.untouched.values())
        if not pages:
            return
        failures = render_site(
            self.staged,
            self.site,
            [page.path for page in pages],
            jobs=self.options.jobs,
            engine="quarto",
            on_page=_Stages(self),
        )
        failed = {failure.page: failure for failure in failures}
        for page in pages:
            if page.path in self.untouched:
                failure = failed.get(page.path)
                self._end(page, rendering_failed(page, failure) if failure else None)
        self._is_listed()

    def _list_now_and_then(self) -> None:
        often = max(_LISTED_PER_JOB * self.options.jobs, -(-len(self.needed) // _LISTED_AT_MOST))
        # Links of the pages on all trusts are brought up to date with it: not while one is being written.
        if self.unlisted >= often and all(page.trust is not None for page in self.untouched.values()):
            self._render_index()

    def _render_index(self) -> None:
        """Make the first page: it lists what the site holds."""
        from race_equality.render import render_site

        render_site(self.staged, self.site, [], jobs=self.options.jobs, engine=self.options.renderer)
        self._is_listed()

    def _is_listed(self) -> None:
        self.manifest["index"], self.unlisted = self.inputs.of_index(), 0

    def _read_figures_ahead(self) -> None:
        """Read what figures to download are made from, while the first kernel is prepared."""
        if any(page.trust and not self._has_figures(page) for page in self.untouched.values()):
            with suppress(RaceEqualityError):  # said of each page that needs them
                _ = self.downloads

    def _make_figures(self, page: Page) -> bool:
        """Write a trust's figures to download, before the page that links to them."""
        if page.trust is None or self._has_figures(page):
            return True
        try:
            names = self.downloads.write_trust(page.trust, self.site) if self.downloads.are_there else []
        except RaceEqualityError as error:
            self._end(page, failure_of(page, f"Its figures to download could not be made. {error}"))
            return False
        self.figures[page.path] = {
            "rests_on": self.inputs.of_downloads(),
            "outputs": {name: (self.site / name).stat().st_size for name in names},
        }
        return True

    def copy_notebooks(self, address: str) -> None:
        """Copy the executed notebooks that are not at an address as they are."""
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

    def _has_figures(self, page: Page) -> bool:
        """Whether a trust's figures to download are as they would be made: they rest on no notebook."""
        record = self._figures_of(page)
        return (
            not self.options.force
            and record.get("rests_on") == self.inputs.of_downloads()
            and all(is_there(self.site / name, size) for name, size in record["outputs"].items())
        )

    def _figures_of(self, page: Page) -> dict[str, Any]:
        """Return the record of a trust's figures to download: of this build, or of an earlier one."""
        earlier = self.manifest["pages"].get(page.path, {}).get("figures", {})
        return self.figures.get(page.path, earlier)

    def _write_tables(self) -> None:
        names = self.downloads.write_site(self.site) if self.downloads.are_there else []
        self.manifest["downloads"] = {
            "rests_on": self.inputs.of_downloads(),
            "thresholds": self.inputs.thresholds,
            "outputs": {name: (self.site / name).stat().st_size for name in names},
        }

    def _end(self, page: Page, failure: Failure | None) -> None:
        del self.untouched[page.path]
        if failure is None:
            self.result.done.append(page)
            self.manifest.pop("index", None)  # until this page is listed
            self.unlisted += 1
        else:
            self.result.failures.append(failure)
        seconds = self.seconds[page.path]
        self.progress.done(
            page.name, sum(seconds.get(stage, 0.0) for stage in ("execute", "html", "pdf")), failed=failure is not None
        )
        self._record(page, failure)

    def _note_seconds(self, page: Page, **seconds: float) -> None:
        self.seconds[page.path].update({stage: round(s, 3) for stage, s in seconds.items()})

    # -- the record ---------------------------------------------------------------------------

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
            "versions": versions(),
        }

    def _record_execution(self, page: Page) -> None:
        """Note an executed notebook: a build that ends here renders it the next time."""
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
            "rests_on": self.inputs.of_notebook(page),
            "executed": {"bytes": notebook.stat().st_size, "sha256": hash_file(notebook)},
            **({"figures": figures} if (figures := self._figures_of(page)) else {}),
            **({"last_good": good} if (good := _last_good(earlier)) else {}),
        }
        self._write_record_now_and_then()

    def _record(self, page: Page, failure: Failure | None) -> None:
        earlier = self.manifest["pages"].get(page.path, {})
        if failure is None:
            entry = {
                **earlier,
                "status": "done",
                "seconds": {**earlier.get("seconds", {}), **self.seconds[page.path]},
                "rendered_from": self.inputs.of_rendering(),
                "outputs": outputs_of(page, self.site),
            }
            entry.pop("last_good", None)
            entry.pop("error", None)
        else:
            # Rendering failed: the executed notebook is good. A cell failed: nothing is.
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
            if figures := self._figures_of(page):
                entry["figures"] = figures
            if good := _last_good(earlier):
                entry["last_good"] = good
        self.manifest["pages"][page.path] = entry
        self._write_record_now_and_then()

    def _write_record_now_and_then(self) -> None:
        # Two hundred pages are a second of writing if it is done for each; with thousands, the record
        # is long, and a twentieth of the time at most goes into writing it.
        if time.monotonic() > self.write_next:
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
        self.write_next = ended + max(1.0, 20 * (ended - began))

    def _close_record(self) -> None:
        record = self.manifest["builds"][self.started]
        record["ended"] = _now()
        if self.result.interrupted:
            record["status"] = "interrupted"
        elif self.untouched:
            record["status"] = "stopped"
        else:
            record["status"] = "failed" if self.result.failures else "done"
        try:
            self._write_record()
        except OSError as error:  # a full disk: the pages stand, and the older record with them
            raise RaceEqualityError(
                f"The build stopped: {MANIFEST_FILE} cannot be written ({error.strerror or error}). The "
                "pages are as they were, or new and whole; the same command goes on from there."
            ) from None


class _Stages:
    """Time a renderer's stages, and tell the build of them as a process that makes pages does.

    The renderer calls this as each stage of a page begins, one call at a time.
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
        if stage == "done":
            self._build._note(Rendering(path, None, seconds))
        elif stage != "failed":  # what went wrong is in what the renderer returns
            self._began[path] = (stage, now)
            self._build._note(Began(path, stage))


def _last_good(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say what the page that still stands in the site was made from, if there is one."""
    if entry.get("status") == "done":
        return {key: entry[key] for key in ("build", "inputs") if key in entry}
    return entry.get("last_good")


def _uses_quarto(options: BuildOptions) -> bool:
    return options.renderer == "quarto" or (options.renderer == "auto" and shutil.which("quarto") is not None)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
