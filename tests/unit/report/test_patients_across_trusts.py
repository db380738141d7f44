"""Patients by ethnic group over all trusts: what a page of all trusts draws and lists."""

from pathlib import Path

import pandas as pd
import pytest

from race_equality.analysis import patients_by_breakdown
from race_equality.definitions.indicators import BY_ID
from race_equality.errors import RaceEqualityError
from race_equality.report import patients_across_trusts as across
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts

WAITS, RECOVERY = BY_ID["waiting_over_18_weeks"], BY_ID["talking_therapies_recovery"]
TRUSTS = pd.DataFrame(
    {
        "trust_code": ["RAA", "RBB", "RCC"],
        "trust_name": ["Ash", "Birch", "Cedar"],
        "kind": ["acute", "acute", "community"],
        "region": ["London", "South West", "London"],
    }
)


def row(place, group, gap, direction, *, measure=WAITS.id, end="2026-01-25", people=500.0, status="ok"):
    return {
        "place": place, "measure": measure, "breakdown": "ethnicity", "group": group, "people": people, "gap": gap,
        "gap_lower": gap - 2, "gap_upper": gap + 2, "direction": direction, "status": status,
        "period_end": pd.Timestamp(end),
    }  # fmt: skip


@pytest.fixture
def table():
    return pd.DataFrame(
        [
            row("ENG", "White", float("nan"), "reference"),
            row("ENG", "Asian", 1.5, "adverse"),
            row("ENG", "Black", 4.0, "unclear"),
            row("ENG", "Mixed", 2.5, "adverse"),
            row("RAA", "Asian", 5.0, "adverse"),
            row("RAA", "White", float("nan"), "reference"),
            row("RBB", "Asian", 1.0, "unclear"),
            row("RBB", "Not known", float("nan"), "unknown group"),
            row("QKK", "Asian", 3.0, "adverse"),
            row("RAA", "Asian", -9.0, "adverse", measure=RECOVERY.id, end="2024-03-31"),
            row("RCC", "Asian", -7.0, "favourable", measure=RECOVERY.id, end="2025-03-31"),
        ]
    )


def test_a_publication_that_is_not_held_is_named_with_the_mend(table):
    with pytest.raises(
        RaceEqualityError, match=r"no figure of Continuity of midwifery carer\. .*race-equality data add FILE"
    ):
        across.check_held(table)
    across.check_held(
        pd.concat([table, pd.DataFrame([row("RAA", "Asian", 1.0, "unclear", measure="maternity_continuity_of_carer")])])
    )


def test_gaps_are_of_trusts_in_the_latest_period_of_each_measure(table):
    gaps = across.gaps_of_trusts(table, TRUSTS)
    assert gaps[["trust_code", "measure", "value", "series"]].to_numpy().tolist() == [
        ["RAA", WAITS.id, 5.0, across.CLEAR],
        ["RBB", WAITS.id, 1.0, across.UNCLEAR],
        ["RCC", RECOVERY.id, -7.0, across.CLEAR],  # not the year before
    ]
    assert gaps["said"].iloc[0] == "+5.0 points (95% interval +3.0 to +7.0), 500 people"


def test_directions_count_trusts_next_to_england(table):
    found = across.directions(across.gaps_of_trusts(table, TRUSTS), table, (WAITS, RECOVERY))
    assert found.to_dict("records") == [
        {
            "measure": WAITS.name, "group": "Asian", "trusts": "2", "adverse": "1", "favourable": "0", "unclear": "1",
            "middle": "+2.0 to +4.0", "england": "+1.5 (−0.5 to +3.5)",
        },
        {
            "measure": RECOVERY.name, "group": "Asian", "trusts": "1", "adverse": "0", "favourable": "1",
            "unclear": "0", "middle": "−7.0 to −7.0", "england": "No data",
        },
    ]  # fmt: skip


def test_the_widest_clear_gap_of_england_and_systems(table):
    assert across.widest_in_england(table, WAITS) == "Mixed"  # Black people's is wider, and not clear
    assert across.widest_in_england(table, RECOVERY) == ""
    assert across.gaps_of_systems(table, WAITS, "Asian").loc["QKK", "gap"] == 3.0


def test_trusts_with_figures_are_those_of_a_known_group(table):
    assert across.trusts_with_figures(table, TRUSTS) == 3
    hidden = table.assign(status=table["status"].where(table["place"] != "RBB", "suppressed"))
    assert across.trusts_with_figures(hidden, TRUSTS) == 2


def test_unknown_ethnicity_by_trust():
    end, name = pd.Timestamp("2025-03-31"), "talking_therapies_referrals_by_ethnicity"
    figures = pd.DataFrame(
        [
            (code, name, group, value, end)
            for code, everybody, unknown in (("RAA", 200.0, 30.0), ("RBB", 200.0, 5.0), ("RCC", 100.0, None))
            for group, value in (("All people", everybody), (across.UNKNOWN, unknown))
        ]
        + [("RAA", "maternity_deliveries", "All deliveries", 100.0, pd.Timestamp("2024-03-31"))],
        columns=["trust_code", "indicator", "group", "value", "period_end"],
    )
    coverage = pd.DataFrame(
        {
            "place": ["RAA", "RBB", "ENG"],
            "status": ["ok", "not_available", "ok"],
            "unknown_percent": [6.0, float("nan"), 7.0],
            "period_end": pd.Timestamp("2026-01-25"),
        }
    )
    births = pd.DataFrame({"trust_code": ["RAA", "RBB"], "group": [across.UNKNOWN, "White"], "percent": [3.0, 90.0]})
    found = across.unknown_by_trust(figures, coverage, births, TRUSTS, threshold={"RBB": 10})
    assert found[["trust_code", "of", "value"]].to_numpy().tolist() == [
        ["RAA", "People on the waiting list", 6.0],
        ["RAA", "People referred to talking therapies", 15.0],  # RBB's 5 are too few to tell; RCC's are hidden
        ["RAA", "People who gave birth", 3.0],
    ]


def test_177_trusts_have_a_figure_and_25_have_none():
    """Of 202 trusts: all but ten ambulance, nine community and five mental health trusts, and the online trust."""
    project = Path(__file__).resolve().parents[3]
    trusts = read_trusts(project=project)
    table = patients_by_breakdown(read_figures(local=False, project=project))
    assert across.trusts_with_figures(table, trusts) == 177
    missing = {}
    for kind, of_kind in trusts.groupby("kind"):
        missing[kind] = len(of_kind) - across.trusts_with_figures(table, of_kind)
    assert missing == {
        "acute": 0, "acute specialist": 0, "ambulance": 10, "community": 9, "mental health": 5, "online": 1
    }  # fmt: skip
