"""The Staff Survey's benchmark workbook, in the layout that its readers describe."""

import openpyxl
import pytest

from race_equality.errors import InputError
from race_equality.sources.ingest import add_publication, read_folder
from race_equality.sources.publications.survey_benchmark import read_benchmark
from race_equality.store.figures import read_figures
from race_equality.store.schema import check_figures

STEMS = ("har_from_pat", "har_from_staff", "equal", "q16b")
SHEETS = {
    "Acute&Acute Community Trusts": ["RJ1", "RVJ"],
    "Acute Specialist Trusts": [],
    "MH&LD, MH, LD & Community Trust": ["RV5", "TAD"],
    "Community Trusts": ["RY3"],
    "Ambulance Trusts": ["RX8"],
}


@pytest.fixture
def benchmark(tmp_path):
    """Write a workbook of two years: 20% of 1,000 White and 25% of 400 BME staff in each cell."""

    def write(edit=None, sheets=SHEETS, code_column=0, header_row=1):
        book = openpyxl.Workbook()
        book.active.title = "Notes"
        for name, codes in sheets.items():
            sheet = book.create_sheet(name)
            headers = ["Trust name", "Response rate"]
            headers.insert(code_column, "org_id")
            for year in (2023, 2024):
                for stem in STEMS:
                    for group in (1, 2):
                        headers += [f"{stem}_eth_summary_{group}_{year}", f"{stem}_eth_summary_n_{group}_{year}"]
            for column, header in enumerate(headers, start=1):
                sheet.cell(header_row, column, header)
            # a sheet without trusts of the cut still has one
            for row, code in enumerate(codes or ["RA7"], start=header_row + 1):
                values = [f"Trust {code}", 0.5]
                values.insert(code_column, code)
                values += [0.2, 1000, 0.25, 400] * 8
                for column, value in enumerate(values, start=1):
                    sheet.cell(row, column, value)
            sheet.cell(header_row + 5, 1, "Average")
        if edit:
            edit(book)
        path = tmp_path / "Benchmark-report-Excel-data-for-2020-2024 (3).xlsx"
        book.save(path)
        book.close()
        return path

    return write


def test_mental_health_trusts_are_there_with_their_responses(benchmark, trust_list):
    loaded = read_benchmark(benchmark(), trust_list)
    figures = check_figures(loaded.figures, origin="cut")
    row = figures.query("trust_code == 'RV5' and indicator == 'wres_6' and group == 'Ethnic minority'").iloc[0]
    assert (row["value"], row["numerator"], row["denominator"]) == (25, 100, 400)
    assert row["locator"] == "MH&LD, MH, LD & Community Trust!Z2"
    assert (loaded.source_id, loaded.period) == ("wres_benchmark_2024", "autumn 2023 to autumn 2024")


def test_one_year_is_the_indicator_and_all_years_are_the_panel(benchmark, trust_list):
    figures = read_benchmark(benchmark(), trust_list).figures.query("trust_code == 'RV5'")
    assert figures.query("indicator == 'wres_6'")["period_end"].dt.year.to_list() == [2024, 2024]
    assert sorted(figures.query("indicator == 'wres_panel_6'")["period_end"].dt.year) == [2023, 2023, 2024, 2024]


@pytest.mark.parametrize(
    "names",
    [
        [
            "Acute & Acute Community Trusts",
            "Acute Specialist",
            "MH&LD, MH, LD&Community Trusts",
            "Community Trust",
            "Ambulance",
        ],
        [
            "ACUTE AND ACUTE & COMMUNITY",
            "Acute specialist trusts",
            "Mental Health & LD",
            "community trusts",
            "ambulance trusts",
        ],
    ],
)
def test_spellings_of_the_worksheets_vary(benchmark, trust_list, names):
    sheets = dict(zip(names, SHEETS.values(), strict=True))
    assert not read_benchmark(benchmark(sheets=sheets), trust_list).figures.empty


