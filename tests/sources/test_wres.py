"""WRES indicators 5 to 8 by trust."""

import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.wres import read_indicators_5_to_8
from race_equality.store.schema import check_figures


@pytest.fixture
def loaded(whole_cut, trust_list):
    return read_indicators_5_to_8(whole_cut.wres, trust_list)


def test_rates_become_percentages_with_people_and_responses(loaded):
    check_figures(loaded.figures, origin="cut")
    rows = loaded.figures.query("trust_code == 'RJ1' and indicator == 'wres_6'").set_index("group")
    assert list(rows.index) == ["Ethnic minority", "White"]
    assert rows.loc["Ethnic minority", ["value", "numerator", "denominator"]].to_list() == [25, 100, 400]
    assert rows.loc["White", ["value", "numerator", "denominator"]].to_list() == [20, 200, 1000]
    assert rows.loc["White", "locator"] == "row 5, rate"


def test_a_merged_trusts_rows_stand_under_todays_code(loaded):
    rows = loaded.figures.query("organisation_code == 'RVJ'")
    assert set(rows["trust_code"]) == {"RA7"}
    # the successor itself is not in the file, but its predecessor is: it is not missing
    assert loaded.figures.query("organisation_code == 'RA7'").empty


def test_trusts_that_the_file_lacks_are_not_available(loaded):
    rows = loaded.figures.query("trust_code == 'RV5'")
    assert len(rows) == 8
    assert set(rows["status"]) == {"not_available"}
    assert set(rows["locator"]) == {"not published for this trust"}


def test_a_base_that_is_one_of_several_is_marked(cut, write, trust_list):
    rows = write.wres_rows()
    rows[0] = (*rows[0][:7], 3)
    loaded = read_indicators_5_to_8(write.wres(cut.wres, rows), trust_list)
    row = loaded.figures.query("trust_code == 'RJ1' and indicator == 'wres_5' and group == 'Ethnic minority'").iloc[0]
    assert row["locator"] == "row 2, rate (base is one of 3 that fit)"
    assert (row["status"], row["value"]) == ("ok", 25)
    assert "1 bases are one of several that fit their rate." in loaded.remarks


def test_an_edition_without_the_count_of_candidates_loads(cut, write, trust_list, loaded):
    rows = [row[:-1] for row in write.wres_rows()]
    without = read_indicators_5_to_8(write.wres(cut.wres, rows, write.WRES_HEADER[:-1]), trust_list)
    assert without.figures.equals(loaded.figures)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        (5, 1.04, "row 2, rate: The rate 1.04 is not between 0 and 1"),
        (5, 25.0, "row 2, rate: The rate 25 is not between 0 and 1"),
        (5, "a quarter", "row 2, rate: The rate is 'a quarter', which is not a number"),
        (5, 0.2511, r"row 2, rate: 0.2511 of 400 responses is 100.4400 people"),
        (6, 0, "row 2, base: The base 0 is not 1 or more"),
        (6, 400.5, "row 2, base: The base 400.5 is not a whole number"),
        (4, "BAME", "row 2, group: The group 'BAME' is not known"),
        (3, 9, "row 2, wres_indicator: The WRES indicator 9 is not between 5 and 8"),
        (2, "autumn", "row 2, survey_year: The year is 'autumn'"),
        (4, "White", "row 3, trust_code: The trust, year, indicator and group RJ1 2024 5 White is here and at row 2"),
    ],
)
def test_a_wrong_cell_names_its_row_and_column(cut, write, trust_list, column, value, problem):
    rows = write.wres_rows()
    rows[0] = (*rows[0][:column], value, *rows[0][column + 1 :])
    write.wres(cut.wres, rows)
    with pytest.raises(InputError, match=problem):
        read_indicators_5_to_8(cut.wres, trust_list)


def test_a_renamed_column_names_the_nearest(cut, write, trust_list):
    write.wres(cut.wres, header=("trust_code", "trust_type", "survey_year", "indicator", "group", "rate", "base", "n"))
    with pytest.raises(InputError, match="There is no column 'wres_indicator'. The nearest is 'indicator'"):
        read_indicators_5_to_8(cut.wres, trust_list)
