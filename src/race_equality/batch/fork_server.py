"""A process that has imported everything, and forks a kernel whenever it is asked.

Starting a Python kernel costs 0.8 seconds, and what a report imports as much again; a fork costs
milliseconds. The kernel that comes out is ipykernel's own, in a process of its own, and ends when it
ends: nothing of one notebook reaches the next.

The process that forks has *imported* but never *used* the libraries that start threads: a fork of a
process in which vl-convert, typst or polars have started theirs hangs. It runs no thread, no event
loop and no ZeroMQ socket. In a build it has also read the figures, with pandas and one thread. It is ``python -m race_equality.batch.fork_server``, started by :class:`ForkServer`;
requests come over a Unix socket, each with the standard output and error of who asks, as a child of
its own would inherit them, and one end of a socket pair for the kernel's messages. The connection then
stands for the kernel: it says how the kernel ended, and closing it ends the kernel.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from _io import _IOBase  # of every file, and tested without Python code
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from race_equality.errors import RaceEqualityError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: Whether this platform can fork. macOS can, and its own frameworks, which cannot, are not used.
AVAILABLE = hasattr(os, "fork") and hasattr(socket, "send_fds") and sys.platform != "emscripten"

#: The socket of a server that is shared, for the processes below the one that started it.
ADDRESS_VARIABLE = "RACE_EQUALITY_FORK_SERVER"

#: Imported before the first fork: the kernel, and what the notebooks take. A module that is not
#: there is left out. None of them may start a thread when it is imported; a test holds them to it.
PRELOAD = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "ipykernel.displayhook",
    "ipykernel.parentpoller",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.magics",
    "IPython.extensions.storemagic",
    "comm",
    "psutil",
    "numpy",
    "numpy.random",
    "pandas",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.string",
    "pandas.io.parquet",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "scipy.optimize.elementwise",
    "altair",
    "vl_convert",
    "yaml",
    "race_equality.params",
    "race_equality.batch.kernel",
)

#: All modules of these are imported as well: notebooks take what they need of them.
PRELOAD_PACKAGES = (
    "race_equality.figures",
    "race_equality.indicators",
    "race_equality.statistics",
    "race_equality.disclosure",
    "race_equality.params",
    "race_equality.report",
)

# What the server answers, one line each.
_STARTED = b"started %d\n"
_ENDED = b"ended %d\n"
_REFUSED = b"refused %s\n"

_PR_SET_CHILD_SUBREAPER = 36  # of Linux's <sys/prctl.h>


class ForkServer:
    """Start a fork server, and stop it.

    Parameters
    ----------
    share : bool
        Let the processes started from here use it too, through the environment.
    project : Path, optional
        A checkout whose figures are read before the first fork: notebooks that read them have them
        at once, as long as the files stay as they are.
    compute : bool
        Also compute the findings on all trusts (:mod:`race_equality.figures.cache`).

    Notes
    -----
    Imports happen in the server's own process, beside whatever its owner does next; requests wait.
    """

    def __init__(self, *, share: bool = False, project: Path | None = None, compute: bool = False) -> None:
        # A private folder: the socket runs code for whoever can open it.
        self.folder = Path(tempfile.mkdtemp(prefix="race-equality-"))
        self.address = str(self.folder / "fork")
        self._share = share
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(self.address)
                listener.listen(64)
                self._process = subprocess.Popen(
                    [sys.executable, "-m", __name__, str(listener.fileno())]
                    + ([str(project), *(["compute"] if compute else [])] if project else []),
                    stdin=subprocess.PIPE,  # its end of file tells the server that its owner is gone
                    pass_fds=[listener.fileno()],
                    start_new_session=True,  # Ctrl-C is for its owner to act on
                )
        except OSError:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
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


class ForkRefused(RaceEqualityError):
    """The server cannot give what was asked for; a new process can."""


class ForkedProcess:
    """A forked kernel, with the interface of ``subprocess.Popen`` that jupyter_client uses.

    Parameters
    ----------
    address : str
        The server's socket.
    arguments : list of str
        For ipykernel, without the program.
    env : dict
        The kernel's environment.
    cwd : str, optional
        The kernel's working directory.
    memory_megabytes : float, optional
        How much more memory than at its start the kernel may ask for, on Linux; then allocating
        raises ``MemoryError`` in it.

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
        arguments: list[str],
        *,
        env: dict[str, str],
        cwd: str | None = None,
        memory_megabytes: float | None = None,
    ) -> None:
        self._received = b""
        self.pid: int | None = None
        self.returncode: int | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        #: Carries the kernel's messages; see :mod:`race_equality.batch.pipe`.
        self.channel, theirs = socket.socketpair()
        #: Whether it was told that there is nothing more to do.
        self.is_ending = False
        try:
            self._socket.connect(address)
            request = {"arguments": arguments, "env": env, "cwd": str(cwd or os.getcwd()), "memory": memory_megabytes}
            data = json.dumps(request).encode("utf-8", "surrogateescape")
            descriptors = [1, 2, theirs.fileno()]
            socket.send_fds(self._socket, [len(data).to_bytes(8, "big")], descriptors)
            self._socket.sendall(data)
            while self.pid is None:
                if not self._receive(None):
                    raise OSError("The fork server ended while it was asked for a kernel.")
        except BaseException:
            self._socket.close()
            self.channel.close()
            raise
        finally:
            theirs.close()
        self.channel.setblocking(False)

    def _receive(self, timeout: float | None) -> bool:
        """Take in what the server says; return whether it said anything."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(4096)
        except (BlockingIOError, TimeoutError):
            return False
        except ConnectionResetError:
            data = b""
        if not data:
            if self.returncode is None and self.pid is not None:
                # The server is gone, and takes its kernels with it.
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
        """Return the descriptor that is readable when there is news of the kernel."""
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
                raise subprocess.TimeoutExpired("kernel", timeout)
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send the kernel a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def end(self) -> None:
        """Tell the kernel that nothing more comes; it ends when it is done."""
        self.is_ending = True
        with suppress(OSError):
            self.channel.shutdown(socket.SHUT_WR)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


# ---------------------------------------------------------------------------------------------
# The server's side. From here on nothing runs in the process that asks.


class _Request(NamedTuple):
    arguments: list[str]
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
    """Pick the variables that Python reads when it starts, which a fork is too late for."""
    return {key: value for key, value in env.items() if key.startswith("PYTHON")}


def _serve(listener: socket.socket) -> _Request | None:
    """Fork on request; returns in each child with its request, and in the server with None."""
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
                for pid in kernels:
                    _kill(pid)
                for pid in kernels:
                    with suppress(ChildProcessError):
                        os.waitpid(pid, 0)
                for pid in _children():
                    _kill(pid)
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
                    _say(connection, _REFUSED % b"other PYTHON variables")
                    pid = None
                else:
                    gc.freeze()  # collections in the child leave the shared pages alone
                    pid = os.fork()
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
                _say(connection, _STARTED % pid)
                selector.register(connection, selectors.EVENT_READ, pid)
            else:  # who asked has closed the connection, or is gone
                selector.unregister(key.fileobj)
                if key.data in kernels:
                    _kill(key.data)


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
            os.killpg(pid, signal.SIGKILL)  # what the notebook started and left
        _end_orphans(kernels)
        with suppress(KeyError, ValueError):
            selector.unregister(connection)
        _say(connection, _ENDED % os.waitstatus_to_exitcode(status))
        connection.close()


def _adopt_orphans() -> None:
    """Have what a notebook leaves behind, in whatever session, become a child of this process (Linux)."""
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
    """End adopted processes whose notebook has ended: those older than every kernel that runs."""
    born = {pid: _started(pid) for pid in _children()}
    first = min((when for pid, when in born.items() if pid in kernels), default=float("inf"))
    for pid, when in born.items():
        if pid not in kernels and when < first:
            _kill(pid)


def _started(pid: int) -> float:
    try:
        return float(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return float("inf")


def _limit_memory(megabytes: float) -> None:
    """Let allocating fail in this process before the machine is out of memory."""
    if sys.platform != "linux":
        return
    import resource

    lines = Path("/proc/self/status").read_text().splitlines()
    (now,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = now + int(megabytes * 1_000_000)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _say(connection: socket.socket, line: bytes) -> None:
    with suppress(OSError):
        connection.sendall(line)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # with what the notebook started
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _run_kernel(request: _Request) -> None:
    """Become the kernel that was asked for."""
    os.setsid()  # as jupyter_client does: an interrupt goes to the kernel and what it started
    request.connection.close()
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (request.descriptors[0], 1), (request.descriptors[1], 2)):
        os.dup2(source, target)
        if source > 2:
            os.close(source)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request.env)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.chdir(request.cwd)
    if request.memory is not None:
        _limit_memory(request.memory)
    # Children of one parent must not draw the same numbers. Python's own generator sees to itself.
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()

    import ipykernel_launcher

    from race_equality.batch.kernel import PipeKernelApp

    sys.argv = [ipykernel_launcher.__file__, *request.arguments]
    client = socket.socket(fileno=request.descriptors[2])
    app = PipeKernelApp.instance(connection=client, parent_handle=os.getppid())
    app.initialize(request.arguments)
    imported = set(sys.modules)
    app.start()
    _leave(app.shell, imported)


def _leave(shell: InteractiveShell, imported: Container[str]) -> NoReturn:
    """End this process as Python does, but leave to the system what was there before the fork.

    Python takes every object apart when it ends. Here that is nearly all its parent's, page by page
    copied for the purpose: more work than starting the kernel. So threads are waited for, exit hooks
    run, what the notebook made is taken apart and its files are flushed, and the rest just ends.
    """
    with _reported():
        threading._shutdown()
    with _reported():
        atexit._run_exitfuncs()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads that are left find their names gone; in Python's own end they would not run any more.
    threading.excepthook = lambda _: None
    with _reported():
        for name in ("last_type", "last_value", "last_traceback"):
            setattr(sys, name, None)
        shell.last_execution_result = None
        # Python's order: what begins with an underscore, and its own results are among it, first.
        for name in sorted(shell.user_ns, key=lambda name: not str(name).startswith("_")):
            shell.user_ns[name] = None
        for name in reversed([name for name in sys.modules if name not in imported]):
            del sys.modules[name]
        gc.collect()  # what was there before the fork is frozen, and left alone
        for thing in gc.get_objects():
            if issubclass(type(thing), _IOBase):
                with suppress(Exception):
                    thing.flush()
    with suppress(Exception):
        ctypes.CDLL(None).fflush(None)  # what C has buffered
    os._exit(0)


@contextmanager
def _reported() -> Iterator[None]:
    """Show what was raised, and go on: as Python does when it ends."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            traceback.print_exc(file=sys.__stderr__)


