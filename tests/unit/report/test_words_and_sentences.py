"""What a reader reads: numbers, directions, comparators, unclear results, forbidden words."""

import math
from datetime import date

import pandas as pd
import pytest

from race_equality.analysis.gap_reading import read_gap
from race_equality.report import bands, board_page, sentences
from race_equality.store.trusts import resolve_trust


@pytest.mark.parametrize(
    ("number", "lower", "upper", "expected"),
    [
        (8, 1.0, 3.0, "adverse"),
        (8, -3.0, -1.0, "favourable"),
        (8, -1.0, 3.0, "unclear"),
        (8, 0.0, 3.0, "unclear"),  # touching zero is not clear of it
        (7, -3.0, -1.0, "adverse"),  # equal opportunities: fewer believing in them is adverse
        (7, 1.0, 3.0, "favourable"),
        (5, math.nan, math.nan, "none"),
    ],
)
def test_direction(number, lower, upper, expected):
    assert read_gap({"number": number, "gap_lower": lower, "gap_upper": upper}).direction == expected


def finding(number, minority, white, lower, upper):
    return {
        "number": number,
        "status": "ok",
        "ethnic_minority_percent": minority,
        "white_percent": white,
        "gap": minority - white,
        "gap_lower": lower,
        "gap_upper": upper,
    }


def test_a_clear_gap_names_both_groups_direction_interval_and_comparator():
    text = sentences.experience_sentences(
        finding(8, 16.3, 10.1, 4.8, 7.5), {"All 154 trusts with published figures": {"gap": 8.5}}
    )
    assert text == (
        "16.3% of staff from ethnic minorities and 10.1% of White staff said they had experienced "
        "discrimination from a manager, team leader or other colleagues. The figure for staff from ethnic "
        "minorities is 6.2 percentage points higher than for White staff (95% confidence interval of the "
        "gap: +4.8 to +7.5). All 154 trusts with published figures: a gap of +8.5 points."
    )


def test_an_unclear_gap_is_said_to_be_unclear_and_not_equal():
    text = sentences.experience_sentences(finding(5, 26.5, 24.2, -0.7, 5.4), {})
    assert "The data do not show a reliable difference" in text
    assert "This does not show that experiences are the same." in text
    assert "significant" not in text


def test_the_summary_puts_each_measure_on_its_side():
    rows = pd.DataFrame(
        [
            finding(5, 43.5, 51.2, -10.6, -4.8),
            finding(6, 23.2, 19.7, 1.1, 5.9),
            finding(7, 44.7, 50.6, -8.8, -3.0),
            finding(8, 15.3, 15.0, -1.0, 1.6),
        ]
    )
    text = board_page.state_sentence(rows, pd.DataFrame(), "acute")
    assert text.startswith(
        "Staff from ethnic minorities report worse experience than White staff on two of four survey measures. "
    )
    assert "They report better experience than White staff on harassment from the public." in text
    assert "On discrimination at work the data do not show a reliable difference" in text
    favourable = board_page.state_sentence(rows.head(1), pd.DataFrame(), "acute")
    assert favourable.startswith(
        "Staff from ethnic minorities report better experience than White staff on harassment from"
    )


def test_a_ratio_is_times_as_likely_with_direction():
    rows = pd.DataFrame(
        [
            {"number": 2, "ratio": 3.21, "lower": 2.5, "upper": 4.1, "outside": 0.9999, "status": "ok"},
            {"number": 3, "ratio": 1.0, "lower": 0.5, "upper": 1.9, "outside": 0.52, "status": "ok"},
            {"number": 4, "status": "suppressed"},
        ]
    )
    appointed, disciplinary, training, note = sentences.likelihood_sentences(rows)
    assert (
        "White applicants were 3.21 times as likely as applicants from ethnic minorities to be appointed" in appointed
    )
    assert "do not show a reliable difference" in disciplinary
    assert "more likely" not in appointed + disciplinary
    assert appointed.endswith("Probability that the true ratio lies outside 0.80 to 1.25: over 99%.")
    assert disciplinary.endswith("Probability that the true ratio lies outside 0.80 to 1.25: 52%.")
    assert training.endswith(
        "There are too few White staff or staff from ethnic minorities to show how many times as likely "
        "they were to take up non-mandatory training and development."
    )
    assert note == sentences.FOUR_FIFTHS_NOTE


def test_a_ratio_without_an_upper_limit_says_so():
    rows = pd.DataFrame([{"number": 3, "ratio": 5.0, "lower": 1.2, "upper": math.inf, "outside": 0.97, "status": "ok"}])
    assert "(95% confidence interval: 1.20 and above)" in sentences.likelihood_sentences(rows)[0]


def test_every_position_a_funnel_can_give_has_its_words():
    from race_equality.report.funnels import funnel_sentence
    from race_equality.statistics.funnel import funnel_limits

    funnel = funnel_limits([1, 50, 99, 50, 60, 40, 50, 52, 48], [100] * 9, overdispersed=False)
    assert len(set(funnel.position)) == 5
    for position in set(funnel.position):
        side, _, limit = position.partition(" ")
        text = funnel_sentence(str(position), "A Trust", "acute", 9, 50.0)
        assert f"A Trust lies {'within the limits' if side == 'within' else f'{side} the {limit}'}" in text


def test_the_opening_introduces_a_trust():
    text = board_page.about_line(
        resolve_trust("RRU"), 7405.0, pd.Timestamp("2023-05-31"), "autumn 2024", "0123abcd", date(2026, 11, 22)
    )
    assert text == (
        "An ambulance trust in London, about 7,400 staff on 31 May 2023. Staff survey: autumn 2024. Data version 0123abcd, "
        "read by 22 November 2026."
    )


def test_the_demonstration_trust_is_marked_as_invented():
    assert board_page.marks(resolve_trust("DEMO"), pd.DataFrame())[0].startswith("Invented: this trust does not exist.")


def test_small_bands_hide_with_a_second():
    table = pd.DataFrame(
        {
            "period_end": pd.Timestamp("2025-03-31"),
            "indicator": ["wres_1_clinical_band_5", "wres_1_clinical_band_6", "wres_1_clinical_band_8a"],
            "people": [400.0, 300.0, 50.0],
            "ethnic_minority_percent": [40.0, 30.0, 8.0],
            "lower": [35.0, 25.0, 3.0],
            "upper": [45.0, 35.0, 19.0],
        }
    )
    shown = bands.bands_in_words(table, 10).set_index("band")["minority"]
    # 4 of 50 is too few; alone it could be worked out, so the next smallest (90 of 300) is hidden with it.
    assert shown["Clinical, band 8a"] == shown["Clinical, band 6"] == "Too few people to show"
    assert shown["Clinical, band 5"] == "40.0% (35.0 to 45.0)"
