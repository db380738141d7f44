"""Findings about all trusts, computed once for a build rather than once for each trust's notebook.

A report compares its trust with all others, so two hundred notebooks would each compute the same
table for all trusts. A function under :func:`once` is computed when it is first called with given
figures; the next call with the same content, in this process, in one that was forked from it, or in
any notebook of the same build, gets the same finding back. Nothing else changes: a notebook calls the
function as if it were not there, also under plain papermill and in JupyterLab.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import hashlib
import inspect
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, overload

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: Names the folder of the build in which findings are kept. The build names it after the code and
#: the installed versions, so a finding of other code is never read.
FOLDER_VARIABLE = "RACE_EQUALITY_ONCE"

P = ParamSpec("P")
R = TypeVar("R")

#: Tables whose content was hashed lately, each held so that its memory is not used again.
_hashed: list[tuple[pd.DataFrame, tuple, str]] = []
_HASHED_AT_MOST = 8

#: Findings of one function that are kept in memory.
_KEPT_AT_MOST = 32

_of_figures: list[Callable[[pd.DataFrame], Any]] = []


@overload
def once(function: Callable[P, R]) -> Callable[P, R]: ...
@overload
def once(*, keep: bool) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def once(function: Callable[P, R] | None = None, *, keep: bool = False) -> Any:
    """Compute a function once for the same arguments, within a build and within a process.

    Parameters
    ----------
    function : callable
        It must rest on its arguments alone (tables, text, numbers, dates, and collections and
        dataclasses of them)
        and on the code of this package: no clock, no files, no chance. What it returns is best a
        DataFrame, which other processes of the build read from Parquet; anything else is kept in
        memory.
    keep : bool
        Let what it returns go to disk whatever its arguments are. Without it only what is computed
        of ``figures`` alone does.

    Returns
    -------
    callable
        The same function. Tables that it returns may be changed freely: pandas copies on write.

    Notes
    -----
    The content of a table counts, not which object it is: a table with one figure changed is
    computed anew. A finding goes to disk only if what is read back is equal to it to the last bit
    and in every dtype.

    What is computed of ``figures`` alone is also computed before a build's kernels are forked
    (:func:`compute_all`), and costs a kernel nothing. So let the function return all trusts, and pick
    the trust in the notebook.

    Examples
    --------
    >>> @once
    ... def answered(figures: pd.DataFrame) -> pd.DataFrame:
    ...     return figures.groupby("trust_code", as_index=False)["denominator"].sum()

    and in a notebook, as ever::

        figures = read_figures()
        everyone = answered(figures)
        here = everyone[everyone["trust_code"] == trust.code]
    """
    if function is None:
        return functools.partial(once, keep=keep)
    signature = inspect.signature(function)
    name = f"{function.__module__}.{function.__qualname__}"
    usual = {n: p.default for n, p in signature.parameters.items() if p.default is not inspect.Parameter.empty}
    is_of_figures = [n for n in signature.parameters if n not in usual] == ["figures"]
    kept: dict[str, R] = {}

    @functools.wraps(function)
    def computed_once(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        try:
            key = _digest(bound.arguments)
        except _NotHashedError:  # an argument of a kind that is not known here
            return function(*args, **kwargs)
        if key not in kept:
            is_shared = keep or (is_of_figures and all(bound.arguments[n] is usual[n] for n in usual))
            finding = _read(name, key) if is_shared else None
            if finding is None:
                finding = function(*args, **kwargs)
                if is_shared:
                    _write(name, key, finding)
            if len(kept) >= _KEPT_AT_MOST:
                del kept[next(iter(kept))]
            kept[key] = finding
        return _handed_out(kept[key])

    computed_once.forget = kept.clear
    if is_of_figures:
        _of_figures.append(computed_once)
    return computed_once


def compute_all(figures: pd.DataFrame) -> None:
    """Compute every function of ``figures`` alone that has been imported by now.

    Parameters
    ----------
    figures : pandas.DataFrame
        From :func:`~race_equality.figures.store.read_figures`.

    Notes
    -----
    What fails here fails again in the notebook that needs it, where it is seen.
    """
    for function in _of_figures:
        with suppress(Exception):
            function(figures)
    # kernels are forked from here: memory that nothing uses any more would be copied into each one's tables
    pa.default_memory_pool().release_unused()


# -- the content of arguments -----------------------------------------------------------------------


class _NotHashedError(Exception):
    """This argument's content cannot be told."""


