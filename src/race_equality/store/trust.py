"""A trust, and what became of an organisation: what the processes that make pages are told, none of which needs pandas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Trust:
    """One trust.

    Parameters
    ----------
    code : str
        ODS code of the trust open today.
    name : str
    kind : str
        One of :data:`race_equality.store.schema.KINDS`.
    region : str
        NHS England region.
    system : str
        Integrated care board or boards, short name.
    open_date : datetime.date or None
        None where the trust list does not give it (care trusts).
    predecessors : tuple of str
        Codes of the organisations that merged into it.
    merged_from : str or None
        The code that was asked for, when that organisation merged into this trust.
    is_demonstration : bool
        Whether every figure of this trust is invented.
    joined : tuple of Succession
        Organisations that became part of it, or of one that merged into it, on a known day.
    """

    code: str
    name: str
    kind: str
    region: str
    system: str
    open_date: date | None
    predecessors: tuple[str, ...] = ()
    merged_from: str | None = None
    is_demonstration: bool = False
    joined: tuple[Succession, ...] = ()


@dataclass(frozen=True)
class Succession:
    """What became of one organisation.

    Parameters
    ----------
    old_code, old_name : str
    new_code : str
        "" where its services were divided among several.
    date : datetime.date or None
        The first day of the successor; None for a unit of a trust that publications list apart.
    relation : str
        ``"merger"``, ``"unit of"`` (a sector that the survey lists apart) or ``"divided"``.
    basis : str
        What says so: a row of a published file, or a page.
    """

    old_code: str
    old_name: str
    new_code: str
    date: date | None
    relation: str
    basis: str
