"""Continuity of carer: the layout as Excel saved it, on a cut with made-up numbers."""

from datetime import date

import openpyxl
import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.maternity_measures import COLUMNS, INDICATOR, read_continuity
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures

#: 1 April as Excel read it: the official CSV has 01/04/2025, and this is 4 January.
START, END = date(2025, 1, 4), "30/04/2025"
MEASURE = "COC_by_28weeks"


def measure(code, name, counts, *, level="Provider", family="COC_Rate", start=START, end=END):
    """Return the three rows of one measure."""
    return [
        (code, "A TRUST", level, start, end, family, name, currency, value)
        for currency, value in zip(("Denominator", "Numerator", "Rate"), counts, strict=True)
    ]


def table():
    """Return what a trust, a site's region and England have."""
    return [
        *measure("National", f"{MEASURE}_Ethnicity_White", (2000, 400, 20), level="National"),
        *measure("Y56", f"{MEASURE}_Ethnicity_White", (900, 90, 10), level="NHS England (Region)"),
        *measure("RJ1", MEASURE, (500, 100, 20)),
        *measure("RJ1", f"{MEASURE}_Ethnicity_BAME", (100, 25, 25)),
        *measure("RJ1", f"{MEASURE}_Ethnicity_White", (300, 45, 15)),
        *measure("RJ1", f"{MEASURE}_Ethnicity_Other", (40, 10, 25)),
        *measure("RJ1", f"{MEASURE}_Ethnicity_Missing_Unknown", (0, 0, 0)),
        *measure("RJ1", f"{MEASURE}_IMD_01_Most_deprived", (40, 10, 25)),
        *measure("RJ1", f"{MEASURE}_IMD_02", (60, 5, 8.3)),
        *measure("RJ1", f"{MEASURE}_IMD_10_Least_deprived", (20, 15, 75)),
        *measure("RJ1", "COC_receiving_ongoing_Ethnicity_White", (300, 5, 1.7)),
        *measure("RJ1", "COC_DQ04", (300, 295, 98.3), family="COC_DQ_Measure"),
        *measure("RVJ", f"{MEASURE}_Ethnicity_White", (200, 190, "Low DQ")),
    ]


def save(path, rows, columns=COLUMNS, sheets=("msds-apr2025Provisional-exp-mea",)):
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for name in sheets[1:]:
        book.create_sheet(name)
    for row in (columns, *rows):
        book[sheets[0]].append(row)
    book.save(path)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "saved.xlsx"


def figures_of(path, trusts):
    return check_figures(read_continuity(path, trusts).figures, origin="cut")


def values(figures, code, end):
    chosen = figures[(figures["organisation_code"] == code) & (figures["indicator"] == f"{INDICATOR}_by_{end}")]
    return chosen[chosen["status"] == "ok"].set_index("group")["value"].to_dict()


def test_by_the_publishers_three_groups_and_by_decile(path, trust_list):
    figures = figures_of(save(path, table()), trust_list)
    assert values(figures, "RJ1", "ethnicity") == {"Asian, Black or Mixed": 25, "White": 15, "Other": 25}
    assert values(figures, "RJ1", "deprivation") == {"Decile 1": 25, "Decile 2": 8.3, "Decile 10": 75}
    assert values(figures, "ENG", "ethnicity") == {"White": 20}
    assert "Y56" not in set(figures["organisation_code"])  # a sum of providers


def test_checks_of_quality_and_other_measures_are_no_figures(path, trust_list):
    figures = figures_of(save(path, table()), trust_list)
    white = figures[(figures["organisation_code"] == "RJ1") & (figures["group"] == "White")]
    assert white["value"].tolist() == [15]
    assert set(figures["indicator"]) == {f"{INDICATOR}_by_ethnicity", f"{INDICATOR}_by_deprivation"}


def test_low_quality_instead_of_a_rate_is_not_computed(path, trust_list):
    figures = figures_of(save(path, table()), trust_list)
    (row,) = figures[(figures["organisation_code"] == "RVJ") & (figures["group"] == "White")].itertuples()
    assert (row.trust_code, row.status) == ("RA7", "not_available")
    assert "quality too low" in row.locator
    # neither counts: 190 of 200 would be 95%, by the trust that registered nearly nobody else
    assert figures.loc[row.Index, ["value", "numerator", "denominator"]].isna().all()


def test_nobody_in_a_group_is_no_rate_of_zero(path, trust_list):
    figures = figures_of(save(path, table()), trust_list)
    unknown = figures[(figures["organisation_code"] == "RJ1") & (figures["group"] == "Not stated or not known")]
    assert set(unknown["status"]) == {"not_available"}


@pytest.mark.parametrize("start", [date(2025, 1, 4), date(2025, 4, 1), "01/04/2025"])
def test_day_and_month_turned_round_by_excel(path, trust_list, start):
    loaded = read_continuity(
        save(path, measure("RJ1", f"{MEASURE}_Ethnicity_White", (40, 10, 25), start=start)), trust_list
    )
    assert loaded.source_id == "maternity_measures_2025_04"
    assert set(loaded.figures["period_start"].dt.date) == {date(2025, 4, 1)}
    assert set(loaded.figures["period_end"].dt.date) == {date(2025, 4, 30)}


def test_the_official_csv_gives_the_same(path, tmp_path, write, trust_list):
    rows = [(*row[:3], "01/04/2025", *row[4:]) for row in table()]
    of_csv = figures_of(write.csv(tmp_path / "a.csv", rows, COLUMNS), trust_list)
    of_book = figures_of(save(path, table()), trust_list)
    assert of_csv.drop(columns="locator").equals(of_book.drop(columns="locator"))


def test_the_file_is_known_whatever_the_name_of_its_sheet(path):
    assert recognise(save(path, table(), sheets=("Sheet1",))).id == "maternity_measures"


def test_trusts_without_maternity_services(path, trust_list):
    figures = figures_of(save(path, table()), trust_list)
    white = figures[(figures["indicator"] == f"{INDICATOR}_by_ethnicity") & (figures["group"] == "White")]
    status = white.set_index("trust_code")["status"]
    assert (status["R1F"], status["RV5"]) == ("not_available", "not_applicable")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (measure("RJ1", f"{MEASURE}_Ethnicity_White", (41, 10, 25)), "I2: The count 41 is not a multiple of 5"),
        (measure("RJ1", f"{MEASURE}_Ethnicity_White", (40, 10, "*")), r"I4: The rate is '\*', which is not a number"),
        (measure("RJ1", f"{MEASURE}_Ethnicity_White", (40, 45, 25)), "I3: The numerator 45 is more than"),
        (measure("RJ1", f"{MEASURE}_Ethnicity_Welsh", (40, 10, 25)), "of no known group"),
        (measure("RJ1", f"{MEASURE}_IMD_01_Least_deprived", (40, 10, 25)), "of no known group"),
        (measure("RJ1", f"{MEASURE}_Ethnicity_White", (40, 10, 25), end="31/05/2025"), "not one month"),
        (measure("RJ1", f"{MEASURE}_Ethnicity_White", (40, 10, 25))[:2], "are not all there"),
        (2 * measure("RJ1", f"{MEASURE}_Ethnicity_White", (40, 10, 25)), "is at I2 as well"),
        (measure("RJ1", "Induction", (40, 10, 25), family="Birth"), "no rows of COC_by_28weeks"),
    ],
)
def test_a_wrong_file_is_named(path, trust_list, rows, problem):
    with pytest.raises(InputError, match=problem):
        read_continuity(save(path, rows), trust_list)
