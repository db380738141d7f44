"""The store changes all at once or not at all, whenever a writer is ended and whoever reads meanwhile."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.store import commits

#: Public and private figures, a source and the trust list: file to content.
OLD = {
    "data/figures/trusts.parquet": b"old list",
    "data/figures/ae.parquet": b"old figures",
    "data/figures/gone.parquet": b"old and replaced",
    "data/sources/ae.yml": b"old source",
    "data/local/RJ1.parquet": b"old return",
}
NEW = {
    "data/figures/trusts.parquet": b"new list",
    "data/figures/ae.parquet": b"new figures",
    "data/figures/rtt.parquet": b"new publication",
    "data/sources/ae.yml": b"new source",
    "data/local/RJ1.parquet": b"new return",
}
#: What Python tells of each system call that changes something; and of "open", which may.
_STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.utime", "os.chmod", "os.truncate"}


@pytest.fixture
def project(tmp_path) -> Project:
    return fresh(tmp_path / "project")


@pytest.fixture
def in_memory(tmp_path) -> Iterator[Path]:
    """A folder in memory where there is one: two hundred projects are written and removed."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def fresh(root: Path) -> Project:
    for name, content in OLD.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return Project(root)


def write_new(project: Project) -> None:
    with commits.change(project, "data add ae.csv") as draft:
        draft.notes.lines.append("ae: all of it")
        draft.write(
            {draft.root / name: content for name, content in NEW.items()},
            remove=[draft.root / "data/figures/gone.parquet"],
        )


@commits.reads_the_store
def held(project: Project) -> dict[str, bytes]:
    """Everything that a reader of the store sees, by file."""
    folders = ("data/figures", "data/sources", "data/local")
    return {
        f"{folder}/{path.name}": path.read_bytes()
        for folder in folders
        for path in commits.files_of(project.root / folder, "*.*", project)
    }


