"""The font of pages and PDFs: the same on every machine."""

from __future__ import annotations

import base64
from pathlib import Path

from race_equality.files import write_atomically
from race_equality.render.extension import EXTENSION

FONT_FAMILY = "Arimo"

#: The files of the font for PDFs: upright and italic, each with all weights in one file.
#:
#: Arimo has Arial's metrics: a letter is as wide in the one as in the other. Charts are drawn and measured with such a font
#: too (vl-convert carries Liberation Sans), so that their text is as wide in a page, in JupyterLab and in the PDF. The SIL
#: Open Font Licence 1.1 allows redistribution. Fonts of the machine are asked only for letters that it does not have
#: (:mod:`race_equality.render.pdf`).
FONT_DIRECTORY = EXTENSION / "fonts"

#: The font's place in a site by the built-in renderer. Quarto publishes it next to ``report.css``.
SITE_FONT = "fonts/arimo.woff2"

_IN_STYLE_SHEET = 'url("arimo.woff2")'
#: The Latin letters of the same font, for pages (27 kB); ``docs/pages.md`` says how it was made.
_FILE = EXTENSION / "web" / "arimo.woff2"


def publish_font(site_dir: Path) -> None:
    """Put the font of the pages into a site by the built-in renderer, unless it is there.

    Parameters
    ----------
    site_dir : Path
    """
    target = site_dir / SITE_FONT
    content = _FILE.read_bytes()
    if not target.is_file() or target.read_bytes() != content:
        write_atomically(target, content)


def with_font_address(css: str, address: str) -> str:
    """Set the address of the font in the style sheet of a page.

    Parameters
    ----------
    css : str
        With ``report.css`` in it, which expects the font next to itself.
    address : str
        Relative to the page; "" puts the font itself into the style sheet.

    Returns
    -------
    str
    """
    if not address:
        address = "data:font/woff2;base64," + base64.b64encode(_FILE.read_bytes()).decode()
    return css.replace(_IN_STYLE_SHEET, f'url("{address}")')
