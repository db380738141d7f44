"""Who a report is for: ``params/_defaults.yml`` and ``params/trusts/<CODE>.yml``.

What the board says of itself and what it said it would do is read by :mod:`race_equality.actions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from race_equality.actions.model import Action, SelfAssessment
from race_equality.actions.reading import read_actions, read_history, read_self_assessment
from race_equality.errors import InputError, UnknownTrustError
from race_equality.project import Project, find_project
from race_equality.yaml_lines import Findings, Value, kind_of, read_yaml

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
    report_date : datetime.date or None
        The day that the report speaks of, by which actions are due or late; None where no file
        gives one (see :func:`race_equality.report.action_progress.day_of_report`).
    self_assessment : SelfAssessment or None
        None where the board has made none.
    actions, history : tuple of Action
        What the board said it would do this year, and what was done or stopped in earlier ones.
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
    report_date: date | None
    self_assessment: SelfAssessment | None
    actions: tuple[Action, ...]
    history: tuple[Action, ...]
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
        wrong type, an unknown trust among the peers, an action that is none. The message names
        file and line of the first problem; :func:`check_params` names all.

    Examples
    --------
    >>> read_params("DEMO").settings.peer_count
    10
    """
    from race_equality.figures.trusts import resolve_trust

    project = project or find_project()
    code = resolve_trust(trust_code, project=project).code
    defaults = _read_defaults(project)
    names = [f"params/{DEFAULTS_FILE}"]
    own = _TrustFile(settings=defaults.settings)
    file = project.params / "trusts" / f"{code}.yml"
    if file.is_file():
        names.append(f"params/trusts/{code}.yml")
        findings = Findings()
        own = _read_trust_file(file, code, defaults.settings, project, findings)
        if findings.problems:
            raise min(findings.problems, key=_line_of)
    return Params(
        code,
        own.peers,
        own.settings,
        own.report_date or defaults.report_date,
        own.self_assessment,
        own.actions,
        own.history,
        tuple(names),
    )


def read_default_settings(*, project: Project | None = None) -> Settings:
    """Read the settings of a trust that has set nothing itself.

    Parameters
    ----------
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    Settings
    """
    return _read_defaults(project or find_project()).settings


@dataclass(frozen=True)
class CheckedParams:
    """What a check of ``params/`` found.

    Parameters
    ----------
    problems : tuple of str
        One message a problem, in the order of the files; empty when all can be used.
    links : tuple of Value
        The addresses of all evidence, which :mod:`race_equality.actions.links` can try.
    """

    problems: tuple[str, ...]
    links: tuple[Value, ...]


def check_params(*, project: Project | None = None, today: date | None = None) -> CheckedParams:
    """Read every file in ``params/`` and collect everything that is wrong.

    Parameters
    ----------
    project : Project, optional
        The checkout; found from the working directory without it.
    today : datetime.date, optional
        Evidence dated after it is a problem; without it dates are not compared with any day.

    Returns
    -------
    CheckedParams
    """
    project = project or find_project()
    try:
        defaults = _read_defaults(project)
    except InputError as error:
        return CheckedParams((str(error),), ())  # each trust's file stands on the defaults
    problems: list[str] = []
    links: list[Value] = []
    for file in sorted((project.params / "trusts").iterdir(), key=lambda path: path.name):
        if file.name.startswith("."):
            continue
        found = _check_file(file, defaults, project, today)
        problems += found.problems
        links += found.links
    return CheckedParams(tuple(problems), tuple(links))


def check_file(file: Path, *, project: Project) -> tuple[str, ...]:
    """Read one trust's file and collect everything that is wrong with it.

    Parameters
    ----------
    file : Path
    project : Project

    Returns
    -------
    tuple of str
        One message a problem, by line.
    """
    return _check_file(file, _read_defaults(project), project, None).problems


def _check_file(file: Path, defaults: _Defaults, project: Project, today: date | None) -> CheckedParams:
    findings = Findings()
    with findings.collected():
        code = _code_of(file, project)
        _read_trust_file(file, code, defaults.settings, project, findings)
    for value in findings.past_days:
        if today is not None and value.day() > today:
            findings.problems.append(
                value.error(f"{value.name} lies in the future.", "Evidence shows what has happened.")
            )
    problems = tuple(str(error) for error in sorted(findings.problems, key=_line_of))
    return CheckedParams(problems, tuple(findings.links))


