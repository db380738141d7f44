"""A return held to what is known of its trust, and all its mistakes said at once.

Every number of the return is invented for the test, and adds up; what it is held to are the published figures in the store.
"""

import io
import itertools
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from race_equality.commands.main import main
from race_equality.errors import InputError
from race_equality.project import Project, find_project
from race_equality.sources.ingest import add_return
from race_equality.sources.recognition import return_kind
from race_equality.sources.returns import held_to, wres
from race_equality.sources.returns.form import years_before
from race_equality.sources.returns.known import Known, fits_better_swapped, known_from
from race_equality.sources.returns.mistakes import ReturnError
from race_equality.sources.returns.wres import read_return, template_workbook
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trust_list
from tests.conftest import record_figures

FIGURES = find_project().figures
NAME = "Barts Health NHS Trust"
TODAY = date(2026, 11, 29)
YEARS = [date(2024, 3, 31), date(2025, 3, 31), date(2026, 3, 31)]
DISCIPLINED, TRAINED = "entered the formal disciplinary process", "accessed non-mandatory training and CPD"


def numbers(years=YEARS):
    """About 19,000 staff, 55% from ethnic minorities, a few more each year; all indicators agree."""
    found = {}
    for later, year in enumerate(years):
        bands = {
            (name, "people"): (140 + 8 * n + 2 * later, 190 + 9 * n + 3 * later, 5) for n, name in enumerate(wres.STAFF)
        }
        white, minority, unknown = (sum(column) for column in zip(*bands.values(), strict=True))
        of_year = bands | {
            ("wres_2", "shortlisted"): (2000 + later, 4000 + later, 90),
            ("wres_2", "appointed"): (400 + later, 500 + later, 12),
            ("wres_3", "staff"): (white, minority, unknown),
            ("wres_3", DISCIPLINED): (40 + later, 78 + later, 1),
            ("wres_4", "staff"): (white, minority, unknown),
            ("wres_4", TRAINED): (4000 + later, 4900 + later, 50),
            ("wres_9_board", "people"): (11, 4, 0),
            ("wres_9_voting", "people"): (9, 3, 0),
            ("wres_9_executive", "people"): (5, 1, 0),
        }
        found |= {(year, *row): list(counts) for row, counts in of_year.items()}
    return found


BASE = numbers()
LAST = YEARS[-1]
WHITE, MINORITY = 0, 1


@pytest.fixture(scope="session")
def trusts():
    return read_trust_list(project=find_project())


@pytest.fixture(scope="session")
def known():
    published = known_from(read_figures(local=False, project=find_project()))
    return lambda code: published


def places(book):
    """Where each number of a workbook is: year, indicator, item and group to worksheet and cell."""
    found = {}
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=5) if sheet["A4"].value == "year_to" else ():
            if row[0].value is None:
                continue
            for group, cell in enumerate(row[4:7]):
                found[row[0].value.date(), row[1].value, row[2].value, group] = (sheet.title, cell.coordinate)
    return found


@pytest.fixture(scope="session")
def empty():
    return template_workbook("R1H", NAME, YEARS, "return.xlsx", survey=True)


PLACE: dict = {}


@pytest.fixture
def fill(tmp_path, empty):
    """Write a whole return, with the numbers that a test changes."""

    def write(changes=None, *, edit=None, name="R1H_wres_return.xlsx", without=()):
        book = openpyxl.load_workbook(io.BytesIO(empty))
        PLACE.update(places(book))
        values = {(*key, group): value for key, counts in BASE.items() for group, value in enumerate(counts)}
        for key, value in (values | (changes or {})).items():
            if key[0] in without:
                continue
            sheet, cell = PLACE[key]
            book[sheet][cell] = value
        if edit:
            edit(book)
        path = tmp_path / name
        book.save(path)
        return path

    return write


def questions(path, trusts, known):
    _, loaded = read_return(path, trusts, known=known, today=TODAY)
    return {(finding.sheet, finding.place): str(finding) for finding in loaded.questions}


