"""Quarto and the built-in renderer make the same report from the same notebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lxml import html as lxml_html

from race_equality.render import render_site

pytestmark = [
    pytest.mark.quarto,
    pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH"),
]
#: The fixture with every kind of output, and a real report.
PAGES = ["trusts/RX1.ipynb", "trusts/R1H.ipynb"]


@pytest.fixture(scope="module")
def sites(site, staged, tmp_path_factory) -> dict[str, Path]:
    project, _ = staged
    folder = tmp_path_factory.mktemp("quarto-site")
    assert render_site(project, folder, PAGES, engine="quarto") == []
    return {"built-in": site, "quarto": folder}


def words(node) -> str:
    return " ".join(node.text_content().split())


def report(file: Path) -> dict[str, list]:
    """What a reader of the page meets, whatever the frame around it."""
    document = lxml_html.parse(str(file)).getroot()
    main = document.xpath("//main")[0]
    # Quarto heads its footnotes, Pandoc rules them off
    for frame in main.xpath(".//nav | .//section[contains(@class, 'footnotes')]"):
        frame.getparent().remove(frame)
    found = main.xpath(".//@id")
    tables = {}
    for table in main.xpath(".//table"):
        identifier = table.get("id") or next(iter(table.xpath("ancestor::*[starts-with(@id, 'tbl-')]/@id")), "")
        tables[identifier] = [[words(cell) for cell in row.xpath("./th|./td")] for row in table.xpath(".//tr")]
    return {
        "title": [words(main.xpath(".//h1")[0])],
        "headings": [(node.tag, words(node)) for node in main.xpath(".//h2|.//h3|.//h4")],
        "captions": [words(node) for node in main.xpath(".//figcaption|.//caption")],
        "alternative texts": main.xpath(".//img/@alt"),
        "pictures": len(main.xpath(".//img")),
        "tables": tables,
        "scopes": [cell.get("scope") for cell in main.xpath(".//th[@scope]")],
        "references": [(link.get("href"), words(link)) for link in main.xpath(".//a[contains(@class, 'quarto-xref')]")],
        "identifiers met twice": [name for name in set(found) if found.count(name) > 1],
        "callouts": len(main.xpath(".//div[contains(@class, 'callout-note') or contains(@class, 'callout-warning') "
                                   "or contains(@class, 'callout-important')]")),
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_hold_the_same(sites, page):
    address = page.replace(".ipynb", ".html")
    ours, quartos = (report(sites[name] / address) for name in ("built-in", "quarto"))
    for what, expected in ours.items():
        assert quartos[what] == expected, what


@pytest.mark.parametrize("page", PAGES)
def test_the_pdfs_hold_the_same(sites, page):
    import pikepdf

    def structure(file: Path) -> dict[str, int]:
        with pikepdf.open(file) as pdf:
            counted: dict[str, int] = {}
            for thing in pdf.objects:
                if isinstance(thing, pikepdf.Dictionary) and str(thing.get("/Type", "")) == "/StructElem":
                    kind = str(thing.S)
                    counted[kind] = counted.get(kind, 0) + 1
            alts = sorted(str(thing.Alt) for thing in pdf.objects
                          if isinstance(thing, pikepdf.Dictionary) and "/Alt" in thing)
            kinds = ("/Figure", "/Table", "/TR", "/TH", "/TD", "/Caption", "/H1", "/H2", "/H3")
            return {kind: counted.get(kind, 0) for kind in kinds} | {"alternative texts": alts}

    address = page.replace(".ipynb", ".pdf")
    assert structure(sites["quarto"] / address) == structure(sites["built-in"] / address)


def test_quarto_s_pages_ask_the_network_for_nothing(sites, browser):
    import functools
    import http.server
    import threading

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=str(sites["quarto"]))
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://localhost:{server.server_port}/"
        for address in ("index.html", *(page.replace(".ipynb", ".html") for page in PAGES)):
            asked, faults = [], []
            page = browser.new_page()
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda said, faults=faults: faults.append(said.text) if said.type == "error" else None)
            page.goto(home + address, wait_until="networkidle")
            assert [url for url in asked if not url.startswith((home, "data:"))] == []
            assert faults == []
            page.close()
        server.shutdown()
