"""A trust's own patient figures: from the template to figures that are safe to show."""

import csv
import io
from datetime import date

import openpyxl
import pandas as pd
import pytest

from race_equality.disclosure.attack import Relation, attack
from race_equality.errors import InputError
from race_equality.sources.ingest import add_return
from race_equality.sources.publications.demonstration import demonstration_figures
from race_equality.sources.recognition import return_kind
from race_equality.sources.returns import patients
from race_equality.sources.returns.patients import (
    BREAKDOWNS,
    COLUMNS,
    INDICATORS,
    KNOWN_BY,
    MEASURES,
    read_return,
    rows_of_a_year,
    shares,
    template,
    template_workbook,
)
from race_equality.sources.store_check import check_store
from race_equality.store.figures import read_figures
from race_equality.store.schema import check_figures

YEARS = [date(2023, 3, 31), date(2024, 3, 31), date(2025, 3, 31)]
NAME = "Guy's and St Thomas' NHS Foundation Trust"
# Asian, Black, Mixed, White, Other, Not stated, Not known; quintiles 1 to 5, unknown
FILLED = {
    ("patients_waiting", "on the waiting list"): (1000, 800, 200, 5000, 300, 400, 300, 3000, 2000, 1500, 900, 500, 100),
    ("patients_waiting", "over 18 weeks"): (400, 350, 90, 1900, 120, 150, 110, 1300, 800, 550, 290, 150, 30),
    ("patients_waiting", "over 52 weeks"): (30, 40, 9, 150, 12, 0, 6, 120, 60, 40, 18, 7, 2),
    ("patients_detained", "inpatients"): (90, 120, 30, 400, 9, 20, 31, 300, 180, 120, 60, 30, 10),
    ("patients_detained", "detained under the Mental Health Act"): (40, 70, 15, 150, 3, 8, 14, *[""] * 6),
}
PLACE = {column: number for number, column in enumerate(COLUMNS)}


@pytest.fixture
def fill(tmp_path):
    """Write a return that somebody filled in for every year."""

    def write(changes=None, *, edit=None):
        path = tmp_path / "RJ1_patients_return.csv"
        values = FILLED | (changes or {})
        rows = list(csv.reader(template("RJ1", NAME, YEARS, path.name).splitlines()))
        for row in rows:
            if len(row) == len(COLUMNS) and (row[2], row[3]) in values:
                given = [str(value) for value in values[row[2], row[3]]]
                row[4:] = given + [""] * (len(COLUMNS) - 4 - len(given))
        if edit:
            edit(rows)
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


def last_year(figures, indicator):
    return figures[(figures["indicator"] == indicator) & (figures["period_end"] == pd.Timestamp(2025, 3, 31))]


def figure(figures, indicator, group, year=2025):
    found = figures.query("indicator == @indicator and group == @group")
    found = found[found["period_end"] == pd.Timestamp(year, 3, 31)]
    assert len(found) == 1
    return found.iloc[0]


def test_shares_of_each_group_become_figures(fill, trust_list):
    code, loaded = read_return(fill(), trust_list)
    figures = check_figures(loaded.figures, origin="return")
    assert (code, loaded.source_id) == ("RJ1", "patients_return_RJ1")
    row = figure(figures, "patients_waiting_over_18_weeks_by_ethnicity", "Black")
    assert (row["value"], row["numerator"], row["denominator"]) == (43.75, 350, 800)
    assert row["period_start"] == row["period_end"]
    assert row["locator"] == "RJ1_patients_return.csv row 32, Black"  # 9 lines of help, the header, the 22nd row
    row = figure(figures, "patients_waiting_over_52_weeks_by_deprivation", "Quintile 1", 2024)
    assert (row["value"], row["denominator"]) == (4.0, 3000)
    row = figure(figures, "patients_waiting_over_52_weeks_by_ethnicity", "Not stated")
    assert (row["value"], row["status"]) == (0, "ok")  # nobody among 400
    row = figure(figures, "patients_detained_by_ethnicity", "Black")
    assert row["period_start"] == pd.Timestamp(2024, 4, 1)
    assert set(figures["indicator"]) == set(INDICATORS)
    # 3 years; 6 shares of 7 ethnic and 6 deprivation groups, 4 of age and 3 of sex
    assert len(figures) == 3 * 6 * 20


def test_what_is_left_empty_is_not_available(fill, trust_list):
    figures = read_return(fill(), trust_list)[1].figures
    assert figure(figures, "patients_did_not_attend_by_ethnicity", "White")["status"] == "not_available"
    assert figure(figures, "patients_detained_by_deprivation", "Quintile 1")["status"] == "not_available"


