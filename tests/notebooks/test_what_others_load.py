"""A report says the same whatever is loaded of others."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pandas as pd

from race_equality.batch.execute import execute_page
from race_equality.batch.plan import Page
from race_equality.project import Project
from race_equality.store.figures import parquet_bytes, read_figures
from race_equality.store.schema import FIGURE_DTYPES
from tests.conftest import record_figures

ROOT = Path(__file__).parents[2]


def test_a_report_says_the_same_whatever_another_loads_and_the_demonstration_shows(tmp_path, monkeypatch):
    """The plan leaves a report alone when they change, so its notebook must not see them."""
    demonstration = read_figures(sources="demonstration", project=Project(ROOT))
    patients = demonstration[demonstration["indicator"].str.startswith("patients_")]
    assert len(patients) > 100
    for folder in ("data", "notebooks", "params"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("local", "raw"))
    for file in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / file, tmp_path)
    for file in ("figures/demonstration.parquet", "sources/demonstration.yml"):
        (tmp_path / "data" / file).unlink()
    (tmp_path / "data" / "local").mkdir()
    later = patients.assign(
        source="patients_return_demo",
        period_start=patients["period_start"] + pd.DateOffset(years=1),
        period_end=patients["period_end"] + pd.DateOffset(years=1),
    ).astype(FIGURE_DTYPES)
    path = tmp_path / "data" / "local" / "patients_return_demo.parquet"
    path.write_bytes(parquet_bytes(later))
    described = (ROOT / "data" / "sources" / "demonstration.yml").read_text(encoding="utf-8")
    path.with_suffix(".yml").write_text(
        described.replace("id: demonstration", "id: patients_return_demo"), encoding="utf-8"
    )
    record_figures(tmp_path)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(tmp_path))
    end = execute_page(
        Page("trusts/RRU.ipynb", "notebooks/board_report.ipynb", {"trust_code": "RRU"}),
        root=tmp_path,
        target=tmp_path / "RRU.ipynb",
        scratch=tmp_path,
        failed=tmp_path / "failed.ipynb",
        timeout=300,
    )
    assert end.failure is None, end.failure
    # the golden copy was made from what is committed, with the demonstration and without the return
    golden = ROOT / "tests" / "notebooks" / "board_report_RRU.ipynb"
    there, here = (
        [cell.get("outputs") for cell in nbformat.read(file, as_version=4).cells]
        for file in (golden, tmp_path / "RRU.ipynb")
    )
    assert len(there) > 20
    assert here == there
