"""The site's list of its pages for search engines, where the site has an address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from race_equality.files import write_atomically
from race_equality.render.config import SiteConfig


def write_sitemap(site_dir: Path, config: SiteConfig) -> None:
    """Write ``sitemap.xml`` and ``robots.txt`` if ``website: site-url`` is set.

    Parameters
    ----------
    site_dir : Path
        All its pages are listed, also those of earlier builds.
    config : SiteConfig

    Notes
    -----
    The protocol of https://www.sitemaps.org/protocol.html. No ``lastmod``: the day of a build says
    nothing about the day on which a page's figures changed, and two builds would differ.
    """
    if not config.site_url:
        return
    pages = sorted(
        file.relative_to(site_dir).as_posix()
        for folder in (".", "notebooks", "trusts")
        for file in (site_dir / folder).glob("*.html")
    )
    home = config.site_url.rstrip("/") + "/"
    addresses = "".join(
        f"  <url><loc>{escape(home + ('' if page == 'index.html' else quote(page)))}</loc></url>\n" for page in pages
    )
    write_atomically(
        site_dir / "sitemap.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{addresses}</urlset>\n',
    )
    write_atomically(site_dir / "robots.txt", f"Sitemap: {home}sitemap.xml\n")
