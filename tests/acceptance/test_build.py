"""The whole job, as a person does it: the command, and what stands in the output folder after."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pikepdf
import pytest

import forked_kernels
from race_equality.audit.site import audit_site
from race_equality.batch import drawing_server
from race_equality.batch.build_services import shared_by_notebooks
from race_equality.batch.execute import execute_page
from race_equality.batch.plan import Page
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.report import vega_to_svg
from race_equality.report.summary_table import names_of_measures
from race_equality.store.figures import read_figures
from race_equality.store.result_folder import FOLDER_VARIABLE
from race_equality.store.trusts import read_trusts

# Mental health, ambulance, and an acute trust that merged, has talking therapies and births as well, and few of each: what is
# published, and so what is run and hidden, differs between them. The demonstration trust has figures of every kind.
TRUSTS = {
    "R1F": "Isle of Wight NHS Trust",
    "RV5": "South London and Maudsley NHS Foundation Trust",
    "RRU": "London Ambulance Service NHS Trust",
    "DEMO": "Demonstration NHS Trust",
}
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "notebooks"


#: Every notebook of ours but the report is a page of its own.
SHARED = sorted(path.stem for path in (ROOT / "notebooks").glob("[!_.]*.ipynb") if path.stem != "board_report")


def text_of(page: Path) -> str:
    """The words of a page, without markup."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"<[^>]+>", " ", text)
    for entity, character in (("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&"), ("’", "'")):
        text = text.replace(entity, character)
    return re.sub(r"\s+", " ", text)


def test_ends_well_and_says_what_to_open(built):
    assert built.end.returncode == 0, built.end.stderr
    assert f"{len(SHARED) + len(TRUSTS)} pages made" in built.end.stdout
    assert f"Open {built.site / 'index.html'}" in built.end.stdout


def test_progress_without_a_terminal_is_one_line_a_page(built):
    # on a slow machine lines of where the build is stand between them
    lines = [line for line in built.end.stderr.splitlines() if line.startswith("[") and " done in " in line]
    number = len(SHARED) + len(TRUSTS)
    assert len(lines) == number
    assert re.fullmatch(rf"\[{number}/{number}\] \w+ done in [\d.]+ s", lines[-1])
    assert "\x1b" not in built.end.stderr


@pytest.mark.parametrize("code", TRUSTS)
def test_each_trust_has_page_pdf_and_notebook(built, code):
    assert TRUSTS[code] in text_of(built.site / "trusts" / f"{code}.html")
    with pikepdf.open(built.site / "trusts" / f"{code}.pdf") as pdf:
        assert len(pdf.pages) >= 2
        assert TRUSTS[code] in str(pdf.docinfo.get("/Title", "")).replace("’", "'")
    notebook = nbformat.read(built.site / "trusts" / f"{code}.ipynb", as_version=4)
    injected = [c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert [f'trust_code = "{code}"' in cell.source for cell in injected] == [True]
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source)


def test_the_audit_recovers_nothing(built):
    names = read_trusts().set_index("trust_code")["trust_name"].to_dict()
    known = {"rules": read_rules(), "figures": read_figures(local=False), "names": names}
    found = audit_site(built.site, **known, measures=names_of_measures())
    assert [str(problem) for problem in found.problems] == []
    assert found.hidden > 300


def test_index_lists_the_trusts_and_the_other_pages_are_there(built):
    index = text_of(built.site / "index.html")
    for code, name in TRUSTS.items():
        assert name in index
        assert f"trusts/{code}.html" in (built.site / "index.html").read_text(encoding="utf-8")
    assert "national_overview" in SHARED
    for name in SHARED:
        assert (built.site / "notebooks" / f"{name}.html").is_file()


@pytest.mark.parametrize("page", [*(f"trusts/{code}" for code in TRUSTS), *(f"notebooks/{name}" for name in SHARED)])
def test_each_page_of_a_first_build_leads_to_the_first_page_and_to_those_on_all_trusts(built, page):
    """None of them is there yet when the first of them is made."""
    text = (built.site / f"{page}.html").read_text(encoding="utf-8")
    navigation = re.search(r"<nav\b.*?</nav>", text, flags=re.S)[0]
    linked = {address.split("/")[-1] for address in re.findall(r'href="([^"]+)"', navigation)}
    assert {"index.html", *(f"{name}.html" for name in SHARED)} <= linked


def test_nothing_of_the_machine_is_published(built):
    places = {str(ROOT), str(built.output), str(Path.home())} - {"/"}
    for file in [*built.site.rglob("*.html"), *built.site.rglob("*.ipynb"), built.output / "manifest.json"]:
        text = file.read_text(encoding="utf-8")
        assert not [place for place in places if place in text], file


