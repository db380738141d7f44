"""The trusts of England open today, and what became of those that merged."""

from __future__ import annotations

import csv
import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_KIND, DEMONSTRATION_NAME, ENGLAND_CODE
from race_equality.errors import RaceEqualityError, UnknownTrustError
from race_equality.project import Project, as_project
from race_equality.store.commits import place_of, reads_the_store
from race_equality.store.figures import SUCCESSIONS_FILE, SYSTEMS_FILE, TRUSTS_FILE
from race_equality.store.recorded import refuse_changed
from race_equality.store.schema import TRUST_DTYPES
from race_equality.store.trust import Succession, Trust

if (
    TYPE_CHECKING
):  # the process that builds asks for names and codes alone: importing it takes a third of what that process does
    import pandas as pd

DEMONSTRATION_SYSTEM = "Demonstration"

_SUCCESSION_COLUMNS = ("old_code", "old_name", "new_code", "date", "relation", "basis")


class TrustList:
    """Trusts with their successions, and the trust that any code belongs to today.

    Parameters
    ----------
    trusts : pandas.DataFrame or pyarrow.Table
        Columns of :data:`race_equality.store.schema.TRUST_DTYPES`.
    successions : iterable of Succession
    boards : mapping of str to (str, str), optional
        ONS code of an integrated care board to its NHS code and short name.
    """

    def __init__(
        self,
        trusts: pd.DataFrame | pa.Table,
        successions: Iterable[Succession],
        boards: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.boards: Mapping[str, tuple[str, str]] = dict(boards or {})
        self._given = trusts
        table = trusts if isinstance(trusts, pa.Table) else pa.Table.from_pandas(trusts, preserve_index=False)
        self.successions = tuple(successions)
        #: Each trust's columns by its code: looking thousands up in a table takes seconds.
        self.by_code: Mapping[str, Mapping[str, Any]] = {row["trust_code"]: row for row in table.to_pylist()}
        self.kinds: Mapping[str, str] = {code: row["kind"] for code, row in self.by_code.items()}
        self._next: dict[str, list[Succession]] = {}
        for succession in self.successions:
            self._next.setdefault(succession.old_code, []).append(succession)

    @cached_property
    def trusts(self) -> pd.DataFrame:
        """The trusts as a table."""
        if isinstance(self._given, pa.Table):
            return self._given.to_pandas(use_threads=False).astype(TRUST_DTYPES)
        return self._given

    @cached_property
    def open_dates(self) -> Mapping[str, pd.Timestamp]:
        """When each trust opened, by its code; NaT where that is not known."""
        return dict(zip(self.trusts["trust_code"], self.trusts["open_date"], strict=True))

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {code: row["trust_name"] for code, row in self.by_code.items()}

    @cached_property
    def _by_name(self) -> Mapping[frozenset[str], str | None]:
        named: dict[frozenset[str], str | None] = {}
        for code, name in [
            *self._names.items(),
            *((self.current(one.old_code), one.old_name) for one in self.successions if one.relation == "merger"),
        ]:
            if code is not None and (words := _words_of(name)):
                named[words] = code if named.get(words, code) == code else None
        return named

    def named(self, name: str) -> str | None:
        """Return the code of the trust that has a name, today or before it merged; None where none or several have.

        Letter case, punctuation, and words that stand in most names ("NHS Foundation Trust", "and") may differ.
        """
        return self._by_name.get(_words_of(name))

    @cached_property
    def _places(self) -> Mapping[frozenset[str], frozenset[str]]:
        """Codes by the words of a name, of organisations that closed under their own."""
        found: dict[frozenset[str], set[str]] = {}
        for code, name in [*self._names.items(), *((one.old_code, one.old_name) for one in self.successions)]:
            found.setdefault(_words_of(name), set()).add(code)
        return {words: frozenset(codes) for words, codes in found.items() if words}

    @cached_property
    def _boards_by_name(self) -> Mapping[frozenset[str], str]:
        return {_words_of(name): code for code, name in self.boards.values()}

    def places_named(self, name: str) -> frozenset[str]:
        """Return the codes of what has a name: England, an integrated care board, or trusts, closed ones among them.

        Names are compared as in :meth:`named`. Mid and South Essex is a board, and a trust where the name says so.
        """
        words = _words_of(name) - {"integrated", "care", "board", "icb"}
        if words == {"england"}:
            return frozenset({ENGLAND_CODE})
        if words in self._boards_by_name and "trust" not in _letters(name).split():
            return frozenset({self._boards_by_name[words]})
        return self._places.get(_words_of(name), frozenset())

    def current(self, code: str) -> str | None:
        """Return the code of the trust that an organisation belongs to today.

        Parameters
        ----------
        code : str
            As published.

        Returns
        -------
        str or None
            None for what is not a trust, has closed with no single successor, or is not known.

        Notes
        -----
        Where a trust was divided between two (Pennine Acute in 2021), its history belongs to
        neither alone and is carried to neither.
        """
        seen: set[str] = set()
        while code not in self.kinds:
            successors = self._next.get(code, [])
            if code in seen or len(successors) != 1 or not successors[0].new_code:
                return None
            seen.add(code)
            code = successors[0].new_code
        return code

    def joined(self, code: str) -> tuple[Succession, ...]:
        """Return the organisations that became part of a trust on a known day, oldest first.

        Those that were divided, whose history belongs to no trust alone, are among them; units of a trust are not.
        """
        found = [one for one in self.successions if one.date is not None and self.current(one.new_code) == code]
        return tuple(sorted(found, key=lambda one: (one.date or date.min, one.old_code)))

    def succession(self, code: str) -> Succession | None:
        """Return what became of an organisation, or None when it is open or not known."""
        found = self._next.get(code)
        return found[0] if found and code not in self.kinds else None


def read_trusts(*, project: Project | str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read the trusts of England open today, without the demonstration trust.

    Parameters
    ----------
    project : Project or path-like, optional
        Without it, the project that the working directory is in.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`race_equality.store.schema.TRUST_DTYPES`, by code.
    """
    return read_trust_list(project=project).trusts.copy()


def trust_codes(*, project: Project | str | os.PathLike[str] | None = None) -> list[str]:
    """Return the codes of the trusts open today, in order, without the demonstration trust's."""
    return list(read_trust_list(project=project).by_code)


@reads_the_store
def read_trust_list(*, project: Project | str | os.PathLike[str] | None = None) -> TrustList:
    """Read the trusts together with what became of those that merged.

    Parameters
    ----------
    project : Project or path-like, optional

    Returns
    -------
    TrustList

    Raises
    ------
    RaceEqualityError
        When the trust list has not been read yet, or a file is not the one that its record was written with.
    """
    project = as_project(project)
    listed, successions, systems = (
        place_of(project.figures / name, project) for name in (TRUSTS_FILE, SUCCESSIONS_FILE, SYSTEMS_FILE)
    )
    stamps = []
    for path in (listed, successions):
        try:
            stamps.append(path.stat().st_mtime_ns)
        except FileNotFoundError:
            raise RaceEqualityError(
                f"data/figures/{path.name} is not there. Restore it from git, or run `race-equality data read`."
            ) from None
    stamps.append(systems.stat().st_mtime_ns if systems.is_file() else 0)
    refuse_changed((listed, successions, systems), project)
    return _read_trust_list(listed, successions, systems, tuple(stamps))


@lru_cache(maxsize=4)
def _read_trust_list(listed: Path, succeeded: Path, systems: Path, stamps: tuple[int, ...]) -> TrustList:
    # the stamps make a rewritten file a new entry of the cache
    with pq.ParquetFile(listed, pre_buffer=False) as table:
        trusts = table.read(use_threads=False)
    with open(succeeded, encoding="utf-8", newline="") as file:
        rows: Iterator[dict[str, Any]] = csv.DictReader(file)
        successions = [
            Succession(**(row | {"date": date.fromisoformat(row["date"]) if row["date"] else None})) for row in rows
        ]
    boards = {}
    if stamps[-1]:
        with open(systems, encoding="utf-8", newline="") as file:
            boards = {
                row["ons_code"]: (row["system_code"], row["system_name"])
                for row in csv.DictReader(file)
                if row.get("ons_code")  # boards opened since have none in the list of 2024
            }
    return TrustList(trusts, successions, boards)


@reads_the_store
def system_codes(system: str, *, project: Project | str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """Return the NHS codes of the integrated care boards that a trust's ``system`` names.

    Parameters
    ----------
    system : str
        As :class:`Trust` has it: short names of boards, with ``"; "`` between several.
    project : Project or path-like, optional

    Returns
    -------
    tuple of str
        ``("QKK",)``: the ``trust_code`` under which figures of a board are held. Empty for a
        trust that serves several systems (ambulance trusts) or none.
    """
    if system == DEMONSTRATION_SYSTEM:
        return (DEMONSTRATION_CODE,)  # its invented system's figures are with its own
    project = as_project(project)
    path = place_of(project.figures / SYSTEMS_FILE, project)
    with open(path, encoding="utf-8", newline="") as file:
        codes = {row["system_name"]: row["system_code"] for row in csv.DictReader(file)}
    return tuple(codes[name.strip()] for name in system.split(";") if name.strip() in codes)


def successions_csv(successions: Iterable[Succession]) -> bytes:
    """Return the text of ``successions.csv``."""
    import io

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_SUCCESSION_COLUMNS)
    for succession in successions:
        writer.writerow(
            "" if (value := getattr(succession, name)) is None else str(value) for name in _SUCCESSION_COLUMNS
        )
    return text.getvalue().encode()


def resolve_trust(code: str, *, project: Project | str | os.PathLike[str] | None = None) -> Trust:
    """Return the trust that a code means today.

    Parameters
    ----------
    code : str
        An ODS code, or ``"DEMO"``. Letter case and surrounding white space may differ.
    project : Project or path-like, optional
        Without it, the project that the working directory is in.

    Returns
    -------
    Trust
        For the code of a trust that merged, its successor, with ``merged_from`` set.

    Raises
    ------
    UnknownTrustError
        For anything else, naming the nearest codes and names. Nothing is opened, run or written
        on the way: the text is only compared with codes.
    """
    asked = code.strip().upper() if isinstance(code, str) else ""
    if asked == DEMONSTRATION_CODE:
        return Trust(
            code=DEMONSTRATION_CODE,
            name=DEMONSTRATION_NAME,
            kind=DEMONSTRATION_KIND,
            region="Demonstration",
            system=DEMONSTRATION_SYSTEM,
            open_date=None,
            is_demonstration=True,
        )
    listed = read_trust_list(project=project)
    current = listed.current(asked) if asked.isascii() and asked.isalnum() else None
    if current is None:
        raise UnknownTrustError(_unknown_message(code, asked, listed))
    row = listed.by_code[current]
    succession = listed.succession(asked)
    return Trust(
        code=current,
        name=row["trust_name"],
        kind=row["kind"],
        region=row["region"],
        system=row["system"],
        open_date=None if row["open_date"] is None else row["open_date"].date(),
        predecessors=tuple(row["predecessors"].split()),
        merged_from=asked if succession is not None and succession.relation == "merger" else None,
        joined=listed.joined(current),
    )


def _words_of(name: str) -> frozenset[str]:
    return frozenset(_letters(name).split()) - {"nhs", "foundation", "trust", "the", "and", "of"}


def _letters(text: str) -> str:
    """Return text in small letters without apostrophes and other marks: "guys" finds "Guy's"."""
    return re.sub(r"[^\w\s]", "", text.casefold())


def _unknown_message(code: object, asked: str, listed: TrustList) -> str:
    shown = repr(code)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    succession = listed.succession(asked)
    if succession is not None:
        return (
            f"{succession.old_name or asked} ({asked}) has closed and no single trust took its place "
            f"({succession.basis})."
        )
    names = {one: row["trust_name"] for one, row in listed.by_code.items()}
    codes = difflib.get_close_matches(asked, names, n=3, cutoff=0.6)
    # a person may type a name instead of a code: every word of it, then names spelt alike
    plain = {_letters(name): c for c, name in names.items()}
    words = _letters(str(code)).split()
    by_name = [c for name, c in plain.items() if words and all(word in name for word in words)][:3]
    if not by_name:
        by_name = [plain[n] for n in difflib.get_close_matches(" ".join(words), plain, n=3, cutoff=0.5)]
    near = list(dict.fromkeys([*codes, *by_name]))[:5]
    hint = "; ".join(f"{c} {names[c]}" for c in near)
    return f"{shown} is not the code of a trust. " + (
        f"Nearest: {hint}." if hint else "A code looks like RJ1; `race-equality data list --trusts` names them all."
    )
