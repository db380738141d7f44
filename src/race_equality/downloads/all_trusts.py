"""Write the files of all trusts, some trusts at a time: of thousands only those some are in memory.

Every file is of the same rows. docs/downloads.md lists what ``downloads/`` and ``api/`` of a site have.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Literal, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from race_equality.downloads.codebook import (
    BY_ID,
    CODEBOOK_COLUMNS,
    COLUMNS,
    DAY_COLUMNS,
    FIGURES_COLUMNS,
    NUMBER_COLUMNS,
    codebook,
)
from race_equality.downloads.delimited import csv_header, csv_lines, csv_text
from race_equality.downloads.findings import Row
from race_equality.files import write_atomically, written_next_to
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE, Source

#: What a row is.
Kind = Literal["findings", "figures"]

_COLUMNS: Mapping[Kind, Sequence[str]] = {"findings": list(COLUMNS), "figures": list(FIGURES_COLUMNS)}
#: The names of the tables' files, without their endings.
_STEMS: Mapping[Kind, str] = {"findings": "all-trusts", "figures": "figures"}
#: What a JSON file gives of a row; the tables have the rest.
_JSON_COLUMNS: Mapping[Kind, Sequence[str]] = {
    "findings": (
        "trust_code measure group period_start period_end value lower_95 upper_95 all_trusts england unit people status"
    ).split(),
    "figures": [name for name in FIGURES_COLUMNS if name not in ("file", "locator")],
}
_OF_TRUST = ("trust_code", "trust", "trust_type", "region")
#: What the database has once for each trust, measure or source.
_IN_OTHER_TABLES = (*_OF_TRUST[1:], *"kind name adverse_when rounding publisher licence file".split())
_TABLES: Mapping[str, Sequence[str]] = {
    "figures": _COLUMNS["figures"],
    "findings": [name for name in COLUMNS if name not in _IN_OTHER_TABLES],
    "trusts": _OF_TRUST,
    "measures": CODEBOOK_COLUMNS[1:],
    "sources": "id title publisher url licence period file sha256".split(),
}
_VIEWS = {
    "figures_in_words": (
        "SELECT t.trust, t.trust_type, t.region, m.name, f.*, s.title AS source, s.publisher, s.licence FROM figures f "
        "JOIN trusts t USING (trust_code) JOIN measures m ON m.id = f.measure LEFT JOIN sources s ON s.id = f.edition"
    ),
    "latest": (
        "SELECT * FROM (SELECT *, max(CASE WHEN status = 'shown' THEN period_end END) OVER (PARTITION BY trust_code, measure) "
        "AS newest FROM figures) WHERE period_end = newest"
    ),
    "coverage": (
        "SELECT measure, min(period_end) AS first, max(period_end) AS last, count(DISTINCT period_end) AS periods, "
        "count(DISTINCT trust_code) AS trusts FROM figures WHERE value IS NOT NULL GROUP BY measure"
    ),
}


def write_all_trusts(
    site: Path, parts: Iterable[tuple[Sequence[Row], Sequence[Row]]], sources: Mapping[str, Source]
) -> list[str]:
    """Write ``downloads/`` and ``api/`` of a site.

    Parameters
    ----------
    site : Path
        The folder that is published.
    parts : iterable of (sequence of dict, sequence of dict)
        Findings and figures of some trusts at a time, all rows of a trust in one part: findings as from
        :func:`race_equality.downloads.findings.trust_rows`, figures as from
        :func:`race_equality.downloads.by_period.figures_by_period`.
    sources : mapping of str to Source
        By id.

    Returns
    -------
    list of str
        The files, relative to the site. Each is the same for the same rows, and takes its place when all are written.
    """
    folder, seen = site / "downloads", _Seen()
    with ExitStack() as places:
        files: dict[str, Path] = {}

        def new(name: str) -> Path:
            files[name] = places.enter_context(written_next_to(folder / name))
            return files[name]

        with ExitStack() as handles:
            pages = _Json(site)
            database = handles.enter_context(closing(_Database(new("all-trusts.sqlite"))))
            writers: list[_Writer] = [seen, pages, database]
            for kind, stem in _STEMS.items():
                writers.append(handles.enter_context(closing(_Csv(new(f"{stem}.csv"), kind))))
                writers.append(handles.enter_context(closing(_Parquet(new(f"{stem}.parquet"), kind))))
            for findings, figures in parts:
                findings = with_empty_cells(findings)
                for writer in writers:
                    writer.add("findings", findings)
                    writer.add("figures", figures)
            measures = codebook(seen.measures)
            used = [sources[id] for id in sorted(seen.editions & sources.keys())]
            database.insert("trusts", seen.trusts)
            database.insert("measures", (row for row in measures if row["entry"] == "measure"))
            database.insert("sources", map(vars, used))
        new("codebook.csv").write_text(csv_text(measures, CODEBOOK_COLUMNS), encoding="utf-8", newline="")
        package = data_package(dict(sorted(files.items())), used)
        new("datapackage.json").write_text(package, encoding="utf-8")
    return [*(f"downloads/{name}" for name in sorted(files)), *pages.finish()]


class _Writer(Protocol):
    """Takes the rows of some trusts."""

    def add(self, kind: Kind, rows: Sequence[Row]) -> None: ...


class _Seen:
    """What the rows name."""

    def __init__(self) -> None:
        self.measures: set[str] = set()
        self.editions: set[str] = set()
        self._trusts: dict[str, Row] = {}

    @property
    def trusts(self) -> Iterable[Row]:
        return self._trusts.values()

    def add(self, kind: Kind, rows: Sequence[Row]) -> None:
        self.measures.update(row["measure"] for row in rows)
        if kind == "figures":
            self.editions.update(row["edition"] for row in rows)
        else:
            self._trusts |= {row["trust_code"]: row for row in rows}


class _Csv:
    """One kind of rows as text."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._kind, self._columns = kind, _COLUMNS[kind]
        self._file = open(path, "w", encoding="utf-8", newline="")
        self._file.write(csv_header(self._columns))

    def add(self, kind: Kind, rows: Sequence[Row]) -> None:
        if kind == self._kind:
            self._file.writelines(csv_lines(rows, self._columns))

    def close(self) -> None:
        self._file.close()


