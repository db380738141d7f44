"""The survey of boards, and the boards that patients come from."""

import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.board_survey import COLUMNS, read_findings
from race_equality.sources.publications.systems import SHARES_COLUMNS, read_shares
from race_equality.store.schema import check_figures

ROWS = [
    ("publication", "NHS Providers, Race 2.0: Time for real change, 10 March 2022", "x"),
    ("survey_responses", "200", "x"),
    ("respondents_chairs", "50 (25%)", "x"),
    ("respondents_chief_executives", "33 (published 14%; 33/254 = 13.0%)", "x"),
    ("race_equality_fully_embedded_core_board_business", "only 6% of respondents", "x"),
    ("progress_more_diverse_board", "more than 6 in 10", "x"),
]


def test_numbers_are_read_and_words_left_out_by_name(write, trust_list, tmp_path):
    loaded = read_findings(write.csv(tmp_path / "facts.csv", ROWS, COLUMNS), trust_list)
    figures = check_figures(loaded.figures, origin="cut").set_index(["indicator", "group"])
    assert figures["value"].to_dict() == {
        ("board_survey_fully_embedded", "All respondents"): 6,
        ("board_survey_respondents", "Chairs"): 25,
        ("board_survey_respondents", "Chief executives"): 14,
        ("board_survey_responses", "All respondents"): 200,
    }
    assert figures["locator"].iloc[0] == "row 6, value"
    assert loaded.period == "published 10 March 2022"
    assert loaded.remarks == ("In words, so not read as numbers: progress_more_diverse_board (more than 6 in 10).",)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("respondents_chair", "1%", "x"), "The nearest is 'respondents_chairs'"),
        (("respondents_other", "about a tenth", "x"), "does not start with the number"),
        (("respondents_other", "110%", "x"), "The finding 110 is not between 0 and 100"),
        (("interviews", "1e3 chairs", "x"), "'1e3 chairs' does not start with the number"),
        (("interviews", "1,800 chairs", "x"), "'1,800 chairs' does not start with the number"),
        (("survey_responses", "12", "x"), "The item survey_responses is here"),
    ],
)
def test_a_wrong_finding_is_named(write, trust_list, tmp_path, row, problem):
    path = write.csv(tmp_path / "facts.csv", [*ROWS, row], COLUMNS)
    with pytest.raises(InputError, match=problem):
        read_findings(path, trust_list)


def test_it_needs_its_day(write, trust_list, tmp_path):
    with pytest.raises(InputError, match="No item is the publication"):
        read_findings(write.csv(tmp_path / "facts.csv", ROWS[1:], COLUMNS), trust_list)


@pytest.fixture
def shares(cut, write):
    def at(rows):
        return write.csv(cut.path / "population" / "trust_to_icb_shares_2022.csv", rows, SHARES_COLUMNS)

    return at


def test_shares_are_percentages_of_each_board_by_name(shares, trust_list):
    loaded = read_shares(shares([("RJ1", "E54000030", 0.75), ("RVJ", "E54000030", 0.999)]), trust_list)
    figures = check_figures(loaded.figures, origin="cut").set_index("organisation_code")
    assert figures.loc["RJ1", ["value", "group", "locator"]].to_list() == [
        75.0,
        "South East London",
        "row 2, proportion_trust_came_from_icb",
    ]
    assert figures.loc["RVJ", "trust_code"] == "RA7"


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("RJ1", "E54000030", 0.3)], "The shares of RJ1 come to 0.300"),
        ([("RJ1", "E54000030", 75)], "The proportion 75 is not between 0 and 1"),
        ([("RJ1", "E54999999", 1)], "'E54999999' is not the code of a board"),
    ],
)
def test_a_wrong_share_is_named(shares, trust_list, rows, problem):
    with pytest.raises(InputError, match=problem):
        read_shares(shares(rows), trust_list)
