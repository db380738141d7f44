"""The store: ``data/figures/*.parquet`` for what is published, ``data/local/`` for a trust's own return."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from race_equality.definitions.codes import DEMONSTRATION_SOURCE, PUBLISHED_BY_TRUSTS
from race_equality.errors import RaceEqualityError
from race_equality.project import Project, as_project
from race_equality.store.commits import files_of, reads_the_store
from race_equality.store.schema import (
    FIGURE_DTYPES,
    FIGURE_KEY,
    NOT_IN_THE_FILE,
    SCHEMA_VERSION,
    STORED_COLUMNS,
    TRUST_DTYPES,
)

if TYPE_CHECKING:  # half of the time of `data check` would go into importing it, which needs none
    import pandas as pd

TRUSTS_FILE = "trusts.parquet"
#: Names of the files of a trust's own returns, of the WRES and of patients.
RETURN_FILES = ("{code}", "wres_return_{code}", "patients_return_{code}")
SYSTEMS_FILE = "systems.csv"
SUCCESSIONS_FILE = "successions.csv"

LOCAL_FOLDER = "local"
_VERSION = b"race-equality figures"

_ARROW_TYPES = {"str": pa.string(), "datetime64[us]": pa.timestamp("us"), "Float64": pa.float64()}


@reads_the_store
def read_figures(
    indicators: Iterable[str] | str | None = None,
    *,
    sources: Iterable[str] | str | None = None,
    local: bool | str = True,
    project: Project | str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Read figures from the store.

    Parameters
    ----------
    indicators : str or iterable of str, optional
        Only these indicators, for example ``["wres_5", "wres_6"]``. Without it, all.
    sources : str or iterable of str, optional
        Only these sources. Without it, all.
    local : bool or str
        Whether to read trusts' own returns as well; with a trust's code, that trust's alone. A page on
        one trust reads its own, and a page on all trusts none: what a trust loaded on this machine has
        no place in what is said about others, nor in a value that is pooled over all of them.
    project : Project or path-like, optional
        Without it, the project that the working directory is in.

    Returns
    -------
    pandas.DataFrame
        Columns and dtypes of :data:`race_equality.store.schema.FIGURE_DTYPES`, ordered by file
        and then as published. Where a trust's own return (``private``) has a figure that the publication lacks, the row that says "not available" is left out; where the
        indicator is published, the return's figures are. Of what was copied from the trust's page, the return takes the
        place in each period that it has. The demonstration trust's invented figures are among them, under
        ``trust_code == "DEMO"`` alone: leave them out of anything said about England.

    Raises
    ------
    RaceEqualityError
        When a file is not the one that its record in ``data/sources`` was written with, or has no record.

    Examples
    --------
    >>> figures = read_figures("wres_6")
    >>> sorted(figures["group"].unique())
    ['Ethnic minority', 'White']
    """
    from race_equality.store.recorded import refuse_changed  # which knows the names of files by this module

    project = as_project(project)
    files = figure_files(project, local=local)
    refuse_changed(files, project)
    if indicators is None and sources is None:
        # copied on write: a change to it changes another table
        return _read_all(*((path, *_stamp(path)) for path in files)).copy(deep=False)
    return _use_returns_where_unpublished(read_files(files, indicators, sources))


def _stamp(path: Path) -> tuple[int, int, int]:
    """Identify one version of a file."""
    try:
        status = path.stat()
    except OSError:  # said in words when it is read
        return 0, 0, 0
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=2)  # with a return and without, where there are any
def _read_all(*files: tuple[Path, int, int, int]) -> pd.DataFrame:
    figures = _use_returns_where_unpublished(read_files([path for path, *_ in files]))
    # what reading needed meanwhile would stay with the process, twice as much as the figures
    pa.default_memory_pool().release_unused()
    return figures


