"""A papermill engine whose kernels are forked: ``papermill --engine fork …``.

It is papermill's own engine in all but three things: the kernel is forked from a process that has
imported everything (:mod:`race_equality.batch.fork_server`), messages come over a socket pair
(:mod:`race_equality.batch.pipe`), and the notebook on disk is brought up to date every few seconds
rather than twice for each cell. ipykernel, jupyter_client and nbclient do what they always do, so
outputs, errors, timeouts, interrupts and the death of a kernel are theirs.

Where the platform cannot fork, or the notebook wants another kernel than this Python, kernels start
the usual way.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
from jupyter_client import AsyncKernelManager
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.provisioning import LocalProvisioner
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from race_equality.batch import pipe
from race_equality.batch.fork_server import ADDRESS_VARIABLE, AVAILABLE, ForkedProcess, ForkRefused, ForkServer
from race_equality.batch.limits import NO_LIMITS, LimitExceededError, Limits

#: Seconds between two copies on disk of a notebook that is running.
_SAVE_EVERY = 5.0

_MEGABYTE = 1_000_000

#: Seconds between two looks at a running notebook.
_LOOK_EVERY = 0.25

#: Looks between two that count the memory of the processes that a notebook has started as well.
_LOOK_AT_ALL_EVERY = 4

#: Seconds for a kernel to end when asked, before it is interrupted. It takes a tenth.
_POLITE_SECONDS = 1.0

#: Bytes that are read at a time.
_PIECE = 1_000_000

#: Bytes that are taken from a kernel that was told to end: how an interrupted cell ended is among them.
_LATE = 64 * _MEGABYTE

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
                _server_address(),
                arguments,
                env=dict(kwargs["env"]),
                cwd=kwargs.get("cwd"),
                memory_megabytes=getattr(self.parent, "memory_megabytes", None),
            )
        except (ForkRefused, OSError) as error:
            logger.warning("The kernel is started, not forked: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the end of the kernel, which its process tells at once."""
        if isinstance(self.process, ForkedProcess):
            while self.process.poll() is None:
                await _readable(self.process, timeout=0.1)
        return await super().wait()

    async def cleanup(self, restart: bool = False) -> None:
        """Close the connection."""
        if isinstance(self.process, ForkedProcess):
            self.process.channel.close()
        await super().cleanup(restart=restart)


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


class _Channel:
    """One of a forked kernel's channels, with what nbclient uses of it."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self.send = send
        self._messages: deque[dict[str, Any]] = deque()
        self._waiting: list[asyncio.Future[None]] = []

    def put(self, message: dict[str, Any]) -> None:
        """Take a message in."""
        self._messages.append(message)
        for waiting in self._waiting:
            _settle(waiting)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message.

        Raises
        ------
        queue.Empty
            When there is none in time.
        """
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while not self._messages:
            if end is not None and loop.time() >= end:
                raise Empty
            news = loop.create_future()
            self._waiting.append(news)
            timer = None if end is None else loop.call_at(end, _settle, news)
            try:
                await news
            finally:
                self._waiting.remove(news)
                if timer is not None:
                    timer.cancel()
        return self._messages.popleft()


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


class ForkKernelClient(AsyncKernelClient):
    """A client of a forked kernel.

    Parameters
    ----------
    process : ForkedProcess
        Where the kernel runs.
    **options
        As for jupyter_client's own.
    """

    def __init__(self, process: ForkedProcess, **options: Any) -> None:
        super().__init__(**options)
        self._process = process
        self._unpacker = pipe.Unpacker()
        self._unsent = b""
        self._late = 0
        self._shell_channel = _Channel(self._send)
        self._iopub_channel = _Channel(self._send)
        self.session.auth = None  # the other end is known

    def start_channels(self, *_: Any, **__: Any) -> None:
        """Listen to the kernel."""
        self._loop = asyncio.get_running_loop()
        self._descriptor = self._process.channel.fileno()
        self._loop.add_reader(self._descriptor, self._read)

    def stop_channels(self) -> None:
        """Close the connection."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
        self._process.channel.close()

    def _read(self) -> None:
        try:
            data = self._process.channel.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # whoever waits asks whether the kernel is alive
            self._loop.remove_reader(self._descriptor)
        if self._process.is_ending:
            self._late += len(data)
            if self._late > _LATE:
                return  # it must not wait for us, nor all of it be kept here
        for channel, frames in self._unpacker.feed(data):
            _, frames = self.session.feed_identities(frames)
            message = self.session.deserialize(frames)
            (self._shell_channel if channel == pipe.SHELL else self._iopub_channel).put(message)

    def _send(self, message: dict[str, Any]) -> None:
        frames = self.session.serialize(message)
        self._unsent += pipe.pack(pipe.SHELL, [*frames, *message.get("buffers", ())])
        self._write()

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[self._process.channel.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:  # the kernel has ended
            self._unsent = b""
        if self._unsent:
            self._loop.add_writer(self._descriptor, self._write)
        else:
            self._loop.remove_writer(self._descriptor)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers.

        Raises
        ------
        RuntimeError
            When it does not.
        """
        deadline = time.monotonic() + (timeout if timeout is not None else 60)
        request = self.kernel_info()
        while True:
            try:
                reply = await self._shell_channel.get_msg(timeout=1)
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
                if time.monotonic() > deadline:
                    raise RuntimeError(f"Kernel didn't respond in {timeout} seconds") from None
            else:
                if reply["parent_header"].get("msg_id") == request:
                    self._handle_kernel_info_reply(reply)
                    return


