"""The failure that a renderer reports for a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RenderFailure:
    """A page that could not be made.

    Parameters
    ----------
    page : str
        As it was asked for, such as ``trusts/RJ1.ipynb``.
    stage : str
        ``html`` or ``pdf``.
    message : str
        What went wrong.
    """

    page: str
    stage: str
    message: str
