"""The settings in ``_quarto.yml`` that both renderers read."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import InputError
from race_equality.render.contributions import Contribution, merged, read_contribution, split_format
from race_equality.render.edition import KEY as EDITION_KEY
from race_equality.render.edition import Edition, edition_in
from race_equality.render.extension import EXTENSION, IN_PROJECT, NAME, extension_of
from race_equality.render.quarto_settings import (
    FIELDS_FOLLOWED,
    FIELDS_NOT_APPLICABLE,
    FILES_REFUSED,
    FOLLOWED,
    NOT_APPLICABLE,
)

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
        The whole file with what the extensions of its formats contribute, by the formats that those rest on
        (``format.html`` of ``race-equality-html``). Pandoc's filters read their settings from it.
    other_pages : tuple of str
        Pages that ``project: render`` names besides the first one and notebooks, such as ``about.qmd``.
    not_followed : tuple of InputError
        Settings that Quarto follows and the built-in renderer does not, with their lines.
    edition : Edition
        What the site is an edition of.
    extension : Path
        The folder of the extension whose filters, scripts and templates pages are made with.
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
    other_pages: tuple[str, ...] = ()
    not_followed: tuple[InputError, ...] = ()
    edition: Edition = Edition()
    extension: Path = EXTENSION

    def check_for_built_in(self) -> None:
        """Refuse settings that the built-in renderer would drop.

        Raises
        ------
        InputError
            With the name and the line of the first.
        """
        for error in self.not_followed:
            raise error

    def pdf_setting(self, name: str) -> Any:
        """Return a setting of the PDF: of its format, else of all formats; None when there is none."""
        pdf = self.metadata.get("format", {}).get("typst")
        return pdf[name] if isinstance(pdf, dict) and name in pdf else self.metadata.get(name)

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
        made = {*made, *map(page_address, self.other_pages)}
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
        text = file.read_text(encoding="utf-8")
        settings = yaml.safe_load(text)
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

    if isinstance(named := settings.get("format"), str):  # as short as Quarto takes it
        settings["format"] = {named: "default"}
    asked = settings
    settings, contributions = _with_contributions(settings, project_dir, file)
    website = _mapping(settings, "website", file)
    formats = _mapping(settings, "format", file)
    page, pdf = _mapping(formats, "html", file), _mapping(formats, "typst", file)
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
        css=tuple(project_dir / name for name in _as_list(_css(settings))),
        site_url=_site_url(website, file),
        metadata=settings,
        other_pages=tuple(_other_pages(settings, project_dir)),
        not_followed=tuple(_not_followed(asked, text, file, contributions)),
        edition=edition_in(settings, file),
        extension=extension_of(project_dir),
    )


def _with_contributions(
    settings: dict[str, Any], project_dir: Path, file: Path
) -> tuple[dict[str, Any], dict[str, Contribution]]:
    """Add what the extensions of formats contribute, below what the project says itself."""
    formats = settings.get("format")
    if not isinstance(formats, dict):
        return settings, {}
    found: dict[str, Contribution] = {}
    common: dict[str, Any] = {}
    by_base: dict[str, Any] = {}
    for name, own in formats.items():
        extension, base = split_format(str(name))
        if extension and extension not in found:
            contribution = read_contribution(project_dir, extension)
            if contribution is None:
                raise InputError(f"format.{name} is of an extension that is not in _extensions/.", file=file)
            found[extension] = contribution
            common = merged(common, contribution.common)
        if extension and (own in (None, "default") or isinstance(own, dict)):
            contributed = found[extension].formats.get(base, {})
            # the project's settings of all formats stand over the extension's of one
            contributed = {key: merged(value, settings.get(key, value)) for key, value in contributed.items()}
            own = merged(contributed, own if isinstance(own, dict) else {})
        by_base[base] = own
    return merged(common, settings) | {"format": by_base}, found


def page_address(href: str) -> str:
    """Return the address in the site of a source of the project (``x.ipynb`` gives ``x.html``), or of a place in it."""
    source, mark, place = href.partition("#")
    for ending in (".ipynb", ".qmd", ".md"):
        if source.endswith(ending):
            return f"{source.removesuffix(ending)}.html{mark}{place}"
    return href


def check_fields(fields: Mapping[str, Any], text: str, file: Path) -> None:
    """Refuse what the top of a page asks for and the built-in renderer does not follow.

    Parameters
    ----------
    fields : mapping
        Its front matter.
    text : str
        The same as it stands in the page, for the line.
    file : Path

    Raises
    ------
    InputError
        With the name and the line of the first, counted from the line of ``---``.
    """
    for name in _fields_not_followed(fields):
        block = text.partition("---")[2].partition("\n---")[0]
        line = _lines(yaml.compose(block, Loader=yaml.SafeLoader)).get(name, 1)
        raise InputError(
            f"Front matter, line {line}: the built-in renderer does not follow {name}.",
            file=file,
            mend="Take it out, or render with Quarto (--renderer quarto).",
        )


def _fields_not_followed(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if name not in FIELDS_FOLLOWED | FIELDS_NOT_APPLICABLE:
            yield str(name)
        elif name == "execute" and isinstance(value, dict):
            known = (FOLLOWED["execute"] - {"ipynb-filters"}) | NOT_APPLICABLE["execute"]
            yield from (f"execute.{option}" for option in value if option not in known)
        elif name == "format":
            # a page says which formats it has; what they look like is the project's
            formats = value if isinstance(value, dict) else {str(value): {}}
            for one, settings in formats.items():
                _, base = split_format(str(one))
                if base not in FOLLOWED["format"]:
                    yield f"format.{one}" if isinstance(value, dict) else "format"
                for option in settings if isinstance(settings, dict) else ():
                    if option not in NOT_APPLICABLE[f"format.{base}"]:
                        yield f"format.{one}.{option}"


def makes_pdf(front_matter: Mapping[str, Any], config: SiteConfig) -> bool:
    """Return whether a page has a PDF: ``format`` in its front matter, else the project's formats."""
    formats = front_matter.get("format", config.metadata.get("format", {}))
    names = formats if isinstance(formats, (dict, list)) else [formats]
    return any(split_format(str(name))[1] == "typst" for name in names)


