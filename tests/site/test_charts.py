"""Charts answer to pointer, touch and keyboard; without script they are the pictures that they were."""

from __future__ import annotations

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import nbformat.v4
import pandas as pd
import pytest
from playwright.sync_api import expect

from race_equality.project import Project
from race_equality.render import render_site, set_front_matter, stage_project
from race_equality.report import chart_builders
from race_equality.report.display import Linked, show_chart, show_table

ROOT = Path(__file__).parents[2]
CODES = [f"R{letter}{number}" for letter in "ABC" for number in range(1, 6)]
NAMES = [f"St Anne’s {word} NHS Foundation Trust" for word in "One Two Three Four Five".split()] * 3
POINTS = pd.DataFrame(
    {
        "trust_code": CODES,
        "trust_name": [f"{name} {code}" for code, name in zip(CODES, NAMES, strict=True)],
        "total": range(100, 1600, 100),
        "percent": [10.0 + i for i in range(15)],
        "series": "Each trust",
        "position": "within limits",
    }
)
POINTS.loc[2, "trust_name"] = "Zebra & <b>Co</b> NHS Trust"
LIMITS = pd.DataFrame(
    {
        "total": [100, 1500],
        "target": 15.0,
        "lower_95": [8.0, 12.0],
        "upper_95": [22.0, 18.0],
        "lower_998": [5.0, 10.0],
        "upper_998": [26.0, 20.0],
    }
)
SOURCE = "Source: “Tom & <b>Ann</b>”, 3.5 copies."
SHARES = pd.DataFrame(
    {
        "label": "Discrimination",
        "group": ["Ethnic minority", "White"],
        "percent": [16.3, 10.1],
        "lower": [15.4, 9.2],
        "upper": [17.2, 11.0],
    }
)


@pytest.fixture(scope="module")
def page_of_charts(tmp_path_factory):
    """A page with two charts of trusts, of which the second lacks one, and one chart of two groups."""
    project, site = tmp_path_factory.mktemp("charts") / "project", tmp_path_factory.mktemp("site-of-charts")
    stage_project(Project(ROOT), project)
    charts = [
        ("fig-one", chart_builders.funnel_chart(POINTS, LIMITS, x_title="Staff who answered")),
        ("fig-two", chart_builders.funnel_chart(POINTS[1:], LIMITS, x_title="Staff who answered")),
        ("fig-groups", chart_builders.group_chart(SHARES)),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell("---\ntitle: Charts\nformat: html\n---")])
    for id, chart in charts:
        shown = show_chart(
            chart, id=id, caption=f"Caption of {id}, 2024. {SOURCE}", alt_text=f"Alternative text of {id}."
        )
        cell = nbformat.v4.new_code_cell("")
        cell.outputs = [nbformat.v4.new_output("display_data", data=shown._repr_mimebundle_())]
        notebook.cells += [nbformat.v4.new_markdown_cell(f"## About {id}"), cell]
    listed = POINTS.assign(
        name=[Linked(row.trust_name, f"../trusts/{row.trust_code}.html") for row in POINTS.itertuples()]
    )
    trusts = show_table(listed, id="tbl-trusts", caption="Every trust", columns={"name": "Trust", "trust_code": "Code"})
    cell = nbformat.v4.new_code_cell("")
    cell.outputs = [nbformat.v4.new_output("display_data", data=trusts._repr_mimebundle_())]
    notebook.cells += [nbformat.v4.new_markdown_cell("## Every trust"), cell]
    (project / "notebooks").mkdir(exist_ok=True)
    (site / "trusts").mkdir(parents=True)
    (site / "trusts" / "RA3.html").write_text("<!DOCTYPE html><title>Zebra</title>", encoding="utf-8")
    nbformat.write(set_front_matter(notebook, title="Charts"), project / "notebooks" / "charts.ipynb")
    assert render_site(project, site, ["notebooks/charts.ipynb"], engine="built-in") == []
    return site / "notebooks" / "charts.html"


