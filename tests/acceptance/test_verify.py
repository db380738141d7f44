"""The same inputs give the same bytes, wherever and whenever; and what was slipped in, changed or lost is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = "RRU"  # the smallest report; the pages on all trusts are made with it


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """A copy of the project in a folder with a space and an umlaut."""
    root = tmp_path_factory.mktemp("other machine") / "für Prüfer"
    for name in ("_extensions", "data", "notebooks", "params", "src"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "local"))
    for file in (*ROOT.glob("_quarto*.yml"), ROOT / "index.qmd"):
        shutil.copy(file, root)
    (root / "tmp").mkdir()
    return root


def test_another_folder_zone_locale_umask_hash_seed_and_engine_give_the_same_bytes(built, elsewhere, tmp_path):
    output = tmp_path / "output"
    shutil.copytree(built.site, output / "site")
    shutil.copy(built.output / "manifest.json", output)
    site = output / "site" / "trusts"
    csv = (site / f"{CODE}-figures.csv").read_bytes()
    (site / f"{CODE}-figures.csv").write_bytes(csv.replace(b"1", b"2", 1))  # the same size
    (site / f"{CODE}.pdf").unlink()
    other = {
        "TZ": "Pacific/Auckland",
        "LC_ALL": "tr_TR.UTF-8",  # where it is there, I in lower case is another letter
        "PYTHONHASHSEED": "4711",
        "PYTHONPATH": str(elsewhere / "src"),
        "TMPDIR": str(elsewhere / "tmp"),
        # a cache of findings would hide what is computed otherwise
        **dict.fromkeys(("RACE_EQUALITY_CACHE", "RACE_EQUALITY_PROJECT"), ""),
    }
    command = [sys.executable, "-m", "race_equality.commands.main", "verify", output, CODE]
    end = subprocess.run(
        # one notebook at a time by papermill's own engine; the site was made by forked kernels, several at once
        [*map(str, command), "--engine", "default", "--jobs", "1"],
        cwd=elsewhere,
        env={name: value for name, value in (os.environ | other).items() if value},
        umask=0o077,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    pages = len(list((ROOT / "notebooks").glob("[!_.]*.ipynb")))
    assert end.stdout.splitlines()[:-1] == [
        f"trusts/{CODE}-figures.csv: edited: it is not what the manifest has.",
        f"trusts/{CODE}.pdf: missing: it belongs to the site and is not there",
    ], end.stderr
    same, _, rest = end.stdout.splitlines()[-1].partition(" ")
    assert rest == "files are the same, 2 differ."
    # of each page HTML and notebook at least
    assert int(same) >= 2 * pages
    assert end.returncode == 1
    assert list((elsewhere / "tmp").iterdir()) == []
