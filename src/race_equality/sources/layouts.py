"""Layouts in YAML: a publication that is a plain table, declared and not programmed (``data/layouts/NAME.yml``).

``docs/new_data.md`` explains each key. :mod:`race_equality.sources.layout_reading` reads a file by a layout.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, PlainValidator

from race_equality.definitions.declared import DeclaredIndicator, is_id, layout_files, read_declared
from race_equality.definitions.declared_record import DeclaredRecord
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS, FIVE_GROUPS, TWO_GROUPS, UNKNOWNS
from race_equality.definitions.indicators import OWNER, Indicator
from race_equality.errors import InputError, RaceEqualityError, nearest
from race_equality.project import Project
from race_equality.sources.layout_periods import READINGS
from race_equality.store.schema import STATUSES, UNITS
from race_equality.yaml_files import (
    Day,
    Info,
    Text,
    YamlFile,
    kind_of,
    one_of,
    problem,
    read_record,
    read_text,
    read_yaml,
    record_of_yaml,
    whole_number,
)

#: How labels of ethnic groups can be read, to the number of groups (:mod:`race_equality.definitions.ethnicity`).
ETHNICITY = {"two ethnic groups": 2, "five ethnic groups": 5, "eighteen ethnic groups": 18}
_GROUPS = {2: TWO_GROUPS, 5: FIVE_GROUPS, 18: tuple(EIGHTEEN_GROUPS)}
#: Labels of other columns that say nothing wanted here: every label that is not in the mapping.
ALL_OTHERS = "all others"
ENGLAND = "England"

_STATUS_WORDS = {status.replace("_", " "): status for status in STATUSES if status != "ok"}


def _mapping(value: Any, of: str) -> dict[str, str]:
    """Return keys and values as text; a number or yes/no among the keys was meant as text."""
    if not isinstance(value, dict):
        raise problem(f"{{name}} must be keys with values, not {kind_of(value)}.", f"Write {of}.")
    for key in value:
        if not isinstance(key, str):
            raise problem(
                f"The key {key!r} of {{record}} is {kind_of(key).partition(' (')[0]} and not text.",
                'Put it into quotation marks, as the file has it: "01".',
                at=(key,),
            )
    return {" ".join(key.split()): read_text(word) for key, word in value.items()}


def _labels(value: Any) -> dict[str, str]:
    return _mapping(value, "published label: the project’s word, a line each")


def _statuses(value: Any) -> dict[str, str]:
    found = _mapping(value, 'a code with its status: "*": suppressed')
    for code, word in found.items():
        if word.casefold() not in _STATUS_WORDS:
            near = nearest(word, _STATUS_WORDS)
            raise problem(
                f'{{record}} gives {code!r} the status "{word}".',
                (f'Did you mean "{near}"? ' if near else "") + f"Statuses: {', '.join(_STATUS_WORDS)}.",
                at=(code,),
            )
    return {code: _STATUS_WORDS[word.casefold()] for code, word in found.items()}


def _wanted(value: Any) -> dict[str, tuple[str, ...]]:
    """Return columns with the values that a row must have in each."""
    if not isinstance(value, dict) or not value:
        raise problem(f"{{name}} must be columns with values, not {kind_of(value)}.", "Write BREAKDOWN: Provider.")
    found = {}
    for column, wanted in value.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        for one in values:
            if not isinstance(one, str):
                raise problem(
                    f"{column} of {{record}} must be text, not {kind_of(one)}.",
                    'Put it into quotation marks, as the file has it: "01".',
                    at=(column,),
                )
        found[str(column)] = tuple(values)
    return found


def _group_reading(value: Any) -> str | dict[str, str]:
    """Return how labels of groups are read: the name of a breakdown, or a mapping."""
    if isinstance(value, str):
        word = " ".join(value.casefold().split())
        if word in (*ETHNICITY, "as published"):
            return word
        raise problem(
            f'{{name}} is "{value}".', f"Write one of {', '.join(ETHNICITY)}, as published, or a mapping of labels."
        )
    return _labels(value)


def _left_out(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) and value.casefold() == ALL_OTHERS:
        return (ALL_OTHERS,)
    if not isinstance(value, list):
        raise problem(f"{{name}} must be a list, not {kind_of(value)}.", f"Write [Total, NONE], or {ALL_OTHERS}.")
    return tuple(read_text(one) for one in value)


Labels = Annotated[dict[str, str], PlainValidator(_labels)]
Wanted = Annotated[dict[str, tuple[str, ...]], PlainValidator(_wanted)]
LeftOut = Annotated[tuple[str, ...], PlainValidator(_left_out)]


@record_of_yaml
class FileRecord:
    """How a file is known.

    Parameters
    ----------
    sheet : str
        Of a workbook; "" for a CSV.
    header_rows : tuple of int
        Rows of the headers, counted from 1; names of an upper row go on to the right over empty cells.
    columns : tuple of str
        By which the file is known; all that are read without it.
    values : dict
        Columns with values that a row must have, where columns alone do not tell two publications apart.
    part : str
        A column with one value in the whole file, which says what part of the publication the file is.
    """

    sheet: Text = ""
    header_rows: tuple[Annotated[int, whole_number(1, 1000)], ...] = (1,)
    columns: tuple[Text, ...] = ()
    values: Wanted | None = None
    part: Text = ""


@record_of_yaml
class TrustRecord:
    """Where a row says whose it is.

    Parameters
    ----------
    column : str
        Of codes of the Organisation Data Service.
    others : str
        What is done with codes that are no trust's: ``refused``, or ``left out`` and counted.
    england : tuple of str
        What the column holds where a row is England's.
    """

    lacking: ClassVar = "Name the column of trusts’ codes: trust: {column: Org code}."

    column: Text
    others: Annotated[str, one_of(("refused", "left out"), "What it can be")] = "refused"
    england: tuple[Text, ...] = ()


@record_of_yaml
class PeriodRecord:
    """Which days figures are of: a column, two columns of days, or days that are the same for the whole file.

    Parameters
    ----------
    column, reads : str
        The column and how it is written: a key of :data:`race_equality.sources.layout_periods.READINGS`.
    first_column, last_column : str
    first, last : date or None
    """

    column: Text = ""
    reads: Annotated[str, one_of(READINGS, "How periods can be written")] = ""
    first_column: Text = ""
    last_column: Text = ""
    first: Day | None = None
    last: Day | None = None


def _whole_period(one: PeriodRecord) -> PeriodRecord:
    ways = (one.column and one.reads, one.first_column and one.last_column, one.first and one.last)
    given = (one.column or one.reads, one.first_column or one.last_column, one.first or one.last)
    if sum(map(bool, ways)) != 1 or sum(map(bool, given)) != 1:
        raise problem(
            "{name} says either which column and how it reads, or first_column and last_column, or first and last.",
            "Write {column: Year, reads: year to March}, or {first: 2024-04-01, last: 2025-03-31}.",
        )
    if one.first and one.last and one.first > one.last:
        raise problem("{name} ends before it begins.", "Swap first and last.")
    return one


@record_of_yaml
class GroupRecord:
    """Where a row says which group it is of, and what its labels mean.

    Parameters
    ----------
    column : str
    labels : str or dict
        One of :data:`ETHNICITY`, ``as published``, or published labels with the project's words.
    also : dict
        Labels besides those.
    leave_out : tuple of str
        Labels of rows that are not read: totals.
    """

    column: Text
    labels: Annotated[Any, PlainValidator(_group_reading)]
    also: Labels | None = None
    leave_out: LeftOut = ()


def _known_groups(one: GroupRecord) -> GroupRecord:
    """Hold the words for labels of ethnic groups to the breakdown's own groups: a slip would be a group of its own."""
    if not isinstance(one.labels, str) or one.labels not in ETHNICITY:
        return one
    groups = (*_GROUPS[ETHNICITY[one.labels]], *UNKNOWNS)
    for label, word in (one.also or {}).items():
        if word not in groups:
            near = nearest(word, groups)
            raise problem(
                f'also gives {label!r} the group "{word}", which is none of {one.labels}.'
                + (f' The nearest is "{near}".' if near else ""),
                f"Groups: {'; '.join(groups)}.",
                at=("also", label),
            )
    return one