def test_a_return_that_agrees_with_itself_and_with_what_is_published_is_not_asked_about(fill, trusts, known):
    assert questions(fill(), trusts, known) == {}


BAND_4 = (LAST, "wres_1_clinical_band_4", "people", WHITE)
STAFF_3 = (LAST, "wres_3", "staff", MINORITY)
SHORTLISTED, APPOINTED = (LAST, "wres_2", "shortlisted", WHITE), (LAST, "wres_2", "appointed", WHITE)


@pytest.mark.parametrize(
    ("key", "times", "also"),
    [
        (
            BAND_4,
            1000,
            r"\(wres_1\): 195,\d+\. The staff of wres_[34]: 19,\d+ \([34] .*published headcount is 18,188 in March 2023",
        ),
        (STAFF_3, 10, r"The staff of wres_3: 116,\d+\. The pay bands \(wres_1\): 19,\d+"),
        ((LAST, "wres_4", "staff", WHITE), 10, "The staff of wres_4"),
        ((LAST, "wres_1_medical_consultant", "people", MINORITY), 10, "10 times as many"),
        ((LAST, "wres_3", DISCIPLINED, MINORITY), 10, "10 times as many"),
        (SHORTLISTED, 10, "10 times as many"),
    ],
)
def test_a_slip_of_the_keyboard_is_shown_with_old_and_new_at_its_own_cell(fill, trusts, known, key, times, also):
    right = BASE[key[:3]][key[3]]
    before = BASE[(YEARS[1], *key[1:3])][key[3]]
    found = questions(fill({key: right * times}), trusts, known)
    assert set(found) == {(fill() and PLACE[key])}
    (said,) = found.values()
    assert f"{before:,} in 2025, and now {right * times:,}." in said
    assert re.search(also, said, re.DOTALL | re.IGNORECASE), said


@pytest.mark.parametrize(
    ("key", "times"), [(BAND_4, 1000), (STAFF_3, 10), ((LAST, "wres_1_medical_consultant", "people", MINORITY), 100)]
)
def test_a_slip_in_the_first_return_of_a_trust_is_found_without_a_year_before(fill, trusts, known, key, times):
    right = BASE[key[:3]][key[3]]
    found = questions(fill({key: right * times}, without=YEARS[:2]), trusts, known)
    assert PLACE[key] in found
    assert len(found) == 1
    assert f"{right * times:,}" in found[PLACE[key]]


def test_a_cell_that_was_missed_is_asked_about(fill, trusts, known):
    found = questions(fill({SHORTLISTED: None}), trusts, known)
    assert set(found) == {PLACE[SHORTLISTED]}
    assert "2,001 in 2025, and now nothing. The cell is empty, and the rest of its row is not" in str(found)


def test_small_differences_between_indicators_are_noted_and_not_asked_about(fill, trusts, known):
    _, loaded = read_return(fill({STAFF_3: BASE[STAFF_3[:3]][MINORITY] - 20}), trusts, known=known, today=TODAY)
    assert loaded.questions == ()
    assert loaded.remarks == (
        "Year to 31 March 2026, staff in post: the pay bands (wres_1): 19,472; the staff of wres_3: 19,452; the staff of "
        "wres_4: 19,472.",
    )
    # one band doubled: the White staff of the bands are 2% more than those of the other indicators
    doubled = questions(fill({BAND_4: 2 * BASE[BAND_4[:3]][WHITE]}), trusts, known)
    assert "8,752 White staff. The staff of wres_3: 8,576 (3 Disciplinary, E9)" in doubled[PLACE[BAND_4]]


def test_both_slips_of_the_review_at_once_are_two_cells(fill, trusts, known):
    found = questions(fill({BAND_4: 176_000, STAFF_3: 107_360}), trusts, known)
    assert set(found) == {PLACE[BAND_4], PLACE[STAFF_3]}
    assert all("The staff of wres_4: 19,472 (4 Training, E9)" in said for said in found.values())


