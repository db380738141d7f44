"""What could be seen, in words: next to what is unclear, next to targets, and over all trusts."""

import math
from datetime import date

import pandas as pd
import pytest

from race_equality.analysis.change_since import Change
from race_equality.analysis.patient_gaps import WidestGap
from race_equality.definitions.indicators import BY_ID
from race_equality.params.actions import Action, Review
from race_equality.report import action_progress, sentences
from race_equality.report import what_could_be_seen as seen
from race_equality.report.enough_to_act_on import enough_to_act_on
from race_equality.statistics.trend import Trend

AUTUMN = (pd.Timestamp("2024-09-01"), pd.Timestamp("2024-11-30"))
YEAR = (pd.Timestamp("2024-04-01"), pd.Timestamp("2025-03-31"))


def change(indicator, value, by_next, *, measure="gap", all_trusts=math.nan, half_seen=math.nan):
    return {
        "trust_code": "RAA",
        "indicator": indicator,
        "measure": measure,
        "period_start": AUTUMN[0],
        "period_end": AUTUMN[1],
        "value": value,
        "error": by_next / 3.962,
        "by_next": by_next,
        "a_year": by_next / 2,
        "all_trusts": all_trusts,
        "half_seen": half_seen,
    }


CHANGES = pd.DataFrame(
    [
        change("staff_survey_q16b", 9.9, 2.04, measure="percent"),
        change("wres_8", 8.4, 4.6, all_trusts=8.5, half_seen=0.74),
        change("wres_7", -9.8, 4.0, all_trusts=-9.2, half_seen=0.9),
        change("wres_5", 2.3, 6.2, all_trusts=4.0, half_seen=0.15),
    ]
)
NO_RETURN = pd.DataFrame({"number": [], "ratio": []})
NO_BOARD = pd.DataFrame()


def action(indicator, target=None, **more):
    values = {
        "what": "Change it",
        "owner": "Chair",
        "began": date(2025, 4, 1),
        "due": date(2026, 3, 31),
        "status": "under way",
        "review": Review(date(2027, 1, 1), None),
    }
    return Action(indicator=indicator, target=target, **(values | more))


def here(number, lower, upper, status="ok"):
    return {
        "number": number,
        "indicator": f"wres_{number}",
        "status": status,
        "gap": (lower + upper) / 2,
        "gap_lower": lower,
        "gap_upper": upper,
        "ethnic_minority_total": 900.0,
    }


# -- next to what is unclear ------------------------------------------------------------------------


def test_only_an_unclear_gap_has_a_sentence():
    rows = [here(5, -0.7, 5.4), here(7, -13.3, -6.3), here(8, math.nan, math.nan, "suppressed")]
    notes = seen.gap_notes(pd.DataFrame(rows), CHANGES)
    assert notes[5] == (
        " With about as many answers, the next survey could show that this gap changed by 6.2 points or more, and three "
        "surveys a steady change of 3.1 points a year; a smaller one could be missed."
    )
    assert [notes[7], notes[8]] == ["", ""]


def test_an_unclear_ratio_says_what_the_next_return_could_show():
    # 0.5 to 2.0 is a log error of 0.3536; times 2.8016 and root 2 it is 1.4009, and e to that 4.06
    assert seen.after_ratio(1.0, 0.5, 2.0) == (
        " With about as many people, next year’s return could show a fall to 0.25 or a rise to 4.06; a smaller change could be "
        "missed."
    )
    assert seen.after_ratio(1.0, 0.5, math.inf) == ""
    assert seen.after_ratio(math.nan, 0.0, math.inf) == ""
    row = {"number": 3, "period_end": YEAR[1], "ratio": 1.0, "lower": 0.5, "upper": 2.0, "outside": 0.5, "status": "ok"}
    unclear, _ = sentences.likelihood_sentences(pd.DataFrame([row]))
    clear, _ = sentences.likelihood_sentences(pd.DataFrame([row | {"ratio": 1.6, "lower": 1.2}]))
    assert "a fall to 0.25 or a rise to 4.06" in unclear
    assert "could show" not in clear


