"""NHS Talking Therapies: every trap of the layout, on a cut with made-up numbers."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from race_equality.errors import InputError
from race_equality.sources.cells import cell_at
from race_equality.sources.ingest import add_publication
from race_equality.sources.publications.talking_therapies import COLUMNS, read_annual
from race_equality.sources.recognition import recognise
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source
from race_equality.store.schema import check_figures

MEASURES = (
    "referrals_received",
    "finished_course_treatment",
    "not_at_caseness",
    "at_caseness",
    "recovery",
    "reliable_recovery",
)
# referrals, finished, not at caseness, at caseness, recovered, reliably recovered
COUNTS = (500, 200, 20, 180, 90, 80)


def rows(code, kind="Total", first="NULL", second="NULL", counts=COUNTS, period="2024-25", org_type="Provider"):
    """Return a group's counts, and the percentage that the publisher gives as well."""
    about = (period, org_type, code, kind, first, second)
    return [(*about, measure, "count", str(value)) for measure, value in zip(MEASURES, counts, strict=True)] + [
        (*about, "recovery", "percentage", "33.3")
    ]


def write(path, *parts, group_size=7, columns=COLUMNS):
    table = [row for part in parts for row in part]
    arrays = {name: [row[i] for row in table] for i, name in enumerate(COLUMNS)}
    names = dict(zip(COLUMNS, columns, strict=True))
    pq.write_table(pa.table({names[name]: values for name, values in arrays.items()}), path, row_group_size=group_size)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.parquet"


def read(path, trusts):
    loaded = read_annual(path, trusts)
    for one in (loaded, *loaded.more):
        check_figures(one.figures, origin="cut")
    return loaded


def one(figures, trust_code, indicator, group="All people"):
    (row,) = figures[
        (figures["trust_code"] == trust_code)
        & (figures["indicator"] == f"talking_therapies_{indicator}")
        & (figures["group"] == group)
    ].itertuples()
    return row


def test_recovery_is_of_those_at_caseness_and_not_of_all_who_finished(path, trust_list):
    row = one(read(write(path, rows("RJ1")), trust_list).figures, "RJ1", "recovery")
    # 90 of 200 - 20, where 90 of 200 would be 45%
    assert (row.value, row.numerator, row.denominator) == (50.0, 90, 180)
    assert cell_at(path, row.locator) == "90"


def test_five_groups_are_the_rows_all_with_their_parts_next_to_them(path, trust_list):
    ethnic = "Ethnic Group"
    parts = [
        rows("RJ1"),
        rows("RJ1", ethnic, "White", "All", (400, 120, 20, 100, 60, 50)),
        rows("RJ1", ethnic, "White", "British", (300, 90, 10, 80, 50, 40)),
        rows("RJ1", ethnic, "White", "Any Other White Background", (60, 25, 5, 20, 5, 5)),
        rows("RJ1", ethnic, "Other Ethnic Groups", "All", (60, 25, 5, 20, 10, 5)),
        rows("RJ1", ethnic, "Other Ethnic Groups", "Any Other Ethnic Group", (30, 15, 5, 10, 5, 5)),
        rows("RJ1", ethnic, "Other Ethnic Groups", "Chinese", (30, 10, 0, 10, 5, 0)),
        rows("RJ1", ethnic, "Not stated/Not known/Invalid", "All", (40, 10, 0, 10, 5, 5)),
        # White British against everybody else, White Irish included: not the five groups, and not read
        rows("RJ1", "BME Group", "BME", "NULL", (200, 80, 10, 70, 5, 5)),
    ]
    figures = read(write(path, *parts), trust_list).figures
    recovery = figures.query("trust_code == 'RJ1' and indicator == 'talking_therapies_recovery_by_ethnicity'")
    assert recovery.set_index("group")["value"].to_dict() == {
        "White": 60.0,
        "White - English / Welsh / Scottish / Northern Irish / British": 62.5,
        "White - Any other White background": 25.0,
        "Other": 50.0,
        "Other ethnic group - Any other ethnic background": 50.0,
        "Asian/Asian British - Chinese": 50.0,
        "Not stated or not known": 50.0,
    }
    assert one(figures, "RJ1", "referrals_by_ethnicity", "White").value == 400
    assert one(figures, "RJ1", "reliable_recovery_by_ethnicity", "White").value == 50.0


