"""Run a notebook with papermill, with limits and forked kernels."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
from nbclient.client import timestamp
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbformat.v4 import output_from_msg
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from forked_kernels.client import ForkedKernelClient, fork_kernel
from forked_kernels.limits import NO_LIMITS, LimitExceededError, Limits
from forked_kernels.messages import SHELL
from forked_kernels.server import AVAILABLE, ForkedProcess, ForkRefused

#: Seconds between saves of a running notebook.
_SAVE_EVERY = 5.0

_MEGABYTE = 1_000_000

#: Seconds between checks of what a running notebook uses.
_CHECK_SECONDS = 0.25

#: Every so many checks, processes that the notebook has started are counted too.
_CHECKS_PER_FAMILY_CHECK = 4


#: For a cell that the kernel has run to its end without a reply.
_NO_REPLY = {
    "status": "error",
    "ename": "KernelError",
    "evalue": "The kernel ran the cell and did not reply, perhaps for lack of memory.",
    "traceback": [],
}

#: Errors that the kernel may have been unable to show.
_NOT_SHOWN = ("MemoryError", "KernelError")


class _SparseManager(NotebookExecutionManager):
    """papermill's execution manager, which saves the notebook every few seconds.

    papermill writes the whole notebook before and after each cell, 43 times for a report.
    """

    #: Whether the notebook has run as far as it can.
    has_run = False

    def save(self, **kwargs: Any) -> None:
        # papermill saves the last one itself, unless an exception was raised.
        if (self.end_time is not None and not self.has_run) or self._is_due():
            super().save(**kwargs)

    def _is_due(self) -> bool:
        return (self.now() - self.last_save_time).total_seconds() >= _SAVE_EVERY


class LimitedClient(PapermillNotebookClient):
    """papermill's client, which checks what the kernel uses while a cell runs.

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
        self._output_size = 0
        self._checks_done = 0
        self._exceeded: str | None = None
        self._ends_with_notebook_limit = False

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
            if self._ends_with_notebook_limit:
                raise LimitExceededError(
                    f"The notebook ran longer than {self.limits.seconds:.0f} seconds in all and was stopped."
                ) from None
            raise

    def _get_timeout(self, cell: Any) -> float | None:
        timeout = super()._get_timeout(cell)
        if self.limits.seconds is None:
            return timeout
        left = max(0.1, self._began + self.limits.seconds - time.monotonic())
        self._ends_with_notebook_limit = timeout is None or left < timeout
        return min(left, timeout or left)

    def process_message(self, message: Any, *args: Any, **kwargs: Any) -> Any:
        """Process a message, and stop the notebook when its output is too large."""
        content = message.get("content", {})
        self._output_size += len(content.get("text") or "")
        self._output_size += sum(len(value) for value in (content.get("data") or {}).values() if isinstance(value, str))
        most = self.limits.output_megabytes
        if most is not None and self._output_size > most * _MEGABYTE:
            # At once: the next check comes only after all waiting messages are processed.
            self._stop(f"The notebook put out more than {most:.0f} MB and was stopped.")
            return None
        return super().process_message(message, *args, **kwargs)

    async def _async_poll_kernel_alive(self) -> None:
        # nbclient checks once a second whether the kernel is alive, while a cell runs.
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            self._check_usage()
            try:
                await self._async_check_alive()
            except DeadKernelError:
                assert self.task_poll_for_reply is not None
                self.task_poll_for_reply.cancel()
                return

    def _check_usage(self) -> None:
        most, pid = self.limits.memory_megabytes, self._process_and_group()[0]
        if pid is None or (most is None and self.limits.processes is None):
            return
        self._checks_done += 1
        with suppress(psutil.Error):
            family = [psutil.Process(pid)]
            if self._checks_done % _CHECKS_PER_FAMILY_CHECK == 0:
                family += family[0].children(recursive=True)
            if self.limits.processes is not None and len(family) - 1 > self.limits.processes:
                self._stop(f"The notebook started more than {self.limits.processes} processes and was stopped.")
            elif most is not None and _megabytes(family, at_least=most) > most:
                self._stop(f"The notebook took more than {most:.0f} MB of memory and was stopped.")

    def _stop(self, why: str) -> None:
        if self._exceeded is None:
            logger.error(why)
        self._exceeded = self._exceeded or why
        pid, group = self._process_and_group()
        if pid is None:
            return
        with suppress(psutil.Error, OSError):
            kernel = psutil.Process(pid)
            family = [kernel, *kernel.children(recursive=True)]
            if group:
                os.killpg(group, signal.SIGKILL)
            for process in family:
                with suppress(psutil.Error):
                    process.kill()

    def _process_and_group(self) -> tuple[int | None, int | None]:
        provisioner = self.km.provisioner
        return getattr(provisioner, "pid", None), getattr(provisioner, "pgid", None)