@record_of_yaml
class IndicatorRecord:
    """Where a row says which indicator it is of.

    Parameters
    ----------
    column : str
    labels : dict
        Published label to the id of an indicator.
    leave_out : tuple of str
        Labels of rows that are not read.
    """

    column: Text
    labels: Labels
    leave_out: LeftOut = ()


@record_of_yaml
class BaseRecord:
    """A base that stands in another row of the same trust, period and group.

    Parameters
    ----------
    column : str
    where : dict
        Which row.
    """

    column: Text
    where: Wanted


@record_of_yaml
class FigureRecord:
    """What one figure of a row is.

    Parameters
    ----------
    where : dict
        Columns with values: of which rows it is; all without it.
    indicator, indicator_from
        An id, or where the row says it.
    group, group_from
        A group, or where the row says it.
    trust : str
        ``England``, for rows that name no trust.
    value, count, base : str
        Columns: the figure itself; people counted; of how many.
    base_from : BaseRecord or None
    unit : str
        Where it is not the first unit of the indicator's record.
    """

    lacking: ClassVar = "A figure needs indicator, group, and value or count."

    where: Wanted | None = None
    indicator: Text = ""
    indicator_from: IndicatorRecord | None = None
    group: Text = ""
    group_from: Annotated[GroupRecord, AfterValidator(_known_groups)] | None = None
    trust: Annotated[str, one_of((ENGLAND.casefold(),), "It can be")] = ""
    value: Text = ""
    count: Text = ""
    base: Text = ""
    base_from: BaseRecord | None = None
    unit: Annotated[str, one_of(UNITS, "Units")] = ""


