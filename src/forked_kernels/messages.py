"""Jupyter's messages over a Unix socket, between a forked kernel and its one client.

Each is a length, that of its JSON, the JSON and then its binary buffers. They are not signed and nobody is
subscribed: no third process has the socket.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from jupyter_client.jsonutil import json_default
from jupyter_client.session import json_packer, json_unpacker

SHELL, IOPUB = "shell", "iopub"

_HEAD = struct.Struct("!QQ")

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
    try:
        text = json_packer(whole)
    except UnicodeEncodeError:  # half a surrogate pair; without a reply the client would wait for ever
        text = json.dumps(whole, default=json_default, ensure_ascii=False).encode(errors="replace")
    return b"".join((_HEAD.pack(len(text) + sum(whole["buffers"]), len(text)), text, *parts))


def is_whole(frame: bytes) -> bool:
    """Whether this is a message to its end."""
    return len(frame) >= _HEAD.size and len(frame) == _HEAD.size + _HEAD.unpack_from(frame)[0]


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
        while len(held) >= _HEAD.size:
            length, text_length = _HEAD.unpack_from(held)
            if len(held) < _HEAD.size + length:
                return
            at = _HEAD.size + text_length
            message = json_unpacker(bytes(held[_HEAD.size : at]))
            sizes, message["buffers"] = message["buffers"], []
            for size in sizes:
                message["buffers"].append(bytes(held[at : at + size]))
                at += size
            del held[:at]
            message["msg_type"] = message["header"]["msg_type"]
            message["msg_id"] = message["header"]["msg_id"]
            yield message.pop("channel"), message
