"""Golden copies: executed notebooks that nbval compares with a fresh run, and what changed in them.

One copy for each kind of trust and the demonstration trust is in ``tests/notebooks/``. They are
made by papermill's own engine, so that they also test that the fork engine gives the same outputs.
"""

from __future__ import annotations

import base64
import difflib
import os
import re
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import click

from race_equality.batch.plan import TRUST_NOTEBOOK, is_for_each_trust, notebooks_to_run
from race_equality.errors import RaceEqualityError
from race_equality.files import write_atomically
from race_equality.project import ENVIRONMENT_VARIABLE, Project, find_project

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Trusts that have a golden copy, and the kind that each represents.
GOLDEN_TRUSTS = {
    "R1H": "acute",
    "RV5": "mental health",
    "RRU": "ambulance",
    "RY4": "community",
    "DEMO": "demonstration",
}

#: What differs between runs or machines and must not be in a golden copy.
_UNREPRODUCIBLE = {
    "a memory address": re.compile(r"\b0x[0-9a-f]{6,}\b"),
    "a kernel's temporary file": re.compile(r"ipykernel_\d+"),
}

_CHART = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=\s]+)")


#: The trust of the golden copy of any other notebook that is run for each trust.
_ONE_TRUST = "R1H"


@dataclass(frozen=True)
class GoldenCopy:
    """An executed notebook that nbval compares with a fresh run.

    Parameters
    ----------
    path : Path
        In ``tests/notebooks``.
    notebook : Path
        What it is a copy of.
    trust_code : str or None
        Whom it was run for; None for a notebook on all trusts.
    """

    path: Path
    notebook: Path
    trust_code: str | None = None


def golden_copies(project: Project) -> list[GoldenCopy]:
    """List the golden copies: of the board report for each kind of trust, then of notebooks of one's own that have one.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of GoldenCopy
    """
    report = Path(TRUST_NOTEBOOK).stem
    others = [Path(notebook).stem for notebook in notebooks_to_run(project) if notebook != TRUST_NOTEBOOK]
    own = [copy for name in others for copy in copies_of(name, project) if copy.path.is_file()]
    return [*copies_of(report, project), *own]


def copies_of(name: str, project: Project) -> list[GoldenCopy]:
    """Return the golden copies that a notebook has, or would have.

    Parameters
    ----------
    name : str
        The notebook's file, without its ending.
    project : Project

    Returns
    -------
    list of GoldenCopy
    """
    notebook, folder = project.notebooks / f"{name}.ipynb", project.root / "tests" / "notebooks"
    if not is_for_each_trust(project, f"notebooks/{name}.ipynb"):
        return [GoldenCopy(folder / f"{name}.ipynb", notebook)]
    codes = GOLDEN_TRUSTS if name == Path(TRUST_NOTEBOOK).stem else (_ONE_TRUST,)
    return [GoldenCopy(folder / f"{name}_{code}.ipynb", notebook, code) for code in codes]


def make_copies(copies: Sequence[GoldenCopy], project: Project) -> list[Path]:
    """Run notebooks and write their golden copies; after a failure none is changed."""
    made = _run(copies, project)
    for copy, new in made.items():
        write_atomically(copy.path, serialise(new))
    return [copy.path for copy in made]


def _run(copies: Sequence[GoldenCopy], project: Project) -> dict[GoldenCopy, NotebookNode]:
    made = {}
    with without_returns(project):
        for copy in copies:
            copy.path.parent.mkdir(parents=True, exist_ok=True)
            of = f"{copy.trust_code} ({GOLDEN_TRUSTS[copy.trust_code]}): " if copy.trust_code else ""
            click.echo(f"{of}running {copy.notebook.name}", err=True)
            made[copy] = execute(copy.notebook, copy.trust_code, cwd=copy.path.parent)
    return made