class ForkKernelManager(AsyncKernelManager):
    """jupyter_client's manager of one kernel, with :class:`ForkProvisioner`."""

    @property
    def _forked(self) -> ForkedProcess | None:
        process = getattr(self.provisioner, "process", None)
        return process if isinstance(process, ForkedProcess) else None

    def client(self, **kwargs: Any) -> AsyncKernelClient:
        """Return a client of the kernel, forked or not."""
        if self._forked is None:
            return super().client(**kwargs)
        return ForkKernelClient(self._forked, session=self.session, parent=self, **kwargs)

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        named = self.kernel_spec.metadata.get("kernel_provisioner", {})
        if self.provisioner is None and not named:
            self.kernel_id = self.kernel_id or kw.pop("kernel_id", str(uuid.uuid4()))
            self.provisioner = ForkProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
            if not self.connection_file:
                # Unix sockets in the server's private folder: no port that another run takes first.
                folder = Path(_server_address()).parent
                self.transport = "ipc"
                self.connection_file = str(folder / f"{self.kernel_id}.json")
                self.ip = str(folder / self.kernel_id[:8])
        return await super()._async_pre_start_kernel(**kw)

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        # jupyter_client first interrupts, to end a cell that is still running. A kernel that listens is
        # asked first, so that what it does at its end is not interrupted.
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

    async def _async_request_shutdown(self, restart: bool = False) -> None:
        if self._forked is None:
            await super()._async_request_shutdown(restart=restart)
        else:
            self._forked.end()

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        # jupyter_client looks every tenth of a second; a forked kernel's end is heard of at once.
        if self.provisioner is not None and self.provisioner.has_process:
            await self.provisioner.wait()


class _SparseManager(NotebookExecutionManager):
    """papermill's bookkeeping, with the notebook written every few seconds.

    papermill writes the whole notebook before and after each cell, 43 times for a report.
    """

    _saved = False

    #: Whether the notebook has run as far as it can.
    has_run = False

    def save(self, **kwargs: Any) -> None:
        # The first copy at once: an output that cannot be written is better known now. The last one
        # papermill writes itself, unless an exception keeps it from getting there.
        if not self._saved or (self.end_time is not None and not self.has_run) or self._is_due():
            self._saved = True
            super().save(**kwargs)

    def _is_due(self) -> bool:
        return (self.now() - self.last_save_time).total_seconds() >= _SAVE_EVERY


