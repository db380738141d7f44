"""The built-in renderer: a page's HTML and PDF by Pandoc and typst."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from race_equality.render.config import NavigationItem, SiteConfig, document_date, page_address
from race_equality.render.fonts import SITE_FONT, with_font_address
from race_equality.render.formats import Format
from race_equality.render.notebook import PageSource, put_back_pictures
from race_equality.render.pandoc import Form, Translator, Translators, convert
from race_equality.render.pdf import compile_pdf
from race_equality.render.policy import SCRIPTS, policy, script
from race_equality.render.staging import ASSETS
from race_equality.render.vega import MARK

_READER = "markdown-tex_math_dollars"
_FILTERS = ("native-blocks.lua", "numbering.lua")
_PAPER = ("papersize", "margin", "mainfont", "fontsize")
_WRITER = {"wrap_text": "none", "highlight_method": "none"}
#: The beginning of an address that counts from the page.
_RELATIVE = re.compile(r'\bhref="(?![a-z]+:|[#/])')
#: Written by race_equality.report.board_markup after the board's summary.
_SUMMARY_ENDS = "<!--board-summary-ends-->"
#: Scripts that a page has where this stands in it; all pages have the others.
_ONLY_WITH = {"find-trust.js": 'id="tbl-trusts"', "compare.js": 'id="compare-data"', "explore.js": MARK}


@dataclass(frozen=True)
class Translation:
    """A page as Pandoc writes it.

    Parameters
    ----------
    html : str
        The parts of ``fragment.html``.
    typst : str
        "" when it was not asked for.
    """

    html: str
    typst: str = ""


def translated_page(
    page: PageSource,
    config: SiteConfig,
    translator: Translator | Translators,
    *,
    toc: bool | None = None,
    pdf: bool = True,
) -> Translation:
    """Translate a page's text, once for its HTML and its PDF.

    Parameters
    ----------
    page : PageSource
    config : SiteConfig
    translator : Translator or Translators
    toc : bool, optional
        A table of contents in the HTML; the site's setting by default.
    pdf : bool, optional
        Write the PDF's text as well.

    Returns
    -------
    Translation

    Raises
    ------
    RaceEqualityError
        When Pandoc fails.
    """
    forms = [_html_form(bool(page.front_matter.get("toc", config.toc)) if toc is None else toc, config)]
    if pdf:
        forms.append(_typst_form(config))
    return Translation(*translator.translate(_with_front_matter(page, config), forms, reader=_READER))


def _filters(config: SiteConfig) -> tuple[str, ...]:
    return tuple(str(config.extension / "filters" / name) for name in _FILTERS)


def _html_form(toc: bool, config: SiteConfig) -> Form:
    return Form(
        format="html5",
        template=str(ASSETS / "web" / "fragment.html"),
        filters=_filters(config),
        options={
            **_WRITER,
            # the caption is the chart's title, so it comes first
            "figure_caption_position": "above",
            "table_caption_position": "above",
            "table_of_contents": toc,
            "toc_depth": config.toc_depth,
        },
    )


def _typst_form(config: SiteConfig) -> Form:
    return Form(
        format="typst",
        template=str(config.extension / "typst" / "report.typ"),
        filters=_filters(config),
        options={**_WRITER, "table_of_contents": config.pdf_toc, "toc_depth": config.toc_depth},
        # quotation marks as the text has them, and not as typst would guess
        extensions={"smart": False},
    )


def page_html(
    page: PageSource,
    address: str,
    config: SiteConfig,
    *,
    formats: Sequence[Format] = (),
    navigation: Sequence[NavigationItem] | None = None,
    translation: Translation | None = None,
    is_alone: bool = False,
    notice: str = "",
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
    translation : Translation, optional
        Of the page, when it is there already.
    is_alone : bool, optional
        Put the font into the page, which then loads nothing; otherwise it loads the site's.
    notice : str, optional
        What stays in sight on the screen, and stands on each printed page.

    Returns
    -------
    str
        A whole page.

    Raises
    ------
    RaceEqualityError
        When Pandoc fails.
    """
    if translation is None:
        with Translator() as translator:
            translation = translated_page(page, config, translator, pdf=False)
    title, subtitle, contents, body = (part.strip() for part in translation.html.split("<!--part-->", 3))
    body = put_back_pictures(body, page.pictures)
    summary, mark, after = body.partition(_SUMMARY_ENDS)
    summary, body = (summary, after) if mark else ("", body)
    up = "../" * (len(PurePosixPath(address).parts) - 1)
    return _template().render(
        language=config.language,
        notice=notice,
        site_title=config.title,
        home=f"{up}index.html",
        is_home=address == "index.html",
        title=title or html.escape(config.title),
        window_title=_window_title(title, subtitle, config.title),
        subtitle=subtitle,
        date=str(page.front_matter.get("date") or ""),
        navigation=[
            {"text": item.text, "href": _relative(item.href, up), "current": page_address(item.href) == address}
            for item in (config.navigation if navigation is None else navigation)
        ],
        formats=formats,
        toc_title=config.toc_title,
        toc=contents,
        # the board's summary takes the width of the page, before the contents go next to the rest
        summary=summary,
        body=body,
        footer=_RELATIVE.sub(rf"\g<0>{up}", _footer_html(config.footer)),
        css=with_font_address(_css(config.css), "" if is_alone else up + SITE_FONT),
        policy=policy(library=MARK in body, extension=config.extension),
        # in the page and not in files: a page may be sent by e-mail
        scripts=[script(name, config.extension) for name in SCRIPTS if _ONLY_WITH.get(name, "") in body],
        icon=_icon(config.extension),
    )


