"""Census 2021: ethnic group of residents, in the layouts of Nomis and of the ONS.

Nomis publishes topic summary TS021 wide: a row for each area, a column for each ethnic group, named ``Ethnic group:
White: Irish``, with columns for broad groups next to those of their parts. The ONS publishes the same long: a row for
each area and ethnic group, with the number under ``Observation``; its tables by age and sex (RM032) have a column for
each further dimension. In both, the area is a code: England's, or that of an integrated care board. Other areas are not
what a trust is compared with; a file that has all of one kind in England is added up to England.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, csv_stream
from race_equality.sources.headers import normalised
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.sources.publications.catchment import CENSUS_DAY, ETHNIC_GROUPS
from race_equality.sources.publications.systems import boards_by_code
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

#: Ids of the two publications: by ethnic group alone, and by age as well.
ETHNICITY, BY_AGE = "census_ethnicity", "census_ethnicity_by_age"
WIDE_COLUMNS = ("geography", "geography code", "Ethnic group: Total: All usual residents")

ENGLAND_GSS = "E92000001"
DOES_NOT_APPLY = "-8"
#: How many areas England has of each kind: those of the Census, and no others, add up to England.
AREAS_IN_ENGLAND = {"E12": 9, "local authority": 309, "E02": 6_856, "E01": 33_755}

WORKING_AGES = (16, 64)  # as in the ONS's rates of employment

_PREFIX = "Ethnic group: "
_GROUP_COLUMN = re.compile(r"ethnic group( \(\d+[ab]? categories\))?")
_CODE_COLUMN = re.compile(r"(.+) code")
# totals in one table are made of the same cells, so they agree but for a publisher's rounding
_TOLERANCE = 0.005
_MOST_PEOPLE = 100_000_000  # England has 56 million


@dataclass
class _Area:
    """People of one area by ethnic group, with the first cell of each and how many were added up.

    Of the cells of its code and its name, those of its first row.
    """

    row: str
    code: Cell
    name: Cell | None
    people: dict[str, float] = field(default_factory=dict)
    cells: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, group: str, people: float, first: str, number: int = 1) -> None:
        self.people[group] = self.people.get(group, 0.0) + people
        before, so_far = self.cells.get(group, (first, 0))
        self.cells[group] = (before, so_far + number)

    def locator(self, groups: Sequence[str]) -> str:
        """Return the first of the cells, and how many were added up."""
        number = sum(self.cells[group][1] for group in groups)
        first = self.cells[groups[0]][0]
        return first if number == 1 else f"{first} (sum of {number:,} cells)"


def is_long_table(columns: Iterable[str]) -> bool:
    """Return whether columns are those of an ONS table of ethnic groups."""
    names = {normalised(name) for name in columns}
    return "observation" in names and any(_GROUP_COLUMN.fullmatch(name) for name in names)


def is_by_ethnicity(columns: list[str]) -> bool:
    """Return whether a CSV is a Census table by ethnic group alone."""
    names = {normalised(name) for name in columns}
    return {normalised(name) for name in WIDE_COLUMNS} <= names or (is_long_table(columns) and not _dimensions(columns))


def is_by_age(columns: list[str]) -> bool:
    """Return whether a CSV is a Census table by ethnic group and age."""
    return is_long_table(columns) and any(name.startswith("age") for name in _dimensions(columns))


def read_ethnicity(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the ethnic groups of residents, of England and of each integrated care board in the file.

    Parameters
    ----------
    path : Path
    trusts : TrustList
        For the codes of boards.

    Returns
    -------
    LoadedFigures
        ``census_ethnicity`` in five groups, as the catchments of trusts have it, and
        ``census_ethnicity_detailed`` in the groups of the Census where the file has them.

    Raises
    ------
    InputError
        Also when the groups of an area do not add up to its total.
    """
    with csv_stream(path) as rows:
        _, header = next(rows, (1, []))
        header = [name.strip() for name in header]
        if is_long_table(header):
            areas = _long_areas(rows, header, path, ages=None)
        else:
            areas = _wide_areas(rows, header, path)
    figures = FigureRows(f"{ETHNICITY}_{CENSUS_DAY.year}", (CENSUS_DAY, CENSUS_DAY), trusts)
    remarks = _add(figures, areas, trusts, path, "census_ethnicity", "census_ethnicity_detailed")
    remarks += _unread(header)
    return figures.loaded(str(CENSUS_DAY.year), _period(), remarks)


