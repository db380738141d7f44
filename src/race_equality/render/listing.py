"""The site's list of trusts, on its first page."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from race_equality.errors import RaceEqualityError
from race_equality.files import write_atomically
from race_equality.markdown import without_escapes
from race_equality.render.extension import EXTENSION, extension_of
from race_equality.render.front_matter import read_front_matter
from race_equality.render.policy import script
from race_equality.render.staging import EXECUTED

_PLACE = re.compile(r"(<!-- trusts -->\n).*?(<!-- /trusts -->)", re.DOTALL)

#: The region of trusts without one. These two come last.
_NO_REGION = "Other"
_LAST = ("Demonstration", _NO_REGION)
_SHORT_LIST = 12
_PAGE_LINK = re.compile(r'<li>\s*<a\s[^>]*?href="(?:\./)?(notebooks/[^"#]+\.html)"[^>]*>.*?</li>\s*', re.DOTALL)


@dataclass(frozen=True, order=True)
class TrustPage:
    """One line of the list.

    Parameters
    ----------
    region, name, code, kind : str
    address : str
        The page in the site.
    pdf : str
        The PDF's address; "" when there is none.
    figures : str
        The address of the spreadsheet of its figures; "" when there is none.
    merged : tuple of str
        Codes of the organisations that merged into it, by which it is found as well.
    more : tuple of tuple of str
        Address and title of each further page about the trust.
    """

    region: str
    name: str
    code: str
    kind: str
    address: str
    pdf: str
    figures: str = ""
    merged: tuple[str, ...] = ()
    more: tuple[tuple[str, str], ...] = ()


_front_matter_cache: dict[tuple[Path, int, int], dict[str, Any]] = {}


def trust_pages(project_dir: Path, site_dir: Path) -> list[TrustPage]:
    """Find the trusts that have a page in the site.

    Parameters
    ----------
    project_dir : Path
        The staged project; its executed notebooks' front matter names the trust
        (``trust: {code, name, region, kind}``).
    site_dir : Path
        The site; pages of earlier builds count as well.

    Returns
    -------
    list of TrustPage
        By region, then by name.
    """
    pages = []
    files = sorted((site_dir / "trusts").glob("*.html"))
    more: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        code, _, notebook = file.stem.partition("-")  # a code has no hyphen
        if notebook:
            about = _front_matter(project_dir / "trusts" / f"{file.stem}.ipynb")
            title = without_escapes(str(about.get("subtitle") or notebook))
            more.setdefault(code, []).append((f"trusts/{file.name}", title))
    for file in files:
        code = file.stem
        if "-" in code:
            continue
        about = _front_matter(project_dir / "trusts" / f"{code}.ipynb")
        trust = named if isinstance(named := about.get("trust"), dict) else _look_up(code)
        pdf, figures = file.with_suffix(".pdf"), file.with_name(f"{code}-figures.ods")
        pages.append(
            TrustPage(
                region=str(trust.get("region") or _NO_REGION),
                name=str(trust.get("name") or without_escapes(str(about.get("title") or code))),
                code=str(trust.get("code") or code),
                kind=str(trust.get("kind") or ""),
                address=f"trusts/{file.name}",
                pdf=f"trusts/{pdf.name}" if pdf.is_file() else "",
                figures=f"trusts/{figures.name}" if figures.is_file() else "",
                merged=_merged_into(code),
                more=tuple(more.get(code, ())),
            )
        )
    return sorted(pages, key=lambda page: (page.region in _LAST, page.region, page.name.lower()))


def listing_html(pages: Iterable[TrustPage], extension: Path = EXTENSION) -> str:
    """Make the list of trusts: a table by region, and the script that adds a search box.

    Parameters
    ----------
    pages : iterable of TrustPage
        In order.
    extension : Path, optional
        The folder of the extension that the script is in.

    Returns
    -------
    str
        HTML; empty when there are no pages.
    """
    pages = list(pages)
    if not pages:
        return ""
    rows = []
    regions = []
    for region, members in itertools.groupby(pages, key=lambda page: page.region):
        identifier = "region-" + re.sub(r"[^a-z]+", "-", region.lower()).strip("-")
        regions.append(f'<li><a href="#{identifier}">{html.escape(region)}</a></li>')
        rows.append(f'<tbody id="{identifier}"><tr><th scope="rowgroup" colspan="4">{html.escape(region)}</th></tr>')
        for page in members:
            name = html.escape(page.name)
            find = html.escape(" ".join([page.name, page.code, page.region, page.kind, *page.merged]))
            pdf = (
                f'<a href="{html.escape(page.pdf)}">PDF<span class="visually-hidden"> of {name}</span></a>'
                if page.pdf
                else "None"
            )
            if page.figures:
                pdf += (
                    f', <a href="{html.escape(page.figures)}">figures'
                    f'<span class="visually-hidden"> of {name}, ODS</span></a>'
                )
            for address, title in page.more:
                pdf += (
                    f', <a href="{html.escape(address)}">{html.escape(title)}'
                    f'<span class="visually-hidden"> of {name}</span></a>'
                )
            rows.append(
                f'<tr data-find="{find}"><th scope="row"><a href="{html.escape(page.address)}">{name}</a></th>'
                f"<td>{html.escape(page.code)}</td>"
                f"<td>{html.escape(page.kind.capitalize()) or 'Not stated'}</td><td>{pdf}</td></tr>"
            )
        rows.append("</tbody>")
    # a short list needs no links to regions
    jump = (
        f'<nav class="regions" aria-label="Regions"><ul>{"".join(regions)}</ul></nav>\n'
        if len(pages) > _SHORT_LIST
        else ""
    )
    return (
        f'{jump}<div class="table-scroll" role="region" aria-label="Trusts and their reports" tabindex="0">\n'
        '<table id="trusts" class="trusts" data-quarto-disable-processing="true">\n'
        "<caption>Trusts with a report, by region</caption>\n"
        '<thead><tr><th scope="col">Trust</th><th scope="col">Code</th>'
        '<th scope="col">Type</th><th scope="col">Downloads</th></tr></thead>\n'
        + "\n".join(rows)
        + f"\n</table>\n</div>\n<script>{script('find-trust.js', extension)}</script>"
    )


def replace_listing(index: str, html: str) -> str:
    """Put HTML into the place of the list in the first page's source.

    Parameters
    ----------
    index : str
    html : str
        If empty, `index` is returned unchanged.

    Returns
    -------
    str

    Raises
    ------
    RaceEqualityError
        When the lines are not there.
    """
    if not _PLACE.search(index):
        raise RaceEqualityError(
            "index.qmd has no place for the list of trusts. Put back its lines <!-- trusts --> and <!-- /trusts -->."
        )
    return _replaced(index, f"```{{=html}}\n{html}\n```") if html else index


def list_executed(project_dir: Path, site_dir: Path) -> None:
    """Put the trusts that have a page into the first page that a plain ``quarto render`` made.

    Parameters
    ----------
    project_dir : Path
        The checkout.
    site_dir : Path
    """
    index = site_dir / "index.html"
    if index.is_file() and (listing := listing_of(project_dir / EXECUTED, site_dir / EXECUTED)):
        listing = listing.replace('href="trusts/', f'href="{EXECUTED}/trusts/')
        write_atomically(index, _replaced(index.read_text(encoding="utf-8"), listing))


def _replaced(text: str, listing: str) -> str:
    return _PLACE.sub(lambda place: f"{place[1]}{listing}\n{place[2]}", text)


def listing_of(project_dir: Path, site_dir: Path) -> str:
    """Make the list of the trusts that have a page, and of the files about all of them.

    Parameters
    ----------
    project_dir, site_dir : Path

    Returns
    -------
    str
        HTML; empty when there are no pages.
    """
    listing = listing_html(trust_pages(project_dir, site_dir), extension_of(project_dir))
    return listing + downloads_html(site_dir) if listing else ""


def without_missing_pages(page: str, site_dir: Path) -> str:
    """Leave out the first page's links to pages that were not made.

    Parameters
    ----------
    page : str
        The first page's HTML.
    site_dir : Path

    Returns
    -------
    str
    """
    return _PAGE_LINK.sub(lambda link: link[0] if (site_dir / link[1]).is_file() else "", page)


def downloads_html(site_dir: Path) -> str:
    """Say which files with the figures of all trusts the site holds.

    Parameters
    ----------
    site_dir : Path

    Returns
    -------
    str
        HTML; empty when there are none.
    """
    files = {
        "all-trusts.csv": "Findings of all trusts (CSV)",
        "all-trusts.parquet": "Findings of all trusts (Parquet)",
        "figures.csv": "Published figures of all trusts, each year and month held (CSV)",
        "figures.parquet": "Published figures of all trusts, each year and month held (Parquet)",
        "all-trusts.sqlite": "Findings and published figures in one database (SQLite)",
        "datapackage.json": "What each file and column holds (Frictionless data package)",
        "codebook.csv": "What each column and measure means (CSV)",
    }
    links = [
        f'<li><a href="downloads/{name}">{html.escape(text)}</a></li>'
        for name, text in files.items()
        if (site_dir / "downloads" / name).is_file()
    ]
    if not links:
        return ""
    return f'\n<h3 id="figures-to-download">Figures to download</h3>\n<ul>\n{"".join(links)}\n</ul>'


def write_listing(project_dir: Path, site_dir: Path) -> None:
    """Put the trusts that have a page into the staged ``index.qmd``.

    Parameters
    ----------
    project_dir, site_dir : Path

    Raises
    ------
    RaceEqualityError
        When ``index.qmd`` is missing or has no place for the list.
    """
    index = project_dir / "index.qmd"
    try:
        text = index.read_text(encoding="utf-8")
    except OSError as error:
        raise RaceEqualityError(f"index.qmd cannot be read: {error.strerror}.") from None
    write_atomically(index, replace_listing(text, listing_of(project_dir, site_dir)))


def _front_matter(file: Path) -> dict[str, Any]:
    """Read a notebook's front matter, once for each version of the file."""
    try:
        state = file.stat()
    except OSError:
        return {}
    key = (file, state.st_mtime_ns, state.st_size)
    if key not in _front_matter_cache:
        try:
            _front_matter_cache[key] = read_front_matter(file)
        except RaceEqualityError:
            # being written or broken: the list does without it
            return {}
    return _front_matter_cache[key]


@cache
def _merged_into(code: str) -> tuple[str, ...]:
    from race_equality.store.trusts import resolve_trust

    try:
        return tuple(resolve_trust(code).predecessors)
    except RaceEqualityError:
        return ()


@cache
def _look_up(code: str) -> dict[str, str]:
    """Return what the list of trusts holds about a code."""
    from race_equality.store.trusts import resolve_trust

    try:
        trust = resolve_trust(code)
    except RaceEqualityError:
        return {}
    return {"code": trust.code, "name": trust.name, "region": trust.region, "kind": trust.kind}