def test_more_people_than_there_are_cannot_be_right(fill, trusts, known):
    with pytest.raises(ReturnError, match=r"760,000,000\. .*There are not so many in England") as raised:
        read_return(fill({BAND_4: 760_000_000}), trusts, known=known, today=TODAY)
    (finding,) = raised.value.findings
    assert (finding.sheet, finding.place) == PLACE[BAND_4]


def swap(*rows):
    return {(*key, group): BASE[key][1 - group] for key in rows for group in (WHITE, MINORITY)}


def test_white_and_ethnic_minority_swapped(fill, trusts, known):
    """Where the staff are 55% from ethnic minorities nobody can tell; of 4,000 and 2,000 shortlisted one can."""
    found = questions(fill(swap((LAST, "wres_2", "shortlisted"))), trusts, known)
    assert set(found) == {PLACE[LAST, "wres_2", "shortlisted", MINORITY]}
    assert "33% from ethnic minorities, and 67% in 2025: White and Ethnic minority may be swapped" in str(found)
    assert fits_better_swapped(0.8, 0.2)
    assert not fits_better_swapped(0.55, 0.45)
    mostly_white = Known(minority={"R1H": 0.1})
    (finding,) = held_to.swapped_totals(
        "R1H",
        wres._staff_in(read_counts({("wres_3", "staff", "White"): 300, ("wres_3", "staff", "Ethnic minority"): 3000})),
        mostly_white,
    )
    assert "91% of the staff of wres_3 in 2026 from ethnic minorities, and 10% of those who answered" in finding.why


def read_counts(values):
    from race_equality.sources.cells import Cell

    return {
        (LAST, *key): (value, Cell(value, Path("x.csv"), None, f"row {n}, {key[-1]}"))
        for n, (key, value) in enumerate(values.items(), start=2)
    }


def test_last_years_return_under_a_new_date(fill, trusts, known):
    again = {
        (LAST, *key[1:], group): value for key in BASE if key[0] == YEARS[1] for group, value in enumerate(BASE[key])
    }
    found = questions(fill(again), trusts, known)
    assert len(found) == 1
    assert "numbers of the year to 31 March 2026 are those of the year before" in str(found)


def test_staff_of_another_size_than_published(fill, trusts, known):
    halved = {(*key, group): value // 3 for key, counts in BASE.items() for group, value in enumerate(counts)}
    found = questions(fill(halved), trusts, known)
    assert len(found) >= 3
    assert all("The published headcount is 18,188 in March 2023" in said for said in found.values())


SURVEY = {
    (LAST, f"wres_{n}", item, group): value
    for n, of_groups in ((5, (24.0, 28.1)), (6, (21.4, 27.3)), (7, (58.0, 49.0)), (8, (6.1, 15.2)))
    for group in (WHITE, MINORITY)
    for item, value in (("responses", (3000, 2500)[group]), ("percentage", of_groups[group]))
}


def percentages_as(change):
    return {key: change(value) if key[2] == "percentage" else value for key, value in SURVEY.items()}


def test_percentages_of_the_survey(fill, trusts, known):
    assert questions(fill(SURVEY), trusts, known) == {}
    # 24% typed in Excel is stored as 0.24
    with pytest.raises(ReturnError, match="It looks like a fraction.*Write 24 for 24%") as raised:
        read_return(fill(percentages_as(lambda value: value / 100)), trusts, known=known, today=TODAY)
    assert len(raised.value.findings) == 8
    one = {(LAST, "wres_5", "percentage", WHITE): 0.24, (LAST, "wres_5", "responses", MINORITY): 25000}
    found = questions(fill(SURVEY | one), trusts, known)
    assert set(found) == {PLACE[key] for key in one}
    assert "If 24% is meant, write 24" in found[PLACE[LAST, "wres_5", "percentage", WHITE]]
    assert "More answered than work there" in found[PLACE[LAST, "wres_5", "responses", MINORITY]]


def test_a_percentage_that_a_workbook_shows_as_one_is_read_as_it_is_shown(fill, trusts, known):
    def edit(book):
        for sheet, cell in (PLACE[key] for key in SURVEY if key[2] == "percentage"):
            book[sheet][cell].number_format = "0%"

    path = fill(percentages_as(lambda value: value / 100), edit=edit)
    _, loaded = read_return(path, trusts, known=known, today=TODAY)
    assert loaded.questions == ()
    row = loaded.figures.query("indicator == 'wres_5' and group == 'White'").iloc[0]
    assert (row["value"], row["numerator"]) == (24.0, 720)


def set_cell(sheet, reference, value):
    return lambda book: book[sheet].__setitem__(reference, value)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (set_cell("Instructions", "B3", "RJ1"), r"The code is RJ1 \(Guy's.*B4 of \"Instructions\" says 'Barts Health"),
        (set_cell("Instructions", "B4", "Nobody Ltd"), "nothing of that is in the name here"),
        (set_cell("9 Board", "A2", "RJ1 Guy's and St Thomas"), 'The code is R1H .*A2 of "9 Board" says "RJ1 Guy\'s'),
        (set_cell("2 Recruitment", "A5", "31 March 2027"), "The year to 31 March 2027 has not ended"),
    ],
)
def test_another_trusts_name_and_a_year_to_come(fill, trusts, known, edit, problem):
    with pytest.raises(ReturnError, match=problem) as raised:
        _, loaded = read_return(fill(edit=edit), trusts, known=known, today=TODAY)
        raise ReturnError(Path("asked.xlsx"), loaded.questions)
    assert raised.value.findings[0].mend