class _Parquet:
    """One kind of rows, numbers as numbers and days as dates; a group of rows is of some trusts."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._kind = kind
        self._writer = pq.ParquetWriter(path, self._table([]).schema)

    def add(self, kind: Kind, rows: Sequence[Row]) -> None:
        if kind == self._kind:
            self._writer.write_table(self._table(rows))

    def _table(self, rows: Sequence[Row]) -> pa.Table:
        return pa.Table.from_pandas(typed(rows, _COLUMNS[self._kind]), preserve_index=False, nthreads=1)

    def close(self) -> None:
        self._writer.close()


class _Database:
    """Tables, and views of them, as one SQLite file.

    Python reads and writes SQLite without a further package, and so do R, Excel and QGIS; DuckDB would be one more
    dependency for 70,000 rows.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        # a file that is not finished is thrown away, so nothing is kept to undo what was written
        self._connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
        for table, columns in _TABLES.items():
            described = ", ".join(f'"{name}" {"REAL" if name in NUMBER_COLUMNS else "TEXT"}' for name in columns)
            self._connection.execute(f'CREATE TABLE "{table}" ({described})')

    def add(self, kind: Kind, rows: Sequence[Row]) -> None:
        self.insert(kind, rows)

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        columns = _TABLES[table]
        # a number or a day that is missing is no text; SQLite makes a number of its text
        empty = [name in NUMBER_COLUMNS or name in DAY_COLUMNS for name in columns]
        cells = (
            [(row[name] or None) if e else row[name] for name, e in zip(columns, empty, strict=True)] for row in rows
        )
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', cells)

    def close(self) -> None:
        try:
            for name, query in _VIEWS.items():
                self._connection.execute(f"CREATE VIEW {name} AS {query}")
            self._connection.execute("COMMIT")
        finally:
            self._connection.close()


