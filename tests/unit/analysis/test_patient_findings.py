"""Patients by group in the downloads: the page's numbers, by the page's rule, and nothing that is hidden."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from race_equality.analysis.findings import findings
from race_equality.analysis.patient_findings import SLOPE
from race_equality.analysis.patient_gaps import patients_by_breakdown
from race_equality.disclosure.rules import read_rules
from race_equality.store.figures import figure_table

WEEK = pd.Timestamp("2026-01-25")
BRITISH = "White - English / Welsh / Scottish / Northern Irish / British"
AFRICAN = "Black/African/Caribbean/Black British - African"
CHINESE = "Asian/Asian British - Chinese"
ID = "waiting_over_18_weeks"


def rows(place: str, kind: str, groups: dict[str, tuple[int, int]]) -> list[dict]:
    return [
        {
            "trust_code": place,
            "organisation_code": place,
            "period_start": WEEK,
            "period_end": WEEK,
            "indicator": f"{ID}_by_{kind}",
            "group": group,
            "value": 100 * count / people,
            "unit": "percent",
            "numerator": count,
            "denominator": people,
            "status": "ok",
            "source": "test",
            "locator": "A1",
        }
        for group, (count, people) in groups.items()
    ]


TRUSTS = pd.DataFrame(
    {
        "trust_code": ["RAA", "RBB", "RCC"],
        "trust_name": ["A", "B", "C"],
        "kind": "acute",
        "region": ["London", "London", "South West"],
    }
)
HELD = figure_table(
    [
        *rows(
            "RAA", "ethnicity", {BRITISH: (400, 1000), AFRICAN: (300, 500), CHINESE: (4, 60), "Not known": (50, 100)}
        ),
        *rows("RAA", "deprivation", {f"Decile {n}": (600 - 10 * n, 1000) for n in range(1, 11)}),
        *rows("RBB", "ethnicity", {BRITISH: (500, 1000), AFRICAN: (250, 500), CHINESE: (300, 600)}),
        *rows("RCC", "ethnicity", {BRITISH: (100, 1000), AFRICAN: (150, 500)}),
        *rows("ENG", "ethnicity", {BRITISH: (40_000, 100_000), AFRICAN: (4200, 10_000)}),
    ]
)


@cache
def found(trust_code: str) -> pd.DataFrame:
    """Compute the findings when a test asks for them: every worker of a run imports this module."""
    every = findings(HELD, TRUSTS, rules=read_rules(), peers={"RAA": ["RBB", "RCC"]})
    return every[(every["trust_code"] == trust_code) & (every["measure"] == ID)].set_index("group")


def test_a_gap_is_the_page_s_with_its_comparators():
    gap = found("RAA").loc["Black minus White"]
    page = patients_by_breakdown(HELD, read_rules())
    page = page[(page["place"] == "RAA") & (page["group"] == "Black")].iloc[0]
    assert gap["value"] == pytest.approx(60.0 - 40.0)
    assert (gap["lower"], gap["upper"], gap["direction"]) == (page["gap_lower"], page["gap_upper"], page["direction"])
    assert (gap["unit"], gap["people"], gap["direction"]) == ("percentage points", 500, "adverse")
    assert gap["england"] == pytest.approx(42 - 40)
    # Black 250 + 150 of 1,000, White 500 + 100 of 2,000
    assert gap["similar_trusts"] == pytest.approx(40 - 30)
    # with this trust in its region: Black 550 of 1,000, White 900 of 2,000
    assert gap["region_trusts"] == pytest.approx(55 - 45)
    assert "several comparisons" in gap["reading"]


def test_shares_of_all_groups_and_the_slope_are_findings():
    of_rbb = found("RBB").loc[["Asian"]]
    assert of_rbb["value"].tolist() == pytest.approx([50.0])
    assert found("RAA").loc["White", "similar_trusts"] == pytest.approx(30.0)
    # deciles 1 and 2
    assert found("RAA").loc["Most deprived fifth", "value"] == pytest.approx(58.5)
    slope = found("RAA").loc[SLOPE]
    assert slope["value"] == pytest.approx(10, abs=0.3)
    assert slope["direction"] == "adverse"
    assert slope["indicators"] == f"{ID}_by_deprivation"


def test_a_count_of_four_has_no_number_and_no_gap():
    # 4 of 60, which are all Asian patients of the trust
    asian = found("RAA").loc["Asian"]
    assert asian["status"] == "suppressed"
    assert asian[["value", "lower", "upper", "people"]].isna().all()
    assert "Asian minus White" not in found("RAA").index
    # what would tell it from the total is hidden with it
    assert found("RAA").loc["Not known", "status"] == "suppressed"
