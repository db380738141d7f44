"""Shares of too few people are in no figures that a page reads, by the strictest rule that a trust has set."""

from __future__ import annotations

import pandas as pd
import pytest

from race_equality.disclosure.publishable import hide_as_published, publishable_figures, suppress_small_bases
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules, read_rules
from race_equality.project import Project
from race_equality.store.figures import figure_table

USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
SET = "settings:\n  minimum_responses:\n    value: 30\n    source: the trust's own board\n"


def figures(*rows):
    table = [
        {
            "trust_code": code,
            "organisation_code": code,
            "period_start": pd.Timestamp("2024-09-01"),
            "period_end": pd.Timestamp("2024-11-30"),
            "indicator": indicator,
            "group": "White",
            "value": 50.0,
            "unit": "percent",
            "numerator": base / 2,
            "denominator": base,
            "status": "ok",
            "source": "test",
            "locator": "row 1",
        }
        for code, indicator, base in rows
    ]
    return figure_table(table)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in which one trust has raised a threshold."""
    from race_equality.project import find_project

    real = find_project()
    for name in ("data", "notebooks"):
        (tmp_path / name).symlink_to(real.root / name)
    (tmp_path / "params" / "trusts").mkdir(parents=True)
    (tmp_path / "params" / "_defaults.yml").write_text((real.params / "_defaults.yml").read_text())
    (tmp_path / "params" / "trusts" / "RPC.yml").write_text(SET)
    (tmp_path / "params" / "trusts" / "R1H.yml").write_text("settings:\n  peer_count: 5\n")
    return Project(tmp_path)


def test_what_every_trust_may_show_is_left_as_it_is():
    table = figures(("R1H", "wres_8", 11.0), ("RPC", "wres_8", 400.0))
    assert suppress_small_bases(table, USUAL) is table


def test_shares_of_fewer_lose_their_numbers():
    shown = suppress_small_bases(figures(("R1H", "wres_8", 10.0), ("RPC", "wres_8", 11.0)), USUAL)
    assert shown["status"].tolist() == ["suppressed", "ok"]
    assert shown.loc[0, ["value", "numerator", "denominator"]].isna().all()


def test_a_trust_that_raised_its_threshold_is_hidden_and_others_are_not(project):
    assert read_rules(project=project) == DisclosureRules(
        USUAL.usual, {"RPC": DisclosureRule(minimum_responses=30, minimum_people=10)}
    )
    shown = publishable_figures(
        figures(("R1H", "wres_8", 29.0), ("RPC", "wres_8", 29.0), ("RPC", "wres_7", 30.0)), project=project
    )
    assert shown["status"].tolist() == ["ok", "suppressed", "ok"]


def test_of_a_comparison_both_halves_are_hidden_or_neither():
    table = figures(
        ("R1H", "wres_8", 400.0), ("R1H", "wres_8", 9.0), ("R1H", "wres_7", 400.0), ("RPC", "wres_8", 400.0)
    )
    table["group"] = ["White", "Ethnic minority", "White", "White"]
    assert suppress_small_bases(table, USUAL)["status"].tolist() == ["suppressed", "suppressed", "ok", "ok"]


def test_a_patients_return_hides_with_company_and_needs_its_counts():
    table = figures(("R1H", "patients_did_not_attend_by_ethnicity", 6.0))
    assert suppress_small_bases(table, USUAL) is table


@pytest.mark.parametrize(("group", "status"), [("Total", "suppressed"), ("Midwives", "ok")])
def test_a_count_of_everybody_is_hidden_and_of_a_group_is_left_to_what_hides_it_with_others(group, status):
    table = figures(("R1H", "workforce_headcount", 900.0)).assign(value=9.0, unit="people", group=group)
    assert suppress_small_bases(table, USUAL)["status"].tolist() == [status]


def test_the_table_that_was_given_is_not_changed():
    table = figures(("R1H", "wres_8", 5.0))
    suppress_small_bases(table, USUAL)
    assert table["status"].tolist() == ["ok"]


def test_of_a_trust_whose_file_cannot_be_read_nothing_is_shown_elsewhere(project):
    (project.params / "trusts" / "RPC.yml").write_text("settings:\n  minimum_responses: many\n")
    shown = publishable_figures(figures(("R1H", "wres_8", 900.0), ("RPC", "wres_8", 900.0)), project=project)
    assert shown["status"].tolist() == ["ok", "suppressed"]


def test_a_board_of_few_hides_its_own_seats_and_no_other_indicator_of_the_return():
    """As a trust publishes them: 3 of 15 members, 3 of 12 who vote, and hundreds of applicants."""
    end = pd.Timestamp("2025-03-31")
    about = {
        "trust_code": "RJ1", "organisation_code": "RJ1", "period_start": end, "period_end": end, "status": "ok",
        "source": "wres_published", "locator": "published by the trust at https://a.nhs.uk/wres",
    }  # fmt: skip
    rows = [
        about | {"indicator": indicator, "group": group, "value": people, "unit": "people"}
        for indicator, groups in {
            "wres_9_board": {"White": 12, "Ethnic minority": 3},
            "wres_1_clinical_band_5": {"White": 600, "Ethnic minority": 480},
            "wres_1_clinical_band_9": {"White": 20, "Ethnic minority": 2},
        }.items()
        for group, people in groups.items()
    ]
    rows += [
        about
        | {
            "indicator": "wres_2",
            "group": group,
            "value": 20.0,
            "unit": "percent",
            "numerator": n,
            "denominator": 5 * n,
        }
        for group, n in (("White", 400), ("Ethnic minority", 210))
    ]
    shown = hide_as_published(figure_table(rows), USUAL)
    statuses = shown.groupby("indicator")["status"].unique().map(list).to_dict()
    assert statuses == {
        "wres_9_board": ["suppressed"],
        # a small band hides the others: their sum, the staff, is known
        "wres_1_clinical_band_5": ["suppressed"],
        "wres_1_clinical_band_9": ["suppressed"],
        "wres_2": ["ok"],
    }
    assert set(shown.loc[shown["status"] == "suppressed", "locator"]) == {"[c]"}
