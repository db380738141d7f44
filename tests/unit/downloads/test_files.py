"""CSV, Parquet and OpenDocument files: opened again, and harmless."""

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from functools import partial

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from race_equality.audit.site import audit_site as audit_by
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.downloads.all_trusts import typed
from race_equality.downloads.codebook import COLUMNS
from race_equality.downloads.delimited import csv_text, without_formula
from race_equality.downloads.files import trust_spreadsheet
from race_equality.downloads.findings import trust_rows
from race_equality.downloads.spreadsheet import Sheet, spreadsheet

OFFICE, TABLE, TEXT = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text"))
USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
audit_site = partial(audit_by, rules=USUAL)


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=1+1,2"])
def test_what_a_spreadsheet_would_run_is_text(name, download_data, new_trust, wres_6):
    assert without_formula(name) == f"'{name}"
    rows = trust_rows(download_data(*wres_6), new_trust(name=name))
    text = csv_text(rows, list(COLUMNS))
    for cells in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        assert cells[1] == f"'{name}"
        assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for cell in cells)


@pytest.mark.parametrize("number", ["-3.2", "-12", "0.0", "[c]", "24.3"])
def test_numbers_and_shorthand_stay(number):
    assert without_formula(number) == number


def test_cells_of_csv_are_quoted_as_by_the_standard_library():
    cells = ["", "a", "a,b", 'a "b"', "a\nb", "a\r\nb", " a ", "-3.2", "=1+1", "\t", "é"]
    expected = io.StringIO()
    csv.writer(expected, lineterminator="\r\n").writerows(
        [["cell", "next"], *([without_formula(one), "x"] for one in cells)]
    )
    assert csv_text([{"cell": one, "next": "x"} for one in cells], ["cell", "next"]) == expected.getvalue()


def test_csv_reads_back(download_data, new_trust, wres_6):
    rows = trust_rows(download_data(*wres_6), new_trust(name='A, "B" & <c>\nd'))
    text = csv_text(rows, list(COLUMNS))
    assert text.encode().startswith(b"trust_code,trust,")
    frame = pd.read_csv(io.StringIO(text, newline=""), na_values=["[c]", "[x]", "[z]"])
    assert frame["value"].dtype == "float64"
    assert set(frame["trust"]) == {'A, "B" & <c>\nd'}
    assert len(frame) == len(rows)


def test_a_typed_table_has_numbers_and_days(download_data, new_trust, wres_6):
    frame = typed(trust_rows(download_data(*wres_6), new_trust()))
    assert list(frame.columns) == list(COLUMNS)
    assert frame["value"].dtype == "float64"
    row = frame[(frame["measure"] == "wres_6") & (frame["group"] == "White")].iloc[0]
    assert row["value"] == 20.0
    assert row["period_end"] == pd.Timestamp("2024-11-30")
    assert frame.loc[frame["status"].str.endswith("[x]"), "value"].isna().all()


@pytest.fixture
def opened(download_data, new_trust, wres_6):
    rows = trust_rows(download_data(*wres_6), new_trust(name="=A & <B>"))
    data = trust_spreadsheet(new_trust(name="=A & <B>"), rows)
    assert data == trust_spreadsheet(new_trust(name="=A & <B>"), rows)
    return data


