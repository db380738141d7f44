"""``race-equality docs``: every page is there and reachable, links hold, examples run, the reference is the code's."""

import re
import shutil

import pytest

import race_equality
from race_equality import analysis
from race_equality.definitions.indicators import INDICATORS
from race_equality.documentation import site as documentation_site
from race_equality.documentation.site import dead_links, stage_documentation
from race_equality.errors import InputError
from race_equality.project import Project
from tests.conftest import ROOT

#: Examples that other tests run, with what they need.
TESTED_ELSEWHERE = ("own_question.md", "downloads.md", "new_data.md")


QUARTO = [pytest.mark.quarto, pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH")]


@pytest.fixture(scope="module", params=["built-in", pytest.param("quarto", marks=QUARTO)])
def site(request, tmp_path_factory):
    from click.testing import CliRunner

    from race_equality.commands.main import main

    folder = tmp_path_factory.mktemp("docs") / "site"
    end = CliRunner().invoke(main, ["docs", "--output", str(folder), "--renderer", request.param])
    assert end.exit_code == 0, end.output
    return folder


def test_every_page_is_reached_from_the_first_and_no_link_is_dead(site):
    pages = {file.relative_to(site).as_posix() for file in site.rglob("*.html")}
    documents = {file.relative_to(ROOT).with_suffix(".html").as_posix() for file in (ROOT / "docs").glob("*.md")}
    assert documents - pages == {"docs/index.html"}, "it is the first page"
    first = (site / "index.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'href="(?:\./)?((?:docs|data)/[^"#]+\.html)', first))
    assert documents - linked == {"docs/index.html"}
    assert list(dead_links(site)) == []


def test_the_reference_has_each_function_indicator_and_command(site):
    python = (site / "docs/reference/python.html").read_text(encoding="utf-8")
    functions = (site / "docs/reference/python_analysis.html").read_text(encoding="utf-8")
    for page, names in ((python, race_equality.__all__), (functions, analysis.__all__)):
        public = [name for name in names if name[0] != "_" and not name.isupper()]
        assert [name for name in public if not re.search(rf"<h2[^>]*>(?:<[^>]*>)*{name}<", page)] == []
    assert "Add the invented figures of the demonstration trust" in python, "a parameter of figures()"
    indicators = (site / "docs/reference/indicators.html").read_text(encoding="utf-8")
    assert [one.id for one in INDICATORS if f'id="{one.id}"' not in indicators] == []
    commands = (site / "docs/reference/commands.html").read_text(encoding="utf-8")
    for command in ("race-equality build", "race-equality data layout check", "race-equality docs"):
        assert re.search(rf"<h[23][^>]*>{command}</h", commands)


@pytest.mark.parametrize(
    "file",
    [
        file
        for file in sorted((ROOT / "docs").glob("*.md"))
        if file.name not in TESTED_ELSEWHERE and "```python" in file.read_text(encoding="utf-8")
    ],
    ids=lambda file: file.name,
)
def test_examples_run(file):
    for code in re.findall(r"^```python\n(.*?)^```", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        exec(compile(code, str(file), "exec"), {})


def test_a_dead_link_is_named_with_its_page(tmp_path):
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "docs", root / "docs")
    (root / "src").symlink_to(ROOT / "src")
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "data/README.md",
        "benchmarks/results.md",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    charts = root / "docs" / "charts.md"
    charts.write_text(charts.read_text(encoding="utf-8") + "\nSee [tables](tables.md).\n", encoding="utf-8")
    from race_equality.commands.main import main

    with pytest.raises(InputError, match=r"charts\.md: The link to tables\.md leads to nothing"):
        stage_documentation(Project(root), tmp_path / "project", main)


def test_a_new_site_takes_the_place_of_the_old_one_whole(tmp_path, monkeypatch):
    old, target = tmp_path / "first", tmp_path / "docs"
    for number, folder in enumerate((old, tmp_path / "second")):
        folder.mkdir()
        (folder / "index.html").write_text(f"{number}", encoding="utf-8")
    documentation_site._publish(old, target)
    copied = shutil.copytree

    def copy_and_look(source, to):
        copied(source, to)
        assert (target / "index.html").read_text(encoding="utf-8") == "0", (
            "the old site stands until the new one is copied"
        )

    monkeypatch.setattr(documentation_site.shutil, "copytree", copy_and_look)
    documentation_site._publish(tmp_path / "second", target)
    assert (target / "index.html").read_text(encoding="utf-8") == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docs", "first", "second"]

    def disk_full(source, to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(documentation_site.shutil, "copytree", disk_full)
    with pytest.raises(OSError, match="No space"):
        documentation_site._publish(old, target)
    assert (target / "index.html").read_text(encoding="utf-8") == "1"
