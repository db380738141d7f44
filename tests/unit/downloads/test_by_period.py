"""Files of all trusts that programs read: numbers as numbers, each period, and nothing that another file hides."""

import io
import json
import re
import sqlite3
from datetime import date
from hashlib import sha256

import pandas as pd
import pytest

from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.downloads.all_trusts import write_all_trusts
from race_equality.downloads.by_period import figures_by_period
from race_equality.downloads.codebook import COLUMNS, NUMBER_COLUMNS
from race_equality.downloads.delimited import csv_text
from race_equality.downloads.findings import all_trusts_rows, trust_rows
from race_equality.store.provenance import Source

RULES = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
OF_FILES = [
    "figures.csv",
    "figures.parquet",
    "all-trusts.sqlite",
    "../api/trusts/RX1.json",
    "../api/indicators/wres_5.json",
]


@pytest.fixture
def few(new_figure):
    """Three of seven people, of which nothing may be shown."""
    return [
        new_figure("wres_5", "Ethnic minority", 42.9, numerator=3, denominator=7),
        new_figure("wres_5", "White", 20.0, numerator=200, denominator=1000),
    ]


def files_of(data, trust, folder):
    """Write the files of all trusts where one trust is all, and give what is in each by its place from ``downloads/``."""
    survey = Source("survey", "Made up", "Nobody", "", "None", date(2026, 1, 1), "", "survey.xlsx", "2024")
    part = all_trusts_rows(data, [trust]), figures_by_period(data, [trust.code])
    names = write_all_trusts(folder, [part], {"survey": survey})
    assert sorted(names) == sorted(file.relative_to(folder).as_posix() for file in folder.glob("[ad]*/**/*.*"))
    return {name.removeprefix("downloads/").replace("api/", "../api/"): (folder / name).read_bytes() for name in names}


@pytest.fixture
def written(tmp_path, download_data, new_trust, wres_6, few):
    data, trust = download_data(*wres_6, *few), new_trust()
    (tmp_path / "trusts").mkdir()
    (tmp_path / "trusts" / "RX1-figures.csv").write_text(csv_text(trust_rows(data, trust), list(COLUMNS)), newline="")
    return files_of(data, trust, tmp_path)


@pytest.mark.parametrize("name", ["figures.csv", "all-trusts.csv"])
def test_numbers_are_numbers_and_the_status_says_why_one_is_missing(written, name):
    table = pd.read_csv(io.BytesIO(written[name]), parse_dates=["period_end"])
    numbers = table.columns.intersection(NUMBER_COLUMNS)
    assert len(numbers) >= 2
    assert all(pd.api.types.is_numeric_dtype(table[column]) for column in numbers)
    hidden = table[(table["measure"] == "wres_5") & (table["group"] == "Ethnic minority")]
    assert hidden["value"].isna().all() and set(hidden["status"]) == {"too few people to show [c]"}
    assert set(hidden["locator"]) == {"[c]"}
    shown = table[(table["measure"] == "wres_6") & (table["group"] == "White")]
    assert shown["value"].tolist() == [20.0]


def test_each_period_held_is_a_row_and_all_files_say_the_same(tmp_path, download_data, new_trust, new_figure):
    held = [
        new_figure("maternity_deliveries", "All", n, unit="people", period_end=pd.Timestamp(f"{year}-03-31"))
        for year, n in ((2023, 500), (2024, 9))
    ]
    for one in held:
        one["period_start"] = one["period_end"] - pd.DateOffset(years=1)
    written = files_of(download_data(*held), new_trust(), tmp_path)
    table = pd.read_csv(io.BytesIO(written["figures.csv"]))
    assert table["period_end"].tolist() == ["2023-03-31", "2024-03-31"]
    assert table["status"].tolist() == ["shown", "too few people to show [c]"]
    connection = sqlite3.connect(":memory:")
    connection.deserialize(written["all-trusts.sqlite"])
    says = "SELECT period_end, value FROM {} WHERE measure = 'maternity_deliveries' ORDER BY period_end"
    assert connection.execute(says.format("figures")).fetchall() == [("2023-03-31", 500.0), ("2024-03-31", None)]
    assert connection.execute(says.format("latest")).fetchall() == [("2023-03-31", 500.0)]
    assert connection.execute("SELECT measure, periods, trusts FROM coverage").fetchall() == [
        ("maternity_deliveries", 1, 1)
    ]
    assert connection.execute("SELECT count(*) FROM figures_in_words").fetchone() == (2,)
    connection.close()
    for name in ("trusts/RX1", "indicators/maternity_deliveries"):
        found = json.loads(written[f"../api/{name}.json"])["figures"]
        values = [dict(zip(found["columns"], row, strict=True))["value"] for row in found["rows"]]
        assert values == [500, None]


