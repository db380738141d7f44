"""Cells, sheets and CSVs: numbers are checked, and a file that is not what it should be says so."""

import zipfile

import openpyxl
import pytest

from race_equality.errors import InputError, nearest
from race_equality.sources import file_kinds
from race_equality.sources.cells import Cell, Workbook, cell_at, column_letters, read_csv


def cell(value, tmp_path):
    return Cell(value, tmp_path / "survey.xlsx", "Q15", "G12")


@pytest.mark.parametrize(("value", "expected"), [(12.0, 12.0), (0, 0.0), ("12.5", 12.5), (" 7 ", 7.0)])
def test_a_number_is_read_as_it_is(value, expected, tmp_path):
    assert cell(value, tmp_path).number("base") == expected


@pytest.mark.parametrize(
    "value", ["", None, "about 12", "12.", "=1+1", "1,215", "1_215", "١٢", "nan", "inf", True, float("nan")]
)
def test_what_is_not_a_number_names_sheet_cell_and_mend(value, tmp_path):
    with pytest.raises(InputError) as caught:
        cell(value, tmp_path).number("base")
    message = str(caught.value)
    assert message.startswith('survey.xlsx, sheet "Q15", G12: The base is ')
    mend = "Write it without commas." if value == "1,215" else "Correct the cell"
    assert f"is not a number. {mend}" in message


def test_a_count_in_powers_of_ten_has_lost_its_digits(tmp_path):
    assert cell("1.23e5", tmp_path).number("rate") == 123_000
    with pytest.raises(InputError, match="The headcount is '1.23e5', which is not a number"):
        cell("1.23e5", tmp_path).number("headcount", whole=True)


@pytest.mark.parametrize("value", [1.8e306, "1e300", -1e13])
def test_a_number_beyond_all_counts_is_refused(value, tmp_path):
    """Several such numbers of one trust would add up to infinity."""
    with pytest.raises(InputError, match="G12: The base .* is more than there can be"):
        cell(value, tmp_path).number("base", low=float("-inf"))


def test_percentage_over_100_is_refused_but_rounding_of_100_is_not(tmp_path):
    assert cell(100.00000000000001, tmp_path).number("percentage", high=100) == 100
    with pytest.raises(InputError, match=r"G12: The percentage 104.2 is not between 0 and 100"):
        cell(104.2, tmp_path).number("percentage", high=100)
    with pytest.raises(InputError, match="-1 is not between"):
        cell(-1, tmp_path).number("percentage", high=100)


def test_half_a_person_is_refused(tmp_path):
    with pytest.raises(InputError, match="12.5 is not a whole number"):
        cell(12.5, tmp_path).number("base", whole=True)


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")])
def test_column_letters_are_a_spreadsheets(index, letters):
    assert column_letters(index) == letters


def test_the_nearest_known_name_is_found_whatever_the_case():
    assert nearest("org code", ["Organisation name", "Org Code"]) == "Org Code"
    assert nearest("zzz", ["Organisation name"]) is None


def test_addresses_count_empty_rows_and_columns_at_the_top(tmp_path):
    book = openpyxl.Workbook()
    book.active["C4"] = 5
    book.save(tmp_path / "book.xlsx")
    found = Workbook(tmp_path / "book.xlsx").sheet("sheet").cell(3, 2)
    assert (found.value, found.reference, found.locator) == (5, "C4", "Sheet!C4")


def test_a_workbook_that_was_cut_short_says_to_download_it_again(whole_cut, tmp_path):
    short = tmp_path / "short.xlsx"
    short.write_bytes(whole_cut.survey.read_bytes()[:-4000])
    with pytest.raises(
        InputError, match=r"short.xlsx: The file cannot be read as an Excel workbook.*download it again"
    ):
        Workbook(short)


