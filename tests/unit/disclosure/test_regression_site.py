"""The site of the regression trusts gives nothing away, and would not if somebody slipped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from race_equality.disclosure.audit import audit_site
from race_equality.figures.store import read_figures
from race_equality.figures.trusts import read_trusts
from race_equality.project import Project
from race_equality.render import render_site, stage_project

ROOT = Path(__file__).parents[3]
GOLDEN = sorted((ROOT / "tests" / "notebooks").glob("board_report_*.ipynb"))

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not on the PATH"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages, PDFs and executed notebooks of the golden trusts, by the built-in renderer."""
    project = tmp_path_factory.mktemp("staged") / "project"
    stage_project(Project(ROOT), project)
    pages = []
    for golden in GOLDEN:
        code = golden.stem.removeprefix("board_report_")
        (project / "trusts" / f"{code}.ipynb").write_bytes(golden.read_bytes())
        pages.append(f"trusts/{code}.ipynb")
    site = tmp_path_factory.mktemp("built") / "site"
    assert render_site(project, site, pages, engine="built-in") == []
    for page in pages:
        if not (site / page).exists():
            shutil.copy(project / page, site / page)
    return site


@pytest.fixture(scope="module")
def known() -> dict:
    project = Project(ROOT)
    names = read_trusts(project=project).set_index("trust_code")["trust_name"].to_dict()
    return {"figures": read_figures(project=project), "names": names}


def test_nothing_is_recovered(built, known):
    result = audit_site(built, **known)
    assert [str(problem) for problem in result.problems] == []
    assert result.hidden > 5
    assert result.files >= 3 * len(GOLDEN)


@pytest.fixture
def copy(built, tmp_path) -> Path:
    """The demonstration trust's files, which a test may spoil."""
    site = tmp_path / "site"
    (site / "trusts").mkdir(parents=True)
    for file in (built / "trusts").glob("DEMO.*"):
        shutil.copy(file, site / "trusts" / file.name)
    return site


def hidden_label(built: Path, code: str) -> str:
    """The label of a row that the page hides."""
    page = (built / "trusts" / f"{code}.html").read_text(encoding="utf-8")
    row = page[: page.index("Too few people to show")].rindex("<th")
    return page[row:].split(">", 1)[1].split("</th>")[0]


@pytest.mark.parametrize("plant", ["attribute", "script", "metadata", "output", "download", "figure"])
def test_a_slip_is_found(copy, built, known, plant):
    label = hidden_label(built, "DEMO")
    page = copy / "trusts" / "DEMO.html"
    notebook = copy / "trusts" / "DEMO.ipynb"
    record = {"group": label, "staff": 3}
    if plant in ("attribute", "script", "figure"):
        text = page.read_text(encoding="utf-8")
        added = {
            "attribute": f'<span title="{label}: 3"></span>',
            "script": f'<script type="application/json">{json.dumps(record)}</script>',
            "figure": '<p data-group="White - Gypsy or Irish Traveller: 6"></p>',
        }[plant]
        page.write_text(text.replace("</body>", added + "</body>"), encoding="utf-8")
    elif plant == "download":
        (copy / "trusts" / "DEMO.csv").write_text(f'Group,Staff\n"{label}",3\n', encoding="utf-8")
    else:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        if plant == "metadata":
            content["metadata"]["checked"] = record
        else:
            cell = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
            cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": f"{label}   3\n"})
        notebook.write_text(json.dumps(content), encoding="utf-8")
    found = audit_site(copy, **known).problems
    assert found
    assert {problem.file.split(".")[0] for problem in found} == {"trusts/DEMO"}
