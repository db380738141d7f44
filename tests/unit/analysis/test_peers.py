"""Peers: same kind, nearest, explained, and set by the trust where it wants to."""

import pandas as pd
import pytest

from race_equality.analysis.peers import choose_peers, peers_of, peers_of_all
from race_equality.report.sentences import peers_sentence


@pytest.fixture
def trusts():
    codes = {"RAA": "acute", "RAB": "acute", "RAC": "acute", "RAD": "acute", "RMA": "mental health"}
    return pd.DataFrame(
        {
            "trust_code": list(codes),
            "trust_name": [f"Trust {code}" for code in codes],
            "kind": list(codes.values()),
            "region": "London",
        }
    )


@pytest.fixture
def figures(make_figures):
    rows = []
    for code, headcount, minority in (
        ("RAA", 5000, 300),
        ("RAB", 5200, 310),
        ("RAC", 4800, 800),
        ("RAD", 20000, 300),
        ("RMA", 5000, 300),
    ):
        rows.append(
            {
                "trust_code": code,
                "indicator": "workforce_headcount",
                "group": "Total",
                "value": headcount,
                "unit": "people",
            }
        )
        rows += [
            {
                "trust_code": code,
                "indicator": "staff_survey_q28",
                "group": group,
                "value": count / 10,
                "numerator": count,
                "denominator": 1000,
            }
            for group, count in (("White - Irish", 1000 - minority), ("Other ethnic group - Arab", minority))
        ]
    return make_figures(rows)


def test_nearest_of_the_same_kind_come_first(figures, trusts):
    peers = choose_peers("RAA", figures=figures, trusts=trusts, count=2)
    assert peers.codes[0] == "RAB"  # nearly the same in both measures
    assert "RMA" not in peers.codes  # of another kind, though equal in every measure
    assert len(peers.codes) == 2


def test_the_reason_names_what_was_measured(figures, trusts):
    reason = choose_peers("RAA", figures=figures, trusts=trusts, count=2).reason
    assert reason == (
        "The 2 acute trusts nearest to this one in number of staff and share of survey respondents "
        "from ethnic minorities."
    )


def test_a_kind_of_few_trusts_is_compared_with_all_of_them(figures, trusts):
    peers = choose_peers("RAA", figures=figures, trusts=trusts, count=10)
    assert sorted(peers.codes) == ["RAB", "RAC", "RAD"]
    assert peers.reason == "All the other acute trusts in England."


def test_a_trust_alone_in_its_kind_has_none_and_says_so(figures, trusts):
    peers = choose_peers("RMA", figures=figures, trusts=trusts)
    assert peers.codes == []
    assert "no other mental health trust" in peers.reason


@pytest.mark.parametrize(
    ("how", "order"),
    [
        ({"count": 2}, "in order of similarity"),
        ({"count": 10}, "in alphabetical order"),
        ({"chosen": ("RMA", "RAD")}, "in the order in which the trust named them"),
    ],
)
def test_the_order_of_the_names_is_said_as_it_is(figures, trusts, how, order):
    assert f"Names are {order}" in peers_sentence(choose_peers("RAA", figures=figures, trusts=trusts, **how))


def test_the_trusts_own_choice_stands(figures, trusts):
    peers = choose_peers("RAA", figures=figures, trusts=trusts, chosen=("RMA", "RAD"))
    assert peers.codes == ["RMA", "RAD"]
    assert "chosen by the trust itself" in peers.reason


def test_a_trust_without_figures_has_no_peers_yet(figures, trusts):
    new = pd.concat([trusts, trusts.iloc[[0]].assign(trust_code="RAZ")], ignore_index=True)
    peers = choose_peers("RAZ", figures=figures, trusts=new, count=2)
    assert peers.codes == []
    assert "cannot be chosen yet" in peers.reason


def test_real_peers_are_of_the_same_kind_and_not_the_trust_itself():
    from race_equality.store.trusts import read_trusts

    kinds = read_trusts().set_index("trust_code")["kind"]
    peers = peers_of("RRU")  # London Ambulance Service
    assert set(kinds[peers]) == {"ambulance"}
    assert "RRU" not in peers
    assert len(peers) == (kinds == "ambulance").sum() - 1


def test_the_peers_of_all_are_those_of_each(figures, trusts):
    """Also where a trust lacks a measure that the others are chosen by."""
    more = trusts.assign(
        trust_code=trusts["trust_code"].str.replace("R", "T"), trust_name=trusts["trust_name"] + " too"
    )
    trusts = pd.concat([trusts, more], ignore_index=True)
    figures = pd.concat([figures, figures.assign(trust_code=figures["trust_code"].str.replace("R", "T"))])
    figures = figures[(figures["trust_code"] != "TAC") | (figures["indicator"] != "workforce_headcount")]
    every = peers_of_all(figures, trusts, count=3)
    assert every == {
        code: choose_peers(code, figures=figures, trusts=trusts, count=3).codes for code in trusts["trust_code"]
    }
    assert "TAC" not in {other for code, others in every.items() if code != "TAC" for other in others}
