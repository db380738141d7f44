"""Headcount by staff group."""

from datetime import date

import openpyxl
import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.workforce import read_headcount
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures

SHEET = "2. NHSE, Org & SG - HC"


@pytest.fixture(scope="module")
def loaded(whole_cut, trust_list):
    return read_headcount(whole_cut.workforce, trust_list)


def test_a_trusts_headcount_by_staff_group(loaded, write):
    check_figures(loaded.figures, origin="cut")
    rows = loaded.figures.query("organisation_code == 'RJ1'").set_index("group")
    assert sorted(rows.index) == sorted(write.STAFF_GROUPS)
    assert rows.loc["Total", "value"] == 20000
    assert rows.loc["Total", "locator"] == f"{SHEET}!G12"
    assert rows.loc["Total", "period_end"].date() == date(2023, 5, 31)


def test_a_dash_is_zero_here_and_not_suppressed(loaded):
    row = loaded.figures.query("organisation_code == 'RJ1' and group == 'Ambulance staff'").iloc[0]
    assert (row["value"], row["status"]) == (0, "ok")


def test_englands_own_row_is_kept_and_regions_and_systems_are_not(loaded):
    england = loaded.figures.query("trust_code == 'ENG' and group == 'Total'")
    assert england["value"].to_list() == [40000]
    assert set(loaded.figures["value"].dropna()).isdisjoint({30000, 28000})


def test_boards_and_a_trust_without_one_successor_are_counted(loaded):
    assert loaded.left_out == {
        "Integrated care boards": 1,
        "Dudley Integrated Health and Care NHS Trust (closed, no single successor)": 1,
    }


def test_a_merged_trust_stands_under_todays_code(loaded):
    assert set(loaded.figures.query("organisation_code == 'RVJ'")["trust_code"]) == {"RA7"}


def test_a_point_is_not_applicable(cut, write, trust_list):
    def edit(book):
        book[SHEET]["U12"] = "."

    loaded = read_headcount(write.workforce(cut.workforce, edit), trust_list)
    assert loaded.figures.query("organisation_code == 'RJ1' and group == 'Midwives'")["status"].to_list() == [
        "not_applicable"
    ]


def test_columns_in_another_order_are_found_and_a_new_one_is_reported(cut, write, trust_list, loaded):
    def edit(book):
        sheet = book[SHEET]
        sheet.insert_cols(8)
        sheet["H6"] = "Physician associates"
        sheet["H12"] = 12

    moved = read_headcount(write.workforce(cut.workforce, edit), trust_list)
    columns = ["organisation_code", "group", "value", "status"]
    assert moved.figures[columns].equals(loaded.figures[columns])
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
        (change("F14", "RJ1"), "E14: .* is the name of RV5, and the code next to it is RJ1"),
        (change("F12", None), "F12: Guy's and St Thomas' NHS Foundation Trust has no organisation code"),
        (change("D11", None), "F12: There is no integrated care system above this organisation"),
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
        [
            "NHS England region code",
            "NHS England region name",
            "ICS code",
            "ICS name",
            "Organisation name",
            "Organisation code",
            date(2022, 3, 31),
            date(2022, 4, 30),
            date(2023, 3, 31),
        ],
        ["", "England", "", "", "", "", 38000, 38100, 39500],
        ["", "", "QKK", "South East London"],
        ["", "", "", "", "Guy's and St Thomas' NHS Foundation Trust", "RJ1", 19000, 19100, 19900],
        ["", "", "", "", "Bromley PCT", "5A7", 900, 0, 0],
        ["", "", "QUY", "Bristol, North Somerset and South Gloucestershire"],
        ["", "", "", "", "North Bristol NHS Trust", "RVJ", "-", 8800, 8900],
    ]
    for number, row in enumerate(rows, start=5):
        for column, value in enumerate(row, start=1):
            series.cell(number, column, value if value != "" else None)


@pytest.mark.parametrize(
    ("cell", "value", "problem"),
    [
        ("G12", 36000.5, "RJ1, Total: 36,000 full-time equivalents for 20,000 people .*HC!G12"),
        ("G12", 1995.5, "RJ1, Total: 1,996 full-time equivalents for 20,000 people"),
        (
            "A5",
            "April 2022 monthly data",
            "The worksheet is of April 2022, and '2. NHSE, Org & SG - HC' is of May 2023",
        ),
    ],
)
def test_full_time_equivalents_are_held_to_headcount(cut, write, trust_list, cell, value, problem):
    def edit(book):
        add_sheets(book)
        book[FTE][cell] = value

    with pytest.raises(InputError, match=problem):
        read_headcount(write.workforce(cut.workforce, edit), trust_list)


