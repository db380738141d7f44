"""Pages for readers with a small screen, large letters, a keyboard, no script, a dark screen, or paper."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import html as lxml_html

from race_equality.render.vega import SITE_LIBRARY

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
#: The first page, a report, and each page on all trusts: a new notebook is tested as well.
BUILT = [
    "index.html",
    "trusts/DEMO.html",
    *sorted(f"notebooks/{file.stem}.html" for file in NOTEBOOKS.glob("[!_.]*.ipynb") if file.stem != "board_report"),
]
PAGES = [("built_site", address) for address in BUILT]
EVERY_KIND = pytest.mark.parametrize("page_file", PAGES, indirect=True, ids=BUILT)
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, indirect=True, ids=BUILT, scope="module")

#: WCAG 2.2, 1.4.12: nothing is lost when a reader sets these.
SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""


@EVERY_PAGE
def test_a_page_opens_from_a_file_and_asks_for_nothing_but_the_site_s_font(page):
    assert page.faults == []
    requests = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    own = SITE_LIBRARY if page.locator("#fig-explore").count() else "nothing"  # which draws the chart that answers
    assert [name for name in requests if not name.startswith("data:") and not name.endswith(own)] == []
    assert page.evaluate("[...document.fonts].map(font => font.family + ' ' + font.status)") == ["Arimo loaded"]


@EVERY_KIND
def test_a_page_is_no_burden_to_load(page_file):
    """All charts are in the page; the page of all trusts has twenty, and that to explore the measures of all trusts."""
    assert page_file.stat().st_size < {"national_overview": 800_000, "explore": 900_000}.get(page_file.stem, 600_000)


@EVERY_KIND
def test_a_narrow_page_never_scrolls_sideways(page_file, open_page):
    """320 pixels, as on a small phone and as at 400% of 1280."""
    width = 320
    page = open_page(page_file, width=width, height=256, device_scale_factor=4)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # what does not fit scrolls by itself, and everything else is on the screen
    outside = page.evaluate(
        """width => [...document.querySelectorAll('main :is(p, li, h1, h2, h3, figcaption, input, a)')]
          .filter(element => !element.closest('.table-scroll, .figure-scroll, .visually-hidden, [hidden]'))
          .filter(element => element.getBoundingClientRect().right > width + 1)
          .map(element => element.textContent.slice(0, 80))""",
        width,
    )
    assert outside == []


@EVERY_PAGE
def test_more_space_between_letters_and_lines_hides_nothing(page):
    spacing = page.add_style_tag(content=SPACING)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    cut = page.evaluate(
        """() => [...document.querySelectorAll('main :is(p, li, h1, h2, h3, td, th, figcaption)')]
          .filter(element => getComputedStyle(element).overflow === 'hidden' && !element.closest('.visually-hidden'))
          .filter(element => element.scrollHeight > element.clientHeight + 1)
          .map(element => element.textContent.slice(0, 80))"""
    )
    spacing.evaluate("style => style.remove()")
    assert cut == []


@EVERY_PAGE
def test_every_control_is_reached_by_keyboard_and_shows_it(page):
    wanted = page.evaluate(
        """() => {
          const stops = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
            .filter(element => element.checkVisibility() && element.tabIndex >= 0)
            .filter(element => element.type !== 'radio' || element.checked); // the others by arrow keys
          stops.forEach((element, number) => element.setAttribute('data-stop', number));
          return stops.length;
        }"""
    )
    reached, without_sign = [], []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const element = document.activeElement, style = getComputedStyle(element);
              const sign = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
                || style.boxShadow !== 'none' || document.querySelector('.chart-ring');
              return [element.getAttribute('data-stop'), Boolean(sign), element.outerHTML.slice(0, 120)];
            }"""
        )
        reached.append(stop[0])
        if not stop[1]:
            without_sign.append(stop[2])
    assert sorted(map(int, reached)) == list(range(wanted)), "every stop, once, and no trap"
    assert without_sign == []


@pytest.mark.parametrize(("page", "page_file"), [(one, one) for one in PAGES], indirect=True, ids=BUILT, scope="module")
def test_a_page_without_script_holds_the_same(page, page_file, open_page):
    kinds = ("h1", "h2", "h3", "table", "tr", "figure", "figcaption", ".callout")
    without = open_page(page_file, java_script_enabled=False)
    assert without.locator("main h1").is_visible()
    for kind in kinds:
        assert without.locator(f"main {kind}").count() == page.locator(f"main {kind}").count(), kind
    for picture in without.locator("main figure img").all():
        assert picture.is_visible()
        assert picture.get_attribute("alt").strip()


@EVERY_PAGE
def test_charts_keep_their_white_ground_on_a_dark_screen(page):
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 29)"
    grounds = page.evaluate(
        "() => [...document.querySelectorAll('main figure :is(img, svg.chart)')].map(e => getComputedStyle(e).backgroundColor)"
    )
    page.emulate_media(color_scheme="light")
    assert set(grounds) <= {"rgb(255, 255, 255)"}
    if page.url.endswith("DEMO.html"):
        assert len(grounds) > 5


@EVERY_PAGE
def test_a_page_on_paper(page, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on the PATH")
    paper = tmp_path / "paper.pdf"
    page.pdf(path=str(paper), format="A4")
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True, check=True).stdout
    words = " ".join(text.split())
    assert " ".join(page.locator("main h1").inner_text().split()) in words
    assert "Skip to the main content" not in words
    assert "On this page" not in words
    assert "Staff and patients Data quality Methods and words" not in words, "no navigation on paper"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 1000})  # A4 between the margins of the style sheet
    wide = page.evaluate(
        """() => [...document.querySelectorAll('main :is(table, img, svg.chart)')]
          .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
          .map(element => (element.closest('[id]') || element).id)"""
    )
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert wide == []


def test_one_file_works_in_an_empty_folder(built_site, race_equality_here, open_page, tmp_path):
    file = tmp_path / "attachment" / "report.html"
    end = race_equality_here("single-file", "DEMO", "--output", built_site.parent, "--to", file)
    assert end.returncode == 0, end.stderr
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]
    page = open_page(file)
    assert page.faults == []
    assert page.locator("main figure").count() > 5
    assert page.evaluate("() => [...document.images].every(image => image.complete && image.naturalWidth > 0)")
    for link in page.locator("a").all():
        href = link.get_attribute("href")
        assert href.startswith(("#", "https://")), href
        if href.startswith("#"):
            assert page.locator(f"[id='{href[1:]}']").count() == 1


def test_a_page_alone_still_opens(built_site, open_page, tmp_path):
    """A page that somebody saves or forwards as it is, with nothing beside it."""
    file = tmp_path / "DEMO.html"
    file.write_bytes((built_site / "trusts" / "DEMO.html").read_bytes())
    page = open_page(file)
    # the site's font is not there: the machine's own takes its place
    assert [fault for fault in page.faults if "fonts/arimo.woff2" not in fault] == [
        "Failed to load resource: net::ERR_FILE_NOT_FOUND"
    ]
    assert page.locator("main table").count() > 5


def test_downloads_are_linked_and_there(built_site: Path):
    document = lxml_html.parse(str(built_site / "trusts" / "DEMO.html")).getroot()
    links = document.xpath("//ul[@class='formats']//a/@href")
    assert links[:2] == ["DEMO.pdf", "DEMO.ipynb"]
    for href in links:
        assert (built_site / "trusts" / href).is_file()
    for href in lxml_html.parse(str(built_site / "index.html")).getroot().xpath("//main//a/@href"):
        if "://" not in href:
            assert (built_site / href.partition("#")[0]).is_file(), href
