"""Run the plan: execute, render, and keep the record."""

from __future__ import annotations

import datetime
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from race_equality.batch.execute import DEFAULT_TIMEOUT, Failure
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
from race_equality.errors import RaceEqualityError

if TYPE_CHECKING:
    from race_equality.batch.execute import Execution
    from race_equality.batch.plan import Page, Plan
    from race_equality.batch.pool import Pool
    from race_equality.batch.remote import Order, Parcel
    from race_equality.downloads.files import Downloads
    from race_equality.progress import BuildProgress
    from race_equality.project import Project

#: Pages executed, then rendered, at a time for each job: an interrupted build keeps whole reports.
_BATCH_PER_JOB = 12

#: Batches at most: the first page, which lists all, is made with each, and would cost a build of
#: thousands more than their reports.
_BATCHES = 16


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
    Pages are executed and rendered in batches. A page that fails leaves the page of an earlier
    build in place; the manifest says so. What was done is recorded as it is done, so a build that is
    killed goes on where it stopped when it is started again.
    """
    began = time.perf_counter()
    if options.renderer == "quarto" and shutil.which("quarto") is None:
        # known before the notebooks run, and not minutes later
        raise RaceEqualityError(
            "Quarto is not on the PATH. Install it from https://quarto.org, or leave --renderer out: "
            "the built-in renderer makes the same pages."
        )
    if options.copy_to:
        from race_equality.batch.copies import check_address

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
        raise RaceEqualityError(
            f"{folder} holds the project's own files. Choose another folder with --output."
        )
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

    def __init__(
        self, plan: Plan, options: BuildOptions, project: Project, output: Path
    ) -> None:
        self.options, self.project, self.output = options, project, output
        self.staged = output / "project"
        self.site = output / "site"
        self.scratch = output / ".scratch"
        self.failed = output / "failed"
        self.pages = {page.path: page for page in plan.pages}
        self.manifest = read_manifest(output)
        self.inputs = Inputs(project, options.renderer)
        self.work = [self._decide(page) for page in plan.pages]
        self.needed = [work for work in self.work if work.is_needed]
        self.seconds: dict[str, dict[str, float]] = {path: {} for path in self.pages}
        self.write_next = time.monotonic() + 1
        self.result = BuildResult(
            index=self.site / "index.html",
            current=[work.page for work in self.work if not work.is_needed],
        )
        self.untouched = {work.page.path: work.page for work in self.needed}

    def _decide(self, page: Page) -> Work:
        if self.options.force:
            return Work(page, True, ("--force was given",))
        entry = self.manifest["pages"].get(page.path, {})
        before = self.manifest["builds"].get(entry.get("build"), {}).get("figures")
        return decide(
            page, entry, self.inputs, staged=self.staged, site=self.site, figures_before=before
        )

    def index_is_old(self) -> bool:
        """Whether the first page has to be made again although no other has."""
        return not self.result.index.is_file() or (
            self.manifest.get("index") != self.inputs.of_index()
        )

    @cached_property
    def downloads(self) -> Downloads:
        """The figures that downloads are made from, read when the first is made."""
        from race_equality.downloads.files import Downloads

        return Downloads(self.project)

    def tables_are_old(self) -> bool:
        """Whether the tables of all trusts have to be made: where all trusts are built, and only there."""
        from race_equality.figures.trusts import read_trusts

        asked = {page.trust.code for page in self.pages.values() if page.trust is not None}
        record = self.manifest.get("downloads", {})
        outputs = record.get("outputs", {})
        return set(read_trusts(project=self.project)["trust_code"]) <= asked and (
            record.get("rests_on") != self.inputs.of_downloads()
            or any(not is_there(self.site / name, size) for name, size in outputs.items())
        )

    def run(self, progress: BuildProgress) -> None:
        from race_equality.batch.pool import Pool

        self.progress = progress
        self._open_record()
        try:
            self._clear_scratch()
            self._stage()
            if self.options.scheduler and self.needed:
                self._make_on_cluster(self.options.scheduler)
            else:
                with self._kernels(), Pool(self.options.jobs, log=self.output / "build.log") as pool:
                    for batch in _batches(self.needed, self.options):
                        self._make(batch, pool)
            if self.tables_are_old():
                self._write_tables()
                self._render_index()
            elif not self.needed:
                self._render_index()
        except KeyboardInterrupt:
            self.result.interrupted = True
        except OSError as error:
            raise RaceEqualityError(
                f"The build stopped: {error.strerror or error} ({self.output}). "
                "What was finished before is as it was."
            ) from None
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self._close_record()

    def _kernels(self) -> AbstractContextManager[object]:
        """Start what notebooks share; the figures to download rest on some of it too."""
        from race_equality.batch.shared import shared_by_notebooks

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

        stage_project(self.project, self.staged)

    def _make(self, batch: Sequence[Work], pool: Pool) -> None:
        executed = self._execute([work.page for work in batch if work.execute], pool)
        self._render([*executed, *(work.page for work in batch if not work.execute)])

    def _execute(self, pages: Sequence[Page], pool: Pool) -> list[Page]:
        from race_equality.batch.worker import Job

        executed = []
        jobs = [
            Job(
                page=page,
                root=self.project.root,
                target=self.staged / page.path,
                scratch=self.scratch,
                failed=self.failed / page.path,
                engine=self.options.engine,
                timeout=self.options.timeout,
            )
            for page in pages
        ]
        for end in pool.run(jobs, on_start=lambda job: self.progress.begin("execute", job.page.name)):
            if self._note_execution(end):
                executed.append(self.pages[end.page])
        return executed

    def _note_execution(self, end: Execution) -> bool:
        """Take note of how a notebook ended, and say whether it can be rendered."""
        page = self.pages[end.page]
        self._note_seconds(page, execute=end.seconds, charts=end.charts_seconds)
        self.progress.end("execute", page.name, failed=end.failure is not None)
        if end.failure is not None:
            self._end(page, end.failure)
            return False
        (self.failed / page.path).unlink(missing_ok=True)
        self._record_execution(page)
        return True

    def _make_on_cluster(self, address: str) -> None:
        """Have the pages made elsewhere; with Quarto, which needs all pages at once, only executed."""
        from race_equality.batch.cluster import Cluster
        from race_equality.batch.remote import Order
        from race_equality.render.config import page_address

        engine, timeout = self.options.engine, self.options.timeout
        render = not _uses_quarto(self.options)
        begin = {True: "execute", False: "html"}
        notebooks = sum(work.execute for work in self.needed)

        def make(orders: Sequence[Order]) -> list[Page]:
            parcels = cluster.run(
                orders, on_start=lambda o: self.progress.begin(begin[o.notebook is None], o.page.name)
            )
            return [page for parcel in parcels if (page := self._take_in(parcel))]

        with Cluster(address, self.project) as cluster:
            # Every page links to those on all trusts that could be made: these come first.
            first = [work for work in self.needed if work.page.trust is None]
            executed = make(
                [
                    Order(w.page, None, False, engine, timeout, notebooks=notebooks)
                    for w in first if w.execute
                ]
            )  # fmt: skip
            executed += [work.page for work in self.needed if not work.execute]
            shared = [page for page in self.pages.values() if page.trust is None]
            neighbours = tuple(
                address
                for page in shared
                if (self.site / (address := page_address(page.path))).is_file() or page in executed
            )
            rest = [
                *(Order(p, (self.staged / p.path).read_bytes(), True, engine, timeout, neighbours)
                  for p in executed if render),
                *(Order(w.page, None, render, engine, timeout, neighbours, notebooks)
                  for w in self.needed if w.execute and w.page.trust is not None),
            ]  # fmt: skip
            left = make(rest)
        if render:
            self._render_index()
        else:
            self._render([*executed, *left])

    def _take_in(self, parcel: Parcel) -> Page | None:
        """Put what came back in its place, and return the page if it is still to be rendered."""
        from race_equality.render.files import write_atomically

        page = self.pages[parcel.page]
        end = parcel.execution
        if end is not None:
            if parcel.notebook is not None:
                folder = self.failed if end.failure is not None else self.staged
                write_atomically(folder / page.path, parcel.notebook)
            if not self._note_execution(end):
                return None
        self._note_seconds(page, **parcel.seconds)
        for stage in parcel.seconds:
            self.progress.end(stage, page.name, failed=parcel.failure is not None)
        if parcel.failure is None and not parcel.files:
            return page
        # the page comes last: it links to the others
        for name in sorted(parcel.files, key=lambda name: name.endswith(".html")):
            write_atomically(self.site / name, parcel.files[name])
        if page.trust is not None and parcel.failure is None:
            self._record_figures(page, [name for name in parcel.files if "-figures." in name])
        self._end(page, parcel.failure)
        return None

    def _render(self, pages: Sequence[Page]) -> None:
        from race_equality.render import render_site

        if not pages:
            return
        pages = self._write_downloads(pages)
        stages = _Stages(self)
        failures = render_site(
            self.staged,
            self.site,
            [page.path for page in pages],
            jobs=self.options.jobs,
            engine=self.options.renderer,
            on_page=stages,
        )
        failed = {failure.page: failure for failure in failures}
        for page in pages:
            failure = failed.get(page.path)
            if failure is not None:
                what = f"The {failure.stage.upper()} could not be made. {failure.message}"
                self._end(page, Failure(page.path, page.notebook, None, "", what, ""))
            elif page.path in self.untouched:  # a renderer that does not say when a page is done
                self._end(page, None)
        self.manifest["index"] = self.inputs.of_index()

    def _render_index(self) -> None:
        """Make the first page alone: it lists what the site holds."""
        from race_equality.render import render_site

        render_site(self.staged, self.site, [], jobs=self.options.jobs, engine=self.options.renderer)
        self.manifest["index"] = self.inputs.of_index()

    def _write_downloads(self, pages: Sequence[Page]) -> list[Page]:
        """Write the figures of the trusts of these pages, before the pages that link to them."""
        written = []
        for page in pages:
            try:
                if page.trust is not None and not self._has_figures(page):
                    names = []
                    if self.downloads.are_there:
                        names = self.downloads.write_trust(page.trust, self.site)
                    self._record_figures(page, names)
            except RaceEqualityError as error:
                what = f"Its figures to download could not be made. {error}"
                self._end(page, Failure(page.path, page.notebook, None, "", what, ""))
            else:
                written.append(page)
        return written

    def copy_notebooks(self, address: str) -> None:
        """Copy the executed notebooks that are not at an address as they are."""
        from race_equality.batch.copies import copy_notebook

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
        record = self.manifest["pages"].get(page.path, {}).get("figures", {})
        return not self.options.force and record.get("rests_on") == self.inputs.of_downloads() and all(
            is_there(self.site / name, size) for name, size in record["outputs"].items()
        )

    def _write_tables(self) -> None:
        names = self.downloads.write_site(self.site) if self.downloads.are_there else []
        self.manifest["downloads"] = {
            "rests_on": self.inputs.of_downloads(),
            "outputs": {name: (self.site / name).stat().st_size for name in names},
        }

    def _end(self, page: Page, failure: Failure | None) -> None:
        del self.untouched[page.path]
        if failure is None:
            self.result.done.append(page)
        else:
            self.result.failures.append(failure)
        seconds = self.seconds[page.path]
        self.progress.done(
            page.name,
            sum(seconds.get(stage, 0.0) for stage in ("execute", "html", "pdf")),
            failed=failure is not None,
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
            **({"figures": earlier["figures"]} if "figures" in earlier else {}),
            **({"last_good": good} if (good := _last_good(earlier)) else {}),
        }
        self._write_record_now_and_then()

    def _record_figures(self, page: Page, names: Sequence[str]) -> None:
        self.manifest["pages"][page.path]["figures"] = {
            "rests_on": self.inputs.of_downloads(),
            "outputs": {name: (self.site / name).stat().st_size for name in names},
        }

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
            entry = earlier if earlier.get("status") == "executed" else {
                "build": self.started,
                "notebook": page.notebook,
                "parameters": dict(page.parameters),
                "seconds": self.seconds[page.path],
            }
            entry |= {
                "status": "failed",
                "error": {"cell": failure.cell, "message": failure.error},
            }
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
    """Time the renderer's stages, pass them on to the progress, and record a page when it is done.

    The renderer calls this as each stage of a page begins, one call at a time.
    """

    def __init__(self, build: _Build) -> None:
        self._build = build
        self._began: dict[str, tuple[str, float]] = {}

    def __call__(self, path: str, stage: str) -> None:
        page = self._build.pages.get(path)
        if page is None:
            return
        now = time.perf_counter()
        if path in self._began:
            before, since = self._began.pop(path)
            self._build._note_seconds(page, **{before: now - since})
            self._build.progress.end(before, page.name, failed=stage == "failed")
        if stage == "done":
            self._build._end(page, None)
        elif stage != "failed":  # what went wrong is in what the renderer returns
            self._began[path] = (stage, now)
            self._build.progress.begin(stage, page.name)


def _last_good(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say what the page that still stands in the site was made from, if there is one."""
    if entry.get("status") == "done":
        return {key: entry[key] for key in ("build", "inputs") if key in entry}
    return entry.get("last_good")


def _batches(needed: Sequence[Work], options: BuildOptions) -> Iterator[Sequence[Work]]:
    """Cut the work up, so that an interrupted build keeps whole reports.

    Quarto spends seconds on a project before its first page and puts the site together at the
    end of each render, so it is given everything at once.
    """
    size = max(_BATCH_PER_JOB * options.jobs, -(-len(needed) // _BATCHES))
    if _uses_quarto(options):
        size = len(needed)
    for first in range(0, len(needed), max(1, size)):
        yield needed[first : first + size]


def _uses_quarto(options: BuildOptions) -> bool:
    return options.renderer == "quarto" or (
        options.renderer == "auto" and shutil.which("quarto") is not None
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
