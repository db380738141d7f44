"""Waiting times and A&E, month by month."""

import pandas as pd
import pytest

from race_equality.errors import InputError
from race_equality.sources.ingest import add_publication, read_folder
from race_equality.sources.publications.access import (
    AE_MONTH_COLUMNS,
    AE_MONTH_OTHER_COLUMNS,
    read_ae,
    read_ae_month,
    read_rtt,
    read_rtt_month,
)
from race_equality.sources.store_check import check_store
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source
from race_equality.store.schema import check_figures


def month(figures, code, indicator, end):
    rows = figures.query("organisation_code == @code and indicator == @indicator")
    rows = rows[rows["period_end"] == pd.Timestamp(end)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_shares_of_the_waiting_list(whole_cut, trust_list):
    loaded = read_rtt(whole_cut.rtt, trust_list)
    figures = check_figures(loaded.figures, origin="cut")
    row = month(figures, "RJ1", "rtt_within_18_weeks", "2026-02-28")
    assert (row["value"], row["numerator"], row["denominator"]) == (60, 600, 1000)
    assert row["locator"] == "row 2, within_18wk"
    assert month(figures, "RJ1", "rtt_over_52_weeks", "2026-03-31")["value"] == 1
    assert month(figures, "RVJ", "rtt_over_52_weeks", "2026-03-31")["trust_code"] == "RA7"
    assert (loaded.source_id, loaded.edition) == ("rtt", "to March 2026")


def test_a_blank_is_not_available_and_not_zero(whole_cut, trust_list):
    figures = read_rtt(whole_cut.rtt, trust_list).figures
    assert month(figures, "RJ1", "rtt_over_65_weeks", "2026-03-31")["status"] == "not_available"
    assert month(figures, "RVJ", "rtt_over_65_weeks", "2026-03-31")["value"] == 0


def test_what_is_not_a_trust_is_counted_and_a_trust_without_a_list_is_marked(whole_cut, trust_list):
    loaded = read_rtt(whole_cut.rtt, trust_list)
    assert loaded.left_out == {"organisations that are not trusts": 1}
    assert month(loaded.figures, "R1F", "rtt_over_52_weeks", "2026-03-31")["status"] == "not_available"
    assert month(loaded.figures, "RX8", "rtt_over_52_weeks", "2026-03-31")["status"] == "not_applicable"


def test_ae_marks_the_months_after_recording_changed(whole_cut, trust_list):
    figures = check_figures(read_ae(whole_cut.ae, trust_list).figures, origin="cut")
    before = month(figures, "RJ1", "ae_over_4_hours", "2025-10-31")
    assert (before["value"], before["locator"]) == (25, "row 2, over4hr_all")
    after = month(figures, "RJ1", "ae_over_12_hours_to_admission", "2025-11-30")
    assert after["value"] == 7.5
    assert (after["locator"], after["recording"]) == ("row 3, dta_12hr_plus", "recorded as since November 2025")


def test_a_month_without_attendances_has_no_share(whole_cut, trust_list):
    figures = read_ae(whole_cut.ae, trust_list).figures
    assert month(figures, "RY3", "ae_over_4_hours", "2025-11-30")["status"] == "not_applicable"


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        (1, "2026-02-15", "row 2, month_start: '2026-02-15' is not the first day of a month"),
        (1, "Feb 2026", "'Feb 2026' is not the first day of a month"),
        (1, "2026-03-01", "row 3, trust_code: The trust and month RJ1 2026-03-01 is here and at row 2"),
        (3, 1001, "row 2, within_18wk: The rtt within 18 weeks 1001 is not between 0 and 1000"),
        (2, "", "row 2, total_incomplete: The waiting list is ''"),
    ],
)
def test_a_wrong_cell_names_its_row_and_column(cut, write, trust_list, column, value, problem):
    rows = list(write.RTT)
    rows[0] = (*rows[0][:column], value, *rows[0][column + 1 :])
    write.csv(cut.rtt, rows, write.RTT_HEADER)
    with pytest.raises(InputError, match=problem):
        read_rtt(cut.rtt, trust_list)


def test_the_mark_of_the_change_must_be_there(cut, write, trust_list):
    write.csv(cut.ae, [(*row[:2], "maybe", *row[3:]) for row in write.AE], write.AE_HEADER)
    with pytest.raises(InputError, match="row 2, methodology_break: 'maybe' is neither True nor False"):
        read_ae(cut.ae, trust_list)