def test_the_files_own_name_is_held_to_the_code(fill, trusts, known):
    (said,) = questions(fill(name="RV5_wres_return.xlsx"), trusts, known).values()
    assert "as the return of RV5 (South London and Maudsley" in said


# -- what people write --------------------------------------------------------------------------------


def write_as_people_do(book):
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == "Ethnic minority":
                    cell.value = "BME" if sheet.title.startswith("1") else "BAME"
                elif isinstance(cell.value, int) and cell.value > 999:
                    cell.value = f"{cell.value:,}"
                elif getattr(cell.value, "year", 0) == 2024:
                    cell.value = "2023/24"
                elif cell.value == "people":
                    cell.value = "People "
    book["Instructions"]["B3"] = "r1h"


def test_bme_2023_24_r1h_and_2_933_are_understood(fill, trusts, known):
    code, loaded = read_return(fill(edit=write_as_people_do), trusts, known=known, today=TODAY)
    _, plain = read_return(fill(), trusts, known=known, today=TODAY)
    assert code == "R1H"
    assert loaded.figures.equals(plain.figures)
    assert "2023/24 is read as the year to 31 March 2024." in loaded.remarks
    assert "Columns read under another heading: 'BAME' as 'Ethnic minority'." in loaded.remarks


def as_ods(book):
    """The workbook as LibreOffice packs one."""
    tables = []
    for sheet in book.worksheets:
        rows = []
        for row in sheet.iter_rows(values_only=True):
            cells = []
            for value in row:
                kind = "float" if isinstance(value, int) else "date" if isinstance(value, date) else "string"
                at = {
                    "float": f'office:value="{value}"',
                    "date": f'office:date-value="{str(value)[:10]}"',
                    "string": "",
                }
                text = str(value).replace("&", "&amp;").replace("<", "&lt;")
                inside = f"<text:p>{text}</text:p>"
                cells.append(
                    f'<table:table-cell office:value-type="{kind}" {at[kind]}>{inside}</table:table-cell>'
                    if value is not None
                    else "<table:table-cell/>"
                )
            rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
        tables.append(f'<table:table table:name="{sheet.title}">{"".join(rows)}</table:table>')
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet>'
        f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )


