"""What a site is an edition of: its date, its name and its permanent address, and what each page says of them."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from race_equality.project import Project

#: The key in the staged ``_quarto.yml``.
KEY = "site-edition"

_DATE_READ = re.compile(r"^date_read: *['\"]?(\d{4}-\d{2}-\d{2})", re.MULTILINE)

#: Where an edition's folder has the page on what changed since the one before and its assurance statement, and where all
#: editions have their corrections.
CHANGES, ASSURANCE, CORRECTIONS = "changes.html", "assurance.html", "corrections.html"


@dataclass(frozen=True)
class Edition:
    """An edition of the site.

    Parameters
    ----------
    name : str
        Such as ``2026-11``; "" for a site that is no edition, as a build makes it.
    home : str
        Address of the folder of all editions, without ``/`` at its end.
    date : str
        The newest day on which a publication was read, as ``2026-11-26``; "" where none was.
    before : str
        Name of the edition before; "" for the first.
    epoch : str
        ``SOURCE_DATE_EPOCH`` (https://reproducible-builds.org/specs/source-date-epoch/) where it was set: the date of PDFs, in
        seconds since 1970, in place of `date`.
    """

    name: str = ""
    home: str = ""
    date: str = ""
    before: str = ""
    epoch: str = ""

    def address_of(self, page: str) -> str:
        """Return the permanent address of a page of the edition, such as ``trusts/RJ1.html``."""
        return f"{self.home}/{self.name}/{'' if page == 'index.html' else quote(page)}"

    def in_words(self, page: str, *, title: str, site: str) -> str:
        """Return what a page says of its edition.

        Parameters
        ----------
        page : str
            Its address in the site.
        title : str
            Of the page; "" for the first page.
        site : str
            Title of the site.

        Returns
        -------
        str
            Markdown; "" for a site that is no edition.
        """
        if not self.name:
            return ""
        address = self.address_of(page)
        titles = ". ".join(one for one in dict.fromkeys((title, site)) if one)  # Markdown already
        read = f", from publications read until {day_in_words(self.date)}" if self.date else ""
        changed = f"[What changed]({self.address_of(CHANGES)}) since edition {self.before}. " if self.before else ""
        return (
            f"\n\n## This edition {{#sec-this-edition}}\n\n"
            f"This page is part of edition {self.name}{read}. Its permanent address is <{address}>, where it stays as it "
            f"is.\n\nTo cite it: {titles}. Edition {self.name}. {address.replace(':', chr(92) + ':', 1)}\n\n"
            f"{changed}What was checked, and who signed it, is in the [assurance statement]({self.address_of(ASSURANCE)}). What was "
            f"found wrong since is in [Corrections]({self.home}/{CORRECTIONS}).\n"
        )


def day_in_words(day: str) -> str:
    """Write a day out: ``2026-11-26`` as 26 November 2026."""
    date = datetime.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def date_of(project: Project) -> str:
    """Return the newest day on which a publication was read, as ``2026-11-26``; "" where none was.

    Parameters
    ----------
    project : Project

    Returns
    -------
    str
    """
    # a damaged one is refused by name before anything is made
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in project.sources.glob("*.yml"))
    return max((found[1] for text in texts if (found := _DATE_READ.search(text))), default="")


def no_edition(project: Project) -> Edition:
    """Return what a site is that is no edition: its date is that of its figures, unless ``SOURCE_DATE_EPOCH`` gives another."""
    return Edition(date=date_of(project), epoch=os.environ.get("SOURCE_DATE_EPOCH", ""))


def as_setting(edition: Edition) -> str:
    """Return the lines that say in a staged ``_quarto.yml`` what the site is an edition of."""
    fields = {name: value for name, value in vars(edition).items() if value}
    return yaml.safe_dump({KEY: fields}, allow_unicode=True, sort_keys=False) if fields else ""


def edition_in(settings: Mapping[str, Any], file: Path) -> Edition:
    """Read it from the settings of a staged project.

    Raises
    ------
    InputError
        When it is something else.
    """
    from race_equality.errors import InputError

    found = settings.get(KEY) or {}
    if not isinstance(found, dict) or found.keys() - Edition.__dataclass_fields__.keys():
        raise InputError(f"{KEY} is set by race-equality publish.", file=file, mend="Take it out.")
    return Edition(**{name: str(value) for name, value in found.items()})
