"""Waits, maternity, detentions and change over surveys in words: direction, comparator, what is unclear."""

import math
from dataclasses import replace
from datetime import date

import pandas as pd

from race_equality.analysis.steps_in_staff import Step, YearlyTrend
from race_equality.report import patients, sentences
from race_equality.report.opening import KIND_WORDS
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


def surveys(*percentages, base=1000):
    return pd.DataFrame({"year": range(2021, 2021 + len(percentages)), "percent": percentages, "base": base})


def test_a_reliable_change_has_a_verb_and_an_unclear_one_has_none():
    falling = sentences.change_sentence(surveys(15.3, 15.7, 14.7, 14.0), YearlyTrend(-0.5, -0.8, -0.2, "falling", 4))
    unclear = sentences.change_sentence(
        surveys(15.3, 15.7, 14.7, 14.0), YearlyTrend(-0.5, -1.3, 0.3, "no reliable change", 4)
    )
    assert "fell from 15.3% to 14.0% (the line through the surveys: −0.5 percentage points a year, 95%" in falling
    assert "went from 15.3% to 14.0%; the data do not show a reliable change" in unclear
    assert "fell" not in unclear
    assert "The first and the last survey differ" not in unclear  # 153 and 140 of 1,000: within chance


def test_where_first_and_last_differ_and_all_four_do_not_the_sentence_says_why():
    change = YearlyTrend(-0.8, -1.7, 0.1, "no reliable change", 4)
    text = sentences.change_sentence(surveys(15.3, 11.0, 14.7, 10.9), change)  # 153 and 109 of 1,000: z = 2.9
    assert "do not show a reliable change" in text
    assert "The first and the last survey differ by more than the chance of who answered." in text
    assert "moves from one survey to the next" in text
    brief = sentences.change_sentence(surveys(15.3, 11.0, 14.7, 10.9), change, brief=True)
    assert brief.endswith("went from 15.3% to 10.9%; no reliable change.")


def of_staff(before, after, start, end, unit="people", **more):
    return Step(pd.Timestamp(start), pd.Timestamp(end), before, after, unit, **more)


def test_surveys_before_and_after_a_step_have_no_slope():
    step = of_staff(3718.1, 2666.2, "2024-04-30", "2024-05-31", "fte")
    change = YearlyTrend(math.nan, math.nan, math.nan, "too few points", 1, step)
    text = sentences.change_sentence(surveys(10.0, 11.0, 12.0, 13.0), change)
    assert "In May 2024 staff in full-time equivalents fell from 3,718 to 2,666, as in a merger or transfer." in text
    assert "no slope is drawn" in text
    assert "percentage points a year" not in text
    brief = sentences.change_sentence(surveys(10.0, 11.0, 12.0, 13.0), change, brief=True)
    assert brief.endswith("went from 10.0% to 13.0%; not compared, as staff left in between.")


def marches(*people):
    return pd.DataFrame({"year": range(2024 - len(people), 2024), "people": people})


def test_growth_is_a_yearly_mean_and_a_step_is_no_growth():
    grew = sentences.growth_sentence(marches(1000, 1030, 1060, 1093), YearlyTrend(3.0, 2.0, 4.0, "rising", 4))
    assert grew.startswith(
        "Staff went from 1,000 in March 2020 to 1,093 in March 2023, 3.0% more each year on average (95%"
    )
    assert grew.endswith("Each new post is a choice of whom to appoint.")
    fell = sentences.growth_sentence(marches(1093, 1060, 1030, 1000), YearlyTrend(-3.0, -4.0, -2.0, "falling", 4))
    assert "3.0% fewer each year on average" in fell
    unclear = sentences.growth_sentence(
        marches(1000, 990, 1010, 1000), YearlyTrend(0.0, -2.0, 2.0, "no reliable change", 4)
    )
    assert "no steady rise or fall" in unclear
    assert "Each new post" not in unclear

    step = of_staff(6960, 20159, "2021-03-31", "2022-03-31", organisation="Pennine", day=date(2021, 10, 1))
    few = YearlyTrend(math.nan, math.nan, math.nan, "too few points", 2, step)
    text = sentences.growth_sentence(marches(6900, 6960, 20159, 20500), few)
    assert text == (
        "In the year to March 2022 staff rose from 6,960 to 20,159: staff of Pennine joined the trust on 1 October 2021; no "
        "slope is drawn through it. In March 2023 the trust had 20,500 staff."
    )
    since = sentences.growth_sentence(
        marches(1674, 3698, 3700, 3800, 4000),
        YearlyTrend(2.7, 0.5, 5.0, "rising", 4, of_staff(1674, 3698, "2019-03-31", "2020-03-31")),
    )
    assert since.startswith(
        "In the year to March 2020 staff rose from 1,674 to 3,698, as in a merger or transfer; no slope is drawn through it. "
        "Since then staff went from 3,698 in March 2020 to 4,000 in March 2023, 2.7% more"
    )


def test_too_few_surveys_say_so():
    text = sentences.change_sentence(
        surveys(15.3, 15.7), YearlyTrend(math.nan, math.nan, math.nan, "too few points", 2)
    )
    assert "too few surveys" in text


def test_the_month_of_a_change_of_recording_is_named_and_none_where_there_is_none():
    months = pd.DataFrame({"month": pd.to_datetime(["2025-10-01", "2025-11-01", "2025-12-01"]), "recording": [0, 1, 1]})
    assert patients.recording_change(months) == "November 2025"
    # Figures that begin after the change: there is nothing to compare across it.
    assert patients.recording_change(months.tail(2)) == ""
    assert patients.recording_change(months.head(1)) == ""