@pytest.fixture
def official(tmp_path, write):
    """Write a month as published: booked appointments apart, a TOTAL row, an empty column headed "a"."""

    def make(period="MSitAE-JULY-2026", changes=None, more=(), totals=None):
        columns = (*AE_MONTH_COLUMNS, *AE_MONTH_OTHER_COLUMNS, "Unnamed: 22", "a")

        def row(code, **values):
            found = dict.fromkeys(columns, 0) | {"Period": period, "Org Code": code, "Unnamed: 22": "", "a": ""}
            return tuple((found | values)[column] for column in columns)

        gstt = {
            "A&E attendances Type 1": 9000,
            "A&E attendances Other A&E Department": 1000,
            "A&E attendances Booked Appointments Type 1": 500,
            "Attendances over 4hrs Type 1": 2000,
            "Attendances over 4hrs Other Department": 500,
            "Attendances over 4hrs Booked Appointments Type 1": 100,
            "Patients who have waited 12+ hrs from DTA to admission": 90,
            "Emergency admissions via A&E - Type 1": 1700,
            "Emergency admissions via A&E - Other A&E department": 100,
        }
        rows = [row("RJ1", **(gstt | (changes or {}))), row("RBQX"), *more]
        place = {name: column for column, name in enumerate(columns)}
        sums = {name: sum(n for r in rows if isinstance(n := r[place[name]], int)) for name in AE_MONTH_COLUMNS[2:]}
        total = row("Total ", **{"Period": "Total"} | sums | (totals or {}))
        return write.csv(tmp_path / "July 2026.csv", [*rows, total], columns)

    return make


def test_a_month_as_published(official, trust_list):
    loaded = read_ae_month(official(), trust_list)
    figures = check_figures(loaded.figures, origin="cut")
    row = month(figures, "RJ1", "ae_over_4_hours", "2026-07-31")
    # booked appointments are not counted: 2,500 of 10,000
    assert (row["value"], row["numerator"], row["denominator"]) == (25, 2500, 10_000)
    assert row["locator"] == "row 2, Attendances over 4hrs Type 1 (and 2 columns more)"
    assert row["recording"] == "recorded as since November 2025"
    assert month(figures, "RJ1", "ae_over_12_hours_to_admission", "2026-07-31")["value"] == 5
    assert (loaded.source_id, loaded.period) == ("ae_month_2026_07", "July 2026")
    assert loaded.left_out == {"providers that are not trusts": 1}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"Period": "MSitAE-JULIUS-2026"}, "row 2, Period: The period is 'MSitAE-JULIUS-2026'"),
        ({"Period": "MSitAE-JUNE-2026"}, "The file has more than one month"),
        ({"A&E attendances Type 1": "many"}, "row 2, A&E attendances Type 1: The number of patients is 'many'"),
        ({"Attendances over 4hrs Type 1": 10_001}, "10501 is not between 0 and 10000"),
        ({"a": 7}, None),
    ],
)
def test_a_month_that_is_not_right_names_the_place(official, trust_list, changes, problem):
    path = official(changes=changes)
    if problem is None:
        assert read_ae_month(path, trust_list).remarks == ("Columns not read: a.",)
    else:
        with pytest.raises(InputError, match=problem):
            read_ae_month(path, trust_list)


def test_rows_that_do_not_come_to_the_total_row_are_said(official, trust_list):
    loaded = read_ae_month(official(totals={"A&E attendances Type 1": 1_300_000}), trust_list)
    assert loaded.remarks == (
        "The rows do not come to the file's own total: A&E attendances Type 1 9,000 in rows and 1,300,000 in the "
        "TOTAL row.",
    )


def test_a_month_without_its_total_row_is_said(official, trust_list):
    path = official()
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    assert "The file has no TOTAL row" in read_ae_month(path, trust_list).remarks[-1]


def test_a_new_month_stands_beside_the_series(official, read_cut, project):
    read_cut(project)
    outcome = add_publication(official(), project)
    assert outcome.source.id == "ae_month_2026_07"
    ends = read_figures("ae_over_4_hours", project=project).query("trust_code == 'RJ1'")["period_end"]
    assert [end.strftime("%Y-%m") for end in ends] == ["2025-10", "2025-11", "2026-07"]
    assert check_store(project) == []