def test_a_count_without_a_base_is_shown(download_data, new_figure):
    deliveries = new_figure("maternity_deliveries", "All deliveries", 12270, unit="count")
    (row,) = figures_by_period(download_data(deliveries), ["RX1"])
    assert (row["value"], row["people"], row["status"]) == ("12270", "", "shown")


def test_figures_are_those_of_the_trusts_own_file(download_data, new_trust, new_figure, wres_6, few):
    more = [new_figure("maternity_deliveries", "All deliveries", n, unit="count") for n in (4, 12270)]
    data, trust = download_data(*wres_6, *few, *more), new_trust()
    own = [row for row in trust_rows(data, trust) if row["kind"] == "published figure"]
    same = "measure group organisation period_start period_end unit status file locator".split()
    found = figures_by_period(data, [trust.code])
    assert [[row[name] for name in same] for row in found] == [
        [row[name].replace("not given", "") for name in same] for row in own
    ]
    assert [row["value"] for row in found] == [row["value"].partition("[")[0] for row in own]


def test_a_trusts_own_return_is_in_no_file_of_all_trusts(download_data, new_figure):
    own = new_figure("wres_8", "White", 20.0, numerator=200, denominator=1000) | {"private": True}
    public = new_figure("wres_6", "White", 20.0, numerator=200, denominator=1000)
    assert [row["measure"] for row in figures_by_period(download_data(own, public), ["RX1"])] == ["wres_6"]


def test_the_audit_reads_each_and_finds_nothing(tmp_path, written):
    audit = audit_site(tmp_path, rules=RULES)
    assert [str(problem) for problem in audit.problems] == []
    assert audit.hidden > 3


@pytest.mark.parametrize("name", OF_FILES)
def test_the_audit_finds_a_small_figure_in_each(tmp_path, written, download_data, new_trust, few, name):
    careless = DisclosureRules(DisclosureRule(minimum_responses=2, minimum_people=2))
    leaking = files_of(download_data(*few, rules=careless), new_trust(), tmp_path / "other")
    (tmp_path / "downloads" / name).write_bytes(leaking[name])
    for file in sorted((tmp_path / "other").rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    (tmp_path / "other").rmdir()
    problems = audit_site(tmp_path, rules=RULES).problems
    assert {problem.file for problem in problems} == {f"downloads/{name}".replace("downloads/../", "")}
    assert any("is 7, and fewer than 11" in problem.message for problem in problems)


def test_the_audit_finds_what_was_deleted_in_a_database(tmp_path):
    file = tmp_path / "kept.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE a (b TEXT)")
    connection.executemany("INSERT INTO a VALUES (?)", [("x" * 500,)] * 100)
    connection.execute("DELETE FROM a")
    connection.commit()
    connection.close()
    (problem,) = audit_site(tmp_path, rules=RULES).problems
    assert "deleted" in problem.message


def test_the_data_package_is_valid_and_of_these_files(written):
    files = {name: content for name, content in written.items() if not name.startswith("..")}
    package = json.loads(files.pop("datapackage.json"))
    # the rules of Data Package 1.0 and Table Schema 1.0
    assert re.fullmatch(r"[-a-z0-9._/]+", package["name"]) and package["resources"]
    assert all(one.get("name") or one.get("path") for one in package["licenses"])
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names) == len(files)
    for one in package["resources"]:
        content = files[one["path"]]
        assert re.fullmatch(r"[-a-z0-9._/]+", one["name"])
        assert (one["bytes"], one["hash"]) == (len(content), f"sha256:{sha256(content).hexdigest()}")
        if one["format"] != "csv":
            continue
        assert one["profile"] == "tabular-data-resource"
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        fields = {field["name"]: field["type"] for field in one["schema"]["fields"]}
        assert list(fields) == list(table.columns)
        for name, kind in fields.items():
            cells = table[name][~table[name].isin(one["schema"]["missingValues"])]
            pattern = {"number": r"-?\d+(\.\d+)?", "date": r"\d{4}-\d\d-\d\d", "string": r"(?s).*"}[kind]
            assert cells.str.fullmatch(pattern).all(), name