def test_small_counts_are_not_kept_and_cannot_be_worked_out(fill, trust_list):
    figures = read_return(fill(), trust_list)[1].figures
    for indicator in ("patients_detained_by_ethnicity", "patients_waiting_over_52_weeks_by_deprivation"):
        rows = last_year(figures, indicator)
        hidden = rows[rows["status"] == "suppressed"]
        # the small one and another: the total over groups is known
        assert len(hidden) >= 2
        assert hidden[["value", "numerator", "denominator"]].isna().all(axis=None)
    assert figure(figures, "patients_detained_by_ethnicity", "Other")["status"] == "suppressed"
    unknown = figure(figures, "patients_waiting_over_52_weeks_by_deprivation", "Unknown")
    assert unknown["status"] == "suppressed"


@pytest.mark.parametrize("small", [1, 2, 4])
@pytest.mark.parametrize("also", [1, 4, 60])
def test_an_attacker_who_knows_the_total_learns_less_than_the_threshold(small, also):
    columns = list(BREAKDOWNS["ethnicity"])
    people = dict(zip(columns, (small, also, 80, 900, 45, 30, 25), strict=True))
    measure = MEASURES[1]
    counts = {(measure.base, c): 2000.0 for c in columns} | {("did not attend", c): float(n) for c, n in people.items()}
    published = {c: part for _, c, _, status, part, _ in shares(measure, "ethnicity", counts)}
    assert published[columns[0]] is None
    cells = published | {"total": float(sum(people.values()))}
    hidden = [c for c, n in published.items() if n is None]
    ranges = attack(cells, relations=[Relation.total("total", columns)], targets=hidden)
    for column in hidden:
        low, high = ranges[column][:2]
        assert high - low >= 5, column


def test_a_base_that_is_too_small_hides_its_shares(fill, trust_list):
    changes = {
        ("patients_did_not_attend", "appointments"): (10, *[600] * 6, *[600] * 6),
        ("patients_did_not_attend", "did not attend"): (6, *[60] * 6, *[60] * 6),
    }
    loaded = read_return(fill(changes), trust_list)[1]
    assert figure(loaded.figures, "patients_did_not_attend_by_ethnicity", "Asian")["status"] == "suppressed"
    assert figure(loaded.figures, "patients_did_not_attend_by_deprivation", "Quintile 1")["value"] == 10
    assert any("3,610 by ethnicity and 3,600 by deprivation" in remark for remark in loaded.remarks), loaded.remarks


def test_a_level_between_two_that_are_shown_is_not_left_to_be_read_off(fill, trust_list):
    """Black: 12 of 103 over 18, 52 and 65 weeks. Of the Mixed group 3 waited over 52, which hid Black there alone."""
    five = {
        "on the waiting list": (400, 103, 90, 2000, 150),
        "over 18 weeks": (60, 12, 30, 400, 40),
        "over 52 weeks": (30, 12, 3, 150, 20),
        "over 65 weeks": (20, 12, 0, 60, 15),
    }
    deprivation = {"on the waiting list": 500, "over 18 weeks": 100, "over 52 weeks": 40, "over 65 weeks": 20}
    changes = {
        ("patients_waiting", item): (*counts, deprivation[item], deprivation[item], *[deprivation[item]] * 6)
        for item, counts in five.items()
    }
    figures = read_return(fill(changes), trust_list)[1].figures
    status = {
        weeks: last_year(figures, f"patients_waiting_over_{weeks}_weeks_by_ethnicity").set_index("group")["status"]
        for weeks in (18, 52, 65)
    }
    assert status[52]["Mixed"] == "suppressed"
    black = [status[weeks]["Black"] for weeks in (18, 52, 65)]
    assert black != ["ok", "suppressed", "ok"]


def test_few_in_all_shows_nothing(fill, trust_list):
    changes = {
        ("patients_restrictive_interventions", "inpatients"): [50] * 13,
        ("patients_restrictive_interventions", "subject to a restrictive intervention"): (1, 2, *[0] * 11),
    }
    figures = read_return(fill(changes), trust_list)[1].figures
    rows = figures.query("indicator == 'patients_restrictive_interventions_by_ethnicity'")
    assert set(rows["status"]) == {"suppressed"}
    rows = figures.query("indicator == 'patients_restrictive_interventions_by_deprivation'")
    assert set(rows["value"]) == {0}