def _line_of(error: InputError) -> int:
    digits = str(error.row or "").removeprefix("line ")
    return int(digits) if digits.isdecimal() else 0


def _code_of(file: Path, project: Project) -> str:
    """Return the code that a file in params/trusts is of, or say why nothing would read it."""
    from race_equality.figures.trusts import resolve_trust

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
            f"The file name is not a trust's code. {error}", file=file, mend="Rename the file to the trust's code."
        ) from None
    if trust.code != file.stem:
        raise InputError(
            f"{file.stem} is {trust.code} ({trust.name}).",
            file=file,
            mend=f"Rename the file to {trust.code}.yml; as it stands nothing reads it.",
        )
    return trust.code


def _peer_count(value: Value) -> int:
    number = value.plain()
    if isinstance(number, bool) or not isinstance(number, int) or not 3 <= number <= 100:
        raise value.error(f"{value.name} must be a whole number from 3 to 100, not {kind_of(number)}.")
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


@dataclass(frozen=True)
class _Defaults:
    settings: Settings
    report_date: date | None


@dataclass
class _TrustFile:
    settings: Settings
    peers: tuple[str, ...] | None = None
    report_date: date | None = None
    self_assessment: SelfAssessment | None = None
    actions: tuple[Action, ...] = field(default_factory=tuple)
    history: tuple[Action, ...] = field(default_factory=tuple)


def _read_defaults(project: Project) -> _Defaults:
    top = read_yaml(project.params / DEFAULTS_FILE)
    keys = top.mapping(["settings", "report_date"])
    section = keys.get("settings") or top
    given = section.mapping(_READERS) if "settings" in keys else {}
    missing = [field.name for field in fields(Settings) if field.name not in given]
    if missing:
        raise section.error(f"settings lacks {', '.join(missing)}.", "Every default must be given.")
    settings = Settings(**{name: _READERS[name](value) for name, value in given.items()})
    return _Defaults(settings, _day(keys.get("report_date")))


def _day(value: Value | None) -> date | None:
    return None if value is None or value.is_nothing() else value.day()


def _read_trust_file(file: Path, code: str, defaults: Settings, project: Project, findings: Findings) -> _TrustFile:
    """Read a trust's file; what is wrong with it goes to the findings."""
    own = _TrustFile(settings=defaults)
    with findings.collected():
        keys = read_yaml(file).mapping(
            ["peers", "settings", "report_date", "self_assessment", "actions", "history"], findings
        )
        if "peers" in keys and not keys["peers"].is_nothing():
            with findings.collected():
                own.peers = _peers(keys["peers"], code, project)
        if "settings" in keys:
            with findings.collected():
                own.settings = _own_settings(keys["settings"], defaults, findings)
        with findings.collected():
            own.report_date = _day(keys.get("report_date"))
        if "self_assessment" in keys:
            own.self_assessment = read_self_assessment(keys["self_assessment"], findings)
        if "actions" in keys:
            own.actions = read_actions(keys["actions"], findings)
        if "history" in keys:
            own.history = read_history(keys["history"], findings)
    return own


def _own_settings(value: Value, defaults: Settings, findings: Findings) -> Settings:
    settings = defaults
    for name, given in value.mapping(_READERS, findings).items():
        with findings.collected():
            own = _READERS[name](given)
            if isinstance(own, Threshold) and own.value < getattr(defaults, name).value:
                # The publishers' rule protects staff; a trust's file is no place to weaken it.
                raise given.error(
                    f"{given.name} is {own.value}, below the {getattr(defaults, name).value} of {DEFAULTS_FILE}.",
                    "A trust may hide more, never less.",
                )
            settings = replace(settings, **{name: own})
    return settings


def _peers(value: Value, code: str, project: Project) -> tuple[str, ...]:
    from race_equality.figures.trusts import resolve_trust

    codes: list[str] = []
    for item in value.items("Write peers: [RJ1, RRK]."):
        peer = item.plain()
        if not isinstance(peer, str):
            raise item.error(
                f"A peer must be a trust's code, not {kind_of(peer)}.", "Put a code that reads as a number into quotes."
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
