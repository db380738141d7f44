"""Rows of the downloads: shorthand, rounding, hidden counts, and what is in no table of all trusts."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from race_equality.analysis.findings import GAP
from race_equality.definitions.units import DECIMALS
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.downloads.codebook import BY_ID, CODEBOOK_COLUMNS, COLUMNS, SHORTHAND_WORDS, codebook
from race_equality.downloads.findings import FINDING, PUBLISHED, all_trusts_rows, number_text, status_of, trust_rows

NUMBERS = ("value", "lower_95", "upper_95", "all_trusts", "people")


def pick(rows, measure, group, kind=FINDING):
    (found,) = [row for row in rows if (row["measure"], row["group"], row["kind"]) == (measure, group, kind)]
    return found


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (14.2857142, "percent", "14.3"),
        (99.96, "percent", "100.0"),
        (-0.04, "percentage points", "0.0"),
        (-3.25, "percentage points", "-3.2"),
        (1.2345, "ratio", "1.23"),
        (19574.0, "people", "19574"),
        (3.0, "quintile", "3"),
        (float("nan"), "percent", None),
        (None, "percent", None),
        (float("inf"), "ratio", None),
        (pd.NA, "people", None),
    ],
)
def test_rounding(value, unit, text):
    assert number_text(value, unit) == text


@pytest.mark.parametrize(
    ("status", "lower", "upper", "unit", "expected"),
    [
        ("ok", 20.0, 30.0, "percent", "ok"),
        ("ok", 20.0, 30.1, "percent", "low_reliability"),
        ("ok", -6.0, 6.0, "percentage points", "low_reliability"),
        ("ok", 0.5, 20.0, "ratio", "ok"),
        ("ok", float("nan"), float("nan"), "percent", "ok"),
        ("suppressed", 0.0, 100.0, "percent", "suppressed"),
    ],
)
def test_low_reliability_is_an_interval_wider_than_ten_points(status, lower, upper, unit, expected):
    assert status_of(status, lower, upper, unit) == expected


def test_a_finding_by_hand(download_data, new_trust, wres_6):
    alike = [{**row, "trust_code": "RX2", "organisation_code": "RX2"} for row in wres_6]
    rows = trust_rows(download_data(*wres_6, *alike), new_trust())
    minority = pick(rows, "wres_6", "Ethnic minority")
    # Wilson, 60 of 200: Newcombe's formula by hand gives 24.1 to 36.7
    assert [minority[name] for name in NUMBERS] == ["30.0", "24.1", "36.7", "30.0", "200"]
    assert minority["status"] == "low reliability [u]"
    gap = pick(rows, "wres_6", GAP)
    assert (gap["value"], gap["unit"], gap["people"]) == ("10.0", "percentage points", "1200")
    assert (gap["period_start"], gap["period_end"]) == ("2024-09-01", "2024-11-30")
    published = pick(rows, "wres_6", "White", PUBLISHED)
    assert (published["value"], published["locator"], published["source"]) == ("20.0", "row 7, rate", "A survey")
    assert (published["licence"], published["file"]) == ("OGL", "survey.xlsx")


def test_every_cell_says_something(download_data, new_trust, wres_6):
    for row in trust_rows(download_data(*wres_6), new_trust()):
        assert list(row) and set(row) == set(COLUMNS)
        assert all(str(cell).strip() for cell in row.values()), row


@pytest.mark.parametrize(
    ("status", "short"),
    [
        ("suppressed", "[c]"),
        ("not_available", "[x]"),
        ("not_applicable", "[z]"),
        ("implausible", "[i]"),
        ("incomplete", "[m]"),
    ],
)
def test_shorthand_for_what_is_not_there(download_data, new_trust, new_figure, status, short):
    rows = trust_rows(download_data(new_figure("rtt_over_52_weeks", "All patients", None, status=status)), new_trust())
    for row in (pick(rows, "rtt_over_52_weeks", "All patients", kind) for kind in (FINDING, PUBLISHED)):
        assert [row[name] for name in NUMBERS] == [short] * 5
        assert row["status"].endswith(short)


def test_a_small_group_hides_both_and_the_gap(download_data, new_trust, new_figure):
    """10 respondents are fewer than 11; the other group would stand alone, and says half a comparison."""
    rows = trust_rows(
        download_data(
            new_figure("wres_6", "Ethnic minority", 30.0, numerator=3, denominator=10),
            new_figure("wres_6", "White", 20.0, numerator=200, denominator=1000),
        ),
        new_trust(),
    )
    hidden = [row for row in rows if row["measure"] == "wres_6"]
    assert len(hidden) == 5
    for row in hidden:
        assert [row[name] for name in NUMBERS] == ["[c]"] * 5
        assert row["locator"] == "[c]"


def test_one_small_organisation_hides_the_others_that_it_could_be_taken_from(
    download_data, new_trust, new_figure, wres_6
):
    small = new_figure(
        "wres_6", "Ethnic minority", 40.0, numerator=2, denominator=5, organisation_code="RX2", locator="row 8"
    )
    rows = trust_rows(download_data(*wres_6, small), new_trust())
    assert pick(rows, "wres_6", "Ethnic minority")["value"] == "30.2"  # 62 of 205 together
    published = [row for row in rows if row["kind"] == PUBLISHED and row["measure"] == "wres_6"]
    assert [row["value"] for row in published] == ["[c]"] * 3


def test_a_trust_that_raised_its_threshold(download_data, new_trust, wres_6):
    raised = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10), {"RX1": DisclosureRule(201, 10)})
    rows = trust_rows(download_data(*wres_6, rules=raised), new_trust())
    assert pick(rows, "wres_6", "White")["value"] == "[c]"
    assert pick(rows, "wres_6", "White", PUBLISHED)["value"] == "[c]"


def test_few_people_and_few_events(download_data, new_trust, new_figure):
    rows = trust_rows(
        download_data(
            new_figure("catchment_population", "All people", 9, unit="people"),
            new_figure("maternity_deliveries", "All births", 5, unit="count"),
        ),
        new_trust(),
    )
    assert [row["value"] for row in rows if row["kind"] == PUBLISHED] == ["[c]", "[c]"]


def test_breakdowns_of_people_are_never_given_as_published(download_data, new_trust, new_figure):
    groups = {"White - Irish": 12, "Asian/Asian British - Indian": 4, "White - Any other White background": 84}
    rows = trust_rows(
        download_data(
            *(
                new_figure("staff_survey_q28", group, float(n), numerator=n, denominator=100)
                for group, n in groups.items()
            )
        ),
        new_trust(),
    )
    answered = [row for row in rows if row["measure"] == "staff_survey_q28"]
    assert {row["kind"] for row in answered} == {FINDING}
    assert "[c]" in {row["value"] for row in answered if row["group"] == "Asian"}
    assert "4.0" not in {row["value"] for row in answered}


def test_all_trusts_are_without_the_invented_one_and_without_local_returns(
    download_data, new_trust, new_figure, wres_6
):
    invented = [{**row, "trust_code": "DEMO", "source": "demonstration"} for row in wres_6]
    local = new_figure("wres_5", "White", 77.7, numerator=777, denominator=1000, private=True) | {"trust_code": "RX1"}
    other = {**local, "group": "Ethnic minority"}
    patients = new_figure(
        "rtt_over_52_weeks",
        "All patients",
        33.3,
        numerator=333,
        denominator=1000,
        source="patients_return_RX1",
        private=True,
    )
    demonstration = new_trust("DEMO", "Demonstration", is_demonstration=True)
    alike = [{**row, "trust_code": "RX2", "organisation_code": "RX2"} for row in wres_6]
    everything = download_data(*wres_6, *alike, *invented, local, other, patients)
    rows = all_trusts_rows(everything, [new_trust(), demonstration])
    assert {row["trust_code"] for row in rows} == {"RX1"}
    assert {row["kind"] for row in rows} == {FINDING}
    assert not {"77.7", "33.3"} & {row["value"] for row in rows}
    assert pick(rows, "wres_6", "White")["all_trusts"] == "20.0"
    # a trust's own file has its own return
    own = trust_rows(everything, new_trust())
    assert pick(own, "wres_5", "White")["value"] == "77.7"
    assert (
        pick(own, "wres_5", "White")["locator"] == "computed from the figures of this measure in the trust’s own return"
    )
    assert pick(own, "wres_6", "White")["locator"] == "computed from the published figures of this measure"


def test_the_codebook_holds_every_definition_column_and_shorthand():
    rows = codebook()
    ids = {kind: [row["id"] for row in rows if row["entry"] == kind] for kind in ("column", "shorthand", "measure")}
    assert ids["column"] == list(COLUMNS)
    assert ids["shorthand"] == ["c", "x", "z", "u", "i", "m"]
    assert list(SHORTHAND_WORDS) == ["[c]", "[x]", "[z]", "[u]", "[i]", "[m]"]
    assert len(set(ids["measure"])) == len(ids["measure"])
    entry = next(row for row in rows if row["id"] == "wres_4")
    assert entry["name"] == "WRES 4: Non-mandatory training and development"
    assert entry["definition"].startswith("Likelihood of White staff accessing non-mandatory training over that of")
    assert (entry["unit"], entry["rounding"], entry["adverse_when"]) == ("ratio", "two decimals", "above one")
    for row in rows:
        assert tuple(row) == CODEBOOK_COLUMNS
        assert all(cell.strip() for cell in row.values())
    assert all(unit in DECIMALS for measure in BY_ID.values() for unit in measure.units)


def test_the_codebook_has_words_that_a_reader_may_see():
    for row in codebook():
        assert not re.search(r"\b(BAME|BME|non-White|best|worst)\b", " ".join(row.values())), row


def test_a_finding_has_region_peers_and_a_reading(download_data, new_trust, wres_6):
    trusts = pd.DataFrame({"trust_code": ["RX1", "RX2"], "trust_name": ["A", "B"], "kind": "acute", "region": "London"})
    other = [
        {**row, "trust_code": "RX2", "organisation_code": "RX2", "numerator": 100 + row["numerator"]} for row in wres_6
    ]
    made = download_data(*wres_6, *other)
    rows = trust_rows(replace(made, trusts=trusts), new_trust())
    minority, gap = pick(rows, "wres_6", "Ethnic minority"), pick(rows, "wres_6", GAP)
    # 60 of 200 here and 160 of 200 there: together 220 of 400, and the only peer is the other one
    assert (minority["all_trusts"], minority["region_trusts"], minority["similar_trusts"]) == ("55.0", "55.0", "80.0")
    assert minority["england"] == "[z]"
    assert (gap["reading"], gap["adverse_when"]) == ("worse for staff from ethnic minorities", "higher")
    assert gap["compared_with"] == "White"
    assert 0.9 < float(gap["probability_adverse"]) <= 1
    assert 1 <= int(gap["rank_lower_95"]) <= int(gap["rank_upper_95"]) <= 2
