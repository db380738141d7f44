"""The HTML of outputs as typst: the same as Pandoc makes of it, and never read as markup."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from race_equality.render.extension import EXTENSION, html_outputs
from race_equality.render.fonts import FONT_DIRECTORY
from race_equality.render.pandoc import convert
from race_equality.render.typst_outputs import as_typst

GOLDEN = sorted((Path(__file__).parents[2] / "notebooks").glob("board_report_*.ipynb"))
HEAD = '#let callout(kind: "", title: [], body: []) = [#title #body]\n'


def text_of(markup: str) -> str:
    """What typst itself takes the markup for: the words of the document."""
    import json

    query = (
        HEAD + '#let words(it) = if it.has("text") { it.text } else if it == [ ] { " " } '
        'else if it.has("children") { it.children.map(words).join() } '
        'else if it.has("body") { words(it.body) } else { "" }\n'
        f"#metadata(words([{markup}])) <words>"
    )
    return json.loads(typst.query(query.encode(), "<words>", field="value", one=True)) or ""


@pytest.mark.parametrize(
    "text",
    [
        "#set page(width: 1pt)",
        '"; #panic("x")',
        "\\",
        '\\"',
        "*a* _b_ `c` $d$ @e <f> ~ -- ... // /* */",
        "= head",
        "- list",
        "1. list",
        "]",
        "[",
        "שלום",
        "a; b",
        "http://x.y/z",
    ],
)
def test_no_text_is_read_as_markup(text):
    assert text_of(as_typst(f"<p>{html.escape(text)}</p>")).strip() == text


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=19))
def test_whatever_the_text_it_comes_back(text):
    assert text_of(as_typst(f"<p>{html.escape(text)}</p>")).strip() == text


def test_a_table_has_header_columns_alignment_and_label():
    table = (
        '<table id="tbl-x"><caption>Gaps &amp; ratios</caption><thead><tr><th scope="col">Group</th>'
        '<th scope="col" class="number">Share</th></tr></thead><tbody>'
        '<tr><th scope="row">1. Asian</th><td class="number">29.6%</td></tr>'
        '<tr><td colspan="2">Too few <a href="https://a.b/c?d=1&amp;e">people</a></td></tr></tbody></table>'
    )
    assert as_typst(table, {"tbl-title": "Tab."}) == (
        "#figure([\n#table(\n  columns: 2,\n  align: (left, right,),\n"
        '  table.header([#"Group";], [#"Share";]),\n  table.hline(),\n'
        '  [#"1. Asian";], [#"29.6%";],\n'
        '  table.cell(colspan: 2)[#"Too few ";#link("https://a.b/c?d=1&e")[#"people";];],\n)\n'
        '], caption: figure.caption(position: top, [#"Gaps & ratios";]), '
        'kind: "quarto-float-tbl", supplement: "Tab.")<tbl-x>\n'
    )


def test_a_figure_has_its_words_and_its_width():
    figure = (
        '<figure id="fig-x"><img natural-width="900" src="0123456789abcdef.svg" alt="say &quot;a&quot;">'
        "<figcaption>What</figcaption></figure>"
    )
    assert as_typst(figure) == (
        '#figure([\n#box(image("0123456789abcdef.svg", alt: "say \\"a\\"", width: 100%))\n'
        '], caption: figure.caption(position: top, [#"What";]), kind: "quarto-float-fig", '
        'supplement: "Figure")<fig-x>\n'
    )
    assert "width" not in as_typst(figure.replace("900", "500"))


def test_a_callout_has_its_title():
    assert as_typst('<aside class="callout-note"><h3>How far</h3><p>One.</p><ul><li>a</li></ul></aside>') == (
        '#callout(kind: "note", title: [#"How far";], body: [\n#"One.";\n\n#list([#"a";])\n\n])\n'
    )


#: As report.board_markup writes the first page: blocks in blocks, one with a second class.
FIRST_PAGE = (
    '<div class="board-cards"><div class="board-card adverse"><p>a</p>'
    '<div class="board-figure"><p>b</p></div></div><ul><li>c</li></ul></div>'
)


def test_a_block_of_the_first_page_is_a_call_of_its_name():
    assert re.sub(r"\s", "", as_typst(FIRST_PAGE)) == (
        '#board-cards(board-card("adverse",[#"a";],board-figure([#"b";])),[#list([#"c";])])'
    )


def test_pandoc_makes_the_same_calls_of_the_first_page():
    filters = [f"--lua-filter={EXTENSION / 'filters' / name}" for name in ("native-blocks.lua", "numbering.lua")]
    made, _ = convert(html_outputs.raw_block(FIRST_PAGE), ["--from=markdown", "--to=typst", *filters])
    assert re.sub(r"\s", "", made) == '#board-cards(board-card("adverse",[a],board-figure([b],),),[-c],)'


def test_the_template_has_a_function_for_every_block_of_the_first_page():
    template = (EXTENSION / "typst" / "typst-template.typ").read_text(encoding="utf-8")
    golden = "".join(file.read_text(encoding="utf-8") for file in GOLDEN)
    names = sorted(set(re.findall(r'<div class=\\"(board-[a-z]+)', golden)))
    assert {"board-summary", "board-mark", "board-care"} <= set(names)
    # a name that is not there stops the compiler
    typst.compile(f"{template}\n#let found = ({', '.join(names)})".encode())


def test_columns_have_the_shares_that_a_table_is_given():
    table = (
        '<table id="tbl-x"><caption>c</caption><colgroup><col style="width: 30%"><col style="width: 70%"></colgroup>'
        "<tbody><tr><td>a</td><td>b</td></tr></tbody></table>"
    )
    assert "columns: (30%, 70%,)," in as_typst(table)
    assert html_outputs.with_column_widths(table) == table


@pytest.mark.parametrize(
    "markup",
    [
        "<p>unclosed",
        "bare words",
        "<p>a</p> words",
        "<details><summary>s</summary></details>",
        '<p style="color: red">x</p>',
        "<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;</p>",
        "<p>&nbsp;</p>",
        "<svg/>",
        '<figure id="fig-x"><img src="https://x.y/z.svg" alt="a"></figure>',
        '<figure id="fig-x"><img src="../secret.svg" alt="a"></figure>',
        '<figure id="fig-> #panic()"><img src="0123456789abcdef.svg" alt="a"></figure>',
        '<table id="tbl-x"><tr><td rowspan="2">a</td></tr></table>',
        "<script>alert(1)</script>",
    ],
)
def test_what_is_not_ours_is_left_to_pandoc(markup):
    assert as_typst(markup) is None


# -- the widths of columns ------------------------------------------------------------------------


def rows(*rows: list[str]) -> str:
    head, *body = rows

    def tr(cells, tag):
        return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"

    return f"<table><thead>{tr(head, 'th')}</thead><tbody>{''.join(tr(row, 'td') for row in body)}</tbody></table>"


def test_a_table_that_fits_is_left_alone():
    table = rows(["Group", "Share"], ["White", "26.6%"])
    assert html_outputs.with_column_widths(table) == table
    assert html_outputs.column_widths(html_outputs.cells_of(table))[0] == []


def test_a_column_has_room_for_its_longest_word_and_the_rest_for_text():
    text = "words and more words " * 12
    shares, size = html_outputs.column_widths(
        html_outputs.cells_of(rows(["Name", "What it is", "Deprivation"], ["A", text, "Wolverhampton"]))
    )
    assert sum(shares) == pytest.approx(100, abs=0.05)
    assert size == 9.5
    assert shares[1] > 60
    # by Arial's own widths: 6.62 em at 9.5 points, and the space beside it
    assert shares[2] / 100 * html_outputs.LINE > 6.6 * 9.5 + 10


def test_a_column_takes_no_more_than_it_needs():
    text = "words and more words " * 12
    table = rows(["Name", "What it is"], ["two words", text])
    shares, _ = html_outputs.column_widths(html_outputs.cells_of(table))
    assert shares[0] / 100 * html_outputs.LINE == pytest.approx(9.5 * 4.3 + 10, rel=0.1)


def test_a_table_of_many_columns_has_smaller_letters():
    table = rows([f"Wolverhampton{n}" for n in range(8)], ["x"] * 8)
    shares, size = html_outputs.column_widths(html_outputs.cells_of(table))
    assert 7.5 <= size < 9.5
    assert sum(shares) <= 100.05
    marked = html_outputs.with_column_widths(table)
    assert re.match(r'<table data-text-size="0\.\d+em"><colgroup>(<col style="width: [\d.]+%">){8}</colgroup>', marked)


def test_the_widths_of_letters_are_the_font_s():
    """Against typst's own measure of the font that PDFs are set in."""
    words = ["Wolverhampton", "Discrimination", "−11.8 (−13.8 to −9.7)", "Staff who answered", "WRES", "illicit"]
    source = (
        '#set text(font: "Arimo", size: 100pt)\n#context [#metadata(('
        + ", ".join(f'measure("{word}").width.pt()' for word in words)
        + ")) <widths>]"
    )
    import json

    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FONT_DIRECTORY)])
    measured = json.loads(typst.query(source.encode(), "<widths>", field="value", one=True, font_paths=fonts))
    for word, width in zip(words, measured, strict=True):
        assert html_outputs._width(word) * 100 == pytest.approx(width, rel=0.06), word


