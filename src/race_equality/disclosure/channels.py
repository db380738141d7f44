"""Everything that a published file says, whichever way it says it.

A reader sees text and tables. An intruder also reads attributes, comments, scripts, the text and labels
inside pictures, a PDF's attachments and alternative texts, a notebook's outputs and metadata, and every
file beside the pages. All of it comes out here as :class:`Text` and :class:`Table`.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes

__all__ = ["Table", "Text", "Unread", "read_file"]


@dataclass(frozen=True)
class Text:
    """A piece of text.

    Attributes
    ----------
    file : str
        Path in the site.
    channel : str
        How it was published, such as ``"HTML text"`` or ``"PDF attachment"``.
    place : str
        Where in the file.
    text : str
    record : bool
        One object of some data: every label and number in it belong together.
    """

    file: str
    channel: str
    place: str
    text: str
    record: bool = False


@dataclass(frozen=True)
class Table:
    """A table of text cells.

    Attributes
    ----------
    file, channel, place : str
        As for :class:`Text`.
    columns : tuple of str
        Headers.
    rows : tuple of tuple of str
        Cells; the first of a row is its label.
    about : frozenset of str
        For a part of a data file with many measures: which measure, in its own words.
    """

    file: str
    channel: str
    place: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    about: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class Unread:
    """A file, or a part of one, that could not be read: an audit must not pass over it in silence."""

    file: str
    reason: str


Content = Text | Table | Unread

#: What holds no words: fonts and style.
_WITHOUT_WORDS = {".woff", ".woff2", ".ttf", ".otf", ".css"}
#: Pictures made of points may show any figure, and nothing here can read them. The reports have none.
_OF_POINTS = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".ico"}
_RASTER = "a picture made of points cannot be read; draw it as SVG"
_AS_TEXT = {".typ", ".jinja", ".scss", ".txt", ".md", ".qmd", ".yml", ".yaml", ".log", ".xml", ".js", ".map", ".bib", ".py", ".lua", ""}


def read_file(path: Path, site: Path) -> Iterator[Content]:
    """Read everything that one file says.

    Parameters
    ----------
    path : Path
        The file.
    site : Path
        The folder that is published, for the file's name.

    Yields
    ------
    Text, Table or Unread
    """
    yield from _read_bytes(path.read_bytes(), path.relative_to(site).as_posix(), path)


def _read_bytes(data: bytes, name: str, path: Path | None = None) -> Iterator[Content]:
    ending = PurePosixPath(name.split("!")[-1]).suffix.lower()
    if ending in _WITHOUT_WORDS:
        return
    if ending in _OF_POINTS:
        yield Unread(name, _RASTER)
        return
    try:
        if ending in (".html", ".htm"):
            yield from _html(data.decode("utf-8"), name)
        elif ending == ".svg":
            yield from _svg(data.decode("utf-8"), name, "SVG", "")
        elif ending == ".ipynb":
            yield from _notebook(json.loads(data), name)
        elif ending in (".json", ".geojson"):
            value = json.loads(data)
            if PurePosixPath(name).name == "manifest.json":
                value = _without_run(value)
            yield from _json(value, name, "JSON", "")
        elif ending == ".jsonl":
            for number, line in enumerate(data.decode("utf-8").splitlines(), 1):
                yield from _json(json.loads(line), name, "JSON", f"line {number}")
        elif ending in (".csv", ".tsv"):
            yield from _delimited(data.decode("utf-8-sig"), name, "\t" if ending == ".tsv" else ",")
        elif ending in (".parquet", ".xlsx", ".xls", ".ods"):
            yield from _workbook(data, name, ending)
        elif ending == ".pdf":
            yield from _pdf(data, name)
        elif ending == ".zip":
            yield from _archive(data, name)
        elif ending in _AS_TEXT:
            yield Text(name, "text file", "", data.decode("utf-8"))
        else:
            yield Unread(name, f"files ending in {ending} are not read")
    except Exception as error:  # whatever is wrong with a file, an audit must say that it was not read
        yield Unread(name, f"cannot be read ({type(error).__name__}: {error})")


# ---- HTML ----

_LAYOUT_ATTRIBUTES = {
    "style", "class", "id", "href", "rel", "type", "lang", "scope", "role", "for", "target", "colspan",
    "rowspan", "headers", "tabindex", "aria-hidden", "aria-roledescription", "aria-labelledby", "charset",
    # where and how a picture's marks are drawn
    "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "width", "height",
    "transform", "viewbox", "points", "fill", "stroke", "opacity", "offset", "xmlns", "xmlns:xlink",
    "version", "text-anchor", "font-family", "font-size", "font-weight", "font-style", "pointer-events",
    "display", "preserveaspectratio", "gradientunits", "patternunits", "dominant-baseline",
}  # fmt: skip
_DRAWING_FAMILIES = ("stroke-", "fill-", "clip-", "marker-", "stop-")
_BLOCKS = {
    "p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "caption", "figcaption", "title", "div",
    "section", "summary", "dt", "dd", "option", "button", "label", "tr", "br", "aside", "text", "desc",
}  # fmt: skip


class _Page(HTMLParser):
    """Collects blocks of text, attributes, comments, scripts and tables in one pass."""

    def __init__(self, name: str, channel: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name, self.channel = name, channel
        self.found: list[Content] = []
        self.words: list[str] = []
        self.skipping = ""
        self.script: list[str] = []
        self.json_script = False
        self.table: dict | None = None
        self.cell: list[str] | None = None
        self.attributes: list[str] = []

    def place(self) -> str:
        return f"line {self.getpos()[0]}"

    def together(self, text: str) -> None:
        """Attributes of one element, with each other and with the words that they stand on."""
        self.found.append(Text(self.name, f"{self.channel} attributes", self.place(), text, record=True))

    def flush(self) -> None:
        text = " ".join("".join(self.words).split())
        if text:
            self.found.append(Text(self.name, f"{self.channel} text", self.place(), text))
        self.words = []

    def handle_starttag(self, tag, attrs):
        told = []
        for key, value in attrs:
            if value and value.lstrip().startswith("data:"):
                self.found.extend(_data_uri(value.strip(), self.name, self.channel, self.place()))
            elif value and key == "srcdoc":
                self.found.extend(_html(value, self.name, f"{self.channel} srcdoc"))
            elif value and key not in _LAYOUT_ATTRIBUTES and not key.startswith(_DRAWING_FAMILIES):
                self.found.append(Text(self.name, f"{self.channel} attribute {key}", self.place(), value))
                told.append(f"{key}: {value}")
        self.attributes = [one for one in told if len(one) < _PROSE]
        if len(self.attributes) > 1:
            self.together("; ".join(self.attributes))
        if self.table is not None:
            self.table["attributes"] += self.attributes
        if tag in ("script", "style"):
            self.skipping, self.script = tag, []
            self.json_script = "json" in (dict(attrs).get("type") or "")
        if tag in _BLOCKS and self.cell is None:
            self.flush()
        if tag == "table":
            self.table = {"caption": "", "columns": [], "rows": [], "row": [], "place": self.place()}
            self.table["attributes"] = []
        elif self.table is not None and tag in ("td", "th", "caption"):
            self.cell = []

    def handle_endtag(self, tag):
        if tag == self.skipping:
            self.skipping = ""
            text = "".join(self.script)
            if tag == "script" and text.strip():
                self.found.extend(_script(text, self.name, self.place(), self.json_script))
        table = self.table
        if table is not None:
            if tag in ("td", "th", "caption") and self.cell is not None:
                text = " ".join("".join(self.cell).split())
                if tag == "caption":
                    table["caption"] = text
                else:
                    table["row"].append(text)
                self.cell = None
            elif tag == "tr" and table["row"]:
                if table["attributes"]:
                    self.together("; ".join([*table["row"], *table["attributes"]]))
                if not table["columns"]:
                    table["columns"] = table["row"]
                else:
                    table["rows"].append(tuple(table["row"]))
                table["row"], table["attributes"] = [], []
            elif tag == "table":
                self.found.append(
                    Table(
                        self.name,
                        f"{self.channel} table",
                        table["caption"] or table["place"],
                        tuple(table["columns"]),
                        tuple(table["rows"]),
                    )
                )
                self.table = None
        if tag in _BLOCKS and self.cell is None:
            self.flush()

    def handle_data(self, data):
        if self.skipping:
            self.script.append(data)
            return
        if self.attributes and data.strip() and len(data) < _PROSE:
            self.together(f"{data.strip()}; {'; '.join(self.attributes)}")
            self.attributes = []
        if self.cell is not None:
            self.cell.append(data)
        self.words.append(data)

    def handle_comment(self, data):
        if data.strip():
            self.found.append(Text(self.name, f"{self.channel} comment", self.place(), data.strip()))


def _html(text: str, name: str, channel: str = "HTML") -> Iterator[Content]:
    page = _Page(name, channel)
    page.feed(text)
    page.close()
    page.flush()
    yield from page.found


def _script(text: str, name: str, place: str, is_json: bool) -> Iterator[Content]:
    if is_json or text.lstrip()[:1] in "{[":
        try:
            yield from _json(json.loads(text), name, "HTML script data", place)
            return
        except json.JSONDecodeError:
            pass
    yield Text(name, "HTML script code", place, text)
    # data written into a script: each object or list that is valid JSON
    for match in re.finditer(r"[\[{][^\n]{10,}[\]}]", text):
        try:
            yield from _json(json.loads(match.group()), name, "HTML script data", place)
        except json.JSONDecodeError:
            continue


def _data_uri(uri: str, name: str, channel: str, place: str) -> Iterator[Content]:
    head, _, body = uri[5:].partition(",")
    try:
        data = base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
        if "svg" in head:
            yield from _svg(data.decode("utf-8"), name, f"SVG in {channel}", place)
        elif "html" in head:
            yield from _html(data.decode("utf-8"), name, f"data URI in {channel}")
        elif "json" in head:
            yield from _json(json.loads(data), name, f"data URI in {channel}", place)
        elif "csv" in head:
            yield from _delimited(data.decode("utf-8"), name, ",")
        elif head.startswith("text/"):
            yield Text(name, f"data URI in {channel}", place, data.decode("utf-8"))
        elif head.startswith("image/"):
            yield Unread(name, f"{place}: {_RASTER}")
        elif not head.startswith(("font/", "application/font")):
            yield Unread(name, f"a data URI of the type {head or 'none'} at {place}")
    except (ValueError, json.JSONDecodeError) as error:
        yield Unread(name, f"a data URI at {place} ({error})")


def _svg(text: str, name: str, channel: str, place: str) -> Iterator[Content]:
    for item in _picture(text):
        if isinstance(item, Unread):
            yield Unread(name, item.reason)
        else:
            # the line in the file is that of the picture and not of its own text
            yield replace(item, file=name, channel=item.channel.replace("SVG", channel, 1), place=place or item.place)


@lru_cache(maxsize=64)  # a chart stands in the page and in its notebook
def _picture(text: str) -> tuple[Content, ...]:
    return tuple(_html(text, "", "SVG"))


# ---- data ----


#: A text of more characters is a sentence and not a label.
_PROSE = 120


_PAGE_OF_A_TRUST = re.compile(r"(?:\./|/)?(trusts/\w+\.html)")


def _json(value, name: str, channel: str, place: str) -> Iterator[Content]:
    """Each object is a record; lists of equal length in one object are columns."""
    if isinstance(value, dict):
        flat = {k: v for k, v in value.items() if not isinstance(v, (dict, list))}
        # an entry of a search index belongs to the page that it leads to
        if page := _PAGE_OF_A_TRUST.match(str(flat.get("objectID") or flat.get("href") or "")):
            name = f"{name}!{page[1]}"
            if isinstance(flat.get("text"), str):
                yield from _html(flat.pop("text"), name, f"{channel} text")
        # a search index holds whole sections: prose, in which not every number belongs to every label
        for key in [k for k, v in flat.items() if isinstance(v, str) and len(v) > _PROSE]:
            yield from _html(flat.pop(key), name, f"{channel} {key}")
        if flat:
            # what an object is called may be the label of what stands in it
            yield _record({"": re.sub(r"\[\d+\]$", "", place.rsplit(".", 1)[-1])} | flat, name, channel, place)
        columns = {
            k: v
            for k, v in value.items()
            if isinstance(v, list) and v and not any(isinstance(e, (dict, list)) for e in v)
        }
        lengths = {len(v) for v in columns.values()}
        if len(columns) > 1 and len(lengths) == 1:
            for i in range(lengths.pop()):
                yield _record({k: v[i] for k, v in columns.items()}, name, channel, f"{place}[{i}]")
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from _json(item, name, channel, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, (dict, list)):
                yield from _json(item, name, channel, f"{place}[{i}]")
        plain = [item for item in value if not isinstance(item, (dict, list))]
        if plain:
            yield Text(name, channel, place, "; ".join(map(str, plain)))
    else:
        yield Text(name, channel, place, str(value))


def _record(flat: dict, name: str, channel: str, place: str) -> Text:
    return Text(name, channel, place, "; ".join(f"{k}: {v}" for k, v in flat.items()), record=True)


def _delimited(text: str, name: str, separator: str) -> Iterator[Content]:
    import csv

    lines = [tuple(line) for line in csv.reader(text.splitlines(), delimiter=separator) if line]
    if lines:
        yield Table(name, "data file", "", lines[0], tuple(lines[1:]))


def _workbook(data: bytes, name: str, ending: str) -> Iterator[Content]:
    import io

    if ending == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(data))
        sheets = {"": [table.column_names, *zip(*(column.to_pylist() for column in table.columns), strict=True)]}
    else:
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    for sheet, lines in sheets.items():
        rows = [tuple(map(_cell_text, row)) for row in lines]
        # a sheet may begin with a title and notes, each alone in its row
        begin = next((i for i, row in enumerate(rows) if sum(map(bool, row)) > 1), len(rows))
        for row in rows[:begin]:
            yield Text(name, "data file text", str(sheet), " ".join(filter(None, row)))
        if rows[begin:]:
            yield Table(name, "data file", str(sheet), rows[begin], tuple(rows[begin + 1 :]))


def _cell_text(value: object) -> str:
    if isinstance(value, float):  # a spreadsheet has no whole numbers
        return "" if value != value else str(int(value)) if value.is_integer() else str(value)
    return "" if value is None else str(value)


def _archive(data: bytes, name: str) -> Iterator[Content]:
    import io

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            if not member.endswith("/"):
                yield from _read_bytes(archive.read(member), f"{name}!{member}")


# ---- notebooks ----

#: What papermill and Jupyter write about the run itself.
_ABOUT_THE_RUN = {
    "execution", "duration", "start_time", "end_time", "execution_count", "version", "kernelspec",
    "language_info", "nbformat", "nbformat_minor", "seconds",
}  # fmt: skip


def _without_run(value):
    if isinstance(value, dict):
        return {k: _without_run(v) for k, v in value.items() if k not in _ABOUT_THE_RUN}
    return [_without_run(v) for v in value] if isinstance(value, list) else value


def _notebook(notebook: dict, name: str) -> Iterator[Content]:
    yield from _json(_without_run(notebook.get("metadata", {})), name, "notebook metadata", "metadata")
    for number, cell in enumerate(notebook.get("cells", []), 1):
        place = f"cell {number}"
        yield Text(name, f"notebook {cell.get('cell_type')} source", place, _joined(cell.get("source")))
        yield from _json(_without_run(cell.get("metadata", {})), name, "notebook cell metadata", place)
        for attachment, bundle in cell.get("attachments", {}).items():
            yield from _bundle(bundle, name, f"{place} attachment {attachment}")
        for output in cell.get("outputs", []):
            yield from _json(
                _without_run(output.get("metadata", {})), name, "notebook output metadata", place
            )
            yield from _bundle(output.get("data", {}), name, place)
            for key in ("text", "traceback", "evalue"):
                if output.get(key):
                    yield Text(name, f"notebook output {key}", place, _joined(output[key]))


def _bundle(data: dict, name: str, place: str) -> Iterator[Content]:
    for kind, value in data.items():
        if kind == "image/svg+xml":
            yield from _svg(_joined(value), name, "SVG in notebook", place)
        elif kind in ("text/html", "text/markdown"):
            for item in _html(_joined(value), name, f"notebook {kind}"):
                if isinstance(item, Text):
                    item = Text(item.file, item.channel, f"{place}, {item.place}", item.text, item.record)
                yield item
        elif "json" in kind:
            yield from _json(value, name, f"notebook {kind}", place)
        elif kind.startswith("image/"):
            yield Unread(name, f"{place}: {_RASTER}")
        else:
            yield Text(name, f"notebook {kind}", place, _joined(value))


def _joined(value) -> str:
    return "".join(value) if isinstance(value, list) else str(value or "")


# ---- PDF ----


#: Entries of a PDF's dictionaries that hold words: alternative texts, notes, names of fields.
_WORDS_IN_PDF = {"/Alt", "/ActualText", "/Contents", "/TU", "/E"}


def _pdf(data: bytes, name: str) -> Iterator[Content]:
    """Text by poppler's pdftotext; attachments, alternative texts and metadata by pikepdf."""
    if shutil.which("pdftotext"):
        done = subprocess.run(
            ["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"], input=data, capture_output=True, check=False
        )
        if done.returncode:
            yield Unread(name, "pdftotext could not read it")
        for page, text in enumerate(done.stdout.decode("utf-8", "replace").split("\f"), 1):
            for line in text.splitlines():
                if line.strip():
                    yield Text(name, "PDF text", f"page {page}", line.strip())
    else:
        yield Unread(name, "the text of a PDF needs pdftotext (poppler-utils)")
    try:
        import pikepdf
    except ImportError:
        yield Unread(name, "a PDF's attachments and alternative texts need the package pikepdf")
        return
    import io

    with pikepdf.open(io.BytesIO(data)) as document:
        for title, attachment in document.attachments.items():
            content = attachment.get_file().read_bytes()
            yield from _read_bytes(content, f"{name}!{title}")
        for key, value in document.docinfo.items():
            yield Text(name, "PDF metadata", str(key), str(value))
        if "/Metadata" in document.Root:
            # the packet's values, without its identifiers and dates
            packet = document.Root.Metadata.read_bytes().decode("utf-8", "replace")
            for value in re.findall(r">([^<>]+)<", packet):
                if value.strip():
                    yield Text(name, "PDF metadata", "XMP", value.strip())
        for item in document.objects:
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image":
                yield Unread(name, _RASTER)
            if isinstance(item, pikepdf.Dictionary):
                for key in _WORDS_IN_PDF.intersection(item.keys()):
                    value = item.get(key)
                    if isinstance(value, pikepdf.String) and str(value).strip():
                        yield Text(name, f"PDF {key[1:]}", "", str(value))
