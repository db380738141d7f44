"""A trust's own WRES return: from the template to figures in data/local."""

import csv
from datetime import date

import pandas as pd
import pytest

from race_equality.errors import InputError
from race_equality.sources.ingest import add_return, read_folder
from race_equality.sources.returns.form import years_before
from race_equality.sources.returns.wres import COLUMNS, read_return, rows_of_a_year, template
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source
from race_equality.store.schema import check_figures

TODAY = date(2026, 11, 29)
YEARS = [date(2023, 3, 31), date(2024, 3, 31), date(2025, 3, 31)]
# what a trust would fill in, for one year: (indicator, item) to White, Ethnic minority, Unknown
FILLED = {
    ("wres_1_clinical_band_5", "people"): (600, 480, 20),
    ("wres_1_medical_consultant", "people"): (210, 160, 5),
    ("wres_2", "shortlisted"): (2000, 1500, 90),
    ("wres_2", "appointed"): (400, 210, 12),
    ("wres_3", "staff"): (4000, 2000, 200),
    ("wres_3", "entered the formal disciplinary process"): (20, 17, 0),
    ("wres_4", "staff"): (4000, 2000, 200),
    ("wres_4", "accessed non-mandatory training and CPD"): (2400, 1150, 100),
    ("wres_9_board", "people"): (12, 2, 0),
    ("wres_9_voting", "people"): (10, 2, 0),
    ("wres_9_executive", "people"): (6, 0, 0),
}


@pytest.fixture
def fill(tmp_path):
    """Write a return that somebody filled in, with the changes that a test wants."""

    def write(changes=None, *, code="RJ1", years=YEARS, survey=False, edit=None):
        path = tmp_path / f"{code}_wres_return.csv"
        lines = template(code, "Guy's and St Thomas' NHS Foundation Trust", years, path.name, survey=survey)
        values = FILLED | (changes or {})
        rows = []
        for row in csv.reader(lines.splitlines()):
            if not row[0].startswith("#") and row[0] != "trust_code":
                row[4:] = [str(v) for v in values.get((row[2], row[3]), ("", "", ""))]
            rows.append(row)
        if edit:
            edit(rows)
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


def agreed(findings):
    """Somebody who takes what is odd: the bands filled in here are a part of the staff."""


def figure(figures, indicator, group, year=2025):
    found = figures.query("indicator == @indicator and group == @group")
    found = found[found["period_end"] == pd.Timestamp(year, 3, 31)]
    assert len(found) == 1
    return found.iloc[0]


def test_the_template_has_every_row_of_three_years_and_says_how(tmp_path):
    text = template("RJ1", "Guy's", YEARS, "RJ1_wres_return.csv")
    help_lines = [line for line in text.splitlines() if line.startswith("#")]
    assert "race-equality data add RJ1_wres_return.csv" in text
    assert "git ignores that folder" in " ".join(help_lines)
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))
    assert tuple(rows[0]) == COLUMNS
    # 14 bands twice, 4 medical grades, 4 shares of two rows each, 3 counts of the board
    assert len(rows) - 1 == 3 * (14 * 2 + 4 + 4 * 2 + 3)


@pytest.mark.parametrize(
    ("today", "last"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 1), 2026)]
)
def test_the_template_ends_with_the_last_31_march(today, last):
    assert years_before(today) == [date(year, 3, 31) for year in range(last - 2, last + 1)]


def test_counts_and_shares_become_figures(fill, trust_list):
    code, loaded = read_return(fill(), trust_list)
    figures = check_figures(loaded.figures, origin="return")
    assert (code, loaded.source_id) == ("RJ1", "wres_return_RJ1")
    assert figure(figures, "wres_1_clinical_band_5", "Ethnic minority")["value"] == 480
    assert figure(figures, "wres_9_voting", "White")["value"] == 10
    row = figure(figures, "wres_2", "Ethnic minority")
    assert (row["value"], row["numerator"], row["denominator"]) == (pytest.approx(14.0), 210, 1500)
    assert row["period_start"] == pd.Timestamp(2024, 4, 1)
    row = figure(figures, "wres_3", "Unknown", 2023)
    assert (row["value"], row["status"]) == (0, "ok")
    # 3 years x 3 groups, for every indicator of the return
    assert len(figures) == 9 * len({indicator for indicator, _ in rows_of_a_year()})


def test_an_empty_cell_is_not_available_and_not_zero(fill, trust_list):
    _, loaded = read_return(fill(), trust_list)
    row = figure(loaded.figures, "wres_1_clinical_band_9", "White")
    assert row["status"] == "not_available"
    assert row.isna()["value"]
    row = figure(loaded.figures, "wres_2_excluding_international", "White")
    assert row["status"] == "not_available"


