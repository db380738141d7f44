"""The libraries that draw a chart on a page where it answers to its reader: Vega, Vega-Lite and vega-embed in one file."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from race_equality.files import copy_atomically, write_atomically
from race_equality.render.extension import html_outputs
from race_equality.render.staging import ASSETS
from race_equality.report.vega_to_svg import VEGA_LITE

#: In a site; pages name it from their own folder.
SITE_LIBRARY = html_outputs.LIBRARY.removeprefix("../")
#: What stands in a page with such a chart.
MARK = 'class="vega-lite"'
_LICENCES = ASSETS / "web" / "vega-LICENCES.txt"


def is_library_missing(site_dir: Path) -> bool:
    """Whether a page of a site needs the libraries, and they are not there or of another version.

    Parameters
    ----------
    site_dir : Path
        With the pages on all trusts in ``notebooks``.

    Returns
    -------
    bool
    """
    pages = (site_dir / "notebooks").glob("*.html")
    return not _is_current(site_dir / SITE_LIBRARY) and any(MARK in page.read_text(encoding="utf-8") for page in pages)


def publish_library(site_dir: Path) -> None:
    """Put the libraries and their licences into a site where a page needs them, unless they are there.

    Parameters
    ----------
    site_dir : Path
        With the pages on all trusts in ``notebooks``.

    Notes
    -----
    They come from the installed package vl-convert-python, which draws the pictures as well, and from no network. Making
    the file takes 1.4 seconds of a processor, once for a site.
    """
    if not is_library_missing(site_dir):
        return
    target = site_dir / SITE_LIBRARY
    copy_atomically(_LICENCES, target.with_name("LICENCES.txt"))
    # in a process of its own: the JavaScript engine would stay with this one to its end, with 0.1 GB
    made = subprocess.run([sys.executable, "-P", "-c", _MAKE, VEGA_LITE], stdout=subprocess.PIPE, check=True)
    write_atomically(target, _first_line(made.stdout) + made.stdout)


_MAKE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle(vl_version=sys.argv[1]).encode())"


def _first_line(bundle: bytes) -> bytes:
    of = f"vl-convert-python {version('vl-convert-python')}, Vega-Lite {VEGA_LITE}. Licences: LICENCES.txt"
    return f"// {of}. sha256 of what follows: {hashlib.sha256(bundle).hexdigest()}\n".encode()


def _is_current(library: Path) -> bool:
    try:
        first, _, bundle = library.read_bytes().partition(b"\n")
    except OSError:
        return False
    return first + b"\n" == _first_line(bundle)
