"""Jupyter's messages over a socket pair: each a channel's number and the frames ZeroMQ would carry."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

SHELL, IOPUB = range(2)

_HEAD = struct.Struct("!BI")  # channel, number of frames; the frames' lengths follow


def pack(channel: int, frames: Sequence[bytes | memoryview]) -> bytes:
    """Put a message into bytes."""
    sizes = [frame.nbytes if isinstance(frame, memoryview) else len(frame) for frame in frames]
    return b"".join([_HEAD.pack(channel, len(sizes)), struct.pack(f"!{len(sizes)}Q", *sizes), *frames])


class Unpacker:
    """Take messages out of bytes as they come."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._needed = _HEAD.size

    def feed(self, data: bytes) -> Iterator[tuple[int, list[bytes]]]:
        """Give the messages that are complete with this.

        Parameters
        ----------
        data : bytes
            What was received.

        Yields
        ------
        (int, list of bytes)
            The channel and the frames.
        """
        held = self._held
        held += data
        while len(held) >= self._needed:
            channel, number = _HEAD.unpack_from(held)
            at = _HEAD.size + 8 * number
            if len(held) < at:
                self._needed = at
                return
            sizes = struct.unpack_from(f"!{number}Q", held, _HEAD.size)
            end = at + sum(sizes)
            if len(held) < end:
                self._needed = end
                return
            frames = []
            for size in sizes:
                frames.append(bytes(held[at : at + size]))
                at += size
            del held[:end]
            self._needed = _HEAD.size
            yield channel, frames
