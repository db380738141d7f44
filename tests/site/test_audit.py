"""The site of the regression trusts gives nothing away, and would not if somebody slipped."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pikepdf
import pytest

from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import read_rules
from race_equality.downloads.files import Downloads
from race_equality.project import Project
from race_equality.report.summary_table import names_of_measures
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts, resolve_trust

ROOT = Path(__file__).parents[2]
GOLDEN = sorted((ROOT / "tests" / "notebooks").glob("board_report_*.ipynb"))

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not on the PATH"
)


@pytest.fixture(scope="module")
def golden_site(site, tables_of_all_trusts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages, PDFs and executed notebooks of the golden trusts, by the built-in renderer, and their downloads."""
    folder = tmp_path_factory.mktemp("golden") / "site"
    shutil.copytree(tables_of_all_trusts, folder, ignore=shutil.ignore_patterns("R*.json"))  # each trust's own
    (folder / "trusts").mkdir()
    downloads = Downloads(Project(ROOT))
    for golden in GOLDEN:
        code = golden.stem.removeprefix("board_report_")
        for ending in ("html", "pdf"):
            shutil.copy(site / "trusts" / f"{code}.{ending}", folder / "trusts")
        shutil.copy(golden, folder / "trusts" / f"{code}.ipynb")
        if code != "DEMO":  # invented figures are in no file of all trusts
            shutil.copy(tables_of_all_trusts / "api" / "trusts" / f"{code}.json", folder / "api" / "trusts")
        downloads.write_trust(resolve_trust(code, project=Project(ROOT)), folder)
    return folder


@pytest.fixture(scope="module")
def known() -> dict:
    project = Project(ROOT)
    names = read_trusts(project=project).set_index("trust_code")["trust_name"].to_dict()
    rules = read_rules(project=project)
    return {"rules": rules, "figures": read_figures(project=project), "names": names, "measures": names_of_measures()}


def test_nothing_is_recovered(golden_site, known):
    result = audit_site(golden_site, **known)
    assert [str(problem) for problem in result.problems] == []
    assert result.hidden > 100  # most of them in the table of all trusts
    assert result.files >= 5 * len(GOLDEN)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_an_executed_notebook_says_nothing_aside(golden):
    """No message of the kernel, no print, no error; a chart is a picture, and its data are not in the notebook."""
    cells = json.loads(golden.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data"}
    kinds = {kind for output in outputs for kind in output["data"]}
    assert kinds <= {"text/plain", "text/markdown", "text/html"}
    assert not any(output["metadata"] for output in outputs)


@pytest.fixture
def copy(golden_site, tmp_path) -> Path:
    """The demonstration trust's files, which a test may spoil."""
    site = tmp_path / "site"
    (site / "trusts").mkdir(parents=True)
    for file in (golden_site / "trusts").glob("DEMO*"):
        shutil.copy(file, site / "trusts" / file.name)
    return site


def hidden_label(site: Path, code: str) -> str:
    """The label of a row that the page hides."""
    page = (site / "trusts" / f"{code}.html").read_text(encoding="utf-8")
    row = page[: page.index("Too few people to show")].rindex("<th")
    return page[row:].split(">", 1)[1].split("</th>")[0]


def picture(label: str) -> str:
    """A chart as a page holds it, whose mark says a number to a screen reader."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><path aria-label="Group: {label}; Staff: 3" d="M0,0"/></svg>'
    return f'<img alt="" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'


IN_THE_PAGE = {
    "attribute": lambda label: f'<span title="{label}: 3"></span>',
    "alternative text": lambda label: f'<img src="x.svg" alt="{label}: 3.">',
    "comment": lambda label: f"<!-- {label} = 3 -->",
    "script": lambda label: f'<script type="application/json">{json.dumps({"group": label, "staff": 3})}</script>',
    "chart": picture,
    "tooltip": lambda label: f"<svg><g><title>{label}: 3</title></g></svg>",
    "text": lambda label: f"<p>{label}: 3.</p>",
    "figure": lambda label: '<p data-group="White - Gypsy or Irish Traveller: 6"></p>',
}
IN_A_FILE = {
    "CSV": ("DEMO.csv", lambda label: f'Group,Staff\n"{label}",3\n'),
    "JSON": ("DEMO.json", lambda label: json.dumps([{"group": label, "staff": 3}])),
    "log": ("DEMO.log", lambda label: f"warning: {label}: 3"),
    "search index": (
        "../search.json",
        lambda label: json.dumps([{"objectID": "trusts/DEMO.html", "text": f"{label}: 3."}]),
    ),
}
IN_THE_NOTEBOOK = ("metadata", "cell metadata", "output", "kernel message", "chart data")
IN_THE_PDF = ("attachment", "title", "alternative text of the PDF")


def plant_in_the_notebook(content: dict, plant: str, label: str) -> None:
    cell = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
    record = {"group": label, "staff": 3}
    if plant == "metadata":
        content["metadata"]["checked"] = record
    elif plant == "cell metadata":
        cell["metadata"]["checked"] = record
    elif plant == "chart data":
        chart = {"application/vnd.vegalite.v5+json": {"data": {"values": [record]}}}
        cell["outputs"].append({"output_type": "display_data", "metadata": {}, "data": chart})
    else:
        name = "stderr" if plant == "kernel message" else "stdout"
        cell["outputs"].append({"output_type": "stream", "name": name, "text": f"{label}   3\n"})


def plant_in_the_pdf(path: Path, plant: str, label: str) -> None:
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        if plant == "attachment":
            content = f'Group,Staff\n"{label}",3\n'.encode()
            document.attachments["staff.csv"] = pikepdf.AttachedFileSpec(document, content, filename="staff.csv")
        elif plant == "title":
            document.docinfo["/Subject"] = f"{label}: 3"
        else:
            document.Root.Example = document.make_indirect(pikepdf.Dictionary(Alt=pikepdf.String(f"{label}: 3")))
        document.save(path)


@pytest.mark.parametrize("plant", [*IN_THE_PAGE, *IN_A_FILE, *IN_THE_NOTEBOOK, *IN_THE_PDF, "figures file"])
def test_a_slip_is_found(copy, golden_site, known, plant):
    label = hidden_label(golden_site, "DEMO")
    page, notebook = copy / "trusts" / "DEMO.html", copy / "trusts" / "DEMO.ipynb"
    if plant in IN_THE_PAGE:
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("</body>", IN_THE_PAGE[plant](label) + "</body>"), encoding="utf-8")
    elif plant in IN_A_FILE:
        name, content = IN_A_FILE[plant]
        (copy / "trusts" / name).write_text(content(label), encoding="utf-8")
    elif plant in IN_THE_PDF:
        plant_in_the_pdf(copy / "trusts" / "DEMO.pdf", plant, label)
    elif plant == "figures file":
        file = copy / "trusts" / "DEMO-figures.csv"
        text = file.read_text(encoding="utf-8")
        assert ",[c],[c]," in text
        file.write_text(text.replace(",[c],[c],", ",3,[c],", 1), encoding="utf-8")
    else:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        plant_in_the_notebook(content, plant, label)
        notebook.write_text(json.dumps(content), encoding="utf-8")
    found = audit_site(copy, **known).problems
    assert found
    at = {"search index": "search", "figures file": "trusts/DEMO-figures"}.get(plant, "trusts/DEMO")
    assert {problem.file.split(".")[0] for problem in found} == {at}
