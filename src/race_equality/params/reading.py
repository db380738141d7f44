"""Who a report is for: ``params/_defaults.yml`` and ``params/trusts/<CODE>.yml``.

What the board says of itself and what it said it would do is told by :mod:`race_equality.params.actions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, PlainValidator

from race_equality.errors import InputError, UnknownTrustError
from race_equality.params.actions import Action, Actions, Assessment, History, SelfAssessment
from race_equality.params.links import Link
from race_equality.project import Project, as_project
from race_equality.yaml_files import (
    Day,
    Info,
    YamlFile,
    adapter,
    kind_of,
    problem,
    read_record,
    read_text,
    read_yaml,
    record_of_yaml,
    whole_number,
)

DEFAULTS_FILE = "_defaults.yml"


@record_of_yaml
class Threshold:
    """The fewest that a figure may rest on and be shown.

    Parameters
    ----------
    value : int
        A figure resting on fewer is hidden.
    source : str
        The published rule the number comes from.
    """

    lacking: ClassVar = "A threshold is a value with its source."

    value: Annotated[int, whole_number(1)]
    source: Annotated[
        str, PlainValidator(lambda value: read_text(value, "Name the published rule the number comes from."))
    ]


def _no_lower_than_the_default(threshold: Threshold, info: Info) -> Threshold:
    defaults = info.context.defaults
    least = getattr(defaults.settings, info.field_name).value if defaults else 0
    if threshold.value < least:
        # The publishers' rule protects staff; a trust's file is no place to weaken it.
        raise problem(
            f"{{name}} is {threshold.value}, below the {least} of {DEFAULTS_FILE}.",
            "A trust may hide more, never less.",
        )
    return threshold


@record_of_yaml
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

    lacking: ClassVar = "Every default must be given."

    peer_count: Annotated[int, whole_number(3, 100)]
    minimum_responses: Annotated[Threshold, AfterValidator(_no_lower_than_the_default)]
    minimum_people: Annotated[Threshold, AfterValidator(_no_lower_than_the_default)]


@dataclass(frozen=True)
class Params:
    """What is set for one trust's report.

    Parameters
    ----------
    trust_code : str
        The trust open today.
    peers : tuple of str or None
        Codes of the trusts that the trust's file names; None when it leaves the choice to
        ``race_equality.analysis.peers``.
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
        The files that were read, relative to the project, for provenance and for the hash of a page's inputs.

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
    from race_equality.store.trusts import resolve_trust

    project = as_project(project)
    code = resolve_trust(trust_code, project=project).code
    defaults = _read_defaults(project)
    names = [f"params/{DEFAULTS_FILE}"]
    own = _TrustFile(defaults.settings)
    file = project.params / "trusts" / f"{code}.yml"
    if file.is_file():
        names.append(f"params/trusts/{code}.yml")
        own, problems = _read_trust_file(file, _Context(project, code, defaults))
        if problems:
            raise problems[0]
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


def read_chosen_peers(trust_codes: Iterable[str], *, project: Project | None = None) -> dict[str, tuple[str, ...]]:
    """Return the peers of those trusts that have chosen their own.

    Parameters
    ----------
    trust_codes : iterable of str
        Of the trusts open today.
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    dict of str to tuple of str
        By trust code; the others are not in it.
    """
    project = as_project(project)
    own = {file.stem for file in (project.params / "trusts").glob("*.yml")}
    params = {code: read_params(code, project=project) for code in trust_codes if code in own}
    return {code: one.peers for code, one in params.items() if one.peers}


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
    return _read_defaults(as_project(project)).settings


@dataclass(frozen=True)
class CheckedParams:
    """What a check of ``params/`` found.

    Parameters
    ----------
    problems : tuple of str
        One message a problem, in the order of the files; empty when all can be used.
    links : tuple of Link
        The addresses of all evidence, which :mod:`race_equality.params.links` can try.
    """

    problems: tuple[str, ...]
    links: tuple[Link, ...]


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
    project = as_project(project)
    try:
        defaults = _read_defaults(project)
    except InputError as error:
        return CheckedParams((str(error),), ())  # each trust's file needs the defaults
    problems: list[str] = []
    links: list[Link] = []
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