def label(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def tip(page):
    return page.locator(".chart-tip")


def test_without_script_the_pictures_stand(page_of_charts, open_page):
    page = open_page(page_of_charts, java_script_enabled=False)
    pictures_ = page.locator("figure img")
    assert pictures_.count() == 3
    assert pictures_.first.get_attribute("alt") == "Alternative text of fig-one."
    assert page.locator(".chart-find, .chart-tip, .chart-take, svg.chart").count() == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_a_chart_is_as_large_with_script_as_without(page_of_charts, open_page, width):
    still = open_page(page_of_charts, width=width, java_script_enabled=False).locator("#fig-groups img").bounding_box()
    moving = open_page(page_of_charts, width=width).locator("#fig-groups svg").bounding_box()
    assert (moving["width"], moving["height"]) == pytest.approx((still["width"], still["height"]), abs=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_charts_with_a_mark_reached_and_a_trust_found(page_of_charts, open_page, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(page_of_charts, color_scheme=scheme)
    page.get_by_label("Find a trust in Figure 1").fill("RA2")
    page.keyboard.press("Enter")
    page.get_by_label("Save Figure 2").click()
    page.locator("#fig-groups [data-mark]").first.focus()
    assert tip(page).is_visible()
    results = Axe().run(page).response
    assert [(found["id"], found["nodes"][0]["html"][:200]) for found in results["violations"]] == []
    assert page.faults == []


def test_a_screen_reader_meets_the_alternative_text_and_then_the_marks(page_of_charts, open_page):
    page = open_page(page_of_charts)
    chart = page.get_by_role("group", name="Marks in Figure 3: 2. Arrow keys go from one to the next.")
    names = [image.get_attribute("aria-label") for image in chart.get_by_role("img").all()]
    assert names == [
        "Alternative text of fig-groups.",
        "Discrimination, Ethnic minority: 16.3% (95% interval 15.4 to 17.2)",
        "Discrimination, White: 10.1% (95% interval 9.2 to 11.0)",
    ]
    # the letters of axes are part of the picture, which the alternative text says
    assert chart.locator("text:not([aria-hidden=true])").count() == 0
    assert page.locator("svg title").count() == 0


def test_keys_go_from_mark_to_mark_and_a_chart_is_one_stop(page_of_charts, open_page):
    page = open_page(page_of_charts)
    page.get_by_label("Find a trust in Figure 1").focus()
    page.keyboard.press("Tab")
    assert label(page).startswith("St Anne’s One NHS Foundation Trust RA1 (RA1): 10.0%")
    assert tip(page).inner_text().splitlines()[-1] == "Arrow keys: next. Esc: close."
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "Zebra & <b>Co</b> (RA3): 12.0%" in label(page)
    assert "Zebra & <b>Co</b> (RA3)" in tip(page).inner_text()  # as text
    page.keyboard.press("ArrowLeft")
    assert "(RA2)" in label(page)
    page.keyboard.press("End")
    assert "(RC5)" in label(page)
    page.keyboard.press("ArrowRight")
    assert "(RC5)" in label(page)
    page.keyboard.press("PageUp")
    assert "(RA5)" in label(page)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert not tip(page).is_visible()
    assert "(RA2)" in label(page)  # the place is kept
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert "(RA2)" in label(page)
    assert page.locator("#fig-one [tabindex='0']").count() == 1


def test_a_pointer_near_a_mark_shows_its_figure_and_the_tip_can_be_pointed_at(page_of_charts, open_page):
    page = open_page(page_of_charts)
    mark = page.locator("#fig-groups [data-mark]").first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] + 8)  # beside it, not on it
    assert tip(page).inner_text() == "Discrimination, Ethnic minority\n16.3% (95% interval 15.4 to 17.2)"
    at = tip(page).bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2, steps=5)
    page.wait_for_timeout(400)
    assert tip(page).is_visible()
    page.keyboard.press("Escape")
    assert not tip(page).is_visible()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert tip(page).is_visible()
    page.mouse.move(2, 2)
    expect(tip(page)).to_be_hidden()


def test_a_finger_on_a_chart_of_a_phone_shows_the_figure_within_the_screen(page_of_charts, open_page):
    page = open_page(page_of_charts, width=320, has_touch=True)
    mark = page.locator("#fig-groups [data-mark]").first
    mark.scroll_into_view_if_needed()
    mark.tap(force=True)
    box = tip(page).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("typed", ["ra3", "zebra", "Zebra & <b>Co</b> (RA3)"])
