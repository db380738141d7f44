"""YAML whose values know their file and line: a message without a line is no help in a long file.

Values are built by PyYAML's own safe constructor; the nodes, which know their lines, are kept
beside them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unicodedata import category

import yaml

from race_equality.errors import InputError

#: A year outside of these is a slip of the keyboard.
_YEARS = range(2000, 2101)


@dataclass
class Findings:
    """What came to light in reading a file: everything that is wrong, and the links in it.

    Parameters
    ----------
    problems : list of InputError
        In the order in which they were met.
    links : list of Value
        Addresses of evidence, in order, which somebody with a network may try.
    past_days : list of Value
        Days that have been: those of evidence.
    """

    problems: list[InputError] = field(default_factory=list)
    links: list[Value] = field(default_factory=list)
    past_days: list[Value] = field(default_factory=list)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep a problem of the block, so that reading goes on with the next."""
        try:
            yield
        except InputError as error:
            self.problems.append(error)


@dataclass(frozen=True)
class Value:
    """A value of a YAML file.

    Parameters
    ----------
    file : Path
    node : yaml.Node
    name : str
        How messages call it, such as ``"settings.peer_count"``.
    """

    file: Path
    node: yaml.Node
    name: str

    @property
    def line(self) -> int:
        """The line it begins in, the first being 1."""
        return self.node.start_mark.line + 1

    def error(self, problem: str, mend: str | None = None) -> InputError:
        """Return an error that names file and line."""
        return InputError(problem, file=self.file, row=f"line {self.line}", mend=mend)

    def plain(self) -> Any:
        """Return the value as Python has it."""
        try:
            return yaml.constructor.SafeConstructor().construct_document(self.node)
        except yaml.YAMLError as error:
            raise self.error(f"{self.name} cannot be read: {error.problem}.") from None
        except ValueError as error:  # a date such as 2026-02-30
            raise self.error(f"{self.name} cannot be read: {error}.") from None

    def is_nothing(self) -> bool:
        """Whether a key stands there without a value."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"

    def mapping(
        self, known: Iterable[str], findings: Findings | None = None, *, refused: Mapping[str, str] | None = None
    ) -> dict[str, Value]:
        """Return the values by key.

        Parameters
        ----------
        known : iterable of str
            The keys that exist; others are refused, and so are doubled ones.
        findings : Findings, optional
            Takes what is refused, so that the other keys are read; without it the first is raised.
        refused : mapping of str to str, optional
            Keys that somebody may expect and that must not be there, with the reason.
        """
        known = list(known)
        if self.is_nothing():
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(
                f"{self.name} must be keys with values, not {kind_of(self.plain())}.",
                f"Known keys: {', '.join(known)}.",
            )
        values: dict[str, Value] = {}
        for key_node, value_node in self.node.value:
            key = str(key_node.value)
            place = Value(self.file, key_node, key)
            problem = None
            if refused and key in refused:
                problem = place.error(f'The key "{key}" has no place here.', refused[key])
            elif key not in known:
                problem = place.error(f'Unknown key "{key}".', nearest(key, known))
            elif key in values:
                problem = place.error(f'The key "{key}" stands twice.', "Remove one of the two.")
            if problem is not None and findings is None:
                raise problem
            if problem is not None:
                findings.problems.append(problem)
                continue
            # "action 1's due", "action 1's evidence.link": as somebody would say it
            prefix = (
                "" if self.name == "The file" else f"{self.name}'s " if self.name[-1].isdigit() else f"{self.name}."
            )
            values[key] = Value(self.file, value_node, f"{prefix}{key}")
        return values

    def items(self, mend: str, *, each: str | None = None) -> list[Value]:
        """Return the values of a list, each named by its number from 1; nothing is an empty list.

        Parameters
        ----------
        mend : str
            How a list is written.
        each : str, optional
            What one is called in messages, such as "action"; the list's name without it.
        """
        if self.is_nothing():
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"{self.name} must be a list, not {kind_of(self.plain())}.", mend)
        return [
            Value(self.file, node, f"{each or self.name} {number}")
            for number, node in enumerate(self.node.value, start=1)
        ]

    def text(self) -> str:
        """Return text on one line, refusing what is not text or cannot be seen."""
        text = self.plain()
        if not isinstance(text, str) or not text.strip():
            raise self.error(f"{self.name} must be text, not {kind_of(text)}.")
        text = " ".join(text.split())
        if self._cut_by_a_hash():
            raise self.error(
                f'{self.name} ends before the sign "#": what follows it is read as a remark.',
                "Put the whole text into quotation marks, or a space after # if it is a remark.",
            )
        if any(category(sign) in ("Cc", "Cs") for sign in text):  # a page could not hold them
            raise self.error(f"{self.name} holds a control character.", "Type the text again.")
        return text

    def _cut_by_a_hash(self) -> bool:
        """Whether a text that stands without quotation marks goes on with something like "#MeToo"."""
        mark = self.node.end_mark
        if not isinstance(self.node, yaml.ScalarNode) or self.node.style is not None or mark.buffer is None:
            return False
        return re.match(r"[ \t]+#[^\s#]", mark.buffer[mark.pointer :]) is not None

    def day(self) -> date:
        """Return a day, written as 2026-09-30, with or without quotes."""
        day = self.plain()
        if isinstance(day, str):
            try:
                day = date.fromisoformat(day)
            except ValueError:
                pass
        if isinstance(day, datetime) or not isinstance(day, date):
            raise self.error(
                f"{self.name} must be a date, not {kind_of(day)}.", "Write 2026-09-30 for 30 September 2026."
            )
        if day.year not in _YEARS:
            raise self.error(f"{self.name} is in the year {day.year}.", "Correct the year.")
        return day


def kind_of(value: Any) -> str:
    """Say what a value is, for a message about what it should be."""
    if value is None:
        return "nothing"
    names = {
        bool: "a yes/no value",
        int: "a whole number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "keys with values",
        date: "a date",
        datetime: "a date with a time",
    }
    name = names.get(type(value), type(value).__name__)
    if isinstance(value, str) and len(value) > 60:
        return f"{name} ({value[:60]!r} and more)"
    return f"{name} ({value!r})" if isinstance(value, bool | int | float | str) else name


def nearest(word: str, known: Iterable[str], *, what: str = "Known keys") -> str:
    """Suggest the nearest of the words that exist, and name them all."""
    known = list(known)
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    listed = f"{what}: {', '.join(known)}."
    return f'Did you mean "{close[0]}"? {listed}' if close else listed


#: What people get wrong in YAML, by what its parser says of it: what it is, and what to do.
_SLIPS = {
    r"found character '\\t'": (
        "A tab stands in the margin.",
        "Use spaces: in this file only they say what belongs to what.",
    ),
    r"quoted scalar": (
        "A quotation mark is opened and not closed.",
        "Close it at the end of the text; one inside the text is written twice.",
    ),
    r"mapping values are not allowed": (
        "A colon and a space stand inside a text, or the line has more space before it than the line it goes with.",
        'Put a text with a colon into quotation marks, such as what: "Stop: no post without an advertisement".',
    ),
    r"but found '<scalar>'": (
        "Something follows a closing quotation mark.",
        "Put the whole text between single quotation marks ('…').",
    ),
    r"expected <block end>|found undefined|inconsistent": (
        "The line does not stand below the lines it belongs with.",
        "Give it as many spaces as they have; compare with params/trusts/DEMO.yml.",
    ),
    r"could not find expected ':'": (
        "A colon is missing after a key.",
        "Write key: value, with a space after the colon.",
    ),
    r"found character '.' that cannot start": (
        "A text begins with a sign that has a meaning of its own in this file.",
        "Put the text into quotation marks.",
    ),
    r"expected ',' or '[\]}]'": (
        "A list or a part in brackets is not closed.",
        "Close it: [RJ1, RRK] or {date: 2026-09-30}.",
    ),
}


def read_yaml(file: Path) -> Value:
    """Read a YAML file.

    Parameters
    ----------
    file : Path

    Returns
    -------
    Value
        The whole file; an empty one has no keys.

    Raises
    ------
    InputError
        When it cannot be read or is not YAML.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("The file is missing.", file=file, mend="Restore it with `git checkout params`.") from None
    except UnicodeDecodeError:
        raise InputError(
            "The file cannot be read: it is not saved as UTF-8.",
            file=file,
            mend="Save it again with the encoding UTF-8 (in Notepad: Save as, then Encoding).",
        ) from None
    except OSError as error:
        raise InputError(f"The file cannot be read: {error}.", file=file) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        said = error.problem or error.context or ""
        # of what is opened and not closed, the line where it opens; the parser finds out at the end
        opened = "quoted scalar" in (error.context or "") or "expected ','" in said
        mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
        problem, mend = next(
            (words for sign, words in _SLIPS.items() if re.search(sign, f"{error.context or ''}: {said}")),
            (f"This is not YAML: {said}.", "Compare with params/trusts/DEMO.yml."),
        )
        raise InputError(problem, file=file, row=f"line {mark.line + 1}" if mark else None, mend=mend) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"This is not YAML: {error}.", file=file) from None
    if node is None:  # an empty file, or comments alone
        node = yaml.MappingNode("tag:yaml.org,2002:map", [], yaml.Mark(str(file), 0, 0, 0, None, 0), None)
    return Value(file, node, "The file")
