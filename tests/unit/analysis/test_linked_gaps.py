"""The gaps of staff and patients by trust, what they are adjusted for, and the links over trusts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.linked_gaps import adjustments_by_trust, gaps_of_staff_and_patients, links, main_links
from race_equality.report import linked_gaps as said
from race_equality.store.figures import read_figures
from race_equality.store.trust import Trust
from race_equality.store.trusts import read_trusts

WAITS, RECOVERY, CARER = (
    f"{name}_by_ethnicity"
    for name in ("waiting_over_18_weeks", "talking_therapies_recovery", "maternity_continuity_of_carer")
)


def trusts_of(codes, kind="acute", region="Midlands"):
    table = pd.DataFrame({"trust_code": list(codes)})
    return table.assign(trust_name=table["trust_code"] + " NHS Trust", kind=kind, region=region, system="Black Country")


def patients(indicator, counts, trust_code="RAA", **more):
    return [
        {
            "trust_code": trust_code, "indicator": indicator, "group": group, "numerator": count, "denominator": people,
            "value": 100 * count / people, **more,
        }
        for group, (count, people) in counts.items()
    ]  # fmt: skip


def gap_of(table, group="Ethnic minority", side="patients"):
    (row,) = table[(table["group"] == group) & (table["side"] == side)].to_dict("records")
    return row


def test_parts_are_added_up_and_what_is_no_group_is_left_out(make_figures):
    rows = patients(
        WAITS,
        {
            "White - Irish": (30, 100),
            "White - Any other White background": (70, 300),
            "Asian/Asian British - Indian": (40, 100),
            "Asian/Asian British - Chinese": (20, 50),
            "Black/African/Caribbean/Black British - African": (50, 100),
            "Not known": (900, 1000),
            "Not stated": (900, 1000),
        },
    )
    # another organisation of the same trust, and a board's and England's own figures
    rows += patients(WAITS, {"Asian/Asian British - Indian": (10, 50)}, organisation_code="RBB")
    for place in ("QE1", "Y56", "ENG"):
        rows += patients(
            WAITS, {"White - Irish": (1, 1000), "Asian/Asian British - Indian": (999, 1000)}, trust_code=place
        )
    found = gaps_of_staff_and_patients(make_figures(rows), trusts_of(["RAA"]))
    assert set(found["trust_code"]) == {"RAA"}
    asian, black, everybody = (gap_of(found, group) for group in ("Asian", "Black", "Ethnic minority"))
    assert (asian["people"], asian["percent"], asian["gap"]) == pytest.approx((200, 35, 10))
    assert (black["people"], black["gap"]) == pytest.approx((100, 25))
    assert (everybody["people"], everybody["gap"]) == pytest.approx((300, 15))
    assert everybody["lower"] < 15 < everybody["upper"]
    # sampling as Agresti and Caffo have it, and rounding to 5 in four counts of minorities and two of White patients
    p, q = 121 / 302, 101 / 402
    sampling = p * (1 - p) / 302 + q * (1 - q) / 402
    rounding = 25 / 12 * (4 * (1 + 0.4**2) / 300**2 + 2 * (1 + 0.25**2) / 400**2)
    assert everybody["error"] == pytest.approx(100 * np.sqrt(sampling + rounding))


def test_groups_that_are_published_as_such_are_not_added_to_their_parts(make_figures):
    counts = {
        "White": (60, 100),
        "Asian": (40, 100),
        "Asian/Asian British - Indian": (30, 60),
        "Not stated or not known": (9, 90),
    }
    found = gaps_of_staff_and_patients(make_figures(patients(RECOVERY, counts)), trusts_of(["RAA"], "mental health"))
    asian = gap_of(found, "Asian")
    # fewer recovered: 20 points to the disadvantage of Asian patients
    assert (asian["people"], asian["gap"]) == (100, pytest.approx(20))
    assert asian["lower"] < 20 < asian["upper"] and asian["lower"] > 0


def test_three_groups_of_continuity_of_carer(make_figures):
    counts = {"White": (20, 100), "Asian, Black or Mixed": (30, 80), "Other": (10, 40)}
    found = gaps_of_staff_and_patients(make_figures(patients(CARER, counts)), trusts_of(["RAA"]))
    assert set(found["group"]) == {"Ethnic minority", "Asian, Black or Mixed"}  # of Other there are under 50
    assert gap_of(found)["gap"] == pytest.approx(20 - 100 * 40 / 120)


def test_hidden_counts_small_groups_and_services_that_nobody_had_make_no_gap(make_figures):
    rows = patients(WAITS, {"White - Irish": (50, 100), "Asian/Asian British - Indian": (30, 60)})
    rows += patients(
        WAITS, {"Black/African/Caribbean/Black British - African": (70, 70)}, status="suppressed", value=None
    )
    rows += patients(CARER, {"White": (0, 500), "Asian, Black or Mixed": (0, 200)})
    found = gaps_of_staff_and_patients(make_figures(rows), trusts_of(["RAA"]))
    assert set(found["indicator"]) == {"waiting_over_18_weeks"}
    assert gap_of(found)["people"] == 60
    assert "Black" not in set(found["group"])


def test_gaps_among_staff_are_to_the_disadvantage_as_well(make_figures, wres_rows):
    rows = [*wres_rows((30, 100), (10, 100)), *wres_rows((40, 100), (55, 100), number=7)]
    found = gaps_of_staff_and_patients(make_figures(rows), trusts_of(["RAA"]))
    by_id = found.set_index("indicator")["gap"]
    assert by_id["wres_8"] == pytest.approx(20)
    assert by_id["wres_7"] == pytest.approx(15)  # fewer from ethnic minorities believe in fair progression


def many(make_figures, wres_rows, *, slope, kinds=("acute",), units=40):
    """Trusts with so many people that both gaps are known: patients' gaps follow those of staff, as well as chance."""
    codes = [f"R{chr(65 + n // 10)}{n % 10}" for n in range(units)]
    chance = np.random.default_rng(5)
    staff, noise = chance.uniform(0.02, 0.2, units), chance.uniform(0.0, 0.1, units)
    rows = []
    for code, gap, other in zip(codes, staff, noise, strict=True):
        rows += wres_rows((round(1e6 * (0.1 + gap)), 1e6), (1e5, 1e6), trust_code=code)
        waiting = {
            "White - Irish": (3e5, 1e6),
            "Asian/Asian British - Indian": (round(1e6 * (0.35 + slope * gap + other)), 1e6),
        }
        rows += patients(WAITS, waiting, trust_code=code)
        rows.append(
            {
                "trust_code": code,
                "indicator": "catchment_deprivation_quintile",
                "group": "All people",
                "value": 3,
                "unit": "quintile",
            }
        )
    trusts = trusts_of(codes).assign(kind=[kinds[n % len(kinds)] if n < 8 else kinds[0] for n in range(units)])
    return rows, trusts, staff, slope * staff + noise


