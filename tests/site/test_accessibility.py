"""axe-core finds nothing against WCAG 2.2 A and AA on any kind of page."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ALL_TRUSTS = sorted(
    f"notebooks/{file.stem}.html"
    for file in (Path(__file__).parents[2] / "notebooks").glob("[!_.]*.ipynb")
    if file.stem != "board_report"
)
#: Every kind of page, as a build makes it, with its links to downloads.
BUILT = ["index.html", "trusts/DEMO.html", *ALL_TRUSTS]
GOLDEN = [
    f"trusts/{file.stem.removeprefix('board_report_')}.html"
    for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))
    if f"trusts/{file.stem.removeprefix('board_report_')}.html" not in BUILT
]
CASES = [
    *((("built_site", address), 1280, "light") for address in BUILT),
    *((("built_site", address), 320, "dark") for address in BUILT),
    *((("site", address), 1280, "light") for address in ("trusts/RX1.html", "trusts/RX2.html", *GOLDEN)),
    *((("site", "trusts/RX1.html"), width, scheme) for width, scheme in ((320, "light"), (1280, "dark"))),
]
#: What is the same over and over, as the marks of 202 trusts in a chart or the rows of a table, is judged four
#: times and takes axe a minute: of brothers and sisters with the same elements, attributes, classes, roles and
#: colours, and with or without words in the same places, four stay. One that differs stays.
LEAVE_FOUR = """() => {
  const values = ['class', 'role', 'scope', 'tabindex', 'type', 'lang', 'style', 'fill', 'aria-hidden'];
  const shapes = new Map();
  const shape = element => {
    if (!shapes.has(element)) {
      const attributes = [...element.attributes].map(({name, value}) =>
        name + (values.includes(name) ? `=${value}` : value.trim() ? '' : '=')).sort();
      const words = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
      shapes.set(element, `(${[element.localName, ...attributes, words, ...[...element.children].map(shape)]})`);
    }
    return shapes.get(element);
  };
  const leave = parent => {
    const seen = new Map();
    for (const element of [...parent.children]) {
      const number = (seen.get(shape(element)) || 0) + 1;
      seen.set(shape(element), number);
      if (number > 4) element.remove(); else leave(element);
    }
  };
  leave(document.body);
  window.dispatchEvent(new Event('resize')); // with other cells a table may scroll that did not
}"""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def judge(page, tags: list[str]) -> dict:
    """What axe finds; of rules that are kept, it names one element and not all, which takes twice as long."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
    return Axe().run(page, options=options).response


def called(case: tuple) -> str:
    (site, address), width, scheme = case
    return f"{site}-{address}-{width}-{scheme}"


@pytest.mark.parametrize(("page_file", "width", "scheme"), CASES, indirect=["page_file"], ids=map(called, CASES))
def test_no_violation_of_wcag(page_file, open_page, width, scheme):
    page = open_page(page_file, width=width, color_scheme=scheme)
    page.evaluate(LEAVE_FOUR)
    results = judge(page, [*WCAG, "best-practice"])
    found = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]] for violation in results["violations"]
    }
    assert found == {}
    assert len(results["passes"]) > 10


def test_axe_sees_faults_that_are_put_in_and_the_one_row_of_many_that_differs(site, open_page):
    page = open_page(site / "trusts/RX1.html")
    page.evaluate("document.querySelector('figure img').removeAttribute('alt')")
    page.evaluate("document.querySelector('#tbl-trace tbody tr:nth-child(60) th').innerHTML = '<img src=\"data:,\">'")
    assert page.locator("#tbl-trace tbody tr").count() == 80
    page.evaluate(LEAVE_FOUR)
    assert page.locator("#tbl-trace tbody tr").count() == 5
    results = judge(page, WCAG)
    assert [(found["id"], len(found["nodes"])) for found in results["violations"]] == [("image-alt", 2)]
