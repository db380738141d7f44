"""The Lua filters, on small documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html as lxml_html

from race_equality.render.builtin import page_html
from race_equality.render.config import read_config
from race_equality.render.extension import EXTENSION
from race_equality.render.notebook import PageSource
from race_equality.render.pandoc import convert

ROOT = Path(__file__).parents[3]
FILTERS = [f"--lua-filter={EXTENSION / 'filters' / name}" for name in ("native-blocks.lua", "numbering.lua")]


def to_html(markdown: str, *metadata: str):
    converted, _ = convert(markdown, ["--from=markdown", "--to=html5", "--wrap=none", *FILTERS, *metadata])
    return lxml_html.fromstring(f"<div>{converted}</div>")


def to_typst(markdown: str, *metadata: str) -> str:
    return convert(markdown, ["--from=markdown", "--to=typst", *FILTERS, *metadata])[0]


FIGURE = '<figure id="fig-x"><img src="x.svg" alt="what it shows"><figcaption>caption</figcaption></figure>'


def test_markup_that_markdown_splits_is_put_together_again():
    # not fenced: Markdown sees tags and text
    document = to_html(f"before\n\n{FIGURE}\n\nafter @fig-x")
    assert [node.text_content() for node in document.xpath("//figcaption")] == ["Figure\u00a01: caption"]
    assert document.xpath("//figure[@id='fig-x']//img/@alt") == ["what it shows"]
    assert document.xpath("//p")[-1].text_content() == "after Figure\u00a01"


def test_a_figure_for_typst_has_words_kind_and_label():
    typst = to_typst(f"```{{=html}}\n{FIGURE}\n```\n\nSee @fig-x.")
    assert 'image("x.svg", alt: "what it shows")' in typst
    assert 'kind: "quarto-float-fig", supplement: "Figure")<fig-x>' in typst
    assert "#ref(<fig-x>, supplement: [Figure])" in typst


@pytest.mark.parametrize("alt", ['say "hello"', "back\\slash", "5 < 6 & #x", "[b] *c* $d$"])
def test_words_of_a_picture_reach_typst_whole(alt):
    import html

    block = f'<figure id="fig-x"><img src="x.svg" alt="{html.escape(alt)}"><figcaption>c</figcaption></figure>'
    escaped = alt.replace("\\", "\\\\").replace('"', '\\"')
    assert f'alt: "{escaped}"' in to_typst(f"```{{=html}}\n{block}\n```")


def test_a_wide_picture_takes_the_width_of_the_column():
    wide = '<figure id="fig-x"><img natural-width="900" src="x.svg" alt="a"><figcaption>c</figcaption></figure>'
    assert "width: 100%" in to_typst(f"```{{=html}}\n{wide}\n```")
    assert "width" not in to_typst(f"```{{=html}}\n{wide.replace('900', '500')}\n```")


def test_a_number_with_a_stop_in_a_cell_is_no_list():
    table = (
        '<table id="tbl-x"><caption>c</caption><thead><tr><th scope="col">a</th></tr></thead>'
        '<tbody><tr><th scope="row">1. Pay bands</th></tr></tbody></table>'
    )
    assert "1\\. Pay bands" in to_typst(f"```{{=html}}\n{table}\n```")


def test_columns_of_numbers_are_set_to_the_right():
    table = (
        '<table id="tbl-x"><caption>c</caption><thead><tr><th scope="col">a</th><th scope="col">b</th></tr>'
        '</thead><tbody><tr><th scope="row">r</th><td class="number">1</td></tr></tbody></table>'
    )
    assert "align: (left,right,)" in to_typst(f"```{{=html}}\n{table}\n```")


def test_a_long_name_may_be_broken_at_its_joints():
    name = "wres_indicators_5_to_8_by_trust_2024.csv"
    table = f'<table id="tbl-x"><caption>c</caption><tbody><tr><td>{name}</td></tr></tbody></table>'
    cell = to_html(f"```{{=html}}\n{table}\n```").xpath("//td")[0]
    assert cell.text_content() == name
    assert len(cell.xpath(".//wbr")) == name.count("_")


def test_other_html_stays_in_a_page_and_is_text_in_a_pdf():
    details = "```{=html}\n<details><summary>More</summary><p>inside</p></details>\n```"
    assert to_html(details).xpath("//details/summary")[0].text == "More"
    typst = to_typst(details)
    assert "More" in typst
    assert "inside" in typst


def test_a_reference_to_nothing_shows_and_is_said():
    converted, said = convert("See @fig-none.", ["--from=markdown", "--to=html5", *FILTERS])
    assert "?@fig-none" in converted
    assert "fig-none" in said


def test_sections_count_from_one_whatever_their_level():
    document = to_html("# A\n\n## B\n\n# C\n", "--metadata=number-sections=true")
    assert [(node.tag, node.text_content()) for node in document.xpath("//h2|//h3")] == [
        ("h2", "1 A"),
        ("h3", "1.1 B"),
        ("h2", "2 C"),
    ]
    assert to_typst("## A\n\n### B").splitlines()[0] == "= A"


def test_an_unnumbered_section_is_referred_to_by_its_title():
    document = to_html("## Methods {#sec-methods}\n\nSee @sec-methods.")
    assert document.xpath("//p/a/@href") == ["#sec-methods"]
    assert document.xpath("//p")[0].text_content() == "See Methods."


def test_callouts_written_in_markdown():
    document = to_html('::: {.callout-warning title="Careful"}\nwords\n:::\n\n::: callout-note\nwords\n:::')
    boxes = document.xpath("//div[@role='note']")
    assert [(box.get("class"), box.get("aria-label")) for box in boxes] == [
        ("callout callout-warning", "Careful"),
        ("callout callout-note", "Note"),
    ]


def test_a_heading_in_a_callout_is_its_title_and_takes_no_number():
    aside = '<aside class="callout-note"><h3>How far</h3><p>words</p></aside>'
    document = to_html(f"## One\n\n```{{=html}}\n{aside}\n```\n\n## Two", "--metadata=number-sections=true")
    assert [node.text_content() for node in document.xpath("//h2|//h3")] == ["1 One", "2 Two"]


def test_a_page_names_the_site_and_itself():
    page = page_html(PageSource({"title": "A & B"}, "words"), "trusts/X.html", read_config(ROOT))
    document = lxml_html.fromstring(page)
    assert document.xpath("//title")[0].text == "A & B – Race equality in NHS trusts"
    assert document.xpath("//p[@class='site-title']/a/@href") == ["../index.html"]


def test_a_row_s_number_and_an_alternative_text_reach_other_formats():
    """Raw typst, which keeps "1." from beginning a list there, was lost in docx with the number."""
    rows = "<table><tr><td>1. Shortlisting</td></tr></table>"

    def converted(to: str, text: str, *names: str) -> str:
        filters = [f"--lua-filter={EXTENSION / 'filters' / name}" for name in names]
        return convert(text, ["--from=markdown", f"--to={to}", *filters])[0]

    assert "1. Shortlisting" in converted("plain", f"```{{=html}}\n{rows}\n```", "native-blocks.lua")
    quartos = '![](a.png){fig-alt="Two bars."}'
    assert '[ Str "Two bars." ]' in converted("native", quartos, "word-documents.lua")
    assert converted("html", quartos, "word-documents.lua") == converted("html", quartos)
