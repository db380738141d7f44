"""Quarto, where it is on the PATH."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import yaml

from race_equality.errors import RaceEqualityError
from race_equality.render.assets.filters.html_outputs import html_as_raw_blocks, raw_block
from race_equality.render.config import SiteConfig, document_date, makes_pdf, page_address
from race_equality.render.failure import RenderFailure
from race_equality.render.files import copy_atomically, copy_folder, write_atomically
from race_equality.render.fonts import font_directory
from race_equality.render.formats import formats_html, formats_of
from race_equality.render.listing import write_listing
from race_equality.render.notebook import read_front_matter
from race_equality.render.pdf import plain_opacity
from race_equality.render.search import Entry, merge_index, page_of, read_index

_DATA_SVG = re.compile(r"(data:image/svg\+xml;base64,)([A-Za-z0-9+/=]+)")
#: The place of the links to a page's other forms. Quarto's own list of them knows nothing of data
#: files, stands where a phone does not show it, and turns a link to a notebook into one to its page.
_OTHER_FORMATS = "<!--other-formats-->"
#: Quarto's navigation has no name, and its button for phones says that it is a menu, which it isn't.
_MENDED = (('<nav class="navbar ', '<nav aria-label="Site" class="navbar '), (' role="menu"', ""))
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PROGRESS = re.compile(r"^\[\s*\d+/\d+\]\s+(.+?)\s*$")
#: Fewer pages than this are not worth a second Quarto, which takes a second or two to start.
_PAGES_PER_SHARD = 4


def render_pages(
    quarto: str,
    project_dir: Path,
    site_dir: Path,
    pages: Sequence[str],
    *,
    config: SiteConfig,
    jobs: int,
    on_page: Callable[[str, str], None],
) -> list[RenderFailure]:
    """Render executed notebooks with Quarto.

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
    """
    shards = _shards(pages, jobs)
    found: dict[str, list[Entry]] = {}

    def render(shard: Sequence[str]) -> list[RenderFailure]:
        return _render_shard(quarto, project_dir, site_dir, shard, config, on_page, pages, found)

    with ThreadPoolExecutor(max_workers=max(1, len(shards))) as pool:
        failures = [failure for failures in pool.map(render, shards) for failure in failures]
    if found:
        merge_index(site_dir, [entry for entries in found.values() for entry in entries], set(found))
    return failures


def render_index(quarto: str, project_dir: Path, site_dir: Path, *, config: SiteConfig) -> None:
    """Render the first page with its list of trusts.

    Parameters
    ----------
    quarto : str
    project_dir, site_dir : Path
    config : SiteConfig

    Raises
    ------
    RaceEqualityError
        With what Quarto said.
    """
    write_listing(project_dir, site_dir)
    with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
        shard = Path(folder)
        _stage_shard(quarto, project_dir, shard, ["index.qmd"], site_dir=site_dir)
        said, ok = _run(quarto, shard, lambda page: None, date=document_date({}))
        if not ok or not (shard / "_site" / "index.html").is_file():
            raise RaceEqualityError(f"Quarto could not make the first page: {_complaint(said)}")
        _publish_shared(shard, site_dir)
        write_atomically(site_dir / "index.html", _mended(shard / "_site" / "index.html"))
        merge_index(site_dir, read_index(shard / "_site"), {"index.html"})


def _shards(pages: Sequence[str], jobs: int) -> list[Sequence[str]]:
    count = max(1, min(jobs, len(pages) // _PAGES_PER_SHARD))
    # dealt like cards, so that each shard gets its part of the long pages
    return [pages[first::count] for first in range(count) if pages[first::count]]


def _render_shard(
    quarto, project_dir, site_dir, pages, config, on_page, all_pages, found
) -> list[RenderFailure]:
    failures: list[RenderFailure] = []
    remaining = list(pages)
    while remaining:
        with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
            shard = Path(folder)
            broken = _stage_pages(quarto, project_dir, shard, remaining, site_dir, all_pages)
            if broken is not None:
                page, message = broken
                on_page(page, "failed")
                failures.append(RenderFailure(page, "html", message))
                remaining.remove(page)
                continue
            at: list[str] = []

            def begun(page: str, at=at) -> None:
                if page in remaining:
                    at.append(page)
                    on_page(page, "html")

            if len(remaining) == 1:
                begun(remaining[0])  # Quarto counts pages only where there are several
            said, ok = _run(quarto, shard, begun, date=document_date({}))
            if ok:
                _publish_shared(shard, site_dir)
                entries = read_index(shard / "_site")
                for page in remaining:
                    failure = _publish(project_dir, shard, site_dir, page, config)
                    on_page(page, "failed" if failure else "done")
                    if failure:
                        failures.append(failure)
                    else:
                        address = page_address(page)
                        found[address] = [entry for entry in entries if page_of(entry) == address]
                return failures
            # Quarto stops at the first page that fails; the others are rendered without it.
            if not at:
                message = f"Quarto failed: {_complaint(said)}"
                for page in remaining:
                    on_page(page, "failed")
                return failures + [RenderFailure(page, "html", message) for page in remaining]
            page = at[-1]
            stage = "pdf" if re.search(r"typst|pdf", _complaint(said), re.IGNORECASE) else "html"
            on_page(page, "failed")
            failures.append(RenderFailure(page, stage, f"Quarto failed on {page}: {_complaint(said)}"))
            remaining.remove(page)
    return failures


def _stage_pages(quarto, project_dir, shard, pages, site_dir, all_pages) -> tuple[str, str] | None:
    _stage_shard(quarto, project_dir, shard, pages, site_dir=site_dir, also=all_pages)
    for page in pages:
        target = shard / page
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.write_text(_for_quarto(project_dir / page), encoding="utf-8")
        except RaceEqualityError as error:
            return page, str(error)
        except (OSError, ValueError, KeyError, TypeError) as error:
            return page, f"{page} is not a notebook ({error}). Run the notebook again."
    return None


def _stage_shard(
    quarto: str,
    project_dir: Path,
    shard: Path,
    pages: Sequence[str],
    *,
    site_dir: Path,
    also: Iterable[str] = (),
) -> None:
    """Copy the project without its pages, and name those that are to be rendered."""
    for entry in project_dir.iterdir():
        if entry.is_dir() and entry.name == "src":
            copy_folder(entry, shard / entry.name)
        elif entry.is_file():
            copy_atomically(entry, shard / entry.name)
    settings = yaml.safe_load((project_dir / "_quarto.yml").read_text(encoding="utf-8"))
    settings.setdefault("project", {})["render"] = list(pages)
    settings["project"]["output-dir"] = "_site"
    execute = settings.setdefault("execute", {})
    execute["enabled"] = False
    execute.pop("ipynb-filters", None)  # see _for_quarto
    if isinstance(settings.get("format", {}).get("html"), dict):
        settings["format"]["html"]["format-links"] = False
    # The pages that are linked to may be in another shard: their addresses, not their sources.
    made = {page_address(page) for page in also} | {"index.html"}
    bar = settings.get("website", {}).get("navbar")
    for side in ("left", "right") if isinstance(bar, dict) else ():
        kept = []
        for item in bar.get(side) or []:
            if isinstance(item, dict) and "href" in item:
                address = page_address(item["href"])
                if "://" not in address and address not in made and not (site_dir / address).is_file():
                    continue
                item["href"] = item["href"] if item["href"] in pages else address
            kept.append(item)
        if kept:
            bar[side] = kept
    pdf = settings.get("format", {}).get("typst")
    if isinstance(pdf, dict) and _typst_knows_variable_fonts(quarto):
        copy_folder(font_directory(), shard / "fonts")
        pdf["font-paths"] = ["/fonts"]  # Quarto reads it from the project's folder
    (shard / "_quarto.yml").write_text(
        yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def _for_quarto(file: Path) -> str:
    """A notebook whose HTML outputs are raw blocks, with a place for links at its head.

    The project's ``ipynb-filters`` make the raw blocks in a Python of their own for each page and
    format.
    """
    notebook = html_as_raw_blocks(json.loads(file.read_text(encoding="utf-8")))
    cells = notebook["cells"]
    has_front_matter = bool(cells) and cells[0].get("cell_type") == "raw"
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
    return _DATA_SVG.sub(_with_plain_opacity, json.dumps(notebook, ensure_ascii=False))


def _with_plain_opacity(found: re.Match[str]) -> str:
    return found[1] + base64.b64encode(plain_opacity(base64.b64decode(found[2]))).decode()


def _run(
    quarto: str, folder: Path, begun: Callable[[str], None], *, date: int
) -> tuple[str, bool]:
    environment = {"SOURCE_DATE_EPOCH": str(date), **os.environ}
    said = []
    with subprocess.Popen(
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
            said.append(line)
            if found := _PROGRESS.match(line):
                begun(found[1].replace("\\", "/"))
    return "\n".join(said), process.returncode == 0


@cache
def _typst_knows_variable_fonts(quarto: str) -> bool:
    """Typst reads fonts with all weights in one file, as Arimo is, since 0.15.

    An older one shows bold as regular with it; the machine's Liberation Sans or Arial, which have
    the same widths, are better then.
    """
    done = subprocess.run(
        [quarto, "typst", "--version"], capture_output=True, text=True, check=False, timeout=60
    )
    version = re.search(r"typst (\d+)\.(\d+)", done.stdout + done.stderr)
    return bool(version) and (int(version[1]), int(version[2])) >= (0, 15)


def _complaint(said: str) -> str:
    """The part of Quarto's output that says what went wrong."""
    lines = [line for line in said.splitlines() if line.strip() and not _PROGRESS.match(line)]
    for position, line in enumerate(lines):
        if re.match(r"\s*(error|ERROR)\b", line):
            return "\n".join(lines[position : position + 12])
    return "\n".join(lines[-12:]) or "it said nothing"


