"""Render with Quarto, if it is on the PATH."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import RaceEqualityError
from race_equality.files import copy_atomically, copy_folder, write_atomically
from race_equality.render.assets.filters.html_outputs import (
    chart_as_html,
    html_as_raw_blocks,
    raw_block,
    with_column_widths,
)
from race_equality.render.config import SiteConfig, document_date, makes_pdf, page_address
from race_equality.render.failure import RenderFailure
from race_equality.render.fonts import font_directory
from race_equality.render.formats import formats_html, formats_of
from race_equality.render.front_matter import front_matter_of, read_front_matter, split_front_matter
from race_equality.render.listing import listing_of, replace_listing, without_missing_pages, write_listing
from race_equality.render.notebook import picture_bytes, put_back_pictures, without_pictures
from race_equality.render.pdf import compressed, plain_opacity
from race_equality.render.policy import policy_of_quarto, with_policy
from race_equality.render.search import Entry, merge_index, page_of, read_index
from race_equality.render.typst_outputs import as_typst

#: The place of the links to a page's other forms. Quarto's own list of them has no data
#: files, is hidden on phones, and turns a link to a notebook into one to its page.
_OTHER_FORMATS = "<!--other-formats-->"
#: The place of the list of trusts, which is there when all pages are.
_LISTING = "<!--trusts-with-a-page-->"
#: Quarto's navigation has no name, and its button for phones says that it is a menu, which it isn't.
_CORRECTIONS = (('<nav class="navbar ', '<nav aria-label="Site" class="navbar '), (' role="menu"', ""))
INDEX = "index.qmd"
_NUMBERING = "src/race_equality/render/assets/filters/numbering.lua"
_NUMBERED = re.compile(r"""(?:#|\bid=["']?|\blabel: *["']?)(?:fig|tbl|lst|eq|thm)-""")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PROGRESS = re.compile(r"^\[\s*\d+/\d+\]\s+(.+?)\s*$")
#: Fewer pages than this are not worth a second Quarto, which takes a second or two to start.
_PAGES_PER_SHARD = 4


def render_site_by_quarto(
    quarto: str,
    project_dir: Path,
    site_dir: Path,
    pages: Sequence[str],
    *,
    config: SiteConfig,
    jobs: int,
    on_page: Callable[[str, str], None],
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
    on_page : callable

    Returns
    -------
    list of RenderFailure

    Raises
    ------
    RaceEqualityError
        When the first page cannot be made.
    """
    write_listing(project_dir, site_dir)
    work = _Rendering(quarto, project_dir, site_dir, tuple(pages), config, on_page)
    shards = _shards(pages, jobs, config.other_pages)
    with ThreadPoolExecutor(max_workers=len(shards)) as pool:
        try:
            failures = [failure for failures in pool.map(work.render_shard, shards) for failure in failures]
        except BaseException:
            work.quartos.end()
            raise
    work.publish_index()
    return failures


def _shards(pages: Sequence[str], jobs: int, others: Sequence[str]) -> list[list[str]]:
    count = max(1, min(jobs, len(pages) // _PAGES_PER_SHARD))
    # each shard gets every n-th page, so that long pages are spread
    shards = [list(pages[first::count]) for first in range(count)]
    # the first page costs a second in a shard, and a start of Quarto more on its own
    shards[-1] += [INDEX, *others]
    return shards


class _Quartos:
    """The Quartos that are running, so that an interrupted build ends them and starts no other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._ended = False

    @contextmanager
    def start(self, command: Sequence[str], **settings: Any) -> Iterator[subprocess.Popen[str]]:
        """Start one; it has ended when the context does."""
        with self._lock:
            if self._ended:
                raise KeyboardInterrupt
            process = subprocess.Popen(command, **settings)
            self._running.add(process.pid)
        try:
            with process:
                yield process
        finally:
            with self._lock:
                self._running.discard(process.pid)
        # Ctrl-C reaches every process of the terminal: its end is no page's failure
        if self._ended or process.returncode in (-signal.SIGINT, 128 + signal.SIGINT):
            raise KeyboardInterrupt

    def end(self) -> None:
        """End all, with the programs that they have started."""
        import psutil

        with self._lock:
            self._ended = True
            for identifier in self._running:
                with suppress(psutil.Error):
                    quarto = psutil.Process(identifier)
                    for process in (*quarto.children(recursive=True), quarto):
                        with suppress(psutil.Error):
                            process.kill()


@dataclass
class _Rendering:
    """The state that the shards of one render share."""

    quarto: str
    project_dir: Path
    site_dir: Path
    pages: tuple[str, ...]
    config: SiteConfig
    on_page: Callable[[str, str], None]
    #: of the search index, by the page's address
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    index: str = ""
    quartos: _Quartos = field(default_factory=_Quartos)

    def render_shard(self, pages: Sequence[str]) -> list[RenderFailure]:
        """Render some pages with one Quarto, or as many as it takes when pages fail."""
        failures: list[RenderFailure] = []
        remaining = list(pages)
        while remaining:
            with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
                failed = self._render(Path(folder), remaining)
            for failure in failed:
                if failure.page not in self.pages:
                    name = "the first page" if failure.page == INDEX else failure.page
                    raise RaceEqualityError(f"Quarto could not make {name}: {failure.message}")
                self.on_page(failure.page, "failed")
                remaining.remove(failure.page)
            failures += failed
            if not failed:
                break
        return failures

    def _render(self, shard: Path, pages: list[str]) -> list[RenderFailure]:
        """Render and publish pages; return the failures. Pages left in `pages` have to be rendered again."""
        pictures: dict[str, str] = {}
        broken = _stage_pages(self, shard, pages, pictures)
        if broken is not None:
            return [broken]
        at: list[str] = []

        def on_begin(page: str) -> None:
            if page in pages:
                at.append(page)
                if page in self.pages:
                    self.on_page(page, "html")

        if len(pages) == 1:
            on_begin(pages[0])  # Quarto counts pages only where there are several
        output, ok = _run(self.quartos, self.quarto, shard, on_begin, date=document_date({}, self.config))
        if not ok:
            message = _error_text(output)
            if not at:
                return [RenderFailure(page, "html", f"Quarto failed: {message}") for page in pages]
            # Quarto stops at the first page that fails; the others are rendered without it.
            stage = "pdf" if re.search(r"typst|pdf", message, re.IGNORECASE) else "html"
            return [RenderFailure(at[-1], stage, f"Quarto failed on {at[-1]}: {message}")]
        _publish_shared(shard, self.site_dir)
        found = read_index(shard / "_site")
        failures = []
        for page in pages:
            address = page_address(page)
            if page == INDEX:
                self.index = _corrected(shard / "_site" / address)
            elif failure := self._publish(shard, page, pictures):
                failures.append(failure)
                continue
            elif page in self.pages:
                self.on_page(page, "done")
            self.entries[address] = [entry for entry in found if page_of(entry) == address]
        # pages that are published need not be made again
        pages[:] = [failure.page for failure in failures]
        return failures

    def _publish(self, shard: Path, page: str, pictures: Mapping[str, str]) -> RenderFailure | None:
        address = page_address(page)
        html = shard / "_site" / address
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
        text = put_back_pictures(_corrected(html).replace(_OTHER_FORMATS, links, 1), pictures)
        write_atomically(self.site_dir / address, text)
        return None

    def publish_index(self) -> None:
        """Write the first page with the trusts that have one, and the search index of all pages."""
        listing = listing_of(self.project_dir, self.site_dir) or "<p>No reports have been made yet.</p>"
        page = without_missing_pages(self.index.replace(_LISTING, listing, 1), self.site_dir)
        write_atomically(self.site_dir / page_address(INDEX), page)
        merge_index(self.site_dir, [entry for entries in self.entries.values() for entry in entries], set(self.entries))
        write_listing(self.project_dir, self.site_dir)


def _stage_pages(work: _Rendering, shard: Path, pages: Sequence[str], pictures: dict[str, str]) -> RenderFailure | None:
    also = (*work.pages, *work.config.other_pages)
    _stage_shard(work.quarto, work.project_dir, shard, pages, site_dir=work.site_dir, also=also)
    for page in pages:
        try:
            if page == INDEX:
                source = (work.project_dir / INDEX).read_text(encoding="utf-8")
                said = work.config.edition.in_words("index.html", title="", site=work.config.title)
                write_atomically(shard / INDEX, replace_listing(source, _LISTING) + said)
            elif page in work.pages:
                pictures.update(_for_quarto(work.project_dir / page, shard / page, page, work.config))
            elif page in work.config.other_pages:
                front_matter, _ = split_front_matter(work.project_dir / page)
                title = str(front_matter.get("title") or "")
                said = work.config.edition.in_words(page_address(page), title=title, site=work.config.title)
                write_atomically(shard / page, (work.project_dir / page).read_text(encoding="utf-8") + said)
        except RaceEqualityError as error:
            return RenderFailure(page, "html", str(error))
        except (OSError, ValueError, KeyError, TypeError) as error:
            return RenderFailure(page, "html", f"{page} is not a notebook ({error}). Run the notebook again.")
    return None


def _stage_shard(
    quarto: str, project_dir: Path, shard: Path, pages: Sequence[str], *, site_dir: Path, also: Iterable[str] = ()
) -> None:
    """Copy the project without its pages, and name those that are to be rendered."""
    for entry in project_dir.iterdir():
        if entry.is_dir() and entry.name not in ("notebooks", "trusts", "_site", ".quarto"):
            copy_folder(entry, shard / entry.name)
        elif entry.is_file():
            copy_atomically(entry, shard / entry.name)
    settings = yaml.safe_load((project_dir / "_quarto.yml").read_text(encoding="utf-8"))
    settings.setdefault("project", {})["render"] = list(pages)
    settings["project"]["output-dir"] = "_site"
    execute = settings.setdefault("execute", {})
    execute["enabled"] = False
    execute.pop("ipynb-filters", None)  # see _for_quarto
    # of outputs in both forms (_in_both_forms)
    settings.setdefault("filters", []).append({"at": "pre-ast", "path": _NUMBERING})
    settings["html-table-processing"] = "none"
    if isinstance(settings.get("format", {}).get("html"), dict):
        settings["format"]["html"]["format-links"] = False
    # The pages that are linked to may be in another shard: their addresses, not their sources.
    made = {page_address(page) for page in also} | {"index.html"}

    def there(items: Iterable[Any]) -> list[Any]:
        kept = []
        for item in items:
            if isinstance(item, dict) and isinstance(item.get("menu"), list):
                item["menu"] = there(item["menu"])
            elif isinstance(item, dict) and "href" in item:
                address = page_address(item["href"])
                if "://" not in address and address not in made and not (site_dir / address).is_file():
                    continue
                item["href"] = item["href"] if item["href"] in pages else address
            kept.append(item)
        return kept

    bar = settings.get("website", {}).get("navbar")
    for side in ("left", "right") if isinstance(bar, dict) else ():
        if kept := there(bar.get(side) or []):
            bar[side] = kept
    pdf = settings.get("format", {}).get("typst")
    if isinstance(pdf, dict) and copy_font(shard / "fonts", quarto):
        pdf["font-paths"] = ["/fonts"]  # Quarto reads it from the project's folder
    (shard / "_quarto.yml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _for_quarto(file: Path, target: Path, page: str, config: SiteConfig) -> dict[str, str]:
    """Write a notebook in the form that Quarto reads fastest, and its pictures next to it.

    HTML outputs are raw blocks in the form of the page and of the PDF, or else as the project's
    ``ipynb-filters`` make them. Pictures are files, because every step of Quarto reads data addresses
    again. A place for links is at the top, and what the page says of its edition at the end. Returns the pictures'
    addresses by file name.
    """
    crossref = config.metadata.get("crossref") or {}
    pictures: dict[str, str] = {}
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            chart_as_html(data)
            if "text/html" in data:
                data["text/html"] = without_pictures("".join(data["text/html"]), pictures)
    if not _in_both_forms(notebook, crossref):
        html_as_raw_blocks(notebook)
    cells = notebook["cells"]
    has_front_matter = bool(cells) and cells[0].get("cell_type") == "raw"
    if has_front_matter and (front_matter := front_matter_of(cells[0], file)):
        text = f"---\n{yaml.safe_dump(_without_shortcodes(front_matter), allow_unicode=True, sort_keys=False)}---"
        cells[0]["source"] = text.splitlines(keepends=True)  # Quarto shows a front matter that is not in lines as text
    cells.insert(
        1 if has_front_matter else 0,
        {
            "cell_type": "markdown",
            "id": "other-formats",
            "metadata": {},
            # a list, because Quarto takes a string for one line
            "source": raw_block(_OTHER_FORMATS).splitlines(keepends=True),
        },
    )
    title = str(front_matter_of(cells[0], file).get("title") or "") if has_front_matter else ""
    if said := config.edition.in_words(page_address(page), title=title, site=config.title):
        lines = said.strip().splitlines(keepends=True)
        cells.append({"cell_type": "markdown", "id": "this-edition", "metadata": {}, "source": lines})
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    for name, address in pictures.items():
        content = picture_bytes(address)
        target.with_name(name).write_bytes(plain_opacity(content) if name.endswith(".svg") else content)
    return pictures


def _without_shortcodes(front_matter: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is for the list of trusts alone, and part what would be a shortcode in a title.

    In the front matter Quarto runs shortcodes even where they are escaped, and ``env`` shows a variable of the machine.
    """
    fields = {name: value for name, value in front_matter.items() if name != "trust"}
    for name in ("title", "subtitle"):
        if name in fields:
            parted = str(fields[name]).replace("\\{\\<", "\\{\N{WORD JOINER}\\<")
            fields[name] = parted.replace("\\>\\}", "\\>\N{WORD JOINER}\\}")
    return fields


def _in_both_forms(notebook: dict[str, Any], crossref: Mapping[str, str]) -> bool:
    """Give each HTML output as HTML and as typst, if that can be done for all that are numbered.

    Quarto's filters walk through each cell of each table some thirty times, which is most of what a
    report costs. Given both forms it reads neither, and the project's own filter numbers them. Where
    a page has figures or tables of Quarto's own as well, Quarto must count them all.
    """
    texts = ["".join(cell.get("source", "")) for cell in notebook["cells"] if cell.get("cell_type") == "markdown"]
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            texts += [line for line in "".join(cell.get("source", "")).splitlines() if line.startswith("#|")]
    outputs = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    texts += ["".join(data["text/markdown"]) for data in outputs if "text/markdown" in data and "text/html" not in data]
    if any(_NUMBERED.search(text) for text in texts):
        return False
    forms: list[tuple[dict[str, Any], str]] = []
    for data in outputs:
        if "text/html" in data:
            markup = data["text/html"]
            typst = as_typst(markup, crossref)
            if typst is None and _NUMBERED.search(markup):
                return False
            both = (
                f"{raw_block(markup)}\n\n{raw_block(typst, 'typst')}"
                if typst
                else raw_block(with_column_widths(markup))
            )
            forms.append((data, both))
    for data, markdown in forms:
        del data["text/html"]
        data["text/markdown"] = markdown
    return True


def _run(
    quartos: _Quartos, quarto: str, folder: Path, on_begin: Callable[[str], None], *, date: int
) -> tuple[str, bool]:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(date)}
    output = []
    with quartos.start(
        [quarto, "render", str(folder), "--no-execute"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            line = _COLOUR.sub("", line).rstrip()
            output.append(line)
            if found := _PROGRESS.match(line):
                on_begin(found[1].replace("\\", "/"))
    return "\n".join(output), process.returncode == 0


def copy_font(folder: Path, quarto: str = "quarto") -> bool:
    """Copy the font of PDFs to a folder for Quarto, if its typst can use it.

    Parameters
    ----------
    folder : Path
    quarto : str, optional
        The program.

    Returns
    -------
    bool
    """
    if not _typst_knows_variable_fonts(quarto):
        return False
    copy_folder(font_directory(), folder)
    return True


@cache
def _typst_knows_variable_fonts(quarto: str) -> bool:
    """Typst reads fonts with all weights in one file, as Arimo is, since 0.15.

    An older one shows bold as regular; then the machine's Liberation Sans or Arial, of the same widths,
    are used.
    """
    done = subprocess.run([quarto, "typst", "--version"], capture_output=True, text=True, check=False, timeout=60)
    version = re.search(r"typst (\d+)\.(\d+)", done.stdout + done.stderr)
    return version is not None and (int(version[1]), int(version[2])) >= (0, 15)


def _error_text(output: str) -> str:
    """Return the part of Quarto's output that describes the error."""
    lines = [line for line in output.splitlines() if line.strip() and not _PROGRESS.match(line)]
    for position, line in enumerate(lines):
        if re.match(r"\s*(error|ERROR)\b", line):
            return "\n".join(lines[position : position + 12])
    return "\n".join(lines[-12:]) or "it printed nothing"


def _corrected(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    for wrong, right in _CORRECTIONS:
        text = text.replace(wrong, right)
    return with_policy(text, policy_of_quarto(text))


def _publish_shared(shard: Path, site_dir: Path) -> None:
    """Copy Quarto's scripts, the style sheets and what else is no page."""
    for entry in (shard / "_site").iterdir():
        if entry.is_dir() and entry.name not in ("notebooks", "trusts"):  # where pictures are, which pages have in them
            copy_folder(entry, site_dir / entry.name)
        elif entry.is_file() and entry.suffix not in (".html", ".pdf", ".json", ".xml", ".txt"):
            copy_atomically(entry, site_dir / entry.name)
