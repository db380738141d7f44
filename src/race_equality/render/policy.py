"""What a browser may do on a page of the site: a Content-Security-Policy in each page, and one for the host to send.

Scripts run only when their content has a hash that is named here, so one that came with a name or a figure does not run, nor
does an attribute such as ``onclick``. Pages load nothing but the site's own files, and send nothing anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from race_equality.render.extension import EXTENSION

#: The scripts that the built-in renderer writes into pages, and Quarto's filter ``page-scripts.lua`` next to them.
SCRIPTS = ("scroll.js", "take-chart.js", "charts.js", "find-trust.js", "compare.js", "explore.js")

_NONE = "'none'"

_CHARSET = re.compile(r"<meta charset=[^>]*>", re.IGNORECASE)
_MAIN = re.compile(r"<main\b.*</main>", re.DOTALL | re.IGNORECASE)
_INLINE_SCRIPT = re.compile(r"<script\b((?:(?!\bsrc=)[^>])*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_DATA = re.compile(r"\btype=[\"']?(?!(?:text|application)/javascript|module)[\w+./-]+", re.IGNORECASE)
_HANDLER = re.compile(r"\son\w+=\"([^\"]*)\"", re.IGNORECASE)


@cache
def script(name: str, extension: Path = EXTENSION) -> str:
    """Return the text of one of the site's scripts."""
    return (extension / "web" / name).read_text(encoding="utf-8")


def policy(
    scripts: Iterable[str] = (),
    handlers: Iterable[str] = (),
    *,
    files: bool = False,
    library: bool = False,
    extension: Path = EXTENSION,
) -> str:
    """Return the policy of a page.

    Parameters
    ----------
    scripts : iterable of str
        The content of scripts within the page that may run, besides the site's own.
    handlers : iterable of str
        The content of attributes such as ``onclick`` that may run.
    files : bool
        Whether scripts, styles and the search index may come from files of the site, as Quarto's do.
    library : bool
        Whether scripts may: the libraries that draw a chart (:mod:`race_equality.render.vega`) are one, for all pages.
    extension : Path, optional
        The folder of the extension that the site's own scripts are in.

    Returns
    -------
    str
        As in ``Content-Security-Policy``. Styles may stand in the page: they read nothing and send nothing, since nothing
        may be loaded from elsewhere.
    """
    own = "'self' " if files else ""
    own_scripts = "'self' " if files or library else ""
    hashes = sorted({_hash(text) for text in (*(script(name, extension) for name in SCRIPTS), *scripts)})
    if actions := sorted({_hash(text) for text in handlers}):
        hashes += ["'unsafe-hashes'", *actions]
    return "; ".join(
        (
            f"default-src {_NONE}",
            f"script-src {own_scripts}{' '.join(hashes)}",
            f"style-src {own}'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            f"connect-src {own or _NONE}".strip(),
            f"base-uri {_NONE}",
            f"form-action {_NONE}",
        )
    )


def header() -> str:
    """Return what the host of a site by the built-in renderer sends with each page.

    Returns
    -------
    str
        The policy of the pages, and that no other site may show them in a frame, which a page itself cannot say. A page
        without a chart from the site's libraries allows itself less.
    """
    return f"{policy(library=True)}; frame-ancestors 'none'"


def with_policy(page: str, text: str) -> str:
    """Put a policy into a page, before anything that it is about.

    Parameters
    ----------
    page : str
        HTML.
    text : str
        From :func:`policy`.

    Returns
    -------
    str
    """
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(text, quote=True)}">'
    return _CHARSET.sub(lambda charset: f"{charset[0]}\n{meta}", page, count=1)


def policy_of_quarto(page: str) -> str:
    """Return the policy of a page that Quarto wrote.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    str
        Of the scripts within the page, those may run that are outside its content, which may hold what a file says. The same
        goes for what Quarto's buttons do, which stands in attributes.
    """
    frame = _MAIN.sub("", page)
    scripts = [found[2] for found in _INLINE_SCRIPT.finditer(frame) if not _DATA.search(found[1])]
    handlers = [html.unescape(found[1]) for found in _HANDLER.finditer(_INLINE_SCRIPT.sub("", frame))]
    return policy(scripts, handlers, files=True)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
