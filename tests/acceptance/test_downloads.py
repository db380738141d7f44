"""What a build offers to download: there, linked, safe, and made again when it has to be."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml

from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.store.figures import read_figures
from tests.conftest import record_figures

ROOT = Path(__file__).parents[2]
NAMES = ("RJ1-figures.csv", "RJ1-figures.ods")


@pytest.fixture
def with_figures(small_project):
    """The small project with the survey's figures."""
    for name in ("wres_5_to_8_2024", "staff_survey_organisations_2024"):
        shutil.copy(ROOT / "data" / "figures" / f"{name}.parquet", small_project / "data" / "figures")
        (small_project / "data" / "sources").mkdir(exist_ok=True)
        shutil.copy(ROOT / "data" / "sources" / f"{name}.yml", small_project / "data" / "sources")
    return small_project


def run_build(race_equality, *options: str) -> str:
    end = race_equality.build("RJ1", "--output", "out", "--renderer", "built-in", "--explain", *options)
    assert end.returncode == 0, end.stderr
    return next(line for line in end.stdout.splitlines() if line.startswith("RJ1: "))


@pytest.fixture(scope="module")
def first_build(tmp_path_factory):
    """Filled by the first test that needs it, then copied: a build takes seconds."""
    return tmp_path_factory.mktemp("first")


@pytest.fixture
def built_once(race_equality, with_figures, first_build):
    """The small project with RJ1 built into ``out``."""
    if not (first_build / "out").exists():
        run_build(race_equality)
        shutil.copytree(with_figures / "out", first_build / "out")
    else:
        shutil.copytree(first_build / "out", with_figures / "out")
    return with_figures


def test_a_trusts_figures(built_once):
    site = built_once / "out" / "site"
    page = (site / "trusts" / "RJ1.html").read_text(encoding="utf-8")
    for name in NAMES:
        assert (site / "trusts" / name).is_file()
        assert f'href="{name}"' in page
    assert 'href="trusts/RJ1-figures.ods"' in (site / "index.html").read_text(encoding="utf-8")
    frame = pd.read_csv(site / "trusts" / "RJ1-figures.csv")
    row = frame[(frame["measure"] == "wres_6") & (frame["group"] == "White") & (frame["kind"] == "published figure")]
    # the benchmark workbook, RJ1, indicator 6
    figures = read_figures("wres_6", project=Project(ROOT)).query("trust_code == 'RJ1' and group == 'White'")
    assert float(row["value"].iloc[0]) == round(float(figures["value"].iloc[0]), 1)
    source = yaml.safe_load((ROOT / "data" / "sources" / "wres_5_to_8_2024.yml").read_text(encoding="utf-8"))
    assert set(row["source"]) == {source["title"]}
    assert set(row["licence"]) == {source["licence"]}
    assert list(site.rglob(".*")) == []  # nothing half-written
    known = read_figures(project=Project(built_once))
    assert [str(problem) for problem in audit_site(site, rules=read_rules(), figures=known).problems] == []


def test_a_build_of_one_trust_makes_no_table_of_all(built_once):
    assert not (built_once / "out" / "site" / "downloads").exists()


def test_figures_that_cannot_be_read_fail_the_trusts_pages_and_no_other(race_equality, with_figures):
    (with_figures / "data" / "figures" / "wres_5_to_8_2024.parquet").write_bytes(b"no Parquet")
    record_figures(with_figures)  # as it was written: else the build is refused
    end = race_equality.build("RJ1", "--output", "out", "--renderer", "built-in")
    assert end.returncode == 1, end.stderr
    assert "Traceback" not in end.stderr
    assert "Its files to download could not be made. " in end.stderr
    assert "wres_5_to_8_2024.parquet" in end.stderr
    pages = (with_figures / "out" / "site").rglob("*.html")
    # nor does the report stay that was shown before they were made
    assert sorted(page.stem for page in pages) == ["index", "national_overview"]


