"""Who did not answer the survey, in words."""

import math

import pandas as pd
import pytest

from race_equality.report import who_answered_words as words


def response(growth=1.05, percent=36.3, **more):
    return pd.DataFrame(
        [
            {
                "answered": 5771.0,
                "survey_start": pd.Timestamp("2024-09-01"),
                "survey_end": pd.Timestamp("2024-11-30"),
                "staff": 15891.0,
                "staff_on": pd.Timestamp("2023-05-31"),
                "organisations": 1.0,
                "percent": percent,
                "growth": growth,
                "percent_then": percent / growth,
                **more,
            }
        ]
    )


def gap(indicator, limits, moved=2.5, *, gone_at=10.0, by_group=False):
    lower, upper = limits
    return {
        "indicator": indicator,
        "gap": (lower + upper) / 2,
        "gap_lower": lower,
        "gap_upper": upper,
        "clear": lower > 0 or upper < 0,
        "least": (lower + upper) / 2 - moved,
        "most": (lower + upper) / 2 + moved,
        "chance_least": lower - moved,
        "chance_most": upper + moved,
        "gone_at": gone_at,
        "by_group": by_group,
    }


CLEAR, WEAK, UNCLEAR = gap("wres_8", (6.2, 10.7)), gap("wres_6", (0.2, 6.1)), gap("wres_5", (-0.7, 5.4))


def test_how_many_answered_and_what_has_become_of_the_head_count():
    text = words.answered_sentences(response())
    assert text == (
        "5,771 staff answered the question on discrimination at work in the survey of autumn 2024. That is 36.3% of the 15,891 "
        "whom the trust employed on 31 May 2023, the latest head count that is held. At the time of the survey it had 5.0% more "
        "staff (full-time equivalents), so the share was nearer 34.6%."
    )
    assert "26.7% fewer staff" in words.answered_sentences(response(0.7333))


def test_a_head_count_of_organisations_that_have_merged_is_not_called_the_trusts():
    text = words.answered_sentences(response(organisations=2.0))
    assert "15,891 whom the organisations that are now this trust employed on 31 May 2023" in text
    assert "At the time of the survey they had 5.0% more staff" in text


@pytest.mark.parametrize("growth", [1.01, math.nan])
def test_a_change_that_is_small_or_not_known_is_not_said(growth):
    assert words.answered_sentences(response(growth)).endswith("the latest head count that is held.")


def test_without_a_head_count_it_says_so():
    assert "cannot be said" in words.answered_sentences(response().iloc[:0])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([CLEAR], "the gap in discrimination at work would still be clear."),
        ([WEAK], "the gap in harassment from staff would no longer be clear."),
        (
            [WEAK, CLEAR, UNCLEAR],
            "the gap in discrimination at work would still be clear and the gap in harassment from staff would no longer be.",
        ),
        (
            [CLEAR, gap("wres_7", (-13.3, -6.3))],
            "the gaps in discrimination at work and fair career progression would still",
        ),
        ([UNCLEAR], "no gap would be clear, as none is now."),
        # clear by the trust's own answers, and not when it is read with other trusts
        ([WEAK | {"clear": False}], "no gap would be clear, as none is now."),
    ],
)
def test_which_gaps_would_still_be_clear(rows, said):
    text = words.range_sentences(pd.DataFrame(rows))
    assert said in text
    assert text.endswith("is not published; the share of all staff is taken for both.")


def test_whose_share_it_is():
    own = words.range_sentences(pd.DataFrame([CLEAR | {"by_group": True}]))
    assert own.endswith("How many answered is known for each of the two groups, from the trust’s return.")
    assert words.range_sentences(pd.DataFrame([CLEAR]).iloc[:0]) == ""


def test_the_table_reads_each_gap_once():
    table = words.range_table(pd.DataFrame([UNCLEAR, WEAK, CLEAR | {"gone_at": math.nan}]))
    assert table["reading"].tolist() == ["Not clear as it is", "No longer clear", "Still clear"]
    assert table["gone"].tolist() == ["Not clear as it is", "10.0 points", "No difference in one group alone"]
    assert table["range"].tolist()[2] == "+3.7 to +13.2"


def test_counts_over_trusts():
    table = words.across_trusts_table(pd.DataFrame([CLEAR, gap("wres_8", (0.2, 6.1)), gap("wres_8", (-1.0, 4.0), 3.5)]))
    assert table.iloc[0].tolist() == ["Discrimination from a manager or colleagues", "3", "2", "1", "2.5"]


def test_the_median_trust_and_the_reason_for_the_range():
    every = pd.concat([response(percent=percent) for percent in (35.0, 41.0, 52.0)])
    text = words.across_trusts_sentences(every, 85.1)
    assert "In the median of 3 trusts the answers to the survey were 41.0% of the head count of 31 May 2023" in text
    assert "; in one they were under 40%." in text
    assert "they were 39.0%, and under 40% in two." in text  # 41.0% of 1.05 times the staff
    assert "85.1% of trusts’ figures lie within five points" in text