@dataclass(frozen=True)
class BoardSaid:
    """What a board says of itself and of its actions, as a file gives it.

    Parameters
    ----------
    self_assessment : SelfAssessment or None
    actions, history : tuple of Action
    """

    self_assessment: SelfAssessment | None
    actions: tuple[Action, ...]
    history: tuple[Action, ...]


def read_board_values(
    file: YamlFile, trust_code: str, *, project: Project, today: date
) -> tuple[BoardSaid | None, list[InputError]]:
    """Read a self-assessment and actions that were typed elsewhere than in a trust's file, by the same rules.

    Parameters
    ----------
    file : YamlFile
        Its values have the keys of a trust's file; its ``line`` says where each is.
    trust_code : str
    project : Project
    today : datetime.date
        Evidence cannot be of a later day.

    Returns
    -------
    BoardSaid or None
        None when something is wrong.
    list of InputError
        All that is wrong.
    """
    defaults = _read_defaults(project)
    context = _Context(project, trust_code, defaults, today)
    made, problems = read_record(file, _TrustFile, context, file.values | {"settings": asdict(defaults.settings)})
    return (BoardSaid(made.self_assessment, made.actions, made.history) if made else None), problems


def _check_file(file: Path, defaults: _Defaults, project: Project, today: date | None) -> CheckedParams:
    context = _Context(project, file.stem, defaults, today)
    try:
        _refuse_wrong_name(file, project)
        _, problems = _read_trust_file(file, context)
    except InputError as error:
        problems = [error]
    links = tuple(Link(file, one.lc.value("link")[0] + 1, one["link"]) for one in context.evidence)
    return CheckedParams(tuple(map(str, problems)), links)


def _refuse_wrong_name(file: Path, project: Project) -> None:
    """Say why nothing would read a file in params/trusts."""
    from race_equality.store.trusts import resolve_trust

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
            mend=f"Rename the file to {trust.code}.yml; nothing reads it under this name.",
        )


def _peer(value: Any, info: Info) -> str:
    from race_equality.store.trusts import resolve_trust

    context = info.context
    if not isinstance(value, str):
        raise problem(
            f"A peer must be a trust's code, not {kind_of(value)}.", "Put a code that reads as a number into quotes."
        )
    try:
        trust = resolve_trust(value, project=context.project)
    except UnknownTrustError as error:
        raise problem(f"Unknown trust among the peers. {error}") from None
    if trust.code == context.code:
        raise problem(f"{trust.code} is named as its own peer.", "Remove it from the list.")
    if trust.is_demonstration:
        raise problem("DEMO is not a trust to be compared with.", "Its figures are invented.")
    if trust.code in context.peers:
        raise problem(f"{trust.code} is twice among the peers.", "Remove one of the two.")
    context.peers.append(trust.code)
    return trust.code


@dataclass
class _Context:
    """What the rules of a trust's file need to know, and what is kept while it is read."""

    project: Project
    code: str = ""
    defaults: Any = None  # not while the defaults themselves are read
    today: date | None = None
    peers: list[str] = field(default_factory=list)
    evidence: list[Any] = field(default_factory=list)


@record_of_yaml
class _Defaults:
    settings: Settings
    report_date: Day | None = None


@record_of_yaml
class _TrustFile:
    settings: Settings
    peers: tuple[Annotated[str, PlainValidator(_peer)], ...] | None = None
    report_date: Day | None = None
    self_assessment: Assessment | None = None
    actions: Actions = ()
    history: History = ()


for _cls in (_Defaults, _TrustFile):
    adapter(_cls)  # once, before a build's kernels are forked


def _read_defaults(project: Project) -> _Defaults:
    file = read_yaml(project.params / DEFAULTS_FILE)
    defaults, problems = read_record(file, _Defaults, _Context(project))
    if problems:
        raise problems[0]
    return defaults


def _read_trust_file(path: Path, context: _Context) -> tuple[Any, list[InputError]]:
    """Read a trust's file over the defaults; return it, or None, and all that is wrong with it."""
    file = read_yaml(path)
    values = {} if file.values is None else file.values
    if isinstance(values, dict):
        values = {key: value for key, value in values.items() if value is not None}  # a key may be left empty
        settings, defaults = values.get("settings", {}), asdict(context.defaults.settings)
        values["settings"] = {**defaults, **settings} if isinstance(settings, dict) else settings
    return read_record(file, _TrustFile, context, values)
