"""The command line, ``race-equality``. papermill and Quarto can be used without it.

Nothing large is imported here, so that ``race-equality --help`` answers at once.
"""

from __future__ import annotations

import errno
import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from race_equality.commands.codes import TRUST
from race_equality.errors import RaceEqualityError

if TYPE_CHECKING:
    from rich.console import Console

    from race_equality.batch.build import BuildOptions, BuildResult
    from race_equality.batch.execute import Failure
    from race_equality.batch.freshness import Work
    from race_equality.project import Project

#: Exit statuses other than 0.
SOME_PAGES_FAILED = 1
CANNOT_START = 2
INTERRUPTED = 130

GO_ON = "Run the same command to go on."

#: Commands in modules of their own, with the line that ``--help`` shows: reading it from the command
#: would import the module, and pandas with it.
_COMMAND_MODULES = {
    "data": ("race_equality.commands.data:data", "Read published figures, and list where they come from."),
    "audit": ("race_equality.commands.audit:audit", "Try to work out hidden figures from what is shown."),
    "publish": ("race_equality.commands.publish:publish", "Put an edition at an address that never changes."),
    "changes": ("race_equality.commands.publish:changes", "Say what changed from one edition to another."),
    "verify": ("race_equality.commands.verify:verify", "Make a site again and name each file that differs, and why."),
    "params": ("race_equality.commands.params:params", "Begin and check what is set for each trust."),
    "single-file": (
        "race_equality.commands.single_file:single_file",
        "Write one report as one file, to send by e-mail.",
    ),
    "golden": ("race_equality.commands.golden:golden", "Make the golden notebooks again and print what changed."),
    "init": ("race_equality.commands.init:init", "Begin a project in a folder, with the public figures."),
    "new-notebook": (
        "race_equality.commands.new_notebook:new_notebook",
        "Begin a notebook of your own, which is a page of the next build.",
    ),
    "docs": ("race_equality.commands.docs:docs", "Make the documentation as a site."),
    "open": ("race_equality.commands.open:open_", "Open a report of the last build in the browser."),
    "lab": ("race_equality.commands.lab:lab", "Open the notebooks in JupyterLab."),
    "doctor": ("race_equality.commands.doctor:doctor", "Say what is there on this machine, and what is missing."),
    "completion": ("race_equality.commands.completion:completion", "Print what a shell needs to complete trusts."),
}


def _is_installed(name: str) -> bool:
    """Whether a command's module is installed, without importing it."""
    return find_spec(_COMMAND_MODULES[name][0].partition(":")[0]) is not None


class _CommandError(click.ClickException):
    """An error of this package, shown as one message without a traceback."""

    exit_code = CANNOT_START


class Commands(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in alphabetical order."""
        return sorted([*super().list_commands(ctx), *filter(_is_installed, _COMMAND_MODULES)])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Find a command, importing its module if it has one."""
        if name not in _COMMAND_MODULES or not _is_installed(name):
            return super().get_command(ctx, name)
        module, attribute = _COMMAND_MODULES[name][0].split(":")
        return getattr(import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing their modules."""
        rows = [
            (
                name,
                _COMMAND_MODULES[name][1]
                if name in _COMMAND_MODULES
                else self.commands[name].get_short_help_str(limit=80),
            )
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of this package becomes one message and exit status 2."""
        try:
            return super().invoke(ctx)
        except RaceEqualityError as error:
            raise _CommandError(str(error)) from error
        except OSError as error:
            if error.errno not in _MENDS:
                raise
            raise _CommandError(
                f"{error.filename or 'A file'} cannot be written or read: {error.strerror}. {_MENDS[error.errno]}"
            ) from error
        except KeyboardInterrupt:
            click.echo(f"Interrupted. {GO_ON}", err=True)
            ctx.exit(INTERRUPTED)


_ELSEWHERE = "Reports can go to another folder: build --output."
_SPACE = "Make space, or give reports another folder with --output; then run the same command again: what stood there stands."
_HANDLES = "Close other programs, or allow more open files (ulimit -n 1024); then run the same command again."
#: Errors of the system that whoever runs a command can mend.
_MENDS = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _ELSEWHERE),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _SPACE),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), _HANDLES),
}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="race-equality", prog_name="race-equality")
def main() -> None:
    """Race equality reports for every NHS trust in England.

    \b
    Every trust's report, and the page to open:
      race-equality build
    One trust and its peers:
      race-equality build RJ1 --peers

    Figures are in data/, what is set for a trust in params/, the words in notebooks/. Each standard
    tool works by itself as well: papermill, JupyterLab, quarto render, pytest --nbval.
    """
    # Arrow's own allocator keeps what tables no longer use: a tenth of a build's memory, for no time that can be seen.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


