"""Patients of no known ethnic group: bounds of gaps from the published shares, of detentions and of births."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from race_equality.analysis.missing_ethnicity import births_with_unknown, detentions_with_unknown, gaps_with_unknown

DAY = pd.Timestamp("2026-01-25")


def table(*groups, place="RAA", measure="waiting_over_18_weeks"):
    """Rows as patients_by_breakdown gives them: group, count, people, direction, status."""
    white = next((100 * count / people for group, count, people, *_ in groups if group == "White" and people), math.nan)
    rows = []
    for group, count, people, direction, status in groups:
        compared = direction in ("adverse", "favourable", "unclear")
        rows.append(
            {
                "place": place,
                "measure": measure,
                "breakdown": "ethnicity",
                "group": group,
                "count": count,
                "people": people,
                "gap": 100 * count / people - white if compared else math.nan,
                "direction": direction,
                "status": status,
                "period_end": DAY,
            }
        )
    return pd.DataFrame(rows)


WAITING = (
    ("Asian", 60.0, 100.0, "adverse", "ok"),
    ("White", 200.0, 400.0, "reference", "ok"),
    ("Other", math.nan, math.nan, "none", "suppressed"),
    ("Not stated", 40.0, 50.0, "unknown group", "ok"),
    ("Not known", math.nan, math.nan, "none", "not_available"),
)


def test_a_gap_is_bounded_by_the_published_share_of_the_unknown():
    """60 of 100 and 200 of 400; 40 of 50 not stated: the hand calculation of tests/statistics, in points."""
    found = gaps_with_unknown(table(*WAITING))
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["group"], row["direction"], row["status"]) == ("Asian", "adverse", "ok")
    assert (row["gap"], row["spread"]) == pytest.approx((10.0, 100 * 0.1 * 500 / 550))
    assert (row["lower"], row["upper"]) == pytest.approx((100 * (0.6 - 240 / 450), 100 * (100 / 150 - 0.5)))
    assert (row["least"], row["most"]) == pytest.approx((0.0, 100 * (100 / 140 - 200 / 410)), abs=1e-9)
    assert (row["unknown_percent"], row["unknown_counted"]) == pytest.approx((100 * 50 / 550, 80.0))
    assert row["keeps"] == "alike"  # with nothing assumed it could be none


def test_each_place_and_measure_by_itself_and_each_kind_of_unknown():
    other = (
        ("Black", 30.0, 100.0, "unclear", "ok"),
        ("White", 120.0, 400.0, "reference", "ok"),
        ("Not stated", 9.0, 10.0, "unknown group", "ok"),
        ("Not known", 0.0, 10.0, "unknown group", "ok"),
    )
    both = pd.concat(
        [table(*WAITING), table(*other, place="RBB"), table(*WAITING, measure="talking_therapies_recovery")]
    )
    found = gaps_with_unknown(both)
    assert list(zip(found["place"], found["measure"], strict=True)) == [
        ("RAA", "waiting_over_18_weeks"), ("RBB", "waiting_over_18_weeks"), ("RAA", "talking_therapies_recovery"),
    ]  # fmt: skip
    # the 9 of 10 to the Black group, none of 10 to the White one
    assert found["upper"].iloc[1] == pytest.approx(100 * (39 / 110 - 120 / 410))
    assert found["lower"].iloc[1] == pytest.approx(100 * (30 / 110 - 129 / 410))
    assert found["keeps"].iloc[1] == ""


def test_where_the_unknown_are_hidden_or_nobody_there_is_no_bound():
    hidden = [
        row if row[0] != "Not known" else ("Not known", math.nan, math.nan, "none", "suppressed") for row in WAITING
    ]
    found = gaps_with_unknown(table(*hidden)).iloc[0]
    assert found["status"] == "suppressed"
    assert found[["spread", "lower", "upper", "least", "most", "unknown_percent"]].isna().all()
    assert found["keeps"] == ""
    nobody = gaps_with_unknown(table(*WAITING[:2])).iloc[0]
    assert nobody["status"] == "complete"
    assert math.isnan(nobody["upper"])
    no_gap = gaps_with_unknown(table(WAITING[1], WAITING[3]))
    assert no_gap.empty
    assert "keeps" in no_gap


def detained(counts, unknown=100.0):
    rows = []
    for group, (count, rate) in counts.items():
        about = {"trust_code": "ENG", "group": group, "status": "ok" if count else "suppressed"}
        rows.append({**about, "indicator": "mha_detentions", "value": count, "unit": "count"})
        rows.append({**about, "indicator": "mha_detentions_rate", "value": rate, "unit": "per_100000"})
    status = "ok" if unknown is not None else "suppressed"
    return [
        *rows,
        {
            "trust_code": "ENG",
            "group": "Unknown",
            "indicator": "mha_detentions",
            "value": unknown,
            "unit": "count",
            "status": status,
        },
    ]


def test_detentions_of_no_known_group_move_a_ratio(make_figures):
    """Rates of 240 and 60: four times. 100 more detentions of White people: 60 x 1100/1000; of Black: 240 x 500/400."""
    rows = detained({"Black": (400, 240.0), "White": (1000, 60.0), "Mixed": (None, None)})
    found = detentions_with_unknown(make_figures(rows)).iloc[0]
    assert (found["group"], found["times_white"]) == ("Black", pytest.approx(4.0))
    assert (found["lower"], found["upper"]) == pytest.approx((240 / 66, 300 / 60))
    # spread as people live: 400/240 + 1000/60 hundred thousands
    each = 100 / (400 / 240 + 1000 / 60)
    assert found["even"] == pytest.approx((240 + each) / (60 + each))
    assert (found["unknown"], found["unknown_percent"]) == pytest.approx((100, 100 * 100 / 1500))


def test_hidden_detentions_of_no_known_group_give_no_bound(make_figures):
    rows = detained({"Black": (400, 240.0), "White": (1000, 60.0)}, unknown=None)
    assert detentions_with_unknown(make_figures(rows)).empty
    assert detentions_with_unknown(make_figures(detained({"White": (1000, 60.0)}))).empty


def test_births_are_bounded_by_what_is_shown():
    """70% White and 10% unknown: 20% to 30% from ethnic minorities, and 22.2% of those known."""
    deliveries = pd.DataFrame(
        {
            "group": ["Asian", "White", "Not stated or not known"],
            "percent": [math.nan, 70.0, 10.0],
            "status": ["suppressed", "ok", "ok"],
        }
    )
    assert births_with_unknown(deliveries) == pytest.approx({"lower": 20.0, "upper": 30.0, "spread": 200 / 9})
    assert births_with_unknown(deliveries[deliveries["group"] != "White"]) == {}
    assert births_with_unknown(deliveries.iloc[:0]) == {}
