"""The first page: what it says, what it asks, and that what people type stays text on it."""

import math
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pandas as pd
import pytest

from race_equality.analysis.patient_gaps import WidestGap
from race_equality.definitions.indicators import BY_ID
from race_equality.params.actions import BOARD_ROLES, Action, Review
from race_equality.report import board_markup, board_page, board_panels
from race_equality.report.summary_table import NOT_LOADED, national_values, two_years_before, wres_summary
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_sources
from race_equality.store.trusts import resolve_trust

ON = date(2026, 11, 26)
NOTHING = pd.DataFrame({"number": []})
NO_BOARD = pd.DataFrame()
NO_ANSWERS = pd.DataFrame({"indicator": [], "percent": [], "lower": [], "upper": [], "position": []})
NO_SPREAD = pd.DataFrame()


def experience(**gaps):
    """Findings of WRES 5 to 8 from (gap, lower, upper) by number."""
    rows = [
        {
            "number": int(name[1:]),
            "status": "ok",
            "ethnic_minority_percent": 20 + gap,
            "white_percent": 20.0,
            "gap": gap,
            "gap_lower": lower,
            "gap_upper": upper,
        }
        for name, (gap, lower, upper) in gaps.items()
    ]
    return pd.DataFrame(
        rows, columns=["number", "status", "ethnic_minority_percent", "white_percent", "gap", "gap_lower", "gap_upper"]
    ).set_index("number", drop=False)


CLEAR = experience(w5=(3.0, 1.0, 5.0), w6=(2.0, -1.0, 5.0), w7=(-12.0, -14.0, -10.0), w8=(6.0, 5.0, 7.0))


def action(**changes):
    base = Action(
        what="Advertise every acting-up post",
        owner="Chief people officer",
        indicator="wres_7",
        began=date(2026, 1, 1),
        due=date(2027, 3, 31),
        status="under way",
        review=Review(date(2027, 2, 1), None),
        evidence=None,
    )
    return replace(base, **changes)


# -- four figures ------------------------------------------------------------------------------------


def cards(here=CLEAR, likelihoods=NOTHING, board=NO_BOARD, asked=NO_ANSWERS, spread=NO_SPREAD):
    return board_page.staff_cards(
        here, here, likelihoods, board, {2: ("1.59", pd.Timestamp("2023-03-31"))}, asked, spread, "acute"
    )


def test_without_a_return_published_gaps_take_the_places_of_the_leadership_gap_and_the_shortlisting_ratio():
    found = cards()
    assert [card.title for card in found] == ["Career progression gap", "Harassment from staff", "Discrimination gap"]
    assert [card.figure for card in found] == ["−12.0 points", "+2.0 points", "+6.0 points"]
    assert [card.direction for card in found] == ["adverse", "unclear", "adverse"]


def test_a_return_gives_the_leadership_gap_and_the_shortlisting_ratio_with_direction_and_comparator():
    likelihoods = pd.DataFrame([{"number": 2, "ratio": 1.43, "lower": 1.28, "upper": 1.60, "status": "ok"}])
    board = pd.DataFrame(
        [
            {
                "board_percent": 10.0,
                "board_lower": 3.0,
                "board_upper": 28.0,
                "workforce_percent": 35.0,
                "difference": -25.0,
                "status": "ok",
            }
        ]
    )
    leadership, shortlisting, _ = cards(likelihoods=likelihoods, board=board)
    assert leadership.figure == "−25.0 points"
    assert leadership.reading == "Board below the workforce"
    assert shortlisting.words == (
        "White applicants were 1.43 times as likely as applicants from ethnic minorities to be appointed from shortlisting "
        "(95% confidence interval: 1.28 to 1.60). England, March 2023: 1.59."
    )


def test_without_figures_by_ethnic_group_a_card_says_what_all_staff_answered_and_what_is_not_published():
    asked = ALL_STAFF.tail(1).assign(position="")
    found = cards(here=experience(), asked=asked)
    assert [card.figure for card in found] == ["No data", "No data", "11.5%"]
    assert found[2].reading == "Not compared: too few acute trusts. Not published by ethnic group"
    assert found[2].direction == "none"


def middle(quarter, three_quarters):
    return pd.DataFrame(
        {"quarter": quarter, "three_quarters": three_quarters},
        index=["staff_survey_q15", "staff_survey_q16b"],
        dtype=float,
    )


