"""The measures of all trusts in one table: each trust once, figures by hand, and why one is missing."""

import pandas as pd
import pytest

from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules, read_rules
from race_equality.downloads.files import Downloads
from race_equality.project import find_project
from race_equality.report.measures_of_trusts import COLUMNS, SERIES, findings_of_all, measures_of_trusts
from race_equality.store import cache
from race_equality.store.figures import figure_table, read_figures

RULES = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
NO_FINDINGS = pd.DataFrame(
    columns="trust_code measure group unit period_start period_end value lower upper people status".split()
).astype({"period_start": "datetime64[us]", "period_end": "datetime64[us]"})
TRUSTS = pd.DataFrame({"trust_code": ["RAA", "RAB", "RAC"], "kind": ["acute", "acute", "ambulance"]})


def figure(code, indicator, year, value, base, *, organisation="", status="ok", unit="percent", group="All staff"):
    missing = status != "ok"
    return {
        "trust_code": code,
        "organisation_code": organisation or code,
        "period_start": pd.Timestamp(year, 9, 1),
        "period_end": pd.Timestamp(year, 11, 30),
        "indicator": indicator,
        "group": group,
        "value": None if missing else value,
        "unit": unit,
        "numerator": None,
        "denominator": None if missing else base,
        "status": status,
        "source": "test",
        "locator": "row 1",
    }


def table_of(*rows, found=NO_FINDINGS):
    measures_of_trusts.forget()
    table = measures_of_trusts(found, figure_table(rows), TRUSTS, RULES)
    assert list(table.columns) == list(COLUMNS)
    assert set(table.groupby([*SERIES, "period_end"])["trust_code"].agg(sorted).map(tuple)) == {
        tuple(TRUSTS["trust_code"])
    }
    assert table["value"].notna().eq(table["status"].eq("ok")).all()
    assert table["why"].eq("").eq(table["status"].eq("ok")).all()
    return table.set_index(["measure", "period_end", "trust_code"])


SURVEY = "staff_survey_q16b"
BEFORE = "staff_survey_panel_q16b"


def test_each_survey_of_a_measure_with_its_interval():
    table = table_of(
        figure("RAA", BEFORE, 2023, 10.0, 100),
        figure("RAA", SURVEY, 2024, 12.0, 200),
        figure("RAB", SURVEY, 2024, 20.0, 10),
    )
    autumns = [pd.Timestamp("2023-11-30"), pd.Timestamp("2024-11-30")]
    assert list(table.index.unique("period_end")) == autumns
    assert table.index.is_unique and len(table) == 2 * len(TRUSTS)
    before = table.loc[(SURVEY, autumns[0], "RAA")]
    # Wilson by hand, of 10 of 100: (10 + 1.96²/2 ± 1.96 √(9 + 1.96²/4)) / (100 + 1.96²)
    assert (before["value"], round(before["lower"], 1), round(before["upper"], 1)) == (10.0, 5.5, 17.4)
    assert before["people"] == 100
    few = table.loc[(SURVEY, autumns[1], "RAB")]
    assert (few["status"], few["why"]) == ("suppressed", "Too few people to show")
    assert few[["value", "lower", "upper", "people"]].isna().all()
    assert table.loc[(SURVEY, autumns[1], "RAC"), "why"] == "No data"


def test_merged_organisations_by_their_people_and_none_where_one_is_hidden():
    table = table_of(
        figure("RAA", SURVEY, 2024, 10.0, 100, organisation="RX1"),
        figure("RAA", SURVEY, 2024, 20.0, 300, organisation="RX2"),
        figure("RAB", SURVEY, 2024, 10.0, 100, organisation="RX3"),
        figure("RAB", SURVEY, 2024, 20.0, 300, organisation="RX4", status="suppressed"),
    ).droplevel(["measure", "period_end"])
    assert table.loc["RAA", "value"] == pytest.approx((10 + 60) / 400 * 100)
    assert table.loc["RAA", "people"] == 400
    assert table.loc["RAB", "status"] == "suppressed" and pd.isna(table.loc["RAB", "value"])


def test_a_trust_without_a_figure_of_the_period_says_when_its_last_was():
    rows = [figure("RAA", SURVEY, 2024, 10.0, 100), figure("RAB", BEFORE, 2023, 10.0, 100)]
    table = table_of(*rows)
    assert table.loc[(SURVEY, pd.Timestamp("2024-11-30"), "RAB"), "why"] == "No data since autumn 2023"
    assert table.loc[(SURVEY, pd.Timestamp("2023-11-30"), "RAA"), "why"] == "No data"


def test_what_has_no_meaning_for_a_kind_of_trust_is_not_applicable():
    people = figure("RAA", "catchment_population", 2024, 500_000.0, None, unit="people", group="All people")
    table = table_of(people).droplevel(["measure", "period_end"])
    assert table.loc["RAA", "value"] == 500_000
    assert table["why"].to_dict() == {"RAA": "", "RAB": "No data", "RAC": "Not applicable"}


def test_a_finding_comes_before_the_published_figure():
    found = NO_FINDINGS.assign(value=NO_FINDINGS["value"].astype(float))
    found.loc[0] = [
        "RAA",
        SURVEY,
        "All staff",
        "percent",
        pd.Timestamp("2024-09-01"),
        pd.Timestamp("2024-11-30"),
        11.0,
        9.0,
        13.0,
        500.0,
        "ok",
    ]
    table = table_of(figure("RAA", SURVEY, 2024, 12.0, 200), found=found)
    row = table.loc[(SURVEY, pd.Timestamp("2024-11-30"), "RAA")]
    assert (row["value"], row["lower"], row["upper"], row["people"]) == (11.0, 9.0, 13.0, 500.0)


def test_pages_and_downloads_ask_for_the_same_findings_which_a_build_computes_once(monkeypatch):
    from race_equality.downloads import findings as of_downloads
    from race_equality.report import measures_of_trusts as of_pages

    asked = []

    def hashed(figures, trusts, *, rules, peers, successions):
        asked.append(cache._Hasher("md5").hash([figures, trusts, rules, peers, successions]))
        return NO_FINDINGS

    for module in (of_downloads, of_pages):
        monkeypatch.setattr(module, "findings", hashed)
    findings_of_all(publishable_figures(read_figures(local=False)), rules=read_rules())
    assert len(Downloads(find_project()).data.public().findings_by_trust.table) == 0
    assert len(set(asked)) == 1 and len(asked) == 2
