"""Hostile files: each ends in figures that keep to the schema, or in a clear error. Never a traceback.

Cells are swapped and overwritten, rows dropped and doubled, bytes cut and flipped. A wrong figure
that still looks right cannot be told by machine, so what is checked is that whatever is read keeps
to the schema, that the error is one of ours and names the file, and that reading ends; and, of the layouts
below, that each figure is the number of the very cell that its address names.
"""

import csv
import io
import json
import zipfile
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project
from race_equality.sources import file_kinds
from race_equality.sources.cells import Workbook, cell_at, read_csv
from race_equality.sources.ingest import add_publication
from race_equality.sources.publications import (
    access,
    board_survey,
    boundaries,
    catchment,
    census,
    fingertips,
    maternity,
    mental_health_act,
    national_wres,
    staff_survey,
    staff_survey_panel,
    survey_benchmark,
    systems,
    workforce,
    wres,
)
from race_equality.sources.publications.organisation_data_service import read_trust_list
from race_equality.sources.recognition import files_to_add, not_added, recognise
from race_equality.sources.returns import patients as patients_return
from race_equality.sources.returns import wres as wres_return
from race_equality.sources.returns.wres import read_return, rows_of_a_year, template
from race_equality.store.schema import check_figures

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

few = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
fewer = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])

# what has been met in such files: markers, signs, spreadsheets' guesses, other scripts, formulas
SCRAPS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "-",
            "*",
            "**",
            "..",
            "[c]",
            "=1+1",
            '=HYPERLINK("x")',
            "1,000",
            "1e400",
            "-1",
            "NaN",
            "inf",
            "0x10",
            "45382",
            "2024-09-30",
            "01/02/2024",
            "٣",
            "١٢",
            "½",
            "RJ1",
            "ENG",
            "DEMO",
            "../x",
            "White",
            "BME",
            "TRUE",
            "#REF!",
            "\u200b5",
            "5\u00a0",
            "100.0000001",
            "1" * 400,
            "[x]",
            "[z]",
            "[low]",
            ":",
            "<8",
            "12 [r]",
            "12*",
            "12%",
            "0.12%",
            "(12)",
            "£12",
            "\u22125",
            "12,5",
            "1 234",
            "1_000",
            "#N/A",
            "n/a",
        ]
    ),
    st.text(max_size=12),
    st.floats(allow_nan=True).map(str),
    st.integers(-(10**20), 10**20).map(str),
)


def assert_figures_or_clear_error(read, path):
    try:
        loaded = read(path)
    except RaceEqualityError as error:
        message = str(error)
        assert path.name in message
        assert len(message) < 3000
    else:
        check_figures(loaded.figures, origin=path.name)


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
        SCRAPS.filter(lambda text: text.isprintable()),
        st.none(),
        st.booleans(),
        st.dates(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(10**9), 10**9),
    )
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
            listed = read_trust_list(tmp_path / "etr.csv", tmp_path / "trusts.csv", tmp_path / "successors.csv")
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


STARTS = (  # of zip archives, Office files with a password or of old, PDFs, pages, other encodings
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-1.7",
    b"<!DOCTYPE html>",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"Org code;Value\n",
    b"\x00",
)
NAMES = (
    "a.csv",
    "b.CSV",
    "../a.csv",
    "deep/a.csv",
    "deep\\a.csv",
    "deep/",
    "/a.csv",
    "book.xlsx",
    "xl/workbook.bin",
    "[Content_Types].xml",
    "mimetype",
    "content.xml",
    "__MACOSX/._a.csv",
    ".csv",
    "in.zip",
    "r\u00e9sum\u00e9.csv",
)


def assert_found_or_refused(path):
    """Find what can be added in a file: anything else than an error for people fails the test."""
    try:
        with files_to_add([path]) as (found, left_out):
            for one, _ in found:
                assert not_added(one), "a publication out of nothing"
            assert all(isinstance(why, str) for why in left_out)
    except RaceEqualityError as error:
        assert path.name in str(error)


