"""The Excel template: the same rows as the CSV, and the same figures when it comes back."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from race_equality.errors import InputError
from race_equality.sources.ingest import add_return
from race_equality.sources.recognition import is_return
from race_equality.sources.returns.wres import read_return, template, template_workbook

YEARS = [date(2023, 3, 31), date(2024, 3, 31), date(2025, 3, 31)]
HEADER_ROW = 4
FILLED = {
    ("wres_1_clinical_band_5", "people"): (600, 480, 20),
    ("wres_2", "shortlisted"): (2000, 1500, 90),
    ("wres_2", "appointed"): (400, 210, None),
    ("wres_9_board", "people"): (12, 2, 0),
    ("wres_9_voting", "people"): (10, 2, 0),
}
TRUST = ("RJ1", "Guy's and St Thomas' NHS Foundation Trust", YEARS)


def data_rows(book):
    for sheet in book.worksheets:
        if sheet.title not in ("Instructions", "Lists", "Checks"):
            yield from sheet.iter_rows(min_row=HEADER_ROW + 1)


@pytest.fixture
def fill(tmp_path):
    """Write a workbook that somebody filled in, and changed as a test wants."""

    def write(edit=None, *, survey=False, values=FILLED):
        path = tmp_path / "RJ1_wres_return.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(template_workbook(*TRUST, path.name, survey=survey)))
        for row in data_rows(book):
            for cell, value in zip(row[4:7], values.get((row[1].value, row[2].value), ()), strict=False):
                cell.value = value
        if edit:
            edit(book)
        book.save(path)
        return path

    return write


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "RJ1_wres_return.csv"
    rows = list(csv.reader(template(*TRUST, path.name).splitlines()))
    for row in rows:
        if len(row) > 3 and (row[2], row[3]) in FILLED:
            row[4:] = ["" if v is None else str(v) for v in FILLED[row[2], row[3]]]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("survey", [False, True])
def test_the_workbook_has_the_rows_of_the_csv(survey):
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(*TRUST, "x.xlsx", survey=survey)))
    lines = [line for line in template(*TRUST, "x.csv", survey=survey).splitlines() if line[0] != "#"]
    expected = {tuple(row[1:4]) for row in list(csv.reader(lines))[1:]}
    found = [(r[0].value.date().isoformat(), r[1].value, r[2].value) for r in data_rows(book)]
    assert len(found) == len(set(found)) == len(expected)
    assert set(found) == expected
    assert ("5-8 Staff Survey" in book.sheetnames) is survey


def test_the_workbook_explains_itself_and_opens_what_is_to_be_filled_in():
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(*TRUST, "mine.xlsx")))
    words = " ".join(str(row[1].value) for row in book["Instructions"].iter_rows())
    assert "race-equality data add mine.xlsx" in words
    assert "git ignores that folder" in words
    sheet = book["2 Recruitment"]
    assert [cell.value for cell in sheet[HEADER_ROW]][:3] == ["year_to", "indicator", "item"]
    assert sheet.protection.sheet
    assert sheet["B5"].protection.locked and not sheet["E5"].protection.locked
    kinds = [rule.type for rule in sheet.data_validations.dataValidation]
    assert kinds.count("list") == 3
    appointed = next(r for r in sheet.data_validations.dataValidation if str(r.sqref) == "E6:G6")
    # relative to the first cell: at most the number shortlisted, in the row above
    assert appointed.formula1 == 'AND(ISNUMBER(E6),E6>=0,E6=INT(E6),OR(E5="",E6<=E5))'


def test_it_gives_the_figures_of_the_csv(fill, csv_file, trust_list):
    code, from_workbook = read_return(fill(), trust_list)
    assert code == "RJ1"
    _, from_csv = read_return(csv_file, trust_list)
    assert (from_workbook.figures["status"] == "ok").sum() == 3 * (3 + 2 + 3 + 3)
    assert from_workbook.figures.drop(columns="locator").equals(from_csv.figures.drop(columns="locator"))
    assert (from_workbook.source_id, from_workbook.period) == (from_csv.source_id, from_csv.period)


def test_the_locator_leads_to_the_cell(fill, trust_list):
    _, loaded = read_return(fill(), trust_list)
    chosen = loaded.figures.query("indicator == 'wres_2' and group == 'White'")
    assert chosen["locator"].iloc[-1] == "RJ1_wres_return.xlsx 2 Recruitment!E14"


def test_data_add_takes_both_and_the_second_changes_nothing(fill, csv_file, read_cut, project):
    read_cut(project)
    path = fill()
    assert is_return(path)
    assert add_return(path, project, ask=list).changed
    outcome = add_return(csv_file, project, ask=list)
    again = outcome.loaded.figures.drop(columns="locator")
    assert again.equals(outcome.before.drop(columns="locator"))


def set_cell(sheet, reference, value):
    return lambda book: book[sheet].__setitem__(reference, value)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (set_cell("2 Recruitment", "E6", 2001), "2 Recruitment.*E6: 2001 people out of 2000 shortlisted"),
        (set_cell("2 Recruitment", "E6", 40.5), "The number of people 40.5 is not a whole number"),
        (set_cell("2 Recruitment", "E6", "lots"), "is 'lots', which is not a number"),
        (set_cell("2 Recruitment", "E6", date(2025, 3, 1)), "is '2025-03-01', which is not a number"),
        (set_cell("2 Recruitment", "E6", True), "is 'True', which is not a number"),
        (set_cell("2 Recruitment", "A6", date(2023, 12, 31)), "'2023-12-31' is not the 31 March"),
        (set_cell("2 Recruitment", "B6", "wres_22"), "The nearest is 'wres_2'"),
        (set_cell("2 Recruitment", "B6", None), "The indicator '' is not known"),
        (set_cell("2 Recruitment", "F4", "Asian"), "There is no column headed 'Ethnic minority'"),
        (set_cell("2 Recruitment", "M4", "White Irish"), None),
        (set_cell("2 Recruitment", "M5", 12), "'12' is under '', which is not a column of a return"),
        (set_cell("2 Recruitment", "E6", "=400/0"), "E6: The cell holds '=400/0', which has no result"),
        (set_cell("Instructions", "B3", "RJ11"), "B3: 'RJ11' is not the code of a trust that is open"),
        (set_cell("Instructions", "B3", "DEMO"), "has its invented return already"),
    ],
)
def test_a_slip_names_its_cell(fill, trust_list, edit, problem):
    path = fill(edit)
    if problem is None:  # a heading alone says nothing
        assert read_return(path, trust_list)[0] == "RJ1"
        return
    with pytest.raises(InputError, match=problem):
        read_return(path, trust_list)


def test_a_sheet_of_notes_is_reported_and_an_empty_template_refused(fill, trust_list):
    def notes(book):
        book.create_sheet("My notes")["A1"] = "ask Priya about band 7"

    assert read_return(fill(notes), trust_list)[1].remarks == ("Worksheets not read: My notes.",)
    with pytest.raises(InputError, match="The return has no numbers"):
        read_return(fill(values={}), trust_list)


def test_another_workbook_is_no_return(cut):
    workbooks = sorted(cut.path.rglob("*.xlsx"))
    assert len(workbooks) >= 3
    assert not any(is_return(path) for path in workbooks)
