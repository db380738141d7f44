"""What a site gives away: one thing that an intruder would learn."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Problem"]


@dataclass(frozen=True, order=True)
class Problem:
    """Something that a site gives away.

    Attributes
    ----------
    file, channel, place : str
        Where it stands.
    kind : str
        ``"unread"``; ``"too precise"``; ``"too few"`` (a count of people under the threshold, openly);
        ``"shown elsewhere"`` (a cell that another copy or file hides);
        ``"beside its label"`` (a number next to the label of a hidden cell); ``"worked out"`` (by linear
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
