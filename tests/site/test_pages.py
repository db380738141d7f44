"""Pages as a person meets them: in a browser, from a file, with no network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html as lxml_html
from playwright.sync_api import expect

from race_equality.render.builtin import page_html
from race_equality.render.config import read_config
from race_equality.render.notebook import PageSource
from tests.conftest import ROOT

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
REPORTS = ["trusts/RX1.html", "trusts/RX2.html", "notebooks/national_overview.html"]
GOLDEN = [
    f"trusts/{file.stem.removeprefix('board_report_')}.html" for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))
]
PAGES = ["index.html", *REPORTS, *GOLDEN]
EVERY_PAGE = pytest.mark.parametrize(
    "page", [("site", address) for address in PAGES], indirect=True, ids=PAGES, scope="module"
)


@EVERY_PAGE
def test_a_page_opens_without_fault_and_asks_for_nothing_but_the_site_s_font(page):
    assert page.faults == []
    assert page.locator("main h1").count() == 1
    requests = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in requests if not name.startswith("data:")] == []
    assert page.evaluate("[...document.fonts].map(font => font.family + ' ' + font.status)") == ["Arimo loaded"]


@EVERY_PAGE
def test_a_page_never_scrolls_sideways(page):
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_navigation_is_a_line_or_a_menu_that_opens_without_a_script(browser, tmp_path):
    config = read_config(ROOT)
    text = page_html(PageSource({"title": "A page"}, "Words."), "trusts/RX1.html", config, is_alone=True)
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator(".site-menu a").count() == len(config.navigation) > 6
    links, menu = page.locator(".site-menu a"), page.locator(".site-menu > summary")
    for width in (1024, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert not menu.is_visible()
        tops = {round(link.bounding_box()["y"]) for link in [*links.all(), page.locator(".site-title a")]}
        assert max(tops) - min(tops) < 12, f"{width}: {tops}"
    page.set_viewport_size({"width": 390, "height": 844})
    assert not links.first.is_visible()
    assert page.locator(".site-header").bounding_box()["height"] < 100
    menu.focus()
    page.keyboard.press("Enter")
    assert all(link.is_visible() for link in links.all())
    page.close()


@EVERY_PAGE
def test_landmarks_language_and_skip_link(page):
    assert page.locator("html").get_attribute("lang") == "en-GB"
    for landmark in ("header.site-header", "main#main", "footer", "nav[aria-label='Site']"):
        assert page.locator(landmark).count() == 1, landmark
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "Skip to the main content"
    assert page.locator(".skip-link").bounding_box()["x"] >= 0, "the skip link shows when it has the focus"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")  # the browser goes there in its own time


@pytest.mark.parametrize("address", [*REPORTS, *GOLDEN])
def test_headings_are_in_order_and_pictures_have_words(site, address):
    document = lxml_html.parse(str(site / address)).getroot()
    levels = [int(heading.tag[1]) for heading in document.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)), levels
    pictures = document.xpath("//img")
    assert pictures
    assert all((picture.get("alt") or "").strip() for picture in pictures)
    identifiers = document.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))


def test_figures_tables_and_sections_are_numbered_and_referred_to(site):
    document = lxml_html.parse(str(site / "trusts/RX1.html")).getroot()
    captions = [" ".join(caption.text_content().split()) for caption in document.xpath("//figcaption|//caption")]
    assert captions == [
        "Table 1: The WRES indicators",
        "Figure 1: Gaps & intervals",
        "Figure 2: A wide chart",
        "Table 2: Where each figure stands",
    ]
    headings = [" ".join(heading.text_content().split()) for heading in document.xpath("//main//h2|//main//h3")]
    assert headings == ["On this page", "1 In one page", "2 Detail", "2.1 Survey", "3 Sources"]
    references = {link.get("href"): link.text_content() for link in document.xpath("//a[@class='quarto-xref']")}
    assert references == {
        "#tbl-wres": "Table\u00a01",
        "#fig-gaps": "Figure\u00a01",
        "#sec-detail": "Section\u00a02",
        "#fig-wide": "Figure\u00a02",
    }
    for target in references:
        assert len(document.xpath(f"//*[@id='{target[1:]}']")) == 1
    contents = [link.get("href") for link in document.xpath("//nav[@class='contents']//a")]
    assert contents == ["#sec-page", "#sec-detail", "#sources"]


def test_tables_say_what_heads_each_row_and_column(site):
    document = lxml_html.parse(str(site / "trusts/RX1.html")).getroot()
    table = document.get_element_by_id("tbl-wres")
    assert [cell.get("scope") for cell in table.xpath(".//thead//th")] == ["col", "col", "col"]
    assert [cell.get("scope") for cell in table.xpath(".//tbody//th")] == ["row", "row"]
    assert table.xpath(".//tbody/tr[1]/th")[0].text_content() == "1. Pay bands"
    assert not table.xpath(".//td[not(normalize-space())]")
    region = table.getparent()
    assert (region.get("role"), region.get("tabindex")) == ("region", "0")
    assert region.get("aria-label") == "Table 1: The WRES indicators"


def test_callouts_are_boxes_with_their_title(site):
    document = lxml_html.parse(str(site / "trusts/RX1.html")).getroot()
    boxes = document.xpath("//div[contains(@class, 'callout-') and @role='note']")
    assert [box.get("aria-label") for box in boxes] == ["How far these figures reach", "Be careful", "Important"]
    assert [box.get("class").split()[1] for box in boxes] == ["callout-note", "callout-warning", "callout-important"]


def test_code_is_hidden_and_plain_output_is_shown(site):
    text = lxml_html.parse(str(site / "trusts/RX1.html")).getroot().text_content()
    assert "secret_of_the_code" not in text
    assert "plain words of an output" in text
    assert "Costs $5 and $6, not mathematics." in text


def test_markup_in_a_name_is_text(site, open_page):
    page = open_page(site / "trusts/RX2.html")
    heading = page.locator("h1")
    assert (
        heading.inner_text() == "St <b>Bold</b>’s & “Quoted” <script>alert(1)</script> שלום {{< include x >}} NHS Trust"
    )
    assert heading.locator("script, b").count() == 0
    assert page.faults == []
    index = open_page(site / "index.html")
    assert index.locator("table#trusts script, table#trusts b").count() == 0
    assert index.get_by_role("link", name="St <b>Bold</b>").count() >= 1


def test_links_lead_to_files_that_are_there(site):
    for address in PAGES:
        document = lxml_html.parse(str(site / address)).getroot()
        for href in document.xpath("//a/@href"):
            if href.startswith("http"):
                continue
            path, _, fragment = href.partition("#")
            if path in ("../notebooks/compare.html", "../notebooks/methods.html"):
                continue  # a whole build has them: test_compare.py and the next test follow the links
            target = (site / address).parent / path if path else site / address
            assert target.is_file(), f"{address} links to {href}"
            if fragment and not path:
                assert document.xpath(f"//*[@id={fragment!r}]"), f"{address} links to {href}"


def test_links_to_a_method_lead_to_its_row(built_site):
    methods = lxml_html.parse(str(built_site / "notebooks" / "methods.html")).getroot()
    followed = 0
    for report in (built_site / "trusts").glob("*.html"):
        for href in lxml_html.parse(str(report)).getroot().xpath("//a/@href"):
            path, _, fragment = href.partition("#")
            if path == "../notebooks/methods.html" and fragment:
                assert methods.xpath(f"//*[@id={fragment!r}]"), f"{report.name} links to {href}"
                followed += 1
    assert followed


def test_a_report_is_under_600_kb(site):
    for address in PAGES:
        assert (site / address).stat().st_size < 600_000


def test_print_hides_the_frame_and_dark_mode_keeps_charts_on_white(site, open_page):
    page = open_page(site / "trusts/RX1.html", color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(20, 25, 29)"
    chart = page.evaluate("getComputedStyle(document.querySelector('figure img')).backgroundColor")
    assert chart == "rgb(255, 255, 255)"
    page.emulate_media(media="print", color_scheme="light")
    assert not page.locator("nav.contents").is_visible()
    assert page.locator("main h1").is_visible()


def test_the_list_of_trusts_stands_without_script(site, open_page):
    page = open_page(site / "index.html", java_script_enabled=False)
    assert page.locator("#find-trust").count() == 0
    codes = page.locator("table#trusts tbody tr[data-find] td:nth-child(2)").all_inner_texts()
    assert {"RX1", "RX2", "RX3"} <= set(codes)
    regions = page.locator("table#trusts th[scope=rowgroup]").all_inner_texts()
    named = [region for region in regions if region not in ("Demonstration", "Other")]
    assert named == sorted(named)
    assert {"London", "Midlands"} <= set(named)
    assert page.get_by_role("link", name="PDF of Nottingham Example NHS Trust").count() == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("nottingham", ["RX1"]),
        ("rx3", ["RX3"]),
        ("st ebenes", ["RX3"]),  # Saint, an accent and an apostrophe
        ("example midlands", ["RX1"]),
    ],
)
def test_a_trust_is_found_by_keyboard(site, open_page, typed, found):
    page = open_page(site / "index.html")
    box = page.get_by_label("Search by name, code or region")
    for _ in range(12):
        page.keyboard.press("Tab")
        if box.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.type(typed)
    rows = page.locator("table#trusts tr[data-find]:not([hidden]) td:nth-child(2)")
    assert list(rows.all_inner_texts()) == found
    status = page.locator(".find-trust [role=status]")
    expect(status).to_have_text("1 trust")
    assert status.get_attribute("aria-live") == "polite"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/trusts/{found[0]}.html")


def test_a_search_without_result_says_so(site, open_page):
    page = open_page(site / "index.html")
    page.get_by_label("Search by name, code or region").fill("no such place")
    expect(page.locator(".find-trust [role=status]")).to_have_text(re.compile("^No trust found"))
    assert not page.locator("table#trusts").is_visible()
