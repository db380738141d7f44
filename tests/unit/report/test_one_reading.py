"""Every gap of every trust, in all places that read it: none contradicts another, and no change is proposed without one."""

from datetime import date

import pandas as pd
import pytest

from race_equality import analysis
from race_equality.analysis.findings import GAP, findings
from race_equality.analysis.share_reading import direction_of_answer
from race_equality.definitions.indicators import BY_ID, WRES
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.report import board_page, board_panels, experience, sentences
from race_equality.report.enough_to_act_on import enough_to_act_on
from race_equality.report.opening import questions_for_the_board
from race_equality.report.summary_table import wres_summary
from race_equality.report.words import lower_first
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts

NO_RETURN = pd.DataFrame({"number": [], "breakdown": [], "ratio": [], "lower": []})
EMPTY = pd.DataFrame()


@pytest.fixture(scope="module")
def public():
    figures = publishable_figures(read_figures(local=False))
    figures = figures[figures["trust_code"] != "DEMO"]
    trusts = read_trusts()
    return figures, trusts


@pytest.fixture(scope="module")
def expected(public):
    """What may be said of each gap, from its interval and the pooled probability, worked out apart from the code."""
    figures, trusts = public
    shown = analysis.staff_experience(figures).query("status == 'ok'")
    chances = analysis.pooled_gaps(figures, trusts).set_index(["trust_code", "number"])["probability_adverse"]
    found = {}
    for row in shown.itertuples():
        sign = -1 if row.number == 7 else 1  # equal opportunities: fewer who believe in them
        low, high = sorted((sign * row.gap_lower, sign * row.gap_upper))
        alone = "worse" if low > 0 else "better" if high < 0 else "unclear"
        chance = chances[row.trust_code, row.number]
        together = "worse" if chance >= 0.95 else "better" if chance <= 0.05 else "unclear"
        found[row.trust_code, row.number] = (alone, together)
    return found


def says(text):
    """Which way a text says a gap goes: worse, better, or neither."""
    text = text.lower()
    if "unclear" in text:
        return "both"
    return "worse" if "worse" in text else "better" if "better" in text else "unclear"


def test_no_two_places_read_one_gap_differently(public, expected):
    figures, trusts = public
    table = analysis.gap_readings(figures, trusts)
    kinds = trusts.set_index("trust_code")["kind"]
    rows = findings(figures, trusts, rules=read_rules())
    files = rows[(rows["group"] == GAP) & (rows["status"] == "ok")]
    files = files.set_index(["trust_code", "measure"])["reading"]
    of_all = analysis.all_trusts_experience(figures).set_index("number", drop=False)
    pooled = analysis.pooled_gaps(figures, trusts)
    contradictions, undecided, read = [], [], 0
    for code, here in table.groupby("trust_code"):
        here = here.set_index("number", drop=False).rename_axis(None)
        known = here[here["status"] == "ok"]
        if known.empty:
            continue
        summary = wres_summary(here, of_all, NO_RETURN, EMPTY)["reading"].tolist()
        cards = board_page.staff_cards(here, of_all, NO_RETURN, EMPTY, {}, EMPTY, EMPTY, kinds[code])
        of_cards = {card.title: card.reading for card in cards}
        steady = experience.compared_table(known, {}, pooled[pooled["trust_code"] == code].set_index("number"))
        enough = enough_to_act_on(here, NO_RETURN, EMPTY, EMPTY, EMPTY, NO_RETURN, waits=False, detentions=False)
        enough = enough.set_index("indicator")["then"]
        for place, number in enumerate(known.index):
            alone, together = expected[code, number]
            right = alone if alone == together else "both"
            one = WRES[number]
            said = {
                "first table": says(summary[number - 1]),
                "steadied table": says(steady["reading"].iloc[place]),
                "file": says(files[code, one.id]),
            }
            if one.card_title in of_cards:
                said["card"] = says(of_cards[one.card_title])
            sentence = sentences.experience_sentences(known.loc[number], {})
            said["sentence"] = "both" if "the chance that it is adverse is" in sentence else right
            if "do not show a reliable difference" in sentence:
                said["sentence"] = "unclear"
            then = enough[f"{one.name} ({one.label})"]
            clear = {"Agree a change": "worse", "Find out what works, and keep it": "better"}.get(then, "not clear")
            said["enough"] = right if clear == "not clear" and right in ("both", "unclear") else clear
            read += len(said)
            contradictions += [(code, number, where, what, right) for where, what in said.items() if what != right]
        asked = board_page.decisions((), date(2026, 11, 28), here, NO_RETURN, EMPTY, has_return=True, waits=True)
        named = [each.what for each in asked if "one change" in each.what and "patients" not in each.what.lower()]
        worse = {lower_first(WRES[n].name) for n in known.index if expected[code, n] == ("worse", "worse")}
        undecided += [(code, what) for what in named if not any(name in what for name in worse)]
        questions = questions_for_the_board(here, NO_RETURN, EMPTY, EMPTY)
        undecided += [
            (code, WRES[n].name)
            for n in known.index
            if f"- {WRES[n].name}:" in questions and expected[code, n] != ("worse", "worse")
        ]
    assert read > 2500
    assert contradictions == []
    assert undecided == []


def test_what_all_staff_say_is_read_alike_on_the_first_page_and_side_by_side(public):
    """The review found 30 trusts of 141 whose card said "worse than most" where the table below said "as expected"."""
    figures, trusts = public
    answers = analysis.among_their_kind(analysis.survey_answers(figures), trusts)
    kinds = trusts.set_index("trust_code")["kind"]
    apart = []
    for code, asked in answers.groupby("trust_code"):
        spread = analysis.spread_of_trusts(answers, set(kinds.index[kinds == kinds[code]]) - {code})
        cards = board_page.staff_cards(EMPTY_HERE, EMPTY_HERE, NO_RETURN, EMPTY, {}, asked, spread, kinds[code])
        of_cards = {card.title: card.reading for card in cards}
        panel = board_panels.staff_panel(asked, spread, asked.set_index("indicator"), kinds[code], "autumn 2024")
        for row, reading in zip(asked.itertuples(), panel.rows["reading"], strict=True):
            side = row.position.partition(" ")[0]
            higher_is_worse = BY_ID[row.indicator].adverse_when == "higher"
            right = {"above": "worse", "below": "better"} if higher_is_worse else {"above": "better", "below": "worse"}
            ways = {says(reading), says(of_cards.get(BY_ID[row.indicator].in_few_words, reading))}
            way = {"adverse": "worse", "favourable": "better"}.get(direction_of_answer(row), "unclear")
            if ways | {way} != {right.get(side, "unclear")}:
                apart.append((code, row.indicator, reading))
    assert apart == []


EMPTY_HERE = pd.DataFrame({"number": [], "status": []})


def test_no_change_for_patients_is_proposed_without_a_clear_gap(public):
    figures, trusts = public
    in_groups = analysis.patients_by_breakdown(figures, read_rules())
    without, proposed = [], 0
    for code in trusts["trust_code"]:
        gap = analysis.widest_gap(in_groups, code)
        asked = board_page.decisions(
            (), date(2026, 11, 28), EMPTY_HERE, NO_RETURN, EMPTY, has_return=True, waits=True, patient_gap=gap
        )
        changes = [each.what for each in asked if each.what.startswith("Agree")]
        proposed += len(changes)
        rows = in_groups[(in_groups["place"] == code) & (in_groups["direction"] == "adverse")]
        without += [
            (code, what) for what in changes if not any(f"the {group} group" in what for group in rows["group"])
        ]
    assert proposed > 20
    assert without == []
