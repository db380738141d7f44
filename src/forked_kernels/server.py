"""Start and stop the fork server, and ask it for kernels."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Whether this platform can fork. macOS can; its frameworks, which must not be forked, are not used.
AVAILABLE = hasattr(os, "fork") and hasattr(socket, "send_fds") and sys.platform != "emscripten"

#: The environment variable with the socket of a shared server, for child processes.
ADDRESS_VARIABLE = "FORKED_KERNELS_SERVER"


#: An address of a Unix socket has at most 104 bytes on macOS and 108 on Linux, its ending zero among them.
_LONGEST_ADDRESS = 103


def private_folder(prefix: str) -> Path:
    """Make a folder for a Unix socket, which its owner alone can read.

    Parameters
    ----------
    prefix : str
        Of its name.

    Returns
    -------
    Path
        In the folder for temporary files; in ``/tmp`` where that one's name is too long for a socket's address.
    """
    room = len(os.fsencode(tempfile.gettempdir())) + len(prefix) + len("/12345678/socket")
    return Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp" if room > _LONGEST_ADDRESS else None))


class ForkServer:
    """Start a process that forks kernels, and stop it.

    Parameters
    ----------
    preload : sequence of str
        Modules to import before the first fork: those that the notebooks import. A missing one is
        skipped. None may start a thread when it is imported.
    prepare : str, optional
        ``module:function``, called before the first fork, for instance to read data that all notebooks
        read. If it raises, the error is printed and kernels are forked all the same.
    arguments : sequence
        Arguments of ``prepare``, of types that JSON can hold.
    notebooks : sequence of path-like
        Notebooks whose cells are compiled before the first fork, for kernels that run them. Cells that were changed since,
        and all others, are compiled where they run.
    share : bool
        Let child processes use it too, by an environment variable.

    Notes
    -----
    Imports happen in the server's process, in parallel with its owner; requests wait for them.
    """

    def __init__(
        self,
        *,
        preload: Sequence[str] = (),
        prepare: str | None = None,
        arguments: Sequence[Any] = (),
        notebooks: Sequence[str | os.PathLike[str]] = (),
        share: bool = False,
    ) -> None:
        # A private folder: who can open the socket can run code.
        self.folder = private_folder("forked-kernels-")
        self.address = str(self.folder / "fork")
        self._share = share
        settings = {
            "preload": list(preload),
            "prepare": prepare,
            "arguments": list(arguments),
            "notebooks": [os.path.abspath(notebook) for notebook in notebooks],
        }
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(self.address)
                listener.listen(64)
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "forked_kernels.forking", str(listener.fileno()), json.dumps(settings)],
                    stdin=subprocess.PIPE,  # closes when the owner ends, which ends the server
                    pass_fds=[listener.fileno()],
                    start_new_session=True,  # only the owner handles Ctrl-C
                )
        except OSError:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._shared_before = os.environ.get(ADDRESS_VARIABLE)
        if share:
            os.environ[ADDRESS_VARIABLE] = self.address

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def close(self) -> None:
        """Stop the server and every kernel that is still running."""
        if self._share and os.environ.get(ADDRESS_VARIABLE) == self.address:
            del os.environ[ADDRESS_VARIABLE]
            if self._shared_before is not None:
                os.environ[ADDRESS_VARIABLE] = self._shared_before
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class ForkRefused(Exception):
    """The server cannot fork the requested kernel; a new process must be started."""


class ForkedProcess:
    """A forked kernel, with the interface of ``subprocess.Popen`` that jupyter_client uses, or a forked call.

    Parameters
    ----------
    address : str
        The server's socket.
    arguments : list
        For ipykernel, without the program; for a function, of types that JSON can hold.
    env : dict
        The process's environment.
    cwd : str, optional
        The process's working directory.
    memory_megabytes : float, optional
        How much memory the process may allocate after its start, on Linux; more raises
        ``MemoryError`` in it.
    function : str, optional
        ``module:function``, called in the process instead of a kernel, with one end of a socket and `arguments`. The other
        end is :attr:`messages`. The process ends with it, with status 0, or 1 after an error, which it prints.

    Raises
    ------
    ForkRefused
        When the server's interpreter was started with other ``PYTHON…`` variables.
    OSError
        When there is no server at this address.
    """

    stdin = stdout = stderr = None

    def __init__(
        self,
        address: str,
        arguments: list[Any],
        *,
        env: dict[str, str],
        cwd: str | None = None,
        memory_megabytes: float | None = None,
        function: str | None = None,
    ) -> None:
        self._received = b""
        self.pid: int | None = None
        self.returncode: int | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        #: Carries the kernel's messages, or the function's; closing it ends the kernel.
        self.messages, theirs = socket.socketpair()
        try:
            self._socket.connect(address)
            request = {
                "function": function,
                "arguments": arguments,
                "env": env,
                "cwd": str(cwd or os.getcwd()),
                "memory": memory_megabytes,
            }
            data = json.dumps(request).encode("utf-8", "surrogateescape")
            socket.send_fds(self._socket, [len(data).to_bytes(8, "big")], [1, 2, theirs.fileno()])
            self._socket.sendall(data)
            while self.pid is None:
                if not self._receive(None):
                    raise OSError("The fork server ended while it was asked for a kernel.")
        except BaseException:
            self._socket.close()
            self.messages.close()
            raise
        finally:
            theirs.close()

    def _receive(self, timeout: float | None) -> bool:
        """Read messages from the server; return whether there were any."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(4096)
        except (BlockingIOError, TimeoutError):
            return False
        except ConnectionResetError:
            data = b""
        if not data:
            if self.returncode is None and self.pid is not None:
                # The server has ended, and its kernels with it.
                self.returncode = -signal.SIGKILL
            self._socket.close()
            return False
        self._received += data
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            word, _, rest = line.partition(b" ")
            if word == b"started":
                self.pid = int(rest)
            elif word == b"ended":
                self.returncode = int(rest)
            elif word == b"refused":
                raise ForkRefused(rest.decode())
        return True

    def fileno(self) -> int:
        """Return the descriptor that is readable when there is a message about the kernel."""
        return self._socket.fileno()

    def poll(self) -> int | None:
        """Return how the kernel ended, or None while it runs."""
        while self.returncode is None and self._receive(0):
            pass
        if self.returncode is not None:
            self._socket.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the kernel has ended."""
        while self.returncode is None:
            if not self._receive(timeout) and self.returncode is None:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
        self._socket.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send the kernel a signal, unless it has ended."""
        if self.poll() is None and self.pid is not None:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Close both sockets. The process ends, if it has not."""
        self.messages.close()
        self._socket.close()
