"""WRES 1 to 4 and 9 as trusts publish them: many trusts in one file, and what is wrong on their pages.

Every number here is invented for the test.
"""

import csv
import io
from datetime import date

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from race_equality.commands.main import main
from race_equality.errors import InputError
from race_equality.sources.ingest import add_return
from race_equality.sources.recognition import return_kind
from race_equality.sources.returns import published_wres, wres
from race_equality.sources.returns.known import Known, known_from
from race_equality.sources.returns.published_wres import COLUMNS, read_published, template, template_workbook
from race_equality.sources.store_check import check_store
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source
from race_equality.store.schema import check_figures

PAGE, READ = "https://www.trust.nhs.uk/wres-2025.pdf", "2025-11-20"
TODAY = date(2026, 1, 5)
TRAINED = "accessed non-mandatory training and CPD"
# trust, year, indicator, item: White, Ethnic minority, Unknown
# wres_2: 400/2000 = 20% over 210/1500 = 14%: 1.43; wres_3: 17/2000 over 20/4000: 1.70; wres_4: 0.60 over 0.575: 1.04
ROWS = {
    ("RJ1", 2025, "wres_2", "shortlisted"): (2000, 1500, 90),
    ("RJ1", 2025, "wres_2", "appointed"): (400, 210, 12),
    ("RJ1", 2025, "wres_3", "staff"): (4000, 2000, 200),
    ("RJ1", 2025, "wres_3", "entered the formal disciplinary process"): (20, 17, 0),
    ("RJ1", 2025, "wres_4", "staff"): (4000, 2000, 200),
    ("RJ1", 2025, "wres_4", TRAINED): (2400, 1150, 100),
    ("RJ1", 2025, "wres_9_board", "people"): (12, 3, 0),
    ("RV5", 2024, "wres_2", "shortlisted"): (1000, 600, ""),
    ("RV5", 2024, "wres_2", "appointed"): (150, 60, ""),
}
APPOINTED = ("RJ1", 2025, "wres_2", "appointed")
SHORTLISTED = ("RJ1", 2025, "wres_2", "shortlisted")
DISCIPLINED = ("RJ1", 2025, "wres_3", "entered the formal disciplinary process")
STAFF = ("RJ1", 2025, "wres_3", "staff")


@pytest.fixture
def copied(tmp_path):
    """Write what an analyst copied: rows of the template's columns, with the cells that a test changes."""

    def write(rows=ROWS, cells=None, *, name="copied.csv", excel=False):
        given = []
        for key, counts in rows.items():
            code, year, indicator, item = key
            row = dict.fromkeys(COLUMNS, "") | {"address": PAGE, "read_on": READ, "trust_code": code}
            row |= {"year_to": f"{year}-03-31", "indicator": indicator, "item": item}
            row |= dict(zip(wres.GROUPS, counts, strict=True)) | (cells or {}).get(key, {})
            given.append([row[column] for column in COLUMNS])
        if excel:
            path = tmp_path / name.replace(".csv", ".xlsx")
            book = openpyxl.load_workbook(io.BytesIO(template_workbook(["RJ1"], [date(2025, 3, 31)], path.name)))
            sheet = book["Published figures"]
            sheet.delete_rows(2, sheet.max_row)
            for row in given:
                # a workbook keeps days as days
                days = [
                    date.fromisoformat(value) if str(value).startswith("20") and "-" in str(value) else value
                    for value in row
                ]
                sheet.append([None if value == "" else value for value in days])
            book.save(path)
            return path
        path = tmp_path / name
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write("# a remark\n")
            csv.writer(file).writerows([COLUMNS, *given])
        return path

    return write


def refusal(path, trust_list, known=None):
    with pytest.raises(InputError) as raised:
        read_published(path, trust_list, known=known, today=TODAY)
    assert path.name in str(raised.value)
    assert raised.value.mend
    return str(raised.value)


