"""Where figures came from: one YAML file a publication in ``data/sources/``."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BeforeValidator

from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project, as_project
from race_equality.store.commits import Draft, files_of, place_of, reads_the_store
from race_equality.store.seal import is_sealed, not_sealed, sealed
from race_equality.yaml_files import Day, read_record, read_yaml, record_of_yaml

#: A place that names its file, as in a return, and where another file than the source's was read: "waits.csv: row 3, rate".
PLACE_IN_A_FILE = re.compile(r"((?:(?!//).)+?\.(?:csv|xlsx|xlsm|xls|ods|txt|zip|parquet)):? (.+)", re.IGNORECASE)
OPEN_GOVERNMENT_LICENCE = "Open Government Licence v3.0"


@record_of_yaml
class Source:
    """One publication as it was read.

    Parameters
    ----------
    id : str
        What the ``source`` column of a figure says, and the name of the YAML and Parquet files.
    title, publisher, url, licence : str
    date_read : datetime.date
        The day this very file (by its sha256) was first read.
    sha256 : str
        Of the raw file; "" for figures that no file holds (the demonstration trust).
    file : str
        The raw file's name.
    period : str
        As a reader should see it: ``"autumn 2024"``.
    notes : tuple of str
        What somebody who uses the figures has to know.
    figures_sha256 : str
        Of the file that has the figures, as it was written.
    """

    id: str
    title: str
    publisher: str
    url: str
    licence: str
    date_read: Day
    sha256: str
    file: str
    period: str
    notes: Annotated[tuple[str, ...], BeforeValidator(lambda notes: notes or ())] = ()
    figures_sha256: str = ""

    def to_yaml(self) -> str:
        """Return the text of the YAML file, with its own hash at the end."""
        values = asdict(self) | {"notes": list(self.notes)}
        return sealed(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100))


def place_words(locator: str, recording: str) -> str:
    """Say where a figure was read, and how it was recorded where that is otherwise than before.

    Examples
    --------
    >>> place_words("row 3, dta_12hr_plus", "recorded as since November 2025")
    'row 3, dta_12hr_plus (recorded as since November 2025)'
    """
    return f"{locator} ({recording})" if recording else locator


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folders(project: Project) -> tuple[Path, Path]:
    return project.sources, project.root / "data" / "local"


@reads_the_store
def read_source(source_id: str, *, project: Project | str | os.PathLike[str] | None = None) -> Source:
    """Read where a source's figures came from.

    Parameters
    ----------
    source_id : str
        The ``source`` column of a figure.
    project : Project or path-like, optional
        Without it, the project that the working directory is in.

    Returns
    -------
    Source

    Raises
    ------
    RaceEqualityError
        When there is no such source, naming those there are.
    InputError
        When its YAML file lacks something.
    """
    project = as_project(project)
    # no path separators or dots: an id never leads out of the folder
    if source_id.replace("_", "").isalnum():
        for folder in _folders(project):
            path = place_of(folder / f"{source_id}.yml", project)
            if path.is_file():
                return _load(path)
    known = ", ".join(source.id for source in read_sources(project=project)) or "none"
    raise RaceEqualityError(f"There is no source {source_id!r}. Sources held: {known}.")


@reads_the_store
def read_sources(*, local: bool = True, project: Project | str | os.PathLike[str] | None = None) -> list[Source]:
    """Read every source held, published ones first.

    Parameters
    ----------
    local : bool
        Whether trusts' own returns are among them.
    project : Project or path-like, optional

    Returns
    -------
    list of Source
        By id within each folder.
    """
    project = as_project(project)
    folders = _folders(project)[: None if local else 1]
    return [_load(path) for folder in folders for path in files_of(folder, "*.yml", project)]


def dated(source: Source, *, project: Project | str | os.PathLike[str] | None = None) -> Source:
    """Return a source with the day its file was first read: the same file read again is not news.

    Parameters
    ----------
    source : Source
        As it was read today.
    project : Project or path-like, optional
    """
    try:
        before = read_source(source.id, project=project)
    except RaceEqualityError:
        return source
    return replace(source, date_read=before.date_read) if before.sha256 == source.sha256 else source


def _load(path: Path) -> Source:
    status = path.stat()
    return _load_as_written(path, status.st_mtime_ns, status.st_size)


def seal_records(ids: Collection[str], project: Project) -> list[str]:
    """Write its own hash into each record that was edited, or was written by an earlier version.

    Parameters
    ----------
    ids : collection of str
        Sources; all without any.
    project : Project
        A draft (:func:`race_equality.store.commits.change`).

    Returns
    -------
    list of str
        The sources whose record was written.

    Raises
    ------
    RaceEqualityError
        When there is no such source, or its record cannot be read.
    """
    records = {path.stem: path for folder in _folders(project) for path in sorted(folder.glob("*.yml"))}
    if absent := sorted(set(ids) - records.keys()):
        raise RaceEqualityError(f"There is no source {absent[0]!r}. Sources held: {', '.join(records)}.")
    changed = {}
    for source_id in ids or records:
        path = records[source_id]
        if not is_sealed(path.read_bytes()):
            _read(path)
            changed[path] = sealed(path.read_text(encoding="utf-8")).encode()
    if changed:
        assert isinstance(project, Draft)
        project.write(changed)
    return [path.stem for path in changed]


@lru_cache(maxsize=256)
def _load_as_written(path: Path, *stamp: int) -> Source:
    # the stamp makes a rewritten file a new entry of the cache; YAML is slow to read
    source = _read(path)
    if problem := not_sealed(path):
        raise RaceEqualityError(problem)
    return source


def _read(path: Path) -> Source:
    try:
        source, problems = read_record(read_yaml(path), Source)
    except InputError as error:
        problems = [error]
    if problems:
        first = problems[0]
        mend = f"{first.mend or ''} Run `race-equality data read` to write the file again.".lstrip()
        raise InputError(first.problem, file=path, row=first.row, mend=mend)
    if source.id != path.stem:
        raise InputError(f"The id is {source.id!r}.", file=path, mend="It must be the file's name.")
    return source
