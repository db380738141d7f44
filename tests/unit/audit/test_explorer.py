"""The audit reads the data of the page of all measures: a figure there that a file hides is found."""

import json

import pytest

from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

RULES = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
COLUMNS = "trust_code,kind,measure,name,group,unit,period_start,period_end,value,people,status"
HIDDEN = (
    "RX1,finding,wres_5,WRES 5: Harassment,Ethnic minority,percent,2024-09-01,2024-11-30,,,too few people to show [c]"
)


def page_with(cell) -> str:
    chart = {
        "usermeta": {
            "explore": {
                "series": [["wres_5", "Ethnic minority", "percent", "2024-11-30", "autumn 2024", "2024-09-01"]],
                "measures": {"wres_5": {"name": "WRES 5: Harassment"}},
                "why": ["No data", "Too few people to show"],
            }
        },
        "datasets": {"trusts": [{"code": "RX1", "name": "Example NHS Trust", "cells": [cell]}]},
    }
    data = json.dumps(chart)
    return f'<!DOCTYPE html><html><body><script type="application/json" class="vega-lite">{data}</script></body></html>'


@pytest.mark.parametrize(("cell", "problems"), [(1, 0), ([42.9, 15.8, 75.0, 7], 1), ([42.9], 1)])
def test_a_cell_that_is_hidden_elsewhere(tmp_path, cell, problems):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "explore.html").write_text(page_with(cell), encoding="utf-8")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "figures.csv").write_text(f"{COLUMNS}\n{HIDDEN}\n", encoding="utf-8")
    found = audit_site(tmp_path, rules=RULES)
    assert found.hidden >= 1
    assert bool(found.problems) == bool(problems), found.problems
