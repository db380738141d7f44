"""One table of every finding: comparators by hand, directions, and nothing of what is hidden."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.findings import COLUMNS, GAP, READINGS, comparators_of, figures_behind, findings
from race_equality.analysis.peers import peers_of_all
from race_equality.analysis.pooled_gaps import pooled_gaps
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts

USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))


@pytest.fixture
def trusts():
    return pd.DataFrame(
        {
            "trust_code": ["RAA", "RAB", "RAC"],
            "trust_name": ["A", "B", "C"],
            "kind": "acute",
            "region": ["London", "London", "South East"],
        }
    )


@pytest.fixture
def three(wres_rows):
    """WRES 8: 30% against 20%, 40% against 20% and 20% against 20%."""
    return [
        *wres_rows((300, 1000), (400, 2000)),
        *wres_rows((40, 100), (60, 300), trust_code="RAB"),
        *wres_rows((20, 100), (40, 200), trust_code="RAC"),
    ]


def one(table, code, measure, group, unit="percent"):
    found = table[
        (table["trust_code"] == code)
        & (table["measure"] == measure)
        & (table["group"] == group)
        & (table["unit"] == unit)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_a_gap_with_its_comparators_by_hand(make_figures, trusts, three):
    peers = {"RAA": ["RAC"], "RAB": ["RAA", "RAC"], "RAC": []}
    table = findings(make_figures(three), trusts, peers=peers, rules=USUAL)
    assert list(table.columns) == list(COLUMNS)
    gap = one(table, "RAA", "wres_8", GAP, "percentage points")
    assert gap["value"] == pytest.approx(10.0)
    assert gap["lower"] < 10 < gap["upper"]
    assert gap["people"] == 3000
    # all: 360 of 1,200 against 500 of 2,500; London: 340 of 1,100 against 460 of 2,300; peers: RAC alone
    assert gap["all_trusts"] == pytest.approx(30 - 20)
    assert gap["region_trusts"] == pytest.approx(100 * (340 / 1100 - 460 / 2300))
    assert gap["similar_trusts"] == pytest.approx(0.0)
    assert (gap["direction"], gap["reading"]) == ("adverse", "worse for staff from ethnic minorities")
    minority = one(table, "RAB", "wres_8", "Ethnic minority")
    assert minority["similar_trusts"] == pytest.approx(100 * 320 / 1100)
    assert np.isnan(one(table, "RAC", "wres_8", GAP, "percentage points")["similar_trusts"])


def test_gaps_hold_what_pooling_says(make_figures, trusts, three):
    figures = make_figures(three)
    gap = one(findings(figures, trusts, rules=USUAL), "RAB", "wres_8", GAP, "percentage points")
    pooled = pooled_gaps(figures).set_index("trust_code").loc["RAB"]
    assert gap["pooled_value"] == pooled["pooled_gap"]
    assert (gap["rank_lower"], gap["rank_upper"]) == (pooled["rank_lower"], pooled["rank_upper"])
    assert 0 <= gap["probability_adverse"] <= 1


def test_the_demonstration_trust_is_in_no_comparator(make_figures, trusts, three, wres_rows):
    invented = wres_rows((900, 1000), (10, 1000), trust_code="DEMO")
    without = findings(make_figures(three), trusts, rules=USUAL)
    with_it = findings(make_figures([*three, *invented]), trusts, rules=USUAL)
    names = ["value", "all_trusts", "region_trusts", "similar_trusts", "position"]
    real = with_it[with_it["trust_code"] != "DEMO"].reset_index(drop=True)
    pd.testing.assert_frame_equal(real[names], without[names])
    assert one(with_it, "DEMO", "wres_8", "Ethnic minority")["all_trusts"] == pytest.approx(30.0)


def test_what_is_hidden_has_no_number(make_figures, trusts, three, wres_rows):
    small = wres_rows((3, 10), (400, 2000), number=6)
    table = findings(make_figures([*three, *small]), trusts, rules=USUAL)
    hidden = table[(table["measure"] == "wres_6") & (table["trust_code"] == "RAA")]
    assert hidden["status"].eq("suppressed").all()
    numbers = ["value", "lower", "upper", "people", "pooled_value", "probability_adverse", "rank_lower"]
    assert hidden[numbers].isna().all(axis=None)
    assert hidden["reading"].eq("no data").all()
    # and it is in no comparator as one organisation alone
    assert (
        findings(
            make_figures(three),
            trusts,
            rules=DisclosureRules(USUAL.usual, {"RAB": DisclosureRule(minimum_responses=101, minimum_people=10)}),
        ).pipe(lambda rows: one(rows, "RAB", "wres_8", GAP, "percentage points")["status"])
        == "suppressed"
    )


@pytest.mark.parametrize("raised", ["minimum_people", "minimum_responses"])
def test_either_threshold_that_a_trust_raises_hides_shares_of_its_own_patients(make_figures, trusts, raised):
    groups = {"Asian": (15, 40), "Black": (30, 90), "White": (300, 900)}
    rows = [
        {
            "indicator": "patients_detained_by_ethnicity",
            "group": group,
            "numerator": count,
            "denominator": people,
            "value": 100 * count / people,
            "period_start": pd.Timestamp("2025-04-01"),
            "period_end": pd.Timestamp("2026-03-31"),
        }
        for group, (count, people) in groups.items()
    ]
    thresholds = {"minimum_responses": 11, "minimum_people": 10} | {raised: 50}
    rules = DisclosureRules(USUAL.usual, {"RAA": DisclosureRule(**thresholds)})
    for rule, hidden in ((USUAL, set()), (rules, {"Asian", "Black"})):
        found = findings(make_figures(rows), trusts, rules=rule)
        shares = found[(found["measure"] == "patients_detained_by_ethnicity") & (found["unit"] == "percent")]
        shown = shares[shares["group"].isin(list(groups)) & (shares["status"] == "ok")]
        assert set(groups) - set(shown["group"]) == hidden


def test_a_survey_answer_lies_in_a_funnel(make_figures, trusts):
    def answer(code, percent, base, **more):
        return {"trust_code": code, "indicator": "staff_survey_q16b", "value": percent, "denominator": base, **more}

    many = pd.DataFrame(
        {"trust_code": [f"R{i:02}" for i in range(40)], "trust_name": "x", "kind": "acute", "region": "London"}
    )
    rows = [answer(f"R{i:02}", 9.0 + i % 3, 2000) for i in range(39)] + [answer("R39", 25.0, 2000)]
    table = findings(make_figures([*rows, answer("ENG", 9.9, 70_000)]), many, rules=USUAL)
    high = one(table, "R39", "staff_survey_q16b", "All staff")
    assert high["position"] == "above 99.8% limit"
    assert (high["direction"], high["reading"]) == ("adverse", "worse than usual among trusts of its kind")
    assert high["england"] == pytest.approx(9.9)
    assert one(table, "R01", "staff_survey_q16b", "All staff")["direction"] == "unclear"


def test_a_finding_names_the_figures_behind_it(make_figures, trusts, three):
    figures = make_figures(three)
    gap = one(findings(figures, trusts, rules=USUAL), "RAA", "wres_8", GAP, "percentage points")
    behind = figures_behind(gap, figures)
    assert behind["denominator"].tolist() == [1000, 2000]
    assert behind["trust_code"].eq("RAA").all()


def test_every_direction_has_its_words(make_figures, trusts, three):
    table = findings(make_figures(three), trusts, rules=USUAL)
    assert table["reading"].str.len().gt(0).all()
    assert set(table.loc[table["status"] == "ok", "compared_with"]) <= {*READINGS, ""}
    shown = table[table["status"].eq("ok")]
    assert shown["value"].notna().all()


def test_no_figures_no_findings(make_figures, trusts):
    table = findings(make_figures([]), trusts, rules=USUAL)
    assert table["status"].ne("ok").all()
    assert table["value"].isna().all()


def test_comparators_of_every_trust_are_sums_in_the_order_of_trusts():
    """Of all 202 and the demonstration trust, to the last bit, whatever processor adds them up."""
    figures, everybody = read_figures(), read_trusts()
    peers = peers_of_all(figures, everybody) | {"R1H": ["RXR", "DEMO"]}  # a choice of its own, not in order
    codes = [*everybody["trust_code"], "DEMO"]
    random = np.random.default_rng(1)
    rows = pd.DataFrame({"trust_code": codes, "indicator": "staff_survey_q15"})
    rows = rows.assign(
        people=random.integers(1, 9000, len(codes)).astype(float), count=random.random(len(codes)) * 1000
    )
    rows = rows[rows["trust_code"] != "RXQ"]  # without an answer
    shares = comparators_of(codes, everybody, peers).shares(rows, "indicator")

    region = dict(zip(everybody["trust_code"], everybody["region"], strict=True))
    kind = dict(zip(everybody["trust_code"], everybody["kind"], strict=True)) | {"DEMO": "acute"}
    numbers = dict(zip(rows["trust_code"], zip(rows["count"], rows["people"], strict=True), strict=True))
    for code in codes:
        members = {
            "all_trusts": set(codes),
            "region_trusts": {other for other in region if region.get(code) == region[other]},
            "similar_trusts": set(peers.get(code, ())),
        }
        for name, held in members.items():
            for suffix, chosen in (("", {other for other in held if kind[other] == kind[code]}), ("_plain", held)):
                together = [other for other in codes if other in chosen and other != "DEMO" and other in numbers]
                count = people = 0.0
                for other in together:
                    count, people = count + numbers[other][0], people + numbers[other][1]
                expected = 100 * count / people if people and set(together) != {code} else np.nan
                np.testing.assert_array_equal(shares[name + suffix].at[code, "staff_survey_q15"], expected)


def test_ten_thousand_trusts_are_compared_in_megabytes():
    codes = [f"Z{i:04d}" for i in range(10_000)]
    trusts = pd.DataFrame({"trust_code": codes, "region": [f"Region {i % 7}" for i in range(10_000)]})
    peers = {code: [codes[i - n - 1] for n in range(10)] for i, code in enumerate(codes)}
    compared = comparators_of(codes, trusts, peers)
    held = sum(
        part.nbytes
        for one in compared.sets.values()
        for part in (one.table.data, one.table.indices, one.table.indptr, one.of)
    )
    assert held < 5_000_000  # two tables of each by each: 1,600 MB
