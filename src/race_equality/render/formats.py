"""The other formats of a page, which it links to in both renderers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Format:
    """Another format of a page.

    Parameters
    ----------
    text : str
    href : str
        Relative to the page.
    """

    text: str
    href: str


def formats_of(page: str, site_dir: Path, *, pdf: bool) -> list[Format]:
    """Return the formats of a page.

    Parameters
    ----------
    page : str
        Such as ``trusts/RJ1.ipynb``.
    site_dir : Path
        The site, with the files of the trust's figures.
    pdf : bool
        Whether it has a PDF.

    Returns
    -------
    list of Format
    """
    path = PurePosixPath(page)
    formats = [Format("PDF (to print or send)", f"{path.stem}.pdf")] if pdf else []
    formats.append(Format("Notebook (for JupyterLab)", path.name))
    for text, ending in (("Figures (CSV)", "csv"), ("Figures (spreadsheet, ODS)", "ods")):
        name = f"{path.stem}-figures.{ending}"
        if (site_dir / path.parent / name).is_file():
            formats.append(Format(text, name))
    return formats


def formats_html(formats: Sequence[Format]) -> str:
    """Return the list of links that goes under a page's title."""
    links = "".join(
        f'<li><a href="{html.escape(format.href)}">{html.escape(format.text)}</a></li>' for format in formats
    )
    return f'<ul class="formats" aria-label="Other formats">{links}</ul>'
