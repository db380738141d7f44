"""`data check` holds figures to the trust list, to each other and to what stands next to them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from race_equality.project import Project
from race_equality.sources.publications.systems import codes_csv
from race_equality.sources.returns.form import return_source
from race_equality.sources.store_rules import broken_rules
from race_equality.store.figures import figure_table, parquet_bytes, trust_schema
from race_equality.store.trusts import successions_csv
from tests.conftest import record_figures

ROW = {
    "trust_code": "RJ1",
    "organisation_code": "RJ1",
    "period_start": pd.Timestamp("2025-03-31"),
    "period_end": pd.Timestamp("2025-03-31"),
    "indicator": "workforce_headcount",
    "group": "Midwives",
    "value": 100.0,
    "unit": "people",
    "status": "ok",
    "source": "thing",
    "locator": "Sheet!B5",
}
SHARE = ROW | {"indicator": "wres_6", "group": "White", "unit": "percent"}
FTE = ROW | {"indicator": "workforce_fte", "unit": "fte"}
BOARD = ROW | {"indicator": "wres_9_board", "group": "White", "value": 12.0}
BIRTHS = ROW | {"unit": "count", "indicator": "maternity_deliveries_by_ethnicity", "group": "Asian"}
BY_DECILE = BIRTHS | {"indicator": "maternity_deliveries_by_deprivation", "group": "Decile 1"}
WAITS = SHARE | {"indicator": "waiting_over_18_weeks_by_sex", "group": "Female", "denominator": 1000.0}


@pytest.fixture
def hold(project, trust_list):
    """Hold rows in a store that has a trust list, and return the rules that they break."""
    (project.figures / "trusts.parquet").write_bytes(parquet_bytes(trust_list.trusts, trust_schema()))
    (project.figures / "successions.csv").write_bytes(successions_csv(trust_list.successions))
    (project.figures / "systems.csv").write_bytes(codes_csv(trust_list.boards, []))

    def broken(*rows):
        (project.figures / "thing.parquet").write_bytes(parquet_bytes(figure_table(rows)))
        record_figures(project.root)
        return broken_rules(project)

    return broken


@pytest.mark.parametrize(
    "rows",
    [
        [ROW, FTE | {"value": 102.9}],  # a month's hours and a day's people
        [SHARE | {"value": 6.5, "numerator": 1265.0, "denominator": 19611.0}],  # 6.45 to one decimal
        [BOARD, BOARD | {"indicator": "wres_9_voting", "value": 12.0}],
        [BIRTHS, BY_DECILE | {"value": 105.0}],  # each rounded to 5
        [
            BIRTHS,
            BY_DECILE | {"value": 900.0},
            BY_DECILE | {"group": "Decile 2", "value": None, "status": "suppressed"},
        ],
        [WAITS | {"value": 30.0, "numerator": 300.0}],
        # what merged into a trust, England, a system and a region of England
        [ROW | {"trust_code": "RA7", "organisation_code": "RVJ"}],
        [ROW | {"trust_code": code, "organisation_code": code} for code in ("ENG", "QKK", "Y56")],
    ],
)
def test_what_can_be_published_breaks_no_rule(hold, rows):
    assert hold(*rows) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [ROW | {"trust_code": "RVJ", "organisation_code": "RVJ"}],
            "thing: 1 figures are under RVJ, which is no trust that is open; it is RA7 today. Add the trust list again",
        ),
        ([ROW | {"trust_code": "RX8", "organisation_code": "RVJ"}], "thing: 1 figures of RVJ are under RX8, and it belongs to RA7."),
        # codes moved by a row
        ([ROW | {"organisation_code": "XYZ"}], "thing: 1 figures of XYZ are under RJ1, and it belongs to no open trust."),
        (
            [SHARE | {"value": 0.0645, "numerator": 1265.0, "denominator": 19611.0}],
            "thing, RJ1 wres_6, White, to 2025-03-31 (Sheet!B5): 0.0645% is not 1,265 of 19,611 (6.5%).",
        ),
        (
            [ROW, FTE | {"value": 103.1}],
            "thing, RJ1 workforce_fte, Midwives, to 2025-03-31 (Sheet!B5): 103.1 is more than the 100 of workforce_headcount.",
        ),
        ([BOARD, BOARD | {"indicator": "wres_9_executive", "value": 13.0}], ": 13 is more than the 12 of wres_9_board."),
        ([BIRTHS, BY_DECILE | {"value": 106.0}], "comes to 100 and maternity_deliveries_by_deprivation to 106, of the same people."),
        (
            [
                WAITS | {"value": 30.0, "numerator": 300.0},
                WAITS | {"indicator": "waiting_over_52_weeks_by_sex", "value": 30.1, "numerator": 301.0},
            ],
            ": 301 is more than the 300 of waiting_over_18_weeks_by_sex.",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_the_rest_is_named_with_its_place(hold, rows, said):
    assert [said in line for line in hold(*rows)] == [True]


def test_of_many_the_first_are_named(hold):
    said = hold(
        *(SHARE | {"group": f"group {n}", "value": 50.0, "numerator": 1.0, "denominator": 9.0} for n in range(12))
    )
    assert len(said) == 11
    assert said[-1] == "and 2 more of this kind."


def test_a_return_is_of_the_trust_that_it_names(hold, project):
    name = "Guy's and St Thomas' NHS Foundation Trust"
    for named, said in ((name, []), ("Barts Health NHS Trust", [f"and RJ1 is {name!r}"])):
        local = project.root / "data" / "local"
        local.mkdir(exist_ok=True)
        file = local / "filled.csv"
        file.write_text("x", encoding="utf-8")
        source = return_source(
            "wres_return_RJ1", "WRES return", named, file, "2025", (), pd.Timestamp("2025-05-01").date()
        )
        (local / "wres_return_RJ1.yml").write_text(source.to_yaml(), encoding="utf-8")
        found = hold(ROW)
        assert len(found) == len(said)
        assert all(part in line for part, line in zip(said, found, strict=True))


def test_the_committed_store_keeps_every_rule():
    assert broken_rules(Project(Path(__file__).parents[2])) == []