#: Of staff 60% say that the trust is fair, and 11.5% met discrimination.
ALL_STAFF = pd.DataFrame(
    [
        {"indicator": "staff_survey_q15", "percent": 60.0, "lower": 58.0, "upper": 62.0, "position": "within limits"},
        {"indicator": "staff_survey_q16b", "percent": 11.5, "lower": 10.3, "upper": 12.8, "position": "within limits"},
    ]
)


@pytest.mark.parametrize(
    ("positions", "fair", "discrimination"),
    [
        (["above 95% limit", "above 99.8% limit"], "Better than usual", "Worse than usual"),
        (["below 99.8% limit", "below 95% limit"], "Worse than usual", "Better than usual"),
        (["within limits", "within limits"], "Within the usual range", "Within the usual range"),
    ],
)
def test_what_all_staff_say_is_read_by_the_funnel_and_so_everywhere(positions, fair, discrimination):
    """A value outside the middle half of trusts of its kind is within the usual range where the funnel says so."""
    asked = ALL_STAFF.assign(position=positions)
    spread = middle([50, 6], [57, 10])
    found = cards(here=experience(), asked=asked, spread=spread)
    assert found[0].reading == f"{fair}. Not published by ethnic group"
    assert found[2].reading == f"{discrimination}. Not published by ethnic group"
    panel = board_panels.staff_panel(asked, spread, ALL_STAFF.set_index("indicator"), "acute", "autumn 2024")
    assert panel.rows["reading"].tolist() == [fair, discrimination]


def test_the_first_sentence_of_a_trust_without_figures_by_ethnic_group_says_how_it_stands_among_its_kind():
    def state(asked):
        return board_page.state_sentence(experience(), asked, "acute")

    text = state(ALL_STAFF.assign(position=["above 95% limit", "above 95% limit"]))
    assert "What all staff say is worse than usual among acute trusts on one of two survey measures." in text
    assert "What all staff say is better than usual among acute trusts on one of two survey measures." in text
    assert text.endswith("No figures on its staff by ethnic group are in the public files that this report reads.")
    one = state(ALL_STAFF.tail(1).assign(position="above 95% limit"))
    assert "on the one survey measure that is published." in one
    assert "What all staff say is within the usual range among acute trusts." in state(ALL_STAFF)


def test_without_staff_figures_by_ethnic_group_the_first_sentence_is_on_clear_gaps_of_patients():
    def state(compared, clear):
        gap = replace(
            NO_CLEAR_GAP, compared=compared, clear=clear, widest=pd.Series({"group": "Asian"}) if clear else None
        )
        return board_page.state_sentence(experience(), ALL_STAFF, "mental health", gap)

    measure = "On waiting over 18 weeks for treatment, patients in"
    assert state(4, 4).startswith(
        f"{measure} all four groups compared with White patients are worse off. No figures on its staff"
    )
    assert state(4, 2).startswith(f"{measure} two of four groups compared with White patients are worse off. ")
    assert state(1, 1).startswith(f"{measure} the one group compared with White patients are worse off. ")
    # without a clear gap the sentence is as it was, and where staff figures are known they come first
    assert state(4, 0) == board_page.state_sentence(experience(), ALL_STAFF, "mental health")
    clear = replace(NO_CLEAR_GAP, clear=1, widest=pd.Series({"group": "Asian"}))
    assert board_page.state_sentence(CLEAR, NO_ANSWERS, "acute", clear).startswith(
        "Staff from ethnic minorities report worse"
    )


def test_a_trust_that_is_newer_than_the_figures_says_so():
    new = experience(w5=(math.nan,) * 3).assign(status="not_applicable")
    text = board_page.state_sentence(new, NO_ANSWERS, "online")
    assert text.startswith("This trust is newer than the latest published figures.")