def _digest(value: object) -> str:
    digest = hashlib.blake2b(digest_size=20)
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest, value: object) -> None:
    """Put a value's type and content into a digest."""

    def put(kind: str, content: bytes) -> None:
        # with its length: else ("ab", "c") would be ("a", "bc")
        digest.update(f"{kind}:{len(content)}:".encode() + content)

    if isinstance(value, pd.DataFrame):
        put("table", _content(value).encode())
    elif isinstance(value, pd.Series):
        put("series", _content(value.to_frame("values")).encode() + repr(value.name).encode())
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biufMmUS":
        put(f"array {value.dtype.str} {value.shape}", value.tobytes())
    elif value is None or isinstance(value, str | bool | int | float | date | np.generic):
        put(type(value).__name__, repr(value).encode())
    elif isinstance(value, Mapping):
        put("mapping", str(len(value)).encode())
        for key, item in value.items():
            _feed(digest, key)
            _feed(digest, item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        put("record", type(value).__qualname__.encode())
        _feed(digest, vars(value))
    elif isinstance(value, set | frozenset):
        put("set", "".join(sorted(_digest(item) for item in value)).encode())
    elif isinstance(value, tuple | list):
        put("sequence", str(len(value)).encode())
        for item in value:
            _feed(digest, item)
    else:
        raise _NotHashedError


def _content(table: pd.DataFrame) -> str:
    """Hash a table, or recognise one that was hashed before.

    Hashing all figures takes a fiftieth of a second, which each function would pay in each notebook.
    """
    memory = _memory(table)
    if memory is not None:
        for known, its_memory, digest in _hashed:
            if memory == its_memory and table.index.identical(known.index):
                return digest
    try:
        arrow = pa.Table.from_pandas(table, preserve_index=True, nthreads=1).combine_chunks()
    except (pa.ArrowException, TypeError, ValueError):
        raise _NotHashedError from None
    hasher = hashlib.blake2b(digest_size=20)
    with pa.ipc.new_stream(pa.PythonFile(_Sink(hasher), "w"), arrow.schema) as stream:
        stream.write_table(arrow)
    if memory is not None:
        # Copied on write: whoever changes the table from here on changes other memory than this.
        _hashed.append((table.copy(deep=False), memory, hasher.hexdigest()))
        del _hashed[:-_HASHED_AT_MOST]
    return hasher.hexdigest()


class _Sink:
    closed = False

    def __init__(self, hasher) -> None:
        self._hasher = hasher

    def write(self, data) -> int:
        self._hasher.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def _memory(table: pd.DataFrame) -> tuple | None:
    """Say where a table's columns stand in memory; None where that cannot be said."""
    places: list[object] = [tuple(table.columns)]
    for _, column in table.items():
        array = column.array
        places.append(array.dtype)
        if isinstance(array, pd.arrays.ArrowStringArray | pd.arrays.ArrowExtensionArray):
            # Arrow's data never change in place, and the table that is held keeps these from going.
            places.append(id(array.__arrow_array__()))
        elif isinstance(array, pd.arrays.FloatingArray | pd.arrays.IntegerArray | pd.arrays.BooleanArray):
            places += [_place(array._data), _place(array._mask)]
        elif isinstance(array, pd.arrays.NumpyExtensionArray | pd.arrays.DatetimeArray):
            values = np.asarray(array)
            if values.dtype.kind == "O":  # what it points at may be changed in place
                return None
            places.append(_place(values))
        else:
            return None
    return tuple(places)


def _place(values: np.ndarray) -> tuple:
    about = values.__array_interface__
    return about["data"][0], about["strides"], about["shape"], about["typestr"]


# -- findings ---------------------------------------------------------------------------------------


def _handed_out(finding: Any) -> Any:
    """Give a finding so that nobody changes the one that is kept."""
    if isinstance(finding, pd.DataFrame | pd.Series):
        return finding.copy(deep=False)
    if type(finding) is dict:
        return {key: _handed_out(item) for key, item in finding.items()}
    if type(finding) in (tuple, list):
        return type(finding)(map(_handed_out, finding))
    return copy.deepcopy(finding)


def _file(name: str, key: str) -> Path | None:
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) / f"{name}-{key}.parquet" if folder else None


def _read(name: str, key: str) -> pd.DataFrame | None:
    file = _file(name, key)
    if file is None:
        return None
    try:
        with pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False) as parquet:
            return parquet.read(use_threads=False).to_pandas(use_threads=False)
    except (OSError, pa.ArrowException):  # not there, or damaged: computed again
        return None


def _write(name: str, key: str, finding: object) -> None:
    file = _file(name, key)
    if file is None or not isinstance(finding, pd.DataFrame):
        return
    part = None
    try:
        table = pa.Table.from_pandas(finding, nthreads=1)
        pd.testing.assert_frame_equal(
            table.to_pandas(use_threads=False), finding, check_exact=True, check_column_type=True
        )
        handle, part = tempfile.mkstemp(prefix=".part-", dir=file.parent)
        with os.fdopen(handle, "wb") as target:
            pq.write_table(table, target, write_page_checksum=True)
        os.replace(part, file)
    except (OSError, pa.ArrowException, AssertionError, TypeError, ValueError):
        if part is not None:
            Path(part).unlink(missing_ok=True)
