"""Gaps read over all trusts: small trusts are drawn in, directions are right, the invented trust changes nothing."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.pooled_gaps import COLUMNS, pooled_gaps
from race_equality.store.figures import read_figures


@pytest.fixture
def trusts(wres_rows):
    """Thirty trusts with gaps of 8 to 12 points, a small one with 40, one with none, on WRES 7 and 8."""

    def rows(number):
        sign = 1 if number == 8 else -1
        found = []
        for i in range(30):
            minority = 250 + sign * (80 + i % 5 * 10)
            found += wres_rows((minority, 1000), (750, 3000), number=number, trust_code=f"R{i:02}")
        found += wres_rows((10 + sign * 8, 20), (25, 100), number=number, trust_code="SML")
        return found + wres_rows((500, 2000), (1250, 5000), number=number, trust_code="NIL")

    return [*rows(7), *rows(8)]


def test_a_small_trust_is_drawn_towards_the_others(make_figures, trusts):
    found = pooled_gaps(make_figures(trusts)).set_index(["trust_code", "number"])
    small = found.loc["SML", 8]
    assert small["gap"] == pytest.approx(65.0)
    assert 5 < small["pooled_gap"] < 30
    assert small["lower"] < small["pooled_gap"] < small["upper"]
    # twenty people say little of a place among 32 trusts
    assert small["rank_upper"] == 32
    assert small["rank_upper"] - small["rank_lower"] > 10


def test_adverse_is_the_same_side_for_both_directions(make_figures, trusts):
    found = pooled_gaps(make_figures(trusts)).set_index(["trust_code", "number"])
    for number in (7, 8):
        large, equal = found.loc["R04", number], found.loc["NIL", number]
        assert large["probability_adverse"] > 0.99
        # the others draw it off zero, and it stays unsure
        assert 0.2 < equal["probability_adverse"] < 0.98
        assert equal["probability_more_adverse"] < 0.01
        assert equal["rank_lower"] == 1
        assert equal["rank_upper"] <= 3
        assert large["probability_more_adverse"] > 0.8
        assert large["rank_lower"] > equal["rank_upper"]
    assert found.loc["R04", 7]["pooled_gap"] < 0 < found.loc["R04", 8]["pooled_gap"]


def test_the_demonstration_trust_changes_nothing_for_real_ones(make_figures, trusts, wres_rows):
    with_it = [
        *trusts,
        *wres_rows((900, 1000), (100, 1000), trust_code="DEMO"),
        *wres_rows((100, 1000), (900, 1000), number=7, trust_code="DEMO"),
    ]
    real = pooled_gaps(make_figures(trusts)).set_index(["trust_code", "number"])
    both = pooled_gaps(make_figures(with_it)).set_index(["trust_code", "number"])
    demo, both = both.loc["DEMO"], both.drop("DEMO")
    pd.testing.assert_frame_equal(both, real, check_exact=True)
    assert (demo["rank_lower"] > 20).all()
    assert (demo["rank_upper"] == 32).all()
    assert (demo["probability_more_adverse"] > 0.95).all()


def test_the_figures_in_this_project_do_not_hang_on_the_demonstration_trust():
    figures = read_figures([f"wres_{number}" for number in (5, 6, 7, 8)])
    invented = figures["trust_code"] == "DEMO"
    assert invented.any()
    both, real = pooled_gaps(figures), pooled_gaps(figures[~invented])
    assert set(both.loc[both["trust_code"] == "DEMO", "number"]) == {5, 6, 7, 8}
    both = both[both["trust_code"] != "DEMO"].reset_index(drop=True)
    pd.testing.assert_frame_equal(both, real, check_exact=True)


def test_a_later_survey_of_the_demonstration_trust_is_no_survey_of_the_others(make_figures, trusts, wres_rows):
    later = wres_rows((900, 1000), (100, 1000), trust_code="DEMO", period_end=pd.Timestamp("2031-11-30"))
    found = pooled_gaps(make_figures([*trusts, *later]))
    pd.testing.assert_frame_equal(found, pooled_gaps(make_figures(trusts)), check_exact=True)


def test_a_trust_that_loaded_a_later_survey_is_read_beside_the_others(make_figures, trusts, wres_rows):
    """Its own return of next year is no reason to read it with itself alone: rank 1 of 1."""
    later = wres_rows((500, 1000), (250, 1000), trust_code="OWN", period_end=pd.Timestamp("2031-11-30"))
    found = pooled_gaps(make_figures([*trusts, *later]))
    others = found[found["trust_code"] != "OWN"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, pooled_gaps(make_figures(trusts)), check_exact=True)
    own = found[found["trust_code"] == "OWN"].iloc[0]
    assert (own["gap"], own["trusts"]) == (pytest.approx(25), 32)
    assert own["rank_lower"] > 25  # among the widest of gaps between 8 and 12 points
    assert 8 < own["pooled_gap"] < 25


def test_a_new_trust_moves_the_others_by_what_it_teaches_only(make_figures, trusts, wres_rows):
    new = wres_rows((340, 1000), (750, 3000), trust_code="A00")  # the first by its code, and like the others
    before = pooled_gaps(make_figures(trusts)).set_index(["trust_code", "number"]).xs(8, level="number")
    after = pooled_gaps(make_figures([*trusts, *new])).set_index(["trust_code", "number"]).xs(8, level="number")
    after = after.drop("A00")
    assert np.abs(after["pooled_gap"] - before["pooled_gap"]).max() < 0.5
    assert np.abs(after["pooled_gap"] - before["pooled_gap"]).median() < 0.05
    assert (after["rank_upper"] - before["rank_upper"]).between(-1, 2).all()


def test_a_trust_without_figures_is_left_out(make_figures, trusts, wres_rows):
    hidden = wres_rows((5, 10), (5, 10), trust_code="HID", status="suppressed")
    found = pooled_gaps(make_figures([*trusts, *hidden]))
    assert "HID" not in set(found["trust_code"])
    assert (found["trusts"] == 32).all()


def test_nothing_published_gives_an_empty_table(make_figures):
    found = pooled_gaps(make_figures([]))
    assert list(found.columns) == list(COLUMNS)
    assert found.empty


def test_it_is_the_same_twice(make_figures, trusts):
    figures = make_figures(trusts)
    first = pooled_gaps(figures)
    pooled_gaps.forget()
    pd.testing.assert_frame_equal(first, pooled_gaps(figures))
    assert np.isfinite(first.drop(columns=["trust_code", "kind"]).to_numpy(float)).all()


@pytest.fixture
def two_kinds(wres_rows):
    """Thirty acute trusts with gaps of about 14 points, ten ambulance trusts with gaps of about −6, one of them small."""
    rows, kinds = [], {}
    for i in range(30):
        rows += wres_rows((300 + i % 5 * 20, 1000), (600, 3000), trust_code=f"A{i:02}")
        kinds[f"A{i:02}"] = "acute"
    for i in range(9):
        rows += wres_rows((25 + i % 3 * 2, 200), (600, 3000), trust_code=f"M{i:02}")
        kinds[f"M{i:02}"] = "ambulance"
    rows += wres_rows((3, 11), (600, 3000), trust_code="SML")
    kinds["SML"] = "ambulance"
    return rows, pd.DataFrame({"trust_code": list(kinds), "kind": list(kinds.values())})


def test_a_trust_is_drawn_towards_its_own_kind(make_figures, two_kinds):
    rows, trusts = two_kinds
    found = pooled_gaps(make_figures(rows), trusts).set_index("trust_code")
    # 3 of 11 are 7.3 points more than 20%; the nine others of its kind have 6.5 points less
    assert found.loc["SML", "gap"] == pytest.approx(7.27, abs=0.01)
    assert found.loc["SML", "pooled_gap"] < -3
    # in one pool of all kinds it is drawn towards the hospitals, which are more
    assert pooled_gaps(make_figures(rows)).set_index("trust_code").loc["SML", "pooled_gap"] > 0
    by_kind = found.groupby("kind")["trusts"].agg(["min", "max", "size"])
    assert by_kind.loc["acute"].tolist() == [30, 30, 30]
    assert by_kind.loc["ambulance"].tolist() == [10, 10, 10]
    kind_gap = 100 * ((25 * 3 + 27 * 3 + 29 * 3 + 3) / 1811 - 0.2)
    assert found.loc["M00", "kind_gap"] == pytest.approx(kind_gap)
    assert found.loc["A00", "kind_gap"] == pytest.approx(34 - 20)
    assert found.loc[found["kind"] == "ambulance", "rank_upper"].max() <= 10


def test_trusts_of_another_kind_move_no_bit(make_figures, two_kinds):
    rows, trusts = two_kinds
    both = pooled_gaps(make_figures(rows), trusts)
    of_ambulances = [row for row in rows if row["trust_code"] in {"SML", *(f"M{i:02}" for i in range(9))}]
    alone = pooled_gaps(make_figures(of_ambulances), trusts)
    pd.testing.assert_frame_equal(both[both["kind"] == "ambulance"].reset_index(drop=True), alone, check_exact=True)


def test_the_demonstration_trust_is_read_among_acute_trusts(make_figures, two_kinds, wres_rows):
    rows, trusts = two_kinds
    with_it = pooled_gaps(make_figures([*rows, *wres_rows((300, 1000), (600, 3000), trust_code="DEMO")]), trusts)
    demo = with_it.set_index("trust_code").loc["DEMO"]
    assert (demo["kind"], demo["trusts"]) == ("acute", 30)
    pd.testing.assert_frame_equal(
        with_it[with_it["trust_code"] != "DEMO"].reset_index(drop=True),
        pooled_gaps(make_figures(rows), trusts),
        check_exact=True,
    )
