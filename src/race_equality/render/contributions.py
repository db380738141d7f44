"""The formats that a Quarto extension contributes to a project (``_extensions/NAME/_extension.yml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import InputError
from race_equality.render.extension import EXTENSION, FILE, NAME


@dataclass(frozen=True)
class Contribution:
    """The formats that an extension contributes, with paths as a project's settings have them.

    Parameters
    ----------
    file : Path
        Its ``_extension.yml``.
    text : str
        What is in it.
    version : str
    common : mapping
        Settings of all its formats.
    formats : mapping of str to mapping
        Further settings, by the format of Quarto that each rests on.
    """

    file: Path
    text: str
    version: str
    common: Mapping[str, Any]
    formats: Mapping[str, Mapping[str, Any]]


def split_format(name: str) -> tuple[str, str]:
    """Split the name of a format into its extension ("" for one of Quarto's own) and what it rests on."""
    extension, _, base = name.rpartition("-")
    return extension, base


def read_contribution(project_dir: Path, name: str) -> Contribution | None:
    """Read an extension of a project, as Quarto finds it.

    Parameters
    ----------
    project_dir : Path
    name : str
        Such as ``race-equality``, or ``owner/name``.

    Returns
    -------
    Contribution or None
        None where the project has no such extension.

    Raises
    ------
    InputError
        When its ``_extension.yml`` is not YAML or has no formats.
    """
    folder = project_dir / "_extensions"
    places = [folder / name, *sorted(folder.glob(f"*/{name}"))] if "/" not in name else [folder / name]
    if name == NAME:
        places.append(EXTENSION)
    file = next((place / FILE for place in places if (place / FILE).is_file()), None)
    if file is None:
        return None
    text = file.read_text(encoding="utf-8")
    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"It is not YAML: {getattr(error, 'problem', None) or error}.", file=file) from None
    contributes = settings.get("contributes") if isinstance(settings, dict) else None
    formats = (contributes.get("formats") or contributes.get("format")) if isinstance(contributes, dict) else None
    if not isinstance(formats, dict):
        raise InputError("It contributes no formats.", file=file)
    inside = {
        base: _with_paths(own, file.parent, project_dir) if isinstance(own, dict) else {}
        for base, own in formats.items()
    }
    return Contribution(file, text, str(settings.get("version", "")), inside.pop("common", {}), inside)


def _with_paths(value: Any, folder: Path, project_dir: Path) -> Any:
    """Write what names a file of the extension as it is named in the project."""
    if isinstance(value, dict):
        return {name: _with_paths(one, folder, project_dir) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_paths(one, folder, project_dir) for one in value]
    if isinstance(value, str) and value and len(value) < 200 and "\n" not in value and (folder / value).exists():
        file = folder / value
        return file.relative_to(project_dir).as_posix() if file.is_relative_to(project_dir) else file.as_posix()
    return value


def merged(one: Any, other: Any) -> Any:
    """Put settings over others as Quarto does: sections are joined, lists are continued, and else the second counts."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = one | other
        return both | {name: merged(one[name], other[name]) for name in one.keys() & other.keys()}
    if one is not None and other is not None and (isinstance(one, list) or isinstance(other, list)):
        lists = [value if isinstance(value, list) else [value] for value in (one, other)]
        return lists[0] + [value for value in lists[1] if value not in lists[0]]
    return other
