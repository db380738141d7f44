"""Plausibility gates: each rule on small cuts, what is done with what they catch, and the catches in the real figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from race_equality.analysis.caught_figures import caught_figures
from race_equality.analysis.findings import findings
from race_equality.analysis.funnel_position import among_their_kind
from race_equality.analysis.maternity import maternity_rates, maternity_rates_by_year
from race_equality.definitions.gates import CAUGHT
from race_equality.definitions.indicators import BY_ID, INDICATORS
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.gates import RULES, judged, without_caught
from race_equality.report.left_out import left_out_table
from race_equality.report.staff_and_patients_table import side_by_side
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_sources
from race_equality.store.trusts import read_trusts

ROOT = Path(__file__).resolve().parents[3]
USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
LOW, SMOKING, RECOVERY = (
    "maternity_low_birthweight_at_term",
    "maternity_smoking_at_booking",
    "talking_therapies_recovery",
)
ACUTE = {f"R{n:02}": "acute" for n in range(30)}


def year(end):
    return {"period_start": pd.Timestamp(end - 1, 4, 1), "period_end": pd.Timestamp(end, 3, 31)}


def share(code, indicator, count, people, end=2024, group="All births", **more):
    value = 100 * count / people
    about = {"trust_code": code, "indicator": indicator, "group": group, **year(end)}
    return {**about, "value": value, "numerator": count, "denominator": people, **more}


def month(code, count, people, n, indicator="ae_over_4_hours"):
    start = pd.Timestamp(2021, 4, 1) + pd.DateOffset(months=n)
    days = {"period_start": start, "period_end": start + pd.offsets.MonthEnd(0)}
    return share(code, indicator, count, people, group="All patients") | days


def ordinary(indicator, percent=3, people=4000, end=2024, **more):
    """Thirty trusts of one kind, from under to over a percentage."""
    return [
        share(code, indicator, round(people * (percent + (n % 5 - 2) * percent / 20) / 100), people, end, **more)
        for n, code in enumerate(ACUTE)
    ]


def caught(make_figures, rows, kinds=ACUTE):
    figures = make_figures(rows)
    found = judged(figures, kinds)
    about = figures.loc[found.index, ["trust_code", "indicator", "group", "period_end"]].reset_index(drop=True)
    return about.join(found.reset_index(drop=True))


# ---------------------------------------------------------------- each rule


@pytest.mark.parametrize(
    ("indicator", "count", "people", "is_caught"),
    [
        (LOW, 3525, 3530, True),  # grams read as another unit
        (LOW, 140, 765, True),
        (LOW, 5, 25, False),  # 20%, and 5 is the rounding
        (LOW, 98, 765, False),  # 21 over a tenth
        (SMOKING, 0, 3000, True),  # recorded for nobody
        (SMOKING, 10, 4840, True),
        (SMOKING, 145, 5305, False),  # 2.7%, low and true
        (SMOKING, 1000, 3600, False),  # 27.8%, high and true
        ("wres_5", 2298, 4491, False),  # half of an ambulance trust's staff: high and true
    ],
)
def test_a_share_that_no_trust_has(make_figures, indicator, count, people, is_caught):
    found = caught(make_figures, [share("RAA", indicator, count, people)])
    assert found["rule"].tolist() == ["range"] * is_caught


@pytest.mark.parametrize(("known", "is_caught"), [(1400, True), (1999, True), (2000, False), (3600, False)])
def test_with_over_half_not_known_a_figure_is_not_read(make_figures, known, is_caught):
    rows = [share("RAA", SMOKING, 140, known), share("RAA", f"{SMOKING}_recorded", known, 4000)]
    found = caught(make_figures, rows)
    assert found["rule"].tolist() == ["recorded"] * is_caught
    if is_caught:
        assert found["status"].tolist() == ["incomplete"]
        percent = {1400: "35.0", 1999: "50.0"}[known]
        assert found["why"].tolist() == [f"the answer is known for {percent}%, and of these it is {14000 / known:.1f}%"]


def test_how_many_are_known_is_of_the_same_trust_and_year(make_figures):
    known = [share("RAA", f"{SMOKING}_recorded", 100, 4000, 2023), share("RBB", f"{SMOKING}_recorded", 100, 4000)]
    assert caught(make_figures, [share("RAA", SMOKING, 140, 1400), *known]).empty


@pytest.mark.parametrize(("unknown", "is_caught"), [(1735, True), (300, True), (200, False)])
def test_groups_are_not_compared_where_most_people_are_in_none(make_figures, unknown, is_caught):
    counts = {"White": 235, "Asian": 5, "Black": 5, "Not stated": 0, "Unknown": unknown}
    about = {"trust_code": "RAA", "indicator": "maternity_deliveries_by_ethnicity", "unit": "count", **year(2024)}
    found = caught(make_figures, [{**about, "group": group, "value": count} for group, count in counts.items()])
    assert found["rule"].tolist() == ["unknown groups"] * len(counts) * is_caught


def test_a_broad_group_and_its_parts_are_not_counted_twice(make_figures):
    """250 of known groups, which the file has a second time in detail, and 300 of none."""
    groups = {"White": 250, "White - Irish": 250, "Not stated or not known": 300}
    rows = [
        share("RAA", "talking_therapies_recovery_by_ethnicity", people // 2, people, group=group)
        for group, people in groups.items()
    ]
    assert set(caught(make_figures, rows)["why"]) == {"the group is not known for 55%"}


def run(code, first, rest, people=9000):
    """26 months with nobody or few, then 20 months."""
    return [month(code, round(people * first / 100), people, n) for n in range(26)] + [
        month(code, round(people * rest / 100), people, n) for n in range(26, 46)
    ]


def test_months_with_nobody_are_no_zeros_where_the_trust_never_has_few(make_figures):
    others = [row for code in ACUTE for row in run(code, 20, 25)]
    found = caught(make_figures, [*others, *run("RAA", 0, 30)], ACUTE | {"RAA": "acute"})
    assert (set(found["trust_code"]), set(found["rule"]), len(found)) == ({"RAA"}, {"none"}, 26)
    assert found["why"].iloc[0] == "none of 9,000, where the lowest of the trust’s other months is 30.0%"


@pytest.mark.parametrize(
    ("rest", "people", "of_others"),
    [
        (0.4, 9000, 20),  # a minor injuries unit, where hardly anybody waits: 36 people
        (30, 150, 20),  # a small one: 45 people
        (30, 9000, 0.2),  # hardly anybody waited anywhere then, as over twelve hours in spring 2021
    ],
)
def test_months_with_nobody_can_be_true(make_figures, rest, people, of_others):
    others = [row for code in ACUTE for row in run(code, of_others, 25)]
    assert caught(make_figures, [*others, *run("RAA", 0, rest, people)], ACUTE | {"RAA": "acute"}).empty


def recovery(code, shares, base=5000, group="All people", ending=""):
    return [
        share(code, f"{RECOVERY}{ending}", round(base * percent / 100), base, 2019 + n, group)
        for n, percent in enumerate(shares)
    ]


def test_a_year_that_is_far_from_the_others_of_a_trust_and_from_all_trusts(make_figures):
    """Recovery of 16% between years of 48% to 50%; the groups of that year with it."""
    others = [row for n, code in enumerate(ACUTE) for row in recovery(code, [48 + n % 5] * 5)]
    rows = recovery("RAA", [49, 50, 16, 48, 49]) + recovery("RAA", [49, 50, 40], 60, "White", "_by_ethnicity")
    found = caught(make_figures, [*others, *rows], ACUTE | {"RAA": "acute"})
    assert found[["trust_code", "indicator", "rule"]].values.tolist() == [
        ["RAA", RECOVERY, "itself"],
        ["RAA", f"{RECOVERY}_by_ethnicity", "whole"],
    ]
    assert set(found["period_end"]) == {pd.Timestamp(2021, 3, 31)}
    assert found["why"].iloc[0] == "16.0% (800 of 5,000), where the median of the trust’s other periods is 49.0%"


def test_a_trust_that_is_always_far_or_whose_trusts_are_all_far_is_not_caught(make_figures):
    others = [row for n, code in enumerate(ACUTE) for row in recovery(code, [48 + n % 5] * 5)]
    assert caught(make_figures, [*others, *recovery("RAA", [35, 34, 36, 35, 35])], ACUTE | {"RAA": "acute"}).empty
    all_changed = [row for code in ACUTE for row in recovery(code, [50, 50, 16, 50, 50])]
    assert caught(make_figures, [*all_changed, *recovery("RAA", [50, 50, 16, 50, 50])], ACUTE | {"RAA": "acute"}).empty


def test_a_figure_is_held_to_trusts_of_its_own_kind(make_figures):
    """Ambulance staff are harassed twice as often; an acute trust with their figure would be far away."""
    acute = ordinary("wres_5", 25, group="White")
    odd = share("RAA", "wres_5", 2800, 4000, group="White")
    assert caught(make_figures, [*acute, odd], ACUTE | {"RAA": "ambulance"}).empty
    found = caught(make_figures, [*acute, odd], ACUTE | {"RAA": "acute"})
    assert found[["trust_code", "rule"]].values.tolist() == [["RAA", "others"]]
    small = share("RAA", "wres_5", 14, 20, group="White")  # 70% as well, of twenty people
    assert caught(make_figures, [*acute, small], ACUTE | {"RAA": "acute"}).empty
    few = dict(list(ACUTE.items())[:10])  # ten of a kind with RAA: no spread to judge by
    assert caught(make_figures, [*acute, odd], few | {"RAA": "other"}).empty


def test_the_invented_trust_judges_nobody(make_figures):
    acute = ordinary("wres_5", 25, group="White")
    demo = [share("DEMO", "wres_5", 3900, 4000, group="White")] * 40
    found = caught(make_figures, [*acute, *demo, share("RAA", "wres_5", 1000, 4000, group="White")])
    assert "RAA" not in set(found["trust_code"])


# ---------------------------------------------------------------- what is done with a catch


@pytest.fixture
def births(make_figures):
    """Thirty ordinary trusts of 4,000 births each, and one with a fault; England as published is of all of them."""
    odd = share("RAA", LOW, 3525, 3530)
    trusts = ordinary(LOW)
    count = sum(row["numerator"] for row in trusts) + 3525
    return make_figures([*trusts, odd, share("ENG", LOW, count, 30 * 4000 + 3530)])


def test_a_catch_has_no_number_and_says_what_was_published(births):
    before = births.copy()
    marked = without_caught(births, ACUTE)
    pd.testing.assert_frame_equal(births, before)
    row = marked[marked["trust_code"] == "RAA"].iloc[0]
    assert row["status"] == "implausible"
    assert row[["value", "numerator", "denominator"]].isna().all()
    assert row["recording"] == "99.9% (3,525 of 3,530), where at most 10% is plausible"
    others = marked["trust_code"].isin(list(ACUTE))
    pd.testing.assert_frame_equal(marked[others], births[others])


def test_englands_figure_is_without_a_catch(births):
    england = without_caught(births, ACUTE).query("trust_code == 'ENG'").iloc[0]
    published = births.query("trust_code == 'ENG'").iloc[0]["value"]
    assert england["value"] == pytest.approx(3.0)  # as the thirty have together
    assert england["denominator"] == 120_000
    assert f"as published {published:.1f}%" in england["recording"]


def test_nothing_caught_is_the_table_itself(make_figures):
    figures = make_figures(ordinary(LOW))
    assert without_caught(figures, ACUTE) is figures


def test_a_catch_is_in_no_comparator_and_no_funnel(births):
    trusts = pd.DataFrame({"trust_code": [*ACUTE, "RAA"], "kind": "acute", "region": "London"})
    trusts["trust_name"] = trusts["trust_code"]
    peers = dict.fromkeys(trusts["trust_code"], ["RAA", "R00", "R02", "R04"])
    kinds = ACUTE | {"RAA": "acute"}
    tables = {
        name: findings(figures, trusts, peers=peers, rules=USUAL).query(f"measure == '{LOW}'").set_index("trust_code")
        for name, figures in (("with", births), ("without", without_caught(births, kinds)))
    }
    assert tables["with"].loc["R07", "all_trusts"] > 5
    names = ["all_trusts", "region_trusts", "england"]
    assert tables["without"].loc["R07", names].tolist() == pytest.approx([3.0, 3.0, 3.0])
    # peers: of R00, R02 and R04 alone, 108, 120 and 132 of 12,000
    assert tables["without"].loc["R07", "similar_trusts"] == pytest.approx(3.0)
    odd = tables["without"].loc["RAA"]
    assert (odd["status"], odd["reading"], odd["position"]) == ("implausible", "not plausible", "")
    assert np.isnan(odd["value"])
    assert set(tables["without"].drop("RAA")["position"]) == {"within limits"}


def test_catches_are_said_in_words_with_their_place(births):
    table = caught_figures(without_caught(births.assign(locator="row 2920, Value"), ACUTE))
    words = left_out_table(table, {}, {"RAA": "A trust"})
    assert words.to_dict("records") == [
        {
            "trust": "A trust",
            "figure": "Low birthweight at term",
            "when": "year to March 2024",
            "why": "The published figure is not plausible: 99.9% (3,525 of 3,530), where at most 10% is plausible",
            "where": "test: row 2920, Value",
        }
    ]


def test_an_older_catch_is_not_the_latest(make_figures):
    rows = [
        share("RAA", LOW, 3525, 3530, 2022),
        share("RAA", LOW, 3525, 3530, 2023),
        share("RAA", LOW, 100, 3500, 2024),
    ]
    (row,) = caught_figures(without_caught(make_figures(rows), {})).to_dict("records")
    assert (row["figures"], row["is_latest"]) == (2, False)
    assert [day.year for _, day, _ in row["places"]] == [2022, 2023]


def test_a_birth_rate_that_is_caught_or_alone_in_its_year_is_compared_with_nothing(make_figures):
    """RKB had a figure of a year in which no other trust of its region had one: its region was itself."""
    preterm = "maternity_preterm_births"
    odd = share("RAA", preterm, 999, 1000) | {"value": None, "numerator": None, "denominator": None}
    odd |= {"status": "implausible", "recording": "99.9% (999 of 1,000), where at most 25% is plausible"}
    rows = [share(f"R{n}X", preterm, 70 + n, 1000) for n in range(6)]
    rows += [odd, share("RAA", preterm, 80, 1000, 2023), share("RBB", preterm, 75, 1000, 2021)]
    about = pd.DataFrame({"trust_code": ["RAA", "RBB", *(f"R{n}X" for n in range(8))], "kind": "acute"})
    by_year = among_their_kind(maternity_rates_by_year(make_figures(rows)), about)
    nobody = pd.DataFrame(columns=["indicator"])
    none = pd.DataFrame(columns=["status"], dtype=object)

    def row_of(code, peers):
        near = {"peer_codes": peers, "region_codes": [code, "R0X"], "alike_codes": list(about["trust_code"])}
        (row,) = side_by_side(none, {}, nobody, {}, nobody, by_year, code, **near).to_dict("records")
        return row

    found = row_of("RAA", [f"R{n}X" for n in range(6)])
    assert (found["here"], found["when"]) == ("Not plausible", "year to March 2024")
    assert found["reading"].startswith("The published figure is not plausible")
    assert (found["similar"], found["region"], found["all"]) == ("7.2%", "7.0%", "7.2%")  # 435 of 6,000: 7.25
    alone = row_of("RBB", ["R0X", "R1X"])
    assert alone["here"].startswith("7.5%")
    assert [alone[name] for name in ("similar", "region", "all")] == ["Too few trusts"] * 3
    assert alone["reading"] == "Not compared: too few acute trusts"


# ---------------------------------------------------------------- the registry


def test_every_gate_names_figures_that_there_are():
    for one in INDICATORS:
        assert one.gates.lowest < one.gates.highest
        for id in (one.gates.recorded_in, one.gates.whole):
            assert not id or id in BY_ID


# ---------------------------------------------------------------- the figures that are held


@pytest.fixture(scope="module")
def real():
    trusts = read_trusts()
    figures = read_figures(local=False)
    found = judged(figures, dict(zip(trusts["trust_code"], trusts["kind"], strict=True)))
    return figures.loc[found.index].assign(rule=found["rule"], why=found["why"])


def held(indicator):
    """Trust, year, count and people of each figure, straight from the files."""
    for name in (2021, 2022, 2023, 2024):
        for row in pq.read_table(ROOT / "data" / "figures" / f"maternity_{name}.parquet").to_pylist():
            if row["indicator"] == indicator and row["denominator"]:
                yield row["organisation_code"], name, row["numerator"], row["denominator"]


def keys(rows):
    return set(zip(rows["organisation_code"], rows["period_end"].dt.year, strict=True))


#: The trusts that tried other standards than four hours in A&E from May 2019 and published none until May 2023 (NHS
#: England, clinically-led review of NHS access standards), by today's codes.
PILOTS = set("RGT RQM RDU RYJ RNQ RC9 RXF RVW RX1 RK9 R0D RHU RFR RGR".split())


def test_rh8_and_ra9_are_found_by_the_rule(real):
    odd = real[(real["indicator"] == LOW) & (real["rule"] == "range")]
    assert keys(odd) == {
        (code, year) for code, year, low, all in held(LOW) if low > 0.1 * all and low - 0.1 * all >= 25
    }
    assert keys(odd) == {("RH8", 2022), ("RH8", 2023), ("RH8", 2024), ("RA9", 2023), ("RA9", 2024)}


def test_every_catch_in_the_held_figures(real):
    """Each was read: docs/statistics.md says why it is right. A new one means that a publication changed, or a rule."""
    assert "DEMO" not in set(real["trust_code"])
    odd = real[real["rule"].map(RULES) == "implausible"]
    smoking = odd[odd["indicator"] == SMOKING]
    assert keys(smoking) == {
        *(("RQX", end) for end in (2021, 2022, 2023)),
        *((code, 2022) for code in ("R1H", "RVW", "RXL")),
    }
    zeros = odd[odd["indicator"] == "ae_over_4_hours"]
    assert (set(zeros["trust_code"]), set(zeros["rule"]), len(zeros)) == (PILOTS, {"none"}, 14 * 26)
    assert (zeros["period_end"].min(), zeros["period_end"].max()) == (
        pd.Timestamp("2021-04-30"),
        pd.Timestamp("2023-05-31"),
    )
    rest = odd[~odd["indicator"].isin([LOW, SMOKING, "ae_over_4_hours"])]
    assert keys(rest) == {("RVN", 2022)}
    assert rest["indicator"].str.startswith("talking_therapies_re").all()


@pytest.mark.parametrize(
    ("indicator", "least"),
    [(LOW, 45), (SMOKING, 50), ("maternity_preterm_births", 50)],
    ids=["low", "smoking", "preterm"],
)
def test_what_is_mostly_not_recorded_in_the_held_figures(real, indicator, least):
    """Counted from the files: fewer known than the least, and not caught as implausible already."""
    known = {(code, end): 100 * count / people for code, end, count, people in held(f"{indicator}_recorded")}
    figures = {(code, end) for code, end, *_ in held(indicator)}
    implausible = keys(real[(real["indicator"] == indicator) & (real["rule"].map(RULES) == "implausible")])
    found = real[(real["indicator"] == indicator) & (real["rule"] == "recorded")]
    assert keys(found) == {one for one in figures - implausible if known[one] < least}
    # trusts (England is one more in 2021 and 2022), by year
    trusts = found[found["trust_code"] != "ENG"]
    counted = trusts.groupby(trusts["period_end"].dt.year).size().to_dict()
    assert (
        counted
        == {
            LOW: {2021: 30, 2022: 23, 2023: 14, 2024: 7},
            SMOKING: {2021: 79, 2022: 75, 2023: 33, 2024: 2},
            "maternity_preterm_births": {2021: 3, 2022: 2},
        }[indicator]
    )


def test_low_birthweight_of_england_without_the_fault():
    """Sums over the trusts of the file, without RH8 and RA9 and those that hardly record it: 2.9%, not 3.8%."""
    known = {(code, end): count / people for code, end, count, people in held(f"{LOW}_recorded")}
    rows = [row for row in held(LOW) if row[1] == 2024]
    everybody = {code: (low, all) for code, _, low, all in rows}
    sound = [
        (low, all) for code, end, low, all in rows if code not in ("ENG", "RH8", "RA9") and known[code, end] >= 0.45
    ]
    low, all = (sum(counts) for counts in zip(*sound, strict=True))
    assert f"{100 * everybody['ENG'][0] / everybody['ENG'][1]:.1f}" == "3.8"
    assert f"{100 * low / all:.1f}" == "2.9"
    figures = publishable_figures(read_figures(local=False))
    rates = maternity_rates(figures)
    rates = rates[(rates["indicator"] == LOW) & (rates["status"] == "ok")]
    own = rates[
        (rates["trust_code"] != "ENG") & (rates["trust_code"] != "DEMO") & (rates["period_end"] == "2024-03-31")
    ]
    assert (own["count"].sum(), own["people"].sum()) == (low, all)
    # England's published count and base, less those of the figures that are left out
    left_out = [
        everybody[code]
        for code in everybody
        if code in ("RH8", "RA9") or known[code, 2024] < 0.45 and everybody[code][1] >= 11
    ]
    england = rates[rates["trust_code"] == "ENG"].iloc[0]
    counts = [everybody["ENG"][i] - sum(one[i] for one in left_out) for i in (0, 1)]
    assert england[["count", "people"]].tolist() == counts
    assert f"{england['percent']:.1f}" == f"{100 * counts[0] / counts[1]:.1f}" == "2.8"


def test_no_figure_that_is_caught_has_a_number_on_a_page():
    figures = publishable_figures(read_figures(local=False))
    caught = figures[figures["status"].isin(CAUGHT)]
    assert len(caught) > 700
    assert caught[["value", "numerator", "denominator"]].isna().all(axis=None)
    titles = {source.id: source for source in read_sources(local=False)}
    words = left_out_table(caught_figures(figures), titles, {})
    assert words["where"].str.len().min() > 20
    assert (words["why"].str.contains("not plausible") | words["why"].str.startswith("Too little is recorded")).all()
