"""The linking page: real trusts only, the latest figures, and a correlation that is known."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.staff_and_patients import (
    PATIENT_MEASURES,
    STAFF_MEASURES,
    associations,
    measures_by_trust,
    other_years,
    sensitivity,
)
from race_equality.report import sentences


@pytest.fixture
def table():
    """Forty trusts of two kinds; within a kind nothing goes together, between them everything does."""
    generator = np.random.default_rng(11)
    kind = np.repeat(["acute", "community"], 20)
    table = pd.DataFrame({"kind": kind, "region": "Midlands"}, index=[f"R{i:02}" for i in range(40)])
    for name in (*STAFF_MEASURES, *PATIENT_MEASURES):
        table[name] = generator.normal(size=40) + 10 * (kind == "acute")
    return table


def test_what_the_kind_of_trust_accounts_for_goes_away_when_adjusted(table):
    found = associations(table)
    assert len(found) == 2 * len(STAFF_MEASURES) * len(PATIENT_MEASURES)
    assert (found.loc[~found["adjusted"], "lower"] > 0).all()
    assert found.loc[found["adjusted"], "correlation"].abs().max() < 0.45
    assert (found.loc[found["adjusted"], "trusts"] == 40).all()


def test_the_summary_counts_and_warns(table):
    text = sentences.association_summary(associations(table))
    assert text.startswith("Of 12 pairs of a staff and a patient measure, 12 go together reliably as published")
    assert "one in twenty would look reliable by chance alone" in text
    assert not any(word in text for word in ("because", "causes", "leads to", "due to", "effect"))


def test_real_trusts_have_their_latest_figures_and_the_demonstration_trust_has_no_place():
    from race_equality.store.figures import read_figures
    from race_equality.store.trusts import read_trusts

    figures = read_figures()
    table = measures_by_trust(figures, read_trusts())
    assert "DEMO" not in table.index
    assert len(table) == 202
    # Barts, May 2026, read by eye in the file: 77,135 of 121,706 waited under 18 weeks.
    assert table.loc["R1H", "rtt_within_18_weeks"] == pytest.approx(100 * 77135 / 121706)
    # South London and Maudsley, a mental health trust, has survey answers and no waiting list.
    assert pd.isna(table.loc["RV5", "rtt_within_18_weeks"])
    assert table.loc["RV5", "discrimination_all"] == pytest.approx(11.5, abs=0.05)


def test_a_pair_is_correlated_again_over_other_trusts(table):
    table = table.assign(answered=range(40), region=["London"] * 5 + ["Midlands"] * 35)
    found = sensitivity(table, "discrimination_minority", "rtt_within_18_weeks").set_index("variant")
    assert found["trusts"].to_dict() == {
        "All trusts": 40,
        "Without London": 35,
        "Without the smallest quarter": 30,
        "Acute trusts alone": 20,
        "All trusts, not adjusted": 40,
    }
    # between the two kinds everything goes together, within them nothing
    assert found.loc["All trusts, not adjusted", "lower"] > 0
    assert found.loc["All trusts", "lower"] < 0 < found.loc["All trusts", "upper"]


def test_other_years_set_october_beside_the_survey_of_its_autumn():
    from race_equality.store.schema import FIGURE_DTYPES

    # Twelve trusts, ranked alike in 2022 and the other way round in 2023; 2024 has no patient figure.
    rows = []
    for at in range(12):
        code = f"R{at:02}"
        for year, order in ((2022, at), (2023, 11 - at), (2024, at)):
            rows.append((code, "staff_survey_panel_q16b", f"{year}-09-01", f"{year}-11-30", 5.0 + order, None, 100.0))
            for month, shift in ((9, 40), (10, 0)):
                if year < 2024:
                    last = f"{year}-{month:02}-{30 if month == 9 else 31}"
                    rows.append((code, "ae_over_4_hours", f"{year}-{month:02}-01", last, None, abs(shift - at), 100.0))
    names = ["trust_code", "indicator", "period_start", "period_end", "value", "numerator", "denominator"]
    figures = (
        pd.DataFrame(rows, columns=names)
        .assign(
            organisation_code=lambda d: d["trust_code"],
            group="All",
            unit="percent",
            status="ok",
            source="t",
            locator="r",
            recording="",
            private=False,
        )[list(FIGURE_DTYPES)]
        .astype(FIGURE_DTYPES)
    )
    about = pd.DataFrame({"trust_code": [f"R{at:02}" for at in range(12)], "kind": "acute", "region": "Midlands"})
    found = other_years(figures, about, "ae_over_4_hours")
    assert found["variant"].tolist() == ["All staff, autumn 2022", "All staff, autumn 2023"]
    assert found["correlation"].tolist() == pytest.approx([1.0, -1.0])
