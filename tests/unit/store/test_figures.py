"""The store and where figures came from, on what is committed."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from race_equality.commands.main import main
from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project
from race_equality.store.figures import figure_table, parquet_bytes, read_figures, version_of
from race_equality.store.provenance import Source, read_source, read_sources
from race_equality.store.rows import without_demonstration
from race_equality.store.schema import FIGURE_DTYPES, check_figures
from tests.conftest import record_figures

PROJECT = Project(Path(__file__).resolve().parents[3])
ROW = {
    "trust_code": "RJ1",
    "organisation_code": "RJ1",
    "period_start": "2024-09-01",
    "period_end": "2024-11-30",
    "indicator": "wres_6",
    "group": "White",
    "value": 20.0,
    "unit": "percent",
    "numerator": 20,
    "denominator": 100,
    "status": "ok",
    "source": "wres",
    "locator": "row 2",
}


def test_the_committed_figures_keep_to_the_schema():
    figures = read_figures(project=PROJECT)
    assert len(figures) > 10_000
    assert figures.dtypes.astype(str).to_dict() == FIGURE_DTYPES
    for source, rows in figures.groupby("source"):
        check_figures(rows, origin=source)


def test_every_figure_has_a_source_and_every_source_a_licence():
    known = {source.id: source for source in read_sources(project=PROJECT)}
    assert set(read_figures(project=PROJECT)["source"]) <= set(known)
    assert all(source.licence and source.title and source.period for source in known.values())


def test_invented_figures_stand_at_the_demonstration_trust_alone():
    figures = read_figures(project=PROJECT)
    assert set(figures.loc[figures["source"] == "demonstration", "trust_code"]) == {"DEMO"}
    assert set(figures.loc[figures["trust_code"] == "DEMO", "source"]) == {"demonstration"}


def test_the_store_is_a_few_megabytes():
    assert sum(path.stat().st_size for path in PROJECT.figures.iterdir()) < 4_000_000


def test_the_same_figures_make_the_same_bytes():
    assert parquet_bytes(figure_table([ROW])) == parquet_bytes(figure_table([dict(ROW)]))
    assert b"pandas" not in parquet_bytes(figure_table([ROW]))  # its version would change the bytes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": 104.2}, "at row 2.*a percentage lies between 0 and 100"),
        ({"status": "suppressed"}, "a value exactly where the status is ok"),
        ({"value": None}, "a value exactly where the status is ok"),
        ({"numerator": 200}, "a numerator is at most its denominator"),
        ({"unit": "per cent"}, "column 'unit'"),
        ({"trust_code": "../x"}, "column 'trust_code'"),
        ({"period_end": "2023-11-30"}, "a period starts before it ends"),
    ],
)
def test_a_figure_that_breaks_the_schema_is_named(change, message):
    with pytest.raises(RaceEqualityError, match=message):
        check_figures(figure_table([ROW | change]), origin="survey.xlsx")


def of_version(version, rows):
    """The bytes of a file as that version of the schema had it: 1 had a remark in the locator, and no version."""
    table = figure_table(rows).drop(columns=["recording", "private"] if version == 1 else ["private"])
    metadata = None if version == 1 else {"race-equality figures": str(version)}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(metadata), sink)
    return sink.getvalue().to_pybytes()


def test_files_of_an_earlier_version_are_read_and_written_again(tmp_path, monkeypatch):
    """Published figures and a trust's return, by hand: remarks move out of the locator, all else stays."""
    from race_equality.sources.store_check import check_store

    project = Project(tmp_path)
    local = tmp_path / "data" / "local"
    for folder in (project.figures, project.sources, local):
        folder.mkdir(parents=True)
    rows = [
        ROW | {"source": "ae", "locator": "row 2, att (and 2 columns more) (recorded as since November 2025)"},
        ROW | {"source": "ae", "locator": "row 3 (base is one of 2 that fit)", "group": "Other"},
    ]
    no_row = {"value": None, "numerator": None, "denominator": None, "status": "not_available"}
    later = [ROW | no_row | {"source": "rtt", "locator": "no row: not in the list", "indicator": "wres_4"}]
    returned = [ROW | {"source": "wres_return_RJ1", "indicator": "wres_3"}]
    for folder, name, source, of_file in (
        (project.figures, "ae", "ae", of_version(1, rows)),
        (project.figures, "rtt", "rtt", of_version(2, later)),
        (local, "RJ1", "wres_return_RJ1", of_version(1, returned)),
    ):
        (folder / f"{name}.parquet").write_bytes(of_file)
        folder = project.sources if folder == project.figures else folder
        described = Source(source, "A&E", "NHS", "", "OGL", date(2026, 1, 1), "", "a.csv", "2025", (), "earlier")
        (folder / f"{source}.yml").write_text(described.to_yaml(), encoding="utf-8")
    record_figures(tmp_path)
    before = read_figures(project=project)
    assert before["locator"].tolist() == [
        "row 2, att (and 2 columns more)",
        "row 3 (base is one of 2 that fit)",
        "not in the list",
        "row 2",
    ]
    assert before["recording"].tolist() == ["recorded as since November 2025", "", "no row in the file", ""]
    assert before["private"].tolist() == [False, False, False, True]
    assert any("data migrate" in problem for problem in check_store(project))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_quarto.yml").touch()
    said = CliRunner().invoke(main, ["data", "migrate"], catch_exceptions=False).output
    assert [name for name in ("ae.parquet", "rtt.parquet", "RJ1.parquet") if name not in said] == []
    pd.testing.assert_frame_equal(read_figures(project=project), before)
    assert version_of(pq.read_schema(project.figures / "ae.parquet")) == 3
    assert [problem for problem in check_store(project) if "yml" in problem or "columns" in problem] == []
    assert ".parquet" not in CliRunner().invoke(main, ["data", "migrate"], catch_exceptions=False).output


