"""Read executed notebooks as Markdown for Pandoc."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from race_equality.errors import InputError
from race_equality.render.cell_options import captioned, split_options
from race_equality.render.config import check_fields
from race_equality.render.extension import html_outputs
from race_equality.render.front_matter import front_matter_of, joined, read_cells
from race_equality.render.typst_outputs import as_typst

_SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*([\w-]+)")
_DATA_SOURCE = re.compile(r"""(<img\b[^>]*?\bsrc=)(["'])(data:[^"']*)\2""")
_PICTURE = re.compile(r'\bsrc="([0-9a-f]{16}\.\w+)"')
_ENDINGS = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg"}


@dataclass
class PageSource:
    """A page's text and pictures.

    Parameters
    ----------
    front_matter : dict
    markdown : str
        Pandoc's Markdown, without the front matter. An output is in it as a raw block of
        HTML, followed by one of typst where it could be translated.
    pictures : dict of str to str
        File name in the text to its data address.
    """

    front_matter: dict[str, Any]
    markdown: str
    pictures: dict[str, str] = field(default_factory=dict)


def read_page(file: Path, *, settings: Mapping[str, Any] | None = None) -> PageSource:
    """Read an executed notebook as Quarto does.

    Parameters
    ----------
    file : Path
        A notebook with its outputs.
    settings : mapping, optional
        Of the project: ``crossref``, what figures and tables are called, and ``execute``, the options of cells that do
        not say otherwise.

    Returns
    -------
    PageSource
        Markdown cells and outputs, and the code of cells with ``echo: true``. Of each output one
        form is taken: HTML, Markdown, SVG, PNG, JPEG, plain text, in this order.

    Raises
    ------
    InputError
        When the file is not a notebook, its front matter is not YAML, or a cell has an option that is not followed.
    """
    cells = read_cells(file)
    page = PageSource({}, "")
    blocks: list[str] = []
    settings = settings or {}
    crossref = settings.get("crossref") or {}
    usual = {"echo": False, "output": True, "include": True} | _of_cells(settings)
    for position, cell in enumerate(cells):
        kind, source = cell.get("cell_type"), joined(cell.get("source", ""))
        if position == 0 and kind == "raw":
            page.front_matter = front_matter_of(cell, file)
            check_fields(page.front_matter, source, file)
            usual |= _of_cells(page.front_matter)
        elif kind == "markdown":
            check_shortcodes(source, file, f"Cell {position + 1}: ")
            blocks.append(without_pictures(source, page.pictures))
        elif kind == "code" and "remove-cell" not in cell.get("metadata", {}).get("tags", []):
            options, code = split_options(source, file=file, cell=position + 1)
            options = usual | options
            if not options["include"]:
                continue
            if options["echo"] == "fenced":
                blocks.append(html_outputs.fenced(html_outputs.fenced(source, "{python}")))
            elif options["echo"] and code.strip():
                blocks.append(html_outputs.fenced(code.strip("\n"), "{.python}"))
            if options["output"]:
                found = [_output(output, page.pictures, crossref) for output in cell.get("outputs", [])]
                blocks.extend(captioned([text for text in found if text], options))
    page.markdown = "\n\n".join(blocks) + "\n"
    return page


def check_shortcodes(text: str, file: Path, place: str = "") -> None:
    """Refuse Quarto's shortcodes, by name.

    Parameters
    ----------
    text : str
        Markdown.
    file : Path
        Where it is, for the error.
    place : str, optional
        What the error begins with.

    Raises
    ------
    InputError
    """
    if shortcode := _SHORTCODE.search(text):
        raise InputError(
            f"{place}{'T' if not place else 't'}he built-in renderer does not follow the shortcode {shortcode[1]}.",
            file=file,
            mend="Write out what it stands for, or render with Quarto (--renderer quarto).",
        )


def _of_cells(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The options of cells that a project or a page sets for all of them."""
    execute = settings.get("execute")
    return {
        name: execute[name] for name in ("echo", "output", "include") if isinstance(execute, dict) and name in execute
    }


def _output(output: Mapping[str, Any], pictures: dict[str, str], crossref: Mapping[str, str]) -> str:
    if output.get("output_type") not in ("display_data", "execute_result"):
        # Streams are not part of a report, and after an error there is none.
        return ""
    data = dict(output.get("data", {}))
    html_outputs.chart_as_html(data)
    if "text/html" in data:
        markup = without_pictures(joined(data["text/html"]), pictures)
        typst = as_typst(markup, crossref)
        if typst is None:
            return html_outputs.raw_block(html_outputs.with_column_widths(markup))
        return f"{html_outputs.raw_block(markup)}\n\n{html_outputs.raw_block(typst, 'typst')}"
    if "text/markdown" in data:
        return without_pictures(joined(data["text/markdown"]), pictures)
    for mime, ending in _ENDINGS.items():
        if mime in data:
            content = joined(data[mime])
            if ending == ".svg":
                content = base64.b64encode(content.encode()).decode()
            name = _name_picture(f"data:{mime};base64,{content.strip()}", pictures)
            return f"![]({name})"
    if "text/plain" in data:
        return html_outputs.fenced(joined(data["text/plain"]))
    return ""


def without_pictures(text: str, pictures: dict[str, str]) -> str:
    """Replace data addresses, which Pandoc would read letter by letter, by file names.

    Parameters
    ----------
    text : str
        HTML.
    pictures : dict of str to str
        Gets the data address of each file name.

    Returns
    -------
    str
    """

    def take(match: re.Match[str]) -> str:
        name = _name_picture(match[3], pictures)
        width = _svg_width(match[3]) if name.endswith(".svg") else None
        attribute = f' natural-width="{width:g}"' if width else ""
        return f'<img{attribute}{match[1].removeprefix("<img")}"{name}"'

    return _DATA_SOURCE.sub(take, text)


def _name_picture(address: str, pictures: dict[str, str]) -> str:
    mime = address[5:].split(";")[0].split(",")[0]
    name = hashlib.sha256(address.encode()).hexdigest()[:16] + _ENDINGS.get(mime, ".bin")
    pictures[name] = address
    return name


def put_back_pictures(page: str, pictures: Mapping[str, str]) -> str:
    """Put the data addresses back, so that a page needs no other file.

    Parameters
    ----------
    page : str
        HTML.
    pictures : mapping of str to str

    Returns
    -------
    str
    """
    return _PICTURE.sub(
        lambda found: f'src="{html.escape(pictures[found[1]])}"' if found[1] in pictures else found[0], page
    )


def picture_bytes(address: str) -> bytes:
    """Return the content of a data address.

    Parameters
    ----------
    address : str
        ``data:…;base64,…`` or percent-encoded.

    Returns
    -------
    bytes
    """
    head, _, body = address.partition(",")
    if head.endswith(";base64"):
        return base64.b64decode(body)
    return urllib.parse.unquote_to_bytes(body)


def _svg_width(address: str) -> float | None:
    head = picture_bytes(address)[:2000].decode("utf-8", "replace")
    match = re.search(r"<svg\b[^>]*?\swidth=[\"']([\d.]+)(?:px)?[\"']", head)
    return float(match[1]) if match else None
