"""The fork engine gives what papermill's own gives, cell for cell, and nothing of it goes further."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat.v4
import papermill
import pytest
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

import forked_kernels
from forked_kernels import AVAILABLE, ForkedProcess, ForkRefused, ForkServer, client, running

README = Path(forked_kernels.__file__).with_name("README.md")

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this platform cannot fork")

#: One cell for each way a notebook can say something. The last value of a cell is a result.
CELLS = {
    "stdout": "print('out', end='')\nprint('put')",
    "stderr": "import sys\nprint('bad', file=sys.stderr)",
    "streams in turn": "for n in range(3):\n    print(n)\n    sys.stdout.flush()\n"
    "    print(n, file=sys.stderr)\n    sys.stderr.flush()",
    "carriage returns": "for n in range(5):\n    print(f'\\r{n}', end='')",
    "a lot": "print('x' * 2_000_000)",
    "other scripts": "print('Šťastný, 健康, 🏥')",
    "bytes that are no text": "print(b'caf\\xe9'.decode(errors='surrogateescape'))",
    # two threads carry these out, so that both in one cell would come in any order
    "below Python": "import os, time\nos.system('echo below')\ntime.sleep(0.2)",
    "errors below Python": "os.system('echo under >&2')\ntime.sleep(0.2)",
    "shell": "!echo shell",
    "bash": "%%bash\necho bash",
    "subprocess": "import subprocess\n"
    "subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout",
    "result": "6 * 7",
    "no result": "6 * 7;",
    "results by number": "Out[12], _ + 1, In[12]",
    "table": "import pandas as pd\npd.DataFrame({'a': [1, 2]}, index=['x', 'y'])",
    "display": "from IPython.display import *\ndisplay(HTML('<b>b</b>'), Markdown('*m*'), 3)",
    "picture": "Image(bytes.fromhex('89504e470d0a1a0a'), format='png')",
    "svg": "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "json": "JSON({'a': [1, None]})",
    "many forms": "display({'text/plain': 'p', 'application/x-own+json': {'a': 1}}, raw=True,"
    " metadata={'application/x-own+json': {'m': 1}})",
    "display to be updated": "handle = display('before', display_id='one')",
    "updated from below": "handle.update('after')\ndisplay('again', display_id='one')",
    "cleared": "print('gone')\nclear_output()\nprint('stays')",
    "cleared late": "print('gone')\nclear_output(wait=True)\nprint('stays')",
    "captured": "%%capture kept\nprint('kept')\ndisplay(1)",
    "shown": "kept.show()",
    "timed": "%%time\npass",
    "warning": "import warnings\nwarnings.warn('take care')",
    "deprecation": "def old():\n    warnings.warn('old', DeprecationWarning, stacklevel=2)\nold()",
    "log": "import logging\nlogging.getLogger('own').warning('logged')",
    "error": "def f(x):\n    return 1 / x\nf(0)",
    "chained error": "try:\n    f(0)\nexcept ZeroDivisionError as error:\n    raise ValueError('so') from error",
    "own error": "class Own(Exception):\n    def __str__(self): return 'mine'\nraise Own",
    "error with markup": "raise ValueError('<b>\\x1b[31mred\\x1b[0m</b>\\n\\n')",
    "group of errors": "raise ExceptionGroup('two', [ValueError(1), KeyError('k')])",
    "syntax": "def broken(:",
    "indentation": "if True:\n  x = 1\n    y = 2",
    "missing name": "no_such_name",
    "missing module": "import no_such_module",
    "failing magic": "%no_such_magic",
    "failing shell": "%%bash\nexit 3",
    "recursion": "def g(): return g()\ntry:\n    g()\nexcept RecursionError as error:\n    print(type(error))",
    "exit": "raise SystemExit(0)",
    "interrupt of its own": "import signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(5)",
    "input": "input('?')",
    "password": "import getpass\ngetpass.getpass()",
    "standard input": "sys.stdin.read()",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.gather(*[asyncio.sleep(0, n) for n in range(3)])",
    "task": "task = asyncio.create_task(asyncio.sleep(0, 'done'))",
    "its end": "await task",
    "asynchronous comprehension": "async def numbers():\n    yield 1\n[n async for n in numbers()]",
    "words alone": "'await nothing, async nothing'",
    "thread": "import threading\nthread = threading.Thread(target=print, args=('from a thread',))\n"
    "thread.start()\nthread.join()",
    "process": "pid = os.fork()\nif pid == 0:\n    os._exit(7)\nos.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])",
    "pool": "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
    "    print(pool.map(abs, [-1, -2]))",
    "executor": "import concurrent.futures\nwith concurrent.futures.ThreadPoolExecutor() as pool:\n"
    "    print(list(pool.map(abs, [-1, -2])))",
    "printing process": "def say(what):\n    print(what)\n    sys.stdout.flush()\n"
    "process = multiprocessing.get_context('fork').Process(target=say, args=('from a process',))\n"
    "process.start()\nprocess.join()\ntime.sleep(0.3)",
    "bytes below Python": "os.write(1, b'caf\\xc3\\xa9 \\xff\\n')\ntime.sleep(0.2)",
    "a lot below Python": "subprocess.run([sys.executable, '-c', 'print(300_000 * \"y\")'])\ntime.sleep(0.5)",
    "in the background": "go = threading.Event()\ndef repeat():\n    go.wait()\n    for n in range(3):\n"
    "        time.sleep(0.05)\n        print('background', n, flush=True)\n"
    "background = threading.Thread(target=repeat)\nbackground.start()",
    "beside it": "print('foreground')\ngo.set()\nbackground.join()",
    "task that prints": "async def ticks():\n    for n in range(3):\n        await asyncio.sleep(0.02)\n        print('tick', n)\n"
    "ticking = asyncio.create_task(ticks())\nawait asyncio.sleep(0.03)",
    "and goes on": "await ticking\nprint('over')",
    "displays from a thread": "thread = threading.Thread(target=display, args=(HTML('<i>t</i>'),))\nthread.start()\nthread.join()",
    "large display": "display(HTML('z' * 3_000_000))",
    "many displays": "for n in range(300): display(n)",
    "pages": "%pinfo len",
    "streams by name": "type(sys.stdout).__module__, type(sys.stdout).__name__, type(get_ipython()).__name__, sys.stdout.encoding, sys.stdout.isatty()",
    "writing to a stream": "sys.stdout.writelines(['a', 'b'])\nsys.stdout.write('c')",
    "stream's descriptor": "sys.stdout.fileno() > 2, sys.__stdout__.fileno()",
    "faulthandler": "import faulthandler\nfaulthandler.enable()\nfaulthandler.is_enabled()",
    "buffers": "c.send({'b': 3}, buffers=[b'binary', memoryview(bytes(10))])",
    "pickle": "import pickle\nclass Thing:\n    pass\ntype(pickle.loads(pickle.dumps(Thing()))).__name__",
    "source": "import inspect\nprint(inspect.getsource(f))",
    "main": "__name__, sys.modules['__main__'].__dict__ is globals(), __doc__",
    "names": "%who_ls",
    "arguments": "os.path.basename(sys.argv[0]), [a for a in sys.argv[1:] if not a.endswith('json')]",
    "path": "sys.path[0], [p for p in sys.path if 'forked_kernels' in p]",
    "folder": "os.getcwd()",
    "environment": "os.environ['OWN'], 'FORKED_KERNELS_SERVER' in os.environ and 'shared'",
    "signals": "[str(signal.getsignal(s)) for s in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE)]",
    "session": "os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()",
    "descriptors": "sorted(os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')"
    " if os.path.exists(f'/proc/self/fd/{n}') and os.path.isfile(f'/proc/self/fd/{n}'))",
    "warning filters": "len([f for f in warnings.filters if f[0] == 'error'])",
    "asyncio debug": "asyncio.get_running_loop().get_debug(), asyncio.get_event_loop_policy().__class__.__name__",
    "history": "get_ipython().history_manager.hist_file",
    "seeded": "import numpy as np\nnp.random.seed(1)\nnp.random.default_rng(2).random(2), np.random.rand(2)",
    "comm": "import comm\nc = comm.create_comm(target_name='own', data={'a': 1})\nc.send({'b': 2})",
    "displays from a process": "pid = os.fork()\nif pid == 0:\n    print('printed', flush=True)\n"
    "    display(HTML('<i>p</i>'))\n    os._exit(0)\nos.waitpid(pid, 0)\ntime.sleep(0.3)",
    "variable of the context": "import contextvars\nvar = contextvars.ContextVar('var')\nvar.set(1);",
    "in the next cell": "var.get()",
    "late output": "threading.Timer(0.05, print, ['late']).start()\ntime.sleep(0.3)",
    "at the end": "import atexit, pathlib\natexit.register(pathlib.Path('ended').write_text, 'all')",
    "last": "print('the last')",
}

#: What two runs of one engine differ in as well.
VOLATILE = [
    (re.compile(r"ipykernel_\d+/\d+\.py"), "ipykernel_N/N.py"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0xN"),
    (re.compile(r"\(pid=\d+\)"), "(pid=N)"),  # of Python 3.12's warning of a fork next to threads
    (re.compile(r"CPU times: .*\nWall time: .*"), "TIMES"),
    (re.compile(r"/[\w/.-]*/([\w-]+\.py)"), r"…/\1"),
]


def notebook_of(cells: dict[str, str] | list[str], **metadata) -> nbformat.NotebookNode:
    sources = list(cells.values()) if isinstance(cells, dict) else cells
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source, id=f"c{n}", metadata=dict(metadata)) for n, source in enumerate(sources)
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def run(folder: Path, notebook, engine_name: str | None, **options):
    """Run a copy; give the executed notebook, and the exception if there was one."""
    folder.mkdir(parents=True, exist_ok=True)
    source, target = folder / "in.ipynb", folder / "out.ipynb"
    nbformat.write(notebook, source)
    error = None
    try:
        papermill.execute_notebook(source, target, engine_name=engine_name, progress_bar=False, cwd=folder, **options)
    except Exception as raised:
        error = raised
    return nbformat.read(target, as_version=4), error


def comparable(value, folder: Path):
    if isinstance(value, dict):
        return {key: comparable(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item, folder) for item in value]
    if isinstance(value, str):
        value = value.replace(str(folder), "FOLDER")
        for pattern, replacement in VOLATILE:
            value = pattern.sub(replacement, value)
    return value


def joined(outputs: list) -> list:
    """Put together what one stream said in turn: how it is cut is a matter of time."""
    whole = []
    for output in outputs:
        if whole and output["output_type"] == "stream" and whole[-1].get("name") == output["name"]:
            whole[-1] = {**whole[-1], "text": whole[-1]["text"] + output["text"]}
        else:
            whole.append(output)
    return whole


def described(notebook, folder: Path) -> list[dict]:
    """All that a reader could see of each cell, and what papermill says of it."""
    return [
        {
            "source": cell.source,
            "outputs": comparable(joined(cell.get("outputs", [])), folder),
            "count": cell.get("execution_count"),
            "status": cell.metadata.get("papermill", {}).get("status"),
            "exception": cell.metadata.get("papermill", {}).get("exception"),
            "metadata": sorted(cell.metadata),
        }
        for cell in notebook.cells
        # papermill's own remarks on an error
        if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]


#: Where the code of a cell was compiled: in the server, or in the kernel.
WHERE = "import inspect, os\nstr(os.getppid()) in inspect.currentframe().f_code.co_filename"

#: Cells after which the same text means something else.
CHANGED_MEANING = {
    "as ever": ["x: no_such_name = 1", "def f(x: no_such_name): pass"],
    "import from the future": ["from __future__ import annotations", "def f(x: no_such_name): return x\nf(1)"],
    "tree": [
        "import ast\nclass Doubled(ast.NodeTransformer):\n    def visit_Constant(self, node):\n"
        "        return ast.copy_location(ast.Constant(node.value * 2), node)\n"
        "get_ipython().ast_transformers.append(Doubled())",
        "x = 21\nx",
    ],
    "text": [
        "get_ipython().input_transformers_cleanup.append(lambda lines: [line.replace('six', 'seven') for line in lines])",
        "print('six')\n'six'",
    ],
    "text after all": [
        "get_ipython().input_transformers_post.append(lambda lines: [line.replace('six', 'seven') for line in lines])",
        "print('six')\n'six'",
    ],
    "what is shown": ["get_ipython().ast_node_interactivity = 'all'", "1\n2\n3"],
    "assigned": ["get_ipython().ast_node_interactivity = 'last_expr_or_assign'", "y = 5"],
    "a name that hides a magic": ["cd = 3", "cd"],
    "twice": ["n = 0", "n = n + 1\nn", "n = n + 1\nn"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for this module, found by the engine through the environment; it compiles the cells before."""
    folder = tmp_path_factory.mktemp("compiled")
    for number, cells in enumerate([list(CELLS.values()), [WHERE], *CHANGED_MEANING.values()]):
        nbformat.write(notebook_of(cells), folder / f"{number}.ipynb")
    (folder / "broken.ipynb").write_text("{")
    with ForkServer(share=True, notebooks=[*sorted(folder.iterdir()), folder / "gone.ipynb"]) as server:
        yield server