@pytest.mark.parametrize("label", ["Any Other Asian Background", "Any other Asian background"])
def test_letter_case_of_labels_does_not_matter(path, trust_list, label):
    figures = read(write(path, rows("RJ1", "Ethnic Group", "Asian or Asian British", label)), trust_list).figures
    group = "Asian/Asian British - Any other Asian background"
    assert one(figures, "RJ1", "recovery_by_ethnicity", group).value == 50.0


def test_decile_1_of_the_file_is_the_least_deprived(path, trust_list):
    decile = "Indices of Deprivation Decile"
    parts = [
        rows("RJ1", decile, "01 Least deprived", counts=(100, 50, 10, 40, 30, 20)),
        rows("RJ1", decile, "04 Less deprived", counts=(100, 50, 10, 40, 20, 20)),
        rows("RJ1", decile, "10 Most deprived", counts=(100, 50, 10, 40, 10, 10)),
    ]
    figures = read(write(path, *parts), trust_list).figures
    values = figures.query("trust_code == 'RJ1' and indicator == 'talking_therapies_recovery_by_deprivation'")
    assert values.set_index("group")["value"].to_dict() == {"Decile 1": 25.0, "Decile 7": 50.0, "Decile 10": 75.0}


def test_a_file_with_its_deciles_the_other_way_round_is_refused(path, trust_list):
    write(path, rows("RJ1", "Indices of Deprivation Decile", "01 Most deprived"))
    with pytest.raises(InputError, match="row 1, variable_a: The decile '01 Most deprived' is not one of"):
        read_annual(path, trust_list)


def test_a_trusts_own_rows_and_its_sites_are_added_up(path, trust_list):
    parts = [
        rows("RV5"),
        rows("RV5CG", counts=(100, 50, 10, 40, 10, 10)),
        rows("RV5CH", counts=(200, 60, 0, 60, 20, 15)),
    ]
    row = one(read(write(path, *parts), trust_list).figures, "RV5", "recovery")
    assert (row.numerator, row.denominator) == (90 + 10 + 20, 180 + 40 + 60)
    assert (row.organisation_code, row.locator) == ("RV5", "row 5, value (sum of RV5, RV5CG, RV5CH)")


def test_sites_of_a_trust_that_merged_count_in_todays_trust(path, trust_list):
    parts = [rows("RNK02", counts=(100, 50, 10, 40, 10, 10)), rows("G6V2S")]
    loaded = read(write(path, *parts), trust_list)
    row = one(loaded.figures, "G6V2S", "recovery")
    assert (row.numerator, row.denominator) == (100, 220)
    assert not loaded.left_out


@pytest.mark.parametrize("measure", [1, 4])
def test_a_sum_with_a_hidden_part_is_hidden(path, trust_list, measure):
    hidden = list(COUNTS)
    hidden[measure] = "*"
    if measure == 1:
        hidden[3] = "*"  # no base at all
    row = one(read(write(path, rows("RV5CG"), rows("RV5CH", counts=hidden)), trust_list).figures, "RV5", "recovery")
    assert row.status == "suppressed"
    assert pd.isna(row.numerator) and pd.isna(row.denominator)


def test_a_sum_without_one_of_the_sites_is_not_the_trusts(path, trust_list):
    age = [rows("RV5CG", "Age Group", "18 to 25")]  # the other site has no such row
    row = one(
        read(write(path, rows("RV5CG"), rows("RV5CH"), *age), trust_list).figures, "RV5", "recovery_by_age", "18 to 25"
    )
    assert row.status == "not_available"


def test_where_those_not_at_caseness_are_hidden_the_base_is_those_at_caseness(path, trust_list):
    figures = read(write(path, rows("RJ1", counts=(500, 200, "*", 160, 80, 70))), trust_list).figures
    row = one(figures, "RJ1", "recovery")
    assert (row.value, row.denominator) == (50.0, 160)
    assert row.locator.endswith("(of those at caseness)")


@pytest.mark.parametrize("mark", ["*", "NULL"])
def test_marks_that_are_no_numbers_are_no_zeros(path, trust_list, mark):
    figures = read(write(path, rows("RJ1", counts=(500, 200, 20, 180, mark, mark))), trust_list).figures
    assert one(figures, "RJ1", "recovery").status == "suppressed"
    assert one(figures, "RJ1", "referrals_by_ethnicity").value == 500


