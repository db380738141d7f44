"""What ``import race_equality as re`` gives: safe tables, and nothing that was not asked for."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import race_equality as re
import race_equality.store.figures
from race_equality import api
from race_equality.disclosure.publishable import hide_as_published
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.errors import RaceEqualityError, UnknownTrustError
from race_equality.store.figures import figure_table, parquet_bytes
from tests.conftest import record_figures

ROOT = Path(__file__).parents[2]


def figure(indicator, group, value, *, unit="people", code="RJ1", **others):
    start, end = pd.Timestamp("2023-03-31"), pd.Timestamp("2023-03-31")
    about = {"trust_code": code, "organisation_code": code, "period_start": start, "period_end": end}
    about |= {"indicator": indicator, "group": group, "value": value, "unit": unit, "numerator": None}
    return about | {"denominator": None, "status": "ok", "source": "s", "locator": "A1"} | others


def test_importing_it_is_cheap_and_offers_every_name():
    code = (
        "import sys, race_equality as re; assert 'pandas' not in sys.modules; "
        "assert set(re.__all__) <= set(dir(re)), dir(re); from importlib.metadata import version; "
        "assert re.__version__ == version('race-equality'); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'figure'"):
        re.figure  # noqa: B018
    assert (Path(re.__file__).parent / "py.typed").is_file()


def test_the_names_are_functions_when_the_rooms_are_imported_as_well():
    assert race_equality.store.figures.read_figures
    assert [getattr(re, name) for name in api.__all__] == [getattr(api, name) for name in api.__all__]
    assert set(re.__all__) == {"__version__", *api.__all__}


@pytest.fixture
def with_return(small_project):
    """A project of a published figure, the demonstration's, and a return that RJ1 has loaded."""
    row = figure("wres_9_board", "White", 77.0, source="wres_return_RJ1")
    local = small_project / "data" / "local"
    local.mkdir(exist_ok=True)
    (local / "wres_return_RJ1.parquet").write_bytes(parquet_bytes(figure_table([row])))
    published = figure("catchment_population", "All people", 500_000.0)
    (small_project / "data" / "figures" / "p.parquet").write_bytes(parquet_bytes(figure_table([published])))
    shutil.copy(ROOT / "data" / "figures" / "demonstration.parquet", small_project / "data" / "figures")
    record_figures(small_project)
    return small_project


def test_a_return_and_the_demonstration_are_there_where_they_are_asked_for(with_return):
    plain = re.figures(project=with_return)
    assert plain["value"].tolist() == [500_000.0] and not plain["private"].any()
    asked = re.figures("wres_9_board", private=True, project=with_return)
    assert asked.loc[asked["private"], "value"].tolist() == [77.0]
    assert not re.figures(private="R1H", project=with_return)["private"].any()
    assert "DEMO" in set(re.figures(demonstration=True, project=with_return)["trust_code"])


def test_a_hidden_figure_has_no_number_and_no_place():
    table = re.figures()
    hidden = table[table["status"] == "suppressed"]
    assert len(hidden) > 1_000
    assert hidden[["value", "numerator", "denominator"]].isna().all(axis=None)
    assert set(hidden["locator"]) == {"[c]"}
    shown = table[(table["status"] == "ok") & table["unit"].isin(["people", "count"])]
    assert (shown["value"] >= 10).all()
    assert (table.loc[table["status"] == "ok", "denominator"].dropna() >= 11).all()


def test_a_breakdown_of_people_is_hidden_whole_by_the_thresholds_of_params():
    rows = [
        figure("workforce_headcount", "Total", 900.0),
        figure("workforce_headcount", "Midwives", 24.0),
        figure("workforce_headcount", "Ambulance staff", 876.0),
        figure("workforce_fte", "Midwives", 30.0, unit="fte"),
        figure("workforce_headcount", "Midwives", 24.0, code="RRK"),
    ]
    table = figure_table(rows)
    usual = hide_as_published(table, DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10)))
    assert usual["status"].eq("ok").all() and usual["value"].tolist() == [row["value"] for row in rows]
    strict = hide_as_published(table, DisclosureRules(DisclosureRule(11, 10), {"RJ1": DisclosureRule(11, 25)}))
    assert strict["status"].tolist() == ["ok", "suppressed", "suppressed", "suppressed", "ok"]
    assert strict["value"].isna().tolist() == [False, True, True, True, False]


def test_findings_are_those_of_the_download(tables_of_all_trusts):
    download = pd.read_parquet(io.BytesIO((tables_of_all_trusts / "downloads" / "all-trusts.parquet").read_bytes()))
    found = re.findings()
    pd.testing.assert_frame_equal(found, download)
    one = re.findings("rrk")
    pd.testing.assert_frame_equal(one, download[download["trust_code"] == "RRK"].reset_index(drop=True))


def test_findings_refuse_what_is_no_trust_and_what_is_invented():
    with pytest.raises(UnknownTrustError, match="not the code of a trust"):
        re.findings("XYZ99")
    with pytest.raises(RaceEqualityError, match="demonstration=True"):
        re.findings("DEMO")
    assert set(re.findings("DEMO", demonstration=True)["trust_code"]) == {"DEMO"}


def test_a_wide_table_has_each_trust_once_with_the_gap_that_findings_give():
    found, table = re.findings(), re.wide()
    assert len(table) == 202 and table.index.is_unique and set(table.index) == set(re.trusts()["trust_code"])
    gap = found[(found["measure"] == "wres_8") & (found["unit"] == "percentage points")].set_index("trust_code")
    pd.testing.assert_series_equal(
        table["wres_8"].dropna(), gap["value"].dropna(), check_index=False, check_names=False
    )
    assert (table["wres_8"].notna() == table["wres_8_period_end"].notna()).all()
    assert "DEMO" in re.wide("wres_8", demonstration=True).index


def test_a_wide_table_of_a_year_has_periods_that_end_in_it():
    table = re.wide(["rtt_within_18_weeks", "wres_8"], 2023)
    ends = table["rtt_within_18_weeks_period_end"].dropna()
    assert len(ends) > 100 and set(ends.dt.year) == {2023} and set(ends.dt.month) == {12}
    assert table["wres_8"].isna().all()


@pytest.mark.parametrize(("measure", "said"), [("wres_80", "not the id"), ("catchment_ethnicity", "several groups")])
def test_a_measure_that_has_no_column_is_refused(measure, said):
    with pytest.raises(RaceEqualityError, match=said):
        re.wide(measure)


def test_indicators_tell_every_figure_that_is_held():
    table = re.indicators()
    assert table["id"].is_unique and table["number"].dropna().tolist() == list(range(1, 10))
    ids = set(" ".join(table["figure_ids"]).split())
    assert set(re.figures()["indicator"]) <= ids
    with pytest.raises(RaceEqualityError, match="indicators"):
        re.figures("wres_80")


def test_waits_by_ethnic_group_are_hidden_as_a_trust_asks_whichever_are_asked_for():
    asked = re.figures("waiting_over_18_weeks_by_ethnicity")
    every = re.figures(["waiting_over_18_weeks_by_ethnicity", "waiting_over_52_weeks_by_ethnicity"])
    again = every[every["indicator"] == "waiting_over_18_weeks_by_ethnicity"].reset_index(drop=True)
    assert asked.equals(again)
    known = asked[asked["status"] == "ok"]
    assert known["denominator"].min() >= 11  # a published base of 10 is under the usual threshold
