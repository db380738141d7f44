"""A notebook that uses more than it may is stopped, and nothing of it stays."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path

import nbformat.v4
import papermill
import psutil
import pytest
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from forked_kernels import AVAILABLE, ForkServer, LimitExceededError, Limits, forking
from forked_kernels.running import LimitedEngine

forks = pytest.mark.skipif(not AVAILABLE, reason="this platform cannot fork")
papermill_engines.register("limited", LimitedEngine)
ENGINES = ["limited", pytest.param("fork", marks=forks)]
AFTER = "x = 'not reached'"


@pytest.fixture(scope="module", autouse=True)
def server():
    if not AVAILABLE:
        yield None
        return
    with ForkServer(share=True) as server:
        yield server


@pytest.fixture
def run(tmp_path):
    """Run a notebook, and give what it raised."""

    def run(*cells, engine, **limits):
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, tmp_path / "in.ipynb")
        try:
            papermill.execute_notebook(
                tmp_path / "in.ipynb",
                tmp_path / "out.ipynb",
                engine_name=engine,
                limits=Limits(**limits),
                execution_timeout=60,
                cwd=tmp_path,
                progress_bar=False,
            )
        except (LimitExceededError, PapermillExecutionError) as error:
            return error
        return None

    return run


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ends(pid: int, *, seconds: float = 10) -> bool:
    for _ in range(int(seconds * 20)):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("cell", "limits", "said"),
    [
        (
            "import time\nwhile True:\n    print('x' * 100_000)\n    time.sleep(0.001)",
            {"output_megabytes": 3},
            "put out more than 3 MB",
        ),
        ("print('x' * 20_000_000)\nimport time\ntime.sleep(60)", {"output_megabytes": 3}, "put out more than 3 MB"),
        (
            "from IPython.display import HTML, display\nwhile True:\n    display(HTML('x' * 1_000_000))",
            {"output_megabytes": 3},
            "put out more than 3 MB",
        ),
        ("import time\nwhile True: time.sleep(0.01)", {"seconds": 2}, "longer than 2 seconds in all"),
        (
            "import subprocess, sys, time\n"
            "started = [subprocess.Popen([sys.executable, '-c', 'x = bytearray(150_000_000); import time; time.sleep(60)']) for _ in range(4)]\n"
            "time.sleep(60)",
            {"memory_megabytes": 500},
            "took more than 500 MB of memory",
        ),
        (
            "import os, time\nfor _ in range(40):\n    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)\ntime.sleep(60)",
            {"processes": 20},
            "started more than 20 processes",
        ),
    ],
    ids=[
        "prints on and on",
        "prints a lot at once",
        "displays on and on",
        "takes too long",
        "others eat memory",
        "forks",
    ],
)
def test_it_is_stopped(run, tmp_path, engine, cell, limits, said):
    before = "import os, pathlib\n_ = pathlib.Path('pid').write_text(str(os.getpid()))"
    error = run(before, cell, AFTER, engine=engine, **limits)
    assert isinstance(error, LimitExceededError)
    assert said in str(error)
    kernel = int((tmp_path / "pid").read_text())
    assert ends(kernel)
    cells = nbformat.read(tmp_path / "out.ipynb", 4).cells
    assert [cell.execution_count is not None for cell in cells[::2]] == [True, False]


@forks
def test_eating_memory_is_an_error_in_the_cell(run):
    """With papermill's own engine the process is ended, below; a forked kernel has a limit of its own."""
    error = run("eaten = bytearray(10**10)", AFTER, engine="fork", memory_megabytes=1000)
    assert error.ename == "MemoryError"
    to_the_last = (
        "eaten, size = [], 10**7\nwhile True:\n    try:\n        eaten.append(bytearray(size))\n"
        "    except MemoryError:\n        size //= 2\n        if not size: raise"
    )
    for cell in ("eaten = []\nwhile True: eaten.append(bytearray(10**7))", to_the_last):
        error = run(cell, AFTER, engine="fork", memory_megabytes=700)
        assert "MemoryError" in str(error) or "memory" in str(error)