def test_full_time_equivalents_and_marches(cut, write, trust_list):
    loaded = read_headcount(write.workforce(cut.workforce, add_sheets), trust_list)
    figures = check_figures(loaded.figures, origin="cut")
    row = figures.query("indicator == 'workforce_fte' and organisation_code == 'RJ1' and group == 'Total'").iloc[0]
    assert (row["value"], row["unit"], row["locator"]) == (18000.25, "fte", f"{FTE}!G12")
    marches = figures[figures["indicator"] == "workforce_march_headcount"]
    found = {(r.organisation_code, r.period_end.year): r.value for r in marches.itertuples()}
    # an organisation that was not there yet has no staff: no figure, and not zero
    assert found == {
        ("ENG", 2022): 38000,
        ("ENG", 2023): 39500,
        ("RJ1", 2022): 19000,
        ("RJ1", 2023): 19900,
        ("RVJ", 2023): 8900,
    }
    assert set(marches["locator"]) >= {f"{SERIES}!G8", f"{SERIES}!I11"}
    assert loaded.left_out["organisations of the monthly series that no trust of today goes back to"] == 1
    assert loaded.remarks[-1] == "Worksheets that are not there: 5. All Staff, NHSE & Org - FTE."
    # the cut's totals are round numbers: it is said, and no figure is changed. 18,000.25 + 600 + 5,000 + 9,000 + 400
    assert loaded.remarks[:-1] == (
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


def layout_of_2017(book):
    layout_of_2019(book)
    book["2. HEE, Org & SG - HC"].title = "1. HEE Org Main Staff Gp HC "


@pytest.mark.parametrize("edit", [layout_of_2021, layout_of_2019, layout_of_2017])
def test_older_layouts_give_the_same_figures(cut, write, trust_list, loaded, edit):
    older = read_headcount(write.workforce(cut.workforce, edit), trust_list)
    columns = ["trust_code", "organisation_code", "group", "value", "status"]
    assert older.figures[columns].equals(loaded.figures[columns])
    assert recognise(cut.workforce).id == "workforce"


def no_headers(book):
    book[SHEET]["E6"] = book[SHEET]["F6"] = "Name"


def no_table(book):
    book[SHEET].delete_rows(6)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (rename_sheet, "Known layouts: 2021 to 2025, sheet '2. NHSE, Org & SG - HC'; 2019, sheet '2. HEE"),
        (no_headers, "row 6: There is no column headed 'Organisation code'. Head the column of codes with it"),
        (no_table, "No row is headed 'Organisation code'. The nearest known layout has the headers in row 6"),
    ],
)
def test_an_unknown_layout_names_the_nearest(cut, write, trust_list, edit, problem):
    with pytest.raises(InputError, match=problem):
        read_headcount(write.workforce(cut.workforce, edit), trust_list)


def test_a_march_that_stands_twice_is_named(cut, write, trust_list):
    def edit(book):
        add_sheets(book)
        book[SERIES]["H5"] = date(2022, 3, 31)

    with pytest.raises(InputError, match="H5: March 2022 is here for the second time"):
        read_headcount(write.workforce(cut.workforce, edit), trust_list)


def headers_of_2020(book):
    """No systems, no header over name and code, empty columns between the groups, as in March 2020 and 2021."""
    layout_of_2021(book)
    sheet = book[SHEET]
    sheet.delete_cols(2)  # the system's name
    sheet["B7"] = sheet["C7"] = None
    for name in ("HCHS Doctors", "Nurses & health visitors", "Support to clinical staff"):
        column = next(cell.column for cell in sheet[7] if cell.value == name)
        sheet.insert_cols(column)


def subtotals_of_2024(book):
    """Three subtotals under one heading, and grades named with the doctors, as in other editions."""
    sheet = book[SHEET]
    names = {
        "Total": "All staff groups",
        "Professionally qualified clinical staff": "All staff groups",
        "Support to clinical staff": "All staff groups",
        "NHS infrastructure support": "All staff groups",
        "HCHS Doctors": "HCHS doctors - All grades",
        "Consultant": "HCHS doctors - Consultant",
        "Foundation Doctor Year 1": "HCHS doctors - Foundation Doctor Year 1",
        "Other and Local HCHS Doctor Grades": "HCHS doctors - Other HCHS Doctor Grades",
        "Other staff or those with unknown classification": "Unknown classification",
    }
    for cell in sheet[6]:
        cell.value = names.get(cell.value, cell.value)


def different_numbers(book):
    """Every group another number, so that no two columns can be taken for each other."""
    for row in (8, 12, 14, 16):
        for column in range(8, 34):
            book[SHEET].cell(row, column).value = 100 * row + column


