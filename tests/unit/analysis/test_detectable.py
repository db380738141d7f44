"""The smallest change that a trust's survey could show, on small tables counted by hand."""

import math

import pytest

from race_equality.analysis.detectable import detectable_changes, halvings


def asked(percent, base, *, trust_code="RAA", **more):
    return {"trust_code": trust_code, "indicator": "staff_survey_q16b", "value": percent, "denominator": base, **more}


def test_a_gap_and_a_share_by_hand(make_figures, wres_rows):
    # (50+1)/(400+2) and (80+1)/(1000+2): variances 0.0002755 and 0.0000742, error 1.870 points
    figures = make_figures([*wres_rows((50, 400), (80, 1000)), asked(10.0, 400)])
    found = detectable_changes(figures).set_index("indicator")
    minority, white = 51 / 402, 81 / 1002
    error = 100 * math.sqrt(minority * (1 - minority) / 402 + white * (1 - white) / 1002)
    gap = found.loc["wres_8"]
    assert gap["measure"] == "gap"
    assert gap["value"] == pytest.approx(12.5 - 8.0)
    assert gap["error"] == pytest.approx(error)
    assert gap["by_next"] == pytest.approx(2.801585 * math.sqrt(2) * error, rel=1e-6)
    assert gap["a_year"] == pytest.approx(gap["by_next"] / 2)
    share = found.loc["staff_survey_q16b"]
    assert share["error"] == pytest.approx(100 * math.sqrt(41 / 402 * 361 / 402 / 402))
    assert math.isnan(share["half_seen"])


def test_the_chance_that_a_halving_is_seen(make_figures, wres_rows):
    # all trusts together have 16.67% and 8.0%; the smaller trust sees half of that gap less often
    rows = [
        *wres_rows((1000, 6000), (1600, 20000), trust_code="RAB"),
        *wres_rows((20, 120), (40, 500), trust_code="RAC"),
    ]
    found = detectable_changes(make_figures(rows)).set_index("trust_code")
    half = 100 * (1020 / 6120 - 1640 / 20500) / 2
    assert found["all_trusts"].tolist() == pytest.approx([2 * half, 2 * half])
    assert found.loc["RAB", "half_seen"] > 0.99
    # the normal curve: 4.33 points over 3.63 * root 2 is 0.84 errors, of which 1.96 are needed; 0.135
    assert found.loc["RAC", "half_seen"] == pytest.approx(0.14, abs=0.01)
    counted = halvings(found.reset_index()).set_index("number").loc[8]
    assert [counted["trusts"], counted["could_see"]] == [2, 1]
    assert halvings(found.reset_index(), ["RAC"])["could_see"].tolist() == [0]


def test_nobody_with_the_event_is_not_known_exactly(make_figures, wres_rows):
    found = detectable_changes(make_figures(wres_rows((0, 20), (0, 40)))).iloc[0]
    assert found["by_next"] > 10


def test_what_is_hidden_has_no_row(make_figures, wres_rows):
    rows = wres_rows((10, 100), (20, 400))
    rows[0] |= {"status": "suppressed", "value": None, "numerator": None, "denominator": None}
    assert detectable_changes(make_figures(rows)).empty


def test_the_demonstration_trust_is_in_no_count(make_figures, wres_rows):
    rows = [*wres_rows((50, 400), (80, 1000)), *wres_rows((50, 400), (80, 1000), trust_code="DEMO")]
    assert halvings(detectable_changes(make_figures(rows)))["trusts"].tolist() == [1]