def test_one_file_holds_many_trusts_and_years_each_figure_with_its_page(copied, trust_list):
    path = copied(cells={APPOINTED: {"address": "https://a.nhs.uk/b?c=1", "read_on": "21/11/2025"}})
    loaded = read_published(path, trust_list, today=TODAY)
    figures = check_figures(loaded.figures, origin="copied")
    assert set(figures["trust_code"]) == {"RJ1", "RV5"}
    row = figures.query("trust_code == 'RJ1' and indicator == 'wres_2' and group == 'Ethnic minority'").iloc[0]
    assert (row["value"], row["numerator"], row["denominator"]) == (pytest.approx(14.0), 210, 1500)
    assert row["period_start"] == pd.Timestamp(2024, 4, 1)
    assert row["locator"] == (
        "published by the trust at https://a.nhs.uk/b?c=1, read on 2025-11-21 (copied.csv row 4, Ethnic minority)"
    )
    # what the page does not print is no row: a blank Unknown of RV5, all of its other indicators
    assert len(figures.query("trust_code == 'RV5'")) == 2
    assert set(figures["status"]) == {"ok"}


def test_a_workbook_is_read_as_the_csv_is(copied, trust_list):
    columns = ["trust_code", "period_end", "indicator", "group", "value", "numerator", "denominator"]
    from_csv, from_excel = (
        read_published(copied(excel=excel), trust_list, today=TODAY).figures[columns] for excel in (False, True)
    )
    assert from_csv.equals(from_excel)


@pytest.mark.parametrize("excel", [False, True])
def test_the_template_has_the_rows_of_a_return_and_is_known_as_such(tmp_path, excel):
    path = tmp_path / ("t.xlsx" if excel else "t.csv")
    arguments = (["RJ1", "RV5"], [date(2025, 3, 31)], path.name)
    path.write_bytes(template_workbook(*arguments) if excel else template(*arguments).encode())
    assert return_kind(path) is published_wres
    if excel:
        rows = list(openpyxl.load_workbook(path)["Published figures"].iter_rows(values_only=True))
        keys = {(row[0], row[2], row[3]) for row in rows[1:]}
    else:
        rows = list(csv.reader(line for line in path.read_text().splitlines() if line[0] != "#"))
        keys = {(row[0], row[2], row[3]) for row in rows[1:]}
    assert tuple(rows[0]) == COLUMNS
    assert keys == {(code, *pair) for code in ("RJ1", "RV5") for pair in wres.rows_of_a_year()}


@pytest.mark.parametrize(
    ("key", "cells", "problem"),
    [
        (APPOINTED, {"address": ""}, "row 4, address: The row has no address"),
        (APPOINTED, {"address": "the WRES report"}, "'the WRES report' is not the address of a page"),
        (APPOINTED, {"address": "javascript:alert(1)"}, "is not the address of a page"),
        (APPOINTED, {"address": "file:///home/me/wres.pdf"}, "is not the address of a page"),
        (APPOINTED, {"read_on": ""}, "row 4, read_on: The row has no day on which the page was read"),
        (APPOINTED, {"read_on": "last week"}, "'last week' is not a day"),
        (APPOINTED, {"read_on": "2026-11-20"}, "read on 2026-11-20, later than today"),
        (APPOINTED, {"read_on": "2024-11-20"}, "read on 2024-11-20, before the year had ended"),
        (APPOINTED, {"trust_code": "RVJ"}, "'RVJ' is not the code of a trust that is open. It is RA7 today"),
        (APPOINTED, {"trust_code": "ENG"}, "England's figures come from the national WRES report"),
        (APPOINTED, {"item": "shortlisted"}, "wres_2 shortlisted is here and at row 3"),
        (APPOINTED, {"White": "2001"}, "2001 people out of 2000 shortlisted"),
        (APPOINTED, {"White": "<5"}, "'<5' is not a number"),
        (APPOINTED, {"White": "20%"}, "20% is a percentage, and the cell is for a number of people"),
        # what trusts print as a ratio
        (APPOINTED, {"ratio": "1.43%"}, "row 4, ratio: '1.43%' is a ratio printed as a percentage"),
        (APPOINTED, {"ratio": "0.0143"}, "too small for one: a workbook keeps a ratio printed as a percentage so"),
        (DISCIPLINED, {"ratio": "0.66 more likely"}, "'0.66 more likely' is a number and words"),
        (APPOINTED, {"ratio": "0.70"}, "The ratio 0.7 is turned over: the counts give 1.43"),
        (DISCIPLINED, {"ratio": "0.59"}, "wres_3 is Ethnic minority over White"),
        (APPOINTED, {"ratio": "0.8 to 1.25"}, "the range of the four-fifths rule"),
        (APPOINTED, {"ratio": "2.10"}, "The ratio 2.1 contradicts its own counts, which give 1.43"),
        (APPOINTED, {"national": "1.25"}, "row 4, national: 1.25 is a bound of the four-fifths rule"),
        (APPOINTED, {"national": "0.80"}, "0.80 is a bound of the four-fifths rule"),
        (APPOINTED, {"national": "0.80–1.25"}, "the range of the four-fifths rule"),
        (("RJ1", 2025, "wres_9_board", "people"), {"ratio": "1.1"}, "wres_9_board has no ratio"),
    ],
)
def test_what_is_wrong_names_its_row(copied, trust_list, key, cells, problem):
    assert problem in refusal(copied(cells={key: cells}), trust_list)