class LimitedClient(PapermillNotebookClient):
    """papermill's client, which looks at what the kernel uses while a cell runs.

    Parameters
    ----------
    nb_man : papermill.engines.NotebookExecutionManager
    limits : Limits
    **options
        For nbclient.
    """

    def __init__(self, nb_man: Any, *, limits: Limits, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self.limits = limits
        self._began = time.monotonic()
        self._said = 0
        self._looks = 0
        self._exceeded: str | None = None
        self._is_last_second = False

    def create_kernel_manager(self) -> Any:
        """Tell the kernel's manager of the limit on memory, which a forked kernel sets itself as well."""
        manager = super().create_kernel_manager()
        manager.memory_megabytes = self.limits.memory_megabytes
        return manager

    def execute(self, **kwargs: Any) -> Any:
        """Run the notebook.

        Raises
        ------
        LimitExceededError
            When it was stopped.
        """
        try:
            return super().execute(**kwargs)
        except DeadKernelError:
            if self._exceeded:
                raise LimitExceededError(self._exceeded) from None
            raise
        except CellTimeoutError:
            if self._is_last_second:
                raise LimitExceededError(
                    f"The notebook ran longer than {self.limits.seconds:.0f} seconds in all and was stopped."
                ) from None
            raise

    def _get_timeout(self, cell: Any) -> float | None:
        timeout = super()._get_timeout(cell)
        if self.limits.seconds is None:
            return timeout
        left = max(0.1, self._began + self.limits.seconds - time.monotonic())
        self._is_last_second = timeout is None or left < timeout
        return min(left, timeout or left)

    def process_message(self, message: Any, *args: Any, **kwargs: Any) -> Any:
        """Take in what the kernel says, until it has said too much."""
        content = message.get("content", {})
        self._said += len(content.get("text") or "")
        self._said += sum(len(value) for value in (content.get("data") or {}).values() if isinstance(value, str))
        most = self.limits.output_megabytes
        if most is not None and self._said > most * _MEGABYTE:
            # At once: what is still on its way is not looked at again before all of it is taken in.
            self._stop(f"The notebook put out more than {most:.0f} MB and was stopped.")
            return None
        return super().process_message(message, *args, **kwargs)

    async def _async_poll_kernel_alive(self) -> None:
        # nbclient's own looks once a second whether the kernel is alive, while a cell runs.
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            self._look()
            try:
                await self._async_check_alive()
            except DeadKernelError:
                assert self.task_poll_for_reply is not None
                self.task_poll_for_reply.cancel()
                return

    def _look(self) -> None:
        most, pid = self.limits.memory_megabytes, getattr(self.km.provisioner, "pid", None)
        if pid is None or (most is None and self.limits.processes is None):
            return
        self._looks += 1
        with suppress(psutil.Error):
            family = [psutil.Process(pid)]
            if self._looks % _LOOK_AT_ALL_EVERY == 0:
                family += family[0].children(recursive=True)
            if self.limits.processes is not None and len(family) - 1 > self.limits.processes:
                self._stop(f"The notebook started more than {self.limits.processes} processes and was stopped.")
            elif most is not None and _megabytes(family, at_least=most) > most:
                self._stop(f"The notebook took more than {most:.0f} MB of memory and was stopped.")

    def _stop(self, why: str) -> None:
        if self._exceeded is None:
            logger.error(why)
        self._exceeded = self._exceeded or why
        provisioner = self.km.provisioner
        with suppress(psutil.Error, OSError):
            started = psutil.Process(provisioner.pid).children(recursive=True)
            if getattr(provisioner, "pgid", None) and hasattr(os, "killpg"):
                os.killpg(provisioner.pgid, signal.SIGKILL)
            for process in started:
                with suppress(psutil.Error):
                    process.kill()
        with suppress(OSError, AttributeError):
            provisioner.process.kill()


def _megabytes(family: list[psutil.Process], *, at_least: float) -> float:
    """Add up the memory of processes, counting what they share once if it matters."""

    def added_up(how: str, of: str) -> float:
        total = 0
        for process in family:
            with suppress(psutil.Error):
                found = getattr(process, how)()
                total += getattr(found, of, found.rss)
        return total / _MEGABYTE

    quick = added_up("memory_info", "rss")
    # a forked process has its parent's pages among its own
    return quick if quick <= at_least or len(family) == 1 else added_up("memory_full_info", "pss")


class LimitedEngine(NBClientEngine):
    """papermill's own engine, with an end to what a notebook may use."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        limits: Limits = NO_LIMITS,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run a notebook; see :meth:`papermill.engines.NBClientEngine.execute_managed_notebook`."""
        options = remove_args(["input_path", "timeout", "startup_timeout"], **kwargs)
        options = merge_kwargs(
            options,
            timeout=execution_timeout or kwargs.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
        )
        return LimitedClient(nb_man, limits=limits, **options).execute()


class ForkEngine(LimitedEngine):
    """Run a notebook in a forked kernel.

    Takes the options of papermill's own engine, and ``limits``
    (:class:`race_equality.batch.limits.Limits`).
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
            return LimitedEngine.execute_notebook(
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
                manager, kernel_name, log_output=log_output, kernel_manager_class=ForkKernelManager, **kwargs
            )
            manager.has_run = True
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb
