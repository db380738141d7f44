"""The organisational workbook of the Staff Survey."""

import pytest

from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.publications.staff_survey import read_national, read_organisations
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures

EXPERIENCE, BACKGROUND = "HEALTH WELLBEING SAFETY Q15-17", "BACKGROUND INFORMATION Q27-30"


@pytest.fixture(scope="module")
def loaded(whole_cut, trust_list):
    return read_organisations(whole_cut.survey, trust_list)


def figure(loaded, organisation, indicator, group="All staff"):
    found = loaded.figures.query("organisation_code == @organisation and indicator == @indicator and group == @group")
    assert len(found) == 1
    return found.iloc[0]


def test_the_figures_keep_to_the_schema(loaded):
    assert len(check_figures(loaded.figures, origin="cut")) == len(loaded.figures)


@pytest.mark.parametrize(
    ("indicator", "value", "base", "locator"),
    [
        ("staff_survey_q15", 52.5, 12000, "HEALTH WELLBEING SAFETY Q15-17!G11"),
        ("staff_survey_q16a", 11.1, 12050, "HEALTH WELLBEING SAFETY Q15-17!K11"),
        ("staff_survey_q16b", 12.4, 11900, "HEALTH WELLBEING SAFETY Q15-17!N11"),
    ],
)
def test_a_percentage_is_read_with_its_own_base_and_cell(loaded, indicator, value, base, locator):
    row = figure(loaded, "RJ1", indicator)
    assert (row["value"], row["denominator"], row["locator"]) == (value, base, locator)
    assert (row["trust_code"], row["unit"], row["status"]) == ("RJ1", "percent", "ok")
    assert row.isna()["numerator"]  # weighted: no whole number of people stands behind it


def test_ethnic_groups_have_the_number_of_respondents(loaded, write):
    for group, people in zip(write.ETHNIC_GROUPS, write.RESPONDENTS, strict=True):
        row = figure(loaded, "RV5", "staff_survey_q28", group)
        assert (row["numerator"], row["denominator"]) == (people, 200)
        assert row["value"] == pytest.approx(people / 2)
    assert figure(loaded, "RV5", "staff_survey_q28", "White - Irish")["locator"] == f"{BACKGROUND}!K13"


def test_a_dash_is_suppressed_and_not_zero(loaded):
    row = figure(loaded, "RX8", "staff_survey_q16b")
    assert row["status"] == "suppressed"
    assert row.isna()["value"] and row.isna()["denominator"]


def test_a_column_of_hundreds_as_texts_carries_no_information(cut, write, trust_list, loaded):
    path = write.survey(cut.survey, change(EXPERIENCE, "Q15", "\N{NO-BREAK SPACE}100 "))
    assert read_organisations(path, trust_list).figures.equals(loaded.figures)


def test_a_column_of_hundreds_carries_no_information(loaded):
    assert figure(loaded, "RJ1", "staff_survey_q16c_1")["status"] == "not_available"
    assert figure(loaded, "R1F2", "staff_survey_q16c_1")["status"] == "suppressed"
    assert figure(loaded, "RJ1", "staff_survey_q16c_1")["denominator"] == 2400
    assert not ((loaded.figures["indicator"] == "staff_survey_q16c_1") & (loaded.figures["value"] == 100)).any()
    assert "Q16c_1, column P" not in " ".join(loaded.remarks)
    assert any(remark.startswith("Q16c_1, column Q (% Ethnic background): 100%") for remark in loaded.remarks)


def test_the_same_column_with_real_percentages_is_read(cut, write, trust_list):
    def edit(book):
        book[EXPERIENCE]["Q11"] = 61.5

    row = figure(read_organisations(write.survey(cut.survey, edit), trust_list), "RJ1", "staff_survey_q16c_1")
    assert (row["status"], row["value"]) == ("ok", 61.5)


def test_merged_trusts_keep_their_own_rows_under_todays_code(loaded):
    rows = loaded.figures.query("indicator == 'staff_survey_q15'").set_index("organisation_code")["trust_code"]
    assert rows[["RA7", "RVJ", "RY3", "RYV", "R1F1", "R1F2", "RNK"]].to_list() == [
        "RA7",
        "RA7",
        "RY3",
        "RY3",
        "R1F",
        "R1F",
        "G6V2S",
    ]


def test_organisations_that_are_not_trusts_are_counted_once(loaded):
    assert loaded.left_out == {"CSUs": 1, "ICBs": 1, "Social Enterprises - Community": 1}
    assert set(loaded.figures["organisation_code"]).isdisjoint({"0AR", "QKK", "NR5"})


