"""The record of one disclosure that the audit found."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Problem"]


@dataclass(frozen=True, order=True)
class Problem:
    """One figure that a site discloses, or a file that could not be checked.

    Attributes
    ----------
    file, channel, place : str
        Where it was found.
    kind : str
        ``"unread"``; ``"too precise"``; ``"too few"`` (a count of people under the threshold, shown);
        ``"shown elsewhere"`` (a cell that another copy or file hides);
        ``"next to its label"`` (a number next to the label of a hidden cell); ``"worked out"`` (by linear
        programming from what is published); ``"known figure"`` (a figure under the threshold, in the
        project's own data).
    message : str
        What an intruder learns.
    """

    file: str
    kind: str
    channel: str
    place: str
    message: str

    def __str__(self) -> str:
        place = f", {self.place}" if self.place else ""
        return f"{self.file} ({self.channel}{place}): {self.kind}: {self.message}"
