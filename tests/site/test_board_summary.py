"""The board's summary fits: the first page of the PDF, and the first screen of a desktop."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
GOLDEN = [file.stem.removeprefix("board_report_") for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))]


def page_of(file: Path, number: int) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on the PATH")
    command = ["pdftotext", "-f", str(number), "-l", str(number), str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("code", GOLDEN)
def test_the_summary_is_the_first_page_of_the_pdf_and_nothing_else_is_on_it(site, code):
    first, second = (page_of(site / f"trusts/{code}.pdf", number) for number in (1, 2))
    for part in ("In one page", "The nine WRES indicators", "Decisions for the board", "With care"):
        assert part in first
        assert part not in second
    assert "Weak data is no reason to wait." in re.sub(r"\s+", " ", first)
    assert re.search(r"^(?:2\s+)?What we said, what we did", second, flags=re.MULTILINE)


@pytest.mark.parametrize("code", GOLDEN)
def test_the_summary_is_the_first_screen_of_a_desktop(site, open_page, code):
    page = open_page(site / f"trusts/{code}.html", width=1440, height=900)
    assert page.evaluate("document.querySelector('.board-summary').getBoundingClientRect().bottom") <= 900
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    sizes = page.evaluate(
        "[...document.querySelectorAll('.board-summary p, .board-summary li, .board-summary td, .board-summary th')]"
        ".map(element => parseFloat(getComputedStyle(element).fontSize))"
    )
    assert min(sizes) >= 14


@pytest.mark.parametrize("code", GOLDEN)
def test_the_summary_has_headings_a_table_of_nine_rows_and_a_list_of_decisions(site, open_page, code):
    page = open_page(site / f"trusts/{code}.html", width=1440)
    assert page.locator(".board-card h3").count() == 4
    assert page.locator("#tbl-wres tbody tr").count() == 9
    assert page.locator("#tbl-wres tbody th[scope=row]").count() == 9
    assert page.locator('.board-summary figure :is(img, svg)').count() >= 1
    decisions = page.locator(".board-summary ol li")
    assert 1 <= decisions.count() <= 3
    for text in decisions.all_inner_texts():
        assert re.search(r"[A-Z][a-z].*, \d{1,2} [A-Z][a-z]+ \d{4}$", text), "a board role and a date"


@pytest.mark.parametrize("width", [320, 768])
@pytest.mark.parametrize("code", GOLDEN)
def test_on_a_phone_and_a_tablet_parts_stand_one_under_another(site, open_page, code, width):
    page = open_page(site / f"trusts/{code}.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate(
        "[...document.querySelectorAll('.board-main > *, .board-close > *')].map(e => e.getBoundingClientRect().top)"
    )
    assert boxes == sorted(boxes)
    assert len(set(boxes)) == len(boxes)