def test_a_trust_that_opened_later_has_no_such_figure_by_nature(loaded):
    row = figure(loaded, "K0N6A", "staff_survey_q15")
    assert (row["status"], row["locator"]) == ("not_applicable", "opened 2026-06-01, after the period")


def test_rows_and_columns_added_before_the_table_change_nothing(cut, write, trust_list, loaded):
    def edit(book):
        for name in (EXPERIENCE, BACKGROUND):
            book[name].insert_rows(3)
            book[name].insert_cols(1)
            book[name]["A6"] = "Sort order"
            book[name]["D6"] = "Benchmarking Group"

    path = write.survey(cut.survey, edit)
    assert recognise(path).id == "staff_survey_organisations"
    moved = read_organisations(path, trust_list)
    columns = ["organisation_code", "indicator", "group", "value", "denominator", "status"]
    assert moved.figures[columns].equals(loaded.figures[columns])
    assert figure(moved, "RJ1", "staff_survey_q15")["locator"] == f"{EXPERIENCE}!H12"


def test_a_trust_that_the_workbook_lacks_is_not_available(cut, write, trust_list):
    write.survey(cut.survey, organisations=[row for row in write.SURVEY if row[0] != "TAD"])
    loaded = read_organisations(cut.survey, trust_list)
    assert set(loaded.figures.query("trust_code == 'TAD'")["status"]) == {"not_available"}


def test_columns_that_moved_are_found_by_question_and_header(cut, write, trust_list, loaded):
    def edit(book):
        book[EXPERIENCE].insert_cols(7, 3)  # a question added before Q15
        book[EXPERIENCE]["G1"] = "Q14 - Something new"
        book[EXPERIENCE]["G5"] = "% Yes"

    moved = read_organisations(write.survey(cut.survey, edit), trust_list)
    columns = ["organisation_code", "indicator", "group", "value", "denominator", "status"]
    assert moved.figures[columns].equals(loaded.figures[columns])
    assert figure(moved, "RJ1", "staff_survey_q15")["locator"] == f"{EXPERIENCE}!J11"


def change(sheet, cell, value):
    def edit(book):
        book[sheet][cell] = value

    return edit


def as_proportions(question):
    """Write the percentages under a question as next year's edition might: 0.123 for 12.3%."""

    def edit(book):
        sheet = book[EXPERIENCE]
        start = next(c.column for c in sheet[1] if str(c.value).startswith(question))
        for row in range(6, sheet.max_row + 1):
            value = sheet.cell(row, start).value
            if isinstance(value, int | float):
                sheet.cell(row, start).value = value / 100

    return edit


def rename_sheet(book):
    book[EXPERIENCE].title = "HEALTH WELLBEING SAFETY Q15-Q17"


def drop_row(book):
    book[BACKGROUND].delete_rows(8)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (rename_sheet, r"no sheet 'HEALTH WELLBEING SAFETY Q15-17'. The nearest is 'HEALTH WELLBEING SAFETY Q15-Q17'"),
        (
            change(EXPERIENCE, "K1", "Q16x - Discrimination?"),
            "row 1: There is no question Q16a in row 1. The nearest is 'Q16x'",
        ),
        (change(EXPERIENCE, "N1", "Q16a - Discrimination?"), "Question Q16a occurs 2 times in row 1"),
        (change(EXPERIENCE, "K5", "% Yess"), "row 5: There is no column headed '% Yes'. The nearest is '% Yess'"),
        (change(EXPERIENCE, "L5", "% Yes"), "Columns K and L are both headed '% Yes'"),
        (
            change(EXPERIENCE, "A5", "Org code"),
            "row 5: There is no column headed 'ODS code'. The nearest is 'Org code'",
        ),
        (change(EXPERIENCE, "K11", 104.2), r"Q15-17\", K11: The percentage 104.2 is not between 0 and 100"),
        (change(EXPERIENCE, "K11", "eleven"), "K11: The percentage is 'eleven', which is not a number"),
        (change(EXPERIENCE, "K11", None), "K11: The percentage is '', which is not a number"),
        # a column of hundreds is known to say nothing; with a text in it the others would be figures
        (change(EXPERIENCE, "Q19", "n/a"), "Q19: The percentage is 'n/a', which is not a number"),
        (change(EXPERIENCE, "M11", 12.5), "M11: The base 12.5 is not a whole number"),
        (change(EXPERIENCE, "M11", "-"), "M11: There is a percentage but its base is suppressed"),
        (
            change(BACKGROUND, "A1", "NHS Staff Survey 2022 - WEIGHTED Results"),
            "The worksheet is of 2022, and 'HEALTH WELLBEING SAFETY Q15-17' is of 2024",
        ),
        (change(EXPERIENCE, "A11", "RA7"), "A11: The organisation RA7 is here and at A10"),
        (change(EXPERIENCE, "A11", None), "A11: The row has values but no ODS code"),
        (change(BACKGROUND, "J11", 2.15), r"J11: 2.15% of the base 200 is 4.30 people, not a whole number"),
        (as_proportions("Q16a"), "K6: The percentages of Q16a are all between 0 and 1: they look like proportions"),
        (as_proportions("Q15 "), "G6: The percentages of Q15 are all between 0 and 1"),
        (
            change(EXPERIENCE, "C11", "Acute Specialists"),
            "C11: The benchmarking group of RJ1 is 'Acute Specialists', which is not known, and RJ1 is a trust. The nearest is "
            "'Acute Specialist Trusts'",
        ),
        (change(EXPERIENCE, "G21", 57.2), "A21: The row has values but no ODS code.*a total"),
        (drop_row, "R1F1 is in one of this sheet and 'HEALTH WELLBEING SAFETY Q15-17' but not in both"),
    ],
)
def test_a_workbook_that_is_not_right_names_the_place(cut, write, trust_list, edit, problem):
    write.survey(cut.survey, edit)
    with pytest.raises(InputError, match=problem):
        read_organisations(cut.survey, trust_list)