class ForkedClient(LimitedClient):
    """Runs cells in a forked kernel.

    nbclient's own methods run a cell and build its outputs. What waits for messages is replaced: there is one
    connection, to which they come in order, so nothing waits for two things at once.

    Parameters
    ----------
    nb_man : papermill.engines.NotebookExecutionManager
    process : ForkedProcess
    **options
        As for :class:`LimitedClient`.
    """

    kc: ForkedKernelClient

    def __init__(self, nb_man: Any, process: ForkedProcess, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self.km = self.kc = ForkedKernelClient(process)
        self._cell_index = 0
        self._info: dict[str, Any] | None = None
        #: The request and the cell that ran out of time.
        self._cut_short: tuple[str, Any] | None = None

    @contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:
        """Wait until the kernel answers, and end it after the last cell."""
        try:
            self.wait_for_reply(self.kc.kernel_info())
            yield
        finally:
            self.kc.shutdown(
                self._take_late_message, is_idle=self._cut_short is None, now=self.shutdown_kernel == "immediate"
            )

    def wait_for_reply(self, msg_id: str, cell: Any = None) -> dict[str, Any]:
        """Return the reply about the kernel, which is asked for once.

        Raises
        ------
        RuntimeError
            When there is none in time, or the kernel has ended.
        """
        end = time.monotonic() + self.startup_timeout
        while self._info is None:
            if not self.kc.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() >= end:
                raise RuntimeError(f"Kernel didn't respond in {self.startup_timeout} seconds")
            for channel, message in self.kc.receive(_CHECK_SECONDS):
                if channel == SHELL and message["parent_header"].get("msg_id") == msg_id:
                    self._info = message
        return self._info

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **options: Any) -> Any:
        """Run a cell; see :meth:`nbclient.NotebookClient.async_execute_cell`."""
        self._cell_index = cell_index
        return await super().async_execute_cell(cell, cell_index, *args, **options)

    execute_cell = run_sync(async_execute_cell)

    async def _async_poll_kernel_alive(self) -> None:
        pass

    async def _async_poll_output_msg(self, *_: Any) -> None:
        pass

    async def _async_poll_for_reply(self, msg_id: str, cell: Any, timeout: float | None, *_: Any) -> dict[str, Any]:
        reply: dict[str, Any] | None = None
        is_idle = False
        now = time.monotonic()
        end, next_check = now + (timeout or math.inf), now + _CHECK_SECONDS
        while not is_idle:
            is_alive, has_received = self.kc.is_alive(), False
            for channel, message in self.kc.receive(min(next_check, end) - now if is_alive else 0):
                has_received = True
                if message["parent_header"].get("msg_id") != msg_id:
                    continue
                if channel == SHELL:
                    reply, end = message, time.monotonic() + self.iopub_timeout
                    if self.record_timing:
                        cell["metadata"]["execution"]["shell.execute_reply"] = timestamp(message)
                    continue
                try:
                    self.process_message(message, cell, self._cell_index)
                except CellExecutionComplete:
                    is_idle = True
            if not is_alive and not has_received:
                await self._async_check_alive()  # raises
            now = time.monotonic()
            if now >= next_check:
                self._check_usage()
                next_check = now + _CHECK_SECONDS
            if now < end or is_idle:
                continue
            if reply is None:
                self._cut_short = msg_id, cell
                reply = await self._async_handle_timeout(timeout, cell)  # raises, or the cell is interrupted
                self._cut_short = None
                end = now + ((timeout or math.inf) if reply is None else self.iopub_timeout)
            else:
                what = "Timeout waiting for IOPub output"
                if self.raise_on_iopub_timeout:
                    raise CellTimeoutError.error_from_timeout_and_cell(what, self.iopub_timeout, cell)
                logger.warning(what)
                break
        return reply or {"content": dict(_NO_REPLY)}

    async def _check_raise_for_error(self, cell: Any, cell_index: int, exec_reply: Any) -> None:
        content = exec_reply["content"]
        has_error = any(output.output_type == "error" for output in cell.outputs)
        if content.get("ename") in _NOT_SHOWN and not has_error:
            content["traceback"] = content["traceback"] or [f"{content['ename']}: {content['evalue']}"]
            error = {"header": {"msg_type": "error"}, "content": content}
            cell.outputs.append(output_from_msg(error))  # type: ignore[no-untyped-call]  # nbformat's own gap
        await super()._check_raise_for_error(cell, cell_index, exec_reply)

    def _take_late_message(self, channel: str, message: dict[str, Any]) -> None:
        """Keep how a cell ended that ran out of time, as nbclient does."""
        if channel == SHELL or self._cut_short is None:
            return
        request, cell = self._cut_short
        if message["parent_header"].get("msg_id") == request:
            with suppress(CellExecutionComplete):
                self.process_message(message, cell, self._cell_index)

    def _process_and_group(self) -> tuple[int | None, int | None]:
        return self.kc.process.pid, self.kc.process.pid


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
    def execute_notebook(
        cls, nb: Any, kernel_name: str, *, finish: Callable[[Any], None] | None = None, **options: Any
    ) -> Any:
        """Run a notebook; see :meth:`papermill.engines.Engine.execute_notebook`.

        `finish` is called with the notebook that has run, before papermill saves it for the last time.
        """
        notebook = cls._run_notebook(nb, kernel_name, **options)
        if finish is not None:
            finish(notebook)
        return notebook

    @classmethod
    def _run_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        return super().execute_notebook(nb, kernel_name, **options)

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
        return cls._make_client(nb_man, limits=limits, **options).execute()

    @classmethod
    def _make_client(cls, nb_man: Any, **options: Any) -> LimitedClient:
        return LimitedClient(nb_man, **options)


class ForkingEngine(LimitedEngine):
    """Run a notebook in a forked kernel; what :class:`forked_kernels.engine.ForkEngine` does."""

    @classmethod
    def _run_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **kwargs: Any,
    ) -> Any:
        manager = _SparseManager(
            nb,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
            manager.has_run = True
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def _make_client(cls, nb_man: Any, **options: Any) -> LimitedClient:
        arguments = list(options.get("extra_arguments") or ())
        if not any(argument.startswith("--HistoryManager.hist_file") for argument in arguments):
            arguments.append("--HistoryManager.hist_file=:memory:")
        try:
            if not AVAILABLE:
                raise ForkRefused("this platform cannot fork")
            process = fork_kernel(
                options["kernel_name"],
                arguments,
                cwd=options.get("resources", {}).get("metadata", {}).get("path"),
                memory_megabytes=options["limits"].memory_megabytes,
            )
        except (ForkRefused, OSError) as error:
            logger.warning("The kernel is started by papermill's own engine, not forked: %s.", error)
            return super()._make_client(nb_man, **options)
        return ForkedClient(nb_man, process, **options)