def page_pdf(page: PageSource, config: SiteConfig, *, translation: Translation | None = None) -> bytes:
    """Make the PDF of a page.

    Parameters
    ----------
    page : PageSource
    config : SiteConfig
    translation : Translation, optional
        Of the page, when it is there already.

    Returns
    -------
    bytes

    Raises
    ------
    RaceEqualityError
        When Pandoc or typst fails, for instance because a picture has no alternative text.
    """
    if translation is None:
        with Translator() as translator:
            translation = translated_page(page, config, translator)
    document = translation.typst
    return compile_pdf(
        document,
        page.pictures,
        standards=config.pdf_standards,
        date=document_date(page.front_matter, config),
        with_machine_fonts=config.pdf_setting("mainfont") is not None,
    )


def _with_front_matter(page: PageSource, config: SiteConfig) -> str:
    """Return the page's text with the settings that filters and templates read: the site's, then its own."""
    settings: dict[str, Any] = {
        "lang": config.language,
        "number-sections": config.number_sections,
        "running-title": str(config.pdf_setting("running-title") or config.title),
    }
    if "crossref" in config.metadata:
        settings["crossref"] = config.metadata["crossref"]
    if config.number_sections:
        settings["section-numbering"] = config.pdf_setting("section-numbering") or "1.1.1"
    settings |= {name: value for name in _PAPER if (value := config.pdf_setting(name)) is not None}
    if config.pdf_toc:
        settings["toc-title"] = config.toc_title
    for name in ("title", "subtitle", "lang", "number-sections"):
        if page.front_matter.get(name) is not None:
            settings[name] = page.front_matter[name]
    if page.front_matter.get("date"):
        settings["date"] = str(page.front_matter["date"])
    header = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{header}---\n\n{page.markdown}"


def _relative(href: str, up: str) -> str:
    if re.match(r"[a-z]+:|#", href):
        return href
    return up + page_address(href)


def _window_title(title: str, subtitle: str, site_title: str) -> str:
    parts = [re.sub(r"<[^>]+>", "", part) for part in (title, subtitle)]
    unique = dict.fromkeys([part for part in parts if part] + [html.escape(site_title)])
    return " – ".join(unique)


@cache
def _footer_html(markdown: str) -> str:
    return convert(markdown, ["--from=markdown", "--to=html5", "--wrap=none"])[0].strip() if markdown else ""


@cache
def _css(files: tuple[Path, ...]) -> str:
    own = (ASSETS / "web" / "page.css").read_text(encoding="utf-8")
    return "\n".join([*(file.read_text(encoding="utf-8") for file in files), own])


@cache
def _icon(extension: Path) -> str:
    svg = (extension / "web" / "favicon.svg").read_bytes().strip()
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
