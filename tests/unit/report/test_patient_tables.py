"""Patients by group in tables and sentences: direction, comparator, base and what is hidden."""

from __future__ import annotations

import math
from dataclasses import replace

import altair as alt
import pandas as pd
import pytest

from race_equality.analysis.patient_gaps import (
    patients_by_breakdown,
    recovery_by_year,
    slopes_by_deprivation,
    widest_gap,
    with_others,
)
from race_equality.report import patient_charts, patient_tables
from race_equality.report.enough_to_act_on import enough_to_act_on
from race_equality.store.schema import FIGURE_DTYPES

RECOVERY = "talking_therapies_recovery"


def figures(rows: list[tuple]) -> pd.DataFrame:
    """Trust, part of the id, group, count (None: hidden), people, the year that ends."""
    table = [
        {
            "trust_code": trust,
            "organisation_code": trust,
            "period_start": f"{year - 1}-04-01",
            "period_end": f"{year}-03-31",
            "indicator": f"{RECOVERY}_by_{kind}",
            "group": group,
            "value": pd.NA if count is None else 100 * count / people,
            "unit": "percent",
            "numerator": pd.NA if count is None else count,
            "denominator": pd.NA if count is None else people,
            "status": "suppressed" if count is None else "ok",
            "source": "test",
            "locator": "A1",
            "recording": "",
            "private": False,
        }
        for trust, kind, group, count, people, year in rows
    ]
    return pd.DataFrame(table).astype(FIGURE_DTYPES)[list(FIGURE_DTYPES)]


HELD = figures(
    [
        *(
            ("RV5", "ethnicity", *one, year)
            for year in (2024, 2025)
            for one in (("White", 5700, 10_000), ("Asian", 2400, 5000), ("Mixed", None, None), ("Not stated or not known", 400, 1000))
        ),
        ("RV5", "ethnicity", "Asian/Asian British - Indian", 600, 1200, 2025),
        *(("RV5", "deprivation", f"Decile {n}", 450 + 10 * n, 1000, 2025) for n in range(1, 11)),
        ("RV5", "age", "65 and over", 60, 100, 2025),
        ("RV5", "sex", "Female", None, None, 2025),
        *(("ENG", "ethnicity", *one, 2025) for one in (("White", 52_000, 100_000), ("Asian", 45_000, 100_000))),
        *(("RX1", "ethnicity", *one, 2025) for one in (("White", 500, 1000), ("Asian", 490, 1000))),
    ]
)  # fmt: skip
TABLE = patients_by_breakdown(HELD)
ROWS = with_others(TABLE, "RV5", ["RX1"], [])
FOUND = widest_gap(TABLE, "RV5")


def test_a_table_of_groups_has_base_interval_gap_comparators_and_reading():
    table = patient_tables.groups_table(ROWS, RECOVERY).set_index("group")
    table.index = table.index.str.replace("\N{NO-BREAK SPACE}", " ")
    asian = table.loc["Asian group"]
    # 48% against 57%
    assert asian["people"] == "5,000"
    assert asian["here"].startswith("48.0% (46.6 to 49.4)")
    assert asian["gap"].startswith("\N{MINUS SIGN}9.0 (")
    assert (asian["england"], asian["similar"], asian["system"]) == (
        "\N{MINUS SIGN}7.0",
        "\N{MINUS SIGN}1.0",
        "No data",
    )
    assert asian["reading"] == "Worse"
    assert table.loc["White group", "england"] == "52.0%"
    # of no known group there is no gap anywhere, which is not missing
    assert table.loc["No ethnic group recorded", ["england", "reading"]].tolist() == ["No comparison"] * 2
    assert table.loc["Mixed group", "here"] == "Too few people to show"
    assert patient_tables.groups_table(ROWS, "waiting_over_18_weeks").empty


def test_what_is_beneath_the_five_groups_is_in_its_own_table_without_unknown_ones():
    kinds = ["ethnicity in detail", "deprivation", "age", "sex"]
    table = patient_tables.breakdown_table(ROWS, [RECOVERY], kinds)
    assert table["group"].tolist() == [
        "Indian", "Most deprived fifth", "Second fifth", "Middle fifth", "Fourth fifth", "Least deprived fifth",
        "65 and over", "Female",
    ]  # fmt: skip
    assert table.iloc[-1][["people", RECOVERY]].tolist() == ["Too few people to show"] * 2
    assert list(patient_tables.breakdown_columns(table, [RECOVERY], "People")) == [
        "group", "people", RECOVERY, f"{RECOVERY}_england",
    ]  # fmt: skip


def test_the_sentence_names_direction_comparator_elsewhere_deprivation_and_who_is_not_known():
    slopes = slopes_by_deprivation(HELD)
    text = patient_tables.gap_sentences(FOUND, slopes, ROWS)
    assert text.startswith(
        "48.0% of people who finished a course of talking therapy in the Asian group recovered, against 57.0% in the White group "
        "(year to March 2025): 9.0 percentage points lower (95% confidence interval of the gap: "
    )
    assert "The same gap elsewhere: England \N{MINUS SIGN}7.0 and similar trusts together \N{MINUS SIGN}1.0." in text
    assert "By deprivation the share is" in text
    assert "lower at the most deprived end than at the least" in text
    # 1,000 of 16,000
    assert "No ethnic group is recorded for 6.2% of those in the groups that are shown" in text


