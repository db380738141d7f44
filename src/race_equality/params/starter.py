"""The file that a trust begins with, and the one that it goes on with next year."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from race_equality.errors import InputError
from race_equality.files import write_atomically
from race_equality.params import check_file, read_params
from race_equality.params.actions import AREAS, BOARD_ROLES, INDICATORS, LEVELS, STATUSES, Action, SelfAssessment
from race_equality.project import Project

if TYPE_CHECKING:
    from race_equality.store.trust import Trust

_HEAD = """\
# {name} ({code}): what its race equality report is made with.
#
# A line that begins with # is a remark; take the # and the space after it away to use the line.
# Every part may be left out. When you have changed something: race-equality params check

{peers}
{report_date}
"""

_PEERS = """\
# Trusts to be compared with. Left out, they are chosen by kind, region and size.
# peers: [{peers}]
"""

_SOME_TRUSTS = ("RJ1", "RRK", "RAE")

_REPORT_DATE = """\
# The day that the report speaks of, such as the board's meeting: what was due before it is late.
# Left out, it is that of params/_defaults.yml, or else the day on which figures were last read.
# report_date: {today}
"""

_ASSESSMENT_HELP = """\
# The level that the board says it has reached: {levels}.
# "embedded" needs evidence with a date. Areas are words for a board's discussion; nothing adds them up.
"""

_ACTIONS_HELP = """\
# What the board said it would do. An action is a change: one that only gathers, watches, reviews or
# reports data is refused. Each has
#   what       the change, in a sentence
#   owner      one board role, no name. With three actions or more, one role may not own them all.
{roles}
#   indicator  what it should move:
{indicators}
#   began, due dates, written {today}
#   status     {statuses}; a day that has passed shows as late by itself
#   review     the date of the board's review and, once made, its decision: continue or stop
#   evidence   text and an https link (a date is welcome); needed once it is done
#   target     the figure that the indicator should reach, as the report shows it: a gap in points (ethnic
#              minority minus White, so with its sign), a share in per cent or a ratio. It may be left out.
#              The report says whether the trust's own figures could show that it was reached.
"""

_EXAMPLE = """\
# actions:
#   - what: Replace unstructured interviews with scored ones for every post at band 8a and above
#     owner: Chief people officer
#     indicator: wres_2
#     began: {today}
#     due: {next_year}
#     status: planned
#     review: {{date: {next_year}}}
#     target: 1.1
#
#   - what: Two directors decide together before a formal disciplinary process may begin
#     owner: Chief nurse
#     indicator: wres_3
#     began: {today}
#     due: {next_year}
#     status: done
#     review: {{date: {next_year}, decision: continue}}
#     evidence:
#       text: Policy as agreed, board paper 12
#       link: https://www.example.nhs.uk/board-papers
#       date: {today}
"""

_HISTORY_HELP = """\
# Actions of earlier years that are done or were stopped.
"""


def write_starter(trust_code: str, *, project: Project, today: date) -> Path:
    """Write a trust's first file, all of it remarks to learn from.

    Parameters
    ----------
    trust_code : str
        A trust's code; one that merged away begins its successor's file.
    project : Project
    today : datetime.date
        For the dates of the examples.

    Returns
    -------
    Path

    Raises
    ------
    UnknownTrustError
        When the code is no trust's.
    InputError
        When there is a file already: it is never written over.
    """
    from race_equality.store.trusts import resolve_trust

    trust = resolve_trust(trust_code, project=project)
    file = project.params / "trusts" / f"{trust.code}.yml"
    _write_new(
        file,
        _text(trust, today),
        f"To go on with its actions in a new year: race-equality params new {trust.code} --from-last-year",
    )
    return file


@dataclass(frozen=True)
class CarriedForward:
    """What became of last year's file.

    Parameters
    ----------
    file, earlier : Path
        This year's file, and where last year's is kept.
    open, closed : int
        Actions that go on, and that moved to history.
    problems : tuple of str
        What is to be mended in this year's file, such as one role that now owns all actions.
    """

    file: Path
    earlier: Path
    open: int
    closed: int
    problems: tuple[str, ...]


def carry_forward(trust_code: str, *, project: Project, today: date) -> CarriedForward:
    """Begin a new year: done and stopped actions become history, open ones stay as they are.

    Parameters
    ----------
    trust_code : str
    project : Project
    today : datetime.date
        Names the copy of last year's file.

    Returns
    -------
    CarriedForward

    Raises
    ------
    InputError
        When there is no file, it cannot be used, or its copy is there already.
    """
    from race_equality.store.trusts import resolve_trust

    trust = resolve_trust(trust_code, project=project)
    file = project.params / "trusts" / f"{trust.code}.yml"
    if not file.is_file():
        raise InputError(
            "There is no file of last year.", file=file, mend=f"Begin one: race-equality params new {trust.code}"
        )
    before = read_params(trust.code, project=project)
    still_open = [action for action in before.actions if action.is_open]
    closed = [action for action in before.actions if not action.is_open]
    kept = {
        key: value
        for key, value in yaml.safe_load(file.read_text(encoding="utf-8")).items()
        if key in ("peers", "settings") and value is not None
    }
    text = _text(
        trust,
        today,
        kept=kept,
        assessment=before.self_assessment,
        actions=still_open,
        history=[*before.history, *closed],
    )
    earlier = project.params / "earlier" / f"{trust.code}_until_{today}.yml"
    earlier.parent.mkdir(exist_ok=True)
    # First the copy, then the new file in one step: whatever happens, nothing is lost.
    _write_new(earlier, file.read_text(encoding="utf-8"), "It was carried forward today already.")
    write_atomically(file, text)
    problems = check_file(file, project=project)
    return CarriedForward(file, earlier, len(still_open), len(closed), problems)


@dataclass(frozen=True)
class BoardWritten:
    """What became of what a board typed in a workbook.

    Parameters
    ----------
    file : Path
    earlier : Path or None
        Where the file that was there before is kept.
    problems : tuple of str
        What is wrong with the rest of the file.
    """

    file: Path
    earlier: Path | None
    problems: tuple[str, ...]


def write_board(
    trust_code: str,
    assessment: SelfAssessment | None,
    actions: Iterable[Action],
    history: Iterable[Action],
    *,
    project: Project,
    today: date,
) -> BoardWritten:
    """Write a board's self-assessment and actions into its trust's file; what else the file sets stays.

    Parameters
    ----------
    trust_code : str
    assessment : SelfAssessment or None
    actions, history : iterable of Action
    project : Project
    today : datetime.date
        Names the copy of the file that was there before.

    Returns
    -------
    BoardWritten

    Notes
    -----
    Remarks in the file are not carried over; its copy in ``params/earlier`` has them.
    """
    from race_equality.store.trusts import resolve_trust

    trust = resolve_trust(trust_code, project=project)
    file = project.params / "trusts" / f"{trust.code}.yml"
    earlier, kept = None, {}
    if file.is_file():
        before = file.read_text(encoding="utf-8")
        kept = {
            key: value
            for key, value in (yaml.safe_load(before) or {}).items()
            if key in ("peers", "settings", "report_date") and value is not None
        }
    text = _text(trust, today, kept=kept, assessment=assessment, actions=actions, history=history, agreed=True)
    if file.is_file():
        if before == text:
            return BoardWritten(file, None, check_file(file, project=project))
        earlier = _free(project.params / "earlier" / f"{trust.code}_until_{today}.yml")
        earlier.parent.mkdir(exist_ok=True)
        # First the copy, then the new file in one step: whatever happens, nothing is lost.
        write_atomically(earlier, before)
    write_atomically(file, text)
    return BoardWritten(file, earlier, check_file(file, project=project))


def _free(path: Path) -> Path:
    """Return a path that no file has yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}_{number}")
    return free


