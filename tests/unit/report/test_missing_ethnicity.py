"""How far unrecorded ethnicity could move a gap, in words: which gap, between what, on what assumption, and what it means."""

from __future__ import annotations

import math

import pandas as pd

from race_equality.report import missing_ethnicity


def bounds(*rows):
    table = pd.DataFrame(
        rows,
        columns=[
            "measure",
            "group",
            "gap",
            "direction",
            "spread",
            "lower",
            "upper",
            "least",
            "most",
            "keeps",
            "status",
        ],
    )
    return table.assign(unknown_percent=8.9, unknown_counted=51.7, place="RAA")


WAITS = "waiting_over_18_weeks"
BLACK = (WAITS, "Black", 2.2, "adverse", 2.0, 0.2, 2.2, -31.8, 31.9, "alike", "ok")
MIXED = (WAITS, "Mixed", 2.5, "adverse", 2.3, -0.1, 2.5, -39.3, 38.2, "", "ok")
ASIAN = (WAITS, "Asian", 1.1, "unclear", 1.0, -0.1, 1.1, -30.6, 30.0, "", "ok")
CARE = ("maternity_continuity_of_carer", "Other", -12.5, "adverse", -12.3, -12.5, -11.8, -19.9, -4.4, "whatever", "ok")


def test_the_widest_clear_gap_in_numbers_and_what_could_turn_round():
    text = missing_ethnicity.gaps_missing_sentences(bounds(ASIAN, BLACK, MIXED))
    assert text == (
        "**Waiting over 18 weeks for treatment**: no ethnic group is recorded for 8.9% of patients on the waiting list; 51.7% of "
        "these had waited over 18 weeks. Whichever groups they belong to, the gap of the Mixed group (+2.5 points) is between "
        "−0.1 and +2.5 if they fare alike in each group; spread over the groups as the others are, it is +2.3. The gap of "
        "the Mixed group could vanish or turn round. The other clear gap keeps its direction.\n\n"
        "With nothing assumed about how these patients fared, none of two clear gaps keep their direction."
    )


def test_what_keeps_its_direction_is_said_of_one_and_of_all():
    one = missing_ethnicity.gaps_missing_sentences(bounds(BLACK))
    assert "The clear gap keeps its direction." in one
    assert one.endswith("the clear gap could vanish or turn round.")
    both = missing_ethnicity.gaps_missing_sentences(bounds(BLACK, (*MIXED[:5], 0.1, *MIXED[6:9], "alike", "ok"), CARE))
    assert "All two clear gaps keep their direction." not in both
    assert "Both clear gaps keep their direction." in both
    assert both.endswith("one of three clear gaps keeps its direction.")
    assert missing_ethnicity.gaps_missing_sentences(bounds(CARE)).endswith("the clear gap keeps its direction.")


def test_without_a_clear_gap_the_widest_is_bounded_and_nothing_is_claimed():
    text = missing_ethnicity.gaps_missing_sentences(bounds(ASIAN))
    assert "the gap of the Asian group (+1.1 points) is between −0.1 and +1.1" in text
    assert text.endswith("No gap of this measure is clear.")


def test_hidden_and_complete_records_have_words_and_no_number():
    none = (math.nan,) * 5
    hidden = missing_ethnicity.gaps_missing_sentences(bounds((WAITS, "Black", 2.2, "adverse", *none, "", "suppressed")))
    assert "there is no bound" in hidden
    complete = missing_ethnicity.gaps_missing_sentences(bounds((WAITS, "Black", 2.2, "adverse", *none, "", "complete")))
    assert "recorded for everybody" in complete
    assert "nan" not in hidden + complete
    assert missing_ethnicity.gaps_missing_sentences(bounds()) == ""


def detained(**groups):
    return pd.DataFrame(
        [
            {"group": group, "times_white": times, "lower": lower, "upper": upper, "unknown_percent": 7.6}
            for group, (times, lower, upper) in groups.items()
        ]
    )


def test_detentions_are_moved_to_either_group():
    text = missing_ethnicity.detentions_missing_sentence(
        detained(Asian=(1.15, 1.03, 2.2), Black=(3.44, 3.08, 5.69)), "In England"
    )
    assert text == (
        "In England, the ethnic group of 7.6% of detentions is not recorded. If all of these were of people in the White group, "
        "the Black group’s rate would be 3.1 times the White group’s; if all were of people in the Black group, 5.7 times; "
        "spread over the groups as the others are, 3.4 times as now. Every group’s rate that is above the White group’s would "
        "stay above it."
    )
    falling = missing_ethnicity.detentions_missing_sentence(
        detained(Asian=(1.1, 0.9, 2.2), Black=(3.44, 3.08, 5.69)), "There"
    )
    assert falling.endswith("That of Asian could be below the White group’s.")
    assert missing_ethnicity.detentions_missing_sentence(detained(), "There") == ""


def test_births_are_said_between_two_shares():
    deliveries = pd.DataFrame(
        {"group": ["White", "Not stated or not known"], "percent": [70.0, 10.0], "status": ["ok", "ok"]}
    )
    assert missing_ethnicity.births_missing_sentence(deliveries) == (
        "Between 20.0% and 30.0% of those who gave birth were from ethnic minorities, whichever groups those with none recorded "
        "belong to; of those whose group is recorded, 22.2% were."
    )
    assert missing_ethnicity.births_missing_sentence(deliveries.iloc[:0]) == ""


def test_all_trusts_are_counted_by_measure():
    hidden = (WAITS, "Black", 3.0, "adverse", *(math.nan,) * 5, "", "suppressed")
    complete = ("maternity_continuity_of_carer", "Other", -9.0, "adverse", *(math.nan,) * 5, "", "complete")
    table = bounds(ASIAN, BLACK, MIXED, hidden, CARE, complete)
    rows = missing_ethnicity.bounds_table(table).set_index("measure")
    waits = rows.loc["Waiting over 18 weeks for treatment"]
    assert waits.to_dict() == {"gaps": "4", "width": "2.0", "clear": "3", "alike": "1", "whatever": "0", "hidden": "1"}
    assert rows.loc["Continuity of midwifery carer", ["clear", "alike", "whatever", "hidden"]].tolist() == [
        "2",
        "2",
        "2",
        "0",
    ]
    text = missing_ethnicity.bounds_words(
        table, detained(Black=(3.44, 3.08, 5.69)), [{"lower": 20.0, "upper": 31.0}, {}]
    )
    assert (
        "alike in each: one of two in waiting over 18 weeks for treatment and all two in continuity of midwifery carer."
        in text
    )
    assert "at the median of one trust the share from ethnic minorities is known to within 11.0 points" in text
    assert "at one to no better than ten points" in text
    assert "the Black group’s rate would be 3.1 times" in text
