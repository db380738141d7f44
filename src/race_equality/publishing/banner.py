"""The banner on the pages of an edition in which a figure was found wrong: put in and taken out, and no other byte touched."""

from __future__ import annotations

import re

_BEGINS, _ENDS = b"<!--corrections-->", b"<!--/corrections-->"
_BANNER = re.compile(re.escape(_BEGINS) + b".*?" + re.escape(_ENDS), re.DOTALL)
_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
#: A page's own colours do not change it, and it is printed.
_STYLE = (
    "margin:0;padding:0.75rem 1rem;border:4px solid #801650;background:#ffffff;color:#0b0c0c;"
    "font-size:1.1875rem;line-height:1.4"
)


def with_banner(page: bytes, markup: str) -> bytes:
    """Put a banner at the top of a page, in place of one that is there.

    Parameters
    ----------
    page : bytes
        HTML.
    markup : str
        What the banner says, as HTML; "" for none.

    Returns
    -------
    bytes
        The page as it was, but for the banner.
    """
    page = without_banner(page)
    body = _BODY.search(page)
    if not markup or body is None:
        return page
    markup = markup.replace("<p>", '<p style="margin:0.25rem 0">')
    said = f'<aside role="note" aria-label="Corrections" style="{_STYLE}">{markup}</aside>'
    return page[: body.end()] + _BEGINS + said.encode() + _ENDS + page[body.end() :]


def without_banner(page: bytes) -> bytes:
    """Return a page as it was when it was published."""
    return _BANNER.sub(b"", page, count=1)