def document_date(front_matter: Mapping[str, Any], config: SiteConfig) -> int:
    """Return the moment that a PDF gives as its date, in seconds since 1970.

    Parameters
    ----------
    front_matter : mapping
        Of the page; ``date`` counts when it is a date.
    config : SiteConfig
        Its edition has the date of what the site is made from.

    Returns
    -------
    int
        ``SOURCE_DATE_EPOCH`` if it is set (https://reproducible-builds.org/specs/source-date-epoch/),
        else the page's date, else the site's, else a constant. Never the clock's, so that the same files make the same PDF.
    """
    # what a build was told stands in its staged project: its processes, and a later verification, need no variable
    staged = config.edition != Edition()
    epoch = config.edition.epoch if staged else os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return int(epoch)
    date = front_matter.get("date") or config.edition.date
    if isinstance(date, str):
        try:
            date = datetime.date.fromisoformat(date)
        except ValueError:
            return _NO_DATE
    if isinstance(date, datetime.date):
        midnight = datetime.datetime(date.year, date.month, date.day, tzinfo=datetime.UTC)
        return int(midnight.timestamp())
    return _NO_DATE


def _other_pages(settings: Mapping[str, Any], project_dir: Path) -> list[str]:
    project = settings.get("project")
    found: dict[str, None] = {}
    for pattern in _as_list((project.get("render") if isinstance(project, dict) else None) or []):
        names = [
            file.relative_to(project_dir).as_posix()
            for file in sorted(project_dir.glob(pattern.removeprefix("!").lstrip("/")))
            if file.suffix in (".qmd", ".md")
        ]
        if pattern.startswith("!"):
            found = {name: None for name in found if name not in names}
        else:
            found |= dict.fromkeys(name for name in names if name != "index.qmd")
    return list(found)


def _navigation(website: Mapping[str, Any], file: Path) -> Iterator[NavigationItem]:
    bar = _mapping(website, "navbar", file)
    for side in ("left", "right"):
        for item in bar.get(side) or []:
            yield from _links(item)


def _links(item: Any) -> Iterator[NavigationItem]:
    """Give the link of an item, or those of its menu, one after the other."""
    if isinstance(item, str) and item.strip("-"):
        yield NavigationItem(Path(item).stem, item)
    elif isinstance(item, dict) and isinstance(item.get("menu"), list):
        for entry in item["menu"]:
            yield from _links(entry)
    elif isinstance(item, dict) and (href := item.get("href", item.get("file"))):
        yield NavigationItem(str(item.get("text", item.get("aria-label", href))), str(href))


#: What is in each text of settings that stand for the extension's own parts, which both renderers have.
_OWN = f"{IN_PROJECT.as_posix()}/"
_HAS_OWN = {
    "filters": _OWN,
    "format.html.theme": _OWN,
    "format.html.mainfont": "Arimo",
    "format.typst.template-partials": _OWN,
    "execute.ipynb-filters": _OWN,
}
_HAS_VALUE = {"fig-cap-location": "top", "tbl-cap-location": "top", "project.type": "website"}