def test_a_figure_that_stands_twice_is_refused():
    with pytest.raises(RaceEqualityError, match=r"survey.xlsx at row 2"):
        check_figures(figure_table([ROW, ROW | {"value": 21.0}]), origin="survey.xlsx")


def test_a_local_return_is_read_with_the_published_figures(tmp_path):
    project = Project(tmp_path)
    project.figures.mkdir(parents=True)
    local = tmp_path / "data" / "local"
    local.mkdir()
    (local / "RJ1.parquet").write_bytes(parquet_bytes(figure_table([ROW | {"source": "wres_return_RJ1"}])))
    record_figures(tmp_path)
    figures = read_figures(project=project)
    assert figures["source"].to_list() == ["wres_return_RJ1"]
    assert figures["period_end"].to_list() == [pd.Timestamp("2024-11-30")]


def test_a_damaged_file_is_named(tmp_path):
    project = Project(tmp_path)
    project.figures.mkdir(parents=True)
    (project.figures / "wres.parquet").write_bytes(parquet_bytes(figure_table([ROW]))[:-20])
    record_figures(tmp_path)
    with pytest.raises(RaceEqualityError, match="wres.parquet cannot be read .*Restore it from git"):
        read_figures(project=project)


def test_an_empty_store_has_the_columns(tmp_path):
    (tmp_path / "data" / "figures").mkdir(parents=True)
    figures = read_figures(project=Project(tmp_path))
    assert figures.empty
    assert list(figures) == list(FIGURE_DTYPES)


def test_a_source_is_read_with_its_notes():
    source = read_source("workforce_2023_05", project=PROJECT)
    assert source.publisher == "NHS England"
    assert source.period == "31 May 2023"
    assert any("zero" in note for note in source.notes)


@pytest.mark.parametrize("source_id", ["none", "../secret", "", "a/b"])
def test_an_unknown_source_lists_those_held(source_id):
    with pytest.raises(RaceEqualityError, match="Sources held: .*catchment_2026, "):
        read_source(source_id, project=PROJECT)


RECORD = (
    "id: thing\ntitle: t\npublisher: p\ndate_read: 2026-11-22\nurl: u\nlicence: l\nsha256: s\nfile: f\nperiod: autumn\n"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: only", "lacks"),
        ("- a list", "must be keys with values"),
        (": : :", "line 1"),
        ("id: other\ntitle: x", "lacks"),
        (f"tilte: x\n{RECORD}", 'line 1: Unknown key "tilte". Did you mean "title"'),
        (RECORD.replace("2026-11-22", "soon"), "line 4: date_read must be a date, not text"),
    ],
)
def test_a_damaged_source_file_says_where_and_how_to_mend_it(tmp_path, text, said):
    project = Project(tmp_path)
    project.sources.mkdir(parents=True)
    (project.sources / "thing.yml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"thing.yml.*data read") as error:
        read_source("thing", project=project)
    assert said in str(error.value)


def test_figures_read_again_are_those_on_disk_now(tmp_path):
    """What was read is kept for the process; a file that changed, came or went is read."""
    project = Project(tmp_path)
    project.figures.mkdir(parents=True)
    file = project.figures / "wres.parquet"
    file.write_bytes(parquet_bytes(figure_table([ROW])))
    record_figures(tmp_path)
    first = read_figures(project=project)
    first.loc[0, "value"] = -1.0
    first["more"] = 1
    pd.testing.assert_frame_equal(read_figures(project=project), figure_table([ROW]))
    other = ROW | {"value": 21.0, "numerator": 21}
    file.write_bytes(parquet_bytes(figure_table([other])))
    record_figures(tmp_path)
    pd.testing.assert_frame_equal(read_figures(project=project), figure_table([other]))
    added = ROW | {"indicator": "wres_7"}
    (project.figures / "more.parquet").write_bytes(parquet_bytes(figure_table([added])))
    record_figures(tmp_path)
    pd.testing.assert_frame_equal(read_figures(project=project), figure_table([added, other]))
    file.unlink()
    pd.testing.assert_frame_equal(read_figures(project=project), figure_table([added]))
    file.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RaceEqualityError, match="wres.parquet cannot be read"):
        read_figures(project=project)


