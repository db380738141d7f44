"""Make the document whose styles Word documents of reports have: _extensions/race-equality/docx/reference.docx.

    .venv/bin/python scripts/reference_docx.py

It is Pandoc's own reference document on A4 paper, in Arial, with the colours, headings and tables of the PDFs
(_extensions/race-equality/typst/typst-template.typ). The same Pandoc makes the same bytes: nothing in it is compressed, and
it has no date.
"""

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "_extensions" / "race-equality" / "docx" / "reference.docx"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAVY, INK, GREY, LINE, LINK = "12436D", "212B32", "3D3D3D", "BFC7CE", "005EB8"


def letters(points: float, *, colour: str, bold: bool = False) -> str:
    """Return what a style says of its letters; Word counts half points."""
    weight = "<w:b/><w:bCs/>" if bold else '<w:b w:val="0"/><w:bCs w:val="0"/>'
    return (
        f'<w:rPr>{weight}<w:i w:val="0"/><w:iCs w:val="0"/><w:color w:val="{colour}"/>'
        f'<w:sz w:val="{2 * points:.0f}"/><w:szCs w:val="{2 * points:.0f}"/></w:rPr>'
    )


def paragraph(before: int, after: int, *, keep: bool = False, rule: bool = False, level: int | None = None) -> str:
    """Return what a style says of its paragraphs; the space is in points, of which Word counts twentieths."""
    parts = ["<w:keepNext/><w:keepLines/>"] * keep + [RULE] * rule
    parts += [
        f'<w:spacing w:before="{20 * before}" w:after="{20 * after}" w:line="264" w:lineRule="auto"/><w:jc w:val="left"/>'
    ]
    parts += [f'<w:outlineLvl w:val="{level}"/>'] if level is not None else []
    return f"<w:pPr>{''.join(parts)}</w:pPr>"


RULE = f'<w:pBdr><w:bottom w:val="single" w:sz="16" w:space="4" w:color="{NAVY}"/></w:pBdr>'


