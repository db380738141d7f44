"""Full-time equivalents by month, on a cut with made-up numbers."""

import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.workforce_by_month import read_months
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures

HEADER = ("org_code", "org_name", "region", "period", "fte")
ROWS = [
    ("RJ1", "Guy's and St Thomas' NHS Foundation Trust", "London", "2020-01", 19000.5),
    ("RJ1", "Guy's and St Thomas' NHS Foundation Trust", "London", "2023-05", 20000.5),
    ("RJ1", "Guy's and St Thomas' NHS Foundation Trust", "London", "2023-06", 20100.25),
    ("RVJ", "North Bristol NHS Trust", "South West", "2023-06", 9000.0),
    ("RA7", "Bristol NHS Foundation Trust", "South West", "2023-06", 11000.0),
    ("RNK", "Tavistock and Portman NHS Foundation Trust", "London", "2024-10", 600.5),
    ("RNK", "Tavistock and Portman NHS Foundation Trust", "London", "2024-11", 610.5),
    ("RYK", "Dudley Integrated Health and Care NHS Trust", "Midlands", "2024-10", 400.0),
]


@pytest.fixture
def figures(tmp_path, write, trust_list):
    loaded = read_months(write.csv(tmp_path / "a.csv", ROWS, HEADER), trust_list)
    return check_figures(loaded.figures, origin="cut")


def of(figures, code):
    rows = figures[(figures["trust_code"] == code) & (figures["status"] == "ok")]
    return {(row.organisation_code, str(row.period_end.date())): row.value for row in rows.itertuples()}


def test_months_before_june_2023_are_not_read(figures):
    # the file is above the revised series in 2019 and 2020, and the official workbook has the others
    assert of(figures, "RJ1") == {("RJ1", "2023-06-30"): 20100.25}


def test_trusts_that_merged_keep_their_own_rows(figures):
    assert of(figures, "RA7") == {("RVJ", "2023-06-30"): 9000, ("RA7", "2023-06-30"): 11000}


def test_a_trust_whose_own_row_is_missing_is_not_what_one_of_its_parts_has(figures):
    # G6V2S opened on 1 November 2024 and is not in the file; RNK, which merged into it in 2026, is
    assert of(figures, "G6V2S") == {("RNK", "2024-10-31"): 600.5}
    later = figures[(figures["trust_code"] == "G6V2S") & (figures["period_end"] == "2024-11-30")]
    assert later["status"].tolist() == ["not_available"]


def test_trusts_not_in_the_file(figures):
    status = figures.set_index("trust_code")["status"]
    assert (status["RV5"], status["K0N6A"]) == ("not_available", "not_applicable")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("RJ1", "", "", "2023-13", 1), "row 10, period: The month is '2023-13' and not like 2025-08"),
        (("RJ1", "", "", "2023-07", "-"), "row 10, fte: The full-time equivalents is '-', which is not a number"),
        (("RJ1", "", "", "2023-06", 1), "The organisation and month RJ1 2023-06 is here and at row 4"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, write, trust_list, row, problem):
    with pytest.raises(InputError, match=problem):
        read_months(write.csv(tmp_path / "a.csv", [*ROWS, row], HEADER), trust_list)


def test_an_old_file_is_refused_and_a_new_one_known(tmp_path, write, trust_list):
    path = write.csv(tmp_path / "a.csv", ROWS[:2], HEADER)
    assert recognise(path).id == "workforce_fte_by_month"
    with pytest.raises(InputError, match="The file ends in May 2023; months are read from June 2023 on"):
        read_months(path, trust_list)
