"""What goes wrong around a build, and what must be left of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and file modes")
ENGINES = ["default", pytest.param("fork", marks=posix)]


def wait_until(condition: Callable[[], bool], *, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this in time"
        time.sleep(0.05)


def hidden_or_temporary(output: Path) -> list[str]:
    return sorted(
        path.relative_to(output).as_posix()
        for path in output.rglob("*")
        if path.name not in (".lock", ".cache") and (path.name.startswith(".") or "tmp" in path.suffix)
    )


def whole(notebook: Path) -> bool:
    """Can it be read, and did every cell run?"""
    cells = nbformat.read(notebook, as_version=4).cells
    return all(cell.execution_count for cell in cells if cell.cell_type == "code")


# -- what is not a trust -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("RJ11", "RJ1 Guy's and St Thomas' NHS Foundation Trust"),
        ("Barts", "R1H Barts Health NHS Trust"),
        ("../../x", "is not the code of a trust"),
        ("'; import os", "is not the code of a trust"),
        ('"; __import__("os").system("touch owned"); "', "is not the code of a trust"),
        ("{trust_code}", "is not the code of a trust"),
        ("RJ1\nRRK", "is not the code of a trust"),
        ("RJ1\x00", "is not the code of a trust"),
        ("ＲＪ１", "is not the code of a trust"),
        ("", "'' is not the code of a trust"),
        ("ENG", "is not the code of a trust"),
        ("R" * 10_000, "is not the code of a trust"),
    ],
)
def test_what_is_no_trust_is_refused_before_anything_runs(small_project, given, said, monkeypatch):
    # in this process, as a command line cannot even hold some of these
    from click.testing import CliRunner

    from race_equality.commands.main import main

    monkeypatch.chdir(small_project)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(small_project))
    end = CliRunner().invoke(main, ["build", "RJ1", "--output", "out", "--", given])
    assert end.exit_code == 2
    assert said in end.stderr
    assert "Traceback" not in end.stderr
    assert len(end.stderr) < 1000
    assert not (small_project / "out").exists()
    assert not list(small_project.rglob("owned"))


def test_every_wrong_code_is_named_at_once(race_equality, small_project):
    end = race_equality.in_this_process("build", "RJ11", "RRK", "Barts")
    assert end.returncode == 2
    assert "'RJ11'" in end.stderr
    assert "'Barts'" in end.stderr
    assert "Traceback" not in end.stderr


def test_a_notebook_itself_refuses_what_is_no_trust(race_equality, tmp_path):
    """papermill alone hands any text to a notebook."""
    ours = Path(__file__).parents[2]
    end = subprocess.run(
        [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            str(ours / "notebooks" / "board_report.ipynb"),
            str(tmp_path / "out.ipynb"),
            "-p",
            "trust_code",
            "'; import os",
        ],
        cwd=ours,
        env=race_equality.environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert end.returncode != 0
    assert "UnknownTrustError" in end.stderr
    assert "is not the code of a trust" in end.stderr


def test_an_unknown_trust_in_params_names_file_and_line(race_equality, small_project):
    file = small_project / "params" / "trusts" / "RJ1.yml"
    file.write_text("# ours\npeers:\n  - RRK\n  - RJ11\n", encoding="utf-8")
    end = race_equality.in_this_process("params", "check")
    assert end.returncode == 2
    assert "RJ1.yml, line 4: Unknown trust among the peers. 'RJ11' is not the code" in end.stderr


def test_a_renderer_that_is_not_there_is_known_before_anything_runs(race_equality, small_project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    end = race_equality.in_this_process("build", "RJ1", "--renderer", "quarto", "--output", "out")
    assert end.returncode == 2
    assert "Quarto is not on the PATH" in end.stderr
    assert not (small_project / "out").exists()


# -- the folder that is written to ----------------------------------------------------------------


@posix
def test_a_folder_that_cannot_be_written_is_named(race_equality):
    end = race_equality.in_this_process("build", "RJ1", "--output", "/proc/self/out")  # closed to root as well
    assert end.returncode == 2
    assert "Cannot write to /proc/self/out" in end.stderr
    assert "Choose another folder with --output" in end.stderr
    assert "Traceback" not in end.stderr


def test_a_file_in_the_place_of_the_folder_is_named(race_equality, small_project):
    (small_project / "taken").write_text("mine", encoding="utf-8")
    end = race_equality.in_this_process("build", "RJ1", "--output", "taken/out")
    assert end.returncode == 2
    assert "Cannot write to taken/out: Not a directory. Choose another folder" in end.stderr
    assert (small_project / "taken").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("folder", [".", "notebooks", "data/figures", "src/new"])
def test_the_projects_own_folders_are_not_written_to(race_equality, small_project, folder):
    before = sorted(small_project.rglob("*"))
    end = race_equality.in_this_process("build", "RJ1", "--output", folder)
    assert end.returncode == 2
    assert "holds the project's own files" in end.stderr
    assert sorted(small_project.rglob("*")) == before


@pytest.mark.parametrize("name", ["notes.txt", ".scratch/mine", "manifest.json", ".cache/pictures/mine", ".lock"])
def test_a_folder_of_somebody_elses_files_is_left_alone(race_equality, small_project, name):
    mine = small_project / "taken" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    (small_project / "taken" / "letter.doc").touch()
    before = sorted((small_project / "taken").rglob("*"))
    end = race_equality.in_this_process("build", "RJ1", "--output", "taken")
    assert end.returncode == 2
    assert "taken holds files and no earlier build" in end.stderr
    assert "--output" in end.stderr
    assert mine.read_text(encoding="utf-8") == "mine"
    assert sorted((small_project / "taken").rglob("*")) == before


@pytest.mark.parametrize("name", ["trusts.parquet", "catchment_2026.parquet", "successions.csv", "systems.csv"])
def test_a_build_refuses_figures_with_a_flipped_bit(race_equality, small_project, name):
    """A flipped bit can be another percentage, which no reader of Parquet would notice."""
    data = Path(__file__).parents[2] / "data"
    records = {"trusts.parquet": "ods_trusts", "successions.csv": "ods_etr"}
    record = records.get(name, Path(name).stem) + ".yml"
    (small_project / "data" / "sources" / record).write_bytes((data / "sources" / record).read_bytes())
    content = bytearray((data / "figures" / name).read_bytes())
    place = small_project / "data" / "figures" / name
    place.write_bytes(content)
    whole = race_equality.in_this_process("build", "RJ1", "--output", "out", "--dry-run")
    assert whole.returncode == 0, whole.stderr
    content[100] ^= 1
    place.write_bytes(content)
    end = race_equality.in_this_process("build", "RJ1", "--output", "out", "--dry-run")
    assert end.returncode == 2
    assert f"data/figures/{name}" in end.stderr
    if name != "trusts.parquet":  # damaged, it may be refused where it is read
        assert f"is not the file that {record} was written with" in end.stderr
        assert f"git restore data/figures/{name} data/sources/{record}" in " ".join(end.stderr.split())
        shown = race_equality.in_this_process("data", "show", "RJ1")
        assert shown.returncode != 0
        assert f"is not the file that {record} was written with" in shown.stderr


def test_a_build_refuses_a_record_with_a_flipped_bit_until_it_is_sealed(race_equality, small_project):
    """A year in a title is printed on pages as much as a figure is; an edit of one's own is sealed."""
    record = small_project / "data" / "sources" / "ods_trusts.yml"
    text = record.read_bytes()
    # a bit of a letter, which then is no UTF-8, and another title
    for damaged in (text.replace(b"title: ", b"titl\xe5: "), text.replace(b"title: ", b"title: The ")):
        record.write_bytes(damaged)
        end = race_equality.in_this_process("build", "RJ1", "--output", "out", "--dry-run")
        assert end.returncode == 2
        assert (
            "ods_trusts.yml is not as it was written: it is damaged, or was edited. Restore it from git" in end.stderr
        )
    assert "run `race-equality data seal ods_trusts`" in " ".join(end.stderr.split())
    said = race_equality.in_this_process("data", "seal").stdout
    assert "Sealed: ods_trusts." in said
    assert race_equality.in_this_process("build", "RJ1", "--output", "out", "--dry-run").returncode == 0
    assert "Every record is as it was written." in race_equality.in_this_process("data", "seal", "ods_etr").stdout


