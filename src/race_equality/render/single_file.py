"""Make one report as one file, to send by e-mail."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.errors import InputError
from race_equality.render.builtin import page_html
from race_equality.render.config import SiteConfig, page_address, read_config
from race_equality.render.notebook import read_page

_LINK = re.compile(r'<a\b([^>]*?)\shref="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_OUTSIDE_OR_WITHIN = re.compile(r"[a-z][a-z0-9+.-]*:|#", re.IGNORECASE)


def single_file(project_dir: Path, page: str) -> str:
    """Make a page that needs no other file and leads to none.

    Parameters
    ----------
    project_dir : Path
        A build's project, with the executed notebook.
    page : str
        Such as ``trusts/RJ1.ipynb``.

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
    source = read_page(project_dir / page)
    html = page_html(source, page_address(page), config, navigation=(), formats=(), is_alone=True)
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
