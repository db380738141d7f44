"""What the board said and did, in words: counts, late ones first, and text that stays text."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pytest

from race_equality.analysis.change_since import Change
from race_equality.disclosure.rules import DisclosureRule
from race_equality.errors import RaceEqualityError
from race_equality.params.actions import AREAS, Action, Area, Evidence, Review, SelfAssessment
from race_equality.report import action_progress
from race_equality.report.display import Linked, show_table
from race_equality.store.figures import read_figures
from race_equality.store.trusts import resolve_trust

ON = date(2026, 11, 26)
EVIDENCE = Evidence("Minutes", "https://example.org/minutes", date(2026, 3, 26))
ACTION = Action(
    "Change it",
    "Chair",
    "wres_9",
    date(2025, 4, 1),
    date(2026, 3, 31),
    "under way",
    Review(date(2027, 1, 1), None),
    None,
)
LATE = replace(ACTION, what="Late")
LATER = replace(ACTION, what="Later", due=date(2027, 3, 31))
DONE = replace(ACTION, what="Done", status="done", evidence=EVIDENCE)
STOPPED = replace(ACTION, what="Stopped", status="stopped", due=date(2027, 1, 1), review=Review(ON, "stop"))


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (
            [LATE, LATER, DONE, STOPPED],
            "The board has four actions, of which two fell due by 26 November 2026. One is done, one is late, one is "
            "due later and one was stopped by the board’s decision.",
        ),
        (
            [LATE, LATE],
            "The board has two actions, of which all fell due by 26 November 2026. None are done and two are late.",
        ),
        (
            [LATER],
            "The board has one action, of which none fell due by 26 November 2026. "
            "None are done, none are late and one is due later.",
        ),
        (
            [LATER] * 12,
            "The board has 12 actions, of which none fell due by 26 November 2026. "
            "None are done, none are late and 12 are due later.",
        ),
        ([], ""),
    ],
)
def test_due_done_and_late_are_counted(actions, said):
    assert action_progress.actions_sentences(actions, [], ON) == said


def test_every_action_is_in_one_count():
    actions = [LATE] * 2 + [LATER] * 3 + [DONE] * 4 + [STOPPED] * 5
    text = action_progress.actions_sentences(actions, [], ON)
    assert "four are done, two are late, three are due later and five were stopped" in text.lower()
    assert "The board has 14 actions" in text


def test_a_review_that_has_passed_without_a_decision_is_said():
    waiting = replace(LATER, review=Review(date(2026, 11, 25), None))
    assert "For one of them the day on which the board was to decide" in action_progress.actions_sentences(
        [waiting], [], ON
    )
    assert action_progress.actions_table([waiting], ON)["state"].item() == (
        "Under way. Stop or continue? Was to be decided on 25 November 2026"
    )
    decided = replace(waiting, review=Review(date(2026, 11, 25), "continue"))
    assert "decide" not in action_progress.actions_sentences([decided], [], ON)


def test_earlier_years():
    text = action_progress.actions_sentences([], [DONE, DONE, STOPPED], ON)
    assert text == "Of earlier years’ actions that have ended, two were done and one was stopped."


def test_late_ones_stand_first_and_the_longest_late_before_the_others():
    later_late = replace(LATE, what="Less late", due=date(2026, 11, 25), status="planned")
    table = action_progress.actions_table([STOPPED, DONE, LATER, later_late, LATE], ON)
    assert list(table["action"]) == ["Late", "Less late", "Later", "Done", "Stopped"]
    assert list(table["state"].map(str)) == [
        "Late by 240 days, under way",  # 31 March to 26 November
        "Late by 1 day, not begun",
        "Under way",
        "Done. Evidence: Minutes, 26 March 2026 (https://example.org/minutes)",
        "Stopped by the board’s decision",
    ]
    assert table["indicator"].iloc[0] == "Board membership against the workforce (WRES 9)"


def test_a_planned_action_that_has_not_begun():
    soon = replace(LATER, status="planned", began=date(2027, 1, 1))
    assert action_progress.actions_table([soon], ON)["state"].item() == "Planned"
    slow = replace(soon, began=date(2026, 9, 1))
    assert action_progress.actions_table([slow], ON)["state"].item() == "Not begun; was to begin on 1 September 2026"


def test_the_day_of_the_report_is_never_the_clocks():
    params = SimpleNamespace(report_date=None)
    sources = [SimpleNamespace(date_read=date(2026, 1, day)) for day in (3, 9, 6)]
    assert action_progress.day_of_report(params, sources) == date(2026, 1, 9)
    assert action_progress.day_of_report(SimpleNamespace(report_date=ON), sources) == ON
    with pytest.raises(RaceEqualityError, match="Set report_date in params/_defaults.yml"):
        action_progress.day_of_report(params, [])


def change(measure, status, **more):
    return (
        date(2023, 4, 1),
        Change(
            "wres_8",
            measure,
            status,
            before_period=(pd.Timestamp("2022-09-01"), pd.Timestamp("2022-11-30")),
            after_period=(pd.Timestamp("2024-09-01"), pd.Timestamp("2024-11-30")),
            **more,
        ),
    )


@pytest.mark.parametrize(
    ("measure", "numbers", "before", "after", "moved"),
    [
        (
            "gap",
            (8.5, 6.2, -2.3, -4.6, -0.1),
            "+8.5 points (autumn 2022)",
            "+6.2 points (autumn 2024)",
            "−2.3 points (−4.6 to −0.1)",
        ),
        (
            "percent",
            (15.7, 14.0, -1.7, -2.8, -0.6),
            "15.7% (autumn 2022)",
            "14.0% (autumn 2024)",
            "−1.7 points (−2.8 to −0.6)",
        ),
        (
            "ratio",
            (1.7, 1.43, 0.84, 0.71, 0.99),
            "1.70 (autumn 2022)",
            "1.43 (autumn 2024)",
            "0.84 times (0.71 to 0.99)",
        ),
        (
            "ratio",
            (1.7, 1.43, 0.84, 0.71, float("inf")),
            "1.70 (autumn 2022)",
            "1.43 (autumn 2024)",
            "0.84 times (0.71 to no upper limit)",
        ),
        (
            "months",
            (56.4, 63.4, 7.0, 54.4, 58.4),
            "Mean 56.4% (September 2022 to November 2022)",
            "Mean 63.4% (September 2024 to November 2024)",
            "+7.0 points; ordinary: 54.4 to 58.4%",
        ),
    ],
)
def test_a_change_stands_with_its_interval_and_periods(measure, numbers, before, after, moved):
    names = ("before", "after", "change", "lower", "upper")
    table = action_progress.changes_table([change(measure, "better", **dict(zip(names, numbers, strict=True)))])
    assert table.loc[0, ["began", "before", "after", "change", "reading"]].to_list() == [
        "1 April 2023",
        before,
        after,
        moved,
        "Better",
    ]


@pytest.mark.parametrize("status", ["too early", "nothing before", "cannot be estimated", "no figures"])
def test_no_cell_is_empty_where_nothing_can_be_said(status):
    table = action_progress.changes_table([(date(2026, 4, 1), Change("wres_8", "gap", status))])
    assert not (table.map(str) == "").any().any()
    assert "nan" not in table.to_string()
    assert table["reading"].item() == action_progress.CHANGE_WORDS[status]
    assert action_progress.CHANGE_WORDS["too early"] == "Too early to say"


def test_actions_that_have_not_begun_are_not_followed():
    begun = [
        LATER,
        replace(LATER, what="The same again"),
        replace(LATER, began=date(2026, 11, 27)),
        replace(LATER, indicator="wres_5", status="planned"),
    ]
    figures = pd.DataFrame(columns=["trust_code", "indicator", "status", "group", "period_end"])
    assert [
        began for began, _ in action_progress.changes_since([], figures, "RAA", ON, rule=DisclosureRule(11, 10))
    ] == []
    followed = [replace(action, indicator="wres_1") if action.indicator == "wres_9" else action for action in begun]
    found = action_progress.changes_since(followed, figures, "RAA", ON, rule=DisclosureRule(11, 10))
    assert [(began, one.indicator) for began, one in found] == [(date(2025, 4, 1), "wres_1")]


def test_a_self_assessment_names_every_area_and_adds_nothing_up():
    table = action_progress.self_assessment_table(
        SelfAssessment(
            ON, (Area("board_business", "embedded", "We do.", EVIDENCE), Area("patients", "in place", None, None))
        )
    )
    assert len(table) == len(AREAS)
    assert list(table["level"]) == ["Embedded"] + ["Not assessed"] * (len(AREAS) - 2) + ["In place"]
    assert str(table["note"].iloc[0]) == "We do. Evidence: Minutes, 26 March 2026 (https://example.org/minutes)"
    assert table["note"].iloc[-1] == "None given"
    assert not re.search(r"\d|score|average|total", " ".join(table["level"]).lower())


def test_boards_are_quoted_with_who_was_asked():
    # NHS Providers, Race 2.0 (2022): 254 responses from 134 trusts, 4% fully embedded.
    text = action_progress.boards_asked_sentence(read_figures())
    for words in ("4% of board respondents", "254 responses from 134 trusts", "NHS Providers", "2022"):
        assert words in text


def test_without_actions_a_reader_learns_how_to_begin():
    shown = action_progress.how_to_begin(resolve_trust("RJ1"))
    assert "race-equality params new RJ1" in shown.plain
    assert 'class="callout-note"' in shown.markup


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


COLUMNS = {name: name for name in ("action", "owner", "indicator", "due", "state")}


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</td></tr></table><h1>Owned</h1>",
        "&lt;b&gt; &amp;",
        "**bold** [link](javascript:alert(1)) $x^2$ `{=html}<b>`",
        "{{< include /etc/passwd >}}",
    ],
)
def test_markup_comes_out_as_text(typed):
    action = replace(DONE, what=typed, evidence=replace(EVIDENCE, text=typed))
    page = Tags(
        show_table(action_progress.actions_table([action], ON), id="tbl-x", caption="c", columns=COLUMNS).markup
    )
    assert page.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "a"}
    assert page.text.replace("\N{ZERO WIDTH SPACE}", "").count(typed) == 2


def test_right_to_left_text_ends_where_it_stands():
    shown = action_progress.typed_text("مرحبا")
    assert shown == "\N{FIRST STRONG ISOLATE}مرحبا\N{POP DIRECTIONAL ISOLATE}"
    turned = action_progress.typed_text("abc\N{RIGHT-TO-LEFT OVERRIDE}def\N{POP DIRECTIONAL ISOLATE}")
    assert turned == "abcdef"


def test_very_long_text_can_be_broken_and_says_where_it_was_shortened():
    shown = action_progress.typed_text("x" * 500)
    assert shown.replace("\N{ZERO WIDTH SPACE}", "") == "x" * 500
    assert max(map(len, shown.split("\N{ZERO WIDTH SPACE}"))) <= 20
    shown = action_progress.typed_text("word " * 1000)
    assert shown.startswith("word word ")
    assert shown.endswith("word… (shortened)")
    assert len(shown) < 520
    assert action_progress.typed_text("a plain sentence of ordinary words") == "a plain sentence of ordinary words"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://example.org", "file:///etc/passwd", ""])
def test_a_link_leads_to_nothing_but_https(address):
    with pytest.raises(ValueError, match="must begin with https://"):
        Linked("x", address)