def test_a_gap_is_wider_or_narrower_than_usual_beyond_the_outer_limits_alone_and_both_ways_alike():
    # the gap of 5 is adverse and far under the others, that of 7 adverse and far over them (more negative is more adverse)
    places = ["below 99.8% limit", "above 99.8% limit", "below 99.8% limit", "above 95% limit"]
    here = CLEAR.assign(position=places, kind="acute")
    assert board_page.state_sentence(here, NO_ANSWERS, "acute") == (
        "Staff from ethnic minorities report worse experience than White staff on three of four survey measures. The gap is, "
        "compared with what is usual for acute trusts, wider on fair career progression and narrower on harassment from the "
        "public. On harassment from staff the data do not show a reliable difference; this does not show that experiences are "
        "the same."
    )
    table = wres_summary(here, CLEAR, NOTHING, NO_BOARD)
    assert table["reading"].tolist()[4:8] == [
        "Worse, narrower than usual",
        "No reliable difference, wider than usual",
        "Worse, wider than usual",
        "Worse",
    ]


def test_where_the_trusts_own_answers_and_all_trusts_disagree_both_are_said_and_no_decision_is_proposed():
    # alone: 6 unclear, 7 better; with other trusts: 6 worse, 7 unclear
    here = experience(w6=(2.0, -1.0, 5.0), w7=(8.0, 0.8, 14.9))
    here = here.assign(probability_adverse=[0.995, 0.80], kind="acute", usual_answers=400.0)
    assert wres_summary(here, CLEAR, NOTHING, NO_BOARD)["reading"].tolist()[5:7] == [
        "Unclear alone, likely worse",
        "Unclear, better by itself",
    ]
    found = cards(here=here)
    assert [card.reading for card in found[:2]] == ["Unclear, better by itself", "Unclear alone, likely worse"]
    assert {card.direction for card in found[:2]} == {"unclear"}
    text = board_page.state_sentence(here, NO_ANSWERS, "acute")
    assert (
        text
        == "Harassment from staff: unclear alone, likely worse. Fair career progression: unclear, better by itself."
    )
    assert not [one for one in decide(here=here) if "change" in one.what]


def test_a_measure_that_a_trust_no_longer_publishes_comes_last_and_says_so():
    access = pd.DataFrame(
        [
            {
                "indicator": "rtt_within_18_weeks",
                "month": pd.Timestamp("2024-01-01"),
                "percent": 54.8,
                "all_trusts": 56.2,
            },
            {"indicator": "ae_over_4_hours", "month": pd.Timestamp("2026-06-01"), "percent": 8.3, "all_trusts": 26.3},
        ]
    )
    newest = pd.Timestamp("2026-05-01")
    assert board_page.access_card(access, newest).words.startswith("In June 2026, 8.3% of A&E attendances")
    assert (
        "In January 2024, the last month published for this trust, 54.8%"
        in board_page.access_card(access.head(1), newest).words
    )


def test_what_rests_on_too_few_is_no_card():
    hidden = {"status": "suppressed", "ratio": math.nan, "lower": math.nan, "upper": math.nan}
    board = pd.DataFrame([{"board_percent": math.nan, "workforce_percent": 35.0, "status": "suppressed"}])
    found = cards(likelihoods=pd.DataFrame([{"number": 2, **hidden}]), board=board)
    assert [card.title for card in found] == ["Career progression gap", "Harassment from staff", "Discrimination gap"]


def test_a_ratio_of_nobody_is_no_number():
    card = cards(
        likelihoods=pd.DataFrame([{"number": 2, "ratio": math.nan, "lower": 0.0, "upper": math.inf, "status": "ok"}])
    )[1]
    assert card.figure == "Cannot be estimated"


def of_return(*rows):
    """A patients return of one measure: group, gap, limits and direction."""
    names = ["group", "gap", "gap_lower", "gap_upper", "direction"]
    table = pd.DataFrame([("White", math.nan, math.nan, math.nan, "reference"), *rows], columns=names)
    return table.assign(
        breakdown="ethnicity", measure="rtt_over_52_weeks", period_end=pd.Timestamp("2026-03-31"), percent=20.0
    )


