"""Fingertips: any indicator in the layout of the API's CSV."""

from datetime import date

import pytest

from race_equality.errors import InputError
from race_equality.sources.cells import cell_at
from race_equality.sources.publications.fingertips import read_indicators
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures

HEADER = (
    "Indicator ID",
    "Indicator Name",
    "Parent Code",
    "Parent Name",
    "Area Code",
    "Area Name",
    "Area Type",
    "Sex",
    "Age",
    "Category Type",
    "Category",
    "Time period",
    "Value",
    "Lower CI 95.0 limit",
    "Upper CI 95.0 limit",
    "Lower CI 99.8 limit",
    "Upper CI 99.8 limit",
    "Count",
    "Denominator",
    "Value note",
    "Recent Trend",
    "Compared to England value or percentiles",
    "Compared to ICBs value or percentiles",
    "Time period Sortable",
    "New data",
    "Compared to goal",
)
NAME = "Smoking status at time of delivery (%)"


def row(area="E92000001", value="7.5", count="75", of="1000", **other):
    known = {
        "Indicator ID": "93085",
        "Indicator Name": NAME,
        "Parent Code": "E92000001",
        "Area Code": area,
        "Area Name": "somewhere",
        "Area Type": "ICBs",
        "Sex": "Female",
        "Age": "All ages",
        "Time period": "2022/23",
        "Value": value,
        "Count": count,
        "Denominator": of,
        "Lower CI 95.0 limit": "6.9",
        "Compared to England value or percentiles": "Similar",
        "Time period Sortable": "20220000",
    }
    return tuple((known | other).get(name, "") for name in HEADER)


@pytest.fixture
def make(write, tmp_path):
    def make(*rows, header=HEADER):
        return write.csv(tmp_path / "indicator.csv", list(rows), header)

    return make


def read(path, trust_list):
    loaded = read_indicators(path, trust_list)
    check_figures(loaded.figures, origin="fingertips")
    return loaded


def test_england_boards_and_trusts_and_the_rest_counted(make, trust_list):
    path = make(
        row(),
        row("nE54000030", "9.1", "91"),
        row("RVJ", "5", "50", **{"Area Type": "Acute trusts"}),
        row("E09000033", "4", "40", **{"Area Type": "Districts & UAs"}),
        row(),
    )
    assert recognise(path).id == "fingertips"
    loaded = read(path, trust_list)
    figures = loaded.figures
    assert loaded.source_id == "fingertips_93085"
    assert set(figures["indicator"]) == {"fingertips_93085"}
    assert set(figures["group"]) == {"Female"}
    # the board under its NHS code; a trust that merged under that of today
    found = figures.set_index("organisation_code")[["trust_code", "value", "numerator", "denominator"]]
    assert found.loc["ENG"].to_list() == ["ENG", 7.5, 75, 1000]
    assert found.loc["QKK", "value"] == 9.1
    assert found.loc["RVJ", "trust_code"] == "RA7"
    assert loaded.left_out == {"rows of Districts & UAs": 1}
    assert set(figures["unit"]) == {"percent"}
    assert (figures["period_start"].min().date(), figures["period_end"].max().date()) == (
        date(2022, 4, 1),
        date(2023, 3, 31),
    )
    assert loaded.remarks == ()
    assert cell_at(path, figures.query("trust_code == 'QKK'")["locator"].item()) == "9.1"


def test_by_category_ethnic_groups_are_harmonised_and_deciles_are_not(make, trust_list):
    ethnic = {"Category Type": "Ethnic groups", "Sex": "Persons", "Age": "18+ yrs"}
    path = make(
        row(**ethnic, Category="Black / African / Caribbean / Black British"),
        row(value="8", count="80", **ethnic, Category="Unknown"),
        row(
            value="9",
            count="90",
            **{"Category Type": "LSOA21 deprivation deciles", "Sex": "Persons"},
            Category="Most deprived decile (IMD2019)",
        ),
    )
    figures = read(path, trust_list).figures
    assert dict(zip(figures["group"], figures["indicator"], strict=True)) == {
        "Black, 18+ yrs": "fingertips_93085_by_ethnic_groups",
        "Unknown, 18+ yrs": "fingertips_93085_by_ethnic_groups",
        "Most deprived decile (IMD2019)": "fingertips_93085_by_lsoa21_deprivation_deciles",
    }