def killed_at(step: int, project: Project) -> bool:
    """Write in another process that is killed at one of its system calls; return whether it got there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking where threads run: it only writes and ends
        child = os.fork()
    if child == 0:
        count = 0

        def one_more() -> None:
            nonlocal count
            count += 1
            if count == step:
                os._exit(9)

        os.fsync = lambda _: one_more()  # a process that is killed loses nothing that was written

        def told(event: str, values: tuple) -> None:
            if event in _STEPS or (event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR)):
                one_more()

        sys.addaudithook(told)
        try:
            write_new(project)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it is killed in a process that was forked")
def test_killed_at_each_system_call_it_holds_the_old_or_the_new_and_the_next_goes_on(in_memory, monkeypatch):
    monkeypatch.setattr(commits.os, "fsync", lambda _: None)
    seen, step = [], 0
    while True:
        step += 1
        project = fresh(in_memory / str(step))
        if not killed_at(step, project):
            break
        with monkeypatch.context() as patch:  # first as somebody sees it who cannot write there
            patch.setattr(commits.os, "access", lambda *_: False)
            read_through = held(project)
        assert read_through in (OLD, NEW), step
        assert held(project) == read_through, step
        assert not (project.root / commits.HISTORY / "committed").exists()
        in_place = {name: (project.root / name).read_bytes() for name in read_through}
        assert in_place == read_through, step
        seen.append(read_through == NEW)
        write_new(project)  # the next command needs no mending
        assert held(project) == NEW
        assert [one.what for one in commits.changes_of(project)] == ["data add ae.csv"]
        left = {path.name for path in (project.root / commits.HISTORY).iterdir()}
        assert left == {"lock", "last", "1"}
    assert held(project) == NEW
    assert seen == sorted(seen)  # one moment from which on the new state is held
    assert seen.count(False) > 20
    assert seen.count(True) > 20


def test_after_an_error_or_ctrl_c_nothing_is_changed(project, monkeypatch):
    for error in (KeyboardInterrupt, RaceEqualityError("no")):
        with pytest.raises(type(error) if isinstance(error, Exception) else error):
            with commits.change(project, "data add") as draft:
                draft.write({draft.root / "data/figures/ae.parquet": b"half"})
                raise error
        assert held(project) == OLD
    monkeypatch.setattr(commits.os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(RaceEqualityError, match="No space left.*The store is as it was"):
        write_new(project)
    assert held(project) == OLD
    assert commits.changes_of(project) == []
    assert not (project.root / commits.HISTORY / "writing").exists()


def test_two_writers_take_turns_and_lose_nothing(project):
    """Each adds to what is held, as a trust list does that is added while a publication is."""

    def add(letter: str) -> None:
        for _ in range(5):
            with commits.change(project, letter) as draft:
                file = draft.root / "data/figures/ae.parquet"
                draft.write({file: file.read_bytes() + letter.encode()})

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = held(project)["data/figures/ae.parquet"].removeprefix(b"old figures").decode()
    assert sorted(written) == ["a"] * 5 + ["b"] * 5
    assert [one.number for one in commits.changes_of(project)] == list(range(1, 11))


def test_who_waits_too_long_is_told_by_whom(project, monkeypatch):
    monkeypatch.setattr(commits, "_WAIT_SECONDS", 0.0)
    said = []
    with commits.change(project, "data add trusts.csv"):
        with pytest.raises(
            RaceEqualityError, match=rf"data add trusts.csv, process {os.getpid()}\). Nothing was changed"
        ):
            with commits.change(project, "data add ae.csv", on_wait=said.append):
                pass
        monkeypatch.setattr(commits, "_WAIT_SECONDS", 0.01)
        with pytest.raises(RaceEqualityError), commits.change(project, "data add ae.csv", on_wait=said.append):
            pass
    assert said == [
        f"Waiting for another command that is changing the store (data add trusts.csv, process {os.getpid()})."
    ]


def test_a_reader_never_mixes_old_and_new(project):
    """Between two files that it reads, the store changes."""
    reads = []

    @commits.reads_the_store
    def two_files(project: Project) -> set[bytes]:
        found = {(project.figures / "trusts.parquet").read_bytes()[:3]}
        if not reads:
            write_new(project)
        reads.append(1)
        return found | {(project.figures / "ae.parquet").read_bytes()[:3]}

    assert two_files(project) == {b"new"}
    assert len(reads) == 2


def test_a_change_is_taken_back_and_the_taking_back_too(project):
    write_new(project)
    for after, undoes in ((OLD, 1), (NEW, 2)):
        with commits.change(project, "data undo") as draft:
            assert commits.undo(undoes, draft).number == undoes
        assert held(project) == after
    assert [(one.number, one.undoes) for one in commits.changes_of(project)] == [(1, None), (2, 1), (3, 2)]
    assert commits.changes_of(project)[0].lines == ("ae: all of it",)


def test_what_was_changed_since_is_not_taken_back_in_silence(project):
    write_new(project)
    with commits.change(project, "data add ae.csv") as draft:
        draft.write({draft.root / "data/figures/ae.parquet": b"newer"})
    with pytest.raises(RaceEqualityError, match=r"ae.parquet is no longer .* race-equality data undo 2\."):
        with commits.change(project, "data undo 1") as draft:
            commits.undo(1, draft)
    with commits.change(project, "data undo 2") as draft:
        commits.undo(None, draft)
    (project.figures / "rtt.parquet").write_bytes(b"as git has it")
    with pytest.raises(RaceEqualityError, match="Something else, such as git, has changed it"):
        with commits.change(project, "data undo 1") as draft:
            commits.undo(1, draft)
    with pytest.raises(RaceEqualityError, match=r"no change 7 to take back.*: 1, 3 "):
        with commits.change(project, "data undo 7") as draft:
            commits.undo(7, draft)


def test_what_is_kept_of_before_is_not_brought_back_damaged(project):
    write_new(project)
    kept = commits.replaced_by(1, project) / "data/figures/ae.parquet"
    kept.write_bytes(b"old fogures")
    with (
        pytest.raises(RaceEqualityError, match=r"What is kept of data/figures/ae.parquet before change 1 is damaged"),
        commits.change(project, "data undo") as draft,
    ):
        commits.undo(None, draft)
    assert held(project) == NEW


def test_the_earliest_changes_are_forgotten_and_the_last_one_never(project, monkeypatch):
    monkeypatch.setattr(commits, "MOST_CHANGES", 3)
    for number in range(5):
        with commits.change(project, "data add") as draft:
            draft.write({draft.root / "data/figures/ae.parquet": b"%d" % number})
    assert [one.number for one in commits.changes_of(project)] == [3, 4, 5]
    monkeypatch.setattr(commits, "MOST_BYTES", 1)
    write_new(project)
    assert [one.number for one in commits.changes_of(project)] == [6]
    assert commits.forget(project) == 1
    assert commits.changes_of(project) == []
    assert held(project) == NEW
    write_new(fresh(project.root))
    assert [one.number for one in commits.changes_of(project)] == [7]  # a number means one change for good


def test_a_damaged_record_is_named_and_no_trace(project, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(commits, "_move", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(RaceEqualityError, match="What was read is kept.*The next command goes on"):
            write_new(project)
    record = project.root / commits.HISTORY / "committed" / "change.json"
    whole = record.read_text(encoding="utf-8")
    record.write_text(whole[:40], encoding="utf-8")
    with pytest.raises(RaceEqualityError, match=r"change\.json .* cannot be read .*data check"):
        held(project)
    record.write_text(whole, encoding="utf-8")
    assert held(project) == NEW


def test_a_return_may_be_on_a_disk_of_its_own(project, monkeypatch):
    def replace(source, target):
        if commits.HISTORY.name in Path(source).parts and commits.HISTORY.name not in Path(target).parts:
            raise OSError(18, "Invalid cross-device link")
        os.rename(source, target)

    monkeypatch.setattr(commits.os, "replace", replace)
    write_new(project)
    assert held(project) == NEW