def test_a_month_that_was_revised_takes_the_place_of_the_one_held(official, cut, read_cut, project):
    read_cut(project)

    def of_november():
        rows = read_figures("ae_over_4_hours", project=project).query("trust_code == 'RJ1' and status == 'ok'")
        return rows[rows["period_end"].dt.strftime("%Y-%m") == "2025-11"][["source", "value"]].to_numpy().tolist()

    ((source, before),) = of_november()
    assert source == "ae"
    add_publication(official("MSitAE-NOVEMBER-2025"), project)
    ((source, after),) = of_november()
    assert (source, after != before) == ("ae_month_2025_11", True)
    assert "ae_month_2025_11 has replaced some of its figures." in read_source("ae", project=project).notes
    assert check_store(project) == []
    # the other months of the series are as they were; read again, it holds its own month again, once
    assert len(read_figures("ae_over_4_hours", project=project).query("trust_code == 'RJ1'")) == 2
    read_folder(cut.path, project)
    assert of_november() == [["ae", before]]
    assert check_store(project) == []


WEEKS = [f"Gt {n:02} To {n + 1:02} Weeks SUM 1" for n in range(104)] + ["Gt 104 Weeks SUM 1"]


@pytest.fixture
def extract(tmp_path, write):
    """Write a month as published: a row for each commissioner, part and treatment function, zipped."""
    import zipfile

    def make(edit=None, period="RTT-July-2026"):
        columns = [
            "Period",
            "Provider Org Code",
            "Commissioner Org Code",
            "RTT Part Type",
            "Treatment Function Code",
            *WEEKS,
            "Total",
            "Total All",
        ]

        def row(provider, commissioner, part, function, **weeks):
            waits = {
                f"Gt {int(n[1:]):02} To {int(n[1:]) + 1:02} Weeks SUM 1": v for n, v in weeks.items() if n != "w104"
            }
            waits |= {"Gt 104 Weeks SUM 1": weeks["w104"]} if "w104" in weeks else {}
            total = sum(weeks.values())
            return [
                period,
                provider,
                commissioner,
                part,
                function,
                *[waits.get(week, "") for week in WEEKS],
                total,
                total,
            ]

        rows = [
            row("RJ1", "72Q", "Part_2", "C_100", w0=400, w60=20),
            row("RJ1", "72Q", "Part_2", "C_999", w0=500, w17=100, w18=200, w52=30, w65=15, w104=5),
            row("RJ1", "91Q", "Part_2", "C_999", w0=150),
            row("RJ1", "72Q", "Part_2", "X06", w0=100, w17=100, w18=200, w52=30),
            row("RJ1", "72Q", "Part_1A", "C_999", w0=70),
            row("AAV", "72Q", "Part_2", "C_999", w0=9),
        ]
        if edit:
            edit(columns, rows)
        inner = write.csv(tmp_path / "extract.csv", rows, columns)
        path = tmp_path / "RTT July 2026 full extract.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inner, "20260731-RTT-July-2026-full-extract.csv")
        return path

    return make


def test_a_full_extract_is_added_up_over_commissioners_and_nothing_else(extract, trust_list):
    loaded = read_rtt_month(extract(), trust_list)
    figures = check_figures(loaded.figures, origin="cut")
    # 850 and 150 of two commissioners; functions are in C_999 already, Part_1A is another thing
    row = month(figures, "RJ1", "rtt_within_18_weeks", "2026-07-31")
    assert (row["numerator"], row["denominator"], row["value"]) == (750, 1000, 75)
    assert month(figures, "RJ1", "rtt_over_52_weeks", "2026-07-31")["numerator"] == 50
    assert month(figures, "RJ1", "rtt_over_65_weeks", "2026-07-31")["numerator"] == 20
    assert row["locator"] == "row 3, Part_2 C_999 (2 commissioners)"
    assert loaded.left_out == {"providers that are not trusts": 1}


def test_a_zipped_extract_is_recognised_and_stands_beside_the_series(extract, read_cut, project):
    read_cut(project)
    assert add_publication(extract(), project).source.id == "rtt_month_2026_07"
    ends = read_figures("rtt_over_52_weeks", project=project).query("trust_code == 'RJ1'")["period_end"]
    assert [end.strftime("%Y-%m") for end in ends] == ["2026-02", "2026-03", "2026-07"]