def test_a_workbook_of_libreoffice_and_a_csv_saved_as_one(fill, trusts, known, tmp_path):
    filled = fill()
    _, plain = read_return(filled, trusts, known=known, today=TODAY)
    path = tmp_path / "R1H_wres_return.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:m"/>')
        archive.writestr("content.xml", as_ods(openpyxl.load_workbook(filled)))
    assert return_kind(path) is wres
    _, loaded = read_return(path, trusts, known=known, today=TODAY)
    assert loaded.figures.drop(columns="locator").equals(plain.figures.drop(columns="locator"))
    book = openpyxl.Workbook()
    text = wres.template("R1H", NAME, YEARS, "x.csv").replace(",people,,,", ",people,1,1,0")
    for line in text.splitlines():
        book.active.append([line] if line.startswith("#") else line.split(","))
    book.save(tmp_path / "saved.xlsx")
    assert return_kind(tmp_path / "saved.xlsx") is wres
    assert read_return(tmp_path / "saved.xlsx", trusts, today=TODAY)[0] == "R1H"


# -- all mistakes at once -----------------------------------------------------------------------------

TEN = (
    ("1 Clinical", "E9", "180 staff", "is '180 staff', which is not a number"),
    ("1 Clinical", "F12", -4, "is not 0 or more"),
    ("1 Non-clinical", "B7", "wres_1_non_clinical_band_33", "is not known. The nearest is"),
    ("1 Medical", "A6", "31/12/2024", "is not the 31 March that a year ends on"),
    ("2 Recruitment", "E6", 9000, "9000 people out of 2000 shortlisted"),
    ("2 Recruitment", "F13", 12.5, "12.5 is not a whole number"),
    ("3 Disciplinary", "F6", "18%", "18% is a percentage, and the cell is for a number of people"),
    ("4 Training", "E6", "<5", "Write the number itself, small as it is"),
    ("4 Training", "F8", "=1/0", "which has no result"),
    ("9 Board", "E6", 12, "12 people out of 11 on the board"),
)


def ten_slips(book):
    for sheet, reference, value, _ in TEN:
        book[sheet][reference] = value
    book["4 Training"].merge_cells("E9:F9")


def test_ten_slips_are_ten_messages_in_the_order_of_the_file_and_marked_in_a_copy(fill, trusts, known_project):
    path = fill(edit=ten_slips)
    before = path.read_bytes()
    with pytest.raises(ReturnError) as raised:
        add_return(path, known_project)
    assert path.read_bytes() == before
    found = [(finding.sheet, finding.place) for finding in raised.value.findings if finding.impossible]
    expected = [(sheet, reference) for sheet, reference, *_ in TEN]
    assert found == [*expected[:9], ("4 Training", "E9"), *expected[9:]]
    said = str(raised.value)
    for sheet, reference, _, problem in TEN:
        assert re.search(rf'sheet "{sheet}", {reference}[^\n]*{re.escape(problem)}', said), (reference, said)
    assert "The cells E9:F9 are merged" in said
    assert "publisher" not in said and "download" not in said.lower()
    # the copy says the same: in the cell's note, and in a list for those who see no colours
    copy = path.with_name("R1H_wres_return-marked.xlsx")
    assert copy.name in said
    book = openpyxl.load_workbook(copy)
    listed = [(row[0], row[1]) for row in book["What to correct"].iter_rows(min_row=5, values_only=True)]
    assert listed == [(finding.sheet, finding.place) for finding in raised.value.findings]
    for sheet, reference, _, problem in TEN:
        cell = book[sheet][reference]
        assert problem in cell.comment.text
        assert cell.border.left.style == "thick"
        assert cell.fill.fgColor.rgb != openpyxl.load_workbook(path)[sheet][reference].fill.fgColor.rgb
    # corrected in the copy, it is taken, and a copy of the copy has another name
    with pytest.raises(ReturnError, match="R1H_wres_return-marked-2.xlsx"):
        add_return(copy, known_project)
    for sheet, reference, *_ in TEN:
        book[sheet][reference] = openpyxl.load_workbook(io.BytesIO(fill().read_bytes()))[sheet][reference].value
    book["4 Training"].unmerge_cells("E9:F9")
    book["4 Training"]["F9"] = BASE[YEARS[2], "wres_4", "staff"][MINORITY]
    book.save(copy)
    assert add_return(copy, known_project).changed