@pytest.mark.parametrize(
    ("measure", "lower", "upper", "said"),
    [
        # half of the interval is 3 points, 1.5306 errors; 2.8016 of these are 4.3
        ("gap", -2.0, 4.0, "No reliable change; 4.3 points or more could have been seen"),
        ("percent", -2.0, 4.0, "No reliable change; 4.3 points or more could have been seen"),
        ("ratio", 0.5, 2.0, "No reliable change; 0.37 times or less, or 2.69 times or more, could have been seen"),
        ("ratio", 0.5, math.inf, "No reliable change"),
        ("board", -2.0, 4.0, "No reliable change"),
        ("months", 50.0, 60.0, "No reliable change"),
    ],
)
def test_no_reliable_change_stands_with_what_could_have_been_seen(measure, lower, upper, said):
    periods = {"before_period": AUTUMN, "after_period": YEAR}
    found = Change("wres_8", measure, "unclear", **periods, before=1, after=1, change=1.0, lower=lower, upper=upper)
    assert action_progress.changes_table([(date(2025, 1, 1), found)])["reading"].item() == said


def test_surveys_so_far_and_the_next():
    # half of the interval is 0.8 points a year; 2.8016 over 1.96 of these is 1.1, and never less than the interval
    flat = Trend(-0.5, -1.3, 0.3, "no reliable change", 4)
    assert seen.after_years(CHANGES, "staff_survey_q16b", flat) == (
        " These surveys could show a steady change of 1.1 points a year or more, and the next one a change of 2.0 points from "
        "the last; a smaller one could be missed."
    )
    assert seen.after_years(CHANGES, "staff_survey_q15", flat) == ""
    assert seen.after_years(CHANGES, "staff_survey_q16b", Trend(-0.5, -0.8, -0.2, "falling", 4)) == ""
    assert seen.after_years(CHANGES, "staff_survey_q16b", Trend(*[math.nan] * 3, "too few points", 2)) == ""


def test_patients_whose_gap_is_not_clear():
    groups = pd.DataFrame(
        [
            {"group": "Asian", "direction": "adverse", "gap_lower": 1.0, "gap_upper": 3.0},
            {"group": "Black", "direction": "unclear", "gap_lower": -2.0, "gap_upper": 1.0},
            {"group": "Mixed", "direction": "unclear", "gap_lower": -3.0, "gap_upper": 3.0},
            {"group": "White", "direction": "reference", "gap_lower": math.nan, "gap_upper": math.nan},
        ]
    )
    found = WidestGap(BY_ID["waiting_over_18_weeks"], groups, 3, 1, groups.iloc[0], 50.0)
    # half of the interval over 1.96, times 2.8016 and root 2: 1.5 becomes 3.03 and 3 becomes 6.06
    assert seen.after_patients(found) == (
        " With as many patients, next year’s figures could show that a gap changed by 3.0 to 6.1 points or more, by how many "
        "people a group has; a smaller change could be missed."
    )
    assert seen.after_patients(WidestGap(found.measure, groups.head(1), 1, 1, groups.iloc[0], 50.0)) == ""


def test_enough_to_act_on_says_it_of_each_gap():
    table = enough_to_act_on(
        pd.DataFrame([here(5, -0.7, 5.4)]).set_index("number", drop=False),
        pd.DataFrame({"number": []}),
        NO_BOARD,
        pd.DataFrame(),
        pd.DataFrame(),
        pd.DataFrame({"breakdown": []}),
        waits=False,
        detentions=False,
        could_be_seen=CHANGES,
    ).set_index("indicator")
    basis = table.loc["Harassment, bullying or abuse from the public (WRES 5)", "basis"]
    assert basis.endswith("(−0.7 to +5.4); the next survey could show a change of 6.2")


# -- the section ------------------------------------------------------------------------------------


def test_halvings_by_how_often_they_would_be_seen():
    text = seen.halving_sentences(CHANGES)
    assert "would most likely show it for fair career progression, " in text
    assert "would show it somewhat more often than not for discrimination at work and " in text
    assert "would more often miss it than show it for harassment from the public." in text
    assert seen.halving_sentences(CHANGES.head(1)) == ""


def test_the_table_has_the_gaps_first_and_no_empty_cell():
    table = seen.gaps_table(CHANGES)
    assert table["gap"].tolist() == ["+2.3", "−9.8", "+8.4", "9.9%"]
    assert table["by_next"].tolist() == ["6.2", "4.0", "4.6", "2.0"]
    assert table["half"].tolist() == ["15%", "90%", "74%", "Not applicable"]


# -- targets ----------------------------------------------------------------------------------------


def held(indicator, target, *, likelihoods=NO_RETURN, board=NO_BOARD):
    return seen.targets_table([action(indicator, target)], CHANGES, likelihoods, board).iloc[0]