def test_manifest_says_what_each_page_was_made_from(built):
    manifest = json.loads((built.output / "manifest.json").read_text(encoding="utf-8"))
    assert sorted(manifest["pages"]) == [
        *(f"notebooks/{name}.ipynb" for name in SHARED),
        *(f"trusts/{code}.ipynb" for code in sorted(TRUSTS)),
    ]
    page = manifest["pages"]["trusts/RV5.ipynb"]
    assert page["status"] == "done"
    assert page["parameters"] == {"trust_code": "RV5"}
    assert page["seconds"]["execute"] > 0
    assert page["seconds"]["pdf"] > 0
    assert re.fullmatch("[0-9a-f]{64}", page["inputs"]["notebooks/board_report.ipynb"])
    build = manifest["builds"][page["build"]]
    assert build["status"] == "done"
    assert re.fullmatch("[0-9a-f]{64}", build["figures"]["data/figures/trusts.parquet"])
    assert build["versions"]["papermill"]


def test_nothing_half_written_is_left(built):
    left = [
        path.relative_to(built.output).as_posix()
        for path in built.output.rglob("*")
        if path.name.startswith(".") or "tmp" in path.suffix
    ]
    left.sort()
    assert left == [".cache", ".lock"]  # the cache: pictures and findings for the next build
    assert (built.output / ".lock").read_bytes() == b""


@pytest.mark.parametrize("code", [code for code in TRUSTS if (GOLDEN / f"board_report_{code}.ipynb").is_file()])
def test_a_build_makes_what_papermill_makes_alone(built, code):
    """nbval holds the golden copies to papermill's own engine; a build forks its kernels."""
    seen = []
    for path in (GOLDEN / f"board_report_{code}.ipynb", built.output / "project" / "trusts" / f"{code}.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        seen.append([(cell.source, cell.outputs) for cell in cells if cell.cell_type == "code"])
    assert len(seen[0]) > 20
    assert seen[1] == seen[0]


@pytest.mark.skipif(not (forked_kernels.AVAILABLE and drawing_server.AVAILABLE), reason="this platform cannot fork")
def test_a_report_is_that_of_plain_papermill(built, tmp_path, monkeypatch):
    """Forked, with the findings and pictures that the build kept, of which none is made again.

    nbval holds the golden copy to papermill alone; tests/acceptance/test_verify.py makes it by papermill's own engine, with
    charts drawn elsewhere and no findings kept.
    """
    names = (forked_kernels.ADDRESS_VARIABLE, FOLDER_VARIABLE, vega_to_svg.SERVER_VARIABLE, vega_to_svg.FOLDER_VARIABLE)
    for name in names:
        monkeypatch.delenv(name, raising=False)

    def outputs(notebook: Path) -> list:
        return [
            (cell["id"], cell["outputs"]) for cell in json.loads(notebook.read_text())["cells"] if cell.get("outputs")
        ]

    plain = outputs(GOLDEN / "board_report_RRU.ipynb")
    assert len(plain) > 20
    cache = tmp_path / "cache"
    shutil.copytree(built.output / ".cache", cache)
    kept = {file: file.stat().st_ino for folder in cache.iterdir() for file in folder.iterdir()}
    assert len([file for file in kept if file.parent.name == "pictures"]) >= 3
    assert len([file for file in kept if file.parent.name.startswith("findings-")]) >= 3
    with shared_by_notebooks(cache, Project(ROOT), engine="fork", jobs=1, notebooks=1):
        assert all(name in os.environ for name in names)
        page = Page("trusts/RRU.ipynb", "notebooks/board_report.ipynb", {"trust_code": "RRU"}, None)
        target, failed = tmp_path / "RRU.ipynb", tmp_path / "failed.ipynb"
        end = execute_page(page, root=ROOT, target=target, scratch=tmp_path, failed=failed, engine="fork")
        assert end.failure is None
        assert outputs(target) == plain
    # nothing was computed or drawn again
    assert {file: file.stat().st_ino for folder in cache.iterdir() for file in folder.iterdir()} == kept
    assert not any(name in os.environ for name in names)


# -- the small project: what is built depends on nothing but what the test says -------------------


def test_a_failing_trust_is_shown_and_the_others_go_on(race_equality, small_project, notebook_writer):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "before = 1",
        "def share(numerator, denominator):\n    return numerator / denominator",
        "staff = 0 if trust_code == 'RRK' else 10\nshown = share(1, staff)",
    )
    end = race_equality.build("RJ1", "RRK", "RR8", "--output", "out")

    assert end.returncode == 1
    site = small_project / "out" / "site" / "trusts"
    assert sorted(page.stem for page in site.glob("*.html")) == ["RJ1", "RR8"]
    assert "3 pages made" in end.stdout
    assert "1 page failed: RRK" in end.stdout
    # which cell of the committed notebook (papermill put one more in), its source, and where in it
    assert "FAILED trusts/RRK: notebooks/board_report.ipynb, cell 5" in end.stderr
    assert "| shown = share(1, staff)" in end.stderr
    assert "ZeroDivisionError: division by zero" in end.stderr
    assert "return numerator / denominator" in end.stderr
    # as far as it got, for whoever looks into it
    failed = nbformat.read(small_project / "out" / "failed" / "trusts" / "RRK.ipynb", as_version=4)
    outputs = [output for cell in failed.cells for output in cell.get("outputs", [])]
    assert [output.ename for output in outputs if output.output_type == "error"] == ["ZeroDivisionError"]
    page = json.loads((small_project / "out" / "manifest.json").read_text())["pages"]["trusts/RRK.ipynb"]
    assert page["status"] == "failed"
    assert page["error"] == {"cell": 5, "message": "ZeroDivisionError: division by zero"}


