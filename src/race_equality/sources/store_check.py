"""Whether the store is whole: files, their hashes, the YAML next to them, and the schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.sources.returns import wres as wres_return
from race_equality.sources.store_rules import broken_rules
from race_equality.store.commits import reads_the_store
from race_equality.store.figures import (
    LOCAL_FOLDER,
    SUCCESSIONS_FILE,
    SYSTEMS_FILE,
    TRUSTS_FILE,
    figure_files,
    figure_schema_arrow,
    read_figures,
    trust_schema,
    version_of,
)
from race_equality.store.geography import BOUNDARIES_FILE, BOUNDARIES_SOURCE
from race_equality.store.provenance import Source, read_sources, sha256_of
from race_equality.store.recorded import RECORDS
from race_equality.store.rows import groups_of
from race_equality.store.schema import STATUSES, UNITS, check_figures


@reads_the_store
def check_store(project: Project, *, raw: Path | None = None, whole_schema: bool = False) -> list[str]:
    """Look for what is wrong in the store.

    Parameters
    ----------
    project : Project
    raw : Path, optional
        A folder of raw files: those that sources name are held to their sha256.
    whole_schema : bool
        Whether to hold every figure to the pandera schema as well; it was when it was written, and
        the hash says that the file is the one written then.

    Returns
    -------
    list of str
        Each problem with its mend; empty when all is well.
    """
    problems: list[str] = []
    try:
        sources = {source.id: source for source in read_sources(project=project)}
    except RaceEqualityError as error:
        return [str(error)]
    for path in figure_files(project):
        problems += _check_figures(path, sources)
    for name in (TRUSTS_FILE, SUCCESSIONS_FILE, SYSTEMS_FILE):
        if not (project.figures / name).is_file():
            problems.append(f"{name} is not there. Restore it from git, or run `race-equality data read`.")
    trusts = project.figures / TRUSTS_FILE
    if trusts.is_file():
        problems += _check_hash(trusts, sources.get("ods_trusts"))
        problems += _check_schema(trusts, trust_schema())
    boundaries = project.figures / BOUNDARIES_FILE
    if boundaries.is_file():
        problems += _check_hash(boundaries, sources.get(BOUNDARIES_SOURCE))
    for name in (SUCCESSIONS_FILE, SYSTEMS_FILE):
        path, record = project.figures / name, sources.get(RECORDS[name])
        if path.is_file() and record is not None and record.figures_sha256:
            problems += _check_hash(path, record)
    held = {path.stem for path in figure_files(project)}
    held |= {wres_return.source_id(stem) for stem in held}
    held |= {RECORDS[name] for name in (TRUSTS_FILE, SUCCESSIONS_FILE, SYSTEMS_FILE)} | (
        {BOUNDARIES_SOURCE} if boundaries.is_file() else set()
    )
    for source in sources.values():
        if source.figures_sha256 and source.id not in held:
            problems.append(f"{source.id}.yml names figures that are not there. Read the file again: {source.file}.")
    if not problems:
        problems += broken_rules(project)
    if raw is not None:
        files = {path.name: path for path in raw.rglob("*") if path.is_file()}
        for source in sources.values():
            if source.sha256 and source.file in files and sha256_of(files[source.file]) != source.sha256:
                problems.append(
                    f"{source.file} is not the file that {source.id} was read from (another sha256). "
                    "Run `race-equality data read` to read this one."
                )
    if whole_schema and not problems:
        try:
            figures = read_figures(project=project)
            for source_id, rows in groups_of(figures, "source"):
                check_figures(rows, origin=source_id)
        except RaceEqualityError as error:
            problems.append(str(error))
    return problems


def _check_figures(path: Path, sources: dict[str, Source]) -> list[str]:
    problems = _check_schema(path, figure_schema_arrow())
    if problems:
        return problems
    # ParquetFile and not read_table: without the machinery of a dataset, which takes long to start
    with pq.ParquetFile(path) as file:
        table = file.read(columns=["value", "unit", "status", "source"], use_threads=False)
    expected = {path.stem}
    if path.parent.name == LOCAL_FOLDER:  # a WRES return's file is named by the trust's code alone
        expected.add(wres_return.source_id(path.stem))
    for source_id in pc.unique(table["source"]).to_pylist():
        if source_id not in expected:
            problems.append(f"{path.name} has figures of {source_id}. Restore it from git, or read it again.")
        elif source_id not in sources:
            problems.append(f"{path.name}: there is no {source_id}.yml. Run `race-equality data read`.")
        else:
            problems += _check_hash(path, sources[source_id])
    return problems + [
        f"{path.name}: {what} ({count} rows). Run `race-equality data read`."
        for what, count in _wrong_rows(table)
        if count
    ]


def _wrong_rows(table: pa.Table) -> Iterator[tuple[str, int]]:
    """Yield what is wrong in figures, and in how many rows.

    Notes
    -----
    Nothing of Python is made an Arrow scalar or array here: that imports pandas, which takes longer than
    the whole check. The values compared with are therefore taken out of the table itself.
    """
    value = table["value"]
    for column, known in (("status", STATUSES), ("unit", UNITS)):
        counts = pc.value_counts(table[column])
        unknown = sum(one["counts"].as_py() for one in counts if one["values"].as_py() not in known)
        yield f"a {column} is not known", unknown
        for one in counts:
            rows = value.filter(pc.equal(table[column], one["values"]))
            name = one["values"].as_py()
            if column == "status":
                wrong = rows.null_count if name == "ok" else len(rows) - rows.null_count
                yield "a value where the status is not ok, or none where it is", wrong
            elif name == "percent":
                wrong = sum(not 0 <= percentage <= 100 for percentage in rows.drop_null().to_pylist())
                yield "a percentage is not between 0 and 100", wrong


def _check_schema(path: Path, schema: pa.Schema) -> list[str]:
    try:
        actual = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        return [f"{path.name} cannot be read ({' '.join(str(error).split())}). Restore it from git."]
    if version_of(actual) < version_of(schema):
        return [f"{path.name} has the columns of an earlier version. Run `race-equality data migrate`."]
    if actual.equals(schema):
        return []
    differing = sorted({f"{field.name} ({field.type})" for field in set(actual) ^ set(schema)})
    return [f"{path.name} has other columns than the schema: {', '.join(differing)}. Run `race-equality data read`."]


def _check_hash(path: Path, source: Source | None) -> list[str]:
    if source is None:
        return [f"{path.name}: its source is not there. Run `race-equality data read`."]
    if sha256_of(path) == source.figures_sha256:
        return []
    return [
        f"{path.name} is not the file that {source.id}.yml was written with. "
        "Restore both from git, or read the publication again."
    ]
