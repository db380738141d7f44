"""What comes out of a published file: pieces of text, tables, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """A piece of text.

    Attributes
    ----------
    file : str
        Path in the site.
    channel : str
        How it was published, such as ``"HTML text"`` or ``"PDF attachment"``.
    place : str
        Where in the file.
    text : str
    record : bool
        One object of some data: every label and number in it belong together.
    """

    file: str
    channel: str
    place: str
    text: str
    record: bool = False


@dataclass(frozen=True)
class Table:
    """A table of text cells.

    Attributes
    ----------
    file, channel, place : str
        As for :class:`Text`.
    columns : tuple of str
        Headers.
    rows : tuple of tuple of str
        Cells; the first of a row is its label.
    about : frozenset of str
        For a part of a data file with many measures: which measure, in its own words.
    indicator : str
        The id of the indicator that it holds, where it says so.
    units : tuple of str
        Of each column the unit, where it says so.
    """

    file: str
    channel: str
    place: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    about: frozenset[str] = field(default=frozenset(), compare=False)
    indicator: str = field(default="", compare=False)
    units: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Unread:
    """A file, or a part of one, that could not be read: an audit must not pass over it in silence."""

    file: str
    reason: str


Content = Text | Table | Unread

#: Said of a picture that no program reads.
RASTER = "a picture made of points cannot be read; draw it as SVG"