def test_a_workbook_names_sheet_and_cell(copied, trust_list):
    path = copied(cells={APPOINTED: {"ratio": 0.0143}}, excel=True)
    assert "Published figures" in refusal(path, trust_list)
    assert "H3" in refusal(path, trust_list)


def test_a_ratio_without_counts_is_refused(copied, trust_list):
    rows = ROWS | {APPOINTED: ("", "", "")}
    said = refusal(copied(rows, {APPOINTED: {"ratio": "1.43"}}), trust_list)
    assert "The page's ratio stands without the counts that it rests on: it has no interval" in said
    rows.pop(SHORTLISTED)
    assert "Copy 'shortlisted' and 'appointed'" in refusal(copied(rows, {APPOINTED: {"ratio": "1.43"}}), trust_list)


@pytest.mark.parametrize("printed", ["1.43", "1.4", "1.428571", "1"])
def test_a_ratio_that_its_counts_give_is_taken_as_rounded(copied, trust_list, printed):
    path = copied(cells={APPOINTED: {"ratio": printed}, DISCIPLINED: {"ratio": "1.70"}})
    assert read_published(path, trust_list, today=TODAY).remarks == ()


def test_a_ratio_of_rounded_shares_is_said_and_the_counts_are_used(copied, trust_list):
    loaded = read_published(copied(cells={APPOINTED: {"ratio": "1.48"}}), trust_list, today=TODAY)
    assert loaded.remarks == (
        "wres_2 of RJ1, year to 2025-03-31: the page prints 1.48, its counts give 1.43. The counts are used.",
    )


def test_englands_ratio_of_another_year_is_said(copied, trust_list):
    known = Known(national={("wres_2", 2025): 1.54})
    path = copied(cells={APPOINTED: {"national": "1.59"}})
    (remark,) = read_published(path, trust_list, known=known, today=TODAY).remarks
    assert "the page prints 1.59 for England, the national WRES report has 1.54" in remark
    path = copied(cells={APPOINTED: {"national": "1.5"}})
    assert read_published(path, trust_list, known=known, today=TODAY).remarks == ()


# 70% from ethnic minorities where 32% of those who answer the survey are
SWAPPED = ROWS | {STAFF: (2000, 4700, 200), DISCIPLINED: (17, 20, 0)}


def test_white_and_ethnic_minority_swapped_is_questioned_by_who_works_there(copied, trust_list):
    known = Known(minority={"RJ1": 0.32, "RV5": 0.5})
    said = refusal(copied(SWAPPED), trust_list, known)
    assert "row 5, Ethnic minority: wres_3 of RJ1, year to 31 March 2025: 70% from ethnic minorities" in said
    assert "of those who answered the staff survey they are 32%. White and Ethnic minority may be swapped" in said
    confirmed = copied(SWAPPED, {STAFF: {"confirmed": "yes"}})
    assert len(read_published(confirmed, trust_list, known=known, today=TODAY).figures)
    assert "'maybe' is not yes" in refusal(copied(SWAPPED, {STAFF: {"confirmed": "maybe"}}), trust_list, known)


def test_swapped_is_questioned_by_the_year_before_in_the_file_or_held(copied, trust_list):
    earlier = {("RJ1", 2024, indicator, item): n for (code, _, indicator, item), n in ROWS.items() if code == "RJ1"}
    turned = {SHORTLISTED: (500, 2000, 90), APPOINTED: (90, 400, 12)}
    earlier[("RJ1", 2024, "wres_2", "shortlisted")], earlier[("RJ1", 2024, "wres_2", "appointed")] = (
        (2000, 500, 90),
        (400, 90, 12),
    )
    assert "and a year before they were 20%" in refusal(copied(ROWS | earlier | turned), trust_list)
    known = Known(before={("RJ1", 2024, "wres_2"): 0.2})
    assert "and a year before they were 20%" in refusal(copied(ROWS | turned), trust_list, known)


