"""Messages get through a stream of bytes whole, however it is cut."""

from __future__ import annotations

import sys

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


@pytest.mark.skipif(sys.platform == "win32", reason="this platform cannot fork")
def test_a_stream_that_another_thread_has_just_seen_end_is_left():
    """The thread that sends and the notebook's own flush both read a stream; one of them meets its end."""
    from race_equality.batch.kernel import OutStream

    class LockThatIsWaitedFor:
        def __enter__(self):
            stream._fid = None  # what the other thread did meanwhile

        def __exit__(self, *_):
            pass

    stream = OutStream.__new__(OutStream)
    stream._fid, stream._order = 1_000_000, LockThatIsWaitedFor()
    stream.take_in()
    assert stream._fid is None
