"""Results about all trusts, computed once for a build rather than once for each trust's notebook.

A report compares its trust with all others, so two hundred notebooks would each compute the same
table for all trusts. A function under :func:`cached` is computed when it is first called with given
figures; the next call with the same content, in this process, in one that was forked from it, or in
any notebook of the same build, gets the same result back. Nothing else changes: a notebook calls the
function as if it were not there, also under plain papermill and in JupyterLab.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import inspect
import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from pickle import PicklingError
from typing import Any, NamedTuple, ParamSpec, TypeVar, overload

import numpy as np
import pandas as pd
import pyarrow as pa
from joblib.hashing import NumpyHasher
from pandas.api.extensions import ExtensionDtype

from race_equality.files import write_atomically
from race_equality.memory import give_back
from race_equality.store.result_folder import FOLDER_VARIABLE

P = ParamSpec("P")
R = TypeVar("R")

#: Results of one function that are kept in memory.
_KEPT_AT_MOST = 32

#: From this number of rows, what making a table took is worth giving back: of a few thousand trusts, not of two hundred.
_MANY_ROWS = 100_000

_CHECKSUM_BYTES = 20

#: What is kept in memory, of each function.
_kept: list[dict[str, Any]] = []

#: Functions that are computed ahead, with what they take besides the figures.
_ahead: list[tuple[Callable[..., Any], list[str]]] = []

#: What is known of all trusts before a notebook runs.
_KNOWN_AHEAD = {"rules", "trusts"}


@overload
def cached(function: Callable[P, R]) -> Callable[P, R]: ...
@overload
def cached(*, to_disk: bool) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def cached(function: Callable[P, R] | None = None, *, to_disk: bool = False) -> Any:
    """Compute a function once for the same arguments, within a build and within a process.

    Parameters
    ----------
    function : callable
        It must rest on its arguments alone (tables, text, numbers, dates, and collections of them) and on the code of
        this package: no clock, no files, no chance. What it returns is best a DataFrame, which other processes of the
        build read from disk; anything else is kept in memory.
    to_disk : bool
        Let what it returns go to disk whatever its arguments are, and compute it ahead where it takes nothing but
        ``figures``, ``rules`` and ``trusts``. Without it only what is computed of ``figures`` alone does.

    Returns
    -------
    callable
        The same function. Tables that it returns may be changed freely: pandas copies on write.

    Notes
    -----
    The content of a table counts, not which object it is: a table with one figure changed is computed again. A result
    goes to disk only if what is read back is equal to it to the last bit and in every dtype.

    What is computed ahead, before a build's kernels are forked (:func:`compute_all`), costs a kernel nothing. So let the
    function return all trusts, and pick the trust in the notebook.

    Examples
    --------
    >>> @cached
    ... def answered(figures: pd.DataFrame) -> pd.DataFrame:
    ...     return figures.groupby("trust_code", as_index=False)["denominator"].sum()

    and in a notebook, as ever::

        figures = read_figures()
        everyone = answered(figures)
        here = everyone[everyone["trust_code"] == trust.code]
    """
    if function is None:
        return functools.partial(cached, to_disk=to_disk)
    signature = inspect.signature(function)
    name = f"{function.__module__}.{function.__qualname__}"
    usual = {n: p.default for n, p in signature.parameters.items() if p.default is not inspect.Parameter.empty}
    is_of_figures = [n for n in signature.parameters if n not in usual] == ["figures"]
    kept: dict[str, R] = {}
    _kept.append(kept)

    @functools.wraps(function)
    def with_cache(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        try:
            key = _key(bound.arguments)
        except (PicklingError, AttributeError, TypeError, pa.ArrowException):  # its content cannot be hashed
            return function(*args, **kwargs)
        if key not in kept:
            is_shared = to_disk or (is_of_figures and all(bound.arguments[n] is usual[n] for n in usual))
            result: Any = _read(name, key) if is_shared else None
            if result is None:
                result = function(*args, **kwargs)
                if is_shared:
                    _write(name, key, result)
                if isinstance(result, pd.DataFrame) and len(result) > _MANY_ROWS:
                    give_back()
            if len(kept) >= _KEPT_AT_MOST:
                del kept[next(iter(kept))]
            kept[key] = result
        return _copy_of_result(kept[key])

    with_cache.forget = kept.clear  # type: ignore[attr-defined]
    also = [n for n in signature.parameters if n != "figures"] if to_disk else []
    if "figures" in signature.parameters and (is_of_figures or to_disk) and _KNOWN_AHEAD.issuperset(also):
        _ahead.append((with_cache, also))
    return with_cache


def compute_all(figures: pd.DataFrame, **known: Any) -> None:
    """Compute every function that has been imported by now and takes nothing else.

    Parameters
    ----------
    figures : pandas.DataFrame
        From :func:`~race_equality.store.figures.read_figures`.
    **known
        The ``rules`` of all trusts, and ``trusts`` as :func:`~race_equality.store.trusts.read_trusts` gives them.

    Notes
    -----
    What fails here fails again in the notebook that needs it, where it is seen.
    """
    for function, also in _ahead:
        with suppress(Exception):
            function(figures, **{name: known[name] for name in also})
    # kernels are forked from here: memory that nothing uses any more would be copied into each one's tables
    pa.default_memory_pool().release_unused()
    give_back()


def forget_results() -> None:
    """Forget what this process keeps in memory of results and of the tables that they are of.

    For a process that has what it needs of them. What is on disk stays.
    """
    for kept in _kept:
        kept.clear()
    _hashed.clear()
    pa.default_memory_pool().release_unused()
    give_back()


# -- the content of arguments -----------------------------------------------------------------------


#: What these values are is in their representation.
_PLAIN = (str, int, float, bool, type(None))


def _key(arguments: dict[str, Any]) -> str:
    """Name arguments by their content."""
    parts = [(name, type(value).__name__, _content_of(value)) for name, value in arguments.items()]
    return hashlib.md5(repr(parts).encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def _content_of(value: Any) -> str:
    if isinstance(value, pd.DataFrame):
        return _content(value)
    # joblib pickles a value to hash it, which takes longer than most functions take to find their result
    return repr(value) if type(value) in _PLAIN else str(_Hasher("md5").hash(value))


class _Hasher(NumpyHasher):
    """joblib's hash of any value's content, with tables by what is in them rather than by how pandas holds it."""

    def save(self, obj: Any) -> None:
        if isinstance(obj, pd.DataFrame):
            obj = ("table", _content(obj))
        elif isinstance(obj, pd.Series):
            obj = ("series", obj.name, _content(obj.to_frame("values")))
        super().save(obj)


class _Digest(io.RawIOBase):
    """A file that keeps the digest alone of what is written: to hold all figures once more takes longer than to hash them."""

    def __init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=20)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return len(data)


class _Hashed(NamedTuple):
    table: pd.DataFrame
    columns: list[Any]
    digest: str


#: Tables that were hashed, the one that was asked about last at the end.
_hashed: list[_Hashed] = []
_HASHED_AT_MOST = 16  # between two calls for all figures there are up to ten small tables


def _content(table: pd.DataFrame) -> str:
    """Hash a table, or recognise one that was hashed before.

    Hashing all figures takes a twentieth of a second, which each function would pay in each notebook; to compare them
    takes less than a ten-thousandth where they are in the same memory.
    """
    columns = _arrays(table)
    for place, known in enumerate(reversed(_hashed), start=1):
        if _is_equal(table, columns, known):
            _hashed.append(_hashed.pop(-place))
            return known.digest
    stream = _Digest()
    arrow = pa.Table.from_pandas(table, preserve_index=True, nthreads=1).combine_chunks()
    with pa.ipc.new_stream(stream, arrow.schema) as writer:
        writer.write_table(arrow)
    digest = stream.digest.hexdigest()
    if "object" not in table.dtypes.astype(str).array:  # what it points at may be changed in place
        # Copied on write: a later change to the table changes other memory than this.
        kept = table.copy(deep=False)
        _hashed.append(_Hashed(kept, _arrays(kept), digest))
        del _hashed[:-_HASHED_AT_MOST]
    return digest


def _arrays(table: pd.DataFrame) -> list[Any]:
    """Give a table's columns as pandas holds them: to make a Series of each takes ten times as long."""
    return list(table._iter_column_arrays())  # type: ignore[operator]  # private to pandas


