"""Catchment population, deprivation and ethnicity."""

import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.catchment import read_ethnicity, read_population
from race_equality.store.schema import check_figures


def test_population_score_and_quintile(whole_cut, trust_list):
    figures = read_population(whole_cut.population, trust_list).figures
    check_figures(figures, origin="cut")
    rows = figures.query("trust_code == 'RJ1'").set_index("indicator")
    assert rows["value"].to_dict() == {
        "catchment_population": 800000,
        "catchment_imd_score": 20.5,
        "catchment_deprivation_quintile": 3,
    }
    assert rows["unit"].to_dict() == {
        "catchment_population": "people",
        "catchment_imd_score": "score",
        "catchment_deprivation_quintile": "quintile",
    }
    assert rows.loc["catchment_imd_score", "locator"] == "row 3, imd_score"


def test_not_applicable_to_a_kind_is_not_the_same_as_not_available(whole_cut, trust_list):
    figures = read_population(whole_cut.population, trust_list).figures
    status = figures.query("indicator == 'catchment_population'").set_index("trust_code")["status"]
    assert status["RA7"] == "not_available"  # acute, and not in the file
    for code in ("RV5", "RX8", "RY3", "TAD", "K0N6A"):  # mental health, ambulance, community, online
        assert status[code] == "not_applicable"


def test_shares_become_percentages(whole_cut, trust_list):
    figures = read_ethnicity(whole_cut.catchment, trust_list).figures
    check_figures(figures, origin="cut")
    rows = figures.query("organisation_code == 'RJ1'").set_index("group")["value"]
    assert rows["White"] == 62.5
    assert rows.sum() == pytest.approx(100)
    assert set(figures.query("organisation_code == 'RVJ'")["trust_code"]) == {"RA7"}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("RJ1", -5, 20.5, 3), "row 2, catchment_population: The catchment population -5 is not 0 or more"),
        (("RJ1", 800000, 120, 3), "row 2, imd_score: The imd score 120 is not between 0 and 100"),
        (("RJ1", 800000, 20.5, 6), "row 2, deprivation_quintile: The deprivation quintile 6 is not between 1 and 5"),
        (("RJ1", 800000, 20.5, 2.5), "row 2, deprivation_quintile: .* 2.5 is not a whole number"),
        (("RJ1", "n/a", 20.5, 3), "row 2, catchment_population: .* is 'n/a', which is not a number"),
    ],
)
def test_a_wrong_cell_names_its_row_and_column(cut, write, trust_list, row, problem):
    write.population(cut.population, [row])
    with pytest.raises(InputError, match=problem):
        read_population(cut.population, trust_list)


def test_a_trust_that_stands_twice_is_an_error(cut, write, trust_list):
    write.population(cut.population, [*write.POPULATION, write.POPULATION[0]])
    with pytest.raises(InputError, match="row 4, trust_code: The trust R1F is here and at row 2"):
        read_population(cut.population, trust_list)


def test_the_day_on_which_a_file_was_saved_is_not_the_year_that_it_is_of(cut, trust_list):
    def named(name):
        return cut.population.rename(cut.population.with_name(name))

    for name in ("2025-03-01 trust_catchment_2026.csv", "trust_catchment_2026 20250301.csv"):
        path = named(name)
        assert read_population(path, trust_list).source_id == "catchment_2026"
        cut.population.write_bytes(path.read_bytes())
    with pytest.raises(InputError, match="neither in the file nor in its name"):
        read_population(named("catchment saved 2025-03-01.csv"), trust_list)
    cut.population.write_bytes((cut.population.parent / "catchment saved 2025-03-01.csv").read_bytes())
    with pytest.raises(InputError, match="The name of the file has the years 2025 and 2026"):
        read_population(named("catchment 2025 to 2026.csv"), trust_list)


def test_shares_that_do_not_add_up_are_an_error(cut, write, trust_list):
    write.catchment(cut.catchment, [("RJ1", 0.125, 0.15, 0.05, 0.05, 0.6)])
    with pytest.raises(InputError, match="The shares of RJ1 add up to 0.975000 and not to 1"):
        read_ethnicity(cut.catchment, trust_list)
