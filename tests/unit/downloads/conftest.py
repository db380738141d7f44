"""A few figures of a trust that could be real, made by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.downloads.findings import DownloadData
from race_equality.store.figures import figure_table
from race_equality.store.provenance import Source
from race_equality.store.trust import Trust

AUTUMN = (pd.Timestamp("2024-09-01"), pd.Timestamp("2024-11-30"))


def figure(indicator, group, value, *, unit="percent", numerator=None, denominator=None, status="ok", **others):
    """Return one figure of RX1, by default of the survey of 2024."""
    return {
        "trust_code": "RX1",
        "organisation_code": "RX1",
        "period_start": AUTUMN[0],
        "period_end": AUTUMN[1],
        "indicator": indicator,
        "group": group,
        "value": value,
        "unit": unit,
        "numerator": numerator,
        "denominator": denominator,
        "status": status,
        "source": "survey",
        "locator": "row 7, rate",
    } | others


@pytest.fixture
def new_figure():
    """Return a figure, given indicator, group and value."""
    return figure


@pytest.fixture
def new_trust():
    """Return a trust, given its code and name."""

    def make(code="RX1", name="Example NHS Trust", *, is_demonstration=False):
        return Trust(code, name, "acute", "London", "London ICB", date(2001, 4, 1), (), None, is_demonstration)

    return make


@pytest.fixture
def download_data():
    """Return the data of downloads with some figures, by the usual rules or others."""
    usual = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))

    def make(*rows, rules=usual):
        figures = figure_table(rows)
        survey = Source("survey", "A survey", "A publisher", "", "OGL", date(2026, 1, 1), "", "survey.xlsx", "2024")
        return DownloadData(figures, {"survey": survey}, rules)

    return make


@pytest.fixture
def wres_6(new_figure):
    """WRES 6 of RX1: 60 of 200, and 200 of 1,000."""
    return [
        new_figure("wres_6", "Ethnic minority", 30.0, numerator=60, denominator=200),
        new_figure("wres_6", "White", 20.0, numerator=200, denominator=1000),
    ]