def spoil(row, column, value):
    return lambda columns, rows: rows[row].__setitem__(column, value)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (spoil(1, 5, "many"), "row 3, Gt 00 To 01 Weeks SUM 1: The number of patients is 'many'"),
        (spoil(2, 0, "RTT-June-2026"), "row 4, Period: The file has more than one month"),
        (spoil(1, 0, "July"), "row 3, Period: The period is 'July' and not like RTT-JUNE-2026"),
        (lambda columns, rows: columns.__setitem__(1, "Provider Code"), "There is no column 'Provider Org Code'"),
        (lambda columns, rows: columns.__setitem__(25, "Gt 20 to 21"), "There is no column 'Gt 20 To 21 Weeks SUM 1'"),
        (lambda columns, rows: rows.__setitem__(slice(0, 4), []), None),
        # what a file itself contradicts
        (spoil(2, 5, ""), "row 4, Total All: Total All is 150, and the weeks of the row come to 0"),
        (spoil(2, 6, 150), "row 4, Total All: Total All is 150, and the weeks of the row come to 300"),
        (lambda columns, rows: rows.append(rows[2]), "row 8, Treatment Function Code: RJ1, commissioner 91Q, C_999 is"),
        (lambda columns, rows: rows.extend(rows[:]), "row 8, .*: RJ1, commissioner 72Q, C_100 is at row 2"),
        (lambda columns, rows: rows.pop(1), "row 2, .*: RJ1, commissioner 72Q, has no row of all functions"),
        (lambda columns, rows: rows.pop(3), "all functions have 850 patients, and its 1 functions come to 420"),
        (lambda columns, rows: rows[1].insert(2, "Bexley"), "row 3: The row has 113 values for 112 columns"),
        (lambda columns, rows: rows[0].__delitem__(slice(50, None)), "row 2: The row has 50 values for 112 columns"),
    ],
)
def test_an_extract_that_is_not_right_names_the_place(extract, trust_list, edit, problem):
    path = extract(edit)
    if problem is None:
        assert read_rtt_month(path, trust_list).figures.empty
    else:
        with pytest.raises(InputError, match=problem):
            read_rtt_month(path, trust_list)


def test_blanks_around_codes_are_no_part_of_them(extract, trust_list):
    def pad(columns, rows):
        for row in rows:
            row[1:5] = [f"{text} " for text in row[1:5]]

    plain = read_rtt_month(extract(), trust_list).figures
    padded = read_rtt_month(extract(pad), trust_list).figures
    assert len(plain) == 3
    pd.testing.assert_frame_equal(padded, plain)


def test_codes_that_slipped_against_their_names_are_told(extract, official, trust_list):
    names = dict(trust_list.trusts[["trust_code", "trust_name"]].itertuples(index=False))
    other = next(code for code in names if code != "RJ1")

    def name_as(code):
        def edit(columns, rows):
            columns.insert(2, "Provider Org Name")
            for row in rows:
                row.insert(2, names[code] if row[1] == "RJ1" else "A clinic")

        return edit

    assert len(read_rtt_month(extract(name_as("RJ1")), trust_list).figures) == 3
    for path, read in (
        (extract(name_as(other)), read_rtt_month),
        (official(changes={"Org name": names[other].upper()}), read_ae_month),
    ):
        with pytest.raises(InputError, match=f"row [23], .*is the name of {other}, and the code next to it is RJ1"):
            read(path, trust_list)


def test_an_extract_without_a_trust_is_not_added(extract, read_cut, project):
    read_cut(project)
    before = {path.name: path.read_bytes() for path in project.figures.iterdir()}
    path = extract(lambda columns, rows: rows.__setitem__(slice(0, 4), []))
    with pytest.raises(
        InputError, match="has no figure of a trust, a board or England .left out: providers that are not trusts .1."
    ):
        add_publication(path, project)
    assert {path.name: path.read_bytes() for path in project.figures.iterdir()} == before


def test_an_archive_that_was_cut_short_says_so(extract, trust_list):
    path = extract()
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match="RTT July 2026 full extract.zip"):
        read_rtt_month(path, trust_list)
