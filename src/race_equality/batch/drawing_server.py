"""Processes that draw the charts of all notebooks of a build.

The drawing engine starts once for a build and not once for each notebook. The drawing itself, and a
notebook's request for it, are in :mod:`race_equality.report.vega_to_svg`.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from forked_kernels import private_folder
from race_equality.report.vega_to_svg import SERVER_VARIABLE, draw_here, receive, send

#: Whether there are Unix sockets, and processes that inherit them. On Windows each notebook draws.
AVAILABLE = hasattr(socket, "AF_UNIX") and sys.platform not in ("win32", "emscripten")


class DrawingServer:
    """Start the processes that draw, and stop them.

    Parameters
    ----------
    size : int
        How many. All wait on one socket; a free one takes the next chart.

    Notes
    -----
    An environment variable names the socket to the kernels until the server is closed. A process that
    dies, for instance for lack of memory, is not replaced: the others go on, and without any each
    notebook draws its own charts.
    """

    def __init__(self, size: int = 1) -> None:
        self.folder = private_folder("race-equality-drawing-")
        self.address = str(self.folder / "draw")
        self._processes: list[subprocess.Popen] = []
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(self.address)
                listener.listen(256)
                for _ in range(size):
                    self._processes.append(
                        subprocess.Popen(
                            [sys.executable, "-m", __name__, str(listener.fileno())],
                            stdin=subprocess.PIPE,  # closes when this process ends
                            pass_fds=[listener.fileno()],
                            start_new_session=True,  # only the owner handles Ctrl-C
                        )
                    )
        except OSError:
            self.close()
            raise
        os.environ[SERVER_VARIABLE] = self.address

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [process.pid for process in self._processes]

    def close(self) -> None:
        """Stop drawing."""
        if os.environ.get(SERVER_VARIABLE) == self.address:
            del os.environ[SERVER_VARIABLE]
        for process in self._processes:
            with process:  # waits for its end and closes the pipe
                process.kill()  # nothing has to be saved
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> DrawingServer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


# ---------------------------------------------------------------------------------------------
# The process that draws.


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.setblocking(False)  # another process may have accepted first
    with suppress(Exception):
        draw_here('{"data": {"values": []}, "mark": "point"}')  # so that the first chart is quick
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not listener:  # the owner sends nothing: this is its end
                shutil.rmtree(os.path.dirname(listener.getsockname()), ignore_errors=True)
                return
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(10)
                    _answer(connection)


def _answer(connection: socket.socket) -> None:
    request = receive(connection)
    if request[:1] != b"?":
        return
    try:
        answer = b"=" + draw_here(request[1:].decode()).encode()
    except ValueError as error:
        answer = b"!" + str(error).encode()
    send(connection, answer)


if __name__ == "__main__":
    _main()
    # V8's threads may still be compiling.
    os._exit(0)
