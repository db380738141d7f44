"""The charts of both gaps: what their marks say, who is drawn, and who is too far away."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from race_equality.report.charts import chart_svg
from race_equality.report.linked_gaps_charts import left_out, links_chart, two_gaps_chart


def rows_of(number):
    chance = np.random.default_rng(2)
    staff, patients = chance.normal(9, 3, number), chance.normal(1, 2, number)
    table = pd.DataFrame(
        {"trust_code": [f"R{n:03}" for n in range(number)], "trust_name": "", "series": "Other trusts"}
    )
    for name, values in (("staff", staff), ("patients", patients)):
        table = table.assign(**{name: values, f"{name}_lower": values - 2, f"{name}_upper": values + 2})
    table.loc[0, "series"] = "This trust"
    return table


def svg_of(chart):
    return chart_svg(chart, title="t", description="d")


def test_each_trust_says_both_gaps_with_intervals_and_this_one_has_its_own_shape():
    rows = rows_of(30)
    rows.loc[0, ["staff", "staff_lower", "staff_upper"]] = 8.68, 6.61, 10.94
    rows.loc[0, ["patients", "patients_lower", "patients_upper"]] = -1.6, -2.5, 0.4
    svg = svg_of(
        two_gaps_chart(rows, staff_title="Staff", patients_title="Patients", highlight="R000", intervals=False)
    )
    labels = re.findall(r'aria-label="([^"]*)"', svg)
    assert "R000: staff +8.7 (+6.6 to +10.9), patients −1.6 (−2.5 to +0.4)" in labels
    assert len(labels) == 30
    assert svg.count("<circle") >= 1  # this trust; the others are triangles
    assert re.search(r">R000</text>", svg) and "This trust" in svg


def test_a_trust_far_from_all_others_is_named_and_not_drawn_unless_it_is_this_one():
    rows = rows_of(30)
    rows.loc[5, "patients"] = 60.0
    rows.loc[5, "trust_name"] = "Far NHS Trust"
    assert left_out(rows).endswith("patients +60.0") and "Far (R005)" in left_out(rows)
    assert left_out(rows, highlight="R005") == ""
    drawn = svg_of(two_gaps_chart(rows, staff_title="S", patients_title="P"))
    assert len(re.findall("aria-label=", drawn)) == 29 and "R005" not in drawn
    assert "Far (R005): staff" in svg_of(two_gaps_chart(rows, staff_title="S", patients_title="P", highlight="R005"))
    assert left_out(rows_of(30)) == ""


def test_a_thousand_trusts_are_counted_by_class():
    rows = rows_of(1000)
    svg = svg_of(two_gaps_chart(rows, staff_title="S", patients_title="P", highlight="R000"))
    labels = re.findall(r'aria-label="([^"]*)"', svg)
    assert len(labels) < 300
    counted = [
        int(found[1].replace(",", "")) for label in labels if (found := re.search(r": ([\d,]+) trusts? around", label))
    ]
    assert sum(counted) == 999


def test_the_links_say_their_interval():
    rows = pd.DataFrame(
        {
            "label": ["Waits: Asian", "Waits: Black"], "series": "All kinds", "correlation": [-0.224, 0.3],
            "lower": [-0.5, 0.1], "upper": [0.09, 0.5],
        }
    )  # fmt: skip
    svg = svg_of(links_chart(rows, series=["All kinds"]))
    assert 'aria-label="Waits: Asian, all kinds: −0.22 (95% interval −0.50 to 0.09)"' in svg
    assert re.search(r">−0.22</text>", svg) and re.search(r">0.30</text>", svg)
