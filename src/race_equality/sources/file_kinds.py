"""Files as they come from a publisher: how large, of which kind, packed or not.

What cannot be read is said by what it is (a page of the web, a password, an older format of Excel), so that
nobody has to guess it from the complaint of a reader of cells.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from race_equality.errors import InputError

# The largest official file read here is 3 MB (48 MB unpacked); more than this is not one of them.
_LARGEST_FILE = 100 * 1024**2
_LARGEST_UNPACKED = 1024**3

_SAVE_AS_XLSX = "Open it and save it as an Excel workbook (.xlsx)."
_UNPACK = "Unpack it, and add what is in it."
#: How files that are no CSV and no workbook begin, what each is, and what to do.
_OTHER_KINDS = (
    (b"%PDF", "a PDF", "Download the publication's CSV or Excel file."),
    (b"{\\rtf", "a text document", "Download the publication's CSV or Excel file."),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
)
_WEB_PAGES = (b"<!doctype html", b"<html")
_BEFORE_2007 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Compound File Binary; passwords are kept in it to this day
_PACKED_WORKBOOK = "[Content_Types].xml"
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_READABLE = (".csv", ".xlsx", ".ods")
_ENCRYPTED = 0x1  # bit of an entry's flags in a zip archive
#: What zipfile raises for an archive that is damaged, or packed in a way it does not know.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)


def check_file(path: Path) -> Path:
    """Return ``path`` when it is a file of a plausible size, and of a kind that can be read.

    Raises
    ------
    InputError
        Saying what it is instead.
    """
    if not path.is_file():
        raise InputError("The file is not there.", file=path, mend="Check the folder and the name.")
    size = path.stat().st_size
    if size == 0:
        raise InputError("The file is empty.", file=path, mend="Download it again.")
    if size > _LARGEST_FILE:
        raise InputError(
            f"The file has {size / 1024**2:.0f} MB; no publication read here is over {_LARGEST_FILE // 1024**2} MB.",
            file=path,
            mend="Check that it is the right file.",
        )
    if other := _other_kind(path):
        what, mend = other
        raise InputError(f"The file is {what}.", file=path, mend=mend)
    return path


def _other_kind(path: Path) -> tuple[str, str] | None:
    """Return what a file is that can't be read, and what to do; None for one that may be."""
    try:
        with open(path, "rb") as file:
            start = file.read(512)
            if start.startswith(_BEFORE_2007):
                return _kind_before_2007(start + file.read())
    except OSError as error:
        return f"not to be opened ({error.strerror})", "Check that you may read it."
    for begins, what, mend in _OTHER_KINDS:
        if start.startswith(begins):
            return what, mend
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_WEB_PAGES):
        return "a page of the web", "Download the file that the page links to; the site may have refused it."
    if zipfile.is_zipfile(path):
        return _kind_of_zip(path)
    return None