def test_the_column_of_codes_and_the_row_of_headers_are_found(benchmark, trust_list):
    moved = read_benchmark(benchmark(code_column=2, header_row=4), trust_list).figures
    plain = read_benchmark(benchmark(), trust_list).figures
    assert moved.drop(columns="locator").equals(plain.drop(columns="locator"))


def change(sheet, cell, value):
    def edit(book):
        book[sheet][cell] = value

    return edit


@pytest.mark.parametrize("mark", [None, "*", "-"])
def test_a_hidden_rate_is_suppressed(benchmark, trust_list, mark):
    figures = read_benchmark(benchmark(change("Community Trusts", "X2", mark)), trust_list).figures
    row = figures.query("trust_code == 'RY3' and indicator == 'wres_6' and group == 'White'").iloc[0]
    assert row["status"] == "suppressed"


def test_a_rate_that_is_no_whole_number_of_people_has_no_numerator(benchmark, trust_list):
    loaded = read_benchmark(benchmark(change("Community Trusts", "X2", 0.2047)), trust_list)
    row = loaded.figures.query("trust_code == 'RY3' and indicator == 'wres_6' and group == 'White'").iloc[0]
    assert row["value"] == pytest.approx(20.47)
    assert row.isna()["numerator"]
    assert loaded.remarks == ("1 rates are not a whole number of people: their numerator is left empty.",)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (
            change("Community Trusts", "X1", "har_from_staf_eth_summary_1_2024"),
            "row 1: There is no column 'har_from_staff_eth_summary_1_2024'. The nearest is 'har_from_staf_eth_summary_1_2024'",
        ),
        (change("Community Trusts", "X2", 20.5), 'Community Trusts", X2: The proportion 20.5 is not between 0 and 1'),
        (change("Community Trusts", "X2", "fifth"), "X2: The proportion is 'fifth'"),
        (change("Ambulance Trusts", "A2", "RJ1"), "The organisation RJ1 is here and at A2"),
        (lambda book: book.remove(book["Ambulance Trusts"]), "No worksheet is that of ambulance trusts"),
        (lambda book: book.create_sheet("Ambulances"), "Worksheets Ambulance Trusts and Ambulances both look like"),
    ],
)
def test_a_workbook_that_is_not_right_names_the_place(benchmark, trust_list, edit, problem):
    with pytest.raises(InputError, match=problem):
        read_benchmark(benchmark(edit), trust_list)


@pytest.mark.parametrize("code", ["rv5", "RV5*", "RV5 †"])
def test_what_is_nearly_a_code_is_not_left_out_without_a_word(benchmark, trust_list, code):
    path = benchmark(sheets=SHEETS | {"MH&LD, MH, LD & Community Trust": [code, "TAD"]})
    with pytest.raises(InputError, match="A2: .* is nearly the code RV5. Write RV5 in a copy"):
        read_benchmark(path, trust_list)


def test_it_takes_the_place_of_the_file_without_mental_health_trusts(benchmark, cut, read_cut, project):
    read_cut(project)
    before = read_figures("wres_6", project=project)
    assert set(before.query("trust_code == 'RV5'")["status"]) == {"not_available"}
    outcome = add_publication(benchmark(), project)  # known by its worksheets
    assert outcome.source.id == "wres_benchmark_2024"
    after = read_figures("wres_6", project=project)
    # the demonstration trust's invented figures stay; the CSV's are gone, so nothing counts twice
    assert set(after["source"]) == {"wres_benchmark_2024", "demonstration"}
    assert set(after.query("trust_code == 'RV5'")["status"]) == {"ok"}
    assert not (project.figures / "wres_5_to_8_2024.parquet").exists()
    read_folder(cut.path, project, only=["wres_5_to_8"])
    assert set(read_figures("wres_6", project=project)["source"]) == {"wres_5_to_8_2024", "demonstration"}


def test_a_folder_that_has_both_gives_the_fuller_one(benchmark, cut, project):
    (cut.path / "wres" / "Benchmark.xlsx").write_bytes(benchmark().read_bytes())
    read_folder(cut.path, project)
    assert set(read_figures("wres_6", project=project)["source"]) == {"wres_benchmark_2024", "demonstration"}