def test_a_workbook_with_a_damaged_sheet_is_an_error_that_names_the_file(whole_cut, tmp_path):
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(whole_cut.survey) as old, zipfile.ZipFile(damaged, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            cut_short = entry.filename.endswith("sheet2.xml")
            new.writestr(entry.filename, content[: len(content) // 2] if cut_short else content)
    with pytest.raises(InputError, match="damaged.xlsx"):
        Workbook(damaged).sheet("HEALTH WELLBEING SAFETY Q15-17")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(file_kinds, "_LARGEST_UNPACKED", 8 * 1024**2)  # a gigabyte takes too long to write
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(9 * 1024**2))
    with pytest.raises(InputError, match="unpacks to 9 MB"):
        Workbook(bomb)


def test_a_file_far_too_large_is_refused(tmp_path):
    large = tmp_path / "large.csv"
    with open(large, "wb") as file:
        file.truncate(200 * 1024**2)  # sparse: takes no room on the disk
    with pytest.raises(InputError, match="200 MB"):
        read_csv(large, ("trust_code",))


def test_an_empty_and_a_missing_file_say_so(tmp_path):
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match="empty.csv: The file is empty"):
        read_csv(tmp_path / "empty.csv", ("trust_code",))
    with pytest.raises(InputError, match="none.csv: The file is not there"):
        read_csv(tmp_path / "none.csv", ("trust_code",))


def test_a_byte_order_mark_quotes_and_column_order_do_not_matter(tmp_path):
    path = tmp_path / "mark.csv"
    path.write_bytes('﻿name,Trust_Code\n"Guy\'s, London",RJ1\n'.encode())
    (record,) = read_csv(path, ("trust_code", "name"))
    assert (record["trust_code"].text, record["name"].text) == ("RJ1", "Guy's, London")
    assert record["name"].locator == "row 2, name"


def test_rows_count_blank_lines_and_cells_of_two_lines_as_a_spreadsheet_does(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text('code,name\n\nRJ1,"two\nlines"\nRJ2,one\n', encoding="utf-8")
    assert [record.row for record in read_csv(path, ("code", "name"))] == [3, 4]


def test_another_encoding_is_an_error_and_not_a_wrong_letter(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("code,name\nRJ1,caf\xe9\n".encode("latin-1"))
    with pytest.raises(InputError, match="latin.csv, row 2: The file is not UTF-8"):
        read_csv(path, ("code", "name"))


def test_a_renamed_column_names_the_nearest(tmp_path):
    path = tmp_path / "renamed.csv"
    path.write_text("trust_cod,rate\nRJ1,0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1: There is no column 'trust_code'. The nearest is 'trust_cod'"):
        read_csv(path, ("trust_code", "rate"))


def test_a_column_with_data_that_nobody_reads_is_reported(tmp_path):
    path = tmp_path / "more.csv"
    path.write_text("code,extra,empty\nRJ1,5,\n", encoding="utf-8")
    assert read_csv(path, ("code",)).unknown_columns == ("extra",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("code,code\nRJ1,RJ1\n", "Two columns are headed 'code'"),
        ("code,name\nRJ1\n", "row 2: The row has 1 values for 2 columns"),
        ("code,name\nRJ1,a,b\n", "row 2: The row has 3 values for 2 columns"),
        ('code,name\nRJ1,"cut', "not a well-formed CSV"),
        # in a column that is not read
        ("code,name,n\nRJ1,a,12\nRJ2,b,98.", "row 3: The file ends in the middle of a number, '98.'"),
        ("code,name\nRJ1,\x00\n", "The file is not text"),
        ("\n\n", "The file has no rows"),
    ],
)
def test_a_malformed_csv_says_where(text, problem, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_csv(path, ("code",))


@pytest.mark.parametrize(
    ("known", "renamed"),
    [
        ("within_18wk", "Within 18 weeks"),
        ("Org Code", "Organisation code"),
        (
            "Patients who have waited 12+ hrs from DTA to admission",
            "Patients who have waited 12 + hours from DTA to admission",
        ),
        ("catchment_population", "Catchment population"),
    ],
)
def test_a_header_of_the_same_words_is_the_same_column(known, renamed, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text(f'"{renamed}",other\n7,x\n', encoding="utf-8")
    table = read_csv(path, (known,))
    assert table.records[0][known].text == "7"
    # the address is the one in the file, so that a figure is found there again
    assert table.records[0][known].locator == f"row 2, {renamed}"
    assert cell_at(path, table.records[0][known].locator) == "7"
    assert table.remarks == [
        "Columns not read: other.",
        f"Columns read under another heading: {renamed!r} as {known!r}.",
    ]


@pytest.mark.parametrize(
    ("known", "renamed"),
    [
        ("over_52wk", "over_65wk"),
        ("rate", "base"),
        ("Type 1", "Type 2"),
        ("White", "Not White"),
        ("within_18wk", "over_18wk"),
    ],
)
def test_a_header_of_other_words_is_another_column(known, renamed, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text(f"{renamed},other\n7,x\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"There is no column '{known}'"):
        read_csv(path, (known,))


def test_two_headers_of_the_same_words_are_not_guessed_between(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("Org-Code,Organisation code\nRJ1,RV5\n", encoding="utf-8")
    with pytest.raises(InputError, match="There is no column 'Org Code'. The nearest is"):
        read_csv(path, ("Org Code",))


def test_no_two_columns_of_a_publication_have_the_same_words():
    """Else one could be taken for the other when a header is written otherwise."""
    from race_equality.sources.catalogue import PUBLICATIONS
    from race_equality.sources.headers import same_words
    from race_equality.sources.publications.access import AE_MONTH_OTHER_COLUMNS, RTT_MONTH_OTHER_COLUMNS
    from race_equality.sources.publications.workforce import STAFF_GROUPS

    layouts = [names for one in PUBLICATIONS for names in (one.columns, *one.other_columns) if names]
    layouts += [STAFF_GROUPS]
    ae, rtt = (next(one.columns for one in PUBLICATIONS if one.id == name) for name in ("ae_month", "rtt_month"))
    layouts += [(*ae, *AE_MONTH_OTHER_COLUMNS), (*rtt, *RTT_MONTH_OTHER_COLUMNS)]
    assert len(layouts) > 15
    for names in layouts:
        assert len({same_words(name) for name in names}) == len(names), names
    sets = [frozenset(same_words(name) for name in names) for names in layouts[:-3]]
    assert len(set(sets)) == len(sets)
