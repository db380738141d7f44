"""PDFs: tagged for a screen reader, archivable, one font, the same at every run."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pikepdf
import pytest

from race_equality.render import render_site

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
OURS = Path(__file__).parents[2] / "notebooks"
REPORTS = ["RX1", "RX2"]
GOLDEN = [file.stem.removeprefix("board_report_") for file in sorted(NOTEBOOKS.glob("board_report_*.ipynb"))]
#: Reports of every kind, and each page on all trusts as a build makes it.
BUILT = [
    "trusts/DEMO",
    *sorted(f"notebooks/{file.stem}" for file in OURS.glob("[!_.]*.ipynb") if file.stem != "board_report"),
]
ALL = [
    *(("site", f"trusts/{code}.pdf") for code in [*REPORTS, *GOLDEN]),
    *(("built_site", f"{page}.pdf") for page in BUILT),
]
EVERY_PDF = pytest.mark.parametrize("page_file", ALL, indirect=True, ids="-".join)
#: The margins of typst-template.typ, in points.
SIDE, TOP, BOTTOM = (length / 25.4 * 72 for length in (20, 22, 20))
WIDTH, HEIGHT = 595.276, 841.89
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


@EVERY_PDF
def test_a_pdf_is_tagged_and_says_what_it_is(page_file):
    with pikepdf.open(page_file) as pdf:
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


@EVERY_PDF
def test_every_figure_has_alternative_text_and_every_table_header_cells(page_file):
    with pikepdf.open(page_file) as pdf:
        figures = [element for element in elements(pdf) if str(element.S) == "/Figure"]
        assert figures or page_file.stem in ("methods", "data_quality", "compare")
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
        "Nottingham Example NHS Trust",
        "Race equality board report",
        "1 In one page",
        "2.1 Survey",
        "Figure 1: Gaps & intervals",
        "Table 2: Where each figure stands",
        "See Table 1, Figure 1 and Section 2; Figure 2.",
        "Costs $5 and $6, not mathematics.",
        "How far these figures reach",
        "plain words of an output",
        "1. Pay bands",
        "Ethnic minority staff",
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


@EVERY_PDF
def test_the_font_is_ours_in_text_and_charts(page_file):
    fonts = set()
    with pikepdf.open(page_file) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and str(thing.get("/Type", "")) == "/FontDescriptor":
                fonts.add(str(thing.FontName).split("+")[1])
                assert any(key in thing for key in ("/FontFile2", "/FontFile3")), "embedded"
    latin = {font for font in fonts if not font.startswith("DejaVuSansMono")}  # for code
    assert {re.split("-", font)[0] for font in latin} == {"Arimo"}


@cache
def words_of(file: Path) -> list[list[tuple[float, float, float, float, str]]]:
    """The boxes of the words (left, top, right, bottom, word), page by page."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on the PATH")
    boxes = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, text=True, check=True).stdout
    word = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')
    return [[(*map(float, found[:4]), found[4]) for found in word.findall(page)] for page in boxes.split("<page ")[1:]]


class Ink(NamedTuple):
    """Where a page is not white."""

    left: bool
    right: bool
    foot: bool  # but for the page's number, to the right
    rows: np.ndarray  # of the body, a point each


@cache
def ink_of(file: Path) -> list[Ink]:
    """Where each page has ink in its margins and body; a pixel is a point, 0 for black to 255 for white."""
    import shutil
    import subprocess

    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not on the PATH")
    data = subprocess.run(["pdftoppm", "-r", "72", "-gray", str(file)], capture_output=True, check=True).stdout
    pages = []
    while data:
        head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
        width, height = int(head[1]), int(head[2])
        page = np.frombuffer(data, np.uint8, width * height, head.end()).reshape(height, width)
        side, bottom = int(SIDE) - 2, int(HEIGHT - BOTTOM) + 3
        margins = page[:, :side], page[:, -side:], page[bottom:, : int(WIDTH * 0.7)]
        body = page[int(TOP) : int(HEIGHT - BOTTOM)]
        pages.append(Ink(*(bool(margin.min() <= 250) for margin in margins), (body < 250).any(axis=1)))
        data = data[head.end() + width * height :]
    return pages


