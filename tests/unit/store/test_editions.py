"""What is out of date and still to come, and pages where a survey's workbooks are of two years."""

from __future__ import annotations

import ast
import re
import shutil
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pyarrow.parquet as pq
import pytest

from race_equality.analysis.findings import _of_the_same_day
from race_equality.definitions.editions import SERIES
from race_equality.project import Project
from race_equality.report.board_page import survey_editions
from race_equality.report.trace import still_to_come
from race_equality.sources.catalogue import all_publications
from race_equality.sources.reconcile import reconcile
from race_equality.store.editions import MAY_BE_OUT, OUT_OF_DATE, TO_COME, next_editions
from race_equality.store.figures import parquet_bytes
from race_equality.store.provenance import read_sources
from tests.conftest import copy_figures, record_figures

ROOT = Path(__file__).parents[3]
WHEN = {"monthly": 1, "quarterly": 3, "yearly": 12, "March": 12}


def test_the_calendar_is_that_of_publication_day():
    """The publishers' calendar is written for people once; what the program goes by says the same."""
    text = (ROOT / "docs" / "publication_day.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", text[text.index("| publication | when |") :], re.MULTILINE)
    documented = sorted((name, WHEN[when], 3 if when == "March" else 0) for name, when in table if when in WHEN)
    known = ((one.name.removesuffix(", measures"), one.months, one.appears or 0) for one in SERIES)
    assert sorted(known) == documented
    ids = {one.id for one in all_publications(Project(ROOT))}
    assert {id for one in SERIES for id in one.files} <= ids


@pytest.mark.parametrize(
    ("held", "today", "next_to", "state"),
    [
        # published in March after the autumn of the survey
        ({"staff_survey_national_2024": ["2024-11-30"]}, "2026-02-28", "2025-11-30", TO_COME),
        ({"staff_survey_national_2024": ["2024-11-30"]}, "2026-03-01", "2025-11-30", MAY_BE_OUT),
        ({"staff_survey_national_2024": ["2024-11-30"]}, "2026-04-01", "2025-11-30", OUT_OF_DATE),
        # monthly: two months have to have ended
        ({"rtt": ["2026-04-30", "2026-05-31"]}, "2026-06-30", "2026-06-30", TO_COME),
        ({"rtt": ["2026-04-30", "2026-05-31"]}, "2026-07-31", "2026-06-30", MAY_BE_OUT),
        ({"rtt": ["2026-04-30", "2026-05-31"]}, "2026-08-01", "2026-06-30", OUT_OF_DATE),
        # in no calendar: as far apart as those held
        ({"new_2023": ["2023-03-31"], "new_2024": ["2024-03-31"]}, "2025-05-01", "2025-03-31", MAY_BE_OUT),
    ],
)
def test_what_comes_next(held, today, next_to, state):
    days = {id: [date.fromisoformat(day) for day in of] for id, of in held.items()}
    (found,) = next_editions(days, today=date.fromisoformat(today))
    assert (found.next_to.isoformat(), found.state) == (next_to, state)
    assert found.as_held is ("new_2024" in held)


def test_nothing_is_said_of_what_is_held_once_and_in_no_calendar():
    assert next_editions({"catchment_2026": [date(2026, 4, 30)]}, today=date(2030, 1, 1)) == []


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Project:
    """Five trusts with the organisational workbook moved on a year: as when that of 2025 is out and no other."""
    root = tmp_path_factory.mktemp("mixed")
    copy_figures(("RJ1", "R1H", "RRK", "RV5", "RAJ"), root / "data" / "figures")
    shutil.copytree(ROOT / "data" / "sources", root / "data" / "sources")
    shutil.copytree(ROOT / "params", root / "params")
    shutil.copy(ROOT / "_quarto.yml", root)
    old, new = (f"staff_survey_organisations_{year}" for year in (2024, 2025))
    figures = pq.read_table(root / "data" / "figures" / f"{old}.parquet").to_pandas()
    for name in ("period_start", "period_end"):
        figures[name] += pd.DateOffset(years=1)
    (root / "data" / "figures" / f"{new}.parquet").write_bytes(parquet_bytes(figures.assign(source=new)))
    (root / "data" / "figures" / f"{old}.parquet").unlink()
    source = root / "data" / "sources" / f"{old}.yml"
    source.with_stem(new).write_text(source.read_text(encoding="utf-8").replace("2024", "2025"), encoding="utf-8")
    source.unlink()
    record_figures(root)
    return Project(root)


def said(notebook: str, cells: tuple[str, ...], project: Project, monkeypatch) -> dict:
    """Run some cells of a notebook in this process; return its names, and what each cell shows."""
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(project.root))
    names: dict = {"trust_code": "RJ1"}
    shown = {}
    for cell in nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells:
        if cell.id in cells:
            *body, last = ast.parse(cell.source).body
            exec(compile(ast.Module(body, []), cell.id, "exec"), names)
            if isinstance(last, ast.Expr):  # what the cell shows
                value = eval(compile(ast.Expression(last.value), cell.id, "eval"), names)
                shown[cell.id] = getattr(value, "markup", str(value))
            else:
                exec(compile(ast.Module([last], []), cell.id, "exec"), names)
    return names | {"shown": shown}


TO_BE_SAID = "the national workbook and the benchmark workbook for 2025 are still to come"


def test_a_report_names_each_figures_own_edition(mixed, monkeypatch):
    page = said(
        "board_report", ("read", "findings", "findings-patients", "grounds", "grounds-table"), mixed, monkeypatch
    )
    assert page["survey_period"] == "autumn 2025"
    assert survey_editions(page["survey_period"], page["known"]) == "autumn 2025, by ethnic group autumn 2024"
    assert "England, autumn 2024</caption>" in page["shown"]["grounds-table"]
    assert TO_BE_SAID in page["shown"]["grounds"]


def test_the_page_of_all_trusts_names_each_figures_own_edition(mixed, monkeypatch):
    page = said(
        "national_overview", ("read", "survey", "detailed-table", "detailed", "detailed-to-come"), mixed, monkeypatch
    )
    assert "all staff, autumn 2025</caption>" in page["shown"]["survey"]
    assert "England, autumn 2024. Grounds" in page["shown"]["detailed-table"]
    assert TO_BE_SAID in page["shown"]["detailed-to-come"]


def test_where_all_workbooks_are_of_one_year_nothing_is_to_come():
    assert still_to_come(read_sources(local=False, project=ROOT)) == ""


def test_means_over_trusts_are_held_to_the_national_workbook_of_their_own_year_alone(mixed):
    assert [one.what for one in reconcile(mixed) if one.what.startswith("Staff Survey")] == []
    surveys = [one for one in reconcile(Project(ROOT)) if one.what.startswith("Staff Survey")]
    assert {one.period for one in surveys} == {"2024-09-01 to 2024-11-30"} and len(surveys) == 3


def test_englands_answer_is_next_to_one_of_the_same_survey_alone():
    day, other = pd.Timestamp("2024-11-30"), pd.Timestamp("2025-11-30")
    england = pd.DataFrame({"percent": [9.0], "period_end": [day]}, index=["staff_survey_q16b"])
    found = _of_the_same_day(england, "staff_survey_q16b", [day, other, None])
    assert [found[0], found[2]] == [9.0, 9.0] and pd.isna(found[1])
    assert pd.isna(_of_the_same_day(england, "staff_survey_q15", [day])[0])
