"""Executed notebooks: their front matter, and what of them reaches a page."""

from __future__ import annotations

import base64
import json

import nbformat
import nbformat.v4
import pytest
import yaml

from race_equality.errors import InputError
from race_equality.markdown import without_escapes
from race_equality.render import set_front_matter
from race_equality.render.extension import html_outputs
from race_equality.render.front_matter import read_front_matter
from race_equality.render.notebook import picture_bytes, read_page


def notebook(*cells, front_matter: str | None = "---\ntitle: Report\ndate: 2026-04-01\n---"):
    first = [nbformat.v4.new_raw_cell(front_matter)] if front_matter else []
    return nbformat.v4.new_notebook(cells=[*first, *cells])


def code(*outputs: dict, source: str = "code()", **metadata):
    cell = nbformat.v4.new_code_cell(source, metadata=metadata)
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    return cell


def read(tmp_path, book):
    file = tmp_path / "page.ipynb"
    nbformat.write(book, file)
    return read_page(file)


def front_matter_of(book) -> dict:
    return yaml.safe_load(book.cells[0].source.strip("-"))


@pytest.mark.parametrize("length", [10, 5_000, 20_000])
def test_front_matter_of_any_length_is_read(tmp_path, length):
    nbformat.write(notebook(front_matter=f"---\ntitle: {'é' * length}\n---"), tmp_path / "page.ipynb")
    assert read_front_matter(tmp_path / "page.ipynb") == {"title": "é" * length}


def test_fields_are_added_changed_and_removed():
    book = set_front_matter(notebook(), title="Leeds", subtitle="Board report", date=None)
    assert front_matter_of(book) == {"title": "Leeds", "subtitle": "Board report"}
    assert book.cells[0].source.startswith("---\n")
    assert book.cells[0].source.endswith("\n---")


def test_a_notebook_without_front_matter_gets_one():
    book = set_front_matter(notebook(front_matter=None), title="Leeds")
    assert book.cells[0].cell_type == "raw"
    assert front_matter_of(book) == {"title": "Leeds"}
    nbformat.validate(book)


@pytest.mark.parametrize(
    "title", ["A: b", "it's", '"quoted"', "a\nb", "<script>", "*x*", "@fig-x", "# x", "c:\\d", "שלום", "- x"]
)
def test_any_title_comes_back_as_it_was(title):
    book = set_front_matter(notebook(), title=title)
    assert without_escapes(front_matter_of(book)["title"]) == title


def test_the_trust_is_kept_as_it_is():
    trust = {"code": "RX1", "name": "St <b>", "region": "London", "kind": "acute"}
    assert front_matter_of(set_front_matter(notebook(), trust=trust))["trust"] == trust


def test_of_each_output_one_form_is_taken(tmp_path):
    page = read(
        tmp_path,
        notebook(
            nbformat.v4.new_markdown_cell("words"),
            code({"text/html": "<p>first</p>", "text/markdown": "no", "text/plain": "no"}),
            code({"text/markdown": "**second**", "text/plain": "no"}),
            code({"text/plain": "third"}),
        ),
    )
    assert page.front_matter["title"] == "Report"
    assert page.markdown == (
        'words\n\n```{=html}\n<p>first</p>\n```\n\n```{=typst}\n#"first";\n\n#parbreak()\n\n```\n\n**second**\n\n```\nthird\n```\n'
    )


def test_streams_errors_and_hidden_cells_stay_out(tmp_path):
    noisy = code(source="print(1)")
    noisy.outputs = [nbformat.v4.new_output("stream", text="a warning")]
    hidden = code({"text/markdown": "hidden by tag"}, tags=["remove-cell"])
    option = code({"text/markdown": "hidden by option"}, source="#| include: false\n1")
    page = read(tmp_path, notebook(noisy, hidden, option))
    assert page.markdown.strip() == ""


def test_backticks_in_html_do_not_end_it(tmp_path):
    page = read(tmp_path, notebook(code({"text/html": "<p>```</p>"})))
    assert page.markdown == '````{=html}\n<p>```</p>\n````\n\n````{=typst}\n#"```";\n\n#parbreak()\n\n````\n'


def test_pictures_step_aside_and_come_back(tmp_path):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="10"></svg>'
    address = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    html = f'<figure id="fig-x"><img src="{address}" alt="a > b"></figure>'
    page = read(tmp_path, notebook(code({"text/html": html}), code({"image/svg+xml": svg.decode()})))
    (name,) = page.pictures  # the same picture twice is one picture
    assert page.pictures[name] == address
    assert picture_bytes(address) == svg
    assert f'<img natural-width="640" src="{name}" alt="a > b">' in page.markdown
    assert f"![]({name})" in page.markdown
    assert "base64" not in page.markdown


def test_a_percent_encoded_picture_is_read():
    assert picture_bytes("data:image/svg+xml,%3Csvg/%3E") == b"<svg/>"


@pytest.mark.parametrize("content", ["", "[]", '{"cells": 3}', '{"nbformat": 4}', "not json"])
def test_what_is_not_a_notebook_is_refused_by_name(tmp_path, content):
    file = tmp_path / "broken.ipynb"
    file.write_text(content)
    with pytest.raises(InputError, match="broken.ipynb: It is not a notebook"):
        read_page(file)


def test_front_matter_that_is_not_yaml_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="page.ipynb: Its front matter is not YAML"):
        read(tmp_path, notebook(front_matter="---\ntitle: [open\n---"))


def test_quarto_gets_html_as_raw_blocks():
    # a file has lines as lists
    book = json.loads(nbformat.writes(notebook(code({"text/html": "<p>\na</p>", "text/plain": "x"}))))
    (output,) = html_outputs.html_as_raw_blocks(book)["cells"][1]["outputs"]
    assert output["data"] == {"text/plain": ["x"], "text/markdown": "```{=html}\n<p>\na</p>\n```"}
