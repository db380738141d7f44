"""Pages bring their own font; where it is refused, in a wider one, nothing is cut and nothing overlaps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
GOLDEN = [file.stem.removeprefix("board_report_") for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))]


def reports(*fonts: str) -> pytest.MarkDecorator:
    """Give a test each golden report, opened with the site's font or without it."""
    pages = {
        f"{code}-{font}": ("site", f"trusts/{code}.html", {"without_font": font == "without"})
        for code in GOLDEN
        for font in fonts
    }
    return pytest.mark.parametrize("page", pages.values(), indirect=True, ids=pages, scope="module")


#: Lines of text of the first screen, as boxes; those of one text node apart from those of another.
LINES = """() => {
  const boxes = [], root = document.querySelector('main');
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const inside = node.parentElement.closest('.title-block, .first-screen');
    if (!inside || !node.data.trim() || node.parentElement.closest('.visually-hidden, style, [opacity="0"]')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      boxes.push([node.data.trim().slice(0, 40), box.left, box.top, box.right, box.bottom]);
  }
  return boxes;
}"""


@reports("without")
def test_without_its_font_no_text_of_the_first_screen_lies_on_another(page):
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["error"]
    for width, height in ((390, 844), (1280, 720), (1366, 768), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        nothing_lies_on_another(page, width)


def nothing_lies_on_another(page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lines = page.evaluate(LINES)
    assert len(lines) > 50
    # letters reach a little over the height of their line
    upon = [
        (a[0], b[0])
        for number, a in enumerate(lines)
        for b in lines[:number]
        if min(a[3], b[3]) - max(a[1], b[1]) > 2 and min(a[4], b[4]) - max(a[2], b[2]) > 4
    ]
    assert upon == []
    # what is wider than the screen is in a table or a chart that scrolls by itself
    outside = page.evaluate(
        """width => [...document.querySelectorAll('main :is(h1, h2, h3, p, li, a, figcaption, caption)')]
          .filter(element => !element.closest('.table-scroll table, .visually-hidden'))
          .filter(element => element.getBoundingClientRect().right > width + 1).map(element => element.textContent)""",
        width,
    )
    assert outside == []


@reports("with", "without")
def test_no_label_of_a_chart_is_cut(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    labels = page.evaluate(
        """() => [...document.querySelectorAll('svg.chart text')].map(text => {
          const label = text.getBoundingClientRect(), picture = text.ownerSVGElement.getBoundingClientRect();
          const over = Math.max(picture.left - label.left, label.right - picture.right,
            picture.top - label.top, label.bottom - picture.bottom);
          return [text.textContent, over];
        })"""
    )
    assert len(labels) > 20
    assert [(text, over) for text, over in labels if over > 1] == []


@reports("with")
def test_the_width_that_a_label_carries_is_the_font_s_own(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    widths = page.evaluate(
        """() => [...document.querySelectorAll('svg.chart text[textLength]')].map(text => {
          const style = getComputedStyle(text), large = document.createElement('canvas').getContext('2d');
          large.font = `${style.fontWeight} 1000px Arimo`; // where no width is rounded to a pixel
          large.fontKerning = 'none';
          return [text.textContent, parseFloat(text.getAttribute('textLength')),
            large.measureText(text.textContent).width * parseFloat(style.fontSize) / 1000];
        })"""
    )
    assert len(widths) > 20
    assert [row for row in widths if abs(row[1] - row[2]) > 0.1] == []


@pytest.mark.parametrize("address", ["index.html", "trusts/R1H.html", "notebooks/national_overview.html"])
def test_the_font_is_one_file_of_the_site_at_a_relative_address(site, address):
    page = (site / address).read_text(encoding="utf-8")
    (named,) = re.findall(r'url\("([^"]+)"\)', page)
    assert ((site / address).parent / named).resolve() == (site / "fonts" / "arimo.woff2").resolve()
    assert (site / "fonts" / "arimo.woff2").read_bytes()[:4] == b"wOF2"


def test_a_report_in_one_file_has_the_font_in_it(staged, open_page, tmp_path):
    from race_equality.render.single_file import single_file

    file = tmp_path / "report.html"
    file.write_text(single_file(staged[0], "trusts/R1H.ipynb"), encoding="utf-8")
    page = open_page(file)
    assert page.evaluate("[...document.fonts].map(font => font.family + ' ' + font.status)") == ["Arimo loaded"]
    assert page.faults == []
