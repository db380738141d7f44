"""PDFs: tagged for a screen reader, archivable, one font, the same at every run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pikepdf
import pytest

from race_equality.render import render_site

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
REPORTS = ["RX1", "RX2"]
GOLDEN = [file.stem.removeprefix("board_report_") for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))]
ALT = 'Dot chart: "ethnic minority" staff 29.6%, White staff 26.6%.'


def elements(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """The structure elements in reading order."""
    found = []

    def walk(element) -> None:
        if isinstance(element, pikepdf.Array):
            for child in element:
                walk(child)
        elif isinstance(element, pikepdf.Dictionary):
            if "/S" in element:
                found.append(element)
            if "/K" in element:
                walk(element.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found


def tags(pdf: pikepdf.Pdf) -> Counter[str]:
    return Counter(str(element.S).lstrip("/") for element in elements(pdf))


def text_of(file: Path) -> str:
    """The text as a program that copies it gets it."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on the PATH")
    return subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("code", [*REPORTS, *GOLDEN])
def test_a_pdf_is_tagged_and_says_what_it_is(site, code):
    with pikepdf.open(site / f"trusts/{code}.pdf") as pdf:
        root = pdf.Root
        assert str(root.Lang) == "en-GB"
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        metadata = pdf.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["dc:title"]
        assert all(float(page.MediaBox[2]) == pytest.approx(595.276, abs=0.1) for page in pdf.pages)
        assert all(float(page.MediaBox[3]) == pytest.approx(841.89, abs=0.1) for page in pdf.pages)
        with pdf.open_outline() as outline:
            assert outline.root, "bookmarks"


@pytest.mark.parametrize("code", [*REPORTS, *GOLDEN])
def test_every_figure_has_alternative_text_and_every_table_header_cells(site, code):
    with pikepdf.open(site / f"trusts/{code}.pdf") as pdf:
        figures = [element for element in elements(pdf) if str(element.S) == "/Figure"]
        assert figures
        assert all(str(figure.Alt).strip() for figure in figures)
        for table in (element for element in elements(pdf) if str(element.S) == "/Table"):
            inside = Counter()

            def count(element, inside=inside):
                if isinstance(element, pikepdf.Array):
                    for child in element:
                        count(child)
                elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
                    inside[str(element.S)] += 1
                    if "/K" in element:
                        count(element.K)

            count(table.K)
            assert inside["/TH"] >= 1
            assert inside["/THead"] == 1


def test_what_a_pdf_holds(site):
    with pikepdf.open(site / "trusts/RX1.pdf") as pdf:
        counted = tags(pdf)
        # by hand: two charts, two tables of three and four columns, three callouts
        assert counted["Figure"] == 2
        assert counted["Table"] == 2
        assert counted["TH"] == 3 + 4 * thead_repeats(pdf)
        assert counted["Caption"] == 4
        assert counted["H1"] == 3
        assert counted["H2"] == 1
        assert [str(e.Alt) for e in elements(pdf) if str(e.S) == "/Figure"] == [ALT, ALT]


def thead_repeats(pdf: pikepdf.Pdf) -> int:
    """A header that typst repeats on the next page is tagged once."""
    return tags(pdf)["THead"] - 1


def test_the_text_of_a_pdf(site):
    text = text_of(site / "trusts/RX1.pdf")
    words = " ".join(text.split())
    for said in (
        "Nottingham Example NHS Trust", "Race equality board report", "1 In one page", "2.1 Survey",
        "Figure 1: Gaps & intervals", "Table 2: Where each figure stands",
        "See Table 1, Figure 1 and Section 2; Figure 2.", "Costs $5 and $6, not mathematics.",
        "How far these figures reach", "plain words of an output", "1. Pay bands", "Ethnic minority staff",
    ):
        assert said in words, said
    assert "secret_of_the_code" not in words
    pages = text.split("\f")[:-1]
    with pikepdf.open(site / "trusts/RX1.pdf") as pdf:
        assert len(pdf.pages) == len(pages) >= 2
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        # the running title stands from the second page on
        assert page.count("Nottingham Example NHS Trust") == 1
        assert ("Race equality in NHS trusts" in page) == (number > 1)


def test_markup_in_a_name_is_text(site):
    # the title is broken into lines at the slash
    words = " ".join(text_of(site / "trusts/RX2.pdf").split()).replace("</ script>", "</script>")
    assert "St <b>Bold</b>’s & “Quoted” <script>alert(1)</script>" in words
    assert "שלום" in words


@pytest.mark.parametrize("code", [*REPORTS, *GOLDEN])
def test_the_font_is_ours_in_text_and_charts(site, code):
    fonts = set()
    with pikepdf.open(site / f"trusts/{code}.pdf") as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and str(thing.get("/Type", "")) == "/FontDescriptor":
                fonts.add(str(thing.FontName).split("+")[1])
                assert any(key in thing for key in ("/FontFile2", "/FontFile3")), "embedded"
    latin = {font for font in fonts if not font.startswith("DejaVuSansMono")}  # for code
    assert {re.split("-", font)[0] for font in latin} == {"Arimo"}


@pytest.mark.parametrize("code", [*REPORTS, *GOLDEN])
def test_nothing_runs_over_the_margins(site, code):
    """The words' boxes lie between the margins: 20 mm at the sides, 22 above, 20 below."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on the PATH")
    boxes = subprocess.run(
        ["pdftotext", "-bbox", str(site / f"trusts/{code}.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    margin = 20 / 25.4 * 72
    words = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.-]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', boxes)
    assert len(words) > 100
    over = [word for left, _, right, _, word in words
            if float(left) < margin - 1 or float(right) > 595.276 - margin + 1]
    assert over == []
    # what hangs below the last line of letters is in the box as well
    below = [word for _, _, _, bottom, word in words if float(bottom) > 841.89 - margin + 5]
    pages = boxes.count("<page ")
    assert below == [word for n in range(1, pages + 1) for word in ("Page", str(n), "of", str(pages))]


def test_a_long_table_goes_on_with_its_header(site):
    text = text_of(site / "trusts/RX1.pdf")
    rows = [int(number) for number in re.findall(r"row (\d+), rate", text)]
    assert rows == list(range(1, 81))
    on_pages = [page for page in text.split("\f") if "row " in page]
    assert len(on_pages) >= 3
    assert all("What it is, in words" in page for page in on_pages)


@pytest.mark.parametrize("code", [*REPORTS, *GOLDEN])
def test_a_pdf_is_under_400_kb(site, code):
    assert (site / f"trusts/{code}.pdf").stat().st_size < 400_000


def test_two_runs_give_the_same_bytes(site, staged, tmp_path):
    project, _ = staged
    again = ["notebooks/national_overview.ipynb", "trusts/RX1.ipynb"]
    assert render_site(project, tmp_path, again, engine="built-in") == []
    for name in ("RX1.html", "RX1.pdf", "RX1.ipynb"):
        assert (tmp_path / "trusts" / name).read_bytes() == (site / "trusts" / name).read_bytes(), name