@pytest.fixture(scope="module")
def both(server, tmp_path_factory):
    """The notebook that says everything, run by both engines."""
    from unittest import mock

    found = {}
    with mock.patch.dict(os.environ, {"OWN": "ours"}):
        # under pytest, ipykernel does not capture what is written below Python
        del os.environ["PYTEST_CURRENT_TEST"]
        for name in (None, "fork"):
            folder = tmp_path_factory.mktemp("parity") / "in"
            notebook, error = run(folder, notebook_of(CELLS, tags=["raises-exception"]), name)
            found[name] = (described(notebook, folder), error, folder, notebook.metadata)
    return found


def test_it_was_forked(server, tmp_path):
    """Else every comparison below would compare an engine with itself."""
    notebook, error = run(tmp_path, notebook_of(["import os\nos.getppid()"]), "fork")
    assert error is None
    assert notebook.cells[0].outputs[0].data["text/plain"] == str(server.pid)


def test_a_cell_that_the_server_has_compiled_is_not_compiled_again(server, tmp_path):
    """Once: a cell that runs again, and one of another notebook, are compiled where they run."""
    notebook, error = run(tmp_path, notebook_of([WHERE, WHERE, f"{WHERE}  # changed"]), "fork")
    assert error is None
    assert [cell.outputs[0].data["text/plain"] for cell in notebook.cells] == ["True", "False", "False"]