def test_remarks_under_the_table_change_nothing(cut, write, trust_list, loaded):
    def edit(book):
        for sheet in (book[EXPERIENCE], book[BACKGROUND]):
            last = sheet.max_row
            sheet.cell(last + 2, 2, "Source: Survey Coordination Centre")
            sheet.cell(last + 3, 2, "- fewer than 10 responses")
        book[EXPERIENCE].sheet_state = "hidden"  # whoever looks at it; the figures are the same

    assert read_organisations(write.survey(cut.survey, edit), trust_list).figures.equals(loaded.figures)


@pytest.fixture(scope="module")
def national(whole_cut, trust_list):
    return read_national(whole_cut.national, trust_list)


def test_england_by_ethnic_group(national, write):
    check_figures(national.figures, origin="cut")
    assert national.source_id == "staff_survey_national_2024"
    assert set(national.figures["trust_code"]) == {"ENG"}
    assert national.figures.groupby("indicator").size().to_dict() == dict.fromkeys(
        ["staff_survey_q15", "staff_survey_q16a", "staff_survey_q16b", "staff_survey_q16c_1"], 1 + 18 + 2
    )
    groups = set(national.figures["group"])
    assert groups == {"All staff", "White", "Ethnic minority", *write.ETHNIC_GROUPS}


@pytest.mark.parametrize(
    ("indicator", "group", "value", "base", "cell"),
    # row 6 is all staff, 8 the first ethnic group, 26 and 27 the two
    [
        ("staff_survey_q15", "All staff", 50.6, 1006, "E6"),
        ("staff_survey_q16a", "White - Irish", 10.9, 1010, "I9"),
        ("staff_survey_q16b", "White", 10.6, 1025, "L26"),
        ("staff_survey_q16c_1", "Ethnic minority", 56.7, 127, "O27"),
    ],
)
def test_england_cells(national, indicator, group, value, base, cell):
    row = figure(national, "ENG", indicator, group)
    assert (row["value"], row["denominator"]) == (pytest.approx(value), base)
    assert row["locator"] == f"{EXPERIENCE}!{cell}"


def test_a_dash_is_suppressed_nationally_too(cut, write, trust_list):
    row = figure(
        read_national(write.national(cut.national, change(EXPERIENCE, "I9", "-")), trust_list),
        "ENG",
        "staff_survey_q16a",
        "White - Irish",
    )
    assert (row["status"], row["denominator"]) == ("suppressed", 1010)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (change(EXPERIENCE, "C9", "White - Scottish"), "The ethnic group 'White - Scottish' is not known"),
        (change(EXPERIENCE, "C9", "BME"), "'BME' is broader than 18 groups"),
        (change(EXPERIENCE, "B26", "Something else"), "There is no row for White. The workbook may have been cut"),
        (change(EXPERIENCE, "C27", "White staff"), "C27: 'White' is here and in row 26"),
        (as_proportions("Q16b"), "L6: The percentages of Q16b are all between 0 and 1"),
        (
            change(EXPERIENCE, "A1", "NHS Staff Survey 2020 - Results"),
            "A1 is 'NHS Staff Survey 2020 - Results'.*2021 or later",
        ),
    ],
)
def test_a_national_workbook_that_is_not_right(cut, write, trust_list, edit, problem):
    with pytest.raises(RaceEqualityError, match=problem):
        read_national(write.national(cut.national, edit), trust_list)
