"""Maternity Services Data Set."""

import openpyxl
import pandas as pd
import pytest

from race_equality.errors import InputError
from race_equality.sources.cells import cell_at
from race_equality.sources.publications.maternity import read_deliveries
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures


@pytest.fixture
def figures(whole_cut, trust_list):
    return check_figures(read_deliveries(whole_cut.maternity, trust_list).figures, origin="cut")


def values(figures, code, indicator):
    return figures.query("organisation_code == @code and indicator == @indicator").set_index("group")["value"].to_dict()


def test_deliveries_by_ethnic_group_with_unknowns_kept_apart(figures):
    assert values(figures, "RJ1", "maternity_deliveries_by_ethnicity") == {
        "Asian": 200,
        "Black": 300,
        "Mixed": 80,
        "White": 1000,
        "Other": 100,
        "Not known": 10,
        "Not stated": 30,
        "Unknown": 20,
    }
    assert values(figures, "ENG", "maternity_deliveries") == {"All deliveries": 87000}


@pytest.mark.parametrize(
    ("period", "decile", "smoking", "year"),
    [("2020-21", "2", "SmokingAtBooking", 2021), ("2022-23", "02", "SmokingStatusGroupBooking", 2023)],
)
def test_labels_that_vary_by_year_mean_the_same(cut, write, trust_list, period, decile, smoking, year):
    write.csv(cut.maternity, write.maternity_rows(period, decile, smoking), write.MATERNITY_HEADER)
    content = cut.maternity.read_bytes()
    cut.maternity.write_bytes(b"\xef\xbb\xbf" + content)  # one year has a byte-order mark
    loaded = read_deliveries(cut.maternity, trust_list)
    assert loaded.source_id == f"maternity_{year}"
    assert values(loaded.figures, "RJ1", "maternity_deliveries_by_deprivation") == {
        "Decile 1": 400,
        "Decile 2": 600,
        "Decile 10": 710,
        "No fixed abode or overseas": 30,
    }
    assert set(loaded.figures["period_end"]) == {pd.Timestamp(year, 3, 31)}
    assert "maternity_smoking_at_booking" in set(loaded.figures["indicator"])


def test_an_outcome_is_a_share_of_what_is_known(figures):
    row = figures.query("organisation_code == 'RJ1' and indicator == 'maternity_preterm_births'").iloc[0]
    # 120 of 120 + 1480; the 140 of unknown gestation are left out
    assert (row["value"], row["numerator"], row["denominator"]) == (7.5, 120, 1600)
    smoking = figures.query("organisation_code == 'RJ1' and indicator == 'maternity_smoking_at_booking'").iloc[0]
    assert smoking["status"] == "not_available"  # known for nobody


def test_regions_are_not_trusts_and_mergers_are_followed(figures):
    assert "Y56" not in set(figures["organisation_code"])
    assert set(figures.query("organisation_code == 'RVJ'")["trust_code"]) == {"RA7"}
    missing = figures.query("indicator == 'maternity_deliveries'").set_index("trust_code")["status"]
    assert (missing["R1F"], missing["RV5"]) == ("not_available", "not_applicable")


@pytest.mark.parametrize(
    ("row", "column", "value", "problem"),
    [
        (0, 0, "2021-22", "The file has more than one year"),
        (0, 0, "2022", "The period is '2022' and not like 2022-23"),
        (42, 7, 101, "row 44, Value: The count 101 is not a multiple of 5"),
        (42, 7, "*", r"row 44, Value: The count is '\*', which is not a number"),
        (42, 5, "Martian", "row 44, Measure: The ethnic group 'Martian' is not known"),
        (51, 5, "Decile two", "row 53, Measure: 'Decile two' is not a decile"),
        (43, 5, "Any other ethnic group", "The organisation, dimension and measure RJ1 .* is here and at row 44"),
    ],
)
def test_a_wrong_row_is_named(cut, write, trust_list, row, column, value, problem):
    rows = write.maternity_rows()
    rows[row] = (*rows[row][:column], value, *rows[row][column + 1 :])
    write.csv(cut.maternity, rows, write.MATERNITY_HEADER)
    with pytest.raises(InputError, match=problem):
        read_deliveries(cut.maternity, trust_list)


@pytest.mark.parametrize("code", ["national", "(National)"])
def test_englands_row_under_another_code_is_not_left_out_without_a_word(cut, write, trust_list, code):
    rows = [(*row[:3], code if row[2] == "National" else row[3], *row[4:]) for row in write.maternity_rows()]
    write.csv(cut.maternity, rows, write.MATERNITY_HEADER)
    with pytest.raises(InputError, match="row [0-9]+, Org_Code: England's row has the code"):
        read_deliveries(cut.maternity, trust_list)


def test_the_csv_saved_again_by_excel_gives_the_same(cut, tmp_path, write, trust_list):
    """Deciles become numbers without their 0, and the sheet's name is cut."""
    of_csv = read_deliveries(write.csv(cut.maternity, write.maternity_rows(), write.MATERNITY_HEADER), trust_list)
    path = tmp_path / "saved.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "hosp-epis-stat-mat-msdscsv-2022"
    for row in (write.MATERNITY_HEADER, *write.maternity_rows(decile=2)):
        book.active.append(row)
    book.save(path)
    assert recognise(path).id == "maternity"
    of_book = read_deliveries(path, trust_list)
    assert of_book.figures.drop(columns="locator").equals(of_csv.figures.drop(columns="locator"))
    decile = of_book.figures.query("organisation_code == 'RJ1' and group == 'Decile 2'").iloc[0]
    assert (decile["value"], cell_at(path, decile["locator"])) == (600, 600)


def test_a_figure_is_kept_as_published_with_how_many_are_known(cut, write, trust_list):
    """What cannot be right is judged when figures are read, and not here."""
    rows = write.maternity_rows()
    about = ("2022-23", "BirthweightTermGroup2500", "Provider", "RV5", "A TRUST")
    rows += [(*about, "Under 2500g", "Babies", 700), (*about, "2500g and over", "Babies", 50)]
    missing = "Missing value / Value outside reporting parameters"
    rows += [(*about, missing, "Babies", 250)]
    path = write.csv(cut.maternity, rows, write.MATERNITY_HEADER)
    figures = read_deliveries(path, trust_list).figures.query("organisation_code == 'RV5'").set_index("indicator")
    odd, known = (figures.loc[f"maternity_low_birthweight_at_term{end}"] for end in ("", "_recorded"))
    assert (odd["status"], odd["numerator"], odd["denominator"]) == ("ok", 700, 750)
    assert (known["value"], known["numerator"], known["denominator"]) == (75.0, 750, 1000)
    assert cell_at(path, known["locator"]) == "250"
