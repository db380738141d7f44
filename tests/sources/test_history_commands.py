"""Nothing is lost: years merge, what would go is named and asked about, and what was replaced can be had back."""

from __future__ import annotations

import shutil

import pytest
from click.testing import CliRunner

from race_equality.commands import main as cli
from race_equality.sources.returns.wres import COLUMNS
from race_equality.sources.store_check import check_store
from race_equality.store import commits
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source

#: White, ethnic minority and unknown, by indicator and item, as a trust gives them each year.
YEAR = {
    ("wres_1_clinical_band_5", "people"): (180, 120, 4),
    ("wres_3", "staff"): (180, 120, 4),
    ("wres_3", "entered the formal disciplinary process"): (6, 9, 0),
    ("wres_9_board", "people"): (12, 3, 0),
}


@pytest.fixture
def filled(read_cut, project):
    read_cut(project)
    shutil.rmtree(project.root / "data" / "local" / "history")
    shutil.copytree("params", project.root / "params")
    return project


@pytest.fixture
def run(filled, monkeypatch):
    """Run `race-equality data …` where no terminal is; return what it says."""
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(filled.root))

    def invoke(*arguments, fails=False):
        result = CliRunner().invoke(cli.main, ["data", *map(str, arguments)])
        assert (result.exit_code != 0) is fails, result.output
        return result.output

    return invoke


def a_return(path, years, **changed):
    """Write a return of RJ1; ``changed`` are rows by indicator, or None for a row that is left out."""
    lines = [",".join(COLUMNS)]
    for year in years:
        for (indicator, item), counts in YEAR.items():
            counts = changed.get(indicator, counts)
            if counts is not None:
                lines.append(",".join(map(str, ("RJ1", f"{year}-03-31", indicator, item, *counts))))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def years_held(project, indicator="wres_9_board"):
    figures = read_figures(indicator, sources="wres_return_RJ1", project=project)
    return sorted(figures.loc[figures["status"] == "ok", "period_end"].dt.year.unique())


def test_years_merge_and_each_says_which_file_it_is_from(run, filled, tmp_path):
    run("add", a_return(tmp_path / "later.csv", [2024, 2025, 2026]))
    said = run("add", a_return(tmp_path / "earlier.csv", [2023, 2024, 2025], wres_9_board=(11, 3, 0)))
    assert years_held(filled) == [2023, 2024, 2025, 2026]
    assert "would go" not in said
    assert "RJ1 wres_9_board, White, to 2025-03-31: 12 people -> 11 people" in said
    source = read_source("wres_return_RJ1", project=filled)
    assert source.period == ", ".join(f"year to 31 March {year}" for year in (2023, 2024, 2025, 2026))
    assert any(note.startswith("Figures to 2026-03-31 are from later.csv, read on ") for note in source.notes)
    traced = run("trace", "RJ1", "wres_9_board", "--group", "White")
    assert "  later.csv: row " in traced
    assert "  earlier.csv: row " in traced
    before = {path.name: path.read_bytes() for path in (filled.root / "data" / "local").glob("*.*")}
    assert "nothing changed" in run("add", tmp_path / "earlier.csv")
    assert {path.name: path.read_bytes() for path in (filled.root / "data" / "local").glob("*.*")} == before
    assert check_store(filled) == []


def test_what_a_year_no_longer_has_is_named_whole_and_asked_about(run, filled, tmp_path):
    run("add", a_return(tmp_path / "return.csv", [2025, 2026]))
    a_return(tmp_path / "return.csv", [2026], wres_9_board=None, wres_3=None)
    said = run("add", tmp_path / "return.csv", fails=True)
    assert "6 figures that are held would go:" in said
    assert "  RJ1 wres_9_board, to 2026-03-31: Ethnic minority 3 people; Unknown 0 people; White 12 people" in said
    assert (
        "  RJ1 wres_3, to 2026-03-31: Ethnic minority 7.5% (9 of 120); Unknown 0.0% (0 of 4); White 3.3% (6 of 180)"
        in said
    )
    assert "give the same command with --yes" in said
    assert years_held(filled) == [2025, 2026]
    said = run("add", tmp_path / "return.csv", "--yes")
    assert "Let them go? yes (--yes)" in said
    assert years_held(filled) == [2025]
    assert "RJ1 wres_9_board" in run("undo")
    assert years_held(filled) == [2025, 2026]


def test_a_dry_run_says_figures_and_page_and_changes_nothing(run, filled, tmp_path):
    run("add", a_return(tmp_path / "return.csv", [2026]))
    held = {path: path.read_bytes() for path in (filled.root / "data").rglob("*.*") if "history" not in path.parts}
    said = run("add", "-n", a_return(tmp_path / "return.csv", [2026], wres_9_board=(3, 12, 0)))
    assert "RJ1 wres_9_board, White, to 2026-03-31: 12 people -> 3 people" in said
    line = next(line for line in said.splitlines() if line.startswith("  9. "))
    # 3 of 15 on the board, then 12 of 15, next to 120 of 304 staff
    assert "ethnic minority 20.0% -> 80.0%" in line
    assert "gap or ratio -19.5" in line.replace("−", "-")
    assert "-> +40.5" in line
    assert "this was a dry run" in said
    assert {path: path.read_bytes() for path in held} == held
    assert "change 2" not in run("history")


