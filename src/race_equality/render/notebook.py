"""Executed notebooks: their front matter, and their text as Pandoc reads it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from race_equality.errors import InputError
from race_equality.render.assets.filters.html_outputs import fenced, raw_block, with_column_widths
from race_equality.render.typst_outputs import as_typst

if TYPE_CHECKING:
    from nbformat import NotebookNode

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\Z", re.DOTALL)
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
        Pandoc's Markdown, without the front matter. An output stands in it as a raw block of
        HTML, followed by one of typst where it could be translated.
    pictures : dict of str to str
        File name in the text to the data address that it stands for.
    """

    front_matter: dict[str, Any]
    markdown: str
    pictures: dict[str, str] = field(default_factory=dict)


def set_front_matter(notebook: NotebookNode, **fields: Any) -> NotebookNode:
    """Fill in an executed notebook's title, subtitle and the like.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place. Its front matter is the YAML of its first cell, which is raw; a notebook
        without one gets one.
    **fields
        Names with hyphens are given with underscores (``short_title``). ``title`` is the trust's
        name and ``subtitle`` what the page is; both are plain text, and what Markdown would take
        for markup in them is escaped. ``trust`` is what the site's list of trusts shows: a mapping
        with ``code``, ``name``, ``region`` and ``kind``. None removes a field.

    Returns
    -------
    NotebookNode
        The same notebook.

    Examples
    --------
    >>> import nbformat.v4
    >>> notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell("---\\ntitle: Report\\n---")])
    >>> print(set_front_matter(notebook, title="Leeds Teaching Hospitals NHS Trust").cells[0].source)
    ---
    title: Leeds Teaching Hospitals NHS Trust
    ---
    """
    import nbformat.v4

    cells = notebook.cells
    has_one = bool(cells) and cells[0].cell_type == "raw" and _FRONT_MATTER.match(cells[0].source.strip())
    front_matter = _read_front_matter(cells[0].source, "notebook") if has_one else {}
    for name, value in fields.items():
        name = name.replace("_", "-")
        if value is None:
            front_matter.pop(name, None)
        else:
            front_matter[name] = _as_markdown(value) if name in ("title", "subtitle") else value
    text = yaml.safe_dump(front_matter, allow_unicode=True, sort_keys=False, width=1000)
    source = f"---\n{text}---"
    if has_one:
        cells[0].source = source
    else:
        cell = nbformat.v4.new_raw_cell(source)
        # a constant id, so that two runs give the same file
        cell["id"] = "front-matter"
        cells.insert(0, cell)
    return notebook


def _as_markdown(text: str) -> str:
    """Escape what Markdown would read as markup, HTML or a reference."""
    return re.sub(r"[\\`*_\[\]<>$^~@&#|]", r"\\\g<0>", text)


