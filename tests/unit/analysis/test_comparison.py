"""What a group of trusts has together, and when a difference is clear: by hand."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.comparison import (
    ComparedFigure,
    Estimate,
    compared_figures,
    compared_findings,
    difference,
    together,
    traits,
)

GAP = next(row for row in compared_figures() if row.parts == ("Ethnic minority", "White") and row.measure == "wres_8")
SHARE = next(row for row in compared_figures() if row.measure == "staff_survey_q16b")
CODES = ["RAA", "RAB", "RAC", "RAD"]
TRUSTS = pd.DataFrame({"trust_code": [*CODES, "DEMO"], "kind": "acute", "region": "London", "system": ""})


def finding(
    code, value, people, *, measure=SHARE.measure, group="All staff", unit="percent", status="ok", year=2024, width=1.0
):
    shown = status == "ok"
    return {
        "trust_code": code, "measure": measure, "group": group, "unit": unit,
        "period_start": pd.Timestamp(year, 9, 1), "period_end": pd.Timestamp(year, 11, 30),
        "value": value if shown else np.nan, "lower": value - width if shown else np.nan,
        "upper": value + width if shown else np.nan, "people": people if shown else np.nan, "status": status,
    }  # fmt: skip


def table_of(*rows):
    return compared_findings(pd.DataFrame(rows), TRUSTS)


def test_a_share_of_a_group_is_that_of_all_its_people_and_of_one_period():
    rows = [finding("RAA", 10.04, 100), finding("RAB", 20, 300), finding("RAC", 30, 100), finding("DEMO", 90, 900)]
    table = table_of(*rows, finding("RAD", 99, 999, year=2023))
    found = together(table, SHARE, [*CODES, "DEMO"])
    # rounded as the downloads are: 10 + 60 + 30 of 500
    assert (found.value, found.trusts) == (pytest.approx(20.0), 3)
    assert (found.quarter, found.three_quarters) == (15.0, 25.0)
    # Wilson's interval for 100 of 500
    assert (found.lower, found.upper) == (pytest.approx(16.73, abs=0.005), pytest.approx(23.73, abs=0.005))


def test_a_hidden_figure_is_in_no_group_and_two_trusts_are_none():
    shown = [finding("RAA", 10, 100), finding("RAB", 20, 300), finding("RAC", 30, 100)]
    with_hidden = together(table_of(*shown, finding("RAD", 80, 10, status="suppressed")), SHARE, CODES)
    assert with_hidden == together(table_of(*shown), SHARE, CODES)
    two = together(table_of(*shown), SHARE, ["RAA", "RAB", "RAD"])
    assert two.trusts == 2
    assert np.isnan([two.value, two.quarter]).all()


def test_a_gap_of_a_group_is_the_gap_within_its_trusts():
    rows = []
    for code, minority, white in (
        ("RAA", (50, 900), (50, 100)),
        ("RAB", (10, 100), (10, 900)),
        ("RAC", (10, 100), (10, 900)),
    ):
        rows += [
            finding(code, minority[0], minority[1], measure="wres_8", group="Ethnic minority"),
            finding(code, white[0], white[1], measure="wres_8", group="White"),
            finding(code, 0.0, None, measure="wres_8", group=GAP.group, unit="percentage points"),
        ]
    found = together(table_of(*rows), GAP, CODES)
    assert found.value == pytest.approx(0.0, abs=1e-9)  # of all people added up it would be 42.7% less 12.1%
    assert found.lower < 0 < found.upper
    assert found.between == 0


@pytest.mark.parametrize(
    ("second", "reading"),
    [
        # the interval of the difference begins at 0.93, 0.14 and 0.13, and 0.1 less is printed as 0.8, 0.0 and 0.0
        (Estimate(7.0, 6.0, 8.0), "higher"),
        (Estimate(3.0, 2.0, 4.0), "lower"),
        (Estimate(6.55, 5.55, 7.55), "unclear"),
        (Estimate(7.0, 6.0, 8.0, between=1.0), "unclear"),  # as far as the trusts of the group are from each other
    ],
)
def test_a_difference_is_clear_where_what_is_printed_leaves_out_none(second, reading):
    found = difference(SHARE, Estimate(5.0, 4.0, 6.0), second)
    assert found.reading == reading
    assert (found.reading == "unclear") == (found.lower <= 0 <= found.upper)


def test_the_interval_of_a_difference_by_hand():
    found = difference(SHARE, Estimate(5.0, 4.0, 7.0), Estimate(8.0, 5.0, 9.0))
    # 3 - sqrt(3^2 + 2^2) - 0.1 and 3 + sqrt(1^2 + 1^2) + 0.1
    assert (found.value, found.lower, found.upper) == (3.0, -0.7, 4.5)
    ratio = ComparedFigure("wres_2", "All staff", "ratio", "wres", "higher")
    found = difference(ratio, Estimate(1.0, 0.5, 2.0), Estimate(2.0, 1.0, 4.0))
    assert (found.value, found.lower, found.upper, found.reading) == (2.0, 0.74, 5.34, "unclear")
    assert difference(ratio, Estimate(1.0, 0.0, 2.0), Estimate(2.0, 1.0, 4.0)) is None
    assert difference(SHARE, Estimate(1.0, np.nan, np.nan), Estimate(2.0, 1.0, 4.0)) is None


def test_size_is_of_the_staff_groups_that_are_shown():
    staff = {"measure": "workforce_headcount", "unit": "people"}
    found = pd.DataFrame(
        [
            finding("RAA", 2500, 2500, group="Nurses & health visitors", **staff),
            finding("RAA", 495, 495, group="HCHS Doctors", **staff),
            finding("RAA", 9, 9, group="Midwives", status="suppressed", **staff),
            finding("RAB", 3000, 3000, group="Nurses & health visitors", **staff),
            finding("RAA", 60.0, None, measure="staff_survey_q28", group="White"),
        ]
    )
    figures = pd.DataFrame(columns=["trust_code", "indicator", "status", "value", "period_end"])
    found_traits = {one.id: one for one in traits(compared_findings(found, TRUSTS), found, figures, TRUSTS)}
    size = found_traits["size"]
    assert {code: size.values[place] for code, place in size.of.items()} == {
        "RAA": "Under 3,000",
        "RAB": "3,000 to 5,999",
    }
    shares = found_traits["minorities"]
    assert {code: shares.values[place] for code, place in shares.of.items()} == {"RAA": "35% or more"}  # 100 - 60
    assert found_traits["deprivation"].of == {}
