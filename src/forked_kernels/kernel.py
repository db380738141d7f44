"""ipykernel's kernel in a forked process, connected by one socket to its one client.

ipykernel and IPython run the cells and make the messages. What is left out is what one client on the same
machine does not need: ZeroMQ's sockets and their threads, signatures, the heartbeat, the debugger and subshells. They
took several times what a short cell takes itself.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import traitlets
from ipykernel import iostream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from jupyter_client.session import Session
from tornado.ioloop import IOLoop

from forked_kernels.compiled import KnownCells
from forked_kernels.messages import IOPUB, SHELL, MessageReader, is_whole, pack

#: Seconds until what a running cell puts out is sent.
_SEND_EVERY = 0.05

#: Characters that a stream holds at most before it makes a message of them.
_MOST_HELD = 1_000_000

#: Bytes that may wait for the client; a cell that prints faster than the client reads waits too.
_MOST_WAITING = 16_000_000


class Publisher(iostream.IOPubThread):
    """Sends messages to the client.

    Parameters
    ----------
    connection : socket.socket

    Notes
    -----
    A running cell only puts messages in a queue, and this thread sends them: an interrupt could cut in two what the
    cell's own thread sends. At a cell's end interrupts are ignored, and the cell's thread sends what waits: changing to
    another thread and back takes longer than a short cell.
    """

    channel = IOPUB

    def __init__(self, connection: socket.socket) -> None:
        # not IOPubThread's, which opens ZeroMQ sockets
        self.socket = connection
        self.background_socket = self
        self.io_loop = self  # streams ask it to call them later
        self.lock = threading.RLock()
        os.register_at_fork(
            before=self.lock.acquire, after_in_parent=self.lock.release, after_in_child=self.lock.release
        )
        self._pid = os.getpid()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._due: deque[tuple[float, Callable[[], Any]]] = deque()
        self._sending = threading.Lock()
        self._stopped = False
        # for processes that the notebook has forked: each message is the reading end of a pipe
        self._from_forks, self._to_original = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.thread = threading.Thread(target=self._run, name="IOPub", daemon=True)

    def call_later(self, seconds: float, function: Callable[[], Any]) -> None:
        """Call a function in this thread, after the same time in each call."""
        self._due.append((time.monotonic() + seconds, function))

    def schedule(self, f: Callable[[], Any]) -> None:
        """Call a function at once: what ipykernel does in its thread needs none here."""
        f()

    def put(self, channel: str, message: dict[str, Any], buffers: Any) -> None:
        """Have a message sent.

        A process that the notebook has forked, and that has come to the end of its cell, ends here: the reply is the
        kernel's.
        """
        frame = pack(channel, message, buffers)
        if os.getpid() == self._pid:
            with self.lock:
                self._waiting.append(frame)
                self._waiting_bytes += len(frame)
        elif channel == SHELL:
            os._exit(0)
        else:
            read, write = os.pipe()
            with open(write, "wb") as pipe, suppress(OSError):
                socket.send_fds(self._to_original, [b"."], [read])
                os.close(read)
                pipe.write(frame)

    def wait_for_room(self) -> None:
        """Wait while too much waits for the client."""
        while self._waiting_bytes > _MOST_WAITING and self.thread.is_alive():
            time.sleep(0.005)

    def send(self) -> None:
        """Send what waits."""
        with self._sending:
            while self._waiting:
                with self.lock:
                    frames, self._waiting = self._waiting, deque()
                    self._waiting_bytes = 0
                with suppress(OSError):  # the client has closed the connection, which ends the kernel
                    self.socket.sendall(b"".join(frames))

    def stop(self) -> None:
        """Send what waits and end the thread."""
        self._stopped = True
        self._to_original.send(b".")
        self.thread.join(5)

    def close(self) -> None:
        """Do nothing: the connection ends with the process."""

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._from_forks, select.POLLIN)
        while not self._stopped:
            if poll.poll(1000 * _SEND_EVERY):
                self._take_from_forks()
            while self._due and self._due[0][0] <= time.monotonic():
                self._due.popleft()[1]()
            self.send()

    def _take_from_forks(self) -> None:
        _, pipes, _, _ = socket.recv_fds(self._from_forks, 1, 1)
        for pipe in pipes:
            with open(pipe, "rb") as file:
                frame = file.read()
            if is_whole(frame):  # the process may have been ended
                with self.lock:
                    self._waiting.append(frame)


class OutStream(iostream.OutStream):
    """``sys.stdout`` and ``sys.stderr`` of a notebook."""

    _held = 0

    def write(self, string: str) -> int | None:  # type: ignore[override]  # ipykernel's own is
        """Write text."""
        written = super().write(string)
        self._held += len(string)
        if self._held > _MOST_HELD:
            self.flush()
            self.pub_thread.wait_for_room()
        return written

    def flush(self) -> None:
        """Make a message of what was written."""
        if self._buffers and self.pub_thread is not None:
            self._flush()

    def _flush(self) -> None:
        with self.pub_thread.lock:  # text leaves in the order in which it came
            self._held = 0
            super()._flush()  # type: ignore[no-untyped-call]  # ipykernel's own gap


# Libraries know a notebook's streams by their module, click for one.
OutStream.__module__ = iostream.OutStream.__module__


class _Session(Session):
    """Makes messages and gives them to the publisher, whole and unsigned."""

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(msg_or_type, content, parent, header, metadata)
        stream.put(stream.channel, message, buffers or message.get("buffers", ()))
        return message

    def feed_identities(self, msg_list: Any, copy: bool = True) -> Any:
        return [], msg_list

    def deserialize(self, msg_list: Any, content: bool = True, copy: bool = True) -> Any:
        return msg_list


class _Requests:
    """The kernel's end of the shell channel, with what ipykernel uses of a ``ZMQStream``."""

    channel = SHELL

    def __init__(self, publisher: Publisher) -> None:
        self._reader = MessageReader(publisher.socket)
        self.put = publisher.put
        self._publisher = publisher
        self._tasks: set[asyncio.Future[Any]] = set()  # the loop itself does not keep them
        self.at_end: Callable[[], Any]

    def flush(self, flag: int = 0) -> None:
        """Send replies: ipykernel calls it after each, when interrupts are ignored."""
        self._publisher.send()

    def on_recv(self, callback: Callable[[dict[str, Any]], Any], *, copy: bool) -> None:
        """Have a function called with each request."""
        self._callback = callback
        IOLoop.current().add_handler(self._publisher.socket, self._read, IOLoop.READ)

    def _read(self, connection: socket.socket, events: int) -> None:
        try:
            for _, message in self._reader.read():
                self._start(self._callback(message))
        except MemoryError:  # it would be raised again for ever
            os._exit(1)
        if self._reader.is_over:
            IOLoop.current().remove_handler(connection)
            self._start(self.at_end())

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _NoDebugger:
    """Takes the place of ipykernel's debugger, which needs ZeroMQ sockets."""

    def __init__(self, *_: Any) -> None:
        pass