def test_a_share_of_unknown_ethnicity_that_is_hidden_is_not_called_none():
    slopes = slopes_by_deprivation(HELD).iloc[:0]
    hidden, part = (replace(FOUND, unknown_percent=share, left_out=True) for share in (math.nan, 6.0))
    text = patient_tables.gap_sentences(hidden, slopes, ROWS)
    assert "The share without a recorded ethnic group is not shown" in text
    assert "0.0%" not in text
    assert "recorded for 6.0% of those in the groups that are shown;" in patient_tables.gap_sentences(
        part, slopes, ROWS
    )


def test_no_clear_gap_is_said_and_is_not_equality():
    table = patients_by_breakdown(
        figures([("RV5", "ethnicity", *one, 2025) for one in (("White", 500, 1000), ("Asian", 495, 1000))])
    )
    text = patient_tables.gap_sentences(widest_gap(table, "RV5"), slopes_by_deprivation(HELD).iloc[:0], ROWS)
    assert "the data do not show that any is worse off. This does not show that they are the same." in text


def test_where_few_have_waited_over_52_weeks_the_table_still_says_how_many_wait():
    group = {"breakdown": "ethnicity", "gap": None, "direction": "none", "lower": 0.0, "upper": 1.0, "percent": 40.0}
    none = {f"{name}_{what}": None for name in ("england", "system", "similar") for what in ("gap", "percent")}
    rows = pd.DataFrame(
        [
            group | none | {"measure": f"waiting_over_{weeks}_weeks", "group": name, "people": people, "status": status}
            for weeks, name, people, status in (
                (18, "Black", 375.0, "ok"), (52, "Black", None, "suppressed"),
                (18, "Mixed", None, "suppressed"), (52, "Mixed", None, "suppressed"),
                (18, "White", 900.0, "ok"), (52, "White", 900.0, "ok"),
            )
        ]
    )  # fmt: skip
    table = patient_tables.groups_table(rows, "waiting_over_52_weeks")
    assert table["people"].tolist() == ["375", "Too few people to show", "900"]
    assert table["here"].tolist()[:2] == ["Too few people to show"] * 2


def test_recovery_by_year_has_a_row_a_year_and_a_panel_a_group():
    years = recovery_by_year(HELD)
    years = years[years["place"] == "RV5"]
    table = patient_tables.years_table(years)
    assert table["year"].tolist() == ["April 2023 to March 2024", "April 2024 to March 2025"]
    assert table["Asian\u00a0group"].tolist() == ["48.0%, worse"] * 2
    drawn = patient_tables.years_to_draw(years)
    assert drawn["group"].tolist() == ["White\u00a0group"] * 2 + ["Asian\u00a0group"] * 2
    assert "Asian\u00a0group 48.0%" in patient_tables.describe_years(drawn, "A trust")


def test_a_chart_of_shares_draws_this_trust_with_intervals_and_england_without():
    shares = patient_tables.shares_to_draw(ROWS, RECOVERY)
    assert shares.loc[shares["series"] == "This trust", "label"].tolist()[:2] == ["Asian group", "White group"]
    assert shares.loc[shares["series"] == "England", ["lower", "upper"]].isna().all(axis=None)
    chart = patient_charts.shares_chart(shares, x_title="Percentage that recovered")
    assert isinstance(chart, alt.TopLevelMixin)
    said = [row["said"] for data in chart.to_dict()["datasets"].values() for row in data if "said" in row]
    assert "Asian group, this trust: 48.0% (95% interval 46.6 to 49.4)" in said
    assert "Asian group, England: 45.0%" in said


@pytest.mark.parametrize(
    ("unknown", "enough", "missing"), [(400, "Yes", "2.6%"), (4000, "No", "21.1%"), (400, "No", "")]
)
def test_a_clear_gap_is_enough_to_act_on_where_most_ethnic_groups_are_known(unknown, enough, missing):
    groups = (("White", 5700, 10_000), ("Asian", 2400, 5000), ("Not stated or not known", unknown // 2, unknown))
    found = widest_gap(patients_by_breakdown(figures([("RV5", "ethnicity", *one, 2025) for one in groups])), "RV5")
    if not missing:
        found = replace(found, unknown_percent=math.nan)
    nothing = pd.DataFrame({name: [] for name in ("number", "status", "breakdown", "period_end", "base")})
    table = enough_to_act_on(
        nothing, nothing, nothing, nothing, nothing, nothing, waits=True, detentions=False, patient_gap=found
    ).set_index("indicator")
    row = table.loc["Recovery in talking therapies by ethnic group"]
    assert row["enough"] == enough
    assert row["basis"] == (
        "Groups compared with White patients: one, reliably worse off: one; ethnic group missing for "
        + (missing or "a number that is not shown")
    )
    assert "Waits and A&E by ethnic group" not in table.index
