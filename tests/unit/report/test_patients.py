"""Waits, maternity, detentions and change over surveys in words: direction, comparator, what is unclear."""

import math
from dataclasses import replace

import pandas as pd

from race_equality.report import patients, sentences
from race_equality.report.opening import KIND_WORDS
from race_equality.statistics.trend import Trend
from race_equality.store.trusts import resolve_trust

TRUST = resolve_trust("R1H")
ACCESS = pd.DataFrame(
    [
        {
            "indicator": "rtt_within_18_weeks",
            "month": pd.Timestamp("2026-05-01"),
            "percent": 63.378,
            "people": 121706,
            "all_trusts": 64.823,
            "similar_trusts": math.nan,
            "variation": "improvement",
            "provisional": False,
            "points": 24,
        },
        {
            "indicator": "ae_over_4_hours",
            "month": pd.Timestamp("2026-06-01"),
            "percent": 26.682,
            "people": 46420,
            "all_trusts": 26.346,
            "similar_trusts": 24.1,
            "variation": "common cause",
            "provisional": True,
            "points": 8,
        },
    ]
)


def test_waits_are_said_to_be_of_all_patients():
    text = patients.access_sentence(ACCESS, TRUST)
    assert "all patients together" in text
    assert "for no trust" not in text


def test_a_trust_without_patients_by_ethnic_group_says_which_file_would_bring_them():
    of_kind = {kind: patients.would_bring_patients(replace(TRUST, kind=kind)) for kind in KIND_WORDS}
    assert "Mental Health Bulletin" in of_kind["mental health"]
    assert "Emergency Care Data Set" in of_kind["acute"]
    assert all("patients return" in text for text in of_kind.values())
    assert "Emergency Care Data Set" not in of_kind["ambulance"]


def test_what_is_published_of_too_few_is_not_said_to_be_missing():
    hidden = pd.DataFrame({"place": [TRUST.code], "breakdown": ["ethnicity"], "status": ["suppressed"]})
    assert "too few people to show" in patients.would_bring_patients(TRUST, hidden)
    assert "not held" in patients.would_bring_patients(TRUST, hidden.assign(place="RJ1X"))


def test_coverage_says_where_much_of_a_list_is_missing():
    def said(percent):
        return patients.coverage_sentence(pd.DataFrame({"covered_percent": [percent]}))

    assert said(99.6) == "The list by ethnic group is 100% of the trust’s whole waiting list."
    assert said(60.2).endswith("is 60% of the trust’s whole waiting list. Much of the list is not in it.")
    assert said(float("nan")) == patients.coverage_sentence(pd.DataFrame({"covered_percent": []})) == ""


def test_no_waits_are_not_applicable_in_a_sentence():
    assert "not applicable" in patients.access_sentence(ACCESS.iloc[:0], TRUST)


def surveys(*percentages):
    return pd.DataFrame({"year": range(2021, 2021 + len(percentages)), "percent": percentages})


def test_a_reliable_change_has_a_verb_and_an_unclear_one_has_none():
    falling = sentences.change_sentence(surveys(15.3, 15.7, 14.7, 14.0), Trend(-0.5, -0.8, -0.2, "falling", 4))
    unclear = sentences.change_sentence(
        surveys(15.3, 15.7, 14.7, 14.0), Trend(-0.5, -1.3, 0.3, "no reliable change", 4)
    )
    assert "fell from 15.3% to 14.0% (the line through the surveys: −0.5 percentage points a year, 95%" in falling
    assert "went from 15.3% to 14.0%; the data do not show a reliable change" in unclear
    assert "fell" not in unclear


def test_too_few_surveys_say_so():
    text = sentences.change_sentence(surveys(15.3, 15.7), Trend(math.nan, math.nan, math.nan, "too few points", 2))
    assert "too few surveys" in text
