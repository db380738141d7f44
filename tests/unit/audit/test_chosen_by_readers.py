"""The audit reads the data of the pages on which a reader chooses: a figure there that a file hides is found."""

import json

import pytest

from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

RULES = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
NAME = "WRES 5: Harassment, bullying or abuse from the public"
COLUMNS = "trust_code,kind,measure,name,group,unit,period_start,period_end,value,people,status"
HIDDEN = f'RX1,finding,wres_5,"{NAME}",Ethnic minority,percent,2024-09-01,2024-11-30,,,too few people to show [c]'


def page_with(cell) -> str:
    chart = {
        "usermeta": {
            "explore": {
                "series": [["wres_5", "Ethnic minority", "percent", "2024-11-30", "autumn 2024", "2024-09-01"]],
                "measures": {"wres_5": {"name": NAME}},
                "why": ["No data", "Too few people to show"],
            }
        },
        "datasets": {"trusts": [{"code": "RX1", "name": "Example NHS Trust", "cells": [cell]}]},
    }
    data = json.dumps(chart)
    return f'<!DOCTYPE html><html><body><script type="application/json" class="vega-lite">{data}</script></body></html>'


def comparison_with(cell, key="rows", rest=False) -> str:
    series = {
        "of": ["wres_5", "Ethnic minority", "percent"],
        "cells": [[42.9, None, None, None, 0] if cell == [42.9] else cell],
    }
    data = {
        "trusts": [["RX1", "Example NHS Trust"]],
        "statuses": ["No data", "Too few people to show"],
        "days": [["2024-09-01", "2024-11-30"]],
        "rows": [],
        "parts": [],
    }
    data[key] = [series | {"name": "Harassment", "rest": rest}]
    return f'<!DOCTYPE html><html><body><script type="application/json" id="compare-data">{json.dumps(data)}</script></body></html>'


@pytest.mark.parametrize(
    ("page", "problems"),
    [
        (page_with(1), 0),
        (page_with([42.9, 15.8, 75.0, 7]), 1),
        (page_with([42.9]), 1),
        (comparison_with(1), 0),
        (comparison_with([42.9, 15.8, 75.0, 7, 0]), 1),
        (comparison_with([42.9], key="parts"), 1),
        (comparison_with([57.1, 25.0, 84.2, 7, 0], rest=True), 1),
    ],
)
def test_a_cell_that_is_hidden_elsewhere(tmp_path, page, problems):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "page.html").write_text(page, encoding="utf-8")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "figures.csv").write_text(f"{COLUMNS}\n{HIDDEN}\n", encoding="utf-8")
    found = audit_site(tmp_path, rules=RULES)
    assert found.hidden >= 1
    assert bool(found.problems) == bool(problems), found.problems
