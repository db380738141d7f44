"""make, .ci/run and the environment script: what they offer, and what they say when they cannot."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = (".ci/run", "scripts/environment")


def makefile_targets() -> dict[str, str]:
    """Return the Makefile's documented targets with their one-line help."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+):[^#\n]*## (.+)$", text, re.MULTILINE))


def test_make_offers_the_targets_with_help():
    targets = makefile_targets()
    assert {"help", "report", "test", "check", "lab", "golden", "lock", "clean"} <= targets.keys()
    assert ".DEFAULT_GOAL := help" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_builds_and_tests_apart_from_jupyterlab():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    uses = dict(re.findall(r"^(report|test|check|golden|lab): (environment\S*)", text, re.MULTILINE))
    assert uses.pop("lab") == "environment-lab"
    assert uses == dict.fromkeys(("report", "test", "check", "golden"), "environment")
    assert "scripts/environment .venv requirements.lock" in text
    assert "scripts/environment .venv-lab requirements-lab.lock" in text


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_executable_bash(script):
    path = ROOT / script
    assert path.stat().st_mode & stat.S_IXUSR, f"{script} is not executable"
    assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", str(path)], check=True)


def environment(tmp_path: Path, python: Path | str, folder: Path | None = None):
    """Run the environment script with a given Python, on a lock of nothing."""
    lock = tmp_path / "empty.lock"
    lock.write_text("", encoding="utf-8")
    return subprocess.run(
        [str(ROOT / "scripts" / "environment"), str(folder or tmp_path / "venv"), str(lock)],
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def fake_python(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_an_old_python_is_refused(tmp_path):
    old = fake_python(tmp_path / "python3.9", "exit 1")
    ran = environment(tmp_path, old)
    assert ran.returncode != 0
    assert f"PYTHON={old} is not Python 3.11 or newer" in ran.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_names_the_package_that_mends_it(tmp_path):
    # Debian's python3.11 without python3.11-venv has a venv module that cannot install pip.
    debian = fake_python(
        tmp_path / "python3", f'case "$2" in *ensurepip*) exit 1;; *) exec "{sys.executable}" "$@";; esac'
    )
    ran = environment(tmp_path, debian)
    assert ran.returncode == 1
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt-get install python{minor}-venv" in ran.stderr
    assert not (tmp_path / "venv").exists()


def test_an_environment_that_fits_is_left_alone(tmp_path):
    # No Python is looked for, nothing is installed: a fake environment with fitting stamps stays.
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    marker = tmp_path / "called"
    fake_python(folder / "bin" / "python", f'[ "$1" = -c ] || touch "{marker}"')
    lock = tmp_path / "empty.lock"
    lock.write_text("", encoding="utf-8")

    def cksum(content: bytes) -> str:
        return subprocess.run(["cksum"], input=content, capture_output=True, check=True).stdout.decode()

    (folder / "made-from").write_text(cksum(f"{ROOT}\n".encode()), encoding="utf-8")
    (folder / "project-from").write_text(cksum((ROOT / "pyproject.toml").read_bytes()), encoding="utf-8")
    ran = environment(tmp_path, "not-a-python", folder)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not marker.exists()

    # A changed lock is noticed, and then the Python matters.
    lock.write_text("# another\n", encoding="utf-8")
    changed = subprocess.run(
        [str(ROOT / "scripts" / "environment"), str(folder), str(lock)],
        env={**os.environ, "PYTHON": "not-a-python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert changed.returncode != 0
    assert "not Python 3.11 or newer" in changed.stderr


def test_another_python_makes_the_environment_again(tmp_path):
    asked = fake_python(
        tmp_path / "python3.99", 'case "$1" in -m) echo "asked for"; exit 1;; --version) echo Python 3.99.0;; esac'
    )
    folder, lock = tmp_path / "venv", tmp_path / "a.lock"
    (folder / "bin").mkdir(parents=True)
    fake_python(folder / "bin" / "python", 'if [ "$1" = --version ]; then echo Python 3.11.2; fi')
    lock.write_text("package==1.0\n", encoding="utf-8")
    content = f"{ROOT}\npackage==1.0\n".encode()
    stamp = subprocess.run(["cksum"], input=content, capture_output=True, check=True).stdout
    (folder / "made-from").write_bytes(stamp)
    ran = subprocess.run(
        [str(ROOT / "scripts" / "environment"), str(folder), str(lock)],
        env={**os.environ, "PYTHON": str(asked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert ran.stdout.startswith(f"Setting up {folder} with Python 3.99.0")
    assert ran.stdout.endswith("asked for\n")


def test_the_set_up_shows_each_package_as_it_comes(tmp_path):
    """Debian's awk reads a pipe in blocks, so that the line stood still for a minute."""
    go_on = tmp_path / "go on"
    pip = f"""for n in $(seq 20); do echo "Collecting package$n==1.0 (from -r lock)"; done
for _ in $(seq 300); do [ -e "{go_on}" ] && break; sleep 0.1; done
[ -e "{go_on}" ] && echo Installing collected packages: package1"""
    fake = fake_python(
        tmp_path / "python3",
        f"""case "$1 $2" in
"-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
"-m pip") case "$*" in *requirement*) {pip} ;; esac ;;
--version*) echo Python 3.99.0 ;;
esac""",
    )
    lock = tmp_path / "a.lock"
    lock.write_text("".join(f"package{n}==1.0\n" for n in range(40)), encoding="utf-8")
    with subprocess.Popen(
        [str(ROOT / "scripts" / "environment"), str(tmp_path / "venv"), str(lock)],
        env={**os.environ, "PYTHON": str(fake)},
        stdout=subprocess.PIPE,
        text=True,
    ) as ran:
        lines = [ran.stdout.readline(), ran.stdout.readline()]
        go_on.touch()
        lines += ran.stdout.read().splitlines(keepends=True)
    assert ran.returncode == 0
    assert lines[1:] == ["  20 of 40\n", "  Installing 20 packages\n"]


@pytest.mark.skipif(sys.platform == "win32", reason=".ci/run is for Debian")
@pytest.mark.parametrize(("check", "test", "status"), [(0, 0, 0), (1, 0, 1), (0, 2, 2), (1, 2, 2)])
def test_ci_runs_the_checks_and_then_the_tests_whose_closing_line_is_the_last(tmp_path, check, test, status):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "chromium", "pdftotext", "python3"):
        fake_python(tools / name, "exit 0")
    fake_python(tools / "make", f'echo "closing line of $1"; [ "$1" = check ] && exit {check} || exit {test}')
    ran = subprocess.run(
        [tmp_path / ".ci" / "run"],
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == status, ran.stderr
    assert ran.stdout.splitlines() == ["closing line of check", "closing line of test"]