@pytest.mark.parametrize("edit", [headers_of_2020, subtotals_of_2024])
def test_layouts_with_other_headers_give_the_same_figures(cut, write, trust_list, edit):
    plain = read_headcount(write.workforce(cut.workforce, different_numbers), trust_list)

    def both(book):
        different_numbers(book)
        edit(book)

    other = read_headcount(write.workforce(cut.workforce, both), trust_list)
    columns = ["trust_code", "organisation_code", "group", "value", "status"]
    assert other.figures[columns].equals(plain.figures[columns])
    assert other.remarks[:-1] == plain.remarks[:-1]


PLACES = (
    "Data month",
    "Data type",
    "NHS England region code",
    "NHS England region name",
    "ICS code",
    "ICS name",
    "Organisation name",
    "Organisation code",
)


@pytest.fixture
def tables(write, tmp_path):
    """Write `Trusts and core organisations - data tables`, the workbook since November 2025."""

    def make(rows=(), month=date(2026, 3, 31), headers=PLACES, groups=None):
        book = openpyxl.Workbook()
        book.active.title = "Contents"
        groups = groups or write.STAFF_GROUPS
        for name, kind, times in (("1", "Headcount", 1), ("2", "FTE", 0.5)):
            sheet = book.create_sheet(name)
            sheet["A1"] = f"Table {name}: staff by NHS England region, system, organisation and staff group"
            for column, text in enumerate((*headers, *groups), start=1):
                sheet.cell(4, column, text)
            places = [
                ("", "England", "", "", "", ""),
                ("Y56", "London", "QKK", "South East London", "Guy's and St Thomas' NHS Foundation Trust", "RJ1"),
                ("Y56", "London", "QKK", "South East London", "NHS South East London ICB", "QKK"),
                *rows,
            ]
            for number, place in enumerate(places, start=5):
                counts = [(1000 * number + n) * times for n in range(len(groups))]
                for column, value in enumerate((month, kind, *place, *counts), start=1):
                    sheet.cell(number, column, value if value != "" else None)
        path = tmp_path / "data tables.xlsx"
        book.save(path)
        return path

    return make


def test_the_workbook_since_november_2025(tables, trust_list, write):
    path = tables()
    assert recognise(path).id == "workforce"
    loaded = read_headcount(path, trust_list)
    figures = check_figures(loaded.figures, origin="tables").query("status == 'ok'")
    assert (loaded.source_id, loaded.edition, loaded.period) == ("workforce_2026_03", "March 2026", "31 March 2026")
    found = figures.set_index(["organisation_code", "indicator", "group"])["value"]
    assert found["RJ1", "workforce_headcount", "Total"] == 6000
    assert found["RJ1", "workforce_headcount", "Midwives"] == 6000 + write.STAFF_GROUPS.index("Midwives")
    assert found["RJ1", "workforce_fte", "Total"] == 3000
    assert found["ENG", "workforce_headcount", "Total"] == 5000
    assert loaded.left_out == {"Other organisations": 1}
    assert figures.query("organisation_code == 'RJ1' and group == 'Total'")["locator"].to_list() == ["2!I6", "1!I6"]


@pytest.mark.parametrize("month", ["March 2026", "Mar-26", "2026-03-31", "31/03/2026"])
def test_a_month_in_words(tables, trust_list, month):
    assert read_headcount(tables(month=month), trust_list).source_id == "workforce_2026_03"


def test_what_is_wrong_in_the_new_workbook_is_named(tables, trust_list, write):
    with pytest.raises(InputError, match="sheet \"1\", A5: 'soon' is not a month"):
        read_headcount(tables(month="soon"), trust_list)
    with pytest.raises(InputError, match='sheet "1", H8: The organisation RJ1 workforce_headcount is here and'):
        read_headcount(tables([("", "", "", "", "Guy's", "RJ1")]), trust_list)
    groups = ["Midwifes" if name == "Midwives" else name for name in write.STAFF_GROUPS]
    with pytest.raises(InputError, match='sheet "1", row 4: There is no column headed .Midwives.* is .Midwifes.'):
        read_headcount(tables(groups=groups), trust_list)


CORE = (
    "DATA_MONTH",
    "DATA_LEVEL",
    "NHSE_REGION_CODE",
    "NHSE_REGION_NAME",
    "ICS_CODE",
    "ICS_NAME",
    "ORG_CODE",
    "ORG_NAME",
    "MAIN_STAFF_GROUP",
    "STAFF_GROUP_1",
    "FTE",
    "HEADCOUNT",
)
ALL, CLINICAL = "All staff groups", "Professionally qualified clinical staff"