def _is_equal(table: pd.DataFrame, columns: list[Any], known: _Hashed) -> bool:
    return (
        table.shape == known.table.shape
        and table.columns.identical(known.table.columns)
        and table.index.identical(known.table.index)
        and all(
            one.dtype == other.dtype and (_is_same_memory(one, other) or _as_arrow(one).equals(_as_arrow(other)))
            for one, other in zip(columns, known.columns, strict=True)
        )
    )


def _is_same_memory(one: Any, other: Any) -> bool:
    """Whether the values of two columns are in the same place."""
    if isinstance(one, pd.arrays.ArrowStringArray):
        # private to pandas; never changed in place: pandas puts another there
        return bool(one._pa_array is other._pa_array)  # type: ignore[attr-defined]
    if isinstance(one, pd.arrays.FloatingArray):
        pairs = [(getattr(one, name), getattr(other, name)) for name in ("_data", "_mask")]
    elif isinstance(one.dtype, ExtensionDtype):
        return False
    else:
        pairs = [(np.asarray(one), np.asarray(other))]
    return all(a.__array_interface__ == b.__array_interface__ for a, b in pairs)


def _as_arrow(column: Any) -> pa.Array | pa.ChunkedArray:
    if isinstance(column.dtype, ExtensionDtype):
        return pa.array(column)
    values = np.asarray(column)
    # by their bits, as no NaN or NaT equals another
    return pa.array(values.view("int64") if values.dtype.kind in "fmM" and values.itemsize == 8 else values)


