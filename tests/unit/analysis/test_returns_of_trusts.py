"""WRES 2 to 4 and 9 that trusts publish, as comparators: by hand, and without what is private or too small."""

import pandas as pd
import pytest

from race_equality.analysis.findings import findings
from race_equality.analysis.returns_of_trusts import published_boards, published_likelihoods, returns_together
from race_equality.analysis.wres_return import relative_likelihoods
from race_equality.definitions.codes import PUBLISHED_BY_TRUSTS
from race_equality.disclosure.publishable import suppress_small_bases
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
YEAR = {"period_start": pd.Timestamp(2024, 4, 1), "period_end": pd.Timestamp(2025, 3, 31)}
# White, ethnic minority: appointed of shortlisted; board and staff: ethnic minority of all
TRUSTS = {
    "RAA": ((40, 200), (10, 100), (2, 12), (300, 1000)),
    "RAB": ((30, 300), (20, 100), (3, 15), (100, 1000)),
    "RAC": ((50, 100), (25, 100), None, None),
}


def rows_of(code, white, minority, board, staff, **more):
    about = {"trust_code": code, "source": PUBLISHED_BY_TRUSTS, **YEAR, **more}
    for group, (count, base) in (("White", white), ("Ethnic minority", minority)):
        counts = {"value": 100 * count / base, "numerator": count, "denominator": base}
        yield {**about, "indicator": "wres_2", "group": group, **counts}
    for indicator, counts in (("wres_9_board", board), ("wres_1_clinical_band_5", staff)):
        for group, people in (("Ethnic minority", counts[0]), ("White", counts[1] - counts[0])) if counts else ():
            yield {**about, "indicator": indicator, "group": group, "value": people, "unit": "people"}


@pytest.fixture
def figures(make_figures):
    return make_figures([row for code, counts in TRUSTS.items() for row in rows_of(code, *counts)])


@pytest.fixture
def trusts():
    return pd.DataFrame(
        {
            "trust_code": list(TRUSTS),
            "trust_name": list(TRUSTS),
            "kind": "acute",
            "region": ["London", "London", "South East"],
        }
    )


# Mantel-Haenszel: (40·100/300 + 30·100/400 + 50·100/200) / (10·200/300 + 20·300/400 + 25·100/200)
ALL, LONDON = 45.8333 / 34.1667, (13.3333 + 7.5) / (6.6667 + 15)


def test_ratios_are_taken_together_over_the_trusts_that_publish_them(figures):
    found = returns_together(figures, {"All": None, "London": ["RAA", "RAB", "RZZ"]}, rules=USUAL)
    ratios = found[found["number"] == 2].set_index("series")
    assert ratios["trusts"].to_dict() == {"All": 3, "London": 2}
    assert ratios.loc["All", "value"] == pytest.approx(ALL, abs=1e-4)
    assert ratios.loc["London", "value"] == pytest.approx(LONDON, abs=1e-4)
    assert (ratios["lower"] < ratios["value"]).all()
    assert (ratios["value"] < ratios["upper"]).all()
    board = found[found["number"] == 9].set_index("series")
    # 5 of 27 members, 400 of 2,000 staff
    assert board.loc["All", ["trusts", "value"]].tolist() == [2, pytest.approx(100 * 5 / 27 - 20)]


def test_a_trusts_findings_say_what_the_others_have_and_how_many_they_are(figures, trusts):
    table = findings(figures, trusts, peers={"RAA": ["RAC"], "RAB": [], "RAC": []}, rules=USUAL)
    row = table[(table["trust_code"] == "RAA") & (table["measure"] == "wres_2")].iloc[0]
    assert row["value"] == pytest.approx(2)
    assert row[["all_trusts", "region_trusts", "similar_trusts"]].tolist() == pytest.approx([ALL, LONDON, 2], abs=1e-4)
    assert row["trusts_with_figures"] == 3
    gap = table[(table["trust_code"] == "RAB") & (table["group"] == "Board minus workforce")].iloc[0]
    assert gap["all_trusts"] == pytest.approx(100 * 5 / 27 - 20)
    assert gap["trusts_with_figures"] == 2
    assert pd.isna(gap["similar_trusts"])  # of its peers none publishes one


def test_a_year_is_compared_with_the_same_year(make_figures, trusts):
    earlier = {"period_start": pd.Timestamp(2023, 4, 1), "period_end": pd.Timestamp(2024, 3, 31)}
    rows = [
        *rows_of("RAA", *TRUSTS["RAA"]),
        *rows_of("RAC", *TRUSTS["RAC"]),
        *rows_of("RAB", *TRUSTS["RAB"], **earlier),
    ]
    table = findings(make_figures(rows), trusts, peers=dict.fromkeys(TRUSTS, ()), rules=USUAL)
    ratios = table[table["measure"] == "wres_2"].set_index("trust_code")
    # (40·100/300 + 50·100/200) / (10·200/300 + 25·100/200); nobody else has RAB's year, and alone it is no comparator
    assert ratios["all_trusts"].to_dict() == pytest.approx({"RAA": 2.0, "RAB": float("nan"), "RAC": 2.0}, nan_ok=True)
    assert ratios["trusts_with_figures"].to_dict() == {"RAA": 2, "RAB": 1, "RAC": 2}


def test_no_return_and_no_invented_trust_is_in_a_comparator(make_figures):
    rows = [
        *rows_of("RAA", *TRUSTS["RAA"]),
        *rows_of("RAB", *TRUSTS["RAB"], private=True),
        *rows_of("DEMO", *TRUSTS["RAC"]),
    ]
    figures = make_figures(rows)
    assert set(published_likelihoods(figures)["trust_code"]) == {"RAA"}
    assert set(published_boards(figures, rules=USUAL)["trust_code"]) == {"RAA"}


def test_what_rests_on_too_few_is_in_no_comparator(make_figures):
    few = [*rows_of("RAA", *TRUSTS["RAA"]), *rows_of("RAB", (30, 300), (3, 10), (3, 9), (100, 1000))]
    figures = suppress_small_bases(make_figures(few), USUAL)
    assert set(published_likelihoods(figures)["trust_code"]) == {"RAA"}
    assert set(published_boards(figures, rules=USUAL)["trust_code"]) == {"RAA"}
    # a threshold that a trust raised holds wherever it is compared
    strict = DisclosureRules(USUAL.usual, {"RAA": DisclosureRule(minimum_responses=11, minimum_people=13)})
    assert published_boards(figures, rules=strict).empty


def test_a_trust_that_merged_since_has_the_counts_of_both(make_figures):
    rows = [
        *rows_of("RAA", *TRUSTS["RAA"]),
        *({**row, "organisation_code": "RAZ"} for row in rows_of("RAA", *TRUSTS["RAB"])),
    ]
    figures = make_figures(rows)
    found = relative_likelihoods(figures, "RAA", threshold=11).iloc[0]
    assert found["ratio"] == pytest.approx((70 / 500) / (30 / 200))
    assert found["published_by_trust"]
    assert published_likelihoods(figures)[["first_count", "first_people"]].to_numpy().tolist() == [[70, 500]]


def test_a_return_is_not_marked_as_published(make_figures):
    figures = make_figures(list(rows_of("RAA", *TRUSTS["RAA"], source="wres_return_RAA", private=True)))
    assert not relative_likelihoods(figures, "RAA", threshold=11)["published_by_trust"].any()