@pytest.mark.parametrize(
    ("indicator", "target", "reading", "small"),
    [
        ("wres_8", 3.8, "Could be seen", False),  # 4.6 points, exactly what could be seen
        ("wres_8", 3.9, "Smaller than could be seen", True),
        ("wres_8", 9.0, "The latest figure is there already", False),
        ("wres_7", -5.0, "Could be seen", False),  # a lower figure is adverse: up by 4.8
        ("wres_7", -7.0, "Smaller than could be seen", True),
        ("wres_7", -12.0, "The latest figure is there already", False),
        ("staff_survey_q16b", 9.0, "Smaller than could be seen", True),
        ("wres_6", 1.0, "No figure yet", False),
        ("wres_8", None, "No target set", False),
        ("rtt_within_18_weeks", 65.0, "No figure yet", False),
    ],
)
def test_a_target_is_held_to_what_could_be_seen(indicator, target, reading, small):
    row = held(indicator, target)
    assert row["reading"] == reading
    assert bool(row["small"]) is small
    assert not (row.map(str) == "").any()
    assert "nan" not in row.map(str).str.cat(sep=" ")


def test_what_a_row_says():
    assert held("wres_8", 3).to_dict() == {
        "indicator": "Discrimination from a manager or colleagues (WRES 8)",
        "now": "+8.4 points (autumn 2024)",
        "target": "+3.0 points",
        "by_next": "4.6 points",
        "a_year": "2.3 points a year",
        "reading": "Could be seen",
        "small": False,
    }


@pytest.mark.parametrize(
    ("target", "upper", "reading"),
    [
        (1.1, 1.8, "Smaller than could be seen"),
        (0.9, 1.8, "Could be seen"),
        (1.6, 1.8, "The latest figure is there already"),
        (1.1, math.inf, "Too few to say"),
    ],
)
def test_a_ratio_is_held_on_the_scale_of_logarithms(target, upper, reading):
    # 1.25 to 1.80: an error of 0.0930; times 2.8016 and root 2 it is 0.3686, so 1.5 must fall to 1.04
    likelihoods = pd.DataFrame(
        [{"number": 2, "period_start": YEAR[0], "period_end": YEAR[1], "ratio": 1.5, "lower": 1.25, "upper": upper}]
    )
    row = held("wres_2", target, likelihoods=likelihoods)
    assert row["reading"] == reading
    if math.isfinite(upper):
        assert [row["now"], row["by_next"]] == ["1.50 (year to March 2025)", "1.04 or less"]
        assert row["a_year"] == "0.83 times each year"  # e to minus half of 0.3686


def test_the_board_is_a_count():
    board = pd.DataFrame([{"period_end": YEAR[1], "difference": -13.2}])
    row = held("wres_9", 0.0, board=board)
    assert row["now"] == "−13.2 points (31 March 2025)"
    assert row["reading"] == "Could be seen: it is a count"


def test_each_indicator_and_target_has_one_row_and_stopped_actions_none():
    actions = [
        action("wres_8", 3),
        action("wres_8", 3, what="More"),
        action("wres_8"),
        action("wres_5", status="stopped"),
    ]
    table = seen.targets_table(actions, CHANGES, NO_RETURN, NO_BOARD)
    assert table["target"].tolist() == ["+3.0 points", "Not set"]


def test_a_caution_names_the_targets_that_are_too_small():
    def caution(*actions):
        return seen.targets_caution(seen.targets_table(actions, CHANGES, NO_RETURN, NO_BOARD))

    assert caution(action("wres_8", 3), action("wres_7")) is None
    one = caution(action("wres_8", 7)).markup
    assert "callout-warning" in one
    assert "whether the target for discrimination from a manager or colleagues (WRES 8) is met" in one
    two = caution(action("wres_8", 7), action("wres_7", -8)).markup
    assert "Targets are smaller than what could be seen" in two
    assert "equal opportunities for career progression (WRES 7) are met" in two


# -- all trusts -------------------------------------------------------------------------------------


def test_the_median_trust_and_where_no_halving_could_be_seen():
    table = pd.DataFrame(
        [
            {"indicator": "wres_5", "trusts": 154, "by_next": 7.47, "a_year": 3.74, "all_trusts": 3.97, "could_see": 0},
            {
                "indicator": "wres_8",
                "trusts": 154,
                "by_next": 5.88,
                "a_year": 2.94,
                "all_trusts": 8.49,
                "could_see": 34,
            },
        ]
    )
    text = seen.across_trusts_sentences(table)
    assert "by 5.9 to 7.5 points" in text
    assert (
        "In no trust could it show that a gap as wide as that of all trusts together was halved in harassment from the public."
        in text
    )
    assert "was halved" not in seen.across_trusts_sentences(table.tail(1))
    assert seen.across_trusts_table(table).iloc[1].tolist() == [
        "Discrimination from a manager or colleagues",
        "154",
        "5.9",
        "2.9",
        "4.2",
        "34",
    ]
