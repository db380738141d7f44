"""What was found wrong in an edition: ``corrections.yml``, and what the pages of that edition say of it."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator

from race_equality.definitions.indicators import BY_ID
from race_equality.errors import InputError
from race_equality.project import Project
from race_equality.publishing.places import EDITION_NAME
from race_equality.render.edition import CORRECTIONS, day_in_words
from race_equality.store.trusts import read_trusts
from race_equality.yaml_files import Day, Text, one_of, problem, read_record, read_text, read_yaml, record_of_yaml

FILE = "corrections.yml"


def _edition(value: Any) -> str:
    name = read_text(value)
    if not EDITION_NAME.fullmatch(name):
        raise problem("{name} is no name of an edition.", "Write it as it was published, such as 2026-11.")
    return name


EditionName = Annotated[str, PlainValidator(_edition)]


@record_of_yaml
class Correction:
    """One figure, or sentence, that was found wrong.

    Parameters
    ----------
    edition : str
        In which.
    found : datetime.date
        The day on which it was found.
    what : str
        A sentence: what was wrong, and why.
    trust : str or None
        Code of the trust whose figure it is; None for a figure on all trusts.
    indicator : str or None
        Its id.
    was, now : str or None
        What the edition says, and what is right.
    """

    lacking: ClassVar = (
        "Give edition, found (a day) and what (a sentence); trust, indicator, was and now where there are any."
    )

    edition: EditionName
    found: Day
    what: Text
    trust: Text | None = None
    indicator: Annotated[str, one_of(BY_ID, "Indicators")] | None = None
    was: Text | None = None
    now: Text | None = None


@record_of_yaml
class _File:
    lacking: ClassVar = "Begin with corrections: and a hyphen for each."

    corrections: tuple[Correction, ...]


def read_corrections(project: Project) -> tuple[Correction, ...]:
    """Read what was found wrong.

    Parameters
    ----------
    project : Project

    Returns
    -------
    tuple of Correction
        The newest first; empty where there is no file.

    Raises
    ------
    InputError
        With file and line of the first mistake.
    """
    path = project.root / FILE
    if not path.is_file():
        return ()
    file = read_yaml(path)
    made, problems = read_record(file, _File)
    if problems:
        raise problems[0]
    known = set(read_trusts(project=project)["trust_code"])
    for number, one in enumerate(made.corrections):
        if one.trust is not None and one.trust not in known:
            raise InputError(
                f"{one.trust} is no trust's code.",
                file=path,
                row=f"line {file.line(('corrections', number, 'trust'))}",
                mend="Write the code of a trust of today, or leave it out.",
            )
    return tuple(sorted(made.corrections, key=lambda one: one.found, reverse=True))


@dataclass(frozen=True)
class Banner:
    """What stands at the top of the pages of an edition.

    Parameters
    ----------
    corrections : tuple of Correction
        Of this edition.
    home : str
        Address of the folder of all editions.
    """

    corrections: tuple[Correction, ...]
    home: str

    def on(self, page: str) -> str:
        """Return its markup on a page, such as ``trusts/RJ1.html``; "" for none."""
        if not self.corrections:
            return ""
        here = [one for one in self.corrections if one.trust is None or _is_about(page, one.trust)]
        number = len(self.corrections)
        said = (
            "".join(f"<p>{html.escape(in_a_sentence(one))}</p>" for one in here)
            or f"<p>{number} {'figure' if number == 1 else 'figures'} of other trusts in this edition "
            f"{'was' if number == 1 else 'were'} found wrong.</p>"
        )
        link = f'<a href="{html.escape(self.home)}/{CORRECTIONS}" style="color:#12436D">All corrections</a>'
        return f"<p><strong>Found wrong in this edition</strong></p>{said}<p>{link}</p>"


def _is_about(page: str, code: str) -> bool:
    name = page.rpartition("/")[2].removesuffix(".html")
    # pages on all trusts show each trust
    return not page.startswith("trusts/") or name == code or name.startswith(f"{code}-")


def in_a_sentence(one: Correction) -> str:
    """Say what was wrong, and what is right."""
    about = ", ".join(filter(None, (one.trust, BY_ID[one.indicator].title if one.indicator else None)))
    what = one.what if one.what.endswith(".") else f"{one.what}."
    values = f" The edition says {one.was}" if one.was else ""
    values += f"{'; the right figure is' if one.was else ' The right figure is'} {one.now}" if one.now else ""
    return f"{f'{about}: ' if about else ''}{what}{f'{values}.' if values else ''} Found on {day_in_words(one.found.isoformat())}."


def of_edition(corrections: Iterable[Correction], edition: str, home: str) -> Banner:
    """Return the banner of an edition."""
    return Banner(tuple(one for one in corrections if one.edition == edition), home)


def check_editions(corrections: Iterable[Correction], standing: Collection[str], project: Project) -> None:
    """Refuse a correction of an edition that does not stand.

    Raises
    ------
    InputError
    """
    for one in corrections:
        if one.edition not in standing:
            raise InputError(
                f"There is no edition {one.edition} here. Those that stand: {', '.join(standing) or 'none'}.",
                file=Path(project.root / FILE),
            )