def test_made_again_when_gone_and_otherwise_left(race_equality, built_once):
    file = built_once / "out" / "site" / "trusts" / NAMES[0]
    before = file.stat().st_mtime_ns
    assert run_build(race_equality) == "RJ1: up to date"
    assert file.stat().st_mtime_ns == before
    file.unlink()
    assert run_build(race_equality) == f"RJ1: rendered: trusts/{NAMES[0]} is gone or was changed"
    assert file.is_file()


def test_a_build_of_one_trust_brings_the_tables_of_all_to_new_thresholds(race_equality, with_figures):
    file = with_figures / "data" / "figures" / "trusts.parquet"
    trusts = pd.read_parquet(file)
    trusts[trusts["trust_code"].isin(["RJ1", "RX6"])].to_parquet(file, index=False)
    record_figures(with_figures)
    end = race_equality.build("--output", "out", "--renderer", "built-in")
    assert end.returncode == 0, end.stderr
    defaults, table = (
        with_figures / "params" / "_defaults.yml",
        with_figures / "out" / "site" / "downloads" / "all-trusts.csv",
    )

    def values() -> set[str]:
        rows = pd.read_csv(table, dtype=str, keep_default_na=False)
        return set(rows[(rows["trust_code"] == "RX6") & (rows["measure"] == "wres_8")]["value"])

    assert "" not in values()
    defaults.write_text(defaults.read_text().replace("value: 11", "value: 60"))  # 52 of its staff answered
    run_build(race_equality)
    assert values() == {""}


@pytest.fixture
def tables(tables_of_all_trusts):
    folder = tables_of_all_trusts / "downloads"
    assert sorted(path.name for path in folder.iterdir()) == [
        *("all-trusts.csv", "all-trusts.parquet", "all-trusts.sqlite", "codebook.csv"),
        *("datapackage.json", "figures.csv", "figures.parquet"),
    ]
    return folder


def test_the_table_of_all_trusts(tables):
    frame = pd.read_parquet(tables / "all-trusts.parquet")
    trusts = pd.read_parquet(ROOT / "data" / "figures" / "trusts.parquet")
    assert set(frame["trust_code"]) == set(trusts["trust_code"])
    assert "DEMO" not in set(frame["trust_code"])
    assert not frame["source"].str.contains("return|nvented").any()
    text = pd.read_csv(tables / "all-trusts.csv", keep_default_na=False, na_values=[""])
    assert len(text) == len(frame)
    pd.testing.assert_series_equal(text["value"], frame["value"])
    codebook = pd.read_csv(tables / "codebook.csv")
    figures = pd.read_csv(tables / "figures.csv", dtype={"file": str, "locator": str})
    named = set(codebook.loc[codebook["entry"] == "measure", "id"])
    assert set(frame["measure"]) | set(figures["measure"]) == named
    assert figures["value"].dtype == figures["people"].dtype == "float64"
    assert not figures["trust_code"].isin(["DEMO", "ENG"]).any()
    monthly = figures[(figures["trust_code"] == "R1H") & (figures["measure"] == "rtt_within_18_weeks")]
    assert monthly["period_end"].is_unique and len(monthly) > 48  # since April 2021
    assert list(frame.columns) == list(codebook.loc[codebook["entry"] == "column", "id"])


def examples(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "downloads.md").read_text(), flags=re.DOTALL)
    return block


def test_the_lines_of_pandas_run_as_they_stand(tables, monkeypatch, capsys):
    monkeypatch.chdir(tables)
    names: dict[str, pd.DataFrame] = {}
    exec(examples("python"), names)
    assert names["figures"]["value"].dtype == names["figures"]["people"].dtype == "float64"
    assert len(names["by_month"]) > 48 and names["newest"]["trust_code"].is_unique
    assert capsys.readouterr().out


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not on the PATH")
def test_the_lines_of_r_run_as_they_stand(tables):
    end = subprocess.run(["Rscript", "-e", examples("r")], cwd=tables, capture_output=True, text=True, check=False)
    assert end.returncode == 0, end.stderr