@posix
def test_a_disk_that_is_full_leaves_the_last_good_site(race_equality, small_project):
    """A limit on the size of a file stands for the disk: writing fails half way."""
    command = ["build", "RJ1", "--output", "out", "--engine", "default"]
    assert race_equality.in_this_process(*command).returncode == 0
    site = small_project / "out" / "site"
    good = {path: path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}

    import resource

    arguments = race_equality._command([*command, "--force"])
    end = subprocess.run(
        arguments,
        cwd=small_project,
        env=race_equality.environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500)),
        ),
    )
    assert end.returncode in (1, 2)
    assert "Traceback" not in end.stderr
    assert "File too large" in end.stderr
    assert {path: path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()} == good
    assert hidden_or_temporary(small_project / "out") == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "race-equality", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root on Linux")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_real_disk_that_is_full_leaves_the_last_good_site(race_equality, small_project, small_disk):
    out = small_disk / "out"
    end = race_equality.build("RJ1", "RRK", "--output", out)
    assert end.returncode == 0, end.stderr
    site = out / "site"
    good = {path: path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}
    with open(small_disk / "others", "wb", buffering=0) as others:  # somebody else fills it
        try:
            while True:
                others.write(bytes(4096))
        except OSError:
            pass
    end = race_equality.build("RJ1", "RRK", "--force", "--output", out)
    assert end.returncode in (1, 2)
    assert "Traceback" not in end.stderr
    assert "No space left on device" in end.stderr
    assert {path: path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()} == good
    assert hidden_or_temporary(out) == []
    (small_disk / "others").unlink()
    # nor does one that cannot be written any more, as after an error of the disk
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    end = race_equality.build("RJ1", "RRK", "--force", "--output", out)
    assert end.returncode == 2
    assert end.stderr.startswith(f"Error: Cannot write to {out}: Read-only file system. Choose another folder")
    assert {path: path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()} == good
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    # and with space again, all is made
    end = race_equality.build("RJ1", "RRK", "--output", out, "--explain")
    assert end.returncode == 0, end.stderr


