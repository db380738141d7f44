"""Make one report as one file, to send by e-mail."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.errors import InputError, RaceEqualityError
from race_equality.files import is_seen_by_git
from race_equality.render.builtin import page_html
from race_equality.render.config import SiteConfig, page_address, read_config
from race_equality.render.notebook import read_page

_LINK = re.compile(r'<a\b([^>]*?)\shref="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_OUTSIDE_OR_WITHIN = re.compile(r"[a-z][a-z0-9+.-]*:|#", re.IGNORECASE)


#: In the mark of what shows a trust's own return, and of the edition for its board alone.
NOT_PUBLIC = "not for publication"


def refuse_in_git(to: Path, page: str) -> None:
    """Refuse to write a page that is not public where git would offer to commit it.

    Parameters
    ----------
    to : Path
        The file that would be written.
    page : str
        Its HTML.

    Raises
    ------
    RaceEqualityError
    """
    if NOT_PUBLIC in page and is_seen_by_git(to):
        raise RaceEqualityError(
            f"{to} would be offered to git, and the report shows figures of the trust's own return, which are not for "
            "publication. Leave --to out, or name a file outside the repository."
        )


def single_file(project_dir: Path, page: str, *, notice: str = "") -> str:
    """Make a page that needs no other file and leads to none.

    Parameters
    ----------
    project_dir : Path
        A build's project, with the executed notebook.
    page : str
        Such as ``trusts/RJ1.ipynb``.
    notice : str, optional
        What stays in sight, as for :func:`race_equality.render.builtin.page_html`.

    Returns
    -------
    str
        HTML with its pictures, style, font and script in it. Links within the page and to the web stay. A link
        to another page or file of the site leads to the site's address if ``website: site-url`` in
        ``_quarto.yml`` gives one; otherwise only its text remains.

    Raises
    ------
    InputError
        When the notebook is not there.
    RaceEqualityError
        When Pandoc fails.

    Notes
    -----
    The built-in renderer makes it: Quarto's pages need the site's ``site_libs``.
    """
    config = read_config(project_dir)
    if not (project_dir / page).is_file():
        raise InputError("It has not been made yet.", file=project_dir / page, mend="Build the report first.")
    source = read_page(project_dir / page, settings=config.metadata)
    html = page_html(source, page_address(page), config, navigation=(), formats=(), is_alone=True, notice=notice)
    return _LINK.sub(lambda link: _outside_link(link, page_address(page), config), html)


def _outside_link(link: re.Match[str], address: str, config: SiteConfig) -> str:
    before, href, after, words = link.groups()
    if _OUTSIDE_OR_WITHIN.match(href):
        return link[0]
    if config.site_url:
        from urllib.parse import urljoin

        whole = urljoin(urljoin(config.site_url.rstrip("/") + "/", address), href)
        return f'<a{before} href="{whole}"{after}>{words}</a>'
    return words
