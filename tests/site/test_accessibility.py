"""axe-core finds nothing against WCAG 2.2 A and AA on any kind of page."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ALL_TRUSTS = [
    f"notebooks/{name}.html" for name in ("national_overview", "staff_and_patients", "data_quality", "methods")
]
#: Every kind of page, as a build makes it, with its links to downloads.
BUILT = ["index.html", "trusts/DEMO.html", *ALL_TRUSTS]
GOLDEN = [
    f"trusts/{file.stem.removeprefix('board_report_')}.html" for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))
]
CASES = [
    *((("built_site", address), 1280, "light") for address in BUILT),
    *((("built_site", address), 320, "dark") for address in BUILT),
    *((("site", address), 1280, "light") for address in ("trusts/RX1.html", "trusts/RX2.html", *GOLDEN)),
    *((("site", "trusts/RX1.html"), width, scheme) for width, scheme in ((320, "light"), (1280, "dark"))),
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def called(case: tuple) -> str:
    (site, address), width, scheme = case
    return f"{site}-{address}-{width}-{scheme}"


@pytest.mark.parametrize(("page_file", "width", "scheme"), CASES, indirect=["page_file"], ids=map(called, CASES))
def test_no_violation_of_wcag(page_file, open_page, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(page_file, width=width, color_scheme=scheme)
    # a minute for the thousands of marks of a page on all trusts, which are the same at any width
    whole = None if width > 320 else {"exclude": [["svg.chart g.mark-symbol"]]}
    results = (
        Axe()
        .run(page, context=whole, options={"runOnly": {"type": "tag", "values": [*WCAG, "best-practice"]}})
        .response
    )
    found = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]] for violation in results["violations"]
    }
    assert found == {}
    assert len(results["passes"]) > 10


def test_axe_sees_a_fault_that_is_put_in(site, open_page):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(site / "trusts/RX1.html")
    page.evaluate("document.querySelector('figure img').removeAttribute('alt')")
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response
    assert [violation["id"] for violation in results["violations"]] == ["image-alt"]