def test_two_builds_into_one_folder_do_not_mix(race_equality, small_project, notebook_writer):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import pathlib, time\npathlib.Path('running').touch()\n"
        "while not pathlib.Path('go').exists(): time.sleep(0.05)",
    )
    first = race_equality.start("build", "RJ1", "--output", "out", "--engine", "default")
    try:
        wait_until((small_project / "running").exists)
        second = race_equality.in_this_process("build", "RRK", "--output", "out")
        assert second.returncode == 2
        assert f"Another build (process {first.pid}) is writing to" in second.stderr
        assert "--output" in second.stderr
    finally:
        (small_project / "go").touch()
        _, errors = first.communicate(timeout=300)
    assert first.returncode == 0, errors
    # and once it has ended, the folder is free
    assert race_equality.build("RRK", "--output", "out").returncode == 0


@posix
def test_the_lock_of_a_build_that_was_killed_is_no_hindrance(race_equality, small_project, notebook_writer):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import pathlib, time\npathlib.Path('running').touch()\n"
        "while not pathlib.Path('go').exists(): time.sleep(0.05)",
    )
    killed = race_equality.start("build", "RJ1", "--output", "out")
    wait_until((small_project / "running").exists)
    killed.kill()
    killed.communicate(timeout=300)
    (small_project / "go").touch()
    end = race_equality.build("RJ1", "--output", "out")
    assert end.returncode == 0, end.stderr
    assert hidden_or_temporary(small_project / "out") == []


