"""`race-equality new-notebook`: a page that runs as it is, in the navigation, with a golden copy that comes out the same."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from race_equality.batch.plan import plan_build
from race_equality.commands.main import main
from race_equality.project import Project
from race_equality.render.listing import trust_pages

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    """The project with its figures, which are only read, and notebooks and configuration of its own."""
    for name in ("data", "params"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("scratch"))
    shutil.copy(ROOT / "_quarto.yml", tmp_path)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(tmp_path))
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(main, arguments)


def navigation(project: Path) -> list[dict]:
    return yaml.safe_load((project / "_quarto.yml").read_text(encoding="utf-8"))["website"]["navbar"]["left"]


def outputs(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(output["data"]["text/plain"]) for cell in cells for output in cell.get("outputs", ()))


def test_a_page_on_all_trusts(project):
    before, configuration = navigation(project), (project / "_quarto.yml").read_text(encoding="utf-8")
    made = run("new-notebook", "training_by_region", "--title", 'Training: "by region"')
    assert made.exit_code == 0, made.output
    assert navigation(project) == [
        *before,
        {"text": 'Training: "by region"', "href": "executed/notebooks/training_by_region.ipynb"},
    ]
    after = (project / "_quarto.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in configuration.splitlines() if line not in after] == []  # comments are kept
    assert "notebooks/training_by_region.ipynb" in {page.path for page in plan_build(project=Project(project)).pages}
    copy = project / "tests" / "notebooks" / "training_by_region.ipynb"
    published = pd.read_parquet(ROOT / "data" / "figures" / "wres_5_to_8_2024.parquet")
    shown = published[(published["indicator"] == "wres_8") & (published["denominator"] >= 11)]
    both = (shown.groupby("trust_code")["group"].nunique() == 2).sum()
    assert f" of {both} trusts. In " in outputs(copy)
    checked = run("golden", "training_by_region", "--check")
    assert "training_by_region.ipynb: the same" in checked.output, checked.output

    written = copy.read_bytes()
    again = run("new-notebook", "training_by_region")
    assert again.exit_code != 0
    assert "training_by_region.ipynb: It is there already." in again.output
    assert copy.read_bytes() == written


def test_a_page_of_each_trust_is_listed_with_the_trust(project):
    made = run("new-notebook", "by_band", "--per-trust")
    assert made.exit_code == 0, made.output
    assert {item["href"] for item in navigation(project)}.isdisjoint({"notebooks/by_band.ipynb"})
    copy = project / "tests" / "notebooks" / "by_band_R1H.ipynb"
    assert "Barts Health NHS Trust" in outputs(copy) and "Autumn 2024" in outputs(copy)
    assert [page.path for page in plan_build(["RJ1"], project=Project(project)).pages][-2:] == [
        "trusts/RJ1.ipynb",
        "trusts/RJ1-by_band.ipynb",
    ]
    site = project / "site"
    (site / "trusts").mkdir(parents=True)
    for name in ("RJ1", "RJ1-by_band"):
        (site / "trusts" / f"{name}.html").touch()
    (page,) = trust_pages(project, site)
    assert (page.code, page.more) == ("RJ1", (("trusts/RJ1-by_band.html", "by_band"),))


@pytest.mark.parametrize("name", ["Training", "../training", "1st", "_draft", "with space"])
def test_a_name_that_no_file_or_address_should_have_is_refused(project, name):
    refused = run("new-notebook", "--", name)
    assert refused.exit_code == 2
    assert "small letters, digits and _" in refused.output
