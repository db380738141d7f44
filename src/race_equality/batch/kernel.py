"""ipykernel's kernel in a forked process, joined to who runs it by a socket pair.

ipykernel, IPython and Jupyter's messages are what they always are. What is left out is what one
client on the same machine has no use for: five ZeroMQ sockets with their threads, the heartbeat, the
debugger and subshells. They were two thirds of the kernel's own time, and sixty changes of thread
for each cell.
"""

from __future__ import annotations

import asyncio
import atexit
import codecs
import inspect
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import traitlets
import zmq
from ipykernel import iostream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from tornado.ioloop import IOLoop

from race_equality.batch import pipe

#: What may wait for a slow client, in bytes; a cell that puts out more waits with it.
_AT_MOST_WAITING = 32_000_000

#: What is sent, and read, at a time.
_PIECE = 1_000_000

#: Seconds between two looks of the thread that sends, at what a running cell has put out.
_LOOK_EVERY = 0.05


class Publisher(iostream.IOPubThread):
    """The one thread beside the notebook's: it sends, and takes in what is written below Python.

    Parameters
    ----------
    connection : socket.socket
        To the client.
    session : jupyter_client.session.Session
        That makes the messages.

    Notes
    -----
    A message is put in a queue and sent by the thread, so an interrupt that hits the notebook cannot
    cut one in two. Between cells, when interrupts are ignored, the notebook's own thread sends what
    there is: waking another one for each message took longer than all the rest.
    """

    def __init__(self, connection: socket.socket, session: Any) -> None:
        # ipykernel's own constructor makes ZeroMQ sockets
        self.connection = self.socket = connection
        self.session = session
        self.background_socket = _Outlet(self)
        self.io_loop = None
        self.streams: list[OutStream] = []
        self._pid = os.getpid()
        self._stopped = self._is_broken = self._is_woken = False
        self._waiting: deque[bytes | threading.Event] = deque()
        self._size = 0
        self._has_room = threading.Event()
        self._sending = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run, name="IOPub", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self) -> None:
        """Send what is waiting and end the thread."""
        self._stopped = True
        if self.thread.is_alive():
            self.wake()
            self.thread.join(timeout=5)

    def close(self) -> None:
        """Forget the connection."""
        self.socket = None

    def watch(self, stream: OutStream, descriptor: int) -> None:
        """Take in what is written to a stream's descriptor."""
        self._selector.register(descriptor, selectors.EVENT_READ, stream)

    def unwatch(self, descriptor: int) -> None:
        """Leave a descriptor that nobody can write to any more: it would be ready for ever."""
        self._selector.unregister(descriptor)
        os.close(descriptor)

    def schedule(self, f: Callable[[], Any]) -> None:
        """Call a function; nothing here needs a thread of its own."""
        f()

    def send_multipart(self, msg: Sequence[bytes], *_: Any, **__: Any) -> None:
        """Send a message on the output channel."""
        self.put(pipe.IOPUB, msg)

    def put(self, channel: int, frames: Sequence[bytes]) -> None:
        """Have a message sent."""
        if os.getpid() != self._pid or self._is_broken:
            return  # a process that the notebook forked has no say here
        data = pipe.pack(channel, frames)
        self._size += len(data)
        self._waiting.append(data)
        if self._size > _PIECE:
            self.wake()

    def make_room(self) -> None:
        """Wait while too much is waiting. Whoever holds a stream's lock must not: the thread may want it."""
        while self._is_too_much() and not self._is_broken:
            if threading.current_thread() is self.thread or not self.thread.is_alive():
                return
            self._has_room.clear()
            self.wake()
            self._has_room.wait(0.1)

    def _is_too_much(self) -> bool:
        """Whether messages, or text that is in none yet, are more than may wait."""
        unpublished = sum(stream.unpublished for stream in self.streams)
        return (self._size > _AT_MOST_WAITING and bool(self._waiting)) or unpublished > _AT_MOST_WAITING

    def wait(self, seconds: float) -> bool:
        """Wait until all there is so far is sent."""
        if self._is_broken or not self.thread.is_alive() or threading.current_thread() is self.thread:
            return True
        sent = threading.Event()
        self._waiting.append(sent)
        self.wake()
        return sent.wait(seconds)

    def send(self) -> None:
        """Have all that is waiting sent, at once if no interrupt can come between."""
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and os.getpid() == self._pid:
            self._send()
        else:
            self.wake()

    def wake(self) -> None:
        """Have the thread look round."""
        if not self._is_woken:
            self._is_woken = True
            os.write(self._wake_write, b".")

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select(_LOOK_EVERY):
                if key.data is None:
                    os.read(self._wake_read, 64)
                else:
                    key.data.take_in()
            self._is_woken = False
            now = time.monotonic()
            for stream in self.streams:
                if stream.due is not None and stream.due <= now:
                    stream.publish()
            self._send()
            if self._stopped and not self._waiting:
                return

    def _send(self) -> None:
        with self._sending:
            while self._waiting:
                pieces, size, sent = [], 0, []
                while self._waiting and size < _PIECE:
                    item = self._waiting.popleft()
                    if isinstance(item, threading.Event):
                        sent.append(item)
                    else:
                        pieces.append(item)
                        size += len(item)
                try:
                    if pieces and not self._is_broken:
                        self.connection.sendall(b"".join(pieces))
                except OSError:  # the client has gone
                    self._is_broken = True
                # Other threads add to it meanwhile, now and then in vain: it is for slowing down, no more.
                self._size = self._size - size if self._waiting else 0
                self._has_room.set()
                for event in sent:
                    event.set()


