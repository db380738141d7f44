"""Each of Quarto's settings that the guide lists is tried: followed, refused by name and line, or without effect."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import nbformat.v4
import pytest
import yaml

from race_equality.errors import InputError
from race_equality.render import cell_options
from race_equality.render.builtin import page_html, translated_page
from race_equality.render.config import SiteConfig, read_config
from race_equality.render.notebook import read_page
from race_equality.render.pandoc import Translator
from race_equality.render.quarto_settings import (
    FIELDS_FOLLOWED,
    FIELDS_NOT_APPLICABLE,
    FIELDS_REFUSED,
    FILES_REFUSED,
    FOLLOWED,
    NOT_APPLICABLE,
    REFUSED,
)
from race_equality.render.settings_table import table

ROOT = Path(__file__).parents[3]
EXTENSION = "_extensions/race-equality"

#: A value that changes a page, a PDF or what is made.
EXAMPLES: dict[str, Any] = {
    "lang": "cy",
    "toc": True,
    "toc-title": "What is here",
    "toc-depth": 1,
    "number-sections": True,
    "papersize": "us-letter",
    "margin": {"x": "3cm"},
    "mainfont": "DejaVu Sans",
    "fontsize": "14pt",
    "css": "mine.css",
    "project.render": ["index.qmd", "about.qmd"],
    "website.title": "Another site",
    "website.site-url": "https://example.org",
    "website.navbar.left": [{"text": "About", "href": "about.qmd"}],
    "website.navbar.right": [{"text": "About", "href": "about.qmd"}],
    "website.page-footer": "Words below",
    "website.page-footer.left": "Words below",
    "website.page-footer.center": "Words below",
    "website.page-footer.right": "Words below",
    "execute.echo": True,
    "execute.output": False,
    "execute.include": False,
    "crossref.fig-title": "Chart",
    "crossref.tbl-title": "List",
    "crossref.fig-prefix": "Chart",
    "crossref.tbl-prefix": "List",
    "crossref.sec-prefix": "Chapter",
    "format.html.toc": True,
    "format.html.toc-title": "What is here",
    "format.html.toc-depth": 1,
    "format.html.css": "mine.css",
    "format.typst.toc": True,
    "format.typst.section-numbering": "A.1",
    "format.typst.pdf-standard": "a-2b",
    "format.typst.papersize": "us-letter",
    "format.typst.margin": {"x": "3cm"},
    "format.typst.mainfont": "DejaVu Sans",
    "format.typst.fontsize": "14pt",
    "format.typst.running-title": "At the top of each page",
}
#: The value that both renderers have, and one that only Quarto follows.
ONE_VALUE: dict[str, tuple[Any, Any]] = {
    "filters": ([{"at": "pre-ast", "path": f"{EXTENSION}/filters/native-blocks.lua"}], ["mine.lua"]),
    "fig-cap-location": ("top", "bottom"),
    "tbl-cap-location": ("top", "margin"),
    "project.type": ("website", "book"),
    "execute.ipynb-filters": ([f"{EXTENSION}/filters/html_outputs.py"], ["mine.py"]),
    "format.html.theme": ("default", "cosmo"),
    "format.html.mainfont": ("Arimo", "Comic Neue"),
    "format.typst.template-partials": ([f"{EXTENSION}/typst/typst-show.typ"], ["mine.typ"]),
}
#: What has settings in it, and what says whose reports are made (tests/unit/commands/test_quarto_steps.py).
SECTIONS = {
    "project",
    "website",
    "execute",
    "crossref",
    "format",
    "format.html",
    "format.typst",
    "website.navbar",
    "reports",
}
#: What else must be there for a setting to show.
NEEDS: dict[str, dict[str, Any]] = {
    "toc-title": {"toc": True},
    "toc-depth": {"toc": True},
    "format.html.toc-title": {"toc": True},
    "format.html.toc-depth": {"toc": True},
    "crossref.sec-prefix": {"number-sections": True},
    "format.typst.section-numbering": {"number-sections": True},
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def paths(kinds: Mapping[str, frozenset[str]]) -> list[str]:
    return [f"{section}.{name}" if section else name for section, names in kinds.items() for name in sorted(names)]


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = one | other
    for name in one.keys() & other.keys():
        if isinstance(one[name], dict) and isinstance(other[name], dict):
            both[name] = merged(one[name], other[name])
    return both


@pytest.fixture
def configured(tmp_path):
    (tmp_path / "mine.css").write_text("main { color: red }")
    (tmp_path / "about.qmd").write_text("About.")

    def configured(*settings: dict[str, Any]) -> SiteConfig:
        every: dict[str, Any] = {}
        for one in settings:
            every = merged(every, one)
        (tmp_path / "_quarto.yml").write_text(yaml.safe_dump(every, sort_keys=False))
        return read_config(tmp_path)

    return configured


@pytest.fixture(scope="module")
def translator() -> Iterator[Translator]:
    with Translator() as translator:
        yield translator


@pytest.fixture(scope="module")
def notebook(tmp_path_factory) -> Path:
    code = nbformat.v4.new_code_cell("#| label: fig-a\n#| fig-cap: A\n#| fig-alt: A square\ncode()")
    code.outputs = [nbformat.v4.new_output("display_data", data={"image/svg+xml": SVG})]
    words = "## One {#sec-one}\n\nSee @fig-a, @tbl-a and @sec-one.\n\n### Two\n\n|a|\n|-|\n|1|\n\n: T {#tbl-a}\n\n#### Three\n"
    file = tmp_path_factory.mktemp("tried") / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words), code]), file)
    return file


def test_each_setting_that_is_followed_shows(configured, translator, notebook):
    assert {*EXAMPLES, *ONE_VALUE} | SECTIONS >= set(paths(FOLLOWED)), "a setting is not tried"
    formats = {"format": {"html": {}, "typst": {}}, "execute": {"echo": False}}

    def made(config: SiteConfig) -> tuple[str, str, object, str, tuple[str, ...]]:
        config.check_for_built_in()
        page = read_page(notebook, settings=config.metadata)
        both = translated_page(page, config, translator)
        html = page_html(page, "page.html", config, translation=both)
        return html, both.typst, config.pdf_standards, config.site_url, config.other_pages

    before = {}
    for path, value in EXAMPLES.items():
        need = NEEDS.get(path, {})
        key = repr(need)
        if key not in before:
            before[key] = made(configured(formats, need))
        assert made(configured(formats, need, nested(path, value))) != before[key], f"{path} changes nothing"


def test_what_has_one_value_in_both_renderers_is_refused_any_other(configured):
    for path, (ours, another) in ONE_VALUE.items():
        assert configured(nested(path, ours)).not_followed == (), path
        (refused,) = configured(nested(path, another)).not_followed
        assert f"does not follow {path}: " in str(refused)


def test_each_setting_that_does_not_apply_is_taken_and_changes_nothing(configured):
    for path in paths(NOT_APPLICABLE):
        section = path.rpartition(".")[0]
        value = ONE_VALUE[path][0] if path in ONE_VALUE else "x"
        with_it = configured(nested(path, value))
        assert with_it.not_followed == (), path
        without = configured(nested(section, {}) if section else {"lang": "en"})
        assert dataclasses.replace(with_it, metadata={}) == dataclasses.replace(without, metadata={}), path


def test_each_setting_that_is_refused_is_named_with_its_line(configured):
    for path in [*paths(REFUSED), "website.not-of-quarto", "not-of-quarto"]:
        (refused,) = configured({"lang": "en"}, nested(path, "x")).not_followed
        line = 2 + path.count(".")
        assert str(refused).startswith(f"_quarto.yml, row {line}: The built-in renderer does not follow {path}."), path


def page_with(folder: Path, fields: str) -> Path:
    file = folder / "page.ipynb"
    cells = [nbformat.v4.new_raw_cell(f"---\ntitle: t\n{fields}\n---"), nbformat.v4.new_markdown_cell("words")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
    return file


def test_each_field_of_a_page_is_followed_without_effect_or_refused_by_name_and_line(tmp_path):
    for name in FIELDS_FOLLOWED | FIELDS_NOT_APPLICABLE:
        value = {"format": "html", "execute": "{echo: false}"}.get(name, "x")
        assert read_page(page_with(tmp_path, f"{name}: {value}")).front_matter
    for name in [*FIELDS_REFUSED, "not-of-quarto"]:
        with pytest.raises(InputError, match=rf"page.ipynb: Front matter, line 3: .* does not follow {name}\."):
            read_page(page_with(tmp_path, f"{name}: x"))
    for fields, line, name in [
        ("format:\n  html: default\n  docx: default", 5, "format.docx"),
        ("format:\n  html:\n    toc: false", 5, "format.html.toc"),
        ("execute:\n  debug: true", 4, "execute.debug"),
    ]:
        with pytest.raises(InputError, match=rf"Front matter, line {line}: .* does not follow {name}\."):
            read_page(page_with(tmp_path, fields))


def cell_with(folder: Path, options: str) -> Path:
    cell = nbformat.v4.new_code_cell(f"{options}code()")
    cell.outputs = [nbformat.v4.new_output("display_data", data={"image/svg+xml": SVG})]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "page.ipynb")
    return folder / "page.ipynb"


def test_each_option_of_a_cell_is_followed_without_effect_or_refused_by_name_and_line(tmp_path):
    def read(options: str) -> str:
        return read_page(cell_with(tmp_path, options)).markdown

    tried = {
        "label": "fig-a",
        "fig-cap": "A caption",
        "fig-alt": "A square",
        "tbl-cap": "A caption\n#| label: tbl-a",
        "echo": "true",
        "output": "false",
        "include": "false",
    }
    assert tried.keys() == cell_options.FOLLOWED
    plain = read("")
    for name, value in tried.items():
        assert read(f"#| {name}: {value}\n") != plain, name
    for name in cell_options.WITHOUT_EFFECT:
        assert read(f"#| {name}: 1\n") == plain, name
    for name in cell_options.REFUSED:
        with pytest.raises(InputError, match=f"Cell 1, line 2: .* does not follow the option {name}"):
            read(f"#| echo: true\n#| {name}: 1\n")


def test_a_file_that_quarto_applies_to_all_pages_is_refused(configured, tmp_path):
    for name in FILES_REFUSED:
        (tmp_path / name).write_text("color: {}\n")
        (refused,) = configured({"lang": "en"}).not_followed
        assert str(refused).startswith(f"{name}: The built-in renderer does not follow this file")
        (tmp_path / name).unlink()


def test_the_guide_is_the_one_that_the_code_writes():
    guide = (ROOT / "docs" / "quarto_settings.md").read_text(encoding="utf-8")
    assert guide == table(), "python -m race_equality.render.settings_table"
