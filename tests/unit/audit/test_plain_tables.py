"""Tables of pandas that an analyst prints in a notebook of their own."""

import json

import pandas as pd
import pytest

from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

RULES = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))


def notebook_with(table: pd.DataFrame) -> str:
    data = {"text/html": table.to_html(), "text/plain": table.to_string()}
    output = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
    code = {"cell_type": "code", "source": "table", "metadata": {}, "outputs": [output], "execution_count": 1}
    text = {"cell_type": "markdown", "source": "# My own", "metadata": {}}
    return json.dumps({"cells": [text, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def figures(**more):
    row = {
        "trust_code": "RX1",
        "indicator": "a",
        "group": "Other",
        "value": 20.0,
        "unit": "percent",
        "denominator": 50.0,
    }
    return pd.DataFrame([row | more])


@pytest.mark.parametrize(
    "more, says",
    [
        ({"value": 9.0, "unit": "people"}, "value of RX1 / a / Other is 9.0, and fewer than 10"),
        ({"denominator": 7.0}, "denominator of RX1 / a / Other / percent is 7.0, and fewer than 11"),
    ],
)
def test_too_few_people_are_found_with_the_number_of_the_cell(tmp_path, more, says):
    (tmp_path / "mine.ipynb").write_text(notebook_with(figures(**more)))
    (problem,) = audit_site(tmp_path, rules=RULES).problems
    assert problem.kind == "too few" and says in problem.message
    assert problem.place.startswith("cell 2, ")


@pytest.mark.parametrize(
    "more", [{}, {"value": 9.0}, {"value": 10.0, "unit": "people"}, {"value": 3.0, "unit": "score"}]
)
def test_other_figures_are_let_through(tmp_path, more):
    (tmp_path / "mine.ipynb").write_text(notebook_with(figures(**more)))
    assert audit_site(tmp_path, rules=RULES).problems == ()
