"""A papermill engine whose kernels are forked: ``papermill --engine fork …``.

It is papermill's own engine in all but two things: the kernel is forked from a process that has
imported everything (:mod:`race_equality.batch.fork_server`), and the notebook on disk is brought up to
date every few seconds rather than twice for each cell. ipykernel, jupyter_client and nbclient do what
they always do, so outputs, errors, timeouts, interrupts and the death of a kernel are theirs.

Where the platform cannot fork, or the notebook wants another kernel than this Python, kernels start
the usual way.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.provisioning import LocalProvisioner
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger
from traitlets import default

from race_equality.batch.fork_server import (
    ADDRESS_VARIABLE,
    AVAILABLE,
    ForkedProcess,
    ForkRefused,
    ForkServer,
)

#: Seconds between two copies on disk of a notebook that is running.
_SAVE_EVERY = 5.0

#: Seconds for a kernel to end when asked, before it is interrupted. It takes a tenth.
_POLITE_SECONDS = 1.0

_own_server: ForkServer | None = None


def _server_address() -> str:
    """Return a server's socket: the one that was started for a whole build, or one for this process."""
    global _own_server
    shared = os.environ.get(ADDRESS_VARIABLE)
    if shared and Path(shared).exists():
        return shared
    if _own_server is None:
        _own_server = ForkServer()
        atexit.register(_own_server.close)
    return _own_server.address


class ForkProvisioner(LocalProvisioner):
    """Fork a kernel where jupyter_client's own provisioner starts Python."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
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
            logger.warning("This notebook's kernel is not this Python: it is started, not forked.")
            return await super().launch_kernel(cmd, **kwargs)
        try:
            self.process = ForkedProcess(
                _server_address(), arguments, env=dict(kwargs["env"]), cwd=kwargs.get("cwd")
            )
        except (ForkRefused, OSError) as error:
            logger.warning("The kernel is started, not forked: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info

    async def post_launch(self, **kwargs: Any) -> None:
        """Wait until the kernel listens: a client that connects too soon tries again only later."""
        while isinstance(self.process, ForkedProcess):
            if self.process.poll() is not None or self.process.ready:
                break  # jupyter_client finds a dead one out, and says so
            await _readable(self.process, timeout=60)
        await super().post_launch(**kwargs)

    async def wait(self) -> int | None:
        """Wait for the end of the kernel, which its process tells at once."""
        if isinstance(self.process, ForkedProcess):
            while self.process.poll() is None:
                await _readable(self.process, timeout=0.1)
        return await super().wait()


async def _readable(process: ForkedProcess, *, timeout: float) -> None:
    loop = asyncio.get_running_loop()
    news = loop.create_future()
    loop.add_reader(process.fileno(), lambda: news.done() or news.set_result(None))
    try:
        await asyncio.wait([news], timeout=timeout)
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
    # -Xfrozen_modules=off, which some versions put before it, is for debuggers alone
    before = [option for option in cmd[1:at] if not option.startswith("-Xfrozen_modules")]
    return cmd[at + 1 :] if before == ["-m"] else None


class ForkKernelClient(AsyncKernelClient):
    """A client that knows when a kernel is ready, and does not wait to see whether it is."""

    def start_channels(self, *args: Any, **kwargs: Any) -> None:
        """Start the channels without the heartbeat: the kernel's process tells of its end."""
        kwargs["hb"] = False
        super().start_channels(*args, **kwargs)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs arrive.

        Notes
        -----
        jupyter_client then waits for two tenths of a second without output. Any message on the
        output channel shows that it is connected, and what belongs to other requests is left aside
        by nbclient.
        """
        deadline = time.monotonic() + (timeout if timeout is not None else 60)
        connected = False
        while True:
            request = self.kernel_info()
            try:
                reply = await self.shell_channel.get_msg(timeout=1)
                while reply["parent_header"].get("msg_id") != request:
                    reply = await self.shell_channel.get_msg(timeout=1)
                if not connected:
                    await self.iopub_channel.get_msg(timeout=0.2)
                connected = True
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
                if time.monotonic() > deadline:
                    raise RuntimeError(f"Kernel didn't respond in {timeout} seconds") from None
            else:
                self._handle_kernel_info_reply(reply)
                return


class ForkKernelManager(AsyncKernelManager):
    """jupyter_client's manager of one kernel, with :class:`ForkProvisioner`."""

    @default("client_factory")
    def _fork_client(self) -> type[AsyncKernelClient]:
        return ForkKernelClient

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        named = self.kernel_spec.metadata.get("kernel_provisioner", {})
        if self.provisioner is None and not named:
            self.kernel_id = self.kernel_id or kw.pop("kernel_id", str(uuid.uuid4()))
            self.provisioner = ForkProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
            if not self.connection_file:
                # Unix sockets in the server's private folder: no port that another run takes first.
                folder = Path(_server_address()).parent
                self.transport = "ipc"
                self.connection_file = str(folder / f"{self.kernel_id}.json")
                self.ip = str(folder / self.kernel_id[:8])
        return await super()._async_pre_start_kernel(**kw)

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        # jupyter_client first interrupts, to end a cell that is still running. A kernel that is just
        # done with its last request can take the interrupt half way back to its loop and then hangs
        # for seconds, so one that listens is asked first; one that does not is interrupted after.
        if self.has_kernel and self.owns_kernel and not now and not restart:
            self.shutting_down = True
            self.stop_restarter()
            await self._async_request_shutdown()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._async_wait(), timeout=_POLITE_SECONDS)
                await self._async_cleanup_resources()
                return
        await super()._async_shutdown_kernel(now=now, restart=restart)

    shutdown_kernel = _async_shutdown_kernel

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        # jupyter_client looks every tenth of a second; a forked kernel's end is heard of at once.
        if self.provisioner is not None and self.provisioner.has_process:
            await self.provisioner.wait()


class _SparseManager(NotebookExecutionManager):
    """papermill's bookkeeping, with the notebook written every few seconds.

    papermill writes the whole notebook before and after each cell, 43 times for a report.
    """

    _saved = False

    def save(self, **kwargs: Any) -> None:
        # The first copy at once: an output that cannot be written is better known now.
        if not self._saved or self.end_time is not None or self._is_due():
            self._saved = True
            super().save(**kwargs)

    def _is_due(self) -> bool:
        return (self.now() - self.last_save_time).total_seconds() >= _SAVE_EVERY


class ForkEngine(NBClientEngine):
    """Run a notebook in a forked kernel.

    Takes the options of papermill's own engine.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **kwargs: Any,
    ) -> Any:
        """Run a notebook; see :meth:`papermill.engines.Engine.execute_notebook`."""
        if not AVAILABLE:
            logger.warning("This platform cannot fork: kernels are started by papermill's own engine.")
            return NBClientEngine.execute_notebook(
                nb,
                kernel_name,
                output_path=output_path,
                progress_bar=progress_bar,
                log_output=log_output,
                autosave_cell_every=autosave_cell_every,
                **kwargs,
            )
        manager = _SparseManager(
            nb,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(
                manager,
                kernel_name,
                log_output=log_output,
                kernel_manager_class=ForkKernelManager,
                **kwargs,
            )
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb
