"""A trust's own return is on its own marked page, and in nothing that is said about another trust."""

import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import nbformat
import pytest

from race_equality.batch.cluster_worker import pack_project
from race_equality.downloads.files import Downloads
from race_equality.errors import RaceEqualityError
from race_equality.project import find_project
from race_equality.sources.ingest import add_return
from race_equality.sources.returns.wres import template
from race_equality.store.trusts import resolve_trust

NOTEBOOKS = sorted(find_project().notebooks.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_says_whose_returns_it_reads(path):
    code = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    # the cells for the board alone are part of a trust's report, which sets its trust
    of_a_trust = "trust = resolve_trust(" in code or path.stem == "_for_the_board_alone"
    own = "local=trust.code" if of_a_trust else "local=False"
    for call in re.findall(r"read_figures\(([^)]*)\)", code):
        assert own in call, f"read_figures({call}) also reads the returns of other trusts"


def test_a_return_is_in_its_own_trusts_download_and_moves_no_other(read_cut, project, tmp_path):
    read_cut(project)
    shutil.copytree(Path(__file__).parents[2] / "params", project.root / "params", dirs_exist_ok=True)

    def files(code):
        site = tmp_path / "site"
        (site / "trusts").mkdir(parents=True, exist_ok=True)
        Downloads(project).write_trust(resolve_trust(code, project=project), site)
        return (site / "trusts" / f"{code}-figures.csv").read_bytes()

    before = files("RJ1")
    text = template("RV5", "SLaM", [date(2025, 3, 31)], "return.csv", survey=True)
    filled = [
        f"{line.rstrip(',')},25,30,"
        if "percentage" in line
        else f"{line.rstrip(',')},4000,2000,"
        if "responses" in line
        else f"{line.rstrip(',')},40,30,2"
        if line.startswith("RV5")
        else line
        for line in text.splitlines()
    ]
    path = tmp_path / "RV5_wres_return.csv"
    path.write_text("\n".join(filled), encoding="utf-8")
    add_return(path, project, ask=list)
    assert b"WRES return of South London" in files("RV5")
    assert files("RJ1") == before


def test_a_return_never_leaves_the_machine(project):
    """A build on a cluster sends the project to its workers: it is refused where there is a return."""
    packed = zipfile.ZipFile(io.BytesIO(pack_project(project)))
    assert "_quarto.yml" in packed.namelist()
    local = project.root / "data" / "local"
    local.mkdir()
    (local / "RJ1_wres_return.csv").write_text("a template that was not added", encoding="utf-8")
    assert not any("local" in name for name in zipfile.ZipFile(io.BytesIO(pack_project(project))).namelist())
    (local / "RJ1.parquet").write_bytes(b"")
    with pytest.raises(RaceEqualityError, match=r"returns \(RJ1\), which never leave this machine. Build without"):
        pack_project(project)


@pytest.mark.parametrize(
    "name", ["RJ1.parquet", "wres_return_RJ1.yml", "RJ1_wres_return.xlsx", "RJ1_patients_return.csv"]
)
def test_git_ignores_everything_of_a_return(name):
    root = find_project().root
    if shutil.which("git") is None or not (root / ".git").exists():
        pytest.skip("this is no checkout of git")
    asked = subprocess.run(["git", "check-ignore", f"data/local/{name}"], cwd=root, capture_output=True, check=False)
    assert asked.returncode == 0
    tracked = subprocess.run(["git", "ls-files", "data/local"], cwd=root, capture_output=True, check=True)
    assert tracked.stdout == b""