def test_a_share_of_nobody_is_not_a_number(fill, trust_list):
    _, loaded = read_return(
        fill({("wres_2", "shortlisted"): (2000, 0, ""), ("wres_2", "appointed"): (400, 0, 3)}), trust_list
    )
    assert figure(loaded.figures, "wres_2", "Ethnic minority")["status"] == "not_available"
    assert figure(loaded.figures, "wres_2", "Unknown")["status"] == "not_available"


def test_the_locator_names_the_file_and_row(fill, trust_list):
    _, loaded = read_return(fill(), trust_list)
    locator = figure(loaded.figures, "wres_9_executive", "White", 2023)["locator"]
    assert locator == "RJ1_wres_return.csv row 53, White"  # 9 lines of help, the header, the 43rd row


def test_a_spreadsheets_commas_after_remarks_do_not_matter(fill, trust_list):
    def edit(rows):
        for row in rows:
            if row[0].startswith("#"):
                row += [""] * 6

    assert read_return(fill(edit=edit), trust_list)[0] == "RJ1"


def test_a_spreadsheet_may_write_the_dates_back_its_own_way(fill, trust_list):
    def edit(rows):
        for row in rows:
            if len(row) > 1 and row[1].endswith("-03-31"):
                row[1] = f"31/03/{row[1][:4]}"

    assert read_return(fill(edit=edit), trust_list)[1].figures.equals(read_return(fill(), trust_list)[1].figures)


def set_cell(indicator, item, column, value):
    def edit(rows):
        next(r for r in rows if len(r) > 3 and (r[2], r[3]) == (indicator, item))[column] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (set_cell("wres_2", "appointed", 4, "2001"), "row 44, White: 2001 people out of 2000 shortlisted"),
        (set_cell("wres_9_voting", "people", 4, "13"), "row 52, White: 13 people out of 12 on the board"),
        (set_cell("wres_2", "appointed", 4, "40.5"), "The number of people 40.5 is not a whole number"),
        (set_cell("wres_2", "appointed", 4, "-4"), "The number of people -4 is not 0 or more"),
        (set_cell("wres_2", "appointed", 4, "=SUM(A1)"), r"is '=SUM\(A1\)', which is not a number"),
        (set_cell("wres_2", "appointed", 4, "18%"), "18% is a percentage, and the cell is for a number of people"),
        (set_cell("wres_2", "appointed", 4, "1,20"), "is '1,20', which is not a number"),
        (set_cell("wres_2", "appointed", 1, "2023/25"), "'2023/25' is not the 31 March"),
        (set_cell("wres_2", "appointed", 1, "2027-03-31"), "The year to 31 March 2027 has not ended"),
        (
            set_cell("wres_2_excluding_international", "shortlisted", 4, "2001"),
            "2001 people out of 2000 shortlisted of",
        ),
        (set_cell("wres_2", "appointed", 1, "2023-12-31"), "'2023-12-31' is not the 31 March"),
        (set_cell("wres_2", "appointed", 1, "45382"), "'45382' is not the 31 March"),
        (set_cell("wres_2", "appointed", 0, "RV5"), "The trust is 'RV5' here and 'RJ1' above"),
        (set_cell("wres_2", "appointed", 3, "shortlisted"), "wres_2 shortlisted is here and at row 43"),
        (set_cell("wres_2", "appointed", 3, "hired"), "wres_2 has no item 'hired'.*appointed, shortlisted"),
        (
            set_cell("wres_2", "appointed", 2, "wres_22"),
            "The indicator 'wres_22' is not known. The nearest is 'wres_2'",
        ),
        (
            lambda rows: rows.remove(next(r for r in rows if r[0] == "trust_code")),
            "The file has no row with the columns",
        ),
        (
            lambda rows: next(r for r in rows if r[0] == "trust_code").__setitem__(5, "Asian"),
            "There is no column headed 'Ethnic minority'.*Head it as the template does",
        ),
    ],
)
def test_a_slip_names_its_row(fill, trust_list, edit, problem):
    with pytest.raises(InputError, match=problem):
        read_return(fill(edit=edit), trust_list, today=TODAY)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("RJ11", "'RJ11' is not the code of a trust that is open. The nearest is RJ1"),
        ("RVJ", "'RVJ' is not the code of a trust that is open. It is RA7 today"),
        ("DEMO", "has its invented return already"),
        ("../x", "is not the code of a trust"),
    ],
)
def test_a_return_is_of_a_trust_that_is_open(fill, trust_list, code, problem):
    path = fill(edit=lambda rows: [row.__setitem__(0, code) for row in rows if row[0] == "RJ1"])
    with pytest.raises(InputError, match=problem):
        read_return(path, trust_list)


