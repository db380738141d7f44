"""A page about all trusts links to the trusts' pages that a build has made."""

import pytest

from race_equality.render.links import follow_links
from race_equality.report.display import Linked

PAGE = '<p><a {}>Barts</a>, <a {}>Leeds</a> and <a href="https://example.org">another</a></p>'


@pytest.fixture
def site(tmp_path):
    for folder in ("notebooks", "trusts"):
        (tmp_path / folder).mkdir()
    return tmp_path


def link(code):
    return f'class="trust" href="../trusts/{code}.html"'


def test_links_come_and_go_with_the_pages_and_the_size_stays(site):
    page = site / "notebooks" / "all.html"
    page.write_text(PAGE.format(link("R1H"), link("RR8")), encoding="utf-8")
    size = page.stat().st_size
    (site / "trusts" / "R1H.html").write_text("Barts")
    follow_links(site)
    text = page.read_text(encoding="utf-8")
    assert '<a class="trust" href="../trusts/R1H.html">Barts</a>' in text
    assert '<a data-not-made-href="../trusts/RR8.html">Leeds</a>' in text
    assert 'href="https://example.org"' in text
    assert page.stat().st_size == size
    (site / "trusts" / "RR8.html").write_text("Leeds")
    follow_links(site)
    assert page.read_text(encoding="utf-8") == PAGE.format(link("R1H"), link("RR8"))
    (site / "trusts" / "R1H.html").unlink()
    follow_links(site)
    assert '<a data-not-made-href="../trusts/R1H.html">' in page.read_text(encoding="utf-8")
    assert page.stat().st_size == size


def test_attributes_in_the_other_order_and_a_page_that_needs_nothing(site):
    page = site / "notebooks" / "all.html"
    page.write_text('<a href="../trusts/R1H.html" class="trust">Barts</a>', encoding="utf-8")
    size = page.stat().st_size
    follow_links(site)
    assert page.read_text(encoding="utf-8") == '<a data-not-made-href="../trusts/R1H.html">Barts</a>'
    assert page.stat().st_size == size
    before = page.stat().st_ino
    follow_links(site)
    assert page.stat().st_ino == before


def test_the_notebook_writes_links_as_the_site_reads_them():
    assert Linked("Barts", "../trusts/R1H.html").markup() == f"<a {link('R1H')}>Barts</a>"
    assert str(Linked("Barts", "../trusts/R1H.html")) == "Barts"
    for address in ("../trusts/../x.html", "trusts/R1H.html", "javascript:alert(1)", "../trusts/r1h.html?x"):
        with pytest.raises(ValueError, match="https://"):
            Linked("x", address)


def test_a_pdf_has_no_link_to_a_page_beside_it():
    from pathlib import Path

    from race_equality.render.builtin import translated_page
    from race_equality.render.config import read_config
    from race_equality.render.notebook import PageSource
    from race_equality.render.pandoc import Translator

    table = (
        '```{=html}\n<table id="tbl-x"><caption>c</caption><thead><tr><th scope="col">A</th></tr></thead><tbody><tr>'
        f'<th scope="row"><a {link("R1H")}>Barts</a></th></tr></tbody></table>\n```\n'
    )
    text = "See [the list](../index.html#figures) and [the rules](https://example.org).\n\n"
    with Translator() as translator:
        written = translated_page(
            PageSource({"title": "t"}, text + table), read_config(Path(__file__).parents[3]), translator
        )
    assert "Barts" in written.typst
    assert "the list" in written.typst
    assert '#link("https://example.org")' in written.typst
    assert "../" not in written.typst
    assert link("R1H") in written.html
    assert 'href="../index.html#figures"' in written.html