@pytest.mark.parametrize(
    ("name", "value", "count", "of", "unit"),
    [
        ("Breastfeeding", "7.5", "75", "1000", "percent"),
        ("Teenage conceptions", "7.5", "75", "10000", "per_1000"),
        ("Emergency admissions", "750.0", "75", "10000", "per_100000"),
        # standardised: its counts do not give it, its name does
        ("Mortality, standardised rate per 100,000", "431.0", "75", "10000", "per_100000"),
        ("Deprivation score (IMD 2019)", "21.7", "", "", "score"),
        ("Life expectancy at birth", "79.1", "", "", "years"),
        ("Standardised admission ratio", "104.2", "75", "72.1", "ratio"),
        ("Number of practices", "17", "17", "", "count"),
    ],
)
def test_the_unit_follows_from_counts_or_from_the_name(make, trust_list, name, value, count, of, unit):
    figures = read(make(row("E92000001", value, count, of, **{"Indicator Name": name})), trust_list).figures
    assert figures[["unit", "value"]].iloc[0].to_list() == [unit, float(value)]


def test_a_unit_that_cannot_be_told_is_not_guessed(make, trust_list):
    with pytest.raises(InputError, match="The unit of 'Index of things' can be told neither from counts"):
        read(make(row(value="3.2", count="", of="", **{"Indicator Name": "Index of things"})), trust_list)


def test_a_blank_with_a_note_is_suppressed_and_one_without_is_not_available(make, trust_list):
    path = make(
        row(),
        row("RJ1", "", "", "", **{"Value note": "Value suppressed for disclosure control due to small count"}),
        row("RV5", "", "", "", **{"Value note": "Value missing in source data"}),
        row("TAD", "", "", ""),
    )
    found = read(path, trust_list).figures.set_index("trust_code")["status"].to_dict()
    assert found == {"ENG": "ok", "RJ1": "suppressed", "RV5": "not_available", "TAD": "not_available"}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2020 - 22", date(2020, 1, 1), date(2022, 12, 31)),
        ("2019/20 - 21/22", date(2019, 4, 1), date(2022, 3, 31)),
        ("1999/00", date(1999, 4, 1), date(2000, 3, 31)),
        ("2024/25 Q1", date(2024, 4, 1), date(2024, 6, 30)),
        ("2024/25 Q4", date(2025, 1, 1), date(2025, 3, 31)),
        ("2024 Q4", date(2024, 10, 1), date(2024, 12, 31)),
        ("Feb 2024", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_time_periods(make, trust_list, text, first, last):
    figures = read(make(row(**{"Time period": text})), trust_list).figures
    assert (figures["period_start"][0].date(), figures["period_end"][0].date()) == (first, last)


@pytest.mark.parametrize("text", ["", "2022/24", "last year", "2023 Q5", "45382", "2022 - 20/21"])
def test_a_time_period_that_is_not_understood_is_refused(make, trust_list, text):
    with pytest.raises(InputError, match="row 2, Time period: The time period .* is not understood"):
        read(make(row(**{"Time period": text})), trust_list)


def test_two_values_of_one_figure_are_refused(make, trust_list):
    with pytest.raises(InputError, match="row 3, Value: ENG, Female, 2022/23 has another value than at row 2"):
        read(make(row(), row(value="7.6", count="76")), trust_list)
    with pytest.raises(InputError, match="row 3, Denominator: ENG, .* has another denominator than at row 2, Denom"):
        read(make(row(), row(of="1001")), trust_list)


def test_a_value_that_its_counts_contradict_is_refused(make, trust_list):
    with pytest.raises(
        InputError, match=r"row 2, Value: The values of .*, such as 0.0645, are not what its counts .* per 100"
    ):
        read(make(row(value="0.0645", count="1265", of="19611")), trust_list)
    of_trusts = [
        row(code, "5", "50", **{"Area Type": "Acute trusts", "Time period": str(year)})
        for code in ("RJ1", "RVJ")
        for year in range(2010, 2020)
    ]
    assert len(read(make(*of_trusts), trust_list).figures) == 20
    with pytest.raises(InputError, match="row 22, Value: The value 0.05 is not what its count and denominator come to"):
        read(make(*of_trusts, row(value="0.05", count="50")), trust_list)


def test_a_file_of_other_areas_alone_says_so(make, trust_list):
    path = make(row("A81001", **{"Area Type": "GPs"}))
    with pytest.raises(InputError, match="neither England, an integrated care board nor a trust; its areas are: GPs"):
        read(path, trust_list)


def test_headers_without_spaces_are_those_of_fingertips_r(make, trust_list):
    squeezed = [name.replace(" ", "") for name in HEADER]
    path = make(row(), header=squeezed)
    assert recognise(path).id == "fingertips"
    loaded = read(path, trust_list)
    assert loaded.figures["value"].to_list() == [7.5]
    assert loaded.figures["locator"].to_list() == ["row 2, Value"]


def test_a_new_column_with_data_is_reported(make, trust_list):
    loaded = read(make((*row(), "x"), header=(*HEADER, "Data quality")), trust_list)
    assert loaded.remarks == ("Columns not read: Data quality.",)
