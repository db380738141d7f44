"""Mental Health Act statistics."""

import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.mental_health_act import read_detentions
from race_equality.store.schema import check_figures


@pytest.fixture
def loaded(whole_cut, trust_list):
    return read_detentions(whole_cut.detentions, trust_list)


def rows_of(loaded, code, indicator):
    return loaded.figures.query("organisation_code == @code and indicator == @indicator").set_index("group")


def test_england_by_ethnic_group(loaded):
    check_figures(loaded.figures, origin="cut")
    counts = rows_of(loaded, "ENG", "mha_detentions")["value"].to_dict()
    assert counts == {
        "All with a known ethnic group": 900,
        "Black": 300,
        "Black/African/Caribbean/Black British - African": 200,
        "Other": 100,
        "Other ethnic group - Any other ethnic background": 90,
        "Asian/Asian British - Chinese": 10,
        "White": 500,
        "Not known": 20,
        "Not stated": 30,
        "Unknown": 50,
    }
    assert rows_of(loaded, "ENG", "mha_detentions_rate")["value"]["Black"] == 239
    assert rows_of(loaded, "ENG", "mha_detentions_standardised_rate")["value"]["Black"] == 242.3
    # next to it: how far its interval reaches; the others of the cut have none
    widths = rows_of(loaded, "ENG", "mha_detentions_standardised_rate_half_width")
    assert widths["value"].to_dict() == {"Black": 6.9}
    assert widths["locator"]["Black"] == "row 4, Confidence_interval"


def test_a_file_without_the_intervals_is_read(cut, write, trust_list):
    write.csv(cut.detentions, [row[:-1] for row in write.mha_rows()], write.MHA_HEADER[:-1])
    figures = read_detentions(cut.detentions, trust_list).figures
    assert not figures["indicator"].str.endswith("half_width").any()
    assert rows_of_figures(figures, "mha_detentions_standardised_rate")["Black"] == 242.3


def rows_of_figures(figures, indicator):
    return figures[figures["indicator"] == indicator].set_index("group")["value"]


def test_a_blank_is_suppressed(loaded):
    board = rows_of(loaded, "QKK", "mha_detentions")
    assert board["status"].to_dict() == {"Black": "ok", "White": "ok", "Mixed": "suppressed"}
    assert set(board["trust_code"]) == {"QKK"}


def test_a_trust_has_its_total_alone(loaded):
    assert rows_of(loaded, "RV5", "mha_detentions")["value"].to_dict() == {"All people": 400}
    merged = rows_of(loaded, "RNK", "mha_detentions").iloc[0]
    assert (merged["trust_code"], merged["status"]) == ("G6V2S", "suppressed")
    assert "AHL" not in set(loaded.figures["organisation_code"])
    assert rows_of(loaded, "TAD", "mha_detentions").iloc[0]["status"] == "not_available"
    assert rows_of(loaded, "RJ1", "mha_detentions").iloc[0]["status"] == "not_applicable"


def test_rows_with_the_wrong_labels_are_not_read(loaded):
    # deprivation rows carry genders; one row's breakdown reads "h"
    assert loaded.figures["value"].dropna().isin([2292, 274]).sum() == 0
    assert loaded.left_out == {"people of no known board": 1}


@pytest.mark.parametrize(
    ("row", "column", "value", "problem"),
    [
        (7, 4, "Whit", "row 9, DemographicBreakdown: The ethnic group 'Whit' is not known. The nearest is 'white'"),
        (7, 7, "", "row 9, OrgID: '' is not the code of a board"),
        (7, 11, "many", "row 9, Total_Count: The figure is 'many'"),
        (7, 11, 10.5, "row 9, Total_Count: The figure 10.5 is not a whole number"),
        (0, 0, "2023", "row 2, Year: The year is '2023' and not like 2023/24"),
        (3, 0, "2022/23", "row 5, Year: The file has more than one year"),
        (8, 4, "White", "The measure, organisation and group All detentions All prov White is here and at row 9"),
    ],
)
def test_a_wrong_row_is_named(cut, write, trust_list, row, column, value, problem):
    rows = write.mha_rows()
    rows[row] = (*rows[row][:column], value, *rows[row][column + 1 :])
    write.csv(cut.detentions, rows, write.MHA_HEADER)
    with pytest.raises(InputError, match=problem):
        read_detentions(cut.detentions, trust_list)


def test_a_file_without_the_measures_is_an_error(cut, write, trust_list):
    write.csv(cut.detentions, [row for row in write.mha_rows() if row[1] != "All detentions"], write.MHA_HEADER)
    with pytest.raises(InputError, match="There is no measure All detentions"):
        read_detentions(cut.detentions, trust_list)
