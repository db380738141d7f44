"""Indicators that a layout declares in YAML (``data/layouts/NAME.yml``), for the registry of all indicators.

They are read where the registry is made, so that suppression, downloads, codebook and trace find them like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project, as_project

if TYPE_CHECKING:
    from race_equality.yaml_files import YamlFile

LAYOUTS = Path("data", "layouts")
#: Units that a declared indicator can have; another one needs code that rounds and words it.
DECLARED_UNITS = (
    *("percent", "people", "count", "fte", "ratio", "score", "quintile", "per_1000", "per_100000", "years"),
)
#: Which side is adverse, as a layout says it.
ADVERSE = ("higher", "lower", "above one", "neither")
#: What hides together, as a layout says it.
DISCLOSURES = ("groups together", "each alone")

_DECLARES = re.compile(r"^indicators:", re.MULTILINE)
_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class DeclaredIndicator:
    """What a layout says of an indicator of its own.

    Parameters
    ----------
    id, name, definition : str
        See :class:`race_equality.definitions.indicators.Indicator`.
    unit : str
        One of :data:`DECLARED_UNITS`.
    adverse_when : str
        One of :data:`ADVERSE`.
    disclosure : str
        One of :data:`DISCLOSURES`.
    groups : tuple of str
    published_by : str
    people, statement : str
    applies_to : tuple of str
        Kinds of trust; all without it.
    why_not_applicable : str
    missing_as : str
    """

    id: str
    name: str
    definition: str
    unit: str
    adverse_when: str
    disclosure: str
    groups: tuple[str, ...] = ()
    published_by: str = ""
    people: str = ""
    statement: str = ""
    applies_to: tuple[str, ...] = ()
    why_not_applicable: str = ""
    missing_as: str = ""


def layout_files(project: Project) -> list[Path]:
    """Return the layouts of a project, by name.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of Path
    """
    return sorted((project.root / LAYOUTS).glob("*.yml"))


def declared_indicators(taken: Collection[str], project: Project | None = None) -> list[DeclaredIndicator]:
    """Read the indicators that the layouts of a project declare.

    Parameters
    ----------
    taken : collection of str
        Ids that are an indicator's already.
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    list of DeclaredIndicator
        In the order of the files and of what is in each.

    Raises
    ------
    InputError
        With file and line, for one that lacks something or has the id of another.
    """
    if project is None:
        try:
            project = as_project(None)
        except RaceEqualityError:
            return []  # outside of a project there are no layouts
    found: list[DeclaredIndicator] = []
    where = dict.fromkeys(taken, "the registry of indicators")
    for path in layout_files(project):
        # pydantic and ruamel.yaml take a tenth of a second to import, and most layouts declare nothing
        if not _DECLARES.search(path.read_text(encoding="utf-8", errors="replace")):
            continue
        from race_equality.yaml_files import read_yaml

        file = read_yaml(path)
        for place, one in enumerate(read_declared(file)):
            if one.id in where:
                raise InputError(
                    f"The indicator {one.id} is in {where[one.id]} already.",
                    file=path,
                    row=f"line {file.line(('indicators', place, 'id'))}",
                    mend="Take that one in the layout's figures and leave this out, or give it another id.",
                )
            where[one.id] = path.name
            found.append(one)
    return found


def read_declared(file: YamlFile) -> list[DeclaredIndicator]:
    """Read the key ``indicators`` of a layout.

    Parameters
    ----------
    file : YamlFile
        The whole layout.

    Returns
    -------
    list of DeclaredIndicator

    Raises
    ------
    InputError
        The first mistake, with its line.
    """
    from race_equality.definitions.declared_record import DeclaredIndicators
    from race_equality.yaml_files import read_record

    values = file.values.get("indicators") if isinstance(file.values, dict) else None
    if values is None:
        return []
    publisher = file.values.get("publisher")
    made, problems = read_record(file, DeclaredIndicators, values={"indicators": values})
    if problems:
        raise problems[0]
    return [one.declared(publisher if isinstance(publisher, str) else "") for one in made.indicators]


def is_id(text: str) -> bool:
    """Return whether a text can be the id of an indicator.

    Examples
    --------
    >>> is_id("study_leave"), is_id("Study leave")
    (True, False)
    """
    return bool(_ID.fullmatch(text))
