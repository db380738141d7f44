"""The waiting list by ethnic group, deprivation, age and sex: the workbook, and the CSV files.

Numbers are made up. Each trap of the publication has a test that fails without its handling.
"""

from __future__ import annotations

import csv
from datetime import date

import openpyxl
import pytest

from race_equality.disclosure.attack import Relation, attack
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.ingest import add_publication, read_folder
from race_equality.sources.publications import waiting_list
from race_equality.sources.publications.waiting_list import read_functions, read_waiting_list
from race_equality.sources.recognition import recognise
from race_equality.store.figures import read_figures, trust_schema
from race_equality.store.schema import check_figures
from tests.conftest import record_figures

ETHNIC = (
    "A: British,B: Irish,C: Any other white background,D: White and Black Caribbean,E: White and Black African,"
    "F: White and Asian,G: Any other mixed background,H: Indian,J: Pakistani,K: Bangladeshi,L: Any other Asian background,"
    "M: Caribbean,N: African,P: Any other Black background,R: Chinese,S: Any other ethnic group,Z: Not stated,99: Not known"
).split(",")
LABELS = {
    "Ethnicity": ETHNIC,
    "Deprivation": [f"IMD {n}" for n in range(1, 11)],
    "Age": ["0 to 18 years", "19 to 64 years", "Over 65 years"],
    "Sex": ["Female", "Male"],
}
COLUMNS = [
    "Total Waiting List",
    "Up to 18 weeks",
    "Over 18 and up to 52 weeks",
    "Over 52 weeks",
    "Unknown Clock Start Date",
    "% within 18 weeks*",
    "% > 52 weeks*",
]
ORGANISATIONS = [
    ("ENG", "ENGLAND", "ALL"),
    ("ENG", "ENGLAND", "NHS ACUTE"),
    ("ENG", "ENGLAND", "INDEPENDENT SECTOR"),
    ("ENG", "ENGLAND", "OTHER"),
    ("Y56", "LONDON", "REGION"),
    ("QKK", "SOUTH EAST LONDON ICB", "INTEGRATED CARE BOARD"),
    ("RA7", "BRISTOL", "ACUTE TRUST"),
    ("RVJ", "NORTH BRISTOL", "ACUTE TRUST"),
    ("RJ1", "GUY'S AND ST THOMAS'", "ACUTE TRUST"),
    ("R1F", "ISLE OF WIGHT", "ACUTE TRUST"),
]
FUNCTIONS = ["Cardiology Service", "Other - Medical Services"]
USUAL = (1000, 600, 350, 40, 10)
NOUGHTS = (0, 0, 0, 0, 0)


def counts_of(code, kind, sheet, group):
    """The five counts of one organisation and group."""
    if code == "ENG" and kind != "ALL":
        return (55, 30, 20, 0, 5)
    if code == "R1F" and sheet in ("Deprivation", "Sex"):
        return NOUGHTS
    if code == "R1F" and sheet == "Ethnicity":
        return (700, 500, 180, 20, 0) if group.startswith("99") else NOUGHTS
    if code == "RJ1" and sheet == "Ethnicity":
        return {
            "B: Irish": (20, 10, 10, "*", 0),
            "D: White and Black Caribbean": (15, 10, "*", 0, 0),
            "E: White and Black African": ("*", "*", "*", 0, 0),
            "F: White and Asian": (20, "*", 20, 0, 0),
            "G: Any other mixed background": NOUGHTS,
            "R: Chinese": (100, 60, 40, 0, 0),
        }.get(group, USUAL)
    return USUAL


def seven(counts):
    """The counts with the two percentages as published: of the rounded counts, empty where the numerator is hidden."""
    total, within, _, over, _ = counts
    share = ["" if "*" in (part, total) or not total else part / total for part in (within, over)]
    return [*counts, *share]


def grid(sheet, change):
    """The rows of a sheet by organisation, as a list of lists from A1."""
    labels = change.get("labels", {}).get(sheet, LABELS[sheet])
    rows = preamble(change.get("period", {}).get(sheet, "Week ending 25 January 2026"))
    rows += headers(["Organisation Code", "Organisation Name", "Organisation Type"], labels)
    for code, name, kind in change.get("organisations", ORGANISATIONS):
        row = ["", code, name, kind]
        for label in labels:
            row += seven(change.get("counts", counts_of)(code, kind, sheet, label))
        rows.append(row)
    return [*rows, [], ["", "* The main source for '% within 18 weeks' is the monthly statistics."]]