@few
@given(start=st.sampled_from(STARTS), content=st.binary(max_size=300))
def test_bytes_that_begin_like_a_known_kind_of_file(start, content, tmp_path):
    path = tmp_path / "download"
    path.write_bytes(start + content)
    assert_found_or_refused(path)


@few
@given(
    entries=st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=60)), max_size=5),
    packing=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    flips=st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), max_size=4),
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # two files of one name are what is tried
def test_any_archive_gives_files_or_is_refused(entries, packing, flips, tmp_path):
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    data = bytearray(path.read_bytes())
    for at, value in flips:  # flags of encryption, sizes, methods of packing, names
        data[at % len(data)] = value
    path.write_bytes(bytes(data))
    assert_found_or_refused(path)
    assert [one.name for one in tmp_path.iterdir()] == ["download.zip"]  # nothing was unpacked elsewhere


ASIAN, BLACK = "Asian, Asian British or Asian Welsh", "Black, Black British, Black Welsh, Caribbean or African"
GROUPS = {ASIAN: 300, BLACK: 150, "Mixed or Multiple ethnic groups": 50, "White": 480, "Other ethnic group": 20}
CORE = ["DATA_MONTH", "DATA_LEVEL", "ORG_CODE", "MAIN_STAFF_GROUP", "STAFF_GROUP_1", "FTE", "HEADCOUNT"]
ALL = "All staff groups"
#: Over 4 hours by type, attendances by type, over 12 hours to admission, admissions by type.
AE_COUNTS = {
    "RJ1": (2400, 10, 90, 9000, 500, 1000, 150, 2000, 100, 20),
    "RVJ": (900, 0, 30, 4000, 0, 700, 60, 800, 0, 10),
}
WEEKS = [f"Gt {n:02} To {n + 1:02} Weeks SUM 1" for n in range(104)] + ["Gt 104 Weeks SUM 1"]

