"""Reading a folder into the store: everything or nothing, and the same bytes each time."""

import hashlib
from pathlib import Path

import pytest

from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.ingest import read_folder
from race_equality.store import commits
from race_equality.store.commits import HISTORY
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source
from race_equality.store.trusts import read_trusts, resolve_trust


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of every file, hidden ones too, besides what is kept of earlier changes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and HISTORY not in path.relative_to(folder).parents
    }


def test_every_publication_becomes_figures_with_their_source(cut, project):
    outcomes = read_folder(cut.path, project)
    assert all(outcome.changed for outcome in outcomes if outcome.loaded is not None)
    figures = read_figures(project=project)
    assert set(figures["source"]) == {
        "catchment_2026",
        "catchment_ethnicity_2021",
        "demonstration",
        "staff_survey_national_2024",
        "staff_survey_organisations_2024",
        "workforce_2023_05",
        "wres_5_to_8_2024",
        "staff_survey_panel_2022",
        "wres_national_2024",
        "rtt",
        "ae",
        "maternity_2023",
        "mental_health_act_2024",
        "system_deprivation_2025",
    }
    for source_id in set(figures["source"]):
        source = read_source(source_id, project=project)
        assert source.title and source.publisher and source.licence and source.period
    survey = read_source("staff_survey_organisations_2024", project=project)
    assert survey.sha256 == hashlib.sha256(cut.survey.read_bytes()).hexdigest()
    assert survey.file == cut.survey.name


def test_reading_again_changes_no_byte(cut, read_cut, project):
    read_cut(project)
    before = contents(project.root)
    outcomes = read_folder(cut.path, project)
    assert contents(project.root) == before
    assert not any(outcome.changed for outcome in outcomes)


def test_the_order_of_the_rows_does_not_matter(cut, read_cut, write, project):
    read_cut(project)
    before = read_figures("wres_6", project=project).drop(columns="locator")
    write.wres(cut.wres, write.wres_rows()[::-1])
    read_folder(cut.path, project)
    assert read_figures("wres_6", project=project).drop(columns="locator").equals(before)


def test_figures_are_chosen_by_indicator_and_source(read_cut, project):
    read_cut(project)
    assert set(read_figures("wres_6", project=project)["indicator"]) == {"wres_6"}
    both = read_figures(["wres_5", "catchment_imd_score"], sources=["catchment_2026"], project=project)
    assert set(both["indicator"]) == {"catchment_imd_score"}
    assert read_figures("no_such_indicator", project=project).empty
    assert read_figures([], project=project).empty


def test_one_publication_alone_leaves_the_others(cut, read_cut, write, project):
    read_cut(project)
    before = contents(project.root)
    write.population(cut.population, [("RJ1", 900000, 20.5, 3)])
    read_folder(cut.path, project, only=["catchment"])
    after = contents(project.root)
    assert {name for name in after if after[name] != before[name]} == {
        "data/figures/catchment_2026.parquet",
        "data/sources/catchment_2026.yml",
    }


def test_trusts_are_read_and_resolved(read_cut, project):
    read_cut(project)
    assert len(read_trusts(project=project)) == 9
    assert resolve_trust("RVJ", project=project).code == "RA7"


def test_years_of_a_series_stand_side_by_side(cut, write, project):
    year_before = cut.maternity.with_name("hosp-epis-stat-mat-msdscsv-2020-21.csv")
    write.csv(year_before, write.maternity_rows("2020-21", "2", "SmokingAtBooking"), write.MATERNITY_HEADER)
    read_folder(cut.path, project)
    year_before.unlink()
    read_folder(cut.path, project, only=["maternity"])
    totals = read_figures("maternity_deliveries", project=project).query("trust_code == 'RJ1'")
    assert [day.year for day in totals["period_end"]] == [2021, 2023]


def test_an_unknown_publication_names_the_nearest(cut, project):
    with pytest.raises(RaceEqualityError, match="no publication 'catchments'. The nearest is 'catchment'"):
        read_folder(cut.path, project, only=["catchments"])


def test_a_folder_that_is_not_there_says_how_to_give_it(project, tmp_path):
    with pytest.raises(RaceEqualityError, match="data read FOLDER"):
        read_folder(tmp_path / "none", project)


def truncate(cut, write):
    cut.survey.write_bytes(cut.survey.read_bytes()[:-3000])


def remove(cut, write):
    cut.workforce.unlink()


def double(cut, write):
    cut.wres.with_name("wres_indicators_5_to_8_by_trust_2023.csv").write_bytes(cut.wres.read_bytes())


def twice(cut, write):
    write.population(cut.population, [*write.POPULATION, write.POPULATION[1]])


def over_100(cut, write):
    rows = write.wres_rows()
    rows[3] = (*rows[3][:5], 1.3, *rows[3][6:])
    write.wres(cut.wres, rows)


def text_in_number(cut, write):
    def edit(book):
        book["HEALTH WELLBEING SAFETY Q15-17"]["G8"] = "fifty"

    write.survey(cut.survey, edit)


def renamed_sheet(cut, write):
    def edit(book):
        book["2. NHSE, Org & SG - HC"].title = "2. Headcount"

    write.workforce(cut.workforce, edit)


def renamed_column(cut, write):
    write.population(cut.population, header=("trust_code", "population", "imd_score", "deprivation_quintile"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, r"organisational results.xlsx: The file cannot be read as an Excel workbook.*download it again"),
        (remove, r"There is no workforce/NHS Workforce Statistics\*England and Organisation.xlsx in the folder 'raw'"),
        (double, "Several files match .*2023.csv, .*2024.csv.* Leave one of them there"),
        (twice, "trust_catchment_2026.csv, row 4, trust_code: The trust RJ1 is here and at row 3"),
        (over_100, "wres_indicators_5_to_8_by_trust_2024.csv, row 5, rate: The rate 1.3 is not between 0 and 1"),
        (text_in_number, "sheet \"HEALTH WELLBEING SAFETY Q15-17\", G8: The percentage is 'fifty'"),
        (renamed_sheet, "May 2023 England and Organisation.xlsx: The workbook has no sheet '2. NHSE, Org & SG - HC'"),
        (renamed_column, "row 1: There is no column 'catchment_population'. The nearest is 'population'"),
    ],
)
def test_bad_input_leaves_the_store_byte_for_byte_as_it_was(cut, read_cut, write, project, spoil, message):
    read_cut(project)
    before = contents(project.root)
    # a good change in another file must not get in either
    write.catchment(cut.catchment, [("RJ1", 0.1, 0.1, 0.1, 0.1, 0.6)])
    spoil(cut, write)
    with pytest.raises(InputError, match=message):
        read_folder(cut.path, project)
    assert contents(project.root) == before


def test_a_disk_that_fills_up_half_way_leaves_the_store_as_it_was(cut, read_cut, write, project, monkeypatch):
    read_cut(project)
    before = contents(project.root)
    write.population(cut.population, [("RJ1", 900000, 20.5, 3)])
    write.catchment(cut.catchment, [("RJ1", 0.1, 0.1, 0.1, 0.1, 0.6)])
    written = []

    def fail_at_the_fourth(handle):
        written.append(handle)
        if len(written) == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(commits.os, "fsync", fail_at_the_fourth)
    with pytest.raises(RaceEqualityError, match="No space left on device.*The store is as it was"):
        read_folder(cut.path, project)
    assert len(written) == 4
    assert contents(project.root) == before
