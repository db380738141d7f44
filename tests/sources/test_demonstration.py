"""The demonstration trust: complete, the same each time, and nowhere a real trust's code."""

import pytest

from race_equality.project import find_project
from race_equality.sources.publications import demonstration, staff_survey
from race_equality.sources.publications.demonstration import demonstration_figures, demonstration_source
from race_equality.sources.returns import wres as wres_return
from race_equality.store.figures import parquet_bytes, read_figures
from race_equality.store.trusts import DEMONSTRATION_CODE, read_trusts, resolve_trust, system_codes


@pytest.fixture(scope="module")
def figures():
    return demonstration_figures()


def test_every_figure_is_the_demonstration_trusts_and_says_invented(figures):
    assert set(figures["trust_code"]) == set(figures["organisation_code"]) == {DEMONSTRATION_CODE}
    assert set(figures["source"]) == {"demonstration"}
    assert figures["locator"].str.startswith("invented: ").all()
    assert "invented" in demonstration_source().title.lower()
    assert "invented" in demonstration_source().notes[0]


def test_the_same_figures_each_time(figures):
    demonstration._figures.cache_clear()
    assert demonstration_figures().equals(figures)


def test_the_wres_return_is_complete_for_three_years(figures):
    expected = {indicator for indicator, _ in wres_return.rows_of_a_year()}
    own = figures[figures["indicator"].isin(expected)]
    for indicator, rows in own.groupby("indicator"):
        assert len(rows) == 9, indicator  # three years, three groups
        assert rows["period_end"].nunique() == 3
    assert set(own["indicator"]) == expected


def test_every_published_indicator_is_there(figures):
    assert {
        "wres_5",
        "wres_6",
        "wres_7",
        "wres_8",
        "staff_survey_q15",
        "staff_survey_q16a",
        "staff_survey_q16b",
        "staff_survey_q16c_1",
        "staff_survey_q28",
        "workforce_headcount",
        "catchment_population",
        "catchment_imd_score",
        "catchment_deprivation_quintile",
        "catchment_ethnicity",
        "staff_survey_panel_q16a",
        "rtt_within_18_weeks",
        "rtt_over_52_weeks",
        "rtt_over_65_weeks",
        "ae_over_4_hours",
        "ae_over_12_hours_to_admission",
        "maternity_deliveries_by_ethnicity",
        "maternity_preterm_births",
        "mha_detentions",
        "mha_detentions_rate",
        "mha_community_treatment_orders",
        "workforce_fte",
        "workforce_march_headcount",
        "catchment_system",
    } <= set(figures["indicator"])
    groups = figures.loc[figures["indicator"] == "staff_survey_q28", "group"]
    assert sorted(groups) == sorted(staff_survey.ETHNIC_GROUPS)


def test_the_invented_numbers_hang_together(figures):
    people = figures[figures["indicator"] == "staff_survey_q28"]
    assert people["numerator"].sum() == people["denominator"].iloc[0]
    shares = figures.loc[figures["indicator"] == "catchment_ethnicity", "value"]
    assert shares.sum() == pytest.approx(100)
    latest = figures[figures["period_end"] == figures.loc[figures["indicator"] == "wres_3", "period_end"].max()]
    for group in wres_return.GROUPS:
        in_group = latest[latest["group"] == group]
        staff = in_group.loc[in_group["indicator"].str.startswith("wres_1_"), "value"].sum()
        assert in_group.loc[in_group["indicator"] == "wres_3", "denominator"].item() == staff


def test_months_make_a_series_long_enough_for_a_control_chart(figures):
    for indicator in ("rtt_over_52_weeks", "ae_over_4_hours"):
        ends = figures.loc[figures["indicator"] == indicator, "period_end"]
        assert ends.is_unique and len(ends) == 62
        assert ends.dt.is_month_end.all()


def test_counts_are_rounded_as_the_publisher_rounds(figures):
    counts = figures.loc[figures["unit"] == "count", "value"]
    assert len(counts) > 50
    assert (counts % 5 == 0).all()


def test_it_has_every_indicator_that_is_held_of_a_real_trust_or_its_system(figures):
    """So that a page of it shows each finding that any trust's page can show."""
    held = read_figures()
    trusts = set(read_trusts()["trust_code"])
    of_trusts = set(held.loc[held["trust_code"].isin(trusts) & (held["status"] == "ok"), "indicator"])
    of_trusts -= {f"staff_survey_{name}" for name in ("q16c_1",)}
    # how many an outcome is known for is read by the rules of plausibility alone, which find nothing invented
    of_trusts = {one for one in of_trusts if not one.endswith("_recorded")}
    assert of_trusts <= set(figures["indicator"])
    system = resolve_trust("DEMO").system
    assert system_codes(system) == ("DEMO",)
    groups = figures.loc[figures["indicator"] == "mha_detentions_rate", "group"]
    assert sorted(groups) == ["Asian", "Black", "Mixed", "Other", "White"]


def test_no_real_trust_and_no_system_has_an_invented_figure():
    held = read_figures()
    invented = held["source"].eq("demonstration") | held["locator"].str.contains("invented")
    assert set(held.loc[invented, "trust_code"]) == {DEMONSTRATION_CODE}
    assert set(held.loc[held["trust_code"] == DEMONSTRATION_CODE, "source"]) == {"demonstration"}
    assert DEMONSTRATION_CODE not in set(read_trusts()["trust_code"])
    # the file that git holds is the one that the script makes
    path = find_project().figures / "demonstration.parquet"
    assert parquet_bytes(demonstration_figures()) == path.read_bytes()
