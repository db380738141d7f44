"""Merge Quarto's search index from the shards of a render."""

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
