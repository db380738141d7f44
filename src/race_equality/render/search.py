"""The search index that Quarto's pages read, of all pages of a site."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
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
        HTML.
    address : str
        Such as ``trusts/RJ1.html``.

    Returns
    -------
    list of mapping

    Notes
    -----
    For a page whose project was not rendered to its end, of which Quarto writes no index.
    """
    from lxml import html as lxml_html

    document = lxml_html.document_fromstring(page.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    named = document.xpath("//h1[contains(concat(' ', @class, ' '), ' title ')] | //main//h1")
    title = named[0].text_content() if named else ""
    for node in document.xpath("//*[@id='title-block-header'] | //nav[@role='doc-toc'] | //script | //style"):
        node.drop_tree()

    def entry(section: str, anchor: str, text: str) -> Entry:
        href = address + anchor
        words = text.replace("<", "&lt;").replace(">", "&gt;")
        return {"objectID": href, "href": href, "title": title, "section": section, "text": words}

    main = next(iter(document.xpath("//main")), None)
    if main is None:
        return []
    sections = main.xpath(".//section[contains(concat(' ', @class, ' '), ' level2 ') or contains(@class, 'footnotes')]")
    if not sections:
        return [entry("", "", text)] if (text := main.text_content().strip()) else []
    for heading in main[0].xpath(".//h1 | .//h2 | .//h3 | .//h4 | .//h5 | .//h6"):
        heading.drop_tree()
    outside = [node.text_content().strip() for node in (main[0], *main.xpath("./p[preceding-sibling::*]"))]
    found = [entry("", "", "\n".join(filter(None, outside)))] if any(outside) else []
    for section in sections:
        if (anchor := section.get("id")) and (text := section.text_content().strip()):
            heading = next(iter(section.xpath(".//h2")), None)
            found.append(entry("" if heading is None else heading.text_content(), f"#{anchor}", text))
    return found


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
