"""Published figures of all trusts for each period held, and the files that are made from them.

Every row is also in the file of its trust, with the same figures hidden. All files here come from the same rows.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from race_equality.downloads.codebook import BY_ID, COLUMNS, FIGURES_COLUMNS, NUMBER_COLUMNS
from race_equality.downloads.findings import STATUS_WORDS, DownloadData, Row, number_text
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE, PLACE_IN_A_FILE, Source, place_words

_DAYS = ("period_start", "period_end")
#: What a JSON file gives of a figure and of a finding; the tables have the rest.
_JSON_FIGURE = [name for name in FIGURES_COLUMNS if name not in ("file", "locator")]
_JSON_FINDING = (
    "trust_code measure group period_start period_end value lower_95 upper_95 all_trusts england unit people status"
).split()
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


def figures_by_period(data: DownloadData, codes: Collection[str]) -> list[Row]:
    """Give the figures of all trusts as their publishers give them, for each period held.

    Parameters
    ----------
    data : DownloadData
        The invented trust and trusts' own returns are left out here.
    codes : collection of str
        Of the trusts.

    Returns
    -------
    list of dict
        Ready text by :data:`race_equality.downloads.codebook.FIGURES_COLUMNS`, by trust; "" where there is none.
    """
    public = data.public()
    table = public.published.table
    table = table[table["trust_code"].isin(codes)].sort_values("trust_code", kind="stable")
    of_people = table["unit"] == "people"
    rules = {code: public.rules.of(code) for code in codes}
    people, answers = (
        table["trust_code"].map({code: getattr(rule, name) for code, rule in rules.items()})
        for name in ("minimum_people", "minimum_responses")
    )
    base = table["value"].where(of_people, table["denominator"]).astype("Float64")
    few = (base < answers.where(~of_people, people)).fillna(False).astype(bool)  # a figure may have no base
    status = table["status"].mask((table["status"] == "ok") & few, "suppressed")
    status = status.mask((status == "ok") & table["value"].isna(), "not_available")
    shown = status == "ok"
    files = {id: source.file for id, source in public.sources.items()}
    rows = []
    for (
        code,
        measure,
        group,
        organisation,
        start,
        end,
        unit,
        value,
        known,
        is_shown,
        word,
        source,
        place,
        recording,
    ) in zip(
        *(table[name].tolist() for name in "trust_code indicator group organisation_code".split()),
        *(table[name].dt.strftime("%Y-%m-%d").tolist() for name in _DAYS),
        *(table["unit"].tolist(), table["value"].tolist(), base.tolist(), shown.tolist(), status.tolist()),
        *(table[name].tolist() for name in ("source", "locator", "recording")),
        strict=True,
    ):
        named = PLACE_IN_A_FILE.fullmatch(place)
        rows.append(
            {
                "trust_code": code,
                "measure": measure,
                "group": group,
                "organisation": organisation or code,
                "period_start": start,
                "period_end": end,
                "value": (number_text(value, unit) or "") if is_shown else "",
                "unit": unit,
                "people": (number_text(known, "people") or "") if is_shown else "",
                "status": STATUS_WORDS[word],
                "edition": source,
                "file": named[1] if named else files.get(source, ""),
                # the place of a hidden figure would give it away
                "locator": "[c]" if word == "suppressed" else place_words(named[2] if named else place, recording),
            }
        )
    return rows


def with_empty_cells(rows: Iterable[Row]) -> list[Row]:
    """Leave numbers and days empty that are missing: the column ``status`` says why."""
    columns = (*NUMBER_COLUMNS, *_DAYS)
    return [row | {name: "" for name in columns if row[name].startswith("[")} for row in rows]


def database(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Write tables, and views of them, as one SQLite file.

    Python reads and writes SQLite without a further package, and so do R, Excel and QGIS; DuckDB would be one more
    dependency for 70,000 rows.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        ``figures``, ``findings``, ``trusts``, ``measures`` and ``sources``.

    Returns
    -------
    bytes
        The same for the same tables.
    """
    connection = sqlite3.connect(":memory:")
    try:
        for name, table in tables.items():
            kinds = ("REAL" if pd.api.types.is_numeric_dtype(kind) else "TEXT" for kind in table.dtypes)
            columns = ", ".join(f'"{column}" {kind}' for column, kind in zip(table.columns, kinds, strict=True))
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            marks = ", ".join("?" * len(table.columns))
            cells = [_plain(table[column]) for column in table.columns]
            connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', zip(*cells, strict=True))
        for name, query in _VIEWS.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def _plain(column: pd.Series) -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    return column.astype(object).where(column.notna(), None).tolist()


