"""The fork server: a process that has imported everything, and forks a kernel on request.

Starting a Python kernel costs 0.8 seconds, and what a notebook imports may cost as much again; a fork
costs milliseconds. The kernel is ipykernel's own, in a separate process: no state passes from one notebook to
the next.

The process that forks has *imported* but never *used* the libraries that start threads: a fork of a
process in which polars, for example, has started its threads hangs. It runs no thread, no event loop and
no ZeroMQ socket. It is ``python -m forked_kernels.forking``, started by
:class:`forked_kernels.server.ForkServer`; requests come over a Unix socket, each with the requester's
standard output and error, as a child process would inherit them. The connection then belongs to that kernel:
messages on it say when the kernel listens and how it ended, and closing it ends the kernel.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import threading
import traceback
import warnings
from _io import _IOBase  # the base of every file; isinstance would run Python code
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: Imported before the first fork: the kernel. None of it starts a thread when it is imported.
_KERNEL = (
    "ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.debugger ipykernel.displayhook "
    "ipykernel.parentpoller forked_kernels.kernel sqlite3 IPython.core.completer IPython.core.completerlib IPython.core.debugger IPython.core.logger "
    "IPython.core.oinspect IPython.core.magics IPython.extensions.storemagic comm psutil"
).split()

# The messages to the requester, one line each.
_STARTED = b"started %d\n"
_ENDED = b"ended %d\n"
_REFUSED = b"refused %s\n"

_PR_SET_CHILD_SUBREAPER = 36  # of Linux's <sys/prctl.h>


class _Request(NamedTuple):
    function: str | None  # "module:function", or a kernel
    arguments: list[Any]
    env: dict[str, str]
    cwd: str
    memory: float | None
    descriptors: list[int]
    connection: socket.socket


def _read_request(connection: socket.socket) -> _Request | None:
    connection.settimeout(10)
    try:
        head, descriptors, _, _ = socket.recv_fds(connection, 8, 3)
        length = int.from_bytes(head, "big")
        data = b""
        while len(data) < length:
            if not (part := connection.recv(min(65536, length - len(data)))):
                return None
            data += part
        connection.settimeout(None)
    except OSError:
        return None
    if len(head) < 8 or len(descriptors) != 3:
        return None
    request = json.loads(data.decode("utf-8", "surrogateescape"))
    return _Request(**request, descriptors=descriptors, connection=connection)


def _interpreter_settings(env: dict[str, str]) -> dict[str, str]:
    """Select the variables that Python reads when it starts, which a fork cannot change."""
    return {key: value for key, value in env.items() if key.startswith("PYTHON")}


def _fork_on_request(listener: socket.socket) -> _Request | None:
    """Fork on request. Returns in each child with its request, and in the server, at its end, with None."""
    own_settings = _interpreter_settings(dict(os.environ))
    _adopt_orphans()
    selector = selectors.DefaultSelector()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    selector.register(listener, selectors.EVENT_READ, "listener")
    selector.register(wake_read, selectors.EVENT_READ, "wake")
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ, "owner")
    kernels: dict[int, socket.socket] = {}  # process to connection

    while True:
        for key, _ in selector.select():
            if key.data == "owner":  # it sends nothing: this is its end
                for kernel in kernels:
                    _kill(kernel)
                for kernel in kernels:
                    with suppress(ChildProcessError):
                        os.waitpid(kernel, 0)
                for kernel in _children():
                    _kill(kernel)
                return None
            if key.data == "wake":
                with suppress(BlockingIOError):
                    os.read(wake_read, 4096)
                _reap(kernels, selector)
            elif key.data == "listener":
                connection, _ = listener.accept()
                request = _read_request(connection)
                if request is None:
                    connection.close()
                    continue
                if _interpreter_settings(request.env) != own_settings:
                    _send_line(connection, _REFUSED % b"other PYTHON variables")
                    pid: int | None = None
                else:
                    gc.freeze()  # garbage collection in the child does not touch shared pages
                    pid = _fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    selector.close()
                    listener.close()
                    for other in kernels.values():
                        other.close()
                    os.close(wake_read)
                    os.close(wake_write)
                    return request
                for descriptor in request.descriptors:
                    os.close(descriptor)
                if pid is None:
                    connection.close()
                    continue
                kernels[pid] = connection
                _send_line(connection, _STARTED % pid)
                selector.register(connection, selectors.EVENT_READ, pid)
            else:  # the requester has closed the connection or ended
                selector.unregister(key.fileobj)
                if key.data in kernels:
                    _kill(key.data)


def _fork() -> int:
    """Fork without the warning of Python 3.12 and later that threads run.

    They are those of Arrow and of linear algebra, which idle while this process waits for requests and hold no lock;
    both libraries start new ones in a child.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _reap(kernels: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        connection = kernels.pop(pid, None)
        if connection is None:
            continue
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # processes that the notebook left running
        _end_orphans(kernels)
        with suppress(KeyError, ValueError):
            selector.unregister(connection)
        _send_line(connection, _ENDED % os.waitstatus_to_exitcode(status))
        connection.close()


def _adopt_orphans() -> None:
    """On Linux, become the parent of processes that a notebook leaves running, in any session."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> list[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return []
    return [int(pid) for pid in listed.split()]


def _end_orphans(kernels: Container[int]) -> None:
    """End adopted processes whose notebook has ended: those older than every running kernel."""
    born = {pid: _start_time(pid) for pid in _children()}
    first = min((when for pid, when in born.items() if pid in kernels), default=float("inf"))
    for pid, when in born.items():
        if pid not in kernels and when < first:
            _kill(pid)


def _start_time(pid: int) -> float:
    try:
        return float(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return float("inf")


def _limit_memory(megabytes: float) -> None:
    """Limit this process's memory, so that an allocation fails before the machine runs out."""
    if sys.platform != "linux":
        return
    import resource

    lines = Path("/proc/self/status").read_text().splitlines()
    (now,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = now + int(megabytes * 1_000_000)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _send_line(connection: socket.socket, line: bytes) -> None:
    with suppress(OSError):
        connection.sendall(line)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # with what the notebook started
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _take_over(request: _Request) -> None:
    """Make this process, which was forked, the one that was asked for."""
    os.setsid()  # as jupyter_client does: an interrupt goes to the kernel and its children
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (request.descriptors[0], 1), (request.descriptors[1], 2)):
        os.dup2(source, target)
        if source > 2:
            os.close(source)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request.env)
    os.chdir(request.cwd)
    # Children must not draw the same random numbers. Python reseeds its own generator itself.
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def _run_kernel(request: _Request) -> None:
    """Run the requested kernel in this process."""
    os.environ["JPY_PARENT_PID"] = str(os.getppid())

    import ipykernel_launcher

    from forked_kernels.kernel import ForkedKernelApp

    sys.argv = [ipykernel_launcher.__file__, *request.arguments]
    app = ForkedKernelApp.instance(parent_handle=os.getppid(), connection=socket.socket(fileno=request.descriptors[2]))
    app.initialize(request.arguments)  # type: ignore[no-untyped-call]  # ipykernel's own gap
    if request.memory is not None:
        _limit_memory(request.memory)  # after start, so that the kernel's threads are not counted
    request.connection.close()
    imported = set(sys.modules)
    app.start()  # type: ignore[no-untyped-call]  # ipykernel's own gap
    assert app.shell is not None
    _end_process(app.shell, imported)