#: Loader and rows of each layout, with numbers made up for the test.
LAYOUTS = {
    "census, wide": (
        census.read_ethnicity,
        [
            [
                "geography",
                "geography code",
                "Ethnic group: Total: All usual residents",
                *(f"Ethnic group: {g}" for g in GROUPS),
            ],
            ["England", "E92000001", 1000, *GROUPS.values()],
            ["South East London", "E54000030", 2000, *(2 * n for n in GROUPS.values())],
        ],
    ),
    "census, long": (
        census.read_ethnicity,
        [
            [
                "Integrated care boards Code",
                "Integrated care boards",
                "Ethnic group (6 categories) Code",
                "Ethnic group (6 categories)",
                "Observation",
            ],
            *(
                [code, area, n, g, times * people]
                for code, area, times in (
                    ("E54000030", "South East London", 1),
                    ("E54000022", "Norfolk and Waveney", 2),
                )
                for n, (g, people) in enumerate(GROUPS.items())
            ),
        ],
    ),
    "census, by age": (
        census.read_by_age,
        [
            [
                "Countries Code",
                "Countries",
                "Ethnic group (6 categories) Code",
                "Ethnic group (6 categories)",
                "Age (4 categories) Code",
                "Age (4 categories)",
                "Observation",
            ],
            *(
                ["E92000001", "England", n, g, a, age, people]
                for n, (g, people) in enumerate(GROUPS.items())
                for a, age in enumerate(("Aged 15 years and under", "Aged 16 to 64 years", "Aged 65 years and over"))
            ),
        ],
    ),
    "fingertips": (
        fingertips.read_indicators,
        [
            [*fingertips.COLUMNS, "Area Name"],
            *(
                [
                    93085,
                    "Smoking at delivery (%)",
                    area,
                    "ICBs",
                    "Persons",
                    "All ages",
                    "",
                    "",
                    "2022/23",
                    value,
                    count,
                    1000,
                    "",
                    name,
                ]
                for area, name, value, count in (
                    ("E92000001", "England", 7.5, 75),
                    ("nE54000030", "NHS South East London Integrated Care Board", 9.1, 91),
                    ("RJ1", "Guy's and St Thomas' NHS Foundation Trust", 5, 50),
                    ("RVJ", "North Bristol NHS Trust", 6, 60),
                )
            ),
        ],
    ),
    "indices, tidy": (
        systems.read_deprivation,
        [
            [*systems.DEPRIVATION_COLUMNS, "imd_rank_of_average_score"],
            ["E54000030", "NHS South East London Integrated Care Board", 22.5, 0.0625, 17],
            ["E54000022", "NHS Norfolk and Waveney Integrated Care Board", 21.0, 0.09, 21],
        ],
    ),
    "workforce, core": (
        workforce.read_headcount,
        [
            [*CORE, "ORG_NAME"],
            [
                "2025-11-30",
                "Organisation",
                "RJ1",
                ALL,
                ALL,
                17000.5,
                20100,
                "Guy's and St Thomas' NHS Foundation Trust",
            ],
            ["2025-03-31", "Organisation", "RJ1", ALL, ALL, 16000, 19000, "Guy's and St Thomas' NHS Foundation Trust"],
            ["2025-11-30", "Organisation", "RVJ", ALL, ALL, 8000, 9000, "North Bristol NHS Trust"],
            ["2025-11-30", "National", "", ALL, ALL, 1300000, 1500000, "England"],
        ],
    ),
    "workforce, CSV before": (
        workforce.read_headcount,
        [
            [*workforce.CSV_COLUMNS, "Org Name"],
            ["2025-03-31", "RJ1", "Total", "HC", 20000, "Guy's and St Thomas' NHS Foundation Trust"],
            ["2025-03-31", "RJ1", "Total", "FTE", 17000.5, "Guy's and St Thomas' NHS Foundation Trust"],
            ["2025-03-31", "RV5", "Midwives", "HC", 3, "South London and Maudsley NHS Foundation Trust"],
        ],
    ),
    "A&E, a month": (
        access.read_ae_month,
        [
            [*access.AE_MONTH_COLUMNS, "Org name"],
            ["MSitAE-JUNE-2026", "RJ1", *AE_COUNTS["RJ1"], "GUY'S AND ST THOMAS' NHS FOUNDATION TRUST"],
            ["MSitAE-JUNE-2026", "RVJ", *AE_COUNTS["RVJ"], "NORTH BRISTOL NHS TRUST"],
            ["TOTAL", "", *map(sum, zip(*AE_COUNTS.values(), strict=True)), "TOTAL"],
        ],
    ),
    "waits, a month": (
        access.read_rtt_month,
        [
            [*access.RTT_MONTH_COLUMNS, *WEEKS, "Provider Org Name", "Total All"],
            *(
                [
                    *("RTT-June-2026", code, commissioner, "Part_2", function),
                    *(times * week for week in range(105)),
                    name,
                    times * sum(range(105)),
                ]
                for code, name, commissioner in (
                    ("RJ1", "GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "72Q"),
                    ("RJ1", "GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "91Q"),
                    ("RVJ", "NORTH BRISTOL NHS TRUST", "72Q"),
                )
                for function, times in (("C_100", 1), ("C_110", 2), ("C_999", 3))
            ),
        ],
    ),
    "boards of catchments": (
        systems.read_shares,
        [list(systems.SHARES_COLUMNS), ["RJ1", "E54000030", 0.9], ["RJ1", "E54000022", 0.1], ["RVJ", "E54000022", 1]],
    ),
    "survey of boards": (
        board_survey.read_findings,
        [
            list(board_survey.COLUMNS),
            ["publication", "Race 2.0, 24 March 2022", "NHS Providers"],
            ["survey_responses", "254", "page 4"],
            ["trusts_represented", "121 (57% of members)", "page 4"],
            ["respondents_chairs", "71 (28%)", "page 5"],
            ["used_external_consultants", "33%", "page 9"],
        ],
    ),
}


def assert_true_addresses(figures, path):
    """Each figure is the number of the cell that its address names, but for those added up from several."""
    for row in figures[figures["status"] == "ok"].itertuples():
        if "(" in row.locator or "C_999" in row.locator or row.source.startswith("ae_month"):
            continue
        held = cell_at(path, row.locator)
        if row.source.startswith("board_survey"):  # a number within the words of a cell
            assert f"{row.value:g}" in held
            continue
        is_zero = row.indicator.startswith("workforce_") and str(held).strip() == workforce.ZERO
        number = 0.0 if is_zero else float(held)
        near = [abs(row.value - times * number) <= 1e-6 * max(1, abs(row.value)) for times in (1, 100)]
        assert any(near) or row.numerator == number, row


def assert_held_or_refused(read, path):
    try:
        loaded = read(path)
    except RaceEqualityError as error:
        assert path.name in str(error)
        assert len(str(error)) < 3000
    else:
        assert_true_addresses(check_figures(loaded.figures, origin=path.name), path)


@pytest.mark.parametrize("name", LAYOUTS)
def test_spoilt_cells_and_rows(name, trust_list, tmp_path):
    read, rows = LAYOUTS[name]
    path = tmp_path / "spoilt_2026.csv"

    @few
    @given(spoilt(rows), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    def run(changed, encoding):
        path.write_bytes(csv_text(changed).encode(encoding, errors="replace"))
        assert_held_or_refused(lambda p: read(p, trust_list), path)

    run()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_spoilt_number_is_never_another_number(name, trust_list, tmp_path):
    """Only the cells of numbers: the file is then read, or the error names row and column."""
    read, rows = LAYOUTS[name]
    path = tmp_path / "spoilt_2026.csv"
    cells = [(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if isinstance(value, int | float)]
    if not cells:
        pytest.fail("a layout without numbers is tested above alone") if name != "survey of boards" else None
        return

    @few
    @given(st.sampled_from(cells), SCRAPS)
    def run(place, scrap):
        changed = [list(row) for row in rows]
        changed[place[0]][place[1]] = scrap
        path.write_text(csv_text(changed), encoding="utf-8", errors="replace")
        assert_held_or_refused(lambda p: read(p, trust_list), path)

    run()


@pytest.mark.parametrize("name", CSV_LOADERS)
def test_addresses_in_whole_layouts_are_true(name, whole_cut, trust_list):
    path = getattr(whole_cut, name)
    figures = CSV_LOADERS[name](path, trust_list).figures
    for row in figures[(figures["status"] == "ok")].itertuples():
        assert cell_at(path, row.locator) not in (None, "")


@pytest.mark.parametrize("name", LAYOUTS)
def test_rows_in_another_order_give_the_same_figures(name, trust_list, tmp_path):
    read, rows = LAYOUTS[name]
    path = tmp_path / "order_2026.csv"

    def figures(changed):
        path.write_text(csv_text(changed), encoding="utf-8")
        try:
            return read(path, trust_list).figures.drop(columns="locator")
        except InputError:
            return None

    plain = figures(rows)

    @settings(few, max_examples=15)
    @given(st.permutations(rows[1:]), st.permutations(range(len(rows[0]))))
    def run(others, order):
        moved = [[row[i] for i in order] for row in (rows[0], *others)]
        # the area of an ONS table is its first column with a code: that order means something
        found = figures([rows[0], *others] if name.startswith("census") else moved)
        assert (found is None) == (plain is None)
        assert plain is None or found.equals(plain)

    run()


@pytest.fixture(scope="module")
def held(read_cut, tmp_path_factory):
    """A project with the figures of the cut; the test that changes it has found a fault."""
    project = Project(tmp_path_factory.mktemp("held"))
    project.figures.mkdir(parents=True)
    project.sources.mkdir()
    read_cut(project)
    return project


def content(project):
    return {p.relative_to(project.root): p.read_bytes() for p in project.root.rglob("*") if p.is_file()}


@settings(few, max_examples=25)
@given(st.sampled_from(["wres", "population", "catchment", "rtt", "ae", "maternity", "detentions"]), st.data())
def test_the_store_is_as_it_was_after_any_error(held, whole_cut, tmp_path_factory, name, data):
    original = getattr(whole_cut, name)
    with open(original, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    path = tmp_path_factory.mktemp("spoilt") / original.name
    path.write_text(csv_text(data.draw(spoilt(rows))), encoding="utf-8", errors="replace")
    before = content(held)
    try:
        add_publication(path, held)
    except RaceEqualityError:
        assert content(held) == before
    else:  # what could be read has taken its place: put back what was
        for file, text in before.items():
            (held.root / file).write_bytes(text)
        for file in content(held).keys() - before.keys():
            (held.root / file).unlink()


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://x")', "@SUM(A1)", "+5", "-5", "=cmd|' /C calc'!A0"])
def test_a_formula_in_a_number_of_a_csv_is_no_number(formula, trust_list, tmp_path):
    read, rows = LAYOUTS["fingertips"]
    changed = [list(row) for row in rows]
    changed[1][9] = formula
    path = tmp_path / "formula.csv"
    path.write_text(csv_text(changed), encoding="utf-8")
    # "+5" is a number with its sign, and not what the counts next to it come to
    why = "is not what its count and denominator come to" if formula == "+5" else ""
    with pytest.raises(InputError, match=f"row 2, Value: The value .*{why}"):
        read(path, trust_list)


def test_a_file_of_200_mb_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.csv"
    with open(path, "wb") as file:
        file.truncate(200 * 1024**2)  # sparse: no such disk is needed
    for read in (recognise, partial(read_csv, required=("a",)), Workbook, boundaries.is_boundaries):
        with pytest.raises(InputError, match="huge.csv: The file has 200 MB"):
            read(path)


@pytest.mark.parametrize("suffix", ["xlsx", "zip"])
def test_a_bomb_is_refused_by_what_it_would_unpack_to(suffix, tmp_path):
    """A gigabyte and more of noughts in a megabyte."""
    path = tmp_path / f"bomb.{suffix}"
    piece = b"0" * 1024**2
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        name = "xl/worksheets/sheet1.xml" if suffix == "xlsx" else "bomb.csv"
        with archive.open(name, "w", force_zip64=True) as file:
            for _ in range(1025):
                file.write(piece)
        if suffix == "xlsx":
            archive.writestr("[Content_Types].xml", "<x/>")
    with pytest.raises(InputError, match=f"bomb.{suffix}: The .* unpacks to 1025 MB, which no publication does"):
        recognise(path)


def test_a_bomb_that_lies_about_its_size_is_refused_as_well(tmp_path, monkeypatch):

    monkeypatch.setattr(file_kinds, "_LARGEST_UNPACKED", 10_000)
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "x" * 20_000)
    data = path.read_bytes()
    size = (20_000).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (90).to_bytes(4, "little")))
    with pytest.raises(InputError, match="liar.zip"):
        recognise(path)


def _one_cell_far_away(path, row, column):
    """Excel's and LibreOffice's last cell: 17 billion empty ones lie before it."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.title = "Far"
        book.active.cell(1, 1, "code")
        book.active.cell(row, column, 1)
        book.save(path)
        return
    spaces = "".join(f' xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "table"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Far"><table:table-row table:number-rows-repeated="{row - 1}"/><table:table-row>'
            f'<table:table-cell table:number-columns-repeated="{column - 1}"/>'
            '<table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_cell_too_far_away_is_refused_before_memory_is_taken(suffix, tmp_path):
    path = tmp_path / f"far.{suffix}"
    _one_cell_far_away(path, 1048576, 16384)
    with pytest.raises(InputError, match=rf'far.{suffix}, sheet "Far", XFD1048576: The cells .* Delete what is in'):
        Workbook(path)
    _one_cell_far_away(path, 1000, 26)
    assert Workbook(path).sheet("Far").cell(999, 25).value == 1


@few
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.just("E54000030"),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["features", "properties", "geometry", "type", "coordinates", "icb22_code"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_geojson_is_a_map_or_refused(trust_list, tmp_path_factory, document):
    path = tmp_path_factory.mktemp("map") / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": document}), encoding="utf-8")
    with pytest.raises(InputError, match="map.geojson"):
        boundaries.read_boundaries(path, trust_list.boards)


def test_a_byte_order_mark_and_other_line_ends_change_nothing(trust_list, tmp_path):
    read, rows = LAYOUTS["fingertips"]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    found = []
    for number, content in enumerate(
        (
            text.getvalue().encode(),
            b"\xef\xbb\xbf" + text.getvalue().encode(),
            text.getvalue().replace("\r\n", "\n").encode(),
        )
    ):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        found.append(read(path, trust_list).figures)
    assert found[0].equals(found[1]) and found[0].equals(found[2])


def _benchmark():
    book = openpyxl.Workbook()
    for sheet_name, code in (
        ("Acute&Acute Community Trusts", "RJ1"),
        ("Acute Specialist Trusts", "RA7"),
        ("MH&LD, MH, LD & Community Trust", "RV5"),
        ("Community Trusts", "RY3"),
        ("Ambulance Trusts", "RX8"),
    ):
        sheet = book.create_sheet(sheet_name)
        stems = ("har_from_pat", "har_from_staff", "equal", "q16b")
        names = [
            f"{stem}_eth_summary_{n}{g}_{y}" for y in (2023, 2024) for stem in stems for g in (1, 2) for n in ("", "n_")
        ]
        sheet.append(["org_id", *names])
        sheet.append([code, *[0.2, 1000, 0.25, 400] * 8])
    return book


def _summary():
    book = openpyxl.Workbook()
    for name in ("IMD", "IDACI", "IDAOPI"):
        sheet = book.create_sheet(name)
        sheet.append(["Integrated Care Board code (2024)", "Name", *systems.SUMMARY_COLUMNS])
        sheet.append(["E54000030", "South East London", 22.5, 0.0625])
        sheet.append(["E54000022", "Norfolk and Waveney", 21.0, 0.09])
    return book


def _tables():
    book = openpyxl.Workbook()
    for name, kind in (("1", "HC"), ("2", "FTE")):
        sheet = book.create_sheet(name)
        sheet.append(["Data month", "Data type", "Organisation name", "Organisation code", *workforce.STAFF_GROUPS])
        for n, (code, name) in enumerate(
            (("RJ1", "Guy's and St Thomas' NHS Trust"), ("RVJ", "North Bristol")), start=1
        ):
            sheet.append(["March 2026", kind, name, code, *range(100 * n, 100 * n + len(workforce.STAFF_GROUPS))])
    return book


@pytest.mark.parametrize(
    ("make", "read"),
    [
        (_benchmark, survey_benchmark.read_benchmark),
        (_summary, systems.read_deprivation),
        (_tables, workforce.read_headcount),
    ],
)
def test_spoilt_cells_of_other_workbooks(make, read, trust_list, tmp_path):
    path = tmp_path / "workbook.xlsx"
    make().save(path)
    assert len(read(path, trust_list).figures)  # as it should be it is read
    scraps = st.one_of(SCRAPS.filter(str.isprintable), st.none(), st.booleans(), st.dates(), st.integers(-9, 10**9))

    @few
    @given(
        st.integers(1, 5), st.lists(st.tuples(st.integers(1, 4), st.integers(1, 33), scraps), min_size=1, max_size=4)
    )
    def run(sheet_number, changes):
        book = make()
        sheet = book.worksheets[sheet_number % len(book.worksheets)]
        for row, column, value in changes:
            sheet.cell(row, column, value)
        book.save(path)
        book.close()
        try:
            figures = check_figures(read(path, trust_list).figures, origin=path.name)
        except RaceEqualityError as error:
            assert path.name in str(error)
        else:
            assert_true_addresses(figures, path)

    run()
