"""What a survey could show and who answered it, over the whole published files, counted again by other code."""

from __future__ import annotations

import csv
import math
import statistics
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from race_equality.analysis.detectable import detectable_changes, halvings
from race_equality.analysis.who_answered import how_far_off, response_of_trusts, within_range
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.report.who_answered_words import across_trusts_table
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts

pytestmark = pytest.mark.whole_file

PROJECT = Project(Path(__file__).resolve().parents[2])
WRES = "wres/wres_indicators_5_to_8_by_trust_2024.csv"


@pytest.fixture(scope="module")
def figures():
    every = publishable_figures(read_figures(local=False, project=PROJECT), project=PROJECT)
    return every[every["trust_code"] != DEMONSTRATION_CODE]


@pytest.fixture(scope="module")
def units(shared):
    """Rates and bases of each unit of the raw file: {number: {code: ((rate, base), (rate, base))}}."""
    found = {}
    with (shared / WRES).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            pairs = found.setdefault(int(row["wres_indicator"]), {}).setdefault(row["trust_code"], {})
            pairs[row["group"]] = (float(row["rate"]), float(row["base"]))
    return found


def smallest(pairs, added=0):
    """What two surveys could show, in points: 1.96 and 0.84 times the error of a difference of two gaps.

    With some answers of each kind added to each group, as Agresti and Caffo do.
    """
    variance = 0
    for rate, base in pairs.values():
        total = base + 2 * added
        share = (rate * base + added) / total
        variance += share * (1 - share) / total
    return 100 * (1.959964 + 0.841621) * math.sqrt(2 * variance)


def test_the_smallest_changes_are_those_of_the_raw_counts(figures, units):
    changes = detectable_changes(figures).set_index(["indicator", "trust_code"])["by_next"]
    compared, others = 0, set()
    for number, by_code in units.items():
        for code, pairs in by_code.items():
            found = changes.get((f"wres_{number}", code), math.nan)
            raw = smallest(pairs, added=1)
            if found == pytest.approx(raw, rel=1e-5):
                compared += 1
            elif not math.isnan(found):
                assert found < raw, (number, code)
                others.add(code)
    assert compared > 4 * 140
    # two units of the survey that are one trust today have more answers together
    assert {"RAL", "RAX"} <= others and len(others) <= 6


def test_a_median_trust_and_the_halving_of_englands_gap(figures, units):
    """The review: 5.9 points (WRES 8), 7.3 to 8.6 (5 to 7); no trust could see a halving of England's WRES 5 or 6 gap."""
    medians = {number: statistics.median(map(smallest, by_code.values())) for number, by_code in units.items()}
    assert medians[8] == pytest.approx(5.9, abs=0.05)
    table = halvings(detectable_changes(figures)).set_index("number")
    assert table["by_next"].round(1).to_dict() == {5: 7.5, 6: 7.3, 7: 8.6, 8: 5.9}
    for number, found in table["by_next"].items():
        assert found == pytest.approx(medians[number], rel=0.01)  # a few units have merged into trusts since
    for number, by_code in units.items():
        sums = {}
        for pairs in by_code.values():
            for group, (rate, base) in pairs.items():
                count, total = sums.get(group, (0, 0))
                sums[group] = (count + rate * base, total + base)
        half = 50 * abs(sums["BME"][0] / sums["BME"][1] - sums["White"][0] / sums["White"][1])
        could = sum(smallest(pairs) <= half for pairs in by_code.values())
        assert (could == 0) == (number in (5, 6))
        assert abs(table.loc[number, "could_see"] - could) <= 3
        assert table.loc[number, "all_trusts"] == pytest.approx(
            100 * (sums["BME"][0] / sums["BME"][1] - sums["White"][0] / sums["White"][1])
        )
    assert table["could_see"].to_dict() == {5: 0, 6: 0, 7: 10, 8: 34}