def execute(notebook: Path, trust_code: str | None, *, cwd: Path) -> NotebookNode:
    """Run a notebook for one trust, and remove what is not its content.

    Parameters
    ----------
    notebook : Path
    trust_code : str or None
        The value to inject into a ``parameters`` cell that sets ``trust_code``; None for a notebook on all trusts.
    cwd : Path
        The kernel's working directory; nbval uses the folder of the golden copy.

    Returns
    -------
    NotebookNode
        As :func:`strip` returns it.

    Raises
    ------
    RaceEqualityError
        When a cell fails, or an output would differ at the next run.
    """
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    origin = f"{notebook.name} for {trust_code}" if trust_code else notebook.name
    try:
        with tempfile.TemporaryDirectory() as folder:
            executed = Path(folder) / notebook.name
            papermill.execute_notebook(
                notebook,
                executed,
                parameters={"trust_code": trust_code} if trust_code else {},
                kernel_name="python3",
                cwd=str(cwd),
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],  # without the kernel's own messages
            )
            result = strip(nbformat.read(executed, as_version=4))
    except PapermillExecutionError as error:
        raise RaceEqualityError(
            f"{origin} failed in cell {error.cell_index}: {error.ename}: {error.evalue}. No golden copy was changed."
        ) from error
    folders = (notebook.resolve().parent.parent, Path.home(), Path(tempfile.gettempdir()))
    _refuse_unreproducible(result, origin, folders)
    return result


@contextmanager
def without_returns(project: Project) -> Iterator[None]:
    """Start kernels on the project without ``data/local``: golden copies are committed, trusts' own returns never.

    Parameters
    ----------
    project : Project
        Kernels that start meanwhile find a folder of links to what is in it.
    """
    if not any((project.root / "data" / "local").glob("*")):
        yield
        return
    before = os.environ.get(ENVIRONMENT_VARIABLE)
    with tempfile.TemporaryDirectory() as folder:
        public = Path(folder).resolve()
        (public / "data").mkdir()
        kept = [*project.root.iterdir(), *(project.root / "data").iterdir()]
        for path in kept:
            if path.name not in ("data", "local"):
                (public / path.relative_to(project.root)).symlink_to(path, target_is_directory=path.is_dir())
        os.environ[ENVIRONMENT_VARIABLE] = str(public)
        try:
            yield
        finally:
            if before is None:
                del os.environ[ENVIRONMENT_VARIABLE]
            else:
                os.environ[ENVIRONMENT_VARIABLE] = before


def strip(notebook: NotebookNode) -> NotebookNode:
    """Keep cells, tags and outputs; remove times, places and versions of the run.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook; it is changed in place.

    Returns
    -------
    NotebookNode
        The same notebook. NotebookRun counts stay, because nbval does not compare the outputs of a
        cell without one. The id of the injected cell, which papermill draws at random, is fixed.
    """
    from nbformat import NotebookNode, from_dict

    notebook.metadata = from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode(tags=tags) if tags else NotebookNode()
        if "injected-parameters" in tags:
            cell.id = "injected-parameters"
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = NotebookNode()
    return notebook


def serialise(notebook: NotebookNode) -> str:
    """Return the file that a golden copy is kept as."""
    import nbformat

    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


@dataclass(frozen=True)
class Change:
    """What differs between two runs in one cell.

    Parameters
    ----------
    where : str
        The cell, by number and first words.
    lines : tuple of str
        A unified diff: of the source, of the text of the outputs, of the charts.
    """

    where: str
    lines: tuple[str, ...] = field(default_factory=tuple)


