"""Templates in Excel: filled with what is held, checking what is typed, and read back.

Every number and action here is invented for the test.
"""

import io
import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
import yaml
from click.testing import CliRunner

from race_equality.commands.main import main
from race_equality.params import check_file, read_params
from race_equality.params.actions import AREAS, INDICATORS
from race_equality.project import Project, find_project
from race_equality.sources.ingest import add_board
from race_equality.sources.recognition import is_board
from race_equality.sources.returns import board, patients, wres
from race_equality.sources.returns.known import Known
from race_equality.sources.returns.mistakes import ReturnError
from race_equality.store.trusts import read_trust_list
from tests.conftest import record_figures

NAME = "Barts Health NHS Trust"
YEARS = [date(2024, 3, 31), date(2025, 3, 31), date(2026, 3, 31)]
ROOT = find_project().root


@pytest.fixture(scope="session")
def trusts():
    return read_trust_list(project=find_project())


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def headers(sheet):
    return {cell.value: cell.column_letter for cell in sheet[4]}


HELD = {
    (YEARS[1], "wres_3", "staff", "White"): 5000.0,
    (YEARS[1], "wres_3", "staff", "Ethnic minority"): 4000.0,
    (YEARS[1], "wres_9_board", "people", "White"): 11.0,
}


@pytest.fixture(scope="session")
def filled_workbook():
    known = Known(headcount={"R1H": {2023: 18188.0}}, growth={"R1H": {2023: 16000.0, 2025: 17600.0}})
    return wres.template_workbook("R1H", NAME, YEARS, "mine.xlsx", survey=True, held=HELD, known=known)


def test_what_is_held_is_filled_in_for_its_own_year_and_only_shown_next_to_the_year_after(
    filled_workbook, trusts, tmp_path
):
    sheet = opened(filled_workbook)["3 Disciplinary"]
    column = headers(sheet)
    held, this_year = 7, 9
    assert sheet[f"{column['White']}{held}"].value == 5000
    assert sheet[f"{column['White']}{this_year}"].value is None
    last = sheet[f"{column['Last year: White']}{this_year}"]
    assert last.value == f'=IF({column["White"]}{held}="","",{column["White"]}{held})'
    assert last.protection.locked and not sheet[f"{column['White']}{this_year}"].protection.locked
    assert "As loaded before" in sheet[f"{column['Check']}{held}"].value
    # read back as it is, it holds last year's figures for last year and nothing for this one
    path = tmp_path / "R1H_wres_return.xlsx"
    path.write_bytes(filled_workbook)
    _, loaded = wres.read_return(path, trusts, today=date(2026, 11, 29))
    ok = loaded.figures[loaded.figures["status"] == "ok"]
    assert set(ok["period_end"].dt.year) == {2025}
    assert ok.query("indicator == 'wres_9_board'")["value"].tolist() == [11]


def test_last_years_numbers_of_a_year_that_is_not_in_the_file_are_shown_as_they_are():
    content = wres.template_workbook("R1H", NAME, YEARS[2:], "x.xlsx", held=HELD)
    sheet = opened(content)["3 Disciplinary"]
    column = headers(sheet)
    assert sheet[f"{column['Last year: White']}5"].value == 5000
    assert sheet[f"{column['White']}5"].value is None


def test_a_patients_template_leaves_held_years_out(trusts, tmp_path):
    held = {(YEARS[1], "patients_waiting", "on the waiting list", "White"): 5000.0}
    content = patients.template_workbook(
        "R1H", NAME, YEARS, "x.xlsx", held=held, known=Known(waiting={"R1H": {2026: 9.0}})
    )
    sheet = opened(content)["Waiting list"]
    years = [row[0].value.date() for row in sheet.iter_rows(min_row=5) if row[0].value]
    assert sorted(set(years)) == [YEARS[0], YEARS[2]]
    column = headers(sheet)
    row = 5 + years.index(YEARS[2])
    assert sheet[f"{column['Last year: White']}{row}"].value == 5000
    assert sheet[f"{column['White']}{row}"].value is None
    checks = opened(content)["Checks"]
    assert [cell.value for cell in checks[4]][-2:] == ["Published, end of March", "Check"]
    assert checks["G6"].value == 9


