"""A new trust list is added by itself: figures held are under the trusts that reading every file again gives."""

import shutil

import pytest

from race_equality.errors import InputError
from race_equality.project import find_project
from race_equality.sources.ingest import read_folder
from race_equality.sources.store_check import check_store
from race_equality.sources.trust_list import add_trust_list
from race_equality.store.figures import read_figures
from race_equality.store.recorded import RECORDS
from race_equality.store.trusts import resolve_trust


def merge(cut, write, old, new):
    """Write the two files as they are once one trust has merged into another, and a third has opened."""
    date = "2026-10-01"
    closed = [(*row[:4], date.replace("-", "")) if row[0] == old else row for row in write.ETR]
    write.etr(cut.etr, [*closed, ("RZZ", "NEW TRUST", "Y56", "20261001", "")])
    rows = []
    for row in write.TRUSTS:
        if row[0] == old:
            continue
        if row[0] == new:
            row = (*row[:6], ";".join(filter(None, (row[6], old))), date)
        rows.append(row)
    like = next(row for row in write.TRUSTS if row[0] == "RJ1")
    write.trusts(cut.trusts, [*rows, ("RZZ", "New Trust", "", *like[3:6], "", "")])
    return {"ods_etr": cut.etr, "ods_trusts": cut.trusts}


@pytest.mark.parametrize(("old", "new"), [("RX8", "RJ1"), ("RY3", "RV5"), ("RJ1", "RA7")])
def test_the_figures_are_those_of_reading_everything_again(cut, read_cut, write, project, tmp_path, old, new):
    read_cut(project)
    before = {source: len(rows) for source, rows in read_figures(project=project).groupby("source")}
    paths = merge(cut, write, old, new)
    found = add_trust_list(paths, project)
    assert found.opened == ("RZZ",)
    assert found.gone == {old: new}
    assert found.carried > 0
    assert found.dropped == 0
    assert not check_store(project, whole_schema=True)
    assert resolve_trust(old, project=project).code == new

    again = tmp_path / "again"
    (again / "data" / "figures").mkdir(parents=True)
    (again / "data" / "sources").mkdir()
    shutil.copy(project.root / "_quarto.yml", again)
    for name in ("trusts.parquet", "successions.csv", "systems.csv"):
        shutil.copy(project.figures / name, again / "data" / "figures")
        shutil.copy(project.sources / f"{RECORDS[name]}.yml", again / "data" / "sources")
    read_folder(cut.path, find_project(again))
    columns = [c for c in read_figures(project=project).columns if c != "locator"]  # it says why there is no row
    held, fresh = (read_figures(project=one)[columns] for one in (project, find_project(again)))
    assert set(before) == set(held["source"])
    late = held["status"].isin(["not_available", "not_applicable"])
    assert (
        held[~late]
        .reset_index(drop=True)
        .equals(fresh[~fresh["status"].isin(["not_available", "not_applicable"])].reset_index(drop=True))
    )
    # why a new trust has no figure can follow from its kind, which the list alone does not tell of a publication
    there = ["source", "indicator", "group", "trust_code", "organisation_code", "period_end"]
    assert held[late][there].sort_values(there).to_numpy().tolist() == (
        fresh[fresh["status"].isin(["not_available", "not_applicable"])][there].sort_values(there).to_numpy().tolist()
    )


def test_a_predecessor_is_carried_on_when_its_successor_merges(cut, read_cut, write, project):
    """The new list no longer says that RYV went to RY3, which closed: what is held does."""
    read_cut(project)
    add_trust_list(merge(cut, write, "RY3", "RV5"), project)
    assert resolve_trust("RYV", project=project).code == "RV5"
    read_folder(cut.path, project)
    assert resolve_trust("RYV", project=project).code == "RV5"


def test_the_same_list_again_changes_nothing(cut, read_cut, project):
    read_cut(project)
    before = read_figures(project=project)
    found = add_trust_list({"ods_etr": cut.etr, "ods_trusts": cut.trusts}, project)
    assert (found.opened, found.gone, found.carried, found.dropped) == ((), {}, 0, 0)
    assert read_figures(project=project).equals(before)


def test_one_file_alone_names_the_other_and_changes_nothing(cut, read_cut, project):
    read_cut(project)
    before = {path: path.read_bytes() for path in project.figures.iterdir()}
    with pytest.raises(InputError, match=r"etr.csv: The file is part of the trust list, .*\(trusts.csv\)"):
        add_trust_list({"ods_etr": cut.etr}, project)
    assert {path: path.read_bytes() for path in project.figures.iterdir()} == before