def test_the_template_is_as_wide_as_the_columns_are_told():
    template = (EXTENSION / "typst" / "typst-template.typ").read_text(encoding="utf-8")
    assert "else { (x: 20mm, " in template  # unless _quarto.yml says otherwise
    assert pytest.approx(595.276 - 2 * 20 / 25.4 * 72, abs=0.1) == html_outputs.LINE


def test_links_lead_to_places_in_the_same_pdf():
    markup = (
        '<table id="tbl-x"><tbody><tr><th scope="row"><span id="from-wres-8">WRES 8</span></th></tr></tbody></table>'
        '<p class="sources">Where from: <a href="#from-wres-8">WRES 8</a></p>'
    )
    typst = as_typst(markup)
    assert '[#metadata(none)<from-wres-8>#"WRES 8";]' in typst
    assert '#link(<from-wres-8>)[#"WRES 8";];' in typst
    assert as_typst('<p><a href="#x> #panic()">a</a></p>') is None


def test_a_paragraph_ends_where_it_ends():
    """The words of the next cell began on the line of the links of a table."""
    links = '<p class="sources">Where from: <a href="#from-wres-8">WRES 8</a></p>'
    document = f"```{{=typst}}\n{as_typst(links)}\n```\n\nStaff went up.\n"
    written, _ = convert(document, ["--from", "markdown", "--to", "typst"])
    assert re.search(r"(#parbreak\(\)|\n)\s*\nStaff went up", written), written