def test_ods_is_a_package_as_the_standard_has_it(opened):
    with zipfile.ZipFile(io.BytesIO(opened)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        listed = {
            entry.get("{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}full-path")
            for entry in ET.fromstring(archive.read("META-INF/manifest.xml"))
        }
        assert listed == set(archive.namelist()) - {"mimetype", "META-INF/manifest.xml"} | {"/"}
        meta = archive.read("meta.xml").decode()
        assert "<dc:title>Race equality at =A &amp; &lt;B&gt; (RX1)</dc:title>" in meta
        assert "<dc:language>en-GB</dc:language>" in meta


def test_ods_is_accessible(opened):
    """Cover and notes first, one table a sheet with its header marked, no merged and no empty cell."""
    with zipfile.ZipFile(io.BytesIO(opened)) as archive:
        content = ET.fromstring(archive.read("content.xml"))
    sheets = list(content.iter(f"{TABLE}table"))
    assert [sheet.get(f"{TABLE}name") for sheet in sheets] == [
        "Cover",
        "Notes",
        "Findings",
        "Published_figures",
        "Sources",
    ]
    for sheet in sheets:
        assert not list(sheet.iter(f"{TABLE}covered-table-cell"))
        for cell in sheet.iter(f"{TABLE}table-cell"):
            assert cell.get(f"{TABLE}number-columns-spanned") is None
            assert cell.get(f"{TABLE}formula") is None
            assert "".join(cell.itertext()).strip()
        headers = list(sheet.iter(f"{TABLE}table-header-rows"))
        assert len(headers) == (0 if sheet.get(f"{TABLE}name") in ("Cover", "Notes") else 1)
        if headers:
            columns = len(list(headers[0].iter(f"{TABLE}table-cell")))
            after = sheet.findall(f"{TABLE}table-row")[2:]  # title and note come before
            assert after
            assert {len(row) for row in after} == {columns}
            assert len(sheet.findall(f"{TABLE}table-column")) == columns
    notes = "".join(sheets[1].itertext())
    for short in ("[c]", "[x]", "[z]", "[u]"):
        assert short in notes


def test_ods_opens_with_numbers_as_numbers(opened):
    book = CalamineWorkbook.from_filelike(io.BytesIO(opened))
    rows = book.get_sheet_by_name("Findings").to_python()
    assert rows[0][0] == "Findings of the report: =A & <B>"
    header = rows[2]
    row = next(row for row in rows if row[0].startswith("WRES 6") and row[1] == "White")
    assert row[header.index("Value")] == 20.0
    missing = next(row for row in rows if row[0].startswith("WRES 5"))
    assert missing[header.index("Value")] == "[x]"


def test_ods_takes_any_character():
    data = spreadsheet([Sheet("A", "b\x00c\x1b\ud800", ["<&>"])], title="t\x01", subject="s")
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("A").to_python()[1] == ["<&>"]


@pytest.fixture
def site(tmp_path, download_data, new_trust, new_figure, wres_6):
    """The downloads of a trust of which one measure is hidden."""
    rows = trust_rows(
        download_data(
            *wres_6,
            new_figure("wres_5", "Ethnic minority", 42.9, numerator=3, denominator=7),
            new_figure("wres_5", "White", 20.0, numerator=200, denominator=1000),
        ),
        new_trust(),
    )
    (tmp_path / "trusts").mkdir()
    (tmp_path / "downloads").mkdir()
    (tmp_path / "trusts" / "RX1-figures.csv").write_text(csv_text(rows, list(COLUMNS)), newline="")
    (tmp_path / "trusts" / "RX1-figures.ods").write_bytes(trust_spreadsheet(new_trust(), rows))
    (tmp_path / "downloads" / "all-trusts.csv").write_text(csv_text(rows, list(COLUMNS)), newline="")
    (tmp_path / "downloads" / "all-trusts.parquet").write_bytes(typed(rows).to_parquet(index=False))
    return tmp_path


def test_the_audit_finds_nothing(site):
    result = audit_site(site)
    assert [str(problem) for problem in result.problems] == []
    assert result.hidden > 5


@pytest.mark.parametrize("file", ["trusts/RX1-figures.csv", "downloads/all-trusts.csv"])
def test_the_audit_finds_a_leak_in_a_csv(site, file):
    text = (site / file).read_text()
    lines = text.splitlines()
    hidden = next(i for i, line in enumerate(lines) if ",[c],[c],[c],[c]," in line)
    lines[hidden] = lines[hidden].replace("[c]", "42.9", 1)
    (site / file).write_text("\n".join(lines))
    assert {problem.file for problem in audit_site(site).problems} == {file}


def test_the_audit_finds_a_leak_in_a_spreadsheet(site, download_data, new_trust, new_figure):
    careless = DisclosureRules(DisclosureRule(minimum_responses=2, minimum_people=2))
    leaking = trust_rows(
        download_data(
            new_figure("wres_5", "Ethnic minority", 42.9, numerator=3, denominator=7),
            new_figure("wres_5", "White", 20.0, numerator=200, denominator=1000),
            rules=careless,
        ),
        new_trust(),
    )
    (site / "trusts" / "RX1-figures.ods").write_bytes(trust_spreadsheet(new_trust(), leaking))
    problems = audit_site(site).problems
    assert {problem.file for problem in problems} == {"trusts/RX1-figures.ods"}
    assert any("is 7, and fewer than 11" in problem.message for problem in problems)


def test_the_audit_works_out_a_group_from_a_total_in_the_same_measure(site, new_trust, download_data, new_figure):
    rows = trust_rows(
        download_data(
            *(
                new_figure("workforce_headcount", group, people, unit="people")
                for group, people in (("Midwives", 4), ("HCHS Doctors", 40), ("Ambulance staff", 56))
            ),
            new_figure("workforce_headcount", "Total", 100, unit="people"),
        ),
        new_trust(),
    )
    rows = [row for row in rows if row["measure"] != "workforce_headcount" or row["unit"] == "people"]
    groups = {row["group"]: row["value"] for row in rows if row["measure"] == "workforce_headcount"}
    assert groups == {"HCHS Doctors": "40", "Midwives": "[c]", "Ambulance staff": "56"}
    total = {**next(row for row in rows if row["group"] == "HCHS Doctors"), "group": "Total", "value": "100"}
    text = csv_text([*rows, {**total, "people": "100"}], list(COLUMNS))
    (site / "trusts" / "RX1-figures.csv").write_text(text, newline="")
    assert any("of Midwives is 4" in problem.message for problem in audit_site(site).problems)


def test_the_audit_finds_a_count_and_a_number_too_precise(site):
    file = site / "trusts" / "RX1-figures.csv"
    text = file.read_text()
    file.write_text(text.replace(",200,", ",7,", 1).replace("30.0", "30.04297", 1))
    assert {problem.kind for problem in audit_site(site).problems} >= {"too few", "too precise"}
