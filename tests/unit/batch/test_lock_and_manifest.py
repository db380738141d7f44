"""The record of builds, and who may write it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from race_equality.batch import manifest
from race_equality.batch.build import _SCRATCH_FILES
from race_equality.batch.lock import OutputLock
from race_equality.errors import RaceEqualityError
from race_equality.files import delete_made
from race_equality.project import Project

HOLD = """\
import pathlib, sys, time
from race_equality.batch.lock import OutputLock
with OutputLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline().strip() == b"held"
    yield process
    process.kill()
    process.communicate()


def test_a_held_folder_is_refused_with_the_process_that_holds_it(tmp_path, holder):
    with pytest.raises(RaceEqualityError, match=rf"process {holder.pid}\) is writing"), OutputLock(tmp_path):
        pass


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path, holder):
    holder.kill()
    holder.wait()
    with OutputLock(tmp_path):
        assert (tmp_path / ".lock").read_text().strip() == str(os.getpid())
    assert (tmp_path / ".lock").read_text() == ""


def test_it_can_be_taken_again(tmp_path):
    for _ in range(2):
        with OutputLock(tmp_path):
            pass


def test_a_lock_that_is_a_link_empties_nothing(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".lock").symlink_to(tmp_path / "mine")
    with pytest.raises(RaceEqualityError, match="is a link and no file of a build"), OutputLock(tmp_path):
        pass
    assert (tmp_path / "mine").read_text() == "mine"


def test_hashes_are_plain_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert manifest.hash_file(tmp_path / "a") == expected
    (tmp_path / "b").write_bytes(b"")
    both = hashlib.sha256(b"a\0" + bytes.fromhex(expected) + b"b\0" + hashlib.sha256(b"").digest()).hexdigest()
    assert manifest.hash_files([tmp_path / "b", tmp_path / "a"], base=tmp_path) == both


def test_a_trusts_own_return_is_among_the_figures(small_project):
    local = small_project / "data" / "local"
    local.mkdir()
    (local / "RJ1.parquet").write_bytes(b"x")
    assert manifest.figure_files(Project(small_project)) == [
        "data/figures/successions.csv",
        "data/figures/trusts.parquet",
        "data/local/RJ1.parquet",
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"format": 0, "pages": {"x": 1}}', "\x00", '{"format": 1}'),
        '{"format": 1, "builds": [], "pages": {}}',
        '{"format": 1, "builds": {}, "pages": {"x": 1}}',
        '{"format": 1, "builds": {}, "pages": {"x": {}}}',
        '{"format": 1, "builds": {"b": {"figures": 1}}, "pages": {}}',
        '{"format": 1, "builds": {}, "pages": {"x": {"build": "b", "outputs": ["a"]}}}',
        '{"format": 1, "builds": {}, "pages": {"x": {"build": "b", "figures": {"rests_on": {}}}}}',
        '{"format": 1, "builds": {}, "pages": {}, "known": null}',
        '{"format": 1, "builds": {}, "pages": {}, "downloads": {"outputs": 1}}',
    ],
)
def test_a_record_that_cannot_be_used_is_left_aside(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    assert manifest.read_manifest(tmp_path) == {"format": 1, "builds": {}, "pages": {}}


def test_written_in_one_step(tmp_path, monkeypatch):
    manifest.write_manifest(tmp_path, {"format": 1, "builds": {}, "pages": {"ä": {"build": "b"}}})
    assert manifest.read_manifest(tmp_path)["pages"] == {"ä": {"build": "b"}}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        manifest.write_manifest(tmp_path, {"format": 1})
    assert json.loads((tmp_path / "manifest.json").read_text())["pages"] == {"ä": {"build": "b"}}
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_each_page_is_a_line_and_comes_back_as_it_was(tmp_path):
    pages = {f"trusts/{code}.ipynb": {"build": "b", "outputs": {"ä\n": {"size": 1}}} for code in ("RRK", "RJ1")}
    written = {
        "format": 1,
        "pages": pages,
        "known": {},
        "builds": {"b": {"figures": {}, "ended": None}},
        "index": ["a"],
    }
    manifest.write_manifest(tmp_path, written)
    assert manifest.read_manifest(tmp_path) == written
    lines = (tmp_path / "manifest.json").read_text(encoding="utf-8").splitlines()
    assert [line.split('"')[1] for line in lines if line.startswith("  ")] == [
        "b",
        "trusts/RJ1.ipynb",
        "trusts/RRK.ipynb",
    ]


def test_versions_name_what_decides_how_a_page_comes_out():
    found = manifest.versions()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"papermill", "pandas", "altair", "typst", "pypandoc_binary"} <= set(found)


def test_of_a_folder_only_what_was_made_is_deleted(tmp_path):
    """A folder that a build uses may hold a file of one's own, and may have been replaced by a link."""
    scratch, mine = tmp_path / ".scratch", tmp_path / "mine"
    for folder in (scratch, mine):
        folder.mkdir()
        (folder / "trusts-RJ1.4711.ipynb").touch()
    (scratch / "notes.ipynb").touch()
    delete_made(scratch, _SCRATCH_FILES)
    assert [file.name for file in scratch.iterdir()] == ["notes.ipynb"]
    (tmp_path / "link").symlink_to(mine)
    delete_made(tmp_path / "link", _SCRATCH_FILES)
    assert (mine / "trusts-RJ1.4711.ipynb").exists()
    delete_made(mine, _SCRATCH_FILES)
    assert not mine.exists()
