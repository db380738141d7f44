"""Each command of README's code blocks, as it stands there, in a fresh clone and in README's order."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from race_equality.store.result_folder import FOLDER_VARIABLE

ROOT = Path(__file__).parents[2]
ACTIVATE = "source .venv/bin/activate"

#: What does not run as it stands, what runs in its place, and why.
IN_PLACE_OF = {
    # each minutes long, and the tests of what they do are all around this one
    "make report": "make --dry-run report",
    "make test": "make --dry-run test",
    "pytest --nbval tests/notebooks": "pytest --nbval tests/notebooks --collect-only --quiet",
    "race-equality golden": "race-equality golden --help",
    "race-equality new-notebook training_by_region": "race-equality new-notebook --help",
    "race-equality publish --edition 2026-11 --to DIR --address https://reports.example.nhs.uk": (
        "race-equality publish --help"
    ),
    "race-equality build RJ1 --peers": "race-equality build RJ1 --peers --dry-run",
    # tests/acceptance/test_build.py and test_verify.py audit and verify the same site, each for a minute or more
    "race-equality audit": "race-equality audit --help",
    "race-equality verify output": "race-equality verify --help",
    # an environment of its own, and a server that stays
    "make lab": "make --dry-run lab",
    # a browser, which stays
    "race-equality open RJ1": "race-equality open RJ1 --path",
    # not part of the environment; where it is, the tests marked quarto run it
    "quarto render --profile demo": "test -f _quarto-demo.yml",
}


def commands() -> list[str]:
    """The lines of README's blocks without what they say of themselves; the picture of the flow is none."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    # those with a language set up an environment by other means than make
    lines = [re.sub(r"\s+# .*", "", line) for language, block in blocks if not language for line in block.splitlines()]
    return [line for line in lines if "->" not in line]


@pytest.fixture(scope="module")
def clone(built, tmp_path_factory) -> Path:
    """A clone with this environment as its own, and with the site that `make report` builds, of a few trusts."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    if not Path(sys.prefix, "bin", "activate").is_file():
        pytest.skip("these tests run in no virtual environment")
    folder = tmp_path_factory.mktemp("readme") / "race-equality"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    changed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--modified", "--deduplicate"], capture_output=True, check=True
    )
    for name in filter(None, changed.stdout.decode().split("\0")):  # what is about to be committed
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    shutil.copytree(built.output, folder / "output")
    return folder


def start(command: str, clone: Path) -> subprocess.Popen[str]:
    """Start a command as in a new terminal, where nobody has set anything but README's first line.

    Only papermill alone is given the findings on all trusts that the build kept: it would compute them for ten seconds.
    """
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    (findings,) = (clone / "output" / ".cache").glob("findings-*")
    kept = {FOLDER_VARIABLE: str(findings)} if command.startswith("papermill ") else {}
    return subprocess.Popen(
        ["bash", "-c", f"set -e\n{ACTIVATE}\n{command}"],
        cwd=clone,
        env={"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", **kept},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_without_make_the_environment_is_the_same():
    """What README says for Windows and for uv is what scripts/environment installs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / "scripts" / "environment").read_text(encoding="utf-8")
    for language in ("powershell", "sh"):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for words in ("--require-hashes -r requirements.lock", "--no-deps --no-build-isolation -e ."):
            assert f"pip install {words}\n" in block
    assert "--require-hashes" in script and "--no-build-isolation --editable ." in script


def test_readme_begins_with_the_environment_and_names_nothing_twice():
    lines = commands()
    assert lines[:3] == ["make report", "make test", ACTIVATE]
    assert len(lines) == len(set(lines)) > 15
    assert IN_PLACE_OF.keys() <= set(lines)


@pytest.mark.skipif(sys.platform == "win32", reason="README's commands are for a POSIX shell")
@pytest.mark.parametrize("command", commands())
def test_a_command_works_as_it_stands(clone, command):
    said = ""
    with start(IN_PLACE_OF.get(command, command), clone) as process:
        limit = threading.Timer(600, os.killpg, (process.pid, signal.SIGKILL))
        limit.start()
        for line in process.stdout:
            said += line
            if "--watch" in command and "Waiting for changes" in line:
                os.killpg(process.pid, signal.SIGINT)  # Ctrl-C, which a terminal sends to all that was started
        status = process.wait()
        limit.cancel()
    assert status == 0, said
    assert "Traceback" not in said
    made = {
        "race-equality build RJ1 RRK": "output/site/trusts/RRK.html",
        "papermill notebooks/board_report.ipynb out.ipynb -p trust_code RJ1": "out.ipynb",
        "race-equality params new RJ1": "params/trusts/RJ1.yml",
    }
    if command in made:
        assert (clone / made[command]).is_file()