@pytest.fixture(scope="module")
def counted(shared):
    """Answers and head counts of today's trusts from the raw panel and the raw workbook, mergers followed by hand."""
    with (shared / "ods/successors.csv").open(encoding="utf-8-sig", newline="") as file:
        successor = {row["old_code"]: row["new_code"] for row in csv.DictReader(file)}
    # mergers after the list ends, and the two parts of the Isle of Wight (README of the data)
    successor |= {"RY9": "RAX", "R1C": "RW1", "RNK": "G6V2S", "RY2": "RWW", "RVJ": "RA7", "R1F1": "R1F", "R1F2": "R1F"}
    real = set(read_trusts(project=PROJECT)["trust_code"])

    def today(code):
        for _ in range(9):
            if code in real:
                break
            code = successor.get(code, code)
        return code

    answers, staff = {}, {}
    with (shared / "staff_survey/trust_panel_2021_2024.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["Year"] == "2024" and row["Discrimination_internal_base"] not in ("", "-"):
                code = today(row["ODS code"])
                answers[code] = answers.get(code, 0) + float(row["Discrimination_internal_base"])
    (workbook,) = (shared / "workforce").glob("NHS*.xlsx")
    sheet = CalamineWorkbook.from_path(workbook).get_sheet_by_name("2. NHSE, Org & SG - HC").to_python()
    for row in sheet[7:]:
        if row[5] and isinstance(row[6], float):
            code = today(row[5])
            staff[code] = staff.get(code, 0) + row[6]
    return {code: 100 * answers[code] / staff[code] for code in answers if code in real and code in staff}


def test_a_median_of_52_per_cent_answered_and_in_20_trusts_under_40(figures, counted):
    found = response_of_trusts(figures).set_index("trust_code")["percent"]
    assert len(found) == 201
    assert found.median() == pytest.approx(52.2, abs=0.05)
    assert (found < 40).sum() == 20
    assert len(counted) >= 195
    assert statistics.median(counted.values()) == pytest.approx(52.2, abs=0.3)
    same = [code for code in counted if counted[code] == pytest.approx(found.get(code, math.nan), abs=0.01)]
    assert len(same) >= 0.97 * len(counted), sorted(set(counted) - set(same))


def test_the_stated_range_is_wider_than_most_trusts_are_apart(figures, units):
    kinds = read_trusts(project=PROJECT).set_index("trust_code")["kind"].to_dict()
    share = within_range(figures, kinds)
    assert share == pytest.approx(85, abs=0.5)  # docs/statistics.md says 85 of 100
    near = every = 0
    for by_code in units.values():
        groups = {}
        for code, pairs in by_code.items():
            for group, (rate, _) in pairs.items():
                groups.setdefault((kinds.get(code), group), []).append(100 * rate)
        for (kind, _), rates in groups.items():
            if kind is not None:
                near += sum(abs(rate - statistics.median(rates)) <= 5 for rate in rates)
                every += len(rates)
    assert 100 * near / every == pytest.approx(share, abs=1)


def test_how_many_clear_gaps_are_clear_all_the_same(figures):
    """The counts of docs/statistics.md, with Newcombe's interval and the range written out."""
    answered = response_of_trusts(figures).set_index("trust_code")["percent_then"] / 100
    z, counts = 1.959964, {}
    rows = figures[figures["indicator"].isin([f"wres_{number}" for number in (5, 6, 7, 8)])]
    rows = rows[rows["status"] == "ok"].astype({"numerator": float, "denominator": float})
    for (indicator, code), one in rows.groupby(["indicator", "trust_code"]):
        sums = one.groupby("group")[["numerator", "denominator"]].sum()
        if len(sums) < 2:
            continue
        share, wilson = [], []
        for count, total in sums.loc[["Ethnic minority", "White"]].itertuples(index=False):
            p = count / total
            middle, half = p + z**2 / (2 * total), z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
            share.append(p)
            wilson.append(((middle - half) / (1 + z**2 / total), (middle + half) / (1 + z**2 / total)))
        gap, ((l1, u1), (l2, u2)) = share[0] - share[1], wilson
        lower = gap - math.hypot(share[0] - l1, u2 - share[1])
        upper = gap + math.hypot(u1 - share[0], share[1] - l2)
        silent = 1 - answered[code]
        down = silent * max(min(0.05, share[0]), min(0.05, 1 - share[1]))
        up = silent * max(min(0.05, 1 - share[0]), min(0.05, share[1]))
        clear, still = counts.get(indicator, (0, 0))
        counts[indicator] = (
            clear + (lower > 0 or upper < 0),
            still + ((lower > 0 and lower - down > 0) or (upper < 0 and upper + up < 0)),
        )
    table = across_trusts_table(how_far_off(figures, set(answered.index), rules=read_rules(project=PROJECT)))
    assert [(int(row.clear), int(row.still)) for row in table.itertuples()] == list(counts.values())
    words = " ".join((PROJECT.root / "docs/statistics.md").read_text(encoding="utf-8").split())
    for clear, still in counts.values():
        assert f"{still} of {clear} (WRES" in words


def test_a_gap_moves_by_the_share_that_did_not_answer_times_the_range(figures, units, counted):
    off = how_far_off(figures, {"RAJ"}, rules=read_rules(project=PROJECT)).set_index("number")
    # RAJ: 36.3% of the head count; staff grew by 5.2% until October 2024, so 34.5% answered
    assert counted["RAJ"] == pytest.approx(36.3, abs=0.05)
    silent = 1 - off.loc[8, "white_answered"] / 100
    assert silent == pytest.approx(1 - 0.345, abs=0.002)
    gap = 100 * (units[8]["RAJ"]["BME"][0] - units[8]["RAJ"]["White"][0])
    assert off.loc[8, "gap"] == pytest.approx(gap)
    assert off.loc[8, ["least", "most"]].tolist() == pytest.approx([gap - 5 * silent, gap + 5 * silent])
    assert off.loc[8, "gone_at"] == pytest.approx(gap / silent)
