"""Headcount by staff group."""

from datetime import date

import pytest

from race_equality.errors import InputError
from race_equality.figures.schema import check_figures
from race_equality.sources.workforce import read_headcount

SHEET = "2. NHSE, Org & SG - HC"


@pytest.fixture(scope="module")
def reading(whole_cut, trust_list):
    return read_headcount(whole_cut.workforce, trust_list)


def test_a_trusts_headcount_by_staff_group(reading, write):
    check_figures(reading.figures, origin="cut")
    rows = reading.figures.query("organisation_code == 'RJ1'").set_index("group")
    assert sorted(rows.index) == sorted(write.STAFF_GROUPS)
    assert rows.loc["Total", "value"] == 20000
    assert rows.loc["Total", "locator"] == f"{SHEET}!G12"
    assert rows.loc["Total", "period_end"].date() == date(2023, 5, 31)


def test_a_dash_is_zero_here_and_not_suppressed(reading):
    row = reading.figures.query("organisation_code == 'RJ1' and group == 'Ambulance staff'").iloc[0]
    assert (row["value"], row["status"]) == (0, "ok")


def test_englands_own_row_is_kept_and_regions_and_systems_are_not(reading):
    england = reading.figures.query("trust_code == 'ENG' and group == 'Total'")
    assert england["value"].to_list() == [40000]
    assert set(reading.figures["value"].dropna()).isdisjoint({30000, 28000})


def test_boards_and_a_trust_without_one_successor_are_counted(reading):
    assert reading.left_out == {
        "Integrated care boards": 1,
        "Dudley Integrated Health and Care NHS Trust (closed, no single successor)": 1,
    }


def test_a_merged_trust_stands_under_todays_code(reading):
    assert set(reading.figures.query("organisation_code == 'RVJ'")["trust_code"]) == {"RA7"}


def test_a_point_is_not_applicable(cut, write, trust_list):
    def edit(book):
        book[SHEET]["U12"] = "."

    reading = read_headcount(write.workforce(cut.workforce, edit), trust_list)
    assert reading.figures.query("organisation_code == 'RJ1' and group == 'Midwives'")[
        "status"
    ].to_list() == ["not_applicable"]


def test_columns_in_another_order_are_found_and_a_new_one_is_reported(cut, write, trust_list, reading):
    def edit(book):
        sheet = book[SHEET]
        sheet.insert_cols(8)
        sheet["H6"] = "Physician associates"
        sheet["H12"] = 12

    moved = read_headcount(write.workforce(cut.workforce, edit), trust_list)
    columns = ["organisation_code", "group", "value", "status"]
    assert moved.figures[columns].equals(reading.figures[columns])
    assert moved.remarks == ("Columns not read: Physician associates.",)


def change(cell, value):
    def edit(book):
        book[SHEET][cell] = value

    return edit


def rename_sheet(book):
    book[SHEET].title = "2. NHSE, Org and SG - HC"


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (rename_sheet, "no sheet '2. NHSE, Org & SG - HC'. The nearest is '2. NHSE, Org and SG - HC'"),
        (change("U6", "Midwifes"), "row 6: There is no column headed 'Midwives'. The nearest is 'Midwifes'"),
        (change("A5", "monthly data"), "A5: The month is not given: 'monthly data'"),
        (change("A5", "Mai 2023 monthly data"), "A5: The month is not given"),
        (change("G12", "many"), "G12: The headcount is 'many', which is not a number"),
        (change("G12", -3), "G12: The headcount -3 is not 0 or more"),
        (change("G12", 10.5), "G12: The headcount 10.5 is not a whole number"),
        (change("F14", "RJ1"), "F14: The organisation RJ1 stands here and at F12"),
        (change("F12", None), "F12: Guy's and St Thomas' NHS Foundation Trust has no organisation code"),
        (change("D11", None), "F12: No integrated care system stands above this organisation"),
    ],
)
def test_a_workbook_that_is_not_right_names_the_place(cut, write, trust_list, edit, problem):
    write.workforce(cut.workforce, edit)
    with pytest.raises(InputError, match=problem):
        read_headcount(cut.workforce, trust_list)