def without_escapes(markdown: str) -> str:
    """Return the plain text of a title that was escaped."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown)


def read_page(file: Path, *, crossref: Mapping[str, str] | None = None) -> PageSource:
    """Read an executed notebook as Quarto does.

    Parameters
    ----------
    file : Path
        A notebook with its outputs.
    crossref : mapping of str to str, optional
        Quarto's setting of this name: what figures and tables are called.

    Returns
    -------
    PageSource
        Markdown cells and outputs; code is left out (``execute: echo: false``). Of each output one
        form is taken: HTML, Markdown, SVG, PNG, JPEG, plain text, in this order.

    Raises
    ------
    InputError
        When the file is not a notebook, or its front matter is not YAML.
    """
    cells = _cells(file)
    page = PageSource({}, "")
    blocks: list[str] = []
    for position, cell in enumerate(cells):
        kind, source = cell.get("cell_type"), _joined(cell.get("source", ""))
        if kind == "raw" and position == 0 and _FRONT_MATTER.match(source.strip()):
            page.front_matter = _read_front_matter(source, file)
        elif kind == "markdown":
            blocks.append(without_pictures(source, page.pictures))
        elif kind == "code" and not _hidden(cell, source):
            blocks.extend(
                text
                for output in cell.get("outputs", [])
                if (text := _output(output, page.pictures, crossref or {}))
            )
    page.markdown = "\n\n".join(blocks) + "\n"
    return page


def read_front_matter(file: Path) -> dict[str, Any]:
    """Read the front matter of a notebook or of a ``.qmd`` file.

    Parameters
    ----------
    file : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        When it is not YAML.
    """
    if file.suffix != ".ipynb":
        return split_front_matter(file)[0]
    first = _first_cell(file) or next(iter(_cells(file)), {})
    source = _joined(first.get("source", ""))
    if first.get("cell_type") == "raw" and _FRONT_MATTER.match(source.strip()):
        return _read_front_matter(source, file)
    return {}


def _first_cell(file: Path) -> dict[str, Any] | None:
    """Read the first cell without the rest: the list of trusts looks at every report."""
    try:
        with open(file, encoding="utf-8") as notebook:
            start = re.match(r'\s*\{\s*"cells"\s*:\s*\[\s*', head := notebook.read(8192))
            return json.JSONDecoder().raw_decode(head, start.end())[0] if start else None
    except (OSError, ValueError):  # longer than that, or none: read as a whole, which says what is wrong
        return None


def _cells(file: Path) -> list[dict[str, Any]]:
    try:
        notebook = json.loads(file.read_text(encoding="utf-8"))
        return [dict(cell) for cell in notebook["cells"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"It is not a notebook ({error}).", file=file, mend="Run the notebook again."
        ) from None


def split_front_matter(file: Path) -> tuple[dict[str, Any], str]:
    """Return the front matter of a ``.qmd`` file and the text after it."""
    text = file.read_text(encoding="utf-8")
    match = re.match(r"\A---\s*\n(.*?\n)---\s*\n", text, re.DOTALL)
    if not match:
        return {}, text
    return _read_front_matter(match[0], file), text[match.end() :]


def _read_front_matter(source: str, file: Path | str) -> dict[str, Any]:
    try:
        front_matter = yaml.safe_load(source.strip().strip("-"))
    except yaml.YAMLError as error:
        raise InputError(
            f"Its front matter is not YAML: {getattr(error, 'problem', None) or error}.", file=file
        ) from None
    if front_matter is None:
        return {}
    if not isinstance(front_matter, dict):
        raise InputError("Its front matter is not a list of fields.", file=file)
    return front_matter


def _hidden(cell: Mapping[str, Any], source: str) -> bool:
    """Is the cell left out by Quarto's tag or option?"""
    if "remove-cell" in cell.get("metadata", {}).get("tags", []):
        return True
    return bool(re.search(r"^#\|\s*include:\s*false\s*$", source, re.MULTILINE))


def _output(output: Mapping[str, Any], pictures: dict[str, str], crossref: Mapping[str, str]) -> str:
    if output.get("output_type") not in ("display_data", "execute_result"):
        # Streams and errors do not belong in a report: a failing cell stops the build before.
        return ""
    data = output.get("data", {})
    if "text/html" in data:
        markup = without_pictures(_joined(data["text/html"]), pictures)
        typst = as_typst(markup, crossref)
        if typst is None:
            return raw_block(with_column_widths(markup))
        return f"{raw_block(markup)}\n\n{raw_block(typst, 'typst')}"
    if "text/markdown" in data:
        return without_pictures(_joined(data["text/markdown"]), pictures)
    for mime, ending in _ENDINGS.items():
        if mime in data:
            content = _joined(data[mime])
            if ending == ".svg":
                content = base64.b64encode(content.encode()).decode()
            name = _keep(f"data:{mime};base64,{content.strip()}", pictures)
            return f"![]({name})"
    if "text/plain" in data:
        return fenced(_joined(data["text/plain"]))
    return ""


def without_pictures(text: str, pictures: dict[str, str]) -> str:
    """Put file names in the place of data addresses, which Pandoc would read letter by letter.

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
        name = _keep(match[3], pictures)
        width = _svg_width(match[3]) if name.endswith(".svg") else None
        attribute = f' natural-width="{width:g}"' if width else ""
        return f'<img{attribute}{match[1].removeprefix("<img")}"{name}"'

    return _DATA_SOURCE.sub(take, text)


def _keep(address: str, pictures: dict[str, str]) -> str:
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


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
