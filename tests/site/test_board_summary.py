"""The board's summary fits: the first page of the PDF, and the first screen of a desktop."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from race_equality.render import render_site, set_front_matter

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
GOLDEN = [file.stem.removeprefix("board_report_") for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))]
EVERY_REPORT = pytest.mark.parametrize(
    "page", [("site", f"trusts/{code}.html") for code in GOLDEN], indirect=True, ids=GOLDEN, scope="module"
)


def page_of(file: Path, number: int) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on the PATH")
    command = ["pdftotext", "-f", str(number), "-l", str(number), str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("code", GOLDEN)
def test_the_summary_is_the_first_page_of_the_pdf_and_nothing_else_is_on_it(site, code):
    check_first_page(site / f"trusts/{code}.pdf")


def check_first_page(pdf: Path) -> None:
    first, second = (page_of(pdf, number) for number in (1, 2))
    # a trust without any WRES figure has what all its staff say in their place
    table = "WRES indicators; gaps" if "WRES indicators; gaps" in first else "What all staff say"
    for part in ("In one page", table, "Decisions for the board", "With care"):
        assert part in first
        assert part not in second
    assert "Weak data is no reason to wait." in re.sub(r"\s+", " ", first)
    assert re.search(r"^(?:2\s+)?What we said, what we did", second, flags=re.MULTILINE)


@EVERY_REPORT
def test_the_summary_is_the_first_screen_of_a_desktop(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.evaluate("document.querySelector('.board-summary').getBoundingClientRect().bottom") <= 900
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    sizes = page.evaluate(
        "[...document.querySelectorAll('.board-summary p, .board-summary li, .board-summary td, .board-summary th')]"
        ".map(element => parseFloat(getComputedStyle(element).fontSize))"
    )
    assert min(sizes) >= 14


@EVERY_REPORT
def test_the_summary_is_the_first_screen_of_a_laptop_or_its_heading_cards_and_table_are(page):
    for width, height, parts in (
        (1366, 768, [".board-summary"]),
        (1280, 720, [".first-screen > h2", ".board-cards", ".board-tables table"]),
    ):
        page.set_viewport_size({"width": width, "height": height})
        for part in parts:
            bottom = page.evaluate("part => document.querySelector(part).getBoundingClientRect().bottom", part)
            assert bottom <= height, part
        # the others are below, and whole
        assert page.evaluate("document.querySelector('.table-scroll').scrollWidth") <= page.evaluate(
            "document.querySelector('.table-scroll').clientWidth"
        )


@EVERY_REPORT
def test_the_summary_has_headings_tables_of_what_is_known_and_a_list_of_decisions(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.locator(".board-card h3").count() == 4
    assert 1 <= page.locator(".board-tables table").count() <= 2
    assert page.locator(".board-tables tbody th[scope=row]").count() >= 4
    # what is not known is a line and no rows
    assert "No data" not in page.locator(".board-tables tbody tr td:last-child").all_inner_texts()
    assert page.locator(".board-summary figure :is(img, svg)").count() >= 1
    decisions = page.locator(".board-summary ol li")
    assert 1 <= decisions.count() <= 3
    for text in decisions.all_inner_texts():
        assert re.search(r"[A-Z][a-z].*, \d{1,2} [A-Z][a-z]+ \d{4}$", text), "a board role and a date"


@EVERY_REPORT
def test_on_a_phone_and_a_tablet_parts_stand_one_under_another(page):
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = page.evaluate(
            "[...document.querySelectorAll('.board-main > *, .board-close > *')].map(e => e.getBoundingClientRect().top)"
        )
        assert boxes == sorted(boxes)
        assert len(set(boxes)) == len(boxes)


# -- by Quarto --------------------------------------------------------------------------------------

needs_quarto = pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH")
#: Invented, a merged trust, and a trust with few figures; the last with a name of two lines.
BY_QUARTO = {
    "DEMO": "Demonstration NHS Trust (invented figures)",
    "R1H": "Barts Health NHS Trust",
    "RV5": "Cambridgeshire, South London and Maudsley and Peterborough University Hospitals NHS Foundation Trust",
}


@pytest.fixture(scope="module")
def quarto_site(staged: tuple[Path, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports with the title, the subtitle and the four other forms that a build gives them."""
    project = tmp_path_factory.mktemp("summary-by-quarto") / "project"
    shutil.copytree(staged[0], project)
    site = project.with_name("site")
    (site / "trusts").mkdir(parents=True)
    for code, name in BY_QUARTO.items():
        file = project / f"trusts/{code}.ipynb"
        notebook = nbformat.read(file, as_version=4)
        nbformat.write(set_front_matter(notebook, title=name, subtitle="Race equality board report"), file)
        for ending in ("csv", "ods"):
            (site / f"trusts/{code}-figures.{ending}").touch()
    pages = [*(f"trusts/{code}.ipynb" for code in BY_QUARTO), "notebooks/national_overview.ipynb"]
    assert render_site(project, site, pages, engine="quarto") == []
    return site


