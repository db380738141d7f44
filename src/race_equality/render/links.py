"""Links from pages about all trusts to the trusts' own pages, which a build may not have made."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.files import write_atomically

# As :class:`race_equality.report.display.Linked` writes a link to a trust's page, in either order of
# attributes, and as it stands where there is no such page. Both are as long as each other: a build
# tells by its size whether a page is still the one that it made.
_MADE = re.compile(
    r'class="trust" href="(\.\./trusts/[A-Z0-9]+\.html)"|href="(\.\./trusts/[A-Z0-9]+\.html)" class="trust"'
)
_NOT_MADE = re.compile(r'data-not-made-href="(\.\./trusts/[A-Z0-9]+\.html)"')


def follow_links(site_dir: Path) -> None:
    """Let pages about all trusts link to the trusts' pages that are there, and to no other.

    Parameters
    ----------
    site_dir : Path
        The site; its ``notebooks/*.html`` are written again where a page has come or gone.
    """
    there = {f"../trusts/{file.name}" for file in (site_dir / "trusts").glob("*.html")}

    def made(found: re.Match[str]) -> str:
        address = found[1] or found[2]
        return found[0] if address in there else f'data-not-made-href="{address}"'

    def not_made(found: re.Match[str]) -> str:
        return f'class="trust" href="{found[1]}"' if found[1] in there else found[0]

    for page in sorted((site_dir / "notebooks").glob("*.html")):
        text = page.read_text(encoding="utf-8")
        now = _NOT_MADE.sub(not_made, _MADE.sub(made, text))
        if now != text:
            write_atomically(page, now)