def test_a_csv_is_marked_in_a_workbook_that_can_be_corrected_and_loaded(known_project, tmp_path):
    path = tmp_path / "R1H_wres_return.csv"
    text = wres.template("R1H", NAME, YEARS[-1:], path.name).replace(",people,,,", ",people,lots,=1+1,0", 1)
    path.write_text(text.replace(",people,,,", ",people,7,5,0"), encoding="utf-8")
    with pytest.raises(ReturnError, match="(?s)The number of people is 'lots'.*R1H_wres_return-marked.xlsx"):
        add_return(path, known_project)
    copy = path.with_name("R1H_wres_return-marked.xlsx")
    book = openpyxl.load_workbook(copy)
    (marked,) = [cell for row in book["Return"].iter_rows() for cell in row if cell.value == "lots"]
    assert "which is not a number" in marked.comment.text
    next_to_it = book["Return"].cell(marked.row, marked.column + 1)
    assert (next_to_it.value, next_to_it.data_type) == ("=1+1", "s")  # and no formula
    next_to_it.value = 5
    marked.value = 8
    book.save(copy)
    assert return_kind(copy) is wres
    assert add_return(copy, known_project, ask=list).changed


def test_git_never_sees_a_marked_copy():
    ignored = (find_project().root / ".gitignore").read_text(encoding="utf-8").split()
    assert {"*-marked.xlsx", "*-marked-[0-9].xlsx"} <= set(ignored)


# -- asking ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_store(tmp_path_factory):
    """What is published of one trust, and of WRES 5 to 8 of all."""
    root = tmp_path_factory.mktemp("known")
    (root / "data" / "figures").mkdir(parents=True)
    (root / "data" / "sources").mkdir()
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    for name in ("trusts.parquet", "successions.csv", "systems.csv", "wres_5_to_8_2024.parquet"):
        shutil.copy(FIGURES / name, root / "data" / "figures")
    for name in ("workforce_2023_05", "workforce_fte_by_month", "staff_survey_panel_2024"):
        table = pq.read_table(FIGURES / f"{name}.parquet")
        pq.write_table(
            table.filter(pc.equal(table["trust_code"], "R1H")), root / "data" / "figures" / f"{name}.parquet"
        )
    record_figures(root)
    return root


@pytest.fixture
def known_project(small_store, tmp_path):
    return Project(shutil.copytree(small_store, tmp_path / "project"))


def test_nothing_odd_is_taken_without_somebody_agreeing(fill, known_project, monkeypatch):
    years = years_before(date.today())
    moved = dict(zip(YEARS, years, strict=True))

    def to_today(book):
        for sheet in book.worksheets:
            for row in sheet.iter_rows(min_row=5, max_col=1):
                for cell in row:
                    if isinstance(cell.value, date):
                        cell.value = moved[cell.value.date()]

    path = fill({BAND_4: BASE[BAND_4[:3]][WHITE] * 1000}, edit=to_today)
    monkeypatch.chdir(known_project.root)
    refused = CliRunner().invoke(main, ["data", "add", str(path)])
    assert refused.exit_code == 2, refused.output
    sheet, reference = PLACE[BAND_4]
    assert f'sheet "{sheet}", {reference}: ' in refused.output
    assert "Take these figures? Nothing was changed" in refused.output
    assert "R1H_wres_return-marked.xlsx" in refused.output
    assert not list(known_project.root.glob("data/local/*.parquet"))
    taken = CliRunner().invoke(main, ["data", "add", str(path), "--yes"])
    assert taken.exit_code == 0, taken.output
    assert f'sheet "{sheet}", {reference}: ' in taken.output
    # what is held is what the next return is held to
    lines = []
    monkeypatch.setattr("race_equality.commands.data.confirm", lambda said, question, *, yes: lines.extend(said))
    last_only = fill(without=YEARS[:2], edit=to_today)
    assert CliRunner().invoke(main, ["data", "add", str(last_only)]).exit_code == 0
    assert lines == []  # right again: as in the year before


