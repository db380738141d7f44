"""Messages get through a stream of bytes whole, however it is cut."""

from __future__ import annotations

import pytest

from race_equality.batch import pipe

MESSAGES = [
    (pipe.SHELL, [b"<IDS|MSG>", b"", b"{}"]),
    (pipe.IOPUB, [b"x" * 100_000, memoryview(bytes(range(256)))]),
    (pipe.IOPUB, []),
    (pipe.SHELL, ["žluť".encode()]),
]


@pytest.mark.parametrize("step", [1, 2, 7, 4096, 10**9])
def test_messages_are_the_same_at_the_other_end(step):
    data = b"".join(pipe.pack(channel, frames) for channel, frames in MESSAGES)
    unpacker = pipe.Unpacker()
    got = [message for at in range(0, len(data), step) for message in unpacker.feed(data[at : at + step])]
    assert got == [(channel, [bytes(frame) for frame in frames]) for channel, frames in MESSAGES]


def test_half_a_message_is_none():
    data = pipe.pack(pipe.SHELL, [b"whole"])
    unpacker = pipe.Unpacker()
    assert list(unpacker.feed(data[:-1])) == []
    assert list(unpacker.feed(data[-1:])) == [(pipe.SHELL, [b"whole"])]