def test_an_own_return_names_no_gap_as_the_widest_where_none_is_clear_and_adverse():
    # the example of the review: 0.0 points is the highest, and the Black group is 18.3 points lower
    card = board_page.patients_card(
        of_return(("Asian", 0.0, -5.0, 5.0, "unclear"), ("Black", -18.3, -25.0, -11.0, "favourable"))
    )
    assert (card.figure, card.reading, card.direction) == ("None worse off", "Better for the Black group", "favourable")
    assert card.words.endswith(
        "Of two other groups none is reliably worse off; this does not show that they are the same. Reliably better: Black."
    )
    unclear = board_page.patients_card(of_return(("Asian", 0.0, -5.0, 5.0, "unclear")))
    assert (unclear.figure, unclear.reading, unclear.direction) == (
        "No clear gap of 1",
        "No reliable difference",
        "unclear",
    )
    worse = board_page.patients_card(
        of_return(
            ("Asian", 4.0, 1.0, 7.0, "adverse"),
            ("Black", 9.0, 4.0, 14.0, "adverse"),
            ("Other", -18.3, -25.0, -11.0, "favourable"),
        )
    )
    assert (worse.figure, worse.reading) == ("+9.0 points", "Worse for Black patients")
    assert worse.words.endswith("Widest of two clear gaps, out of three. Reliably better: Other.")


# -- nine rows ---------------------------------------------------------------------------------------


def test_nine_rows_say_once_what_is_not_loaded_and_keep_englands_figure():
    table = wres_summary(CLEAR, CLEAR, NOTHING, NO_BOARD, {2: ("1.59", pd.Timestamp("2023-03-31"))})
    assert len(table) == 9
    second = table.iloc[1]
    assert (second["missing"], second["england"]) == (NOT_LOADED, "1.59 ‡")
    assert table["reading"].tolist()[4:8] == ["Worse", "No reliable difference", "Worse", "Worse"]


def test_a_chart_of_a_return_says_in_its_caption_that_it_is_local():
    own = pd.DataFrame({"indicator": ["wres_6", "workforce_headcount"], "status": "ok", "private": False})
    trust = resolve_trust("RV5")
    assert board_page.wres_source(trust, own) == "Source: NHS Staff Survey."
    returned = own.assign(private=[True, False])
    assert "own return (local: not for publication)" in board_page.wres_source(trust, returned)
    # a return of other indicators says nothing of the survey
    assert board_page.wres_source(trust, returned.assign(indicator="wres_2")) == "Source: NHS Staff Survey."
    assert board_page.wres_source(resolve_trust("DEMO"), returned) == "Invented figures."


def test_england_in_the_national_report():
    # WRES 2024: board 16.5%, workforce 28.6%, both March 2024; likelihoods of appointment and discipline to March 2023
    found = {number: value for number, (value, _) in national_values(read_figures()).items()}
    assert found == {1: "28.6%", 2: "1.59", 3: "1.03", 9: "−12.1"}


def test_two_years_before_is_that_year_and_no_other():
    years = pd.DataFrame({"period_end": pd.to_datetime(["2022-03-31", "2024-03-31"]), "ratio": [1.7, 1.4]})
    assert two_years_before(years)["ratio"] == 1.7
    assert two_years_before(years.assign(period_end=pd.to_datetime(["2021-03-31", "2024-03-31"]))) is None


# -- decisions ---------------------------------------------------------------------------------------


NO_CLEAR_GAP = WidestGap(
    BY_ID["waiting_over_18_weeks"], pd.DataFrame(), compared=4, clear=0, widest=None, white_percent=40.0
)


def decide(actions=(), here=CLEAR, **more):
    return board_page.decisions(
        actions, ON, here, NOTHING.assign(ratio=[], lower=[]), NO_ANSWERS, has_return=False, waits=True, **more
    )


def test_without_actions_the_widest_gap_asks_for_one_with_a_board_role_and_a_day_as_a_proposal():
    asked = decide()
    assert asked[0].what.startswith("Agree one change on equal opportunities for career progression")
    assert {decision.by for decision in asked} == {date(2027, 2, 28)}
    assert all(decision.proposed and decision.owner in BOARD_ROLES for decision in asked)
    assert len(asked) == 3


def test_no_change_is_proposed_where_no_gap_is_clear_and_all_staff_answer_as_usual():
    unclear = experience(w5=(1.0, -1.0, 3.0), w6=(2.0, -1.0, 5.0))
    assert [one.what.partition(" ")[0] for one in decide(here=unclear)] == ["Bring", "Bring"]
    asked = board_page.decisions(
        (),
        ON,
        unclear,
        NOTHING.assign(ratio=[], lower=[]),
        ALL_STAFF,
        has_return=True,
        waits=True,
        patient_gap=NO_CLEAR_GAP,
    )
    assert asked == []
    assert "No change is proposed: no gap is clear." in page(decisions=[]).markup
    worse = ALL_STAFF.assign(position=["below 95% limit", "above 99.8% limit"])
    change = board_page.decisions(
        (),
        ON,
        unclear,
        NOTHING.assign(ratio=[], lower=[]),
        worse,
        has_return=True,
        waits=True,
        patient_gap=NO_CLEAR_GAP,
    )
    assert [one.what for one in change] == [
        "Agree one change on discrimination at work, where trusts of this kind do better"
    ]