def test_a_page_on_all_trusts_can_leave_returns_out(tmp_path):
    for folder in ("figures", "sources", "local"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    project = Project(tmp_path)
    missing = ROW | {"status": "not_available", "value": None, "numerator": None}
    (project.figures / "a.parquet").write_bytes(parquet_bytes(figure_table([missing])))
    own = figure_table([ROW | {"source": "wres_return_RJ1"}])
    (tmp_path / "data" / "local" / "RJ1.parquet").write_bytes(parquet_bytes(own))
    (tmp_path / "data" / "local" / "wres_return_RJ1.yml").write_text(
        "not even YAML: [\nfigures_sha256: ", encoding="utf-8"
    )
    record_figures(tmp_path)
    assert read_figures(project=project)["status"].to_list() == ["ok"]
    # the row that says "not available" is there again, which the return stood in for
    assert read_figures(local=False, project=project)["status"].to_list() == ["not_available"]
    assert [source.id for source in read_sources(local=False, project=project)] == ["a"]


def test_a_trusts_page_reads_its_own_returns_and_no_others(tmp_path):
    (tmp_path / "data" / "figures").mkdir(parents=True)
    local = tmp_path / "data" / "local"
    local.mkdir()
    for code in ("RJ1", "RV5"):
        for name, source in ((code, f"wres_return_{code}"), (f"patients_return_{code}",) * 2):
            row = ROW | {"source": source, "trust_code": code, "organisation_code": code}
            row |= {"indicator": "wres_2" if name == code else "patients_detained_by_ethnicity"}
            (local / f"{name}.parquet").write_bytes(parquet_bytes(figure_table([row])))
    record_figures(tmp_path)
    project = Project(tmp_path)
    assert set(read_figures(project=project)["trust_code"]) == {"RJ1", "RV5"}
    own = read_figures(local="RV5", project=project)
    assert set(own["trust_code"]) == {"RV5"}
    assert len(own) == 2
    assert read_figures(local="RRU", project=project).empty
    assert set(read_figures("wres_2", local="RJ1", project=project)["source"]) == {"wres_return_RJ1"}


@pytest.mark.parametrize(
    "asked",
    [
        {"sources": "ae"},
        {"sources": ["demonstration", "wres_5_to_8_2024"]},
        {"indicators": "wres_8"},
        {"indicators": ["wres_8"], "sources": "demonstration"},
        {"indicators": []},
        {"sources": "no_such_source"},
    ],
)
def test_what_is_asked_for_is_all_that_the_store_has_of_it(asked):
    """Files are left out by what their footers say of them."""
    every, found = read_figures(local=False), read_figures(local=False, **asked)
    for name, values in asked.items():
        every = every[every[name.removesuffix("s")].isin([values] if isinstance(values, str) else values)]
    pd.testing.assert_frame_equal(found, every.reset_index(drop=True))


def test_without_the_demonstration_trust_figures_stay_where_they_are_in_memory():
    """Pages on all trusts would each copy them otherwise."""
    figures = read_figures(local=False)
    real = without_demonstration(figures)
    assert "DEMO" not in set(real["trust_code"]) and "DEMO" in set(figures["trust_code"].tail(1))
    assert np.shares_memory(real["period_end"].to_numpy(), figures["period_end"].to_numpy())
    # also where the invented rows are not the last
    mixed = pd.DataFrame({"trust_code": ["RJ1", "DEMO", "RRE"]})
    assert without_demonstration(mixed)["trust_code"].tolist() == ["RJ1", "RRE"]
    assert without_demonstration(real).equals(real)
