"""Headcount by staff group."""

from datetime import date

import pytest

from race_equality.errors import InputError
from race_equality.figures.schema import check_figures
from race_equality.sources.catalogue import recognise
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
    assert moved.remarks[0] == "Columns not read: Physician associates."


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


FTE, SERIES = "3. NHSE, Org & SG - FTE", "4. All Staff, NHSE & Org - HC"


def add_sheets(book):
    """Full-time equivalents, and two organisations month by month."""
    copy = book.copy_worksheet(book[SHEET])
    copy.title = FTE
    copy["G12"] = 18000.25
    series = book.create_sheet(SERIES)
    rows = [
        ["NHS England region code", "NHS England region name", "ICS code", "ICS name", "Organisation name",
         "Organisation code", date(2022, 3, 31), date(2022, 4, 30), date(2023, 3, 31)],
        ["", "England", "", "", "", "", 38000, 38100, 39500],
        ["", "", "QKK", "South East London"],
        ["", "", "", "", "Guy's and St Thomas' NHS Foundation Trust", "RJ1", 19000, 19100, 19900],
        ["", "", "", "", "Bromley PCT", "5A7", 900, 0, 0],
        ["", "", "QUY", "Bristol, North Somerset and South Gloucestershire"],
        ["", "", "", "", "North Bristol NHS Trust", "RVJ", "-", 8800, 8900],
    ]  # fmt: skip
    for number, row in enumerate(rows, start=5):
        for column, value in enumerate(row, start=1):
            series.cell(number, column, value if value != "" else None)


def test_full_time_equivalents_and_marches(cut, write, trust_list):
    reading = read_headcount(write.workforce(cut.workforce, add_sheets), trust_list)
    figures = check_figures(reading.figures, origin="cut")
    row = figures.query("indicator == 'workforce_fte' and organisation_code == 'RJ1' and group == 'Total'").iloc[0]
    assert (row["value"], row["unit"], row["locator"]) == (18000.25, "fte", f"{FTE}!G12")
    marches = figures[figures["indicator"] == "workforce_march_headcount"]
    found = {(r.organisation_code, r.period_end.year): r.value for r in marches.itertuples()}
    # an organisation that was not there yet has no staff: no figure, and not zero
    assert found == {
        ("ENG", 2022): 38000, ("ENG", 2023): 39500, ("RJ1", 2022): 19000, ("RJ1", 2023): 19900, ("RVJ", 2023): 8900,
    }  # fmt: skip
    assert set(marches["locator"]) >= {f"{SERIES}!G8", f"{SERIES}!I11"}
    assert reading.left_out["organisations of the monthly series that no trust of today goes back to"] == 1
    assert reading.remarks[-1] == "Worksheets that are not there: 5. All Staff, NHSE & Org - FTE."
    # the cut's totals are round numbers: it is said, and no figure is changed. 18,000.25 + 600 + 5,000 + 9,000 + 400
    assert reading.remarks[:-1] == (
        "Full-time equivalents of England: its organisations come to 33,000.2, the publisher's own total is 40,000.0.",
        "Full-time equivalents of London: its organisations come to 33,000.2, the publisher's own total is 30,000.0.",
    )


def layout_of_2021(book):
    """Fewer columns of places, and the headers one row further down."""
    sheet = book[SHEET]
    sheet.delete_cols(3)  # ICS code
    sheet.delete_cols(1)  # region code
    sheet["A5"] = "May 2023 monthly data"
    sheet.insert_rows(6)


def layout_of_2019(book):
    layout_of_2021(book)
    sheet = book[SHEET]
    sheet.title = "2. HEE, Org & SG - HC"
    sheet["A7"], sheet["B7"] = "HEE region name", "STP name"


@pytest.mark.parametrize("edit", [layout_of_2021, layout_of_2019])
def test_older_layouts_give_the_same_figures(cut, write, trust_list, reading, edit):
    older = read_headcount(write.workforce(cut.workforce, edit), trust_list)
    columns = ["trust_code", "organisation_code", "group", "value", "status"]
    assert older.figures[columns].equals(reading.figures[columns])
    assert recognise(cut.workforce).id == "workforce"


def no_headers(book):
    book[SHEET]["E6"] = book[SHEET]["F6"] = "Name"


@pytest.mark.parametrize(
    ("edit", "problem"),
    [(rename_sheet, "Known layouts: 2021 to 2025, sheet '2. NHSE, Org & SG - HC'; 2019, sheet '2. HEE"),
     (no_headers, "No row is headed 'Organisation code'. The nearest known layout has the headers in row 6")],
)  # fmt: skip
def test_an_unknown_layout_names_the_nearest(cut, write, trust_list, edit, problem):
    with pytest.raises(InputError, match=problem):
        read_headcount(write.workforce(cut.workforce, edit), trust_list)


def test_a_march_that_stands_twice_is_named(cut, write, trust_list):
    def edit(book):
        add_sheets(book)
        book[SERIES]["H5"] = date(2022, 3, 31)

    with pytest.raises(InputError, match="H5: March 2022 stands here for the second time"):
        read_headcount(write.workforce(cut.workforce, edit), trust_list)