#: Paragraphs and letters of each style that is other than Pandoc's.
STYLES = {
    "BodyText": paragraph(0, 8),
    "Compact": paragraph(2, 2) + '<w:rPr><w:sz w:val="19"/><w:szCs w:val="19"/></w:rPr>',  # bold in a table's first row
    "Title": paragraph(0, 6, keep=True) + letters(20, bold=True, colour=NAVY),
    "TitleChar": letters(20, bold=True, colour=NAVY),
    "Subtitle": paragraph(0, 6, keep=True) + letters(12.5, colour=GREY),
    "SubtitleChar": letters(12.5, colour=GREY),
    "Author": paragraph(0, 6, keep=True) + letters(10.5, colour=GREY),
    "Date": paragraph(0, 12, rule=True) + letters(10.5, colour=GREY),
    "Heading1": paragraph(20, 8, keep=True, level=0) + letters(15, bold=True, colour=NAVY),
    "Heading1Char": letters(15, bold=True, colour=NAVY),
    "Heading2": paragraph(16, 6, keep=True, level=1) + letters(12.5, bold=True, colour=NAVY),
    "Heading2Char": letters(12.5, bold=True, colour=NAVY),
    "Heading3": paragraph(12, 4, keep=True, level=2) + letters(11, bold=True, colour=INK),
    "Heading3Char": letters(11, bold=True, colour=INK),
    "Heading4": paragraph(10, 4, keep=True, level=3) + letters(10.5, bold=True, colour=INK),
    "Heading4Char": letters(10.5, bold=True, colour=INK),
    "ImageCaption": paragraph(12, 4, keep=True),
    "Caption": paragraph(12, 4, keep=True) + letters(10.5, colour=INK),
    "TOCHeading": paragraph(12, 6, keep=True, level=9) + letters(15, bold=True, colour=NAVY),
    "Hyperlink": f'<w:rPr><w:color w:val="{LINK}"/><w:u w:val="single"/></w:rPr>',
}
#: The style of tables of figures, which filters/word-documents.lua gives them.
TABLE = f"""\
<w:style w:type="table" w:customStyle="1" w:styleId="Report"><w:name w:val="Report"/><w:basedOn w:val="Table"/><w:qFormat/>
<w:pPr><w:spacing w:before="40" w:after="40"/></w:pPr>
<w:tblPr>
  <w:tblBorders>
    <w:bottom w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/>
    <w:insideH w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/>
  </w:tblBorders>
  <w:tblCellMar>
    <w:top w:w="28" w:type="dxa"/><w:left w:w="85" w:type="dxa"/><w:bottom w:w="28" w:type="dxa"/><w:right w:w="85" w:type="dxa"/>
  </w:tblCellMar>
</w:tblPr>
<w:trPr><w:cantSplit/></w:trPr>
<w:tblStylePr w:type="firstRow">
  <w:rPr><w:b/><w:bCs/></w:rPr>
  <w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>
  <w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="12" w:space="0" w:color="{NAVY}"/></w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr>
</w:tblStylePr></w:style>"""
#: Every letter without a style of its own.
USUAL = f"""\
<w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/><w:color w:val="{INK}"/>\
<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/></w:rPr>"""
#: A4 with the margins of the PDFs: 20 mm, and 22 mm at the top.
BODY = """\
<w:body><w:p/><w:sectPr><w:footerReference w:type="default" r:id="rId40"/><w:pgSz w:w="11906" w:h="16838"/>\
<w:pgMar w:top="1247" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>\
</w:sectPr></w:body>"""
FOOTER = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<w:ftr xmlns:w="{WORD}"><w:p><w:pPr><w:jc w:val="right"/></w:pPr>{
    "".join(
        f'<w:r><w:rPr><w:color w:val="{GREY}"/><w:sz w:val="17"/></w:rPr>{part}</w:r>'
        for part in (
            '<w:t xml:space="preserve">Page </w:t>',
            '<w:fldChar w:fldCharType="begin"/>',
            "<w:instrText>PAGE</w:instrText>",
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
            '<w:t xml:space="preserve"> of </w:t>',
            '<w:fldChar w:fldCharType="begin"/>',
            "<w:instrText>NUMPAGES</w:instrText>",
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
}</w:p></w:ftr>
"""


def parts_of_pandoc() -> dict[str, bytes]:
    """Return the files within Pandoc's own reference document."""
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def elements(xml: str) -> list[ElementTree.Element]:
    """Read elements of Word."""
    return list(ElementTree.fromstring(f'<x xmlns:w="{WORD}" xmlns:r="{RELATIONS}">{xml}</x>'))


def styles(xml: bytes) -> bytes:
    """Put the styles of reports into those of Pandoc."""
    root = ElementTree.fromstring(xml)
    usual = root.find(f"{{{WORD}}}docDefaults/{{{WORD}}}rPrDefault")
    assert usual is not None
    usual[:] = elements(USUAL)
    root.extend(elements(TABLE))
    for style in root.iter(f"{{{WORD}}}style"):
        for theme in [one for one in style.iter() if one.tag == f"{{{WORD}}}rFonts"]:
            for name in [name for name in theme.attrib if name.lower().endswith("theme")]:
                del theme.attrib[name]  # Arial, as everywhere
        new = elements(STYLES.get(style.attrib[f"{{{WORD}}}styleId"], ""))
        for old in [one for one in style if one.tag in {one.tag for one in new}]:
            style.remove(old)
        style.extend(new)
        for hidden in style.findall(f"{{{WORD}}}semiHidden"):
            style.remove(hidden)  # whoever writes on in the document finds it in Word's list
    return written(root)


def written(root: ElementTree.Element) -> bytes:
    """Write a file of Word."""
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def reference() -> bytes:
    """Make the document."""
    for prefix, address in (("w", WORD), ("r", RELATIONS)):
        ElementTree.register_namespace(prefix, address)
    parts = parts_of_pandoc()
    parts["word/styles.xml"] = styles(parts["word/styles.xml"])
    theme = parts["word/theme/theme1.xml"].decode()
    theme = re.sub(r'(<a:latin typeface=")[^"]+("[^>]*?/>)', r"\1Arial\2", theme).replace("156082", NAVY)
    parts["word/theme/theme1.xml"] = re.sub(r'(typeface="Arial") panose="[^"]*"', r"\1", theme).encode()
    document = ElementTree.fromstring(parts["word/document.xml"])
    document[:] = elements(BODY)
    parts["word/document.xml"] = written(document)
    parts["word/footer1.xml"] = FOOTER.encode()
    parts["word/_rels/document.xml.rels"] = _with(
        parts["word/_rels/document.xml.rels"],
        f'<Relationship Type="{RELATIONS}/footer" Id="rId40" Target="footer1.xml" />',
        "</Relationships>",
    )
    parts["[Content_Types].xml"] = _with(
        parts["[Content_Types].xml"],
        '<Override PartName="/word/footer1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml" />',
        "</Types>",
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # of 1980
    return made.getvalue()


def _with(xml: bytes, line: str, before: str) -> bytes:
    return xml.replace(before.encode(), f"{line}{before}".encode())


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(reference())
    print(f"Wrote {TARGET}.", file=sys.stderr)
