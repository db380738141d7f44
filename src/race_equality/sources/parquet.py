"""Large Parquet files of publishers: only the columns and rows that a loader wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from race_equality.errors import InputError, nearest
from race_equality.sources.file_kinds import check_file

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_START = b"PAR1"


def is_parquet(path: Path) -> bool:
    """Return whether a file is a Parquet file, by its first bytes.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        When it is missing, or of a kind that cannot be read.
    """
    with open(check_file(path), "rb") as file:
        return file.read(len(_START)) == _START


def parquet_columns(path: Path) -> list[str]:
    """Return the names of the columns of a Parquet file.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        When it cannot be read.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def read_rows(path: Path, columns: Sequence[str], *, wanted: Mapping[str, Sequence[str]]) -> list[tuple[Any, ...]]:
    """Read some rows of a Parquet file of texts.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Columns to read: they must be there.
    wanted : mapping of str to sequence of str
        Column to the values of the rows to read: all of them must be one of its values.

    Returns
    -------
    list of tuple
        The number of each row in the file, counted from 1, then its values in the order of ``columns``; "" for none.

    Raises
    ------
    InputError
        When the file is no Parquet file, is cut short, lacks a column, or has one that is no text.

    Notes
    -----
    Read as codes of each column's values (a dictionary), a row group at a time: of 4.5 million rows only those wanted
    become texts.
    """
    import numpy as np
    import pyarrow as pa

    rows: list[tuple[Any, ...]] = []
    with _opened(path) as file:
        _check_columns(file, columns, path)
    with _opened(path, columns) as file:
        first = 1
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            keep = np.ones(size, dtype=bool)
            try:
                table = file.read_row_group(group, columns=list(columns), use_threads=False)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(path, error) from None
            codes, texts = {}, {}
            for name in columns:
                column = table[name].unify_dictionaries().combine_chunks()
                column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
                texts[name] = np.array([*column.dictionary.to_pylist(), ""], dtype=object)
                codes[name] = column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
            for name, values in wanted.items():
                keep &= np.isin(texts[name], list(values))[codes[name]]
            places = np.flatnonzero(keep)
            found = (texts[name][codes[name][places]].tolist() for name in columns)
            rows += zip((places + first).tolist(), *found, strict=True)
            first += size
    return rows


def value_at(path: Path, row: int, column: str) -> object:
    """Return one value of a Parquet file.

    Parameters
    ----------
    path : Path
    row : int
        Counted from 1.
    column : str

    Returns
    -------
    object

    Raises
    ------
    InputError
        When there is no such row or column.
    """
    with _opened(path) as file:
        if column in file.schema_arrow.names and row >= 1:
            before = 0
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                if row <= before + size:
                    values = file.read_row_group(group, columns=[column], use_threads=False)[column]
                    return values[row - before - 1].as_py()
                before += size
    raise InputError(f"There is no row {row}, {column}.", file=path, mend="Read the file again.")


def _opened(path: Path, columns: Sequence[str] = ()) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(check_file(path), read_dictionary=list(columns) or None)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"The file cannot be read as Parquet ({' '.join(str(error).split())[:200]}).",
        file=path,
        mend="It may have been cut short while downloading: download it again.",
    )


def _check_columns(file: pq.ParquetFile, columns: Sequence[str], path: Path) -> None:
    import pyarrow as pa

    schema = file.schema_arrow
    for name in columns:
        if name not in schema.names:
            near = nearest(name, schema.names)
            raise InputError(
                f"There is no column {name!r}." + (f" The nearest is {near!r}." if near else ""),
                file=path,
                mend=f"The columns read here are {', '.join(columns)}.",
            )
        kind = schema.field(name).type
        text = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(text) or pa.types.is_large_string(text)):
            raise InputError(
                f"The column {name!r} is of {kind}, and not of texts.", file=path, mend="Download the file again."
            )
