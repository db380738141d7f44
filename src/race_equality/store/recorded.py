"""Whether files of figures are the ones that their records in YAML were written with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.store.commits import place_of
from race_equality.store.figures import LOCAL_FOLDER, RETURN_FILES, SUCCESSIONS_FILE, SYSTEMS_FILE, TRUSTS_FILE
from race_equality.store.geography import BOUNDARIES_FILE, BOUNDARIES_SOURCE

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
    """Refuse figures that are not the ones that were read from their publication.

    Parameters
    ----------
    hashes : mapping of str to str
        File, relative to the project, to its SHA-256 as it is now. Files without a record are not checked.
    project : Project

    Raises
    ------
    RaceEqualityError
        Naming each file with its mend.

    Notes
    -----
    Parquet has no checksums of its own here: one flipped bit can be another percentage.
    """
    problems = [
        problem
        for name, digest in hashes.items()
        if (record := _record(name, project)) is not None and (problem := _problem(name, digest, record))
    ]
    if problems:
        raise RaceEqualityError("\n".join(problems))


def _record(name: str, project: Project) -> Path | None:
    file = Path(name)
    is_local = file.parent.name == LOCAL_FOLDER
    folder = project.root / file.parent if is_local else project.sources
    # a WRES return's file is named by the trust's code alone, its record is not
    ids = [name.format(code=file.stem) for name in RETURN_FILES] if is_local else [RECORDS.get(file.name, file.stem)]
    if file.suffix != ".parquet" and file.name not in RECORDS:
        return None
    places = (place_of(folder / f"{one}.yml", project) for one in ids)
    return next((place for place in places if place.is_file()), None)


def _problem(name: str, digest: str, record: Path) -> str | None:
    recorded = _HASH.search(record.read_text(encoding="utf-8", errors="replace"))
    if recorded is not None and recorded[1] == digest:
        return None
    if recorded is None and Path(name).suffix == ".csv":  # of a list that was read by an earlier version
        return None
    mend = (
        f"Remove it with `race-equality data remove {record.stem}` and add the return again."
        if Path(name).parent.name == LOCAL_FOLDER
        else f"Restore both from git (git restore {name} data/sources/{record.name}), or add the publication again."
    )
    return f"{name} is not the file that {record.name} was written with: it is damaged, or was changed. {mend}"
