"""Hostile files: each ends in figures that keep to the schema, or in a clear error. Never a traceback.

Cells are swapped and overwritten, rows dropped and doubled, bytes cut and flipped. A wrong figure
that still looks right cannot be told by machine, so what is checked is that whatever is read keeps
to the schema, that the error is one of ours and names the file, and that reading ends.
"""

import csv
import io
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

from race_equality.errors import RaceEqualityError
from race_equality.figures.schema import check_figures
from race_equality.sources import (
    access,
    catchment,
    maternity,
    mental_health_act,
    national_wres,
    patients_return,
    staff_survey,
    staff_survey_panel,
    workforce,
    wres,
    wres_return,
)
from race_equality.sources.catalogue import recognise
from race_equality.sources.ods import read_trust_list
from race_equality.sources.wres_return import read_return, rows_of_a_year, template

CSV_LOADERS = {
    "wres": wres.read_indicators_5_to_8,
    "population": catchment.read_population,
    "catchment": catchment.read_ethnicity,
    "panel": staff_survey_panel.read_panel,
    "series": national_wres.read_national_series,
    "rtt": access.read_rtt,
    "ae": access.read_ae,
    "maternity": maternity.read_deliveries,
    "detentions": mental_health_act.read_detentions,
}
WORKBOOK_LOADERS = {
    "survey": staff_survey.read_organisations,
    "national": staff_survey.read_national,
    "workforce": workforce.read_headcount,
}

few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
fewer = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# what has been met in such files: markers, signs, spreadsheets' guesses, other scripts, formulas
SCRAPS = st.one_of(
    st.sampled_from(["", " ", "-", "*", "**", "..", "[c]", "=1+1", "=HYPERLINK(\"x\")", "1,000", "1e400", "-1", "NaN",
                     "inf", "0x10", "45382", "2024-09-30", "01/02/2024", "٣", "١٢", "½", "RJ1", "ENG", "DEMO", "../x",
                     "White", "BME", "TRUE", "#REF!", "\u200b5", "5\u00a0", "100.0000001", "1" * 400]),
    st.text(max_size=12),
    st.floats(allow_nan=True).map(str),
    st.integers(-(10**20), 10**20).map(str),
)  # fmt: skip


def assert_figures_or_clear_error(read, path):
    try:
        reading = read(path)
    except RaceEqualityError as error:
        message = str(error)
        assert path.name in message
        assert len(message) < 3000
    else:
        check_figures(reading.figures, origin=path.name)


@st.composite
def spoilt(draw, rows):
    """Return rows with cells overwritten or swapped, and rows dropped, doubled or cut."""
    rows = [list(row) for row in rows]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(rows) - 1))
        action = draw(st.sampled_from(["overwrite", "swap", "drop", "double", "cut", "move"]))
        if action == "overwrite" and rows[at]:
            rows[at][draw(st.integers(0, len(rows[at]) - 1))] = draw(SCRAPS)
        elif action == "swap" and len(rows[at]) > 1:
            i, j = draw(st.integers(0, len(rows[at]) - 1)), draw(st.integers(0, len(rows[at]) - 1))
            rows[at][i], rows[at][j] = rows[at][j], rows[at][i]
        elif action == "drop" and len(rows) > 1:
            del rows[at]
        elif action == "double":
            rows.insert(at, list(rows[at]))
        elif action == "cut":
            rows[at] = rows[at][: draw(st.integers(0, len(rows[at])))]
        elif action == "move":
            rows.append(rows.pop(at))
    return rows


