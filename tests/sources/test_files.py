"""Files of kinds that cannot be read are said to be what they are, and archives give what is in them."""

import struct
import zipfile

import openpyxl
import pytest

from race_equality.errors import InputError
from race_equality.sources.cells import cell_at, read_csv
from race_equality.sources.file_kinds import check_file, is_pack, is_zipped_csv, text_of, unpack
from race_equality.sources.recognition import is_return, recognise

HEADER = "trust_code,value\n"


def compound_file(*streams):
    """Return a Compound File Binary with named entries in its directory, as Excel 97 and Office's encryption write.

    Of [MS-CFB], section 2.2 and 2.6: the signature and sector size of a header, and directory entries of 128
    bytes that begin with a name in UTF-16 of 64 bytes and its length.
    """
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(name) + 2) + bytes(62)
        for name in ("Root Entry", *streams)
    )
    return header.ljust(512, b"\0") + entries


def encrypted_zip(path, name):
    """Write a zip archive whose entry is marked as encrypted (bit 0 of its flags, in both its headers)."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, HEADER + "RJ1,1\n")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 1
    path.write_bytes(bytes(data))


def zip_of(path, *entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "what", "mend"),
    [
        ("figures.xls", compound_file("Workbook"), r"an Excel workbook of the format before 2007 \(.xls\)", r"\.xlsx"),
        ("figures.xls", compound_file("Book"), r"an Excel workbook of the format before 2007 \(.xls\)", r"\.xlsx"),
        (
            "figures.xlsx",
            compound_file("EncryptionInfo", "EncryptedPackage"),
            "a workbook protected by a password",
            "take the password off",
        ),
        ("letter.doc", compound_file("WordDocument"), "an Office document of the format before 2007", "Download"),
        ("report.csv", b"%PDF-1.7\n", "a PDF", "CSV or Excel file"),
        ("report.xlsx", b"<!DOCTYPE html><html><body>403</body></html>", "a page of the web", "may have refused"),
        ("report.csv", b"\xef\xbb\xbf\n  <html lang='en'>", "a page of the web", "Download the file"),
        ("figures.csv.gz", b"\x1f\x8b\x08\x00", "a gzip archive", "Unpack it"),
        ("figures.7z", b"7z\xbc\xaf\x27\x1c\x00", "a 7-Zip archive", "Unpack it"),
        ("figures.rar", b"Rar!\x1a\x07", "a RAR archive", "Unpack it"),
    ],
)
def test_a_file_of_another_kind_is_said_to_be_one(tmp_path, name, content, what, mend):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (recognise, is_return, check_file):
        with pytest.raises(InputError, match=rf"{name}: The file is {what}\. .*{mend}"):
            read(path)


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        (
            [("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<x/>")],
            "a document of OpenOffice or LibreOffice, and no spreadsheet",
        ),
        (
            [("[Content_Types].xml", "<x/>"), ("xl/workbook.bin", "x")],
            r"an Excel workbook of the binary format \(.xlsb\)",
        ),
        ([("[Content_Types].xml", "<x/>"), ("word/document.xml", "<x/>")], "an Office document and no workbook"),
    ],
)
def test_a_packed_document_of_another_kind_is_said_to_be_one(tmp_path, entries, what):
    path = zip_of(tmp_path / "figures.xlsx", *entries)
    with pytest.raises(InputError, match=f"figures.xlsx: The file is {what}"):
        recognise(path)


@pytest.mark.parametrize("name", ["figures.csv", "book.xlsx"])
def test_an_encrypted_archive_is_said_to_be_one(tmp_path, name):
    path = tmp_path / "figures.zip"
    encrypted_zip(path, name)
    for read in (recognise, check_file):
        with pytest.raises(
            InputError, match="figures.zip: The file is a zip archive protected by a password. Unpack it"
        ):
            read(path)


def test_a_zipped_csv_is_read_and_traced_as_the_csv_is(tmp_path):
    path = zip_of(tmp_path / "values.zip", ("deep/values.csv", HEADER + "RJ1,17\n"))
    (record,) = read_csv(path, ("trust_code", "value"))
    assert record["value"].number("value") == 17
    assert cell_at(path, record["value"].locator) == "17"


def test_an_archive_of_one_workbook_is_one_to_unpack_and_a_workbook_is_not(tmp_path):
    book = tmp_path / "book.xlsx"
    openpyxl.Workbook().save(book)
    packed = zip_of(tmp_path / "packed.zip", ("book.xlsx", book.read_bytes()))
    assert is_pack(packed)
    assert not is_pack(book)
    assert not is_zipped_csv(packed)
    assert unpack(packed, tmp_path)[0][0].read_bytes() == book.read_bytes()


def test_two_files_of_one_name_are_both_unpacked_and_others_are_named(tmp_path):
    path = zip_of(
        tmp_path / "years.zip",
        ("2023/data.csv", "a\n"),
        ("2024/data.csv", "b\n"),
        ("read me.pdf", "%PDF"),
        ("__MACOSX/._data.csv", "x"),
        ("../outside.csv", "c\n"),
    )
    folder = tmp_path / "there"
    folder.mkdir()
    found, others = unpack(path, folder)
    assert sorted(file.read_text() for file in found) == ["a\n", "b\n", "c\n"]
    assert all(folder in file.parents for file in found)
    assert others == ["read me.pdf"]


def test_the_letter_that_is_not_utf_8_is_named_with_its_row(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(b"code,name\nRJ1,Guy\nRJ2,King\x92s\n")
    with pytest.raises(InputError, match=r"latin.csv, row 3: The file is not UTF-8 text: b'\\x92'"):
        text_of(path)
    path.write_bytes("code,name\n".encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16 text, which Excel calls Unicode. Save it as CSV UTF-8"):
        text_of(path)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_named(tmp_path, separator):
    path = tmp_path / "values.csv"
    path.write_text(HEADER.replace(",", separator) + "RJ1;1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"between its columns, where a CSV has commas. Save it as CSV UTF-8 \(comma"):
        recognise(path)