def _whole_figure(one: FigureRecord, info: Info) -> FigureRecord:
    for key in ("indicator", "group"):
        if bool(getattr(one, key)) == bool(getattr(one, f"{key}_from")):
            raise problem(
                f"{{name}} needs either {key} or {key}_from.",
                f"Give {key}: one for all rows, or {key}_from: {{column: …, labels: …}} where each row says it.",
            )
    if one.group.startswith("TODO"):  # as the first layout has it; any other text would be taken for a group
        raise problem("{name} does not say yet which people they are.", "Name them: group: All staff.", at=("group",))
    if not one.value and not one.count:
        raise problem("{name} has neither value nor count.", "Name the column of the figure: value: Per cent.")
    if one.base and one.base_from:
        raise problem("{name} has both base and base_from.", "Keep one of them.", at=("base_from",))
    ids = {"indicator": one.indicator} if one.indicator else {}
    if one.indicator_from:
        ids |= {f"indicator_from.labels.{label}": id for label, id in one.indicator_from.labels.items()}
    for place, id in ids.items():
        known = info.context
        if id not in known:
            near = nearest(id, known)
            raise problem(
                f"There is no indicator {id!r}." + (f" The nearest is {near!r}." if near else ""),
                "Declare it under the key indicators of this file, or take an id of data/README.md.",
                at=tuple(place.split(".", 2)),
            )
        unit = one.unit or known[id].units[0]
        if unit == "percent" and not one.value and not (one.base or one.base_from):
            raise problem(
                f"{id} is a percentage, and {{name}} has a count without a base.", "Name the column of the base."
            )
        if unit not in ("percent", "per_1000", "per_100000") and not one.value and (one.base or one.base_from):
            raise problem(f"{id} is in {unit}: a base has no place in {{name}}.", "Remove it.")
        if unit in ("per_1000", "per_100000", "ratio", "score", "quintile", "years") and not one.value:
            raise problem(
                f"{id} is in {unit}, which {{name}} cannot compute.",
                "Name the column: value: Rate; or give another unit: unit: percent.",
            )
    return one


def _titled(value: Any) -> str:
    text = read_text(value)
    try:
        text.format(edition="")
    except (KeyError, IndexError, ValueError):
        raise problem(
            "{name} has braces that are not {edition}.",
            "Write {edition} where the year or month belongs, or no braces.",
        ) from None
    return text