def preamble(period):
    return [
        [],
        ["", "Title:", "Waiting Times"],
        ["", "Summary:", ""],
        [],
        ["", "Period:", period],
        *[["", f"{name}:", ""] for name in ("Source", "Basis", "Published", "Status", "Contact")],
        [],
        [],
    ]


def headers(keys, labels):
    return [
        ["", *keys, *(cell for label in labels for cell in [f"Incomplete Pathways - {label}", *[""] * 6])],
        ["", *[""] * len(keys), *COLUMNS * len(labels)],
    ]


def write_workbook(path, edit=None, **change):
    """Write the workbook; `edit` may change its sheets before they are saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in ("Age", "Sex", "Deprivation", "Ethnicity"):
        page = book.create_sheet(f"Provider-{sheet}")
        for row in grid(sheet, change):
            page.append(row)
    page = book.create_sheet("Treatment-Function-Ethnicity")
    for row in preamble("Week ending 25 January 2026") + headers(["Treatment Function Name"], ETHNIC):
        page.append(row)
    for function in FUNCTIONS:
        page.append(["", function, *(cell for _ in ETHNIC for cell in seven(USUAL))])
    page = book.create_sheet("Submission-DQ")
    for row in [
        *preamble("Week ending 25 January 2026"),
        ["", "W-E 2026/01/25 data quality and coverage"],
        ["", "The provider/s listed below did not submit."],
        ["", "Organisation Code", "Organisation Name", "Issue", "", "`"],
        ["", "R1F", "ISLE OF WIGHT", "Missing for breakdowns covering sex, deprivation, and ethnicity"],
    ]:
        page.append(row)
    if edit:
        edit(book)
    book.save(path)
    return path


NAME = "WLMDS-Demographics-Summary-to-25-January-2025-v1.xlsx"


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    return write_workbook(tmp_path_factory.mktemp("waiting") / NAME)


@pytest.fixture(scope="module")
def loaded(workbook, trust_list):
    return read_waiting_list(workbook, trust_list)


def rows_of(loaded, organisation, indicator):
    rows = loaded.figures
    rows = rows[(rows["organisation_code"] == organisation) & (rows["indicator"] == indicator)]
    return rows.set_index("group")


IRISH, BRITISH = "White - Irish", "White - English / Welsh / Scottish / Northern Irish / British"
MIXED = "Mixed/Multiple ethnic background - "


def test_a_trust_by_ethnic_group(loaded):
    check_figures(loaded.figures, origin="cut")
    over_18 = rows_of(loaded, "RJ1", "waiting_over_18_weeks_by_ethnicity")
    assert len(over_18) == 18
    # 350 and 40 of 1,000, those of unknown clock start in the base
    assert tuple(over_18.loc[BRITISH, ["value", "numerator", "denominator"]]) == (39.0, 390.0, 1000.0)
    over_52 = rows_of(loaded, "RJ1", "waiting_over_52_weeks_by_ethnicity")
    assert tuple(over_52.loc[BRITISH, ["value", "numerator", "denominator"]]) == (4.0, 40.0, 1000.0)
    assert over_18.loc["Asian/Asian British - Chinese", "numerator"] == 40
    assert {"Not stated", "Not known", "Other ethnic group - Any other ethnic background"} < set(over_18.index)


def test_a_locator_is_the_cell(loaded, workbook):
    from race_equality.sources.cells import cell_at

    row = rows_of(loaded, "RJ1", "waiting_over_52_weeks_by_sex").loc["Male"]
    assert row["locator"] == "Provider-Sex!O23"
    assert cell_at(workbook, row["locator"]) == 40


def test_other_breakdowns(loaded):
    assert list(rows_of(loaded, "RJ1", "waiting_over_18_weeks_by_age").index) == ["0 to 18", "19 to 64", "65 and over"]
    assert set(rows_of(loaded, "RJ1", "waiting_over_18_weeks_by_sex").index) == {"Female", "Male"}
    deciles = rows_of(loaded, "RJ1", "waiting_over_52_weeks_by_deprivation")
    assert set(deciles.index) == {f"Decile {n}" for n in range(1, 11)}


def test_england_is_the_row_of_all_providers(loaded):
    england = rows_of(loaded, "ENG", "waiting_over_18_weeks_by_sex")
    assert list(england["denominator"]) == [1000, 1000]  # not 55, and not their sum
    assert loaded.left_out == {"England by kind of provider": 3}


def test_systems_and_regions_are_under_their_own_codes(loaded):
    for code in ("QKK", "Y56"):
        assert set(rows_of(loaded, code, "waiting_over_18_weeks_by_age")["trust_code"]) == {code}


def test_a_trust_that_has_merged(loaded):
    rows = loaded.figures.query("trust_code == 'RA7' and indicator == 'waiting_over_18_weeks_by_sex'")
    assert sorted(rows["organisation_code"].unique()) == ["RA7", "RVJ"]


def test_zeros_of_a_trust_that_did_not_submit_are_not_available(loaded):
    for part in ("ethnicity", "deprivation", "sex"):
        rows = rows_of(loaded, "R1F", f"waiting_over_52_weeks_by_{part}")
        assert set(rows["status"]) == {"not_available"}  # all 700 under 99 among them
        assert rows["denominator"].isna().all()
        assert rows["recording"].str.contains("Submission-DQ!D16: Missing for breakdowns covering sex").all()
    assert set(rows_of(loaded, "R1F", "waiting_over_52_weeks_by_age")["status"]) == {"ok"}


def test_zeros_that_no_sheet_names_are_not_available_either(tmp_path, trust_list):
    def forget(book):
        book["Submission-DQ"].delete_rows(16)

    found = read_waiting_list(write_workbook(tmp_path / NAME, forget), trust_list)
    ethnic = rows_of(found, "R1F", "waiting_over_18_weeks_by_ethnicity")
    assert set(ethnic["status"]) == {"not_available"}
    assert "all patients are under 99" in ethnic["recording"].iloc[0]
    assert "every count is 0" in rows_of(found, "R1F", "waiting_over_18_weeks_by_sex")["recording"].iloc[0]


def test_an_issue_that_names_no_breakdown_is_of_all(tmp_path, trust_list):
    def unclear(book):
        book["Submission-DQ"]["D16"] = "Submitted data affected by data quality issues"

    found = read_waiting_list(write_workbook(tmp_path / NAME, unclear), trust_list)
    assert set(rows_of(found, "R1F", "waiting_over_18_weeks_by_age")["status"]) == {"not_available"}


def test_nobody_of_a_group_is_no_share(loaded):
    row = rows_of(loaded, "RJ1", "waiting_over_18_weeks_by_ethnicity").loc[
        f"{MIXED}Any other Mixed / Multiple ethnic background"
    ]
    assert (row["status"], row["denominator"]) == ("not_available", 0)


def test_other_kinds_of_trust(loaded):
    assert set(rows_of(loaded, "RV5", "waiting_over_18_weeks_by_sex")["status"]) == {"not_applicable"}


# ---------------------------------------------------------------- hidden counts


def test_what_is_hidden_stays_hidden(loaded):
    over_52 = rows_of(loaded, "RJ1", "waiting_over_52_weeks_by_ethnicity")
    assert (over_52.loc[IRISH, "status"], over_52.loc[IRISH, "denominator"]) == ("suppressed", 20)
    over_18 = rows_of(loaded, "RJ1", "waiting_over_18_weeks_by_ethnicity")
    # over 18 and up to 52 is hidden: total less the rest would give it
    assert over_18.loc[f"{MIXED}White and Black Caribbean", "status"] == "suppressed"
    # within 18 weeks is hidden, and would be the rest of a share over 18
    assert over_18.loc[f"{MIXED}White and Asian", "status"] == "suppressed"
    # of a hidden base nothing is known
    hidden = over_18.loc[f"{MIXED}White and Black African"]
    assert (hidden["status"], hidden["denominator"] is not None and hidden.isna()["denominator"]) == (
        "suppressed",
        True,
    )


def test_a_hidden_part_counts_as_the_middle_and_says_so(loaded):
    row = rows_of(loaded, "RJ1", "waiting_over_18_weeks_by_ethnicity").loc[IRISH]
    assert (row["status"], row["numerator"]) == ("ok", 14)  # 10 and 4
    assert row["recording"] == "over 52 weeks is hidden (1 to 7) and counted as 4"


def test_the_hidden_number_follows_no_more_narrowly_than_1_to_7():
    """On the list 20, within 18 weeks 10, over 18 and up to 52 weeks 15, each rounded apart, and over 52 hidden.

    What is published, 15 + 4 of 20, leaves 1 to 7. Had it been 20 less 10, it would have been 1 or 2.
    """
    cells = {"total": 20, "within": 10, "middle": 15, "over": "*", "unknown": 0}
    assert waits(cells).over(18)[1] == 19
    list_, middle, over = {"list": (17.5, 22.4999)}, {"middle": (12.5, 17.4999)}, {"over": (1.0, 7.0)}
    among = Relation({"middle": 1.0, "over": 1.0, "list": -1.0}, -float("inf"), 0.0)
    assert tuple(attack(list_, middle, over, relations=[among], targets=["over"])["over"]) == (1, 7)
    rest = Relation.total("list", ["within", "middle", "over"])
    with_rest = attack(list_, {"within": (7.5, 12.4999)}, middle, over, relations=[rest], targets=["over"])
    assert tuple(with_rest["over"]) == (1, 2)


def waits(cells):
    from pathlib import Path

    from race_equality.sources.cells import Cell

    made = {name: Cell(value, Path("x.xlsx"), "s", "A1") for name, value in cells.items()}
    return waiting_list.Waits(made["total"], made["within"], made["middle"], made["over"], made["unknown"])


def test_the_whole_list_does_not_enter_the_sum():
    # 5 more on the list, as its rounding may give, and the published count stays
    for total in (20, 25, 30):
        assert waits({"total": total, "within": 10, "middle": 10, "over": "*", "unknown": 0}).over(18)[1] == 14


# ---------------------------------------------------------------- the week


def test_the_week_is_that_of_the_sheets(loaded):
    assert loaded.source_id == "waiting_list_2026_01_25"
    assert (
        set(loaded.figures["period_end"].dt.date) == set(loaded.figures["period_start"].dt.date) == {date(2026, 1, 25)}
    )
    assert any("says 25 January 2025; its sheets say week ending 25 January 2026" in one for one in loaded.remarks)


def test_another_month_is_read_as_its_own_week(tmp_path, trust_list):
    def month(book):
        for page in book:
            page["C5"] = "Week ending 22 February 2026"

    found = read_waiting_list(write_workbook(tmp_path / "any name.xlsx", month), trust_list)
    assert found.source_id == "waiting_list_2026_02_22"
    assert found.remarks == ()


# ---------------------------------------------------------------- functions


def test_treatment_functions_of_england(loaded):
    rows = rows_of(loaded, "ENG", "waiting_over_18_weeks_by_function")
    assert len(rows) == 2 * 18
    assert rows.loc["Other - Medical Services: Asian/Asian British - Indian", "numerator"] == 390


# ---------------------------------------------------------------- what is wrong in a workbook


def cell(sheet, reference, value):
    def edit(book):
        book[sheet][reference] = value

    return edit


def rename(book):
    book["Provider-Ethnicity"].title = "Ethnicity-Provider"


def without_a_group(book):
    for sheet in ("Provider-Ethnicity",):
        book[sheet].delete_cols(5 + 7 * 16, 7)  # Z


def swapped_columns(book):
    page = book["Provider-Age"]
    for row in range(15, 25):
        page.cell(row, 6).value, page.cell(row, 7).value = page.cell(row, 7).value, page.cell(row, 6).value


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (rename, r"no sheet 'Provider-Ethnicity'.*rename it back"),
        (without_a_group, r'sheet "Provider-Ethnicity", row 13: There is no group \'Not stated\'.*download'),
        (
            cell("Provider-Sex", "E13", "Incomplete Pathways - Woman"),
            r'"Provider-Sex", E13: \'Woman\' is no known group',
        ),
        (
            cell("Provider-Ethnicity", "L13", "Incomplete Pathways - B: Eirish"),
            r'"Provider-Ethnicity", L13: The ethnic group \'Eirish\' is not known.*add its label',
        ),
        (cell("Provider-Ethnicity", "L13", "Incomplete Pathways - A: British"), "L13: The group .* is there twice"),
        (
            cell("Provider-Age", "H14", "Over 65 weeks"),
            r'"Provider-Age", row 14: There is no column headed \'Over 52 weeks\'',
        ),
        (cell("Provider-Age", "B13", "Provider"), r"No row has a column headed 'Organisation Code'"),
        (
            cell("Provider-Age", "C5", "Week ending 18 January 2026"),
            r"C5: The period is .*18 January.*All sheets must be",
        ),
        (cell("Provider-Age", "C5", "January 2026"), r"C5: The period is 'January 2026' and not like"),
        (cell("Provider-Age", "C5", "Week ending 31 February 2026"), r"C5: The period is"),
        (cell("Provider-Age", "B5", "When"), r"no 'Period:' above the table"),
        (cell("Provider-Age", "D15", "EVERYBODY"), r"D15: 'EVERYBODY' is no known kind of organisation"),
        (cell("Provider-Age", "B23", "RA7"), r"B23: The row RA7 ACUTE TRUST is here and at B21"),
        (cell("Provider-Age", "B23", ""), r"B23: The row has counts and no name"),
        (cell("Provider-Age", "E23", 1003), r"E23: The count 1003 is not a multiple of 5"),
        (cell("Provider-Age", "E23", ""), r"E23: The count is '', which is not a number"),
        (cell("Provider-Age", "E23", "-"), r"E23: The count is '-', which is not a number"),
        (cell("Provider-Age", "E23", 1100), r"The published percentage is 60.0%, and 600 of 1,100 is 54.5%"),
        (cell("Provider-Age", "J23", 60), r"J23: The proportion 60 is not between 0 and 1"),
        (swapped_columns, r"F15|J15"),
    ],
)
def test_a_wrong_workbook_is_an_error_with_its_place(tmp_path, trust_list, edit, said):
    path = write_workbook(tmp_path / NAME, edit)
    with pytest.raises(InputError, match=said):
        read_waiting_list(path, trust_list)


def test_bands_that_do_not_come_to_the_list(tmp_path, trust_list):
    def moved(code, kind, sheet, group):
        return (1000, 600, 350, 40, 210) if code == "RJ1" else USUAL

    path = write_workbook(tmp_path / NAME, counts=moved)
    with pytest.raises(InputError, match=r"E23: The waiting bands come to 1,200, and the whole list is 1,000"):
        read_waiting_list(path, trust_list)


def test_rounding_is_no_error():
    # 955 and 2 to 14 hidden ones, and up to 7.5 of rounding
    cells = {"within": 600, "middle": 355, "over": "*", "unknown": "*"}
    for total in (950, 975):
        waits(cells | {"total": total}).check()
    for total in (945, 980):
        with pytest.raises(InputError, match="come to 955 and 2 hidden ones"):
            waits(cells | {"total": total}).check()


# ---------------------------------------------------------------- the CSV files

BANDS = ("Total", "01 To 18 Weeks", "18 To 52 Weeks", "Over 52 Weeks", "Unknown Clock Start")
METRICS = {"Age": "Age", "Sex": "Sex", "Deprivation": "IMD", "Ethnicity": "Ethnicity"}
GEOGRAPHY, SPECIALTY = (f"WLMDS-Demographics-{kind}-to-25-January-2026-v1.csv" for kind in ("Geography", "Specialty"))


def csv_label(label):
    return label.removeprefix("IMD ")


def write_rows(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([header, *rows])
    return path


def geography_rows(counts=counts_of):
    for code, name, kind in ORGANISATIONS:
        for sheet, metric in METRICS.items():
            for label in LABELS[sheet]:
                for band, number in zip(BANDS, counts(code, kind, sheet, label), strict=True):
                    yield [code, name, kind, metric, csv_label(label), band, number]


def specialty_rows():
    # codes as the monthly statistics write them, and a name with two spaces in it
    for function in ("C_320", "Other -  Medical Services"):
        for label in ETHNIC:
            for band, number in zip(BANDS, USUAL, strict=True):
                yield [function, "Ethnicity", label, band, number]


@pytest.fixture
def geography(tmp_path):
    return write_rows(tmp_path / GEOGRAPHY, waiting_list.CSV_COLUMNS, geography_rows())


@pytest.fixture
def specialty(tmp_path):
    return write_rows(tmp_path / SPECIALTY, waiting_list.FUNCTION_COLUMNS, specialty_rows())


WHAT = [
    "trust_code",
    "organisation_code",
    "period_end",
    "indicator",
    "group",
    "value",
    "numerator",
    "denominator",
    "status",
]


def test_both_layouts_give_the_same_figures(loaded, geography, specialty, trust_list):
    by_place, by_function = read_waiting_list(geography, trust_list), read_functions(specialty, trust_list)
    assert (by_place.source_id, by_function.source_id) == (
        "waiting_list_2026_01_25",
        "waiting_list_functions_2026_01_25",
    )
    check_figures(by_place.figures, origin="csv")
    of_function = loaded.figures["indicator"].str.endswith("by_function")
    for mine, theirs in ((by_place.figures, ~of_function), (by_function.figures, of_function)):
        expected = loaded.figures.loc[theirs, WHAT].reset_index(drop=True)
        assert mine[WHAT].astype(object).fillna("").equals(expected.astype(object).fillna(""))
    assert "Version 1 of its week" in by_place.remarks[0]


def test_each_file_is_known_by_its_content(workbook, geography, specialty, tmp_path):
    assert [recognise(path).id for path in (workbook, geography, specialty)] == [
        "waiting_list",
        "waiting_list",
        "waiting_list_functions",
    ]
    # treatment functions in the columns of the other file
    rows = ([code, "name", "ENGLAND", *rest] for code, *rest in specialty_rows())
    other = write_rows(tmp_path / "other.csv", waiting_list.CSV_COLUMNS, rows)
    assert recognise(other).id == "waiting_list_functions"


def test_functions_in_the_columns_of_the_other_file(tmp_path, trust_list):
    rows = ([code, "name", "ENGLAND", *rest] for code, *rest in specialty_rows())
    path = write_rows(tmp_path / SPECIALTY, waiting_list.CSV_COLUMNS, rows)
    groups = read_functions(path, trust_list).figures["group"]
    assert {group.partition(": ")[0] for group in groups} == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("geography.csv", "gives no week.*name the file as the publisher does"),
        # the slip of the workbook of January 2026
        ("WLMDS-Demographics-Geography-to-25-January-2025-v1.csv", "25 January 2025, which is no Sunday"),
    ],
)
def test_the_week_of_a_csv(tmp_path, trust_list, name, said):
    path = write_rows(tmp_path / name, waiting_list.CSV_COLUMNS, geography_rows())
    with pytest.raises(InputError, match=said):
        read_waiting_list(path, trust_list)


def changed(row, column, value):
    def edit(rows):
        rows[row][column] = value
        return rows

    return edit


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (changed(0, 5, "Over 65 Weeks"), r"row 2, Waiting Bands: 'Over 65 Weeks' is no known waiting band"),
        (changed(0, 4, "0 to 17 years"), r"row 2, Category: '0 to 17 years' is no known group of age"),
        (changed(0, 6, "-"), r"row 2, Count: The count is '-'"),
        (
            lambda rows: [*rows, rows[0]],
            r"row \d+, Count: The count of ENG ALL, 0 to 18 years, Total is here and at row 2",
        ),
        (lambda rows: rows[1:], r"ENG, 0 to 18 has no row 'total'"),
        (lambda rows: [r for r in rows if r[4] != "7"], r"ENG has no rows of the group 'Decile 7'"),
        (lambda rows: [r for r in rows if r[0] != "ENG"], r"no row of ENG by"),
        (lambda rows: [r for r in rows if r[3] != "Ethnicity"], r"no rows of the group .*ethnicity"),
    ],
)
def test_a_wrong_csv_is_an_error_with_its_place(tmp_path, trust_list, edit, said):
    path = write_rows(tmp_path / GEOGRAPHY, waiting_list.CSV_COLUMNS, edit(list(geography_rows())))
    with pytest.raises(InputError, match=said):
        read_waiting_list(path, trust_list)


def test_the_series_week_by_week_is_not_read(tmp_path, trust_list):
    rows = [row for row in geography_rows() if row[0] == "ENG" and row[3] in ("Age", "Sex")]
    path = write_rows(tmp_path / GEOGRAPHY.replace("Geography", "Timeseries"), waiting_list.CSV_COLUMNS, rows * 3)
    with pytest.raises(InputError, match="England week by week.*Add the files Geography and Specialty"):
        read_waiting_list(path, trust_list)


def test_a_metric_that_is_not_known_is_said(tmp_path, trust_list):
    rows = [*geography_rows(), ["ENG", "ENGLAND", "ALL", "Language", "English", "Total", 5]]
    path = write_rows(tmp_path / GEOGRAPHY, waiting_list.CSV_COLUMNS, rows)
    assert "Not read: Language." in read_waiting_list(path, trust_list).remarks


# ---------------------------------------------------------------- two files of one week


@pytest.fixture
def store(project, trust_list):
    """A project that has a trust list."""
    from race_equality.store.figures import SUCCESSIONS_FILE, TRUSTS_FILE, parquet_bytes
    from race_equality.store.trusts import successions_csv

    (project.figures / TRUSTS_FILE).write_bytes(parquet_bytes(trust_list.trusts, trust_schema()))
    (project.figures / SUCCESSIONS_FILE).write_bytes(successions_csv(trust_list.successions))
    record_figures(project.root)
    return project


def corrected(code, kind, sheet, group):
    if (code, sheet, group) == ("RJ1", "Sex", "Male"):
        return (1000, 550, 400, 40, 10)
    return counts_of(code, kind, sheet, group)


def test_two_versions_of_a_week_that_differ_are_refused(store, workbook, tmp_path):
    add_publication(workbook, store)
    held = read_figures(project=store)
    second = write_workbook(tmp_path / NAME.replace("v1", "v2"), counts=corrected)
    with pytest.raises(InputError) as caught:
        add_publication(second, store)
    assert "1 figures differ: waiting_over_18_weeks_by_sex of RJ1, Male is 44 (Provider-Sex!N23), and 39" in str(
        caught.value
    )
    assert "data read FOLDER --only waiting_list" in str(caught.value)
    assert read_figures(project=store).equals(held)


def test_a_corrected_version_takes_the_place_of_the_first_when_it_is_asked_for(store, workbook, tmp_path):
    add_publication(workbook, store)
    folder = tmp_path / "raw" / "waiting_list"
    folder.mkdir(parents=True)
    write_workbook(folder / NAME.replace("v1", "v2"), counts=corrected)
    read_folder(folder.parent, store, only=["waiting_list"])
    rows = read_figures("waiting_over_18_weeks_by_sex", project=store)
    rows = rows[(rows["organisation_code"] == "RJ1") & (rows["group"] == "Male")]
    assert list(rows["value"]) == [44.0]


def test_workbook_and_csv_of_a_week(store, workbook, geography, specialty):
    add_publication(geography, store)
    add_publication(workbook, store)  # has all that the CSV has, with the same figures
    sources = read_figures(project=store)["source"].unique()
    assert list(sources) == ["waiting_list_2026_01_25"]
    with pytest.raises(InputError, match=r"waiting_over_18_weeks_by_function of ENG, .* is not in it"):
        add_publication(geography, store)  # and not the other way round
    with pytest.raises(InputError, match="is held already, from waiting_list_2026_01_25"):
        add_publication(specialty, store)


def test_two_files_of_a_week_in_a_folder_are_refused(store, tmp_path):
    folder = tmp_path / "raw" / "waiting_list"
    folder.mkdir(parents=True)
    write_workbook(folder / NAME)
    write_rows(folder / SPECIALTY, waiting_list.FUNCTION_COLUMNS, specialty_rows())
    with pytest.raises(InputError, match=r"waiting_over_18_weeks_by_function of ENG .* as well.*Leave one of the two"):
        read_folder(folder.parent, store, only=["waiting_list", "waiting_list_functions"])
    assert not list(store.figures.glob("waiting*"))
    write_rows(folder / GEOGRAPHY, waiting_list.CSV_COLUMNS, geography_rows())
    with pytest.raises(RaceEqualityError, match="Several files match"):
        read_folder(folder.parent, store, only=["waiting_list"])


def test_the_next_month_takes_the_place_of_the_last(store, workbook, tmp_path):
    add_publication(workbook, store)

    def month(book):
        for page in book:
            page["C5"] = "Week ending 22 February 2026"

    add_publication(write_workbook(tmp_path / "february.xlsx", month), store)
    assert list(read_figures(project=store)["source"].unique()) == ["waiting_list_2026_02_22"]
    with pytest.raises(InputError, match="is older than the one held"):
        add_publication(workbook, store)
