"""From a code to a trust, on the committed trust list."""

import csv
from datetime import date
from pathlib import Path

import pytest

from race_equality.errors import UnknownTrustError
from race_equality.project import Project
from race_equality.store.figures import read_figures
from race_equality.store.schema import KINDS, TRUST_DTYPES
from race_equality.store.trusts import read_trusts, resolve_trust

PROJECT = Project(Path(__file__).resolve().parents[3])


def resolve(code):
    return resolve_trust(code, project=PROJECT)


def test_202_real_trusts_without_the_demonstration_trust():
    trusts = read_trusts(project=PROJECT)
    assert len(trusts) == trusts["trust_code"].nunique() == 202
    assert "DEMO" not in set(trusts["trust_code"])
    assert trusts.dtypes.astype(str).to_dict() == TRUST_DTYPES
    assert set(trusts["kind"]) == set(KINDS)


def test_what_is_read_can_be_changed_without_changing_the_next_reading():
    trusts = read_trusts(project=PROJECT)
    trusts.loc[:, "trust_name"] = "spoilt"
    assert "spoilt" not in set(read_trusts(project=PROJECT)["trust_name"])


@pytest.mark.parametrize("code", ["RJ1", "rj1", " RJ1\n"])
def test_a_code_in_any_case(code):
    trust = resolve(code)
    assert (trust.code, trust.name) == ("RJ1", "Guy's and St Thomas' NHS Foundation Trust")
    assert (trust.kind, trust.region, trust.system) == ("acute", "London", "South East London")
    assert (trust.open_date, trust.merged_from) == (date(1993, 4, 1), None)
    assert not trust.is_demonstration


def test_a_code_that_merged_away_gives_the_trust_of_today():
    trust = resolve("TAF")
    assert (trust.code, trust.merged_from) == ("G6V2S", "TAF")
    assert trust.predecessors == ("RNK", "RRP", "TAF")


def test_a_sector_of_a_trust_did_not_merge():
    assert (resolve("R1F1").code, resolve("R1F1").merged_from) == ("R1F", None)


def test_the_demonstration_trust_says_that_it_is_invented():
    trust = resolve("DEMO")
    assert trust.is_demonstration
    assert trust.name == "Demonstration NHS Trust (invented figures)"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("RJ11", r"'RJ11' is not the code of a trust. Nearest: RJ1 Guy's and St Thomas'"),
        ("guys", "Nearest: RJ1 Guy's and St Thomas'"),
        ("Leeds teaching", "Nearest: RR8 Leeds Teaching Hospitals NHS Trust"),
        ("RYK", "Dudley Integrated Health and Care NHS Trust .RYK. has closed and no single trust took its place"),
        ("RW6", "Pennine Acute Hospitals NHS Trust .RW6. has closed"),
    ],
)
def test_an_unknown_code_names_the_nearest(code, message):
    with pytest.raises(UnknownTrustError, match=message):
        resolve(code)


@pytest.mark.parametrize(
    "code", ["", "../../x", "'; import os", "RJ1/../RJ2", "R" * 10_000, "ЯJ1", "RJ1\0", "ENG", "RQF", None, 7]
)
def test_what_is_not_a_code_is_refused_and_shown_safely(code):
    with pytest.raises(UnknownTrustError) as caught:
        resolve(code)
    assert len(str(caught.value)) < 600
    assert "\0" not in str(caught.value)


def test_every_organisation_with_a_figure_resolves_to_the_one_trust_it_stands_under():
    figures = read_figures(project=PROJECT)[["trust_code", "organisation_code"]].drop_duplicates()
    trusts = set(read_trusts(project=PROJECT)["trust_code"])
    with open(PROJECT.figures / "systems.csv", encoding="utf-8", newline="") as file:
        boards = {row["system_code"] for row in csv.DictReader(file)}
    regions = {f"Y{n}" for n in (56, 58, 59, 60, 61, 62, 63)}  # the seven regions of NHS England
    for row in figures.itertuples():
        if row.trust_code in trusts:
            assert resolve(row.organisation_code).code == row.trust_code
        else:  # England, a region, a board, or the demonstration trust: under its own code alone
            assert row.trust_code in {"ENG", "DEMO"} | regions | boards
            assert row.organisation_code == row.trust_code
    assert len(set(figures["trust_code"]) & trusts) == 202


def test_every_code_in_the_list_of_successions_leads_to_one_trust_open_today_or_says_why_not():
    with open(PROJECT.figures / "successions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    trusts = set(read_trusts(project=PROJECT)["trust_code"])
    assert len(rows) > 100
    for row in rows:
        if row["old_code"] in trusts:
            continue
        try:
            assert resolve(row["old_code"]).code in trusts
        except UnknownTrustError as error:
            assert "no single trust took its place" in str(error) or "has closed" in str(error)
