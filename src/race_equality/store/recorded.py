"""Whether files of figures are the ones that their records in YAML were written with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.store.commits import place_of
from race_equality.store.figures import LOCAL_FOLDER, RETURN_FILES, SUCCESSIONS_FILE, SYSTEMS_FILE, TRUSTS_FILE
from race_equality.store.geography import BOUNDARIES_FILE, BOUNDARIES_SOURCE
from race_equality.store.seal import not_sealed

#: The record of a file whose name is another. That of the successions is the list that is read with them each time.
RECORDS = {
    TRUSTS_FILE: "ods_trusts",
    BOUNDARIES_FILE: BOUNDARIES_SOURCE,
    SUCCESSIONS_FILE: "ods_etr",
    SYSTEMS_FILE: "systems",
}

# without reading it as YAML, which takes longer than a build that has nothing to do
_HASH = re.compile(r"^figures_sha256: *['\"]?([0-9a-f]{64})\b", re.MULTILINE)


def refuse_damaged(hashes: Mapping[str, str], project: Project) -> None:
    """Refuse figures that are not the ones that were read from their publication, and records that are not as written.

    Parameters
    ----------
    hashes : mapping of str to str
        File of figures, list or record, relative to the project, to its SHA-256 as it is now.
    project : Project

    Raises
    ------
    RaceEqualityError
        Naming each file with its mend.

    Notes
    -----
    Parquet has no checksums of its own here: one flipped bit can be another percentage.
    """
    records = {name: _record(Path(name), project) for name in hashes if _records_of(Path(name))}
    problems = [problem for name, record in records.items() if (problem := _problem(name, hashes[name], record))]
    each = {place_of(project.root / name, project) for name in hashes if name.endswith(".yml")}
    each |= {record for record in records.values() if record is not None}
    problems += [problem for record in sorted(each) if record.is_file() and (problem := not_sealed(record))]
    if problems:
        raise RaceEqualityError("\n".join(problems))


def refuse_changed(files: Iterable[Path], project: Project) -> None:
    """Refuse files that are about to be read and are not as they were written; a process hashes each version once.

    Parameters
    ----------
    files : iterable of Path
        Of figures or lists, where they are read.
    project : Project

    Raises
    ------
    RaceEqualityError
    """
    found = ((path, _record(path, project)) for path in files if path.is_file())
    problems = {problem for path, record in found for problem in _problems(path, record, _stamp(path), _stamp(record))}
    if problems:
        raise RaceEqualityError("\n".join(sorted(problems)))


@lru_cache(maxsize=512)
def _problems(path: Path, record: Path | None, *stamps: tuple[int, ...]) -> tuple[str, ...]:
    name = f"data/{path.parent.name}/{path.name}"
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    found = (_problem(name, digest, record), record and not_sealed(record))
    return tuple(problem for problem in found if problem)


def _stamp(path: Path | None) -> tuple[int, ...]:
    if path is None:
        return ()
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _records_of(file: Path) -> list[str]:
    """Name the records that a file may have; none of what needs none."""
    if file.suffix != ".parquet" and file.name not in RECORDS:
        return []
    if file.parent.name == LOCAL_FOLDER:  # a WRES return's file is named by the trust's code alone, its record is not
        return [name.format(code=file.stem) for name in RETURN_FILES]
    return [RECORDS.get(file.name, file.stem)]


def _record(file: Path, project: Project) -> Path | None:
    folder = project.root / "data" / LOCAL_FOLDER if file.parent.name == LOCAL_FOLDER else project.sources
    places = (place_of(folder / f"{one}.yml", project) for one in _records_of(file))
    return next((place for place in places if place.is_file()), None)


def _problem(name: str, digest: str, record: Path | None) -> str | None:
    if record is None:
        ids = _records_of(Path(name))
        return f"{name} has no record: {ids[0]}.yml would say where it is from. Restore that, or remove the file."
    recorded = _HASH.search(record.read_text(encoding="utf-8", errors="replace"))
    if recorded is not None and recorded[1] == digest:
        return None
    mend = (
        f"Remove it with `race-equality data remove {record.stem}` and add the return again."
        if Path(name).parent.name == LOCAL_FOLDER
        else f"Restore both from git (git restore {name} data/sources/{record.name}), or add the publication again."
    )
    return f"{name} is not the file that {record.name} was written with: it is damaged, or was changed. {mend}"