def read_files(
    files: Sequence[Path], indicators: Iterable[str] | str | None = None, sources: Iterable[str] | str | None = None
) -> pd.DataFrame:
    """Read figures as they are in files, also those of a return that a page does not use.

    Parameters
    ----------
    files : sequence of Path
    indicators, sources : str or iterable of str, optional
        As for :func:`read_figures`.

    Returns
    -------
    pandas.DataFrame
        As of :func:`read_figures`.
    """
    chosen = None
    asked = {"indicator": indicators, "source": sources}
    listed = {name: [one] if isinstance(one, str) else list(one) for name, one in asked.items() if one is not None}
    for column, values in listed.items():
        # with its type: an empty list would have none
        condition = pc.field(column).isin(pa.array(values, pa.string()))
        chosen = condition if chosen is None else chosen & condition
    tables = []
    for path in files:
        # ParquetFile and not read_table: without the machinery of a dataset, ten times faster here
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                if not all(_may_hold(file.metadata, column, values) for column, values in listed.items()):
                    continue
                table = file.read(use_threads=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise RaceEqualityError(
                f"{path.name} cannot be read ({' '.join(str(error).split())}). Restore it from git, or "
                "read the publication again: `race-equality data check` says which."
            ) from None
        table = migrated(table)
        table = table if chosen is None else table.filter(chosen)
        private = pa.repeat(path.parent.name == LOCAL_FOLDER, len(table))
        tables.append(table.append_column("private", private).replace_schema_metadata(None))
    empty = figure_schema_arrow().empty_table().append_column("private", pa.array([], pa.bool_()))
    table = pa.concat_tables(tables) if tables else empty
    # one piece of memory and not one a file: picking rows would look through all of them
    table = table.combine_chunks()
    return table.to_pandas(date_as_object=False, use_threads=False).astype(FIGURE_DTYPES)


def _may_hold(file: pq.FileMetaData, column: str, values: list[str]) -> bool:
    """Whether a file may have one of these values, by the least and the greatest that its footer names."""
    place = file.schema.names.index(column)
    of_groups = (file.row_group(number).column(place).statistics for number in range(file.num_row_groups))
    return any(
        known is None or not known.has_min_max or any(known.min <= value <= known.max for value in values)
        for known in of_groups
    )


def _use_returns_where_unpublished(figures: pd.DataFrame) -> pd.DataFrame:
    """Use a trust's own return for what no publication has, and before what was copied from its page."""
    local = figures["private"].to_numpy()
    if not local.any():
        return figures
    import pandas as pd

    from race_equality.definitions.indicators import OWNER

    ok = (figures["status"] == "ok").to_numpy(dtype=bool)
    copied = (figures["source"] == PUBLISHED_BY_TRUSTS).to_numpy(dtype=bool)
    # once an indicator of a trust is published, its return is not used for it: nothing counts twice
    of_trust = pd.MultiIndex.from_frame(figures[["trust_code", "indicator"]])
    published = of_trust.isin(of_trust[ok & ~local & ~copied])
    keys = pd.MultiIndex.from_frame(figures[FIGURE_KEY])
    stands_in = keys.isin(keys[local & ok & ~published])
    missing = (figures["status"] == "not_available").to_numpy(dtype=bool)
    left_out = (local & published) | (missing & ~local & stands_in)
    if copied.any():
        # of one period and indicator, all pay bands or seats or groups come from one source
        owner = figures["indicator"].map({id: one.id for id, one in OWNER.items()}).fillna(figures["indicator"])
        of_year = pd.MultiIndex.from_arrays([figures["trust_code"], figures["period_end"], owner])
        left_out |= copied & of_year.isin(of_year[local & ok])
        left_out |= local & missing & keys.isin(keys[copied & ~left_out])
    return figures[~left_out].reset_index(drop=True)


def figure_files(project: Project, *, local: bool | str = True) -> list[Path]:
    """Return the Parquet files that hold figures: published ones, the invented one, then local ones.

    Parameters
    ----------
    project : Project
    local : bool or str
        As for :func:`read_figures`.

    Returns
    -------
    list of Path
    """
    files = [path for path in files_of(project.figures, "*.parquet", project) if path.name != TRUSTS_FILE]
    files.sort(key=lambda path: path.stem == DEMONSTRATION_SOURCE)
    if local is False:
        return files
    own = files_of(project.root / "data" / LOCAL_FOLDER, "*.parquet", project)
    if local is not True:
        names = {name.format(code=local) for name in RETURN_FILES}
        own = [path for path in own if path.stem in names]
    return files + own


def figure_schema_arrow() -> pa.Schema:
    """Return the Arrow schema of a file of figures."""
    columns = [(name, _ARROW_TYPES[FIGURE_DTYPES[name]]) for name in STORED_COLUMNS]
    return pa.schema(columns, metadata={_VERSION: str(SCHEMA_VERSION)})


def version_of(schema: pa.Schema) -> int:
    """Return the version of the schema that a file of figures was written with."""
    return int((schema.metadata or {}).get(_VERSION, b"1"))


def migrated(table: pa.Table) -> pa.Table:
    """Return a table of figures with today's columns, whichever version it was written with.

    Parameters
    ----------
    table : pyarrow.Table
        As read from a file of figures.

    Returns
    -------
    pyarrow.Table
        Version 1 had a remark on the recording in ``locator``: "row 3, dta_12hr_plus (recorded as since November
        2025)". Versions 1 and 2 said there that the file has no row: "no row: not among the maternity providers". A
        file of today's version is returned as it is.
    """
    version = version_of(table.schema)
    if version == SCHEMA_VERSION or (version == 1 and "recording" in table.schema.names):
        return table  # a program may write the columns alone
    locator = table["locator"]
    if version == 1:
        remark = pc.extract_regex(locator, r" \((?P<recording>recorded as since [^)]*)\)$")
        recording = pc.fill_null(pc.struct_field(remark, "recording"), "")
        locator = pc.replace_substring_regex(locator, r" \(recorded as since [^)]*\)$", "")
    else:
        recording = table["recording"]
    has_no_row = pc.starts_with(locator, "no row: ")
    recording = pc.if_else(has_no_row, NOT_IN_THE_FILE, recording)
    locator = pc.replace_substring_regex(locator, "^no row: ", "")
    columns = {name: table[name] for name in table.schema.names} | {"locator": locator, "recording": recording}
    return pa.table({name: columns[name] for name in STORED_COLUMNS}).cast(figure_schema_arrow())


def trust_schema() -> pa.Schema:
    """Return the Arrow schema of ``trusts.parquet``."""
    return pa.schema([(name, _ARROW_TYPES[dtype]) for name, dtype in TRUST_DTYPES.items()])


def figure_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a figures table out of rows.

    Parameters
    ----------
    rows : sequence of mappings
        Keys of :data:`~race_equality.store.schema.FIGURE_DTYPES`; numbers that are not there are None.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    left_out = {"recording": "", "private": False}
    columns = {name: [row.get(name, left_out.get(name)) for row in rows] for name in FIGURE_DTYPES}
    return pd.DataFrame(
        {
            name: pd.array(values, dtype="Float64")
            if FIGURE_DTYPES[name] == "Float64"
            else pd.Series(values, dtype=FIGURE_DTYPES[name])
            for name, values in columns.items()
        }
    )


def parquet_bytes(table: pd.DataFrame, schema: pa.Schema | None = None) -> bytes:
    """Return a table as Parquet, the same bytes for the same figures.

    Parameters
    ----------
    table : pandas.DataFrame
    schema : pyarrow.Schema, optional
        Without it, that of a figure.

    Returns
    -------
    bytes

    Notes
    -----
    No pandas metadata goes in: it names the version of pandas, so the bytes would change with it. The version of
    the schema does (:func:`version_of`).
    """
    schema = figure_schema_arrow() if schema is None else schema
    return table_bytes(pa.Table.from_pandas(table, schema=schema, preserve_index=False), schema)


def table_bytes(table: pa.Table, schema: pa.Schema) -> bytes:
    """Return an Arrow table as Parquet with the metadata of a schema, the same bytes for the same figures."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(schema.metadata), sink, compression="zstd", compression_level=9, version="2.6"
    )
    return sink.getvalue().to_pybytes()


def in_order(figures: pd.DataFrame) -> pd.DataFrame:
    """Return figures sorted by their key, so that a file does not depend on the order of reading."""
    keys = dict.fromkeys(["indicator", "period_start", "trust_code", *FIGURE_KEY])
    return figures.sort_values(list(keys), kind="stable", ignore_index=True)
