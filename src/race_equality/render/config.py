"""The settings in ``_quarto.yml`` that both renderers read."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import InputError

#: The date of a PDF whose page gives none. Every PDF must have a date, and the day of the build would
#: make two builds of the same figures differ.
_NO_DATE = 315532800  # 1 January 1980, as in ZIP files


@dataclass(frozen=True)
class NavigationItem:
    """One link of the navigation bar.

    Parameters
    ----------
    text : str
    href : str
        A source of the project (``index.qmd``) or an address.
    """

    text: str
    href: str


@dataclass(frozen=True)
class SiteConfig:
    """The settings of ``_quarto.yml`` that decide what a page looks like.

    Parameters
    ----------
    title : str
        The site's.
    language : str
        BCP 47, such as ``en-GB``.
    navigation : tuple of NavigationItem
    footer : str
        Markdown.
    toc : bool
        A table of contents in the page.
    toc_title : str
    toc_depth : int
        Levels of headings in it.
    pdf_toc : bool
        A table of contents in the PDF.
    number_sections : bool
    pdf_standards : tuple of str
        As typst names them.
    css : tuple of Path
        Style sheets of the project, for content (not for a renderer's own frame).
    site_url : str
        The address of the site; "" when it is not set.
    metadata : mapping
        The whole file, which Pandoc's filters read their settings from.
    """

    title: str
    language: str
    navigation: tuple[NavigationItem, ...]
    footer: str
    toc: bool
    toc_title: str
    toc_depth: int
    pdf_toc: bool
    number_sections: bool
    pdf_standards: tuple[str, ...]
    css: tuple[Path, ...]
    site_url: str
    metadata: Mapping[str, Any]

    def navigation_to(self, site_dir: Path, made: Collection[str]) -> tuple[NavigationItem, ...]:
        """Return the links to pages that exist or are being made.

        Parameters
        ----------
        site_dir : Path
            The site, with the pages of earlier builds.
        made : collection of str
            Addresses of the pages that are being made.

        Returns
        -------
        tuple of NavigationItem
        """
        return tuple(
            item
            for item in self.navigation
            if "://" in item.href or (address := page_address(item.href)) in made or (site_dir / address).is_file()
        )


def read_config(project_dir: Path) -> SiteConfig:
    """Read the settings of a Quarto project.

    Parameters
    ----------
    project_dir : Path
        The folder of ``_quarto.yml``.

    Returns
    -------
    SiteConfig

    Raises
    ------
    InputError
        When the file is missing, is not YAML, or a setting has the wrong form.
    """
    file = project_dir / "_quarto.yml"
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"It cannot be read ({error.strerror}).", file=file) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"It is not YAML: {getattr(error, 'problem', None) or error}.",
            file=file,
            row=mark.line + 1 if mark else None,
        ) from None
    if not isinstance(settings, dict):
        raise InputError("It holds no settings.", file=file)

    website = _mapping(settings, "website", file)
    formats = _mapping(settings, "format", file)
    page, pdf = _mapping(formats, "html", file), _mapping(formats, "typst", file)
    css = page.get("css", settings.get("css", []))
    return SiteConfig(
        title=str(website.get("title", "")),
        language=str(settings.get("lang", "en")),
        navigation=tuple(_navigation(website, file)),
        footer=_footer(website),
        toc=bool(page.get("toc", settings.get("toc", False))),
        toc_title=str(page.get("toc-title", settings.get("toc-title", "On this page"))),
        toc_depth=int(page.get("toc-depth", settings.get("toc-depth", 3))),
        pdf_toc=bool(pdf.get("toc", settings.get("toc", False))),
        number_sections=bool(settings.get("number-sections", False)),
        pdf_standards=tuple(_as_list(pdf.get("pdf-standard", settings.get("pdf-standard", [])))),
        css=tuple(project_dir / name for name in _as_list(css)),
        site_url=_site_url(website, file),
        metadata=settings,
    )


def page_address(href: str) -> str:
    """Return the address in the site of a source of the project (``x.ipynb`` gives ``x.html``)."""
    for ending in (".ipynb", ".qmd", ".md"):
        if href.endswith(ending):
            return href.removesuffix(ending) + ".html"
    return href


def makes_pdf(front_matter: Mapping[str, Any], config: SiteConfig) -> bool:
    """Return whether a page has a PDF: ``format`` in its front matter, else the project's formats."""
    formats = front_matter.get("format", config.metadata.get("format", {}))
    return formats == "typst" or (isinstance(formats, (dict, list)) and "typst" in formats)


def document_date(front_matter: Mapping[str, Any]) -> int:
    """Return the moment that a PDF gives as its date, in seconds since 1970.

    Parameters
    ----------
    front_matter : mapping
        Of the page; ``date`` counts when it is a date.

    Returns
    -------
    int
        ``SOURCE_DATE_EPOCH`` if it is set (https://reproducible-builds.org/specs/source-date-epoch/),
        else the page's date, else a constant.
    """
    if (epoch := os.environ.get("SOURCE_DATE_EPOCH", "")).isdigit():
        return int(epoch)
    date = front_matter.get("date")
    if isinstance(date, str):
        try:
            date = datetime.date.fromisoformat(date)
        except ValueError:
            return _NO_DATE
    if isinstance(date, datetime.date):
        midnight = datetime.datetime(date.year, date.month, date.day, tzinfo=datetime.UTC)
        return int(midnight.timestamp())
    return _NO_DATE


def _navigation(website: Mapping[str, Any], file: Path):
    bar = _mapping(website, "navbar", file)
    for side in ("left", "right"):
        for item in bar.get(side) or []:
            if isinstance(item, str):
                item = {"href": item, "text": Path(item).stem}
            if not isinstance(item, dict) or "href" not in item:
                raise InputError(f"The navigation item {item!r} has no href.", file=file)
            yield NavigationItem(text=str(item.get("text", item["href"])), href=str(item["href"]))


def _site_url(website: Mapping[str, Any], file: Path) -> str:
    address = str(website.get("site-url") or "")
    if address and not re.match(r"https?://[^/\s]+", address):
        raise InputError(f"website: site-url must begin with https://, not {address!r}.", file=file)
    return address


def _footer(website: Mapping[str, Any]) -> str:
    footer = website.get("page-footer") or ""
    if isinstance(footer, dict):
        footer = " ".join(str(footer[side]) for side in ("left", "center", "right") if side in footer)
    return str(footer)


def _mapping(settings: Mapping[str, Any], name: str, file: Path) -> Mapping[str, Any]:
    value = settings.get(name)
    if value is None or value == "default":
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{name} must hold settings, not {value!r}.", file=file)
    return value


def _as_list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