@pytest.mark.parametrize("name", ["wres", "patients", "board"])
def test_every_sheet_can_be_read_without_colours_and_printed(name, filled_workbook):
    book = opened(
        {
            "wres": lambda: filled_workbook,
            "patients": lambda: patients.template_workbook("R1H", NAME, YEARS, "x.xlsx"),
            "board": lambda: board.template_workbook("R1H", NAME, "x.xlsx", read_params("DEMO")),
        }[name]()
    )
    assert NAME in book.properties.title and book.properties.language == "en-GB"
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert len({sheet.title for sheet in shown}) == len(shown) >= 3
    for sheet in shown:
        assert not sheet.merged_cells.ranges, sheet.title
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.orientation) == (1, "landscape")
        assert sheet["A1"].value
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.alignment.wrap_text):
            lines = (sheet.row_dimensions[cell.row].height or 15) // 15  # LibreOffice makes no row higher by itself
            room = lines * sheet.column_dimensions[cell.column_letter].width
            assert str(cell.value or "").startswith("=") or len(str(cell.value or "")) <= room, cell
        if sheet.title == "Instructions":
            continue
        assert sheet.freeze_panes and sheet.print_title_rows == "$4:$4"
        assert all(cell.value for cell in sheet[4]), sheet.title
        to_fill_in = [cell for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
        assert all(cell.border.left.style for cell in to_fill_in)  # a colour is never alone
        assert bool(to_fill_in) is (sheet.title != "Checks")
        prompts = [rule.prompt for rule in sheet.data_validations.dataValidation]
        assert all(prompts)


def test_the_rules_of_cells_and_the_live_checks_name_the_right_cells(filled_workbook):
    book = opened(filled_workbook)
    survey = book["5-8 Staff Survey"]
    rule = next(r for r in survey.data_validations.dataValidation if str(r.sqref) == "E6:F6")
    assert rule.formula1 == "AND(ISNUMBER(E6),OR(E6=0,AND(E6>=1,E6<=100)))"
    assert (
        'COUNTIFS(E6:F6,">0",E6:F6,"<1")>0,"Mistake: write 24 for 24%"' in survey[f"{headers(survey)['Check']}6"].value
    )
    sheet = book["3 Disciplinary"]
    check = sheet[f"{headers(sheet)['Check']}10"].value
    assert "AND(COUNT(E10,E9)=2,E10>E9)" in check and '"Mistake: more than row 9"' in check
    assert "IF(COUNT(E10,I10)=2,AND(ABS(E10-I10)>30,MAX(E10,I10)>3*MIN(E10,I10)),FALSE)" in check
    assert sheet["H9"].value == '=IF(COUNT(E9,F9,G9)=0,"",SUM(E9,F9,G9))'
    checks = book["Checks"]
    rows = [[cell.value for cell in row] for row in checks.iter_rows(min_row=5)]
    assert len(rows) == 3 * 4
    bands, disciplinary, training, headcount = rows[8:]
    assert bands[0].date() == YEARS[2]
    in_bands = re.findall(r"'(1 [\w-]+)'!E(\d+)", bands[2].partition("SUM")[2])
    assert len(in_bands) == len(set(in_bands)) == len(wres.STAFF)
    assert all(book[name][f"A{row}"].value.date() == YEARS[2] for name, row in in_bands)
    assert disciplinary[2] == "=IF(COUNT('3 Disciplinary'!E9)=0,\"\",SUM('3 Disciplinary'!E9))"
    assert "MAX(F14,F13)>1.02*MIN(F14,F13)" in disciplinary[6] and "MAX(F15,F13)" in training[6]
    assert headcount[5] == 20007  # 18,188 times 17,600 over 16,000
    assert "1.5*MIN(F16,F13)" in headcount[6]


# -- the board's self-assessment and actions -----------------------------------------------------------

TODAY = date.today()
THEN = TODAY + timedelta(days=200)


@pytest.fixture
def own(tmp_path):
    """A project with the real trust list and defaults."""
    root = tmp_path / "project"
    (root / "data" / "figures").mkdir(parents=True)
    (root / "params" / "trusts").mkdir(parents=True)
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    for name in ("trusts.parquet", "successions.csv", "systems.csv"):
        shutil.copy(ROOT / "data" / "figures" / name, root / "data" / "figures")
    for name in ("_defaults.yml", "trusts/DEMO.yml"):
        shutil.copy(ROOT / "params" / name, root / "params" / name)
    record_figures(root)
    return Project(root)


EXISTING = f"""\
peers: [RJ1, RRK, RAE]  # agreed with the chair
report_date: {TODAY}
self_assessment:
  agreed: 2025-09-24
  patients: {{level: under way}}
actions:
  - what: Replace unstructured interviews with scored ones at band 8a and above
    owner: Chief people officer
    indicator: wres_2
    began: 2025-10-01
    due: {THEN}
    status: planned
    review: {{date: {THEN}}}
    target: 1.1
history:
  - what: Two directors decide before a formal disciplinary process may begin
    owner: Chief nurse
    indicator: wres_3
    began: 2024-01-01
    due: 2025-01-01
    status: stopped
    review: {{date: 2025-01-01, decision: stop}}
"""


@pytest.fixture
def typed(own, tmp_path):
    """Make the template of what the trust's file has, and type into it."""

    def write(*cells, existing=EXISTING):
        file = own.params / "trusts" / "R1H.yml"
        if existing:
            file.write_text(existing, encoding="utf-8")
        book = opened(board.template_workbook("R1H", NAME, "x.xlsx", read_params("R1H", project=own)))
        for sheet, row, header, value in cells:
            place = header if row is None else f"{headers(book[sheet])[header]}{row}"
            book[sheet][place] = value
        path = tmp_path / "R1H_board.xlsx"
        book.save(path)
        return path

    return write


AREA_ROW = 5 + list(AREAS).index("patients")
AGAIN = (
    ("Self-assessment", None, "D1", TODAY),
    ("Self-assessment", AREA_ROW, "Level", "In place"),
    ("Self-assessment", AREA_ROW, "Note", "Each board meeting hears of waits by ethnic group"),
    ("Actions", 5, "Status", "under way"),
    ("Actions", 6, "What will change", "Each ward moves shifts by a rule that staff agreed"),
    ("Actions", 6, "Owner", "chief nurse"),
    ("Actions", 6, "Indicator", f"wres_8: {INDICATORS['wres_8']}"),
    ("Actions", 6, "Began", "1 October 2025"),
    ("Actions", 6, "Due", THEN),
    ("Actions", 6, "Status", "planned"),
    ("Actions", 6, "Review: day", THEN),
)


def test_last_time_is_shown_and_not_taken_over(typed):
    book = openpyxl.load_workbook(typed())
    sheet = book["Self-assessment"]
    column = headers(sheet)
    assert sheet[f"{column['Last time: level']}{AREA_ROW}"].value == "under way"
    assert sheet[f"{column['Level']}{AREA_ROW}"].value is None
    assert (sheet["D2"].value.date(), sheet["D1"].value) == (date(2025, 9, 24), None)
    actions = book["Actions"]
    column = headers(actions)
    assert actions[f"{column['What will change']}5"].value.startswith("Replace unstructured interviews")
    assert (actions[f"{column['Last time: status']}5"].value, actions[f"{column['Status']}5"].value) == (
        "planned",
        None,
    )
    lists = {str(rule.sqref): rule.formula1 for rule in actions.data_validations.dataValidation}
    assert set(lists) == {
        f"{column[name]}5:{column[name]}24" for name in ("Owner", "Indicator", "Status", "Review: decision")
    }


def test_what_is_typed_ends_in_the_trusts_file_and_the_rest_of_it_stays(typed, own):
    path = typed(*AGAIN)
    assert is_board(path)
    written = add_board(path, own)
    assert written.problems == () == check_file(written.file, project=own)
    params = read_params("R1H", project=own)
    assert params.self_assessment.agreed == TODAY
    assert [(area.id, area.level) for area in params.self_assessment.areas] == [("patients", "in place")]
    first, second = params.actions
    assert (first.status, first.target, first.owner) == ("under way", 1.1, "Chief people officer")
    assert (second.owner, second.indicator, second.began) == ("Chief nurse", "wres_8", date(2025, 10, 1))
    assert params.peers == ("RJ1", "RRK", "RAE")
    assert params.report_date == TODAY
    assert [action.status for action in params.history] == ["stopped"]
    assert written.earlier.read_text(encoding="utf-8") == EXISTING
    # the same workbook again changes nothing, and keeps no second copy
    assert add_board(path, own).earlier is None


def test_a_first_workbook_begins_the_trusts_file(typed, own):
    path = typed(*[cell for cell in AGAIN if cell[1] != 5 or cell[0] != "Actions"], existing=None)
    assert add_board(path, own).earlier is None
    held = yaml.safe_load((own.params / "trusts" / "R1H.yml").read_text(encoding="utf-8"))
    assert held["self_assessment"] == {
        "agreed": TODAY,
        "patients": {"level": "in place", "note": "Each board meeting hears of waits by ethnic group"},
    }
    assert [action["owner"] for action in held["actions"]] == ["Chief nurse"]


def test_all_that_breaks_a_rule_is_said_with_its_cell_and_nothing_is_written(typed, own):
    slips = (
        ("Self-assessment", None, "D1", None),
        ("Self-assessment", AREA_ROW, "Level", "embedded"),
        ("Actions", 5, "Status", None),
        ("Actions", 6, "Owner", "EDI lead"),
        ("Actions", 6, "Due", "soon"),
        ("Actions", 6, "Target", "low"),
        ("Actions", 6, "What will change", "Monitor the data every quarter"),
    )
    path = typed(*AGAIN, *slips)
    with pytest.raises(ReturnError) as raised:
        add_board(path, own)
    found = {(finding.sheet, finding.place): finding.why for finding in raised.value.findings}
    book = openpyxl.load_workbook(path)
    area, action = headers(book["Self-assessment"]), headers(book["Actions"])
    assert found.keys() == {
        ("Self-assessment", "D1"),
        ("Self-assessment", f"{area['Level']}{AREA_ROW}"),
        ("Actions", f"{action['What will change']}5"),
        ("Actions", f"{action['Owner']}6"),
        ("Actions", f"{action['Due']}6"),
        ("Actions", f"{action['Target']}6"),
        ("Actions", f"{action['What will change']}6"),
    }
    assert 'lacks "status"' in found["Actions", f"{action['What will change']}5"]
    assert "changes nothing" in found["Actions", f"{action['What will change']}6"]
    assert (own.params / "trusts" / "R1H.yml").read_text(encoding="utf-8") == EXISTING
    marked = openpyxl.load_workbook(path.with_name("R1H_board-marked.xlsx"))
    assert "To correct" in marked["Actions"][f"{action['Owner']}6"].comment.text


def test_an_action_that_would_go_is_named_and_asked_about(typed, own, monkeypatch):
    gone = [("Actions", 5, header, None) for header in board._OF_ACTION]
    path = typed(*AGAIN, *gone)
    monkeypatch.chdir(own.root)
    refused = CliRunner().invoke(main, ["data", "add", str(path)])
    assert refused.exit_code == 2
    assert 'The action "Replace unstructured interviews' in refused.output and "it would go" in refused.output
    assert len(read_params("R1H", project=own).actions) == 1
    tried = CliRunner().invoke(main, ["data", "add", "--dry-run", str(path)])
    assert "would be written to params/trusts/R1H.yml" in tried.output, tried.output
    assert len(read_params("R1H", project=own).actions) == 1
    taken = CliRunner().invoke(main, ["data", "add", "--yes", str(path)])
    assert taken.exit_code == 0, taken.output
    assert "kept as params/earlier/R1H_until_" in taken.output
    (action,) = read_params("R1H", project=own).actions
    assert action.owner == "Chief nurse"
    back = CliRunner().invoke(main, ["data", "undo"])
    assert back.exit_code == 0, back.output
    assert (own.params / "trusts" / "R1H.yml").read_text(encoding="utf-8") == EXISTING
    assert not list((own.params / "earlier").iterdir())


def test_the_command_writes_the_boards_template(own, monkeypatch):
    monkeypatch.chdir(own.root)
    made = CliRunner().invoke(main, ["data", "template", "board", "r1h"])
    assert made.exit_code == 0, made.output
    path = own.root / "data" / "local" / "R1H_board.xlsx"
    assert is_board(path)
    assert "data add data/local/R1H_board.xlsx" in made.output
    empty = CliRunner().invoke(main, ["data", "add", str(path)])
    assert "has no level and no action" in empty.output
    assert "there already" in CliRunner().invoke(main, ["data", "template", "board", "R1H"]).output
    assert not list(Path(own.params / "trusts").glob("R1H*"))
