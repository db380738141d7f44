"""Write an accessible OpenDocument spreadsheet: one table on each sheet, with marked header rows.

Written with the standard library: the packages that write OpenDocument either
mark no header rows (pandas), have no wheel for the hash-checked installation (odfpy) or take a quarter
of a second for one trust (odfdo).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

_NAMESPACES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, _, name in (
            pair.partition("=")
            for pair in (
                "office=office table=table text=text style=style number=datastyle meta=meta fo=xsl-fo-compatible"
            ).split()
        )
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")
#: Characters that XML 1.0 does not allow, even as references.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Parameters
    ----------
    name : str
        On its tab, up to 31 characters.
    title : str
        In its first cell, as a heading.
    notes : sequence of str
        Lines under the title.
    columns : sequence of str
        Headers of its table; none for a sheet of text.
    rows : sequence of sequence of str
        Texts of the cells; a number is written as a number, with its decimals.
    widths : sequence of float
        Of the columns, in centimetres.
    """

    name: str
    title: str
    notes: Sequence[str]
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    widths: Sequence[float] = (20.0,)


def spreadsheet(sheets: Sequence[Sheet], *, title: str, subject: str) -> bytes:
    """Write sheets as an OpenDocument spreadsheet.

    Parameters
    ----------
    sheets : sequence of Sheet
    title, subject : str
        Of the document, for its properties.

    Returns
    -------
    bytes
        The same bytes for the same sheets: it holds no time.

    References
    ----------
    OASIS, Open Document Format for Office Applications 1.3, part 3. Government Analysis Function,
    Releasing statistics in spreadsheets.
    """
    widths = sorted({width for sheet in sheets for width in sheet.widths})
    content = (
        f'{_HEAD}<office:document-content {_NAMESPACES} office:version="1.3"><office:automatic-styles>'
        + "".join(
            f'<style:style style:name="w{round(10 * width)}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width}cm"/></style:style>'
            for width in widths
        )
        + "".join(
            f'<number:number-style style:name="n{d}"><number:number number:min-integer-digits="1" '
            f'number:decimal-places="{d}" number:grouping="{"true" if d == 0 else "false"}"/></number:number-style>'
            f'<style:style style:name="d{d}" style:family="table-cell" style:data-style-name="n{d}">'
            '<style:paragraph-properties fo:text-align="end"/></style:style>'
            for d in (0, 1, 2)
        )
        + '<style:style style:name="heading" style:family="table-cell"><style:text-properties '
        'fo:font-size="16pt" fo:font-weight="bold"/></style:style>'
        '<style:style style:name="header" style:family="table-cell"><style:table-cell-properties '
        'fo:wrap-option="wrap"/><style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="words" style:family="table-cell"><style:table-cell-properties '
        'fo:wrap-option="wrap"/></style:style>'
        '<style:style style:name="shorthand" style:family="table-cell"><style:paragraph-properties '
        'fo:text-align="end"/></style:style>'
        "</office:automatic-styles><office:body><office:spreadsheet>"
        + "".join(map(_table, sheets))
        + "</office:spreadsheet></office:body></office:document-content>"
    )
    styles = (
        f'{_HEAD}<office:document-styles {_NAMESPACES} office:version="1.3"><office:styles>'
        '<style:default-style style:family="table-cell"><style:text-properties fo:font-family="Arial" '
        'fo:font-size="12pt" fo:language="en" fo:country="GB"/></style:default-style>'
        "</office:styles></office:document-styles>"
    )
    meta = (
        f'{_HEAD}<office:document-meta {_NAMESPACES} office:version="1.3"><office:meta>'
        f"<dc:title>{_escaped(title)}</dc:title><dc:subject>{_escaped(subject)}</dc:subject>"
        "<dc:language>en-GB</dc:language></office:meta></office:document-meta>"
    )
    parts = {"content.xml": content, "styles.xml": styles, "meta.xml": meta}
    manifest = (
        f'{_HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{_KIND}"/>'
        + "".join(
            f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in parts
        )
        + "</manifest:manifest>"
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        # first and not compressed, so that the first bytes show the type of the file
        archive.writestr(zipfile.ZipInfo("mimetype"), _KIND, zipfile.ZIP_STORED)
        for name, text in {**parts, "META-INF/manifest.xml": manifest}.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _table(sheet: Sheet) -> str:
    parts = [f"<table:table table:name={quoteattr(_without_control_characters(sheet.name))}>"]
    parts += [f'<table:table-column table:style-name="w{round(10 * width)}"/>' for width in sheet.widths]
    parts.append(_row([_cell(sheet.title, "heading")]))
    parts += [_row([_cell(note, "" if sheet.columns else "words")]) for note in sheet.notes]
    if sheet.columns:
        header = _row([_cell(column, "header") for column in sheet.columns])
        parts.append(f"<table:table-header-rows>{header}</table:table-header-rows>")
        parts += [_row(map(_value, row)) for row in sheet.rows]
    parts.append("</table:table>")
    return "".join(parts)


def _row(cells) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _cell(text: str, style: str = "") -> str:
    style = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell office:value-type="string"{style}><text:p>{_escaped(text)}</text:p></table:table-cell>'


@lru_cache(maxsize=10_000)  # sources, names and shorthand repeat in every row, of every trust
def _value(text: str) -> str:
    number = _NUMBER.fullmatch(text)
    if not number:
        return _cell(text, "shorthand" if re.fullmatch(r"\[[cxzu]\]", text) else "")
    decimals = min(2, len(number[1] or ""))
    return (
        f'<table:table-cell office:value-type="float" office:value="{text}" table:style-name="d{decimals}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def _without_control_characters(text: object) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(text))


def _escaped(text: object) -> str:
    return escape(_without_control_characters(text))