@main.command(no_args_is_help=False)
@click.argument("trusts", nargs=-1, metavar="[TRUST]...", type=TRUST)
@click.option("--all", "everyone", is_flag=True, help="All trusts; so does naming none.")
@click.option("--peers", is_flag=True, help="Also the peers of the trusts named.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Notebooks and pages at once.  [default: the cores of this machine]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to: a new one, an empty one, or one of an earlier build.  [default: output/ in the project]",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "fork", "default"]),
    default="auto",
    show_default=True,
    help="How kernels start: 'fork' from a process that has imported everything, or papermill's "
    "'default', which starts Python each time. The outputs are the same.",
)
@click.option(
    "--renderer",
    type=click.Choice(["auto", "quarto", "built-in"]),
    default="auto",
    show_default=True,
    help="What makes HTML and PDF: Quarto when it is on the PATH, or what comes with the package.",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=0),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Stop a notebook whose cell runs longer; 0 for never.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Make the pages on a Dask cluster: the address of its scheduler, such as tcp://10.0.0.1:8786.",
)
@click.option(
    "--copy-to",
    metavar="ADDRESS",
    help="Also copy the notebooks as they ran to a cloud's store, as papermill does: s3://bucket/reports, "
    "abs://..., gs://...",
)
@click.option("--force", is_flag=True, help="Make every page, also one that is up to date.")
@click.option("--explain", is_flag=True, help="Say why each page is made.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be made, and why.")
@click.option(
    "-w",
    "--watch",
    is_flag=True,
    help="Stay, and make pages again whenever a notebook, figures or settings change, until Ctrl-C.",
)
@click.pass_context
def build(
    ctx: click.Context,
    trusts: tuple[str, ...],
    everyone: bool,
    peers: bool,
    jobs: int | None,
    output: Path | None,
    engine: str,
    renderer: Literal["auto", "quarto", "built-in"],
    timeout: int,
    scheduler: str | None,
    copy_to: str | None,
    force: bool,
    explain: bool,
    dry_run: bool,
    watch: bool,
) -> None:
    """Make the reports: run the notebooks, then HTML and PDF.

    TRUST is a trust's code, such as RJ1, or DEMO for the demonstration trust with invented figures.
    Without one, every trust in England gets its report.

    \b
    Examples:
      race-equality build                      every trust
      race-equality build RJ1 RRK              two trusts
      race-equality build RJ1 --peers          a trust and its peers
      race-equality build --dry-run            what would be made, and why
      race-equality build RJ1 --watch          again whenever you save a notebook or a setting
      race-equality build DEMO -o demo         in another folder
      race-equality build --scheduler tcp://10.0.0.1:8786    on a Dask cluster

    \b
    In the output folder:
      site/index.html                open this; trusts are found by name, code or region
      site/trusts/RJ1.html, .pdf     the report, next to the notebook as it ran
      project/                       a Quarto project with every notebook as it ran
      failed/                        notebooks that failed, as far as they got
      manifest.json                  what each page was made from

    A page is made again when something it is made from has changed: its notebook, figures, params, the
    package's code, installed versions, the renderer. A build that was interrupted goes on where it
    stopped. Figures to download are made again when figures or settings change.

    A notebook that fails is reported with its cell and traceback while the others go on. Exit
    status: 0 all made, 1 some failed, 2 nothing could be started, 130 interrupted.
    """
    if everyone and trusts:
        raise click.UsageError("--all makes every trust's report: leave out the codes, or --all.")
    if peers and not trusts:
        raise click.UsageError("--peers needs the trusts whose peers are meant.")

    if watch and (dry_run or scheduler):
        raise click.UsageError("--watch makes pages on this machine: leave out --dry-run and --scheduler.")

    from rich.console import Console

    from race_equality.batch.build import BuildOptions
    from race_equality.batch.build import build as run_build
    from race_equality.batch.plan import plan_build
    from race_equality.batch.pool import usable_cores
    from race_equality.batch.progress import show_progress
    from race_equality.project import find_project

    project = find_project()
    console = Console(stderr=True, highlight=False)
    options = BuildOptions(
        output=output if output is not None else project.root / "output",
        jobs=jobs or usable_cores(),
        engine=engine_named(engine, console),
        renderer=renderer,
        timeout=timeout or None,
        force=force,
        dry_run=dry_run,
        scheduler=scheduler,
        copy_to=copy_to,
    )
    # SIGTERM, as a job scheduler sends it, ends a build as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def make(options: BuildOptions) -> BuildResult:
        plan = plan_build(trusts, peers=peers, project=project)
        for note in plan.notes:
            console.print(note, markup=False)
        result = run_build(
            plan,
            options,
            project=project,
            show_progress=lambda pages: show_progress(pages, console),
            on_work=_print_work if explain or dry_run else lambda work: None,
        )
        if not dry_run:
            for alike in _group_failures(result.failures):
                _print_failure(alike, console)
            click.echo(_summary(result))
        return result

    if watch:
        _watch_and_build(make, options, project, console)
        return
    result = make(options)
    if result.interrupted:
        ctx.exit(INTERRUPTED)
    if result.failures or result.not_copied:
        ctx.exit(SOME_PAGES_FAILED)


