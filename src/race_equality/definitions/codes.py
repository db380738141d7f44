"""Codes that are no trust's: England's own figures, and the trust whose figures are invented; and a source's id."""

from __future__ import annotations

ENGLAND_CODE = "ENG"
DEMONSTRATION_CODE = "DEMO"
#: Its figures are those of an acute trust, and it is read among them.
DEMONSTRATION_KIND = "acute"
DEMONSTRATION_NAME = "Demonstration NHS Trust (invented figures)"
#: Id of the source of the invented figures.
DEMONSTRATION_SOURCE = "demonstration"
#: Id of the source of WRES figures that were copied from trusts' own pages.
PUBLISHED_BY_TRUSTS = "wres_published"