@pytest.mark.parametrize("cells", CHANGED_MEANING.values(), ids=list(CHANGED_MEANING))
def test_what_bears_on_a_cell_bears_on_one_that_was_compiled_before(server, tmp_path, cells):
    notebooks = {name: run(tmp_path / str(name), notebook_of(cells), name) for name in (None, "fork")}
    usual, forked = (described(notebook, tmp_path / str(name)) for name, (notebook, _) in notebooks.items())
    assert forked == usual


@pytest.mark.parametrize("number", range(len(CELLS)), ids=list(CELLS))
def test_each_cell_comes_out_the_same(both, number):
    usual, forked = (both[name][0][number] for name in (None, "fork"))
    assert forked == usual


def test_the_notebook_says_what_it_should(both):
    """The comparison is worth something only if the cells do what their names say."""
    cells = dict(zip(CELLS, both["fork"][0], strict=True))

    def text(name):
        return "".join(
            output.get("text") or output.get("data", {}).get("text/plain", "") for output in cells[name]["outputs"]
        )

    assert text("stdout") == "output\n"
    assert "below" in text("below Python")
    assert text("updated from below") == "'after'" or "again" in text("updated from below")
    assert [o["output_type"] for o in cells["error"]["outputs"]] == ["error"]
    assert cells["interrupt of its own"]["outputs"][0]["ename"] == "KeyboardInterrupt"
    assert cells["input"]["outputs"][0]["ename"] == "StdinNotImplementedError"
    assert text("pool") == "[1, 2]\n"
    assert text("session") == "(True, True)"
    assert text("last") == "the last\n"
    assert len(text("a lot")) == 2_000_001


