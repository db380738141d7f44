"""The registry of indicators: whole, and read by everything instead of prefixes, numbers and captions."""

import ast
from pathlib import Path

import pandas as pd
import pytest

from race_equality.definitions.indicators import BY_ID, HOW_TO_LOAD, INDICATORS, OWNER, PARTS, rule_of
from race_equality.definitions.readme import with_table
from race_equality.disclosure.publishable import suppress_small_bases
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.params.actions import BOARD_ROLES
from race_equality.project import Project
from race_equality.store.figures import figure_table, read_figures
from race_equality.store.schema import KINDS, UNITS

ROOT = Path(__file__).resolve().parents[3]
USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
CODE = sorted((ROOT / "src" / "race_equality").rglob("*.py"))


def test_every_figure_that_is_held_belongs_to_one_indicator():
    assert set(read_figures(project=Project(ROOT))["indicator"]) <= set(OWNER)
    ids = [id for one in INDICATORS for id in one.figure_ids]
    assert len(ids) == len(set(ids))
    assert len(BY_ID) == len(INDICATORS)


@pytest.mark.parametrize("one", INDICATORS, ids=lambda one: one.id)
def test_a_record_is_whole(one):
    assert one.definition and one.published_by and one.obtained in HOW_TO_LOAD
    assert set(one.units) <= {*UNITS, "percentage points", "percent a year"}
    assert set(one.applies_to) <= set(KINDS)
    assert one.proposed_owner in BOARD_ROLES
    assert all(part.nested_in in ("", *one.figure_ids) for part in one.parts)
    if one.compares in ("gap", "ratio"):
        assert len(one.between) == 2
        assert one.disclosure.groups_together  # everybody together is known: half a comparison tells the other
    assert (one.likelihood is not None) == (one.compares == "ratio")
    if one.followed:
        assert one.board_question or one.compares in ("bands", "months")


def test_the_table_in_the_readme_is_the_registrys():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert text == with_table(text), "Write it again: python -m race_equality.definitions.readme"


def test_an_id_that_no_record_has_hides_all_its_groups_together():
    """Disability (WDES): eight disabled staff answered, and what the others said would tell what they did."""
    rows = [
        {
            "trust_code": "RJ1",
            "organisation_code": "RJ1",
            "period_start": pd.Timestamp("2024-09-01"),
            "period_end": pd.Timestamp("2024-11-30"),
            "indicator": "wdes_4",
            "group": group,
            "value": 25.0,
            "unit": "percent",
            "numerator": base / 4,
            "denominator": base,
            "status": "ok",
            "source": "test",
            "locator": "row 1",
        }
        for group, base in (("Disabled", 8.0), ("Non-disabled", 400.0))
    ]
    assert rule_of("wdes_4").groups_together
    assert suppress_small_bases(figure_table(rows), USUAL)["status"].tolist() == ["suppressed", "suppressed"]
    # what a publisher hides of one group is told by the other as well
    rows[0] |= {"status": "suppressed", "value": None, "numerator": None, "denominator": None}
    assert suppress_small_bases(figure_table(rows), USUAL)["status"].tolist() == ["suppressed", "suppressed"]


def _starts(tree: ast.AST):
    """The texts that a module asks whether something starts with, or takes off its start."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("startswith", "removeprefix")
        ):
            for argument in node.args:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def test_no_code_branches_on_the_start_of_an_id():
    """No code branches on a WRES number: the record says what an indicator is."""
    families = {id.partition("_")[0] + "_" for id in (*OWNER, *PARTS)}
    found = []
    for path in CODE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [(path.name, text) for text in _starts(tree) if any(text.startswith(one) for one in families)]
        found += [
            (path.name, ast.unparse(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.Compare)
            and ast.unparse(node.left).rpartition(".")[2] == "number"
            and any(
                isinstance(part, ast.Constant) and isinstance(part.value, int)
                for one in node.comparators
                for part in ast.walk(one)
            )
            and path.parent.name in ("analysis", "report", "downloads", "disclosure", "audit", "params")
        ]
    assert found == [("chart_builders.py", "number == 1")]  # one trust, and not two