def set_cell(indicator, item, column, value):
    def edit(rows):
        row = next(r for r in rows if len(r) > 3 and (r[2], r[3]) == (indicator, item))
        row[PLACE[column]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (set_cell("patients_waiting", "over 52 weeks", "Black", "351"), "Black: 351 people out of 350 over 18 weeks"),
        (set_cell("patients_waiting", "over 52 weeks", "Black", "3.5"), "3.5 is not a whole number"),
        (
            set_cell("patients_waiting", "over 52 weeks", "Black", "<5"),
            "Black: '<5' is not a number. Write the number itself, small as it is",
        ),
        (set_cell("patients_waiting", "over 52 weeks", "Black", "n/a"), "Leave the cell empty where it is not known"),
        (set_cell("patients_waiting", "over 52 weeks", "Black", "1,20"), "'1,20', which is not a number"),
        (set_cell("patients_waiting", "over 52 weeks", "item", "over 52 wks"), "The nearest is 'over 52 weeks'"),
        (set_cell("patients_waiting", "over 52 weeks", "indicator", "waits"), "The indicator 'waits' is not known"),
        (set_cell("patients_waiting", "over 52 weeks", "item", "over 18 weeks"), "is here and at"),
        (
            lambda rows: next(r for r in rows if r[0] == "trust_code").__setitem__(5, "BME"),
            "There is no column headed 'Black'",
        ),
    ],
)
def test_a_slip_names_its_row(fill, trust_list, edit, problem):
    with pytest.raises(InputError, match=problem):
        read_return(fill(edit=edit), trust_list)


def test_the_workbook_gives_the_figures_of_the_csv(fill, trust_list, tmp_path):
    path = tmp_path / "RJ1_patients_return.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(template_workbook("RJ1", NAME, YEARS, path.name)))
    places = set()
    for sheet in book.worksheets[:-1]:
        for row in sheet.iter_rows(min_row=5):
            if sheet.title not in ("Instructions", "Checks"):
                places.add((row[1].value, row[2].value))
                for cell, value in zip(row[4:17], FILLED.get((row[1].value, row[2].value), ()), strict=False):
                    cell.value = value or (None if value == "" else 0)
    book.save(path)
    assert places == set(rows_of_a_year())
    from_workbook, from_csv = (read_return(p, trust_list)[1].figures for p in (path, fill()))
    assert from_workbook.drop(columns="locator").equals(from_csv.drop(columns="locator"))


def test_it_is_kept_beside_the_wres_return(fill, read_cut, project):
    read_cut(project)
    assert add_return(fill(), project, ask=list).changed
    local = project.root / "data" / "local"
    names = ["patients_return_RJ1.parquet", "patients_return_RJ1.yml"]
    assert sorted(path.name for path in local.glob("*.*")) == names
    held = read_figures("patients_waiting_over_18_weeks_by_ethnicity", project=project)
    assert set(held["trust_code"]) == {"RJ1", "DEMO"}
    assert check_store(project, whole_schema=True) == []
    assert not add_return(fill(), project, ask=list).changed


def test_the_demonstration_trusts_figures_are_invented_whole_and_hang_together():
    figures = demonstration_figures()
    own = figures[figures["indicator"].isin(INDICATORS)]
    assert set(own["indicator"]) == set(INDICATORS)
    assert len(own) == 3 * 6 * 20
    waits = last_year(figures, "rtt_over_52_weeks")
    by_group = last_year(own, "patients_waiting_over_52_weeks_by_ethnicity")
    assert (by_group["status"] == "ok").all()
    by_sex = last_year(own, "patients_waiting_over_52_weeks_by_sex")
    for part in ("numerator", "denominator"):
        assert by_group[part].sum() == by_sex[part].sum() == waits[part].item()


# after ethnicity and deprivation: aged 0 to 18, 19 to 64, 65 and over, unknown; female, male, unknown
BY_AGE_AND_SEX = {
    ("patients_waiting", "on the waiting list"): (1500, 4000, 2480, 20, 4300, 3680, 20),
    ("patients_waiting", "over 18 weeks"): (500, 1800, 812, 8, 1700, 1413, 7),
    ("patients_waiting", "over 52 weeks"): (20, 150, 77, 0, 140, 104, 3),
    ("patients_detained", "inpatients"): (60, 400, 235, 5, 380, 320, 0),
    ("patients_detained", "detained under the Mental Health Act"): (12, 200, 86, 2, 170, 130, 0),
}
WITH_ALL = {key: (*FILLED[key], *more) for key, more in BY_AGE_AND_SEX.items()}


