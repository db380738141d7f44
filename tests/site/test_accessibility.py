"""axe-core finds nothing against WCAG 2.2 A and AA on any kind of page."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
# the colours and the layout of all pages come from one style sheet: two pages show them all
EVERYWHERE = [("index.html", 320, "light"), ("index.html", 1280, "dark"),
              ("trusts/RX1.html", 320, "light"), ("trusts/RX1.html", 1280, "dark")]
ON_A_DESKTOP = [
    (address, 1280, "light")
    for address in (
        "index.html", "trusts/RX1.html", "trusts/RX2.html", "notebooks/national_overview.html",
        *(f"trusts/{file.stem.removeprefix('board_report_')}.html"
          for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))),
    )
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.mark.parametrize(("address", "width", "scheme"), [*ON_A_DESKTOP, *EVERYWHERE])
def test_no_violation_of_wcag(site, open_page, address, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(site / address, width=width, color_scheme=scheme)
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": [*WCAG, "best-practice"]}}).response
    found = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]]
        for violation in results["violations"]
    }
    assert found == {}
    assert len(results["passes"]) > 10


def test_axe_sees_a_fault_that_is_put_in(site, open_page):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(site / "trusts/RX1.html")
    page.evaluate("document.querySelector('figure img').removeAttribute('alt')")
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response
    assert [violation["id"] for violation in results["violations"]] == ["image-alt"]