@forks
def test_printing_faster_than_anybody_reads_is_stopped(run):
    error = run("for _ in range(10_000): print('x' * 100_000)", AFTER, engine="fork", memory_megabytes=700)
    assert isinstance(error, LimitExceededError | PapermillExecutionError)


def test_eating_memory_ends_a_kernel_of_papermills_own_engine(run):
    cell = "import time\neaten = []\nwhile True:\n    eaten.append(bytearray(10**7))\n    time.sleep(0.01)"
    error = run(cell, AFTER, engine="limited", memory_megabytes=500)
    assert "took more than 500 MB of memory" in str(error)


@pytest.mark.parametrize("engine", ENGINES)
def test_within_its_limits_a_notebook_is_left_alone(run, tmp_path, engine):
    error = run(
        "print('x' * 2_000_000)",
        "kept = bytearray(200_000_000)",
        "import subprocess\nsubprocess.run(['true'], check=True)",
        "'done'",
        engine=engine,
        output_megabytes=3,
        seconds=60,
        memory_megabytes=700,
        processes=5,
    )
    assert error is None
    cells = nbformat.read(tmp_path / "out.ipynb", 4).cells
    assert cells[-1].outputs[0].data["text/plain"] == "'done'"


@forks
@pytest.mark.parametrize("options", ["", ", start_new_session=True"], ids=["child", "session of its own"])
def test_what_a_notebook_leaves_behind_is_ended_with_it(run, tmp_path, options):
    """Also a daemon: a process whose parent has ended, in a session of its own."""
    cell = (
        "import subprocess, sys, pathlib\n"
        'daemon = \'import subprocess, sys; print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], stdout=subprocess.DEVNULL'
        f"{options}).pid)'\n"
        "pid = subprocess.run([sys.executable, '-c', daemon], stdout=subprocess.PIPE, text=True).stdout\n"
        "_ = pathlib.Path('left').write_text(pid)"
    )
    assert run(cell, engine="fork") is None
    left = int((tmp_path / "left").read_text())
    assert ends(left)


@forks
def test_a_daemon_of_a_notebook_that_still_runs_is_left_alone(server, tmp_path):
    """Another notebook's end is no reason to end it."""
    daemon = (
        "import subprocess, sys, pathlib, time\n"
        'start = \'import subprocess, sys; print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], stdout=subprocess.DEVNULL,'
        " start_new_session=True).pid)'\n"
        "pid = subprocess.run([sys.executable, '-c', start], stdout=subprocess.PIPE, text=True).stdout\n"
        "_ = pathlib.Path('left').write_text(pid)\n"
        "while not pathlib.Path('end').exists(): time.sleep(0.05)\n"
    )
    for name, source in (("long", daemon), ("short", "1")):
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")

    import subprocess
    import sys

    long = subprocess.Popen(
        [sys.executable, "-m", "papermill", "--engine", "fork", "--no-progress-bar", "long.ipynb", "long.out.ipynb"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
    left = tmp_path / "left"
    while not left.exists() or not left.read_text().strip():
        time.sleep(0.05)
    pid = int(left.read_text())
    papermill.execute_notebook(
        tmp_path / "short.ipynb", tmp_path / "short.out.ipynb", engine_name="fork", progress_bar=False
    )
    time.sleep(0.5)
    assert is_running(pid)
    Path(tmp_path / "end").touch()
    assert long.wait() == 0
    assert ends(pid)


@forks
def test_forking_next_to_idle_threads_warns_of_nothing(monkeypatch):
    """Python 3.12 and later warn at each fork of a process with threads, which every build printed across its bar."""

    def fork() -> int:
        warnings.warn(
            "This process is multi-threaded, use of fork() may lead to deadlocks", DeprecationWarning, stacklevel=2
        )
        return 7

    monkeypatch.setattr(forking.os, "fork", fork)
    assert forking._fork() == 7
    with pytest.warns(DeprecationWarning):  # and nobody else's warning is lost
        fork()
