"""Quarto and the built-in renderer make the same report from the same notebook."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import html as lxml_html

from race_equality.render import render_site

pytestmark = [
    pytest.mark.quarto,
    pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH"),
]
#: The fixture with every kind of output and a name that could be markup, and a real report.
PAGES = ["trusts/RX2.ipynb", "trusts/R1H.ipynb"]
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
ADDRESSES = ["index.html", *(page.replace(".ipynb", ".html") for page in PAGES)]


@pytest.fixture(scope="module")
def sites(site, staged, tmp_path_factory) -> dict[str, Path]:
    project, _ = staged
    folder = tmp_path_factory.mktemp("quarto-site")
    assert render_site(project, folder, PAGES, engine="quarto") == []
    return {"built-in": site, "quarto": folder}


def words(node) -> str:
    return " ".join(node.text_content().replace("\N{WORD JOINER}", "").split())


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
        "callouts": len(
            main.xpath(
                ".//div[contains(@class, 'callout-note') or contains(@class, 'callout-warning') "
                "or contains(@class, 'callout-important')]"
            )
        ),
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
            alts = sorted(
                str(thing.Alt) for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and "/Alt" in thing
            )
            kinds = ("/Figure", "/Table", "/TR", "/TH", "/TD", "/Caption", "/H1", "/H2", "/H3")
            return {kind: counted.get(kind, 0) for kind in kinds} | {"alternative texts": alts}

    address = page.replace(".ipynb", ".pdf")
    assert structure(sites["quarto"] / address) == structure(sites["built-in"] / address)


@pytest.fixture(scope="module")
def home(sites, serve) -> str:
    return serve(sites["quarto"])


@pytest.fixture
def visit(home, browser) -> Iterator[Callable]:
    """Open a page of Quarto's site; what it asked for and what went wrong stand in the page."""
    contexts = []

    def visit(address: str, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.faults = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        page.goto(home + address, wait_until="networkidle")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_quarto_s_pages_ask_the_network_for_nothing(home, visit, address):
    page = visit(address)
    assert [url for url in page.asked if not url.startswith((home, "data:"))] == []
    assert page.faults == []
    # the site's own font, although this server names no type for it
    fonts = "document.fonts.ready.then(() => [...document.fonts].map(font => font.family + ' ' + font.status))"
    assert "Arimo loaded" in page.evaluate(fonts)


def test_nothing_is_published_by_its_place_in_the_project(sites):
    for site in sites.values():
        assert {file.name for file in site.iterdir()} & {"src", "_extensions"} == set()
    assert [file for file in sites["quarto"].rglob("*.css") if file.name == "report.css"] == [
        sites["quarto"] / "site_libs/quarto-contrib/quarto-project/race-equality/web/report.css"
    ]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
def test_quarto_s_pages_have_no_violation_of_wcag(visit, address, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response
    assert {found["id"]: [node["html"][:200] for node in found["nodes"]] for found in results["violations"]} == {}


@pytest.mark.parametrize("address", ADDRESSES)
def test_quarto_s_pages_are_dark_for_a_reader_who_wants_it(visit, address):
    page = visit(address, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 29)"
    grounds = page.evaluate(
        "() => [...document.querySelectorAll('main figure :is(img, svg.chart)')].map(e => getComputedStyle(e).backgroundColor)"
    )
    assert set(grounds) <= {"rgb(255, 255, 255)"}


LONG_ROW = """() => {
  const [name, , kind, downloads] = document.querySelector('table.trusts tr[data-find]').children;
  name.querySelector('a').textContent = 'Northamptonshire Healthcare NHS Foundation Trust';
  kind.textContent = 'Mental health and community';
  downloads.innerHTML = '<a href="a">PDF</a>, <a href="b">figures</a>';
}"""


@pytest.mark.parametrize("width", [1280, 375])
def test_quarto_s_first_page_has_room_for_all(visit, width):
    page = visit("index.html", viewport={"width": width, "height": 800})
    page.evaluate(LONG_ROW)
    places = "name => document.querySelector(name).getBoundingClientRect()"
    gap = page.evaluate(places, "#find-your-trust h2")["top"] - page.evaluate(places, ".doors")["bottom"]
    assert gap >= 16, "the heading stands apart from the boxes above it"
    hidden = "region => region.scrollWidth - region.clientWidth"
    assert page.locator(".table-scroll:has(table.trusts)").evaluate(hidden) <= 0, "the last column is in sight"


def test_the_entries_of_a_page_are_those_that_quarto_gives_it(sites):
    """A page whose Quarto stopped at another page is indexed here."""
    from race_equality.render.search import entries_of, page_of, read_index

    def plain(entries):
        return [{name: " ".join(text.split()) for name, text in entry.items()} for entry in entries]

    folder = sites["quarto"]
    for address in ADDRESSES[1:]:
        theirs = [entry for entry in read_index(folder) if page_of(entry) == address]
        published = (folder / address).read_text(encoding="utf-8")
        as_quarto_made_it = re.sub(r'<ul class="formats".*?</ul>', "", published, flags=re.DOTALL)
        ours = entries_of(as_quarto_made_it, address)
        assert len(theirs) > 2
        assert plain(ours) == plain(theirs)


def test_search_finds_what_was_rendered_before_and_now(sites, staged, visit):
    """One page is made again: the others are still found."""
    project, _ = staged
    assert render_site(project, sites["quarto"], PAGES[:1], engine="quarto") == []
    page = visit("index.html")
    page.locator("#quarto-search button").click()
    page.keyboard.type("Harassment, bullying")
    page.wait_for_selector(".aa-Panel a, .aa-DetachedContainer a")
    found = page.locator(".aa-DetachedContainer a, .aa-Panel a").evaluate_all("links => links.map(link => link.href)")
    assert any("trusts/R1H.html" in href for href in found)
    page.locator("input.aa-Input").fill("plain words of an output")
    page.locator(".aa-DetachedContainer a[href*='trusts/RX2.html']").first.wait_for()


@pytest.mark.parametrize("page", PAGES)
def test_both_lead_to_the_same_downloads(sites, page):
    def links(site: Path) -> list[tuple[str, str]]:
        document = lxml_html.parse(str(site / page.replace(".ipynb", ".html"))).getroot()
        (found,) = document.xpath("//ul[@class='formats']")
        return [(link.get("href"), words(link)) for link in found.xpath(".//a")]

    assert links(sites["quarto"]) == links(sites["built-in"])
    html = (sites["quarto"] / page.replace(".ipynb", ".html")).read_text()
    assert html.count(f'href="{Path(page).stem}.pdf"') == 1, "the PDF once, and not as Typst again"


def test_a_page_with_figures_of_its_own_has_one_count_in_both(staged, tmp_path):
    """Where Markdown has figures too, one count runs through them all."""
    import json
    import shutil

    project = tmp_path / "project"
    shutil.copytree(staged[0], project)
    notebook = json.loads((project / PAGES[0]).read_text())
    notebook["cells"].insert(
        1,
        {
            "cell_type": "markdown",
            "id": "own",
            "metadata": {},
            "source": [
                "| a | b |\n",
                "|---|---|\n",
                "| 1 | 2 |\n",
                "\n",
                ": Mine {#tbl-mine}\n",
                "\n",
                "See @fig-mine.\n",
            ],
        },
    )
    notebook["cells"].insert(
        2,
        {
            "cell_type": "code",
            "id": "labelled",
            "execution_count": 1,
            "metadata": {},
            "source": [
                "#| label: fig-mine\n",
                "#| fig-cap: My chart\n",
                "#| fig-alt: Two bars\n",
                "#| echo: true\n",
                "chart()",
            ],
            "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": SQUARE}}],
        },
    )
    (project / PAGES[0]).write_text(json.dumps(notebook))
    reports = {}
    for engine in ("quarto", "built-in"):
        assert render_site(project, tmp_path / engine, PAGES[:1], engine=engine) == []
        file = tmp_path / engine / PAGES[0].replace(".ipynb", ".html")
        reports[engine] = report(file)
        assert "chart()" in words(lxml_html.parse(str(file)).getroot().xpath("//main//pre")[0])
    assert [caption.partition(":")[0] for caption in reports["quarto"]["captions"]] == [
        "Table 1",
        "Figure 1",
        "Table 2",
        "Figure 2",
        "Figure 3",
        "Table 3",
    ]
    assert "Two bars" in reports["quarto"]["alternative texts"]
    assert ("#fig-mine", "Figure 1") in reports["quarto"]["references"]
    for what in ("captions", "references", "alternative texts", "tables"):
        assert reports["built-in"][what] == reports["quarto"][what], what


def test_a_page_with_code_is_run_and_may_be_all_that_is_rendered(staged, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(staged[0], project)
    settings = project / "_quarto.yml"
    settings.write_text(settings.read_text().replace("    - index.qmd\n", "    - index.qmd\n    - about.qmd\n", 1))
    (project / "about.qmd").write_text(
        "---\ntitle: About\nformat: html\nexecute:\n  enabled: true\n---\n\n```{python}\nprint(6 * 7, 'answers')\n```\n"
    )
    assert render_site(project, tmp_path / "site", [], engine="quarto") == []
    assert "42 answers" in (tmp_path / "site" / "about.html").read_text()