def preloaded() -> Iterator[str]:
    """Name the modules that are imported before the first fork."""
    yield from PRELOAD
    for name in PRELOAD_PACKAGES:
        with suppress(ImportError):
            package = importlib.import_module(name)
            yield name
            yield from (module.name for module in pkgutil.iter_modules(package.__path__, f"{name}."))


def _read_ahead(root: Path, *, compute: bool) -> None:
    """Read what every notebook reads; what fails here fails again in the notebook, where it is seen."""
    from race_equality.disclosure.publishable import shown_figures
    from race_equality.figures.cache import compute_all
    from race_equality.figures.provenance import read_sources
    from race_equality.figures.store import read_figures
    from race_equality.figures.trusts import read_trusts
    from race_equality.project import find_project
    from race_equality.report.vega_to_svg import prepare

    project = find_project(root)
    figures = read_figures(local=False, project=project)  # a trust's own return is its own page's alone
    read_trusts(project=project)
    read_sources(project=project)
    prepare()
    _make_a_chart()
    if compute:
        compute_all(shown_figures(figures, project=project))  # as notebooks read them


def _make_a_chart() -> None:
    """Have Altair import and look up what it does for its first chart. It is not drawn."""
    import altair
    import pandas as pd

    table = pd.DataFrame({"name": ["a"], "value": [1.0]})
    chart = altair.Chart(table).mark_point().encode(x=altair.X("value:Q"), text=altair.Text("name:N"))
    altair.layer(chart, chart.mark_text()).properties(width=1).to_dict(validate=False)


def _main() -> None:
    # As ipykernel_launcher does: the kernel puts '' there itself, for its own working directory.
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    listener = socket.socket(fileno=int(sys.argv[1]))
    # debugpy, which ipykernel imports, would print its advice on frozen modules for each build.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    for name in preloaded():
        # A module that cannot be imported fails in the notebook that needs it, where it is seen.
        with suppress(Exception):
            importlib.import_module(name)
    if sys.argv[2:]:
        with suppress(Exception):
            _read_ahead(Path(sys.argv[2]), compute="compute" in sys.argv[3:])
    gc.collect()
    folder = os.path.dirname(listener.getsockname())
    request = _serve(listener)
    if request is not None:
        _run_kernel(request)
    else:
        shutil.rmtree(folder, ignore_errors=True)  # an owner that was killed cannot


if __name__ == "__main__":
    _main()
