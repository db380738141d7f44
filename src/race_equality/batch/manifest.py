"""The record of a build: ``manifest.json``."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import forked_kernels
import race_equality
from race_equality.files import write_atomically
from race_equality.project import Project
from race_equality.store.commits import settle

MANIFEST_FILE = "manifest.json"

#: Increased when the meaning of a key changes; an older manifest is then ignored.
FORMAT = 1

#: Packages whose version can change a page.
_PACKAGES = (
    "race-equality papermill nbclient ipykernel ipython pandas numpy scipy pyarrow altair "
    "vl-convert-python pypandoc_binary typst pikepdf jinja2 nbformat pyyaml"
).split()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(paths: Iterable[Path], *, base: Path) -> str:
    """Return one SHA-256 over the names and contents of several files."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(base).as_posix().encode() + b"\0")
        digest.update(bytes.fromhex(hash_file(path)))
    return digest.hexdigest()


def hash_code() -> str:
    """Return one SHA-256 over the modules of the project's packages."""
    digest = hashlib.sha256()
    for package in (race_equality, forked_kernels):
        folder = Path(package.__path__[0])
        digest.update(bytes.fromhex(hash_files(folder.rglob("*.py"), base=folder)))
    return digest.hexdigest()


def hash_inputs(project: Project, names: Iterable[str]) -> dict[str, str]:
    """Hash files that something is made from.

    Parameters
    ----------
    project : Project
        The checkout.
    names : iterable of str
        Files relative to the project; one that is not there is left out.

    Returns
    -------
    dict of str to str
        File to SHA-256.
    """
    return {name: hash_file(project.root / name) for name in names if (project.root / name).is_file()}


def figure_files(project: Project) -> list[str]:
    """Name the files of figures, published ones and a trust's own return, relative to the project.

    What is in ``data/local`` besides, such as a template to fill in, is part of no page.
    """
    settle(project)
    local = project.root / "data" / "local"
    return [
        path.relative_to(project.root).as_posix()
        for folder in (project.figures, local)
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_file()
        and not path.name.startswith(".")
        and (folder == project.figures or path.suffix in (".parquet", ".yml"))
    ]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a page."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found | {"sqlite": sqlite3.sqlite_version}


def quarto_version() -> str:
    """Return the version of the Quarto on the PATH, which takes it half a second to say; "" when it says none."""
    try:
        said = subprocess.run(["quarto", "--version"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()


def read_manifest(output: Path) -> dict[str, Any]:
    """Read the record of earlier builds into the same folder.

    Parameters
    ----------
    output : Path
        The output folder.

    Returns
    -------
    dict
        An empty record when there is none, or none that can be used; then every page is made.
    """
    empty = {"format": FORMAT, "builds": {}, "pages": {}}
    try:
        text = (output / MANIFEST_FILE).read_text(encoding="utf-8")
        manifest = json.loads(text)
    except (OSError, ValueError):
        return empty
    if (end := _CHECKSUM.search(text)) is not None:
        del manifest[_CHECKSUM_KEY]
        if _checksum(text[: end.start()]) != end[1]:  # damaged
            return empty
    return manifest if _has_shape(manifest) else empty


#: The last key of the file has the hash of the text before it.
_CHECKSUM_KEY = "sha256 of the text before"
_CHECKSUM = re.compile(rf',\n "{_CHECKSUM_KEY}": "([0-9a-f]{{64}})"\n}}\n\Z')

#: What in the record of a page is itself a record.
_PARTS = (
    "rests_on",
    "executed",
    "rendered_from",
    "edition",
    "outputs",
    "figures",
    "last_good",
    "seconds",
    "inputs",
    "parameters",
)


def _has_shape(manifest: Any) -> bool:
    """Whether JSON has the shape of a manifest: damaged, it may be valid JSON of another."""

    def is_record(value: Any, *, of_records: bool = False) -> bool:
        return isinstance(value, dict) and (not of_records or all(isinstance(one, dict) for one in value.values()))

    return (
        is_record(manifest)
        and manifest.get("format") == FORMAT
        and is_record(manifest.get("builds"), of_records=True)
        and is_record(manifest.get("pages"), of_records=True)
        and all(is_record(manifest.get(name, {})) for name in ("known", "downloads"))
        and all(is_record(one.get("figures", {})) for one in manifest["builds"].values())
        and is_record(manifest.get("copies", {}), of_records=True)
        and is_record(manifest.get("downloads", {}).get("outputs", {}))
        and all(
            isinstance(page.get("build"), str)
            and all(is_record(page.get(part, {})) for part in _PARTS)
            and (not page.get("figures") or is_record(page["figures"].get("outputs")))
            for page in manifest["pages"].values()
        )
    )


def write_manifest(output: Path, manifest: dict[str, Any]) -> None:
    """Write the record in one step.

    Parameters
    ----------
    output : Path
        The output folder.
    manifest : dict
        What :func:`read_manifest` returned, brought up to date.
    """
    text = "{\n" + ",\n".join(f" {_json(key)}: {_lines(manifest[key])}" for key in sorted(manifest))
    write_atomically(output / MANIFEST_FILE, f'{text},\n "{_CHECKSUM_KEY}": "{_checksum(text)}"\n}}\n')


def _lines(part: Any) -> str:
    """Put each record on a line of its own: as text with an indent, json takes three times as long, at each page of a build."""
    if not isinstance(part, dict) or not part:
        return _json(part)
    return "{\n" + ",\n".join(f"  {_json(key)}: {_json(part[key])}" for key in sorted(part)) + "\n }"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