def _watch_and_build(
    make: Callable[[BuildOptions], BuildResult], options: BuildOptions, project: Project, console: Console
) -> None:
    """Make pages, and again after each change, until Ctrl-C, which ends with exit status 0."""
    from race_equality.batch.build_services import shared_by_notebooks
    from race_equality.batch.watch import ChangedFiles, rebuild_on_change

    first = [options]

    def build_once() -> None:
        try:
            # --force counts for the first build only
            result = make(first.pop() if first else replace(options, force=False))
        except RaceEqualityError as error:  # a file saved half-way: report it and wait for the next change
            console.print(f"Error: {error}", markup=False, soft_wrap=True)
        else:
            if result.interrupted:
                raise KeyboardInterrupt
        console.print("Waiting for changes; Ctrl-C ends it.")

    def print_changed(changed: ChangedFiles) -> None:
        what = ", ".join(changed.names[:3]) + (", …" if len(changed.names) > 3 else "")
        console.print(f"\n{what}", markup=False)

    shared = functools.partial(
        shared_by_notebooks, options.output / ".cache", project, engine=options.engine, jobs=options.jobs, notebooks=1
    )
    try:
        rebuild_on_change(build_once, project, shared=shared, on_change=print_changed)
    except KeyboardInterrupt:
        return
    console.print("The package's code changed: starting again.")
    arguments = [argument for argument in sys.argv[1:] if argument != "--force"]
    os.execv(sys.executable, [sys.executable, "-m", "race_equality.commands.main", *arguments])


def engine_named(asked: str, console: Console) -> str | None:
    """Return papermill's name of an engine for the option; None for papermill's own."""
    from forked_kernels import AVAILABLE

    if asked == "default":
        return None
    if not AVAILABLE:
        console.print("This platform cannot fork: papermill's own engine runs the notebooks.")
        return None
    return "fork"


def _print_work(work: Sequence[Work]) -> None:
    for one in work:
        what = "run and rendered" if one.execute else "rendered"
        reasons = "; ".join(one.reasons)
        click.echo(f"{one.page.name}: {f'{what}: {reasons}' if reasons else 'up to date'}")


def _group_failures(failures: Sequence[Failure]) -> list[list[Failure]]:
    """Group equal failures: one mistake in a notebook fails 200 trusts."""
    groups: dict[tuple[str, int | None, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.notebook, failure.cell, failure.error), []).append(failure)
    return list(groups.values())


def _print_failure(alike: Sequence[Failure], console: Console) -> None:
    failure = alike[0]
    place = failure.notebook + (f", cell {failure.cell}" if failure.cell is not None else "")
    lines = [f"\nFAILED {failure.page.removesuffix('.ipynb')}: {place}"]
    if failure.source:
        lines += [f"  | {line}" for line in failure.source.splitlines()]
    lines.append(failure.error)
    if failure.traceback:
        lines.append(failure.traceback.rstrip())
    if others := [other.page.rpartition("/")[2].removesuffix(".ipynb") for other in alike[1:]]:
        lines.append(f"The same in {_count(len(others), 'other page')}: {_listing(others)}.")
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def _summary(result: BuildResult) -> str:
    made = len(result.done)
    lines = [f"{_count(made, 'page')} made in {_duration(result.seconds)}{_kinds_and_times(result)}."]
    if result.current:
        current = f"{_count(len(result.current), 'page')} up to date."
        lines = [current] if not (made or result.failures or result.not_reached) else [*lines, current]
    if result.failures:
        names = [failure.page.rpartition("/")[2].removesuffix(".ipynb") for failure in result.failures]
        lines.append(f"{_count(len(names), 'page')} failed: {_listing(names)}.")
    if result.copied:
        lines.append(f"{_count(result.copied, 'notebook')} copied.")
    if result.not_copied:
        lines.append(f"{_count(len(result.not_copied), 'notebook')} not copied. {result.not_copied[0]}")
    if result.interrupted:
        names = [page.name for page in result.not_reached]
        lines.append(f"Interrupted before {_count(len(names), 'page')}: {_listing(names)}. {GO_ON}")
    if result.index.is_file():
        lines.append(f"Open {result.index}")
        if (result.index.parent / "site_libs").is_dir():
            lines.append("Quarto's search works from a web server alone: race-equality open --serve")
    return "\n".join(lines)


def _kinds_and_times(result: BuildResult) -> str:
    """Return the kinds of pages that were made, and the share of time of each stage."""
    if not result.done:
        return ""
    reports = sum(page.is_report for page in result.done)
    shared = sum(page.trust is None for page in result.done)
    more = len(result.done) - reports - shared
    kinds = [_count(reports, "report")] * bool(reports)
    kinds += [_count(more, "further page") + " on one trust"] * bool(more)
    kinds += [_count(shared, "page") + " on all trusts"] * bool(shared)
    whole = sum(result.stage_seconds.values())
    stages = {"execute": "running notebooks", "html": "HTML", "pdf": "PDF"}
    shares = [
        f"{stages[stage]} {100 * seconds / whole:.0f}%" for stage, seconds in result.stage_seconds.items() if seconds
    ]
    return f": {' and '.join(kinds)}" + (f" ({', '.join(shares)} of the work)" if shares else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listing(names: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


if __name__ == "__main__":
    main()
