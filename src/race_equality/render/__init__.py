"""Executed notebooks in, a site of HTML pages and PDFs out.

Two renderers make the same pages from the same ``_quarto.yml``: Quarto, and a built-in one (Pandoc
and typst, both from Python packages) for a machine without Quarto.
"""

from __future__ import annotations

from race_equality.render.failure import RenderFailure
from race_equality.render.front_matter import set_front_matter
from race_equality.render.site import render_site
from race_equality.render.staging import stage_project

__all__ = ["RenderFailure", "render_site", "set_front_matter", "stage_project"]