def read_by_age(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the ethnic groups of residents of working age: 16 to 64.

    Parameters
    ----------
    path : Path
        A table of the ONS by ethnic group and age (RM032, or a custom one), for any sexes.
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        ``census_ethnicity_working_age`` in five groups.

    Raises
    ------
    InputError
        Also for an age group that lies on both sides of 16 or of 65.
    """
    with csv_stream(path) as rows:
        _, header = next(rows, (1, []))
        header = [name.strip() for name in header]
        areas = _long_areas(rows, header, path, ages=WORKING_AGES)
    figures = FigureRows(f"{BY_AGE}_{CENSUS_DAY.year}", (CENSUS_DAY, CENSUS_DAY), trusts)
    remarks = _add(figures, areas, trusts, path, "census_ethnicity_working_age", None) + _unread(header)
    return figures.loaded(str(CENSUS_DAY.year), _period(), remarks)


def _unread(header: list[str]) -> list[str]:
    """Return what a person should know: columns that are no area, group, dimension or number."""
    names = {normalised(name) for name in header}
    unread = [
        name
        for name in header
        if name
        and not name.startswith(_PREFIX)
        and normalised(name) not in ("date", "geography", "geography code", "observation")
        and not _CODE_COLUMN.fullmatch(normalised(name))
        and f"{normalised(name)} code" not in names
        and not _GROUP_COLUMN.fullmatch(normalised(name))
    ]
    return [f"Columns not read: {', '.join(unread)}."] if unread else []


def _period() -> str:
    return f"Census day, {CENSUS_DAY.day} {CENSUS_DAY:%B %Y}"


def _broad(group: str) -> str:
    """Return the one of five groups that a group of the Census is part of, or is."""
    return next((broad for broad in ETHNIC_GROUPS if group == broad or group.startswith(f"{broad}: ")), "")


def _wide_areas(rows, header: list[str], path: Path) -> dict[str, _Area]:
    index = {normalised(name): column for column, name in enumerate(header)}
    missing = [name for name in WIDE_COLUMNS if normalised(name) not in index]
    groups = {
        column: name[len(_PREFIX) :]
        for column, name in enumerate(header)
        if name.startswith(_PREFIX) and name != WIDE_COLUMNS[2]
    }
    missing += [_PREFIX + group for group in ETHNIC_GROUPS if group not in groups.values()]
    if missing:
        near = nearest(missing[0], [name for name in header if name and name != missing[0]])
        raise InputError(
            f"There is no column {missing[0]!r}." + (f" The nearest is {near!r}." if near else ""),
            file=path,
            row=1,
            mend="Download the table again (TS021, ethnic group).",
        )
    for name in groups.values():
        if not _broad(name):
            raise InputError(
                f"The ethnic group {name!r} is not one of the Census of 2021.",
                file=path,
                row=1,
                mend="Download the table again (TS021, ethnic group).",
            )
    name_column, code_column, total_column = (index[normalised(name)] for name in WIDE_COLUMNS)
    areas: dict[str, _Area] = {}
    for row_number, row in rows:
        if not any(row):
            continue
        _check_width(row, header, row_number, path)
        code = Cell(row[code_column], path, None, f"row {row_number}, {header[code_column]}")
        if code.text in areas:
            raise code.error(f"The area {code.text} is here and at {areas[code.text].row}.", "Keep one.")
        called = Cell(row[name_column], path, None, f"row {row_number}, {header[name_column]}")
        area = areas[code.text] = _Area(f"row {row_number}", code, called)
        for column, group in groups.items():
            cell = Cell(row[column], path, None, f"row {row_number}, {header[column]}")
            area.add(group, cell.number("number of people", high=_MOST_PEOPLE, whole=True), cell.locator)
        total = Cell(row[total_column], path, None, f"row {row_number}, {header[total_column]}")
        _check_total(area, total)
    return areas


def _check_total(area: _Area, total: Cell) -> None:
    everybody = total.number("number of people", high=_MOST_PEOPLE, whole=True)
    for what, groups in (
        ("five groups", [g for g in area.people if g in ETHNIC_GROUPS]),
        ("detailed groups", [g for g in area.people if g not in ETHNIC_GROUPS]),
    ):
        people = sum(area.people[group] for group in groups)
        if groups and abs(people - everybody) > _TOLERANCE * max(everybody, 1) + 5:
            raise total.error(
                f"The {what} come to {people:,.0f} and all residents to {everybody:,.0f}.", "Download the file again."
            )


def _dimensions(columns: Iterable[str]) -> list[str]:
    """Return the columns of an ONS table that are no area, ethnic group, code or number."""
    names = [normalised(name) for name in columns]
    with_code = [m.group(1) for name in names if (m := _CODE_COLUMN.fullmatch(name)) and m.group(1) in names]
    area = with_code[0] if with_code else None
    return [name for name in with_code if name != area and not _GROUP_COLUMN.fullmatch(name)]


def _long_areas(rows, header: list[str], path: Path, *, ages: tuple[int, int] | None) -> dict[str, _Area]:
    index = {normalised(name): column for column, name in enumerate(header)}
    group_name = next((name for name in index if _GROUP_COLUMN.fullmatch(name)), "")
    area_name = next((m.group(1) for name in index if (m := _CODE_COLUMN.fullmatch(name))), "")
    age_name = next((name for name in _dimensions(header) if name.startswith("age")), "")
    for is_there, wanted in (
        (group_name, "Ethnic group (20 categories)"),
        (area_name and area_name != group_name, "Countries Code"),
        ("observation" in index, "Observation"),
        (age_name or ages is None, "Age (6 categories)"),
    ):
        if not is_there:
            near = nearest(wanted, [name for name in header if name])
            raise InputError(
                f"There is no column like {wanted!r}." + (f" The nearest is {near!r}." if near else ""),
                file=path,
                row=1,
                mend="Download the table again, with codes.",
            )
    pairs = [(index[f"{name} code"], index[name]) for name in index if f"{name} code" in index]
    area_column, people_column = index[f"{area_name} code"], index["observation"]
    areas: dict[str, _Area] = {}
    paired: dict[tuple[int, str], Cell] = {}
    seen: dict[int, int] = {}  # by hash: a table of neighbourhoods has a million rows
    key_columns = [c for c in range(len(header)) if c != people_column]
    for row_number, row in rows:
        if not any(row):
            continue
        _check_width(row, header, row_number, path)

        def cell(column: int, row=row, row_number=row_number) -> Cell:
            return Cell(row[column], path, None, f"row {row_number}, {header[column]}")

        for code_column, name_column in pairs:
            code, named = cell(code_column), cell(name_column)
            if (first := paired.setdefault((code_column, code.text), named)).text != named.text:
                raise named.error(
                    f"The code {code.text} is of {named.text!r} here, and of {first.text!r} at {first.reference}.",
                    "Codes and names have slipped against each other: download the table again.",
                )
        key = hash(tuple(row[column] for column in key_columns))
        if key in seen:
            raise cell(people_column).error(f"This row is at row {seen[key]} as well.", "Keep one of them.")
        seen[key] = row_number
        people = cell(people_column).number("number of people", high=_MOST_PEOPLE, whole=True)
        group = cell(index[group_name])
        group_code = f"{group_name} code"
        if (group_code in index and row[index[group_code]].strip() == DOES_NOT_APPLY) or not _broad(group.text):
            if people or not _does_not_apply(group.text):
                raise group.error(
                    f"The ethnic group {group.text!r} is not one of the Census of 2021.", "Download the table again."
                )
            continue
        if ages is not None and not _within(cell(index[age_name]), ages):
            continue
        of_area = cell(area_column), cell(index[area_name]) if area_name in index else None
        area = areas.setdefault(of_area[0].text, _Area(f"row {row_number}", *of_area))
        area.add(group.text, people, cell(people_column).locator)
    return areas


def _does_not_apply(group: str) -> bool:
    return normalised(group) == "does not apply"


def _within(age: Cell, ages: tuple[int, int]) -> bool:
    """Return whether an age group lies between two ages; refuse one that lies on both sides."""
    numbers = [int(number) for number in re.findall(r"\d+", age.text)]
    text = normalised(age.text)
    if len(numbers) == 1 and ("under" in text or "and over" in text):
        first, last = (numbers[0], 200) if "over" in text else (0, numbers[0])
    elif len(numbers) in (1, 2):
        first, last = numbers[0], numbers[-1]
    else:
        raise age.error(f"The age group {age.text!r} is not understood.", "Download the table again.")
    if ages[0] <= first and last <= ages[1]:
        return True
    if last < ages[0] or first > ages[1]:
        return False
    raise age.error(
        f"The age group {age.text!r} lies on both sides of {ages[0]} or {ages[1] + 1}.",
        "Download the table with age groups that part there, such as 16 to 24 and 50 to 64.",
    )


def _check_width(row: list[str], header: list[str], row_number: int, path: Path) -> None:
    if len(row) < len(header):
        raise InputError(
            f"The row has {len(row)} values for {len(header)} columns.",
            file=path,
            row=row_number,
            mend="It may have been cut short: download the file again.",
        )


def _add(
    figures: FigureRows, areas: Mapping[str, _Area], trusts: TrustList, path: Path, indicator: str, detailed: str | None
) -> list[str]:
    boards = boards_by_code(path, trusts)
    chosen: dict[str, _Area] = {}
    others: dict[str, list[str]] = {}
    for code, area in areas.items():
        figures.check_code(area.code, {ENGLAND_GSS, *boards})
        if code == ENGLAND_GSS:
            chosen[ENGLAND_CODE] = area
        elif code in boards:
            chosen[boards[code][0]] = area
        elif code.startswith("E"):
            kind = "local authority" if code[:3] in ("E06", "E07", "E08", "E09") else code[:3]
            others.setdefault(kind, []).append(code)
        else:
            figures.left_out["areas outside England"] += 1
    remarks = []
    for kind, codes in others.items():
        if ENGLAND_CODE not in chosen and len(codes) == AREAS_IN_ENGLAND.get(kind):
            england = _Area(areas[codes[0]].row, areas[codes[0]].code, None)
            for code in codes:
                for group, people in areas[code].people.items():
                    england.add(group, people, *areas[code].cells[group])
            chosen[ENGLAND_CODE] = england
            remarks.append(f"England is the sum of {len(codes):,} areas ({kind}).")
        else:
            figures.left_out["areas that are neither England nor an integrated care board"] += len(codes)
    if not chosen:
        shown = ", ".join(sorted(areas)[:3]) or "none"
        raise InputError(
            f"The file has neither England nor an integrated care board; its areas are like {shown}.",
            file=path,
            mend="Download the table for England, for integrated care boards, or for all local authorities.",
        )
    for code, area in sorted(chosen.items()):
        if area.name is not None:
            figures.check_name(code, area.name)
        parts = {group: [group] for group in area.people if group not in ETHNIC_GROUPS}
        broad = {
            group: [group] if group in area.people else [part for part in parts if _broad(part) == group]
            for group in ETHNIC_GROUPS
        }
        if missing := [group for group, of in broad.items() if not of]:
            raise InputError(
                f"There is nobody of the group {missing[0]!r}.", file=path, row=area.row, mend="Download it again."
            )
        everybody = sum(area.people[part] for of in broad.values() for part in of)
        for name, groups in ((indicator, broad), *([(detailed, parts)] if detailed else [])):
            for group, of in groups.items():
                people = sum(area.people[part] for part in of)
                about = (code, code, name, group, "percent", area.locator(of))
                figures.add(
                    *about,
                    value=100 * people / everybody if everybody else None,
                    numerator=people,
                    denominator=everybody,
                    status="ok" if everybody else "not_applicable",
                )
    return remarks


PUBLICATIONS = (
    Publication(
        id=ETHNICITY,
        title="Census {edition}: ethnic group of residents (TS021)",
        publisher="Office for National Statistics",
        url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/census_ethnicity_[0-9][0-9][0-9][0-9].*",
        read=read_ethnicity,
        is_table=is_by_ethnicity,
        member="census2021-ts021-ctry",
        optional=True,
        notes=(
            "Usual residents of England, and of integrated care boards where the file has them: of all ages, "
            "whatever their work.",
            "Five groups, and those of the Census as published, Roma among them, whom the Staff Survey does "
            "not ask for apart.",
        ),
    ),
    Publication(
        id=BY_AGE,
        title="Census {edition}: ethnic group of residents of working age (RM032)",
        publisher="Office for National Statistics",
        url="https://www.ons.gov.uk/datasets/RM032/editions/2021/versions/1",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/census_ethnicity_by_age_*",
        read=read_by_age,
        is_table=is_by_age,
        optional=True,
        notes=("Usual residents aged 16 to 64, men and women together, whether they work or not.",),
    ),
)
