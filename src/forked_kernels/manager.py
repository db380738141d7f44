"""jupyter_client's kernel manager, with forked kernels."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets.log import get_logger

from forked_kernels.server import ADDRESS_VARIABLE, ForkedProcess, ForkRefused, ForkServer

#: Seconds to wait until a kernel listens. It takes 0.05.
_START_SECONDS = 30.0

#: Seconds to wait until a kernel ends after a request, before jupyter_client kills it. It takes 0.1.
_SHUTDOWN_SECONDS = 1.0

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


class ForkProvisioner(LocalProvisioner):
    """Fork a kernel, instead of starting Python as jupyter_client's provisioner does."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel.

        Parameters
        ----------
        cmd : list of str
            The kernel specification's command, with the connection file in it.
        **kwargs
            As for ``subprocess.Popen``; ``env`` and ``cwd`` are used.

        Returns
        -------
        dict
            Connection information.
        """
        arguments = _ipykernel_arguments(cmd)
        if arguments is None:
            get_logger().warning("This notebook's kernel is not this Python: it is started, not forked.")
            return await super().launch_kernel(cmd, **kwargs)
        try:
            process = ForkedProcess(
                _server_address(),
                arguments,
                env=dict(kwargs["env"]),
                cwd=kwargs.get("cwd"),
                memory_megabytes=getattr(self.parent, "memory_megabytes", None),
            )
        except (ForkRefused, OSError) as error:
            get_logger().warning("The kernel is started, not forked: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = process  # type: ignore[assignment]  # it has the methods of Popen that are used
        self.pid = self.pgid = process.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        # A connection before the kernel listens is tried again only after 0.1 seconds, so wait.
        await _until(process, lambda process: process.is_ready, _START_SECONDS)
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wait for the end of the kernel: jupyter_client itself checks every 0.1 seconds."""
        if isinstance(self.process, ForkedProcess):
            await _until(self.process, lambda process: False, _SHUTDOWN_SECONDS)


def _set_done(message: asyncio.Future[None]) -> None:
    if not message.done():
        message.set_result(None)


async def _until(process: ForkedProcess, happened: Callable[[ForkedProcess], bool], seconds: float) -> None:
    """Wait for a message of the server about a kernel, or for the kernel's end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while process.poll() is None and not happened(process) and loop.time() < end:
        message: asyncio.Future[None] = loop.create_future()
        loop.add_reader(process.fileno(), _set_done, message)
        try:
            await asyncio.wait([message], timeout=end - loop.time())
        finally:
            loop.remove_reader(process.fileno())


def _ipykernel_arguments(cmd: list[str]) -> list[str] | None:
    """Return what follows ``-m ipykernel_launcher`` in a command of this Python, or None."""
    if os.path.realpath(cmd[0]) != os.path.realpath(sys.executable):
        return None
    try:
        at = cmd.index("ipykernel_launcher")
    except ValueError:
        return None
    # -Xfrozen_modules=off, which some versions put before it, is for debuggers only
    before = [option for option in cmd[1:at] if not option.startswith("-Xfrozen_modules")]
    return cmd[at + 1 :] if before == ["-m"] else None


class ForkKernelClient(AsyncKernelClient):
    """jupyter_client's client, for a kernel that listens already."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its output arrives.

        jupyter_client waits until 0.2 seconds pass without a message, longer than a forked kernel
        takes to start. This one waits for ipykernel's message that the client receives its output.

        Raises
        ------
        RuntimeError
            When the kernel has ended, or does not answer.
        """
        end = time.monotonic() + (60 if timeout is None else timeout)
        await self._first(self.iopub_channel, "iopub_welcome", end)
        self.kernel_info()
        self._handle_kernel_info_reply(await self._first(self.shell_channel, "kernel_info_reply", end))

    async def _first(self, channel: Any, kind: str, end: float) -> dict[str, Any]:
        while time.monotonic() < end:
            try:
                message = await channel.get_msg(timeout=0.5)
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
            else:
                if message["msg_type"] == kind:
                    return message
        raise RuntimeError("Kernel didn't respond in time")


class ForkKernelManager(AsyncKernelManager):
    """jupyter_client's manager of one kernel, with :class:`ForkProvisioner`."""

    #: The limit on memory that the kernel sets itself; see :class:`forked_kernels.server.ForkedProcess`.
    memory_megabytes: float | None = None

    #: Whether a cell ran out of time, and may still be running.
    has_timed_out = False

    async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]  # typed as the synchronous manager's
        """Start the kernel, forked unless its specification names a provisioner of its own."""
        if self.provisioner is None and self.kernel_spec and not self.kernel_spec.metadata.get("kernel_provisioner"):
            self.kernel_id = self.kernel_id or kw.pop("kernel_id", str(uuid.uuid4()))
            self.provisioner = ForkProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
            if not self.connection_file:
                # Unix sockets in the server's private folder: no port that another run could take.
                folder = Path(_server_address()).parent
                self.transport = "ipc"
                self.connection_file = str(folder / f"{self.kernel_id}.json")
                self.ip = str(folder / self.kernel_id[:8])
        await super().start_kernel(**kw)

    def client(self, **kwargs: Any) -> AsyncKernelClient:  # type: ignore[override]  # as above
        """Return a client of the kernel, forked or not."""
        if isinstance(getattr(self.provisioner, "process", None), ForkedProcess):
            self.client_factory = ForkKernelClient
        return super().client(**kwargs)

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]  # as above
        """Shut the kernel down.

        jupyter_client first interrupts, to end a cell that is still running. An idle
        kernel is only asked to end, so that its exit hooks are not interrupted.
        """
        if self.has_kernel and not (now or restart or self.has_timed_out):
            self.shutting_down = True
            self.stop_restarter()
            await self.request_shutdown()
            if not await self.is_alive():
                await self.finish_shutdown()
                await self.cleanup_resources()
                return
        await super().shutdown_kernel(now=now, restart=restart)
