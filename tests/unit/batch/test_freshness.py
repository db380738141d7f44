"""What a page rests on, and what does not touch it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

import race_equality
from race_equality.batch import freshness
from race_equality.batch.freshness import Inputs, decide_work, fingerprint, is_unchanged, outputs_of
from race_equality.batch.plan import Page
from race_equality.project import Project

PACKAGE = Path(race_equality.__file__).parent


@pytest.fixture
def project(small_project) -> Project:
    return Project(small_project)


OVERVIEW = Page("notebooks/national_overview.ipynb", "notebooks/national_overview.ipynb")


def trust_page(project: Project, code: str = "RJ1") -> Page:
    from race_equality.store.trusts import resolve_trust

    return Page(
        f"trusts/{code}.ipynb",
        "notebooks/board_report.ipynb",
        MappingProxyType({"trust_code": code}),
        resolve_trust(code, project=project),
    )


def rests(project: Project, page: Page) -> dict[str, str]:
    return Inputs(project, "built-in").notebook_hashes(page)


def changes(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_nothing_changes_by_itself(project):
    page = trust_page(project)
    assert rests(project, page) == rests(project, page)
    inputs = Inputs(project, "built-in")
    assert inputs.rendering_hashes() == Inputs(project, "built-in").rendering_hashes()


@pytest.mark.parametrize(
    ("file", "of_trust", "of_overview"),
    [
        ("notebooks/board_report.ipynb", {"notebook"}, set()),
        ("notebooks/national_overview.ipynb", set(), {"notebook"}),
        ("params/_defaults.yml", {"params"}, {"params"}),
        ("params/trusts/RJ1.yml", {"params"}, {"params"}),
        ("params/trusts/RRK.yml", set(), {"params"}),
        ("data/figures/new.parquet", {"figures"}, {"figures"}),
        ("data/local/wres_return_RRK.parquet", {"figures"}, {"figures"}),
        ("data/local/RJ1_wres_return.csv", set(), set()),  # a template to fill in
        ("data/local/RJ1_wres_return.xlsx", set(), set()),
        ("data/local/history/1/before/data/figures/new.parquet", set(), set()),
        ("data/sources/new.yml", {"figures"}, {"figures"}),
        ("data/layouts/new.yml", {"code"}, {"code"}),  # it can declare indicators
        ("README.md", set(), set()),
        ("_quarto.yml", set(), set()),
        ("params/trusts/.RJ1.yml.swp", set(), set()),
    ],
)
def test_what_a_file_touches(project, file, of_trust, of_overview):
    pages = (trust_page(project), OVERVIEW)
    before = [rests(project, page) for page in pages]
    path = project.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as content:
        content.write(b"\n# more\n")
    after = [rests(project, page) for page in pages]
    assert [changes(*pair) for pair in zip(before, after, strict=True)] == [of_trust, of_overview]


def test_a_threshold_that_one_trust_raises_touches_every_page(project):
    pages = (trust_page(project), OVERVIEW)
    before = [rests(project, page) for page in pages]
    own = project.params / "trusts" / "RRK.yml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(
        "settings:\n  minimum_responses:\n    value: 40\n    source: the trust's own rule\n", encoding="utf-8"
    )
    after = [rests(project, page) for page in pages]
    assert [changes(*pair) for pair in zip(before, after, strict=True)] == [{"thresholds"}, {"params", "thresholds"}]


def test_another_trust_has_other_parameters_alone(project):
    assert changes(rests(project, trust_page(project)), rests(project, trust_page(project, "RRK"))) == {"parameters"}


@pytest.mark.parametrize(
    ("module", "notebook", "rendering"),
    [
        ("analysis/wres.py", {"code"}, set()),
        ("statistics/intervals.py", {"code"}, set()),
        ("params/actions.py", {"code"}, set()),
        ("report/only-own-fonts.conf", {"code"}, set()),
        ("quite_new.py", set(), set()),  # until something imports it
        ("batch/execute.py", {"code"}, set()),
        ("batch/pool.py", set(), set()),
        ("render/front_matter.py", {"code"}, {"site"}),
        ("downloads/spreadsheet.py", set(), {"downloads"}),
        ("commands/main.py", set(), set()),
        ("downloads/codebook.py", {"code"}, {"downloads"}),
        ("audit/site.py", set(), set()),
        ("sources/new.py", set(), set()),
        ("render/site.py", set(), {"site"}),
        ("render/assets/web/page.css", set(), {"site"}),
    ],
)
def test_what_a_module_touches(project, tmp_path, monkeypatch, module, notebook, rendering):
    package = tmp_path / "race_equality"
    shutil.copytree(Path(race_equality.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.setattr(freshness.race_equality, "__file__", str(package / "__init__.py"))
    shutil.copytree(PACKAGE.parents[1] / "notebooks", project.notebooks, dirs_exist_ok=True)
    page = trust_page(project)
    before = rests(project, page), Inputs(project, "built-in").rendering_hashes()
    with open(package / module, "a", encoding="utf-8") as content:
        content.write("\n# more\n")
    after = rests(project, page), Inputs(project, "built-in").rendering_hashes()
    assert changes(before[0], after[0]) == notebook
    assert changes(before[1], after[1]) == rendering


def test_what_python_imports_for_a_notebook_counts(project):
    """Python's own list of what the package's modules import on the way to a page, held to what is read in the code."""
    code = "import json, sys; from race_equality import analysis, notebook; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    ours = {name for name in modules if name.startswith("race_equality.")}
    inputs = Inputs(project, "built-in")
    files = {PACKAGE / "analysis/__init__.py", PACKAGE / "notebook.py"}
    while more := {file for one in files for file in inputs._imported(one.read_text(encoding="utf-8"))} - files:
        files |= more
    modules = {PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in ours}
    assert len(modules) > 30
    assert {file for file in modules if file.is_file()} <= files


@pytest.mark.parametrize(
    ("line", "follows"),
    [
        ("import race_equality as re", True),
        ("from race_equality import figures, findings", True),
        (r'    "from race_equality import analysis\n",', False),
        ("from race_equality.analysis import wres", False),
    ],
)
def test_what_the_package_offers_is_followed_where_a_notebook_asks_for_it(project, line, follows):
    """`re.figures()` is imported when it is first used, so that no import line of a module that runs names it."""
    imported, files = Inputs(project, "built-in")._imported, set()
    while (
        more := {file for code in ([line] if not files else map(Path.read_text, files)) for file in imported(code)}
        - files
    ):
        files |= more
    assert (PACKAGE / "api.py" in files) == (PACKAGE / "downloads" / "files.py" in files) == follows
    assert PACKAGE / "analysis" / "wres.py" in files


def test_versions_touch_both(project, monkeypatch):
    page = trust_page(project)
    before = rests(project, page), Inputs(project, "built-in").rendering_hashes()
    monkeypatch.setattr(freshness, "versions", lambda: {"pandas": "99"})
    after = rests(project, page), Inputs(project, "built-in").rendering_hashes()
    assert changes(before[0], after[0]) == {"versions"}
    assert changes(before[1], after[1]) == {"versions"}


def test_another_renderer_renders_again(project, tmp_path, monkeypatch):
    quarto = tmp_path / "quarto"
    quarto.write_text("#!/bin/sh\n")
    quarto.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    built_in, automatic = (Inputs(project, name).rendering_hashes() for name in ("built-in", "auto"))
    assert changes(built_in, automatic) == {"renderer"}
    quarto.write_text("#!/bin/sh\n# a new version\n")
    assert changes(automatic, Inputs(project, "auto").rendering_hashes()) == {"renderer"}


@pytest.fixture
def made(project, tmp_path):
    """The record and files of a page that is up to date."""
    page = trust_page(project)
    staged, site = tmp_path / "staged", tmp_path / "site"
    for folder, names in ((staged, ["RJ1.ipynb"]), (site, ["RJ1.html", "RJ1.pdf", "RJ1.ipynb"])):
        (folder / "trusts").mkdir(parents=True)
        for name in names:
            (folder / "trusts" / name).write_text("content")
    inputs = Inputs(project, "built-in")
    entry = {
        "status": "done",
        "rests_on": inputs.notebook_hashes(page),
        "executed": fingerprint(staged / "trusts" / "RJ1.ipynb"),
        "rendered_from": inputs.rendering_hashes(),
        "outputs": outputs_of(page, site),
    }
    return lambda **other: decide_work(page, entry | other, inputs, staged=staged, site=site)


def test_up_to_date(made):
    work = made()
    assert not work.is_needed
    assert not work.execute


@pytest.mark.parametrize(
    ("other", "execute", "reason"),
    [
        ({"status": "failed"}, False, "it was executed and not rendered"),
        ({"status": "executed"}, False, "it was executed and not rendered"),
        ({"rests_on": {}}, True, "its notebook changed"),
        ({"executed": {}}, True, "the executed notebook is gone or was changed"),
        ({"executed": {"bytes": 8}}, True, "the executed notebook is gone or was changed"),
        ({"rendered_from": {}}, False, "_quarto.yml or the renderer's code changed"),
        ({"outputs": {}}, False, "the page is gone or was changed"),
        ({"outputs": {"trusts/RJ1.html": 7}}, False, "trusts/RJ1.html is gone or was changed"),  # of an earlier version
        ({"outputs": {"trusts/RJ1.html": {"bytes": 6}}}, False, "trusts/RJ1.html is gone or was changed"),
    ],
)
def test_what_is_wanting(made, other, execute, reason):
    work = made(**other)
    assert work.execute is execute
    assert work.reasons[0] == reason


@pytest.mark.parametrize("name", ["staged/trusts/RJ1.ipynb", "site/trusts/RJ1.html", "site/trusts/RJ1.pdf"])
def test_a_file_altered_at_equal_size_is_made_again(made, tmp_path, name):
    file = tmp_path / name
    file.write_text("CONTENT")
    os.utime(file, ns=(0, 0))  # as long after it as before
    work = made()
    assert work.execute is name.startswith("staged")
    assert "gone or was changed" in work.reasons[0]


def test_a_file_written_again_with_the_same_content_is_unchanged_and_read_once(tmp_path, monkeypatch):
    """As by a copy of the whole folder. The time of the copy is kept, so that its content is not read at each build."""
    file = tmp_path / "page.html"
    file.write_text(page := '<a class="trust" href="../trusts/RJ1.html">')
    recorded = fingerprint(file)
    os.utime(file, ns=(5, 5))
    assert is_unchanged(file, recorded)
    # a page on all trusts is written again as trusts come and go
    file.write_text(page.replace('class="trust" href', "data-not-made-href"))
    assert is_unchanged(file, recorded)
    monkeypatch.setattr("race_equality.batch.freshness.hash_file", None)
    monkeypatch.setattr("race_equality.batch.freshness._content_hash", None)
    assert is_unchanged(file, recorded)


def test_a_page_without_a_record_and_one_that_failed(project, tmp_path):
    for entry, reason in [({}, "it has not been made yet"), ({"status": "failed"}, "it failed the last time")]:
        work = decide_work(OVERVIEW, entry, Inputs(project, "built-in"), staged=tmp_path, site=tmp_path)
        assert work.execute
        assert work.reasons == (reason,)