def test_a_link_is_found_and_the_invented_trust_is_not_in_it(make_figures, wres_rows):
    rows, trusts, staff, gaps = many(make_figures, wres_rows, slope=0.5)
    rows += wres_rows((900, 1000), (10, 1000), trust_code="DEMO")
    rows += patients(
        WAITS, {"White - Irish": (900, 1000), "Asian/Asian British - Indian": (10, 1000)}, trust_code="DEMO"
    )
    figures = make_figures(rows)
    found = links(figures, trusts)
    pd.testing.assert_frame_equal(main_links(figures, trusts), said.main_links(found).reset_index(drop=True))
    main = said.main_links(found).iloc[0]
    assert (main["trusts"], main["reason"]) == (40, "")
    assert main["correlation"] == pytest.approx(np.corrcoef(staff, gaps)[0, 1], abs=0.005)
    assert main["slope_lower"] < 0.5 < main["slope_upper"]
    assert f"would be {np.corrcoef(staff, gaps)[0, 1]:.2f} for waiting" in said.plain_sentence(found)
    text = said.answers(found)
    assert text.startswith(
        "**Where the gap among staff is wider, the gap among patients for waiting over 18 weeks for treatment is wider.**"
    )
    assert "over 40 trusts the correlation is 0." in text and "points wider on average" in text


