"""Which pages a build makes."""

from __future__ import annotations

import pickle
import sys
from types import ModuleType

import pytest

from race_equality.batch.plan import plan_build
from race_equality.errors import InputError, UnknownTrustError
from race_equality.project import Project


@pytest.fixture
def project(small_project) -> Project:
    return Project(small_project)


def test_naming_none_is_every_trust(project):
    plan = plan_build(project=project)
    assert len(plan.trusts) == 202  # the trust list of August 2026
    assert "DEMO" not in {trust.code for trust in plan.trusts}
    assert len({page.path for page in plan.pages}) == 203
    assert plan.pages[0].path == plan.pages[0].notebook == "notebooks/national_overview.ipynb"
    assert plan.pages[0].trust is None
    assert not plan.pages[0].parameters


def test_a_trusts_page(project):
    page = plan_build([" rj1 "], project=project).pages[1]
    assert page.path == "trusts/RJ1.ipynb"
    assert page.notebook == "notebooks/board_report.ipynb"
    assert page.parameters == {"trust_code": "RJ1"}
    assert page.name == "RJ1"
    assert page.trust.name == "Guy's and St Thomas' NHS Foundation Trust"


def test_pages_cannot_be_changed_and_can_be_sent_to_workers(project):
    page = plan_build(["RJ1"], project=project).pages[1]
    with pytest.raises(TypeError):
        page.parameters["trust_code"] = "RRK"
    again = pickle.loads(pickle.dumps(page))
    assert again == page
    with pytest.raises(TypeError):
        again.parameters["trust_code"] = "RRK"


def test_each_trust_once_in_the_order_given(project):
    # R1C merged into RW1 on 1 October 2024
    plan = plan_build(["RRK", "RW1", "rrk", "R1C", "DEMO"], project=project)
    assert [trust.code for trust in plan.trusts] == ["RRK", "RW1", "DEMO"]
    assert [note.partition(" (")[0] for note in plan.notes] == ["R1C merged into RW1"]


def test_peers_are_added_after_the_trusts_named(project, monkeypatch):
    peers = ModuleType("race_equality.analysis.peers")
    peers.peers_of = {"RJ1": ["RRK", "RAE"], "RAE": ["RJ1", "RJ2"]}.__getitem__
    monkeypatch.setitem(sys.modules, "race_equality.analysis.peers", peers)
    plan = plan_build(["RJ1", "RAE"], peers=True, project=project)
    assert [trust.code for trust in plan.trusts] == ["RJ1", "RAE", "RRK", "RJ2"]
    assert plan.notes == ("2 peers added.",)


def test_every_unknown_code_is_named(project):
    with pytest.raises(UnknownTrustError) as error:
        plan_build(["RJ11", "RJ1", "Barts"], project=project)
    said = str(error.value).splitlines()
    assert len(said) == 2
    assert "Nearest: RJ1 Guy's and St Thomas'" in said[0]
    assert "R1H Barts Health" in said[1]


def test_a_missing_report_stops_it(project):
    (project.notebooks / "board_report.ipynb").unlink()
    with pytest.raises(InputError, match=r"board_report.ipynb: The notebook is missing\. Restore it with"):
        plan_build(["RJ1"], project=project)


def test_a_new_notebook_is_a_new_page(project, notebook_writer):
    for name in ("methods", "_draft", ".ipynb_checkpoints/methods"):
        notebook_writer(project.notebooks / f"{name}.ipynb", "1", parameters="n = 1")
    assert [page.path for page in plan_build(["RJ1"], project=project).pages] == [
        "notebooks/methods.ipynb",
        "notebooks/national_overview.ipynb",
        "trusts/RJ1.ipynb",
    ]


def test_a_notebook_that_takes_a_trust_is_a_further_page_of_each(project, notebook_writer):
    notebook_writer(project.notebooks / "by_band.ipynb", "1", parameters='trust_code = "R1H"')
    plan = plan_build(["RJ1", "RRK"], project=project)
    assert [(page.path, page.name, page.is_report) for page in plan.pages[1:]] == [
        ("trusts/RJ1.ipynb", "RJ1", True),
        ("trusts/RRK.ipynb", "RRK", True),
        ("trusts/RJ1-by_band.ipynb", "RJ1-by_band", False),
        ("trusts/RRK-by_band.ipynb", "RRK-by_band", False),
    ]
    assert plan.pages[3].parameters == {"trust_code": "RJ1"}
    assert [trust.code for trust in plan.trusts] == ["RJ1", "RRK"]


def test_a_report_without_its_parameter_stops_it(project, notebook_writer):
    notebook_writer(project.notebooks / "board_report.ipynb", "1", parameters="n = 1")
    with pytest.raises(InputError, match=r"board_report.ipynb: No cell tagged `parameters` sets trust_code"):
        plan_build(["RJ1"], project=project)