def json_files(findings: Sequence[Row], figures: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Give what is known of each trust, and of each measure, as JSON.

    Parameters
    ----------
    findings, figures : sequence of dict
        From :func:`with_empty_cells` and :func:`figures_by_period`.

    Yields
    ------
    (str, str)
        ``api/indicators/<ID>.json``, ``api/trusts/<CODE>.json`` and ``api/index.json``, and the text of each.
    """
    parts: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"findings": [], "figures": []})
    trusts, measures = {}, {}
    for kind, rows, columns in (("findings", findings, _JSON_FINDING), ("figures", figures, _JSON_FIGURE)):
        numbers = [name in NUMBER_COLUMNS for name in columns]
        for row in rows:
            cells = (
                (row[name] or "null") if number else _quoted(row[name])
                for name, number in zip(columns, numbers, strict=True)
            )
            text = f"[{','.join(cells)}]"
            parts[f"api/trusts/{row['trust_code']}.json"][kind].append(text)
            parts[f"api/indicators/{row['measure']}.json"][kind].append(text)
            measures[row["measure"]] = BY_ID[row["measure"]].title
            if "trust" in row:
                trusts[row["trust_code"]] = row["trust"]
    heads = {"findings": _quoted(_JSON_FINDING), "figures": _quoted(_JSON_FIGURE)}
    for name in sorted(parts):
        found = parts.pop(name)
        texts = (f'"{kind}":{{"columns":{heads[kind]},"rows":[{",".join(rows)}]}}' for kind, rows in found.items())
        yield name, f"{{{','.join(texts)}}}"
    index = {"trusts": dict(sorted(trusts.items())), "indicators": dict(sorted(measures.items()))}
    yield "api/index.json", json.dumps(index, ensure_ascii=False, indent=1) + "\n"


#: One for all: json.dumps makes one for each cell.
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _quoted(value: object) -> str:
    return _encoder.encode(value)


def data_package(files: Mapping[str, bytes], sources: Iterable[Source]) -> str:
    """Describe the files next to it as a Frictionless data package.

    Parameters
    ----------
    files : mapping of str to bytes
        Name, and what is in the file.
    sources : iterable of Source

    Returns
    -------
    str
        JSON.

    References
    ----------
    Frictionless Data, Data Package 1.0 and Table Schema 1.0.
    """
    tables = {"all-trusts.csv": COLUMNS, "figures.csv": FIGURES_COLUMNS}
    resources = []
    for name, content in files.items():
        stem, _, ending = name.rpartition(".")
        about: dict[str, Any] = {
            "name": stem if ending == "csv" else f"{stem}-{ending}",
            "path": name,
            "format": ending,
        }
        if ending == "csv":
            columns = tables.get(name) or dict.fromkeys(content.decode().split("\r\n", 1)[0].split(","), "")
            fields = [{"name": id, "type": _field_type(id), "description": text} for id, text in columns.items()]
            about |= {"profile": "tabular-data-resource", "mediatype": "text/csv", "encoding": "utf-8"}
            about["schema"] = {"fields": fields, "missingValues": [""]}
        resources.append(about | {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"})
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
    return "number" if column in NUMBER_COLUMNS else "date" if column in _DAYS else "string"