def test_the_notebook_as_a_whole(both):
    (_, usual_error, usual_folder, usual), (_, error, folder, forked) = both[None], both["fork"]
    assert type(error) is type(usual_error)
    assert {key: value for key, value in forked.items() if key != "papermill"} == {
        key: value for key, value in usual.items() if key != "papermill"
    }
    assert forked.papermill.keys() == usual.papermill.keys()
    assert (folder / "ended").read_text() == "all"  # exit hooks of the notebook were run
    assert usual_folder != folder


@pytest.mark.parametrize(
    ("cells", "options", "raised"),
    [
        (["1", "1 / 0", "3"], {}, PapermillExecutionError),
        (["1", "%%time\n1 / 0", "3"], {}, PapermillExecutionError),
        (["1", "import sys\nsys.exit(3)", "3"], {}, PapermillExecutionError),
        (["1", "import sys\nsys.exit(0)", "3"], {}, type(None)),
        (["1", "while True: pass", "3"], {"execution_timeout": 1}, CellTimeoutError),
        (["1", "print('so far')\nimport time\ntime.sleep(60)", "3"], {"execution_timeout": 1}, CellTimeoutError),
        (
            ["1", "while True: pass", "3"],
            {"execution_timeout": 1, "interrupt_on_timeout": True},
            PapermillExecutionError,
        ),
        (["1", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "3"], {}, DeadKernelError),
        (["1", "import os\nos._exit(3)", "3"], {}, DeadKernelError),
        (["1", "import ctypes\nctypes.string_at(0)", "3"], {}, DeadKernelError),
        (["1", "exit()"], {}, type(None)),
        (["1", "exit()\nimport time\ntime.sleep(0.5)", "3", "4"], {}, DeadKernelError),
        (
            ["1", "import asyncio\nawait asyncio.sleep(4)", "3"],
            {"execution_timeout": 1, "interrupt_on_timeout": True},
            PapermillExecutionError,
        ),
        (
            [
                "1",
                "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass",
                "3",
            ],
            {"execution_timeout": 1},
            CellTimeoutError,
        ),
        (["1", "import subprocess\nsubprocess.run(['sleep', '60'])", "3"], {"execution_timeout": 1}, CellTimeoutError),
        (["import os, threading\nthreading.Timer(30, print).start()", "3"], {}, type(None)),
    ],
    ids=[
        "error",
        "error under %%time",
        "exit 3",
        "exit 0",
        "endless",
        "asleep",
        "interrupted",
        "killed",
        "ended",
        "crashed",
        "exit as the last",
        "exit before others",
        "awaiting",
        "deaf to interrupts",
        "waiting for a process",
        "a thread that stays",
    ],
)
def test_bad_ends_are_the_same(server, tmp_path, cells, options, raised):
    seen = []
    for name in (None, "fork"):
        folder = tmp_path / str(name)
        notebook, error = run(folder, notebook_of(cells), name, **options)
        assert isinstance(error, raised)
        cells_seen = described(notebook, folder)
        if raised is DeadKernelError:
            # whether the number of the cell gets out before the end is a matter of luck
            for cell in cells_seen:
                del cell["count"]
        seen.append((cells_seen, comparable(str(error), folder)))
    assert seen[1] == seen[0]