def test_what_is_late_comes_first_and_is_for_this_meeting():
    late = action(what="Late one", due=date(2026, 6, 30), owner="Chair")
    asked = decide([action(), late])
    assert (asked[0].what, asked[0].owner, asked[0].by) == ("Finish or stop what is late: “Late one”", "Chair", ON)
    assert asked[1].what.startswith("Stop or continue: “Advertise")
    assert asked[1].by == date(2027, 2, 1)
    assert not any(decision.proposed for decision in asked)


def test_a_decided_review_asks_for_nothing_more():
    asked = decide([action(review=Review(date(2026, 3, 1), "continue"))])
    assert all(decision.proposed for decision in asked)


def test_actions_are_counted():
    done = action(status="done", due=date(2026, 3, 1))
    late = action(due=date(2026, 11, 25))
    assert board_page.counts_of_actions([done, late, action()], ON) == {"due": 2, "done": 1, "late": 1}
    assert board_page.counts_of_actions([], ON) is None


# -- what people type --------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, markup):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


def page(**changes):
    return board_markup.board_page(
        **{
            "about": "About",
            "marks": [],
            "state": "State.",
            "changed": "Changed.",
            "cards": cards(),
            "table": wres_summary(CLEAR, CLEAR, NOTHING, NO_BOARD),
            "table_caption": "Nine rows",
            "chart": None,
            "action_counts": None,
            "decisions": decide(),
            "caution": "Careful",
            **changes,
        }
    )


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</div></div><h1>Owned</h1>",
        "<!--board-summary-ends-->",
    ],
)
def test_markup_in_actions_and_names_comes_out_as_text(typed):
    found = page(decisions=decide([action(what=typed)]), about=typed, marks=[typed], caution=typed)
    assert Tags(found.markup).tags == {
        "div",
        "p",
        "strong",
        "h3",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ol",
        "li",
    }
    assert Tags(found.markup).text.count(typed) == 4
    assert found.markup.count("<!--board-summary-ends-->") == 1


def test_very_long_and_right_to_left_text_is_short_and_ends_where_it_stands():
    long = decide([action(what="word " * 300)])[0].what
    assert len(long) < 130
    assert long.endswith("…”")
    unbroken = decide([action(what="x" * 400)])[0].what
    assert len(unbroken.replace("\N{ZERO WIDTH SPACE}", "")) < 130
    assert "\N{FIRST STRONG ISOLATE}" in decide([action(what="مرحبا")])[0].what


def test_a_page_has_no_empty_cell_and_at_most_four_cards():
    assert not re.search(r"<t[dh][^>]*>\s*</t[dh]>", page().markup)
    with pytest.raises(ValueError, match="at most 4 cards"):
        page(cards=[cards()[0]] * 5)


# -- versions ----------------------------------------------------------------------------------------


def test_the_data_version_changes_with_any_publication_and_not_with_their_order():
    sources = list(read_sources())[:4]
    version = board_page.data_version(sources)
    assert re.fullmatch(r"[0-9a-f]{8}", version)
    assert board_page.data_version(sources[::-1]) == version
    assert board_page.data_version(sources[:3]) != version


@pytest.mark.parametrize(
    ("code", "beginning"),
    [
        ("RWW", "Figures of Bridgewater Community Healthcare NHS Foundation Trust (RY2), now merged, are included"),
        ("R1F", "Some figures are published for four parts of the trust and counted together."),
        # Barts merged in 2012; only staff counted in the Marches before are of those that formed it
        ("R1H", "The survey counts the staff who answered it"),
        ("K0N6A", "Nothing is published of this trust yet"),
    ],
)
def test_the_caution_is_of_figures_that_the_report_shows(code, beginning):
    assert board_page.caution(resolve_trust(code), read_figures()).startswith(beginning)