def _not_followed(
    settings: Mapping[str, Any], text: str, file: Path, contributions: Mapping[str, Contribution]
) -> Iterator[InputError]:
    formats = settings.get("format")
    names = {split_format(str(name))[1]: str(name) for name in (formats if isinstance(formats, dict) else ())}
    own = {base: formats[name] for base, name in names.items()} if isinstance(formats, dict) else formats

    def in_project(path: str) -> str:
        section, dot, rest = path.partition(".")
        base, after, option = rest.partition(".")
        return f"format.{names.get(base, base)}{after}{option}" if section == "format" and dot else path

    yield from _each_not_followed({**settings, "format": own}, text, file, file.parent, in_project)
    for extension, contribution in contributions.items():
        used = {base for base, name in names.items() if split_format(name)[0] == extension} & FOLLOWED["format"]
        inside = {**contribution.common, "format": {base: contribution.formats.get(base, {}) for base in used}}

        def in_extension(path: str) -> str:
            place = path.removeprefix("format.") if path.startswith("format.") else f"common.{path}"
            return f"contributes.formats.{place}"

        yield from _each_not_followed(inside, contribution.text, contribution.file, file.parent, in_extension)
        if extension == NAME and (ours := read_contribution(EXTENSION.parents[1], NAME)):
            if contribution.version != ours.version:
                yield InputError(
                    f"It is of version {contribution.version}, and this package goes with {ours.version}.",
                    file=contribution.file,
                    mend=f"Replace {IN_PROJECT.as_posix()} by {EXTENSION}, or render with Quarto (--renderer quarto).",
                )
    for name in FILES_REFUSED:
        if (file.parent / name).is_file():
            yield InputError(
                "The built-in renderer does not follow this file, which Quarto applies to all pages.",
                file=name,
                mend="Move it out of the project, or render with Quarto (--renderer quarto).",
            )


def _each_not_followed(
    settings: Mapping[str, Any], text: str, file: Path, project_dir: Path, written: Callable[[str], str]
) -> Iterator[InputError]:
    """Name the settings of a file that are not followed; `written` says where in the file a setting stands."""
    lines = _lines(yaml.compose(text, Loader=yaml.SafeLoader))

    def refused(name: str, what: str = "") -> InputError:
        return InputError(
            f"The built-in renderer does not follow {written(name)}{what}.",
            file=file,
            row=lines.get(written(name)),
            mend="Take it out, or render with Quarto (--renderer quarto).",
        )

    for section in dict.fromkeys((*FOLLOWED, *NOT_APPLICABLE)):
        found: Any = {name: value for name, value in settings.items() if name != EDITION_KEY}
        for name in section.split(".") if section else ():
            found = found.get(name) if isinstance(found, dict) else None
        known = FOLLOWED.get(section, frozenset()) | NOT_APPLICABLE.get(section, frozenset())
        for name, value in found.items() if isinstance(found, dict) else ():
            path = f"{section}.{name}" if section else str(name)
            if name not in known:
                yield refused(path)
            elif other := [one for one in _texts(value) if _HAS_OWN.get(path, "") not in one and one != "default"]:
                yield refused(path, f": {other[0]}")
            elif value != _HAS_VALUE.get(path, value):
                yield refused(path, f": {value}")
    for name in _as_list(_css(settings)):
        if not (project_dir / name).is_file():
            row = lines.get(written("format.html.css"))
            yield InputError(f"The style sheet {name} is not there.", file=file, row=row)
    website = settings.get("website")
    bar = website.get("navbar") if isinstance(website, dict) else None
    for side in ("left", "right"):
        for number, item in enumerate(bar.get(side) or []) if isinstance(bar, dict) else ():
            if not any(True for _ in _links(item)):
                yield refused(f"website.navbar.{side}.{number}", ", which has no href")


def _css(settings: Mapping[str, Any]) -> Any:
    formats = settings.get("format")
    page = formats.get("html") if isinstance(formats, dict) else None
    return page["css"] if isinstance(page, dict) and "css" in page else settings.get("css", [])


def _texts(value: Any) -> Iterator[str]:
    """Give the texts in a value, without the positions of filters."""
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        for name, one in value.items():
            if name != "at":
                yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _lines(node: yaml.Node | None, path: str = "") -> dict[str, int]:
    """Return the line of each setting, from 1, by its path."""
    found: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        parts = [(str(key.value), key.start_mark.line, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        parts = [(str(number), value.start_mark.line, value) for number, value in enumerate(node.value)]
    else:
        return found
    for name, line, value in parts:
        place = f"{path}.{name}" if path else name
        found |= {place: line + 1} | _lines(value, place)
    return found


def _site_url(website: Mapping[str, Any], file: Path) -> str:
    address = str(website.get("site-url") or "")
    if address and not re.match(r"https?://[^/\s]+", address):
        raise InputError(f"website: site-url must begin with https://, not {address!r}.", file=file)
    return address


def _footer(website: Mapping[str, Any]) -> str:
    footer = website.get("page-footer") or ""
    if isinstance(footer, dict):
        sides = (footer[side] for side in ("left", "center", "right") if side in footer)
        return " ".join(map(_footer_part, sides))
    return _footer_part(footer)


def _footer_part(part: Any) -> str:
    """Return Markdown: of a text as it is, of a list its links."""
    if not isinstance(part, list):
        return str(part)
    links = (f"[{item.text}]({page_address(item.href)})" for entry in part for item in _links(entry))
    return " ".join(links)


def _mapping(settings: Mapping[str, Any], name: str, file: Path) -> Mapping[str, Any]:
    value = settings.get(name)
    if value is None or value == "default":
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{name} must hold settings, not {value!r}.", file=file)
    return value


def _as_list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
