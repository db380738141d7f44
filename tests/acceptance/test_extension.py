"""The Quarto extension in a project of somebody else's, as `quarto add` puts it there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import nbformat.v4
import pikepdf
import pytest
from lxml import etree
from lxml import html as lxml_html

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.quarto,
    pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH"),
]
FORMATS = "format:\n  race-equality-html: default\n  race-equality-typst: default\n  race-equality-docx: default\n"
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><rect width="90" height="40" fill="#12436D"/></svg>'
)
WORDS = f"""\
---
title: An ordinary page
date: 2026-11-29
number-sections: true
{FORMATS}---

## First {{#sec-first}}

See @sec-first, @tbl-a and @fig-a.

| Trust | Staff |
|-------|------:|
| A     |    10 |

: A table {{#tbl-a}}

![A square](square.svg){{#fig-a fig-alt="A blue square"}}
"""
FIGURE = (
    '<figure id="fig-b"><img src="data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5MCIg'
    'aGVpZ2h0PSI0MCI+PHJlY3Qgd2lkdGg9IjkwIiBoZWlnaHQ9IjQwIi8+PC9zdmc+" alt="A black square">'
    "<figcaption>Another square</figcaption></figure>"
)
TABLE = (
    '<table id="tbl-b"><caption>Another table</caption><thead><tr><th scope="col">Trust</th><th scope="col">Staff</th></tr></thead>'
    '<tbody><tr><th scope="row">1. A</th><td class="number">20</td></tr></tbody></table>'
)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def project(made_once) -> SimpleNamespace:
    """A project with a page and a notebook that has run, both rendered in three formats.

    Once for all workers: two Quartos that filter the same notebook at the same time read each other's unfinished copy.
    """
    folder = made_once("another-project", make_project) / "project"
    return SimpleNamespace(folder=folder, site=folder / "_site")


def make_project(made: Path) -> None:
    given, folder = made / "given", made / "project"
    folder.mkdir()
    names = ["git", "-C", str(ROOT), "ls-files", "-z", "_extensions"]
    for name in subprocess.run(names, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]:
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, given / name)

    def quarto(*arguments: str | Path) -> None:
        environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
        end = subprocess.run(
            ["quarto", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert end.returncode == 0, end.stderr

    quarto("add", given, "--no-prompt")
    (folder / "_quarto.yml").write_text(
        "project:\n  type: website\nwebsite:\n  title: Another site\nexecute:\n  enabled: false\n  echo: false\n"
    )
    (folder / "page.qmd").write_text(WORDS, encoding="utf-8")
    (folder / "square.svg").write_text(SQUARE)
    code = nbformat.v4.new_code_cell("show()")
    code.outputs = [nbformat.v4.new_output("display_data", data={"text/html": markup}) for markup in (FIGURE, TABLE)]
    cells = [
        nbformat.v4.new_raw_cell(f"---\ntitle: A notebook\n{FORMATS}---"),
        nbformat.v4.new_markdown_cell("See @fig-b and @tbl-b."),
        code,
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "book.ipynb")
    quarto("render")


@pytest.mark.parametrize(("name", "alternative"), [("page", "A blue square"), ("book", "A black square")])
def test_a_page_has_its_look_from_the_site_itself(project, name, alternative):
    text = (project.site / f"{name}.html").read_text(encoding="utf-8")
    page = lxml_html.fromstring(text)
    loaded = [*page.xpath("//script/@src"), *page.xpath("//link[@rel='stylesheet' or @rel='icon']/@href")]
    assert [address for address in loaded if not (project.site / address.partition("?")[0]).is_file()] == []
    scripts = [Path(address).name for address in loaded if "quarto-contrib/race-equality/" in address]
    assert scripts == ["scroll.js", "take-chart.js", "charts.js"]
    assert [Path(address).name for address in loaded if "quarto-contrib/quarto-project/" in address] == ["report.css"]
    assert list(project.site.rglob("arimo.woff2"))
    assert page.xpath("//figure//img/@alt") == [alternative]
    captions = [" ".join(node.text_content().split()) for node in page.xpath("//figcaption")]
    assert sorted(caption.partition(":")[0] for caption in captions) == ["Figure 1", "Table 1"]
    assert "?@" not in text


@pytest.mark.parametrize(("name", "alternative"), [("page", "A blue square"), ("book", "A black square")])
def test_a_pdf_is_accessible_and_in_the_font_of_the_extension(project, name, alternative):
    with pikepdf.open(project.site / f"{name}.pdf") as pdf:
        assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf.Root.Metadata.read_bytes()
        things = [thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary)]
        assert [str(thing.Alt) for thing in things if "/Alt" in thing] == [alternative]
        fonts = {str(thing.BaseFont).partition("+")[2] for thing in things if thing.get("/Type") == "/Font"}
        assert {re.split("-", font)[0] for font in fonts} == {"Arimo"}


@pytest.mark.parametrize(("name", "alternative"), [("page", "A blue square"), ("book", "A black square")])
def test_a_word_document_is_on_a4_in_arial_with_head_rows_and_alternative_texts(project, name, alternative):
    with zipfile.ZipFile(project.site / f"{name}.docx") as archive:
        document = etree.fromstring(archive.read("word/document.xml"))
        styles = etree.fromstring(archive.read("word/styles.xml"))
        pictures = [file for file in archive.namelist() if file.startswith("word/media/")]
    size = document.find(f".//{W}pgSz")
    assert (size.get(f"{W}w"), size.get(f"{W}h")) == ("11906", "16838")
    assert styles.find(f"{W}docDefaults//{W}rFonts").get(f"{W}ascii") == "Arial"
    (heading,) = styles.xpath("//w:style[@w:styleId='Heading1']", namespaces={"w": W[1:-1]})
    assert heading.find(f".//{W}color").get(f"{W}val") == "12436D"
    assert [Path(picture).suffix for picture in pictures] == [".png"], "which every program shows"
    assert alternative in document.xpath("//*[local-name()='docPr']/@descr")
    data = [table for table in document.iter(f"{W}tbl") if table.find(f".//{W}tblHeader") is not None]
    assert [table.find(f".//{W}tblStyle").get(f"{W}val") for table in data] == ["Report"], "and it is in no other table"
    assert "".join(data[0].find(f"{W}tr").itertext()) == "TrustStaff"
    words = "".join(document.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "Figure 1" in words
    assert "Table 1" in words
    assert "?@" not in words
    if name == "book":
        assert "1. A" in words, "the number of a row"
