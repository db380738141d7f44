"""The tables of the first page: what is known has the room, and what is not is one line."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from race_equality.analysis.patient_gaps import patients_by_breakdown, slopes_by_deprivation, widest_gap
from race_equality.report import board_panels
from race_equality.report.board_page import decisions
from race_equality.report.summary_table import NOT_LOADED, NOT_READ
from race_equality.store.schema import FIGURE_DTYPES
from race_equality.store.trusts import resolve_trust

WAITS = "waiting_over_18_weeks_by_ethnicity"
WEEK = pd.Timestamp("2026-01-25")
BRITISH, INDIAN, AFRICAN = (
    "White - English / Welsh / Scottish / Northern Irish / British",
    "Asian/Asian British - Indian",
    "Black/African/Caribbean/Black British - African",
)


def waits(places: dict[str, dict[str, tuple[int, int]]]) -> pd.DataFrame:
    rows = [
        {
            "trust_code": place,
            "organisation_code": place,
            "period_start": WEEK,
            "period_end": WEEK,
            "indicator": WAITS.replace("ethnicity", "deprivation") if group.startswith("Decile") else WAITS,
            "group": group,
            "value": 100 * count / people,
            "unit": "percent",
            "numerator": count,
            "denominator": people,
            "status": "ok",
            "source": "test",
            "locator": "A1",
            "recording": "",
            "private": False,
        }
        for place, groups in places.items()
        for group, (count, people) in groups.items()
    ]
    return pd.DataFrame(rows).astype(FIGURE_DTYPES)[list(FIGURE_DTYPES)]


CLEAR = waits(
    {
        "RAJ": {
            BRITISH: (4000, 10_000),
            INDIAN: (1010, 2500),
            AFRICAN: (1200, 2400),
            "Not known": (500, 1000),
            **{f"Decile {n}": (600 - 10 * n, 1000) for n in range(1, 11)},
        },
        "ENG": {BRITISH: (390_000, 1_000_000), INDIAN: (41_000, 100_000), AFRICAN: (39_500, 100_000)},
    }
)
TABLE = patients_by_breakdown(CLEAR)
FOUND = widest_gap(TABLE, "RAJ")


def summary(missing: dict[int, str]) -> pd.DataFrame:
    return pd.DataFrame({"missing": [missing.get(number, "") for number in range(1, 10)]})


def test_rows_without_figures_are_one_line_that_says_what_why_and_where():
    some = board_panels.without_figures(summary(dict.fromkeys((1, 2, 3, 4, 9), NOT_LOADED)))
    assert some == (
        "Without figures: WRES 1 to 4 and 9: in the trust’s own return, not loaded. How to load them: “What is not available”."
    )
    every = summary({n: NOT_LOADED if n in (1, 2, 3, 4, 9) else NOT_READ for n in range(1, 10)})
    assert "WRES 5 to 8: not in the file that is read" in board_panels.without_figures(every)
    assert board_panels.without_figures(summary({})) == ""
    assert board_panels.wres_caption(summary({1: NOT_LOADED}), "acute").startswith("Eight of the nine WRES indicators")


def test_the_card_names_the_widest_clear_gap_its_comparator_and_how_many_were_compared():
    card = board_panels.patient_gap_card(FOUND, TABLE)
    assert (card.title, card.figure, card.direction) == ("Patients: over 18 weeks", "+10.0 points", "adverse")
    assert card.words.startswith(
        "50.0% of patients on the waiting list in the Black group and 40.0% in the White group"
    )
    assert "England: +0.5." in card.words
    assert card.words.endswith("The one clear gap, out of two.")
    assert card.reading == "Worse for patients in the Black group"


def test_a_card_without_a_clear_gap_says_so_and_not_that_groups_are_the_same():
    same = patients_by_breakdown(waits({"RAJ": {BRITISH: (400, 1000), INDIAN: (41, 100), AFRICAN: (39, 100)}}))
    card = board_panels.patient_gap_card(widest_gap(same, "RAJ"), same)
    assert card.figure == "No clear gap of 2"
    assert "does not show that they are the same" in card.words
    assert card.direction == "unclear"
    assert board_panels.patient_gap_card(None, same) is None


def test_patients_of_the_first_page_are_every_group_and_deprivation():
    panel = board_panels.patients_panel(FOUND, TABLE, slopes_by_deprivation(CLEAR), "RAJ", "Covered.")
    assert panel.rows["group"].tolist() == ["Asian group", "Black group", "Most deprived fifth"]
    assert panel.rows["england"].tolist()[:2] == ["+2.0", "+0.5"]
    # deciles 1 and 2: 590 and 580 of 1,000 each; 9 and 10: 510 and 500
    assert panel.rows.iloc[-1][["here", "against"]].tolist() == ["58.5%", "50.5% least deprived"]
    # 1,000 of 15,900 people
    assert panel.note == "No ethnic group is recorded for 6.3%. Covered."
    assert len(panel.shares) == len(panel.headings) == len(panel.rows.columns)
    assert sum(panel.shares) == 100


def test_staff_have_the_room_that_patients_do_not_take():
    trust = resolve_trust("RAJ")
    staff, patients = (
        board_panels.Panel(id, "Caption", {"a": "A"}, pd.DataFrame({"a": ["x"]}), (100,)) for id in ("tbl-s", "tbl-p")
    )
    patients = board_panels.patients_panel(FOUND, TABLE, slopes_by_deprivation(CLEAR), "RAJ")
    few = summary(dict.fromkeys((1, 2, 3, 4, 9), NOT_LOADED))

    def ids(table, patients):
        return [one.id for one in board_panels.tables_of_first_page(table, staff, patients, trust)["panels"]]

    assert ids(few, patients) == ["tbl-patients-first"]
    assert ids(few, None) == ["tbl-s"]
    assert ids(summary(dict.fromkeys(range(1, 10), NOT_READ)), patients) == ["tbl-s", "tbl-patients-first"]
    # a page that holds all nine indicators says patients in its note
    whole = board_panels.tables_of_first_page(summary({}), staff, patients, trust)
    assert whole["panels"] == []
    assert "Black group 50.0%" in whole["table_note"]
    none = board_panels.tables_of_first_page(few, staff, None, trust)
    assert "Emergency Care Data Set" in none["table_note"]


def decided(patient_gap):
    nothing = pd.DataFrame({"status": [], "number": [], "indicator": [], "lower": [], "upper": []})
    return decisions(
        [], pd.Timestamp("2026-11-28").date(), nothing, nothing, nothing, has_return=False, waits=True,
        patient_gap=patient_gap,
    )  # fmt: skip


@pytest.mark.parametrize(("found", "words"), [(FOUND, "the Black group"), (None, "Bring patients by ethnic group")])
def test_a_clear_gap_is_named_in_the_decisions_with_a_board_role(found, words):
    asked = decided(found)
    assert words in asked[-1].what
    assert asked[-1].owner == "Chief operating officer"


def test_no_change_for_patients_is_proposed_where_no_gap_is_clear():
    assert not any("group" in one.what for one in decided(replace(FOUND, widest=None, clear=0)))


def test_a_chart_draws_the_widest_gap_or_every_group_with_england():
    one = board_panels.gaps_to_draw(FOUND, TABLE, all_groups=False)
    assert one[["label", "series"]].to_numpy().tolist() == [
        ["Over 18 weeks, Black group", "This trust"],
        ["Over 18 weeks, Black group", "All trusts"],
    ]
    assert one["value"].tolist() == pytest.approx([10.0, 0.5])
    every = board_panels.gaps_to_draw(FOUND, TABLE, all_groups=True)
    assert set(every["series"]) == {"This trust", "England"}
    assert len(every) == 4