def csv_text(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("name", CSV_LOADERS)
def test_spoilt_cells_and_rows_of_a_csv(name, whole_cut, trust_list, tmp_path):
    original = getattr(whole_cut, name)
    with open(original, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    path = tmp_path / original.name

    @few
    @given(spoilt(rows), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    def run(changed, encoding):
        path.write_bytes(csv_text(changed).encode(encoding, errors="replace"))
        assert_figures_or_clear_error(lambda p: CSV_LOADERS[name](p, trust_list), path)

    run()


RETURNS = {"wres": wres_return, "patients": patients_return}


@pytest.mark.parametrize("name", RETURNS)
def test_spoilt_cells_and_rows_of_a_return(name, trust_list, tmp_path):
    form, path = RETURNS[name], tmp_path / f"RJ1_{name}_return.csv"
    rows = list(csv.reader(io.StringIO(form.template("RJ1", "Guy's", [date(2025, 3, 31)], path.name))))
    filled = [[value or "40" for value in row] if row[0] == "RJ1" else row for row in rows]

    @few
    @given(spoilt(filled))
    def run(changed):
        path.write_text(csv_text(changed), encoding="utf-8", errors="replace")
        assert_figures_or_clear_error(lambda p: form.read_return(p, trust_list)[1], path)

    run()


@few
@given(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8), SCRAPS), min_size=1, max_size=4))
def test_spoilt_cells_of_an_excel_return(trust_list, changes):
    years = [date(2025, 3, 31)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "RJ1.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(wres_return.template_workbook("RJ1", "Guy's", years, "RJ1.xlsx")))
        for row, column, value in changes:
            with suppress(IllegalCharacterError):
                book["2 Recruitment"].cell(row, column, value)
        book["2 Recruitment"]["E5"] = 40
        book.save(path)
        book.close()
        assert_figures_or_clear_error(lambda p: wres_return.read_return(p, trust_list)[1], path)


@pytest.mark.parametrize("name", CSV_LOADERS)
def test_bytes_cut_and_flipped_in_a_csv(name, whole_cut, trust_list, tmp_path):
    original = getattr(whole_cut, name)
    content = original.read_bytes()
    path = tmp_path / original.name

    @few
    @given(st.integers(0, len(content)), st.integers(0, len(content) - 1), st.integers(0, 255))
    def run(length, at, byte):
        changed = bytearray(content)
        changed[at] = byte
        path.write_bytes(bytes(changed[:length]))
        assert_figures_or_clear_error(lambda p: CSV_LOADERS[name](p, trust_list), path)

    run()


@pytest.mark.parametrize("name", WORKBOOK_LOADERS)
def test_spoilt_cells_of_a_workbook(name, whole_cut, trust_list, tmp_path):
    original = getattr(whole_cut, name)
    path = tmp_path / original.name
    scraps = st.one_of(
        SCRAPS.filter(lambda text: text.isprintable()), st.none(), st.booleans(), st.dates(),
        st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**9), 10**9),
    )  # fmt: skip
    cells = st.tuples(st.integers(1, 20), st.integers(1, 34), scraps)

    @fewer
    @given(st.lists(cells, min_size=1, max_size=6))
    def run(changes):
        book = openpyxl.load_workbook(original)
        sheet = book.worksheets[1]
        for row, column, value in changes:
            sheet.cell(row, column, value)
        book.save(path)
        book.close()
        assert_figures_or_clear_error(lambda p: WORKBOOK_LOADERS[name](p, trust_list), path)

    run()


@pytest.mark.parametrize("name", WORKBOOK_LOADERS)
def test_bytes_cut_and_flipped_in_a_workbook(name, whole_cut, trust_list, tmp_path):
    original = getattr(whole_cut, name)
    content = original.read_bytes()
    path = tmp_path / original.name

    @few
    @given(
        st.integers(0, len(content)),
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=5),
    )
    def run(length, flips):
        changed = bytearray(content)
        for at, byte in flips:
            changed[at] = byte
        path.write_bytes(bytes(changed[:length]))
        assert_figures_or_clear_error(lambda p: WORKBOOK_LOADERS[name](p, trust_list), path)

    run()


def test_spoilt_trust_files(whole_cut, tmp_path):
    tables = {}
    for original in (whole_cut.etr, whole_cut.trusts, whole_cut.successors):
        with open(original, encoding="utf-8", newline="") as file:
            tables[original.name] = list(csv.reader(file))

    @few
    @given(st.sampled_from(list(tables)), st.data())
    def run(name, data):
        for other, rows in tables.items():
            changed = data.draw(spoilt(rows)) if other == name else rows
            (tmp_path / other).write_text(csv_text(changed), encoding="utf-8")
        try:
            listed = read_trust_list(
                tmp_path / "etr.csv", tmp_path / "trusts.csv", tmp_path / "successors.csv"
            )
        except RaceEqualityError as error:
            assert ".csv" in str(error)
        else:
            assert listed.trusts["trust_code"].is_unique
            for code in listed.kinds:
                assert listed.current(code) == code

    run()


def test_a_spoilt_return(trust_list, tmp_path):
    text = template("RJ1", "Guy's", [date(2025, 3, 31)], "return.csv")
    rows = list(csv.reader(io.StringIO(text)))
    for row in rows:
        if len(row) == 7 and row[0] == "RJ1":
            row[4:] = ["20", "10", "1"] if row[3] in ("people", "shortlisted", "staff") else ["4", "2", "0"]
    assert sum(row[0] == "RJ1" for row in rows) == len(rows_of_a_year())
    path = tmp_path / "return.csv"

    @settings(few, max_examples=120)
    @given(spoilt(rows))
    def run(changed):
        path.write_text(csv_text(changed), encoding="utf-8")
        assert_figures_or_clear_error(lambda p: read_return(p, trust_list)[1], path)

    run()


@few
@given(content=st.binary(max_size=300))
def test_any_bytes_at_all_are_recognised_or_refused(content, tmp_path):
    path = tmp_path / "download"
    path.write_bytes(content)
    with pytest.raises(RaceEqualityError, match="download"):
        recognise(path)