def compare(old: NotebookNode, new: NotebookNode) -> list[Change]:
    """List what changed between two executed notebooks, cell by cell.

    Parameters
    ----------
    old, new : NotebookNode
        Two executed notebooks.

    Returns
    -------
    list of Change
        Empty when they are equal. Charts, which are base64 in an ``<img>``, are decoded: the
        texts and labelled marks that differ are listed, and only where none does, the shapes.

    Notes
    -----
    Cells are matched by id and, where the ids differ, in order, so that a cell put in or taken out
    is one change and not a change of all that follow.
    """
    old_ids, new_ids = ([cell.id for cell in notebook.cells] for notebook in (old, new))
    changes: list[Change] = []
    matcher = difflib.SequenceMatcher(a=old_ids, b=new_ids, autojunk=False)
    for operation, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        before = list(enumerate(old.cells))[old_start:old_end]
        after = list(enumerate(new.cells))[new_start:new_end]
        if operation == "equal" or len(before) == len(after):
            pairs: Iterable[tuple[Any, Any]] = zip(before, after, strict=True)
        else:
            pairs = [(cell, None) for cell in before] + [(None, cell) for cell in after]
        for old_cell, new_cell in pairs:
            lines = tuple(_cell_diff(old_cell and old_cell[1], new_cell and new_cell[1]))
            if lines:
                number, cell = new_cell or old_cell
                changes.append(Change(_name(number, cell), lines))
    return changes


def _name(number: int, cell: NotebookNode) -> str:
    words = next((line for line in cell.source.splitlines() if line.strip()), "(empty)")
    return f"cell {number} ({cell.cell_type}): {textwrap.shorten(words, 70, placeholder=' …')}"


def _cell_diff(old: NotebookNode | None, new: NotebookNode | None) -> Iterator[str]:
    if old is None or new is None:
        yield "cell put in" if old is None else "cell taken out"
    yield from _diff("source", old.source if old else "", new.source if new else "")
    # Plain text repeats markup or Markdown: it is compared only where those are equal.
    rich = list(compare_text(_outputs(old), _outputs(new), "outputs"))
    yield from rich or _diff("outputs", _outputs(old, plain=True), _outputs(new, plain=True))


def compare_text(old: str, new: str, what: str = "text") -> Iterator[str]:
    """List what changed between two outputs, with charts decoded.

    Parameters
    ----------
    old, new : str
        HTML, Markdown or text; charts in it are base64 SVG in ``src`` of an ``<img>``.
    what : str
        What the first heading calls it.

    Yields
    ------
    str
        Lines of a unified diff under a heading each for the text, and for each chart that differs:
        its texts and labelled marks, and only where none of those differs, its shapes.
    """
    (old_text, old_charts), (new_text, new_charts) = _extract_charts(old), _extract_charts(new)
    yield from _diff(what, _lines(old_text), _lines(new_text), fold=True)
    for number in range(max(len(old_charts), len(new_charts))):
        before = old_charts[number] if number < len(old_charts) else ""
        after = new_charts[number] if number < len(new_charts) else ""
        if before != after:
            said = list(_diff(f"chart {number + 1}", _marks(before), _marks(after), fold=True))
            yield from said or _diff(f"chart {number + 1}, shapes", _lines(before), _lines(after), fold=True)


def _diff(what: str, old: str, new: str, *, fold: bool = False) -> Iterator[str]:
    split = _fold if fold else str.splitlines
    lines = difflib.unified_diff(split(old), split(new), n=1, lineterm="")
    for index, line in enumerate(lines):
        if index == 0:
            yield f"{what}:"
        elif index > 1:  # without the line of file names
            yield line


def _fold(text: str) -> list[str]:
    """Break text into short lines, so that a changed word is one line of a diff."""
    return [part for line in text.splitlines() for part in textwrap.wrap(line, 100) or [""]]


def _outputs(cell: NotebookNode | None, *, plain: bool = False) -> str:
    """Return the text of a cell's outputs, with their plain text or with all but it."""
    texts = []
    for output in cell.get("outputs", []) if cell else []:
        if output.output_type == "stream":
            texts.append(f"[{output.name}]\n{output.text}")
        elif output.output_type == "error":
            texts.append(f"[error] {output.ename}: {output.evalue}")
        else:
            for kind, content in sorted(output.data.items()):
                if plain == (kind == "text/plain"):
                    texts.append(f"[{kind}]\n{content if isinstance(content, str) else content!r}")
    return "\n".join(texts)


def _extract_charts(text: str) -> tuple[str, list[str]]:
    """Return a text with "chart 1" and so on for its charts, and the charts as SVG."""
    charts: list[str] = []

    def decode(match: re.Match[str]) -> str:
        charts.append(base64.b64decode(match.group(1)).decode("utf-8"))
        return f"chart {len(charts)}"

    return _CHART.sub(decode, text), charts


