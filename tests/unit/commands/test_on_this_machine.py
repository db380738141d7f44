"""`doctor`, `open`, `lab` and `completion`, and what is said where a command cannot go on."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from race_equality.batch.build import BuildResult
from race_equality.commands import doctor
from race_equality.commands.main import Commands, _summary, main
from race_equality.project import Project

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch) -> Path:
    """A project of folders, with this one's figures."""
    for name in ("data", "_quarto.yml", "requirements.lock"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(tmp_path))
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(main, arguments)


def found(project: Path) -> dict[str, doctor.Check]:
    return {check.what: check for check in doctor.look()}


def test_doctor_names_what_is_there_and_ends_well(checkout, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/bin/chromium" if name == "chromium" else None)
    end = run("doctor")
    assert end.exit_code == 0, end.output
    assert end.output.splitlines()[-1] == "Reports can be made."
    lines = [" ".join(line.split()) for line in end.output.splitlines()]
    assert "ok Data whole: each file is as it was read" in lines
    assert "ok Chromium /bin/chromium" in lines
    assert "- poppler for tests of PDFs; apt-get install poppler-utils" in lines
    assert "- Quarto the built-in renderer makes the same pages; https://quarto.org" in lines


def test_doctor_fails_where_reports_cannot_be_made(checkout, monkeypatch):
    (checkout / "requirements.lock").unlink()
    (checkout / "requirements.lock").write_text(
        "pandas==0.1 \\\n    --hash=sha256:0\nnot-there==1.0 ; python_version < '3'\n"
    )
    (checkout / "data").unlink()
    (checkout / "data" / "figures").mkdir(parents=True)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: SimpleNamespace(free=3e8))
    monkeypatch.setattr(doctor.os, "access", lambda folder, mode: False)
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 4))
    checks = found(checkout)
    assert checks["Python"].says == "3.10.4 is too old: 3.11 or newer is needed"
    assert checks["Disk"].says == "0.3 GB free: a build of all trusts needs 1 GB"
    assert "trusts.parquet is not there" in checks["Data"].says
    assert str(checkout) in checks["Write access"].says
    # another version than the lock's is none that reports cannot do with
    pandas = metadata.version("pandas")
    assert checks["Packages"].says.endswith(f"other than in requirements.lock: pandas is {pandas}, wanted is ==0.1")
    assert {what for what, check in checks.items() if check.state == "missing"} == {
        "Python",
        "Data",
        "Disk",
        "Write access",
    }
    end = run("doctor")
    assert end.exit_code == 1
    assert end.output.splitlines()[-1] == "4 missing: mend what is marked MISSING."


def test_doctor_says_which_package_is_not_what_reports_need(checkout, monkeypatch):
    needed = ["pandas>=99", "not-there>=1", "mypy>=99 ; extra == 'check'"]
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: needed)
    check = found(checkout)["Packages"]
    assert check.state == "missing"
    assert check.says.startswith(
        f"pandas is {metadata.version('pandas')}, wanted is >=99; not-there is not installed\n"
    )


def test_doctor_looks_for_the_commit_hook(checkout):
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    assert doctor._hook(Project(checkout)).state == "can be added"
    (checkout / ".git" / "hooks").mkdir(exist_ok=True)
    (checkout / ".git" / "hooks" / "pre-commit").touch()
    assert doctor._hook(Project(checkout)).state == "there"


def test_open_prints_the_path_and_starts_a_browser(checkout, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)) or True)
    page = checkout / "output" / "site" / "trusts" / "RJ1.html"
    refused = run("open", "rj1")
    assert refused.exit_code == 2
    assert "has not been made yet. Make it: race-equality build RJ1" in refused.output
    page.parent.mkdir(parents=True)
    page.touch()
    (page.parents[1] / "index.html").touch()
    assert (run("open", "rj1").output, run("open", "RJ1", "--path").output) == (f"{page}\n", f"{page}\n")
    assert run("open").output == f"{page.parents[1] / 'index.html'}\n"
    assert opened == [page.resolve().as_uri(), (page.parents[1] / "index.html").resolve().as_uri()]


def test_open_serves_a_site_until_it_is_interrupted(checkout, monkeypatch):
    import _thread
    import threading
    from urllib.request import urlopen

    page = checkout / "output" / "site" / "trusts" / "RJ1.html"
    page.parent.mkdir(parents=True)
    page.write_text("a report")
    (page.parents[1] / "index.html").touch()
    read: list[str] = []

    def visit(address: str) -> None:
        read.extend((address, urlopen(address).read().decode()))
        _thread.interrupt_main()

    monkeypatch.setattr("webbrowser.open", lambda address: threading.Thread(target=visit, args=[address]).start())
    said = run("open", "RJ1", "--serve").output
    address, content = read
    assert content == "a report"
    assert address.startswith("http://127.0.0.1:") and address.endswith("/trusts/RJ1.html")
    assert said == f"{address} (Ctrl-C ends it)\n"


@pytest.mark.skipif(os.name == "nt", reason="there a subprocess is started")
def test_lab_starts_jupyterlab_or_says_how_to_set_it_up(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    started: list[tuple] = []
    monkeypatch.setattr("os.execv", lambda *arguments: started.append(arguments))
    monkeypatch.setattr(sys, "executable", str(checkout / "bin" / "python"))
    refused = run("lab")
    assert refused.exit_code == 2
    assert "make lab" in refused.output and "requirements-lab.lock" in refused.output
    program = checkout / ".venv-lab" / "bin" / "jupyter"
    program.parent.mkdir(parents=True)
    program.touch()
    assert run("lab", "--no-browser").exit_code == 0
    assert started == [(program, [str(program), "lab", "--no-browser", str(checkout / "notebooks")])]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (["build", "rj1"], ["RJ1"]),
        (["build", "RJ1", "bart"], ["R1H"]),  # a word of the name
        (["data", "trace", "RJ1", "wres_9"], ["wres_9_board", "wres_9_voting", "wres_9_executive"]),
        (["open", "r1h"], ["R1H"]),
        (["build", "--peer"], ["--peers"]),
        (["build", "nothing like it"], []),
    ],
)
def test_a_shell_completes_trusts_and_indicators(typed, completed):
    from click.shell_completion import ShellComplete

    completer = ShellComplete(main, {}, "race-equality", "_RACE_EQUALITY_COMPLETE")
    assert [item.value for item in completer.get_completions(typed[:-1], typed[-1])] == completed


def test_completion_prints_a_script_for_the_shell(monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert "complete --no-files --command race-equality" in run("completion").output
    assert "#compdef race-equality" in run("completion", "zsh").output
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert "There is no completion for 'tcsh'" in run("completion").output


def test_what_was_interrupted_says_how_to_go_on():
    page = SimpleNamespace(name="RJ1")
    said = _summary(BuildResult(index=Path("none"), not_reached=[page], interrupted=True))  # type: ignore[list-item]
    assert said.endswith("Interrupted before 1 page: RJ1. Run the same command to go on.")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. Run the same command to go on."),
        (OSError(30, "Read-only file system", "output"), 2, "Error: output cannot be written or read: Read-only"),
        (
            PermissionError(13, "Permission denied", "params/RJ1.yml"),
            2,
            "Error: params/RJ1.yml cannot be written or read: ",
        ),
    ],
)
def test_ctrl_c_and_a_folder_of_somebody_else_are_a_sentence(error, status, said):
    def fails() -> None:
        raise error

    group = Commands("x")
    group.add_command(click.Command("fail", callback=fails))
    end = CliRunner().invoke(group, ["fail"])
    assert end.exit_code == status
    assert end.output.startswith(said)
