"""YAML files read into dataclasses, each mistake named with its file and line.

ruamel.yaml reads a file and knows the line of each value, pydantic checks the values against the dataclass's
annotations, and this module puts what they find into plain words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_type_hints
from unicodedata import category

from pydantic import ConfigDict, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

from race_equality.errors import InputError, nearest

#: What a validator is told: in ``data`` the fields before it that are right, in ``context`` what its reader passes.
#: pydantic calls it ValidationInfo, in which the type checker would take each context for None.
Info = Any

#: A year outside of these is a slip of the keyboard.
_YEARS = range(2000, 2101)

T = TypeVar("T")


# -- a file --------------------------------------------------------------------------------------------


class _Slip(str):
    """What YAML reads as something else than a person meant; refused where text or a day is asked for."""

    error: PydanticCustomError


class _Constructor(RoundTripConstructor):
    def construct_text(self, node: ScalarNode) -> str:
        text, mark = self.construct_yaml_str(node), node.end_mark
        # a text without quotation marks that goes on with something like "#MeToo"
        if node.style is None and mark.buffer and re.match(r"[ \t]+#[^\s#]", mark.buffer[mark.pointer :]):
            text = _Slip(text)
            text.error = problem(
                '{name} ends before the sign "#": what follows it is read as a remark.',
                "Put the whole text into quotation marks, or a space after # if it is a remark.",
            )
        return text

    def construct_day(self, node: ScalarNode) -> Any:
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError as error:  # 2026-02-30
            text = _Slip(node.value)
            text.error = problem(f"{{name}} cannot be read: {error}.")
            return text


_Constructor.add_constructor("tag:yaml.org,2002:str", _Constructor.construct_text)
_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.construct_day)


@dataclass(frozen=True)
class YamlFile:
    """A YAML file: its values, and the line of each."""

    path: Path
    values: Any

    def line(self, place: Iterable[str | int]) -> int:
        """Return the line of a value, or of what should hold it where there is none."""
        values = self.values
        line = values.lc.line + 1 if hasattr(values, "lc") else 1
        for part in place:
            try:
                line = (values.lc.value(part) if isinstance(part, str) else values.lc.item(part))[0] + 1
            except (AttributeError, KeyError, TypeError):  # not there, or under a tag that means nothing here
                break
            values = values[part]
        return line


#: What people get wrong in YAML, by what its parser says of it: what it is, and what to do.
_SLIPS = {
    r'found duplicate key "(.*?)" with': ('The key "{}" is there twice.', "Remove one of the two."),
    r"found character '\\t'": (
        "There is a tab in the margin.",
        "Use spaces: in this file only they say what belongs to what.",
    ),
    r"quoted scalar": (
        "A quotation mark is opened and not closed.",
        "Close it at the end of the text; one inside the text is written twice.",
    ),
    r"mapping values are not allowed": (
        "There is a colon and a space inside a text, or the line has more space before it than the line it goes with.",
        'Put a text with a colon into quotation marks, such as what: "Stop: no post without an advertisement".',
    ),
    r"but found '<scalar>'": (
        "Something follows a closing quotation mark.",
        "Put the whole text between single quotation marks ('…').",
    ),
    r"expected <block end>|found undefined|inconsistent": (
        "The line is not below the lines it belongs with.",
        "Give it as many spaces as they have.",
    ),
    r"could not find expected ':'": (
        "A colon is missing after a key.",
        "Write key: value, with a space after the colon.",
    ),
    r"found character '.' that cannot start": (
        "A text begins with a sign that has a meaning of its own in this file.",
        "Put the text into quotation marks.",
    ),
    r"expected ',' or '[\]}]'|node content, but found '<stream end>'": (
        "A list or a part in brackets is not closed.",
        "Close it: [RJ1, RRK] or {date: 2026-09-30}.",
    ),
}


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    YamlFile

    Raises
    ------
    InputError
        When it cannot be read or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        mend = f"Restore it with `git checkout {path.parent.name}`."
        raise InputError("The file is missing.", file=path, mend=mend) from None
    except UnicodeDecodeError:
        raise InputError(
            "The file cannot be read: it is not saved as UTF-8.",
            file=path,
            mend="Save it again with the encoding UTF-8 (in Notepad: Save as, then Encoding).",
        ) from None
    except OSError as error:
        raise InputError(f"The file cannot be read: {error}.", file=path) from None
    yaml = YAML()
    yaml.version = (1, 1)  # in which "yes" is no text
    yaml.Constructor = _Constructor
    try:
        return YamlFile(path, yaml.load(text))
    except MarkedYAMLError as error:
        said = error.problem or error.context or ""
        # of what is opened and not closed, the line where it opens; the parser finds out at the end
        opened = "quoted scalar" in (error.context or "") or "expected ','" in said or "<stream end>" in said
        mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
        row = f"line {mark.line + 1}" if mark else None
        for sign, (words, mend) in _SLIPS.items():
            if found := re.search(sign, f"{error.context or ''}: {said}"):
                raise InputError(words.format(*found.groups()), file=path, row=row, mend=mend) from None
        mend = "Compare with params/trusts/DEMO.yml."
        raise InputError(f"This is not YAML: {said}.", file=path, row=row, mend=mend) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"This is not YAML: {error}.", file=path) from None


# -- records -------------------------------------------------------------------------------------------


@dataclass_transform(frozen_default=True)
def record_of_yaml(cls: type[T]) -> type[T]:
    """Make a frozen dataclass that :func:`read_record` can read; one that is made in Python is taken as it is.

    Its class variable ``lacking`` says what to do when a key is not given, and ``refused`` why a key that somebody may
    expect must not be there.
    """
    cls.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return dataclass(frozen=True)(cls)


def problem(text: str, mend: str | None = None, *, at: str | tuple[int | str, ...] = ()) -> PydanticCustomError:
    """Return the error that a validator raises.

    Parameters
    ----------
    text : str
        A sentence, with ``{name}`` for what the value is called, and ``{record}`` for what holds it.
    mend : str, optional
        What to do about it.
    at : str or tuple
        What is meant, where it is not the value: another key of the same record, or a place within the value.
    """
    return PydanticCustomError("problem", "{text}", {"text": text, "mend": mend, "at": at})


def read_record(file: YamlFile, cls: type, context: Any = None, values: Any = None) -> tuple[Any, list[InputError]]:
    """Read a record from a file.

    Parameters
    ----------
    file : YamlFile
    cls : type
        Made by :func:`record`.
    context : object, optional
        What validators find in ``info.context``.
    values : object, optional
        The file's values with what it left out.

    Returns
    -------
    made : cls or None
        None when something is wrong.
    problems : list of InputError
        All that is wrong, by line.
    """
    try:
        return adapter(cls).validate_python(file.values if values is None else values, context=context), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    problems = []
    lacking: dict[tuple[int | str, ...], list[str]] = {}
    for each in found:
        place, kind, mend = each["loc"], each["type"], None
        line = file.line(place)
        if kind == "missing":
            lacking.setdefault(place[:-1], []).append(f'"{place[-1]}"')
            continue
        if kind == "problem":
            text, mend, at = each["ctx"]["text"], each["ctx"]["mend"], each["ctx"]["at"]
            place = (*place[:-1], at) if isinstance(at, str) else (*place, *at)
            line = file.line(place)
        elif kind in ("unexpected_keyword_argument", "invalid_key"):
            holder = _record_at(cls, place[:-1])
            refused, key = getattr(holder, "refused", {}), str(place[-1])
            text = f'The key "{key}" has no place here.' if key in refused else f'Unknown key "{key}".'
            mend = refused.get(key) or did_you_mean(key, _keys(holder))
        elif kind == "dataclass_type":
            text = f"{{name}} must be keys with values, not {kind_of(each['input'])}."
            mend = f"Known keys: {', '.join(_keys(_record_at(cls, place)))}."
        elif kind == "tuple_type":
            text = f"{{name}} must be a list, not {kind_of(each['input'])}."
            mend = "Write it as [RJ1, RRK], or begin each line with a hyphen."
        else:
            text = f"{{name}}: {each['msg']}."
        problems.append((line, text.replace("{name}", _name(place)).replace("{record}", _name(place[:-1])), mend))
    for place, keys in lacking.items():
        mend = getattr(_record_at(cls, place), "lacking", None)
        problems.append((file.line(place), f"{_name(place)} lacks {', '.join(keys)}.", mend))
    problems.sort(key=lambda one: one[0])
    return None, [InputError(text, file=file.path, row=f"line {line}", mend=mend) for line, text, mend in problems]


#: A record's rules as pydantic runs them; to make them takes a hundredth of a second.
adapter = functools.cache(TypeAdapter)


def _record_at(cls: type, place: Iterable[str | int]) -> type:
    """Return the record that is asked for at a place."""

    def within(hint: Any) -> Any:
        return hint if is_dataclass(hint) else next(filter(None, map(within, get_args(hint))), None)

    for part in place:
        cls = cls if isinstance(part, int) else within(get_type_hints(cls)[part])
    return cls


def _keys(cls: type) -> list[str]:
    return [field.name for field in fields(cls)]


def _name(place: Iterable[str | int]) -> str:
    """Say what a value is called, as somebody would: "action 1's due", "settings.peer_count"."""
    name = ""
    for part in place:
        if isinstance(part, int):
            name = f"{name.removesuffix('s')} {part + 1}"
        else:
            name = f"{name}'s {part}" if name[-1:].isdigit() else f"{name}.{part}" if name else part
    return name or "The file"


# -- values --------------------------------------------------------------------------------------------


def read_text(value: Any, mend: str | None = None) -> str:
    """Return text on one line; what is not text or cannot be seen is refused."""
    if isinstance(value, _Slip):
        raise value.error
    if not isinstance(value, str) or not value.strip():
        raise problem(f"{{name}} must be text, not {kind_of(value)}.", mend)
    if any(category(sign) in ("Cc", "Cs") for sign in " ".join(value.split())):  # a page could not hold them
        raise problem("{name} holds a control character.", "Type the text again.")
    return " ".join(value.split())


def read_day(value: Any) -> date:
    """Return a day, given as 2026-09-30 with or without quotation marks."""
    if isinstance(value, _Slip):
        raise value.error
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with suppress(ValueError):
            value = date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise problem(f"{{name}} must be a date, not {kind_of(value)}.", "Write 2026-09-30 for 30 September 2026.")
    if value.year not in _YEARS:
        raise problem(f"{{name}} is in the year {value.year}.", "Correct the year.")
    return value


Text = Annotated[str, PlainValidator(lambda value: read_text(value))]
Day = Annotated[date, PlainValidator(read_day)]


def whole_number(least: int, most: int = 10**9) -> PlainValidator:
    """Return the annotation of a whole number within bounds."""
    bounds = f"of at least {least}" if most == 10**9 else f"from {least} to {most}"

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise problem(f"{{name}} must be a whole number {bounds}, not {kind_of(value)}.")
        return int(value)

    return PlainValidator(read)


def one_of(known: Collection[str], what: str) -> PlainValidator:
    """Return the annotation of one of a few words, in any case; a message calls them all ``what``."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise problem(f"{{name}} must be text, not {kind_of(value)}.", f"{what}: {', '.join(known)}.")
        word = " ".join(value.lower().split())
        if word not in known:
            raise problem(f'{{name}} is "{shortened(value)}".', did_you_mean(word, known, what=what))
        return word

    return PlainValidator(read)


def shortened(text: str) -> str:
    """Return text as a message quotes it."""
    return text if len(text) <= 60 else f"{text[:60]}…"


def kind_of(value: Any) -> str:
    """Say what a value is, for a message about what it should be."""
    if value is None:
        return "nothing"
    if isinstance(value, str) and len(value) > 60:
        return f"text ({value[:60]!r} and more)"
    for kind, name in _KINDS.items():
        if isinstance(value, kind):
            return f"{name} ({value!r})" if issubclass(kind, bool | int | float | str) else name
    return type(value).__name__


#: The narrower first: True is an int as well.
_KINDS = {
    bool: "a yes/no value",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "keys with values",
    datetime: "a date with a time",
    date: "a date",
}


def did_you_mean(word: str, known: Iterable[str], *, what: str = "Known keys") -> str:
    """Suggest the nearest of the words that exist, and name them all."""
    known = list(known)
    close = nearest(word, known)
    listed = f"{what}: {', '.join(known)}."
    return f'Did you mean "{close}"? {listed}' if close else listed