# -- results ----------------------------------------------------------------------------------------


def _copy_of_result(result: Any) -> Any:
    """Give a result so that nobody changes the one that is kept."""
    if isinstance(result, pd.DataFrame | pd.Series):
        return result.copy(deep=False)
    if type(result) is dict:
        return {key: _copy_of_result(item) for key, item in result.items()}
    if type(result) in (tuple, list):
        return type(result)(map(_copy_of_result, result))
    return copy.deepcopy(result)


def _file(name: str, key: str) -> Path | None:
    """Name the file of a result: a stream of Arrow after its checksum."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) / f"{name}-{key}.found" if folder else None


def _checksum(content: bytes | memoryview | pa.Buffer) -> bytes:
    return hashlib.blake2b(content, digest_size=_CHECKSUM_BYTES).digest()


def _read(name: str, key: str) -> pd.DataFrame | None:
    file = _file(name, key)
    if file is None:
        return None
    try:
        content = file.read_bytes()
    except OSError:
        return None
    checksum, stream = content[:_CHECKSUM_BYTES], memoryview(content)[_CHECKSUM_BYTES:]
    if _checksum(stream) != checksum:  # damaged: computed again
        return None
    with pa.ipc.open_stream(pa.py_buffer(stream)) as table:
        return table.read_all().to_pandas(use_threads=False)


def _write(name: str, key: str, result: object) -> None:
    file = _file(name, key)
    if file is None or not file.parent.is_dir() or not isinstance(result, pd.DataFrame):
        return
    with suppress(OSError, pa.ArrowException, AssertionError, TypeError, ValueError):
        table = pa.Table.from_pandas(result, nthreads=1)
        back = table.to_pandas(use_threads=False)
        if not _is_equal(back, _arrays(back), _Hashed(result, _arrays(result), "")):
            return
        objects = [name for name, kind in result.dtypes.items() if kind == "object"]
        if objects:  # Arrow takes a list and an array for the same
            pd.testing.assert_frame_equal(back[objects], result[objects], check_exact=True)
        # Arrow's own format and not Parquet: it is read within this build alone, and written in a third of the time
        content = pa.BufferOutputStream()
        with pa.ipc.new_stream(content, table.schema) as writer:
            writer.write_table(table)
        stream = content.getvalue()
        write_atomically(file, _checksum(stream) + stream.to_pybytes())
