"""A name is text wherever it goes, on the pages and in the files of other trusts as well."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import zipfile

import pytest

from tests.site.conftest import HOSTILE_NAMES

OWN = HOSTILE_NAMES["R1H"]


def plain(text: str) -> str:
    """Words as a page has them, with quotation marks turned and spaces as they come."""
    return re.sub(r"\s+", " ", re.sub("[“”]", '"', text.replace("\N{ZERO WIDTH SPACE}", "")))


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (("hostile_site", "trusts/R1H.html"), [*HOSTILE_NAMES.values()]),
        (("hostile_site", "index.html"), [OWN]),
        (("hostile_site", "notebooks/explore.html"), [*HOSTILE_NAMES.values()]),
    ],
    indirect=["page"],
)
def test_pages_show_names_and_do_nothing_with_them(page, names):
    if page.locator("#fig-explore").count():
        page.wait_for_selector("figure[data-ready]")
        page.locator("#explore-trust").fill("R1H")
        page.wait_for_timeout(400)
        assert plain(OWN) in plain(page.locator(".explore-said").inner_text())
    said = plain(page.locator("body").text_content())
    assert [name for name in names if plain(name) not in said] == []
    page.wait_for_timeout(100)  # for a picture that is not there
    assert page.evaluate("window.ran") is None
    assert page.locator('[href^="javascript"], [onerror], main b, main em, .math').count() == 0
    assert page.faults == []


@pytest.mark.parametrize("page", [("hostile_site", "trusts/R1H.html")], indirect=True)
def test_titles_captions_and_charts_have_the_name_as_text(page):
    assert page.title().startswith(OWN)
    assert page.locator("h1").first.inner_text() == OWN
    captions = [one for one in page.locator("caption, figcaption").all_text_contents() if OWN in plain(one)]
    assert len(captions) > 5
    described = page.locator("svg.chart [role=img]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )
    assert any(OWN in plain(one) for one in described)


def test_the_pdf_shows_names(hostile_site):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not on the PATH")
    pdf = hostile_site / "trusts" / "R1H.pdf"
    said = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout
    # lines break within names
    said = re.sub(r"\s", "", plain(said))
    assert [name for name in HOSTILE_NAMES.values() if re.sub(r"\s", "", name) not in said] == []


def test_the_notebook_has_names_as_text(hostile_site):
    cells = json.loads((hostile_site / "trusts" / "R1H.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output["data"] for cell in cells for output in cell.get("outputs", []) if "data" in output]
    markup = "".join("".join(one.get("text/html", "")) for one in outputs)
    markdown = "".join("".join(one.get("text/markdown", "")) for one in outputs)
    assert "&lt;script&gt;window.ran=1" in markup
    assert "\\<script\\>window.ran=1" in markdown
    assert re.findall(r"<script|<img src=x|<b>", markup) == []
    assert re.findall(r"(?<!\\)(?:<script|<img|\[x|\$x|`r|\{\{|\*b)", markdown) == []


def test_tables_to_download_have_names_and_no_formula(hostile_site):
    with open(hostile_site / "trusts" / "R1H-figures.csv", encoding="utf-8", newline="") as file:
        assert {row["trust"] for row in csv.DictReader(file)} == {OWN}
    with zipfile.ZipFile(hostile_site / "trusts" / "R1H-figures.ods") as archive:
        content = archive.read("content.xml").decode()
    assert "&lt;script&gt;window.ran=1&lt;/script&gt;" in content
    assert "<script" not in content
    assert "table:formula" not in content