SETTLED = """() => document.fonts.status === "loaded" &&
    Math.abs(parseFloat(getComputedStyle(document.body).paddingTop) - document.querySelector("#quarto-header").offsetHeight) < 1"""


@pytest.fixture
def visit(quarto_site, serve, browser) -> Iterator[Callable]:
    contexts = []
    home = serve(quarto_site)

    def visit_(address: str, *, width: int, height: int = 900, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.goto(home + address, wait_until="networkidle")
        # Quarto's script moves the page up to its bar after some time, on a busy machine between two measurements
        page.wait_for_function(SETTLED)
        return page

    yield visit_
    for context in contexts:
        context.close()


def box(page, selector: str) -> dict[str, float]:
    found = page.locator(selector).first.bounding_box()
    assert found is not None, f"{selector} is not to be seen"
    return found | {"right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


@needs_quarto
@pytest.mark.quarto
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("code", BY_QUARTO)
def test_by_quarto_too_the_summary_is_the_first_screen_of_a_desktop(visit, code, scheme):
    page = visit(f"trusts/{code}.html", width=1440, scheme=scheme)
    summary, formats, title = (
        box(page, selector) for selector in (".board-summary", ".formats", "#title-block-header")
    )
    assert summary["bottom"] <= 900
    assert page.locator(".formats a").count() == 4
    assert title["right"] <= formats["x"]
    assert formats["bottom"] <= summary["y"]
    # nothing lies upon anything: the contents begin under the summary, beside the second section
    contents, second = box(page, "#quarto-margin-sidebar"), box(page, "main > section:nth-of-type(2)")
    assert summary["bottom"] <= min(contents["y"], second["y"])
    assert second["right"] <= contents["x"]
    assert contents["right"] == pytest.approx(summary["right"], abs=1)
    # the heading floats: what begins after it is the line, not the paragraph's box
    line = page.locator(".board-about p").evaluate(
        "p => { const text = document.createRange(); text.selectNodeContents(p); return text.getClientRects()[0].x }"
    )
    assert box(page, "#in-one-page > h2")["right"] <= line
    sizes = page.locator(".board-summary :is(p, li, td, th)").evaluate_all(
        "elements => elements.map(element => parseFloat(getComputedStyle(element).fontSize))"
    )
    assert min(sizes) >= 14


@needs_quarto
@pytest.mark.quarto
@pytest.mark.parametrize("code", BY_QUARTO)
def test_by_quarto_too_the_summary_is_the_first_screen_of_a_laptop(visit, code):
    page = visit(f"trusts/{code}.html", width=1366, height=768)
    title_lines = round(box(page, "h1.title")["height"] / 23)
    assert box(page, ".board-summary")["bottom"] <= 768 + 23 * (title_lines - 1), "a long name pushes it by a line"


@needs_quarto
@pytest.mark.quarto
@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
@pytest.mark.parametrize("code", BY_QUARTO)
def test_by_quarto_the_page_is_no_wider_than_any_screen_and_the_contents_stay_in_sight(visit, code, width):
    page = visit(f"trusts/{code}.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tops = [
        box(page, selector)["y"]
        for selector in ("#title-block-header", ".formats", ".board-summary", "main > section:nth-of-type(2)")
    ]
    assert tops == sorted(tops)
    assert len(set(tops)) == 4
    if width >= 768:
        page.evaluate("document.querySelector('#sources-and-methods').scrollIntoView()")
        assert 0 <= box(page, "#TOC")["y"] < 200


@needs_quarto
@pytest.mark.quarto
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (768, "light"), (390, "light")])
@pytest.mark.parametrize("code", BY_QUARTO)
def test_by_quarto_the_summary_has_no_violation_of_wcag(visit, code, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(f"trusts/{code}.html", width=width, scheme=scheme)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response
    assert {found["id"]: [node["html"][:200] for node in found["nodes"]] for found in results["violations"]} == {}


@needs_quarto
@pytest.mark.quarto
def test_a_page_without_a_summary_keeps_quarto_s_own_layout(visit):
    page = visit("notebooks/national_overview.html", width=1440)
    assert page.locator(".board-summary").count() == 0
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "17px"
    assert box(page, "#TOC")["y"] < 100
    assert box(page, "main")["right"] <= box(page, "#TOC")["x"]


@needs_quarto
@pytest.mark.quarto
@pytest.mark.parametrize("code", BY_QUARTO)
def test_by_quarto_too_the_summary_is_the_first_page_of_the_pdf(quarto_site, code):
    check_first_page(quarto_site / f"trusts/{code}.pdf")