def test_a_swapped_board_and_swapped_bands_are_questioned(copied, trust_list):
    known = Known(minority={"RJ1": 0.2})
    board = {("RJ1", 2025, "wres_9_board", "people"): (3, 12, 0)}
    assert "wres_9_board of RJ1, year to 31 March 2025: 80%" in refusal(copied(board), trust_list, known)
    # a mostly White board of a workforce that is not is what many trusts have
    mostly_white = {("RJ1", 2025, "wres_9_board", "people"): (11, 4, 0)}
    assert len(
        read_published(copied(mostly_white), trust_list, known=Known(minority={"RJ1": 0.7}), today=TODAY).figures
    )
    # no band by itself: of few people any share can be
    bands = {
        ("RJ1", 2025, f"wres_1_clinical_band_{n}", "people"): counts for n, counts in ((5, (9, 90, 0)), (6, (90, 9, 0)))
    }
    assert len(read_published(copied(bands), trust_list, known=known, today=TODAY).figures) == 6
    bands[("RJ1", 2025, "wres_1_clinical_band_6", "people")] = (9, 90, 0)
    assert "wres_1 of RJ1" in refusal(copied(bands), trust_list, known)


def test_pay_bands_of_some_of_the_staff_are_no_workforce(copied, trust_list):
    band = ("RJ1", 2025, "wres_1_clinical_band_5", "people")
    assert "hold 1,100 of 6,200 staff" in refusal(copied(ROWS | {band: (700, 380, 20)}), trust_list)
    confirmed = copied(ROWS | {band: (700, 380, 20)}, {band: {"confirmed": "Yes"}})
    assert "wres_1_clinical_band_5" in set(read_published(confirmed, trust_list, today=TODAY).figures["indicator"])
    assert len(read_published(copied(ROWS | {band: (4000, 2000, 20)}), trust_list, today=TODAY).figures)


def test_where_both_groups_are_about_as_many_nobody_can_tell(copied, trust_list):
    rows = ROWS | {STAFF: (2700, 3300, 200)}
    known = Known(minority={"RJ1": 0.45})
    assert len(read_published(copied(rows), trust_list, known=known, today=TODAY).figures)


def test_far_too_many_or_few_staff_are_questioned(copied, trust_list):
    known = Known(headcount={"RJ1": {2023: 20_000.0}})
    assert "6,200 staff, and the trust had 20,000 in March 2023" in refusal(copied(), trust_list, known)
    known = Known(headcount={"RJ1": {2023: 7_000.0}})
    assert len(read_published(copied(), trust_list, known=known, today=TODAY).figures)
    assert len(read_published(copied(), trust_list, known=Known(headcount={"RJ1": {2012: 1.0}}), today=TODAY).figures)


def test_what_is_known_of_trusts_comes_from_the_store(cut, read_cut, project, copied):
    read_cut(project)
    add_return(copied(), project)
    known = known_from(read_figures(local=False, project=project))
    assert known.before["RJ1", 2025, "wres_3"] == pytest.approx(2000 / 6000)
    assert known.before["RJ1", 2025, "wres_9_board"] == pytest.approx(3 / 15)
    # the last of the cut's two surveys, and its one year of the national series
    assert known.minority["RJ1"] == pytest.approx(0.49)
    assert known.national == {("wres_2", 2023): 1.59}


def test_published_figures_go_to_the_store_and_are_public(read_cut, project, copied, trust_list):
    read_cut(project)
    outcome = add_return(copied(), project)
    assert outcome.changed
    assert not outcome.is_return
    assert not list((project.root / "data" / "local").glob("*.*"))
    rows = read_figures("wres_2", sources="wres_published", local=False, project=project)
    assert not rows["private"].any()
    source = read_source("wres_published", project=project)
    assert "published by the trust (2 trusts)" in source.title
    assert source.period == "year to 31 March 2024, year to 31 March 2025"
    assert check_store(project, whole_schema=True) == []
    assert not add_return(copied(), project).changed


