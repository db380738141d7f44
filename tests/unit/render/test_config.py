"""What is read from ``_quarto.yml``."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from race_equality.errors import InputError
from race_equality.render.config import NavigationItem, document_date, makes_pdf, page_address, read_config
from race_equality.render.contributions import read_contribution
from race_equality.render.edition import Edition
from race_equality.render.extension import EXTENSION

ROOT = Path(__file__).parents[3]


def test_the_project_as_it_is():
    config = read_config(ROOT)
    assert config.language == "en-GB"
    assert config.navigation == (
        NavigationItem("Find your trust", "index.qmd"),
        NavigationItem("All trusts", "executed/notebooks/national_overview.ipynb"),
        NavigationItem("Compare", "executed/notebooks/compare.ipynb"),
        NavigationItem("Staff and patients", "executed/notebooks/staff_and_patients.ipynb"),
        NavigationItem("Explore", "executed/notebooks/explore.ipynb"),
        NavigationItem("Data quality", "executed/notebooks/data_quality.ipynb"),
        NavigationItem("Methods and words", "executed/notebooks/methods.ipynb"),
    )
    assert config.pdf_standards == ("ua-1", "a-2a")
    assert config.number_sections
    assert all(file.is_file() for file in config.css)
    assert "Open Government Licence" in config.footer


def test_every_file_that_quarto_is_told_of_is_there():
    settings = read_config(ROOT).metadata
    named = [
        *(entry["path"] for entry in settings["filters"]),
        *settings["execute"]["ipynb-filters"],
        *settings["format"]["typst"]["template-partials"],
        *settings["format"]["html"]["css"],
        *settings["format"]["typst"]["font-paths"],
        read_contribution(ROOT, "race-equality").formats["docx"]["reference-doc"],
        *(name for theme in settings["format"]["html"]["theme"].values() for name in theme if name != "default"),
        settings["website"]["favicon"],
    ]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_dollar_sign_in_the_template_that_quarto_reads_as_pandoc_s():
    template = EXTENSION / "typst" / "typst-template.typ"
    assert "$" not in template.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("website: [", "_quarto.yml, row 1: It is not YAML"),
        ("", "_quarto.yml: It holds no settings"),
        ("website: 3", "_quarto.yml: website must hold settings, not 3"),
    ],
)
def test_a_fault_in_the_file_is_named(tmp_path, content, message):
    (tmp_path / "_quarto.yml").write_text(content)
    with pytest.raises(InputError, match=message):
        read_config(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="_quarto.yml: It cannot be read"):
        read_config(tmp_path)


def test_addresses():
    assert page_address("trusts/RJ1.ipynb") == "trusts/RJ1.html"
    assert page_address("index.qmd") == "index.html"
    assert page_address("https://example.org/a.ipynb.txt") == "https://example.org/a.ipynb.txt"


def test_a_document_has_its_own_date_or_the_one_of_the_environment(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    config = read_config(ROOT)
    # 2024-03-31 00:00 UTC, by `date -u -d 2024-03-31 +%s`
    assert document_date({"date": datetime.date(2024, 3, 31)}, config) == 1711843200
    assert document_date({"date": "2024-03-31"}, config) == 1711843200
    assert document_date({"date": "autumn 2024"}, config) == document_date({}, config) == 315532800
    # of a staged project: the newest publication's, or what SOURCE_DATE_EPOCH was when it was staged
    of_figures = replace(config, edition=Edition(date="2024-03-31"))
    assert document_date({}, of_figures) == 1711843200
    assert document_date({}, replace(config, edition=Edition(date="2024-03-31", epoch="1000"))) == 1000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000")
    assert document_date({"date": "2024-03-31"}, config) == 1000
    assert document_date({}, of_figures) == 1711843200


def test_a_page_may_do_without_a_pdf():
    config = read_config(ROOT)
    assert makes_pdf({}, config)
    assert makes_pdf({"format": {"typst": "default"}}, config)
    assert not makes_pdf({"format": "html"}, config)
    assert not makes_pdf({"format": {"html": {"toc": False}}}, config)


def test_the_project_asks_the_built_in_renderer_for_nothing_that_it_does_not_follow():
    assert read_config(ROOT).not_followed == ()


@pytest.mark.parametrize(
    ("content", "row", "name"),
    [
        ("website:\n  navbar:\n    left:\n      - text: x", 4, "website.navbar.left.0, which has no href"),
        ("lang: en\nwebsite:\n  announcement: Closed", 3, "website.announcement"),
        ("format:\n  html:\n    include-in-header: a.html", 3, "format.html.include-in-header"),
        ("format:\n  html:\n    theme:\n      light: [cosmo]", 3, "format.html.theme: cosmo"),
        ("format:\n  docx: default", 2, "format.docx"),
        ("fig-cap-location: bottom", 1, "fig-cap-location: bottom"),
        ("filters: [mine.lua]", 1, "filters: mine.lua"),
        ("bibliography: a.bib", 1, "bibliography"),
    ],
)
def test_what_only_quarto_follows_is_refused_by_name_and_line(tmp_path, content, row, name):
    (tmp_path / "_quarto.yml").write_text(content)
    config = read_config(tmp_path)  # Quarto takes it
    with pytest.raises(
        InputError, match=f"_quarto.yml, row {row}: The built-in renderer does not follow {name}"
    ) as error:
        config.check_for_built_in()
    assert "--renderer quarto" in str(error.value)


def test_a_style_sheet_that_is_not_there_is_named(tmp_path):
    (tmp_path / "_quarto.yml").write_text("format:\n  html:\n    css: mine.css\n")
    with pytest.raises(InputError, match="row 3: The style sheet mine.css is not there"):
        read_config(tmp_path).check_for_built_in()


def test_menus_and_lists_in_the_footer_are_links(tmp_path):
    (tmp_path / "_quarto.yml").write_text(
        """\
website:
  navbar:
    left:
      - text: More
        menu:
          - text: About
            href: about.qmd
          - "---"
          - text: A heading
          - https://example.org/a
    right: [{text: Help, file: help.md}]
  page-footer:
    left: Words.
    right:
      - {text: About, href: about.qmd}
"""
    )
    config = read_config(tmp_path)
    assert config.navigation == (
        NavigationItem("About", "about.qmd"),
        NavigationItem("a", "https://example.org/a"),
        NavigationItem("Help", "help.md"),
    )
    assert config.footer == "Words. [About](about.html)"
    assert config.not_followed == ()
