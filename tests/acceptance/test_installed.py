"""The package from its wheel, outside of any checkout: the public figures are there, and a project can be begun."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import race_equality as re

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """What pip would install."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone, by whose .gitignore a wheel leaves files out")
    folder = tmp_path_factory.mktemp("wheel")
    (ROOT / "data" / "local").mkdir(exist_ok=True)
    private = [ROOT / "data" / "local" / "of-this-test.parquet", ROOT / "notebooks" / "scratch" / "of-this-test.ipynb"]
    private[1].parent.mkdir(exist_ok=True)
    try:
        for file in private:
            file.touch()
        options = "--quiet --no-deps --no-build-isolation --disable-pip-version-check".split()
        made = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(ROOT)]
        subprocess.run(made, check=True, capture_output=True)
    finally:
        for file in private:
            file.unlink()
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if "of-this-test" in name or "/local/" in name]
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


def run(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("RACE_EQUALITY")}
    command = [sys.executable, "-X", "faulthandler", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**env, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False
    )


def test_figures_are_read_without_a_project_and_a_build_says_how_to_begin_one(installed, tmp_path):
    asked = "import race_equality as re; print(re.__file__); print(len(re.trusts())); print(len(re.figures('staff_survey_q15')))"
    done = run(installed, tmp_path, "-c", asked)
    assert done.returncode == 0, done.stderr
    file, trusts, figures = done.stdout.splitlines()
    assert Path(file).is_relative_to(installed)
    assert (int(trusts), int(figures)) == (len(re.trusts()), len(re.figures("staff_survey_q15")))  # as in the checkout
    refused = run(installed, tmp_path, "-m", "race_equality.commands.main", "build", "R1H")
    assert refused.returncode == 2
    assert "begin one with `race-equality init FOLDER`" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_project_is_begun_and_used(installed, tmp_path):
    done = run(installed, tmp_path, "-m", "race_equality.commands.main", "init", "my reports")
    assert done.returncode == 0, done.stderr
    project = tmp_path / "my reports"
    for folder in ("_extensions", "data/figures", "data/sources", "notebooks", "params"):
        names = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", folder], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        assert [name for name in names if (project / name).read_bytes() != (ROOT / name).read_bytes()] == []
    planned = run(installed, project, "-m", "race_equality.commands.main", "build", "R1H", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "R1H" in planned.stdout
    checked = run(installed, project, "-m", "race_equality.commands.main", "data", "list", "--json")
    assert "staff_survey_organisations_2024" in json.dumps(json.loads(checked.stdout))

    again = run(installed, tmp_path, "-m", "race_equality.commands.main", "init", "my reports")
    assert again.returncode == 2
    assert "holds files already" in again.stderr
