"""The page of any two measures: it answers to keys, pointer and address, and stands without script or libraries."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect

from race_equality.render.fonts import SITE_FONT
from race_equality.render.vega import SITE_LIBRARY

ADDRESS = "notebooks/explore.html"
PAGE = pytest.mark.parametrize("page", [("built_site", ADDRESS)], indirect=True, scope="module")
READY = "figure[data-ready]"


@pytest.fixture(autouse=True)
def at_the_beginning(request):
    """The page is opened once: each test begins with what it shows at first."""
    if "page" not in request.fixturenames:
        return
    page = request.getfixturevalue("page")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start again").click()
    settle(page)


def settle(page):
    """Wait until the chart has drawn what was asked for last."""
    page.wait_for_timeout(500)


def rows(page) -> list[str]:
    # beside the chart there is no room for kind and region, which are in the page all the same
    cells = "all => all.map(row => [...row.cells].map(cell => cell.textContent).join('\\t'))"
    return page.locator("#tbl-explore tbody tr:not([hidden])").evaluate_all(cells)


def said(page) -> str:
    return page.locator(".explore-said").inner_text()


def dots(page) -> int:
    return page.locator(".explore-vega .trusts_drawn_marks path, .explore-vega path[aria-label]").count()


@PAGE
def test_what_it_shows_at_first_is_what_stands_without_script(page, built_site, open_page):
    plain = open_page(built_site / ADDRESS, java_script_enabled=False)
    assert rows(plain) == rows(page)
    assert plain.locator("#fig-explore img").get_attribute("alt").startswith("Scatter chart of trusts.")
    assert plain.locator('a[href="../index.html#figures-to-download"]').count() == 1
    assert dots(page) == int(re.match(r"([\d,]+) trusts have both figures", said(page))[1])
    assert page.faults == []


@PAGE
def test_by_keyboard_alone_measures_and_trusts_are_chosen_and_the_address_holds_them(page, built_site, open_page):
    page.locator("h1").click()

    def reach(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id || document.activeElement.className") == name:
                return
        raise AssertionError(f"the tab key does not reach {name}")

    reach("explore-x-measure")
    page.keyboard.type("Waiting over 18")
    reach("explore-kind")
    page.keyboard.type("Acute")
    reach("explore-trust")
    page.keyboard.type("barts")
    settle(page)
    assert "Barts Health NHS Trust (R1H): across " in said(page)
    first = rows(page)
    assert len(first) == 120 and all("\tAcute\t" in row for row in first)
    reach("explore-vega")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.evaluate("document.activeElement.className") == "explore-vega"
    assert "Barts" not in said(page) and "): across " in said(page)

    address = page.evaluate("location.hash")
    assert {"x=waiting_over_18_weeks", "kind=Acute"} <= set(address[1:].split("&")) and "trust=" in address
    expect(page.get_by_text("Link to this choice")).to_have_attribute("href", address)
    sent = open_page(built_site / ADDRESS)
    sent.goto((built_site / ADDRESS).as_uri() + address)
    sent.reload()
    sent.wait_for_selector(READY)
    settle(sent)
    assert (rows(sent), said(sent), dots(sent)) == (rows(page), said(page), dots(page))
    assert sent.faults == []


@PAGE
def test_suppressed_trusts_are_named_as_such_and_not_drawn(page):
    page.locator("#explore-x-measure").select_option("waiting_over_52_weeks")
    page.locator("#explore-x-group").select_option("Mixed|percent")
    settle(page)
    hidden = [row for row in rows(page) if "Too few people to show" in row]
    assert hidden and f"too few people to show ({len(hidden)})" in said(page)
    assert dots(page) + len([row for row in rows(page) if not re.search(r"%.*\t.*%", row)]) == len(rows(page))


@PAGE
def test_a_rectangle_a_hover_and_a_click(page, built_site):
    chart = page.locator(".explore-vega svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 330, steps=4)
    page.mouse.up()
    settle(page)
    limits = [float(page.locator(f"#explore-{name}").input_value()) for name in ("x-from", "x-to", "y-from", "y-to")]
    few = rows(page)
    assert 5 < len(few) < 150
    for row in few:
        across, up = (float(figure) for figure in re.findall(r"([\d.]+)% \(", row))
        assert limits[0] <= across <= limits[1] and limits[2] <= up <= limits[3]
    assert f"{len(few)} trusts lie within the limits" in said(page)

    page.get_by_role("button", name="Start again").click()
    page.locator("#explore-trust").fill("RV5")
    settle(page)
    page.locator("#explore-trust").fill("R1F")  # its report is in this site
    settle(page)
    dot = page.locator('.explore-vega path[aria-label*="(R1F)"]').first
    dot.scroll_into_view_if_needed()
    at = dot.bounding_box()
    place = (at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.mouse.move(*place)
    page.wait_for_timeout(200)
    assert "(R1F)" in page.locator("#vg-tooltip-element").inner_text()
    before = page.url
    page.mouse.click(*place)
    page.wait_for_url("**/trusts/R1F.html")
    page.goto(before)
    page.wait_for_selector(READY)


HOSTILE = "<img src=x onerror=window.ran=1>"


@pytest.mark.parametrize(
    ("address", "answers"),
    [
        ("x=gone", ["the measure “gone”, which is not there"]),
        (f"x={HOSTILE}&region={HOSTILE}", [f"“{HOSTILE}”"]),
        ("x=wres_8&x-group=Martians&x-period=1999-01-01", ["no group “Martians”", "no period “1999-01-01”"]),
        ("kind=Zoo&x-from=many", ["the kind “Zoo”, which no trust has", "“many”, which is no number"]),
        ("trust=R1C", ["Solent NHS Trust (R1C) has closed. It is part of Hampshire and Isle of Wight"]),
        ("trust=constructor&x=toString&y=__proto__", ["the trust “constructor”", "“toString”", "“__proto__”"]),
    ],
)
@PAGE
def test_an_address_that_cannot_be_followed_is_answered_in_words(page, address, answers):
    page.evaluate("hash => { location.hash = hash }", address)
    settle(page)
    problems = page.locator(".explore-problem")
    assert [one for one in answers if one not in problems.inner_text()] == []
    assert problems.locator("img").count() == 0 and page.evaluate("window.ran") is None
    assert len(rows(page)) > 100  # the rest holds


@PAGE
def test_the_choice_is_taken_away_as_it_stands(page):
    page.locator("#explore-x-measure").select_option("wres_7")
    settle(page)
    page.locator("#fig-explore summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Figures of the chart (CSV)").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("trust_code,trust,side,measure,group,unit,period_end,value,lower_95,upper_95,status\n")
    assert (
        text.count(",across,wres_7,White,percent,2024-11-30,")
        == text.count(",up,wres_8,Ethnic minority,percent,")
        == 202
    )
    page.keyboard.press("Escape")


def test_without_the_libraries_the_table_answers_and_says_so(built_site, tmp_path, open_page):
    shutil.copy(built_site / ADDRESS, tmp_path / "explore.html")
    page = open_page(tmp_path / "explore.html")
    expect(page.locator(".explore-problem")).to_contain_text("the file vega.js does not come with this page")
    page.locator("#explore-region").select_option("London")
    assert 0 < len(rows(page)) < 60
    assert page.locator("#fig-explore :is(img, svg.chart)").count() == 1


def test_the_page_with_all_that_it_loads_is_at_most_two_megabytes(built_site):
    assert sum((built_site / name).stat().st_size for name in (ADDRESS, SITE_LIBRARY, SITE_FONT)) <= 2_000_000
