"""Read any published file by its type; archives and PDFs hold other files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

from race_equality.audit.channels.content import RASTER, Content, Text, Unread
from race_equality.audit.channels.markup import html, json_value, svg
from race_equality.audit.channels.notebooks import notebook, without_run_details
from race_equality.audit.channels.sheets import database, delimited, workbook

#: Files without text: fonts, style sheets and signatures.
_WITHOUT_TEXT = {".woff", ".woff2", ".ttf", ".otf", ".css", ".sig"}
#: Raster pictures may show any figure, and cannot be read here. The reports have none.
_RASTER_ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".ico"}
_TEXT_ENDINGS = {"", *".typ .jinja .scss .txt .md .qmd .yml .yaml .log .xml .js .map .bib .py .lua".split()}


def read_file(path: Path, site: Path) -> Iterator[Content]:
    """Read all texts and tables of one file.

    Parameters
    ----------
    path : Path
        The file.
    site : Path
        The folder that is published; the file's name is relative to it.

    Yields
    ------
    Text, Table or Unread
    """
    yield from _read_bytes(path.read_bytes(), path.relative_to(site).as_posix())


def _read_bytes(data: bytes, name: str) -> Iterator[Content]:
    ending = PurePosixPath(name.split("!")[-1]).suffix.lower()
    if ending in _WITHOUT_TEXT:
        return
    if ending in _RASTER_ENDINGS:
        yield Unread(name, RASTER)
        return
    try:
        if ending in (".html", ".htm"):
            yield from html(data.decode("utf-8"), name)
        elif ending == ".svg":
            yield from svg(data.decode("utf-8"), name, "SVG", "")
        elif ending == ".ipynb":
            yield from notebook(json.loads(data), name)
        elif ending in (".json", ".geojson"):
            value = json.loads(data)
            if PurePosixPath(name).name == "manifest.json":
                value = without_run_details(value)
            elif PurePosixPath(name).name == "sbom.cdx.json":
                value = _without_versions(value)
            yield from json_value(value, name, "JSON", "")
        elif ending == ".jsonl":
            for number, line in enumerate(data.decode("utf-8").splitlines(), 1):
                yield from json_value(json.loads(line), name, "JSON", f"line {number}")
        elif ending in (".csv", ".tsv"):
            yield from delimited(data.decode("utf-8-sig"), name, "\t" if ending == ".tsv" else ",")
        elif ending in (".parquet", ".xlsx", ".xls", ".ods"):
            yield from workbook(data, name, ending)
        elif ending == ".sqlite":
            yield from database(data, name)
        elif ending == ".pdf":
            yield from _pdf(data, name)
        elif ending == ".zip":
            yield from _archive(data, name)
        elif ending == ".docx":
            yield from _word(data, name)
        elif ending in _TEXT_ENDINGS:
            yield Text(name, "text file", "", data.decode("utf-8"))
        else:
            yield Unread(name, f"files ending in {ending} are not read")
    except Exception as error:  # an audit must report every file that it could not read
        yield Unread(name, f"cannot be read ({type(error).__name__}: {error})")


def _without_versions(bill: Any) -> Any:
    """Leave the names and licences in a bill of materials: a version is no figure, and looks like one."""
    components = bill.get("components", []) if isinstance(bill, dict) else []
    return [{name: one.get(name) for name in ("type", "name", "licenses")} for one in components]


def _archive(data: bytes, name: str) -> Iterator[Content]:
    import io

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            if not member.endswith("/"):
                yield from _read_bytes(archive.read(member), f"{name}!{member}")


_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: Parts of a Word document that Pandoc does not read: pictures, what is embedded, and title, author and notes of the file.
_WORD_PARTS = ("word/media/", "word/embeddings/", "docProps/")


def _word(data: bytes, name: str) -> Iterator[Content]:
    """Paragraphs and tables by Pandoc, as a page has them."""
    import io

    import pypandoc

    yield from html(pypandoc.convert_text(data, "html", format="docx", sandbox=True), name)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            if member.startswith(_WORD_PARTS):
                yield from _read_bytes(archive.read(member), f"{name}!{member}")
            elif part := re.fullmatch(r"word/(document|header\d*|footer\d*|comments)\.xml", member):
                yield from _word_paragraphs(archive.read(member), f"{name}!{member}", part[1])


def _word_paragraphs(data: bytes, name: str, part: str) -> Iterator[Text]:
    """Text that Pandoc leaves out: headers, footers and comments, and in the body what was deleted and is still in the file."""
    letters = ("delText",) if part == "document" else ("t", "delText")
    for number, paragraph in enumerate(ElementTree.fromstring(data).iter(f"{_WORD}p"), start=1):
        words = "".join(one.text or "" for one in paragraph.iter() if one.tag.removeprefix(_WORD) in letters)
        if words.strip():
            yield Text(name, "Word", f"paragraph {number}", words.strip())


#: Keys of a PDF's dictionaries that hold text: alternative texts, notes, names of fields.
_PDF_TEXT_KEYS = {"/Alt", "/ActualText", "/Contents", "/TU", "/E"}


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
                yield Unread(name, RASTER)
            if isinstance(item, pikepdf.Dictionary):
                for key in _PDF_TEXT_KEYS.intersection(item.keys()):
                    said = item.get(key)
                    if isinstance(said, pikepdf.String) and str(said).strip():
                        yield Text(name, f"PDF {key[1:]}", "", str(said))
