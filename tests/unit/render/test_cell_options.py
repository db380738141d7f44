"""Options of code cells (``#| …``): followed in pages and PDFs, or refused by name."""

from __future__ import annotations

import io
import re
from pathlib import Path

import nbformat
import nbformat.v4
import pikepdf
import pytest
from lxml import html as lxml_html

from race_equality.errors import InputError
from race_equality.project import Project
from race_equality.render import stage_project
from race_equality.render.builtin import page_html, page_pdf, translated_page
from race_equality.render.config import read_config
from race_equality.render.notebook import read_page
from race_equality.render.pandoc import Translator

ROOT = Path(__file__).parents[3]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><rect width="90" height="40" fill="#12436D"/></svg>'
)
OURS = '<figure id="fig-ours"><img src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 width=%229%22 height=%229%22/%3E" alt="A dot."><figcaption>Ours</figcaption></figure>'
#: As pandas writes a table.
FRAME = (
    '<div><table class="dataframe"><thead><tr><th>a</th></tr></thead><tbody><tr><td>7</td></tr></tbody></table></div>'
)


def cell(source: str, **data: str) -> nbformat.NotebookNode:
    found = nbformat.v4.new_code_cell(source, execution_count=1)
    if data:
        found.outputs = [
            nbformat.v4.new_output("display_data", data={kind.replace("__", "/"): text for kind, text in data.items()})
        ]
    return found


def cells_with_options() -> list[nbformat.NotebookNode]:
    return [
        nbformat.v4.new_markdown_cell("## Read\n\nSee @fig-mine, @fig-ours, @tbl-mine and @fig-block."),
        cell(
            '#| label: fig-mine\n#| fig-cap: "My *chart*"\n#| fig-alt: A "blue" bar\nchart()', **{"image/svg+xml": SVG}
        ),
        cell("show()", text__html=OURS),
        cell("#| label: tbl-mine\n#| tbl-cap: My table\nframe", text__html=FRAME),
        cell("#| label: fig-block\n#| fig-cap: My words\nwords", text__html="<p>words that stand for a picture</p>"),
        cell("#| echo: true\n#| label: plain\nsum(range(7))", text__plain="21"),
        cell("#| output: false\n'unseen'", text__plain="'unseen'"),
        cell("#| include: false\n'hidden'", text__plain="'hidden'"),
    ]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    stage_project(Project(ROOT), folder)
    return read_config(folder)


def write(folder: Path, cells: list[nbformat.NotebookNode], front_matter: str = "title: Options") -> Path:
    file = folder / "page.ipynb"
    raw = nbformat.v4.new_raw_cell(f"---\n{front_matter}\n---")
    nbformat.write(nbformat.v4.new_notebook(cells=[raw, *cells]), file)
    return file


@pytest.fixture(scope="module")
def made(config, tmp_path_factory):
    """The page and the PDF, from one reading."""
    source = read_page(write(tmp_path_factory.mktemp("page"), cells_with_options()), settings=config.metadata)
    with Translator() as translator:
        both = translated_page(source, config, translator)
    page = page_html(source, "trusts/RX1.html", config, translation=both)
    return lxml_html.fromstring(page), page_pdf(source, config, translation=both), both.typst


def words(node) -> str:
    return " ".join(node.text_content().split())


def test_labels_number_figures_and_tables_with_ours_in_one_count(made):
    page, _, typst = made
    captions = {node.get("id"): words(node.xpath("./figcaption")[0]) for node in page.xpath("//figure[@id]")}
    assert captions == {
        "fig-mine": "Figure 1: My chart",
        "fig-ours": "Figure 2: Ours",
        "tbl-mine": "Table 1: My table",
        "fig-block": "Figure 3: My words",
    }
    references = {link.get("href"): words(link) for link in page.xpath("//a[@class='quarto-xref']")}
    assert references == {"#" + name: caption.partition(":")[0] for name, caption in captions.items()}
    assert not page.xpath("//table/caption")
    for name in captions:
        assert f"<{name}>" in typst
        assert f"#ref(<{name}>" in typst


def test_the_alternative_text_is_the_one_given(made):
    page, pdf, _ = made
    assert page.xpath("//figure[@id='fig-mine']//img/@alt") == ['A "blue" bar']
    assert "?@" not in words(page)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        texts = {
            str(thing.Alt) for thing in document.objects if isinstance(thing, pikepdf.Dictionary) and "/Alt" in thing
        }
    assert 'A "blue" bar' in texts


def test_code_and_outputs_are_shown_or_not(made):
    page, _, typst = made
    shown = words(page.xpath("//main")[0])
    assert [words(node) for node in page.xpath("//pre[contains(@class, 'python')]")] == ["sum(range(7))"]
    assert "sum(range(7))" in typst
    assert "21" in shown
    for absent in ("unseen", "hidden", "#|", "chart()", "label:"):
        assert absent not in shown
        assert absent not in typst


@pytest.mark.parametrize(
    ("project", "page", "own", "is_shown"),
    [(False, None, None, False), (True, None, None, True), (False, True, None, True), (True, True, False, False)],
)
def test_the_cell_counts_before_the_page_and_the_page_before_the_project(tmp_path, project, page, own, is_shown):
    option = "" if own is None else f"#| echo: {str(own).lower()}\n"
    front_matter = "title: t" if page is None else f"title: t\nexecute:\n  echo: {str(page).lower()}"
    file = write(tmp_path, [cell(f"{option}code()", text__plain="x")], front_matter)
    read = read_page(file, settings={"execute": {"echo": project}})
    assert ("code()" in read.markdown) is is_shown


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "#| label: a\n#| layout-ncol: 2\nx",
            "Cell 2, line 2: the built-in renderer does not follow the option layout-ncol",
        ),
        ("#| fig-cap: [a, b]\nx", "Cell 2, line 1: .* the option fig-cap with several values"),
        ("#| label: a\n#| tbl-cap: c\nx", "Cell 2, line 2: .* a label that begins with tbl-"),
        ("#| label: [\nx", r"Cell 2, line \d: the options \(#\|\) are not YAML"),
        ("#| words\nx", "Cell 2, line 1: the options .* are not a list of names"),
    ],
)
def test_what_is_not_followed_is_refused_by_name_and_line(tmp_path, source, message):
    with pytest.raises(InputError, match=f"page.ipynb: {message}"):
        read_page(write(tmp_path, [cell(source, text__plain="x")]))


def test_a_shortcode_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="Cell 2: the built-in renderer does not follow the shortcode video"):
        read_page(write(tmp_path, [nbformat.v4.new_markdown_cell("{{< video film.mp4 >}}")]))


def test_quarto_counts_all_where_a_cell_has_a_label_of_its_own(config):
    from race_equality.render.quarto_copies import _in_both_forms

    def outputs(source: str) -> bool:
        ours = re.sub('src="[^"]*"', 'src="0123456789abcdef.svg"', OURS)  # pictures are files for Quarto
        book = nbformat.v4.new_notebook(cells=[cell(source, text__html=ours)])
        return _in_both_forms(book, config.metadata["crossref"])

    assert outputs("show()")
    assert outputs("x = '#fig-1'")
    assert not outputs("#| label: fig-mine\nshow()")
    assert not outputs('#| label: "tbl-mine"\nshow()')
