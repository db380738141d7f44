"""Waiting for what pages rest on to change."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

import race_equality
from race_equality.batch import watch
from race_equality.batch.watch import ChangedFiles, rebuild_on_change, wait_for_changes
from race_equality.project import Project


@pytest.fixture
def project(tmp_path) -> Project:
    for folder in ("notebooks", "params/trusts", "data/figures", "output"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("_quarto.yml", "index.qmd", "notebooks/a.ipynb", "params/_defaults.yml", "data/figures/a.parquet"):
        (tmp_path / file).write_text("before")
    return Project(tmp_path)


@pytest.fixture
def changes(project):
    """Changes as they come; what is done by ``touch`` comes after the watching has begun."""
    stop = threading.Event()
    yield wait_for_changes(project, stop=stop)
    stop.set()


def until_seen(changes, act):
    """Act again and again until the change is seen: when the watching begins is not told."""
    seen = threading.Event()

    def again():
        while not seen.wait(0.2):
            act()

    actor = threading.Thread(target=again)
    actor.start()
    try:
        return next(changes)
    finally:
        seen.set()
        actor.join()


def replace(file: Path) -> None:
    """Save as editors do, by putting a new file in the place of the old one."""
    partial = file.with_name(".partial")
    partial.write_text("after")
    os.replace(partial, file)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("notebooks/a.ipynb", False),
        ("params/_defaults.yml", False),
        ("params/trusts/RJ1.yml", False),
        ("_quarto.yml", False),
        ("index.qmd", False),
        ("data/figures/a.parquet", True),
    ],
)
def test_a_file_that_pages_rest_on(project, changes, name, figures):
    assert until_seen(changes, lambda: replace(project.root / name)) == ChangedFiles(
        (name,), code=False, figures=figures
    )
    # and once more, though it is another file now
    assert until_seen(changes, lambda: replace(project.root / name)).names == (name,)


def test_other_files_are_passed_over(project, changes):
    def act():
        for name in ("output/x", "README.md", "notebooks/.a.swp", "notebooks/.ipynb_checkpoints/a.ipynb"):
            (project.root / name).parent.mkdir(exist_ok=True)
            (project.root / name).write_text("x")
        replace(project.notebooks / "a.ipynb")

    assert until_seen(changes, act).names == ("notebooks/a.ipynb",)


def test_the_history_of_changes_is_not_watched(project):
    """A command writes there before it changes a figure: a build would begin too early."""
    (project.root / "data" / "local" / "history" / "writing").mkdir(parents=True)
    watched = watch._folders([project.root / "data", project.notebooks])
    assert project.root / "data" / "local" in watched
    assert not [folder for folder in watched if "history" in folder.relative_to(project.root).parts]


def test_a_folder_that_is_new_is_watched(project, changes):
    folder = project.root / "data" / "local"

    def act():
        folder.mkdir(exist_ok=True)
        replace(folder / "wres.csv")

    assert until_seen(changes, act) == ChangedFiles(("data/local/wres.csv",), code=False, figures=True)


def test_the_packages_code_is_told_apart(project, monkeypatch, tmp_path):
    package = tmp_path / "elsewhere" / "race_equality"
    (package / "report").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(race_equality, "__file__", str(package / "__init__.py"))
    stop = threading.Event()
    changed = until_seen(wait_for_changes(project, stop=stop), lambda: replace(package / "report" / "words.py"))
    stop.set()
    assert changed == ChangedFiles(("report/words.py",), code=True, figures=False)


NOTEBOOK = ChangedFiles(("notebooks/a.ipynb",), code=False, figures=False)
FIGURES = ChangedFiles(("data/figures/a.parquet",), code=False, figures=True)
CODE = ChangedFiles(("report/words.py",), code=True, figures=False)


def test_what_notebooks_share_is_kept_until_figures_change(project, monkeypatch):
    coming = iter([NOTEBOOK, NOTEBOOK, FIGURES, NOTEBOOK, CODE])
    monkeypatch.setattr(watch, "_next_changes", lambda changes: next(coming))
    done = []

    @contextmanager
    def shared():
        done.append("start")
        yield
        done.append("stop")

    rebuild_on_change(lambda: done.append("make"), project, shared=shared, on_change=lambda changed: None)
    assert done == ["start", *["make"] * 3, "stop", "start", *["make"] * 2, "stop"]


def test_changes_while_pages_are_made_are_taken_together(project):
    with watch._change_queue(project) as heard:
        heard.put(NOTEBOOK)
        heard.put(FIGURES)
        heard.put(NOTEBOOK)
        assert watch._next_changes(heard) == ChangedFiles(
            ("notebooks/a.ipynb", "data/figures/a.parquet"), code=False, figures=True
        )
