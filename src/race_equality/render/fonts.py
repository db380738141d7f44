"""The font of the PDFs: the same on every machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FONT_FAMILY = "Arimo"


@cache
def font_directory() -> Path:
    """Return the folder with the font files of the PDFs.

    Returns
    -------
    Path
        Arimo, upright and italic, each with all weights in one file.

    Notes
    -----
    Arimo has Arial's metrics: a letter is as wide in the one as in the other. Charts are drawn and
    measured with such a font too (vl-convert carries Liberation Sans), so that their text takes
    the same room in a page (Arial), in JupyterLab and in the PDF (Arimo). The SIL Open Font
    Licence 1.1 allows to pass it on; it comes from the package ``fontpkg-arimo``. Fonts of the
    machine are asked only for letters that it does not have (:mod:`race_equality.render.pdf`).
    """
    import fontpkg

    return Path(fontpkg.path(FONT_FAMILY)).parent
