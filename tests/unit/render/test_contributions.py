"""The formats that Quarto extensions contribute, as the built-in renderer follows them."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import nbformat
import nbformat.v4
import pytest
import yaml

from race_equality.errors import InputError
from race_equality.project import Project
from race_equality.render import render_site, stage_project
from race_equality.render.config import read_config
from race_equality.render.extension import EXTENSION, IN_PROJECT

ROOT = Path(__file__).parents[3]

ACME = """\
title: Acme
version: 1.0.0
contributes:
  formats:
    common:
      toc: true
      toc-title: In this page
      number-sections: true
    html:
      css: [acme.css]
      toc-depth: 1
    typst:
      papersize: us-letter
      running-title: Acme
    docx:
      reference-doc: acme.docx
"""


@pytest.fixture
def project(tmp_path) -> Path:
    """A project with an extension of somebody else's, as `quarto add acme/acme` puts it there."""
    folder = tmp_path / "_extensions" / "acme" / "acme"
    folder.mkdir(parents=True)
    (folder / "_extension.yml").write_text(ACME)
    (folder / "acme.css").write_text("main { color: red }")
    (tmp_path / "mine.css").write_text("main { color: blue }")
    return tmp_path


def configured(project: Path, settings: str):
    (project / "_quarto.yml").write_text(settings)
    return read_config(project)


def test_what_an_extension_contributes_is_followed_below_what_the_project_says(project):
    config = configured(project, "format:\n  acme-html: default\n  acme-typst: default\n")
    assert config.not_followed == ()
    assert (config.toc, config.toc_title, config.toc_depth, config.number_sections) == (True, "In this page", 1, True)
    assert config.css == (project / "_extensions/acme/acme/acme.css",)
    assert (config.pdf_setting("papersize"), config.pdf_setting("running-title")) == ("us-letter", "Acme")

    config = configured(
        project,
        "toc-depth: 2\nnumber-sections: false\n"
        "format:\n  acme-html:\n    css: mine.css\n  acme/acme-typst:\n    papersize: a5\n",
    )
    assert (config.toc_depth, config.number_sections, config.pdf_setting("papersize")) == (2, False, "a5")
    assert config.css == (project / "_extensions/acme/acme/acme.css", project / "mine.css"), "lists are continued"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("      toc: true", "contributes.formats.common.lightbox"),
        ("      css: [acme.css]", "contributes.formats.html.lightbox"),
        ("      papersize: us-letter", "contributes.formats.typst.lightbox"),
    ],
)
def test_what_an_extension_contributes_and_is_not_followed_is_named_with_its_file_and_line(project, line, name):
    file = project / "_extensions/acme/acme/_extension.yml"
    file.write_text(ACME.replace(line, f"{line}\n      lightbox: true"))
    (refused,) = configured(project, "format:\n  acme-html: default\n  acme-typst: default\n").not_followed
    row = file.read_text().splitlines().index("      lightbox: true") + 1
    assert str(refused).startswith(f"_extension.yml, row {row}: The built-in renderer does not follow {name}.")


def test_settings_of_a_format_of_an_extension_are_named_as_they_stand(project):
    (refused,) = configured(project, "format:\n  acme-html:\n    theme: cosmo\n").not_followed
    assert str(refused).startswith(
        "_quarto.yml, row 3: The built-in renderer does not follow format.acme-html.theme: cosmo"
    )
    (refused,) = configured(project, "format:\n  acme-html: default\n  acme-docx: default\n").not_followed
    assert str(refused).startswith("_quarto.yml, row 3: The built-in renderer does not follow format.acme-docx.")


def test_an_extension_that_is_not_there_or_is_broken_is_named(project):
    with pytest.raises(
        InputError, match=r"_quarto.yml: format.none-html is of an extension that is not in _extensions/"
    ):
        configured(project, "format: none-html")
    file = project / "_extensions/acme/acme/_extension.yml"
    for text, message in (
        ("contributes: [", "It is not YAML"),
        ("contributes: {filters: [a.lua]}", "It contributes no formats"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=f"_extension.yml: {message}"):
            configured(project, "format: acme-html")


def test_a_project_s_own_copy_of_our_extension_is_what_its_pages_are_made_with(tmp_path):
    root, staged, site = tmp_path / "checkout", tmp_path / "staged", tmp_path / "site"
    shutil.copytree(EXTENSION, root / IN_PROJECT, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "_quarto.yml").write_text(
        "project: {type: website}\nformat:\n  race-equality-html: default\n  race-equality-typst: default\n"
    )
    shutil.copy(ROOT / "index.qmd", root)
    for name, text in (
        ("web/report.css", "\nmain { color: red }"),
        ("web/charts.js", "\n/* mine */"),
        ("typst/typst-show.typ", "\n// mine"),
    ):
        with open(root / IN_PROJECT / name, "a", encoding="utf-8") as file:
            file.write(text)
    stage_project(Project(root), staged)
    cells = [nbformat.v4.new_raw_cell("---\ntitle: A page\n---"), nbformat.v4.new_markdown_cell("Words.")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), staged / "notebooks" / "page.ipynb")
    assert render_site(staged, site, ["notebooks/page.ipynb"], engine="built-in") == []
    page = (site / "notebooks" / "page.html").read_text(encoding="utf-8")
    assert "main { color: red }" in page
    assert "/* mine */" in page
    assert (site / "notebooks" / "page.pdf").read_bytes().startswith(b"%PDF")


def test_our_extension_is_of_the_version_of_the_package_and_another_is_refused(tmp_path):
    settings = yaml.safe_load((EXTENSION / "_extension.yml").read_text(encoding="utf-8"))
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert settings["version"] == package
    own = tmp_path / IN_PROJECT / "_extension.yml"
    own.parent.mkdir(parents=True)
    for name in ("filters", "typst", "web"):
        shutil.copytree(EXTENSION / name, own.with_name(name))
    own.write_text(
        (EXTENSION / "_extension.yml").read_text(encoding="utf-8").replace(f"version: {package}", "version: 0.1.0")
    )
    (refused,) = configured(tmp_path, "format: race-equality-html").not_followed
    assert f"_extension.yml: It is of version 0.1.0, and this package goes with {package}." in str(refused)
