"""The whole site: failures, names, the list of trusts, and Quarto's part by a stand-in."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
import textwrap
from pathlib import Path

import nbformat
import nbformat.v4
import pytest
import yaml

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.render import RenderFailure, render_site, set_front_matter, stage_project
from race_equality.render.extension import IN_PROJECT
from race_equality.render.listing import TrustPage, listing_html, replace_listing

ROOT = Path(__file__).parents[3]
NO_ALT = (
    '<figure id="fig-x"><img src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 width=%229%22 '
    'height=%229%22/%3E"><figcaption>c</figcaption></figure>'
)


def write_page(project: Path, code: str, *, html: str = "<p>words</p>", **fields) -> str:
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": html})]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"## The report of {code}"), cell])
    set_front_matter(
        book,
        title=f"{code} NHS Trust",
        trust={"code": code, "name": f"{code} NHS Trust", "region": "London", "kind": "acute"},
        **fields,
    )
    nbformat.write(book, project / "trusts" / f"{code}.ipynb")
    return f"trusts/{code}.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    stage_project(Project(ROOT), folder)
    return folder


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_a_staged_project_has_all_that_quarto_needs_and_runs_nothing(project):
    text, ours = ((folder / "_quarto.yml").read_text(encoding="utf-8") for folder in (project, ROOT))
    settings = yaml.safe_load(text)
    assert settings["project"]["render"] == ["index.qmd", "/notebooks/*.ipynb", "/trusts/*.ipynb"]
    assert (settings["project"]["pre-render"], settings["project"]["post-render"]) == ([], []), "all has been run"
    assert settings["execute"]["enabled"] is False
    assert "(notebooks/methods.html)" in (project / "index.qmd").read_text(encoding="utf-8")
    assert text.splitlines()[len(ours.splitlines())] == "site-edition:", "errors name lines"
    assert (project / IN_PROJECT / "filters" / "native-blocks.lua").is_file()


def test_staging_again_keeps_the_notebooks(project):
    page = write_page(project, "RX1")
    before = (project / page).read_bytes()
    stage_project(Project(ROOT), project)
    assert (project / page).read_bytes() == before


def test_pages_and_the_list_of_trusts(project, tmp_path):
    pages = [write_page(project, code) for code in ("RX2", "RX1")]
    stages: list[tuple[str, str]] = []
    failures = render_site(
        project, tmp_path / "site", pages, engine="built-in", on_page=lambda *args: stages.append(args)
    )
    assert failures == []
    assert files(tmp_path / "site") == {
        "index.html",
        "fonts/arimo.woff2",
        *(f"trusts/{code}.{ending}" for code in ("RX1", "RX2") for ending in ("html", "pdf", "ipynb")),
    }
    assert stages == [(page, stage) for page in pages for stage in ("html", "pdf", "done")]
    index = (tmp_path / "site" / "index.html").read_text()
    assert index.index("RX1 NHS Trust") < index.index("RX2 NHS Trust")
    assert not [file for file in tmp_path.rglob(".*") if file.is_file()], "no temporary file is left"


def test_pages_of_earlier_builds_stay_in_the_list(project, tmp_path):
    site = tmp_path / "site"
    render_site(project, site, [write_page(project, "RX1")], engine="built-in")
    render_site(project, site, [write_page(project, "RX2")], engine="built-in")
    index = (site / "index.html").read_text()
    assert 'href="trusts/RX1.html"' in index
    assert 'href="trusts/RX2.html"' in index


def test_a_page_whose_notebook_is_gone_is_listed_under_the_trusts_own_name(project, tmp_path):
    site = tmp_path / "site"
    (site / "trusts").mkdir(parents=True)
    (site / "trusts" / "R1H.html").write_text("an earlier page")
    render_site(project, site, [], engine="built-in")
    assert "Barts Health NHS Trust" in (site / "index.html").read_text()


def test_one_failing_page_is_reported_and_the_others_go_on(project, tmp_path):
    site = tmp_path / "site"
    good, silent, missing = write_page(project, "RX1"), write_page(project, "RX2", html=NO_ALT), "trusts/RX9.ipynb"
    (project / "trusts" / "RX3.ipynb").write_text("{broken")
    (site / "trusts").mkdir(parents=True)
    (site / "trusts" / "RX2.html").write_text("an earlier page")
    failures = render_site(project, site, [missing, silent, good, "trusts/RX3.ipynb"], engine="built-in", jobs=2)
    assert [(failure.page, failure.stage) for failure in failures] == [
        (missing, "html"),
        (silent, "pdf"),
        ("trusts/RX3.ipynb", "html"),
    ]
    assert "missing alt text" in failures[1].message
    assert "RX3.ipynb: It is not a notebook" in failures[2].message
    assert (site / "trusts" / "RX1.pdf").is_file()
    assert (site / "trusts" / "RX2.html").read_text() == "an earlier page"
    assert not (site / "trusts" / "RX2.pdf").exists()
    assert not (site / "trusts" / "RX3.html").exists()


def test_a_page_may_do_without_a_pdf(project, tmp_path):
    page = write_page(project, "RX1", format="html")
    assert render_site(project, tmp_path / "site", [page], engine="built-in") == []
    assert not (tmp_path / "site" / "trusts" / "RX1.pdf").exists()
    assert "RX1.pdf" not in (tmp_path / "site" / "trusts" / "RX1.html").read_text()


@pytest.mark.parametrize("page", ["../x.ipynb", "/etc/x.ipynb", "trusts/../../x.ipynb", "trusts/x.qmd"])
def test_a_page_outside_the_project_is_refused_before_anything_is_written(project, tmp_path, page):
    with pytest.raises(RaceEqualityError, match="is not a notebook of the project"):
        render_site(project, tmp_path / "site", [page], engine="built-in")
    assert not (tmp_path / "site").exists()


def test_quarto_that_is_not_there_is_said(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RaceEqualityError, match="Quarto is not on the PATH"):
        render_site(project, tmp_path / "site", [], engine="quarto")
    with pytest.raises(RaceEqualityError, match="no renderer 'pandoc'"):
        render_site(project, tmp_path / "site", [], engine="pandoc")


def test_an_index_without_a_place_for_the_list_is_said(project, tmp_path):
    (project / "index.qmd").write_text("---\ntitle: x\n---\n\nno place\n")
    with pytest.raises(RaceEqualityError, match="<!-- trusts -->"):
        render_site(project, tmp_path / "site", [], engine="built-in")


def test_an_interrupted_build_stops(project, tmp_path):
    pages = [write_page(project, f"RX{number}") for number in range(6)]

    def interrupt(page: str, stage: str) -> None:
        if page == pages[1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_site(project, tmp_path / "site", pages, engine="built-in", on_page=interrupt)
    assert not (tmp_path / "site" / "trusts" / "RX5.html").exists()


def test_the_list_escapes_names_and_groups_by_region():
    pages = [
        TrustPage("London", "A & <B>", "RX1", "acute", "trusts/RX1.html", "trusts/RX1.pdf"),
        TrustPage("London", "C", "RX2", "", "trusts/RX2.html", ""),
        TrustPage("Midlands", "D", "RX3", "ambulance", "trusts/RX3.html", ""),
    ]
    table = listing_html(pages)
    assert "A &amp; &lt;B&gt;" in table
    assert "<B>" not in table
    assert table.count("<tbody ") == 2
    assert 'id="region-london"' in table
    assert table.count('scope="rowgroup"') == 2
    assert "<td></td>" not in table, "no empty cell"
    assert replace_listing("x <!-- trusts -->\nold\n<!-- /trusts --> y", listing_html([])).count("old") == 1


# -- Quarto, by a stand-in that does what Quarto does with files and exit status ----------------

STAND_IN = """\
    #!{python}
    import json, os, pathlib, signal, sys
    if sys.argv[1:3] == ["typst", "--version"]:
        print("typst 0.14.2", file=sys.stderr)
        sys.exit()
    import yaml
    root = pathlib.Path(sys.argv[2])
    settings = yaml.safe_load((root / "_quarto.yml").read_text())
    pages = settings["project"]["render"]
    found = []
    log = open({log!r}, "a+")
    log.write(json.dumps({{"pages": pages, "execute": settings["execute"]}}) + "\\n")
    log.flush()
    log.seek(0)
    if "refused" in settings["website"]:
        sys.exit("ERROR: YAML validation failed: refused")
    made = {{}}
    def end(status):  # Quarto moves what it made when it ends by itself
        for target, text in made.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            if target.parent.name == "trusts":
                target.with_suffix(".pdf").write_bytes(b"%PDF by quarto")
        (root / "_site" / "site_libs").mkdir(parents=True)
        (root / "_site" / "site_libs" / "quarto.js").write_text("//")
        if not status:
            (root / "_site" / "search.json").write_text(json.dumps(found))
        sys.exit(status)
    for number, page in enumerate(pages, 1):
        if len(pages) > 1:
            print(f"\\x1b[1m[{{number}}/{{len(pages)}}] {{page}}\\x1b[22m", file=sys.stderr, flush=True)
        text = (root / page).read_text()
        if "FAIL" in text:
            print("ERROR: error: missing alt text\\n  typst stopped", file=sys.stderr)
            end(1)
        if "KILL" in text and ("TWICE" in text or log.read().count("\\n") == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        target = (root / "_site" / page).with_suffix(".html")
        made[target] = "<main>page by quarto: " + text + "</main>"
        found.append({{"objectID": page, "href": str(target.relative_to(root / "_site")) + "#x", "text": text[:9]}})
    end(0)
"""


@pytest.fixture
def quarto_log(tmp_path, monkeypatch) -> Path:
    log = tmp_path / "quarto.log"
    program = tmp_path / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(textwrap.dedent(STAND_IN).format(python=sys.executable, log=str(log)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def runs(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_quarto_gets_executed_notebooks_and_its_pages_are_published(project, tmp_path, quarto_log):
    pages = [write_page(project, "RX1"), write_page(project, "RX2")]
    stages: list[tuple[str, str]] = []
    failures = render_site(project, tmp_path / "site", pages, on_page=lambda *args: stages.append(args))
    assert failures == []
    assert [run["pages"] for run in runs(quarto_log)] == [["index.qmd", *pages]]
    assert all(run["execute"]["enabled"] is False for run in runs(quarto_log))
    page = (tmp_path / "site" / "trusts" / "RX1.html").read_text()
    assert "text/html" not in page
    assert "{=html}" in page
    assert (tmp_path / "site" / "trusts" / "RX1.ipynb").read_bytes() == (project / pages[0]).read_bytes()
    assert (tmp_path / "site" / "site_libs" / "quarto.js").is_file()
    assert "RX2 NHS Trust" in (tmp_path / "site" / "index.html").read_text()
    assert stages == [
        (pages[0], "start"),
        *((page, stage) for page in pages for stage in ("html", "made")),
        *((page, "done") for page in pages),
    ]


def test_several_quartos_have_folders_of_their_own(project, tmp_path, quarto_log):
    pages = [write_page(project, f"RX{number}") for number in range(9)]
    assert render_site(project, tmp_path / "site", pages, jobs=2) == []
    shards = [run["pages"] for run in runs(quarto_log)]
    assert sorted(map(len, shards)) == [5, 5]
    assert sorted(page for shard in shards for page in shard) == ["index.qmd", *pages]


def test_a_page_that_fails_in_quarto_is_named_and_the_others_go_on(project, tmp_path, quarto_log):
    pages = [write_page(project, "RX1"), write_page(project, "RX2", html="<p>FAIL</p>"), write_page(project, "RX3")]
    (failure,) = render_site(project, tmp_path / "site", pages)
    assert isinstance(failure, RenderFailure)
    assert (failure.page, failure.stage) == (pages[1], "pdf")
    assert "missing alt text" in failure.message
    assert {"trusts/RX1.pdf", "trusts/RX3.pdf"} <= files(tmp_path / "site")
    assert "trusts/RX2.html" not in files(tmp_path / "site")
    given = [run["pages"] for run in runs(quarto_log)]
    assert given == [["index.qmd", *pages], [pages[2]]], "what was made before the failure is not made again"
    assert searched(tmp_path / "site") == ["index.html", "trusts/RX1.html", "trusts/RX3.html#x"]
    index = (tmp_path / "site" / "index.html").read_text()
    assert "RX1 NHS Trust" in index and "RX3 NHS Trust" in index and "RX2 NHS Trust" not in index


def test_pages_are_published_some_at_a_time_and_the_first_page_lists_them(project, tmp_path, quarto_log, monkeypatch):
    from race_equality.render import quarto

    monkeypatch.setattr(quarto, "_PAGES_PER_BATCH", 2)
    pages = [write_page(project, f"RX{number}") for number in range(4)]
    expected: list[int] = []
    there: list[set[str]] = []

    def on_page(page: str, stage: str) -> None:
        if stage == "start":
            index = tmp_path / "site" / "index.html"
            listed = set(re.findall(r'href="(trusts/RX\d.html)"', index.read_text())) if index.is_file() else set()
            assert listed == {name for name in files(tmp_path / "site") if re.fullmatch(r"trusts/RX\d.html", name)}
            there.append(listed)

    assert render_site(project, tmp_path / "site", pages, on_page=on_page, on_batches=expected.append) == []
    assert expected == [2]
    assert list(map(len, there)) == [0, 2]
    assert [len(run["pages"]) for run in runs(quarto_log)] == [3, 2], "no Quarto for the first page alone"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
@pytest.mark.parametrize(("word", "failed"), [("KILL", []), ("KILL TWICE", ["trusts/RX2.ipynb"])])
def test_a_quarto_that_is_killed_is_started_once_more(project, tmp_path, quarto_log, word, failed):
    pages = [write_page(project, "RX1"), write_page(project, "RX2", html=f"<p>{word}</p>"), write_page(project, "RX3")]
    failures = render_site(project, tmp_path / "site", pages)
    assert [failure.page for failure in failures] == failed
    assert all("ended by SIGKILL, often for lack of memory; try fewer --jobs" in each.message for each in failures)
    assert {f"trusts/RX{n}.html" for n in (1, 2, 3)} - files(tmp_path / "site") == {
        page.replace("ipynb", "html") for page in failed
    }


def test_a_setting_that_quarto_refuses_is_told_once(project, tmp_path, quarto_log, monkeypatch):
    from race_equality.render import quarto

    monkeypatch.setattr(quarto, "_PAGES_PER_BATCH", 1)
    settings = project / "_quarto.yml"
    settings.write_text(settings.read_text().replace("website:\n", "website:\n  refused: true\n"))
    pages = [write_page(project, f"RX{number}") for number in range(4)]
    with pytest.raises(RaceEqualityError, match="YAML validation failed: refused"):
        render_site(project, tmp_path / "site", pages)
    assert len(runs(quarto_log)) == 1


def test_quarto_gets_pictures_as_files(project, tmp_path, quarto_log):
    import base64

    svg = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').decode()
    figure = f'<figure id="fig-x"><img src="data:image/svg+xml;base64,{svg}" alt="a"></figure>'
    page = write_page(project, "RX1", html=figure)
    assert render_site(project, tmp_path / "site", [page]) == []
    text = (tmp_path / "site" / "trusts" / "RX1.html").read_text()
    assert f"data:image/svg+xml;base64,{svg}" not in text, "the stand-in's page shows what Quarto was given"
    assert '.svg\\" alt' in text


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_an_interrupt_ends_quarto_with_its_programs_and_starts_no_other(project, tmp_path, quarto_log):
    import psutil

    program = tmp_path / "bin" / "quarto"
    program.write_text(
        f"#!{sys.executable}\nimport os, signal, subprocess, sys, time\n"
        "if sys.argv[1] != 'render': sys.exit()\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"with open({str(quarto_log)!r}, 'a') as log: print(os.getpid(), child.pid, file=log)\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "time.sleep(60)\n"
    )
    with pytest.raises(KeyboardInterrupt):
        render_site(project, tmp_path / "site", [write_page(project, "RX1"), write_page(project, "RX2")])
    (started,) = quarto_log.read_text().splitlines()
    for identifier in map(int, started.split()):
        assert not psutil.pid_exists(identifier) or psutil.Process(identifier).status() == psutil.STATUS_ZOMBIE


def test_a_first_page_that_fails_in_quarto_is_said(project, tmp_path, quarto_log):
    index = project / "index.qmd"
    index.write_text(index.read_text() + "FAIL")
    with pytest.raises(RaceEqualityError, match="could not make the first page"):
        render_site(project, tmp_path / "site", [write_page(project, "RX1")])


def test_a_single_page_that_fails_in_quarto_is_named(project, tmp_path, quarto_log):
    page = write_page(project, "RX1", html="<p>FAIL</p>")
    (failure,) = render_site(project, tmp_path / "site", [page])
    assert failure.page == page


def searched(site: Path) -> list[str]:
    return [entry["href"] for entry in json.loads((site / "search.json").read_text())]


def test_the_search_index_holds_all_pages_whatever_was_rendered_last(project, tmp_path, quarto_log):
    site = tmp_path / "site"
    pages = [write_page(project, f"RX{number}") for number in range(9)]
    assert render_site(project, site, pages, jobs=2) == []
    everything = ["index.html#x", *(f"trusts/RX{number}.html#x" for number in range(9))]
    assert searched(site) == everything
    before = (site / "search.json").read_bytes()
    assert render_site(project, site, [pages[4]]) == []
    assert searched(site) == everything
    assert (site / "search.json").read_bytes() == before, "the order of rendering leaves no trace"
    (site / "trusts" / "RX3.html").unlink()
    assert render_site(project, site, []) == []
    assert searched(site) == [href for href in everything if "RX3" not in href]


def test_a_page_that_fails_keeps_its_place_in_the_search_index(project, tmp_path, quarto_log):
    site = tmp_path / "site"
    pages = [write_page(project, "RX1"), write_page(project, "RX2")]
    assert render_site(project, site, pages) == []
    write_page(project, "RX2", html="<p>FAIL</p>")
    assert len(render_site(project, site, pages)) == 1
    assert [href.partition("#")[0] for href in searched(site)] == ["index.html", "trusts/RX1.html", "trusts/RX2.html"]


def test_a_broken_search_index_is_made_anew(project, tmp_path, quarto_log):
    site = tmp_path / "site"
    site.mkdir()
    (site / "search.json").write_text("{half")
    assert render_site(project, site, [write_page(project, "RX1")]) == []
    assert searched(site) == ["index.html#x", "trusts/RX1.html#x"]


@pytest.mark.parametrize("engine", ["built-in", "quarto"])
def test_both_renderers_link_a_page_to_its_other_forms(project, tmp_path, quarto_log, engine):
    site = tmp_path / "site"
    (site / "trusts").mkdir(parents=True)
    (site / "trusts" / "RX1-figures.csv").write_text("a")
    (site / "trusts" / "RX1-figures.ods").write_text("a")
    assert render_site(project, site, [write_page(project, "RX1")], engine=engine) == []
    page = (site / "trusts" / "RX1.html").read_text()
    (links,) = re.findall(r'<ul class="formats" aria-label="Other formats">(.*?)</ul>', page, re.DOTALL)
    assert re.findall(r'href="([^"]*)"', links) == ["RX1.pdf", "RX1.ipynb", "RX1-figures.csv", "RX1-figures.ods"]


@pytest.mark.parametrize("engine", ["built-in", "quarto"])
def test_a_site_with_an_address_has_a_sitemap_of_all_its_pages(project, tmp_path, quarto_log, engine):
    from lxml import etree

    site = tmp_path / "site"
    settings = project / "_quarto.yml"
    assert render_site(project, site, [write_page(project, "RX1")], engine=engine) == []
    assert not (site / "sitemap.xml").exists(), "no address, no sitemap"
    settings.write_text(settings.read_text().replace("website:\n", "website:\n  site-url: https://example.org/race\n"))
    assert render_site(project, site, [write_page(project, "RX2")], engine=engine) == []
    tree = etree.parse(str(site / "sitemap.xml"))
    assert [place.text for place in tree.iterfind(".//{*}loc")] == [
        "https://example.org/race/",
        "https://example.org/race/trusts/RX1.html",
        "https://example.org/race/trusts/RX2.html",
    ]
    assert (site / "robots.txt").read_text() == "Sitemap: https://example.org/race/sitemap.xml\n"


def test_an_address_that_is_none_is_refused(project, tmp_path):
    settings = project / "_quarto.yml"
    settings.write_text(settings.read_text().replace("website:\n", "website:\n  site-url: example.org\n"))
    with pytest.raises(RaceEqualityError, match="site-url must begin with https://"):
        render_site(project, tmp_path / "site", [], engine="built-in")


def test_a_trust_is_found_by_the_code_of_an_organisation_that_merged_into_it(project, tmp_path):
    site = tmp_path / "site"
    (site / "trusts").mkdir(parents=True)
    (site / "trusts" / "RJ1.html").write_text("an earlier page")
    render_site(project, site, [], engine="built-in")
    # Royal Brompton & Harefield (RT3) joined Guy's and St Thomas' on 1 February 2021
    (find,) = re.findall(r'<tr data-find="([^"]*)"', (site / "index.html").read_text())
    assert find.split()[-1] == "RT3"


@pytest.mark.parametrize("engine", ["built-in", "quarto"])
def test_the_first_page_leads_to_pages_that_are_there(project, tmp_path, quarto_log, engine):
    site = tmp_path / "site"
    (site / "notebooks").mkdir(parents=True)
    (site / "notebooks" / "methods.html").write_text("an earlier page")
    assert render_site(project, site, [write_page(project, "RX1")], engine=engine) == []
    index = (site / "index.html").read_text()
    if engine == "built-in":
        assert 'href="notebooks/methods.html"' in index
    assert "notebooks/data_quality.html" not in index.replace("(notebooks/data_quality.html)", "")


def test_many_trusts_have_a_list_of_regions():
    pages = [
        TrustPage(region, f"T{n}", f"RX{n}", "", f"trusts/RX{n}.html", "")
        for region in ("East & West", "London")
        for n in range(7)
    ]
    table = listing_html(pages)
    assert table.count('<li><a href="#region-east-west">East &amp; West</a></li>') == 1
    assert table.count('<tbody id="region-east-west">') == 1
    assert '<nav class="regions"' not in listing_html(pages[:5])


@pytest.fixture
def own_project(tmp_path) -> Path:
    """A checkout with a style sheet, a page and a menu of its own, staged."""
    root = tmp_path / "checkout"
    for name, content in {
        "index.qmd": (ROOT / "index.qmd").read_text(encoding="utf-8"),
        "_quarto.yml": OWN_SETTINGS,
        "styles/mine.css": "body { margin: 7px }",
        "about.qmd": "---\ntitle: About us\nformat: html\n---\n\nWho we are. [Start](index.qmd#find-your-trust)\n",
        "_variables.yml": "a: b",
        "_extensions/mine/_extension.yml": "title: mine\nversion: 1.0.0\ncontributes:\n  metadata:\n    project: {}\n",
        "README.md": "of the project",
        "R1H.html": "a trust's return",
        "data/figures.yml": "a: b",
        "other-output/manifest.json": "{}",
        "other-output/site/old.css": "",
        ".venv/a.css": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    stage_project(Project(root), tmp_path / "project")
    return tmp_path / "project"


OWN_SETTINGS = """\
project:
  type: website
  render: [index.qmd, "*.qmd", /executed/trusts/*.ipynb]
website:
  title: Ours
  navbar:
    left:
      - text: More
        menu:
          - text: About us
            href: about.qmd
          - text: Nowhere
            href: executed/notebooks/none.ipynb
  page-footer:
    right:
      - text: Us, at the end
        href: about.qmd#us
number-sections: false
format:
  html:
    css: styles/mine.css
  typst:
    papersize: us-letter
    margin:
      x: 30mm
    fontsize: 12pt
    pdf-standard: [ua-1]
"""


def test_what_somebody_added_is_staged_and_nothing_private(own_project):
    assert {name for name in files(own_project) if not name.startswith("_extensions/race-equality/")} == {
        "index.qmd",
        "_quarto.yml",
        "styles/mine.css",
        "about.qmd",
        "_variables.yml",
        "_extensions/mine/_extension.yml",
    }


@pytest.mark.parametrize("engine", ["built-in", "quarto"])
def test_a_page_and_a_style_sheet_of_one_s_own(own_project, tmp_path, quarto_log, engine):
    site = tmp_path / "site"
    assert render_site(own_project, site, [write_page(own_project, "RX1")], engine=engine) == []
    about = (site / "about.html").read_text()
    assert "Who we are." in about
    if engine == "built-in":
        import pikepdf

        assert '<a href="index.html#find-your-trust">' in about
        assert '<a href="about.html#us">Us, at the end</a>' in about

        page = (site / "trusts" / "RX1.html").read_text()
        assert "body { margin: 7px }" in page
        assert 'href="../about.html"' in page
        assert '<a href="../about.html#us">Us, at the end</a>' in page
        assert "none.html" not in page
        with pikepdf.open(site / "trusts" / "RX1.pdf") as pdf:
            assert [float(side) for side in pdf.pages[0].MediaBox] == [0, 0, 612, 792], "US letter"
    else:
        assert [run["pages"] for run in runs(quarto_log)] == [["index.qmd", "about.qmd", "trusts/RX1.ipynb"]]


@pytest.mark.quarto
@pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH")
def test_quarto_itself_takes_them_all(own_project, tmp_path):
    import pikepdf

    with open(own_project / "_quarto.yml", "a", encoding="utf-8") as settings:
        parts = "\n".join(f"      - {IN_PROJECT.as_posix()}/typst/typst-{part}.typ" for part in ("template", "show"))
        settings.write(f"    template-partials:\n{parts}\n")
    site = tmp_path / "site"
    assert render_site(own_project, site, [write_page(own_project, "RX1")], engine="quarto") == []
    page = (site / "trusts" / "RX1.html").read_text(encoding="utf-8")
    assert 'href="../styles/mine.css"' in page
    assert (site / "styles" / "mine.css").is_file()
    assert 'href="../about.html"' in page, "in the menu"
    assert "none.html" not in page
    assert "Who we are." in (site / "about.html").read_text(encoding="utf-8")
    with pikepdf.open(site / "trusts" / "RX1.pdf") as pdf:
        assert [float(side) for side in pdf.pages[0].MediaBox] == [0, 0, 612, 792], "US letter"
        headings = [str(item.title) for item in pdf.open_outline().root]
    assert headings == ["The report of RX1"], "no number"


def test_code_in_a_page_is_refused_by_name(own_project, tmp_path):
    page = own_project / "about.qmd"
    page.write_text(page.read_text() + "\n```{python}\n1\n```\n")
    with pytest.raises(RaceEqualityError, match="about.qmd: The built-in renderer does not run code in a page"):
        render_site(own_project, tmp_path / "site", [], engine="built-in")