def test_another_file_takes_the_place_of_its_trusts_and_years_alone(read_cut, project, copied):
    read_cut(project)
    add_return(copied(), project)
    only = {SHORTLISTED: (2000, 1500, 90), APPOINTED: (380, 210, 12)}
    outcome = add_return(copied(only, name="again.csv"), project)
    assert len(outcome.before) == 12  # three shares and the board, each of three groups
    rows = read_figures(sources="wres_published", project=project)
    mine = rows.query("trust_code == 'RJ1'")
    assert set(mine["indicator"]) == {"wres_2"}
    assert set(mine.query("group == 'White'")["value"]) == {19.0}
    assert len(rows.query("trust_code == 'RV5'")) == 2
    assert read_source("wres_published", project=project).file == "again.csv"


def test_a_wrong_file_leaves_what_is_held(read_cut, project, copied):
    read_cut(project)
    add_return(copied(), project)
    path = project.figures / "wres_published.parquet"
    before = path.read_bytes()
    with pytest.raises(InputError):
        add_return(copied(cells={APPOINTED: {"ratio": "0.70"}}), project)
    assert path.read_bytes() == before


def own_return(tmp_path, appointed="390"):
    """A private return of RJ1 for the same year, with other appointments."""
    path = tmp_path / "RJ1_wres_return.csv"
    rows = list(csv.reader(wres.template("RJ1", "x", [date(2025, 3, 31)], path.name).splitlines()))
    filled = {"shortlisted": ["2000", "1500", "90"], "appointed": [appointed, "210", "12"]}
    for row in rows:
        if len(row) == 7 and row[2] == "wres_2" and row[3] in filled:
            row[4:] = filled[row[3]]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("return_first", [False, True])
def test_a_trusts_own_return_goes_before_its_page_and_the_analyst_is_told(
    read_cut, project, copied, tmp_path, return_first
):
    read_cut(project)
    files = [copied(), own_return(tmp_path)]
    remarks = [add_return(path, project).loaded.remarks for path in (reversed(files) if return_first else files)][1]
    (remark,) = remarks
    assert "wres_2 of RJ1, year to 2025-03-31, White: 390 of 2,000 in the trust's own return, 400 of 2,000" in remark
    assert f"published by the trust at {PAGE}" in remark
    own = read_figures("wres_2", local="RJ1", project=project).query("trust_code == 'RJ1' and group == 'White'")
    assert own["numerator"].tolist() == [390]
    # what the return leaves empty is still there from the page
    board = read_figures("wres_9_board", local="RJ1", project=project).query("trust_code == 'RJ1'")
    assert dict(zip(board["group"], board["value"], strict=True)) == {"White": 12, "Ethnic minority": 3, "Unknown": 0}
    # what is said about all trusts has the page's
    public = read_figures("wres_2", local=False, project=project).query("trust_code == 'RJ1' and group == 'White'")
    assert public["numerator"].tolist() == [400]
    # and no number of the return is written where it would be committed
    text = (project.sources / "wres_published.yml").read_text()
    assert "390" not in text


def test_an_equal_return_is_no_disagreement(read_cut, project, copied, tmp_path):
    read_cut(project)
    add_return(copied(), project)
    assert add_return(own_return(tmp_path, "400"), project).loaded.remarks == ()


def test_the_command_writes_the_template_and_reads_it_back(read_cut, project, monkeypatch, copied):
    read_cut(project)
    monkeypatch.chdir(project.root)
    run = CliRunner()
    made = run.invoke(main, ["data", "template", "wres", "--published", "RJ1", "RV5", "--year-to", "2025"])
    assert made.exit_code == 0, made.output
    text = (project.root / "data" / "local" / "wres_published.csv").read_text(encoding="utf-8")
    assert text.count("2025-03-31,wres_2,appointed") == 2
    made = run.invoke(main, ["data", "template", "wres", "--published", "--excel", "--output", "many.xlsx"])
    assert made.exit_code == 0, made.output
    assert "one trust" in run.invoke(main, ["data", "template", "wres", "RJ1", "RV5"]).output
    assert "address" in run.invoke(main, ["data", "template", "wres", "--help"]).output
    added = run.invoke(main, ["data", "add", str(copied())])
    assert added.exit_code == 0, added.output
    assert "published by the trust: commit them" in added.output
    traced = run.invoke(main, ["data", "trace", "RJ1", "wres_2"])
    assert f"published by the trust at {PAGE}, read on 2025-11-20 (copied.csv row 4, White)" in traced.output
