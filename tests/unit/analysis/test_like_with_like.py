"""Comparators of a trust are trusts of its kind, and a region is adjusted for the kinds in it."""

import pandas as pd
import pytest

from race_equality.analysis.like_with_like import comparators_that_differ, gaps_within_kinds, pooled_alike, trusts_alike
from race_equality.analysis.wres import staff_experience
from race_equality.report.experience import plain_comparators_sentence

TRUSTS = pd.DataFrame(
    {
        "trust_code": ["RAA", "RAB", "RXX", "RXY"],
        "kind": ["acute", "acute", "ambulance", "ambulance"],
        "region": ["Midlands", "Midlands", "Midlands", "London"],
    }
)


@pytest.fixture
def experience(make_figures, wres_rows):
    """WRES 5. Acute: 30% against 25%; ambulance: 45% against 50%, with few staff from ethnic minorities."""
    return staff_experience(
        make_figures(
            [
                *wres_rows((300, 1000), (500, 2000), number=5),
                *wres_rows((150, 500), (250, 1000), number=5, trust_code="RAB"),
                *wres_rows((45, 100), (1000, 2000), number=5, trust_code="RXX"),
                *wres_rows((9, 20), (500, 1000), number=5, trust_code="RXY"),
            ]
        )
    )


def test_the_gap_of_a_region_is_that_within_kinds_and_the_plain_one_stands_next_to_it(experience):
    rows = experience.merge(TRUSTS, on="trust_code")
    found = gaps_within_kinds(rows[rows["region"] == "Midlands"]).iloc[0]
    # plain: 495 of 1,600 against 1,750 of 5,000, so −4.1, of the other sign than in nearly all of its staff
    assert found["plain_gap"] == pytest.approx(100 * (495 / 1600 - 1750 / 5000))
    # acute +5 with weight 1500·3000/4500 = 1,000; ambulance −5 with 100·2000/2100 = 95.238
    assert found["gap"] == pytest.approx((5 * 1000 - 5 * 95.2381) / 1095.2381, abs=1e-4)
    assert found["gap_lower"] < found["gap"] < found["gap_upper"]
    assert found["trusts"] == 3


def test_a_trust_is_compared_with_its_kind_and_never_with_itself_alone(experience):
    sets = trusts_alike(TRUSTS, "RXX", "ambulance", region=["RAA", "RAB", "RXX"], peers=["RXY"])
    # the one ambulance trust of the Midlands has no other to be compared with there
    assert sets == {"all": ["RXX", "RXY"], "region": [], "similar": ["RXY"]}
    england = pooled_alike(experience, "RXX", sets["all"], None, label="England").iloc[0]
    assert england["gap"] == pytest.approx(-5.0)
    assert (england["trusts"], england["plain_trusts"]) == (2, 4)
    # all: 504 of 1,620 against 2,250 of 6,000
    assert england["plain_gap"] == pytest.approx(100 * (504 / 1620 - 2250 / 6000))
    # a second trust of the kind that has no figure is no comparator either
    alone = pooled_alike(experience[experience["trust_code"] != "RXY"], "RXX", ["RXX", "RXY"], None, label="England")
    assert alone.empty


def test_peers_of_another_kind_are_kept_where_a_trust_chose_no_other():
    assert trusts_alike(TRUSTS, "RXX", "ambulance", region=[], peers=["RAA", "RXY"])["similar"] == ["RXY"]
    assert trusts_alike(TRUSTS, "RXX", "ambulance", region=[], peers=["RAA"])["similar"] == ["RAA"]


def test_a_sentence_says_where_the_plain_comparator_has_another_sign_or_is_more_than_two_points_away(experience):
    alike = pooled_alike(experience, "RAA", ["RAA", "RAB"], None, label="England").set_index("number", drop=False)
    text = plain_comparators_sentence({"England": alike}, "acute")
    assert text == (
        "Trusts of every kind added up show other gaps than acute trusts, because they mix the gap within trusts with which "
        "trusts employ whom. England: harassment from the public +5.0 points, with every kind −6.4."
    )
    near = alike.assign(plain_gap=3.1)
    assert plain_comparators_sentence({"England": near}, "acute") == ""
    assert comparators_that_differ({"England": alike.assign(plain_gap=2.9)}) == [
        ("England", 5, pytest.approx(5.0), 2.9)
    ]
