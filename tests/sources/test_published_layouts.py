"""The layouts in data/layouts: cuts as the publishers' documentation has them, with made-up numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from race_equality.definitions.indicators import OWNER
from race_equality.errors import InputError
from race_equality.sources.layout_reading import as_publication, lacking, read_by
from race_equality.sources.layouts import Layout, read_layout

LAYOUTS = Path(__file__).resolve().parents[2] / "data" / "layouts"

BULLETIN = (
    "REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "STATUS", "BREAKDOWN", "LEVEL_ONE", "LEVEL_ONE_DESCRIPTION",
    "LEVEL_TWO", "LEVEL_TWO_DESCRIPTION", "LEVEL_THREE", "LEVEL_THREE_DESCRIPTION", "LEVEL_FOUR",
    "LEVEL_FOUR_DESCRIPTION", "METRIC", "METRIC_NAME", "METRIC_VALUE",
)  # fmt: skip
MONTHLY = (
    "REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "STATUS", "BREAKDOWN", "PRIMARY_LEVEL",
    "PRIMARY_LEVEL_DESCRIPTION", "SECONDARY_LEVEL", "SECONDARY_LEVEL_DESCRIPTION", "MEASURE_ID", "MEASURE_NAME",
    "MEASURE_VALUE",
)  # fmt: skip
EMERGENCY = (
    "REPORTING_PERIOD", "GEOGRAPHY_LEVEL", "ORG_CODE", "ORG_DESCRIPTION", "MEASURE_TYPE", "MEASURE", "MEASURE_VALUE"
)  # fmt: skip
BY_ETHNICITY, BY_QUINTILE = "Provider; Ethnicity (Higher Level)", "Provider; IMD Quintiles"


def layout(name: str) -> Layout:
    return read_layout(LAYOUTS / f"{name}.yml")


def bulletin(breakdown: str, one: str, two: str, metric: str, value: object) -> tuple:
    levels = (one, one, two, two, "NONE", "NONE", "NONE", "NONE")
    return ("2024-04-01", "2025-03-31", "Final", breakdown, *levels, metric, "…", value)


def by_code(loaded, indicator):
    figures = loaded.figures
    return figures[figures["indicator"] == indicator].set_index(["organisation_code", "group"])


@pytest.mark.parametrize("path", sorted(LAYOUTS.glob("*.yml")), ids=lambda path: path.stem)
def test_a_layout_of_the_project_is_whole(path):
    one = read_layout(path)
    publication = as_publication(one)
    assert publication.series and publication.optional
    assert publication.url.startswith("https://") and publication.licence == "Open Government Licence v3.0"
    # what was not tried on a whole file says so among the notes of its source
    if one.says.read_from != "a whole file":
        assert "published file" in publication.notes[-1] or "not yet tried on a whole file" in publication.notes[-1]


def test_the_mental_health_bulletin(write, trust_list, tmp_path):
    rows = [
        bulletin(BY_ETHNICITY, "RV5", group, metric, value)
        for group, values in {
            "White": (2000, 400, 40),
            "Black or Black British": (1000, 300, 60),
            "Asian or Asian British": (300, 50, "*"),
            "Mixed": (150, "*", "*"),
            "Other Ethnic Groups": (100, 5, 10),  # rounded: more were held back than admitted
            "Not Stated": (20, 10, 5),
            "UNKNOWN": ("*", "*", "*"),
        }.items()
        for metric, value in zip(("1a", "1b", "7a"), values, strict=True)
    ]
    rows += [
        bulletin(BY_QUINTILE, "RV5", label, metric, value)
        for label, values in {"01 Most deprived": (500, 100), "02": (400, 60), "05 Least deprived": (80, 4.0)}.items()
        for metric, value in zip(("1b", "7a"), values, strict=True)
    ]
    rows += [
        bulletin(BY_ETHNICITY, "TAD", "White", "10a", 40),
        bulletin(BY_ETHNICITY, "TAD", "White", "10b", 30),
        bulletin(BY_ETHNICITY, "8J1", "White", "7a", 15),  # an independent provider
        bulletin("Provider", "RV5", "NONE", "7a", 115),
        bulletin("Ethnicity (Higher Level)", "Black or Black British", "NONE", "1b", 9000),
        bulletin("Ethnicity (Higher Level)", "Black or Black British", "NONE", "7a", 1800),
        bulletin("Provider; Gender", "RV5", "1", "7a", 60),
    ]
    loaded = read_by(layout("mental_health_bulletin"), write.csv(tmp_path / "mhb.csv", rows, BULLETIN), trust_list)
    assert (loaded.source_id, loaded.edition) == ("mental_health_bulletin_2025", "2024/25")
    held = by_code(loaded, "restrictive_interventions_by_ethnicity")
    black = held.loc[("RV5", "Black")]
    assert black[["value", "numerator", "denominator", "unit"]].tolist() == [20.0, 60.0, 300.0, "percent"]
    assert black["locator"] == "row 7, METRIC_VALUE"  # the header is row 1, White rows 2 to 4
    assert held.loc[("RV5", "White"), "value"] == 10.0
    # a hidden count, a hidden base, and a count over its base by rounding alone
    statuses = [held.loc[("RV5", group), "status"] for group in ("Asian", "Mixed", "Other", "Unknown")]
    assert statuses == ["suppressed", "suppressed", "not_available", "suppressed"]
    assert held.loc[("RV5", "Not stated"), "value"] == 50.0
    assert held.loc[("ENG", "Black"), ["trust_code", "value"]].tolist() == ["ENG", 20.0]
    # a trust that is not in the file, by its kind
    assert held.loc[("G6V2S", "Black"), "status"] == "not_available"
    assert held.loc[("RJ1", "Black"), "status"] == "not_applicable"
    fifths = by_code(loaded, "restrictive_interventions_by_deprivation")
    assert fifths.loc["RV5"]["value"].to_dict() == {"Quintile 1": 20.0, "Quintile 2": 15.0, "Quintile 5": 5.0}
    admitted = by_code(loaded, "mental_health_admissions_by_ethnicity")
    assert admitted.loc[("RV5", "Black"), ["value", "numerator", "denominator"]].tolist() == [30.0, 300.0, 1000.0]
    early = by_code(loaded, "early_intervention_in_two_weeks_by_ethnicity")
    assert early.loc[("TAD", "White"), ["value", "denominator"]].tolist() == [75.0, 40.0]
    assert loaded.left_out["organisations that are not trusts"] == 1
    assert loaded.left_out["rows that the layout does not ask for"] == 2  # of all people, and by gender
    assert set(loaded.figures["indicator"]) <= set(OWNER)


def test_more_held_back_than_admitted_beyond_rounding_is_refused(write, trust_list, tmp_path):
    rows = [bulletin(BY_ETHNICITY, "RV5", "White", "1b", 40), bulletin(BY_ETHNICITY, "RV5", "White", "7a", 60)]
    path = write.csv(tmp_path / "mhb.csv", rows, BULLETIN)
    with pytest.raises(InputError, match=r"row 3, METRIC_VALUE: The count 60 is more than its base, 40 at row 2"):
        read_by(layout("mental_health_bulletin"), path, trust_list)


def test_detentions_of_a_month(write, trust_list, tmp_path):
    def row(breakdown, code, level, description, value, measure="MHS81"):
        return (
            "01/07/2025",
            "31/07/2025",
            "Performance",
            breakdown,
            code,
            "…",
            level,
            description,
            measure,
            "…",
            value,
        )

    rows = [
        row("Provider; Upper Ethnicity", "RV5", "Black or Black British", "Black or Black British", 45),
        row("Provider; Upper Ethnicity", "RV5", "White", "White", 60),
        row("Provider; Upper Ethnicity", "RV5", "Not Stated", "Not Stated", "*"),
        row("Provider; Ethnicity", "RV5", "N", "African", 25),
        row("Provider; Ethnicity", "RV5", "R", "Chinese", "*"),
        row("Provider; Ethnicity", "RV5", "S", "Any Other Ethnic Group", 10),
        row("Provider; Ethnicity", "RV5", "Z", "Not Stated", "*"),
        row("Provider; Upper Ethnicity", "TAD", "White", "White", 0),
        row("Provider; Upper Ethnicity", "RV5", "White", "White", 900, "MHS01"),  # people in contact
        row("Provider", "RV5", "NONE", "NONE", 120),
    ]
    path = write.csv(tmp_path / "mhsds.csv", rows, MONTHLY)
    loaded = read_by(layout("mental_health_monthly"), path, trust_list)
    assert (loaded.source_id, loaded.edition) == ("mental_health_monthly_2025_07", "July 2025")
    figures = by_code(loaded, "detentions_in_a_month_by_ethnicity")
    assert figures.loc[("RV5", "Black"), ["value", "unit"]].tolist() == [45.0, "count"]
    assert figures.loc[("RV5", "Black/African/Caribbean/Black British - African"), "value"] == 25.0
    assert figures.loc[("RV5", "Other ethnic group - Any other ethnic background"), "value"] == 10.0
    assert figures.loc[("RV5", "Asian/Asian British - Chinese"), "status"] == "suppressed"
    assert figures.loc[("RV5", "Not stated"), "status"] == "suppressed"
    assert figures.loc[("TAD", "White"), "status"] == "not_available"  # a zero of a provider that gave nothing else
    # another file of the same columns, without detentions, is not this one
    others = write.csv(tmp_path / "others.csv", rows[8:9], MONTHLY)
    assert lacking(path, layout("mental_health_monthly")) == []
    assert lacking(others, layout("mental_health_monthly")) == ["a row whose MEASURE_ID is MHS81"]


def test_attendances_at_accident_and_emergency(write, trust_list, tmp_path):
    def row(level, code, kind, group, value):
        return ("2425", level, code, "…", kind, group, value)

    rows = [
        row("Provider", "RJ1", "Ethnicity ", "White British", 50120),  # the publisher's space at the end
        row("Provider", "RJ1", "Ethnicity ", "African", 9005),
        row("Provider", "RJ1", "Ethnicity ", "Any other ethnic group", "*"),
        row("Provider", "RJ1", "Ethnicity ", "Not Stated", 1200),
        row("Provider", "RJ1", "Ethnicity ", "Ethnicity Total", 60325),
        row("Provider", "RVJ", "Ethnicity ", "African", 400),
        row("Provider", "NQT5G", "Ethnicity ", "African", 20),
        row("National", "ENG", "Ethnicity ", "African", 700000),
        row("Commissioning Region", "Y56", "Ethnicity ", "African", 300000),
        row("Provider", "RJ1", "Age ", "0", 800),
    ]
    path = write.csv(tmp_path / "ecds.csv", rows, EMERGENCY)
    loaded = read_by(layout("emergency_care"), path, trust_list)
    assert (loaded.source_id, loaded.period) == ("emergency_care_2025", "1 April 2024 to 31 March 2025")
    figures = by_code(loaded, "emergency_attendances_by_ethnicity")
    african = "Black/African/Caribbean/Black British - African"
    assert figures.loc[("RJ1", african), ["value", "locator"]].tolist() == [9005.0, "row 3, MEASURE_VALUE"]
    assert figures.loc[("RVJ", african), "trust_code"] == "RA7"
    assert figures.loc[("ENG", african), "value"] == 700000.0
    assert figures.loc[("RJ1", "Other ethnic group - Any other ethnic background"), "status"] == "suppressed"
    assert "Ethnicity Total" not in set(loaded.figures["group"])
    assert loaded.left_out["rows that the layout does not ask for"] == 2
    # words that nobody has seen are refused by name, with the line that takes them
    strange = write.csv(tmp_path / "strange.csv", [row("Provider", "RJ1", "Ethnicity", "A1", 5)], EMERGENCY)
    with pytest.raises(InputError, match=r"row 2, MEASURE: The ethnic group 'A1' is not known.*emergency_care.yml"):
        read_by(layout("emergency_care"), strange, trust_list)


def test_a_report_names_the_files_that_would_bring_patients_by_ethnic_group():
    import pandas as pd

    from race_equality.report.missing import missing_indicators
    from race_equality.store.figures import figure_table
    from race_equality.store.trust import Trust

    nothing = figure_table([])
    assert isinstance(nothing, pd.DataFrame)
    listed = {
        kind: missing_indicators(nothing, Trust("RV5", "A trust", kind, "London", "", None)).set_index("what")
        for kind in ("mental health", "acute", "ambulance")
    }
    restrictive = "Restrictive interventions, admissions and early intervention in psychosis by ethnic group"
    detentions = "Detentions under the Mental Health Act by ethnic group"
    of_mental_health = listed["mental health"]
    assert of_mental_health.loc[restrictive].tolist() == [
        "Not available: published for each provider, and not loaded yet",
        "race-equality data add FILE, with the CSV of the Mental Health Bulletin (NHS England, each year)",
    ]
    assert "Mental Health Services Monthly Statistics" in of_mental_health.loc[detentions, "how"]
    assert "A&E attendances by ethnic group" not in of_mental_health.index
    # nothing is said to be missing that would have no meaning for the trust
    assert {restrictive, detentions}.isdisjoint(listed["acute"].index)
    assert "Accident and Emergency Activity" in listed["acute"].loc["A&E attendances by ethnic group", "how"]
    assert {restrictive, detentions, "A&E attendances by ethnic group"}.isdisjoint(listed["ambulance"].index)