def test_too_few_trusts_of_a_kind_are_said_once(make_figures, wres_rows):
    rows, trusts, *_ = many(make_figures, wres_rows, slope=0.5, kinds=("acute", "acute specialist"))
    found = links(make_figures(rows), trusts)
    few = found[found["kind"] == "acute specialist"]
    assert few[["group", "trusts", "reason"]].values.tolist() == [["Ethnic minority", 4, "too few units"]]
    assert set(found.loc[found["kind"] == "acute", "group"]) == {"Ethnic minority", "Asian"}
    table = said.links_table(few)
    assert table.loc[0, "link"] == "Cannot be estimated" and "ewer than ten trusts" in table.loc[0, "reading"]


def test_real_figures():
    figures, trusts = read_figures(local=False), read_trusts()
    gaps = gaps_of_staff_and_patients(figures, trusts)
    own = gaps[(gaps["trust_code"] == "RAJ") & (gaps["indicator"] == "waiting_over_18_weeks")]
    # Mid and South Essex, added up by eye from the workbook: 8,365 of 15,540 against 76,060 of 145,755 White patients
    assert (gap_of(own)["people"], gap_of(own)["white_people"]) == (15540, 145755)
    assert gap_of(own)["gap"] == pytest.approx(100 * (8365 / 15540 - 76060 / 145755))
    about = adjustments_by_trust(figures, trusts)
    assert "DEMO" not in about.index
    # of an acute trust the catchment counts, of a mental health trust its system, of an ambulance trust of two regions none
    assert about.loc["RAJ", "catchment"] != 0 and about.loc["RAJ", "system"] == 0
    assert about.loc["RV5", "catchment"] == 0 and about.loc["RV5", "system"] != 0
    assert about.loc["RYC", ["catchment", "system"]].isna().all()
    assert about.loc["R1H", "london"] and not about.loc["RAJ", "london"]


def trust(code="RAA", kind="acute"):
    return Trust(code, "A NHS Trust", kind, "Midlands", "Black Country", None, ())


def test_a_trust_with_one_gap_reads_which_is_missing_and_what_brings_it(make_figures, wres_rows):
    found = pd.DataFrame(columns=list(links(make_figures([]), trusts_of(["RAA"])).columns))
    staff = gaps_of_staff_and_patients(make_figures(wres_rows((30, 100), (10, 100))), trusts_of(["RAA"]))
    text = said.trust_sentence(trust(kind="ambulance"), staff, found)
    assert "a gap of +20.0 points, ethnic minority minus White" in text and "worse for ethnic minorities" in text
    assert "A gap among patients is missing" in text and "template patients RAA" in text
    waiting = patients(WAITS, {"White - Irish": (50, 100), "Asian/Asian British - Indian": (52, 100)})
    text = said.trust_sentence(trust(), gaps_of_staff_and_patients(make_figures(waiting), trusts_of(["RAA"])), found)
    assert "52.0% of those from ethnic minorities and 50.0% of White patients had waited over 18 weeks" in text
    assert "no reliable difference" in text
    assert "The gap among staff is missing" in text and "benchmark workbook" in text


def test_no_link_is_said_as_plainly_with_the_size_that_could_have_been_seen(make_figures, wres_rows):
    rows, trusts, *_ = many(make_figures, wres_rows, slope=0.0)
    found = links(make_figures(rows), trusts)
    main = said.main_links(found).to_dict("records")[0]
    assert not said.is_clear(main)
    text = said.answers(found)
    assert text.startswith("**No link is seen for waiting over 18 weeks for treatment.**")
    assert f"A link of {main['detectable']:.2f} or more" in text
    # 40 trusts without errors: Cohen's 46 are for 0.4
    assert main["detectable"] == pytest.approx(0.43, abs=0.01)
    own = gaps_of_staff_and_patients(make_figures(rows), trusts)
    sentence = said.trust_sentence(trust("RA0"), own[own["trust_code"] == "RA0"], found)
    assert "Over 40 trusts no link is seen between the two" in sentence
    assert "Not one of them is clear of zero." in said.looks_sentence(found)


def test_nothing_held_is_said(make_figures):
    assert "cannot be answered yet" in said.answers(links(make_figures([]), trusts_of(["RAA"])))
