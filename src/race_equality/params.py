"""Who a report is for: ``params/_defaults.yml`` and ``params/trusts/<CODE>.yml``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import InputError, UnknownTrustError
from race_equality.project import Project, find_project
from race_equality.yaml_lines import Value, kind_of, read_yaml

DEFAULTS_FILE = "_defaults.yml"


@dataclass(frozen=True)
class Threshold:
    """The fewest that a figure may rest on and be shown.

    Parameters
    ----------
    value : int
        A figure resting on fewer is hidden.
    source : str
        The published rule the number comes from.
    """

    value: int
    source: str


@dataclass(frozen=True)
class Settings:
    """How figures are compared and what may be shown.

    Parameters
    ----------
    peer_count : int
        How many similar trusts a trust is compared with when its file names none.
    minimum_responses : Threshold
        Survey responses.
    minimum_people : Threshold
        People counted, in workforce and patient figures.
    """

    peer_count: int
    minimum_responses: Threshold
    minimum_people: Threshold


@dataclass(frozen=True)
class Params:
    """What is set for one trust's report.

    Parameters
    ----------
    trust_code : str
        The trust open today.
    peers : tuple of str or None
        Codes of the trusts that the trust's file names; None when it leaves the choice to
        ``race_equality.indicators.peers``.
    settings : Settings
        The defaults with the trust's own settings over them.
    files : tuple of str
        The files that were read, relative to the project, for provenance and for the hash of a
        page's inputs.

    Notes
    -----
    Immutable through and through: no cell of a notebook can change what a later one reads.
    """

    trust_code: str
    peers: tuple[str, ...] | None
    settings: Settings
    files: tuple[str, ...]


def read_params(trust_code: str, *, project: Project | None = None) -> Params:
    """Read and check what is set for a trust.

    Parameters
    ----------
    trust_code : str
        A trust's code; a code that merged away gives its successor's params.
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    Params

    Raises
    ------
    UnknownTrustError
        When the code is no trust's.
    InputError
        When a file cannot be used: unreadable YAML, a key that does not exist, a value of the
        wrong type, an unknown trust among the peers. The message names file and line.

    Examples
    --------
    >>> read_params("DEMO").settings.peer_count
    10
    """
    from race_equality.figures.trusts import resolve_trust

    project = project or find_project()
    code = resolve_trust(trust_code, project=project).code
    settings = _read_defaults(project)
    names = [f"params/{DEFAULTS_FILE}"]
    peers = None
    file = project.params / "trusts" / f"{code}.yml"
    if file.is_file():
        names.append(f"params/trusts/{code}.yml")
        peers, settings = _read_trust_file(file, code, settings, project)
    return Params(code, peers, settings, tuple(names))


def check_params(*, project: Project | None = None) -> list[str]:
    """Read every file in ``params/`` and collect what is wrong.

    Parameters
    ----------
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    list of str
        One message a problem, in the order of the files; empty when all can be used.
    """
    from race_equality.figures.trusts import resolve_trust

    project = project or find_project()
    try:
        defaults = _read_defaults(project)
    except InputError as error:
        return [str(error)]  # each trust's file stands on the defaults
    problems = []
    for file in sorted((project.params / "trusts").iterdir(), key=lambda path: path.name):
        if file.name.startswith("."):
            continue
        try:
            if file.suffix != ".yml":
                raise InputError(
                    "Only <CODE>.yml files belong in params/trusts.",
                    file=file,
                    mend=f"Rename it to {file.stem}.yml or move it away.",
                )
            try:
                trust = resolve_trust(file.stem, project=project)
            except UnknownTrustError as error:
                raise InputError(
                    f"The file name is not a trust's code. {error}",
                    file=file,
                    mend="Rename the file to the trust's code.",
                ) from None
            if trust.code != file.stem:
                raise InputError(
                    f"{file.stem} is {trust.code} ({trust.name}).",
                    file=file,
                    mend=f"Rename the file to {trust.code}.yml; as it stands nothing reads it.",
                )
            _read_trust_file(file, trust.code, defaults, project)
        except InputError as error:
            problems.append(str(error))
    return problems


def _peer_count(value: Value) -> int:
    number = value.plain()
    if isinstance(number, bool) or not isinstance(number, int) or not 3 <= number <= 100:
        raise value.error(
            f"{value.name} must be a whole number from 3 to 100, not {kind_of(number)}."
        )
    return number


def _threshold(value: Value) -> Threshold:
    parts = value.mapping({"value": int, "source": str})
    for key in ("value", "source"):
        if key not in parts:
            raise value.error(f'{value.name} lacks "{key}".', "A threshold is a value with its source.")
    number, source = parts["value"].plain(), parts["source"].plain()
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise parts["value"].error(
            f"{parts['value'].name} must be a whole number of at least 1, not {kind_of(number)}."
        )
    if not isinstance(source, str) or not source.strip():
        raise parts["source"].error(
            f"{parts['source'].name} must be text, not {kind_of(source)}.",
            "Name the published rule the number comes from.",
        )
    return Threshold(number, source.strip())


_READERS: dict[str, Callable[[Value], Any]] = {
    "peer_count": _peer_count,
    "minimum_responses": _threshold,
    "minimum_people": _threshold,
}


def _read_defaults(project: Project) -> Settings:
    top = read_yaml(project.params / DEFAULTS_FILE)
    keys = top.mapping({"settings": Settings})
    section = keys.get("settings") or top
    given = section.mapping(_READERS) if "settings" in keys else {}
    missing = [field.name for field in fields(Settings) if field.name not in given]
    if missing:
        raise section.error(f"settings lacks {', '.join(missing)}.", "Every default must be given.")
    return Settings(**{name: _READERS[name](value) for name, value in given.items()})


def _read_trust_file(
    file: Path, code: str, defaults: Settings, project: Project
) -> tuple[tuple[str, ...] | None, Settings]:
    keys = read_yaml(file).mapping({"peers": list, "settings": Settings})
    peers = _peers(keys["peers"], code, project) if "peers" in keys else None
    settings = defaults
    for name, value in (keys["settings"].mapping(_READERS) if "settings" in keys else {}).items():
        own = _READERS[name](value)
        if isinstance(own, Threshold) and own.value < getattr(defaults, name).value:
            # The publishers' rule protects staff; a trust's file is no place to weaken it.
            raise value.error(
                f"{value.name} is {own.value}, below the {getattr(defaults, name).value} of "
                f"{DEFAULTS_FILE}.",
                "A trust may hide more, never less.",
            )
        settings = replace(settings, **{name: own})
    return peers, settings


def _peers(value: Value, code: str, project: Project) -> tuple[str, ...]:
    from race_equality.figures.trusts import resolve_trust

    if not isinstance(value.node, yaml.SequenceNode):
        raise value.error(
            f"peers must be a list of trust codes, not {kind_of(value.plain())}.",
            "Write peers: [RJ1, RRK].",
        )
    codes: list[str] = []
    for node in value.node.value:
        item = Value(value.file, node, "peers")
        peer = item.plain()
        if not isinstance(peer, str):
            raise item.error(
                f"A peer must be a trust's code, not {kind_of(peer)}.",
                'Put a code that reads as a number into quotes.',
            )
        try:
            trust = resolve_trust(peer, project=project)
        except UnknownTrustError as error:
            raise item.error(f"Unknown trust among the peers. {error}") from None
        if trust.code == code:
            raise item.error(f"{code} is named as its own peer.", "Remove it from the list.")
        if trust.is_demonstration:
            raise item.error("DEMO is not a trust to be compared with.", "Its figures are invented.")
        if trust.code in codes:
            raise item.error(f"{trust.code} stands twice among the peers.", "Remove one of the two.")
        codes.append(trust.code)
    return tuple(codes)
