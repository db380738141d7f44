"""The contents of a published file: texts, tables, and parts that could not be read."""

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
        Whether it is one record of data, in which every label and number belong together.
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
        For a part of a data file with many measures: the name of the measure.
    indicator : str
        The id of its indicator, where the file gives it.
    units : tuple of str
        The unit of each column, where the file gives it.
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
    """A file, or a part of one, that could not be read: an audit must report it."""

    file: str
    reason: str


Content = Text | Table | Unread

#: The reason given for a raster picture.
RASTER = "a picture made of points cannot be read; draw it as SVG"