def _run_function(request: _Request) -> NoReturn:
    """Call the requested function in this process, which ends with it."""
    assert request.function is not None
    if request.memory is not None:
        _limit_memory(request.memory)
    request.connection.close()
    status = 1
    with _print_errors():
        _function(request.function)(socket.socket(fileno=request.descriptors[2]), *request.arguments)
        status = 0
    with suppress(Exception):
        sys.stdout.flush()
    os._exit(status)  # what existed before the fork is not freed


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _end_process(shell: InteractiveShell, imported: Container[str]) -> NoReturn:
    """End this process as Python does, but without freeing what existed before the fork.

    Python frees every object when it ends. Nearly all belong to the parent and would be copied page by
    page first, which takes longer than starting the kernel. So this joins threads, runs exit hooks, frees
    what the notebook made and flushes its files, and then exits.
    """
    with _print_errors():
        threading._shutdown()  # type: ignore[attr-defined]  # private, but the way that Python itself ends
    with _print_errors():
        atexit._run_exitfuncs()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads still running find their names deleted; when Python itself ends they would not run.
    threading.excepthook = lambda _: None
    with _print_errors():
        for name in ("last_type", "last_value", "last_traceback"):
            setattr(sys, name, None)
        shell.last_execution_result = None
        # Python's order: names that begin with an underscore first.
        for name in sorted(shell.user_ns, key=lambda name: not str(name).startswith("_")):
            shell.user_ns[name] = None
        for name in reversed([name for name in sys.modules if name not in imported]):
            del sys.modules[name]
        gc.collect()  # objects from before the fork are frozen and not collected
        for thing in gc.get_objects():
            if issubclass(type(thing), _IOBase):
                with suppress(Exception):
                    thing.flush()
    with suppress(Exception):
        ctypes.CDLL(None).fflush(None)  # what C has buffered
    os._exit(0)


@contextmanager
def _print_errors() -> Iterator[None]:
    """Print an exception and go on, as Python does when it ends."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            traceback.print_exc(file=sys.__stderr__)


def import_and_prepare(
    preload: Sequence[str], prepare: str | None, arguments: Sequence[Any], notebooks: Sequence[str] = ()
) -> None:
    """Import what kernels and notebooks need, compile the notebooks' cells, and call ``prepare``.

    Parameters
    ----------
    preload, prepare, arguments, notebooks
        As for :class:`forked_kernels.server.ForkServer`.
    """
    gc.disable()  # nothing of what is imported is garbage, and looking for it takes a seventh of the time
    for name in (*_KERNEL, *preload):
        # A module that cannot be imported fails in the notebook that needs it, where it is reported.
        with suppress(Exception):
            importlib.import_module(name)
    if notebooks:
        with _print_errors():
            importlib.import_module("forked_kernels.compiled").compile_ahead(notebooks)
    if prepare is not None:
        with _print_errors():
            _function(prepare)(*arguments)
    gc.freeze()  # else the whole of it would be looked through now
    gc.enable()


def _main() -> None:
    # As ipykernel_launcher does: the kernel puts '' there itself, for its own working directory.
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    listener = socket.socket(fileno=int(sys.argv[1]))
    # debugpy, which ipykernel imports, would print its advice on frozen modules.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    import_and_prepare(**json.loads(sys.argv[2]))
    folder = os.path.dirname(listener.getsockname())
    request = _fork_on_request(listener)
    if request is None:
        shutil.rmtree(folder, ignore_errors=True)  # an owner that was killed cannot do it
        return
    _take_over(request)
    if request.function is None:
        _run_kernel(request)
    else:
        _run_function(request)


if __name__ == "__main__":
    _main()