class _Outlet(iostream.BackgroundSocket):
    """The output channel for all but the streams."""

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        self.io_thread.make_room()
        self.io_thread.send_multipart(*args, **kwargs)


class OutStream(iostream.OutStream):
    """``sys.stdout`` and ``sys.stderr`` of a notebook."""

    def __init__(self, session: Any, pub_thread: Publisher, name: str, **options: Any) -> None:
        self.due: float | None = None
        #: Characters that are in no message yet.
        self.unpublished = 0
        self._order = threading.RLock()  # text leaves in the order in which it came
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__(session, pub_thread, name, **options)
        pub_thread.streams.append(self)

    def _setup_stream_redirects(self, name: str) -> None:
        self._fid, write_end = os.pipe()
        os.set_blocking(self._fid, False)
        self._original_stdstream_fd = getattr(sys, name).fileno()
        self._original_stdstream_copy = os.dup(self._original_stdstream_fd)
        os.dup2(write_end, self._original_stdstream_fd)
        os.close(write_end)
        self.pub_thread.watch(self, self._fid)

    def take_in(self) -> None:
        """Take in what was written to the descriptor so far, and pass it on as ipykernel does."""
        with self._order:
            if self._fid is None:  # known under the lock alone: the thread and the notebook's flush both come here
                return
            for _ in range(64):  # what writes without end is not waited for
                try:
                    data = os.read(self._fid, 65536)
                except BlockingIOError:
                    return
                if not data:  # the notebook has closed the descriptor
                    self.pub_thread.unwatch(self._fid)
                    self._fid = None
                    return
                if text := self._decoder.decode(data):
                    super().write(text)
                with suppress(OSError):
                    os.write(self._original_stdstream_copy, data)
                if len(data) < 65536:
                    return

    def write(self, string: str) -> int:
        """Write text; what a process writes that the notebook forked goes by the descriptor."""
        if self._is_master_process() or not isinstance(string, str):
            if self.pub_thread is not None:
                if self.unpublished > _PIECE:
                    self.due = 0.0  # the thread need not wait for more: what is written fast is not held for long
                self.pub_thread.make_room()
            if isinstance(string, str):  # anything else is refused below
                self.unpublished += len(string)
            return super().write(string)
        data = string.encode(errors="replace")
        descriptor = {"stdout": 1, "stderr": 2}[self.name]
        while data:
            data = data[os.write(descriptor, data) :]
        return len(string)

    def _schedule_flush(self) -> None:
        if self.due is None:
            self.due = time.monotonic() + self.flush_interval

    def publish(self) -> None:
        """Make a message of what was written."""
        with self._order:
            self.due, self.unpublished = None, 0
            super()._flush()

    _flush = publish

    def flush(self) -> None:
        """Send what was written, to the descriptor as well."""
        if self.pub_thread is None or not self._is_master_process():
            return
        self.take_in()
        with self._order:
            is_new = self.due is not None
            if is_new:
                self.publish()
        if is_new and not self.pub_thread.wait(self.flush_timeout):
            print("IOStream.flush timed out", file=sys.__stderr__)

    def close(self) -> None:
        """Close the stream, and give the descriptor back."""
        if self._should_watch:
            self.flush()
            self._should_watch = False
            os.dup2(self._original_stdstream_copy, self._original_stdstream_fd)
            with self._order:
                self._fid = None
        self.pub_thread = None