def _lines(markup: str) -> str:
    return re.sub(r">\s*<", ">\n<", markup)


def _marks(svg: str) -> str:
    """Return the title, the texts and the labelled marks of a chart, a line each."""
    if not svg:
        return ""
    said = []
    for element in ElementTree.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        label = element.get("aria-label")
        text = " ".join("".join(element.itertext()).split())
        if tag in ("title", "desc", "text") and text:
            said.append(f'{tag} "{text}"' + (f" at {label}" if label else ""))
        elif label:
            said.append(f'{element.get("aria-roledescription", tag)} "{label}"')
    return "\n".join(said)


def _refuse_unreproducible(notebook: NotebookNode, origin: str, folders: Sequence[Path]) -> None:
    """Raise when an output would differ at the next run, or on another machine."""
    patterns = dict(_UNREPRODUCIBLE)
    for folder in folders:
        if folder != folder.parent:  # "/" alone would be found in every address
            patterns[f"the folder {folder}"] = re.compile(re.escape(f"{folder}{os.sep}"))
    for number, cell in enumerate(notebook.cells):
        text, charts = _extract_charts(_outputs(cell) + _outputs(cell, plain=True))
        for content in (text, *charts):
            for what, pattern in patterns.items():
                if found := pattern.search(content):
                    raise RaceEqualityError(
                        f"{origin}, {_name(number, cell)}: an output holds {what} "
                        f"({found.group(0)!r}), which differs at the next run or elsewhere. "
                        "Return text, HTML or a chart instead. No golden copy was changed."
                    )


@click.command("golden")
@click.argument("names", nargs=-1, metavar="[TRUST|NOTEBOOK]...")
@click.option("--check", is_flag=True, help="Only compare: write nothing, exit with status 1 on a difference.")
def golden(names: Sequence[str], check: bool) -> None:
    """Make the golden notebooks in tests/notebooks again, and print what changed in them.

    TRUST is one that the board report has a copy for (R1H, RV5, RRU, RY4 or DEMO), and NOTEBOOK one of your own, such as
    training_by_region. Without either, all of them. Charts are decoded, so that the diff shows the words and figures that changed in
    them. Read it before you commit the copies. Trusts' own returns on this machine are left out.
    """
    import nbformat

    project = find_project()
    copies = golden_copies(project) if not names else []
    for name in names:
        if name in GOLDEN_TRUSTS:
            copies += [one for one in copies_of(Path(TRUST_NOTEBOOK).stem, project) if one.trust_code == name]
        elif (project.notebooks / f"{name}.ipynb").is_file():
            copies += copies_of(name, project)
        else:
            raise click.BadParameter(
                f"{name} has no golden copy; there is one for {', '.join(GOLDEN_TRUSTS)}. Any notebook in notebooks/ can have "
                "one by its name.",
                param_hint="TRUST",
            )
    made = _run(copies, project)

    different = []
    for copy, new in made.items():
        path = copy.path
        shown = path.relative_to(project.root)
        if not path.is_file():
            different.append(path)
            click.echo(f"{shown}: {'missing' if check else 'new'}, {len(new.cells)} cells")
        elif path.read_text(encoding="utf-8") == serialise(new):
            click.echo(f"{shown}: the same")
        else:
            different.append(path)
            changes = compare(nbformat.read(path, as_version=4), new)
            click.echo(f"{shown}: {len(changes)} of {len(new.cells)} cells changed")
            _print(changes)
        if not check and path in different:
            write_atomically(path, serialise(new))
    click.echo(f"{len(different)} of {len(made)} golden copies changed.")
    if check and different:
        raise SystemExit(1)


def _print(changes: Sequence[Change]) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for change in changes:
        click.secho(f"  {change.where}", bold=True)
        for line in change.lines:
            click.secho(f"    {line}", fg=colours.get(line[:1]))
    if not changes:
        click.echo("  only the way the notebook is written (metadata or ids)")