def test_history_undo_and_undo_of_the_undo(run, filled, tmp_path):
    run("add", a_return(tmp_path / "return.csv", [2026]))
    said = run("add", a_return(tmp_path / "return.csv", [2026], wres_9_board=(10, 5, 0)))
    assert "To take it back: race-equality data undo 2" in said
    listed = run("history")
    assert listed.index("   2  ") < listed.index("   1  ")
    assert "data add return.csv: 2 files; figures: 2 changed" in listed
    one = run("history", "2")
    assert "changed: RJ1 wres_9_board, Ethnic minority, to 2026-03-31: 3 people -> 5 people" in one
    assert "race-equality data history lists" in run("history", "9", fails=True)
    assert "no longer as change 1 left it" in run("undo", "1", fails=True)
    assert "5 people -> 3 people" in run("undo")
    assert "taken back by 3" in run("history")
    assert "3 people -> 5 people" in run("undo", "3")
    assert check_store(filled) == []
    assert "answer at" in run("history", "--forget", fails=True)
    assert "Removed what is kept of 4 changes" in run("history", "--forget", "--yes")
    assert "No change is kept" in run("history")


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (("wres_return_RJ1",), []),
        (("wres_return_RJ1", "--year-to", "2025"), [2026]),  # a year that was loaded by mistake
    ],
)
def test_a_return_or_a_year_of_it_is_removed_and_brought_back(run, filled, tmp_path, arguments, left):
    run("add", a_return(tmp_path / "return.csv", [2025, 2026]))
    said = run("remove", *arguments, fails=True)
    assert "RJ1 wres_9_board, to 2025-03-31: Ethnic minority 3 people; Unknown 0 people; White 12 people" in said
    assert "--yes" in said
    assert years_held(filled) == [2025, 2026]
    assert "dry run" in run("remove", *arguments, "--dry-run")
    run("remove", *arguments, "--yes")
    assert years_held(filled) == left
    assert (filled.root / "data" / "local" / "RJ1.parquet").exists() is bool(left)
    assert check_store(filled) == []
    run("undo")
    assert years_held(filled) == [2025, 2026]


def test_what_is_not_held_is_not_removed(run):
    assert "The nearest is 'maternity_2023'" in run("remove", "maternity_23", "--yes", fails=True)
    assert "has no such figures. It has figures to 2023" in run(
        "remove", "maternity_2023", "--year-to", "1999", fails=True
    )


def test_months_that_a_new_file_does_not_have_stay_held(run, filled, cut, write):
    """A file of one month adds to the history; another value of a month takes the place of the old one."""
    held = read_figures(sources="rtt", project=filled)
    held = held[held["status"] == "ok"]
    months = sorted(row[1] for row in write.RTT)
    new = [(*row[:1], "2026-12-01", *row[2:]) for row in write.RTT if row[1] == months[-1]]
    said = run("add", write.csv(cut.path / "one month.csv", new, write.RTT_HEADER))
    assert "periods lost" not in said
    after = read_figures(sources="rtt", project=filled)
    assert set(held["period_end"]) < set(after["period_end"])
    first = after[after["period_end"] == held["period_end"].min()]
    assert first["locator"].str.startswith(f"{cut.rtt.name}: row ").any()
    code, indicator = first.loc[first["status"] == "ok", ["trust_code", "indicator"]].iloc[0]
    assert f"  {cut.rtt.name}: row " in run("trace", code, indicator)
    assert check_store(filled) == []


def test_a_trust_that_a_new_edition_lacks_is_asked_about(run, filled, cut, write):
    rows = [row for row in write.wres_rows() if row[0] != "R1F1"]
    path = write.wres(cut.path / "downloaded.csv", rows)
    said = run("add", path, fails=True)
    assert "R1F wres_6, to 2024-11-30: " in said
    assert "R1F" in run("show", "R1F", "wres_6")
    run("add", path, "--yes")


def merge_rx8_into_rj1(cut, write):
    rows = [(*row[:4], "20260930") if row[0] == "RX8" else row for row in write.ETR]
    write.etr(cut.etr, rows)
    trusts = [row if row[0] != "RJ1" else (*row[:6], "RX8", "2026-10-01") for row in write.TRUSTS if row[0] != "RX8"]
    write.trusts(cut.trusts, trusts)


def test_a_trust_list_whose_adding_was_ended_half_way_is_held_whole(run, filled, cut, write, monkeypatch):
    """Once 576 figures stayed under a code that had closed, the check said "whole" and adding the list again did nothing."""
    merge_rx8_into_rj1(cut, write)
    moved = []
    move = commits._move

    def end_at_the_sixth(new, target):
        moved.append(target.name)
        if len(moved) == 6:
            raise KeyboardInterrupt
        move(new, target)

    with monkeypatch.context() as patch:
        patch.setattr(commits, "_move", end_at_the_sixth)
        run("add", cut.trusts, cut.etr, fails=True)
    assert "RX8" not in set(read_figures(project=filled)["trust_code"])  # the next reader goes on by itself
    assert check_store(filled) == []
    assert "the same trusts as held" in run("add", cut.trusts, cut.etr)
    assert [one.what for one in commits.changes_of(filled)] == [f"data add {cut.trusts.name} {cut.etr.name}"]


def test_all_files_of_one_command_are_one_change(run, filled, cut, write):
    merge_rx8_into_rj1(cut, write)
    write.catchment(cut.catchment, [("RJ1", 0.1, 0.1, 0.1, 0.1, 0.6)])
    bad = write.csv(cut.path / "bad.csv", [(1, 2)], ("a", "b"))
    held = read_figures(project=filled)
    said = run("add", cut.trusts, cut.etr, a_return(cut.path / "return.csv", [2026]), bad, "--yes", fails=True)
    assert "bad.csv: No known publication" in said
    assert run("history").count("data add") == 1
    assert years_held(filled) == [2026]
    run("undo")
    assert read_figures(project=filled).equals(held)