def _text(
    trust: Trust,
    today: date,
    *,
    kept: dict[str, Any] | None = None,
    assessment: SelfAssessment | None = None,
    actions: Iterable[Action] = (),
    history: Iterable[Action] = (),
    agreed: bool = False,
) -> str:
    next_year = date(today.year + 1, today.month, 28 if today.month == 2 else today.day)
    kept, actions, history = kept or {}, list(actions), list(history)
    levels = f"{', '.join(LEVELS[:-1])} or {LEVELS[-1]}"
    parts = [
        _HEAD.format(
            name=" ".join(trust.name.split()),
            code=trust.code,
            peers=_dump({"peers": kept["peers"]})
            if "peers" in kept
            else _PEERS.format(peers=", ".join(code for code in _SOME_TRUSTS if code != trust.code)),
            report_date=_dump({"report_date": kept["report_date"]})
            if "report_date" in kept
            else _REPORT_DATE.format(today=today),
        )
    ]
    if "settings" in kept:
        parts.append(_dump({"settings": kept["settings"]}))
    parts.append(_ASSESSMENT_HELP.format(levels=levels) + _assessment(assessment, today, agreed=agreed))
    parts.append(
        _ACTIONS_HELP.format(
            roles=_remarks(f"{', '.join(BOARD_ROLES)}."),
            indicators="\n".join(f"#                {id}: {name}" for id, name in INDICATORS.items()),
            statuses=f"{', '.join(STATUSES[:-1])} or {STATUSES[-1]}",
            today=today,
        )
        + (
            _dump({"actions": [_given(asdict(action)) for action in actions]})
            if actions
            else _EXAMPLE.format(today=today, next_year=next_year)
        )
    )
    if history:
        parts.append(_HISTORY_HELP + _dump({"history": [_given(asdict(action)) for action in history]}))
    return "\n".join(parts)


def _assessment(assessment: SelfAssessment | None, today: date, *, agreed: bool = False) -> str:
    if assessment is not None:
        areas = {area.id: _given(asdict(area) | {"id": None}) for area in assessment.areas}
        last = "" if agreed else "# This is last year's: the board agrees it again, with a new date.\n"
        return last + _dump({"self_assessment": {"agreed": assessment.agreed, **areas}})
    lines = ["# self_assessment:", f"#   agreed: {today}"]
    for name, meaning in AREAS.items():
        lines += [f"#   {name}:  # {meaning}", "#     level: not started"]
    lines += [
        "#     note: What there is so far, in a sentence",
        f"#     evidence: {{text: Board paper 7, link: https://www.example.nhs.uk/board-papers, date: {today}}}",
    ]
    return "\n".join(lines) + "\n"


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not given."""
    return {
        key: _given(value) if isinstance(value, dict) else value for key, value in values.items() if value is not None
    }


def _dump(value: dict[str, Any]) -> str:
    # Wide, so that a person's sentence stays on its line.
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=10_000)


def _remarks(text: str) -> str:
    margin = "#              "
    return textwrap.fill(text, 100, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def _write_new(file: Path, text: str, mend: str) -> None:
    """Write a file whole or not at all, and never over another."""
    file.parent.mkdir(exist_ok=True)
    try:
        file.touch(exist_ok=False)  # it is ours from here on
    except FileExistsError:
        raise InputError("There is a file already; it is never written over.", file=file, mend=mend) from None
    try:
        write_atomically(file, text)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