def test_a_trust_is_found_by_code_or_name_and_marked_in_every_chart(page_of_charts, open_page, typed):
    page = open_page(page_of_charts)
    box = page.get_by_label("Find a trust in Figure 1, by name or code")
    box.focus()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    said = page.locator("#fig-one .chart-find p")
    assert said.inner_text() == "Zebra & <b>Co</b> (RA3): 12.0% of about 300, within limits"
    assert page.locator("[role=status]").filter(has_text="RA3").count() == 1, "it is read out once"
    for chart in ("fig-one", "fig-two"):
        pin = page.locator(f"#{chart} .chart-pin").bounding_box()
        mark = page.locator(f"#{chart} [data-mark][aria-label*='(RA3)']").bounding_box()
        assert pin["x"] < mark["x"] < mark["x"] + mark["width"] < pin["x"] + pin["width"]
    assert page.get_by_label("Find a trust in Figure 2").input_value() == "Zebra & <b>Co</b> (RA3)"
    assert page.locator(".chart-pin").count() == 2
    # the tab key then stops at the trust that was found
    page.keyboard.press("Tab")
    assert "(RA3)" in label(page)
    box.fill("")
    expect(page.locator(".chart-pin")).to_have_count(0)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nowhere", "No trust found. Check the spelling or try part of the name."),
        ("saint annes", "14 trusts have that in their name. Type more of it."),
        ("RA1", "St Anne’s One NHS Foundation Trust RA1 (RA1) has no figure in Figure 2."),
    ],
)
def test_a_trust_that_is_not_found_is_said(page_of_charts, open_page, typed, said):
    page = open_page(page_of_charts)
    page.get_by_label("Find a trust in Figure 2").fill(typed)
    expect(page.locator("#fig-two .chart-find p")).to_have_text(said)
    assert page.get_by_label("Find a trust in Figure 3").count() == 0, "a chart without trusts has no box"


def test_the_table_of_every_trust_is_filtered_by_keyboard_and_leads_to_pages_that_are_there(page_of_charts, open_page):
    page = open_page(page_of_charts)
    box = page.get_by_label("Search by name, code or region")
    table = page.locator("#tbl-trusts")
    assert table.locator("tbody tr:visible").count() == 15
    assert table.locator("a[href]").count() == 1
    box.focus()
    page.keyboard.type("saint annes")
    assert table.locator("tbody tr:visible").count() == 14
    page.keyboard.press("Control+A")
    page.keyboard.type("ra3")
    assert table.locator("tbody tr:visible").all_inner_texts() == ["Zebra & <b>Co</b> NHS Trust\tRA3"]
    expect(page.locator(".find-trust [role=status]")).to_have_text("1 trust")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trusts/RA3.html")


def test_the_table_of_every_trust_stands_without_script(page_of_charts, open_page):
    page = open_page(page_of_charts, java_script_enabled=False)
    assert page.locator("#tbl-trusts tbody tr:visible").count() == 15
    assert page.locator(".find-trust").count() == 0


def test_charts_share_no_identifier_and_nothing_is_asked_for(page_of_charts, open_page):
    page = open_page(page_of_charts)
    ids = page.evaluate("Array.from(document.querySelectorAll('[id]'), element => element.id)")
    assert len(ids) == len(set(ids))
    assert page.faults == []