# -- interruption ---------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(("number", "engine"), [(signal.SIGINT, "default"), (signal.SIGTERM, "fork")])
def test_an_interrupted_build_leaves_whole_pages_alone(race_equality, small_project, notebook_writer, number, engine):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import pathlib, time, os\n"
        "if trust_code == 'RRK':\n"
        "    pathlib.Path('running').write_text(str(os.getpid()))\n"
        "    time.sleep(600)",
    )
    codes = ["RJ1", "RRK", "RR8"]
    build = race_equality.start("build", *codes, "--output", "out", "--engine", engine, "--jobs", "1")
    running = small_project / "running"
    wait_until(lambda: running.exists() and bool(running.read_text()))
    build.send_signal(number)
    said, errors = build.communicate(timeout=300)

    assert build.returncode == 130, errors
    assert "Interrupted before" in said
    assert "Traceback" not in errors
    out = small_project / "out"
    assert hidden_or_temporary(out) == []
    executed = sorted((out / "project").rglob("*.ipynb"))
    assert (out / "project" / "trusts" / "RJ1.ipynb") in executed
    assert (out / "project" / "trusts" / "RRK.ipynb") not in executed
    assert all(whole(notebook) for notebook in executed)
    builds = json.loads((out / "manifest.json").read_text())["builds"]
    assert [build["status"] for build in builds.values()] == ["interrupted"]
    # the kernel that was in the middle of it is gone as well
    wait_until(lambda: not is_alive(int(running.read_text())), seconds=60)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]


# -- cells that do not come to an end as they should ------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_an_endless_cell_is_stopped_at_its_limit(race_equality, small_project, notebook_writer, engine):
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "before = 1",
        "if trust_code == 'RRK':\n    while True: pass",
        "after = 2",
    )
    end = race_equality.in_this_process(
        "build", "RJ1", "RRK", "--output", "out", "--timeout", "2", "--engine", engine, "--jobs", "1"
    )
    assert end.returncode == 1
    assert "FAILED trusts/RRK: notebooks/board_report.ipynb, cell 4" in end.stderr
    assert "|     while True: pass" in end.stderr
    assert "ran longer than 2 seconds" in end.stderr
    out = small_project / "out"
    assert (out / "site" / "trusts" / "RJ1.html").is_file()
    assert not (out / "site" / "trusts" / "RRK.html").exists()
    # papermill's own copy says that every cell was completed
    cells = nbformat.read(out / "failed" / "trusts" / "RRK.ipynb", as_version=4).cells
    assert [c.metadata.papermill.status for c in cells if c.cell_type == "code"][-3:] == [
        "completed",
        "failed",
        "pending",
    ]


@posix
def test_a_kernel_that_dies_fails_its_trust_alone(race_equality, small_project, notebook_writer):
    """With papermill's own engine; the next test has it with forked kernels."""
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import os, signal\nif trust_code == 'RRK':\n    os.kill(os.getpid(), signal.SIGKILL)",
    )
    end = race_equality.build("RJ1", "RRK", "RR8", "--output", "out")
    assert end.returncode == 1
    assert "FAILED trusts/RRK: notebooks/board_report.ipynb, cell 3" in end.stderr
    assert "The kernel died" in end.stderr
    pages = (small_project / "out" / "site" / "trusts").glob("*.html")
    assert sorted(page.stem for page in pages) == ["RJ1", "RR8"]