class _Json:
    """What is known of each trust, and of each measure."""

    def __init__(self, site: Path) -> None:
        self._folder = site / "api"
        self._written: list[str] = []
        self._trusts: dict[str, str] = {}
        self._of_measures: defaultdict[str, dict[Kind, _PackedText]] = defaultdict(
            lambda: {kind: _PackedText() for kind in _JSON_COLUMNS}
        )
        self._of_trusts: dict[str, dict[Kind, list[str]]] = {}

    def add(self, kind: Kind, rows: Sequence[Row]) -> None:
        of_measures: defaultdict[str, list[str]] = defaultdict(list)
        of_trusts: defaultdict[str, list[str]] = defaultdict(list)
        numbers = [(name, name in NUMBER_COLUMNS) for name in _JSON_COLUMNS[kind]]
        for row in rows:
            cells = ((row[name] or "null") if is_number else _quoted(row[name]) for name, is_number in numbers)
            text = f"[{','.join(cells)}]"
            of_trusts[row["trust_code"]].append(text)
            of_measures[row["measure"]].append(text)
            if kind == "findings":
                self._trusts[row["trust_code"]] = row["trust"]
        for measure, texts in of_measures.items():
            self._of_measures[measure][kind].add(texts)
        for code, texts in of_trusts.items():
            self._of_trusts.setdefault(code, {})[kind] = texts
        if kind == "figures":  # which come last of a part
            for code, known in self._of_trusts.items():
                self._write(f"trusts/{code}", {each: ",".join(known.get(each, ())) for each in _JSON_COLUMNS})
            self._of_trusts.clear()

    def _write(self, name: str, rows: Mapping[Kind, str]) -> None:
        parts = (
            f'"{kind}":{{"columns":{_quoted(_JSON_COLUMNS[kind])},"rows":[{text}]}}' for kind, text in rows.items()
        )
        write_atomically(self._folder / f"{name}.json", f"{{{','.join(parts)}}}")
        self._written.append(f"api/{name}.json")

    def finish(self) -> list[str]:
        """Write the files of measures and the list of all, and name every file."""
        for measure, known in self._of_measures.items():
            self._write(f"indicators/{measure}", {kind: text.read() for kind, text in known.items()})
        titles = {measure: BY_ID[measure].title for measure in sorted(self._of_measures)}
        index = {"trusts": dict(sorted(self._trusts.items())), "indicators": titles}
        write_atomically(self._folder / "index.json", json.dumps(index, ensure_ascii=False, indent=1) + "\n")
        return [*sorted(self._written), "api/index.json"]


class _PackedText:
    """Texts with commas between them, kept small until they are read: each measure's rows come from every trust."""

    def __init__(self) -> None:
        self._packer, self._packed = zlib.compressobj(1), b""
        self._is_empty = True

    def add(self, texts: Sequence[str]) -> None:
        self._packed += self._packer.compress(f"{'' if self._is_empty else ','}{','.join(texts)}".encode())
        self._is_empty = False

    def read(self) -> str:
        return zlib.decompress(self._packed + self._packer.flush()).decode()


#: One for all: json.dumps makes one for each cell.
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _quoted(value: object) -> str:
    return _encoder.encode(value)


def with_empty_cells(rows: Iterable[Row]) -> list[Row]:
    """Leave numbers and days empty that are missing: the column ``status`` says why."""
    columns = (*NUMBER_COLUMNS, *DAY_COLUMNS)
    return [row | {name: "" for name in columns if row[name].startswith("[")} for row in rows]


def typed(rows: Sequence[Row], columns: Iterable[str] = COLUMNS) -> pd.DataFrame:
    """Make a table of rows of ready text: numbers as numbers, days as dates, and nothing where there is none."""
    table = pd.DataFrame(rows, columns=list(columns))
    for column in table.columns:
        if column in NUMBER_COLUMNS:  # the shorthand is in words in the column "status"
            table[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
        elif column in DAY_COLUMNS:
            table[column] = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
        else:
            table[column] = table[column].astype("str")
    return table


def data_package(files: Mapping[str, Path], sources: Iterable[Source]) -> str:
    """Describe files as a Frictionless data package next to them.

    Parameters
    ----------
    files : mapping of str to Path
        Name, and where the file is now.
    sources : iterable of Source

    Returns
    -------
    str
        JSON.

    References
    ----------
    Frictionless Data, Data Package 1.0 and Table Schema 1.0.
    """
    tables = {
        "all-trusts.csv": COLUMNS,
        "figures.csv": FIGURES_COLUMNS,
        "codebook.csv": dict.fromkeys(CODEBOOK_COLUMNS, ""),
    }
    resources = []
    for name, path in files.items():
        stem, _, ending = name.rpartition(".")
        about: dict[str, Any] = {
            "name": stem if ending == "csv" else f"{stem}-{ending}",
            "path": name,
            "format": ending,
        }
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if ending == "csv":
            fields = [{"name": id, "type": _field_type(id), "description": text} for id, text in tables[name].items()]
            about |= {"profile": "tabular-data-resource", "mediatype": "text/csv", "encoding": "utf-8"}
            about["schema"] = {"fields": fields, "missingValues": [""]}
        resources.append(about | {"bytes": path.stat().st_size, "hash": f"sha256:{digest}"})
    package = {
        "profile": "data-package",
        "name": "race-equality-nhs-trusts",
        "title": "Race equality at NHS trusts in England",
        "description": "Numbers and days are empty where there is none, and the column status says why.",
        "licenses": [
            {
                "name": "OGL-UK-3.0",
                "title": OPEN_GOVERNMENT_LICENCE,
                "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            }
        ],
        "sources": [{"title": one.title, "path": one.url} for one in sources],
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def _field_type(column: str) -> str:
    return "number" if column in NUMBER_COLUMNS else "date" if column in DAY_COLUMNS else "string"