def test_age_and_sex_become_figures(fill, trust_list):
    loaded = read_return(fill(WITH_ALL), trust_list)[1]
    figures = check_figures(loaded.figures, origin="return")
    row = figure(figures, "patients_waiting_over_18_weeks_by_age", "19 to 64")
    assert (row["value"], row["numerator"], row["denominator"]) == (45.0, 1800, 4000)
    row = figure(figures, "patients_detained_by_sex", "Female")
    assert (row["numerator"], row["denominator"]) == (170, 380)
    assert row["locator"].endswith("Female")
    assert figure(figures, "patients_did_not_attend_by_sex", "Male")["status"] == "not_available"
    assert loaded.remarks == ()


def test_age_and_sex_too_small_to_show_are_hidden_with_another(fill, trust_list):
    figures = read_return(fill(WITH_ALL), trust_list)[1].figures
    # 3 of unknown sex waited over a year: with the 140 and the total of 247 they could be worked out
    rows = last_year(figures, "patients_waiting_over_52_weeks_by_sex").set_index("group")
    assert rows["status"].to_dict() == {"Female": "ok", "Male": "suppressed", "Unknown": "suppressed"}
    assert rows.loc["Male", ["value", "numerator", "denominator"]].isna().all()
    # 5 inpatients of unknown age are fewer than 11, and the next smallest goes with them
    rows = last_year(figures, "patients_detained_by_age").set_index("group")
    assert rows.loc[["0 to 18", "Unknown"], "status"].tolist() == ["suppressed"] * 2
    assert rows.loc[["19 to 64", "65 and over"], "status"].tolist() == ["ok"] * 2
    # nobody of unknown sex was an inpatient: a share of nobody is no number, and hides nothing
    rows = last_year(figures, "patients_detained_by_sex").set_index("group")
    assert rows["status"].to_dict() == {"Female": "ok", "Male": "ok", "Unknown": "not_available"}


def test_the_totals_of_all_four_breakdowns_are_held_to_each_other(fill, trust_list):
    changes = {
        ("patients_waiting", "over 18 weeks"): (*WITH_ALL["patients_waiting", "over 18 weeks"][:-3], 1720, 1413, 7)
    }
    remarks = read_return(fill(WITH_ALL | changes), trust_list)[1].remarks
    assert len(remarks) == 3  # one a year
    assert "3,120 by ethnicity, 3,120 by deprivation, 3,120 by age and 3,140 by sex" in remarks[0]
    part_over_whole = {("patients_waiting", "over 52 weeks"): (*WITH_ALL["patients_waiting", "over 52 weeks"][:-1], 8)}
    with pytest.raises(InputError, match="Sex unknown: 8 people out of 7 over 18 weeks"):
        read_return(fill(WITH_ALL | part_over_whole), trust_list)


def old_rows(rows):
    """Cut a file to the columns of the template before age and sex."""
    for row in rows:
        if len(row) == len(COLUMNS):
            del row[len(KNOWN_BY) :]


def test_a_file_of_before_age_and_sex_is_read_as_it_was(fill, trust_list):
    assert KNOWN_BY[-1] == "Deprivation unknown"
    path = fill(edit=old_rows)
    assert return_kind(path) is patients
    figures = read_return(path, trust_list)[1].figures
    of_today = read_return(fill(), trust_list)[1].figures
    assert figures.drop(columns="locator").equals(of_today.drop(columns="locator"))
    row = figure(figures, "patients_waiting_over_18_weeks_by_sex", "Female")
    assert (row["status"], row["locator"]) == ("not_available", "RJ1_patients_return.csv: no row or no column")


def test_an_old_workbook_is_read_as_well(trust_list, tmp_path):
    path = tmp_path / "RJ1_patients_return.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(template_workbook("RJ1", NAME, YEARS, path.name)))
    for sheet in book.worksheets[1:-1]:
        sheet.delete_cols(5 + 13, 7)  # what is counted stands between the item and the groups
        for row in sheet.iter_rows(min_row=5):
            for cell, value in zip(row[4:17], FILLED.get((row[1].value, row[2].value), ()), strict=False):
                cell.value = value if value != "" else None
    book.save(path)
    figures = read_return(path, trust_list)[1].figures
    assert figure(figures, "patients_waiting_over_18_weeks_by_ethnicity", "Black")["value"] == 43.75
    assert figure(figures, "patients_waiting_over_18_weeks_by_age", "0 to 18")["status"] == "not_available"


def test_half_of_a_breakdown_is_a_column_that_is_missing(fill, trust_list):
    def without_male(rows):
        for row in rows:
            if len(row) == len(COLUMNS):
                del row[PLACE["Male"]]

    with pytest.raises(InputError, match="There is no column headed 'Male'"):
        read_return(fill(WITH_ALL, edit=without_male), trust_list)
