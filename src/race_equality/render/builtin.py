"""The built-in renderer: a page's HTML and PDF by Pandoc and typst."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from race_equality.render.config import NavigationItem, SiteConfig, document_date, page_address
from race_equality.render.files import ASSETS
from race_equality.render.notebook import PageSource
from race_equality.render.pandoc import convert
from race_equality.render.pdf import compile_pdf

_FILTERS = (
    f"--lua-filter={ASSETS / 'filters' / 'native-blocks.lua'}",
    f"--lua-filter={ASSETS / 'filters' / 'numbering.lua'}",
)
_COMMON = ("--from=markdown-tex_math_dollars", "--wrap=none", "--syntax-highlighting=none", *_FILTERS)
_PICTURE = re.compile(r'\bsrc="([0-9a-f]{16}\.\w+)"')


@dataclass(frozen=True)
class Format:
    """Another form of a page, which the page links to.

    Parameters
    ----------
    text : str
    href : str
        Relative to the page.
    """

    text: str
    href: str


def page_html(
    page: PageSource, address: str, config: SiteConfig, *, formats: Sequence[Format] = (),
    navigation: Sequence[NavigationItem] | None = None, toc: bool | None = None,
) -> str:
    """Make the HTML of a page.

    Parameters
    ----------
    page : PageSource
    address : str
        Of the page in the site, such as ``trusts/RJ1.html``.
    config : SiteConfig
    formats : sequence of Format
        Links to the PDF and the like.
    navigation : sequence of NavigationItem, optional
        The site's by default.
    toc : bool, optional
        The site's setting by default.

    Returns
    -------
    str
        A whole page, which loads nothing.

    Raises
    ------
    RaceEqualityError
        When Pandoc fails.
    """
    settings = _page_settings(page.front_matter, config)
    toc = bool(page.front_matter.get("toc", config.toc)) if toc is None else toc
    arguments = ["--to=html5", f"--template={ASSETS / 'web' / 'fragment.html'}", *_COMMON]
    # the caption holds what a chart's title would: it is read, and comes, first
    arguments += ["--figure-caption-position=above", "--table-caption-position=above"]
    if toc:
        arguments += ["--toc", f"--toc-depth={config.toc_depth}"]
    converted, _ = convert(_with_front_matter(settings, page.markdown), arguments)
    title, subtitle, contents, body = (part.strip() for part in converted.split("<!--part-->", 3))
    up = "../" * (len(PurePosixPath(address).parts) - 1)
    return _template().render(
        language=config.language,
        site_title=config.title,
        home=f"{up}index.html",
        is_home=address == "index.html",
        title=title or html.escape(config.title),
        window_title=_window_title(title, subtitle, config.title),
        subtitle=subtitle,
        date=str(page.front_matter.get("date") or ""),
        navigation=[
            {
                "text": item.text,
                "href": _relative(item.href, up),
                "current": page_address(item.href) == address,
            }
            for item in (config.navigation if navigation is None else navigation)
        ],
        formats=formats,
        toc_title=config.toc_title,
        toc=contents,
        body=_PICTURE.sub(lambda found: _picture_source(found, page.pictures), body),
        footer=_footer_html(config.footer),
        css=_css(config.css),
        script=_script(),
        icon=_icon(),
    )


def page_pdf(page: PageSource, config: SiteConfig) -> bytes:
    """Make the PDF of a page.

    Parameters
    ----------
    page : PageSource
    config : SiteConfig

    Returns
    -------
    bytes

    Raises
    ------
    RaceEqualityError
        When Pandoc or typst fails, for instance because a picture has no alternative text.
    """
    settings = _page_settings(page.front_matter, config)
    settings["running-title"] = config.title
    pdf = config.metadata.get("format", {}).get("typst")
    if config.number_sections:
        numbering = pdf.get("section-numbering") if isinstance(pdf, dict) else None
        settings["section-numbering"] = numbering or "1.1.1"
    # -smart: quotation marks as the text has them, and not as typst would guess
    arguments = ["--to=typst-smart", f"--template={ASSETS / 'typst' / 'report.typ'}", *_COMMON]
    if config.pdf_toc:
        arguments += ["--toc", f"--toc-depth={config.toc_depth}"]
        settings["toc-title"] = config.toc_title
    document, _ = convert(_with_front_matter(settings, page.markdown), arguments)
    return compile_pdf(
        document,
        page.pictures,
        standards=config.pdf_standards,
        date=document_date(page.front_matter),
    )


def _page_settings(front_matter: Mapping[str, Any], config: SiteConfig) -> dict[str, Any]:
    """What the filters and templates read: the page's fields over the site's."""
    settings: dict[str, Any] = {"lang": config.language, "number-sections": config.number_sections}
    if "crossref" in config.metadata:
        settings["crossref"] = config.metadata["crossref"]
    for name in ("title", "subtitle", "lang", "number-sections"):
        if front_matter.get(name) is not None:
            settings[name] = front_matter[name]
    if front_matter.get("date"):
        settings["date"] = str(front_matter["date"])
    return settings


def _with_front_matter(settings: Mapping[str, Any], markdown: str) -> str:
    header = yaml.safe_dump(dict(settings), allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{header}---\n\n{markdown}"


def _relative(href: str, up: str) -> str:
    if re.match(r"[a-z]+:|#", href):
        return href
    return up + page_address(href)


def _window_title(title: str, subtitle: str, site_title: str) -> str:
    parts = [re.sub(r"<[^>]+>", "", part) for part in (title, subtitle)]
    unique = dict.fromkeys([part for part in parts if part] + [html.escape(site_title)])
    return " – ".join(unique)


def _picture_source(found: re.Match[str], pictures: Mapping[str, str]) -> str:
    name = found[1]
    return f'src="{html.escape(pictures[name])}"' if name in pictures else found[0]


@cache
def _footer_html(markdown: str) -> str:
    return convert(markdown, ["--from=markdown", "--to=html5", "--wrap=none"])[0].strip() if markdown else ""


@cache
def _css(files: tuple[Path, ...]) -> str:
    own = (ASSETS / "web" / "page.css").read_text(encoding="utf-8")
    return "\n".join([*(file.read_text(encoding="utf-8") for file in files), own])


@cache
def _script() -> str:
    return (ASSETS / "web" / "scroll.js").read_text(encoding="utf-8")


@cache
def _icon() -> str:
    svg = (ASSETS / "web" / "favicon.svg").read_bytes().strip()
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


@cache
def _template():
    import jinja2

    # What Pandoc wrote is HTML already and marked so in the template; all else is escaped.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS / "web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.jinja")
