"""The client of a forked kernel."""

from __future__ import annotations

import atexit
import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.session import Session

from forked_kernels.messages import SHELL, MessageReader, pack
from forked_kernels.server import ADDRESS_VARIABLE, ForkedProcess, ForkRefused, ForkServer

#: Seconds that an idle kernel has to end. It takes 0.1.
_END_SECONDS = 1.0

#: Seconds, twice, that a kernel has to end after an interrupt and after SIGTERM: those of jupyter_client.
_STOP_SECONDS = 2.5

_own_server: ForkServer | None = None


def _server_address() -> str:
    """Return the socket of the shared server, or of one started for this process."""
    global _own_server
    shared = os.environ.get(ADDRESS_VARIABLE)
    if shared and Path(shared).exists():
        return shared
    if _own_server is None:
        _own_server = ForkServer()
        atexit.register(_own_server.close)
    return _own_server.address


def fork_kernel(
    name: str, extra_arguments: list[str], *, cwd: str | None = None, memory_megabytes: float | None = None
) -> ForkedProcess:
    """Fork a kernel.

    Parameters
    ----------
    name : str
        Of its specification.
    extra_arguments : list of str
        For ipykernel.
    cwd : str, optional
        Its working directory.
    memory_megabytes : float, optional
        See :class:`forked_kernels.server.ForkedProcess`.

    Returns
    -------
    ForkedProcess

    Raises
    ------
    ForkRefused
        When it is not this Python's kernel, or the server refuses.
    OSError
        See :class:`forked_kernels.server.ForkedProcess`.
    """
    spec = KernelSpecManager().get_kernel_spec(name)
    arguments = ipykernel_arguments(spec)
    if arguments is None:
        raise ForkRefused(f"{name} is not the kernel of this Python")
    env = dict(os.environ)
    env.update({key: Template(value).safe_substitute(env) for key, value in spec.env.items()})
    env.pop("PYTHONEXECUTABLE", None)
    # a name for sys.argv: there is no such file
    arguments = [argument.replace("{connection_file}", "kernel.json") for argument in arguments]
    return ForkedProcess(
        _server_address(), arguments + extra_arguments, env=env, cwd=cwd, memory_megabytes=memory_megabytes
    )


def ipykernel_arguments(spec: KernelSpec) -> list[str] | None:
    """Return what follows ``-m ipykernel_launcher`` in the command of this Python's kernel.

    Parameters
    ----------
    spec : jupyter_client.kernelspec.KernelSpec

    Returns
    -------
    list of str or None
        None for any other kernel.
    """
    command = spec.argv
    if spec.metadata.get("kernel_provisioner") or "ipykernel_launcher" not in command:
        return None
    # jupyter_client starts this Python where a specification says "python"
    names = ["python", "python{}".format(*sys.version_info), "python{}.{}".format(*sys.version_info)]
    if command[0] not in names and os.path.realpath(command[0]) != os.path.realpath(sys.executable):
        return None
    at = command.index("ipykernel_launcher")
    # -Xfrozen_modules=off, which some versions put before it, is for debuggers only
    before = [option for option in command[1:at] if not option.startswith("-Xfrozen_modules")]
    return command[at + 1 :] if before == ["-m"] else None


class ForkedKernelClient:
    """What nbclient asks of a kernel's manager and of its client.

    Parameters
    ----------
    process : ForkedProcess
    """

    allow_stdin = False

    def __init__(self, process: ForkedProcess) -> None:
        self.process = process
        self.session = Session()
        self.shell_channel = self  # widgets send by it
        self._reader = MessageReader(process.messages)
        self._poll = select.poll()
        self._poll.register(process.messages, select.POLLIN)
        self._poll.register(process, select.POLLIN)  # how it ended

    def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Have a cell run, and return the request's number."""
        content = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return self.send(self.session.msg("execute_request", content))

    def kernel_info(self) -> str:
        """Ask which language it is, and return the request's number."""
        return self.send(self.session.msg("kernel_info_request"))

    def send(self, message: dict[str, Any]) -> str:
        """Send a message."""
        with suppress(OSError):  # the kernel has ended, which is noticed by who waits for the reply
            self.process.messages.sendall(pack(SHELL, message, message.get("buffers", ())))
        return str(message["header"]["msg_id"])

    def receive(self, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Wait for messages.

        Parameters
        ----------
        seconds : float
            At most.

        Yields
        ------
        (str, dict)
            Channel and message.
        """
        self._poll.poll(1000 * max(0, seconds))
        for channel, message in self._reader.read():
            message["header"]["date"] = datetime.fromisoformat(message["header"]["date"])
            yield channel, message
        if self._reader.is_over:
            with suppress(KeyError):
                self._poll.unregister(self.process.messages)

    def is_alive(self) -> bool:
        """Whether the kernel runs."""
        return self.process.poll() is None

    def interrupt_kernel(self) -> None:
        """Interrupt the running cell and the processes that it has started."""
        self._signal(signal.SIGINT)

    def shutdown(self, on_message: Callable[[str, dict[str, Any]], Any], *, is_idle: bool, now: bool = False) -> None:
        """End the kernel: ask, and after some seconds, in which its exit hooks run, force it.

        Parameters
        ----------
        on_message : callable
            Called with what arrives meanwhile, channel and message.
        is_idle : bool
            Whether no cell is running that would have to be interrupted.
        now : bool
            Whether not to ask.
        """
        with suppress(OSError):
            self.process.messages.shutdown(socket.SHUT_WR)
        steps = ((signal.SIGINT, _STOP_SECONDS), (signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, math.inf))
        for number, seconds in steps[-1:] if now else ((0, _END_SECONDS if is_idle else 0), *steps):
            self._signal(number)
            end = time.monotonic() + seconds
            while self.is_alive() and (left := end - time.monotonic()) > 0:
                for channel, message in self.receive(min(left, 1)):
                    on_message(channel, message)
        self.process.messages.close()

    def _signal(self, number: int) -> None:
        if number and self.is_alive() and self.process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)  # it leads a session of its own
