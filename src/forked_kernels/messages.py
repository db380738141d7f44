"""Jupyter's messages over a Unix socket, between a forked kernel and its one client.

Each is one piece of JSON after its length, and then its binary buffers. They are not signed and nobody is
subscribed: no third process has the socket.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from jupyter_client.session import json_packer

SHELL, IOPUB = "shell", "iopub"

#: Bytes that are read at a time.
_PIECE = 1 << 20


def pack(channel: str, message: dict[str, Any], buffers: Sequence[Any] = ()) -> bytes:
    """Put a message into bytes.

    Parameters
    ----------
    channel : str
        Where Jupyter would send it.
    message : dict
    buffers : sequence of bytes-like
        Binary parts, as widgets send them.
    """
    parts = [bytes(buffer) for buffer in buffers]
    whole = {
        "channel": channel,
        "header": message["header"],
        "parent_header": message["parent_header"],
        "metadata": message["metadata"],
        "content": message["content"],
        "buffers": [len(part) for part in parts],
    }
    text = json_packer(whole)
    return b"".join((len(text).to_bytes(8, "big"), text, *parts))


class MessageReader:
    """Reads messages from a socket.

    Parameters
    ----------
    connection : socket.socket
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._held = bytearray()
        #: Whether the other end is closed.
        self.is_over = False

    def read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Read what has arrived, without waiting.

        Yields
        ------
        (str, dict)
            The channel and the message, for each that is complete.
        """
        try:
            data = self._connection.recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.is_over = True
        held = self._held
        held += data
        while len(held) >= 8:
            end = 8 + int.from_bytes(held[:8], "big")
            if len(held) < end:
                return
            message = json.loads(held[8:end])
            sizes = message["buffers"]
            if len(held) < end + sum(sizes):
                return
            message["buffers"] = []
            for size in sizes:
                message["buffers"].append(bytes(held[end : end + size]))
                end += size
            del held[:end]
            message["msg_type"] = message["header"]["msg_type"]
            message["msg_id"] = message["header"]["msg_id"]
            yield message.pop("channel"), message
