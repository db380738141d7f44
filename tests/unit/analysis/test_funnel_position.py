"""A trust is placed among the trusts of its kind: kinds differ, and few trusts say little."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis import survey_answers
from race_equality.analysis.funnel_position import among_their_kind, direction_of, funnel_of_kind, kinds_of, positions
from race_equality.report.funnels import funnel_sentence, lines_of, outside_by_kind
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts


def rows_of(percents, people=2000):
    percent = np.array(list(percents.values()))
    return pd.DataFrame({"trust_code": list(percents), "count": people * percent / 100, "people": people})


def kinds_of_two(acute, ambulance):
    return pd.DataFrame(
        {
            "trust_code": [f"A{n:02}" for n in range(acute)] + [f"M{n:02}" for n in range(ambulance)],
            "kind": ["acute"] * acute + ["ambulance"] * ambulance,
        }
    )


def test_a_trust_is_compared_with_its_kind_alone():
    percents = {f"A{n:02}": 9.5 + n % 4 / 2 for n in range(40)} | {f"M{n:02}": 19.5 + n % 4 / 2 for n in range(10)}
    trusts, rows = kinds_of_two(40, 10), rows_of(percents)
    assert (positions(rows, trusts) == "within limits").all()
    # in one funnel over both kinds ambulance trusts would be said to differ
    assert "above 95% limit" in funnel_of_kind(rows).position[40:]
    # an acute trust at the ambulance trusts' level lies outside, and an ambulance trust at the acute ones'
    percents["A07"], percents["M03"] = 20.0, 10.0
    position = dict(zip(percents, positions(rows_of(percents), trusts), strict=True))
    assert position.pop("A07") == "above 99.8% limit"
    assert position.pop("M03") == "below 99.8% limit"
    assert set(position.values()) == {"within limits"}


def test_fewer_than_eight_of_a_kind_are_not_compared():
    for number, expected in ((7, ""), (8, "above 99.8% limit")):
        percents = {f"M{n:02}": 10 + n / 10 for n in range(number)} | {"M00": 30.0}
        placed = positions(rows_of(percents), kinds_of_two(0, number))
        assert placed[0] == expected
    # the invented trust makes no eighth, nor does a trust of which nobody answered, or of no known kind
    seven = {f"A{n:02}": 10 + n / 10 for n in range(7)}
    assert set(positions(rows_of(seven | {"DEMO": 10.0}), kinds_of_two(7, 0))) == {""}
    assert set(positions(rows_of(seven | {"ZZZ": 10.0}), kinds_of_two(7, 0))) == {""}
    nobody = pd.concat([rows_of(seven), rows_of({"A07": 0.0}, people=0)])
    assert set(positions(nobody, kinds_of_two(8, 0))) == {""}


def test_the_demonstration_trust_is_placed_among_acute_trusts_and_moves_none():
    percents = {f"A{n:02}": 9 + n % 5 / 2 for n in range(30)}
    trusts = kinds_of_two(30, 0)
    assert kinds_of(["DEMO", "A01", "ENG"], trusts).tolist() == ["acute", "acute", ""]
    real = positions(rows_of(percents), trusts)
    both = positions(rows_of(percents | {"DEMO": 40.0}), trusts)
    assert (both[:-1] == real).all()
    assert both[-1] == "above 99.8% limit"
    funnels = [funnel_of_kind(rows_of(p)) for p in (percents, percents | {"DEMO": 40.0})]
    assert funnels[0].target == funnels[1].target
    assert (funnels[1].lower_998[:-1] == funnels[0].lower_998).all()


def test_each_measure_and_period_has_its_own_funnel_and_england_none():
    def survey(indicator, level, end):
        rows = rows_of({f"A{n:02}": level + n % 5 / 2 for n in range(20)} | {"ENG": level})
        return rows.assign(indicator=indicator, period_end=pd.Timestamp(end))

    rows = pd.concat(
        [survey("one", 10, "2024-11-30"), survey("two", 40, "2024-11-30"), survey("one", 30, "2023-11-30")]
    )
    placed = among_their_kind(rows.reset_index(drop=True), kinds_of_two(20, 0))
    of_england = placed["trust_code"] == "ENG"
    assert placed.loc[of_england, ["kind", "position"]].eq("").all(axis=None)
    assert placed.loc[~of_england, "position"].eq("within limits").all()
    # a trust alone in its period is not compared with trusts of another
    late = rows_of({"A00": 90.0}).assign(indicator="one", period_end=pd.Timestamp("2025-11-30"))
    placed = among_their_kind(pd.concat([rows, late], ignore_index=True), kinds_of_two(20, 0))
    assert placed["position"].iloc[-1] == ""


def test_what_is_not_compared_has_no_direction():
    place = np.array(["above 95% limit", "below 99.8% limit", "within limits", "", "no data"], dtype=object)
    assert direction_of(place, "higher").tolist() == ["adverse", "favourable", "unclear", "not compared", "none"]
    assert direction_of(place, "lower").tolist() == ["favourable", "adverse", "unclear", "not compared", "none"]


def test_no_kind_of_real_trust_lies_outside_as_a_whole():
    """Over one funnel for all, nine or ten of the ten ambulance trusts lay outside the limits."""
    answers, trusts = survey_answers(read_figures()), read_trusts()
    placed = among_their_kind(answers, trusts)
    placed = placed[placed["trust_code"] != "DEMO"]
    ambulance = placed[placed["kind"] == "ambulance"]
    assert ambulance.groupby("indicator").size().eq(10).all()
    for _, rows in placed.groupby(["indicator", "kind"]):
        outside = ~rows["position"].isin(["within limits"])
        assert outside.mean() < 0.2
    assert placed["position"].ne("").all()


def test_the_sentence_names_the_kind_and_what_few_trusts_cannot_say():
    text = funnel_sentence("above 95% limit", "A Trust", "ambulance", 10, 15.7)
    assert text.startswith("On average over the 10 ambulance trusts with published figures, 15.7% of staff")
    assert "A Trust lies above the 95% limit: higher than is usual among ambulance trusts" in text
    assert "one trust in forty" not in text
    assert "of its size" not in text
    assert funnel_sentence(None, "A Trust", "acute", 120, 16.0).endswith("A Trust is not among them.")
    assert "for no mental health trust" in funnel_sentence(None, "A Trust", "mental health", 0, None)
    few = funnel_sentence(None, "A Trust", "online", 1, None)
    assert few.startswith("Only one online trust has published figures. Among fewer than eight")


def test_the_lines_drawn_are_the_limits_that_place_trusts():
    people = np.array([100, 200, 300, 500, 700, 1000, 2000, 150, 250, 350, 450, 4000])
    rows = rows_of({f"A{n:02}": 9 + n % 5 for n in range(12)}, people)
    funnel = funnel_of_kind(rows)
    lines = lines_of(funnel, rows["people"])
    assert lines["target"].to_numpy() == pytest.approx(100 * funnel.target)
    assert (lines["total"].iloc[0], lines["total"].iloc[-1]) == (100, 4000)
    assert lines["total"].is_monotonic_increasing
    for name in ("lower_95", "upper_95", "lower_998", "upper_998"):
        # at the least and the most people, and between them no corner: each line bends one way
        ends = 100 * getattr(funnel, name)[[0, 11]]
        assert lines[name].iloc[[0, -1]].to_numpy() == pytest.approx(ends)
        slope = np.diff(lines[name]) / np.diff(lines["total"])
        assert (np.sign(np.diff(slope)) == (1 if name.startswith("upper") else -1)).all()


def test_trusts_outside_are_counted_within_their_kind():
    percents = {f"A{n:02}": 9.5 + n % 4 / 2 for n in range(40)} | {f"M{n:02}": 19.5 + n % 4 / 2 for n in range(3)}
    percents["A07"] = 20.0
    rows = rows_of(percents).assign(number=5, kind=["Acute"] * 40 + ["Ambulance"] * 3)
    table = outside_by_kind(rows, {5: "Harassment"})
    assert table.loc[0, ["kind", "trusts", "beyond_95", "beyond_998"]].tolist() == ["Acute", "40", "1", "1"]
    assert table.loc[1, ["kind", "trusts", "beyond_95"]].tolist() == ["Ambulance", "3", "Too few trusts"]