def _kind_before_2007(content: bytes) -> tuple[str, str]:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return (
            "a workbook protected by a password",
            "Open it in Excel, take the password off (File, Info, Protect Workbook, Encrypt with Password) and "
            "save it.",
        )
    if any(f"{name}\0".encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return "an Excel workbook of the format before 2007 (.xls)", _SAVE_AS_XLSX
    return "an Office document of the format before 2007", "Download the publication's CSV or Excel file."


def _kind_of_zip(path: Path) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                return "a zip archive protected by a password", "Unpack it with the password, and add what is in it."
            if "mimetype" in names and "content.xml" in names and not archive.read("mimetype").startswith(_SPREADSHEET):
                return "a document of OpenOffice or LibreOffice, and no spreadsheet", _SAVE_AS_XLSX
    except DAMAGED:
        return None  # cut short: the reader of the file reports it
    if "xl/workbook.bin" in names:
        return "an Excel workbook of the binary format (.xlsb)", _SAVE_AS_XLSX
    if _PACKED_WORKBOOK in names and not any(name.startswith("xl/") for name in names):
        return "an Office document and no workbook", "Download the publication's CSV or Excel file."
    return None


def is_zipped_csv(path: Path) -> bool:
    """Return whether a file is a zip archive that holds one CSV, as large publications are."""
    names = _names_in(check_file(path))
    return len(names) == 1 and names[0].lower().endswith(".csv")


def is_pack(path: Path) -> bool:
    """Return whether a file is a zip archive to unpack: no workbook, and more than one CSV."""
    names = _names_in(path)
    is_book = _PACKED_WORKBOOK in names or {"mimetype", "content.xml"} <= set(names)
    return bool(names) and not is_book and not is_zipped_csv(path)


def is_workbook(path: Path) -> bool:
    """Return whether a file is a workbook by its packing: a zip archive that is not one of a CSV."""
    return zipfile.is_zipfile(check_file(path)) and not is_zipped_csv(path)


def is_excel_workbook(path: Path) -> bool:
    """Return whether a workbook is one of Excel (.xlsx), and not of LibreOffice (.ods)."""
    return _PACKED_WORKBOOK in _names_in(path)


def _names_in(path: Path) -> list[str]:
    """Return the names of the files in a zip archive; none for what is no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name for name in archive.namelist() if not name.endswith("/")]
    except DAMAGED:
        return []


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a CSV, or the one in a zip archive.

    Raises
    ------
    InputError
        When it unpacks to more than a publication would.
    """
    if not is_zipped_csv(path):
        with open(path, "rb") as file:
            yield file
        return
    check_unpacked_size(path)
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            (entry,) = (entry for entry in archive.infolist() if not entry.filename.endswith("/"))
            unpacked = stack.enter_context(archive.open(entry))
        except DAMAGED as error:
            raise _not_unpacked(path, error) from None
        yield unpacked


def _not_unpacked(path: Path, error: Exception) -> InputError:
    return InputError(
        f"The archive cannot be unpacked ({' '.join(str(error).split())}).",
        file=path,
        mend="It may have been cut short: download it again.",
    )


def check_unpacked_size(path: Path) -> None:
    """Raise an error when a zip archive says that it unpacks to more than a publication has."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _LARGEST_UNPACKED:
        raise InputError(
            f"The file unpacks to {unpacked / 1024**2:.0f} MB, which no publication does.",
            file=path,
            mend="Check that it is the right file.",
        )


def text_of(path: Path) -> str:
    """Return the whole text of a CSV, or of the one in a zip archive.

    Raises
    ------
    InputError
        When it is not UTF-8, with or without a byte-order mark; or is over what a publication has.
    """
    try:
        with opened(path) as file:
            content = file.read(_LARGEST_FILE + 1)
    except DAMAGED as error:
        raise _not_unpacked(path, error) from None
    if len(content) > _LARGEST_FILE:
        raise InputError(
            f"The file unpacks to over {_LARGEST_FILE // 1024**2} MB, which no publication of this kind does.",
            file=path,
            mend="Check that it is the right file.",
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("The file is UTF-16 text, which Excel calls Unicode.", file=path, mend="Save it as CSV UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file is not UTF-8 text: {content[error.start : error.start + 1]!r} is no letter of it.",
            file=path,
            row=content.count(b"\n", 0, error.start) + 1,
            mend="Save it as CSV UTF-8, or download it again.",
        ) from None
    if "\x00" in text:
        raise InputError("The file is not text.", file=path, mend="Check that it is a CSV.")
    return text


def unpack(path: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """Unpack the CSV files and workbooks of an archive.

    Parameters
    ----------
    path : Path
    folder : Path
        Each file goes into a folder of its own there, whatever its folder in the archive: two can have one name.

    Returns
    -------
    list of Path
        What was unpacked.
    list of str
        The names of the other files, which were not.

    Raises
    ------
    InputError
        When they are more than publications have, whatever the archive says of their size.
    """
    check_file(path)
    unpacked, found, others = 0, [], []
    try:
        with zipfile.ZipFile(path) as archive:
            for number, entry in enumerate(archive.infolist()):
                name = Path(entry.filename.replace("\\", "/")).name
                if not name or entry.is_dir() or name.startswith("."):
                    continue  # a folder, or what a Mac packs next to a file
                if not name.lower().endswith(_READABLE):
                    others.append(name)
                    continue
                target = folder / str(number) / name
                target.parent.mkdir()
                with archive.open(entry) as packed, open(target, "xb") as file:
                    while piece := packed.read(1024**2):
                        unpacked += len(piece)
                        if unpacked > _LARGEST_UNPACKED:
                            raise InputError(
                                f"The archive unpacks to over {_LARGEST_UNPACKED // 1024**2} MB, which no "
                                "publication does.",
                                file=path,
                                mend="Check that it is the right file.",
                            )
                        file.write(piece)
                found.append(target)
    except DAMAGED as error:
        raise _not_unpacked(path, error) from None
    return found, others