# Libraries know a notebook's streams by their module, click for one.
OutStream.__module__ = iostream.OutStream.__module__


class _Requests:
    """The kernel's end of the shell channel, with what ipykernel uses of a ``ZMQStream``."""

    def __init__(self, connection: socket.socket, publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher
        self._unpacker = pipe.Unpacker()
        self._pid = os.getpid()
        self._tasks: set[asyncio.Task] = set()
        self.when_over: Callable[[], Any]

    def send_multipart(self, msg: Sequence[bytes], *_: Any, **__: Any) -> None:
        self._publisher.put(pipe.SHELL, msg)

    def flush(self, _: int = 0) -> None:  # ipykernel does after each request
        self._publisher.send()

    def on_recv(self, callback: Callable[[list[zmq.Frame]], Any], *, copy: bool) -> None:
        IOLoop.current().asyncio_loop.add_reader(self._connection.fileno(), self._read, callback)

    def _read(self, callback: Callable[[list[zmq.Frame]], Any]) -> None:
        if os.getpid() != self._pid:
            os._exit(0)  # a process that the notebook forked, and that came back here: the requests are not its own
        try:
            data = self._connection.recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._start(self.when_over())
        for _, frames in self._unpacker.feed(data):
            self._start(callback([zmq.Frame(frame) for frame in frames]))

    def _start(self, what: Any) -> None:
        if inspect.isawaitable(what):
            task = asyncio.ensure_future(what)
            self._tasks.add(task)  # the loop itself holds no task
            task.add_done_callback(self._tasks.discard)


class _NoDebugger:
    """In the place of ipykernel's, which wants ZeroMQ sockets."""

    def __init__(self, *_: Any) -> None:
        pass


class PipeKernel(IPythonKernel):
    """ipykernel's kernel."""

    shell_stream = traitlets.Any()
    debugger_class = traitlets.Type(_NoDebugger)
    _supports_kernel_subshells = False
    _execute_sleep = 0.0  # ipykernel gives its output channel time; here the reply cannot overtake it

    def start(self) -> None:
        """Listen."""
        self.shell.exit_now = False
        self.shell_stream.when_over = self._end
        Kernel.start(self)  # IPythonKernel's speaks to the debugger
        # do_execute asks it which thread is the main one
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.current_thread())

    async def _end(self) -> None:
        """Do what ipykernel does when it is asked to shut down."""
        if _has_children():
            await self._at_shutdown()
        self.io_loop.add_callback(self.io_loop.stop)

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Leave what waits: a client that runs cells one by one has no other requests under way."""


def _has_children() -> bool:
    """Tell whether there may be processes to end; ipykernel looks at every process of the machine."""
    try:
        lists = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    except OSError:
        return True
    return not lists or any(lists)


class PipeKernelApp(IPKernelApp):
    """ipykernel's application without its sockets.

    Parameters
    ----------
    connection : socket.socket
        To the client.
    """

    kernel_class = traitlets.Type(PipeKernel, klass=Kernel)
    outstream_class = f"{__name__}.OutStream"
    connection = traitlets.Instance(socket.socket)

    def init_connection_file(self) -> None:
        """Leave the file: there are no ports."""

    write_connection_file = init_heartbeat = init_connection_file

    def log_connection_info(self) -> None:
        """Say nothing: there is no second client."""
        self._ports = {}

    def init_sockets(self) -> None:
        """Take up the connection."""
        atexit.register(self.close)
        self.configure_tornado_logger()
        self.session.auth = None  # the other end is known
        self.iopub_thread = Publisher(self.connection, self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket
        self.shell_socket = _Requests(self.connection, self.iopub_thread)

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
        """Give the streams back and send what is waiting."""
        self.reset_io()
        for stream in self.iopub_thread.streams:
            stream.close()
        self.iopub_thread.stop()
        self.iopub_thread.close()
