"""A report as one file: nothing beside it is needed, and no link of it is dead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html as lxml_html

from race_equality.commands.main import main
from race_equality.errors import InputError
from race_equality.project import Project
from race_equality.render import stage_project
from race_equality.render.single_file import single_file

ROOT = Path(__file__).parents[3]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    stage_project(Project(ROOT), tmp_path / "output" / "project")
    golden = ROOT / "tests" / "notebooks" / "board_report_R1H.ipynb"
    shutil.copy(golden, tmp_path / "output" / "project" / "trusts" / "R1H.ipynb")
    return tmp_path / "output"


def links(page: str) -> list[str]:
    return lxml_html.fromstring(page).xpath("//a/@href")


def test_no_link_leads_to_a_file_that_is_not_sent(output):
    page = single_file(output / "project", "trusts/R1H.ipynb")
    assert [href for href in links(page) if not href.startswith(("#", "https://"))] == []
    document = lxml_html.fromstring(page)
    assert document.xpath("//p[@class='site-title']")[0].text_content() == "Race equality in NHS trusts"
    assert "R1H.pdf" not in page
    for address in document.xpath("//@src | //link/@href"):
        assert address.startswith("data:")


def test_where_the_site_has_an_address_links_lead_there(output):
    settings = output / "project" / "_quarto.yml"
    settings.write_text(settings.read_text().replace("website:\n", "website:\n  site-url: https://example.org/race\n"))
    page = single_file(output / "project", "trusts/R1H.ipynb")
    assert lxml_html.fromstring(page).xpath("//p[@class='site-title']/a/@href") == [
        "https://example.org/race/index.html"
    ]


def test_the_command_writes_the_file(output, tmp_path):
    to = tmp_path / "mail" / "report.html"
    done = CliRunner().invoke(main, ["single-file", "r1h", "--output", str(output), "--to", str(to)])
    assert (done.exit_code, done.output) == (0, f"{to}\n")
    assert to.read_text(encoding="utf-8") == single_file(output / "project", "trusts/R1H.ipynb")


def test_a_report_that_is_not_built_is_said(output):
    with pytest.raises(InputError, match="Build the report first"):
        single_file(output / "project", "trusts/RV5.ipynb")
    done = CliRunner().invoke(main, ["single-file", "RV5", "--output", str(output)])
    assert done.exit_code == 2
    assert "RV5.ipynb: It has not been made yet. Build the report first." in done.output


def test_an_unknown_trust_is_refused(output):
    done = CliRunner().invoke(main, ["single-file", "../x", "--output", str(output)])
    assert done.exit_code == 2
