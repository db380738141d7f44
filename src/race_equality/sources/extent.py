"""How far the cells of a spreadsheet reach, found without reading it into memory.

A reader of spreadsheets holds a sheet from its first to its last cell with all the empty ones between. One value in Excel's last
cell, XFD1048576, is 17 billion cells, and the process that reads it is ended for lack of memory without a word.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from race_equality.errors import InputError

#: The largest sheet of a publication read here has 0.7 million.
MOST_CELLS = 10_000_000

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,9})")


def check_extent(path: Path) -> None:
    """Refuse a spreadsheet whose cells reach further than a publication's would.

    Parameters
    ----------
    path : Path
        An ``.xlsx`` or ``.ods`` file.

    Raises
    ------
    InputError
        Naming the sheet and the cell.
    zipfile.BadZipFile, KeyError, OSError, ValueError, ElementTree.ParseError, expat.ExpatError
        When the file is damaged.
    """
    status = path.stat()
    _check(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)  # a file is opened to recognise it, and again to read it
def _check(path: Path, size: int, mtime_ns: int) -> None:
    with zipfile.ZipFile(path) as archive:
        if "content.xml" in archive.namelist():
            _parse(archive, "content.xml", _Ods(path))
            return
        for sheet, part in _parts(archive):
            _parse(archive, part, _Xlsx(path, sheet))


class _Extent(ABC):
    """The last row and the last column that hold something, both counted from 1."""

    def __init__(self, path: Path, sheet: str = "") -> None:
        self.path, self.sheet = path, sheet
        self.rows = self.columns = 0

    def holds(self, row: int, column: int) -> None:
        if row <= self.rows and column <= self.columns:
            return
        self.rows, self.columns = max(row, self.rows), max(column, self.columns)
        if self.rows * self.columns > MOST_CELLS:
            from race_equality.sources.cells import column_letters

            raise InputError(
                f"The cells of the sheet reach over {self.rows:,} rows and {self.columns:,} columns, which no publication "
                "read here does.",
                file=self.path,
                sheet=self.sheet,
                row=f"{column_letters(column - 1)}{row}",
                mend="Delete what is in this cell, or the empty rows and columns before it, and save the file.",
            )

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:  # noqa: B027  # in an Excel sheet the end of an element says nothing
        """Take the end of an element."""


class _Xlsx(_Extent):
    reference = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name if len(name) == 1 else name.rpartition(":")[2]
        if local == "c":
            self.reference = attributes.get("r", "")  # without one, a cell follows the one before it
        elif local in ("v", "is") and (found := _REFERENCE.fullmatch(self.reference)):
            column = 0
            for letter in found[1]:
                column = 26 * column + ord(letter) - ord("A") + 1
            self.holds(int(found[2]), column)


class _Ods(_Extent):
    row = column = 0
    times = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.sheet, self.rows, self.columns, self.row = attributes.get("table:name", ""), 0, 0, 0
        elif name == "table:table-row":
            self.column, self.times = 0, int(attributes.get("table:number-rows-repeated", 1))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.column += int(attributes.get("table:number-columns-repeated", 1))
            if "office:value-type" in attributes:
                self.holds(self.row + self.times, self.column)

    def end(self, name: str) -> None:
        if name == "table:table-row":
            self.row += self.times


def _parse(archive: zipfile.ZipFile, part: str, extent: _Extent) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = extent.start, extent.end
    with archive.open(part) as file:
        parser.ParseFile(file)


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name each sheet of an Excel workbook and the file of it in the archive."""

    def elements(part: str, name: str) -> Iterator[ElementTree.Element]:
        root = ElementTree.fromstring(archive.read(part))
        return (one for one in root.iter() if one.tag.rpartition("}")[2] == name)

    targets = {one.get("Id"): one.get("Target", "") for one in elements("xl/_rels/workbook.xml.rels", "Relationship")}
    for sheet in elements("xl/workbook.xml", "sheet"):
        target = targets.get(sheet.get(_RELATION), "")
        part = target.removeprefix("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if part in archive.namelist():
            yield sheet.get("name", ""), part
