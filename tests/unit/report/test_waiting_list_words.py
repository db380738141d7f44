"""What is said of waits by ethnic group: direction and comparator, and what is not known."""

from __future__ import annotations

import pandas as pd
import pytest

from race_equality.report.waiting_list_charts import explained_chart
from race_equality.report.waiting_list_words import (
    england_sentences,
    explained_alt_text,
    explained_sentences,
    explained_table,
    systems_table,
)

WEEK = pd.Timestamp("2026-01-25")
OVER_18, OVER_52 = "waiting_over_18_weeks", "waiting_over_52_weeks"


def wait(
    group, percent, gap=float("nan"), direction="unclear", *, measure=OVER_18, place="ENG", people=100_000.0, **more
):
    return {
        "place": place,
        "measure": measure,
        "breakdown": "ethnicity",
        "group": group,
        "percent": percent,
        "people": people,
        "gap": gap,
        "gap_lower": gap - 0.5,
        "gap_upper": gap + 0.5,
        "direction": direction,
        "status": "ok",
        "period_end": WEEK,
        **more,
    }


@pytest.fixture
def waits():
    return pd.DataFrame(
        [
            wait("Asian", 41.0, 1.0, "adverse"),
            wait("Black", 40.2, 0.2),
            wait("Mixed", 38.0, -2.0, "favourable"),
            wait("White", 40.0, direction="reference", people=700_000.0),
            wait("Not known", 35.0, direction="unknown group", people=30_000.0),
            wait("Asian", 2.0, 0.1, measure=OVER_52),
            wait("White", 1.9, direction="reference", measure=OVER_52),
        ]
    )


def explained_row(group, gap, mix, measure=OVER_18, left_out=0.0):
    return {
        "measure": measure,
        "group": group,
        "percent": 40.0 + gap,
        "white_percent": 40.0,
        "gap": gap,
        "mix": mix,
        "within": gap - mix,
        "left_out_percent": left_out,
    }


@pytest.fixture
def explained():
    rows = [explained_row("Asian", 1.0, 0.3), explained_row("Black", 0.2, 0.1), explained_row("Mixed", -2.0, -0.5)]
    return pd.DataFrame([*rows, explained_row("Asian", 0.1, 0.0, OVER_52)])


def test_each_gap_has_a_direction_and_a_comparator(waits):
    text = england_sentences(waits)
    assert "in the week ending 25 January 2026, 40.0% of White patients" in text
    assert (
        "The share was higher than that: 41.0% of Asian patients (+1.0 percentage points; 95% confidence interval: +0.5 to +1.5)"
        in text
    )
    assert "The share was lower than that: 38.0% of patients from Mixed ethnic groups (−2.0 percentage points" in text
    assert "For Black patients the data do not show a reliable difference from White patients" in text
    # 30,000 of 1,030,000
    assert "The ethnic group of 2.9% of the 1.0 million pathways is not stated or not known" in text
    assert "rounded to the nearest 5" in text


def test_the_parts_of_reliable_gaps_are_said_with_the_caveat_about_age(explained, waits):
    text = explained_sentences(explained, waits)
    assert (
        "- Asian patients: of a gap of +1.0 percentage points, +0.3 is another mix of treatments and +0.7 other waits"
        in text
    )
    assert "- Patients from Mixed ethnic groups: of a gap of −2.0" in text
    assert "Black" not in text  # not a reliable gap
    assert "Age is not taken into account" in text
    assert "leaves out less than 0.1% of the patients" in text
    more = explained.assign(left_out_percent=1.24)
    assert "leaves out up to 1.2% of the patients" in explained_sentences(more, waits)


def test_the_table_holds_what_the_chart_shows(explained):
    table = explained_table(explained)
    assert table.iloc[0].to_dict() == {
        "measure": "Over 18 weeks",
        "group": "Asian",
        "percent": "41.0%",
        "white": "40.0%",
        "gap": "+1.0",
        "mix": "+0.3",
        "within": "+0.7",
    }
    rows = explained[explained["measure"] == OVER_18]
    drawn = explained_chart(rows).to_dict()["datasets"]
    said = {row["said"] for data in drawn.values() for row in data if "said" in row}
    assert said >= {"Asian, mix of treatments: +0.3", "Asian, the same treatments: +0.7"}
    assert len(said) == 6
    assert "Asian +0.3 and +0.7; Black +0.1 and +0.1; Mixed −0.5 and −1.5." in explained_alt_text(rows)


def test_systems_in_the_order_of_groups_with_what_is_missing():
    rows = [
        wait("Asian", 41.0, 1.0, "adverse", place="QAA", system="Ashshire"),
        wait("White", 40.0, direction="reference", place="QAA", system="Ashshire"),
        wait("Other", None, place="QAA", system="Ashshire", status="suppressed", people=float("nan")),
        wait("Not known", 30.0, place="QAA", system="Ashshire", people=50_000.0),
    ]
    table = systems_table(pd.DataFrame(rows))
    assert list(table.columns) == ["system", "Asian", "Black", "Mixed", "White", "Other", "unknown"]
    assert table.iloc[0].to_dict() == {
        "system": "Ashshire",
        "Asian": "+1.0 (+0.5 to +1.5)",
        "Black": "No data",
        "Mixed": "No data",
        "White": "40.0%",
        "Other": "Too few people to show",
        "unknown": "20.0%",
    }
