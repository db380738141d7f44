"""Change over years and months at all trusts, from the figures of the project: slopes, steps and verdicts counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis import access
from race_equality.analysis.steps_in_staff import steps_of_all
from race_equality.analysis.survey import _discrimination_of_all_by_year, ends_differ, yearly_changes
from race_equality.analysis.workforce import yearly_growths
from race_equality.definitions.indicators import ACCESS
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trust_list


@pytest.fixture(scope="module")
def figures():
    return read_figures(local=False)


@pytest.fixture(scope="module")
def listed():
    return read_trust_list()


@pytest.fixture(scope="module")
def codes(listed):
    return listed.trusts["trust_code"].tolist()


@pytest.fixture(scope="module")
def growths(figures, listed, codes):
    return yearly_growths(figures, codes, listed.successions)


@pytest.fixture(scope="module")
def changes(figures, listed, codes):
    return yearly_changes(figures, codes, listed.successions)


def of(figures, indicator, code):
    rows = figures[(figures["indicator"] == indicator) & (figures["trust_code"] == code)]
    return rows["value"].astype("float64").groupby(rows["period_end"].dt.year).sum()


def test_no_slope_goes_through_a_step_in_staff(figures, growths):
    """Counted here from the published head counts: no year of a slope has a fifth more or a sixth fewer staff."""
    drawn = {code: found for code, found in growths.items() if found.points >= 4 and np.isfinite(found.slope)}
    assert len(drawn) > 180
    through = []
    figures = figures[figures["indicator"] == "workforce_march_headcount"]
    for code, found in drawn.items():
        people = of(figures, "workforce_march_headcount", code).tail(found.points)
        change = people / people.shift(1)
        if (change > 1.2).any() or (change < 1 / 1.2).any():
            through.append(code)
    assert through == []


def test_no_slope_goes_through_a_transfer_with_a_date(figures, listed, growths, changes):
    """Pennine Acute was divided on 1 October 2021: its staff are in neither successor's earlier figures."""
    heirs = {one.new_code for one in listed.successions if one.old_code == "RW6"}
    assert heirs == {"R0A", "RM3"}
    for code in heirs:
        assert growths[code].direction == changes[code].direction == "too few points"
        assert growths[code].step.organisation == "Pennine Acute Hospitals NHS Trust"
    people = of(figures, "workforce_march_headcount", "RM3")
    assert (growths["RM3"].step.before, growths["RM3"].step.after) == (people[2021], people[2022])


def test_cornwall_partnership_doubled_in_a_year(figures, growths):
    people = of(figures, "workforce_march_headcount", "RJ8")
    assert people[2017] / people[2016] > 2.2
    assert (growths["RJ8"].step.before, growths["RJ8"].step.after) == (people[2016], people[2017])
    assert growths["RJ8"].slope == pytest.approx(100 * ((people[2023] / people[2017]) ** (1 / 6) - 1))


@pytest.mark.parametrize(("code", "direction"), [("RRK", "rising"), ("RYC", "falling")])
def test_a_change_of_five_standard_errors_is_reliable(figures, changes, code, direction):
    """RRK 9.8 to 12.2% (z 5.0), RYC 18.4 to 13.4% (z -5.2): four surveys alone did not show it."""
    assert changes[code].direction == direction


def test_few_trusts_have_ends_that_differ_without_a_slope(figures, changes):
    """The page says why at each: 25 before, when the scatter came from four surveys."""
    unclear = [code for code, found in changes.items() if found.direction == "no reliable change"]
    assert len(unclear) > 150
    surveys = dict(iter(_discrimination_of_all_by_year(figures).groupby("trust_code")))
    differ = [code for code in unclear if ends_differ(surveys[code])]
    assert len(differ) <= 18


def test_steps_are_few_and_all_beyond_the_ordinary(figures, listed):
    steps = [step for found in steps_of_all(figures, listed.successions).values() for step in found]
    ratios = np.array([step.after / step.before for step in steps if step.day is None])
    assert 60 < len(steps) < 200  # of 2,600 yearly changes
    assert not ((ratios > 0.95) & (ratios < 1.09)).any()


def test_a_waiting_list_resembles_the_month_before_and_few_lists_are_said_to_improve(figures):
    """129 of 162 by the rules for independent months."""
    found = access.autocorrelations(figures).set_index("indicator")
    measure = ACCESS[0]
    assert found.loc[measure.id, "autocorrelation"] >= 0.8
    assert found.loc[measure.id, "trusts"] > 150
    rows = access.access_by_month(figures)
    rows = rows[(rows["indicator"] == measure.id) & (rows["trust_code"] != "DEMO") & (rows["people"] >= 11)]
    verdicts, independent = (
        pd.Series(
            [access.chart_of(run, measure, alike).variation_icon for run in access.latest_runs(rows).values()]
        ).value_counts()
        for alike in (found.loc[measure.id, "autocorrelation"], 0.0)
    )
    assert independent["improvement"] > 120
    assert 10 < verdicts["improvement"] < 60