def test_an_empty_return_and_one_of_too_many_years(fill, trust_list):
    with pytest.raises(InputError, match="The return has no numbers"):
        read_return(fill(dict.fromkeys(FILLED, ("", "", ""))), trust_list)
    with pytest.raises(InputError, match="The return has 10 years. Keep at most 9"):
        read_return(fill(years=[date(year, 3, 31) for year in range(2016, 2026)]), trust_list)


def test_a_return_of_enough_years_to_tell_when_shares_meet(fill, trust_list):
    _, loaded = read_return(fill(years=[date(year, 3, 31) for year in range(2020, 2026)]), trust_list)
    board = loaded.figures.query("indicator == 'wres_9_board' and group == 'White'")
    assert sorted(board["period_end"].dt.year) == [2020, 2021, 2022, 2023, 2024, 2025]


def test_a_return_is_kept_in_the_local_folder_with_its_source(fill, read_cut, project):
    read_cut(project)
    outcome = add_return(fill(), project, ask=agreed)
    assert outcome.changed
    local = project.root / "data" / "local"
    assert sorted(path.name for path in local.glob("*.*")) == ["RJ1.parquet", "wres_return_RJ1.yml"]
    source = read_source("wres_return_RJ1", project=project)
    assert "local, not published" in source.title
    assert source.period == "year to 31 March 2023, year to 31 March 2024, year to 31 March 2025"
    assert len(read_figures("wres_3", sources="wres_return_RJ1", project=project)) == 9
    assert not add_return(fill(), project, ask=agreed).changed


def test_a_wrong_return_leaves_the_earlier_one(fill, read_cut, project):
    read_cut(project)
    add_return(fill(), project, ask=agreed)
    before = (project.root / "data" / "local" / "RJ1.parquet").read_bytes()
    with pytest.raises(InputError):
        add_return(fill(edit=set_cell("wres_2", "appointed", 4, "-4")), project)
    assert (project.root / "data" / "local" / "RJ1.parquet").read_bytes() == before


SURVEY = {("wres_6", "responses"): (900, 600, ""), ("wres_6", "percentage"): (21.4, 27.3, "")}


def test_indicators_5_to_8_of_a_trust_without_published_ones(fill, read_cut, project):
    read_cut(project)
    add_return(fill(SURVEY, code="RV5", survey=True), project, ask=agreed)
    rows = read_figures("wres_6", project=project).query("trust_code == 'RV5'")
    last = rows[rows["period_end"] == pd.Timestamp(2024, 11, 30)].set_index("group")
    # the publication's "not available" gives way to the trust's own figure
    assert list(last["status"]) == ["ok", "ok"]
    assert last.loc["Ethnic minority", "value"] == 27.3
    assert last.loc["Ethnic minority", "numerator"] == 164  # 27.3% of 600 is 163.8
    untouched = read_figures("wres_7", sources="wres_5_to_8_2024", project=project).query("trust_code == 'RV5'")
    assert set(untouched["status"]) == {"not_available"}


def test_a_later_publication_takes_the_returns_place(fill, cut, read_cut, project, write):
    read_cut(project)
    add_return(fill(SURVEY, code="RV5", survey=True), project, ask=agreed)
    rows = [(("RV5" if row[0] == "RVJ" else row[0]), *row[1:]) for row in write.wres_rows()]
    write.wres(cut.wres, rows)
    read_folder(cut.path, project, only=["wres_5_to_8"])
    rows = read_figures("wres_6", project=project).query("trust_code == 'RV5'")
    # figures of a trust are added up: one source must have each
    assert set(rows["source"]) == {"wres_5_to_8_2024"}
    assert set(rows["status"]) == {"ok"}
    assert not read_figures("wres_3", project=project).query("trust_code == 'RV5'").empty


def test_published_indicators_5_to_8_are_not_given_again(fill, read_cut, project):
    read_cut(project)
    with pytest.raises(InputError, match="(?s)wres_6 of RJ1 is published, and read from the publication"):
        add_return(fill(SURVEY, survey=True), project)


def test_a_percentage_needs_its_responses(fill, trust_list):
    path = fill({("wres_6", "percentage"): (21.4, 27.3, "")}, code="RV5", survey=True)
    with pytest.raises(InputError, match="There is a percentage without the responses it rests on"):
        read_return(path, trust_list)


def test_indicators_5_to_8_are_of_one_survey(fill, trust_list):
    def earlier(rows):
        rows.append(["RV5", "2024-03-31", "wres_6", "percentage", "20.1", "25.0", ""])

    with pytest.raises(InputError, match="wres_6 can be given for the last year of the return alone"):
        read_return(fill(SURVEY, code="RV5", survey=True, edit=earlier), trust_list)