@EVERY_PDF
def test_no_word_runs_over_the_margins(page_file):
    pages = words_of(page_file)
    words = [word for page in pages for word in page]
    assert len(words) > 100
    assert [word for left, _, right, _, word in words if left < SIDE - 1 or right > WIDTH - SIDE + 1] == []
    # what hangs below the last line of letters is in the box as well
    below = [word for _, _, _, bottom, word in words if bottom > HEIGHT - BOTTOM + 5]
    assert below == [word for n in range(1, len(pages) + 1) for word in ("Page", str(n), "of", str(len(pages)))]


@EVERY_PDF
def test_nothing_is_drawn_over_the_margins(page_file):
    """Charts, rules and backgrounds, on the pages as they print."""
    for number, ink in enumerate(ink_of(page_file), 1):
        assert not ink.left, f"left margin of page {number}"
        assert not ink.right, f"right margin of page {number}"
        assert not ink.foot, f"foot of page {number}"


@EVERY_PDF
def test_no_word_lies_on_another(page_file):
    """A column that is too narrow for its longest word sets it over the next column's."""
    for number, page in enumerate(words_of(page_file), 1):
        words = sorted(page)
        for at, (left, top, right, bottom, word) in enumerate(words):
            for other_left, other_top, other_right, other_bottom, other in words[at + 1 :]:
                if other_left > right:
                    break
                wide = min(right, other_right) - other_left
                tall = min(bottom, other_bottom) - max(top, other_top)
                small = min((right - left) * (bottom - top), (other_right - other_left) * (other_bottom - other_top))
                if wide > 0 and tall > 0:
                    assert wide * tall < 0.4 * small, f"{word!r} and {other!r} on page {number}"


@EVERY_PDF
def test_a_page_is_left_half_white_only_before_a_chart(page_file):
    """A chart is not torn apart, and the summary stands alone; else text and tables fill the page."""
    pages, words = ink_of(page_file), words_of(page_file)
    for number, ink in enumerate(pages[1:-1], 2):
        if ink.rows.nonzero()[0].max() / len(ink.rows) < 0.55:
            following = [word for word in words[number] if word[1] > TOP - 8]
            first_line = [word for word in following if word[1] < min(word[1] for word in following) + 6]
            first = min(first_line)[4]
            assert first == "Figure", f"page {number} ends early and the next begins with {first!r}"


@EVERY_PDF
def test_a_heading_and_a_caption_are_on_the_page_of_what_they_head(page_file):
    """The last thing on a page is neither."""
    with pikepdf.open(page_file) as pdf:
        headings = {" ".join(str(entry).split()) for entry in titles(pdf)}
    for number, page in enumerate(words_of(page_file)[:-1], 1):
        lines: dict[int, list] = {}
        for left, top, _, bottom, word in page:
            if TOP - 8 < top and bottom < HEIGHT - BOTTOM + 5:
                lines.setdefault(round(bottom), []).append((left, word))
        last = " ".join(word for _, word in sorted(lines[max(lines)]))
        assert last not in headings, f"page {number} ends with the heading {last!r}"
        assert not re.match(r"(Figure|Table) \d+:", last), f"page {number} ends with the caption {last!r}"


def titles(pdf: pikepdf.Pdf) -> list[str]:
    """What the bookmarks say: the headings."""
    found = []

    def walk(items) -> None:
        for item in items:
            found.append(item.title)
            walk(item.children)

    with pdf.open_outline() as outline:
        walk(outline.root)
    return found


def test_a_long_table_goes_on_with_its_header(site):
    text = text_of(site / "trusts/RX1.pdf")
    rows = [int(number) for number in re.findall(r"row (\d+), rate", text)]
    assert rows == list(range(1, 81))
    on_pages = [page for page in text.split("\f") if "row " in page]
    assert len(on_pages) >= 3
    assert all("What it is, in words" in page for page in on_pages)


@EVERY_PDF
def test_a_pdf_is_under_400_kb(page_file):
    assert page_file.stat().st_size < 400_000


def test_two_runs_give_the_same_bytes(site, staged, tmp_path):
    project, _ = staged
    again = ["notebooks/national_overview.ipynb", "trusts/RX1.ipynb"]
    assert render_site(project, tmp_path, again, engine="built-in") == []
    for name in ("RX1.html", "RX1.pdf", "RX1.ipynb"):
        assert (tmp_path / "trusts" / name).read_bytes() == (site / "trusts" / name).read_bytes(), name
