"""The search index that Quarto's pages read, of all pages of a site."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from race_equality.files import write_atomically

Entry = Mapping[str, Any]
NAME = "search.json"


def page_of(entry: Entry) -> str:
    """Return the address of the page that an entry is about."""
    return str(entry.get("href", "")).partition("#")[0]


def read_index(folder: Path) -> list[Entry]:
    """Read an index that Quarto wrote.

    Parameters
    ----------
    folder : Path
        Of a site.

    Returns
    -------
    list of mapping
        Empty if there is none, or it cannot be read.
    """
    try:
        entries = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def entries_of(page: str, address: str) -> list[Entry]:
    """Make the entries of a page as Quarto does: one of what comes first, and one of each section.

    Parameters
    ----------
    page : str
        HTML that Quarto made.
    address : str
        Such as ``trusts/RJ1.html``.

    Returns
    -------
    list of mapping

    Notes
    -----
    For a page whose project was not rendered to its end, of which Quarto writes no index.
    """
    reader = _Sections()
    reader.feed(page)
    reader.close()

    def entry(section: str, anchor: str, text: str) -> Entry:
        href = f"{address}#{anchor}" if anchor else address
        words = text.strip().replace("<", "&lt;").replace(">", "&gt;")
        return {"objectID": href, "href": href, "title": reader.title, "section": section, "text": words}

    top = reader.outside if reader.sections else reader.all
    found = [entry("", "", top), *(entry(part.heading, part.anchor, part.text) for part in reader.sections)]
    return [one for one in found if one["text"]]


@dataclass
class _Section:
    anchor: str
    heading: str = ""
    text: str = ""


class _Sections(HTMLParser):
    """The words of a page of Quarto, by section.

    What comes first in the page is in `outside` as well, without its headings, and so are paragraphs that stand in no
    section.
    """

    _VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
    _HEADINGS = frozenset(f"h{level}" for level in range(1, 7))

    def __init__(self) -> None:
        super().__init__()
        self.title = self.outside = self.all = ""
        self.sections: list[_Section] = []
        self._stack: list[tuple[str, _Section | None]] = []
        self._main = 0  # the depth of what stands in <main>
        self._children = 0
        self._unread = 0  # the depth of what is no text of the page
        self._in_title = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in self._VOID:
            return
        given = {name: value or "" for name, value in attributes}
        classes = given.get("class", "").split()
        depth = len(self._stack) + 1
        frame = given.get("id") == "title-block-header" or given.get("role") == "doc-toc"
        if not self._unread and (frame or tag in ("script", "style")):
            self._unread = depth
        section = None
        if self._main and not self._unread:
            self._children += depth == self._main
            if tag == "section" and given.get("id") and ("level2" in classes or "footnotes" in classes):
                section = _Section(given["id"])
                self.sections.append(section)
        self._in_title = tag == "h1" and "title" in classes
        self._stack.append((tag, section))
        if tag == "main":
            self._main = depth + 1

    def handle_endtag(self, tag: str) -> None:
        if tag not in (name for name, _ in self._stack):
            return
        while self._stack.pop()[0] != tag:
            pass
        self._in_title = False
        if len(self._stack) < self._unread:
            self._unread = 0
        if len(self._stack) < self._main - 1:
            self._main = 0

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        if self._unread or not self._main:
            return
        names = [name for name, _ in self._stack[self._main - 1 :]]
        self.all += data
        if self._children == 1 and self._HEADINGS & set(names):
            return  # Quarto takes the headings out of what comes first
        if names and (self._children == 1 or names[0] == "p"):
            self.outside += data
        for section in (section for _, section in self._stack if section is not None):
            section.text += data
            if "h2" in names:
                section.heading += data


def merge_index(site_dir: Path, entries: Iterable[Entry], rendered: Collection[str]) -> None:
    """Put the entries of pages that were made into the site's index.

    Parameters
    ----------
    site_dir : Path
    entries : iterable of mapping
        From the shards, of the pages in `rendered`.
    rendered : collection of str
        Addresses such as ``trusts/RJ1.html``. What the index held about them goes, and what it
        held about pages that are no longer in the site goes too.
    """
    kept = [
        entry
        for entry in read_index(site_dir)
        if page_of(entry) not in rendered and (site_dir / page_of(entry)).is_file()
    ]
    # by page, and within a page as Quarto had them, whichever shard came first
    merged = sorted([*kept, *(entry for entry in entries if page_of(entry) in rendered)], key=page_of)
    if merged:
        write_atomically(site_dir / NAME, json.dumps(merged, ensure_ascii=False, indent=1) + "\n")