#: What a notebook may do to the machine, with what is said of it.
TROUBLE = {
    "RRK": ("import time\nwhile True: time.sleep(0.1)", "ran longer than 15 seconds"),
    "RR8": ("for _ in range(10_000): print('x' * 100_000)", "put out more than 50 MB"),
    "R1H": (
        "import subprocess\nfor _ in range(1000): subprocess.Popen(['sleep', '600'])\nimport time\ntime.sleep(600)",
        "started more than 200 processes",
    ),
    "RV5": (
        "import subprocess, os\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nos._exit(0)",
        "The kernel died",
    ),
    "RY4": ("eaten = [bytes(1_000_000_000) for _ in range(100)]", "MemoryError"),
    "RGP": ("import sys\nsys.exit(3)", "SystemExit: 3"),
}
#: Stopped, a kernel answers as little as the one that never ends, and both are named together.
STOPPED = ("RTH", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory at its allocation is Linux's")
def test_notebooks_that_break_things_fail_alone(race_equality, small_project, notebook_writer):
    """Never ends, prints a gigabyte, starts processes, leaves one behind, eats memory: in one build."""
    does = {code: cell for code, (cell, _) in TROUBLE.items()} | dict([STOPPED])
    cells = [f"if trust_code == {code!r}:\n" + textwrap.indent(cell, "    ") for code, cell in does.items()]
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "\n".join(cells), "x = 1")
    codes = ["RJ1", *does, "RWE"]
    end = race_equality("build", *codes, "--output", "out", "--timeout", "15", "--jobs", "2", timeout=500)

    assert end.returncode == 1, end.stderr
    assert "3 pages made" in end.stdout
    failures = dict(
        re.findall(
            r"^FAILED trusts/(\w+): notebooks/board_report.ipynb, (cell 3.*?)(?=^FAILED|\Z)",
            end.stderr,
            re.DOTALL | re.MULTILINE,
        )
    )
    assert failures.keys() == TROUBLE.keys()
    assert "The same in 1 other page: RTH." in failures["RRK"]
    for code, (_, said) in TROUBLE.items():
        assert said in failures[code], code
    out = small_project / "out"
    assert sorted(page.stem for page in (out / "site" / "trusts").glob("*.html")) == ["RJ1", "RWE"]
    assert hidden_or_temporary(out) == []
    # all of them worked in the project, or in a folder that is gone with their build
    wait_until(lambda: not running_in(small_project))


def running_in(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder):
                found.append(f"{process.pid} {process.cmdline()}")
    return found


@posix
def test_a_worker_that_dies_fails_its_trust_alone(race_equality, small_project, notebook_writer):
    # the kernel's parent is the worker, with papermill's own engine
    notebook_writer(
        small_project / "notebooks" / "board_report.ipynb",
        "import os, signal, time\n"
        "if trust_code == 'RRK':\n    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(30)",
    )
    end = race_equality("build", "RRK", "RJ1", "RR8", "--output", "out", "--engine", "default", "--jobs", "1")
    assert end.returncode == 1
    assert "The process that ran the notebook was ended by SIGKILL" in end.stderr
    pages = (small_project / "out" / "site" / "trusts").glob("*.html")
    assert sorted(page.stem for page in pages) == ["RJ1", "RR8"]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff\xfe", b'{"cells": 1}', b"[]"])
def test_a_notebook_that_is_none_is_named(race_equality, small_project, content):
    (small_project / "notebooks" / "board_report.ipynb").write_bytes(content)
    end = race_equality.in_this_process("build", "RJ1", "--output", "out")
    assert end.returncode == 2
    assert end.stderr == (
        "Error: board_report.ipynb: It is not a notebook. "
        "Restore it with `git checkout notebooks/board_report.ipynb`.\n"
    )
    assert not (small_project / "out").exists()


def test_a_notebook_without_its_parameter_is_refused(race_equality, small_project, notebook_writer):
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "code = 1", parameters="trust = 'RJ1'")
    end = race_equality.in_this_process("build", "RJ1", "--output", "out")
    assert end.returncode == 2
    assert "No cell tagged `parameters` sets trust_code" in end.stderr


def test_a_missing_notebook_is_named(race_equality, small_project):
    (small_project / "notebooks" / "board_report.ipynb").unlink()
    end = race_equality.in_this_process("build", "RJ1", "--output", "out")
    assert end.returncode == 2
    assert "board_report.ipynb: The notebook is missing." in end.stderr
