"""Four years of the survey side by side, and the published national series."""

import pandas as pd
import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.national_wres import read_national_series
from race_equality.sources.publications.staff_survey_panel import read_panel
from race_equality.store.schema import check_figures


def test_each_year_is_a_period_of_its_own(whole_cut, trust_list):
    loaded = read_panel(whole_cut.panel, trust_list)
    figures = check_figures(loaded.figures, origin="cut")
    rows = figures.query("organisation_code == 'RJ1' and indicator == 'staff_survey_panel_q16b'")
    assert dict(zip(rows["period_end"], rows["value"], strict=True)) == {
        pd.Timestamp("2021-11-30"): 11.5,
        pd.Timestamp("2022-11-30"): 11.9,
    }
    assert rows["numerator"].isna().all()  # weighted
    assert (loaded.source_id, loaded.period) == ("staff_survey_panel_2022", "autumns 2021 to 2022")
    assert loaded.left_out == {"CCGs": 1}


def test_respondents_from_ethnic_minorities_are_people(whole_cut, trust_list):
    figures = read_panel(whole_cut.panel, trust_list).figures
    row = figures.query("organisation_code == 'RVJ' and indicator == 'staff_survey_panel_ethnic_minority'").iloc[0]
    assert (row["trust_code"], row["value"], row["numerator"], row["denominator"]) == ("RA7", 25, 1000, 4000)


def test_the_panel_never_has_the_indicators_of_one_edition(whole_cut, trust_list):
    # figures of a trust are added up over what merged: years must not be among them
    assert read_panel(whole_cut.panel, trust_list).figures["indicator"].str.startswith("staff_survey_panel_").all()


def test_an_organisation_twice_in_a_year_is_an_error(cut, write, trust_list):
    write.csv(cut.panel, [*write.PANEL, write.PANEL[1]], write.PANEL_HEADER)
    with pytest.raises(InputError, match="The organisation and year RJ1 2021 is here and at row 3"):
        read_panel(cut.panel, trust_list)


def test_a_panel_of_proportions_is_refused_and_a_renamed_group_too(cut, write, trust_list):
    at = write.PANEL_HEADER.index("Discrimination_internal_rate")
    year = write.PANEL_HEADER.index("Year")
    rows = [
        (*row[:year], int(row[year]) + later, *row[year + 1 : at], row[at] / 100, *row[at + 1 :])
        for row in write.PANEL
        for later in (0, 2)
    ]
    write.csv(cut.panel, rows, write.PANEL_HEADER)
    with pytest.raises(InputError, match="Discrimination_internal_rate are all between 0 and 1"):
        read_panel(cut.panel, trust_list)
    group = write.PANEL_HEADER.index("Benchmarking group")
    rows = [(*row[:group], "Acutes", *row[group + 1 :]) for row in write.PANEL]
    write.csv(cut.panel, rows, write.PANEL_HEADER)
    with pytest.raises(InputError, match=r"row \d, Benchmarking group: The benchmarking group of \w+ is 'Acutes'"):
        read_panel(cut.panel, trust_list)


def test_a_share_of_people_that_its_base_contradicts_is_refused(cut, write, trust_list):
    rate = write.PANEL_HEADER.index("Ethnic_minority_rate")
    other, first = write.PANEL[:2]
    write.csv(
        cut.panel,
        [other, (*first[:rate], first[rate] + 0.005, *first[rate + 1 :]), *write.PANEL[2:]],
        write.PANEL_HEADER,
    )
    with pytest.raises(InputError, match="row 3, Ethnic_minority_rate: .* people, not a whole number"):
        read_panel(cut.panel, trust_list)


def test_values_as_a_report_prints_them(whole_cut, trust_list):
    figures = check_figures(read_national_series(whole_cut.series, trust_list).figures, origin="cut")
    found = {(r.indicator, r.group, r.period_end.year): (r.value, r.unit) for r in figures.itertuples()}
    assert found == {
        ("wres_national_workforce", "Ethnic minority", 2022): (24.2, "percent"),
        ("wres_national_workforce", "Ethnic minority", 2023): (26.4, "percent"),
        ("wres_national_2_ratio", "White over ethnic minority", 2023): (1.59, "ratio"),
        # a report pairs data of March with the survey of the autumn before
        ("wres_national_6", "Ethnic minority", 2023): (24.9, "percent"),
        ("wres_national_6", "White", 2023): (20.7, "percent"),
    }
    assert set(figures.loc[figures["indicator"] == "wres_national_6", "period_end"]) == {pd.Timestamp("2023-11-30")}
    assert set(figures.loc[figures["unit"] == "ratio", "period_end"]) == {pd.Timestamp("2023-03-31")}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("BME % of workforce", 2023, "about a quarter"), r"row 2, value: 'about a quarter' is not 1 number"),
        (("Ind6 staff harassment BME / White %", 2024, "24.9"), r"row 2, value: '24.9' is not 2 number"),
        (  # some print a ratio as a percentage
            ("Ind2 relative likelihood white v BME appointed from shortlisting", 2022, "1.54%"),
            "row 2, value: '1.54%' is not 1 number",
        ),
        (("BME % of workforce", 2023, "126.4"), "row 2, value: The figure 126.4 is not between 0 and 100"),
        (
            ("BME % of worforce", 2023, "26.4"),
            "The measure 'BME % of worforce' is not known. The nearest is 'BME % of workforce'",
        ),
        (("BME % of workforce", "last", "26.4"), "row 2, wres_report_year: The year is 'last'"),
    ],
)
def test_a_wrong_value_is_named(cut, write, trust_list, row, problem):
    write.csv(cut.series, [row], ("measure", "wres_report_year", "value"))
    with pytest.raises(InputError, match=problem):
        read_national_series(cut.series, trust_list)


def test_years_that_were_saved_as_decimals_are_years(cut, write, trust_list):
    """As programs write a column of whole numbers in which one was missing."""
    plain = read_panel(cut.panel, trust_list).figures
    year = write.PANEL_HEADER.index("Year")
    rows = [(*row[:year], f"{row[year]}.0", *row[year + 1 :]) for row in write.PANEL]
    write.csv(cut.panel, rows, write.PANEL_HEADER)
    assert read_panel(cut.panel, trust_list).figures.equals(plain)
    write.csv(cut.series, [("BME % of workforce", "2023.0", "26.4")], ("measure", "wres_report_year", "value"))
    (figure,) = read_national_series(cut.series, trust_list).figures.itertuples()
    assert (figure.value, str(figure.period_end.date())) == (26.4, "2023-03-31")
