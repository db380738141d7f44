"""A gap has one reading: its own interval, all trusts together, and what is said where they differ."""

import math

import pandas as pd
import pytest

from race_equality.analysis.gap_reading import gap_readings, read_gap, read_ratio
from race_equality.store.schema import TRUST_DTYPES


def finding(number, lower, upper, probability=math.nan, **more):
    return {"number": number, "gap_lower": lower, "gap_upper": upper, "probability_adverse": probability, **more}


@pytest.mark.parametrize(
    ("number", "lower", "upper", "probability", "direction", "brief"),
    [
        (8, 1.0, 3.0, 0.9999, "adverse", "Worse"),
        (8, 1.0, 3.0, math.nan, "adverse", "Worse"),  # read with no others
        (8, -3.0, -1.0, 0.02, "favourable", "Better"),
        (8, -1.0, 3.0, 0.80, "unclear", "No reliable difference"),
        (7, -3.0, -1.0, 0.99, "adverse", "Worse"),
        # the two disagree: never clear, and never "no reliable difference" alone
        (8, -1.0, 3.0, 0.995, "unclear", "Unclear alone, likely worse"),
        (8, -1.0, 3.0, 0.95, "unclear", "Unclear alone, likely worse"),
        (8, -1.0, 3.0, 0.03, "unclear", "Unclear alone, likely better"),
        (7, 0.8, 14.9, 0.80, "unclear", "Unclear, better by itself"),
        (8, 0.2, 9.0, 0.90, "unclear", "Unclear, worse by itself"),
        (8, 0.2, 9.0, 0.04, "unclear", "Unclear, worse by itself"),
    ],
)
def test_a_gap_is_clear_where_both_readings_say_so(number, lower, upper, probability, direction, brief):
    reading = read_gap(finding(number, lower, upper, probability))
    assert (reading.direction, reading.brief) == (direction, brief)
    assert reading.agrees == (reading.reason == "")


def test_where_the_readings_differ_the_words_name_both_and_say_why():
    few = read_gap(finding(8, -1.0, 9.0, 0.995, ethnic_minority_total=63.0, usual_answers=400.0, kind="acute"))
    assert few.words == (
        "likely worse for staff from ethnic minorities, unclear by its own answers (chance that it is adverse: over 99%)"
    )
    assert few.reason == (
        "By this trust’s own answers the difference is not clear; read with the gaps of other acute trusts, the chance that it is "
        "adverse is over 99%. Fewer people answered here (63 staff from ethnic minorities) than in most acute trusts, so its "
        "own interval is wide and what other trusts show counts for more."
    )
    # many answered: it is not said that few did
    many = read_gap(finding(6, -2.9, -0.1, 0.06, ethnic_minority_total=3000.0, usual_answers=400.0, kind="acute"))
    assert "Its interval ends close to no difference" in many.reason
    assert "Fewer" not in many.reason


def test_a_better_experience_is_not_called_a_narrow_gap():
    place = {"position": "below 99.8% limit", "kind": "acute"}
    assert read_gap(finding(8, -9.0, -5.0, 0.001, **place)).brief == "Better, which is unusual"
    assert read_gap(finding(8, 1.0, 2.0, 0.999, **place)).words == (
        "worse for staff from ethnic minorities, narrower than usual for acute trusts"
    )
    assert read_gap(finding(8, 1.0, 2.0, 0.999, position="below 95% limit", kind="acute")).brief == "Worse"


def test_a_ratio_of_nobody_has_no_reading():
    nobody = pd.Series({"ratio": math.nan, "lower": 0.0, "upper": math.inf})
    assert read_ratio(nobody).direction == "none"
    assert read_ratio(pd.Series({"ratio": 1.4, "lower": 1.2, "upper": 1.6})).direction == "adverse"


def test_gaps_are_placed_among_those_of_their_kind_and_the_invented_trust_changes_nothing(make_figures, wres_rows):
    """Twenty acute trusts with gaps of 8 to 12 points, one of 30, and three ambulance trusts, which are too few."""
    rows = []
    for n in range(20):
        rows += wres_rows((180 + 10 * (n % 5), 1000), (200, 2000), trust_code=f"R{n:02}")
    rows += wres_rows((400, 1000), (200, 2000), trust_code="RZZ")
    for n in range(3):
        rows += wres_rows((10, 100), (100, 1000), trust_code=f"RX{n}")
    codes = [f"R{n:02}" for n in range(20)] + ["RZZ", "RX0", "RX1", "RX2"]
    kinds = ["acute"] * 21 + ["ambulance"] * 3
    trusts = pd.DataFrame({"trust_code": codes, "kind": kinds})
    assert set(trusts) <= set(TRUST_DTYPES)
    table = gap_readings(make_figures(rows), trusts).set_index("trust_code")
    assert table.loc["RZZ", "position"] == "above 99.8% limit"
    assert table.loc["R02", "position"] == "within limits"
    assert read_gap(table.loc["RZZ"]).brief == "Worse, wider than usual"
    assert table.loc["RX0", "position"] == ""
    assert set(table["gaps_compared"]) == {21}
    assert table.loc["R02", "usual_answers"] == 1000
    invented = wres_rows((900, 1000), (10, 1000), trust_code="DEMO")
    with_it = gap_readings(make_figures([*rows, *invented]), trusts).set_index("trust_code")
    assert with_it.loc["DEMO", "position"] == "above 99.8% limit"
    pd.testing.assert_frame_equal(
        with_it.drop(index="DEMO")[["position", "gaps_compared"]], table[["position", "gaps_compared"]]
    )