def _asked_of_few(should_run_async: Callable[..., bool]) -> Callable[..., bool]:
    """Answer for cells without the words of asynchronous code: IPython compiles a cell to find that out."""

    def answer(raw_cell: str, *, transformed_cell: str | None = None, **more: Any) -> bool:
        if transformed_cell is not None and "await" not in transformed_cell and "async" not in transformed_cell:
            return False
        return should_run_async(raw_cell, transformed_cell=transformed_cell, **more)

    return answer


class ForkedKernel(IPythonKernel):
    """ipykernel's kernel."""

    shell_stream = traitlets.Any()
    debugger_class = traitlets.Type(_NoDebugger)
    _supports_kernel_subshells = False
    _execute_sleep = 0.0  # ipykernel gives its output time; here it cannot be overtaken by the reply

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # ipykernel's own gap
        assert self.shell is not None
        # do_execute transforms a cell to see whether it is asynchronous, and run_cell transforms it again
        self.shell.transform_cell = lru_cache(maxsize=1)(self.shell.transform_cell)
        self.shell.should_run_async = _asked_of_few(self.shell.should_run_async)
        self.shell.compile = KnownCells(self.shell)

    def pre_handler_hook(self) -> None:
        """Prepare for a request."""
        assert self.shell is not None
        self.shell.transform_cell.cache_clear()  # what a cell is transformed to depends on the names that there are
        super().pre_handler_hook()  # type: ignore[no-untyped-call]  # ipykernel's own gap

    def start(self) -> None:
        """Listen."""
        assert self.shell is not None
        self.shell.exit_now = False
        self.shell_stream.at_end = self._end
        # IPythonKernel's starts the debugger
        Kernel.start(self)  # type: ignore[no-untyped-call]  # ipykernel's own gap
        # do_execute compares it with the current thread
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.current_thread())

    async def _end(self) -> None:
        """Do what ipykernel does when it is asked to shut down."""
        await self._at_shutdown()  # type: ignore[no-untyped-call]  # ipykernel's own gap
        self.io_loop.add_callback(self.io_loop.stop)

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Do nothing: the client sends a cell when the one before has ended, so none is waiting."""


class ForkedKernelApp(IPKernelApp):
    """ipykernel's application without its sockets.

    Parameters
    ----------
    connection : socket.socket
        To the client.
    """

    kernel_class = traitlets.Type(ForkedKernel, klass=Kernel)
    outstream_class = f"{__name__}.OutStream"
    connection = traitlets.Instance(socket.socket)

    def init_connection_file(self) -> None:
        """Do nothing: there are no ports."""

    def write_connection_file(self, **_: Any) -> None:
        """Do nothing: there are no ports."""

    def init_heartbeat(self) -> None:
        """Do nothing: the kernel's process is its client's to watch."""

    def log_connection_info(self) -> None:
        """Do nothing: there is no second client."""
        self._ports = {}

    @traitlets.default("session")
    def _make_session(self) -> Session:
        return _Session(parent=self)

    def init_sockets(self) -> None:
        """Use the connection."""
        atexit.register(self.close)
        self.configure_tornado_logger()  # type: ignore[no-untyped-call]  # ipykernel's own gap
        self.log.setLevel(self.log_level)  # its handler has this level; ipykernel logs each message that it handles
        self.iopub_socket = self.iopub_thread = Publisher(self.connection)
        self.iopub_thread.thread.start()
        self.shell_socket = _Requests(self.iopub_thread)

    def init_kernel(self) -> None:
        """Make the kernel."""
        self.kernel = self.kernel_class.instance(
            parent=self,
            session=self.session,
            shell_stream=self.shell_socket,
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count

    def close(self) -> None:
        """Send what waits."""
        self.reset_io()  # type: ignore[no-untyped-call]  # ipykernel's own gap
        self.iopub_thread.stop()