@record_of_yaml
class LayoutRecord:
    """A whole layout; see ``docs/new_data.md``."""

    lacking: ClassVar = "A layout needs title, publisher, address, licence, read_from, trust, period and figures."

    title: Annotated[str, PlainValidator(_titled)]
    publisher: Text
    address: Text
    licence: Text
    read_from: Annotated[str, one_of(("a whole file", "part of a file", "documentation"), "What it can be")]
    trust: TrustRecord
    period: Annotated[PeriodRecord, AfterValidator(_whole_period)]
    figures: tuple[Annotated[FigureRecord, AfterValidator(_whole_figure)], ...]
    indicators: tuple[DeclaredRecord, ...] = ()
    file: FileRecord = FileRecord()
    missing: Annotated[dict[str, str], PlainValidator(_statuses)] | None = None
    only_zeros: Annotated[str, one_of(("not available", "zero"), "What it can be")] = "zero"
    rounded_to: Annotated[int, whole_number(0, 1000)] = 0
    trusts_not_there: Annotated[str, one_of(("not available", "left out"), "What it can be")] = "not available"
    editions: Annotated[str, one_of(("the latest alone", "side by side"), "What it can be")] = "the latest alone"
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A layout with the file that declares it.

    Parameters
    ----------
    name : str
        The name of the YAML file, which is the publication's id.
    yaml : YamlFile
    says : LayoutRecord
    says : LayoutRecord
    units : dict of str to str
        Id of each indicator that there is, to the unit of its figures.
    kinds : dict of str to tuple of str
        Id of each indicator to the kinds of trust that it is for; none where it is for all.
    """

    name: str
    yaml: YamlFile
    says: LayoutRecord
    units: dict[str, str]
    kinds: dict[str, tuple[str, ...]]

    def error(self, text: str, mend: str, place: Iterable[str | int]) -> InputError:
        """Return an error that names a line of the YAML file."""
        return InputError(text, file=self.yaml.path, row=f"line {self.yaml.line(place)}", mend=mend)

    @property
    def columns(self) -> dict[str, tuple[str | int, ...]]:
        """Each column that is read, and where the layout names it."""
        says = self.says
        found: dict[str, tuple[str | int, ...]] = {says.trust.column: ("trust", "column")}
        if says.figures and all(one.trust for one in says.figures):
            found = {}
        if says.file.part:
            found[says.file.part] = ("file", "part")
        for key in ("column", "first_column", "last_column"):
            if name := getattr(says.period, key):
                found.setdefault(name, ("period", key))
        for at, one in enumerate(says.figures):
            here = ("figures", at)
            for column in one.where or {}:
                found.setdefault(column, (*here, "where", column))
            for key in ("indicator_from", "group_from", "base_from"):
                if part := getattr(one, key):
                    found.setdefault(part.column, (*here, key, "column"))
            for column in one.base_from.where if one.base_from else {}:
                found.setdefault(column, (*here, "base_from", "where", column))
            for key in ("value", "count", "base"):
                if name := getattr(one, key):
                    found.setdefault(name, (*here, key))
        return found

    @property
    def known_by(self) -> tuple[str, ...]:
        """The columns that a file of this layout has."""
        return self.says.file.columns or tuple(self.columns)


def read_layout(path: Path) -> Layout:
    """Read a layout.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Layout

    Raises
    ------
    InputError
        With every mistake, each with its line.
    """
    file = read_yaml(path)
    name = path.stem
    if not is_id(name) or re.search(r"_\d{4}$", name):
        raise InputError(
            f"A layout's name is an id of small letters, digits and underscores, without a year at its end, and not {name!r}.",
            file=path,
            mend="Rename the file: the year of an edition is read from the file of data.",
        )
    if not isinstance(file.values, dict):
        raise InputError("The layout is empty.", file=path, mend="Begin one: race-equality data layout new FILE.")
    declared = {one.id: one for one in read_declared(file)}
    known: dict[str, Indicator | DeclaredIndicator] = {**OWNER, **declared}
    context = {id: _Units(one.units if isinstance(one, Indicator) else (one.unit,)) for id, one in known.items()}
    made, problems = read_record(file, LayoutRecord, context)
    if len(problems) > 1:
        raise RaceEqualityError("\n".join(map(str, problems)))
    if problems:
        raise problems[0]
    if made.file.part and made.editions != "side by side":
        raise InputError(
            "One part of the publication would take the place of another.",
            file=path,
            row=f"line {file.line(('file', 'part'))}",
            mend="Write editions: side by side.",
        )
    return Layout(
        name,
        file,
        made,
        {id: one.units[0] for id, one in context.items()},
        {id: one.applies_to for id, one in known.items()},
    )


@dataclass(frozen=True)
class _Units:
    units: tuple[str, ...]


@functools.lru_cache(maxsize=256)
def _read_once(path: Path, _changed: int, _size: int) -> Layout:
    return read_layout(path)


def read_layouts(project: Project) -> tuple[list[Layout], list[RaceEqualityError]]:
    """Read every layout of a project.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of Layout
        Those that can be read.
    list of RaceEqualityError
        What is wrong with the others: one that is begun must not keep other files from being added.
    """
    found, problems = [], []
    for path in layout_files(project):
        status = path.stat()
        try:
            found.append(_read_once(path, status.st_mtime_ns, status.st_size))
        except RaceEqualityError as error:
            problems.append(error)
    return found, problems