def test_a_process_that_comes_to_the_end_of_its_cell_ends_there(server, tmp_path):
    """With papermill's engine there are two kernels from then on, which take each other's cells."""
    fork = "import os\npid = os.fork()\nif pid:\n    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    notebook, error = run(tmp_path, notebook_of([fork, "print('once')"]), "fork")
    assert error is None
    assert [joined(cell.outputs)[0]["text"] for cell in notebook.cells] == ["0\n", "once\n"]


def test_half_a_character_leaves_no_cell_waiting(server, tmp_path):
    """papermill's engine gets no reply, and waits until the cell's time is over."""
    cells = notebook_of(["print('a\\ud800b')", "raise ValueError('a\\ud800b')"])
    notebook, error = run(tmp_path, cells, "fork", execution_timeout=60)
    assert (error.ename, error.evalue) == ("ValueError", "a?b")
    assert next(cell for cell in notebook.cells if cell.get("outputs")).outputs[0].text == "a?b\n"


def test_an_interrupt_cuts_no_message_in_two(server, tmp_path):
    printing = "import time\ntext = 'x' * 10_000\nwhile True:\n    print(text, flush=True)\n    time.sleep(0.005)"
    notebook, error = run(
        tmp_path,
        notebook_of([printing, "'next'"], tags=["raises-exception"]),
        "fork",
        execution_timeout=1,
        interrupt_on_timeout=True,
    )
    assert error.ename == "KeyboardInterrupt"
    first, second = (cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert set("".join(output.text for output in first[:-1])) == set("x\n")
    assert second[0].data["text/plain"] == "'next'"


#: What Python does for a notebook when it ends, and a kernel that just ended would not.
LEFT_UNDONE = [
    "import atexit, logging, logging.handlers, pathlib, sys, tempfile, threading, time, zipfile",
    "file = open('file', 'w')\nfile.write('buffered')",
    "archive = zipfile.ZipFile('archive.zip', 'w')\narchive.writestr('name', 'content')",
    "folder = tempfile.TemporaryDirectory(dir='.', prefix='temporary-')",
    "class Thing:\n    def __init__(self, path): self.path = pathlib.Path(path)\n"
    "    def __del__(self): self.path.write_text('deleted')\n"
    "kept = Thing('kept')",
    "cycle = Thing('cycle')\ncycle.cycle = cycle",
    "Thing('result')",
    '_ = pathlib.Path(\'helper.py\').write_text(\'opened = open("helper", "w")\\nopened.write("of a module")\')\n'
    "import helper",
    "raised = Thing('raised')\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    sys.last_value = sys.exc_info()[1]",
    "memory = logging.handlers.MemoryHandler(100, target=logging.FileHandler('log'))\n"
    "logging.getLogger('own').addHandler(memory)\nlogging.getLogger('own').warning('logged')",
    "def late():\n    time.sleep(0.3)\n    pathlib.Path('thread').write_text('waited for')\n"
    "threading.Thread(target=late).start()",
    "atexit.register(lambda: pathlib.Path('hook').write_text(str(kept.path)))",
    "def fails(): raise ValueError('in a hook')\n_ = atexit.register(fails)",
    "class Fails:\n    def __del__(self): raise ValueError('deleted')\nfailing = Fails()",
]


@pytest.mark.parametrize("name", [None, "fork"])
def test_what_a_notebook_left_is_seen_to_at_its_end(server, tmp_path, name):
    import zipfile

    _, error = run(tmp_path, notebook_of(LEFT_UNDONE), name)
    assert error is None
    assert not list(tmp_path.glob("temporary-*"))
    found = {path.name: path.read_text() for path in tmp_path.glob("*") if path.is_file() and not path.suffix}
    assert found == {
        "file": "buffered",
        "kept": "deleted",
        "cycle": "deleted",
        "result": "deleted",
        "helper": "of a module",
        "raised": "deleted",
        "log": "logged\n",
        "thread": "waited for",
        "hook": "kept",
    }
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        assert archive.read("name") == b"content"


# -- one notebook to the next -----------------------------------------------------------------------


def test_nothing_reaches_the_next_notebook(server, tmp_path):
    leave = (
        "import builtins, json, os, sys, decimal, pandas as pd\n"
        "builtins.left = json.left = sys.left = os.environ['LEFT'] = 'here'\n"
        "decimal.getcontext().prec = 3\npd.set_option('display.max_rows', 3)\nos.chdir('/')\n"
        "sys.path.insert(0, 'left')"
    )
    look = (
        "import builtins, json, os, sys, decimal, pandas as pd\n"
        "[hasattr(thing, 'left') for thing in (builtins, json, sys)], os.environ.get('LEFT'),"
        " decimal.getcontext().prec, pd.get_option('display.max_rows'), 'left' in sys.path"
    )
    assert run(tmp_path / "one", notebook_of([leave]), "fork")[1] is None
    notebook, _ = run(tmp_path / "two", notebook_of([look]), "fork")
    assert notebook.cells[0].outputs[0].data["text/plain"] == ("([False, False, False], None, 28, 60, False)")


def test_random_numbers_differ_from_kernel_to_kernel(server, tmp_path):
    cell = "import random, uuid, numpy as np\n[np.random.rand(), random.random(), uuid.uuid4()]"
    drawn = []
    for number in range(2):
        notebook, _ = run(tmp_path / str(number), notebook_of([cell]), "fork")
        drawn.append(notebook.cells[0].outputs[0].data["text/plain"].split(","))
    assert all(one != two for one, two in zip(*drawn, strict=True))


# -- the server ---------------------------------------------------------------------------------------


def test_papermills_command_line(tmp_path):
    notebook = notebook_of(["x = 1", "import os\nprint(x, os.getppid() != 1)"])
    notebook.cells[0].metadata.tags = ["parameters"]
    nbformat.write(notebook, tmp_path / "in.ipynb")
    environment = {k: v for k, v in os.environ.items() if k != "FORKED_KERNELS_SERVER"}
    end = subprocess.run(
        [sys.executable, "-m", "papermill", "--engine", "fork", "in.ipynb", "out.ipynb", "-p", "x", "5"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert end.returncode == 0, end.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert cells[-1].outputs[0].text == "5 True\n"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "x"], ["-f", "x"]),
        (["python", "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "x"], ["-f", "x"]),
        (["R", "--slave", "-e", "IRkernel::main()", "--args", "x"], None),
        (["/usr/bin/other-python", "-m", "ipykernel_launcher", "-f", "x"], None),
        ([sys.executable, "-W", "error", "-m", "ipykernel_launcher", "-f", "x"], None),
        ([sys.executable, "-m", "bash_kernel", "-f", "x"], None),
    ],
)
def test_another_kernel_is_not_forked(command, arguments):
    """A kernel of another environment is not what was imported here."""
    assert client.ipykernel_arguments(KernelSpec(argv=command)) == arguments
    provisioned = KernelSpec(argv=command, metadata={"kernel_provisioner": {"provisioner_name": "own"}})
    assert client.ipykernel_arguments(provisioned) is None


def test_other_settings_of_the_interpreter_are_refused(server):
    with pytest.raises(ForkRefused, match="PYTHON"):
        ForkedProcess(server.address, [], env={**os.environ, "PYTHONOPTIMIZE": "1"})


def test_where_it_is_refused_the_kernel_is_started(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1" if "PYTHONDONTWRITEBYTECODE" not in os.environ else "")
    notebook, error = run(tmp_path, notebook_of(["import os\nos.getppid()"]), "fork")
    assert error is None
    assert notebook.cells[0].outputs[0].data["text/plain"] == str(os.getpid())


def test_without_fork_papermills_own_engine_runs_it(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(running, "AVAILABLE", False)
    notebook, error = run(tmp_path, notebook_of(["import os\nos.getppid()"]), "fork")
    assert error is None
    assert notebook.cells[0].outputs[0].data["text/plain"] == str(os.getpid())
    assert "cannot fork" in caplog.text


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def start_kernel():
    started = []

    def start(server: ForkServer) -> ForkedProcess:
        started.append(ForkedProcess(server.address, [], env=dict(os.environ)))
        assert started[-1].poll() is None
        return started[-1]

    yield start
    for process in started:
        process.messages.close()


def test_a_kernel_ends_with_who_asked_for_it(start_kernel):
    with ForkServer() as server:
        process = start_kernel(server)
        pid = process.pid
        process._socket.close()
        wait_until(lambda: not is_alive(pid))


def test_kernels_end_with_the_server(start_kernel):
    server = ForkServer()
    process = start_kernel(server)
    server.close()
    assert process.wait(timeout=10) < 0
    assert not is_alive(process.pid)
    assert not server.folder.exists()


def test_a_server_ends_with_its_owner():
    code = (
        "import sys, time\nfrom forked_kernels import ForkServer\n"
        "s = ForkServer()\nprint(s.pid, s.folder, flush=True)\ntime.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid, folder = owner.stdout.readline().split()
    owner.kill()
    owner.communicate()
    wait_until(lambda: not is_alive(int(pid)))
    assert not Path(folder).exists()


def test_how_a_kernel_ended_is_told(start_kernel):
    with ForkServer() as server:
        process = start_kernel(server)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGSEGV)
        assert process.wait(timeout=10) == -signal.SIGSEGV
        process.send_signal(signal.SIGINT)  # nobody is hit any more


def test_rubbish_on_the_socket_is_no_harm(start_kernel):
    import socket

    with ForkServer() as server:
        for rubbish in (b"", b"x", b"\0" * 8 + b"{}", b"\xff" * 64):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(server.address)
                connection.sendall(rubbish)
        process = start_kernel(server)
        process.kill()
        assert process.wait(timeout=10) == -signal.SIGKILL


def test_the_socket_is_for_its_owner_alone(server):
    assert server.folder.stat().st_mode & 0o077 == 0


def test_nothing_is_left_in_the_servers_folder(server, tmp_path):
    for number, cell in enumerate(["1", "import os\nos._exit(3)", "1 / 0"]):
        run(tmp_path / str(number), notebook_of([cell]), "fork")
    assert [path.name for path in server.folder.iterdir()] == ["fork"]


def test_what_is_prepared_is_there_in_each_kernel(tmp_path):
    cell = "import sys\nsys.getrecursionlimit(), 'colorsys' in sys.modules, 'no_such_module' in sys.modules"
    with ForkServer(
        preload=["no_such_module", "colorsys"], prepare="sys:setrecursionlimit", arguments=[4321], share=True
    ):
        for number in range(2):
            notebook, error = run(tmp_path / str(number), notebook_of([cell]), "fork")
            assert error is None
            assert notebook.cells[0].outputs[0].data["text/plain"] == "(4321, True, False)"


def test_a_preparation_that_fails_is_told_and_kernels_are_forked(start_kernel, capfd):
    with ForkServer(prepare="sys:no_such_function") as server:
        process = start_kernel(server)
        process.kill()
        process.wait(timeout=10)
    assert "no_such_function" in capfd.readouterr().err


def test_a_function_is_called_in_a_process_of_its_own(tmp_path, monkeypatch, capfd):
    (tmp_path / "asked.py").write_text(
        "import os, sys\n"
        "def call(channel, given, divisor):\n"
        "    channel.sendall(repr((given, os.environ['ASKED'], os.getcwd(), sys.getrecursionlimit())).encode())\n"
        "    1 / divisor\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with ForkServer(prepare="sys:setrecursionlimit", arguments=[4321]) as server:
        for divisor, status in ((1, 0), (0, 1)):
            process = ForkedProcess(
                server.address,
                ["this", divisor],
                env=os.environ | {"ASKED": "for that"},
                cwd=str(tmp_path),
                function="asked:call",
            )
            assert eval(process.messages.recv(1000)) == ("this", "for that", str(tmp_path), 4321)
            assert process.wait(timeout=10) == status
            process.close()
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_readmes_example(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    notebook = notebook_of(["year = 0", "import os, sys\nyear, 'pandas' in sys.modules, os.getppid()"])
    notebook.cells[0].metadata.tags = ["parameters"]
    nbformat.write(notebook, tmp_path / "report.ipynb")
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    said = []
    for year in (2023, 2024):
        cells = nbformat.read(tmp_path / f"report-{year}.ipynb", as_version=4).cells
        said.append(eval(cells[-1].outputs[0].data["text/plain"]))
    assert [(year, True, said[0][2]) for year in (2023, 2024)] == said
    assert said[0][2] != os.getpid()


def test_a_long_name_of_the_folder_for_temporary_files_leaves_room_for_a_socket(tmp_path, monkeypatch):
    """Build folders have long names, and a socket's address at most a hundred bytes."""
    deep = tmp_path / ("für Prüfer " * 8).strip()
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    folder = forked_kernels.private_folder("forked-kernels-")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(folder / "fork"))
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(folder)