def _publish(project_dir, shard, site_dir, page, config) -> RenderFailure | None:
    address = page_address(page)
    html = shard / "_site" / address
    pdf = html.with_suffix(".pdf")
    if not html.is_file():
        return RenderFailure(page, "html", "Quarto made no page of it.")
    has_pdf = makes_pdf(read_front_matter(project_dir / page), config)
    if has_pdf:
        if not pdf.is_file():
            return RenderFailure(page, "pdf", "Quarto made no PDF of it.")
        copy_atomically(pdf, (site_dir / address).with_suffix(".pdf"))
    for folder in (html.with_name(f"{html.stem}_files"),):
        if folder.is_dir():
            copy_folder(folder, (site_dir / address).with_name(folder.name))
    copy_atomically(project_dir / page, site_dir / page)
    links = formats_html(formats_of(page, site_dir, pdf=has_pdf))
    write_atomically(site_dir / address, _mended(html).replace(_OTHER_FORMATS, links, 1))
    return None


def _mended(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    for wrong, right in _MENDED:
        text = text.replace(wrong, right)
    return text


def _publish_shared(shard: Path, site_dir: Path) -> None:
    """Copy what all pages share: Quarto's scripts and the style sheets."""
    for name in ("site_libs", "src"):
        if (shard / "_site" / name).is_dir():
            copy_folder(shard / "_site" / name, site_dir / name)