def core_row(month="2025-11-30", level="Organisation", code="RJ1", main=ALL, group=ALL, fte=17000.5, people=20100):
    return (month, level, "Y56", "London", "QKK", "South East London", code, "name", main, group, fte, people)


CORE_ROWS = [
    core_row(),
    core_row(main=CLINICAL, group=ALL, fte=9000, people=10000),
    core_row(main=CLINICAL, group="HCHS doctors - All grades", fte=3000.25, people=3300),
    core_row(main=CLINICAL, group="HCHS doctors - Other HCHS Doctor Grades", fte=3, people=4),
    core_row(main="Support to clinical staff", fte=5000, people=6000),
    core_row(main="Unknown classification", group="Unknown classification", fte=1, people=1),
    core_row(month="2025-03-31", fte=16000, people=19000),
    core_row(month="2024-09-30", fte=15000, people=18000),
    core_row(level="National", code="", fte=1_300_000, people=1_500_000),
    core_row(level="ICS area", code="", fte=30000, people=33000),
    core_row(code="QKK", fte=500, people=600),
]


def test_the_csv_since_november_2025(write, tmp_path, trust_list):
    path = write.csv(tmp_path / "Core 1. Staff group.csv", CORE_ROWS, CORE)
    assert recognise(path).id == "workforce"
    loaded = read_headcount(path, trust_list)
    figures = check_figures(loaded.figures, origin="core").query("status == 'ok'")
    people = figures.query("indicator == 'workforce_headcount'").set_index(["organisation_code", "group"])["value"]
    assert people.to_dict() == {
        ("RJ1", "Total"): 20100,
        ("RJ1", CLINICAL): 10000,
        ("RJ1", "HCHS Doctors"): 3300,
        ("RJ1", "Other and Local HCHS Doctor Grades"): 4,
        ("RJ1", "Support to clinical staff"): 6000,
        ("RJ1", "Other staff or those with unknown classification"): 1,
        ("ENG", "Total"): 1_500_000,
    }
    march = figures.query("indicator == 'workforce_march_fte'")
    assert march[["value", "locator"]].to_numpy().tolist() == [[16000, "row 8, FTE"]]
    assert loaded.left_out == {"Other organisations": 1}
    assert loaded.source_id == "workforce_2025_11"


def test_the_csv_before(write, tmp_path, trust_list):
    header = (
        "Date",
        "NHSE_Region_Code",
        "NHSE_Region_Name",
        "Org Code",
        "Org Name",
        "Cluster Group",
        "Benchmark Group",
        "Staff Group Sort Order",
        "Staff Group",
        "Data Type",
        "Total",
    )
    rows = [
        (day, "Y56", "London", "RJ1", "Guy's", "Acute", "Acute", 1, group, kind, total)
        for day in ("2025-02-28", "2025-03-31")
        for group, kind, total in (
            ("Total", "HC", 20000),
            ("Total", "FTE", 17000.5),
            ("Midwives", "HC", 300),
            ("Astronauts", "HC", 2),
        )
    ]
    path = write.csv(tmp_path / "Staff Group and Organisation.csv", rows, header)
    assert recognise(path).id == "workforce"
    loaded = read_headcount(path, trust_list)
    found = loaded.figures.query("status == 'ok'").set_index(["indicator", "group"])["value"].to_dict()
    assert found == {
        ("workforce_headcount", "Total"): 20000,
        ("workforce_headcount", "Midwives"): 300,
        ("workforce_fte", "Total"): 17000.5,
        ("workforce_march_headcount", "Total"): 20000,
        ("workforce_march_fte", "Total"): 17000.5,
    }
    assert loaded.remarks == ("Staff groups not read: Astronauts.", "The file has no row of England.")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (core_row(), "row 13, HEADCOUNT: RJ1, Total, November 2025 is at row 2, HEADCOUNT as well"),
        (core_row(month="soon"), "row 13, DATA_MONTH: 'soon' is not a month"),
        (core_row(code="RV5", people="many"), "row 13, HEADCOUNT: The headcount is 'many'"),
        (core_row(code="RV5", level="Ward"), "row 13, DATA_LEVEL: The level 'Ward' is not known"),
        (core_row(code="RV5")[:-1], "row 13: The row has 11 values for 12 columns"),
    ],
)
def test_a_wrong_row_of_the_csv_is_named(write, tmp_path, trust_list, row, problem):
    path = write.csv(tmp_path / "core.csv", [*CORE_ROWS, row], CORE)
    with pytest.raises(InputError, match=problem):
        read_headcount(path, trust_list)
