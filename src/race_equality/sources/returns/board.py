"""A board's self-assessment and its actions in an Excel workbook, for those who would rather not type YAML.

What is typed ends where it always is, in ``params/trusts/<CODE>.yml``, and is held to the same rules
(:mod:`race_equality.params.actions`). Last time's levels and states stand next to the cells of today and are never filled
in: a level is agreed again, and the state of an open action is said again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from race_equality.errors import InputError
from race_equality.params import Params
from race_equality.params.actions import (
    AREAS,
    BOARD_ROLES,
    DECISIONS,
    INDICATORS,
    LEVELS,
    STATUSES,
    Action,
    Area,
    SelfAssessment,
)
from race_equality.params.reading import BoardSaid, read_board_values
from race_equality.project import Project
from race_equality.sources.cells import Cell, Workbook
from race_equality.sources.headers import normalised
from race_equality.sources.returns.form import open_trust
from race_equality.sources.returns.mistakes import Finding, Mistakes
from race_equality.sources.returns.rows import CHECK, INSTRUCTIONS, as_text
from race_equality.sources.returns.values import day_in
from race_equality.sources.returns.workbook import (
    add_list,
    finish,
    open_to_fill_in,
    saved,
    write_heading,
    write_instructions,
    write_lists,
)
from race_equality.store.trusts import TrustList
from race_equality.yaml_files import YamlFile

TITLE = "Board's self-assessment and actions"
ASSESSMENT, ACTIONS = "Self-assessment", "Actions"
_HEADER_ROW = 4  # as in all templates
_AGREED = "Day the board agreed it"
_MOST_ACTIONS = 20

#: Columns of the two worksheets, to the keys of a trust's file.
_OF_AREA = {
    "Level": ("level",),
    "Note": ("note",),
    "Evidence: what": ("evidence", "text"),
    "Evidence: link": ("evidence", "link"),
    "Evidence: day": ("evidence", "date"),
}
_OF_ACTION = {
    "What will change": ("what",),
    "Owner": ("owner",),
    "Indicator": ("indicator",),
    "Target": ("target",),
    "Began": ("began",),
    "Due": ("due",),
    "Status": ("status",),
    "Review: day": ("review", "date"),
    "Review: decision": ("review", "decision"),
    "Evidence: what": ("evidence", "text"),
    "Evidence: link": ("evidence", "link"),
    "Evidence: day": ("evidence", "date"),
}
_AREA_HEADERS = ("Area", "What is so once it is done", "Last time: level", *_OF_AREA, CHECK)
_ACTION_HEADERS = ("Last time: status", *_OF_ACTION, CHECK)

_INSTRUCTIONS = (
    "Self-assessment: give the day on which the board agreed it, and choose a level for each area that it assessed. What was "
    "agreed last time stands next to it, and is not taken over: choose the level again where it stays the same.",
    "A level of embedded needs evidence with a link and a day. Levels are words: nothing adds them up.",
    "Actions: one change a row, owned by one board role and no name. Choose owner, indicator and status from the lists. The "
    "status of an open action is said again each time.",
    "Target: the figure that the indicator should reach, as the report shows it. It may be empty.",
    "A done action needs evidence with an https link; a stopped one needs the board's decision to stop.",
    "Clear a row to take an action out: you are asked about it. What is done or stopped can stay until the next year.",
    "The column Check says in words what is missing, while you type.",
    "Then save, close and run: race-equality data add {file}",
    "It is written to params/trusts/{code}.yml. What was there before is kept in params/earlier.",
)


def template_workbook(trust_code: str, trust_name: str, file_name: str, params: Params) -> bytes:
    """Return a workbook for a board's self-assessment and actions, with those of last time.

    Parameters
    ----------
    trust_code, trust_name, file_name : str
    params : Params
        What the trust's file has today.

    Returns
    -------
    bytes
    """
    import openpyxl

    book = openpyxl.Workbook()
    instructions = [line.format(file=file_name, code=trust_code) for line in _INSTRUCTIONS]
    write_instructions(book, TITLE, instructions, trust_code, trust_name)
    choices = write_lists(
        book,
        {
            "levels": LEVELS,
            "statuses": STATUSES,
            "decisions": DECISIONS,
            "owners": BOARD_ROLES,
            "indicators": [f"{id}: {name}" for id, name in INDICATORS.items()],
        },
    )
    about = f"{trust_code} {trust_name}"
    _write_areas(book.create_sheet(ASSESSMENT, 1), about, choices, params.self_assessment)
    _write_actions(book.create_sheet(ACTIONS, 2), about, choices, params.actions)
    return saved(book, f"{TITLE} of {about}")


def _write_areas(sheet: Any, about: str, choices: Mapping[str, str], last: SelfAssessment | None) -> None:
    write_heading(sheet, "What the board says of itself", about, _AREA_HEADERS)
    column_of = _letters(_AREA_HEADERS)
    sheet["C1"], sheet["D1"] = _AGREED, None
    open_to_fill_in(sheet["D1"])
    sheet["D1"].number_format = "yyyy-mm-dd"
    sheet["C2"], sheet["D2"] = "Last time agreed", last.agreed if last else "never"
    sheet["D2"].number_format = "yyyy-mm-dd"
    before: Mapping[str, Area] = {area.id: area for area in last.areas} if last else {}
    for number, (id, meaning) in enumerate(AREAS.items(), start=_HEADER_ROW + 1):
        sheet.cell(number, 1, id)
        sheet.cell(number, 2, meaning)
        sheet.cell(number, 3, before[id].level if id in before else "not assessed")
        for header in _OF_AREA:
            open_to_fill_in(sheet[f"{column_of[header]}{number}"])
        level, link, day = (f"{column_of[name]}{number}" for name in ("Level", "Evidence: link", "Evidence: day"))
        sheet[f"{column_of[CHECK]}{number}"] = (
            f'=IF({level}="","",IF($D$1="","Missing: the day the board agreed it",'
            f'IF(AND({level}="embedded",OR({link}="",{day}="")),"Missing: embedded needs a link and its day","OK")))'
        )
    last_row = _HEADER_ROW + len(AREAS)
    add_list(sheet, f"{column_of['Level']}{_HEADER_ROW + 1}:{column_of['Level']}{last_row}", choices["levels"])
    _look(
        sheet,
        _AREA_HEADERS,
        {"Area": 28, "What is so once it is done": 60, "Last time: level": 26, "Note": 50, CHECK: 44},
        last_row,
    )
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"


def _write_actions(sheet: Any, about: str, choices: Mapping[str, str], actions: Sequence[Action]) -> None:
    write_heading(sheet, "What the board said it would change", about, _ACTION_HEADERS)
    column_of = _letters(_ACTION_HEADERS)
    last_row = _HEADER_ROW + max(_MOST_ACTIONS, len(actions) + 5)
    for number in range(_HEADER_ROW + 1, last_row + 1):
        for header in _OF_ACTION:
            open_to_fill_in(sheet[f"{column_of[header]}{number}"])
        at = {name: f"{column_of[name]}{number}" for name in _OF_ACTION}
        needed = ("Owner", "Indicator", "Began", "Due", "Status", "Review: day")
        missing = ",".join(f'{at[name]}=""' for name in needed)
        sheet[f"{column_of[CHECK]}{number}"] = (
            f'=IF({at["What will change"]}="","",IF(OR({missing}),"Missing: {", ".join(needed).lower()}",'
            f'IF(AND({at["Status"]}="done",{at["Evidence: link"]}=""),"Missing: done needs evidence with a link",'
            f'IF(AND({at["Status"]}="stopped",{at["Review: decision"]}<>"stop"),"Missing: the decision to stop",'
            f'IF({at["Due"]}<{at["Began"]},"Mistake: due before it began","OK")))))'
        )
    for number, action in enumerate(actions, start=_HEADER_ROW + 1):
        values = asdict(action)
        sheet.cell(number, 1, action.status)
        for header, keys in _OF_ACTION.items():
            value: Any = values
            for key in keys:
                value = value.get(key) if value is not None else None
            if header == "Indicator":
                value = f"{value}: {INDICATORS[value]}"
            if header == "Status" and action.is_open:
                value = None  # it is said again
            sheet[f"{column_of[header]}{number}"] = value
    lists = {"Owner": "owners", "Indicator": "indicators", "Status": "statuses", "Review: decision": "decisions"}
    for header, name in lists.items():
        add_list(sheet, f"{column_of[header]}{_HEADER_ROW + 1}:{column_of[header]}{last_row}", choices[name])
    widths = {
        "What will change": 60,
        "Owner": 30,
        "Indicator": 44,
        CHECK: 44,
        "Evidence: link": 34,
        "Evidence: what": 30,
    }
    _look(sheet, _ACTION_HEADERS, widths, last_row)
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"


def _look(sheet: Any, headers: Sequence[str], widths: Mapping[str, int], last_row: int) -> None:
    from openpyxl.styles import Alignment

    for header, letter in _letters(headers).items():
        sheet.column_dimensions[letter].width = widths.get(header, 16)
        for number in range(_HEADER_ROW + 1, last_row + 1):
            cell = sheet[f"{letter}{number}"]
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if header in ("Began", "Due") or header.endswith(": day"):
                cell.number_format = "yyyy-mm-dd"
    finish(sheet)


def _letters(headers: Sequence[str]) -> dict[str, str]:
    from openpyxl.utils import get_column_letter

    return {header: get_column_letter(number) for number, header in enumerate(headers, start=1)}


# -- reading --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Typed(YamlFile):
    """What was typed, as the file of a trust would have it; the line of a value is the number of its cell."""

    cells: dict[tuple[str | int, ...], Cell] = field(default_factory=dict)

    def line(self, place: Any) -> int:
        """Return the number of the cell of a value, or of what should hold it."""
        place = tuple(place)
        while place and place not in self.cells:
            place = place[:-1]
        return list(self.cells).index(place) if place else 0


@dataclass(frozen=True)
class BoardReturn:
    """What a board's workbook says.

    Parameters
    ----------
    trust_code : str
    said : BoardSaid
        With what the trust's file has, where the workbook says nothing.
    questions : tuple of Finding
        Actions that the trust's file has and the workbook does not.
    """

    trust_code: str
    said: BoardSaid
    questions: tuple[Finding, ...]


def read_board(path: Path, trusts: TrustList, *, project: Project, today: date) -> BoardReturn:
    """Read a board's self-assessment and actions from a workbook, by the rules of a trust's file.

    Parameters
    ----------
    path : Path
    trusts : TrustList
    project : Project
    today : datetime.date

    Returns
    -------
    BoardReturn

    Raises
    ------
    ReturnError
        With all that is wrong, each with its cell.
    """
    from race_equality.params import read_params

    book = Workbook(path)
    mistakes = Mistakes(path, book.sheet_names)
    instructions = book.sheet(INSTRUCTIONS)
    code = open_trust(_plain(instructions.cell(2, 1)), trusts)
    typed = _Typed(path, {}, {})
    _read_areas(book, typed)
    _read_actions(book, typed)
    if not typed.values:
        raise InputError(
            "The workbook has no level and no action.", file=path, mend="Fill in one of its two worksheets."
        )
    held = read_params(code, project=project)
    said, problems = read_board_values(typed, code, project=project, today=today)
    cells = list(typed.cells.values())
    for error in problems:
        number = int(str(error.row).removeprefix("line "))
        mistakes.note(cells[number].error(_in_cells(error.problem), error.mend or ""))
    mistakes.raise_any()
    assert said is not None
    actions = said.actions if "actions" in typed.values else held.actions
    there = {action.what.casefold() for action in actions}
    gone = [action for action in held.actions if action.what.casefold() not in there]
    questions = tuple(
        Finding("", f'The action "{action.what}" is in params/trusts/{code}.yml, and not in the workbook: it would go.',
                sheet=ACTIONS, impossible=False)
        for action in gone
    )  # fmt: skip
    assessment = said.self_assessment if "self_assessment" in typed.values else held.self_assessment
    return BoardReturn(code, BoardSaid(assessment, actions, held.history), questions)


def _in_cells(problem: str) -> str:
    """Return what is wrong in the words of a worksheet."""
    return problem.replace("self_assessment.", "").replace("self_assessment", "The self-assessment")


def _read_areas(book: Workbook, typed: _Typed) -> None:
    if normalised(ASSESSMENT) not in {normalised(name) for name in book.sheet_names}:
        return
    sheet = book.sheet(ASSESSMENT)
    columns = {header: sheet.column(_HEADER_ROW - 1, header) for header in ("Area", *_OF_AREA)}
    given: dict[str, Any] = {}
    for number in range(_HEADER_ROW, len(sheet.rows)):
        area = _plain(sheet.cell(number, columns["Area"]))
        values = _row(sheet, number, {h: columns[h] for h in _OF_AREA}, _OF_AREA, ("self_assessment", area.text), typed)
        if values:
            given[area.text] = values
            typed.cells["self_assessment", area.text] = area
    agreed = _plain(sheet.cell(0, 3))
    if given or agreed.text:
        typed.cells["self_assessment",] = typed.cells["self_assessment", "agreed"] = agreed
        typed.values["self_assessment"] = ({"agreed": _day(agreed)} if agreed.text else {}) | given


def _read_actions(book: Workbook, typed: _Typed) -> None:
    if normalised(ACTIONS) not in {normalised(name) for name in book.sheet_names}:
        return
    sheet = book.sheet(ACTIONS)
    columns = {header: sheet.column(_HEADER_ROW - 1, header) for header in _OF_ACTION}
    actions: list[dict[str, Any]] = []
    for number in range(_HEADER_ROW, len(sheet.rows)):
        place = ("actions", len(actions))
        values = _row(sheet, number, columns, _OF_ACTION, place, typed)
        if values:
            typed.cells[place] = sheet.cell(number, columns["What will change"])
            if isinstance(values.get("indicator"), str):
                values["indicator"] = values["indicator"].partition(":")[0].strip()
            actions.append(values)
    if actions:
        typed.cells["actions",] = typed.cells["actions", 0]
        typed.values["actions"] = actions


def _row(
    sheet: Any,
    number: int,
    columns: Mapping[str, int],
    keys_of: Mapping[str, tuple[str, ...]],
    place: tuple[str | int, ...],
    typed: _Typed,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    cells: dict[tuple[str | int, ...], Cell] = {}
    for header, keys in keys_of.items():
        cell = _plain(sheet.cell(number, columns[header]))
        for depth in range(1, len(keys) + 1):
            cells.setdefault((*place, *keys[:depth]), cell)
        if not cell.text:
            continue
        holder = values
        for key in keys[:-1]:
            holder = holder.setdefault(key, {})
        is_day = header in ("Began", "Due") or header.endswith(": day")
        holder[keys[-1]] = _day(cell) if is_day else _number(cell) if header == "Target" else cell.text
    if values:
        typed.cells.update(cells)
    return values


def _day(cell: Cell) -> Any:
    return day_in(cell.text) or cell.text


def _number(cell: Cell) -> Any:
    with suppress(ValueError):
        return float(cell.text)
    return cell.text


def _plain(cell: Cell) -> Cell:
    return Cell(as_text(cell.value), cell.file, cell.sheet, cell.reference)
