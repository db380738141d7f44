"""Links between pages: to trusts' own pages, which a build may not have made, and to pages by their sources."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.files import write_atomically

# As :class:`race_equality.report.display.Linked` writes a link to a trust's page, in either order of
# attributes, and as it is where there is no such page. Both have the same length, so that a page keeps the size by which
# a build first tells whether it is unchanged.
_LINK = re.compile(
    r'class="trust" href="(\.\./trusts/[A-Z0-9]+\.html)"|href="(\.\./trusts/[A-Z0-9]+\.html)" class="trust"'
)
_DISABLED_LINK = re.compile(r'data-not-made-href="(\.\./trusts/[A-Z0-9]+\.html)"')
_ANY_LINK = re.compile(f"{_LINK.pattern}|{_DISABLED_LINK.pattern}")


def with_all_links(page: bytes) -> bytes:
    """Return a page as it is when every trust has one: by that a build tells whether it is unchanged.

    Parameters
    ----------
    page : bytes
        HTML.

    Returns
    -------
    bytes
    """

    def followed(link: re.Match[str]) -> str:
        return f'class="trust" href="{link[1] or link[2] or link[3]}"'

    return _ANY_LINK.sub(followed, page.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


#: A link to a page by its source, as Quarto takes it.
_SOURCE_LINK = re.compile(r'(<a\b[^>]*\bhref="(?![a-z]+:)[^"#?]+)\.q?md(?=["#?])')


def with_page_addresses(page: str) -> str:
    """Link to the pages that sources become (``about.qmd`` to ``about.html``), as Quarto does.

    Parameters
    ----------
    page : str
        HTML of a page that is written as text.

    Returns
    -------
    str
    """
    return _SOURCE_LINK.sub(r"\1.html", page)


def follow_links(site_dir: Path) -> None:
    """Link from pages about all trusts to the trusts' pages that exist, and disable other links.

    Parameters
    ----------
    site_dir : Path
        The site; its ``notebooks/*.html`` are written again where a page has come or gone.
    """
    there = {f"../trusts/{file.name}" for file in (site_dir / "trusts").glob("*.html")}

    def disable(found: re.Match[str]) -> str:
        address = found[1] or found[2]
        return found[0] if address in there else f'data-not-made-href="{address}"'

    def enable(found: re.Match[str]) -> str:
        return f'class="trust" href="{found[1]}"' if found[1] in there else found[0]

    for page in sorted((site_dir / "notebooks").glob("*.html")):
        text = page.read_text(encoding="utf-8")
        now = _DISABLED_LINK.sub(enable, _LINK.sub(disable, text))
        if now != text:
            write_atomically(page, now)