def test_in_print_the_charts_are_the_pictures(page_of_charts, open_page):
    page = open_page(page_of_charts)
    page.get_by_label("Find a trust in Figure 1").fill("RA2")
    page.keyboard.press("Enter")
    page.locator("#fig-one [data-mark]").first.focus()
    page.emulate_media(media="print")
    for selector in (".chart-find", ".chart-tip", ".chart-pin", ".chart-ring", ".chart-take"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator("#fig-one svg").is_visible()


def test_a_picture_that_carries_script_or_handlers_runs_none_of_it(page_of_charts, open_page, tmp_path):
    import base64

    text = page_of_charts.read_text(encoding="utf-8")
    found = re.search(r"<img src=\"data:image/svg\+xml;base64,([^\"]+)", text)
    svg = base64.b64decode(found[1]).decode()
    bad = svg.replace(
        "</svg>", '<script>window.ran=1</script><circle r="3" onclick="window.ran=1" aria-label="x: 1"/></svg>'
    )
    bad = bad.replace("<svg ", '<svg onload="window.ran=1" ', 1)
    page = tmp_path / "bad.html"
    page.write_text(text.replace(found[1], base64.b64encode(bad.encode()).decode(), 1), encoding="utf-8")
    opened = open_page(page)
    opened.locator("[aria-label='x: 1']").dispatch_event("click")
    assert opened.evaluate("window.ran === undefined")
    assert opened.locator("figure script, [onclick], [onload]").count() == 0
    saved = saved_by_keyboard(opened, "Figure 1", "Picture that can be enlarged (SVG)").decode()
    assert "x: 1" in saved and "window.ran" not in saved


def saved_by_keyboard(page, name: str, what: str) -> bytes:
    """Save a chart as a reader without a mouse does."""
    page.get_by_label(f"Save {name}").focus()
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == what:
            break
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    return Path(download.value.path()).read_bytes()


def test_a_chart_is_saved_with_its_title_source_licence_and_figures_by_keyboard_alone(page_of_charts, open_page):
    page = open_page(page_of_charts)
    svg = ElementTree.fromstring(saved_by_keyboard(page, "Figure 3", "Picture that can be enlarged (SVG)"))
    lines = [line.text for line in svg.findall("{http://www.w3.org/2000/svg}text")]
    assert lines[0] == "Caption of fig-groups, 2024"
    assert lines[1:] == [
        "Source: “Tom & <b>Ann</b>”, 3.5 copies.",
        "Charts.",
        "Contains public sector information licensed under the Open Government Licence v3.0.",
    ]
    (chart,) = svg.findall("{http://www.w3.org/2000/svg}svg")
    assert len(chart.findall(".//*[@aria-label]")) == 2
    assert float(svg.get("height")) > float(chart.get("y")) + float(chart.get("height"))
    page.keyboard.press("Escape")
    assert label(page) == "Save Figure 3"
    assert page.locator(".chart-take[open]").count() == 0

    png = saved_by_keyboard(page, "Figure 3", "Picture for a slide or a document (PNG)")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 2 * float(svg.get("width"))

    page.keyboard.press("Escape")
    table = pd.read_csv(io.BytesIO(saved_by_keyboard(page, "Figure 3", "Figures of the chart (CSV)")))
    assert table["mark"].tolist() == ["Discrimination, Ethnic minority", "Discrimination, White"]
    for column, given in (("value", "percent"), ("lower_95", "lower"), ("upper_95", "upper")):
        assert table[column].tolist() == SHARES[given].tolist()
    assert table["chart"].unique().tolist() == [
        "Figure 3: Caption of fig-groups, 2024. Source: “Tom & <b>Ann</b>”, 3.5 copies."
    ]

    page.keyboard.press("Escape")
    assert saved_by_keyboard(page, "Figure 3", "Reference to cite it (RIS)").decode().split("\r\n") == [
        "TY  - CHART",
        "TI  - Caption of fig-groups, 2024",
        "T2  - Charts",
        "T3  - Race equality in NHS trusts",
        "N1  - Source: “Tom & <b>Ann</b>”, 3.5 copies. Contains public sector information licensed under the Open "
        "Government Licence v3.0.",
        "ER  - ",
        "",
    ]
    assert page.locator("#fig-groups .chart-take a").get_attribute("href") == "#fig-groups"
    assert page.faults == []


@pytest.mark.parametrize("width", [320, 1280])
def test_the_ways_to_save_a_chart_are_within_the_screen(page_of_charts, open_page, width):
    page = open_page(page_of_charts, width=width)
    for name in ("Figure 1", "Figure 3"):
        page.get_by_label(f"Save {name}").click()
        ways = page.locator(".chart-take[open] ul")
        box = ways.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert ways.locator(":scope > li").count() == 5
        page.keyboard.press("Escape")
        assert not ways.is_visible()


def test_a_chart_with_vega_s_own_words_alone_stays_a_picture(page_of_charts, open_page, tmp_path):
    import base64

    text = page_of_charts.read_text(encoding="utf-8")
    found = re.search(r"<img src=\"data:image/svg\+xml;base64,([^\"]+)", text)
    svg = base64.b64decode(found[1]).decode()
    plain = re.sub(r' aria-label="[^"]*"', "", svg).replace(
        "</svg>",
        '<g role="graphics-object" aria-roledescription="title" aria-label="Title text \'Percentage\'"></g></svg>',
    )
    page = tmp_path / "plain.html"
    page.write_text(text.replace(found[1], base64.b64encode(plain.encode()).decode(), 1), encoding="utf-8")
    opened = open_page(page)
    assert opened.locator("figure img").count() == 1
    assert opened.locator("figure svg.chart").count() == 2