def test_a_report_that_is_named_can_be_read_before_the_pages_on_all_trusts_are_made(
    race_equality, small_project, notebook_writer
):
    """It leads to nothing that is not there, also where a page on all trusts fails, and to all that is there at the end."""
    overview = small_project / "notebooks" / "national_overview.ipynb"
    page = "pathlib.Path('out/site/trusts/RJ1.html').read_text(encoding='utf-8')"
    notebook_writer(
        overview,
        f"import os, pathlib\nassert 'The report of RJ1' in {page} and 'overview.html' not in {page}\n"
        "assert not pathlib.Path('out/site/trusts/RJ1.pdf').exists()\n"  # it is made once, at the end
        # what several of these pages read is not computed by each
        "assert list(pathlib.Path(os.environ['RACE_EQUALITY_CACHE']).glob('*.analysis.findings.findings-*'))\n1 / 0",
        parameters="most_trusts = None",
    )
    # in a process of its own: this one may hold the findings of a build before, and then writes none
    end = race_equality("build", "RJ1", "--renderer", "built-in", "--output", "out", "--engine", "default")
    report = small_project / "out" / "site" / "trusts" / "RJ1.html"
    assert end.returncode == 1 and "division by zero" in end.stderr + end.stdout
    assert end.stderr.index(f"RJ1 can be read: {report}") < end.stderr.index("national_overview FAILED")
    assert "overview.html" not in report.read_text(encoding="utf-8")
    assert report.with_suffix(".pdf").is_file()

    notebook_writer(overview, f"import pathlib\n'overview.html' in {page}", parameters="most_trusts = None")
    end = race_equality.build("RJ1", "--renderer", "built-in", "--output", "out")
    assert end.returncode == 0, end.stderr
    assert "can be read" not in end.stderr, "it is in the site already"


def test_a_report_that_was_shown_without_its_pdf_does_not_stay_when_that_fails(
    race_equality, small_project, notebook_writer
):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "from IPython.display import Markdown\nMarkdown('```{=typst}\\n#no-such-function()\\n```')",
    )
    end = race_equality.build("RJ1", "--renderer", "built-in", "--output", "out")
    report = small_project / "out" / "site" / "trusts" / "RJ1.html"
    assert end.returncode == 1 and "unknown variable: no-such-function" in end.stderr
    assert f"RJ1 can be read: {report}" in end.stderr
    assert not report.exists() and not report.with_suffix(".ipynb").exists()
    assert "RJ1.html" not in (small_project / "out" / "site" / "index.html").read_text(encoding="utf-8")


def test_one_mistake_is_shown_once(race_equality, small_project, notebook_writer):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "if trust_code != 'RR8':\n    raise ValueError('no figures')",
        "1 / 0",
    )
    end = race_equality.build("RJ1", "RRK", "RR8", "--output", "out")
    assert end.returncode == 1
    assert end.stderr.count("Traceback") == 2
    assert end.stderr.count("FAILED trusts/") == 2
    assert "The same in 1 other page: RRK." in end.stderr
    assert "3 pages failed: RJ1, RRK, RR8" in end.stdout


def test_pages_of_other_trusts_stay_and_one_that_fails_later_keeps_its_last_good_version(
    race_equality, small_project, notebook_writer
):
    for code in ("RJ1", "RRK"):
        assert race_equality.build(code, "--output", "out").returncode == 0
    site = small_project / "out" / "site"
    assert sorted(page.stem for page in (site / "trusts").glob("*.html")) == ["RJ1", "RRK"]
    index = (site / "index.html").read_text(encoding="utf-8")
    assert "trusts/RJ1.html" in index
    assert "trusts/RRK.html" in index

    good = (site / "trusts" / "RRK.html").read_bytes()
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "1 / 0")
    assert race_equality.build("RRK", "--output", "out").returncode == 1
    assert (site / "trusts" / "RRK.html").read_bytes() == good
    page = json.loads((small_project / "out" / "manifest.json").read_text())["pages"]["trusts/RRK.ipynb"]
    assert page["status"] == "failed"
    assert page["last_good"]["build"] < page["build"]


def test_a_merged_trust_gets_its_successors_report(race_equality, small_project):
    end = race_equality.build("RNK", "--output", "out")  # Tavistock and Portman, 1 April 2026
    assert end.returncode == 0, end.stderr
    assert "RNK merged into G6V2S" in end.stderr
    assert (small_project / "out" / "site" / "trusts" / "G6V2S.html").is_file()


def test_output_goes_to_the_project_wherever_it_is_started(race_equality, small_project):
    race_equality.root = small_project / "notebooks"
    assert race_equality.build("DEMO").returncode == 0
    assert (small_project / "output" / "site" / "trusts" / "DEMO.html").is_file()