def test_rows_there_twice_count_once_and_must_be_alike(path, trust_list):
    loaded = read(write(path, rows("RV5CG"), rows("RV5CG")), trust_list)
    assert one(loaded.figures, "RV5", "referrals_by_ethnicity").value == 500
    assert loaded.remarks == ("RV5CG is there twice with the same values, and was read once.",)
    write(path, rows("RV5CG"), rows("RV5CG", counts=(505, *COUNTS[1:])))
    with pytest.raises(InputError, match="row 8, value: RV5CG, Total NULL, referrals_received in 2024-25 is 505 here"):
        read_annual(path, trust_list)


def test_each_year_is_an_edition_with_england_exact(path, trust_list):
    england = rows("All", counts=(1003, 401, 21, 380, 190, 150), org_type="England")
    loaded = read(write(path, england, rows("RJ1"), rows("RJ1", period="2017-18"), rows("NLS")), trust_list)
    assert [x.source_id for x in (loaded, *loaded.more)] == ["talking_therapies_2025", "talking_therapies_2018"]
    assert one(loaded.figures, "ENG", "recovery").value == 50.0
    assert loaded.left_out == {"providers that are not trusts": 1}
    assert str(loaded.more[0].figures["period_end"].max().date()) == "2018-03-31"


def test_trusts_without_such_services(path, trust_list):
    figures = read(write(path, rows("RJ1")), trust_list).figures
    assert {code: one(figures, code, "recovery").status for code in ("RV5", "RY3", "R1F", "RX8")} == {
        "RV5": "not_available",
        "RY3": "not_available",
        "R1F": "not_applicable",
        "RX8": "not_applicable",
    }


@pytest.mark.parametrize(
    ("counts", "problem"),
    [
        ((500, 200, 20, 180, 91, 80), "row 5, value: The count 91 of RJ1 is not a multiple of 5"),
        ((500, 200, 20, 180, "few", 80), "row 5, value: The count is 'few', which is not a number"),
        ((500, 200, 20, 180, "-5", 80), "row 5, value: The count -5 is not 0 or more"),
    ],
)
def test_a_wrong_count_is_named(path, trust_list, counts, problem):
    with pytest.raises(InputError, match=problem):
        read_annual(write(path, rows("RJ1", counts=counts)), trust_list)


def test_faults_of_the_file(path, trust_list):
    write(path, rows("RJ1", "Ethnic Group", "Martian", "All"))
    with pytest.raises(InputError, match="row 1, variable_a: The ethnic group 'Martian' is not known"):
        read_annual(path, trust_list)
    with pytest.raises(InputError, match="The period '2024' is not like 2024-25"):
        read_annual(write(path, rows("RJ1", period="2024")), trust_list)
    with pytest.raises(InputError, match="There is no column 'org_type'. The nearest is 'organisation_type'"):
        columns = ["organisation_type" if name == "org_type" else name for name in COLUMNS]
        read_annual(write(path, rows("RJ1"), columns=columns), trust_list)
    with pytest.raises(InputError, match="The file has no recovery of providers or England"):
        read_annual(write(path, [row for row in rows("RJ1") if row[6] != "recovery"]), trust_list)
    path.write_bytes(write(path, rows("RJ1")).read_bytes()[:400])
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_annual(path, trust_list)


def test_the_file_is_known_by_its_columns_and_its_addresses_are_true(path):
    assert recognise(write(path, rows("RJ1"), rows("RV5"))).id == "talking_therapies"
    assert cell_at(path, "row 9, measure_name") == "finished_course_treatment"  # in the second group of rows
    with pytest.raises(InputError, match="There is no row 99, value"):
        cell_at(path, "row 99, value")


def test_one_file_is_added_as_an_edition_each_year(path, read_cut, project):
    read_cut(project)
    parts = [rows("RJ1"), rows("RJ1", period="2023-24", counts=(400, 100, 20, 80, 20, 10))]
    outcome = add_publication(write(path, *parts), project)
    assert outcome.source.id == "talking_therapies_2025"
    figures = read_figures("talking_therapies_recovery", project=project)
    figures = figures[figures["source"] != "demonstration"]
    known = figures[figures["status"] == "ok"].set_index("source")["value"].to_dict()
    assert known == {"talking_therapies_2024": 25.0, "talking_therapies_2025": 50.0}
    for year in (2024, 2025):
        source = read_source(f"talking_therapies_{year}", project=project)
        assert (source.file, source.period) == (path.name, f"year to 31 March {year}")
    assert not add_publication(path, project).changed