# -- the evidence for the thresholds -----------------------------------------------------------------


@pytest.fixture(scope="module")
def published():
    figures = read_figures(local=False, project=find_project())
    return figures[(figures["status"] == "ok") & ~figures["trust_code"].isin(["DEMO", "ENG"])]


def pairs_of_years(rows, column):
    table = rows.pivot_table(
        index=["trust_code", "group"], columns=rows["period_end"].dt.year, values=column, aggfunc="sum"
    )
    old = table.shift(1, axis=1)[[year for year in table if year - 1 in table]]
    both = pd.concat([table.stack(), old.stack()], axis=1, keys=["new", "old"]).dropna()
    return both[(both > 0).all(axis=1)].astype("float64")


def share_called_odd(pairs, factor):
    return np.mean([held_to.apart(new, old, factor) for new, old in pairs.itertuples(index=False)])


def test_the_thresholds_rest_on_the_spread_of_published_figures(published):
    """docs/returns.md gives these shares; a threshold is wide where it is seldom passed by a true figure."""
    marches = published[published["indicator"] == "workforce_march_headcount"]
    staff = pairs_of_years(marches[marches["period_end"].dt.year >= 2015], "value")
    assert len(staff) > 1500
    assert share_called_odd(staff, held_to.STAFF_IN_A_YEAR) < 0.01
    assert share_called_odd(staff, held_to.STAFF_PUBLISHED) < 0.005
    courses = published[published["indicator"] == "talking_therapies_recovery_by_ethnicity"]
    five = courses[courses["group"].isin(["Asian", "Black", "Mixed", "White", "Other"])]
    cells = pairs_of_years(five[five["organisation_code"] == five["trust_code"]], "denominator")
    assert len(cells) > 1500
    assert share_called_odd(cells, held_to.CELL_IN_A_YEAR) < 0.015
    assert share_called_odd(cells, held_to.PATIENTS_CELL_IN_A_YEAR) < 0.006
    # a typing slip of one nought is always found, in any cell of 4 people or more
    assert all(held_to.apart(10 * n, n, held_to.PATIENTS_CELL_IN_A_YEAR) for n in range(4, 2000, 7))
    gaps = published[published["indicator"].isin(["wres_5", "wres_6", "wres_7", "wres_8"])]
    least = gaps["value"].min()
    assert least / held_to.SURVEY_BEYOND > 1  # every fraction stored for a percentage is below it


def test_a_waiting_list_is_held_to_the_published_one(published):
    january = published[published["period_end"] == "2026-01-31"].query("indicator == 'rtt_within_18_weeks'")
    waits = published[published["indicator"] == "waiting_over_18_weeks_by_ethnicity"]
    eighteen = waits[~waits["group"].isin(["Asian", "Black", "Mixed", "White", "Other", "Unknown"])]
    sums = eighteen.groupby("trust_code")["denominator"].sum()
    both = pd.concat([sums, january.groupby("trust_code")["denominator"].sum()], axis=1).dropna()
    assert len(both) > 100
    odd = [code for code, new, old in both.itertuples() if held_to.apart(new, old, held_to.WAITING_PUBLISHED)]
    assert len(odd) <= 3, odd


def test_findings_of_one_cell_are_one_and_equal_ones_name_their_cells():
    from race_equality.sources.returns.mistakes import Finding, in_lines, merged

    twice = [Finding("E9", "One.", sheet="A", impossible=False), Finding("E9", "Two.", "Mend.", sheet="A")]
    (one,) = merged([*twice], ["A"])
    assert (one.why, one.mend, one.impossible) == ("One. Two.", "Mend.", True)
    alike = [Finding(f"E{n}", "The same.", sheet="A") for n in itertools.chain(range(1, 9))]
    assert in_lines(alike) == ['sheet "A", E1, E2, E3, E4, E5, E6 and 2 more: The same.']
    with pytest.raises(InputError, match="2 to correct, in the order of the file"):
        raise ReturnError(Path("x.csv"), [Finding("row 1", "One."), Finding("row 2", "Two.")])
