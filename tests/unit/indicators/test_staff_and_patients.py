"""The linking page: real trusts only, the latest figures, and a correlation that is known."""

import numpy as np
import pandas as pd
import pytest

from race_equality.indicators.staff_and_patients import (
    PATIENT_MEASURES,
    STAFF_MEASURES,
    associations,
    measures_by_trust,
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
    from race_equality.figures.store import read_figures
    from race_equality.figures.trusts import read_trusts

    figures = read_figures()
    table = measures_by_trust(figures, read_trusts())
    assert "DEMO" not in table.index
    assert len(table) == 202
    # Barts, May 2026, read by eye in the file: 77,135 of 121,706 waited under 18 weeks.
    assert table.loc["R1H", "rtt_within_18_weeks"] == pytest.approx(100 * 77135 / 121706)
    # South London and Maudsley, a mental health trust, has survey answers and no waiting list.
    assert pd.isna(table.loc["RV5", "rtt_within_18_weeks"])
    assert table.loc["RV5", "discrimination_all"] == pytest.approx(11.5, abs=0.05)
